//! The text of a query shape is made once and prepared at most once on each connection.

use serde_json::{Value, json};

use crate::harness::World;

/// Ten shapes; `n` changes the values only.
fn shapes(n: usize) -> Vec<Value> {
    let user = "company-config/user";
    let contact = "company-config/contact";
    let text = format!("x{n}");
    vec![
        json!({"object": user, "fields": ["id"], "filters": [{"$eq": {"id": text}}]}),
        json!({"object": user, "fields": ["id", "contact.id"], "filters": [{"$ne": {"contact.id": text}}], "size": 1 + n % 5}),
        json!({"object": user, "fields": ["id"], "filters": [{"$in": {"id": (0..n % 50).map(|i| format!("u{i}")).collect::<Vec<_>>()}}]}),
        json!({"object": contact, "fields": ["id"], "filters": [{"$contains": {"printAs": text}}]}),
        json!({"object": contact, "fields": ["id"], "filters": [{"$gt": {"key": (n + 1).to_string()}}], "size": 2, "start": 1 + n % 3}),
        json!({"object": contact, "fields": ["id", "printAs"], "filters": [{"$lt": {"lastName": text}}], "orderBy": [{"lastName": "desc"}], "size": 1}),
        json!({"object": contact, "fields": ["id"], "filters": [{"$eq": {"lastName": text}}, {"$eq": {"firstName": text}}], "filterExpression": "1 or 2"}),
        json!({"object": "company-config/department", "fields": ["id", "parent.id"], "filters": [{"$ne": {"parent.name": text}}], "size": 2}),
        json!({"object": "company-config/location", "fields": ["id", "parent.name"], "orderBy": [{"parent.id": "asc"}], "start": 1 + n % 4, "size": 1 + n % 4}),
        json!({"object": "company-config/role", "fields": ["id"], "filters": [{"$contains": {"id": text}}, {"$eq": {"id": text}}], "filterExpression": "1 and 2"}),
    ]
}

#[test]
fn a_thousand_queries_of_ten_shapes_make_each_text_once_and_prepare_it_once_a_connection() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    let ask = |body: &Value| {
        let answer = world.call("POST", "/services/core/query", Some(&token), Some(body));
        assert_eq!(answer.status, 200, "{body}: {}", answer.json());
    };
    assert_eq!(
        world
            .call("GET", "/objects/company-config/user", Some(&token), None)
            .status,
        200
    );
    let before = world.engine.counters().texts;
    for n in 0..100 {
        shapes(n).iter().for_each(ask);
    }
    let texts = world.engine.counters().texts;
    // For each shape its page, the page that carries the versions and the count; for each set of
    // tables its versions: user, user with contact, contact, department, location, role.
    assert!(texts - before <= 10 * 3 + 6, "{} new texts", texts - before);
    for n in 100..200 {
        shapes(n).iter().for_each(ask);
    }
    let after = world.engine.counters();
    assert_eq!(after.texts, texts, "other values make no other text");
    assert!(
        after
            .prepared
            .iter()
            .all(|prepared| *prepared <= after.texts),
        "{after:?}"
    );
    assert!(after.prepared.iter().sum::<u64>() > 0, "{after:?}");
}
