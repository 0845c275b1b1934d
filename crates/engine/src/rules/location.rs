//! Locations.

use sidegate_model::{Operation, Result, Value, problem};

use super::{NONE, RuleSet, tree};
use crate::pipeline::{Change, Leave};
use crate::work::Work;

const TYPE: &str = "locationType";
const PARENT: &str = "parent";
const ENTITY: &str = "entity";
const STATUS: &str = "status";
const LOCATION: &str = "company-config/location";
/// A location has at most so many directly below it.
const MOST_BELOW: u32 = 100_000;

pub(super) const RULES: RuleSet = RuleSet {
    object: "company-config/location",
    fields: &["id", TYPE, PARENT, ENTITY, STATUS],
    before: &[
        is_no_entity,
        tree::has_no_circle,
        belongs_where_its_parent_does,
        outlasts_its_children,
    ],
    after: &[takes_those_below_along],
    ..NONE
};

/// An entity is also seen as a location, and is changed only as an entity.
fn is_no_entity(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Create && change.text(TYPE) == "entity" {
        return Err(problem::ENTITY_ROW.with("ID", change.text("id")).into());
    }
    Ok(())
}

/// A location below an entity, or below a location of an entity, belongs to that entity. One whose
/// parent is taken away belongs to the entity of the call, at top level to none. One that comes below
/// a location that all entities share is shared too at top level, and stays in the entity of the call.
fn belongs_where_its_parent_does(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    let Some(parent) = change.value(PARENT).as_key() else {
        if change.operation == Operation::Update && change.changes(PARENT) {
            let own = work.actor().entity.as_ref().map(|entity| entity.key);
            change.set(ENTITY, Value::from(own));
        }
        return Ok(());
    };
    let row = work.first(LOCATION, &["entity.key"], &[("key", Value::Key(parent))])?;
    let moves = change.changes(PARENT) || change.leave != Leave::Own;
    let shares = moves && work.actor().entity.is_none();
    if let Some([entity]) = row.as_deref()
        && (!entity.is_null() || shares)
    {
        change.set(ENTITY, entity.clone());
    }
    Ok(())
}

/// A location stays in use while one directly below it is active.
fn outlasts_its_children(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let closes = change.operation == Operation::Update
        && change.changes(STATUS)
        && change.text(STATUS) == "inactive";
    if !closes {
        return Ok(());
    }
    let active = [
        ("parent.key", Value::Key(change.key())),
        (STATUS, Value::from("active")),
    ];
    let Some(row) = work.first(LOCATION, &["id"], &active)? else {
        return Ok(());
    };
    Err(problem::CHILD_ACTIVE
        .with("ID", change.text("id"))
        .with("CHILD", row[0].as_text().unwrap_or_default())
        .at(change.place(STATUS))
        .into())
}

/// When a location changes its entity, all those below it do. They are walked to level by level: how
/// deep the tree is must not matter to the stack.
fn takes_those_below_along(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    let moves = change.operation == Operation::Update && change.changes(ENTITY);
    if !moves || change.leave != Leave::Own {
        return Ok(());
    }
    let mut above = vec![change.key()];
    while let Some(parent) = above.pop() {
        let inside = [("parent.key", Value::Key(parent))];
        let below = work.all(LOCATION, &["key"], &inside, MOST_BELOW)?;
        for key in below.iter().filter_map(|row| row[0].as_key()) {
            // Nothing is sent: the rule above finds the parent's new entity.
            work.touch(change.definition, key)?;
            above.push(key);
        }
    }
    Ok(())
}
