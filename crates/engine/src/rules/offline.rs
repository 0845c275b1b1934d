//! Transport policies, and the requests that name them.

use sidegate_model::Result;

use super::outbox::seal;
use super::sender::can_be_written_in_a_request;
use super::{NONE, RuleSet};
use crate::offline::{POLICY, REQUEST, policy, request_identity};
use crate::pipeline::Change;
use crate::work::Work;

const KEY_NUMBER: &str = "keyNumber";
const SEALED: &str = "sealed";

pub(super) const POLICIES: RuleSet = RuleSet {
    object: POLICY,
    fields: &["id", KEY_NUMBER, SEALED],
    before: &[can_be_written_in_a_request, seals_its_password],
    ..NONE
};

pub(super) const REQUESTS: RuleSet = RuleSet {
    object: REQUEST,
    fields: &[KEY_NUMBER, SEALED],
    before: &[is_sealed],
    ..NONE
};

/// The receiver's password is sealed for its policy before anything is stored.
fn seals_its_password(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let identity = policy::identity(change.key());
    seal(work, change, &identity);
    Ok(())
}

/// A request has passwords in it, and is sealed for its row before anything is stored.
fn is_sealed(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let identity = request_identity(change.key());
    seal(work, change, &identity);
    Ok(())
}
