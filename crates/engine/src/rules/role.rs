//! Roles.

use sidegate_model::{Operation, Result, Value, problem};

use super::{NONE, RuleSet, power};
use crate::pipeline::{Change, Leave};
use crate::sign_in::end_trials;
use crate::work::Work;

/// What begins the names of roles that the system makes.
pub(super) const SYSTEM: &str = "::SYS::";

const OF_USERS: &str = "company-config/role-user-map";
const OF_GROUPS: &str = "company-config/role-user-group-map";

pub(super) const RULES: RuleSet = RuleSet {
    object: "company-config/role",
    fields: &["id"],
    before: &[
        is_named_by_people,
        power::role_gave_no_more,
        has_no_holder,
        is_tried_no_more,
    ],
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

/// A role that users or groups have is not deleted. All of them count, also those that the caller
/// does not see.
fn has_no_holder(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Delete {
        return Ok(());
    }
    let of_this = [("role.key", Value::Key(change.key()))];
    let users = work.count(OF_USERS, &of_this)?;
    let groups = work.count(OF_GROUPS, &of_this)?;
    let Some(told) = told(users, groups) else {
        return Ok(());
    };
    Err(problem::ROLE_HELD
        .with("ROLE", change.text("id"))
        .with("HOLDERS", told)
        .into())
}

/// Whoever tries a role that goes is herself again.
fn is_tried_no_more(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Delete {
        return Ok(());
    }
    end_trials(work, change.key())
}

/// How many have the role, if any.
fn told(users: i64, groups: i64) -> Option<String> {
    let who: Vec<String> = [(users, "user"), (groups, "user group")]
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, one)| format!("{count} {one}{}", if count == 1 { "" } else { "s" }))
        .collect();
    let has = if users + groups == 1 { "has" } else { "have" };
    (!who.is_empty()).then(|| format!("{} {has} it", who.join(" and ")))
}
