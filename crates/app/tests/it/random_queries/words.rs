//! Values that are easily stored, compared, ordered or folded wrongly.

use serde_json::{Value as Json, json};
use sidegate_model::{Definition, Field, FieldType, Rule};
use sidegate_store::Dialect;
use sidegate_store::testing::dialect;

use super::dice::Dice;

/// Text that is easily searched, ordered or folded wrongly.
pub(super) const WORDS: [&str; 60] = [
    "abc",
    "ABC",
    "Abc",
    "aBC",
    "ab",
    "b",
    "B",
    "Zebra",
    "zebra",
    "ZEBRA",
    "apple",
    "Apple pie",
    "50%",
    "5_0",
    "500",
    "5%0",
    "100%_\\",
    "a\\b",
    "a\\\\b",
    "a'b",
    "a\"b",
    "O'Neil",
    "--",
    "/*",
    "Straße",
    "STRASSE",
    "strasse",
    "STRAẞE",
    "Größe M",
    "GRÖSSE",
    "Äpfel",
    "äpfel",
    "a\u{308}pfel",
    "é",
    "e\u{301}",
    "É",
    "e",
    "ﬁne",
    "fine",
    "ǅ",
    "ǆ",
    "Ǆ",
    "\u{212a}elvin",
    "kelvin",
    "KELVIN",
    "😀",
    "😀 smile",
    "👩‍👩‍👧",
    "\u{e000}",
    "\u{10ffff}",
    "日本語",
    "ﾊﾝｶｸ",
    "12",
    "012",
    "12.50",
    "null",
    "today",
    "true",
    "-1",
    "a\tb",
];

/// Text that the databases lower differently, unless it is stored lowered.
const HARD_WORDS: [&str; 10] = [
    "İstanbul",
    "istanbul",
    "ISTANBUL",
    "i\u{307}stanbul",
    "ıslak",
    "ΟΔΥΣΣΕΥΣ",
    "οδυσσευς",
    "οδυσσευσ",
    "Σ",
    "ς",
];

const EMAILS: [&str; 10] = [
    "ann@example.org",
    "Ann@Example.org",
    "ANN@EXAMPLE.ORG",
    "o'neil+x@mail.example",
    "ß@straße.example",
    "a_b%c@x.example",
    "zoë@mail.example",
    "b@a.example",
    "Ann@example.com",
    "1@2.example",
];

/// Days beside the ends of weeks, months, quarters and years.
pub(super) const DAYS: [&str; 28] = [
    "2024-02-29",
    "2024-03-01",
    "2025-12-31",
    "2026-01-01",
    "2026-01-31",
    "2026-02-28",
    "2026-03-31",
    "2026-04-01",
    "2026-06-30",
    "2026-07-01",
    "2026-09-30",
    "2026-10-01",
    "2026-11-14",
    "2026-11-15",
    "2026-11-21",
    "2026-11-22",
    "2026-11-28",
    "2026-11-30",
    "2026-12-01",
    "2026-12-31",
    "2027-01-01",
    "2027-01-02",
    "2027-01-03",
    "2027-03-31",
    "2028-02-29",
    "2028-03-01",
    "1969-12-31",
    "2099-12-31",
];

const WHOLE: [i64; 12] = [
    0,
    1,
    -1,
    2,
    10,
    100,
    -100,
    12_345,
    2_147_483_648,
    -2_147_483_649,
    100_000_000_000,
    -99_999_999_999,
];

const DECIMALS: [&str; 16] = [
    "0",
    "0.01",
    "-0.01",
    "1.50",
    "1.5",
    "1",
    "-1",
    "-1.50",
    "10",
    "9.99",
    "100.00",
    "12.34",
    "-12.34",
    "99999999.99",
    "-99999999.99",
    "0.10",
];

const CURRENCIES: [&str; 6] = ["USD", "EUR", "GBP", "JPY", "ZAR", "ABC"];

/// Means of them stay within the numbers that a column holds: 14 places leave 92 233 and a little.
const RATES: [&str; 10] = [
    "1",
    "0.0000000001",
    "1.2345678901",
    "0.8523",
    "1.1",
    "1.1000",
    "4.0512345678",
    "25384.5",
    "16000.0000000001",
    "90000.9",
];

/// The beginning of an id.
pub(super) fn short(dice: &mut Dice) -> String {
    let word = text(dice, true);
    word.replace(['|', '\t'], "").chars().take(12).collect()
}

fn text(dice: &mut Dice, is_folded: bool) -> String {
    let mut words = Vec::new();
    for _ in 0..1 + dice.weighted(&[70, 25, 5]) {
        // Without regard to case PostgreSQL lowers a text of which no lowered twin is stored by other rules.
        let hard = is_folded || dialect() == Dialect::Sqlite;
        words.push(if hard && dice.chance(20) {
            *dice.pick(&HARD_WORDS)
        } else {
            *dice.pick(&WORDS)
        });
    }
    words.join([" ", "", "-"][dice.weighted(&[60, 30, 10])])
}

/// A random value that a field takes.
pub(super) fn random(definition: &Definition, field: &Field, dice: &mut Dice) -> Json {
    match &field.kind {
        // Codes of currencies.
        FieldType::Text { max: 3 } => json!(*dice.pick(&CURRENCIES)),
        FieldType::Text { max } => {
            let text: String = text(dice, field.is(Rule::Fold))
                .chars()
                .take(*max)
                .collect();
            json!(text)
        }
        FieldType::Email => json!(*dice.pick(&EMAILS)),
        FieldType::Boolean => json!(dice.chance(50)),
        FieldType::Integer => json!(*dice.pick(&WHOLE)),
        // As many digits as a double keeps.
        FieldType::Decimal { scale: 3.., .. } => json!(*dice.pick(&RATES)),
        FieldType::Words(_) => {
            let words = (0..dice.below(4)).map(|_| text(dice, false).replace('\t', " "));
            words.collect()
        }
        FieldType::Decimal { .. } => json!(*dice.pick(&DECIMALS)),
        FieldType::Date => json!(*dice.pick(&DAYS)),
        FieldType::Moment => json!("2026-12-31T23:59:59Z"),
        FieldType::Choice(choices) => json!(dice.pick(choices).value),
        other => panic!("{}.{} is {other:?}", definition.name, field.name),
    }
}
