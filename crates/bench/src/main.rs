//! The bench: Sidegate's release binary beside *the limit*, a bare server that answers the same bytes.
//!
//! A program and not a test: it asserts that the answers are equal, and nothing about speed. It also
//! shows how long a start takes, what memory and disk are used, and how the cost grows with the users.

mod copies;
mod data;
mod decisions;
mod doors;
mod exchange;
mod footprint;
mod growth;
mod limit;
mod load;
mod process;
mod report;
mod workload;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use clap::{Args, Parser, Subcommand};
use sidegate::demo_data::{COMPANY, USER};

use crate::data::Data;
use crate::exchange::{Request, exchange};
use crate::load::{Measured, load, median};
use crate::process::Server;
use crate::report::{Report, Row, Table};
use crate::workload::{Workload, compare, compare_creates};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What went wrong is one text for the person who runs the bench.
pub(crate) type Outcome<T> = Result<T, String>;

const CONNECTIONS: &[u32] = &[1, 16, 64];
/// What is only Sidegate's own is measured at fewer.
const FEW: &[u32] = &[1, 16];
/// Databases of so many users show how the cost grows.
const SIZES: &[u32] = &[1000, 10_000, 100_000, 1_000_000];

/// Loads Sidegate beside a bare server that answers the same bytes.
#[derive(Parser)]
#[command(name = "sidegate-bench", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    part: Option<Part>,
    #[command(flatten)]
    run: Run,
}

#[derive(Args)]
struct Run {
    /// The folder that keeps the database [default: bench, beside the folder of this program]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Seconds of load for each cell and round
    #[arg(long, default_value_t = 3.0, value_name = "SECONDS")]
    seconds: f64,
    /// Rounds; the figures are medians over them
    #[arg(long, default_value_t = 3, value_name = "COUNT")]
    rounds: u32,
    /// Databases of up to so many users show how the cost grows
    #[arg(long, default_value_t = 1_000_000, value_name = "USERS")]
    largest: u32,
    /// Also write the report here, as Markdown
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// Few users and short cells: shows that everything works and that the answers are equal
    #[arg(long)]
    smoke: bool,
}

/// What the bench starts as processes of their own.
#[derive(Subcommand)]
enum Part {
    /// Serve the limit
    #[command(hide = true)]
    Limit {
        #[arg(long)]
        database: PathBuf,
        #[arg(long)]
        company: i64,
    },
    /// Serve an empty handler
    #[command(hide = true)]
    Empty,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.part {
        Some(Part::Limit { database, company }) => limit::serve(&database, company),
        Some(Part::Empty) => limit::serve_nothing(),
        None => run(&arguments.run),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(text) => {
            say(&format!("sidegate-bench: {text}"));
            ExitCode::FAILURE
        }
    }
}

fn run(asked: &Run) -> Outcome<()> {
    if cfg!(debug_assertions) && !asked.smoke {
        return Err(
            "a debug build measures nothing; run: cargo run --release -p sidegate-bench".to_owned(),
        );
    }
    load::ready()?;
    let program = std::env::current_exe().map_err(stop)?;
    let folder = program.parent().ok_or("this program has no folder")?;
    let server = built(&folder.join("sidegate"))?;
    let (users, largest, seconds, rounds) = if asked.smoke {
        (1000, 1000, 0.2, 1)
    } else {
        (100_000, asked.largest, asked.seconds, asked.rounds)
    };
    let kept = asked
        .data
        .clone()
        .unwrap_or_else(|| folder.with_file_name("bench"));
    let data = data::ensure(&kept.join(users.to_string()), users)?;
    let bench = Bench {
        program: &program,
        server: &server,
        seconds,
        rounds,
    };
    let busy = report::load_average();
    let (token, mut tables) = bench.reads(&data)?;
    tables.push(bench.creates(&data)?);
    let (doors, checked) = bench.doors(&data)?;
    let footprint = footprint::measure(&server, &data, &token)?;
    let copies = copies::measure(&server, &kept)?;
    let decisions = decisions::measure()?;
    let mut grown = Vec::new();
    for users in SIZES.iter().copied().filter(|users| *users <= largest) {
        let data = data::ensure(&kept.join(users.to_string()), users)?;
        grown.push(growth::measure(&server, &data)?);
    }
    let text = report::text(&Report {
        tables,
        doors,
        checked,
        footprint,
        copies,
        decisions,
        grown,
        busy,
        users,
        seconds,
        rounds,
    });
    print(&text)?;
    if let Some(path) = &asked.write {
        let page = report::page(&text);
        std::fs::write(path, page)
            .map_err(|e| format!("{} cannot be written: {e}", path.display()))?;
    }
    Ok(())
}

/// What every part of a run needs.
struct Bench<'b> {
    program: &'b Path,
    server: &'b Path,
    seconds: f64,
    rounds: u32,
}

impl Bench<'_> {
    fn limit(&self, data: &Data, database: &Path) -> Outcome<Server> {
        Server::start(
            Command::new(self.program)
                .arg("limit")
                .arg("--database")
                .arg(database)
                .args(["--company", &data.company.to_string()]),
        )
    }

    /// Everything that only reads, on one database; gives the token, too.
    fn reads(&self, data: &Data) -> Outcome<(String, Vec<Table>)> {
        let database = data.database();
        let sidegate = Server::start(&mut data.serve(self.server, &database))?;
        let limit = self.limit(data, &database)?;
        let empty = Server::start(Command::new(self.program).arg("empty"))?;
        let token = token(sidegate.address, data)?;
        let servers = [
            ("sidegate", &sidegate),
            ("limit", &limit),
            ("empty", &empty),
        ];
        let workloads = workload::reads(data, &token);
        for workload in &workloads {
            compare(workload, sidegate.address, limit.address)?;
        }
        let tables = self.tables(workloads, &servers, &data.folder)?;
        Ok((token, tables))
    }

    /// Creates, by each server on a copy of its own.
    fn creates(&self, data: &Data) -> Outcome<Table> {
        let (ours, theirs) = (data.copied("sidegate")?, data.copied("limit")?);
        let sidegate = Server::start(&mut data.serve(self.server, &ours))?;
        let limit = self.limit(data, &theirs)?;
        let workload = workload::creates(&token(sidegate.address, data)?);
        compare_creates(
            &workload,
            data.company.number(),
            (sidegate.address, &ours),
            (limit.address, &theirs),
        )?;
        let servers = [("sidegate", &sidegate), ("limit", &limit)];
        let mut tables = self.tables(vec![workload], &servers, &data.folder)?;
        drop((sidegate, limit));
        // What the limit wrote is a chain like ours, or it did less.
        for database in [&ours, &theirs] {
            let mut verify = data.command(self.server, database);
            let verified = verify.args(["audit", "verify", "--company", COMPANY]);
            let verified = verified.output().map_err(stop)?;
            if !verified.status.success() {
                let told = String::from_utf8_lossy(&verified.stdout);
                return Err(format!("{}: {told}", database.display()));
            }
            Data::drop_copy(database);
        }
        tables
            .pop()
            .ok_or_else(|| "nothing was measured".to_owned())
    }

    /// Coming in, by each way, on a copy.
    fn doors(&self, data: &Data) -> Outcome<(Vec<Table>, doors::Checked)> {
        let database = data.copied("doors")?;
        let sidegate = Server::start(&mut data.serve(self.server, &database))?;
        let token = token(sidegate.address, data)?;
        let mut workloads = doors::workloads(data, sidegate.address, &token)?;
        workloads.extend(doors::pages(data, sidegate.address)?);
        let servers = [("sidegate", &sidegate)];
        let mut tables = Vec::new();
        // A chosen password takes its time, and is compared one after the other.
        let longer = Self {
            seconds: self.seconds.max(1.0),
            ..*self
        };
        for workload in workloads {
            say(workload.title);
            let rows = longer.measure(&workload, &servers, FEW, &data.folder)?;
            tables.push(Table {
                title: workload.title,
                aim: workload.aim,
                rows,
            });
        }
        let tokens = doors::tokens(data, sidegate.address)?;
        drop(sidegate);
        let checked = doors::check(data, &database, &tokens)?;
        Data::drop_copy(&database);
        Ok((tables, checked))
    }

    fn tables(
        &self,
        workloads: Vec<Workload>,
        servers: &[(&'static str, &Server)],
        folder: &Path,
    ) -> Outcome<Vec<Table>> {
        let mut tables = Vec::new();
        for workload in workloads {
            say(workload.title);
            let rows = self.measure(&workload, servers, CONNECTIONS, folder)?;
            tables.push(Table {
                title: workload.title,
                aim: workload.aim,
                rows,
            });
        }
        Ok(tables)
    }

    /// Loads every server in turn, round by round, so that a disturbance does not meet one server only.
    fn measure(
        &self,
        workload: &Workload,
        servers: &[(&'static str, &Server)],
        connections: &[u32],
        folder: &Path,
    ) -> Outcome<Vec<Row>> {
        let script = load::script(folder, "workload", &workload.requests)?;
        // Nobody counts the first rows, statements and totals.
        for (name, server) in servers {
            let mark = format!("{name}-warm-");
            load(
                server.address,
                &script,
                &mark,
                16,
                self.seconds.min(1.0),
                || server.cpu_us(),
            )?;
        }
        let mut rows: Vec<(Row, Vec<Measured>)> = Vec::new();
        for connections in connections {
            for (server, _) in servers {
                let row = Row {
                    connections: *connections,
                    server,
                    median: Measured::default(),
                };
                rows.push((row, Vec::new()));
            }
        }
        for round in 1..=self.rounds {
            let mut cells = rows.iter_mut();
            for connections in connections {
                for (name, server) in servers {
                    let mark = format!("{name}-{round}-{connections}-");
                    let measured = load(
                        server.address,
                        &script,
                        &mark,
                        *connections,
                        self.seconds,
                        || server.cpu_us(),
                    )?;
                    if let Some((_, cell)) = cells.next() {
                        cell.push(measured);
                    }
                }
            }
        }
        Ok(rows
            .into_iter()
            .map(|(row, cell)| Row {
                median: median(&cell),
                ..row
            })
            .collect())
    }
}

/// The server's program, brought up to date with the tree.
fn built(path: &Path) -> Outcome<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--locked", "--package", "sidegate"]);
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let built = cargo
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .map_err(|e| format!("cargo cannot be run: {e}"))?;
    if !built.success() || !path.exists() {
        return Err(format!("{} could not be built", path.display()));
    }
    Ok(path.to_owned())
}

/// An access token by client credentials.
pub(crate) fn token(to: SocketAddr, data: &Data) -> Outcome<String> {
    let request = Request {
        method: "POST",
        path: "/ia/api/v1/oauth2/token".to_owned(),
        headers: vec![(
            "content-type",
            "application/x-www-form-urlencoded".to_owned(),
        )],
        body: format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&username={USER}%40{COMPANY}",
            data.credentials.client_id, data.credentials.client_secret
        ),
    };
    let answer: serde_json::Value =
        serde_json::from_slice(&exchange(to, &request)?).map_err(stop)?;
    answer["access_token"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| format!("no token in {answer}"))
}

/// A text on stdout.
fn print(text: &str) -> Outcome<()> {
    std::io::stdout().write_all(text.as_bytes()).map_err(stop)
}

/// A line for people on stderr.
pub(crate) fn say(line: &str) {
    // Nobody may be reading.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// An error as the text of an outcome.
pub(crate) fn stop(error: impl std::fmt::Display) -> String {
    error.to_string()
}
