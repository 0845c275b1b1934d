//! Permissions of roles and of users: one permission each with the rights it gives.

use sidegate_model::access::catalogue::canonical;
use sidegate_model::words::{join, split};
use sidegate_model::{Operation, Result, Value, problem};

use super::refusal::missing;
use super::{NONE, RuleSet, power};
use crate::pipeline::Change;
use crate::work::{Work, refuse_all};

const PERMISSION: &str = "permission";
const RIGHTS: &str = "accessRights";
pub(super) const OF_ROLE: RuleSet = RuleSet {
    object: "company-config/role-permission-assignment",
    fields: &["role", PERMISSION, RIGHTS],
    before: &[
        says_rights_in_one_way,
        gives_what_the_permission_has,
        stands_once_in_its_role,
        power::role_of_it_gave_no_more,
    ],
    after: &[power::role_of_it_gives_no_more],
    ..NONE
};

pub(super) const OF_USER: RuleSet = RuleSet {
    object: "company-config/user-permission-assignment",
    fields: &["user", PERMISSION, RIGHTS],
    before: &[
        says_rights_in_one_way,
        gives_what_the_permission_has,
        stands_once_in_its_user,
    ],
    ..NONE
};

/// `readonly` and `view`, `modify` and `edit` are the same right; `view` and `edit` are kept.
fn says_rights_in_one_way(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let mut rights: Vec<String> = Vec::new();
    for right in split(change.text(RIGHTS)) {
        let right = canonical(right).to_owned();
        if !rights.contains(&right) {
            rights.push(right);
        }
    }
    let text = join(rights.iter().map(String::as_str));
    change.set(RIGHTS, text.map_or(Value::Null, Value::Text));
    Ok(())
}

/// Only rights that the permission has can be given.
fn gives_what_the_permission_has(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    let Some(key) = change.value(PERMISSION).as_key() else {
        return Err(missing(change, PERMISSION).into());
    };
    let fields = ["name", "allowedAccessRights"];
    let found = work.first(
        "company-config/permission",
        &fields,
        &[("key", Value::Key(key))],
    )?;
    let Some(row) = found else { return Ok(()) };
    let allowed = row[1].as_text().unwrap_or_default();
    let strange = split(change.text(RIGHTS)).filter(|right| !split(allowed).any(|a| a == *right));
    let place = change.place(RIGHTS);
    let problems = strange
        .map(|right| {
            let rights: Vec<&str> = split(allowed).collect();
            problem::RIGHT_UNKNOWN
                .with("FIELD", &place)
                .with("PERMISSION", row[0].as_text().unwrap_or_default())
                .with("RIGHT", right)
                .with(
                    "RIGHTS",
                    if rights.is_empty() {
                        "none".to_owned()
                    } else {
                        rights.join(", ")
                    },
                )
                .at(&place)
        })
        .collect();
    refuse_all(problems)
}

fn stands_once_in_its_role(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    stands_once(work, change, "role")
}

fn stands_once_in_its_user(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    stands_once(work, change, "user")
}

/// A role or user has each permission once.
fn stands_once(work: &mut Work<'_>, change: &mut Change<'_>, owner: &str) -> Result<()> {
    let holder = change.value(owner).clone();
    let permission = change.value(PERMISSION).clone();
    if change.operation == Operation::Delete || permission.is_null() {
        return Ok(());
    }
    let name = format!("{owner}.key");
    let same = [(name.as_str(), holder), ("permission.key", permission)];
    let fields = ["key", "permission.name"];
    let rows = work.all(&change.definition.name, &fields, &same, 2)?;
    let other = rows.iter().find(|row| row[0] != Value::Key(change.key()));
    let Some(other) = other else { return Ok(()) };
    let place = change.place(PERMISSION);
    Err(problem::PERMISSION_TWICE
        .with("FIELD", &place)
        .with("PERMISSION", other[1].as_text().unwrap_or_default())
        .at(place)
        .into())
}
