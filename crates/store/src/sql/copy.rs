//! The statements that copy a company, bring a copy back to what its original is, and remove a company:
//! one for each table.
//!
//! All speak of the company that they write; the one that they read from is a parameter of its own, and
//! nothing of it is ever written. Beside the declared tables go key counters, change numbers and access
//! versions, so that the copy goes on where the original stands.

use std::collections::BTreeSet;

use sidegate_model::{Realm, Registry, Source};

use super::dialect::Dialect;
use super::schema::{Schema, Table};
use super::{Slot, Text, Writer};

/// Tables of a company that a copy takes along, in the order of their names.
#[must_use]
pub fn copied_tables(registry: &Registry) -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    for definition in registry.all() {
        let stored = definition.realm == Realm::Company && definition.source == Source::Stored;
        if stored && definition.copied {
            tables.insert(definition.table.clone());
            tables.extend(definition.lists().map(|(_, list)| list.table.clone()));
        }
    }
    tables
}

/// Counters whose numbers only ever grow, because what is remembered under one must never come again.
const GROWING: [(&str, &str); 2] = [("change_number", "number"), ("access_version", "version")];

/// One statement a table. Rows may refer to rows of tables that come later, so foreign keys are looked
/// at when all ran.
#[must_use]
pub fn copies(registry: &Registry, dialect: Dialect) -> Vec<Text> {
    let tables = copied_tables(registry);
    taken_along(registry, dialect, &tables)
        .map(|part| part.copy(dialect, false))
        .collect()
}

/// First what takes away the rows that the original has not, or has otherwise, then what brings those
/// that are lacking. Of a copy that changed little almost nothing is written.
#[must_use]
pub fn restores(registry: &Registry, dialect: Dialect) -> Vec<Text> {
    let tables = copied_tables(registry);
    let schema = Schema::derived(registry, dialect);
    let mut texts: Vec<Text> = company_tables(&schema)
        .filter(|name| !tables.contains(*name) && !is_bookkeeping(name))
        .map(|name| remove(dialect, name))
        .collect();
    let parts: Vec<Part<'_>> = taken_along(registry, dialect, &tables).collect();
    let growing = |part: &Part<'_>| GROWING.iter().find(|(name, _)| *name == part.table);
    for part in &parts {
        texts.push(match growing(part) {
            Some((_, number)) => raise(dialect, &part.table, number),
            None => part.clear(dialect),
        });
    }
    // A row that goes takes rows of its lists along, so all go before any comes.
    texts.extend(parts.iter().map(|part| part.copy(dialect, true)));
    texts
}

/// Takes away everything that a company has.
#[must_use]
pub fn removals(registry: &Registry, dialect: Dialect) -> Vec<Text> {
    let schema = Schema::derived(registry, dialect);
    company_tables(&schema)
        .map(|name| remove(dialect, name))
        .collect()
}

/// Tables whose rows belong to companies.
fn company_tables(schema: &Schema) -> impl Iterator<Item = &str> {
    let of_companies = |table: &Table| table.columns.iter().any(|c| c.name == "company");
    schema
        .tables
        .iter()
        .filter(move |(_, table)| {
            table.key.first().is_some_and(|c| c == "company") && of_companies(table)
        })
        .map(|(name, _)| name.as_str())
}

fn is_bookkeeping(table: &str) -> bool {
    ["access_version", "change_number", "company_key"].contains(&table)
}

/// A table that is copied.
struct Part<'p> {
    table: String,
    /// The primary key without the company.
    key: Vec<String>,
    /// All other columns but the company.
    rest: Vec<String>,
    /// Only rows about these tables.
    only: Option<&'p BTreeSet<String>>,
}

fn taken_along<'t>(
    registry: &Registry,
    dialect: Dialect,
    tables: &'t BTreeSet<String>,
) -> impl Iterator<Item = Part<'t>> {
    let mut schema = Schema::derived(registry, dialect);
    let bookkeeping = [
        ("company_key", Some(tables)),
        ("change_number", Some(tables)),
        ("access_version", None),
    ];
    let declared = tables.iter().map(|name| (name.as_str(), None));
    declared.chain(bookkeeping).filter_map(move |(name, only)| {
        let table = schema.tables.remove(name)?;
        let apart = |column: &String| column != "company";
        let key: Vec<String> = table.key.into_iter().filter(apart).collect();
        let names = table.columns.into_iter().map(|column| column.name);
        let rest = names.filter(|name| apart(name) && !key.contains(name));
        Some(Part {
            table: name.to_owned(),
            rest: rest.collect(),
            key,
            only,
        })
    })
}

impl Part<'_> {
    /// Brings the original's rows; `lacking` brings those only whose key the copy has not.
    fn copy(&self, dialect: Dialect, lacking: bool) -> Text {
        let columns = || self.key.iter().chain(&self.rest);
        let mut out = Writer::new(dialect);
        out.push("insert into ").name(&self.table).push(" (");
        out.name("company");
        for column in columns() {
            out.push(", ").name(column);
        }
        out.push(") select cast(")
            .bind(Slot::Company)
            .push(" as bigint)");
        for column in columns() {
            out.push(", s.").name(column);
        }
        out.push(" from ").name(&self.table).push(" s where ");
        self.original(&mut out, "s");
        if lacking {
            out.push(" and not exists (select 1 from ")
                .name(&self.table)
                .push(" t where ")
                .company("t");
            self.same_key(&mut out);
            out.push(")");
        }
        out.finish()
    }

    /// Takes away the copy's rows that are not the original's to the last column.
    fn clear(&self, dialect: Dialect) -> Text {
        let mut out = Writer::new(dialect);
        out.push("delete from ")
            .name(&self.table)
            .push(" as t where ")
            .company("t");
        out.push(" and not exists (select 1 from ")
            .name(&self.table)
            .push(" s where ");
        self.original(&mut out, "s");
        self.same_key(&mut out);
        for column in &self.rest {
            out.push(" and s.")
                .name(column)
                .push(" is not distinct from t.")
                .name(column);
        }
        out.push(")");
        out.finish()
    }

    /// What bounds an alias to the rows of the original that are taken along.
    fn original(&self, out: &mut Writer, alias: &str) {
        out.push(alias)
            .push(".")
            .name("company")
            .push(" = ")
            .bind(Slot::Original);
        let Some(only) = self.only else { return };
        out.push(" and ").push(alias).push(".\"object\" in (");
        for (at, table) in only.iter().enumerate() {
            // Table names come from declarations, which check their form.
            out.push(if at > 0 { ", '" } else { "'" });
            out.push(&table.replace('\'', "''")).push("'");
        }
        out.push(")");
    }

    fn same_key(&self, out: &mut Writer) {
        for column in &self.key {
            out.push(" and s.").name(column).push(" = t.").name(column);
        }
    }
}

/// Raises all of a company's numbers of a kind.
fn raise(dialect: Dialect, table: &str, number: &str) -> Text {
    let mut out = Writer::new(dialect);
    out.push("update ")
        .name(table)
        .push(" as t set ")
        .name(number);
    out.push(" = t.")
        .name(number)
        .push(" + 1 where ")
        .company("t");
    out.finish()
}

fn remove(dialect: Dialect, table: &str) -> Text {
    let mut out = Writer::new(dialect);
    out.push("delete from ")
        .name(table)
        .push(" as t where ")
        .company("t");
    out.finish()
}
