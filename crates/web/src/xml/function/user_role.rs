//! `create` of `USERROLES`: one more role for a user.
//!
//! What a user has of roles is a list of hers, which is sent whole; so whatever watches over the list
//! watches over this.

use sidegate_engine::{Saved, Work};
use sidegate_model::query::{Filter, Operand, Operator, Query};
use sidegate_model::{Definition, Failure, Operation, RecordKey, Result, Scalar, problem};

use super::create::{key_of, told};
use crate::rest::draft::draft;
use crate::rest::json::Node;
use crate::xml::face::Known;
use crate::xml::record::Sent;

const FACE: &str = "USERROLES";
const USER: &str = "USERID";
const ROLE: &str = "ROLENAME";
/// The user's list of roles, and what an item of it is.
const LIST: &str = "roles";
/// More roles than a user can have.
const MOST: u32 = 4000;

/// Whether records of this face are roles of users.
pub(super) fn is_role_of_user(known: Known<'_>) -> bool {
    known.face.name == FACE
}

/// Gives the user that was sent the role that was sent.
pub(super) fn give(work: &mut Work<'_>, known: Known<'_>, sent: &Sent) -> Result<Saved> {
    let users = referred(known, "user")?;
    let roles = referred(known, "role")?;
    work.authorise(users.definition, Operation::Update)?;
    let mut problems = Vec::new();
    for (name, texts) in &sent.values {
        let is_filled = texts.iter().any(|text| !text.trim().is_empty());
        if is_filled && ![USER, ROLE].contains(&name.as_str()) {
            problems.push(problem::UNKNOWN_FIELD.with("FIELD", name).at(name));
        }
    }
    for name in [USER, ROLE] {
        match sent.values.get(name).map_or(0, Vec::len) {
            0 | 1 if sent.text(name).is_none() => {
                problems.push(problem::REQUIRED_MISSING.with("FIELD", name).at(name));
            }
            0 | 1 => {}
            _ => problems.push(problem::XML_TWICE.with("FIELD", name).at(name)),
        }
    }
    if !problems.is_empty() {
        return Err(Failure::Refused(problems));
    }
    let text = |name: &str| sent.text(name).unwrap_or_default();
    let user = key_of(work, users, text(USER))?;
    let role = key_of(work, roles, text(ROLE))?;
    let mut held = held(work, known, user)?;
    if held.iter().any(|(_, other)| *other == role) {
        return Err(problem::NOT_UNIQUE
            .with("FIELD", ROLE)
            .with("OBJECT", known.definition.label.0.to_lowercase())
            .with("VALUE", text(ROLE))
            .at(ROLE)
            .into());
    }
    held.push((user, role));
    let items = held.iter().map(|(_, role)| {
        let key = Node::Text(role.to_string());
        Node::Object(vec![("key".to_owned(), key)])
    });
    let body = Node::Object(vec![(LIST.to_owned(), Node::Array(items.collect()))]);
    let changed = draft(known.registry, users.definition, Operation::Update, &body);
    let changed = changed.map_err(Failure::Refused)?;
    let saved = told(users, work.update(users.definition, user, &changed, None))?;
    let rows = self::held(work, known, user)?;
    let row = rows.into_iter().find(|(_, other)| *other == role);
    let (key, _) = row.ok_or_else(|| Failure::broken("a role that was given is not there"))?;
    Ok(Saved {
        key,
        id: key.to_string(),
        version: saved.version,
    })
}

/// What a reference of these records leads to.
fn referred<'r>(known: Known<'r>, name: &str) -> Result<Known<'r>> {
    let found: Option<&'r Definition> = known.registry.related(known.definition, name);
    let known = found.and_then(|definition| {
        let face = definition.xml.first()?;
        Some(Known {
            definition,
            face,
            ..known
        })
    });
    known.ok_or_else(|| Failure::broken("roles of users lead nowhere"))
}

/// The rows that say which roles a user has: their keys, and those of the roles.
fn held(
    work: &mut Work<'_>,
    known: Known<'_>,
    user: RecordKey,
) -> Result<Vec<(RecordKey, RecordKey)>> {
    let query = Query {
        object: known.definition.name.clone(),
        fields: vec!["key".to_owned(), "role.key".to_owned()],
        filters: vec![Filter {
            operator: Operator::Equal,
            field: "user.key".to_owned(),
            operand: Operand::One(Scalar::Number(user.to_string())),
            place: USER.to_owned(),
        }],
        start: 1,
        size: MOST,
        ..Query::default()
    };
    let plan = query
        .plan_on(known.registry, known.definition, work.actor().sight())
        .map_err(Failure::Refused)?;
    let mut rows = Vec::new();
    work.visit(&plan, &mut |row| {
        let key = |at: usize| row.number(at).and_then(RecordKey::new);
        rows.extend(key(0).zip(key(1)));
    })?;
    Ok(rows)
}
