//! Who may act on whom, and give what.
//!
//! Nobody acts on a user, role or group that is stronger than herself: admin privileges first, then,
//! for those without any, rights and restrictions. And nobody gives what is more than she has: an
//! administrator gives any permission, but no admin privileges above her own.

use sidegate_model::access::{AdminLevel, Grant, Origin, Reach};
use sidegate_model::{Operation, Problem, RecordKey, Result, Value, problem};

use super::user_group::MEMBER;
use crate::pipeline::{Change, Leave};
use crate::work::Work;

const USER: &str = "user";
const ADMIN: &str = "adminPrivileges";
const GRANT_ADMIN: &str = "administration.grantAdminRights";
const USERS: &str = "administration.users";

/// Why something is too strong for the actor.
struct Stronger {
    /// What she would need, in a word.
    needs: String,
}

/// The reach of an actor whose writes are looked at; none for the system and for what follows from a
/// write that was looked at.
fn looked_at(work: &Work<'_>, change: &Change<'_>) -> Option<std::sync::Arc<Reach>> {
    let own = change.leave != Leave::System;
    work.actor().reach.clone().filter(|_| own)
}

/// A change of a user, or her end: not by somebody weaker.
pub(super) fn is_not_stronger(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Create {
        return Ok(());
    }
    touches(work, change, Some(change.key()))
}

/// What a user becomes is no more than who made it so has.
pub(super) fn becomes_no_stronger(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    let Some(reach) = looked_at(work, change) else {
        return Ok(());
    };
    if change.operation == Operation::Delete {
        return Ok(());
    }
    if change.changes(ADMIN) && change.text(ADMIN) != "off" && reach.admin() != AdminLevel::Full {
        let place = change.place(ADMIN);
        let catalogue = work.inner().policy.catalogue();
        let grants = catalogue
            .named(GRANT_ADMIN)
            .zip(catalogue.right("authorize"))
            .is_some_and(|(permission, right)| {
                work.inner().policy.holds(&reach, permission, right)
            });
        if !grants || AdminLevel::of(change.text(ADMIN)) > reach.admin() {
            return Err(problem::ADMIN_ABOVE
                .with("FIELD", &place)
                .at(place)
                .needing(Some(format!("{GRANT_ADMIN}.authorize")))
                .into());
        }
    }
    if change.before.is_some() && is_self(work, change.key()) {
        return Ok(());
    }
    match stronger(work, &reach, change.key())? {
        Some(more) => Err(too_much(change, more).into()),
        None => Ok(()),
    }
}

/// Whoever gives roles or permissions to users has the right to give them.
pub(super) fn is_given_by_who_may(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let Some(reach) = looked_at(work, change) else {
        return Ok(());
    };
    let gives = ["roles", "permissionAssignments"].into_iter().find(|name| {
        let owned = !change.items(name).is_empty();
        change.was_sent(name) && (owned || change.changes(name))
    });
    let Some(name) = gives.filter(|_| change.operation != Operation::Delete) else {
        return Ok(());
    };
    let catalogue = work.inner().policy.catalogue();
    let may = catalogue
        .named(USERS)
        .zip(catalogue.right("permission"))
        .is_some_and(|(permission, right)| work.inner().policy.holds(&reach, permission, right));
    if may {
        return Ok(());
    }
    Err(problem::NO_RIGHT
        .with("OPERATION", "give")
        .with("OBJECT", "roles and permissions")
        .at(change.place(name))
        .needing(Some(format!("{USERS}.permission")))
        .into())
}

/// A record about a user, such as a membership or a pairing: not by somebody weaker than the user.
pub(super) fn is_of_no_stronger_user(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let before = change.old(USER).as_key();
    touches(work, change, before)?;
    let now = change.value(USER).as_key();
    if now == before {
        return Ok(());
    }
    touches(work, change, now)
}

/// Nobody puts herself into a group, or takes herself out: that would change her own rights.
pub(super) fn is_not_her_own(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let user = change.value(USER).as_key();
    if looked_at(work, change).is_none() || !user.is_some_and(|user| is_self(work, user)) {
        return Ok(());
    }
    let place = change.place(USER);
    Err(problem::OWN_ACCOUNT
        .with("FIELD", "the groups")
        .at(place)
        .into())
}

/// What a membership gives its user is no more than who makes it has.
pub(super) fn member_becomes_no_stronger(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    let Some(reach) = looked_at(work, change) else {
        return Ok(());
    };
    let Some(user) = change.value(USER).as_key() else {
        return Ok(());
    };
    match stronger(work, &reach, user)? {
        Some(more) if change.operation != Operation::Delete => Err(too_much(change, more).into()),
        _ => Ok(()),
    }
}

/// A role gives no more than who changes it has, before and after.
pub(super) fn role_gives_no_more(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    roles_give_no_more(work, change, &[change.key()])
}

/// The same of the role that an assignment belongs to.
pub(super) fn role_of_it_gives_no_more(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    let role = change.value("role").as_key();
    roles_give_no_more(work, change, role.as_slice())
}

/// What stands in a role already is not changed by somebody who has less.
pub(super) fn role_gave_no_more(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Create {
        return Ok(());
    }
    role_gives_no_more(work, change)
}

/// The same of the role that an assignment belongs to.
pub(super) fn role_of_it_gave_no_more(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    role_of_it_gives_no_more(work, change)
}

/// The roles of a group give no more than who changes it has.
pub(super) fn group_gives_no_more(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    let roles = change.after.list(change.field("roles").index).to_vec();
    roles_give_no_more(work, change, &roles)
}

/// The roles of a group are those of its members: nobody changes them for herself, nor for somebody
/// with more admin privileges.
pub(super) fn group_is_not_her_own_nor_stronger(
    work: &mut Work<'_>,
    change: &mut Change<'_>,
) -> Result<()> {
    let Some(reach) = looked_at(work, change) else {
        return Ok(());
    };
    if change.operation != Operation::Update || !change.changes("roles") {
        return Ok(());
    }
    let group = ("userGroup.key", Value::Key(change.key()));
    let own = work.actor().user.as_ref().map(|user| user.key);
    let herself = [group.clone(), ("user.key", Value::from(own))];
    if work.first(MEMBER, &["key"], &herself)?.is_some() {
        let place = change.place("roles");
        return Err(problem::OWN_ACCOUNT
            .with("FIELD", "the roles")
            .at(place)
            .into());
    }
    for admin in ["limited", "full"] {
        let of_level = [group.clone(), ("user.adminPrivileges", Value::from(admin))];
        if AdminLevel::of(admin) > reach.admin()
            && work.first(MEMBER, &["key"], &of_level)?.is_some()
        {
            return Err(problem::STRONGER_USER
                .problem()
                .needing(Some(ADMIN.to_owned()))
                .into());
        }
    }
    Ok(())
}

fn roles_give_no_more(work: &mut Work<'_>, change: &Change<'_>, roles: &[RecordKey]) -> Result<()> {
    let Some(reach) = looked_at(work, change) else {
        return Ok(());
    };
    if reach.admin() != AdminLevel::Off {
        return Ok(());
    }
    for role in roles {
        let grants = work.role_grants(*role, &Origin::Own)?;
        if let Some(needs) = excess(work, &reach, &grants) {
            return Err(too_much(change, Stronger { needs }).into());
        }
    }
    Ok(())
}

fn touches(work: &mut Work<'_>, change: &Change<'_>, user: Option<RecordKey>) -> Result<()> {
    let (Some(reach), Some(user)) = (looked_at(work, change), user) else {
        return Ok(());
    };
    not_stronger(work, &reach, user)
}

/// Refuses where a user is stronger than the actor.
pub(crate) fn refuse_stronger(work: &mut Work<'_>, user: RecordKey) -> Result<()> {
    match work.actor().reach.clone() {
        Some(reach) => not_stronger(work, &reach, user),
        None => Ok(()),
    }
}

fn not_stronger(work: &mut Work<'_>, reach: &Reach, user: RecordKey) -> Result<()> {
    if is_self(work, user) {
        return Ok(());
    }
    match stronger(work, reach, user)? {
        Some(more) => Err(problem::STRONGER_USER
            .problem()
            .needing(Some(more.needs))
            .into()),
        None => Ok(()),
    }
}

fn too_much(change: &Change<'_>, more: Stronger) -> Problem {
    let what = change.definition.label.0.to_lowercase();
    problem::GIVES_TOO_MUCH
        .with("OBJECT", what)
        .with("RIGHT", &more.needs)
        .needing(Some(more.needs))
}

fn is_self(work: &Work<'_>, user: RecordKey) -> bool {
    let actor = work.actor().user.as_ref();
    actor.is_some_and(|actor| actor.key == user)
}

/// Whether a user, as the database has her now, is stronger than the actor.
fn stronger(work: &mut Work<'_>, reach: &Reach, user: RecordKey) -> Result<Option<Stronger>> {
    let Some(person) = work.person(user)? else {
        return Ok(None);
    };
    if person.standing.admin > reach.admin() {
        let needs = ADMIN.to_owned();
        return Ok(Some(Stronger { needs }));
    }
    // Administrators give any permission.
    if reach.admin() != AdminLevel::Off {
        return Ok(None);
    }
    if let Some(needs) = excess(work, reach, &person.standing.grants) {
        return Ok(Some(Stronger { needs }));
    }
    let own = work.actor().user.as_ref().map(|user| user.key);
    let own = own.map(|key| work.person(key)).transpose()?.flatten();
    let within = own
        .is_none_or(|own| person.limits.is_within(&own.limits) && (own.at_top || !person.at_top));
    Ok((!within).then(|| Stronger {
        needs: "restrictions".to_owned(),
    }))
}

/// The first right among grants that somebody does not have.
fn excess(work: &Work<'_>, reach: &Reach, grants: &[Grant]) -> Option<String> {
    let policy = &work.inner().policy;
    let catalogue = policy.catalogue();
    grants.iter().find_map(|grant| {
        catalogue
            .each(grant.rights)
            .find(|right| !policy.holds(reach, grant.permission, *right))
            .map(|right| catalogue.right_name(grant.permission, right))
    })
}
