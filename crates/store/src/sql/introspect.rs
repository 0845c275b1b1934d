//! What schema a database really has.

use std::collections::BTreeSet;

use super::Text;
use super::dialect::Dialect;
use super::schema::{Column, Foreign, Schema, Table};
use crate::backend::{Connection, Param};
use crate::{Result, StoreError};

/// Reads the schema of the connected database.
///
/// # Errors
/// What the database says.
pub fn schema(connection: &mut Connection) -> Result<Schema> {
    match connection.dialect() {
        Dialect::Sqlite => sqlite(connection),
        Dialect::Postgres => postgres(connection),
    }
}

/// Whether the table of applied migrations is there.
///
/// # Errors
/// What the database says.
pub fn has_migrations(connection: &mut Connection) -> Result<bool> {
    let sql = match connection.dialect() {
        Dialect::Sqlite => {
            "select count(*) from sqlite_schema where type = 'table' and name = 'schema_migration'"
        }
        Dialect::Postgres => {
            "select count(*) from pg_catalog.pg_class c where c.oid = to_regclass('schema_migration')"
        }
    };
    Ok(rows(connection, sql, &[])?
        .first()
        .and_then(|row| row.first().cloned())
        .as_deref()
        == Some("1"))
}

/// How many tables there are at all, ours or not.
///
/// # Errors
/// What the database says.
pub fn count_tables(connection: &mut Connection) -> Result<usize> {
    let sql = match connection.dialect() {
        Dialect::Sqlite => {
            "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'"
        }
        Dialect::Postgres => {
            "select relname::text from pg_catalog.pg_class where relkind in ('r', 'p') and relnamespace = current_schema()::regnamespace"
        }
    };
    Ok(rows(connection, sql, &[])?.len())
}

/// The applied migrations: number and checksum.
///
/// # Errors
/// What the database says.
pub fn applied(connection: &mut Connection) -> Result<Vec<(i64, String)>> {
    let sql = "select cast(\"number\" as text), \"checksum\" from \"schema_migration\" order by \"number\"";
    rows(connection, sql, &[])?
        .into_iter()
        .map(|row| match row.as_slice() {
            [number, checksum] => Ok((number.parse().unwrap_or_default(), checksum.clone())),
            _ => Err(StoreError::Unusable(
                "the table schema_migration cannot be read".to_owned(),
            )),
        })
        .collect()
}

/// Notes a migration as applied.
///
/// # Errors
/// What the database says.
pub fn note_applied(
    connection: &mut Connection,
    number: i64,
    name: &str,
    checksum: &str,
    now: i64,
) -> Result<()> {
    let sql = match connection.dialect() {
        Dialect::Sqlite => {
            "insert into \"schema_migration\" (\"number\", \"name\", \"checksum\", \"applied_at\") values (?1, ?2, ?3, ?4)"
        }
        Dialect::Postgres => {
            "insert into \"schema_migration\" (\"number\", \"name\", \"checksum\", \"applied_at\") values ($1, $2, $3, $4)"
        }
    };
    let text = Text {
        sql: sql.into(),
        slots: Vec::new(),
    };
    let params = [
        Param::Integer(number),
        Param::Text(name),
        Param::Text(checksum),
        Param::Integer(now),
    ];
    connection.execute(&text, &params).map(drop)
}

/// Keeps a second migrating process out until the transaction ends.
///
/// # Errors
/// What the database says.
pub fn lock_migrations(connection: &mut Connection) -> Result<()> {
    match connection.dialect() {
        // The immediate transaction is the lock.
        Dialect::Sqlite => Ok(()),
        Dialect::Postgres => connection.batch("select pg_advisory_xact_lock(614375)"),
    }
}

/// Whether SQLite follows references while it writes; only outside of transactions. PostgreSQL
/// always does.
///
/// # Errors
/// What the database says.
pub fn follow_references(connection: &mut Connection, yes: bool) -> Result<()> {
    match (connection.dialect(), yes) {
        (Dialect::Sqlite, true) => connection.batch("pragma foreign_keys = on;"),
        (Dialect::Sqlite, false) => connection.batch("pragma foreign_keys = off;"),
        (Dialect::Postgres, _) => Ok(()),
    }
}

/// The tables with references to rows that are not there. PostgreSQL has none.
///
/// # Errors
/// What the database says.
pub fn broken_references(connection: &mut Connection) -> Result<Vec<String>> {
    match connection.dialect() {
        Dialect::Sqlite => Ok(rows(
            connection,
            "select distinct \"table\" from pragma_foreign_key_check order by 1",
            &[],
        )?
        .into_iter()
        .flatten()
        .collect()),
        Dialect::Postgres => Ok(Vec::new()),
    }
}

fn rows(connection: &mut Connection, sql: &str, params: &[Param<'_>]) -> Result<Vec<Vec<String>>> {
    let text = Text {
        sql: sql.into(),
        slots: Vec::new(),
    };
    let mut out = Vec::new();
    connection.visit(&text, params, &mut |row| {
        let mut columns = Vec::new();
        for at in 0.. {
            if let Some(text) = row.text(at) {
                columns.push(text.to_owned());
            } else if let Some(number) = row.number(at) {
                columns.push(number.to_string());
            } else {
                break;
            }
        }
        out.push(columns);
        Ok(())
    })?;
    Ok(out)
}

fn split(text: &str) -> Vec<String> {
    text.split(',').map(str::to_owned).collect()
}

fn sqlite(connection: &mut Connection) -> Result<Schema> {
    let mut schema = Schema::default();
    let names = rows(
        connection,
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'",
        &[],
    )?;
    for name in names.into_iter().flatten() {
        let mut table = Table::default();
        let p = [Param::Text(&name)];
        for row in rows(
            connection,
            "select name, type, \"notnull\", pk from pragma_table_info(?1) order by cid",
            &p,
        )? {
            let [column, kind, required, place] = row.as_slice() else {
                continue;
            };
            table.columns.push(Column {
                name: column.clone(),
                kind: kind.clone(),
                required: required == "1",
            });
            if let Ok(place @ 1..) = place.parse::<usize>() {
                table.key.resize(table.key.len().max(place), String::new());
                table.key[place - 1].clone_from(column);
            }
        }
        let indexes = "select l.name, l.\"unique\", (select group_concat(i.name, ',') from (select name from pragma_index_info(l.name) order by seqno) i) from pragma_index_list(?1) l where l.origin = 'c'";
        for row in rows(connection, indexes, &p)? {
            let [index, unique, columns] = row.as_slice() else {
                continue;
            };
            let kind = if unique == "1" {
                &mut table.uniques
            } else {
                &mut table.indexes
            };
            kind.insert(index.clone(), split(columns));
        }
        let foreign = "select \"table\", group_concat(\"from\", ','), group_concat(\"to\", ','), on_delete from (select * from pragma_foreign_key_list(?1) order by id, seq) group by id";
        for row in rows(connection, foreign, &p)? {
            let [other, from, to, on_delete] = row.as_slice() else {
                continue;
            };
            table.foreign.insert(Foreign {
                columns: split(from),
                table: other.clone(),
                others: split(to),
                cascades: on_delete == "CASCADE",
            });
        }
        schema.tables.insert(name, table);
    }
    Ok(schema)
}

fn postgres(connection: &mut Connection) -> Result<Schema> {
    let mut schema = Schema::default();
    let columns = "select c.relname::text, a.attname::text, format_type(a.atttypid, a.atttypmod)
        || case when l.collname = 'C' then ' COLLATE \"C\"' else '' end, a.attnotnull::text
        from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        left join pg_collation l on l.oid = a.attcollation
        where c.relkind = 'r' and c.relnamespace = current_schema()::regnamespace order by c.relname, a.attnum";
    for row in rows(connection, columns, &[])? {
        let [name, column, kind, required] = row.as_slice() else {
            continue;
        };
        let table = schema.tables.entry(name.clone()).or_default();
        table.columns.push(Column {
            name: column.clone(),
            kind: kind.clone(),
            required: required == "true",
        });
    }
    let indexes = "select t.relname::text, i.relname::text, x.indisunique::text, x.indisprimary::text,
        (select string_agg(a.attname, ',' order by k.place) from unnest(x.indkey) with ordinality k(number, place)
         join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number)::text
        from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
        where t.relnamespace = current_schema()::regnamespace";
    for row in rows(connection, indexes, &[])? {
        let [name, index, unique, primary, columns] = row.as_slice() else {
            continue;
        };
        let Some(table) = schema.tables.get_mut(name) else {
            continue;
        };
        match (unique.as_str(), primary.as_str()) {
            (_, "true") => table.key = split(columns),
            ("true", _) => drop(table.uniques.insert(index.clone(), split(columns))),
            _ => drop(table.indexes.insert(index.clone(), split(columns))),
        }
    }
    let foreign = "select t.relname::text, o.relname::text,
        (select string_agg(a.attname, ',' order by k.place) from unnest(f.conkey) with ordinality k(number, place)
         join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number)::text,
        (select string_agg(a.attname, ',' order by k.place) from unnest(f.confkey) with ordinality k(number, place)
         join pg_attribute a on a.attrelid = o.oid and a.attnum = k.number)::text, f.confdeltype::text
        from pg_constraint f join pg_class t on t.oid = f.conrelid join pg_class o on o.oid = f.confrelid
        where f.contype = 'f' and t.relnamespace = current_schema()::regnamespace";
    let mut seen = BTreeSet::new();
    for row in rows(connection, foreign, &[])? {
        let [name, other, from, to, on_delete] = row.as_slice() else {
            continue;
        };
        if !seen.insert(row.clone()) {
            continue;
        }
        if let Some(table) = schema.tables.get_mut(name) {
            table.foreign.insert(Foreign {
                columns: split(from),
                table: other.clone(),
                others: split(to),
                cascades: on_delete == "c",
            });
        }
    }
    Ok(schema)
}
