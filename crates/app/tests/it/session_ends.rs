//! Sessions of the XML gateway end with what they were opened with.

use serde_json::json;
use sidegate_engine::actor::Named;
use sidegate_engine::query_result::Rest;
use sidegate_engine::{Call, Door};

use crate::copying::xml;
use crate::harness::{World, credentials};
use crate::support::{company, key_of};

const CREDENTIALS: &str = "/sidegate/v1/objects/sidegate/credential";
const SECOND: i64 = 1_000_000;

/// What authenticates a request by its session.
fn in_session(id: &str) -> String {
    format!("<sessionid>{id}</sessionid>")
}

/// The id of the session that an answer tells of.
fn opened(answer: &str) -> String {
    let (_, rest) = answer.split_once("<sessionid>").expect(answer);
    let (id, _) = rest.split_once("</sessionid>").expect(answer);
    id.to_owned()
}

/// A session of ws_sync, and one that was opened from it.
fn two_sessions(world: &World) -> [String; 2] {
    let login = format!(
        "<login><userid>ws_sync</userid><companyid>HARBOR</companyid><password>{}</password></login>",
        credentials().user_password
    );
    let first = opened(&xml(world, &login, "<getAPISession/>"));
    let second = opened(&xml(world, &in_session(&first), "<getAPISession/>"));
    [first, second]
}

fn lives(world: &World, session: &str) -> bool {
    let read = "<readByQuery><object>CLASS</object><query/></readByQuery>";
    let answer = xml(world, &in_session(session), read);
    let denied = answer.contains("XL03000006");
    assert!(denied || answer.contains("totalcount"), "{answer}");
    !denied
}

#[test]
fn a_reset_ends_the_sessions_that_the_secret_of_before_opened() {
    let world = World::harbor();
    let sessions = two_sessions(&world);
    assert!(sessions.iter().all(|session| lives(&world, session)));
    let token = world.token("ws_bare@HARBOR");
    let harbor = company(&world.engine, "HARBOR");
    let user = key_of(
        &world.engine,
        Some(harbor),
        "company-config/user",
        "ws_sync",
    );
    let path = format!("/objects/company-config/user/{user}");
    let body = json!({"password": {"requiresReset": true}});
    let answer = world.call("PATCH", &path, Some(&token), Some(&body));
    assert_eq!(answer.status, 200, "{}", answer.json());
    assert!(!sessions.iter().any(|session| lives(&world, session)));
}

#[test]
fn a_secret_that_works_on_for_a_while_keeps_its_sessions_so_long() {
    let world = World::harbor();
    let sessions = two_sessions(&world);
    let token = world.token("ws_bare@HARBOR");
    let body = json!({"user": {"id": "ws_sync"}, "othersEndAt": "2026-11-22T12:10:00Z"});
    let answer = world.call("POST", CREDENTIALS, Some(&token), Some(&body));
    assert_eq!(answer.status, 201, "{}", answer.json());
    world.source.advance(599 * SECOND);
    assert!(sessions.iter().all(|session| lives(&world, session)));
    world.source.advance(SECOND);
    assert!(!sessions.iter().any(|session| lives(&world, session)));
}

#[test]
fn an_authorization_is_deleted_with_the_sessions_that_its_sender_opened() {
    let world = World::harbor();
    let sessions = two_sessions(&world);
    let token = world.token("ws_bare@HARBOR");
    let path = "/sidegate/v1/objects/sidegate/sender-authorization/1";
    let answer = world.call("DELETE", path, Some(&token), None);
    assert_eq!(answer.status, 204);
    assert!(!sessions.iter().any(|session| lives(&world, session)));
}

#[test]
fn a_session_has_at_most_a_thousand_queries_to_go_on_with() {
    let world = World::harbor();
    let [session, _] = two_sessions(&world);
    let sender = Named {
        key: key_of(&world.engine, None, "sidegate/sender", "demo-sender"),
        id: "demo-sender".to_owned(),
    };
    let call = Call::system(None, Door::Xml);
    let entered = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
        .block_on(world.engine.enter_session(&session, &sender, &call));
    let by = entered.expect("an answer").expect("a live session").by;
    let keep = Call { by, ..call };
    let rest = |last| Rest {
        object: "CLASS".to_owned(),
        query: String::new(),
        fields: "*".to_owned(),
        size: 1,
        last,
        highest: 5000,
        total: 5000,
    };
    let left = |call: Call, id: &'static str| {
        let found = world.engine.read(call, move |work| {
            Ok((work.result(id)?, work.latest_result("CLASS")?))
        });
        let (one, latest) = found.wait().expect("an answer");
        (one.map(|rest| rest.last), latest.map(|rest| rest.last))
    };
    for (first, wanted) in [(0, Some(0)), (1000, None)] {
        let kept = world.engine.write(keep.clone(), move |work| {
            (first..first + 1000).try_for_each(|at| work.keep_result(&at.to_string(), &rest(at)))
        });
        kept.wait().expect("kept");
        assert_eq!(left(keep.clone(), "0"), (wanted, Some(first + 999)));
    }
    assert_eq!(left(keep, "1000").0, Some(1000));
}
