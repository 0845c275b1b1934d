//! What definitions know of each other: views of their bases, lists of where they are kept, owned
//! lists of the field that names their owner.

use super::check::{Broken, Source, span_of};
use super::file::{FieldFile, PartFile, ScopeFile};
use super::{
    Definition, Field, FieldIndex, ListTable, ObjectIndex, Part, PartColumn, Realm, Source as Rows,
    Through,
};
use crate::field_type::FieldType;
use crate::query::MOST_OWNERS;
use crate::value::{Scalar, Value};

/// Links all definitions, each with the file it came from.
pub(super) fn link(
    sources: &[Source<'_>],
    definitions: &mut [Definition],
    broken: &mut Vec<Broken>,
) {
    for (at, source) in sources.iter().enumerate() {
        if definitions[at].source == Rows::View {
            base(source, at, definitions, broken);
        }
    }
    for (at, source) in sources.iter().enumerate() {
        if definitions[at].source == Rows::Union {
            parts(source, at, definitions, broken);
        }
    }
    for (at, source) in sources.iter().enumerate() {
        through(source, at, definitions, broken);
    }
    for (at, source) in sources.iter().enumerate() {
        for field in 0..definitions[at].fields.len() {
            let found = match &definitions[at].fields[field].kind {
                FieldType::References(_) => list(source, at, field, definitions),
                FieldType::Owned(_) => owned(source, at, field, definitions),
                _ => Ok(()),
            };
            if let Err(reason) = found {
                let name = definitions[at].fields[field].name.clone();
                broken.push(source.broken(source.field_at(&name), Some(&name), reason));
            }
        }
    }
}

fn called(definitions: &[Definition], name: &str) -> Option<ObjectIndex> {
    definitions
        .iter()
        .find(|d| d.name == name)
        .map(|found| found.index)
}

/// A field as the file writes it.
fn written<'s>(source: &'s Source<'_>, name: &str) -> Option<&'s FieldFile> {
    let fields = source.image.field.iter().map(toml::Spanned::get_ref);
    fields.into_iter().find(|field| field.name == name)
}

fn place(index: ObjectIndex) -> usize {
    usize::from(index.0)
}

/// A view's base, and which of its rows the view shows.
fn base(source: &Source<'_>, at: usize, definitions: &mut [Definition], broken: &mut Vec<Broken>) {
    let image = &source.image;
    let named = image.base.as_ref().map(|base| base.get_ref().as_str());
    let Some(found) = named.and_then(|name| called(definitions, name)) else {
        broken.push(source.broken(
            span_of(image.base.as_ref()),
            None,
            "a view names a declared object as its base".to_owned(),
        ));
        return;
    };
    let base = &definitions[place(found)];
    let mut only = Vec::new();
    for (name, value) in &image.only {
        let words = match value {
            toml::Value::Array(list) => list.clone(),
            other => vec![other.clone()],
        };
        let values = words.iter().map(|word| {
            let scalar = match word {
                toml::Value::Boolean(yes) => Scalar::Boolean(*yes),
                toml::Value::String(text) => Scalar::Text(text.clone()),
                other => Scalar::Text(other.to_string()),
            };
            base.named(name)?.kind.accept(&scalar).ok()
        });
        match (base.named(name), values.collect::<Option<Vec<Value>>>()) {
            (Some(field), Some(values)) => only.push((field.index, values)),
            _ => broken.push(source.broken(
                0,
                Some(name),
                format!(
                    "where: {} has no such field, or not these values",
                    base.name
                ),
            )),
        }
    }
    let (table, home, realm) = (base.table.clone(), base.home, base.realm);
    let view = &mut definitions[at];
    view.base = found;
    view.only = only;
    view.table = table;
    view.home = home;
    view.realm = realm;
}

/// The objects whose rows are put together, and where each field comes from.
fn parts(source: &Source<'_>, at: usize, definitions: &mut [Definition], broken: &mut Vec<Broken>) {
    let mut parts = Vec::new();
    for spanned in &source.image.part {
        match part(spanned.get_ref(), &definitions[at], definitions) {
            Ok(part) => parts.push(part),
            Err(reason) => broken.push(source.broken(spanned.span().start, None, reason)),
        }
    }
    if parts.len() < 2 {
        let reason = "rows of two parts or more are put together".to_owned();
        broken.push(source.broken(span_of(source.image.source.as_ref()), None, reason));
    }
    definitions[at].parts = parts;
}

fn part(image: &PartFile, whole: &Definition, all: &[Definition]) -> Result<Part, String> {
    let object = |name: &str| {
        let found = all.iter().find(|d| d.name == name);
        found
            .filter(|d| d.source == Rows::Stored && d.realm == Realm::Company)
            .ok_or_else(|| format!("{name} is no object that a company stores"))
    };
    let own = |object: &Definition, name: &str| {
        let found = object.named(name);
        found
            .filter(|f| !f.is_list() && !f.is_owned() && f.from.is_none())
            .map(|field| field.index)
    };
    let of = object(&image.of)?;
    let with = match (&image.with, &image.by) {
        (None, None) => None,
        (Some(name), Some(by)) => {
            let beside = object(name)?;
            let both = own(of, by).zip(own(beside, by));
            let (one, other) = both.ok_or_else(|| format!("{by} is no field of both objects"))?;
            Some((beside, one, other))
        }
        _ => return Err("with and by are said together".to_owned()),
    };
    let column = |field: &Field| -> Result<PartColumn, String> {
        if let Some(word) = image.words.get(&field.name) {
            return match &field.kind {
                FieldType::Choice(choices) if choices.iter().any(|c| c.value == *word) => {
                    Ok(PartColumn::Word(word.clone()))
                }
                _ => Err(format!("{word} is no choice of {}", field.name)),
            };
        }
        let said = image.fields.get(&field.name);
        let name = said.unwrap_or(&field.name);
        // Rows that stand beside each other are no record that somebody made.
        let implied = with.is_some() && said.is_none() && field.is_stamp();
        let found = own(of, name).filter(|_| !implied).map(PartColumn::Of);
        let beside = with
            .filter(|_| !implied)
            .and_then(|(beside, ..)| own(beside, name));
        let found = found.or(beside.map(PartColumn::With));
        if said.is_some() && found.is_none() {
            return Err(format!("there is no field {name} for {}", field.name));
        }
        Ok(found.unwrap_or(PartColumn::Nothing))
    };
    let columns = whole.fields.iter().map(column).collect::<Result<_, _>>()?;
    Ok(Part {
        of: of.index,
        with: with.map(|(beside, one, other)| (beside.index, one, other)),
        columns,
    })
}

/// Rows without an entity of their own belong where their owner does, or where the record does that
/// `scope.entity` leads to; `scope.department` may lead to another record as well.
fn through(
    source: &Source<'_>,
    at: usize,
    definitions: &mut [Definition],
    broken: &mut Vec<Broken>,
) {
    let definition = &definitions[at];
    let rows = match source.image.scope.as_ref().map(toml::Spanned::get_ref) {
        Some(ScopeFile::Rows(rows)) => Some(rows),
        _ => None,
    };
    let leads = |path: &str| {
        let (head, rest) = path.split_once('.')?;
        let field = definition.named(head)?;
        let target = called(definitions, field.kind.target()?)?;
        Some((field.index, place(target), rest.to_owned()))
    };
    let mut lost = Vec::new();
    let said = rows.and_then(|rows| rows.entity.as_deref());
    let field = match said {
        _ if definition.restriction.entity.is_some() => None,
        Some(path) => leads(path).map(|(field, ..)| field),
        None => definition.owner,
    };
    let through = field.filter(|field| is_restricted(definitions, definition, *field, 0));
    if said.is_some() && definition.restriction.entity.is_none() && through.is_none() {
        lost.push((
            said,
            "scope.entity leads to no record that belongs to an entity",
        ));
    }
    let said = rows.and_then(|rows| rows.department.as_deref());
    let department = match (said, definition.restriction.department) {
        (Some(path), None) => leads(path).filter(|(_, target, rest)| {
            let target = &definitions[*target];
            target.named(rest).map(|field| field.index) == target.restriction.department
        }),
        _ => None,
    };
    if said.is_some() && definition.restriction.department.is_none() && department.is_none() {
        lost.push((said, "scope.department leads to no record of a department"));
    }
    for (said, reason) in lost {
        broken.push(source.broken(
            span_of(source.image.scope.as_ref()),
            said,
            reason.to_owned(),
        ));
    }
    let restriction = &mut definitions[at].restriction;
    restriction.through = through;
    restriction.department_of = department.map(|(field, ..)| field);
}

/// Whether the record that a field names can be out of sight.
fn is_restricted(
    definitions: &[Definition],
    definition: &Definition,
    field: FieldIndex,
    depth: u16,
) -> bool {
    let target = definition.field(field).kind.target();
    let Some(target) = target.and_then(|target| called(definitions, target)) else {
        return false;
    };
    let target = &definitions[place(target)];
    let above = || {
        let owner = target.owner.filter(|_| depth < MOST_OWNERS)?;
        Some(is_restricted(definitions, target, owner, depth + 1))
    };
    target.restriction.is_any() || above().unwrap_or_default()
}

/// Where a list of references is kept.
fn list(
    source: &Source<'_>,
    at: usize,
    field: usize,
    definitions: &mut [Definition],
) -> Result<(), String> {
    let definition = &definitions[at];
    let name = &definition.fields[field].name;
    let through = written(source, name).and_then(|image| image.through.clone());
    let Some(through) = through else {
        let table = format!("{}_{}", definition.table, definition.fields[field].column);
        definitions[at].fields[field].list = Some(ListTable {
            table,
            owner: "owner".to_owned(),
            place: "place".to_owned(),
            target: "target".to_owned(),
            through: None,
        });
        return Ok(());
    };
    let keeper = called(definitions, &through)
        .ok_or_else(|| format!("is kept through {through}, which is not declared"))?;
    let FieldType::References(listed) = &definition.fields[field].kind else {
        return Ok(());
    };
    let map = &definitions[place(keeper)];
    let owner = map
        .owner
        .map(|owner| map.field(owner))
        .filter(|owner| owner.kind.target() == Some(&definition.name));
    let target = map
        .fields
        .iter()
        .find(|f| !f.name.starts_with("audit.") && f.kind.target() == Some(listed));
    let (Some(owner), Some(target)) = (owner, target) else {
        return Err(format!(
            "is kept through {through}, which needs this object as its owner and a reference to {listed}"
        ));
    };
    let list = ListTable {
        table: map.table.clone(),
        owner: owner.column.clone(),
        place: "key".to_owned(),
        target: target.column.clone(),
        through: Some(Through {
            object: keeper,
            owner: owner.index,
            target: target.index,
        }),
    };
    definitions[at].fields[field].list = Some(list);
    definitions[place(keeper)].keeps_list = true;
    Ok(())
}

/// The field of an owned object that names this one.
fn owned(
    source: &Source<'_>,
    at: usize,
    field: usize,
    definitions: &mut [Definition],
) -> Result<(), String> {
    let definition = &definitions[at];
    let FieldType::Owned(other) = &definition.fields[field].kind else {
        return Ok(());
    };
    let other = called(definitions, other)
        .map(|found| &definitions[place(found)])
        .ok_or_else(|| format!("owns {other}, which is not declared"))?;
    let name = &definition.fields[field].name;
    let by = written(source, name).and_then(|image| image.by.clone());
    let found: Option<FieldIndex> = match &by {
        Some(by) => other.named(by).map(|field| field.index),
        None => other.owner,
    };
    let refers = found
        .and_then(|found| other.field(found).kind.target())
        .and_then(|target| called(definitions, target))
        .is_some_and(|target| definitions[place(target)].table == definition.table);
    if !refers {
        return Err(format!(
            "owns {}, which needs an owner, or a field named by `by`, that refers to {}",
            other.name, definition.name
        ));
    }
    definitions[at].fields[field].by = found;
    Ok(())
}
