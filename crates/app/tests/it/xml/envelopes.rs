//! What stands around functions: how requests arrive, transactions, repeated functions.

use axum::body::Body;
use axum::http::Request;

use super::answer::{Reply, read};
use super::element::parse;
use super::gateway::{Asker, Gateway, PATH};
use crate::harness::World;

const CLASSES: &str = "<query><object>CLASS</object><select><field>CLASSID</field></select><orderby><order><field>RECORDNO</field></order></orderby></query>";

fn class(id: &str) -> String {
    format!("<create><CLASS><CLASSID>{id}</CLASSID><NAME>{id}</NAME></CLASS></create>")
}

fn classes(gateway: &Gateway<'_>) -> Vec<String> {
    gateway.one(&Asker::admin(), CLASSES).column("CLASSID")
}

fn statuses(reply: Reply) -> Vec<(String, String)> {
    let outcomes = reply.outcomes().into_iter();
    let told = outcomes.map(|outcome| {
        let number = outcome.errors.first().map(|error| error.number.clone());
        (outcome.status, number.unwrap_or_default())
    });
    told.collect()
}

fn pairs(wanted: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
    wanted.iter().map(owned).collect()
}

#[test]
fn a_transaction_is_done_whole_or_not_at_all() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let apart = Asker::admin();
    let together = Asker {
        transaction: true,
        ..apart.clone()
    };
    let (one, two, twice) = (class("one"), class("two"), class("one"));
    let functions = [one.as_str(), &two, &twice, CLASSES];
    // Apart, one failure is its own.
    let reply = gateway.ask(&apart, &functions);
    let wanted = [
        ("success", ""),
        ("success", ""),
        ("failure", "BL34000061"),
        ("success", ""),
    ];
    assert_eq!(statuses(reply), pairs(&wanted));
    assert_eq!(classes(&gateway), ["one", "two"]);
    let (three, four) = (class("three"), class("four"));
    let functions = [three.as_str(), &four, &twice, CLASSES];
    let reply = gateway.ask(&together, &functions);
    let wanted = [
        ("aborted", "XL03000009"),
        ("aborted", "XL03000009"),
        ("failure", "BL34000061"),
        ("aborted", "XL03000009"),
    ];
    assert_eq!(statuses(reply), pairs(&wanted));
    assert_eq!(classes(&gateway), ["one", "two"], "nothing of it stays");
    // A function sees what those before it did, and all of it stays.
    let reply = gateway.ask(&together, &[&three, &four, CLASSES]);
    let outcomes = reply.outcomes();
    let seen = ["one", "two", "three", "four"];
    assert_eq!(outcomes[2].column("CLASSID"), seen);
    assert_eq!(classes(&gateway), seen);
    // A failure of a function that only reads undoes writes too, and so does one that is not offered.
    for failing in [
        "<query><object>NOSUCH</object><select><field>A</field></select></query>",
        "<readReport><report>x</report></readReport>",
    ] {
        let reply = gateway.ask(&together, &[&class("five"), failing]);
        let told = statuses(reply);
        assert_eq!(
            (told[0].0.as_str(), told[1].0.as_str()),
            ("aborted", "failure")
        );
    }
    assert_eq!(classes(&gateway), seen);
    // Records of one function: apart, those before the refused one stay and are told.
    let some = format!(
        "<create>{}{}{}</create>",
        inner(&class("six")),
        inner(&class("one")),
        inner(&class("seven"))
    );
    let outcome = gateway.one(&apart, &some);
    assert_eq!(outcome.status, "failure");
    let data = outcome.data.as_ref().expect("what was made");
    assert_eq!(data.attribute("count"), Some("1"));
    assert_eq!(data.text_at("class/CLASSID"), "six");
    assert_eq!(gateway.one(&together, &some).status, "failure");
    assert_eq!(classes(&gateway), ["one", "two", "three", "four", "six"]);
}

fn inner(create: &str) -> &str {
    let rest = create.strip_prefix("<create>").expect("a create");
    rest.strip_suffix("</create>").expect("its end")
}

#[test]
fn a_function_is_carried_out_once_under_its_control_id() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let unique = |control: &str| Asker {
        control: control.to_owned(),
        ..Asker::admin()
    };
    let send = |asker: &Asker, id: &str, function: &str| {
        let function = format!("<function controlid=\"{id}\">{function}</function>");
        gateway.send(&asker.body_of(&function)).one()
    };
    let asker = unique("<uniqueid>true</uniqueid>");
    assert!(send(&asker, "A", &class("one")).is_done());
    let again = send(&asker, "A", &class("another"));
    let (number, told) = again.refusal();
    assert_eq!(number, "XL03000003");
    assert!(
        told.contains("control ID A was carried out on 2026-11-22T12:00:00Z"),
        "{told}"
    );
    // True is what holds where nothing is said, as the vendor documents it; the id is told apart by case.
    assert_eq!(send(&unique(""), "A", &class("another")).status, "failure");
    assert!(send(&unique(""), "a", &class("two")).is_done());
    // Other words than true and false are none.
    let reply = gateway.ask(&unique("<uniqueid>yes</uniqueid>"), &[CLASSES]);
    assert_eq!(reply.failure(), Some(("control", "XL03000003".to_owned())));
    // Not checked where it is false, in any case of letters, and not noted either.
    for (id, function) in [("A", class("three")), ("B", class("four"))] {
        assert!(send(&unique("<uniqueid>FALSE</uniqueid>"), id, &function).is_done());
    }
    assert!(send(&asker, "B", &class("five")).is_done());
    // What failed was not carried out and may be sent again; what only reads may always.
    assert_eq!(send(&asker, "C", &class("one")).refusal().0, "BL34000061");
    assert!(send(&asker, "C", &class("six")).is_done());
    for _ in 0..2 {
        assert!(send(&asker, "D", CLASSES).is_done());
    }
    // Undone with its transaction, it was not carried out.
    let together = Asker {
        transaction: true,
        ..asker.clone()
    };
    let both = |last: &str| {
        let (first, last) = (class("seven"), class(last));
        let functions = format!(
            "<function controlid=\"E\">{first}</function><function controlid=\"F\">{last}</function>"
        );
        statuses(gateway.send(&together.body_of(&functions)))
    };
    let aborted = [("aborted", "XL03000009"), ("failure", "BL34000061")];
    assert_eq!(both("one"), pairs(&aborted));
    assert_eq!(both("eight"), pairs(&[("success", ""), ("success", "")]));
    // Twice in one request is once, and kept for two days.
    let same = format!(
        "<function controlid=\"G\">{}</function><function controlid=\"G\">{}</function>",
        class("nine"),
        class("ten")
    );
    let told = statuses(gateway.send(&asker.body_of(&same)));
    assert_eq!(told, pairs(&[("success", ""), ("failure", "XL03000003")]));
    world.source.advance(48 * 3600 * 1_000_000 - 1);
    assert_eq!(send(&asker, "G", &class("eleven")).status, "failure");
    world.source.advance(1);
    assert!(send(&asker, "G", &class("eleven")).is_done());
}

#[test]
fn bodies_arrive_under_all_sorts_of_types() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let body = Asker::admin().body(&[CLASSES]);
    let request = parse(&body).expect("a request");
    let form = |text: &str| -> String {
        let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!("xmlrequest={escaped}")
    };
    for (kind, sent) in [
        ("application/xml", body.clone()),
        ("text/xml; charset=utf-8", body.clone()),
        ("x-intacct-xml-request", body.clone()),
        ("application/x-www-form-urlencoded", form(&body)),
        // What stands in the body decides.
        ("application/json", body.clone()),
        ("application/x-www-form-urlencoded", body.clone()),
        ("", body.clone()),
        ("application/xml", form(&body)),
    ] {
        let answer = gateway.post(&sent, kind);
        let reply = read(&answer, &request).unwrap_or_else(|why| panic!("{kind}: {why}"));
        assert!(reply.one().is_done(), "{kind}");
    }
    // What is no XML is said in the control block, as far as that can be read.
    for sent in [
        "",
        "xmlrequest=",
        "{\"a\": 1}",
        "<request>",
        "a=b&xmlrequest=c",
    ] {
        let answer = gateway.post(sent, "application/xml");
        let text = String::from_utf8(answer.body.clone()).expect("text");
        // Nothing of it is told back.
        let nothing = "<request><control><uniqueid>false</uniqueid></control></request>";
        let nothing = parse(nothing).expect("XML");
        match read(&answer, &nothing) {
            Ok(Reply::Control(errors)) => assert_eq!(errors[0].number, "XL03000003", "{sent}"),
            other => panic!("{sent}: {other:?}\n{text}"),
        }
    }
    // A charset that is not what the bytes are.
    let answer = gateway.post(&body, "application/xml; charset=utf-16");
    let text = String::from_utf8(answer.body).expect("text");
    assert!(text.contains("<errorno>XL03000003</errorno>"), "{text}");
}

#[test]
fn only_post_is_answered() {
    let world = World::harbor();
    for method in ["GET", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let request = Request::builder()
            .method(method)
            .uri(PATH)
            .body(Body::from(Asker::admin().body(&[CLASSES])));
        let answer = world.send(request.expect("a request"));
        assert_eq!(answer.status, 405, "{method}");
        let allowed = answer.headers.get("allow").expect("Allow");
        assert_eq!(allowed, "POST", "{method}");
        let text = String::from_utf8(answer.body).expect("text");
        let read = parse(&text).expect("XML");
        assert_eq!(read.names(), ["control", "errormessage"]);
        assert_eq!(read.text_at("control/status"), "failure");
        let said = read.text_at("errormessage/error/description");
        assert!(said.contains("[Request ID: "), "{said}");
    }
}

#[test]
fn a_policy_that_is_none_is_a_control_failure() {
    let world = World::harbor();
    let gateway = Gateway { world: &world };
    let asker = Asker {
        control: "<uniqueid>false</uniqueid><policyid>nowhere</policyid>".to_owned(),
        ..Asker::admin()
    };
    let Reply::Control(errors) = gateway.ask(&asker, &[&class("one")]) else {
        panic!("taken");
    };
    assert_eq!(errors[0].number, "XL03000006");
    let said = &errors[0].description2;
    assert!(
        said.contains("nowhere") && said.contains("is not a valid transport policy"),
        "{said}"
    );
    assert!(classes(&gateway).is_empty());
    // Whose policies there are is for proved senders alone.
    let stranger = Asker {
        password: "wrong".to_owned(),
        ..asker
    };
    let Reply::Control(errors) = gateway.ask(&stranger, &[CLASSES]) else {
        panic!("taken");
    };
    assert!(!errors[0].description2.contains("policy"), "{errors:?}");
}
