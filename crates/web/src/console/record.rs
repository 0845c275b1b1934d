//! One record as a form or a page of facts reads it: the same that a get over REST answers.

use serde_json::Value;
use sidegate_engine::Work;
use sidegate_model::{Definition, Failure, Operation, RecordKey, Result};

use crate::rest::whole_record;

/// A record, and the version that it was read at.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) record: Value,
    pub(super) version: i64,
}

impl Found {
    /// Reads a record that the actor may see.
    ///
    /// # Errors
    /// When she may not, or there is none.
    pub(super) fn read(
        work: &mut Work<'_>,
        definition: &Definition,
        key: RecordKey,
    ) -> Result<Self> {
        work.authorise(definition, Operation::Get)?;
        Self::read_own(work, definition, key)
    }

    /// Reads a record that belongs to one that the actor edits.
    ///
    /// # Errors
    /// When there is none that she sees.
    pub(super) fn read_own(
        work: &mut Work<'_>,
        definition: &Definition,
        key: RecordKey,
    ) -> Result<Self> {
        let (bytes, version) = whole_record(work, definition, key)?;
        let record =
            serde_json::from_slice(&bytes).map_err(|error| Failure::Broken(Box::new(error)))?;
        Ok(Self { record, version })
    }

    /// The value at a dotted name.
    pub(super) fn at(&self, name: &str) -> &Value {
        at(&self.record, name)
    }

    /// What people read at a dotted name; nothing where nothing is.
    pub(super) fn text(&self, name: &str) -> String {
        text(self.at(name))
    }
}

/// The value at a dotted name.
pub(super) fn at<'v>(value: &'v Value, name: &str) -> &'v Value {
    let step = |value: &'v Value, word: &str| value.get(word).unwrap_or(&Value::Null);
    name.split('.').fold(value, step)
}

/// A scalar as text; a reference by its key.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null | Value::Array(_) => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(yes) => yes.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Object(_) => text(at(value, "key")),
    }
}

/// The keys of a list of references.
pub(super) fn keys(value: &Value) -> Vec<String> {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().map(text).collect()
}
