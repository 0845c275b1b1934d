//! Steps after the first, as a product has them: frozen text for each database, run by the runner of
//! migrations on a filled one.

use std::time::Instant;

use sidegate_store::migrate::{MIGRATIONS, Migration, Standing, migrate, standing};
use sidegate_store::sql::difference::drift;
use sidegate_store::sql::introspect;
use sidegate_store::sql::quoted;
use sidegate_store::testing::dialect;
use sidegate_store::{Connection, Dialect};

use super::declared::Declared;
use super::filled::filled;
use super::image::{Image, assert_same};
use super::{NAMES, TAXES, differs, with_both_names, with_more_fields, with_taxes_twice, without};
use crate::support::number;

macro_rules! step {
    ($at:expr, $name:literal) => {
        Migration {
            number: MIGRATIONS.len() as i64 + $at,
            name: $name,
            sqlite: include_str!(concat!("../data/steps/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("../data/steps/postgres/", $name, ".sql")),
        }
    };
}

/// The steps of a later version.
const LATER: [Migration; 5] = [
    step!(1, "add-fields"),
    step!(2, "rename-company-name"),
    step!(3, "drop-company-name"),
    step!(4, "split-taxes"),
    step!(5, "drop-taxes"),
];

/// All steps up to one of [`LATER`], which counts from 1.
fn up_to(later: usize) -> Vec<Migration> {
    [MIGRATIONS, &LATER[..later]].concat()
}

/// What each of the steps makes of the rows.
const MAKES: [fn(&mut Image); 5] = [
    with_more_fields,
    |image| with_both_names(image, &NAMES[..2]),
    |image| without(image, &NAMES[..2]),
    |image| with_taxes_twice(image, &TAXES[..2]),
    |image| without(image, &TAXES[..2]),
];

/// The declarations that go with each of the steps.
fn declared(later: usize) -> Declared {
    let mut declared = Declared::shipped().with_more_fields();
    if later > 1 {
        declared = declared.with_trading_name();
    }
    if later > 3 {
        declared = declared.with_taxes_apart(&TAXES[..2]);
    }
    declared
}

fn sql(step: &Migration) -> &'static str {
    match dialect() {
        Dialect::Sqlite => step.sqlite,
        Dialect::Postgres => step.postgres,
    }
}

/// Looks for every reference by hand.
fn assert_no_reference_is_broken(connection: &mut Connection) {
    let schema = introspect::schema(connection).expect("a readable schema");
    let mut references = 0;
    for (name, table) in &schema.tables {
        for foreign in &table.foreign {
            let pairs = foreign.columns.iter().zip(&foreign.others);
            let same: Vec<String> = pairs
                .map(|(here, there)| format!("o.{} = t.{}", quoted(there), quoted(here)))
                .collect();
            let set: Vec<String> = foreign
                .columns
                .iter()
                .map(|column| format!("t.{} is not null", quoted(column)))
                .collect();
            let lost = format!(
                "select cast(count(*) as text) from {} t where {} and not exists (select 1 from {} o where {})",
                quoted(name),
                set.join(" and "),
                quoted(&foreign.table),
                same.join(" and ")
            );
            assert_eq!(number(connection, &lost), 0, "{name}: {foreign:?}");
            references += 1;
        }
    }
    assert!(references > 50, "{references} foreign keys");
    assert_eq!(
        introspect::broken_references(connection).expect("an answer"),
        [""; 0]
    );
    if dialect() == Dialect::Postgres {
        let open = "select cast(count(*) as text) from pg_constraint where contype = 'f' and not convalidated";
        assert_eq!(number(connection, open), 0);
    }
}

/// Whether the database follows references while it writes.
fn assert_references_are_followed(connection: &mut Connection) {
    connection
        .batch("delete from \"contact\" where \"id\" = 'mkhan';")
        .expect_err("a user needs this contact");
}

#[test]
fn every_value_is_there_after_each_step() {
    let database = filled();
    let mut connection = database.open();
    let mut image = Image::of(&mut connection);
    let rows = image.count();
    assert!(rows > 10_000, "{rows} rows");
    for (later, make) in (1..).zip(MAKES) {
        let step = &LATER[later - 1];
        let begun = Instant::now();
        let applied = migrate(&mut connection, &up_to(later), 0).expect("the step applies");
        println!("{}: {rows} rows, {:?}", step.name, begun.elapsed());
        assert_eq!(applied, 1);
        make(&mut image);
        assert_same(&Image::of(&mut connection), &image);
        // Columns, indexes and foreign keys are what the declarations derive; old columns may wait.
        let found = introspect::schema(&mut connection).expect("a readable schema");
        let wanted = declared(later).schema(dialect());
        assert_eq!(drift(&wanted, &found, dialect()), [""; 0], "{}", step.name);
        if sql(step).starts_with("-- contract: ") {
            let left = differs(&mut connection, &declared(later));
            assert_eq!(left, [""; 0], "{}", step.name);
        }
    }
    assert_no_reference_is_broken(&mut connection);
    assert_references_are_followed(&mut connection);
    // Again: nothing is to do.
    let all = up_to(LATER.len());
    assert_eq!(migrate(&mut connection, &all, 0).expect("steps"), 0);
    assert_eq!(
        standing(&mut connection, &all).expect("readable"),
        Standing::Current
    );
    // An older program leaves it alone.
    let error = migrate(&mut connection, &up_to(2), 0).expect_err("a newer database");
    assert!(error.to_string().contains("newer version"), "{error}");
    assert_same(&Image::of(&mut connection), &image);
}

#[test]
fn all_steps_at_once_are_the_same_as_one_by_one() {
    let database = filled();
    let mut connection = database.open();
    let mut image = Image::of(&mut connection);
    let all = up_to(LATER.len());
    assert_eq!(
        migrate(&mut connection, &all, 0).expect("the steps apply"),
        LATER.len()
    );
    MAKES.iter().for_each(|make| make(&mut image));
    assert_same(&Image::of(&mut connection), &image);
}

/// A step of this text instead of one of [`LATER`].
fn instead(later: usize, text: String) -> Vec<Migration> {
    let text: &'static str = text.leak();
    let mut steps = up_to(later);
    let last = steps.len() - 1;
    steps[last] = Migration {
        sqlite: text,
        postgres: text,
        ..steps[last]
    };
    steps
}

#[test]
fn a_step_that_fails_halfway_leaves_every_value_where_it_was() {
    let database = filled();
    let mut connection = database.open();
    for later in 1..=LATER.len() {
        let image = Image::of(&mut connection);
        let schema = introspect::schema(&mut connection).expect("a readable schema");
        let statements: Vec<&str> = sql(&LATER[later - 1]).split_inclusive(";\n").collect();
        // Behind everything that the step does, and behind half of it.
        for done in [statements.len(), statements.len().div_ceil(2)] {
            let broken = format!("{}alter tabel a;\n", statements[..done].concat());
            migrate(&mut connection, &instead(later, broken), 0).expect_err("a broken step");
            assert_eq!(
                introspect::schema(&mut connection).expect("a readable schema"),
                schema
            );
        }
        assert_same(&Image::of(&mut connection), &image);
        assert_eq!(
            standing(&mut connection, &up_to(later)).expect("readable"),
            Standing::Behind(1)
        );
        migrate(&mut connection, &up_to(later), 0).expect("the whole step applies");
    }
}

#[test]
fn a_step_that_the_rows_refuse_leaves_every_value_where_it_was() {
    let database = filled();
    let mut connection = database.open();
    let image = Image::of(&mut connection);
    let schema = introspect::schema(&mut connection).expect("a readable schema");
    let begins = sql(&LATER[0]);
    for (refused, reason) in [
        (
            "create unique index \"a\" on \"contact\" (\"company\", \"status\");",
            "",
        ),
        (
            "delete from \"contact\" where \"id\" = 'mkhan';",
            "leaves references to records that are not there, in user",
        ),
    ] {
        let steps = instead(1, format!("{begins}{refused}\n"));
        let error = migrate(&mut connection, &steps, 0).expect_err("the rows refuse it");
        if dialect() == Dialect::Sqlite {
            assert!(error.to_string().contains(reason), "{error}");
        }
        assert_eq!(
            introspect::schema(&mut connection).expect("a readable schema"),
            schema
        );
    }
    assert_same(&Image::of(&mut connection), &image);
    assert_references_are_followed(&mut connection);
}
