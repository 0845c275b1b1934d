//! Sessions of the gateway: how long they live, what ends them, where they are.

use serde_json::json;
use sidegate::demo_data;
use sidegate_engine::Door;
use sidegate_engine::credential::{SecretKind, generate};
use sidegate_web::gate::{self, Gate, Name};

use super::answer::{Reply, read};
use super::element::parse;
use super::gateway::{Asker, Gateway, PATH, opened};
use crate::harness::{Hand, SMALL, World, credentials};
use crate::support::{company, key_of, set};

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;
const USERS: &str = "<query><object>USERINFO</object><select><field>LOGINID</field></select><pagesize>2000</pagesize></query>";
const CLASSES: &str = "<query><object>CLASS</object><select><field>CLASSID</field></select><orderby><order><field>RECORDNO</field></order></orderby></query>";
const PREFERENCE: &str = "/objects/company-config/company-preference/setup";
const USER: &str = "company-config/user";
const AUTHORIZATION: &str = "sidegate/sender-authorization";
const NO_SESSION: &str = "is not valid, or not any more";
const COMMON: &str = "Sign-in information is incorrect";

/// That a caller was not let in, and why.
fn not_let_in(reply: &Reply, words: &str) {
    let Reply::Authentication(errors) = reply else {
        panic!("let in: {reply:?}");
    };
    assert_eq!(errors[0].number, "XL03000006");
    let told = format!("{} {}", errors[0].description, errors[0].description2);
    assert!(told.contains(words), "{told}");
}

/// A moment of an answer in seconds since the epoch.
fn seconds(text: &str) -> i64 {
    let moment: jiff::Timestamp = text.parse().expect("a moment");
    moment.as_second()
}

fn a_class(id: &str) -> String {
    format!("<create><CLASS><CLASSID>{id}</CLASSID><NAME>{id}</NAME></CLASS></create>")
}

fn into_entity(id: &str) -> String {
    format!("<getAPISession><locationid>{id}</locationid></getAPISession>")
}

#[test]
fn a_session_goes_on_with_use_and_ends_without() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let token = world.token("ws_bare@HARBOR");
    let settings = json!({"userSessionSettings": {"inactivityTimeOutMinutes": 60}});
    let changed = world.call("PATCH", PREFERENCE, Some(&token), Some(&settings));
    assert_eq!(changed.status, 200, "{}", changed.json());
    // The clock has fractions of a second, which no answer tells.
    world.source.advance(123_456);
    let id = gateway.open(&Asker::admin());
    let asker = Asker::session(&id);
    for unused in [0, 3599, 3540, 60, 3599, 3599] {
        world.source.advance(unused * SECOND);
        let reply = gateway.ask(&asker, &[USERS]);
        let Reply::Done {
            at, until, user, ..
        } = reply
        else {
            panic!("it ended after {unused} seconds: {reply:?}");
        };
        assert_eq!(user, "ws_sync");
        assert_eq!(seconds(&at), world.source.now() / SECOND);
        assert_eq!(seconds(&until) - seconds(&at), 3600);
    }
    world.source.advance(61 * MINUTE);
    not_let_in(&gateway.ask(&asker, &[USERS]), NO_SESSION);
    for wrong in ["", "sg1_snothing", &id[..id.len() - 1], &id.to_lowercase()] {
        not_let_in(&gateway.ask(&Asker::session(wrong), &[USERS]), NO_SESSION);
    }
    // A refusal tells no more of a session's id than its first letters.
    let answer = gateway.post(&asker.body(&[USERS]), "application/xml");
    let told = String::from_utf8(answer.body).expect("text");
    assert!(!told.contains(&id[..12]), "{told}");
}

#[test]
fn what_ends_access_ends_a_session_at_once() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let login = gateway.new_user("ws_ends", &json!({"roles": [{"id": "All access"}]}));
    let harbor = company(&world.engine, "HARBOR");
    let row = |object: &str, id: &str| key_of(&world.engine, Some(harbor), object, id);
    for status in ["inactive", "lockedOut"] {
        let asker = Asker::session(&gateway.open(&login));
        assert!(gateway.one(&asker, CLASSES).is_done());
        gateway.patch(USER, "ws_ends", &json!({"status": status}));
        not_let_in(&gateway.ask(&asker, &[CLASSES]), NO_SESSION);
        not_let_in(&gateway.ask(&login, &[CLASSES]), COMMON);
        // Nor does it come back with her.
        gateway.patch(USER, "ws_ends", &json!({"status": "active"}));
        not_let_in(&gateway.ask(&asker, &[CLASSES]), NO_SESSION);
    }
    let asker = Asker::session(&gateway.open(&login));
    let status = |company, object: &str, key, word: &str| {
        set(&world.engine, company, object, key, &[("status", word)]).expect("a change");
    };
    let authorization = row(AUTHORIZATION, "1");
    status(Some(harbor), AUTHORIZATION, authorization, "inactive");
    not_let_in(
        &gateway.ask(&asker, &[CLASSES]),
        "Invalid Web Services Authorization",
    );
    not_let_in(
        &gateway.ask(&login, &[CLASSES]),
        "The sender ID 'demo-sender' is not authorized to make Web Services requests to company ID 'HARBOR'",
    );
    status(Some(harbor), AUTHORIZATION, authorization, "active");
    assert!(gateway.one(&asker, CLASSES).is_done());
    // What is wrong with the sender is said before anybody is looked for.
    let sender = key_of(&world.engine, None, "sidegate/sender", "demo-sender");
    status(None, "sidegate/sender", sender, "inactive");
    for asker in [&asker, &login, &Asker::session("sg1_snothing")] {
        let reply = gateway.ask(asker, &[CLASSES]);
        assert_eq!(reply.failure(), Some(("control", "XL03000006".to_owned())));
    }
    status(None, "sidegate/sender", sender, "active");
    assert!(gateway.one(&asker, CLASSES).is_done());
    status(None, "sidegate/company", harbor, "inactive");
    not_let_in(&gateway.ask(&asker, &[CLASSES]), NO_SESSION);
    not_let_in(&gateway.ask(&login, &[CLASSES]), COMMON);
    status(None, "sidegate/company", harbor, "active");
    // A right that is taken away is gone with the next request; the session stays.
    assert!(gateway.one(&asker, CLASSES).is_done());
    gateway.patch(USER, "ws_ends", &json!({"roles": []}));
    let outcome = gateway.one(&asker, CLASSES);
    let (number, told) = outcome.refusal();
    assert_eq!(number, "PL04000005");
    assert!(
        told.starts_with(
            "You do not have permission for API operation QUERY on objects of type class"
        ),
        "{told}"
    );
}

#[test]
fn senders_are_told_apart_by_case_and_accepted_by_each_company() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let engine = &world.engine;
    demo_data::ensure_from(engine, credentials(), "QUAY", SMALL).expect("a company");
    let secret = generate(&world.source, SecretKind::Sender);
    engine
        .ensure_sender("quay-only", "", &secret, Door::System)
        .expect("a sender");
    engine
        .authorize(
            sidegate_engine::authorizing::Wanted {
                company: "QUAY",
                sender: Some("quay-only"),
                ..Default::default()
            },
            Door::System,
        )
        .expect("an authorization");
    let behind = |asker: &Asker| Asker {
        sender: "quay-only".to_owned(),
        password: secret.clone(),
        ..asker.clone()
    };
    let at_quay = Asker::login_to("QUAY", "ws_sync", &credentials().user_password, None);
    let (here, there) = (
        gateway.open(&Asker::admin()),
        gateway.open(&behind(&at_quay)),
    );
    gateway.one(&Asker::session(&here), &a_class("of HARBOR"));
    // The same keys in both, and each sees her own alone.
    let classes = |asker: &Asker| gateway.one(asker, CLASSES).column("CLASSID");
    assert_eq!(classes(&Asker::session(&here)), ["of HARBOR"]);
    assert!(classes(&behind(&Asker::session(&there))).is_empty());
    let Reply::Done { company, .. } = gateway.ask(&behind(&Asker::session(&there)), &[CLASSES])
    else {
        panic!("let in");
    };
    assert_eq!(company, "QUAY");
    not_let_in(
        &gateway.ask(&behind(&Asker::session(&here)), &[CLASSES]),
        "Invalid Web Services Authorization",
    );
    not_let_in(
        &gateway.ask(&behind(&Asker::admin()), &[CLASSES]),
        "Invalid Web Services Authorization",
    );
    // The begin of an id says which company it is of: put before another's, it leads to none.
    let mixed = format!("{}{}", &here[..12], &there[12..]);
    assert_ne!(mixed, there);
    not_let_in(
        &gateway.ask(&Asker::session(&mixed), &[CLASSES]),
        NO_SESSION,
    );
    // Whoever did not prove herself does not learn whether the sender is accepted.
    let stranger = Asker::login("ws_sync", "not her secret");
    not_let_in(&gateway.ask(&behind(&stranger), &[CLASSES]), COMMON);
    for (sender, password) in [
        ("Demo-Sender", &credentials().sender_password),
        ("nobody", &credentials().sender_password),
        ("demo-sender", &secret),
        ("demo-sender", &credentials().user_password),
        ("demo-sender", &String::new()),
    ] {
        let asker = Asker {
            sender: sender.to_owned(),
            password: password.clone(),
            ..Asker::session(&here)
        };
        let Reply::Control(errors) = gateway.ask(&asker, &[CLASSES]) else {
            panic!("{sender} was let in");
        };
        assert_eq!(errors[0].number, "XL03000006");
        let said = &errors[0].description2;
        assert!(
            said.starts_with("Incorrect Intacct XML Partner ID or password. ["),
            "{said}"
        );
    }
}

#[test]
fn a_session_works_where_it_is() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let top = gateway.open(&Asker::admin());
    let top = Asker::session(&top);
    let enter = |from: &Asker, function: &str| {
        let outcome = gateway.one(from, function);
        let entity = outcome.data().text_at("api/locationid").to_owned();
        (Asker::session(&opened(&outcome)), entity)
    };
    let (inside, entity) = enter(&top, &into_entity("E100"));
    assert_eq!(entity, "E100");
    let Reply::Done { entity, .. } = gateway.ask(&inside, &[&a_class("inside")]) else {
        panic!("let in");
    };
    assert_eq!(entity, "E100");
    gateway.one(&top, &a_class("outside"));
    let other = enter(&inside, &into_entity("E200")).0;
    let (back, entity) = enter(&other, &into_entity(""));
    assert_eq!(entity, "");
    let (same, entity) = enter(&inside, "<getAPISession/>");
    assert_eq!(entity, "E100");
    let of = |asker: &Asker| gateway.one(asker, CLASSES).column("CLASSID");
    for asker in [&inside, &same] {
        assert_eq!(of(asker), ["inside", "outside"]);
    }
    assert_eq!(of(&other), ["outside"]);
    for asker in [&top, &back] {
        assert_eq!(of(asker), ["inside", "outside"]);
    }
    // In an entity by the login itself, in both of its spellings, and at the top level by an empty one.
    let secret = &credentials().user_password;
    for (company, place, wanted) in [
        ("HARBOR", Some("E200"), "E200"),
        ("HARBOR|HARBOR|E200", None, "E200"),
        ("HARBOR", Some(""), ""),
    ] {
        let login = Asker::login_to(company, "ws_sync", secret, place);
        let Reply::Done {
            entity, company, ..
        } = gateway.ask(&login, &["<getAPISession/>"])
        else {
            panic!("let in");
        };
        assert_eq!((entity.as_str(), company.as_str()), (wanted, "HARBOR"));
    }
}

#[test]
fn nobody_enters_what_is_closed_to_her() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let more = json!({
        "roles": [{"id": "All access"}], "entities": [{"id": "E100"}, {"id": "E200"}],
        "entityAccess": {"allowTopLevelAccess": false},
    });
    let login = gateway.new_user("ws_two_doors", &more);
    let at = |place| {
        let Asker { authentication, .. } = &login;
        let inner = format!("<locationid>{place}</locationid></login>");
        Asker {
            authentication: authentication.replace("</login>", &inner),
            ..login.clone()
        }
    };
    for closed in ["E300", "E999"] {
        not_let_in(&gateway.ask(&at(closed), &[CLASSES]), COMMON);
    }
    // Whoever is restricted to several entities works above them too.
    let top = Asker::session(&gateway.open(&login));
    let first = Asker::session(&gateway.open(&at("E100")));
    for closed in ["E300", "E999"] {
        let outcome = gateway.one(&first, &into_entity(closed));
        let (number, told) = outcome.refusal();
        assert_eq!(number, "Get API Session Failed", "{told}");
    }
    let second = gateway.one(&first, &into_entity("E200"));
    let second = Asker::session(&opened(&second));
    assert!(gateway.one(&second, CLASSES).is_done());
    // What is closed to her later closes the sessions that are in there, and no other.
    gateway.patch(USER, "ws_two_doors", &json!({"entities": [{"id": "E100"}]}));
    for closed in [&second, &top] {
        not_let_in(&gateway.ask(closed, &[CLASSES]), NO_SESSION);
        let together = Asker {
            transaction: true,
            ..closed.clone()
        };
        not_let_in(&gateway.ask(&together, &[CLASSES]), NO_SESSION);
    }
    not_let_in(&gateway.ask(&login, &[CLASSES]), COMMON);
    let outcome = gateway.one(&first, &into_entity(""));
    assert_eq!(outcome.refusal().0, "Get API Session Failed");
    assert!(gateway.one(&first, CLASSES).is_done());
}

#[test]
fn an_endpoint_has_no_name_that_a_request_made_up() {
    let world = World::harbor();
    let another = world
        .another(|settings| settings.mail.public_url = Some("https://gate.example".to_owned()));
    let names = |list: &[&str]| {
        list.iter()
            .map(|n| n.parse::<Name>().expect("a name"))
            .collect()
    };
    let gate = Gate {
        aliases: names(&["api.local.intacct.com", "gate.example"]),
        ..Gate::default()
    };
    let doors = sidegate_web::router(another.engine.clone());
    let hand = Hand::at(gate::behind(gate, another.engine.clone(), doors));
    let body = Asker::admin().body(&["<getAPISession/>"]);
    let request = parse(&body).expect("a request");
    for (host, wanted) in [
        (
            "api.local.intacct.com:8443",
            "http://api.local.intacct.com:8443",
        ),
        ("gate.example", "http://gate.example"),
        ("evil.example", "https://gate.example"),
        ("api.local.intacct.com.evil.example", "https://gate.example"),
        ("127.0.0.1:8080", "https://gate.example"),
    ] {
        let sent = axum::http::Request::builder()
            .method("POST")
            .uri(PATH)
            .header("host", host)
            .body(body.clone().into());
        let answer = hand.send(sent.expect("a request"));
        let reply = read(&answer, &request).expect("as it should be");
        let endpoint = reply.one().data().text_at("api/endpoint").to_owned();
        assert_eq!(endpoint, format!("{wanted}{PATH}"), "{host}");
    }
}
