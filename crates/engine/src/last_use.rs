//! When and from where credentials were last used: added up in memory, written every few seconds.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sidegate_model::{RecordKey, Result, Value};

use crate::actor::{Call, Door};
use crate::engine::Engine;
use crate::pipeline::Leave;
use crate::sign_in::draft_of;
use crate::work::Work;

/// How often uses are written.
pub(crate) const FLUSHED_EVERY: Duration = Duration::from_secs(5);
const CREDENTIAL: &str = "sidegate/credential";
const SERVER_CREDENTIAL: &str = "sidegate/server-credential";
/// One write takes at most so many.
const MOST_AT_ONCE: usize = 100;

/// By company; those of client applications and senders by none.
type Uses = BTreeMap<Option<RecordKey>, Vec<Use>>;

/// The newest use of one credential.
#[derive(Clone, Debug)]
struct Use {
    credential: RecordKey,
    at: i64,
    from: String,
}

/// What was used and is not written yet.
#[derive(Debug, Default)]
pub(crate) struct LastUses {
    seen: Mutex<Uses>,
}

impl LastUses {
    /// A user of a company used this credential.
    pub(crate) fn note(&self, company: RecordKey, credential: RecordKey, at: i64, from: &str) {
        self.add(Some(company), credential, at, from);
    }

    /// A client application or sender used this credential.
    pub(crate) fn note_server(&self, credential: RecordKey, at: i64, from: &str) {
        self.add(None, credential, at, from);
    }

    fn add(&self, company: Option<RecordKey>, credential: RecordKey, at: i64, from: &str) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let uses = seen.entry(company).or_default();
        let from = from.to_owned();
        let newest = Use {
            credential,
            at,
            from,
        };
        match uses.iter_mut().find(|known| known.credential == credential) {
            Some(known) => *known = newest,
            None => uses.push(newest),
        }
    }

    fn take(&self) -> Uses {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Engine {
    /// Writes down what was used since the last time. What cannot be written is lost, and said.
    pub fn flush_last_uses(&self) {
        for (company, uses) in self.inner().last_uses.take() {
            for some in uses.chunks(MOST_AT_ONCE) {
                let some = some.to_vec();
                let call = Call::system(company, Door::System);
                let object = match company {
                    Some(_) => CREDENTIAL,
                    None => SERVER_CREDENTIAL,
                };
                let written = self.write(call, move |work| {
                    some.iter()
                        .try_for_each(|one| write_down(work, object, one))
                });
                if let Err(failure) = written.wait() {
                    tracing::warn!(?failure, "the last use of credentials was not written");
                }
            }
        }
    }
}

fn write_down(work: &mut Work<'_>, object: &str, last: &Use) -> Result<()> {
    let key = [("key", Value::Key(last.credential))];
    // Its user may have been deleted meanwhile.
    if work.first(object, &["key"], &key)?.is_none() {
        return Ok(());
    }
    let values = [
        ("lastUsedAt", Value::Moment(last.at)),
        ("lastUsedFrom", Value::from(last.from.as_str())),
    ];
    let draft = draft_of(work, object, &values);
    let definition = work.object(object);
    work.update_with(definition, last.credential, &draft, None, Leave::System)
        .map(drop)
}
