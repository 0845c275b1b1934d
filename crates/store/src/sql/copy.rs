//! The statements that copy a company: one for each table, from the company's rows to another's.
//!
//! Beside the declared tables go key counters, change numbers and access versions, so that the copy goes
//! on where the original stands.

use std::collections::BTreeSet;

use sidegate_model::{Realm, Registry, Source};

use super::dialect::Dialect;
use super::schema::Schema;
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

/// One statement a table; value 1 is the company that is made. Rows may refer to rows of tables that
/// come later, so foreign keys are looked at when all ran.
#[must_use]
pub fn copies(registry: &Registry, dialect: Dialect) -> Vec<Text> {
    let schema = Schema::derived(registry, dialect);
    let tables = copied_tables(registry);
    let mut texts: Vec<Text> = tables
        .iter()
        .filter_map(|name| schema.tables.get(name).map(|table| (name, table)))
        .map(|(name, table)| {
            let columns = table.columns.iter().map(|column| column.name.as_str());
            copy(dialect, name, columns, None)
        })
        .collect();
    for (name, columns) in [
        ("company_key", &["company", "object", "next"]),
        ("change_number", &["company", "object", "number"]),
    ] {
        texts.push(copy(dialect, name, columns.iter().copied(), Some(&tables)));
    }
    let columns = ["company", "subject", "version"];
    texts.push(copy(dialect, "access_version", columns.into_iter(), None));
    texts
}

fn copy<'c>(
    dialect: Dialect,
    table: &str,
    columns: impl Iterator<Item = &'c str> + Clone,
    only: Option<&BTreeSet<String>>,
) -> Text {
    let mut out = Writer::new(dialect);
    out.push("insert into ").name(table).push(" (");
    for (at, column) in columns.clone().enumerate() {
        out.push(if at > 0 { ", " } else { "" }).name(column);
    }
    out.push(") select ");
    for (at, column) in columns.enumerate() {
        out.push(if at > 0 { ", " } else { "" });
        if column == "company" {
            out.push("cast(").bind(Slot::Value(1)).push(" as bigint)");
        } else {
            out.push("t.").name(column);
        }
    }
    out.push(" from ").name(table).push(" t where ");
    out.company("t");
    if let Some(only) = only {
        out.push(" and t.\"object\" in (");
        for (at, table) in only.iter().enumerate() {
            // Table names come from declarations, which check their form.
            out.push(if at > 0 { ", '" } else { "'" });
            out.push(&table.replace('\'', "''")).push("'");
        }
        out.push(")");
    }
    out.finish()
}
