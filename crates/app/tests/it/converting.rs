//! A company that goes from permissions of users to roles: nobody's rights change.

use serde_json::{Value, json};

use crate::harness::World;

/// The rights of every user, without where they come from.
fn rights(world: &World, token: &str) -> Vec<(String, Vec<Value>)> {
    let query = json!({"object": "company-config/user", "fields": ["id"], "size": 1000});
    let users = world.call("POST", "/services/core/query", Some(token), Some(&query));
    let users = users.json();
    let users = users["ia::result"].as_array().expect("rows").clone();
    let of = |user: &Value| {
        let id = user["id"].as_str().expect("an id").to_owned();
        let path = format!("/sidegate/v1/access/report?user={id}");
        let report = world.call("GET", &path, Some(token), None).json();
        let rights = report["ia::result"]["rights"].as_array().expect("rights");
        let told = |right: &Value| {
            json!([
                right["permission"],
                right["right"],
                right["allowed"],
                right["refusedBy"]
            ])
        };
        (id, rights.iter().map(told).collect())
    };
    users.iter().map(of).collect()
}

#[test]
fn a_company_turned_to_roles_leaves_everybody_her_rights() {
    let world = World::demo();
    let token = world.token("ws_quay@QUAY");
    let before = rights(&world, &token);
    assert!(before.len() >= 6, "{}", before.len());
    let some = before.iter().filter(|(_, rights)| !rights.is_empty());
    assert!(some.count() >= 5);
    let turn = json!({"permissionType": "roleBased"});
    let path = "/objects/company-config/company-preference/setup";
    let answer = world.call("PATCH", path, Some(&token), Some(&turn));
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert_eq!(rights(&world, &token), before);
    let reader = world.token("ws_quay_read@QUAY");
    let read = |token: &str| {
        let path = "/objects/company-config/department";
        world.call("GET", path, Some(token), None).status
    };
    assert_eq!(read(&reader), 200);
    // The roles are the system's, one for each user who had permissions of her own.
    let roles = json!({"object": "company-config/role-user-map", "fields": ["role.id", "user.id"]});
    let rows = world.call("POST", "/services/core/query", Some(&token), Some(&roles));
    for row in rows.json()["ia::result"].as_array().expect("rows") {
        let user = row["user.id"].as_str().expect("an id");
        assert_eq!(
            row["role.id"],
            format!("::SYS::enterprise-ROLE-FOR - {user}")
        );
    }
    // What the role loses, its user loses.
    let turn = json!({"permissionType": "userBased"});
    let answer = world.call("PATCH", path, Some(&token), Some(&turn));
    assert_eq!(answer.status, 422, "{}", answer.json());
}
