//! The catalogue: rows that come with Sidegate, the same for all companies.
//!
//! They lie in tables beside the companies, so that queries and references reach them as they reach
//! anything else. An engine brings them up to date when it starts. Keys are in the files and never
//! change; a row that a file no longer has stays, since something may refer to it.

use sidegate_model::definition::Source as Rows;
use sidegate_model::{Definition, Failure, Field, FieldType, Record, Result, Scalar, Value};

use crate::actor::{Call, Door};
use crate::engine::Engine;
use crate::work::Work;

/// Object and file; the first line of a file names fields.
const FILES: &[(&str, &str)] = &[(
    "company-config/permission",
    sidegate_model::access::catalogue::PERMISSIONS,
)];

impl Engine {
    /// Stores what the catalogue's files say where the database says otherwise.
    pub(crate) fn prepare_catalogue(&self) -> Result<()> {
        for (object, text) in FILES {
            let Some(definition) = self.registry().named(object) else {
                continue;
            };
            if definition.source != Rows::Catalogue {
                return Err(Failure::broken(format!("{object} comes from no catalogue")));
            }
            let index = definition.index;
            let wanted = rows(definition, text)?;
            let call = || Call::system(None, Door::System);
            let missing = self
                .read(call(), move |work| {
                    let definition = work.registry().at(index);
                    stale(work, definition, &wanted)
                })
                .wait()?;
            if missing.is_empty() {
                continue;
            }
            self.write(call(), move |work| {
                work.lock_server()?;
                let definition = work.registry().at(index);
                // Another node may have been first.
                for record in stale(work, definition, &missing)? {
                    store(work, definition, record)?;
                }
                Ok(())
            })
            .wait()?;
        }
        Ok(())
    }
}

/// The rows of a file as records.
fn rows(definition: &Definition, text: &str) -> Result<Vec<Record>> {
    let broken = |what: String| Failure::broken(format!("{}: {what}", definition.name));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let heads = reader.headers().map_err(|e| broken(e.to_string()))?.clone();
    let fields = heads
        .iter()
        .map(|name| {
            let field = definition.named(name);
            field.ok_or_else(|| broken(format!("there is no field {name}")))
        })
        .collect::<Result<Vec<&Field>>>()?;
    let mut records = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|e| broken(e.to_string()))?;
        let mut record = Record::empty(definition);
        for (field, cell) in fields.iter().zip(&row) {
            let value = cell_value(field, cell)
                .map_err(|reason| broken(format!("{} {reason} in {row:?}", field.name)))?;
            set(definition, &mut record, &field.column, &value);
        }
        records.push(record);
    }
    Ok(records)
}

fn cell_value(field: &Field, cell: &str) -> std::result::Result<Value, String> {
    if cell.is_empty() {
        return Ok(Value::Null);
    }
    let found = if let FieldType::Words(_) = field.kind {
        let words: Vec<Scalar> = cell
            .split_whitespace()
            .map(|word| Scalar::Text(word.to_owned()))
            .collect();
        field.kind.accept_words(&words)
    } else {
        field.kind.accept(&Scalar::Text(cell.to_owned()))
    };
    found.map_err(|unfit| unfit.sentence())
}

/// Puts a value into every field that shows a column.
fn set(definition: &Definition, record: &mut Record, column: &str, value: &Value) {
    for field in definition.fields.iter().filter(|f| f.column == column) {
        record.set(field.index, value.clone());
    }
}

/// Those of the records that the database lacks or has otherwise.
fn stale(work: &mut Work<'_>, definition: &Definition, wanted: &[Record]) -> Result<Vec<Record>> {
    let names: Vec<&str> = definition
        .stored()
        .filter(|field| !field.is_stamp())
        .map(|field| field.name.as_str())
        .collect();
    let stored = work.all(&definition.name, &names, &[], u32::MAX)?;
    let known: std::collections::BTreeMap<&Value, &Vec<Value>> =
        stored.iter().map(|row| (&row[0], row)).collect();
    let mut missing = Vec::new();
    for record in wanted {
        let values: Vec<Value> = definition
            .stored()
            .filter(|field| !field.is_stamp())
            .map(|field| record.get(field.index).clone())
            .collect();
        if known.get(&values[0]).is_none_or(|row| **row != values) {
            missing.push(record.clone());
        }
    }
    Ok(missing)
}

/// The catalogue is nobody's change, so its rows carry their stamps and skip the pipeline.
fn store(work: &mut Work<'_>, definition: &Definition, mut record: Record) -> Result<()> {
    let key = record
        .key()
        .ok_or_else(|| Failure::broken(format!("{}: a row without a key", definition.name)))?;
    let now = Value::Moment(work.now());
    for column in ["created_at", "modified_at"] {
        set(definition, &mut record, column, &now);
    }
    set(definition, &mut record, "version", &Value::Integer(1));
    let there = work.first(&definition.name, &["key"], &[("key", Value::Key(key))])?;
    let done = if there.is_some() {
        work.session().update(definition, &record, &[])
    } else {
        work.session().insert(definition, &record)
    };
    work.stored(done)
}

#[cfg(test)]
mod tests {
    use sidegate_model::{FieldIndex, Registry};

    use super::*;

    /// Every catalogue object has its file, and every file reads.
    fn check(registry: &Registry) -> Result<()> {
        for definition in registry.all().filter(|d| d.source == Rows::Catalogue) {
            let file = FILES.iter().find(|(object, _)| *object == definition.name);
            let Some((_, text)) = file else {
                let lacks = format!("{} has no file in the catalogue", definition.name);
                return Err(Failure::broken(lacks));
            };
            let rows = rows(definition, text)?;
            let mut keys: Vec<_> = rows.iter().map(|row| row.get(FieldIndex::KEY)).collect();
            keys.sort_unstable();
            keys.dedup();
            if keys.len() != rows.len() {
                let twice = format!("{}: a key stands twice", definition.name);
                return Err(Failure::broken(twice));
            }
        }
        Ok(())
    }

    #[test]
    fn the_catalogue_reads() {
        let registry = Registry::shipped().expect("whole declarations");
        check(&registry).expect("every catalogue object has a file that reads");
    }
}
