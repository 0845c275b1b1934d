//! Records as clients send them: elements named by a face, turned into the body that every door shares.

use std::collections::BTreeMap;

use sidegate_model::path::{End, resolve_internal};
use sidegate_model::{
    Definition, Draft, Field, FieldType, Operation, Problem, RecordKey, Scalar, problem,
};

use super::face::Known;
use super::reader::NodeRef;
use super::value::{self, Words};
use crate::rest::draft;
use crate::rest::json::Node;

/// The most values of one record: what it is read into is larger than what was sent.
const MOST_VALUES: usize = 20_000;
/// What the number of a record is called.
const NUMBER: &str = "RECORDNO";
/// The most characters of a name with its groups; no field has nearly as many.
const MOST_NAME: usize = 256;

/// What was sent for a record.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent {
    /// Names of the face, groups joined by dots, each with the texts that were sent for it.
    pub(super) values: BTreeMap<String, Vec<String>>,
    /// Ids in lists that the face does not name, by the list's dotted name.
    pub(super) lists: BTreeMap<&'static str, Vec<String>>,
    /// Records that this one owns, by the name of their list.
    items: BTreeMap<String, Vec<Sent>>,
}

impl Sent {
    /// Reads an element's children; elements within elements are groups, or items of an owned list.
    ///
    /// # Errors
    /// More values, or longer names, than any record has.
    pub(super) fn read(known: Known<'_>, record: NodeRef<'_>) -> Result<Self, Problem> {
        Self::counted(known, record, &mut 0)
    }

    // As deep as declarations own each other.
    fn counted(known: Known<'_>, record: NodeRef<'_>, count: &mut usize) -> Result<Self, Problem> {
        let mut sent = Self::default();
        // Without recursion: elements may stand in each other as deep as the reader lets them.
        let mut left = vec![(String::new(), record.children())];
        while let Some((group, children)) = left.last_mut() {
            let Some(node) = children.next() else {
                left.pop();
                continue;
            };
            *count += 1;
            if *count > MOST_VALUES {
                return Err(problem::XML_RECORD_LARGE
                    .with("OBJECT", record.name())
                    .with("MOST", MOST_VALUES.to_string()));
            }
            let mut path = node.name().to_ascii_uppercase();
            if !group.is_empty() {
                path = format!("{group}.{path}");
            }
            if path.len() > MOST_NAME {
                return Err(problem::UNKNOWN_FIELD.with("FIELD", &path).at(path));
            }
            if let Some(items) = known.items(&path) {
                let item = Self::counted(items, node, count)?;
                sent.items.entry(path).or_default().push(item);
            } else if let Some(day) = legacy_day(node) {
                sent.values.entry(path).or_default().push(day);
            } else if node.has_children() {
                left.push((path, node.children()));
            } else {
                let texts = sent.values.entry(path).or_default();
                texts.push(node.text().to_owned());
            }
        }
        Ok(sent)
    }

    /// The text of a name that has one and is not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let texts = self.values.get(name)?;
        texts
            .iter()
            .map(|text| text.trim())
            .find(|text| !text.is_empty())
    }

    pub(super) fn set(&mut self, name: &str, text: impl Into<String>) {
        self.values.insert(name.to_owned(), vec![text.into()]);
    }
}

/// A date as the older functions send it: in elements year, month and day.
fn legacy_day(node: NodeRef<'_>) -> Option<String> {
    if !node.has_children() {
        return None;
    }
    let part = |name: &str| node.child(name).map(|part| part.text().trim());
    let all = node
        .children()
        .all(|child| ["year", "month", "day"].contains(&child.name()));
    match (part("year"), part("month"), part("day")) {
        (Some(year), Some(month), Some(day)) if all => Some(format!("{month}/{day}/{year}")),
        _ => None,
    }
}

/// What was sent as a draft.
///
/// # Errors
/// Every name that is none and every value that does not fit, by the names of the face.
pub(super) fn draft(
    known: Known<'_>,
    operation: Operation,
    sent: &Sent,
) -> Result<Draft, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut body = body(known, operation, sent, &mut problems);
    if operation == Operation::Update {
        clear_unsent(known, sent, &mut body);
    }
    let drafted = draft::draft(known.registry, known.definition, operation, &body);
    match (drafted, problems.is_empty()) {
        (Ok(draft), true) => Ok(draft),
        (Ok(_), false) => Err(problems),
        (Err(more), _) => {
            problems.extend(more.into_iter().map(|problem| renamed(known, problem)));
            Err(problems)
        }
    }
}

/// A list that is not sent is cleared, as the vendor's documents say.
fn clear_unsent(known: Known<'_>, sent: &Sent, body: &mut Node) {
    for field in &known.face.fields {
        let found = known.definition.named(&field.path);
        if found.is_some_and(Field::is_list) && !sent.values.contains_key(&field.name) {
            put(body, &field.path, Node::Array(Vec::new()));
        }
    }
}

/// What was sent in the form that every door shares, with what is wrong by the names of the face.
fn body(known: Known<'_>, operation: Operation, sent: &Sent, problems: &mut Vec<Problem>) -> Node {
    let mut body = Node::Object(Vec::new());
    for (name, texts) in &sent.values {
        let Some(field) = known.face.field(name) else {
            let is_empty = texts.iter().all(|text| text.trim().is_empty());
            // A name without a value here is taken for what it is: nothing.
            let stands = known.face.names().contains(&name.as_str());
            if !(is_empty || stands) {
                problems.push(problem::UNKNOWN_FIELD.with("FIELD", name).at(name));
            }
            continue;
        };
        if known
            .definition
            .named(&field.path)
            .is_some_and(Field::is_list)
        {
            put(&mut body, &field.path, references(texts));
            continue;
        }
        let [text] = texts.as_slice() else {
            problems.push(problem::XML_TWICE.with("FIELD", name).at(name));
            continue;
        };
        if operation == Operation::Create && text.trim().is_empty() {
            continue;
        }
        let Some((kind, words)) = kind_of(known, &field.path) else {
            problems.push(problem::UNKNOWN_FIELD.with("FIELD", name).at(name));
            continue;
        };
        match node(&kind, text, words) {
            Ok(node) => put(&mut body, &field.path, node),
            Err(reason) => problems.push(
                problem::VALUE_UNFIT
                    .with("FIELD", name)
                    .with("REASON", reason)
                    .at(name),
            ),
        }
    }
    for (path, ids) in &sent.lists {
        put(&mut body, path, references(ids));
    }
    for (name, items) in &sent.items {
        let (Some(field), Some(of)) = (known.face.field(name), known.items(name)) else {
            continue;
        };
        let mut nodes = Vec::with_capacity(items.len());
        for item in items {
            // Whatever has a number is there already.
            let operation = match item.text(NUMBER) {
                Some(_) => Operation::Update,
                None => Operation::Create,
            };
            let mut wrong = Vec::new();
            nodes.push(self::body(of, operation, item, &mut wrong));
            problems.extend(wrong.into_iter().map(|problem| below(name, problem)));
        }
        put(&mut body, &field.path, Node::Array(nodes));
    }
    body
}

/// A problem of an item, with the name of the list before that of the field.
fn below(list: &str, mut problem: Problem) -> Problem {
    let Some(place) = problem.place.clone() else {
        return problem;
    };
    let name = format!("{list}.{place}");
    rename(&mut problem, &place, &name);
    problem.at(name)
}

/// The type at the end of a dotted name.
fn kind_of(known: Known<'_>, path: &str) -> Option<(FieldType, Words)> {
    let found = resolve_internal(known.registry, known.definition, path)?;
    let End::Field(end) = found.end else {
        return None;
    };
    let kind = known.registry.at(found.object).field(end).kind.clone();
    Some((kind, Words::Labels))
}

fn node(kind: &FieldType, text: &str, words: Words) -> Result<Node, String> {
    // Rights are joined by bars.
    if let FieldType::Words(_) = kind {
        let parts = text
            .split('|')
            .map(str::trim)
            .filter(|part| !part.is_empty());
        return Ok(Node::Array(
            parts.map(|part| Node::Text(part.to_owned())).collect(),
        ));
    }
    Ok(match value::scalar(kind, text, words)? {
        Scalar::Null => Node::Null,
        Scalar::Boolean(yes) => Node::Boolean(yes),
        // Numbers are sent as text where they may have more digits than a number keeps.
        Scalar::Number(number) => Node::Text(number),
        Scalar::Text(text) => Node::Text(text),
    })
}

/// A list of references by their ids; empty ones name nothing.
fn references(ids: &[String]) -> Node {
    let filled = ids.iter().map(|id| id.trim()).filter(|id| !id.is_empty());
    let named = filled.map(|id| {
        let id = Node::Text(id.to_owned());
        Node::Object(vec![("id".to_owned(), id)])
    });
    Node::Array(named.collect())
}

/// Puts a node under its dotted name, making the groups on the way.
fn put(body: &mut Node, path: &str, node: Node) {
    let Node::Object(members) = body else { return };
    let (name, rest) = match path.split_once('.') {
        Some((group, rest)) => (group, Some(rest)),
        None => (path, None),
    };
    let at = match members.iter().position(|(known, _)| known == name) {
        Some(at) => at,
        None => {
            members.push((name.to_owned(), Node::Object(Vec::new())));
            members.len() - 1
        }
    };
    match rest {
        Some(rest) => put(&mut members[at].1, rest, node),
        None => members[at].1 = node,
    }
}

/// A problem with its place and its field named as the face names them.
pub(super) fn renamed(known: Known<'_>, mut problem: Problem) -> Problem {
    let Some(place) = problem.place.clone() else {
        return problem;
    };
    let Some(name) = named(known, &place) else {
        return problem;
    };
    rename(&mut problem, &place, &name);
    problem.at(name)
}

/// Gives the field that a sentence speaks of another name.
fn rename(problem: &mut Problem, from: &str, to: &str) {
    for (placeholder, value) in &mut problem.placeholders {
        if *placeholder == "FIELD" && value == from {
            to.clone_into(value);
        }
    }
}

/// What the face calls the field at a place such as `/contact/lastName`.
fn named(known: Known<'_>, place: &str) -> Option<String> {
    let path = place.strip_prefix('/')?.replace('/', ".");
    for field in &known.face.fields {
        let Some(of) = known.items(&field.name) else {
            continue;
        };
        let inside = path.strip_prefix(&field.path);
        let inside = inside.and_then(|rest| rest.strip_prefix('.'));
        if let Some((_, member)) = inside.and_then(|rest| rest.split_once('.')) {
            let member = named(of, &format!("/{}", member.replace('.', "/")))?;
            return Some(format!("{}.{member}", field.name));
        }
    }
    // Items of lists are not told apart.
    let is_number = |part: &&str| part.bytes().all(|b| b.is_ascii_digit());
    let path = path
        .split('.')
        .filter(|part| !is_number(part))
        .collect::<Vec<_>>()
        .join(".");
    let exact = |path: &str| known.face.fields.iter().find(|field| field.path == path);
    let id = format!("{path}.id");
    let list = path.rsplit_once('.').map_or("", |(list, _)| list);
    let field = exact(&path)
        .or_else(|| exact(&id))
        .or_else(|| exact(list))?;
    Some(field.name.clone())
}

/// What the gateway calls the field that people type to name a record.
pub(super) fn id_name(known: Known<'_>) -> Option<&str> {
    let id = known.definition.id?;
    let path = &known.definition.field(id).name;
    let field = known.face.fields.iter().find(|field| field.path == *path);
    field.map(|field| field.name.as_str())
}

/// The record that an update names, by its number or by what people type.
pub(super) enum Naming {
    Key(RecordKey),
    Id(String),
}

/// How an update names its record; the number is taken out of what was sent.
///
/// # Errors
/// When it does not, or not by a number.
pub(super) fn naming(known: Known<'_>, sent: &mut Sent) -> Result<Naming, Problem> {
    let number = sent.text("RECORDNO").map(str::to_owned);
    sent.values.remove("RECORDNO");
    if let Some(text) = number {
        return RecordKey::parse(&text).map(Naming::Key).ok_or_else(|| {
            problem::VALUE_UNFIT
                .with("FIELD", "RECORDNO")
                .with("REASON", "must be a record number")
                .at("RECORDNO")
        });
    }
    let id = id_name(known);
    match id.and_then(|name| sent.text(name)) {
        Some(text) => Ok(Naming::Id(text.to_owned())),
        None => {
            let wanted = match id {
                Some(name) => format!("RECORDNO or {name}"),
                None => "RECORDNO".to_owned(),
            };
            Err(problem::REQUIRED_MISSING.with("FIELD", &wanted).at(wanted))
        }
    }
}

/// The field that people type, by its own name.
pub(super) fn id_path(definition: &Definition) -> &str {
    definition
        .id
        .map_or("key", |id| definition.field(id).name.as_str())
}
