//! `/sidegate/v1/demo`: what controls the stand-in. Only its router has these paths.
//!
//! Nobody signs in here, because the stand-in listens on this machine only. What a browser may be made
//! to send is refused instead: a name that is not this machine's, a page of another origin, and a body
//! that a form could send.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{CONTENT_TYPE, HOST, ORIGIN};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::routing::any;
use sidegate_engine::test_company::TestCompany;
use sidegate_engine::{Call, Door, Engine};
use sidegate_model::field_type::moment_text;
use sidegate_model::{Failure, Problem, Result, problem};

use super::body::{self, Limit};
use super::header;
use super::json::{self, Node, pointer, unfit};
use super::problem::Found;
use super::render::text;
use super::reply::{self, Reply};
use super::router::{Began, paths};

const PREFIX: &str = "/sidegate/v1/demo/";

/// What a test needs to reach a company that was copied for it, in order: names and values.
pub type Values = dyn Fn(&TestCompany) -> Vec<(String, String)> + Send + Sync;

#[derive(Clone)]
struct StandIn {
    engine: Engine,
    values: Arc<Values>,
}

impl fmt::Debug for StandIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StandIn")
    }
}

/// What `router` has, and the paths that control the stand-in.
pub fn stand_in_router(engine: Engine, values: Arc<Values>) -> Router {
    let stand_in = StandIn {
        engine: engine.clone(),
        values,
    };
    let control = any(handle).with_state(stand_in);
    paths(engine, true).route(&format!("{PREFIX}{{*below}}"), control)
}

async fn handle(State(stand_in): State<StandIn>, request: Request) -> Reply {
    let began = Began::with(&stand_in.engine, &request);
    let done = dispatch(&stand_in, request, &began).await;
    began.answered(done)
}

async fn dispatch(stand_in: &StandIn, request: Request, began: &Began) -> Result<Reply> {
    let (parts, body) = request.into_parts();
    from_here(&parts.headers, &parts.uri)?;
    let address = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let call = Call {
        request: began.asked.request.clone(),
        address: address.map_or_else(String::new, |info| info.0.ip().to_string()),
        ..Call::system(None, Door::System)
    };
    let path = parts.uri.path();
    let below = path.strip_prefix(PREFIX).unwrap_or_default();
    let segments: Vec<&str> = below.split('/').collect();
    let allowed = match segments.as_slice() {
        ["companies"] => "GET, HEAD, POST, OPTIONS",
        ["companies", _] => "GET, HEAD, DELETE, OPTIONS",
        ["companies", _, "reset"] => "POST, OPTIONS",
        _ => return Err(problem::PATH_ABSENT.with("PATH", path).into()),
    };
    let method = match parts.method {
        Method::HEAD => Method::GET,
        other => other,
    };
    if method == Method::OPTIONS {
        return Ok(reply::methods(allowed));
    }
    if !allowed.split(", ").any(|known| known == method.as_str()) {
        return Err(problem::METHOD_ABSENT
            .with("METHOD", method.as_str())
            .with("PATH", path)
            .with("ALLOWED", allowed)
            .into());
    }
    // Forms send GET and POST, and say neither that it is JSON.
    let body = if method == Method::POST {
        says_json(&parts.headers)?;
        body::read(body, Limit::USUAL).await?
    } else {
        Vec::new()
    };
    let engine = &stand_in.engine;
    Ok(match (segments.as_slice(), method) {
        (["companies", id, "reset"], _) => {
            nothing_asked(&body)?;
            stand_in.shown(StatusCode::OK, &engine.reset_test_company(id, call).await?)
        }
        (["companies", id], Method::DELETE) => {
            engine.delete_test_company(id, call).await?;
            reply::nothing()
        }
        (["companies", id], _) => {
            stand_in.shown(StatusCode::OK, &engine.test_company(id, call).await?)
        }
        (_, Method::POST) => {
            let from = asked(&body)?;
            let made = engine.make_test_company(&from, call).await?;
            stand_in.shown(StatusCode::CREATED, &made)
        }
        _ => listed(&engine.test_companies(call).await?),
    })
}

/// Refuses what comes under another name than this machine's own, which may lead here by a trick with
/// names, and what a page of another origin sends.
fn from_here(headers: &HeaderMap, uri: &Uri) -> std::result::Result<(), Problem> {
    let foreign = |header: &str, value: &str| {
        problem::FOREIGN_PAGE
            .with("HEADER", header)
            .with("VALUE", value)
    };
    let said = |name| {
        headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().unwrap_or("unreadable"))
    };
    let hosts: Vec<&str> = uri
        .authority()
        .map(axum::http::uri::Authority::as_str)
        .into_iter()
        .chain(said(HOST))
        .collect();
    let Some(host) = hosts.first() else {
        return Err(foreign("Host", "missing"));
    };
    if let Some(wrong) = hosts.iter().find(|host| !is_this_machine(host)) {
        return Err(foreign("Host", wrong));
    }
    let own = format!("http://{host}");
    match said(ORIGIN).find(|origin| !origin.eq_ignore_ascii_case(&own)) {
        Some(wrong) => Err(foreign("Origin", wrong)),
        None => Ok(()),
    }
}

/// Whether a host, perhaps with a port, is a name of this machine that no name server is asked about.
pub(crate) fn is_this_machine(host: &str) -> bool {
    if let Ok(address) = host.parse::<SocketAddr>() {
        return address.ip().is_loopback();
    }
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || bare
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Refuses a body that does not say it is JSON, also an empty one.
fn says_json(headers: &HeaderMap) -> std::result::Result<(), Problem> {
    if headers.contains_key(CONTENT_TYPE) {
        return header::is_json(headers);
    }
    Err(problem::MEDIA_UNKNOWN
        .with("WANTED", "application/json")
        .with("GOT", "none"))
}

/// The company that is to be copied.
fn asked(body: &[u8]) -> Result<String> {
    if body.trim_ascii().is_empty() {
        return Err(problem::PAYLOAD_MISSING.with("OPERATION", "POST").into());
    }
    let node = json::parse(body)?;
    let Node::Object(members) = &node else {
        return Err(node.misshapen("", "an object").into());
    };
    let mut found = Found::default();
    let mut from = None;
    for (member, node) in members {
        let place = pointer("", member);
        match (member.as_str(), node) {
            ("from", Node::Text(text)) if !text.trim().is_empty() => from = Some(text.clone()),
            ("from", Node::Text(_)) => found.add(missing()),
            ("from", other) => {
                let reason = format!("must be the id of a company as text, not {}", other.sort());
                found.add(unfit(&place, &reason));
            }
            _ => found.add(problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place)),
        }
    }
    if from.is_none() && found.count() == 0 {
        found.add(missing());
    }
    let from = found.or(from).map_err(Failure::Refused)?;
    from.ok_or_else(|| missing().into())
}

fn missing() -> Problem {
    problem::REQUIRED_MISSING.with("FIELD", "/from").at("/from")
}

/// A reset takes nothing but the company's id.
fn nothing_asked(body: &[u8]) -> Result<()> {
    if body.trim_ascii().is_empty() {
        return Ok(());
    }
    let node = json::parse(body)?;
    let Node::Object(members) = &node else {
        return Err(node.misshapen("", "an object").into());
    };
    let unknown = |(member, _): &(String, Node)| {
        let place = pointer("", member);
        problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place)
    };
    let problems: Vec<Problem> = members.iter().map(unknown).collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Failure::Refused(problems))
    }
}

impl StandIn {
    /// What reaches a company, as one object of texts.
    fn shown(&self, status: StatusCode, company: &TestCompany) -> Reply {
        let mut body = Vec::with_capacity(1024);
        for (name, value) in (self.values)(company) {
            body.push(if body.is_empty() { b'{' } else { b',' });
            text(&mut body, &name);
            body.push(b':');
            text(&mut body, &value);
        }
        body.push(b'}');
        reply::json(status, body)
    }
}

fn listed(companies: &[TestCompany]) -> Reply {
    let mut body = vec![b'['];
    for (at, company) in companies.iter().enumerate() {
        body.extend_from_slice(if at > 0 { b",{\"id\":" } else { b"{\"id\":" });
        text(&mut body, &company.id);
        body.extend_from_slice(b",\"from\":");
        text(&mut body, &company.from);
        body.extend_from_slice(b",\"made\":");
        text(&mut body, &moment_text(company.made));
        body.push(b'}');
    }
    body.push(b']');
    reply::json(StatusCode::OK, body)
}

#[cfg(test)]
mod tests {
    use super::is_this_machine;

    #[test]
    fn only_names_of_this_machine_are_its_names() {
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1",
            "127.0.0.1:8080",
            "127.9.9.9:1",
            "[::1]",
            "[::1]:8080",
        ] {
            assert!(is_this_machine(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "evil.example:8080",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "192.168.0.1:8080",
            "0.0.0.0:8080",
            "[2001:db8::1]:80",
            "127.0.0.1@evil.example",
            "localhost:80:80x",
        ] {
            assert!(!is_this_machine(host), "{host}");
        }
    }
}
