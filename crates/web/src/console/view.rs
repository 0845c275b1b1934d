//! A record to look at.

use askama::Template;
use sidegate_model::{FieldType, Operation, RecordKey, Result};

use super::answer::Answer;
use super::frame::{Frame, may};
use super::preferred::Preferred;
use super::record::Found;
use super::shown::{self, Taste};
use super::visit::Visit;
use super::{At, Console, page};

/// The page of one record.
#[derive(Template)]
#[template(path = "console/view.html")]
struct View {
    frame: Frame,
    sections: Vec<Facts>,
    edit: Option<String>,
    delete: Option<String>,
    links: Vec<Lead>,
    here: String,
    done: String,
}

/// A part of a record.
struct Facts {
    label: String,
    facts: Vec<Fact>,
}

/// A field with what it holds.
struct Fact {
    label: String,
    value: String,
    state: String,
    href: Option<String>,
}

/// A way to a further page.
#[derive(Clone, Debug)]
pub(super) struct Lead {
    pub(super) label: String,
    pub(super) to: String,
    /// Whether it opens as a dialog.
    pub(super) step: bool,
    /// Whether it is a page beside this one.
    pub(super) tab: bool,
}

struct Read {
    found: Found,
    may_edit: bool,
    may_delete: bool,
    leads: Vec<Lead>,
    taste: Taste,
}

/// `GET /SCREEN/KEY`
pub(super) async fn view(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
) -> Result<Answer> {
    let name = at.screen.name.clone();
    let read = console
        .engine
        .read(visit.call(), move |work| {
            let registry = work.registry();
            let at = At::named(registry, &name).expect("the screen was found by this name");
            Ok(Read {
                found: Found::read(work, at.definition, key)?,
                may_edit: may(work, at, Operation::Update),
                may_delete: may(work, at, Operation::Delete),
                leads: page::leads(work, at, key)?,
                taste: Preferred::of(work)?.taste,
            })
        })
        .await?;
    let id = at.definition.id.map(|id| &at.definition.field(id).name);
    let title = id.map(|id| read.found.text(id)).unwrap_or_default();
    let title = if title.is_empty() || at.definition.singleton.is_some() {
        at.screen.label.0.clone()
    } else {
        title
    };
    let frame = Frame::at(console, visit, at, &title).await?;
    let taste = read.taste;
    let registry = console.engine.registry();
    let fact = |name: &String| {
        let field = at.definition.named(name)?;
        let value = read.found.at(name);
        let text = shown::fact(field, value, at.screen.codes.contains(name), &taste);
        let target = registry.target_of(field);
        let screen = target.and_then(|target| At::of(registry, &target.name));
        let key = super::record::text(value);
        let links = matches!(field.kind, FieldType::Reference(_)) && !key.is_empty();
        Some(Fact {
            label: field.label.clone(),
            state: match field.name.as_str() {
                "status" => value.as_str().unwrap_or_default().to_owned(),
                _ => String::new(),
            },
            value: text,
            href: screen
                .filter(|_| links)
                .map(|screen| format!("{}/{key}", screen.href())),
        })
    };
    let mut sections: Vec<Facts> = at
        .screen
        .sections
        .iter()
        .map(|(label, fields)| Facts {
            label: label.clone(),
            facts: fields.iter().filter_map(fact).collect(),
        })
        .collect();
    let stamps = [
        "audit.createdDateTime",
        "audit.createdByUser",
        "audit.modifiedDateTime",
        "audit.modifiedByUser",
    ];
    let stamps: Vec<Fact> = stamps
        .iter()
        .filter_map(|name| fact(&(*name).to_owned()))
        .collect();
    if stamps.iter().any(|stamp| !stamp.value.is_empty()) {
        sections.push(Facts {
            label: "History".to_owned(),
            facts: stamps,
        });
    }
    let here = at.record(key);
    Answer::page(&View {
        frame,
        sections,
        edit: read.may_edit.then(|| format!("{here}/edit")),
        delete: read.may_delete.then(|| format!("{here}/delete")),
        links: read.leads,
        here: visit.path.clone(),
        done: match at.definition.singleton {
            Some(_) => format!("/{}", at.screen.done),
            None => at.href(),
        },
    })
}
