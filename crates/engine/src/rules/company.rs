//! Companies.

use sidegate_model::{Operation, Result};

use super::refusal::unfit;
use super::{NONE, RuleSet};
use crate::pipeline::Change;
use crate::work::Work;

const ID: &str = "id";

pub(super) const RULES: RuleSet = RuleSet {
    object: "sidegate/company",
    fields: &[ID],
    before: &[can_be_named],
    random_key: true,
    ..NONE
};

/// Token requests name a user as `user@company|entity`, so a company's id holds neither mark.
fn can_be_named(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Create && change.text(ID).contains(['@', '|']) {
        let reason = "must not contain @ or |, which stand around it where users are named";
        return Err(unfit(change, ID, reason).into());
    }
    Ok(())
}
