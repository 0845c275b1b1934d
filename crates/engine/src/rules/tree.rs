//! Objects whose records have a parent of the same object.

use sidegate_model::{Operation, RecordKey, Result, Value, problem};

use super::{NONE, RuleSet};
use crate::pipeline::Change;
use crate::work::Work;

const PARENT: &str = "parent";
/// Trees are at most so deep.
const MOST_LEVELS: usize = 100;

pub(super) const CLASS: RuleSet = tree("company-config/class");
pub(super) const DEPARTMENT: RuleSet = tree("company-config/department");
pub(super) const TERRITORY: RuleSet = tree("accounts-receivable/territory");

/// The rules of a tree that has no others.
const fn tree(object: &'static str) -> RuleSet {
    RuleSet {
        object,
        fields: &[PARENT],
        before: &[has_no_circle],
        ..NONE
    }
}

/// No record is its own ancestor.
pub(super) fn has_no_circle(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete || !change.changes(PARENT) {
        return Ok(());
    }
    let mut above = change.value(PARENT).as_key();
    for _ in 0..MOST_LEVELS {
        let Some(key) = above else { return Ok(()) };
        if key == change.key() {
            break;
        }
        above = parent_of(work, &change.definition.name, key)?;
    }
    let place = change.place(PARENT);
    Err(problem::PARENT_CYCLE.with("FIELD", &place).at(place).into())
}

fn parent_of(work: &mut Work<'_>, object: &str, key: RecordKey) -> Result<Option<RecordKey>> {
    let row = work.first(object, &["parent.key"], &[("key", Value::Key(key))])?;
    Ok(row.and_then(|row| row[0].as_key()))
}
