//! The page behind a link in a mail: a button, and after it a new secret, once.
//!
//! Looking at the page changes nothing and shows nothing, so that programs which follow the links of
//! mails do no harm. Works without script; nothing of it is kept by caches or told to other sites.

use std::net::SocketAddr;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use axum::routing::any;
use sidegate_engine::sign_in::Revealed;
use sidegate_engine::{By, Call, Door, Engine};
use sidegate_model::{Failure, Kind};

/// The link itself is as good as a secret, so it stays out of the log.
const LOGGED: &str = "/sidegate/v1/reveal/(link)";

/// The page, under the path that mails name; also what somebody added to it stays out of the log.
pub(crate) fn router(engine: Engine) -> Router {
    Router::new()
        .route("/sidegate/v1/reveal/{*link}", any(handle))
        .with_state(engine)
}

async fn handle(
    State(engine): State<Engine>,
    Path(link): Path<String>,
    request: Request,
) -> Response<Body> {
    let id = crate::rest::request_id(&engine);
    let method = request.method().clone();
    let address = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip().to_string());
    let call = Call {
        by: By::System(None),
        door: Door::Rest,
        request: id.clone(),
        address: address.unwrap_or_default(),
    };
    let done = match method {
        Method::GET | Method::HEAD => engine
            .look_at_link(&link, call)
            .await
            .map(|()| page(StatusCode::OK, "Your new password", ASK)),
        Method::POST => engine
            .use_link(&link, call)
            .await
            .map(|revealed| page(StatusCode::OK, "Your new password", &shown(&revealed))),
        _ => {
            let mut reply = page(
                StatusCode::METHOD_NOT_ALLOWED,
                "Not like this",
                "<p>This page is opened with a browser.</p>",
            );
            let methods = HeaderValue::from_static("GET, HEAD, POST");
            reply.headers_mut().insert(ALLOW, methods);
            Ok(reply)
        }
    };
    let mut reply = done.unwrap_or_else(|failure| failed(&id, &failure));
    if let Ok(value) = HeaderValue::from_str(&id) {
        reply
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), value);
    }
    tracing::info!(request = %id, %method, path = LOGGED, status = reply.status().as_u16(), "answered");
    reply
}

const ASK: &str = "\
<p>The button makes a new password and shows it once. The link is used up then.</p>
<p>Until you press it, a password that you have goes on working.</p>
<form method=\"post\"><button type=\"submit\">Make the password and show it</button></form>";

fn shown(revealed: &Revealed) -> String {
    format!(
        "<p>The password of the user <b>{}</b> at <b>{}</b>:</p>\n<p><code>{}</code></p>\n\
         <p>It works from now on and is shown this once. Keep it where programs keep their secrets, then close this page.</p>",
        escaped(&revealed.user),
        escaped(&revealed.company),
        escaped(&revealed.secret),
    )
}

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

fn page(status: StatusCode, title: &str, body: &str) -> Response<Body> {
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
fn escaped(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_typed_is_text() {
        let revealed = Revealed {
            company: "A&B".to_owned(),
            user: "<script>".to_owned(),
            secret: "sg1_u".to_owned(),
        };
        let shown = shown(&revealed);
        assert!(shown.contains("&lt;script&gt;"), "{shown}");
        assert!(shown.contains("A&amp;B"), "{shown}");
    }
}
