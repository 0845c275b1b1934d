//! How an answer is compared with what a case file expects.
//!
//! Member by member and in their order. A `…` among the members or at the end of a list says that
//! there may be others; the named ones still stand in the order written.
//! A text `[key]`, `[moment]`, `[support-id]`, `[token]`, `[text]` or `[any]` stands for any such
//! value and `[key=user]` also keeps it, to be written `{{user}}` from there on; inside a longer
//! text `[any]` stands for any run of characters.

use std::collections::BTreeMap;

use sidegate_web::rest::json::{self, Node};

/// Values kept, by name.
pub(super) type Captures = BTreeMap<String, String>;

const OTHERS: &str = "…";

/// A text with the kept values in it.
pub(super) fn filled(text: &str, captures: &Captures) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((name, tail)) = after.split_once("}}").filter(|(name, _)| is_name(name)) else {
            out.push_str("{{");
            rest = after;
            continue;
        };
        let value = captures
            .get(name)
            .ok_or_else(|| format!("nothing is known as {{{{{name}}}}}"))?;
        out.push_str(value);
        rest = tail;
    }
    out.push_str(rest);
    Ok(out)
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
}

/// What a file expects, where a `…` may stand without quotes.
pub(super) fn pattern(text: &str) -> Result<Node, String> {
    let mut out = String::with_capacity(text.len());
    let mut open = Vec::new();
    let (mut in_text, mut escaped) = (false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if in_text => escaped = true,
            '"' => in_text = !in_text,
            '{' | '[' if !in_text => open.push(c),
            '}' | ']' if !in_text => {
                open.pop();
            }
            '…' if !in_text => {
                let stands = if open.last() == Some(&'{') {
                    "\"…\": \"…\""
                } else {
                    "\"…\""
                };
                out.push_str(stands);
                continue;
            }
            _ => {}
        }
        out.push(c);
    }
    parsed(out.as_bytes())
}

/// The value of a body, members in their order.
pub(super) fn parsed(bytes: &[u8]) -> Result<Node, String> {
    json::parse(bytes).map_err(|problem| problem.message())
}

/// Adds what is otherwise than expected, with its place.
pub(super) fn compare(
    wanted: &Node,
    got: &Node,
    at: &str,
    captures: &mut Captures,
    differences: &mut Vec<String>,
) -> Result<(), String> {
    match (wanted, got) {
        (Node::Object(wanted), Node::Object(got)) => {
            members(wanted, got, at, captures, differences)
        }
        (Node::Array(wanted), Node::Array(got)) => items(wanted, got, at, captures, differences),
        _ => {
            if !value(wanted, got, captures)? {
                differences.push(format!(
                    "{at}: {} expected, {} came",
                    shown(wanted),
                    shown(got)
                ));
            }
            Ok(())
        }
    }
}

fn members(
    wanted: &[(String, Node)],
    got: &[(String, Node)],
    at: &str,
    captures: &mut Captures,
    differences: &mut Vec<String>,
) -> Result<(), String> {
    let open = wanted.iter().any(|(name, _)| name == OTHERS);
    let wanted: Vec<_> = wanted.iter().filter(|(name, _)| name != OTHERS).collect();
    let names: Vec<&str> = wanted.iter().map(|(name, _)| name.as_str()).collect();
    let came: Vec<&str> = got
        .iter()
        .map(|(name, _)| name.as_str())
        .filter(|name| !open || names.contains(name))
        .collect();
    for (name, wanted) in wanted {
        let at = json::pointer(at, name);
        match got.iter().find(|(known, _)| known == name) {
            Some((_, got)) => compare(wanted, got, &at, captures, differences)?,
            None => differences.push(format!("{at}: missing")),
        }
    }
    if names != came {
        let place = if at.is_empty() { "the body" } else { at };
        differences.push(format!(
            "{place}: members {} expected, {} came",
            names.join(", "),
            came.join(", ")
        ));
    }
    Ok(())
}

fn items(
    wanted: &[Node],
    got: &[Node],
    at: &str,
    captures: &mut Captures,
    differences: &mut Vec<String>,
) -> Result<(), String> {
    let open = wanted.last() == Some(&Node::Text(OTHERS.to_owned()));
    let wanted = if open {
        &wanted[..wanted.len() - 1]
    } else {
        wanted
    };
    if got.len() < wanted.len() || (!open && got.len() > wanted.len()) {
        differences.push(format!(
            "{at}: {} items expected, {} came",
            wanted.len(),
            got.len()
        ));
    }
    for (number, (wanted, got)) in wanted.iter().zip(got).enumerate() {
        compare(
            wanted,
            got,
            &format!("{at}/{number}"),
            captures,
            differences,
        )?;
    }
    Ok(())
}

fn value(wanted: &Node, got: &Node, captures: &mut Captures) -> Result<bool, String> {
    match (wanted, got) {
        (Node::Text(wanted), Node::Text(got)) => text(wanted, got, captures),
        (Node::Text(wanted), _) => Ok(placeholder(wanted).is_some_and(|(kind, _)| kind == "any")),
        (wanted, got) => Ok(wanted == got),
    }
}

/// Whether a text is as expected; keeps it where the file says so.
pub(super) fn text(wanted: &str, got: &str, captures: &mut Captures) -> Result<bool, String> {
    if let Some((kind, name)) = placeholder(wanted) {
        if let Some(name) = name {
            captures.insert(name.to_owned(), got.to_owned());
        }
        return Ok(is_a(kind, got));
    }
    let wanted = filled(wanted, captures)?;
    let Some((before, mut after)) = wanted.split_once("[any]") else {
        return Ok(wanted == got);
    };
    let Some(mut rest) = got.strip_prefix(before) else {
        return Ok(false);
    };
    while let Some((part, more)) = after.split_once("[any]") {
        let Some(at) = rest.find(part) else {
            return Ok(false);
        };
        rest = &rest[at + part.len()..];
        after = more;
    }
    Ok(rest.ends_with(after))
}

/// The kind of a placeholder, and under which name its value is kept.
fn placeholder(text: &str) -> Option<(&str, Option<&str>)> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    let (kind, name) = match inner.split_once('=') {
        Some((kind, name)) => (kind, Some(name)),
        None => (inner, None),
    };
    let known = ["any", "key", "moment", "support-id", "text", "token"];
    (known.contains(&kind) && name.is_none_or(is_name)).then_some((kind, name))
}

fn is_a(kind: &str, text: &str) -> bool {
    match kind {
        "key" => {
            !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty()
        }
        "moment" => {
            let shape = "0000-00-00T00:00:00Z";
            let alike = |(a, b): (u8, u8)| {
                if a == b'0' {
                    b.is_ascii_digit()
                } else {
                    a == b
                }
            };
            text.len() == shape.len() && shape.bytes().zip(text.bytes()).all(alike)
        }
        "support-id" => text.len() == 20 && text.bytes().all(|b| b.is_ascii_alphanumeric()),
        "token" => text.len() >= 26 && !text.contains(char::is_whitespace),
        "text" => !text.is_empty(),
        _ => true,
    }
}

/// A value on one line.
fn shown(node: &Node) -> String {
    match node {
        Node::Null => "null".to_owned(),
        Node::Boolean(yes) => yes.to_string(),
        Node::Number(text) => text.clone(),
        Node::Text(text) => format!("{text:?}"),
        Node::Array(items) => format!("a list of {}", items.len()),
        Node::Object(members) => {
            let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
            format!("{{{}}}", names.join(", "))
        }
    }
}
