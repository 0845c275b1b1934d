//! Answers of the XML gateway, written straight into their bytes.
//!
//! Whatever is given, the answer is well-formed: what XML does not have is replaced, in texts by U+FFFD, in names by
//! an underscore. Nothing is allocated for a value.

use std::fmt::{self, Display, Write as _};

use super::reader::characters::{is_allowed, is_name, may_be_in_name};

/// Whether elements stand on lines of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Each on its line, indented by two blanks; `includewhitespace` is true.
    Lines,
    /// Nothing between them; `includewhitespace` is false.
    Compact,
}

/// An answer in the making.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
    layout: Layout,
    /// Names of the open elements, one behind the other, and where each begins.
    names: String,
    begins: Vec<usize>,
    /// Whether an element was written since the last one was opened.
    has_elements: bool,
}

impl Writer {
    /// An answer behind what is in the bytes already.
    pub fn new(out: Vec<u8>, layout: Layout) -> Self {
        Self {
            out,
            layout,
            names: String::new(),
            begins: Vec::new(),
            has_elements: false,
        }
    }

    /// A piece of an answer, to stand so many elements deep.
    pub fn piece(layout: Layout, depth: usize) -> Self {
        Self {
            begins: vec![0; depth],
            ..Self::new(Vec::new(), layout)
        }
    }

    /// How many bytes were written.
    pub fn written(&self) -> usize {
        self.out.len()
    }

    /// How it is laid out.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The bytes of a piece, whose own elements are all closed.
    pub fn into_piece(self) -> Vec<u8> {
        self.out
    }

    /// Puts a piece here that was written for as deep a place.
    pub fn insert(&mut self, piece: &[u8]) {
        self.out.extend_from_slice(piece);
        self.has_elements |= !piece.is_empty();
    }

    /// The XML declaration, which is the first thing.
    pub fn declaration(&mut self) {
        self.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    }

    /// The start of an element with others in it.
    pub fn open(&mut self, name: &str) {
        self.open_with(name, &[]);
    }

    /// The start of an element with attributes, and others in it.
    pub fn open_with(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.out.push(b'>');
        self.begins.push(self.names.len());
        self.names.push_str(name);
        self.has_elements = false;
    }

    /// The end of the element that was opened last; nothing when none is open.
    pub fn close(&mut self) {
        let Some(begin) = self.begins.pop() else {
            return;
        };
        if self.has_elements {
            self.new_line();
        }
        let names = std::mem::take(&mut self.names);
        self.end(&names[begin..]);
        self.names = names;
        self.names.truncate(begin);
    }

    /// An element with a text.
    pub fn leaf(&mut self, name: &str, text: &str) {
        self.leaf_with(name, &[], text);
    }

    /// An element with attributes and a text.
    pub fn leaf_with(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.start(name, attributes);
        self.out.push(b'>');
        escape(&mut self.out, text, Place::Text);
        self.end(name);
    }

    /// An element whose text is written as a value shows itself.
    pub fn leaf_shown(&mut self, name: &str, value: impl Display) {
        self.start(name, &[]);
        self.out.push(b'>');
        // Nothing here fails but a value that refuses to show itself, which leaves its text short.
        let _ = write!(Text(&mut self.out), "{value}");
        self.end(name);
    }

    /// An element with nothing in it.
    pub fn empty(&mut self, name: &str) {
        self.empty_with(name, &[]);
    }

    /// An element with attributes only.
    pub fn empty_with(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes);
        self.raw("/>");
        self.has_elements = true;
    }

    /// The bytes, with all that is open closed.
    pub fn finish(mut self) -> Vec<u8> {
        while !self.begins.is_empty() {
            self.close();
        }
        if self.layout == Layout::Lines {
            self.out.push(b'\n');
        }
        self.out
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)]) {
        if self.has_elements || !self.begins.is_empty() {
            self.new_line();
        }
        self.out.push(b'<');
        self.name(name);
        for (name, value) in attributes {
            self.out.push(b' ');
            self.name(name);
            self.raw("=\"");
            escape(&mut self.out, value, Place::Attribute);
            self.out.push(b'"');
        }
    }

    fn end(&mut self, name: &str) {
        self.raw("</");
        self.name(name);
        self.out.push(b'>');
        self.has_elements = true;
    }

    fn name(&mut self, name: &str) {
        if is_name(name) {
            return self.raw(name);
        }
        self.out.push(b'_');
        for c in name.chars() {
            let c = if may_be_in_name(c) { c } else { '_' };
            self.raw(c.encode_utf8(&mut [0; 4]));
        }
    }

    fn raw(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn new_line(&mut self) {
        if self.layout == Layout::Lines {
            self.out.push(b'\n');
            for _ in 0..self.begins.len() {
                self.raw("  ");
            }
        }
    }
}

/// Where a text stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Text,
    /// Readers turn line breaks and tabs of values into blanks, unless they are written as numbers.
    Attribute,
}

/// Takes what a value shows of itself.
struct Text<'o>(&'o mut Vec<u8>);

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(self.0, text, Place::Text);
        Ok(())
    }
}

/// Writes a text so that a reader gets it back, with the references that clients know from the vendor.
fn escape(out: &mut Vec<u8>, text: &str, place: Place) {
    let mut written = 0;
    for (at, c) in text.char_indices() {
        let Some(instead) = instead(c, place) else {
            continue;
        };
        out.extend_from_slice(&text.as_bytes()[written..at]);
        out.extend_from_slice(instead.as_bytes());
        written = at + c.len_utf8();
    }
    out.extend_from_slice(&text.as_bytes()[written..]);
}

fn instead(c: char, place: Place) -> Option<&'static str> {
    Some(match c {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#039;",
        // Readers take a carriage return for a line break, wherever it stands.
        '\r' => "&#13;",
        '\n' if place == Place::Attribute => "&#10;",
        '\t' if place == Place::Attribute => "&#9;",
        _ if !is_allowed(c) => "\u{FFFD}",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::reader::{Limits, NodeRef, read};
    use super::{Layout, Writer};

    fn text_of(layout: Layout, write: impl Fn(&mut Writer)) -> String {
        let mut writer = Writer::new(Vec::new(), layout);
        write(&mut writer);
        String::from_utf8(writer.finish()).unwrap()
    }

    fn answer(writer: &mut Writer) {
        writer.declaration();
        writer.open("response");
        writer.open("control");
        writer.leaf("status", "success");
        writer.leaf("locationid", "");
        writer.close();
        writer.open_with("data", &[("listtype", "USERINFO"), ("resultId", "")]);
        writer.close();
        writer.empty_with("data", &[("count", "0")]);
        writer.leaf_with("type", &[("typename", "USERINFO")], "User");
        writer.leaf_shown("RECORDNO", 12);
        writer.empty("FAX");
    }

    #[test]
    fn elements_stand_on_lines_of_their_own() {
        let lines = r#"<?xml version="1.0" encoding="UTF-8"?>
<response>
  <control>
    <status>success</status>
    <locationid></locationid>
  </control>
  <data listtype="USERINFO" resultId=""></data>
  <data count="0"/>
  <type typename="USERINFO">User</type>
  <RECORDNO>12</RECORDNO>
  <FAX/>
</response>
"#;
        assert_eq!(text_of(Layout::Lines, answer), lines);
        let compact: String = lines.lines().map(str::trim_start).collect();
        let compact = compact.replacen("?>", "?>\n", 1);
        assert_eq!(text_of(Layout::Compact, answer), compact);
    }

    #[test]
    fn what_xml_reads_otherwise_is_escaped() {
        let written = text_of(Layout::Compact, |writer| {
            writer.leaf_with("a", &[("b", "'\"<>&\t\r\n")], "'\"<>&\t\r\né");
        });
        let expected = "<a b=\"&#039;&quot;&lt;&gt;&amp;&#9;&#13;&#10;\">\
                        &#039;&quot;&lt;&gt;&amp;\t&#13;\né</a>";
        assert_eq!(written, expected);
    }

    #[test]
    fn what_xml_does_not_have_is_replaced() {
        let written = text_of(Layout::Compact, |writer| {
            writer.leaf("a", "\0b\u{1B}\u{FFFE}");
            writer.leaf_shown("USER.NAME", "\u{7}");
            writer.leaf("a b<", "");
            writer.leaf("", "");
            writer.leaf("1", "");
        });
        let expected = "<a>\u{FFFD}b\u{FFFD}\u{FFFD}</a><USER.NAME>\u{FFFD}</USER.NAME>\
                        <_a_b_></_a_b_><_></_><_1></_1>";
        assert_eq!(written, expected);
    }

    /// An element to be written and read.
    #[derive(Clone, Debug)]
    struct Sample {
        name: String,
        attribute: String,
        text: String,
        children: Vec<Sample>,
    }

    fn samples() -> impl Strategy<Value = Sample> {
        let text = || proptest::string::string_regex("[ -~\t\n\ré😀]{0,12}").unwrap();
        let name = || proptest::string::string_regex("[A-Za-z_:é][A-Za-z0-9._:-]{0,6}").unwrap();
        let sample = move |children| {
            (name(), text(), text(), children).prop_map(|(name, attribute, text, children)| {
                Sample {
                    name,
                    attribute,
                    text,
                    children,
                }
            })
        };
        let leaf = sample(Just(Vec::new()).boxed());
        leaf.prop_recursive(4, 24, 4, move |inner| {
            sample(prop::collection::vec(inner, 0..4).boxed())
        })
    }

    fn write(writer: &mut Writer, sample: &Sample) {
        let attributes = [("a", sample.attribute.as_str())];
        if sample.children.is_empty() {
            return writer.leaf_with(&sample.name, &attributes, &sample.text);
        }
        writer.open_with(&sample.name, &attributes);
        for child in &sample.children {
            write(writer, child);
        }
        writer.close();
    }

    fn compare(node: NodeRef<'_>, sample: &Sample) {
        assert_eq!(node.name(), sample.name);
        assert_eq!(node.attribute("a"), Some(sample.attribute.as_str()));
        assert_eq!(node.children().count(), sample.children.len());
        if sample.children.is_empty() {
            assert_eq!(node.text(), sample.text);
        }
        for (child, sample) in node.children().zip(&sample.children) {
            assert_eq!(child.parent().unwrap().name(), node.name());
            compare(child, sample);
        }
    }

    proptest! {
        #[test]
        fn what_was_written_reads_the_same(sample in samples(), compact in any::<bool>()) {
            let layout = if compact { Layout::Compact } else { Layout::Lines };
            let written = text_of(layout, |writer| write(writer, &sample));
            let document = read(written.into_bytes(), None, &Limits::default()).unwrap();
            compare(document.root(), &sample);
        }
    }
}
