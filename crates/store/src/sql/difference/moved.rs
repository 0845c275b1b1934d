//! The rows of a new table that were columns of another one.

use std::collections::BTreeSet;

use super::ddl::list;
use super::{Steps, former, link, named};
use crate::sql::dialect::Dialect;
use crate::sql::quoted;
use crate::sql::schema::{Column, Foreign, Schema, Table};

/// The rows of a new table, where its fields say which columns of another one they were.
pub(super) fn fill_new(
    name: &str,
    table: &Table,
    wanted: &Schema,
    found: &Schema,
    dialect: Dialect,
    steps: &mut Steps,
) {
    let sources: BTreeSet<&str> = table
        .fills
        .values()
        .filter_map(|fill| fill.was.as_ref())
        .map(|(source, _)| source.as_str())
        .collect();
    for source in sources {
        let Some(old) = found.tables.get(source) else {
            continue;
        };
        let moved: Vec<(&Column, String)> = table
            .columns
            .iter()
            .filter_map(|column| {
                let fill = table.fills.get(&column.name)?;
                let ours = fill.was.as_ref().is_some_and(|(t, _)| t == source);
                let value = ours.then(|| former(fill, old, "s.", dialect)).flatten()?;
                Some((column, value))
            })
            .collect();
        if moved.is_empty() {
            continue;
        }
        let from_here = link(table, source);
        let from_there = wanted.tables.get(source).and_then(|t| link(t, name));
        let mut missing = Vec::new();
        let mut columns = Vec::new();
        let mut values = Vec::new();
        for column in &table.columns {
            let plain = named(old, &column.name).map(|_| format!("s.{}", quoted(&column.name)));
            let default = table
                .fills
                .get(&column.name)
                .and_then(|f| f.default.clone());
            let value = if let Some((_, value)) = moved.iter().find(|(c, _)| *c == column) {
                match default {
                    Some(default) if column.required => format!("coalesce({value}, {default})"),
                    _ => value.clone(),
                }
            } else if let Some(there) = from_here.and_then(|link| other_end(link, &column.name)) {
                format!("s.{}", quoted(there))
            } else if column.name == "version" {
                "1".to_owned()
            } else if let (true, Some(plain)) = (is_implied(&column.name), plain) {
                plain
            } else if let Some(default) = default {
                default
            } else if column.required {
                missing.push(quoted(&column.name));
                "VALUE".to_owned()
            } else {
                continue;
            };
            columns.push(column.name.clone());
            values.push(value);
        }
        let some: Vec<String> = moved
            .iter()
            .map(|(_, value)| format!("{value} is not null"))
            .collect();
        let some = some.join(" or ");
        let mut lines = vec![format!(
            "insert into {} ({})\n  select {}\n  from {} s\n  where {some};",
            quoted(name),
            list(&columns),
            values.join(", "),
            quoted(source)
        )];
        lines.push(counter(name, table));
        if let (None, Some(link)) = (from_here, from_there) {
            let new = link.columns.iter().find(|c| !old.key.contains(c));
            if let Some(reference) = new {
                lines.push(format!(
                    "update {source} as s set {} = \"key\" where {some};",
                    quoted(reference),
                    source = quoted(source)
                ));
            }
        }
        let pairs: Vec<String> = moved
            .iter()
            .filter_map(|(column, _)| {
                let (_, was) = table.fills.get(&column.name)?.was.as_ref()?;
                Some(format!("{} was {}", quoted(&column.name), quoted(was)))
            })
            .collect();
        let about = format!(
            "{} comes out of {}: {}",
            quoted(name),
            quoted(source),
            pairs.join(", ")
        );
        let unclear = from_here.is_none() && from_there.is_none();
        if missing.is_empty() && !unclear {
            lines[0] = format!("-- expand: {about}\n{}", lines[0]);
            steps.values.extend(lines);
            continue;
        }
        let mut hand = vec![format!("-- by hand: {about}")];
        if unclear {
            hand.push("-- by hand: no single reference joins the two; add one".to_owned());
        }
        if !missing.is_empty() {
            hand.push(format!(
                "-- by hand: write for VALUE what {} gets",
                missing.join(", ")
            ));
        }
        for text in lines {
            hand.extend(text.lines().map(|line| format!("-- {line}")));
        }
        steps.values.push(hand.join("\n"));
    }
}

/// What every record has, whatever its object; a record that moves takes it along.
fn is_implied(column: &str) -> bool {
    matches!(
        column,
        "company" | "key" | "created_at" | "modified_at" | "created_by" | "modified_by"
    )
}

/// Keys go on behind those of the rows that came.
fn counter(name: &str, table: &Table) -> String {
    let object = name.replace('\'', "''");
    let name = quoted(name);
    if table.key.first().is_some_and(|first| first == "company") {
        format!(
            "insert into \"company_key\" (\"company\", \"object\", \"next\") select \"company\", '{object}', max(\"key\") + 1 from {name} group by \"company\";"
        )
    } else {
        format!(
            "insert into \"server_key\" (\"object\", \"next\") select '{object}', max(\"key\") + 1 from {name} having max(\"key\") is not null;"
        )
    }
}

fn other_end<'a>(link: &'a Foreign, column: &str) -> Option<&'a str> {
    let at = link.columns.iter().position(|c| c == column)?;
    link.others.get(at).map(String::as_str)
}
