//! A connection is checked link by link, without counting anything unless a password is presented.

use serde_json::{Value, json};

use crate::harness::{Answer, World, credentials};
use crate::support::number;

const CHECK: &str = "/sidegate/v1/services/connection/check";
const ADMIN: &str = "ws_bare@HARBOR";

fn check(world: &World, token: &str, body: &Value) -> Answer {
    world.call("POST", CHECK, Some(token), Some(body))
}

/// Each link with its state, in order.
fn states(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 200, "{}", answer.json());
    let links = answer.json()["ia::result"].clone();
    let links = links.as_array().expect("a list").iter();
    let told = links.map(|link| {
        let text = |member: &str| link[member].as_str().expect("text").to_owned();
        assert!(text("reason").ends_with('.'), "{link}");
        assert_eq!(
            link["state"] == "failed",
            link["advice"].is_string(),
            "{link}"
        );
        format!("{} {}", text("part"), text("state"))
    });
    told.collect()
}

fn reason(answer: &Answer, part: &str) -> String {
    let links = answer.json()["ia::result"].clone();
    let links = links.as_array().expect("a list");
    let link = links.iter().find(|link| link["part"] == part);
    link.expect("the part")["reason"]
        .as_str()
        .expect("text")
        .to_owned()
}

fn sync(more: &Value) -> Value {
    let mut body = json!({"user": {"id": "ws_sync"}, "sender": credentials().sender_id});
    let more = more.as_object().expect("members").clone();
    body.as_object_mut().expect("members").extend(more);
    body
}

/// How many counts of failed sign-ins there are.
fn attempts(world: &World) -> i64 {
    let sql = "select cast(count(*) as text) from sign_in_attempt";
    number(&mut world.database.open(), sql)
}

#[test]
fn every_link_holds_and_a_record_is_read() {
    let world = World::harbor();
    let token = world.token(ADMIN);
    let password = &credentials().user_password;
    let answer = check(&world, &token, &sync(&json!({"password": password})));
    assert_eq!(
        states(&answer),
        [
            "sender ok",
            "company ok",
            "subscription ok",
            "user ok",
            "password ok",
            "role ok",
            "entity ok",
            "firstRead ok"
        ]
    );
    let read = reason(&answer, "firstRead");
    assert!(read.contains("was read (company-config/"), "{read}");
    assert!(reason(&answer, "role").contains("the role All access"));
    let client = json!({"user": {"id": "ws_sync"}, "clientApplication": credentials().client_id, "entity": "E100"});
    let answer = check(&world, &token, &client);
    let told = states(&answer);
    assert_eq!(told[0], "clientApplication ok");
    assert_eq!(told[4], "password skipped");
    assert!(
        !told.iter().any(|link| link.ends_with("failed")),
        "{told:?}"
    );
}

#[test]
fn only_a_presented_password_counts() {
    let world = World::harbor();
    let token = world.token(ADMIN);
    for _ in 0..20 {
        let answer = check(&world, &token, &sync(&json!({})));
        assert!(states(&answer).contains(&"password skipped".to_owned()));
    }
    assert_eq!(attempts(&world), 0);
    // A sender that is not let in tries nothing.
    let unknown = json!({"user": {"id": "ws_sync"}, "sender": "Nobody", "password": "Wrong-1234"});
    let told = states(&check(&world, &token, &unknown));
    assert_eq!(&told[0], "sender failed");
    assert!(told.contains(&"password skipped".to_owned()), "{told:?}");
    assert_eq!(attempts(&world), 0);
    let wrong = sync(&json!({"password": "Wrong-1234"}));
    let mut told = Vec::new();
    for _ in 0..5 {
        told.push(reason(&check(&world, &token, &wrong), "password"));
    }
    assert!(attempts(&world) > 0);
    assert!(told[0].contains("counted"), "{told:?}");
    assert!(told[4].contains("too many"), "{told:?}");
}

#[test]
fn what_does_not_hold_is_told_with_what_to_do() {
    let world = World::harbor();
    let token = world.token(ADMIN);
    // Another case of the same letters is another sender.
    let id = credentials().sender_id.to_uppercase();
    let body = json!({"user": {"id": "ws_sync"}, "sender": id});
    let answer = check(&world, &token, &body);
    assert_eq!(states(&answer)[0], "sender failed");
    let advice = answer.json()["ia::result"][0]["advice"].clone();
    let advice = advice.as_str().expect("text");
    assert!(advice.contains(&credentials().sender_id), "{advice}");
    let answer = check(&world, &token, &sync(&json!({"entity": "E999"})));
    let told = states(&answer);
    assert_eq!(told[6..], ["entity failed", "firstRead skipped"]);
    // Locked out, and never given anything.
    let twriter = json!({"user": {"id": "twriter"}, "clientApplication": credentials().client_id});
    let told = states(&check(&world, &token, &twriter));
    assert_eq!(
        told,
        [
            "clientApplication failed",
            "company ok",
            "subscription ok",
            "user failed",
            "password skipped",
            "role failed",
            "entity ok",
            "firstRead skipped"
        ]
    );
    // A user of one entity does not work at the top level.
    let mkhan = json!({"user": {"id": "mkhan"}});
    assert!(states(&check(&world, &token, &mkhan)).contains(&"entity failed".to_owned()));
    let path = "/objects/company-config/user/2";
    let off = json!({"roles": [], "adminPrivileges": "off"});
    let done = world.call("PATCH", path, Some(&token), Some(&off));
    assert_eq!(done.status, 200, "{}", done.json());
    let told = states(&check(&world, &token, &sync(&json!({}))));
    assert_eq!(told[5..], ["role failed", "entity ok", "firstRead failed"]);
}

#[test]
fn only_who_may_edit_the_user_learns_anything() {
    let world = World::demo();
    let reader = world.token("ws_read@HARBOR");
    for user in ["ws_sync", "ws_read", "nobody"] {
        for sender in [&*credentials().sender_id, "Nobody"] {
            let body = json!({"user": {"id": user}, "sender": sender, "password": "Wrong-1234"});
            let answer = check(&world, &reader, &body);
            assert_eq!(answer.status, 403, "{}", answer.json());
        }
    }
    assert_eq!(attempts(&world), 0);
    // A limited administrator does not try a full one's door.
    let admin = world.token("ws_sync@HARBOR");
    let users = world.call("GET", "/objects/company-config/user", Some(&admin), None);
    let users = users.json()["ia::result"].clone();
    let mut users = users.as_array().expect("a list").iter();
    let key = users
        .find(|user| user["id"] == "ws_read")
        .expect("the user")["key"]
        .clone();
    let path = format!(
        "/objects/company-config/user/{}",
        key.as_str().expect("a key")
    );
    let limited = json!({"adminPrivileges": "limited"});
    let done = world.call("PATCH", &path, Some(&admin), Some(&limited));
    assert_eq!(done.status, 200, "{}", done.json());
    let limited = world.token("ws_read@HARBOR");
    let answer = check(&world, &limited, &sync(&json!({"password": "Wrong-1234"})));
    assert_eq!(answer.status, 403, "{}", answer.json());
    assert_eq!(attempts(&world), 0);
    let own = json!({"user": {"id": "ws_read"}});
    assert_eq!(check(&world, &limited, &own).status, 200);
}

#[test]
fn what_cannot_be_checked_is_told() {
    let world = World::harbor();
    let token = world.token(ADMIN);
    for (body, target) in [
        (json!({}), "/user"),
        (json!({"user": {"id": "nobody"}}), "/user/id"),
        (json!({"user": {"id": "ws_sync"}, "sender": 7}), "/sender"),
        (
            json!({"user": {"id": "ws_sync"}, "password": "a\u{1}b"}),
            "/password",
        ),
        (
            json!({"user": {"id": "ws_sync"}, "clientApplication": "x", "sender": "y"}),
            "/sender",
        ),
        (json!({"user": {"id": "ws_sync"}, "more": "y"}), "/more"),
    ] {
        let answer = check(&world, &token, &body);
        assert_eq!(answer.status, 400, "{}", answer.json());
        let told = answer.json()["ia::result"]["ia::error"]["details"][0]["target"].clone();
        assert_eq!(told, target);
    }
}
