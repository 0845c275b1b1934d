//! Refusals that rules of several objects make, with the place of the field they are about.

use sidegate_model::{Problem, problem};

use crate::pipeline::Change;

/// The field lacks a value that it needs here.
pub(super) fn missing(change: &Change<'_>, field: &str) -> Problem {
    let place = change.place(field);
    problem::REQUIRED_MISSING.with("FIELD", &place).at(place)
}

/// The field's value is none here; the reason completes "`/place` ...".
pub(super) fn unfit(change: &Change<'_>, field: &str, reason: impl Into<String>) -> Problem {
    let place = change.place(field);
    problem::VALUE_UNFIT
        .with("FIELD", &place)
        .with("REASON", reason)
        .at(place)
}

/// Another record of the object has this value.
pub(super) fn taken(change: &Change<'_>, field: &str, value: impl Into<String>) -> Problem {
    let place = change.place(field);
    problem::NOT_UNIQUE
        .with("FIELD", &place)
        .with("OBJECT", change.definition.label.0.to_lowercase())
        .with("VALUE", value)
        .at(place)
}
