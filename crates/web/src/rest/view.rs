//! `GET /objects/core/system-view`, and `POST /services/core/view`: views run as queries.
//!
//! System views follow from declarations: every object that has a page in the console has a view of all
//! its records, and of the active ones where it knows which these are.

use axum::http::StatusCode;
use sidegate_engine::{Call, Engine};
use sidegate_model::access::Sight;
use sidegate_model::query::Query;
use sidegate_model::{
    Definition, Failure, FieldType, Operation, Problem, RecordKey, Registry, Result, problem,
};

use super::json::{Node, pointer};
use super::problem::Found;
use super::query_service;
use super::render::ONE_FINE;
use super::reply::{self, Reply};

const USER_VIEW: &str = "core/user-view";
const SYSTEM_VIEW: &str = "core/system-view";
const STATUS: &str = "status";
const ACTIVE: &str = "active";

/// A view that comes with Sidegate.
struct SystemView<'d> {
    definition: &'d Definition,
    /// Its id under the object, which is what the vendor calls its name and description too.
    id: &'static str,
    active_only: bool,
}

impl SystemView<'_> {
    fn key(&self) -> String {
        format!("{}::{}", self.definition.name, self.id)
    }

    /// The body of the query that it is.
    fn query(&self, registry: &Registry) -> Node {
        let text = |text: &str| Node::Text(text.to_owned());
        let member = |name: &str, node: Node| (name.to_owned(), node);
        let asked = |field: &&String| {
            let query = Query {
                object: self.definition.name.clone(),
                fields: vec![(*field).clone()],
                ours: self.definition.is_ours(),
                start: 1,
                size: 1,
                ..Query::default()
            };
            query.plan(registry, Sight::ALL).is_ok()
        };
        let key = "key".to_owned();
        let screens = self.definition.screens.iter().take(1);
        let columns = screens.flat_map(|screen| &screen.list);
        let fields: Vec<Node> = std::iter::once(&key)
            .chain(columns.filter(asked))
            .map(|name| text(name))
            .collect();
        let mut members = vec![
            member("object", text(&self.definition.name)),
            member("fields", Node::Array(fields)),
        ];
        if self.active_only {
            let tested = Node::Object(vec![member(STATUS, text(ACTIVE))]);
            let filter = Node::Object(vec![member("$eq", tested)]);
            members.push(member("filters", Node::Array(vec![filter])));
        }
        Node::Object(members)
    }

    fn shown(&self, registry: &Registry) -> Node {
        let key = self.key();
        let href = format!("/objects/{SYSTEM_VIEW}?name={key}");
        let texts = [
            ("id", self.id.to_owned()),
            ("name", self.id.to_owned()),
            ("description", self.id.to_owned()),
            ("object", self.definition.name.clone()),
        ];
        let mut members = vec![("key".to_owned(), Node::Text(key))];
        members.extend(texts.map(|(name, value)| (name.to_owned(), Node::Text(value))));
        let contexts = vec![Node::Text("__default".to_owned())];
        members.push(("query".to_owned(), self.query(registry)));
        members.push(("contexts".to_owned(), Node::Array(contexts)));
        members.push(("href".to_owned(), Node::Text(href)));
        Node::Object(members)
    }
}

/// The views of one object.
fn views_of(definition: &Definition) -> Vec<SystemView<'_>> {
    if !definition.published || definition.screens.is_empty() {
        return Vec::new();
    }
    let knows = definition.named(STATUS).is_some_and(|field| {
        matches!(&field.kind, FieldType::Choice(choices)
            if choices.iter().any(|choice| choice.value == ACTIVE))
    });
    let view = |id, active_only| SystemView {
        definition,
        id,
        active_only,
    };
    let active = knows.then(|| view("IA.ACTIVE", true));
    std::iter::once(view("IA.ALL", false))
        .chain(active)
        .collect()
}

/// The view of a key such as `company-config/user::IA.ALL`.
fn system_view<'r>(registry: &'r Registry, ours: bool, key: &str) -> Option<SystemView<'r>> {
    let (object, id) = key.split_once("::")?;
    let definition = registry.called(object, ours)?;
    views_of(definition).into_iter().find(|view| view.id == id)
}

/// All system views, those of one object, or one of them: as far as the caller may list the objects.
pub(super) async fn system(engine: &Engine, ours: bool, asked: &str, call: Call) -> Result<Reply> {
    let mut parameters = form_urlencoded::parse(asked.as_bytes());
    let name = parameters.find(|(parameter, _)| parameter == "name");
    let name = name.map(|(_, value)| value.into_owned());
    engine
        .read(call, move |work| {
            let registry = work.registry();
            if let Some(key) = name.as_deref().filter(|name| name.contains("::")) {
                let view = system_view(registry, ours, key).ok_or_else(|| absent(SYSTEM_VIEW, key))?;
                work.authorise(view.definition, Operation::List)?;
                let mut body = b"{\"ia::result\":".to_vec();
                body.extend_from_slice(view.shown(registry).to_text().as_bytes());
                body.extend_from_slice(ONE_FINE);
                return Ok(reply::json(StatusCode::OK, body));
            }
            let wanted = |definition: &&Definition| {
                definition.is_ours() == ours
                    && name.as_ref().is_none_or(|name| *name == definition.name)
                    && work.may(definition, Operation::List)
            };
            let views: Vec<Node> = registry
                .all()
                .filter(wanted)
                .flat_map(views_of)
                .map(|view| view.shown(registry))
                .collect();
            let count = views.len();
            let shown = Node::Array(views).to_text();
            let body = format!(
                "{{\"ia::result\":{shown},\"ia::meta\":{{\"totalCount\":{count},\"totalSuccess\":{count},\"totalError\":0}}}}"
            );
            Ok(reply::json(StatusCode::OK, body.into_bytes()))
        })
        .await
}

/// What a body asks of a view.
struct Asked {
    key: String,
    of_system: bool,
    /// Members of the query that the body says anew.
    instead: Vec<(String, Node)>,
}

fn parse(body: &Node) -> std::result::Result<Asked, Vec<Problem>> {
    let Node::Object(members) = body else {
        return Err(vec![body.misshapen("", "an object")]);
    };
    let mut found = Found::default();
    let mut asked = Asked {
        key: String::new(),
        of_system: false,
        instead: Vec::new(),
    };
    let mut kind = None;
    for (member, node) in members {
        let place = pointer("", member);
        match (member.as_str(), node) {
            ("key", Node::Text(key)) => asked.key.clone_from(key),
            ("key", other) => found.add(other.misshapen(&place, "text")),
            ("viewType", Node::Text(word)) if matches!(word.as_str(), "user" | "system") => {
                kind = Some(word.as_str());
            }
            ("viewType", _) => found.add(super::json::unfit(&place, "must be user or system")),
            ("filterParameters" | "start" | "size", _) => {
                asked.instead.push((member.clone(), node.clone()));
            }
            _ => found.add(problem::QUERY_MEMBER.with("MEMBER", member).at(place)),
        }
    }
    let sent = |name: &str| members.iter().any(|(member, _)| member == name);
    for (name, lacks) in [("key", asked.key.is_empty()), ("viewType", kind.is_none())] {
        let place = format!("/{name}");
        if lacks && (!sent(name) || name == "key") {
            found.add(problem::REQUIRED_MISSING.with("FIELD", &place).at(place));
        }
    }
    asked.of_system = kind == Some("system");
    found.or(asked)
}

/// The rows of a view.
pub(super) async fn run(engine: &Engine, ours: bool, body: &Node, call: Call) -> Result<Reply> {
    let asked = parse(body).map_err(Failure::Refused)?;
    let stored = if asked.of_system {
        let registry = engine.registry();
        let view = system_view(registry, ours, &asked.key);
        view.ok_or_else(|| absent(SYSTEM_VIEW, &asked.key))?
            .query(registry)
    } else {
        kept(engine, &asked.key, call.clone()).await?
    };
    let Node::Object(mut members) = stored else {
        return Err(Failure::broken("a view without a query"));
    };
    for (name, node) in asked.instead {
        members.retain(|(known, _)| *known != name);
        members.push((name, node));
    }
    query_service::query(engine, ours, &Node::Object(members), call).await
}

/// The query of a view that a user keeps.
async fn kept(engine: &Engine, key: &str, call: Call) -> Result<Node> {
    let gone = absent(USER_VIEW, key);
    let key = RecordKey::parse(key).ok_or_else(|| absent(USER_VIEW, key))?;
    let text = engine
        .read(call, move |work| {
            let definition = work.object(USER_VIEW);
            work.authorise(definition, Operation::Get)?;
            let field = definition.named("query").expect("declared with its object");
            let record = work
                .record(definition, key)?
                .ok_or(Failure::from(gone.clone()))?;
            Ok(record.get(field.index).as_text().map(str::to_owned))
        })
        .await?;
    super::json::parse(text.unwrap_or_default().as_bytes()).map_err(Failure::from)
}

fn absent(object: &str, key: &str) -> Problem {
    problem::RECORD_ABSENT
        .with("OBJECT", object)
        .with("KEY", key)
}
