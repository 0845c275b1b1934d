//! The older functions of one object each: `create_contact`, `update_territory`, `delete_location`, ...
//!
//! Their elements are called as the fields of the object are, in small letters, and the record to
//! change or delete stands in an attribute.

use sidegate_model::{Operation, Result, problem};

use super::Run;
use super::create::{changed, key_of, made, told};
use crate::xml::face::Known;
use crate::xml::reader::NodeRef;
use crate::xml::record::{self, Sent};

pub(super) fn create(run: &mut Run<'_, '_, '_>) -> Result<()> {
    let known = object(run)?;
    let saved = made(run.work, known, Sent::read(known, run.node)?)?;
    run.out.leaf("key", &saved.id);
    Ok(())
}

pub(super) fn update(run: &mut Run<'_, '_, '_>) -> Result<()> {
    let known = object(run)?;
    let (name, id) = named(run, known)?;
    let mut sent = Sent::read(known, run.node)?;
    if sent.text("RECORDNO").is_none() {
        sent.set(&name, id);
    }
    let saved = changed(run.work, known, sent)?;
    run.out.leaf("key", &saved.id);
    Ok(())
}

pub(super) fn delete(run: &mut Run<'_, '_, '_>) -> Result<()> {
    let known = object(run)?;
    let (_, id) = named(run, known)?;
    run.work.authorise(known.definition, Operation::Delete)?;
    let key = key_of(run.work, known, &id)?;
    told(known, run.work.delete(known.definition, key, None))?;
    run.out.leaf("key", &id);
    Ok(())
}

/// The object that the function's name ends with.
fn object<'w>(run: &Run<'_, 'w, '_>) -> Result<Known<'w>> {
    let (_, object) = run.node.name().split_once('_').unwrap_or_default();
    run.called(object)
}

/// What the record's id is called, and the id that the attribute, or an element, gives.
fn named(run: &Run<'_, '_, '_>, known: Known<'_>) -> Result<(String, String)> {
    let name = record::id_name(known).unwrap_or("RECORDNO").to_owned();
    let small = name.to_ascii_lowercase();
    let element = run.node.child(&small).map(NodeRef::text);
    let id = run.node.attribute(&small).or(element).unwrap_or_default();
    if id.trim().is_empty() {
        return Err(problem::REQUIRED_MISSING
            .with("FIELD", &small)
            .at(small)
            .into());
    }
    Ok((name, id.trim().to_owned()))
}
