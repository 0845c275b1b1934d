//! Sessions of the gateway and tokens: opened by those who prove themselves, ended also by whoever may
//! change their user.

use sidegate_model::{Operation, Result, Value, problem};

use super::{NONE, RuleSet, power};
use crate::audit;
use crate::pipeline::{Change, Leave};
use crate::sign_in::{TOKEN, end_tokens};
use crate::work::Work;

const USER: &str = "user";
const STATUS: &str = "status";
const FAMILY: &str = "family";
const REVOKED: &str = "revoked";

pub(super) const SESSIONS: RuleSet = RuleSet {
    object: "sidegate/api-session",
    fields: &[USER, STATUS],
    before: &[power::is_of_no_stronger_user, only_ends],
    after: &[tells_who_ended_it],
    ..NONE
};

pub(super) const TOKENS: RuleSet = RuleSet {
    object: TOKEN,
    fields: &[USER, STATUS, FAMILY],
    before: &[power::is_of_no_stronger_user, only_ends],
    after: &[tells_who_ended_it, ends_its_family],
    ..NONE
};

/// The only word about its status that somebody sends is its last one.
fn only_ends(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let last = if change.definition.name == TOKEN {
        REVOKED
    } else {
        "ended"
    };
    let by_hand = is_by_hand(work, change);
    if !by_hand || !change.was_sent(STATUS) || change.text(STATUS) == last {
        return Ok(());
    }
    let place = change.place(STATUS);
    Err(problem::WAY_IN_ONLY_ENDS
        .with("FIELD", &place)
        .with("WORD", last)
        .at(place)
        .into())
}

fn is_by_hand(work: &Work<'_>, change: &Change<'_>) -> bool {
    let own = change.leave == Leave::Own && !work.actor().is_system();
    own && change.operation == Operation::Update
}

/// Somebody who ends one leaves a trail; use does not.
fn tells_who_ended_it(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    if !is_by_hand(work, change) {
        return Ok(());
    }
    audit::note_change(work, change)
}

/// A token that somebody takes back takes along what came from the same grant.
fn ends_its_family(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    let ends = change.operation == Operation::Update && change.changes(STATUS);
    if !is_by_hand(work, change) || !ends {
        return Ok(());
    }
    let Some(family) = change.value(FAMILY).as_number() else {
        return Ok(());
    };
    end_tokens(work, &[(FAMILY, Value::Integer(family))]).map(drop)
}
