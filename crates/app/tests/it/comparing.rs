//! What an integration needs beside what users and roles have: the least role is enough for each
//! integration that is known, and has nothing that it does not need.

use serde_json::{Value, json};

use crate::harness::World;

const COMPARE: &str = "/sidegate/v1/services/integrations/compare";
const LEAST: &str = "/sidegate/v1/services/integrations/least-role";
const LIST: &str = "/sidegate/v1/services/integrations";

/// Somebody who works in a world.
struct Worker<'a> {
    world: &'a World,
    token: String,
}

impl Worker<'_> {
    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, Value) {
        let answer = self.world.call(method, path, Some(&self.token), body);
        (answer.status.as_u16(), answer.json())
    }

    fn done(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(method, path, Some(body));
        assert!(status < 300, "{status} {answer}");
        answer["ia::result"].clone()
    }

    fn compare(&self, holder: (&str, &str), integration: &str) -> Value {
        let (kind, id) = holder;
        let body = json!({kind: {"id": id}, "integration": integration});
        self.done("POST", COMPARE, &body)
    }
}

fn len(list: &Value) -> usize {
    list.as_array().expect("a list").len()
}

/// `module.permission.right` of each row.
fn names(list: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let name = |row: &Value| {
        let permission = &row["permission"];
        [&permission["module"], &permission["name"], &row["right"]]
            .map(text)
            .join(".")
    };
    list.as_array().expect("a list").iter().map(name).collect()
}

#[test]
fn the_least_role_of_every_integration_is_enough_and_has_nothing_else() {
    let world = World::demo();
    let admin = Worker {
        world: &world,
        token: world.token("ws_sync@HARBOR"),
    };
    let (status, known) = admin.call("GET", LIST, None);
    assert_eq!(status, 200, "{known}");
    let known = known["ia::result"].as_array().expect("a list").clone();
    assert_eq!(known.len(), 37);
    let mut compared = 0;
    for integration in known.iter().filter(|known| known["rights"] != 0) {
        let id = integration["id"].as_str().expect("an id");
        let least = admin.done("POST", LEAST, &json!({"integration": id}));
        let role = &least["role"];
        admin.done("POST", "/objects/company-config/role", role);
        let with = admin.compare(("role", role["id"].as_str().expect("an id")), id);
        // What the company does not subscribe to, no role can give.
        for row in with["needsAndLacks"].as_array().expect("a list") {
            assert_eq!(row["refusedBy"], json!(["subscription"]), "{id}: {row}");
        }
        assert_eq!(with["hasAndDoesNotNeed"], json!([]), "{id}");
        let needed = len(&with["hasAndNeeds"]) + len(&with["needsAndLacks"]);
        assert_eq!(json!(needed), integration["rights"], "{id}");
        assert!(len(&with["hasAndNeeds"]) > 0, "{id}");
        compared += 1;
    }
    assert_eq!(compared, 21);
}

#[test]
fn a_user_is_told_what_she_has_lacks_and_does_not_need() {
    let world = World::demo();
    let admin = Worker {
        world: &world,
        token: world.token("ws_sync@HARBOR"),
    };
    let before = admin.compare(("user", "ws_read"), "beanworks");
    assert_eq!(
        before["userType"],
        json!({"needs": "business", "has": "business", "ok": true})
    );
    assert_eq!(
        before["adminPrivileges"],
        json!({"needs": "limited", "has": "off", "ok": false})
    );
    assert_eq!(before["integration"]["unmapped"][0]["unknown"], "list");
    let lacks = names(&before["needsAndLacks"]);
    // The vendor asks for View alone, which does nothing without List.
    let asked = |list: &Value, right: &str| {
        let rows = list.as_array().expect("a list").iter();
        let mut of = rows.filter(|row| row["permission"]["name"] == "departments");
        of.find(|row| row["right"] == right)
            .map(|row| (row["isRequiredByOthers"].clone(), row["grantedBy"].clone()))
    };
    let by_role = json!([{"source": "role", "role": "Integration read"}]);
    let has = &before["hasAndNeeds"];
    assert_eq!(asked(has, "list"), Some((json!(true), by_role.clone())));
    assert_eq!(asked(has, "view"), Some((json!(false), by_role)));
    let missing = "company.entities.view".to_owned();
    assert!(lacks.contains(&missing), "{lacks:?}");
    assert!(len(&before["hasAndDoesNotNeed"]) > 0);

    let mut role = admin.done("POST", LEAST, &json!({"integration": "beanworks"}))["role"].clone();
    role["id"] = json!("Scans");
    admin.done("POST", "/objects/company-config/role", &role);
    let whole = json!({"roles": [{"id": "Scans"}], "adminPrivileges": "limited"});
    let key = admin.compare(("user", "ws_read"), "beanworks")["user"]["key"].clone();
    let path = format!(
        "/objects/company-config/user/{}",
        key.as_str().expect("a key")
    );
    admin.done("PATCH", &path, &whole);
    let after = admin.compare(("user", "ws_read"), "beanworks");
    assert_eq!(after["adminPrivileges"]["ok"], true);
    assert_eq!(after["needsAndLacks"], json!([]));
    assert_eq!(after["hasAndDoesNotNeed"], json!([]));
}

#[test]
fn the_user_type_is_a_ceiling_in_a_comparison_too() {
    let world = World::demo();
    let admin = Worker {
        world: &world,
        token: world.token("ws_quay@QUAY"),
    };
    let least = json!({"integration": "velixo-write-back"});
    let least = admin.done("POST", LEAST, &least);
    let assignments = &least["role"]["rolePermissionAssignments"];
    let key = admin.compare(("user", "rdray"), "velixo-write-back")["user"]["key"].clone();
    let path = format!(
        "/objects/company-config/user/{}",
        key.as_str().expect("a key")
    );
    admin.done(
        "PATCH",
        &path,
        &json!({"permissionAssignments": assignments}),
    );
    let compared = admin.compare(("user", "rdray"), "velixo-write-back");
    assert_eq!(
        compared["userType"],
        json!({"needs": null, "has": "employee", "ok": null})
    );
    let has = &compared["hasAndNeeds"];
    assert_eq!(
        names(has),
        [
            "generalLedger.budgets.list",
            "generalLedger.budgets.view",
            "generalLedger.journals.list",
            "generalLedger.journals.view"
        ]
    );
    assert_eq!(has[0]["grantedBy"], json!([{"source": "ownAssignment"}]));
    let lacks = compared["needsAndLacks"].as_array().expect("a list");
    assert_eq!(lacks.len(), 5);
    for row in lacks {
        assert_eq!(row["refusedBy"], json!(["userType"]), "{row}");
        assert_eq!(row["grantedBy"], json!([{"source": "ownAssignment"}]));
    }
    // The vendor also asks for something that no catalogue has.
    assert_eq!(compared["integration"]["unmapped"][0]["rights"], "delete");
}

#[test]
fn only_who_sees_the_rights_of_others_compares_them() {
    let world = World::demo();
    let reader = Worker {
        world: &world,
        token: world.token("ws_read@HARBOR"),
    };
    let (status, _) = reader.call("GET", LIST, None);
    assert_eq!(status, 403);
    for (path, body) in [
        (LEAST, json!({"integration": "beanworks"})),
        (LEAST, json!({"integration": "nothing"})),
        (
            COMPARE,
            json!({"user": {"id": "ws_read"}, "integration": "beanworks"}),
        ),
        (
            COMPARE,
            json!({"role": {"id": "no such role"}, "integration": "nothing"}),
        ),
    ] {
        let (status, answer) = reader.call("POST", path, Some(&body));
        assert_eq!(status, 403, "{answer}");
    }
}

#[test]
fn what_cannot_be_compared_is_told() {
    let world = World::harbor();
    let admin = Worker {
        world: &world,
        token: world.token("ws_sync@HARBOR"),
    };
    for (path, body, target) in [
        (LEAST, json!({"integration": "nothing"}), "/integration/id"),
        (LEAST, json!({"integration": 3}), "/integration"),
        (LEAST, json!({"more": 3}), "/more"),
        (COMPARE, json!({"integration": "beanworks"}), "/user"),
        (COMPARE, json!({"user": {"id": "ws_sync"}}), "/integration"),
        (
            COMPARE,
            json!({"user": {"id": "nobody"}, "integration": "beanworks"}),
            "/user/id",
        ),
        (
            COMPARE,
            json!({"role": {"key": "999"}, "integration": "beanworks"}),
            "/role/key",
        ),
        (
            COMPARE,
            json!({"user": {"id": "ws_sync"}, "role": {"id": "Accountant"}, "integration": "beanworks"}),
            "/user",
        ),
    ] {
        let (status, answer) = admin.call("POST", path, Some(&body));
        assert_eq!(status, 400, "{answer}");
        let told = &answer["ia::result"]["ia::error"]["details"][0]["target"];
        assert_eq!(*told, target, "{answer}");
    }
}
