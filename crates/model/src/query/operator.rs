//! The operators of a filter: one row each.

use crate::field_type::FieldType;

/// What a filter tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// The same value.
    Equal,
    /// Another value or none.
    NotEqual,
    /// A smaller value.
    Less,
    /// A greater value.
    Greater,
    /// One of several values.
    In,
    /// Text with this text in it.
    Contains,
}

/// What an operator compares with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// One value or null.
    OneOrNull,
    /// One value.
    One,
    /// A list of values.
    Many,
    /// A piece of text.
    Piece,
}

/// One row: name on the wire, the test, and what it takes.
pub const OPERATORS: &[(&str, Operator, Takes)] = &[
    ("$eq", Operator::Equal, Takes::OneOrNull),
    ("$ne", Operator::NotEqual, Takes::OneOrNull),
    ("$lt", Operator::Less, Takes::One),
    ("$gt", Operator::Greater, Takes::One),
    ("$in", Operator::In, Takes::Many),
    ("$contains", Operator::Contains, Takes::Piece),
];

impl Operator {
    /// The operator of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        OPERATORS
            .iter()
            .find(|(known, ..)| *known == name)
            .map(|(_, operator, _)| *operator)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// What it compares with.
    #[must_use]
    pub fn takes(self) -> Takes {
        self.row().2
    }

    fn row(self) -> &'static (&'static str, Self, Takes) {
        OPERATORS
            .iter()
            .find(|(_, operator, _)| *operator == self)
            .expect("every operator has its row")
    }

    /// Why it does not work on a type, if it does not.
    #[must_use]
    pub fn refuses(self, kind: &FieldType) -> Option<&'static str> {
        match self {
            Self::Equal | Self::NotEqual | Self::In => None,
            Self::Less | Self::Greater => {
                matches!(kind, FieldType::Boolean).then_some("a boolean has no order; use $eq")
            }
            Self::Contains => match kind {
                FieldType::Date | FieldType::Moment => {
                    Some("dates have no parts to search; use $gt and $lt")
                }
                FieldType::Boolean => Some("a boolean has no text to search; use $eq"),
                FieldType::Decimal { .. } => {
                    Some("a decimal number has no text to search; use $gt and $lt")
                }
                FieldType::Text { .. }
                | FieldType::Email
                | FieldType::Choice(_)
                | FieldType::Integer
                | FieldType::Key
                | FieldType::Bytes
                | FieldType::Reference(_)
                | FieldType::References(_) => None,
            },
        }
    }
}
