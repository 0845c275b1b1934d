//! Signing in with a user's own secret: the one function that every door calls.
//!
//! The presented text decides the work, never the user. Text of the generated form costs one keyed
//! hash and one write; any other text costs one Argon2 between two writes, also where nobody is known,
//! where somebody may not come in, and while a delay runs. The one exception is a chosen password that
//! was proved a while ago and opens: whoever sees that it was quick also sees that it was right.
//!
//! An attempt with a chosen password is counted before it is compared and taken back when it was
//! right. A generated secret is compared where it is counted, under the company's lock. A generated
//! secret that was the user's once is no guess: it is refused and counts nothing, so that a program
//! which still sends the old one after a reset locks nobody out.

use std::sync::atomic::Ordering;

use sidegate_model::access::{Limits, WEB_SERVICES};
use sidegate_model::{Failure, Problem, RecordKey, Result, Value, problem};
use subtle::ConstantTimeEq as _;

use super::attempts::{ATTEMPT, Attempts, source_of};
use super::grant::{in_company, nobody, note_sign_in};
use super::policy::Policy;
use super::proofs::{Proof, Typed};
use super::{COMPANY, ENTITY, USER, enter, named, second_factor, stands};
use crate::actor::{By, Call, Named};
use crate::credential::{SecretKind, kind_of};
use crate::engine::Engine;
use crate::pipeline::Leave;
use crate::rules::credential::{CREDENTIAL, MOST_LIVE};
use crate::sign_in::draft_of;
use crate::work::Work;

const SUBSCRIPTION: &str = "sidegate/subscription";
/// A user has no more ended secrets than this that are told from guesses.
const MOST_ENDED: u32 = 1000;

/// Through what a user wants to come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entrance {
    /// The XML gateway: Web Services users and standard ones, in companies with Web Services, and only
    /// behind a sender that proved itself.
    Gateway,
    /// The console, and whatever else is for people: nobody who may use Web Services only.
    Console,
}

/// What a user presents at a door. Has no `Debug`, because of the secret.
#[derive(Clone)]
pub struct SignIn {
    /// The id of the company.
    pub company: String,
    /// The id of the user.
    pub user: String,
    /// A generated secret or a chosen password.
    pub secret: String,
    /// The id of the entity to work in; none for the top level.
    pub entity: Option<String>,
    /// Through what she wants to come in.
    pub entrance: Entrance,
    /// The sender that vouches for her and has proved itself; the console has none.
    pub sender: Option<Named>,
}

/// How it ended.
#[derive(Clone, Debug)]
pub enum SignInOutcome {
    /// She is in.
    In(Box<SignedIn>),
    /// She is not, and the caller gets [`refusal`] whatever the cause.
    Refused(Cause),
}

/// A user who proved herself and may come in.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The company.
    pub company: Named,
    /// The user.
    pub user: Named,
    /// With which credential.
    pub credential: RecordKey,
    /// Whether Web Services are her only way in.
    pub web_services_only: bool,
    /// What restricts her.
    pub limits: Limits,
    /// The entity that she works in; none at the top level.
    pub entity: Option<Named>,
}

/// Why somebody did not come in: for the audit trail, administrators and the log, never for the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// No sender vouched at the gateway.
    NotVouched,
    /// There is no such company.
    UnknownCompany,
    /// The company is not active.
    InactiveCompany,
    /// The company does not subscribe to Web Services.
    NoWebServices,
    /// There is no such user.
    UnknownUser,
    /// She may use Web Services only, and this was no door for them.
    WebServicesOnly,
    /// She is inactive.
    Inactive,
    /// She is locked out.
    Locked,
    /// There were too many failures, and nothing was compared.
    Delayed,
    /// The secret is not hers.
    WrongSecret,
    /// The code of her second factor is wrong, or was used before.
    WrongCode,
    /// The secret was hers once.
    EndedSecret,
    /// The password is right but has to be changed.
    Expired,
    /// She may not enter the entity, or not work at the top level.
    EntityClosed,
}

impl Cause {
    /// Its word in the audit trail.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NotVouched => "notVouched",
            Self::UnknownCompany => "unknownCompany",
            Self::InactiveCompany => "inactiveCompany",
            Self::NoWebServices => "noWebServices",
            Self::UnknownUser => "unknownUser",
            Self::WebServicesOnly => "webServicesOnly",
            Self::Inactive => "inactive",
            Self::Locked => "locked",
            Self::Delayed => "delayed",
            Self::WrongSecret => "wrongSecret",
            Self::WrongCode => "wrongCode",
            Self::EndedSecret => "endedSecret",
            Self::Expired => "expired",
            Self::EntityClosed => "entityClosed",
        }
    }
}

/// The one answer to everybody who did not come in.
#[must_use]
pub fn refusal() -> Problem {
    problem::SIGN_IN_REFUSED.problem()
}

/// What somebody wants who proves herself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To come in.
    Enter,
    /// To open the console, which may ask for a second factor before she is in.
    Knock,
    /// To show that it is still she who sits there; she is in already.
    Verify,
    /// To change her password, which may have expired; nothing else is opened.
    ChangePassword,
}

/// The presented secret, as far as it can be known without the user.
#[derive(Clone)]
enum Shown {
    Generated(Vec<(i64, Vec<u8>)>),
    Typed(Typed),
}

/// What a look at the user and her secret gave.
enum Looked {
    In(Box<SignedIn>),
    Out(Cause, Option<Named>),
    /// The attempt is counted and has to be compared with this.
    Compare(Named, Option<Chosen>),
}

/// A chosen password of a user.
#[derive(Clone)]
struct Chosen {
    credential: RecordKey,
    phc: String,
    since: i64,
    proof: Proof,
}

/// A user as a sign-in sees her.
pub(super) struct Found {
    pub(super) user: Named,
    status: String,
    pub(super) web_services_only: bool,
    keeps_password: bool,
    activated: bool,
    /// Whether she is active, or would be but for failed sign-ins.
    pub(super) stands: bool,
}

/// Everything that a sign-in takes into the database.
#[derive(Clone)]
struct Asked {
    company: Named,
    /// Why it cannot go well, whatever is found.
    cause: Option<Cause>,
    user: String,
    entity: Option<String>,
    entrance: Entrance,
    sender: Option<Named>,
    purpose: Purpose,
    source: String,
}

impl Engine {
    /// Lets a user in who presents a secret of hers, or says why not.
    ///
    /// Counts failures, delays and locks as the company's settings say; behind a sender, so a gateway
    /// proves its sender first. The first success activates the user, each is noted in the audit trail,
    /// and so are refusals with their cause, a second later.
    ///
    /// # Errors
    /// What the database or an overloaded hasher says. A refused sign-in is no error but an outcome, for
    /// which [`refusal`] is the answer.
    pub async fn sign_in(&self, sign_in: SignIn, call: Call) -> Result<SignInOutcome> {
        self.prove(sign_in, Purpose::Enter, call).await
    }

    pub(super) async fn prove(
        &self,
        sign_in: SignIn,
        purpose: Purpose,
        call: Call,
    ) -> Result<SignInOutcome> {
        let (company, mut cause) = self
            .company_asked(&storable(sign_in.company), &call)
            .await?;
        if sign_in.entrance == Entrance::Gateway && sign_in.sender.is_none() {
            cause = Some(Cause::NotVouched);
        }
        let asked = Asked {
            company,
            cause,
            user: storable(sign_in.user),
            entity: sign_in.entity.map(storable),
            entrance: sign_in.entrance,
            sender: sign_in.sender,
            purpose,
            source: source_of(&call.address),
        };
        let call = in_company(&call, asked.company.key);
        let (looked, user) = if kind_of(&sign_in.secret).is_some() {
            let shown = Shown::Generated(self.keyed_hashes(SecretKind::User, &sign_in.secret));
            match self.look(&asked, shown, &call).await? {
                Looked::Out(cause, user) => (SignInOutcome::Refused(cause), user),
                Looked::In(signed_in) => (SignInOutcome::In(signed_in), None),
                Looked::Compare(..) => {
                    return Err(Failure::broken("a generated secret is compared at once"));
                }
            }
        } else {
            self.prove_chosen(&asked, sign_in.secret, &call).await?
        };
        match &looked {
            SignInOutcome::In(signed_in) => {
                let now = self.source().now();
                let uses = &self.inner().last_uses;
                uses.note(asked.company.key, signed_in.credential, now, &call.address);
            }
            SignInOutcome::Refused(cause) => {
                let known = user.as_ref().map(|user| user.id.as_str());
                tracing::info!(request = %call.request, address = %call.address, company = %asked.company.id, user = known, cause = cause.word(), "refused a sign-in");
                if asked.company.key != nobody() && *cause != Cause::NotVouched {
                    let (company, now) = (asked.company.key, self.source().now());
                    let (user, sender) = (user.as_ref(), asked.sender.as_ref());
                    let evidence = &self.inner().evidence;
                    evidence.secret(company, user, sender, cause.word(), &call, now);
                }
            }
        }
        Ok(looked)
    }

    /// The company of an id, and why nobody comes in there; one that cannot be where there is none, so
    /// that the work is the same.
    pub(super) async fn company_asked(
        &self,
        id: &str,
        call: &Call,
    ) -> Result<(Named, Option<Cause>)> {
        let call = Call {
            by: By::System(None),
            ..call.clone()
        };
        let equal = [("id", Value::from(id))];
        let row = self
            .read(call, move |work| {
                work.first(COMPANY, &["key", "id", "status"], &equal)
            })
            .await?;
        let found = row.and_then(|row| {
            let company = Named {
                key: row[0].as_key()?,
                id: row[1].as_text()?.to_owned(),
            };
            let active = row[2].as_text() == Some("active");
            Some((company, (!active).then_some(Cause::InactiveCompany)))
        });
        Ok(found.unwrap_or_else(|| {
            let nowhere = Named {
                key: nobody(),
                id: String::new(),
            };
            (nowhere, Some(Cause::UnknownCompany))
        }))
    }

    async fn prove_chosen(
        &self,
        asked: &Asked,
        secret: String,
        call: &Call,
    ) -> Result<(SignInOutcome, Option<Named>)> {
        let inner = self.inner();
        inner.keyed_hashes.fetch_add(1, Ordering::Relaxed);
        let shown = Shown::Typed(inner.proofs.typed(&secret));
        let turns = inner
            .turns
            .take(asked.company.key, &asked.user, asked.entrance);
        let turn = turns.await?;
        let (user, chosen) = match self.look(asked, shown, call).await? {
            Looked::In(signed_in) => return Ok((SignInOutcome::In(signed_in), None)),
            Looked::Out(cause, user) => {
                // Nobody waits for what is compared with nothing.
                drop(turn);
                self.verify_password(secret, None).await?;
                self.write(call.clone(), pretend).await?;
                return Ok((SignInOutcome::Refused(cause), user));
            }
            Looked::Compare(user, chosen) => (user, chosen),
        };
        let phc = chosen.as_ref().map(|chosen| chosen.phc.clone());
        let compared = self.verify_password(secret, phc).await;
        let (about, key) = (asked.clone(), user.key);
        let fits = match compared {
            Ok(fits) => fits,
            Err(failure) => {
                // Nothing was compared.
                self.write(call.clone(), move |work| {
                    let policy = Policy::of(work)?;
                    Attempts::of(work, key, policy.most_failures)?.take_back(work, &about.source)
                })
                .await?;
                return Err(failure);
            }
        };
        let right = chosen.filter(|_| fits);
        if let Some(chosen) = &right {
            inner.proofs.note(chosen.proof, self.source().now());
        }
        let settled = self
            .write(call.clone(), move |work| {
                settle(work, &about, key, right.as_ref())
            })
            .await?;
        drop(turn);
        Ok(match settled {
            Ok(signed_in) => (SignInOutcome::In(signed_in), None),
            Err(cause) => (SignInOutcome::Refused(cause), Some(user)),
        })
    }

    async fn look(&self, asked: &Asked, shown: Shown, call: &Call) -> Result<Looked> {
        let asked = asked.clone();
        self.write(call.clone(), move |work| look(work, &asked, &shown))
            .await
    }
}

/// An id as databases can look for it: none has this character.
pub(super) fn storable(id: String) -> String {
    if id.contains('\0') { String::new() } else { id }
}

/// Finds the user, and compares what can be compared at once. Who is refused without a comparison
/// costs the database about what a failure costs.
fn look(work: &mut Work<'_>, asked: &Asked, shown: &Shown) -> Result<Looked> {
    let looked = compare(work, asked, shown)?;
    if matches!(looked, Looked::Out(cause, _) if cause != Cause::WrongSecret) {
        pretend(work)?;
    }
    Ok(looked)
}

/// Does for nobody what a failed attempt does for a user, so that the time of a refusal does not tell
/// whether there is such a user: it reads as much, and there is something to commit.
fn pretend(work: &mut Work<'_>) -> Result<()> {
    let policy = Policy::of(work)?;
    Attempts::of(work, nobody(), policy.most_failures)?;
    generated(work, nobody(), &[])?;
    let definition = work.object(ATTEMPT);
    for _ in 0..2 {
        let raised = work.session().raise_change(definition);
        work.stored(raised)?;
    }
    Ok(())
}

fn compare(work: &mut Work<'_>, asked: &Asked, shown: &Shown) -> Result<Looked> {
    let found = found(work, &asked.user)?;
    if let Some(cause) = closed(work, asked, found.as_ref())? {
        return Ok(Looked::Out(cause, found.map(|found| found.user)));
    }
    let Some(found) = found else {
        return Ok(Looked::Out(Cause::UnknownUser, None));
    };
    let user = found.user.clone();
    let policy = Policy::of(work)?;
    let mut attempts = Attempts::of(work, user.key, policy.most_failures)?;
    if attempts.delays(work, &asked.source)? {
        return Ok(Looked::Out(Cause::Delayed, Some(user)));
    }
    let out = |cause| Ok(Looked::Out(cause, Some(user.clone())));
    match shown {
        Shown::Generated(hashes) => match generated(work, user.key, hashes)? {
            Some((credential, true)) => {
                match admit(work, asked, &found, credential, None, &policy)? {
                    Ok(signed_in) => Ok(Looked::In(signed_in)),
                    Err(cause) => out(cause),
                }
            }
            Some((_, false)) => out(Cause::EndedSecret),
            None => {
                attempts.count(work, &asked.source)?;
                attempts.fail(work, &asked.source)?;
                out(Cause::WrongSecret)
            }
        },
        Shown::Typed(typed) => {
            let chosen = chosen(work, user.key, *typed)?;
            let known = chosen.as_ref().filter(|chosen| {
                let proofs = &work.inner().proofs;
                proofs.knows(chosen.proof, work.now())
            });
            if let Some(chosen) = known {
                let since = Some(chosen.since);
                let admitted = admit(work, asked, &found, chosen.credential, since, &policy)?;
                return match admitted {
                    Ok(signed_in) => Ok(Looked::In(signed_in)),
                    Err(cause) => out(cause),
                };
            }
            attempts.count(work, &asked.source)?;
            Ok(Looked::Compare(user, chosen))
        }
    }
}

/// After the comparison: the right password, as long as everything still stands, or a failure.
fn settle(
    work: &mut Work<'_>,
    asked: &Asked,
    user: RecordKey,
    right: Option<&Chosen>,
) -> Result<std::result::Result<Box<SignedIn>, Cause>> {
    let policy = Policy::of(work)?;
    let mut attempts = Attempts::of(work, user, policy.most_failures)?;
    let Some(right) = right else {
        attempts.fail(work, &asked.source)?;
        return Ok(Err(Cause::WrongSecret));
    };
    attempts.take_back(work, &asked.source)?;
    let found = found(work, &asked.user)?;
    if let Some(cause) = closed(work, asked, found.as_ref())? {
        return Ok(Err(cause));
    }
    let Some(found) = found.filter(|found| found.user.key == user) else {
        return Ok(Err(Cause::UnknownUser));
    };
    let live = [
        ("key", Value::Key(right.credential)),
        ("status", Value::from("active")),
    ];
    let still = work.first(CREDENTIAL, &["phc", "expiresAt"], &live)?;
    let still = still.is_some_and(|row| {
        row[0].as_text() == Some(right.phc.as_str()) && lives(&row[1], work.now())
    });
    if !still {
        return Ok(Err(Cause::EndedSecret));
    }
    let since = Some(right.since);
    admit(work, asked, &found, right.credential, since, &policy)
}

pub(super) fn lives(expires: &Value, now: i64) -> bool {
    expires.as_number().is_none_or(|ends| ends > now)
}

pub(super) fn found(work: &mut Work<'_>, id: &str) -> Result<Option<Found>> {
    let fields = [
        "key",
        "id",
        "status",
        "webServices.isRestricted",
        "password.neverExpires",
        "activatedAt",
        "automaticLockAt",
    ];
    let row = work.first(USER, &fields, &[("id", Value::from(id))])?;
    Ok(row.and_then(|row| {
        let yes = |at: usize| row[at] == Value::Boolean(true);
        Some(Found {
            user: Named {
                key: row[0].as_key()?,
                id: row[1].as_text()?.to_owned(),
            },
            status: row[2].as_text().unwrap_or_default().to_owned(),
            web_services_only: yes(3),
            keeps_password: yes(4),
            activated: !row[5].is_null(),
            stands: stands(&row[2], &row[6]),
        })
    }))
}

/// Whether a user may open the console, once she has proved herself.
pub(super) fn may_open_console(found: &Found) -> bool {
    found.status == "active" && !found.web_services_only
}

/// Whether the company subscribes to Web Services, without which its gateway is closed.
pub(crate) fn has_web_services(work: &mut Work<'_>) -> Result<bool> {
    let module = [("id", Value::from(WEB_SERVICES))];
    Ok(work.first(SUBSCRIPTION, &["key"], &module)?.is_some())
}

/// Why a user does not come in here, whatever she presents.
fn closed(work: &mut Work<'_>, asked: &Asked, found: Option<&Found>) -> Result<Option<Cause>> {
    if asked.cause.is_some() {
        return Ok(asked.cause);
    }
    if asked.entrance == Entrance::Gateway && !has_web_services(work)? {
        return Ok(Some(Cause::NoWebServices));
    }
    let Some(found) = found else {
        return Ok(Some(Cause::UnknownUser));
    };
    if asked.entrance == Entrance::Console && found.web_services_only {
        return Ok(Some(Cause::WebServicesOnly));
    }
    Ok(match found.status.as_str() {
        "active" => None,
        "lockedOut" => Some(Cause::Locked),
        _ => Some(Cause::Inactive),
    })
}

/// The credential whose generated secret was presented, and whether it still opens.
fn generated(
    work: &mut Work<'_>,
    user: RecordKey,
    hashes: &[(i64, Vec<u8>)],
) -> Result<Option<(RecordKey, bool)>> {
    let now = work.now();
    let fits = |row: &[Value]| match (&row[1], &row[2]) {
        (Value::Integer(number), Value::Bytes(stored)) => hashes
            .iter()
            .any(|(known, hash)| known == number && bool::from(stored.ct_eq(hash))),
        _ => false,
    };
    // Some of the live ones may have expired since they were last looked at.
    for (status, most) in [("active", 10 * MOST_LIVE), ("ended", MOST_ENDED)] {
        let equal = [
            ("user.key", Value::Key(user)),
            ("status", Value::from(status)),
        ];
        let fields = ["key", "keyNumber", "hash", "expiresAt"];
        let rows = work.all(CREDENTIAL, &fields, &equal, most)?;
        let found = rows.iter().find(|row| fits(row));
        if let Some((row, key)) = found.and_then(|row| Some((row, row[0].as_key()?))) {
            return Ok(Some((key, status == "active" && lives(&row[3], now))));
        }
    }
    Ok(None)
}

/// The user's chosen password, the newest if there were several.
fn chosen(work: &mut Work<'_>, user: RecordKey, typed: Typed) -> Result<Option<Chosen>> {
    let equal = [
        ("user.key", Value::Key(user)),
        ("kind", Value::from("password")),
        ("status", Value::from("active")),
    ];
    let fields = ["key", "phc", "expiresAt", "audit.createdDateTime"];
    let rows = work.all(CREDENTIAL, &fields, &equal, 10 * MOST_LIVE)?;
    let (now, company) = (work.now(), work.actor().company.unwrap_or_else(nobody));
    let proofs = &work.inner().proofs;
    let live = rows.iter().rev().filter(|row| lives(&row[2], now));
    let found = live.filter_map(|row| {
        let (credential, phc) = (row[0].as_key()?, row[1].as_text()?);
        Some(Chosen {
            credential,
            phc: phc.to_owned(),
            since: row[3].as_number()?,
            proof: proofs.proof(typed, company, user, credential, phc),
        })
    });
    Ok(found.take(1).next())
}

/// The user with the right secret comes in, unless her password is too old or her place is closed.
/// `since` is when she chose it.
fn admit(
    work: &mut Work<'_>,
    asked: &Asked,
    found: &Found,
    credential: RecordKey,
    since: Option<i64>,
    policy: &Policy,
) -> Result<std::result::Result<Box<SignedIn>, Cause>> {
    let user = &found.user;
    let Some(person) = work.person(user.key)? else {
        return Ok(Err(Cause::UnknownUser));
    };
    let mut entity = None;
    if matches!(asked.purpose, Purpose::Enter | Purpose::Knock) {
        let age = since.map_or(0, |since| work.now() - since);
        if !found.keeps_password && policy.lives.is_some_and(|lives| age >= lives) {
            return Ok(Err(Cause::Expired));
        }
        entity = match &asked.entity {
            Some(id) => enter(work, &person.limits, id)?,
            None if asked.entrance == Entrance::Console && !person.at_top => {
                home(work, &person.limits)?
            }
            None => None,
        };
        if entity.is_none() && (asked.entity.is_some() || !person.at_top) {
            return Ok(Err(Cause::EntityClosed));
        }
    }
    match asked.purpose {
        Purpose::Enter => {
            if forgives(work, found)? {
                work.forget_attempts(user.key)?;
            }
            welcome(work, found, entity.as_ref(), asked.sender.as_ref())?;
        }
        Purpose::ChangePassword | Purpose::Verify => {
            if forgives(work, found)? {
                work.forget_attempts(user.key)?;
            }
        }
        // She may not be in yet.
        Purpose::Knock => {}
    }
    Ok(Ok(Box::new(SignedIn {
        company: asked.company.clone(),
        user: user.clone(),
        credential,
        web_services_only: found.web_services_only,
        limits: person.limits,
        entity,
    })))
}

/// Whether a password alone makes up for failures. Who has a second factor could otherwise have its
/// codes guessed without end by somebody who knows her password.
fn forgives(work: &mut Work<'_>, found: &Found) -> Result<bool> {
    Ok(found.web_services_only || !second_factor::has(work, found.user.key)?)
}

/// What follows when a user is in: the first time is noted with her, and each in the trail.
pub(super) fn welcome(
    work: &mut Work<'_>,
    found: &Found,
    entity: Option<&Named>,
    sender: Option<&Named>,
) -> Result<()> {
    let user = &found.user;
    if !found.activated {
        let now = Value::Moment(work.now());
        let draft = draft_of(work, USER, &[("activatedAt", now)]);
        work.update_with(work.object(USER), user.key, &draft, None, Leave::System)?;
    }
    let mut trail = work.actor().clone();
    trail.user = Some(user.clone());
    trail.entity = entity.cloned();
    trail.sender = sender.cloned();
    note_sign_in(work, &trail, "signIn")
}

/// Where somebody begins who may not work at the top level: in the first of her entities.
pub(super) fn home(work: &mut Work<'_>, limits: &Limits) -> Result<Option<Named>> {
    for key in limits.entities.iter().flatten() {
        let row = work.first(ENTITY, &["key", "id"], &[("key", Value::Key(*key))])?;
        if let Some(found) = row.and_then(|row| named(&row, 0)) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
