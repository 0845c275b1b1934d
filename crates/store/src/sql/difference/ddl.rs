//! Statements that define tables, columns and indexes.

use std::fmt::Write as _;

use crate::sql::dialect::Dialect;
use crate::sql::quoted;
use crate::sql::schema::{Column, Foreign, Table};

/// The statements by which SQLite gives a table another form, with what each column gets.
/// References to it stay what they are; the runner of migrations checks them afterwards.
pub(super) fn copied(name: &str, table: &Table, values: &[(String, String)]) -> Vec<String> {
    let new = format!("{name}_new");
    let (columns, values): (Vec<String>, Vec<String>) = values.iter().cloned().unzip();
    let mut steps = vec![
        table_ddl(&new, table, Dialect::Sqlite),
        format!(
            "insert into {} ({})\n  select {}\n  from {};",
            quoted(&new),
            list(&columns),
            values.join(", "),
            quoted(name)
        ),
        format!("drop table {};", quoted(name)),
        format!("alter table {} rename to {};", quoted(&new), quoted(name)),
    ];
    steps.extend(index_ddl(name, table));
    steps
}

pub(super) fn table_ddl(name: &str, table: &Table, dialect: Dialect) -> String {
    let mut ddl = format!("create table {} (\n", quoted(name));
    for column in &table.columns {
        let _ = writeln!(ddl, "  {},", column_ddl(column));
    }
    let _ = write!(ddl, "  primary key ({})", list(&table.key));
    if dialect == Dialect::Sqlite {
        for foreign in &table.foreign {
            let _ = write!(ddl, ",\n  {}", foreign_ddl(foreign));
        }
    }
    ddl.push_str(match dialect {
        Dialect::Sqlite => "\n) strict;",
        Dialect::Postgres => "\n);",
    });
    ddl
}

pub(super) fn index_ddl<'a>(name: &'a str, table: &'a Table) -> impl Iterator<Item = String> + 'a {
    let kinds = [("unique index", &table.uniques), ("index", &table.indexes)];
    kinds.into_iter().flat_map(move |(kind, indexes)| {
        indexes
            .iter()
            .map(move |(index, columns)| one_index(kind, index, name, columns))
    })
}

pub(super) fn one_index(kind: &str, index: &str, table: &str, columns: &[String]) -> String {
    format!(
        "create {kind} {} on {} ({});",
        quoted(index),
        quoted(table),
        list(columns)
    )
}

pub(super) fn column_ddl(column: &Column) -> String {
    let null = if column.required { " not null" } else { "" };
    format!("{} {}{null}", quoted(&column.name), column.kind)
}

pub(super) fn foreign_ddl(foreign: &Foreign) -> String {
    let cascade = if foreign.cascades {
        " on delete cascade"
    } else {
        ""
    };
    format!(
        "foreign key ({}) references {} ({}){cascade} deferrable initially immediate",
        list(&foreign.columns),
        quoted(&foreign.table),
        list(&foreign.others)
    )
}

pub(super) fn add_foreign(table: &str, foreign: &Foreign) -> String {
    format!(
        "alter table {} add {};",
        quoted(table),
        foreign_ddl(foreign)
    )
}

pub(super) fn list(names: &[String]) -> String {
    names
        .iter()
        .map(|name| quoted(name))
        .collect::<Vec<_>>()
        .join(", ")
}
