//! Currencies of transactions.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use sidegate_model::{Operation, Result, Value};

use super::refusal::{missing, unfit};
use super::{NONE, RuleSet};
use crate::pipeline::Change;
use crate::work::{Work, refuse_all};

const ID: &str = "id";
const TYPE: &str = "currencyType";
const NAME: &str = "name";
const ISO_CODE: &str = "isoCode";
const FORMAT: &str = "currencyFormat";
const UNIT: &str = "unit";
const SUB_UNIT: &str = "subUnit";
const SYMBOL: &str = "symbol";
const THOUSAND: &str = "thousandSeparator";
const DECIMAL: &str = "decimalSeparator";
const ALIGNMENT: &str = "alignment";

pub(super) const RULES: RuleSet = RuleSet {
    object: "company-config/txn-currency",
    fields: &[
        ID, TYPE, NAME, ISO_CODE, FORMAT, UNIT, SUB_UNIT, SYMBOL, THOUSAND, DECIMAL, ALIGNMENT,
    ],
    before: &[
        is_called_by_three_capitals,
        is_filled_from_the_list,
        is_described_whole,
    ],
    ..NONE
};

/// What ISO 4217 and custom say of one currency.
struct Currency {
    number: String,
    name: String,
    unit: String,
    sub_unit: String,
    symbol: String,
}

/// The currencies of the catalogue, by code.
fn currencies() -> &'static BTreeMap<String, Currency> {
    static KNOWN: OnceLock<BTreeMap<String, Currency>> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let text = include_str!("../../../../catalogue/currencies.csv");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let rows = reader.records().filter_map(std::result::Result::ok);
        rows.map(|row| {
            let text = |at: usize| row.get(at).unwrap_or_default().to_owned();
            let currency = Currency {
                number: text(1),
                name: text(2),
                unit: text(3),
                sub_unit: text(4),
                symbol: text(5),
            };
            (text(0), currency)
        })
        .collect()
    })
}

/// How amounts are written in a format: the separator of thousands, that of decimals, and where the
/// symbol stands. The format `custom` says nothing.
fn written(format: &str) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match format {
        "australian" | "british" | "canadian" | "indian" | "mexican" | "unitedArabEmirates"
        | "unitedStates" => (",", ".", "left"),
        "brazilian" | "dutch" => (".", ",", "left"),
        "danish" | "european" | "flemish" | "german" | "greek" | "italian" | "spanish" => {
            (".", ",", "right")
        }
        "finnish" | "french" | "frenchCanadian" | "swedish" | "swissFrench" => (" ", ",", "right"),
        "norwegian" | "southAfrica" => (" ", ",", "left"),
        "swissFranc" | "swissGerman" | "swissItalian" => ("'", ".", "left"),
        _ => return None,
    })
}

fn is_iso(change: &Change<'_>) -> bool {
    change.text(TYPE) == "iso"
}

/// Three capital letters, as exchange rates and transactions write a currency.
pub(super) fn is_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|b| b.is_ascii_uppercase())
}

/// The code of a currency is three capital letters; that of an ISO currency is one of ISO's.
fn is_called_by_three_capitals(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let looked_at = change.changes(ID) || change.changes(TYPE);
    if change.operation == Operation::Delete || !looked_at {
        return Ok(());
    }
    let code = change.text(ID);
    if !is_code(code) {
        return Err(unfit(change, ID, "must be three capital letters").into());
    }
    if is_iso(change) && !currencies().contains_key(code) {
        let reason = "must be an ISO 4217 code; a currency of another code has the type custom";
        return Err(unfit(change, ID, reason).into());
    }
    Ok(())
}

/// Of an ISO currency the system knows everything, whatever was sent; a custom one has no number.
fn is_filled_from_the_list(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    if !is_iso(change) {
        change.set(ISO_CODE, Value::Null);
        return Ok(());
    }
    let Some(known) = currencies().get(change.text(ID)) else {
        return Ok(());
    };
    let facts = [
        (ISO_CODE, &known.number),
        (NAME, &known.name),
        (UNIT, &known.unit),
        (SUB_UNIT, &known.sub_unit),
        (SYMBOL, &known.symbol),
    ];
    for (field, text) in facts {
        change.set(field, Value::from(text.as_str()));
    }
    if let Some((thousand, decimal, alignment)) = written(change.text(FORMAT)) {
        change.set(THOUSAND, Value::from(thousand));
        change.set(DECIMAL, Value::from(decimal));
        change.set(ALIGNMENT, Value::from(alignment));
    }
    Ok(())
}

/// A custom currency says everything of itself; an ISO currency of the custom format how its amounts
/// are written.
fn is_described_whole(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    let written_so = [THOUSAND, DECIMAL, ALIGNMENT];
    let needed = match (is_iso(change), written(change.text(FORMAT))) {
        (true, Some(_)) => Vec::new(),
        (true, None) => written_so.to_vec(),
        (false, _) => [&[NAME, UNIT, SUB_UNIT, SYMBOL], &written_so[..]].concat(),
    };
    let problems = needed
        .iter()
        .filter(|field| change.value(field).is_null())
        .map(|field| missing(change, field))
        .collect();
    refuse_all(problems)
}

#[cfg(test)]
mod tests {
    use sidegate_model::{FieldType, Registry, Scalar};

    use super::*;

    #[test]
    fn every_iso_code_that_the_api_knows_has_its_facts_and_they_fit() {
        let registry = Registry::shipped().expect("whole declarations");
        let lists = include_str!("../../../../catalogue/choices.toml");
        let (_, list) = lists.split_once("currency-code-iso = [").expect("the list");
        let (list, _) = list.split_once(']').expect("its end");
        // Every other piece stands between quotes.
        let codes: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
        assert_eq!(codes.len(), currencies().len());
        let currency = registry.named(RULES.object).expect("declared");
        for code in codes {
            let known = currencies().get(code).expect(code);
            let facts = [
                (ID, code),
                (ISO_CODE, &known.number),
                (NAME, &known.name),
                (UNIT, &known.unit),
                (SUB_UNIT, &known.sub_unit),
                (SYMBOL, &known.symbol),
            ];
            for (name, text) in facts {
                let field = currency.named(name).expect("declared");
                let fits = field.accept(&Scalar::Text(text.to_owned())).is_ok();
                assert!(fits && !text.is_empty(), "{code}: {name} {text}");
            }
        }
    }

    #[test]
    fn every_format_but_custom_says_how_amounts_are_written() {
        let registry = Registry::shipped().expect("whole declarations");
        let currency = registry.named(RULES.object).expect("declared");
        let FieldType::Choice(formats) = &currency.named(FORMAT).expect("declared").kind else {
            panic!("a format is a choice");
        };
        for format in formats {
            assert_eq!(written(&format.value).is_none(), format.value == "custom");
        }
    }
}
