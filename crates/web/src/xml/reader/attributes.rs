//! The attributes of a start tag, one after the other.

use super::characters::is_space;
use super::fault::Fault;

/// A walk over what follows the name of a start tag; it ends at `/` or `>`, or with the text.
#[derive(Clone)]
pub(super) struct Attributes<'b> {
    text: &'b str,
    /// How far the walk has come.
    pub(super) at: usize,
}

/// An attribute as it was sent.
pub(super) struct Attribute<'b> {
    /// Where its name begins in the text.
    pub(super) at: usize,
    pub(super) name: &'b str,
    /// Where its value begins in the text, behind the quote.
    pub(super) value_at: usize,
    /// What stands between the quotes, references and all.
    pub(super) value: &'b str,
}

impl<'b> Attributes<'b> {
    pub(super) fn new(text: &'b str) -> Self {
        Self { text, at: 0 }
    }

    fn skip_spaces(&mut self) {
        let spaces = self.text.as_bytes()[self.at..]
            .iter()
            .take_while(|byte| is_space(**byte));
        self.at += spaces.count();
    }

    /// Takes bytes up to the first that ends them, which has to be there.
    fn take_until(&mut self, ends: impl Fn(u8) -> bool) -> Option<&'b str> {
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(ends)?;
        self.at += length;
        Some(&rest[..length])
    }

    fn take(&mut self, expected: impl Fn(u8) -> bool) -> Option<u8> {
        let byte = *self.text.as_bytes().get(self.at)?;
        expected(byte).then(|| {
            self.at += 1;
            byte
        })
    }

    fn attribute(&mut self) -> Option<Attribute<'b>> {
        let at = self.at;
        let name = self.take_until(|byte| {
            is_space(byte) || matches!(byte, b'=' | b'<' | b'>' | b'"' | b'\'')
        })?;
        self.skip_spaces();
        self.take(|byte| byte == b'=')?;
        self.skip_spaces();
        let quote = self.take(|byte| matches!(byte, b'"' | b'\''))?;
        let value_at = self.at;
        let value = self.take_until(|byte| byte == quote || byte == b'<')?;
        self.take(|byte| byte == quote)?;
        Some(Attribute {
            at,
            name,
            value_at,
            value,
        })
    }
}

impl<'b> Iterator for Attributes<'b> {
    type Item = Result<Attribute<'b>, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let before = self.at;
        self.skip_spaces();
        if matches!(self.text.as_bytes().get(self.at), None | Some(b'/' | b'>')) {
            return None;
        }
        if self.at == before {
            return Some(Err(Fault::Attribute));
        }
        Some(self.attribute().ok_or(Fault::Attribute))
    }
}
