//! The plain pages behind links in mails.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use sidegate_engine::{By, Call, Door, Engine};
use sidegate_model::{Failure, Kind, Result};

/// The paths behind links in mails, as the log tells them: a link is as good as a secret.
pub(crate) const REVEAL: &str = "/sidegate/v1/reveal/(link)";
pub(crate) const NEW_PASSWORD: &str = "/sidegate/v1/password/new/(link)";

/// A path as the log may tell it, wherever the link of a mail stands in it.
pub(crate) fn without_link(path: &str) -> &str {
    let leads = |logged: &&str| path.contains(logged.trim_end_matches("(link)"));
    [REVEAL, NEW_PASSWORD]
        .into_iter()
        .find(leads)
        .unwrap_or(path)
}

/// Somebody who follows a link in a mail.
pub(crate) struct Visit {
    pub(crate) method: Method,
    pub(crate) call: Call,
    request: String,
}

impl Visit {
    pub(crate) fn with(engine: &Engine, request: &Request) -> Self {
        let id = crate::rest::request_id(engine);
        let address = request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip().to_string());
        Self {
            method: request.method().clone(),
            call: Call {
                by: By::System(None),
                door: Door::Rest,
                request: id.clone(),
                address: address.unwrap_or_default(),
            },
            request: id,
        }
    }

    /// The answer on its way out, with its request's id and its line in the log. `path` is without the
    /// link, which is as good as a secret.
    pub(crate) fn answered(
        &self,
        path: &'static str,
        done: Result<Response<Body>>,
    ) -> Response<Body> {
        let (id, method) = (&self.request, &self.method);
        let mut reply = done.unwrap_or_else(|failure| failed(id, &failure));
        if let Ok(value) = HeaderValue::from_str(id) {
            reply
                .headers_mut()
                .insert(HeaderName::from_static("x-request-id"), value);
        }
        tracing::info!(request = %id, %method, path, status = reply.status().as_u16(), "answered");
        reply
    }
}

/// The page for whoever asks with another method than those of a browser.
pub(crate) fn wrong_method() -> Response<Body> {
    let mut reply = page(
        StatusCode::METHOD_NOT_ALLOWED,
        "Not like this",
        "<p>This page is opened with a browser.</p>",
    );
    let methods = HeaderValue::from_static("GET, HEAD, POST");
    reply.headers_mut().insert(ALLOW, methods);
    reply
}

/// The page that tells of a failure; what is ours to fix goes to the log.
fn failed(id: &str, failure: &Failure) -> Response<Body> {
    let problem = match failure {
        Failure::Refused(problems) => problems.first(),
        Failure::Broken(error) => {
            tracing::error!(request = %id, %error, "a request failed");
            None
        }
    };
    let Some(problem) = problem else {
        let text = format!(
            "<p>Something went wrong inside the server. Give whoever runs it the support id {}.</p>",
            escaped(id)
        );
        return page(StatusCode::INTERNAL_SERVER_ERROR, "Not now", &text);
    };
    let status = StatusCode::from_u16(crate::rest::problem::status(problem.code.kind))
        .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let text = format!("<p>{}</p>", escaped(&problem.message()));
    let mut reply = page(status, "Nothing to show", &text);
    if problem.code.kind == Kind::Busy {
        let soon = HeaderValue::from_static("5");
        reply.headers_mut().insert(RETRY_AFTER, soon);
    }
    reply
}

/// A page of ours: works without script, is kept by no cache and told to no other site.
pub(crate) fn page(status: StatusCode, title: &str, body: &str) -> Response<Body> {
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title></head>\n<body>\n<main>\n<h1>{title}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    );
    let mut reply = Response::new(Body::from(html));
    *reply.status_mut() = status;
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ];
    for (name, value) in headers {
        reply
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    reply
}

/// Text that is text in HTML, also inside of an attribute.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
