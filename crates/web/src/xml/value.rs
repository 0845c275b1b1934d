//! Values as the gateway writes and reads them: dates as month/day/year, choices by words of their own.

use std::fmt::Write as _;

use sidegate_engine::RowRef;
use sidegate_model::definition::title_of;
use sidegate_model::field_type::{Choice, day_text, decimal_text, moment_text};
use sidegate_model::words::split;
use sidegate_model::{FieldType, Scalar};

/// By which words choices and booleans are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Words {
    /// Those that answers have: `active`, `true`.
    Labels,
    /// Those of the database, in queries of the older grammar: `T`.
    Codes,
}

/// The word of a choice in answers.
pub(super) fn label(choice: &Choice) -> &str {
    choice.xml.as_deref().unwrap_or(&choice.value)
}

/// Writes the value of a row's column; nothing when it is null.
pub(super) fn text(out: &mut String, row: &RowRef<'_>, at: usize, kind: &FieldType) -> Option<()> {
    match kind {
        FieldType::Choice(choices) => {
            let stored = row.text(at)?;
            let choice = choices.iter().find(|choice| choice.value == stored);
            out.push_str(choice.map_or(stored, label));
        }
        FieldType::Text { .. } | FieldType::Email => out.push_str(row.text(at)?),
        FieldType::Boolean => out.push_str(if row.boolean(at)? { "true" } else { "false" }),
        FieldType::Integer
        | FieldType::Key
        | FieldType::Reference(_)
        | FieldType::References(_) => {
            let _ = write!(out, "{}", row.number(at)?);
        }
        FieldType::Decimal { scale, .. } => out.push_str(&decimal_text(row.number(at)?, *scale)),
        FieldType::Date => out.push_str(&american(&day_text(i32::try_from(row.number(at)?).ok()?))),
        FieldType::Moment => {
            let text = moment_text(row.number(at)?);
            let (day, time) = text.split_once('T')?;
            let _ = write!(out, "{} {}", american(day), time.trim_end_matches('Z'));
        }
        FieldType::Words(_) => {
            for (number, word) in split(row.text(at)?).enumerate() {
                if number > 0 {
                    out.push('|');
                }
                out.push_str(&title_of(word));
            }
        }
        FieldType::Bytes | FieldType::File | FieldType::Json { .. } | FieldType::Owned(_) => {
            return None;
        }
    }
    Some(())
}

/// `2026-01-31` as `01/31/2026`.
fn american(day: &str) -> String {
    match day.rsplitn(3, '-').collect::<Vec<_>>().as_slice() {
        [day, month, year] => format!("{month}/{day}/{year}"),
        _ => day.to_owned(),
    }
}

/// What a text means to a field, in the form that every door shares; empty text is nothing.
///
/// # Errors
/// What would fit, as the rest of a sentence that begins with the field's name.
pub(super) fn scalar(kind: &FieldType, text: &str, words: Words) -> Result<Scalar, String> {
    if text.is_empty() {
        return Ok(Scalar::Null);
    }
    match kind {
        FieldType::Boolean => boolean(text, words),
        FieldType::Choice(choices) => choice(choices, text, words),
        FieldType::Date => day(text).map(Scalar::Text),
        FieldType::Moment => moment(text).map(Scalar::Text),
        FieldType::Integer | FieldType::Decimal { .. } | FieldType::Key => {
            let number = text.trim();
            let scalar = Scalar::Number(number.to_owned());
            match kind.accept(&scalar) {
                Ok(_) => Ok(scalar),
                Err(unfit) => Err(unfit.sentence()),
            }
        }
        FieldType::Text { .. }
        | FieldType::Email
        | FieldType::Words(_)
        | FieldType::Bytes
        | FieldType::File
        | FieldType::Json { .. }
        | FieldType::Reference(_)
        | FieldType::References(_)
        | FieldType::Owned(_) => Ok(Scalar::Text(text.to_owned())),
    }
}

fn boolean(text: &str, words: Words) -> Result<Scalar, String> {
    let is = |word: &str| text.trim().eq_ignore_ascii_case(word);
    if is("true") || is("t") {
        Ok(Scalar::Boolean(true))
    } else if is("false") || is("f") {
        Ok(Scalar::Boolean(false))
    } else {
        Err(match words {
            Words::Labels => "must be true or false".to_owned(),
            Words::Codes => "must be 'T' or 'F'".to_owned(),
        })
    }
}

fn choice(choices: &[Choice], text: &str, words: Words) -> Result<Scalar, String> {
    let named = |choice: &&Choice| {
        let is = |word: &str| word.eq_ignore_ascii_case(text.trim());
        match words {
            Words::Labels => is(label(choice)) || is(&choice.value),
            Words::Codes => {
                choice.code.as_deref().is_some_and(is) || is(label(choice)) || is(&choice.value)
            }
        }
    };
    if let Some(choice) = choices.iter().find(named) {
        return Ok(Scalar::Text(choice.value.clone()));
    }
    let known = choices.iter().map(|choice| match (words, &choice.code) {
        (Words::Codes, Some(code)) => code.as_str(),
        _ => label(choice),
    });
    Err(format!(
        "must be one of {}",
        known.collect::<Vec<_>>().join(", ")
    ))
}

/// `01/31/2026` as `2026-01-31`; other forms of a date are refused, as the vendor's gateway does.
fn day(text: &str) -> Result<String, String> {
    let wanted = || "must be a date such as 01/31/2026".to_owned();
    let parts: Vec<&str> = text.trim().split('/').collect();
    let [month, day, year] = parts[..] else {
        return Err(wanted());
    };
    let number = |part: &str, most: usize| {
        let digits =
            !part.is_empty() && part.len() <= most && part.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| part.parse::<u32>().ok()).flatten()
    };
    match (number(month, 2), number(day, 2), number(year, 4)) {
        (Some(month), Some(day), Some(year)) if year >= 1000 => {
            let iso = format!("{year:04}-{month:02}-{day:02}");
            match FieldType::Date.accept(&Scalar::Text(iso.clone())) {
                Ok(_) => Ok(iso),
                Err(_) => Err(wanted()),
            }
        }
        _ => Err(wanted()),
    }
}

/// `01/31/2026 08:15:00` as `2026-01-31T08:15:00Z`; a date alone is its first moment.
fn moment(text: &str) -> Result<String, String> {
    let wanted = || "must be a moment such as 01/31/2026 08:15:00, in UTC".to_owned();
    let text = text.trim();
    let (date, time) = text.split_once(' ').unwrap_or((text, "00:00:00"));
    let date = day(date).map_err(|_| wanted())?;
    let iso = format!("{date}T{}Z", time.trim());
    match FieldType::Moment.accept(&Scalar::Text(iso.clone())) {
        Ok(_) => Ok(iso),
        Err(_) => Err(wanted()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_month_day_and_year() {
        for (text, wanted) in [
            ("01/31/2026", Some("2026-01-31")),
            ("1/3/2026", Some("2026-01-03")),
            ("02/30/2026", None),
            ("2026-01-31", None),
            ("31/01/2026", None),
            ("01/31/26", None),
            ("+1/31/2026", None),
        ] {
            assert_eq!(day(text).ok().as_deref(), wanted, "{text}");
        }
        let at = |text: &str| moment(text).ok();
        assert_eq!(
            at("11/01/2026 00:00:00").as_deref(),
            Some("2026-11-01T00:00:00Z")
        );
        assert_eq!(at("11/01/2026").as_deref(), Some("2026-11-01T00:00:00Z"));
        assert_eq!(at("2026-11-01T00:00:00Z"), None);
        assert_eq!(at("11/01/2026 25:00:00"), None);
        assert_eq!(american("2026-01-31"), "01/31/2026");
    }
}
