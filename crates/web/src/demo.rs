//! Controls of the stand-in. None of these routes exist in a server.

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, CACHE_CONTROL, HOST};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use axum::routing::any;
use serde::Serialize;
use sidegate_engine::Engine;
use sidegate_engine::mail::{Kept, Mailbox};
use sidegate_model::field_type::moment_text;
use sidegate_model::problem;

use crate::rest::reply::{self, Asked};
use crate::rest::{is_this_machine, request_id, window};

#[derive(Clone)]
struct Demo {
    engine: Engine,
    mailbox: Mailbox,
}

/// The stand-in's mailbox.
pub(crate) fn router(engine: Engine) -> Router {
    // Empty where a mail server takes the mails.
    let mailbox = engine.mailbox().unwrap_or_default();
    Router::new()
        .route("/sidegate/v1/demo/mails", any(mails))
        .with_state(Demo { engine, mailbox })
}

#[derive(Serialize)]
struct Page {
    #[serde(rename = "ia::result")]
    mails: Vec<Mail>,
    #[serde(rename = "ia::meta")]
    meta: Meta,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Mail {
    company: String,
    delivered_date_time: String,
    from: String,
    to: String,
    subject: String,
    body: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    total_count: usize,
    start: u32,
    page_size: u32,
    next: Option<u32>,
    previous: Option<u32>,
}

/// `GET /sidegate/v1/demo/mails`: what was delivered, the newest first, `start` and `size` as in lists.
async fn mails(State(demo): State<Demo>, request: Request) -> Response<Body> {
    let asked = Asked {
        method: request.method().to_string(),
        resource: None,
        request: request_id(&demo.engine),
    };
    let mut reply = page(&demo.mailbox, &request, &asked);
    if let Ok(id) = HeaderValue::from_str(&asked.request) {
        let name = HeaderName::from_static("x-request-id");
        reply.headers_mut().insert(name, id);
    }
    reply
}

fn page(mailbox: &Mailbox, request: &Request, asked: &Asked) -> Response<Body> {
    let path = request.uri().path();
    if !is_local(request.headers()) {
        let absent = problem::PATH_ABSENT.with("PATH", path);
        return reply::refused(asked, &[absent]);
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let wrong = problem::METHOD_ABSENT
            .with("METHOD", &asked.method)
            .with("PATH", path)
            .with("ALLOWED", "GET, HEAD");
        let mut reply = reply::refused(asked, &[wrong]);
        let methods = HeaderValue::from_static("GET, HEAD");
        reply.headers_mut().insert(ALLOW, methods);
        return reply;
    }
    let window = match window(request.uri().query().unwrap_or_default()) {
        Ok(window) => window,
        Err(problem) => return reply::refused(asked, &[problem]),
    };
    let skip = usize::try_from(window.start - 1).unwrap_or(usize::MAX);
    let size = usize::try_from(window.size).unwrap_or(usize::MAX);
    let (mails, total) = mailbox.newest(skip, size);
    let following = window.start.saturating_add(window.size);
    let goes_on = skip.saturating_add(mails.len()) < total;
    let page = Page {
        mails: mails.into_iter().map(Mail::from).collect(),
        meta: Meta {
            total_count: total,
            start: window.start,
            page_size: window.size,
            next: goes_on.then_some(following),
            previous: (window.start > 1).then(|| window.start.saturating_sub(window.size).max(1)),
        },
    };
    let body = serde_json::to_vec(&page).unwrap_or_default();
    let mut reply = reply::json(StatusCode::OK, body);
    let fresh = HeaderValue::from_static("no-store");
    reply.headers_mut().insert(CACHE_CONTROL, fresh);
    reply
}

impl From<Kept> for Mail {
    fn from(kept: Kept) -> Self {
        Self {
            company: kept.company,
            delivered_date_time: moment_text(kept.at),
            from: kept.from,
            to: kept.to,
            subject: kept.subject,
            body: kept.body,
        }
    }
}

/// Whether the request names this machine. A page elsewhere that leads its own name here to read what
/// only this machine should is turned away.
fn is_local(headers: &HeaderMap) -> bool {
    let Some(host) = headers.get(HOST) else {
        return true;
    };
    host.to_str().is_ok_and(is_this_machine)
}
