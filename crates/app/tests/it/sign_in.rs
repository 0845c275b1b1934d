//! Tokens: given, used, refreshed, revoked.

use serde_json::json;

use crate::harness::{World, credentials};

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
    let refresh = |token: &serde_json::Value| {
        let body = json!({
            "grant_type": "refresh_token",
            "client_id": credentials().client_id,
            "client_secret": credentials().client_secret,
            "refresh_token": token,
        });
        world.call("POST", "/oauth2/token", None, Some(&body))
    };
    let list = |token: &serde_json::Value| {
        world
            .call("GET", "/objects/company-config/user", token.as_str(), None)
            .status
    };
    let second = refresh(&first["refresh_token"]);
    assert_eq!(second.status, 200);
    let second = second.json();
    assert_eq!(list(&second["access_token"]), 200);
    let again = refresh(&first["refresh_token"]);
    assert_eq!(again.status, 400);
    assert_eq!(again.json()["error"], "invalid_grant");
    assert_eq!(list(&second["access_token"]), 401);
    assert_eq!(refresh(&second["refresh_token"]).status, 400);
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
