//! The rows of asynchronous requests: stored, claimed, answered, settled.

use sidegate_model::{RecordKey, Result, Value, problem};

use super::{POLICY, Waiting};
use crate::actor::{By, Call};
use crate::engine::Engine;
use crate::mail::outbox::cut;
use crate::outbound::Undelivered;
use crate::sign_in::draft_of;
use crate::work::Work;

pub(crate) const REQUEST: &str = "sidegate/xml-request";
const MINUTE: i64 = 60_000_000;
/// So long a request is left to the node that carries it out, which renews this while it does.
const HELD: i64 = 5 * MINUTE;
/// So long an answer is left to the node that posts it: longer than a post takes.
const POSTING: i64 = 2 * MINUTE;
/// After each failed attempt an answer waits so many minutes; after the last of these it is given up.
const PAUSES: [i64; 6] = [1, 5, 15, 60, 240, 720];
/// So many requests of a policy may wait to be carried out.
const MOST_WAITING: i64 = 1_000;
/// When a receiver is away, so many other answers for it are put off at once.
const MOST_PUT_OFF: u32 = 100;
/// So many requests are looked at for the log.
const MOST_LOGGED: u32 = 1_000_000;
/// What is left of a request goes after so long.
const KEPT: i64 = 30 * 24 * 60 * MINUTE;
/// With each finished request at most so many old ones go: more than one, so that none pile up.
const MOST_SWEPT: u32 = 4;

/// A request to be carried out later.
#[derive(Clone)]
pub struct NewRequest {
    /// The policy that it names.
    pub policy: RecordKey,
    /// The sender that vouched for it.
    pub sender: String,
    /// Its control id.
    pub control_id: String,
    /// The request itself.
    pub waiting: Waiting,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logged {
    /// When it was stored, in microseconds since the epoch.
    pub at: i64,
    /// Its support id.
    pub request: String,
    /// The policy's id.
    pub policy: String,
    /// The sender's id.
    pub sender: String,
    /// Its control id.
    pub control_id: String,
    /// How far it came.
    pub status: String,
    /// How often its answer was posted.
    pub attempts: i64,
    /// What went wrong last; empty if nothing did.
    pub last_error: String,
}

/// Whose row a sealed body belongs to.
pub(crate) fn identity(row: RecordKey) -> String {
    format!("xml-request:{row}")
}

impl Engine {
    /// Stores a request to be carried out later. When this is done it is never lost.
    ///
    /// # Errors
    /// When too many of the policy wait already.
    pub async fn take_on(&self, new: NewRequest, call: &Call) -> Result<()> {
        let call = Call {
            by: By::System(None),
            ..call.clone()
        };
        self.write(call, move |work| {
            let mut waiting = 0;
            for status in ["queued", "running"] {
                let equal = [
                    ("policy.key", Value::Key(new.policy)),
                    ("status", Value::from(status)),
                ];
                waiting += work.count(REQUEST, &equal)?;
            }
            if waiting >= MOST_WAITING {
                let most = MOST_WAITING.to_string();
                return Err(problem::POLICY_BUSY.with("MOST", most).into());
            }
            let request = &new.waiting;
            let values = [
                ("policy", Value::Key(new.policy)),
                ("request", Value::from(request.request.as_str())),
                ("sender", Value::from(new.sender.as_str())),
                ("controlId", Value::from(new.control_id.as_str())),
                ("address", Value::from(request.address.as_str())),
                ("endpoint", Value::from(request.endpoint.as_str())),
                // Sealed by the row's own rule, which knows its key.
                ("sealed", Value::Bytes(request.body.as_bytes().to_vec())),
                ("nextAttemptAt", Value::Moment(work.now())),
            ];
            let draft = draft_of(work, REQUEST, &values);
            work.create(work.object(REQUEST), &draft).map(drop)
        })
        .await?;
        self.inner().offline.ring();
        Ok(())
    }
}

/// What became of the last so many requests, the newest first.
pub(super) fn logged(work: &mut Work<'_>, most: u32) -> Result<Vec<Logged>> {
    let fields = [
        "audit.createdDateTime",
        "request",
        "policy.id",
        "sender",
        "controlId",
        "status",
        "attempts",
        "lastError",
    ];
    let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
    let mut rows = work.all(REQUEST, &fields, &[], MOST_LOGGED)?;
    rows.reverse();
    rows.truncate(most as usize);
    Ok(rows
        .iter()
        .map(|row| Logged {
            at: row[0].as_number().unwrap_or_default(),
            request: text(&row[1]),
            policy: text(&row[2]),
            sender: text(&row[3]),
            control_id: text(&row[4]),
            status: text(&row[5]),
            attempts: row[6].as_number().unwrap_or_default(),
            last_error: text(&row[7]),
        })
        .collect())
}

/// What a node has in hand.
#[derive(Clone, Debug)]
pub(super) struct Held {
    pub(super) key: RecordKey,
    pub(super) holder: i64,
    pub(super) request: String,
    pub(super) address: String,
    pub(super) endpoint: String,
    pub(super) sealed: Option<(i64, Vec<u8>)>,
    pub(super) policy: String,
    /// Whether somebody had it in hand before and was not heard of since.
    pub(super) orphaned: bool,
    policy_key: RecordKey,
    /// The attempts to post it with this one.
    pub(super) attempts: i64,
}

/// Where an answer goes.
#[derive(Clone, Debug)]
pub(super) struct Receiver {
    pub(super) url: String,
    pub(super) user: Option<String>,
    pub(super) sealed: Option<(i64, Vec<u8>)>,
    pub(super) key: RecordKey,
}

/// What waits to be done, and what it is called while somebody does it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) waits: &'static str,
    pub(super) held: &'static str,
    longest: i64,
}

/// Requests are carried out.
pub(super) const CARRY_OUT: Step = Step {
    waits: "queued",
    held: "running",
    longest: HELD,
};
/// Answers are posted.
pub(super) const POST: Step = Step {
    waits: "answered",
    held: "sending",
    longest: POSTING,
};

/// When the next thing of a step is due.
pub(super) fn next_due(work: &mut Work<'_>, step: Step) -> Result<Option<i64>> {
    let mut soonest = None;
    for status in [step.waits, step.held] {
        let equal = [("status", Value::from(status))];
        let at = "nextAttemptAt";
        let row = work.due(REQUEST, &[at], &equal, (at, i64::MAX), 1)?.pop();
        let at = row.and_then(|row| row[0].as_number());
        soonest = [soonest, at].into_iter().flatten().min();
    }
    Ok(soonest)
}

const FIELDS: &[&str] = &[
    "key",
    "request",
    "address",
    "endpoint",
    "keyNumber",
    "sealed",
    "attempts",
    "policy.id",
    "policy.key",
    "policy.status",
];

/// Takes in hand what has waited longest, or what somebody else had in hand and left. Gives up what
/// waits for a policy that is not active any more, and says `Some(None)` then.
pub(super) fn claim(work: &mut Work<'_>, step: Step) -> Result<Option<Option<Held>>> {
    let until = ("nextAttemptAt", work.now());
    let mut found = None;
    for (status, orphaned) in [(step.waits, false), (step.held, true)] {
        if found.is_none() {
            let equal = [("status", Value::from(status))];
            let row = work.due(REQUEST, FIELDS, &equal, until, 1)?.pop();
            found = row.map(|row| (row, orphaned));
        }
    }
    let Some((row, orphaned)) = found else {
        return Ok(None);
    };
    let text = |at: usize| row[at].as_text().unwrap_or_default().to_owned();
    let (Some(key), Some(policy_key)) = (row[0].as_key(), row[8].as_key()) else {
        return Ok(None);
    };
    if row[9].as_text() != Some("active") {
        finish(
            work,
            key,
            "failed",
            "the transport policy is not active any more",
        )?;
        return Ok(Some(None));
    }
    let holder = work.source().number();
    let mut attempts = row[6].as_number().unwrap_or_default();
    let mut values = vec![
        ("status", Value::from(step.held)),
        ("holder", Value::Integer(holder)),
        ("nextAttemptAt", Value::Moment(work.now() + step.longest)),
    ];
    if step.held == POST.held {
        attempts += 1;
        values.push(("attempts", Value::Integer(attempts)));
    }
    let draft = draft_of(work, REQUEST, &values);
    work.update(work.object(REQUEST), key, &draft, None)?;
    Ok(Some(Some(Held {
        key,
        holder,
        request: text(1),
        address: text(2),
        endpoint: text(3),
        sealed: sealed(&row[4], &row[5]),
        policy: text(7),
        orphaned,
        policy_key,
        attempts,
    })))
}

fn sealed(number: &Value, bytes: &Value) -> Option<(i64, Vec<u8>)> {
    match (number, bytes) {
        (Value::Integer(number), Value::Bytes(bytes)) => Some((*number, bytes.clone())),
        _ => None,
    }
}

/// Whether it is still in the same hands.
fn is_held(work: &mut Work<'_>, held: &Held, step: Step) -> Result<bool> {
    let equal = [
        ("key", Value::Key(held.key)),
        ("status", Value::from(step.held)),
        ("holder", Value::Integer(held.holder)),
    ];
    Ok(work.first(REQUEST, &["key"], &equal)?.is_some())
}

/// Says that a request is still being carried out.
pub(super) fn renew(work: &mut Work<'_>, held: &Held) -> Result<()> {
    if is_held(work, held, CARRY_OUT)? {
        let until = Value::Moment(work.now() + HELD);
        let draft = draft_of(work, REQUEST, &[("nextAttemptAt", until)]);
        work.update(work.object(REQUEST), held.key, &draft, None)?;
    }
    Ok(())
}

/// Nothing was done with a request, and somebody may try again later. One that was left before stays
/// so: it must not look as if it had never been begun.
pub(super) fn put_back(work: &mut Work<'_>, held: &Held, why: &str) -> Result<()> {
    if held.orphaned || !is_held(work, held, CARRY_OUT)? {
        return Ok(());
    }
    let values = [
        ("status", Value::from(CARRY_OUT.waits)),
        ("holder", Value::Null),
        ("nextAttemptAt", Value::Moment(work.now() + HELD)),
        ("lastError", Value::Text(cut(why))),
    ];
    let draft = draft_of(work, REQUEST, &values);
    work.update(work.object(REQUEST), held.key, &draft, None)
        .map(drop)
}

/// The answer takes the place of the request, and waits to be posted. Says whether the request was
/// still in these hands.
pub(super) fn answered(
    work: &mut Work<'_>,
    held: &Held,
    (number, bytes): (i64, Vec<u8>),
) -> Result<bool> {
    if !is_held(work, held, CARRY_OUT)? {
        return Ok(false);
    }
    let values = [
        ("status", Value::from(POST.waits)),
        ("holder", Value::Null),
        ("keyNumber", Value::Integer(number)),
        ("sealed", Value::Bytes(bytes)),
        ("nextAttemptAt", Value::Moment(work.now())),
    ];
    let draft = draft_of(work, REQUEST, &values);
    work.update(work.object(REQUEST), held.key, &draft, None)?;
    Ok(true)
}

/// Where the answer in hand goes.
pub(super) fn receiver(work: &mut Work<'_>, held: &Held) -> Result<Option<Receiver>> {
    let fields = ["url", "user", "keyNumber", "sealed"];
    let row = work.first(POLICY, &fields, &[("key", Value::Key(held.policy_key))])?;
    Ok(row.map(|row| Receiver {
        url: row[0].as_text().unwrap_or_default().to_owned(),
        user: row[1].as_text().map(str::to_owned),
        sealed: sealed(&row[2], &row[3]),
        key: held.policy_key,
    }))
}

/// After the attempt: delivered, later again, or given up.
pub(super) fn settle(
    work: &mut Work<'_>,
    held: &Held,
    done: &std::result::Result<u16, Undelivered>,
) -> Result<()> {
    if !is_held(work, held, POST)? {
        return Ok(());
    }
    let Err(failed) = done else {
        finish(work, held.key, "delivered", "")?;
        return sweep(work);
    };
    let past = usize::try_from(held.attempts - 1).unwrap_or_default();
    let pause = PAUSES.get(past).filter(|_| !failed.for_good);
    let Some(pause) = pause else {
        finish(work, held.key, "failed", &failed.reason)?;
        return sweep(work);
    };
    let again = work.now() + pause * MINUTE;
    let values = [
        ("status", Value::from(POST.waits)),
        ("holder", Value::Null),
        ("nextAttemptAt", Value::Moment(again)),
        ("lastError", Value::Text(cut(&failed.reason))),
    ];
    let draft = draft_of(work, REQUEST, &values);
    work.update(work.object(REQUEST), held.key, &draft, None)?;
    put_off(work, held.policy_key)
}

/// Other answers for a receiver that is away wait too, so that those for others are not held up.
fn put_off(work: &mut Work<'_>, policy: RecordKey) -> Result<()> {
    let due = ("nextAttemptAt", work.now());
    let equal = [
        ("policy.key", Value::Key(policy)),
        ("status", Value::from(POST.waits)),
    ];
    let later = Value::Moment(work.now() + PAUSES[0] * MINUTE);
    let draft = draft_of(work, REQUEST, &[("nextAttemptAt", later)]);
    for row in work.due(REQUEST, &["key"], &equal, due, MOST_PUT_OFF)? {
        if let Some(key) = row[0].as_key() {
            work.update(work.object(REQUEST), key, &draft, None)?;
        }
    }
    Ok(())
}

/// Nothing more is done with it, and nobody needs its body any more.
fn finish(work: &mut Work<'_>, key: RecordKey, status: &str, why: &str) -> Result<()> {
    let mut values = vec![
        ("status", Value::from(status)),
        ("holder", Value::Null),
        ("nextAttemptAt", Value::Null),
        ("finishedAt", Value::Moment(work.now())),
        ("keyNumber", Value::Null),
        ("sealed", Value::Null),
    ];
    if !why.is_empty() {
        values.push(("lastError", Value::Text(cut(why))));
    }
    let draft = draft_of(work, REQUEST, &values);
    work.update(work.object(REQUEST), key, &draft, None)
        .map(drop)
}

/// Deletes what is left of old requests.
fn sweep(work: &mut Work<'_>) -> Result<()> {
    let until = work.now() - KEPT;
    for row in work.due(REQUEST, &["key"], &[], ("finishedAt", until), MOST_SWEPT)? {
        if let Some(key) = row[0].as_key() {
            work.delete(work.object(REQUEST), key, None)?;
        }
    }
    Ok(())
}
