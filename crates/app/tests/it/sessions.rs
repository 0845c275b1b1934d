//! Sessions of the XML gateway over REST: what a token opens, what a session grants, and what ends both.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value as Json, json};
use sidegate_engine::sign_in::SignInOutcome;
use sidegate_model::RecordKey;

use crate::harness::{Answer, World, credentials};
use crate::support::{at_gateway, choose, company, key_of, set, sign_in};

const USER: &str = "company-config/user";

/// The answer of the gateway to one function in a session.
fn in_session(world: &World, session: &str, function: &str) -> String {
    let authentication = format!("<sessionid>{session}</sessionid>");
    gateway(world, &authentication, function)
}

/// The answer of the gateway to one function.
fn gateway(world: &World, authentication: &str, function: &str) -> String {
    let known = credentials();
    let body = format!(
        "<request><control><senderid>{}</senderid><password>{}</password><controlid>c</controlid>\
         <uniqueid>false</uniqueid></control><operation><authentication>{authentication}\
         </authentication><content><function controlid=\"f\">{function}</function></content>\
         </operation></request>",
        known.sender_id, known.sender_password
    );
    let request = Request::post("/ia/xml/xmlgw.phtml").body(Body::from(body));
    let answer = world.send(request.expect("a request"));
    String::from_utf8(answer.body).expect("text")
}

/// What stands in the first element of a name.
fn inner<'a>(xml: &'a str, name: &str) -> &'a str {
    let (_, rest) = xml
        .split_once(&format!("<{name}>"))
        .unwrap_or_else(|| panic!("no {name}: {xml}"));
    rest.split_once("</").expect("an end").0
}

/// The session that a token opens.
fn opened(world: &World, token: &str) -> String {
    let answer = world.call("GET", "/services/core/session/id", Some(token), None);
    assert_eq!(answer.status, 200, "{}", answer.json());
    let session = &answer.json()["ia::result"]["sessionId"];
    session.as_str().expect("a session").to_owned()
}

/// The answer to a token request with a session.
fn granted(world: &World, session: &str) -> Answer {
    let body = json!({
        "grant_type": "client_credentials",
        "client_id": credentials().client_id,
        "client_secret": credentials().client_secret,
        "session_id": session,
    });
    world.call("POST", "/oauth2/token", None, Some(&body))
}

fn access(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.json());
    let token = &answer.json()["access_token"];
    token.as_str().expect("a token").to_owned()
}

fn lists(world: &World, token: &str) -> u16 {
    let path = "/objects/company-config/user";
    world.call("GET", path, Some(token), None).status.as_u16()
}

#[test]
fn a_session_of_a_token_works_in_the_gateway_where_the_token_does() {
    let world = World::harbor();
    let at_top = opened(&world, &world.token("ws_sync@HARBOR"));
    let answer = in_session(&world, &at_top, "<getAPISession/>");
    assert_eq!(inner(&answer, "userid"), "ws_sync");
    assert_eq!(inner(&answer, "companyid"), "HARBOR");
    assert_eq!(inner(&answer, "locationid"), "");
    // A session opened from it is as good.
    let next = inner(&answer, "sessionid").to_owned();
    let in_entity = opened(&world, &world.token("ws_sync@HARBOR|E100"));
    let list =
        "<readByQuery><object>LOCATION</object><query/><fields>LOCATIONID</fields></readByQuery>";
    let answer = in_session(&world, &in_entity, list);
    assert_eq!(inner(&answer, "locationid"), "E100");
    assert!(
        answer.contains("SFO-PIER") && !answer.contains("LON"),
        "{answer}"
    );
    assert!(in_session(&world, &next, list).contains("LON"));
    // Nobody uses it behind a sender whom the company does not know.
    let harbor = company(&world.engine, "HARBOR");
    let object = "sidegate/sender-authorization";
    let (row, _) = keys_of(&world, object, "sender.key")[0];
    set(
        &world.engine,
        Some(harbor),
        object,
        row,
        &[("status", "inactive")],
    )
    .expect("a change");
    let answer = in_session(&world, &at_top, list);
    assert!(
        answer.contains("Invalid Web Services Authorization"),
        "{answer}"
    );
}

#[test]
fn a_session_opened_with_a_token_outlives_it_and_ends_with_its_user() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    let session = opened(&world, &token);
    let body = json!({
        "client_id": credentials().client_id,
        "client_secret": credentials().client_secret,
        "token": token,
    });
    assert_eq!(
        world
            .call("POST", "/oauth2/revoke", None, Some(&body))
            .status,
        200
    );
    assert_eq!(lists(&world, &token), 401);
    let answer = in_session(&world, &session, "<getDimensions/>");
    assert!(!answer.contains("<status>failure</status>"), "{answer}");
    let token = access(&granted(&world, &session));
    assert_eq!(lists(&world, &token), 200);
    let harbor = company(&world.engine, "HARBOR");
    let user = key_of(&world.engine, Some(harbor), USER, "ws_sync");
    set(
        &world.engine,
        Some(harbor),
        USER,
        user,
        &[("status", "inactive")],
    )
    .expect("a change");
    assert_eq!(lists(&world, &token), 401);
    assert_eq!(granted(&world, &session).status, 401);
    let answer = in_session(&world, &session, "<getDimensions/>");
    assert_eq!(inner(&answer, "errorno"), "XL03000006");
    // Nor does it live again with her.
    set(
        &world.engine,
        Some(harbor),
        USER,
        user,
        &[("status", "active")],
    )
    .expect("a change");
    assert_eq!(granted(&world, &session).status, 401);
}

#[test]
fn a_session_grants_tokens_of_its_user_whoever_the_row_is_for() {
    let world = World::harbor();
    let harbor = company(&world.engine, "HARBOR");
    let rows = "sidegate/client-authorization";
    // The row for ws_bare alone is left; ws_sync comes with a session of her own.
    let session = opened(&world, &world.token("ws_sync@HARBOR"));
    let sync = key_of(&world.engine, Some(harbor), USER, "ws_sync");
    for (row, user) in keys_of(&world, rows, "user.key") {
        if user == sync {
            set(
                &world.engine,
                Some(harbor),
                rows,
                row,
                &[("status", "inactive")],
            )
            .expect("a change");
        }
    }
    assert_eq!(world.grant("ws_sync@HARBOR").status, 401);
    let answer = granted(&world, &session);
    let token = access(&answer);
    let opened_again = opened(&world, &token);
    let told = in_session(&world, &opened_again, "<getDimensions/>");
    assert_eq!(inner(&told, "userid"), "ws_sync");
    // The refresh is for the session's user as well, not for the one on the row.
    let refreshed = world.refresh(&answer.json()["refresh_token"]);
    let told = in_session(
        &world,
        &opened(&world, &access(&refreshed)),
        "<getDimensions/>",
    );
    assert_eq!(inner(&told, "userid"), "ws_sync");
    // An automatic lock stops new tokens, as it stops every sign-in; what is open goes on.
    let token = access(&refreshed);
    for _ in 0..20 {
        world.source.advance(3_600_000_000 / 4);
        let wrong = at_gateway("HARBOR", "ws_sync", "Some-Wrong-Text-1");
        assert!(matches!(
            sign_in(&world.engine, &wrong, "192.0.2.1"),
            SignInOutcome::Refused(_)
        ));
        let told = in_session(&world, &session, "<getDimensions/>");
        assert_eq!(inner(&told, "userid"), "ws_sync");
    }
    assert_eq!(lists(&world, &token), 200);
    assert_eq!(granted(&world, &session).status, 401);
    // Without any row, the application is nobody here.
    let session = opened(&world, &world.token("ws_bare@HARBOR"));
    access(&granted(&world, &session));
    for (row, _) in keys_of(&world, rows, "user.key") {
        set(
            &world.engine,
            Some(harbor),
            rows,
            row,
            &[("status", "inactive")],
        )
        .expect("a change");
    }
    assert_eq!(granted(&world, &session).status, 401);
}

#[test]
fn a_standard_user_needs_a_row_of_her_own_for_tokens_of_her_session() {
    let world = World::harbor();
    choose(&world.engine, "admin", "Tidal-Crane-48");
    let login = "<login><userid>admin</userid><companyid>HARBOR</companyid>\
                 <password>Tidal-Crane-48</password></login>";
    let answer = gateway(&world, login, "<getAPISession/>");
    let session = inner(&answer, "sessionid").to_owned();
    let refused = granted(&world, &session);
    assert_eq!(refused.status, 401);
    assert_eq!(refused.json()["ia::error"]["errorId"], "REST-1216");
    let token = world.token("ws_sync@HARBOR");
    let body = json!({
        "clientApplication": {"id": credentials().client_id},
        "user": {"id": "admin"},
        "allowStandardUsers": true,
    });
    let path = "/sidegate/v1/objects/sidegate/client-authorization";
    let made = world.call("POST", path, Some(&token), Some(&body));
    assert_eq!(made.status, 201, "{}", made.json());
    assert_eq!(lists(&world, &access(&granted(&world, &session))), 200);
}

/// Whatever is wrong with a session, one answer after as much hashing.
#[test]
fn what_is_no_session_costs_what_a_session_costs() {
    let world = World::harbor();
    let session = opened(&world, &world.token("ws_sync@HARBOR"));
    let mut foreign = session.clone().into_bytes();
    // Another company's digits make the checksum wrong, so that it is no session at all.
    foreign[6] = if foreign[6] == b'1' { b'2' } else { b'1' };
    let foreign = String::from_utf8(foreign).expect("text");
    let mut costs = Vec::new();
    for text in [session.as_str(), "abc", foreign.as_str()] {
        let before = world.engine.counters();
        let answer = granted(&world, text);
        let after = world.engine.counters();
        let hashed = after.keyed_hashes - before.keyed_hashes;
        costs.push((hashed, after.argon2 - before.argon2));
        assert_eq!(answer.status == 200, text == session, "{}", answer.json());
    }
    assert!(costs.iter().all(|cost| *cost == costs[0]), "{costs:?}");
}

/// The keys of the company's rows of an object, each with the key behind a reference of it.
fn keys_of(world: &World, object: &str, reference: &str) -> Vec<(RecordKey, RecordKey)> {
    let token = world.token("ws_bare@HARBOR");
    let body = json!({"object": object, "fields": ["key", reference]});
    let path = "/sidegate/v1/services/core/query";
    let answer = world.call("POST", path, Some(&token), Some(&body)).json();
    let key = |value: &Json| {
        let number = value.as_str().expect("a key").parse().expect("a number");
        RecordKey::new(number).expect("a key")
    };
    let rows = answer["ia::result"].as_array();
    let rows = rows.unwrap_or_else(|| panic!("{answer}"));
    rows.iter()
        .map(|row| (key(&row["key"]), key(&row[reference])))
        .collect()
}

#[test]
fn what_came_of_a_secret_ends_with_it() {
    let world = World::harbor();
    let known = credentials();
    let login = format!(
        "<login><userid>ws_sync</userid><companyid>HARBOR</companyid><password>{}</password></login>",
        known.user_password
    );
    let answer = gateway(&world, &login, "<getAPISession/>");
    let session = inner(&answer, "sessionid").to_owned();
    // A session, a token for it, what refreshes the token, and a session of the token.
    let answer = granted(&world, &session);
    let token = access(&answer);
    let refresh = answer.json()["refresh_token"].clone();
    let next = opened(&world, &token);
    assert_eq!(lists(&world, &token), 200);
    let harbor = company(&world.engine, "HARBOR");
    let user = key_of(&world.engine, Some(harbor), USER, "ws_sync");
    let by = world.token("ws_bare@HARBOR");
    let path = format!("/objects/{USER}/{user}");
    let body = json!({"password": {"requiresReset": true}});
    let reset = world.call("PATCH", &path, Some(&by), Some(&body));
    assert_eq!(reset.status, 200, "{}", reset.json());
    assert_eq!(lists(&world, &token), 401);
    assert_ne!(world.refresh(&refresh).status, 200);
    assert_eq!(granted(&world, &next).status, 401);
    let told = in_session(&world, &next, "<getDimensions/>");
    assert_eq!(inner(&told, "errorno"), "XL03000006");
}

#[test]
fn a_user_who_is_no_web_services_user_any_more_has_no_tokens_of_before() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    assert_eq!(lists(&world, &token), 200);
    let harbor = company(&world.engine, "HARBOR");
    let user = key_of(&world.engine, Some(harbor), USER, "ws_sync");
    let by = world.token("ws_bare@HARBOR");
    let path = format!("/objects/{USER}/{user}");
    let body = json!({"webServices": {"isRestricted": false}});
    let changed = world.call("PATCH", &path, Some(&by), Some(&body));
    assert_eq!(changed.status, 200, "{}", changed.json());
    assert_eq!(lists(&world, &token), 401);
    assert_eq!(world.grant("ws_sync@HARBOR").status, 401);
}
