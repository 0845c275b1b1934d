//! What can be wrong with a body, and how it is told.

use std::fmt;

/// Where something stands in a body; both numbers begin at one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The character in the line.
    pub column: u32,
}

impl Position {
    /// The position of a byte; it takes a walk over what stands before.
    pub(super) fn of(body: &[u8], offset: usize) -> Self {
        let before = &body[..offset.min(body.len())];
        let before = before.strip_prefix(super::encoding::BOM).unwrap_or(before);
        let line_start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let breaks = before[..line_start]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        // A byte that continues a character begins with the bits 10.
        let characters = before[line_start..]
            .iter()
            .filter(|byte| **byte & 0xC0 != 0x80)
            .count();
        Self {
            line: number(breaks) + 1,
            column: number(characters) + 1,
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX - 1)
}

/// Why a body was not read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The body is longer than its limit.
    BodyTooLong(usize),
    /// Elements stand deeper in one another than the limit.
    TooDeep(usize),
    /// The document has more elements than the limit.
    TooManyElements(usize),
    /// The document has so many tiny elements that keeping them would take more than the body.
    TooCrowded,
    /// An element has more attributes than the limit.
    TooManyAttributes(usize),
    /// A name is longer than the limit.
    NameTooLong(usize),
    /// An attribute's value is longer than the limit.
    ValueTooLong(usize),
    /// The text of an element is longer than the limit.
    TextTooLong(usize),
    /// Comments and processing instructions are longer than the limit, all together.
    TooMuchSkipped(usize),
    /// The header of the request names another character set than UTF-8.
    Charset(String),
    /// The XML declaration names another encoding than UTF-8.
    DeclaredEncoding(String),
    /// The bytes are UTF-16 or UTF-32.
    Utf16,
    /// The bytes are not UTF-8.
    NotUtf8,
    /// A character that XML does not have, by itself or as a reference.
    Character(u32),
    /// A reference to an entity other than the five that every document has, or an `&` by itself.
    Reference,
    /// A document type.
    Doctype,
    /// The XML declaration stands at a wrong place, or has something wrong in it.
    Declaration,
    /// A tag's or attribute's name is none.
    Name,
    /// Something is wrong with the attributes of an element.
    Attribute,
    /// An attribute is given twice.
    DuplicateAttribute(String),
    /// An end tag closes another element than the one that is open.
    Mismatch {
        /// The element that is open.
        open: String,
        /// What the tag closes.
        closed: String,
    },
    /// An end tag has nothing to close.
    NothingOpen,
    /// The body ends inside an element.
    Unclosed(String),
    /// The body ends inside a tag, a comment, CDATA or an instruction.
    CutOff,
    /// A comment with `--` in it, `]]>` in a text, or `<!` or `<?` before something unknown.
    Markup,
    /// Text stands beside elements.
    MixedText(String),
    /// Text stands before or after the document's element.
    OutsideText,
    /// Another element follows the document's.
    SecondRoot,
    /// There is no element.
    Nothing,
}

/// A body that was refused: what, where, and how much of it had been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// What is wrong.
    pub what: Fault,
    /// Where.
    pub position: Position,
    /// How far the reader had come, in bytes.
    pub bytes_read: usize,
}

impl ReadError {
    /// What is wrong, where, and what to do.
    ///
    /// Names of elements and attributes are in it, never texts or values, which may be secrets.
    pub fn message(&self) -> String {
        self.to_string()
    }

    /// Whether the body is too large as a whole, which HTTP has a status for.
    pub fn is_too_large(&self) -> bool {
        matches!(self.what, Fault::BodyTooLong(_))
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at {})", self.what, self.position)
    }
}

impl std::error::Error for ReadError {}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BodyTooLong(limit) => {
                write!(
                    f,
                    "The request is longer than {limit} bytes; send it in several requests"
                )
            }
            Self::TooDeep(limit) => {
                write!(
                    f,
                    "More than {limit} elements stand inside one another; nest them less deeply"
                )
            }
            Self::TooManyElements(limit) => {
                write!(
                    f,
                    "The request has more than {limit} elements; send it in several requests"
                )
            }
            Self::TooCrowded => {
                write!(
                    f,
                    "The request has too many elements for its length; send it in several requests"
                )
            }
            Self::TooManyAttributes(limit) => {
                write!(
                    f,
                    "An element has more than {limit} attributes; leave out what the function does not know"
                )
            }
            Self::NameTooLong(limit) => {
                write!(
                    f,
                    "A name is longer than {limit} bytes; check whether a quote or a > is missing"
                )
            }
            Self::ValueTooLong(limit) => {
                write!(
                    f,
                    "The value of an attribute is longer than {limit} bytes; shorten it"
                )
            }
            Self::TextTooLong(limit) => {
                write!(
                    f,
                    "The text of an element is longer than {limit} bytes; shorten it"
                )
            }
            Self::TooMuchSkipped(limit) => {
                write!(
                    f,
                    "Comments and processing instructions are longer than {limit} bytes together; leave them out"
                )
            }
            Self::Charset(name) => write!(
                f,
                "The header Content-Type says that the body is {name}; send UTF-8, and charset=utf-8 or no charset"
            ),
            Self::DeclaredEncoding(name) => {
                write!(
                    f,
                    "The XML declaration says that the body is {name}; send UTF-8 and declare it"
                )
            }
            Self::Utf16 => write!(f, "The body is UTF-16 or UTF-32; send UTF-8"),
            Self::NotUtf8 => {
                write!(
                    f,
                    "These bytes are not UTF-8; send the body as UTF-8, whatever its declaration says"
                )
            }
            Self::Character(code) => {
                write!(f, "The character U+{code:04X} cannot be in XML; remove it")
            }
            Self::Reference => write!(
                f,
                "Only &lt; &gt; &amp; &apos; &quot; and numbers of characters are known after an &; \
                 write an & that stands for itself as &amp;"
            ),
            Self::Doctype => write!(f, "A document type (DOCTYPE) is not accepted; remove it"),
            Self::Declaration => write!(
                f,
                "The XML declaration must be the very first thing, say version 1.0, and have nothing but \
                 version, encoding and standalone; mend or remove it"
            ),
            Self::Name => {
                write!(
                    f,
                    "This is no name of an element or attribute; write a < that stands for itself as &lt;"
                )
            }
            Self::Attribute => {
                write!(
                    f,
                    "Attributes are written name=\"value\", with blanks between them and no < in a value"
                )
            }
            Self::DuplicateAttribute(name) => {
                write!(f, "The attribute {name} is given twice; remove one")
            }
            Self::Mismatch { open, closed } => {
                write!(
                    f,
                    "The tag </{closed}> stands where </{open}> is expected; close elements in their order"
                )
            }
            Self::NothingOpen => write!(f, "This end tag has no element to close; remove it"),
            Self::Unclosed(name) => {
                write!(
                    f,
                    "The body ends before </{name}>; check whether it was sent whole"
                )
            }
            Self::CutOff => write!(
                f,
                "The body ends inside a tag, a comment, CDATA or a processing instruction that begins here; close it"
            ),
            Self::Markup => write!(
                f,
                "This is not XML; look for -- in a comment, ]]> in a text, or a stray <! or <?"
            ),
            Self::MixedText(name) => {
                write!(
                    f,
                    "The element {name} has text beside its elements; put the text into an element of its own"
                )
            }
            Self::OutsideText => write!(f, "Text stands outside the document's element; remove it"),
            Self::SecondRoot => {
                write!(
                    f,
                    "A second element follows the document's; send one request in a body"
                )
            }
            Self::Nothing => write!(f, "The body has no element; send a <request>"),
        }
    }
}
