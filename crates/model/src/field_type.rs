//! The types a field can have: what text they take, and how their values read.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan, Unit};

use crate::text::has_control;
use crate::value::{RecordKey, Scalar, Value};
use crate::words;

/// What a field holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// Text of at most so many characters.
    Text {
        /// The most characters.
        max: usize,
    },
    /// An e-mail address of at most 254 characters.
    Email,
    /// Yes or no.
    Boolean,
    /// A whole number.
    Integer,
    /// A number with so many places.
    Decimal {
        /// Digits after the point.
        scale: u8,
        /// Whether JSON has it as a number; text otherwise.
        bare: bool,
    },
    /// A day of the calendar.
    Date,
    /// A moment in UTC.
    Moment,
    /// One word of a list.
    Choice(Vec<Choice>),
    /// A list of words, each one of these; of any where there are none.
    Words(Vec<Choice>),
    /// Raw bytes, only for fields that no door shows.
    Bytes,
    /// The content of a file, shown and sent as base64, at most [`MOST_FILE`] bytes.
    File,
    /// An object of JSON, at most so many bytes of text; only doors that speak it read and write it.
    Json {
        /// The most bytes.
        max: usize,
        /// Whether it is the body of a query.
        query: bool,
    },
    /// The key of a record of the same object, or of another one shown as its bare key.
    Key,
    /// One record of another object.
    Reference(String),
    /// A list of records of another object, in the order given.
    References(String),
    /// The records of another object that belong to this one; no column holds them.
    Owned(String),
}

/// The most bytes of one file.
pub const MOST_FILE: usize = 10 * 1024 * 1024;
/// The most words of a list, and characters of a word that is free.
pub const MOST_WORDS: usize = 200;

/// One word of a choice, by its four names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// REST, and what is stored.
    pub value: String,
    /// The XML gateway, in query and create.
    pub xml: Option<String>,
    /// The XML gateway's legacy queries.
    pub code: Option<String>,
    /// People.
    pub label: String,
}

/// Why a scalar does not fit a field; the sentence completes "`/place` ...".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Another sort of value is needed.
    Sort {
        /// What is needed, for example "text".
        wanted: &'static str,
        /// What was sent, for example "a number".
        got: &'static str,
    },
    /// The text is no such thing.
    Form {
        /// What is needed, with an example.
        wanted: &'static str,
    },
    /// The text is too long.
    Long {
        /// The most characters.
        max: usize,
    },
    /// The number is too small or too large.
    Range {
        /// The least that fits.
        least: i64,
        /// The greatest that fits.
        most: i64,
    },
    /// A control character stands in the text.
    Control,
    /// The word is not in the list.
    Choice {
        /// All words, separated by commas.
        words: String,
    },
}

impl Unfit {
    /// The rest of the sentence that begins with the field's name.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Sort { wanted, got } => format!("must be {wanted}, not {got}"),
            Self::Form { wanted } => format!("must be {wanted}"),
            Self::Long { max } => format!("must have at most {max} characters"),
            Self::Range { least, most } => {
                format!("must be a whole number from {least} to {most}")
            }
            Self::Control => "must not contain control characters".to_owned(),
            Self::Choice { words } => format!("must be one of: {words}"),
        }
    }
}

const WANTS_DATE: &str = "a date such as 2026-01-31";
const WANTS_MOMENT: &str = "a moment in UTC such as 2026-01-31T08:15:00Z";
const WANTS_KEY: &str = "a key: the digits that the system assigned";
const WANTS_EMAIL: &str = "an e-mail address such as ann@example.org";

impl FieldType {
    /// The value that a scalar means to this type.
    ///
    /// # Errors
    /// Says what would fit. A null fits every type here; whether the field takes it is a rule.
    pub fn accept(&self, given: &Scalar) -> Result<Value, Unfit> {
        if matches!(given, Scalar::Null) {
            return Ok(Value::Null);
        }
        match self {
            Self::Text { max } => text_of(given, *max).map(Value::Text),
            Self::Email => {
                let text = text_of(given, 254)?;
                let text = text.trim();
                // An address goes into the heads of mails, where a line break would begin another line.
                if has_control(text, false) {
                    return Err(Unfit::Control);
                }
                // Empty text is no value, as in any text field.
                if text.is_empty() || is_email(text) {
                    Ok(Value::from(text))
                } else {
                    Err(Unfit::Form {
                        wanted: WANTS_EMAIL,
                    })
                }
            }
            Self::Boolean => match given {
                Scalar::Boolean(yes) => Ok(Value::Boolean(*yes)),
                other => Err(wrong("true or false", other)),
            },
            Self::Integer => match given {
                Scalar::Number(text) | Scalar::Text(text) => {
                    text.parse().map(Value::Integer).map_err(|_| Unfit::Form {
                        wanted: "a whole number",
                    })
                }
                other => Err(wrong("a whole number", other)),
            },
            Self::Decimal { scale, .. } => match given {
                Scalar::Number(text) | Scalar::Text(text) => {
                    scaled(text, *scale).map(Value::Decimal).ok_or(Unfit::Form {
                        wanted: "a decimal number such as 12.50",
                    })
                }
                other => Err(wrong("a decimal number", other)),
            },
            Self::Date => match given {
                Scalar::Text(text) => day(text)
                    .map(Value::Date)
                    .ok_or(Unfit::Form { wanted: WANTS_DATE }),
                other => Err(wrong(WANTS_DATE, other)),
            },
            Self::Moment => match given {
                Scalar::Text(text) => moment(text).map(Value::Moment).ok_or(Unfit::Form {
                    wanted: WANTS_MOMENT,
                }),
                other => Err(wrong(WANTS_MOMENT, other)),
            },
            Self::Choice(choices) => {
                let text = text_of(given, usize::MAX)?;
                if choices.iter().any(|choice| choice.value == text) {
                    Ok(Value::Text(text))
                } else {
                    Err(Unfit::Choice {
                        words: words_of(choices),
                    })
                }
            }
            Self::Words(_) => self.accept_words(std::slice::from_ref(given)),
            Self::Json { .. } => Err(wrong("an object", given)),
            Self::Bytes | Self::File | Self::Owned(_) => Err(wrong("left out", given)),
            Self::Key | Self::Reference(_) | Self::References(_) => match given {
                Scalar::Text(text) | Scalar::Number(text) => RecordKey::parse(text)
                    .map(Value::Key)
                    .ok_or(Unfit::Form { wanted: WANTS_KEY }),
                other => Err(wrong(WANTS_KEY, other)),
            },
        }
    }

    /// The value that several scalars mean to a list of words. A word given twice is kept once.
    ///
    /// # Errors
    /// Says what would fit.
    pub fn accept_words(&self, given: &[Scalar]) -> Result<Value, Unfit> {
        let Self::Words(choices) = self else {
            return Err(Unfit::Form {
                wanted: "a single value",
            });
        };
        let mut words: Vec<String> = Vec::with_capacity(given.len());
        for scalar in given {
            let word = text_of(scalar, MOST_WORDS)?;
            if has_control(&word, false) {
                return Err(Unfit::Control);
            }
            if word.is_empty() {
                return Err(Unfit::Form {
                    wanted: "a list of words, none of them empty",
                });
            }
            if !choices.is_empty() && choices.iter().all(|choice| choice.value != word) {
                return Err(Unfit::Choice {
                    words: words_of(choices),
                });
            }
            if !words.contains(&word) {
                words.push(word);
            }
        }
        Ok(words::join(words.iter().map(String::as_str)).map_or(Value::Null, Value::Text))
    }

    /// Whether this refers to one other record.
    #[must_use]
    pub fn target(&self) -> Option<&str> {
        match self {
            Self::Reference(target) => Some(target),
            _ => None,
        }
    }

    /// Whether values are single ones, which rows show and are sorted by.
    #[must_use]
    pub fn is_flat(&self) -> bool {
        !matches!(self, Self::Words(_) | Self::File | Self::Json { .. })
    }

    /// Whether values are text that is compared by code point.
    #[must_use]
    pub fn is_textual(&self) -> bool {
        matches!(self, Self::Text { .. } | Self::Email | Self::Choice(_))
    }
}

/// All words of a choice, for a message; of a long one the first.
#[must_use]
pub fn words_of(choices: &[Choice]) -> String {
    const MOST: usize = 40;
    let words: Vec<&str> = choices.iter().map(|c| c.value.as_str()).collect();
    match words.len().checked_sub(MOST) {
        None | Some(0) => words.join(", "),
        Some(more) => format!("{} and {more} more", words[..MOST].join(", ")),
    }
}

fn wrong(wanted: &'static str, given: &Scalar) -> Unfit {
    Unfit::Sort {
        wanted,
        got: given.sort(),
    }
}

fn text_of(given: &Scalar, max: usize) -> Result<String, Unfit> {
    match given {
        Scalar::Text(text) if has_control(text, true) => Err(Unfit::Control),
        Scalar::Text(text) if text.chars().count() > max => Err(Unfit::Long { max }),
        Scalar::Text(text) => Ok(text.clone()),
        other => Err(wrong("text", other)),
    }
}

/// Whether text can be delivered to: one `@`, a local part, a domain of labels, no blanks.
#[must_use]
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let plain = |part: &str| {
        !part.is_empty()
            && !part.contains(|c: char| {
                c.is_whitespace() || matches!(c, '@' | '<' | '>' | ',' | ';' | '"')
            })
    };
    plain(local)
        && local.len() <= 64
        && plain(domain)
        && domain
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
}

/// Days since 1970-01-01 of a date as `2026-01-31`.
#[must_use]
pub fn day(text: &str) -> Option<i32> {
    if text.len() != 10 {
        return None;
    }
    let date: Date = text.parse().ok()?;
    let since = Date::constant(1970, 1, 1).until((Unit::Day, date)).ok()?;
    Some(since.get_days())
}

/// A day as `2026-01-31`.
#[must_use]
pub fn day_text(days: i32) -> String {
    Date::constant(1970, 1, 1)
        .checked_add(i64::from(days).days())
        .map_or_else(|_| String::from("9999-12-31"), |date| date.to_string())
}

/// Microseconds since the epoch of a moment as `2026-01-31T08:15:00Z`; a bare date is its midnight.
#[must_use]
pub fn moment(text: &str) -> Option<i64> {
    if let Some(days) = day(text) {
        return Some(i64::from(days) * 86_400_000_000);
    }
    let moment: Timestamp = text.parse().ok()?;
    Some(moment.as_microsecond())
}

/// A moment as `2026-01-31T08:15:00Z`, without fraction.
#[must_use]
pub fn moment_text(microseconds: i64) -> String {
    let seconds = microseconds.div_euclid(1_000_000);
    Timestamp::from_second(seconds).map_or_else(
        |_| String::from("9999-12-31T23:59:59Z"),
        |moment| moment.to_string(),
    )
}

/// A decimal as units of its last place; refuses more places than the scale unless they are zero.
fn scaled(text: &str, scale: u8) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty()
        || !whole
            .bytes()
            .chain(part.bytes())
            .all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let (kept, rest) = part.split_at(part.len().min(usize::from(scale)));
    if rest.bytes().any(|b| b != b'0') {
        return None;
    }
    let number: i64 = format!("{whole}{kept:0<width$}", width = usize::from(scale))
        .parse()
        .ok()?;
    Some(if negative { -number } else { number })
}

/// A scaled decimal as text, for example 1250 with two places as `12.50`.
#[must_use]
pub fn decimal_text(units: i64, scale: u8) -> String {
    let places = usize::from(scale);
    let sign = if units < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    if part.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}.{part}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_and_moments_round_trip() {
        for text in ["1970-01-01", "2026-02-28", "1899-12-31", "9999-12-31"] {
            assert_eq!(day_text(day(text).expect("a date")), text);
        }
        for text in [
            "1970-01-01T00:00:00Z",
            "2026-11-22T11:04:22Z",
            "1969-12-31T23:59:59Z",
        ] {
            assert_eq!(moment_text(moment(text).expect("a moment")), text);
        }
        assert_eq!(
            moment("2026-01-31T10:00:00+02:00"),
            moment("2026-01-31T08:00:00Z")
        );
        assert_eq!(day("2026-02-30"), None);
        assert_eq!(day("2026-2-3"), None);
    }

    #[test]
    fn decimals_keep_their_places() {
        assert_eq!(scaled("12.5", 2), Some(1250));
        assert_eq!(scaled("-0.05", 2), Some(-5));
        assert_eq!(scaled("12.500", 2), Some(1250));
        assert_eq!(scaled("12.505", 2), None);
        assert_eq!(scaled("1e3", 2), None);
        assert_eq!(decimal_text(-5, 2), "-0.05");
        assert_eq!(decimal_text(1250, 2), "12.50");
        assert_eq!(decimal_text(7, 0), "7");
    }

    #[test]
    fn addresses_that_cannot_be_delivered_are_seen() {
        assert!(is_email("ops+sync@mail.example.org"));
        assert!(is_email("ann@localhost"));
        for text in [
            "",
            "ann",
            "ann@",
            "@example.org",
            "a b@example.org",
            "a@b..org",
            "a@-b.org",
            "a@b@c",
        ] {
            assert!(!is_email(text), "{text}");
        }
    }
}
