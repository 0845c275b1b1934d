//! One HTTP exchange at a time, for the token and for comparing answers.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use crate::Outcome;

/// A request without its host.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// Sends a request on a connection of its own and gives the body of a 200.
pub(crate) fn exchange(to: SocketAddr, request: &Request) -> Outcome<Vec<u8>> {
    let Request {
        method,
        path,
        headers,
        body,
    } = request;
    let mut text = format!(
        "{method} {path} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    let _ = write!(text, "\r\n{body}");
    let told = |e: std::io::Error| format!("{method} {path}: {e}");
    let mut stream = TcpStream::connect(to).map_err(told)?;
    stream.write_all(text.as_bytes()).map_err(told)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(told)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) =
        answer.split_at(end.ok_or_else(|| format!("{method} {path}: no answer"))? + 4);
    if !head.starts_with(b"HTTP/1.1 200 ") {
        return Err(format!(
            "{method} {path}: {}{}",
            String::from_utf8_lossy(head),
            String::from_utf8_lossy(body)
        ));
    }
    Ok(body.to_vec())
}
