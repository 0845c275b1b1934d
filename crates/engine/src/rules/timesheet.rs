//! Timesheets: the week of one employee, and how far whoever fills one in may still go.
//!
//! | state | the timesheet, new lines | existing lines | what its state may become |
//! |---|---|---|---|
//! | none yet | yes | | draft, saved, submitted |
//! | draft, saved, declined | yes | yes | draft, saved, submitted |
//! | partiallyApproved, partiallyDeclined | no | the declined ones | submitted, if a line was declined |
//! | submitted, approved | no | no | |
//!
//! Lines follow when the state becomes draft, saved or submitted, except those that are approved.
//! [Approving and declining](super::timesheet_ruling) are writes of Sidegate's own, which these rules
//! let pass.

use sidegate_model::field_type::day_text;
use sidegate_model::query::MOST_OWNED;
use sidegate_model::{Failure, Operation, RecordKey, Result, Value, problem};

use super::{NONE, RuleSet};
use crate::pipeline::{Change, Leave, differs};
use crate::sign_in::draft_of;
use crate::work::Work;

pub(super) const TIMESHEET: &str = "time/timesheet";
pub(super) const LINE: &str = "time/timesheet-line";
pub(super) const RECORD: &str = "time/timesheet-approval-record";
const BEGIN: &str = "beginDate";
const END: &str = "endDate";
const POSTING: &str = "postingDate";
const STATE: &str = "state";
const EMPLOYEE: &str = "employee";
const CONTACT: &str = "employeeContact";
const UNIT: &str = "unitOfMeasure";
const HOURS_IN_DAY: &str = "hoursInDay";
const POSTS_COST: &str = "postActualLaborCost";
const BILLABLE: &str = "billableQuantity";
const NON_BILLABLE: &str = "nonBillableQuantity";
const AWAITS: &str = "awaitsApproval";
const LINES: &str = "lines";
const LINE_EMPLOYEE: &str = "dimensions.employee";
/// The last day of a week comes so many days after its first.
const LAST_DAY: i32 = 6;
/// Eight hours, with two places.
const EIGHT_HOURS: i64 = 800;

pub(super) const RULES: RuleSet = RuleSet {
    object: TIMESHEET,
    fields: &[
        BEGIN,
        END,
        POSTING,
        STATE,
        EMPLOYEE,
        CONTACT,
        UNIT,
        HOURS_IN_DAY,
        POSTS_COST,
        BILLABLE,
        NON_BILLABLE,
        AWAITS,
        LINES,
    ],
    before: &[
        stays_as_it_was_submitted,
        keeps_to_its_states,
        belongs_to_an_employee,
        lasts_a_week,
        is_the_only_one_of_its_week,
        counts_in_hours,
    ],
    settle: &[agrees_with_its_lines],
    ..NONE
};

/// How much of a timesheet is still in the hands of whoever fills it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    All,
    DeclinedLines,
    Nothing,
}

impl Reach {
    fn of(state: &str) -> Self {
        match state {
            "draft" | "saved" | "declined" => Self::All,
            "partiallyApproved" | "partiallyDeclined" => Self::DeclinedLines,
            _ => Self::Nothing,
        }
    }

    /// Whether a timesheet in this reach may be given another state.
    fn lets_become(self, state: &str) -> bool {
        match self {
            Self::All => handed_on(state).is_some(),
            Self::DeclinedLines => state == "submitted",
            Self::Nothing => false,
        }
    }

    /// What a caller hears who asks for another one.
    fn advice(self) -> &'static str {
        match self {
            Self::All => "it can become draft, saved or submitted",
            Self::DeclinedLines => "it can become submitted when a line of it was declined",
            Self::Nothing => "an approver decides now",
        }
    }
}

/// Whether a timesheet in this state takes new lines.
pub(super) fn takes_lines(state: &str) -> bool {
    Reach::of(state) == Reach::All
}

/// The state that a timesheet hands on to its lines, if it is one of its own and not the outcome of
/// decisions about them.
pub(super) fn handed_on(state: &str) -> Option<&str> {
    matches!(state, "draft" | "saved" | "submitted").then_some(state)
}

/// First and last day of the week that begins on a day.
pub(super) fn week(begin: i32) -> (i32, i32) {
    (begin, begin.saturating_add(LAST_DAY))
}

/// Whether Sidegate itself writes: a decision that follows from another write, or its own data.
pub(super) fn by_sidegate(work: &Work<'_>, change: &Change<'_>) -> bool {
    change.leave == Leave::System || work.actor().is_system()
}

/// What was submitted does not change under its approvers, and what was submitted once is kept with
/// its history.
fn stays_as_it_was_submitted(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.before.is_none() || by_sidegate(work, change) {
        return Ok(());
    }
    let state = change.old(STATE).as_text().unwrap_or_default().to_owned();
    let reach = Reach::of(&state);
    let goes = change.operation == Operation::Delete;
    let kept = match reach {
        Reach::All => false,
        Reach::DeclinedLines => goes || changes_itself(change) || brings_new_lines(change),
        Reach::Nothing => goes || changes_itself(change) || !change.items(LINES).is_empty(),
    };
    if kept {
        return Err(problem::TIMESHEET_CLOSED.with("STATE", state).into());
    }
    if goes {
        return has_no_history(work, change, "timesheet.key");
    }
    Ok(())
}

/// Whether anything but the state changes.
fn changes_itself(change: &Change<'_>) -> bool {
    let before = change.before.as_ref();
    change
        .definition
        .fields
        .iter()
        .any(|field| field.name != STATE && differs(field, before, &change.after))
}

fn brings_new_lines(change: &Change<'_>) -> bool {
    change.items(LINES).iter().any(|item| item.key.is_none())
}

/// What has approval records is not deleted.
pub(super) fn has_no_history(
    work: &mut Work<'_>,
    change: &Change<'_>,
    referring: &str,
) -> Result<()> {
    let record = work.first(RECORD, &["key"], &[(referring, Value::Key(change.key()))])?;
    if record.is_none() {
        return Ok(());
    }
    Err(problem::APPROVAL_HISTORY
        .with("OBJECT", change.definition.label.0.to_lowercase())
        .into())
}

/// A new timesheet is draft, saved or submitted; see the table above for what comes next.
fn keeps_to_its_states(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let moves = change.operation != Operation::Delete && change.changes(STATE);
    if !moves || by_sidegate(work, change) {
        return Ok(());
    }
    let place = change.place(STATE);
    let Some(before) = change.old(STATE).as_text() else {
        return if Reach::All.lets_become(change.text(STATE)) {
            Ok(())
        } else {
            Err(problem::TIMESHEET_BEGINS
                .with("FIELD", &place)
                .with("STATE", change.text(STATE))
                .at(place)
                .into())
        };
    };
    let reach = Reach::of(before);
    let passes = reach.lets_become(change.text(STATE))
        && (reach != Reach::DeclinedLines || has_declined_line(work, change.key())?);
    if passes {
        return Ok(());
    }
    Err(problem::TIMESHEET_STATE
        .with("FIELD", &place)
        .with("BEFORE", before)
        .with("STATE", change.text(STATE))
        .with("MAY", reach.advice())
        .at(place)
        .into())
}

fn has_declined_line(work: &mut Work<'_>, timesheet: RecordKey) -> Result<bool> {
    let declined = [
        ("timesheet.key", Value::Key(timesheet)),
        (STATE, Value::from("declined")),
    ];
    Ok(work.first(LINE, &["key"], &declined)?.is_some())
}

/// A timesheet without an employee is that of whoever sends it; its contact is the employee's.
fn belongs_to_an_employee(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    if change.value(EMPLOYEE).is_null() {
        let own = own_employee(work)?;
        change.set(EMPLOYEE, Value::from(own));
    }
    let Some(employee) = change.value(EMPLOYEE).as_key() else {
        let place = change.place(EMPLOYEE);
        return Err(problem::NO_OWN_EMPLOYEE
            .with("FIELD", &place)
            .at(place)
            .into());
    };
    if change.changes(EMPLOYEE) {
        let contact = work.first(
            "company-config/employee",
            &["primaryContact.key"],
            &[("key", Value::Key(employee))],
        )?;
        if let Some([contact]) = contact.as_deref() {
            change.set(CONTACT, contact.clone());
        }
    }
    Ok(())
}

/// The active employee who is the acting user.
fn own_employee(work: &mut Work<'_>) -> Result<Option<RecordKey>> {
    let Some(user) = work.actor().user.as_ref().map(|user| user.key) else {
        return Ok(None);
    };
    let user = work.first(
        "company-config/user",
        &["contact.key"],
        &[("key", Value::Key(user))],
    )?;
    let Some(contact) = user.and_then(|row| row[0].as_key()) else {
        return Ok(None);
    };
    let employee = work.first(
        "company-config/employee",
        &["key"],
        &[
            ("primaryContact.key", Value::Key(contact)),
            ("status", Value::from("active")),
        ],
    )?;
    Ok(employee.and_then(|row| row[0].as_key()))
}

/// A timesheet ends six days after it begins, and is posted on its last day unless another was sent.
fn lasts_a_week(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let &Value::Date(begin) = change.value(BEGIN) else {
        return Ok(());
    };
    if change.operation == Operation::Delete || !change.changes(BEGIN) {
        return Ok(());
    }
    let end = Value::Date(week(begin).1);
    // A posting date that was the last day before follows.
    if !change.was_sent(POSTING) && change.old(POSTING) == change.old(END) {
        change.set(POSTING, end.clone());
    }
    change.set(END, end);
    Ok(())
}

/// An employee has one timesheet that begins on a day.
fn is_the_only_one_of_its_week(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let &Value::Date(begin) = change.value(BEGIN) else {
        return Ok(());
    };
    let moves = change.changes(BEGIN) || change.changes(EMPLOYEE);
    let employee = change.value(EMPLOYEE).clone();
    if change.operation == Operation::Delete || !moves || employee.is_null() {
        return Ok(());
    }
    let other = work.first(
        TIMESHEET,
        &["employee.id"],
        &[("employee.key", employee), (BEGIN, Value::Date(begin))],
    )?;
    let Some(other) = other else { return Ok(()) };
    let place = change.place(BEGIN);
    Err(problem::TIMESHEET_TWICE
        .with("FIELD", &place)
        .with("EMPLOYEE", other[0].as_text().unwrap_or_default())
        .with("DATE", day_text(begin))
        .at(place)
        .into())
}

/// Time is counted in hours, eight a day, and posts no labor cost of its own.
fn counts_in_hours(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Create {
        change.set(UNIT, Value::from("Hours"));
        change.set(HOURS_IN_DAY, Value::Decimal(EIGHT_HOURS));
        change.set(POSTS_COST, Value::Boolean(false));
    }
    Ok(())
}

/// A line as its timesheet sees it.
struct Line {
    key: RecordKey,
    date: i32,
    quantity: i64,
    is_billable: bool,
    state: String,
    employee: Value,
}

fn lines_of(work: &mut Work<'_>, timesheet: RecordKey) -> Result<Vec<Line>> {
    let rows = work.all(
        LINE,
        &[
            "key",
            "entryDate",
            "quantity",
            "isBillable",
            STATE,
            "dimensions.employee.key",
        ],
        &[("timesheet.key", Value::Key(timesheet))],
        MOST_OWNED,
    )?;
    rows.into_iter()
        .map(|row| match row.as_slice() {
            [
                Value::Key(key),
                Value::Date(date),
                Value::Decimal(quantity),
                is_billable,
                Value::Text(state),
                employee,
            ] => Ok(Line {
                key: *key,
                date: *date,
                quantity: *quantity,
                is_billable: is_billable.as_boolean().unwrap_or_default(),
                state: state.clone(),
                employee: employee.clone(),
            }),
            other => Err(Failure::broken(format!("no timesheet line: {other:?}"))),
        })
        .collect()
}

/// A submitted timesheet has lines, they lie in its week and follow its state and employee, its
/// quantities are their sums, and it awaits approval while one of them does.
fn agrees_with_its_lines(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let lines = lines_of(work, change.key())?;
    if change.changes(STATE) && change.text(STATE) == "submitted" && lines.is_empty() {
        let place = change.place(LINES);
        return Err(problem::TIMESHEET_EMPTY.at(place).into());
    }
    lie_in_the_week(change, &lines)?;
    let mut waits = false;
    for line in &lines {
        follow(work, change, line)?;
        waits |= next_state(change, line).unwrap_or(&line.state) == "submitted";
    }
    change.set(AWAITS, Value::Boolean(waits));
    let sum = |billable: bool| {
        let counted = lines.iter().filter(|line| line.is_billable == billable);
        Value::Decimal(counted.map(|line| line.quantity).sum())
    };
    change.set(BILLABLE, sum(true));
    change.set(NON_BILLABLE, sum(false));
    Ok(())
}

/// A timesheet does not begin on another day while lines of it would be left outside.
fn lie_in_the_week(change: &Change<'_>, lines: &[Line]) -> Result<()> {
    let &Value::Date(begin) = change.value(BEGIN) else {
        return Ok(());
    };
    let (from, to) = week(begin);
    let outside = lines.iter().find(|line| !(from..=to).contains(&line.date));
    let Some(line) = outside.filter(|_| change.changes(BEGIN)) else {
        return Ok(());
    };
    Err(outside_week(&change.place(BEGIN), line.date, begin).into())
}

/// The problem of a day that is not in the week that begins on another.
pub(super) fn outside_week(place: &str, date: i32, begin: i32) -> problem::Problem {
    let (from, to) = week(begin);
    problem::OUTSIDE_WEEK
        .with("FIELD", place)
        .with("DATE", day_text(date))
        .with("FROM", day_text(from))
        .with("TO", day_text(to))
        .at(place)
}

/// The other state that a line takes from its timesheet.
fn next_state<'c>(change: &'c Change<'_>, line: &Line) -> Option<&'c str> {
    let state = handed_on(change.text(STATE)).filter(|_| change.changes(STATE));
    state.filter(|state| *state != line.state && line.state != "approved")
}

/// A line takes the state that its timesheet is given, unless it is approved, and stays with the
/// employee of the timesheet if it was.
fn follow(work: &mut Work<'_>, change: &Change<'_>, line: &Line) -> Result<()> {
    let mut values = Vec::new();
    if let Some(state) = next_state(change, line) {
        values.push((STATE, Value::from(state)));
    }
    let moves = change.before.is_some() && change.changes(EMPLOYEE);
    if moves && line.employee == *change.old(EMPLOYEE) {
        values.push((LINE_EMPLOYEE, change.value(EMPLOYEE).clone()));
    }
    if values.is_empty() {
        return Ok(());
    }
    let draft = draft_of(work, LINE, &values);
    let definition = work.object(LINE);
    work.update_with(definition, line.key, &draft, None, Leave::System)
        .map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [&str; 7] = [
        "draft",
        "saved",
        "submitted",
        "approved",
        "partiallyApproved",
        "declined",
        "partiallyDeclined",
    ];

    #[test]
    fn states_follow_the_table() {
        let next = |state: &str| {
            let reach = Reach::of(state);
            let next: Vec<_> = STATES.iter().filter(|s| reach.lets_become(s)).collect();
            format!("{next:?}")
        };
        for state in ["draft", "saved", "declined"] {
            assert_eq!(next(state), r#"["draft", "saved", "submitted"]"#, "{state}");
        }
        for state in ["partiallyApproved", "partiallyDeclined"] {
            assert_eq!(next(state), r#"["submitted"]"#, "{state}");
        }
        for state in ["submitted", "approved"] {
            assert_eq!(next(state), "[]", "{state}");
        }
    }

    #[test]
    fn new_lines_are_taken_while_nothing_is_being_decided() {
        let open: Vec<_> = STATES.iter().filter(|state| takes_lines(state)).collect();
        assert_eq!(format!("{open:?}"), r#"["draft", "saved", "declined"]"#);
    }

    #[test]
    fn a_week_has_seven_days() {
        let (from, to) = week(20_454);
        assert_eq!((from..=to).count(), 7);
        assert_eq!(day_text(from), "2026-01-01");
        assert_eq!(day_text(to), "2026-01-07");
    }
}
