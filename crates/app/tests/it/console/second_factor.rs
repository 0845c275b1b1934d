//! Second factors: set up, asked for, recovered, trusted devices.

use std::collections::BTreeSet;

use serde_json::json;
use sidegate_engine::sign_in::{
    Answered, Confirmed, ConsoleEntry, Enrolment, Knock, OwnSecurity, Sitting, Verified,
};
use sidegate_model::query::Plan;
use sidegate_model::{RecordKey, Value};
use totp_rs::{Builder, Secret};

use super::{
    CHOSEN, SECOND, SESSIONS, USER, as_guest, call, cookie, done, guest, harbor, key, knock, lives,
    open, patch, word,
};
use crate::harness::{World, credentials};
use crate::support::{at_gateway, codes, company, system};

const FACTORS: &str = "/sidegate/v1/objects/sidegate/second-factor";
const DEVICES: &str = "/sidegate/v1/objects/sidegate/trusted-device";
const SETTINGS: &str = "/sidegate/v1/objects/sidegate/company-setting/setup";

/// What an app shows at this moment.
fn shown(world: &World, enrolment: &Enrolment) -> String {
    let seed = Secret::try_from_base32(&enrolment.secret_text).expect("base 32");
    let app = Builder::new().with_secret(seed).build().expect("an app");
    let seconds = u64::try_from(world.source.now() / SECOND).expect("after 1970");
    app.generate(seconds).to_string()
}

/// A code that nobody's app shows.
fn another(code: &str) -> String {
    let digit = if code.starts_with('1') { "2" } else { "1" };
    format!("{digit}{}", &code[1..])
}

fn begin(world: &World, who: &Sitting) -> Enrolment {
    done(world.engine.begin_enrolment(who, &call())).expect("a seed")
}

fn confirm(world: &World, who: &Sitting, code: String) -> Confirmed {
    done(world.engine.confirm_enrolment(who, code, &call())).expect("an answer")
}

/// Sets up a second factor in a session; what the app needs, and the recovery codes.
fn enrol(world: &World, session: &str) -> (Enrolment, Vec<String>) {
    let who = Sitting::Session(session.to_owned());
    let enrolment = begin(world, &who);
    match confirm(world, &who, shown(world, &enrolment)) {
        Confirmed::Done {
            recovery_codes,
            opened,
        } => {
            assert!(opened.is_none(), "she was in already");
            world.source.advance(30 * SECOND);
            (enrolment, recovery_codes)
        }
        Confirmed::Wrong | Confirmed::Over => panic!("not set up"),
    }
}

fn pending(entry: ConsoleEntry) -> String {
    match entry {
        ConsoleEntry::SecondFactor { pending } | ConsoleEntry::EnrolSecondFactor { pending } => {
            pending
        }
        other => panic!("not asked: {}", word(&other)),
    }
}

fn answer(world: &World, pending: &str, code: &str, remember: Option<&str>) -> Answered {
    let remember = remember.map(str::to_owned);
    let (code, call) = (code.to_owned(), call());
    let answered = world.engine.answer_second(pending, code, remember, &call);
    done(answered).expect("an answer")
}

fn own(world: &World, session: &str) -> OwnSecurity {
    done(world.engine.own_security(session, &call())).expect("an answer")
}

fn set(world: &World, body: &serde_json::Value) {
    let token = world.token("ws_bare@HARBOR");
    let answer = world.call("PATCH", SETTINGS, Some(&token), Some(body));
    assert_eq!(answer.status, 200, "{}", answer.json());
}

/// How many rows of an object HARBOR has.
fn count(world: &World, object: &'static str) -> usize {
    let harbor = company(&world.engine, "HARBOR");
    let found = world.engine.read(system(Some(harbor)), move |work| {
        let registry = work.registry();
        let plan = Plan::internal(registry, object, &["key"], &[], 1000);
        let mut rows = 0;
        work.visit(&plan, &mut |_| rows += 1)?;
        Ok(rows)
    });
    found.wait().expect("a number")
}

/// Event, source and actor of what the trail of HARBOR tells of second factors.
fn trail(world: &World) -> Vec<(String, String, Option<RecordKey>)> {
    let harbor = company(&world.engine, "HARBOR");
    let found = world.engine.read(system(Some(harbor)), |work| {
        let plan = Plan::internal(
            work.registry(),
            "sidegate/audit-entry",
            &["event", "source", "actor"],
            &[("object", Value::from("sidegate/second-factor"))],
            100,
        );
        let mut rows = Vec::new();
        work.visit(&plan, &mut |row| {
            let text = |at| row.text(at).unwrap_or_default().to_owned();
            rows.push((text(0), text(1), row.number(2).and_then(RecordKey::new)));
        })?;
        Ok(rows)
    });
    found.wait().expect("rows")
}

#[test]
fn a_code_of_her_app_is_asked_for_and_works_once() {
    let world = harbor(&["admin"]);
    let session = cookie(open(&world, knock("admin", CHOSEN)));
    let who = Sitting::Session(session.clone());
    let not_begun = done(
        world
            .engine
            .confirm_enrolment(&who, "123456".to_owned(), &call()),
    );
    assert_eq!(codes(&not_begun.err().expect("not begun")), ["SG-0414"]);
    let given_up = begin(&world, &who);
    let enrolment = begin(&world, &who);
    assert_ne!(given_up.secret_text, enrolment.secret_text);
    assert_eq!(
        enrolment.uri,
        format!(
            "otpauth://totp/Sidegate:HARBOR%2Fadmin?secret={}&issuer=Sidegate",
            enrolment.secret_text
        )
    );
    let wrong = confirm(&world, &who, shown(&world, &given_up));
    assert!(
        matches!(wrong, Confirmed::Wrong),
        "a seed that was replaced"
    );
    // Until it is confirmed, nothing is asked for.
    assert_eq!(word(&open(&world, knock("admin", CHOSEN))), "in");
    let code = shown(&world, &enrolment);
    let confirmed = confirm(&world, &who, code.clone());
    assert!(matches!(confirmed, Confirmed::Done { .. }));
    assert_eq!(own(&world, &session).enrolled, Some(world.source.now()));
    let again = done(world.engine.begin_enrolment(&who, &call()));
    assert_eq!(codes(&again.err().expect("she has one")), ["SG-0412"]);
    let asked = open(&world, knock("admin", CHOSEN));
    assert_eq!(word(&asked), "second factor");
    let pending = pending(asked);
    let replayed = answer(&world, &pending, &code, None);
    assert_eq!(word(&replayed.entry), "second factor", "it was used");
    world.source.advance(30 * SECOND);
    let code = shown(&world, &enrolment);
    let wrong = answer(&world, &pending, &another(&code), None);
    assert_eq!(word(&wrong.entry), "second factor");
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    let right = answer(&world, &pending, &spaced, None);
    assert!(right.device.is_none());
    assert!(lives(&world, &cookie(right.entry)));
    let replayed = answer(&world, &pending, &code, None);
    assert_eq!(word(&replayed.entry), "second factor", "it was used");
    // The app's clock may be half a minute off, either way; the ticket lives for five minutes.
    world.source.advance(30 * SECOND);
    let late = shown(&world, &enrolment);
    world.source.advance(30 * SECOND);
    assert_eq!(word(&answer(&world, &pending, &late, None).entry), "in");
    world.source.advance(300 * SECOND);
    let code = shown(&world, &enrolment);
    assert_eq!(
        word(&answer(&world, &pending, &code, None).entry),
        "refused"
    );
    for forged in ["", "1.", "1.AAAA", &pending[..pending.len() - 2]] {
        assert_eq!(word(&answer(&world, forged, &code, None).entry), "refused");
    }
}

#[test]
fn wrong_codes_are_failed_sign_ins_that_a_password_does_not_make_up_for() {
    let world = harbor(&["jlee"]);
    super::prefer(
        &world,
        &json!({"passwordSettings": {"maxLoginAttempts": 4}}),
    );
    let session = cookie(open(&world, knock("jlee", CHOSEN)));
    let (enrolment, _) = enrol(&world, &session);
    let asked = pending(open(&world, knock("jlee", CHOSEN)));
    let wrong = || another(&shown(&world, &enrolment));
    for _ in 0..3 {
        assert_eq!(
            word(&answer(&world, &asked, &wrong(), None).entry),
            "second factor"
        );
    }
    // The third failure delays: a right code is not looked at.
    let right = shown(&world, &enrolment);
    assert_eq!(
        word(&answer(&world, &asked, &right, None).entry),
        "second factor"
    );
    world.source.advance(2 * SECOND);
    // The right password counts for nothing, at the console, at a change of it, at the gateway.
    let asked = pending(open(&world, knock("jlee", CHOSEN)));
    let gateway = at_gateway("HARBOR", "jlee", CHOSEN);
    let entered = crate::support::sign_in(&world.engine, &gateway, "192.0.2.1");
    assert!(matches!(
        entered,
        sidegate_engine::sign_in::SignInOutcome::In(_)
    ));
    let change = sidegate_engine::sign_in::PasswordChange {
        company: "HARBOR".to_owned(),
        user: "jlee".to_owned(),
        password: CHOSEN.to_owned(),
        new_password: "short".to_owned(),
        place: "/newPassword",
    };
    done(world.engine.change_password(change, call())).expect_err("too short");
    answer(&world, &asked, &wrong(), None);
    assert_eq!(
        word(&open(&world, knock("jlee", CHOSEN))),
        "refused",
        "locked out"
    );
    let right = shown(&world, &enrolment);
    assert_eq!(word(&answer(&world, &asked, &right, None).entry), "refused");
    // A good sign-in with both begins anew.
    patch(&world, USER, "jlee", &json!({"status": "active"}));
    for _ in 0..2 {
        let asked = pending(open(&world, knock("jlee", CHOSEN)));
        for _ in 0..2 {
            answer(&world, &asked, &wrong(), None);
        }
        world.source.advance(30 * SECOND);
        let right = shown(&world, &enrolment);
        assert_eq!(word(&answer(&world, &asked, &right, None).entry), "in");
    }
}

#[test]
fn recovery_codes_work_once_each_and_new_ones_replace_them() {
    let world = harbor(&["admin"]);
    let session = cookie(open(&world, knock("admin", CHOSEN)));
    let none = done(world.engine.new_recovery_codes(&session, &call()));
    assert_eq!(codes(&none.expect_err("no second factor")), ["SG-0413"]);
    let (_, first) = enrol(&world, &session);
    assert_eq!(first.iter().collect::<BTreeSet<_>>().len(), 10);
    let enter = |code: &str| {
        let asked = pending(open(&world, knock("admin", CHOSEN)));
        let entry = answer(&world, &asked, code, None).entry;
        world.source.advance(5 * SECOND);
        word(&entry)
    };
    assert_eq!(enter(&first[3]), "in");
    assert_eq!(enter(&first[3]), "second factor", "used");
    assert_eq!(own(&world, &session).recovery_codes, 9);
    let typed = first[4].replace('-', " ").to_uppercase();
    assert_eq!(enter(&typed), "in", "as people type it");
    let second = done(world.engine.new_recovery_codes(&session, &call())).expect("codes");
    assert_eq!(enter(&first[0]), "second factor", "replaced");
    assert_eq!(enter(&second[0]), "in");
    assert_eq!(own(&world, &session).recovery_codes, 9);
    assert_eq!(count(&world, "sidegate/recovery-code"), 9);
    // The trail knows: set up, two codes used, new ones, one used.
    assert_eq!(
        trail(&world),
        ["create", "update", "update", "update", "update"].map(|event| {
            (
                event.to_owned(),
                "userInterface".to_owned(),
                Some(key(&world, USER, "admin")),
            )
        })
    );
}

#[test]
fn a_trusted_device_asks_for_no_code_for_a_month() {
    let world = harbor(&["admin", "jlee"]);
    super::prefer(
        &world,
        &json!({"passwordSettings": {"changeFrequency": "never"}}),
    );
    let session = cookie(open(&world, knock("admin", CHOSEN)));
    let (enrolment, _) = enrol(&world, &session);
    let trusting = |name| {
        world.source.advance(30 * SECOND);
        let asked = pending(open(&world, knock("admin", CHOSEN)));
        answer(&world, &asked, &shown(&world, &enrolment), Some(name))
    };
    let device = trusting("Ada's laptop").device.expect("a cookie");
    let with = |device: &str| Knock {
        device: Some(device.to_owned()),
        ..knock("admin", CHOSEN)
    };
    let opened = open(&world, with(&device.cookie));
    assert_eq!(word(&opened), "in");
    let session = cookie(opened);
    let seen = own(&world, &session);
    assert!(seen.may_trust && !seen.demanded);
    assert_eq!(seen.devices[0].name, "Ada's laptop");
    assert_eq!(seen.devices[0].used, Some(world.source.now()));
    assert_eq!(seen.devices[0].ends, device.ends);
    // It says nothing of the password, nor of anybody else.
    let mut wrong = with(&device.cookie);
    wrong.password = "Wrong-Crane-48".to_owned();
    assert_eq!(word(&open(&world, wrong)), "refused");
    let jlee = cookie(open(&world, knock("jlee", CHOSEN)));
    enrol(&world, &jlee);
    let mut other = with(&device.cookie);
    other.user = "jlee".to_owned();
    assert_eq!(word(&open(&world, other)), "second factor");
    for nothing in ["", "sg1_d", &device.cookie.replace("sg1_d", "sg1_k")] {
        assert_eq!(word(&open(&world, with(nothing))), "second factor");
    }
    // The company, or her own setting, has none trusted; her own goes first.
    let asked = |wanted| assert_eq!(word(&open(&world, with(&device.cookie))), wanted);
    set(&world, &json!({"allowTrustedDevices": false}));
    asked("second factor");
    assert!(trusting("Another").device.is_none());
    patch(&world, USER, "admin", &json!({"trustedDevices": "always"}));
    asked("in");
    set(&world, &json!({"allowTrustedDevices": true}));
    patch(&world, USER, "admin", &json!({"trustedDevices": "never"}));
    asked("second factor");
    patch(
        &world,
        USER,
        "admin",
        &json!({"trustedDevices": "companyDefault"}),
    );
    asked("in");
    // She forgets it, an administrator ends it, a month is over.
    let second = trusting("Second").device.expect("a cookie");
    let third = trusting("Third").device.expect("a cookie");
    let session = cookie(open(&world, with(&third.cookie)));
    let first = own(&world, &session).devices[0].key;
    done(world.engine.forget_device(&session, first, &call())).expect("forgotten");
    asked("second factor");
    let key = own(&world, &session).devices[0].key;
    let token = world.token("ws_bare@HARBOR");
    let answer = world.call("DELETE", &format!("{DEVICES}/{key}"), Some(&token), None);
    assert_eq!(answer.status, 204);
    assert_eq!(word(&open(&world, with(&second.cookie))), "second factor");
    world
        .source
        .advance(third.ends - world.source.now() - SECOND);
    assert_eq!(word(&open(&world, with(&third.cookie))), "in");
    world.source.advance(SECOND);
    assert_eq!(word(&open(&world, with(&third.cookie))), "second factor");
}

#[test]
fn whoever_has_to_have_one_sets_it_up_before_she_comes_in() {
    let world = harbor(&["admin", "jlee", "mkhan"]);
    let asked = |user: &str| word(&open(&world, knock(user, CHOSEN)));
    assert_eq!(["admin", "jlee", "mkhan"].map(asked), ["in"; 3]);
    set(&world, &json!({"secondFactor": "allUsers"}));
    assert_eq!(["admin", "jlee", "mkhan"].map(asked), ["enrol"; 3]);
    // Web Services users have none of it.
    let sync = at_gateway("HARBOR", "ws_sync", &credentials().user_password);
    let entered = crate::support::sign_in(&world.engine, &sync, "192.0.2.1");
    assert!(matches!(
        entered,
        sidegate_engine::sign_in::SignInOutcome::In(_)
    ));
    let ticket = pending(open(&world, knock("jlee", CHOSEN)));
    // A ticket opens nothing by itself.
    assert_eq!(
        word(&answer(&world, &ticket, "123456", None).entry),
        "refused"
    );
    let who = Sitting::Pending(ticket);
    let enrolment = begin(&world, &who);
    let code = shown(&world, &enrolment);
    let wrong = confirm(&world, &who, another(&code));
    assert!(matches!(wrong, Confirmed::Wrong));
    let Confirmed::Done {
        recovery_codes,
        opened,
    } = confirm(&world, &who, code)
    else {
        panic!("not set up");
    };
    assert_eq!(recovery_codes.len(), 10);
    let session = opened.expect("she is in").cookie;
    assert!(lives(&world, &session) && own(&world, &session).demanded);
    assert_eq!(asked("jlee"), "second factor");
    // Her password alone, and so a new ticket, sets up no other one.
    let ticket = pending(open(&world, knock("jlee", CHOSEN)));
    let again = done(
        world
            .engine
            .begin_enrolment(&Sitting::Pending(ticket), &call()),
    );
    assert_eq!(codes(&again.err().expect("she has one")), ["SG-0412"]);
    let dropped = done(world.engine.drop_second_factor(&session, &call()));
    assert_eq!(
        codes(&dropped.expect_err("the company wants it")),
        ["SG-0411"]
    );
    set(&world, &json!({"secondFactor": "selectedUsers"}));
    done(world.engine.drop_second_factor(&session, &call())).expect("her own choice");
    assert_eq!(asked("jlee"), "in");
    for object in ["sidegate/second-factor", "sidegate/recovery-code"] {
        assert_eq!(count(&world, object), 0, "{object}");
    }
}

#[test]
fn a_ticket_is_worth_what_its_password_is() {
    let world = harbor(&["admin", "jlee"]);
    let session = cookie(open(&world, knock("jlee", CHOSEN)));
    let (enrolment, _) = enrol(&world, &session);
    let right = || {
        world.source.advance(30 * SECOND);
        shown(&world, &enrolment)
    };
    let ticket = pending(open(&world, knock("jlee", CHOSEN)));
    patch(
        &world,
        USER,
        "jlee",
        &json!({"password": {"requiresReset": true}}),
    );
    assert_eq!(
        word(&answer(&world, &ticket, &right(), None).entry),
        "refused"
    );
    crate::support::choose(&world.engine, "jlee", CHOSEN);
    let ticket = pending(open(&world, knock("jlee", CHOSEN)));
    patch(&world, USER, "jlee", &json!({"status": "inactive"}));
    assert_eq!(
        word(&answer(&world, &ticket, &right(), None).entry),
        "refused"
    );
    patch(&world, USER, "jlee", &json!({"status": "active"}));
    assert_eq!(word(&answer(&world, &ticket, &right(), None).entry), "in");
    // Nor is a ticket anything else.
    assert!(!lives(&world, &ticket));
}

#[test]
fn an_administrator_takes_away_what_somebody_lost() {
    let world = harbor(&["admin", "jlee", "mkhan"]);
    let session = cookie(open(&world, knock("admin", CHOSEN)));
    enrol(&world, &session);
    let jlee = cookie(open(&world, knock("jlee", CHOSEN)));
    enrol(&world, &jlee);
    let token = world.token("ws_bare@HARBOR");
    let rows = world.call("GET", FACTORS, Some(&token), None).json();
    let keys: Vec<&str> = rows["ia::result"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|row| row["key"].as_str().expect("a key"))
        .collect();
    assert_eq!(keys.len(), 2, "{rows}");
    let one = world.call("GET", &format!("{FACTORS}/{}", keys[0]), Some(&token), None);
    let text = one.json().to_string();
    assert!(text.contains("\"recoveryCodes\":10"), "{text}");
    assert!(
        !text.contains("sealed") && !text.contains("lastStep"),
        "{text}"
    );
    // Not a limited one of a full one.
    let limited = as_guest(&guest(&world, &jlee).expect("a guest"));
    let of_admin = keys[0].parse().expect("a number");
    let of_admin = RecordKey::new(of_admin).expect("a key");
    let refused = world.engine.write(limited, move |work| {
        work.delete(work.object("sidegate/second-factor"), of_admin, None)
    });
    assert_eq!(
        codes(&refused.wait().expect_err("a stronger user")),
        ["SG-0304"]
    );
    let gone = world.call(
        "DELETE",
        &format!("{FACTORS}/{}", keys[1]),
        Some(&token),
        None,
    );
    assert_eq!(gone.status, 204);
    assert_eq!(word(&open(&world, knock("jlee", CHOSEN))), "in");
    assert_eq!(
        count(&world, "sidegate/recovery-code"),
        10,
        "of admin alone"
    );
    // Becoming a Web Services user takes it away as well.
    let jlee = cookie(open(&world, knock("jlee", CHOSEN)));
    enrol(&world, &jlee);
    patch(
        &world,
        USER,
        "jlee",
        &json!({"webServices": {"isRestricted": true}}),
    );
    assert_eq!(count(&world, "sidegate/second-factor"), 1);
    let sessions = world.call("GET", SESSIONS, Some(&token), None);
    assert_eq!(sessions.status, 200);
}

#[test]
fn whoever_proves_herself_again_gives_a_code_too() {
    let world = harbor(&["admin"]);
    let session = cookie(open(&world, knock("admin", CHOSEN)));
    let (enrolment, recovery) = enrol(&world, &session);
    let verify = |password: &str, code: Option<String>| {
        world.source.advance(30 * SECOND);
        let (password, call) = (password.to_owned(), call());
        let asked = world.engine.verify_own(&session, password, code, &call);
        done(asked).expect("an answer")
    };
    let now = || {
        world.source.advance(30 * SECOND);
        Some(shown(&world, &enrolment))
    };
    assert_eq!(verify(CHOSEN, now()), Verified::Yes);
    assert_eq!(verify(CHOSEN, None), Verified::Wrong { left: 2 });
    assert_eq!(verify(CHOSEN, Some(recovery[0].clone())), Verified::Yes);
    let code = now();
    assert_eq!(
        verify("Wrong-Crane-48", code.clone()),
        Verified::Wrong { left: 2 }
    );
    let wrong = code.map(|code| another(&code));
    assert_eq!(verify(CHOSEN, wrong.clone()), Verified::Wrong { left: 1 });
    assert_eq!(verify(CHOSEN, wrong), Verified::Ended);
    assert!(!lives(&world, &session));
}
