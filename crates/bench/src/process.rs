//! The servers under load: started, watched, and ended by their process id.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::Outcome;

/// The kernel counts processor time in hundredths of a second for programs, on every Linux.
const TICK_US: u64 = 10_000;

/// A running server.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    /// Kept open: a program may have more to say after its address.
    _said: Option<BufReader<ChildStdout>>,
}

impl Server {
    /// Starts a program that prints its address, after `http://`, once it serves.
    pub(crate) fn start(command: &mut Command) -> Outcome<Self> {
        let shown = format!("{command:?}");
        // Its log is written, as in production, and thrown away by the system.
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = child
            .spawn()
            .map_err(|e| format!("{shown} cannot be started: {e}"))?;
        let mut said = child.stdout.take().map(BufReader::new);
        let mut address = None;
        while let (None, Some(out)) = (address, &mut said) {
            let mut line = String::new();
            // A program that ends without a word leaves the line empty.
            if out.read_line(&mut line).is_ok_and(|read| read == 0) {
                break;
            }
            address = line.split_once("http://").and_then(|(_, address)| {
                let end = address.find(['/', ' ']).unwrap_or(address.len());
                address[..end].trim().parse().ok()
            });
        }
        match address {
            Some(address) => Ok(Self {
                child,
                address,
                _said: said,
            }),
            None => {
                let _ = child.kill();
                let _ = child.wait();
                Err(format!("{shown} did not serve; run it by hand to see why"))
            }
        }
    }

    /// The memory it holds, in KiB: all, and the part that is not pages of files.
    pub(crate) fn memory_kib(&self) -> Outcome<(u64, u64)> {
        let path = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
        let of = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.split_whitespace().nth(1));
            number
                .and_then(|number| number.parse().ok())
                .unwrap_or_default()
        };
        Ok((of("VmRSS"), of("RssAnon")))
    }

    /// The processor time it has used so far, in microseconds.
    pub(crate) fn cpu_us(&self) -> Outcome<u64> {
        let path = format!("/proc/{}/stat", self.child.id());
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{path}: {e}"))?;
        // The second field is the name in brackets and may hold anything.
        let fields: Vec<&str> = text
            .rsplit(')')
            .next()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        let ticks = |at: usize| {
            fields
                .get(at)
                .and_then(|field| field.parse::<u64>().ok())
                .unwrap_or_default()
        };
        Ok((ticks(11) + ticks(12)) * TICK_US)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
