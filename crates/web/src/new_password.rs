//! The page behind the link of a forgotten password: a form, and after it the new password is set.
//!
//! Looking at the page changes nothing. Works without script; the link and the password stay out of the
//! log.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{Method, Response, StatusCode};
use axum::routing::any;
use sidegate_engine::sign_in::Renewed;
use sidegate_engine::{Call, Engine};
use sidegate_model::{Failure, Kind, Problem, Result};

use crate::page::{NEW_PASSWORD, Visit, escaped, page, wrong_method};

const TITLE: &str = "Choose a new password";
/// The name of the field, which problems begin with.
const FIELD: &str = "The new password";

/// The page, under the path that mails name; also what somebody added to it stays out of the log.
pub(crate) fn router(engine: Engine) -> Router {
    Router::new()
        .route("/sidegate/v1/password/new/{*link}", any(handle))
        .with_state(engine)
}

async fn handle(
    State(engine): State<Engine>,
    Path(link): Path<String>,
    request: Request,
) -> Response<Body> {
    let visit = Visit::with(&engine, &request);
    let call = visit.call.clone();
    let done = match visit.method {
        Method::GET | Method::HEAD => engine
            .look_at_password_link(&link, call)
            .await
            .map(|()| page(StatusCode::OK, TITLE, FORM)),
        Method::POST => set(&engine, &link, request.into_body(), call).await,
        _ => Ok(wrong_method()),
    };
    visit.answered(NEW_PASSWORD, done)
}

async fn set(engine: &Engine, link: &str, body: Body, call: Call) -> Result<Response<Body>> {
    let body = crate::rest::form(body).await?;
    let value = |name: &str| {
        let mut pairs = form_urlencoded::parse(&body);
        let found = pairs.find(|(known, _)| known == name);
        found
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    };
    let (password, again) = (value("newPassword"), value("again"));
    if password != again {
        let text = "<p>The two are not the same; type the new password twice.</p>\n";
        return Ok(page(
            StatusCode::BAD_REQUEST,
            TITLE,
            &format!("{text}{FORM}"),
        ));
    }
    match engine.use_password_link(link, password, FIELD, call).await {
        Ok(renewed) => Ok(page(
            StatusCode::OK,
            "Your new password is set",
            &done(&renewed),
        )),
        Err(Failure::Refused(problems)) if problems.iter().all(|p| p.code.kind == Kind::Rule) => {
            let text = format!("{}{FORM}", told(&problems));
            Ok(page(StatusCode::UNPROCESSABLE_ENTITY, TITLE, &text))
        }
        Err(failure) => Err(failure),
    }
}

const FORM: &str = "\
<form method=\"post\">
<p><label>New password <input type=\"password\" name=\"newPassword\" autocomplete=\"new-password\" required></label></p>
<p><label>The same again <input type=\"password\" name=\"again\" autocomplete=\"new-password\" required></label></p>
<p><button type=\"submit\">Set the password</button></p>
</form>";

fn told(problems: &[Problem]) -> String {
    let items: String = problems
        .iter()
        .map(|problem| format!("<li>{}</li>\n", escaped(&problem.message())))
        .collect();
    format!("<ul>\n{items}</ul>\n")
}

fn done(renewed: &Renewed) -> String {
    format!(
        "<p>The user <b>{}</b> at <b>{}</b> signs in with it from now on. Passwords of before no longer work.</p>",
        escaped(&renewed.user),
        escaped(&renewed.company),
    )
}
