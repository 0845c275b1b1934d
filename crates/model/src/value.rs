//! One value of one field, after its text was understood.

use std::fmt;

/// The system-assigned key of a record: positive, below 2^53, decimal text on every wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RecordKey(i64);

impl RecordKey {
    /// Keys stay below this so that clients may hold them in a double.
    pub const LIMIT: i64 = 1 << 53;

    /// A key from a number, if it can be one.
    #[must_use]
    pub fn new(number: i64) -> Option<Self> {
        (1..Self::LIMIT).contains(&number).then_some(Self(number))
    }

    /// A key from what a client wrote: decimal digits without sign or leading zero.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.is_empty() || text.starts_with('0') || !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Self::new(text.parse().ok()?)
    }

    /// The key as a number.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value with its meaning.
///
/// Dates count days and moments count microseconds since 1970-01-01 UTC; a decimal counts units of
/// its field's last place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// Nothing.
    #[default]
    Null,
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A scaled decimal: 12.50 with two places is 1250.
    Decimal(i64),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Moment(i64),
    /// Text, also the value of a choice.
    Text(String),
    /// Raw bytes: hashes and sealed values.
    Bytes(Vec<u8>),
    /// The key of a record, own or referred to.
    Key(RecordKey),
}

impl Value {
    /// Whether there is no value.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text, if this is text.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The key, if this is one.
    #[must_use]
    pub fn as_key(&self) -> Option<RecordKey> {
        match self {
            Self::Key(key) => Some(*key),
            _ => None,
        }
    }

    /// The boolean, if this is one.
    #[must_use]
    pub fn as_boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(yes) => Some(*yes),
            _ => None,
        }
    }

    /// The number that stores this value, if a number stores it.
    #[must_use]
    pub fn as_number(&self) -> Option<i64> {
        match self {
            Self::Integer(n) | Self::Decimal(n) | Self::Moment(n) => Some(*n),
            Self::Date(days) => Some(i64::from(*days)),
            Self::Key(key) => Some(key.number()),
            Self::Null | Self::Boolean(_) | Self::Text(_) | Self::Bytes(_) => None,
        }
    }
}

impl From<Option<RecordKey>> for Value {
    fn from(key: Option<RecordKey>) -> Self {
        key.map_or(Self::Null, Self::Key)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// One scalar as a door read it, before a field gave it meaning.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// An explicit null.
    Null,
    /// A boolean of the wire format.
    Boolean(bool),
    /// A number of the wire format, by its text.
    Number(String),
    /// Text.
    Text(String),
}

impl Scalar {
    /// The word for this sort of scalar in messages.
    #[must_use]
    pub fn sort(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
        }
    }
}
