//! The second factor at the console: codes of an app, recovery codes, devices that ask for none.
//!
//! Who has one is not in with her password alone. What says that the password was right is sealed, good
//! for five minutes and for the credential that it was proved with.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sidegate_model::{Failure, RecordKey, Result, Value, problem};
use subtle::ConstantTimeEq as _;
use totp_rs::{Builder, Secret, Totp};

use super::attempts::{Attempts, source_of};
use super::console::{ConsoleEntry, ConsoleOpened, Factor, Opening, Proved, open};
use super::enter::{Cause, found, may_open_console};
use super::grant::in_company;
use super::policy::Policy;
use super::{USER, dead_token, draft_of};
use crate::actor::{Call, Named};
use crate::audit::{self, Happening, Line};
use crate::credential::{self, SecretKind};
use crate::engine::Engine;
use crate::pipeline::Leave;
use crate::source::Source;
use crate::work::Work;

pub(crate) const SECOND_FACTOR: &str = "sidegate/second-factor";
pub(crate) const TRUSTED_DEVICE: &str = "sidegate/trusted-device";
const RECOVERY: &str = "sidegate/recovery-code";
const SETTINGS: &str = "sidegate/company-setting";
const SECOND: i64 = 1_000_000;
/// So long she has to give a code after her password.
const TICKET_LIVES: i64 = 300 * SECOND;
const DEVICE_LIVES: i64 = 30 * 86_400 * SECOND;
const MOST_CODES: usize = 10;
/// A user trusts so many devices at most; beyond them the oldest is trusted no more.
const MOST_DEVICES: usize = 20;
const ALL: u32 = 1000;
/// What tickets are sealed as.
const TICKET: &str = "sign-in ticket";
/// What apps call the account's provider.
const ISSUER: &str = "Sidegate";
const RECOVERY_PURPOSE: &str = "recovery";
const RECOVERY_ALPHABET: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";
/// 12 characters of 31 hold 59 bits.
const RECOVERY_LENGTH: usize = 12;

/// How an answer with a code went on. Has no `Debug`, because of the secrets.
#[derive(Clone)]
pub struct Answered {
    /// Whether she is in, or asked again with the same ticket.
    pub entry: ConsoleEntry,
    /// The cookie of a device that she trusts from now on.
    pub device: Option<TrustedCookie>,
}

/// The cookie of a trusted device. Has no `Debug`, because of the secret.
#[derive(Clone)]
pub struct TrustedCookie {
    /// What it holds, which is never readable again.
    pub cookie: String,
    /// When it is worth nothing any more, in microseconds since the epoch.
    pub ends: i64,
}

/// Who sets up a second factor. Has no `Debug`, because of the secrets.
#[derive(Clone)]
pub enum Sitting {
    /// Somebody who is in: her session's cookie.
    Session(String),
    /// Somebody who has to have one before she comes in: her ticket.
    Pending(String),
}

/// What an app needs to make codes. Has no `Debug`, because of the seed.
#[derive(Clone)]
pub struct Enrolment {
    /// The seed as people type it.
    pub secret_text: String,
    /// The same as a link, which a QR code shows.
    pub uri: String,
}

/// How setting up a second factor ended. Has no `Debug`, because of the secrets.
#[derive(Clone)]
pub enum Confirmed {
    /// It is set up.
    Done {
        /// The recovery codes, which are never readable again.
        recovery_codes: Vec<String>,
        /// The session of somebody who was not in before.
        opened: Option<ConsoleOpened>,
    },
    /// The code is not the one that the app should show; she tries again.
    Wrong,
    /// She signs in anew: her ticket is over, or she may not come in any more.
    Over,
}

/// What a person sees of her own sign-in.
#[derive(Clone, Debug)]
pub struct OwnSecurity {
    /// Since when she has a second factor.
    pub enrolled: Option<i64>,
    /// How many recovery codes are left.
    pub recovery_codes: i64,
    /// Whether the company wants her to have one.
    pub demanded: bool,
    /// Whether she may trust devices.
    pub may_trust: bool,
    /// The devices that she trusts.
    pub devices: Vec<TrustedDevice>,
}

/// A device that asks its user for no code.
#[derive(Clone, Debug)]
pub struct TrustedDevice {
    /// Its key.
    pub key: RecordKey,
    /// What she calls it.
    pub name: String,
    /// When she began to trust it, in microseconds since the epoch.
    pub since: i64,
    /// When it was last used.
    pub used: Option<i64>,
    /// When it asks again.
    pub ends: i64,
}

/// What a ticket says: somebody proved herself with a credential.
#[derive(Clone, Copy)]
struct Ticket {
    company: RecordKey,
    user: RecordKey,
    credential: RecordKey,
    until: i64,
}

impl Ticket {
    fn bytes(self) -> Vec<u8> {
        let keys = [self.company, self.user, self.credential].map(RecordKey::number);
        let numbers = keys.into_iter().chain([self.until]);
        numbers.flat_map(i64::to_be_bytes).collect()
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let numbers: Vec<i64> = bytes
            .chunks(8)
            .filter_map(|chunk| Some(i64::from_be_bytes(chunk.try_into().ok()?)))
            .collect();
        let [company, user, credential, until] = numbers.try_into().ok()?;
        Some(Self {
            company: RecordKey::new(company)?,
            user: RecordKey::new(user)?,
            credential: RecordKey::new(credential)?,
            until,
        })
    }
}

/// What a look at an answer gave.
enum Looked {
    In(ConsoleOpened, Option<TrustedCookie>),
    /// Not this code, or not yet.
    Wrong(Cause, Named),
    Out,
}

impl Engine {
    /// What says for a while that a password was right.
    pub(super) fn ticket(
        &self,
        company: RecordKey,
        user: RecordKey,
        credential: RecordKey,
    ) -> String {
        let ticket = Ticket {
            company,
            user,
            credential,
            until: self.source().now() + TICKET_LIVES,
        };
        let inner = self.inner();
        let (number, sealed) = inner.keys.seal(&inner.source, TICKET, &ticket.bytes());
        format!("{number}.{}", URL_SAFE_NO_PAD.encode(sealed))
    }

    fn read_ticket(&self, text: &str) -> Option<Ticket> {
        let (number, sealed) = text.split_once('.')?;
        let sealed = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let number = number.parse().ok()?;
        let plain = self.inner().keys.unseal(number, TICKET, &sealed)?;
        Ticket::read(&plain).filter(|ticket| ticket.until > self.source().now())
    }

    /// The company of a ticket that is still good, if it is active.
    async fn ticket_of(&self, text: &str, call: &Call) -> Result<Option<(Ticket, Named)>> {
        let Some(ticket) = self.read_ticket(text) else {
            return Ok(None);
        };
        let key = Value::Key(ticket.company);
        let company = self.active_company("key", key, call).await?;
        Ok(company.map(|company| (ticket, company)))
    }

    /// Opens the console to a person who gave her password and now gives a code of her app, or a
    /// recovery code. Wrong ones count as failed sign-ins. With a name for it, her device is trusted
    /// from now on, if she may have such.
    ///
    /// # Errors
    /// What the database says.
    pub async fn answer_second(
        &self,
        pending: &str,
        answer: String,
        remember: Option<String>,
        call: &Call,
    ) -> Result<Answered> {
        let refused = Answered {
            entry: ConsoleEntry::Refused,
            device: None,
        };
        let Some((ticket, company)) = self.ticket_of(pending, call).await? else {
            return Ok(refused);
        };
        let about = company.clone();
        let looked = self
            .write(in_company(call, company.key), move |work| {
                look(work, &about, ticket, &answer, remember.as_deref())
            })
            .await?;
        Ok(match looked {
            Looked::In(opened, device) => Answered {
                entry: ConsoleEntry::In(opened),
                device,
            },
            Looked::Wrong(cause, user) => {
                self.note_wrong_code(company.key, &user, cause, call);
                Answered {
                    entry: ConsoleEntry::SecondFactor {
                        pending: pending.to_owned(),
                    },
                    device: None,
                }
            }
            Looked::Out => refused,
        })
    }

    pub(super) fn note_wrong_code(
        &self,
        company: RecordKey,
        user: &Named,
        cause: Cause,
        call: &Call,
    ) {
        let (inner, now) = (self.inner(), self.source().now());
        tracing::info!(request = %call.request, address = %call.address, user = %user.id, cause = cause.word(), "refused a code");
        let evidence = &inner.evidence;
        evidence.secret(company, Some(user), None, cause.word(), call, now);
    }

    /// Begins to set up a second factor: what her app needs. Nothing changes until a code confirms it.
    ///
    /// # Errors
    /// When she has one already, or must sign in anew.
    pub async fn begin_enrolment(&self, who: &Sitting, call: &Call) -> Result<Enrolment> {
        match who {
            Sitting::Session(cookie) => {
                self.in_session(cookie, call, |work, row| begin(work, &row.user))
                    .await
            }
            Sitting::Pending(pending) => {
                let found = self.ticket_of(pending, call).await?;
                let (ticket, company) = found.ok_or_else(dead_token)?;
                self.write(in_company(call, company.key), move |work| {
                    let user = named_user(work, ticket.user)?.ok_or_else(dead_token)?;
                    begin(work, &user)
                })
                .await
            }
        }
    }

    /// Ends setting up a second factor with the code that her app shows, and makes recovery codes.
    ///
    /// # Errors
    /// When she has not begun, or the database says.
    pub async fn confirm_enrolment(
        &self,
        who: &Sitting,
        code: String,
        call: &Call,
    ) -> Result<Confirmed> {
        match who {
            Sitting::Session(cookie) => {
                self.in_session(cookie, call, move |work, row| {
                    Ok(match confirm(work, &row.user, &code)? {
                        Some(recovery_codes) => Confirmed::Done {
                            recovery_codes,
                            opened: None,
                        },
                        None => Confirmed::Wrong,
                    })
                })
                .await
            }
            Sitting::Pending(pending) => {
                let Some((ticket, company)) = self.ticket_of(pending, call).await? else {
                    return Ok(Confirmed::Over);
                };
                let ended = self
                    .write(in_company(call, company.key), move |work| {
                        let Some(user) = named_user(work, ticket.user)? else {
                            return Ok(Confirmed::Over);
                        };
                        let Some(recovery_codes) = confirm(work, &user, &code)? else {
                            return Ok(Confirmed::Wrong);
                        };
                        let proved = Proved {
                            company: company.clone(),
                            user,
                            credential: ticket.credential,
                        };
                        match open(work, &proved, &Factor::Answered)? {
                            Opening::In(opened) => Ok(Confirmed::Done {
                                recovery_codes,
                                opened: Some(opened),
                            }),
                            // Undoes what was set up.
                            Opening::Ask | Opening::Enrol | Opening::Out => {
                                Err(dead_token().into())
                            }
                        }
                    })
                    .await;
                match ended {
                    Err(Failure::Refused(problems))
                        if problems
                            .iter()
                            .all(|one| one.code.rest == problem::TOKEN_DEAD.rest) =>
                    {
                        Ok(Confirmed::Over)
                    }
                    ended => ended,
                }
            }
        }
    }

    /// Takes away her own second factor, with recovery codes and trusted devices. Whoever calls has
    /// her prove herself before.
    ///
    /// # Errors
    /// When the company wants her to have one, or her session is over.
    pub async fn drop_second_factor(&self, cookie: &str, call: &Call) -> Result<()> {
        self.in_session(cookie, call, |work, row| {
            if demanded(work)? {
                return Err(problem::SECOND_FACTOR_DEMANDED.problem().into());
            }
            let Some(factor) = factor(work, row.user.key)? else {
                return Ok(());
            };
            forget(work, row.user.key)?;
            tell(work, &row.user, factor.key, "delete", &[])
        })
        .await
    }

    /// Makes new recovery codes in the place of those of before. Whoever calls has her prove herself
    /// before.
    ///
    /// # Errors
    /// When she has no second factor, or her session is over.
    pub async fn new_recovery_codes(&self, cookie: &str, call: &Call) -> Result<Vec<String>> {
        self.in_session(cookie, call, |work, row| {
            let factor = factor(work, row.user.key)?.filter(|factor| factor.active);
            let factor = factor.ok_or_else(|| problem::SECOND_FACTOR_ABSENT.problem())?;
            let codes = make_codes(work, row.user.key)?;
            count_codes(work, &row.user, &factor, codes.len())?;
            Ok(codes)
        })
        .await
    }

    /// What a person sees of her own sign-in.
    ///
    /// # Errors
    /// When her session is over.
    pub async fn own_security(&self, cookie: &str, call: &Call) -> Result<OwnSecurity> {
        self.look_in_session(cookie, call, |work, row| {
            let user = row.user.key;
            let factor = factor(work, user)?.filter(|factor| factor.active);
            let now = work.now();
            let devices = devices(work, user)?;
            Ok(OwnSecurity {
                enrolled: factor.as_ref().and_then(|factor| factor.enrolled),
                recovery_codes: factor.map_or(0, |factor| factor.codes),
                demanded: demanded(work)?,
                may_trust: may_trust(work, user)?,
                devices: devices
                    .into_iter()
                    .filter(|device| device.ends > now)
                    .collect(),
            })
        })
        .await
    }

    /// Trusts one of her devices no more.
    ///
    /// # Errors
    /// When her session is over.
    pub async fn forget_device(&self, cookie: &str, device: RecordKey, call: &Call) -> Result<()> {
        self.in_session(cookie, call, move |work, row| {
            let hers = devices(work, row.user.key)?;
            if hers.iter().any(|one| one.key == device) {
                let definition = work.object(TRUSTED_DEVICE);
                work.delete_with(definition, device, None, Leave::System)?;
            }
            Ok(())
        })
        .await
    }
}

/// Looks at an answer: counted as it is compared, under the company's lock.
fn look(
    work: &mut Work<'_>,
    company: &Named,
    ticket: Ticket,
    answer: &str,
    remember: Option<&str>,
) -> Result<Looked> {
    let Some(user) = named_user(work, ticket.user)? else {
        return Ok(Looked::Out);
    };
    // Whoever may not come in is told nothing of codes.
    let may = found(work, &user.id)?.is_some_and(|found| may_open_console(&found));
    if !may || !has(work, user.key)? {
        return Ok(Looked::Out);
    }
    if let Some(cause) = refused(work, &user, answer)? {
        return Ok(Looked::Wrong(cause, user));
    }
    let proved = Proved {
        company: company.clone(),
        user,
        credential: ticket.credential,
    };
    let Opening::In(opened) = open(work, &proved, &Factor::Answered)? else {
        return Ok(Looked::Out);
    };
    let key = proved.user.key;
    let name = remember.filter(|_| may_trust(work, key).unwrap_or(false));
    let device = match name {
        Some(name) => Some(trust(work, company.key, key, name)?),
        None => None,
    };
    Ok(Looked::In(opened, device))
}

/// Why an answer does not pass, if it does not. A wrong one is a failed sign-in.
pub(super) fn refused(work: &mut Work<'_>, user: &Named, answer: &str) -> Result<Option<Cause>> {
    let source = source_of(&work.call().address);
    let policy = Policy::of(work)?;
    let mut attempts = Attempts::of(work, user.key, policy.most_failures)?;
    if attempts.delays(work, &source)? {
        return Ok(Some(Cause::Delayed));
    }
    if fits(work, user, answer)? {
        return Ok(None);
    }
    attempts.count(work, &source)?;
    attempts.fail(work, &source)?;
    Ok(Some(Cause::WrongCode))
}

/// A user's second factor, as the database has it.
struct Stored {
    key: RecordKey,
    active: bool,
    number: i64,
    sealed: Vec<u8>,
    last: i64,
    enrolled: Option<i64>,
    codes: i64,
}

fn factor(work: &mut Work<'_>, user: RecordKey) -> Result<Option<Stored>> {
    let fields = [
        "key",
        "status",
        "keyNumber",
        "sealed",
        "lastStep",
        "enrolledAt",
        "recoveryCodes",
    ];
    let row = work.first(SECOND_FACTOR, &fields, &[("user.key", Value::Key(user))])?;
    Ok(row.and_then(|row| {
        let Value::Bytes(sealed) = &row[3] else {
            return None;
        };
        Some(Stored {
            key: row[0].as_key()?,
            active: row[1].as_text() == Some("active"),
            number: row[2].as_number()?,
            sealed: sealed.clone(),
            last: row[4].as_number().unwrap_or_default(),
            enrolled: row[5].as_number(),
            codes: row[6].as_number().unwrap_or_default(),
        })
    }))
}

/// Whether a user has a second factor.
pub(crate) fn has(work: &mut Work<'_>, user: RecordKey) -> Result<bool> {
    let active = [
        ("user.key", Value::Key(user)),
        ("status", Value::from("active")),
    ];
    Ok(work.first(SECOND_FACTOR, &["key"], &active)?.is_some())
}

/// Whether the company wants everybody to have one.
pub(super) fn demanded(work: &mut Work<'_>) -> Result<bool> {
    let row = work.first(SETTINGS, &["secondFactor"], &[])?;
    Ok(row.is_some_and(|row| row[0].as_text() == Some("allUsers")))
}

/// Whether a user may trust devices: as she has it, or else as the company says.
fn may_trust(work: &mut Work<'_>, user: RecordKey) -> Result<bool> {
    let of_user = [("key", Value::Key(user))];
    let row = work.first(USER, &["trustedDevices"], &of_user)?;
    match row.as_ref().and_then(|row| row[0].as_text()) {
        Some("always") => Ok(true),
        Some("never") => Ok(false),
        _ => {
            let row = work.first(SETTINGS, &["allowTrustedDevices"], &[])?;
            Ok(row.is_none_or(|row| row[0] != Value::Boolean(false)))
        }
    }
}

/// Whether a user trusts the device with one of these hashes, and may; notes that it was used.
pub(super) fn is_trusted(work: &mut Work<'_>, user: RecordKey, hashes: &[Vec<u8>]) -> Result<bool> {
    if hashes.is_empty() || !may_trust(work, user)? {
        return Ok(false);
    }
    let now = work.now();
    for hash in hashes {
        let this = [
            ("hash", Value::Bytes(hash.clone())),
            ("user.key", Value::Key(user)),
        ];
        let row = work.first(TRUSTED_DEVICE, &["key", "expiresAt"], &this)?;
        let live = row.filter(|row| row[1].as_number().is_some_and(|ends| ends > now));
        let Some(key) = live.and_then(|row| row[0].as_key()) else {
            continue;
        };
        let address: String = work.call().address.chars().take(100).collect();
        let values = [
            ("lastUsedAt", Value::Moment(now)),
            ("lastUsedFrom", Value::from(address.as_str())),
        ];
        let draft = draft_of(work, TRUSTED_DEVICE, &values);
        let definition = work.object(TRUSTED_DEVICE);
        work.update_with(definition, key, &draft, None, Leave::System)?;
        return Ok(true);
    }
    Ok(false)
}

/// A user's devices, the oldest first, also those that are trusted no more.
fn devices(work: &mut Work<'_>, user: RecordKey) -> Result<Vec<TrustedDevice>> {
    let fields = ["key", "name", "trustedAt", "lastUsedAt", "expiresAt"];
    let rows = work.all(
        TRUSTED_DEVICE,
        &fields,
        &[("user.key", Value::Key(user))],
        ALL,
    )?;
    let read = |row: &Vec<Value>| {
        Some(TrustedDevice {
            key: row[0].as_key()?,
            name: row[1].as_text().unwrap_or_default().to_owned(),
            since: row[2].as_number().unwrap_or_default(),
            used: row[3].as_number(),
            ends: row[4].as_number().unwrap_or_default(),
        })
    };
    Ok(rows.iter().filter_map(read).collect())
}

/// Trusts the device that an answer came from.
fn trust(
    work: &mut Work<'_>,
    company: RecordKey,
    user: RecordKey,
    name: &str,
) -> Result<TrustedCookie> {
    let now = work.now();
    let known = devices(work, user)?;
    let (over, live): (Vec<_>, Vec<_>) = known.into_iter().partition(|one| one.ends <= now);
    let beyond = (live.len() + 1).saturating_sub(MOST_DEVICES);
    for device in over.iter().chain(live.iter().take(beyond)) {
        let definition = work.object(TRUSTED_DEVICE);
        work.delete_with(definition, device.key, None, Leave::System)?;
    }
    let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
    let name = name.trim();
    let cookie = credential::generate_device(work.source(), company);
    let hash = work
        .inner()
        .keys
        .hash(SecretKind::Device.purpose(), &cookie);
    let ends = now + DEVICE_LIVES;
    let values = [
        ("user", Value::Key(user)),
        (
            "name",
            Value::from(if name.is_empty() { "A device" } else { name }),
        ),
        ("keyNumber", Value::Integer(hash.number)),
        ("hash", Value::Bytes(hash.hash)),
        ("trustedAt", Value::Moment(now)),
        ("expiresAt", Value::Moment(ends)),
    ];
    let draft = draft_of(work, TRUSTED_DEVICE, &values);
    work.create_with(work.object(TRUSTED_DEVICE), &draft, Leave::System)?;
    Ok(TrustedCookie { cookie, ends })
}

fn named_user(work: &mut Work<'_>, key: RecordKey) -> Result<Option<Named>> {
    let row = work.first(USER, &["key", "id"], &[("key", Value::Key(key))])?;
    Ok(row.and_then(|row| super::named(&row, 0)))
}

/// Whose a sealed seed is.
fn identity(work: &Work<'_>, user: RecordKey) -> String {
    let company = work.actor().company;
    let company = company.map(RecordKey::number).unwrap_or_default();
    format!("second factor {company} {user}")
}

fn codes_of(seed: &[u8]) -> Result<Totp> {
    let codes = Builder::new().with_secret(seed.to_vec()).build();
    codes.map_err(|error| Failure::broken(format!("a seed makes no codes: {error}")))
}

fn unsealed(work: &Work<'_>, user: RecordKey, factor: &Stored) -> Result<Totp> {
    let keys = &work.inner().keys;
    let seed = keys.unseal(factor.number, &identity(work, user), &factor.sealed);
    let seed = seed.ok_or_else(|| Failure::broken("a second factor that its key does not open"))?;
    codes_of(&seed)
}

/// The half minute that a code is of, if it is one of these.
fn step_of(work: &Work<'_>, codes: &Totp, code: &str) -> Option<i64> {
    let seconds = u64::try_from(work.now() / SECOND).ok()?;
    let step = codes.check(code, seconds)?;
    i64::try_from(step).ok()
}

/// Whether an answer is a code of her app, or one of her recovery codes. Each works once.
fn fits(work: &mut Work<'_>, user: &Named, answer: &str) -> Result<bool> {
    let Some(factor) = factor(work, user.key)?.filter(|factor| factor.active) else {
        return Ok(false);
    };
    let answer = typed(answer);
    if answer.len() != RECOVERY_LENGTH {
        let codes = unsealed(work, user.key, &factor)?;
        let step = step_of(work, &codes, &answer).filter(|step| *step > factor.last);
        let Some(step) = step else {
            return Ok(false);
        };
        let draft = draft_of(work, SECOND_FACTOR, &[("lastStep", Value::Integer(step))]);
        let definition = work.object(SECOND_FACTOR);
        work.update_with(definition, factor.key, &draft, None, Leave::System)?;
        return Ok(true);
    }
    let of_user = [("user.key", Value::Key(user.key))];
    let rows = work.all(RECOVERY, &["key", "keyNumber", "hash"], &of_user, ALL)?;
    let presented = work
        .inner()
        .keys
        .hashes(RECOVERY_PURPOSE, &keyed(user.key, &answer));
    let mut found = None;
    for row in &rows {
        if let (Value::Integer(number), Value::Bytes(stored)) = (&row[1], &row[2]) {
            let same = presented
                .iter()
                .any(|one| one.number == *number && bool::from(stored.ct_eq(&one.hash)));
            if same {
                found = row[0].as_key();
            }
        }
    }
    let Some(key) = found else {
        return Ok(false);
    };
    work.delete_with(work.object(RECOVERY), key, None, Leave::System)?;
    count_codes(work, user, &factor, rows.len() - 1)?;
    Ok(true)
}

/// What somebody typed, without what people put between characters to read them.
fn typed(answer: &str) -> String {
    let kept = answer.chars().filter(|c| !c.is_whitespace() && *c != '-');
    kept.collect::<String>().to_lowercase()
}

/// A recovery code is a user's own: the same text of another is another code.
fn keyed(user: RecordKey, code: &str) -> String {
    format!("{user} {code}")
}

/// Makes recovery codes in the place of those of before.
fn make_codes(work: &mut Work<'_>, user: RecordKey) -> Result<Vec<String>> {
    forget_codes(work, user)?;
    let mut codes = Vec::with_capacity(MOST_CODES);
    for _ in 0..MOST_CODES {
        let code = recovery_code(work.source());
        let hash = work
            .inner()
            .keys
            .hash(RECOVERY_PURPOSE, &keyed(user, &code));
        let values = [
            ("user", Value::Key(user)),
            ("keyNumber", Value::Integer(hash.number)),
            ("hash", Value::Bytes(hash.hash)),
        ];
        let draft = draft_of(work, RECOVERY, &values);
        work.create_with(work.object(RECOVERY), &draft, Leave::System)?;
        codes.push(format!("{}-{}-{}", &code[..4], &code[4..8], &code[8..]));
    }
    Ok(codes)
}

fn recovery_code(source: &Source) -> String {
    let mut code = String::new();
    while code.len() < RECOVERY_LENGTH {
        let mut bytes = [0; 32];
        source.fill(&mut bytes);
        // Bytes above the last whole multiple of 31 would make some characters likelier.
        let fair = bytes.iter().filter(|byte| **byte < 248);
        code.extend(fair.map(|byte| char::from(RECOVERY_ALPHABET[usize::from(byte % 31)])));
    }
    code.truncate(RECOVERY_LENGTH);
    code
}

/// Notes how many recovery codes are left, in the trail too.
fn count_codes(work: &mut Work<'_>, user: &Named, factor: &Stored, left: usize) -> Result<()> {
    let left = i64::try_from(left).unwrap_or_default();
    let draft = draft_of(
        work,
        SECOND_FACTOR,
        &[("recoveryCodes", Value::Integer(left))],
    );
    let definition = work.object(SECOND_FACTOR);
    work.update_with(definition, factor.key, &draft, None, Leave::System)?;
    let line = Line {
        field: "recoveryCodes".to_owned(),
        before: Some(factor.codes.to_string()),
        after: Some(left.to_string()),
    };
    tell(work, user, factor.key, "update", &[line])
}

/// What her app needs; seals it until she confirms it.
fn begin(work: &mut Work<'_>, user: &Named) -> Result<Enrolment> {
    match factor(work, user.key)? {
        Some(factor) if factor.active => {
            return Err(problem::SECOND_FACTOR_THERE.problem().into());
        }
        Some(factor) => {
            let definition = work.object(SECOND_FACTOR);
            work.delete_with(definition, factor.key, None, Leave::System)?;
        }
        None => {}
    }
    let mut seed = [0; 20];
    work.source().fill(&mut seed);
    let identity = identity(work, user.key);
    let (number, sealed) = work.inner().keys.seal(work.source(), &identity, &seed);
    let values = [
        ("user", Value::Key(user.key)),
        ("keyNumber", Value::Integer(number)),
        ("sealed", Value::Bytes(sealed)),
    ];
    let draft = draft_of(work, SECOND_FACTOR, &values);
    work.create_with(work.object(SECOND_FACTOR), &draft, Leave::System)?;
    let secret_text = Secret::from(seed.to_vec()).to_base32();
    let (company, _) = work.company_called()?;
    let account = escaped(&format!("{company}/{}", user.id));
    let uri = format!("otpauth://totp/{ISSUER}:{account}?secret={secret_text}&issuer={ISSUER}");
    Ok(Enrolment { secret_text, uri })
}

/// A text as part of a link.
fn escaped(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    let mut out = String::new();
    for byte in text.as_bytes() {
        if plain(byte) {
            out.push(char::from(*byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// Makes a second factor of what she began, if the code is of it; her recovery codes.
fn confirm(work: &mut Work<'_>, user: &Named, code: &str) -> Result<Option<Vec<String>>> {
    let factor = factor(work, user.key)?.filter(|factor| !factor.active);
    let factor = factor.ok_or_else(|| problem::SECOND_FACTOR_NOT_BEGUN.problem())?;
    let codes = unsealed(work, user.key, &factor)?;
    let Some(step) = step_of(work, &codes, &typed(code)) else {
        return Ok(None);
    };
    let recovery = make_codes(work, user.key)?;
    let count = i64::try_from(recovery.len()).unwrap_or_default();
    let values = [
        ("status", Value::from("active")),
        ("enrolledAt", Value::Moment(work.now())),
        ("lastStep", Value::Integer(step)),
        ("recoveryCodes", Value::Integer(count)),
    ];
    let draft = draft_of(work, SECOND_FACTOR, &values);
    let definition = work.object(SECOND_FACTOR);
    work.update_with(definition, factor.key, &draft, None, Leave::System)?;
    tell(work, user, factor.key, "create", &[])?;
    Ok(Some(recovery))
}

fn forget_codes(work: &mut Work<'_>, user: RecordKey) -> Result<()> {
    forget_all(work, RECOVERY, user)
}

fn forget_all(work: &mut Work<'_>, object: &str, user: RecordKey) -> Result<()> {
    let rows = work.all(object, &["key"], &[("user.key", Value::Key(user))], ALL)?;
    for key in rows.iter().filter_map(|row| row[0].as_key()) {
        work.delete_with(work.object(object), key, None, Leave::System)?;
    }
    Ok(())
}

/// Deletes what hangs on a second factor: recovery codes and trusted devices.
pub(crate) fn forget_beside_factor(work: &mut Work<'_>, user: RecordKey) -> Result<()> {
    forget_codes(work, user)?;
    forget_all(work, TRUSTED_DEVICE, user)
}

/// Deletes a user's second factor with all that hangs on it.
pub(crate) fn forget(work: &mut Work<'_>, user: RecordKey) -> Result<()> {
    work.as_system(|work| {
        forget_all(work, SECOND_FACTOR, user)?;
        forget_beside_factor(work, user)
    })
}

/// Tells the trail what a user did with her own second factor.
fn tell(
    work: &mut Work<'_>,
    user: &Named,
    factor: RecordKey,
    event: &str,
    lines: &[Line],
) -> Result<()> {
    let mut trail = work.actor().clone();
    trail.user = Some(user.clone());
    let happening = Happening {
        event,
        object: SECOND_FACTOR,
        record: Some(factor),
        id: &user.id,
        personal: false,
        entity: None,
    };
    audit::note_as(work, &trail, &happening, lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard() {
        // RFC 6238, appendix B: SHA-1, the last six of eight digits.
        let codes = codes_of(b"12345678901234567890").expect("a seed");
        for (at, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
        ] {
            assert_eq!(codes.check(code, at), Some(at / 30), "{at}");
            assert_eq!(codes.check(code, at + 60), None, "{at}");
        }
    }

    #[test]
    fn a_ticket_is_read_as_it_was_written() {
        let key = |number| RecordKey::new(number).expect("a key");
        let ticket = Ticket {
            company: key(1),
            user: key(2),
            credential: key(3),
            until: 4,
        };
        let read = Ticket::read(&ticket.bytes()).expect("a ticket");
        assert_eq!(read.bytes(), ticket.bytes());
        assert!(Ticket::read(&ticket.bytes()[1..]).is_none());
        assert!(Ticket::read(&[]).is_none());
    }

    #[test]
    fn what_people_put_between_characters_is_not_part_of_a_code() {
        assert_eq!(typed(" 123 456 "), "123456");
        assert_eq!(typed("K7MP-2xqr-4abc"), "k7mp2xqr4abc");
        let code = recovery_code(&Source::fixed(0));
        assert_eq!(code.len(), RECOVERY_LENGTH);
        assert_eq!(escaped("A B/é"), "A%20B%2F%C3%A9");
    }
}
