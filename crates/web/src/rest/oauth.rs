//! `/oauth2/token`, `/oauth2/revoke` and `/oauth2/introspect`: form or JSON in, RFC 6749 out with the vendor's error
//! beside its own.

use std::collections::HashSet;

use axum::http::header::{AUTHORIZATION, CACHE_CONTROL};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use sidegate_engine::sign_in::{Introspected, TokenKind, Whom};
use sidegate_engine::{Call, Engine};
use sidegate_model::text::has_control;
use sidegate_model::{Failure, Problem, Scalar, problem};

use super::header::{bearer, content_type};
use super::json::{Node, parse};
use super::problem::status;
use super::reply::{self, Asked, Reply};

/// Longer parameters are none of ours.
const MOST_LENGTH: usize = 8192;

/// The parameters of a request, each given once.
struct Parameters {
    pairs: Vec<(String, String)>,
}

impl Parameters {
    fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Problem> {
        if body.is_empty() {
            return Err(problem::GRANT_EMPTY.problem());
        }
        let mut pairs = match content_type(headers).as_deref() {
            Some("application/x-www-form-urlencoded") => form(body),
            Some("application/json") => json_pairs(body)?,
            Some("application/xml" | "text/xml" | "x-intacct-xml-request") => {
                return Err(problem::BODY_IS_XML.problem());
            }
            // Clients that say nothing send either.
            None if body.trim_ascii_start().starts_with(b"{") => json_pairs(body)?,
            None => form(body),
            Some(other) => {
                let wanted = "application/json or application/x-www-form-urlencoded";
                return Err(problem::MEDIA_UNKNOWN
                    .with("WANTED", wanted)
                    .with("GOT", other));
            }
        };
        pairs.retain(|(_, value)| !value.is_empty());
        let mut parameters = Self { pairs };
        parameters.add_basic(headers);
        let mut names = HashSet::with_capacity(parameters.pairs.len());
        for (name, value) in &parameters.pairs {
            if !names.insert(name) {
                return Err(match name.as_str() {
                    "client_id" => problem::GRANT_CLIENTS.problem(),
                    "username" => problem::GRANT_USERNAMES.problem(),
                    _ => problem::GRANT_TWICE.with("NAME", name),
                });
            }
            if value.len() > MOST_LENGTH || has_control(value, false) {
                return Err(problem::VALUE_UNFIT
                    .with("FIELD", name)
                    .with("REASON", "is too long or contains control characters"));
            }
        }
        Ok(parameters)
    }

    /// Client id and secret may also stand in an Authorization header of the scheme Basic.
    fn add_basic(&mut self, headers: &HeaderMap) {
        let Some(value) = headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()) else {
            return;
        };
        let Some(encoded) = value.strip_prefix("Basic ") else {
            return;
        };
        let Some(text) = STANDARD
            .decode(encoded.trim())
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
        else {
            return;
        };
        let Some((id, secret)) = text.split_once(':') else {
            return;
        };
        for (name, value) in [("client_id", id), ("client_secret", secret)] {
            if self.get(name).is_none() {
                self.pairs.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    fn need(&self, name: &str) -> Result<&str, Problem> {
        self.get(name)
            .ok_or_else(|| problem::GRANT_INCOMPLETE.with("NAME", name))
    }

    fn client(&self) -> Result<(&str, &str), Problem> {
        let id = self
            .get("client_id")
            .ok_or_else(|| problem::GRANT_CLIENT.problem())?;
        Ok((id, self.need("client_secret")?))
    }
}

fn form(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body).into_owned().collect()
}

fn json_pairs(body: &[u8]) -> Result<Vec<(String, String)>, Problem> {
    let Node::Object(members) = parse(body)? else {
        return Err(problem::BODY_SHAPE
            .with("FIELD", "The body")
            .with("WANTED", "an object")
            .with("GOT", "another value"));
    };
    let mut pairs = Vec::new();
    for (name, node) in members {
        match node.scalar() {
            Some(Scalar::Text(text) | Scalar::Number(text)) => pairs.push((name, text)),
            Some(Scalar::Null) => {}
            _ => {
                return Err(problem::BODY_SHAPE
                    .with("FIELD", &name)
                    .with("WANTED", "text")
                    .with("GOT", node.sort())
                    .at(format!("/{name}")));
            }
        }
    }
    Ok(pairs)
}

// The members below stand in the order in which the vendor's answers show them.

#[derive(Serialize)]
struct Tokens {
    token_type: &'static str,
    access_token: String,
    refresh_token: String,
    expires_in: i64,
}

#[derive(Serialize)]
struct Revoked {
    revoked: bool,
}

/// What is told of a live token.
#[derive(Serialize)]
struct Active {
    active: bool,
    token_type: &'static str,
    client_id: String,
    user_id: String,
    cny_id: String,
    exp: i64,
    iat: i64,
    #[serde(flatten)]
    more: Option<More>,
}

/// What is told to the client of the token besides.
#[derive(Serialize)]
struct More {
    company_key: String,
    entity_id: Option<String>,
    entity_key: Option<String>,
    user_key: String,
    ai_enabled: bool,
}

#[derive(Serialize)]
struct Inactive {
    active: bool,
}

#[derive(Serialize)]
struct Refused<'a> {
    error: &'a str,
    error_description: String,
    #[serde(rename = "ia::error")]
    vendor: VendorError<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VendorError<'a> {
    code: &'a str,
    message: String,
    error_id: &'a str,
    support_id: &'a str,
    details: Details<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    request_id: &'a str,
}

/// A user name as clients write it.
struct Username<'a> {
    user: &'a str,
    company: &'a str,
    entity: Option<&'a str>,
}

impl<'a> Username<'a> {
    /// `user@company` or `user@company|entity`; a user id may hold an `@` of its own.
    fn read(text: &'a str) -> Result<Self, Problem> {
        let (name, entity) = match text.split_once('|') {
            Some((name, entity)) => (name, Some(entity.trim()).filter(|e| !e.is_empty())),
            None => (text, None),
        };
        let (user, company) = name
            .rsplit_once('@')
            .ok_or_else(|| problem::GRANT_TENANT.problem())?;
        if company.trim().is_empty() {
            return Err(problem::GRANT_TENANT.problem());
        }
        if user.trim().is_empty() {
            return Err(problem::GRANT_USERNAME.problem());
        }
        Ok(Self {
            user: user.trim(),
            company: company.trim(),
            entity,
        })
    }
}

/// `POST /oauth2/token`.
pub(super) async fn token(
    engine: &Engine,
    headers: &HeaderMap,
    body: &[u8],
    call: Call,
    asked: &Asked,
) -> Reply {
    match grant(engine, headers, body, call).await {
        Ok(body) => answer(StatusCode::OK, &body),
        Err(failure) => refuse(asked, &failure),
    }
}

async fn grant(
    engine: &Engine,
    headers: &HeaderMap,
    body: &[u8],
    call: Call,
) -> sidegate_model::Result<Tokens> {
    let parameters = Parameters::read(headers, body)?;
    let granted = match parameters.need("grant_type")? {
        "client_credentials" => {
            let (id, secret) = parameters.client()?;
            let whom = match (parameters.get("username"), parameters.get("session_id")) {
                (None, Some(session)) => Whom::Session(session),
                (Some(_), Some(_)) => return Err(problem::GRANT_BOTH.problem().into()),
                (username, None) => {
                    let username = username.ok_or_else(|| problem::GRANT_USERNAME.problem())?;
                    let name = Username::read(username)?;
                    Whom::User {
                        user: name.user,
                        company: name.company,
                        entity: name.entity,
                    }
                }
            };
            engine.grant(id, secret, whom, call).await?
        }
        "refresh_token" => {
            let (id, secret) = parameters.client()?;
            let refresh = parameters.need("refresh_token")?;
            engine
                .refresh(id, secret, refresh, parameters.get("entity_id"), call)
                .await?
        }
        other => return Err(problem::GRANT_UNKNOWN.with("GRANT", other).into()),
    };
    Ok(Tokens {
        token_type: "Bearer",
        access_token: granted.access_token,
        refresh_token: granted.refresh_token,
        expires_in: granted.expires_in,
    })
}

/// `POST /oauth2/revoke`.
pub(super) async fn revoke(
    engine: &Engine,
    headers: &HeaderMap,
    body: &[u8],
    call: Call,
    asked: &Asked,
) -> Reply {
    let done = async {
        let parameters = Parameters::read(headers, body)?;
        let (id, secret) = parameters.client()?;
        let token = parameters.need("token")?;
        engine.revoke(id, secret, token, call).await
    };
    match done.await {
        Ok(()) => answer(StatusCode::OK, &Revoked { revoked: true }),
        Err(failure) => refuse(asked, &failure),
    }
}

/// `POST /oauth2/introspect`, for whoever holds the token and for the client it was given to.
pub(super) async fn introspect(
    engine: &Engine,
    headers: &HeaderMap,
    body: &[u8],
    call: Call,
    asked: &Asked,
) -> Reply {
    let done = async {
        let parameters = Parameters::read(headers, body)?;
        let token = parameters.need("token")?;
        let client = match bearer(headers).ok() {
            Some(held) if parameters.get("client_secret").is_none() => {
                if held != token {
                    return Err(problem::GRANT_REFUSED.problem().into());
                }
                None
            }
            _ => Some(parameters.client()?),
        };
        let found = engine.introspect(client, token, call).await?;
        Ok(found.map(|found| active(found, client.is_some())))
    };
    match done.await {
        Ok(Some(active)) => answer(StatusCode::OK, &active),
        Ok(None) => answer(StatusCode::OK, &Inactive { active: false }),
        Err(failure) => refuse(asked, &failure),
    }
}

fn active(found: Introspected, to_client: bool) -> Active {
    let (entity_id, entity_key) = found
        .entity
        .map(|entity| (entity.id, entity.key.to_string()))
        .unzip();
    Active {
        active: true,
        // Nobody should take a refresh token for one that opens anything.
        token_type: match found.kind {
            TokenKind::Access => "Bearer",
            TokenKind::Refresh => "refresh_token",
        },
        client_id: found.client,
        user_id: found.user.id,
        cny_id: found.company.id,
        exp: found.expires,
        iat: found.issued,
        more: to_client.then(|| More {
            company_key: found.company.key.to_string(),
            entity_id,
            entity_key,
            user_key: found.user.key.to_string(),
            ai_enabled: false,
        }),
    }
}

fn answer(status: StatusCode, body: &impl Serialize) -> Reply {
    let body = serde_json::to_vec(body).expect("texts and numbers can always be written");
    let mut reply = reply::json(status, body);
    reply
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    reply
}

/// The error as RFC 6749 has it, and as the vendor's clients look for it.
pub(super) fn refuse(asked: &Asked, failure: &Failure) -> Reply {
    let Failure::Refused(problems) = failure else {
        return reply::failed(asked, failure);
    };
    let Some(first) = problems.first() else {
        return reply::failed(asked, failure);
    };
    let standard = [
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "unsupported_grant_type",
    ];
    let word = if standard.contains(&first.code.code) {
        first.code.code
    } else {
        "invalid_request"
    };
    // The gateway's own errors go by their id where clients read `code`.
    let code = if first.code.rest.starts_with("GW-") {
        first.code.rest
    } else {
        first.code.code
    };
    let body = Refused {
        error: word,
        error_description: first.message(),
        vendor: VendorError {
            code,
            message: first.message(),
            error_id: first.code.rest,
            support_id: &asked.request,
            details: Details {
                request_id: &asked.request,
            },
        },
    };
    let status = StatusCode::from_u16(status(first.code.kind)).unwrap_or(StatusCode::BAD_REQUEST);
    reply::advised(answer(status, &body), problems, "Basic")
}
