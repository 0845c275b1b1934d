//! `serve --check`: says what is wrong before anything starts, and changes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use sidegate_engine::Location;
use sidegate_store::Connection;
use sidegate_store::backend::Access;
use sidegate_store::testing::TestDatabase;

use crate::process::{Server, key_file, place, refusal, run};

/// Exit code and lines of a check.
fn check(database: &str, key_file: &Path, more: &[&str]) -> (Option<i32>, Vec<String>) {
    let key_file = key_file.display().to_string();
    let mut words = vec![
        "serve",
        "--check",
        "--database",
        database,
        "--key-file",
        &key_file,
    ];
    words.extend(more);
    let output = run(&words);
    let text = String::from_utf8(output.stdout).expect("text");
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let errors = String::from_utf8_lossy(&output.stderr);
    let wrong = lines
        .iter()
        .filter(|line| line.starts_with("wrong "))
        .count();
    let sum = match wrong {
        0 => "nothing is wrong\n".to_owned(),
        1 => "1 thing is wrong\n".to_owned(),
        n => format!("{n} things are wrong\n"),
    };
    assert_eq!(errors, sum, "{text}");
    (output.status.code(), lines)
}

/// What is told of one thing.
fn told<'l>(lines: &'l [String], thing: &str) -> &'l str {
    let start = format!("  {thing}: ");
    lines
        .iter()
        .find(|line| line.contains(&start))
        .unwrap_or_else(|| panic!("nothing of {thing}: {lines:?}"))
}

/// Names, bytes and times of all files in a folder. When connections close at the same time, SQLite may
/// leave its index of the log behind (`-shm`); that holds no data and notes who reads, so it is left out.
fn snapshot(folder: &Path) -> BTreeMap<String, (Vec<u8>, std::time::SystemTime)> {
    fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| entry.expect("an entry"))
        .filter(|entry| !entry.file_name().to_string_lossy().ends_with("-shm"))
        .map(|entry| {
            let changed = entry.metadata().expect("there").modified().expect("a time");
            let bytes = fs::read(entry.path()).expect("a file");
            (
                entry.file_name().to_string_lossy().into_owned(),
                (bytes, changed),
            )
        })
        .collect()
}

/// A database that served once, with its key file in this folder.
fn served(folder: &Path) -> (TestDatabase, Location) {
    let database = TestDatabase::migrated();
    let location = database.location.clone();
    let key = key_file(folder).display().to_string();
    let server = Server::serve(&location, Path::new(&key));
    server.stop();
    (database, location)
}

fn alter(location: &Location, sql: &str) {
    let mut connection = Connection::open(location, Access::Write).expect("the database");
    connection.batch(sql).expect("a change");
}

#[test]
fn what_can_serve_is_found_fine_and_left_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_database, location) = served(folder.path());
    let key = key_file(folder.path());
    let data = match &location {
        Location::Sqlite(path) => path.parent().map(Path::to_owned),
        Location::Postgres(_) => None,
    };
    let folders = || {
        let data = data.as_deref().map(snapshot);
        (data, snapshot(folder.path()))
    };
    let before = folders();
    let (code, lines) = check(&place(&location), &key, &[]);
    assert_eq!(code, Some(0), "{lines:?}");
    assert!(
        lines.iter().all(|line| line.starts_with("fine ")),
        "{lines:?}"
    );
    for thing in [
        "settings", "address", "key file", "database", "schema", "drift", "keys",
    ] {
        told(&lines, thing);
    }
    assert_eq!(folders(), before);
    // Also beside a server that runs, on the address that it listens on.
    let server = Server::serve(&location, &key);
    let (code, lines) = check(&place(&location), &key, &["--listen", &server.address]);
    assert_eq!(code, Some(0), "{lines:?}");
    server.stop();
}

#[test]
fn a_fresh_database_without_a_key_file_is_fine_and_none_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = TestDatabase::migrated();
    let key = key_file(folder.path());
    let (code, lines) = check(&place(&database.location), &key, &[]);
    assert_eq!(code, Some(0), "{lines:?}");
    assert!(told(&lines, "keys").contains("serve makes both"));
    assert!(!key.exists());
}

#[test]
fn everything_that_is_wrong_is_told_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = key_file(folder.path());
    fs::write(&key, "1 short\n").expect("a file");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("mine");
    let missing = format!("sqlite:{}/missing.sqlite", folder.path().display());
    let (code, lines) = check(&missing, &key, &["--listen", "0.0.0.0:80"]);
    assert_eq!(code, Some(1));
    assert!(told(&lines, "address").contains("127.0.0.1:80"));
    assert!(told(&lines, "key file").contains("line 1"));
    assert!(told(&lines, "database").contains("there is no database"));
    let files = fs::read_dir(folder.path()).expect("the folder").count();
    assert_eq!(files, 1, "nothing was made");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).expect("mine");
    let (_, lines) = check(&missing, &key, &[]);
    assert!(told(&lines, "key file").contains("chmod 600"));
}

#[test]
fn broken_settings_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("sidegate.toml");
    fs::write(&file, "databse = \"sqlite:a\"\n").expect("a file");
    for words in [
        vec!["serve", "--check"],
        vec!["serve", "--check", "--config", file.to_str().expect("text")],
        vec!["serve", "--check", "--database", "mysql://localhost"],
    ] {
        let output = run(&words);
        assert_eq!(output.status.code(), Some(1), "{words:?}");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(text.starts_with("wrong  settings: "), "{text}");
    }
}

#[test]
fn a_schema_that_does_not_fit_is_told_with_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = key_file(folder.path());
    let empty = TestDatabase::empty();
    drop(empty.open());
    let (code, lines) = check(&place(&empty.location), &key, &[]);
    assert_eq!(code, Some(1));
    assert!(
        told(&lines, "schema").contains("run: sidegate migrate"),
        "{lines:?}"
    );
    for (sql, thing, wanted) in [
        (
            "insert into \"schema_migration\" (\"number\", \"name\", \"checksum\", \"applied_at\") values (99, 'future', '', 0)",
            "schema",
            "newer version",
        ),
        (
            "update \"schema_migration\" set \"checksum\" = 'x' where \"number\" = 1",
            "schema",
            "step 1",
        ),
        (
            "alter table \"department\" add column \"colour\" text",
            "drift",
            "sidegate schema diff",
        ),
    ] {
        let database = TestDatabase::migrated();
        alter(&database.location, sql);
        let (code, lines) = check(&place(&database.location), &key, &[]);
        assert_eq!(code, Some(1), "{lines:?}");
        let line = told(&lines, thing);
        assert!(
            line.starts_with("wrong ") && line.contains(wanted),
            "{line}"
        );
    }
    let other = TestDatabase::empty();
    alter(&other.location, "create table other (a integer)");
    let (code, lines) = check(&place(&other.location), &key, &[]);
    assert_eq!(code, Some(1));
    assert!(told(&lines, "schema").contains("not Sidegate's"));
}

#[test]
fn a_key_file_that_is_missing_or_another_ones_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_database, location) = served(folder.path());
    let key = key_file(folder.path());
    let other = tempfile::tempdir().expect("a folder");
    let (_another, _) = served(other.path());
    let (code, lines) = check(&place(&location), &key_file(other.path()), &[]);
    assert_eq!(code, Some(1));
    assert!(told(&lines, "keys").contains("does not open"), "{lines:?}");
    fs::remove_file(&key).expect("mine");
    let (code, lines) = check(&place(&location), &key, &[]);
    assert_eq!(code, Some(1));
    let line = told(&lines, "keys");
    assert!(
        line.starts_with("wrong ") && line.contains("restore"),
        "{line}"
    );
    // Serving is refused for the same reason, and leaves no key file that would only be in the way.
    let shown = key.display().to_string();
    let database = place(&location);
    let serve = ["serve", "--listen", "127.0.0.1:0", "--key-file", &shown];
    let (code, said) = refusal(&[&serve[..], &["--database", &database]].concat());
    assert_eq!(code, 1);
    assert!(line.ends_with(&said["sidegate: ".len()..]), "{said}");
    assert!(!key.exists());
}
