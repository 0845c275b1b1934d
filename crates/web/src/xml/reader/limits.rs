//! How much of a body the reader takes.

/// What bounds one body; every bound is the largest number that still passes.
///
/// Beside these, what the reader keeps is never larger than the body and 64 KiB, so that a document and its body
/// together stay under twice the body: a body of nothing but tiny elements stops there.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of the body, 10 MiB.
    pub body: usize,
    /// Elements inside one another, the root counted, 64.
    pub depth: usize,
    /// Elements of the document, 200 000.
    pub elements: usize,
    /// Attributes of one element, declarations of namespaces counted, 16; never more than 255.
    pub attributes: usize,
    /// Bytes of a name, 256; never more than 65 535.
    pub name: usize,
    /// Bytes of one attribute's value, 4 KiB.
    pub value: usize,
    /// Bytes of one element's text, 4 MiB.
    pub text: usize,
    /// Bytes of all comments and processing instructions, 256 KiB.
    pub skipped: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 10 << 20,
            depth: 64,
            elements: 200_000,
            attributes: 16,
            name: 256,
            value: 4 << 10,
            text: 4 << 20,
            skipped: 256 << 10,
        }
    }
}
