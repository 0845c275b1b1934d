//! `readByQuery` and `readMore`: pages in the order of keys, between the last key that was read and the
//! highest one at the first page, so that they are stable with nothing held open.

use std::cell::Cell;

use sidegate_engine::query_result::Rest;
use sidegate_model::query::{Direction, Filter, Operand, Operator, Query};
use sidegate_model::{Failure, Operation, Result, Scalar, problem};

use super::Run;
use super::read::{asking, chosen};
use crate::xml::face::{Known, Rows};
use crate::xml::failure::bad_query;
use crate::xml::filter;
use crate::xml::legacy;
use crate::xml::listing::{Form, Nesting};
use crate::xml::value::Words;

const CHILDREN: &[&str] = &[
    "object",
    "query",
    "fields",
    "pagesize",
    "returnFormat",
    "docparid",
];
const MORE: &[&str] = &["resultId", "object"];
/// The vendor documents half of it and takes as much.
const MOST_SIZE: u32 = 2000;
const USUAL_SIZE: u32 = 100;

pub(super) fn run(run: &mut Run<'_, '_, '_>) -> Result<()> {
    run.only(CHILDREN)?;
    let form = run.form("returnFormat")?;
    let known = run.object()?;
    run.work.authorise(known.definition, Operation::List)?;
    let rest = Rest {
        object: known.face.name.clone(),
        query: run.text("query")?.unwrap_or_default().to_owned(),
        fields: run.text("fields")?.unwrap_or("*").to_owned(),
        size: run.number("pagesize", USUAL_SIZE, 1, MOST_SIZE)?,
        last: 0,
        highest: 0,
        total: 0,
    };
    page(run, known, rest, form)
}

pub(super) fn more(run: &mut Run<'_, '_, '_>) -> Result<()> {
    run.only(MORE)?;
    let id = run.text("resultId")?.map(|id| id.trim().to_owned());
    let object = run
        .text("object")?
        .map(|object| object.trim().to_ascii_uppercase());
    let found = match (&id, &object) {
        (Some(id), None) => run.work.result(id)?,
        (None, Some(object)) => run.work.latest_result(object)?,
        _ => return Err(bad_query("readMore takes exactly one of resultId and object").into()),
    };
    let rest = found.ok_or_else(|| {
        bad_query("there is nothing left to read under this id; ask again with readByQuery")
    })?;
    let known = run.called(&rest.object)?;
    run.work.authorise(known.definition, Operation::List)?;
    page(run, known, rest, Form::Xml)
}

fn page(run: &mut Run<'_, '_, '_>, known: Known<'_>, rest: Rest, form: Form) -> Result<()> {
    let chosen = chosen(known, &rest.fields)?;
    let mut query = asking(known, &chosen, 1, rest.size);
    narrow(&mut query, known, &rest)?;
    query.order = vec![("key".to_owned(), Direction::Ascending)];
    let sight = run.work.actor().page_sight(false);
    let plan = query
        .plan_on(known.registry, known.definition, sight.clone())
        .map_err(Failure::Refused)?;
    let element = known.face.name.to_ascii_lowercase();
    let mut rows = Rows::new(&element, &chosen, &plan);
    if form == Form::Xml {
        rows = rows.with_lists(known, &chosen);
    }
    let key_at = plan
        .names
        .iter()
        .position(|name| name == "key")
        .unwrap_or(0);
    let mut listing = run.listing(rows, form, Nesting::Flat);
    let last = Cell::new(rest.last);
    let paged = run.work.page(&plan, &mut |row| {
        last.set(row.number(key_at).unwrap_or(last.get()));
        listing.row(row)
    })?;
    let left = (paged.total - i64::from(paged.rows)).max(0);
    let first = rest.highest == 0;
    let total = if first { paged.total } else { rest.total };
    let mut id = String::new();
    if left > 0 {
        let highest = if first {
            highest(run, known, &rest)?
        } else {
            rest.highest
        };
        id = run.work.new_result_id();
        run.rest = Some((
            id.clone(),
            Rest {
                last: last.get(),
                highest,
                total,
                ..rest
            },
        ));
    }
    let numbers = [i64::from(paged.rows), total, left].map(|number| number.to_string());
    let [count, total, left] = &numbers;
    let attributes = [
        ("listtype", element.as_str()),
        ("count", count),
        ("totalcount", total),
        ("numremaining", left),
        ("resultId", &id),
    ];
    run.plain = listing.finish(run.out, &attributes);
    Ok(())
}

/// Adds the condition that was sent, and the keys that pages go on between.
fn narrow(query: &mut Query, known: Known<'_>, rest: &Rest) -> Result<()> {
    let condition = legacy::parse(&rest.query).map_err(bad_query)?;
    if let Some(condition) = condition {
        filter::add(query, known, &condition, Words::Codes)?;
    }
    if rest.highest == 0 {
        return Ok(());
    }
    let bounds = [
        (Operator::Greater, rest.last),
        (Operator::LessOrEqual, rest.highest),
    ];
    for (operator, key) in bounds {
        query.filters.push(Filter {
            operator,
            field: "key".to_owned(),
            operand: Operand::One(Scalar::Number(key.to_string())),
            place: "RECORDNO".to_owned(),
        });
        let number = query.filters.len();
        query.expression = Some(match query.expression.take() {
            Some(earlier) => format!("{earlier} and {number}"),
            None => number.to_string(),
        });
    }
    Ok(())
}

/// The highest key of what the query finds now.
fn highest(run: &mut Run<'_, '_, '_>, known: Known<'_>, rest: &Rest) -> Result<i64> {
    let mut query = asking(known, &[], 1, 1);
    narrow(&mut query, known, rest)?;
    query.order = vec![("key".to_owned(), Direction::Descending)];
    let plan = query
        .plan_on(
            known.registry,
            known.definition,
            run.work.actor().page_sight(false),
        )
        .map_err(Failure::Refused)?;
    let mut highest = None;
    run.work.visit(&plan, &mut |row| highest = row.number(0))?;
    highest.ok_or_else(|| {
        problem::XML_QUERY
            .with("REASON", "the records went away while they were read")
            .into()
    })
}
