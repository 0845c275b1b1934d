//! What was read: the body, and a small node for each element.

use std::fmt;

use quick_xml::events::Event;

use super::attributes::Attributes;
use super::characters::{pieces, referenced};
use super::chunks::Chunks;
use super::fault::Position;

/// A body that was read.
///
/// Nodes stand in the order of their start tags and hold places in the body, so that a document is freed without a
/// walk down, and takes hardly more than its body.
pub struct Document {
    pub(super) body: String,
    pub(super) nodes: Chunks<Node>,
    /// Texts and values that do not stand in the body as they read, each ended by a NUL, which XML does not have.
    pub(super) rewritten: String,
    /// Attributes with references, in the order of the body.
    pub(super) values: Chunks<Value>,
}

/// An element.
#[derive(Clone, Copy)]
pub(super) struct Node {
    /// Where its name begins.
    pub(super) name_at: u32,
    pub(super) name_length: u16,
    pub(super) content: Content,
    pub(super) attributes: u8,
    pub(super) parent: u32,
    /// What it means depends on the content.
    pub(super) extent: u32,
}

/// What an element has in it; the extent's meaning follows from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Content {
    /// Nothing.
    Empty,
    /// Text that stands in the body behind the start tag; the extent is its length.
    Plain,
    /// Text with references or CDATA; the extent is where it begins in `rewritten`.
    Rewritten,
    /// The same, with comments or processing instructions in it.
    Interrupted,
    /// Elements; the extent is the number of the node after the last of them.
    Elements,
}

/// An attribute's value with references in it.
pub(super) struct Value {
    /// Where it begins in the body.
    pub(super) at: u32,
    /// Where it begins in `rewritten`.
    pub(super) rewritten_at: u32,
}

impl Document {
    /// The document's element.
    pub fn root(&self) -> NodeRef<'_> {
        NodeRef {
            document: self,
            index: 0,
        }
    }

    /// The body that it was read from.
    pub(crate) fn body(&self) -> &str {
        &self.body
    }

    /// How many elements it has.
    pub fn elements(&self) -> usize {
        self.nodes.len()
    }

    /// Writes down what does not stand in the body as it reads; `bytes` is how much that is.
    pub(super) fn rewrite(&mut self, bytes: usize) {
        self.rewritten.reserve_exact(bytes);
        for value in self.values.iter_mut() {
            value.rewritten_at = end_of(&self.rewritten);
            let at = value.at as usize;
            let quote = char::from(self.body.as_bytes()[at - 1]);
            let sent = &self.body[at..];
            let sent = &sent[..sent.find(quote).unwrap_or(sent.len())];
            for piece in pieces(sent).map_while(Result::ok) {
                piece.append_to(&mut self.rewritten);
            }
            self.rewritten.push('\0');
        }
        for node in self.nodes.iter_mut() {
            if matches!(node.content, Content::Rewritten | Content::Interrupted) {
                node.extent = end_of(&self.rewritten);
                let bracket = node.content_at(&self.body) - 1;
                append_text(&self.body[bracket..], &mut self.rewritten);
                self.rewritten.push('\0');
            }
        }
    }

    fn rewritten_from(&self, at: u32) -> &str {
        let rest = &self.rewritten[at as usize..];
        &rest[..rest.find('\0').unwrap_or(rest.len())]
    }
}

/// The text of an element without elements, from the end of its start tag; it was read before.
///
/// The bracket is read as text, because the reader drops a byte order mark that comes first.
fn append_text(from_bracket: &str, text: &mut String) {
    let mut reader = super::walk::reader(from_bracket.as_bytes());
    let mut skip = 1;
    loop {
        match reader.read_event() {
            Ok(Event::Text(piece)) => text.push_str(&piece[std::mem::take(&mut skip)..]),
            Ok(Event::CData(piece)) => text.push_str(&piece),
            Ok(Event::GeneralRef(reference)) => text.extend(referenced(&reference).ok()),
            Ok(Event::Comment(_) | Event::PI(_)) => {}
            _ => return,
        }
    }
}

fn end_of(text: &str) -> u32 {
    // Not longer than the body, which is.
    u32::try_from(text.len()).unwrap_or(u32::MAX)
}

impl Node {
    fn name_end(&self) -> usize {
        self.name_at as usize + usize::from(self.name_length)
    }

    /// Where its content begins.
    fn content_at(&self, body: &str) -> usize {
        let behind = &body[self.name_end()..];
        let mut attributes = Attributes::new(behind);
        attributes.by_ref().for_each(drop);
        self.name_end() + attributes.at + 1
    }
}

/// An element of a document.
#[derive(Clone, Copy)]
pub struct NodeRef<'d> {
    document: &'d Document,
    index: u32,
}

impl<'d> NodeRef<'d> {
    fn node(self) -> &'d Node {
        &self.document.nodes[self.index as usize]
    }

    fn at(self, index: u32) -> Self {
        Self { index, ..self }
    }

    /// The name, prefix and all.
    pub fn name(self) -> &'d str {
        let node = self.node();
        &self.document.body[node.name_at as usize..node.name_end()]
    }

    /// The text: its parts, references and CDATA put together, blanks and line breaks as they were sent.
    ///
    /// Empty where there are elements in it.
    pub fn text(self) -> &'d str {
        let node = self.node();
        match node.content {
            Content::Empty | Content::Elements => "",
            Content::Plain => {
                let at = node.content_at(&self.document.body);
                &self.document.body[at..at + node.extent as usize]
            }
            Content::Rewritten | Content::Interrupted => self.document.rewritten_from(node.extent),
        }
    }

    /// Whether comments or processing instructions stand in the text, or in place of one.
    ///
    /// The text reads as if they were not there; names and secrets are better refused then.
    pub fn is_interrupted(self) -> bool {
        self.node().content == Content::Interrupted
    }

    /// Whether there are elements in it.
    pub fn has_children(self) -> bool {
        self.node().content == Content::Elements
    }

    /// The value of an attribute.
    pub fn attribute(self, name: &str) -> Option<&'d str> {
        self.attributes()
            .find(|(found, _)| *found == name)
            .map(|(_, value)| value)
    }

    /// Names and values of its attributes, in their order; namespaces are declared by attributes like any other.
    pub fn attributes(self) -> impl Iterator<Item = (&'d str, &'d str)> {
        let document = self.document;
        let node = self.node();
        let behind = node.name_end();
        Attributes::new(&document.body[behind..])
            .take(usize::from(node.attributes))
            .map_while(Result::ok)
            .map(move |attribute| {
                let at = (behind + attribute.value_at) as u64;
                let value = match document.values.find(&at, |value| u64::from(value.at)) {
                    Some(value) => document.rewritten_from(value.rewritten_at),
                    None => attribute.value,
                };
                (attribute.name, value)
            })
    }

    /// The element around it.
    pub fn parent(self) -> Option<Self> {
        (self.index > 0).then(|| self.at(self.node().parent))
    }

    /// The elements in it, in their order.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let end = self.end();
        let mut next = self.index + 1;
        std::iter::from_fn(move || {
            (next < end).then(|| {
                let child = self.at(next);
                next = child.end();
                child
            })
        })
    }

    /// The number of the node after it and all in it.
    fn end(self) -> u32 {
        let node = self.node();
        match node.content {
            Content::Elements => node.extent,
            _ => self.index + 1,
        }
    }

    /// The first element in it of exactly this name.
    pub fn child(self, name: &str) -> Option<Self> {
        self.children().find(|child| child.name() == name)
    }

    /// The element in it of exactly this name, which may not be given twice.
    pub fn only_child(self, name: &str) -> Result<Option<Self>, Duplicate> {
        let mut found = self.children().filter(|child| child.name() == name);
        let first = found.next();
        match found.next() {
            Some(second) => Err(Duplicate {
                name: name.to_owned(),
                position: second.position(),
            }),
            None => Ok(first),
        }
    }

    /// Where its start tag begins; it takes a walk over what stands before, so it is for messages.
    pub fn position(self) -> Position {
        let bracket = self.node().name_at as usize - 1;
        Position::of(self.document.body.as_bytes(), bracket)
    }
}

/// An element that is there twice where it may be there once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duplicate {
    /// Its name.
    pub name: String,
    /// Where it stands for the second time.
    pub position: Position,
}

impl fmt::Display for Duplicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "The element {} is given twice; remove one (at {})",
            self.name, self.position
        )
    }
}

// The body has secrets in it, so neither shows texts or values.
impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Document of {} elements", self.nodes.len())
    }
}

impl fmt::Debug for NodeRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.name())
    }
}
