//! Senders.

use sidegate_model::text::has_control;
use sidegate_model::{Given, Operation, Result};

use super::refusal::unfit;
use super::{NONE, RuleSet};
use crate::pipeline::Change;
use crate::work::Work;

const ID: &str = "id";

pub(super) const RULES: RuleSet = RuleSet {
    object: "sidegate/sender",
    fields: &[ID],
    before: &[can_be_written_in_a_request],
    ..NONE
};

/// Requests name it exactly as it is kept, so its id holds nothing that people cannot see.
pub(super) fn can_be_written_in_a_request(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Create {
        return Ok(());
    }
    let sent = change.draft.get(change.field(ID).index);
    let Some(Given::Value(value)) = sent.map(|entry| &entry.given) else {
        return Ok(());
    };
    let id = value.as_text().unwrap_or_default();
    if has_control(id, false) {
        return Err(unfit(change, ID, "must not contain control characters").into());
    }
    if !id.trim().is_empty() && id.trim() != id {
        return Err(unfit(change, ID, "must not begin or end with a blank").into());
    }
    Ok(())
}
