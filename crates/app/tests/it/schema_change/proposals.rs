//! `sidegate schema diff` proposes what a changed declaration needs; the proposal, run as it is
//! printed, keeps every value.

use std::sync::Arc;

use serde_json::json;
use sidegate_engine::audit::Verdict;
use sidegate_engine::key_file::KeyFile;
use sidegate_engine::{Engine, Settings, Source};
use sidegate_model::Operation;
use sidegate_store::migrate::{MIGRATIONS, Migration, migrate};
use sidegate_store::testing::{TestDatabase, dialect};
use sidegate_store::{Connection, Dialect};

use super::declared::Declared;
use super::filled::filled;
use super::image::{Image, assert_same};
use super::{NAMES, TAXES, differs, with_both_names, with_more_fields, with_taxes_twice, without};
use crate::harness::NOON;
use crate::support::{company, drafted, key_of, rows, set, system, verified};

/// Runs a text as the next step of the schema.
fn run(connection: &mut Connection, applied: &mut Vec<Migration>, text: &str) {
    let text: &'static str = text.to_owned().leak();
    let number = i64::try_from(applied.len()).expect("few steps") + 1;
    applied.push(Migration {
        number,
        name: "proposed",
        sqlite: text,
        postgres: text,
    });
    let done = migrate(connection, applied, 0).unwrap_or_else(|e| panic!("{e}\n{text}"));
    assert_eq!(done, 1);
}

/// What a person makes of comments of one mark: statements.
fn uncommented(steps: &[String], mark: &str) -> String {
    let mut text = String::new();
    for step in steps.iter().filter(|step| step.starts_with(mark)) {
        for line in step.lines().filter(|line| !line.starts_with(mark)) {
            text.push_str(line.strip_prefix("-- ").expect("a comment"));
            text.push('\n');
        }
    }
    text
}

/// The lines that are run.
fn statements(text: &str) -> Vec<&str> {
    text.lines()
        .filter(|line| !line.starts_with("--") && !line.is_empty())
        .collect()
}

/// The lines that take something away: a table that SQLite copied is there again under its name.
fn taken(text: &str) -> Vec<&str> {
    let lines = statements(text);
    let back = |at: usize| {
        let next = lines
            .get(at + 1)
            .and_then(|line| line.split_once(" rename to "));
        next.is_some_and(|(_, name)| lines[at] == format!("drop table {name}"))
    };
    let takes = |at: &usize| {
        lines[*at].contains("drop column")
            || lines[*at].contains("drop index")
            || (lines[*at].contains("drop table") && !back(*at))
    };
    (0..lines.len()).filter(takes).map(|at| lines[at]).collect()
}

/// The proposal of a step, which takes nothing away: run as it is printed.
fn expand(
    connection: &mut Connection,
    applied: &mut Vec<Migration>,
    declared: &Declared,
) -> String {
    let text = differs(connection, declared).join("\n");
    assert_eq!(taken(&text), [""; 0]);
    run(connection, applied, &text);
    text
}

/// What is left then: comments, which a person turns into the step that takes away.
fn contract(
    connection: &mut Connection,
    applied: &mut Vec<Migration>,
    declared: &Declared,
) -> Vec<String> {
    let steps = differs(connection, declared);
    assert_eq!(statements(&steps.join("\n")), [""; 0]);
    assert!(steps.iter().all(|step| step.starts_with("-- contract: ")));
    run(connection, applied, &uncommented(&steps, "-- contract: "));
    assert_eq!(differs(connection, declared), [""; 0]);
    steps
}

#[track_caller]
fn has(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "{line}\nis not in\n{text}");
    }
}

#[test]
fn a_new_field_is_a_new_column() {
    let database = filled();
    let mut connection = database.open();
    let mut applied = MIGRATIONS.to_vec();
    let mut declared = Declared::shipped().with_more_fields();
    let mut image = Image::of(&mut connection);
    let text = expand(&mut connection, &mut applied, &declared);
    with_more_fields(&mut image);
    assert_eq!(differs(&mut connection, &declared), [""; 0]);
    match dialect() {
        Dialect::Sqlite => assert_eq!(
            text,
            r#"alter table "contact" add column "nickname" TEXT;
alter table "contact" add column "nickname_fold" TEXT;
-- expand: rows that are there get the default
alter table "contact" add column "standing" TEXT not null default 'usual';"#
        ),
        Dialect::Postgres => assert_eq!(
            text,
            r#"alter table "contact" add column "nickname" text COLLATE "C";
alter table "contact" add column "nickname_fold" text COLLATE "C";
-- expand: rows that are there get the default
alter table "contact" add column "standing" text COLLATE "C" not null default 'usual';
-- contract: only an older program needs the default
-- alter table "contact" alter column "standing" drop default;"#
        ),
    }
    // What rows that are there get is for a person to say where no default says it.
    declared.end(
        "contact",
        "\n[[field]]\nname  = \"badge\"\nlabel = \"Badge\"\ntype  = \"text(9)\"\nrules = [\"required\"]\n",
    );
    let steps = differs(&mut connection, &declared);
    assert_eq!(statements(&steps.join("\n")), [""; 0]);
    let completed = uncommented(&steps, "-- by hand: ").replace("VALUE", "'none'");
    run(&mut connection, &mut applied, &completed);
    image.sheet("contact").add("badge", "'none'");
    assert_eq!(differs(&mut connection, &declared), [""; 0]);
    assert_same(&Image::of(&mut connection), &image);
}

/// On SQLite this takes a copy of a table whose rows others go with.
#[test]
fn a_new_reference_is_a_new_foreign_key() {
    let database = filled();
    let mut connection = database.open();
    let declared = Declared::shipped().with_deputies();
    let mut image = Image::of(&mut connection);
    let text = expand(&mut connection, &mut MIGRATIONS.to_vec(), &declared);
    match dialect() {
        Dialect::Sqlite => has(
            &text,
            &[
                "-- expand: SQLite changes \"user\" by a copy\ncreate table \"user_new\" (\n",
                "foreign key (\"company\", \"deputy\") references \"user\" (\"company\", \"key\")",
                "drop table \"user\";\nalter table \"user_new\" rename to \"user\";\n",
            ],
        ),
        Dialect::Postgres => assert_eq!(
            text,
            r#"alter table "user" add column "deputy" bigint;
create index "user_deputy_index" on "user" ("company", "deputy", "key");
alter table "user" add foreign key ("company", "deputy") references "user" ("company", "key") deferrable initially immediate;"#
        ),
    }
    assert_eq!(differs(&mut connection, &declared), [""; 0]);
    image.sheet("user").add("deputy", "NULL");
    assert_same(&Image::of(&mut connection), &image);
    connection
        .batch("update \"user\" set \"deputy\" = 999999;")
        .expect_err("there is no such user");
}

#[test]
fn a_field_that_was_another_column_takes_its_values_along() {
    let database = filled();
    let mut connection = database.open();
    let mut applied = MIGRATIONS.to_vec();
    let declared = Declared::shipped().with_trading_name();
    let mut image = Image::of(&mut connection);
    let text = expand(&mut connection, &mut applied, &declared);
    let kind = match dialect() {
        Dialect::Sqlite => "TEXT",
        Dialect::Postgres => "text COLLATE \"C\"",
    };
    assert_eq!(
        text,
        r#"alter table "contact" add column "trading_name" TEXT;
alter table "contact" add column "trading_name_fold" TEXT;
-- expand: "contact"."company_name" is called "trading_name" now
update "contact" set "trading_name" = "company_name" where "company_name" is not null;
-- expand: "contact"."company_name_fold" is called "trading_name_fold" now
update "contact" set "trading_name_fold" = "company_name_fold" where "company_name_fold" is not null;
-- contract: "contact"."company_name" is called "trading_name" now
-- alter table "contact" drop column "company_name";
-- contract: "contact"."company_name_fold" is called "trading_name_fold" now
-- alter table "contact" drop column "company_name_fold";"#
            .replace("TEXT", kind)
    );
    with_both_names(&mut image, &NAMES[..2]);
    assert_same(&Image::of(&mut connection), &image);
    contract(&mut connection, &mut applied, &declared);
    without(&mut image, &NAMES[..2]);
    assert_same(&Image::of(&mut connection), &image);
}

/// The old column must be there for an older program only, so it may be empty from now on.
#[test]
fn a_required_field_that_was_another_column_is_required_at_once() {
    let database = filled();
    let mut connection = database.open();
    let mut applied = MIGRATIONS.to_vec();
    let declared = Declared::shipped().with_document_name();
    let mut image = Image::of(&mut connection);
    let text = expand(&mut connection, &mut applied, &declared);
    match dialect() {
        Dialect::Sqlite => has(
            &text,
            &[
                "-- expand: \"contact\".\"print_as\" is called \"document_name\" now\n",
                "\n  \"document_name\" TEXT not null,",
                "\n  \"print_as\" TEXT,",
            ],
        ),
        Dialect::Postgres => has(
            &text,
            &[
                "alter table \"contact\" add column \"document_name\" text COLLATE \"C\";\n",
                "alter table \"contact\" alter column \"print_as\" drop not null;\n",
                "update \"contact\" set \"document_name\" = \"print_as\" where \"print_as\" is not null;\nalter table \"contact\" alter column \"document_name\" set not null;\n",
            ],
        ),
    }
    with_both_names(&mut image, &NAMES[2..]);
    assert_same(&Image::of(&mut connection), &image);
    contract(&mut connection, &mut applied, &declared);
    without(&mut image, &NAMES[2..]);
    assert_same(&Image::of(&mut connection), &image);
}

#[test]
fn fields_that_were_columns_of_another_table_take_their_values_along() {
    let database = filled();
    let mut connection = database.open();
    let mut applied = MIGRATIONS.to_vec();
    let declared = Declared::shipped().with_taxes_apart(&TAXES);
    let mut image = Image::of(&mut connection);
    let text = expand(&mut connection, &mut applied, &declared);
    has(
        &text,
        &[
            "create table \"contact_taxation\" (\n",
            r#"
-- expand: "contact_taxation" comes out of "contact": "is_taxable" was "tax_is_taxable", "tax_id" was "tax_tax_id", "group" was "tax_group"
insert into "contact_taxation" ("company", "key", "version", "created_at", "modified_at", "created_by", "modified_by", "contact", "is_taxable", "tax_id", "group")
  select s."company", s."key", 1, s."created_at", s."modified_at", s."created_by", s."modified_by", s."key", s."tax_is_taxable", s."tax_tax_id", s."tax_group"
  from "contact" s
  where s."tax_is_taxable" is not null or s."tax_tax_id" is not null or s."tax_group" is not null;
insert into "company_key" ("company", "object", "next") select "company", 'contact_taxation', max("key") + 1 from "contact_taxation" group by "company";
"#,
        ],
    );
    with_taxes_twice(&mut image, &TAXES);
    assert_same(&Image::of(&mut connection), &image);
    let steps = contract(&mut connection, &mut applied, &declared);
    has(
        &steps.join("\n"),
        &["-- contract: \"contact\".\"tax_group\" moved to \"contact_taxation\".\"group\"\n"],
    );
    without(&mut image, &TAXES);
    assert_same(&Image::of(&mut connection), &image);
}

/// All of it as one version, and a Sidegate of that version on what comes out.
#[test]
fn a_program_of_the_changed_declarations_runs_on_the_proposal() {
    let database = filled();
    let mut connection = database.open();
    let mut applied = MIGRATIONS.to_vec();
    let declared = Declared::shipped()
        .with_more_fields()
        .with_deputies()
        .with_trading_name()
        .with_document_name()
        .with_taxes_apart(&TAXES);
    expand(&mut connection, &mut applied, &declared);
    uses(&database, &declared, "between");
    applied.truncate(MIGRATIONS.len());
    contract(&mut connection, &mut applied, &declared);
    uses(&database, &declared, "after");
}

/// Reads and writes in one of the companies what moved, and walks its audit trail.
fn uses(database: &TestDatabase, declared: &Declared, word: &str) {
    let contact = "company-config/contact";
    // This program does not know the step, as one of these declarations would.
    let unknown = format!(
        "delete from \"schema_migration\" where \"number\" > {};",
        MIGRATIONS.len()
    );
    database.open().batch(&unknown).expect("no such step");
    let registry = Arc::new(declared.registry());
    let engine = Engine::start(
        registry,
        database.location.clone(),
        KeyFile::in_memory(),
        Source::fixed(NOON),
        Settings::usual(database.location.dialect()),
    )
    .expect("an engine starts");
    let harbor = company(&engine, "HARBOR2");
    let home = Some(harbor);
    let key = key_of(&engine, home, contact, "Kontakt 7");
    let user = key_of(&engine, home, "company-config/user", "U7");
    let changes = [
        ("tradingName", word),
        ("standing", "good"),
        ("nickname", word),
    ];
    set(&engine, home, contact, key, &changes).expect("a changed contact");
    let body = json!({"contact": {"key": key.to_string()}, "taxId": word});
    let object = "company-config/contact-taxation";
    let draft = drafted(&engine, object, Operation::Create, &body);
    let made = engine.write(system(home), move |work| {
        work.create(work.object(object), &draft)
    });
    let made = made.wait().expect("a new record").key;
    assert!(made.number() > 1800, "{made} is behind those that moved");
    let mut connection = database.open();
    let at = format!("\"company\" = {}", harbor.number());
    let told = rows(
        &mut connection,
        3,
        &format!(
            "select c.\"trading_name\", c.\"document_name\", t.\"tax_id\" from \"contact\" c join \"contact_taxation\" t \
             on t.\"company\" = c.\"company\" and t.\"contact\" = c.\"key\" where c.{at} and c.\"key\" = {key} and t.\"key\" = {made}"
        ),
    );
    assert_eq!(told, [[word, "Ravi Menon, No. 7", word]]);
    let lists = format!(
        "select cast(count(*) as text) from \"user_locations\" where {at} and \"owner\" = {user}"
    );
    assert_eq!(rows(&mut connection, 1, &lists), [["3"]]);
    let verdict = verified(&engine, harbor);
    assert!(matches!(verdict, Verdict::Whole { .. }), "{verdict:?}");
    engine.stop();
}
