//! What is exported, as each format takes it: the head, the columns, and cells as people read them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::{fmt, io};

use sidegate_model::field_type::{day_text, moment_text};

const DAY: i64 = 86_400_000_000;

/// A list with what stands above it; its rows follow one by one.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What the list is called.
    pub title: String,
    /// The company that it is of.
    pub company: String,
    /// The entity that it was made in.
    pub entity: Option<String>,
    /// What was asked for, a sentence for each filter.
    pub filters: Vec<String>,
    /// When it was made, in microseconds since the epoch. Files are the same for the same moment.
    pub made_at: i64,
    /// How dates are written.
    pub dates: DateFormat,
    /// The columns.
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What stands above it.
    pub label: String,
    /// What is in it.
    pub kind: Kind,
}

/// What a column holds: decides where its text stands and how wide it is where nothing is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Anything else.
    Text,
    /// Numbers, which stand on the right.
    Number,
    /// Days.
    Date,
    /// Moments.
    Moment,
    /// True or false.
    Boolean,
}

impl Kind {
    /// How wide a column is beside others, where nothing is measured.
    pub(super) fn weight(self) -> usize {
        match self {
            Self::Boolean => 4,
            Self::Number | Self::Date => 6,
            Self::Moment => 9,
            Self::Text => 12,
        }
    }
}

/// One cell, as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// No value.
    Nothing,
    /// Text, whatever is in it.
    Text(String),
    /// A number: digits, with a sign and a point at most.
    Number(String),
}

impl Cell {
    /// What people read.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Nothing => "",
            Self::Text(text) | Self::Number(text) => text,
        }
    }

    /// Whether it is a number in truth, so that no program takes it for anything else.
    pub(super) fn is_number(&self) -> bool {
        let Self::Number(text) = self else {
            return false;
        };
        let digits = text.strip_prefix('-').unwrap_or(text);
        digits.bytes().any(|byte| byte.is_ascii_digit())
            && digits.bytes().filter(|byte| *byte == b'.').count() <= 1
            && digits
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
    }
}

/// How a day is written: the order of its parts and what stands between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateFormat {
    order: [Part; 3],
    between: char,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Year,
    Month,
    Day,
}

impl DateFormat {
    /// `YYYY-MM-DD`.
    pub const ISO: Self = Self {
        order: [Part::Year, Part::Month, Part::Day],
        between: '-',
    };

    /// The format that is written so, for example `MM/DD/YYYY` or `DD.MM.YYYY`.
    #[must_use]
    pub fn named(pattern: &str) -> Option<Self> {
        let between = pattern.chars().find(|c| !c.is_ascii_alphabetic())?;
        let mut order = Vec::new();
        for word in pattern.split(between) {
            let part = match word {
                "YYYY" => Part::Year,
                "MM" => Part::Month,
                "DD" => Part::Day,
                _ => return None,
            };
            if order.contains(&part) {
                return None;
            }
            order.push(part);
        }
        let order = order.try_into().ok()?;
        matches!(between, '-' | '/' | '.' | ' ').then_some(Self { order, between })
    }

    /// A day, counted from the epoch.
    #[must_use]
    pub fn day(self, days: i32) -> String {
        let iso = day_text(days);
        let mut parts = iso.rsplitn(3, '-');
        let (day, month, year) = (parts.next(), parts.next(), parts.next());
        let words = self.order.map(|part| match part {
            Part::Year => year.unwrap_or_default(),
            Part::Month => month.unwrap_or_default(),
            Part::Day => day.unwrap_or_default(),
        });
        words.join(&self.between.to_string())
    }

    /// A moment, in microseconds since the epoch, to the minute and in UTC.
    #[must_use]
    pub fn moment(self, microseconds: i64) -> String {
        let day = i32::try_from(microseconds.div_euclid(DAY)).unwrap_or(i32::MAX);
        let iso = moment_text(microseconds);
        let time = iso.split_once('T').map_or("", |(_, time)| time);
        let minute = time.get(..5).unwrap_or_default();
        format!("{} {minute}", self.day(day))
    }
}

/// A moment by its calendar: year, month, day, hour, minute and second.
pub(super) fn calendar(microseconds: i64) -> [u16; 6] {
    let text = moment_text(microseconds);
    let mut parts = text
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse().ok());
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}

/// The size of a page in points, wide where many columns are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Paper {
    pub(super) width: u16,
    pub(super) height: u16,
    /// The size of the letters in a table.
    pub(super) letters: u16,
}

impl Paper {
    /// What stays free on each side.
    pub(super) const MARGIN: u16 = 36;
}

impl Sheet {
    /// The lines above the table, below the title.
    pub(super) fn head(&self) -> Vec<String> {
        let mut lines = vec![format!("Company: {}", self.company)];
        if let Some(entity) = &self.entity {
            lines.push(format!("Entity: {entity}"));
        }
        lines.extend(self.filters.iter().cloned());
        lines.push(format!("Made: {} UTC", self.dates.moment(self.made_at)));
        lines
    }

    /// The page that has room for the columns.
    pub(super) fn paper(&self) -> Paper {
        let (width, height, letters) = match self.columns.len() {
            0..=6 => (595, 842, 8),
            7..=12 => (842, 595, 8),
            13..=20 => (1191, 842, 7),
            // The widest that word processors take.
            _ => (1584, 1191, 6),
        };
        Paper {
            width,
            height,
            letters,
        }
    }
}

/// How far an export has come, and whether anybody still wants it.
#[derive(Debug, Default)]
pub struct Progress {
    written: AtomicU64,
    total: AtomicU64,
    cancelled: AtomicBool,
}

impl Progress {
    /// Rows written.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Rows in all; zero until they are counted.
    pub fn total(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    pub(super) fn set_total(&self, total: u64) {
        self.total.store(total, Ordering::Relaxed);
    }

    /// Ends the writing at the next row.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether somebody ended it.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// Ends the writing if nobody wants it any more.
    pub(super) fn check(&self) -> io::Result<()> {
        if self.is_cancelled() {
            return Err(io::Error::other(Cancelled));
        }
        Ok(())
    }

    /// One more row is written.
    pub(super) fn wrote_row(&self) -> io::Result<()> {
        self.written.fetch_add(1, Ordering::Relaxed);
        self.check()
    }
}

#[derive(Debug)]
struct Cancelled;

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the export was cancelled")
    }
}

impl std::error::Error for Cancelled {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_moments_are_written_as_the_user_reads_them() {
        let noon = 1_795_348_800_000_000;
        for (pattern, day, moment) in [
            ("YYYY-MM-DD", "2026-11-22", "2026-11-22 12:00"),
            ("MM/DD/YYYY", "11/22/2026", "11/22/2026 12:00"),
            ("DD.MM.YYYY", "22.11.2026", "22.11.2026 12:00"),
        ] {
            let format = DateFormat::named(pattern).expect(pattern);
            assert_eq!(format.day(20_779), day);
            assert_eq!(format.moment(noon), moment);
        }
        assert_eq!(DateFormat::named("YYYY-MM-DD"), Some(DateFormat::ISO));
        for other in [
            "",
            "YYYY",
            "DD/MM",
            "DD/DD/YYYY",
            "DD/MM/YYYY/MM",
            "DD=MM=YYYY",
            "D/M/Y",
        ] {
            assert_eq!(DateFormat::named(other), None, "{other}");
        }
        assert_eq!(calendar(noon), [2026, 11, 22, 12, 0, 0]);
    }

    #[test]
    fn only_digits_are_a_number() {
        for text in ["0", "-1", "12.50", "-0.5", "9223372036854775807"] {
            assert!(Cell::Number(text.to_owned()).is_number(), "{text}");
        }
        for text in [
            "", "-", ".", "=1", "1+1", "--1", "1.2.3", "1e5", "-2+3", "0x1",
        ] {
            assert!(!Cell::Number(text.to_owned()).is_number(), "{text}");
        }
        assert!(!Cell::Text("1".to_owned()).is_number());
    }
}
