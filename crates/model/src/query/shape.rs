//! What a plan is made of: columns, references followed, conditions, sort keys.
//!
//! The shape decides a statement's text; values are only ever bound. Equal shapes share one text and
//! one prepared statement.

use std::hash::{Hash, Hasher};

use super::Direction;
use super::aggregate::Function;
use crate::definition::{FieldIndex, ObjectIndex};
use crate::value::Value;

/// The alias of the record that a row belongs to, within [`Condition::Belongs`]; of the one that this
/// belongs to in turn the one below, and so on.
pub const OWNER: u16 = u16::MAX;
/// At most so many records belong to one another.
pub const MOST_OWNERS: u16 = 8;

/// A column of the object itself (alias 0) or of a joined one (alias n is join n).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnAt {
    /// Whose column.
    pub alias: u16,
    /// Which field of that object.
    pub field: FieldIndex,
    /// Whether its text is taken without regard to case.
    pub fold: bool,
}

impl ColumnAt {
    /// A column as it is stored.
    #[must_use]
    pub fn plain(alias: u16, field: FieldIndex) -> Self {
        Self {
            alias,
            field,
            fold: false,
        }
    }
}

/// A reference followed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Join {
    /// Whose reference.
    pub from: u16,
    /// Which field.
    pub through: FieldIndex,
    /// The object reached.
    pub target: ObjectIndex,
    /// What must hold for the row to be seen at all; an unseen one reads as null.
    pub seen: Option<Condition>,
}

/// How a selected column is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Show {
    /// As its field's type says.
    Value,
    /// As the address of the record whose key it is.
    Href(ObjectIndex),
    /// As what a function makes of its group's values.
    Aggregate(Function),
    /// Whether another record of the same object names this one in the column, one that satisfies
    /// [`Shape::children`].
    Named,
    /// As this member of each record that the list in the column names, in the list's order, with
    /// [`BETWEEN`] between them.
    Listed(FieldIndex),
}

/// What stands between the members of a list that is shown as one text; no text holds it.
pub const BETWEEN: char = '\u{1f}';

/// One selected column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// Where from.
    pub at: ColumnAt,
    /// How it is shown.
    pub show: Show,
}

/// In one number: a text is looked up by its shape for each statement, and a shape is mostly outputs.
impl Hash for Output {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let show = match self.show {
            Show::Value => 0,
            Show::Href(object) => 1 + u64::from(object.0),
            Show::Aggregate(function) => 0x1_0000 + function as u64,
            Show::Named => 0x2_0000,
            Show::Listed(member) => 0x4_0000 + u64::from(member.0),
        };
        let at = u64::from(self.at.alias) << 16 | u64::from(self.at.field.0);
        state.write_u64(at << 32 | show);
    }
}

/// What rows must satisfy. Values are numbered from 1 in the plan's list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// All parts hold; true when there are none.
    All(Vec<Condition>),
    /// Some part holds; false when there are none.
    Any(Vec<Condition>),
    /// One test of one column.
    Test(ColumnAt, Test),
    /// One test of one column that must not hold; null is fine.
    Unless(ColumnAt, Test),
    /// The column names a record of this object that satisfies a condition, in which it is [`OWNER`].
    Belongs(ColumnAt, ObjectIndex, Box<Condition>),
    /// The columns together are greater than the values, the first column first.
    After(Vec<(ColumnAt, u16)>),
    /// The column names no record of this object whose field of this kind is true.
    NamesNone(ColumnAt, ObjectIndex, FieldIndex),
    /// The record's own list names a record that satisfies a condition, in which it is [`OWNER`].
    Lists(FieldIndex, ObjectIndex, Box<Condition>),
    /// It names none.
    ListsNone(FieldIndex, ObjectIndex, Box<Condition>),
}

/// One test of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// Equal to a value.
    Equals(u16),
    /// Not equal to a value, or null.
    Differs(u16),
    /// Smaller than a value.
    Less(u16),
    /// Smaller than a value, or equal.
    LessOrEquals(u16),
    /// Greater than a value.
    Greater(u16),
    /// Greater than a value, or equal.
    GreaterOrEquals(u16),
    /// Among a list of values.
    In(u16),
    /// Text with a value in it.
    Contains(u16),
    /// Text that begins with a value.
    StartsWith(u16),
    /// Text that ends with a value.
    EndsWith(u16),
    /// Text of the pattern that a value is.
    Like(u16),
    /// Null.
    IsNull,
    /// Not null.
    NotNull,
}

impl Condition {
    /// All of these.
    #[must_use]
    pub fn all(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 {
            parts.remove(0)
        } else {
            Self::All(parts)
        }
    }

    /// Any of these.
    #[must_use]
    pub fn any(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 {
            parts.remove(0)
        } else {
            Self::Any(parts)
        }
    }
}

/// A sort key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// What is compared.
    pub at: ColumnAt,
    /// What is made of it first, in groups.
    pub function: Option<Function>,
    /// Which way.
    pub direction: Direction,
}

/// All that decides a statement's text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// The object asked.
    pub object: ObjectIndex,
    /// References followed; the first has alias 1.
    pub joins: Vec<Join>,
    /// What is selected.
    pub outputs: Vec<Output>,
    /// What rows must satisfy.
    pub condition: Condition,
    /// How they are sorted; ends with the key, or in groups with all that groups them.
    pub order: Vec<Order>,
    /// Whether rows are groups: one for each combination of the outputs that are no aggregates.
    pub grouped: bool,
    /// What records must satisfy, as [`OWNER`], that are shown to name a row.
    pub children: Option<Condition>,
    /// The lists that are shown, each with what a record must satisfy, as [`OWNER`], to be shown in it.
    pub lists: Vec<(FieldIndex, Option<Condition>)>,
}

impl Shape {
    /// What groups rows, if they are grouped.
    pub fn groups(&self) -> impl Iterator<Item = ColumnAt> {
        let plain = |output: &&Output| !matches!(output.show, Show::Aggregate(_));
        self.outputs.iter().filter(plain).map(|output| output.at)
    }
}

/// A bound value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bind {
    /// One value.
    One(Value),
    /// A list, bound as one.
    Many(Vec<Value>),
}

/// Which part of the result is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// The first row, from 1.
    pub start: u32,
    /// The most rows.
    pub size: u32,
}
