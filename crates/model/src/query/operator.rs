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
    /// A smaller value or the same.
    LessOrEqual,
    /// A greater value.
    Greater,
    /// A greater value or the same.
    GreaterOrEqual,
    /// One of several values.
    In,
    /// None of several values.
    NotIn,
    /// From one value to another, both included.
    Between,
    /// Outside of one value to another.
    NotBetween,
    /// Text with this text in it.
    Contains,
    /// Text without this text in it.
    NotContains,
    /// Text that begins so.
    StartsWith,
    /// Text that does not begin so.
    NotStartsWith,
    /// Text that ends so.
    EndsWith,
    /// Text that does not end so.
    NotEndsWith,
    /// A list with this word in it.
    Has,
    /// Text of this pattern, in which `%` stands for any characters and `_` for one.
    Like,
    /// Text of another pattern, or none.
    NotLike,
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
    /// A list of exactly two values.
    Two,
    /// A piece of text.
    Piece,
}

/// One row: name on the wire, the test, and what it takes.
pub const OPERATORS: &[(&str, Operator, Takes)] = &[
    ("$eq", Operator::Equal, Takes::OneOrNull),
    ("$ne", Operator::NotEqual, Takes::OneOrNull),
    ("$lt", Operator::Less, Takes::One),
    ("$lte", Operator::LessOrEqual, Takes::One),
    ("$gt", Operator::Greater, Takes::One),
    ("$gte", Operator::GreaterOrEqual, Takes::One),
    ("$in", Operator::In, Takes::Many),
    ("$notIn", Operator::NotIn, Takes::Many),
    ("$between", Operator::Between, Takes::Two),
    ("$notBetween", Operator::NotBetween, Takes::Two),
    ("$contains", Operator::Contains, Takes::Piece),
    ("$notContains", Operator::NotContains, Takes::Piece),
    ("$startsWith", Operator::StartsWith, Takes::Piece),
    ("$notStartsWith", Operator::NotStartsWith, Takes::Piece),
    ("$endsWith", Operator::EndsWith, Takes::Piece),
    ("$notEndsWith", Operator::NotEndsWith, Takes::Piece),
    ("$has", Operator::Has, Takes::Piece),
];

/// Operators that the query service does not have, but the XML gateway.
const PATTERNS: &[(&str, Operator, Takes)] = &[
    ("like", Operator::Like, Takes::Piece),
    ("notlike", Operator::NotLike, Takes::Piece),
];

impl Operator {
    /// The operator of a name in the query service.
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
            .chain(PATTERNS)
            .find(|(_, operator, _)| *operator == self)
            .expect("every operator has its row")
    }

    /// Why it does not work on a type, if it does not.
    #[must_use]
    pub fn refuses(self, kind: &FieldType) -> Option<&'static str> {
        match (self, kind) {
            (Self::Has, FieldType::Words(_)) => return None,
            (Self::Has, _) => return Some("only a list of words has words; use $eq or $contains"),
            (_, FieldType::Words(_)) => return Some("a list of words takes $has only"),
            (_, FieldType::Json { .. }) => return Some("what an object holds cannot be searched"),
            (_, FieldType::File) => return Some("the content of a file cannot be searched"),
            _ => {}
        }
        match self {
            Self::Has => None,
            Self::Equal | Self::NotEqual | Self::In | Self::NotIn => None,
            Self::Less
            | Self::LessOrEqual
            | Self::Greater
            | Self::GreaterOrEqual
            | Self::Between
            | Self::NotBetween => {
                matches!(kind, FieldType::Boolean).then_some("a boolean has no order; use $eq")
            }
            Self::Contains
            | Self::NotContains
            | Self::StartsWith
            | Self::NotStartsWith
            | Self::EndsWith
            | Self::NotEndsWith
            | Self::Like
            | Self::NotLike => match kind {
                FieldType::Date | FieldType::Moment => {
                    Some("dates have no parts to search; use $gt and $lt")
                }
                FieldType::Boolean => Some("a boolean has no text to search; use $eq"),
                FieldType::Text { .. }
                | FieldType::Email
                | FieldType::Choice(_)
                | FieldType::Words(_)
                | FieldType::Integer
                | FieldType::Decimal { .. }
                | FieldType::Key
                | FieldType::Bytes
                | FieldType::File
                | FieldType::Json { .. }
                | FieldType::Reference(_)
                | FieldType::References(_)
                | FieldType::Owned(_) => None,
            },
        }
    }
}
