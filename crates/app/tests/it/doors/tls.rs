//! The server speaks TLS itself.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustls::version::{TLS12, TLS13};
use serde_json::json;

use super::certificate::{Authority, Issued};
use super::{Data, write_private};
use crate::process::{Client, Server, connected, key_file, place, program, refusal, run};

const CONTACTS: &str = "/objects/company-config/contact";

/// A server with a certificate for `localhost`.
struct Stage {
    data: Data,
    authority: Authority,
    issued: Issued,
    server: Server,
}

impl Stage {
    fn new(more: &[&str]) -> Self {
        let data = Data::new();
        let authority = Authority::new();
        let issued = authority.issue(1, &["localhost", "127.0.0.1"]);
        let (cert, key) = (data.file("tls.crt"), data.file("tls.key"));
        issued.write(&cert, &key);
        let (cert, key) = (cert.display().to_string(), key.display().to_string());
        let server = data.serve(&[&["--tls-cert", &cert, "--tls-key", &key], more].concat());
        Self {
            data,
            authority,
            issued,
            server,
        }
    }

    fn client(&self) -> Client {
        let stream = self.authority.connect(&self.server.address, &TLS13);
        Client::on(stream.expect("a handshake"))
    }

    /// Waits until the log has a line with this text.
    fn log_has(&self, text: &str) {
        let end = Instant::now() + Duration::from_secs(60);
        while !self.server.log().contains(text) {
            assert!(Instant::now() < end, "no {text}: {}", self.server.log());
            thread::yield_now();
        }
    }
}

#[test]
fn requests_are_answered_over_both_versions_of_tls() {
    let stage = Stage::new(&["--log-json"]);
    assert!(stage.server.greeting.contains("https://127.0.0.1:"));
    for version in [&TLS12, &TLS13] {
        let stream = stage.authority.connect(&stage.server.address, version);
        let stream = stream.expect("a handshake");
        assert!(stage.issued.is_shown_on(&stream));
        assert_eq!(stream.conn.protocol_version(), Some(version.version));
        let mut client = Client::on(stream);
        let token = client.token(stage.data.folder(), "ws_sync@HARBOR");
        let (status, answer) = client
            .call("GET", CONTACTS, &token, None)
            .expect("an answer");
        assert_eq!(status, 200, "{answer}");
    }
    stage.log_has("\"scheme\":\"https\"");
    // Idle connections do not hold the end up.
    let _idle = stage.client();
    stage.server.stop();
}

#[test]
fn curl_trusts_the_certificate_and_speaks_both_versions_of_http() {
    let stage = Stage::new(&[]);
    let authority = stage.data.file("authority.crt");
    fs::write(&authority, stage.authority.pem()).expect("a file");
    let port = stage.server.address.rsplit_once(':').expect("a port").1;
    for (version, wanted) in [("--http1.1", "1.1 404"), ("--http2", "2 404")] {
        let output = Command::new("curl")
            .args(["-sS", version, "-o", "/dev/null", "--cacert"])
            .arg(&authority)
            .args(["-w", "%{http_version} %{http_code}"])
            .arg(format!("https://localhost:{port}/ia/api/v1/nothing"))
            .output()
            .expect("curl");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(String::from_utf8_lossy(&output.stdout), wanted, "{errors}");
    }
    for old in ["1.0", "1.1"] {
        let output = Command::new("curl")
            .args(["-sS", "-k", "--tls-max", old])
            .args(["--ciphers", "DEFAULT@SECLEVEL=0"])
            .arg(format!("https://localhost:{port}/"))
            .output()
            .expect("curl");
        assert!(!output.status.success(), "TLS {old}");
    }
    stage.server.stop();
}

#[test]
fn plain_requests_get_no_answer_where_tls_is_spoken() {
    let stage = Stage::new(&[]);
    let mut plain = connected(&stage.server.address);
    let request = Client::request("GET", CONTACTS, "", None);
    plain.write_all(request.as_bytes()).expect("a connection");
    let mut answer = Vec::new();
    // An alert at most, and the end.
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    stage.client();
    stage.server.stop();
}

#[test]
fn an_open_request_is_finished_over_tls_after_the_word_to_stop() {
    let stage = Stage::new(&[]);
    let mut client = stage.client();
    let token = client.token(stage.data.folder(), "ws_sync@HARBOR");
    let body = json!({"id": "drained", "printAs": "Drained"});
    let request = Client::request("POST", CONTACTS, &token, Some(&body));
    let (half, rest) = request.split_at(request.len() - 10);
    client.write(half.as_bytes()).expect("a connection");
    let mut other = stage.client();
    other.call("GET", CONTACTS, &token, None).expect("after it");
    stage.server.signal("TERM");
    stage.log_has("stopping");
    client.write(rest.as_bytes()).expect("it still listens");
    let (status, answer) = client.answer().expect("an answer");
    assert_eq!(status, 201, "{answer}");
    let (code, log) = stage.server.ended();
    assert_eq!(code, Some(0), "{log}");
}

#[test]
fn a_new_certificate_is_shown_without_a_restart_and_a_broken_one_is_not() {
    let stage = Stage::new(&[]);
    let (cert, key) = (stage.data.file("tls.crt"), stage.data.file("tls.key"));
    let mut open = stage.client();
    let token = open.token(stage.data.folder(), "ws_sync@HARBOR");
    let shown = || {
        let stream = stage.authority.connect(&stage.server.address, &TLS13);
        stream.expect("a handshake")
    };
    // The key alone, a half file, a key that others read: the old one stays.
    let second = stage.authority.issue(2, &["localhost"]);
    for (broken, text) in [
        ("key", "does not belong to the first certificate"),
        ("half", "no PEM"),
        ("open", "chmod 600"),
    ] {
        match broken {
            "key" => write_private(&key, &second.key),
            "half" => write_private(&cert, &second.cert[..second.cert.len() / 2]),
            _ => {
                second.write(&cert, &key);
                fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).expect("mine");
            }
        }
        stage.log_has(text);
        assert!(stage.issued.is_shown_on(&shown()), "{broken}");
    }
    let before = stage.server.log().matches("in use is valid").count();
    assert_eq!(before, 1);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("mine");
    let end = Instant::now() + Duration::from_secs(60);
    while !second.is_shown_on(&shown()) {
        assert!(Instant::now() < end, "{}", stage.server.log());
    }
    // A file that takes the place of the old one, as certbot does it.
    let third = stage.authority.issue(3, &["localhost"]);
    third.write(&stage.data.file("new.crt"), &stage.data.file("new.key"));
    fs::rename(stage.data.file("new.key"), &key).expect("mine");
    fs::rename(stage.data.file("new.crt"), &cert).expect("mine");
    while !third.is_shown_on(&shown()) {
        assert!(Instant::now() < end, "{}", stage.server.log());
    }
    // What was open all the time goes on.
    let (status, answer) = open.call("GET", CONTACTS, &token, None).expect("an answer");
    assert_eq!(status, 200, "{answer}");
    stage.server.stop();
}

#[test]
fn any_address_can_be_listened_on_with_tls() {
    let stage = Stage::new(&["--listen", "0.0.0.0:0"]);
    assert!(stage.server.greeting.contains("https://0.0.0.0:"));
    let port = stage.server.address.rsplit_once(':').expect("a port").1;
    let stream = stage
        .authority
        .connect(&format!("127.0.0.1:{port}"), &TLS13);
    let mut client = Client::on(stream.expect("a handshake"));
    client.token(stage.data.folder(), "ws_sync@HARBOR");
    stage.server.stop();
}

/// What `serve --check` tells of a thing, with these words on the command line.
fn checked(data: &Data, thing: &str, words: &[&str]) -> String {
    let (database, key) = (place(&data.location), key_file(data.folder()));
    let key = key.display().to_string();
    let check = ["serve", "--check", "--database", &database];
    let output = run(&[&check[..], &["--key-file", &key], words].concat());
    let text = String::from_utf8(output.stdout).expect("text");
    let start = format!("  {thing}: ");
    let line = text.lines().find(|line| line.contains(&start));
    let line = line.unwrap_or_else(|| panic!("nothing of {thing}: {text}"));
    let wrong = text.lines().any(|line| line.starts_with("wrong "));
    assert_eq!(output.status.code(), Some(i32::from(wrong)), "{text}");
    line.to_owned()
}

#[test]
fn what_is_wrong_with_certificate_or_key_is_told_by_serve_and_check() {
    let data = Data::new();
    let authority = Authority::new();
    let (one, other) = (
        authority.issue(1, &["localhost"]),
        authority.issue(2, &["localhost"]),
    );
    let (cert, key) = (data.file("tls.crt"), data.file("tls.key"));
    let database = place(&data.location);
    let (cert_shown, key_shown) = (cert.display().to_string(), key.display().to_string());
    let words = ["--tls-cert", &cert_shown, "--tls-key", &key_shown];
    let told = |wanted: &str| {
        let line = checked(&data, "certificate", &words);
        assert!(
            line.starts_with("wrong ") && line.contains(wanted),
            "{line}"
        );
        let serve = ["serve", "--listen", "127.0.0.1:0", "--database", &database];
        let (code, said) = refusal(&[&serve[..], &words].concat());
        assert_eq!(code, 1, "{said}");
        assert!(said.contains(wanted), "{said}");
    };
    told("cannot be read");
    one.write(&cert, &key);
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("mine");
    told("chmod 600");
    write_private(&key, &other.key);
    told("does not belong to the first certificate");
    write_private(&key, "nothing\n");
    told("there is no private key in");
    one.write(&key, &cert);
    told("there is no certificate in");
    // In the other order, the issuer's first.
    one.write(&cert, &key);
    write_private(&cert, &(authority.pem() + &one.cert));
    told("must be the server's own");
    one.write(&cert, &key);
    let line = checked(&data, "certificate", &words);
    let wanted = "is valid until 2100-01-01T00:00:00Z";
    assert!(
        line.starts_with("fine ") && line.ends_with(wanted),
        "{line}"
    );
    authority
        .issue_until(3, &["localhost"], 2021)
        .write(&cert, &key);
    let line = checked(&data, "certificate", &words);
    assert!(
        line.contains("expired at 2021-01-01T00:00:00Z; renew it"),
        "{line}"
    );
}

#[test]
fn check_looks_whether_the_certificate_names_what_is_asked_for() {
    let data = Data::new();
    let (cert, key) = (data.file("tls.crt"), data.file("tls.key"));
    Authority::new()
        .issue(1, &["gate.example.org", "*.example.com"])
        .write(&cert, &key);
    let (cert, key) = (cert.display().to_string(), key.display().to_string());
    let of = |url: &str, names: &str, thing: &str| {
        let tls = ["--tls-cert", &cert, "--tls-key", &key];
        let names = ["--public-url", url, "--public-names", names];
        checked(&data, thing, &[tls, names].concat())
    };
    let line = of("https://gate.example.org", "api.example.com", "names");
    assert!(line.starts_with("fine "), "{line}");
    assert!(line.contains("gate.example.org, api.example.com"), "{line}");
    let line = of("https://gate.example.net", "api.example.com", "names");
    let wanted = "the certificate does not name gate.example.net;";
    assert!(
        line.starts_with("wrong ") && line.contains(wanted),
        "{line}"
    );
    let line = of("http://gate.example.org", "", "public_url");
    assert!(
        line.starts_with("wrong ") && line.contains("https://"),
        "{line}"
    );
}

#[test]
fn settings_of_the_door_come_from_the_file_and_the_environment_too() {
    let data = Data::new();
    let authority = Authority::new();
    let (cert, key) = (data.file("tls.crt"), data.file("tls.key"));
    authority.issue(1, &["localhost"]).write(&cert, &key);
    let file = data.file("sidegate.toml");
    let text = format!(
        "database = {:?}\nkey_file = {:?}\nlisten = \"127.0.0.1:0\"\n\
         public_url = \"https://localhost\"\npublic_names = []\n\
         trusted_proxies = [\"10.0.0.0/8\"]\nmax_connections = 9\n\
         [tls]\ncert = {cert:?}\nkey = {key:?}\n",
        place(&data.location),
        key_file(data.folder()),
    );
    fs::write(&file, text).expect("a file");
    let mut command = program();
    command.args(["serve", "--config"]).arg(&file);
    let server = Server::start(command);
    let stream = authority.connect(&server.address, &TLS13);
    Client::on(stream.expect("a handshake"));
    server.stop();
    let mut command = program();
    command
        .args(["serve", "--listen", "127.0.0.1:0"])
        .env("SIDEGATE_DATABASE", place(&data.location))
        .env("SIDEGATE_KEY_FILE", key_file(data.folder()))
        .env("SIDEGATE_TLS_CERT", &cert)
        .env("SIDEGATE_TLS_KEY", &key)
        .env("SIDEGATE_TRUSTED_PROXIES", "10.0.0.7, 10.1.0.0/16")
        .env("SIDEGATE_PUBLIC_NAMES", "localhost")
        .env("SIDEGATE_MAX_CONNECTIONS", "9");
    let server = Server::start(command);
    let stream = authority.connect(&server.address, &TLS13);
    Client::on(stream.expect("a handshake"));
    server.stop();
    for (words, wanted) in [
        (["--tls-cert", "a.crt"], "tls.cert needs tls.key"),
        (["--tls-key", "a.key"], "tls.key needs tls.cert"),
        (["--trusted-proxies", "proxy.example"], "no address"),
        (
            ["--trusted-proxies", "10.0.0.7/8"],
            "did you mean 10.0.0.0/8?",
        ),
        (["--trusted-proxies", "10.0.0.7,::/0"], "is everybody"),
        (["--public-names", "https://a.example"], "without https://"),
        (["--public-url", "a.example"], "public_url"),
        (["--max-connections", "0"], "from 1 to"),
    ] {
        let database = place(&data.location);
        let serve = ["serve", "--database", &database];
        let (code, line) = refusal(&[&serve[..], &words].concat());
        assert_eq!(code, 2, "{line}");
        assert!(line.contains(wanted), "{line}");
        assert!(checked(&data, "address", &words).contains(wanted));
    }
}
