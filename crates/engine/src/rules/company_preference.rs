//! What a company chose for itself.

use sidegate_model::{Operation, Result, Value, problem};

use super::{NONE, RuleSet};
use crate::pipeline::Change;
use crate::work::Work;

const OBJECT: &str = "company-config/company-preference";
const PERMISSION_TYPE: &str = "permissionType";
const ADMIN: &str = "administrativeContact.adminUser";

pub(super) const RULES: RuleSet = RuleSet {
    object: OBJECT,
    fields: &[PERMISSION_TYPE, ADMIN],
    before: &[keeps_its_permission_type, names_a_full_administrator],
    ..NONE
};

/// Whether users of the actor's company have permissions of their own instead of roles.
pub(crate) fn is_user_based(work: &mut Work<'_>) -> Result<bool> {
    let row = work.first(OBJECT, &[PERMISSION_TYPE], &[])?;
    Ok(row.is_some_and(|row| row[0].as_text() == Some("userBased")))
}

/// With the permission type every right of every user would change.
fn keeps_its_permission_type(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Update || !change.changes(PERMISSION_TYPE) {
        return Ok(());
    }
    let place = change.place(PERMISSION_TYPE);
    Err(problem::PERMISSION_TYPE_STAYS
        .with("FIELD", &place)
        .at(place)
        .into())
}

/// The administrative contact is an active business user with full admin privileges.
fn names_a_full_administrator(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let Some(key) = change.value(ADMIN).as_key() else {
        return Ok(());
    };
    if !change.changes(ADMIN) {
        return Ok(());
    }
    let fields = ["userType", "adminPrivileges", "status"];
    let user = work.first("company-config/user", &fields, &[("key", Value::Key(key))])?;
    let wanted = ["business", "full", "active"].map(Value::from);
    if user.is_some_and(|user| user == wanted) {
        return Ok(());
    }
    let place = change.place(ADMIN);
    Err(problem::ADMIN_CONTACT
        .with("FIELD", &place)
        .at(place)
        .into())
}
