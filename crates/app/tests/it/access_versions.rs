//! A right that ends acts on the next request, on every node.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use serde_json::{Value, json};
use sidegate_engine::Engine;
use sidegate_model::RecordKey;

use crate::harness::{Hand, World, credentials};
use crate::support::{company, set};

const ROLE: &str = "company-config/role";
const USER: &str = "company-config/user";

/// The keys that a change of access touches: the same in every HARBOR.
fn key(number: i64) -> RecordKey {
    RecordKey::new(number).expect("a key")
}

/// One way in which access ends, and how the next request is refused.
struct End {
    name: &'static str,
    status: u16,
    run: fn(&World, RecordKey, &str),
    back: fn(&Engine, RecordKey),
}

fn status(engine: &Engine, company: Option<RecordKey>, object: &str, at: RecordKey, word: &str) {
    set(engine, company, object, at, &[("status", word)])
        .unwrap_or_else(|e| panic!("{object} {word}: {e:?}"));
}

fn revoke(world: &World, token: &str) {
    let body = json!({
        "client_id": credentials().client_id, "client_secret": credentials().client_secret, "token": token,
    });
    assert_eq!(
        world
            .call("POST", "/oauth2/revoke", None, Some(&body))
            .status,
        200
    );
}

/// The user is ws_sync with the key 2, its pairing the first, its client the first.
const ENDS: &[End] = &[
    End {
        name: "the user is inactive",
        status: 401,
        run: |world, company, _| status(&world.engine, Some(company), USER, key(2), "inactive"),
        back: |engine, company| status(engine, Some(company), USER, key(2), "active"),
    },
    End {
        name: "the user is locked",
        status: 401,
        run: |world, company, _| status(&world.engine, Some(company), USER, key(2), "lockedOut"),
        back: |engine, company| status(engine, Some(company), USER, key(2), "active"),
    },
    End {
        name: "her role counts for others only",
        status: 403,
        run: |world, company, _| applies(&world.engine, company, "slideInOnly"),
        back: |engine, company| applies(engine, company, "loginAndSlideIn"),
    },
    End {
        name: "the pairing is inactive",
        status: 401,
        run: |world, company, _| {
            status(
                &world.engine,
                Some(company),
                "sidegate/client-authorization",
                key(1),
                "inactive",
            );
        },
        back: |engine, company| {
            status(
                engine,
                Some(company),
                "sidegate/client-authorization",
                key(1),
                "active",
            );
        },
    },
    End {
        name: "the client application is inactive",
        status: 401,
        run: |world, _, _| {
            status(
                &world.engine,
                None,
                "sidegate/client-application",
                key(1),
                "inactive",
            );
        },
        back: |engine, _| {
            status(
                engine,
                None,
                "sidegate/client-application",
                key(1),
                "active",
            );
        },
    },
    End {
        name: "the company is inactive",
        status: 401,
        run: |world, company, _| {
            status(&world.engine, None, "sidegate/company", company, "inactive");
        },
        back: |engine, company| status(engine, None, "sidegate/company", company, "active"),
    },
    End {
        name: "the token is revoked",
        status: 401,
        run: |world, _, token| revoke(world, token),
        back: |_, _| {},
    },
];

/// For whom the role counts that gives the caller everything.
fn applies(engine: &Engine, company: RecordKey, word: &str) {
    let applies = [("applyTo", word)];
    set(engine, Some(company), ROLE, key(1), &applies).expect("a changed role");
}

/// Requests of every sort: a page, a record, a query, a write.
fn requests() -> Vec<(&'static str, &'static str, Option<Value>)> {
    let query = json!({"object": "company-config/department", "fields": ["id"], "size": 1});
    vec![
        ("GET", "/objects/company-config/department", None),
        ("GET", "/objects/company-config/department/1", None),
        ("POST", "/services/core/query", Some(query)),
        (
            "PATCH",
            "/objects/company-config/department/1",
            Some(json!({"reportTitle": "Same"})),
        ),
    ]
}

fn statuses(hand: &Hand, token: &str) -> Vec<u16> {
    requests()
        .iter()
        .map(|(method, path, body)| {
            hand.call(method, path, Some(token), body.as_ref())
                .status
                .as_u16()
        })
        .collect()
}

#[test]
fn what_ends_access_acts_on_the_next_request_of_every_node() {
    let first = World::harbor();
    let second = first.second();
    let harbor = company(&first.engine, "HARBOR");
    let hands = [first.hand(), second.hand()];
    for end in ENDS {
        let token = first.token("ws_sync@HARBOR");
        for hand in &hands {
            assert_eq!(statuses(hand, &token), [200; 4], "before {}", end.name);
        }
        (end.run)(&first, harbor, &token);
        for (node, hand) in hands.iter().enumerate() {
            assert_eq!(
                statuses(hand, &token),
                [end.status; 4],
                "node {node}: {}",
                end.name
            );
        }
        (end.back)(&second.engine, harbor);
        // A revocation, and the status of a user or of a pairing, end tokens for good; the rest works
        // again at once.
        let for_good = [
            "the token is revoked",
            "the pairing is inactive",
            "the user is inactive",
            "the user is locked",
        ];
        if for_good.contains(&end.name) {
            continue;
        }
        for (node, hand) in hands.iter().enumerate() {
            assert_eq!(
                statuses(hand, &token),
                [200; 4],
                "node {node}, after {}",
                end.name
            );
        }
    }
}

#[test]
fn an_entity_taken_from_a_user_is_closed_to_the_next_request() {
    let first = World::harbor();
    let second = first.second();
    let admin = first.token("ws_sync@HARBOR");
    let patch = |body: Value| {
        first
            .call(
                "PATCH",
                "/objects/company-config/user/3",
                Some(&admin),
                Some(&body),
            )
            .status
    };
    assert_eq!(
        patch(json!({"entities": [{"id": "E100"}, {"id": "E200"}]})),
        200
    );
    let token = first.token("ws_bare@HARBOR|E200");
    let call = |world: &World| {
        let request = axum::http::Request::get("/ia/api/v1/objects/company-config/contact")
            .header("authorization", format!("Bearer {token}"))
            .header("X-IA-API-Param-Entity", "E100");
        world
            .send(request.body(axum::body::Body::empty()).expect("a request"))
            .status
    };
    assert_eq!(
        (call(&first), call(&second)),
        (axum::http::StatusCode::OK, axum::http::StatusCode::OK)
    );
    assert_eq!(patch(json!({"entities": [{"id": "E200"}]})), 200);
    assert_eq!((call(&first).as_u16(), call(&second).as_u16()), (403, 403));
}

#[test]
fn no_request_sent_after_the_answer_to_the_change_succeeds() {
    let first = World::harbor();
    let second = first.second();
    let harbor = company(&first.engine, "HARBOR");
    for end in ENDS {
        let token = first.token("ws_sync@HARBOR");
        let (ended, done) = (AtomicBool::new(false), AtomicBool::new(false));
        let (before, after) = (AtomicU64::new(0), AtomicU64::new(0));
        thread::scope(|scope| {
            for world in [&first, &second, &first, &second] {
                let hand = world.hand();
                let (ended, done, before, after, token) = (&ended, &done, &before, &after, &token);
                scope.spawn(move || {
                    let mut late = 0;
                    while late < 8 && !done.load(Ordering::SeqCst) {
                        for (method, path, body) in requests() {
                            let sent_late = ended.load(Ordering::SeqCst);
                            let got = hand
                                .call(method, path, Some(token), body.as_ref())
                                .status
                                .as_u16();
                            if sent_late {
                                late += 1;
                                after.fetch_add(1, Ordering::SeqCst);
                                if got != end.status {
                                    done.store(true, Ordering::SeqCst);
                                }
                                assert_eq!(got, end.status, "{method} {path} after {}", end.name);
                            } else {
                                before.fetch_add(u64::from(got == 200), Ordering::SeqCst);
                                assert!(
                                    [200, end.status].contains(&got),
                                    "{got} {method} {path} around {}",
                                    end.name
                                );
                            }
                        }
                    }
                });
            }
            // The change comes while requests are under way.
            while before.load(Ordering::SeqCst) < 40 && !done.load(Ordering::SeqCst) {
                thread::yield_now();
            }
            (end.run)(&first, harbor, &token);
            ended.store(true, Ordering::SeqCst);
        });
        assert!(after.load(Ordering::SeqCst) >= 32, "{}", end.name);
        (end.back)(&first.engine, harbor);
    }
}
