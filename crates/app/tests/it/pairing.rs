//! Every user of the stand-in's company tried with every client application: tokens for paired ones only.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sidegate_engine::Door;

use crate::harness::{World, credentials};

const OTHER: &str = "other-client";
const SECRET: &str = "a secret of the other client, long enough";

fn texts(world: &World, token: &str, path: &str, query: &Value) -> Vec<Vec<String>> {
    let rows = world.call("POST", path, Some(token), Some(query)).json();
    let names: Vec<&str> = query["fields"]
        .as_array()
        .expect("fields")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let rows = rows["ia::result"].as_array().expect("rows").clone();
    let row = |row: &Value| names.iter().map(|name| text(row, name)).collect();
    rows.iter().map(row).collect()
}

#[test]
fn only_paired_users_and_clients_get_tokens() {
    let world = World::demo();
    world
        .engine
        .ensure_client(OTHER, "Another one", SECRET, Door::Command)
        .expect("a client application");
    let token = world.token("ws_sync@HARBOR");
    let pair = json!({"clientApplication": {"id": OTHER}, "user": {"id": "ws_time"}});
    let path = "/sidegate/v1/objects/sidegate/client-authorization";
    let made = world.call("POST", path, Some(&token), Some(&pair));
    assert_eq!(made.status, 201, "{}", made.json());
    let users = json!({"object": "company-config/user", "fields": ["id", "status"], "size": 1000});
    let users = texts(&world, &token, "/services/core/query", &users);
    let pairs = json!({
        "object": "sidegate/client-authorization",
        "fields": ["clientApplication.id", "user.id", "status"], "size": 1000,
    });
    let pairs = texts(&world, &token, "/sidegate/v1/services/core/query", &pairs);
    let paired: BTreeSet<(String, String)> = pairs
        .into_iter()
        .filter(|pair| pair[2] == "active")
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect();
    let known = credentials();
    let clients = [
        (known.client_id.as_str(), known.client_secret.as_str()),
        (OTHER, SECRET),
    ];
    let (mut granted, mut refused) = (0, 0);
    for user in &users {
        for (client, secret) in clients {
            let body = json!({
                "grant_type": "client_credentials", "client_id": client, "client_secret": secret,
                "username": format!("{}@HARBOR", user[0]),
            });
            let answer = world.call("POST", "/oauth2/token", None, Some(&body));
            if paired.contains(&(client.to_owned(), user[0].clone())) && user[1] == "active" {
                // Who works in one entity only says which.
                let entity = answer.status == 401 && user[0] == "ws_entity";
                assert!(
                    answer.status == 200 || entity,
                    "{client} {user:?}: {}",
                    answer.json()
                );
                granted += 1;
            } else {
                assert_eq!(answer.status, 401, "{client} {user:?}");
                assert_eq!(answer.json()["ia::error"]["errorId"], "REST-1216");
                refused += 1;
            }
        }
    }
    assert!(
        granted >= 7 && refused >= 50,
        "{granted} granted, {refused} refused"
    );
}
