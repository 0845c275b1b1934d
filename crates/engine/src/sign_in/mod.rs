//! Proving who one is: client credentials, tokens, and the actor that a token stands for.

mod grant;
mod introspect;
mod jwt;
mod person;
mod presented;
mod reveal;
mod user_secret;

use std::sync::Arc;

use sidegate_model::access::Limits;
use sidegate_model::{RecordKey, Result, Value, problem};
use sidegate_store::Connection;

use crate::actor::{Actor, By, Call, Named, dead_token};
use crate::engine::Inner;
use crate::work::{Halted, Mode, Signal, Work};

pub use grant::{ACCESS_SECONDS, Granted};
pub(crate) use grant::{draft_of, end_tokens};
pub use introspect::{Introspected, TokenKind};
pub(crate) use jwt::Signer;
pub use jwt::{Claims, Fit, fit};
pub(crate) use person::Person;
pub use reveal::Revealed;
pub use user_secret::ProvedUser;

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
    "authorization.key",
];
/// Where some of these stand; a reference's id follows its key.
const AT_USER: usize = 3;
const AT_ENTITY: usize = 6;
const AT_CLIENT: usize = 9;
const AT_AUTHORIZATION: usize = 12;
/// What has to be active: the token, its user, the company's row for the client, the client.
const AT_STATUSES: [usize; 4] = [1, 5, 8, 11];

/// Loads the caller of a call whose token was verified.
///
/// The versions are read between two looks at the token: what the second look says holds as long as
/// the versions stand, which every statement of the actor checks.
pub(crate) fn load_actor(inner: &Inner, connection: &mut Connection, call: &Call) -> Result<Actor> {
    let By::Token {
        company,
        hash,
        entity,
    } = &call.by
    else {
        return Err(dead_token().into());
    };
    let first = token_row(inner, connection, call, *company, hash)?;
    let user = first[AT_USER].as_key().ok_or_else(dead_token)?;
    let mut asking = Actor::system(Some(*company));
    asking.user = Some(Named {
        key: user,
        id: String::new(),
    });
    let seen = {
        let who = asking.who();
        let mut session = sidegate_store::Session::new(&inner.texts, connection, who);
        session.versions(None).map_err(|e| {
            Signal::of(e).map_or_else(|failure| failure, |signal| Halted(signal).into())
        })?
    };
    let row = token_row(inner, connection, call, *company, hash)?;
    let text = |at: usize| row[at].as_text().unwrap_or_default().to_owned();
    let ends = row[2].as_number().unwrap_or_default();
    let live = is_live(&row, "access", inner.source.now());
    if !live || !company_is_active(inner, connection, call, *company)? {
        return Err(dead_token().into());
    }
    let named = |at: usize| {
        row[at].as_key().map(|key| Named {
            key,
            id: text(at + 1),
        })
    };
    let mut actor = Actor {
        company: Some(*company),
        user: named(AT_USER),
        client: named(AT_CLIENT),
        entity: named(AT_ENTITY),
        reach: None,
        limits: None,
        has_private: has_private(inner, connection, call, *company)?,
        ends,
        seen,
    };
    let mut work = system_work(inner, connection, call, Some(*company));
    let person = work.person(user)?.ok_or_else(dead_token)?;
    let open = match (entity, &actor.entity) {
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

/// Whether a token of this kind still counts: it, its user, the company's row for its client, and the
/// client. The company is looked at apart.
fn is_live(row: &[Value], kind: &str, now: i64) -> bool {
    let word = |at: usize| row[at].as_text();
    word(0) == Some(kind)
        && AT_STATUSES.iter().all(|at| word(*at) == Some("active"))
        && row[2].as_number().is_some_and(|ends| ends > now)
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
fn enter(work: &mut Work<'_>, limits: &Limits, id: &str) -> Result<Option<Named>> {
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
