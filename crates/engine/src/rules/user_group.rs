//! Groups of users.

use sidegate_model::{Operation, Result, Value, problem};

use super::company_preference::is_user_based;
use super::{NONE, RuleSet, power};
use crate::pipeline::{Change, Leave};
use crate::work::Work;

const ROLES: &str = "roles";
pub(super) const MEMBER: &str = "company-config/user-group-member";
/// A group has at most so many members.
const MOST_MEMBERS: u32 = 100_000;

pub(super) const RULES: RuleSet = RuleSet {
    object: "company-config/user-group",
    fields: &[ROLES],
    before: &[
        has_roles_where_roles_give,
        power::group_is_not_her_own_nor_stronger,
        lets_its_members_go,
    ],
    after: &[power::group_gives_no_more],
    ..NONE
};

pub(super) const MEMBERS: RuleSet = RuleSet {
    object: MEMBER,
    fields: &["user", "userGroup"],
    before: &[
        is_a_member_once,
        power::is_not_her_own,
        power::is_of_no_stronger_user,
    ],
    after: &[power::member_becomes_no_stronger],
    ..NONE
};

/// In a company whose users have permissions of their own, groups have no roles.
fn has_roles_where_roles_give(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let listed = !change.after.list(change.field(ROLES).index).is_empty();
    if !listed || !change.was_sent(ROLES) || !is_user_based(work)? {
        return Ok(());
    }
    let place = change.place(ROLES);
    Err(problem::USERS_HOLD.with("FIELD", &place).at(place).into())
}

/// A group that goes leaves its members behind, without what it gave them.
fn lets_its_members_go(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Delete {
        return Ok(());
    }
    let of_this = [("userGroup.key", Value::Key(change.key()))];
    end_memberships(work, &of_this)
}

/// Deletes memberships without asking for the right to them.
pub(super) fn end_memberships(work: &mut Work<'_>, of: &[(&str, Value)]) -> Result<()> {
    let members = work.all(MEMBER, &["key"], of, MOST_MEMBERS)?;
    let definition = work.object(MEMBER);
    for key in members.iter().filter_map(|row| row[0].as_key()) {
        work.delete_with(definition, key, None, Leave::Brought(""))?;
    }
    Ok(())
}

/// A user is in a group once.
fn is_a_member_once(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Create {
        return Ok(());
    }
    let same = [
        ("user.key", change.value("user").clone()),
        ("userGroup.key", change.value("userGroup").clone()),
    ];
    if same.iter().any(|(_, value)| value.is_null()) {
        return Ok(());
    }
    let Some(row) = work.first(MEMBER, &["user.id"], &same)? else {
        return Ok(());
    };
    let place = change.place("user");
    Err(problem::NOT_UNIQUE
        .with("FIELD", &place)
        .with("OBJECT", "member of the group")
        .with("VALUE", row[0].as_text().unwrap_or_default())
        .at(place)
        .into())
}
