//! A list: columns, order, pages, search and filters, all in the address.

use std::sync::Arc;

use askama::Template;
use sidegate_engine::Work;
use sidegate_model::query::Direction;
use sidegate_model::{Field, FieldType, Operation, Problem, Result};

use super::answer::Answer;
use super::asked::{self, Asked, SIZES};
use super::filter::{self, Chosen, Filterable, TESTS, Test};
use super::frame::{Fault, Frame, may};
use super::pairs::Pairs;
use super::pick::Choice;
use super::preferred::{CLASSIC, Preferred, keep_in_list, keep_style};
use super::saved_view::{self, ACTIVE, ALL, Offered};
use super::shown::{self, Cell};
use super::visit::Visit;
use super::{At, Console};

/// The page of a list.
#[derive(Template)]
#[template(path = "console/list.html")]
struct List {
    frame: Frame,
    here: String,
    /// What the ways from this list carry, as the end of an address.
    query: String,
    add: Option<String>,
    done: String,
    classic: bool,
    /// The box of the classic style; nothing where no record can be inactive or a view is open.
    inactive: Option<bool>,
    chips: Vec<Chip>,
    any: bool,
    match_other: String,
    /// The filter that is being changed.
    edited: Option<Chosen>,
    kept: Vec<(String, String)>,
    searched: Vec<(String, String)>,
    sized: Vec<(String, String)>,
    search: String,
    filterable: Vec<Filterable>,
    tests: &'static [Test],
    dates: String,
    view: String,
    view_key: String,
    views: Vec<ViewLink>,
    may_change_view: bool,
    columns: Vec<Column>,
    frozen: bool,
    links: Vec<sidegate_model::ScreenLink>,
    rows: Vec<Row>,
    empty: String,
    told: String,
    sizes: Vec<Choice>,
    before: Option<String>,
    after: Option<String>,
    may_edit: bool,
    may_delete: bool,
    may_activate: bool,
}

struct Chip {
    text: String,
    /// What the filter is about.
    label: String,
    remove: String,
    edit: String,
}

struct ViewLink {
    label: String,
    href: String,
    /// Whose it is, where it is not the reader's.
    note: String,
    is_open: bool,
}

struct Column {
    label: String,
    number: bool,
    /// `ascending`, `descending` or nothing.
    sorted: &'static str,
    sort: String,
}

struct Row {
    key: String,
    name: String,
    cells: Vec<Cell>,
}

struct Read {
    asked: Asked,
    preferred: Preferred,
    views: Vec<Offered>,
    rows: Vec<Row>,
    total: i64,
    problems: Vec<Problem>,
    adds: bool,
    may_edit: bool,
    may_delete: bool,
    user_based: bool,
}

/// `GET /SCREEN`
pub(super) async fn list(console: &Console, visit: &Visit, at: At<'_>) -> Result<Answer> {
    let said = &visit.asked;
    let read = read(console, visit, at).await?;
    let (asked, preferred) = (&read.asked, &read.preferred);
    let registry = Arc::clone(console.engine.registry());
    let mut frame = Frame::at(console, visit, at, &at.screen.label.1).await?;
    let sentences = asked.filters.iter().filter_map(|chosen| {
        let filter = chosen.filter(&registry, at.definition)?;
        let named = format!("{} on {}", filter.operator.name(), filter.field);
        let sentence = chosen.sentence(&registry, at.definition, &preferred.taste);
        Some((named, format!("The filter \u{201c}{sentence}\u{201d}")))
    });
    let sentences: Vec<(String, String)> = sentences.collect();
    let told = |problem| told(problem, &sentences, &preferred.taste.dates);
    frame.faults = read.problems.iter().map(told).collect();
    let here = at.href();

    let base = asked.pairs(said, false);
    let loose = asked.pairs(said, true);
    let address = |pairs: &Pairs| format!("{here}{}", pairs.query());
    let without = |number: usize| {
        let mut rest = loose.without(&["f"]);
        for (other, kept) in asked.filters.iter().enumerate() {
            if other != number {
                rest.push("f", kept.text());
            }
        }
        if asked.filters.len() <= 1 {
            rest.push("f", "");
        }
        rest
    };
    let edited = said.get("edit").parse::<usize>().ok();
    let edited = edited.filter(|number| *number < asked.filters.len());
    let kept = edited.map_or_else(|| loose.clone(), without);
    let chips = asked.filters.iter().enumerate().map(|(number, chosen)| {
        let mut edit = loose.clone();
        edit.push("edit", number.to_string());
        Chip {
            text: chosen.sentence(&registry, at.definition, &preferred.taste),
            label: asked::label(&registry, at.definition, &chosen.field),
            remove: address(&without(number)),
            edit: address(&edit),
        }
    });
    let chips: Vec<Chip> = chips.collect();
    let columns = asked.columns.iter().map(|name| {
        let sorted = match &asked.sort {
            Some((by, Direction::Ascending)) if by == name => "ascending",
            Some((by, Direction::Descending)) if by == name => "descending",
            _ => "",
        };
        let next = if sorted == "ascending" {
            format!("-{name}")
        } else {
            name.clone()
        };
        Column {
            label: asked::label(&registry, at.definition, name),
            number: registry.shown(at.definition, name).is_some_and(is_number),
            sorted,
            sort: address(&base.with("sort", next)),
        }
    });
    let columns: Vec<Column> = columns.collect();
    let links = at
        .screen
        .links
        .iter()
        .filter(|link| match link.company.as_deref() {
            Some("userBased") => read.user_based,
            Some(_) => !read.user_based,
            None => true,
        });
    let shown = i64::try_from(read.rows.len()).unwrap_or_default();
    let start = i64::from(asked.start);
    let told = match (read.total, shown) {
        (0, _) => "None".to_owned(),
        (total, 0) => format!("Past the end of {total}"),
        (total, _) => format!("{start} to {} of {total}", start + shown - 1),
    };
    let back = asked.start.saturating_sub(asked.size).max(1);
    let next = asked.start.saturating_add(asked.size);
    let has_active = filter::has_active(at.definition);
    let is_classic = preferred.classic;
    let open = read.views.iter().find(|view| view.key == asked.view);
    Answer::page(&List {
        add: read.adds.then(|| format!("{here}/add")),
        done: format!("/{}", at.screen.done),
        query: base.query(),
        classic: is_classic,
        inactive: (is_classic && has_active && asked.view.is_empty())
            .then(|| preferred.inactive(&at.screen.name)),
        any: asked.any,
        match_other: address(&if asked.any {
            loose.without(&["any"])
        } else {
            loose.with("any", "1")
        }),
        edited: edited.map(|number| asked.filters[number].clone()),
        kept: kept.0,
        searched: base.without(&["q"]).0,
        sized: base.without(&["size"]).0,
        search: asked.search.clone(),
        filterable: filter::fields(&registry, at.definition, &asked::offered(&registry, at)),
        tests: TESTS,
        dates: preferred.taste.dates.clone(),
        view: view_name(at, asked, open),
        view_key: asked.view.clone(),
        may_change_view: open.is_some_and(|view| view.is_own),
        views: view_links(at, asked, &read.views),
        links: links.cloned().collect(),
        empty: empty(at, asked, read.problems.is_empty()),
        told,
        sizes: SIZES
            .iter()
            .map(|size| Choice {
                value: size.to_string(),
                label: size.to_string(),
                selected: *size == asked.size,
            })
            .collect(),
        before: (asked.start > 1).then(|| address(&base.with("start", back.to_string()))),
        after: (shown > 0 && start + shown <= read.total)
            .then(|| address(&base.with("start", next.to_string()))),
        may_edit: read.may_edit,
        may_delete: read.may_delete,
        may_activate: read.may_edit && has_active,
        frozen: asked.frozen,
        rows: read.rows,
        frame,
        here,
        chips,
        columns,
    })
}

/// What the planner says of a filter, above the list: in the words of people, with days in their form.
fn told(problem: &Problem, sentences: &[(String, String)], dates: &str) -> Fault {
    let mut fault = Fault::of(problem);
    for (named, sentence) in sentences {
        fault.text = fault.text.replace(named, sentence);
    }
    let day = format!("a day written as {dates}");
    for iso in [
        "a moment in UTC such as 2026-01-31T08:15:00Z",
        "a date such as 2026-01-31",
    ] {
        fault.text = fault.text.replace(iso, &day);
    }
    fault.at = String::new();
    fault
}

fn view_name(at: At<'_>, asked: &Asked, open: Option<&Offered>) -> String {
    let changed = if asked.says_filters { ", changed" } else { "" };
    if let Some(open) = open {
        return format!("{}{changed}", open.name);
    }
    let active: Vec<Chosen> = filter::active(at.definition).into_iter().collect();
    let is_all = asked.filters.is_empty() && !asked.no_inactive;
    match asked.view.as_str() {
        ALL if !asked.says_filters => "All",
        ACTIVE if !asked.says_filters => "Active",
        _ if is_all => "All",
        _ if asked.no_inactive && asked.filters.is_empty() => "Active",
        _ if asked.filters == active => "Active",
        _ => "Not saved",
    }
    .to_owned()
}

fn view_links(at: At<'_>, asked: &Asked, kept: &[Offered]) -> Vec<ViewLink> {
    let here = at.href();
    let link = |key: &str, label: &str, note: String| ViewLink {
        label: label.to_owned(),
        href: format!("{here}?view={key}"),
        is_open: asked.view == key,
        note,
    };
    let mut links = vec![link(ALL, "All", String::new())];
    if filter::has_active(at.definition) {
        links.push(link(ACTIVE, "Active", String::new()));
    }
    links.extend(kept.iter().map(|view| {
        let note = match (view.is_own, view.is_shared) {
            (true, true) => "shared by you".to_owned(),
            (true, false) => String::new(),
            (false, _) => format!("shared by {}", view.owner),
        };
        link(&view.key, &view.name, note)
    }));
    links
}

/// What an address asks of a list, with the view and the preferences that it rests on.
///
/// # Errors
/// What the engine says.
pub(super) async fn read_asked(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    said: &Pairs,
) -> Result<Asked> {
    let (screen, said) = (at.screen.name.clone(), said.clone());
    console
        .engine
        .read(visit.call(), move |work| {
            let at =
                At::named(work.registry(), &screen).expect("the screen was found by this name");
            asks(work, at, &said).map(|(asked, _)| asked)
        })
        .await
}

/// The same inside of other work.
///
/// # Errors
/// When she may not list, or the view is not there.
pub(super) fn asks(work: &mut Work<'_>, at: At<'_>, said: &Pairs) -> Result<(Asked, Preferred)> {
    work.authorise(at.definition, Operation::List)?;
    let preferred = Preferred::of(work)?;
    let view = saved_view::open(work, at, said.get("view"))?;
    let asked = Asked::of(at, work.registry(), said, &preferred, view.as_ref());
    Ok((asked, preferred))
}

async fn read(console: &Console, visit: &Visit, at: At<'_>) -> Result<Read> {
    let (screen, said) = (at.screen.name.clone(), visit.asked.clone());
    console
        .engine
        .read(visit.call(), move |work| {
            let registry = work.registry();
            let at = At::named(registry, &screen).expect("the screen was found by this name");
            let (asked, preferred) = asks(work, at, &said)?;
            let sight = work.actor().page_sight(false);
            let mut fields = vec!["key".to_owned()];
            fields.extend(asked.columns.iter().cloned());
            let query = asked.query(registry, at, fields);
            let mut read = Read {
                views: saved_view::offered(work, at)?,
                rows: Vec::new(),
                total: 0,
                problems: Vec::new(),
                adds: may(work, at, Operation::Create),
                may_edit: may(work, at, Operation::Update),
                may_delete: may(work, at, Operation::Delete),
                user_based: work.is_user_based()?,
                asked,
                preferred,
            };
            let unknown = read.asked.unknown(registry, at, &read.preferred.taste);
            let planned = match unknown.is_empty() {
                true => query.plan_on(registry, at.definition, sight),
                false => Err(unknown),
            };
            let plan = match planned {
                Ok(plan) => plan,
                Err(problems) => {
                    read.problems = problems;
                    return Ok(read);
                }
            };
            let fields: Vec<(&Field, bool)> = read
                .asked
                .columns
                .iter()
                .filter_map(|name| {
                    let field = registry.shown(at.definition, name)?;
                    Some((field, at.screen.codes.contains(name)))
                })
                .collect();
            let taste = &read.preferred.taste;
            let mut rows = Vec::new();
            let paged = work.page(&plan, &mut |row| {
                let cells: Vec<Cell> = fields
                    .iter()
                    .enumerate()
                    .map(|(number, (field, coded))| {
                        shown::cell(row, number + 1, field, *coded, taste)
                    })
                    .collect();
                rows.push(Row {
                    key: row.number(0).unwrap_or_default().to_string(),
                    name: cells.first().map(|c| c.text.clone()).unwrap_or_default(),
                    cells,
                });
                Ok(())
            })?;
            read.total = paged.total;
            read.rows = rows;
            Ok(read)
        })
        .await
}

/// `POST /SCREEN/list/style` and `POST /SCREEN/list/inactive`: what the reader wants of her lists.
///
/// # Errors
/// What the engine says.
pub(super) async fn choose(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    what: &str,
) -> Result<Answer> {
    let said = visit.asked.without(&["start"]);
    if visit.is_post() {
        if what == "style" {
            let word = match visit.form.get("style") {
                CLASSIC => CLASSIC,
                _ => "enhanced",
            };
            keep_style(console, visit, word).await?;
        } else {
            let shown = visit.form.last("inactive") == Some("true");
            let chosen = vec![("inactive", serde_json::Value::Bool(shown))];
            keep_in_list(console, visit, &at.screen.name, chosen).await?;
        }
    }
    Ok(Answer::to(format!("{}{}", at.href(), said.query())))
}

/// Whether a column's values are compared by their size.
pub(super) fn is_number(field: &Field) -> bool {
    matches!(field.kind, FieldType::Integer | FieldType::Decimal { .. })
}

fn empty(at: At<'_>, asked: &Asked, was_asked: bool) -> String {
    let many = at
        .screen
        .label
        .1
        .replace("Web Services", "\u{1}")
        .to_lowercase();
    let many = many.replace('\u{1}', "Web Services");
    if !was_asked {
        return "Nothing was looked up. Change or remove the filter that is named above."
            .to_owned();
    }
    if !asked.search.is_empty() && !asked.filters.is_empty() {
        format!(
            "Nothing that meets these filters contains \u{201c}{}\u{201d}. Search for less, or remove a filter.",
            asked.search
        )
    } else if !asked.search.is_empty() {
        format!(
            "Nothing here contains \u{201c}{}\u{201d}. Search for less.",
            asked.search
        )
    } else if !asked.filters.is_empty() {
        format!("No {many} match these filters. Remove one to see more.")
    } else if asked.no_inactive {
        format!("There are no active {many}. Tick Include inactive to see the others.")
    } else {
        format!("There are no {many} yet. Add the first one.")
    }
}
