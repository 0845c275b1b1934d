//! Employees.

use sidegate_model::field_type::day_text;
use sidegate_model::{Operation, Result, Value, problem};

use super::{NONE, RuleSet};
use crate::pipeline::Change;
use crate::work::Work;

const NAME: &str = "name";
const CONTACT: &str = "primaryContact";
const START: &str = "startDate";
const END: &str = "endDate";
const MANAGER: &str = "manager";
const PAYS_BY: &str = "filePaymentService";
const COUNTRY: &str = "bankFile.paymentCountryCode";
/// The most characters of a name that is filled in.
const MOST_NAME: usize = 200;

pub(super) const RULES: RuleSet = RuleSet {
    object: "company-config/employee",
    fields: &[NAME, CONTACT, START, END, MANAGER, PAYS_BY, COUNTRY],
    before: &[
        is_called_as_the_contact,
        ends_after_the_start,
        has_another_manager,
        names_the_country_of_bank_files,
    ],
    ..NONE
};

/// An empty name is filled with how the primary contact is printed, or else with its first and last
/// name.
fn is_called_as_the_contact(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete || !change.value(NAME).is_null() {
        return Ok(());
    }
    let Some(key) = change.value(CONTACT).as_key() else {
        return Ok(());
    };
    let row = work.first(
        "company-config/contact",
        &["printAs", "firstName", "lastName"],
        &[("key", Value::Key(key))],
    )?;
    let Some(row) = row else { return Ok(()) };
    let [printed, first, last] = [0, 1, 2].map(|at: usize| row[at].as_text().unwrap_or_default());
    if let Some(name) = called(printed, first, last) {
        change.set(NAME, Value::Text(name));
    }
    Ok(())
}

/// What somebody with these names is called, if any is there.
fn called(printed: &str, first: &str, last: &str) -> Option<String> {
    let name = if printed.is_empty() {
        format!("{first} {last}")
    } else {
        printed.to_owned()
    };
    let name = name.trim();
    (!name.is_empty()).then(|| name.chars().take(MOST_NAME).collect())
}

/// Nobody leaves before they came.
fn ends_after_the_start(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let (&Value::Date(start), &Value::Date(end)) = (change.value(START), change.value(END)) else {
        return Ok(());
    };
    if change.operation == Operation::Delete || end >= start {
        return Ok(());
    }
    let sent = if change.was_sent(END) { END } else { START };
    let place = change.place(sent);
    Err(problem::ENDS_BEFORE_START
        .with("FIELD", &place)
        .with("END", day_text(end))
        .with("START", day_text(start))
        .at(place)
        .into())
}

/// An employee is not their own manager.
fn has_another_manager(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete || change.value(MANAGER).as_key() != Some(change.key())
    {
        return Ok(());
    }
    let place = change.place(MANAGER);
    Err(problem::OWN_MANAGER.with("FIELD", &place).at(place).into())
}

/// Who is paid by bank file has a country for it.
fn names_the_country_of_bank_files(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete
        || change.text(PAYS_BY) != "bankFile"
        || !change.value(COUNTRY).is_null()
    {
        return Ok(());
    }
    let place = change.place(COUNTRY);
    Err(problem::BANK_FILE_COUNTRY
        .with("FIELD", &place)
        .at(place)
        .into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_what_is_printed_or_from_both_names() {
        let name = |printed, first, last| called(printed, first, last).unwrap_or_default();
        assert_eq!(name("A. Minster", "Ada", "Minster"), "A. Minster");
        assert_eq!(name("", "Ada", "Minster"), "Ada Minster");
        assert_eq!(name("", "", "Minster"), "Minster");
        assert_eq!(called("", "", ""), None);
        assert_eq!(name(&"ß".repeat(250), "", "").chars().count(), MOST_NAME);
    }
}
