//! Which rows a caller sees.

use std::sync::Arc;

use crate::value::RecordKey;

/// Which rows a caller sees.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sight {
    /// The entity of the call: its rows and the shared ones. None is the top level.
    pub entity: Option<RecordKey>,
    /// Whether rows of private entities stay out, at the top level.
    pub hides_private: bool,
    /// What the caller is restricted to, if she is.
    pub limits: Option<Arc<Limits>>,
    /// Who looks, where rows are of one user; none sees those of all.
    pub user: Option<RecordKey>,
    /// Whether she administers the company.
    pub administers: bool,
    /// Whether what she sees is about to be changed: what she may see but not change is out of sight.
    pub changes: bool,
}

impl Sight {
    /// Everything in the company.
    pub const ALL: Self = Self {
        entity: None,
        hides_private: false,
        limits: None,
        user: None,
        administers: false,
        changes: false,
    };

    /// Whether everything is seen that is not of one user.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.restricts() && !self.hides_private && !self.changes
    }

    /// Whether anything but private entities may be out of sight.
    #[must_use]
    pub fn restricts(&self) -> bool {
        self.entity.is_some() || self.limits.is_some()
    }
}

/// What a user is restricted to; each list with all that stands below what she was given. None does
/// not restrict; an empty list leaves what is shared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Entities.
    pub entities: Option<Vec<RecordKey>>,
    /// Locations.
    pub locations: Option<Locations>,
    /// Departments.
    pub departments: Option<Vec<RecordKey>>,
    /// Territories.
    pub territories: Option<Vec<RecordKey>>,
    /// Whether transactions of other departments are hidden; otherwise they are seen, but not changed.
    pub hides_departments: bool,
}

/// Locations that a user is restricted to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Locations {
    /// The locations.
    pub keys: Vec<RecordKey>,
    /// The entities that they belong to: a record of one of these without a location counts under each.
    pub entities: Vec<RecordKey>,
}

impl Limits {
    /// Whether whoever is restricted so sees nothing that somebody else restricted does not see.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        let keys = |limits: &Self| limits.locations.as_ref().map(|places| places.keys.clone());
        within(self.entities.as_deref(), other.entities.as_deref())
            && within(keys(self).as_deref(), keys(other).as_deref())
            && within(self.departments.as_deref(), other.departments.as_deref())
            && within(self.territories.as_deref(), other.territories.as_deref())
            && (self.hides_departments || !other.hides_departments || other.departments.is_none())
    }

    /// Whether nothing is restricted.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.entities.is_none()
            && self.locations.is_none()
            && self.departments.is_none()
            && self.territories.is_none()
    }
}

/// Whether a list restricts at least as much as another; none does not restrict.
fn within(own: Option<&[RecordKey]>, others: Option<&[RecordKey]>) -> bool {
    match (own, others) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(own), Some(others)) => own.iter().all(|key| others.contains(key)),
    }
}
