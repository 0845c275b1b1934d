//! Proving who one is: client credentials, tokens, and the actor that a token stands for.

mod grant;
mod introspect;
mod jwt;
mod reveal;
mod user_secret;

use sidegate_model::access::{AdminLevel, Standing};
use sidegate_model::{Definition, RecordKey, Result, Value, problem};
use sidegate_store::Connection;

use crate::actor::{Actor, By, Call, Named, dead_token};
use crate::engine::Inner;
use crate::work::{Halted, Mode, Signal, Work};

pub use grant::{ACCESS_SECONDS, Granted};
pub(crate) use grant::{draft_of, end_tokens};
pub use introspect::{Introspected, TokenKind};
pub(crate) use jwt::Signer;
pub use jwt::{Claims, Fit, fit};
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
    "user.adminPrivileges",
    "user.entityAccess.allowUnrestrictedAccess",
    "user.entityAccess.allowTopLevelAccess",
    "entity.key",
    "entity.id",
    "authorization.status",
    "authorization.clientApplication.key",
    "authorization.clientApplication.id",
    "authorization.clientApplication.status",
    "authorization.key",
];

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
    let user = first[3].as_key().ok_or_else(dead_token)?;
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
        user: named(3),
        client: named(12),
        entity: named(9),
        standing: Standing {
            admin: admin_level(row[6].as_text().unwrap_or_default()),
        },
        has_private: false,
        ends,
        seen,
    };
    actor.has_private = has_private(inner, connection, call, *company)?;
    if let Some(id) = entity {
        let mut work = system_work(inner, connection, call, Some(*company));
        let found = enter(&mut work, user, row[7] == Value::Boolean(true), id)?;
        actor.entity = Some(found.ok_or_else(|| problem::ENTITY_CLOSED.with("ENTITY", id))?);
    }
    Ok(actor)
}

/// Whether a token of this kind still counts: it, its user, the company's row for its client, and the
/// client. The company is looked at apart.
fn is_live(row: &[Value], kind: &str, now: i64) -> bool {
    let word = |at: usize| row[at].as_text();
    word(0) == Some(kind)
        && [1, 5, 11, 14].iter().all(|at| word(*at) == Some("active"))
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

fn admin_level(word: &str) -> AdminLevel {
    match word {
        "full" => AdminLevel::Full,
        "limited" => AdminLevel::Limited,
        _ => AdminLevel::Off,
    }
}

/// The entity of an id, if there is one and the user may enter it.
fn enter(
    work: &mut Work<'_>,
    user: RecordKey,
    unrestricted: bool,
    id: &str,
) -> Result<Option<Named>> {
    let Some(row) = work.first(ENTITY, &["key", "id"], &[("id", Value::from(id))])? else {
        return Ok(None);
    };
    let Some(key) = row[0].as_key() else {
        return Ok(None);
    };
    let named = Named {
        key,
        id: id.to_owned(),
    };
    if unrestricted {
        return Ok(Some(named));
    }
    let definition: &Definition = work.object(USER);
    let list = definition
        .lists()
        .position(|(field, _)| field.name == "entities");
    let mut listed = false;
    let done = work
        .session()
        .lists(definition, user, None, &mut |number, target, _| {
            listed |= Some(number) == list && target == key;
        });
    work.stored(done)?;
    Ok(listed.then_some(named))
}
