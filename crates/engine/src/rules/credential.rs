//! Credentials of users: made, delivered, ended.
//!
//! Making one over a door is a reset: a new secret goes to the account e-mail address, or a link that
//! makes it, and the credentials of before end at once or at a chosen time. What founds a company
//! brings its secret along, hashed, and delivers nothing.

use sidegate_model::{Failure, Operation, RecordKey, Result, Value, problem};

use super::{NONE, RuleSet, power};
use crate::audit;
use crate::credential::{SecretKind, generate, generate_reveal};
use crate::mail::CredentialMail;
use crate::mail::letter::{PASSWORD, REVEAL_LINK, Template, moment};
use crate::mail::outbox::Outgoing;
use crate::pipeline::{Change, Leave};
use crate::sign_in::{delete_console_sessions, delete_sessions, draft_of};
use crate::work::{Work, refuse_all};

pub(crate) const CREDENTIAL: &str = "sidegate/credential";
const USERS: &str = "company-config/user";
const USER: &str = "user";
const NAME: &str = "name";
const KEY_NUMBER: &str = "keyNumber";
const HASH: &str = "hash";
const PHC: &str = "phc";
const OTHERS_END: &str = "othersEndAt";
const EXPIRES: &str = "expiresAt";
const STATUS: &str = "status";
/// The credentials of before work on for so many days at most.
const MOST_DAYS: i64 = 30;
const DAY: i64 = 86_400_000_000;
/// A link lives for an hour.
pub(crate) const LINK_LIVES: i64 = 3_600_000_000;
/// So many live credentials a user has at most; when there are more the oldest end.
pub(crate) const MOST_LIVE: u32 = 10;
/// Expired ones are ended in portions.
const AT_ONCE: u32 = 100;

pub(super) const RULES: RuleSet = RuleSet {
    object: CREDENTIAL,
    fields: &[
        USER, NAME, KEY_NUMBER, HASH, PHC, OTHERS_END, EXPIRES, STATUS,
    ],
    before: &[
        power::is_of_no_stronger_user,
        only_ends,
        overlaps_for_a_while,
        is_made_and_delivered,
        takes_its_sessions_along,
    ],
    after: &[leaves_a_trail],
    ..NONE
};

/// A credential begins by itself, and the only word about its status is that it ends.
fn only_ends(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.leave == Leave::System || work.actor().is_system() || !change.was_sent(STATUS) {
        return Ok(());
    }
    let ends = change.operation == Operation::Update && change.text(STATUS) == "ended";
    if !ends {
        let place = change.place(STATUS);
        return Err(problem::CREDENTIAL_ONLY_ENDS
            .with("FIELD", &place)
            .at(place)
            .into());
    }
    if change.changes(STATUS) {
        change.set(EXPIRES, Value::Moment(work.now()));
    }
    Ok(())
}

/// The credentials of before go on for at most 30 days.
fn overlaps_for_a_while(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let Some(at) = change.value(OTHERS_END).as_number() else {
        return Ok(());
    };
    let new = change.operation == Operation::Create;
    if !new || (work.now() < at && at <= work.now() + MOST_DAYS * DAY) {
        return Ok(());
    }
    let place = change.place(OTHERS_END);
    refuse_all(vec![
        problem::OVERLAP_RANGE
            .with("FIELD", &place)
            .with("DAYS", MOST_DAYS.to_string())
            .at(place),
    ])
}

/// A new credential that brings no hash along gets its secret, or the link to it, by mail.
fn is_made_and_delivered(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Create || brings_its_hash(change) {
        return Ok(());
    }
    let Some(user) = change.value(USER).as_key() else {
        return Ok(());
    };
    end_links(work, user, "a newer password took its place")?;
    match work.inner().settings.mail.credentials {
        CredentialMail::Password => makes_a_secret(work, change, user),
        CredentialMail::RevealLink => makes_a_link(work, change, user),
    }
}

/// The sessions that it opened go with it.
fn takes_its_sessions_along(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Delete {
        return Ok(());
    }
    let with_it = [("credential.key", Value::Key(change.key()))];
    delete_sessions(work, &with_it)?;
    delete_console_sessions(work, &with_it)
}

fn brings_its_hash(change: &Change<'_>) -> bool {
    change.was_sent(HASH) || change.was_sent(PHC)
}

fn makes_a_secret(work: &mut Work<'_>, change: &mut Change<'_>, user: RecordKey) -> Result<()> {
    let others_end = change.value(OTHERS_END).as_number();
    let others = end_others(work, user, change.key(), others_end)?;
    let secret = generate(work.source(), SecretKind::User);
    let hash = work.inner().keys.hash(SecretKind::User.purpose(), &secret);
    change.set(KEY_NUMBER, Value::Integer(hash.number));
    change.set(HASH, Value::Bytes(hash.hash));
    let before = match others_end {
        _ if others == 0 => String::new(),
        None => "Passwords of before no longer work.".to_owned(),
        Some(at) => format!("A password of before goes on working until {}.", moment(at)),
    };
    let told = told(work, user)?;
    let mut values = told.values();
    values.extend([("SECRET", secret.as_str()), ("BEFORE", before.as_str())]);
    work.post(&Outgoing {
        user,
        to: &told.email,
        letter: &PASSWORD.letter(&values),
        secret: true,
        worth_until: None,
    })
}

fn makes_a_link(work: &mut Work<'_>, change: &mut Change<'_>, user: RecordKey) -> Result<()> {
    let company = work.actor().company;
    let company = company.ok_or_else(|| Failure::broken("a credential outside of companies"))?;
    let link = generate_reveal(work.source(), company);
    let hash = work.inner().keys.hash(SecretKind::Reveal.purpose(), &link);
    let ends = work.now() + LINK_LIVES;
    change.set(KEY_NUMBER, Value::Integer(hash.number));
    change.set(HASH, Value::Bytes(hash.hash));
    change.set(EXPIRES, Value::Moment(ends));
    change.set(STATUS, Value::from("pending"));
    mail_link(work, user, &REVEAL_LINK, &format!("reveal/{link}"), ends)
}

/// Mails a user a link below Sidegate's own paths that works until a moment.
pub(crate) fn mail_link(
    work: &mut Work<'_>,
    user: RecordKey,
    template: &Template,
    path: &str,
    ends: i64,
) -> Result<()> {
    let address = format!("{}/sidegate/v1/{path}", work.inner().public_url());
    let until = moment(ends);
    let told = told(work, user)?;
    let mut values = told.values();
    values.extend([("LINK", address.as_str()), ("UNTIL", until.as_str())]);
    work.post(&Outgoing {
        user,
        to: &told.email,
        letter: &template.letter(&values),
        secret: true,
        worth_until: Some(ends),
    })
}

/// What a reset, its link and its end leave in the audit trail. Uses are no changes.
fn leaves_a_trail(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    let noted = match change.operation {
        Operation::Create => !brings_its_hash(change),
        Operation::Update => [STATUS, NAME, EXPIRES].iter().any(|at| change.changes(at)),
        Operation::Delete | Operation::List | Operation::Get => false,
    };
    if noted {
        audit::note_change(work, change)
    } else {
        Ok(())
    }
}

/// What mails say of a user.
pub(crate) struct Told {
    pub(crate) user: String,
    pub(crate) name: String,
    pub(crate) email: String,
    pub(crate) company: String,
    pub(crate) company_name: String,
}

impl Told {
    pub(crate) fn values(&self) -> Vec<(&str, &str)> {
        vec![
            ("USER", self.user.as_str()),
            ("NAME", self.name.as_str()),
            ("COMPANY", self.company.as_str()),
            ("COMPANY_NAME", self.company_name.as_str()),
        ]
    }
}

/// The same of a user by her key.
pub(crate) fn told(work: &mut Work<'_>, user: RecordKey) -> Result<Told> {
    let fields = ["id", "userName", "accountEmail"];
    let row = work.first(USERS, &fields, &[("key", Value::Key(user))])?;
    let text = |at: usize| {
        let value = row.as_ref().and_then(|row| row[at].as_text());
        value.unwrap_or_default().to_owned()
    };
    let (company, company_name) = work.company_called()?;
    Ok(Told {
        user: text(0),
        name: text(1),
        email: text(2),
        company,
        company_name,
    })
}

/// Makes a new secret for a user and delivers it, as Sidegate's own decision.
pub(crate) fn reset(work: &mut Work<'_>, user: RecordKey) -> Result<()> {
    let draft = draft_of(work, CREDENTIAL, &[(USER, Value::Key(user))]);
    let definition = work.object(CREDENTIAL);
    work.create_with(definition, &draft, Leave::System)
        .map(drop)
}

/// Ends the links of a user that were not used, and takes back mails with a secret that did not leave.
pub(crate) fn end_links(work: &mut Work<'_>, user: RecordKey, reason: &str) -> Result<()> {
    work.withdraw_secrets(user, reason)?;
    let pending = [
        (USER_KEY, Value::Key(user)),
        (STATUS, Value::from("pending")),
    ];
    for row in work.all(CREDENTIAL, &["key"], &pending, AT_ONCE)? {
        if let Some(key) = row[0].as_key() {
            let now = work.now();
            end(work, key, now)?;
        }
    }
    Ok(())
}

const USER_KEY: &str = "user.key";

/// Ends the live credentials of a user but one, now or at a moment, and counts them. Only so many go
/// on, the newest.
pub(crate) fn end_others(
    work: &mut Work<'_>,
    user: RecordKey,
    but: RecordKey,
    at: Option<i64>,
) -> Result<usize> {
    let live = [
        (USER_KEY, Value::Key(user)),
        (STATUS, Value::from("active")),
    ];
    let rows = work.all(CREDENTIAL, &["key", EXPIRES], &live, 1000)?;
    let others: Vec<(RecordKey, Option<i64>)> = rows
        .iter()
        .filter_map(|row| Some((row[0].as_key()?, row[1].as_number())))
        .filter(|(key, _)| *key != but)
        .collect();
    let now = work.now();
    // Keys grow with time.
    let found = others.len();
    let too_many = (found + 1).saturating_sub(MOST_LIVE as usize);
    for (number, (key, expires)) in others.into_iter().enumerate() {
        let ends = match at {
            Some(at) if number >= too_many => expires.map_or(at, |expires| expires.min(at)),
            _ => now,
        };
        if ends <= now {
            end(work, key, ends)?;
        } else if expires != Some(ends) {
            let draft = draft_of(work, CREDENTIAL, &[(EXPIRES, Value::Moment(ends))]);
            let definition = work.object(CREDENTIAL);
            work.update_with(definition, key, &draft, None, Leave::System)?;
            if let Some(company) = work.actor().company {
                work.inner().postbox.note(company, ends);
            }
        }
    }
    Ok(found)
}

/// Ends a credential or link.
pub(crate) fn end(work: &mut Work<'_>, key: RecordKey, at: i64) -> Result<()> {
    let values = [(STATUS, Value::from("ended")), (EXPIRES, Value::Moment(at))];
    let draft = draft_of(work, CREDENTIAL, &values);
    let definition = work.object(CREDENTIAL);
    work.update_with(definition, key, &draft, None, Leave::System)
        .map(drop)
}

impl Work<'_> {
    /// When the next live credential or link ends.
    pub(crate) fn next_expiry(&mut self) -> Result<Option<i64>> {
        let mut soonest = None;
        for status in ["active", "pending"] {
            let equal = [(STATUS, Value::from(status))];
            let row = self.due(CREDENTIAL, &[EXPIRES], &equal, (EXPIRES, i64::MAX), 1)?;
            let at = row.first().and_then(|row| row[0].as_number());
            soonest = [soonest, at].into_iter().flatten().min();
        }
        Ok(soonest)
    }

    /// Ends credentials and links whose time is over, at most so many, and counts them. They open
    /// nothing before that either; now they also say so.
    pub(crate) fn end_expired(&mut self) -> Result<usize> {
        let now = self.now();
        let mut ended = 0;
        for status in ["active", "pending"] {
            let equal = [(STATUS, Value::from(status))];
            let fields = ["key", EXPIRES];
            for row in self.due(CREDENTIAL, &fields, &equal, (EXPIRES, now), AT_ONCE)? {
                if let (Some(key), Some(at)) = (row[0].as_key(), row[1].as_number()) {
                    end(self, key, at)?;
                    ended += 1;
                }
            }
        }
        Ok(ended)
    }
}
