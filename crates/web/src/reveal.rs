//! The page behind a link in a mail: a button, and after it a new secret, once.
//!
//! Looking at the page changes nothing and shows nothing, so that programs which follow the links of
//! mails do no harm. Works without script; nothing of it is kept by caches or told to other sites.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{Method, Response, StatusCode};
use axum::routing::any;
use sidegate_engine::Engine;
use sidegate_engine::sign_in::Revealed;

use crate::page::{REVEAL, Visit, escaped, page, wrong_method};

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
    let visit = Visit::with(&engine, &request);
    let call = visit.call.clone();
    let done = match visit.method {
        Method::GET | Method::HEAD => engine
            .look_at_link(&link, call)
            .await
            .map(|()| page(StatusCode::OK, "Your new password", ASK)),
        Method::POST => engine
            .use_link(&link, call)
            .await
            .map(|revealed| page(StatusCode::OK, "Your new password", &shown(&revealed))),
        _ => Ok(wrong_method()),
    };
    visit.answered(REVEAL, done)
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
