//! Contacts.

use sidegate_model::{Operation, Result, Value, problem};

use super::{NONE, RuleSet};
use crate::pipeline::Change;
use crate::work::Work;

const FIRST_NAME: &str = "firstName";
const LAST_NAME: &str = "lastName";
const COUNTRY: &str = "mailingAddress.country";
const COUNTRY_CODE: &str = "mailingAddress.isoCountryCode";

pub(super) const RULES: RuleSet = RuleSet {
    object: "company-config/contact",
    fields: &["id", FIRST_NAME, LAST_NAME, COUNTRY, COUNTRY_CODE],
    before: &[country_follows_its_code, keeps_names_for_its_user],
    ..NONE
};

/// The country's name is deprecated and its code wins: a name that nobody sent with another code goes.
fn country_follows_its_code(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.was_sent(COUNTRY_CODE) && !change.was_sent(COUNTRY) && change.changes(COUNTRY_CODE) {
        let code = change.text(COUNTRY_CODE).to_ascii_uppercase();
        if code != "US" {
            change.set(COUNTRY, Value::Null);
        }
    }
    Ok(())
}

/// The contact of a user keeps a first and a last name.
fn keeps_names_for_its_user(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let named = !change.text(FIRST_NAME).is_empty() && !change.text(LAST_NAME).is_empty();
    if change.operation != Operation::Update || named {
        return Ok(());
    }
    let user = work.first(
        "company-config/user",
        &["id"],
        &[("contact.key", Value::Key(change.key()))],
    )?;
    if user.is_none() {
        return Ok(());
    }
    let place = if change.text(FIRST_NAME).is_empty() {
        FIRST_NAME
    } else {
        LAST_NAME
    };
    Err(problem::CONTACT_UNNAMED
        .with("CONTACT", change.text("id"))
        .at(change.place(place))
        .into())
}
