//! What one piece of work was refused and shown, until it is finished.

use sidegate_model::{Kind, ObjectIndex, Problem, RecordKey};

use crate::authorizing::Party;

/// For want of a right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Refused {
    pub(super) object: Option<ObjectIndex>,
    /// The operation's or action's word.
    pub(super) operation: String,
    /// The record that was to be changed.
    pub(super) record: Option<RecordKey>,
    pub(super) code: &'static str,
    /// The missing right.
    pub(super) needs: Option<String>,
}

impl Refused {
    /// Nothing but the way in.
    pub(super) fn entering(code: &'static str) -> Self {
        Self {
            object: None,
            operation: "enter".to_owned(),
            record: None,
            code,
            needs: None,
        }
    }
}

/// An object, the only record shown and the number of rows.
type Shown = (ObjectIndex, Option<RecordKey>, u32);

/// An object, the sort of file and the number of rows.
type Exported = (ObjectIndex, &'static str, u32);

/// The evidence of one piece of work.
#[derive(Debug, Default)]
pub(crate) struct Noted {
    asked: Option<(ObjectIndex, String)>,
    record: Option<RecordKey>,
    refused: Vec<Refused>,
    shown: Vec<Shown>,
    unknown: Vec<(Party, String)>,
    exported: Vec<Exported>,
}

/// What a finished piece of work leaves.
pub(super) struct Parts {
    pub(super) refused: Vec<Refused>,
    pub(super) shown: Vec<Shown>,
    /// Client applications and senders that it named and that do not exist.
    pub(super) unknown: Vec<(Party, String)>,
    pub(super) exported: Vec<Exported>,
}

impl Noted {
    /// The work asks for something; what is refused next is that.
    pub(crate) fn asks(&mut self, object: ObjectIndex, what: &str) {
        self.asked = Some((object, what.to_owned()));
    }

    /// It is about this record.
    pub(crate) fn is_about(&mut self, record: RecordKey) {
        self.record = Some(record);
    }

    /// It was refused; each refusal is noted once, at whatever depth it is seen.
    pub(crate) fn refuses(&mut self, problems: &[Problem]) {
        for problem in problems.iter().filter(|p| p.code.kind == Kind::Right) {
            let asked = self.asked.clone();
            let refused = Refused {
                object: asked.as_ref().map(|(object, _)| *object),
                operation: asked.map(|(_, what)| what).unwrap_or_default(),
                record: self.record,
                code: problem.code.rest,
                needs: problem.needs.clone(),
            };
            if !self.refused.contains(&refused) {
                self.refused.push(refused);
            }
        }
    }

    /// It shows personal data.
    pub(crate) fn shows(&mut self, object: ObjectIndex, record: Option<RecordKey>, rows: u32) {
        self.shown.push((object, record, rows));
    }

    /// It names a client application or sender that does not exist.
    pub(crate) fn misses(&mut self, party: Party, id: &str) {
        self.unknown.push((party, id.to_owned()));
    }

    /// It gives a list as a file.
    pub(crate) fn exports(&mut self, object: ObjectIndex, file: &'static str, rows: u32) {
        self.exported.push((object, file, rows));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.refused.is_empty()
            && self.shown.is_empty()
            && self.unknown.is_empty()
            && self.exported.is_empty()
    }

    pub(super) fn into_parts(self) -> Parts {
        Parts {
            refused: self.refused,
            shown: self.shown,
            unknown: self.unknown,
            exported: self.exported,
        }
    }
}
