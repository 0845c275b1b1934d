//! `inspect`: all objects, or the fields of one, by name alone or in detail.

use sidegate_model::Result;

use super::Run;
use super::lookup::{Told, told};
use crate::xml::failure::bad_query;
use crate::xml::writer::Writer;

pub(super) fn run(run: &mut Run<'_, '_, '_>) -> Result<()> {
    run.only(&["object", "name"])?;
    let name = match (run.text("object")?, run.text("name")?) {
        (Some(name), None) | (None, Some(name)) => name.trim().to_owned(),
        _ => return Err(bad_query("inspect takes exactly one of object and name").into()),
    };
    // However many there are, the vendor counts one.
    let attributes = [("listtype", "All"), ("count", "1")];
    if name == "*" {
        run.out.open_with("data", &attributes);
        let registry = run.registry();
        for definition in registry.all() {
            for face in &definition.xml {
                run.out
                    .leaf_with("type", &[("typename", &face.name)], &definition.label.0);
            }
        }
        run.out.close();
        return Ok(());
    }
    let known = run.called(&name)?;
    let detailed = run
        .node
        .attribute("detail")
        .or_else(|| {
            run.node
                .child("object")
                .and_then(|node| node.attribute("detail"))
        })
        .is_some_and(|detail| detail.trim() == "1");
    let out = &mut *run.out;
    out.open_with("data", &attributes);
    out.open_with("Type", &[("Name", &known.face.name)]);
    out.open("Attributes");
    out.leaf("SingularName", &known.definition.label.0);
    out.leaf("PluralName", &known.definition.label.1);
    out.leaf(
        "Description",
        known.definition.help.as_deref().unwrap_or_default(),
    );
    out.close();
    out.open("Fields");
    for field in known
        .face
        .fields
        .iter()
        .filter_map(|field| told(known, field))
    {
        if detailed {
            detail(out, &field);
        } else {
            out.leaf("Field", &field.name);
        }
    }
    out.close();
    out.close();
    out.close();
    Ok(())
}

fn detail(out: &mut Writer, field: &Told) {
    let yes = |yes: bool| if yes { "true" } else { "false" };
    let most = field.most.map(|most| most.to_string()).unwrap_or_default();
    out.open("Field");
    out.leaf("Name", &field.name);
    out.leaf("GroupName", "");
    out.leaf("dataName", field.kind);
    out.leaf("externalDataName", field.kind);
    out.leaf("isRequired", yes(field.required));
    out.leaf("isReadOnly", yes(field.read_only));
    out.leaf("maxLength", &most);
    out.leaf("DisplayLabel", &field.label);
    out.leaf("Description", &field.help);
    out.leaf("id", &field.name);
    out.leaf("relationship", "");
    out.leaf("relatedObject", "");
    out.close();
}
