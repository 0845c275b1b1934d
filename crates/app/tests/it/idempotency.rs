//! Requests that were sent twice: at once, after a crash, and long after.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use sidegate_store::Connection;
use sidegate_store::backend::Access;

use crate::harness::{Answer, Hand, World};
use crate::process::{Client, Server, empty};
use crate::support::{number, rows};

const CONTACTS: &str = "/objects/company-config/contact";
const DAY: i64 = 24 * 3_600 * 1_000_000;

fn post(hand: &Hand, token: &str, key: &str, body: &Value) -> Answer {
    let request = Request::post(format!("/ia/api/v1{CONTACTS}"))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("idempotency-key", key);
    hand.send(
        request
            .body(Body::from(body.to_string()))
            .expect("a request"),
    )
}

fn contacts(connection: &mut Connection, like: &str) -> i64 {
    let sql = format!("select cast(count(*) as text) from \"contact\" where \"id\" like '{like}'");
    number(connection, &sql)
}

#[test]
fn of_requests_at_once_one_is_carried_out_and_all_get_its_answer() {
    const AT_ONCE: usize = 8;
    const ROUNDS: usize = 12;
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    for round in 0..ROUNDS {
        let key = format!("round-{round}");
        let body = json!({"id": key, "printAs": "Once"});
        let answers: Vec<Answer> = thread::scope(|scope| {
            let sent: Vec<_> = (0..AT_ONCE)
                .map(|_| {
                    let hand = world.hand();
                    scope.spawn({
                        let (token, key, body) = (&token, &key, &body);
                        move || post(&hand, token, key, body)
                    })
                })
                .collect();
            sent.into_iter()
                .map(|sent| sent.join().expect("an answer"))
                .collect()
        });
        let bodies: BTreeSet<&[u8]> = answers.iter().map(|answer| &*answer.body).collect();
        assert_eq!(bodies.len(), 1, "one answer");
        assert!(answers.iter().all(|answer| answer.status == 201));
        let first = answers
            .iter()
            .filter(|answer| !answer.headers.contains_key("x-ia-idempotency-cached-date"));
        assert_eq!(first.count(), 1, "one was carried out");
    }
    let made = contacts(&mut world.database.open(), "round-%");
    assert_eq!(made, ROUNDS as i64);
}

#[test]
fn old_keys_go_a_few_with_each_new_one() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    let hand = world.hand();
    let kept = || {
        number(
            &mut world.database.open(),
            "select cast(count(*) as text) from \"idempotency_key\"",
        )
    };
    for n in 0..10 {
        let body = json!({"id": format!("old-{n}"), "printAs": "Old"});
        assert_eq!(post(&hand, &token, &format!("old-{n}"), &body).status, 201);
    }
    assert_eq!(kept(), 10);
    world.source.advance(60 * DAY);
    let token = world.token("ws_sync@HARBOR");
    // Each new key takes four old ones with it.
    for (n, left) in [7, 4, 3, 4].into_iter().enumerate() {
        let body = json!({"id": format!("new-{n}"), "printAs": "New"});
        assert_eq!(post(&hand, &token, &format!("new-{n}"), &body).status, 201);
        assert_eq!(kept(), left);
    }
    // The system keeps them, so they hold nobody's key.
    let by = rows(
        &mut world.database.open(),
        1,
        "select cast(count(\"created_by\") as text) from \"idempotency_key\"",
    );
    assert_eq!(by[0][0], "0");
}

/// Every third request is a batch of three, one of them wrong.
fn request(name: &str, n: usize) -> (u16, i64, Value) {
    let one = |part: &str| json!({"id": format!("{name}-{n}{part}"), "printAs": "Crash"});
    if n.is_multiple_of(3) {
        (207, 2, json!([one("a"), {"id": 1}, one("b")]))
    } else {
        (201, 1, one(""))
    }
}

fn send(client: &mut Client, token: &str, name: &str, n: usize) -> Option<u16> {
    let (.., body) = request(name, n);
    let text = Client::request("POST", CONTACTS, token, Some(&body));
    let header = format!("Host: sidegate\r\nIdempotency-Key: {name}-{n}\r\n");
    client.write(text.replace("Host: sidegate\r\n", &header).as_bytes())?;
    client.answer().map(|(status, _)| status)
}

#[test]
fn what_is_sent_again_after_a_crash_is_there_once() {
    const ROUNDS: usize = 3;
    const WRITERS: usize = 4;
    let folder = tempfile::tempdir().expect("a folder");
    let (_database, location) = empty(folder.path());
    let start = || Server::demo(folder.path(), Some(&location), &[]);
    let mut server = start();
    let token = server.client().token(folder.path(), "ws_sync@HARBOR");
    let mut requests = 0;
    for round in 0..ROUNDS {
        let acknowledged = AtomicUsize::new(0);
        let sent: Vec<(String, usize)> = thread::scope(|scope| {
            let writers: Vec<_> = (0..WRITERS)
                .map(|writer| {
                    let (mut client, token) = (server.client(), &token);
                    let acknowledged = &acknowledged;
                    scope.spawn(move || {
                        let name = format!("crash-{round}-{writer}");
                        let mut n = 1;
                        while let Some(status) = send(&mut client, token, &name, n) {
                            assert_eq!(status, request(&name, n).0);
                            acknowledged.fetch_add(1, Ordering::SeqCst);
                            n += 1;
                        }
                        // The last one got no answer; whether it was carried out is not known.
                        (name, n)
                    })
                })
                .collect();
            while acknowledged.load(Ordering::SeqCst) < 100 {
                thread::yield_now();
            }
            server.kill();
            let sent = writers.into_iter().map(thread::ScopedJoinHandle::join);
            sent.map(|sent| sent.expect("a writer")).collect()
        });
        server = start();
        let mut client = server.client();
        let mut connection = Connection::open(&location, Access::Read).expect("the database");
        for (name, last) in sent {
            let mut made = 0;
            for n in 1..=last {
                let (status, records, _) = request(&name, n);
                assert_eq!(
                    send(&mut client, &token, &name, n),
                    Some(status),
                    "{name}-{n}"
                );
                made += records;
            }
            assert_eq!(contacts(&mut connection, &format!("{name}-%")), made);
            requests += last;
        }
    }
    server.stop();
    println!("{ROUNDS} kills, {requests} requests sent twice");
}
