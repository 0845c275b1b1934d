//! Lists as files: CSV, Excel, Word and PDF, for people in the console and for programs over REST.
//!
//! A list is read in one snapshot into a temporary file, and written from there row by row, so that no
//! reader waits for a format and no list is held in memory beyond what its format needs.

mod body;
mod cells;
mod csv;
mod docx;
mod jobs;
mod making;
mod pdf;
mod sheet;
#[cfg(test)]
mod testing;
mod xlsx;

use std::fs::File;
use std::io;
use std::sync::Arc;

pub use jobs::{Exports, Owner, State, Status, Taken};
pub use making::{Asked, Audience, Made, make};
pub use sheet::{Cell, Column, DateFormat, Kind, Progress, Sheet};

/// So many records an export has at most.
pub const MOST_ROWS: u32 = 10_000;
/// So many bytes of text an export has at most, because PDF holds all of it.
pub const MOST_BYTES: usize = 32 * 1024 * 1024;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Values between commas.
    Csv,
    /// A workbook of Excel.
    Xlsx,
    /// A document of Word.
    Docx,
    /// A document to print.
    Pdf,
}

/// The formats: by which words they are asked for, how their files end, and what they are.
const FORMATS: &[(Format, &[&str], &str, &str)] = &[
    (Format::Csv, &["csv"], "csv", "text/csv; charset=utf-8"),
    (
        Format::Xlsx,
        &["xlsx", "excel"],
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    (
        Format::Docx,
        &["word", "docx"],
        "docx",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ),
    (Format::Pdf, &["pdf"], "pdf", "application/pdf"),
];

impl Format {
    /// The format of a word, for example `csv` or `word`.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        let found = FORMATS.iter().find(|(_, words, ..)| words.contains(&word));
        found.map(|(format, ..)| *format)
    }

    /// How a file's name ends.
    #[must_use]
    pub fn extension(self) -> &'static str {
        self.entry().2
    }

    /// What the bytes are, for `Content-Type`.
    #[must_use]
    pub fn content_type(self) -> &'static str {
        self.entry().3
    }

    fn entry(self) -> &'static (Self, &'static [&'static str], &'static str, &'static str) {
        let found = FORMATS.iter().find(|(format, ..)| *format == self);
        found.expect("every format has its entry")
    }
}

/// Whether CSV begins with the mark by which Excel knows its encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum With {
    /// Without it, for programs.
    Plain,
    /// With it, for people who open the file.
    Mark,
}

/// Takes the rows of a list and makes a file of them.
pub trait Writer {
    /// One row, with a cell for each column.
    ///
    /// # Errors
    /// What the disk says, or that the export was cancelled.
    fn row(&mut self, cells: &[Cell]) -> io::Result<()>;

    /// Everything that follows the rows.
    ///
    /// # Errors
    /// What the disk says, or that the export was cancelled.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Begins a file.
///
/// # Errors
/// What the disk says.
pub fn start(
    format: Format,
    with: With,
    sheet: Sheet,
    file: File,
    progress: Arc<Progress>,
) -> io::Result<Box<dyn Writer>> {
    Ok(match format {
        Format::Csv => Box::new(csv::Csv::start(&sheet, with == With::Mark, file, progress)?),
        Format::Xlsx => Box::new(xlsx::Xlsx::start(sheet, file, progress)?),
        Format::Docx => Box::new(docx::Docx::start(sheet, file, progress)?),
        Format::Pdf => Box::new(pdf::Pdf::start(sheet, file, progress)?),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::testing::{bytes, docx_rows, sheet, text};
    use super::*;

    #[test]
    fn formats_are_found_by_their_words() {
        for (format, words, extension, _) in FORMATS {
            for word in *words {
                assert_eq!(Format::named(word), Some(*format));
            }
            assert_eq!(format.extension(), *extension);
        }
        assert_eq!(Format::named("xls"), None);
        assert_eq!(Format::named("CSV"), None);
    }

    #[test]
    fn the_same_rows_and_moment_make_the_same_bytes() {
        let rows = [
            text(&["a", "Ω"]),
            text(&["=b", "long ".repeat(500).as_str()]),
        ];
        for (format, ..) in FORMATS {
            let once = bytes(*format, &sheet(2), &rows, With::Plain);
            assert_eq!(
                once,
                bytes(*format, &sheet(2), &rows, With::Plain),
                "{format:?}"
            );
            let mut later = sheet(2);
            later.made_at += 86_400_000_000;
            let later = bytes(*format, &later, &rows, With::Plain);
            assert_eq!(once == later, *format == Format::Csv, "{format:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn no_text_breaks_a_format(
            cells in proptest::collection::vec(any::<String>(), 3),
            pieces in "(a|\u{5d0}|\u{623}|\u{301}|\u{200d}|\n| |😀|漢){0,400}",
            columns in 1_usize..30,
        ) {
            let row: Vec<&str> = cells.iter().map(String::as_str).chain([pieces.as_str()]).cycle().take(columns).collect();
            let rows = [text(&row), text(&row)];
            for (format, ..) in FORMATS {
                let written = bytes(*format, &sheet(columns), &rows, With::Plain);
                if *format == Format::Docx {
                    let found = docx_rows(&written);
                    prop_assert_eq!(found.len(), 3);
                    prop_assert!(found.iter().all(|row| row.len() == columns));
                }
            }
        }
    }

    #[test]
    fn rows_are_counted_and_a_cancelled_export_ends() {
        for (format, ..) in FORMATS {
            let progress = Arc::new(Progress::default());
            let begin = || {
                let file = tempfile::tempfile().expect("a file");
                start(*format, With::Plain, sheet(1), file, Arc::clone(&progress)).expect("a start")
            };
            let mut writer = begin();
            for _ in 0..100 {
                writer.row(&text(&["x"])).expect("a row");
            }
            writer.finish().expect("a file");
            assert_eq!(progress.written(), 100, "{format:?}");
            progress.cancel();
            let error = begin().row(&text(&["x"])).expect_err("cancelled");
            assert_eq!(error.to_string(), "the export was cancelled");
        }
    }
}
