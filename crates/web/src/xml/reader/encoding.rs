//! UTF-8, and nothing that says otherwise.

use super::fault::Fault;

/// What some editors put before UTF-8.
pub(super) const BOM: &[u8] = b"\xEF\xBB\xBF";

/// Whether the header and the first bytes allow UTF-8.
pub(super) fn check(body: &[u8], charset: Option<&str>) -> Result<(), Fault> {
    if let Some(name) = charset.filter(|name| !is_utf8(name)) {
        return Err(Fault::Charset(shown(name)));
    }
    match body {
        [0xFE, 0xFF, ..] | [0xFF, 0xFE, ..] | [0, b'<', ..] | [b'<', 0, ..] | [0, 0, ..] => {
            Err(Fault::Utf16)
        }
        _ => Ok(()),
    }
}

/// Whether the name is one of UTF-8's.
pub(super) fn is_utf8(name: &str) -> bool {
    let name = name.trim().trim_matches('"');
    name.eq_ignore_ascii_case("utf-8") || name.eq_ignore_ascii_case("utf8")
}

/// A name as far as it may stand in a message.
pub(super) fn shown(name: &str) -> String {
    const LONGEST: usize = 40;
    let mut shown: String = name
        .chars()
        .filter(|c| !c.is_control())
        .take(LONGEST)
        .collect();
    if name.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}
