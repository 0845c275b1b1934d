//! A record to look at.

use askama::Template;
use sidegate_model::{FieldType, Operation, RecordKey, Result};

use super::answer::Answer;
use super::frame::{Frame, may};
use super::page::tables::Table;
use super::record::Found;
use super::shown;
use super::visit::Visit;
use super::{At, Console, page};

/// The page of one record.
#[derive(Template)]
#[template(path = "console/view.html")]
struct View {
    frame: Frame,
    notes: Vec<String>,
    tables: Vec<Table>,
    sections: Vec<Facts>,
    edit: Option<String>,
    delete: Option<String>,
    links: Vec<Lead>,
    here: String,
    done: String,
}

/// A part of a record.
pub(super) struct Facts {
    pub(super) label: String,
    pub(super) facts: Vec<Fact>,
}

/// A field with what it holds.
#[derive(Default)]
pub(super) struct Fact {
    pub(super) label: String,
    pub(super) value: String,
    pub(super) state: String,
    pub(super) href: Option<String>,
}

/// What an object adds to the page of its record.
#[derive(Default)]
pub(super) struct Beside {
    pub(super) notes: Vec<String>,
    pub(super) sections: Vec<Facts>,
    pub(super) tables: Vec<Table>,
    pub(super) leads: Vec<Lead>,
    /// Fields that the tables show.
    pub(super) told: &'static [&'static str],
    /// What stands for nothing in a field.
    pub(super) blank: &'static [(&'static str, &'static str)],
    /// Whether the record stays, whatever the one who looks may do.
    pub(super) stays: bool,
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
    beside: Beside,
}

/// `GET /SCREEN/KEY`
pub(super) async fn view(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
) -> Result<Answer> {
    let name = at.screen.name.clone();
    let taste = visit.manner.taste.clone();
    let mut read = console
        .engine
        .read(visit.call(), move |work| {
            let registry = work.registry();
            let at = At::named(registry, &name).expect("the screen was found by this name");
            let found = Found::read(work, at.definition, key)?;
            let beside = page::beside(work, at, key, &found, &taste)?;
            Ok(Read {
                found,
                may_edit: may(work, at, Operation::Update),
                may_delete: may(work, at, Operation::Delete) && !beside.stays,
                leads: page::leads(work, at, key)?,
                beside,
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
    let taste = &visit.manner.taste;
    let registry = console.engine.registry();
    let blank = read.beside.blank;
    let fact = |name: &String| {
        let field = at.definition.named(name)?;
        let value = read.found.at(name);
        let mut text = shown::fact(field, value, at.screen.codes.contains(name), taste);
        let blank = blank.iter().find(|(field, _)| field == name);
        if let (true, Some((_, word))) = (text.is_empty(), blank) {
            (*word).clone_into(&mut text);
        }
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
            facts: fields
                .iter()
                .filter(|name| !read.beside.told.contains(&name.as_str()))
                .filter_map(fact)
                .collect(),
        })
        .collect();
    sections.extend(std::mem::take(&mut read.beside.sections));
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
    read.leads.extend(read.beside.leads);
    Answer::page(&View {
        frame,
        notes: read.beside.notes,
        tables: read.beside.tables,
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
