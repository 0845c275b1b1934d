//! What the XML gateway tells of an object's fields: their types, rules and words.

use crate::definition::{Definition, Field, Rule, XmlFace};
use crate::field_type::FieldType;
use crate::registry::Registry;

/// A type, as coarsely as the gateway tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// Text, and words of a list.
    Text,
    /// A whole number, and every key.
    Integer,
    /// A number with places.
    Decimal,
    /// Yes or no.
    Boolean,
    /// A day.
    Date,
    /// A moment.
    Timestamp,
}

impl Sort {
    fn of(kind: &FieldType) -> Self {
        match kind {
            FieldType::Boolean => Self::Boolean,
            FieldType::Integer | FieldType::Key => Self::Integer,
            FieldType::Decimal { .. } => Self::Decimal,
            FieldType::Date => Self::Date,
            FieldType::Moment => Self::Timestamp,
            // A reference stands for what people type.
            FieldType::Text { .. }
            | FieldType::Email
            | FieldType::Choice(_)
            | FieldType::Words(_)
            | FieldType::Bytes
            | FieldType::File
            | FieldType::Json { .. }
            | FieldType::Reference(_)
            | FieldType::References(_)
            | FieldType::Owned(_) => Self::Text,
        }
    }
}

/// What is told of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told<'r> {
    /// For example `CONTACTINFO.FIRSTNAME`.
    pub name: &'r str,
    /// What people read beside it; the name itself where there is nothing behind it.
    pub label: &'r str,
    /// Its type.
    pub sort: Sort,
    /// Whether a new record needs it.
    pub required: bool,
    /// Whether it can only be read.
    pub read_only: bool,
    /// The words that it takes, where it takes no others.
    pub words: Vec<&'r str>,
}

/// What is told of all names of a face, in the order of [`XmlFace::names`].
#[must_use]
pub fn told<'r>(
    registry: &'r Registry,
    definition: &'r Definition,
    face: &'r XmlFace,
) -> Vec<Told<'r>> {
    let names = face.names().into_iter();
    names
        .map(|name| tell(registry, definition, face, name))
        .collect()
}

fn tell<'r>(
    registry: &'r Registry,
    definition: &'r Definition,
    face: &'r XmlFace,
    name: &'r str,
) -> Told<'r> {
    let path = face.field(name).map(|field| field.path.as_str());
    let shown = path.and_then(|path| Some((path, registry.shown(definition, path)?)));
    let Some((path, shown)) = shown else {
        let always = face.always.iter().filter(|(known, _)| known == name);
        return Told {
            name,
            label: name,
            sort: Sort::Text,
            required: false,
            read_only: true,
            words: always.map(|(_, value)| value.as_str()).collect(),
        };
    };
    let written = written(definition, name, path);
    let fixed = |field: &Field| field.is(Rule::ReadOnly) || field.is(Rule::Internal);
    Told {
        name,
        label: match written {
            Written::Itself(field) => &field.label,
            _ => &shown.label,
        },
        sort: Sort::of(&shown.kind),
        required: match written {
            Written::Itself(field) => field.must_be_sent(),
            Written::Through(field) => field.must_be_sent() && shown.must_be_sent(),
            Written::ByKey(_) | Written::Not => false,
        },
        read_only: match written {
            Written::Itself(field) | Written::ByKey(field) => fixed(field),
            Written::Through(field) => fixed(field) || fixed(shown),
            Written::Not => true,
        },
        words: words(&shown.kind),
    }
}

/// How a name is written, with the field of the object that it is written through.
#[derive(Clone, Copy)]
enum Written<'r> {
    /// It is the field, or what people type for what it refers to.
    Itself(&'r Field),
    /// It is another way to say what a field refers to.
    ByKey(&'r Field),
    /// It is a member of what a field refers to, which can be written with it.
    Through(&'r Field),
    /// It is of another record, or another name of what has one.
    Not,
}

fn written<'r>(definition: &'r Definition, name: &str, path: &str) -> Written<'r> {
    if let Some(field) = definition.named(path) {
        let is_other = field.xml.as_deref().is_some_and(|own| own != name);
        return if is_other {
            Written::Not
        } else {
            Written::Itself(field)
        };
    }
    let through = definition.fields.iter().find_map(|field| {
        let member = path.strip_prefix(&field.name)?.strip_prefix('.')?;
        field.kind.target().map(|_| (field, member))
    });
    match through {
        Some((field, "id")) => Written::Itself(field),
        Some((field, "key")) => Written::ByKey(field),
        Some((field, member)) if field.inline.iter().any(|other| other == member) => {
            Written::Through(field)
        }
        _ => Written::Not,
    }
}

/// The words of a type that the gateway has words of its own for.
fn words(kind: &FieldType) -> Vec<&str> {
    match kind {
        FieldType::Boolean => vec!["true", "false"],
        FieldType::Choice(choices) => {
            let words = choices.iter();
            words.filter_map(|choice| choice.xml.as_deref()).collect()
        }
        _ => Vec::new(),
    }
}
