//! What users really do: calls are added up in memory and written every few seconds, so that counting
//! costs a request next to nothing. Advice about roles and warnings before a reset build on it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sidegate_model::field_type::day_text;
use sidegate_model::{Definition, ObjectIndex, RecordKey, Result, Value};

use crate::actor::{Call, Door};
use crate::engine::Engine;
use crate::pipeline::Leave;
use crate::sign_in::draft_of;
use crate::task::Pending;
use crate::work::Work;

pub(crate) const USAGE: &str = "sidegate/usage";
/// At most so many different things are held; what comes beyond them is written first.
const MOST_HELD: usize = 50_000;
/// So many rows are written in one transaction.
const AT_ONCE: usize = 100;

/// Something that one call asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The object.
    pub(crate) object: ObjectIndex,
    /// The operation's or action's word.
    pub(crate) what: String,
    /// Whether the caller had the right to it.
    pub(crate) allowed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    user: RecordKey,
    client: Option<RecordKey>,
    sender: Option<RecordKey>,
    object: ObjectIndex,
    what: String,
    day: i32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    allowed: i64,
    refused: i64,
    last: i64,
}

/// What was counted and not written yet.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    counts: Mutex<HashMap<RecordKey, HashMap<Key, Count>>>,
}

impl Usage {
    /// Adds what a finished call asked for.
    pub(crate) fn add(&self, work: &Work<'_>, asked: Vec<Asked>) {
        let actor = work.actor();
        let (Some(company), Some(user)) = (actor.company, &actor.user) else {
            return;
        };
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let held = counts.entry(company).or_default();
        for asked in asked {
            let key = Key {
                user: user.key,
                client: actor.client.as_ref().map(|client| client.key),
                sender: actor.sender.as_ref().map(|sender| sender.key),
                object: asked.object,
                what: asked.what,
                day: work.today(),
            };
            if held.len() >= MOST_HELD && !held.contains_key(&key) {
                continue;
            }
            let count = held.entry(key).or_default();
            count.last = count.last.max(work.now());
            if asked.allowed {
                count.allowed += 1;
            } else {
                count.refused += 1;
            }
        }
    }

    fn take(&self) -> HashMap<RecordKey, HashMap<Key, Count>> {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *counts)
    }

    /// Puts back what could not be written.
    fn put_back(&self, company: RecordKey, rows: &[(Key, Count)]) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let held = counts.entry(company).or_default();
        for (key, missed) in rows {
            let count = held.entry(key.clone()).or_default();
            count.allowed += missed.allowed;
            count.refused += missed.refused;
            count.last = count.last.max(missed.last);
        }
    }
}

/// Rows on their way to the database.
struct Flush {
    company: RecordKey,
    rows: Vec<(Key, Count)>,
    done: Pending<()>,
}

impl Engine {
    /// Writes what was counted since the last time. What cannot be written now is kept for the next.
    /// Blocks; not for async code.
    pub fn flush_usage(&self) {
        for Flush {
            company,
            rows,
            done,
        } in self.flushes()
        {
            self.flushed(company, &rows, done.wait());
        }
    }

    /// The same for async code.
    pub async fn usage_flushed(&self) {
        for Flush {
            company,
            rows,
            done,
        } in self.flushes()
        {
            self.flushed(company, &rows, done.await);
        }
    }

    fn flushes(&self) -> Vec<Flush> {
        let mut flushes = Vec::new();
        for (company, counts) in self.inner().usage.take() {
            let rows: Vec<(Key, Count)> = counts.into_iter().collect();
            for rows in rows.chunks(AT_ONCE) {
                let call = Call::system(Some(company), Door::System);
                let mine = rows.to_vec();
                flushes.push(Flush {
                    company,
                    rows: rows.to_vec(),
                    done: self.write(call, move |work| write(work, &mine)),
                });
            }
        }
        flushes
    }

    fn flushed(&self, company: RecordKey, rows: &[(Key, Count)], done: Result<()>) {
        if let Err(failure) = done {
            tracing::warn!(?failure, "usage could not be written yet");
            self.inner().usage.put_back(company, rows);
        }
    }
}

fn write(work: &mut Work<'_>, rows: &[(Key, Count)]) -> Result<()> {
    let definition = work.object(USAGE);
    for (key, count) in rows {
        let label = label(work.registry().at(key.object), key);
        let fields = ["key", "allowed", "refused"];
        let there = work.first(USAGE, &fields, &[("label", Value::from(label.as_str()))])?;
        let number = |at: usize| {
            let row = there.as_ref();
            row.and_then(|row| row[at].as_number()).unwrap_or_default()
        };
        let mut values = vec![
            ("allowed", Value::Integer(number(1) + count.allowed)),
            ("refused", Value::Integer(number(2) + count.refused)),
            ("lastUsedAt", Value::Moment(count.last)),
        ];
        if let Some(known) = there.as_ref().and_then(|row| row[0].as_key()) {
            let draft = draft_of(work, USAGE, &values);
            work.update_with(definition, known, &draft, None, Leave::System)?;
            continue;
        }
        let object = work.registry().at(key.object);
        let rights = work.rights_of(object, &key.what).join(" ");
        values.extend([
            ("label", Value::Text(label)),
            ("day", Value::Date(key.day)),
            ("user", Value::Key(key.user)),
            ("clientApplication", Value::from(key.client)),
            ("sender", Value::from(key.sender)),
            ("object", Value::from(object.name.as_str())),
            ("operation", Value::from(key.what.as_str())),
            ("rights", Value::Text(rights)),
        ]);
        // A user who was never active may be gone by now.
        let user = [("key", Value::Key(key.user))];
        if work
            .first("company-config/user", &["key"], &user)?
            .is_none()
        {
            continue;
        }
        let draft = draft_of(work, USAGE, &values);
        work.create_with(definition, &draft, Leave::System)?;
    }
    Ok(())
}

fn label(object: &Definition, key: &Key) -> String {
    // A client application is told from a sender of the same key.
    let client = match (key.client, key.sender) {
        (Some(client), _) => client.to_string(),
        (None, Some(sender)) => format!("sender {sender}"),
        (None, None) => String::new(),
    };
    let day = day_text(key.day);
    format!("{day} {} {client} {} {}", key.user, object.name, key.what)
}
