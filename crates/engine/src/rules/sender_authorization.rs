//! Web Services authorizations: which senders a company accepts.

use sidegate_model::{Operation, Result, Value};

use super::{NONE, RuleSet};
use crate::pipeline::Change;
use crate::sign_in::delete_sessions;
use crate::work::Work;

pub(super) const RULES: RuleSet = RuleSet {
    object: "sidegate/sender-authorization",
    before: &[takes_its_sessions_along],
    ..NONE
};

/// The sessions that its sender opened go with it.
fn takes_its_sessions_along(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Delete {
        return Ok(());
    }
    delete_sessions(work, &[("authorization.key", Value::Key(change.key()))])
}
