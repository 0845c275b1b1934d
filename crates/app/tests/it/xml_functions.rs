//! Functions and forms of the XML gateway, and what bounds its answers.

use axum::body::Body;
use axum::http::Request;

use crate::harness::{Answer, World, credentials};

/// Posts a body to the gateway.
fn post(world: &World, body: String) -> Answer {
    let request = Request::builder()
        .method("POST")
        .uri("/ia/xml/xmlgw.phtml")
        .header("content-type", "application/xml")
        .body(Body::from(body));
    world.send(request.expect("a request"))
}

fn text(answer: &Answer) -> String {
    String::from_utf8(answer.body.clone()).expect("UTF-8")
}

/// A request for functions, without line breaks in its answer.
fn body(user: &str, secret: &str, control: &str, functions: &str) -> String {
    let known = credentials();
    format!(
        "<request><control><senderid>{}</senderid><password>{}</password><controlid>c</controlid>\
         <uniqueid>false</uniqueid><includewhitespace>false</includewhitespace>{control}</control>\
         <operation><authentication><login><userid>{user}</userid><companyid>HARBOR</companyid>\
         <password>{secret}</password></login></authentication><content>{functions}</content></operation></request>",
        known.sender_id, known.sender_password,
    )
}

fn function(inner: &str) -> String {
    format!("<function controlid=\"f\">{inner}</function>")
}

/// What the full administrator is answered to functions, with more in the control block.
fn asked(world: &World, control: &str, functions: &str) -> String {
    let secret = &credentials().user_password;
    let answer = post(world, body("ws_sync", secret, control, functions));
    assert_eq!(answer.status, 200, "{}", text(&answer));
    text(&answer)
}

/// What she is answered to one function.
fn one(world: &World, inner: &str) -> String {
    asked(world, "", &function(inner))
}

fn count(text: &str, part: &str) -> usize {
    text.matches(part).count()
}

#[test]
fn mistakes_against_the_schema_are_told_up_to_a_number() {
    let world = World::harbor();
    let strange = "<a_name_that_no_schema_of_any_gateway_has_ever_known/>".repeat(20_000);
    let bodies = [
        format!("<request>{strange}</request>"),
        format!("<request><control>{strange}</control></request>"),
        body("ws_sync", "x", "", "").replace("<content>", &format!("{strange}<content>")),
        body("ws_sync", "x", "", &strange),
    ];
    for body in bodies {
        let answer = text(&post(&world, body));
        assert_eq!(count(&answer, "<error>"), 20);
        assert!(answer.len() < 20_000, "{} bytes", answer.len());
    }
}

#[test]
fn records_have_at_most_so_many_values() {
    let world = World::harbor();
    let many = "<DESCRIPTION>x</DESCRIPTION>".repeat(20_001);
    let answer = one(
        &world,
        &format!("<create><DEPARTMENT>{many}</DEPARTMENT></create>"),
    );
    assert_eq!(count(&answer, "<error>"), 2, "{answer}");
    assert!(answer.contains("DEPARTMENT has more than 20000 values"));

    let group = "G".repeat(250);
    let deep = format!("<{group}><{group}><X/></{group}></{group}>");
    let answer = one(
        &world,
        &format!("<create><DEPARTMENT>{deep}</DEPARTMENT></create>"),
    );
    assert!(answer.contains("BL"), "{answer}");
    assert!(answer.len() < 5_000, "{answer}");

    let names: String = (0..5_000)
        .map(|n| format!("<UNKNOWN{n}>x</UNKNOWN{n}>"))
        .collect();
    let answer = one(
        &world,
        &format!("<create><DEPARTMENT>{names}</DEPARTMENT></create>"),
    );
    // Beside the fifty there is what could not be done.
    assert_eq!(count(&answer, "<error>"), 51);
}

#[test]
fn lists_of_fields_are_bounded() {
    let world = World::harbor();
    let names: Vec<String> = (0..501).map(|n| format!("F{n}")).collect();
    let names = names.join(",");
    let read =
        format!("<read><object>DEPARTMENT</object><keys>1</keys><fields>{names}</fields></read>");
    let paged = format!(
        "<readByQuery><object>DEPARTMENT</object><query/><fields>{names}</fields></readByQuery>"
    );
    for function in [read, paged] {
        let answer = one(&world, &function);
        assert!(
            answer.contains("<status>failure</status><function>read"),
            "{answer}"
        );
        assert!(answer.contains("at most 500"), "{answer}");
    }
}

#[test]
fn locations_of_a_user_are_looked_up_at_once_and_bounded() {
    let world = World::harbor();
    let locations = |most: usize| -> String {
        (0..most)
            .map(|n| format!("<LOCATIONID>L{n}</LOCATIONID>"))
            .collect()
    };
    let create = |most: usize| {
        format!(
            "<create><USERINFO><LOGINID>u</LOGINID><USERLOCATIONS>{}</USERLOCATIONS></USERINFO></create>",
            locations(most)
        )
    };
    let answer = one(&world, &create(4_001));
    assert!(
        answer.contains("USERLOCATIONS.LOCATIONID has more than 4000 values"),
        "{answer}"
    );
}

#[test]
fn an_answer_does_not_grow_beyond_a_bound() {
    let world = World::demo();
    let page = function(
        "<readByQuery><object>AUDITHISTORY</object><query/><pagesize>2000</pagesize></readByQuery>",
    );
    let answer = asked(&world, "", &page.repeat(100));
    assert!(
        answer.len() > 32 << 20 && answer.len() < 40 << 20,
        "{} bytes",
        answer.len()
    );
    let done = count(&answer, "<status>success</status><function>");
    assert!((2..100).contains(&done), "{done} functions");
    assert_eq!(count(&answer, "<status>failure</status>"), 100 - done);
    assert_eq!(count(&answer, "in a request of their own"), 100 - done);
}
