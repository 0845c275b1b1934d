//! The figures as text: Markdown that reads well in a terminal too.

use std::fmt::Write as _;
use std::process::Command;

use crate::load::Measured;

/// The page around the last output.
const PAGE: &str = include_str!("../benchmarks.md");

/// One cell.
pub(crate) struct Row {
    pub(crate) workload: &'static str,
    pub(crate) connections: u32,
    pub(crate) server: &'static str,
    pub(crate) median: Measured,
}

/// The document, with the last output in its place.
pub(crate) fn page(text: &str) -> String {
    PAGE.replace("{{output}}\n", text)
}

/// The machine and all tables.
pub(crate) fn text(rows: &[Row], load: &str, users: u32, seconds: f64, rounds: u32) -> String {
    let mut text = machine(load);
    let _ = writeln!(
        text,
        "- {users} users beside the stand-in's own; {seconds} s of load for each cell, medians of {rounds} rounds."
    );
    let mut workloads: Vec<&str> = rows.iter().map(|row| row.workload).collect();
    workloads.dedup();
    for workload in workloads {
        table(&mut text, workload, rows);
    }
    text
}

fn table(text: &mut String, workload: &str, rows: &[Row]) {
    let _ = writeln!(text, "\n### {workload}\n");
    text.push_str("| connections | server | requests/s | of the limit | p50 | p99 | processor time of the server for each request |\n");
    text.push_str("|---:|---|---:|---:|---:|---:|---:|\n");
    for row in rows.iter().filter(|row| row.workload == workload) {
        let found = |server: &str| {
            let same = |other: &&Row| {
                other.workload == workload
                    && other.connections == row.connections
                    && other.server == server
            };
            rows.iter().find(same).map(|row| row.median.per_second)
        };
        let share = match (row.server, found("limit")) {
            ("sidegate", Some(limit)) => format!("**{:.2}**", row.median.per_second / limit),
            _ => String::new(),
        };
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
