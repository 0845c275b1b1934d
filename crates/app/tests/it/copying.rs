//! A copy of a company is the company, but for its name and for what a copy makes anew.

use std::collections::BTreeSet;
use std::time::Instant;

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use sidegate_engine::audit::Verdict;
use sidegate_engine::server::{Owner, Stored};
use sidegate_engine::sign_in::SignInOutcome;
use sidegate_engine::{Door, Location};
use sidegate_model::RecordKey;
use sidegate_store::backend::Access;
use sidegate_store::sql::copy::copied_tables;
use sidegate_store::sql::schema::Schema;
use sidegate_store::{Connection, Dialect};

use crate::harness::{World, credentials};
use crate::support::{at_gateway, codes, rows, sign_in, verified};

/// Tables that a copy leaves behind or makes anew, and why.
const APART: &[(&str, &str)] = &[
    ("api_session", "sessions were opened in the original"),
    ("console_session", "sessions were opened in the original"),
    ("credential", "whoever had a secret gets a new one"),
    ("email_delivery_history", "mails are not sent again"),
    ("email_delivery_record", "mails are not sent again"),
    (
        "idempotency_key",
        "a request to the copy was never made before",
    ),
    ("outbox", "mails are not sent again"),
    ("query_result", "what is left to read belongs to a session"),
    ("recovery_code", "they stand in for second factors"),
    ("second_factor", "people set up their own"),
    ("sign_in_attempt", "nobody tried to sign in to the copy"),
    ("token", "tokens were given for the original"),
    ("trusted_device", "its cookie names the original"),
    ("usage", "nobody used the copy before"),
];

fn key_of(world: &World, company: &str) -> RecordKey {
    let found = world.engine.company(company).expect("an answer");
    found.expect("the company")
}

/// All rows of a table in a company, each as one text, sorted.
pub(crate) fn content(
    connection: &mut Connection,
    schema: &Schema,
    table: &str,
    company: RecordKey,
) -> Vec<String> {
    let hex = match connection.dialect() {
        Dialect::Sqlite => "hex(",
        Dialect::Postgres => "upper(encode(",
    };
    let columns: Vec<String> = schema.tables[table]
        .columns
        .iter()
        .filter(|column| column.name != "company")
        .map(|column| {
            let name = format!("\"{}\"", column.name);
            match column.kind.as_str() {
                "BLOB" => format!("{hex}{name})"),
                "bytea" => format!("{hex}{name}, 'hex'))"),
                _ => format!("cast({name} as text)"),
            }
        })
        .collect();
    let sql = format!(
        "select {} from \"{table}\" where \"company\" = {}",
        columns.join(", "),
        company.number()
    );
    let mut found: Vec<String> = rows(connection, columns.len(), &sql)
        .into_iter()
        .map(|row| row.join(" | "))
        .collect();
    found.sort();
    found
}

/// What the XML gateway answers to one function.
pub(crate) fn xml(world: &World, authentication: &str, function: &str) -> String {
    let known = credentials();
    let body = format!(
        "<request><control><senderid>{}</senderid><password>{}</password><controlid>c</controlid>\
         <uniqueid>false</uniqueid></control><operation><authentication>{authentication}</authentication><content>\
         <function controlid=\"f\">{function}</function></content></operation></request>",
        known.sender_id, known.sender_password
    );
    let request = Request::post("/ia/xml/xmlgw.phtml").body(Body::from(body));
    let answer = world.send(request.expect("a request"));
    String::from_utf8(answer.body).expect("text")
}

#[test]
fn a_copy_is_the_company_but_for_what_is_made_anew() {
    let world = World::demo();
    // Something to leave behind: tokens, and an answer kept under an idempotency key.
    let token = world.token("ws_sync@HARBOR");
    let request = Request::post("/ia/api/v1/objects/company-config/role")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("idempotency-key", "before-the-copy")
        .body(Body::from(json!({"id": "Before the copy"}).to_string()));
    assert_eq!(world.send(request.expect("a request")).status, 201);
    // A session, and a query that goes on in it.
    let known = credentials();
    let login = format!(
        "<login><userid>ws_sync</userid><companyid>HARBOR</companyid><password>{}</password></login>",
        known.user_password
    );
    let opened = xml(&world, &login, "<getAPISession/>");
    let (_, rest) = opened.split_once("<sessionid>").expect("a session");
    let (session, _) = rest.split_once("</sessionid>").expect("a session");
    let more = "<readByQuery><object>USERINFO</object><query/><pagesize>1</pagesize></readByQuery>";
    let read = xml(&world, &format!("<sessionid>{session}</sessionid>"), more);
    assert!(read.contains("numremaining=\"30\""), "{read}");
    world.engine.flush_usage();
    let wrong = at_gateway("HARBOR", "ws_sync", "Some-Wrong-Text-1");
    let refused = sign_in(&world.engine, &wrong, "192.0.2.1");
    assert!(matches!(refused, SignInOutcome::Refused(_)));
    let began = Instant::now();
    let done = world
        .engine
        .copy_company("HARBOR", "HARBOR-2", Some("The copy"), Door::Command)
        .expect("a copy");
    let took = began.elapsed();
    let (from, to) = (key_of(&world, "HARBOR"), done.company);
    assert_eq!(key_of(&world, "HARBOR-2"), to);
    // For `--nocapture`.
    eprintln!("copied {} rows in {took:?}", done.rows);

    let location: &Location = &world.database.location;
    let mut connection = Connection::open(location, Access::Write).expect("the database");
    let registry = world.engine.registry().clone();
    let schema = Schema::derived(&registry, location.dialect());
    let copied = copied_tables(&registry);
    let apart: BTreeSet<&str> = APART.iter().map(|(table, _)| *table).collect();
    let mut compared = 0;
    let mut differing = Vec::new();
    for (table, shape) in &schema.tables {
        if shape.columns.iter().all(|column| column.name != "company") {
            continue;
        }
        let bookkeeping = ["company_key", "change_number", "access_version"];
        if bookkeeping.contains(&table.as_str()) {
            continue;
        }
        assert_ne!(
            copied.contains(table),
            apart.contains(table.as_str()),
            "{table}"
        );
        let one = content(&mut connection, &schema, table, from);
        let other = content(&mut connection, &schema, table, to);
        if apart.contains(table.as_str()) {
            assert!(other.is_empty() || table == "credential", "{table}");
            let filled = [
                "api_session",
                "credential",
                "idempotency_key",
                "query_result",
                "sign_in_attempt",
                "token",
                "usage",
            ];
            if filled.contains(&table.as_str()) {
                assert!(!one.is_empty(), "{table} has something to leave behind");
            }
            continue;
        }
        compared += one.len();
        if one != other {
            let added = other.iter().filter(|row| !one.contains(row)).count();
            let gone = one.iter().filter(|row| !other.contains(row)).count();
            differing.push((table.as_str(), added, gone));
        }
    }
    // Preferences and settings tell the copy's own id and name, which is a change like any other.
    assert_eq!(
        differing,
        [
            ("audit_entry", 2, 0),
            ("audit_line", 3, 0),
            ("company_preference", 1, 1),
            ("company_setting", 1, 1)
        ]
    );
    assert!(compared > 3000, "only {compared} rows were compared");

    // Both chains are whole.
    for company in [from, to] {
        let verdict = verified(&world.engine, company);
        assert!(matches!(verdict, Verdict::Whole { .. }), "{verdict:?}");
    }

    // Everyone who had a secret has a new one, which is not the old one.
    assert_eq!(done.secrets.len(), 7);
    for (user, secret) in &done.secrets {
        assert_ne!(Some(secret.as_str()), credentials().of("HARBOR", user));
        let stored = |secret: &str| match world.engine.stored_secret(&Owner::User(to), secret) {
            Ok(Stored::Generated { hash, .. }) => hash,
            other => panic!("{other:?}"),
        };
        let hashes = content(&mut connection, &schema, "credential", to).join("\n");
        let hex = |hash: &[u8]| hash.iter().map(|b| format!("{b:02X}")).collect::<String>();
        assert!(hashes.contains(&hex(&stored(secret))), "{user}");
        let old = credentials().of("HARBOR", user).expect("an old secret");
        assert!(!hashes.contains(&hex(&stored(old))), "{user}");
    }

    // The copy is entered and lives on by itself; tokens of the original are not its.
    let own = world.token("ws_sync@HARBOR-2");
    let made = world.call(
        "POST",
        "/objects/company-config/role",
        Some(&own),
        Some(&json!({"id": "After the copy"})),
    );
    assert_eq!(made.status, 201, "{}", made.json());
    let key = made.json()["ia::result"]["key"].clone();
    let path = format!(
        "/objects/company-config/role/{}",
        key.as_str().expect("a key")
    );
    assert_eq!(world.call("GET", &path, Some(&own), None).status, 200);
    assert_eq!(world.call("GET", &path, Some(&token), None).status, 404);
    let preference = "/objects/company-config/company-preference/setup";
    let told = world.call("GET", preference, Some(&own), None).json();
    assert_eq!(told["ia::result"]["id"], "HARBOR-2");
    assert_eq!(told["ia::result"]["name"], "The copy");
}

#[test]
fn a_copy_needs_an_original_and_a_free_id() {
    let world = World::harbor();
    let copy = |from: &str, to: &str| {
        let done = world.engine.copy_company(from, to, None, Door::Command);
        codes(&done.expect_err("a refusal"))
    };
    assert_eq!(copy("NOBODY", "X"), ["SG-0403"]);
    assert_eq!(copy("HARBOR", "harbor"), ["SG-0901"]);
    assert_eq!(world.engine.company("X").expect("an answer"), None);
}
