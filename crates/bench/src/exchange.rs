//! One HTTP exchange at a time, for the token, for comparing answers, and for the time of one.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use crate::Outcome;

/// A request without its host.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// One connection that stays open.
pub(crate) struct Client {
    to: SocketAddr,
    stream: BufReader<TcpStream>,
}

impl Client {
    pub(crate) fn to(to: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(to).map_err(|e| format!("{to}: {e}"))?;
        stream.set_nodelay(true).map_err(|e| format!("{to}: {e}"))?;
        Ok(Self {
            to,
            stream: BufReader::new(stream),
        })
    }

    /// Sends a request and gives the body of a 200 or 201.
    pub(crate) fn ask(&mut self, request: &Request) -> Outcome<Vec<u8>> {
        let (head, answer) = self.answer(request)?;
        if !head.starts_with("HTTP/1.1 200 ") && !head.starts_with("HTTP/1.1 201 ") {
            let answer = String::from_utf8_lossy(&answer);
            return Err(format!("{} {}: {head}{answer}", request.method, request.path));
        }
        Ok(answer)
    }

    /// Sends a request and gives head and body of whatever comes.
    fn answer(&mut self, request: &Request) -> Outcome<(String, Vec<u8>)> {
        let Request {
            method,
            path,
            headers,
            body,
        } = request;
        let told = |e: std::io::Error| format!("{method} {path}: {e}");
        let mut text = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncontent-length: {}\r\n",
            self.to,
            body.len()
        );
        for (name, value) in headers {
            let _ = write!(text, "{name}: {value}\r\n");
        }
        let _ = write!(text, "\r\n{body}");
        self.stream
            .get_mut()
            .write_all(text.as_bytes())
            .map_err(told)?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head).map_err(told)? == 0 {
                return Err(format!("{method} {path}: no answer"));
            }
        }
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let length = name.eq_ignore_ascii_case("content-length");
            length.then(|| value.trim().parse::<usize>().ok())?
        });
        let length = length.ok_or_else(|| format!("{method} {path}: no length in {head}"))?;
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).map_err(told)?;
        Ok((head, answer))
    }

    /// Sends a request and gives how long its answer took, in microseconds.
    pub(crate) fn time(&mut self, request: &Request) -> Outcome<f64> {
        self.timed(request).map(|(_, time)| time)
    }

    /// The same with the answer.
    pub(crate) fn timed(&mut self, request: &Request) -> Outcome<(Vec<u8>, f64)> {
        let began = Instant::now();
        let answer = self.ask(request)?;
        Ok((answer, began.elapsed().as_secs_f64() * 1e6))
    }
}

/// Sends a request on a connection of its own and gives the body of a 200 or 201.
pub(crate) fn exchange(to: SocketAddr, request: &Request) -> Outcome<Vec<u8>> {
    Client::to(to)?.ask(request)
}

/// Sends a request on a connection of its own and gives the cookie that its answer sets.
pub(crate) fn cookie(to: SocketAddr, request: &Request) -> Outcome<String> {
    let (head, _) = Client::to(to)?.answer(request)?;
    let line = head.lines().find_map(|line| line.strip_prefix("set-cookie: "));
    let cookie = line.and_then(|line| line.split(';').next());
    cookie
        .map(str::to_owned)
        .ok_or_else(|| format!("{} {}: no cookie in {head}", request.method, request.path))
}

/// The middle one of some figures.
pub(crate) fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
