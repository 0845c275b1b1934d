//! Users who sign in with a secret of their own: who comes in, what counts, what locks.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Waker};

use serde_json::json;
use sidegate_engine::Engine;
use sidegate_engine::credential::{SecretKind, generate};
use sidegate_engine::sign_in::{Cause, SignIn, SignInOutcome, SignedIn};

use crate::harness::{World, credentials};
use crate::support::{at_console, at_gateway, choose, company, key_of, set, sign_in, system};

const USER: &str = "company-config/user";
const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;
/// A chosen password that keeps every rule.
const CHOSEN: &str = "Tidal-Crane-48";

fn at_harbor(user: &str, secret: &str) -> SignIn {
    at_gateway("HARBOR", user, secret)
}

fn came_in(outcome: SignInOutcome) -> SignedIn {
    match outcome {
        SignInOutcome::In(signed_in) => *signed_in,
        SignInOutcome::Refused(cause) => panic!("refused: {cause:?}"),
    }
}

fn cause(outcome: SignInOutcome) -> Cause {
    match outcome {
        SignInOutcome::In(signed_in) => panic!("{} came in", signed_in.user.id),
        SignInOutcome::Refused(cause) => cause,
    }
}

fn status(world: &World, user: &str) -> String {
    let harbor = company(&world.engine, "HARBOR");
    let key = key_of(&world.engine, Some(harbor), USER, user);
    let token = world.token("ws_bare@HARBOR");
    let path = format!("/objects/company-config/user/{key}");
    let answer = world.call("GET", &path, Some(&token), None).json();
    answer["ia::result"]["status"]
        .as_str()
        .expect("a status")
        .to_owned()
}

fn set_status(world: &World, user: &str, status: &str) {
    let harbor = company(&world.engine, "HARBOR");
    let key = key_of(&world.engine, Some(harbor), USER, user);
    let token = world.token("ws_bare@HARBOR");
    let path = format!("/objects/company-config/user/{key}");
    let body = json!({"status": status});
    let answer = world.call("PATCH", &path, Some(&token), Some(&body));
    assert_eq!(answer.status, 200, "{}", answer.json());
}

/// Sets how many failures lock in HARBOR.
fn lock_after(world: &World, most: u32) {
    let token = world.token("ws_bare@HARBOR");
    let body = json!({"passwordSettings": {"maxLoginAttempts": most}});
    let path = "/objects/company-config/company-preference/setup";
    let answer = world.call("PATCH", path, Some(&token), Some(&body));
    assert_eq!(answer.status, 200, "{}", answer.json());
}

fn lists(world: &World, token: &str) -> u16 {
    let path = "/objects/company-config/user";
    world.call("GET", path, Some(token), None).status.as_u16()
}

/// Whether HARBOR subscribes to Web Services.
fn subscribed(world: &World, yes: bool) {
    let engine = &world.engine;
    let harbor = company(engine, "HARBOR");
    let object = "sidegate/subscription";
    let done = engine.write(system(Some(harbor)), move |work| {
        let definition = work.object(object);
        if yes {
            let draft = crate::support::drafted_values(definition, &[("id", "webServices")]);
            return work.create(definition, &draft).map(drop);
        }
        let key = work.find(definition, "webServices")?.expect("subscribed");
        work.delete(definition, key, None)
    });
    done.wait().expect("a change");
}

fn of_sync() -> String {
    credentials().user_password.clone()
}

#[test]
fn a_user_comes_in_with_her_secret_and_is_activated_by_it() {
    let world = World::harbor();
    let harbor = company(&world.engine, "HARBOR");
    let signed_in = came_in(sign_in(
        &world.engine,
        &at_harbor("ws_sync", &of_sync()),
        "192.0.2.1",
    ));
    assert_eq!(signed_in.company.key, harbor);
    assert_eq!(signed_in.user.id, "ws_sync");
    assert!(
        signed_in.web_services_only && signed_in.limits.is_open() && signed_in.entity.is_none()
    );
    let mut elsewhere = at_harbor("ws_sync", &of_sync());
    elsewhere.entity = Some("E100".to_owned());
    let signed_in = came_in(sign_in(&world.engine, &elsewhere, "192.0.2.1"));
    assert_eq!(signed_in.entity.expect("an entity").id, "E100");
    elsewhere.entity = Some("E999".to_owned());
    let refused = cause(sign_in(&world.engine, &elsewhere, "192.0.2.1"));
    assert_eq!(refused, Cause::EntityClosed);
    // Who signed in is kept for the trail.
    let key = key_of(&world.engine, Some(harbor), USER, "ws_sync");
    let token = world.token("ws_bare@HARBOR");
    let path = format!("/objects/company-config/user/{key}");
    let answer = world.call("DELETE", &path, Some(&token), None);
    assert_eq!(answer.status, 422, "{}", answer.json());
}

/// Every way to be refused, for a text of the generated form and for another: what it costs.
#[test]
fn the_presented_text_decides_the_work_and_never_the_user() {
    let world = World::harbor();
    let engine = &world.engine;
    let harbor = company(engine, "HARBOR");
    choose(engine, "jlee", CHOSEN);
    choose(engine, "mkhan", CHOSEN);
    let inactive = key_of(engine, Some(harbor), USER, "mkhan");
    set(
        engine,
        Some(harbor),
        USER,
        inactive,
        &[("status", "inactive")],
    )
    .expect("a change");
    // Argon2 computations, keyed hashes and writes.
    for (wrong, work) in [("sg1_u", (0, 1, 1)), ("Some-Wrong-Text-1", (1, 1, 2))] {
        let secret = if wrong.starts_with("sg1_") {
            generate(&world.source, SecretKind::User)
        } else {
            wrong.to_owned()
        };
        let mut ways = vec![
            (
                Cause::UnknownCompany,
                at_gateway("NOWHERE", "jlee", &secret),
            ),
            (Cause::UnknownUser, at_harbor("nobody", &secret)),
            // What no database looks for.
            (Cause::UnknownUser, at_harbor("jlee\0", &secret)),
            (Cause::WrongSecret, at_harbor("jlee", &secret)),
            (Cause::Locked, at_harbor("twriter", &secret)),
            (Cause::Inactive, at_harbor("mkhan", &secret)),
            (Cause::WebServicesOnly, at_console("ws_sync", &secret)),
            (Cause::WrongSecret, at_harbor("jlee", &secret)),
            (Cause::WrongSecret, at_harbor("jlee", &secret)),
            (Cause::Delayed, at_harbor("jlee", &secret)),
        ];
        let mut unvouched = at_harbor("jlee", &secret);
        unvouched.sender = None;
        ways.push((Cause::NotVouched, unvouched));
        if work.0 == 1 {
            // The right password of who may not come in, or not just now.
            ways.push((Cause::Inactive, at_harbor("mkhan", CHOSEN)));
            ways.push((Cause::Delayed, at_harbor("jlee", CHOSEN)));
        } else {
            ways.push((Cause::WebServicesOnly, at_console("ws_sync", &of_sync())));
        }
        let way = |expected: Cause, asked: &SignIn| {
            let before = engine.counters();
            let refused = cause(sign_in(engine, asked, "192.0.2.2"));
            let after = engine.counters();
            assert_eq!(refused, expected, "{}", asked.user);
            let done = (
                after.argon2 - before.argon2,
                after.keyed_hashes - before.keyed_hashes,
                after.writes - before.writes,
            );
            assert_eq!(done, work, "{expected:?} with {wrong}");
        };
        for (expected, asked) in &ways {
            way(*expected, asked);
        }
        set_status(&world, "jlee", "lockedOut");
        set_status(&world, "jlee", "active");
        let company = |status: &str| {
            set(
                engine,
                None,
                "sidegate/company",
                harbor,
                &[("status", status)],
            )
            .expect("a change");
        };
        company("inactive");
        way(Cause::InactiveCompany, &at_harbor("jlee", &secret));
        company("active");
        subscribed(&world, false);
        way(Cause::NoWebServices, &at_harbor("jlee", &secret));
        subscribed(&world, true);
    }
}

#[test]
fn failures_delay_by_source_and_lock_at_the_maximum() {
    let world = World::harbor();
    let engine = &world.engine;
    choose(engine, "jlee", CHOSEN);
    let wrong = at_harbor("jlee", "Wrong-Crane-48");
    let try_from = |source: &str| cause(sign_in(engine, &wrong, source));
    for _ in 0..3 {
        assert_eq!(try_from("192.0.2.1"), Cause::WrongSecret);
    }
    // A second's wait, even for the right one; elsewhere there is none.
    assert_eq!(try_from("192.0.2.1"), Cause::Delayed);
    assert_eq!(
        cause(sign_in(engine, &at_harbor("jlee", CHOSEN), "192.0.2.1")),
        Cause::Delayed
    );
    world.source.advance(SECOND);
    assert_eq!(try_from("192.0.2.1"), Cause::WrongSecret);
    world.source.advance(SECOND);
    assert_eq!(try_from("192.0.2.1"), Cause::Delayed);
    // A good sign-in from elsewhere begins anew.
    came_in(sign_in(engine, &at_harbor("jlee", CHOSEN), "192.0.2.9"));
    for _ in 0..3 {
        assert_eq!(try_from("192.0.2.1"), Cause::WrongSecret);
    }
    assert_eq!(try_from("198.51.100.4"), Cause::WrongSecret);
    assert_eq!(status(&world, "jlee"), "active");
    assert_eq!(try_from("198.51.100.4"), Cause::WrongSecret);
    assert_eq!(status(&world, "jlee"), "lockedOut");
    assert_eq!(try_from("203.0.113.5"), Cause::Locked);
    assert_eq!(
        cause(sign_in(engine, &at_harbor("jlee", CHOSEN), "192.0.2.9")),
        Cause::Locked
    );
    // An administrator's unlock begins anew too.
    set_status(&world, "jlee", "active");
    for _ in 0..3 {
        assert_eq!(try_from("192.0.2.1"), Cause::WrongSecret);
    }
    came_in(sign_in(engine, &at_harbor("jlee", CHOSEN), "192.0.2.9"));
}

#[test]
fn where_nothing_locks_failures_still_delay() {
    let world = World::harbor();
    lock_after(&world, 0);
    let wrong = at_harbor("jlee", "Wrong-Crane-48");
    for at in 0..9 {
        for _ in 0..3 {
            let refused = cause(sign_in(&world.engine, &wrong, &format!("192.0.2.{at}")));
            assert_eq!(refused, Cause::WrongSecret);
        }
    }
    let refused = cause(sign_in(&world.engine, &wrong, "192.0.2.8"));
    assert_eq!(refused, Cause::Delayed);
    assert_eq!(status(&world, "jlee"), "active");
}

#[test]
fn failures_of_yesterday_do_not_count() {
    let world = World::harbor();
    let engine = &world.engine;
    let wrong = at_harbor("jlee", "Wrong-Crane-48");
    for source in ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"] {
        cause(sign_in(engine, &wrong, source));
    }
    world.source.advance(DAY);
    cause(sign_in(engine, &wrong, "192.0.2.5"));
    assert_eq!(status(&world, "jlee"), "active");
}

#[test]
fn an_automatic_lock_leaves_tokens_and_an_administrators_ends_them() {
    let world = World::harbor();
    let engine = &world.engine;
    let granted = world.grant("ws_sync@HARBOR").json();
    let token = granted["access_token"]
        .as_str()
        .expect("a token")
        .to_owned();
    for at in 0..5 {
        let wrong = at_harbor("ws_sync", "Wrong-Crane-48");
        let refused = cause(sign_in(engine, &wrong, &format!("192.0.2.{at}")));
        assert_eq!(refused, Cause::WrongSecret);
    }
    assert_eq!(status(&world, "ws_sync"), "lockedOut");
    assert_eq!(lists(&world, &token), 200);
    assert_eq!(world.grant("ws_sync@HARBOR").status, 401);
    assert_eq!(
        cause(sign_in(
            engine,
            &at_harbor("ws_sync", &of_sync()),
            "192.0.2.9"
        )),
        Cause::Locked
    );
    let refreshed = world.refresh(&granted["refresh_token"]);
    assert_eq!(refreshed.status, 200, "{}", refreshed.json());
    let refreshed = refreshed.json();
    let newer = refreshed["access_token"].as_str().expect("a token");
    assert_eq!(lists(&world, newer), 200);
    // The administrator says the same status, and means it.
    set_status(&world, "ws_sync", "lockedOut");
    assert_eq!(lists(&world, newer), 401);
    assert_eq!(world.refresh(&refreshed["refresh_token"]).status, 400);
    set_status(&world, "ws_sync", "active");
    assert_eq!(lists(&world, newer), 401);
    came_in(sign_in(
        engine,
        &at_harbor("ws_sync", &of_sync()),
        "192.0.2.9",
    ));
}

#[test]
fn the_console_never_counts_against_a_web_services_user() {
    let world = World::harbor();
    let engine = &world.engine;
    for at in 0..20 {
        let asked = at_console("ws_sync", "Wrong-Crane-48");
        let refused = cause(sign_in(engine, &asked, &format!("192.0.2.{at}")));
        assert_eq!(refused, Cause::WebServicesOnly);
    }
    came_in(sign_in(
        engine,
        &at_harbor("ws_sync", &of_sync()),
        "192.0.2.1",
    ));
}

#[test]
fn the_last_full_administrator_is_delayed_and_never_locked() {
    let world = World::harbor();
    let engine = &world.engine;
    let harbor = company(engine, "HARBOR");
    let secret = credentials().admin_password.clone();
    let asked = at_console("admin", "Wrong-Crane-48");
    // ws_bare looks at what comes of it, so it goes last.
    for user in ["ws_sync", "ws_bare"] {
        let key = key_of(engine, Some(harbor), USER, user);
        set(
            engine,
            Some(harbor),
            USER,
            key,
            &[("adminPrivileges", "off")],
        )
        .expect("a change");
    }
    let try_at = |at: u32| cause(sign_in(engine, &asked, &format!("198.51.100.{at}")));
    for at in 0..5 {
        assert_eq!(try_at(at), Cause::WrongSecret);
    }
    // Beyond the maximum she waits wherever the attempts come from.
    assert_eq!(try_at(6), Cause::Delayed);
    world.source.advance(4 * SECOND);
    assert_eq!(try_at(7), Cause::WrongSecret);
    assert_eq!(try_at(8), Cause::Delayed);
    world.source.advance(60 * SECOND);
    came_in(sign_in(engine, &at_console("admin", &secret), "192.0.2.1"));
}

#[test]
fn a_secret_of_before_is_refused_and_locks_nobody_out() {
    let world = World::harbor();
    let engine = &world.engine;
    let harbor = company(engine, "HARBOR");
    let key = key_of(engine, Some(harbor), USER, "ws_sync");
    let token = world.token("ws_bare@HARBOR");
    let path = format!("/objects/company-config/user/{key}");
    let body = json!({"password": {"requiresReset": true}});
    assert_eq!(
        world.call("PATCH", &path, Some(&token), Some(&body)).status,
        200
    );
    for _ in 0..30 {
        let refused = cause(sign_in(
            engine,
            &at_harbor("ws_sync", &of_sync()),
            "192.0.2.1",
        ));
        assert_eq!(refused, Cause::EndedSecret);
    }
    assert_eq!(status(&world, "ws_sync"), "active");
}

/// Of many wrong attempts at once, from as many places and on two nodes, no more than the maximum is
/// compared.
#[test]
fn a_stampede_gets_no_more_attempts_than_the_maximum() {
    const MOST: usize = 7;
    let world = World::harbor();
    let second = world.second();
    lock_after(&world, 7);
    choose(&world.engine, "jlee", CHOSEN);
    let (compared, start) = (AtomicUsize::new(0), Barrier::new(12));
    let causes = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..12)
            .map(|worker| {
                let engine = [&world.engine, &second.engine][worker % 2];
                let (compared, start) = (&compared, &start);
                scope.spawn(move || {
                    start.wait();
                    let mut causes = BTreeSet::new();
                    for at in 0..4 {
                        let asked = at_harbor("jlee", "Wrong-Crane-48");
                        let source = format!("198.51.{worker}.{at}");
                        let refused = cause(sign_in(engine, &asked, &source));
                        if refused == Cause::WrongSecret {
                            compared.fetch_add(1, Ordering::Relaxed);
                        }
                        causes.insert(refused);
                    }
                    causes
                })
            })
            .collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("no panic"))
            .collect::<BTreeSet<Cause>>()
    });
    assert_eq!(compared.into_inner(), MOST, "{causes:?}");
    assert_eq!(status(&world, "jlee"), "lockedOut");
    assert!(causes.contains(&Cause::Locked), "{causes:?}");
}

/// Begins to sign in and goes away while the password is compared.
fn hang_up(engine: &Engine, asked: &SignIn, address: &str) {
    let mut call = system(None);
    call.address = address.to_owned();
    let before = engine.counters().argon2;
    let mut begun = Box::pin(engine.sign_in(asked.clone(), call));
    let mut context = Context::from_waker(Waker::noop());
    while engine.counters().argon2 == before {
        assert!(begun.as_mut().poll(&mut context).is_pending());
        std::thread::yield_now();
    }
}

#[test]
fn who_goes_away_before_the_answer_has_used_an_attempt() {
    let world = World::harbor();
    let engine = &world.engine;
    choose(engine, "jlee", CHOSEN);
    let (right, wrong) = (
        at_harbor("jlee", CHOSEN),
        at_harbor("jlee", "Wrong-Crane-48"),
    );
    for at in 0..5 {
        hang_up(engine, &wrong, &format!("192.0.2.{at}"));
    }
    // They could be being compared still, so nobody is locked, and nothing more is compared.
    assert_eq!(cause(sign_in(engine, &right, "192.0.2.9")), Cause::Delayed);
    assert_eq!(status(&world, "jlee"), "active");
    world.source.advance(60 * SECOND);
    cause(sign_in(engine, &right, "192.0.2.9"));
    assert_eq!(status(&world, "jlee"), "lockedOut");
    set_status(&world, "jlee", "active");
    came_in(sign_in(engine, &right, "192.0.2.9"));
}

/// Programs that begin at once with the right password do not count against each other.
#[test]
fn the_right_password_from_many_at_once_always_opens() {
    let world = World::harbor();
    choose(&world.engine, "jlee", CHOSEN);
    let start = Barrier::new(12);
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                start.wait();
                for _ in 0..5 {
                    came_in(sign_in(
                        &world.engine,
                        &at_harbor("jlee", CHOSEN),
                        "192.0.2.1",
                    ));
                }
            });
        }
    });
    // All but the first were proved already.
    let before = world.engine.counters().argon2;
    came_in(sign_in(
        &world.engine,
        &at_harbor("jlee", CHOSEN),
        "192.0.2.1",
    ));
    assert_eq!(world.engine.counters().argon2, before);
    // Which skips nothing else.
    set_status(&world, "jlee", "lockedOut");
    assert_eq!(
        cause(sign_in(
            &world.engine,
            &at_harbor("jlee", CHOSEN),
            "192.0.2.1"
        )),
        Cause::Locked
    );
}

#[test]
fn a_chosen_password_ends_after_the_companys_time_unless_it_is_kept() {
    let world = World::harbor();
    let engine = &world.engine;
    choose(engine, "jlee", CHOSEN);
    world.source.advance(90 * DAY - SECOND);
    came_in(sign_in(engine, &at_harbor("jlee", CHOSEN), "192.0.2.1"));
    world.source.advance(SECOND);
    let late = || sign_in(engine, &at_harbor("jlee", CHOSEN), "192.0.2.1");
    for _ in 0..10 {
        // Right and late is no guess: nothing locks.
        assert_eq!(cause(late()), Cause::Expired);
    }
    let harbor = company(engine, "HARBOR");
    let key = key_of(engine, Some(harbor), USER, "jlee");
    let token = world.token("ws_bare@HARBOR");
    let path = format!("/objects/company-config/user/{key}");
    let body = json!({"password": {"neverExpires": true}});
    let answer = world.call("PATCH", &path, Some(&token), Some(&body));
    assert_eq!(answer.status, 200, "{}", answer.json());
    came_in(late());
    // What was generated has no such end.
    came_in(sign_in(
        engine,
        &at_harbor("ws_sync", &of_sync()),
        "192.0.2.1",
    ));
}

/// A hasher takes 19 MiB, so there are few, and what waits for them is bounded.
#[test]
fn more_passwords_than_the_hashers_take_are_refused_for_now_and_count_nothing() {
    const WORKERS: usize = 16;
    let world = World::harbor().restarted(|settings| {
        settings.hashers = 1;
        settings.hash_queue = 1;
    });
    let hands: Vec<_> = (0..WORKERS).map(|_| world.hand()).collect();
    let start = Barrier::new(WORKERS);
    let path = "/sidegate/v1/password/change";
    let busy: usize =
        std::thread::scope(|scope| {
            let workers: Vec<_> = hands
            .iter()
            .enumerate()
            .map(|(worker, hand)| {
                let start = &start;
                let user = if worker < 4 { "jlee".to_owned() } else { format!("user-{worker}") };
                let body = json!({"company": "HARBOR", "user": user, "password": "Wrong-Crane-48",
                                  "newPassword": CHOSEN});
                scope.spawn(move || {
                    start.wait();
                    let mut busy = 0;
                    for _ in 0..6 {
                        let answer = hand.call("POST", path, None, Some(&body));
                        match answer.status.as_u16() {
                            401 => {}
                            503 => {
                                assert_eq!(answer.headers["retry-after"], "1");
                                busy += 1;
                            }
                            other => panic!("{other}"),
                        }
                    }
                    busy
                })
            })
            .collect();
            workers
                .into_iter()
                .map(|worker| worker.join().expect("no panic"))
                .sum()
        });
    assert!(busy > 0, "nothing was refused");
    let hashed = world.engine.counters().argon2;
    assert_eq!(hashed, (WORKERS * 6 - busy) as u64);
}

/// Programs that sign in without a pause over a reset with an overlap: the old secret works to its end
/// and not a moment longer, the new one throughout.
#[test]
fn a_reset_with_an_overlap_under_load_loses_no_sign_in() {
    const OLD: usize = 3;
    const NEW: usize = 3;
    let world = World::harbor();
    let engine = &world.engine;
    let token = world.token("ws_bare@HARBOR");
    let until = crate::harness::NOON + 60 * SECOND;
    let (stop, during) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let old = of_sync();
    let counted = std::thread::scope(|scope| {
        let from = |secret: String, worker: usize| {
            let (stop, during, source) = (&stop, &during, &world.source);
            move || {
                let (mut before, mut after, mut wrong) = (0, 0, Vec::new());
                while stop.load(Ordering::SeqCst) == 0 {
                    let began = source.now();
                    let asked = at_harbor("ws_sync", &secret);
                    let outcome = sign_in(engine, &asked, &format!("192.0.2.{worker}"));
                    let ended = source.now();
                    let came_in = matches!(outcome, SignInOutcome::In(_));
                    // What began before the moment and ended after it may go either way.
                    if ended < until {
                        before += 1;
                        if !came_in {
                            wrong.push((began, outcome));
                        }
                    } else if began >= until {
                        after += 1;
                        if came_in {
                            wrong.push((began, outcome));
                        }
                    }
                    during.fetch_add(1, Ordering::SeqCst);
                }
                (before, after, wrong)
            }
        };
        let olds: Vec<_> = (0..OLD)
            .map(|worker| scope.spawn(from(old.clone(), worker)))
            .collect();
        let more = |times: usize| {
            let reached = during.load(Ordering::SeqCst) + times;
            while during.load(Ordering::SeqCst) < reached {
                std::thread::yield_now();
            }
        };
        more(60);
        let body = json!({"user": {"id": "ws_sync"}, "othersEndAt": "2026-11-22T12:01:00Z"});
        let path = "/sidegate/v1/objects/sidegate/credential";
        let answer = world.call("POST", path, Some(&token), Some(&body));
        assert_eq!(answer.status, 201, "{}", answer.json());
        let mail = world.mails().pop().expect("a mail with the new secret");
        let new = mail
            .body
            .lines()
            .find(|line| line.starts_with("sg1_u"))
            .expect("the new secret")
            .to_owned();
        let news: Vec<_> = (0..NEW)
            .map(|worker| {
                let (new, stop) = (new.clone(), &stop);
                scope.spawn(move || {
                    let (mut fine, mut wrong) = (0, Vec::new());
                    while stop.load(Ordering::SeqCst) == 0 {
                        let asked = at_harbor("ws_sync", &new);
                        let source = format!("198.51.100.{worker}");
                        match sign_in(engine, &asked, &source) {
                            SignInOutcome::In(_) => fine += 1,
                            refused @ SignInOutcome::Refused(_) => wrong.push(refused),
                        }
                    }
                    (fine, wrong)
                })
            })
            .collect();
        more(60);
        world.source.advance(59 * SECOND);
        more(60);
        world.source.advance(SECOND);
        more(60);
        // Also once the end is written down.
        let _ = world.mails();
        more(60);
        stop.store(1, Ordering::SeqCst);
        let mut counted = (0, 0, 0);
        for worker in olds {
            let (before, after, wrong) = worker.join().expect("no panic");
            assert!(wrong.is_empty(), "the old secret: {wrong:?}");
            counted.0 += before;
            counted.1 += after;
        }
        for worker in news {
            let (fine, wrong) = worker.join().expect("no panic");
            assert!(wrong.is_empty(), "the new secret: {wrong:?}");
            counted.2 += fine;
        }
        counted
    });
    assert!(
        counted.0 >= 150 && counted.1 >= 100 && counted.2 >= 10,
        "{counted:?}"
    );
    // For `--nocapture`: sign-ins with the old secret before and after its end, and with the new one.
    eprintln!("{counted:?}");
}

#[test]
fn administrators_read_in_the_audit_trail_why_somebody_did_not_come_in() {
    let world = World::harbor();
    let engine = &world.engine;
    for _ in 0..2 {
        cause(sign_in(
            engine,
            &at_harbor("jlee", "Wrong-Crane-48"),
            "192.0.2.1",
        ));
    }
    cause(sign_in(
        engine,
        &at_harbor("my-password-by-mistake", "jlee"),
        "192.0.2.1",
    ));
    cause(sign_in(
        engine,
        &at_console("ws_sync", &of_sync()),
        "192.0.2.2",
    ));
    engine.flush_evidence();
    let token = world.token("ws_bare@HARBOR");
    let query = json!({"object": "company-config/audit-history",
        "fields": ["changeDetails.newValue", "notes"],
        "filters": [{"$eq": {"changeDetails.fieldName": "signIn"}}], "orderBy": [{"key": "asc"}]});
    let answer = world.call("POST", "/services/core/query", Some(&token), Some(&query));
    assert_eq!(answer.status, 200, "{}", answer.json());
    let rows = answer.json()["ia::result"].clone();
    let mut told: Vec<(String, String)> = rows
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
            (text("changeDetails.newValue"), text("notes"))
        })
        .collect();
    told.sort();
    let causes: Vec<&str> = told.iter().map(|(cause, _)| cause.as_str()).collect();
    assert_eq!(
        causes,
        ["unknownUser", "webServicesOnly", "wrongSecret"],
        "{rows}"
    );
    assert!(told[2].1.starts_with("2 times"), "{rows}");
    assert!(!rows.to_string().contains("by-mistake"), "{rows}");
    let harbor = company(engine, "HARBOR");
    let verdict = crate::support::verified(engine, harbor);
    assert!(
        matches!(verdict, sidegate_engine::audit::Verdict::Whole { .. }),
        "{verdict:?}"
    );
}
