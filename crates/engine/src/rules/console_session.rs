//! Console sessions: read and ended by those who may change their user, opened by nobody here.

use sidegate_model::{Operation, Result, Value, problem};

use super::{NONE, RuleSet, power};
use crate::audit;
use crate::pipeline::{Change, Leave};
use crate::sign_in::CONSOLE_SESSION;
use crate::work::Work;

const USERS: &str = "company-config/user";
const USER: &str = "user";
const STATUS: &str = "status";
const TRIAL: &str = "trialRole";

pub(super) const RULES: RuleSet = RuleSet {
    object: CONSOLE_SESSION,
    fields: &[USER, STATUS, TRIAL],
    before: &[
        is_hers_or_of_whom_she_changes,
        power::is_of_no_stronger_user,
        only_ends,
    ],
    after: &[tells_who_ended_it],
    ..NONE
};

/// What belongs to somebody else is ended by whoever may edit her.
pub(super) fn is_hers_or_of_whom_she_changes(
    work: &mut Work<'_>,
    change: &mut Change<'_>,
) -> Result<()> {
    let own = work.actor().user.as_ref().map(|user| user.key);
    let hers = own.is_none() || change.value(USER).as_key() == own;
    if change.leave != Leave::Own || hers {
        return Ok(());
    }
    work.authorise(work.object(USERS), Operation::Update)
}

/// The only word about a session's status is that it ends; what was tried in it ends with it.
fn only_ends(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    let ended = change.text(STATUS) == "ended";
    if change.leave == Leave::Own && change.was_sent(STATUS) && !ended {
        let place = change.place(STATUS);
        return Err(problem::SESSION_ONLY_ENDS
            .with("FIELD", &place)
            .at(place)
            .into());
    }
    if ended {
        change.set(TRIAL, Value::Null);
    }
    Ok(())
}

/// Somebody who ends a session leaves a trail; use does not.
fn tells_who_ended_it(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    let by_hand = change.leave == Leave::Own && !work.actor().is_system();
    if !by_hand {
        return Ok(());
    }
    audit::note_change(work, change)
}
