//! What a server takes before anybody loads it: time to start, memory, and the size of its program.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::data::Data;
use crate::exchange::{Client, exchange, middle};
use crate::process::Server;
use crate::{Outcome, say, stop, workload};

/// So many starts are timed.
const STARTS: u32 = 9;
/// Memory is looked at so long after the last answer.
const REST: Duration = Duration::from_secs(1);

/// The figures of one run.
pub(crate) struct Footprint {
    /// Milliseconds from the start of the process to its first answer: the median, least and most.
    pub(crate) start_ms: [f64; 3],
    /// Memory in KiB after one answer: all, and without pages of files.
    pub(crate) fresh_kib: (u64, u64),
    /// The same after each request of every sort that reads was answered once.
    pub(crate) used_kib: (u64, u64),
    /// The program in bytes.
    pub(crate) program: u64,
    /// The same without symbols, where `strip` is there.
    pub(crate) stripped: Option<u64>,
}

pub(crate) fn measure(program: &Path, data: &Data, token: &str) -> Outcome<Footprint> {
    say("starts and memory");
    let workloads = workload::reads(data, token);
    let first = &workloads[0].requests[0];
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let began = Instant::now();
        let server = Server::start(&mut data.serve(program, &data.database()))?;
        exchange(server.address, first)?;
        starts.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let server = Server::start(&mut data.serve(program, &data.database()))?;
    exchange(server.address, first)?;
    std::thread::sleep(REST);
    let fresh_kib = server.memory_kib()?;
    let mut client = Client::to(server.address)?;
    for request in workloads.iter().flat_map(|workload| &workload.requests) {
        client.ask(request)?;
    }
    std::thread::sleep(REST);
    starts.sort_by(f64::total_cmp);
    Ok(Footprint {
        start_ms: [
            middle(starts.clone()),
            starts.first().copied().unwrap_or_default(),
            starts.last().copied().unwrap_or_default(),
        ],
        fresh_kib,
        used_kib: server.memory_kib()?,
        program: size(program)?,
        stripped: stripped(program, &data.folder)?,
    })
}

fn size(path: &Path) -> Outcome<u64> {
    let file = std::fs::metadata(path).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(file.len())
}

fn stripped(program: &Path, folder: &Path) -> Outcome<Option<u64>> {
    let copy = folder.join("stripped");
    let done = Command::new("strip")
        .arg("-o")
        .args([&copy, program])
        .status();
    if !done.is_ok_and(|status| status.success()) {
        return Ok(None);
    }
    let size = size(&copy)?;
    std::fs::remove_file(copy).map_err(stop)?;
    Ok(Some(size))
}
