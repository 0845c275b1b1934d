//! Allocations of transactions and their lines.

use sidegate_model::field_type::decimal_text;
use sidegate_model::{FieldType, Operation, Problem, Result, Value, problem};

use super::refusal::{missing, unfit};
use super::{NONE, RuleSet};
use crate::pipeline::Change;
use crate::work::Work;

const TEMPLATE: &str = "general-ledger/txn-allocation-template";
const LINE: &str = "general-ledger/txn-allocation-template-line";

const ALLOCATE_BY: &str = "allocateBy";
const LINES: &str = "lines";

const OWNER: &str = "txnAllocationTemplate";
const VALUE: &str = "value";
const KIND: &str = "valueType";
const NUMBER: &str = "lineNumber";

/// An allocation has at most so many lines.
const MOST_LINES: u32 = 100_000;

pub(super) const RULES: RuleSet = RuleSet {
    object: TEMPLATE,
    fields: &[ALLOCATE_BY, LINES],
    settle: &[keeps_lines_that_fit],
    ..NONE
};

pub(super) const LINE_RULES: RuleSet = RuleSet {
    object: LINE,
    fields: &[OWNER, VALUE, KIND, NUMBER],
    before: &[is_counted, says_what_its_value_is],
    ..NONE
};

/// The value type of all lines of an allocation, where there is only one.
fn only_kind(allocate_by: &str) -> Option<&'static str> {
    match allocate_by {
        "percentage" => Some("percent"),
        "exactAmount" => Some("amount"),
        _ => None,
    }
}

/// There is a line, all lines have the value type of the allocation, and those of a percentage add
/// up to 100.
fn keeps_lines_that_fit(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let own = [("txnAllocationTemplate.key", Value::Key(change.key()))];
    let rows = work.all(LINE, &[VALUE, KIND], &own, MOST_LINES)?;
    if rows.is_empty() {
        return Err(missing(change, LINES).into());
    }
    let Some(kind) = only_kind(change.text(ALLOCATE_BY)) else {
        return Ok(());
    };
    if rows.iter().any(|row| row[1].as_text() != Some(kind)) {
        return Err(other_kind(change, ALLOCATE_BY, change.text(ALLOCATE_BY), kind).into());
    }
    let line = work.object(LINE);
    let scale = match line.named(VALUE).map(|field| &field.kind) {
        Some(FieldType::Decimal { scale, .. }) => *scale,
        _ => 0,
    };
    // Wider than a column, so that nothing overflows.
    let sum: i128 = rows
        .iter()
        .filter_map(|row| row[0].as_number())
        .map(i128::from)
        .sum();
    if kind != "percent" || sum == 100 * 10_i128.pow(u32::from(scale)) {
        return Ok(());
    }
    let place = change.place(LINES);
    let sum = decimal_text(i64::try_from(sum).unwrap_or(i64::MAX), scale);
    Err(problem::ALLOCATION_SUM
        .with("FIELD", &place)
        .with("SUM", sum)
        .at(place)
        .into())
}

fn other_kind(change: &Change<'_>, field: &str, allocate_by: &str, wanted: &str) -> Problem {
    let place = change.place(field);
    problem::ALLOCATION_KIND
        .with("FIELD", &place)
        .with("TYPE", allocate_by)
        .with("WANTED", wanted)
        .at(place)
}

/// Lines are counted from 1 where no number was sent.
fn is_counted(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let counted = !change.value(NUMBER).is_null();
    if change.operation == Operation::Delete || counted {
        return Ok(());
    }
    let own = [("txnAllocationTemplate.key", change.value(OWNER).clone())];
    let last = work.first(LINE, &["max:lineNumber"], &own)?;
    let last = last.and_then(|row| row[0].as_number());
    let next = last.unwrap_or_default().saturating_add(1);
    change.set(NUMBER, Value::Integer(next));
    Ok(())
}

/// A line has a value above zero, and says whether it is a percentage or an amount as its allocation
/// does; what was not sent follows the allocation.
fn says_what_its_value_is(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    match change.value(VALUE).as_number() {
        None => return Err(missing(change, VALUE).into()),
        Some(units) if units <= 0 => {
            return Err(unfit(change, VALUE, "must be greater than 0").into());
        }
        Some(_) => {}
    }
    let owner = [("key", change.value(OWNER).clone())];
    let row = work.first(TEMPLATE, &[ALLOCATE_BY], &owner)?;
    let row = row.unwrap_or_default();
    let allocate_by = row.first().and_then(Value::as_text).unwrap_or_default();
    let only = only_kind(allocate_by);
    if change.value(KIND).is_null() {
        change.set(KIND, Value::from(only.unwrap_or("amount")));
    }
    match only {
        Some(kind) if change.text(KIND) != kind && change.was_sent(KIND) => {
            Err(other_kind(change, KIND, allocate_by, kind).into())
        }
        _ => Ok(()),
    }
}
