//! What a query of the XML gateway has left to read.
//!
//! A page says where the next one begins: which query it was, the last key that was read, and the
//! highest one at the first page. So pages are stable, and nothing is held open between them.

use sidegate_model::{RecordKey, Result, Value};

use crate::actor::By;
use crate::credential;
use crate::sign_in::draft_of;
use crate::work::Work;

const RESULT: &str = "sidegate/query-result";
const SESSION: &str = "sidegate/api-session";
/// What the purpose of a result's hash is called, apart from those of secrets.
const PURPOSE: &str = "result";
/// How long the rest of a query can be read: in a session, and without one.
const HOURS: (i64, i64) = (24, 2);
const HOUR: i64 = 3_600 * 1_000_000;
/// With each new result at most so many old ones are deleted: more than one, so that none pile up.
const MOST_SWEPT: u32 = 4;
/// So many are kept for one user in one session; beyond them the oldest goes.
const MOST_KEPT: u32 = 1000;

/// The rest of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    /// The object, as the gateway calls it.
    pub object: String,
    /// The query, as it was sent.
    pub query: String,
    /// The fields, as they were sent.
    pub fields: String,
    /// The most records of a page.
    pub size: u32,
    /// The last key that was read.
    pub last: i64,
    /// The highest key at the first page.
    pub highest: i64,
    /// How many records there were at the first page.
    pub total: i64,
}

const FIELDS: &[&str] = &[
    "object", "query", "fields", "size", "last", "highest", "total",
];

impl Work<'_> {
    /// The id for a rest that will be kept.
    #[must_use]
    pub fn new_result_id(&self) -> String {
        credential::random(self.source())
    }

    /// Keeps what a query has left to read, for the caller alone and as long as her session lives.
    ///
    /// # Errors
    /// What the database says.
    pub fn keep_result(&mut self, id: &str, rest: &Rest) -> Result<()> {
        let Some(user) = self.actor().user.clone() else {
            return Ok(());
        };
        let by = self.call().by.clone();
        self.as_system(|work| {
            sweep(work)?;
            let hash = work.inner().keys.hash(PURPOSE, id);
            let session = session_of(work, &by)?;
            make_room(work, user.key, session)?;
            let hours = session.map_or(HOURS.1, |_| HOURS.0);
            let values = [
                ("keyNumber", Value::Integer(hash.number)),
                ("hash", Value::Bytes(hash.hash)),
                ("user", Value::Key(user.key)),
                ("session", Value::from(session)),
                ("object", Value::from(rest.object.as_str())),
                ("query", Value::from(rest.query.as_str())),
                ("fields", Value::from(rest.fields.as_str())),
                ("size", Value::Integer(i64::from(rest.size))),
                ("last", Value::Integer(rest.last)),
                ("highest", Value::Integer(rest.highest)),
                ("total", Value::Integer(rest.total)),
                ("expiresAt", Value::Moment(work.now() + hours * HOUR)),
            ];
            let draft = draft_of(work, RESULT, &values);
            work.create(work.object(RESULT), &draft).map(drop)
        })
    }

    /// What is left to read under an id that the caller was given, in the session that she has now.
    ///
    /// # Errors
    /// What the database says.
    pub fn result(&mut self, id: &str) -> Result<Option<Rest>> {
        let hashes = self.inner().keys.hashes(PURPOSE, id);
        for hash in hashes {
            let found = self.result_where(("hash", Value::Bytes(hash.hash)))?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// What is left to read of the caller's latest query on an object.
    ///
    /// # Errors
    /// What the database says.
    pub fn latest_result(&mut self, object: &str) -> Result<Option<Rest>> {
        self.result_where(("object", Value::from(object)))
    }

    fn result_where(&mut self, of: (&'static str, Value)) -> Result<Option<Rest>> {
        let Some(user) = self.actor().user.clone() else {
            return Ok(None);
        };
        let by = self.call().by.clone();
        self.as_system(|work| {
            let session = session_of(work, &by)?;
            let equal = [
                of,
                ("user.key", Value::Key(user.key)),
                ("session.key", Value::from(session)),
            ];
            // Keys grow with time, so the latest stands last. Only one of them is read whole.
            let mut rows = work.all(RESULT, &["key", "expiresAt"], &equal, MOST_KEPT)?;
            let now = work.now();
            rows.retain(|row| row[1].as_number().is_some_and(|ends| ends > now));
            let Some(latest) = rows.pop() else {
                return Ok(None);
            };
            let row = work.first(RESULT, FIELDS, &[("key", latest[0].clone())])?;
            Ok(row.map(|row| {
                let text = |at: usize| row[at].as_text().unwrap_or_default().to_owned();
                let number = |at: usize| row[at].as_number().unwrap_or_default();
                Rest {
                    object: text(0),
                    query: text(1),
                    fields: text(2),
                    size: u32::try_from(number(3)).unwrap_or(1),
                    last: number(4),
                    highest: number(5),
                    total: number(6),
                }
            }))
        })
    }
}

/// Forgets the oldest of what a user has left to read in a session, so that one more can be kept.
fn make_room(work: &mut Work<'_>, user: RecordKey, session: Option<RecordKey>) -> Result<()> {
    let equal = [
        ("user.key", Value::Key(user)),
        ("session.key", Value::from(session)),
    ];
    let kept = work.count(RESULT, &equal)?;
    let beyond = u32::try_from(kept + 1 - i64::from(MOST_KEPT)).unwrap_or(0);
    if beyond == 0 {
        return Ok(());
    }
    let rows = work.all(RESULT, &["key"], &equal, beyond)?;
    forget(work, &rows)
}

/// The session that a caller came with.
fn session_of(work: &mut Work<'_>, by: &By) -> Result<Option<RecordKey>> {
    let By::Session { hash, .. } = by else {
        return Ok(None);
    };
    let row = work.first(SESSION, &["key"], &[("hash", Value::Bytes(hash.clone()))])?;
    Ok(row.and_then(|row| row[0].as_key()))
}

/// Forgets what the queries of a session have left to read.
pub(crate) fn forget_of_session(work: &mut Work<'_>, session: RecordKey) -> Result<()> {
    let of_session = [("session.key", Value::Key(session))];
    let rows = work.all(RESULT, &["key"], &of_session, u32::MAX)?;
    forget(work, &rows)
}

/// Deletes the oldest rows whose time is over. Keys grow with time, so the oldest stand first.
fn sweep(work: &mut Work<'_>) -> Result<()> {
    let mut rows = work.all(RESULT, &["key", "expiresAt"], &[], MOST_SWEPT)?;
    let now = work.now();
    rows.retain(|row| row[1].as_number().is_some_and(|ends| ends <= now));
    forget(work, &rows)
}

fn forget(work: &mut Work<'_>, rows: &[Vec<Value>]) -> Result<()> {
    for key in rows.iter().filter_map(|row| row[0].as_key()) {
        work.delete(work.object(RESULT), key, None)?;
    }
    Ok(())
}
