//! `lookup`: the fields of an object and what it is related to.

use sidegate_model::definition::XmlField;
use sidegate_model::{Field, FieldType, Operation, Result, Rule};

use super::Run;
use crate::xml::face::Known;
use crate::xml::value;

pub(super) fn run(run: &mut Run<'_, '_, '_>) -> Result<()> {
    run.only(&["object", "docparid"])?;
    let known = run.object()?;
    run.work.authorise(known.definition, Operation::List)?;
    let out = &mut *run.out;
    out.open_with("data", &[("listtype", "All"), ("count", "1")]);
    let name = known.face.name.as_str();
    out.open_with("Type", &[("Name", name), ("DocumentType", "")]);
    out.open("Fields");
    for field in known
        .face
        .fields
        .iter()
        .filter_map(|field| told(known, field))
    {
        out.open("Field");
        out.leaf("ID", &field.name);
        out.leaf("LABEL", &field.label);
        out.leaf("DESCRIPTION", &field.help);
        out.leaf("REQUIRED", if field.required { "true" } else { "false" });
        out.leaf("READONLY", if field.read_only { "true" } else { "false" });
        out.leaf("DATATYPE", field.kind);
        out.leaf("ISCUSTOM", "false");
        if !field.words.is_empty() {
            out.open("VALIDVALUES");
            for word in &field.words {
                out.leaf("VALIDVALUE", word);
            }
            out.close();
        }
        out.close();
    }
    out.close();
    out.open("Relationships");
    for (relation, path) in &known.face.relations {
        let Some(related) = known.registry.related(known.definition, path) else {
            continue;
        };
        let Some(face) = related.xml.first() else {
            continue;
        };
        let by = known.face.fields.iter().find(|field| {
            let of_it = field.path.strip_prefix(path.as_str());
            of_it.is_some_and(|rest| rest == ".id" || rest == ".key")
        });
        out.open("Relationship");
        out.leaf("OBJECTPATH", relation);
        out.leaf("OBJECTNAME", &face.name);
        out.leaf("LABEL", &related.label.0);
        out.leaf("RELATIONSHIPTYPE", "MANY2ONE");
        out.leaf("RELATEDBY", by.map_or("", |field| &field.name));
        out.close();
    }
    out.close();
    out.close();
    out.close();
    Ok(())
}

/// A field as it is told.
pub(super) struct Told {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) help: String,
    pub(super) required: bool,
    pub(super) read_only: bool,
    pub(super) kind: &'static str,
    pub(super) words: Vec<String>,
    pub(super) most: Option<usize>,
}

/// What is told of a field; nothing of lists, which are only written.
pub(super) fn told(known: Known<'_>, field: &XmlField) -> Option<Told> {
    let found = known.registry.shown(known.definition, &field.path)?;
    if found.is_list() || found.is_owned() {
        return None;
    }
    // What stands in another record is changed there, unless it comes along with this one.
    let own = known.definition.named(&field.path).or_else(|| {
        let reference = field.path.strip_suffix(".id").unwrap_or(&field.path);
        known.definition.named(reference)
    });
    let words = match &found.kind {
        FieldType::Boolean => vec!["true".to_owned(), "false".to_owned()],
        FieldType::Choice(choices) => choices.iter().map(|c| value::label(c).to_owned()).collect(),
        _ => Vec::new(),
    };
    let shown = own.unwrap_or(found);
    Some(Told {
        name: field.name.clone(),
        label: shown.label.clone(),
        help: shown.help.clone().unwrap_or_default(),
        required: own.is_some_and(Field::must_be_sent),
        read_only: shown.is(Rule::ReadOnly),
        kind: kind(&found.kind),
        words,
        most: match found.kind {
            FieldType::Text { max } => Some(max),
            _ => None,
        },
    })
}

fn kind(kind: &FieldType) -> &'static str {
    match kind {
        FieldType::Boolean => "BOOLEAN",
        FieldType::Integer | FieldType::Key | FieldType::Reference(_) => "INTEGER",
        FieldType::Decimal { .. } => "DECIMAL",
        FieldType::Date => "DATE",
        FieldType::Moment => "TIMESTAMP",
        FieldType::Text { .. }
        | FieldType::Email
        | FieldType::Choice(_)
        | FieldType::Words(_)
        | FieldType::Bytes
        | FieldType::Json { .. }
        | FieldType::File
        | FieldType::References(_)
        | FieldType::Owned(_) => "TEXT",
    }
}
