//! `POST /sidegate/v1/password/change` and `POST /sidegate/v1/password/forgotten`.
//!
//! Asked by people who have no token; the answer to who is not let in, or not known, is always one.

use axum::http::StatusCode;
use sidegate_engine::sign_in::PasswordChange;
use sidegate_engine::{Call, Engine};
use sidegate_model::text::has_control;
use sidegate_model::{Failure, Result, problem};

use super::json::{Node, pointer, unfit};
use super::problem::Found;
use super::render::ONE_FINE;
use super::reply::{self, Reply};

const NEW: &str = "/newPassword";

/// Another password for who has the old one.
pub(super) async fn change(engine: &Engine, body: &Node, call: Call) -> Result<Reply> {
    let names = ["company", "user", "password", "newPassword"];
    let [company, user, password, new_password] = texts(body, names)?;
    let change = PasswordChange {
        company,
        user,
        password,
        new_password,
        place: NEW,
    };
    engine.change_password(change, call).await?;
    Ok(done(StatusCode::OK, b"{\"ia::result\":{\"changed\":true}"))
}

/// A link by mail for who has forgotten it.
pub(super) async fn forgotten(engine: &Engine, body: &Node, call: Call) -> Result<Reply> {
    let [company, user] = texts(body, ["company", "user"])?;
    engine.forgot_password(&company, &user, call).await?;
    Ok(done(
        StatusCode::ACCEPTED,
        b"{\"ia::result\":{\"accepted\":true}",
    ))
}

fn done(status: StatusCode, result: &[u8]) -> Reply {
    reply::json(status, [result, ONE_FINE].concat())
}

/// The texts of a body that has these members and no others.
fn texts<const N: usize>(body: &Node, names: [&'static str; N]) -> Result<[String; N]> {
    let Node::Object(members) = body else {
        return Err(body.misshapen("", "an object").into());
    };
    let mut found = Found::default();
    let mut texts = [const { None }; N];
    for (member, node) in members {
        let place = pointer("", member);
        match (names.iter().position(|name| name == member), node) {
            (Some(at), Node::Text(text)) => texts[at] = Some(text.clone()),
            (Some(_), other) => found.add(other.misshapen(&place, "text")),
            (None, _) => found.add(problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place)),
        }
    }
    for (name, text) in names.iter().zip(&texts) {
        let place = pointer("", name);
        match text {
            Some(text) if matches!(*name, "company" | "user") && has_control(text, false) => {
                found.add(unfit(&place, "must not contain control characters"));
            }
            Some(text) if !text.is_empty() => {}
            // What was sent as something else was told already.
            None if members.iter().any(|(member, _)| member == name) => {}
            _ => found.add(problem::REQUIRED_MISSING.with("FIELD", &place).at(&place)),
        }
    }
    found
        .or(texts.map(Option::unwrap_or_default))
        .map_err(Failure::Refused)
}
