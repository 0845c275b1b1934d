//! `GET /services/core/session/id`: a session of the XML gateway for whoever has a token.

use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderValue, StatusCode};
use serde::Serialize;
use sidegate_engine::sign_in::Place;
use sidegate_engine::{Call, Engine};
use sidegate_model::Result;

use super::render::ONE_FINE;
use super::reply::{self, Reply};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    session_id: String,
    expires_in: i64,
}

/// A new session where the token, or the entity named beside it, is.
pub(super) async fn open(engine: &Engine, call: Call) -> Result<Reply> {
    let opened = engine
        .write(call, |work| work.open_session(&Place::Here))
        .await?;
    let told = Told {
        session_id: opened.id,
        expires_in: opened.seconds,
    };
    let mut body = b"{\"ia::result\":".to_vec();
    serde_json::to_writer(&mut body, &told).expect("texts and numbers can always be written");
    body.extend_from_slice(ONE_FINE);
    let mut reply = reply::json(StatusCode::OK, body);
    reply
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(reply)
}
