//! How an object stands in the XML gateway: from its declaration to the names that clients use.

use super::check::{Broken, Source};
use super::file::XmlFile;
use super::{Field, Operation, XmlFace, XmlField};
use crate::field_type::FieldType;

/// What every face has beside what is declared, where its object keeps it: name and dotted name.
const IMPLIED: &[(&str, &str)] = &[
    ("WHENCREATED", "audit.createdDateTime"),
    ("WHENMODIFIED", "audit.modifiedDateTime"),
    ("CREATEDBY", "audit.createdByUser.key"),
    ("MODIFIEDBY", "audit.modifiedByUser.key"),
    ("CREATEDBYLOGINID", "audit.createdByUser.id"),
    ("MODIFIEDBYLOGINID", "audit.modifiedByUser.id"),
];
/// The relations that every face has where its object keeps these references.
const IMPLIED_RELATIONS: &[(&str, &str)] = &[
    ("USERINFOCREATEDBY", "audit.createdByUser"),
    ("USERINFOMODIFIEDBY", "audit.modifiedByUser"),
];
/// What the entity of a record is called; its own name is the declared one.
const ENTITY: &str = "MEGAENTITYID";
const OF_ENTITY: &[(&str, &str)] = &[("MEGAENTITYKEY", "key"), ("MEGAENTITYNAME", "name")];
const ENTITY_RELATION: &str = "MELOCATION";
/// The address of a record in the vendor's own pages, which nobody has here.
const ADDRESS: &str = "RECORD_URL";

/// The faces that a declaration gives its object.
pub(super) fn faces(
    source: &Source<'_>,
    fields: &[Field],
    broken: &mut Vec<Broken>,
) -> Vec<XmlFace> {
    let faces = source.image.xml.iter();
    faces
        .map(|image| face(source, image, fields, broken))
        .collect()
}

fn face(
    source: &Source<'_>,
    image: &XmlFile,
    fields: &[Field],
    broken: &mut Vec<Broken>,
) -> XmlFace {
    let mut words = |table: &toml::Table| -> Vec<(String, String)> {
        let mut words = Vec::new();
        for (name, value) in table {
            match value.as_str() {
                Some(word) => words.push((name.clone(), word.to_owned())),
                None => broken.push(source.broken(0, Some(name), "needs a text".to_owned())),
            }
        }
        words
    };
    let (further, always) = (words(&image.fields), words(&image.always));
    let (reads, lists, pairs) = (
        words(&image.reads),
        words(&image.lists),
        words(&image.pairs),
    );
    let mut relations = words(&image.relations);
    let mut names = Names::default();
    names.add("RECORDNO", "key".to_owned());
    for field in fields {
        let Some(name) = &field.xml else { continue };
        if further.iter().any(|(other, _)| other == name) {
            continue;
        }
        let is_reference = matches!(field.kind, FieldType::Reference(_));
        let id = if is_reference { ".id" } else { "" };
        names.add(name, format!("{}{id}", field.name));
        if name == ENTITY {
            for (name, member) in OF_ENTITY {
                names.add(name, format!("{}.{member}", field.name));
            }
            let entity = (ENTITY_RELATION.to_owned(), field.name.clone());
            relations.push(entity);
        }
    }
    for (name, path) in further {
        names.add(&name, path);
    }
    // Records keep this whether REST shows it or not; of a view, what it shows is said.
    let is_view = source.image.base.is_some();
    let keeps = |path: &str| {
        let kept = |field: &&Field| {
            let rest = path.strip_prefix(field.name.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let found = fields.iter().find(kept);
        found.is_some_and(|field| field.is_visible() || !is_view)
    };
    for (name, path) in IMPLIED.iter().filter(|(_, path)| keeps(path)) {
        names.add(name, (*path).to_owned());
    }
    for (name, path) in IMPLIED_RELATIONS.iter().filter(|(_, path)| keeps(path)) {
        relations.push(((*name).to_owned(), (*path).to_owned()));
    }
    for (name, path) in reads {
        match names.0.iter_mut().find(|field| field.name == name) {
            Some(field) => field.read = Some(path),
            None => broken.push(source.broken(0, Some(&name), "is read but no name".to_owned())),
        }
    }
    let mut empty = image.empty.clone();
    empty.push(ADDRESS.to_owned());
    XmlFace {
        name: image.name.clone(),
        fields: names.grouped(),
        empty,
        always,
        relations,
        lists,
        pairs,
        writes: writes(source, image, broken),
    }
}

fn writes(source: &Source<'_>, image: &XmlFile, broken: &mut Vec<Broken>) -> Vec<Operation> {
    let all = [Operation::Create, Operation::Update, Operation::Delete];
    let Some(words) = &image.writes else {
        return all.to_vec();
    };
    let mut writes = Vec::new();
    for word in words {
        match Operation::named(word).filter(|found| all.contains(found)) {
            Some(operation) => writes.push(operation),
            None => {
                let reason = format!("{word} does not write; create, update and delete do");
                broken.push(source.broken(0, None, reason));
            }
        }
    }
    writes
}

/// The names of a face, each once.
#[derive(Default)]
struct Names(Vec<XmlField>);

impl Names {
    fn add(&mut self, name: &str, path: String) {
        if self.0.iter().all(|field| field.name != name) {
            self.0.push(XmlField {
                name: name.to_owned(),
                path,
                read: None,
            });
        }
    }

    /// In order, but those that begin alike, as in `CONTACTINFO.FIRSTNAME`, where the first of them is.
    fn grouped(self) -> Vec<XmlField> {
        super::grouped(self.0, |field| &field.name)
    }
}
