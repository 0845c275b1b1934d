//! The access decision: who may do what, and which rows she sees.
//!
//! Pure. Until roles and assignments take part, only full administrators pass.

use crate::definition::{Definition, Operation};
use crate::value::RecordKey;

/// How much a user may administer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdminLevel {
    /// Nothing.
    Off,
    /// Limited.
    Limited,
    /// Full.
    Full,
}

/// What the decision needs to know of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Her admin privileges.
    pub admin: AdminLevel,
}

/// Which rows a caller sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sight {
    /// The entity of the call: its rows and the shared ones. None is the top level.
    pub entity: Option<RecordKey>,
    /// Whether rows of private entities stay out, at the top level.
    pub hides_private: bool,
}

impl Sight {
    /// Everything in the company.
    pub const ALL: Self = Self {
        entity: None,
        hides_private: false,
    };
}

/// Whether an operation on an object is allowed. Denies by default.
#[must_use]
pub fn may(standing: Standing, _definition: &Definition, _operation: Operation) -> bool {
    standing.admin == AdminLevel::Full
}
