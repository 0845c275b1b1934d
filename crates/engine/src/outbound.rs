//! The one way by which Sidegate sends something to an HTTP server of others.
//!
//! Over HTTPS only, to addresses of the public network only. A name is looked up once, every address
//! that it has is looked at, and the connection goes to one of these. Redirects are not followed, no
//! proxy is asked, and nothing of an answer but its status is read.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};
use ureq::{Agent, Error};

/// A receiver that takes longer, from the look-up of its name to its status, is away.
const LONGEST: Duration = Duration::from_secs(20);
/// The most bytes of an answer's head.
const MOST_HEAD: usize = 16 * 1024;

/// How far Sidegate goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// To the public network, over HTTPS.
    #[default]
    Public,
    /// Also to this machine, there over HTTP as well; for the stand-in.
    ThisMachineToo,
}

/// The client.
pub(crate) struct Outbound {
    agent: Agent,
    reach: Reach,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outbound({:?})", self.reach)
    }
}

/// What is sent.
pub(crate) struct Posting<'p> {
    pub(crate) url: &'p str,
    /// User and password that the receiver asks for.
    pub(crate) account: Option<(&'p str, &'p str)>,
    pub(crate) media_type: &'p str,
    pub(crate) body: &'p [u8],
}

/// Why it did not get there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Undelivered {
    /// For the log.
    pub(crate) reason: String,
    /// Whether another try is of no use.
    pub(crate) for_good: bool,
}

/// An address or a URL that Sidegate does not go to.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Barred(String);

impl Outbound {
    pub(crate) fn new(reach: Reach) -> Self {
        Self::trusting(reach, RootCerts::WebPki)
    }

    fn trusting(reach: Reach, roots: RootCerts) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_global(Some(LONGEST))
            .max_response_header_size(MOST_HEAD)
            .max_idle_connections(0)
            .user_agent(concat!("sidegate/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .build();
        let resolver = Checked {
            reach,
            names: DefaultResolver::default(),
        };
        Self {
            agent: Agent::with_parts(config, DefaultConnector::default(), resolver),
            reach,
        }
    }

    /// Posts it, and says with which status it was taken.
    pub(crate) fn post(&self, posting: &Posting<'_>) -> Result<u16, Undelivered> {
        barred(posting.url, self.reach).map_err(|reason| Undelivered {
            reason,
            for_good: true,
        })?;
        let mut request = self
            .agent
            .post(posting.url)
            .content_type(posting.media_type);
        if let Some((user, password)) = posting.account {
            let account = STANDARD.encode(format!("{user}:{password}"));
            request = request.header("authorization", format!("Basic {account}"));
        }
        let answer = request
            .send(posting.body)
            .map_err(|error| undelivered(&error))?;
        let status = answer.status().as_u16();
        if answer.status().is_success() {
            return Ok(status);
        }
        let reason = match status {
            300..=399 => format!("the receiver answered {status}; redirects are not followed"),
            _ => format!("the receiver answered {status}"),
        };
        Err(Undelivered {
            reason,
            for_good: false,
        })
    }
}

fn undelivered(error: &Error) -> Undelivered {
    let for_good = matches!(error, Error::Other(inner) if inner.is::<Barred>());
    let reason = match error {
        Error::Other(inner) => inner.to_string(),
        other => other.to_string(),
    };
    Undelivered { reason, for_good }
}

/// What keeps Sidegate from posting to a URL, as far as its text tells.
///
/// # Errors
/// The reason.
pub fn barred(url: &str, reach: Reach) -> Result<(), String> {
    let uri: Uri = url.parse().map_err(|_| "it is no URL".to_owned())?;
    let authority = uri.authority().ok_or("it names no host")?;
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if reach == Reach::ThisMachineToo => {}
        _ => return Err("it has to begin with https://".to_owned()),
    }
    if authority.host().is_empty() {
        return Err("it names no host".to_owned());
    }
    if authority.as_str().contains('@') {
        return Err("it has a user in it; give user and password apart".to_owned());
    }
    if url.contains('#') {
        return Err("it has a part behind #, which is never sent".to_owned());
    }
    Ok(())
}

/// Looks names up, and lets only those addresses pass that may be connected to.
#[derive(Debug)]
struct Checked {
    reach: Reach,
    names: DefaultResolver,
}

impl Resolver for Checked {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let found = self.names.resolve(uri, config, timeout)?;
        let plain = uri.scheme_str() != Some("https");
        for address in found.iter().map(std::net::SocketAddr::ip) {
            if !may_reach(address, self.reach, plain) {
                let host = uri.host().unwrap_or_default();
                let reason = format!("{host} is at {address}, where answers are not sent to");
                return Err(Error::Other(Box::new(Barred(reason))));
            }
        }
        Ok(found)
    }
}

/// Whether an address may be connected to; `plain` without TLS.
fn may_reach(address: IpAddr, reach: Reach, plain: bool) -> bool {
    let here = reach == Reach::ThisMachineToo && address.is_loopback();
    here || (!plain && is_public(address))
}

/// Whether an address belongs to anybody's server on the public network.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// By the registry of special addresses (RFC 6890 and what came after).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b) {
        // This network, private, loopback, multicast, reserved and broadcast.
        (0 | 10 | 127, _) | (224.., _) => true,
        // Shared by customers of a provider, link-local, private, and for measurements.
        (100, 64..=127) | (169, 254) | (172, 16..=31) | (192, 168) | (198, 18 | 19) => true,
        // Protocol assignments, documentation, and the relays of 6to4.
        (192, 0) => c == 0 || c == 2,
        (192, 88) => c == 99,
        (198, 51) => c == 100,
        (203, 0) => c == 113,
        _ => false,
    };
    !special
}

/// Global unicast alone, without what carries another address inside: mapped, translated, 6to4 and
/// Teredo ones would lead around the rules for IPv4.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let special = match first {
        0x2001 => second < 0x0200 || second == 0x0db8,
        0x2002 => true,
        0x3fff => second < 0x1000,
        _ => false,
    };
    first & 0xe000 == 0x2000 && !special
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread::JoinHandle;

    use super::*;

    /// A server for one request: what it got, to whom it answers so.
    fn receiver(answer: &'static str) -> (u16, JoinHandle<(String, Vec<u8>)>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let got = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") {
                reader.read_line(&mut head).expect("a line");
            }
            let lower = head.to_lowercase();
            let length = lower
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().expect("a length"));
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a body");
            stream.write_all(answer.as_bytes()).expect("an answer");
            (lower, body)
        });
        (port, got)
    }

    fn post(reach: Reach, url: &str) -> Result<u16, Undelivered> {
        Outbound::new(reach).post(&Posting {
            url,
            account: Some(("ann", "pa:ss")),
            media_type: "text/xml",
            body: b"<response/>",
        })
    }

    #[test]
    fn what_is_posted_arrives_with_its_account() {
        let (port, got) = receiver("HTTP/1.1 204 No Content\r\n\r\n");
        let url = format!("http://localhost:{port}/answers?of=1");
        assert_eq!(post(Reach::ThisMachineToo, &url), Ok(204));
        let (head, body) = got.join().expect("a request");
        assert!(
            head.starts_with("post /answers?of=1 http/1.1\r\n"),
            "{head}"
        );
        assert!(head.contains("\r\ncontent-type: text/xml\r\n"), "{head}");
        // ann:pa:ss
        assert!(
            head.contains("\r\nauthorization: basic yw5uonbhonnz\r\n"),
            "{head}"
        );
        assert_eq!(body, b"<response/>");
    }

    #[test]
    fn a_redirect_is_not_followed() {
        let (elsewhere, _) = receiver("HTTP/1.1 200 OK\r\n\r\n");
        let answer: &'static str = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:{elsewhere}/\r\nContent-Length: 0\r\n\r\n"
        )
        .leak();
        let (port, got) = receiver(answer);
        let told = post(Reach::ThisMachineToo, &format!("http://127.0.0.1:{port}/"));
        let told = told.expect_err("not delivered");
        assert!(told.reason.contains("307") && !told.for_good, "{told:?}");
        got.join().expect("a request");
    }

    #[test]
    fn a_server_of_production_goes_nowhere_near_itself() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        listener.set_nonblocking(true).expect("a listener");
        for url in [
            format!("http://127.0.0.1:{port}/"),
            format!("https://127.0.0.1:{port}/"),
            format!("https://localhost:{port}/"),
            format!("https://[::1]:{port}/"),
            format!("https://[::ffff:127.0.0.1]:{port}/"),
            "https://10.1.2.3/".to_owned(),
            "https://169.254.169.254/latest/".to_owned(),
            // Another way to write the same address, which resolvers take.
            "https://2130706433/".to_owned(),
            "http://example.org/".to_owned(),
            "ftp://example.org/".to_owned(),
            "https://ann:pa@example.org/".to_owned(),
            "/answers".to_owned(),
        ] {
            let told = post(Reach::Public, &url).expect_err("not delivered");
            assert!(told.for_good, "{url}: {told:?}");
            assert!(!told.reason.contains("pa:ss"), "{told:?}");
        }
        assert!(listener.accept().is_err(), "nobody connected");
        // The stand-in reaches this machine, and no other private one.
        let told = post(Reach::ThisMachineToo, "https://192.168.0.1/").expect_err("barred");
        assert!(told.for_good, "{told:?}");
        let told = post(Reach::ThisMachineToo, "http://198.51.100.1/").expect_err("barred");
        assert!(told.for_good, "{told:?}");
    }

    #[test]
    fn a_receiver_that_is_away_is_tried_again() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        drop(listener);
        let told = post(Reach::ThisMachineToo, &format!("http://127.0.0.1:{port}/"));
        assert!(!told.expect_err("nobody there").for_good);
        // Nobody vouches for this server's certificate: there is none.
        let (port, _) = receiver("HTTP/1.1 200 OK\r\n\r\n");
        let told = post(Reach::ThisMachineToo, &format!("https://127.0.0.1:{port}/"));
        assert!(!told.expect_err("no TLS").for_good);
    }

    #[test]
    fn special_addresses_are_not_public() {
        let public = [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.17.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "2a00::1",
        ];
        let special = [
            "0.0.0.0",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:8.8.8.8",
            "::ffff:127.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for text in public {
            assert!(is_public(text.parse().expect("an address")), "{text}");
        }
        for text in special {
            assert!(!is_public(text.parse().expect("an address")), "{text}");
        }
    }
}
