//! What leaves a trail though it changes nothing: refusals, failed sign-ins, reads of personal data, and
//! the last use of secrets.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use serde_json::{Value, json};
use sidegate_engine::Door;
use sidegate_engine::audit::Verdict;
use sidegate_engine::authorizing::Party;
use sidegate_store::Connection;
use sidegate_store::backend::Access;

use crate::harness::{Answer, World, credentials};
use crate::support::{company, key_of, number, rows, set, verified};

const HISTORY: &str = "company-config/audit-history";
const ADVANCED: &str = "company-config/advanced-audit-history";
const DEPARTMENT: &str = "/objects/company-config/department";
/// A minute and a bit.
const LATER: i64 = 61_000_000;

/// Rows of a history that an administrator reads.
fn history(world: &World, object: &str, fields: &[&str], equal: &Value) -> Vec<Value> {
    let token = world.token("ws_bare@HARBOR");
    let query =
        json!({"object": object, "fields": fields, "filters": [{"$eq": equal}], "size": 4000});
    let answer = world.call("POST", "/services/core/query", Some(&token), Some(&query));
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()["ia::result"]
        .as_array()
        .expect("rows")
        .clone()
}

fn refused(world: &World, fields: &[&str]) -> Vec<Value> {
    history(
        world,
        HISTORY,
        fields,
        &json!({"changeSource.workflowAction": "refused"}),
    )
}

fn read(world: &World) -> Vec<Value> {
    let fields = [
        "accessDetails.objectName",
        "accessDetails.objectId",
        "accessSource.completedBy",
        "accessSource.workflowAction",
    ];
    let equal = json!({"accessSource.actionPerformed": "personalDataAccess"});
    history(world, ADVANCED, &fields, &equal)
}

/// A request from an address.
fn from(
    world: &World,
    address: &str,
    method: &str,
    path: &str,
    token: &str,
    body: &Value,
) -> Answer {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("/ia/api/v1{path}"))
        .header("content-type", "application/json");
    if !token.is_empty() {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let mut request = request
        .body(Body::from(body.to_string()))
        .expect("a request");
    let address = SocketAddr::new(address.parse().expect("an address"), 4711);
    request.extensions_mut().insert(ConnectInfo(address));
    world.send(request)
}

fn grant(world: &World, address: &str, client: &str, secret: &str, user: &str) -> Answer {
    let body = json!({"grant_type": "client_credentials", "username": user, "client_id": client, "client_secret": secret});
    from(world, address, "POST", "/oauth2/token", "", &body)
}

/// Nobody's role gives anything from now on.
fn without_rights(world: &World) -> String {
    let harbor = company(&world.engine, "HARBOR");
    let role = key_of(
        &world.engine,
        Some(harbor),
        "company-config/role",
        "All access",
    );
    let applies = [("applyTo", "slideInOnly")];
    set(
        &world.engine,
        Some(harbor),
        "company-config/role",
        role,
        &applies,
    )
    .expect("a changed role");
    world.token("ws_sync@HARBOR")
}

fn entries(world: &World) -> i64 {
    let mut connection =
        Connection::open(&world.database.location, Access::Read).expect("the database");
    let sql = "select cast(max(\"key\") as text) from \"audit_entry\" where \"company\" = (select \"key\" from \"company\" where \"id\" = 'HARBOR')";
    number(&mut connection, sql)
}

fn is_whole(world: &World) {
    let harbor = company(&world.engine, "HARBOR");
    let entries = entries(world);
    assert_eq!(verified(&world.engine, harbor), Verdict::Whole { entries });
}

#[test]
fn a_refused_right_is_told_with_who_whence_and_what_was_missing() {
    let world = World::harbor();
    let token = without_rights(&world);
    let body = json!({"reportTitle": "Mine"});
    let path = format!("{DEPARTMENT}/2");
    let answer = from(&world, "192.0.2.9", "PATCH", &path, &token, &body);
    assert_eq!(answer.status, 403);
    let request = answer.json()["ia::result"]["ia::error"]["supportId"].clone();
    let request = request.as_str().expect("a support id");
    assert_eq!(refused(&world, &["id"]), Vec::<Value>::new());
    world.engine.flush_evidence();
    let fields = [
        "changeDetails.objectName",
        "changeDetails.objectId",
        "changeDetails.fieldName",
        "changeDetails.newValue",
        "changeSource.source",
        "changeSource.completedBy",
        "changeSource.actionPerformed",
        "changeSource.clientIPAddress",
        "changeSource.clientId",
        "notes",
    ];
    assert_eq!(
        refused(&world, &fields),
        [json!({
            "changeDetails.objectName": "company-config/department",
            "changeDetails.objectId": "FIN",
            "changeDetails.fieldName": "update",
            "changeDetails.newValue": "company.departments.edit",
            "changeSource.source": "api",
            "changeSource.completedBy": "ws_sync",
            "changeSource.actionPerformed": "access",
            "changeSource.clientIPAddress": "192.0.2.9",
            "changeSource.clientId": credentials().client_id,
            "notes": format!("SG-0301; request {request}; through rest"),
        })]
    );
    is_whole(&world);
}

#[test]
fn records_of_a_batch_and_rules_about_rights_are_told_too() {
    let world = World::harbor();
    let admin = world.token("ws_sync@HARBOR");
    let limited = json!({"adminPrivileges": "limited"});
    let path = "/objects/company-config/user";
    let patched = world.call("PATCH", &format!("{path}/3"), Some(&admin), Some(&limited));
    assert_eq!(patched.status, 200);
    let weaker = world.token("ws_bare@HARBOR");
    let batch = json!([{"key": "1", "userName": "Taken"}, {"key": "2", "userName": "Taken"}]);
    world.call("PATCH", path, Some(&weaker), Some(&batch));
    let one = world.call("DELETE", &format!("{path}/1"), Some(&weaker), None);
    assert_eq!(one.status, 403);
    world.engine.flush_evidence();
    let fields = [
        "changeDetails.objectId",
        "changeDetails.fieldName",
        "changeDetails.newValue",
    ];
    let told: Vec<String> = refused(&world, &fields)
        .iter()
        .map(|row| {
            let cells = fields.map(|field| row[field].as_str().unwrap_or_default().to_owned());
            cells.join(" ")
        })
        .collect();
    let wanted = [
        "admin delete adminPrivileges",
        "admin update adminPrivileges",
        "ws_sync update adminPrivileges",
    ];
    let mut sorted = told.clone();
    sorted.sort();
    assert_eq!(sorted, wanted, "{told:?}");
}

#[test]
fn a_flood_of_refusals_is_counted() {
    let world = World::harbor();
    let token = without_rights(&world);
    let asks = |times: usize| {
        for _ in 0..times {
            let answer = world.call("GET", DEPARTMENT, Some(&token), None);
            assert_eq!(answer.status, 403);
        }
    };
    asks(1);
    world.engine.flush_evidence();
    asks(1000);
    for _ in 0..3 {
        world.engine.flush_evidence();
    }
    assert_eq!(refused(&world, &["id"]).len(), 1);
    world.source.advance(LATER);
    world.engine.flush_evidence();
    let notes = refused(&world, &["notes"]);
    assert_eq!(notes.len(), 2, "{notes:?}");
    let second = notes[1]["notes"].as_str().expect("notes");
    assert!(
        second.starts_with("SG-0301; 1000 times; first request "),
        "{second}"
    );
    is_whole(&world);
}

#[test]
fn a_refused_sign_in_says_the_true_cause_to_administrators_only() {
    let world = World::harbor();
    let harbor = company(&world.engine, "HARBOR");
    let admin = world.token("ws_bare@HARBOR");
    let path = "/sidegate/v1/objects/sidegate/client-authorization";
    let pair = json!({"clientApplication": {"id": credentials().client_id}, "user": {"id": "admin"}, "allowStandardUsers": true});
    let made = world.call("POST", path, Some(&admin), Some(&pair));
    assert_eq!(made.status, 201, "{}", made.json());
    let admin_key = key_of(&world.engine, Some(harbor), "company-config/user", "admin");
    let lock = [("status", "lockedOut")];
    set(
        &world.engine,
        Some(harbor),
        "company-config/user",
        admin_key,
        &lock,
    )
    .expect("locked");
    let known = credentials();
    let causes = [
        ("nobody@HARBOR", "there is no such user"),
        (
            "jlee@HARBOR",
            "the client application is not authorized for the user",
        ),
        ("admin@HARBOR", "the user is locked out"),
        (
            "ws_sync@HARBOR|E999",
            "the entity does not exist or is closed to the user",
        ),
    ];
    for (user, _) in causes {
        let answer = grant(
            &world,
            "192.0.2.9",
            &known.client_id,
            &known.client_secret,
            user,
        );
        assert_eq!(answer.status, 401, "{user}");
        let said = answer.json().to_string();
        assert!(
            !causes.iter().any(|(_, cause)| said.contains(cause)),
            "{said}"
        );
    }
    world.engine.flush_evidence();
    let fields = [
        "changeDetails.fieldName",
        "changeDetails.newValue",
        "changeSource.clientId",
        "changeSource.clientIPAddress",
    ];
    let mut told = refused(&world, &fields);
    for row in &told {
        assert_eq!(row["changeDetails.fieldName"], "signIn");
        assert_eq!(row["changeSource.clientId"], known.client_id.as_str());
        assert_eq!(row["changeSource.clientIPAddress"], "192.0.2.9");
    }
    let mut wanted: Vec<&str> = causes.iter().map(|(_, cause)| *cause).collect();
    wanted.sort_unstable();
    told.sort_by_key(|row| row["changeDetails.newValue"].to_string());
    let told: Vec<&str> = told
        .iter()
        .filter_map(|row| row["changeDetails.newValue"].as_str())
        .collect();
    assert_eq!(told, wanted);
    is_whole(&world);
}

#[test]
fn strangers_are_only_counted_and_what_they_may_have_meant_is_told_to_administrators() {
    let world = World::harbor();
    let known = credentials();
    let near = known.client_id.to_uppercase();
    for _ in 0..3 {
        let answer = grant(&world, "192.0.2.9", &near, "wrong", "ws_sync@HARBOR");
        assert_eq!(answer.status, 401);
        let said = answer.json().to_string();
        assert!(!said.contains(&known.client_id), "{said}");
    }
    let wrong = grant(
        &world,
        "192.0.2.10",
        &known.client_id,
        "wrong",
        "ws_sync@HARBOR",
    );
    assert_eq!(wrong.status, 401);
    // A secret in the place of the id, and a company that does not exist.
    grant(
        &world,
        "192.0.2.11",
        &known.client_secret,
        "x",
        "ws_sync@HARBOR",
    );
    grant(&world, "192.0.2.12", &near, "x", "ws_sync@NOWHERE");
    world.engine.flush_evidence();
    assert_eq!(refused(&world, &["id"]), Vec::<Value>::new());
    world.source.advance(LATER);
    world.engine.flush_evidence();
    let fields = [
        "changeSource.clientIPAddress",
        "changeDetails.newValue",
        "changeSource.clientId",
        "changeSource.completedBy",
        "notes",
    ];
    let mut told = refused(&world, &fields);
    told.sort_by_key(|row| row["changeSource.clientIPAddress"].to_string());
    let of = |row: &Value, field: &str| row[field].as_str().unwrap_or_default().to_owned();
    let addresses: Vec<String> = told
        .iter()
        .map(|row| of(row, "changeSource.clientIPAddress"))
        .collect();
    assert_eq!(addresses, ["192.0.2.10", "192.0.2.11", "192.0.2.9"]);
    for row in &told {
        let cause = "the client application did not prove itself";
        assert_eq!(of(row, "changeDetails.newValue"), cause);
        assert_eq!(
            of(row, "changeSource.clientId") + &of(row, "changeSource.completedBy"),
            ""
        );
    }
    let notes: Vec<String> = told.iter().map(|row| of(row, "notes")).collect();
    let hint = format!(
        "the client application {near} was named; there is {}, which differs by case or one character; 3 times; first request ",
        known.client_id
    );
    assert!(notes[2].starts_with(&hint), "{notes:?}");
    assert!(notes[0].starts_with("request "), "{notes:?}");
    assert!(!notes.concat().contains(&known.client_secret), "{notes:?}");
    is_whole(&world);
}

#[test]
fn an_authorization_of_a_name_that_is_nearly_one_is_told_to_administrators() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    let path = "/sidegate/v1/objects/sidegate/sender-authorization";
    for id in ["demo-sendr", "someone-else"] {
        let body = json!({"sender": {"id": id}});
        let answer = world.call("POST", path, Some(&token), Some(&body));
        assert_eq!(answer.status, 400);
        let said = answer.json().to_string();
        assert!(!said.contains(&credentials().sender_id), "{said}");
    }
    world.engine.flush_evidence();
    let told = refused(&world, &["changeDetails.newValue", "notes"]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(
        told[0]["changeDetails.newValue"],
        "there is no sender demo-sendr"
    );
    let notes = told[0]["notes"].as_str().expect("notes");
    assert!(
        notes.contains("there is demo-sender, which differs"),
        "{notes}"
    );
}

#[test]
fn a_dead_token_is_counted_by_minute() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    let harbor = company(&world.engine, "HARBOR");
    let user = key_of(
        &world.engine,
        Some(harbor),
        "company-config/user",
        "ws_sync",
    );
    let locked = [("status", "lockedOut")];
    set(
        &world.engine,
        Some(harbor),
        "company-config/user",
        user,
        &locked,
    )
    .expect("locked");
    for _ in 0..5 {
        assert_eq!(
            world.call("GET", DEPARTMENT, Some(&token), None).status,
            401
        );
    }
    world.source.advance(LATER);
    world.engine.flush_evidence();
    let told = refused(&world, &["changeDetails.newValue", "notes"]);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["changeDetails.newValue"], "the token is not valid");
    let notes = told[0]["notes"].as_str().expect("notes");
    assert!(notes.starts_with("5 times; "), "{notes}");
}

#[test]
fn reads_of_personal_data_stand_in_the_advanced_history_alone() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    let get = |path: &str| {
        let answer = world.call("GET", path, Some(&token), None);
        assert_eq!(answer.status, 200, "{path}");
    };
    let before = entries(&world);
    for _ in 0..200 {
        get("/objects/company-config/contact/1");
    }
    get("/objects/company-config/user");
    get("/objects/company-config/department");
    // Nothing is written while it is asked.
    assert_eq!(entries(&world), before);
    world.engine.flush_evidence();
    assert_eq!(entries(&world), before + 2);
    let told = |object: &str, id: Option<&str>, action: &str| {
        json!({
            "accessDetails.objectName": object, "accessDetails.objectId": id,
            "accessSource.completedBy": "ws_sync", "accessSource.workflowAction": action,
        })
    };
    let once = vec![
        told("company-config/user", None, "read 6 records in 1 call"),
        told(
            "company-config/contact",
            Some("admin"),
            "read 200 records in 200 calls",
        ),
    ];
    let mut rows = read(&world);
    rows.reverse();
    for row in &once {
        assert!(rows.contains(row), "{row} in {rows:?}");
    }
    assert_eq!(rows.len(), 2);
    // The history of changes does not have them.
    let name = json!({"changeSource.actionPerformed": "access"});
    assert_eq!(
        history(&world, HISTORY, &["id"], &name),
        Vec::<Value>::new()
    );
    is_whole(&world);
}

#[test]
fn persons_that_other_objects_show_are_read_too() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    let ask = |fields: &[&str]| {
        let query = json!({"object": "company-config/user", "fields": fields, "size": 2});
        let answer = world.call("POST", "/services/core/query", Some(&token), Some(&query));
        assert_eq!(answer.status, 200, "{}", answer.json());
    };
    ask(&["id", "contact.id"]);
    world.engine.flush_evidence();
    assert_eq!(read(&world).len(), 1);
    ask(&["id", "contact.lastName"]);
    world.engine.flush_evidence();
    let objects: Vec<Value> = read(&world)
        .iter()
        .map(|row| row["accessDetails.objectName"].clone())
        .collect();
    assert!(
        objects.contains(&json!("company-config/contact")),
        "{objects:?}"
    );
}

#[test]
fn the_background_writes_evidence_within_a_second_and_its_end_the_rest() {
    let world = World::harbor();
    let token = without_rights(&world);
    world.engine.work_in_background();
    let before = entries(&world);
    let asked = Instant::now();
    let answer = world.call("GET", DEPARTMENT, Some(&token), None);
    assert_eq!(answer.status, 403);
    while entries(&world) == before {
        assert!(
            asked.elapsed() < Duration::from_secs(1),
            "not within a second"
        );
        std::thread::yield_now();
    }
    for _ in 0..7 {
        world.call("GET", DEPARTMENT, Some(&token), None);
    }
    let before = entries(&world);
    world.engine.stop();
    assert_eq!(entries(&world), before + 1);
}

#[test]
fn a_copy_of_a_company_has_its_refusals_and_a_whole_chain() {
    let world = World::harbor();
    let token = without_rights(&world);
    world.call("GET", DEPARTMENT, Some(&token), None);
    world.engine.flush_evidence();
    let copied = world
        .engine
        .copy_company("HARBOR", "COVE", None, Door::Command)
        .expect("a copy");
    let verdict = verified(&world.engine, copied.company);
    assert!(matches!(verdict, Verdict::Whole { .. }), "{verdict:?}");
}

#[test]
fn the_last_use_of_a_client_secret_is_noted_and_loads_nobody_anew() {
    let world = World::harbor();
    let known = credentials();
    let mut connection =
        Connection::open(&world.database.location, Access::Read).expect("the database");
    let mut versions = || {
        let sql = "select cast(\"version\" as text) from \"server_version\"";
        number(&mut connection, sql)
    };
    let before = versions();
    let answer = grant(
        &world,
        "192.0.2.9",
        &known.client_id,
        &known.client_secret,
        "ws_sync@HARBOR",
    );
    assert_eq!(answer.status, 200);
    let wrong = grant(
        &world,
        "192.0.2.66",
        &known.client_id,
        "wrong",
        "ws_sync@HARBOR",
    );
    assert_eq!(wrong.status, 401);
    world.engine.flush_last_uses();
    let mut other = Connection::open(&world.database.location, Access::Read).expect("the database");
    let sql = "select \"last_used_from\" from \"server_credential\" where \"client_application\" is not null";
    assert_eq!(rows(&mut other, 1, sql), [["192.0.2.9"]]);
    assert_eq!(versions(), before);
    let listed = world
        .engine
        .parties(Party::Client, 10, 10)
        .expect("the client applications");
    let used = listed[0].last_used.clone().expect("used");
    assert_eq!(used, (world.source.now(), "192.0.2.9".to_owned()));
}
