//! A forgotten password: the mail, the link in it, and the page behind the link.

use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use sidegate_engine::mail::Kept;
use sidegate_engine::sign_in::{Cause, SignInOutcome};

use crate::harness::{Answer, Hand, World, credentials};
use crate::support::{at_console, at_gateway, choose, company, key_of, set, sign_in};

const USER: &str = "company-config/user";
const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const NEW: &str = "Tidal-Crane-48";

fn ask(world: &World, user: &str) -> Answer {
    let body = json!({"company": "HARBOR", "user": user});
    world.call("POST", "/sidegate/v1/password/forgotten", None, Some(&body))
}

/// The mails with a link, once there are so many: whoever asks does not wait for them.
fn links(world: &World, wanted: usize) -> Vec<Kept> {
    let began = Instant::now();
    loop {
        let mut mails = world.mails();
        mails.retain(|mail| mail.subject == "A new password at HARBOR");
        if mails.len() >= wanted || began.elapsed() > Duration::from_secs(20) {
            assert_eq!(mails.len(), wanted);
            return mails;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The path of the link in a mail.
fn path_in(mail: &Kept) -> String {
    let link = mail.body.lines().find(|line| line.starts_with("http"));
    let link = link.unwrap_or_else(|| panic!("no link: {}", mail.body));
    let (base, path) = link.split_at(link.find("/sidegate").expect("our path"));
    assert_eq!(base, "http://127.0.0.1:8080");
    path.to_owned()
}

/// Asks for a link and gives its path; the mails before it are so many.
fn link_for(world: &World, user: &str, before: usize) -> String {
    assert_eq!(ask(world, user).status, 202);
    path_in(links(world, before + 1).last().expect("a mail"))
}

fn look(world: &World, path: &str) -> Answer {
    let request = Request::get(path).body(Body::empty());
    world.send(request.expect("a request"))
}

fn post(world: &World, path: &str, password: &str, again: &str) -> Answer {
    let typed = |text: &str| -> String { text.bytes().map(|b| format!("%{b:02x}")).collect() };
    let form = format!("newPassword={}&again={}", typed(password), typed(again));
    let request = Request::post(path)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(form));
    world.send(request.expect("a request"))
}

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).expect("text")
}

fn opens(world: &World, user: &str, secret: &str) -> bool {
    let asked = at_console(user, secret);
    matches!(
        sign_in(&world.engine, &asked, "203.0.113.1"),
        SignInOutcome::In(_)
    )
}

#[test]
fn a_link_sets_a_password_once_and_looking_at_it_changes_nothing() {
    let world = World::harbor();
    let old = credentials().admin_password.clone();
    let path = link_for(&world, "admin", 0);
    for _ in 0..2 {
        let page = look(&world, &path);
        assert_eq!(page.status, 200);
        assert_eq!(page.headers["cache-control"], "no-store");
        assert_eq!(page.headers["referrer-policy"], "no-referrer");
        let shown = text(&page);
        assert!(shown.contains("<form method=\"post\">"), "{shown}");
        let link = path.rsplit('/').next().expect("a link");
        assert!(
            !shown.contains("script") && !shown.contains(link),
            "{shown}"
        );
    }
    assert!(opens(&world, "admin", &old), "until then the old one works");
    let differing = post(&world, &path, NEW, "Tidal-Crane-49");
    assert_eq!(differing.status, 400);
    let common = post(&world, &path, "P@ssw0rd-2026!", "P@ssw0rd-2026!");
    assert_eq!(common.status, 422);
    assert!(text(&common).contains("common word"), "{}", text(&common));
    assert!(text(&common).contains("<form"), "{}", text(&common));
    let set = post(&world, &path, NEW, NEW);
    assert_eq!(set.status, 200, "{}", text(&set));
    assert!(!text(&set).contains(NEW));
    assert!(opens(&world, "admin", NEW) && !opens(&world, "admin", &old));
    for answer in [look(&world, &path), post(&world, &path, NEW, NEW)] {
        assert_eq!(answer.status, 404);
        assert!(text(&answer).contains("was used"), "{}", text(&answer));
    }
    // It is told to her, and no mail or record has the link in clear text.
    let told = world.mails();
    let last = told.last().expect("a mail");
    assert_eq!(last.subject, "Your password at HARBOR was changed");
    assert_eq!(last.to, "ada.minster@harbor.example");
    let query = json!({"object": "company-config/email-delivery-record", "fields": ["subject", "body"],
                       "filters": [{"$eq": {"subject": "A new password at HARBOR"}}]});
    let token = world.token("ws_sync@HARBOR");
    let records = world
        .call("POST", "/services/core/query", Some(&token), Some(&query))
        .json();
    assert_eq!(records["ia::result"][0]["body"], "(secret)", "{records}");
}

#[test]
fn a_link_is_void_after_an_hour_a_new_link_and_a_changed_address() {
    let world = World::harbor();
    let first = link_for(&world, "admin", 0);
    world.source.advance(2 * MINUTE);
    let second = link_for(&world, "admin", 1);
    assert_eq!(look(&world, &first).status, 404);
    assert_eq!(look(&world, &second).status, 200);
    world.source.advance(60 * MINUTE);
    assert_eq!(look(&world, &second).status, 404);
    assert_eq!(post(&world, &second, NEW, NEW).status, 404);
    let third = link_for(&world, "admin", 2);
    let token = world.token("ws_sync@HARBOR");
    let body = json!({"accountEmail": "somebody.else@harbor.example"});
    let path = "/objects/company-config/user/1";
    let answer = world.call("PATCH", path, Some(&token), Some(&body));
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert_eq!(look(&world, &third).status, 404);
    // Nor does it open where a secret is made and shown, or at another server's door.
    world.source.advance(2 * MINUTE);
    let fourth = link_for(&world, "admin", 3);
    let reveal = fourth.replace("password/new", "reveal");
    assert_eq!(look(&world, &reveal).status, 404);
    let server = Hand::at_server(&world.engine);
    let request = Request::get(fourth).body(Body::empty()).expect("a request");
    assert_eq!(server.send(request).status, 200);
}

#[test]
fn nobody_but_a_person_who_may_come_in_gets_a_link_and_the_answers_are_alike() {
    let world = World::harbor();
    let engine = &world.engine;
    let harbor = company(engine, "HARBOR");
    let key = key_of(engine, Some(harbor), USER, "mkhan");
    set(engine, Some(harbor), USER, key, &[("status", "inactive")]).expect("a change");
    let mut answers = Vec::new();
    for user in ["ws_sync", "mkhan", "twriter", "nobody", "jlee"] {
        let before = engine.counters();
        let answer = ask(&world, user);
        let after = engine.counters();
        answers.push((
            answer.status.as_u16(),
            text(&answer),
            after.argon2 - before.argon2,
            after.keyed_hashes - before.keyed_hashes,
        ));
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!((answers[0].0, answers[0].2, answers[0].3), (202, 0, 0));
    // The last of them alone has one.
    assert_eq!(links(&world, 1)[0].to, "jordan.lee@harbor.example");
}

#[test]
fn a_link_is_no_mail_bomb() {
    let world = World::harbor();
    link_for(&world, "jlee", 0);
    // Not again within a minute, and five times a day.
    assert_eq!(ask(&world, "jlee").status, 202);
    let mut sent = 1;
    for _ in 0..6 {
        world.source.advance(11 * MINUTE);
        assert_eq!(ask(&world, "jlee").status, 202);
        sent = (sent + 1).min(5);
        links(&world, sent);
    }
    world.source.advance(24 * 60 * MINUTE);
    link_for(&world, "jlee", 5);
    // One source asks so often and no more, whomever it asks for.
    let world = World::harbor();
    for at in 0..20 {
        assert_eq!(ask(&world, &format!("nobody-{at}")).status, 202);
    }
    for user in ["jlee", "nobody"] {
        let answer = ask(&world, user);
        assert_eq!(answer.status, 429);
        assert_eq!(answer.headers["retry-after"], "601");
        assert_eq!(answer.json()["ia::error"]["code"], "GW-0010");
    }
    world.source.advance(10 * MINUTE);
    link_for(&world, "jlee", 0);
}

#[test]
fn a_link_ends_an_automatic_lock_and_no_administrators() {
    let world = World::harbor();
    let engine = &world.engine;
    let wrong = at_gateway("HARBOR", "jlee", "Wrong-Crane-48");
    for at in 0..5 {
        sign_in(engine, &wrong, &format!("192.0.2.{at}"));
    }
    let locked = sign_in(engine, &wrong, "192.0.2.9");
    assert!(matches!(locked, SignInOutcome::Refused(Cause::Locked)));
    let path = link_for(&world, "jlee", 0);
    assert_eq!(post(&world, &path, NEW, NEW).status, 200);
    assert!(opens(&world, "jlee", NEW));
    world.source.advance(2 * MINUTE);
    let path = link_for(&world, "jlee", 1);
    let harbor = company(engine, "HARBOR");
    let key = key_of(engine, Some(harbor), USER, "jlee");
    set(engine, Some(harbor), USER, key, &[("status", "lockedOut")]).expect("a change");
    assert_eq!(
        post(&world, &path, "Granite-Otter-51", "Granite-Otter-51").status,
        404
    );
    assert!(!opens(&world, "jlee", NEW));
}

#[test]
fn the_password_that_a_user_has_cannot_be_chosen_by_a_link() {
    let world = World::harbor();
    let engine = &world.engine;
    choose(engine, "jlee", NEW);
    let path = link_for(&world, "jlee", 0);
    let answer = post(&world, &path, NEW, NEW);
    assert_eq!(answer.status, 422);
    assert!(
        text(&answer).contains("one of the last 3"),
        "{}",
        text(&answer)
    );
}
