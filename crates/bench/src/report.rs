//! The figures as text: Markdown that reads well in a terminal too.

use std::fmt::Write as _;
use std::process::Command;

use crate::copies::Copies;
use crate::decisions::Decisions;
use crate::doors::Checked;
use crate::footprint::Footprint;
use crate::growth::Grown;
use crate::load::Measured;

/// The page around the last output.
const PAGE: &str = include_str!("../benchmarks.md");

/// Everything that was measured.
pub(crate) struct Report {
    pub(crate) tables: Vec<Table>,
    pub(crate) doors: Vec<Table>,
    pub(crate) checked: Checked,
    pub(crate) footprint: Footprint,
    pub(crate) copies: Copies,
    pub(crate) decisions: Decisions,
    pub(crate) grown: Vec<Grown>,
    /// How busy the machine was before.
    pub(crate) busy: String,
    pub(crate) users: u32,
    pub(crate) seconds: f64,
    pub(crate) rounds: u32,
}

/// One sort of request.
pub(crate) struct Table {
    pub(crate) title: &'static str,
    pub(crate) aim: f64,
    pub(crate) rows: Vec<Row>,
}

/// One cell.
pub(crate) struct Row {
    pub(crate) connections: u32,
    pub(crate) server: &'static str,
    pub(crate) median: Measured,
}

/// The most that a start may take.
const START_MS: f64 = 150.0;
/// The most memory that a server may hold that nobody asks.
const IDLE_MIB: f64 = 30.0;
/// The most that a copy of the stand-in's company may take, and a reset of the copy.
const COPY_MS: f64 = 50.0;
const RESET_MS: f64 = 20.0;
/// The least tokens that a core gives in a second.
const GRANTS: f64 = 1000.0;

impl Table {
    /// What share of the limit's requests Sidegate serves, by connections.
    fn shares(&self) -> impl Iterator<Item = (u32, f64)> {
        let of = |server: &str, connections: u32| {
            let mut rows = self.rows.iter();
            rows.find(|row| row.server == server && row.connections == connections)
                .map(|row| row.median.per_second)
        };
        self.rows
            .iter()
            .filter(|row| row.server == "sidegate")
            .filter_map(move |row| {
                let limit = of("limit", row.connections)?;
                Some((row.connections, row.median.per_second / limit))
            })
    }
}

/// The document, with the last output in its place.
pub(crate) fn page(text: &str) -> String {
    PAGE.replace("{{output}}\n", text)
}

/// The machine and all tables.
pub(crate) fn text(report: &Report) -> String {
    let mut text = machine(&report.busy);
    let _ = writeln!(
        text,
        "- {} users beside the stand-in's own; {} s of load for each cell, medians of {} rounds.",
        report.users, report.seconds, report.rounds
    );
    aims(&mut text, report);
    for table in &report.tables {
        cells(&mut text, table);
    }
    doors(&mut text, &report.doors, &report.checked);
    footprint(&mut text, &report.footprint);
    copies(&mut text, &report.copies);
    decisions(&mut text, &report.decisions);
    growth(&mut text, &report.grown);
    text
}

fn aims(text: &mut String, report: &Report) {
    text.push_str("\n### The aims\n\n| | aim | figure | |\n|---|---|---|---|\n");
    let mut line = |what: &str, aim: String, figure: String, met: bool| {
        let met = if met { "met" } else { "**missed**" };
        let _ = writeln!(text, "| {what} | {aim} | {figure} | {met} |");
    };
    for table in &report.tables {
        let shares: Vec<String> = table.shares().map(|(_, s)| format!("{s:.2}")).collect();
        let least = table.shares().map(|(_, s)| s).fold(f64::MAX, f64::min);
        line(
            &format!("{}, of the limit", table.title),
            format!("{:.2}", table.aim),
            shares.join(", "),
            least >= table.aim,
        );
    }
    if let Some(grants) = report.doors.first().and_then(|table| table.rows.last()) {
        let each = 1e6 / grants.median.cpu_us;
        line(
            "tokens by generated secrets, a second and core",
            format!("{GRANTS:.0}"),
            format!("{each:.0}"),
            each >= GRANTS,
        );
    }
    let start = report.footprint.start_ms[0];
    line(
        "start to the first answer",
        format!("{START_MS} ms"),
        format!("{start:.0} ms"),
        start <= START_MS,
    );
    let idle = mib(report.footprint.fresh_kib.0);
    line(
        "memory of an idle server",
        format!("{IDLE_MIB} MiB"),
        format!("{idle:.1} MiB"),
        idle <= IDLE_MIB,
    );
    let Copies { copy, reset } = &report.copies;
    for (what, aim, [median, ..]) in [
        ("a copy of HARBOR for a test", COPY_MS, copy),
        ("a reset of the copy", RESET_MS, reset),
    ] {
        line(
            what,
            format!("{aim} ms"),
            format!("{median:.0} ms"),
            *median <= aim,
        );
    }
}

fn cells(text: &mut String, table: &Table) {
    let _ = writeln!(text, "\n### {}\n", table.title);
    text.push_str("| connections | server | requests/s | of the limit | p50 | p99 | processor time of the server for each request |\n");
    text.push_str("|---:|---|---:|---:|---:|---:|---:|\n");
    for row in &table.rows {
        let share = table
            .shares()
            .find(|(connections, _)| *connections == row.connections && row.server == "sidegate")
            .map_or_else(String::new, |(_, share)| format!("**{share:.2}**"));
        let Measured {
            per_second,
            p50_us,
            p99_us,
            cpu_us,
            ..
        } = row.median;
        let (p50, p99, cpu) = (duration(p50_us), duration(p99_us), duration(cpu_us));
        let (connections, server) = (row.connections, row.server);
        let _ = writeln!(
            text,
            "| {connections} | {server} | {per_second:.0} | {share} | {p50} | {p99} | {cpu} |"
        );
    }
}

fn doors(text: &mut String, doors: &[Table], checked: &Checked) {
    text.push_str("\n### Coming in\n\n");
    text.push_str("| | connections | requests/s | p50 | p99 | processor time of the server for each request | a second and core |\n");
    text.push_str("|---|---:|---:|---:|---:|---:|---:|\n");
    for table in doors {
        for row in &table.rows {
            let Measured {
                per_second,
                p50_us,
                p99_us,
                cpu_us,
                ..
            } = row.median;
            let (p50, p99, cpu) = (duration(p50_us), duration(p99_us), duration(cpu_us));
            let (title, connections, each) = (table.title, row.connections, 1e6 / cpu_us);
            let _ = writeln!(
                text,
                "| {title} | {connections} | {per_second:.0} | {p50} | {p99} | {cpu} | {each:.0} |"
            );
        }
    }
    let Checked { first, known } = checked;
    let get = doors.get(1).and_then(|table| table.rows.last());
    let share = get.map_or(0.0, |row| known / row.median.cpu_us * 100.0);
    let _ = writeln!(
        text,
        "\nThe check of a token takes {first:.0} µs the first time, when its signature is verified, and {known:.2} µs afterwards: {share:.2} % of the read of a user above."
    );
}

fn footprint(text: &mut String, footprint: &Footprint) {
    let Footprint {
        start_ms: [median, least, most],
        fresh_kib,
        used_kib,
        program,
        stripped,
    } = footprint;
    let _ = writeln!(
        text,
        "\n### Start, memory and size\n\n| | |\n|---|---:|\n| start to the first answer, median (least to most) | {median:.0} ms ({least:.0} to {most:.0}) |"
    );
    for (when, (all, own)) in [
        ("after the first answer", fresh_kib),
        ("after each request above that reads, once", used_kib),
    ] {
        let (all, own) = (mib(*all), mib(*own));
        let _ = writeln!(
            text,
            "| memory {when} (of it not pages of files) | {all:.1} MiB ({own:.1}) |"
        );
    }
    let size = |bytes: u64| format!("{:.1} MiB", bytes as f64 / 1024.0 / 1024.0);
    let _ = writeln!(text, "| the program as built | {} |", size(*program));
    if let Some(bytes) = stripped {
        let _ = writeln!(text, "| the program without symbols | {} |", size(*bytes));
    }
}

fn copies(text: &mut String, copies: &Copies) {
    text.push_str(
        "\n### Companies for tests\n\n| | median | least | most |\n|---|---:|---:|---:|\n",
    );
    for (what, times) in [
        ("a copy of HARBOR", copies.copy),
        ("a reset, after ten new contacts", copies.reset),
    ] {
        let [median, least, most] = times.map(|ms| format!("{ms:.1} ms"));
        let _ = writeln!(text, "| {what} | {median} | {least} | {most} |");
    }
}

fn decisions(text: &mut String, decisions: &Decisions) {
    let Decisions {
        decide,
        compile,
        operations,
    } = decisions;
    text.push_str("\n### Access decisions\n\n| | |\n|---|---:|\n");
    let _ = writeln!(
        text,
        "| one decision, over {operations} operations | {decide:.1} ns |"
    );
    let _ = writeln!(
        text,
        "| compiling what a user with every permission can do | {compile:.0} µs |"
    );
}

/// A line of the table of growth: what it tells, and how.
type Line<'l> = (&'l str, &'l dyn Fn(&Grown) -> String);

fn growth(text: &mut String, grown: &[Grown]) {
    text.push_str("\n### How the cost grows\n\n| users |");
    for one in grown {
        let _ = write!(text, " {} |", one.users);
    }
    let _ = writeln!(text, "\n|---|{}", "---:|".repeat(grown.len()));
    let lines: [Line<'_>; 8] = [
        ("a user by key", &|g| duration(g.get)),
        ("a filtered page of 100, its total known", &|g| {
            duration(g.page)
        }),
        ("the first page of a new query, which counts", &|g| {
            duration(g.first_total)
        }),
        ("the same again", &|g| duration(g.repeated_total)),
        ("a jump into the middle, nothing read before", &|g| {
            duration(g.jump)
        }),
        ("the pages that follow it", &|g| {
            if g.next > 0.0 {
                duration(g.next)
            } else {
                String::new()
            }
        }),
        ("the database", &|g| {
            format!("{:.0} MiB", g.bytes as f64 / 1024.0 / 1024.0)
        }),
        ("filled in", &|g| {
            g.filled_in
                .map_or_else(String::new, |s| format!("{s:.1} s"))
        }),
    ];
    for (name, of) in lines {
        let cells: Vec<String> = grown.iter().map(of).collect();
        let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
    }
}

fn mib(kib: u64) -> f64 {
    kib as f64 / 1024.0
}

fn duration(us: f64) -> String {
    if us < 1000.0 {
        format!("{us:.0} µs")
    } else {
        format!("{:.2} ms", us / 1000.0)
    }
}

/// What the figures depend on.
fn machine(load: &str) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let cpu = read("/proc/cpuinfo");
    let model = cpu
        .lines()
        .find_map(|line| line.strip_prefix("model name"))
        .unwrap_or_default();
    let model = model.trim_start_matches(['\t', ' ', ':']);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let dirty = if said("git", &["status", "--porcelain", "--untracked-files=no"]).is_empty() {
        ""
    } else {
        ", with changes that are not committed"
    };
    format!(
        "- Commit {}{dirty}; {}; Linux {}; {}.\n- {cores} cores ({model}), shared by the server and wrk; load average before the run {load}.\n",
        said("git", &["rev-parse", "--short=12", "HEAD"]),
        said("date", &["-u", "+%Y-%m-%d %H:%M UTC"]),
        said("uname", &["-r"]),
        said("rustc", &["--version"])
    )
}

/// How busy the machine was in the last 1, 5 and 15 minutes.
pub(crate) fn load_average() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let averages: Vec<&str> = text.split(' ').take(3).collect();
    averages.join(" ")
}

/// What a program says; nothing when it is not there.
fn said(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output();
    output
        .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
        .unwrap_or_default()
}
