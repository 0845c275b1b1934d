//! The form of a record: add, edit, delete. What was typed is carried through every step, so that
//! neither an error nor a look at something else loses it.

use askama::Template;
use axum::http::StatusCode;
use sidegate_engine::{Saved, Work};
use sidegate_model::{
    Definition, Draft, Failure, FieldType, Operation, Problem, RecordKey, Registry, Result, Rule,
    Scalar,
};

use super::answer::Answer;
use super::control::{self, Control, Section};
use super::frame::{Fault, Frame};
use super::pairs::Pairs;
use super::record::{self, Found};
use super::shown::Taste;
use super::step::{self, Proof, Step};
use super::view::Lead;
use super::visit::{Visit, is_for_form};
use super::{At, Console, page};
use crate::rest::draft::draft;
use crate::rest::json::Node;

/// The page of a form.
#[derive(Template)]
#[template(path = "console/form.html")]
pub(super) struct Form {
    pub(super) frame: Frame,
    pub(super) action: String,
    pub(super) carried: Vec<(String, String)>,
    pub(super) sections: Vec<Section>,
    pub(super) links: Vec<Lead>,
    pub(super) cancel: String,
}

/// What was in a field when the form was shown stands in a pair with this before its name.
pub(super) const WAS: &str = "was:";
const VERSION: &str = "version";

/// `/SCREEN/add`
pub(super) async fn add(console: &Console, visit: &Visit, at: At<'_>) -> Result<Answer> {
    if visit.is_post() {
        return act(console, visit, at, None).await;
    }
    let said = Pairs(visit.asked.0.clone());
    show(console, visit, at, None, Some(&said), Vec::new()).await
}

/// `/SCREEN/KEY/edit`
pub(super) async fn edit(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
) -> Result<Answer> {
    if visit.is_post() {
        return act(console, visit, at, Some(key)).await;
    }
    show(console, visit, at, Some(key), None, Vec::new()).await
}

/// `/SCREEN/KEY/delete`
pub(super) async fn delete(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
) -> Result<Answer> {
    let name = at.screen.name.clone();
    let title = console
        .engine
        .read(visit.call(), move |work| {
            let at = screen(work.registry(), &name);
            work.authorise(at.definition, Operation::Delete)?;
            let found = Found::read(work, at.definition, key)?;
            Ok(called(at, &found))
        })
        .await?;
    let one = &at.screen.label.0;
    let button = if visit.manner.classic { "OK" } else { "Delete" };
    let lines = vec![format!(
        "{one} {title} goes for good. Its history stays in the audit trail."
    )];
    if visit.is_post() {
        // What the engine would say is known before anybody is asked for a password.
        remove(console, visit, at, key, true).await?;
        if at.screen.verifies {
            let carried = visit.form.with("step", "delete");
            if visit.form.get("go") != "verify" {
                return step::ask(console, visit, &carried, lines, Vec::new()).await;
            }
            if let Proof::Missing(answer) = step::take(console, visit, &carried, lines).await? {
                return Ok(answer);
            }
        }
        remove(console, visit, at, key, false).await?;
        return Ok(Answer::to(format!("{}?done=deleted", at.href())));
    }
    let mut step = Step::new(console, visit, &format!("Delete {title}?")).await?;
    step.lines = lines;
    step.cancel = Some(at.href());
    step.danger = true;
    step.go = "delete".to_owned();
    step.button = button.to_owned();
    step.answer()
}

async fn remove(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: RecordKey,
    tries: bool,
) -> Result<()> {
    let name = at.screen.name.clone();
    let done = console
        .engine
        .write(visit.call(), move |work| {
            let at = screen(work.registry(), &name);
            work.delete(at.definition, key, None)?;
            if tries {
                return Err(Failure::Broken(Box::new(Tried)));
            }
            Ok(())
        })
        .await;
    match done {
        Err(Failure::Broken(error)) if tries && error.is::<Tried>() => Ok(()),
        done => done,
    }
}

fn screen<'r>(registry: &'r Registry, name: &str) -> At<'r> {
    At::named(registry, name).expect("the screen was found by this name")
}

/// What people call a record.
pub(super) fn called(at: At<'_>, found: &Found) -> String {
    let id = at.definition.id.map(|id| &at.definition.field(id).name);
    id.map(|id| found.text(id)).unwrap_or_default()
}

/// Shows the form with what was said so far.
pub(super) async fn show(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: Option<RecordKey>,
    said: Option<&Pairs>,
    faults: Vec<Fault>,
) -> Result<Answer> {
    let name = at.screen.name.clone();
    let pairs = said.cloned();
    let taste = visit.manner.taste.clone();
    let (mut sections, carried, title) = console
        .engine
        .read(visit.call(), move |work| {
            sections(work, &name, key, pairs.as_ref(), &taste)
        })
        .await?;
    let title = match key {
        Some(_) => format!("Edit {title}"),
        None => format!("Add: {}", at.screen.label.0),
    };
    let mut frame = Frame::at(console, visit, at, &title).await?;
    let is_wrong = !faults.is_empty();
    frame.faults = control::blame(&mut sections, faults);
    let here = match key {
        Some(key) => format!("{}/edit", at.record(key)),
        None => format!("{}/add", at.href()),
    };
    let answer = Answer::page(&Form {
        frame,
        action: here,
        carried,
        sections,
        links: Vec::new(),
        cancel: key.map_or_else(|| at.href(), |key| at.record(key)),
    })?;
    Ok(if is_wrong {
        answer.with_status(StatusCode::UNPROCESSABLE_ENTITY)
    } else {
        answer
    })
}

type Made = (Vec<Section>, Vec<(String, String)>, String);

fn sections(
    work: &mut Work<'_>,
    name: &str,
    key: Option<RecordKey>,
    said: Option<&Pairs>,
    taste: &Taste,
) -> Result<Made> {
    let registry = work.registry();
    let at = screen(registry, name);
    let operation = match key {
        Some(_) => Operation::Update,
        None => Operation::Create,
    };
    work.authorise(at.definition, operation)?;
    let found = match key {
        Some(key) => Some(Found::read(work, at.definition, key)?),
        None => None,
    };
    let mut carried = Vec::new();
    let mut made = Vec::new();
    for (label, fields) in &at.screen.sections {
        let mut controls = Vec::new();
        for field in fields.iter().filter_map(|name| at.definition.named(name)) {
            // Where somebody else saved meanwhile, what was not touched here shows the newer value.
            let touched = said.filter(|said| is_touched(said, &field.name) || found.is_none());
            let control = control::of(work, field, found.as_ref(), touched, taste)?;
            let Some(mut control) = control else { continue };
            if let (Some(found), "fact") = (&found, control.kind) {
                let _ = found;
            } else if let Some(found) = &found {
                let saved = known(found.at(&field.name), &field.kind);
                if let Some(said) = touched
                    && let Some(was) = said.find(&format!("{WAS}{}", field.name))
                    && was != saved
                {
                    let now = super::shown::fact(field, found.at(&field.name), false, taste);
                    let now = if now.is_empty() {
                        "nothing".to_owned()
                    } else {
                        now
                    };
                    control.note = Some(format!("Somebody else saved this meanwhile: {now}."));
                }
                carried.push((format!("{WAS}{}", field.name), saved));
            }
            controls.push(control);
        }
        if !controls.is_empty() {
            made.push(Section {
                label: label.clone(),
                fields: controls,
            });
        }
    }
    if let Some(found) = &found {
        carried.push((VERSION.to_owned(), found.version.to_string()));
    }
    if let Some(said) = said {
        // What is typed into another record through this form.
        let inline = said
            .0
            .iter()
            .filter(|(name, _)| is_inline(at.definition, name));
        carried.extend(inline.cloned());
    }
    page::decorate(work, at, found.as_ref(), said, &mut made)?;
    let title = found.map(|found| called(at, &found)).unwrap_or_default();
    Ok((made, carried, title))
}

/// A saved value as the form carries it, to see later whether it was changed.
fn known(value: &serde_json::Value, kind: &FieldType) -> String {
    match kind {
        FieldType::References(_) => record::keys(value).join(","),
        FieldType::Boolean if value.is_null() => "false".to_owned(),
        _ => record::text(value),
    }
}

fn posted(said: &Pairs, name: &str, kind: &FieldType) -> String {
    match kind {
        FieldType::References(_) => {
            let keys: Vec<&str> = said.all(name).filter(|key| !key.is_empty()).collect();
            keys.join(",")
        }
        _ => said.last(name).unwrap_or_default().replace("\r\n", "\n"),
    }
}

/// Whether the form says something else for a field than it showed.
fn is_touched(said: &Pairs, name: &str) -> bool {
    let Some(was) = said.find(&format!("{WAS}{name}")) else {
        return true;
    };
    let keys: Vec<&str> = said.all(name).filter(|key| !key.is_empty()).collect();
    said.last(name).unwrap_or_default() != was && keys.join(",") != was
}

/// Whether a name is one of a record that is written through a reference.
fn is_inline(definition: &Definition, name: &str) -> bool {
    let Some((head, member)) = name.split_once('.') else {
        return false;
    };
    let field = definition.named(head);
    field.is_some_and(|field| member == "id" || field.inline.iter().any(|known| known == member))
}

/// Marks what is only tried: everything was allowed, and nothing is kept.
#[derive(Debug)]
pub(super) struct Tried;

impl std::fmt::Display for Tried {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a form was tried and undone")
    }
}

impl std::error::Error for Tried {}

async fn act(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: Option<RecordKey>,
) -> Result<Answer> {
    let mut said = visit.form.without(step::OWN);
    page::complete(at, key, &mut said);
    let said = said;
    let go = visit.form.get("go").to_owned();
    if let Some(answer) = page::aside(console, visit, at, key, &go).await? {
        return Ok(answer);
    }
    if go == "back" || go.starts_with("more:") {
        return show(console, visit, at, key, Some(&said), Vec::new()).await;
    }
    let registry = console.engine.registry();
    let version = said.find(VERSION).and_then(|text| text.parse().ok());
    let refuse = async |problems: Vec<Problem>| {
        if !is_for_form(&problems) {
            return Err(Failure::Refused(problems));
        }
        let faults = problems.iter().map(Fault::of).collect();
        show(console, visit, at, key, Some(&said), faults).await
    };
    let node = node(registry, at, &said, key.is_some());
    let operation = if key.is_some() {
        Operation::Update
    } else {
        Operation::Create
    };
    let draft = match draft(registry, at.definition, operation, &node) {
        Ok(draft) => draft,
        Err(problems) => return refuse(problems).await,
    };
    // Everything that the engine would say is known before anybody is asked for a password.
    let tried = save(console, visit, at, key, draft.clone(), version, true).await;
    match tried {
        Err(Failure::Broken(error)) if error.is::<Tried>() => {}
        Err(Failure::Refused(problems)) => return refuse(problems).await,
        Err(failure) => return Err(failure),
        Ok(_) => {}
    }
    let lines = page::will_happen(console, visit, at, key, &said).await?;
    if at.screen.verifies {
        match go.as_str() {
            "create" => return step::ask(console, visit, &said, Vec::new(), Vec::new()).await,
            "verify" => {
                let proof = step::take(console, visit, &said, Vec::new()).await?;
                if let Proof::Missing(answer) = proof {
                    return Ok(answer);
                }
            }
            _ if key.is_some() => return step::ask(console, visit, &said, lines, Vec::new()).await,
            _ => {
                let one = at.screen.label.0.to_lowercase();
                let one = one.replace("web services", "Web Services");
                let mut step = Step::new(console, visit, &format!("Create this {one}?")).await?;
                step.lines = lines;
                step.go = "create".to_owned();
                step.button = "Create".to_owned();
                return step.answer();
            }
        }
    }
    match save(console, visit, at, key, draft, version, false).await {
        Ok(saved) => {
            let done = if key.is_some() { "saved" } else { "created" };
            let next = page::after_save(console, visit, at, key.is_none(), saved.key).await?;
            let next = next.unwrap_or_else(|| at.record(saved.key));
            Ok(Answer::to(format!("{next}?done={done}")))
        }
        Err(Failure::Refused(problems)) => refuse(problems).await,
        Err(failure) => Err(failure),
    }
}

async fn save(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    key: Option<RecordKey>,
    draft: Draft,
    version: Option<i64>,
    tries: bool,
) -> Result<Saved> {
    let name = at.screen.name.clone();
    console
        .engine
        .write(visit.call(), move |work| {
            let at = screen(work.registry(), &name);
            let saved = match key {
                Some(key) => work.update(at.definition, key, &draft, version)?,
                None => work.create(at.definition, &draft)?,
            };
            if tries {
                return Err(Failure::Broken(Box::new(Tried)));
            }
            Ok(saved)
        })
        .await
}

/// What the form says, as the body of a request would say it.
fn node(registry: &Registry, at: At<'_>, said: &Pairs, changes: bool) -> Node {
    let mut root = Vec::new();
    let fields = at.screen.sections.iter().flat_map(|(_, fields)| fields);
    for field in fields.filter_map(|name| at.definition.named(name)) {
        let inline: Vec<(&str, &str)> = said
            .0
            .iter()
            .filter_map(|(name, value)| {
                let (head, member) = name.split_once('.')?;
                let own = head == field.name && is_inline(at.definition, name);
                own.then_some((member, value.as_str()))
            })
            .collect();
        let closed = field.is(Rule::ReadOnly) || changes && field.is(Rule::Fixed);
        if closed || !said.has(&field.name) {
            continue;
        }
        let text = posted(said, &field.name, &field.kind);
        let was = said.find(&format!("{WAS}{}", field.name));
        if changes && was == Some(text.as_str()) && inline.is_empty() {
            continue;
        }
        let value = match &field.kind {
            FieldType::Reference(_) if !inline.is_empty() => {
                let mut pointed = Vec::new();
                if !text.is_empty() && text != "new" {
                    put(&mut pointed, "key", Node::Text(text));
                }
                let target = registry.target_of(field);
                for (member, value) in inline {
                    let kind = target.and_then(|target| target.named(member));
                    let node = match kind.map(|field| &field.kind) {
                        Some(FieldType::Boolean) => Node::Boolean(value == "true"),
                        _ => Node::Text(value.to_owned()),
                    };
                    put(&mut pointed, member, node);
                }
                Node::Object(pointed)
            }
            FieldType::Reference(_) if text.is_empty() => {
                if !changes {
                    continue;
                }
                Node::Null
            }
            FieldType::Reference(_) => Node::Object(vec![("key".to_owned(), Node::Text(text))]),
            FieldType::References(_) => {
                if !changes && text.is_empty() {
                    continue;
                }
                let keys = text.split(',').filter(|key| !key.is_empty());
                let item =
                    |key: &str| Node::Object(vec![("key".to_owned(), Node::Text(key.to_owned()))]);
                Node::Array(keys.map(item).collect())
            }
            FieldType::Boolean => Node::Boolean(text == "true"),
            _ if text.is_empty() && !changes => continue,
            FieldType::Text { .. } | FieldType::Email => Node::Text(text),
            _ if text.is_empty() => Node::Null,
            FieldType::Integer => Node::Number(text),
            _ => Node::Text(text),
        };
        put(&mut root, &field.name, value);
    }
    if !changes {
        for (name, value) in &at.screen.only {
            let node = match value {
                Scalar::Null => Node::Null,
                Scalar::Boolean(yes) => Node::Boolean(*yes),
                Scalar::Number(text) => Node::Number(text.clone()),
                Scalar::Text(text) => Node::Text(text.clone()),
            };
            put(&mut root, name, node);
        }
    }
    Node::Object(root)
}

/// Puts a value at a dotted name.
fn put(members: &mut Vec<(String, Node)>, name: &str, value: Node) {
    let Some((head, rest)) = name.split_once('.') else {
        members.push((name.to_owned(), value));
        return;
    };
    let at = members.iter().position(|(known, _)| known == head);
    let at = at.unwrap_or_else(|| {
        members.push((head.to_owned(), Node::Object(Vec::new())));
        members.len() - 1
    });
    if let Node::Object(inner) = &mut members[at].1 {
        put(inner, rest, value);
    }
}

/// The controls that a step shows for members written through a reference.
pub(super) fn inline_controls(
    work: &mut Work<'_>,
    target: &Definition,
    names: &[&str],
    prefix: &str,
    said: &Pairs,
    found: Option<&Found>,
) -> Result<Vec<Control>> {
    let mut controls = Vec::new();
    for field in names.iter().filter_map(|name| target.named(name)) {
        let control = control::of(work, field, None, None, &Taste::default())?;
        let Some(mut control) = control else { continue };
        let name = format!("{prefix}.{}", field.name);
        control.value = match (said.last(&name), found) {
            (Some(said), _) => said.to_owned(),
            (None, Some(found)) => found.text(&field.name),
            (None, None) => control.value,
        };
        // The form below has controls of the same names.
        control.at = format!("step-{}", super::frame::anchor(&name));
        control.name = name;
        controls.push(control);
    }
    Ok(controls)
}
