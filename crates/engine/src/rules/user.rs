//! Users, standard ones and Web Services users.

use sidegate_model::{Draft, Given, Operation, Result, Value, problem};

use super::company_preference::is_user_based;
use super::credential::{Told, end_links, reset};
use super::user_group::end_memberships;
use super::{NONE, RuleSet, power};
use crate::mail::letter::{ADDRESS_CHANGED, USER_ID};
use crate::mail::outbox::Outgoing;
use crate::pipeline::{Change, Leave};
use crate::sign_in::{end_console_sessions, end_sessions, end_tokens, forget_second_factor};
use crate::work::Work;

const ID: &str = "id";
const NAME: &str = "userName";
const EMAIL: &str = "accountEmail";
const CONTACT: &str = "contact";
const STATUS: &str = "status";
const TYPE: &str = "userType";
const ADMIN: &str = "adminPrivileges";
const RESTRICTED: &str = "webServices.isRestricted";
const NEVER_EXPIRES: &str = "password.neverExpires";
const REQUIRES_RESET: &str = "password.requiresReset";
const SSO: &str = "sso.isSSOEnabled";
const UNRESTRICTED: &str = "entityAccess.allowUnrestrictedAccess";
const NO_LIST: &str = "isUnrestricted";
const TOP_LEVEL: &str = "entityAccess.allowTopLevelAccess";
const ENTITIES: &str = "entities";
const LOCATIONS: &str = "locations";
const DEPARTMENTS: &str = "departments";
const TERRITORIES: &str = "territories";
const HIDES: &str = "hideOtherDepartmentTransactions";
const ROLES: &str = "roles";
const PERMISSIONS: &str = "permissionAssignments";
const ACTIVATED: &str = "activatedAt";
const AUTOMATIC_LOCK: &str = "automaticLockAt";
/// The most characters of a username that is filled in.
const MOST_NAME: usize = 100;

pub(super) const RULES: RuleSet = RuleSet {
    object: "company-config/user",
    fields: &[
        ID,
        NAME,
        EMAIL,
        CONTACT,
        STATUS,
        TYPE,
        ADMIN,
        RESTRICTED,
        NEVER_EXPIRES,
        REQUIRES_RESET,
        SSO,
        UNRESTRICTED,
        NO_LIST,
        TOP_LEVEL,
        ENTITIES,
        LOCATIONS,
        DEPARTMENTS,
        TERRITORIES,
        HIDES,
        ROLES,
        PERMISSIONS,
        ACTIVATED,
        AUTOMATIC_LOCK,
    ],
    before: &[
        can_be_named,
        starts_usable,
        is_locked_by_who_says_so,
        has_a_named_contact_of_its_own,
        administers_as_business,
        web_services_user_never_signs_in_interactively,
        entity_access_agrees,
        tells_whether_a_list_restricts,
        has_what_its_company_gives,
        reads_reset_as_false,
        leaves_her_own_powers_alone,
        power::is_not_stronger,
        power::is_given_by_who_may,
        stays_after_first_sign_in,
        gives_up_its_own,
        leaves_its_groups,
    ],
    settle: &[gets_its_mails],
    after: &[
        leaves_a_full_administrator,
        ends_tokens_with_the_status,
        counts_attempts_anew,
        power::becomes_no_stronger,
    ],
    ..NONE
};

/// Token requests name a user as `user@company|entity`, so an id holds no bar.
fn can_be_named(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Create && change.text(ID).contains('|') {
        let place = change.place(ID);
        return Err(problem::USER_ID_UNFIT
            .with("FIELD", &place)
            .at(place)
            .into());
    }
    Ok(())
}

/// A new user is active or locked out; inactive is for people who were once active.
fn starts_usable(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Create && change.text(STATUS) == "inactive" {
        return Err(problem::NEW_USER_INACTIVE.at(change.place(STATUS)).into());
    }
    Ok(())
}

/// Whoever sends a status makes it her own: an automatic lock becomes an administrator's, or none.
fn is_locked_by_who_says_so(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Update
        && change.was_sent(STATUS)
        && change.leave != Leave::System
    {
        change.set(AUTOMATIC_LOCK, Value::Null);
    }
    Ok(())
}

/// A user's contact has a first and a last name and belongs to no other user; an empty username is
/// filled with them.
fn has_a_named_contact_of_its_own(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let Some(key) = change.value(CONTACT).as_key() else {
        return Ok(());
    };
    if change.operation == Operation::Delete {
        return Ok(());
    }
    if change.changes(CONTACT) || change.value(NAME).is_null() {
        let fields = ["id", "firstName", "lastName"];
        let Some(row) = work.first(
            "company-config/contact",
            &fields,
            &[("key", Value::Key(key))],
        )?
        else {
            return Ok(());
        };
        let text = |at: usize| row[at].as_text().unwrap_or_default();
        if text(1).is_empty() || text(2).is_empty() {
            return Err(problem::CONTACT_UNNAMED
                .with("CONTACT", text(0))
                .at(change.place(CONTACT))
                .into());
        }
        if change.value(NAME).is_null() {
            let name = format!("{} {}", text(1), text(2));
            // Both names together may be longer than a username.
            change.set(NAME, Value::Text(name.chars().take(MOST_NAME).collect()));
        }
        let other = work.first(
            "company-config/user",
            &["key"],
            &[("contact.key", Value::Key(key))],
        )?;
        if other.is_some_and(|other| other[0] != Value::Key(change.key())) {
            return Err(problem::CONTACT_TAKEN
                .with("CONTACT", text(0))
                .at(change.place(CONTACT))
                .into());
        }
    }
    Ok(())
}

/// Limited and full admin privileges go with the user type business.
fn administers_as_business(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Delete
        && change.text(ADMIN) != "off"
        && change.text(TYPE) != "business"
    {
        let sent = if change.was_sent(TYPE) { TYPE } else { ADMIN };
        return Err(problem::ADMIN_NEEDS_BUSINESS.at(change.place(sent)).into());
    }
    Ok(())
}

/// A Web Services user has no single sign-on and a password that does not expire. What was not sent
/// follows; what was sent otherwise is refused.
fn web_services_user_never_signs_in_interactively(
    _: &mut Work<'_>,
    change: &mut Change<'_>,
) -> Result<()> {
    if change.operation == Operation::Delete || !change.is(RESTRICTED) {
        return Ok(());
    }
    let mut problems = Vec::new();
    if change.sent(SSO) == Some(true) {
        problems.push(problem::WS_USER_SSO.at(change.place(SSO)));
    }
    if change.sent(NEVER_EXPIRES) == Some(false) {
        problems.push(problem::WS_USER_EXPIRES.at(change.place(NEVER_EXPIRES)));
    }
    change.set(SSO, Value::Boolean(false));
    change.set(NEVER_EXPIRES, Value::Boolean(true));
    crate::work::refuse_all(problems)
}

/// A filled `entities` without the flag restricts, an emptied one does not; both together are
/// refused, and a user who is neither unrestricted nor has entities needs the top level.
fn entity_access_agrees(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    let listed = !change.after.list(change.field(ENTITIES).index).is_empty();
    if change.was_sent(ENTITIES) && !change.was_sent(UNRESTRICTED) {
        change.set(UNRESTRICTED, Value::Boolean(!listed));
    }
    if listed && change.is(UNRESTRICTED) {
        return Err(problem::UNRESTRICTED_WITH_LIST
            .at(change.place(UNRESTRICTED))
            .into());
    }
    if !listed && !change.is(UNRESTRICTED) && !change.is(TOP_LEVEL) {
        return Err(problem::NOWHERE_TO_GO.at(change.place(TOP_LEVEL)).into());
    }
    Ok(())
}

/// What the XML gateway calls unrestricted: no list restricts, of whatever it is.
fn tells_whether_a_list_restricts(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    let lists = [ENTITIES, LOCATIONS, DEPARTMENTS, TERRITORIES];
    let is_empty = |name: &str| change.after.list(change.field(name).index).is_empty();
    let free = change.is(UNRESTRICTED) && lists.into_iter().all(is_empty);
    change.set(NO_LIST, Value::Boolean(free));
    Ok(())
}

/// Roles are for companies whose roles give permissions, own permissions for the others.
fn has_what_its_company_gives(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let sends = |name: &str| {
        let given = change.draft.get(change.field(name).index);
        match given.map(|entry| &entry.given) {
            Some(Given::References(list)) => !list.is_empty(),
            Some(Given::Owned(items)) => !items.is_empty(),
            Some(Given::Value(_) | Given::Reference(_)) | None => false,
        }
    };
    let (roles, permissions) = (sends(ROLES), sends(PERMISSIONS));
    if !roles && !permissions {
        return Ok(());
    }
    let mut problems = Vec::new();
    let user_based = is_user_based(work)?;
    if roles && user_based {
        let place = change.place(ROLES);
        problems.push(problem::USERS_HOLD.with("FIELD", &place).at(place));
    }
    if permissions && !user_based {
        let place = change.place(PERMISSIONS);
        problems.push(problem::ROLES_GIVE.with("FIELD", &place).at(place));
    }
    crate::work::refuse_all(problems)
}

/// A user who is deleted is a member of nothing.
fn leaves_its_groups(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Delete {
        return Ok(());
    }
    end_memberships(work, &[("user.key", Value::Key(change.key()))])
}

/// Asking for a reset is an act, not a state: the field reads false afterwards.
fn reads_reset_as_false(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.sent(REQUIRES_RESET) == Some(true) {
        change.set(REQUIRES_RESET, Value::Boolean(false));
    }
    Ok(())
}

/// A new user is told who she is and gets a secret, and so does one whose password is reset. When the
/// account e-mail address changes, the old one is told, and what was sent there shows nothing more.
/// Users that Sidegate makes itself, such as a company's first, get their secret another way.
fn gets_its_mails(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let new = change.operation == Operation::Create;
    if new && work.actor().is_system() {
        return Ok(());
    }
    let told = told(work, change)?;
    if new {
        let next = "A second mail brings your password, or a link to it.";
        let sort = if change.is(RESTRICTED) {
            "Web Services user: comes in through the API only"
        } else {
            "standard user"
        };
        let mut values = told.values();
        values.extend([("SORT", sort), ("NEXT", next)]);
        work.post(&Outgoing {
            user: change.key(),
            to: &told.email,
            letter: &USER_ID.letter(&values),
            secret: false,
            worth_until: None,
        })?;
    } else if change.changes(EMAIL) {
        end_links(
            work,
            change.key(),
            "the account email address of the user was changed",
        )?;
        if let Some(old) = change.old(EMAIL).as_text() {
            work.post(&Outgoing {
                user: change.key(),
                to: old,
                letter: &ADDRESS_CHANGED.letter(&told.values()),
                secret: false,
                worth_until: None,
            })?;
        }
    }
    if new || change.sent(REQUIRES_RESET) == Some(true) {
        reset(work, change.key())?;
    }
    Ok(())
}

fn told(work: &mut Work<'_>, change: &Change<'_>) -> Result<Told> {
    let (company, company_name) = work.company_called()?;
    Ok(Told {
        user: change.text(ID).to_owned(),
        name: change.text(NAME).to_owned(),
        email: change.text(EMAIL).to_owned(),
        company,
        company_name,
    })
}

/// Nobody changes her own privileges, roles, restrictions or type, nor deletes herself.
fn leaves_her_own_powers_alone(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let own = work
        .actor()
        .user
        .as_ref()
        .is_some_and(|user| user.key == change.key());
    if !own || change.before.is_none() || change.leave == Leave::System {
        return Ok(());
    }
    if change.operation == Operation::Delete {
        return Err(problem::OWN_ACCOUNT_DELETE.problem().into());
    }
    let powers = [
        ADMIN,
        TYPE,
        RESTRICTED,
        UNRESTRICTED,
        TOP_LEVEL,
        ENTITIES,
        LOCATIONS,
        DEPARTMENTS,
        TERRITORIES,
        HIDES,
        ROLES,
    ];
    let sends_own = change.was_sent(PERMISSIONS).then_some(PERMISSIONS);
    let problems = powers
        .iter()
        .copied()
        .filter(|power| change.changes(power))
        .chain(sends_own)
        .map(|power| {
            problem::OWN_ACCOUNT
                .with("FIELD", change.place(power))
                .at(change.place(power))
        })
        .collect();
    crate::work::refuse_all(problems)
}

/// After its first sign-in a user is kept for the audit trail.
fn stays_after_first_sign_in(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete && !change.value(ACTIVATED).is_null() {
        return Err(problem::USER_WAS_ACTIVE
            .with("USER", change.text(ID))
            .into());
    }
    Ok(())
}

/// The secrets of a user go with it, and what it chose for itself.
fn gives_up_its_own(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Delete {
        return Ok(());
    }
    for object in ["sidegate/credential", "sidegate/user-preference"] {
        let of_this = [("user.key", Value::Key(change.key()))];
        let definition = work.object(object);
        let rows = work.all(object, &["key"], &of_this, 1000)?;
        for key in rows.iter().filter_map(|row| row[0].as_key()) {
            work.delete_with(definition, key, None, Leave::System)?;
        }
    }
    forget_second_factor(work, change.key())?;
    work.forget_attempts(change.key())?;
    work.withdraw_secrets(change.key(), "the user was deleted")
}

/// A company keeps an active user with full admin privileges. Looked at after the write, under the
/// company's lock, so that two writes at once cannot both be the last but one.
fn leaves_a_full_administrator(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    let was = change.old(ADMIN).as_text() == Some("full")
        && change.old(STATUS).as_text() == Some("active");
    let is = change.operation != Operation::Delete
        && change.text(ADMIN) == "full"
        && change.text(STATUS) == "active";
    if !was || is {
        return Ok(());
    }
    let full = [
        (ADMIN, Value::from("full")),
        (STATUS, Value::from("active")),
    ];
    if work
        .first("company-config/user", &["key"], &full)?
        .is_some()
    {
        return Ok(());
    }
    let place = if change.changes(ADMIN) { ADMIN } else { STATUS };
    Err(problem::LAST_ADMINISTRATOR
        .with("USER", change.text(ID))
        .at(change.place(place))
        .into())
}

/// A user who is locked out or made inactive has no tokens any more, also not when she comes back.
/// An automatic lock stops new sign-ins only: strangers who guess do not end what is at work.
fn ends_tokens_with_the_status(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    let stands =
        |status: &Value, lock: &Value| status.as_text() == Some("active") || !lock.is_null();
    let is_out = stands(change.old(STATUS), change.old(AUTOMATIC_LOCK))
        && !stands(change.value(STATUS), change.value(AUTOMATIC_LOCK));
    // A standard user comes in by an application only where the company says so, which a new token asks.
    let is_standard_now = change.changes(RESTRICTED) && !change.is(RESTRICTED);
    if change.operation == Operation::Update && (is_out || is_standard_now) {
        end_tokens(work, &[("user.key", Value::Key(change.key()))])?;
        end_sessions(work, change.key())?;
    }
    // A Web Services user has no way in but the API.
    let leaves_the_console = change.changes(RESTRICTED) && change.is(RESTRICTED);
    if change.operation == Operation::Update && (is_out || leaves_the_console) {
        end_console_sessions(work, change.key())?;
    }
    if change.operation == Operation::Update && leaves_the_console {
        forget_second_factor(work, change.key())?;
    }
    Ok(())
}

/// Who is active again has no failed sign-ins.
fn counts_attempts_anew(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    if change.operation == Operation::Update
        && change.changes(STATUS)
        && change.text(STATUS) == "active"
    {
        work.forget_attempts(change.key())?;
    }
    Ok(())
}

impl Work<'_> {
    /// Changes the account e-mail address of the actor herself, whatever else she may of users. Other
    /// members of the draft are not looked at. Whoever calls has her prove herself before.
    ///
    /// # Errors
    /// When nobody is the actor, or what is wrong with the address.
    pub fn change_own_email(&mut self, draft: &Draft) -> Result<()> {
        let actor = self.actor().user.as_ref().map(|user| user.key);
        let own = actor.ok_or_else(|| problem::TOKEN_DEAD.problem())?;
        let definition = self.object(RULES.object);
        let field = definition.named(EMAIL).expect("users have an address");
        let mut only = draft.clone();
        only.entries.retain(|entry| entry.field == field.index);
        self.update_with(definition, own, &only, None, Leave::System)
            .map(drop)
    }
}
