//! The way through a body, event by event.

use quick_xml::Reader;
use quick_xml::errors::Error;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};

use super::attributes::Attributes;
use super::characters::{first_disallowed, is_blank, is_name, is_space, pieces, referenced};
use super::chunks::Chunks;
use super::document::{Content, Document, Node, Value};
use super::encoding::{BOM, is_utf8, shown};
use super::fault::{Fault, Position, ReadError};
use super::limits::Limits;

/// What a document may take beside its body, whatever the body's length.
const FREE_BYTES: usize = 64 << 10;

/// A reader of events that leaves all that has to do with names to the walk.
pub(super) fn reader(body: &[u8]) -> Reader<&[u8]> {
    let mut reader = Reader::from_reader(body);
    let config = reader.config_mut();
    config.check_comments = true;
    // The reader would copy both names, however long they are.
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    reader
}

/// Something wrong, and the byte where it stands.
struct Wrong {
    what: Fault,
    at: usize,
}

impl Fault {
    fn at(self, at: usize) -> Wrong {
        Wrong { what: self, at }
    }
}

/// An element whose end has not come yet.
struct Open {
    node: u32,
    /// Bytes of its text so far.
    length: usize,
    /// Parts of its text so far.
    parts: u32,
    content: Content,
    is_blank: bool,
}

/// How a text stands in the body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    AsSent,
    Escaped,
}

/// A body that is being read.
pub(super) struct Walk<'b> {
    body: &'b [u8],
    limits: &'b Limits,
    reader: Reader<&'b [u8]>,
    /// Bytes before those that the reader sees.
    ahead: usize,
    nodes: Chunks<Node>,
    values: Chunks<Value>,
    open: Vec<Open>,
    /// Bytes of comments and instructions.
    skipped: usize,
    /// Bytes of texts and values that do not stand in the body as they read.
    rewritten: usize,
}

/// What a walk found; the body comes to it afterwards.
pub(super) struct Found {
    nodes: Chunks<Node>,
    values: Chunks<Value>,
    rewritten: usize,
}

impl Found {
    pub(super) fn with(self, body: String) -> Document {
        let mut document = Document {
            body,
            nodes: self.nodes,
            rewritten: String::new(),
            values: self.values,
        };
        document.rewrite(self.rewritten);
        document
    }
}

impl<'b> Walk<'b> {
    pub(super) fn new(body: &'b [u8], limits: &'b Limits) -> Self {
        let ahead = if body.starts_with(BOM) { BOM.len() } else { 0 };
        Self {
            body,
            limits,
            reader: reader(&body[ahead..]),
            ahead,
            nodes: Chunks::new(),
            values: Chunks::new(),
            open: Vec::new(),
            skipped: 0,
            rewritten: 0,
        }
    }

    pub(super) fn run(mut self) -> Result<Found, ReadError> {
        match self.walk() {
            Ok(()) => Ok(Found {
                nodes: self.nodes,
                values: self.values,
                rewritten: self.rewritten,
            }),
            Err(wrong) => Err(ReadError {
                what: wrong.what,
                position: Position::of(self.body, wrong.at),
                bytes_read: self.come().max(wrong.at),
            }),
        }
    }

    /// How far the reader has come.
    fn come(&self) -> usize {
        self.ahead + usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    fn walk(&mut self) -> Result<(), Wrong> {
        // The reader would drop a second mark and count its bytes nowhere.
        if self.body[self.ahead..].starts_with(BOM) {
            return Err(Fault::OutsideText.at(self.ahead));
        }
        loop {
            let at = self.come();
            self.look_ahead(at)?;
            let event = self.reader.read_event();
            match event.map_err(|error| self.misread(&error, at))? {
                Event::Text(text) => self.text(at, &text, Form::AsSent)?,
                Event::CData(text) => {
                    self.inside(at)?;
                    self.text(at + "<![CDATA[".len(), &text, Form::Escaped)?;
                }
                Event::GeneralRef(reference) => {
                    self.inside(at)?;
                    let c = referenced(&reference).map_err(|fault| fault.at(at))?;
                    self.text(at, c.encode_utf8(&mut [0; 4]), Form::Escaped)?;
                }
                Event::Start(tag) => self.start(at, &tag, true)?,
                Event::Empty(tag) => self.start(at, &tag, false)?,
                Event::End(tag) => self.end(at, &tag)?,
                Event::Comment(comment) => self.skip(at, "<!--", &comment)?,
                Event::PI(instruction) => {
                    let target = instruction.target();
                    if !is_name(target) || target.eq_ignore_ascii_case("xml") {
                        return Err(Fault::Markup.at(at));
                    }
                    self.skip(at, "<?", &instruction)?;
                }
                Event::Decl(declaration) => self.declaration(at, &declaration)?,
                Event::DocType(_) => return Err(Fault::Doctype.at(at)),
                Event::Eof => return self.finish(at),
            }
        }
    }

    /// Stops before the reader walks through, or copies, what is refused anyway.
    fn look_ahead(&self, at: usize) -> Result<(), Wrong> {
        let Some(markup) = self.body[at..].strip_prefix(b"<") else {
            return Ok(());
        };
        match markup {
            [b'!', b'D' | b'd', ..] => Err(Fault::Doctype.at(at)),
            [b'!' | b'?', ..] => Ok(()),
            _ => {
                let name = markup.strip_prefix(b"/").unwrap_or(markup);
                let limit = self.limits.name.min(usize::from(u16::MAX));
                let ends = |byte: &u8| is_space(*byte) || matches!(byte, b'/' | b'>' | b'<');
                match name.iter().take(limit + 1).position(ends) {
                    None if name.len() > limit => Err(Fault::NameTooLong(limit).at(at)),
                    _ => Ok(()),
                }
            }
        }
    }

    /// What an error of the reader means.
    fn misread(&self, error: &Error, begun: usize) -> Wrong {
        let at = self.ahead + usize::try_from(self.reader.error_position()).unwrap_or(usize::MAX);
        match error {
            Error::Encoding(_) => {
                let valid = std::str::from_utf8(self.body)
                    .map_or_else(|error| error.valid_up_to(), str::len);
                Fault::NotUtf8.at(valid)
            }
            Error::Syntax(quick_xml::errors::SyntaxError::InvalidBangMarkup) => {
                Fault::Markup.at(begun)
            }
            Error::Syntax(_) => Fault::CutOff.at(begun),
            Error::IllFormed(quick_xml::errors::IllFormedError::UnclosedReference) => {
                Fault::Reference.at(at)
            }
            _ => Fault::Markup.at(begun),
        }
    }

    /// Refuses CDATA and references outside of the document's element.
    fn inside(&self, at: usize) -> Result<(), Wrong> {
        if self.open.is_empty() {
            Err(Fault::OutsideText.at(at))
        } else {
            Ok(())
        }
    }

    fn characters(at: usize, text: &str) -> Result<(), Wrong> {
        match first_disallowed(text) {
            Some((offset, c)) => Err(Fault::Character(c.into()).at(at + offset)),
            None => Ok(()),
        }
    }

    fn text(&mut self, at: usize, text: &str, form: Form) -> Result<(), Wrong> {
        Self::characters(at, text)?;
        let is_blank = is_blank(text);
        if form == Form::AsSent
            && let Some(offset) = text.find("]]>")
        {
            return Err(Fault::Markup.at(at + offset));
        }
        let Some(open) = self.open.last_mut() else {
            let first = at + text.bytes().take_while(|byte| is_space(*byte)).count();
            return if is_blank {
                Ok(())
            } else {
                Err(Fault::OutsideText.at(first))
            };
        };
        open.parts += 1;
        open.length += text.len();
        open.is_blank &= is_blank;
        if open.length > self.limits.text {
            return Err(Fault::TextTooLong(self.limits.text).at(at));
        }
        if open.content == Content::Elements {
            return if is_blank {
                Ok(())
            } else {
                Err(self.mixed(at))
            };
        }
        if open.content != Content::Interrupted {
            let is_plain = form == Form::AsSent && open.parts == 1;
            open.content = if is_plain {
                Content::Plain
            } else {
                Content::Rewritten
            };
        }
        Ok(())
    }

    fn mixed(&self, at: usize) -> Wrong {
        let open = self.open.last().map_or("", |open| self.name_of(open.node));
        Fault::MixedText(open.to_owned()).at(at)
    }

    fn name_of(&self, node: u32) -> &'b str {
        let node = self.nodes[node as usize];
        let at = node.name_at as usize;
        let name = &self.body[at..at + usize::from(node.name_length)];
        std::str::from_utf8(name).unwrap_or_default()
    }

    fn start(&mut self, at: usize, tag: &BytesStart<'_>, stays_open: bool) -> Result<(), Wrong> {
        if self.open.is_empty() && self.nodes.len() > 0 {
            return Err(Fault::SecondRoot.at(at));
        }
        if self.open.len() >= self.limits.depth {
            return Err(Fault::TooDeep(self.limits.depth).at(at));
        }
        if self.nodes.len() >= self.limits.elements {
            return Err(Fault::TooManyElements(self.limits.elements).at(at));
        }
        if let Some(open) = self.open.last_mut() {
            if !open.is_blank {
                return Err(self.mixed(at));
            }
            open.content = Content::Elements;
        }
        let name = tag.name();
        let name = name.as_ref();
        if !is_name(name) {
            return Err(Fault::Name.at(at));
        }
        self.account(at, size_of::<Node>())?;
        let node = count(self.nodes.len());
        self.nodes.push(Node {
            name_at: count(at + 1),
            name_length: u16::try_from(name.len()).unwrap_or(u16::MAX),
            content: Content::Empty,
            attributes: 0,
            parent: self.open.last().map_or(0, |open| open.node),
            extent: 0,
        });
        let attributes = self.attributes(at + 1 + name.len(), tag.attributes_raw())?;
        self.nodes[node as usize].attributes = attributes;
        if stays_open {
            self.open.push(Open {
                node,
                length: 0,
                parts: 0,
                content: Content::Empty,
                is_blank: true,
            });
        }
        self.account(at, 0)
    }

    /// Looks at the attributes of a tag, and counts them.
    fn attributes(&mut self, at: usize, text: &str) -> Result<u8, Wrong> {
        let limit = self.limits.attributes.min(usize::from(u8::MAX));
        let mut attributes = Attributes::new(text);
        let mut names: Vec<&str> = Vec::new();
        while let Some(attribute) = attributes.next() {
            let attribute = attribute.map_err(|fault| fault.at(at + attributes.at))?;
            let (name, name_at) = (attribute.name, at + attribute.at);
            if names.len() == limit {
                return Err(Fault::TooManyAttributes(limit).at(name_at));
            }
            if name.len() > self.limits.name {
                return Err(Fault::NameTooLong(self.limits.name).at(name_at));
            }
            if !is_name(name) {
                return Err(Fault::Name.at(name_at));
            }
            if names.contains(&name) {
                return Err(Fault::DuplicateAttribute(name.to_owned()).at(name_at));
            }
            names.push(name);
            self.value(at + attribute.value_at, attribute.value)?;
        }
        if attributes.at != text.len() {
            return Err(Fault::Attribute.at(at + attributes.at));
        }
        Ok(u8::try_from(names.len()).unwrap_or(u8::MAX))
    }

    fn value(&mut self, at: usize, value: &str) -> Result<(), Wrong> {
        if value.len() > self.limits.value {
            return Err(Fault::ValueTooLong(self.limits.value).at(at));
        }
        Self::characters(at, value)?;
        if !value.contains('&') {
            return Ok(());
        }
        let mut length = 0;
        for piece in pieces(value) {
            length += piece.map_err(|fault| fault.at(at))?.len();
        }
        self.rewritten += length + 1;
        self.values.push(Value {
            at: count(at),
            rewritten_at: 0,
        });
        Ok(())
    }

    fn end(&mut self, at: usize, tag: &BytesEnd<'_>) -> Result<(), Wrong> {
        let Some(open) = self.open.pop() else {
            return Err(Fault::NothingOpen.at(at));
        };
        let (name, tag) = (self.name_of(open.node), tag.name());
        let closed: &str = tag.as_ref();
        if name != closed {
            return Err(if is_name(closed) {
                Fault::Mismatch {
                    open: shown(name),
                    closed: shown(closed),
                }
                .at(at)
            } else {
                Fault::Name.at(at)
            });
        }
        let end = count(self.nodes.len());
        let node = &mut self.nodes[open.node as usize];
        node.content = open.content;
        match open.content {
            Content::Empty => {}
            Content::Plain => node.extent = count(open.length),
            Content::Rewritten | Content::Interrupted => self.rewritten += open.length + 1,
            Content::Elements => node.extent = end,
        }
        self.account(at, 0)
    }

    fn skip(&mut self, at: usize, begin: &str, text: &str) -> Result<(), Wrong> {
        self.skipped += self.come() - at;
        if self.skipped > self.limits.skipped {
            return Err(Fault::TooMuchSkipped(self.limits.skipped).at(at));
        }
        Self::characters(at + begin.len(), text)?;
        if let Some(open) = self.open.last_mut()
            && open.content != Content::Elements
        {
            open.content = Content::Interrupted;
        }
        Ok(())
    }

    fn declaration(&mut self, at: usize, declaration: &BytesDecl<'_>) -> Result<(), Wrong> {
        if at != self.ahead {
            return Err(Fault::Declaration.at(at));
        }
        let text: &str = declaration;
        let text = text.strip_prefix("xml").unwrap_or(text);
        let mut attributes = Attributes::new(text);
        // Each may be left out but the first, and none may come before one that stands before it here.
        let mut known = ["version", "encoding", "standalone"].into_iter();
        let mut count = 0;
        for attribute in attributes.by_ref() {
            let attribute = attribute.map_err(|fault| fault.at(at))?;
            let is_known = known.any(|name| name == attribute.name);
            let is_right = match attribute.name {
                "version" => attribute.value == "1.0",
                "encoding" if !is_utf8(attribute.value) => {
                    return Err(Fault::DeclaredEncoding(shown(attribute.value)).at(at));
                }
                "standalone" => matches!(attribute.value, "yes" | "no"),
                _ => count > 0,
            };
            if !is_known || !is_right {
                return Err(Fault::Declaration.at(at));
            }
            count += 1;
        }
        if count == 0 || attributes.at != text.len() {
            return Err(Fault::Declaration.at(at));
        }
        Ok(())
    }

    /// Refuses what would make all that is kept longer than the body.
    fn account(&self, at: usize, more: usize) -> Result<(), Wrong> {
        let kept = self.nodes.len() * size_of::<Node>()
            + self.rewritten
            + self.values.len() * size_of::<Value>();
        if kept + more > self.body.len() + FREE_BYTES {
            return Err(Fault::TooCrowded.at(at));
        }
        Ok(())
    }

    fn finish(&self, at: usize) -> Result<(), Wrong> {
        if let Some(open) = self.open.last() {
            return Err(Fault::Unclosed(shown(self.name_of(open.node))).at(at));
        }
        if self.nodes.len() == 0 {
            Err(Fault::Nothing.at(at))
        } else {
            Ok(())
        }
    }
}

fn count(number: usize) -> u32 {
    // No body is longer.
    u32::try_from(number).unwrap_or(u32::MAX)
}
