//! Timesheet lines: the hours of one day, and what their submission leaves behind.
//!
//! What may change when stands with [timesheets](super::timesheet).

use sidegate_model::{Operation, Result, Value, problem};

use super::approval_chain::user_of;
use super::approval_record::record_submission;
use super::refusal::{missing, unfit};
use super::timesheet::{
    LINE, TIMESHEET, by_sidegate, handed_on, has_no_history, outside_week, takes_lines, week,
};
use super::{NONE, RuleSet};
use crate::pipeline::{Change, Leave};
use crate::work::Work;

const SHEET: &str = "timesheet";
const DATE: &str = "entryDate";
const QUANTITY: &str = "quantity";
const NUMBER: &str = "lineNumber";
const STATE: &str = "state";
const IS_BILLABLE: &str = "isBillable";
const EMPLOYEE: &str = "dimensions.employee";
const LOCATION: &str = "dimensions.location";
const DEPARTMENT: &str = "dimensions.department";
const BILLABLE: &str = "hours.billable";
const NON_BILLABLE: &str = "hours.nonBillable";
const APPROVED: &str = "hours.approved";
const APPROVED_BILLABLE: &str = "hours.approvedBillable";
const APPROVED_NON_BILLABLE: &str = "hours.approvedNonBillable";
/// A day has so many hours, with two places.
const HOURS_OF_A_DAY: i64 = 2400;

pub(super) const RULES: RuleSet = RuleSet {
    object: LINE,
    fields: &[
        SHEET,
        DATE,
        QUANTITY,
        NUMBER,
        STATE,
        IS_BILLABLE,
        EMPLOYEE,
        LOCATION,
        DEPARTMENT,
        BILLABLE,
        NON_BILLABLE,
        APPROVED,
        APPROVED_BILLABLE,
        APPROVED_NON_BILLABLE,
    ],
    before: &[
        stays_in_its_timesheet,
        stays_as_it_was_submitted,
        fits_into_a_day,
        agrees_with_its_timesheet,
        stands_where_its_employee_does,
        is_numbered,
        counts_its_hours,
    ],
    after: &[asks_for_approval, tells_its_timesheet],
    ..NONE
};

/// Whether a line in this state is in the hands of whoever fills in the timesheet.
fn is_open(state: &str) -> bool {
    matches!(state, "draft" | "saved" | "declined")
}

/// A line belongs to one timesheet for good.
fn stays_in_its_timesheet(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.value(SHEET).is_null() {
        return Err(missing(change, SHEET).into());
    }
    let place = change.place(SHEET);
    match change.old(SHEET).as_key() {
        Some(before) if change.changes(SHEET) => Err(problem::FIELD_IS_FIXED
            .with("FIELD", &place)
            .with("VALUE", before.to_string())
            .at(place)
            .into()),
        _ => Ok(()),
    }
}

/// What was submitted does not change under its approvers, and what was submitted once is kept with
/// its history.
fn stays_as_it_was_submitted(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if by_sidegate(work, change) {
        return Ok(());
    }
    if change.before.is_none() {
        return joins_an_open_timesheet(work, change);
    }
    let state = change.old(STATE).as_text().unwrap_or_default();
    let goes = change.operation == Operation::Delete;
    if !is_open(state) && (goes || change.before.as_ref() != Some(&change.after)) {
        let number = change.old(NUMBER).as_number().unwrap_or_default();
        return Err(problem::TIMESHEET_LINE_CLOSED
            .with("LINE", number.to_string())
            .with("STATE", state)
            .into());
    }
    if goes {
        return has_no_history(work, change, "timesheetLine.key");
    }
    Ok(())
}

/// A line that comes through its timesheet was let in there.
fn joins_an_open_timesheet(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    if change.leave != Leave::Own {
        return Ok(());
    }
    match Sheet::of(work, change)? {
        Some(sheet) if !takes_lines(&sheet.state) => {
            Err(problem::TIMESHEET_CLOSED.with("STATE", sheet.state).into())
        }
        _ => Ok(()),
    }
}

/// A line has some hours, and not more than its day.
fn fits_into_a_day(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    match change.value(QUANTITY) {
        Value::Decimal(hours) if !(1..=HOURS_OF_A_DAY).contains(hours) => {
            Err(unfit(change, QUANTITY, "must be more than 0 and at most 24").into())
        }
        _ => Ok(()),
    }
}

/// What a line looks at in its timesheet.
struct Sheet {
    begin: i32,
    state: String,
    employee: Value,
}

impl Sheet {
    fn of(work: &mut Work<'_>, change: &Change<'_>) -> Result<Option<Self>> {
        let row = work.first(
            TIMESHEET,
            &["beginDate", STATE, "employee.key"],
            &[("key", change.value(SHEET).clone())],
        )?;
        Ok(match row.as_deref() {
            Some([Value::Date(begin), Value::Text(state), employee]) => Some(Self {
                begin: *begin,
                state: state.clone(),
                employee: employee.clone(),
            }),
            _ => None,
        })
    }
}

/// A line lies in the week of its timesheet, is by the same employee unless another was sent, and
/// has the state that the timesheet hands on.
fn agrees_with_its_timesheet(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    let Some(sheet) = Sheet::of(work, change)? else {
        return Ok(());
    };
    if change.value(EMPLOYEE).is_null() {
        change.set(EMPLOYEE, sheet.employee);
    }
    let decided = by_sidegate(work, change) && change.was_sent(STATE);
    let open = change.old(STATE).as_text().is_none_or(is_open);
    if let Some(state) = handed_on(&sheet.state).filter(|_| open && !decided) {
        change.set(STATE, Value::from(state));
    }
    let (from, to) = week(sheet.begin);
    match change.value(DATE) {
        Value::Date(date) if change.changes(DATE) && !(from..=to).contains(date) => {
            Err(outside_week(&change.place(DATE), *date, sheet.begin).into())
        }
        _ => Ok(()),
    }
}

/// A new line that says nothing of location or department has those of its employee.
fn stands_where_its_employee_does(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let (place, unit) = (change.was_sent(LOCATION), change.was_sent(DEPARTMENT));
    if change.operation != Operation::Create || (place && unit) {
        return Ok(());
    }
    let employee = work.first(
        "company-config/employee",
        &["location.key", "department.key"],
        &[("key", change.value(EMPLOYEE).clone())],
    )?;
    let Some([location, department]) = employee.as_deref() else {
        return Ok(());
    };
    if !place {
        change.set(LOCATION, location.clone());
    }
    if !unit {
        change.set(DEPARTMENT, department.clone());
    }
    Ok(())
}

/// Lines are numbered from 1 in their timesheet, in the order in which they came.
fn is_numbered(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Create {
        return Ok(());
    }
    let own = [("timesheet.key", change.value(SHEET).clone())];
    let last = work.first(LINE, &["max:lineNumber"], &own)?;
    let last = last.and_then(|row| row[0].as_number());
    change.set(NUMBER, Value::Integer(last.unwrap_or_default() + 1));
    Ok(())
}

/// Billable or not, and once more when approved.
fn counts_its_hours(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    let quantity = change.value(QUANTITY).clone();
    let [billable, other] = parted(&quantity, change.is(IS_BILLABLE));
    let approved = change.text(STATE) == "approved";
    let once = |value: &Value| {
        if approved { value.clone() } else { Value::Null }
    };
    change.set(APPROVED, once(&quantity));
    change.set(APPROVED_BILLABLE, once(&billable));
    change.set(APPROVED_NON_BILLABLE, once(&other));
    change.set(BILLABLE, billable);
    change.set(NON_BILLABLE, other);
    Ok(())
}

/// The billable and the other hours of a line, which is one or the other as a whole.
fn parted(quantity: &Value, is_billable: bool) -> [Value; 2] {
    let none = Value::Decimal(0);
    if is_billable {
        [quantity.clone(), none]
    } else {
        [none, quantity.clone()]
    }
}

/// A line that is submitted gets a record of it, addressed to the manager of its timesheet's
/// employee.
fn asks_for_approval(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    let asks = change.operation != Operation::Delete
        && change.changes(STATE)
        && change.text(STATE) == "submitted";
    if !asks {
        return Ok(());
    }
    let sheet = change.value(SHEET).clone();
    let people = work.first(
        TIMESHEET,
        &[
            "employee.primaryContact.key",
            "employee.manager.primaryContact.key",
        ],
        &[("key", sheet.clone())],
    )?;
    let contact = |at: usize| people.as_ref().and_then(|row| row[at].as_key());
    let (employee, manager) = (contact(0), contact(1));
    let approver = user_of(work, manager)?;
    // What Sidegate itself brings in is the employee's own.
    let sender = match work.actor().user.as_ref().map(|user| user.key) {
        Some(user) => Some(user),
        None => user_of(work, employee)?,
    };
    record_submission(work, change.key(), sheet, approver, sender)
}

/// A line written on its own path changes the sums of its timesheet.
fn tells_its_timesheet(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    match change.value(SHEET).as_key() {
        Some(sheet) if change.leave == Leave::Own => {
            let definition = work.object(TIMESHEET);
            work.touch(definition, sheet)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_billable_or_not() {
        let hours = Value::Decimal(750);
        let none = Value::Decimal(0);
        assert_eq!(parted(&hours, true), [hours.clone(), none.clone()]);
        assert_eq!(parted(&hours, false), [none, hours]);
    }
}
