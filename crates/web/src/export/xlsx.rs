//! Excel: the rows under frozen labels, and a second sheet that says what they are.
//!
//! Text is written as text and never as a formula, whatever it begins with. Rows go to a temporary file
//! as they come.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::sync::Arc;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format as Style, FormatAlign, Workbook, Worksheet, XlsxError,
};

use super::Writer;
use super::sheet::{Cell, Column, Kind, Progress, Sheet};

/// So many characters fit into a cell.
const LONGEST: usize = 32_767;
/// So many digits Excel keeps of a number.
const DIGITS: usize = 15;

pub(super) struct Xlsx {
    book: Workbook,
    sheet: Sheet,
    row: u32,
    wrapped: Style,
    file: File,
    progress: Arc<Progress>,
}

impl Xlsx {
    pub(super) fn start(sheet: Sheet, file: File, progress: Arc<Progress>) -> io::Result<Self> {
        let mut book = Workbook::new();
        let bold = Style::new().set_bold().set_text_wrap();
        let made = ExcelDateTime::from_timestamp(sheet.made_at.div_euclid(1_000_000));
        let properties = DocProperties::new()
            .set_title(fitting(&sheet.title))
            .set_company(fitting(&sheet.company))
            .set_creation_datetime(&made.map_err(broken)?);
        book.set_properties(&properties);
        let page = book.add_worksheet_with_constant_memory().map_err(broken)?;
        labels(page, &sheet.columns, &bold).map_err(broken)?;
        Ok(Self {
            book,
            sheet,
            row: 0,
            wrapped: Style::new().set_text_wrap().set_align(FormatAlign::Top),
            file,
            progress,
        })
    }

    fn cell(&mut self, at: u16, cell: &Cell) -> Result<(), XlsxError> {
        let row = self.row;
        let page = self.book.worksheet_from_index(0)?;
        match cell {
            Cell::Nothing => {}
            Cell::Number(text) if cell.is_number() && is_exact(text) => {
                let number: f64 = text.parse().unwrap_or_default();
                page.write_number(row, at, number)?;
            }
            Cell::Number(text) | Cell::Text(text) if text.contains('\n') => {
                page.write_string_with_format(row, at, fitting(text), &self.wrapped)?;
            }
            Cell::Number(text) | Cell::Text(text) => {
                page.write_string(row, at, fitting(text))?;
            }
        }
        Ok(())
    }

    fn about(&mut self) -> Result<(), XlsxError> {
        let columns = u16::try_from(self.sheet.columns.len()).unwrap_or(u16::MAX);
        let page = self.book.worksheet_from_index(0)?;
        page.set_name("List")?;
        if columns > 0 {
            page.autofilter(0, 0, self.row, columns - 1)?;
        }
        let about = self.book.add_worksheet_with_constant_memory()?;
        about.set_name("About")?;
        about.set_column_width(0, 80)?;
        let bold = Style::new().set_bold();
        about.write_string_with_format(0, 0, fitting(&self.sheet.title), &bold)?;
        for (at, line) in (1..).zip(self.sheet.head()) {
            about.write_string(at, 0, fitting(&line))?;
        }
        Ok(())
    }
}

impl Writer for Xlsx {
    fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        self.row += 1;
        for (at, cell) in (0..).zip(cells) {
            self.cell(at, cell).map_err(broken)?;
        }
        self.progress.wrote_row()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.about().map_err(broken)?;
        let mut file = BufWriter::new(self.file);
        self.book.save_to_writer(&mut file).map_err(broken)?;
        file.flush()
    }
}

/// Labels above the columns, which stay in sight and on every printed page.
fn labels(page: &mut Worksheet, columns: &[Column], bold: &Style) -> Result<(), XlsxError> {
    for (at, column) in (0..).zip(columns) {
        page.write_string_with_format(0, at, fitting(&column.label), bold)?;
        let width = match column.kind {
            Kind::Boolean => 10,
            Kind::Number | Kind::Date => 12,
            Kind::Moment => 18,
            Kind::Text => 24,
        };
        page.set_column_width(at, width)?;
    }
    page.set_freeze_panes(1, 0)?;
    page.set_repeat_rows(0, 0)?;
    if columns.len() > 6 {
        page.set_landscape();
    }
    page.set_print_fit_to_pages(1, 0);
    Ok(())
}

/// As much of a text as a cell holds.
fn fitting(text: &str) -> String {
    // Excel counts as UTF-16 does.
    let mut left = LONGEST;
    let fits = text.char_indices().find(|(_, c)| {
        let Some(rest) = left.checked_sub(c.len_utf16()) else {
            return true;
        };
        left = rest;
        false
    });
    match fits {
        None => text.to_owned(),
        Some((end, _)) => {
            let mut short: String = text[..end].to_owned();
            short.pop();
            short.push('…');
            short
        }
    }
}

/// Whether Excel keeps every digit of a number.
fn is_exact(text: &str) -> bool {
    text.bytes().filter(u8::is_ascii_digit).count() <= DIGITS
}

fn broken(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        other => io::Error::other(other),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, Reader as _, Xlsx as Book};

    use super::super::testing::{ODD, bytes, numbers, sheet, text};
    use super::super::{Format, With};
    use super::*;

    fn read(bytes: Vec<u8>, page: &str) -> Vec<Vec<Data>> {
        let mut book = Book::new(Cursor::new(bytes)).expect("a workbook");
        let range = book.worksheet_range(page).expect("a sheet");
        range.rows().map(<[Data]>::to_vec).collect()
    }

    fn strings(row: &[Data]) -> Vec<String> {
        row.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn numbers_stay_numbers_and_formulas_are_text() {
        let rows = [
            numbers(&["-12.5", "7"]),
            text(&["=1+1", "-3"]),
            numbers(&["1234567890123456789", "-2+3"]),
        ];
        let written = bytes(Format::Xlsx, &sheet(2), &rows, With::Plain);
        let found = read(written.clone(), "List");
        assert_eq!(strings(&found[0]), ["Column 1", "Column 2"]);
        assert_eq!(found[1], [Data::Float(-12.5), Data::Float(7.0)]);
        assert_eq!(
            found[2],
            [Data::String("=1+1".into()), Data::String("-3".into())]
        );
        // More digits than Excel keeps.
        assert_eq!(
            found[3],
            [
                Data::String("1234567890123456789".into()),
                Data::String("-2+3".into())
            ]
        );
        let mut book = Book::new(Cursor::new(written)).expect("a workbook");
        let formulas = book.worksheet_formula("List").expect("a sheet");
        assert!(formulas.is_empty(), "{formulas:?}");
    }

    #[test]
    fn a_second_sheet_says_what_it_is() {
        let written = bytes(Format::Xlsx, &sheet(1), &[], With::Plain);
        let found = read(written, "About");
        let lines: Vec<_> = found.iter().flat_map(|row| strings(row)).collect();
        assert_eq!(
            lines,
            [
                "Users & others",
                "Company: Harbor <Ltd>",
                "Entity: Åland",
                "Status is active",
                "Made: 2026-11-22 12:00 UTC"
            ]
        );
    }

    #[test]
    fn odd_text_is_kept() {
        let rows: Vec<_> = ODD.iter().map(|odd| text(&[odd])).collect();
        let found = read(bytes(Format::Xlsx, &sheet(1), &rows, With::Plain), "List");
        for (row, odd) in found.iter().skip(1).zip(ODD) {
            assert_eq!(strings(row).concat(), *odd);
        }
    }

    #[test]
    fn a_cell_holds_as_much_as_excel_takes() {
        let long = "😀".repeat(20_000);
        let short = fitting(&long);
        assert!(short.encode_utf16().count() <= LONGEST && short.ends_with('…'));
        assert_eq!(fitting(&"a".repeat(LONGEST)).len(), LONGEST);
        assert_eq!(fitting(&"a".repeat(LONGEST + 1)).chars().count(), LONGEST);
    }
}
