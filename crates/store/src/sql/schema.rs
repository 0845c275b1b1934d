//! The schema that the declarations derive, as data: rendered as DDL, compared with what a database
//! has, and the steps from one to the other.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sidegate_model::{Definition, Field, FieldType, ListTable, Realm, Registry, Rule, Source};

use super::dialect::{ColumnType, Dialect};
use super::quoted;

/// All tables by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// The tables.
    pub tables: BTreeMap<String, Table>,
}

/// One table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    /// In the order of creation; compared by name.
    pub columns: Vec<Column>,
    /// The primary key.
    pub key: Vec<String>,
    /// Unique indexes by name.
    pub uniques: BTreeMap<String, Vec<String>>,
    /// Other indexes by name.
    pub indexes: BTreeMap<String, Vec<String>>,
    /// Foreign keys.
    pub foreign: BTreeSet<Foreign>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type as the dialect writes it.
    pub kind: String,
    /// Whether it must have a value.
    pub required: bool,
}

/// One foreign key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Foreign {
    /// Columns of this table.
    pub columns: Vec<String>,
    /// The other table.
    pub table: String,
    /// Columns of the other table.
    pub others: Vec<String>,
    /// Whether rows go with the row they refer to.
    pub cascades: bool,
}

impl Schema {
    /// What the declarations derive.
    #[must_use]
    pub fn derived(registry: &Registry, dialect: Dialect) -> Self {
        let mut schema = Self::default();
        bookkeeping(&mut schema, dialect);
        let stored = || registry.all().filter(|d| d.source != Source::View);
        for definition in stored() {
            add_object(&mut schema, registry, definition, dialect);
        }
        for definition in stored().filter(|d| d.home == d.index) {
            require(&mut schema, registry, definition);
        }
        schema
    }

    /// The whole as DDL for an empty database.
    #[must_use]
    pub fn ddl(&self, dialect: Dialect) -> String {
        difference(self, &Self::default(), dialect).join("\n")
    }
}

/// Steps that make `found` what `wanted` is; destructive ones are proposed as comments.
#[must_use]
pub fn difference(wanted: &Schema, found: &Schema, dialect: Dialect) -> Vec<String> {
    let mut steps = Vec::new();
    let mut late = Vec::new();
    for (name, table) in &wanted.tables {
        match found.tables.get(name) {
            None => create(name, table, dialect, &mut steps, &mut late),
            Some(old) => alter(name, table, old, dialect, &mut steps, &mut late),
        }
    }
    for name in found
        .tables
        .keys()
        .filter(|name| !wanted.tables.contains_key(*name))
    {
        steps.push(format!(
            "-- contract: the table is declared no more\n-- drop table {};",
            quoted(name)
        ));
    }
    steps.extend(late);
    steps
}

fn create(
    name: &str,
    table: &Table,
    dialect: Dialect,
    steps: &mut Vec<String>,
    late: &mut Vec<String>,
) {
    let mut ddl = format!("create table {} (\n", quoted(name));
    for column in &table.columns {
        let _ = writeln!(ddl, "  {},", column_ddl(column));
    }
    let _ = write!(ddl, "  primary key ({})", list(&table.key));
    for foreign in &table.foreign {
        match dialect {
            Dialect::Sqlite => {
                let _ = write!(ddl, ",\n  {}", foreign_ddl(foreign));
            }
            // Tables refer to each other in circles, so PostgreSQL gets these when all exist.
            Dialect::Postgres => late.push(format!(
                "alter table {} add {};",
                quoted(name),
                foreign_ddl(foreign)
            )),
        }
    }
    ddl.push_str(match dialect {
        Dialect::Sqlite => "\n) strict;",
        Dialect::Postgres => "\n);",
    });
    steps.push(ddl);
    index_steps(name, table, &Table::default(), steps);
}

fn alter(
    name: &str,
    table: &Table,
    old: &Table,
    dialect: Dialect,
    steps: &mut Vec<String>,
    late: &mut Vec<String>,
) {
    for column in &table.columns {
        match old.columns.iter().find(|c| c.name == column.name) {
            None if column.required => steps.push(format!(
                "-- expand: fill the new column before it is required\nalter table {} add column {} {};",
                quoted(name), quoted(&column.name), column.kind
            )),
            None => steps.push(format!("alter table {} add column {};", quoted(name), column_ddl(column))),
            Some(known) if known != column => steps.push(format!(
                "-- by hand: {}.{} is {} and should be {}",
                quoted(name), quoted(&column.name), column_ddl(known), column_ddl(column)
            )),
            Some(_) => {}
        }
    }
    for column in old
        .columns
        .iter()
        .filter(|c| table.columns.iter().all(|n| n.name != c.name))
    {
        steps.push(format!(
            "-- contract: the column is declared no more\n-- alter table {} drop column {};",
            quoted(name),
            quoted(&column.name)
        ));
    }
    if table.key != old.key {
        steps.push(format!(
            "-- by hand: the primary key of {} should be ({})",
            quoted(name),
            list(&table.key)
        ));
    }
    index_steps(name, table, old, steps);
    for foreign in table.foreign.difference(&old.foreign) {
        match dialect {
            Dialect::Sqlite => steps.push(format!(
                "-- by hand: {} needs {}",
                quoted(name),
                foreign_ddl(foreign)
            )),
            Dialect::Postgres => late.push(format!(
                "alter table {} add {};",
                quoted(name),
                foreign_ddl(foreign)
            )),
        }
    }
    for foreign in old.foreign.difference(&table.foreign) {
        steps.push(format!(
            "-- contract: {} has no more {}",
            quoted(name),
            foreign_ddl(foreign)
        ));
    }
}

fn index_steps(name: &str, table: &Table, old: &Table, steps: &mut Vec<String>) {
    let kinds = [
        ("unique index", &table.uniques, &old.uniques),
        ("index", &table.indexes, &old.indexes),
    ];
    for (kind, wanted, found) in kinds {
        for (index, columns) in wanted {
            if found.get(index) != Some(columns) {
                steps.push(format!(
                    "create {kind} {} on {} ({});",
                    quoted(index),
                    quoted(name),
                    list(columns)
                ));
            }
        }
        for (index, columns) in found {
            if wanted.get(index) != Some(columns) {
                steps.push(format!(
                    "-- contract: the {kind} is declared no more\n-- drop index {};",
                    quoted(index)
                ));
            }
        }
    }
}

fn column_ddl(column: &Column) -> String {
    let null = if column.required { " not null" } else { "" };
    format!("{} {}{null}", quoted(&column.name), column.kind)
}

fn foreign_ddl(foreign: &Foreign) -> String {
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

fn list(names: &[String]) -> String {
    names
        .iter()
        .map(|name| quoted(name))
        .collect::<Vec<_>>()
        .join(", ")
}

fn words(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Sidegate's own tables, which no declaration describes.
fn bookkeeping(schema: &mut Schema, dialect: Dialect) {
    let integer = |name: &str| Column {
        name: name.to_owned(),
        kind: dialect.column_type(ColumnType::Integer).to_owned(),
        required: true,
    };
    let text = |name: &str| Column {
        name: name.to_owned(),
        kind: dialect.column_type(ColumnType::Text).to_owned(),
        required: true,
    };
    let mut add = |name: &str, columns: Vec<Column>, key: &[&str]| {
        schema.tables.insert(
            name.to_owned(),
            Table {
                columns,
                key: words(key),
                ..Table::default()
            },
        );
    };
    add(
        "server_version",
        vec![integer("only"), integer("version")],
        &["only"],
    );
    add(
        "server_key",
        vec![text("object"), integer("next")],
        &["object"],
    );
    add(
        "access_version",
        vec![integer("company"), integer("subject"), integer("version")],
        &["company", "subject"],
    );
    add(
        "company_key",
        vec![integer("company"), text("object"), integer("next")],
        &["company", "object"],
    );
    add(
        "change_number",
        vec![integer("company"), text("object"), integer("number")],
        &["company", "object"],
    );
    add(
        "schema_migration",
        vec![
            integer("number"),
            text("name"),
            text("checksum"),
            integer("applied_at"),
        ],
        &["number"],
    );
}

fn add_object(schema: &mut Schema, registry: &Registry, definition: &Definition, dialect: Dialect) {
    let company = definition.realm == Realm::Company;
    let lead: &[&str] = if company { &["company"] } else { &[] };
    let with = |names: &[&str]| words(&[lead, names].concat());
    let table = schema.tables.entry(definition.table.clone()).or_default();
    let mut add = |name: &str, kind: ColumnType| {
        if table.columns.iter().all(|c| c.name != name) {
            let kind = dialect.column_type(kind).to_owned();
            table.columns.push(Column {
                name: name.to_owned(),
                kind,
                required: false,
            });
        }
    };
    if company {
        add("company", ColumnType::Integer);
    }
    for field in definition.stored() {
        add(&field.column, column_type(&field.kind));
        if let Some(fold) = field.fold_column() {
            add(&fold, ColumnType::Text);
        }
    }
    table.key = with(&["key"]);
    for field in definition.stored() {
        let name = format!("{}_{}", definition.table, field.column);
        if field.is(Rule::Unique) {
            let column = field.fold_column().unwrap_or_else(|| field.column.clone());
            table
                .uniques
                .insert(format!("{name}_unique"), with(&[&column]));
        }
        let folded = field.is(Rule::Unique) && field.fold_column().is_some();
        let referring = field.kind.target().is_some() && !field.name.starts_with("audit.");
        let plain = !field.is(Rule::Unique) && (referring || field.is(Rule::Indexed));
        if folded || plain {
            table
                .indexes
                .insert(format!("{name}_index"), with(&[&field.column, "key"]));
        }
        if let (true, Some(target)) = (referring, registry.target_of(field)) {
            table.foreign.insert(reference(
                company,
                &field.column,
                target,
                definition.keeps_list && definition.owner == Some(field.index),
            ));
        }
    }
    let kept = |(_, list): (&Field, &ListTable)| {
        let through = list.through.filter(|t| t.object == definition.index);
        through.map(|_| list.clone())
    };
    let kept: Vec<ListTable> = registry
        .all()
        .flat_map(|d| d.lists().filter_map(kept).collect::<Vec<_>>())
        .collect();
    if let Some(table) = schema.tables.get_mut(&definition.table) {
        // A list names a record once.
        for list in kept {
            let name = format!("{}_unique", definition.table);
            let columns = with(&[&list.owner, &list.target]);
            table.uniques.insert(name, columns);
        }
    }
    // A list that another object keeps has that object's table.
    for (field, list) in definition
        .lists()
        .filter(|(_, list)| list.through.is_none())
    {
        add_list(schema, registry, definition, field, list, dialect);
    }
}

fn add_list(
    schema: &mut Schema,
    registry: &Registry,
    definition: &Definition,
    field: &Field,
    list: &ListTable,
    dialect: Dialect,
) {
    let name = &list.table;
    let columns = ["company", "owner", "place", "target"]
        .map(|column| Column {
            name: column.to_owned(),
            kind: dialect.column_type(ColumnType::Integer).to_owned(),
            required: true,
        })
        .to_vec();
    let mut table = Table {
        columns,
        key: words(&["company", "owner", "place"]),
        ..Table::default()
    };
    table.uniques.insert(
        format!("{name}_unique"),
        words(&["company", "owner", "target"]),
    );
    table
        .indexes
        .insert(format!("{name}_index"), words(&["company", "target"]));
    table
        .foreign
        .insert(reference(true, "owner", definition, true));
    if let Some(target) = registry.target_of(field) {
        table
            .foreign
            .insert(reference(true, "target", target, false));
    }
    schema.tables.insert(name.clone(), table);
}

fn reference(company: bool, column: &str, target: &Definition, cascades: bool) -> Foreign {
    let (columns, others) = if company && target.realm == Realm::Company {
        (words(&["company", column]), words(&["company", "key"]))
    } else {
        (words(&[column]), words(&["key"]))
    };
    Foreign {
        columns,
        table: target.table.clone(),
        others,
        cascades,
    }
}

/// Columns that every object in the table requires.
fn require(schema: &mut Schema, registry: &Registry, definition: &Definition) {
    let sharing: Vec<&Definition> = registry
        .all()
        .filter(|d| d.table == definition.table && d.source != Source::View)
        .collect();
    let Some(table) = schema.tables.get_mut(&definition.table) else {
        return;
    };
    for column in &mut table.columns {
        column.required = match column.name.as_str() {
            "company" | "key" | "version" | "created_at" | "modified_at" => true,
            name => sharing.iter().all(|d| {
                d.fields.iter().any(|field| {
                    let fold = field.fold_column();
                    field.is(Rule::Required)
                        && (field.column == name || fold.as_deref() == Some(name))
                })
            }),
        };
    }
}

/// How a type of the declarations is stored.
#[must_use]
pub fn column_type(kind: &FieldType) -> ColumnType {
    match kind {
        FieldType::Text { .. } | FieldType::Email | FieldType::Choice(_) | FieldType::Words(_) => {
            ColumnType::Text
        }
        FieldType::Boolean => ColumnType::Boolean,
        FieldType::Integer
        | FieldType::Decimal { .. }
        | FieldType::Date
        | FieldType::Moment
        | FieldType::Key
        | FieldType::Reference(_)
        | FieldType::References(_)
        | FieldType::Owned(_) => ColumnType::Integer,
        FieldType::Bytes | FieldType::File => ColumnType::Bytes,
    }
}
