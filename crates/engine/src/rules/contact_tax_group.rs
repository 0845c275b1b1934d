//! Groups of contacts that are taxed alike.

use sidegate_model::{Operation, Result, problem};

use super::refusal::missing;
use super::{NONE, RuleSet};
use crate::pipeline::Change;
use crate::work::Work;

const ID: &str = "id";
const NAME: &str = "name";

pub(super) const RULES: RuleSet = RuleSet {
    object: "tax/contact-tax-group",
    fields: &[ID, NAME],
    before: &[is_called_by_its_name],
    ..NONE
};

/// Id and name of a group are one text; the one that was sent gives the other.
fn is_called_by_its_name(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    let name = change.text(NAME).trim().to_owned();
    if change.changes(NAME) && !change.changes(ID) && !change.was_sent(ID) {
        change.set(ID, name.as_str().into());
    }
    if change.text(ID).is_empty() {
        return Err(missing(change, ID).into());
    }
    let differs = change.changes(NAME) && change.was_sent(NAME) && name != change.text(ID);
    if differs {
        let place = change.place(NAME);
        return Err(problem::NAME_IS_ID.with("FIELD", &place).at(place).into());
    }
    let id = change.value(ID).clone();
    change.set(NAME, id);
    Ok(())
}
