//! Approval records: what remains of each submission of a line and of each decision about it.
//!
//! A record is added for every event and never changed. It says who acted and for whom, and through
//! which client application and request.

use std::collections::BTreeMap;

use sidegate_model::{RecordKey, Result, Value};

use super::approval_chain::{Approver, BY_MANAGER};
use super::timesheet::RECORD;
use crate::pipeline::Leave;
use crate::sign_in::draft_of;
use crate::work::Work;

const STATE: &str = "state";
/// The state of a line that waits for a decision.
pub(super) const WAITING: &str = "submitted";

/// To whom a line was submitted, and by whom.
#[derive(Default)]
pub(super) struct Submission {
    to: Value,
    by: Value,
}

/// The last submission of each line of a timesheet.
pub(super) fn submissions(
    work: &mut Work<'_>,
    sheet: RecordKey,
) -> Result<BTreeMap<RecordKey, Submission>> {
    let fields = [
        "key",
        "timesheetLine.key",
        "approver.key",
        "initiatedBy.key",
    ];
    let of_sheet = [
        ("timesheet.key", Value::Key(sheet)),
        (STATE, Value::from(WAITING)),
    ];
    let mut rows = work.all(RECORD, &fields, &of_sheet, u32::MAX)?;
    rows.sort_by_key(|row| row[0].as_key());
    let last = rows.into_iter().filter_map(|row| {
        let [_, line, to, by] = <[Value; 4]>::try_from(row).ok()?;
        Some((line.as_key()?, Submission { to, by }))
    });
    Ok(last.collect())
}

/// One decided line.
pub(super) struct Decided<'d> {
    pub(super) sheet: RecordKey,
    pub(super) line: RecordKey,
    pub(super) state: &'d str,
    /// For whom it was decided.
    pub(super) approver: &'d Approver,
    pub(super) comments: Option<&'d str>,
}

/// The record of a decided line.
pub(super) fn record_decision(
    work: &mut Work<'_>,
    decided: &Decided<'_>,
    submission: Submission,
) -> Result<()> {
    let caller = work.actor().user.as_ref().map(|user| user.key);
    let approver = decided.approver;
    let mut values = vec![
        ("timesheet", Value::Key(decided.sheet)),
        ("timesheetLine", Value::Key(decided.line)),
        (STATE, Value::from(decided.state)),
        ("approvalStage", Value::Integer(1)),
        ("approvalType", Value::from(approver.by)),
        ("approvalLevel", Value::Text(approver.level())),
        ("approver", submission.to),
        ("approvedBy", Value::Key(approver.user)),
        ("completedBy", Value::from(caller)),
        ("initiatedBy", submission.by),
        (
            "comments",
            decided.comments.map_or(Value::Null, Value::from),
        ),
    ];
    values.extend(origin(work));
    record(work, &values)
}

/// The record of a submitted line, for the manager of its employee.
pub(super) fn record_submission(
    work: &mut Work<'_>,
    line: RecordKey,
    sheet: Value,
    approver: Option<RecordKey>,
    sender: Option<RecordKey>,
) -> Result<()> {
    let mut values = vec![
        ("timesheet", sheet),
        ("timesheetLine", Value::Key(line)),
        (STATE, Value::from(WAITING)),
        ("approvalStage", Value::Integer(1)),
        ("approvalType", Value::from(BY_MANAGER)),
        ("approvalLevel", Value::from("1")),
        ("approver", Value::from(approver)),
        ("initiatedBy", Value::from(sender)),
        ("completedBy", Value::from(sender)),
    ];
    values.extend(origin(work));
    record(work, &values)
}

/// When it happened, and through which client application or sender, and request.
fn origin(work: &Work<'_>) -> Vec<(&'static str, Value)> {
    let text = |text: &str| match text {
        "" => Value::Null,
        text => Value::from(text),
    };
    let (client, sender) = (work.actor().client.as_ref(), work.actor().sender.as_ref());
    vec![
        ("recordDate", Value::Date(work.today())),
        ("happenedAt", Value::Moment(work.now())),
        ("client", text(client.map_or("", |client| &client.id))),
        ("sender", text(sender.map_or("", |sender| &sender.id))),
        ("request", text(&work.call().request)),
    ]
}

fn record(work: &mut Work<'_>, values: &[(&str, Value)]) -> Result<()> {
    let draft = draft_of(work, RECORD, values);
    let definition = work.object(RECORD);
    work.create_with(definition, &draft, Leave::System)
        .map(drop)
}
