//! `POST /sidegate/v1/services/connection/check`.

use serde::Serialize;
use sidegate_engine::authorizing::Party;
use sidegate_engine::connection::{Checked, Connecting};
use sidegate_engine::{Call, Engine};
use sidegate_model::text::has_control;
use sidegate_model::{Failure, Problem, Result, problem};

use super::access::{fine, whom};
use super::json::{Node, pointer, unfit};
use super::problem::Found;
use super::reply::Reply;

/// Which links of a connection hold.
pub(super) async fn check(engine: &Engine, body: &Node, call: Call) -> Result<Reply> {
    let asked = asked(body).map_err(Failure::Refused)?;
    let checked = engine.check_connection(asked, call).await?;
    Ok(fine(&checked.iter().map(answer).collect::<Vec<_>>()))
}

fn asked(body: &Node) -> std::result::Result<Connecting, Vec<Problem>> {
    let Node::Object(members) = body else {
        return Err(vec![body.misshapen("", "an object")]);
    };
    let mut found = Found::default();
    let (mut user, mut through, mut entity, mut password) = (None, None, None, None);
    for (member, node) in members {
        let place = pointer("", member);
        match member.as_str() {
            "user" => user = whom(node, &place, "user", &mut found),
            "sender" | "clientApplication" => {
                let party = match member.as_str() {
                    "sender" => Party::Sender,
                    _ => Party::Client,
                };
                let id = text(node, &place, &mut found);
                if through.is_some() {
                    let reason = "stands beside another; a sender or a client application vouches";
                    found.add(unfit(&place, reason));
                }
                through = id.map(|id| (party, id));
            }
            "entity" => entity = text(node, &place, &mut found),
            "password" => password = text(node, &place, &mut found),
            _ => found.add(problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place)),
        }
    }
    match user {
        Some(user) => found.or(Connecting {
            user,
            through,
            entity,
            password,
        }),
        None => {
            if found.count() == 0 {
                let place = "/user";
                found.add(problem::REQUIRED_MISSING.with("FIELD", place).at(place));
            }
            Err(found.or(()).err().unwrap_or_default())
        }
    }
}

/// Text of one line; a problem does not repeat it, because it may be a password.
fn text(node: &Node, place: &str, found: &mut Found) -> Option<String> {
    match node {
        Node::Text(text) if !text.is_empty() && !has_control(text, false) => Some(text.clone()),
        _ => {
            found.add(unfit(place, "must be text without control characters"));
            None
        }
    }
}

#[derive(Serialize)]
struct CheckedAnswer<'a> {
    part: &'static str,
    state: &'static str,
    reason: &'a str,
    advice: Option<&'a str>,
}

fn answer(checked: &Checked) -> CheckedAnswer<'_> {
    CheckedAnswer {
        part: checked.link.word(),
        state: checked.state.word(),
        reason: &checked.reason,
        advice: checked.advice.as_deref(),
    }
}
