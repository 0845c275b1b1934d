//! Rows to JSON, written straight from the row into the answer's buffer.
//!
//! Member names are rendered once for each view; nothing is collected on the way.

use std::cell::RefCell;
use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sidegate_engine::RowRef;
use sidegate_model::field_type::{day_text, decimal_text, moment_text};
use sidegate_model::query::{ColumnAt, Output, Plan, Shape, Show};
use sidegate_model::words::split;
use sidegate_model::{Definition, Field, FieldIndex, FieldType, RecordKey, Registry};

/// The end of an answer about one record.
pub(super) const ONE_FINE: &[u8] =
    b",\"ia::meta\":{\"totalCount\":1,\"totalSuccess\":1,\"totalError\":0}}";

/// JSON text with its quotes.
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a Vec takes everything");
}

/// A decimal as a JSON number, without zeros that say nothing.
pub(crate) fn bare_decimal(units: i64, scale: u8) -> String {
    let text = decimal_text(units, scale);
    match text.split_once('.') {
        None => text,
        Some(_) => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
    }
}

fn number(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// How one output of a plan is written.
#[derive(Debug)]
pub(crate) enum Form {
    /// The same word for every row.
    Word(String),
    Value(FieldType),
    /// What stands before the key in an address.
    Href(String),
}

impl Form {
    fn write(&self, out: &mut Vec<u8>, row: &RowRef<'_>, at: usize) {
        let wrote = match self {
            Self::Href(before) => row.number(at).map(|key| {
                out.push(b'"');
                out.extend_from_slice(before.as_bytes());
                number(out, key);
                out.push(b'"');
            }),
            Self::Word(word) => {
                text(out, word);
                Some(())
            }
            Self::Value(kind) => value(out, row, at, kind),
        };
        if wrote.is_none() {
            out.extend_from_slice(b"null");
        }
    }
}

/// Writes a column by its field's type; nothing when it is null.
fn value(out: &mut Vec<u8>, row: &RowRef<'_>, at: usize, kind: &FieldType) -> Option<()> {
    match kind {
        FieldType::Text { .. } | FieldType::Email | FieldType::Choice(_) => {
            text(out, row.text(at)?);
        }
        FieldType::Boolean => {
            out.extend_from_slice(if row.boolean(at)? { b"true" } else { b"false" });
        }
        FieldType::Integer => number(out, row.number(at)?),
        FieldType::Decimal { scale, bare: true } => {
            out.extend_from_slice(bare_decimal(row.number(at)?, *scale).as_bytes());
        }
        FieldType::Decimal { scale, .. } => text(out, &decimal_text(row.number(at)?, *scale)),
        FieldType::Date => text(out, &day_text(i32::try_from(row.number(at)?).ok()?)),
        FieldType::Moment => text(out, &moment_text(row.number(at)?)),
        FieldType::Key | FieldType::Reference(_) | FieldType::References(_) => {
            let key = row.number(at)?;
            out.push(b'"');
            number(out, key);
            out.push(b'"');
        }
        // An empty list is stored as nothing and shown as a list.
        FieldType::Words(_) => {
            out.push(b'[');
            for (number, word) in split(row.text(at).unwrap_or_default()).enumerate() {
                if number > 0 {
                    out.push(b',');
                }
                text(out, word);
            }
            out.push(b']');
        }
        // Written by a door as it stands.
        FieldType::Json { .. } => out.extend_from_slice(row.text(at)?.as_bytes()),
        FieldType::File => {
            let bytes = row.bytes(at)?;
            out.push(b'"');
            let begin = out.len();
            let most = bytes.len().div_ceil(3) * 4;
            out.resize(begin + most, 0);
            let wrote = STANDARD.encode_slice(bytes, &mut out[begin..]);
            out.truncate(begin + wrote.expect("room for four characters every three bytes"));
            out.push(b'"');
        }
        // No door shows bytes, and owned lists have rows of their own.
        FieldType::Bytes | FieldType::Owned(_) => return None,
    }
    Some(())
}

/// How each named output of a plan is written.
pub(crate) fn forms(registry: &Registry, plan: &Plan) -> Vec<Form> {
    let shape = &plan.shape;
    let outputs = shape.outputs.iter().take(plan.names.len());
    let word = |output: &Output| {
        let own = output.at == ColumnAt::plain(0, FieldIndex::KEY);
        let word = registry.at(shape.object).singleton.as_ref();
        word.filter(|_| own && !matches!(output.show, Show::Aggregate(_)))
    };
    outputs
        .map(|output| match (output.show, word(output)) {
            (Show::Href(object), Some(word)) => {
                Form::Word(format!("{}{word}", registry.at(object).href()))
            }
            (_, Some(word)) => Form::Word(word.clone()),
            (show, None) => form(registry, shape, output, show),
        })
        .collect()
}

fn form(registry: &Registry, shape: &Shape, output: &Output, show: Show) -> Form {
    match show {
        Show::Href(object) => Form::Href(registry.at(object).href()),
        Show::Named => Form::Value(FieldType::Boolean),
        Show::Listed(_) => Form::Value(FieldType::Text { max: usize::MAX }),
        Show::Value | Show::Aggregate(_) => {
            let object = match output.at.alias {
                0 => shape.object,
                alias => shape.joins[usize::from(alias) - 1].target,
            };
            let kind = &registry.at(object).field(output.at.field).kind;
            Form::Value(match output.show {
                Show::Aggregate(function) => function.kind(kind),
                Show::Value | Show::Href(_) | Show::Named | Show::Listed(_) => kind.clone(),
            })
        }
    }
}

/// Flat rows: one member for each requested name, exactly as it was requested.
#[derive(Debug)]
pub(super) struct Rows {
    members: Vec<(Vec<u8>, Form)>,
}

impl Rows {
    pub(super) fn new(registry: &Registry, plan: &Plan) -> Self {
        let members = plan
            .names
            .iter()
            .zip(forms(registry, plan))
            .enumerate()
            .map(|(at, (name, form))| (member(name, at == 0), form))
            .collect();
        Self { members }
    }

    /// Adds one row.
    pub(super) fn row(&self, out: &mut Vec<u8>, row: &RowRef<'_>) {
        if out.last() == Some(&b'}') {
            out.push(b',');
        }
        out.push(b'{');
        for (at, (name, form)) in self.members.iter().enumerate() {
            out.extend_from_slice(name);
            form.write(out, row, at);
        }
        out.push(b'}');
    }
}

/// `,"name":`, without the comma for the first.
fn member(name: &str, first: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(name.len() + 4);
    if !first {
        out.push(b',');
    }
    text(&mut out, name);
    out.push(b':');
    out
}

/// One record nested by its groups and references.
#[derive(Debug)]
pub(super) struct Nested {
    root: Members,
    forms: Vec<Form>,
    /// The output that holds the version, beyond the named ones.
    version_at: usize,
}

/// Rendered names with what stands under them.
type Members = Vec<(Vec<u8>, Node)>;

#[derive(Debug)]
enum Node {
    Group(Members),
    Output(usize),
    List { field: FieldIndex, before: String },
    Owned(FieldIndex),
}

/// Items of a record's lists, as they were read before its row.
pub(super) type Items = Vec<(FieldIndex, RecordKey, String)>;

/// Rendered items of owned lists, by the list and the record it belongs to.
pub(super) type OwnedItems = HashMap<(FieldIndex, RecordKey), Vec<u8>>;

/// Owned lists that are written later: which, and where their items stand among the bytes.
pub(super) type Holes = Vec<(FieldIndex, usize)>;

/// What is written for an owned list.
pub(super) enum Owned<'o> {
    /// Its items, which were rendered before.
    Rendered(&'o OwnedItems),
    /// Nothing yet: the place is noted.
    Later(&'o RefCell<Holes>),
}

impl Nested {
    /// Without key, id and address where `keyless`: such items are not addressed.
    pub(super) fn new(
        registry: &Registry,
        definition: &Definition,
        plan: &Plan,
        keyless: bool,
    ) -> Self {
        let mut root = Vec::new();
        // What people sent comes first, when and by whom it was saved last.
        let (stamps, own): (Vec<&Field>, Vec<&Field>) = definition
            .fields
            .iter()
            .partition(|field| field.name.starts_with("audit."));
        for field in own.into_iter().chain(stamps) {
            if keyless
                && (matches!(field.column.as_str(), "key") || field.name.starts_with("audit."))
            {
                continue;
            }
            if field.is_owned() && field.is_visible() {
                place(&mut root, &field.name, Node::Owned(field.index));
                continue;
            }
            if field.is_list() && field.is_visible() {
                let before = registry
                    .target_of(field)
                    .map(Definition::href)
                    .unwrap_or_default();
                place(
                    &mut root,
                    &field.name,
                    Node::List {
                        field: field.index,
                        before,
                    },
                );
                continue;
            }
            for (at, name) in plan.names.iter().enumerate() {
                let own = name.strip_prefix(&field.name).is_some_and(|rest| {
                    rest.is_empty() || (rest.starts_with('.') && field.kind.target().is_some())
                });
                if own {
                    place(&mut root, name, Node::Output(at));
                }
            }
        }
        if let Some(at) = plan
            .names
            .iter()
            .position(|name| name == "href" && !keyless)
        {
            place(&mut root, "href", Node::Output(at));
        }
        Self {
            root,
            forms: forms(registry, plan),
            version_at: plan.names.len(),
        }
    }

    /// The record as a JSON object.
    pub(super) fn record(
        &self,
        out: &mut Vec<u8>,
        row: &RowRef<'_>,
        items: &Items,
        owned: &Owned<'_>,
    ) {
        let known = Known {
            key: row.number(0).and_then(RecordKey::new),
            items,
            owned,
        };
        self.group(out, &self.root, row, &known);
    }

    /// The record that an item belongs to, which stands behind the version.
    pub(super) fn owner(&self, row: &RowRef<'_>) -> Option<RecordKey> {
        row.number(self.version_at + 1).and_then(RecordKey::new)
    }

    pub(super) fn version(&self, row: &RowRef<'_>) -> i64 {
        row.number(self.version_at).unwrap_or_default()
    }

    // As deep as declared names have dots.
    fn group(
        &self,
        out: &mut Vec<u8>,
        members: &[(Vec<u8>, Node)],
        row: &RowRef<'_>,
        known: &Known<'_>,
    ) {
        out.push(b'{');
        for (at, (name, node)) in members.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            out.extend_from_slice(name);
            match node {
                Node::Group(members) => self.group(out, members, row, known),
                Node::Output(at) => self.forms[*at].write(out, row, *at),
                Node::List { field, before } => list(out, *field, before, known.items),
                Node::Owned(field) => {
                    out.push(b'[');
                    match known.owned {
                        Owned::Rendered(items) => {
                            let rows = known.key.and_then(|key| items.get(&(*field, key)));
                            out.extend_from_slice(rows.map_or(&[], Vec::as_slice));
                        }
                        Owned::Later(holes) => holes.borrow_mut().push((*field, out.len())),
                    }
                    out.push(b']');
                }
            }
        }
        out.push(b'}');
    }
}

/// What was read before a record's row.
struct Known<'k> {
    key: Option<RecordKey>,
    items: &'k Items,
    owned: &'k Owned<'k>,
}

fn list(out: &mut Vec<u8>, field: FieldIndex, before: &str, items: &Items) {
    out.push(b'[');
    for (at, (_, key, id)) in items.iter().filter(|(of, ..)| *of == field).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"key\":\"");
        number(out, key.number());
        out.extend_from_slice(b"\",\"id\":");
        text(out, id);
        out.extend_from_slice(b",\"href\":\"");
        out.extend_from_slice(before.as_bytes());
        number(out, key.number());
        out.extend_from_slice(b"\"}");
    }
    out.push(b']');
}

/// Puts a node under its dotted name, making the groups on the way.
fn place(members: &mut Members, name: &str, node: Node) {
    let Some((group, rest)) = name.split_once('.') else {
        members.push((member(name, true), node));
        return;
    };
    let group = member(group, true);
    let at = members
        .iter()
        .position(|(known, node)| *known == group && matches!(node, Node::Group(_)));
    let at = at.unwrap_or_else(|| {
        members.push((group, Node::Group(Vec::new())));
        members.len() - 1
    });
    if let Node::Group(inner) = &mut members[at].1 {
        place(inner, rest, node);
    }
}

/// The begin of an answer with rows.
pub(super) const ROWS_BEGIN: &[u8] = b"{\"ia::result\":[";

/// The end of an answer with rows: how many there are and where the pages before and after begin.
pub(super) fn rows_end(out: &mut Vec<u8>, total: i64, start: u32, size: u32) {
    let (start, size) = (i64::from(start), i64::from(size));
    let next = (start + size <= total).then_some(start + size);
    let previous = (start > 1).then_some((start - size).max(1));
    out.extend_from_slice(b"],\"ia::meta\":{\"totalCount\":");
    number(out, total);
    out.extend_from_slice(b",\"start\":");
    number(out, start);
    out.extend_from_slice(b",\"pageSize\":");
    number(out, size);
    for (name, page) in [("next", next), ("previous", previous)] {
        out.extend_from_slice(format!(",\"{name}\":").as_bytes());
        match page {
            Some(page) => number(out, page),
            None => out.extend_from_slice(b"null"),
        }
    }
    out.extend_from_slice(b"}}");
}
