//! The thirteen activities with List and View that an integrator's guide asks for: each of their reads
//! works, each neighbouring write is refused, and a full administrator without them reaches none.

use serde_json::{Value, json};

use crate::harness::Answer;
use crate::walk::{Walk, changed_body};

/// What the guide names: departments, locations, class, employees, territory, document numbering,
/// contact tax group, attachment folders, attachments, transaction allocations, transaction
/// currencies, exchange rate types, exchange rate.
const OBJECTS: [&str; 13] = [
    "company-config/department",
    "company-config/location",
    "company-config/class",
    "company-config/employee",
    "accounts-receivable/territory",
    "company-config/document-sequence",
    "tax/contact-tax-group",
    "company-config/folder",
    "company-config/attachment",
    "general-ledger/txn-allocation-template",
    "company-config/txn-currency",
    "company-config/exchange-rate-type",
    "company-config/exchange-rate",
];

fn is_refused(answer: &Answer, told: &str) {
    let shown = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, 403, "{told}: {shown}");
    let error = &answer.json()["ia::result"]["ia::error"];
    assert_eq!(error["errorId"], "SG-0301", "{told}: {shown}");
}

/// The first record of an object, as somebody sees it who sees all; made where there is none.
fn first(walk: &Walk, token: &str, object: &str) -> String {
    let path = format!("/objects/{object}");
    let list = walk.world.call("GET", &path, Some(token), None).json();
    let found = &list["ia::result"][0]["key"];
    if let Some(key) = found.as_str() {
        return format!("{path}/{key}");
    }
    let definition = walk.world.engine.registry().named(object);
    let mut body = walk.new_body(definition.expect("a published object"));
    // Other companies have other departments and locations.
    for line in body
        .get_mut("lines")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        line.as_object_mut().expect("a line").remove("dimensions");
    }
    let made = walk
        .world
        .call("POST", &path, Some(token), Some(&body))
        .json();
    let key = made["ia::result"]["key"].as_str();
    format!("{path}/{}", key.unwrap_or_else(|| panic!("{made}")))
}

/// The calls that read an object, and those that would change it.
fn calls(walk: &Walk, object: &str, one: &str) -> [Vec<(&'static str, String, Option<Value>)>; 2] {
    let registry = walk.world.engine.registry();
    let definition = registry.named(object).expect("a published object");
    let all = format!("/objects/{object}");
    let query = json!({"object": object, "fields": ["key", "id"]});
    [
        vec![
            ("GET", all.clone(), None),
            ("GET", one.to_owned(), None),
            ("POST", "/services/core/query".to_owned(), Some(query)),
        ],
        vec![
            ("POST", all, Some(walk.new_body(definition))),
            ("PATCH", one.to_owned(), Some(changed_body(definition))),
            ("DELETE", one.to_owned(), None),
        ],
    ]
}

#[test]
fn the_activities_of_the_guide_read_and_do_not_write() {
    let walk = Walk::new();
    let world = &walk.world;
    for (company, reader, all) in [
        ("HARBOR", "ws_read", "ws_sync"),
        // Whose users hold permissions of their own.
        ("QUAY", "ws_quay_read", "ws_quay"),
    ] {
        let all = world.token(&format!("{all}@{company}"));
        let token = world.token(&format!("{reader}@{company}"));
        // The guide makes the user a full administrator, which the list of allocations asks for.
        let query = json!({"object": "company-config/user", "fields": ["key"], "filters": [{"$eq": {"id": reader}}]});
        let found = world.call("POST", "/services/core/query", Some(&all), Some(&query));
        let key = found.json()["ia::result"][0]["key"].clone();
        let path = format!(
            "/objects/company-config/user/{}",
            key.as_str().expect("a key")
        );
        let admin = |level: &str| {
            let body = json!({"adminPrivileges": level});
            let done = world.call("PATCH", &path, Some(&all), Some(&body));
            assert_eq!(done.status, 200, "{}", done.json());
        };
        for level in ["full", "off"] {
            admin(level);
            for object in OBJECTS {
                let one = first(&walk, &all, object);
                let [reads, writes] = calls(&walk, object, &one);
                for (method, path, body) in &reads {
                    let told = format!("{company}, {level}: {method} {path} {object}");
                    let answer = world.call(method, path, Some(&token), body.as_ref());
                    let lists = path != &one;
                    if level == "off" && lists && object.ends_with("/txn-allocation-template") {
                        is_refused(&answer, &told);
                    } else {
                        let shown = String::from_utf8_lossy(&answer.body);
                        assert_eq!(answer.status, 200, "{told}: {shown}");
                    }
                }
                for (method, path, body) in &writes {
                    let told = format!("{company}, {level}: {method} {path}");
                    let answer = world.call(method, path, Some(&token), body.as_ref());
                    is_refused(&answer, &told);
                }
            }
        }
    }
}

#[test]
fn a_full_administrator_without_a_role_reaches_none_of_the_activities() {
    let walk = Walk::new();
    let token = walk.world.token("ws_bare@HARBOR");
    for object in OBJECTS {
        let one = first(&walk, &walk.token, object);
        for (method, path, body) in calls(&walk, object, &one).iter().flatten() {
            let answer = walk.world.call(method, path, Some(&token), body.as_ref());
            is_refused(&answer, &format!("{method} {path} {object}"));
        }
    }
}
