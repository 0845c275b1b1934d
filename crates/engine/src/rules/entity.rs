//! Entities: rows of the table of locations that stand for a legal entity.

use sidegate_model::{Operation, Result, Value};

use super::{NONE, RuleSet};
use crate::pipeline::Change;
use crate::work::Work;

const ENTITY: &str = "entity";

pub(super) const RULES: RuleSet = RuleSet {
    object: "company-config/entity",
    fields: &[ENTITY],
    before: &[belongs_to_itself],
    ..NONE
};

/// Seen as a location an entity belongs to itself, so that restrictions by entity hold for it.
fn belongs_to_itself(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Create {
        let key = change.key();
        change.set(ENTITY, Value::Key(key));
    }
    Ok(())
}
