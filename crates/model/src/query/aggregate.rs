//! Aggregates: `count:id`, `max:contact.discount`, over groups of the other fields asked for.

use crate::field_type::FieldType;

/// What is made of a group's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Function {
    /// How many rows have a value.
    Count,
    /// The values added up.
    Sum,
    /// The mean, cut off four places beyond the field's own.
    Average,
    /// The smallest value.
    Least,
    /// The greatest value.
    Greatest,
}

/// One row: name on the wire and function.
pub const FUNCTIONS: &[(&str, Function)] = &[
    ("count", Function::Count),
    ("sum", Function::Sum),
    ("avg", Function::Average),
    ("min", Function::Least),
    ("max", Function::Greatest),
];

/// How many places an average has beyond its field's.
pub const AVERAGE_PLACES: u8 = 4;

/// The function and the field of a name such as `max:contact.discount`.
/// A name with two colons belongs to a custom field and is none.
pub(super) fn split(name: &str) -> Option<(&str, &str)> {
    let (function, field) = name.split_once(':')?;
    (!field.starts_with(':')).then_some((function, field))
}

impl Function {
    /// The function of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        FUNCTIONS
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, function)| *function)
    }

    /// Why it cannot be made of a type, if it cannot.
    #[must_use]
    pub fn refuses(self, kind: &FieldType) -> Option<&'static str> {
        match (self, kind) {
            (
                _,
                FieldType::Bytes
                | FieldType::File
                | FieldType::Json { .. }
                | FieldType::Words(_)
                | FieldType::References(_)
                | FieldType::Owned(_),
            ) => Some("it cannot be aggregated"),
            (Self::Count, _)
            | (Self::Sum | Self::Average, FieldType::Integer | FieldType::Decimal { .. }) => None,
            (Self::Sum | Self::Average, _) => {
                Some("only numbers can be added up; use count, min or max")
            }
            (Self::Least | Self::Greatest, FieldType::Boolean) => {
                Some("a boolean has no order; use count")
            }
            (Self::Least | Self::Greatest, _) => None,
        }
    }

    /// What it makes of a type.
    #[must_use]
    pub fn kind(self, kind: &FieldType) -> FieldType {
        match (self, kind) {
            (Self::Count, _) => FieldType::Integer,
            (Self::Average, FieldType::Decimal { scale, bare }) => FieldType::Decimal {
                scale: scale + AVERAGE_PLACES,
                bare: *bare,
            },
            (Self::Average, _) => FieldType::Decimal {
                scale: AVERAGE_PLACES,
                bare: false,
            },
            (Self::Sum | Self::Least | Self::Greatest, kind) => kind.clone(),
        }
    }
}
