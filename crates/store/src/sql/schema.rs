//! The schema that the declarations derive, as data.

use std::collections::{BTreeMap, BTreeSet};

use sidegate_model::text::fold;
use sidegate_model::{Definition, Field, FieldType, ListTable, Realm, Registry, Rule, Value};

use super::dialect::{ColumnType, Dialect};
use super::difference::difference;

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
    /// What columns get in rows that are older than they are, by column; no database knows it.
    pub fills: BTreeMap<String, Fill>,
}

/// What a column gets in rows that are older than it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fill {
    /// The table and the column that held it before.
    pub was: Option<(String, String)>,
    /// For text without regard to case: the column there that held the text with regard to it, from
    /// which it is made where the old table kept it once only.
    pub folded: Option<String>,
    /// The declared default, as SQL.
    pub default: Option<String>,
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
        let stored = || registry.all().filter(|d| d.source.has_table());
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
    for field in definition.stored() {
        add_fills(table, definition, field, dialect);
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

/// Notes what fills the columns of a field; of objects that share them, the first to say so counts.
fn add_fills(table: &mut Table, definition: &Definition, field: &Field, dialect: Dialect) {
    let was = field.was.as_ref().map(|was| {
        let table = was.table.as_ref().unwrap_or(&definition.table);
        (table.clone(), was.column.clone())
    });
    let twin = field.fold_column().map(|column| {
        let fill = Fill {
            was: was
                .clone()
                .map(|(table, column)| (table, format!("{column}_fold"))),
            folded: was.clone().map(|(_, column)| column),
            default: field
                .default
                .as_text()
                .and_then(|text| literal(&Value::from(fold(text).as_str()), dialect)),
        };
        (column, fill)
    });
    let plain = Fill {
        was,
        folded: None,
        default: literal(&field.default, dialect),
    };
    for (column, fill) in [(field.column.clone(), plain)].into_iter().chain(twin) {
        if fill == Fill::default() {
            continue;
        }
        let known = table.fills.entry(column).or_default();
        known.was = known.was.take().or(fill.was);
        known.folded = known.folded.take().or(fill.folded);
        known.default = known.default.take().or(fill.default);
    }
}

/// A value as SQL; bytes and nothing have no form.
fn literal(value: &Value, dialect: Dialect) -> Option<String> {
    Some(match (value, dialect) {
        (Value::Null | Value::Bytes(_), _) => return None,
        (Value::Boolean(yes), Dialect::Sqlite) => i64::from(*yes).to_string(),
        (Value::Boolean(yes), Dialect::Postgres) => yes.to_string(),
        (Value::Integer(n) | Value::Decimal(n) | Value::Moment(n), _) => n.to_string(),
        (Value::Date(days), _) => days.to_string(),
        (Value::Key(key), _) => key.to_string(),
        (Value::Text(text), _) => format!("'{}'", text.replace('\'', "''")),
    })
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
        .filter(|d| d.table == definition.table && d.source.has_table())
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
        FieldType::Text { .. }
        | FieldType::Email
        | FieldType::Choice(_)
        | FieldType::Words(_)
        | FieldType::Json { .. } => ColumnType::Text,
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
