//! How an object stands in the XML gateway: from its declaration to the names that clients use.

use super::check::{Broken, Source};
use super::{Field, Operation, XmlFace, XmlField};
use crate::field_type::FieldType;

/// What every face has beside what is declared, where its object has it: name and dotted name.
const IMPLIED: &[(&str, &str)] = &[
    ("WHENCREATED", "audit.createdDateTime"),
    ("WHENMODIFIED", "audit.modifiedDateTime"),
    ("CREATEDBY", "audit.createdByUser.key"),
    ("MODIFIEDBY", "audit.modifiedByUser.key"),
    ("CREATEDBYLOGINID", "audit.createdByUser.id"),
    ("MODIFIEDBYLOGINID", "audit.modifiedByUser.id"),
];
/// What the entity of a record is called; its own name is the declared one.
const ENTITY: &str = "MEGAENTITYID";
const OF_ENTITY: &[(&str, &str)] = &[("MEGAENTITYKEY", "key"), ("MEGAENTITYNAME", "name")];

/// The faces that a declaration gives its object.
pub(super) fn faces(
    source: &Source<'_>,
    fields: &[Field],
    broken: &mut Vec<Broken>,
) -> Vec<XmlFace> {
    let faces = source.image.xml.iter();
    faces
        .map(|image| {
            let mut refuse = |reason: String| broken.push(source.broken(0, None, reason));
            let mut named: Vec<XmlField> = Vec::new();
            let mut add = |name: &str, path: String| {
                if named.iter().all(|field| field.name != name) {
                    named.push(XmlField {
                        name: name.to_owned(),
                        path,
                    });
                }
            };
            let words = |table: &toml::Table| -> Vec<(String, Option<String>)> {
                let word = |value: &toml::Value| value.as_str().map(str::to_owned);
                let pairs = table.iter();
                pairs
                    .map(|(name, value)| (name.clone(), word(value)))
                    .collect()
            };
            add("RECORDNO", "key".to_owned());
            for (name, path) in words(&image.fields) {
                match path {
                    Some(path) => add(&name, path),
                    None => refuse(format!("{name} stands for a dotted name, in quotes")),
                }
            }
            for field in fields {
                let Some(name) = &field.xml else { continue };
                let is_reference = matches!(field.kind, FieldType::Reference(_));
                let id = if is_reference { ".id" } else { "" };
                add(name, format!("{}{id}", field.name));
                if name == ENTITY {
                    for (name, member) in OF_ENTITY {
                        add(name, format!("{}.{member}", field.name));
                    }
                }
            }
            for (name, path) in IMPLIED {
                let whole = |field: &&Field| {
                    let rest = path.strip_prefix(field.name.as_str());
                    field.is_visible()
                        && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                };
                if fields.iter().find(whole).is_some() {
                    add(name, (*path).to_owned());
                }
            }
            let mut relations = Vec::new();
            for (name, path) in words(&image.relations) {
                match path {
                    Some(path) => relations.push((name, path)),
                    None => refuse(format!("{name} is reached by a reference, in quotes")),
                }
            }
            let all = [Operation::Create, Operation::Update, Operation::Delete];
            let writes = match &image.writes {
                None => all.to_vec(),
                Some(words) => {
                    let operation = |word: &String| {
                        let found = Operation::named(word).filter(|found| all.contains(found));
                        if found.is_none() {
                            refuse(format!(
                                "{word} does not write; create, update and delete do"
                            ));
                        }
                        found
                    };
                    words.iter().filter_map(operation).collect()
                }
            };
            XmlFace {
                name: image.name.clone(),
                fields: named,
                empty: image.empty.clone(),
                relations,
                writes,
            }
        })
        .collect()
}
