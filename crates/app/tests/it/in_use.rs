//! What used a user lately is told by who vouched and by credential, before somebody resets her.

use serde_json::{Value, json};
use sidegate_engine::sign_in::SignInOutcome;

use crate::harness::{Answer, World, credentials};
use crate::support::{at_gateway, sign_in};

const USAGE: &str = "/sidegate/v1/services/users/usage";
const DAY: i64 = 86_400_000_000;

fn usage(world: &World, token: &str, body: &Value) -> Answer {
    world.call("POST", USAGE, Some(token), Some(body))
}

fn told(world: &World, token: &str, days: u16) -> Value {
    let body = json!({"user": {"id": "ws_sync"}, "days": days});
    let answer = usage(world, token, &body);
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()["ia::result"].clone()
}

#[test]
fn callers_and_credentials_of_the_last_days_are_told() {
    let world = World::harbor();
    let admin = world.token("ws_bare@HARBOR");
    let unused = told(&world, &admin, 30);
    assert_eq!(unused["user"], json!({"key": "2", "id": "ws_sync"}));
    assert_eq!(unused["callers"], json!([]));
    assert_eq!(unused["credentials"], json!([]));
    let token = world.token("ws_sync@HARBOR");
    for _ in 0..3 {
        let path = "/objects/company-config/department";
        assert_eq!(world.call("GET", path, Some(&token), None).status, 200);
    }
    let at_door = at_gateway("HARBOR", "ws_sync", &credentials().user_password);
    let outcome = sign_in(&world.engine, &at_door, "192.0.2.7");
    assert!(matches!(outcome, SignInOutcome::In(_)));
    world.engine.flush_last_uses();
    let used = told(&world, &admin, 1);
    let caller = json!({"door": "rest", "id": credentials().client_id, "calls": 3, "lastUsedAt": "2026-11-22T12:00:00Z"});
    assert_eq!(used["callers"], json!([caller]));
    let credential = &used["credentials"][0];
    assert_eq!(credential["kind"], "secret");
    assert_eq!(credential["lastUsedFrom"], "192.0.2.7");
    assert_eq!(credential["lastUsedAt"], "2026-11-22T12:00:00Z");
    assert_eq!(used["credentials"].as_array().expect("a list").len(), 1);
    // What was done two days ago is not of the last two days, and is of the last three.
    world.source.advance(2 * DAY);
    let admin = world.token("ws_bare@HARBOR");
    let (two, three) = (told(&world, &admin, 2), told(&world, &admin, 3));
    assert_eq!(two["callers"], json!([]));
    assert_eq!(two["credentials"], json!([]));
    assert_eq!(three["callers"], json!([caller]));
    assert_eq!(three["credentials"], used["credentials"]);
}

#[test]
fn only_administrators_learn_who_uses_a_user() {
    let world = World::demo();
    let reader = world.token("ws_read@HARBOR");
    for user in ["ws_sync", "nobody"] {
        let answer = usage(&world, &reader, &json!({"user": {"id": user}}));
        assert_eq!(answer.status, 403, "{}", answer.json());
    }
    let admin = world.token("ws_sync@HARBOR");
    for (body, target) in [
        (json!({}), "/user"),
        (json!({"user": {"id": "nobody"}}), "/user/id"),
        (json!({"user": {"id": "ws_read"}, "days": 0}), "/days"),
        (json!({"user": {"id": "ws_read"}, "days": "3"}), "/days"),
        (json!({"user": {"id": "ws_read"}, "more": 3}), "/more"),
    ] {
        let answer = usage(&world, &admin, &body);
        assert_eq!(answer.status, 400, "{}", answer.json());
        let told = answer.json()["ia::result"]["ia::error"]["details"][0]["target"].clone();
        assert_eq!(told, target);
    }
}
