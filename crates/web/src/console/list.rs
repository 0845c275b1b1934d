//! A list: columns, order, pages, search and filters, all in the address.

use std::sync::Arc;

use askama::Template;
use sidegate_model::query::{Direction, Filter, MOST_START, Operand, Operator, Query};
use sidegate_model::{Failure, Field, FieldType, Operation, Result};

use super::answer::Answer;
use super::filter::{self, Chosen, TESTS};
use super::frame::{Frame, may};
use super::pairs::Pairs;
use super::pick::Choice;
use super::shown::{self, Cell, Taste};
use super::visit::Visit;
use super::{At, Console};

/// Rows on a page when the address names no number, and the most.
const USUAL: u32 = 100;
const MOST: u32 = 500;

/// The page of a list.
#[derive(Template)]
#[template(path = "console/list.html")]
struct List {
    frame: Frame,
    here: String,
    add: Option<String>,
    done: String,
    chips: Vec<Chip>,
    any: bool,
    match_other: String,
    kept: Vec<(String, String)>,
    searched: Vec<(String, String)>,
    search: String,
    filterable: Vec<Choice>,
    operators: Vec<Choice>,
    columns: Vec<Column>,
    links: Vec<sidegate_model::ScreenLink>,
    rows: Vec<Row>,
    empty: String,
    told: String,
    before: Option<String>,
    after: Option<String>,
    may_edit: bool,
    may_delete: bool,
}

struct Chip {
    text: String,
    remove: String,
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

/// A list as it was asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) screen: String,
    pub(super) columns: Vec<String>,
    pub(super) filters: Vec<Chosen>,
    pub(super) any: bool,
    pub(super) search: String,
    /// The column that rows are sorted by, and which way.
    pub(super) sort: Option<(String, Direction)>,
    pub(super) start: u32,
    pub(super) size: u32,
}

impl Asked {
    /// What an address asks of a screen.
    pub(super) fn of(at: At<'_>, asked: &Pairs) -> Self {
        let number = |name: &str, usual: u32, most: u32| {
            let said = asked.get(name).parse().unwrap_or(usual);
            said.clamp(1, most)
        };
        let columns = at.screen.list.clone();
        let sort = match asked.get("sort") {
            "" => columns.first().map(|c| (c.clone(), first_order(at, c))),
            said => match said.strip_prefix('-') {
                Some(name) => Some((name.to_owned(), Direction::Descending)),
                None => Some((said.to_owned(), Direction::Ascending)),
            },
        };
        Self {
            screen: at.screen.name.clone(),
            filters: filter::chosen(asked, at.definition),
            any: asked.get("any") == "1",
            search: asked.get("q").trim().to_owned(),
            sort: sort.filter(|(name, _)| columns.contains(name)),
            columns,
            start: number("start", 1, MOST_START),
            size: number("size", USUAL, MOST),
        }
    }

    /// The question for the planner: the key, then the columns.
    pub(super) fn query(&self, registry: &sidegate_model::Registry, at: At<'_>) -> Query {
        let mut filters = Vec::new();
        let mut parts = Vec::new();
        for (field, value) in &at.screen.only {
            filters.push(Filter {
                operator: Operator::Equal,
                field: field.clone(),
                operand: Operand::One(value.clone()),
                place: String::new(),
            });
            parts.push(filters.len().to_string());
        }
        let mut own = Vec::new();
        for chosen in &self.filters {
            if let Some(filter) = chosen.filter(registry, at.definition) {
                filters.push(filter);
                own.push(filters.len().to_string());
            }
        }
        if !own.is_empty() {
            parts.push(format!(
                "({})",
                own.join(if self.any { " or " } else { " and " })
            ));
        }
        if !self.search.is_empty() {
            let mut found = Vec::new();
            for column in &self.columns {
                let field = registry.shown(at.definition, column);
                if field.is_some_and(|field| {
                    matches!(field.kind, FieldType::Text { .. } | FieldType::Email)
                }) {
                    filters.push(Filter {
                        operator: Operator::Contains,
                        field: column.clone(),
                        operand: Operand::One(sidegate_model::Scalar::Text(self.search.clone())),
                        place: "The search".to_owned(),
                    });
                    found.push(filters.len().to_string());
                }
            }
            if !found.is_empty() {
                parts.push(format!("({})", found.join(" or ")));
            }
        }
        let mut fields = vec!["key".to_owned()];
        fields.extend(self.columns.iter().cloned());
        Query {
            object: at.definition.name.clone(),
            ours: at.definition.is_ours(),
            fields,
            expression: (!parts.is_empty()).then(|| parts.join(" and ")),
            filters,
            order: self.sort.iter().cloned().collect(),
            start: self.start,
            size: self.size,
            ignore_case: true,
            ..Query::default()
        }
    }
}

struct Read {
    rows: Vec<Row>,
    total: i64,
    adds: bool,
    may_edit: bool,
    may_delete: bool,
    user_based: bool,
}

/// `GET /SCREEN`
pub(super) async fn list(console: &Console, visit: &Visit, at: At<'_>) -> Result<Answer> {
    let asked = Asked::of(at, &visit.asked);
    let taste = visit.manner.taste.clone();
    let read = read(console, visit, &asked, &taste).await?;
    let registry = Arc::clone(console.engine.registry());
    let frame = Frame::at(console, visit, at, &at.screen.label.1).await?;
    let here = at.href();

    let mut base = Pairs::default();
    for chosen in &asked.filters {
        base.push("f", chosen.text());
    }
    if asked.filters.is_empty() {
        base.push("f", "");
    }
    if asked.any {
        base.push("any", "1");
    }
    for name in ["q", "sort", "size"] {
        if !visit.asked.get(name).is_empty() {
            base.push(name, visit.asked.get(name));
        }
    }
    let address = |pairs: &Pairs| format!("{here}{}", pairs.query());
    let chips = asked.filters.iter().enumerate().map(|(number, chosen)| {
        let mut rest = base.without(&["f"]);
        for (other, kept) in asked.filters.iter().enumerate() {
            if other != number {
                rest.push("f", kept.text());
            }
        }
        if asked.filters.len() == 1 {
            rest.push("f", "");
        }
        Chip {
            text: chosen.sentence(&registry, at.definition),
            remove: address(&rest),
        }
    });
    let chips: Vec<Chip> = chips.collect();
    let columns = asked.columns.iter().map(|name| {
        let field = registry.shown(at.definition, name);
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
            label: label(field, name),
            number: field.is_some_and(is_number),
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
    let told = match read.total {
        0 => "None".to_owned(),
        total => format!("{start} to {} of {total}", start + shown - 1),
    };
    let back = asked.start.saturating_sub(asked.size).max(1);
    let next = asked.start.saturating_add(asked.size);
    Answer::page(&List {
        add: read.adds.then(|| format!("{here}/add")),
        done: format!("/{}", at.screen.done),
        any: asked.any,
        match_other: address(&if asked.any {
            base.without(&["any"])
        } else {
            base.with("any", "1")
        }),
        kept: base.0.clone(),
        searched: base.without(&["q"]).0,
        search: asked.search.clone(),
        filterable: filter::fields(&registry, at.definition, &asked.columns),
        operators: TESTS
            .iter()
            .map(|(word, _, text)| Choice::new(*word, *text))
            .collect(),
        links: links.cloned().collect(),
        empty: empty(at, &asked),
        told,
        before: (asked.start > 1).then(|| address(&base.with("start", back.to_string()))),
        after: (start + shown <= read.total)
            .then(|| address(&base.with("start", next.to_string()))),
        may_edit: read.may_edit,
        may_delete: read.may_delete,
        rows: read.rows,
        frame,
        here,
        chips,
        columns,
    })
}

async fn read(console: &Console, visit: &Visit, asked: &Asked, taste: &Taste) -> Result<Read> {
    let (asked, taste) = (asked.clone(), taste.clone());
    console
        .engine
        .read(visit.call(), move |work| {
            let registry = work.registry();
            let at = At::named(registry, &asked.screen).expect("the screen was found by this name");
            work.authorise(at.definition, Operation::List)?;
            let sight = work.actor().page_sight(false);
            let plan = asked
                .query(registry, at)
                .plan_on(registry, at.definition, sight)
                .map_err(Failure::Refused)?;
            let fields: Vec<(&Field, bool)> = asked
                .columns
                .iter()
                .filter_map(|name| {
                    let field = registry.shown(at.definition, name)?;
                    Some((field, at.screen.codes.contains(name)))
                })
                .collect();
            let mut rows = Vec::new();
            let paged = work.page(&plan, &mut |row| {
                let cells: Vec<Cell> = fields
                    .iter()
                    .enumerate()
                    .map(|(number, (field, coded))| {
                        shown::cell(row, number + 1, field, *coded, &taste)
                    })
                    .collect();
                rows.push(Row {
                    key: row.number(0).unwrap_or_default().to_string(),
                    name: cells.first().map(|c| c.text.clone()).unwrap_or_default(),
                    cells,
                });
                Ok(())
            })?;
            Ok(Read {
                rows,
                total: paged.total,
                adds: may(work, at, Operation::Create),
                may_edit: may(work, at, Operation::Update),
                may_delete: may(work, at, Operation::Delete),
                user_based: work.is_user_based()?,
            })
        })
        .await
}

/// What happened stands with the newest first, everything else by its first column.
fn first_order(at: At<'_>, column: &str) -> Direction {
    match at.definition.named(column).map(|field| &field.kind) {
        Some(FieldType::Moment | FieldType::Date) => Direction::Descending,
        _ => Direction::Ascending,
    }
}

/// What a column is called.
pub(super) fn label(field: Option<&Field>, name: &str) -> String {
    field.map_or_else(|| name.to_owned(), |field| field.label.clone())
}

/// Whether a column's values are compared by their size.
pub(super) fn is_number(field: &Field) -> bool {
    matches!(field.kind, FieldType::Integer | FieldType::Decimal { .. })
}

fn empty(at: At<'_>, asked: &Asked) -> String {
    let many = at.screen.label.1.to_lowercase();
    if !asked.search.is_empty() {
        format!(
            "Nothing here contains \u{201c}{}\u{201d}. Search for less.",
            asked.search
        )
    } else if asked.filters.is_empty() {
        format!("There are no {many} yet. Add the first one.")
    } else {
        format!("No {many} match these filters. Remove one to see more.")
    }
}
