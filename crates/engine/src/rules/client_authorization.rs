//! Authorised client applications: which client may act as which user.

use sidegate_model::{Operation, Result, Value, problem};

use super::{NONE, RuleSet, power};
use crate::pipeline::{Change, Leave};
use crate::sign_in::{TOKEN, end_tokens};
use crate::work::Work;

/// So many tokens of one row are looked at at once.
const AT_ONCE: u32 = 1000;
const USER: &str = "user";
const STATUS: &str = "status";
const ALLOWS_STANDARD: &str = "allowStandardUsers";

pub(super) const RULES: RuleSet = RuleSet {
    object: "sidegate/client-authorization",
    fields: &[USER, STATUS, ALLOWS_STANDARD],
    before: &[
        names_a_web_services_user,
        power::is_of_no_stronger_user,
        takes_its_tokens_along,
    ],
    after: &[ends_its_tokens_with_its_status],
    ..NONE
};

/// A row for a standard user needs `allowStandardUsers`.
fn names_a_web_services_user(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete || change.is(ALLOWS_STANDARD) {
        return Ok(());
    }
    let Some(key) = change.value(USER).as_key() else {
        return Ok(());
    };
    let user = work.first(
        "company-config/user",
        &["webServices.isRestricted"],
        &[("key", Value::Key(key))],
    )?;
    if user.is_some_and(|user| user[0] == Value::Boolean(true)) {
        return Ok(());
    }
    Err(problem::PAIRING_NEEDS_RESTRICTED
        .at(change.place(USER))
        .into())
}

/// The tokens that a row gave go with it.
fn takes_its_tokens_along(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation != Operation::Delete {
        return Ok(());
    }
    let given = [("authorization.key", Value::Key(change.key()))];
    let tokens = work.object(TOKEN);
    loop {
        let rows = work.all(TOKEN, &["key"], &given, AT_ONCE)?;
        if rows.is_empty() {
            return Ok(());
        }
        for key in rows.iter().filter_map(|row| row[0].as_key()) {
            work.delete_with(tokens, key, None, Leave::Brought(""))?;
        }
    }
}

/// A row that is made inactive has no tokens any more, also not when it is active again.
fn ends_its_tokens_with_its_status(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    let ended = change.operation == Operation::Update
        && change.changes(STATUS)
        && change.text(STATUS) != "active";
    if ended {
        end_tokens(work, &[("authorization.key", Value::Key(change.key()))])?;
    }
    Ok(())
}
