//! Who a request comes from, when proxies stand between.

use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::json;
use sidegate_store::Connection;
use sidegate_store::backend::Access;

use super::Data;
use crate::process::{Client, Server};
use crate::support::rows;

/// A connection from another address of this machine.
fn connected_from(address: &str, server: &Server) -> Client {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let stream = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        let from = SocketAddr::new(address.parse().expect("an address"), 0);
        socket.bind(from).expect("an address of this machine");
        let to: SocketAddr = server.address.parse().expect("an address");
        socket.connect(to).await.expect("it listens")
    });
    let stream: TcpStream = stream.into_std().expect("a socket");
    stream.set_nonblocking(false).expect("a socket");
    let limit = Some(Duration::from_secs(60));
    stream.set_read_timeout(limit).expect("a socket");
    Client::on(stream)
}

#[test]
fn forwarding_headers_count_from_trusted_peers_only() {
    let data = Data::new();
    let server = data.serve(&["--log-json", "--trusted-proxies", "127.0.0.2,10.0.0.0/8"]);
    let token = server.client().token(data.folder(), "ws_sync@HARBOR");
    let mut wanted = Vec::new();
    for (n, (peer, headers, address, scheme)) in [
        (
            "127.0.0.2",
            "X-Forwarded-For: 192.0.2.7\r\n",
            "192.0.2.7",
            "http",
        ),
        (
            "127.0.0.2",
            "X-Forwarded-For: 203.0.113.66, 192.0.2.8, 10.1.2.3\r\nX-Forwarded-Proto: https\r\n",
            "192.0.2.8",
            "https",
        ),
        (
            "127.0.0.2",
            "X-Forwarded-For: [2001:db8::7]:99\r\n",
            "2001:db8::7",
            "http",
        ),
        ("127.0.0.2", "", "127.0.0.2", "http"),
        // A client that adds what only a proxy may say, and one that wears another header.
        (
            "127.0.0.1",
            "X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\n",
            "127.0.0.1",
            "http",
        ),
        (
            "127.0.0.3",
            "Forwarded: for=192.0.2.9;proto=https\r\nX-Real-IP: 192.0.2.9\r\n",
            "127.0.0.3",
            "http",
        ),
        (
            "127.0.0.2",
            "Forwarded: for=203.0.113.66\r\nX-Forwarded-For: 192.0.2.10\r\n",
            "192.0.2.10",
            "http",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let mut client = connected_from(peer, &server);
        let body = json!({"id": format!("from-{n}"), "printAs": "From"});
        let path = "/objects/company-config/contact";
        let request = Client::request("POST", path, &token, Some(&body));
        let request = request.replacen("\r\n", &format!("\r\n{headers}"), 1);
        client.write(request.as_bytes()).expect("a connection");
        let (status, answer) = client.answer().expect("an answer");
        assert_eq!(status, 201, "{answer}");
        wanted.push((address, scheme));
    }
    let log = server.stop();
    let mut connection = Connection::open(&data.location, Access::Read).expect("the database");
    let found = rows(
        &mut connection,
        1,
        "select \"address\" from \"audit_entry\" where \"object\" = 'company-config/contact' and \"event\" = 'create' \
         and \"company\" = (select \"key\" from \"company\" where \"id\" = 'HARBOR') order by \"key\" desc limit 7",
    );
    let found: Vec<&str> = found.iter().rev().map(|row| row[0].as_str()).collect();
    let addresses: Vec<&str> = wanted.iter().map(|(address, _)| *address).collect();
    assert_eq!(found, addresses);
    let path = "\"path\":\"/ia/api/v1/objects/company-config/contact\"";
    let logged: Vec<&str> = log.lines().filter(|line| line.contains(path)).collect();
    assert_eq!(logged.len(), wanted.len(), "{log}");
    for (line, (address, scheme)) in logged.iter().zip(&wanted) {
        assert!(
            line.contains(&format!("\"address\":\"{address}\"")),
            "{line}"
        );
        assert!(line.contains(&format!("\"scheme\":\"{scheme}\"")), "{line}");
    }
    assert!(!log.contains("192.0.2.9"), "{log}");
}

#[test]
fn any_address_can_be_listened_on_behind_a_proxy() {
    let data = Data::new();
    let server = data.serve(&["--listen", "0.0.0.0:0", "--trusted-proxies", "192.0.2.1"]);
    assert!(server.greeting.contains("http://0.0.0.0:"));
    server.client().token(data.folder(), "ws_sync@HARBOR");
    server.stop();
}
