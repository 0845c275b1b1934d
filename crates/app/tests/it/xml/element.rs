//! A small reader of XML for what the gateway answers and what captured clients send; it shares no
//! code with the one of the product.

/// An element: its own text where it has no elements in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) attributes: Vec<(String, String)>,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The element at the end of a path of names.
    pub(super) fn at(&self, path: &str) -> Option<&Element> {
        path.split('/')
            .try_fold(self, |element, name| element.child(name))
    }

    /// The text at the end of a path of names; empty where there is no such element.
    pub(super) fn text_at(&self, path: &str) -> &str {
        self.at(path).map_or("", |found| found.text.as_str())
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.children
            .iter()
            .map(|child| child.name.as_str())
            .collect()
    }
}

/// The document's element. Declarations, elements, attributes and texts are all it knows: comments,
/// processing instructions and CDATA are refused, as neither side sends them.
///
/// # Errors
/// What is wrong, and in front of what.
pub(super) fn parse(document: &str) -> Result<Element, String> {
    let mut rest = document.trim();
    if let Some(after) = rest.strip_prefix("<?xml ") {
        let end = after.find("?>").ok_or("the declaration has no end")?;
        rest = after[end + 2..].trim_start();
    }
    let mut open: Vec<Element> = Vec::new();
    loop {
        let wrong = |what: &str| format!("{what}: {rest:.60}");
        if let Some(after) = rest.strip_prefix("</") {
            let (name, after) = after.split_once('>').ok_or_else(|| wrong("no end"))?;
            let mut done = open.pop().ok_or_else(|| wrong("nothing is open"))?;
            if done.name != name {
                return Err(wrong(&format!("{} is open", done.name)));
            }
            if !done.children.is_empty() {
                if !done.text.trim().is_empty() {
                    return Err(wrong("text between elements"));
                }
                done.text.clear();
            }
            rest = after;
            match open.last_mut() {
                Some(parent) => parent.children.push(done),
                None if rest.is_empty() => return Ok(done),
                None => return Err(format!("more than one element: {rest:.60}")),
            }
        } else if let Some(after) = rest.strip_prefix('<') {
            let (tag, after) = after.split_once('>').ok_or_else(|| wrong("no end"))?;
            let (tag, is_empty) = match tag.strip_suffix('/') {
                Some(tag) => (tag, true),
                None => (tag, false),
            };
            let element = start(tag).map_err(|reason| wrong(&reason))?;
            rest = after;
            if !is_empty {
                open.push(element);
            } else if let Some(parent) = open.last_mut() {
                parent.children.push(element);
            } else {
                return Ok(element);
            }
        } else {
            let end = rest.find('<').ok_or_else(|| wrong("no end"))?;
            let text = unescaped(&rest[..end])?;
            let parent = open.last_mut().ok_or_else(|| wrong("text outside"))?;
            parent.text.push_str(&text);
            rest = &rest[end..];
        }
    }
}

/// A tag's name and attributes; values of attributes have no `>` in them here.
fn start(tag: &str) -> Result<Element, String> {
    let (name, mut rest) = match tag.find(char::is_whitespace) {
        Some(end) => (&tag[..end], tag[end..].trim_start()),
        None => (tag, ""),
    };
    let is_part = |c: char| c.is_alphanumeric() || "_-.:".contains(c);
    if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') || !name.chars().all(is_part) {
        return Err(format!("{name:?} is no name"));
    }
    let mut attributes: Vec<(String, String)> = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").ok_or("an attribute without value")?;
        let (value, after) = after.split_once('"').ok_or("a value without end")?;
        if attributes.iter().any(|(known, _)| known == name) {
            return Err(format!("the attribute {name} stands twice"));
        }
        attributes.push((name.to_owned(), unescaped(value)?));
        rest = after.trim_start();
    }
    Ok(Element {
        name: name.to_owned(),
        attributes,
        ..Element::default()
    })
}

fn unescaped(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut parts = text.split('&');
    out.extend(parts.next());
    for part in parts {
        let (word, after) = part.split_once(';').ok_or("an & that begins nothing")?;
        out.push(match word {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            number => {
                let number = number.strip_prefix('#').ok_or("an unknown reference")?;
                let number = number.parse().ok().and_then(char::from_u32);
                number.ok_or("a number of no character")?
            }
        });
        out.push_str(after);
    }
    Ok(out)
}

/// A text as it may stand in an element or an attribute.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for wrong in [
        "",
        "text",
        "<a>",
        "<a></b>",
        "<a><b></a></b>",
        "<a></a><b></b>",
        "<a>x<b></b></a>",
        "<a b=\"1\" b=\"2\"></a>",
        "<a>&nbsp;</a>",
        "<a>&</a>",
        "<!-- c --><a></a>",
        "<1></1>",
    ] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
    let read =
        parse("<?xml version=\"1.0\"?>\n<a b=\"&quot;\">\n <C.D>&#039;x&lt;</C.D><e/>\n</a>\n");
    let read = read.expect("well-formed");
    assert_eq!(read.attribute("b"), Some("\""));
    assert_eq!(read.text_at("C.D"), "'x<");
    assert_eq!(read.names(), ["C.D", "e"]);
}
