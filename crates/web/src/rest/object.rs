//! `/objects/{application}/{object}[/{key}]`: list, get, create, update, delete.

use axum::http::StatusCode;
use sidegate_engine::{Call, Engine, Work};
use sidegate_model::access::Sight;
use sidegate_model::query::{MOST_SIZE, MOST_START, Plan, USUAL_SIZE, Window};
use sidegate_model::{
    Definition, Field, FieldIndex, ObjectIndex, Operation, Problem, RecordKey, Registry, Result,
    Rule, problem,
};

use super::draft::draft;
use super::json::Node;
use super::render::{Items, Nested, ONE_FINE, OwnedItems, ROWS_BEGIN, Rows, rows_end};
use super::reply::{self, Reply};
use super::router::Views;

/// References to the records of one page.
pub(super) async fn list(
    engine: &Engine,
    object: ObjectIndex,
    window: Window,
    call: Call,
) -> Result<Reply> {
    let body = engine
        .read_page(call, move |work| {
            let definition = work.registry().at(object);
            work.authorise(definition, Operation::List)?;
            let plan = Plan::list(work.registry(), definition, work.actor().sight(), window);
            let rows = Rows::new(work.registry(), &plan);
            let mut body = Vec::with_capacity(8192);
            body.extend_from_slice(ROWS_BEGIN);
            let paged = work.page(&plan, &mut |row| {
                rows.row(&mut body, row);
                Ok(())
            })?;
            rows_end(&mut body, paged.total, window.start, window.size);
            Ok(body)
        })
        .await?;
    Ok(reply::json(StatusCode::OK, body))
}

/// The page that a list request asks for; other parameters are the vendor's business and ignored.
pub(super) fn window(query: &str) -> std::result::Result<Window, Problem> {
    let mut window = Window {
        start: 1,
        size: USUAL_SIZE,
    };
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let (number, most) = match &*name {
            "start" => (&mut window.start, MOST_START),
            "size" => (&mut window.size, MOST_SIZE),
            _ => continue,
        };
        *number = value
            .parse()
            .ok()
            .filter(|n| (1..=most).contains(n))
            .ok_or_else(|| {
                problem::QUERY_PAGE
                    .with("FIELD", &*name)
                    .with("LEAST", "1")
                    .with("MOST", most.to_string())
            })?;
    }
    Ok(window)
}

/// One record whole.
pub(super) async fn get(
    engine: &Engine,
    views: &Views,
    object: ObjectIndex,
    key: RecordKey,
    call: Call,
) -> Result<Reply> {
    let views = views.clone();
    let (version, body) = engine
        .read(call, move |work| {
            let definition = work.registry().at(object);
            work.authorise(definition, Operation::Get)?;
            let sight = work.actor().sight();
            let view = views.of(work.registry(), definition, sight);
            let plan = view.plan.for_key(key);
            let mut items: Items = Vec::new();
            let mut owned = OwnedItems::new();
            for list in &view.owned {
                list.read(work, key, &mut owned)?;
            }
            let mut version = 0;
            let mut body = Vec::with_capacity(2048);
            body.extend_from_slice(b"{\"ia::result\":");
            // Lists are shown before the row, and the row is written with them.
            let found = std::cell::RefCell::new(&mut items);
            work.whole(
                definition,
                key,
                &plan,
                &mut |row| {
                    version = view.nested.version(row);
                    view.nested.record(&mut body, row, &found.borrow(), &owned);
                },
                &mut |field, key, id| found.borrow_mut().push((field, key, id.to_owned())),
            )?;
            body.extend_from_slice(ONE_FINE);
            Ok((version, body))
        })
        .await?;
    Ok(reply::with_version(
        reply::json(StatusCode::OK, body),
        version,
    ))
}

/// How one record of an object is shown to callers of one sight.
#[derive(Debug)]
pub(super) struct View {
    plan: Plan,
    nested: Nested,
    owned: Vec<OwnedView>,
}

/// How the items of one owned list are shown, with the lists that they own in turn.
#[derive(Debug)]
struct OwnedView {
    field: FieldIndex,
    plan: Plan,
    nested: Nested,
    owned: Vec<OwnedView>,
}

/// Owned lists are shown so deep.
const MOST_DEPTH: usize = 3;

impl View {
    pub(super) fn new(registry: &Registry, definition: &Definition, sight: Sight) -> Self {
        let any = RecordKey::new(1).expect("1 is a key");
        let plan = Plan::record(registry, definition, sight, any);
        let nested = Nested::new(registry, definition, &plan, false);
        Self {
            plan,
            nested,
            owned: OwnedView::of(registry, definition, sight, "", MOST_DEPTH),
        }
    }
}

impl OwnedView {
    /// The owned lists of an object; `above` leads from its records up to the one at the top.
    fn of(
        registry: &Registry,
        definition: &Definition,
        sight: Sight,
        above: &str,
        depth: usize,
    ) -> Vec<Self> {
        if depth == 0 {
            return Vec::new();
        }
        let any = RecordKey::new(1).expect("1 is a key");
        let view = |field: &Field| {
            let items = registry.target_of(field)?;
            let by = field.by?;
            let above = match (&items.field(by).name, above) {
                (owner, "") => owner.clone(),
                (owner, above) => format!("{owner}.{above}"),
            };
            let top = format!("{above}.key");
            let plan = Plan::owned(registry, items, sight, by, &top, any);
            let nested = Nested::new(registry, items, &plan, field.is(Rule::Replaced));
            Some(Self {
                field: field.index,
                plan,
                nested,
                owned: Self::of(registry, items, sight, &above, depth - 1),
            })
        };
        definition
            .owned()
            .filter(|field| field.is_visible())
            .filter_map(view)
            .collect()
    }

    /// Renders the items of all records on this level that belong to one record at the top.
    fn read(&self, work: &mut Work<'_>, key: RecordKey, rendered: &mut OwnedItems) -> Result<()> {
        let plan = self.plan.for_key(key);
        let mut inner = OwnedItems::new();
        if !self.owned.is_empty() {
            let mut any = false;
            work.visit(&plan, &mut |_| any = true)?;
            // Nothing can own a list where there is nothing.
            if !any {
                return Ok(());
            }
            for list in &self.owned {
                list.read(work, key, &mut inner)?;
            }
        }
        work.visit(&plan, &mut |row| {
            let Some(owner) = self.nested.owner(row) else {
                return;
            };
            let out = rendered.entry((self.field, owner)).or_default();
            if !out.is_empty() {
                out.push(b',');
            }
            self.nested.record(out, row, &Vec::new(), &inner);
        })
    }
}

/// A new record.
pub(super) async fn create(
    engine: &Engine,
    object: ObjectIndex,
    body: &Node,
    call: Call,
) -> Result<Reply> {
    let definition = engine.registry().at(object);
    let draft = draft(engine.registry(), definition, Operation::Create, body)
        .map_err(sidegate_model::Failure::Refused)?;
    let saved = engine
        .write(call, move |work| {
            work.create(work.registry().at(object), &draft)
        })
        .await?;
    Ok(reply::saved(StatusCode::CREATED, definition, &saved))
}

/// A changed record.
pub(super) async fn update(
    engine: &Engine,
    object: ObjectIndex,
    key: RecordKey,
    version: Option<i64>,
    body: &Node,
    call: Call,
) -> Result<Reply> {
    let definition = engine.registry().at(object);
    let draft = draft(engine.registry(), definition, Operation::Update, body)
        .map_err(sidegate_model::Failure::Refused)?;
    let saved = engine
        .write(call, move |work| {
            work.update(work.registry().at(object), key, &draft, version)
        })
        .await?;
    Ok(reply::saved(StatusCode::OK, definition, &saved))
}

/// A record gone.
pub(super) async fn delete(
    engine: &Engine,
    object: ObjectIndex,
    key: RecordKey,
    version: Option<i64>,
    call: Call,
) -> Result<Reply> {
    engine
        .write(call, move |work| {
            work.delete(work.registry().at(object), key, version)
        })
        .await?;
    Ok(reply::nothing())
}
