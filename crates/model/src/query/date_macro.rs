//! Words for days and periods, relative to a day: `today`, `priorMonth`, `currentQuarter`, ...

use jiff::civil::{Date, Weekday};
use jiff::{ToSpan as _, Unit};

/// The days from `first` up to, but not including, `next`, each counted since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub first: i32,
    /// The day after the last.
    pub next: i32,
}

const EPOCH: Date = Date::constant(1970, 1, 1);

/// The words, as filters write them.
pub const MACROS: &[&str] = &[
    "today",
    "yesterday",
    "currentWeek",
    "lastWeek",
    "currentMonth",
    "priorMonth",
    "currentQuarter",
    "priorQuarter",
    "currentYear",
    "priorYear",
];

/// The period that a word means on a day, if it is one of the words. Weeks begin on Sunday.
#[must_use]
pub fn period(word: &str, today: i32) -> Option<Period> {
    let date = EPOCH.checked_add(i64::from(today).days()).ok()?;
    let month = date.first_of_month();
    let quarter = date
        .with()
        .month((date.month() - 1) / 3 * 3 + 1)
        .day(1)
        .build()
        .ok()?;
    let year = date.first_of_year();
    let week = date
        .checked_sub(i64::from(date.weekday().since(Weekday::Sunday)).days())
        .ok()?;
    let (first, next) = match word {
        "today" => (date, date.tomorrow().ok()?),
        "yesterday" => (date.yesterday().ok()?, date),
        "currentWeek" => (week, week.checked_add(7.days()).ok()?),
        "lastWeek" => (week.checked_sub(7.days()).ok()?, week),
        "currentMonth" => (month, month.checked_add(1.month()).ok()?),
        "priorMonth" => (month.checked_sub(1.month()).ok()?, month),
        "currentQuarter" => (quarter, quarter.checked_add(3.months()).ok()?),
        "priorQuarter" => (quarter.checked_sub(3.months()).ok()?, quarter),
        "currentYear" => (year, year.checked_add(1.year()).ok()?),
        "priorYear" => (year.checked_sub(1.year()).ok()?, year),
        _ => return None,
    };
    Some(Period {
        first: days(first)?,
        next: days(next)?,
    })
}

fn days(date: Date) -> Option<i32> {
    Some(EPOCH.until((Unit::Day, date)).ok()?.get_days())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field_type::{day, day_text};

    fn told(word: &str, today: &str) -> String {
        let period = period(word, day(today).expect("a date")).expect("a macro");
        format!("{} {}", day_text(period.first), day_text(period.next - 1))
    }

    #[test]
    fn words_mean_calendar_periods() {
        for (word, today, wanted) in [
            ("today", "2026-11-22", "2026-11-22 2026-11-22"),
            ("yesterday", "2026-03-01", "2026-02-28 2026-02-28"),
            ("yesterday", "2028-03-01", "2028-02-29 2028-02-29"),
            // 2026-11-22 is a Sunday, which begins a week.
            ("currentWeek", "2026-11-22", "2026-11-22 2026-11-28"),
            ("currentWeek", "2026-11-28", "2026-11-22 2026-11-28"),
            ("lastWeek", "2026-11-22", "2026-11-15 2026-11-21"),
            ("currentMonth", "2026-02-10", "2026-02-01 2026-02-28"),
            ("priorMonth", "2022-04-01", "2022-03-01 2022-03-31"),
            ("priorMonth", "2026-01-31", "2025-12-01 2025-12-31"),
            ("currentQuarter", "2026-12-31", "2026-10-01 2026-12-31"),
            ("priorQuarter", "2026-01-01", "2025-10-01 2025-12-31"),
            ("currentYear", "2026-06-15", "2026-01-01 2026-12-31"),
            ("priorYear", "2026-06-15", "2025-01-01 2025-12-31"),
        ] {
            assert_eq!(told(word, today), wanted, "{word} on {today}");
        }
        assert_eq!(period("nextWeek", 0), None);
        assert_eq!(period("TODAY", 0), None);
    }
}
