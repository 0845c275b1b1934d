//! Proving who one is: client credentials, tokens, and the actor that a token stands for.

mod attempts;
mod console;
mod enter;
mod grant;
mod introspect;
mod jwt;
mod new_password;
mod person;
mod policy;
mod presented;
mod proofs;
mod reveal;
mod second_factor;
mod sender;
mod session;
mod turns;

use std::sync::Arc;

use sidegate_model::access::Limits;
use sidegate_model::{RecordKey, Result, Value, problem};
use sidegate_store::Connection;

use crate::actor::{Actor, By, Call, Named, dead_token};
use crate::engine::Inner;
use crate::work::{Halted, Mode, Signal, Work};

pub(crate) use console::{
    CONSOLE_SESSION, delete_console_sessions, end_console_sessions, end_trials,
};
pub use console::{ConsoleEntry, ConsoleGuest, ConsoleOpened, Knock, OwnSession, Verified};
pub(crate) use enter::has_web_services;
pub use enter::{Cause, Entrance, SignIn, SignInOutcome, SignedIn, refusal};
use grant::in_company;
pub use grant::{ACCESS_SECONDS, Granted, Whom};
pub(crate) use grant::{draft_of, end_tokens};
pub use introspect::{Introspected, TokenKind};
pub(crate) use jwt::Signer;
pub use jwt::{Claims, Fit, fit};
pub(crate) use new_password::Askings;
pub use new_password::{PasswordChange, Renewed};
pub(crate) use person::Person;
pub(crate) use proofs::Proofs;
pub use reveal::Revealed;
pub(crate) use second_factor::has as has_second_factor;
pub use second_factor::{
    Answered, Confirmed, Enrolment, OwnSecurity, Sitting, TrustedCookie, TrustedDevice,
};
pub(crate) use second_factor::{
    SECOND_FACTOR, TRUSTED_DEVICE, forget as forget_second_factor, forget_beside_factor,
};
pub use session::{Barred, Entered, Opened, Place};
pub(crate) use session::{delete_sessions, end_sessions};
pub(crate) use turns::Turns;

pub(crate) const TOKEN: &str = "sidegate/token";
const COMPANY: &str = "sidegate/company";
const USER: &str = "company-config/user";
const ENTITY: &str = "company-config/entity";

/// What the purpose of an access token's hash is called, apart from those of secrets.
const ACCESS: &str = "access";

/// What is read of a token, in this order.
const FIELDS: &[&str] = &[
    "kind",
    "status",
    "expiresAt",
    "user.key",
    "user.id",
    "user.status",
    "entity.key",
    "entity.id",
    "authorization.status",
    "authorization.clientApplication.key",
    "authorization.clientApplication.id",
    "authorization.clientApplication.status",
    "key",
    "user.automaticLockAt",
    "credential.key",
    "credential.status",
    "credential.expiresAt",
];
/// Where some of these stand; a reference's id follows its key.
const AT_USER: usize = 3;
const AT_ENTITY: usize = 6;
const AT_CLIENT: usize = 9;
const AT_KEY: usize = 12;
const AT_USER_STATUS: usize = 5;
const AT_AUTOMATIC_LOCK: usize = 13;
const AT_CREDENTIAL: usize = 14;
/// What has to be active besides the user: the token, the company's row for the client, the client.
const AT_STATUSES: [usize; 3] = [1, 8, 11];

/// What a call came with, as the database has it now.
struct Vouched {
    user: Named,
    client: Option<Named>,
    sender: Option<Named>,
    entity: Option<Named>,
    /// A role that she tries.
    trial: Option<Named>,
    /// An entity that the call names beside it.
    asked: Option<String>,
    ends: i64,
    live: bool,
}

/// Loads the caller of a call whose token or session was verified.
///
/// The versions are read between two looks at it: what the second look says holds as long as the
/// versions stand, which every statement of the actor checks.
pub(crate) fn load_actor(inner: &Inner, connection: &mut Connection, call: &Call) -> Result<Actor> {
    let company = match &call.by {
        By::Token { company, .. }
        | By::Session { company, .. }
        | By::Console { company, .. }
        | By::Login { company, .. } => *company,
        By::System(_) => return Err(dead_token().into()),
    };
    let first = vouched(inner, connection, call, company)?;
    let mut asking = Actor::system(Some(company));
    asking.user = Some(first.user);
    let seen = {
        let who = asking.who();
        let mut session = sidegate_store::Session::new(&inner.texts, connection, who);
        session.versions(None).map_err(|e| {
            Signal::of(e).map_or_else(|failure| failure, |signal| Halted(signal).into())
        })?
    };
    let found = vouched(inner, connection, call, company)?;
    if !found.live || !company_is_active(inner, connection, call, company)? {
        return Err(dead_token().into());
    }
    let user = found.user.key;
    let mut actor = Actor {
        company: Some(company),
        user: Some(found.user),
        client: found.client,
        sender: found.sender,
        entity: found.entity,
        trial: found.trial,
        reach: None,
        limits: None,
        has_private: has_private(inner, connection, call, company)?,
        ends: found.ends,
        seen,
    };
    let mut work = system_work(inner, connection, call, Some(company));
    let person = work.person_now(user, actor.trial.as_ref())?;
    let person = person.ok_or_else(dead_token)?;
    let open = match (&found.asked, &actor.entity) {
        (Some(id), _) => {
            let found = enter(&mut work, &person.limits, id)?;
            if found.is_none() {
                let code = problem::ENTITY_CLOSED.rest;
                let now = inner.source.now();
                inner.evidence.closed_entity(call, &actor, code, now);
            }
            actor.entity = Some(found.ok_or_else(|| problem::ENTITY_CLOSED.with("ENTITY", id))?);
            true
        }
        // What the user may enter may have changed since the token was given.
        (None, Some(entity)) => may_enter(&person.limits, entity.key),
        (None, None) => person.at_top,
    };
    if !open {
        return Err(dead_token().into());
    }
    actor.reach = Some(Arc::new(inner.policy.compile(&person.standing)));
    actor.limits = (!person.limits.is_open()).then(|| Arc::new(person.limits));
    Ok(actor)
}

fn vouched(
    inner: &Inner,
    connection: &mut Connection,
    call: &Call,
    company: RecordKey,
) -> Result<Vouched> {
    match &call.by {
        By::Token { hash, entity, .. } => {
            let row = token_row(inner, connection, call, company, hash)?;
            Ok(Vouched {
                user: named(&row, AT_USER).ok_or_else(dead_token)?,
                client: named(&row, AT_CLIENT),
                sender: None,
                entity: named(&row, AT_ENTITY),
                trial: None,
                asked: entity.clone(),
                ends: row[2].as_number().unwrap_or_default(),
                live: is_live(&row, "access", inner.source.now()),
            })
        }
        By::Session { .. } | By::Login { .. } => {
            let mut work = system_work(inner, connection, call, Some(company));
            session::vouched(&mut work, &call.by)
        }
        By::Console { hash, .. } => {
            let mut work = system_work(inner, connection, call, Some(company));
            console::vouched(&mut work, hash)
        }
        By::System(_) => Err(dead_token().into()),
    }
}

/// The record whose key stands at a place, its id behind it.
fn named(row: &[Value], at: usize) -> Option<Named> {
    let id = row[at + 1].as_text().unwrap_or_default().to_owned();
    row[at].as_key().map(|key| Named { key, id })
}

/// Whether a token of this kind still counts: it, its user, the company's row for its client, and the
/// client. The company is looked at apart.
fn is_live(row: &[Value], kind: &str, now: i64) -> bool {
    let word = |at: usize| row[at].as_text();
    word(0) == Some(kind)
        && AT_STATUSES.iter().all(|at| word(*at) == Some("active"))
        && stands(&row[AT_USER_STATUS], &row[AT_AUTOMATIC_LOCK])
        && proves(&row[AT_CREDENTIAL..], now)
        && row[2].as_number().is_some_and(|ends| ends > now)
}

/// Whether what somebody proved herself with still counts: its key, status and end, or nothing at all
/// where nobody had to.
fn proves(credential: &[Value], now: i64) -> bool {
    credential[0].is_null()
        || (credential[1].as_text() == Some("active") && enter::lives(&credential[2], now))
}

/// Whether what a user with this status has open goes on: an automatic lock only stops new sign-ins.
fn stands(status: &Value, automatic_lock: &Value) -> bool {
    match status.as_text() {
        Some("active") => true,
        Some("lockedOut") => !automatic_lock.is_null(),
        _ => false,
    }
}

/// Whether a company has entities whose rows are private.
fn has_private(
    inner: &Inner,
    connection: &mut Connection,
    call: &Call,
    company: RecordKey,
) -> Result<bool> {
    let mut work = system_work(inner, connection, call, Some(company));
    for definition in inner.registry.all() {
        let Some(private) = definition.private.map(|at| definition.field(at)) else {
            continue;
        };
        let flag = [(private.name.as_str(), Value::Boolean(true))];
        if work.first(&definition.name, &["key"], &flag)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

fn system_work<'a>(
    inner: &'a Inner,
    connection: &'a mut Connection,
    call: &Call,
    company: Option<RecordKey>,
) -> Work<'a> {
    let actor = std::sync::Arc::new(Actor::system(company));
    Work::new(inner, connection, actor, call.clone(), Mode::Snapshot)
}

fn token_row(
    inner: &Inner,
    connection: &mut Connection,
    call: &Call,
    company: RecordKey,
    hash: &[u8],
) -> Result<Vec<Value>> {
    let mut work = system_work(inner, connection, call, Some(company));
    let row = work.first(TOKEN, FIELDS, &[("hash", Value::Bytes(hash.to_vec()))])?;
    row.ok_or_else(|| dead_token().into())
}

fn company_is_active(
    inner: &Inner,
    connection: &mut Connection,
    call: &Call,
    company: RecordKey,
) -> Result<bool> {
    let mut work = system_work(inner, connection, call, None);
    let row = work.first(COMPANY, &["status"], &[("key", Value::Key(company))])?;
    Ok(row.is_some_and(|row| row[0].as_text() == Some("active")))
}

/// The entity of an id, if there is one and a user with these limits may enter it.
pub(crate) fn enter(work: &mut Work<'_>, limits: &Limits, id: &str) -> Result<Option<Named>> {
    let row = work.first(ENTITY, &["key"], &[("id", Value::from(id))])?;
    let Some(key) = row.and_then(|row| row[0].as_key()) else {
        return Ok(None);
    };
    Ok(may_enter(limits, key).then(|| Named {
        key,
        id: id.to_owned(),
    }))
}

fn may_enter(limits: &Limits, entity: RecordKey) -> bool {
    let listed = limits.entities.as_ref();
    listed.is_none_or(|listed| listed.contains(&entity))
}
