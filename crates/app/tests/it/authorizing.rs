//! From a company to a call that works: `client create`, `sender create`, `company authorize`.

use std::fs;

use serde_json::{Value as Json, json};
use sidegate_engine::audit::Verdict;
use sidegate_engine::credential::{SecretKind, kind_of};
use sidegate_model::{Operation, RecordKey};
use sidegate_store::Connection;
use sidegate_store::backend::Access;

use crate::process::{Client, Server};
use crate::site::{INIT, Site, mode};
use crate::support::{company, drafted, rows, set, system, verified};

const CLIENTS: &[&str] = &["client", "list"];
const SENDERS: &[&str] = &["sender", "list"];
const USER: &str = "company-config/user";
const PAIRINGS: &str = "/objects/sidegate/client-authorization";

fn founded() -> Site {
    let site = Site::new();
    site.prints(INIT);
    site
}

/// A client application by the command; its secret.
fn client(site: &Site, id: &str) -> String {
    let printed = site.prints(&["client", "create", id, "--name", "Sync"]);
    printed.trim_end().to_owned()
}

/// What a command that does what it should says on stderr, and nothing on stdout.
fn says(site: &Site, words: &[&str]) -> String {
    let output = site.run(words);
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(0), "{words:?}: {said}");
    assert!(output.stdout.is_empty(), "{words:?}");
    said
}

/// The words that let a client application act for a user of ACME.
fn pairing<'a>(client: &'a str, user: &'a str) -> Vec<&'a str> {
    vec![
        "company",
        "authorize",
        "ACME",
        "--client",
        client,
        "--user",
        user,
    ]
}

fn with<'a>(mut words: Vec<&'a str>, more: &[&'a str]) -> Vec<&'a str> {
    words.extend(more);
    words
}

fn grant(to: &mut Client, id: &str, secret: &str, username: &str) -> (u16, Json) {
    let body = json!({"grant_type": "client_credentials", "client_id": id,
        "client_secret": secret, "username": username});
    to.call("POST", "/oauth2/token", "", Some(&body))
        .expect("an answer")
}

fn token(to: &mut Client, id: &str, secret: &str, username: &str) -> String {
    let (status, answer) = grant(to, id, secret, username);
    assert_eq!(status, 200, "{answer}");
    answer["access_token"].as_str().expect("a token").to_owned()
}

/// A call of Sidegate's own API; the client of the suite writes the vendor's.
fn ours(
    to: &mut Client,
    method: &str,
    path: &str,
    token: &str,
    body: Option<&Json>,
) -> (u16, Json) {
    let request =
        Client::request(method, path, token, body).replace("/ia/api/v1/", "/sidegate/v1/");
    to.write(request.as_bytes()).expect("a connection");
    let (status, text) = to.answer().expect("an answer");
    (status, serde_json::from_str(&text).unwrap_or_default())
}

fn users(to: &mut Client, token: &str) -> u16 {
    let answer = to.call("GET", "/objects/company-config/user", token, None);
    answer.expect("an answer").0
}

fn count(site: &Site, table: &str) -> usize {
    let mut connection = Connection::open(&site.location, Access::Read).expect("the database");
    let sql = format!("select cast(\"key\" as text) from \"{table}\"");
    rows(&mut connection, 1, &sql).len()
}

/// Makes the first row of ACME inactive, as an administrator would.
fn deactivate(site: &Site, object: &str) {
    let engine = site.engine();
    let key = company(&engine, "ACME");
    let row = RecordKey::new(1).expect("a key");
    set(&engine, Some(key), object, row, &[("status", "inactive")]).expect("a row");
    engine.stop();
}

#[test]
fn from_nothing_to_a_web_services_user_who_calls() {
    let site = founded();
    let server = Server::serve(&site.location, &site.key_file);
    let secret = client(&site, "sync");
    assert_eq!(kind_of(&secret), Some(SecretKind::Client));
    let mut http = server.client();
    // Nobody has let it in yet.
    assert_eq!(grant(&mut http, "sync", &secret, "ada@ACME").0, 401);
    let said = says(
        &site,
        &with(pairing("sync", "ada"), &["--allow-standard-user"]),
    );
    assert!(said.contains("sync") && said.contains("was made"), "{said}");
    assert_eq!(
        grant(&mut http, "Sync", &secret, "ada@ACME").0,
        401,
        "case counts"
    );
    let ada = token(&mut http, "sync", &secret, "ada@ACME");

    // She makes the Web Services user and lets the client act as her.
    let user = json!({"id": "ws", "accountEmail": "ws@acme.example", "adminPrivileges": "full",
        "webServices": {"isRestricted": true},
        "contact": {"id": "ws", "printAs": "Sync", "firstName": "Web", "lastName": "Services"}});
    let (status, answer) = http
        .call("POST", "/objects/company-config/user", &ada, Some(&user))
        .expect("an answer");
    assert_eq!(status, 201, "{answer}");
    let body = json!({"clientApplication": {"id": "sync"}, "user": {"id": "ws"}});
    let (status, answer) = ours(&mut http, "POST", PAIRINGS, &ada, Some(&body));
    assert_eq!(status, 201, "{answer}");
    let ws = token(&mut http, "sync", &secret, "ws@ACME");
    assert_eq!(users(&mut http, &ws), 200);

    // The row that the command made is revoked by the user that came of it.
    let row = format!("{PAIRINGS}/1");
    let inactive = json!({"status": "inactive"});
    let (status, answer) = ours(&mut http, "PATCH", &row, &ws, Some(&inactive));
    assert_eq!(status, 200, "{answer}");
    assert_eq!(users(&mut http, &ada), 401);
    assert_eq!(grant(&mut http, "sync", &secret, "ada@ACME").0, 401);
    // Made active by the command it gives tokens again, to the server that runs.
    let said = says(
        &site,
        &with(pairing("sync", "ada"), &["--allow-standard-user"]),
    );
    assert!(said.contains("was changed"), "{said}");
    let ada = token(&mut http, "sync", &secret, "ada@ACME");
    let (status, _) = ours(&mut http, "DELETE", &row, &ws, None);
    assert_eq!(status, 204);
    assert_eq!(users(&mut http, &ada), 401);
    assert_eq!(users(&mut http, &ws), 200);
    server.stop();
    // Written at the end at the latest.
    let listed = site.prints(CLIENTS);
    assert!(listed.starts_with("sync\tactive\t1\tSync\t2"), "{listed}");
    assert!(listed.ends_with("Z\t127.0.0.1\n"), "{listed}");

    let engine = site.engine();
    let key = company(&engine, "ACME");
    assert!(matches!(verified(&engine, key), Verdict::Whole { .. }));
    engine.stop();
    let mut connection = Connection::open(&site.location, Access::Read).expect("the database");
    let by = "select \"event\", \"door\" from \"audit_entry\" where \"object\" = 'sidegate/client-authorization' order by \"key\"";
    assert_eq!(
        rows(&mut connection, 2, by),
        [
            ["create", "command"],
            ["create", "rest"],
            ["update", "rest"],
            ["update", "command"],
            ["delete", "rest"]
        ]
    );
}

#[test]
fn a_client_and_a_sender_are_let_in_together() {
    let site = founded();
    let secret = client(&site, "sync");
    let words = [
        "sender",
        "create",
        "Sync Ltd",
        "--description",
        "Sync's sender",
    ];
    let password = site.prints(&words);
    assert_eq!(kind_of(password.trim_end()), Some(SecretKind::Sender));
    assert_ne!(secret, password.trim_end());
    assert_eq!(
        site.prints(&["sender", "create", "bare"]).lines().count(),
        1
    );
    assert_eq!(
        site.prints(SENDERS),
        "Sync Ltd\tactive\t0\tSync's sender\t\t\nbare\tactive\t0\t\t\t\n"
    );
    let both = with(
        pairing("sync", "ada"),
        &[
            "--allow-standard-user",
            "--sender",
            "Sync Ltd",
            "--description",
            "For the books",
        ],
    );
    let said = says(&site, &both);
    assert_eq!(said.matches("was made").count(), 2, "{said}");
    let again = says(&site, &both);
    assert_eq!(again.matches("was there already").count(), 2, "{again}");
    deactivate(&site, "sidegate/sender-authorization");
    assert!(site.prints(SENDERS).contains("Sync Ltd\tactive\t0\t"));
    let said = says(
        &site,
        &["company", "authorize", "ACME", "--sender", "Sync Ltd"],
    );
    assert_eq!(said.lines().count(), 1);
    assert!(said.contains("was changed"), "{said}");
    assert!(site.prints(SENDERS).contains("Sync Ltd\tactive\t1\t"));
    let mut connection = Connection::open(&site.location, Access::Read).expect("the database");
    for table in ["client_authorization", "sender_authorization"] {
        let sql = format!("select \"description\", \"status\" from \"{table}\"");
        assert_eq!(
            rows(&mut connection, 2, &sql),
            [["For the books", "active"]]
        );
    }
}

#[test]
fn the_sender_of_a_row_is_spelled_exactly_and_stays() {
    let site = founded();
    let secret = client(&site, "sync");
    site.prints(&["sender", "create", "Sync"]);
    site.prints(&["sender", "create", "Other"]);
    let all = with(
        pairing("sync", "ada"),
        &["--allow-standard-user", "--sender", "Sync"],
    );
    says(&site, &all);
    let server = Server::serve(&site.location, &site.key_file);
    let mut http = server.client();
    let ada = token(&mut http, "sync", &secret, "ada@ACME");
    let mut refused = |method: &str, path: &str, sender: &str| {
        let body = json!({"sender": {"id": sender}});
        let (status, answer) = ours(&mut http, method, path, &ada, Some(&body));
        assert_eq!(status, 400, "{answer}");
        answer["ia::result"]["ia::error"]["details"][0]["errorId"].clone()
    };
    let rows = "/objects/sidegate/sender-authorization";
    assert_eq!(refused("POST", rows, "other"), "SG-0104");
    assert_eq!(refused("PATCH", &format!("{rows}/1"), "Other"), "SG-0103");
    server.stop();
    assert_eq!(
        site.prints(SENDERS),
        "Other\tactive\t0\t\t\t\nSync\tactive\t1\t\t\t\n"
    );
}

/// IDs that are easily taken for one another are told to whoever runs the server.
#[test]
fn ids_that_differ_by_case_or_one_character_are_told() {
    let site = founded();
    let said = |words: &[&str]| {
        let output = site.run(words);
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(0), "{words:?}: {said}");
        said
    };
    said(&["sender", "create", "acme-sync"]);
    let alike = "by case or one character";
    let second = said(&["sender", "create", "acme-sink-2"]);
    assert!(!second.contains(alike), "{second}");
    let third = said(&["sender", "create", "Acme-Synk"]);
    let note = format!("there is the sender acme-sync, which differs from Acme-Synk {alike}");
    assert!(third.contains(&note), "{third}");
    let authorize = ["company", "authorize", "ACME", "--sender"];
    let there = said(&[&authorize[..], &["acme-sync"]].concat());
    let note = format!("there is the sender Acme-Synk, which differs from acme-sync {alike}");
    assert!(there.contains(&note), "{there}");
    // Also where there is no such sender.
    let output = site.run(&[&authorize[..], &["acme-sync-"]].concat());
    let refused = String::from_utf8(output.stderr).expect("text");
    let note = format!("there is the sender acme-sync, which differs from acme-sync- {alike}");
    assert!(refused.contains(&note), "{refused}");
}

#[test]
fn each_company_counts_once_in_the_list() {
    let site = founded();
    site.prints(&["company", "copy", "ACME", "BETA"]);
    assert_eq!(site.prints(CLIENTS), "");
    client(&site, "sync");
    client(&site, "other");
    for id in ["ACME", "BETA"] {
        says(
            &site,
            &[
                "company",
                "authorize",
                id,
                "--client",
                "sync",
                "--user",
                "ada",
                "--allow-standard-user",
            ],
        );
    }
    assert_eq!(
        site.prints(CLIENTS),
        "other\tactive\t0\tSync\t\t\nsync\tactive\t2\tSync\t\t\n"
    );
    deactivate(&site, "sidegate/client-authorization");
    assert!(site.prints(CLIENTS).contains("sync\tactive\t1\t"));
}

#[test]
fn whom_nobody_knows_is_not_let_in() {
    let site = founded();
    client(&site, "sync");
    site.prints(&["sender", "create", "Sync Ltd"]);
    let refused = |words: &[&str], code: i32, wanted: &[&str]| {
        let output = site.run(words);
        let line = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(code), "{words:?}: {line}");
        for wanted in wanted {
            assert!(line.contains(wanted), "{wanted}: {line}");
        }
    };
    refused(
        &["company", "authorize", "NONE", "--sender", "Sync Ltd"],
        1,
        &["no company NONE"],
    );
    // All that is not there at once; ids are matched with regard to case.
    let none = with(pairing("SYNC", "Ada"), &["--sender", "sync ltd"]);
    refused(
        &none,
        1,
        &[
            "no client application: there is none with the id SYNC",
            "no user: there is none with the id Ada",
            "no sender: there is none with the id sync ltd",
        ],
    );
    // A standard user has to be allowed, and the sender's row goes with the client's.
    let both = with(pairing("sync", "ada"), &["--sender", "Sync Ltd"]);
    refused(&both, 1, &["Web Services user"]);
    let long = "x".repeat(401);
    refused(
        &with(both.clone(), &["--description", &long]),
        1,
        &["Description"],
    );
    refused(
        &with(both.clone(), &["--description", "a\nb"]),
        1,
        &["control characters"],
    );
    refused(&["company", "authorize", "ACME"], 2, &["--client"]);
    refused(
        &["company", "authorize", "ACME", "--client", "sync"],
        2,
        &["--user"],
    );
    refused(
        &[
            "company",
            "authorize",
            "ACME",
            "--sender",
            "Sync Ltd",
            "--user",
            "ada",
        ],
        2,
        &["--client"],
    );
    assert_eq!(count(&site, "client_authorization"), 0);
    assert_eq!(count(&site, "sender_authorization"), 0);
}

#[test]
fn a_row_that_is_there_is_fine_only_if_it_lets_in() {
    let site = founded();
    client(&site, "sync");
    let engine = site.engine();
    let key = Some(company(&engine, "ACME"));
    let user = json!({"id": "ws", "accountEmail": "ws@acme.example", "webServices": {"isRestricted": true},
        "contact": {"id": "ws", "printAs": "Sync", "firstName": "Web", "lastName": "Services"}});
    let draft = drafted(&engine, USER, Operation::Create, &user);
    let made = engine.write(system(key), move |work| {
        work.create(work.object(USER), &draft)
    });
    let user = made.wait().expect("a user").key;
    assert!(says(&site, &pairing("sync", "ws")).contains("was made"));
    let standard = json!({"webServices": {"isRestricted": false}});
    let draft = drafted(&engine, USER, Operation::Update, &standard);
    let changed = engine.write(system(key), move |work| {
        work.update(work.object(USER), user, &draft, None)
    });
    changed.wait().expect("a standard user");
    engine.stop();
    let (code, line) = site.refuses(&pairing("sync", "ws"));
    assert!(code == 1 && line.contains("Web Services user"), "{line}");
    let allowed = with(pairing("sync", "ws"), &["--allow-standard-user"]);
    assert!(says(&site, &allowed).contains("was changed"));
    // The leave stays in the row, also over a time in which it is inactive.
    assert!(says(&site, &pairing("sync", "ws")).contains("was there already"));
    deactivate(&site, "sidegate/client-authorization");
    assert!(says(&site, &pairing("sync", "ws")).contains("was changed"));
}

#[test]
fn ids_are_unique_whatever_their_case_and_can_be_written_in_requests() {
    let site = founded();
    client(&site, "Sync");
    site.prints(&["sender", "create", "Sync"]);
    let (path, shown) = site.file("secret");
    for (id, wanted) in [
        ("sYNC", "already exists"),
        ("", "required"),
        (" ", "required"),
        (" x", "begin or end with a blank"),
        ("x\u{a0}", "begin or end with a blank"),
        ("a\tb", "control characters"),
        ("a\u{85}b", "control characters"),
        ("a:b", "colon"),
        (&"x".repeat(201), "characters"),
    ] {
        let client = [
            "client",
            "create",
            id,
            "--name",
            "N",
            "--secret-file",
            &shown,
        ];
        let sender = ["sender", "create", id, "--secret-file", &shown];
        for words in [&client[..], &sender[..]] {
            // XML has no header that a colon would end.
            if words[0] == "sender" && id == "a:b" {
                continue;
            }
            let (code, line) = site.refuses(words);
            assert_eq!(code, 1, "{line}");
            assert!(line.contains(wanted), "{wanted}: {line}");
            assert!(!path.exists(), "no secret of nobody is left");
        }
    }
    let (code, line) = site.refuses(&["client", "create", "x", "--name", "a\nb"]);
    assert!(code == 1 && line.contains("control characters"), "{line}");
    let (code, line) = site.refuses(&["client", "create", "x", "--name", ""]);
    assert!(code == 1 && line.contains("required"), "{line}");
    assert_eq!(count(&site, "client_application"), 1);
    assert_eq!(count(&site, "sender"), 1);
    assert_eq!(count(&site, "server_credential"), 2);
}

#[test]
fn a_secret_goes_to_a_file_of_its_own_or_nowhere() {
    let site = founded();
    let (path, shown) = site.file("secret");
    let words = [
        "client",
        "create",
        "sync",
        "--name",
        "Sync",
        "--secret-file",
        &shown,
    ];
    let said = says(&site, &words);
    assert!(said.contains(&shown), "{said}");
    assert_eq!(mode(&path), 0o600);
    let secret = fs::read_to_string(&path).expect("the secret");
    assert_eq!(kind_of(secret.trim_end()), Some(SecretKind::Client));
    let (code, line) = site.refuses(&["sender", "create", "s", "--secret-file", &shown]);
    assert_eq!(code, 1);
    assert!(line.contains(&shown) && line.contains("already"), "{line}");
    assert_eq!(fs::read_to_string(&path).expect("the secret"), secret);
    let (_, nowhere) = site.file("none/secret");
    let (code, _) = site.refuses(&["sender", "create", "s", "--secret-file", &nowhere]);
    assert_eq!(code, 1);
    assert_eq!(count(&site, "sender"), 0);
    assert_eq!(count(&site, "server_credential"), 1);
}
