//! Tokens: given, used, refreshed, revoked.

use serde_json::json;
use sidegate_engine::Door;
use sidegate_engine::credential::{SecretKind, generate, generate_refresh};
use sidegate_model::RecordKey;

use crate::harness::{World, credentials};
use crate::support::{company, key_of, set};

#[test]
fn a_paired_web_services_user_gets_a_token_that_works() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    let answer = world.call("GET", "/objects/company-config/user", Some(&token), None);
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["ia::meta"]["totalCount"], 6);
}

#[test]
fn whatever_is_wrong_with_a_grant_the_answer_is_one() {
    let world = World::harbor();
    let wrong = [
        "nobody@HARBOR",
        "ws_sync@NOWHERE",
        "admin@HARBOR",
        "jlee@HARBOR",
        "WS_SYNC@HARBOR",
        "ws_sync@HARBOR|E999",
    ];
    let mut answers: Vec<String> = wrong
        .iter()
        .map(|name| {
            let answer = world.grant(name);
            assert_eq!(answer.status, 401, "{name}");
            let mut body = answer.json();
            body["ia::error"]["supportId"] = json!("");
            body["ia::error"]["details"] = json!("");
            body.to_string()
        })
        .collect();
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert!(answers[0].contains("REST-1216"));
}

#[test]
fn a_refresh_token_works_once_and_its_second_use_ends_the_family() {
    let world = World::harbor();
    let first = world.grant("ws_sync@HARBOR").json();
    let list = |token: &serde_json::Value| {
        world
            .call("GET", "/objects/company-config/user", token.as_str(), None)
            .status
    };
    let second = world.refresh(&first["refresh_token"]);
    assert_eq!(second.status, 200);
    let second = second.json();
    assert_eq!(list(&second["access_token"]), 200);
    let again = world.refresh(&first["refresh_token"]);
    assert_eq!(again.status, 400);
    assert_eq!(again.json()["error"], "invalid_grant");
    assert_eq!(list(&second["access_token"]), 401);
    assert_eq!(world.refresh(&second["refresh_token"]).status, 400);
}

#[test]
fn revoking_one_token_ends_all_of_that_user_and_client() {
    let world = World::harbor();
    let one = world.token("ws_sync@HARBOR");
    let two = world.token("ws_sync@HARBOR|E100");
    let other = world.token("ws_bare@HARBOR");
    let body = json!({"client_id": credentials().client_id, "client_secret": credentials().client_secret, "token": one});
    assert_eq!(
        world
            .call("POST", "/oauth2/revoke", None, Some(&body))
            .json(),
        json!({"revoked": true})
    );
    let list = |token: &str| {
        world
            .call("GET", "/objects/company-config/user", Some(token), None)
            .status
    };
    assert_eq!(list(&one), 401);
    assert_eq!(list(&two), 401);
    assert_eq!(list(&other), 200);
}

#[test]
fn introspection_tells_a_client_of_its_own_tokens_only() {
    let world = World::harbor();
    let known = credentials();
    let secret = generate(&world.source, SecretKind::Client);
    world
        .engine
        .ensure_client("other-client", "Another client", &secret, Door::System)
        .expect("a client");
    let token = world.token("ws_sync@HARBOR");
    let ask = |id: &str, secret: &str| {
        let body = json!({"client_id": id, "client_secret": secret, "token": token});
        let answer = world.call("POST", "/oauth2/introspect", None, Some(&body));
        assert_eq!(answer.status, 200);
        answer.json()
    };
    assert_eq!(ask(&known.client_id, &known.client_secret)["active"], true);
    assert_eq!(ask("other-client", &secret), json!({"active": false}));
}

#[test]
fn introspection_of_a_dead_token_is_the_same_work_whatever_it_died_of() {
    let world = World::harbor();
    let known = credentials();
    let granted = world.grant("ws_bare@HARBOR").json();
    let text = |name: &str| granted[name].as_str().expect("a token").to_owned();
    let (access, refresh) = (text("access_token"), text("refresh_token"));
    let ask = |token: &str| {
        let body = json!({"client_id": known.client_id, "client_secret": known.client_secret, "token": token});
        let before = world.engine.counters();
        let answer = world.call("POST", "/oauth2/introspect", None, Some(&body));
        let after = world.engine.counters();
        (
            String::from_utf8(answer.body).expect("text"),
            (
                after.argon2 - before.argon2,
                after.keyed_hashes - before.keyed_hashes,
            ),
        )
    };
    // A refresh token of the right form that nobody was given, of this company and of none.
    let harbor = company(&world.engine, "HARBOR");
    let unknown = generate_refresh(&world.source, harbor);
    let nowhere = generate_refresh(&world.source, RecordKey::new(1).expect("a key"));
    let client = key_of(
        &world.engine,
        None,
        "sidegate/client-application",
        &known.client_id,
    );
    let user = key_of(
        &world.engine,
        Some(harbor),
        "company-config/user",
        "ws_bare",
    );
    let dead = r#"{"active":false}"#.to_owned();
    let wanted = (dead.clone(), (0, 2));
    assert_eq!(ask(&unknown), wanted);
    assert_eq!(ask(&nowhere), wanted);
    let (live, work) = ask(&refresh);
    assert!(live.starts_with(r#"{"active":true"#), "{live}");
    assert_eq!(work, (0, 2));
    // Each on its own and back again: the company, the client, the user.
    let status = |company, object: &str, key, word: &str| {
        set(&world.engine, company, object, key, &[("status", word)]).expect("a change");
    };
    status(None, "sidegate/company", harbor, "inactive");
    assert_eq!(ask(&refresh), wanted);
    assert_eq!(ask(&access).0, dead);
    status(None, "sidegate/company", harbor, "active");
    assert!(ask(&refresh).0.contains("true") && ask(&access).0.contains("true"));
    status(None, "sidegate/client-application", client, "inactive");
    let bearer = |token: &str| {
        let body = json!({"token": token});
        let answer = world.call("POST", "/oauth2/introspect", Some(token), Some(&body));
        String::from_utf8(answer.body).expect("text")
    };
    assert_eq!(bearer(&refresh), dead);
    assert_eq!(bearer(&access), dead);
    status(None, "sidegate/client-application", client, "active");
    assert!(bearer(&refresh).contains("true") && bearer(&access).contains("true"));
    status(Some(harbor), "company-config/user", user, "inactive");
    assert_eq!(ask(&refresh), wanted);
    assert_eq!(ask(&access).0, dead);
}
