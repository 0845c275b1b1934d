//! Pages that go on where the one before ended are the pages that counting from the start would give.

use serde_json::{Value, json};

use crate::harness::World;

const CONTACT: &str = "company-config/contact";

/// Ways to sort, some of which pages can go on by.
const ORDERS: &[&str] = &[
    "[]",
    r#"[{"id": "asc"}]"#,
    r#"[{"id": "desc"}]"#,
    r#"[{"companyName": "asc"}, {"lastName": "asc"}]"#,
    r#"[{"status": "asc"}, {"key": "asc"}]"#,
    r#"[{"entity.id": "asc"}]"#,
    r#"[{"email1": "asc"}, {"id": "desc"}]"#,
];

fn page(world: &World, token: &str, order: &str, start: usize, size: usize) -> (Vec<Value>, Value) {
    let order: Value = serde_json::from_str(order).expect("JSON");
    let body = json!({"object": CONTACT, "fields": ["id", "companyName"], "orderBy": order,
                      "start": start, "size": size});
    let answer = world.call("POST", "/services/core/query", Some(token), Some(&body));
    assert_eq!(answer.status, 200, "{}", answer.json());
    let mut answer = answer.json();
    let rows = answer["ia::result"].as_array().expect("rows").clone();
    (rows, answer["ia::meta"].take())
}

#[test]
fn pages_one_after_another_are_the_whole() {
    let world = World::demo();
    let token = world.token("ws_sync@HARBOR");
    for order in ORDERS {
        let (whole, meta) = page(&world, &token, order, 1, 4000);
        assert_eq!(meta["totalCount"], whole.len());
        assert!(whole.len() >= 40);
        for size in [1, 7, 20] {
            let mut rows = Vec::new();
            let mut next = json!(1);
            while let Some(start) = next.as_u64() {
                let (more, meta) = page(&world, &token, order, start as usize, size);
                assert_eq!(meta["totalCount"], whole.len());
                rows.extend(more);
                next = meta["next"].clone();
            }
            assert_eq!(rows, whole, "{order} by {size}");
        }
    }
}

#[test]
fn a_page_after_a_write_counts_from_the_start_again() {
    let world = World::demo();
    let token = world.token("ws_sync@HARBOR");
    for (number, order) in ORDERS.iter().enumerate() {
        let (first, _) = page(&world, &token, order, 1, 10);
        // Stands first by its id, so that every later row moves by one.
        let id = format!("!{number}");
        let body = json!({"id": id, "printAs": "First"});
        let path = format!("/objects/{CONTACT}");
        let made = world.call("POST", &path, Some(&token), Some(&body));
        assert_eq!(made.status, 201, "{}", made.json());
        let (second, meta) = page(&world, &token, order, 11, 10);
        let (whole, _) = page(&world, &token, order, 1, 4000);
        assert_eq!(second, whole[10..20], "{order}");
        assert_eq!(meta["totalCount"], whole.len());
        assert_eq!(first.len(), 10);
        // And from then on pages go on again.
        let (third, _) = page(&world, &token, order, 21, 10);
        assert_eq!(third, whole[20..30], "{order}");
    }
}

#[test]
fn another_company_does_not_go_on_where_this_one_stopped() {
    let world = World::demo();
    let (harbor, quay) = (world.token("ws_sync@HARBOR"), world.token("ws_quay@QUAY"));
    page(&world, &harbor, "[]", 1, 3);
    let (rows, _) = page(&world, &quay, "[]", 4, 3);
    let (whole, _) = page(&world, &quay, "[]", 1, 100);
    assert_eq!(rows, whole[3..6]);
}
