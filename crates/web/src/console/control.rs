//! The controls of a form, made of the fields of a declaration.

use sidegate_engine::Work;
use sidegate_model::{Field, FieldType, Result, Rule, Value};

use super::frame::{Fault, anchor};
use super::pairs::Pairs;
use super::pick::{self, Choice};
use super::record::{self, Found};
use super::shown::{self, Taste};

/// One part of a form.
#[derive(Clone, Debug)]
pub(super) struct Section {
    pub(super) label: String,
    pub(super) fields: Vec<Control>,
}

/// One control.
#[derive(Clone, Debug, Default)]
pub(super) struct Control {
    pub(super) name: String,
    /// Its id in the page.
    pub(super) at: String,
    pub(super) label: String,
    /// `text`, `email`, `date`, `password`, `select`, `area`, `tick`, `rows`, `fact` or `hidden`.
    pub(super) kind: &'static str,
    pub(super) value: String,
    /// The values of rows, the last one empty.
    pub(super) values: Vec<String>,
    pub(super) options: Vec<Choice>,
    pub(super) required: bool,
    pub(super) most: usize,
    pub(super) help: Option<String>,
    /// More help, behind a question mark.
    pub(super) popup: Option<String>,
    pub(super) note: Option<String>,
    pub(super) error: Option<String>,
    /// Whether what it names can be added, or looked at, from here.
    pub(super) adds: bool,
    pub(super) views: bool,
}

impl Control {
    /// A control that no declaration has.
    pub(super) fn plain(name: &str, label: &str, kind: &'static str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            at: anchor(name),
            label: label.to_owned(),
            kind,
            value: value.to_owned(),
            ..Self::default()
        }
    }

    /// Whether something stands below it.
    pub(super) fn tells(&self) -> bool {
        self.error.is_some() || self.help.is_some() || self.note.is_some()
    }
}

/// The control of a field. What the form said stands before what is saved.
pub(super) fn of(
    work: &mut Work<'_>,
    field: &Field,
    found: Option<&Found>,
    said: Option<&Pairs>,
    taste: &Taste,
) -> Result<Option<Control>> {
    let saved = found.map(|found| found.at(&field.name));
    let is_fact = found.is_some() && field.is(Rule::Fixed) || field.is(Rule::ReadOnly);
    let mut control = Control {
        required: field.must_be_sent(),
        help: field.help.clone(),
        ..Control::plain(&field.name, &field.label, "text", "")
    };
    if is_fact {
        control.kind = "fact";
        control.help = None;
        let nothing = serde_json::Value::Null;
        control.value = shown::fact(field, saved.unwrap_or(&nothing), false, taste);
        return Ok((found.is_some()).then_some(control));
    }
    control.value = match (said.and_then(|said| said.last(&field.name)), saved) {
        (Some(said), _) => said.to_owned(),
        (None, Some(saved)) => record::text(saved),
        (None, None) => default(&field.default, &field.kind),
    };
    match &field.kind {
        FieldType::Text { max } => {
            control.most = *max;
            if *max > 400 {
                control.kind = "area";
            }
        }
        FieldType::Email => {
            control.kind = "email";
            control.most = 254;
        }
        FieldType::Boolean => control.kind = "tick",
        FieldType::Date => control.kind = "date",
        FieldType::Integer | FieldType::Decimal { .. } | FieldType::Moment => {}
        FieldType::Choice(choices) => {
            control.kind = "select";
            if field.default.is_null() {
                control.options.push(Choice::new("", "(none)"));
            }
            let words = choices.iter();
            control
                .options
                .extend(words.map(|choice| Choice::new(&*choice.value, &*choice.label)));
        }
        FieldType::Reference(_) => {
            let Some(target) = work.registry().target_of(field) else {
                return Ok(None);
            };
            control.kind = "select";
            control.options.push(Choice::new("", "(none)"));
            let also = [control.value.clone()];
            control.options.extend(pick::of(work, target, &also)?);
        }
        FieldType::References(_) => {
            let Some(target) = work.registry().target_of(field) else {
                return Ok(None);
            };
            control.kind = "rows";
            control.values = match (said.filter(|said| said.has(&field.name)), saved) {
                (Some(said), _) => said
                    .all(&field.name)
                    .filter(|key| !key.is_empty())
                    .map(str::to_owned)
                    .collect(),
                (None, Some(saved)) => record::keys(saved),
                (None, None) => Vec::new(),
            };
            control.options = pick::of(work, target, &control.values)?;
            if control.options.is_empty() && control.values.is_empty() {
                return Ok(None);
            }
            control.values.push(String::new());
        }
        FieldType::Words(_)
        | FieldType::Bytes
        | FieldType::File
        | FieldType::Json { .. }
        | FieldType::Key
        | FieldType::Owned(_) => return Ok(None),
    }
    Ok(Some(control))
}

fn default(value: &Value, kind: &FieldType) -> String {
    match (value, kind) {
        (Value::Null, FieldType::Boolean) => "false".to_owned(),
        (Value::Boolean(yes), _) => yes.to_string(),
        (Value::Integer(number), _) => number.to_string(),
        (value, _) => value.as_text().unwrap_or_default().to_owned(),
    }
}

/// Puts problems beside the controls that they are about; gives all of them for the top of the page.
pub(super) fn blame(sections: &mut [Section], faults: Vec<Fault>) -> Vec<Fault> {
    let mut told = Vec::new();
    for mut fault in faults {
        let mut controls = sections.iter_mut().flat_map(|section| &mut section.fields);
        let found = controls.find(|control| {
            !fault.at.is_empty()
                && (control.at == fault.at || fault.at.starts_with(&format!("{}-", control.at)))
        });
        match found {
            Some(control) => {
                let place = control.at.clone();
                fault.text = named(&fault.text, &control.name, &control.label);
                control.error = Some(fault.text.clone());
                fault.at = place;
            }
            None => fault.at = String::new(),
        }
        told.push(fault);
    }
    told
}

/// The sentence with the label that people read where programs read a place.
fn named(text: &str, name: &str, label: &str) -> String {
    let place = format!("/{}", name.replace('.', "/"));
    text.replace(&place, label)
}
