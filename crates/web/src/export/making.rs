//! From a query to a file.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

use sidegate_engine::{Call, Engine, Work};
use sidegate_model::query::{Operand, Query};
use sidegate_model::{Failure, Operation, Result, Scalar, problem};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use super::cells::{Cells, People};
use super::sheet::{Cell, DateFormat, Progress, Sheet};
use super::{Format, MOST_BYTES, MOST_ROWS, With, start};

/// So many rows are asked for at once.
const PAGE: u32 = 1000;
/// So many files are written at the same time, so that requests keep a processor.
const AT_ONCE: usize = 2;
/// So long a request waits for its turn.
const PATIENCE: Duration = Duration::from_secs(30);

static TURNS: Semaphore = Semaphore::const_new(AT_ONCE);

/// What is to be exported.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The list: all its rows from `start` on, or the one page.
    pub query: Query,
    /// Whether only the page is wanted that the query asks for.
    pub one_page: bool,
    /// What the file is to be.
    pub format: Format,
    /// Who reads it.
    pub audience: Audience,
    /// The most rows, usually [`MOST_ROWS`].
    pub most: u32,
    /// The most bytes of text, usually [`MOST_BYTES`].
    pub most_bytes: usize,
}

/// Who reads a file.
#[derive(Clone, Debug)]
pub enum Audience {
    /// Programs: columns are named as they were asked for, values are those of the query service.
    Programs,
    /// People: columns and choices have their labels.
    People {
        /// What the list is called.
        title: String,
        /// A sentence for each filter.
        filters: Vec<String>,
        /// How dates are written.
        dates: DateFormat,
        /// What stands above the columns, where it is not the fields' own labels.
        labels: Vec<String>,
        /// The name of the time zone of moments, such as `Europe/Berlin`.
        zone: String,
        /// Columns of choices that show the word of the XML gateway and not the label.
        codes: Vec<String>,
    },
}

impl Asked {
    /// All rows of a list, for programs.
    #[must_use]
    pub fn for_programs(query: Query, format: Format) -> Self {
        Self {
            query,
            one_page: false,
            format,
            audience: Audience::Programs,
            most: MOST_ROWS,
            most_bytes: MOST_BYTES,
        }
    }
}

/// A file that is whole. Nothing but this handle leads to it.
#[derive(Debug)]
pub struct Made {
    /// Its bytes.
    pub file: Arc<File>,
    /// How many.
    pub length: u64,
    /// Rows in it.
    pub rows: u64,
    /// What it is.
    pub format: Format,
}

/// A list that was read and waits to be written.
struct Listed {
    sheet: Sheet,
    spool: File,
    rows: u32,
}

/// The right to write a file now.
pub(super) type Turn = SemaphorePermit<'static>;

/// Waits until a file may be written.
pub(super) async fn turn() -> Turn {
    TURNS.acquire().await.expect("turns are never closed")
}

/// Makes the file of a list, for somebody who waits for it. It ends when she goes.
///
/// # Errors
/// What the query says, or that there are more rows than an export has.
pub async fn make(engine: &Engine, call: Call, asked: Asked) -> Result<Made> {
    let late = || problem::SERVER_BUSY.with("SECONDS", "10");
    let turn = tokio::time::timeout(PATIENCE, turn())
        .await
        .map_err(|_| late())?;
    let progress = Arc::new(Progress::default());
    let _gone = CancelledAtDrop(Arc::clone(&progress));
    make_in_turn(engine, call, asked, progress, turn).await
}

struct CancelledAtDrop(Arc<Progress>);

impl Drop for CancelledAtDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// The same while others look how far it is.
pub(super) async fn make_in_turn(
    engine: &Engine,
    call: Call,
    asked: Asked,
    progress: Arc<Progress>,
    turn: Turn,
) -> Result<Made> {
    let (format, with) = match asked.audience {
        Audience::Programs => (asked.format, With::Plain),
        Audience::People { .. } => (asked.format, With::Mark),
    };
    let reading = Arc::clone(&progress);
    let listed = engine
        .read(call, move |work| asked.list(work, &reading))
        .await?;
    progress.set_total(listed.rows.into());
    let (sender, receiver) = oneshot::channel();
    // A thread of its own, of which turns allow few: formats neither wait nor read.
    let write = move || {
        let made = listed.written(format, with, progress);
        drop(turn);
        // Nobody waits any more where the other end is gone.
        let _ = sender.send(made);
    };
    let thread = std::thread::Builder::new().name("export".to_owned());
    thread.spawn(write).map_err(broken)?;
    let made = receiver
        .await
        .map_err(|error| broken(io::Error::other(error)))?;
    made.map_err(broken)
}

fn broken(error: io::Error) -> Failure {
    Failure::Broken(Box::new(error))
}

impl Asked {
    /// Reads the whole list in the snapshot of this work.
    fn list(&self, work: &mut Work<'_>, progress: &Progress) -> Result<Listed> {
        let mut query = self.query.clone();
        query.as_of = query
            .as_of
            .or_else(|| i32::try_from(work.now().div_euclid(86_400_000_000)).ok());
        if let Some(definition) = work.registry().called(&query.object, query.ours) {
            work.authorise(definition, Operation::List)?;
        }
        if !self.one_page {
            query.size = PAGE;
        }
        let people = match &self.audience {
            Audience::Programs => None,
            Audience::People {
                dates, zone, codes, ..
            } => Some(People::new(*dates, zone, codes)),
        };
        let mut spool = Spool::new().map_err(broken)?;
        let mut columns = Vec::new();
        loop {
            let sight = work.actor().page_sight(query.private);
            let plan = query
                .plan(work.registry(), sight)
                .map_err(Failure::Refused)?;
            let cells = Cells::new(work.registry(), &plan, people.clone());
            let paged = work.page(&plan, &mut |row| {
                progress.check().map_err(broken)?;
                if spool.rows >= self.most {
                    // It is told below, with how many there are.
                    return Ok(());
                }
                spool.push(&cells.row(row)).map_err(broken)?;
                if spool.bytes > self.most_bytes {
                    let most = (self.most_bytes >> 20).to_string();
                    return Err(problem::EXPORT_HEAVY.with("MOST", most).into());
                }
                Ok(())
            })?;
            let before = i64::from(self.query.start) - 1;
            let wanted = match self.one_page {
                true => i64::from(paged.rows),
                false => (paged.total - before).max(0),
            };
            if wanted > i64::from(self.most) {
                let large = problem::EXPORT_LARGE
                    .with("TOTAL", wanted.to_string())
                    .with("MOST", self.most.to_string());
                return Err(large.into());
            }
            columns = if columns.is_empty() {
                cells.columns()
            } else {
                columns
            };
            if self.one_page || i64::from(spool.rows) >= wanted || paged.rows < query.size {
                break;
            }
            query.start += PAGE;
        }
        let sheet = self.sheet(work, columns)?;
        if let Some(definition) = work.registry().called(&query.object, query.ours) {
            work.note_export(definition, spool.rows, self.format.extension());
        }
        Ok(Listed {
            sheet,
            rows: spool.rows,
            spool: spool.whole().map_err(broken)?,
        })
    }

    fn sheet(&self, work: &mut Work<'_>, mut columns: Vec<super::Column>) -> Result<Sheet> {
        let company = work.company_name()?;
        let entity = work.actor().entity.as_ref().map(|entity| entity.id.clone());
        let (title, filters, dates) = match &self.audience {
            Audience::Programs => {
                let called = work.registry().called(&self.query.object, self.query.ours);
                let title = called.map_or(&self.query.object, |definition| &definition.label.1);
                (title.clone(), sentences(&self.query), DateFormat::ISO)
            }
            Audience::People {
                title,
                filters,
                dates,
                labels,
                ..
            } => {
                for (column, label) in columns.iter_mut().zip(labels) {
                    column.label.clone_from(label);
                }
                (title.clone(), filters.clone(), *dates)
            }
        };
        Ok(Sheet {
            title,
            company,
            entity,
            filters,
            made_at: work.now(),
            dates,
            columns,
        })
    }
}

/// The filters of a query in its own words.
fn sentences(query: &Query) -> Vec<String> {
    let word = |scalar: &Scalar| match scalar {
        Scalar::Null => "null".to_owned(),
        Scalar::Boolean(yes) => yes.to_string(),
        Scalar::Number(text) | Scalar::Text(text) => text.clone(),
    };
    let mut sentences: Vec<_> = query
        .filters
        .iter()
        .map(|filter| {
            let operand = match &filter.operand {
                Operand::One(scalar) => word(scalar),
                Operand::Many(scalars) => scalars.iter().map(word).collect::<Vec<_>>().join(", "),
            };
            let operator = filter.operator.name();
            format!("Filter: {} {operator} {operand}", filter.field)
        })
        .collect();
    if let Some(expression) = &query.expression {
        sentences.push(format!("Filters combined: {expression}"));
    }
    sentences
}

/// Rows that wait in a temporary file which has no name, so that it goes with its handle.
struct Spool {
    out: ::csv::Writer<BufWriter<File>>,
    rows: u32,
    /// Of text.
    bytes: usize,
}

impl Spool {
    fn new() -> io::Result<Self> {
        Ok(Self {
            out: ::csv::Writer::from_writer(BufWriter::new(tempfile::tempfile()?)),
            rows: 0,
            bytes: 0,
        })
    }

    /// Each cell with a letter before it that says what it is.
    fn push(&mut self, cells: &[Cell]) -> io::Result<()> {
        for cell in cells {
            self.bytes += cell.text().len();
            match cell {
                Cell::Nothing => self.out.write_field("")?,
                Cell::Text(text) => self.out.write_field(format!("t{text}"))?,
                Cell::Number(text) => self.out.write_field(format!("n{text}"))?,
            }
        }
        self.out.write_record(None::<&[u8]>)?;
        self.rows += 1;
        Ok(())
    }

    fn whole(self) -> io::Result<File> {
        let buffer = self
            .out
            .into_inner()
            .map_err(|error| io::Error::other(error.to_string()))?;
        let mut file = buffer
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.flush()?;
        file.rewind()?;
        Ok(file)
    }
}

impl Listed {
    fn written(self, format: Format, with: With, progress: Arc<Progress>) -> io::Result<Made> {
        let file = tempfile::tempfile()?;
        let mut writer = start(format, with, self.sheet, file.try_clone()?, progress)?;
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(BufReader::new(self.spool));
        let mut record = ::csv::StringRecord::new();
        while reader.read_record(&mut record)? {
            let cells: Vec<Cell> = record.iter().map(cell).collect();
            writer.row(&cells)?;
        }
        writer.finish()?;
        Ok(Made {
            length: file.metadata()?.len(),
            file: Arc::new(file),
            rows: self.rows.into(),
            format,
        })
    }
}

fn cell(field: &str) -> Cell {
    match field.split_at_checked(1) {
        Some(("t", text)) => Cell::Text(text.to_owned()),
        Some(("n", text)) => Cell::Number(text.to_owned()),
        _ => Cell::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{ODD, numbers, text};
    use super::*;

    #[test]
    fn cells_come_back_from_the_spool() {
        let mut spool = Spool::new().expect("a file");
        let mut rows: Vec<_> = ODD.iter().map(|odd| text(&[odd, odd])).collect();
        rows.push(numbers(&["-1.5", "0"]));
        rows.push(vec![Cell::Nothing, Cell::Text(String::new())]);
        for row in &rows {
            spool.push(row).expect("a row");
        }
        let file = spool.whole().expect("a file");
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .from_reader(file);
        let found: Vec<Vec<Cell>> = reader
            .records()
            .map(|record| record.expect("a row").iter().map(cell).collect())
            .collect();
        assert_eq!(found, rows);
    }
}
