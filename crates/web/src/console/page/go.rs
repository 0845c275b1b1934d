//! Go to: pages, users, roles and contacts by name.

use askama::Template;
use sidegate_engine::Work;
use sidegate_model::query::{Direction, Filter, Operand, Operator, Query};
use sidegate_model::{Failure, FieldType, Operation, Result, Scalar};

use crate::console::answer::Answer;
use crate::console::asked::screens_own;
use crate::console::frame::{Frame, may};
use crate::console::visit::Visit;
use crate::console::{At, Console, menu};

/// The lists that are looked through, in the order in which they are shown.
const LISTS: &[&str] = &[
    "users",
    "web-services-users",
    "roles",
    "user-groups",
    "contacts",
];
/// The fields in which a record has its names.
const NAMES: &[&str] = &[
    "id",
    "userName",
    "name",
    "description",
    "firstName",
    "lastName",
];
/// So many of each list are shown.
const MOST: u32 = 20;

#[derive(Template)]
#[template(path = "console/go.html")]
struct Page {
    frame: Frame,
    asked: String,
    groups: Vec<Group>,
}

struct Group {
    label: String,
    ways: Vec<Way>,
    /// Where the rest is, if there is more than is shown.
    more: Option<String>,
}

struct Way {
    label: String,
    href: String,
}

/// `GET /go?q=WORDS`
///
/// # Errors
/// What the database says.
pub(in crate::console) async fn go(console: &Console, visit: &Visit) -> Result<Answer> {
    let asked = visit.asked.get("q").trim().to_owned();
    let words = asked.clone();
    let groups = console
        .engine
        .read(visit.call(), move |work| found(work, &words))
        .await?;
    let ways: Vec<&Way> = groups.iter().flat_map(|group| &group.ways).collect();
    let exact = |way: &&Way| way.label.eq_ignore_ascii_case(&asked);
    let called: Vec<&Way> = ways.iter().copied().filter(exact).collect();
    match (ways.as_slice(), called.as_slice()) {
        ([only], _) | (_, [only]) => return Ok(Answer::to(&*only.href)),
        _ => {}
    }
    let title = if asked.is_empty() {
        "Go to".to_owned()
    } else {
        format!("Go to \u{201c}{asked}\u{201d}")
    };
    let frame = Frame::new(console, visit, &title).await?;
    Answer::page(&Page {
        frame,
        asked,
        groups,
    })
}

/// Everything that is called so, as far as she may see it.
fn found(work: &mut Work<'_>, asked: &str) -> Result<Vec<Group>> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let mut groups = Vec::new();
    let lower = asked.to_lowercase();
    let mut pages = Vec::new();
    for tab in menu::of(work)? {
        for item in tab.groups.into_iter().flat_map(|group| group.items) {
            if item.label.to_lowercase().contains(&lower) {
                pages.push(Way {
                    label: item.label,
                    href: item.href,
                });
            }
        }
    }
    if !pages.is_empty() {
        groups.push(Group {
            label: "Pages".to_owned(),
            ways: pages,
            more: None,
        });
    }
    let registry = work.registry();
    for name in LISTS {
        if let Some(at) = At::named(registry, name)
            && may(work, at, Operation::List)
        {
            groups.extend(records(work, at, asked)?);
        }
    }
    Ok(groups)
}

/// The records of one list that are called so.
fn records(work: &mut Work<'_>, at: At<'_>, asked: &str) -> Result<Option<Group>> {
    let names: Vec<String> = NAMES
        .iter()
        .filter(|name| {
            let field = at.definition.named(name);
            field.is_some_and(|field| {
                field.is_visible() && matches!(field.kind, FieldType::Text { .. })
            })
        })
        .map(|name| (*name).to_owned())
        .collect();
    let mut filters: Vec<Filter> = names
        .iter()
        .map(|name| Filter {
            operator: Operator::Contains,
            field: name.clone(),
            operand: Operand::One(Scalar::Text(asked.to_owned())),
            place: "The search".to_owned(),
        })
        .collect();
    let numbers: Vec<String> = (1..=filters.len()).map(|n| n.to_string()).collect();
    let mut expression = format!("({})", numbers.join(" or "));
    for own in screens_own(at) {
        filters.push(own);
        expression = format!("{expression} and {}", filters.len());
    }
    let mut fields = vec!["key".to_owned()];
    fields.extend(names.iter().take(2).cloned());
    let query = Query {
        object: at.definition.name.clone(),
        ours: at.definition.is_ours(),
        fields,
        filters,
        expression: Some(expression),
        order: vec![("id".to_owned(), Direction::Ascending)],
        start: 1,
        size: MOST,
        ignore_case: true,
        ..Query::default()
    };
    let sight = work.actor().page_sight(false);
    let plan = query
        .plan_on(work.registry(), at.definition, sight)
        .map_err(Failure::Refused)?;
    let mut ways = Vec::new();
    let paged = work.page(&plan, &mut |row| {
        let key = row.number(0).unwrap_or_default();
        let id = row.text(1).unwrap_or_default();
        let label = match row.text(2).filter(|name| !name.is_empty() && *name != id) {
            Some(name) if names.len() > 1 => format!("{id}: {name}"),
            _ => id.to_owned(),
        };
        ways.push(Way {
            label,
            href: format!("{}/{key}", at.href()),
        });
        Ok(())
    })?;
    let more = paged.total > i64::from(MOST);
    let all = super::super::pairs::Pairs(vec![
        ("view".to_owned(), "all".to_owned()),
        ("q".to_owned(), asked.to_owned()),
    ]);
    Ok((!ways.is_empty()).then(|| Group {
        label: at.screen.label.1.clone(),
        more: more.then(|| format!("{}{}", at.href(), all.query())),
        ways,
    }))
}
