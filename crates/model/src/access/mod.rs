//! The access decision: who may do what, and which rows she sees.
//!
//! Pure. Enforcement, explanations and reports ask the same function, [`Policy`].

pub mod catalogue;
mod decision;
pub mod integration;
mod scope;

pub use catalogue::{
    Catalogue, Modules, Permission, PermissionIndex, Right, Rights, UserType, UserTypes,
    WEB_SERVICES,
};
pub use decision::{Decision, Factor, Grant, Judged, Need, Origin, Policy, Reach, Standing};
pub use integration::{Integration, Integrations};
pub use scope::{Limits, Locations, Sight};

/// How much a user may administer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdminLevel {
    /// Nothing.
    #[default]
    Off,
    /// Limited.
    Limited,
    /// Full.
    Full,
}

impl AdminLevel {
    /// The level of a word; one that is unknown is none.
    #[must_use]
    pub fn of(word: &str) -> Self {
        match word {
            "full" => Self::Full,
            "limited" => Self::Limited,
            _ => Self::Off,
        }
    }

    /// Its word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Limited => "limited",
            Self::Full => "full",
        }
    }
}
