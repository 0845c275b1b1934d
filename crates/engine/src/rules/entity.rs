//! Entities: rows of the table of locations that stand for a legal entity.

use sidegate_model::{Operation, Result, Value, problem};

use super::{NONE, RuleSet};
use crate::pipeline::Change;
use crate::work::Work;

const ENTITY: &str = "entity";
const PRIVATE: &str = "isLimitedEntity";

pub(super) const RULES: RuleSet = RuleSet {
    object: "company-config/entity",
    fields: &[ENTITY, PRIVATE],
    before: &[is_made_at_the_top_level, belongs_to_itself],
    after: &[tells_that_it_is_private],
    ..NONE
};

/// Entities are made at the top level: inside of one there is no place for another.
fn is_made_at_the_top_level(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    match &work.actor().entity {
        Some(entity) if change.operation == Operation::Create => {
            Err(problem::TOP_LEVEL_ONLY.with("ENTITY", &entity.id).into())
        }
        _ => Ok(()),
    }
}

/// Seen as a location an entity belongs to itself, so that restrictions by entity hold for it.
fn belongs_to_itself(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Create {
        let key = change.key();
        change.set(ENTITY, Value::Key(key));
    }
    Ok(())
}

/// Whoever is in already learns that there is a private entity now.
fn tells_that_it_is_private(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    if change.operation == Operation::Create && change.is(PRIVATE) {
        let done = work.session().raise_access(None);
        return work.stored(done);
    }
    Ok(())
}
