//! Authorised client applications: which client may act as which user.

use sidegate_model::{Operation, Result, Value, problem};

use super::{NONE, RuleSet};
use crate::pipeline::Change;
use crate::work::Work;

const USER: &str = "user";
const ALLOWS_STANDARD: &str = "allowStandardUsers";

pub(super) const RULES: RuleSet = RuleSet {
    object: "sidegate/client-authorization",
    fields: &[USER, ALLOWS_STANDARD],
    before: &[names_a_web_services_user],
    ..NONE
};

/// A row for a standard user needs `allowStandardUsers`.
fn names_a_web_services_user(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete || change.is(ALLOWS_STANDARD) {
        return Ok(());
    }
    let Some(key) = change.value(USER).as_key() else {
        return Ok(());
    };
    let user = work.first(
        "company-config/user",
        &["webServices.isRestricted"],
        &[("key", Value::Key(key))],
    )?;
    if user.is_some_and(|user| user[0] == Value::Boolean(true)) {
        return Ok(());
    }
    Err(problem::PAIRING_NEEDS_RESTRICTED
        .at(change.place(USER))
        .into())
}
