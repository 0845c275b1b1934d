//! `getAuditTrail`: what was changed in one record, the newest line first.

use sidegate_model::query::{Direction, Filter, Operand, Operator};
use sidegate_model::{Failure, Operation, RecordKey, Result, Scalar, problem};

use super::Run;
use super::read::{asking, chosen};
use crate::xml::face::Rows;
use crate::xml::failure::bad_query;
use crate::xml::listing::{Form, Nesting};

/// The object that has the lines.
const HISTORY: &str = "AUDITHISTORY";
/// The most lines of an answer; the history itself is read page by page.
const MOST_LINES: u32 = 2000;

pub(super) fn run(run: &mut Run<'_, '_, '_>) -> Result<()> {
    run.only(&["object", "objectKey", "recordNo"])?;
    let of = run.object()?;
    let history = run.called(HISTORY)?;
    run.work.authorise(history.definition, Operation::List)?;
    let (field, value) = match (run.text("objectKey")?, run.text("recordNo")?) {
        (Some(id), None) => ("changeDetails.objectId", Scalar::Text(id.trim().to_owned())),
        (None, Some(number)) => {
            let key = RecordKey::parse(number.trim()).ok_or_else(|| {
                problem::VALUE_UNFIT
                    .with("FIELD", "recordNo")
                    .with("REASON", "must be a record number")
                    .at("recordNo")
            })?;
            ("record", Scalar::Number(key.to_string()))
        }
        _ => {
            let wanted = "getAuditTrail takes exactly one of objectKey and recordNo";
            return Err(bad_query(wanted).into());
        }
    };
    let chosen = chosen(history, "*")?;
    let mut query = asking(history, &chosen, 1, MOST_LINES);
    let object = Scalar::Text(of.definition.name.clone());
    for (field, value) in [("changeDetails.objectName", object), (field, value)] {
        query.filters.push(Filter {
            operator: Operator::Equal,
            field: field.to_owned(),
            operand: Operand::One(value),
            place: field.to_owned(),
        });
    }
    query.order = vec![("key".to_owned(), Direction::Descending)];
    let plan = query
        .plan_on(
            history.registry,
            history.definition,
            run.work.actor().page_sight(false),
        )
        .map_err(Failure::Refused)?;
    let rows = Rows::new(HISTORY, &chosen, &plan);
    let mut listing = run.listing(rows, Form::Xml, Nesting::Flat);
    let paged = run.work.page(&plan, &mut |row| listing.row(row))?;
    let numbers = [
        i64::from(paged.rows),
        paged.total,
        paged.total - i64::from(paged.rows),
    ];
    let [count, total, left] = &numbers.map(|number| number.to_string());
    let attributes = [
        ("listtype", HISTORY),
        ("count", count),
        ("totalcount", total),
        ("numremaining", left),
    ];
    run.plain = listing.finish(run.out, &attributes);
    Ok(())
}
