//! Queries to the text of their statements, small ones in full.

use insta::assert_snapshot;
use sidegate_model::access::Sight;
use sidegate_model::query::Plan;
use sidegate_model::{Registry, Scalar, Value};

use super::ask::{Ask, ask, key, text};
use crate::sql::dialect::Dialect;
use crate::sql::{self, Slot, Text};

const DEPARTMENT: &str = "company-config/department";
const USER: &str = "company-config/user";

fn sql_for(query: &Ask) -> String {
    shown(query, Sight::ALL, |registry, plan, dialect| {
        sql::page(registry, &plan.shape, dialect, false)
    })
}

fn carried_for(query: &Ask) -> String {
    shown(query, Sight::ALL, |registry, plan, dialect| {
        sql::page(registry, &plan.shape, dialect, true)
    })
}

fn count_for(query: &Ask) -> String {
    shown(query, Sight::ALL, |registry, plan, dialect| {
        sql::count(registry, &plan.shape, dialect)
    })
}

fn sql_in_entity(query: &Ask) -> String {
    let sight = Sight {
        entity: Some(key(7)),
        ..Sight::ALL
    };
    shown(query, sight, |registry, plan, dialect| {
        sql::page(registry, &plan.shape, dialect, false)
    })
}

fn shown(query: &Ask, sight: Sight, make: fn(&Registry, &Plan, Dialect) -> Text) -> String {
    let registry = Registry::shipped().expect("whole declarations");
    let plan = query.plan(&registry, sight);
    in_both(&plan, |dialect| make(&registry, &plan, dialect))
}

/// The text in both dialects, then what its parameters stand for.
fn in_both(plan: &Plan, make: impl Fn(Dialect) -> Text) -> String {
    let (sqlite, postgres) = (make(Dialect::Sqlite), make(Dialect::Postgres));
    assert_eq!(
        sqlite.slots, postgres.slots,
        "both dialects bind the same in the same order"
    );
    let mut lines = vec![
        format!("sqlite    {}", sqlite.sql),
        format!("postgres  {}", postgres.sql),
    ];
    for (at, slot) in sqlite.slots.iter().enumerate() {
        let bound = match slot {
            Slot::Value(number) => format!("{:?}", plan.values[usize::from(*number) - 1]),
            other => format!("{other:?}"),
        };
        lines.push(format!("{} = {bound}", at + 1));
    }
    lines.join("\n")
}

#[test]
fn a_list_is_bounded_and_ends_its_order_with_the_key() {
    assert_snapshot!(sql_for(&ask(DEPARTMENT, &["id", "name"])), @r#"
    sqlite    select t."id", t."name", t."key" from "department" t where t."company" = ?1 order by t."key" asc limit ?2 offset ?3
    postgres  select t."id", t."name", t."key" from "department" t where t."company" = $1 order by t."key" asc limit $2 offset $3
    1 = Company
    2 = Limit
    3 = Offset
    "#);
}

#[test]
fn a_record_reads_its_references_by_the_way() {
    let registry = Registry::shipped().expect("whole declarations");
    let department = registry
        .named(DEPARTMENT)
        .expect("departments are declared");
    let plan = Plan::record(&registry, department, Sight::ALL, key(3));
    assert_snapshot!(in_both(&plan, |dialect| sql::page(&registry, &plan.shape, dialect, false)), @r#"
    sqlite    select t."key", t."created_at", t."modified_at", t."created_by", t."modified_by", t."created_by", r1."id", t."created_by", t."modified_by", r2."id", t."modified_by", t."id", t."name", t."number", t."report_title", t."parent", r3."id", r3."name", t."parent", t."supervisor", r4."id", r4."name", t."supervisor", t."status", t."key", t."version" from "department" t left join "user" r1 on r1."company" = ?1 and r1."key" = t."created_by" left join "user" r2 on r2."company" = ?1 and r2."key" = t."modified_by" left join "department" r3 on r3."company" = ?1 and r3."key" = t."parent" left join "employee" r4 on r4."company" = ?1 and r4."key" = t."supervisor" where t."company" = ?1 and t."key" = ?2 order by t."key" asc limit ?3 offset ?4
    postgres  select t."key", t."created_at", t."modified_at", t."created_by", t."modified_by", t."created_by", r1."id", t."created_by", t."modified_by", r2."id", t."modified_by", t."id", t."name", t."number", t."report_title", t."parent", r3."id", r3."name", t."parent", t."supervisor", r4."id", r4."name", t."supervisor", t."status", t."key", t."version" from "department" t left join "user" r1 on r1."company" = $1 and r1."key" = t."created_by" left join "user" r2 on r2."company" = $1 and r2."key" = t."modified_by" left join "department" r3 on r3."company" = $1 and r3."key" = t."parent" left join "employee" r4 on r4."company" = $1 and r4."key" = t."supervisor" where t."company" = $1 and t."key" = $2 order by t."key" asc limit $3 offset $4
    1 = Company
    2 = One(Key(RecordKey(3)))
    3 = Limit
    4 = Offset
    "#);
}

#[test]
fn a_filter_may_look_through_a_reference() {
    let query = ask(DEPARTMENT, &["id"]).filter("$eq", "parent.name", text("Sales"));
    assert_snapshot!(sql_for(&query), @r#"
    sqlite    select t."id", t."key" from "department" t left join "department" r1 on r1."company" = ?1 and r1."key" = t."parent" where t."company" = ?1 and r1."name" = ?2 order by t."key" asc limit ?3 offset ?4
    postgres  select t."id", t."key" from "department" t left join "department" r1 on r1."company" = $1 and r1."key" = t."parent" where t."company" = $1 and r1."name" = $2 order by t."key" asc limit $3 offset $4
    1 = Company
    2 = One(Text("Sales"))
    3 = Limit
    4 = Offset
    "#);
}

#[test]
fn the_key_of_a_reference_needs_no_join() {
    let query = ask(DEPARTMENT, &["id", "parent.key"]).filter("$gt", "parent.key", text("5"));
    assert_snapshot!(sql_for(&query), @r#"
    sqlite    select t."id", t."parent", t."key" from "department" t where t."company" = ?1 and t."parent" > ?2 order by t."key" asc limit ?3 offset ?4
    postgres  select t."id", t."parent", t."key" from "department" t where t."company" = $1 and t."parent" > $2 order by t."key" asc limit $3 offset $4
    1 = Company
    2 = One(Key(RecordKey(5)))
    3 = Limit
    4 = Offset
    "#);
}

#[test]
fn a_list_of_values_is_one_parameter() {
    let query = ask(DEPARTMENT, &["id"]).among("status", &["active", "inactive"]);
    assert_snapshot!(sql_for(&query), @r#"
    sqlite    select t."id", t."key" from "department" t where t."company" = ?1 and t."status" in (select value from json_each(?2)) order by t."key" asc limit ?3 offset ?4
    postgres  select t."id", t."key" from "department" t where t."company" = $1 and t."status" = any($2) order by t."key" asc limit $3 offset $4
    1 = Company
    2 = Many([Text("active"), Text("inactive")])
    3 = Limit
    4 = Offset
    "#);
}

#[test]
fn contains_takes_wildcards_literally() {
    let query = ask(DEPARTMENT, &["id"])
        .filter("$contains", "name", text("50%"))
        .filter("$contains", "id", text("a_b"));
    assert_snapshot!(sql_for(&query), @r#"
    sqlite    select t."id", t."key" from "department" t where t."company" = ?1 and (instr(t."name", ?2) > 0 and instr(t."id", ?3) > 0) order by t."key" asc limit ?4 offset ?5
    postgres  select t."id", t."key" from "department" t where t."company" = $1 and (strpos(t."name", $2) > 0 and strpos(t."id", $3) > 0) order by t."key" asc limit $4 offset $5
    1 = Company
    2 = One(Text("50%"))
    3 = One(Text("a_b"))
    4 = Limit
    5 = Offset
    "#);
}

#[test]
fn contains_searches_a_number_by_its_digits() {
    let query = ask(DEPARTMENT, &["id"]).filter("$contains", "key", text("12"));
    assert_snapshot!(sql_for(&query), @r#"
    sqlite    select t."id", t."key" from "department" t where t."company" = ?1 and instr(cast(t."key" as text), ?2) > 0 order by t."key" asc limit ?3 offset ?4
    postgres  select t."id", t."key" from "department" t where t."company" = $1 and strpos(cast(t."key" as text), $2) > 0 order by t."key" asc limit $3 offset $4
    1 = Company
    2 = One(Text("12"))
    3 = Limit
    4 = Offset
    "#);
}

#[test]
fn null_is_tested_and_never_bound() {
    let query = ask(DEPARTMENT, &["id"])
        .filter("$eq", "reportTitle", Scalar::Null)
        .filter("$ne", "parent.id", Scalar::Null)
        .by("1 or 2");
    assert_snapshot!(sql_for(&query), @r#"
    sqlite    select t."id", t."key" from "department" t left join "department" r1 on r1."company" = ?1 and r1."key" = t."parent" where t."company" = ?1 and (t."report_title" is null or r1."id" is not null) order by t."key" asc limit ?2 offset ?3
    postgres  select t."id", t."key" from "department" t left join "department" r1 on r1."company" = $1 and r1."key" = t."parent" where t."company" = $1 and (t."report_title" is null or r1."id" is not null) order by t."key" asc limit $2 offset $3
    1 = Company
    2 = Limit
    3 = Offset
    "#);
}

#[test]
fn another_value_may_be_none() {
    let query = ask(DEPARTMENT, &["id"]).filter("$ne", "reportTitle", text("Cost"));
    assert_snapshot!(sql_for(&query), @r#"
    sqlite    select t."id", t."key" from "department" t where t."company" = ?1 and (t."report_title" <> ?2 or t."report_title" is null) order by t."key" asc limit ?3 offset ?4
    postgres  select t."id", t."key" from "department" t where t."company" = $1 and (t."report_title" <> $2 or t."report_title" is null) order by t."key" asc limit $3 offset $4
    1 = Company
    2 = One(Text("Cost"))
    3 = Limit
    4 = Offset
    "#);
}

#[test]
fn nulls_sort_as_the_smallest() {
    let query = ask(DEPARTMENT, &["id"])
        .up("reportTitle")
        .down("name")
        .down("key");
    assert_snapshot!(sql_for(&query), @r#"
    sqlite    select t."id" from "department" t where t."company" = ?1 order by t."report_title" asc, t."name" desc, t."key" desc limit ?2 offset ?3
    postgres  select t."id" from "department" t where t."company" = $1 order by t."report_title" asc nulls first, t."name" desc, t."key" desc limit $2 offset $3
    1 = Company
    2 = Limit
    3 = Offset
    "#);
}

#[test]
fn a_page_carries_versions_in_the_same_statement() {
    let query = ask(DEPARTMENT, &["id"])
        .filter("$lt", "name", text("M"))
        .window(21, 20);
    assert_snapshot!(carried_for(&query), @r#"
    sqlite    select s."version" as server_version, c."version" as company_version, u."version" as user_version, (select cast(coalesce(sum(n."number"), 0) as bigint) from "change_number" n where n."company" = ?1 and n."object" in ('department')) as change_number, p.here, p.c0, p.c1 from "server_version" s left join "access_version" c on c."company" = ?1 and c."subject" = 0 left join "access_version" u on u."company" = ?1 and u."subject" = ?2 left join (select cast(1 as bigint) as here, t."id" as c0, t."key" as c1 from "department" t where t."company" = ?1 and t."name" < ?3 order by t."key" asc limit ?4 offset ?5) p on true
    postgres  select s."version" as server_version, c."version" as company_version, u."version" as user_version, (select cast(coalesce(sum(n."number"), 0) as bigint) from "change_number" n where n."company" = $1 and n."object" in ('department')) as change_number, p.here, p.c0, p.c1 from "server_version" s left join "access_version" c on c."company" = $1 and c."subject" = 0 left join "access_version" u on u."company" = $1 and u."subject" = $2 left join (select cast(1 as bigint) as here, t."id" as c0, t."key" as c1 from "department" t where t."company" = $1 and t."name" < $3 order by t."key" asc limit $4 offset $5) p on true
    1 = Company
    2 = User
    3 = One(Text("M"))
    4 = Limit
    5 = Offset
    "#);
}

#[test]
fn a_count_follows_only_what_its_condition_needs() {
    let fields = [
        "id",
        "contact.lastName",
        "entity.name",
        "audit.createdByUser.contact.lastName",
    ];
    let query = ask(USER, &fields)
        .filter(
            "$eq",
            "entity.contacts.primary.mailingAddress.city",
            text("Ghent"),
        )
        .up("contact.lastName");
    assert_snapshot!(count_for(&query), @r#"
    sqlite    select count(*) from "user" t left join "location" r2 on r2."company" = ?1 and r2."key" = t."entity" left join "contact" r5 on r5."company" = ?1 and r5."key" = r2."contacts_primary" where t."company" = ?1 and r5."mailing_address_city" = ?2
    postgres  select count(*) from "user" t left join "location" r2 on r2."company" = $1 and r2."key" = t."entity" left join "contact" r5 on r5."company" = $1 and r5."key" = r2."contacts_primary" where t."company" = $1 and r5."mailing_address_city" = $2
    1 = Company
    2 = One(Text("Ghent"))
    "#);
}

#[test]
fn an_entity_sees_its_own_rows_and_the_shared_ones() {
    let query = ask(USER, &["id", "contact.key", "contact.lastName"]).filter(
        "$eq",
        "contact.lastName",
        text("Lee"),
    );
    assert_snapshot!(sql_in_entity(&query), @r#"
    sqlite    select t."id", r1."key", r1."last_name", t."key" from "user" t left join "contact" r1 on r1."company" = ?1 and r1."key" = t."contact" and (r1."entity" is null or r1."entity" = ?2) where t."company" = ?1 and ((t."entity" is null or t."entity" = ?3) and r1."last_name" = ?4) order by t."key" asc limit ?5 offset ?6
    postgres  select t."id", r1."key", r1."last_name", t."key" from "user" t left join "contact" r1 on r1."company" = $1 and r1."key" = t."contact" and (r1."entity" is null or r1."entity" = $2) where t."company" = $1 and ((t."entity" is null or t."entity" = $3) and r1."last_name" = $4) order by t."key" asc limit $5 offset $6
    1 = Company
    2 = One(Key(RecordKey(7)))
    3 = One(Key(RecordKey(7)))
    4 = One(Text("Lee"))
    5 = Limit
    6 = Offset
    "#);
}

#[test]
fn a_shared_table_is_told_apart_by_its_fixed_value() {
    assert_snapshot!(sql_in_entity(&ask("company-config/entity", &["id"])), @r#"
    sqlite    select t."id", t."key" from "location" t where t."company" = ?1 and (t."location_type" = ?2 and t."key" = ?3) order by t."key" asc limit ?4 offset ?5
    postgres  select t."id", t."key" from "location" t where t."company" = $1 and (t."location_type" = $2 and t."key" = $3) order by t."key" asc limit $4 offset $5
    1 = Company
    2 = One(Text("entity"))
    3 = One(Key(RecordKey(7)))
    4 = Limit
    5 = Offset
    "#);
}

#[test]
fn equal_shapes_share_one_text() {
    let registry = Registry::shipped().expect("whole declarations");
    let shape = |query: Ask| query.plan(&registry, Sight::ALL).shape;
    let one = |name: &str| ask(DEPARTMENT, &["id"]).filter("$eq", "name", text(name));
    assert_eq!(shape(one("a")), shape(one("b").window(101, 7)));
    let among = |names: &[&str]| ask(DEPARTMENT, &["id"]).among("name", names);
    assert_eq!(shape(among(&[])), shape(among(&["a", "b", "c"])));
    assert_ne!(
        shape(one("a")),
        shape(ask(DEPARTMENT, &["id"]).filter("$eq", "name", Scalar::Null))
    );
}

#[test]
fn a_quote_in_a_name_ends_nothing() {
    assert_eq!(sql::quoted(r#"a"b"#), r#""a""b""#);
}

#[test]
fn writes_bind_every_column_once() {
    let registry = Registry::shipped().expect("whole declarations");
    let role = registry
        .named("company-config/role")
        .expect("roles are declared");
    let user = registry.named(USER).expect("users are declared");
    let (_, list) = user.lists().next().expect("users have lists");
    let dialect = Dialect::Postgres;
    let texts = [
        sql::insert(role, dialect),
        sql::update(role, dialect),
        sql::delete(role, dialect),
        sql::list_insert(list, dialect),
        sql::list_delete(list, dialect),
    ];
    let lines: Vec<&str> = texts.iter().map(|text| &*text.sql).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    insert into "role" ("company", "key", "version", "created_at", "modified_at", "created_by", "modified_by", "id", "id_fold", "description", "role_type", "apply_to") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    update "role" as t set "version" = $1, "created_at" = $2, "modified_at" = $3, "created_by" = $4, "modified_by" = $5, "id" = $6, "id_fold" = $7, "description" = $8, "role_type" = $9, "apply_to" = $10 where t."company" = $11 and t."key" = $12
    delete from "role" as t where t."company" = $1 and t."key" = $2
    insert into "user_locations" ("company", "owner", "place", "target") values ($1, $2, $3, $4)
    delete from "user_locations" as t where t."company" = $1 and t."owner" = $2
    "#);
}

#[test]
fn bookkeeping_is_bounded_too() {
    let lines: Vec<String> = sql::system::all(Dialect::Postgres)
        .into_iter()
        .map(|(name, text)| format!("{name}: {}", text.sql))
        .collect();
    assert_snapshot!(lines.join("\n"), @r#"
    versions: select s."version" as server_version, c."version" as company_version, u."version" as user_version, (select cast(coalesce(sum(n."number"), 0) as bigint) from "change_number" n where n."company" = $1 and n."object" in ('user', 'contact')) as change_number from "server_version" s left join "access_version" c on c."company" = $1 and c."subject" = 0 left join "access_version" u on u."company" = $1 and u."subject" = $2
    lock_company: select v."version" from "access_version" v where v."company" = $1 and v."subject" = 0 for update
    hold_company: select v."version" from "access_version" v where v."company" = $1 and v."subject" = 0 for share
    lock_server: select v."version" from "server_version" v for update
    raise_access: insert into "access_version" ("company", "subject", "version") values ($1, $2, 1) on conflict ("company", "subject") do update set "version" = "access_version"."version" + 1
    raise_server: update "server_version" set "version" = "version" + 1
    drop_access: delete from "access_version" as v where v."company" = $1 and v."subject" = $2
    next_key: insert into "company_key" ("company", "object", "next") values ($1, $2, 2) on conflict ("company", "object") do update set "next" = "company_key"."next" + 1 returning "next" - 1
    next_keys: insert into "company_key" ("company", "object", "next") values ($1, $2, 1 + cast($3 as bigint)) on conflict ("company", "object") do update set "next" = "company_key"."next" + cast($3 as bigint) returning "next" - cast($3 as bigint)
    last_key: select k."next" - 1 from "company_key" k where k."company" = $1 and k."object" = $2
    next_server_key: insert into "server_key" ("object", "next") values ($1, 2) on conflict ("object") do update set "next" = "server_key"."next" + 1 returning "next" - 1
    raise_change: insert into "change_number" ("company", "object", "number") values ($1, $2, 1) on conflict ("company", "object") do update set "number" = "change_number"."number" + 1
    "#);
}

#[test]
fn a_plan_of_the_system_binds_what_is_equal_and_tests_null() {
    let registry = Registry::shipped().expect("whole declarations");
    let equal = [
        ("hash", Value::Bytes(vec![1, 2])),
        ("lastUsedAt", Value::Null),
    ];
    let plan = Plan::internal(
        &registry,
        "sidegate/credential",
        &["key", "user.status"],
        &equal,
        1,
    );
    assert_snapshot!(in_both(&plan, |dialect| sql::page(&registry, &plan.shape, dialect, false)), @r#"
    sqlite    select t."key", r1."status" from "credential" t left join "user" r1 on r1."company" = ?1 and r1."key" = t."user" where t."company" = ?1 and (t."hash" = ?2 and t."last_used_at" is null) order by t."key" asc limit ?3 offset ?4
    postgres  select t."key", r1."status" from "credential" t left join "user" r1 on r1."company" = $1 and r1."key" = t."user" where t."company" = $1 and (t."hash" = $2 and t."last_used_at" is null) order by t."key" asc limit $3 offset $4
    1 = Company
    2 = One(Bytes([1, 2]))
    3 = Limit
    4 = Offset
    "#);
}
