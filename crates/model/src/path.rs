//! Dotted names: where names of a request meet the declarations, once.

use crate::definition::{Definition, Field, FieldIndex, ObjectIndex, Source};
use crate::registry::Registry;

/// A dotted name that was understood: references to follow, and what stands at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// The references followed, each by its field in the object reached so far.
    pub hops: Vec<FieldIndex>,
    /// The object that has the end.
    pub object: ObjectIndex,
    /// What is asked of it.
    pub end: End,
}

/// What stands at the end of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// A field.
    Field(FieldIndex),
    /// The record's address, made from its key.
    Href,
}

/// Paths follow at most this many references.
pub const MOST_HOPS: usize = 8;

/// Finds what a dotted name means from an object, if it means something that doors may read.
#[must_use]
pub fn resolve(registry: &Registry, from: &Definition, name: &str) -> Option<Path> {
    resolve_among(registry, from, name, Field::is_visible)
}

/// The same with the fields that only the system reads.
#[must_use]
pub fn resolve_internal(registry: &Registry, from: &Definition, name: &str) -> Option<Path> {
    resolve_among(registry, from, name, |_| true)
}

fn resolve_among(
    registry: &Registry,
    from: &Definition,
    name: &str,
    may: fn(&Field) -> bool,
) -> Option<Path> {
    let mut at = from;
    let mut rest = name;
    let mut hops = Vec::new();
    loop {
        if rest == "href" {
            return Some(Path {
                hops,
                object: at.index,
                end: End::Href,
            });
        }
        if let Some(field) = at.named(rest) {
            let listed = field.is_list() || field.is_owned() || field.kind.target().is_some();
            if listed || !may(field) {
                return None;
            }
            if at.source != Source::View && field.from.is_none() {
                return Some(Path {
                    hops,
                    object: at.index,
                    end: End::Field(field.index),
                });
            }
            // What a view shows, its base has, perhaps where no door reads it; what a record shows
            // of another one stands there.
            let base = registry.at(at.base);
            let below = resolve_among(registry, base, field.in_base(), |_| true)?;
            hops.extend(below.hops);
            return (hops.len() <= MOST_HOPS).then_some(Path { hops, ..below });
        }
        let field = at
            .fields
            .iter()
            .filter(|field| field.kind.target().is_some() && may(field))
            .find(|field| {
                rest.strip_prefix(&field.name)
                    .is_some_and(|r| r.starts_with('.'))
            })?;
        rest = &rest[field.name.len() + 1..];
        if at.source == Source::View || field.from.is_some() {
            let base = registry.at(at.base);
            hops.extend(reference_in_base(registry, base, field.in_base())?);
        } else {
            hops.push(field.index);
        }
        if hops.len() > MOST_HOPS {
            return None;
        }
        at = registry.target_of(field)?;
        // A reference's id is whatever people type for the target.
        if rest == "id" && at.named("id").is_none() {
            let id = at.id?;
            return Some(Path {
                hops,
                object: at.index,
                end: End::Field(id),
            });
        }
    }
}

/// The references to follow from a base to what a view's reference leads to.
pub(crate) fn reference_in_base(
    registry: &Registry,
    base: &Definition,
    name: &str,
) -> Option<Vec<FieldIndex>> {
    let mut hops = Vec::new();
    let mut at = base;
    let mut rest = name;
    loop {
        if let Some(field) = at.named(rest) {
            field.kind.target()?;
            hops.push(field.index);
            return Some(hops);
        }
        let field = at.fields.iter().find(|field| {
            field.kind.target().is_some()
                && rest
                    .strip_prefix(&field.name)
                    .is_some_and(|r| r.starts_with('.'))
        })?;
        hops.push(field.index);
        rest = &rest[field.name.len() + 1..];
        at = registry.target_of(field)?;
    }
}
