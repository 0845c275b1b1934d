//! Authorizations of other companies.

use sidegate_model::{Operation, Result, problem};

use super::{NONE, RuleSet};
use crate::pipeline::Change;
use crate::work::Work;

const ACCESS: &str = "accessType";
const EXPIRES: &str = "expirationDate";

pub(super) const RULES: RuleSet = RuleSet {
    object: "company-config/external-authorization",
    fields: &[ACCESS, EXPIRES],
    before: &[expires_only_for_services_or_support],
    ..NONE
};

/// Only access for services or support ends on a day.
fn expires_only_for_services_or_support(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let ends = matches!(change.text(ACCESS), "services" | "support");
    if change.operation == Operation::Delete || ends || change.value(EXPIRES).is_null() {
        return Ok(());
    }
    let place = change.place(EXPIRES);
    Err(problem::AUTHORIZATION_NEVER_EXPIRES
        .with("FIELD", &place)
        .at(place)
        .into())
}
