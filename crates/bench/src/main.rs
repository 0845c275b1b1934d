//! The bench: Sidegate's release binary beside *the limit*, a bare server that answers the same bytes.
//!
//! A program and not a test: it asserts that the answers are equal, and nothing about speed.

mod data;
mod exchange;
mod limit;
mod load;
mod process;
mod report;

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
use crate::report::Row;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What went wrong is one text for the person who runs the bench.
pub(crate) type Outcome<T> = Result<T, String>;

const CONNECTIONS: &[u32] = &[1, 16, 64];

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
    let (users, seconds, rounds) = if asked.smoke {
        (1000, 0.3, 1)
    } else {
        (100_000, asked.seconds, asked.rounds)
    };
    let kept = asked
        .data
        .clone()
        .unwrap_or_else(|| folder.with_file_name("bench"));
    let data = data::ensure(&kept.join(users.to_string()), users)?;

    let database = data.database();
    let sidegate = Server::start(
        Command::new(server)
            .args(["serve", "--listen", "127.0.0.1:0", "--database"])
            .arg(format!("sqlite:{}", database.display()))
            .arg("--key-file")
            .arg(data.key_file())
            .current_dir(&data.folder),
    )?;
    let limit = Server::start(
        Command::new(&program)
            .arg("limit")
            .arg("--database")
            .arg(&database)
            .args(["--company", &data.company.to_string()]),
    )?;
    let empty = Server::start(Command::new(&program).arg("empty"))?;

    let workloads = workloads(&data, &token(sidegate.address, &data)?);
    for workload in &workloads {
        compare(workload, sidegate.address, limit.address)?;
    }
    let servers = [
        ("sidegate", &sidegate),
        ("limit", &limit),
        ("empty", &empty),
    ];
    let busy = report::load_average();
    let rows = measure(&workloads, &servers, &data.folder, seconds, rounds)?;
    let text = report::text(&rows, &busy, data.users, seconds, rounds);
    print(&text)?;
    if let Some(path) = &asked.write {
        let page = report::page(&text);
        std::fs::write(path, page)
            .map_err(|e| format!("{} cannot be written: {e}", path.display()))?;
    }
    Ok(())
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
fn token(to: SocketAddr, data: &Data) -> Outcome<String> {
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

/// One sort of request.
struct Workload {
    title: &'static str,
    requests: Vec<Request>,
}

/// A user by key, and a filtered page of 100 of all users. Keys and values change from request to
/// request, so that nothing can answer from the request before.
fn workloads(data: &Data, token: &str) -> [Workload; 2] {
    let headers = vec![("authorization", format!("Bearer {token}"))];
    let get = |key| Request {
        method: "GET",
        path: format!("/ia/api/v1/objects/company-config/user/{key}"),
        headers: headers.clone(),
        body: String::new(),
    };
    let mut sends = headers.clone();
    sends.push(("content-type", "application/json".to_owned()));
    let page = |part| Request {
        method: "POST",
        path: "/ia/api/v1/services/core/query".to_owned(),
        headers: sends.clone(),
        body: format!(
            r#"{{"object":"company-config/user","fields":["key","id","userName","accountEmail","userType","adminPrivileges","status","webServices.isRestricted","contact.id","contact.email1","href"],"filters":[{{"$eq":{{"status":"active"}}}},{{"$eq":{{"webServices.isRestricted":true}}}},{{"$gt":{{"id":"{}"}}}}],"orderBy":[{{"id":"asc"}}],"start":1,"size":100}}"#,
            data::id(data.users / PARTS * part)
        ),
    };
    [
        Workload {
            title: "A user by key",
            requests: data.keys.iter().map(get).collect(),
        },
        Workload {
            title: "A filtered page of 100",
            requests: (0..PARTS).map(page).collect(),
        },
    ]
}

/// From so many places in the list of users a page is asked for.
const PARTS: u32 = 50;

/// Every request of a workload must be answered with the same bytes by both.
fn compare(workload: &Workload, sidegate: SocketAddr, limit: SocketAddr) -> Outcome<()> {
    for request in &workload.requests {
        let (ours, theirs) = (exchange(sidegate, request)?, exchange(limit, request)?);
        if ours != theirs {
            let at = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
            let shown = |bytes: &[u8]| {
                String::from_utf8_lossy(&bytes[at.saturating_sub(80)..bytes.len().min(at + 80)])
                    .into_owned()
            };
            return Err(format!(
                "the answers differ at byte {at} of {} {} {}\n  sidegate: {}\n  limit:    {}",
                request.method,
                request.path,
                request.body,
                shown(&ours),
                shown(&theirs)
            ));
        }
    }
    Ok(())
}

/// Loads every server in turn, round by round, so that a disturbance does not meet one server only.
fn measure(
    workloads: &[Workload],
    servers: &[(&'static str, &Server)],
    folder: &Path,
    seconds: f64,
    rounds: u32,
) -> Outcome<Vec<Row>> {
    let mut rows: Vec<(Row, Vec<Measured>)> = Vec::new();
    let mut scripts = Vec::new();
    for (number, workload) in workloads.iter().enumerate() {
        scripts.push(load::script(
            folder,
            &format!("workload-{number}"),
            &workload.requests,
        )?);
        for connections in CONNECTIONS {
            for (server, _) in servers {
                let row = Row {
                    workload: workload.title,
                    connections: *connections,
                    server,
                    median: Measured::default(),
                };
                rows.push((row, Vec::new()));
            }
        }
    }
    // Nobody counts the first rows, statements and totals.
    for script in &scripts {
        for (_, server) in servers {
            load(server.address, script, 16, seconds.min(1.0), || {
                server.cpu_us()
            })?;
        }
    }
    for round in 1..=rounds {
        say(&format!("round {round} of {rounds}"));
        let mut cells = rows.iter_mut();
        for script in &scripts {
            for connections in CONNECTIONS {
                for (_, server) in servers {
                    let measured = load(server.address, script, *connections, seconds, || {
                        server.cpu_us()
                    })?;
                    if let Some((_, cell)) = cells.next() {
                        cell.push(measured);
                    }
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
