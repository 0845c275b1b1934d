//! `read` and `readByName`: records by number, or by what people type.

use std::collections::BTreeMap;

use sidegate_engine::RowRef;
use sidegate_model::query::{Filter, Operand, Operator, Query};
use sidegate_model::{Failure, Operation, Problem, RecordKey, Result, Scalar, problem};

use super::{Run, items};
use crate::xml::face::{Chosen, Known, Rows, paths};
use crate::xml::listing::{Form, Nesting};
use crate::xml::record::id_path;

/// SDKs ask for so many at once.
const MOST_KEYS: u32 = 100;
const CHILDREN: &[&str] = &["object", "keys", "fields", "returnFormat", "docparid"];
/// The most fields of one list, and its most characters.
pub(super) const MOST_FIELDS: usize = 500;
const MOST_LIST: usize = 50_000;

pub(super) fn by_key(run: &mut Run<'_, '_, '_>) -> Result<()> {
    // A number that no record can have names none.
    read(
        run,
        |_| "key",
        |key| RecordKey::parse(key).map(|key| Scalar::Number(key.to_string())),
    )
}

pub(super) fn by_name(run: &mut Run<'_, '_, '_>) -> Result<()> {
    let by = |known: Known<'_>| id_path(known.definition).to_owned();
    read(run, by, |name| Some(Scalar::Text(name.to_owned())))
}

fn read<S: Into<String>>(
    run: &mut Run<'_, '_, '_>,
    by: impl Fn(Known<'_>) -> S,
    value: impl Fn(&str) -> Option<Scalar>,
) -> Result<()> {
    run.only(CHILDREN)?;
    let form = run.form("returnFormat")?;
    let known = run.object()?;
    run.work.authorise(known.definition, Operation::Get)?;
    let asked = run.text("fields")?.unwrap_or("*");
    let (mut lists, others) = items::lists(known, asked);
    let chosen = if lists.is_empty() {
        chosen(known, asked)?
    } else if others.is_empty() && !asked.trim().is_empty() {
        Vec::new()
    } else {
        chosen(known, &others)?
    };
    if form != Form::Xml {
        // A line has no place for them.
        lists.clear();
    }
    let keys = split(run.text("keys")?.unwrap_or_default());
    if keys.len() > MOST_KEYS as usize {
        let many = problem::QUERY_MANY.with("FIELD", "keys");
        return Err(many.with("MOST", MOST_KEYS.to_string()).into());
    }
    let values = keys.into_iter().filter_map(value).collect();
    let mut query = asking(known, &chosen, 1, MOST_KEYS);
    query.filters.push(Filter {
        operator: Operator::In,
        field: by(known).into(),
        operand: Operand::Many(values),
        place: "keys".to_owned(),
    });
    let plan = query
        .plan_on(known.registry, known.definition, run.work.actor().sight())
        .map_err(Failure::Refused)?;
    let mut rows = Rows::new(&known.face.name, &chosen, &plan);
    if form == Form::Xml {
        rows = rows.with_lists(known, &chosen);
    }
    let key_at = plan.names.iter().position(|name| name == "key");
    let key_of = |row: &RowRef<'_>| key_at.and_then(|at| row.number(at)).unwrap_or_default();
    let mut items = BTreeMap::new();
    if !lists.is_empty() {
        let mut owners = Vec::new();
        run.work.visit(&plan, &mut |row| owners.push(key_of(row)))?;
        items = items::of_owners(run, known, &lists, &owners)?;
    }
    let mut listing = run.listing(rows, form, Nesting::Nested);
    let paged = run.work.page(&plan, &mut |row| {
        let further = items.get(&key_of(row)).map_or(&[][..], Vec::as_slice);
        listing.row_with(row, further)
    })?;
    let count = paged.rows.to_string();
    let attributes = [("listtype", known.face.name.as_str()), ("count", &count)];
    run.plain = listing.finish(run.out, &attributes);
    Ok(())
}

/// Names that stand in a list with commas.
pub(super) fn split(list: &str) -> Vec<&str> {
    let parts = list.split(',').map(str::trim);
    parts.filter(|part| !part.is_empty()).collect()
}

/// The fields of a list with commas; all for a star or nothing.
pub(super) fn chosen(known: Known<'_>, list: &str) -> Result<Vec<Chosen>> {
    let all = list.trim().is_empty() || list.trim() == "*";
    let names = if all {
        known.all()
    } else {
        let names = split(list).into_iter();
        names.map(str::to_ascii_uppercase).collect()
    };
    if list.len() > MOST_LIST || (!all && names.len() > MOST_FIELDS) {
        return Err(too_many_fields().into());
    }
    let mut unknown = Vec::new();
    let mut chosen: Vec<Chosen> = Vec::with_capacity(names.len());
    for name in names {
        match known.meaning(&name) {
            Some(_) if chosen.iter().any(|field| field.name == name) => {}
            Some(meaning) => chosen.push(Chosen { name, meaning }),
            None => unknown.push(name),
        }
    }
    if unknown.is_empty() {
        Ok(chosen)
    } else {
        let unknown = unknown.join(", ");
        Err(problem::XML_FIELDS.with("FIELDS", unknown).into())
    }
}

pub(super) fn too_many_fields() -> Problem {
    problem::QUERY_MANY
        .with("FIELD", "fields")
        .with("MOST", MOST_FIELDS.to_string())
}

/// A query for these fields, and the record's key.
pub(super) fn asking(known: Known<'_>, chosen: &[Chosen], start: u32, size: u32) -> Query {
    let mut fields = paths(chosen);
    if !fields.iter().any(|field| field == "key") {
        fields.push("key".to_owned());
    }
    Query {
        object: known.definition.name.clone(),
        ours: known.definition.is_ours(),
        fields,
        start,
        size,
        ..Query::default()
    }
}
