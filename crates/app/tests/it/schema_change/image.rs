//! Every row of a database by value, and what a change of the schema makes of it.

use std::collections::{BTreeMap, BTreeSet};

use sidegate_store::sql::introspect;
use sidegate_store::sql::quoted;
use sidegate_store::{Connection, Dialect};

use crate::support::rows;

/// All tables but that of the applied steps. Values are SQL literals, so that null differs from text.
#[derive(Clone, Debug)]
pub(super) struct Image(pub(super) BTreeMap<String, Sheet>);

/// The rows of one table.
#[derive(Clone, Debug, Default)]
pub(super) struct Sheet {
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Image {
    pub(super) fn of(connection: &mut Connection) -> Self {
        let quote = match connection.dialect() {
            Dialect::Sqlite => "quote",
            Dialect::Postgres => "quote_nullable",
        };
        let schema = introspect::schema(connection).expect("a readable schema");
        let tables = schema.tables.iter();
        let sheets = tables.filter(|(name, _)| *name != "schema_migration");
        let sheets = sheets.map(|(name, table)| {
            let columns: Vec<String> = table.columns.iter().map(|c| c.name.clone()).collect();
            let values: Vec<String> = columns
                .iter()
                .map(|column| format!("{quote}({})", quoted(column)))
                .collect();
            let key: Vec<String> = table.key.iter().map(|column| quoted(column)).collect();
            let sql = format!(
                "select {} from {} order by {}",
                values.join(", "),
                quoted(name),
                key.join(", ")
            );
            let rows = rows(connection, columns.len(), &sql);
            (name.clone(), Sheet { columns, rows })
        });
        Self(sheets.collect())
    }

    pub(super) fn sheet(&mut self, name: &str) -> &mut Sheet {
        self.0
            .get_mut(name)
            .unwrap_or_else(|| panic!("there is a table {name}"))
    }

    pub(super) fn count(&self) -> usize {
        self.0.values().map(|sheet| sheet.rows.len()).sum()
    }
}

impl Sheet {
    pub(super) fn new(columns: &[&str], rows: Vec<Vec<String>>) -> Self {
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        Self { columns, rows }
    }

    /// One row more.
    pub(super) fn add_row(&mut self, values: &[(&str, &str)]) {
        let value = |column: &String| {
            let found = values.iter().find(|(name, _)| name == column);
            found.map_or_else(|| "NULL".to_owned(), |(_, value)| (*value).to_owned())
        };
        self.rows.push(self.columns.iter().map(value).collect());
    }

    fn place(&self, column: &str) -> usize {
        let found = self.columns.iter().position(|name| name == column);
        found.unwrap_or_else(|| panic!("there is a column {column}"))
    }

    /// The values of some columns, row by row.
    pub(super) fn values(&self, columns: &[&str]) -> Vec<Vec<String>> {
        let places: Vec<usize> = columns.iter().map(|column| self.place(column)).collect();
        let pick = |row: &Vec<String>| places.iter().map(|at| row[*at].clone()).collect();
        self.rows.iter().map(pick).collect()
    }

    /// A new column with one value.
    pub(super) fn add(&mut self, column: &str, value: &str) {
        self.columns.push(column.to_owned());
        for row in &mut self.rows {
            row.push(value.to_owned());
        }
    }

    /// A new column with the values of another one.
    pub(super) fn copy(&mut self, from: &str, to: &str) {
        let at = self.place(from);
        self.columns.push(to.to_owned());
        for row in &mut self.rows {
            row.push(row[at].clone());
        }
    }

    pub(super) fn remove(&mut self, column: &str) {
        let at = self.place(column);
        self.columns.remove(at);
        for row in &mut self.rows {
            row.remove(at);
        }
    }

    /// The columns in one order, and the rows so.
    fn still(&self) -> (Vec<&str>, Vec<Vec<&str>>) {
        let mut columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        columns.sort_unstable();
        let places: Vec<usize> = columns.iter().map(|column| self.place(column)).collect();
        let mut rows = Vec::new();
        for row in &self.rows {
            rows.push(places.iter().map(|at| row[*at].as_str()).collect());
        }
        (columns, rows)
    }
}

/// Fails with the first rows that differ.
#[track_caller]
pub(super) fn assert_same(found: &Image, wanted: &Image) {
    let names = |image: &Image| image.0.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(found), names(wanted), "the tables");
    for (name, sheet) in &wanted.0 {
        let (columns, wanted) = sheet.still();
        let (found_columns, found) = found.0[name].still();
        assert_eq!(found_columns, columns, "the columns of {name}");
        // Rows mostly come in the same order.
        if found == wanted {
            continue;
        }
        assert_eq!(found.len(), wanted.len(), "the number of rows of {name}");
        let found: BTreeSet<Vec<&str>> = found.into_iter().collect();
        let wanted: BTreeSet<Vec<&str>> = wanted.into_iter().collect();
        assert!(
            found == wanted,
            "rows of {name} differ, first\nwanted {:#?}\n found {:#?}\nin {columns:?}",
            wanted.difference(&found).next(),
            found.difference(&wanted).next(),
        );
    }
}
