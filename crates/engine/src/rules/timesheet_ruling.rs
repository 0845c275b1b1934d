//! Approving and declining: what an approver makes of a submitted timesheet or of lines of it.
//!
//! | who asks | acts for | needs |
//! |---|---|---|
//! | anybody | herself | *Approve timesheets: List*, and to be in the chain |
//! | a Web Services user | another | *List* and *API Proxy*; the other is active, has *List* herself and is in the chain |
//!
//! Nobody decides about what she could not change, nor about what the represented approver could
//! not: both sights count. Lines follow the ruling, the timesheet follows its lines, and each line
//! leaves an approval record. All of it is one transaction; its audit entries name the workflow.

use std::collections::BTreeSet;
use std::sync::Arc;

use sidegate_model::access::Sight;
use sidegate_model::problem::Code;
use sidegate_model::query::{MOST_OWNED, Plan};
use sidegate_model::{Given, Pointed, Problem, Record, RecordKey, Result, Value, problem};

use super::approval_chain::{Approver, approvers};
use super::approval_record::{Decided, Submission, WAITING, record_decision, submissions};
use super::timesheet::{LINE, TIMESHEET};
use crate::pipeline::{Leave, Saved};
use crate::sign_in::draft_of;
use crate::work::{Work, refuse_all};

const USER: &str = "company-config/user";
const STATE: &str = "state";

/// What an approver says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// Yes.
    Approve,
    /// No.
    Decline,
}

impl Ruling {
    /// The action's word, in paths and needs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Decline => "decline",
        }
    }

    /// The ruling that a word stands for.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        [Self::Approve, Self::Decline]
            .into_iter()
            .find(|ruling| ruling.word() == word)
    }

    /// The member that names the represented approver.
    #[must_use]
    pub fn approver(self) -> &'static str {
        match self {
            Self::Approve => "approvedBy",
            Self::Decline => "declinedBy",
        }
    }

    /// The state of a line after it.
    fn state(self) -> &'static str {
        match self {
            Self::Approve => "approved",
            Self::Decline => "declined",
        }
    }

    /// The state of a timesheet whose lines are in these states after it. Mixed ones are named after
    /// the last ruling.
    fn of_all<'s>(self, mut lines: impl Iterator<Item = &'s str>) -> &'static str {
        match (lines.all(|state| state == self.state()), self) {
            (true, ruling) => ruling.state(),
            (false, Self::Approve) => "partiallyApproved",
            (false, Self::Decline) => "partiallyDeclined",
        }
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct AskedRuling {
    /// Approve or decline.
    pub ruling: Ruling,
    /// The timesheet.
    pub sheet: RecordKey,
    /// The lines, each with its place in the request; all that wait if none are named.
    pub lines: Option<Vec<(RecordKey, String)>>,
    /// What the approver has to say.
    pub comments: Option<String>,
    /// The approver for whom this is; the caller herself if none is named.
    pub approver: Option<Pointed>,
    /// The version of the timesheet that the caller believes in.
    pub version: Option<i64>,
}

/// What became of the timesheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruled {
    /// The timesheet.
    pub saved: Saved,
    /// Its state now.
    pub state: String,
}

/// One for whom the ruling is.
struct Represented {
    user: RecordKey,
    id: String,
    /// What she may change; nothing more than the caller's own when she is the caller.
    sight: Option<Sight>,
    /// Where the request names her.
    place: Option<String>,
}

impl Represented {
    fn refused(&self, problem: Problem) -> Problem {
        let problem = problem.with("USER", &self.id);
        match &self.place {
            Some(place) => problem.at(place),
            None => problem,
        }
    }
}

/// A line as the ruling sees it.
struct Line {
    key: RecordKey,
    number: i64,
    state: String,
}

impl Line {
    fn waits(&self) -> bool {
        self.state == WAITING
    }
}

impl Work<'_> {
    /// Approves or declines a submitted timesheet, or lines of it.
    ///
    /// # Errors
    /// The missing right, no such timesheet or line, nothing that waits, or an approver who is none.
    pub fn rule_on_timesheet(&mut self, asked: &AskedRuling) -> Result<Ruled> {
        let sheets = self.object(TIMESHEET);
        self.authorise_action(sheets, asked.ruling.word())?;
        let represented = represented(self, asked)?;
        let sheet = self.current(sheets, asked.sheet, asked.version, Leave::Own)?;
        let approver = in_the_chain(self, &sheet, &represented)?;
        sees_the_sheet(self, asked.sheet, &represented)?;
        let mut lines = lines_of(self, asked.sheet)?;
        let chosen = chosen(self, asked, &sheet, &lines, &represented)?;
        let mut submissions = submissions(self, asked.sheet)?;
        self.as_workflow(asked.ruling.word(), |work| {
            for line in lines.iter_mut().filter(|line| chosen.contains(&line.key)) {
                asked.ruling.state().clone_into(&mut line.state);
                let submission = submissions.remove(&line.key);
                follow(work, asked, line, &approver, submission)?;
            }
            let state = asked.ruling.of_all(lines.iter().map(|l| l.state.as_str()));
            let mut draft = draft_of(work, TIMESHEET, &[(STATE, Value::from(state))]);
            // Its version moves with its lines, also where its state does not.
            if let Some(list) = sheets.named("lines") {
                draft.set(list.index, list.place(), Given::Owned(Vec::new()));
            }
            let saved = work.update_with(sheets, asked.sheet, &draft, None, Leave::System)?;
            Ok(Ruled {
                saved,
                state: state.to_owned(),
            })
        })
    }
}

/// For whom the ruling is: the caller, or, with the right to it, another approver.
fn represented(work: &mut Work<'_>, asked: &AskedRuling) -> Result<Represented> {
    let caller = work.actor().user.clone();
    let is_caller = |named: &Pointed| {
        caller.as_ref().is_some_and(|user| {
            named.key.is_none_or(|key| key == user.key)
                && named.id.as_ref().is_none_or(|id| *id == user.id)
        })
    };
    match (&asked.approver, &caller) {
        (None, Some(user)) => Ok(Represented {
            user: user.key,
            id: user.id.clone(),
            sight: None,
            place: None,
        }),
        (Some(named), Some(user)) if is_caller(named) => Ok(Represented {
            user: user.key,
            id: user.id.clone(),
            sight: None,
            place: Some(named.place.clone()),
        }),
        (Some(named), _) => another(work, asked.ruling, named),
        (None, None) => {
            let place = format!("/{}", asked.ruling.approver());
            Err(problem::REQUIRED_MISSING
                .with("FIELD", &place)
                .at(place)
                .into())
        }
    }
}

/// Another approver, who has to be able to do it herself.
fn another(work: &mut Work<'_>, ruling: Ruling, named: &Pointed) -> Result<Represented> {
    let sheets = work.object(TIMESHEET);
    may_represent(work, named)?;
    let users = work.object(USER);
    // Who may act for approvers need not see users.
    let key = work
        .pointed_at(users, named)?
        .ok_or_else(|| unknown(named, users.label.0.to_lowercase()))?;
    let status = work.first(USER, &["status"], &[("key", Value::Key(key))])?;
    let status = status.and_then(|row| row[0].as_text().map(str::to_owned));
    let person = work
        .as_system(|work| work.person(key))?
        .ok_or_else(|| unknown(named, users.label.0.to_lowercase()))?;
    let represented = Represented {
        user: key,
        id: person.id,
        place: Some(named.place.clone()),
        sight: Some(Sight {
            entity: work.actor().entity.as_ref().map(|entity| entity.key),
            limits: Some(Arc::new(person.limits)),
            changes: true,
            ..Sight::ALL
        }),
    };
    let refused = |code: &'static Code| represented.refused(code.with("FIELD", &named.place));
    match status.as_deref() {
        Some("active") => {}
        status => {
            let inactive = refused(&problem::APPROVER_INACTIVE);
            return Err(inactive.with("STATUS", status.unwrap_or_default()).into());
        }
    }
    let policy = &work.inner().policy;
    let need = policy.action(sheets, ruling.word());
    let reach = policy.compile(&person.standing);
    if !need.is_some_and(|need| policy.may(&reach, need)) {
        return Err(refused(&problem::APPROVER_WITHOUT_RIGHT).into());
    }
    Ok(represented)
}

/// The right to act for another, told as such.
fn may_represent(work: &Work<'_>, named: &Pointed) -> Result<()> {
    let sheets = work.object(TIMESHEET);
    let Err(failure) = work.authorise_action(sheets, "represent") else {
        return Ok(());
    };
    let sidegate_model::Failure::Refused(problems) = failure else {
        return Err(failure);
    };
    let needs = problems.into_iter().find_map(|problem| problem.needs);
    Err(problem::PROXY_REFUSED
        .with("FIELD", &named.place)
        .at(&named.place)
        .needing(needs)
        .into())
}

fn unknown(named: &Pointed, object: String) -> Problem {
    let (member, value) = match (&named.id, named.key) {
        (Some(id), _) => ("id", id.clone()),
        (None, Some(key)) => ("key", key.to_string()),
        (None, None) => ("id", String::new()),
    };
    let place = format!("{}/{member}", named.place);
    problem::REFERENCE_UNKNOWN
        .with("FIELD", &place)
        .with("OBJECT", object)
        .with("MEMBER", member)
        .with("VALUE", value)
        .at(place)
}

/// The represented approver's place in the chain of the timesheet's employee.
fn in_the_chain(work: &mut Work<'_>, sheet: &Record, who: &Represented) -> Result<Approver> {
    let employee = work.object(TIMESHEET).named("employee");
    let employee = employee.and_then(|field| sheet.get(field.index).as_key());
    let chain = match employee {
        Some(employee) => approvers(work, employee)?,
        None => Vec::new(),
    };
    let found = chain.into_iter().find(|one| one.user == who.user);
    found.ok_or_else(|| who.refused(problem::OUTSIDE_APPROVERS.problem()).into())
}

fn sees_the_sheet(work: &mut Work<'_>, sheet: RecordKey, who: &Represented) -> Result<()> {
    let Some(sight) = &who.sight else {
        return Ok(());
    };
    let sheets = work.object(TIMESHEET);
    match work.record_within(sheets, sheet, sight.clone())? {
        Some(_) => Ok(()),
        None => Err(who.refused(problem::APPROVER_RESTRICTED.problem()).into()),
    }
}

fn lines_of(work: &mut Work<'_>, sheet: RecordKey) -> Result<Vec<Line>> {
    let fields = ["key", "lineNumber", STATE];
    let of_sheet = [("timesheet.key", Value::Key(sheet))];
    let rows = work.all(LINE, &fields, &of_sheet, MOST_OWNED)?;
    let line = |row: &Vec<Value>| {
        Some(Line {
            key: row[0].as_key()?,
            number: row[1].as_number().unwrap_or_default(),
            state: row[2].as_text().unwrap_or_default().to_owned(),
        })
    };
    Ok(rows.iter().filter_map(line).collect())
}

/// The lines that the ruling is about: those that are named, or all that wait and may be decided.
fn chosen(
    work: &mut Work<'_>,
    asked: &AskedRuling,
    sheet: &Record,
    lines: &[Line],
    who: &Represented,
) -> Result<BTreeSet<RecordKey>> {
    if !lines.iter().any(Line::waits) {
        return Err(nothing_waits(work, sheet).into());
    }
    let own = work.actor().sight_for_changes();
    let own = lines_within(work, asked.sheet, own)?;
    let theirs = match &who.sight {
        Some(sight) => lines_within(work, asked.sheet, sight.clone())?,
        None => own.clone(),
    };
    let Some(named) = &asked.lines else {
        let waiting = lines
            .iter()
            .filter(|line| line.waits())
            .map(|line| line.key);
        let mut chosen: BTreeSet<RecordKey> = waiting.filter(|key| own.contains(key)).collect();
        if chosen.is_empty() {
            let caller = work.actor().user.as_ref();
            let caller = caller.map_or("", |user| &user.id);
            return Err(problem::APPROVER_RESTRICTED.with("USER", caller).into());
        }
        chosen.retain(|key| theirs.contains(key));
        return if chosen.is_empty() {
            Err(who.refused(problem::APPROVER_RESTRICTED.problem()).into())
        } else {
            Ok(chosen)
        };
    };
    let mut problems = Vec::new();
    for (key, place) in named {
        match lines.iter().find(|line| line.key == *key) {
            Some(line) if own.contains(key) => {
                if !theirs.contains(key) {
                    let restricted = problem::APPROVER_RESTRICTED.with("USER", &who.id);
                    problems.push(restricted.at(place));
                } else if !line.waits() {
                    problems.push(
                        problem::TIMESHEET_LINE_DECIDED
                            .with("FIELD", place)
                            .with("LINE", line.number.to_string())
                            .with("STATE", &line.state)
                            .at(place),
                    );
                }
            }
            _ => problems.push(
                problem::TIMESHEET_LINE_ABSENT
                    .with("FIELD", place)
                    .with("KEY", key.to_string())
                    .at(place),
            ),
        }
    }
    refuse_all(problems)?;
    Ok(named.iter().map(|(key, _)| *key).collect())
}

/// Drafts were never handed in; of the others everything was decided.
fn nothing_waits(work: &Work<'_>, sheet: &Record) -> Problem {
    let state = work.object(TIMESHEET).named(STATE);
    let state = state.and_then(|field| sheet.get(field.index).as_text());
    let state = state.unwrap_or_default();
    let code = match state {
        "draft" | "saved" => &problem::TIMESHEET_NOT_SUBMITTED,
        _ => &problem::TIMESHEET_DECIDED,
    };
    code.with("STATE", state)
}

/// The lines of a timesheet that are in sight.
fn lines_within(
    work: &mut Work<'_>,
    sheet: RecordKey,
    sight: Sight,
) -> Result<BTreeSet<RecordKey>> {
    let lines = work.object(LINE);
    let owner = lines
        .named("timesheet")
        .expect("declared, as the rules check at the start");
    let mut plan = Plan::find(
        work.registry(),
        lines,
        sight,
        owner.index,
        Value::Key(sheet),
    );
    plan.window.size = MOST_OWNED;
    let mut keys = BTreeSet::new();
    work.visit(&plan, &mut |row| {
        keys.extend(row.number(0).and_then(RecordKey::new));
    })?;
    Ok(keys)
}

/// A decided line, and the record of it.
fn follow(
    work: &mut Work<'_>,
    asked: &AskedRuling,
    line: &Line,
    approver: &Approver,
    submission: Option<Submission>,
) -> Result<()> {
    let draft = draft_of(work, LINE, &[(STATE, Value::from(line.state.as_str()))]);
    let definition = work.object(LINE);
    work.update_with(definition, line.key, &draft, None, Leave::System)?;
    let decision = Decided {
        sheet: asked.sheet,
        line: line.key,
        state: &line.state,
        approver,
        comments: asked.comments.as_deref(),
    };
    record_decision(work, &decision, submission.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timesheet_follows_its_lines_and_the_last_ruling() {
        let state = |ruling: Ruling, lines: &[&str]| ruling.of_all(lines.iter().copied());
        let (yes, no) = (Ruling::Approve, Ruling::Decline);
        assert_eq!(state(yes, &["approved", "approved"]), "approved");
        assert_eq!(state(no, &["declined", "declined"]), "declined");
        assert_eq!(state(yes, &["approved", "declined"]), "partiallyApproved");
        assert_eq!(state(no, &["approved", "declined"]), "partiallyDeclined");
        assert_eq!(state(yes, &["approved", "submitted"]), "partiallyApproved");
        assert_eq!(state(no, &["submitted", "declined"]), "partiallyDeclined");
    }
}
