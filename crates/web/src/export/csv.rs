//! CSV: UTF-8, a row of labels, every text in quotes.
//!
//! Spreadsheets take a cell for a formula by its first character, so text is made safe after the rule
//! that OWASP publishes for injection into CSV: what begins with `=`, `+`, `-` or `@`, also after blanks
//! or in full width, or with a tab or a carriage return, gets an apostrophe before it. All text stands in
//! quotes, so that no separator of another country makes one cell into two. Numbers are left alone.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::sync::Arc;

use super::Writer;
use super::sheet::{Cell, Progress, Sheet};

pub(super) struct Csv {
    out: ::csv::Writer<BufWriter<File>>,
    progress: Arc<Progress>,
}

impl Csv {
    pub(super) fn start(
        sheet: &Sheet,
        with_mark: bool,
        file: File,
        progress: Arc<Progress>,
    ) -> io::Result<Self> {
        let mut file = BufWriter::new(file);
        if with_mark {
            // Excel takes the bytes for another encoding without it.
            file.write_all("\u{feff}".as_bytes())?;
        }
        let mut out = ::csv::WriterBuilder::new()
            .quote_style(::csv::QuoteStyle::NonNumeric)
            .terminator(::csv::Terminator::CRLF)
            .from_writer(file);
        out.write_record(sheet.columns.iter().map(|column| safe(&column.label)))?;
        Ok(Self { out, progress })
    }
}

impl Writer for Csv {
    fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        for cell in cells {
            if cell.is_number() {
                self.out.write_field(cell.text())?;
            } else {
                self.out.write_field(safe(cell.text()))?;
            }
        }
        self.out.write_record(None::<&[u8]>)?;
        self.progress.wrote_row()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}

/// The text, with an apostrophe before it where a spreadsheet would take it for a formula.
fn safe(text: &str) -> String {
    let is_blank = |c: char| c.is_whitespace() || c.is_control();
    let first = text.trim_start_matches(is_blank).chars().next();
    let calculates = matches!(
        first,
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠')
    );
    if calculates || text.starts_with(['\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ODD, bytes, numbers, sheet, text};
    use super::super::{Format, With};
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Vec<String>> {
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(bytes);
        let rows = reader.records().map(|row| {
            let row = row.expect("a row");
            row.iter().map(str::to_owned).collect()
        });
        rows.collect()
    }

    #[test]
    fn what_would_calculate_gets_an_apostrophe() {
        for text in [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "\tx",
            "\rx",
            "  =1",
            "\n=1",
            "＝1",
            "＠x",
            "=HYPERLINK(\"http://x\",\"y\")",
            "\u{b}-1",
        ] {
            assert_eq!(safe(text), format!("'{text}"));
        }
        for text in ["", "a", "a=1", "'=1", "1-1", "x@y.example", " x"] {
            assert_eq!(safe(text), text);
        }
    }

    #[test]
    fn rows_come_back_as_they_went_in() {
        let rows = [
            numbers(&["-12.50", "7"]),
            text(&["a;=1", "say \"x\"\r\nthere"]),
        ];
        let written = bytes(Format::Csv, &sheet(2), &rows, With::Plain);
        assert_eq!(
            String::from_utf8_lossy(&written),
            "\"Column 1\",\"Column 2\"\r\n-12.50,7\r\n\"a;=1\",\"say \"\"x\"\"\r\nthere\"\r\n"
        );
        assert_eq!(read(&written)[2], ["a;=1", "say \"x\"\r\nthere"]);
    }

    #[test]
    fn odd_text_is_kept() {
        let rows: Vec<_> = ODD.iter().map(|odd| text(&[odd])).collect();
        let written = bytes(Format::Csv, &sheet(1), &rows, With::Mark);
        assert!(written.starts_with(b"\xef\xbb\xbf\"Column 1\"\r\n"));
        let found: Vec<_> = read(&written).into_iter().skip(1).flatten().collect();
        let wanted: Vec<_> = ODD.iter().map(|odd| safe(odd)).collect();
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_number_that_is_none_is_text() {
        let rows = [numbers(&["-2+3"])];
        let written = bytes(Format::Csv, &sheet(1), &rows, With::Plain);
        assert_eq!(read(&written)[1], ["'-2+3"]);
    }
}
