//! Second factors and trusted devices: set up by their users, ended also by whoever may change these.

use sidegate_model::{Operation, Result, problem};

use super::console_session::is_hers_or_of_whom_she_changes;
use super::{NONE, RuleSet, power};
use crate::audit;
use crate::pipeline::{Change, Leave};
use crate::sign_in::{SECOND_FACTOR, TRUSTED_DEVICE, forget_beside_factor};
use crate::work::Work;

const USER: &str = "user";

pub(super) const FACTORS: RuleSet = RuleSet {
    object: SECOND_FACTOR,
    fields: &[USER],
    before: &[
        is_not_her_own,
        power::is_of_no_stronger_user,
        takes_its_codes_along,
    ],
    after: &[tells_who_ended_it],
    ..NONE
};

pub(super) const DEVICES: RuleSet = RuleSet {
    object: TRUSTED_DEVICE,
    fields: &[USER],
    before: &[
        is_hers_or_of_whom_she_changes,
        power::is_of_no_stronger_user,
    ],
    after: &[tells_who_ended_it],
    ..NONE
};

/// Her own she takes away where she proves herself again.
fn is_not_her_own(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let own = work.actor().user.as_ref().map(|user| user.key);
    let hers = own.is_some() && change.value(USER).as_key() == own;
    if change.operation == Operation::Delete && change.leave == Leave::Own && hers {
        return Err(problem::SECOND_FACTOR_OWN.problem().into());
    }
    Ok(())
}

/// Without a second factor there is nothing that codes and devices stand in for.
fn takes_its_codes_along(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    match (change.operation, change.value(USER).as_key()) {
        (Operation::Delete, Some(user)) => work.as_system(|work| forget_beside_factor(work, user)),
        _ => Ok(()),
    }
}

/// Somebody who takes it away leaves a trail; what the user does herself is told where she does it.
fn tells_who_ended_it(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    if change.operation != Operation::Delete || change.leave != Leave::Own {
        return Ok(());
    }
    audit::note_change(work, change)
}
