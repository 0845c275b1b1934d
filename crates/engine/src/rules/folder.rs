//! Folders for attachments, which form a tree and know whether there is something in them.

use sidegate_model::{Operation, RecordKey, Result, Value, problem};

use super::{NONE, RuleSet, tree};
use crate::pipeline::{Change, Leave};
use crate::work::Work;

const FOLDER: &str = "company-config/folder";
const ATTACHMENT: &str = "company-config/attachment";
const PARENT: &str = "parent";
const HAS_FOLDERS: &str = "hasSubfolders";
const HAS_ATTACHMENTS: &str = "hasAttachments";
/// So many folders and attachments together go with a folder at most.
const MOST_ALONG: u32 = 1000;
/// One more, so that too many show.
const SHOWN: u32 = MOST_ALONG + 1;

pub(super) const RULES: RuleSet = RuleSet {
    object: FOLDER,
    fields: &["id", PARENT, HAS_FOLDERS, HAS_ATTACHMENTS],
    before: &[
        tree::has_no_circle,
        knows_what_is_in_it,
        takes_along_what_is_in_it,
    ],
    after: &[tells_its_parents],
    ..NONE
};

/// Whether there are folders and attachments in it.
fn knows_what_is_in_it(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    // There is nothing yet in a new one.
    if change.operation != Operation::Update {
        return Ok(());
    }
    for (field, object, by) in [
        (HAS_FOLDERS, FOLDER, "parent.key"),
        (HAS_ATTACHMENTS, ATTACHMENT, "folder.key"),
    ] {
        let any = work.first(object, &["key"], &[(by, Value::Key(change.key()))])?;
        change.set(field, Value::Boolean(any.is_some()));
    }
    Ok(())
}

/// A folder that goes takes all folders below it and all attachments in them along, unless another
/// record refers to one of them, or they are more than one request deletes.
fn takes_along_what_is_in_it(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Delete {
        return Ok(());
    }
    let below = all_below(work, change.key())?;
    // What goes with a folder above was counted there.
    if change.leave == Leave::Own {
        are_not_too_many(work, change, &below)?;
    }
    // The deepest first, so that none takes others along in turn.
    for folder in below.iter().rev() {
        work.delete_with(change.definition, *folder, None, Leave::Brought(""))?;
    }
    let attachments = work.object(ATTACHMENT);
    let inside = [("folder.key", Value::Key(change.key()))];
    for row in work.all(ATTACHMENT, &["key"], &inside, SHOWN)? {
        let Some(key) = row[0].as_key() else { continue };
        // One that the caller does not see stays, and then keeps the folder.
        if work.record(attachments, key)?.is_some() {
            work.delete_with(attachments, key, None, Leave::Brought(""))?;
        }
    }
    Ok(())
}

/// Refuses when there are too many folders below, or attachments in them and in the folder itself.
fn are_not_too_many(work: &mut Work<'_>, change: &Change<'_>, below: &[RecordKey]) -> Result<()> {
    let mut left = (MOST_ALONG as usize).checked_sub(below.len());
    for folder in below.iter().copied().chain([change.key()]) {
        let Some(room) = left else { break };
        let inside = [("folder.key", Value::Key(folder))];
        let attachments = work.all(ATTACHMENT, &["key"], &inside, SHOWN)?;
        left = room.checked_sub(attachments.len());
    }
    if left.is_some() {
        return Ok(());
    }
    Err(problem::FOLDER_FULL
        .with("MOST", MOST_ALONG.to_string())
        .with("ID", change.text("id"))
        .into())
}

/// The folders below a folder that the caller sees, each after the one that it is in; only some of
/// them when they are too many.
fn all_below(work: &mut Work<'_>, folder: RecordKey) -> Result<Vec<RecordKey>> {
    let definition = work.object(FOLDER);
    let mut found: Vec<RecordKey> = Vec::new();
    let mut looked_at = 0;
    let mut at = folder;
    loop {
        for row in work.all(FOLDER, &["key"], &[("parent.key", Value::Key(at))], SHOWN)? {
            let Some(key) = row[0].as_key() else { continue };
            if work.record(definition, key)?.is_some() {
                found.push(key);
            }
        }
        let next = found.get(looked_at).copied();
        let Some(next) = next.filter(|_| found.len() <= MOST_ALONG as usize) else {
            return Ok(found);
        };
        at = next;
        looked_at += 1;
    }
}

/// The folder it is in, and the one it was in, have one more and one fewer.
fn tells_its_parents(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    tell_both(work, change, PARENT)
}

/// Has the folder that a record names in this field look again at what is in it, and the one that
/// it named before.
pub(super) fn tell_both(work: &mut Work<'_>, change: &Change<'_>, field: &str) -> Result<()> {
    let moved = change.operation != Operation::Update || change.changes(field);
    let folders = work.object(FOLDER);
    let was = change.old(field).as_key();
    let is = change.value(field).as_key().filter(|is| Some(*is) != was);
    for key in was.into_iter().chain(is).filter(|_| moved) {
        // A folder of an entity that the caller does not see is left as it is.
        if work.record(folders, key)?.is_some() {
            work.touch(folders, key)?;
        }
    }
    Ok(())
}
