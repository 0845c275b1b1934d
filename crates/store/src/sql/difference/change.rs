//! A table that is there and should look otherwise.

use std::collections::{BTreeMap, BTreeSet};

use super::ddl::{add_foreign, column_ddl, copied, foreign_ddl, list, one_index};
use super::{Steps, former, link, named};
use crate::sql::dialect::Dialect;
use crate::sql::quoted;
use crate::sql::schema::{Column, Fill, Foreign, Schema, Table};

/// Columns by index.
type Indexes = BTreeMap<String, Vec<String>>;

/// One table that is there and should look otherwise.
pub(super) struct Change<'a> {
    pub(super) wanted: &'a Schema,
    pub(super) found: &'a Schema,
    pub(super) dialect: Dialect,
    pub(super) name: &'a str,
    pub(super) table: &'a Table,
    pub(super) old: &'a Table,
}

impl Change<'_> {
    pub(super) fn expand(&self, steps: &mut Steps) {
        let (name, table) = (quoted(self.name), self.table);
        for (old, new) in self.both() {
            if old.kind != new.kind {
                steps.by_hand(&format!(
                    "{name}.{} is {} and should be {}",
                    quoted(&new.name),
                    column_ddl(old),
                    column_ddl(new)
                ));
            }
        }
        if table.key != self.old.key {
            steps.by_hand(&format!(
                "the primary key of {name} should be ({})",
                list(&table.key)
            ));
        }
        if self.must_be_copied() {
            self.copy(steps);
        } else {
            for column in self.added() {
                self.add(column, steps);
            }
            for column in self.loosened() {
                steps.shape.push(format!(
                    "alter table {name} alter column {} drop not null;",
                    quoted(&column.name)
                ));
            }
            for (kind, wanted, found) in self.index_kinds() {
                for (index, columns) in wanted {
                    match found.get(index) {
                        Some(old) if old == columns => continue,
                        Some(_) => steps.indexes.push(format!("drop index {};", quoted(index))),
                        None => {}
                    }
                    steps
                        .indexes
                        .push(one_index(kind, index, self.name, columns));
                }
            }
            for foreign in self.table.foreign.difference(&self.old.foreign) {
                match self.dialect {
                    Dialect::Sqlite => {}
                    Dialect::Postgres => steps.late.push(add_foreign(self.name, foreign)),
                }
            }
        }
        for column in self.added() {
            self.fill_from_another_table(column, steps);
        }
    }

    /// SQLite adds no foreign keys and lifts no `not null`; it takes a new table for either.
    fn must_be_copied(&self) -> bool {
        self.dialect == Dialect::Sqlite
            && (self.loosened().next().is_some()
                || self.table.foreign.difference(&self.old.foreign).count() > 0
                || self
                    .added()
                    .any(|column| column.required && self.former(&column.name).is_some()))
    }

    fn added(&self) -> impl Iterator<Item = &Column> {
        let new = |column: &&Column| named(self.old, &column.name).is_none();
        self.table.columns.iter().filter(new)
    }

    fn gone(&self) -> impl Iterator<Item = &Column> {
        let gone = |column: &&Column| named(self.table, &column.name).is_none();
        self.old.columns.iter().filter(gone)
    }

    /// Columns of both, as they are and as they should be.
    fn both(&self) -> impl Iterator<Item = (&Column, &Column)> {
        self.old
            .columns
            .iter()
            .filter_map(|old| Some((old, named(self.table, &old.name)?)))
    }

    /// Columns that a program of this version may leave empty, and the database does not.
    fn loosened(&self) -> impl Iterator<Item = &Column> {
        let needs =
            |column: &&Column| named(self.table, &column.name).is_some_and(|new| new.required);
        self.old
            .columns
            .iter()
            .filter(move |column| column.required && !needs(column))
    }

    fn tightened(&self) -> impl Iterator<Item = &Column> {
        self.both()
            .filter(|(old, new)| new.required && !old.required && new.kind == old.kind)
            .map(|(_, new)| new)
    }

    /// Each sort of index: as it should be, and as it is.
    fn index_kinds(&self) -> [(&'static str, &Indexes, &Indexes); 2] {
        [
            ("unique index", &self.table.uniques, &self.old.uniques),
            ("index", &self.table.indexes, &self.old.indexes),
        ]
    }

    fn default(&self, column: &str) -> Option<&str> {
        self.table.fills.get(column)?.default.as_deref()
    }

    /// What the older columns of the same table give for a new one.
    fn former(&self, column: &str) -> Option<String> {
        let fill = self.table.fills.get(column)?;
        let (table, _) = fill.was.as_ref()?;
        (table == self.name)
            .then(|| former(fill, self.old, "", self.dialect))
            .flatten()
    }

    /// Whether a column of another table holds what a new one should.
    fn is_elsewhere(&self, column: &str) -> bool {
        self.table
            .fills
            .get(column)
            .and_then(|fill| fill.was.as_ref())
            .filter(|(table, _)| table != self.name)
            .and_then(|(table, column)| named(self.found.tables.get(table)?, column))
            .is_some()
    }

    fn add(&self, column: &Column, steps: &mut Steps) {
        let (table, name) = (quoted(self.name), quoted(&column.name));
        let kind = &column.kind;
        let empty = |steps: &mut Steps| {
            steps
                .shape
                .push(format!("alter table {table} add column {name} {kind};"));
        };
        let needed = |steps: &mut Steps| {
            if column.required {
                steps.values.push(format!(
                    "alter table {table} alter column {name} set not null;"
                ));
            }
        };
        if let Some(former) = self.former(&column.name) {
            empty(steps);
            let value = self.or_default(column, &former);
            steps.values.push(format!(
                "-- expand: {}\nupdate {table} set {name} = {value} where {value} is not null;",
                self.renamed(&column.name)
            ));
            needed(steps);
            return;
        }
        let null = if column.required { " not null" } else { "" };
        match self.default(&column.name) {
            _ if self.is_elsewhere(&column.name) && !column.required => empty(steps),
            _ if self.is_elsewhere(&column.name) && self.dialect == Dialect::Postgres => {
                empty(steps);
                // Behind the values that the other table gives.
                steps.indexes.push(format!(
                    "alter table {table} alter column {name} set not null;"
                ));
            }
            Some(value) => {
                let note = if column.required {
                    "-- expand: rows that are there get the default\n"
                } else {
                    ""
                };
                steps.shape.push(format!(
                    "{note}alter table {table} add column {name} {kind}{null} default {value};"
                ));
                if self.dialect == Dialect::Postgres {
                    steps.contract.push((
                        format!(
                            "-- contract: only an older program needs the default\n-- alter table {table} alter column {name} drop default;"
                        ),
                        false,
                    ));
                }
            }
            None if column.required => steps.by_hand(&format!(
                "{table}.{name} is required and has no default; write what rows that are there get for VALUE\n-- alter table {table} add column {name} {kind} not null default VALUE;"
            )),
            None => empty(steps),
        }
    }

    fn renamed(&self, column: &str) -> String {
        let was = self.table.fills.get(column).and_then(|f| f.was.as_ref());
        let was = was.map_or("", |(_, was)| was);
        format!(
            "{}.{} is called {} now",
            quoted(self.name),
            quoted(was),
            quoted(column)
        )
    }

    fn or_default(&self, column: &Column, former: &str) -> String {
        match self.default(&column.name) {
            Some(default) if column.required => format!("coalesce({former}, {default})"),
            _ => former.to_owned(),
        }
    }

    /// A column that another table had, where this one refers to the other.
    fn fill_from_another_table(&self, column: &Column, steps: &mut Steps) {
        if !self.is_elsewhere(&column.name) {
            return;
        }
        let Some(fill) = self.table.fills.get(&column.name) else {
            return;
        };
        let Some((source, was)) = &fill.was else {
            return;
        };
        let value = self
            .found
            .tables
            .get(source)
            .and_then(|old| former(fill, old, "s.", self.dialect));
        let (table, name) = (quoted(self.name), quoted(&column.name));
        match (value, link(self.table, source)) {
            (Some(value), Some(link)) => {
                let pairs = link.columns.iter().zip(&link.others);
                let same: Vec<String> = pairs
                    .map(|(here, there)| format!("s.{} = {table}.{}", quoted(there), quoted(here)))
                    .collect();
                let same = same.join(" and ");
                let source = quoted(source);
                steps.values.push(format!(
                    "-- expand: {source}.{} moves to {table}.{name}\nupdate {table} set {name} = (select {value} from {source} s where {same}) where exists (select 1 from {source} s where {same} and {value} is not null);",
                    quoted(was)
                ));
            }
            _ => steps.by_hand(&format!(
                "{table}.{name} gets what {}.{} has; say which row goes to which",
                quoted(source),
                quoted(was)
            )),
        }
    }

    /// The table as a program of this version and one of the version before can use it.
    fn expanded(&self) -> (Table, Vec<(String, String)>) {
        let mut table = Table {
            key: self.old.key.clone(),
            uniques: self.old.uniques.clone(),
            indexes: self.old.indexes.clone(),
            ..Table::default()
        };
        let mut values = Vec::new();
        for old in &self.old.columns {
            let required = named(self.table, &old.name).is_some_and(|new| new.required);
            table.columns.push(Column {
                required: required && old.required,
                ..old.clone()
            });
            values.push((old.name.clone(), quoted(&old.name)));
        }
        for new in self.added() {
            let value = match (self.former(&new.name), self.default(&new.name)) {
                (Some(former), _) => self.or_default(new, &former),
                (None, Some(default)) => default.to_owned(),
                (None, None) if new.required => continue,
                (None, None) => "null".to_owned(),
            };
            table.columns.push(new.clone());
            values.push((new.name.clone(), value));
        }
        let has = |foreign: &&Foreign| foreign.columns.iter().all(|c| named(&table, c).is_some());
        table.foreign = self
            .old
            .foreign
            .union(&self.table.foreign)
            .filter(has)
            .cloned()
            .collect();
        for (index, columns) in &self.table.uniques {
            table.uniques.insert(index.clone(), columns.clone());
        }
        for (index, columns) in &self.table.indexes {
            table.indexes.insert(index.clone(), columns.clone());
        }
        (table, values)
    }

    fn copy(&self, steps: &mut Steps) {
        let (table, values) = self.expanded();
        let mut notes = vec![format!(
            "-- expand: SQLite changes {} by a copy",
            quoted(self.name)
        )];
        for column in self.added() {
            if self.former(&column.name).is_some() {
                notes.push(format!("-- expand: {}", self.renamed(&column.name)));
            }
        }
        let mut copied = copied(self.name, &table, &values);
        copied[0] = format!("{}\n{}", notes.join("\n"), copied[0]);
        steps.shape.extend(copied);
        for column in self.added() {
            if named(&table, &column.name).is_none() {
                self.add(column, steps);
            }
        }
    }

    pub(super) fn contract(&self, steps: &mut Steps) {
        let name = quoted(self.name);
        let gone: BTreeSet<&str> = self.gone().map(|column| column.name.as_str()).collect();
        let goes = |columns: &[String]| columns.iter().any(|c| gone.contains(c.as_str()));
        let foreign: Vec<&Foreign> = self.old.foreign.difference(&self.table.foreign).collect();
        let copies = self.dialect == Dialect::Sqlite
            && (self.tightened().next().is_some() || !foreign.is_empty() || goes(&self.old.key));
        if copies {
            self.contract_by_copy(&foreign, steps);
            return;
        }
        for foreign in foreign.iter().filter(|f| !goes(&f.columns)) {
            steps.contract.push((
                format!("-- contract: {name} has no more {}", foreign_ddl(foreign)),
                false,
            ));
        }
        for column in self.tightened() {
            let column = quoted(&column.name);
            steps.contract.push((
                format!(
                    "-- contract: every row needs a value first\n-- alter table {name} alter column {column} set not null;"
                ),
                false,
            ));
        }
        for (kind, wanted, found) in self.index_kinds() {
            for (index, columns) in found {
                if !wanted.contains_key(index) {
                    steps.contract.push((
                        format!(
                            "-- contract: the {kind} is declared no more\n-- drop index {};",
                            quoted(index)
                        ),
                        columns.iter().any(|column| self.heir(column).is_some()),
                    ));
                }
            }
        }
        for column in self.gone() {
            steps.contract.push((
                format!(
                    "-- contract: {}\n-- alter table {name} drop column {};",
                    self.farewell(&column.name),
                    quoted(&column.name)
                ),
                self.heir(&column.name).is_some(),
            ));
        }
    }

    fn contract_by_copy(&self, foreign: &[&Foreign], steps: &mut Steps) {
        let name = quoted(self.name);
        let mut lines = vec![format!("-- contract: SQLite changes {name} by a copy")];
        let mut awaited = self.tightened().next().is_none();
        for column in self.gone() {
            awaited &= self.heir(&column.name).is_some();
            lines.push(format!("-- contract: {}", self.farewell(&column.name)));
        }
        for foreign in foreign {
            awaited &= foreign.columns.iter().any(|c| self.heir(c).is_some());
            lines.push(format!(
                "-- contract: {name} has no more {}",
                foreign_ddl(foreign)
            ));
        }
        for column in self.tightened() {
            lines.push(format!(
                "-- contract: every row needs a value in {} first",
                quoted(&column.name)
            ));
        }
        let values: Vec<(String, String)> = self
            .table
            .columns
            .iter()
            .map(|column| (column.name.clone(), quoted(&column.name)))
            .collect();
        for statement in copied(self.name, self.table, &values) {
            lines.extend(statement.lines().map(|line| format!("-- {line}")));
        }
        steps.contract.push((lines.join("\n"), awaited));
    }

    /// The column that a field says was this one, or was the text of this one.
    fn heir(&self, column: &str) -> Option<(&str, &str)> {
        let find = |column: &str| {
            self.wanted.tables.iter().find_map(|(table, wanted)| {
                let was = |fill: &Fill| {
                    fill.was
                        .as_ref()
                        .is_some_and(|(table, was)| table == self.name && was == column)
                };
                let found = wanted.fills.iter().find(|(_, fill)| was(fill));
                found.map(|(column, _)| (table.as_str(), column.as_str()))
            })
        };
        find(column).or_else(|| find(column.strip_suffix("_fold")?))
    }

    fn farewell(&self, column: &str) -> String {
        let what = format!("{}.{}", quoted(self.name), quoted(column));
        match self.heir(column) {
            Some((table, heir)) if table == self.name => {
                format!("{what} is called {} now", quoted(heir))
            }
            Some((table, heir)) => {
                format!("{what} moved to {}.{}", quoted(table), quoted(heir))
            }
            None => "the column is declared no more".to_owned(),
        }
    }
}
