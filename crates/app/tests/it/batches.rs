//! Batches as large as they may be, and what a fault of ours in one record does to the others.

use std::time::Instant;

use serde_json::{Value as Json, json};
use sidegate_engine::audit::Verdict;
use sidegate_engine::{MOST_RECORDS, Outcome, Work};
use sidegate_model::{Draft, Failure, Given, RecordKey, Result, Value};

use crate::harness::World;
use crate::support::{codes, company, number, system, verified};

const USERS: &str = "/objects/company-config/user";
const DEPARTMENT: &str = "company-config/department";

/// A user with a contact of her own, as a client would send it, some members longer than usual.
fn user(number: usize) -> Json {
    json!({
        "id": format!("u{number}"), "userName": format!("User {number}"), "userType": "business",
        "accountEmail": format!("u{number}@harbor.example"), "adminPrivileges": "off", "status": "active",
        "roles": [{"id": "Accountant"}], "trustedDevices": "always",
        "contact": {
            "id": format!("c{number}"), "printAs": "Somebody".repeat(10), "firstName": "Some", "lastName": "Body",
            "email1": format!("u{number}@harbor.example"), "phone1": "+49 30 000000",
            "mailingAddress": {"addressLine1": "1 Pier".repeat(10), "city": "Harbor", "postCode": "10115", "country": "Germany", "isoCountryCode": "de"},
        },
    })
}

fn keys(answer: &Json) -> Vec<String> {
    let items = answer["ia::result"].as_array().expect("an array");
    let key = |item: &Json| item["key"].as_str().map(str::to_owned);
    items.iter().map(|item| key(item).expect("a key")).collect()
}

#[test]
fn five_hundred_records_fit_and_one_more_does_not() {
    let world = World::harbor();
    let harbor = company(&world.engine, "HARBOR");
    let token = world.token("ws_sync@HARBOR");
    let timed = |method: &str, path: &str, body: Option<&Json>| {
        let began = Instant::now();
        let answer = world.call(method, path, Some(&token), body);
        println!(
            "{method}: {:?}, {} KiB sent, {} KiB answered",
            began.elapsed(),
            body.map_or(0, |body| body.to_string().len() / 1024),
            answer.body.len() / 1024
        );
        answer
    };
    let users: Vec<Json> = (0..=MOST_RECORDS).map(user).collect();
    let many = timed("POST", USERS, Some(&json!(users)));
    assert_eq!(many.status, 400);
    let error = &many.json()["ia::result"]["ia::error"];
    assert_eq!(
        error["message"],
        "A batch takes from 1 to 500 records, not 501"
    );
    let made = timed("POST", USERS, Some(&json!(users[..MOST_RECORDS])));
    assert_eq!(made.status, 201, "{}", made.json());
    assert_eq!(made.json()["ia::meta"]["totalSuccess"], MOST_RECORDS);
    let keys = keys(&made.json());
    let changes: Vec<Json> = keys
        .iter()
        .map(|key| json!({"key": key, "userName": "Changed"}))
        .collect();
    let changed = timed("PATCH", USERS, Some(&json!(changes)));
    assert_eq!(changed.status, 200, "{}", changed.json());
    let list = format!("{USERS}/{}", keys.join(","));
    let read = timed("GET", &list, None);
    assert_eq!(read.status, 200);
    let records = read.json();
    let records = records["ia::result"].as_array().expect("an array");
    assert_eq!(records.len(), MOST_RECORDS);
    assert!(records.iter().enumerate().all(|(at, record)| {
        record["id"] == format!("u{at}")
            && record["userName"] == "Changed"
            && record["contact"]["id"] == format!("c{at}")
            && record["roles"][0]["id"] == "Accountant"
    }));
    for method in ["GET", "DELETE"] {
        assert_eq!(timed(method, &format!("{list},1"), None).status, 400);
    }
    assert_eq!(timed("DELETE", &list, None).status, 204);
    assert_eq!(timed("GET", &list, None).status, 404);
    let verdict = verified(&world.engine, harbor);
    assert!(matches!(verdict, Verdict::Whole { .. }), "{verdict:?}");
}

#[test]
fn the_answer_to_a_batch_of_nothing_but_mistakes_is_bounded() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    let wrong: serde_json::Map<String, Json> =
        (0..400).map(|n| (format!("x{n}"), json!(1))).collect();
    let body = json!(vec![wrong; MOST_RECORDS]);
    let answer = world.call("POST", USERS, Some(&token), Some(&body));
    assert_eq!(answer.status, 400);
    assert!(answer.body.len() < 2 << 20, "{}", answer.body.len());
    let details = &answer.json()["ia::result"][499]["ia::error"]["details"];
    assert_eq!(details.as_array().map(Vec::len), Some(10));
}

/// Makes departments of these ids in one call; what `then` does comes after each.
fn departments(
    world: &World,
    ids: &'static [&'static str],
    together: bool,
    mut then: impl FnMut(&mut Work<'_>, &str) -> Result<()> + Send + 'static,
) -> Result<Vec<Outcome<RecordKey>>> {
    let harbor = company(&world.engine, "HARBOR");
    let done = world.engine.write(system(Some(harbor)), move |work| {
        let act = |work: &mut Work<'_>, id: &&str| {
            let definition = work.object(DEPARTMENT);
            let mut draft = Draft::default();
            for name in ["id", "name"] {
                let field = definition.named(name).expect("declared").index;
                draft.set(field, format!("/{name}"), Given::Value(Value::from(*id)));
            }
            let saved = work.create(definition, &draft)?;
            then(work, id).map(|()| saved.key)
        };
        if together {
            work.all_or_none(ids, act)
        } else {
            work.each(ids, act)
        }
    });
    done.wait()
}

fn made(world: &World) -> i64 {
    let sql = "select cast(count(*) as text) from \"department\" where \"id\" in ('X1', 'X2', 'X3', 'X4')";
    number(&mut world.database.open(), sql)
}

#[test]
fn a_fault_of_ours_in_one_record_undoes_the_whole_call() {
    let world = World::harbor();
    for together in [false, true] {
        let panicked = departments(&world, &["X1", "X2", "X3"], together, |_, id| {
            assert_ne!(id, "X2", "on purpose");
            Ok(())
        });
        assert!(matches!(panicked, Err(Failure::Broken(_))));
        assert_eq!(made(&world), 0);
        let broken = departments(&world, &["X1", "X2", "X3"], together, |_, id| match id {
            "X3" => Err(Failure::broken("on purpose")),
            _ => Ok(()),
        });
        assert!(matches!(broken, Err(Failure::Broken(_))));
        assert_eq!(made(&world), 0);
    }
    let harbor = company(&world.engine, "HARBOR");
    let verdict = verified(&world.engine, harbor);
    assert!(matches!(verdict, Verdict::Whole { .. }), "{verdict:?}");
}

#[test]
fn a_constraint_that_the_database_keeps_undoes_one_record() {
    let world = World::harbor();
    let ids = &["X1", "x1", "X2", "FIN", "X3"];
    let outcomes = departments(&world, ids, false, |_, _| Ok(())).expect("outcomes");
    let good: Vec<bool> = outcomes.iter().map(Outcome::is_ok).collect();
    assert_eq!(good, [true, false, true, false, true]);
    let keys: Vec<i64> = outcomes.iter().flatten().map(|key| key.number()).collect();
    assert_eq!(
        [keys[1] - keys[0], keys[2] - keys[1]],
        [1, 1],
        "keys are given back"
    );
    assert_eq!(made(&world), 3);
    let outcomes = departments(&world, &["X4", "X1"], true, |_, _| Ok(())).expect("outcomes");
    let told: Vec<&str> = outcomes
        .into_iter()
        .flat_map(|outcome| codes(&Failure::Refused(outcome.expect_err("undone"))))
        .collect();
    assert_eq!(told, ["SG-2002", "SG-0901"]);
    assert_eq!(made(&world), 3);
}
