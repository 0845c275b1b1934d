//! Exchange rates, their dated lines and the types they are of.

use sidegate_model::field_type::day_text;
use sidegate_model::{Draft, FieldType, Given, Operation, Result, Value, problem};

use super::refusal::{taken, unfit};
use super::txn_currency::is_code;
use super::{NONE, RuleSet};
use crate::pipeline::{Change, Leave};
use crate::work::{Work, refuse_all};

const RATE_TYPE: &str = "company-config/exchange-rate-type";
const RATE: &str = "company-config/exchange-rate";
const LINE: &str = "company-config/exchange-rate-line";

const DEFAULT: &str = "isDefault";

const FROM: &str = "fromCurrency";
const TO: &str = "toCurrency";
const TYPE: &str = "exchangeRateType";

const OWNER: &str = "exchangeRate";
const DATE: &str = "effectiveStartDate";
const VALUE: &str = "rate";
const RECIPROCAL: &str = "reciprocalRate";

pub(super) const TYPES: RuleSet = RuleSet {
    object: RATE_TYPE,
    fields: &[DEFAULT],
    after: &[is_the_only_default],
    ..NONE
};

pub(super) const RULES: RuleSet = RuleSet {
    object: RATE,
    fields: &[FROM, TO, TYPE],
    before: &[is_between_two_currencies, is_there_once],
    ..NONE
};

pub(super) const LINES: RuleSet = RuleSet {
    object: LINE,
    fields: &[OWNER, DATE, VALUE, RECIPROCAL],
    before: &[has_rates_above_zero, begins_on_a_day_of_its_own],
    ..NONE
};

/// At most one type is the default: setting one clears the one before.
fn is_the_only_default(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete || !change.is(DEFAULT) || !change.changes(DEFAULT) {
        return Ok(());
    }
    let defaults = work.all(RATE_TYPE, &["key"], &[(DEFAULT, Value::Boolean(true))], 10)?;
    let mut draft = Draft::default();
    let field = change.field(DEFAULT);
    draft.set(
        field.index,
        field.place(),
        Given::Value(Value::Boolean(false)),
    );
    for key in defaults.iter().filter_map(|row| row[0].as_key()) {
        if key != change.key() {
            work.update_with(change.definition, key, &draft, None, Leave::Brought(""))?;
        }
    }
    Ok(())
}

/// A rate leads from one currency to another one, each called by three capital letters.
fn is_between_two_currencies(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete || !(change.changes(FROM) || change.changes(TO)) {
        return Ok(());
    }
    let problems: Vec<_> = [FROM, TO]
        .into_iter()
        .filter(|field| !is_code(change.text(field)))
        .map(|field| unfit(change, field, "must be three capital letters"))
        .collect();
    refuse_all(problems)?;
    if change.text(FROM) == change.text(TO) {
        let place = change.place(TO);
        return Err(problem::SAME_CURRENCY
            .with("FIELD", &place)
            .with("CURRENCY", change.text(FROM))
            .at(place)
            .into());
    }
    Ok(())
}

/// Two currencies have one rate of a type.
fn is_there_once(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let moves = [FROM, TO, TYPE].iter().any(|field| change.changes(field));
    if change.operation == Operation::Delete || !moves {
        return Ok(());
    }
    let same = [
        (FROM, change.value(FROM).clone()),
        (TO, change.value(TO).clone()),
        ("exchangeRateType.key", change.value(TYPE).clone()),
    ];
    if same.iter().any(|(_, value)| value.is_null()) {
        return Ok(());
    }
    let rows = work.all(RATE, &["key", "exchangeRateType.name"], &same, 2)?;
    match rows.iter().find(|row| row[0] != Value::Key(change.key())) {
        None => Ok(()),
        Some(other) => {
            let name = other[1].as_text().unwrap_or_default();
            let value = format!("{} to {}, {name}", change.text(FROM), change.text(TO));
            Err(taken(change, TO, value).into())
        }
    }
}

/// Rates are above zero. A reciprocal that was not sent is one divided by the rate, rounded half up
/// to its places.
fn has_rates_above_zero(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    let problems: Vec<_> = [VALUE, RECIPROCAL]
        .into_iter()
        .filter(|field| {
            change
                .value(field)
                .as_number()
                .is_some_and(|units| units <= 0)
        })
        .map(|field| unfit(change, field, "must be greater than 0"))
        .collect();
    refuse_all(problems)?;
    let Some(rate) = change.value(VALUE).as_number() else {
        return Ok(());
    };
    let stays = !change.changes(VALUE) && !change.value(RECIPROCAL).is_null();
    if change.was_sent(RECIPROCAL) || stays {
        return Ok(());
    }
    match reciprocal(change, rate) {
        Some(units) => change.set(RECIPROCAL, Value::Decimal(units)),
        None => {
            let reason =
                "is so small or so large that its reciprocal is no rate; send reciprocalRate";
            return Err(unfit(change, VALUE, reason).into());
        }
    }
    Ok(())
}

/// One divided by the rate, in units of the reciprocal's last place.
fn reciprocal(change: &Change<'_>, rate: i64) -> Option<i64> {
    let scale = |name: &str| match change.field(name).kind {
        FieldType::Decimal { scale, .. } => u32::from(scale),
        _ => 0,
    };
    divided(1, rate, scale(VALUE) + scale(RECIPROCAL)).filter(|units| *units > 0)
}

/// A whole number with so many zeros behind it, divided by a positive one and rounded half up.
fn divided(number: i64, by: i64, zeros: u32) -> Option<i64> {
    let number = i128::from(number).checked_mul(10_i128.checked_pow(zeros)?)?;
    let by = i128::from(by);
    i64::try_from((2 * number + by) / (2 * by)).ok()
}

/// A rate has one line for a day.
fn begins_on_a_day_of_its_own(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete || !(change.changes(DATE) || change.changes(OWNER)) {
        return Ok(());
    }
    let Value::Date(day) = *change.value(DATE) else {
        return Ok(());
    };
    let same = [
        ("exchangeRate.key", change.value(OWNER).clone()),
        (DATE, Value::Date(day)),
    ];
    let rows = work.all(LINE, &["key"], &same, 2)?;
    if rows.iter().all(|row| row[0] == Value::Key(change.key())) {
        return Ok(());
    }
    Err(taken(change, DATE, day_text(day)).into())
}

#[cfg(test)]
mod tests {
    use super::divided;

    #[test]
    fn reciprocals_are_rounded_half_up() {
        // 1.1 with ten places.
        assert_eq!(divided(1, 11_000_000_000, 20), Some(9_090_909_091));
        assert_eq!(divided(1, 30_000_000_000, 20), Some(3_333_333_333));
        assert_eq!(divided(1, 80_000_000_000, 20), Some(1_250_000_000));
        assert_eq!(divided(15, 2, 0), Some(8));
        assert_eq!(divided(1, 1, 20), None);
    }
}
