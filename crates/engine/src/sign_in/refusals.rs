//! Refused sign-ins on their way to the audit trail: added up in memory and written every second, so
//! that nobody fills the trail by asking often.
//!
//! What was typed for a user or a password is never kept: who is unknown has no id in the trail, for
//! people type passwords into the wrong field.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sidegate_model::{RecordKey, Result};

use super::USER;
use super::enter::Cause;
use crate::actor::{By, Call, Door, Named};
use crate::audit::{self, Happening, Line};
use crate::engine::Engine;
use crate::work::Work;

/// At most so many different ones are held of a company; what comes beyond them is added up as one.
const MOST_HELD: usize = 200;

/// Refusals that the trail tells as one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Alike {
    user: Option<(RecordKey, String)>,
    source: String,
    door: &'static str,
    cause: Cause,
}

#[derive(Clone, Debug)]
struct Sum {
    times: u64,
    /// The newest of them.
    request: String,
    door: Door,
}

type Held = BTreeMap<RecordKey, BTreeMap<Alike, Sum>>;

/// What was refused and is not written yet, by company.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    held: Mutex<Held>,
}

impl Refusals {
    pub(super) fn note(
        &self,
        company: RecordKey,
        user: Option<&Named>,
        source: &str,
        cause: Cause,
        call: &Call,
    ) {
        let mut held = self.lock();
        let held = held.entry(company).or_default();
        let mut alike = Alike {
            user: user.map(|user| (user.key, user.id.clone())),
            source: source.to_owned(),
            door: call.door.word(),
            cause,
        };
        if held.len() >= MOST_HELD && !held.contains_key(&alike) {
            alike.user = None;
            alike.source = String::new();
        }
        let sum = held.entry(alike).or_insert_with(|| Sum {
            times: 0,
            request: String::new(),
            door: call.door,
        });
        sum.times += 1;
        sum.request.clone_from(&call.request);
    }

    fn take(&self) -> Held {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// Writes the sign-ins that were refused since the last time into the audit trails. What cannot be
    /// written is lost, and said. Blocks; not for async code.
    pub fn flush_refusals(&self) {
        for (company, refusals) in self.inner().refusals.take() {
            for (alike, sum) in refusals {
                let call = Call {
                    by: By::System(Some(company)),
                    door: sum.door,
                    request: sum.request,
                    address: alike.source.clone(),
                };
                let (alike, times) = (alike, sum.times);
                let written = self.write(call, move |work| write_down(work, &alike, times));
                if let Err(failure) = written.wait() {
                    tracing::warn!(
                        ?failure,
                        "a refused sign-in was not noted in the audit trail"
                    );
                }
            }
        }
    }
}

fn write_down(work: &mut Work<'_>, alike: &Alike, times: u64) -> Result<()> {
    let actor = work.actor().clone();
    let happening = Happening {
        event: "signInRefused",
        object: USER,
        record: alike.user.as_ref().map(|(key, _)| *key),
        id: alike.user.as_ref().map_or("", |(_, id)| id),
        personal: false,
        entity: None,
    };
    let line = |field: &str, after: String| Line {
        field: field.to_owned(),
        before: None,
        after: Some(after),
    };
    let lines = [
        line("cause", alike.cause.word().to_owned()),
        line("times", times.to_string()),
    ];
    audit::note_as(work, &actor, &happening, &lines)
}
