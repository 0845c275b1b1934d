//! Sessions of the XML gateway: opened by a user who proved herself, from another session or with a
//! token of the REST API; moved on with use, and ended with whatever ends the user's access.

use sidegate_model::{RecordKey, Result, Value, problem};

use super::enter::{SignIn, SignInOutcome, has_web_services};
use super::sender::authorization;
use super::{TOKEN, Vouched, dead_token, draft_of, enter, in_company, named, proves, stands};
use crate::actor::{By, Call, Named};
use crate::credential::{self, SecretKind};
use crate::engine::Engine;
use crate::pipeline::Leave;
use crate::query_result::forget_of_session;
use crate::work::Work;

const SESSION: &str = "sidegate/api-session";
const AUTHORIZATION: &str = "sidegate/sender-authorization";
const USER: &str = "company-config/user";
const ENTITY: &str = "company-config/entity";
const PREFERENCE: &str = "company-config/company-preference";

/// Seconds of inactivity that end a session, where the company says nothing.
const USUAL_SECONDS: i64 = 2 * 3600;
/// A session is moved on so far ahead of what is announced, so that this is written once in as long.
const AHEAD: i64 = 60;
const SECOND: i64 = 1_000_000;
/// Opening a session clears away at most so many ended ones of its user.
const MOST_CLEARED: u32 = 20;

/// A caller of the gateway, let in.
#[derive(Clone, Debug)]
pub struct Entered {
    /// On whose account the functions of the request are run.
    pub by: By,
    /// The company's id.
    pub company: String,
    /// The user's id.
    pub user: String,
    /// The entity's id; none at the top level.
    pub entity: Option<String>,
    /// When the request was let in, in microseconds since the epoch.
    pub at: i64,
    /// Until when the session is good if nothing else is asked.
    pub until: i64,
}

/// Why a caller with a session is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barred {
    /// The user did not prove herself, or may not come in, whatever the cause.
    Login,
    /// There is no such session, or not any more.
    Session,
    /// The session's company does not accept the sender.
    Sender,
}

/// Where a session works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Where the caller is.
    Here,
    /// The top level.
    Top,
    /// In the entity of an id.
    Entity(String),
}

/// A session that was opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// Its id, which is never readable again.
    pub id: String,
    /// The entity it works in; none at the top level.
    pub entity: Option<String>,
    /// Seconds of inactivity that end it.
    pub seconds: i64,
}

impl Engine {
    /// Lets a caller in whose session is live, and moves the session on.
    ///
    /// # Errors
    /// What the database says.
    pub async fn enter_session(
        &self,
        session: &str,
        sender: &Named,
        call: &Call,
    ) -> Result<std::result::Result<Entered, Barred>> {
        let Some(company) = credential::company_in(session, SecretKind::Session) else {
            return Ok(Err(Barred::Session));
        };
        let found = self
            .active_company("key", Value::Key(company), call)
            .await?;
        let Some(found) = found else {
            return Ok(Err(Barred::Session));
        };
        let hashes: Vec<Vec<u8>> = self
            .keyed_hashes(SecretKind::Session, session)
            .into_iter()
            .map(|(_, hash)| hash)
            .collect();
        let sender = sender.key;
        let seen = self
            .read(in_company(call, company), move |work| {
                let Some(row) = live_row(work, &hashes)? else {
                    return Ok(Err(Barred::Session));
                };
                if !has_web_services(work)? {
                    return Ok(Err(Barred::Session));
                }
                let Some(authorization) = authorization(work, sender)? else {
                    return Ok(Err(Barred::Sender));
                };
                Ok(Ok((row, authorization)))
            })
            .await?;
        let (row, authorization) = match seen {
            Ok(seen) => seen,
            Err(barred) => return Ok(Err(barred)),
        };
        let now = self.source().now();
        let until = now + row.seconds * SECOND;
        let until = row.credential_ends.map_or(until, |ends| ends.min(until));
        if row.ends < until {
            let key = row.key;
            self.write(in_company(call, company), move |work| {
                let ends = [("expiresAt", Value::Moment(until + AHEAD * SECOND))];
                let draft = draft_of(work, SESSION, &ends);
                let still = [("key", Value::Key(key)), ("status", Value::from("active"))];
                if work.first(SESSION, &["key"], &still)?.is_some() {
                    work.update(work.object(SESSION), key, &draft, None)?;
                }
                Ok(())
            })
            .await?;
        }
        Ok(Ok(Entered {
            by: By::Session {
                company,
                hash: row.hash,
                authorization,
            },
            company: found.id,
            user: row.user.id,
            entity: row.entity.map(|entity| entity.id),
            at: now,
            until,
        }))
    }
}

impl Engine {
    /// Lets a caller in who proves herself, behind a sender that did.
    ///
    /// # Errors
    /// What the database or an overloaded hasher says.
    pub async fn enter_login(
        &self,
        login: SignIn,
        call: &Call,
    ) -> Result<std::result::Result<Entered, Barred>> {
        let Some(sender) = login.sender.clone() else {
            return Ok(Err(Barred::Login));
        };
        let signed_in = match self.sign_in(login, call.clone()).await? {
            SignInOutcome::In(signed_in) => signed_in,
            SignInOutcome::Refused(_) => return Ok(Err(Barred::Login)),
        };
        let company = signed_in.company.key;
        let found = self
            .read(in_company(call, company), move |work| {
                let authorization = authorization(work, sender.key)?;
                Ok(authorization.zip(Some(seconds(work)?)))
            })
            .await?;
        let Some((authorization, seconds)) = found else {
            return Ok(Err(Barred::Sender));
        };
        let now = self.source().now();
        Ok(Ok(Entered {
            by: By::Login {
                company,
                user: signed_in.user.key,
                credential: signed_in.credential,
                authorization,
                entity: signed_in.entity.as_ref().map(|entity| entity.key),
            },
            company: signed_in.company.id,
            user: signed_in.user.id,
            entity: signed_in.entity.map(|entity| entity.id),
            at: now,
            until: now + seconds * SECOND,
        }))
    }
}

/// A live session, as the database has it.
struct Row {
    key: RecordKey,
    hash: Vec<u8>,
    user: Named,
    entity: Option<Named>,
    seconds: i64,
    ends: i64,
    /// What its user proved herself with, if she did, and when that ends, if it does.
    credential: Option<RecordKey>,
    credential_ends: Option<i64>,
}

const FIELDS: &[&str] = &[
    "status",
    "expiresAt",
    "user.status",
    "user.key",
    "user.id",
    "entity.key",
    "entity.id",
    "key",
    "seconds",
    "user.automaticLockAt",
    "credential.status",
    "credential.key",
    "credential.expiresAt",
];

fn live_row(work: &mut Work<'_>, hashes: &[Vec<u8>]) -> Result<Option<Row>> {
    for hash in hashes {
        let equal = [("hash", Value::Bytes(hash.clone()))];
        let Some(row) = work.first(SESSION, FIELDS, &equal)? else {
            continue;
        };
        let word = |at: usize| row[at].as_text();
        let ends = row[1].as_number().unwrap_or_default();
        let live = word(0) == Some("active") && stands(&row[2], &row[9]) && ends > work.now();
        let credential = row[11].as_key();
        let credential_now = [row[11].clone(), row[10].clone(), row[12].clone()];
        let proved = proves(&credential_now, work.now());
        let (true, Some(key), Some(user)) = (live && proved, row[7].as_key(), named(&row, 3))
        else {
            return Ok(None);
        };
        return Ok(Some(Row {
            key,
            hash: hash.clone(),
            user,
            entity: named(&row, 5),
            seconds: row[8].as_number().unwrap_or(USUAL_SECONDS),
            ends,
            credential,
            credential_ends: row[12].as_number(),
        }));
    }
    Ok(None)
}

/// Who a session or a login stands for, as the database has it now.
pub(super) fn vouched(work: &mut Work<'_>, by: &By) -> Result<Vouched> {
    match by {
        By::Session {
            hash,
            authorization,
            ..
        } => {
            let row = live_row(work, std::slice::from_ref(hash))?.ok_or_else(dead_token)?;
            let sender = sender_of(work, *authorization)?;
            Ok(Vouched {
                user: row.user,
                client: None,
                live: sender.is_some(),
                sender,
                entity: row.entity,
                trial: None,
                asked: None,
                ends: row
                    .credential_ends
                    .map_or(row.ends, |ends| ends.min(row.ends)),
            })
        }
        By::Login {
            user,
            authorization,
            entity,
            ..
        } => {
            let equal = [
                ("key", Value::Key(*user)),
                ("status", Value::from("active")),
            ];
            let row = work.first(USER, &["key", "id"], &equal)?;
            let user = row.and_then(|row| named(&row, 0)).ok_or_else(dead_token)?;
            let entity = match entity {
                None => None,
                Some(key) => {
                    let row = work.first(ENTITY, &["key", "id"], &[("key", Value::Key(*key))])?;
                    Some(row.and_then(|row| named(&row, 0)).ok_or_else(dead_token)?)
                }
            };
            let sender = sender_of(work, *authorization)?;
            Ok(Vouched {
                user,
                client: None,
                live: sender.is_some(),
                sender,
                entity,
                trial: None,
                asked: None,
                ends: i64::MAX,
            })
        }
        By::Token { .. } | By::Console { .. } | By::System(_) => Err(dead_token().into()),
    }
}

/// The sender of an authorization, if both are active.
fn sender_of(work: &mut Work<'_>, authorization: RecordKey) -> Result<Option<Named>> {
    let equal = [
        ("key", Value::Key(authorization)),
        ("status", Value::from("active")),
        ("sender.status", Value::from("active")),
    ];
    let row = work.first(AUTHORIZATION, &["sender.key", "sender.id"], &equal)?;
    Ok(row.and_then(|row| named(&row, 0)))
}

impl Work<'_> {
    /// Opens a session for the caller, who came with a session or a token, or just proved herself.
    ///
    /// It is bound to her, her company and the entity, and to nothing that it was opened with: each
    /// request of it is vouched for by a sender of its own.
    ///
    /// # Errors
    /// When there is no such entity, or none that she may enter, or she may not work at the top level.
    pub fn open_session(&mut self, place: &Place) -> Result<Opened> {
        let actor = self.actor().clone();
        let by = self.call().by.clone();
        let (Some(company), Some(user)) = (actor.company, actor.user) else {
            return Err(dead_token().into());
        };
        self.as_system(|work| {
            let (authorization, credential) = match by {
                By::Session {
                    hash,
                    authorization,
                    ..
                } => {
                    let row = live_row(work, &[hash])?.ok_or_else(dead_token)?;
                    (Some(authorization), row.credential)
                }
                By::Login {
                    authorization,
                    credential,
                    ..
                } => (Some(authorization), Some(credential)),
                // The client application vouched; a secret of the user's only where the token was given for
                // a session that she opened with it.
                By::Token { hash, .. } => {
                    let of_token = [("hash", Value::Bytes(hash))];
                    let row = work.first(TOKEN, &["credential.key"], &of_token)?;
                    (None, row.and_then(|row| row[0].as_key()))
                }
                // A session of the console opens none for programs.
                By::Console { .. } | By::System(_) => return Err(dead_token().into()),
            };
            let person = work.person(user.key)?.ok_or_else(dead_token)?;
            let closed = |id: &str| problem::ENTITY_CLOSED.with("ENTITY", id);
            let entity = match place {
                Place::Here => actor.entity.clone(),
                Place::Top if person.at_top => None,
                Place::Top => return Err(closed("").into()),
                Place::Entity(id) => {
                    Some(enter(work, &person.limits, id)?.ok_or_else(|| closed(id))?)
                }
            };
            clear_ended(work, user.key)?;
            let seconds = seconds(work)?;
            let id = credential::generate_session(work.source(), company);
            let hash = work.inner().keys.hash(SecretKind::Session.purpose(), &id);
            let now = work.now();
            let values = [
                ("keyNumber", Value::Integer(hash.number)),
                ("hash", Value::Bytes(hash.hash)),
                ("user", Value::Key(user.key)),
                ("authorization", Value::from(authorization)),
                ("credential", Value::from(credential)),
                (
                    "entity",
                    Value::from(entity.as_ref().map(|entity| entity.key)),
                ),
                ("seconds", Value::Integer(seconds)),
                ("expiresAt", Value::Moment(now + (seconds + AHEAD) * SECOND)),
            ];
            let draft = draft_of(work, SESSION, &values);
            work.create(work.object(SESSION), &draft)?;
            Ok(Opened {
                id,
                entity: entity.map(|entity| entity.id),
                seconds,
            })
        })
    }
}

/// Whose a live session is.
pub(super) struct SessionHolder {
    pub(super) user: Named,
    /// Where it works; none at the top level.
    pub(super) entity: Option<Named>,
    /// What the user proved herself with, if she did.
    pub(super) credential: Option<RecordKey>,
}

pub(super) fn holder_of(work: &mut Work<'_>, hashes: &[Vec<u8>]) -> Result<Option<SessionHolder>> {
    let row = live_row(work, hashes)?;
    Ok(row.map(|row| SessionHolder {
        user: row.user,
        entity: row.entity,
        credential: row.credential,
    }))
}

/// Seconds of inactivity that end a session, as the company says.
pub(super) fn seconds(work: &mut Work<'_>) -> Result<i64> {
    let field = "userSessionSettings.inactivityTimeOutMinutes";
    let row = work.first(PREFERENCE, &[field], &[])?;
    let minutes = row.and_then(|row| row[0].as_number());
    Ok(minutes.map_or(USUAL_SECONDS, |minutes| minutes * 60))
}

/// Ends the live sessions with these values, and counts them.
pub(crate) fn end_sessions(work: &mut Work<'_>, user: RecordKey) -> Result<usize> {
    let live = [
        ("user.key", Value::Key(user)),
        ("status", Value::from("active")),
    ];
    let draft = draft_of(work, SESSION, &[("status", Value::from("ended"))]);
    let rows = work.all(SESSION, &["key"], &live, u32::MAX)?;
    let sessions = work.object(SESSION);
    for key in rows.iter().filter_map(|row| row[0].as_key()) {
        // Whoever ends a user's access has no rights to sessions, which nobody has.
        work.update_with(sessions, key, &draft, None, Leave::System)?;
    }
    Ok(rows.len())
}

/// Deletes the sessions with these values, with what their queries have left to read.
pub(crate) fn delete_sessions(work: &mut Work<'_>, equal: &[(&str, Value)]) -> Result<()> {
    work.as_system(|work| {
        for row in work.all(SESSION, &["key"], equal, u32::MAX)? {
            if let Some(key) = row[0].as_key() {
                delete_session(work, key)?;
            }
        }
        Ok(())
    })
}

fn delete_session(work: &mut Work<'_>, key: RecordKey) -> Result<()> {
    forget_of_session(work, key)?;
    work.delete(work.object(SESSION), key, None)
}

/// Deletes sessions of a user that are over, so that they do not pile up.
fn clear_ended(work: &mut Work<'_>, user: RecordKey) -> Result<()> {
    let of_user = [("user.key", Value::Key(user))];
    let fields = ["key", "expiresAt", "status"];
    let rows = work.all(SESSION, &fields, &of_user, MOST_CLEARED)?;
    let now = work.now();
    for row in rows {
        let over = row[1].as_number().is_some_and(|ends| ends <= now)
            || row[2].as_text() != Some("active");
        if let (true, Some(key)) = (over, row[0].as_key()) {
            delete_session(work, key)?;
        }
    }
    Ok(())
}
