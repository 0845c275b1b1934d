//! People at the console, as the engine knows them: no pages here.

mod second_factor;
mod sessions;
mod trial;

use sidegate_engine::sign_in::{ConsoleEntry, ConsoleGuest, Knock};
use sidegate_engine::{Call, Door};
use sidegate_model::RecordKey;

use crate::harness::World;
use crate::support::{choose, company, key_of};

const USER: &str = "company-config/user";
const SESSIONS: &str = "/sidegate/v1/objects/sidegate/console-session";
const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
/// A chosen password that keeps every rule.
const CHOSEN: &str = "Tidal-Crane-48";

/// Waits for an answer of the engine.
fn done<T>(asked: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(asked)
}

/// A call at the console that nobody has proved anything for.
fn call() -> Call {
    Call {
        address: "192.0.2.1".to_owned(),
        request: "a-request".to_owned(),
        ..Call::system(None, Door::Console)
    }
}

fn knock(user: &str, password: &str) -> Knock {
    Knock {
        company: "HARBOR".to_owned(),
        user: user.to_owned(),
        password: password.to_owned(),
        device: None,
    }
}

fn open(world: &World, knock: Knock) -> ConsoleEntry {
    done(world.engine.open_console(knock, call())).expect("an answer")
}

/// One word for how a sign-in went on.
fn word(entry: &ConsoleEntry) -> &'static str {
    match entry {
        ConsoleEntry::In(_) => "in",
        ConsoleEntry::SecondFactor { .. } => "second factor",
        ConsoleEntry::EnrolSecondFactor { .. } => "enrol",
        ConsoleEntry::PasswordExpired => "expired",
        ConsoleEntry::Refused => "refused",
    }
}

fn cookie(entry: ConsoleEntry) -> String {
    match entry {
        ConsoleEntry::In(opened) => opened.cookie,
        other => panic!("not in: {}", word(&other)),
    }
}

fn guest(world: &World, cookie: &str) -> Option<ConsoleGuest> {
    done(world.engine.enter_console(cookie, &call())).expect("an answer")
}

fn lives(world: &World, cookie: &str) -> bool {
    guest(world, cookie).is_some()
}

/// HARBOR, where these people have chosen a password.
fn harbor(people: &[&str]) -> World {
    let world = World::harbor();
    for user in people {
        choose(&world.engine, user, CHOSEN);
    }
    world
}

fn key(world: &World, object: &str, id: &str) -> RecordKey {
    let harbor = company(&world.engine, "HARBOR");
    key_of(&world.engine, Some(harbor), object, id)
}

/// What a guest asks on her own account.
fn as_guest(guest: &ConsoleGuest) -> Call {
    Call {
        by: guest.by.clone(),
        ..call()
    }
}

/// Changes a record over REST.
fn patch(world: &World, object: &str, id: &str, body: &serde_json::Value) {
    let key = key(world, object, id);
    let token = world.token("ws_bare@HARBOR");
    let path = format!("/objects/{object}/{key}");
    let answer = world.call("PATCH", &path, Some(&token), Some(body));
    assert_eq!(answer.status, 200, "{}", answer.json());
}

/// Changes the company's preferences over REST.
fn prefer(world: &World, body: &serde_json::Value) {
    let token = world.token("ws_bare@HARBOR");
    let path = "/objects/company-config/company-preference/setup";
    let answer = world.call("PATCH", path, Some(&token), Some(body));
    assert_eq!(answer.status, 200, "{}", answer.json());
}
