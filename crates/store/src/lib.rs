//! Everything that is SQL: text for plans and checked records, the two databases, the schema and
//! its migrations.
//!
//! Knows no concrete object and no permission. Identifiers come from declarations and are quoted in
//! one function; values are only ever bound.

pub mod backend;
mod constraint;
pub mod migrate;
mod row;
pub mod session;
pub mod sql;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod texts;

pub use backend::{Connection, Interrupt, Location, Param};
pub use constraint::Violation;
pub use row::RowRef;
pub use session::{Changes, Seen, Session, Who};
pub use sql::dialect::Dialect;
pub use texts::Texts;

/// What can go wrong in a database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A declared constraint refused a write.
    #[error("{0:?}")]
    Constraint(Violation),
    /// Another transaction was in the way; the whole work may be run again.
    #[error("the transaction lost against another one: {0}")]
    Again(String),
    /// The statement was interrupted from outside.
    #[error("interrupted")]
    Interrupted,
    /// The connection is of no more use.
    #[error("the connection to the database is lost: {0}")]
    Lost(String),
    /// The database cannot be used as it is; the text says what to do.
    #[error("{0}")]
    Unusable(String),
    /// The visitor of rows stopped.
    #[error("{0}")]
    Visitor(Box<dyn std::error::Error + Send + Sync>),
    /// Anything else, with the statement it happened in.
    #[error("{error} (in: {statement})")]
    Statement {
        /// What the database said.
        error: String,
        /// The text that ran.
        statement: String,
    },
}

/// What a database call gives.
pub type Result<T> = std::result::Result<T, StoreError>;
