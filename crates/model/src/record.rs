//! What someone sent, and what is stored.

use crate::definition::{Definition, FieldIndex};
use crate::value::{RecordKey, Value};

/// What someone sent for one record: typed values by field, each with its place in the request.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// In the order sent; a door refuses duplicates.
    pub entries: Vec<Entry>,
}

/// One member that was sent.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The field.
    pub field: FieldIndex,
    /// Where it stood, for problems: `/contact`.
    pub place: String,
    /// What was sent.
    pub given: Given,
}

/// What was sent for one field.
#[derive(Clone, Debug)]
pub enum Given {
    /// A scalar that fits the field, or null.
    Value(Value),
    /// One reference.
    Reference(Pointed),
    /// A list of references; replaces the old list.
    References(Vec<Pointed>),
    /// Items of an owned list.
    Owned(Vec<Item>),
}

/// One item of an owned list as sent: without a key it is new.
#[derive(Clone, Debug, Default)]
pub struct Item {
    /// Where it stood.
    pub place: String,
    /// The key of an existing item.
    pub key: Option<RecordKey>,
    /// Whether the existing item is to go.
    pub goes: bool,
    /// Its members.
    pub draft: Draft,
}

/// A reference as sent: by key, by id or by both, and perhaps members to write through it.
#[derive(Clone, Debug, Default)]
pub struct Pointed {
    /// Where it stood.
    pub place: String,
    /// The key, if given.
    pub key: Option<RecordKey>,
    /// The id, if given.
    pub id: Option<String>,
    /// Members of the target, for fields of the target's definition.
    pub inline: Draft,
}

impl Draft {
    /// What was sent for a field.
    #[must_use]
    pub fn get(&self, field: FieldIndex) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.field == field)
    }

    /// Adds what stands for a field.
    pub fn set(&mut self, field: FieldIndex, place: impl Into<String>, given: Given) {
        self.entries.retain(|entry| entry.field != field);
        self.entries.push(Entry {
            field,
            place: place.into(),
            given,
        });
    }
}

/// One record: a value for each field of its definition, and its lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    values: Vec<Value>,
    lists: Vec<(FieldIndex, Vec<RecordKey>)>,
}

impl Record {
    /// A record of nothing but nulls and empty lists.
    #[must_use]
    pub fn empty(definition: &Definition) -> Self {
        Self {
            values: vec![Value::Null; definition.fields.len()],
            lists: definition
                .lists()
                .map(|(field, _)| (field.index, Vec::new()))
                .collect(),
        }
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, field: FieldIndex) -> &Value {
        &self.values[usize::from(field.0)]
    }

    /// Puts a value into a field.
    pub fn set(&mut self, field: FieldIndex, value: Value) {
        self.values[usize::from(field.0)] = value;
    }

    /// The keys of a list field; nothing for other fields.
    #[must_use]
    pub fn list(&self, field: FieldIndex) -> &[RecordKey] {
        self.lists
            .iter()
            .find(|(index, _)| *index == field)
            .map_or(&[], |(_, keys)| keys.as_slice())
    }

    /// Replaces the keys of a list field.
    pub fn set_list(&mut self, field: FieldIndex, keys: Vec<RecordKey>) {
        if let Some((_, list)) = self.lists.iter_mut().find(|(index, _)| *index == field) {
            *list = keys;
        }
    }

    /// The record's key, once it has one.
    #[must_use]
    pub fn key(&self) -> Option<RecordKey> {
        self.get(FieldIndex::KEY).as_key()
    }
}
