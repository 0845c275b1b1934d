//! Companies for tests: each by itself, brought back, deleted, and nowhere but in the stand-in.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use sidegate_engine::Location;
use sidegate_engine::audit::Verdict;
use sidegate_engine::test_company::{MOST_TEST_COMPANIES, TestCompany};
use sidegate_store::backend::Access;
use sidegate_store::sql::schema::Schema;
use sidegate_store::testing::{TestDatabase, dialect};
use sidegate_store::{Connection, Dialect};

use crate::copying::content;
use crate::harness::{Answer, Hand, World, credentials};
use crate::process::{Client, Server, key_file, place, run};
use crate::support::{company, number, rows, verified};

const PATH: &str = "/sidegate/v1/demo/companies";
const DEPARTMENTS: &str = "/objects/company-config/department";
const SIDE_BY_SIDE: usize = 200;
const WORKERS: usize = 4;

/// Somebody who controls a stand-in on this world's data.
fn control(world: &World) -> Hand {
    let values = |company: &TestCompany| {
        let mut all = vec![("COMPANY_ID".to_owned(), company.id.clone())];
        all.extend(company.secrets.iter().cloned());
        all
    };
    let router = sidegate_web::stand_in_router(world.engine.clone(), Arc::new(values));
    Hand::at(router)
}

fn ask(hand: &Hand, method: &str, path: &str, headers: Headers<'_>, body: &str) -> Answer {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = Body::from(body.to_owned());
    hand.send(request.body(body).expect("a request"))
}

/// Names and values.
type Headers<'h> = &'h [(&'h str, &'h str)];

const USUAL: Headers<'static> = &[
    ("host", "127.0.0.1:8080"),
    ("content-type", "application/json"),
];

fn order(hand: &Hand, method: &str, path: &str, body: &str) -> Answer {
    ask(hand, method, path, USUAL, body)
}

/// A new copy of a company: what the stand-in tells of it.
fn copied(hand: &Hand, from: &str) -> Value {
    let body = json!({ "from": from }).to_string();
    let answer = order(hand, "POST", PATH, &body);
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.json()
}

fn id_of(told: &Value) -> String {
    told["COMPANY_ID"].as_str().expect("an id").to_owned()
}

fn reset(hand: &Hand, id: &str) -> Answer {
    order(hand, "POST", &format!("{PATH}/{id}/reset"), "")
}

fn token(hand: &Hand, company: &str) -> String {
    let body = json!({
        "grant_type": "client_credentials", "client_id": credentials().client_id,
        "client_secret": credentials().client_secret, "username": format!("ws_sync@{company}"),
    });
    let answer = hand.call("POST", "/oauth2/token", None, Some(&body));
    assert_eq!(answer.status, 200, "{}", answer.json());
    let told = answer.json();
    told["access_token"].as_str().expect("a token").to_owned()
}

fn department(hand: &Hand, token: &str, id: &str, name: &str) -> Value {
    let body = json!({"id": id, "name": name});
    let answer = hand.call("POST", DEPARTMENTS, Some(token), Some(&body));
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.json()["ia::result"]["key"].clone()
}

/// Ids and names of departments by key, and the total, on pages of two so that the total is counted.
fn departments(hand: &Hand, token: &str) -> (Vec<(String, String)>, i64) {
    let mut found = Vec::new();
    loop {
        let body = json!({
            "object": "company-config/department", "fields": ["id", "name"], "orderBy": [{"key": "asc"}],
            "start": found.len() + 1, "size": 2,
        });
        let answer = hand.call("POST", "/services/core/query", Some(token), Some(&body));
        assert_eq!(answer.status, 200, "{}", answer.json());
        let told = answer.json();
        let total = told["ia::meta"]["totalCount"].as_i64().expect("a total");
        let rows = told["ia::result"].as_array().expect("rows").clone();
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        found.extend(rows.iter().map(|row| (text(row, "id"), text(row, "name"))));
        if rows.is_empty() || i64::try_from(found.len()).expect("few") >= total {
            return (found, total);
        }
    }
}

fn is_whole(world: &World, id: &str) {
    let verdict = verified(&world.engine, company(&world.engine, id));
    assert!(
        matches!(verdict, Verdict::Whole { .. }),
        "{id}: {verdict:?}"
    );
}

/// The tables in which two companies differ, but for what a copy makes anew.
fn differing(world: &World, one: &str, other: &str) -> Vec<String> {
    let apart = [
        "access_version",
        "change_number",
        "company_key",
        "credential",
        "email_delivery_history",
        "email_delivery_record",
        "token",
    ];
    let location: &Location = &world.database.location;
    let mut connection = Connection::open(location, Access::Write).expect("the database");
    let schema = Schema::derived(world.engine.registry(), location.dialect());
    let keys = [one, other].map(|id| company(&world.engine, id));
    let mut found = Vec::new();
    for (table, shape) in &schema.tables {
        let of_companies = shape.key.first().is_some_and(|column| column == "company");
        if of_companies && !apart.contains(&table.as_str()) {
            let [one, other] = keys.map(|key| content(&mut connection, &schema, table, key));
            if one != other {
                found.push(table.clone());
            }
        }
    }
    found
}

/// What tells a copy's own id: a change of the preferences, and its entry.
const OWN: [&str; 4] = [
    "audit_entry",
    "audit_line",
    "company_preference",
    "company_setting",
];

#[test]
fn two_hundred_side_by_side_see_nothing_of_each_other() {
    let world = World::harbor();
    let before = departments(&world.hand(), &world.token("ws_sync@HARBOR"));
    let next = AtomicUsize::new(0);
    let ids: Vec<String> = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|_| {
                scope.spawn(|| {
                    let hand = control(&world);
                    let mut ids = Vec::new();
                    while next.fetch_add(1, Ordering::SeqCst) < SIDE_BY_SIDE {
                        let id = id_of(&copied(&hand, "HARBOR"));
                        let token = token(&hand, &id);
                        department(&hand, &token, "MINE", &id);
                        ids.push(id);
                    }
                    ids
                })
            })
            .collect();
        let join = |worker: thread::ScopedJoinHandle<'_, Vec<String>>| worker.join().expect("fine");
        workers.into_iter().flat_map(join).collect()
    });
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), SIDE_BY_SIDE);
    // Half of them are brought back while the others are looked at.
    thread::scope(|scope| {
        for part in ids.chunks(SIDE_BY_SIDE / WORKERS) {
            let (world, before) = (&world, &before);
            scope.spawn(move || {
                let hand = control(world);
                for (at, id) in part.iter().enumerate() {
                    let mut wanted = before.clone();
                    if at % 2 == 0 {
                        assert_eq!(reset(&hand, id).status, 200);
                    } else {
                        wanted.0.push(("MINE".to_owned(), id.clone()));
                        wanted.1 += 1;
                    }
                    assert_eq!(departments(&hand, &token(&hand, id)), wanted, "{id}");
                }
            });
        }
    });
    let token = world.token("ws_sync@HARBOR");
    assert_eq!(departments(&world.hand(), &token), before);
    for id in ids.iter().take(4) {
        is_whole(&world, id);
    }
}

#[test]
fn a_reset_brings_everything_back_but_the_tokens() {
    let world = World::demo();
    let hand = control(&world);
    let told = copied(&hand, "HARBOR");
    let id = id_of(&told);
    assert_eq!(differing(&world, "HARBOR", &id), OWN);
    let old = token(&hand, &id);
    let before = departments(&hand, &old);
    let first = department(&hand, &old, "NEW", "New");
    // Something of each sort of write, on objects with lists, owned items and references to them.
    let users = "/objects/company-config/user";
    let listed = hand.call("GET", users, Some(&old), None).json();
    let key_of = |id: &str| {
        let rows = listed["ia::result"].as_array().expect("users").iter();
        let found = rows.clone().find(|row| row["id"] == id);
        found.expect("a user")["key"]
            .as_str()
            .expect("a key")
            .to_owned()
    };
    let change = json!({"userName": "Changed", "roles": []});
    let path = format!("{users}/{}", key_of("ws_read"));
    let answer = hand.call("PATCH", &path, Some(&old), Some(&change));
    assert_eq!(answer.status, 200, "{}", answer.json());
    let role = json!({"id": "Made in a test"});
    let made = hand.call(
        "POST",
        "/objects/company-config/role",
        Some(&old),
        Some(&role),
    );
    assert_eq!(made.status, 201, "{}", made.json());
    assert!(differing(&world, "HARBOR", &id).len() > 5);
    let (_, total) = departments(&hand, &old);
    assert_eq!(total, before.1 + 1);

    let answer = reset(&hand, &id);
    assert_eq!((answer.status.as_u16(), answer.json()), (200, told.clone()));
    assert_eq!(differing(&world, "HARBOR", &id), OWN);
    is_whole(&world, &id);
    let dead = hand.call("GET", DEPARTMENTS, Some(&old), None);
    assert_eq!(dead.status, 401);
    let new = token(&hand, &id);
    assert_eq!(departments(&hand, &new), before);
    // The same keys come again, and what was remembered of them before is forgotten.
    assert_eq!(department(&hand, &new, "OTHER", "Other"), first);
    let (now, total) = departments(&hand, &new);
    assert_eq!(total, before.1 + 1);
    assert_eq!(now.last().map(|row| row.0.as_str()), Some("OTHER"));
    is_whole(&world, &id);

    // A second one finds what the first one left, and changes nothing.
    for _ in 0..2 {
        assert_eq!(reset(&hand, &id).json(), told);
    }
    assert_eq!(differing(&world, "HARBOR", &id), OWN);
    let shown = order(&hand, "GET", &format!("{PATH}/{id}"), "").json();
    assert_eq!(shown, told);
}

#[test]
fn a_reset_follows_the_original() {
    let world = World::harbor();
    let hand = control(&world);
    let template = id_of(&copied(&hand, "HARBOR"));
    let worker = id_of(&copied(&hand, &template));
    department(&hand, &token(&hand, &template), "SHARED", "For all workers");
    assert_eq!(reset(&hand, &worker).status, 200);
    let has = |id: &str| {
        let (rows, _) = departments(&hand, &token(&hand, id));
        rows.iter().any(|row| row.0 == "SHARED")
    };
    assert!(has(&worker) && has(&template) && !has("HARBOR"));
    // What others were copied from stays as long as they do.
    let delete = |id: &str| order(&hand, "DELETE", &format!("{PATH}/{id}"), "");
    let refused = delete(&template);
    assert_eq!(refused.status, 422);
    let problem = refused.json()["ia::result"]["ia::error"]["details"][0].clone();
    assert_eq!(problem["errorId"], "SG-2203");
    assert!(
        problem["message"]
            .as_str()
            .expect("a text")
            .contains(&worker)
    );
    assert_eq!(delete(&worker).status, 204);
    assert_eq!(delete(&template).status, 204);
}

#[test]
fn a_deleted_one_leaves_nothing() {
    let world = World::harbor();
    let hand = control(&world);
    let id = id_of(&copied(&hand, "HARBOR"));
    let key = company(&world.engine, &id).number();
    let token = token(&hand, &id);
    department(&hand, &token, "MINE", "Mine");
    let deleted = order(&hand, "DELETE", &format!("{PATH}/{id}"), "");
    assert_eq!(deleted.status, 204);
    assert_eq!(
        hand.call("GET", DEPARTMENTS, Some(&token), None).status,
        401
    );
    let listed = order(&hand, "GET", PATH, "").json();
    assert_eq!(listed, json!([]));
    for again in [
        reset(&hand, &id),
        order(&hand, "DELETE", &format!("{PATH}/{id}"), ""),
    ] {
        assert_eq!(again.status, 404);
        assert_eq!(
            again.json()["ia::result"]["ia::error"]["errorId"],
            "SG-0403"
        );
    }
    let location: &Location = &world.database.location;
    let mut connection = Connection::open(location, Access::Write).expect("the database");
    let schema = Schema::derived(world.engine.registry(), location.dialect());
    for (table, shape) in &schema.tables {
        if shape.key.first().is_some_and(|column| column == "company") {
            let sql =
                format!("select cast(count(*) as text) from \"{table}\" where \"company\" = {key}");
            assert_eq!(number(&mut connection, &sql), 0, "{table}");
        }
    }
    assert_eq!(world.engine.company(&id).expect("an answer"), None);
}

/// The error ids of a refusal: of the whole, and of its details.
fn errors(answer: &Answer) -> Vec<String> {
    let told = answer.json();
    let error = match &told["ia::error"] {
        Value::Null => &told["ia::result"]["ia::error"],
        gateway => gateway,
    };
    let details = error["details"].as_array().cloned().unwrap_or_default();
    let ids = std::iter::once(error).chain(&details);
    ids.map(|error| error["errorId"].as_str().unwrap_or_default().to_owned())
        .collect()
}

#[test]
fn bad_input_is_refused_clearly() {
    let world = World::harbor();
    let hand = control(&world);
    let one = |id: &str, rest: &str| format!("{PATH}/{id}{rest}");
    let id = id_of(&copied(&hand, "HARBOR"));
    let cases = [
        (
            "POST",
            PATH.to_owned(),
            r#"{"from": "NOBODY"}"#,
            400,
            "SG-0104",
        ),
        (
            "POST",
            PATH.to_owned(),
            r#"{"from": "harbor"}"#,
            400,
            "SG-0104",
        ),
        ("POST", PATH.to_owned(), r#"{"from": 7}"#, 400, "SG-0101"),
        ("POST", PATH.to_owned(), r#"{"from": null}"#, 400, "SG-0101"),
        (
            "POST",
            PATH.to_owned(),
            r#"{"from": ["HARBOR"]}"#,
            400,
            "SG-0101",
        ),
        ("POST", PATH.to_owned(), r#"{"from": " "}"#, 400, "SG-0102"),
        ("POST", PATH.to_owned(), "{}", 400, "SG-0102"),
        (
            "POST",
            PATH.to_owned(),
            r#"{"from": "HARBOR", "id": "X"}"#,
            400,
            "REST-1043",
        ),
        ("POST", PATH.to_owned(), r#""HARBOR""#, 400, "SG-0113"),
        ("POST", PATH.to_owned(), "{", 400, "SG-0110"),
        ("POST", PATH.to_owned(), "", 400, "REST-1028"),
        ("PATCH", PATH.to_owned(), "{}", 405, "SG-0501"),
        (
            "POST",
            one(&id, "/reset"),
            r#"{"keep": true}"#,
            400,
            "REST-1043",
        ),
        ("POST", one(&id, "/reset"), "[]", 400, "SG-0113"),
        ("GET", one(&id, "/reset"), "", 405, "SG-0501"),
        ("POST", one("HARBOR", "/reset"), "", 422, "SG-2201"),
        ("DELETE", one("HARBOR", ""), "", 422, "SG-2201"),
        ("GET", one("HARBOR", ""), "", 422, "SG-2201"),
        ("POST", one("NOBODY", "/reset"), "", 404, "SG-0403"),
        ("DELETE", one("NOBODY", ""), "", 404, "SG-0403"),
        ("DELETE", PATH.to_owned(), "", 405, "SG-0501"),
        ("GET", one(&id, "/more"), "", 404, "SG-0402"),
        (
            "GET",
            "/sidegate/v1/demo/nothing".to_owned(),
            "",
            404,
            "SG-0402",
        ),
    ];
    for (method, path, body, status, error) in cases {
        let answer = order(&hand, method, &path, body);
        let found = errors(&answer);
        assert_eq!(answer.status, status, "{method} {path} {body}: {found:?}");
        assert!(
            found.iter().any(|id| id == error),
            "{method} {path} {body}: {found:?}"
        );
    }
    let allowed = order(&hand, "OPTIONS", PATH, "");
    assert_eq!(
        (allowed.status.as_u16(), &allowed.headers["allow"]),
        (204, &"GET, HEAD, POST, OPTIONS".parse().expect("a header"))
    );
    // Nothing of it was done.
    let listed = order(&hand, "GET", PATH, "").json();
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
}

#[test]
fn what_a_page_of_another_origin_could_send_is_refused() {
    let world = World::harbor();
    let hand = control(&world);
    let body = r#"{"from": "HARBOR"}"#;
    let (here, json) = (
        ("host", "127.0.0.1:8080"),
        ("content-type", "application/json"),
    );
    let refused: &[(Headers<'_>, u16, &str)] = &[
        (&[here, ("content-type", "text/plain")], 415, "SG-1501"),
        (
            &[here, ("content-type", "application/x-www-form-urlencoded")],
            415,
            "SG-1501",
        ),
        (&[here], 415, "SG-1501"),
        (
            &[here, json, ("origin", "https://evil.example")],
            403,
            "SG-0307",
        ),
        (&[here, json, ("origin", "null")], 403, "SG-0307"),
        (
            &[here, json, ("origin", "http://127.0.0.1:3000")],
            403,
            "SG-0307",
        ),
        (
            &[
                here,
                json,
                ("origin", "http://127.0.0.1:8080"),
                ("origin", "null"),
            ],
            403,
            "SG-0307",
        ),
        (&[("host", "evil.example:8080"), json], 403, "SG-0307"),
        (&[here, ("host", "evil.example"), json], 403, "SG-0307"),
        (&[json], 403, "SG-0307"),
    ];
    for (headers, status, error) in refused {
        let answer = ask(&hand, "POST", PATH, headers, body);
        assert_eq!(answer.status, *status, "{headers:?}");
        assert!(errors(&answer).iter().any(|id| id == error), "{headers:?}");
    }
    for method in ["GET", "DELETE", "OPTIONS"] {
        let foreign = [here, ("origin", "https://evil.example")];
        assert_eq!(
            ask(&hand, method, PATH, &foreign, "").status,
            403,
            "{method}"
        );
    }
    let listed = order(&hand, "GET", PATH, "").json();
    assert_eq!(listed, json!([]));
    let own = [here, json, ("origin", "http://127.0.0.1:8080")];
    assert_eq!(ask(&hand, "POST", PATH, &own, body).status, 201);
}

#[test]
fn there_are_so_many_at_most() {
    let world = World::harbor();
    let hand = control(&world);
    let original = company(&world.engine, "HARBOR").number();
    let mut connection = world.database.open();
    let mut sql = String::new();
    for at in 1..MOST_TEST_COMPANIES {
        sql.push_str(&format!(
            "insert into company (key, version, created_at, modified_at, id, id_fold, name) values ({at}, 1, 0, 0, 'T{at}', 't{at}', 'T');\
             insert into test_company (key, version, created_at, modified_at, copy, original, key_number) values ({}, 1, 0, 0, {at}, {original}, 1);",
            at + 1000
        ));
    }
    connection.batch(&sql).expect("rows");
    let last = id_of(&copied(&hand, "HARBOR"));
    let full = order(&hand, "POST", PATH, r#"{"from": "HARBOR"}"#);
    assert_eq!(full.status, 422);
    assert!(
        errors(&full).contains(&"SG-2202".to_owned()),
        "{}",
        full.json()
    );
    let listed = order(&hand, "GET", PATH, "").json();
    assert_eq!(
        listed.as_array().map(Vec::len),
        Some(MOST_TEST_COMPANIES as usize)
    );
    assert_eq!(
        order(&hand, "DELETE", &format!("{PATH}/{last}"), "").status,
        204
    );
    copied(&hand, "HARBOR");
}

/// Where a stand-in of this run keeps its data.
fn data(folder: &Path, database: &TestDatabase) -> Location {
    match dialect() {
        Dialect::Sqlite => Location::Sqlite(folder.join("sidegate.sqlite")),
        Dialect::Postgres => database.location.clone(),
    }
}

/// A request to the control paths, as `Client` sends those to the API.
fn request(method: &str, path: &str, body: Option<&Value>) -> String {
    let body = body.map(Value::to_string).unwrap_or_default();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn send(
    client: &mut Client,
    method: &str,
    path: &str,
    body: Option<&Value>,
) -> Option<(u16, String)> {
    client.write(request(method, path, body).as_bytes())?;
    client.answer()
}

#[test]
fn the_values_are_those_of_the_env_file_and_all_of_them_work() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = TestDatabase::empty();
    let location = data(folder.path(), &database);
    let file = folder.path().join("values.env");
    let shown = file.display().to_string();
    let server = Server::demo(folder.path(), Some(&location), &["--env-file", &shown]);
    let mut client = server.client();
    let env = std::fs::read_to_string(&file).expect("the values");
    let env: Vec<(&str, &str)> = env
        .lines()
        .filter_map(|line| line.split_once('='))
        .collect();
    for (company, prefix) in [("HARBOR", ""), ("QUAY", "QUAY_")] {
        let body = json!({ "from": company });
        let (status, answer) = send(&mut client, "POST", PATH, Some(&body)).expect("an answer");
        assert_eq!(status, 201, "{answer}");
        let told: Value = serde_json::from_str(&answer).expect("JSON");
        let told = told.as_object().expect("an object");
        let wanted: BTreeSet<String> = env
            .iter()
            .filter_map(|(name, _)| match (prefix, name.strip_prefix("QUAY_")) {
                ("", None) => Some((*name).to_owned()),
                (_, Some(name)) if !prefix.is_empty() => Some(name.to_owned()),
                _ => None,
            })
            .collect();
        assert_eq!(told.keys().cloned().collect::<BTreeSet<_>>(), wanted);
        for (name, value) in &env {
            let same = [
                "BASE_URL",
                "SENDER_ID",
                "SENDER_PASSWORD",
                "CLIENT_ID",
                "CLIENT_SECRET",
                "USER_ID",
            ];
            if let Some(name) = name.strip_prefix(prefix).filter(|name| same.contains(name)) {
                assert_eq!(told[name], *value, "{name}");
            }
        }
        let text = |name: &str| told[name].as_str().expect("a text").to_owned();
        assert_eq!(text("USER_PASSWORD").len(), text("SENDER_PASSWORD").len());
        let body = json!({
            "grant_type": "client_credentials", "client_id": text("CLIENT_ID"), "client_secret": text("CLIENT_SECRET"),
            "username": format!("{}@{}", text("USER_ID"), text("COMPANY_ID")),
        });
        let (status, answer) = client
            .call("POST", "/oauth2/token", "", Some(&body))
            .expect("an answer");
        assert_eq!(status, 200, "{answer}");
        let path = format!("{PATH}/{}/reset", text("COMPANY_ID"));
        assert_eq!(
            send(&mut client, "POST", &path, None).expect("an answer").0,
            200
        );
        let audit = run(&[
            "audit",
            "verify",
            "--company",
            &text("COMPANY_ID"),
            "--database",
            &place(&location),
            "--key-file",
            &key_file(folder.path()).display().to_string(),
        ]);
        assert!(audit.status.success(), "{audit:?}");
    }
    server.stop();
}

#[test]
fn serve_has_none_of_these_paths() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = TestDatabase::empty();
    let location = data(folder.path(), &database);
    Server::demo(folder.path(), Some(&location), &[]).stop();
    let server = Server::serve(&location, &key_file(folder.path()));
    let mut client = server.client();
    let body = json!({"from": "HARBOR"});
    for (method, path, body) in [
        ("POST", PATH, Some(&body)),
        ("GET", PATH, None),
        ("DELETE", "/sidegate/v1/demo/companies/HARBOR", None),
        ("POST", "/sidegate/v1/demo/companies/HARBOR/reset", None),
        ("OPTIONS", PATH, None),
    ] {
        let (status, answer) = send(&mut client, method, path, body).expect("an answer");
        assert_eq!(status, 404, "{method} {path}: {answer}");
        assert!(answer.contains("SG-0402"), "{method} {path}: {answer}");
    }
    server.stop();
}

/// Sends orders until the connection breaks, and counts those that were answered.
fn stir(mut client: Client, answered: &AtomicUsize) -> Option<()> {
    let body = json!({"from": "HARBOR"});
    let mut order = |method: &str, path: &str, body: Option<&Value>| {
        let (_, answer) = send(&mut client, method, path, body)?;
        answered.fetch_add(1, Ordering::SeqCst);
        Some(answer)
    };
    let id = |answer: String| id_of(&serde_json::from_str(&answer).expect("JSON"));
    loop {
        let kept = id(order("POST", PATH, Some(&body))?);
        order("POST", &format!("{PATH}/{kept}/reset"), None)?;
        let gone = id(order("POST", PATH, Some(&body))?);
        order("DELETE", &format!("{PATH}/{gone}"), None)?;
    }
}

#[test]
fn a_kill_leaves_whole_companies_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = TestDatabase::empty();
    let location = data(folder.path(), &database);
    let mut seen = 0;
    for round in 0..3 {
        let answered = AtomicUsize::new(0);
        let server = Server::demo(folder.path(), Some(&location), &[]);
        let clients = [server.client(), server.client()];
        thread::scope(|scope| {
            for client in clients {
                let answered = &answered;
                scope.spawn(move || stir(client, answered));
            }
            // The others are in the middle of something then, each round of something else.
            while answered.load(Ordering::SeqCst) < 6 + round {
                thread::yield_now();
            }
            server.kill();
        });
        let mut connection = Connection::open(&location, Access::Write).expect("the database");
        let lone = "select cast(count(*) as text) from company c where c.id not in ('HARBOR', 'QUAY') and not exists (select 1 from test_company t where t.copy = c.key)";
        assert_eq!(number(&mut connection, lone), 0);
        let companies = rows(&mut connection, 1, "select id from company order by id");
        seen = seen.max(companies.len());
        let count = |connection: &mut Connection, table: &str, id: &str| {
            let sql = format!(
                "select cast(count(*) as text) from {table} where company = (select key from company where id = '{id}')"
            );
            number(connection, &sql)
        };
        for company in companies
            .iter()
            .filter(|company| company[0].starts_with("HARBOR-"))
        {
            let id = &company[0];
            for (table, more) in [
                ("audit_entry", 2),
                ("audit_line", 2),
                ("contact", 0),
                ("location", 0),
                ("timesheet_line", 0),
            ] {
                let wanted = count(&mut connection, table, "HARBOR") + more;
                assert_eq!(count(&mut connection, table, id), wanted, "{table} of {id}");
            }
            assert_eq!(count(&mut connection, "credential", id), 7, "{id}");
        }
        for orphan in ["contact", "audit_line", "credential", "access_version"] {
            let sql = format!(
                "select cast(count(*) as text) from {orphan} t where not exists (select 1 from company c where c.key = t.company)"
            );
            assert_eq!(number(&mut connection, &sql), 0, "{orphan}");
        }
    }
    assert!(seen > 3, "{seen} companies were made");
}

/// In the stand-in a refusal tells the missing right in a header as well; a server does not.
#[test]
fn the_stand_in_tells_the_right_that_was_missing() {
    let world = World::harbor();
    let hands = [control(&world), Hand::at_server(&world.engine)];
    let none = serde_json::json!({"roles": []});
    let admin = world.token("ws_sync@HARBOR");
    let path = "/objects/company-config/user/3";
    let taken = world.call("PATCH", path, Some(&admin), Some(&none));
    assert_eq!(taken.status, 200, "{}", taken.json());
    let token = world.token("ws_bare@HARBOR");
    let denied = hands.each_ref().map(|hand| {
        let answer = hand.call("GET", DEPARTMENTS, Some(&token), None);
        assert_eq!(answer.status, 403);
        let told = answer.headers.get("sidegate-denied");
        told.map(|told| told.to_str().expect("a word").to_owned())
    });
    assert_eq!(denied, [Some("company.departments.list".to_owned()), None]);
}
