//! Who is signed in to the console, and the cookies that say so.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use sidegate_engine::By;
use sidegate_engine::sign_in::ConsoleGuest;

/// The name of the cookie over TLS, which only this host and only TLS can set; and without TLS.
const SECURE: &str = "__Host-sidegate";
const PLAIN: &str = "sidegate";

/// Somebody who is signed in.
#[derive(Clone)]
pub(super) struct Guest {
    pub(super) seen: ConsoleGuest,
    /// The session's cookie, for what the engine asks it for.
    pub(super) cookie: String,
}

impl std::fmt::Debug for Guest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Guest")
    }
}

impl Guest {
    pub(super) fn by(&self) -> By {
        self.seen.by.clone()
    }
}

/// The value of a cookie of ours.
pub(super) fn cookie(headers: &HeaderMap, what: &str, is_secure: bool) -> Option<String> {
    let name = name(what, is_secure);
    let lines = headers.get_all(COOKIE).iter();
    let pieces = lines.filter_map(|line| line.to_str().ok());
    pieces
        .flat_map(|line| line.split(';'))
        .filter_map(|piece| piece.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, value)| value.to_owned())
}

/// A cookie that scripts cannot read and other sites cannot send along; `seconds` of life, or until the
/// browser ends.
pub(super) fn set(what: &str, value: &str, seconds: Option<i64>, is_secure: bool) -> String {
    let name = name(what, is_secure);
    let secure = if is_secure { "; Secure" } else { "" };
    let age = seconds.map_or_else(String::new, |seconds| format!("; Max-Age={seconds}"));
    format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}")
}

fn name(what: &str, is_secure: bool) -> String {
    let stem = if is_secure { SECURE } else { PLAIN };
    format!("{stem}-{what}")
}
