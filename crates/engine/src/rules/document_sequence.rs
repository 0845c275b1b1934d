//! Document sequences, the years they roll over in, and taking their next value.

use std::mem::discriminant;

use sidegate_model::{
    Definition, Draft, FieldIndex, Given, Operation, Pointed, Problem, Record, RecordKey, Result,
    Value, problem,
};

use super::counter::{MOST_LENGTH, Mark};
use super::refusal::{missing, taken, unfit};
use super::{NONE, RuleSet};
use crate::pipeline::{Change, Leave, id_of};
use crate::work::{Work, refuse_all};

const SEQUENCE: &str = "company-config/document-sequence";
const ROLLOVER: &str = "company-config/document-sequence-rollover";

const ID: &str = "id";
const TYPE: &str = "type";
const STATUS: &str = "status";
const LENGTH: &str = "fixedLength";
const PREFIX: &str = "fixedPrefix";
const AFTER_PREFIX: &str = "prefixSeparator";
const SUFFIX: &str = "fixedSuffix";
const BEFORE_SUFFIX: &str = "suffixSeparator";
const NUMBERS: [&str; 3] = ["startingNumber", "endingNumber", "nextNumber"];
const SEQUENCES: [&str; 3] = ["startingSequence", "endingSequence", "nextSequence"];
const ROLLS_OVER: &str = "rollover.isEnabled";
const ROLLS_SINCE: &str = "rollover.enabledDate";
const AFFIX: &str = "rollover.fiscalYearAffixPosition";
const BESIDE_YEAR: &str = "rollover.separator";

const OWNER: &str = "documentSequence";
const YEAR: &str = "fiscalYear";
const NEXT_NUMBER: &str = NUMBERS[2];
const NEXT_SEQUENCE: &str = SEQUENCES[2];

pub(super) const RULES: RuleSet = RuleSet {
    object: SEQUENCE,
    fields: &[
        ID,
        TYPE,
        STATUS,
        LENGTH,
        PREFIX,
        AFTER_PREFIX,
        SUFFIX,
        BEFORE_SUFFIX,
        NUMBERS[0],
        NUMBERS[1],
        NUMBERS[2],
        SEQUENCES[0],
        SEQUENCES[1],
        SEQUENCES[2],
        ROLLS_OVER,
        ROLLS_SINCE,
        AFFIX,
        BESIDE_YEAR,
    ],
    before: &[counts_as_its_type_says, knows_since_when_it_rolls_over],
    ..NONE
};

pub(super) const ROLLOVERS: RuleSet = RuleSet {
    object: ROLLOVER,
    fields: &[OWNER, YEAR, NEXT_NUMBER, NEXT_SEQUENCE],
    before: &[is_of_a_year_of_its_own, counts_as_its_sequence_does],
    ..NONE
};

/// The first and the last value of a sequence, and how long they are.
struct Range {
    /// Start, end and next of the sequence's type.
    names: [&'static str; 3],
    length: Option<usize>,
    first: Mark,
    last: Mark,
}

impl Range {
    /// What a stored sequence says, if it is whole.
    fn of(definition: &Definition, record: &Record) -> Option<Self> {
        let value = |name: &str| {
            definition
                .named(name)
                .map_or(&Value::Null, |field| record.get(field.index))
        };
        let names = names(value(TYPE));
        let length = length(value(LENGTH)).ok()?;
        let first = mark(value(names[0]), length)?;
        let widest = first.widest(length);
        let last = mark(value(names[1]), length).filter(|end| widest.is_after(end));
        Some(Self {
            names,
            length,
            first,
            last: last.unwrap_or(widest),
        })
    }

    /// Whether the value is one that the sequence gives.
    fn has(&self, mark: &Mark) -> bool {
        // Letters are no values of a sequence that counts in numbers, whatever they are after.
        discriminant(mark) == discriminant(&self.first)
            && !self.first.is_after(mark)
            && !mark.is_after(&self.last)
    }

    /// Whether the next value is one that the sequence gives, or the step beyond the last one that
    /// marks it as used up.
    fn takes(&self, next: &Mark, before: Option<&Mark>) -> bool {
        // The case of letters is no part of their order.
        let ends = |mark: &Mark| self.has(mark) && !self.last.is_after(mark);
        self.has(next) || before.is_some_and(|before| ends(before) && *next == before.next())
    }

    fn refusal(&self, change: &Change<'_>, field: &str) -> Problem {
        let place = change.place(field);
        problem::SEQUENCE_RANGE
            .with("FIELD", &place)
            .with("FIRST", self.first.written(self.length))
            .with("LAST", self.last.written(self.length))
            .at(place)
    }
}

/// The fields that a type counts with.
fn names(kind: &Value) -> [&'static str; 3] {
    match kind.as_text() {
        Some("alpha") => SEQUENCES,
        _ => NUMBERS,
    }
}

/// The fixed length, if there is one.
fn length(value: &Value) -> std::result::Result<Option<usize>, ()> {
    let Some(text) = value.as_text() else {
        return Ok(None);
    };
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let length = text.parse().ok().filter(|_| digits).ok_or(())?;
    (1..=MOST_LENGTH)
        .contains(&length)
        .then_some(Some(length))
        .ok_or(())
}

/// A stored start, end or next value.
fn mark(value: &Value, length: Option<usize>) -> Option<Mark> {
    match value {
        Value::Integer(number) => Mark::number(*number),
        Value::Text(text) => Mark::letters(text, length),
        _ => None,
    }
}

fn stored(mark: Mark) -> Value {
    match mark {
        Mark::Number(number) => Value::Integer(number),
        Mark::Letters(text) => Value::Text(text),
    }
}

/// A numeric sequence counts with the numbers and an alphabetic one with the sequences: start and
/// next are needed, and next lies between start and end.
fn counts_as_its_type_says(_: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    let names = names(change.value(TYPE));
    let counting = [TYPE, LENGTH].iter().chain(&names);
    let looked_at = change.operation == Operation::Create
        || counting.into_iter().any(|field| change.changes(field));
    if change.operation == Operation::Delete || !looked_at {
        return Ok(());
    }
    let Ok(length) = length(change.value(LENGTH)) else {
        let reason = format!("must be a number of characters from 1 to {MOST_LENGTH}");
        return Err(unfit(change, LENGTH, reason).into());
    };
    let mut problems = Vec::new();
    for (at, field) in names.into_iter().enumerate() {
        let value = change.value(field);
        let is_next = at == 2;
        match mark(value, length) {
            // The end may be left open.
            None if value.is_null() && at == 1 => {}
            None if value.is_null() => problems.push(missing(change, field)),
            None => problems.push(unfit(change, field, wanted(value))),
            // Where next may stand is told below.
            Some(mark) if !is_next && mark.is_after(&mark.widest(length)) => {
                let long = "must not be longer than fixedLength, or than 16 digits";
                problems.push(unfit(change, field, long));
            }
            Some(_) => {}
        }
    }
    refuse_all(problems)?;
    let Some(range) = Range::of(change.definition, &change.after) else {
        return Ok(());
    };
    if range.first.is_after(&range.last) {
        let reason = format!("must not come before {}", names[0]);
        return Err(unfit(change, names[1], reason).into());
    }
    let before = mark(change.old(names[2]), length);
    match mark(change.value(names[2]), length) {
        Some(next) if !range.takes(&next, before.as_ref()) => {
            Err(range.refusal(change, names[2]).into())
        }
        _ => Ok(()),
    }
}

fn wanted(value: &Value) -> &'static str {
    match value {
        Value::Integer(_) => "must be a number of at most 16 digits, not below zero",
        _ => "must be letters from A to Z",
    }
}

/// The day on which the rollover was switched on last.
fn knows_since_when_it_rolls_over(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete || !change.changes(ROLLS_OVER) {
        return Ok(());
    }
    let since = change.is(ROLLS_OVER).then(|| Value::Date(work.today()));
    change.set(ROLLS_SINCE, since.unwrap_or(Value::Null));
    Ok(())
}

/// A sequence counts once in a fiscal year.
fn is_of_a_year_of_its_own(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    if change.value(YEAR).is_null() {
        return Err(missing(change, YEAR).into());
    }
    if !change.changes(YEAR) {
        return Ok(());
    }
    let year = change.value(YEAR).clone();
    if !year.as_number().is_some_and(is_year) {
        return Err(unfit(change, YEAR, "must be a year such as 2026").into());
    }
    let same = [
        ("documentSequence.key", change.value(OWNER).clone()),
        (YEAR, year.clone()),
    ];
    let rows = work.all(ROLLOVER, &["key"], &same, 2)?;
    if rows.iter().all(|row| row[0] == Value::Key(change.key())) {
        return Ok(());
    }
    let year = year.as_number().unwrap_or_default();
    Err(taken(change, YEAR, year.to_string()).into())
}

fn is_year(year: i64) -> bool {
    (1..=9999).contains(&year)
}

/// In a year a sequence begins at its start, and stays between start and end.
fn counts_as_its_sequence_does(work: &mut Work<'_>, change: &mut Change<'_>) -> Result<()> {
    if change.operation == Operation::Delete {
        return Ok(());
    }
    let Some(owner) = change.value(OWNER).as_key() else {
        return Ok(());
    };
    let sequences = work.object(SEQUENCE);
    let Some(range) = work
        .record(sequences, owner)?
        .and_then(|record| Range::of(sequences, &record))
    else {
        return Ok(());
    };
    let field = range.names[2];
    let other = if field == NEXT_NUMBER {
        NEXT_SEQUENCE
    } else {
        NEXT_NUMBER
    };
    change.set(other, Value::Null);
    if change.value(field).is_null() {
        change.set(field, stored(range.first.clone()));
    }
    if !change.changes(field) {
        return Ok(());
    }
    let before = mark(change.old(field), range.length);
    match mark(change.value(field), range.length) {
        Some(next) if range.takes(&next, before.as_ref()) => Ok(()),
        _ => Err(range.refusal(change, field).into()),
    }
}

/// A value that a sequence gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenValue {
    /// The sequence's key.
    pub key: RecordKey,
    /// The sequence's id.
    pub id: String,
    /// The value as it stands in an id, with all that is written around it.
    pub text: String,
    /// The fiscal year it was counted in, where the sequence rolls over.
    pub fiscal_year: Option<i64>,
}

impl<'a> Work<'a> {
    /// Takes the next value of the document sequence that is named by key or by id. No other call
    /// gets the same one.
    ///
    /// Where the sequence rolls over it counts in the fiscal year; that of today if none is given.
    ///
    /// # Errors
    /// There is no such sequence, it is inactive or used up, or the missing right.
    pub fn take_value(
        &mut self,
        sequence: &Pointed,
        fiscal_year: Option<i64>,
    ) -> Result<TakenValue> {
        let definition = self.object(SEQUENCE);
        self.authorise_action(definition, "generate-next-value")?;
        let key = self.sequence_named(definition, sequence)?;
        let record = self
            .record(definition, key)?
            .ok_or_else(|| crate::read::absent(definition, key))?;
        let id = id_of(definition, &record);
        let value = |name: &str| named(definition, &record, name);
        if value(STATUS).as_text() == Some("inactive") {
            return Err(problem::SEQUENCE_INACTIVE.with("ID", id).into());
        }
        let range = Range::of(definition, &record)
            .ok_or_else(|| sidegate_model::Failure::broken("a sequence without its range"))?;
        let year = (*value(ROLLS_OVER) == Value::Boolean(true))
            .then(|| fiscal_year.unwrap_or_else(|| year_of(self.today())));
        let (counting, place) = match year {
            Some(year) => self.year_of_sequence(key, year, range.names[2])?,
            None => (definition, (key, value(range.names[2]).clone())),
        };
        let (counted, next) = place;
        let next = mark(&next, range.length)
            .filter(|next| range.has(next))
            .ok_or_else(|| {
                problem::SEQUENCE_USED_UP
                    .with("ID", &id)
                    .with("LAST", range.last.written(range.length))
            })?;
        let mut draft = Draft::default();
        let field = counting
            .named(range.names[2])
            .expect("declared, as the rules check at the start");
        draft.set(
            field.index,
            field.place(),
            Given::Value(stored(next.next())),
        );
        self.update_with(counting, counted, &draft, None, Leave::Brought(""))?;
        Ok(TakenValue {
            key,
            text: text(definition, &record, &next.written(range.length), year),
            id,
            fiscal_year: year,
        })
    }

    fn sequence_named(&mut self, definition: &Definition, named: &Pointed) -> Result<RecordKey> {
        let (member, field, value) = match (named.key, &named.id, definition.id) {
            (None, Some(id), Some(field)) => ("id", field, Value::from(id.trim())),
            (Some(key), ..) => ("key", FieldIndex::KEY, Value::Key(key)),
            (None, ..) => return Err(problem::KEY_OR_ID.problem().into()),
        };
        let told = match &value {
            Value::Key(key) => key.to_string(),
            other => other.as_text().unwrap_or_default().to_owned(),
        };
        let found = self.find_by(definition, field, value)?;
        found.ok_or_else(|| {
            let place = format!("{}/{member}", named.place);
            problem::REFERENCE_UNKNOWN
                .with("FIELD", &place)
                .with("OBJECT", definition.label.0.to_lowercase())
                .with("MEMBER", member)
                .with("VALUE", told)
                .at(place)
                .into()
        })
    }

    /// Where a sequence stands in a fiscal year, by the field that it counts in. The row of the year is
    /// made at its first use, and begins anew when the sequence has changed its type since.
    fn year_of_sequence(
        &mut self,
        sequence: RecordKey,
        year: i64,
        name: &'static str,
    ) -> Result<(&'a Definition, (RecordKey, Value))> {
        let rollovers = self.object(ROLLOVER);
        let same = [
            ("documentSequence.key", Value::Key(sequence)),
            (YEAR, Value::Integer(year)),
        ];
        let fields = ["key", name];
        if self.first(ROLLOVER, &fields, &same)?.is_none() {
            let mut draft = Draft::default();
            for (name, value) in [(OWNER, &same[0].1), (YEAR, &same[1].1)] {
                let field = rollovers
                    .named(name)
                    .expect("declared, as the rules check at the start");
                draft.set(field.index, field.place(), Given::Value(value.clone()));
            }
            self.create_with(rollovers, &draft, Leave::Brought(""))?;
        }
        let mut row = self.first(ROLLOVER, &fields, &same)?.unwrap_or_default();
        if let [Value::Key(key), Value::Null] = row.as_slice() {
            self.touch(rollovers, *key)?;
            row = self.first(ROLLOVER, &fields, &same)?.unwrap_or_default();
        }
        match row.as_slice() {
            [Value::Key(key), next] if !next.is_null() => Ok((rollovers, (*key, next.clone()))),
            _ => Err(sidegate_model::Failure::broken(
                "a fiscal year that counts in no way",
            )),
        }
    }
}

fn named<'r>(definition: &Definition, record: &'r Record, name: &str) -> &'r Value {
    definition
        .named(name)
        .map_or(&Value::Null, |field| record.get(field.index))
}

fn year_of(day: i32) -> i64 {
    let text = sidegate_model::field_type::day_text(day);
    text.split('-')
        .next()
        .and_then(|year| year.parse().ok())
        .unwrap_or_default()
}

/// The value with its prefix, its fiscal year and its suffix; separators stand only beside
/// something.
fn text(definition: &Definition, record: &Record, counted: &str, year: Option<i64>) -> String {
    let text = |name: &str| {
        named(definition, record, name)
            .as_text()
            .unwrap_or_default()
    };
    let mut out = String::new();
    if !text(PREFIX).is_empty() {
        out = format!("{}{}", text(PREFIX), text(AFTER_PREFIX));
    }
    match (year, text(AFFIX)) {
        (Some(year), "prefix") => out += &format!("{year}{}{counted}", text(BESIDE_YEAR)),
        (Some(year), "suffix") => out += &format!("{counted}{}{year}", text(BESIDE_YEAR)),
        _ => out += counted,
    }
    if !text(SUFFIX).is_empty() {
        out += &format!("{}{}", text(BEFORE_SUFFIX), text(SUFFIX));
    }
    out
}
