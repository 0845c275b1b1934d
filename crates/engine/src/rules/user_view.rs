//! Views that users keep.

use serde_json::{Map, Value as Json};
use sidegate_model::{Operation, Problem, Result, Value, problem};

use super::{NONE, RuleSet};
use crate::pipeline::Change;
use crate::work::{Work, refuse_all};

const OBJECT: &str = "object";
const QUERY: &str = "query";
const METADATA: &str = "metadata";
const OWNER: &str = "owner";
/// Members of the layout.
const FROZEN: &str = "frozenColumnCount";
const COLUMNS: &str = "columns";
const ID: &str = "id";
const FORMAT: &str = "textFormat";
/// The ways of showing long text; the first one is usual.
const FORMATS: [&str; 2] = ["clip", "wrap"];
/// A list has no more columns than a query has fields.
const MOST_COLUMNS: usize = 200;

pub(super) const RULES: RuleSet = RuleSet {
    object: "core/user-view",
    fields: &[OBJECT, QUERY, METADATA, OWNER],
    before: &[
        belongs_to_who_made_it,
        is_of_the_object_that_it_asks,
        has_a_whole_layout,
    ],
    ..NONE
};

fn belongs_to_who_made_it(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Create {
        let own = work.actor().user.as_ref().map(|user| user.key);
        change.set(OWNER, Value::from(own));
    }
    Ok(())
}

/// The object is the one that the query names, and is taken from there where nobody says it.
fn is_of_the_object_that_it_asks(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    let query: Json = serde_json::from_str(change.text(QUERY)).unwrap_or_default();
    let asked = query[OBJECT].as_str().unwrap_or_default();
    if !change.was_sent(OBJECT) || change.text(OBJECT) == asked {
        let asked = Value::from(asked);
        change.set(OBJECT, asked);
        return Ok(());
    }
    let place = change.place(OBJECT);
    Err(problem::VIEW_OBJECT_DIFFERS
        .with("FIELD", &place)
        .with("OBJECT", asked)
        .at(place)
        .into())
}

/// The layout has all of its members; those that were not sent are the usual ones.
fn has_a_whole_layout(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    let sent: Json = serde_json::from_str(change.text(METADATA)).unwrap_or_default();
    let mut found = Unfit {
        place: change.place(METADATA),
        problems: Vec::new(),
    };
    let layout = layout(&sent, &mut found);
    refuse_all(found.problems)?;
    let layout = Value::from(layout.to_string().as_str());
    change.set(METADATA, layout);
    Ok(())
}

/// What does not fit into a layout.
struct Unfit {
    place: String,
    problems: Vec<Problem>,
}

impl Unfit {
    fn add(&mut self, below: &str, reason: &str) {
        let place = format!("{}{below}", self.place);
        self.problems.push(
            problem::VALUE_UNFIT
                .with("FIELD", &place)
                .with("REASON", reason)
                .at(place),
        );
    }

    fn unknown(&mut self, at: &str, members: &Map<String, Json>, known: [&str; 2]) {
        for name in members
            .keys()
            .filter(|name| !known.contains(&name.as_str()))
        {
            self.add(&format!("{at}/{name}"), "is no member of a layout");
        }
    }
}

fn layout(sent: &Json, found: &mut Unfit) -> Json {
    let none = Map::new();
    let sent = sent.as_object().unwrap_or(&none);
    found.unknown("", sent, [FROZEN, COLUMNS]);
    let frozen = match sent.get(FROZEN) {
        None | Some(Json::Null) => 0,
        Some(count) => {
            let count = count.as_u64().and_then(|count| usize::try_from(count).ok());
            let count = count.filter(|count| *count <= MOST_COLUMNS);
            if count.is_none() {
                let reason = format!("must be a whole number from 0 to {MOST_COLUMNS}");
                found.add(&format!("/{FROZEN}"), &reason);
            }
            count.unwrap_or_default()
        }
    };
    let columns = match sent.get(COLUMNS) {
        None | Some(Json::Null) => &[],
        Some(Json::Array(columns)) if columns.len() <= MOST_COLUMNS => columns.as_slice(),
        Some(_) => {
            let reason = format!("must be an array of at most {MOST_COLUMNS} columns");
            found.add(&format!("/{COLUMNS}"), &reason);
            &[]
        }
    };
    let columns: Vec<Json> = columns
        .iter()
        .enumerate()
        .map(|(at, sent)| column(sent, &format!("/{COLUMNS}/{at}"), found))
        .collect();
    serde_json::json!({ FROZEN: frozen, COLUMNS: columns })
}

fn column(sent: &Json, at: &str, found: &mut Unfit) -> Json {
    let Some(members) = sent.as_object() else {
        found.add(at, "must be an object with an id");
        return Json::Null;
    };
    found.unknown(at, members, [ID, FORMAT]);
    let id = members.get(ID).and_then(Json::as_str).unwrap_or_default();
    if id.is_empty() {
        found.add(&format!("{at}/{ID}"), "must name a column");
    }
    let format = match members.get(FORMAT) {
        None | Some(Json::Null) => FORMATS[0],
        Some(format) => format.as_str().unwrap_or_default(),
    };
    if !FORMATS.contains(&format) {
        let reason = format!("must be one of: {}", FORMATS.join(", "));
        found.add(&format!("{at}/{FORMAT}"), &reason);
    }
    serde_json::json!({ ID: id, FORMAT: format })
}
