//! What real, unmodified clients sent, each in the order of its flow, on a fresh HARBOR.
//!
//! A line of `captures/expected.tsv` for each body: what has to be there before it, what comes of it
//! (`success`, or level and code of the failure) and why. Credentials, session ids, result ids and
//! record keys of a body are replaced by real ones, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use super::answer::{Outcome, Reply, read};
use super::element::parse;
use super::gateway::Gateway;
use crate::harness::{World, credentials};
use crate::support::company;

const EXPECTED: &str = include_str!("captures/expected.tsv");
const SESSION: &str = "FAKESESSION0123456789abcdef..";
const RESULT: &str = "7765623332FAKERESULTID01";
/// The key that bodies name the record by which the client made.
const MADE: &str = "<keys>101</keys>";
const USER: &str = "company-config/user";
const CONTACT: &str = "company-config/contact";

struct Line {
    client: &'static str,
    capture: &'static str,
    before: &'static str,
    outcome: &'static str,
}

fn expected() -> Vec<Line> {
    let lines = EXPECTED.lines().filter(|line| !line.starts_with('#'));
    let line = |line: &'static str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [path, before, outcome, why] = cells[..] else {
            panic!("{line}");
        };
        assert!(!why.is_empty(), "{line}: nobody says why");
        let (client, capture) = path.split_once('/').expect("client/capture");
        Line {
            client,
            capture,
            before,
            outcome,
        }
    };
    lines.map(line).collect()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/xml/captures")
}

/// One client's flow under way.
struct Flow {
    world: World,
    token: String,
    session: String,
    result: String,
}

impl Flow {
    /// A fresh HARBOR with what the bodies presuppose.
    fn new() -> Self {
        let world = World::harbor();
        let token = world.token("ws_bare@HARBOR");
        let gateway = Gateway { world: &world };
        let more = json!({"roles": [{"id": "Integration read"}], "userType": "business"});
        gateway.new_user("ws_user1", &more);
        let flow = Self {
            world,
            token,
            session: String::new(),
            result: String::new(),
        };
        for id in ["US-EAST", "US-WEST"] {
            flow.make(
                "company-config/entity",
                &json!({"id": id, "name": id, "federalId": id}),
            );
        }
        let department = json!({"id": "ENG", "name": "Engineering"});
        flow.make("company-config/department", &department);
        flow
    }

    fn make(&self, object: &str, body: &Json) {
        let path = format!("/objects/{object}");
        let made = self
            .world
            .call("POST", &path, Some(&self.token), Some(body));
        assert_eq!(made.status, 201, "{}", made.json());
    }

    fn key(&self, object: &'static str, id: &'static str) -> Option<String> {
        let engine = &self.world.engine;
        let harbor = company(engine, "HARBOR");
        let found = engine.read(crate::support::system(Some(harbor)), move |work| {
            work.find(work.object(object), id)
        });
        found.wait().expect("an answer").map(|key| key.to_string())
    }

    fn record(&self, object: &'static str, id: &'static str) -> Json {
        let key = self.key(object, id).expect("a record");
        let path = format!("/objects/{object}/{key}");
        let answer = self.world.call("GET", &path, Some(&self.token), None);
        answer.json()["ia::result"].clone()
    }

    fn prepare(&self, what: &str) {
        match what {
            "" => {}
            "ws_new" if self.key(USER, "ws_new").is_some() => {}
            "ws_new" => {
                Gateway { world: &self.world }.new_user("ws_new", &json!({}));
            }
            // A contact called as the one that a later call makes came with the user.
            "no ws_new" => {
                for (object, id) in [(USER, "ws_new"), (CONTACT, "Ws New")] {
                    if let Some(key) = self.key(object, id) {
                        let path = format!("/objects/{object}/{key}");
                        let gone = self.world.call("DELETE", &path, Some(&self.token), None);
                        assert_eq!(gone.status, 204, "{object} {id}");
                    }
                }
            }
            other => panic!("nobody knows how to prepare {other}"),
        }
    }

    /// A body with real credentials, ids and keys.
    fn filled(&self, body: &str) -> String {
        let known = credentials();
        let mut body = body
            .replace("demo_sender_pw", &known.sender_password)
            .replace("demo_sender", &known.sender_id)
            .replace("demo_user_pw", &known.user_password)
            .replace("<userid>ws_demo<", "<userid>ws_sync<")
            .replace("DEMOCO", "HARBOR");
        if body.contains(SESSION) {
            assert!(!self.session.is_empty(), "a session was opened before");
            body = body.replace(SESSION, &self.session);
        }
        if body.contains(RESULT) {
            assert!(!self.result.is_empty(), "something is left to read");
            body = body.replace(RESULT, &self.result);
        }
        if body.contains(MADE) {
            let key = if body.contains("<object>CONTACT<") {
                self.key(CONTACT, "Ws New")
            } else {
                self.key(USER, "ws_new")
            };
            let key = key.expect("the client made it before");
            body = body.replace(MADE, &format!("<keys>{key}</keys>"));
        }
        body
    }

    /// Sends a capture; what became of it.
    fn send(&mut self, line: &Line) -> Result<Reply, String> {
        self.prepare(line.before);
        let path = folder().join(line.client);
        let file = path.join(format!("{}.xml", line.capture));
        let body = std::fs::read_to_string(file).expect("a capture");
        let headers = std::fs::read_to_string(path.join("headers.txt")).expect("headers");
        let body = self.filled(&body);
        let gateway = Gateway { world: &self.world };
        let answer = gateway.post(&body, content_type(&headers, line.capture));
        let reply = read(&answer, &parse(&body).expect("a request"))
            .map_err(|why| format!("{why}\n{}", String::from_utf8_lossy(&answer.body)))?;
        if let Reply::Done { outcomes, .. } = &reply {
            self.note(&outcomes[0]);
        }
        Ok(reply)
    }

    /// Keeps what later bodies need: the first session at the top level, the latest result.
    fn note(&mut self, outcome: &Outcome) {
        let Some(data) = &outcome.data else { return };
        let at_top = data.text_at("api/locationid").is_empty();
        if outcome.function == "getAPISession" && at_top && self.session.is_empty() {
            data.text_at("api/sessionid").clone_into(&mut self.session);
        }
        match data.attribute("resultId") {
            None | Some("") => {}
            Some(id) => id.clone_into(&mut self.result),
        }
    }
}

/// The content type that came with a capture.
fn content_type<'h>(headers: &'h str, capture: &str) -> &'h str {
    let mut blocks = headers.split("\n## ");
    let block = blocks.find(|block| block.starts_with(&format!("{capture}\n")));
    let lines = block.expect("its headers").lines();
    let mut pairs = lines.filter_map(|line| line.split_once(": "));
    let found = pairs.find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    found.expect("a content type").1
}

/// What a reply is, in the words of the table.
fn told(reply: &Reply) -> String {
    match reply.failure() {
        None => "success".to_owned(),
        Some((level, code)) => format!("{level} {code}"),
    }
}

/// The ids of a list of references.
fn ids(list: &Json) -> Vec<&str> {
    let items = list.as_array().expect("a list").iter();
    items
        .map(|item| item["id"].as_str().expect("an id"))
        .collect()
}

/// What bodies that write left behind, as REST shows it.
fn left_behind(flow: &Flow, line: &Line, reply: Reply) {
    let user = || flow.record(USER, "ws_new");
    match (line.client, line.capture) {
        ("npm-intacct-sdk", "06-session-readByQuery-userinfo") => {
            let outcome = reply.one();
            assert_eq!(outcome.told("totalcount"), "3");
            assert_eq!(outcome.column("LOGINDISABLED"), ["true", "true"]);
        }
        ("npm-intacct-sdk", "07-session-readMore") => {
            assert_eq!(reply.one().column("LOGINID"), ["ws_user1"]);
        }
        ("npm-intacct-sdk", "08-session-query-userinfo") => {
            assert_eq!(reply.one().column("LOGINID"), ["ws_user1", "ws_bare"]);
        }
        ("npm-intacct-sdk", "11-session-create-userinfo-wsonly") => {
            let user = user();
            assert_eq!(user["userType"], "business");
            assert_eq!(user["contact"]["id"], "Ws New");
            assert_eq!(user["accountEmail"], "ws_new@example.com");
            assert_eq!(user["webServices"]["isRestricted"], true);
            assert_eq!(ids(&user["entities"]), ["US-EAST", "US-WEST"]);
            assert_eq!(ids(&user["locations"]), ["US-EAST", "US-WEST"]);
            assert_eq!(ids(&user["departments"]), ["ENG"]);
            let contact = flow.record(CONTACT, "Ws New");
            assert_eq!(contact["printAs"], "Ws New");
            assert_eq!(contact["email1"], "ws_new@example.com");
        }
        ("npm-intacct-sdk", "12-session-update-userinfo") => {
            let user = user();
            assert_eq!(
                (&user["status"], &user["userName"]),
                (&json!("inactive"), &json!("Ws Renamed"))
            );
            assert_eq!(ids(&user["entities"]), ["US-EAST"]);
            assert_eq!(ids(&user["locations"]), ["US-EAST"]);
            assert!(ids(&user["departments"]).is_empty(), "not sent, so cleared");
        }
        ("npm-intacct-sdk", "14-session-create-contact") => {
            let contact = flow.record(CONTACT, "Ws New");
            let address = &contact["mailingAddress"];
            assert_eq!(address["addressLine1"], "1 Main & Co");
            assert_eq!(address["country"], "United States");
        }
        ("npm-intacct-sdk", "16-session-delete-contact") => {
            assert_eq!(reply.one().key.as_deref(), Some("Ws New"));
            assert_eq!(flow.key(CONTACT, "Ws New"), None);
        }
        ("npm-intacct-sdk", "20-session-batch-transaction-uniqueid") => {
            for id in ["D2", "D3"] {
                assert!(flow.key("company-config/department", id).is_some());
            }
        }
        ("npm-intacct-sdk", "33-session-sessionProvider-entity") => {
            assert_eq!(reply.one().data().text_at("api/locationid"), "US-EAST");
        }
        ("npm-intacct-api", "06-session-create-userinfo") => {
            let user = user();
            assert_eq!(user["contact"]["id"], "ws_new");
            assert_eq!(user["accountEmail"], "ws_new@example.com");
        }
        ("npm-intacct-api", "08-session-delete-userinfo") => {
            assert_eq!(flow.key(USER, "ws_new"), None);
        }
        ("git-intacct-sdk-php", "06-session-update-userinfo") => {
            let user = user();
            assert_eq!(user["status"], "inactive");
            for list in ["entities", "locations", "departments", "territories"] {
                assert!(ids(&user[list]).is_empty(), "{list}");
            }
        }
        ("pypi-sageintacctsdk", "05-session-contacts-get_all-step2-page") => {
            let lines = reply.one().column("MAILADDRESS.ADDRESS1");
            assert!(
                lines.iter().any(|line| line == "1 Ferry Plaza"),
                "{lines:?}"
            );
        }
        ("pypi-sageintacctsdk", "28-session-generic-userinfo-post") => {
            assert_eq!(ids(&user()["entities"]), ["US-EAST", "US-WEST"]);
        }
        ("pypi-sageintacctsdk", "34-session-generic-userroles-post") => {
            assert_eq!(ids(&user()["roles"]), ["Accountant"]);
        }
        _ => {}
    }
}

#[test]
fn what_clients_really_send_is_answered_as_the_table_says() {
    let mut flows: BTreeMap<&str, Flow> = BTreeMap::new();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for line in expected() {
        let flow = flows.entry(line.client).or_insert_with(Flow::new);
        let name = format!("{}/{}", line.client, line.capture);
        let reply = flow.send(&line);
        let came = match &reply {
            Ok(reply) => told(reply),
            Err(why) => format!("no answer of the gateway's: {why}"),
        };
        *counts.entry(came.clone()).or_default() += 1;
        match reply {
            Ok(reply) if came == line.outcome => left_behind(flow, &line, reply),
            other => unexplained.push(format!("{name}: {} expected, {other:?}", line.outcome)),
        }
    }
    println!("{counts:?}");
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    assert_eq!(counts["success"], 78);
}

/// No capture is left out, and none stands twice.
#[test]
fn the_table_has_every_capture_once() {
    let mut listed = BTreeSet::new();
    for line in expected() {
        let name = format!("{}/{}.xml", line.client, line.capture);
        assert!(listed.insert(name.clone()), "{name} stands twice");
    }
    for client in std::fs::read_dir(folder()).expect("the captures") {
        let client = client.expect("a folder").path();
        if !client.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&client).expect("a folder") {
            let path = file.expect("a file").path();
            let short = path.strip_prefix(folder()).expect("below");
            let name = short.to_str().expect("text").to_owned();
            assert!(
                name.ends_with("headers.txt") || listed.remove(&name),
                "{name}"
            );
        }
    }
    assert!(listed.is_empty(), "{listed:?}");
}
