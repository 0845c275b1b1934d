//! What Sidegate knows of business objects, without doing anything with them.
//!
//! Declarations and their load-time checks, field types and values, records and drafts, the query
//! and its plan, the access decision, and the catalogue of problems.
//! Pure: no I/O, no clock, no async, no wire format, no SQL, and no concrete object's name.

pub mod access;
pub mod definition;
pub mod face;
pub mod field_type;
pub mod path;
pub mod problem;
pub mod query;
pub mod record;
pub mod registry;
pub mod text;
pub mod value;
pub mod words;

pub use definition::{
    Audit, Definition, Field, FieldIndex, Guards, ListTable, ObjectIndex, Operation, Realm, Rule,
    Screen, ScreenLink, Source, Was,
};
pub use field_type::FieldType;
pub use problem::{Failure, Kind, Problem, Result};
pub use record::{Draft, Entry, Given, Item, Pointed, Record};
pub use registry::Registry;
pub use value::{RecordKey, Scalar, Value};
