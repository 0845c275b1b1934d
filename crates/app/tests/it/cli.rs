//! The commands as an operator meets them.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use serde_json::json;
use sidegate_engine::Location;
use sidegate_store::testing::{TestDatabase, dialect};
use sidegate_store::{Connection, Dialect};

use crate::process::{Client, Server, empty, key_file, make_contact, place, refusal, run};
use crate::site::mode;
use crate::support::number;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn serve(database: &str, key_file: &Path) -> (i32, String) {
    let key_file = key_file.display().to_string();
    refusal(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--database",
        database,
        "--key-file",
        &key_file,
    ])
}

#[test]
fn demo_and_serve_refuse_an_address_that_other_machines_reach() {
    let folder = folder();
    let data = folder.path().join("data");
    for address in ["0.0.0.0:0", "192.0.2.1:8080", "[::]:0"] {
        let (code, line) = refusal(&[
            "demo",
            "--listen",
            address,
            "--data",
            &data.display().to_string(),
        ]);
        assert_eq!(code, 2, "{line}");
        assert!(
            line.contains(address) && line.contains("127.0.0.1"),
            "{line}"
        );
        let database = format!("sqlite:{}", data.join("sidegate.sqlite").display());
        let (code, line) = refusal(&["serve", "--listen", address, "--database", &database]);
        assert_eq!(code, 2, "{line}");
        assert!(
            line.contains(address) && line.contains("127.0.0.1"),
            "{line}"
        );
    }
    assert!(!data.exists(), "nothing was made");
}

#[test]
fn serve_says_what_is_wrong_with_a_database_and_what_to_do() {
    let folder = folder();
    let key = folder.path().join("sidegate.key");
    let file = |name: &str| folder.path().join(name);
    let sqlite = |path: &Path| format!("sqlite:{}", path.display());
    // None there.
    let (code, line) = serve(&sqlite(&file("missing.sqlite")), &key);
    assert_eq!(code, 1);
    assert!(
        line.contains("there is no database") && line.contains("sidegate migrate"),
        "{line}"
    );
    assert!(
        !file("missing.sqlite").exists() && !key.exists(),
        "nothing was made"
    );
    let (code, line) = serve(&sqlite(&file("none").join("a.sqlite")), &key);
    assert_eq!(code, 1);
    assert!(line.contains("there is no database"), "{line}");
    // No database at all.
    fs::write(file("notes.txt"), "Only some notes. ".repeat(100)).expect("a file");
    let (code, line) = serve(&sqlite(&file("notes.txt")), &key);
    assert_eq!(code, 1);
    assert!(line.contains("not a SQLite database"), "{line}");
    // No such server.
    let (code, line) = serve(
        &format!("host={} user=nobody", folder.path().display()),
        &key,
    );
    assert_eq!(code, 1);
    assert!(line.contains("cannot be reached"), "{line}");
    // Not migrated.
    let database = TestDatabase::empty();
    drop(database.open());
    let (code, line) = serve(&place(&database.location), &key);
    assert_eq!(code, 1);
    assert!(line.contains("run: sidegate migrate"), "{line}");
    // Of a newer version.
    let database = TestDatabase::migrated();
    let newer = "insert into \"schema_migration\" (\"number\", \"name\", \"checksum\", \"applied_at\") values (99, 'future', '', 0)";
    database.open().batch(newer).expect("a row");
    let (code, line) = serve(&place(&database.location), &key);
    assert_eq!(code, 1);
    assert!(
        line.contains("newer version") && line.contains("use the newer program"),
        "{line}"
    );
    // Somebody else's.
    let database = TestDatabase::empty();
    database
        .open()
        .batch("create table other (a integer)")
        .expect("a table");
    let (code, line) = serve(&place(&database.location), &key);
    assert_eq!(code, 1);
    assert!(line.contains("not Sidegate's"), "{line}");
    assert!(!key.exists(), "no key file was made for any of them");
    // An address that is none.
    let (code, line) = serve("mysql://localhost", &key);
    assert_eq!(code, 2);
    assert!(line.contains("sqlite:FILE"), "{line}");
}

#[test]
fn serve_says_that_another_process_holds_the_database() {
    if dialect() == Dialect::Postgres {
        // Several processes are meant to use it at once.
        return;
    }
    let folder = folder();
    let database = TestDatabase::migrated();
    for lock in [
        "begin exclusive",
        "pragma locking_mode = exclusive; begin exclusive;",
    ] {
        let mut holder = database.open();
        holder.batch(lock).expect("the lock");
        let (code, line) = serve(
            &place(&database.location),
            &folder.path().join("sidegate.key"),
        );
        assert_eq!(code, 1);
        assert!(line.contains("stop that process first"), "{line}");
        let (code, line) = refusal(&["migrate", "--database", &place(&database.location)]);
        assert_eq!(code, 1);
        assert!(line.contains("stop that process first"), "{line}");
    }
}

#[test]
fn a_key_file_that_does_not_fit_or_that_others_read_is_refused() {
    let folder = folder();
    let (_database, location) = empty(folder.path());
    Server::demo(folder.path(), Some(&location), &[]).stop();
    let right = key_file(folder.path());
    let wrong = folder.path().join("wrong.key");
    let mut file = fs::OpenOptions::new();
    let mut file = file
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&wrong)
        .expect("a file");
    std::io::Write::write_all(&mut file, format!("1 {}=\n", "A".repeat(43)).as_bytes())
        .expect("a key");
    let (code, line) = serve(&place(&location), &wrong);
    assert_eq!(code, 1);
    assert!(
        line.contains("key file does not fit the database") && line.contains("restore"),
        "{line}"
    );
    fs::write(&wrong, "1 short\n").expect("a file");
    let (code, line) = serve(&place(&location), &wrong);
    assert_eq!(code, 1);
    assert!(line.contains("line 1 of the key file"), "{line}");
    fs::set_permissions(&right, fs::Permissions::from_mode(0o644)).expect("mine");
    let (code, line) = serve(&place(&location), &right);
    assert_eq!(code, 1);
    assert!(line.contains("chmod 600"), "{line}");
    fs::set_permissions(&right, fs::Permissions::from_mode(0o600)).expect("mine");
    Server::serve(&location, &right).stop();
}

#[test]
fn a_broken_settings_file_names_file_and_line() {
    let folder = folder();
    let file = folder.path().join("sidegate.toml");
    let shown = file.display().to_string();
    for (text, place) in [
        ("listen = \"127.0.0.1:8080\"\ndatabase = \n", ":2:"),
        ("# settings\n\ndatabse = \"sqlite:a\"\n", ":3:"),
        ("listen = \"nowhere\"\n", ":1:"),
    ] {
        fs::write(&file, text).expect("a file");
        let (code, line) = refusal(&["serve", "--config", &shown]);
        assert_eq!(code, 2, "{line}");
        assert!(line.contains(&format!("{shown}{place}")), "{line}");
    }
    fs::remove_file(&file).expect("mine");
    let (code, line) = refusal(&["serve", "--config", &shown]);
    assert_eq!(code, 2);
    assert!(line.contains(&shown), "{line}");
    let (code, line) = refusal(&["serve"]);
    assert_eq!(code, 2);
    assert!(line.contains("--database"), "{line}");
}

fn environment(path: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(path).expect("the file");
    text.lines()
        .map(|line| {
            let (name, value) = line.split_once('=').expect("NAME=value");
            (name.to_owned(), value.to_owned())
        })
        .collect()
}

#[test]
fn the_stand_in_writes_its_credentials_for_its_owner_only_and_keeps_them() {
    let folder = folder();
    let (_database, location) = empty(folder.path());
    let env_file = folder.path().join("demo.env");
    // What was there before is not left readable.
    fs::write(&env_file, "OLD=1\n".repeat(1000)).expect("a file");
    fs::set_permissions(&env_file, fs::Permissions::from_mode(0o666)).expect("mine");
    let shown = env_file.display().to_string();
    let mode = |path: &PathBuf| fs::metadata(path).expect("there").mode() & 0o777;
    let server = Server::demo(folder.path(), Some(&location), &["--env-file", &shown]);
    let first = environment(&env_file);
    assert_eq!(mode(&env_file), 0o600);
    assert_eq!(mode(&folder.path().join("demo-credentials.json")), 0o600);
    assert_eq!(mode(&key_file(folder.path())), 0o600);
    let names: Vec<&str> = first.iter().map(|(name, _)| name.as_str()).collect();
    let wanted = [
        "BASE_URL",
        "COMPANY_ID",
        "SENDER_ID",
        "SENDER_PASSWORD",
        "USER_ID",
        "USER_PASSWORD",
        "CLIENT_ID",
        "CLIENT_SECRET",
        "ADMIN_ID",
        "ADMIN_PASSWORD",
        "INTACCT_COMPANY_ID",
    ];
    for name in wanted {
        assert!(names.contains(&name), "{name} is missing: {names:?}");
    }
    assert!(!names.contains(&"INTACCT_ENDPOINT_URL"));
    for (name, value) in &first {
        assert!(
            name.chars().all(|c| c.is_ascii_uppercase() || c == '_'),
            "{name}"
        );
        assert!(
            !value.is_empty()
                && value
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || "_.:/@-".contains(c)),
            "{name}={value}"
        );
    }
    assert_eq!(
        first[0],
        ("BASE_URL".to_owned(), format!("http://{}", server.address))
    );
    make_contact(&server, folder.path(), "kept");
    server.stop();
    // The same after a start and after a reset; the data stays over the first only.
    let kept = |server: &Server| {
        let mut client = server.client();
        let token = client.token(folder.path(), "ws_sync@HARBOR");
        let query = json!({"object": "company-config/contact", "fields": ["id"], "filters": [{"$eq": {"id": "kept"}}]});
        let (_, answer) = client
            .call("POST", "/services/core/query", &token, Some(&query))
            .expect("an answer");
        answer["ia::meta"]["totalCount"].as_i64()
    };
    let server = Server::demo(folder.path(), Some(&location), &["--env-file", &shown]);
    assert_eq!(
        kept_values(environment(&env_file)),
        kept_values(first.clone())
    );
    assert_eq!(kept(&server), Some(1));
    server.stop();
    let server = Server::demo(
        folder.path(),
        Some(&location),
        &["--reset", "--env-file", &shown],
    );
    assert_eq!(
        kept_values(environment(&env_file)),
        kept_values(first.clone())
    );
    if dialect() == Dialect::Sqlite {
        assert_eq!(kept(&server), Some(0));
    }
    server.stop();
}

/// All but the addresses, whose port is another one at each start.
fn kept_values(values: Vec<(String, String)>) -> Vec<(String, String)> {
    let kept = values.into_iter();
    kept.filter(|(name, _)| !name.ends_with("BASE_URL"))
        .collect()
}

#[test]
fn the_printed_curl_line_lists_the_users() {
    let folder = folder();
    let (_database, location) = empty(folder.path());
    let server = Server::demo(folder.path(), Some(&location), &[]);
    let line = server
        .greeting
        .lines()
        .find(|line| line.starts_with("curl "))
        .expect("the line");
    let output = Command::new("bash")
        .args(["-c", line])
        .output()
        .expect("bash and curl");
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer["ia::meta"]["totalCount"], 31, "{answer}");
    server.stop();
}

#[test]
fn ctrl_c_finishes_an_open_request_and_exits_with_0() {
    for name in ["INT", "TERM"] {
        let folder = folder();
        let (_database, location) = empty(folder.path());
        let server = Server::demo(folder.path(), Some(&location), &[]);
        let mut client = server.client();
        let token = client.token(folder.path(), "ws_sync@HARBOR");
        let body = json!({"id": "drained", "printAs": "Drained"});
        let request = Client::request(
            "POST",
            "/objects/company-config/contact",
            &token,
            Some(&body),
        );
        let (half, rest) = request.split_at(request.len() - 10);
        client.write(half.as_bytes()).expect("a connection");
        // An idle connection does not hold the end up.
        let mut idle = server.client();
        idle.token(folder.path(), "ws_sync@HARBOR");
        server.signal(name);
        while !server.log().contains("stopping") {
            thread::yield_now();
        }
        client
            .write(rest.as_bytes())
            .expect("it still listens to what is open");
        let (status, answer) = client.answer().expect("an answer");
        assert_eq!(status, 201, "{answer}");
        let (code, log) = server.ended();
        assert_eq!(code, Some(0), "{log}");
        let mut connection = Connection::open(&location, sidegate_store::backend::Access::Read)
            .expect("the database");
        assert_eq!(
            number(
                &mut connection,
                "select cast(count(*) as text) from \"contact\" where \"id\" = 'drained'"
            ),
            1
        );
    }
}

#[test]
fn a_port_in_use_is_told() {
    let folder = folder();
    let (_database, location) = empty(folder.path());
    let server = Server::demo(folder.path(), Some(&location), &[]);
    let key = key_file(folder.path()).display().to_string();
    let output = run(&[
        "serve",
        "--listen",
        &server.address,
        "--database",
        &place(&location),
        "--key-file",
        &key,
    ]);
    assert_eq!(output.status.code(), Some(1));
    let line = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        line.contains(&server.address) && line.contains("--listen"),
        "{line}"
    );
    server.stop();
}

#[test]
fn schema_diff_of_a_fresh_database_is_empty() {
    let folder = folder();
    let (_database, location) = empty(folder.path());
    let database = place(&location);
    let migrated = run(&["migrate", "--database", &database]);
    assert!(
        migrated.status.success(),
        "{}",
        String::from_utf8_lossy(&migrated.stderr)
    );
    if let Location::Sqlite(path) = &location {
        assert_eq!(mode(path), 0o600, "only its owner reads it");
    }
    let again = run(&["migrate", "--database", &database]);
    assert!(again.status.success());
    assert!(String::from_utf8_lossy(&again.stdout).contains("nothing was to do"));
    let diff = run(&["schema", "diff", "--database", &database]);
    assert_eq!(
        (diff.status.code(), diff.stdout.len(), diff.stderr.len()),
        (Some(0), 0, 0)
    );
    let mut connection =
        Connection::open(&location, sidegate_store::backend::Access::Write).expect("the database");
    connection
        .batch("alter table \"department\" add column \"colour\" text")
        .expect("a column");
    let diff = run(&["schema", "diff", "--database", &database]);
    assert_eq!(diff.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&diff.stdout).contains("colour"));
}
