//! Sends what waits in the outbox.
//!
//! A mail is claimed in one write of its company, sent outside of any transaction, and settled in
//! another write. While it is claimed no other node takes it, so none goes out twice; only when a
//! node dies between the server's word and its own note of it does another node send the mail again,
//! under the same message id.

use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sidegate_model::{Failure, RecordKey, Result, Value};

use super::mailbox::Kept;
use super::outbox::{OUTBOX, cut, identity};
use super::smtp::Parcel;
use super::{Delivery, Failed};
use crate::actor::{Call, Door};
use crate::engine::Engine;
use crate::sign_in::draft_of;
use crate::work::Work;

const MINUTE: i64 = 60_000_000;
/// After each failed attempt a mail waits so many minutes; after the last of these it is given up.
const PAUSES: [i64; 7] = [1, 5, 15, 60, 240, 720, 1440];
/// So long a mail is left to the node that claimed it.
const CLAIMED: i64 = 10 * MINUTE;
/// When the mail server is away, nothing is tried for so long.
const AWAY: Duration = Duration::from_secs(4);
/// After a fault of ours the company is looked at again so much later.
const AFTER_FAULT: i64 = MINUTE;
/// A company's turn ends after so many mails, so that the others have theirs.
const MOST_AT_ONCE: usize = 20;
/// What other nodes left behind is looked for so often.
const LOOK_AROUND: i64 = 5 * MINUTE;
/// So many companies are looked at.
const MOST_COMPANIES: u32 = 1_000_000;
/// What is left of a mail in the outbox goes after so long; the delivery record stays.
const KEPT: i64 = 30 * 24 * 60 * MINUTE;
/// With each finished mail at most so many old ones go: more than one, so that none pile up.
const MOST_SWEPT: u32 = 4;

/// Which companies have something due, and when.
#[derive(Debug, Default)]
pub(crate) struct Postbox {
    agenda: Mutex<Agenda>,
    bell: Condvar,
}

#[derive(Debug, Default)]
struct Agenda {
    due: BTreeMap<RecordKey, i64>,
    stopping: bool,
}

impl Postbox {
    /// Notes that a company has something to do at a moment. A note of what is then undone does no
    /// harm: the company's next look finds nothing.
    pub(crate) fn note(&self, company: RecordKey, at: i64) {
        let mut agenda = self.lock();
        let due = agenda.due.entry(company).or_insert(at);
        *due = at.min(*due);
        self.bell.notify_all();
    }

    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.bell.notify_all();
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    /// Takes the companies that have something due.
    fn take(&self, now: i64) -> Vec<RecordKey> {
        let mut agenda = self.lock();
        let due: Vec<RecordKey> = agenda
            .due
            .iter()
            .filter(|(_, at)| **at <= now)
            .map(|(company, _)| *company)
            .collect();
        for company in &due {
            agenda.due.remove(company);
        }
        due
    }

    /// Waits so long, or until it is told to stop.
    fn rest(&self, long: Duration) {
        let agenda = self.lock();
        let waited = self
            .bell
            .wait_timeout_while(agenda, long, |agenda| !agenda.stopping);
        drop(waited);
    }

    /// Waits until something is due, at most so long, or until it is told to stop.
    fn wait(&self, now: i64, most: Duration) {
        let agenda = self.lock();
        let soonest = agenda.due.values().min().map_or(i64::MAX, |at| at - now);
        if agenda.stopping || soonest <= 0 {
            return;
        }
        let soonest = Duration::from_micros(u64::try_from(soonest).unwrap_or_default());
        let waited = self.bell.wait_timeout(agenda, soonest.min(most));
        drop(waited);
    }

    fn lock(&self) -> MutexGuard<'_, Agenda> {
        self.agenda.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A mail in this node's hands.
#[derive(Clone, Debug)]
struct Claimed {
    key: RecordKey,
    record: RecordKey,
    company: String,
    to: String,
    subject: String,
    body: String,
    sealed: Option<(i64, Vec<u8>)>,
    /// The attempts with this one.
    attempts: usize,
}

/// What a look into the outbox found.
enum Look {
    Nothing,
    /// A mail that is of no use any more was given up.
    Outlived,
    Mail(Box<Claimed>),
}

/// Serves until the engine stops.
pub(crate) fn serve(engine: &Engine) {
    let inner = engine.inner();
    let mut look_around = engine.source().now();
    while !inner.postbox.is_stopping() {
        engine.flush_last_uses();
        let now = engine.source().now();
        if now >= look_around {
            look_around = now + LOOK_AROUND;
            look_for_all(engine);
        }
        for company in inner.postbox.take(now) {
            if inner.postbox.is_stopping() {
                break;
            }
            if turn(engine, company) == Turn::Away {
                // The mails of others would fare no better just now.
                inner.postbox.rest(AWAY);
            }
        }
        inner
            .postbox
            .wait(engine.source().now(), crate::last_use::FLUSHED_EVERY);
    }
    engine.flush_last_uses();
}

/// How a company's turn ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Done,
    /// The mail server is away.
    Away,
}

/// Notes when each company has something due.
fn look_for_all(engine: &Engine) {
    let companies = match engine.companies(MOST_COMPANIES) {
        Ok(companies) => companies,
        Err(failure) => return fault(&failure),
    };
    for company in companies {
        if engine.inner().postbox.is_stopping() {
            return;
        }
        note_next(engine, company.key);
    }
}

/// Sends the mails of a company that are due, and ends the credentials that have expired.
fn turn(engine: &Engine, company: RecordKey) -> Turn {
    let mut turn = Turn::Done;
    let call = Call::system(Some(company), Door::System);
    let ended = engine.write(call, |work| work.end_expired().map(drop));
    if let Err(failure) = ended.wait() {
        fault(&failure);
    }
    for _ in 0..MOST_AT_ONCE {
        if engine.inner().postbox.is_stopping() {
            break;
        }
        // A slow server must not hold up what else is done here.
        engine.flush_last_uses();
        match deliver_one(engine, company) {
            Ok(Sent::Nothing) => break,
            Ok(Sent::Tried) => {}
            Ok(Sent::Away) => {
                turn = Turn::Away;
                break;
            }
            Err(failure) => {
                fault(&failure);
                let later = engine.source().now() + AFTER_FAULT;
                engine.inner().postbox.note(company, later);
                return turn;
            }
        }
    }
    note_next(engine, company);
    turn
}

fn fault(failure: &Failure) {
    tracing::warn!(?failure, "mails cannot be looked after just now");
}

fn note_next(engine: &Engine, company: RecordKey) {
    match engine.next_due(company) {
        Ok(Some(at)) => engine.inner().postbox.note(company, at),
        Ok(None) => {}
        Err(failure) => {
            fault(&failure);
            let later = engine.source().now() + AFTER_FAULT;
            engine.inner().postbox.note(company, later);
        }
    }
}

/// What came of one look.
enum Sent {
    Nothing,
    Tried,
    Away,
}

fn deliver_one(engine: &Engine, company: RecordKey) -> Result<Sent> {
    let delivery = engine.inner().settings.mail.delivery.clone();
    if matches!(delivery, Delivery::Nothing) {
        return Ok(Sent::Nothing);
    }
    let system = || Call::system(Some(company), Door::System);
    let mail = match engine.write(system(), claim).wait()? {
        Look::Nothing => return Ok(Sent::Nothing),
        Look::Outlived => return Ok(Sent::Tried),
        Look::Mail(mail) => *mail,
    };
    let done = send(engine, &delivery, company, &mail);
    let away = matches!(&done, Err(failed) if failed.away);
    match &done {
        Ok(_) => {
            tracing::info!(mail = %mail.record, company = %mail.company, "a mail was delivered");
        }
        Err(failed) => {
            let reason = &failed.reason;
            tracing::warn!(mail = %mail.record, company = %mail.company, attempt = mail.attempts, reason, "a mail could not be delivered");
        }
    }
    engine
        .write(system(), move |work| settle(work, &mail, &done))
        .wait()?;
    Ok(if away { Sent::Away } else { Sent::Tried })
}

/// The mail that waits longest and is due, from now on in this node's hands.
fn claim(work: &mut Work<'_>) -> Result<Look> {
    let fields = [
        "key",
        "emailDeliveryRecord.key",
        "emailDeliveryRecord.tenantContext",
        "recipient",
        "subject",
        "body",
        "keyNumber",
        "sealed",
        "attempts",
        "worthUntil",
    ];
    let now = work.now();
    let rows = work.due(OUTBOX, &fields, &[], ("nextAttemptAt", now), 1)?;
    let Some(row) = rows.into_iter().next() else {
        return Ok(Look::Nothing);
    };
    let text = |at: usize| row[at].as_text().unwrap_or_default().to_owned();
    let (Some(key), Some(record)) = (row[0].as_key(), row[1].as_key()) else {
        return Err(Failure::broken("a mail without its record"));
    };
    if row[9].as_number().is_some_and(|until| until <= now) {
        let reason = "the link ended before the mail could be delivered; reset the password again";
        give_up(work, key, record, &text(3), "outlived", reason, "failed")?;
        return Ok(Look::Outlived);
    }
    let attempts = row[8].as_number().unwrap_or_default() + 1;
    let values = [
        ("status", Value::from("sending")),
        ("attempts", Value::Integer(attempts)),
        ("nextAttemptAt", Value::Moment(now + CLAIMED)),
    ];
    let draft = draft_of(work, OUTBOX, &values);
    work.update(work.object(OUTBOX), key, &draft, None)?;
    let sealed = match (&row[6], &row[7]) {
        (Value::Integer(number), Value::Bytes(bytes)) => Some((*number, bytes.clone())),
        _ => None,
    };
    Ok(Look::Mail(Box::new(Claimed {
        key,
        record,
        company: text(2),
        to: text(3),
        subject: text(4),
        body: text(5),
        sealed,
        attempts: usize::try_from(attempts).unwrap_or(usize::MAX),
    })))
}

/// Hands a mail to whatever takes it, and gives its word.
fn send(
    engine: &Engine,
    delivery: &Delivery,
    company: RecordKey,
    mail: &Claimed,
) -> std::result::Result<String, Failed> {
    let opened = match &mail.sealed {
        None => Some(mail.body.clone()),
        Some((number, bytes)) => engine
            .inner()
            .keys
            .unseal(*number, &identity(Some(company), mail.key), bytes)
            .and_then(|bytes| String::from_utf8(bytes).ok()),
    };
    let body = opened.ok_or_else(|| Failed {
        reason: "the key file does not open the mail; restore the one that belongs to the database"
            .to_owned(),
        status: "sealed".to_owned(),
        for_good: false,
        away: false,
    })?;
    let at = engine.source().now();
    match delivery {
        Delivery::Nothing => Ok(String::new()),
        Delivery::Mailbox(mailbox) => {
            mailbox.put(Kept {
                company: mail.company.clone(),
                at,
                from: delivery.from().to_owned(),
                to: mail.to.clone(),
                subject: mail.subject.clone(),
                body,
            });
            Ok("kept in the stand-in's mailbox".to_owned())
        }
        Delivery::Smtp(server) => server.send(&Parcel {
            id: &parcel_id(company, mail.key),
            at,
            to: &mail.to,
            subject: &mail.subject,
            body: &body,
        }),
    }
}

/// What a mail is called, the same however often it is sent.
fn parcel_id(company: RecordKey, mail: RecordKey) -> String {
    format!("{company}.{mail}")
}

/// Writes down what came of a mail.
fn settle(
    work: &mut Work<'_>,
    mail: &Claimed,
    done: &std::result::Result<String, Failed>,
) -> Result<()> {
    let still = work.first(OUTBOX, &["status"], &[("key", Value::Key(mail.key))])?;
    if still.is_none_or(|row| row[0].as_text() != Some("sending")) {
        return Ok(());
    }
    match done {
        Ok(answer) => {
            work.finish_mail(mail.key, "delivered")?;
            let delivery = &work.inner().settings.mail.delivery;
            let id = match (delivery, work.actor().company) {
                (Delivery::Smtp(server), Some(company)) => {
                    Value::Text(server.message_id(&parcel_id(company, mail.key)))
                }
                _ => Value::Null,
            };
            let more = [
                ("emailProviderId", id),
                ("from", Value::from(delivery.from())),
                ("sentDateTime", Value::Moment(work.now())),
                ("failureStatus", Value::Null),
                ("failureReason", Value::Null),
            ];
            work.tell_record(mail.record, &mail.to, "delivered", answer, &more)?;
            sweep(work)
        }
        Err(failed) => {
            let pause = PAUSES.get(mail.attempts - 1).filter(|_| !failed.for_good);
            let Some(pause) = pause else {
                let word = if failed.for_good { "error" } else { "failed" };
                let (key, record) = (mail.key, mail.record);
                give_up(
                    work,
                    key,
                    record,
                    &mail.to,
                    &failed.status,
                    &failed.reason,
                    word,
                )?;
                return sweep(work);
            };
            let again = work.now() + pause * MINUTE;
            let values = [
                ("status", Value::from("queued")),
                ("nextAttemptAt", Value::Moment(again)),
                ("lastError", Value::Text(cut(&failed.reason))),
            ];
            let draft = draft_of(work, OUTBOX, &values);
            work.update(work.object(OUTBOX), mail.key, &draft, None)?;
            let failure = failure(&failed.status, &failed.reason);
            work.tell_record(mail.record, &mail.to, "alert", &failed.reason, &failure)
        }
    }
}

fn failure(status: &str, reason: &str) -> [(&'static str, Value); 2] {
    [
        ("failureStatus", Value::from(status)),
        ("failureReason", Value::Text(cut(reason))),
    ]
}

fn give_up(
    work: &mut Work<'_>,
    key: RecordKey,
    record: RecordKey,
    to: &str,
    status: &str,
    reason: &str,
    word: &str,
) -> Result<()> {
    work.finish_mail(key, "failed")?;
    work.tell_record(record, to, word, reason, &failure(status, reason))
}

/// Deletes what is left of old mails.
fn sweep(work: &mut Work<'_>) -> Result<()> {
    let until = work.now() - KEPT;
    for row in work.due(OUTBOX, &["key"], &[], ("finishedAt", until), MOST_SWEPT)? {
        if let Some(key) = row[0].as_key() {
            work.delete(work.object(OUTBOX), key, None)?;
        }
    }
    Ok(())
}

impl Engine {
    /// Sends what is due in all companies and ends what has expired, now and on this thread; for
    /// whoever has no background. Says how many companies had something due.
    ///
    /// # Errors
    /// What the database says.
    pub fn deliver_due(&self) -> Result<usize> {
        let now = self.source().now();
        let mut looked = 0;
        for company in self.companies(MOST_COMPANIES)? {
            if self.next_due(company.key)?.is_some_and(|at| at <= now) {
                looked += 1;
                turn(self, company.key);
            }
        }
        Ok(looked)
    }

    /// When something is due in a company: a mail, or the end of a credential.
    fn next_due(&self, company: RecordKey) -> Result<Option<i64>> {
        let waits = !matches!(self.inner().settings.mail.delivery, Delivery::Nothing);
        self.read(Call::system(Some(company), Door::System), move |work| {
            let mut soonest = work.next_expiry()?;
            if waits {
                let at = "nextAttemptAt";
                let row = work.due(OUTBOX, &[at], &[], (at, i64::MAX), 1)?.pop();
                let mail = row.and_then(|row| row[0].as_number());
                soonest = [soonest, mail].into_iter().flatten().min();
            }
            Ok(soonest)
        })
        .wait()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soonest_note_of_a_company_counts() {
        let postbox = Postbox::default();
        let (one, two) = (RecordKey::new(1), RecordKey::new(2));
        let (one, two) = (one.expect("a key"), two.expect("a key"));
        postbox.note(one, 50);
        postbox.note(one, 10);
        postbox.note(one, 70);
        postbox.note(two, 30);
        assert_eq!(postbox.take(9), []);
        assert_eq!(postbox.take(10), [one]);
        assert_eq!(postbox.take(100), [two]);
        assert_eq!(postbox.take(100), []);
    }
}
