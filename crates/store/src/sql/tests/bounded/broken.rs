//! Statements broken by hand, each in one way; `{c}` stands for the company's parameter.

use sidegate_model::Registry;

use super::{misnumbered, violations};
use crate::sql::dialect::Dialect;
use crate::sql::{Slot, Text};

/// What is found in a statement, the same in both dialects.
fn judged(sql: &str) -> Vec<String> {
    let registry = Registry::shipped().expect("whole declarations");
    let [sqlite, postgres] = [Dialect::Sqlite, Dialect::Postgres].map(|dialect| {
        let sql = sql
            .replace("{c}", "?1")
            .replace('?', &dialect.mark().to_string());
        let slots = vec![Slot::Company, Slot::Key, Slot::Value(1), Slot::Original];
        violations(
            &registry,
            dialect,
            &Text {
                sql: sql.into(),
                slots,
            },
        )
    });
    assert_eq!(sqlite.len(), postgres.len(), "{sqlite:?}\n{postgres:?}");
    sqlite
}

fn accepts(sql: &str) {
    assert_eq!(judged(sql), Vec::<String>::new(), "{sql}");
}

fn refuses(sql: &str, reason: &str) {
    let found = judged(sql);
    assert!(
        found.iter().any(|line| line.contains(reason)),
        "{sql}\n{found:?}"
    );
}

const UNBOUND: &str = "department as t is not bounded";

#[test]
fn a_bounded_statement_is_accepted() {
    accepts(r#"select t."id" from "department" t where t."company" = {c}"#);
    accepts(r#"select t."id" from "department" t where (t."key" = ?2 and ({c} = t."company"))"#);
    accepts(r#"select t."id" from "sender" t where true"#);
    accepts(
        r#"select t."id" from "user" t join "contact" r on r."company" = {c} and t."company" = {c} where r."key" = t."contact""#,
    );
}

#[test]
fn a_missing_condition_is_found() {
    refuses(r#"select t."id" from "department" t"#, UNBOUND);
    refuses(
        r#"select t."id" from "department" t where t."key" = ?2"#,
        UNBOUND,
    );
    refuses(
        r#"select count(*) from "user_departments" l where l."owner" = ?2"#,
        "user_departments as l is not bounded",
    );
    refuses(
        r#"select v."version" from "access_version" v where v."subject" = 0"#,
        "access_version as v is not bounded",
    );
}

#[test]
fn a_condition_that_need_not_hold_is_found() {
    refuses(
        r#"select t."id" from "department" t where t."company" = {c} or t."key" = ?2"#,
        UNBOUND,
    );
    refuses(
        r#"select t."id" from "department" t where t."key" = ?2 and (t."company" = {c} or true)"#,
        UNBOUND,
    );
    refuses(
        r#"select t."id" from "department" t where not (t."company" = {c})"#,
        UNBOUND,
    );
    refuses(
        r#"select t."id" from "department" t where t."company" <> {c}"#,
        UNBOUND,
    );
    refuses(
        r#"select t."id" from "department" t where t."company" >= {c}"#,
        UNBOUND,
    );
}

#[test]
fn a_condition_on_something_else_is_found() {
    refuses(
        r#"select t."id" from "department" t where r."company" = {c}"#,
        UNBOUND,
    );
    refuses(
        r#"select t."id" from "department" t where t."company" = ?2"#,
        UNBOUND,
    );
    refuses(
        r#"select t."id" from "department" t where t."company" = 1"#,
        UNBOUND,
    );
    refuses(
        r#"select t."id" from "department" t where t."company" = t."company""#,
        UNBOUND,
    );
    refuses(
        r#"select t."id" from "department" t where t."key" = {c}"#,
        UNBOUND,
    );
}

#[test]
fn an_unbounded_join_is_found() {
    let on = |on: &str, and: &str| {
        format!(
            r#"select t."id" from "user" t left join "contact" r on {on} where t."company" = {{c}}{and}"#
        )
    };
    let unbound = "contact as r is not bounded";
    accepts(&on(r#"r."company" = {c} and r."key" = t."contact""#, ""));
    refuses(&on(r#"r."key" = t."contact""#, ""), unbound);
    refuses(
        &on(r#"r."company" = t."company" and r."key" = t."contact""#, ""),
        unbound,
    );
    refuses(
        &on(r#"r."company" = {c} or r."key" = t."contact""#, ""),
        unbound,
    );
    refuses(
        &on(
            r#"r."key" = t."contact""#,
            r#" and (r."company" = {c} or r."company" is null)"#,
        ),
        unbound,
    );
    let base = r#"select t."id" from "user" t left join "contact" r on r."company" = {c} and t."company" = {c} where true"#;
    refuses(base, "user as t is not bounded");
    refuses(
        r#"select t."id" from "user" t right join "contact" r on r."company" = {c} where t."company" = {c}"#,
        "cannot judge",
    );
    refuses(
        r#"select t."id" from "user" t natural join "contact" r where t."company" = {c}"#,
        "cannot judge",
    );
    refuses(
        r#"select t."id" from "user" t, "contact" r where t."company" = {c}"#,
        "contact as r is not bounded",
    );
}

#[test]
fn an_unbounded_part_of_a_bounded_whole_is_found() {
    refuses(
        r#"select p."id" from (select t."id" from "department" t where t."key" = ?2) p where p."company" = {c}"#,
        UNBOUND,
    );
    refuses(
        r#"select (select count(*) from "contact" n where n."company" = t."company") from "department" t where t."company" = {c}"#,
        "contact as n is not bounded",
    );
    refuses(
        r#"select t."id" from "department" t where t."company" = {c} and t."key" in (select l."target" from "user_departments" l)"#,
        "user_departments as l is not bounded",
    );
    refuses(
        r#"select t."id" from "department" t where t."company" = {c} union all select t."id" from "department" t"#,
        UNBOUND,
    );
    refuses(
        r#"select t."id" from "department" t where t."company" = {c} order by (select r."id" from "role" r)"#,
        "role as r is not bounded",
    );
    refuses(
        r#"select t."id" from "department" t where t."company" = {c} and instr((select r."id" from "role" r), 'a') > 0"#,
        "role as r is not bounded",
    );
}

#[test]
fn an_unbounded_write_is_found() {
    accepts(r#"update "department" as t set "name" = ?3 where t."company" = {c} and t."key" = ?2"#);
    refuses(
        r#"update "department" as t set "name" = ?3 where t."key" = ?2"#,
        UNBOUND,
    );
    refuses(
        r#"update "department" as t set "company" = ?3 where t."company" = {c}"#,
        "another company",
    );
    accepts(r#"delete from "department" as t where t."company" = {c} and t."key" = ?2"#);
    refuses(
        r#"delete from "department" as t where t."key" = ?2"#,
        UNBOUND,
    );
    refuses(
        r#"delete from "department""#,
        "department as department is not bounded",
    );
    accepts(r#"insert into "department" ("company", "key") values ({c}, ?2)"#);
    refuses(
        r#"insert into "department" ("company", "key") values (?2, {c})"#,
        "is not of the company",
    );
    refuses(
        r#"insert into "department" ("key") values (?2)"#,
        "is not of the company",
    );
    refuses(
        r#"insert into "department" ("company", "key") values ({c}, 1), (2, 1)"#,
        "is not of the company",
    );
    refuses(
        r#"insert into "department" ("company") select r."company" from "role" r"#,
        "cannot judge",
    );
    let upsert = |target: &str, set: &str| {
        format!(
            r#"insert into "company_key" ("company", "object", "next") values ({{c}}, ?2, 2) on conflict ({target}) do update set {set}"#
        )
    };
    accepts(&upsert(
        r#""company", "object""#,
        r#""next" = "company_key"."next" + 1"#,
    ));
    refuses(
        &upsert(r#""object""#, r#""next" = 2"#),
        "another company's row",
    );
    refuses(
        &upsert(r#""company", "object""#, r#""company" = 2"#),
        "another company",
    );
}

#[test]
fn what_cannot_be_judged_is_found() {
    refuses(
        r#"with d as (select * from "department") select d."id" from d"#,
        "cannot judge",
    );
    refuses(
        r#"select t."id" from "elsewhere" t where t."company" = {c}"#,
        "nobody declared",
    );
    refuses(
        r#"select t.* from "department" t where t."company" = {c}"#,
        "cannot judge",
    );
    refuses(r#"drop table "department""#, "cannot judge");
    refuses(r#"select 1; select 2"#, "2 statements");
    refuses("selec 1", "the parser says");
}

#[test]
fn the_company_is_the_slot_and_not_the_number() {
    let registry = Registry::shipped().expect("whole declarations");
    let sql: std::sync::Arc<str> =
        r#"select t."id" from "department" t where t."company" = ?1"#.into();
    let of = |slots: Vec<Slot>| {
        violations(
            &registry,
            Dialect::Sqlite,
            &Text {
                sql: sql.clone(),
                slots,
            },
        )
    };
    assert!(of(vec![Slot::Company]).is_empty());
    assert!(!of(vec![Slot::User]).is_empty());
    assert!(!of(vec![Slot::Value(1), Slot::Company]).is_empty());
    assert!(!of(Vec::new()).is_empty());
}

#[test]
fn parameters_without_a_slot_are_found() {
    let text = |sql: &str| Text {
        sql: sql.into(),
        slots: vec![Slot::Company, Slot::Key],
    };
    assert!(misnumbered(Dialect::Postgres, &text("select $1, $2")).is_empty());
    assert!(!misnumbered(Dialect::Postgres, &text("select $1, $3")).is_empty());
    assert!(!misnumbered(Dialect::Postgres, &text("select $1")).is_empty());
}

#[test]
fn what_a_copy_comes_from_is_only_read() {
    accepts(
        r#"insert into "department" ("company", "key") select cast({c} as bigint), s."key" from "department" s where s."company" = ?4"#,
    );
    accepts(
        r#"delete from "department" as t where t."company" = {c} and not exists (select 1 from "department" s where s."company" = ?4 and s."id" is not distinct from t."id")"#,
    );
    refuses(
        r#"delete from "department" as t where t."company" = ?4 and t."key" = ?2 and ?3 = {c}"#,
        UNBOUND,
    );
    refuses(
        r#"update "department" as t set "id" = ?3 where t."company" = ?4 and t."key" = ?2"#,
        UNBOUND,
    );
    refuses(
        r#"insert into "department" ("company", "key") select cast(?4 as bigint), s."key" from "department" s where s."company" = {c}"#,
        "cannot judge",
    );
    refuses(
        r#"delete from "department" as t where t."company" = {c} and not exists (select 1 from "department" s where s."key" = t."key")"#,
        "department as s is not bounded",
    );
}
