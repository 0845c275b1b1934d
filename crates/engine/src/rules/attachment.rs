//! Attachments and their files.

use sidegate_model::query::{Filter, Operand, Operator, Query};
use sidegate_model::{Failure, Operation, Result, Scalar, Value, problem};

use super::file_type::{self, Fit};
use super::refusal::{missing, unfit};
use super::{NONE, RuleSet, folder};
use crate::pipeline::Change;
use crate::work::{Work, refuse_all};

const ATTACHMENT: &str = "company-config/attachment";
const FILE: &str = "company-config/file";

const ID: &str = "id";
const FOLDER: &str = "folder";
const FILES: &str = "files";

const OWNER: &str = "attachment";
const NAME: &str = "name";
const SIZE: &str = "size";
const ELSEWHERE: &str = "externalStorageId";
const DATA: &str = "data";

/// The most files that are counted.
const MOST_FILES: u32 = 100_000;
/// The most bytes of all files of one attachment: an answer has them all.
const MOST_BYTES: i64 = 100 * 1024 * 1024;

pub(super) const RULES: RuleSet = RuleSet {
    object: ATTACHMENT,
    fields: &[ID, FOLDER, FILES],
    before: &[has_an_id],
    settle: &[has_room_for_its_files],
    after: &[tells_its_folders],
    ..NONE
};

pub(super) const FILE_RULES: RuleSet = RuleSet {
    object: FILE,
    fields: &[OWNER, NAME, SIZE, ELSEWHERE, DATA],
    before: &[is_what_its_name_says, is_kept_here],
    ..NONE
};

/// An attachment that was given no id is called `ATT-` and the next free number from its key on.
fn has_an_id(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Create || !change.value(ID).is_null() {
        return Ok(());
    }
    let mut number = change.key().number();
    loop {
        let id = format!("ATT-{number}");
        if !is_taken(work, &id)? {
            change.set(ID, Value::Text(id));
            return Ok(());
        }
        number += 1;
    }
}

/// Whether an attachment is called so, whatever the case of its letters.
fn is_taken(work: &mut Work<'_>, id: &str) -> Result<bool> {
    let query = Query {
        object: ATTACHMENT.to_owned(),
        fields: vec!["key".to_owned()],
        filters: vec![Filter {
            operator: Operator::Equal,
            field: ID.to_owned(),
            operand: Operand::One(Scalar::Text(id.to_owned())),
            place: String::new(),
        }],
        start: 1,
        size: 1,
        ignore_case: true,
        ..Query::default()
    };
    let plan = query
        .plan(work.registry(), sidegate_model::access::Sight::ALL)
        .map_err(Failure::Refused)?;
    let mut taken = false;
    work.visit(&plan, &mut |_| taken = true)?;
    Ok(taken)
}

/// The files of an attachment have so many bytes together that one answer can show them.
fn has_room_for_its_files(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if !change.was_sent(FILES) {
        return Ok(());
    }
    let own = [("attachment.key", Value::Key(change.key()))];
    let rows = work.all(FILE, &[SIZE], &own, MOST_FILES)?;
    let bytes: i64 = rows.iter().filter_map(|row| row[0].as_number()).sum();
    if bytes <= MOST_BYTES {
        return Ok(());
    }
    Err(problem::ATTACHMENT_FULL
        .with("MOST", MOST_BYTES.to_string())
        .at(change.place(FILES))
        .into())
}

/// The folder it is in has something in it.
fn tells_its_folders(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    folder::tell_both(work, change, FOLDER)
}

/// A file has a name with an extension of a type that is taken, and content that fits it.
fn is_what_its_name_says(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    let lacking = [NAME, DATA]
        .into_iter()
        .filter(|field| change.value(field).is_null())
        .map(|field| missing(change, field))
        .collect();
    refuse_all(lacking)?;
    if !change.changes(NAME) && !change.changes(DATA) {
        return Ok(());
    }
    let name = change.text(NAME);
    if !file_type::is_plain(name) {
        let reason = "must be the name of a file with its extension, without a path";
        return Err(unfit(change, NAME, reason).into());
    }
    let Value::Bytes(data) = change.value(DATA) else {
        return Ok(());
    };
    let place = |field: &str| change.place(field);
    let refusal = match file_type::fit(name, data) {
        Fit::Fits => return Ok(()),
        Fit::NotTaken => problem::FILE_TYPE
            .with("FIELD", place(NAME))
            .with("KNOWN", file_type::known())
            .at(place(NAME)),
        Fit::Program => problem::FILE_PROGRAM
            .with("FIELD", place(DATA))
            .at(place(DATA)),
        Fit::Other(extension) => problem::FILE_CONTENT
            .with("FIELD", place(DATA))
            .with("TYPE", extension)
            .at(place(DATA)),
    };
    Err(refusal.into())
}

/// A file lies in the company's own database, and its size is that of its content.
fn is_kept_here(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    if let Value::Bytes(data) = change.value(DATA) {
        let size = i64::try_from(data.len()).unwrap_or(i64::MAX);
        change.set(SIZE, Value::Integer(size));
    }
    change.set(ELSEWHERE, Value::Null);
    Ok(())
}
