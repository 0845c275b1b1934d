//! Records to the text of their writes, one text an object.

use sidegate_model::query::Condition;
use sidegate_model::{Definition, Field, ListTable, Realm, Registry, Source};

use super::dialect::Dialect;
use super::{Slot, Text, Writer};

/// One column that a write sets.
#[derive(Clone, Debug)]
pub(crate) struct WriteColumn {
    pub(crate) name: String,
    pub(crate) field: u16,
    pub(crate) folded: bool,
}

/// The columns of an object in the order that writes bind them; `Slot::Column` counts them from 0.
pub(crate) fn columns(definition: &Definition) -> Vec<WriteColumn> {
    let mut columns = Vec::new();
    for field in definition.stored() {
        columns.push(WriteColumn {
            name: field.column.clone(),
            field: field.index.0,
            folded: false,
        });
        if let Some(name) = field.fold_column() {
            columns.push(WriteColumn {
                name,
                field: field.index.0,
                folded: true,
            });
        }
    }
    columns
}

/// The statement that inserts one record.
#[must_use]
pub fn insert(definition: &Definition, dialect: Dialect) -> Text {
    insert_rows(definition, dialect, 1)
}

/// The statement that inserts so many records at once; the columns of the second follow those of the
/// first.
#[must_use]
pub fn insert_rows(definition: &Definition, dialect: Dialect, rows: u16) -> Text {
    let columns = columns(definition);
    let mut out = Writer::new(dialect);
    out.push("insert into ").name(&definition.table).push(" (");
    let company = definition.realm == Realm::Company;
    if company {
        out.name("company").push(", ");
    }
    for (at, column) in columns.iter().enumerate() {
        if at > 0 {
            out.push(", ");
        }
        out.name(&column.name);
    }
    out.push(") values ");
    let mut next = 0;
    for row in 0..rows {
        out.push(if row > 0 { ", (" } else { "(" });
        if company {
            out.bind(Slot::Company).push(", ");
        }
        for at in 0..columns.len() {
            if at > 0 {
                out.push(", ");
            }
            out.bind(Slot::Column(next));
            next += 1;
        }
        out.push(")");
    }
    out.finish()
}

/// The statement that replaces all columns of one record.
#[must_use]
pub fn update(definition: &Definition, dialect: Dialect) -> Text {
    let mut out = Writer::new(dialect);
    out.push("update ")
        .name(&definition.table)
        .push(" as t set ");
    let mut first = true;
    for (at, column) in columns(definition).iter().enumerate() {
        if column.name == "key" {
            continue;
        }
        if !first {
            out.push(", ");
        }
        first = false;
        out.name(&column.name)
            .push(" = ")
            .bind(Slot::Column(at as u16));
    }
    by_key(&mut out, definition);
    out.finish()
}

/// The statement that deletes one record.
#[must_use]
pub fn delete(definition: &Definition, dialect: Dialect) -> Text {
    let mut out = Writer::new(dialect);
    out.push("delete from ")
        .name(&definition.table)
        .push(" as t");
    by_key(&mut out, definition);
    out.finish()
}

fn by_key(out: &mut Writer, definition: &Definition) {
    out.push(" where ");
    if definition.realm == Realm::Company {
        out.company("t").push(" and ");
    }
    out.push("t.").name("key").push(" = ").bind(Slot::Key);
}

/// The statement that inserts one item of a list of references; columns are place and target.
/// Items of a list that an object keeps are inserted as its records instead.
#[must_use]
pub fn list_insert(list: &ListTable, dialect: Dialect) -> Text {
    let mut out = Writer::new(dialect);
    out.push("insert into ").name(&list.table);
    out.push(" (\"company\", \"owner\", \"place\", \"target\") values (");
    out.bind(Slot::Company)
        .push(", ")
        .bind(Slot::Key)
        .push(", ");
    out.bind(Slot::Column(0))
        .push(", ")
        .bind(Slot::Column(1))
        .push(")");
    out.finish()
}

/// The statement that empties one list of references.
#[must_use]
pub fn list_delete(list: &ListTable, dialect: Dialect) -> Text {
    let mut out = Writer::new(dialect);
    out.push("delete from ")
        .name(&list.table)
        .push(" as t where ");
    out.company("t")
        .push(" and t.")
        .name(&list.owner)
        .push(" = ")
        .bind(Slot::Key);
    out.finish()
}

/// The statement that finds one owner whose list holds a target.
#[must_use]
pub fn list_owner(list: &ListTable, dialect: Dialect) -> Text {
    let mut out = Writer::new(dialect);
    out.push("select l.")
        .name(&list.owner)
        .push(" from ")
        .name(&list.table)
        .push(" l where ");
    out.company("l")
        .push(" and l.")
        .name(&list.target)
        .push(" = ")
        .bind(Slot::Key)
        .push(" order by l.")
        .name(&list.owner)
        .push(" limit 1");
    out.finish()
}

/// The owned lists whose items lie in a table of the company, where a look shows whether a record of
/// the object has any.
pub fn looked_into<'d>(
    registry: &'d Registry,
    definition: &'d Definition,
) -> impl Iterator<Item = (&'d Field, &'d Definition, &'d Field)> {
    let kept = |d: &Definition| d.source == Source::Stored && d.realm == Realm::Company;
    definition.owned().filter_map(move |field| {
        let items = registry.target_of(field)?;
        let by = items.field(field.by?);
        (kept(definition) && kept(items) && by.from.is_none()).then_some((field, items, by))
    })
}

/// The statement that reads all lists of one record: number of the list, target key, target id.
/// With an entity as value 1 only targets that it sees.
/// With `owned` there follow, numbered on, one row for each owned list that holds anything.
#[must_use]
pub fn lists(
    registry: &Registry,
    definition: &Definition,
    dialect: Dialect,
    seen: &[Option<Condition>],
    owned: bool,
) -> Option<Text> {
    let mut out = Writer::new(dialect);
    let mut any = false;
    for (number, (field, list)) in definition.lists().enumerate() {
        let target = registry.target_of(field)?;
        if any {
            out.push(" union all ");
        }
        any = true;
        out.push(&format!("select cast({number} as bigint) as list, l."))
            .name(&list.place)
            .push(" as place, o.\"key\" as target, ");
        match target.id.map(|id| target.field(id)) {
            Some(id) if id.kind.is_textual() => out.push("o.").name(&id.column),
            _ => out.push("cast(o.\"key\" as text)"),
        };
        out.push(" as id from ")
            .name(&list.table)
            .push(" l join ")
            .name(&target.table)
            .push(" o on ");
        if target.realm == Realm::Company {
            out.company("o").push(" and ");
        }
        out.push("o.\"key\" = l.").name(&list.target);
        if let Some(Some(seen)) = seen.get(number) {
            out.push(" and ");
            super::select::condition_on(registry, target, &mut out, seen);
        }
        out.push(" where ");
        out.company("l")
            .push(" and l.")
            .name(&list.owner)
            .push(" = ")
            .bind(Slot::Key);
    }
    let looked_into = looked_into(registry, definition).filter(|_| owned);
    for (number, (_, items, by)) in (definition.lists().count()..).zip(looked_into) {
        if any {
            out.push(" union all ");
        }
        any = true;
        out.push(&format!("select cast({number} as bigint) as list, o.\"key\" as place, o.\"key\" as target, '' as id from (select i.\"key\" from "))
            .name(&items.table)
            .push(" i where ");
        out.company("i")
            .push(" and i.")
            .name(&by.column)
            .push(" = ")
            .bind(Slot::Key)
            .push(" limit 1) o");
    }
    if !any {
        return None;
    }
    out.push(" order by list, place");
    Some(out.finish())
}
