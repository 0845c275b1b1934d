//! Names of the gateway to dotted names of the declarations, and rows back to elements.

use sidegate_engine::RowRef;
use sidegate_model::definition::{XmlFace, XmlField};
use sidegate_model::path::resolve_internal;
use sidegate_model::query::Plan;
use sidegate_model::{Definition, FieldType, Registry};

use super::value;
use super::writer::Writer;

/// Relations are followed so far; nobody names more.
const MOST_RELATIONS: usize = 8;

/// What a name of the gateway stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A dotted name of the declarations, and the type at its end.
    Path(String, FieldType),
    /// A name that never has a value here.
    Empty,
    /// A name that has this value in every record.
    Always(String),
}

/// An object as the gateway knows it.
#[derive(Clone, Copy)]
pub(super) struct Known<'r> {
    pub(super) registry: &'r Registry,
    pub(super) definition: &'r Definition,
    pub(super) face: &'r XmlFace,
}

impl<'r> Known<'r> {
    /// The object that the gateway calls so, in any case.
    pub(super) fn named(registry: &'r Registry, name: &str) -> Option<Self> {
        let (definition, face) = registry.face(&name.trim().to_ascii_uppercase())?;
        Some(Self {
            registry,
            definition,
            face,
        })
    }

    /// What a field's name stands for, in any case.
    pub(super) fn meaning(self, name: &str) -> Option<Meaning> {
        self.meaning_within(&name.trim().to_ascii_uppercase(), MOST_RELATIONS)
    }

    fn meaning_within(self, name: &str, relations: usize) -> Option<Meaning> {
        if let Some(field) = self.face.field(name) {
            return self.column(field);
        }
        if self.face.empty.iter().any(|known| known == name) {
            return Some(Meaning::Empty);
        }
        if let Some((_, value)) = self.face.always.iter().find(|(known, _)| known == name) {
            return Some(Meaning::Always(value.clone()));
        }
        let (relation, rest) = name.split_once('.')?;
        let (_, path) = self
            .face
            .relations
            .iter()
            .find(|(known, _)| known == relation)?;
        let related = self.registry.related(self.definition, path)?;
        let beyond = Known {
            registry: self.registry,
            definition: related,
            face: related.xml.first()?,
        };
        match beyond.meaning_within(rest, relations.checked_sub(1)?)? {
            Meaning::Path(inner, _) => self.path(format!("{path}.{inner}")),
            same @ (Meaning::Empty | Meaning::Always(_)) => Some(same),
        }
    }

    /// The object of a list that its records own, which the gateway knows as well.
    pub(super) fn items(self, name: &str) -> Option<Self> {
        let field = self.face.field(name)?;
        let list = self.definition.named(&field.path)?;
        if !list.is_owned() {
            return None;
        }
        let definition = self.registry.target_of(list)?;
        Some(Self {
            definition,
            face: definition.xml.first()?,
            ..self
        })
    }

    fn column(self, field: &XmlField) -> Option<Meaning> {
        self.path(field.path.clone())
    }

    fn path(self, path: String) -> Option<Meaning> {
        // A list has no column to read.
        resolve_internal(self.registry, self.definition, &path)?;
        // A view says by itself by which words its choices are known.
        let kind = self.registry.shown(self.definition, &path)?.kind.clone();
        Some(Meaning::Path(path, kind))
    }

    /// All names that records show, in their order.
    pub(super) fn all(self) -> Vec<String> {
        let names = self.face.names().into_iter();
        names
            .filter(|name| self.meaning(name).is_some())
            .map(str::to_owned)
            .collect()
    }
}

/// How the rows of a plan are written as elements.
pub(super) struct Rows {
    /// The element around each row.
    element: String,
    columns: Vec<Column>,
}

struct Column {
    name: String,
    shown: Shown,
}

enum Shown {
    /// An output of the plan, and its type.
    Output(usize, FieldType),
    /// The same in every row.
    Always(String),
    Nothing,
}

/// A field asked for: the name of its element, the dotted name, and its type.
pub(super) struct Chosen {
    pub(super) name: String,
    pub(super) meaning: Meaning,
}

/// The dotted names that a query has to ask for, so that these fields can be shown.
pub(super) fn paths(chosen: &[Chosen]) -> Vec<String> {
    let path = |field: &Chosen| match &field.meaning {
        Meaning::Path(path, _) => Some(path.clone()),
        Meaning::Empty | Meaning::Always(_) => None,
    };
    let mut paths: Vec<String> = chosen.iter().filter_map(path).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

impl Rows {
    /// Rows of a plan that asks for what [`paths`] gives, perhaps among other names.
    pub(super) fn new(element: &str, chosen: &[Chosen], plan: &Plan) -> Self {
        let columns = chosen.iter().map(|field| Column {
            name: field.name.clone(),
            shown: match &field.meaning {
                Meaning::Path(path, kind) => plan
                    .names
                    .iter()
                    .position(|name| name == path)
                    .map_or(Shown::Nothing, |at| Shown::Output(at, kind.clone())),
                Meaning::Always(value) => Shown::Always(value.clone()),
                Meaning::Empty => Shown::Nothing,
            },
        });
        Self {
            element: element.to_owned(),
            columns: columns.collect(),
        }
    }

    /// The names of its columns.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|column| column.name.as_str())
    }

    /// Shows each name of a row with its text.
    pub(super) fn each(&self, row: &RowRef<'_>, show: &mut dyn FnMut(&str, &str)) {
        let mut text = String::new();
        for column in &self.columns {
            text.clear();
            column.text(&mut text, row);
            show(&column.name, &text);
        }
    }

    /// Writes a row, each field under its name as it stands.
    pub(super) fn flat(&self, out: &mut Writer, row: &RowRef<'_>) {
        out.open(&self.element);
        self.each(row, &mut |name, text| out.leaf(name, text));
        out.close();
    }

    /// Writes a row, names with dots as elements within elements, and further elements behind them.
    pub(super) fn nested(&self, out: &mut Writer, row: &RowRef<'_>, further: &[u8]) {
        let mut text = String::new();
        out.open(&self.element);
        // Groups stand together, because the names of one group are declared one after another.
        let mut open: Vec<&str> = Vec::new();
        for column in &self.columns {
            let mut parts: Vec<&str> = column.name.split('.').collect();
            let last = parts.pop().unwrap_or_default();
            let common = open.iter().zip(&parts).take_while(|(a, b)| a == b).count();
            for _ in common..open.len() {
                out.close();
            }
            open.truncate(common);
            for part in &parts[common..] {
                out.open(part);
                open.push(part);
            }
            text.clear();
            column.text(&mut text, row);
            out.leaf(last, &text);
        }
        for _ in open {
            out.close();
        }
        out.insert(further);
        out.close();
    }
}

impl Column {
    fn text(&self, out: &mut String, row: &RowRef<'_>) {
        match &self.shown {
            // What has no value is an empty element.
            Shown::Output(at, kind) => {
                let _ = value::text(out, row, *at, kind);
            }
            Shown::Always(value) => out.push_str(value),
            Shown::Nothing => {}
        }
    }
}
