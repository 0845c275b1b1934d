//! What was acknowledged is there after a crash, and nothing is half there.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};
use sidegate_engine::Location;
use sidegate_store::backend::Access;
use sidegate_store::testing::{TestDatabase, dialect};
use sidegate_store::{Connection, Dialect};

use crate::process::{Client, Server, empty, key_file, place, program, run};
use crate::support::{number, rows};

const ROUNDS: usize = 6;
const WRITERS: usize = 6;

/// In the traced run: writes one after another, then by so many clients at once.
const WRITES: usize = 20;
const WRITERS_AT_ONCE: usize = 4;

/// What one writer was told: contacts with their last acknowledged text, users, deleted contacts.
#[derive(Default)]
struct Told {
    contacts: BTreeMap<String, usize>,
    users: BTreeSet<String>,
    gone: BTreeSet<String>,
    writes: usize,
}

fn path(object: &str) -> String {
    format!("/objects/company-config/{object}")
}

/// Writes until the connection breaks: a contact, three changes to it, a user with a contact of its
/// own, and every third contact is deleted again.
fn write(mut client: Client, token: &str, name: &str, acknowledged: &AtomicUsize) -> Told {
    let mut told = Told::default();
    let mut number = 0;
    let note = |told: &mut Told| {
        told.writes += 1;
        acknowledged.fetch_add(1, Ordering::SeqCst);
    };
    loop {
        number += 1;
        let id = format!("{name}-{number}");
        let body = json!({"id": id, "printAs": "0"});
        let Some((status, answer)) = client.call("POST", &path("contact"), token, Some(&body))
        else {
            return told;
        };
        assert_eq!(status, 201, "{answer}");
        note(&mut told);
        told.contacts.insert(id.clone(), 0);
        let key = answer["ia::result"]["key"]
            .as_str()
            .expect("a key")
            .to_owned();
        for change in 1..=3 {
            let body = json!({"printAs": change.to_string()});
            let Some((status, answer)) = client.call(
                "PATCH",
                &format!("{}/{key}", path("contact")),
                token,
                Some(&body),
            ) else {
                return told;
            };
            assert_eq!(status, 200, "{answer}");
            note(&mut told);
            told.contacts.insert(id.clone(), change);
        }
        let user = format!("u-{id}");
        let body = json!({
            "id": user, "accountEmail": "a@harbor.example", "userType": "business", "roles": [{"id": "Accountant"}, {"id": "All access"}],
            "contact": {"id": format!("c-{user}"), "printAs": "Both", "firstName": "Both", "lastName": "Or none"},
        });
        let Some((status, answer)) = client.call("POST", &path("user"), token, Some(&body)) else {
            return told;
        };
        assert_eq!(status, 201, "{answer}");
        note(&mut told);
        told.users.insert(user);
        if number % 3 == 0 {
            // Whether a deletion without an answer came to pass is not known.
            told.contacts.remove(&id);
            let Some((status, _)) =
                client.call("DELETE", &format!("{}/{key}", path("contact")), token, None)
            else {
                return told;
            };
            assert_eq!(status, 204);
            note(&mut told);
            told.gone.insert(id);
        }
    }
}

/// Every acknowledged write is there and none is half there.
fn check(connection: &mut Connection, told: &[Told]) {
    let contacts: BTreeMap<String, String> = rows(
        connection,
        2,
        "select \"id\", \"print_as\" from \"contact\"",
    )
    .into_iter()
    .map(|row| (row[0].clone(), row[1].clone()))
    .collect();
    let users: BTreeSet<String> = rows(connection, 1, "select \"id\" from \"user\"")
        .into_iter()
        .map(|mut row| row.remove(0))
        .collect();
    for one in told {
        for (id, change) in &one.contacts {
            let there: usize = contacts
                .get(id)
                .unwrap_or_else(|| panic!("{id} is lost"))
                .parse()
                .expect("a number");
            // The change under way may have come to pass without its answer.
            assert!(
                there == *change || there == change + 1,
                "{id} is at {there}, {change} was acknowledged"
            );
        }
        for id in &one.users {
            assert!(users.contains(id), "{id} is lost");
        }
        for id in &one.gone {
            assert!(!contacts.contains_key(id), "{id} is back");
        }
    }
    // A user comes with its contact, its roles, and its entry with lines; so does its contact.
    for id in users.iter().filter(|id| id.starts_with("u-")) {
        assert!(
            contacts.contains_key(&format!("c-{id}")),
            "{id} is half there"
        );
    }
    for id in contacts.keys().filter_map(|id| id.strip_prefix("c-")) {
        assert!(users.contains(id), "{id} is half there");
    }
    let none = [
        "select cast(count(*) as text) from \"user\" u where u.\"id\" like 'u-%' and 2 <> (select count(*) from \"role_user_map\" r where r.\"company\" = u.\"company\" and r.\"user\" = u.\"key\")",
        "select cast(count(*) as text) from \"contact\" c where not exists (select 1 from \"audit_entry\" e join \"audit_line\" l on l.\"company\" = e.\"company\" and l.\"entry\" = e.\"key\" \
         where e.\"company\" = c.\"company\" and e.\"object\" = 'company-config/contact' and e.\"record\" = c.\"key\" and e.\"event\" = 'create')",
        "select cast(count(*) as text) from \"audit_entry\" e where e.\"event\" in ('create', 'update', 'delete') \
         and not exists (select 1 from \"audit_line\" l where l.\"company\" = e.\"company\" and l.\"entry\" = e.\"key\")",
        "select cast(sum(gap) as text) from (select max(\"key\") - count(*) as gap from \"audit_entry\" group by \"company\") c",
    ];
    for sql in none {
        assert_eq!(number(connection, sql), 0, "{sql}");
    }
}

#[test]
fn every_acknowledged_write_survives_a_kill_and_none_is_half_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_database, location) = empty(folder.path());
    let mut server = Server::demo(folder.path(), Some(&location), &[]);
    let mut all: Vec<Told> = Vec::new();
    for round in 0..ROUNDS {
        let token = server.client().token(folder.path(), "ws_sync@HARBOR");
        let acknowledged = AtomicUsize::new(0);
        let told: Vec<Told> = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let (client, token, acknowledged) = (server.client(), &token, &acknowledged);
                    scope.spawn(move || {
                        write(client, token, &format!("r{round}w{writer}"), acknowledged)
                    })
                })
                .collect();
            while acknowledged.load(Ordering::SeqCst) < 100 + 37 * round {
                thread::yield_now();
            }
            server.kill();
            writers
                .into_iter()
                .map(|one| one.join().expect("no refusal"))
                .collect()
        });
        all.extend(told);
        // Started anew on what the kill left; the stand-in's credentials still open it.
        server = Server::serve(&location, &key_file(folder.path()));
        let mut connection = Connection::open(&location, Access::Read).expect("the database");
        check(&mut connection, &all);
        let verified = run(&[
            "audit",
            "verify",
            "--database",
            &place(&location),
            "--key-file",
            &key_file(folder.path()).display().to_string(),
        ]);
        assert!(
            verified.status.success(),
            "{}",
            String::from_utf8_lossy(&verified.stdout)
        );
    }
    server.stop();
    let writes: usize = all.iter().map(|told| told.writes).sum();
    assert!(writes > 100 * ROUNDS, "{writes}");
    println!("{ROUNDS} kills, {writes} acknowledged writes");
}

#[test]
fn a_stand_in_killed_while_it_is_made_comes_up_next_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let (_database, location) = empty(folder.path());
    let count = |text: &str| {
        Connection::open(&location, Access::Read).is_ok_and(|mut connection| {
            // No table, no answer: the statement is tried until there is one.
            let sql = format!("select cast(count(*) as text) from \"{text}\"");
            let text = sidegate_store::sql::Text {
                sql: sql.into(),
                slots: Vec::new(),
            };
            let mut found = 0;
            let done = connection.visit(&text, &[], &mut |row| {
                found = row.text(0).unwrap_or_default().parse().unwrap_or(0);
                Ok(())
            });
            done.is_ok() && found > 0
        })
    };
    for table in [
        "schema_migration",
        "company",
        "sender",
        "client_application",
    ] {
        let mut command = program();
        command
            .args(["demo", "--listen", "127.0.0.1:0", "--data"])
            .arg(folder.path());
        if let Location::Postgres(text) = &location {
            command.args(["--postgres", text]);
        }
        let mut child = command
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("it starts");
        while !count(table) && child.try_wait().expect("a child").is_none() {
            thread::yield_now();
        }
        child.kill().expect("a child");
        child.wait().expect("a child");
    }
    let server = Server::demo(folder.path(), Some(&location), &[]);
    let token = server.client().token(folder.path(), "ws_sync@HARBOR");
    let (status, list) = server
        .client()
        .call("GET", &path("user"), &token, None)
        .expect("an answer");
    assert_eq!((status, &list["ia::meta"]["totalCount"]), (200, &json!(31)));
    server.stop();
}

#[test]
fn the_writers_connection_waits_for_the_disk() {
    let database = TestDatabase::migrated();
    match Connection::open(&database.location, Access::Write).expect("the database") {
        Connection::Sqlite(connection) => {
            assert_eq!(connection.pragma("journal_mode").expect("a pragma"), "wal");
            assert_eq!(connection.pragma("synchronous").expect("a pragma"), "2");
        }
        mut connection @ Connection::Postgres(_) => {
            let shown = |connection: &mut Connection| {
                rows(connection, 1, "show synchronous_commit")[0][0].clone()
            };
            assert_eq!(shown(&mut connection), "on");
            // Even where the database was told to answer early.
            connection
                .batch("do $$ begin execute format('alter database %I set synchronous_commit = off', current_database()); end $$")
                .expect("a setting");
            assert_eq!(shown(&mut database.open()), "on");
        }
    }
}

#[test]
fn the_log_is_synced_between_a_write_and_its_answer() {
    if dialect() == Dialect::Postgres {
        // There the server writes; `synchronous_commit` says that it syncs.
        return;
    }
    if Command::new("strace").arg("-V").output().is_err() {
        panic!("strace is missing; ./check installs it");
    }
    let folder = tempfile::tempdir().expect("a folder");
    Server::demo(folder.path(), None, &[]).stop();
    let trace = folder.path().join("trace");
    let database = place(&Location::Sqlite(folder.path().join("sidegate.sqlite")));
    let mut command = Command::new("strace");
    command.args([
        "-f",
        "-y",
        "-s",
        "32",
        "-e",
        "trace=fsync,fdatasync,pwrite64,write,sendto,writev,sendmsg",
        "-o",
    ]);
    command.arg(&trace).arg(env!("CARGO_BIN_EXE_sidegate"));
    command.args(["serve", "--listen", "127.0.0.1:0", "--database", &database]);
    let server = Server::start(command);
    let mut client = server.client();
    let token = client.token(folder.path(), "ws_sync@HARBOR");
    for n in 0..WRITES {
        let body: Value = json!({"id": format!("synced-{n}"), "printAs": "Synced"});
        let (status, answer) = client
            .call("POST", &path("contact"), &token, Some(&body))
            .expect("an answer");
        assert_eq!(status, 201, "{answer}");
    }
    // Several at once, so that groups are traced too.
    thread::scope(|scope| {
        for writer in 0..WRITERS_AT_ONCE {
            let (mut client, token) = (server.client(), &token);
            scope.spawn(move || {
                for n in 0..10 {
                    let body = json!({"id": format!("synced-{writer}-{n}"), "printAs": "Synced"});
                    let (status, answer) = client
                        .call("POST", &path("contact"), token, Some(&body))
                        .expect("an answer");
                    assert_eq!(status, 201, "{answer}");
                }
            });
        }
    });
    drop(client);
    // strace hands the word on to nobody, so the program gets it itself.
    let child = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", server.pid()))
        .expect("a child");
    crate::process::signal(child.trim().parse().expect("one child"), "INT");
    assert_eq!(server.ended().0, Some(0));
    let answers = read_trace(&std::fs::read_to_string(&trace).expect("a trace"));
    assert_eq!(answers, WRITES + 10 * WRITERS_AT_ONCE);
}

/// Goes through a trace: no answer to a lone create may start while frames of the log are written and
/// not yet synced, and of clients at once each gets one answer a sync at most. Gives the number of such answers.
fn read_trace(trace: &str) -> usize {
    let mut unfinished = BTreeMap::<&str, String>::new();
    // Frames written since the last finished sync, and whether one was synced since the last answer.
    let (mut dirty, mut synced, mut answers, mut alone, mut since) = (false, false, 0, 0, 0);
    for line in trace.lines() {
        let Some((pid, call)) = line.split_once(' ') else {
            continue;
        };
        let call = call.trim_start();
        let started = !call.starts_with("<...");
        let ended = !call.ends_with("<unfinished ...>");
        let text = match (started, ended) {
            (true, false) => {
                unfinished.insert(pid, call.to_owned());
                call.to_owned()
            }
            (false, _) => unfinished.remove(pid).unwrap_or_default(),
            (true, true) => call.to_owned(),
        };
        let log = text.contains("sidegate.sqlite-wal>");
        if started && text.contains("HTTP/1.1 201") {
            answers += 1;
            since += 1;
            if answers <= WRITES {
                assert!(!dirty, "an answer before its sync: {line}");
            }
            // A client has one request open, whose next one needs a sync of its own.
            assert!(
                since <= WRITERS_AT_ONCE,
                "{since} answers after one sync: {line}"
            );
            alone += usize::from(synced);
            synced = false;
        }
        if log && started && text.starts_with("pwrite64") {
            dirty = true;
        }
        if log && ended && (text.starts_with("fsync") || text.starts_with("fdatasync")) {
            dirty = false;
            synced = true;
            since = 0;
        }
    }
    // One after another, each answer has a sync of its own before it.
    assert!(
        alone >= WRITES,
        "{alone} of {answers} answers came after a sync of their own"
    );
    answers
}
