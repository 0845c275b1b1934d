//! Locations.

use sidegate_model::{Operation, Result, Value, problem};

use super::{NONE, RuleSet, tree};
use crate::pipeline::Change;
use crate::work::Work;

const TYPE: &str = "locationType";
const PARENT: &str = "parent";
const ENTITY: &str = "entity";

pub(super) const RULES: RuleSet = RuleSet {
    object: "company-config/location",
    fields: &["id", TYPE, PARENT, ENTITY],
    before: &[
        is_no_entity,
        tree::has_no_circle,
        belongs_where_its_parent_does,
    ],
    ..NONE
};

/// An entity is also seen as a location, and is changed only as an entity.
fn is_no_entity(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Create && change.text(TYPE) == "entity" {
        return Err(problem::ENTITY_ROW.with("ID", change.text("id")).into());
    }
    Ok(())
}

/// A location below an entity, or below a location of an entity, belongs to that entity.
fn belongs_where_its_parent_does(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete || !change.changes(PARENT) {
        return Ok(());
    }
    let Some(parent) = change.value(PARENT).as_key() else {
        return Ok(());
    };
    let row = work.first(
        "company-config/location",
        &["entity.key"],
        &[("key", Value::Key(parent))],
    )?;
    if let Some([entity @ Value::Key(_)]) = row.as_deref() {
        change.set(ENTITY, entity.clone());
    }
    Ok(())
}
