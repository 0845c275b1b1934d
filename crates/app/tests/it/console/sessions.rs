//! Sessions of the console: who opens one, how long it goes on, what ends it.

use serde_json::{Value, json};
use sidegate_engine::sign_in::{PasswordChange, Verified};
use sidegate_model::RecordKey;

use super::{
    CHOSEN, MINUTE, SECOND, SESSIONS, USER, as_guest, call, cookie, done, guest, harbor, key,
    knock, lives, open, patch, prefer, word,
};
use crate::harness::{World, credentials};
use crate::support::{codes, company, drafted_values, set, system};

const DAY: i64 = 24 * 60 * MINUTE;

/// The live sessions that somebody with the right to them sees over REST.
fn listed(world: &World) -> Vec<Value> {
    let token = world.token("ws_bare@HARBOR");
    let fields = [
        "key",
        "user.id",
        "entity.id",
        "status",
        "address",
        "openedAt",
        "lastUsedAt",
    ];
    let query = json!({"object": "sidegate/console-session", "fields": fields,
        "orderBy": [{"key": "asc"}]});
    let request = axum::http::Request::post("/sidegate/v1/services/core/query")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(axum::body::Body::from(query.to_string()))
        .expect("a request");
    let answer = world.send(request);
    assert_eq!(answer.status, 200, "{}", answer.json());
    let rows = answer.json()["ia::result"].clone();
    rows.as_array().expect("rows").clone()
}

/// The key of the only live session of a user.
fn key_of_live(world: &World, user: &str) -> RecordKey {
    let rows = listed(world);
    let live = |row: &&Value| row["user.id"] == user && row["status"] == "active";
    let row = rows.iter().find(live).expect("a live session");
    let key = row["key"].as_str().expect("a key");
    RecordKey::new(key.parse().expect("a number")).expect("a key")
}

#[test]
fn a_person_comes_in_at_the_top_or_in_her_entity() {
    let world = harbor(&["admin", "mkhan"]);
    let first = cookie(open(&world, knock("admin", CHOSEN)));
    let second = cookie(open(&world, knock("admin", CHOSEN)));
    assert_ne!(first, second, "each sign-in has a session of its own");
    let admin = guest(&world, &first).expect("a guest");
    assert_eq!(admin.company.id, "HARBOR");
    assert_eq!(admin.user.id, "admin");
    assert!(admin.entity.is_none() && admin.trial.is_none());
    let again = guest(&world, &first).expect("a guest");
    assert_eq!(admin.csrf, again.csrf, "forms stay good");
    let other = guest(&world, &second).expect("a guest");
    assert_ne!(admin.csrf, other.csrf);
    let project_manager = cookie(open(&world, knock("mkhan", CHOSEN)));
    let project_manager = guest(&world, &project_manager).expect("a guest");
    assert_eq!(project_manager.entity.expect("an entity").id, "E200");
    for nothing in [
        "",
        "sg1_k",
        &first.replace("sg1_k", "sg1_x"),
        &format!("{first}x"),
    ] {
        assert!(!lives(&world, nothing), "{nothing}");
    }
}

#[test]
fn whoever_does_not_come_in_is_told_nothing_else() {
    let world = harbor(&["admin", "jlee", "mkhan", "twriter"]);
    let sync = &credentials().user_password;
    let mut elsewhere = knock("admin", CHOSEN);
    elsewhere.company = "NOWHERE".to_owned();
    patch(&world, USER, "mkhan", &json!({"status": "inactive"}));
    for (asked, why) in [
        (knock("admin", "Tidal-Crane-49"), "a wrong password"),
        (knock("nobody", CHOSEN), "no such user"),
        (elsewhere, "no such company"),
        (
            knock("ws_sync", sync),
            "a Web Services user with her secret",
        ),
        (knock("twriter", CHOSEN), "locked out"),
        (knock("mkhan", CHOSEN), "inactive"),
        (knock("", ""), "nothing"),
    ] {
        assert_eq!(word(&open(&world, asked)), "refused", "{why}");
    }
    // Right, but too old; a wrong one is told nothing of it.
    world.source.advance(91 * DAY);
    assert_eq!(word(&open(&world, knock("jlee", CHOSEN))), "expired");
    assert_eq!(
        word(&open(&world, knock("jlee", "Tidal-Crane-49"))),
        "refused"
    );
}

#[test]
fn a_session_ends_for_want_of_use_and_in_any_case() {
    let world = harbor(&["admin"]);
    let settings = json!({"userSessionSettings":
        {"inactivityTimeOutMinutes": 60, "sessionTimeoutMinutes": 150}});
    prefer(&world, &settings);
    let opened = cookie(open(&world, knock("admin", CHOSEN)));
    let unused = cookie(open(&world, knock("admin", CHOSEN)));
    let began = world.source.now();
    let one = guest(&world, &opened).expect("a guest");
    assert_eq!(one.idle_ends, began + 60 * MINUTE);
    assert_eq!(one.ends, began + 150 * MINUTE);
    let writes = || world.engine.counters().writes;
    let before = writes();
    assert!(lives(&world, &opened));
    assert_eq!(writes(), before, "use is not written each time");
    world.source.advance(59 * MINUTE);
    assert!(lives(&world, &opened));
    assert_eq!(writes(), before + 1);
    world.source.advance(3 * MINUTE);
    assert!(!lives(&world, &unused), "not used for 62 minutes");
    assert!(lives(&world, &opened));
    world.source.advance(55 * MINUTE);
    let near = guest(&world, &opened).expect("used all along");
    assert_eq!(near.idle_ends, near.ends, "no use goes beyond the end");
    world.source.advance(33 * MINUTE - SECOND);
    assert!(lives(&world, &opened));
    world.source.advance(SECOND);
    assert!(!lives(&world, &opened), "150 minutes are over");
}

#[test]
fn a_person_may_have_shorter_times_than_her_company() {
    let world = harbor(&["admin"]);
    let opened = cookie(open(&world, knock("admin", CHOSEN)));
    let her = as_guest(&guest(&world, &opened).expect("a guest"));
    let chosen = world.engine.write(her, |work| {
        let object = work.object("sidegate/user-preference");
        let mut draft = sidegate_model::Draft::default();
        for (name, minutes) in [
            ("inactivityTimeOutMinutes", 10),
            ("sessionTimeoutMinutes", 30),
        ] {
            let field = object.named(name).expect("declared").index;
            let given = sidegate_model::Given::Value(sidegate_model::Value::Integer(minutes));
            draft.set(field, format!("/{name}"), given);
        }
        work.create(object, &draft).map(drop)
    });
    chosen.wait().expect("a preference");
    let now = world.source.now();
    let next = cookie(open(&world, knock("admin", CHOSEN)));
    let next = guest(&world, &next).expect("a guest");
    assert_eq!(next.ends, now + 30 * MINUTE);
    let moved = guest(&world, &opened).expect("a guest");
    assert_eq!(
        moved.idle_ends,
        now + 10 * MINUTE,
        "from the next request on"
    );
    world.source.advance(11 * MINUTE);
    assert!(!lives(&world, &opened));
}

#[test]
fn what_ends_her_access_ends_her_sessions_on_the_next_request() {
    let world = harbor(&["admin", "jlee"]);
    let session = || cookie(open(&world, knock("jlee", CHOSEN)));
    let status = |word: &str| patch(&world, USER, "jlee", &json!({"status": word}));
    for end in ["inactive", "lockedOut"] {
        let session = session();
        assert!(lives(&world, &session));
        status(end);
        assert!(!lives(&world, &session), "{end}");
        status("active");
        assert!(!lives(&world, &session), "{end}, and no way back");
    }
    // A guest who is in is looked at with each piece of work.
    let kept = session();
    let her = guest(&world, &kept).expect("a guest");
    status("inactive");
    let asked = world
        .engine
        .read(as_guest(&her), |work| work.find(work.object(USER), "jlee"));
    assert_eq!(codes(&asked.wait().expect_err("she is out")), ["REST-2102"]);
    status("active");
    let reset = session();
    patch(
        &world,
        USER,
        "jlee",
        &json!({"password": {"requiresReset": true}}),
    );
    assert!(
        !lives(&world, &reset),
        "what she proved herself with is over"
    );
    let opened = cookie(open(&world, knock("admin", CHOSEN)));
    let change = PasswordChange {
        company: "HARBOR".to_owned(),
        user: "admin".to_owned(),
        password: CHOSEN.to_owned(),
        new_password: "Brisk-Otter-77".to_owned(),
        place: "/newPassword",
    };
    done(world.engine.change_password(change, call())).expect("a new password");
    assert!(!lives(&world, &opened), "opened with the one of before");
    assert!(lives(
        &world,
        &cookie(open(&world, knock("admin", "Brisk-Otter-77")))
    ));
}

#[test]
fn an_automatic_lock_keeps_out_who_comes_and_leaves_who_is_in() {
    let world = harbor(&["jlee"]);
    prefer(
        &world,
        &json!({"passwordSettings": {"maxLoginAttempts": 2}}),
    );
    let session = cookie(open(&world, knock("jlee", CHOSEN)));
    for _ in 0..2 {
        assert_eq!(
            word(&open(&world, knock("jlee", "Wrong-Crane-48"))),
            "refused"
        );
    }
    assert_eq!(
        word(&open(&world, knock("jlee", CHOSEN))),
        "refused",
        "locked out"
    );
    assert!(lives(&world, &session), "strangers end nothing");
    patch(&world, USER, "jlee", &json!({"status": "lockedOut"}));
    assert!(!lives(&world, &session), "an administrator does");
}

#[test]
fn a_user_who_becomes_a_web_services_user_leaves_the_console() {
    let world = harbor(&["jlee"]);
    let session = cookie(open(&world, knock("jlee", CHOSEN)));
    patch(
        &world,
        USER,
        "jlee",
        &json!({"webServices": {"isRestricted": true}}),
    );
    assert!(!lives(&world, &session));
    assert_eq!(listed(&world)[0]["status"], "ended");
    assert_eq!(word(&open(&world, knock("jlee", CHOSEN))), "refused");
}

#[test]
fn a_person_leaves_one_browser_or_all_of_them() {
    let world = harbor(&["admin", "jlee"]);
    let session = |user| cookie(open(&world, knock(user, CHOSEN)));
    let [one, two, three, other] = [
        session("admin"),
        session("admin"),
        session("admin"),
        session("jlee"),
    ];
    done(world.engine.leave_console(&one, &call())).expect("left");
    assert!(!lives(&world, &one) && lives(&world, &two));
    let ended = done(world.engine.leave_everywhere(&two, &call())).expect("left");
    assert_eq!(ended, 2);
    assert!(!lives(&world, &two) && !lives(&world, &three) && lives(&world, &other));
    let again = done(world.engine.leave_everywhere(&two, &call()));
    assert_eq!(codes(&again.expect_err("it is over")), ["REST-2102"]);
}

#[test]
fn a_person_sees_and_ends_her_own_sessions_only() {
    let world = harbor(&["jlee", "mkhan"]);
    let session = |user| cookie(open(&world, knock(user, CHOSEN)));
    let [one, two, other] = [session("jlee"), session("jlee"), session("mkhan")];
    let own = |session: &str| done(world.engine.own_sessions(session, &call())).expect("rows");
    let hers = own(&two);
    assert_eq!(
        hers.iter().map(|one| one.this).collect::<Vec<_>>(),
        [false, true]
    );
    assert_eq!(hers[0].address, "192.0.2.1");
    assert_eq!(hers[0].opened, world.source.now());
    let others = own(&other);
    assert_eq!(others.len(), 1);
    assert_eq!(others[0].entity.as_deref(), Some("E200"));
    let end = |key| done(world.engine.end_own_session(&two, key, &call())).expect("done");
    end(others[0].key);
    end(hers[0].key);
    assert_eq!(
        [&one, &two, &other].map(|session| lives(&world, session)),
        [false, true, true]
    );
    assert_eq!(own(&two).len(), 1);
}

#[test]
fn administrators_see_and_end_the_sessions_of_others() {
    let world = harbor(&["admin", "jlee", "mkhan"]);
    let sessions = ["admin", "jlee", "mkhan"].map(|user| cookie(open(&world, knock(user, CHOSEN))));
    let rows = listed(&world);
    let column = |name: &str| -> Vec<Value> { rows.iter().map(|row| row[name].clone()).collect() };
    assert_eq!(column("user.id"), ["admin", "jlee", "mkhan"]);
    assert_eq!(
        column("entity.id"),
        [Value::Null, Value::Null, json!("E200")]
    );
    assert_eq!(column("address"), ["192.0.2.1"; 3]);
    let token = world.token("ws_bare@HARBOR");
    let path = |at: usize| format!("{SESSIONS}/{}", rows[at]["key"].as_str().expect("a key"));
    let shown = world.call("GET", &path(0), Some(&token), None).json();
    let text = shown.to_string();
    assert!(
        !text.contains("hash") && !text.contains("strikes"),
        "{text}"
    );
    let body = json!({"status": "active"});
    let answer = world.call("PATCH", &path(1), Some(&token), Some(&body));
    assert!(
        answer.json().to_string().contains("SG-0410"),
        "{}",
        answer.json()
    );
    let body = json!({"status": "ended"});
    let answer = world.call("PATCH", &path(1), Some(&token), Some(&body));
    assert_eq!(answer.status, 200, "{}", answer.json());
    let answer = world.call("DELETE", &path(2), Some(&token), None);
    assert_eq!(answer.status, 204);
    assert_eq!(
        sessions.map(|session| lives(&world, &session)),
        [true, false, false]
    );
    // Whoever is no administrator sees her own only; a limited one ends none of a full one.
    let jlee = cookie(open(&world, knock("jlee", CHOSEN)));
    let jlee = as_guest(&guest(&world, &jlee).expect("a guest"));
    let last = cookie(open(&world, knock("mkhan", CHOSEN)));
    let mkhan = as_guest(&guest(&world, &last).expect("a guest"));
    let of_admin = rows[0]["key"]
        .as_str()
        .expect("a key")
        .parse()
        .expect("a number");
    let of_admin = RecordKey::new(of_admin).expect("a key");
    for (call, wanted) in [(jlee, "SG-0304"), (mkhan, "SG-0401")] {
        let ended = world.engine.write(call, move |work| {
            let sessions = work.object("sidegate/console-session");
            let draft = drafted_values(sessions, &[("status", "ended")]);
            work.update(sessions, of_admin, &draft, None)
        });
        assert_eq!(codes(&ended.wait().expect_err("not hers to end")), [wanted]);
    }
    let own = as_guest(&guest(&world, &last).expect("a guest"));
    let mine = key_of_live(&world, "mkhan");
    let ended = world.engine.write(own, move |work| {
        work.delete(work.object("sidegate/console-session"), mine, None)
    });
    ended.wait().expect("hers to end");
    assert!(!lives(&world, &last));
}

#[test]
fn three_wrong_answers_end_a_session() {
    let world = harbor(&["admin"]);
    prefer(
        &world,
        &json!({"passwordSettings": {"maxLoginAttempts": 0}}),
    );
    let session = cookie(open(&world, knock("admin", CHOSEN)));
    let verify = |session: &str, password: &str| {
        // Failed sign-ins are delayed.
        world.source.advance(20 * SECOND);
        let call = call();
        let asked = world
            .engine
            .verify_own(session, password.to_owned(), None, &call);
        done(asked).expect("an answer")
    };
    assert_eq!(verify(&session, CHOSEN), Verified::Yes);
    assert_eq!(verify(&session, "Wrong-1"), Verified::Wrong { left: 2 });
    assert_eq!(verify(&session, "Wrong-2"), Verified::Wrong { left: 1 });
    assert_eq!(verify(&session, CHOSEN), Verified::Yes, "and begins anew");
    for left in [2, 1] {
        assert_eq!(verify(&session, "Wrong-3"), Verified::Wrong { left });
    }
    assert_eq!(verify(&session, "Wrong-3"), Verified::Ended);
    assert!(!lives(&world, &session));
    assert_eq!(verify(&session, CHOSEN), Verified::Ended);
    // They count as failed sign-ins.
    let harbor = company(&world.engine, "HARBOR");
    let counted = world.engine.read(system(Some(harbor)), |work| {
        let object = work.object("sidegate/sign-in-attempt");
        let mut seen = 0;
        let plan = sidegate_model::query::Plan::internal(
            work.registry(),
            &object.name,
            &["failures"],
            &[],
            10,
        );
        work.visit(&plan, &mut |row| seen += row.number(0).unwrap_or(0))?;
        Ok(seen)
    });
    assert_eq!(counted.wait().expect("a number"), 3);
}

#[test]
fn a_person_moves_where_she_may_work_and_nowhere_else() {
    let world = harbor(&["admin", "mkhan"]);
    let switch = |session: &str, entity: Option<&str>| {
        let entity = entity.map(str::to_owned);
        done(world.engine.switch_entity(session, entity, &call()))
    };
    let place = |session: &str| {
        let entity = guest(&world, session).expect("a guest").entity;
        entity.map(|entity| entity.id)
    };
    let admin = cookie(open(&world, knock("admin", CHOSEN)));
    switch(&admin, Some("E100")).expect("she may");
    assert_eq!(place(&admin).as_deref(), Some("E100"));
    let failure = switch(&admin, Some("E999")).expect_err("there is none");
    assert_eq!(codes(&failure), ["SG-0302"]);
    assert_eq!(place(&admin).as_deref(), Some("E100"));
    switch(&admin, None).expect("she may");
    assert_eq!(place(&admin), None);
    let mkhan = cookie(open(&world, knock("mkhan", CHOSEN)));
    for closed in [Some("E100"), None] {
        let failure = switch(&mkhan, closed).expect_err("closed to her");
        assert_eq!(codes(&failure), ["SG-0302"]);
    }
    assert_eq!(place(&mkhan).as_deref(), Some("E200"));
    // What she may enter changes: the session is over, for it works where she may not.
    let harbor = company(&world.engine, "HARBOR");
    switch(&admin, Some("E100")).expect("she may");
    patch(
        &world,
        USER,
        "mkhan",
        &json!({"entities": [{"id": "E100"}]}),
    );
    assert!(!lives(&world, &mkhan));
    let user = key(&world, USER, "admin");
    set(
        &world.engine,
        Some(harbor),
        USER,
        user,
        &[("userName", "Ada M")],
    )
    .expect("another name");
    assert!(lives(&world, &admin), "a change of nothing that matters");
}
