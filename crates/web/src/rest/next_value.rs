//! `POST /services/company-config/document-sequence/generate-next-value`.

use axum::http::StatusCode;
use sidegate_engine::{Call, Engine, TakenValue};
use sidegate_model::{Failure, FieldType, Pointed, Problem, Result, Scalar, Value, problem};

use super::json::{Node, pointer, unfit};
use super::problem::Found;
use super::render::{ONE_FINE, text};
use super::reply::{self, Reply};

/// Takes the next value of a document sequence.
pub(super) async fn next_value(engine: &Engine, body: &Node, call: Call) -> Result<Reply> {
    let (sequence, year) = asked(body).map_err(Failure::Refused)?;
    let taken = engine
        .write(call, move |work| work.take_value(&sequence, year))
        .await?;
    Ok(reply::json(StatusCode::OK, answer(&taken)))
}

/// Which sequence, and in which fiscal year.
fn asked(body: &Node) -> std::result::Result<(Pointed, Option<i64>), Vec<Problem>> {
    let Node::Object(members) = body else {
        return Err(vec![body.misshapen("", "an object")]);
    };
    let mut found = Found::default();
    let mut sequence = Pointed::default();
    let mut year = None;
    for (member, node) in members {
        let place = pointer("", member);
        let taken = match member.as_str() {
            "key" => scalar(node, &FieldType::Key).map(|value| {
                sequence.key = value.and_then(|value| value.as_key());
            }),
            "id" => scalar(node, &FieldType::Text { max: 1000 }).map(|value| {
                sequence.id = value.and_then(|value| value.as_text().map(str::to_owned));
            }),
            "fiscalYear" => scalar(node, &FieldType::Integer).map(|value| {
                year = value.and_then(|value| value.as_number());
            }),
            _ => {
                found.add(problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place));
                continue;
            }
        };
        if let Err(reason) = taken {
            found.add(unfit(&place, &reason));
        } else if year.is_some_and(|year| !(1..=9999).contains(&year)) && member == "fiscalYear" {
            found.add(unfit(&place, "must be a year such as 2026"));
        }
    }
    if found.count() == 0 && sequence.key.is_some() == sequence.id.is_some() {
        found.add(
            problem::KEY_OR_ID
                .with("OBJECT", "document sequence")
                .at("/key"),
        );
    }
    found.or((sequence, year))
}

/// The value of a member; nothing if it is null.
fn scalar(node: &Node, kind: &FieldType) -> std::result::Result<Option<Value>, String> {
    let scalar = node.scalar().ok_or_else(|| {
        let sort = node.sort();
        format!("must be a single value, not {sort}")
    })?;
    if scalar == Scalar::Null {
        return Ok(None);
    }
    kind.accept(&scalar)
        .map(Some)
        .map_err(|reason| reason.sentence())
}

fn answer(taken: &TakenValue) -> Vec<u8> {
    let mut body = Vec::with_capacity(200);
    let key = taken.key;
    body.extend_from_slice(format!("{{\"ia::result\":{{\"key\":\"{key}\",\"id\":").as_bytes());
    text(&mut body, &taken.id);
    body.extend_from_slice(b",\"nextValue\":");
    text(&mut body, &taken.text);
    let year = taken
        .fiscal_year
        .map_or_else(|| "null".to_owned(), |year| year.to_string());
    body.extend_from_slice(format!(",\"fiscalYear\":{year}}}").as_bytes());
    body.extend_from_slice(ONE_FINE);
    body
}
