//! What comes before every path: whose request it is, and by which name it was asked for.
//!
//! Headers that tell of another client are believed only from proxies that the settings name.
//! Nothing here or behind it puts the name of a request into an answer; links are made from `public_url`.

mod names;
mod networks;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::HeaderMap;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use sidegate_engine::Engine;
use sidegate_model::problem;

pub use names::{Name, Names};
pub use networks::{Network, Networks};

use crate::rest::Began;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_PROTO: &str = "x-forwarded-proto";
/// Proxies in a row that are looked through; nobody has more.
const MOST_HOPS: usize = 32;

/// What stands before the doors.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    /// Whose word on clients is taken.
    pub proxies: Networks,
    /// The names that requests may ask for.
    pub names: Names,
    /// Names that answers may send a client back to, beside those.
    pub aliases: Names,
    /// Whether the server itself speaks TLS.
    pub speaks_tls: bool,
}

/// Scheme and name by which a request asked for this server, where that name is one of its own.
#[derive(Clone, Debug)]
pub(crate) struct Origin(pub(crate) String);

/// Whether a request came over TLS, to us or to the proxy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Secure(pub(crate) bool);

/// These doors, behind a gate.
pub fn behind(gate: Gate, engine: Engine, doors: Router) -> Router {
    doors.layer(from_fn_with_state(Arc::new((gate, engine)), pass))
}

async fn pass(
    State(gate): State<Arc<(Gate, Engine)>>,
    mut request: Request,
    next: Next,
) -> Response {
    let (gate, engine) = &*gate;
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let mut is_secure = gate.speaks_tls;
    if let Some(ConnectInfo(peer)) = peer {
        let (client, secure) = seen(gate, *peer, request.headers());
        is_secure = secure;
        request.extensions_mut().insert(ConnectInfo(client));
        request.extensions_mut().insert(Secure(secure));
    }
    let own =
        names::asked(&request).filter(|host| gate.names.lists(host) || gate.aliases.lists(host));
    if let Some(host) = own {
        let scheme = if is_secure { "https" } else { "http" };
        let origin = Origin(format!("{scheme}://{host}"));
        request.extensions_mut().insert(origin);
    }
    if !gate.names.take(&request) {
        let refused = Err(problem::NAME_UNKNOWN.problem().into());
        return Began::with(engine, &request)
            .answered(refused)
            .into_response();
    }
    next.run(request).await
}

/// The client behind a peer, and whether it spoke TLS. The port is that of the peer or, where a proxy
/// told the address, 0.
fn seen(gate: &Gate, peer: SocketAddr, headers: &HeaderMap) -> (SocketAddr, bool) {
    let address = peer.ip().to_canonical();
    let direct = SocketAddr::new(address, peer.port());
    if !gate.proxies.have(address) {
        return (direct, gate.speaks_tls);
    }
    let client = match client(&gate.proxies, address, headers) {
        same if same == address => direct,
        other => SocketAddr::new(other, 0),
    };
    // The last word is that of the proxy that is nearest.
    let said = headers.get_all(FORWARDED_PROTO).iter().next_back();
    let secure = match said.and_then(|value| value.to_str().ok()) {
        Some(list) => {
            let last = list.rsplit(',').next().unwrap_or_default();
            last.trim().eq_ignore_ascii_case("https")
        }
        None => gate.speaks_tls,
    };
    (client, secure)
}

/// From the right, the first address that is no trusted proxy. What stands left of it was written by
/// somebody whom nobody vouches for. An entry that is no address ends the search at the proxy that
/// passed it on.
fn client(proxies: &Networks, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let mut found = peer;
    let lists = headers.get_all(FORWARDED_FOR).iter().rev();
    let entries = lists.flat_map(|list| list.to_str().unwrap_or("unreadable").rsplit(','));
    for entry in entries.take(MOST_HOPS) {
        let Some(address) = address(entry.trim()) else {
            break;
        };
        found = address;
        if !proxies.have(found) {
            break;
        }
    }
    found
}

/// An address, perhaps with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let parsed = match text.parse::<SocketAddr>() {
        Ok(with_port) => Some(with_port.ip()),
        Err(_) => bare.unwrap_or(text).parse().ok(),
    };
    parsed.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    /// The client and whether it spoke TLS, as seen behind the proxies 10.0.0.0/8 and 2001:db8::1.
    fn seen_from(peer: &str, headers: &[(&'static str, &'static str)]) -> String {
        let gate = Gate {
            proxies: "10.0.0.0/8, 2001:db8::1".parse().expect("networks"),
            ..Gate::default()
        };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        let (client, secure) = seen(&gate, peer.parse().expect("an address"), &map);
        format!("{client} {}", if secure { "https" } else { "http" })
    }

    #[test]
    fn only_trusted_peers_are_believed_and_only_to_the_first_stranger() {
        const FOR: &str = FORWARDED_FOR;
        for (peer, headers, wanted) in [
            ("10.0.0.1:5", &[][..], "10.0.0.1:5 http"),
            ("10.0.0.1:5", &[(FOR, "192.0.2.7")], "192.0.2.7:0 http"),
            // What a client wrote itself stands further left.
            (
                "10.0.0.1:5",
                &[(FOR, "198.51.100.1, 192.0.2.7")],
                "192.0.2.7:0 http",
            ),
            (
                "10.0.0.1:5",
                &[(FOR, "198.51.100.1"), (FOR, "192.0.2.7,10.2.3.4")],
                "192.0.2.7:0 http",
            ),
            (
                "10.0.0.1:5",
                &[(FOR, "10.9.9.9, 10.2.3.4")],
                "10.9.9.9:0 http",
            ),
            (
                "10.0.0.1:5",
                &[(FOR, "192.0.2.7, nonsense")],
                "10.0.0.1:5 http",
            ),
            (
                "10.0.0.1:5",
                &[(FOR, "192.0.2.7, unknown, 10.2.3.4")],
                "10.2.3.4:0 http",
            ),
            ("10.0.0.1:5", &[(FOR, "192.0.2.7:99")], "192.0.2.7:0 http"),
            (
                "[2001:db8::1]:5",
                &[(FOR, "[2001:db8::9]:99")],
                "[2001:db8::9]:0 http",
            ),
            // An IPv4 peer of a socket for both.
            (
                "[::ffff:10.0.0.1]:5",
                &[(FOR, "::ffff:192.0.2.7")],
                "192.0.2.7:0 http",
            ),
            (
                "192.0.2.1:5",
                &[(FOR, "192.0.2.7"), (FORWARDED_PROTO, "https")],
                "192.0.2.1:5 http",
            ),
            (
                "10.0.0.1:5",
                &[(FOR, "192.0.2.7"), (FORWARDED_PROTO, "http, https")],
                "192.0.2.7:0 https",
            ),
            // Another header for the same, which a proxy passes on as the client sent it.
            (
                "10.0.0.1:5",
                &[(FOR, "192.0.2.7"), ("forwarded", "for=198.51.100.1")],
                "192.0.2.7:0 http",
            ),
        ] {
            assert_eq!(seen_from(peer, headers), wanted, "{peer} {headers:?}");
        }
    }
}
