//! Requests that may be sent twice and are carried out once.
//!
//! The answer is kept in the transaction of the write itself, under the company's lock: whatever
//! happens between commit and answer, the repeated request finds it, and of two that come at once
//! the second does. Knows no wire format; a door hands over the bytes that it answered with.

use ring::digest::{Context, SHA256, digest};
use sidegate_model::field_type::moment_text;
use sidegate_model::{Failure, Kind, Problem, Result, Value, problem};

use crate::sign_in::draft_of;
use crate::work::Work;

const OBJECT: &str = "sidegate/idempotency-key";

const HOUR: i64 = 3_600 * 1_000_000;
/// So long a repeated request gets the kept answer.
const REPLAYED_HOURS: i64 = 48;
/// So long a key cannot be used for anything new.
const RESERVED_HOURS: i64 = 60 * 24;
/// With each new key at most so many old ones are deleted: more than one, so that none pile up.
const MOST_SWEPT: u32 = 4;

/// What a client calls a request, and enough of the request to know it again.
#[derive(Clone, Debug)]
pub struct Ticket {
    method: String,
    path: String,
    key: String,
    body: Vec<u8>,
}

/// An answer, as a door sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The version of the one record it tells of.
    pub version: Option<i64>,
    /// The body.
    pub body: Vec<u8>,
}

/// An answer, and since when it is kept if it was given before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The answer.
    pub answer: Answer,
    /// When the request was carried out, in microseconds since the epoch; none when it was just now.
    pub kept_at: Option<i64>,
}

impl Ticket {
    /// A request with this key of the client's own.
    #[must_use]
    pub fn new(method: &str, path: &str, key: &str, body: &[u8]) -> Self {
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            key: key.to_owned(),
            body: digest(&SHA256, body).as_ref().to_vec(),
        }
    }

    /// What the client calls the request.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl Work<'_> {
    /// Carries a request out unless it was before, and keeps the answer, also that of a refusal:
    /// what was done for it is undone and its answer stays. What a later try may mend (a credential,
    /// a right, a busy server, a fault of ours) is not kept.
    ///
    /// Answers that show a secret must not come here: they would be kept in the clear. There are
    /// none yet; a door that makes one decides so where it makes the ticket.
    ///
    /// # Errors
    /// A key that was used for something else or too long ago, a refusal that is not kept, or what
    /// is ours to fix.
    pub fn once(
        &mut self,
        ticket: &Ticket,
        act: impl FnOnce(&mut Self) -> Result<Answer>,
        refused: impl FnOnce(&[Problem]) -> Answer,
    ) -> Result<Answered> {
        let fingerprint = self.fingerprint(ticket);
        if let Some(kept) = self.kept(ticket, &fingerprint)? {
            return Ok(kept);
        }
        let answer = match self.step(act)? {
            Ok(answer) => answer,
            Err(problems) if stands(&problems) => refused(&problems),
            Err(problems) => return Err(Failure::Refused(problems)),
        };
        self.keep(ticket, fingerprint, &answer)?;
        Ok(Answered {
            answer,
            kept_at: None,
        })
    }

    /// Refuses a function of the XML gateway that the caller's sender had carried out under this id.
    ///
    /// # Errors
    /// When it was, and what the database says.
    pub fn not_done_before(&mut self, id: &str) -> Result<()> {
        let fingerprint = self.fingerprint_of_function(id);
        let fields = ["key", "audit.createdDateTime"];
        let equal = [("fingerprint", Value::Bytes(fingerprint))];
        let Some(row) = self.first(OBJECT, &fields, &equal)? else {
            return Ok(());
        };
        let done_at = row[1].as_number().unwrap_or_default();
        if self.now().saturating_sub(done_at) >= REPLAYED_HOURS * HOUR {
            return self.forget(&row[0]);
        }
        Err(problem::XML_REPEATED
            .with("KEY", id)
            .with("WHEN", moment_text(done_at))
            .into())
    }

    /// Notes that a function of the XML gateway was carried out under this id.
    ///
    /// # Errors
    /// What the database says.
    pub fn done_now(&mut self, id: &str) -> Result<()> {
        let fingerprint = self.fingerprint_of_function(id);
        let nothing = Answer {
            status: 200,
            version: None,
            body: Vec::new(),
        };
        let ticket = Ticket::new("", "", id, &[]);
        self.keep(&ticket, fingerprint, &nothing)
    }

    /// Which function it is and of which sender.
    fn fingerprint_of_function(&self, id: &str) -> Vec<u8> {
        let sender = self.actor().sender.as_ref();
        let key = sender.map_or(0, |sender| sender.key.number());
        let mut hash = Context::new(&SHA256);
        hash.update(b"xml function");
        hash.update(&key.to_be_bytes());
        hash.update(id.as_bytes());
        hash.finish().as_ref().to_vec()
    }

    /// Whose request it is and which. Lengths stand before the texts, so that none runs into the next.
    fn fingerprint(&self, ticket: &Ticket) -> Vec<u8> {
        let actor = self.actor();
        let mut hash = Context::new(&SHA256);
        for named in [&actor.client, &actor.user, &actor.entity] {
            let key = named.as_ref().map_or(0, |named| named.key.number());
            hash.update(&key.to_be_bytes());
        }
        for text in [&ticket.method, &ticket.path, &ticket.key] {
            hash.update(&(text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        hash.finish().as_ref().to_vec()
    }

    /// The answer that was given before, if the key was used.
    fn kept(&mut self, ticket: &Ticket, fingerprint: &[u8]) -> Result<Option<Answered>> {
        let fields = [
            "key",
            "audit.createdDateTime",
            "bodyHash",
            "answerStatus",
            "answerVersion",
            "answerBody",
        ];
        let equal = [("fingerprint", Value::Bytes(fingerprint.to_vec()))];
        let Some(mut row) = self.first(OBJECT, &fields, &equal)? else {
            return Ok(None);
        };
        let body = match row.pop() {
            Some(Value::Bytes(body)) => body,
            _ => Vec::new(),
        };
        let number = |at: usize| row[at].as_number();
        let kept_at = number(1).unwrap_or_default();
        let hours = self.now().saturating_sub(kept_at) / HOUR;
        if hours >= RESERVED_HOURS {
            self.forget(&row[0])?;
            return Ok(None);
        }
        if hours >= REPLAYED_HOURS {
            return Err(problem::IDEMPOTENCY_KEY_SPENT
                .with("KEY", &ticket.key)
                .with("HOURS", REPLAYED_HOURS.to_string())
                .with("UNTIL", moment_text(kept_at + RESERVED_HOURS * HOUR))
                .into());
        }
        if row[2] != Value::Bytes(ticket.body.clone()) {
            return Err(problem::IDEMPOTENCY_KEY_TAKEN
                .with("KEY", &ticket.key)
                .into());
        }
        let status = number(3).and_then(|status| u16::try_from(status).ok());
        Ok(Some(Answered {
            answer: Answer {
                status: status.ok_or_else(|| Failure::broken("a kept answer has no status"))?,
                version: number(4),
                body,
            },
            kept_at: Some(kept_at),
        }))
    }

    /// Keeps an answer in Sidegate's own name: the rows are nobody's records, and deleting a user
    /// must not fail for them.
    fn keep(&mut self, ticket: &Ticket, fingerprint: Vec<u8>, answer: &Answer) -> Result<()> {
        let values = [
            ("fingerprint", Value::Bytes(fingerprint)),
            ("bodyHash", Value::Bytes(ticket.body.clone())),
            ("answerStatus", Value::Integer(i64::from(answer.status))),
            (
                "answerVersion",
                answer.version.map_or(Value::Null, Value::Integer),
            ),
            ("answerBody", Value::Bytes(answer.body.clone())),
        ];
        let definition = self.object(OBJECT);
        let draft = draft_of(self, OBJECT, &values);
        self.as_system(|work| work.create(definition, &draft))?;
        self.sweep()
    }

    /// Deletes the oldest rows whose time is over. Keys grow with time, so the oldest stand first.
    fn sweep(&mut self) -> Result<()> {
        let fields = ["key", "audit.createdDateTime"];
        let over = self.now() - RESERVED_HOURS * HOUR;
        for row in self.all(OBJECT, &fields, &[], MOST_SWEPT)? {
            if row[1].as_number().is_some_and(|kept_at| kept_at <= over) {
                self.forget(&row[0])?;
            }
        }
        Ok(())
    }

    fn forget(&mut self, key: &Value) -> Result<()> {
        let definition = self.object(OBJECT);
        match key.as_key() {
            Some(key) => self.as_system(|work| work.delete(definition, key, None)),
            None => Ok(()),
        }
    }
}

/// Whether the same request would be refused again for the same reason.
fn stands(problems: &[Problem]) -> bool {
    let passing = |kind| {
        matches!(
            kind,
            Kind::Credential | Kind::Right | Kind::Rate | Kind::Busy
        )
    };
    !problems.iter().any(|problem| passing(problem.code.kind))
}
