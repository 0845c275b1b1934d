//! Rows of a plan to columns and cells.

use sidegate_engine::RowRef;
use sidegate_model::field_type::{Choice, day_text, decimal_text, moment_text};
use sidegate_model::query::{Plan, Show};
use sidegate_model::words::split;
use sidegate_model::{FieldType, Registry};

use super::sheet::{Cell, Column, DateFormat, Kind};
use crate::rest::render::{Form, bare_decimal, forms};

/// How the values of a plan are shown.
pub(super) struct Cells {
    names: Vec<String>,
    forms: Vec<Form>,
    /// How people read values; programs get what a query gives.
    people: Option<People>,
    /// Which columns show a choice by the word of the XML gateway.
    coded: Vec<bool>,
}

/// How people read values: dates in their form and zone, choices by their labels.
#[derive(Clone, Debug)]
pub(super) struct People {
    dates: DateFormat,
    zone: jiff::tz::TimeZone,
    codes: Vec<String>,
}

impl People {
    pub(super) fn new(dates: DateFormat, zone: &str, codes: &[String]) -> Self {
        Self {
            dates,
            zone: jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC),
            codes: codes.to_vec(),
        }
    }

    fn moment(&self, microseconds: i64) -> String {
        let stamp = jiff::Timestamp::from_microsecond(microseconds);
        let ahead = stamp.map_or(0, |stamp| self.zone.to_offset(stamp).seconds());
        self.dates
            .moment(microseconds + i64::from(ahead) * 1_000_000)
    }
}

impl Cells {
    pub(super) fn new(registry: &Registry, plan: &Plan, people: Option<People>) -> Self {
        let names = match &people {
            Some(_) => labels(registry, plan),
            None => plan.names.to_vec(),
        };
        Self {
            names,
            forms: forms(registry, plan),
            coded: plan
                .names
                .iter()
                .map(|name| {
                    people
                        .as_ref()
                        .is_some_and(|people| people.codes.contains(name))
                })
                .collect(),
            people,
        }
    }

    pub(super) fn columns(&self) -> Vec<Column> {
        let columns = self.names.iter().zip(&self.forms);
        let column = |(name, form): (&String, &Form)| Column {
            label: name.clone(),
            kind: kind(form),
        };
        columns.map(column).collect()
    }

    pub(super) fn row(&self, row: &RowRef<'_>) -> Vec<Cell> {
        let cells = self.forms.iter().enumerate();
        cells
            .map(|(at, form)| self.cell(row, at, form).unwrap_or(Cell::Nothing))
            .collect()
    }

    fn cell(&self, row: &RowRef<'_>, at: usize, form: &Form) -> Option<Cell> {
        match form {
            Form::Word(word) => Some(Cell::Text(word.clone())),
            Form::Href(before) => {
                let key = row.number(at)?;
                Some(Cell::Text(format!("{before}{key}")))
            }
            Form::Value(kind) => self.value(row, at, kind),
        }
    }

    fn value(&self, row: &RowRef<'_>, at: usize, kind: &FieldType) -> Option<Cell> {
        Some(match kind {
            FieldType::Text { .. } | FieldType::Email | FieldType::Json { .. } => {
                Cell::Text(row.text(at)?.to_owned())
            }
            FieldType::Choice(choices) => {
                Cell::Text(self.word(choices, row.text(at)?, self.coded[at]))
            }
            FieldType::Words(choices) => {
                let words = split(row.text(at)?).map(|word| self.word(choices, word, false));
                Cell::Text(words.collect::<Vec<_>>().join(", "))
            }
            FieldType::Boolean => {
                let yes = row.boolean(at)?;
                Cell::Text(match (&self.people, yes) {
                    (Some(_), true) => "Yes".to_owned(),
                    (Some(_), false) => "No".to_owned(),
                    (None, yes) => yes.to_string(),
                })
            }
            FieldType::Integer => Cell::Number(row.number(at)?.to_string()),
            FieldType::Decimal { scale, bare: true } => {
                Cell::Number(bare_decimal(row.number(at)?, *scale))
            }
            FieldType::Decimal { scale, .. } => Cell::Number(decimal_text(row.number(at)?, *scale)),
            FieldType::Date => {
                let day = i32::try_from(row.number(at)?).ok()?;
                Cell::Text(
                    self.people
                        .as_ref()
                        .map_or_else(|| day_text(day), |people| people.dates.day(day)),
                )
            }
            FieldType::Moment => {
                let moment = row.number(at)?;
                let text = self
                    .people
                    .as_ref()
                    .map_or_else(|| moment_text(moment), |people| people.moment(moment));
                Cell::Text(text)
            }
            // An identifier, with which nobody calculates.
            FieldType::Key | FieldType::Reference(_) | FieldType::References(_) => {
                Cell::Text(row.number(at)?.to_string())
            }
            // A cell is no place for a file.
            FieldType::File => Cell::Text(format!("{} bytes", row.bytes(at)?.len())),
            FieldType::Bytes | FieldType::Owned(_) => return None,
        })
    }

    fn word(&self, choices: &[Choice], word: &str, coded: bool) -> String {
        let known = choices.iter().find(|choice| choice.value == word);
        match (&self.people, known) {
            (Some(_), Some(Choice { xml: Some(xml), .. })) if coded => xml.to_lowercase(),
            (Some(_), Some(choice)) => choice.label.clone(),
            _ => word.to_owned(),
        }
    }
}

fn kind(form: &Form) -> Kind {
    let Form::Value(kind) = form else {
        return Kind::Text;
    };
    match kind {
        FieldType::Boolean => Kind::Boolean,
        FieldType::Integer | FieldType::Decimal { .. } => Kind::Number,
        FieldType::Date => Kind::Date,
        FieldType::Moment => Kind::Moment,
        FieldType::Text { .. }
        | FieldType::Email
        | FieldType::Json { .. }
        | FieldType::Choice(_)
        | FieldType::Words(_)
        | FieldType::Bytes
        | FieldType::File
        | FieldType::Key
        | FieldType::Reference(_)
        | FieldType::References(_)
        | FieldType::Owned(_) => Kind::Text,
    }
}

/// What people call what is shown: the label of a field, after the one of the reference that leads to it.
fn labels(registry: &Registry, plan: &Plan) -> Vec<String> {
    let shape = &plan.shape;
    let object = registry.at(shape.object);
    let outputs = plan.names.iter().zip(&shape.outputs);
    let label = |(name, output): (&String, &sidegate_model::query::Output)| {
        if let (Some(field), false) = (
            object.named(name),
            matches!(output.show, Show::Aggregate(_)),
        ) {
            return field.label.clone();
        }
        if matches!(output.show, Show::Href(_) | Show::Aggregate(_)) || output.at.alias == 0 {
            return name.clone();
        }
        let target = registry.at(shape.joins[usize::from(output.at.alias) - 1].target);
        let field = &target.field(output.at.field).label;
        let through = name
            .rsplit_once('.')
            .and_then(|(through, _)| object.named(through));
        match through {
            Some(through) => format!("{}: {field}", through.label),
            None => format!("{}: {field}", target.label.0),
        }
    };
    outputs.map(label).collect()
}
