//! Exports of a list: begun from the list, made beside it, fetched when ready.

use askama::Template;
use sidegate_model::query::{Filter, Operand, Operator};
use sidegate_model::{Failure, Result, Scalar, problem};

use super::answer::Answer;
use super::asked;
use super::frame::{Fault, Frame};
use super::list::asks;
use super::visit::Visit;
use super::{At, Console};
use crate::export::{Asked, Audience, DateFormat, Format, MOST_ROWS, Owner, State};

/// How far an export is.
#[derive(Template)]
#[template(path = "console/export.html")]
struct Page {
    frame: Frame,
    running: bool,
    ready: bool,
    /// Rows written, and in all; no rows in all before they are counted.
    written: u64,
    total: u64,
    most: u32,
    /// This page.
    here: String,
    file: String,
    name: String,
    back: String,
}

/// `/SCREEN/list/export`: a post begins one, or ends it; what follows shows how far it is.
///
/// # Errors
/// What the engine says.
pub(super) async fn export(console: &Console, visit: &Visit, at: At<'_>) -> Result<Answer> {
    let owner = owner(visit)?;
    let id = visit.asked.get("id").to_owned();
    let back = format!("{}{}", at.href(), visit.asked.without(&["id"]).query());
    if visit.is_post() {
        if visit.form.get("go") == "cancel" {
            console.exports.cancel(&id, owner);
            return Ok(Answer::to(back));
        }
        return begin(console, visit, at, Vec::new()).await;
    }
    let status = console.exports.status(&id, owner);
    let title = format!("Export {}", at.screen.label.1);
    let mut frame = Frame::new(console, visit, &title).await?;
    frame.dialog = true;
    let mut page = Page {
        running: false,
        ready: false,
        written: 0,
        total: 0,
        most: MOST_ROWS,
        here: visit.address(),
        file: format!("{}/list/file?id={id}", at.href()),
        name: String::new(),
        back,
        frame,
    };
    match status {
        None => page.frame.faults.push(Fault::said(
            "",
            "This export is no longer kept: it was fetched a while ago, or ended. Begin it again from the list.",
        )),
        Some(status) => {
            page.written = status.written;
            page.total = status.total;
            match status.state {
                State::Running => page.running = true,
                State::Ready => {
                    page.ready = true;
                    if let Some(made) = console.exports.take(&id, owner) {
                        page.name = name(at, made.format);
                    }
                }
                State::Refused(problems) => {
                    page.frame.faults = problems.iter().map(Fault::of).collect();
                    for fault in &mut page.frame.faults {
                        fault.at = String::new();
                    }
                }
                State::Broken(id) => page.frame.faults.push(Fault::said(
                    "",
                    format!("The file could not be made. Try again; if it stays so, give whoever runs the server the support id {id}."),
                )),
            }
        }
    }
    let running = page.running;
    let answer = Answer::page(&page)?;
    // Without script the page looks again by itself.
    Ok(if running { answer.again(1) } else { answer })
}

/// `GET /SCREEN/list/file`
///
/// # Errors
/// When there is no such file of hers.
pub(super) fn file(console: &Console, visit: &Visit, at: At<'_>) -> Result<Answer> {
    let made = console.exports.take(visit.asked.get("id"), owner(visit)?);
    let made = made.ok_or_else(|| problem::PATH_ABSENT.with("PATH", &visit.path))?;
    let name = name(at, made.format);
    Ok(Answer::file(made.body(), made.format.content_type(), &name))
}

fn name(at: At<'_>, format: Format) -> String {
    format!("{}.{}", at.screen.name, format.extension())
}

fn owner(visit: &Visit) -> Result<Owner> {
    let seen = &visit.guest()?.seen;
    Ok(Owner {
        company: seen.company.key,
        user: seen.user.key,
    })
}

/// Begins the export of a list, or of some records of it.
///
/// # Errors
/// When she may not, or has too many under way.
pub(super) async fn begin(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    keys: Vec<String>,
) -> Result<Answer> {
    let said = visit.asked.without(&["id", "start"]);
    let (screen, pairs) = (at.screen.name.clone(), said.clone());
    let format = Format::named(visit.form.get("format")).unwrap_or(Format::Csv);
    let asked = console
        .engine
        .read(visit.call(), move |work| {
            let registry = work.registry();
            let at = At::named(registry, &screen).expect("the screen was found by this name");
            let (asked, preferred) = asks(work, at, &pairs)?;
            let unknown = asked.unknown(registry, at, &preferred.taste);
            if !unknown.is_empty() {
                return Err(Failure::Refused(unknown));
            }
            let label = |name: &String| asked::label(registry, at.definition, name);
            let labels = asked.columns.iter().map(label).collect();
            let mut filters: Vec<String> = asked
                .filters
                .iter()
                .map(|one| one.sentence(registry, at.definition, &preferred.taste))
                .map(|sentence| format!("Filter: {sentence}"))
                .collect();
            if asked.filters.len() > 1 {
                filters.push(match (&asked.expression, asked.any) {
                    (Some(expression), _) => format!("Filters combined: {expression}"),
                    (None, true) => "One of these filters is enough".to_owned(),
                    (None, false) => "All of these filters hold".to_owned(),
                });
            }
            if asked.no_inactive {
                filters.push("Filter: Inactive ones are left out".to_owned());
            }
            if !asked.search.is_empty() {
                filters.push(format!("Search: {}", asked.search));
            }
            let mut query = asked.query(registry, at, asked.columns.clone());
            query.start = 1;
            if !keys.is_empty() {
                filters.push("Only the selected records".to_owned());
                let text = |key: &String| Scalar::Text(key.clone());
                query.filters.push(Filter {
                    operator: Operator::In,
                    field: "key".to_owned(),
                    operand: Operand::Many(keys.iter().map(text).collect()),
                    place: "The selection".to_owned(),
                });
                let number = query.filters.len().to_string();
                query.expression = Some(match query.expression.take() {
                    Some(before) => format!("{before} and {number}"),
                    None => number,
                });
            }
            Ok(Asked {
                audience: Audience::People {
                    title: at.screen.label.1.clone(),
                    filters,
                    dates: DateFormat::named(&preferred.taste.dates).unwrap_or(DateFormat::ISO),
                    labels,
                    zone: preferred.taste.zone.clone(),
                    codes: at.screen.codes.clone(),
                },
                ..Asked::for_programs(query, format)
            })
        })
        .await?;
    let id = console.exports.start(owner(visit)?, visit.call(), asked)?;
    let address = said.with("id", id);
    Ok(Answer::to(format!(
        "{}/list/export{}",
        at.href(),
        address.query()
    )))
}
