//! Two companies with the same keys in one database: neither notices the other.
//!
//! What a company answers beside another one is compared with what it answers alone.

use std::sync::OnceLock;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use sidegate::demo_data;
use sidegate_engine::Source;
use sidegate_engine::audit::Verdict;
use sidegate_model::RecordKey;
use sidegate_store::testing::{Template, TestDatabase};

use crate::harness::{Answer, NOON, SMALL, World, credentials, engine_on};
use crate::support::{company, rows, verified};

static BOTH: OnceLock<Template> = OnceLock::new();

const OBJECTS: [&str; 6] = [
    "entity",
    "location",
    "department",
    "role",
    "contact",
    "user",
];

/// A Sidegate with the companies HARBOR and QUAY.
fn both() -> World {
    World::on(TestDatabase::filled(&BOTH, |location| {
        let engine = engine_on(location, &Source::fixed(NOON));
        for id in ["HARBOR", "QUAY"] {
            demo_data::ensure_from(&engine, credentials(), id, SMALL).expect("a company");
        }
        engine.stop();
    }))
}

/// Status and body, without the ids that are new with each request.
fn told(answer: &Answer) -> (u16, Value) {
    fn still(value: &mut Value) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    if ["supportId", "requestId", "access_token", "refresh_token"]
                        .contains(&name.as_str())
                    {
                        *value = Value::Null;
                    } else {
                        still(value);
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(still),
            _ => {}
        }
    }
    let mut body = if answer.body.is_empty() {
        Value::Null
    } else {
        answer.json()
    };
    still(&mut body);
    (answer.status.as_u16(), body)
}

fn fine(answer: &Answer) -> &Answer {
    let shown = String::from_utf8_lossy(&answer.body);
    assert!(answer.status.is_success(), "{} {shown}", answer.status);
    answer
}

fn path(object: &str) -> String {
    format!("/objects/company-config/{object}")
}

fn keys(world: &World, token: &str, object: &str) -> Vec<String> {
    let list = world.call(
        "GET",
        &format!("{}?size=4000", path(object)),
        Some(token),
        None,
    );
    let list = fine(&list).json();
    let items = list["ia::result"].as_array().expect("a list");
    items
        .iter()
        .map(|item| item["key"].as_str().expect("a key").to_owned())
        .collect()
}

/// Every record of a company, whole.
fn dump(world: &World, token: &str) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for object in OBJECTS {
        for key in keys(world, token, object) {
            let path = format!("{}/{key}", path(object));
            let answer = world.call("GET", &path, Some(token), None);
            all.push((path, told(fine(&answer)).1));
        }
    }
    all
}

/// The audit trail of a company without hashes and requests, and that its chain is whole.
fn trail(world: &World, company: RecordKey) -> Vec<Vec<String>> {
    let verdict = verified(&world.engine, company);
    let company = company.number();
    let mut connection = world.database.open();
    let sql = format!(
        "select cast(e.\"key\" as text), e.\"event\", e.\"object\", cast(e.\"record\" as text), cast(e.\"actor\" as text), \
         l.\"field\", l.\"before\", l.\"after\" from \"audit_entry\" e left join \"audit_line\" l \
         on l.\"company\" = e.\"company\" and l.\"entry\" = e.\"key\" where e.\"company\" = {company} order by e.\"key\", l.\"key\""
    );
    let found = rows(&mut connection, 8, &sql);
    let entries = found
        .iter()
        .map(|row| row[0].parse::<i64>().expect("a number"))
        .max();
    assert_eq!(
        verdict,
        Verdict::Whole {
            entries: entries.unwrap_or_default()
        }
    );
    found
}

fn named(object: &str, key: &str, token: &str, world: &World, body: &Value) {
    fine(&world.call(
        "PATCH",
        &format!("{}/{key}", path(object)),
        Some(token),
        Some(body),
    ));
}

/// Changes QUAY in every way, so that whatever shows of it in HARBOR shows as a difference.
fn stir(world: &World, token: &str) {
    let make = |object: &str, body: Value| {
        let answer = world.call("POST", &path(object), Some(token), Some(&body));
        fine(&answer).json()["ia::result"]["key"]
            .as_str()
            .expect("a key")
            .to_owned()
    };
    for (object, field) in [
        ("entity", "name"),
        ("location", "name"),
        ("department", "name"),
        ("role", "description"),
        ("contact", "printAs"),
        ("user", "userName"),
    ] {
        for key in keys(world, token, object) {
            let body = json!({field: format!("Quay {object} {key}")});
            let answer = world.call(
                "PATCH",
                &format!("{}/{key}", path(object)),
                Some(token),
                Some(&body),
            );
            // Entities are locations too, and are changed as entities only.
            assert!(
                answer.status == 200 || object == "location",
                "{} {}",
                answer.status,
                answer.json()
            );
        }
    }
    make(
        "entity",
        json!({"id": "E900", "name": "Quay only", "federalId": null}),
    );
    make(
        "department",
        json!({"id": "ONLY-QUAY", "name": "Quay only"}),
    );
    make(
        "role",
        json!({"id": "Only quay", "description": "Quay only"}),
    );
    make(
        "contact",
        json!({"id": "only-quay", "printAs": "Quay Only", "firstName": "Quay", "lastName": "Only"}),
    );
    make(
        "location",
        json!({"id": "ONLY-QUAY", "name": "Quay only", "parent": {"id": "E900"}}),
    );
    make(
        "user",
        json!({
            "id": "only_quay", "accountEmail": "only@quay.example", "userType": "business",
            "contact": {"id": "only-quay-user", "printAs": "Quay User", "firstName": "Quay", "lastName": "User"},
            "roles": [{"id": "Only quay"}],
        }),
    );
    let sales = keys(world, token, "department")
        .pop()
        .expect("a department");
    assert_eq!(sales, "6");
    fine(&world.call("DELETE", &path("department/5"), Some(token), None));
    fine(&world.call("DELETE", &path("contact/9"), Some(token), None));
}

/// Everything that a client can ask of a company, with values that only the other one has among it.
fn requests() -> Vec<(&'static str, String, Option<Value>, Option<&'static str>)> {
    let mut all = Vec::new();
    let mut add = |method, path: String, body, entity| all.push((method, path, body, entity));
    let query = |body: Value| Some(body);
    for object in OBJECTS {
        add("GET", path(object), None, None);
        add(
            "GET",
            format!("{}?size=2&start=2", path(object)),
            None,
            None,
        );
        for key in 1..=12 {
            add("GET", format!("{}/{key}", path(object)), None, None);
            add("GET", format!("{}/{key}", path(object)), None, Some("E200"));
        }
        for entity in ["E100", "E200", "E900"] {
            add("GET", path(object), None, Some(entity));
        }
        for (operator, value) in [
            ("$eq", json!("only_quay")),
            ("$eq", json!("admin")),
            ("$ne", json!("admin")),
            (
                "$in",
                json!(["admin", "only-quay", "ONLY-QUAY", "Only quay", "FIN"]),
            ),
            ("$contains", json!("quay")),
            ("$contains", json!("a")),
            ("$gt", json!("M")),
            ("$lt", json!("M")),
        ] {
            for size in [1, 100] {
                add(
                    "POST",
                    "/services/core/query".to_owned(),
                    query(json!({
                        "object": format!("company-config/{object}"), "fields": ["key", "id", "href"],
                        "filters": [{operator: {"id": value}}], "orderBy": [{"id": "desc"}], "size": size,
                    })),
                    None,
                );
            }
        }
    }
    // Dotted paths through references, selected, filtered and sorted.
    for (operator, field, value) in [
        ("$eq", "contact.id", json!("only-quay-user")),
        ("$eq", "contact.id", json!("jlee")),
        ("$ne", "contact.lastName", json!("Lee")),
        ("$in", "contact.key", json!(["1", "2", "10", "11"])),
        ("$contains", "contact.printAs", json!("Quay")),
        ("$contains", "contact.printAs", json!("e")),
        ("$gt", "contact.key", json!("3")),
        ("$lt", "contact.lastName", json!("M")),
        ("$eq", "contact.mailingAddress.city", json!("London")),
        ("$eq", "entity.id", json!(null)),
    ] {
        for entity in [None, Some("E100")] {
            add(
                "POST",
                "/services/core/query".to_owned(),
                query(json!({
                    "object": "company-config/user",
                    "fields": ["id", "userName", "contact.id", "contact.printAs", "contact.mailingAddress.city", "entity.id"],
                    "filters": [{operator: {field: value}}], "orderBy": [{"contact.lastName": "asc"}, {"key": "desc"}], "size": 2,
                })),
                entity,
            );
        }
    }
    for field in ["parent.id", "parent.name"] {
        for object in ["department", "location"] {
            add(
                "POST",
                "/services/core/query".to_owned(),
                query(json!({
                    "object": format!("company-config/{object}"), "fields": ["id", "name", "parent.id", "parent.name", "parent.key"],
                    "filters": [{"$ne": {field: "E900"}}, {"$contains": {field: "a"}}], "filterExpression": "1 or 2",
                    "orderBy": [{"parent.name": "desc"}, {"id": "asc"}],
                })),
                None,
            );
        }
    }
    // References to what only the other company has, by key and by id.
    let department = || path("department");
    for parent in [
        json!({"id": "ONLY-QUAY"}),
        json!({"key": "6"}),
        json!({"key": "6", "id": "ONLY-QUAY"}),
    ] {
        add(
            "POST",
            department(),
            query(json!({"id": "NEW", "name": "New", "parent": parent})),
            None,
        );
        add(
            "PATCH",
            format!("{}/2", department()),
            query(json!({"parent": parent})),
            None,
        );
    }
    for list in [
        json!({"roles": [{"id": "Only quay"}]}),
        json!({"roles": [{"key": "5"}]}),
        json!({"entities": [{"id": "E900"}]}),
        json!({"departments": [{"key": "6"}]}),
        json!({"locations": [{"id": "ONLY-QUAY"}]}),
    ] {
        add("PATCH", path("user/4"), Some(list), None);
    }
    for contact in [
        json!({"id": "only-quay"}),
        json!({"key": "10"}),
        json!({"id": "freight-partner"}),
    ] {
        add(
            "POST",
            path("user"),
            query(
                json!({"id": "newcomer", "accountEmail": "new@harbor.example", "contact": contact}),
            ),
            None,
        );
    }
    // Ids that the other company has are free here; what it deleted is not.
    add(
        "POST",
        department(),
        query(json!({"id": "ONLY-QUAY", "name": "Harbor has it too"})),
        None,
    );
    add(
        "POST",
        department(),
        query(json!({"id": "SALES", "name": "Taken"})),
        None,
    );
    add(
        "POST",
        department(),
        query(json!({"id": "only-quay", "name": "Taken by now"})),
        None,
    );
    add(
        "POST",
        path("contact"),
        query(json!({"id": "only-quay", "printAs": "Mine"})),
        Some("E200"),
    );
    add(
        "POST",
        path("contact"),
        query(json!({"id": "northwind", "printAs": "Taken"})),
        None,
    );
    add(
        "PATCH",
        path("department/5"),
        query(json!({"name": "Still here"})),
        None,
    );
    add(
        "PATCH",
        path("contact/9"),
        query(json!({"phone1": "1"})),
        None,
    );
    add(
        "PATCH",
        path("department/40"),
        query(json!({"name": "Nowhere"})),
        None,
    );
    add(
        "PATCH",
        path("user/7"),
        query(json!({"status": "inactive"})),
        None,
    );
    add(
        "PATCH",
        path("user/4"),
        query(json!({"userName": "J. Lee", "contact": {"phone1": "2"}})),
        None,
    );
    add("DELETE", path("role/5"), None, None);
    add("DELETE", path("user/8"), None, None);
    add("DELETE", path("role/2"), None, None);
    add("DELETE", path("department/4"), None, None);
    add("DELETE", path("user/6"), None, None);
    add("DELETE", path("entity/1"), None, None);
    all
}

fn send(
    world: &World,
    token: &str,
    method: &str,
    path: &str,
    body: Option<&Value>,
    entity: Option<&str>,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/ia/api/v1{path}"))
        .header("authorization", format!("Bearer {token}"));
    if let Some(entity) = entity {
        request = request.header("X-IA-API-Param-Entity", entity);
    }
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map_or(Body::empty(), |body| Body::from(body.to_string()));
    world.send(request.body(body).expect("a request"))
}

#[test]
fn a_company_answers_beside_another_as_it_answers_alone() {
    let (alone, beside) = (World::harbor(), both());
    let quay = beside.token("ws_sync@QUAY");
    stir(&beside, &quay);
    let others = dump(&beside, &quay);
    let others_trail = trail(&beside, company(&beside.engine, "QUAY"));
    let one = alone.token("ws_sync@HARBOR");
    let two = beside.token("ws_sync@HARBOR");
    let all = requests();
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for (method, path, body, entity) in &all {
        let wanted = told(&send(&alone, &one, method, path, body.as_ref(), *entity));
        let got = told(&send(&beside, &two, method, path, body.as_ref(), *entity));
        assert_eq!(got, wanted, "{method} {path} {body:?} in {entity:?}");
        *statuses.entry(got.0).or_default() += 1;
    }
    // The requests are of use only if they do what they are there for.
    assert!(all.len() > 300, "{}", all.len());
    for status in [200, 201, 204, 400, 403, 404, 409, 422] {
        assert!(statuses.contains_key(&status), "{statuses:?}");
    }
    assert_eq!(dump(&beside, &two), dump(&alone, &one));
    assert_eq!(
        trail(&beside, company(&beside.engine, "HARBOR")),
        trail(&alone, company(&alone.engine, "HARBOR"))
    );
    // And HARBOR's writes left the other company as it was.
    assert_eq!(dump(&beside, &quay), others);
    assert_eq!(
        trail(&beside, company(&beside.engine, "QUAY")),
        others_trail
    );
}

#[test]
fn a_token_request_knows_only_its_own_company() {
    let (alone, beside) = (World::harbor(), both());
    let quay = beside.token("ws_sync@QUAY");
    stir(&beside, &quay);
    for name in [
        "ws_sync@HARBOR|E900",
        "only_quay@HARBOR",
        "ws_sync@HARBOR|E200",
        "ws_sync@NOWHERE",
    ] {
        assert_eq!(
            told(&beside.grant(name)),
            told(&alone.grant(name)),
            "{name}"
        );
    }
    assert_eq!(beside.grant("ws_sync@QUAY|E900").status, 200);
}

fn refresh(world: &World, token: &Value) -> Answer {
    let body = json!({
        "grant_type": "refresh_token", "client_id": credentials().client_id,
        "client_secret": credentials().client_secret, "refresh_token": token,
    });
    world.call("POST", "/oauth2/token", None, Some(&body))
}

fn revoke(world: &World, token: &Value) -> Answer {
    let body = json!({"client_id": credentials().client_id, "client_secret": credentials().client_secret, "token": token});
    world.call("POST", "/oauth2/revoke", None, Some(&body))
}

#[test]
fn refreshing_and_revoking_in_one_company_leaves_the_tokens_of_the_other() {
    let world = both();
    let harbor = world.grant("ws_sync@HARBOR").json();
    let quay = world.grant("ws_sync@QUAY").json();
    let works = |token: &Value| {
        world
            .call("GET", &path("user"), token.as_str(), None)
            .status
            == 200
    };
    // A refresh token used twice ends its family; in the other company the same user goes on.
    let second = refresh(&world, &harbor["refresh_token"]).json();
    assert_eq!(refresh(&world, &harbor["refresh_token"]).status, 400);
    assert!(!works(&second["access_token"]));
    assert!(works(&quay["access_token"]));
    let quay = refresh(&world, &quay["refresh_token"]).json();
    assert!(works(&quay["access_token"]));
    // Revoking ends all of user and client, whose keys are the same in both.
    let harbor = world.grant("ws_sync@HARBOR").json();
    assert_eq!(
        revoke(&world, &harbor["access_token"]).json(),
        json!({"revoked": true})
    );
    assert!(!works(&harbor["access_token"]));
    assert!(works(&quay["access_token"]));
    let harbor = world.grant("ws_sync@HARBOR").json();
    assert_eq!(
        revoke(&world, &quay["refresh_token"]).json(),
        json!({"revoked": true})
    );
    assert!(!works(&quay["access_token"]));
    assert!(works(&harbor["access_token"]));
}

#[test]
fn locking_a_user_of_one_company_leaves_the_same_key_in_the_other() {
    let world = both();
    let (harbor, quay) = (world.token("ws_bare@HARBOR"), world.token("ws_bare@QUAY"));
    let admin = world.token("ws_sync@HARBOR");
    named("user", "3", &admin, &world, &json!({"status": "lockedOut"}));
    assert_eq!(
        world.call("GET", &path("user"), Some(&harbor), None).status,
        401
    );
    assert_eq!(
        world.call("GET", &path("user"), Some(&quay), None).status,
        200
    );
}

#[test]
fn a_total_remembered_in_one_company_is_not_that_of_the_other() {
    let world = both();
    let (harbor, quay) = (world.token("ws_sync@HARBOR"), world.token("ws_sync@QUAY"));
    let count = |token: &str| {
        // More rows than the page has, so that they are counted and the total is remembered.
        let body = json!({"object": "company-config/contact", "fields": ["id"], "filters": [{"$ne": {"status": "inactive"}}], "size": 1});
        let answer = world.call("POST", "/services/core/query", Some(token), Some(&body));
        fine(&answer).json()["ia::meta"]["totalCount"]
            .as_i64()
            .expect("a total")
    };
    let make = |token: &str, id: &str| {
        let body = json!({"id": id, "printAs": id});
        fine(&world.call("POST", &path("contact"), Some(token), Some(&body)));
    };
    assert_eq!((count(&harbor), count(&quay)), (9, 9));
    // One change in each, so that only the company tells the two totals apart.
    make(&harbor, "one");
    fine(&world.call("DELETE", &path("contact/9"), Some(&quay), None));
    assert_eq!((count(&harbor), count(&quay)), (10, 8));
    assert_eq!((count(&quay), count(&harbor)), (8, 10));
    make(&quay, "one");
    assert_eq!((count(&harbor), count(&quay)), (10, 9));
    make(&harbor, "two");
    make(&harbor, "three");
    assert_eq!((count(&harbor), count(&quay)), (12, 9));
}
