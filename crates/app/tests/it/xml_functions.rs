//! Functions and forms of the XML gateway, and what bounds its answers.

use axum::body::Body;
use axum::http::Request;

use crate::harness::{Answer, World, credentials};
use crate::support::company;

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

/// The value of the first element of a name.
fn value<'t>(text: &'t str, name: &str) -> &'t str {
    let (_, rest) = text
        .split_once(&format!("<{name}>"))
        .unwrap_or_else(|| panic!("{name}: {text}"));
    rest.split_once(&format!("</{name}>")).expect("its end").0
}

/// What the administrator is answered to one function, whole.
fn whole(world: &World, inner: &str) -> Answer {
    let secret = &credentials().user_password;
    post(world, body("ws_sync", secret, "", &function(inner)))
}

#[test]
fn data_alone_is_answered_as_csv_or_json() {
    let world = World::harbor();
    let made = one(
        &world,
        "<create><DEPARTMENT><DEPARTMENTID>Q</DEPARTMENTID><TITLE>a, \"b\"</TITLE></DEPARTMENT></create>",
    );
    let key = value(&made, "RECORDNO").to_owned();
    let query = |form: &str| {
        format!(
            "<query><object>DEPARTMENT</object><select><field>DEPARTMENTID</field><field>TITLE</field>\
             <field>PARENTID</field></select><filter><equalto><field>RECORDNO</field><value>{key}</value></equalto></filter>\
             <options><returnformat>{form}</returnformat></options></query>"
        )
    };
    let by = |function: &str, which: &str, form: &str| {
        format!(
            "<{function}><object>DEPARTMENT</object>{which}<fields>DEPARTMENTID,TITLE,PARENTID</fields>\
             <returnFormat>{form}</returnFormat></{function}>"
        )
    };
    let keys = format!("<keys>{key}</keys>");
    let asked = |form: &str| {
        [
            query(form),
            by("read", &keys, form),
            by("readByName", "<keys>Q</keys>", form),
            by("readByQuery", "<query>DEPARTMENTID = 'Q'</query>", form),
        ]
    };
    for function in asked("csv") {
        let answer = whole(&world, &function);
        assert_eq!(answer.headers["content-type"], "text/csv; charset=utf-8");
        assert_eq!(
            text(&answer),
            "DEPARTMENTID,TITLE,PARENTID\nQ,\"a, \"\"b\"\"\",\n"
        );
    }
    for function in asked("JSON") {
        let answer = whole(&world, &function);
        assert_eq!(answer.headers["content-type"], "application/json");
        let expected =
            serde_json::json!([{"DEPARTMENTID": "Q", "TITLE": "a, \"b\"", "PARENTID": ""}]);
        assert_eq!(answer.json(), expected);
    }
    let nothing = whole(&world, &by("readByName", "<keys>none</keys>", "json"));
    assert_eq!(text(&nothing), "[]\n");
    // Failures are told in the envelope, and so is what has no place beside the data of another.
    let refused = whole(&world, &by("readByName", "<keys>Q</keys>", "pdf"));
    assert_eq!(
        refused.headers["content-type"],
        "text/xml; encoding=\"UTF-8\""
    );
    assert!(text(&refused).contains("the form pdf are not offered"));
    for form in ["csv", "json"] {
        let two = function(&query(form)).repeat(2);
        let answer = asked_of(&world, &two);
        assert_eq!(count(&answer, "<status>failure</status>"), 2, "{answer}");
        assert_eq!(count(&answer, "a request of its own"), 2, "{answer}");
    }
}

fn asked_of(world: &World, functions: &str) -> String {
    asked(world, "", functions)
}

#[test]
fn more_is_told_of_errors_to_those_who_ask() {
    let world = World::harbor();
    let create = function(
        "<create><DEPARTMENT><DEPARTMENTID>Q'1</DEPARTMENTID><COLOUR>red</COLOUR></DEPARTMENT></create>",
    );
    let plain = asked(&world, "", &create);
    assert!(plain.contains("<status>failure</status>"), "{plain}");
    let off = asked(
        &world,
        "<showadditionalerrorinfo>false</showadditionalerrorinfo>",
        &create,
    );
    assert_eq!(
        count(&plain, "additionalinfo") + count(&off, "additionalinfo"),
        0
    );
    let on = "<showadditionalerrorinfo>true</showadditionalerrorinfo>";
    let told = asked(&world, on, &create);
    assert_eq!(count(&told, "<error>"), count(&told, "<additionalinfo>"));
    let first = value(&told, "additionalinfo");
    assert_eq!(
        first,
        "<errorid>REST-1043</errorid><category>invalidRequest</category>\
         <target domain=\"\" requestinfo=\"CREATE\" object=\"DEPARTMENT\" field=\"COLOUR\" businessinfo=\"\"/>\
         <description><messageid>IA.NOT_A_VALID_FIELD</messageid><target>COLOUR</target>\
         <placeholders><placeholder name=\"FIELD\" value=\"COLOUR\"/></placeholders></description>\
         <cdescription><messageid>IA.NOT_A_VALID_FIELD</messageid><target>COLOUR</target>\
         <placeholders><placeholder name=\"FIELD\" value=\"COLOUR\"/></placeholders></cdescription>\
         <correction><messageid></messageid><target></target><placeholders></placeholders></correction>"
    );
    // Failures of the other levels tell it too.
    let known = credentials();
    for wrong in [
        body("ws_sync", "wrong", on, &create),
        body("ws_sync", "wrong", on, &create).replace(&known.sender_password, "wrong"),
        body("ws_sync", "wrong", on, "<strange/>"),
    ] {
        let answer = text(&post(&world, wrong));
        assert_eq!(count(&answer, "<error>"), 1, "{answer}");
        assert!(
            value(&answer, "errorid").starts_with("XL0300000"),
            "{answer}"
        );
    }
}

#[test]
fn the_trail_of_a_record_is_read_by_number_or_id() {
    let world = World::harbor();
    let made = one(
        &world,
        "<create><DEPARTMENT><DEPARTMENTID>Q</DEPARTMENTID><TITLE>Before</TITLE></DEPARTMENT></create>",
    );
    let key = value(&made, "RECORDNO").to_owned();
    one(
        &world,
        &format!(
            "<update><DEPARTMENT><RECORDNO>{key}</RECORDNO><TITLE>After</TITLE></DEPARTMENT></update>"
        ),
    );
    let trail = |which: &str| {
        one(
            &world,
            &format!("<getAuditTrail><object>DEPARTMENT</object>{which}</getAuditTrail>"),
        )
    };
    let by_number = trail(&format!("<recordNo>{key}</recordNo>"));
    assert!(
        by_number.contains("<data listtype=\"AUDITHISTORY\" count="),
        "{by_number}"
    );
    assert_eq!(value(&by_number, "FIELD_BEFORE"), "Before", "{by_number}");
    assert_eq!(value(&by_number, "FIELD_AFTER"), "After");
    let lines = count(&by_number, "<AUDITHISTORY>");
    assert!(lines >= 2, "{by_number}");
    assert!(by_number.contains(&format!(
        "count=\"{lines}\" totalcount=\"{lines}\" numremaining=\"0\""
    )));
    let rows = |text: &str| {
        value(text, "result")
            .split_once("<data")
            .expect("data")
            .1
            .to_owned()
    };
    assert_eq!(rows(&trail("<objectKey>Q</objectKey>")), rows(&by_number));
    // Keys are counted for each object, so that others have this one as well.
    let other = one(
        &world,
        "<getAuditTrail><object>USERINFO</object><objectKey>Q</objectKey></getAuditTrail>",
    );
    assert!(other.contains("count=\"0\" totalcount=\"0\""), "{other}");
    for (wrong, said) in [
        ("<recordNo>Q</recordNo>", "must be a record number"),
        ("", "exactly one of objectKey and recordNo"),
        (
            "<recordNo>1</recordNo><objectKey>Q</objectKey>",
            "exactly one of",
        ),
        ("<name>Q</name>", "has no element name"),
    ] {
        let answer = trail(wrong);
        assert!(
            answer.contains("<status>failure</status>") && answer.contains(said),
            "{answer}"
        );
    }
}

#[test]
fn timesheets_are_written_and_read_with_their_entries() {
    let world = World::demo();
    let entry = |day: &str, hours: &str| {
        format!("<TIMESHEETENTRY><ENTRYDATE>{day}</ENTRYDATE><QTY>{hours}</QTY></TIMESHEETENTRY>")
    };
    let sheet = |entries: &str| {
        format!(
            "<create><TIMESHEET><EMPLOYEEID>EMP-03</EMPLOYEEID><BEGINDATE>09/14/2026</BEGINDATE>\
             <STATE>Saved</STATE><TIMESHEETENTRIES>{entries}</TIMESHEETENTRIES></TIMESHEET></create>"
        )
    };
    // What is wrong with an entry is told by the names of the gateway.
    let wrong = one(
        &world,
        &sheet(
            "<TIMESHEETENTRY><ENTRYDATE>2026-09-14</ENTRYDATE><COLOUR>x</COLOUR></TIMESHEETENTRY>",
        ),
    );
    for said in [
        "TIMESHEETENTRIES.TIMESHEETENTRY.COLOUR is not a valid field",
        "TIMESHEETENTRIES.TIMESHEETENTRY.ENTRYDATE must be a date such as 01/31/2026",
        "TIMESHEETENTRIES.TIMESHEETENTRY.QTY",
    ] {
        assert!(wrong.contains(said), "{said}: {wrong}");
    }
    let both = entry("09/14/2026", "8") + &entry("09/15/2026", "7.5");
    let made = one(&world, &sheet(&both));
    assert!(
        made.contains("<status>success</status><function>"),
        "{made}"
    );
    let key = value(&made, "RECORDNO").to_owned();
    let read = |fields: &str| {
        one(
            &world,
            &format!(
                "<read><object>TIMESHEET</object><keys>{key}</keys><fields>{fields}</fields></read>"
            ),
        )
    };
    let whole = read("*");
    let entries = value(&whole, "TIMESHEETENTRIES");
    assert_eq!(count(entries, "<TIMESHEETENTRY>"), 2, "{whole}");
    assert_eq!(value(entries, "ENTRYDATE"), "09/14/2026");
    assert_eq!(value(entries, "QTY"), "8.00");
    let first = value(entries, "RECORDNO").to_owned();
    // An entry with its number changes, one without is new, and the others stay.
    let changed = one(
        &world,
        &format!(
            "<update><TIMESHEET><RECORDNO>{key}</RECORDNO><TIMESHEETENTRIES><TIMESHEETENTRY><RECORDNO>{first}</RECORDNO>\
             <QTY>4</QTY></TIMESHEETENTRY>{}</TIMESHEETENTRIES></TIMESHEET></update>",
            entry("09/16/2026", "2")
        ),
    );
    assert!(
        changed.contains("<status>success</status><function>"),
        "{changed}"
    );
    let lines = read("STATE,TIMESHEETENTRIES");
    let shown: Vec<&str> = lines
        .split("<QTY>")
        .skip(1)
        .map(|rest| rest.split_once('<').expect("an end").0)
        .collect();
    assert_eq!(shown, ["4.00", "7.50", "2.00"], "{lines}");
    assert_eq!(value(&lines, "STATE"), "Saved");
    assert!(
        !lines.contains("EMPLOYEEID>EMP-03</EMPLOYEEID><BEGIN"),
        "{lines}"
    );
    assert_eq!(count(&read("STATE"), "TIMESHEETENTR"), 0);
    assert_eq!(count(&read("TIMESHEETENTRIES"), "<BEGINDATE>"), 0);
    // The entries of one timesheet are not those of another.
    let other = one(
        &world,
        &sheet(&entry("09/14/2026", "1")).replace("09/14", "09/07"),
    );
    let other = value(&other, "RECORDNO").to_owned();
    let two = one(
        &world,
        &format!(
            "<read><object>TIMESHEET</object><keys>{key},{other}</keys><fields>TIMESHEETENTRIES</fields></read>"
        ),
    );
    let each: Vec<usize> = two
        .split("<TIMESHEETENTRIES>")
        .skip(1)
        .map(|part| count(part, "<TIMESHEETENTRY>"))
        .collect();
    assert_eq!(each, [3, 1], "{two}");
}

#[test]
fn one_page_does_not_grow_beyond_the_bound_either() {
    let world = World::harbor();
    let company = company(&world.engine, "HARBOR");
    let filled =
        world
            .engine
            .fill_company(company, 2_000, sidegate_engine::Door::Command, &mut |_| {});
    filled.expect("a filling");
    let mut fields = String::new();
    for depth in 4..9 {
        for name in [
            "STATUS",
            "LOGINID",
            "EMAIL",
            "DESCRIPTION",
            "ADMIN",
            "USERTYPE",
            "WHENCREATED",
            "WHENMODIFIED",
            "RECORD_URL",
            "UNRESTRICTED",
            "SSO_ENABLED",
            "LOGINDISABLED",
            "PWDNEVEREXPIRES",
            "VISIBLE",
        ] {
            fields.push_str(&format!(
                "<field>{}{name}</field>",
                "USERINFOCREATEDBY.".repeat(depth)
            ));
        }
    }
    let query = format!(
        "<query><object>USERINFO</object><select>{fields}</select><pagesize>2000</pagesize></query>"
    );
    let answer = one(&world, &query);
    assert!(
        answer.contains("ask for fewer records or fields"),
        "{} bytes",
        answer.len()
    );
}
