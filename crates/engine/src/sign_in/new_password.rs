//! Passwords that people choose: changed with the old one, or by a link when it was forgotten.
//!
//! Web Services users have none of it: what they have is made for them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sidegate_model::{Failure, RecordKey, Result, Value, problem};

use super::attempts::source_of;
use super::enter::{Entrance, Purpose, SignIn, SignInOutcome, found, refusal, storable};
use super::grant::in_company;
use super::policy::Policy;
use super::reveal::{Link, Waiting, waiting};
use super::{USER, draft_of};
use crate::actor::{Call, Named};
use crate::audit::{self, Happening, Line};
use crate::credential::{SecretKind, generate_forgotten};
use crate::engine::Engine;
use crate::mail::letter::{FORGOTTEN, PASSWORD_CHOSEN};
use crate::mail::outbox::Outgoing;
use crate::pipeline::Leave;
use crate::rules::credential::{
    CREDENTIAL, LINK_LIVES, end, end_links, end_others, mail_link, told,
};
use crate::work::{Work, refuse_all};

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// So many times one source asks for a link within [`WINDOW`].
const MOST_ASKED: u32 = 20;
const WINDOW: i64 = 600 * SECOND;
/// So many sources are remembered.
const MOST_SOURCES: usize = 10_000;
/// One user gets no second link so soon.
const BETWEEN_LINKS: i64 = 60 * SECOND;
/// So many passwords of before are kept, which is all that a company can ask to look at.
const KEPT: usize = 20;
const ALL: u32 = 1000;

/// A user who gives herself another password. Has no `Debug`, because of the secrets.
#[derive(Clone)]
pub struct PasswordChange {
    /// The id of the company.
    pub company: String,
    /// The id of the user.
    pub user: String,
    /// What she has now: a password, also one that has expired, or a generated secret.
    pub password: String,
    /// What she wants to have.
    pub new_password: String,
    /// Where the new one stood, as problems name it.
    pub place: &'static str,
}

/// Who has a new password.
#[derive(Clone, Debug)]
pub struct Renewed {
    /// The id of the company.
    pub company: String,
    /// The id of the user.
    pub user: String,
}

/// How often each source asked for a link.
#[derive(Debug, Default)]
pub(crate) struct Askings {
    seen: Mutex<HashMap<String, (i64, u32)>>,
}

impl Askings {
    /// Counts a request; the refusal tells how long to wait.
    fn count(&self, source: String, now: i64) -> Result<()> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST_SOURCES {
            seen.retain(|_, (began, _)| *began + WINDOW > now);
            // Who comes from so many places is not held by this bound; those of the accounts stand.
            if seen.len() >= MOST_SOURCES {
                seen.clear();
            }
        }
        let (began, times) = seen.entry(source).or_insert((now, 0));
        if *began + WINDOW <= now {
            (*began, *times) = (now, 0);
        }
        *times += 1;
        if *times <= MOST_ASKED {
            return Ok(());
        }
        let seconds = (*began + WINDOW - now) / SECOND + 1;
        Err(problem::TOO_MANY_REQUESTS
            .with("SECONDS", seconds.to_string())
            .into())
    }
}

impl Engine {
    /// Gives a person another password, if she has the old one and the company takes the new one.
    ///
    /// # Errors
    /// One refusal for whatever is wrong with company, user or old password, as at any sign-in; all that
    /// the company does not take about the new one.
    pub async fn change_password(&self, change: PasswordChange, call: Call) -> Result<()> {
        let asked = SignIn {
            company: change.company,
            user: change.user,
            secret: change.password,
            entity: None,
            entrance: Entrance::Console,
            sender: None,
        };
        let proved = self
            .prove(asked, Purpose::ChangePassword, call.clone())
            .await?;
        let SignInOutcome::In(proved) = proved else {
            return Err(refusal().into());
        };
        let call = in_company(&call, proved.company.key);
        let (user, credential) = (proved.user, proved.credential);
        let phc = self
            .hash_chosen(&user, change.new_password, change.place, &call)
            .await?;
        self.write(call, move |work| {
            // Somebody may have ended it meanwhile.
            let live = [
                ("key", Value::Key(credential)),
                ("status", Value::from("active")),
            ];
            if work.first(CREDENTIAL, &["key"], &live)?.is_none() {
                return Err(refusal().into());
            }
            may_change_today(work, user.key)?;
            end_links(work, user.key, "the user chose a password")?;
            let values = [
                ("user", Value::Key(user.key)),
                ("kind", Value::from("password")),
                ("phc", Value::from(phc.as_str())),
            ];
            let draft = draft_of(work, CREDENTIAL, &values);
            let definition = work.object(CREDENTIAL);
            let key = work.create_with(definition, &draft, Leave::System)?.key;
            is_chosen(work, &user, key)
        })
        .await
    }

    /// Sends a person a link to choose another password, if there is such a person and she may have
    /// one. Whoever asks gets the same answer after the same work, before anything is looked up: what
    /// comes of it stands in the mail alone.
    ///
    /// # Errors
    /// When one source asks too often.
    pub async fn forgot_password(&self, company: &str, user: &str, call: Call) -> Result<()> {
        let now = self.source().now();
        let source = source_of(&call.address);
        self.inner().askings.count(source, now)?;
        let (company, closed) = self
            .company_asked(&storable(company.to_owned()), &call)
            .await?;
        let call = in_company(&call, company.key);
        let user = storable(user.to_owned());
        // Nobody waits for this, so that its time tells nothing.
        drop(self.write(call, move |work| {
            if closed.is_none() {
                send_link(work, &user)?;
            }
            Ok(())
        }));
        Ok(())
    }

    /// Whether a link still sets a password. Changes nothing.
    ///
    /// # Errors
    /// When it does not, whatever the reason.
    pub async fn look_at_password_link(&self, link: &str, call: Call) -> Result<()> {
        let link = self.password_link(link, &call).await?;
        self.read(in_company(&call, link.company), move |work| {
            person_waiting(work, &link).map(drop)
        })
        .await
    }

    /// Sets the password of a link, if the company takes it; then the link and the credentials of
    /// before work no more, and an automatic lock ends.
    ///
    /// # Errors
    /// When the link is void, or all that the company does not take about the password.
    pub async fn use_password_link(
        &self,
        link: &str,
        password: String,
        place: &'static str,
        call: Call,
    ) -> Result<Renewed> {
        let link = self.password_link(link, &call).await?;
        let call = in_company(&call, link.company);
        let looked = link.clone();
        let found = self
            .read(call.clone(), move |work| person_waiting(work, &looked))
            .await?;
        let user = Named {
            key: found.user,
            id: found.user_id,
        };
        let phc = self.hash_chosen(&user, password, place, &call).await?;
        self.write(call, move |work| {
            let found = person_waiting(work, &link)?;
            let values = [
                ("status", Value::from("active")),
                ("keyNumber", Value::Null),
                ("hash", Value::Null),
                ("phc", Value::from(phc.as_str())),
                ("expiresAt", Value::Null),
            ];
            let draft = draft_of(work, CREDENTIAL, &values);
            let definition = work.object(CREDENTIAL);
            work.update_with(definition, found.credential, &draft, None, Leave::System)?;
            end_links(work, user.key, "the user chose a password")?;
            is_chosen(work, &user, found.credential)?;
            let locked = [
                ("key", Value::Key(user.key)),
                ("status", Value::from("lockedOut")),
            ];
            if work.first(USER, &["key"], &locked)?.is_some() {
                let values = [
                    ("status", Value::from("active")),
                    ("automaticLockAt", Value::Null),
                ];
                let draft = draft_of(work, USER, &values);
                work.update_with(work.object(USER), user.key, &draft, None, Leave::System)?;
            }
            work.forget_attempts(user.key)?;
            let (company, _) = work.company_called()?;
            Ok(Renewed {
                company,
                user: user.id.clone(),
            })
        })
        .await
    }

    async fn password_link(&self, link: &str, call: &Call) -> Result<Link> {
        let link = self.link(SecretKind::Forgotten, link, call).await?;
        link.ok_or_else(void)
    }

    /// The hash of a password that the company takes for a user.
    async fn hash_chosen(
        &self,
        user: &Named,
        password: String,
        place: &'static str,
        call: &Call,
    ) -> Result<String> {
        let (key, id, text) = (user.key, user.id.clone(), password.clone());
        let (history, before) = self
            .read(call.clone(), move |work| {
                let policy = Policy::of(work)?;
                let fields = ["password.disablePassword"];
                let row = work.first(USER, &fields, &[("key", Value::Key(key))])?;
                let any_characters = row.is_some_and(|row| row[0] == Value::Boolean(true));
                refuse_all(policy.violations(&text, &id, any_characters, place))?;
                let chosen = chosen_before(work, key)?;
                let hashes = chosen.into_iter().rev().filter_map(|chosen| chosen.phc);
                Ok((
                    policy.history,
                    hashes.take(policy.history).collect::<Vec<_>>(),
                ))
            })
            .await?;
        for phc in before {
            if self.verify_password(password.clone(), Some(phc)).await? {
                return Err(problem::PASSWORD_USED
                    .with("FIELD", place)
                    .with("COUNT", history.to_string())
                    .at(place)
                    .into());
            }
        }
        self.hash_password(password).await
    }
}

fn void() -> Failure {
    problem::PASSWORD_LINK_VOID.problem().into()
}

/// A password that was chosen, or a link to choose one.
struct ChosenBefore {
    key: RecordKey,
    /// None while its link was not used.
    phc: Option<String>,
    status: String,
    created: i64,
}

/// What a user chose and was sent links for, the oldest first.
fn chosen_before(work: &mut Work<'_>, user: RecordKey) -> Result<Vec<ChosenBefore>> {
    let equal = [
        ("user.key", Value::Key(user)),
        ("kind", Value::from("password")),
    ];
    let fields = ["key", "phc", "status", "audit.createdDateTime"];
    let rows = work.all(CREDENTIAL, &fields, &equal, ALL)?;
    let read = |row: &Vec<Value>| {
        Some(ChosenBefore {
            key: row[0].as_key()?,
            phc: row[1].as_text().map(str::to_owned),
            status: row[2].as_text().unwrap_or_default().to_owned(),
            created: row[3].as_number().unwrap_or_default(),
        })
    };
    Ok(rows.iter().filter_map(read).collect())
}

/// A user changes her password so many times a day, as the company says.
fn may_change_today(work: &mut Work<'_>, user: RecordKey) -> Result<()> {
    let most = Policy::of(work)?.changes;
    let since = work.now() - DAY;
    let today = chosen_before(work, user)?
        .into_iter()
        .filter(|chosen| chosen.phc.is_some() && chosen.created > since)
        .count();
    if today < most {
        return Ok(());
    }
    Err(problem::PASSWORD_CHANGES
        .with("MOST", most.to_string())
        .into())
}

/// What follows when a user has chosen a password: those of before end, the trail says so, and so does
/// a mail to her.
fn is_chosen(work: &mut Work<'_>, user: &Named, credential: RecordKey) -> Result<()> {
    end_others(work, user.key, credential, None)?;
    let chosen = chosen_before(work, user.key)?;
    let ended = chosen.iter().rev().filter(|one| one.status == "ended");
    let (used, unused): (Vec<_>, Vec<_>) = ended.partition(|one| one.phc.is_some());
    let definition = work.object(CREDENTIAL);
    for old in used.into_iter().skip(KEPT).chain(unused) {
        work.delete_with(definition, old.key, None, Leave::System)?;
    }
    let mut trail = work.actor().clone();
    trail.user = Some(user.clone());
    let happening = Happening {
        event: "update",
        object: CREDENTIAL,
        record: Some(credential),
        id: &user.id,
        personal: false,
        entity: None,
    };
    let line = Line {
        field: "phc".to_owned(),
        before: None,
        after: Some("changed".to_owned()),
    };
    audit::note_as(work, &trail, &happening, &[line])?;
    let told = told(work, user.key)?;
    work.post(&Outgoing {
        user: user.key,
        to: &told.email,
        letter: &PASSWORD_CHOSEN.letter(&told.values()),
        secret: false,
        worth_until: None,
    })
}

/// The credential of a person that waits for a link, as long as she may come in.
fn person_waiting(work: &mut Work<'_>, link: &Link) -> Result<Waiting> {
    let waiting = waiting(work, link)?.ok_or_else(void)?;
    let person = found(work, &waiting.user_id)?.filter(|found| found.stands);
    match person {
        Some(found) if !found.web_services_only => Ok(waiting),
        _ => Err(void()),
    }
}

/// Sends a link to a person, unless she got too many.
fn send_link(work: &mut Work<'_>, id: &str) -> Result<()> {
    let person = found(work, id)?.filter(|found| found.stands && !found.web_services_only);
    let (Some(person), Some(company)) = (person, work.actor().company) else {
        return Ok(());
    };
    let (user, now) = (person.user.key, work.now());
    let most = Policy::of(work)?.links;
    let chosen = chosen_before(work, user)?;
    let unused: Vec<&ChosenBefore> = chosen.iter().filter(|one| one.phc.is_none()).collect();
    let today = unused.iter().filter(|one| one.created > now - DAY).count();
    let soon = unused.iter().any(|one| one.created > now - BETWEEN_LINKS);
    if today >= most || soon {
        return Ok(());
    }
    let definition = work.object(CREDENTIAL);
    for one in unused {
        if one.created <= now - DAY {
            work.delete_with(definition, one.key, None, Leave::System)?;
        } else if one.status == "pending" {
            end(work, one.key, now)?;
        }
    }
    let link = generate_forgotten(work.source(), company);
    let hash = work
        .inner()
        .keys
        .hash(SecretKind::Forgotten.purpose(), &link);
    let ends = now + LINK_LIVES;
    let values = [
        ("user", Value::Key(user)),
        ("kind", Value::from("password")),
        ("status", Value::from("pending")),
        ("keyNumber", Value::Integer(hash.number)),
        ("hash", Value::Bytes(hash.hash)),
        ("expiresAt", Value::Moment(ends)),
    ];
    let draft = draft_of(work, CREDENTIAL, &values);
    work.create_with(definition, &draft, Leave::System)?;
    mail_link(
        work,
        user,
        &FORGOTTEN,
        &format!("password/new/{link}"),
        ends,
    )
}
