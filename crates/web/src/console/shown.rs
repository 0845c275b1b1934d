//! Values as people read them: words of choices, dates in the reader's form, yes and no.

use serde_json::Value as Json;
use sidegate_engine::RowRef;
use sidegate_model::field_type::{Choice, day, day_text, decimal_text, moment, moment_text};
use sidegate_model::{Field, FieldType};

use super::record;

/// So many items of a list are named where a record is shown.
const MOST_NAMED: usize = 50;

/// How one person wants to read dates.
#[derive(Clone, Debug)]
pub(super) struct Taste {
    /// Such as `MM/DD/YYYY`.
    pub(super) dates: String,
    /// The name of a time zone, such as `Europe/Berlin`.
    pub(super) zone: String,
}

impl Default for Taste {
    fn default() -> Self {
        Self {
            dates: "MM/DD/YYYY".to_owned(),
            zone: "UTC".to_owned(),
        }
    }
}

impl Taste {
    /// A day, given in days since 1970-01-01.
    pub(super) fn day(&self, days: i32) -> String {
        self.iso_day(&day_text(days))
    }

    /// A day that is written as `2026-01-31`.
    pub(super) fn iso_day(&self, iso: &str) -> String {
        match (iso.get(..4), iso.get(5..7), iso.get(8..10)) {
            (Some(year), Some(month), Some(day)) => self
                .dates
                .replace("YYYY", year)
                .replace("MM", month)
                .replace("DD", day),
            _ => iso.to_owned(),
        }
    }

    /// The day that is written in this form, or as `2026-01-31`, by its letters in the latter.
    pub(super) fn read_day(&self, text: &str) -> Option<String> {
        let text = text.trim();
        if day(text).is_some() {
            return Some(text.to_owned());
        }
        let is_mark = |c: char| !c.is_ascii_alphanumeric();
        let mut parts = [("YYYY", None), ("MM", None), ("DD", None)];
        let words = self.dates.split(is_mark).zip(text.split(is_mark));
        for (word, said) in words {
            let part = parts.iter_mut().find(|(known, _)| *known == word)?;
            part.1 = Some(said.parse::<u32>().ok()?);
        }
        let iso = format!("{:04}-{:02}-{:02}", parts[0].1?, parts[1].1?, parts[2].1?);
        let same = self.dates.split(is_mark).count() == text.split(is_mark).count();
        day(&iso).filter(|_| same).map(|_| iso)
    }

    /// A moment, given in microseconds since 1970.
    pub(super) fn moment(&self, microseconds: i64) -> String {
        let Ok(stamp) = jiff::Timestamp::from_microsecond(microseconds) else {
            return moment_text(microseconds);
        };
        let zone = jiff::tz::TimeZone::get(&self.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let local = stamp.to_zoned(zone);
        let date = self.iso_day(&local.date().to_string());
        format!("{date} {:02}:{:02}", local.hour(), local.minute())
    }
}

/// A value in a list, and the state that it marks.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    pub(super) text: String,
    /// The word of a status; nothing for other values.
    pub(super) state: String,
}

/// A column of a row. `coded` shows the words that the XML gateway has for a choice.
pub(super) fn cell(row: &RowRef<'_>, at: usize, field: &Field, coded: bool, taste: &Taste) -> Cell {
    let text = match &field.kind {
        FieldType::Boolean => row.boolean(at).map(|yes| word(yes).to_owned()),
        FieldType::Integer | FieldType::Key | FieldType::Reference(_) => {
            row.number(at).map(|number| number.to_string())
        }
        FieldType::Decimal { scale, .. } => row.number(at).map(|units| decimal_text(units, *scale)),
        FieldType::Date => row
            .number(at)
            .and_then(|days| i32::try_from(days).ok())
            .map(|days| taste.day(days)),
        FieldType::Moment => row.number(at).map(|moment| taste.moment(moment)),
        FieldType::Choice(choices) => row.text(at).map(|value| chosen(choices, value, coded)),
        FieldType::Text { .. } | FieldType::Email | FieldType::Words(_) => {
            row.text(at).map(str::to_owned)
        }
        FieldType::Bytes
        | FieldType::File
        | FieldType::Json { .. }
        | FieldType::References(_)
        | FieldType::Owned(_) => None,
    };
    let state = match &field.kind {
        FieldType::Choice(_) if field.name == "status" => row.text(at).unwrap_or_default(),
        _ => "",
    };
    Cell {
        text: text.unwrap_or_default(),
        state: state.to_owned(),
    }
}

fn word(yes: bool) -> &'static str {
    if yes { "Yes" } else { "No" }
}

fn chosen(choices: &[Choice], value: &str, coded: bool) -> String {
    let found = choices.iter().find(|choice| choice.value == value);
    match found {
        Some(Choice { xml: Some(xml), .. }) if coded => xml.to_lowercase(),
        Some(choice) => choice.label.clone(),
        None => value.to_owned(),
    }
}

/// A value of a record that was read whole.
pub(super) fn fact(field: &Field, value: &Json, coded: bool, taste: &Taste) -> String {
    match (&field.kind, value) {
        (_, Json::Null) => String::new(),
        (FieldType::Boolean, Json::Bool(yes)) => word(*yes).to_owned(),
        (FieldType::Choice(choices), Json::String(value)) => chosen(choices, value, coded),
        (FieldType::Date, Json::String(text)) => {
            day(text).map_or_else(|| text.clone(), |days| taste.day(days))
        }
        (FieldType::Moment, Json::String(text)) => {
            moment(text).map_or_else(|| text.clone(), |at| taste.moment(at))
        }
        (FieldType::Reference(_), _) => named(value),
        (FieldType::References(_) | FieldType::Words(_), Json::Array(items)) => {
            let names: Vec<String> = items.iter().map(named).collect();
            names.join(", ")
        }
        (FieldType::Owned(_), Json::Array(items)) => match items.iter().map(linked).collect() {
            Some::<Vec<String>>(names) if items.len() <= MOST_NAMED => names.join(", "),
            _ => format!("{} in all", items.len()),
        },
        (_, value) => record::text(value),
    }
}

/// What an item that only links two records leads to.
fn linked(item: &Json) -> Option<String> {
    let known = ["user", "userGroup"].map(|member| record::at(item, member));
    known.into_iter().find(|one| one.is_object()).map(named)
}

/// What a reference is called.
pub(super) fn named(value: &Json) -> String {
    let id = record::at(value, "id");
    match (id, record::at(value, "name")) {
        (Json::String(id), Json::String(name)) if name != id => format!("{id}: {name}"),
        (Json::String(id), _) => id.clone(),
        _ => record::text(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_in_the_readers_form_and_as_iso() {
        let taste = |dates: &str| Taste {
            dates: dates.to_owned(),
            ..Taste::default()
        };
        for (dates, text, iso) in [
            ("MM/DD/YYYY", "01/31/2026", Some("2026-01-31")),
            ("MM/DD/YYYY", "1/5/2026", Some("2026-01-05")),
            ("DD.MM.YYYY", "31.01.2026", Some("2026-01-31")),
            ("DD.MM.YYYY", "2026-01-31", Some("2026-01-31")),
            ("MM/DD/YYYY", "31/01/2026", None),
            ("MM/DD/YYYY", "01/31", None),
            ("MM/DD/YYYY", "01/31/2026/1", None),
            ("MM/DD/YYYY", "soon", None),
            ("MM/DD/YYYY", "", None),
        ] {
            assert_eq!(
                taste(dates).read_day(text).as_deref(),
                iso,
                "{dates} {text}"
            );
        }
    }
}
