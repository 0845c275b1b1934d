//! What a session writes of records: new, changed and deleted ones with their lists, and the copy of
//! a company.

use std::sync::Arc;

use sidegate_model::definition::Through;
use sidegate_model::text::fold;
use sidegate_model::{Definition, Field, FieldIndex, Record, RecordKey, Value};

use super::{Session, Values};
use crate::Result;
use crate::backend::Param;
use crate::sql::{self, Text};
use crate::texts::Purpose;

impl Session<'_> {
    /// Copies all rows of another company, but what a copy makes anew, to this one, which has none.
    ///
    /// # Errors
    /// A violated constraint, or what else the database says.
    pub fn copy_company(&mut self, from: RecordKey) -> Result<u64> {
        let texts = self.texts.copying();
        self.execute_all(&texts.copies, Some(from))
    }

    /// Brings the company back to what the one is that it was copied from, and takes away what a copy
    /// makes anew. Change numbers and access versions go on, so that nothing remembered under one of
    /// them is taken for the company as it is now.
    ///
    /// # Errors
    /// A violated constraint, or what else the database says.
    pub fn restore_company(&mut self, from: RecordKey) -> Result<u64> {
        let texts = self.texts.copying();
        self.execute_all(&texts.restores, Some(from))
    }

    /// Takes away everything that the company has.
    ///
    /// # Errors
    /// What the database says.
    pub fn remove_company(&mut self) -> Result<u64> {
        let texts = self.texts.copying();
        self.execute_all(&texts.removals, None)
    }

    /// Runs statements that refer to each other's rows, and counts what they wrote.
    fn execute_all(&mut self, texts: &[Text], original: Option<RecordKey>) -> Result<u64> {
        self.connection.defer_references()?;
        let mut rows = 0;
        for text in texts {
            let values = Values {
                original,
                ..Values::default()
            };
            rows += self.execute(text, &values)?;
        }
        self.connection.look_at_references()?;
        Ok(rows)
    }

    /// Inserts a record with its lists.
    ///
    /// # Errors
    /// A violated constraint, or what else the database says.
    pub fn insert(&mut self, definition: &Definition, record: &Record) -> Result<()> {
        self.insert_all(definition, std::slice::from_ref(record))
    }

    /// Inserts records of one object with their lists. The keys that lists need are taken together.
    ///
    /// # Errors
    /// A violated constraint, or what else the database says.
    pub fn insert_all(&mut self, definition: &Definition, records: &[Record]) -> Result<()> {
        self.insert_rows(definition, records)?;
        for (field, _) in definition.lists() {
            self.insert_list(definition, field, records)?;
        }
        Ok(())
    }

    /// Inserts records without their lists, many in one statement: a round trip a statement is what
    /// costs on PostgreSQL.
    ///
    /// # Errors
    /// A violated constraint, or what else the database says.
    pub fn insert_rows(&mut self, definition: &Definition, records: &[Record]) -> Result<()> {
        let mut rest = records;
        while !rest.is_empty() {
            // Few sizes, so that few statements are prepared.
            let sizes = AT_ONCE.iter().copied();
            let size = sizes.into_iter().find(|size| *size <= rest.len());
            let (now, later) = rest.split_at(size.unwrap_or(1));
            let rows = u16::try_from(now.len()).expect("a few rows");
            let text = self.text(&Purpose::Insert(definition.index, rows))?;
            let columns = now
                .iter()
                .flat_map(|record| columns(definition, record))
                .collect();
            let values = Values {
                columns,
                ..Values::default()
            };
            self.execute(&text, &values)?;
            rest = later;
        }
        Ok(())
    }

    /// Replaces a record; lists only where `lists` says so.
    ///
    /// # Errors
    /// A violated constraint, or what else the database says.
    pub fn update(
        &mut self,
        definition: &Definition,
        record: &Record,
        lists: &[FieldIndex],
    ) -> Result<()> {
        let text = self.text(&Purpose::Update(definition.index))?;
        self.write(definition, record, &text)?;
        for field in lists {
            let text = self.text(&Purpose::ListDelete(definition.index, *field))?;
            self.execute(
                &text,
                &Values {
                    key: record.key(),
                    ..Values::default()
                },
            )?;
            let record = std::slice::from_ref(record);
            self.insert_list(definition, definition.field(*field), record)?;
        }
        Ok(())
    }

    /// Deletes a record; its lists go with it, also those that are records of another object.
    ///
    /// # Errors
    /// A violated constraint, or what else the database says.
    pub fn delete(&mut self, definition: &Definition, key: RecordKey) -> Result<()> {
        let text = self.text(&Purpose::Delete(definition.index))?;
        self.execute(
            &text,
            &Values {
                key: Some(key),
                ..Values::default()
            },
        )?;
        let registry = Arc::clone(self.texts.registry());
        for (_, list) in definition.lists() {
            if let Some(through) = list.through {
                self.raise_change(registry.at(through.object))?;
            }
        }
        Ok(())
    }

    fn insert_list(
        &mut self,
        definition: &Definition,
        field: &Field,
        records: &[Record],
    ) -> Result<()> {
        if let Some(through) = field.list.as_ref().and_then(|list| list.through) {
            return self.insert_kept(definition, field, through, records);
        }
        let text = self.text(&Purpose::ListInsert(definition.index, field.index))?;
        for record in records {
            for (place, target) in record.list(field.index).iter().enumerate() {
                let columns = vec![
                    Param::Integer(place as i64 + 1),
                    Param::Integer(target.number()),
                ];
                self.execute(
                    &text,
                    &Values {
                        columns,
                        key: record.key(),
                        ..Values::default()
                    },
                )?;
            }
        }
        Ok(())
    }

    /// Inserts a list of some records as records of the object that keeps it, stamped as the one that
    /// has it.
    fn insert_kept(
        &mut self,
        definition: &Definition,
        field: &Field,
        through: Through,
        records: &[Record],
    ) -> Result<()> {
        let registry = Arc::clone(self.texts.registry());
        let keeper = registry.at(through.object);
        let count = records.iter().map(|r| r.list(field.index).len()).sum();
        if count > 0 {
            let first = self.next_keys(keeper, count)?.number();
            let items = records.iter().flat_map(|record| {
                let targets = record.list(field.index).iter();
                targets.map(move |target| (record, *target))
            });
            let kept: Vec<Record> = (first..)
                .zip(items)
                .map(|(key, (record, target))| {
                    let mut kept = Record::empty(keeper);
                    kept.set(FieldIndex::KEY, Value::from(RecordKey::new(key)));
                    kept.set(through.owner, Value::from(record.key()));
                    kept.set(through.target, Value::Key(target));
                    stamp_kept(keeper, &mut kept, definition, record);
                    kept
                })
                .collect();
            self.insert_rows(keeper, &kept)?;
        }
        self.raise_change(keeper)
    }

    fn write(&mut self, definition: &Definition, record: &Record, text: &Text) -> Result<()> {
        self.execute(
            text,
            &Values {
                columns: columns(definition, record).collect(),
                key: record.key(),
                ..Values::default()
            },
        )
        .map(drop)
    }
}

/// How many records one statement inserts.
const AT_ONCE: &[usize] = &[16, 4, 1];

/// What a record binds, in the order of its columns.
fn columns<'r>(definition: &'r Definition, record: &'r Record) -> impl Iterator<Item = Param<'r>> {
    sql::write_columns(definition).map(|(field, folded)| match record.get(field) {
        Value::Text(text) if folded => Param::Owned(fold(text)),
        value => Param::from(value),
    })
}

/// A kept item is as old as the last change of the record that has it.
fn stamp_kept(keeper: &Definition, kept: &mut Record, definition: &Definition, record: &Record) {
    let of_record = |column: &str| {
        let field = definition.stored().find(|field| field.column == column);
        field.map_or(Value::Null, |field| record.get(field.index).clone())
    };
    let stamps = [
        ("version", Value::Integer(1)),
        ("created_at", of_record("modified_at")),
        ("modified_at", of_record("modified_at")),
        ("created_by", of_record("modified_by")),
        ("modified_by", of_record("modified_by")),
    ];
    for (column, value) in stamps {
        if let Some(field) = keeper.stored().find(|field| field.column == column) {
            kept.set(field.index, value);
        }
    }
}
