//! Views: columns, filters and order that are kept under a name, for one's own or for everybody.
//!
//! They are records of `core/user-view`, so programs run them as well.

use sidegate_engine::Work;
use sidegate_model::query::{Direction, Filter, Operand, Operator, Query};
use sidegate_model::{Failure, Operation, Problem, RecordKey, Registry, Result, Scalar};

use super::answer::Answer;
use super::asked::{Asked, screens_own};
use super::control::Control;
use super::filter::{self, Chosen};
use super::frame::Fault;
use super::list::read_asked;
use super::record::Found;
use super::step::Step;
use super::visit::{Visit, is_for_form};
use super::{At, Console};
use crate::rest::draft::draft;
use crate::rest::json::{self, Node};

const OBJECT: &str = "core/user-view";
/// The views that every list has, by their words in addresses.
pub(super) const ALL: &str = "all";
pub(super) const ACTIVE: &str = "active";
/// So many views are offered in a list.
const MOST: u32 = 200;

/// What a view shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    pub(super) columns: Vec<String>,
    pub(super) frozen: bool,
    pub(super) filters: Vec<Chosen>,
    pub(super) any: bool,
    pub(super) expression: Option<String>,
    pub(super) sort: Option<(String, Direction)>,
}

/// A view in the menu.
#[derive(Clone, Debug)]
pub(super) struct Offered {
    pub(super) key: String,
    pub(super) name: String,
    pub(super) is_own: bool,
    pub(super) is_shared: bool,
    pub(super) owner: String,
}

/// The views that somebody kept for this list: her own, and those that are shared with her.
///
/// # Errors
/// What the database says.
pub(super) fn offered(work: &mut Work<'_>, at: At<'_>) -> Result<Vec<Offered>> {
    let views = work.object(OBJECT);
    let equal = |field: &str, value: &str| Filter {
        operator: Operator::Equal,
        field: field.to_owned(),
        operand: Operand::One(Scalar::Text(value.to_owned())),
        place: String::new(),
    };
    let fields = [
        "key",
        "name",
        "isPublic",
        "owner.key",
        "owner.id",
        "context",
    ];
    let query = Query {
        object: OBJECT.to_owned(),
        fields: fields.map(str::to_owned).to_vec(),
        filters: vec![
            equal("object", &at.definition.name),
            equal("status", "active"),
        ],
        order: vec![("name".to_owned(), Direction::Ascending)],
        start: 1,
        size: MOST,
        ..Query::default()
    };
    let sight = work.actor().page_sight(true);
    let own = work.actor().user.as_ref().map(|user| user.key.to_string());
    let plan = query
        .plan_on(work.registry(), views, sight)
        .map_err(Failure::Refused)?;
    let mut found = Vec::new();
    work.page(&plan, &mut |row| {
        let context = row.text(5).unwrap_or_default();
        if !context.is_empty() && context != at.screen.name && context != "__default" {
            return Ok(());
        }
        let owner = row.number(3).map(|key| key.to_string());
        found.push(Offered {
            key: row.number(0).unwrap_or_default().to_string(),
            name: row.text(1).unwrap_or_default().to_owned(),
            is_shared: row.boolean(2).unwrap_or(false),
            is_own: owner == own,
            owner: row.text(4).unwrap_or_default().to_owned(),
        });
        Ok(())
    })?;
    found.sort_by_key(|view| !view.is_own);
    Ok(found)
}

/// The view that an address opens.
///
/// # Errors
/// When there is no such view that she sees.
pub(super) fn open(work: &mut Work<'_>, at: At<'_>, word: &str) -> Result<Option<Layout>> {
    match word {
        "" => return Ok(None),
        ALL => return Ok(Some(Layout::default())),
        ACTIVE => {
            return Ok(Some(Layout {
                filters: filter::active(at.definition).into_iter().collect(),
                ..Layout::default()
            }));
        }
        _ => {}
    }
    let views = work.object(OBJECT);
    let absent = || {
        sidegate_model::problem::RECORD_ABSENT
            .with("OBJECT", OBJECT)
            .with("KEY", word)
    };
    let key = RecordKey::parse(word).ok_or_else(absent)?;
    let found = Found::read(work, views, key)?;
    if found.text("object") != at.definition.name {
        return Err(absent().into());
    }
    let body = json::parse(found.at("query").to_string().as_bytes()).map_err(Failure::from)?;
    let query = crate::rest::query::parse(&body).map_err(Failure::Refused)?;
    let frozen = found.at("metadata.frozenColumnCount").as_i64().unwrap_or(0) > 0;
    Ok(Some(layout(at, query, frozen)))
}

/// What a kept query shows in a list.
fn layout(at: At<'_>, query: Query, frozen: bool) -> Layout {
    let own = screens_own(at);
    let same = |a: &Filter, b: &Filter| {
        a.operator == b.operator && a.field == b.field && a.operand == b.operand
    };
    let count = query.filters.len().saturating_sub(own.len());
    let (before, last) = query.filters.split_at(count);
    let is_ours = last.len() == own.len() && last.iter().zip(&own).all(|(a, b)| same(a, b));
    let chosen = |filters: &[Filter]| filters.iter().map(Chosen::of).collect::<Vec<_>>();
    let columns = query.fields.iter().filter(|name| *name != "key");
    let mut layout = Layout {
        columns: columns.cloned().collect(),
        frozen,
        sort: query.order.first().cloned(),
        ..Layout::default()
    };
    // As it is kept here: the reader's filters, then those that make the screen.
    let (filters, further) = match is_ours {
        true => (before, own.len()),
        false => (&query.filters[..], 0),
    };
    for any in [false, true] {
        let usual = expression(filters.len(), further, any);
        let fits = match (&query.expression, &usual) {
            (None, _) => !any,
            (Some(said), Some(usual)) => bare(said) == bare(usual),
            (Some(_), None) => false,
        };
        if fits {
            layout.filters = chosen(filters);
            layout.any = any;
            return layout;
        }
    }
    layout.filters = chosen(&query.filters);
    layout.expression = query.expression;
    layout
}

/// An expression without the brackets that stand around the whole.
fn bare(expression: &str) -> &str {
    let inner = expression
        .strip_prefix('(')
        .and_then(|e| e.strip_suffix(')'));
    inner
        .filter(|inner| !inner.contains('('))
        .unwrap_or(expression)
}

/// How filters of a view combine with those that make its screen.
fn expression(own: usize, further: usize, any: bool) -> Option<String> {
    if own + further == 0 {
        return None;
    }
    let numbers: Vec<String> = (1..=own).map(|number| number.to_string()).collect();
    let mut parts = Vec::new();
    if own > 0 {
        parts.push(format!(
            "({})",
            numbers.join(if any { " or " } else { " and " })
        ));
    }
    parts.extend((own + 1..=own + further).map(|number| number.to_string()));
    Some(parts.join(" and "))
}

/// The body of the query that a list is, for programs.
fn body(registry: &Registry, at: At<'_>, asked: &Asked) -> Node {
    let text = |text: &str| Node::Text(text.to_owned());
    let one = |name: &str, node: Node| Node::Object(vec![(name.to_owned(), node)]);
    let mut fields = vec![text("key")];
    fields.extend(asked.columns.iter().map(|name| text(name)));
    let mut chosen = asked.clone();
    if chosen.no_inactive {
        // A view holds for readers of both styles.
        chosen.filters.push(Chosen::new("status", "ne", "inactive"));
    }
    let own: Vec<Filter> = chosen
        .filters
        .iter()
        .filter_map(|one| one.filter(registry, at.definition))
        .collect();
    let further = screens_own(at);
    let expression = match &asked.expression {
        Some(expression) => {
            let count = chosen.filters.len();
            let mut parts = vec![format!("({expression})")];
            parts.extend((count + 1..=count + further.len()).map(|n| n.to_string()));
            Some(parts.join(" and "))
        }
        None => expression(own.len(), further.len(), asked.any),
    };
    let scalar = |scalar: &Scalar| match scalar {
        Scalar::Null => Node::Null,
        Scalar::Boolean(yes) => Node::Boolean(*yes),
        Scalar::Number(number) => Node::Number(number.clone()),
        Scalar::Text(value) => text(value),
    };
    let filters = own.iter().chain(&further).map(|filter| {
        let operand = match &filter.operand {
            Operand::One(value) => scalar(value),
            Operand::Many(values) => Node::Array(values.iter().map(scalar).collect()),
        };
        one(filter.operator.name(), one(&filter.field, operand))
    });
    let mut members = vec![
        ("object".to_owned(), text(&at.definition.name)),
        ("fields".to_owned(), Node::Array(fields)),
        ("filters".to_owned(), Node::Array(filters.collect())),
    ];
    if let Some(expression) = expression {
        members.push(("filterExpression".to_owned(), Node::Text(expression)));
    }
    members.push((
        "filterParameters".to_owned(),
        one("caseSensitiveComparison", Node::Boolean(false)),
    ));
    if let Some((name, direction)) = &asked.sort {
        let word = match direction {
            Direction::Ascending => "asc",
            Direction::Descending => "desc",
        };
        members.push((
            "orderBy".to_owned(),
            Node::Array(vec![one(name, text(word))]),
        ));
    }
    Node::Object(members)
}

/// `/SCREEN/list/view`: keeps the list as a view, or changes or deletes the one that is open.
///
/// # Errors
/// What the engine says.
pub(super) async fn view(console: &Console, visit: &Visit, at: At<'_>) -> Result<Answer> {
    let go = if visit.is_post() {
        visit.form.get("go").to_owned()
    } else {
        visit.asked.get("what").to_owned()
    };
    let address = visit.asked.without(&["what", "start"]);
    if !visit.is_post() {
        return ask(console, visit, at, &go, Vec::new()).await;
    }
    if go == "back" {
        return Ok(Answer::to(format!("{}{}", at.href(), address.query())));
    }
    let key = RecordKey::parse(visit.asked.get("view"));
    let name = visit.form.get("name").trim().to_owned();
    let shared = visit.form.last("shared") == Some("true");
    let asked = read_asked(console, visit, at, &address).await?;
    let registry = console.engine.registry();
    let text = |text: &str| Node::Text(text.to_owned());
    let mut members = Vec::new();
    if matches!(go.as_str(), "keep" | "change") {
        members.push(("name".to_owned(), text(&name)));
        members.push(("isPublic".to_owned(), Node::Boolean(shared)));
    }
    if matches!(go.as_str(), "keep" | "save") {
        let frozen = Node::Number(u8::from(asked.frozen).to_string());
        let layout = Node::Object(vec![("frozenColumnCount".to_owned(), frozen)]);
        members.push(("query".to_owned(), body(registry, at, &asked)));
        members.push(("metadata".to_owned(), layout));
    }
    if go == "keep" {
        members.push(("context".to_owned(), text(&at.screen.name)));
    }
    let members = Node::Object(members);
    let is_new = go == "keep";
    let deletes = go == "delete";
    let saved = console
        .engine
        .write(visit.call(), move |work| {
            let views = work.object(OBJECT);
            if deletes {
                let key = key.ok_or_else(no_view)?;
                work.delete(views, key, None)?;
                return Ok(None);
            }
            let operation = if is_new {
                Operation::Create
            } else {
                Operation::Update
            };
            let draft =
                draft(work.registry(), views, operation, &members).map_err(Failure::Refused)?;
            let saved = if is_new {
                work.create(views, &draft)?
            } else {
                let key = key.ok_or_else(no_view)?;
                work.update(views, key, &draft, None)?
            };
            Ok(Some(saved.key))
        })
        .await;
    match saved {
        Ok(Some(key)) => Ok(Answer::to(format!("{}?view={key}&done=saved", at.href()))),
        Ok(None) => Ok(Answer::to(format!("{}?done=deleted", at.href()))),
        Err(Failure::Refused(problems)) if is_for_form(&problems) => {
            let fault = |problem: &Problem| {
                let mut fault = Fault::of(problem);
                fault.at = "name".to_owned();
                fault.text = fault.text.replace("/name", "Name");
                fault
            };
            ask(
                console,
                visit,
                at,
                &go,
                problems.iter().map(fault).collect(),
            )
            .await
        }
        Err(failure) => Err(failure),
    }
}

fn no_view() -> Problem {
    sidegate_model::problem::RECORD_ABSENT
        .with("OBJECT", OBJECT)
        .with("KEY", "")
}

/// The dialog before it.
async fn ask(
    console: &Console,
    visit: &Visit,
    at: At<'_>,
    go: &str,
    faults: Vec<Fault>,
) -> Result<Answer> {
    let key = RecordKey::parse(visit.asked.get("view"));
    let open = match key {
        Some(key) if go != "keep" => Some(
            console
                .engine
                .read(visit.call(), move |work| {
                    let views = work.object(OBJECT);
                    Found::read(work, views, key)
                })
                .await?,
        ),
        _ => None,
    };
    let said = |name: &str| match (visit.form.last(name), &open) {
        (Some(said), _) => said.to_owned(),
        (None, Some(open)) => match name {
            "shared" => open.at("isPublic").as_bool().unwrap_or(false).to_string(),
            name => open.text(name),
        },
        (None, None) => String::new(),
    };
    let called = open
        .as_ref()
        .map(|open| open.text("name"))
        .unwrap_or_default();
    let title = match go {
        "delete" => format!("Delete the view {called}?"),
        "change" => format!("Change the view {called}"),
        _ => "Save as a view".to_owned(),
    };
    let mut step = Step::new(console, visit, &title).await?;
    step.frame.faults = faults;
    step.carried = Vec::new();
    step.cancel = None;
    match go {
        "delete" => {
            let is_shared = said("shared") == "true";
            step.lines = vec![match is_shared {
                true => "Everybody in the company loses it, and programs that run it too. No record goes.".to_owned(),
                false => "The view goes; no record does.".to_owned(),
            }];
            step.danger = true;
            step.button = "Delete".to_owned();
        }
        _ => {
            let mut name = Control::plain("name", "Name", "text", &said("name"));
            name.at = "step-name".to_owned();
            name.required = true;
            name.most = 100;
            let mut shared = Control::plain(
                "shared",
                "Share it with everybody in the company",
                "tick",
                &said("shared"),
            );
            shared.at = "step-shared".to_owned();
            shared.help = Some("Others open a shared view and see in it what they may see; only you and administrators change it.".to_owned());
            step.fields = vec![name, shared];
            step.button = "Save".to_owned();
            if go != "change" {
                step.lines = vec![format!(
                    "Keeps the columns, filters and order of {} as they are now.",
                    at.screen.label.1
                )];
            }
        }
    }
    for fault in &mut step.frame.faults {
        fault.at = "step-name".to_owned();
        if let Some(control) = step.fields.first_mut() {
            control.error = Some(fault.text.clone());
        }
    }
    step.go = match go {
        "" => "keep".to_owned(),
        go => go.to_owned(),
    };
    step.answer()
}
