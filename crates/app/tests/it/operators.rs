//! Every operator on every sort of value, with nulls, wildcards, Unicode and case: one table, the
//! same on both databases.

use serde_json::{Value, json};

use sidegate_model::field_type::day_text;

use crate::harness::{NOON, World};

/// One contact.
struct Row {
    id: &'static str,
    company: Option<&'static str>,
    discount: Option<&'static str>,
    listed: bool,
}

const ROWS: &[Row] = &[
    Row {
        id: "t-01",
        company: None,
        discount: None,
        listed: true,
    },
    Row {
        id: "t-02",
        company: Some("50%"),
        discount: Some("0"),
        listed: true,
    },
    Row {
        id: "t-03",
        company: Some("5_0"),
        discount: Some("1.50"),
        listed: false,
    },
    Row {
        id: "t-04",
        company: Some("a\\b"),
        discount: Some("10.00"),
        listed: true,
    },
    Row {
        id: "t-05",
        company: Some("Apple"),
        discount: Some("-2.25"),
        listed: true,
    },
    Row {
        id: "t-06",
        company: Some("apple pie"),
        discount: Some("99.99"),
        listed: false,
    },
    Row {
        id: "t-07",
        company: Some("Äpfel"),
        discount: None,
        listed: true,
    },
    Row {
        id: "t-08",
        company: Some("ÄPFEL"),
        discount: Some("1.5"),
        listed: true,
    },
    Row {
        id: "t-09",
        company: Some("Zebra 500"),
        discount: Some("2"),
        listed: true,
    },
    Row {
        id: "t-10",
        company: Some("zebra"),
        discount: Some("1000.10"),
        listed: true,
    },
];

/// Field, filter on it, whether case matters, and the last two digits of the ids found.
const TABLE: &[(&str, &str, &str, bool, &str)] = &[
    // Text and null.
    ("companyName", "$eq", r#""Apple""#, true, "05"),
    ("companyName", "$eq", r#""Apple""#, false, "05"),
    ("companyName", "$eq", r#""ÄPFEL""#, true, "08"),
    ("companyName", "$eq", r#""äpfel""#, false, "07 08"),
    ("companyName", "$eq", "null", true, "01"),
    (
        "companyName",
        "$ne",
        "null",
        true,
        "02 03 04 05 06 07 08 09 10",
    ),
    (
        "companyName",
        "$ne",
        r#""Apple""#,
        true,
        "01 02 03 04 06 07 08 09 10",
    ),
    (
        "companyName",
        "$in",
        r#"["50%", "zebra", "nobody"]"#,
        true,
        "02 10",
    ),
    ("companyName", "$in", r#"["ZEBRA"]"#, false, "10"),
    ("companyName", "$in", "[]", true, ""),
    (
        "companyName",
        "$notIn",
        r#"["50%", "zebra"]"#,
        true,
        "01 03 04 05 06 07 08 09",
    ),
    (
        "companyName",
        "$notIn",
        "[]",
        true,
        "01 02 03 04 05 06 07 08 09 10",
    ),
    ("companyName", "$lt", r#""A""#, true, "02 03"),
    (
        "companyName",
        "$gt",
        r#""Zebra 500""#,
        true,
        "04 06 07 08 10",
    ),
    ("companyName", "$gte", r#""zebra""#, true, "07 08 10"),
    ("companyName", "$lte", r#""5_0""#, true, "02 03"),
    ("companyName", "$between", r#"["A", "B"]"#, true, "05"),
    (
        "companyName",
        "$between",
        r#"["a", "b"]"#,
        false,
        "04 05 06",
    ),
    (
        "companyName",
        "$notBetween",
        r#"["A", "zz"]"#,
        true,
        "01 02 03 07 08",
    ),
    // Wildcards and the backslash are characters like any other.
    ("companyName", "$contains", r#""%""#, true, "02"),
    ("companyName", "$contains", r#""_""#, true, "03"),
    ("companyName", "$contains", r#""\\""#, true, "04"),
    ("companyName", "$contains", r#""pp""#, true, "05 06"),
    ("companyName", "$contains", r#""ÄP""#, true, "08"),
    ("companyName", "$contains", r#""äp""#, false, "07 08"),
    ("companyName", "$contains", "500", true, "09"),
    (
        "companyName",
        "$notContains",
        r#""e""#,
        true,
        "01 02 03 04 08",
    ),
    (
        "companyName",
        "$notContains",
        r#""E""#,
        false,
        "01 02 03 04",
    ),
    ("companyName", "$startsWith", r#""5""#, true, "02 03"),
    ("companyName", "$startsWith", r#""APPLE""#, false, "05 06"),
    ("companyName", "$startsWith", r#""Ä""#, true, "07 08"),
    (
        "companyName",
        "$notStartsWith",
        r#""5""#,
        true,
        "01 04 05 06 07 08 09 10",
    ),
    ("companyName", "$endsWith", r#""%""#, true, "02"),
    ("companyName", "$endsWith", r#""\\b""#, true, "04"),
    ("companyName", "$endsWith", r#""PIE""#, false, "06"),
    (
        "companyName",
        "$endsWith",
        r#""much longer than any of the names""#,
        true,
        "",
    ),
    (
        "companyName",
        "$notEndsWith",
        r#""e""#,
        true,
        "01 02 03 04 07 08 09 10",
    ),
    // Decimals.
    ("discount", "$eq", r#""1.5""#, true, "03 08"),
    ("discount", "$eq", "1.50", true, "03 08"),
    ("discount", "$eq", "null", true, "01 07"),
    ("discount", "$ne", "1.5", true, "01 02 04 05 06 07 09 10"),
    ("discount", "$lt", "1.5", true, "02 05"),
    ("discount", "$lte", "1.5", true, "02 03 05 08"),
    ("discount", "$gt", "10", true, "06 10"),
    ("discount", "$gte", "10", true, "04 06 10"),
    ("discount", "$in", r#"[0, "2.00"]"#, true, "02 09"),
    (
        "discount",
        "$notIn",
        "[0, 2]",
        true,
        "01 03 04 05 06 07 08 10",
    ),
    ("discount", "$between", "[-3, 1.5]", true, "02 03 05 08"),
    (
        "discount",
        "$notBetween",
        "[-3, 1.5]",
        true,
        "01 04 06 07 09 10",
    ),
    ("discount", "$contains", r#"".5""#, true, "03 08"),
    ("discount", "$startsWith", r#""-2.2""#, true, "05"),
    ("discount", "$startsWith", r#""10""#, true, "04 10"),
    ("discount", "$endsWith", r#""00""#, true, "02 04 09"),
    (
        "discount",
        "$notEndsWith",
        r#""00""#,
        true,
        "01 03 05 06 07 08 10",
    ),
    // Booleans.
    (
        "showInContactList",
        "$eq",
        "true",
        true,
        "01 02 04 05 07 08 09 10",
    ),
    ("showInContactList", "$ne", "true", true, "03 06"),
    ("showInContactList", "$in", "[false]", true, "03 06"),
    ("showInContactList", "$notIn", "[true, false]", true, ""),
    (
        "showInContactList",
        "$ne",
        "null",
        true,
        "01 02 03 04 05 06 07 08 09 10",
    ),
];

/// The same on entities made one day after the other, from 2026-11-22T12:00:00Z on, each of which
/// started on its day, but for the first, of which that is not known. The clock then stands at
/// 2026-12-01, a Tuesday.
const DAYS: &[(&str, &str, &str, bool, &str)] = &[
    // Moments.
    (
        "audit.createdDateTime",
        "$lt",
        r#""2026-11-24""#,
        true,
        "01 02",
    ),
    (
        "audit.createdDateTime",
        "$gte",
        r#""2026-11-24T12:00:00Z""#,
        true,
        "03 04 05 06 07 08 09 10",
    ),
    (
        "audit.createdDateTime",
        "$gt",
        r#""2026-11-24T12:00:00Z""#,
        true,
        "04 05 06 07 08 09 10",
    ),
    (
        "audit.createdDateTime",
        "$eq",
        r#""2026-11-24T13:00:00+01:00""#,
        true,
        "03",
    ),
    (
        "audit.createdDateTime",
        "$between",
        r#"["2026-11-24", "2026-11-26"]"#,
        true,
        "03 04",
    ),
    // Words for periods.
    ("audit.createdDateTime", "$eq", r#""yesterday""#, true, "09"),
    ("audit.createdDateTime", "$eq", r#""today""#, true, "10"),
    (
        "audit.createdDateTime",
        "$eq",
        r#""lastWeek""#,
        true,
        "01 02 03 04 05 06 07",
    ),
    (
        "audit.createdDateTime",
        "$gt",
        r#""lastWeek""#,
        true,
        "08 09 10",
    ),
    (
        "audit.createdDateTime",
        "$gte",
        r#""currentWeek""#,
        true,
        "08 09 10",
    ),
    (
        "audit.createdDateTime",
        "$lt",
        r#""currentWeek""#,
        true,
        "01 02 03 04 05 06 07",
    ),
    (
        "audit.createdDateTime",
        "$lte",
        r#""priorMonth""#,
        true,
        "01 02 03 04 05 06 07 08 09",
    ),
    (
        "audit.createdDateTime",
        "$ne",
        r#""priorMonth""#,
        true,
        "10",
    ),
    (
        "audit.createdDateTime",
        "$in",
        r#"["today", "yesterday"]"#,
        true,
        "09 10",
    ),
    (
        "audit.createdDateTime",
        "$notIn",
        r#"["today", "lastWeek"]"#,
        true,
        "08 09",
    ),
    (
        "audit.createdDateTime",
        "$between",
        r#"["yesterday", "today"]"#,
        true,
        "09 10",
    ),
    (
        "audit.createdDateTime",
        "$eq",
        r#""currentYear""#,
        true,
        "01 02 03 04 05 06 07 08 09 10",
    ),
    (
        "audit.createdDateTime",
        "$eq",
        r#""priorQuarter""#,
        true,
        "",
    ),
    // Dates.
    ("startDate", "$eq", r#""2026-11-24""#, true, "03"),
    ("startDate", "$eq", "null", true, "01"),
    (
        "startDate",
        "$ne",
        r#""2026-11-24""#,
        true,
        "01 02 04 05 06 07 08 09 10",
    ),
    ("startDate", "$lt", r#""2026-11-24""#, true, "02"),
    ("startDate", "$lte", r#""2026-11-24""#, true, "02 03"),
    ("startDate", "$gt", r#""2026-11-29""#, true, "09 10"),
    (
        "startDate",
        "$between",
        r#"["2026-11-24", "2026-11-26"]"#,
        true,
        "03 04 05",
    ),
    (
        "startDate",
        "$notBetween",
        r#"["2026-11-24", "2026-11-29"]"#,
        true,
        "01 02 09 10",
    ),
    (
        "startDate",
        "$in",
        r#"["2026-11-24", "yesterday"]"#,
        true,
        "03 09",
    ),
    (
        "startDate",
        "$notIn",
        r#"["2026-11-24", "lastWeek"]"#,
        true,
        "01 08 09 10",
    ),
    ("startDate", "$eq", r#""currentWeek""#, true, "08 09 10"),
    ("startDate", "$gte", r#""currentMonth""#, true, "10"),
    (
        "startDate",
        "$lt",
        r#""currentMonth""#,
        true,
        "02 03 04 05 06 07 08 09",
    ),
    (
        "startDate",
        "$ne",
        r#""currentMonth""#,
        true,
        "01 02 03 04 05 06 07 08 09",
    ),
    (
        "startDate",
        "$notBetween",
        r#"["lastWeek", "yesterday"]"#,
        true,
        "01 10",
    ),
];

const DAY: i64 = 86_400_000_000;

#[test]
fn operators_mean_on_every_sort_of_value_what_the_table_says() {
    let world = World::harbor();
    let mut token = world.token("ws_sync@HARBOR");
    for (at, row) in ROWS.iter().enumerate() {
        if at > 0 {
            world.source.advance(DAY);
            token = world.token("ws_sync@HARBOR");
        }
        let make = |object: &str, body: &Value| {
            let path = format!("/objects/company-config/{object}");
            let answer = world.call("POST", &path, Some(&token), Some(body));
            assert_eq!(answer.status, 201, "{}", answer.json());
        };
        make(
            "contact",
            &json!({"id": row.id, "printAs": row.id, "companyName": row.company, "discount": row.discount,
                    "showInContactList": row.listed}),
        );
        let day = (at > 0).then(|| day_text(i32::try_from(NOON / DAY).expect("a day") + at as i32));
        make(
            "entity",
            &json!({"id": row.id, "name": row.id, "federalId": "1", "startDate": day}),
        );
    }
    let mut wrong = Vec::new();
    let tables = [("contact", TABLE), ("entity", DAYS)];
    for (object, table) in tables {
        for (field, operator, value, case, wanted) in table {
            let found = ask(&world, &token, object, field, operator, value, *case);
            if found != *wanted {
                wrong.push(format!("{operator} {value} on {field} (case {case}): {wanted:?} wanted, {found:?} found"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn ask(
    world: &World,
    token: &str,
    object: &str,
    field: &str,
    operator: &str,
    value: &str,
    case: bool,
) -> String {
    let value: Value = serde_json::from_str(value).expect("JSON in the table");
    let query = json!({
        "object": format!("company-config/{object}"),
        "fields": ["id"],
        "filters": [{"$startsWith": {"id": "t-"}}, {operator: {field: value}}],
        "filterParameters": {"caseSensitiveComparison": case},
        "orderBy": [{"id": "asc"}],
    });
    let answer = world.call("POST", "/services/core/query", Some(token), Some(&query));
    assert_eq!(answer.status, 200, "{query}: {}", answer.json());
    let rows = answer.json();
    let ids = rows["ia::result"].as_array().expect("rows").iter();
    let ids: Vec<&str> = ids
        .map(|row| &row["id"].as_str().expect("an id")[2..])
        .collect();
    ids.join(" ")
}

/// Words on a list of words, whether case matters, and the last two digits of the ids found.
const WORDS: &[(&str, bool, &str)] = &[
    ("monday", true, "01 02"),
    ("Monday", true, "03"),
    ("MONDAY", false, "01 02 03"),
    // Whole words only, and nothing is a wildcard.
    ("mon", true, ""),
    ("50%", true, "04"),
    ("5_", true, ""),
    ("%", true, ""),
    ("a\\b", true, "04"),
    ("monday tuesday", true, ""),
    ("Äpfel", true, "05"),
    ("ÄPFEL", false, "05"),
    ("e\u{301}", true, "05"),
    ("é", true, ""),
];

#[test]
fn has_finds_whole_words_of_a_list_and_nothing_else() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    let lists = [
        json!(["monday", "tuesday"]),
        json!(["monday"]),
        json!(["Monday", "friday"]),
        json!(["50%", "a\\b", "5x"]),
        json!(["Äpfel", "e\u{301}"]),
        json!([]),
    ];
    for (at, list) in lists.iter().enumerate() {
        let body = json!({"id": format!("w-{:02}", at + 1), "name": "Words", "federalId": "1", "businessDays": list});
        let made = world.call(
            "POST",
            "/objects/company-config/entity",
            Some(&token),
            Some(&body),
        );
        assert_eq!(made.status, 201, "{}", made.json());
        let key = made.json()["ia::result"]["key"]
            .as_str()
            .expect("a key")
            .to_owned();
        let path = format!("/objects/company-config/entity/{key}");
        let read = world.call("GET", &path, Some(&token), None).json();
        assert_eq!(read["ia::result"]["businessDays"], *list);
    }
    for (word, case, wanted) in WORDS {
        let query = json!({"object": "company-config/entity", "fields": ["id"], "filters": [{"$has": {"businessDays": word}}],
                           "filterParameters": {"caseSensitiveComparison": case}, "orderBy": [{"id": "asc"}]});
        let answer = world.call("POST", "/services/core/query", Some(&token), Some(&query));
        assert_eq!(answer.status, 200, "{}", answer.json());
        let found: Vec<String> = answer.json()["ia::result"]
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| row["id"].as_str().expect("an id")[2..].to_owned())
            .collect();
        assert_eq!(found.join(" "), *wanted, "{word} {case}");
    }
    for operand in [
        json!(null),
        json!(true),
        json!(["monday"]),
        json!(""),
        json!("a\nb"),
    ] {
        let query = json!({"object": "company-config/entity", "fields": ["id"], "filters": [{"$has": {"businessDays": operand}}]});
        let answer = world.call("POST", "/services/core/query", Some(&token), Some(&query));
        assert_eq!(answer.status, 400, "{operand}");
    }
}
