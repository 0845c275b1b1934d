//! All definitions of one running system.
//!
//! A value, not a global: later a company can lay its own fields over the shared declarations.

use std::collections::BTreeMap;

use crate::definition::{
    Broken, Definition, Field, ObjectIndex, Rule, Shared, Source, XmlFace, load,
};
use crate::field_type::FieldType;
use crate::path::{End, reference_in_base, resolve_internal};

/// All objects by place and by name.
#[derive(Debug)]
pub struct Registry {
    definitions: Vec<Definition>,
    names: BTreeMap<String, ObjectIndex>,
    acting: ObjectIndex,
}

impl Registry {
    /// The declarations that come with Sidegate.
    ///
    /// # Errors
    /// All that is wrong with them, by file and line.
    pub fn shipped() -> Result<Self, Vec<Broken>> {
        Self::from_files(SHIPPED)
    }

    /// A registry of declaration files, each `(file name, text)`.
    ///
    /// # Errors
    /// All that is wrong with them, by file and line.
    pub fn from_files(files: &[(&str, &str)]) -> Result<Self, Vec<Broken>> {
        let definitions = load(files, &shared_words())?;
        let names: BTreeMap<String, ObjectIndex> = definitions
            .iter()
            .map(|d| (d.name.clone(), d.index))
            .collect();
        let acting = definitions
            .iter()
            .flat_map(|d| d.named("audit.createdByUser"))
            .find_map(|field| names.get(field.kind.target()?).copied())
            .unwrap_or(ObjectIndex(0));
        let registry = Self {
            definitions,
            names,
            acting,
        };
        let mut broken = registry.broken_views();
        broken.extend(registry.broken_faces());
        if broken.is_empty() {
            Ok(registry)
        } else {
            Err(broken)
        }
    }

    /// Fields that are read from elsewhere where nothing is, or something of another type.
    fn broken_views(&self) -> Vec<Broken> {
        let fields = self
            .all()
            .flat_map(|d| d.fields.iter().map(move |f| (d, f)));
        fields
            .filter(|(d, field)| d.source == Source::View || field.from.is_some())
            .filter(|(view, field)| !self.view_fits(view, field))
            .map(|(view, field)| Broken {
                file: format!("objects/{}.toml", view.name),
                line: 0,
                field: Some(field.name.clone()),
                reason: format!(
                    "is no field of that type in {}; say from",
                    self.at(view.base).name
                ),
            })
            .collect()
    }

    /// Names of the XML gateway that stand for nothing, or that two objects have.
    fn broken_faces(&self) -> Vec<Broken> {
        let mut broken = Vec::new();
        let mut known: BTreeMap<&str, &str> = BTreeMap::new();
        for definition in self.all() {
            let mut refuse = |name: &str, reason: String| {
                broken.push(Broken {
                    file: format!("objects/{}.toml", definition.name),
                    line: 0,
                    field: Some(name.to_owned()),
                    reason,
                });
            };
            for face in &definition.xml {
                if let Some(other) = known.insert(&face.name, &definition.name) {
                    refuse(&face.name, format!("is what {other} is called too"));
                }
                for field in &face.fields {
                    let path = &field.path;
                    match self.shown(definition, path) {
                        None => {
                            refuse(&field.name, format!("stands for {path}, which is no field"));
                        }
                        Some(found) if found.is(Rule::Secret) => {
                            refuse(&field.name, format!("stands for {path}, which is secret"));
                        }
                        Some(_) => {}
                    }
                    if let Some(read) = &field.read
                        && self.shown(definition, read).is_none()
                    {
                        refuse(
                            &field.name,
                            format!("is read from {read}, which is no field"),
                        );
                    }
                }
                for (name, back) in &face.pairs {
                    let other = self.face(name);
                    let leads = other.and_then(|(object, face)| {
                        let (_, path) = face.relations.iter().find(|(known, _)| known == back)?;
                        self.related(object, path)
                    });
                    if leads.is_none_or(|found| found.index != definition.index) {
                        refuse(name, format!("has no relation {back} that leads back"));
                    }
                }
                for (name, list) in &face.lists {
                    if !definition.named(list).is_some_and(Field::is_list) {
                        refuse(name, format!("holds {list}, which is no list"));
                    }
                }
                let named = |name: &String| face.fields.iter().any(|field| field.name == *name);
                let without = face
                    .empty
                    .iter()
                    .chain(face.always.iter().map(|(name, _)| name));
                for name in without.filter(|name| named(name)) {
                    refuse(name, "is the name of a field too".to_owned());
                }
                for (name, path) in &face.relations {
                    if self.related(definition, path).is_none() {
                        refuse(name, format!("is reached by {path}, which is no reference"));
                    }
                }
            }
        }
        broken
    }

    /// The object that a dotted name of references leads to.
    #[must_use]
    pub fn related(&self, from: &Definition, path: &str) -> Option<&Definition> {
        let key = resolve_internal(self, from, &format!("{path}.key"))?;
        Some(self.at(key.object))
    }

    /// The field that a declared name of the XML gateway stands for, as it is shown: a view says by
    /// itself by which words its choices are known, and of what a list names its members are shown.
    #[must_use]
    pub fn shown<'r>(&'r self, from: &'r Definition, path: &str) -> Option<&'r Field> {
        if let Some(list) = from.named(path).filter(|f| f.is_list() || f.is_owned()) {
            return Some(list);
        }
        let listed = from.fields.iter().filter(|field| field.is_list());
        for list in listed {
            let member = path
                .strip_prefix(&list.name)
                .and_then(|m| m.strip_prefix('.'));
            if let Some(member) = member {
                return self.target_of(list)?.named(member);
            }
        }
        let found = resolve_internal(self, from, path)?;
        let End::Field(end) = found.end else {
            return None;
        };
        let said = from.named(path).filter(|_| from.source == Source::View);
        Some(said.unwrap_or_else(|| self.at(found.object).field(end)))
    }

    /// The object that the XML gateway calls so, with its face there.
    #[must_use]
    pub fn face(&self, name: &str) -> Option<(&Definition, &XmlFace)> {
        let faces = self
            .all()
            .flat_map(|d| d.xml.iter().map(move |face| (d, face)));
        let mut faces = faces.filter(|(_, face)| face.name == name);
        faces.next()
    }

    fn view_fits(&self, view: &Definition, field: &Field) -> bool {
        let base = self.at(view.base);
        match (&field.kind, field.kind.target()) {
            (FieldType::Owned(_), _) => true,
            // A list is kept where the base keeps its own of that name.
            (FieldType::References(_), _) => base
                .named(&field.name)
                .is_some_and(|own| own.kind == field.kind && own.column == field.column),
            (_, Some(_)) => reference_in_base(self, base, field.in_base()).is_some(),
            (kind, None) => resolve_internal(self, base, field.in_base()).is_some_and(|path| {
                let End::Field(end) = path.end else {
                    return false;
                };
                let found = &self.at(path.object).field(end).kind;
                std::mem::discriminant(found) == std::mem::discriminant(kind)
                    || (found.is_textual() && kind.is_textual())
            }),
        }
    }

    /// The text of the declarations that come with Sidegate, each `(file name, text)`.
    #[must_use]
    pub fn shipped_files() -> &'static [(&'static str, &'static str)] {
        SHIPPED
    }

    /// All definitions, in the order of their files.
    pub fn all(&self) -> impl Iterator<Item = &Definition> {
        self.definitions.iter()
    }

    /// The definition at a place.
    #[must_use]
    pub fn at(&self, index: ObjectIndex) -> &Definition {
        &self.definitions[usize::from(index.0)]
    }

    /// The definition of an `application/object` name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Definition> {
        self.names.get(name).map(|index| self.at(*index))
    }

    /// The published object that a query calls so: by its name, or by its last part alone where only
    /// one has it. The vendor's and our own are asked apart.
    #[must_use]
    pub fn called(&self, name: &str, ours: bool) -> Option<&Definition> {
        let asked = |definition: &Definition| definition.published && definition.is_ours() == ours;
        if name.contains('/') {
            return self.named(name).filter(|definition| asked(definition));
        }
        let mut found = self.all().filter(|d| asked(d) && d.segment() == name);
        found.next().filter(|_| found.next().is_none())
    }

    /// The object whose records sign in.
    #[must_use]
    pub fn acting(&self) -> &Definition {
        self.at(self.acting)
    }

    /// The object that a reference or a list of references names.
    #[must_use]
    pub fn target_of(&self, field: &Field) -> Option<&Definition> {
        use crate::field_type::FieldType::{Owned, Reference, References};
        match &field.kind {
            Reference(target) | References(target) | Owned(target) => self.named(target),
            _ => None,
        }
    }

    /// Whether a record of the object, or an item that it owns, has the content of a file.
    #[must_use]
    pub fn holds_files(&self, definition: &Definition) -> bool {
        let has_file = |object: &Definition| {
            let mut kinds = object.fields.iter().map(|field| &field.kind);
            kinds.any(|kind| *kind == FieldType::File)
        };
        let mut items = definition.owned().filter_map(|field| self.target_of(field));
        has_file(definition) || items.any(has_file)
    }

    /// Every field of every object that refers to a table, with the object it belongs to.
    pub fn referring_to(&self, target: &Definition) -> impl Iterator<Item = (&Definition, &Field)> {
        let table = target.table.clone();
        self.all()
            // What a view shows is its base's, and a kept list is the object's that has it.
            .filter(|d| d.source == Source::Stored && !d.keeps_list)
            .flat_map(|d| d.fields.iter().map(move |f| (d, f)))
            .filter(move |(d, field)| {
                !field.name.starts_with("audit.")
                    && !field.is_owned()
                    && field.from.is_none()
                    // What belongs to a record goes with it.
                    && d.owner != Some(field.index)
                    && self
                        .target_of(field)
                        .is_some_and(|found| found.table == table)
            })
    }
}

/// The shared lists of words that come with Sidegate.
fn shared_words() -> Shared {
    toml::from_str(include_str!("../../../catalogue/choices.toml"))
        .expect("the catalogue's lists of words are read by every test")
}

const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/shipped.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_declarations_are_whole() {
        if let Err(broken) = Registry::shipped() {
            let lines: Vec<String> = broken.iter().map(ToString::to_string).collect();
            panic!("{}", lines.join("\n"));
        }
    }

    #[test]
    fn only_files_and_what_owns_them_hold_files() {
        let registry = Registry::shipped().expect("whole declarations");
        let holds = registry.all().filter(|object| registry.holds_files(object));
        let names: Vec<&str> = holds.map(|object| object.name.as_str()).collect();
        assert_eq!(names, ["company-config/attachment", "company-config/file"]);
    }
}
