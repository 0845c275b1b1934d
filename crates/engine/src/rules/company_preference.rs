//! What a company chose for itself.

use std::collections::BTreeMap;

use sidegate_model::{Draft, Given, Operation, Pointed, RecordKey, Result, Value, problem};

use super::role::SYSTEM;
use super::{NONE, RuleSet};
use crate::pipeline::{Change, Leave};
use crate::sign_in::draft_of;
use crate::work::Work;

const OBJECT: &str = "company-config/company-preference";
const PERMISSION_TYPE: &str = "permissionType";
const ADMIN: &str = "administrativeContact.adminUser";
const ROLE_BASED: &str = "roleBased";
const USER: &str = "company-config/user";
const ROLE: &str = "company-config/role";
const OF_ROLE: &str = "company-config/role-permission-assignment";
const OWN: &str = "company-config/user-permission-assignment";
/// The type of company in the names of the roles that the system makes.
const TENANT: &str = "enterprise";

pub(super) const RULES: RuleSet = RuleSet {
    object: OBJECT,
    fields: &[PERMISSION_TYPE, ADMIN],
    before: &[turns_to_roles_only, names_a_full_administrator],
    after: &[gives_roles_for_own_permissions],
    ..NONE
};

impl Work<'_> {
    /// Whether users of the actor's company have permissions of their own instead of roles.
    ///
    /// # Errors
    /// What the database says.
    pub fn is_user_based(&mut self) -> Result<bool> {
        is_user_based(self)
    }
}

/// Whether users of the actor's company have permissions of their own instead of roles.
pub(crate) fn is_user_based(work: &mut Work<'_>) -> Result<bool> {
    let row = work.first(OBJECT, &[PERMISSION_TYPE], &[])?;
    Ok(row.is_some_and(|row| row[0].as_text() == Some("userBased")))
}

/// From own permissions of users to roles there is a way, and none back.
fn turns_to_roles_only(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let turns = change.operation == Operation::Update && change.changes(PERMISSION_TYPE);
    if !turns || change.text(PERMISSION_TYPE) == ROLE_BASED {
        return Ok(());
    }
    let place = change.place(PERMISSION_TYPE);
    Err(problem::PERMISSION_TYPE_STAYS
        .with("FIELD", &place)
        .at(place)
        .into())
}

/// Every user with permissions of her own gets a role of the system's that gives the same, so that
/// nobody's rights change.
fn gives_roles_for_own_permissions(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    if change.operation != Operation::Update || !change.changes(PERMISSION_TYPE) {
        return Ok(());
    }
    work.note_permission_type(ROLE_BASED)?;
    let fields = [
        "user.key",
        "user.id",
        "key",
        "permission.key",
        "accessRights",
    ];
    let mut own: BTreeMap<(RecordKey, String), Vec<Vec<Value>>> = BTreeMap::new();
    for row in work.all(OWN, &fields, &[], u32::MAX)? {
        let user = row[0].as_key().zip(row[1].as_text().map(str::to_owned));
        if let Some(user) = user {
            own.entry(user).or_default().push(row);
        }
    }
    for ((user, id), rows) in own {
        let name = format!("{SYSTEM}{TENANT}-ROLE-FOR - {id}");
        let draft = draft_of(work, ROLE, &[("id", Value::from(name.as_str()))]);
        let role = work.object(ROLE);
        let role = work.create_with(role, &draft, Leave::System)?.key;
        for row in rows {
            let values = [
                ("role", Value::Key(role)),
                ("permission", row[3].clone()),
                ("accessRights", row[4].clone()),
            ];
            let draft = draft_of(work, OF_ROLE, &values);
            work.create_with(work.object(OF_ROLE), &draft, Leave::System)?;
            if let Some(key) = row[2].as_key() {
                work.delete_with(work.object(OWN), key, None, Leave::System)?;
            }
        }
        let users = work.object(USER);
        let roles = users.named("roles").expect("declared with its object");
        let mut draft = Draft::default();
        let pointed = Pointed {
            place: roles.place(),
            key: Some(role),
            ..Pointed::default()
        };
        draft.set(roles.index, roles.place(), Given::References(vec![pointed]));
        work.update_with(users, user, &draft, None, Leave::System)?;
    }
    Ok(())
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
    let user = work.first(USER, &fields, &[("key", Value::Key(key))])?;
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
