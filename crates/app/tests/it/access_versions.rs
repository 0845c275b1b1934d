//! A right that ends acts on the next request, on every node.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use serde_json::{Value, json};
use sidegate_engine::Engine;
use sidegate_engine::sign_in::SignInOutcome;
use sidegate_model::RecordKey;

use crate::harness::{Hand, World, credentials};
use crate::support::{at_gateway, company, set, system};

const ROLE: &str = "company-config/role";
const USER: &str = "company-config/user";

/// The keys that a change of access touches: the same in every HARBOR.
fn key(number: i64) -> RecordKey {
    RecordKey::new(number).expect("a key")
}

/// One way in which access ends, and how the next request is refused.
#[derive(Clone, Copy)]
struct End {
    name: &'static str,
    status: u16,
    /// What is asked meanwhile.
    requests: fn() -> Vec<Asked>,
    /// Whether tokens of before work again when it is undone.
    for_good: bool,
    run: fn(&World, RecordKey, &str),
    back: fn(&World, RecordKey),
}

/// Method, path and body.
type Asked = (&'static str, &'static str, Option<Value>);

impl End {
    /// Of somebody whose role gives her everything, unless it says otherwise.
    const USUAL: Self = Self {
        name: "",
        status: 401,
        requests,
        for_good: false,
        run: |_, _, _| {},
        back: |_, _| {},
    };
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

/// What another administrator does over REST.
fn by_admin(world: &World, method: &str, path: &str, body: Option<&Value>) -> Value {
    let admin = world.token("ws_bare@HARBOR");
    let answer = world.call(method, path, Some(&admin), body);
    let shown = String::from_utf8_lossy(&answer.body).into_owned();
    assert!(answer.status.is_success(), "{method} {path}: {shown}");
    if answer.body.is_empty() {
        Value::Null
    } else {
        answer.json()
    }
}

/// The key of the only row of an object with these values.
fn only(world: &World, object: &str, path: &str, equal: &Value) -> String {
    let query = json!({"object": object, "fields": ["key"], "filters": [{"$eq": equal}]});
    let found = by_admin(world, "POST", path, Some(&query));
    let key = &found["ia::result"][0]["key"];
    key.as_str().unwrap_or_else(|| panic!("{found}")).to_owned()
}

const CORE: &str = "/services/core/query";
const OURS: &str = "/sidegate/v1/services/core/query";

fn roles(world: &World, roles: &Value) {
    let path = "/objects/company-config/user/2";
    by_admin(world, "PATCH", path, Some(&json!({"roles": roles})));
}

/// What the role of everybody gives of departments.
fn of_departments(world: &World, item: &Value) {
    let path = "/objects/company-config/role/1";
    let body = json!({"rolePermissionAssignments": [item]});
    by_admin(world, "PATCH", path, Some(&body));
}

/// The role comes from the group alone.
fn only_in_the_group(world: &World) {
    let members = "/objects/company-config/user-group-member";
    let groups = "/objects/company-config/user-group";
    let group = json!({"id": "Everything", "description": "All", "roles": [{"id": "All access"}]});
    let admin = world.token("ws_bare@HARBOR");
    // The second time it is there.
    world.call("POST", groups, Some(&admin), Some(&group));
    let member = json!({"userGroup": {"id": "Everything"}, "user": {"id": "ws_sync"}});
    by_admin(world, "POST", members, Some(&member));
    roles(world, &json!([]));
}

fn out_of_the_group(world: &World) {
    let object = "company-config/user-group-member";
    let key = only(world, object, CORE, &json!({"user.id": "ws_sync"}));
    by_admin(world, "DELETE", &format!("/objects/{object}/{key}"), None);
}

/// Requests that need the subscription of a module.
fn of_time() -> Vec<Asked> {
    let query = json!({"object": "time/time-type", "fields": ["id"], "size": 1});
    vec![
        ("GET", "/objects/time/time-type", None),
        ("POST", CORE, Some(query)),
    ]
}

/// The user is ws_sync with the key 2, its pairing the first, its client the first.
const ENDS: &[End] = &[
    End {
        name: "the user is inactive",
        for_good: true,
        run: |world, company, _| status(&world.engine, Some(company), USER, key(2), "inactive"),
        back: |world, company| status(&world.engine, Some(company), USER, key(2), "active"),
        ..End::USUAL
    },
    End {
        name: "the user is locked",
        for_good: true,
        run: |world, company, _| status(&world.engine, Some(company), USER, key(2), "lockedOut"),
        back: |world, company| status(&world.engine, Some(company), USER, key(2), "active"),
        ..End::USUAL
    },
    End {
        name: "her role counts for others only",
        status: 403,
        run: |world, company, _| applies(&world.engine, company, "slideInOnly"),
        back: |world, company| applies(&world.engine, company, "loginAndSlideIn"),
        ..End::USUAL
    },
    End {
        name: "her role is taken from her",
        status: 403,
        run: |world, _, _| roles(world, &json!([])),
        back: |world, _| roles(world, &json!([{"id": "All access"}])),
        ..End::USUAL
    },
    End {
        name: "her role gives less",
        status: 403,
        run: |world, _, _| {
            let object = "company-config/role-permission-assignment";
            let of = json!({"permission.id": "101"});
            let key = only(world, object, CORE, &of);
            of_departments(world, &json!({"key": key, "ia::operation": "delete"}));
        },
        back: |world, _| {
            let all = ["list", "view", "add", "edit", "delete"];
            of_departments(
                world,
                &json!({"permission": {"id": "101"}, "accessRights": all}),
            );
        },
        ..End::USUAL
    },
    End {
        name: "the company ends a subscription",
        status: 403,
        requests: of_time,
        run: |world, _, _| {
            let object = "sidegate/subscription";
            let key = only(world, object, OURS, &json!({"id": "time"}));
            let path = format!("/sidegate/v1/objects/{object}/{key}");
            by_admin(world, "DELETE", &path, None);
        },
        back: |world, _| {
            let path = "/sidegate/v1/objects/sidegate/subscription";
            by_admin(world, "POST", path, Some(&json!({"id": "time"})));
        },
        ..End::USUAL
    },
    End {
        name: "the pairing is inactive",
        for_good: true,
        run: |world, company, _| pairing(&world.engine, company, "inactive"),
        back: |world, company| pairing(&world.engine, company, "active"),
        ..End::USUAL
    },
    End {
        name: "the client application is inactive",
        run: |world, _, _| client(&world.engine, "inactive"),
        back: |world, _| client(&world.engine, "active"),
        ..End::USUAL
    },
    End {
        name: "the company is inactive",
        run: |world, company, _| {
            status(&world.engine, None, "sidegate/company", company, "inactive");
        },
        back: |world, company| {
            status(&world.engine, None, "sidegate/company", company, "active");
        },
        ..End::USUAL
    },
    End {
        name: "the token is revoked",
        for_good: true,
        run: |world, _, token| revoke(world, token),
        ..End::USUAL
    },
    // The last one: from here on her role comes from the group.
    End {
        name: "she is taken out of the group",
        status: 403,
        run: |world, _, _| out_of_the_group(world),
        back: |world, _| {
            let path = "/objects/company-config/user-group-member";
            let member = json!({"userGroup": {"id": "Everything"}, "user": {"id": "ws_sync"}});
            by_admin(world, "POST", path, Some(&member));
        },
        ..End::USUAL
    },
];

fn pairing(engine: &Engine, company: RecordKey, word: &str) {
    let object = "sidegate/client-authorization";
    status(engine, Some(company), object, key(1), word);
}

fn client(engine: &Engine, word: &str) {
    status(engine, None, "sidegate/client-application", key(1), word);
}

/// For whom the role counts that gives the caller everything.
fn applies(engine: &Engine, company: RecordKey, word: &str) {
    let applies = [("applyTo", word)];
    set(engine, Some(company), ROLE, key(1), &applies).expect("a changed role");
}

/// Requests of every sort: a page, a record, a query, a write.
fn requests() -> Vec<Asked> {
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

fn statuses(hand: &Hand, end: &End, token: &str) -> BTreeSet<u16> {
    (end.requests)()
        .iter()
        .map(|(method, path, body)| {
            hand.call(method, path, Some(token), body.as_ref())
                .status
                .as_u16()
        })
        .collect()
}

/// What has to be so before.
fn begin(world: &World, end: &End) {
    if end.name == "she is taken out of the group" {
        only_in_the_group(world);
    }
}

#[test]
fn what_ends_access_acts_on_the_next_request_of_every_node() {
    let first = World::harbor();
    let second = first.second();
    let harbor = company(&first.engine, "HARBOR");
    let hands = [first.hand(), second.hand()];
    for end in ENDS {
        begin(&first, end);
        let token = first.token("ws_sync@HARBOR");
        let only = |status: u16| BTreeSet::from([status]);
        for hand in &hands {
            let before = statuses(hand, end, &token);
            assert_eq!(before, only(200), "before {}", end.name);
        }
        (end.run)(&first, harbor, &token);
        for (node, hand) in hands.iter().enumerate() {
            assert_eq!(
                statuses(hand, end, &token),
                only(end.status),
                "node {node}: {}",
                end.name
            );
        }
        (end.back)(&second, harbor);
        // A revocation, and the status of a user or of a pairing, end tokens for good; the rest works
        // again at once.
        if end.for_good {
            continue;
        }
        for (node, hand) in hands.iter().enumerate() {
            assert_eq!(
                statuses(hand, end, &token),
                only(200),
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

/// So many requests each worker sends after the answer to the change.
const LATE: u64 = 40;
/// So many succeed before it.
const BEFORE: u64 = 40;

/// Lets workers ask on and on, changes something meanwhile, and gives how many asked too late to
/// succeed. Each worker says whether it got in, or nothing for an answer that cannot be.
fn under_load(
    name: &str,
    workers: Vec<Box<dyn FnMut() -> Option<bool> + Send + '_>>,
    change: impl FnOnce(),
) -> u64 {
    let (ended, done) = (AtomicBool::new(false), AtomicBool::new(false));
    let (before, after) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        for mut ask in workers {
            let (ended, done, before, after) = (&ended, &done, &before, &after);
            scope.spawn(move || {
                let mut late = 0;
                while late < LATE && !done.load(Ordering::SeqCst) {
                    let sent_late = ended.load(Ordering::SeqCst);
                    let got_in = ask();
                    if sent_late {
                        late += 1;
                        after.fetch_add(1, Ordering::SeqCst);
                    } else {
                        before.fetch_add(u64::from(got_in == Some(true)), Ordering::SeqCst);
                    }
                    let wrong = got_in.is_none() || (sent_late && got_in == Some(true));
                    if wrong {
                        done.store(true, Ordering::SeqCst);
                    }
                    assert!(
                        !wrong,
                        "{name}: {got_in:?}, sent after the change: {sent_late}"
                    );
                }
            });
        }
        // The change comes while requests are under way.
        while before.load(Ordering::SeqCst) < BEFORE && !done.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        change();
        ended.store(true, Ordering::SeqCst);
    });
    after.into_inner()
}

#[test]
fn no_request_sent_after_the_answer_to_the_change_succeeds() {
    let first = World::harbor();
    let second = first.second();
    let harbor = company(&first.engine, "HARBOR");
    let mut sent = 0;
    for end in ENDS {
        begin(&first, end);
        let token = first.token("ws_sync@HARBOR");
        let asks = |world: &World| {
            let hand = world.hand();
            let (token, requests) = (token.clone(), (end.requests)());
            let mut turn = 0;
            let ask = move || {
                let (method, path, body) = &requests[turn % requests.len()];
                turn += 1;
                let got = hand.call(method, path, Some(&token), body.as_ref()).status;
                (got == 200 || got == end.status).then_some(got == 200)
            };
            Box::new(ask) as Box<dyn FnMut() -> Option<bool> + Send>
        };
        let workers = [&first, &second, &first, &second].map(asks).into();
        sent += under_load(end.name, workers, || (end.run)(&first, harbor, &token));
        (end.back)(&first, harbor);
    }
    println!("{} ends of access, {sent} requests after them", ENDS.len());
    assert_eq!(sent, ENDS.len() as u64 * 4 * LATE);
}

/// Ways to end what gives tokens. Senders get such a list of their own, for `under_load`, once the XML
/// gateway takes their requests. The first server credential is the sender's, the second the client's.
const ENDS_OF_GRANTS: &[End] = &[
    ENDS[0],
    ENDS[1],
    End {
        name: "the pairing is inactive",
        run: |world, company, _| pairing(&world.engine, company, "inactive"),
        back: |world, company| pairing(&world.engine, company, "active"),
        ..End::USUAL
    },
    End {
        name: "the client application is inactive",
        run: |world, _, _| client(&world.engine, "inactive"),
        back: |world, _| client(&world.engine, "active"),
        ..End::USUAL
    },
    End {
        name: "the secret of the client application is ended",
        run: |world, _, _| {
            let object = "sidegate/server-credential";
            status(&world.engine, None, object, key(2), "ended");
        },
        back: |world, _| {
            let object = "sidegate/server-credential";
            status(&world.engine, None, object, key(2), "active");
        },
        ..End::USUAL
    },
];

#[test]
fn no_token_is_given_after_the_answer_to_the_change() {
    let first = World::harbor();
    let second = first.second();
    let harbor = company(&first.engine, "HARBOR");
    let mut sent = 0;
    for end in ENDS_OF_GRANTS {
        let asks = |world: &World| {
            let hand = world.hand();
            let body = json!({
                "grant_type": "client_credentials", "username": "ws_sync@HARBOR",
                "client_id": credentials().client_id, "client_secret": credentials().client_secret,
            });
            let ask = move || {
                let got = hand.call("POST", "/oauth2/token", None, Some(&body)).status;
                (got == 200 || got == 401).then_some(got == 200)
            };
            Box::new(ask) as Box<dyn FnMut() -> Option<bool> + Send>
        };
        let workers = [&first, &second, &first, &second].map(asks).into();
        sent += under_load(end.name, workers, || (end.run)(&first, harbor, ""));
        (end.back)(&second, harbor);
    }
    println!(
        "{} ends of grants, {sent} requests after them",
        ENDS_OF_GRANTS.len()
    );
    assert_eq!(sent, ENDS_OF_GRANTS.len() as u64 * 4 * LATE);
}

/// Whoever signs in with a secret of the user asks `sign_in`: the XML gateway, the console.
#[test]
fn no_secret_fits_after_the_answer_to_its_end() {
    let first = World::harbor();
    let second = first.second();
    let secret = credentials().user_password.clone();
    let asks = |world: &World| {
        let (engine, secret) = (world.engine.clone(), secret.clone());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        let ask = move || {
            let asked = at_gateway("HARBOR", "ws_sync", &secret);
            let ended = runtime.block_on(engine.sign_in(asked, system(None)));
            Some(matches!(ended.expect("an answer"), SignInOutcome::In(_)))
        };
        Box::new(ask) as Box<dyn FnMut() -> Option<bool> + Send>
    };
    let of_user = json!({"user.id": "ws_sync"});
    let object = "sidegate/credential";
    let credential = only(&first, object, OURS, &of_user);
    let workers = [&first, &second, &first, &second].map(asks).into();
    let sent = under_load("the secret of the user is ended", workers, || {
        let path = format!("/sidegate/v1/objects/{object}/{credential}");
        by_admin(&first, "PATCH", &path, Some(&json!({"status": "ended"})));
    });
    assert_eq!(sent, 4 * LATE);
}
