//! Asynchronous requests of the XML gateway: acknowledged at once, carried out once, answered at the
//! URL of their transport policy.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::sync::mpsc::{Receiver as Mails, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sidegate_engine::Door;
use sidegate_engine::key_file::KeyFile;
use sidegate_engine::offline::policy::NewPolicy;
use sidegate_engine::offline::{Gateway, Logged, Waiting};
use sidegate_engine::outbound::Reach;
use sidegate_engine::{Engine, Settings, Source};
use sidegate_model::Failure;

use crate::harness::{Answer, Hand, NOON, World, credentials};
use crate::process::{Server, empty, key_file, place, refusal, run, secrets};
use crate::support::{codes, number, rows};

const MINUTE: i64 = 60_000_000;
/// More than any answer takes here.
const LONG: Duration = Duration::from_secs(30);
/// What a client of the vendor's JavaScript library sends, but for the names in it.
const CAPTURED: &str = r#"<?xml version="1.0" encoding="utf-8" ?><request><control><senderid>demo_sender</senderid><password>demo_sender_pw</password><controlid>off-1</controlid><uniqueid>false</uniqueid><dtdversion>3.0</dtdversion><policyid>demoPolicy</policyid><includewhitespace>false</includewhitespace></control><operation transaction="false"><authentication><login><userid>ws_demo</userid><companyid>DEMOCO</companyid><password>demo_user_pw</password></login></authentication><content><function controlid="cid-off"><getAPISession /></function></content></operation></request>"#;

/// A server that answers are posted to.
struct Receiver {
    url: String,
    got: Mails<(String, String)>,
    /// What it answers, last first; 200 when nothing is left.
    answers: Arc<Mutex<Vec<&'static str>>>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let (tell, got) = channel();
        let answers: Arc<Mutex<Vec<&'static str>>> = Arc::default();
        let own = Arc::clone(&answers);
        // Ends with the process: it waits for a connection until then.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let status = own.lock().expect("no thread panics").pop();
                if serve(
                    &stream.expect("a stream"),
                    status.unwrap_or("200 OK"),
                    &tell,
                )
                .is_none()
                {
                    return;
                }
            }
        });
        Self {
            url: format!("http://127.0.0.1:{port}/answers"),
            got,
            answers,
        }
    }

    /// Head and body of the next answer.
    fn next(&self) -> (String, String) {
        self.got.recv_timeout(LONG).expect("an answer is posted")
    }

    fn got_nothing_more(&self) {
        assert!(self.got.try_recv().is_err(), "nothing else is posted");
    }

    fn will_answer(&self, answers: &[&'static str]) {
        *self.answers.lock().expect("no thread panics") = answers.iter().rev().copied().collect();
    }
}

fn serve(stream: &TcpStream, status: &str, tell: &Sender<(String, String)>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return Some(());
        }
    }
    let lower = head.to_lowercase();
    let length = lower
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))?;
    let mut body = vec![0; length.parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    tell.send((head, String::from_utf8(body).ok()?)).ok()?;
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    (&*stream).write_all(answer.as_bytes()).ok()
}

/// HARBOR as the stand-in runs, which reaches this machine.
fn here() -> World {
    World::harbor().restarted(reaches_this_machine)
}

fn reaches_this_machine(settings: &mut Settings) {
    settings.reach = Reach::ThisMachineToo;
}

fn policy(world: &World, id: &str, url: &str) {
    let new = NewPolicy {
        id,
        url,
        account: Some(("back-office", "Quiet-Harbor-7")),
    };
    world
        .engine
        .create_policy(new, Door::Command)
        .expect("a policy");
}

/// The captured request with the names of HARBOR.
fn captured(policy: &str) -> String {
    let known = credentials();
    CAPTURED
        .replace("demo_sender_pw", &known.sender_password)
        .replace("demo_sender", &known.sender_id)
        .replace("demoPolicy", policy)
        .replace("ws_demo", "ws_sync")
        .replace("DEMOCO", "HARBOR")
        .replace("demo_user_pw", &known.user_password)
}

/// The same, for another function.
fn asking(policy: &str, function: &str) -> String {
    captured(policy).replace("<getAPISession />", function)
}

fn creating(role: &str) -> String {
    asking(
        "late",
        &format!(
            "<create><DEPARTMENT><DEPARTMENTID>{role}</DEPARTMENTID><TITLE>{role}</TITLE></DEPARTMENT></create>"
        ),
    )
}

fn send(world: &World, body: String) -> Answer {
    let request = Request::post("/ia/xml/xmlgw.phtml")
        .header("content-type", "application/xml")
        .body(Body::from(body));
    world.send(request.expect("a request"))
}

fn text(answer: Answer) -> String {
    String::from_utf8(answer.body).expect("text")
}

fn acknowledged(world: &World, body: String) {
    let answer = send(world, body);
    assert_eq!(answer.status, 200);
    let answer = text(answer);
    assert!(answer.contains("<acknowledgement><status>success</status></acknowledgement><control><status>success</status>"), "{answer}");
}

fn log(world: &World) -> Vec<Logged> {
    world.engine.policy_log(100).expect("a log")
}

fn departments(world: &World, id: &str) -> usize {
    let token = world.token("ws_sync@HARBOR");
    let body = json!({"object": "company-config/department", "fields": ["key"], "filters": [{"$eq": {"id": id}}]});
    let answer = world.call("POST", "/services/core/query", Some(&token), Some(&body));
    let answer = answer.json();
    answer["ia::result"].as_array().expect("rows").len()
}

/// Whether a text stands anywhere in the stored requests and policies, whatever the column.
fn stored_text(world: &World, wanted: &str) -> bool {
    let mut connection = sidegate_store::Connection::open(
        &world.database.location,
        sidegate_store::backend::Access::Write,
    )
    .expect("the database");
    let sqlite = matches!(
        world.database.location,
        sidegate_engine::Location::Sqlite(_)
    );
    let bytes = |column: &str| {
        if sqlite {
            format!("coalesce(cast({column} as text), '')")
        } else {
            format!("coalesce(encode({column}, 'escape'), '')")
        }
    };
    [("xml_request", "endpoint"), ("transport_policy", "url")]
        .iter()
        .any(|(table, column)| {
            let sql = format!(
                "select {}, \"{column}\" from \"{table}\"",
                bytes("\"sealed\"")
            );
            let found = rows(&mut connection, 2, &sql);
            found.iter().flatten().any(|text| text.contains(wanted))
        })
}

#[test]
fn a_request_with_a_policy_is_acknowledged_and_answered_at_its_url() {
    let world = here();
    let receiver = Receiver::start();
    policy(&world, "late", &receiver.url);
    let answer = send(&world, captured("late"));
    assert_eq!(
        answer.headers["content-type"],
        "text/xml; encoding=\"UTF-8\""
    );
    assert_eq!(
        text(answer),
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<response><acknowledgement><status>success</status></acknowledgement>\
             <control><status>success</status><senderid>{}</senderid><controlid>off-1</controlid><uniqueid>false</uniqueid>\
             <dtdversion>3.0</dtdversion></control></response>",
            credentials().sender_id
        )
    );
    // It is stored, and nobody reads it there.
    assert_eq!(log(&world)[0].status, "queued");
    assert!(!stored_text(&world, "getAPISession"));
    assert!(!stored_text(&world, "Quiet-Harbor-7"));
    receiver.got_nothing_more();
    assert_eq!(world.engine.answer_due().expect("done"), 2);
    let (head, body) = receiver.next();
    assert!(head.starts_with("POST /answers HTTP/1.1\r\n"), "{head}");
    let lower = head.to_lowercase();
    assert!(
        lower.contains("content-type: text/xml; encoding=\"utf-8\""),
        "{head}"
    );
    // back-office:Quiet-Harbor-7
    assert!(
        head.contains("Basic YmFjay1vZmZpY2U6UXVpZXQtSGFyYm9yLTc="),
        "{head}"
    );
    assert!(body.contains("<controlid>off-1</controlid>"), "{body}");
    assert!(
        body.contains(
            "<operation><authentication><status>success</status><userid>ws_sync</userid>"
        ),
        "{body}"
    );
    assert!(
        body.contains("<controlid>cid-off</controlid><data><api><sessionid>sg1_x"),
        "{body}"
    );
    assert!(body.contains("/ia/xml/xmlgw.phtml</endpoint>"), "{body}");
    let done = &log(&world)[0];
    assert_eq!((done.status.as_str(), done.attempts), ("delivered", 1));
    assert_eq!(
        (done.policy.as_str(), done.control_id.as_str()),
        ("late", "off-1")
    );
    assert_eq!(world.engine.answer_due().expect("done"), 0);
    receiver.got_nothing_more();
}

#[test]
fn a_server_answers_by_itself() {
    let world = here();
    let receiver = Receiver::start();
    policy(&world, "late", &receiver.url);
    world.engine.work_in_background();
    acknowledged(&world, creating("LATE-1"));
    let (_, body) = receiver.next();
    assert!(body.contains("<department><RECORDNO>"), "{body}");
    assert_eq!(departments(&world, "LATE-1"), 1);
    // What fails is answered as well, in the ordinary way.
    let wrong = captured("late").replace(&credentials().user_password, "wrong");
    acknowledged(&world, wrong);
    let (_, body) = receiver.next();
    assert!(
        body.contains("<authentication><status>failure</status>"),
        "{body}"
    );
    assert!(body.contains("<errorno>XL03000006</errorno>"), "{body}");
}

#[test]
fn only_active_policies_are_taken_and_requests_of_their_size() {
    let world = here();
    let receiver = Receiver::start();
    policy(&world, "late", &receiver.url);
    let refused = |body: String| {
        let answer = text(send(&world, body));
        assert!(
            answer.contains("<control><status>failure</status>"),
            "{answer}"
        );
        assert!(answer.contains("<errorno>XL03000006</errorno>"), "{answer}");
        assert!(!answer.contains("acknowledgement"), "{answer}");
        answer
    };
    for id in ["unknown", "LATE", ""] {
        let answer = refused(captured(id));
        assert!(
            answer.contains("is not a valid transport policy"),
            "{answer}"
        );
    }
    // The sender proves itself first.
    let answer = refused(captured("late").replace(&credentials().sender_password, "wrong"));
    assert!(!answer.contains("transport policy"), "{answer}");
    // 500 000 characters, some of two bytes, are taken; one more is not.
    let filled = |characters: usize| {
        let empty = creating("LONG-").chars().count() - "LONG-LONG-".len();
        // The name stands in it twice.
        let name = "é".repeat((characters - empty) / 2);
        let odd = (characters - empty) % 2;
        creating(&name) + &" ".repeat(odd)
    };
    acknowledged(&world, filled(500_000));
    let answer = send(&world, filled(500_001));
    assert_eq!(answer.status, 413);
    let answer = text(answer);
    assert!(
        answer.contains("<errorno>GW-0015</errorno>") && answer.contains("500000"),
        "{answer}"
    );
    // What waits for a policy that is ended is not carried out.
    acknowledged(&world, creating("NEVER"));
    let set = |active| {
        world
            .engine
            .set_policy_active("late", active, Door::Command)
    };
    set(false).expect("a change");
    refused(captured("late"));
    assert_eq!(world.engine.answer_due().expect("done"), 2);
    receiver.got_nothing_more();
    assert!(log(&world).iter().all(|one| one.status == "failed"));
    assert_eq!(departments(&world, "NEVER"), 0);
    set(true).expect("a change");
    acknowledged(&world, captured("late"));
    assert_eq!(
        codes(
            &world
                .engine
                .set_policy_active("x", true, Door::Command)
                .expect_err("none")
        ),
        ["SG-2282"]
    );
}

#[test]
fn a_policy_does_not_pile_up_requests_without_end() {
    let world = here();
    policy(&world, "late", "https://receiver.example/");
    policy(&world, "other", "https://receiver.example/");
    for _ in 0..1000 {
        acknowledged(&world, captured("late"));
    }
    let answer = send(&world, captured("late"));
    assert_eq!(answer.status, 429);
    assert!(text(answer).contains("<errorno>GW-0010</errorno>"));
    acknowledged(&world, captured("other"));
}

#[test]
fn a_receiver_that_is_away_is_tried_again_and_then_given_up() {
    let world = here();
    let receiver = Receiver::start();
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port");
    let dead = format!("http://{}/", nobody.local_addr().expect("an address"));
    drop(nobody);
    policy(&world, "late", &receiver.url);
    policy(&world, "dead", &dead);
    receiver.will_answer(&[
        "500 Internal Server Error",
        "302 Found\r\nLocation: /elsewhere",
    ]);
    acknowledged(&world, creating("LATE-2"));
    acknowledged(&world, captured("dead"));
    world.engine.answer_due().expect("done");
    assert_eq!(departments(&world, "LATE-2"), 1);
    let first = receiver.next().1;
    for pause in [1, 5] {
        // Nothing happens before its time.
        assert_eq!(world.engine.answer_due().expect("done"), 0);
        receiver.got_nothing_more();
        world.source.advance(pause * MINUTE);
        world.engine.answer_due().expect("done");
        let (head, again) = receiver.next();
        assert!(head.starts_with("POST /answers "), "{head}");
        assert_eq!(again, first, "the same answer: it is not carried out again");
    }
    let by = |policy: &str| {
        let found = log(&world).into_iter().find(|one| one.policy == policy);
        found.expect("a row")
    };
    assert_eq!(
        (by("late").status.as_str(), by("late").attempts),
        ("delivered", 3)
    );
    assert_eq!(
        by("late").last_error,
        "the receiver answered 302; redirects are not followed"
    );
    for pause in [15, 60, 240, 720] {
        assert_eq!(by("dead").status, "answered");
        world.source.advance(pause * MINUTE);
        world.engine.answer_due().expect("done");
    }
    let given_up = by("dead");
    assert_eq!((given_up.status.as_str(), given_up.attempts), ("failed", 7));
    assert!(!given_up.last_error.is_empty());
    // The answer had a session in it, which nobody needs any more.
    assert!(!stored_text(&world, "sg1_x"));
    // What is over goes after 30 days, when something else ends.
    world.source.advance(31 * 24 * 60 * MINUTE);
    acknowledged(&world, captured("late"));
    world.engine.answer_due().expect("done");
    assert_eq!(log(&world).len(), 1);
}

#[test]
fn several_nodes_carry_a_request_out_once() {
    let world = here();
    let receiver = Receiver::start();
    policy(&world, "late", &receiver.url);
    let others: Vec<World> = (0..3)
        .map(|_| world.another(reaches_this_machine))
        .collect();
    let many = 12;
    for number in 0..many {
        acknowledged(&world, creating(&format!("NODE-{number}")));
    }
    std::thread::scope(|scope| {
        for node in &others {
            scope.spawn(|| node.engine.answer_due().expect("done"));
        }
    });
    world.engine.answer_due().expect("done");
    let mut got = 0;
    while let Ok((_, body)) = receiver.got.try_recv() {
        // A second time it would be refused as a duplicate.
        assert!(body.contains("<department><RECORDNO>"), "{body}");
        got += 1;
    }
    assert_eq!(got, many);
    assert!(
        log(&world)
            .iter()
            .all(|one| one.status == "delivered" && one.attempts == 1)
    );
}

/// A node that never comes to an end of a request.
struct NeverEnds;

impl Gateway for NeverEnds {
    fn carry_out(&self, _: &Engine, _: &Waiting) -> Vec<u8> {
        std::thread::sleep(Duration::MAX);
        Vec::new()
    }

    fn lost(&self, _: &Engine, _: &Waiting) -> Vec<u8> {
        Vec::new()
    }

    fn media_type(&self) -> &'static str {
        "text/plain"
    }
}

/// When the next thing is done with the only request, as the database has it.
fn next_attempt(world: &World) -> i64 {
    let mut connection = sidegate_store::Connection::open(
        &world.database.location,
        sidegate_store::backend::Access::Write,
    )
    .expect("the database");
    let sql = "select cast(\"next_attempt_at\" as text) from \"xml_request\"";
    number(&mut connection, sql)
}

/// Another node claims the only request, and has it in hand until the process ends.
fn hangs_elsewhere(world: &World, source: &Source) {
    let node = world.engine_alone(KeyFile::in_memory(), source);
    node.answer_later_through(Arc::new(NeverEnds));
    std::thread::spawn(move || node.answer_due());
    while log(world)[0].status != "running" {
        std::thread::yield_now();
    }
}

#[test]
fn what_takes_long_stays_in_the_hands_that_it_is_in() {
    let world = here();
    let receiver = Receiver::start();
    policy(&world, "late", &receiver.url);
    acknowledged(&world, creating("LONG"));
    hangs_elsewhere(&world, &world.source);
    for _ in 0..5 {
        let before = next_attempt(&world);
        world.source.advance(4 * MINUTE);
        // The node says that it is still at it.
        while next_attempt(&world) == before {
            std::thread::yield_now();
        }
        assert_eq!(world.engine.answer_due().expect("done"), 0);
    }
    assert_eq!(log(&world)[0].status, "running");
    receiver.got_nothing_more();
}

/// While nodes get a new key file one after the other.
#[test]
fn what_another_key_file_sealed_waits_for_who_opens_it() {
    let world = here();
    let receiver = Receiver::start();
    policy(&world, "late", &receiver.url);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sidegate.key");
    // The key of all worlds, and another one after it.
    let lines = [(1, [7_u8; 32]), (2, [9; 32])]
        .map(|(number, key)| format!("{number} {}\n", STANDARD.encode(key)));
    std::fs::write(&file, lines.concat()).expect("a file");
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&file, private).expect("a file");
    let keys = KeyFile::open(&file).expect("a key file");
    let newer = world.engine_alone(keys, &world.source);
    let request = Request::post("/ia/xml/xmlgw.phtml").body(Body::from(creating("SEALED")));
    let answer = Hand::on(&newer).send(request.expect("a request"));
    assert!(text(answer).contains("<acknowledgement>"));
    assert_eq!(world.engine.answer_due().expect("looked"), 1);
    let waits = &log(&world)[0];
    assert_eq!(waits.status, "queued");
    assert!(waits.last_error.contains("key file"), "{waits:?}");
    world.source.advance(5 * MINUTE);
    // This node reaches nobody here, so that it gives the answer up once it has it.
    assert_eq!(newer.answer_due().expect("done"), 2);
    newer.stop();
    assert_eq!(departments(&world, "SEALED"), 1);
    assert_eq!(log(&world)[0].status, "failed");
}

#[test]
fn a_request_that_a_node_left_is_not_carried_out_again_and_answered_so() {
    let world = here();
    let receiver = Receiver::start();
    policy(&world, "late", &receiver.url);
    acknowledged(&world, creating("HALF"));
    // Its clock stands still, so that it says nothing more: as far as others can tell it is gone.
    hangs_elsewhere(&world, &Source::fixed(NOON));
    assert_eq!(
        world.engine.answer_due().expect("done"),
        0,
        "it is in other hands"
    );
    world.source.advance(5 * MINUTE);
    assert_eq!(world.engine.answer_due().expect("done"), 2);
    let (_, body) = receiver.next();
    assert!(body.contains("<control><status>failure</status>"), "{body}");
    assert!(body.contains("<controlid>off-1</controlid>"), "{body}");
    assert!(
        body.contains("The server stopped while the request was carried out"),
        "{body}"
    );
    assert_eq!(departments(&world, "HALF"), 0);
    assert_eq!(log(&world)[0].status, "delivered");
}

#[test]
fn what_is_acknowledged_outlives_its_node() {
    let world = here();
    let receiver = Receiver::start();
    policy(&world, "late", &receiver.url);
    acknowledged(&world, creating("KEPT"));
    let world = world.restarted(reaches_this_machine);
    assert_eq!(world.engine.answer_due().expect("done"), 2);
    assert!(receiver.next().1.contains("<department><RECORDNO>"));
    assert_eq!(departments(&world, "KEPT"), 1);
}

#[test]
fn a_server_posts_nothing_to_its_own_machine() {
    let world = World::harbor();
    let receiver = Receiver::start();
    let port = receiver.url.rsplit_once(':').expect("a port").1;
    policy(&world, "plain", &receiver.url);
    policy(&world, "name", &format!("https://localhost:{port}"));
    policy(&world, "private", "https://192.168.7.7/answers");
    for id in ["plain", "name", "private"] {
        acknowledged(&world, captured(id));
    }
    assert_eq!(world.engine.answer_due().expect("done"), 6);
    receiver.got_nothing_more();
    for one in log(&world) {
        // Trying again would not help.
        assert_eq!(
            (one.status.as_str(), one.attempts),
            ("failed", 1),
            "{one:?}"
        );
        assert!(
            one.last_error.contains("https://")
                || one.last_error.contains("where answers are not sent to"),
            "{one:?}"
        );
    }
}

#[test]
fn a_policy_has_an_address_that_answers_can_go_to() {
    let world = World::harbor();
    let refused = |id: &str, url: &str, account: Option<(&str, &str)>| -> Vec<&'static str> {
        let new = NewPolicy { id, url, account };
        let failure: Failure = world
            .engine
            .create_policy(new, Door::Command)
            .expect_err("refused");
        codes(&failure)
    };
    let good = "https://receiver.example/answers";
    for url in [
        "http://receiver.example/",
        "http://localhost.example/",
        "ftp://receiver.example/",
        "receiver.example",
        "https://ann:pa@receiver.example/",
        "https://receiver.example/#here",
        "https://receiver example/",
    ] {
        assert_eq!(refused("p", url, None), ["SG-2280"], "{url}");
    }
    assert_eq!(
        refused(
            "p",
            &format!("https://receiver.example/{}", "x".repeat(256)),
            None
        ),
        ["SG-0101"]
    );
    assert_eq!(refused(&"p".repeat(41), good, None), ["SG-0101"]);
    assert_eq!(refused("p", good, Some(("a:b", "c"))), ["SG-2281"]);
    assert_eq!(refused("p", good, Some(("a", ""))), ["SG-2281"]);
    policy(&world, "Late", good);
    assert_eq!(refused("late", good, None).len(), 1);
    let kept = world.engine.policies(10).expect("a list");
    assert_eq!(kept.len(), 1);
    assert_eq!(
        (kept[0].url.as_str(), kept[0].user.as_str()),
        (good, "back-office")
    );
}

/// Through the program: the stand-in serves, and somebody gives it a policy meanwhile.
#[test]
fn the_stand_in_answers_where_the_command_line_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_database, location) = empty(folder.path());
    let server = Server::demo(folder.path(), Some(&location), &[]);
    let receiver = Receiver::start();
    let (database, keys) = (
        place(&location),
        key_file(folder.path()).display().to_string(),
    );
    let words = |words: &[&str]| -> Vec<String> {
        let on = ["--database", &database, "--key-file", &keys];
        let all = ["policy"].iter().chain(words).chain(&on);
        all.map(|word| (*word).to_owned()).collect()
    };
    let prints = |asked: &[&str]| {
        let words = words(asked);
        let done = run(&words.iter().map(String::as_str).collect::<Vec<_>>());
        let errors = String::from_utf8_lossy(&done.stderr).into_owned();
        assert_eq!(done.status.code(), Some(0), "{asked:?}: {errors}");
        String::from_utf8(done.stdout).expect("text")
    };
    let refuses = |asked: &[&str]| {
        let words = words(asked);
        refusal(&words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let password = folder.path().join("password");
    std::fs::write(&password, "Quiet-Harbor-7\n").expect("a file");
    let password = password.display().to_string();
    let account = ["--user", "back-office", "--password-file", &password];
    let create = [&["create", "late", "--url", &receiver.url], &account[..]].concat();
    assert_eq!(prints(&create), "");
    assert_eq!(
        prints(&["list"]),
        format!("late\tactive\t{}\tback-office\n", receiver.url)
    );
    assert_eq!(prints(&["disable", "late"]), "");
    assert!(prints(&["list"]).contains("late\tinactive\t"));
    assert_eq!(prints(&["enable", "late"]), "");

    let (code, line) = refuses(&create);
    assert!(code == 1 && line.contains("already exists"), "{line}");
    let (code, line) = refuses(&["create", "x", "--url", "http://receiver.example/"]);
    assert!(code == 1 && line.contains("https://"), "{line}");
    let (code, line) = refuses(&["disable", "x"]);
    assert!(
        code == 1 && line.contains("no transport policy x"),
        "{line}"
    );
    let nowhere = format!("{password}.none");
    let missing = ["--user", "u", "--password-file", &nowhere];
    let (code, line) = refuses(
        &[
            &["create", "x", "--url", "https://receiver.example/"],
            &missing[..],
        ]
        .concat(),
    );
    assert!(code == 1 && line.contains("cannot be read"), "{line}");

    let known = secrets(folder.path());
    let of = |name: &str| known[name].as_str().expect("a text").to_owned();
    let body = captured("late")
        .replace(&credentials().sender_password, &of("sender_password"))
        .replace(&credentials().user_password, &of("user_password"));
    let mut client = server.client();
    let request = format!(
        "POST /ia/xml/xmlgw.phtml HTTP/1.1\r\nHost: {}\r\nContent-Type: application/xml\r\nContent-Length: {}\r\n\r\n{body}",
        server.address,
        body.len()
    );
    client.write(request.as_bytes()).expect("a connection");
    let (status, answer) = client.answer().expect("an answer");
    assert!(
        status == 200 && answer.contains("<acknowledgement>"),
        "{status} {answer}"
    );
    let (head, body) = receiver.next();
    assert!(
        head.contains("Basic YmFjay1vZmZpY2U6UXVpZXQtSGFyYm9yLTc="),
        "{head}"
    );
    assert!(
        body.contains("<status>success</status><userid>ws_sync</userid>"),
        "{body}"
    );
    let endpoint = format!(
        "<endpoint>http://{}/ia/xml/xmlgw.phtml</endpoint>",
        server.address
    );
    assert!(body.contains(&endpoint), "{body}");
    let log = server.stop();
    for secret in [
        "Quiet-Harbor-7",
        &of("user_password"),
        &of("sender_password"),
    ] {
        assert!(!log.contains(secret), "{log}");
    }
    assert!(log.contains("an answer was delivered"), "{log}");
    let logged = prints(&["log"]);
    let columns: Vec<&str> = logged.trim_end_matches('\n').split('\t').collect();
    assert_eq!(
        columns[2..],
        ["late", "demo-sender", "off-1", "delivered", "1", ""]
    );
}
