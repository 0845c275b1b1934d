//! Days and moments by hand, so that no calendar of the product judges itself.

/// Microseconds of a day.
pub(super) const DAY: i64 = 86_400_000_000;

/// Days from 1970-01-01 to a date of the Gregorian calendar.
pub(super) fn day_of(year: i64, month: i64, day: i64) -> i64 {
    // Years begin with March, so that the leap day is the last of its year.
    let year = if month <= 2 { year - 1 } else { year };
    let month = (month + 9) % 12;
    let days_before = (month * 153 + 2) / 5;
    365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + days_before
        + day
        - 1
        - 719_468
}

/// Year, month and day.
pub(super) fn date_of(day: i64) -> (i64, i64, i64) {
    let mut year = 1970 + day.div_euclid(366);
    while day_of(year + 1, 1, 1) <= day {
        year += 1;
    }
    let mut month = 1;
    while month < 12 && day_of(year, month + 1, 1) <= day {
        month += 1;
    }
    (year, month, day - day_of(year, month, 1) + 1)
}

/// `2026-01-31`.
pub(super) fn day_text(day: i64) -> String {
    let (year, month, day) = date_of(day);
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2026-01-31T08:15:00Z`; a fraction is not shown.
pub(super) fn moment_text(moment: i64) -> String {
    let second = moment.rem_euclid(DAY) / 1_000_000;
    let (hour, minute) = (second / 3600, second / 60 % 60);
    let day = day_text(moment.div_euclid(DAY));
    format!("{day}T{hour:02}:{minute:02}:{:02}Z", second % 60)
}

/// The day of `2026-01-31`, if there is such a day.
pub(super) fn read_day(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return None;
    };
    let (year, month, day) = (digits(year, 4)?, digits(month, 2)?, digits(day, 2)?);
    let found = day_of(year, month, day);
    ((1..=12).contains(&month) && date_of(found) == (year, month, day)).then_some(found)
}

/// The moment of `2026-01-31T08:15:00.5+02:00`, or of a day's beginning.
pub(super) fn read_moment(text: &str) -> Option<i64> {
    let Some((day, clock)) = text.split_once('T') else {
        return read_day(text).map(|day| day * DAY);
    };
    let day = read_day(day)?;
    let (clock, before_utc) = match clock.strip_suffix('Z') {
        Some(clock) => (clock, 0),
        None => {
            let at = clock.rfind(['+', '-'])?;
            let (hours, minutes) = clock[at + 1..].split_once(':')?;
            let minutes = digits(hours, 2)? * 60 + digits(minutes, 2)?;
            let sign = if clock[at..].starts_with('+') { 1 } else { -1 };
            (&clock[..at], sign * minutes)
        }
    };
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let parts: Vec<&str> = clock.split(':').collect();
    let [hour, minute, second] = parts[..] else {
        return None;
    };
    let (hour, minute, second) = (digits(hour, 2)?, digits(minute, 2)?, digits(second, 2)?);
    let fraction = digits(&format!("{fraction:0<6}"), 6)?;
    let seconds = (hour * 60 + minute - before_utc) * 60 + second;
    (hour < 24 && minute < 60 && second < 60).then_some(day * DAY + seconds * 1_000_000 + fraction)
}

fn digits(text: &str, many: usize) -> Option<i64> {
    let fine = text.len() == many && text.bytes().all(|b| b.is_ascii_digit());
    fine.then(|| text.parse().ok())?
}

/// The first day of the period that a word means on a day, and the first day after it. Weeks begin
/// on Sunday.
pub(super) fn period(word: &str, today: i64) -> Option<(i64, i64)> {
    let (year, month, _) = date_of(today);
    let month_from = |months: i64| {
        let number = year * 12 + (month - 1) + months;
        day_of(number.div_euclid(12), number.rem_euclid(12) + 1, 1)
    };
    let into_quarter = (month - 1) % 3;
    // 1970-01-01 was a Thursday, the fifth day of its week.
    let sunday = today - (today + 4).rem_euclid(7);
    Some(match word {
        "today" => (today, today + 1),
        "yesterday" => (today - 1, today),
        "currentWeek" => (sunday, sunday + 7),
        "lastWeek" => (sunday - 7, sunday),
        "currentMonth" => (month_from(0), month_from(1)),
        "priorMonth" => (month_from(-1), month_from(0)),
        "currentQuarter" => (month_from(-into_quarter), month_from(3 - into_quarter)),
        "priorQuarter" => (month_from(-into_quarter - 3), month_from(-into_quarter)),
        "currentYear" => (day_of(year, 1, 1), day_of(year + 1, 1, 1)),
        "priorYear" => (day_of(year - 1, 1, 1), day_of(year, 1, 1)),
        _ => return None,
    })
}

/// The words for periods.
pub(super) const WORDS: [&str; 10] = [
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

#[test]
fn days_and_dates_agree() {
    assert_eq!(day_of(1970, 1, 1), 0);
    assert_eq!(day_text(20_779), "2026-11-22");
    for day in -800_000..3_000 {
        let day = day * 7;
        let (year, month, date) = date_of(day);
        assert_eq!(day_of(year, month, date), day);
    }
    assert_eq!(read_day("2026-02-29"), None);
    assert_eq!(
        read_moment("2026-11-24T13:00:00.25+01:00").map(moment_text),
        Some("2026-11-24T12:00:00Z".to_owned())
    );
}
