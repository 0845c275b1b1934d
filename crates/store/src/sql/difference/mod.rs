//! The steps from one schema to another, as a person would write a migration.
//!
//! What adds comes as statements; what takes away, or has to wait until no older program runs, comes
//! as a comment marked `contract`; what only a person knows comes as a comment marked `by hand`.

mod change;
mod ddl;
mod moved;

#[cfg(test)]
mod tests;

use super::dialect::Dialect;
use super::quoted;
use super::schema::{Column, Fill, Foreign, Schema, Table};

use change::Change;
use ddl::{add_foreign, index_ddl, table_ddl};
use moved::fill_new;

/// Steps that make `found` what `wanted` is.
#[must_use]
pub fn difference(wanted: &Schema, found: &Schema, dialect: Dialect) -> Vec<String> {
    let mut steps = Steps::default();
    collect(wanted, found, dialect, &mut steps);
    steps.all().map(|(text, _)| text).collect()
}

/// The same without what only waits for its contract step: columns that a field says it was.
#[must_use]
pub fn drift(wanted: &Schema, found: &Schema, dialect: Dialect) -> Vec<String> {
    let mut steps = Steps::default();
    collect(wanted, found, dialect, &mut steps);
    steps
        .all()
        .filter_map(|(text, awaited)| (!awaited).then_some(text))
        .collect()
}

/// Steps by when they run.
#[derive(Default)]
struct Steps {
    /// New tables, and columns of old ones.
    shape: Vec<String>,
    /// Values of what is new.
    values: Vec<String>,
    /// Indexes of old tables, when their columns are filled.
    indexes: Vec<String>,
    /// Foreign keys on PostgreSQL: tables refer to each other in circles.
    late: Vec<String>,
    /// Comments, each with whether it only waits for a declared change to end.
    contract: Vec<(String, bool)>,
}

impl Steps {
    fn all(self) -> impl Iterator<Item = (String, bool)> {
        let now = [self.shape, self.values, self.indexes, self.late];
        now.into_iter()
            .flatten()
            .map(|text| (text, false))
            .chain(self.contract)
    }

    fn by_hand(&mut self, what: &str) {
        self.shape.push(format!("-- by hand: {what}"));
    }
}

fn collect(wanted: &Schema, found: &Schema, dialect: Dialect, steps: &mut Steps) {
    for (name, table) in &wanted.tables {
        match found.tables.get(name) {
            None => create(name, table, dialect, steps),
            Some(old) => {
                let change = Change {
                    wanted,
                    found,
                    dialect,
                    name,
                    table,
                    old,
                };
                change.expand(steps);
                change.contract(steps);
            }
        }
    }
    for (name, table) in &wanted.tables {
        if !found.tables.contains_key(name) {
            fill_new(name, table, wanted, found, dialect, steps);
        }
    }
    for name in found.tables.keys() {
        if !wanted.tables.contains_key(name) {
            let moved = wanted.tables.values().flat_map(|t| t.fills.values());
            let moved = moved
                .filter_map(|fill| fill.was.as_ref())
                .any(|(table, _)| table == name);
            steps.contract.push((
                format!(
                    "-- contract: the table is declared no more\n-- drop table {};",
                    quoted(name)
                ),
                moved,
            ));
        }
    }
}

fn create(name: &str, table: &Table, dialect: Dialect, steps: &mut Steps) {
    steps.shape.push(table_ddl(name, table, dialect));
    steps.shape.extend(index_ddl(name, table));
    if dialect == Dialect::Postgres {
        for foreign in &table.foreign {
            steps.late.push(add_foreign(name, foreign));
        }
    }
}

/// What an older table gives for a column; nothing where it has no such columns.
fn former(fill: &Fill, old: &Table, alias: &str, dialect: Dialect) -> Option<String> {
    let (_, was) = fill.was.as_ref()?;
    if named(old, was).is_some() {
        return Some(format!("{alias}{}", quoted(was)));
    }
    let folded = fill.folded.as_ref()?;
    named(old, folded)?;
    let (before, after) = dialect.folded();
    Some(format!("{before}{alias}{}{after}", quoted(folded)))
}

/// The one foreign key of a table that names another one.
fn link<'a>(table: &'a Table, other: &str) -> Option<&'a Foreign> {
    let mut links = table.foreign.iter().filter(|f| f.table == other);
    links.next().filter(|_| links.next().is_none())
}

fn named<'a>(table: &'a Table, column: &str) -> Option<&'a Column> {
    table.columns.iter().find(|c| c.name == column)
}
