//! Sessions of the console: opened by a person who proved herself, moved on with use, bounded in any
//! case, and ended at once with whatever ends her access.

use std::fmt;

use sidegate_model::access::AdminLevel;
use sidegate_model::{RecordKey, Result, Value, problem};

use super::enter::{
    Cause, Entrance, Purpose, SignIn, SignInOutcome, found, home, may_open_console, welcome,
};
use super::grant::in_company;
use super::person::{ELSEWHERE, ROLE};
use super::{
    ENTITY, Vouched, dead_token, draft_of, enter, may_enter, named, proves, second_factor, stands,
};
use crate::actor::{By, Call, Named};
use crate::audit::{self, Happening, Line};
use crate::credential::{self, SecretKind};
use crate::engine::Engine;
use crate::pipeline::Leave;
use crate::rules::credential::CREDENTIAL;
use crate::rules::is_user_based;
use crate::work::Work;

pub(crate) const CONSOLE_SESSION: &str = "sidegate/console-session";
const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
/// A session is moved on so far ahead, so that this is written once in as long.
const AHEAD: i64 = MINUTE;
/// Signing in clears away at most so many sessions of hers that are over.
const MOST_CLEARED: u32 = 20;
/// A choice offers at most so many entities.
const MOST_PLACES: u32 = 500;
/// So many wrong answers in a row end a session.
const MOST_STRIKES: i64 = 3;
/// What keeps the token of a session's forms apart from other hashes.
const FORMS: &str = "console forms";

/// What a person presents at the console. Has no `Debug`, because of the secrets.
#[derive(Clone)]
pub struct Knock {
    /// The id of the company.
    pub company: String,
    /// The id of the user.
    pub user: String,
    /// Her password.
    pub password: String,
    /// The cookie of a device that she trusts.
    pub device: Option<String>,
}

/// How a sign-in at the console went on. Has no `Debug`, because of the secrets.
#[derive(Clone)]
pub enum ConsoleEntry {
    /// She is in.
    In(ConsoleOpened),
    /// Her password is right, and a code of her second factor is asked for.
    SecondFactor {
        /// What the answer has to bring along.
        pending: String,
    },
    /// Her password is right, and she has to set up a second factor before she comes in.
    EnrolSecondFactor {
        /// What the answer has to bring along.
        pending: String,
    },
    /// Her password is right but too old.
    PasswordExpired,
    /// She is not in, whatever the cause.
    Refused,
}

/// A session that was opened.
#[derive(Clone)]
pub struct ConsoleOpened {
    /// What its cookie holds, which is never readable again.
    pub cookie: String,
    /// The user's id.
    pub user: String,
    /// The company's id.
    pub company: String,
    /// When it ends in any case, in microseconds since the epoch.
    pub ends: i64,
}

impl fmt::Debug for ConsoleOpened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConsoleOpened({}@{})", self.user, self.company)
    }
}

/// Who sits at the console, as the database has her now.
#[derive(Clone)]
pub struct ConsoleGuest {
    /// On whose account she works.
    pub by: By,
    /// The company.
    pub company: Named,
    /// The user.
    pub user: Named,
    /// Where she works; none at the top level.
    pub entity: Option<Named>,
    /// The role that she tries.
    pub trial: Option<Named>,
    /// What forms of this session carry, so that no other site can send them.
    pub csrf: String,
    /// When the session ends unless it is used, in microseconds since the epoch.
    pub idle_ends: i64,
    /// When it ends in any case.
    pub ends: i64,
}

/// A live console session of a person, as she sees it herself.
#[derive(Clone, Debug)]
pub struct OwnSession {
    /// Its key.
    pub key: RecordKey,
    /// Whether it is the one that asks.
    pub this: bool,
    /// When it was opened, in microseconds since the epoch.
    pub opened: i64,
    /// When it was last used, a minute behind at most.
    pub used: i64,
    /// Where it was opened from.
    pub address: String,
    /// Where it works; none at the top level.
    pub entity: Option<String>,
}

/// Whether somebody who sits at the console is who she was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verified {
    /// She is.
    Yes,
    /// The password or code is wrong.
    Wrong {
        /// So many wrong answers more end the session.
        left: u8,
    },
    /// It was wrong too often, and the session is over.
    Ended,
}

/// A person whose password was right.
pub(super) struct Proved {
    pub(super) company: Named,
    pub(super) user: Named,
    pub(super) credential: RecordKey,
}

/// What is known of her second factor.
pub(super) enum Factor {
    /// She has given a code, or just set it up.
    Answered,
    /// Nothing yet, but that she may trust the device with one of these hashes.
    Device(Vec<Vec<u8>>),
}

/// How opening a session for her ended.
pub(super) enum Opening {
    In(ConsoleOpened),
    /// She has a second factor and has to give a code.
    Ask,
    /// She has to set one up.
    Enrol,
    /// She may not come in after all.
    Out,
}

/// A live session, as the database has it.
pub(super) struct Row {
    key: RecordKey,
    hash: Vec<u8>,
    number: i64,
    pub(super) user: Named,
    entity: Option<Named>,
    trial: Option<Named>,
    credential_ends: Option<i64>,
    idle_ends: Option<i64>,
    ends: Option<i64>,
    used: i64,
    strikes: i64,
}

impl Row {
    /// When it ends if nothing else happens.
    fn over(&self) -> i64 {
        let ends = [self.credential_ends, self.idle_ends, self.ends];
        ends.into_iter().flatten().min().unwrap_or(i64::MAX)
    }
}

const FIELDS: &[&str] = &[
    "key",
    "keyNumber",
    "status",
    "expiresAt",
    "endsAt",
    "lastUsedAt",
    "strikes",
    "user.key",
    "user.id",
    "user.status",
    "user.automaticLockAt",
    "user.webServices.isRestricted",
    "credential.key",
    "credential.status",
    "credential.expiresAt",
    "entity.key",
    "entity.id",
    "trialRole.key",
    "trialRole.id",
];

fn live_row(work: &mut Work<'_>, hashes: &[Vec<u8>]) -> Result<Option<Row>> {
    for hash in hashes {
        let equal = [("hash", Value::Bytes(hash.clone()))];
        let Some(row) = work.first(CONSOLE_SESSION, FIELDS, &equal)? else {
            continue;
        };
        let now = work.now();
        let goes_on = |at: usize| row[at].as_number().is_none_or(|ends| ends > now);
        let live = row[2].as_text() == Some("active")
            && goes_on(3)
            && goes_on(4)
            && stands(&row[9], &row[10])
            && row[11] != Value::Boolean(true)
            && !row[12].is_null()
            && proves(&row[12..], now);
        let (true, Some(key), Some(user)) = (live, row[0].as_key(), named(&row, 7)) else {
            return Ok(None);
        };
        return Ok(Some(Row {
            key,
            hash: hash.clone(),
            number: row[1].as_number().unwrap_or_default(),
            user,
            entity: named(&row, 15),
            trial: named(&row, 17),
            credential_ends: row[14].as_number(),
            idle_ends: row[3].as_number(),
            ends: row[4].as_number(),
            used: row[5].as_number().unwrap_or_default(),
            strikes: row[6].as_number().unwrap_or_default(),
        }));
    }
    Ok(None)
}

/// Who a session stands for, as the database has her now.
pub(super) fn vouched(work: &mut Work<'_>, hash: &[u8]) -> Result<Vouched> {
    let row = live_row(work, &[hash.to_vec()])?.ok_or_else(dead_token)?;
    let ends = row.over();
    Ok(Vouched {
        user: row.user,
        client: None,
        sender: None,
        entity: row.entity,
        trial: row.trial,
        asked: None,
        ends,
        live: true,
    })
}

/// How long sessions of a user go on.
struct Bounds {
    idle: Option<i64>,
    longest: Option<i64>,
}

impl Bounds {
    /// As the company says, or as the user chose within that.
    fn of(work: &mut Work<'_>, user: RecordKey) -> Result<Self> {
        let chosen = work.preferences(user)?;
        let minutes = |said: i64| (said > 0).then_some(said * MINUTE);
        Ok(Self {
            idle: minutes(chosen.inactivity_minutes),
            longest: minutes(chosen.session_minutes),
        })
    }
}

/// A cookie that may be a session's.
struct Shown {
    company: Named,
    hashes: Vec<Vec<u8>>,
}

impl Engine {
    /// Opens the console to a person who proves herself. The session's id is new each time.
    ///
    /// # Errors
    /// What the database or an overloaded hasher says; a refused sign-in is no error.
    pub async fn open_console(&self, knock: Knock, call: Call) -> Result<ConsoleEntry> {
        let asked = SignIn {
            company: knock.company,
            user: knock.user,
            secret: knock.password,
            entity: None,
            entrance: Entrance::Console,
            sender: None,
        };
        let proved = match self.prove(asked, Purpose::Knock, call.clone()).await? {
            SignInOutcome::In(proved) => proved,
            SignInOutcome::Refused(Cause::Expired) => return Ok(ConsoleEntry::PasswordExpired),
            SignInOutcome::Refused(_) => return Ok(ConsoleEntry::Refused),
        };
        let proved = Proved {
            company: proved.company,
            user: proved.user,
            credential: proved.credential,
        };
        let (company, user) = (proved.company.key, proved.user.key);
        let credential = proved.credential;
        let device = knock.device.map_or(Vec::new(), |cookie| {
            let hashes = self.keyed_hashes(SecretKind::Device, &cookie);
            hashes.into_iter().map(|(_, hash)| hash).collect()
        });
        let factor = Factor::Device(device);
        let opening = self
            .write(in_company(&call, company), move |work| {
                open(work, &proved, &factor)
            })
            .await?;
        let pending = || self.ticket(company, user, credential);
        Ok(match opening {
            Opening::In(opened) => ConsoleEntry::In(opened),
            Opening::Ask => ConsoleEntry::SecondFactor { pending: pending() },
            Opening::Enrol => ConsoleEntry::EnrolSecondFactor { pending: pending() },
            Opening::Out => ConsoleEntry::Refused,
        })
    }

    /// Who sits at the console with this cookie, if its session is live; moves the session on.
    ///
    /// # Errors
    /// What the database says.
    pub async fn enter_console(&self, cookie: &str, call: &Call) -> Result<Option<ConsoleGuest>> {
        let Some(shown) = self.shown(cookie, call).await? else {
            return Ok(None);
        };
        let (company, hashes) = (shown.company, shown.hashes);
        let seen = self
            .read(in_company(call, company.key), move |work| {
                match live_row(work, &hashes)? {
                    Some(row) => {
                        let bounds = Bounds::of(work, row.user.key)?;
                        Ok(Some((row, bounds)))
                    }
                    None => Ok(None),
                }
            })
            .await?;
        let Some((row, bounds)) = seen else {
            return Ok(None);
        };
        let now = self.source().now();
        let idle_ends = bounds.idle.map(|idle| now + idle);
        // Counted from when it was opened, whatever the company said then.
        let late = match (idle_ends, row.idle_ends) {
            (Some(wanted), Some(stored)) => stored < wanted || stored > wanted + AHEAD,
            (None, None) => now - row.used >= AHEAD,
            (None, Some(_)) | (Some(_), None) => true,
        };
        if late {
            let key = row.key;
            let values = [
                ("lastUsedAt", Value::Moment(now)),
                (
                    "expiresAt",
                    idle_ends.map_or(Value::Null, |ends| Value::Moment(ends + AHEAD)),
                ),
            ];
            self.write(in_company(call, company.key), move |work| {
                update(work, key, &values)
            })
            .await?;
        }
        let by = By::Console {
            company: company.key,
            hash: row.hash.clone(),
        };
        let her = Call {
            by: by.clone(),
            ..call.clone()
        };
        // Whatever else ends her access is found where everybody's is.
        let actor = match self
            .read(her, |work| {
                work.check_actor();
                Ok(work.actor().clone())
            })
            .await
        {
            Ok(actor) => actor,
            Err(sidegate_model::Failure::Refused(problems))
                if problems
                    .iter()
                    .all(|one| one.code.rest == problem::TOKEN_DEAD.rest) =>
            {
                return Ok(None);
            }
            Err(failure) => return Err(failure),
        };
        let keys = &self.inner().keys;
        let Some(token) = keys.hash_under(row.number, FORMS, cookie) else {
            return Ok(None);
        };
        let ends = [row.ends, row.credential_ends].into_iter().flatten().min();
        let ends = ends.unwrap_or(i64::MAX);
        Ok(Some(ConsoleGuest {
            by,
            company,
            user: row.user,
            entity: actor.entity,
            trial: actor.trial,
            csrf: hex(&token.hash),
            idle_ends: idle_ends.map_or(ends, |idle| idle.min(ends)),
            ends,
        }))
    }

    /// Ends a session.
    ///
    /// # Errors
    /// What the database says.
    pub async fn leave_console(&self, cookie: &str, call: &Call) -> Result<()> {
        let Some(shown) = self.shown(cookie, call).await? else {
            return Ok(());
        };
        self.write(
            in_company(call, shown.company.key),
            move |work| match live_row(work, &shown.hashes)? {
                Some(row) => end(work, row.key),
                None => Ok(()),
            },
        )
        .await
    }

    /// Ends all console sessions of whoever sits there, in other browsers too, and counts them.
    ///
    /// # Errors
    /// When her own session is over, or what the database says.
    pub async fn leave_everywhere(&self, cookie: &str, call: &Call) -> Result<usize> {
        self.in_session(cookie, call, |work, row| {
            end_console_sessions(work, row.user.key)
        })
        .await
    }

    /// The live console sessions of whoever sits there, the oldest first.
    ///
    /// # Errors
    /// When her own session is over, or what the database says.
    pub async fn own_sessions(&self, cookie: &str, call: &Call) -> Result<Vec<OwnSession>> {
        self.look_in_session(cookie, call, own_sessions).await
    }

    /// Ends one of her own console sessions; what is none of hers is left alone.
    ///
    /// # Errors
    /// When her own session is over, or what the database says.
    pub async fn end_own_session(
        &self,
        cookie: &str,
        session: RecordKey,
        call: &Call,
    ) -> Result<()> {
        self.in_session(cookie, call, move |work, row| {
            let hers = own_sessions(work, row)?;
            match hers.iter().find(|one| one.key == session) {
                Some(one) => end(work, one.key),
                None => Ok(()),
            }
        })
        .await
    }

    /// Moves a session to another entity, or to the top level.
    ///
    /// # Errors
    /// When the session is over, or she may not work there.
    pub async fn switch_entity(
        &self,
        cookie: &str,
        entity: Option<String>,
        call: &Call,
    ) -> Result<()> {
        self.in_session(cookie, call, move |work, row| {
            let person = work.person(row.user.key)?.ok_or_else(dead_token)?;
            let wanted = entity.as_deref().unwrap_or_default();
            let closed = || problem::ENTITY_CLOSED.with("ENTITY", wanted);
            let found = match &entity {
                Some(id) => Some(enter(work, &person.limits, id)?.ok_or_else(closed)?),
                None if person.at_top => None,
                None => return Err(closed().into()),
            };
            let entity = Value::from(found.map(|found| found.key));
            update(work, row.key, &[("entity", entity)])
        })
        .await
    }

    /// Has a full administrator see the console as somebody of her type with one role only, or as
    /// herself again. Nothing is changed meanwhile; the session's end ends the trial too.
    ///
    /// # Errors
    /// When she is no full administrator, roles give nothing here, there is no such role, or the session
    /// is over.
    pub async fn try_role(&self, cookie: &str, role: Option<String>, call: &Call) -> Result<()> {
        self.in_session(cookie, call, move |work, row| {
            let role = match &role {
                Some(id) => Some(role_on_trial(work, row.user.key, id)?),
                None => None,
            };
            let (before, after) = (row.trial.as_ref(), role.as_ref());
            if before == after {
                return Ok(());
            }
            let id = |role: &Named| role.id.clone();
            let line = Line {
                field: "trialRole".to_owned(),
                before: before.map(id),
                after: after.map(id),
            };
            let key = Value::from(role.map(|role| role.key));
            update(work, row.key, &[("trialRole", key)])?;
            let mut trail = work.actor().clone();
            trail.user = Some(row.user.clone());
            let happening = Happening {
                event: "update",
                object: CONSOLE_SESSION,
                record: Some(row.key),
                id: &row.user.id,
                personal: false,
                entity: None,
            };
            audit::note_as(work, &trail, &happening, &[line])
        })
        .await
    }

    /// Whether whoever sits there knows her own password and, if she has a second factor, a code of it
    /// or a recovery code. A wrong one counts as a failed sign-in, and the third in a row ends the
    /// session.
    ///
    /// # Errors
    /// What the database or an overloaded hasher says.
    pub async fn verify_own(
        &self,
        cookie: &str,
        password: String,
        code: Option<String>,
        call: &Call,
    ) -> Result<Verified> {
        let Some(shown) = self.shown(cookie, call).await? else {
            return Ok(Verified::Ended);
        };
        let (company, hashes) = (shown.company.clone(), shown.hashes.clone());
        let row = self
            .read(in_company(call, company.key), move |work| {
                live_row(work, &hashes)
            })
            .await?;
        let Some(row) = row else {
            return Ok(Verified::Ended);
        };
        let asked = SignIn {
            company: company.id,
            user: row.user.id,
            secret: password,
            entity: None,
            entrance: Entrance::Console,
            sender: None,
        };
        let outcome = self.prove(asked, Purpose::Verify, call.clone()).await?;
        let counts = match outcome {
            SignInOutcome::In(_) => false,
            // Nothing was compared.
            SignInOutcome::Refused(Cause::Delayed) => {
                return Ok(left(row.strikes));
            }
            SignInOutcome::Refused(_) => true,
        };
        let hashes = shown.hashes;
        let judged = self
            .write(in_company(call, company.key), move |work| {
                let Some(row) = live_row(work, &hashes)? else {
                    return Ok((Verified::Ended, None));
                };
                if counts || !second_factor::has(work, row.user.key)? {
                    return Ok((strike(work, &row, counts)?, None));
                }
                let answer = code.as_deref().unwrap_or_default();
                let cause = second_factor::refused(work, &row.user, answer)?;
                let verdict = match cause {
                    None => {
                        work.forget_attempts(row.user.key)?;
                        strike(work, &row, false)?
                    }
                    Some(Cause::Delayed) => left(row.strikes),
                    Some(_) => strike(work, &row, true)?,
                };
                Ok((verdict, cause.map(|cause| (cause, row.user))))
            })
            .await?;
        let (verdict, refused) = judged;
        if let Some((cause, user)) = refused {
            self.note_wrong_code(company.key, &user, cause, call);
        }
        Ok(verdict)
    }

    /// The company of a cookie that has the form of a session's, and what it may be stored under.
    async fn shown(&self, cookie: &str, call: &Call) -> Result<Option<Shown>> {
        let Some(company) = credential::company_in(cookie, SecretKind::Console) else {
            return Ok(None);
        };
        let found = self
            .active_company("key", Value::Key(company), call)
            .await?;
        let hashes = self.keyed_hashes(SecretKind::Console, cookie);
        Ok(found.map(|company| Shown {
            company,
            hashes: hashes.into_iter().map(|(_, hash)| hash).collect(),
        }))
    }

    /// Does something to a live session, in Sidegate's own name.
    pub(super) async fn in_session<T: Send + 'static>(
        &self,
        cookie: &str,
        call: &Call,
        mut run: impl FnMut(&mut Work<'_>, &Row) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let shown = self.shown(cookie, call).await?.ok_or_else(dead_token)?;
        self.write(in_company(call, shown.company.key), move |work| {
            let row = live_row(work, &shown.hashes)?.ok_or_else(dead_token)?;
            run(work, &row)
        })
        .await
    }
}

impl Engine {
    /// Looks at something of a live session.
    pub(super) async fn look_in_session<T: Send + 'static>(
        &self,
        cookie: &str,
        call: &Call,
        mut look: impl FnMut(&mut Work<'_>, &Row) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let shown = self.shown(cookie, call).await?.ok_or_else(dead_token)?;
        self.read(in_company(call, shown.company.key), move |work| {
            let row = live_row(work, &shown.hashes)?.ok_or_else(dead_token)?;
            look(work, &row)
        })
        .await
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// How many wrong answers are left to somebody who has given so many.
fn left(strikes: i64) -> Verified {
    match u8::try_from(MOST_STRIKES - strikes) {
        Ok(left) if left > 0 => Verified::Wrong { left },
        _ => Verified::Ended,
    }
}

/// A wrong answer is one more in a row, and one too many ends the session; a right one begins anew.
fn strike(work: &mut Work<'_>, row: &Row, wrong: bool) -> Result<Verified> {
    if !wrong {
        if row.strikes > 0 {
            update(work, row.key, &[("strikes", Value::Integer(0))])?;
        }
        return Ok(Verified::Yes);
    }
    let strikes = row.strikes + 1;
    let mut values = vec![("strikes", Value::Integer(strikes))];
    let verdict = left(strikes);
    if verdict == Verified::Ended {
        values.push(("status", Value::from("ended")));
    }
    update(work, row.key, &values)?;
    Ok(verdict)
}

fn update(work: &mut Work<'_>, key: RecordKey, values: &[(&str, Value)]) -> Result<()> {
    let still = [("key", Value::Key(key)), ("status", Value::from("active"))];
    if work.first(CONSOLE_SESSION, &["key"], &still)?.is_none() {
        return Ok(());
    }
    let draft = draft_of(work, CONSOLE_SESSION, values);
    let definition = work.object(CONSOLE_SESSION);
    work.update_with(definition, key, &draft, None, Leave::System)
        .map(drop)
}

/// Opens a session for a person who has proved herself, as long as everything still stands.
pub(super) fn open(work: &mut Work<'_>, proved: &Proved, factor: &Factor) -> Result<Opening> {
    let Proved {
        company,
        user,
        credential,
    } = proved;
    let credential = *credential;
    let found = found(work, &user.id)?.filter(|found| found.user.key == user.key);
    let Some(found) = found.filter(may_open_console) else {
        return Ok(Opening::Out);
    };
    let fields = ["key", "status", "expiresAt"];
    let hers = [("key", Value::Key(credential))];
    let row = work.first(CREDENTIAL, &fields, &hers)?;
    if !row.is_some_and(|row| proves(&row, work.now())) {
        return Ok(Opening::Out);
    }
    let Some(person) = work.person(user.key)? else {
        return Ok(Opening::Out);
    };
    let entity = if person.at_top {
        None
    } else {
        home(work, &person.limits)?
    };
    if entity.is_none() && !person.at_top {
        return Ok(Opening::Out);
    }
    if let Factor::Device(hashes) = factor {
        if second_factor::has(work, user.key)? {
            if !second_factor::is_trusted(work, user.key, hashes)? {
                return Ok(Opening::Ask);
            }
        } else if second_factor::demanded(work)? {
            return Ok(Opening::Enrol);
        }
    }
    work.forget_attempts(user.key)?;
    welcome(work, &found, entity.as_ref(), None)?;
    clear_ended(work, user.key)?;
    let bounds = Bounds::of(work, user.key)?;
    let cookie = credential::generate_console(work.source(), company.key);
    let hash = work
        .inner()
        .keys
        .hash(SecretKind::Console.purpose(), &cookie);
    let now = work.now();
    let moment = |at: Option<i64>| at.map_or(Value::Null, Value::Moment);
    let ends = bounds.longest.map(|longest| now + longest);
    let address: String = work.call().address.chars().take(100).collect();
    let values = [
        ("user", Value::Key(user.key)),
        ("keyNumber", Value::Integer(hash.number)),
        ("hash", Value::Bytes(hash.hash)),
        ("credential", Value::Key(credential)),
        ("entity", Value::from(entity.map(|entity| entity.key))),
        ("openedAt", Value::Moment(now)),
        ("lastUsedAt", Value::Moment(now)),
        ("address", Value::from(address.as_str())),
        (
            "expiresAt",
            moment(bounds.idle.map(|idle| now + idle + AHEAD)),
        ),
        ("endsAt", moment(ends)),
    ];
    let draft = draft_of(work, CONSOLE_SESSION, &values);
    work.create_with(work.object(CONSOLE_SESSION), &draft, Leave::System)?;
    Ok(Opening::In(ConsoleOpened {
        cookie,
        user: user.id.clone(),
        company: company.id.clone(),
        ends: ends.unwrap_or(i64::MAX),
    }))
}

fn end(work: &mut Work<'_>, key: RecordKey) -> Result<()> {
    update(work, key, &[("status", Value::from("ended"))])
}

fn own_sessions(work: &mut Work<'_>, row: &Row) -> Result<Vec<OwnSession>> {
    let live = [
        ("user.key", Value::Key(row.user.key)),
        ("status", Value::from("active")),
    ];
    let fields = [
        "key",
        "openedAt",
        "lastUsedAt",
        "address",
        "entity.id",
        "expiresAt",
        "endsAt",
    ];
    let rows = work.all(CONSOLE_SESSION, &fields, &live, u32::MAX)?;
    let now = work.now();
    let past = |value: &Value| value.as_number().is_some_and(|ends| ends <= now);
    let read = |found: &Vec<Value>| {
        let key = found[0]
            .as_key()
            .filter(|_| !past(&found[5]) && !past(&found[6]))?;
        Some(OwnSession {
            key,
            this: key == row.key,
            opened: found[1].as_number().unwrap_or_default(),
            used: found[2].as_number().unwrap_or_default(),
            address: found[3].as_text().unwrap_or_default().to_owned(),
            entity: found[4].as_text().map(str::to_owned),
        })
    };
    Ok(rows.iter().filter_map(read).collect())
}

/// A role that a user may try.
fn role_on_trial(work: &mut Work<'_>, user: RecordKey, id: &str) -> Result<Named> {
    let person = work.person(user)?.ok_or_else(dead_token)?;
    if person.standing.admin != AdminLevel::Full {
        return Err(problem::TRIAL_ADMINISTRATOR.problem().into());
    }
    if is_user_based(work)? {
        return Err(problem::TRIAL_USER_BASED.problem().into());
    }
    let row = work.first(ROLE, &["key", "id", "applyTo"], &[("id", Value::from(id))])?;
    let role = row.filter(|row| row[2].as_text() != Some(ELSEWHERE));
    let role = role.and_then(|row| named(&row, 0));
    role.ok_or_else(|| problem::TRIAL_ROLE.with("ROLE", id).into())
}

/// Ends all trials of a role.
pub(crate) fn end_trials(work: &mut Work<'_>, role: RecordKey) -> Result<()> {
    let of_role = [("trialRole.key", Value::Key(role))];
    let rows = work.all(CONSOLE_SESSION, &["key"], &of_role, u32::MAX)?;
    for key in rows.iter().filter_map(|row| row[0].as_key()) {
        let draft = draft_of(work, CONSOLE_SESSION, &[("trialRole", Value::Null)]);
        let definition = work.object(CONSOLE_SESSION);
        work.update_with(definition, key, &draft, None, Leave::System)?;
    }
    Ok(())
}

/// Ends the live console sessions of a user, and counts them.
pub(crate) fn end_console_sessions(work: &mut Work<'_>, user: RecordKey) -> Result<usize> {
    let live = [
        ("user.key", Value::Key(user)),
        ("status", Value::from("active")),
    ];
    let rows = work.all(CONSOLE_SESSION, &["key"], &live, u32::MAX)?;
    let keys = rows.iter().filter_map(|row| row[0].as_key());
    let mut ended = 0;
    for key in keys {
        end(work, key)?;
        ended += 1;
    }
    Ok(ended)
}

/// Deletes the console sessions with these values.
pub(crate) fn delete_console_sessions(work: &mut Work<'_>, equal: &[(&str, Value)]) -> Result<()> {
    work.as_system(|work| {
        for row in work.all(CONSOLE_SESSION, &["key"], equal, u32::MAX)? {
            if let Some(key) = row[0].as_key() {
                work.delete_with(work.object(CONSOLE_SESSION), key, None, Leave::System)?;
            }
        }
        Ok(())
    })
}

/// Deletes sessions of a user that are over, so that they do not pile up.
fn clear_ended(work: &mut Work<'_>, user: RecordKey) -> Result<()> {
    let of_user = [("user.key", Value::Key(user))];
    let fields = ["key", "status", "expiresAt", "endsAt"];
    let rows = work.all(CONSOLE_SESSION, &fields, &of_user, MOST_CLEARED)?;
    let now = work.now();
    let past = |value: &Value| value.as_number().is_some_and(|ends| ends <= now);
    for row in rows {
        let over = row[1].as_text() != Some("active") || past(&row[2]) || past(&row[3]);
        if let (true, Some(key)) = (over, row[0].as_key()) {
            work.delete_with(work.object(CONSOLE_SESSION), key, None, Leave::System)?;
        }
    }
    Ok(())
}

impl Work<'_> {
    /// The active entities that the actor may work in, each by id and name, whatever else of them is
    /// open to her. None where there is nothing to choose.
    ///
    /// # Errors
    /// What the database says.
    pub fn places_to_enter(&mut self) -> Result<Vec<(String, String)>> {
        let active = [("status", Value::from("active"))];
        let rows = self.all(ENTITY, &["key", "id", "name"], &active, MOST_PLACES)?;
        let limits = self.actor().limits.clone();
        let open = |row: &Vec<Value>| {
            let key = row[0].as_key();
            key.is_some_and(|key| limits.as_ref().is_none_or(|l| may_enter(l, key)))
        };
        let mut places: Vec<(String, String)> = rows
            .iter()
            .filter(|row| open(row))
            .map(|row| {
                let text = |at: usize| row[at].as_text().unwrap_or_default().to_owned();
                (text(1), text(2))
            })
            .collect();
        places.sort();
        Ok(places)
    }
}
