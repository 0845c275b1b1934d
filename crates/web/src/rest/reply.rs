//! Answers on their way out.

use axum::body::Body;
use axum::http::header::{ALLOW, CONTENT_TYPE, ETAG, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Response, StatusCode};
use sidegate_engine::Saved;
use sidegate_engine::idempotency::Answer;
use sidegate_model::{Definition, Failure, Kind, Problem};

use super::problem::{self, Refusal};

/// An answer with its body.
pub(crate) type Reply = Response<Body>;

/// Who asked for what, as answers and the log tell it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The HTTP method.
    pub(crate) method: String,
    /// What was asked, without a key: `objects/company-config/user`.
    pub(crate) resource: Option<String>,
    /// The request's id, which is also its support id.
    pub(crate) request: String,
}

pub(crate) fn json(status: StatusCode, body: impl Into<Body>) -> Reply {
    let mut reply = Response::new(body.into());
    *reply.status_mut() = status;
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

/// The answer to a write: key, id and address of the record, and its version as ETag.
pub(super) fn saved(status: StatusCode, definition: &Definition, saved: &Saved) -> Answer {
    let mut body = Vec::with_capacity(160);
    body.extend_from_slice(b"{\"ia::result\":");
    reference(&mut body, definition, saved);
    body.extend_from_slice(super::render::ONE_FINE);
    Answer {
        status: status.as_u16(),
        version: Some(saved.version),
        body,
    }
}

/// Key, id and address of a record.
pub(super) fn reference(out: &mut Vec<u8>, definition: &Definition, saved: &Saved) {
    let key = definition.key_text(saved.key);
    out.extend_from_slice(b"{\"key\":\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\",\"id\":");
    super::render::text(out, &saved.id);
    out.extend_from_slice(b",\"href\":\"");
    out.extend_from_slice(format!("{}{key}", definition.href()).as_bytes());
    out.extend_from_slice(b"\"}");
}

/// An answer that was made whole.
pub(super) fn answer(answer: Answer) -> Reply {
    let mut reply = if answer.body.is_empty() {
        nothing()
    } else {
        json(StatusCode::OK, answer.body)
    };
    if let Ok(status) = StatusCode::from_u16(answer.status) {
        *reply.status_mut() = status;
    }
    match answer.version {
        Some(version) => with_version(reply, version),
        None => reply,
    }
}

/// The methods that a path takes.
pub(super) fn methods(allowed: &str) -> Reply {
    let mut reply = nothing();
    if let Ok(allowed) = HeaderValue::from_str(allowed) {
        reply.headers_mut().insert(ALLOW, allowed);
    }
    reply
}

pub(super) fn with_version(mut reply: Reply, version: i64) -> Reply {
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        reply.headers_mut().insert(ETAG, tag);
    }
    reply
}

pub(super) fn nothing() -> Reply {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply
}

/// The answer to a failure; what is ours to fix goes to the log under the support id.
pub(super) fn failed(asked: &Asked, failure: &Failure) -> Reply {
    match failure {
        Failure::Refused(problems) => refused(asked, problems),
        Failure::Broken(error) => {
            tracing::error!(request = %asked.request, %error, "a request failed");
            from(problem::broken(&asked.request))
        }
    }
}

pub(crate) fn refused(asked: &Asked, problems: &[Problem]) -> Reply {
    let gateway = |p: &Problem| {
        p.code.code.starts_with("GW-") || p.code == &sidegate_model::problem::TOKEN_DEAD
    };
    let refusal = match problems {
        [one] if gateway(one) => problem::gateway(one, &asked.request),
        all => problem::refusal(
            all,
            &asked.method,
            asked.resource.as_deref(),
            &asked.request,
        ),
    };
    advised(from(refusal), problems, "Bearer")
}

/// The same answer with the headers that tell what to do: how to sign in, which methods there are,
/// when to try again.
pub(super) fn advised(mut reply: Reply, problems: &[Problem], challenge: &'static str) -> Reply {
    for p in problems {
        let value = |name: &str| {
            p.placeholders
                .iter()
                .find(|(n, _)| *n == name)
                .and_then(|(_, v)| HeaderValue::from_str(v).ok())
        };
        let header = match p.code.kind {
            Kind::Credential => Some((WWW_AUTHENTICATE, HeaderValue::from_static(challenge))),
            Kind::Method => value("ALLOWED").map(|allowed| (ALLOW, allowed)),
            Kind::Busy | Kind::Rate => Some((
                RETRY_AFTER,
                value("SECONDS").unwrap_or(HeaderValue::from_static("1")),
            )),
            _ => None,
        };
        if let Some((name, value)) = header {
            reply.headers_mut().insert(name, value);
        }
    }
    reply
}

pub(super) fn from(refusal: Refusal) -> Reply {
    let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json(status, refusal.body)
}
