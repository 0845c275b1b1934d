//! Bounds on connections: how many, and how long they may say nothing.

use std::io::{Read as _, Write as _};
use std::thread;
use std::time::{Duration, Instant};

use super::Data;
use super::certificate::Authority;
use crate::process::{Client, connected};

/// Whether an answer comes, or nothing yet.
fn answers(stream: &mut std::net::TcpStream, within: Duration) -> bool {
    stream.set_read_timeout(Some(within)).expect("a socket");
    let mut byte = [0];
    match stream.read(&mut byte) {
        Ok(read) => {
            assert_eq!(read, 1, "it was closed");
            true
        }
        Err(_) => false,
    }
}

#[test]
fn a_connection_too_many_waits_until_another_ends() {
    let data = Data::new();
    let server = data.serve(&["--max-connections", "2"]);
    let request = Client::request("GET", "/nothing", "", None);
    let mut open: Vec<_> = (0..3).map(|_| connected(&server.address)).collect();
    for stream in &mut open {
        stream.write_all(request.as_bytes()).expect("a connection");
    }
    let mut last = open.pop().expect("three");
    for stream in &mut open {
        assert!(answers(stream, Duration::from_secs(60)));
    }
    assert!(!answers(&mut last, Duration::from_millis(300)));
    assert!(server.log().contains("all connections are in use"));
    drop(open.pop());
    assert!(answers(&mut last, Duration::from_secs(60)));
    server.stop();
}

#[test]
fn connections_that_say_nothing_are_closed() {
    let data = Data::new();
    let plain = data.serve(&[]);
    let (cert, key) = (data.file("tls.crt"), data.file("tls.key"));
    Authority::new().issue(1, &["localhost"]).write(&cert, &key);
    let (cert, key) = (cert.display().to_string(), key.display().to_string());
    let other = Data::new();
    let tls = other.serve(&["--tls-cert", &cert, "--tls-key", &key]);
    thread::scope(|scope| {
        for (address, begun, wanted) in [
            (&plain.address, "", 15),
            (&plain.address, "GET /ia/api/v1/x HTTP/1.1\r\nHost: ", 15),
            (&plain.address, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 15),
            (&tls.address, "", 10),
            (&tls.address, "\u{16}\u{3}\u{1}", 10),
        ] {
            scope.spawn(move || {
                let mut stream = connected(address);
                let began = Instant::now();
                stream.write_all(begun.as_bytes()).expect("a connection");
                let mut answer = Vec::new();
                // The end, or that it was torn down.
                let _ = stream.read_to_end(&mut answer);
                let seconds = began.elapsed().as_secs();
                assert!(
                    (wanted - 1..wanted + 10).contains(&seconds),
                    "{seconds} for {begun:?}"
                );
                assert!(!answer.starts_with(b"HTTP"), "{begun:?}");
            });
        }
    });
    plain.stop();
    tls.stop();
}
