//! Dotted names: where names of a request meet the declarations, once.

use crate::definition::{Definition, Field, FieldIndex, ObjectIndex};
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
    may: impl Fn(&Field) -> bool,
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
            let readable = !field.is_list() && field.kind.target().is_none() && may(field);
            return readable.then_some(Path {
                hops,
                object: at.index,
                end: End::Field(field.index),
            });
        }
        let field = at
            .fields
            .iter()
            .filter(|field| field.kind.target().is_some() && may(field))
            .find(|field| {
                rest.strip_prefix(&field.name)
                    .is_some_and(|r| r.starts_with('.'))
            })?;
        if hops.len() == MOST_HOPS {
            return None;
        }
        rest = &rest[field.name.len() + 1..];
        hops.push(field.index);
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
