//! `/objects/{application}/{object}[/{key}]`: list, get, create, update, delete.

use std::cell::RefCell;
use std::sync::Arc;

use axum::http::StatusCode;
use sidegate_engine::{Call, Engine, Saved, Work};
use sidegate_model::access::Sight;
use sidegate_model::query::{MOST_SIZE, MOST_START, Plan, USUAL_SIZE, Window};
use sidegate_model::{
    Definition, Draft, Field, FieldIndex, ObjectIndex, Operation, Problem, RecordKey, Registry,
    Result, Rule, problem,
};

use super::draft::draft;
use super::idempotency::Write;
use super::json::Node;
use super::pieces::Pieces;
use super::render::{
    Holes, Items, Nested, ONE_FINE, Owned, OwnedItems, ROWS_BEGIN, Rows, rows_end,
};
use super::reply::{self, Asked, Reply};
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
            let sight = work.actor().page_sight(false);
            let plan = Plan::list(work.registry(), definition, sight, window);
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
pub(crate) fn window(query: &str) -> std::result::Result<Window, Problem> {
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
            let view = views.of(work.registry(), definition, &work.actor().sight());
            let mut body = Pieces::default();
            body.out().extend_from_slice(b"{\"ia::result\":");
            let version = whole(work, definition, &view, key, &mut body)?;
            body.out().extend_from_slice(ONE_FINE);
            Ok((version, body))
        })
        .await?;
    Ok(reply::with_version(
        reply::json(StatusCode::OK, body),
        version,
    ))
}

/// Adds a record as a JSON object and gives its version.
pub(super) fn whole(
    work: &mut Work<'_>,
    definition: &Definition,
    view: &View,
    key: RecordKey,
    body: &mut Pieces,
) -> Result<i64> {
    let plan = view.plan.for_key(key);
    let mut root = Vec::with_capacity(2048);
    let (items, holes) = (RefCell::new(Items::new()), RefCell::new(Holes::new()));
    let mut version = 0;
    // Lists are shown before the row, and the row is written with them.
    let filled = work.whole(
        definition,
        key,
        &plan,
        &mut |row| {
            version = view.nested.version(row);
            let owned = Owned::Later(&holes);
            view.nested.record(&mut root, row, &items.borrow(), &owned);
        },
        &mut |field, key, id| items.borrow_mut().push((field, key, id.to_owned())),
    )?;
    // Owned items may be large, so they go straight to their place in the answer.
    let mut from = 0;
    for (field, at) in holes.into_inner() {
        body.out().extend_from_slice(&root[from..at]);
        from = at;
        let lists = view.owned.iter().filter(|list| list.field == field);
        for list in lists.filter(|_| filled.contains(&field)) {
            list.show(work, key, body)?;
        }
    }
    body.out().extend_from_slice(&root[from..]);
    Ok(version)
}

/// A record as a JSON object, with its version, as the actor sees it.
pub(crate) fn whole_record(
    work: &mut Work<'_>,
    definition: &Definition,
    key: RecordKey,
) -> Result<(Vec<u8>, i64)> {
    let view = View::new(work.registry(), definition, &work.actor().sight());
    let mut body = Pieces::default();
    let version = whole(work, definition, &view, key, &mut body)?;
    Ok((body.joined(), version))
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
    pub(super) fn new(registry: &Registry, definition: &Definition, sight: &Sight) -> Self {
        let any = RecordKey::new(1).expect("1 is a key");
        let plan = Plan::record(registry, definition, sight.clone(), any);
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
        sight: &Sight,
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
            let plan = Plan::owned(registry, items, sight.clone(), by, &top, any);
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
        let Some(inner) = self.inner(work, &plan, key)? else {
            return Ok(());
        };
        work.visit(&plan, &mut |row| {
            let Some(owner) = self.nested.owner(row) else {
                return;
            };
            let out = rendered.entry((self.field, owner)).or_default();
            if !out.is_empty() {
                out.push(b',');
            }
            let owned = Owned::Rendered(&inner);
            self.nested.record(out, row, &Items::new(), &owned);
        })
    }

    /// Writes the items of the record at the top, where this is a list of its own.
    fn show(&self, work: &mut Work<'_>, key: RecordKey, body: &mut Pieces) -> Result<()> {
        let plan = self.plan.for_key(key);
        let Some(inner) = self.inner(work, &plan, key)? else {
            return Ok(());
        };
        let mut first = true;
        work.visit(&plan, &mut |row| {
            let out = body.out();
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            let owned = Owned::Rendered(&inner);
            self.nested.record(out, row, &Items::new(), &owned);
        })
    }

    /// The rendered lists of the items, unless there are no items.
    fn inner(
        &self,
        work: &mut Work<'_>,
        plan: &Plan,
        key: RecordKey,
    ) -> Result<Option<OwnedItems>> {
        let mut inner = OwnedItems::new();
        if self.owned.is_empty() {
            return Ok(Some(inner));
        }
        let mut any = false;
        work.visit(plan, &mut |_| any = true)?;
        // Nothing can own a list where there is nothing.
        if !any {
            return Ok(None);
        }
        for list in &self.owned {
            list.read(work, key, &mut inner)?;
        }
        Ok(Some(inner))
    }
}

/// A new record.
pub(super) async fn create(
    write: Write<'_>,
    object: ObjectIndex,
    body: std::result::Result<Node, Problem>,
) -> Result<Reply> {
    let registry = write.engine.registry();
    let definition = registry.at(object);
    let names = Arc::clone(registry);
    let sent = body
        .map_err(|problem| vec![problem])
        .and_then(|body| draft(registry, definition, Operation::Create, &body));
    let act =
        move |work: &mut Work<'_>, draft: &Draft| work.create(work.registry().at(object), draft);
    let answer =
        move |_: &Asked, saved: &Saved| reply::saved(StatusCode::CREATED, names.at(object), saved);
    write.run(sent, act, answer).await
}

/// A changed record.
pub(super) async fn update(
    write: Write<'_>,
    object: ObjectIndex,
    key: std::result::Result<RecordKey, Problem>,
    version: Option<i64>,
    body: std::result::Result<Node, Problem>,
) -> Result<Reply> {
    let registry = write.engine.registry();
    let definition = registry.at(object);
    let names = Arc::clone(registry);
    let sent = body
        .and_then(|body| key.map(|key| (key, body)))
        .map_err(|problem| vec![problem])
        .and_then(|(key, body)| {
            draft(registry, definition, Operation::Update, &body).map(|draft| (key, draft))
        });
    let act = move |work: &mut Work<'_>, (key, draft): &(RecordKey, Draft)| {
        work.update(work.registry().at(object), *key, draft, version)
    };
    let answer =
        move |_: &Asked, saved: &Saved| reply::saved(StatusCode::OK, names.at(object), saved);
    write.run(sent, act, answer).await
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
