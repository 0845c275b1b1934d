//! A filled company: many users as if each had come through the pipeline, and few words about them.

use serde_json::{Value as Json, json};
use sidegate::demo_data::{COMPANY, SECOND, SECOND_USER};
use sidegate_engine::Door;
use sidegate_engine::audit::Verdict;
use sidegate_engine::filling::{Filled, filled_id};
use sidegate_model::{Draft, Given, RecordKey, Value};

use crate::harness::World;
use crate::support::{company, key_of, number, rows, system, verified};

const USERS: u32 = 1000;

fn fill(world: &World, id: &str, users: u32) -> Filled {
    let company = company(&world.engine, id);
    let done = world
        .engine
        .fill_company(company, users, Door::Command, &mut |_| {});
    done.expect("a filling")
}

/// The filled users that a query finds, by number.
fn filled(world: &World, token: &str) -> Vec<Json> {
    let query = json!({
        "object": "company-config/user", "fields": ["key", "id"],
        "filters": [{"$startsWith": {"id": "bench-"}}], "orderBy": [{"id": "asc"}], "size": 4000,
    });
    let page = world.call("POST", "/services/core/query", Some(token), Some(&query));
    assert_eq!(page.status, 200, "{}", page.json());
    let found = page.json()["ia::result"].as_array().cloned();
    found.expect("a list")
}

fn whole(world: &World, token: &str, row: &Json) -> Json {
    let key = row["key"].as_str().expect("a key");
    let path = format!("/objects/company-config/user/{key}");
    let answer = world.call("GET", &path, Some(token), None);
    assert_eq!(answer.status, 200, "{}", answer.json());
    answer.json()["ia::result"].clone()
}

/// Without what is every record's own.
fn nameless(user: &Json, number: u32) -> String {
    let mut user = user.clone();
    let contact = user["contact"]["key"].take();
    let key = user["key"].take();
    for (name, key) in [("href", &key), ("contact", &contact)] {
        let place = if name == "href" {
            &mut user["href"]
        } else {
            &mut user["contact"]["href"]
        };
        let href = place.as_str().expect("an address");
        assert!(href.ends_with(key.as_str().expect("a key")), "{href}");
        *place = Json::Null;
    }
    let text = user.to_string().replace(&filled_id(number), "ID");
    for own in [
        format!(" {number}\""),
        format!("\"{number} Ferry"),
        format!("555 {number:04}"),
    ] {
        assert!(text.contains(&own), "{own} in {text}");
    }
    text.replace(&format!(" {number}\""), " N\"")
        .replace(&format!("\"{number} Ferry"), "\"N Ferry")
        .replace(&format!("555 {number:04}"), "555 N")
}

#[test]
fn a_filled_company_has_users_as_the_pipeline_makes_them() {
    let world = World::demo();
    let token = world.token("ws_sync@HARBOR");
    let count = |world: &World, sql: &str| number(&mut world.database.open(), sql);
    let key = company(&world.engine, COMPANY);
    let entries =
        format!("select cast(count(*) as text) from \"audit_entry\" where \"company\" = {key}");
    let before = count(&world, &entries);

    let all = Filled {
        made: USERS,
        there: 0,
    };
    assert_eq!(fill(&world, COMPANY, USERS), all);

    let found = filled(&world, &token);
    assert_eq!(found.len(), USERS as usize);
    let users: Vec<Json> = found.iter().map(|row| whole(&world, &token, row)).collect();
    for (number, user) in (1..).zip(&users) {
        assert_eq!(user["id"], json!(filled_id(number)));
        assert_eq!(user["contact"]["id"], user["id"]);
        // The names come again after 4 users, and what rules look at after 30.
        let first = (number - 1) % 60 + 1;
        let model = &users[first as usize - 1];
        assert_eq!(nameless(user, number), nameless(model, first), "{number}");
    }
    let having = |name: &str, value: &Json| {
        let path = format!("/{}", name.replace('.', "/"));
        let has = |user: &&Json| user.pointer(&path) == Some(value);
        users.iter().filter(has).count()
    };
    assert_eq!(having("status", &json!("active")), 900);
    assert_eq!(having("webServices.isRestricted", &json!(true)), 500);
    assert_eq!(having("password.neverExpires", &json!(true)), 500);
    assert_eq!(having("roles", &json!([])), 667);
    assert_eq!(having("departments", &json!([])), 800);

    // Eight kinds with an entry for user and contact each, and one for all the others.
    assert_eq!(count(&world, &entries) - before, 17);
    let told = rows(
        &mut world.database.open(),
        4,
        "select e.\"object\", e.\"object_id\", l.\"field\", l.\"after\" from \"audit_entry\" e join \"audit_line\" l \
         on l.\"company\" = e.\"company\" and l.\"entry\" = e.\"key\" where e.\"event\" = 'fill' order by l.\"key\"",
    );
    let (object, range) = ("company-config/user", "bench-0000004 to bench-0001000");
    assert_eq!(
        told,
        [
            [object, range, "users", "992"],
            [object, range, "contacts", "992"]
        ]
    );
    let verdict = verified(&world.engine, key);
    assert!(matches!(verdict, Verdict::Whole { .. }), "{verdict:?}");

    // A second time nobody is made, and a larger number makes the rest.
    let none = Filled {
        made: 0,
        there: USERS,
    };
    assert_eq!(fill(&world, COMPANY, USERS), none);
    assert_eq!(count(&world, &entries) - before, 17);
    let rest = Filled {
        made: 50,
        there: USERS,
    };
    assert_eq!(fill(&world, COMPANY, USERS + 50), rest);

    // Other writes go on where the filling ended, and a copy can change and go like any user.
    let last = found.last().and_then(|row| row["key"].as_str());
    let path = format!("/objects/company-config/user/{}", last.expect("a key"));
    let change = json!({"userName": "Changed", "roles": []});
    let changed = world.call("PATCH", &path, Some(&token), Some(&change));
    assert_eq!(changed.status, 200, "{}", changed.json());
    let gone = world.call("DELETE", &path, Some(&token), None);
    assert_eq!(gone.status, 204);
    // Her contact stays, so her number is passed over.
    let passed = Filled {
        made: 0,
        there: USERS + 50,
    };
    assert_eq!(fill(&world, COMPANY, USERS + 50), passed);
    let contact = json!({"id": "after", "printAs": "After"});
    let made = world.call(
        "POST",
        "/objects/company-config/contact",
        Some(&token),
        Some(&contact),
    );
    assert_eq!(made.status, 201, "{}", made.json());
}

/// Pairs the stand-in's client with a user.
fn pair(world: &World, company: RecordKey, user: &str) {
    let user = key_of(&world.engine, Some(company), "company-config/user", user);
    let client = key_of(
        &world.engine,
        None,
        "sidegate/client-application",
        "demo-client",
    );
    let paired = world.engine.write(system(Some(company)), move |work| {
        let definition = work.object("sidegate/client-authorization");
        let mut draft = Draft::default();
        for (name, key) in [("clientApplication", client), ("user", user)] {
            let field = definition.named(name).expect("declared").index;
            draft.set(field, String::new(), Given::Value(Value::Key(key)));
        }
        work.create(definition, &draft)
    });
    paired.wait().expect("a row");
}

#[test]
fn a_filled_user_comes_in_once_she_is_paired_and_goes_like_any_other() {
    let world = World::demo();
    fill(&world, COMPANY, 100);
    let key = company(&world.engine, COMPANY);
    let (copy, locked) = (filled_id(62), filled_id(70));
    for user in [&copy, &locked] {
        assert_ne!(world.grant(&format!("{user}@HARBOR")).status, 200);
        pair(&world, key, user);
    }
    assert_ne!(world.grant(&format!("{locked}@HARBOR")).status, 200);
    let token = world.token(&format!("{copy}@HARBOR"));
    let list = |token: &str| {
        let path = "/objects/company-config/department";
        world.call("GET", path, Some(token), None).status
    };
    assert_ne!(list(&token), 401);
    // A change of her acts on her next request.
    let admin = world.token("ws_sync@HARBOR");
    let user = key_of(&world.engine, Some(key), "company-config/user", &copy);
    let path = format!("/objects/company-config/user/{user}");
    let lock = json!({"status": "lockedOut"});
    let changed = world.call("PATCH", &path, Some(&admin), Some(&lock));
    assert_eq!(changed.status, 200, "{}", changed.json());
    assert_eq!(list(&token), 401);
}

#[test]
fn where_users_hold_permissions_a_filling_gives_no_roles() {
    let world = World::demo();
    assert_eq!(fill(&world, SECOND, 30).made, 30);
    let token = world.token(&format!("{SECOND_USER}@{SECOND}"));
    for row in filled(&world, &token) {
        assert_eq!(whole(&world, &token, &row)["roles"], json!([]));
    }
    let key = company(&world.engine, SECOND);
    let verdict = verified(&world.engine, key);
    assert!(matches!(verdict, Verdict::Whole { .. }), "{verdict:?}");
}
