//! Word: the head, and one table whose labels stand on every page.
//!
//! The parts of the document are few and fixed, so they are written as they are into the archive; the
//! rows follow one by one, and nothing of them is kept.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::sync::Arc;

use quick_xml::escape::escape;
use sidegate_model::field_type::moment_text;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::Writer;
use super::sheet::{Cell, Kind, Paper, Progress, Sheet};

/// A point has twenty of Word's units.
const UNITS: usize = 20;
const WORDS: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

pub(super) struct Docx {
    archive: ZipWriter<BufWriter<File>>,
    sheet: Sheet,
    widths: Vec<usize>,
    progress: Arc<Progress>,
}

impl Docx {
    pub(super) fn start(sheet: Sheet, file: File, progress: Arc<Progress>) -> io::Result<Self> {
        let mut archive = ZipWriter::new(BufWriter::new(file));
        for (name, text) in fixed_parts(&sheet) {
            begin(&mut archive, name)?;
            archive.write_all(text.as_bytes())?;
        }
        begin(&mut archive, "word/document.xml")?;
        let widths = widths(&sheet);
        let mut text =
            format!("{XML}<w:document xmlns:w=\"{WORDS}\" xmlns:r=\"{RELATIONS}\"><w:body>");
        paragraph(&mut text, &sheet.title, "Title");
        for line in sheet.head() {
            paragraph(&mut text, &line, "Head");
        }
        if !widths.is_empty() {
            text.push_str("<w:tbl><w:tblPr><w:tblStyle w:val=\"List\"/><w:tblW w:w=\"0\" w:type=\"auto\"/><w:tblLayout w:type=\"fixed\"/></w:tblPr><w:tblGrid>");
            for width in &widths {
                let _ = write!(text, "<w:gridCol w:w=\"{width}\"/>");
            }
            text.push_str("</w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>");
            for (column, width) in sheet.columns.iter().zip(&widths) {
                cell(&mut text, &column.label, "Label", *width, column.kind);
            }
            text.push_str("</w:tr>");
        }
        archive.write_all(text.as_bytes())?;
        Ok(Self {
            archive,
            sheet,
            widths,
            progress,
        })
    }
}

impl Writer for Docx {
    fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        let mut text = String::from("<w:tr>");
        let columns = self.sheet.columns.iter().zip(&self.widths);
        for (one, (column, width)) in cells.iter().zip(columns) {
            cell(&mut text, one.text(), "Cell", *width, column.kind);
        }
        text.push_str("</w:tr>");
        if !cells.is_empty() {
            self.archive.write_all(text.as_bytes())?;
        }
        self.progress.wrote_row()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        let Paper { width, height, .. } = self.sheet.paper();
        let (width, height) = (usize::from(width) * UNITS, usize::from(height) * UNITS);
        let margin = usize::from(Paper::MARGIN) * UNITS;
        let mut text = String::new();
        if !self.widths.is_empty() {
            text.push_str("</w:tbl>");
        }
        let turned = if width > height {
            " w:orient=\"landscape\""
        } else {
            ""
        };
        let _ = write!(
            text,
            "<w:p/><w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId2\"/><w:pgSz w:w=\"{width}\" w:h=\"{height}\"{turned}/><w:pgMar w:top=\"{margin}\" w:right=\"{margin}\" w:bottom=\"{margin}\" w:left=\"{margin}\" w:header=\"360\" w:footer=\"360\" w:gutter=\"0\"/></w:sectPr></w:body></w:document>"
        );
        self.archive.write_all(text.as_bytes())?;
        self.archive.finish().map_err(broken)?.flush()
    }
}

fn begin(archive: &mut ZipWriter<BufWriter<File>>, name: &str) -> io::Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    archive.start_file(name, options).map_err(broken)
}

/// How wide each column is, in Word's units.
fn widths(sheet: &Sheet) -> Vec<usize> {
    let room = usize::from(sheet.paper().width - 2 * Paper::MARGIN) * UNITS;
    let all: usize = sheet
        .columns
        .iter()
        .map(|column| column.kind.weight())
        .sum();
    let widths = sheet
        .columns
        .iter()
        .map(|column| room * column.kind.weight() / all);
    widths.collect()
}

fn cell(out: &mut String, text: &str, style: &str, width: usize, kind: Kind) {
    let _ = write!(
        out,
        "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/></w:tcPr><w:p><w:pPr><w:pStyle w:val=\"{style}\"/>"
    );
    if kind == Kind::Number {
        out.push_str("<w:jc w:val=\"right\"/>");
    }
    out.push_str("</w:pPr>");
    run(out, text);
    out.push_str("</w:p></w:tc>");
}

fn paragraph(out: &mut String, text: &str, style: &str) {
    let _ = write!(out, "<w:p><w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr>");
    run(out, text);
    out.push_str("</w:p>");
}

/// Text in one run, with its line breaks and tabs.
fn run(out: &mut String, text: &str) {
    if text.is_empty() {
        return;
    }
    out.push_str("<w:r>");
    let text = text.replace("\r\n", "\n");
    for (number, line) in text.split(['\n', '\r']).enumerate() {
        if number > 0 {
            out.push_str("<w:br/>");
        }
        for (number, piece) in line.split('\t').enumerate() {
            if number > 0 {
                out.push_str("<w:tab/>");
            }
            let _ = write!(out, "<w:t xml:space=\"preserve\">{}</w:t>", xml(piece));
        }
    }
    out.push_str("</w:r>");
}

/// Text as XML may hold it; what no document may hold is a sign that something was there.
fn xml(text: &str) -> String {
    let is_allowed = |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}');
    let text: String = text
        .chars()
        .map(|c| if is_allowed(c) { c } else { '\u{fffd}' })
        .collect();
    escape(text.as_str()).into_owned()
}

fn broken(error: zip::result::ZipError) -> io::Error {
    io::Error::other(error)
}

/// All parts but the document itself.
fn fixed_parts(sheet: &Sheet) -> Vec<(&'static str, String)> {
    let office = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    let half_points = sheet.paper().letters * 2;
    let title = xml(&sheet.title);
    let made = moment_text(sheet.made_at);
    let style = |id: &str, kind: &str, inner: &str| {
        format!(
            "<w:style w:type=\"{kind}\" w:styleId=\"{id}\"><w:name w:val=\"{id}\"/>{inner}</w:style>"
        )
    };
    let size = |half: u16, more: &str| {
        format!("<w:rPr>{more}<w:sz w:val=\"{half}\"/><w:szCs w:val=\"{half}\"/></w:rPr>")
    };
    let tight = "<w:pPr><w:spacing w:before=\"0\" w:after=\"0\"/></w:pPr>";
    let styles = [
        style("Title", "paragraph", &format!("<w:pPr><w:spacing w:after=\"80\"/></w:pPr>{}", size(32, "<w:b/>"))),
        style("Head", "paragraph", &format!("{tight}{}", size(18, ""))),
        style("Label", "paragraph", &format!("{tight}{}", size(half_points, "<w:b/>"))),
        style("Cell", "paragraph", &format!("{tight}{}", size(half_points, ""))),
        style("Foot", "paragraph", &format!("{tight}{}", size(14, ""))),
        style("List", "table", "<w:tblPr><w:tblBorders><w:top w:val=\"single\" w:sz=\"4\" w:color=\"888888\"/><w:bottom w:val=\"single\" w:sz=\"4\" w:color=\"888888\"/><w:insideH w:val=\"single\" w:sz=\"2\" w:color=\"CCCCCC\"/></w:tblBorders><w:tblCellMar><w:left w:w=\"60\" w:type=\"dxa\"/><w:right w:w=\"60\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr>"),
    ]
    .concat();
    let field = |name: &str| {
        format!(
            "<w:r><w:fldChar w:fldCharType=\"begin\"/></w:r><w:r><w:instrText xml:space=\"preserve\"> {name} </w:instrText></w:r><w:r><w:fldChar w:fldCharType=\"separate\"/></w:r><w:r><w:t>1</w:t></w:r><w:r><w:fldChar w:fldCharType=\"end\"/></w:r>"
        )
    };
    let say = |text: &str| format!("<w:r><w:t xml:space=\"preserve\">{text}</w:t></w:r>");
    let foot = [
        say(&format!("{title} · Page ")),
        field("PAGE"),
        say(" of "),
        field("NUMPAGES"),
    ]
    .concat();
    vec![
        (
            "[Content_Types].xml",
            format!(
                "{XML}<Types xmlns=\"{PACKAGE}/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Default Extension=\"xml\" ContentType=\"application/xml\"/><Override PartName=\"/word/document.xml\" ContentType=\"{office}.document.main+xml\"/><Override PartName=\"/word/styles.xml\" ContentType=\"{office}.styles+xml\"/><Override PartName=\"/word/footer1.xml\" ContentType=\"{office}.footer+xml\"/><Override PartName=\"/docProps/core.xml\" ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/></Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "{XML}<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" Type=\"{RELATIONS}/officeDocument\" Target=\"word/document.xml\"/><Relationship Id=\"rId2\" Type=\"{PACKAGE}/relationships/metadata/core-properties\" Target=\"docProps/core.xml\"/></Relationships>"
            ),
        ),
        (
            "word/_rels/document.xml.rels",
            format!(
                "{XML}<Relationships xmlns=\"{PACKAGE}/relationships\"><Relationship Id=\"rId1\" Type=\"{RELATIONS}/styles\" Target=\"styles.xml\"/><Relationship Id=\"rId2\" Type=\"{RELATIONS}/footer\" Target=\"footer1.xml\"/></Relationships>"
            ),
        ),
        (
            "docProps/core.xml",
            format!(
                "{XML}<cp:coreProperties xmlns:cp=\"{PACKAGE}/metadata/core-properties\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>{title}</dc:title><dcterms:created xsi:type=\"dcterms:W3CDTF\">{made}</dcterms:created></cp:coreProperties>"
            ),
        ),
        (
            "word/styles.xml",
            format!(
                "{XML}<w:styles xmlns:w=\"{WORDS}\"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii=\"Arial\" w:hAnsi=\"Arial\" w:cs=\"Arial\"/></w:rPr></w:rPrDefault></w:docDefaults>{styles}</w:styles>"
            ),
        ),
        (
            "word/footer1.xml",
            format!(
                "{XML}<w:ftr xmlns:w=\"{WORDS}\"><w:p><w:pPr><w:pStyle w:val=\"Foot\"/><w:jc w:val=\"right\"/></w:pPr>{foot}</w:p></w:ftr>"
            ),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use super::super::testing::{ODD, bytes, docx_rows, sheet, text};
    use super::super::{Format, With};

    fn part(bytes: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        let mut text = String::new();
        let mut file = archive.by_name(name).expect(name);
        file.read_to_string(&mut text).expect("text");
        text
    }

    #[test]
    fn every_part_is_whole_xml() {
        let rows: Vec<_> = ODD.iter().map(|odd| text(&[odd, odd])).collect();
        let written = bytes(Format::Docx, &sheet(2), &rows, With::Plain);
        let archive = zip::ZipArchive::new(Cursor::new(&written)).expect("an archive");
        let names: Vec<_> = archive
            .file_names()
            .map(|name| name.expect("a name").into_owned())
            .collect();
        assert_eq!(names.len(), 7);
        for name in names {
            let text = part(&written, &name);
            let mut reader = quick_xml::Reader::from_str(&text);
            reader.config_mut().check_end_names = true;
            loop {
                match reader.read_event() {
                    Ok(quick_xml::events::Event::Eof) => break,
                    Ok(_) => {}
                    Err(error) => panic!("{name}: {error}"),
                }
            }
        }
    }

    #[test]
    fn rows_stand_under_labels_that_every_page_repeats() {
        let rows: Vec<_> = ODD.iter().map(|odd| text(&[odd])).collect();
        let written = bytes(Format::Docx, &sheet(1), &rows, With::Plain);
        let document = part(&written, "word/document.xml");
        assert_eq!(document.matches("<w:tblHeader/>").count(), 1);
        for line in [
            "Users &amp; others",
            "Company: Harbor &lt;Ltd&gt;",
            "Entity: Åland",
            "Status is active",
            "Made: 2026-11-22 12:00 UTC",
        ] {
            assert!(document.contains(line), "{line}");
        }
        let footer = part(&written, "word/footer1.xml");
        assert!(footer.contains(" PAGE ") && footer.contains(" NUMPAGES "));
        let found = docx_rows(&written);
        assert_eq!(found[0], ["Column 1"]);
        for (row, odd) in found.iter().skip(1).zip(ODD) {
            let wanted = odd
                .replace("\r\n", "\n")
                .replace('\r', "\n")
                .replace(['\u{1}', '\u{1b}'], "\u{fffd}");
            assert_eq!(row.concat(), wanted, "{odd:?}");
        }
    }

    #[test]
    fn many_columns_turn_the_page() {
        let page = |columns| {
            let document = part(
                &bytes(Format::Docx, &sheet(columns), &[], With::Plain),
                "word/document.xml",
            );
            document.contains("w:orient=\"landscape\"")
        };
        assert!(!page(6));
        assert!(page(7));
        assert!(page(60));
        assert!(!page(0));
    }
}
