//! Load by `wrk`: one cell is one server under so many connections for a bounded time.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Outcome;
use crate::exchange::{Request, middle};

/// What a cell measured.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    /// Processor time of the server for each request.
    pub(crate) cpu_us: f64,
    pub(crate) requests: u64,
}

/// Whether `wrk` is there.
pub(crate) fn ready() -> Outcome<()> {
    // It has no quiet way to say hello: asked for its version it prints it and ends with 1.
    match Command::new("wrk").arg("--version").output() {
        Ok(_) => Ok(()),
        Err(e) => Err(format!(
            "wrk cannot be run ({e}); install it: apt-get install wrk"
        )),
    }
}

/// In a body it stands for a word that is new in each request.
pub(crate) const NEW: &str = "@@";

/// Writes a script that sends these requests one after the other, again and again.
pub(crate) fn script(folder: &Path, name: &str, requests: &[Request]) -> Outcome<PathBuf> {
    let mut text = String::from("local asked = {\n");
    for request in requests {
        let _ = write!(
            text,
            "  {{{}, {}, {{",
            quoted(request.method),
            quoted(&request.path)
        );
        for (name, value) in &request.headers {
            let _ = write!(text, "[{}] = {}, ", quoted(name), quoted(value));
        }
        let body = match request.body.as_str() {
            "" => "nil".to_owned(),
            body => quoted(body),
        };
        let _ = writeln!(text, "}}, {body}}},");
    }
    text.push_str(
        r#"}
local ready, at, mark = {}, 0, ""
function init(args)
  mark = args[1]
  for number, a in ipairs(asked) do
    ready[number] = not (a[4] and a[4]:find("@@")) and wrk.format(a[1], a[2], a[3], a[4])
  end
end
function request()
  at = at + 1
  local number = (at - 1) % #asked + 1
  local a = asked[number]
  return ready[number] or wrk.format(a[1], a[2], a[3], (a[4]:gsub("@@", mark .. at)))
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("measured %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
"#,
    );
    let path = folder.join(format!("{name}.lua"));
    fs::write(&path, text).map_err(|e| format!("{} cannot be written: {e}", path.display()))?;
    Ok(path)
}

/// A text as Lua reads it. Values here hold no control characters.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Loads a server; `cpu_us` tells the processor time that it has used so far. New words in bodies
/// begin with the mark.
pub(crate) fn load(
    to: SocketAddr,
    script: &Path,
    mark: &str,
    connections: u32,
    seconds: f64,
    cpu_us: impl Fn() -> Outcome<u64>,
) -> Outcome<Measured> {
    let before = cpu_us()?;
    // It takes whole seconds only; `timeout` interrupts it earlier, and it sums up all the same.
    let mut command = Command::new("timeout");
    command.args([
        "--signal=INT",
        &seconds.to_string(),
        "wrk",
        "-t1",
        "-d60s",
        "--timeout=10s",
    ]);
    command.arg(format!("-c{connections}"));
    command.arg("-s").arg(script).arg(format!("http://{to}/"));
    command.args(["--", mark]);
    let output = command
        .output()
        .map_err(|e| format!("wrk cannot be run: {e}"))?;
    let after = cpu_us()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("measured "));
    let numbers: Vec<u32> = line
        .unwrap_or_default()
        .split(' ')
        .filter_map(|number| number.parse().ok())
        .collect();
    let [requests, duration_us, p50, p99, errors] = numbers[..] else {
        return Err(format!(
            "wrk says: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        ));
    };
    if errors > 0 || requests == 0 {
        return Err(format!(
            "{errors} of {requests} answers were errors; the figures would mean nothing"
        ));
    }
    Ok(Measured {
        per_second: f64::from(requests) / (f64::from(duration_us) / 1e6),
        p50_us: f64::from(p50),
        p99_us: f64::from(p99),
        cpu_us: (after - before) as f64 / f64::from(requests),
        requests: u64::from(requests),
    })
}

/// The median of each figure on its own.
pub(crate) fn median(rounds: &[Measured]) -> Measured {
    let of = |figure: fn(&Measured) -> f64| middle(rounds.iter().map(figure).collect());
    Measured {
        per_second: of(|m| m.per_second),
        p50_us: of(|m| m.p50_us),
        p99_us: of(|m| m.p99_us),
        cpu_us: of(|m| m.cpu_us),
        requests: rounds.iter().map(|m| m.requests).sum(),
    }
}
