//! Companies.

use super::{NONE, RuleSet};

pub(super) const RULES: RuleSet = RuleSet {
    object: "sidegate/company",
    random_key: true,
    ..NONE
};
