//! Steps of the schema on a filled database: every value is where it was, or where it moved to.

mod declared;
mod filled;
mod image;
mod proposals;
mod steps;

use std::collections::BTreeMap;

use sidegate_store::sql::difference::difference;
use sidegate_store::sql::introspect;
use sidegate_store::testing::dialect;
use sidegate_store::{Connection, Dialect};

use declared::Declared;
use image::{Image, Sheet};

/// What new fields of contacts make of the rows.
fn with_more_fields(image: &mut Image) {
    let contacts = image.sheet("contact");
    contacts.add("nickname", "NULL");
    contacts.add("nickname_fold", "NULL");
    contacts.add("standing", "'usual'");
}

/// Columns that get another name.
const NAMES: [(&str, &str); 4] = [
    ("company_name", "trading_name"),
    ("company_name_fold", "trading_name_fold"),
    ("print_as", "document_name"),
    ("print_as_fold", "document_name_fold"),
];

/// What new names make of the rows, while the old ones stay.
fn with_both_names(image: &mut Image, names: &[(&str, &str)]) {
    for (old, new) in names {
        image.sheet("contact").copy(old, new);
    }
}

/// Columns of contacts that move into a table of their own.
const TAXES: [(&str, &str); 3] = [
    ("tax_is_taxable", "is_taxable"),
    ("tax_tax_id", "tax_id"),
    ("tax_group", "group"),
];

/// What a table for taxes makes of the rows, while contacts still have them.
fn with_taxes_twice(image: &mut Image, moved: &[(&str, &str)]) {
    const KEPT: [&str; 6] = [
        "company",
        "key",
        "created_at",
        "modified_at",
        "created_by",
        "modified_by",
    ];
    let old = moved.iter().map(|(old, _)| *old);
    let old: Vec<&str> = KEPT.into_iter().chain(old).collect();
    let new = moved.iter().map(|(_, new)| *new);
    let new: Vec<&str> = KEPT.into_iter().chain(new).collect();
    let mut rows = image.sheet("contact").values(&old);
    rows.retain(|row| row[KEPT.len()..].iter().any(|value| value != "NULL"));
    let mut last: BTreeMap<String, i64> = BTreeMap::new();
    for row in &rows {
        let key: i64 = row[1].trim_matches('\'').parse().expect("a number");
        let known = last.entry(row[0].clone()).or_default();
        *known = key.max(*known);
    }
    assert_eq!(last.len(), 4, "companies");
    for (company, last) in last {
        let next = number_of(last + 1);
        image.sheet("company_key").add_row(&[
            ("company", &company),
            ("object", "'contact_taxation'"),
            ("next", &next),
        ]);
    }
    let mut taxes = Sheet::new(&new, rows);
    taxes.copy("key", "contact");
    taxes.add("version", &number_of(1));
    image.0.insert("contact_taxation".to_owned(), taxes);
}

/// PostgreSQL quotes numbers, too.
fn number_of(number: i64) -> String {
    match dialect() {
        Dialect::Sqlite => number.to_string(),
        Dialect::Postgres => format!("'{number}'"),
    }
}

/// What the end of old columns makes of the rows.
fn without(image: &mut Image, columns: &[(&str, &str)]) {
    for (old, _) in columns {
        image.sheet("contact").remove(old);
    }
}

/// What still differs from the declarations, old columns that wait for their end among it.
fn differs(connection: &mut Connection, declared: &Declared) -> Vec<String> {
    let found = introspect::schema(connection).expect("a readable schema");
    difference(&declared.schema(dialect()), &found, dialect())
}
