//! `USERRESTRICTION`: the locations and departments that users are restricted to, and `UNRESTRICTED`.

use serde_json::json;

use super::gateway::{Asker, Gateway};
use crate::harness::World;

/// Users with lists, whose ids begin with `ws_l`.
fn filled(gateway: &Gateway<'_>) {
    let ids = |ids: &[&str]| ids.iter().map(|id| json!({"id": id})).collect::<Vec<_>>();
    gateway.new_user("ws_l1", &json!({}));
    gateway.new_user("ws_l2", &json!({"locations": ids(&["NYC", "LON"])}));
    gateway.new_user("ws_l3", &json!({"departments": ids(&["OPS", "FIN"])}));
    gateway.new_user("ws_l4", &json!({"territories": []}));
    gateway.new_user("ws_l5", &json!({"entities": ids(&["E100"])}));
    let both = json!({"locations": ids(&["LON"]), "departments": ids(&["FIN"])});
    gateway.new_user("ws_l6", &both);
}

fn query(select: &[&str], filter: &str, more: &str) -> String {
    let select: String = select
        .iter()
        .map(|field| format!("<field>{field}</field>"))
        .collect();
    let mine = "<like><field>LOGINID</field><value>ws_l%</value></like>";
    let filter = match filter {
        "" => mine.to_owned(),
        filter => format!("<and>{mine}{filter}</and>"),
    };
    format!(
        "<query><object>USERRESTRICTION</object><select>{select}</select><filter>{filter}</filter><orderby><order><field>LOGINID</field></order></orderby>{more}</query>"
    )
}

fn test(operator: &str, field: &str, values: &[&str]) -> String {
    let values: String = values
        .iter()
        .map(|value| format!("<value>{value}</value>"))
        .collect();
    format!("<{operator}><field>{field}</field>{values}</{operator}>")
}

#[test]
fn a_query_has_one_row_for_each_user_and_each_list_as_one_text() {
    let world = World::demo();
    let gateway = Gateway { world: &world };
    filled(&gateway);
    let asker = Asker::session(&gateway.open(&Asker::admin()));
    let names = [
        "LOGINID",
        "UNRESTRICTED",
        "LOCATIONID",
        "LOCATIONNAME",
        "DEPARTMENTID",
        "DEPARTMENTNAME",
    ];
    let rows = gateway.one(&asker, &query(&names, "", ""));
    assert_eq!(rows.told("totalcount"), "6");
    let all: Vec<String> = (0..6)
        .map(|row| names.map(|name| rows.column(name)[row].clone()).join(","))
        .collect();
    assert_eq!(
        all,
        [
            "ws_l1,true,,,,",
            "ws_l2,false,NYC|LON,New York|London,,",
            "ws_l3,false,,,OPS|FIN,Operations|Finance",
            "ws_l4,true,,,,",
            "ws_l5,false,,,,",
            "ws_l6,false,LON,London,FIN,Finance",
        ]
    );
    let csv = query(
        &["LOGINID", "LOCATIONID"],
        &test("equalto", "LOCATIONID", &["NYC"]),
        "<options><returnformat>csv</returnformat></options>",
    );
    let answer = gateway.post(&asker.body(&[&csv]), "application/xml");
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    assert_eq!(text, "LOGINID,LOCATIONID\nws_l2,NYC|LON\n");
}

#[test]
fn a_test_of_a_list_holds_where_it_holds_for_something_that_it_names() {
    let world = World::demo();
    let gateway = Gateway { world: &world };
    filled(&gateway);
    let asker = Asker::session(&gateway.open(&Asker::admin()));
    let cases: &[(&str, &str, &[&str], &str)] = &[
        ("equalto", "LOCATIONID", &["LON"], "26"),
        ("equalto", "LOCATIONNAME", &["New York"], "2"),
        ("equalto", "LOCATIONID", &["lon"], ""),
        ("notequalto", "LOCATIONID", &["NYC"], "13456"),
        ("in", "LOCATIONID", &["NYC", "ROT"], "2"),
        ("notin", "LOCATIONID", &["NYC", "LON"], "1345"),
        ("like", "DEPARTMENTID", &["O%"], "3"),
        ("notlike", "DEPARTMENTID", &["O%"], "12456"),
        ("isnull", "DEPARTMENTID", &[], "1245"),
        ("isnotnull", "DEPARTMENTID", &[], "36"),
        ("equalto", "UNRESTRICTED", &["true"], "14"),
    ];
    for (operator, field, values, wanted) in cases {
        let asked = query(&["LOGINID"], &test(operator, field, values), "");
        let found = gateway.one(&asker, &asked).column("LOGINID");
        let found: String = found.iter().map(|id| &id["ws_l".len()..]).collect();
        assert_eq!(found, *wanted, "{operator} {field} {values:?}");
    }
    let folded = query(
        &["LOGINID"],
        &test("equalto", "LOCATIONID", &["lon"]),
        "<options><caseinsensitive>true</caseinsensitive></options>",
    );
    assert_eq!(gateway.one(&asker, &folded).column("LOGINID").len(), 2);
    let refused = [
        (
            query(&["LOGINID"], &test("lessthan", "LOCATIONID", &["L"]), ""),
            "a list has no order",
        ),
        (
            query(&["LOGINID"], "", "").replace(
                "<field>LOGINID</field></order>",
                "<field>LOCATIONID</field></order>",
            ),
            "LOCATIONID is a list, which sorts nothing",
        ),
        (
            "<query><object>USERRESTRICTION</object><select><count>LOCATIONID</count></select></query>"
                .to_owned(),
            "count of LOCATIONID: it is a list",
        ),
        (
            "<query><object>USERRESTRICTION</object><select><field>LOCATIONID</field><count>RECORDNO</count></select></query>"
                .to_owned(),
            "locations.id",
        ),
    ];
    for (function, told) in refused {
        let outcome = gateway.one(&asker, &function);
        let (_, said) = outcome.refusal();
        assert!(said.contains(told), "{said}");
    }
}

#[test]
fn lists_are_elements_in_the_older_functions_and_left_out_where_they_name_nothing() {
    let world = World::demo();
    let gateway = Gateway { world: &world };
    filled(&gateway);
    let asker = Asker::session(&gateway.open(&Asker::admin()));
    let read = |fields: &str, query: &str, size: u32| {
        format!(
            "<readByQuery><object>USERRESTRICTION</object><fields>{fields}</fields><query>{query}</query><pagesize>{size}</pagesize></readByQuery>"
        )
    };
    let found = gateway.one(
        &asker,
        &read("*", "LOCATIONID = 'LON' AND LOGINID like 'ws_l%'", 1),
    );
    assert_eq!(found.told("totalcount"), "2");
    assert_eq!(found.told("listtype"), "userrestriction");
    let row = &found.data().children[0];
    assert_eq!(row.text_at("LOGINID"), "ws_l2");
    assert_eq!(row.text_at("UNRESTRICTED"), "false");
    let shown: Vec<String> = row
        .child("LOCATIONS")
        .expect("a list")
        .children
        .iter()
        .map(|item| {
            assert_eq!(item.name, "LOCATION");
            assert_eq!(item.names(), ["LOCATIONID", "LOCATIONNAME"]);
            format!(
                "{}={}",
                item.text_at("LOCATIONID"),
                item.text_at("LOCATIONNAME")
            )
        })
        .collect();
    assert_eq!(shown, ["NYC=New York", "LON=London"]);
    assert!(row.child("DEPARTMENTS").is_none() && row.child("LOCATIONID").is_none());
    let more = format!(
        "<readMore><resultId>{}</resultId></readMore>",
        found.told("resultId")
    );
    let row = gateway.one(&asker, &more).data().children[0].clone();
    assert_eq!(row.text_at("LOGINID"), "ws_l6");
    assert_eq!(
        row.text_at("DEPARTMENTS/DEPARTMENT/DEPARTMENTNAME"),
        "Finance"
    );
    // Names that were not asked for are not shown.
    let found = gateway.one(
        &asker,
        &read("LOGINID,DEPARTMENTID", "LOGINID = 'ws_l6'", 10),
    );
    let row = &found.data().children[0];
    assert_eq!(row.names(), ["LOGINID", "DEPARTMENTS"]);
    let item = row.at("DEPARTMENTS/DEPARTMENT").expect("an item");
    assert_eq!(item.names(), ["DEPARTMENTID"]);
    let cases = [
        ("NOT (LOCATIONID = 'NYC') AND LOGINID like 'ws_l%'", "13456"),
        ("LOCATIONID IS NULL AND LOGINID like 'ws_l%'", "1345"),
        ("UNRESTRICTED = 'F' AND LOGINID like 'ws_l%'", "2356"),
    ];
    for (query, wanted) in cases {
        let found = gateway.one(&asker, &read("LOGINID", query, 10));
        let found = found.column("LOGINID");
        let found: String = found.iter().map(|id| &id["ws_l".len()..]).collect();
        assert_eq!(found, wanted, "{query}");
    }
    let one = "<readByName><object>USERRESTRICTION</object><keys>ws_l6</keys></readByName>";
    let row = gateway.one(&asker, one).data().children[0].clone();
    assert_eq!(row.text_at("LOCATIONS/LOCATION/LOCATIONID"), "LON");
}

#[test]
fn a_user_is_unrestricted_while_no_list_restricts() {
    let world = World::demo();
    let gateway = Gateway { world: &world };
    filled(&gateway);
    let asker = Asker::session(&gateway.open(&Asker::admin()));
    let read = |id: &str| {
        let function = format!(
            "<readByName><object>USERINFO</object><keys>{id}</keys><fields>UNRESTRICTED</fields></readByName>"
        );
        gateway.one(&asker, &function).data().children[0]
            .text_at("UNRESTRICTED")
            .to_owned()
    };
    for (id, wanted) in [
        ("ws_l1", "true"),
        ("ws_l2", "false"),
        ("ws_l3", "false"),
        ("ws_l5", "false"),
    ] {
        assert_eq!(read(id), wanted, "{id}");
    }
    gateway.patch("company-config/user", "ws_l2", &json!({"locations": []}));
    assert_eq!(read("ws_l2"), "true");
    gateway.patch(
        "company-config/user",
        "ws_l2",
        &json!({"userName": "Other"}),
    );
    assert_eq!(read("ws_l2"), "true");
    gateway.patch(
        "company-config/user",
        "ws_l3",
        &json!({"userName": "Other"}),
    );
    assert_eq!(read("ws_l3"), "false");
    // Sent, it speaks of the entities, as before.
    let write = "<update><USERINFO><LOGINID>ws_l1</LOGINID><UNRESTRICTED>true</UNRESTRICTED><USERDEPARTMENTS><DEPARTMENTID>FIN</DEPARTMENTID></USERDEPARTMENTS></USERINFO></update>";
    assert!(gateway.one(&asker, write).is_done());
    assert_eq!(read("ws_l1"), "false");
}

#[test]
fn a_list_shows_what_its_reader_sees() {
    let world = World::demo();
    let gateway = Gateway { world: &world };
    filled(&gateway);
    let narrow = gateway.new_user(
        "ws_narrow",
        &json!({"locations": [{"id": "LON"}], "adminPrivileges": "full"}),
    );
    let rows = gateway.one(&narrow, &query(&["LOGINID", "LOCATIONID"], "", ""));
    let found = rows.column("LOCATIONID");
    assert_eq!(found, ["", "LON", "", "", "", "LON"]);
    let hidden = query(&["LOGINID"], &test("equalto", "LOCATIONID", &["NYC"]), "");
    assert!(gateway.one(&narrow, &hidden).column("LOGINID").is_empty());
}
