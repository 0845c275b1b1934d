//! The audit trail: entries of a company in a chain, each with the hash of the one before.
//!
//! One entry for each written record; a line for each changed field, for a new or deleted record one
//! for each field that has a value. Secrets say `changed`. Hashes leave the company out, so that the
//! chain of a copied company verifies.

use ring::digest::{Context, SHA256};
use sidegate_model::access::Sight;
use sidegate_model::field_type::{day_text, decimal_text, moment_text};
use sidegate_model::query::{Direction, Filter, Operand, Operator, Plan, Query};
use sidegate_model::words::split;
use sidegate_model::{
    Definition, Failure, Field, FieldIndex, FieldType, Operation, Record, RecordKey, Result, Rule,
    Scalar, Value,
};

use crate::actor::{Actor, Door, Named};
use crate::pipeline::{Change, differs, id_of};
use crate::work::Work;

const ENTRY: &str = "sidegate/audit-entry";
const LINE: &str = "sidegate/audit-line";
const ENTRY_FIELDS: &[&str] = &[
    "key",
    "at",
    "event",
    "object",
    "record",
    "actor",
    "client",
    "entity",
    "address",
    "door",
    "request",
    "source",
    "action",
    "objectId",
    "completedBy",
    "advanced",
    "recordEntity",
    "workflowAction",
    "sender",
    "notes",
    "recordLocation",
    "recordDepartment",
    "recordTerritory",
    "hash",
];
const LINE_FIELDS: &[&str] = &["key", "field", "before", "after"];

/// One changed field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The field's name.
    pub field: String,
    /// What it was.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
}

/// Notes a written record.
pub(crate) fn note_change(work: &mut Work<'_>, change: &Change<'_>) -> Result<()> {
    let event = match change.operation {
        Operation::Create => "create",
        Operation::Update => "update",
        Operation::Delete => "delete",
        Operation::List | Operation::Get => return Ok(()),
    };
    let lines = lines(change);
    // What changed are items of it, which have entries of their own.
    if lines.is_empty() && change.operation == Operation::Update {
        return Ok(());
    }
    let place = place_of(work, change.definition, &change.after)?;
    let actor = work.actor().clone();
    let happening = Happening {
        event,
        object: &change.definition.name,
        record: Some(change.key()),
        id: &id_of(change.definition, &change.after),
        personal: change.definition.personal,
        entity: place.entity,
    };
    note_at(work, &actor, &happening, &place, &lines)
}

/// Where a record belongs: what restricts who sees it restricts who sees what the trail tells of it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Place {
    pub(crate) entity: Option<RecordKey>,
    location: Option<RecordKey>,
    department: Option<RecordKey>,
    territory: Option<RecordKey>,
}

/// Where a record belongs, by itself or with the record that it belongs to.
pub(crate) fn place_of(
    work: &mut Work<'_>,
    definition: &Definition,
    record: &Record,
) -> Result<Place> {
    let by = definition.restriction.clone();
    let own = |field: Option<FieldIndex>| field.and_then(|field| record.get(field).as_key());
    let mut place = Place {
        entity: own(by.entity),
        location: own(by.location),
        department: own(by.department),
        territory: own(by.territory),
    };
    if let Some(field) = by.department_of {
        let of = owner_place(work, definition, record, field)?;
        place.department = place.department.or(of.department);
    }
    if let Some(field) = by.through {
        let of = owner_place(work, definition, record, field)?;
        place.entity = place.entity.or(of.entity);
        place.location = place.location.or(of.location);
        place.department = place.department.or(of.department);
        place.territory = place.territory.or(of.territory);
    }
    Ok(place)
}

/// Where the record belongs that a field of another names.
fn owner_place(
    work: &mut Work<'_>,
    definition: &Definition,
    record: &Record,
    field: FieldIndex,
) -> Result<Place> {
    let registry = work.registry();
    let owner = registry
        .target_of(definition.field(field))
        .expect("checked at load");
    let Some(key) = record.get(field).as_key() else {
        return Ok(Place::default());
    };
    match work.record_within(owner, key, Sight::ALL)? {
        Some(record) => place_of(work, owner, &record),
        None => Ok(Place::default()),
    }
}

/// What an entry tells of.
pub(crate) struct Happening<'h> {
    /// One of the entry's words.
    pub(crate) event: &'h str,
    /// The object, or nothing.
    pub(crate) object: &'h str,
    /// The record's key.
    pub(crate) record: Option<RecordKey>,
    /// What people call the record.
    pub(crate) id: &'h str,
    /// Whether the record is of a person.
    pub(crate) personal: bool,
    /// The entity that the record belongs to.
    pub(crate) entity: Option<RecordKey>,
}

impl Happening<'_> {
    /// The word of the published audit history for the event.
    fn action(&self) -> &'static str {
        match self.event {
            "create" | "fill" => "create",
            "update" => "modify",
            "delete" => "delete",
            "signIn" | "refuse" | "refuseSignIn" | "read" => "access",
            "export" => "userAction",
            _ => "activity",
        }
    }
}

fn lines(change: &Change<'_>) -> Vec<Line> {
    let (before, after) = match change.operation {
        Operation::Delete => (Some(&change.after), None),
        _ => (change.before.as_ref(), Some(&change.after)),
    };
    let mut lines = Vec::new();
    for field in &change.definition.fields {
        if field.column == "key" || field.is_stamp() {
            continue;
        }
        let changed = match (before, after) {
            (before, Some(after)) => differs(field, before, after),
            (Some(before), None) => differs(field, None, before),
            (None, None) => false,
        };
        if changed {
            let side = |record: Option<&Record>| record.and_then(|record| side(field, record));
            lines.push(Line {
                field: field.name.clone(),
                before: side(before),
                after: side(after),
            });
        }
    }
    lines
}

fn side(field: &Field, record: &Record) -> Option<String> {
    if field.is_list() {
        let keys: Vec<String> = record
            .list(field.index)
            .iter()
            .map(RecordKey::to_string)
            .collect();
        return Some(keys.join(","));
    }
    let value = record.get(field.index);
    if value.is_null() {
        return None;
    }
    let secret = field.is(Rule::Secret) || matches!(field.kind, FieldType::Bytes | FieldType::File);
    Some(if secret {
        "changed".to_owned()
    } else {
        shown(field, value)
    })
}

/// A value as the trail and messages write it.
pub(crate) fn shown(field: &Field, value: &Value) -> String {
    match (value, &field.kind) {
        (Value::Null, _) => String::new(),
        (Value::Decimal(units), FieldType::Decimal { scale, .. }) => decimal_text(*units, *scale),
        (Value::Boolean(yes), _) => yes.to_string(),
        (Value::Integer(n) | Value::Decimal(n), _) => n.to_string(),
        (Value::Date(days), _) => day_text(*days),
        (Value::Moment(at), _) => moment_text(*at),
        (Value::Text(text), FieldType::Words(_)) => split(text).collect::<Vec<_>>().join(","),
        (Value::Text(text), _) => text.clone(),
        (Value::Bytes(_), _) => "bytes".to_owned(),
        (Value::Key(key), _) => key.to_string(),
    }
}

/// Who did it, whence and when, as an entry says it.
pub(crate) struct Source<'s> {
    /// When it happened.
    pub(crate) at: i64,
    /// The user, if it was one.
    pub(crate) user: Option<&'s Named>,
    /// The id of the client application.
    pub(crate) client: Option<&'s str>,
    /// The id of the sender.
    pub(crate) sender: Option<&'s str>,
    /// The entity of the call.
    pub(crate) entity: Option<RecordKey>,
    /// Where the call came from.
    pub(crate) address: &'s str,
    /// Through which door.
    pub(crate) door: Door,
    /// The id of the request.
    pub(crate) request: &'s str,
    /// The action of a workflow, or what took its place.
    pub(crate) workflow: Option<&'s str>,
    /// What else is to be said; perhaps nothing.
    pub(crate) notes: &'s str,
}

/// Adds an entry to the company's chain, in somebody's name.
pub(crate) fn note_as(
    work: &mut Work<'_>,
    actor: &Actor,
    happening: &Happening<'_>,
    lines: &[Line],
) -> Result<()> {
    let place = Place {
        entity: happening.entity,
        ..Place::default()
    };
    note_at(work, actor, happening, &place, lines)
}

fn note_at(
    work: &mut Work<'_>,
    actor: &Actor,
    happening: &Happening<'_>,
    place: &Place,
    lines: &[Line],
) -> Result<()> {
    let call = work.call().clone();
    let workflow = work.workflow();
    let source = Source {
        at: work.now(),
        user: actor.user.as_ref(),
        client: actor.client.as_ref().map(|client| client.id.as_str()),
        sender: actor.sender.as_ref().map(|sender| sender.id.as_str()),
        entity: actor.entity.as_ref().map(|entity| entity.key),
        address: &call.address,
        door: call.door,
        request: &call.request,
        workflow,
        notes: "",
    };
    let action = workflow.map_or(happening.action(), |_| "workflow");
    let advanced = happening.personal.then_some("dataChange");
    append(work, &source, happening, (action, advanced), place, lines)
}

/// Adds an entry about what was no change to the company's chain.
pub(crate) fn note_evidence(
    work: &mut Work<'_>,
    source: &Source<'_>,
    happening: &Happening<'_>,
    place: &Place,
    lines: &[Line],
) -> Result<()> {
    let advanced = happening.personal.then_some("personalDataAccess");
    let words = (happening.action(), advanced);
    append(work, source, happening, words, place, lines)
}

fn append(
    work: &mut Work<'_>,
    source: &Source<'_>,
    happening: &Happening<'_>,
    (action, advanced): (&str, Option<&str>),
    place: &Place,
    lines: &[Line],
) -> Result<()> {
    let definition = work.object(ENTRY);
    let key = work.session().next_key(definition);
    let key = work.stored(key)?;
    let previous = match RecordKey::new(key.number() - 1) {
        None => Vec::new(),
        Some(previous) => match work
            .first(ENTRY, &["hash"], &[("key", Value::Key(previous))])?
            .as_deref()
        {
            Some([Value::Bytes(hash)]) => hash.clone(),
            _ => Vec::new(),
        },
    };
    let text = |text: &str| {
        if text.is_empty() {
            Value::Null
        } else {
            Value::from(text)
        }
    };
    let values = vec![
        Value::Key(key),
        Value::Moment(source.at),
        Value::from(happening.event),
        text(happening.object),
        Value::from(happening.record),
        Value::from(source.user.map(|user| user.key)),
        source.client.map_or(Value::Null, Value::from),
        Value::from(source.entity),
        text(source.address),
        Value::from(source.door.word()),
        text(source.request),
        Value::from(source.door.source()),
        Value::from(action),
        text(happening.id),
        text(source.user.map_or("", |user| user.id.as_str())),
        advanced.map_or(Value::Null, Value::from),
        Value::from(place.entity),
        text(source.workflow.unwrap_or_default()),
        source.sender.map_or(Value::Null, Value::from),
        text(source.notes),
        Value::from(place.location),
        Value::from(place.department),
        Value::from(place.territory),
    ];
    let hash = chain(&previous, &values, lines);
    let mut entry = Record::empty(definition);
    for (name, value) in ENTRY_FIELDS
        .iter()
        .zip(values.into_iter().chain([Value::Bytes(hash)]))
    {
        entry.set(index(definition, name), value);
    }
    insert(work, definition, vec![entry])?;
    raise(work, definition)?;
    note_lines(work, key, lines)
}

/// The lines of one entry; their keys are taken together, as a record may have many.
fn note_lines(work: &mut Work<'_>, entry: RecordKey, lines: &[Line]) -> Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let definition = work.object(LINE);
    let first = work.session().next_keys(definition, lines.len());
    let first = work.stored(first)?.number();
    let mut rows = Vec::with_capacity(lines.len());
    for (number, line) in (0..).zip(lines) {
        let mut row = Record::empty(definition);
        let side = |side: &Option<String>| side.as_deref().map_or(Value::Null, Value::from);
        row.set(
            index(definition, "key"),
            Value::from(RecordKey::new(first + number)),
        );
        row.set(index(definition, "entry"), Value::Key(entry));
        let label = format!("{entry}:{}", number + 1);
        row.set(index(definition, "label"), Value::Text(label));
        row.set(index(definition, "field"), Value::from(line.field.as_str()));
        row.set(index(definition, "before"), side(&line.before));
        row.set(index(definition, "after"), side(&line.after));
        rows.push(row);
    }
    insert(work, definition, rows)?;
    raise(work, definition)
}

fn index(definition: &Definition, name: &str) -> FieldIndex {
    definition
        .named(name)
        .expect("the trail's own fields are declared")
        .index
}

/// Entries are written by nobody but this file, so they carry their stamps and skip the pipeline.
fn insert(work: &mut Work<'_>, definition: &Definition, mut records: Vec<Record>) -> Result<()> {
    let now = Value::Moment(work.now());
    for record in &mut records {
        record.set(index(definition, "version"), Value::Integer(1));
        record.set(index(definition, "audit.createdDateTime"), now.clone());
        record.set(index(definition, "audit.modifiedDateTime"), now.clone());
    }
    let done = work.session().insert_rows(definition, &records);
    work.stored(done)
}

fn raise(work: &mut Work<'_>, definition: &Definition) -> Result<()> {
    let done = work.session().raise_change(definition);
    work.stored(done)
}

/// SHA-256 over the previous hash and the entry: each part with its length before it, so that no two
/// entries read alike.
fn chain(previous: &[u8], values: &[Value], lines: &[Line]) -> Vec<u8> {
    let mut context = Context::new(&SHA256);
    context.update(previous);
    let mut part = |bytes: Option<&[u8]>| match bytes {
        None => context.update(&[0]),
        Some(bytes) => {
            context.update(&[1]);
            context.update(&(bytes.len() as u64).to_be_bytes());
            context.update(bytes);
        }
    };
    for value in values {
        match value {
            Value::Null => part(None),
            Value::Text(text) => part(Some(text.as_bytes())),
            other => part(
                other
                    .as_number()
                    .map(i64::to_be_bytes)
                    .as_ref()
                    .map(<[u8; 8]>::as_slice),
            ),
        }
    }
    for line in lines {
        part(Some(line.field.as_bytes()));
        part(line.before.as_deref().map(str::as_bytes));
        part(line.after.as_deref().map(str::as_bytes));
    }
    context.finish().as_ref().to_vec()
}

/// What a walk along a company's chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All entries fit.
    Whole {
        /// How many.
        entries: i64,
    },
    /// The chain breaks here.
    Broken {
        /// The number of the entry.
        entry: i64,
        /// What is wrong with it.
        reason: &'static str,
    },
}

/// The most lines of one look at a record's trail.
const MOST_TRAIL: u32 = 500;

/// One line of a record's trail.
#[derive(Clone, Debug)]
pub struct TrailLine {
    /// When, in microseconds since the epoch.
    pub at: i64,
    /// The word of what was done.
    pub action: String,
    /// The id of who did it.
    pub by: String,
    /// The word of where it came from.
    pub source: String,
    /// The sender or the client application that vouched; empty if none did.
    pub through: String,
    /// The field; empty where the entry speaks of no field.
    pub field: String,
    /// What it held before.
    pub before: String,
    /// What it holds since.
    pub after: String,
}

impl Work<'_> {
    /// What was done to a record, the newest first, for whoever may look at it. Secrets say only that
    /// they changed.
    ///
    /// # Errors
    /// When she may not look at the record, or there is none.
    pub fn trail(&mut self, definition: &Definition, key: RecordKey) -> Result<Vec<TrailLine>> {
        self.authorise(definition, Operation::Get)?;
        let sight = self.actor().sight();
        let mut found = false;
        self.visit(
            &Plan::record(self.registry(), definition, sight, key),
            &mut |_| {
                found = true;
            },
        )?;
        if !found {
            return Err(crate::read::absent(definition, key));
        }
        let equal = |field: &str, value: Scalar| Filter {
            operator: Operator::Equal,
            field: field.to_owned(),
            operand: Operand::One(value),
            place: String::new(),
        };
        let query = Query {
            fields: TRAIL_FIELDS.iter().map(|name| (*name).to_owned()).collect(),
            filters: vec![
                equal("entry.object", Scalar::Text(definition.name.clone())),
                equal("entry.record", Scalar::Text(key.to_string())),
            ],
            order: vec![("key".to_owned(), Direction::Descending)],
            start: 1,
            size: MOST_TRAIL,
            ..Query::default()
        };
        let lines = self.object(LINE);
        let plan = query
            .plan_on(self.registry(), lines, Sight::ALL)
            .map_err(Failure::Refused)?;
        let mut trail = Vec::new();
        self.page(&plan, &mut |row| {
            let text = |at: usize| row.text(at).unwrap_or_default().to_owned();
            let through = [text(4), text(5)].into_iter().find(|word| !word.is_empty());
            trail.push(TrailLine {
                at: row.number(0).unwrap_or_default(),
                action: text(1),
                by: text(2),
                source: text(3),
                through: through.unwrap_or_default(),
                field: text(6),
                before: text(7),
                after: text(8),
            });
            Ok(())
        })?;
        Ok(trail)
    }
}

const TRAIL_FIELDS: &[&str] = &[
    "entry.at",
    "entry.action",
    "entry.completedBy",
    "entry.source",
    "entry.sender",
    "entry.client",
    "field",
    "before",
    "after",
];

/// Entries read in one snapshot of a walk.
const STRIDE: u32 = 500;

/// One stride along the chain: goes on after entry `after`, whose hash is `previous`.
/// Gives the last entry it read with its hash, or the verdict.
///
/// # Errors
/// What the database says.
pub fn verify_stride(
    work: &mut Work<'_>,
    after: i64,
    previous: &[u8],
) -> Result<std::result::Result<(i64, Vec<u8>), Verdict>> {
    let mut previous = previous.to_vec();
    let mut number = after;
    for _ in 0..STRIDE {
        let Some(key) = RecordKey::new(number + 1) else {
            break;
        };
        let Some(mut entry) = work.first(ENTRY, ENTRY_FIELDS, &[("key", Value::Key(key))])? else {
            return verify_end(work, number).map(Err);
        };
        let hash = entry.pop();
        let lines: Vec<Line> = work
            .all(
                LINE,
                LINE_FIELDS,
                &[("entry.key", Value::Key(key))],
                u32::MAX,
            )?
            .into_iter()
            .map(|row| {
                let text = |at: usize| row[at].as_text().map(str::to_owned);
                Line {
                    field: text(1).unwrap_or_default(),
                    before: text(2),
                    after: text(3),
                }
            })
            .collect();
        let wanted = chain(&previous, &entry, &lines);
        if hash != Some(Value::Bytes(wanted.clone())) {
            return Ok(Err(Verdict::Broken {
                entry: number + 1,
                reason: "its hash does not fit its content and the entry before it",
            }));
        }
        previous = wanted;
        number += 1;
    }
    Ok(Ok((number, previous)))
}

/// Nothing may follow a missing entry.
fn verify_end(work: &mut Work<'_>, entries: i64) -> Result<Verdict> {
    let mut plan = Plan::internal(work.registry(), ENTRY, &["key"], &[], 1);
    plan.window.start = u32::try_from(entries + 1).unwrap_or(u32::MAX);
    let mut more = false;
    work.visit(&plan, &mut |_| more = true)?;
    // An entry taken from the end leaves no gap, but its number was given.
    let definition = work.object(ENTRY);
    let last = work.session().last_key(definition);
    let last = work.stored(last)?;
    Ok(if more || last > entries {
        Verdict::Broken {
            entry: entries + 1,
            reason: "it is missing",
        }
    } else {
        Verdict::Whole { entries }
    })
}
