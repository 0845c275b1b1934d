//! The names that a server may be asked for by.
//!
//! Another name leads here by a mistake or by a trick with names, as when a page of another site has its
//! name point to a machine that only her visitor reaches.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use axum::extract::Request;
use axum::http::header::HOST;
use axum::http::uri::Authority;

/// A name of a machine, in small letters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

/// Names that are allowed besides this machine's own and addresses; where there are none, all are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(Vec<Name>);

impl Name {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name that an `http://` or `https://` address asks.
    ///
    /// # Errors
    /// What the address has to look like.
    pub fn of_url(url: &str) -> Result<Self, String> {
        let rest = ["https://", "http://"]
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme))
            .and_then(|rest| rest.split('/').next());
        rest.map(bare)
            .and_then(|name| name.parse().ok())
            .ok_or_else(|| {
                format!("{url:?} must be an address such as https://sidegate.example.org")
            })
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let inner = name.trim_start_matches('[').trim_end_matches(']');
        let whole = !name.is_empty()
            && name.len() <= 253
            && name.split('.').all(|part| !part.is_empty())
            && name.chars().all(plain);
        if whole || inner.parse::<IpAddr>().is_ok() {
            return Ok(Self(name));
        }
        Err(format!(
            "{text:?} is no name such as sidegate.example.org; it stands without https:// and port"
        ))
    }
}

impl Names {
    /// Whether every name that a request asks for is allowed. One that asks for none passes: it is no
    /// browser.
    pub(super) fn take(&self, request: &Request) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let in_path = request.uri().authority().map(Authority::as_str);
        let in_head = request.headers().get_all(HOST).iter();
        let in_head = in_head.map(|value| value.to_str().unwrap_or("unreadable"));
        in_path
            .into_iter()
            .chain(in_head)
            .all(|host| self.has(host))
    }

    /// Whether a host is in the list, with whatever port.
    pub(super) fn lists(&self, host: &str) -> bool {
        let name = bare(host);
        let name = name.strip_suffix('.').unwrap_or(name);
        self.0
            .iter()
            .any(|known| known.0.eq_ignore_ascii_case(name))
    }

    /// Addresses pass, because a trick needs a name, and so does this machine's own name.
    fn has(&self, host: &str) -> bool {
        let name = bare(host);
        let inner = name.trim_start_matches('[').trim_end_matches(']');
        if inner.parse::<IpAddr>().is_ok() || host.parse::<SocketAddr>().is_ok() {
            return true;
        }
        let name = name.strip_suffix('.').unwrap_or(name);
        name.eq_ignore_ascii_case("localhost") || self.lists(name)
    }
}

impl FromIterator<Name> for Names {
    fn from_iter<I: IntoIterator<Item = Name>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

/// The host that a request asks for, with its port, if it asks for exactly one.
pub(super) fn asked(request: &Request) -> Option<String> {
    let in_path = request.uri().authority().map(Authority::as_str);
    let mut in_head = request.headers().get_all(HOST).iter();
    let in_head = match (in_head.next(), in_head.next()) {
        (Some(host), None) => host.to_str().ok(),
        _ => None,
    };
    in_path.or(in_head).map(str::to_owned)
}

/// A host without its port.
fn bare(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn a_list_takes_its_names_this_machines_and_addresses() {
        let names: Names = ["Gate.example.org", "api.example.com."]
            .iter()
            .map(|name| name.parse().expect("a name"))
            .collect();
        for (host, wanted) in [
            ("gate.example.org", true),
            ("GATE.example.org:8443", true),
            ("api.example.com.", true),
            ("localhost:8080", true),
            ("192.0.2.7:8080", true),
            ("[2001:db8::1]:8080", true),
            ("[::1]", true),
            ("evil.example", false),
            ("gate.example.org.evil.example", false),
            ("gate.example.org@evil.example", false),
            ("", false),
        ] {
            let request = Request::builder().header(HOST, host).body(Body::empty());
            let request = request.expect("a request");
            assert_eq!(names.take(&request), wanted, "{host}");
            assert!(Names::default().take(&request));
        }
        let both = Request::builder()
            .uri("https://gate.example.org/")
            .header(HOST, "evil.example")
            .body(Body::empty())
            .expect("a request");
        assert!(!names.take(&both));
    }

    #[test]
    fn names_are_told_from_what_is_none() {
        for url in ["https://Gate.example.org/x", "http://gate.example.org:80"] {
            assert_eq!(
                Name::of_url(url).expect("a name").as_str(),
                "gate.example.org"
            );
        }
        for text in [
            "https://a.example",
            "a.example:80",
            "a b",
            "",
            "a..b",
            "ä.example",
        ] {
            text.parse::<Name>().expect_err(text);
        }
        for url in ["gate.example.org", "ftp://gate.example.org", "https://"] {
            Name::of_url(url).expect_err(url);
        }
    }
}
