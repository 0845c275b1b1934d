//! The company at a glance: what *Done* leads to from the lists of users.

use askama::Template;
use sidegate_engine::Work;
use sidegate_model::query::{Direction, Filter, Operand, Operator, Query};
use sidegate_model::{Failure, Operation, Result, Scalar};

use crate::console::Console;
use crate::console::answer::Answer;
use crate::console::frame::Frame;
use crate::console::shown::Taste;
use crate::console::visit::Visit;

const USER: &str = "company-config/user";
const ROLE: &str = "company-config/role";
const USAGE: &str = "sidegate/usage";
const CREDENTIAL: &str = "sidegate/credential";
const DAY: i64 = 24 * 3600 * 1_000_000;
/// What expires within so many days is shown.
const SOON: i64 = 30;
/// The most lines of each table.
const MOST: u32 = 10;

#[derive(Template)]
#[template(path = "console/overview.html")]
struct Page {
    frame: Frame,
    figures: Vec<Figure>,
    refusals: Option<Vec<Refusal>>,
    expiring: Option<Vec<Expiring>>,
}

struct Figure {
    count: i64,
    label: &'static str,
    href: &'static str,
}

struct Refusal {
    day: String,
    user: String,
    what: String,
    count: i64,
}

struct Expiring {
    user: String,
    href: String,
    name: String,
    ends: String,
}

struct Read {
    figures: Vec<Figure>,
    refusals: Option<Vec<Refusal>>,
    expiring: Option<Vec<Expiring>>,
}

/// `/overview`
///
/// # Errors
/// What the database says.
pub(in crate::console) async fn overview(console: &Console, visit: &Visit) -> Result<Answer> {
    let now = console.engine.source().now();
    let read = console
        .engine
        .read(visit.call(), move |work| {
            Ok(Read {
                figures: figures(work)?,
                refusals: refusals(work)?,
                expiring: expiring(work, now)?,
            })
        })
        .await?;
    let mut frame = Frame::new(console, visit, "Company overview").await?;
    frame.crumbs.clear();
    Answer::page(&Page {
        frame,
        figures: read.figures,
        refusals: read.refusals,
        expiring: read.expiring,
    })
}

fn test(operator: Operator, field: &str, value: Scalar) -> Filter {
    Filter {
        operator,
        field: field.to_owned(),
        operand: Operand::One(value),
        place: String::new(),
    }
}

fn text(value: &str) -> Scalar {
    Scalar::Text(value.to_owned())
}

/// Rows of an object that she may list; nothing where she may not.
fn rows<T>(
    work: &mut Work<'_>,
    query: &Query,
    mut take: impl FnMut(&sidegate_engine::RowRef<'_>) -> T,
) -> Result<Option<(Vec<T>, i64)>> {
    let registry = work.registry();
    let definition = registry
        .named(&query.object)
        .expect("the page names declared objects");
    if !work.may(definition, Operation::List) {
        return Ok(None);
    }
    let sight = work.actor().page_sight(false);
    let plan = query
        .plan_on(registry, definition, sight)
        .map_err(Failure::Refused)?;
    let mut found = Vec::new();
    let paged = work.page(&plan, &mut |row| {
        found.push(take(row));
        Ok(())
    })?;
    Ok(Some((found, paged.total)))
}

fn query(object: &str, fields: &[&str], filters: Vec<Filter>) -> Query {
    Query {
        object: object.to_owned(),
        fields: fields.iter().map(|name| (*name).to_owned()).collect(),
        filters,
        start: 1,
        size: MOST,
        ..Query::default()
    }
}

fn figures(work: &mut Work<'_>) -> Result<Vec<Figure>> {
    let only = |yes| {
        test(
            Operator::Equal,
            "webServices.isRestricted",
            Scalar::Boolean(yes),
        )
    };
    let active = || test(Operator::Equal, "status", text("active"));
    let locked = test(Operator::Equal, "status", text("lockedOut"));
    let asked = [
        (
            "Web Services users",
            "/web-services-users",
            query(USER, &["key"], vec![active(), only(true)]),
        ),
        (
            "Users",
            "/users",
            query(USER, &["key"], vec![active(), only(false)]),
        ),
        (
            "Users locked out",
            "/users?f=status~eq~lockedOut",
            query(USER, &["key"], vec![locked]),
        ),
        ("Roles", "/roles", query(ROLE, &["key"], Vec::new())),
    ];
    let mut figures = Vec::new();
    for (label, href, query) in asked {
        if let Some((_, count)) = rows(work, &query, |_| ())? {
            figures.push(Figure { count, label, href });
        }
    }
    Ok(figures)
}

fn refusals(work: &mut Work<'_>) -> Result<Option<Vec<Refusal>>> {
    let some = test(Operator::Greater, "refused", Scalar::Number("0".to_owned()));
    let mut query = query(
        USAGE,
        &["day", "user.id", "object", "operation", "refused"],
        vec![some],
    );
    query.order = vec![("day".to_owned(), Direction::Descending)];
    let taste = Taste::default();
    let found = rows(work, &query, |row| {
        let word = |at| row.text(at).unwrap_or_default().to_owned();
        let day = row.number(0).and_then(|day| i32::try_from(day).ok());
        Refusal {
            day: day.map(|day| taste.day(day)).unwrap_or_default(),
            user: word(1),
            what: format!("{} {}", word(3), word(2)),
            count: row.number(4).unwrap_or_default(),
        }
    })?;
    Ok(found.map(|(rows, _)| rows))
}

fn expiring(work: &mut Work<'_>, now: i64) -> Result<Option<Vec<Expiring>>> {
    let moment = |at: i64| text(&sidegate_model::field_type::moment_text(at));
    let mut query = query(
        CREDENTIAL,
        &["user.key", "user.id", "name", "expiresAt"],
        vec![
            test(Operator::Equal, "status", text("active")),
            test(Operator::Greater, "expiresAt", moment(now)),
            test(Operator::Less, "expiresAt", moment(now + SOON * DAY)),
        ],
    );
    query.order = vec![("expiresAt".to_owned(), Direction::Ascending)];
    let taste = Taste::default();
    let found = rows(work, &query, |row| Expiring {
        user: row.text(1).unwrap_or_default().to_owned(),
        href: format!(
            "/web-services-users/{}/credentials",
            row.number(0).unwrap_or_default()
        ),
        name: row.text(2).unwrap_or_default().to_owned(),
        ends: row.number(3).map(|at| taste.moment(at)).unwrap_or_default(),
    })?;
    Ok(found.map(|(rows, _)| rows))
}
