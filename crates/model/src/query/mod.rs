//! The query service's question: as asked, and as planned.

mod aggregate;
mod date_macro;
mod expression;
mod filter;
mod operator;
mod plan;
mod planner;
mod shape;

use crate::value::Scalar;

pub use aggregate::{AVERAGE_PLACES, FUNCTIONS, Function};
pub use date_macro::{MACROS, Period, period};
pub use operator::{OPERATORS, Operator, Takes};
pub use plan::{Listed, Plan};
pub use shape::{
    BETWEEN, Bind, ColumnAt, Condition, Join, MOST_OWNERS, OWNER, Order, Output, Shape, Show, Test,
    Window,
};

/// The most records of one page.
pub const MOST_SIZE: u32 = 4000;
/// The page size when none is asked for.
pub const USUAL_SIZE: u32 = 100;
/// The most fields, filters or sort keys of one query.
pub const MOST_ENTRIES: usize = 200;
/// The most references that one query follows; SQLite joins at most 64 tables.
pub const MOST_JOINS: usize = 40;
/// The most values of one filter.
pub const MOST_VALUES: usize = 4000;
/// The most items of all owned lists of one sort in one record.
pub const MOST_OWNED: u32 = 10_000;
/// Where a page can start at most.
pub const MOST_START: u32 = 2_000_000_000;

/// A query as someone asked it: every name is still text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// `application/object`.
    pub object: String,
    /// Whether one of Sidegate's own objects is asked, and not one of the vendor's.
    pub ours: bool,
    /// What each row shows.
    pub fields: Vec<String>,
    /// Numbered from 1 by their order.
    pub filters: Vec<Filter>,
    /// How the filters combine; all must hold if absent.
    pub expression: Option<String>,
    /// What rows are sorted by, the first first.
    pub order: Vec<(String, Direction)>,
    /// The first record, from 1.
    pub start: u32,
    /// The most records.
    pub size: u32,
    /// Whether text is compared without regard to case.
    pub ignore_case: bool,
    /// Whether each row also tells where it stands in its tree.
    pub hierarchy: bool,
    /// Whether rows of private entities are shown at the top level too.
    pub private: bool,
    /// The day that date macros speak from, in days since 1970-01-01; today if none is given.
    pub as_of: Option<i32>,
}

/// One filter of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// What is tested.
    pub operator: Operator,
    /// The dotted name of the field.
    pub field: String,
    /// What it is compared with.
    pub operand: Operand,
    /// Where it stands in the request.
    pub place: String,
}

/// What a field is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operand {
    /// One value.
    One(Scalar),
    /// Any of several.
    Many(Vec<Scalar>),
}

/// Which way rows are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Smallest first; nulls first.
    Ascending,
    /// Largest first; nulls last.
    Descending,
}
