//! Mails on their way: to a mail server over SMTP, again when it was away, once from many nodes; and
//! the links in them.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use axum::body::Body;
use axum::http::Request;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};
use sidegate_engine::credential::{SecretKind, kind_of};
use sidegate_engine::mail::{CredentialMail, Delivery, Smtp, Tls};
use sidegate_engine::sign_in::SignInOutcome;
use sidegate_store::Connection;
use sidegate_store::backend::Access;
use sidegate_store::testing::TestDatabase;

use crate::harness::{Answer, World};
use crate::process::{Client, Server, key_file, place, program, refusal};
use crate::support::{at_gateway, rows, sign_in};

const MINUTE: i64 = 60_000_000;

/// Who vouches for the mail server of these tests: the certificate itself.
const CERTIFICATE: &[u8] = include_bytes!("data/smtp/certificate.pem");
const KEY: &[u8] = include_bytes!("data/smtp/key.pem");

/// A mail server for one test, on this machine: takes what it is sent, or says what it is told to.
struct Receiver {
    port: u16,
    tls: Tls,
    mails: Arc<Mutex<Vec<String>>>,
    /// What it says instead of taking a mail.
    refusal: Arc<Mutex<Option<&'static str>>>,
    stopping: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    fn start() -> Self {
        Self::with(Tls::None)
    }

    fn with(tls: Tls) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let mails = Arc::new(Mutex::new(Vec::new()));
        let refusal = Arc::new(Mutex::new(None));
        let stopping = Arc::new(AtomicBool::new(false));
        let (kept, told, stop) = (mails.clone(), refusal.clone(), stopping.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let stream = stream.expect("a connection");
                // A client that leaves in the middle is its own affair.
                let _ = talk(&stream, tls, &kept, &told);
            }
        });
        Self {
            port,
            tls,
            mails,
            refusal,
            stopping,
            thread: Some(thread),
        }
    }

    fn smtp(&self) -> Smtp {
        Smtp {
            host: "127.0.0.1".to_owned(),
            port: Some(self.port),
            tls: self.tls,
            from: "Sidegate <gate@sidegate.example>".to_owned(),
            ..Smtp::default()
        }
    }

    fn mails(&self) -> Vec<String> {
        self.mails.lock().expect("nobody panics with it").clone()
    }

    fn say(&self, refusal: Option<&'static str>) {
        *self.refusal.lock().expect("nobody panics with it") = refusal;
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What a conversation goes over.
trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

fn protected(stream: TcpStream) -> StreamOwned<ServerConnection, TcpStream> {
    let certificate = CertificateDer::from_pem_slice(CERTIFICATE).expect("a certificate");
    let key = PrivateKeyDer::from_pem_slice(KEY).expect("a key");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate with its key");
    let connection = ServerConnection::new(Arc::new(config)).expect("a connection");
    StreamOwned::new(connection, stream)
}

fn talk(
    stream: &TcpStream,
    tls: Tls,
    mails: &Mutex<Vec<String>>,
    refusal: &Mutex<Option<&'static str>>,
) -> std::io::Result<()> {
    let raw = stream.try_clone()?;
    let mut wire: BufReader<Box<dyn Wire>> = BufReader::new(match tls {
        Tls::Implicit => Box::new(protected(raw)),
        Tls::None | Tls::StartTls => Box::new(raw),
    });
    let mut starts = tls == Tls::StartTls;
    fn line(wire: &mut BufReader<Box<dyn Wire>>) -> std::io::Result<String> {
        let mut line = String::new();
        if wire.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_end_matches(['\r', '\n']).to_owned())
    }
    fn say(wire: &mut BufReader<Box<dyn Wire>>, text: &str) -> std::io::Result<()> {
        wire.get_mut().write_all(format!("{text}\r\n").as_bytes())?;
        wire.get_mut().flush()
    }
    say(&mut wire, "220 receiver ESMTP")?;
    loop {
        let asked = line(&mut wire)?;
        let word = asked
            .split([' ', ':'])
            .next()
            .unwrap_or_default()
            .to_uppercase();
        let refused = *refusal.lock().expect("nobody panics with it");
        match word.as_str() {
            "EHLO" if starts => say(&mut wire, "250-receiver\r\n250 STARTTLS")?,
            "EHLO" => say(&mut wire, "250-receiver\r\n250 8BITMIME")?,
            "STARTTLS" if starts => {
                say(&mut wire, "220 go on")?;
                starts = false;
                wire = BufReader::new(Box::new(protected(stream.try_clone()?)));
            }
            "RCPT" if refused.is_some() => say(&mut wire, refused.unwrap_or_default())?,
            "DATA" => {
                assert!(!starts, "nothing is said in the clear");
                say(&mut wire, "354 go on")?;
                let mut mail = String::new();
                loop {
                    let line = line(&mut wire)?;
                    if line == "." {
                        break;
                    }
                    mail.push_str(&line);
                    mail.push('\n');
                }
                mails.lock().expect("nobody panics with it").push(mail);
                say(&mut wire, "250 taken as 4711")?;
            }
            "QUIT" => return say(&mut wire, "221 bye"),
            _ => say(&mut wire, "250 fine")?,
        }
    }
}

fn world_with(smtp: &Smtp, way: CredentialMail) -> World {
    let server = smtp.server().expect("settings of a server");
    World::harbor().restarted(|settings| {
        settings.mail.credentials = way;
        settings.mail.public_url = Some("https://gate.example".to_owned());
        settings.mail.delivery = Delivery::Smtp(Box::new(server));
    })
}

fn reset(world: &World, token: &str, user: u32) -> Answer {
    let body = json!({"password": {"requiresReset": true}});
    let path = format!("/objects/company-config/user/{user}");
    world.call("PATCH", &path, Some(token), Some(&body))
}

/// Status and failure of all mails, the oldest first.
fn records(world: &World, token: &str) -> Vec<(String, Value)> {
    let query = json!({"object": "company-config/email-delivery-record",
                       "fields": ["status", "failureReason"], "orderBy": [{"key": "asc"}]});
    let answer = world.call("POST", "/services/core/query", Some(token), Some(&query));
    let rows = answer.json()["ia::result"]
        .as_array()
        .expect("rows")
        .clone();
    let row = |row: &Value| {
        let status = row["status"].as_str().expect("a status").to_owned();
        (status, row["failureReason"].clone())
    };
    rows.iter().map(row).collect()
}

fn statuses(world: &World, token: &str) -> Vec<String> {
    records(world, token).into_iter().map(|(s, _)| s).collect()
}

/// What is sealed in the outbox, as a count.
fn sealed(world: &World) -> usize {
    let location = &world.database.location;
    let mut connection = Connection::open(location, Access::Write).expect("the database");
    let sql = r#"select cast("key" as text) from "outbox" where "sealed" is not null"#;
    rows(&mut connection, 1, sql).len()
}

fn proves(world: &World, user: &str, secret: &str) -> bool {
    proves_in(world, "HARBOR", user, secret)
}

fn proves_in(world: &World, company: &str, user: &str, secret: &str) -> bool {
    matches!(
        sign_in(
            &world.engine,
            &at_gateway(company, user, secret),
            "192.0.2.7"
        ),
        SignInOutcome::In(_)
    )
}

/// The first word of a text that is a secret of this kind.
fn secret_in(text: &str, kind: SecretKind) -> String {
    let plain = text.replace("=\n", "");
    let words = plain.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    let mut found = words.filter(|word| kind_of(word) == Some(kind));
    found
        .next()
        .unwrap_or_else(|| panic!("no secret: {text}"))
        .to_owned()
}

#[test]
fn a_mail_server_gets_the_mail_and_the_outbox_forgets_the_secret() {
    let receiver = Receiver::start();
    let world = world_with(&receiver.smtp(), CredentialMail::Password);
    let token = world.token("ws_sync@HARBOR");
    assert_eq!(reset(&world, &token, 3).status, 200);
    assert_eq!(sealed(&world), 1);
    assert_eq!(world.engine.deliver_due().expect("a delivery"), 1);
    assert_eq!(sealed(&world), 0);
    let mails = receiver.mails();
    assert_eq!(mails.len(), 1);
    for head in [
        "From: Sidegate <gate@sidegate.example>\n",
        "To: integrations@harbor.example\n",
        "Subject: Your new password at HARBOR\n",
        "Date: Sun, 22 Nov 2026 12:00:00 +0000\n",
        "Auto-Submitted: auto-generated\n",
        "Message-ID: <",
    ] {
        assert!(mails[0].contains(head), "{head}: {}", mails[0]);
    }
    let secret = secret_in(&mails[0], SecretKind::User);
    assert!(proves(&world, "ws_bare", &secret));
    assert!(!proves(&world, "ws_sync", &secret));
    // Nothing is left to do, and nothing is sent again.
    assert_eq!(world.engine.deliver_due().expect("a look"), 0);
    assert_eq!(receiver.mails().len(), 1);
    assert_eq!(statuses(&world, &token), ["delivered"]);
}

/// When the one mail that waits is tried next.
fn next_attempt(world: &World) -> Option<i64> {
    let location = &world.database.location;
    let mut connection = Connection::open(location, Access::Write).expect("the database");
    let sql = r#"select cast("next_attempt_at" as text) from "outbox" where "next_attempt_at" is not null"#;
    let found = rows(&mut connection, 1, sql);
    found.first().map(|row| row[0].parse().expect("a moment"))
}

#[test]
fn a_mail_server_is_spoken_to_over_tls_and_believed_only_if_somebody_vouches_for_it() {
    for tls in [Tls::StartTls, Tls::Implicit] {
        let receiver = Receiver::with(tls);
        let strange = world_with(&receiver.smtp(), CredentialMail::Password);
        let token = strange.token("ws_sync@HARBOR");
        assert_eq!(reset(&strange, &token, 3).status, 200);
        strange.engine.deliver_due().expect("a look");
        let (status, reason) = records(&strange, &token).remove(0);
        assert_eq!(status, "alert");
        let reason = reason.to_string().to_lowercase();
        assert!(reason.contains("certificate"), "{tls:?}: {reason}");
        assert!(receiver.mails().is_empty());
        let trusted = Smtp {
            trusted: Some(CERTIFICATE.to_vec()),
            ..receiver.smtp()
        };
        let world = world_with(&trusted, CredentialMail::Password);
        let token = world.token("ws_sync@HARBOR");
        assert_eq!(reset(&world, &token, 3).status, 200);
        world.engine.deliver_due().expect("a delivery");
        let found = records(&world, &token).remove(0);
        assert_eq!(found, ("delivered".to_owned(), Value::Null), "{tls:?}");
        assert_eq!(receiver.mails().len(), 1);
    }
}

#[test]
fn a_mail_waits_longer_each_time_while_its_server_is_away_and_requests_go_on() {
    let receiver = Receiver::start();
    let smtp = receiver.smtp();
    drop(receiver);
    let world = world_with(&smtp, CredentialMail::Password);
    assert_eq!(reset(&world, &world.token("ws_sync@HARBOR"), 3).status, 200);
    let mut pauses = Vec::new();
    loop {
        world.engine.deliver_due().expect("a look");
        // Tokens are given as ever, and reach what they reach.
        let token = world.token("ws_sync@HARBOR");
        let (status, reason) = records(&world, &token).remove(0);
        let reason = reason.as_str().expect("a reason");
        assert!(reason.to_lowercase().contains("connect"), "{reason}");
        let Some(next) = next_attempt(&world) else {
            assert_eq!(status, "failed");
            break;
        };
        assert_eq!(status, "alert");
        assert_eq!(sealed(&world), 1);
        // Nothing happens before its time.
        assert_eq!(world.engine.deliver_due().expect("a look"), 0);
        let pause = next - world.source.now();
        pauses.push(pause / MINUTE);
        world.source.advance(pause);
    }
    assert_eq!(pauses, [1, 5, 15, 60, 240, 720, 1440]);
    assert_eq!(sealed(&world), 0);
}

#[test]
fn a_server_that_comes_back_gets_the_mail_once() {
    let receiver = Receiver::start();
    let world = world_with(&receiver.smtp(), CredentialMail::Password);
    let token = world.token("ws_sync@HARBOR");
    receiver.say(Some("450 come back later"));
    assert_eq!(reset(&world, &token, 3).status, 200);
    world.engine.deliver_due().expect("a look");
    let found = records(&world, &token).remove(0);
    assert_eq!(found.0, "alert");
    assert!(
        found.1.to_string().contains("come back later"),
        "{}",
        found.1
    );
    receiver.say(None);
    world.source.advance(MINUTE);
    world.engine.deliver_due().expect("a look");
    let found = records(&world, &token).remove(0);
    assert_eq!(found, ("delivered".to_owned(), Value::Null));
    assert_eq!(receiver.mails().len(), 1);
}

#[test]
fn an_address_that_the_server_refuses_is_not_tried_again() {
    let receiver = Receiver::start();
    let world = world_with(&receiver.smtp(), CredentialMail::Password);
    let token = world.token("ws_sync@HARBOR");
    receiver.say(Some("550 nobody of that name"));
    assert_eq!(reset(&world, &token, 3).status, 200);
    world.engine.deliver_due().expect("a look");
    let found = records(&world, &token).remove(0);
    assert_eq!(found.0, "error");
    assert!(
        found.1.to_string().contains("nobody of that name"),
        "{}",
        found.1
    );
    assert_eq!((next_attempt(&world), sealed(&world)), (None, 0));
}

#[test]
fn several_nodes_send_each_mail_once() {
    let receiver = Receiver::start();
    let world = world_with(&receiver.smtp(), CredentialMail::Password);
    let token = world.token("ws_sync@HARBOR");
    for _ in 0..6 {
        let body = json!({"userName": format!("Bare {}", world.source.number()), "accountEmail": format!("a{}@harbor.example", world.source.number())});
        let answer = world.call(
            "PATCH",
            "/objects/company-config/user/3",
            Some(&token),
            Some(&body),
        );
        assert_eq!(answer.status, 200);
    }
    let server = receiver.smtp().server().expect("settings of a server");
    let nodes: Vec<World> = (0..3)
        .map(|_| {
            world.another(|settings| {
                settings.mail.delivery = Delivery::Smtp(Box::new(server.clone()));
            })
        })
        .collect();
    std::thread::scope(|scope| {
        for node in &nodes {
            scope.spawn(|| node.engine.deliver_due().expect("a delivery"));
        }
    });
    let mut mails = receiver.mails();
    assert_eq!(mails.len(), 6);
    mails.sort();
    mails.dedup();
    assert_eq!(mails.len(), 6);
    assert_eq!(statuses(&world, &token), ["delivered"; 6]);
}

#[test]
fn a_mail_goes_out_by_itself_where_an_engine_works_in_the_background() {
    let receiver = Receiver::start();
    let world = world_with(&receiver.smtp(), CredentialMail::Password);
    let token = world.token("ws_sync@HARBOR");
    // One waits from before, one comes while the thread runs.
    assert_eq!(reset(&world, &token, 3).status, 200);
    world.engine.work_in_background();
    assert_eq!(reset(&world, &token, 2).status, 200);
    let began = std::time::Instant::now();
    while receiver.mails().len() < 2 {
        assert!(began.elapsed().as_secs() < 30, "mails go out");
        std::thread::yield_now();
    }
}

/// The link in the newest mail, as a path.
fn link_in(mail: &str) -> String {
    let link = secret_in(mail, SecretKind::Reveal);
    let path = format!("/sidegate/v1/reveal/{link}");
    assert!(
        mail.replace("=\n", "")
            .contains(&format!("https://gate.example{path}")),
        "{mail}"
    );
    path
}

fn open(world: &World, method: &str, path: &str) -> Answer {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "evil.example");
    world.send(request.body(Body::empty()).expect("a request"))
}

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).expect("text")
}

/// Resets the user ws_bare by a link and gives its path.
fn link_for(world: &World, receiver: &Receiver, token: &str) -> String {
    assert_eq!(reset(world, token, 3).status, 200);
    world.engine.deliver_due().expect("a delivery");
    link_in(receiver.mails().last().expect("a mail"))
}

#[test]
fn a_link_shows_a_new_secret_once_and_looking_at_it_shows_nothing() {
    let receiver = Receiver::start();
    let world = world_with(&receiver.smtp(), CredentialMail::RevealLink);
    let token = world.token("ws_sync@HARBOR");
    let old = crate::harness::credentials()
        .of("HARBOR", "ws_bare")
        .expect("a secret");
    let path = link_for(&world, &receiver, &token);
    // Only its keyed hash is kept.
    let link = path.rsplit('/').next().expect("a link").to_owned();
    for method in ["GET", "HEAD", "GET"] {
        let answer = open(&world, method, &path);
        assert_eq!(answer.status, 200);
        assert!(!text(&answer).contains("sg1_u"));
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("content-type", "text/html; charset=utf-8"),
        ] {
            assert_eq!(answer.headers[name], value);
        }
        let policy = answer.headers["content-security-policy"]
            .to_str()
            .expect("text");
        assert!(policy.contains("default-src 'none'"), "{policy}");
    }
    let page = text(&open(&world, "GET", &path));
    assert!(page.contains("<form method=\"post\">"), "{page}");
    assert!(!page.contains("script") && !page.contains(&link), "{page}");
    assert!(
        proves(&world, "ws_bare", old),
        "until then the old one works"
    );
    let shown = open(&world, "POST", &path);
    assert_eq!(shown.status, 200);
    assert_eq!(shown.headers["cache-control"], "no-store");
    let secret = secret_in(&text(&shown), SecretKind::User);
    assert!(proves(&world, "ws_bare", &secret));
    assert!(!proves(&world, "ws_bare", old));
    assert!(!proves(&world, "ws_bare", &link));
    for method in ["GET", "POST"] {
        let again = open(&world, method, &path);
        assert_eq!(again.status, 404);
        assert!(text(&again).contains("was used"), "{}", text(&again));
    }
    assert_eq!(open(&world, "DELETE", &path).status, 405);
    assert_eq!(open(&world, "GET", "/sidegate/v1/reveal/sg1_l").status, 404);
}

#[test]
fn a_link_is_void_after_an_hour_a_newer_reset_and_a_changed_address() {
    let receiver = Receiver::start();
    let world = world_with(&receiver.smtp(), CredentialMail::RevealLink);
    let token = world.token("ws_sync@HARBOR");
    let old = crate::harness::credentials()
        .of("HARBOR", "ws_bare")
        .expect("a secret");
    let first = link_for(&world, &receiver, &token);
    world.source.advance(60 * MINUTE - 1);
    assert_eq!(open(&world, "GET", &first).status, 200);
    world.source.advance(1);
    assert_eq!(open(&world, "POST", &first).status, 404);
    let second = link_for(&world, &receiver, &token);
    let third = link_for(&world, &receiver, &token);
    assert_eq!(open(&world, "POST", &second).status, 404);
    assert_eq!(open(&world, "GET", &third).status, 200);
    let body = json!({"accountEmail": "other@harbor.example"});
    let answer = world.call(
        "PATCH",
        "/objects/company-config/user/3",
        Some(&token),
        Some(&body),
    );
    assert_eq!(answer.status, 200);
    assert_eq!(open(&world, "POST", &third).status, 404);
    assert!(proves(&world, "ws_bare", old));
}

#[test]
fn a_link_that_ended_before_its_mail_went_out_is_not_sent() {
    let receiver = Receiver::start();
    let world = world_with(&receiver.smtp(), CredentialMail::RevealLink);
    let token = world.token("ws_sync@HARBOR");
    receiver.say(Some("450 come back later"));
    assert_eq!(reset(&world, &token, 3).status, 200);
    world.engine.deliver_due().expect("a look");
    receiver.say(None);
    world.source.advance(61 * MINUTE);
    world.engine.deliver_due().expect("a look");
    let found = records(&world, &token).remove(0);
    assert_eq!(found.0, "failed");
    assert!(
        found.1.to_string().contains("reset the password again"),
        "{}",
        found.1
    );
    assert!(receiver.mails().is_empty());
}

#[test]
fn overlapping_secrets_both_work_until_the_chosen_moment_and_tell_their_last_use() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    let old = crate::harness::credentials()
        .of("HARBOR", "ws_bare")
        .expect("a secret");
    let until = "2026-11-22T14:00:00Z";
    let request = Request::builder()
        .method("POST")
        .uri("/sidegate/v1/objects/sidegate/credential")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Body::from(
            json!({"user": {"id": "ws_bare"}, "othersEndAt": until}).to_string(),
        ));
    let answer = world.send(request.expect("a request"));
    assert_eq!(answer.status, 201, "{}", answer.json());
    let new = secret_in(&world.mails()[0].body, SecretKind::User);
    world.source.advance(120 * MINUTE - 1);
    assert!(proves(&world, "ws_bare", old) && proves(&world, "ws_bare", &new));
    world.source.advance(1);
    assert!(!proves(&world, "ws_bare", old) && proves(&world, "ws_bare", &new));
    world.engine.flush_last_uses();
    let query = json!({"object": "sidegate/credential", "fields": ["status", "lastUsedAt", "lastUsedFrom"],
                       "filters": [{"$eq": {"user.id": "ws_bare"}}], "orderBy": [{"key": "asc"}]});
    let request = Request::builder()
        .method("POST")
        .uri("/sidegate/v1/services/core/query")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Body::from(query.to_string()));
    let answer = world.send(request.expect("a request"));
    let found = &answer.json()["ia::result"];
    assert_eq!(found[0]["lastUsedAt"], "2026-11-22T13:59:59Z", "{found}");
    assert_eq!(found[1]["lastUsedAt"], "2026-11-22T14:00:00Z", "{found}");
    assert_eq!(found[1]["lastUsedFrom"], "192.0.2.7", "{found}");
}

/// The answer to a GET of a path that is none of the vendor's.
fn get(client: &mut Client, path: &str) -> (u16, Value) {
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    client.write(request.as_bytes()).expect("it listens");
    let (status, body) = client.answer().expect("an answer");
    let body = serde_json::from_str(&body).unwrap_or(Value::Null);
    (status, body)
}

#[test]
fn the_stand_in_delivers_into_a_mailbox_that_a_server_does_not_have() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = TestDatabase::empty();
    let server = Server::demo(folder.path(), postgres(&database), &[]);
    assert!(
        server.greeting.contains("/sidegate/v1/demo/mails"),
        "{}",
        server.greeting
    );
    let mut client = server.client();
    let token = client.token(folder.path(), "ws_sync@HARBOR");
    let body = json!({"id": "ws_new", "accountEmail": "new@harbor.example", "webServices": {"isRestricted": true},
                      "contact": {"id": "ws_new", "printAs": "N", "firstName": "Nia", "lastName": "New"}});
    let (status, answer) = client
        .call("POST", "/objects/company-config/user", &token, Some(&body))
        .expect("an answer");
    assert_eq!(status, 201, "{answer}");
    let began = std::time::Instant::now();
    let mails = loop {
        let (status, mails) = get(&mut client, "/sidegate/v1/demo/mails");
        assert_eq!(status, 200, "{mails}");
        if mails["ia::meta"]["totalCount"] == 2 {
            break mails;
        }
        assert!(began.elapsed().as_secs() < 30, "{mails}");
        std::thread::yield_now();
    };
    let newest = mails["ia::result"][0]["body"].as_str().expect("a text");
    let secret = secret_in(newest, SecretKind::User);
    let log = server.stop();
    assert!(!log.contains(&secret), "{log}");

    let folder = tempfile::tempdir().expect("a folder");
    let database = TestDatabase::migrated();
    let key = key_file(folder.path());
    let server = Server::serve(&database.location, &key);
    let mut client = server.client();
    let (status, answer) = get(&mut client, "/sidegate/v1/demo/mails");
    assert_eq!(status, 404, "{answer}");
    // The link stays out of the log.
    assert_eq!(
        get(&mut client, "/sidegate/v1/reveal/sg1_lsomething/").0,
        404
    );
    let log = server.stop();
    assert!(log.contains("mails wait in the outbox"), "{log}");
    assert!(!log.contains("credential_mail"), "{log}");
    assert!(!log.contains("sg1_lsomething"), "{log}");
}

fn postgres(database: &TestDatabase) -> Option<&sidegate_engine::Location> {
    let location = &database.location;
    matches!(location, sidegate_engine::Location::Postgres(_)).then_some(location)
}

#[test]
fn a_server_warns_of_passwords_in_mails_and_checks_its_mail_server() {
    let receiver = Receiver::start();
    let folder = tempfile::tempdir().expect("a folder");
    let database = TestDatabase::migrated();
    let key = key_file(folder.path());
    let settings = folder.path().join("sidegate.toml");
    let text = format!(
        "credential_mail = \"password\"\npublic_url = \"https://gate.example/\"\n[smtp]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"gate@sidegate.example\"\n",
        receiver.port
    );
    std::fs::write(&settings, text).expect("a file");
    let shown = settings.display().to_string();
    let server = Server::serve_with(&database.location, &key, &["--config", &shown]);
    let log = server.stop();
    assert!(
        log.contains("whoever reads a user's mail reads her password"),
        "{log}"
    );
    assert!(!log.contains("wait in the outbox"), "{log}");
    let check = |more: &[&str]| {
        let mut command = program();
        command.args(["serve", "--check", "--database", &place(&database.location)]);
        command
            .arg("--key-file")
            .arg(&key)
            .args(["--config", &shown]);
        let output = command.args(more).output().expect("the program runs");
        let text = String::from_utf8(output.stdout).expect("text");
        (output.status.code(), text)
    };
    let (code, text) = check(&[]);
    assert_eq!(code, Some(0), "{text}");
    let answers = format!("fine   mail: 127.0.0.1:{} answers", receiver.port);
    assert!(text.contains(&answers), "{text}");
    assert!(
        text.contains("fine   new passwords: the mail has the password in it"),
        "{text}"
    );
    let (_, text) = check(&["--credential-mail", "reveal-link"]);
    assert!(
        text.contains("a link that begins with https://gate.example\n"),
        "{text}"
    );
    assert!(receiver.mails().is_empty());
    drop(receiver);
    let (code, text) = check(&[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("wrong  mail: 127.0.0.1:"), "{text}");
}

#[test]
fn settings_of_mail_that_cannot_be_are_told() {
    let base = ["serve", "--database", "sqlite:/nowhere/x.sqlite"];
    for (more, wanted) in [
        (vec!["--smtp-port", "25"], "smtp.port needs smtp.host"),
        (
            vec!["--smtp-host", "mail.example"],
            "smtp.host needs smtp.from",
        ),
        (
            vec!["--smtp-host", "mail.example", "--smtp-from", "nobody"],
            "is no address",
        ),
        (
            vec![
                "--smtp-host",
                "mail.example:25",
                "--smtp-from",
                "a@b.example",
                "--smtp-user",
                "x",
            ],
            "smtp.user needs smtp.password",
        ),
        (
            vec!["--smtp-host", "mail example", "--smtp-from", "a@b.example"],
            "is no name of a host",
        ),
        (
            vec![
                "--smtp-host",
                "mail.example",
                "--smtp-from",
                "a@b.example\r\nBcc: x@y.example",
            ],
            "must stand on one line",
        ),
        (
            vec![
                "--smtp-host",
                "mail.example",
                "--smtp-from",
                "a@b.example",
                "--smtp-tls",
                "none",
                "--smtp-user",
                "x",
                "--smtp-password",
                "y",
            ],
            "in the clear",
        ),
        (
            vec![
                "--smtp-host",
                "mail.example",
                "--smtp-from",
                "a@b.example",
                "--smtp-ca-file",
                "/nowhere",
            ],
            "cannot be read",
        ),
        (
            vec!["--public-url", "http://gate.example"],
            "must begin with https://",
        ),
    ] {
        let (code, line) = refusal(&[&base[..], &more[..]].concat());
        assert_eq!(code, 2, "{line}");
        assert!(line.contains(wanted), "{line}");
    }
}
