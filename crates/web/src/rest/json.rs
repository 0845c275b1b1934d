//! Strict JSON: from the bytes of a body to a tree that knows nothing of objects or fields.
//!
//! Stricter than most readers on purpose, because a body may change who can do what: a member that
//! is sent twice, a half of a surrogate pair or text after the end is refused and never guessed at.
//! Nesting is bounded here, so that everything behind this may recurse over the tree.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;
use sidegate_model::Scalar;
use sidegate_model::problem::{self, Problem};

/// Objects and arrays stand in each other at most so deep.
pub const MOST_DEPTH: usize = 32;

/// One JSON value, members in the order sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// `null`.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A number, by the text that was sent; never with an exponent that can be written out.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    Array(Vec<Node>),
    /// Members, each name once.
    Object(Vec<(String, Node)>),
}

/// The value that a body holds.
///
/// # Errors
/// The first thing that is wrong, and where.
pub fn parse(bytes: &[u8]) -> Result<Node, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let (line, column) = position(&bytes[..error.valid_up_to()]);
        malformed("it is not UTF-8 text", line, column)
    })?;
    if text.starts_with('\u{feff}') {
        return Err(malformed(
            "it begins with a byte order mark; leave that out",
            1,
            1,
        ));
    }
    let reading = Reading {
        text,
        values: Cell::new(0),
        at: Cell::new(0),
        refused: RefCell::new(None),
    };
    let root = Place {
        reading: &reading,
        parent: None,
        step: Step::Body,
        depth: 1,
    };
    let mut json = serde_json::Deserializer::from_str(text);
    let read = root
        .deserialize(&mut json)
        .and_then(|node| json.end().map(|()| node));
    read.map_err(|error| {
        let ours = reading.refused.take();
        ours.unwrap_or_else(|| malformed(words_for(&error), error.line(), error.column()))
    })
}

/// The JSON pointer of a member or item of what `parent` points to.
#[must_use]
pub fn pointer(parent: &str, member: &str) -> String {
    format!("{parent}/{}", member.replace('~', "~0").replace('/', "~1"))
}

impl Node {
    /// The scalar that this is, unless it is an object or an array.
    #[must_use]
    pub fn scalar(&self) -> Option<Scalar> {
        match self {
            Self::Null => Some(Scalar::Null),
            Self::Boolean(yes) => Some(Scalar::Boolean(*yes)),
            Self::Number(text) => Some(Scalar::Number(text.clone())),
            Self::Text(text) => Some(Scalar::Text(text.clone())),
            Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// The word for this sort of value in messages.
    #[must_use]
    pub fn sort(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Array(_) => "an array",
            Self::Object(_) => "an object",
        }
    }

    /// The value as text without blanks, members in the order sent.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }

    // As deep as a body may be.
    fn write(&self, out: &mut String) {
        let text = |text: &str| serde_json::Value::from(text).to_string();
        match self {
            Self::Null => out.push_str("null"),
            Self::Boolean(yes) => out.push_str(if *yes { "true" } else { "false" }),
            Self::Number(number) => out.push_str(number),
            Self::Text(own) => out.push_str(&text(own)),
            Self::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    item.write(out);
                }
                out.push(']');
            }
            Self::Object(members) => {
                out.push('{');
                for (at, (name, node)) in members.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    out.push_str(&text(name));
                    out.push(':');
                    node.write(out);
                }
                out.push('}');
            }
        }
    }

    /// The problem that something else is wanted here; the place of the whole body is empty.
    pub(super) fn misshapen(&self, place: &str, wanted: &str) -> Problem {
        misshapen(place, wanted, self.sort())
    }
}

/// The problem that a place of the body holds the wrong thing.
pub(super) fn misshapen(place: &str, wanted: &str, got: &str) -> Problem {
    let problem = problem::BODY_SHAPE.problem();
    let problem = if place.is_empty() {
        problem.with("FIELD", "The body")
    } else {
        problem.at(place).with("FIELD", place)
    };
    problem.with("WANTED", wanted).with("GOT", got)
}

/// The problem that a value does not fit where it stands; the reason completes "`/place` ...".
pub(super) fn unfit(place: &str, reason: &str) -> Problem {
    problem::VALUE_UNFIT
        .with("FIELD", place)
        .with("REASON", reason)
        .at(place)
}

/// A body has at most so many values: each takes memory, however short it is.
const MOST_VALUES: usize = 500_000;

/// The name of a member has at most so many bytes: places in problems repeat it.
const MOST_NAME: usize = 1000;

/// Numbers of this size are written out; others would take far more bytes than were sent.
const WRITTEN_OUT: Range<f64> = 1e-20..1e20;

/// What all places of one reading share.
struct Reading<'a> {
    text: &'a str,
    /// How many values were read.
    values: Cell<usize>,
    /// Up to here the numbers of the text were taken.
    at: Cell<usize>,
    /// Why the reading stopped, if serde_json is not the one that stopped it.
    refused: RefCell<Option<Problem>>,
}

impl Reading<'_> {
    /// The text of the next number that stands outside of strings.
    ///
    /// serde_json hands numbers over as binary ones, which would change amounts of money.
    /// It has read everything up to this number, so the text is known to be well-formed so far.
    fn number(&self) -> String {
        let bytes = self.text.as_bytes();
        let mut at = self.at.get();
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'"' => at = after_string(bytes, at),
                b'-' | b'0'..=b'9' => break,
                _ => at += 1,
            }
        }
        let rest = &self.text[at..];
        let end = rest
            .find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'))
            .unwrap_or(rest.len());
        self.at.set(at + end);
        written_out(&rest[..end])
    }
}

/// The place behind the string that opens at `at`.
fn after_string(bytes: &[u8], at: usize) -> usize {
    let mut at = at + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    at
}

/// `1.0E7` as `10000000`, because some clients write plain amounts so.
/// What a binary number might change (more than 15 digits) or what would grow long stays as it was sent.
fn written_out(number: &str) -> String {
    let Some((digits, _)) = number.split_once(['e', 'E']) else {
        return number.to_owned();
    };
    let few = digits.bytes().filter(u8::is_ascii_digit).count() <= 15;
    match number.parse::<f64>() {
        Ok(value) if few && value.is_normal() && WRITTEN_OUT.contains(&value.abs()) => {
            value.to_string()
        }
        _ => number.to_owned(),
    }
}

/// Where in the body the reading is. Chained, so that a pointer is only written for a problem.
#[derive(Clone, Copy)]
struct Place<'a> {
    reading: &'a Reading<'a>,
    parent: Option<&'a Place<'a>>,
    step: Step<'a>,
    depth: usize,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Body,
    Item(usize),
    Member(&'a str),
}

impl<'a> Place<'a> {
    fn inner(&'a self, step: Step<'a>) -> Self {
        Self {
            reading: self.reading,
            parent: Some(self),
            step,
            depth: self.depth + 1,
        }
    }

    fn pointer(&self) -> String {
        let parent = self.parent.map_or_else(String::new, Place::pointer);
        match self.step {
            Step::Body => parent,
            Step::Item(number) => format!("{parent}/{number}"),
            Step::Member(name) => pointer(&parent, name),
        }
    }

    fn refuse<E: de::Error>(&self, problem: Problem) -> E {
        self.reading.refused.replace(Some(problem));
        E::custom("refused")
    }

    fn check_depth<E: de::Error>(&self) -> Result<(), E> {
        if self.depth <= MOST_DEPTH {
            return Ok(());
        }
        let at = self.pointer();
        let deep = problem::JSON_DEEP
            .with("FIELD", &at)
            .with("LIMIT", MOST_DEPTH.to_string());
        Err(self.refuse(deep.at(at)))
    }

    fn check_name<E: de::Error>(&self, name: &str) -> Result<(), E> {
        if name.len() <= MOST_NAME {
            return Ok(());
        }
        let at = self.pointer();
        let object = if at.is_empty() { "The body" } else { &at };
        let long = problem::VALUE_UNFIT.with("FIELD", object).with(
            "REASON",
            format!("has a member with a name of more than {MOST_NAME} bytes"),
        );
        Err(self.refuse(if at.is_empty() { long } else { long.at(at) }))
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Node;

    fn deserialize<D: de::Deserializer<'de>>(self, json: D) -> Result<Node, D::Error> {
        let values = self.reading.values.get() + 1;
        self.reading.values.set(values);
        if values > MOST_VALUES {
            let many = problem::JSON_MANY.with("LIMIT", MOST_VALUES.to_string());
            return Err(self.refuse(many));
        }
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E: de::Error>(self, yes: bool) -> Result<Node, E> {
        Ok(Node::Boolean(yes))
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Number(self.reading.number()))
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Number(self.reading.number()))
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Number(self.reading.number()))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_string<E: de::Error>(self, text: String) -> Result<Node, E> {
        Ok(Node::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        self.check_depth()?;
        let mut nodes = Vec::new();
        while let Some(node) = items.next_element_seed(self.inner(Step::Item(nodes.len())))? {
            nodes.push(node);
        }
        Ok(Node::Array(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Node, A::Error> {
        self.check_depth()?;
        let mut nodes: Vec<(String, Node)> = Vec::new();
        while let Some(name) = members.next_key::<String>()? {
            self.check_name(&name)?;
            let node = members.next_value_seed(self.inner(Step::Member(&name)))?;
            nodes.push((name, node));
        }
        let mut seen = HashSet::with_capacity(nodes.len());
        if let Some((name, _)) = nodes.iter().find(|(name, _)| !seen.insert(name.as_str())) {
            let at = pointer(&self.pointer(), name);
            return Err(self.refuse(problem::JSON_DUPLICATE.with("FIELD", &at).at(at)));
        }
        Ok(Node::Object(nodes))
    }
}

fn malformed(reason: &str, line: usize, column: usize) -> Problem {
    problem::JSON_MALFORMED.with(
        "REASON",
        format!("{reason}, at line {line} column {column}"),
    )
}

/// Line and column, from 1, of what follows after this text.
fn position(before: &[u8]) -> (usize, usize) {
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = before
        .iter()
        .rev()
        .take_while(|byte| **byte != b'\n')
        .count()
        + 1;
    (line, column)
}

/// What serde_json found, in words for people. It says which mistake it was only by its text;
/// should that ever change, the line and the column still help.
fn words_for(error: &serde_json::Error) -> &'static str {
    if error.classify() == Category::Eof {
        return "it ends before the value is complete";
    }
    let found = error.to_string();
    MISTAKES
        .iter()
        .find(|(theirs, _)| found.starts_with(theirs))
        .map_or("it breaks the rules of JSON", |(_, ours)| ours)
}

const MISTAKES: &[(&str, &str)] = &[
    (
        "control character",
        "a text holds a control character; write it as an escape such as \\n",
    ),
    (
        "expected `,` or `]`",
        "a comma or a closing bracket is needed",
    ),
    (
        "expected `,` or `}`",
        "a comma or a closing brace is needed",
    ),
    (
        "expected `:`",
        "a colon is needed after the name of a member",
    ),
    (
        "expected ident",
        "only true, false and null stand without quotes",
    ),
    ("expected value", "a value is needed"),
    ("invalid escape", "JSON has no such backslash escape"),
    ("invalid number", "JSON does not write numbers so"),
    ("invalid unicode", "a \\u escape names no character"),
    (
        "key must be a string",
        "the name of a member must stand in double quotes",
    ),
    (
        "lone leading surrogate",
        "a \\u escape is half of a surrogate pair",
    ),
    ("number out of range", "a number is too large"),
    (
        "trailing characters",
        "there is more text after the end of the value",
    ),
    ("trailing comma", "nothing follows after a comma"),
    (
        "unexpected end of hex escape",
        "a \\u escape is half of a surrogate pair",
    ),
];

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    fn refusal(bytes: &[u8]) -> String {
        match parse(bytes) {
            Ok(node) => panic!("read {node:?}"),
            Err(problem) => format!(
                "{}: {}",
                problem.place.as_deref().unwrap_or("-"),
                problem.message()
            ),
        }
    }

    #[test]
    fn mistakes_are_said_in_plain_words_with_their_place() {
        let malformed: &[(&[u8], &str)] = &[
            (
                b"",
                "it ends before the value is complete, at line 1 column 0",
            ),
            (
                b"{\n\"a\": 1,\n",
                "it ends before the value is complete, at line 3 column 0",
            ),
            (
                b"{\"a\": 1} x",
                "there is more text after the end of the value, at line 1 column 10",
            ),
            (
                b"{}{}",
                "there is more text after the end of the value, at line 1 column 3",
            ),
            (
                b"{\"a\" 1}",
                "a colon is needed after the name of a member, at line 1 column 6",
            ),
            (
                b"{\"a\": 1 \"b\": 2}",
                "a comma or a closing brace is needed, at line 1 column 9",
            ),
            (
                b"[1 2]",
                "a comma or a closing bracket is needed, at line 1 column 4",
            ),
            (
                b"{a: 1}",
                "the name of a member must stand in double quotes, at line 1 column 2",
            ),
            (
                b"{'a': 1}",
                "the name of a member must stand in double quotes, at line 1 column 2",
            ),
            (
                b"{\"a\": 1,}",
                "nothing follows after a comma, at line 1 column 9",
            ),
            (b"[1,]", "nothing follows after a comma, at line 1 column 4"),
            (
                b"[tru]",
                "only true, false and null stand without quotes, at line 1 column 5",
            ),
            (b"[NaN]", "a value is needed, at line 1 column 2"),
            (
                b"[01]",
                "JSON does not write numbers so, at line 1 column 3",
            ),
            (b"[1e400]", "a number is too large, at line 1 column 6"),
            (b"[-]", "JSON does not write numbers so, at line 1 column 3"),
            (
                b"[\"a\nb\"]",
                "a text holds a control character; write it as an escape such as \\n, at line 2 column 0",
            ),
            (
                br#"["\x"]"#,
                "JSON has no such backslash escape, at line 1 column 4",
            ),
            (
                br#"["\ud800"]"#,
                "a \\u escape is half of a surrogate pair, at line 1 column 9",
            ),
            (
                br#"["\ud800\n"]"#,
                "a \\u escape is half of a surrogate pair, at line 1 column 10",
            ),
            (
                br#"["\udc00"]"#,
                "a \\u escape is half of a surrogate pair, at line 1 column 8",
            ),
            (
                b"{\n \"a\": \"\xff\"}",
                "it is not UTF-8 text, at line 2 column 8",
            ),
            (
                b"\xef\xbb\xbf{}",
                "it begins with a byte order mark; leave that out, at line 1 column 1",
            ),
        ];
        for (bytes, reason) in malformed {
            assert_eq!(
                refusal(bytes),
                format!("-: The body is not valid JSON: {reason}"),
                "{}",
                bytes.escape_ascii()
            );
        }
    }

    #[test]
    fn a_member_sent_twice_is_named() {
        assert_eq!(
            refusal(br#"{"a": 1, "a": 1}"#),
            "/a: /a appears twice in the same object; send it once"
        );
        assert_eq!(
            refusal(br#"{"x": [{}, {"a/b~": 1, "c": 2, "\u0061/b~": 3}]}"#),
            "/x/1/a~1b~0: /x/1/a~1b~0 appears twice in the same object; send it once"
        );
    }

    #[test]
    fn names_of_members_have_a_limit() {
        let named = |length: usize| format!(r#"{{"{}": 1}}"#, "n".repeat(length));
        assert!(parse(named(1000).as_bytes()).is_ok());
        assert_eq!(
            refusal(named(1001).as_bytes()),
            "-: The body has a member with a name of more than 1000 bytes"
        );
        assert_eq!(
            refusal(format!(r#"{{"a": [{}]}}"#, named(100_000)).as_bytes()),
            "/a/0: /a/0 has a member with a name of more than 1000 bytes"
        );
    }

    #[test]
    fn nesting_has_a_limit() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(32).as_bytes()).is_ok());
        let place = "/0".repeat(32);
        assert_eq!(
            refusal(nested(33).as_bytes()),
            format!("{place}: {place} is nested deeper than 32 levels")
        );
        let objects = r#"{"a":"#.repeat(33);
        assert!(refusal(objects.as_bytes()).ends_with("/a is nested deeper than 32 levels"));
    }

    #[test]
    fn endless_nesting_is_refused_at_once() {
        let began = Instant::now();
        assert!(
            refusal("[".repeat(100_000).as_bytes()).ends_with("is nested deeper than 32 levels")
        );
        assert!(began.elapsed() < Duration::from_secs(1));
    }

    #[test]
    fn numbers_keep_their_text() {
        for (sent, kept) in [
            ("0", "0"),
            ("-1", "-1"),
            ("12.50", "12.50"),
            ("9007199254740993.01", "9007199254740993.01"),
            ("18446744073709551616", "18446744073709551616"),
            ("1.0E7", "10000000"),
            ("-125e-2", "-1.25"),
            ("1e-999", "1e-999"),
            ("1e19", "10000000000000000000"),
            ("1e20", "1e20"),
            ("1e308", "1e308"),
            ("-1e-300", "-1e-300"),
            ("1234567890.123456789e1", "1234567890.123456789e1"),
        ] {
            let body = format!(r#"{{"1\"2": ["3", 4, {sent} ], "5": 6}}"#);
            let wanted = Node::Object(vec![
                (
                    "1\"2".to_owned(),
                    Node::Array(vec![
                        Node::Text("3".to_owned()),
                        Node::Number("4".to_owned()),
                        Node::Number(kept.to_owned()),
                    ]),
                ),
                ("5".to_owned(), Node::Number("6".to_owned())),
            ]);
            assert_eq!(parse(body.as_bytes()), Ok(wanted));
        }
    }

    #[test]
    fn pointers_escape_what_pointers_use() {
        assert_eq!(pointer("/a", "b/c~d"), "/a/b~1c~0d");
        assert_eq!(pointer("", ""), "/");
    }

    fn node() -> impl Strategy<Value = Node> {
        let leaf = prop_oneof![
            Just(Node::Null),
            any::<bool>().prop_map(Node::Boolean),
            r"-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,9})?".prop_map(Node::Number),
            ".*".prop_map(Node::Text),
        ];
        leaf.prop_recursive(4, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Node::Array),
                prop::collection::btree_map(".*", inner, 0..6)
                    .prop_map(|map| Node::Object(map.into_iter().collect())),
            ]
        })
    }

    fn written(node: &Node) -> String {
        let text = |text: &str| serde_json::to_string(text).unwrap();
        match node {
            Node::Null => "null".to_owned(),
            Node::Boolean(yes) => yes.to_string(),
            Node::Number(number) => number.clone(),
            Node::Text(found) => text(found),
            Node::Array(nodes) => format!(
                "[{}]",
                nodes.iter().map(written).collect::<Vec<_>>().join(" , ")
            ),
            Node::Object(members) => {
                let members: Vec<_> = members
                    .iter()
                    .map(|(name, node)| format!("{}: {}", text(name), written(node)))
                    .collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(node in node()) {
            prop_assert_eq!(parse(written(&node).as_bytes()), Ok(node));
        }

        #[test]
        fn no_bytes_can_break_the_reader(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        #[test]
        fn nothing_like_json_can_break_the_reader(text in r#"([\[\]{},:"\\u0-9eE.+-]|null|true|\PC){0,60}"#) {
            let _ = parse(text.as_bytes());
        }
    }
}
