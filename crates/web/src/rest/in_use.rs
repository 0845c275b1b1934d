//! `POST /sidegate/v1/services/users/usage`.

use serde::Serialize;
use sidegate_engine::actor::Door;
use sidegate_engine::explain::Whom;
use sidegate_engine::in_use::InUse;
use sidegate_engine::{Call, Engine};
use sidegate_model::field_type::moment_text;
use sidegate_model::{Failure, Problem, Result, problem};

use super::access::{UserAnswer, fine, whom};
use super::json::{Node, pointer, unfit};
use super::problem::Found;
use super::reply::Reply;

/// So many days are looked at unless the request says otherwise.
const USUAL_DAYS: u16 = 30;
/// At most so many.
const MOST_DAYS: u16 = 366;

/// What used a user lately.
pub(super) async fn usage(engine: &Engine, body: &Node, call: Call) -> Result<Reply> {
    let (user, days) = asked(body).map_err(Failure::Refused)?;
    // What was done a moment ago counts as well.
    engine.usage_flushed().await;
    let used = engine
        .read(call, move |work| work.who_uses(&user, days))
        .await?;
    Ok(fine(&answer(&used)))
}

fn asked(body: &Node) -> std::result::Result<(Whom, u16), Vec<Problem>> {
    let Node::Object(members) = body else {
        return Err(vec![body.misshapen("", "an object")]);
    };
    let mut found = Found::default();
    let (mut user, mut days) = (None, USUAL_DAYS);
    for (member, node) in members {
        let place = pointer("", member);
        match member.as_str() {
            "user" => user = whom(node, &place, "user", &mut found),
            "days" => match number(node) {
                Some(said) => days = said,
                None => {
                    let reason = format!("must be a number of days from 1 to {MOST_DAYS}");
                    found.add(unfit(&place, &reason));
                }
            },
            _ => found.add(problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place)),
        }
    }
    match user {
        Some(user) => found.or((user, days)),
        None => {
            if found.count() == 0 {
                let place = "/user";
                found.add(problem::REQUIRED_MISSING.with("FIELD", place).at(place));
            }
            Err(found.or(()).err().unwrap_or_default())
        }
    }
}

/// A number of days that can be asked for.
fn number(node: &Node) -> Option<u16> {
    let Node::Number(text) = node else {
        return None;
    };
    let days = text.parse().ok();
    days.filter(|days| (1..=MOST_DAYS).contains(days))
}

#[derive(Serialize)]
struct InUseAnswer<'a> {
    user: UserAnswer,
    callers: Vec<CallerAnswer<'a>>,
    credentials: Vec<CredentialAnswer<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallerAnswer<'a> {
    door: Option<&'static str>,
    id: Option<&'a str>,
    calls: i64,
    last_used_at: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CredentialAnswer<'a> {
    key: String,
    name: Option<&'a str>,
    kind: &'static str,
    last_used_at: String,
    last_used_from: Option<&'a str>,
}

fn answer(used: &InUse) -> InUseAnswer<'_> {
    let callers = used.callers.iter().map(|caller| CallerAnswer {
        door: caller.door.map(Door::word),
        id: caller.id.as_deref(),
        calls: caller.calls,
        last_used_at: moment_text(caller.last_used),
    });
    let credentials = used.credentials.iter().map(|credential| CredentialAnswer {
        key: credential.key.to_string(),
        name: credential.name.as_deref(),
        kind: match credential.is_chosen {
            true => "password",
            false => "secret",
        },
        last_used_at: moment_text(credential.last_used),
        last_used_from: credential.from.as_deref(),
    });
    InUseAnswer {
        user: UserAnswer::of(&used.user),
        callers: callers.collect(),
        credentials: credentials.collect(),
    }
}
