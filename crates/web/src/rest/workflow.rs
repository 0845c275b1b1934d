//! `POST /workflows/time/timesheet/approve` and `/decline`.
//!
//! The body says which timesheet, perhaps which of its lines, what the approver has to say, and for
//! whom the caller acts; an array of such bodies is a batch.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::StatusCode;
use sidegate_engine::idempotency::Answer;
use sidegate_engine::{AskedRuling, Outcome, Ruled, Ruling, Work};
use sidegate_model::{Definition, FieldType, Pointed, Problem, RecordKey, Result, Scalar, problem};

use super::batch::{self, Together};
use super::idempotency::Write;
use super::json::{Node, pointer, unfit};
use super::problem::Found;
use super::render::{ONE_FINE, text};
use super::reply::{self, Asked, Reply};

const SHEET: &str = "time/timesheet";
const COMMENTS: FieldType = FieldType::Text { max: 4000 };

/// The ruling that a workflow's path stands for, if there is such a workflow.
pub(super) fn named(application: &str, object: &str, action: &str) -> Option<Ruling> {
    ((application, object) == ("time", "timesheet"))
        .then(|| Ruling::named(action))
        .flatten()
}

/// One timesheet.
pub(super) async fn one(
    write: Write<'_>,
    ruling: Ruling,
    version: Option<i64>,
    body: std::result::Result<Node, Problem>,
) -> Result<Reply> {
    let asked = body
        .map_err(|problem| vec![problem])
        .and_then(|body| asked(ruling, &body))
        .map(|asked| AskedRuling { version, ..asked });
    let registry = Arc::clone(write.engine.registry());
    let act = |work: &mut Work<'_>, asked: &AskedRuling| work.rule_on_timesheet(asked);
    let shown = move |_: &Asked, ruled: &Ruled| {
        let mut body = b"{\"ia::result\":".to_vec();
        if let Some(sheets) = registry.named(SHEET) {
            show(&mut body, sheets, ruled);
        }
        body.extend_from_slice(ONE_FINE);
        Answer {
            status: StatusCode::OK.as_u16(),
            version: Some(ruled.saved.version),
            body,
        }
    };
    write.run(asked, act, shown).await
}

/// Many timesheets.
pub(super) async fn many(
    write: Write<'_>,
    ruling: Ruling,
    bodies: &[Node],
    together: Together,
) -> Result<Reply> {
    let sent = batch::counted(bodies.len()).map(|()| {
        let sent = |body| batch::few(asked(ruling, body));
        bodies.iter().map(sent).collect::<Vec<_>>()
    });
    let registry = Arc::clone(write.engine.registry());
    let act = move |work: &mut Work<'_>, sent: &Vec<batch::Sent<AskedRuling>>| {
        work.authorise_action(work.object(SHEET), ruling.word())?;
        batch::through(work, together, sent, |work, asked| {
            work.rule_on_timesheet(asked)
        })
    };
    let shown = move |asked: &Asked, outcomes: &Vec<Outcome<Ruled>>| {
        batch::answer(asked, StatusCode::OK, outcomes, |out, ruled| {
            if let Some(sheets) = registry.named(SHEET) {
                show(out, sheets, ruled);
            }
        })
    };
    write.run(sent, act, shown).await
}

/// Key, id, address and state of the timesheet.
fn show(out: &mut Vec<u8>, sheets: &Definition, ruled: &Ruled) {
    reply::reference(out, sheets, &ruled.saved);
    out.pop();
    out.extend_from_slice(b",\"state\":");
    text(out, &ruled.state);
    out.push(b'}');
}

/// What a body asks for.
fn asked(ruling: Ruling, body: &Node) -> std::result::Result<AskedRuling, Vec<Problem>> {
    let Node::Object(members) = body else {
        return Err(vec![body.misshapen("", "an object")]);
    };
    let mut found = Found::default();
    let mut sheets = Vec::new();
    let (mut lines, mut comments, mut approver) = (None, None, None);
    for (member, node) in members {
        let place = pointer("", member);
        match member.as_str() {
            "key" | "id" => sheets.extend(key_of(node, &place, &mut found)),
            "lines" => lines = lines_of(node, &place, &mut found),
            "comments" => comments = words(node, &place, &mut found),
            name if name == ruling.approver() => {
                approver = user_of(node, place, &mut found);
            }
            _ => found.add(problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place)),
        }
    }
    let named = members
        .iter()
        .any(|(name, _)| name == "key" || name == "id");
    if !named {
        found.add(problem::REQUIRED_MISSING.with("FIELD", "/key").at("/key"));
    }
    if sheets.windows(2).any(|two| two[0] != two[1]) {
        let contradicts = problem::REFERENCE_CONTRADICTS.with("FIELD", "/id");
        found.add(contradicts.at("/id"));
    }
    let Some(sheet) = sheets.first().copied() else {
        return Err(found.or(()).err().unwrap_or_default());
    };
    found.or(AskedRuling {
        ruling,
        sheet,
        lines,
        comments,
        approver,
        version: None,
    })
}

/// A key as text or number; records of these objects have no other id.
fn key_of(node: &Node, place: &str, found: &mut Found) -> Option<RecordKey> {
    let accepted = match node.scalar() {
        None => Err(format!("must be a key, not {}", node.sort())),
        Some(Scalar::Null) => Err("must not be null".to_owned()),
        Some(scalar) => FieldType::Key
            .accept(&scalar)
            .map_err(|reason| reason.sentence()),
    };
    match accepted {
        Ok(value) => value.as_key(),
        Err(reason) => {
            found.add(unfit(place, &reason));
            None
        }
    }
}

/// The named lines, each once. Null names none, and does not mean all: nothing is approved because a
/// variable was empty.
fn lines_of(node: &Node, place: &str, found: &mut Found) -> Option<Vec<(RecordKey, String)>> {
    let Node::Array(items) = node else {
        found.add(node.misshapen(place, "an array of lines, each with its key"));
        return None;
    };
    if items.is_empty() {
        let none = "names no line; leave it out to decide about all that wait";
        found.add(unfit(place, none));
    }
    let mut known = BTreeSet::new();
    let mut lines = Vec::with_capacity(items.len());
    for (at, item) in items.iter().enumerate() {
        let place = format!("{place}/{at}");
        let Some(key) = line_of(item, &place, found) else {
            continue;
        };
        if known.insert(key) {
            lines.push((key, place));
        } else {
            found.add(problem::LISTED_TWICE.with("FIELD", &place).at(place));
        }
    }
    Some(lines)
}

/// The line that a reference names by its key, which is its id too.
fn line_of(node: &Node, place: &str, found: &mut Found) -> Option<RecordKey> {
    let Node::Object(members) = node else {
        found.add(node.misshapen(place, "an object with key or id"));
        return None;
    };
    let before = found.count();
    let mut keys = Vec::new();
    for (member, node) in members {
        let place = pointer(place, member);
        match member.as_str() {
            "key" | "id" => keys.extend(key_of(node, &place, found)),
            // Sent back as it was read.
            "href" => {}
            _ => found.add(problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place)),
        }
    }
    if found.count() > before {
        return None;
    }
    match keys.as_slice() {
        [] => found.add(unfit(place, "needs key or id")),
        [key] => return Some(*key),
        [key, id, ..] if key == id => return Some(*key),
        _ => found.add(
            problem::REFERENCE_CONTRADICTS
                .with("FIELD", place)
                .at(place),
        ),
    }
    None
}

/// Text, or nothing.
fn words(node: &Node, place: &str, found: &mut Found) -> Option<String> {
    let accepted = match node.scalar() {
        None => Err(format!("must be a text, not {}", node.sort())),
        Some(Scalar::Null) => return None,
        Some(scalar) => COMMENTS.accept(&scalar).map_err(|reason| reason.sentence()),
    };
    match accepted {
        Ok(value) => value
            .as_text()
            .filter(|text| !text.is_empty())
            .map(str::to_owned),
        Err(reason) => {
            found.add(unfit(place, &reason));
            None
        }
    }
}

/// The approver for whom the caller acts; null is nobody.
fn user_of(node: &Node, place: String, found: &mut Found) -> Option<Pointed> {
    let members = match node {
        Node::Null => return None,
        Node::Object(members) => members,
        other => {
            found.add(other.misshapen(&place, "an object with key or id"));
            return None;
        }
    };
    let before = found.count();
    let mut named = Pointed::default();
    for (member, node) in members {
        let place = pointer(&place, member);
        match member.as_str() {
            "key" if *node != Node::Null => named.key = key_of(node, &place, found),
            "id" => {
                named.id = words(node, &place, found).map(|id| id.trim().to_owned());
            }
            // Sent back as it was read.
            "key" | "href" => {}
            _ => found.add(problem::UNKNOWN_FIELD.with("FIELD", &place).at(&place)),
        }
    }
    let names_one = named.key.is_some() || named.id.as_ref().is_some_and(|id| !id.is_empty());
    if found.count() > before {
        return None;
    }
    if !names_one {
        found.add(unfit(&place, "needs key or id"));
        return None;
    }
    named.place = place;
    Some(named)
}
