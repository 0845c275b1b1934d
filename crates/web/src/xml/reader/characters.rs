//! What XML allows: characters, names, references.

use super::fault::Fault;

/// Whether XML 1.0 has the character.
pub(crate) fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Where the first character stands that XML does not have, and which it is.
pub(super) fn first_disallowed(text: &str) -> Option<(usize, char)> {
    // Nearly all bytes are neither control characters nor the first of U+FFFE and U+FFFF.
    let suspicious = text
        .bytes()
        .any(|byte| (byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r')) || byte == 0xEF);
    if !suspicious {
        return None;
    }
    text.char_indices().find(|(_, c)| !is_allowed(*c))
}

/// Whether the text is nothing but white space.
pub(super) fn is_blank(text: &str) -> bool {
    text.bytes().all(is_space)
}

/// Whether the byte is XML's white space.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

/// Whether the text is a name, prefix and colon allowed.
pub(crate) fn is_name(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(begins_name) && characters.all(may_be_in_name)
}

fn begins_name(c: char) -> bool {
    matches!(c,
        ':' | '_' | 'A'..='Z' | 'a'..='z'
        | '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
        | '\u{37F}'..='\u{1FFF}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}' | '\u{2C00}'..='\u{2FEF}'
        | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}' | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
}

/// Whether a name may have the character in it, if not at its beginning.
pub(crate) fn may_be_in_name(c: char) -> bool {
    begins_name(c)
        || matches!(c, '-' | '.' | '0'..='9' | '\u{B7}' | '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// The character that a reference stands for; given without `&` and `;`.
pub(super) fn referenced(reference: &str) -> Result<char, Fault> {
    match reference {
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "amp" => return Ok('&'),
        "apos" => return Ok('\''),
        "quot" => return Ok('"'),
        _ => {}
    }
    let number = reference.strip_prefix('#').ok_or(Fault::Reference)?;
    let (digits, radix) = match number.strip_prefix('x') {
        Some(digits) => (digits, 16),
        None => (number, 10),
    };
    // The number's own reader would take a sign.
    if digits.is_empty() || !digits.bytes().all(|byte| char::from(byte).is_digit(radix)) {
        return Err(Fault::Reference);
    }
    let code = u32::from_str_radix(digits, radix).unwrap_or(u32::MAX);
    char::from_u32(code)
        .filter(|c| is_allowed(*c))
        .ok_or(Fault::Character(code))
}

/// The pieces of an attribute's value: text between references, and what those stand for.
///
/// Ends after the first reference that is wrong.
pub(super) fn pieces(value: &str) -> impl Iterator<Item = Result<Piece<'_>, Fault>> {
    let mut rest = value;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let Some(reference) = rest.strip_prefix('&') else {
            let (text, after) = rest.split_at(rest.find('&').unwrap_or(rest.len()));
            rest = after;
            return Some(Ok(Piece::Text(text)));
        };
        // No reference is longer, so that a missing semicolon costs no walk to the end.
        let found = match reference
            .bytes()
            .take(LONGEST_REFERENCE)
            .position(|byte| byte == b';')
        {
            Some(end) => referenced(&reference[..end]).map(|c| (c, &reference[end + 1..])),
            None => Err(Fault::Reference),
        };
        match found {
            Ok((c, after)) => {
                rest = after;
                Some(Ok(Piece::Character(c)))
            }
            Err(fault) => {
                rest = "";
                Some(Err(fault))
            }
        }
    })
}

/// Bytes within which a reference of a value ends.
const LONGEST_REFERENCE: usize = 64;

/// A piece of a value.
pub(super) enum Piece<'v> {
    /// Text that stands for itself.
    Text(&'v str),
    /// What a reference stands for.
    Character(char),
}

impl Piece<'_> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Character(c) => c.len_utf8(),
        }
    }

    pub(super) fn append_to(&self, text: &mut String) {
        match self {
            Self::Text(piece) => text.push_str(piece),
            Self::Character(c) => text.push(*c),
        }
    }
}
