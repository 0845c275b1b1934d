//! Lists as files: what comes out is what the query gives, as readers of the formats find it.

use std::fs;
use std::io::{Cursor, Read as _};
use std::process::Command;
use std::time::{Duration, Instant};

use calamine::Reader as _;
use quick_xml::events::Event;
use serde_json::{Value, json};
use sidegate_engine::{Call, Door};
use sidegate_model::query::Query;
use sidegate_model::{Failure, RecordKey};
use sidegate_web::export::{
    Asked, Audience, DateFormat, Exports, Format, Owner, State, Status, make,
};

use crate::harness::{Answer, World};
use crate::support::{codes, company, key_of, set, system};

const FIELDS: &[&str] = &["id", "name", "reportTitle", "parent.id", "status", "key"];

/// Departments with names that formats get wrong, and the caller's token.
fn world() -> (World, String) {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    for (number, name) in [
        "=HYPERLINK(\"http://example.com\",\"x\")",
        "+1",
        "-1",
        "@SUM(A1)",
        "Łódź, \"quoted\" & <b>; second",
        "Ελληνικά Кириллица",
        "שלום",
        "😀 emoji",
    ]
    .iter()
    .enumerate()
    {
        let body = json!({"id": format!("odd-{number}"), "name": name});
        let made = world.call(
            "POST",
            "/objects/company-config/department",
            Some(&token),
            Some(&body),
        );
        assert_eq!(made.status, 201, "{}", made.json());
    }
    (world, token)
}

fn query() -> Value {
    json!({
        "object": "company-config/department", "fields": FIELDS,
        "filters": [{"$ne": {"id": "ALL"}}], "orderBy": [{"name": "desc"}],
    })
}

fn export(world: &World, token: &str, kind: &str, query: &Value) -> Answer {
    let body = json!({"fileType": kind, "query": query});
    world.call("POST", "/services/core/export", Some(token), Some(&body))
}

/// The rows of the query service as text.
fn rows(world: &World, token: &str, query: &Value) -> Vec<Vec<String>> {
    let answer = world.call("POST", "/services/core/query", Some(token), Some(query));
    assert_eq!(answer.status, 200, "{}", answer.json());
    let rows = answer.json()["ia::result"]
        .as_array()
        .expect("rows")
        .clone();
    let text = |value: &Value| match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    rows.iter()
        .map(|row| {
            let fields = query["fields"].as_array().expect("fields");
            let name = |field: &Value| field.as_str().expect("a name").to_owned();
            fields.iter().map(|field| text(&row[name(field)])).collect()
        })
        .collect()
}

/// The same with the names above.
fn with_names(rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    let mut all = vec![FIELDS.iter().map(|name| (*name).to_owned()).collect()];
    all.extend(rows);
    all
}

fn header(answer: &Answer, name: &str) -> String {
    let value = answer.headers.get(name).expect(name);
    value.to_str().expect("text").to_owned()
}

fn csv_rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(bytes);
    reader
        .records()
        .map(|row| row.expect("a row").iter().map(str::to_owned).collect())
        .collect()
}

fn xlsx_rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut book = calamine::Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    assert!(book.worksheet_formula("List").expect("a sheet").is_empty());
    let range = book.worksheet_range("List").expect("a sheet");
    range
        .rows()
        .map(|row| row.iter().map(ToString::to_string).collect())
        .collect()
}

fn docx_rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut text = String::new();
    let mut part = archive.by_name("word/document.xml").expect("a document");
    part.read_to_string(&mut text).expect("text");
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut in_text = false;
    loop {
        let piece = match reader.read_event().expect("XML") {
            Event::Eof => return rows,
            Event::Start(tag) => {
                match tag.name().as_ref() {
                    "w:tr" => rows.push(Vec::new()),
                    "w:tc" => rows.last_mut().expect("a row").push(String::new()),
                    _ => {}
                }
                in_text = tag.name().as_ref() == "w:t";
                continue;
            }
            Event::End(_) => {
                in_text = false;
                continue;
            }
            Event::Text(piece) if in_text => piece.to_string(),
            Event::GeneralRef(name) if in_text => {
                let whole = format!("&{};", &*name);
                quick_xml::escape::unescape(&whole)
                    .expect("a known entity")
                    .into_owned()
            }
            _ => continue,
        };
        if let Some(cell) = rows.last_mut().and_then(|row| row.last_mut()) {
            cell.push_str(&piece);
        }
    }
}

/// What Debian's pdftotext finds, which `./check` installs.
fn pdf_text(bytes: &[u8]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("export.pdf");
    fs::write(&path, bytes).expect("a file");
    let output = Command::new("pdftotext")
        .args(["-layout", "-enc", "UTF-8"])
        .arg(&path)
        .arg("-")
        .output()
        .expect("pdftotext, of the Debian package poppler-utils");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn every_format_has_the_rows_of_the_query_in_its_order() {
    let (world, token) = world();
    let wanted = with_names(rows(&world, &token, &query()));
    assert!(wanted.len() > 10);

    let answer = export(&world, &token, "xlsx", &query());
    assert_eq!(answer.status, 200);
    assert_eq!(header(&answer, "content-type"), "application/vnd.ms-excel");
    assert_eq!(xlsx_rows(&answer.body), wanted);

    let answer = export(&world, &token, "word", &query());
    assert_eq!(header(&answer, "content-type"), "application/vnd.ms-word");
    assert_eq!(docx_rows(&answer.body), wanted);

    let answer = export(&world, &token, "csv", &query());
    assert_eq!(header(&answer, "content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        header(&answer, "content-disposition"),
        "attachment; filename=\"export.csv\""
    );
    assert_eq!(
        header(&answer, "content-length"),
        answer.body.len().to_string()
    );
    let found = csv_rows(&answer.body);
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(&wanted) {
        for (found, wanted) in found.iter().zip(wanted) {
            // What a spreadsheet would calculate has an apostrophe before it.
            let begins = wanted.starts_with(['=', '+', '-', '@']);
            let safe = if begins {
                format!("'{wanted}")
            } else {
                wanted.clone()
            };
            assert_eq!(*found, safe);
        }
    }
    let guarded = found.iter().flatten().filter(|cell| cell.starts_with('\''));
    assert_eq!(guarded.count(), 4);
}

#[test]
fn a_pdf_tells_what_it_is_and_has_every_row() {
    let (world, token) = world();
    let answer = export(&world, &token, "pdf", &query());
    assert_eq!(header(&answer, "content-type"), "application/pdf");
    let text = pdf_text(&answer.body);
    for line in [
        "Departments",
        "Company: Harbor Trading Group",
        "Filter: id $ne ALL",
        "Made: 2026-11-22 12:00 UTC",
        "Page 1 of 1",
        "Łódź, \"quoted\" & <b>; second",
        "Ελληνικά Кириллица",
        "@SUM(A1)",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
    let mut rest = text.as_str();
    for row in rows(&world, &token, &query()) {
        let at = rest
            .find(&row[0])
            .unwrap_or_else(|| panic!("{} in {rest}", row[0]));
        rest = &rest[at + row[0].len()..];
    }
    // The same moment makes the same file.
    assert_eq!(answer.body, export(&world, &token, "pdf", &query()).body);
}

#[test]
fn pages_have_numbers_and_their_labels_again() {
    let world = World::demo();
    let harbor = company(&world.engine, "HARBOR");
    let filled = world
        .engine
        .fill_company(harbor, 2600, Door::Command, &mut |_| {});
    filled.expect("a filling");
    let token = world.token("ws_sync@HARBOR");
    let query = json!({"object": "company-config/user", "fields": ["id", "userName", "status"],
        "filters": [{"$startsWith": {"id": "bench-"}}], "orderBy": [{"id": "desc"}]});
    let csv = csv_rows(&export(&world, &token, "csv", &query).body);
    // More than a query has at once by itself, each once and in order.
    assert_eq!(csv.len(), 2601);
    assert!(csv[1..].windows(2).all(|pair| pair[0][0] > pair[1][0]));

    let text = pdf_text(&export(&world, &token, "pdf", &query).body);
    let pages: Vec<&str> = text.trim_end_matches('\u{c}').split('\u{c}').collect();
    assert!(pages.len() > 10, "{}", pages.len());
    for (number, page) in (1..).zip(&pages) {
        let foot = format!("Page {number} of {}", pages.len());
        assert!(page.contains(&foot), "{foot} in {page}");
        assert!(page.contains("userName"), "{page}");
    }
    let found = text.matches("bench-").count();
    assert!(found >= 2600, "{found}");

    // One page where the query asks for one.
    let mut page = query.clone();
    page["start"] = json!(2501);
    page["size"] = json!(50);
    let found = csv_rows(&export(&world, &token, "csv", &page).body);
    assert_eq!(found[1..], csv[2501..2551]);
    page["size"] = Value::Null;
    let found = csv_rows(&export(&world, &token, "csv", &page).body);
    assert_eq!(found[1..], csv[2501..]);
}

#[test]
fn a_list_is_exported_only_by_those_who_may_list_it_and_stands_in_the_trail() {
    let (world, token) = world();
    let harbor = company(&world.engine, "HARBOR");
    let answer = export(&world, &token, "xlsx", &query());
    let count = xlsx_rows(&answer.body).len() - 1;
    world.engine.flush_evidence();
    let reader = world.token("ws_bare@HARBOR");
    let history = json!({"object": "company-config/audit-history",
        "fields": ["changeSource.completedBy", "objectDetails.objectName"],
        "filters": [{"$eq": {"changeSource.actionPerformed": "userAction"}}]});
    let trail = world.call(
        "POST",
        "/services/core/query",
        Some(&reader),
        Some(&history),
    );
    let found = trail.json();
    assert_eq!(found["ia::meta"]["totalCount"], 1, "{found}");
    let lines = crate::support::number(
        &mut world.database.open(),
        &format!(
            "select cast(count(*) as text) from \"audit_line\" where \"after\" = '{count} records as xlsx'"
        ),
    );
    assert_eq!(lines, 1);

    let role = key_of(
        &world.engine,
        Some(harbor),
        "company-config/role",
        "All access",
    );
    set(
        &world.engine,
        Some(harbor),
        "company-config/role",
        role,
        &[("applyTo", "slideInOnly")],
    )
    .expect("a changed role");
    let token = world.token("ws_sync@HARBOR");
    for kind in ["csv", "pdf"] {
        let refused = export(&world, &token, kind, &query());
        assert_eq!(refused.status, 403, "{}", refused.json());
    }
}

fn asked(most: u32, format: Format) -> Asked {
    let query = Query {
        object: "company-config/department".to_owned(),
        fields: vec![
            "id".to_owned(),
            "status".to_owned(),
            "audit.createdDateTime".to_owned(),
        ],
        order: vec![],
        start: 1,
        size: 100,
        ..Query::default()
    };
    Asked {
        most,
        audience: Audience::People {
            title: "Our departments".to_owned(),
            filters: vec!["All of them".to_owned()],
            dates: DateFormat::named("DD.MM.YYYY").expect("a format"),
            labels: vec!["Department".to_owned()],
            zone: "UTC".to_owned(),
            codes: Vec::new(),
        },
        ..Asked::for_programs(query, format)
    }
}

fn call(world: &World) -> Call {
    let harbor = company(&world.engine, "HARBOR");
    system(Some(harbor))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime")
}

#[test]
fn a_list_that_is_too_long_says_how_long_it_is() {
    let (world, _) = world();
    let runtime = runtime();
    let all = runtime.block_on(make(&world.engine, call(&world), asked(1000, Format::Csv)));
    let all = u32::try_from(all.expect("a file").rows).expect("few");
    let exact = runtime.block_on(make(&world.engine, call(&world), asked(all, Format::Csv)));
    assert_eq!(exact.expect("a file").rows, u64::from(all));
    let long = runtime.block_on(make(
        &world.engine,
        call(&world),
        asked(all - 1, Format::Csv),
    ));
    match long.expect_err("too long") {
        Failure::Refused(problems) => assert_eq!(
            problems[0].message(),
            format!(
                "The list has {all} records, and an export has at most {}; narrow the filter",
                all - 1
            )
        ),
        Failure::Broken(error) => panic!("{error}"),
    }
    let mut heavy = asked(1000, Format::Csv);
    heavy.most_bytes = 100;
    let heavy = runtime.block_on(make(&world.engine, call(&world), heavy));
    assert_eq!(codes(&heavy.expect_err("too much text")), ["SG-0434"]);
}

/// What became of an export, once it is no longer under way.
fn settled(exports: &Exports, id: &str, owner: Owner) -> Status {
    let until = Instant::now() + Duration::from_secs(60);
    loop {
        let status = exports.status(id, owner).expect("an export");
        if status.state != State::Running {
            return status;
        }
        assert!(Instant::now() < until, "{status:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn an_export_of_the_console_waits_ten_minutes_for_its_user_and_for_nobody_else() {
    let (world, _) = world();
    let runtime = runtime();
    let _inside = runtime.enter();
    let exports = Exports::new(world.engine.clone());
    let key = |number| RecordKey::new(number).expect("a key");
    let company = company(&world.engine, "HARBOR");
    let owner = Owner {
        company,
        user: key(4),
    };
    let id = exports
        .start(owner, call(&world), asked(1000, Format::Csv))
        .expect("a start");
    let status = settled(&exports, &id, owner);
    assert_eq!(status.state, State::Ready);
    assert!(status.written == status.total && status.total > 10);
    for other in [
        Owner {
            user: key(5),
            ..owner
        },
        Owner {
            company: key(99),
            ..owner
        },
    ] {
        assert_eq!(exports.status(&id, other), None);
        assert!(exports.take(&id, other).is_none());
        exports.cancel(&id, other);
    }
    let made = exports.take(&id, owner).expect("a file");
    let body = runtime.block_on(axum::body::to_bytes(made.body(), usize::MAX));
    let body = body.expect("a body");
    let text = String::from_utf8(body.to_vec()).expect("UTF-8");
    // For people: labels, dates as they read them, and the mark that Excel looks for.
    assert!(
        text.starts_with("\u{feff}\"Department\",\"Status\","),
        "{text}"
    );
    assert!(
        text.contains("\"odd-0\",\"Active\",\"22.11.2026 12:00\""),
        "{text}"
    );

    let late = exports
        .start(owner, call(&world), asked(3, Format::Pdf))
        .expect("a start");
    match settled(&exports, &late, owner).state {
        State::Refused(problems) => assert_eq!(problems[0].code.rest, "SG-0430"),
        other => panic!("{other:?}"),
    }
    let unwanted = exports
        .start(owner, call(&world), asked(1000, Format::Pdf))
        .expect("her oldest made room");
    exports.cancel(&unwanted, owner);
    assert_eq!(exports.status(&unwanted, owner), None);
    let id = exports
        .start(owner, call(&world), asked(1000, Format::Xlsx))
        .expect("a start");
    assert_eq!(settled(&exports, &id, owner).state, State::Ready);
    world.source.advance(599_000_000);
    assert!(exports.take(&id, owner).is_some());
    world.source.advance(2_000_000);
    assert!(exports.take(&id, owner).is_none());
    assert_eq!(exports.status(&id, owner), None);
}
