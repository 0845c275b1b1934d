//! Names of the gateway to dotted names of the declarations, and rows back to elements.

use sidegate_engine::RowRef;
use sidegate_model::definition::{XmlFace, XmlField};
use sidegate_model::path::resolve_internal;
use sidegate_model::query::{BETWEEN, Plan};
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
    /// The same of what a list names: many values, each of the type.
    Listed(String, FieldType),
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
    /// Where it is asked for beside another object: what this one is called there, and its relation that
    /// leads to the other, whose names need no prefix.
    pub(super) beside: Option<(&'r str, &'r str)>,
}

impl<'r> Known<'r> {
    /// The object that the gateway calls so, in any case.
    pub(super) fn named(registry: &'r Registry, name: &str) -> Option<Self> {
        let (definition, face) = registry.face(&name.trim().to_ascii_uppercase())?;
        Some(Self {
            registry,
            definition,
            face,
            beside: None,
        })
    }

    /// The object whose records name one of this each, where names of it are asked for; itself elsewhere.
    pub(super) fn paired<'n>(self, names: impl Iterator<Item = &'n str>) -> Self {
        let begins = |name: &str, pair: &str| {
            let begin = name.trim().get(..pair.len());
            begin.is_some_and(|begin| begin.eq_ignore_ascii_case(pair))
                && name.trim()[pair.len()..].starts_with('.')
        };
        let mut names = names.flat_map(|name| {
            let pairs = self.face.pairs.iter();
            pairs.filter(move |(pair, _)| begins(name, pair))
        });
        let Some((pair, back)) = names.next() else {
            return self;
        };
        let found = Self::named(self.registry, pair).map(|other| Self {
            beside: Some((pair, back)),
            ..other
        });
        found.unwrap_or(self)
    }

    /// What a field's name stands for, in any case.
    pub(super) fn meaning(self, name: &str) -> Option<Meaning> {
        let mut name = name.trim().to_ascii_uppercase();
        if let Some((own, back)) = self.beside {
            let rest = name.strip_prefix(own);
            name = match rest.and_then(|rest| rest.strip_prefix('.')) {
                Some(rest) => rest.to_owned(),
                None => format!("{back}.{name}"),
            };
        }
        self.meaning_within(&name, MOST_RELATIONS)
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
            beside: None,
        };
        match beyond.meaning_within(rest, relations.checked_sub(1)?)? {
            Meaning::Path(inner, _) => self.path(format!("{path}.{inner}")),
            // Lists are shown with the records that have them.
            Meaning::Listed(..) => None,
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
        self.path(field.read.as_ref().unwrap_or(&field.path).clone())
    }

    fn path(self, path: String) -> Option<Meaning> {
        if self.list_of(&path).is_some() {
            let kind = self.registry.shown(self.definition, &path)?.kind.clone();
            return Some(Meaning::Listed(path, kind));
        }
        // A list as such has no column to read.
        resolve_internal(self.registry, self.definition, &path)?;
        // A view says by itself by which words its choices are known.
        let kind = self.registry.shown(self.definition, &path)?.kind.clone();
        Some(Meaning::Path(path, kind))
    }

    /// The list that a dotted name tells a member of.
    fn list_of(self, path: &str) -> Option<&'r str> {
        let lists = self.definition.fields.iter().filter(|f| f.is_list());
        let mut lists = lists.map(|field| field.name.as_str());
        lists.find(|list| path.strip_prefix(*list).is_some_and(|m| m.starts_with('.')))
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
    /// Lists that stand in elements of their own, behind the columns.
    lists: Vec<List>,
}

/// A list in elements of its own: one around it, one around each of what it names, and the members.
struct List {
    element: String,
    item: String,
    members: Vec<(String, usize)>,
}

struct Column {
    name: String,
    shown: Shown,
}

enum Shown {
    /// An output of the plan, and its type.
    Output(usize, FieldType),
    /// An output of the plan that is a list.
    List(usize),
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
        Meaning::Path(path, _) | Meaning::Listed(path, _) => Some(path.clone()),
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
        let at = |path: &String| plan.names.iter().position(|name| name == path);
        let columns = chosen.iter().map(|field| Column {
            name: field.name.clone(),
            shown: match &field.meaning {
                Meaning::Path(path, kind) => {
                    at(path).map_or(Shown::Nothing, |at| Shown::Output(at, kind.clone()))
                }
                Meaning::Listed(path, _) => at(path).map_or(Shown::Nothing, Shown::List),
                Meaning::Always(value) => Shown::Always(value.clone()),
                Meaning::Empty => Shown::Nothing,
            },
        });
        Self {
            element: element.to_owned(),
            columns: columns.collect(),
            lists: Vec::new(),
        }
    }

    /// The same with lists in the elements that the face has for them, and not in one text.
    pub(super) fn with_lists(mut self, known: Known<'_>, chosen: &[Chosen]) -> Self {
        for (element, list) in &known.face.lists {
            let (element, item) = element.split_once('.').unwrap_or((element, element));
            let belongs = |name: &str| {
                chosen.iter().any(|field| match &field.meaning {
                    Meaning::Listed(path, _) => {
                        field.name == name && known.list_of(path) == Some(list)
                    }
                    _ => false,
                })
            };
            let mut members = Vec::new();
            self.columns.retain(|column| match column.shown {
                Shown::List(at) if belongs(&column.name) => {
                    members.push((column.name.clone(), at));
                    false
                }
                _ => true,
            });
            if !members.is_empty() {
                self.lists.push(List {
                    element: element.to_owned(),
                    item: item.to_owned(),
                    members,
                });
            }
        }
        self
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
        self.lists(out, row);
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
        self.lists(out, row);
        out.insert(further);
        out.close();
    }

    /// Writes the lists that name something.
    fn lists(&self, out: &mut Writer, row: &RowRef<'_>) {
        for list in &self.lists {
            let mut members = Vec::with_capacity(list.members.len());
            for (name, at) in &list.members {
                let texts = row.text(*at).into_iter().flat_map(|t| t.split(BETWEEN));
                members.push((name, texts.collect::<Vec<_>>()));
            }
            let count = members.first().map_or(0, |(_, texts)| texts.len());
            if count == 0 {
                continue;
            }
            out.open(&list.element);
            for number in 0..count {
                out.open(&list.item);
                for (name, texts) in &members {
                    out.leaf(name, texts.get(number).copied().unwrap_or_default());
                }
                out.close();
            }
            out.close();
        }
    }
}

impl Column {
    fn text(&self, out: &mut String, row: &RowRef<'_>) {
        match &self.shown {
            // What has no value is an empty element.
            Shown::Output(at, kind) => {
                let _ = value::text(out, row, *at, kind);
            }
            Shown::List(at) => {
                let texts = row.text(*at).into_iter().flat_map(|t| t.split(BETWEEN));
                for (number, text) in texts.enumerate() {
                    if number > 0 {
                        out.push('|');
                    }
                    out.push_str(text);
                }
            }
            Shown::Always(value) => out.push_str(value),
            Shown::Nothing => {}
        }
    }
}
