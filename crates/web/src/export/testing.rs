//! What the tests of several formats need.

use std::io::{Cursor, Read as _, Seek as _};
use std::sync::Arc;

use quick_xml::events::Event;

use super::sheet::{Cell, Column, DateFormat, Kind, Sheet};
use super::{Format, With, start};

/// Text that formats get wrong. There is no NUL: no field takes it.
pub(super) const ODD: &[&str] = &[
    "plain",
    "<b>&amp; \"quoted\" 'text'</b> ]]>",
    "two\nlines",
    "three\r\nlines\rhere",
    "tab\tbetween",
    "שלום עולם",
    "مرحبا 123 abc",
    "👩‍👩‍👧 emoji 😀",
    "e\u{301} combined, \u{200b}invisible",
    "Ελληνικά Кириллица Łódź",
    "漢字かな",
    "control \u{1}\u{1b} here",
    "=1+1",
    "@SUM(A1)",
    "_x0041_",
    "",
    " blank before and after ",
];

/// A list of so many columns of text.
pub(super) fn sheet(columns: usize) -> Sheet {
    Sheet {
        title: "Users & others".to_owned(),
        company: "Harbor <Ltd>".to_owned(),
        entity: Some("Åland".to_owned()),
        filters: vec!["Status is active".to_owned()],
        made_at: 1_795_348_800_000_000,
        dates: DateFormat::ISO,
        columns: (1..=columns)
            .map(|number| Column {
                label: format!("Column {number}"),
                kind: Kind::Text,
            })
            .collect(),
    }
}

pub(super) fn text(cells: &[&str]) -> Vec<Cell> {
    let cells = cells.iter().map(|text| Cell::Text((*text).to_owned()));
    cells.collect()
}

pub(super) fn numbers(cells: &[&str]) -> Vec<Cell> {
    let cells = cells.iter().map(|text| Cell::Number((*text).to_owned()));
    cells.collect()
}

/// The whole file.
pub(super) fn bytes(format: Format, sheet: &Sheet, rows: &[Vec<Cell>], with: With) -> Vec<u8> {
    let mut file = tempfile::tempfile().expect("a file");
    let same = file.try_clone().expect("a handle");
    let mut writer = start(format, with, sheet.clone(), same, Arc::default()).expect("a start");
    for row in rows {
        writer.row(row).expect("a row");
    }
    writer.finish().expect("an end");
    let mut bytes = Vec::new();
    file.rewind().expect("a begin");
    file.read_to_end(&mut bytes).expect("bytes");
    bytes
}

/// The text of the cells of the table in a document of Word.
pub(super) fn docx_rows(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut text = String::new();
    let mut part = archive.by_name("word/document.xml").expect("a document");
    part.read_to_string(&mut text).expect("text");
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut in_text = false;
    let push = |rows: &mut Vec<Vec<String>>, piece: &str| {
        if let Some(cell) = rows.last_mut().and_then(|row| row.last_mut()) {
            cell.push_str(piece);
        }
    };
    loop {
        match reader.read_event().expect("XML") {
            Event::Start(tag) => match tag.name().as_ref() {
                "w:tr" => rows.push(Vec::new()),
                "w:tc" => rows.last_mut().expect("a row").push(String::new()),
                "w:t" => in_text = true,
                _ => {}
            },
            Event::Empty(tag) if tag.name().as_ref() == "w:br" => push(&mut rows, "\n"),
            Event::Empty(tag) if tag.name().as_ref() == "w:tab" => push(&mut rows, "\t"),
            Event::End(tag) if tag.name().as_ref() == "w:t" => in_text = false,
            Event::Text(piece) if in_text => push(&mut rows, &piece),
            Event::GeneralRef(name) if in_text => {
                let c = match name.as_ref() {
                    "lt" => "<",
                    "gt" => ">",
                    "amp" => "&",
                    "quot" => "\"",
                    "apos" => "'",
                    other => panic!("{other}"),
                };
                push(&mut rows, c);
            }
            Event::Eof => return rows,
            _ => {}
        }
    }
}
