//! Roles.

use sidegate_model::{Operation, Result, problem};

use super::{NONE, RuleSet, power};
use crate::pipeline::{Change, Leave};
use crate::work::Work;

/// What begins the names of roles that the system makes.
pub(super) const SYSTEM: &str = "::SYS::";

pub(super) const RULES: RuleSet = RuleSet {
    object: "company-config/role",
    fields: &["id"],
    before: &[is_named_by_people, power::role_gave_no_more],
    after: &[power::role_gives_no_more],
    ..NONE
};

/// Names that begin with `::SYS::` are the system's own.
fn is_named_by_people(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let named = change.operation == Operation::Create && change.text("id").starts_with(SYSTEM);
    if !named || work.actor().is_system() || change.leave == Leave::System {
        return Ok(());
    }
    let place = change.place("id");
    Err(problem::SYSTEM_ROLE.with("FIELD", &place).at(place).into())
}
