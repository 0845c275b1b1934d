//! What a change of a role would do is what it then does, for everybody in the company.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::harness::World;

const PREVIEW: &str = "/sidegate/v1/services/roles/preview";

fn get(world: &World, token: &str, path: &str) -> Value {
    let answer = world.call("GET", path, Some(token), None);
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()["ia::result"].clone()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

fn text(value: &Value) -> String {
    value.as_str().expect("text").to_owned()
}

/// What every user may do, as `module.permission.right`, by the report.
fn everybody(world: &World, token: &str) -> BTreeMap<String, BTreeSet<String>> {
    let users = get(world, token, "/objects/company-config/user");
    let rights = |id: &str| {
        let report = get(
            world,
            token,
            &format!("/sidegate/v1/access/report?user={id}"),
        );
        let allowed = list(&report["rights"]).iter();
        let allowed = allowed.filter(|row| row["allowed"] == true);
        let names = allowed.map(|row| {
            let permission = &row["permission"];
            let parts = [&permission["module"], &permission["name"], &row["right"]];
            parts.map(text).join(".")
        });
        names.collect()
    };
    let users = list(&users).iter().map(|user| text(&user["id"]));
    users.map(|id| (id.clone(), rights(&id))).collect()
}

/// The rights of a list of permissions, as `module.permission.right`.
fn moved(permissions: &Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for one in list(permissions) {
        for right in list(&one["accessRights"]) {
            let permission = &one["permission"];
            let parts = [&permission["module"], &permission["name"], right];
            names.insert(parts.map(text).join("."));
        }
    }
    names
}

#[test]
fn what_is_foretold_of_a_role_is_what_happens() {
    let world = World::demo();
    let admin = world.token("ws_sync@HARBOR");
    let roles = get(&world, &admin, "/objects/company-config/role");
    let (mut gaining, mut losing, mut by_groups, mut ineffective) = (0, 0, 0, 0);
    for name in ["Payables", "Employee", "Accountant"] {
        let role = list(&roles).iter().find(|role| role["id"] == name);
        let key = text(&role.expect("the role")["key"]);
        let path = format!("/objects/company-config/role/{key}");
        let now = get(&world, &admin, &path)["rolePermissionAssignments"].clone();
        // Every second permission is gone, of the others the last right, and there are two new ones.
        let (mut wanted, mut change) = (Vec::new(), Vec::new());
        for (at, one) in list(&now).iter().enumerate() {
            if at % 2 == 0 {
                change.push(json!({"key": one["key"], "ia::operation": "delete"}));
                continue;
            }
            let mut rights = list(&one["accessRights"]).clone();
            if rights.len() > 1 {
                rights.pop();
            }
            let permission = json!({"key": one["permission"]["key"]});
            wanted.push(json!({"permission": permission, "accessRights": rights}));
            change.push(json!({"key": one["key"], "accessRights": rights}));
        }
        // Customers may be changed by business users only; bank rules are nobody's but for All access.
        for (key, rights) in [("207", json!(["list", "add"])), ("68", json!(["add"]))] {
            let taken = |one: &Value| one["permission"]["key"] == key;
            if !list(&now).iter().any(taken) {
                let new = json!({"permission": {"key": key}, "accessRights": rights});
                wanted.push(new.clone());
                change.push(new);
            }
        }
        let before = everybody(&world, &admin);
        let body = json!({"role": {"id": name}, "rolePermissionAssignments": wanted});
        let told = world.call("POST", PREVIEW, Some(&admin), Some(&body));
        assert_eq!(told.status, 200, "{}", told.json());
        let told = told.json()["ia::result"].clone();
        assert_eq!(everybody(&world, &admin), before, "nothing is written");
        let body = json!({"rolePermissionAssignments": change});
        let done = world.call("PATCH", &path, Some(&admin), Some(&body));
        assert_eq!(done.status, 200, "{}", done.json());
        let after = everybody(&world, &admin);
        let mut really = BTreeMap::new();
        for (user, had) in &before {
            let has = &after[user];
            let gains: BTreeSet<String> = has.difference(had).cloned().collect();
            let loses: BTreeSet<String> = had.difference(has).cloned().collect();
            if !gains.is_empty() || !loses.is_empty() {
                really.insert(user.clone(), (gains, loses));
            }
        }
        let mut foretold = BTreeMap::new();
        for row in list(&told["users"]) {
            let change = (moved(&row["gains"]), moved(&row["loses"]));
            foretold.insert(text(&row["user"]["id"]), change);
            by_groups += usize::from(row["through"][0]["source"] == "userGroup");
        }
        assert_eq!(foretold, really, "{name}");
        let count = |pick: fn(&(BTreeSet<String>, BTreeSet<String>)) -> bool| {
            json!(really.values().filter(|change| pick(change)).count())
        };
        assert_eq!(told["gaining"], count(|(gains, _)| !gains.is_empty()));
        assert_eq!(told["losing"], count(|(_, loses)| !loses.is_empty()));
        assert_eq!(told["notJudged"], 0);
        assert_eq!(told["incomplete"][0]["accessRights"], json!(["add"]));
        assert_eq!(
            told["incomplete"][0]["requires"][0]["accessRights"],
            json!(["list"])
        );
        gaining += really
            .values()
            .filter(|(gains, _)| !gains.is_empty())
            .count();
        losing += really
            .values()
            .filter(|(_, loses)| !loses.is_empty())
            .count();
        let sizes: BTreeSet<usize> = really.values().map(|(_, loses)| loses.len()).collect();
        ineffective += sizes.len() - 1;
    }
    assert!(gaining > 3, "{gaining} users gained");
    assert!(losing > 10, "{losing} users lost");
    assert!(by_groups > 0, "some have a role through a group");
    assert!(ineffective > 0, "not everybody loses the same");
}

#[test]
fn in_a_company_without_roles_nobody_changes() {
    let world = World::demo();
    let admin = world.token("ws_quay@QUAY");
    let role = json!({"id": "Later", "rolePermissionAssignments": []});
    let made = world.call(
        "POST",
        "/objects/company-config/role",
        Some(&admin),
        Some(&role),
    );
    assert_eq!(made.status, 201, "{}", made.json());
    let body = json!({"role": {"id": "Later"}, "rolePermissionAssignments": [
        {"permission": {"id": "101"}, "accessRights": ["list"]}]});
    let told = world
        .call("POST", PREVIEW, Some(&admin), Some(&body))
        .json();
    assert_eq!(told["ia::result"]["users"], json!([]), "{told}");
    assert_eq!(told["ia::result"]["unchanged"], 0);
}
