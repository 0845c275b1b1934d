//! What is done with several records of a list at once.

use askama::Template;
use sidegate_model::{Failure, Operation, RecordKey, Result};

use super::answer::Answer;
use super::asked::SIZES;
use super::frame::{Fault, Frame};
use super::record::Found;
use super::step::{self, Proof, Step};
use super::visit::Visit;
use super::{At, Console, exported, form};
use crate::rest::draft::draft;
use crate::rest::json::Node;

/// So many records are changed in one piece of work, so that others get their turn.
const AT_ONCE: usize = 100;

/// What became of the records.
#[derive(Template)]
#[template(path = "console/picked.html")]
struct Page {
    frame: Frame,
    changed: usize,
    refused: usize,
    one: String,
    many: String,
    word: &'static str,
    rows: Vec<Done>,
    here: String,
    back: String,
}

struct Done {
    key: String,
    name: String,
    /// Why not; nothing where it was changed.
    reason: String,
}

/// `POST /SCREEN/list/selected`
///
/// # Errors
/// What the engine says.
pub(super) async fn selected(console: &Console, visit: &Visit, at: At<'_>) -> Result<Answer> {
    let back = format!("{}{}", at.href(), visit.asked.query());
    let mut keys: Vec<RecordKey> = visit.form.all("row").filter_map(RecordKey::parse).collect();
    keys.dedup();
    keys.truncate(SIZES[3] as usize);
    let act = visit.form.get("act");
    let (status, word) = match act {
        "activate" => ("active", "active"),
        "inactivate" => ("inactive", "inactive"),
        _ => ("", ""),
    };
    let go = visit.form.get("go");
    if !visit.is_post() || go == "back" || keys.is_empty() {
        return Ok(Answer::to(back));
    }
    if act == "export" {
        let keys = keys.iter().map(RecordKey::to_string).collect();
        return exported::begin(console, visit, at, keys).await;
    }
    if status.is_empty() {
        return Ok(Answer::to(back));
    }
    let called = |count: usize| match count {
        1 => format!("1 {}", plain(&at.screen.label.0)),
        count => format!("{count} {}", plain(&at.screen.label.1)),
    };
    let line = format!(
        "{} become{} {word}. What cannot be changed is left as it is, and told.",
        called(keys.len()),
        if keys.len() == 1 { "s" } else { "" },
    );
    if at.screen.verifies {
        let lines = vec![line];
        if go != "verify" {
            return step::ask(console, visit, &visit.form, lines, Vec::new()).await;
        }
        let proof = step::take(console, visit, &visit.form, lines).await?;
        if let Proof::Missing(answer) = proof {
            return Ok(answer);
        }
    } else if go != "change" {
        let title = match status {
            "active" => format!("Activate {}?", called(keys.len())),
            _ => format!("Inactivate {}?", called(keys.len())),
        };
        let mut step = Step::new(console, visit, &title).await?;
        step.lines = vec![line];
        step.go = "change".to_owned();
        step.button = match status {
            "active" => "Activate".to_owned(),
            _ => "Inactivate".to_owned(),
        };
        return step.answer();
    }
    let mut rows = Vec::new();
    for portion in keys.chunks(AT_ONCE) {
        rows.extend(change(console, visit, at, portion.to_vec(), status).await?);
    }
    let refused = rows.iter().filter(|row| !row.reason.is_empty()).count();
    let title = format!("{} of {} changed", rows.len() - refused, called(rows.len()));
    let frame = Frame::at(console, visit, at, &title).await?;
    Answer::page(&Page {
        changed: rows.len() - refused,
        refused,
        one: plain(&at.screen.label.0),
        many: plain(&at.screen.label.1),
        word,
        here: at.href(),
        back,
        rows,
        frame,
    })
}

/// What records are called within a sentence.
fn plain(label: &str) -> String {
    let lower = label.to_lowercase();
    lower.replace("web services", "Web Services")
}

async fn change(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    keys: Vec<RecordKey>,
    status: &'static str,
) -> Result<Vec<Done>> {
    let screen = at.screen.name.clone();
    let registry = console.engine.registry();
    let body = Node::Object(vec![("status".to_owned(), Node::Text(status.to_owned()))]);
    let draft =
        draft(registry, at.definition, Operation::Update, &body).map_err(Failure::Refused)?;
    console
        .engine
        .write(visit.call(), move |work| {
            let at =
                At::named(work.registry(), &screen).expect("the screen was found by this name");
            work.authorise(at.definition, Operation::Update)?;
            let mut rows = Vec::new();
            for key in &keys {
                let name = work.step(|work| {
                    let found = Found::read(work, at.definition, *key)?;
                    Ok(form::called(at, &found))
                })?;
                let name = name.unwrap_or_else(|_| key.to_string());
                let done = work.step(|work| work.update(at.definition, *key, &draft, None))?;
                let reason = match done {
                    Ok(_) => String::new(),
                    Err(problems) => {
                        let texts = problems.iter().map(|problem| Fault::of(problem).text);
                        texts.collect::<Vec<_>>().join(" ")
                    }
                };
                rows.push(Done {
                    key: key.to_string(),
                    name,
                    reason,
                });
            }
            Ok(rows)
        })
        .await
}
