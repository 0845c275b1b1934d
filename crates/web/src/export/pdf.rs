//! PDF: a table over pages with numbers, its labels on each.
//!
//! `Page n of m` and the widths of columns need all rows, so their text is kept, packed, until the end.
//! Letters are those of DejaVu Sans Condensed, which has Latin, Greek, Cyrillic and more; what it lacks
//! shows as the replacement character. Lines are put into the order that is read from right to left,
//! but letters are not joined as Arabic joins them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::ops::Range;
use std::sync::Arc;

use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};
use unicode_bidi::BidiInfo;

use super::Writer;
use super::sheet::{Cell, Kind, Paper, Progress, Sheet, calendar};

/// The space between two columns, in points.
const GAP: f32 = 6.0;
/// What is kept free below the table for the number of the page.
const FOOT: f32 = 16.0;
const FOOT_LETTERS: f32 = 7.0;
const TITLE_LETTERS: f32 = 15.0;
const HEAD_LETTERS: f32 = 9.0;
/// From line to line, in sizes of the letters.
const LINE: f32 = 1.25;
/// No column is made wider than this for its text, in sizes of the letters.
const WIDEST: f32 = 40.0;
/// A word longer than this is broken rather than given room.
const LONGEST_WORD: f32 = 12.0;

pub(super) struct Pdf {
    sheet: Sheet,
    regular: Face,
    bold: Face,
    /// The text of all cells, one after another.
    text: String,
    /// Where each of them ends.
    ends: Vec<usize>,
    columns: Vec<Measured>,
    rows: usize,
    file: File,
    progress: Arc<Progress>,
}

/// What a column would like and what it needs, in sizes of its letters.
#[derive(Clone, Copy, Default)]
struct Measured {
    line: f32,
    word: f32,
}

impl Measured {
    fn take(&mut self, face: &Face, text: &str) {
        for line in text.split('\n') {
            if self.line < WIDEST {
                self.line = self.line.max(face.width(line).min(WIDEST));
            }
            if self.word < LONGEST_WORD {
                let words = line.split(' ').map(|word| face.width(word));
                self.word = words.fold(self.word, f32::max).min(LONGEST_WORD);
            }
        }
    }
}

/// Some lines of a row, on one page.
struct Piece {
    row: usize,
    lines: Range<usize>,
}

impl Pdf {
    pub(super) fn start(mut sheet: Sheet, file: File, progress: Arc<Progress>) -> io::Result<Self> {
        let regular = Face::new(dejavu::sans_condensed::regular())?;
        let bold = Face::new(dejavu::sans_condensed::bold())?;
        let mut columns = vec![Measured::default(); sheet.columns.len()];
        for (column, measured) in sheet.columns.iter_mut().zip(&mut columns) {
            column.label = plain(&column.label);
            measured.take(&bold, &column.label);
        }
        Ok(Self {
            sheet,
            regular,
            bold,
            text: String::new(),
            ends: Vec::new(),
            columns,
            rows: 0,
            file,
            progress,
        })
    }

    fn cell(&self, row: usize, column: usize) -> &str {
        let at = row * self.columns.len() + column;
        let begin = at.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[begin..self.ends[at]]
    }

    /// The lines of all pages but what stands above them on the first.
    fn pages(&self, layout: &Layout) -> io::Result<Vec<Vec<Piece>>> {
        let mut pages = Vec::new();
        let mut page = Vec::new();
        let mut left = layout.lines(layout.first_top);
        let whole = layout.lines(layout.top);
        for row in 0..self.rows {
            self.progress.check()?;
            let cells = (0..self.columns.len()).map(|column| {
                let lines = wrapped(&self.regular, self.cell(row, column), layout.room(column));
                lines.len()
            });
            let lines = cells.max().unwrap_or(1).max(1);
            // A row is kept together where a page has room for it.
            if lines > left && lines <= whole && !page.is_empty() {
                pages.push(std::mem::take(&mut page));
                left = whole;
            }
            let mut begin = 0;
            while begin < lines {
                if left == 0 {
                    pages.push(std::mem::take(&mut page));
                    left = whole;
                }
                let end = lines.min(begin + left);
                page.push(Piece {
                    row,
                    lines: begin..end,
                });
                left -= end - begin;
                begin = end;
            }
        }
        pages.push(page);
        Ok(pages)
    }

    fn draw_page(
        &self,
        surface: &mut Surface<'_>,
        layout: &Layout,
        number: (usize, usize),
        pieces: &[Piece],
    ) -> io::Result<()> {
        let margin = f32::from(Paper::MARGIN);
        let mut top = margin;
        if number.0 == 1 {
            for line in &layout.title {
                self.bold
                    .draw(surface, margin, top + TITLE_LETTERS, TITLE_LETTERS, line);
                top += TITLE_LETTERS * LINE;
            }
            for line in &layout.head {
                self.regular
                    .draw(surface, margin, top + HEAD_LETTERS, HEAD_LETTERS, line);
                top += HEAD_LETTERS * LINE;
            }
            top = layout.first_top;
        }
        let step = layout.letters * LINE;
        let labels_top = top - layout.labels_height();
        let labels_top = if number.0 == 1 { labels_top } else { margin };
        let mut y = labels_top;
        for (at, lines) in layout.labels.iter().enumerate() {
            self.column(surface, &self.bold, layout, at, y, lines);
        }
        y += layout.labels_height() - 2.0;
        if !layout.widths.is_empty() {
            rule(surface, layout, y, 0.8, rgb::Color::new(80, 80, 80));
        }
        y += 2.0;
        for piece in pieces {
            for at in 0..self.columns.len() {
                let lines = wrapped(&self.regular, self.cell(piece.row, at), layout.room(at));
                let end = piece.lines.end.min(lines.len());
                if let Some(shown) = lines.get(piece.lines.start..end) {
                    self.column(surface, &self.regular, layout, at, y, shown);
                }
            }
            y += step * f32::from(u16::try_from(piece.lines.len()).unwrap_or(u16::MAX));
            rule(
                surface,
                layout,
                y + layout.letters * 0.1,
                0.3,
                rgb::Color::new(200, 200, 200),
            );
            if piece.lines.start == 0 {
                self.progress.wrote_row()?;
            }
        }
        let foot = layout.height - margin;
        let page = format!("Page {} of {}", number.0, number.1);
        let width = self.regular.width(&page) * FOOT_LETTERS;
        let right = layout.width - margin - width;
        self.regular.draw(surface, right, foot, FOOT_LETTERS, &page);
        let room = (right - margin - GAP) / FOOT_LETTERS;
        if let Some(title) = wrapped(&self.regular, &plain(&self.sheet.title), room).first() {
            self.regular
                .draw(surface, margin, foot, FOOT_LETTERS, title);
        }
        Ok(())
    }

    /// The lines of one column from `y` on; numbers on the right.
    fn column(
        &self,
        surface: &mut Surface<'_>,
        face: &Face,
        layout: &Layout,
        at: usize,
        y: f32,
        lines: &[impl AsRef<str>],
    ) {
        let mut base = y + layout.letters;
        for line in lines {
            let line = line.as_ref();
            let mut x = layout.left(at);
            if self.sheet.columns[at].kind == Kind::Number {
                let free = layout.widths[at] - face.width(line) * layout.letters;
                x += free.max(0.0);
            }
            face.draw(surface, x, base, layout.letters, line);
            base += layout.letters * LINE;
        }
    }
}

impl Writer for Pdf {
    fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        for (cell, measured) in cells.iter().zip(&mut self.columns) {
            let begin = self.text.len();
            self.text.push_str(&plain(cell.text()));
            self.ends.push(self.text.len());
            measured.take(&self.regular, &self.text[begin..]);
        }
        self.rows += 1;
        self.progress.check()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        let layout = Layout::new(&self);
        let pages = self.pages(&layout)?;
        let mut document = Document::new();
        document.set_metadata(metadata(&self.sheet));
        for (number, pieces) in (1..).zip(&pages) {
            let settings = PageSettings::from_wh(layout.width, layout.height)
                .ok_or_else(|| io::Error::other("a page has a size"))?;
            let mut page = document.start_page_with(settings);
            let mut surface = page.surface();
            self.draw_page(&mut surface, &layout, (number, pages.len()), pieces)?;
            surface.finish();
            page.finish();
        }
        let bytes = document
            .finish()
            .map_err(|error| io::Error::other(format!("{error:?}")))?;
        self.file.write_all(&bytes)
    }
}

fn metadata(sheet: &Sheet) -> Metadata {
    let [year, rest @ ..] = calendar(sheet.made_at);
    let [month, day, hour, minute, second] = rest.map(|part| u8::try_from(part).unwrap_or(0));
    let made = DateTime::new(year)
        .month(month)
        .day(day)
        .hour(hour)
        .minute(minute)
        .second(second)
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(plain(&sheet.title))
        .creator("Sidegate".to_owned())
        .creation_date(made)
}

/// Where everything stands, in points.
struct Layout {
    width: f32,
    height: f32,
    letters: f32,
    widths: Vec<f32>,
    title: Vec<String>,
    head: Vec<String>,
    /// The lines of each label.
    labels: Vec<Vec<String>>,
    /// Where rows begin on the first page, and on others.
    first_top: f32,
    top: f32,
}

impl Layout {
    fn new(pdf: &Pdf) -> Self {
        let paper = pdf.sheet.paper();
        let margin = f32::from(Paper::MARGIN);
        let (width, height) = (f32::from(paper.width), f32::from(paper.height));
        let letters = f32::from(paper.letters);
        let room = width - 2.0 * margin;
        let mut layout = Self {
            width,
            height,
            letters,
            widths: widths(&pdf.columns, room, letters),
            title: owned(wrapped(
                &pdf.bold,
                &plain(&pdf.sheet.title),
                room / TITLE_LETTERS,
            )),
            head: Vec::new(),
            labels: Vec::new(),
            first_top: 0.0,
            top: 0.0,
        };
        for line in pdf.sheet.head() {
            let line = plain(&line);
            let lines = wrapped(&pdf.regular, &line, room / HEAD_LETTERS);
            layout.head.extend(owned(lines));
        }
        // A head never fills a page, however much was asked for.
        let most = (height / 2.0 / (HEAD_LETTERS * LINE)) as usize;
        if layout.head.len() > most {
            layout.head.truncate(most);
            layout.head.push("…".to_owned());
        }
        layout.title.truncate(4);
        for (at, column) in pdf.sheet.columns.iter().enumerate() {
            let mut lines = owned(wrapped(&pdf.bold, &column.label, layout.room(at)));
            lines.truncate(6);
            layout.labels.push(lines);
        }
        let lines = |count: usize, letters: f32| count as f32 * letters * LINE;
        layout.top = margin + layout.labels_height();
        layout.first_top = layout.top
            + lines(layout.title.len(), TITLE_LETTERS)
            + lines(layout.head.len(), HEAD_LETTERS)
            + 8.0;
        layout
    }

    fn labels_height(&self) -> f32 {
        let lines = self.labels.iter().map(Vec::len).max().unwrap_or(0);
        lines as f32 * self.letters * LINE + 6.0
    }

    /// How many lines have room below a height.
    fn lines(&self, top: f32) -> usize {
        let room = self.height - f32::from(Paper::MARGIN) - FOOT - top;
        (room / (self.letters * LINE)) as usize
    }

    /// How wide a line of a column may be, in sizes of its letters.
    fn room(&self, column: usize) -> f32 {
        self.widths[column] / self.letters
    }

    fn left(&self, column: usize) -> f32 {
        let before: f32 = self.widths[..column].iter().map(|width| width + GAP).sum();
        f32::from(Paper::MARGIN) + before
    }
}

/// How wide each column is: as it would like, or what is left beyond what each needs in proportion.
fn widths(columns: &[Measured], room: f32, letters: f32) -> Vec<f32> {
    if columns.is_empty() {
        return Vec::new();
    }
    let room = room - GAP * (columns.len() - 1) as f32;
    // A little more, so that sums of fractions never break a line.
    let like = |measured: &Measured| (measured.line.max(1.0) + 0.1) * letters;
    let need = |measured: &Measured| (measured.word.max(1.0) + 0.1) * letters;
    let (liked, needed): (f32, f32) = columns.iter().fold((0.0, 0.0), |(liked, needed), one| {
        (liked + like(one), needed + need(one))
    });
    let width = |one: &Measured| {
        if liked <= room {
            like(one)
        } else if needed <= room {
            need(one) + (like(one) - need(one)) * (room - needed) / (liked - needed)
        } else {
            need(one) * room / needed
        }
    };
    columns.iter().map(width).collect()
}

fn owned(lines: Vec<&str>) -> Vec<String> {
    lines.into_iter().map(str::to_owned).collect()
}

/// The text as it is drawn: blanks for what only moves on, nothing for what is not seen.
fn plain(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let shown = text.chars().filter_map(|c| match c {
        '\n' | '\r' => Some('\n'),
        '\t' | '\u{a0}' => Some(' '),
        c if c.is_control() => Some('\u{fffd}'),
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => {
            None
        }
        '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => None,
        c => Some(c),
    });
    shown.collect()
}

/// The lines of a text in so much room, which is given in sizes of the letters.
fn wrapped<'t>(face: &Face, text: &'t str, room: f32) -> Vec<&'t str> {
    let mut lines = Vec::new();
    for line in text.split('\n') {
        let mut begin = 0;
        let mut width = 0.0;
        // The last blank of the line, and how wide the line is after it.
        let mut blank: Option<(usize, f32)> = None;
        for (at, c) in line.char_indices() {
            let more = face.advance(c);
            if c == ' ' {
                blank = Some((at, 0.0));
            } else if let Some((_, after)) = &mut blank {
                *after += more;
            }
            width += more;
            if width <= room || at == begin || c == ' ' {
                continue;
            }
            match blank.take() {
                Some((end, after)) if end > begin => {
                    lines.push(&line[begin..end]);
                    begin = end + 1;
                    width = after;
                }
                _ => {
                    lines.push(&line[begin..at]);
                    begin = at;
                    width = more;
                }
            }
        }
        lines.push(&line[begin..]);
    }
    lines
}

/// A thin line over all columns.
fn rule(surface: &mut Surface<'_>, layout: &Layout, y: f32, thick: f32, colour: rgb::Color) {
    let left = f32::from(Paper::MARGIN);
    let last = layout.widths.len().saturating_sub(1);
    let right = layout.left(last) + layout.widths.get(last).copied().unwrap_or_default();
    let Some(rect) = Rect::from_ltrb(left, y, right, y + thick) else {
        return;
    };
    let mut path = PathBuilder::new();
    path.push_rect(rect);
    if let Some(path) = path.finish() {
        surface.set_fill(Some(Fill {
            paint: colour.into(),
            ..Fill::default()
        }));
        surface.draw_path(&path);
        surface.set_fill(None);
    }
}

/// A font, and what is known of its characters.
struct Face {
    font: Font,
    source: FontRef<'static>,
    known: RefCell<HashMap<char, (GlyphId, f32)>>,
}

impl Face {
    fn new(bytes: &'static [u8]) -> io::Result<Self> {
        let data: Arc<dyn AsRef<[u8]> + Send + Sync> = Arc::new(bytes);
        let font = Font::new(data.into(), 0).ok_or_else(|| io::Error::other("no font"))?;
        Ok(Self {
            font,
            source: FontRef::new(bytes).map_err(io::Error::other)?,
            known: RefCell::default(),
        })
    }

    /// The glyph of a character and how far it goes on, in sizes of the letters.
    fn glyph(&self, c: char) -> (GlyphId, f32) {
        *self.known.borrow_mut().entry(c).or_insert_with(|| {
            let charmap = self.source.charmap();
            let glyph = charmap
                .map(c)
                .or_else(|| charmap.map('\u{fffd}'))
                .unwrap_or_default();
            let place = LocationRef::default();
            let size = f32::from(self.source.metrics(Size::unscaled(), place).units_per_em);
            let metrics = self.source.glyph_metrics(Size::unscaled(), place);
            let advance = metrics.advance_width(glyph).unwrap_or_default();
            (GlyphId::new(glyph.to_u32()), advance / size)
        })
    }

    fn advance(&self, c: char) -> f32 {
        self.glyph(c).1
    }

    fn width(&self, text: &str) -> f32 {
        text.chars().map(|c| self.advance(c)).sum()
    }

    fn draw(&self, surface: &mut Surface<'_>, x: f32, y: f32, letters: f32, line: &str) {
        let visual = in_sight_order(line);
        let glyphs: Vec<KrillaGlyph> = visual
            .char_indices()
            .map(|(at, c)| {
                let (glyph_id, x_advance) = self.glyph(c);
                KrillaGlyph {
                    glyph_id,
                    text_range: at..at + c.len_utf8(),
                    x_advance,
                    x_offset: 0.0,
                    y_offset: 0.0,
                    y_advance: 0.0,
                    location: None,
                }
            })
            .collect();
        if !glyphs.is_empty() {
            surface.draw_glyphs(
                Point::from_xy(x, y),
                &glyphs,
                self.font.clone(),
                &visual,
                letters,
                false,
            );
        }
    }
}

/// The characters of a line from left to right.
fn in_sight_order(line: &str) -> String {
    if line.is_ascii() {
        return line.to_owned();
    }
    let order = BidiInfo::new(line, None);
    match order.paragraphs.first() {
        Some(whole) if order.has_rtl() => {
            order.reorder_line(whole, whole.range.clone()).into_owned()
        }
        _ => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ODD, bytes, numbers, sheet, text};
    use super::super::{Format, With};
    use super::*;

    fn face() -> Face {
        Face::new(dejavu::sans_condensed::regular()).expect("a font")
    }

    fn pages(bytes: &[u8]) -> usize {
        let text = String::from_utf8_lossy(bytes);
        text.matches("/Type/Page\n").count() + text.matches("/Type /Page\n").count()
    }

    #[test]
    fn lines_are_broken_at_blanks_and_long_words_anywhere() {
        let face = face();
        let width = face.width("aaaa bbbb");
        assert_eq!(
            wrapped(&face, "aaaa bbbb cccc", width + 0.01),
            ["aaaa bbbb", "cccc"]
        );
        assert_eq!(wrapped(&face, "aaaa\nbbbb", width), ["aaaa", "bbbb"]);
        assert_eq!(wrapped(&face, "", width), [""]);
        let word = "x".repeat(100);
        let lines = wrapped(&face, &word, width);
        assert_eq!(lines.concat(), word);
        assert!(lines.iter().all(|line| face.width(line) <= width));
        // Less room than one letter needs.
        assert_eq!(wrapped(&face, "äöü", 0.1), ["ä", "ö", "ü"]);
    }

    #[test]
    fn the_font_has_latin_greek_and_cyrillic() {
        let face = face();
        let missing = face.glyph('\u{fffd}').0;
        for c in "AzÄéřŁŞąıßΑωάЖяїґЂ€–“№".chars() {
            assert_ne!(face.glyph(c).0, missing, "{c}");
        }
        assert_eq!(face.glyph('漢').0, missing);
    }

    #[test]
    fn hebrew_is_read_from_right_to_left() {
        assert_eq!(in_sight_order("abc"), "abc");
        assert_eq!(in_sight_order("אבג"), "גבא");
        assert_eq!(in_sight_order("é"), "é");
    }

    #[test]
    fn any_text_makes_a_file() {
        for columns in [0, 1, 7, 13, 60] {
            let rows: Vec<_> = ODD.iter().map(|odd| text(&vec![*odd; columns])).collect();
            for rows in [&rows[..], &[]] {
                let written = bytes(Format::Pdf, &sheet(columns), rows, With::Plain);
                assert!(written.starts_with(b"%PDF-"), "{columns}");
                assert!(written.trim_ascii_end().ends_with(b"%%EOF"), "{columns}");
            }
        }
    }

    #[test]
    fn a_cell_longer_than_a_page_goes_on_over_the_next() {
        let long = vec!["word"; 6000].join(" ");
        let rows = [numbers(&["1", "2"]), text(&[&long, "b"]), text(&["c", "d"])];
        let mut sheet = sheet(2);
        sheet.filters = vec!["x".repeat(400); 300];
        let written = bytes(Format::Pdf, &sheet, &rows, With::Plain);
        assert!(pages(&written) > 2, "{}", pages(&written));
    }

    #[test]
    fn every_line_is_on_exactly_one_page() {
        let file = tempfile::tempfile().expect("a file");
        let mut pdf = Pdf::start(sheet(2), file, Arc::default()).expect("a start");
        for number in 0..500 {
            let long = "word ".repeat(number % 40 * 20);
            pdf.row(&text(&[&long, "b"])).expect("a row");
        }
        let layout = Layout::new(&pdf);
        let mut seen = vec![0; 500];
        let pages = pdf.pages(&layout).expect("pages");
        assert!(pages.len() > 10);
        for (number, page) in pages.iter().enumerate() {
            let top = if number == 0 {
                layout.first_top
            } else {
                layout.top
            };
            let lines: usize = page.iter().map(|piece| piece.lines.len()).sum();
            assert!(lines > 0 && lines <= layout.lines(top));
            for piece in page {
                assert_eq!(seen[piece.row], piece.lines.start);
                seen[piece.row] = piece.lines.end;
            }
        }
        for (row, lines) in seen.iter().enumerate() {
            assert_eq!(
                *lines,
                wrapped(&pdf.regular, pdf.cell(row, 0), layout.room(0)).len()
            );
        }
    }
}
