//! From what a user really did, the least role: with it everything she did works again, and with one
//! right less something does not.

use serde_json::{Value, json};

use crate::harness::World;

const ADVISED: &str = "ws_bare@HARBOR";

/// What an integration does at night.
fn run(world: &World, token: &str) -> Vec<u16> {
    let query = |object: &str| json!({"object": object, "fields": ["id"], "size": 1});
    let calls = [
        ("GET", "/objects/company-config/department", None),
        ("GET", "/objects/company-config/department/1", None),
        (
            "PATCH",
            "/objects/company-config/department/1",
            Some(json!({"reportTitle": "Nightly"})),
        ),
        (
            "POST",
            "/services/core/query",
            Some(query("company-config/location")),
        ),
        ("GET", "/objects/company-config/contact", None),
        (
            "POST",
            "/services/core/query",
            Some(query("company-config/class")),
        ),
    ];
    let status = |(method, path, body): &(&str, &str, Option<Value>)| {
        world
            .call(method, path, Some(token), body.as_ref())
            .status
            .as_u16()
    };
    calls.iter().map(status).collect()
}

fn give(world: &World, admin: &str, role: &str, assignments: &Value) {
    let body = json!({"id": role, "rolePermissionAssignments": assignments});
    let made = world.call(
        "POST",
        "/objects/company-config/role",
        Some(admin),
        Some(&body),
    );
    assert_eq!(made.status, 201, "{}", made.json());
    let body = json!({"roles": [{"id": role}]});
    let given = world.call(
        "PATCH",
        "/objects/company-config/user/3",
        Some(admin),
        Some(&body),
    );
    assert_eq!(given.status, 200, "{}", given.json());
}

#[test]
fn the_suggested_role_is_enough_and_nothing_of_it_is_too_much() {
    let world = World::harbor();
    let admin = world.token("ws_sync@HARBOR");
    let off = json!({"adminPrivileges": "off"});
    let path = "/objects/company-config/user/3";
    assert_eq!(
        world.call("PATCH", path, Some(&admin), Some(&off)).status,
        200
    );
    let token = world.token(ADVISED);
    assert_eq!(run(&world, &token), [200; 6]);
    let body = json!({"user": {"id": "ws_bare"}, "since": "2026-11-22T00:00:00Z"});
    let path = "/sidegate/v1/roles/suggest";
    let advice = world.call("POST", path, Some(&admin), Some(&body)).json();
    let advice = &advice["ia::result"];
    assert_eq!(advice["calls"], 6, "{advice}");
    assert_eq!(advice["refusedCalls"], 0);
    let unused = advice["unused"].as_array().expect("rights");
    let holds_in_vain = |module: &str, name: &str, right: &str| {
        unused.iter().any(|unused| {
            unused["permission"]["module"] == module
                && unused["permission"]["name"] == name
                && unused["right"] == right
        })
    };
    assert!(holds_in_vain("company", "departments", "delete"));
    assert!(!holds_in_vain("company", "departments", "edit"));
    let suggested = advice["role"]["rolePermissionAssignments"]
        .as_array()
        .expect("a role");
    give(&world, &admin, "Least", &json!(suggested));
    assert_eq!(run(&world, &token), [200; 6]);
    let mut tried = 0;
    for (at, assignment) in suggested.iter().enumerate() {
        let rights = assignment["accessRights"].as_array().expect("rights");
        for left_out in 0..rights.len() {
            let mut less = suggested.clone();
            let mut rights = rights.clone();
            rights.remove(left_out);
            if rights.is_empty() {
                less.remove(at);
            } else {
                less[at]["accessRights"] = json!(rights);
            }
            tried += 1;
            give(&world, &admin, &format!("Less {tried}"), &json!(less));
            let statuses = run(&world, &token);
            assert!(
                statuses.contains(&403),
                "{assignment} without {left_out}: {statuses:?}"
            );
        }
    }
    assert!(tried >= 7, "{tried}");
}

#[test]
fn what_was_done_can_be_queried() {
    let world = World::harbor();
    let token = world.token(ADVISED);
    run(&world, &token);
    world.engine.flush_usage();
    run(&world, &token);
    world.engine.flush_usage();
    let admin = world.token("ws_sync@HARBOR");
    let query = json!({
        "object": "sidegate/usage",
        "fields": ["day", "user.id", "clientApplication.id", "operation", "rights", "allowed", "refused"],
        "filters": [{"$eq": {"object": "company-config/department"}}, {"$eq": {"user.id": "ws_bare"}}],
        "orderBy": [{"operation": "asc"}],
    });
    let path = "/sidegate/v1/services/core/query";
    let rows = world.call("POST", path, Some(&admin), Some(&query)).json();
    let row = |operation: &str, right: &str| {
        json!({"day": "2026-11-22", "user.id": "ws_bare", "clientApplication.id": "demo-client",
            "operation": operation, "rights": format!("company.departments.{right}"), "allowed": 2, "refused": 0})
    };
    let wanted = json!([
        row("get", "view"),
        row("list", "list"),
        row("update", "edit")
    ]);
    assert_eq!(rows["ia::result"], wanted, "{rows}");
}
