//! Client applications.

use sidegate_model::{Operation, Result};

use super::refusal::unfit;
use super::sender::can_be_written_in_a_request;
use super::{NONE, RuleSet};
use crate::pipeline::Change;
use crate::work::Work;

const ID: &str = "id";

pub(super) const RULES: RuleSet = RuleSet {
    object: "sidegate/client-application",
    fields: &[ID],
    before: &[can_be_written_in_a_request, has_no_colon],
    ..NONE
};

/// In a Basic header the first colon ends the client ID (RFC 7617, section 2).
fn has_no_colon(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Create && change.text(ID).contains(':') {
        let reason = "must not contain a colon, which ends it in a Basic header";
        return Err(unfit(change, ID, reason).into());
    }
    Ok(())
}
