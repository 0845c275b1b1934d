//! `delete`: records by number.

use sidegate_model::{Operation, RecordKey, Result, problem};

use super::Run;
use super::create::told;
use super::read::split;
use crate::xml::failure::{Doing, cannot};

const MOST_KEYS: usize = 100;

pub(super) fn run(run: &mut Run<'_, '_, '_>) -> Result<()> {
    run.only(&["object", "keys"])?;
    let known = run.object()?;
    let needed = Operation::Delete;
    if !(known.definition.answers(needed) && known.face.writes.contains(&needed)) {
        let object = known.face.name.clone();
        let operation = "DELETE";
        return Err(cannot(&Doing { operation, object }).into());
    }
    let keys = split(run.text("keys")?.unwrap_or_default());
    if keys.is_empty() || keys.len() > MOST_KEYS {
        let size = problem::BATCH_SIZE.with("MOST", MOST_KEYS.to_string());
        return Err(size.with("COUNT", keys.len().to_string()).into());
    }
    let keys: Vec<(String, Option<RecordKey>)> = keys
        .into_iter()
        .map(|text| (text.to_owned(), RecordKey::parse(text)))
        .collect();
    run.work.authorise(known.definition, needed)?;
    for (text, key) in keys {
        let absent = || {
            problem::RECORD_ABSENT
                .with("OBJECT", known.face.name.to_ascii_lowercase())
                .with("KEY", &text)
        };
        let key = key.ok_or_else(absent)?;
        told(known, run.work.delete(known.definition, key, None))?;
    }
    Ok(())
}
