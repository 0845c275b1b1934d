//! What is proposed for small declarations.

use sidegate_model::Registry;

use super::*;
use crate::testing::{TestDatabase, dialect};

/// An object of these lines; the first one signs in.
fn object(name: &str, fields: &[&str]) -> String {
    let acts = if name == "person" {
        "acts = true\n"
    } else {
        ""
    };
    let mut text = format!(
        "name = \"a/{name}\"\nlabel = {{ one = \"{name}\", many = \"{name}\" }}\npublished = false\n{acts}"
    );
    for field in fields {
        text.push_str(&format!("[[field]]\nlabel = \"x\"\n{field}\n"));
    }
    text
}

fn schema(objects: &[(&str, &[&str])], dialect: Dialect) -> Schema {
    let files: Vec<(String, String)> = objects
        .iter()
        .map(|(name, fields)| (format!("a/{name}.toml"), object(name, fields)))
        .collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(a, b)| (&**a, &**b)).collect();
    Schema::derived(
        &Registry::from_files(&files).expect("whole declarations"),
        dialect,
    )
}

const NAME: &str = "name = \"name\"\ntype = \"text(20)\"";
const TOWN: &str = "name = \"town\"\ntype = \"text(20)\"";
const PERSON: &str = "name = \"person\"\ntype = \"ref a/person\"";

/// The steps, which also run one after the other on a database.
fn steps(old: &[(&str, &[&str])], new: &[(&str, &[&str])], speech: Dialect) -> Vec<String> {
    let (found, wanted) = (schema(old, speech), schema(new, speech));
    let steps = difference(&wanted, &found, speech);
    if speech == dialect() {
        let database = TestDatabase::empty();
        let mut connection = database.open();
        connection
            .batch(&found.ddl(speech))
            .expect("the old schema");
        let text = format!("begin; {}; commit;", steps.join("\n"));
        connection.batch(&text).unwrap_or_else(|e| panic!("{e}"));
    }
    steps
}

#[test]
fn a_column_moves_to_a_table_that_is_there_along_its_reference() {
    let old: &[(&str, &[&str])] = &[("person", &[NAME, TOWN]), ("home", &[PERSON])];
    let moved = "name = \"town\"\ntype = \"text(20)\"\nwas = \"person.town\"";
    let new: &[(&str, &[&str])] = &[("person", &[NAME]), ("home", &[PERSON, moved])];
    assert_eq!(
        steps(old, new, Dialect::Sqlite),
        [
            r#"alter table "home" add column "town" TEXT;"#,
            r#"-- expand: "person"."town" moves to "home"."town"
update "home" set "town" = (select s."town" from "person" s where s."company" = "home"."company" and s."key" = "home"."person") where exists (select 1 from "person" s where s."company" = "home"."company" and s."key" = "home"."person" and s."town" is not null);"#,
            r#"-- contract: "person"."town" moved to "home"."town"
-- alter table "person" drop column "town";"#,
        ]
    );
    assert_eq!(steps(old, new, Dialect::Postgres).len(), 3);
}

#[test]
fn a_table_may_come_out_of_one_that_then_refers_to_it() {
    let old: &[(&str, &[&str])] = &[("person", &[NAME, TOWN])];
    let moved = "name = \"town\"\ntype = \"text(20)\"\nwas = \"person.town\"";
    let home = "name = \"home\"\ntype = \"ref a/home\"";
    let new: &[(&str, &[&str])] = &[("person", &[NAME, home]), ("home", &[moved])];
    for speech in [Dialect::Sqlite, Dialect::Postgres] {
        let text = steps(old, new, speech).join("\n");
        let wanted = r#"
  from "person" s
  where s."town" is not null;
insert into "company_key" ("company", "object", "next") select "company", 'home', max("key") + 1 from "home" group by "company";
update "person" as s set "home" = "key" where s."town" is not null;"#;
        assert!(text.contains(wanted), "{text}");
    }
}

#[test]
fn where_nothing_joins_two_tables_a_person_has_to() {
    let old: &[(&str, &[&str])] = &[("person", &[NAME, TOWN])];
    let moved = "name = \"town\"\ntype = \"text(20)\"\nwas = \"person.town\"";
    let new: &[(&str, &[&str])] = &[("person", &[NAME]), ("home", &[moved])];
    for speech in [Dialect::Sqlite, Dialect::Postgres] {
        let steps = steps(old, new, speech);
        let wanted = "-- by hand: \"home\" comes out of \"person\": \"town\" was \"town\"\n-- by hand: no single reference joins the two; add one\n-- insert into \"home\"";
        assert!(
            steps.iter().any(|step| step.starts_with(wanted)),
            "{steps:?}"
        );
    }
}

#[test]
fn text_without_case_is_made_where_the_old_column_had_none() {
    let old: &[(&str, &[&str])] = &[("person", &[TOWN])];
    let new: &[(&str, &[&str])] = &[(
        "person",
        &["name = \"city\"\ntype = \"text(20)\"\nrules = [\"fold\"]\nwas = \"town\""],
    )];
    assert_eq!(
        steps(old, new, Dialect::Sqlite)[3].lines().last(),
        Some(r#"update "person" set "city_fold" = fold("town") where fold("town") is not null;"#)
    );
    assert_eq!(
        steps(old, new, Dialect::Postgres)[3].lines().last(),
        Some(
            r#"update "person" set "city_fold" = (lower(translate("town", 'Σ', 'σ') collate "und-x-icu") collate "C") where (lower(translate("town", 'Σ', 'σ') collate "und-x-icu") collate "C") is not null;"#
        )
    );
}

#[test]
fn what_becomes_required_waits_and_what_need_not_be_there_does_not() {
    let free: &[(&str, &[&str])] = &[("person", &[NAME])];
    let required = format!("{NAME}\nrules = [\"required\"]");
    let bound: &[(&str, &[&str])] = &[("person", &[&required])];
    assert_eq!(
        steps(free, bound, Dialect::Postgres),
        [
            "-- contract: every row needs a value first\n-- alter table \"person\" alter column \"name\" set not null;"
        ]
    );
    assert_eq!(
        steps(bound, free, Dialect::Postgres),
        ["alter table \"person\" alter column \"name\" drop not null;"]
    );
    let copy = steps(free, bound, Dialect::Sqlite);
    assert!(copy.iter().all(|step| step.starts_with("-- contract: ")));
    let copy = steps(bound, free, Dialect::Sqlite).join("\n");
    assert!(copy.starts_with("-- expand: SQLite changes \"person\" by a copy\n"));
}

#[test]
fn an_index_over_other_columns_takes_the_place_of_the_old_one() {
    let mut found = schema(&[("person", &[NAME])], Dialect::Postgres);
    let wanted = {
        let mut wanted = found.clone();
        let table = wanted.tables.get_mut("person").expect("a table");
        let columns = vec!["company".to_owned(), "name".to_owned()];
        table.indexes.insert("i".to_owned(), columns);
        wanted
    };
    let table = found.tables.get_mut("person").expect("a table");
    table
        .indexes
        .insert("i".to_owned(), vec!["name".to_owned()]);
    assert_eq!(
        difference(&wanted, &found, Dialect::Postgres),
        [
            "drop index \"i\";",
            "create index \"i\" on \"person\" (\"company\", \"name\");"
        ]
    );
}

#[test]
fn columns_that_wait_for_their_contract_are_no_drift() {
    let renamed = "name = \"city\"\ntype = \"text(20)\"\nwas = \"town\"";
    for speech in [Dialect::Sqlite, Dialect::Postgres] {
        let wanted = schema(&[("person", &[renamed])], speech);
        let mut found = wanted.clone();
        let town = Column {
            name: "town".to_owned(),
            kind: "text".to_owned(),
            required: false,
        };
        let table = found.tables.get_mut("person").expect("a table");
        table.columns.push(town.clone());
        assert_eq!(difference(&wanted, &found, speech).len(), 1);
        assert!(drift(&wanted, &found, speech).is_empty());
        let table = found.tables.get_mut("person").expect("a table");
        let name = "stray".to_owned();
        table.columns.push(Column { name, ..town });
        assert_eq!(drift(&wanted, &found, speech).len(), 1);
    }
}
