//! From path and method to a handler; everything that comes before a handler is decided here.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Instant;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method};
use sidegate_engine::idempotency::Ticket;
use sidegate_engine::{By, Call, Door, Engine, Ruling};
use sidegate_model::access::Sight;
use sidegate_model::{
    Definition, Failure, ObjectIndex, Operation, Problem, Registry, Result, problem,
};

use super::access;
use super::batch;
use super::body::{self, Limit};
use super::connection;
use super::idempotency::Write;
use super::in_use;
use super::json::{self, Node};
use super::object::{self, View};
use super::reply::{self, Asked, Reply};
use super::{
    export, header, integration, next_value, oauth, password, preview, query_service, session,
    view, workflow,
};
use crate::gate::Secure;
use crate::page::without_link;

const PREFIX: &str = "/ia/api/";
/// Where Sidegate's own objects are, in the same form and apart from the vendor's.
const OUR_PREFIX: &str = "/sidegate/";
const VERSION: &str = "v1";
/// In the stand-in, the right that would have let a refused request pass.
const DENIED: &str = "sidegate-denied";

/// Everything under `/ia/api`, and the answer to paths that do not exist.
pub fn router(engine: Engine) -> Router {
    paths(engine, false)
}

/// The same; in the stand-in, refusals also tell the right that was missing in a header.
pub(super) fn paths(engine: Engine, tells_rights: bool) -> Router {
    Router::new().fallback(handle).with_state(Rest {
        engine,
        views: Views::default(),
        tells_rights,
    })
}

#[derive(Clone)]
struct Rest {
    engine: Engine,
    views: Views,
    tells_rights: bool,
}

/// How records are shown, made once for each object.
#[derive(Clone, Debug, Default)]
pub(super) struct Views {
    known: Arc<RwLock<HashMap<ObjectIndex, Arc<View>>>>,
}

impl Views {
    pub(super) fn of(
        &self,
        registry: &Registry,
        definition: &Definition,
        sight: &Sight,
    ) -> Arc<View> {
        // The plan of another sight binds its entity or its user, so it is made for the call.
        if !sight.is_open() || definition.restriction.own.is_some() {
            return Arc::new(View::new(registry, definition, sight));
        }
        if let Some(view) = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&definition.index)
        {
            return Arc::clone(view);
        }
        let view = Arc::new(View::new(registry, definition, sight));
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(definition.index).or_insert(view))
    }
}

async fn handle(State(rest): State<Rest>, request: Request) -> Reply {
    let began = Began::with(&rest.engine, &request);
    let done = dispatch(&rest, request, &began.path, &began.asked).await;
    let denied = match &done {
        Err(Failure::Refused(problems)) if rest.tells_rights => {
            let mut needs = problems
                .iter()
                .filter_map(|problem| problem.needs.as_deref());
            needs
                .next()
                .and_then(|right| HeaderValue::from_str(right).ok())
        }
        _ => None,
    };
    let mut reply = began.answered(done);
    if let Some(right) = denied {
        reply.headers_mut().insert(DENIED, right);
    }
    reply
}

/// A request on its way, as answers and the log tell it.
pub(crate) struct Began {
    pub(super) asked: Asked,
    path: String,
    /// Who asked: her address, and whether she spoke TLS.
    from: Option<(IpAddr, bool)>,
    at: Instant,
}

impl Began {
    pub(crate) fn with(engine: &Engine, request: &Request) -> Self {
        let at = Instant::now();
        let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let secure = request.extensions().get::<Secure>();
        let from = peer.map(|info| (info.0.ip(), secure.is_some_and(|secure| secure.0)));
        let path = request.uri().path().to_owned();
        let resource = path
            .strip_prefix(PREFIX)
            .or_else(|| path.strip_prefix(OUR_PREFIX))
            .and_then(|rest| rest.split_once('/'))
            .map(|(_, rest)| rest.splitn(4, '/').take(3).collect::<Vec<_>>().join("/"));
        let asked = Asked {
            method: request.method().to_string(),
            resource,
            request: request_id(engine),
        };
        Self {
            asked,
            path,
            from,
            at,
        }
    }

    /// The request's id.
    pub(crate) fn request_id(&self) -> &str {
        &self.asked.request
    }

    pub(crate) fn answered(self, done: Result<Reply>) -> Reply {
        let Self {
            asked,
            path,
            from,
            at,
        } = self;
        let mut reply = match done {
            Ok(reply) => reply,
            Err(failure) => reply::failed(&asked, &failure),
        };
        if let Ok(id) = HeaderValue::from_str(&asked.request) {
            reply.headers_mut().insert("x-request-id", id);
        }
        let duration_us = u64::try_from(at.elapsed().as_micros()).unwrap_or(u64::MAX);
        let address = from.map(|(address, _)| tracing::field::display(address));
        let scheme = from.map(|(_, secure)| if secure { "https" } else { "http" });
        let path = without_link(&path);
        tracing::info!(request = %asked.request, address, scheme, method = %asked.method, path, status = reply.status().as_u16(), duration_us, "answered");
        reply
    }
}

/// A random id in an alphabet that needs no escaping anywhere.
pub(crate) fn request_id(engine: &Engine) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0; 20];
    engine.source().fill(&mut bytes);
    bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(byte % 32)]))
        .collect()
}

async fn dispatch(rest: &Rest, request: Request, path: &str, asked: &Asked) -> Result<Reply> {
    let absent = || problem::PATH_ABSENT.with("PATH", path);
    let (below, ours) = match path.strip_prefix(PREFIX) {
        Some(below) => (below, false),
        None => (path.strip_prefix(OUR_PREFIX).ok_or_else(absent)?, true),
    };
    let (version, below) = below.split_once('/').unwrap_or((below, ""));
    if version != VERSION {
        return Err(problem::VERSION_UNKNOWN.with("VERSION", version).into());
    }
    let address = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip().to_string());
    let call = Call {
        by: By::System(None),
        door: Door::Rest,
        request: asked.request.clone(),
        address: address.unwrap_or_default(),
    };
    let (parts, body) = request.into_parts();
    let method = match parts.method {
        // The same answer, of which axum leaves the body out.
        Method::HEAD => Method::GET,
        other => other,
    };
    let heard = Heard {
        rest,
        method,
        headers: parts.headers,
        query: parts.uri.query().unwrap_or("").to_owned(),
        path,
        ours,
        asked,
    };
    let segments: Vec<&str> = below.split('/').collect();
    match segments.as_slice() {
        ["oauth2", name] if !ours => heard.oauth(name, body, call).await,
        ["objects", "core", "system-view"] => heard.system_views(call).await,
        ["objects", application, object] => heard.collection(application, object, body, call).await,
        ["objects", application, object, key] => {
            heard.item(application, object, key, body, call).await
        }
        ["services", "core", "query"] => {
            let serve = async |body: Node, call| {
                query_service::query(&rest.engine, ours, &body, call).await
            };
            heard.service(body, call, serve).await
        }
        ["services", "core", "export"] => {
            let serve =
                async |body: Node, call| export::export(&rest.engine, ours, &body, call).await;
            heard.service(body, call, serve).await
        }
        ["services", "core", "view"] => {
            let serve = async |body: Node, call| view::run(&rest.engine, ours, &body, call).await;
            heard.service(body, call, serve).await
        }
        ["services", "core", "session", "id"] if !ours => heard.session(call).await,
        ["access", "explain"] if ours => {
            let serve = async |body: Node, call| access::explain(&rest.engine, &body, call).await;
            heard.service(body, call, serve).await
        }
        ["roles", "suggest"] if ours => {
            let serve = async |body: Node, call| access::suggest(&rest.engine, &body, call).await;
            heard.service(body, call, serve).await
        }
        ["access", "report"] if ours => heard.report(call).await,
        ["services", "integrations"] if ours => heard.integrations(call).await,
        ["services", "integrations", "compare"] if ours => {
            let serve =
                async |body: Node, call| integration::compare(&rest.engine, &body, call).await;
            heard.service(body, call, serve).await
        }
        ["services", "integrations", "least-role"] if ours => {
            let serve =
                async |body: Node, call| integration::least_role(&rest.engine, &body, call).await;
            heard.service(body, call, serve).await
        }
        ["services", "connection", "check"] if ours => {
            let serve = async |body: Node, call| connection::check(&rest.engine, &body, call).await;
            heard.service(body, call, serve).await
        }
        ["services", "users", "usage"] if ours => {
            let serve = async |body: Node, call| in_use::usage(&rest.engine, &body, call).await;
            heard.service(body, call, serve).await
        }
        ["services", "roles", "preview"] if ours => {
            let serve = async |body: Node, call| preview::role(&rest.engine, &body, call).await;
            heard.service(body, call, serve).await
        }
        ["password", "change"] if ours => {
            let serve = async |body: Node, call| password::change(&rest.engine, &body, call).await;
            heard.open_service(body, call, serve).await
        }
        ["password", "forgotten"] if ours => {
            let serve =
                async |body: Node, call| password::forgotten(&rest.engine, &body, call).await;
            heard.open_service(body, call, serve).await
        }
        [
            "services",
            "company-config",
            "document-sequence",
            "generate-next-value",
        ] if !ours => {
            let serve =
                async |body: Node, call| next_value::next_value(&rest.engine, &body, call).await;
            heard.service(body, call, serve).await
        }
        ["workflows", application, object, action] if !ours => {
            let ruling = workflow::named(application, object, action).ok_or_else(absent)?;
            heard.ruling(ruling, body, call).await
        }
        _ => Err(absent().into()),
    }
}

/// A request without its body.
struct Heard<'a> {
    rest: &'a Rest,
    method: Method,
    headers: HeaderMap,
    query: String,
    path: &'a str,
    /// Whether Sidegate's own objects are asked for.
    ours: bool,
    asked: &'a Asked,
}

impl Heard<'_> {
    async fn oauth(&self, name: &str, body: Body, call: Call) -> Result<Reply> {
        if !matches!(name, "token" | "revoke" | "introspect") {
            return Err(problem::OAUTH_PATH_ABSENT.with("PATH", self.path).into());
        }
        let body = match self.only(&[Method::POST], "POST") {
            Ok(()) => body::read(body, Limit::GRANT).await,
            Err(problem) => Err(problem),
        };
        let body = match body {
            Ok(body) => body,
            Err(problem) => return Ok(oauth::refuse(self.asked, &problem.into())),
        };
        Ok(match name {
            "token" => {
                oauth::token(&self.rest.engine, &self.headers, &body, call, self.asked).await
            }
            "introspect" => {
                oauth::introspect(&self.rest.engine, &self.headers, &body, call, self.asked).await
            }
            _ => oauth::revoke(&self.rest.engine, &self.headers, &body, call, self.asked).await,
        })
    }

    /// A service, which takes a POST.
    async fn service(
        &self,
        body: Body,
        call: Call,
        serve: impl AsyncFnOnce(Node, Call) -> Result<Reply>,
    ) -> Result<Reply> {
        if let Some(options) = self.only_posted()? {
            return Ok(options);
        }
        let call = self.authenticated(call)?;
        let body = self.bytes(body, Limit::USUAL).await?;
        serve(self.parsed(&body)?, call).await
    }

    /// A service for people who have no token, which takes a POST.
    async fn open_service(
        &self,
        body: Body,
        call: Call,
        serve: impl AsyncFnOnce(Node, Call) -> Result<Reply>,
    ) -> Result<Reply> {
        if let Some(options) = self.only_posted()? {
            return Ok(options);
        }
        let body = self.bytes(body, Limit::GRANT).await?;
        serve(self.parsed(&body)?, call).await
    }

    /// Refuses everything but a POST; the answer to OPTIONS is there at once.
    fn only_posted(&self) -> std::result::Result<Option<Reply>, Problem> {
        if self.method == Method::OPTIONS {
            return Ok(Some(reply::methods("POST, OPTIONS")));
        }
        self.only(&[Method::POST], "POST, OPTIONS").map(|()| None)
    }

    /// What a user may do.
    async fn report(&self, call: Call) -> Result<Reply> {
        let serve = async |call| access::report(&self.rest.engine, &self.query, call).await;
        self.shown(call, serve).await
    }

    /// The integrations that are known.
    async fn integrations(&self, call: Call) -> Result<Reply> {
        let serve = async |call| integration::list(&self.rest.engine, call).await;
        self.shown(call, serve).await
    }

    /// Something that takes a GET.
    async fn shown(
        &self,
        call: Call,
        serve: impl AsyncFnOnce(Call) -> Result<Reply>,
    ) -> Result<Reply> {
        if self.method == Method::OPTIONS {
            return Ok(reply::methods("GET, OPTIONS"));
        }
        self.only(&[Method::GET], "GET, OPTIONS")?;
        serve(self.authenticated(call)?).await
    }

    /// Views that come with Sidegate, which take a GET.
    async fn system_views(&self, call: Call) -> Result<Reply> {
        if self.method == Method::OPTIONS {
            return Ok(reply::methods("GET, HEAD, OPTIONS"));
        }
        self.only(&[Method::GET], "GET, HEAD, OPTIONS")?;
        let call = self.authenticated(call)?;
        view::system(&self.rest.engine, self.ours, &self.query, call).await
    }

    /// A session of the XML gateway, which takes a GET; no HEAD, because each makes a session.
    async fn session(&self, call: Call) -> Result<Reply> {
        if self.method == Method::OPTIONS {
            return Ok(reply::methods("GET, OPTIONS"));
        }
        if self.asked.method == Method::HEAD.as_str() {
            return Err(self.wrong_method("GET, OPTIONS").into());
        }
        self.only(&[Method::GET], "GET, OPTIONS")?;
        session::open(&self.rest.engine, self.authenticated(call)?).await
    }

    /// A workflow on timesheets.
    async fn ruling(&self, ruling: Ruling, body: Body, call: Call) -> Result<Reply> {
        if self.method == Method::OPTIONS {
            return Ok(reply::methods("POST, OPTIONS"));
        }
        self.only(&[Method::POST], "POST, OPTIONS")?;
        let call = self.authenticated(call)?;
        let version = header::if_match(&self.headers)?;
        let (write, body) = self.write(call, body, Limit::USUAL).await?;
        match self.parsed(&body) {
            Ok(Node::Array(bodies)) => {
                header::no_if_match(&self.headers)?;
                let together = header::together(&self.headers)?;
                workflow::many(write, ruling, &bodies, together).await
            }
            body => workflow::one(write, ruling, version, body).await,
        }
    }

    async fn collection(
        &self,
        application: &str,
        object: &str,
        body: Body,
        call: Call,
    ) -> Result<Reply> {
        let definition = self.object(application, object)?;
        let offered = Offered::by(definition, COLLECTION);
        if self.method == Method::OPTIONS {
            return Ok(reply::methods(&offered.methods()));
        }
        let operation = self.operation(&offered)?;
        let call = self.authenticated(call)?;
        let engine = &self.rest.engine;
        let index = definition.index;
        let limit = Limit::of(engine.registry(), definition);
        match operation {
            Operation::List => {
                object::list(engine, index, object::window(&self.query)?, call).await
            }
            Operation::Create => {
                self.let_in(&call, definition, operation, limit).await?;
                let (write, body) = self.write(call, body, limit).await?;
                match self.parsed(&body) {
                    Ok(Node::Array(records)) => {
                        header::no_if_match(&self.headers)?;
                        let together = header::together(&self.headers)?;
                        batch::create(write, index, &records, together).await
                    }
                    body => object::create(write, index, body).await,
                }
            }
            _ => {
                header::no_if_match(&self.headers)?;
                let together = header::together(&self.headers)?;
                self.let_in(&call, definition, operation, limit).await?;
                let (write, body) = self.write(call, body, limit).await?;
                batch::update(write, index, self.parsed(&body), together).await
            }
        }
    }

    async fn item(
        &self,
        application: &str,
        object: &str,
        key: &str,
        body: Body,
        call: Call,
    ) -> Result<Reply> {
        let definition = self.object(application, object)?;
        if batch::is_list(key) {
            return self.items(definition, key, call).await;
        }
        let offered = Offered::by(definition, ITEM);
        if self.method == Method::OPTIONS {
            return Ok(reply::methods(&offered.methods()));
        }
        let operation = self.operation(&offered)?;
        let call = self.authenticated(call)?;
        let engine = &self.rest.engine;
        let index = definition.index;
        let limit = Limit::of(engine.registry(), definition);
        let number = definition.key_of(key).ok_or_else(|| {
            problem::RECORD_ABSENT
                .with("OBJECT", &definition.name)
                .with("KEY", key)
        });
        match operation {
            Operation::Get => object::get(engine, &self.rest.views, index, number?, call).await,
            Operation::Delete => {
                let version = header::if_match(&self.headers)?;
                object::delete(engine, index, number?, version, call).await
            }
            _ => {
                let version = header::if_match(&self.headers)?;
                self.let_in(&call, definition, operation, limit).await?;
                let (write, body) = self.write(call, body, limit).await?;
                object::update(write, index, number, version, self.parsed(&body)).await
            }
        }
    }

    /// A path that lists keys.
    async fn items(&self, definition: &Definition, keys: &str, call: Call) -> Result<Reply> {
        let offered = Offered::by(definition, ITEMS);
        if self.method == Method::OPTIONS {
            return Ok(reply::methods(&offered.methods()));
        }
        let operation = self.operation(&offered)?;
        let call = self.authenticated(call)?;
        header::no_if_match(&self.headers)?;
        let together = header::together(&self.headers)?;
        let (engine, index) = (&self.rest.engine, definition.index);
        match operation {
            Operation::Get => {
                batch::get(engine, &self.rest.views, index, keys, call, self.asked).await
            }
            _ => {
                let write = Write {
                    engine,
                    call,
                    asked: self.asked,
                    ticket: None,
                };
                batch::delete(write, index, keys, together).await
            }
        }
    }

    fn object(&self, application: &str, object: &str) -> std::result::Result<&Definition, Problem> {
        self.rest
            .engine
            .registry()
            .named(&format!("{application}/{object}"))
            .filter(|definition| definition.published && definition.is_ours() == self.ours)
            .ok_or_else(|| problem::PATH_ABSENT.with("PATH", self.path))
    }

    /// The operation that the method asks for, if the object documents it.
    fn operation(&self, offered: &Offered) -> std::result::Result<Operation, Problem> {
        let found = offered
            .operations
            .iter()
            .find(|(method, _)| *method == self.method);
        match found {
            Some((_, operation)) => Ok(*operation),
            None => Err(self.wrong_method(&offered.methods())),
        }
    }

    fn only(&self, methods: &[Method], allowed: &str) -> std::result::Result<(), Problem> {
        if methods.contains(&self.method) {
            Ok(())
        } else {
            Err(self.wrong_method(allowed))
        }
    }

    fn wrong_method(&self, allowed: &str) -> Problem {
        problem::METHOD_ABSENT
            .with("METHOD", &self.asked.method)
            .with("PATH", self.path)
            .with("ALLOWED", allowed)
    }

    /// The call on the account of the token that came with it.
    fn authenticated(&self, call: Call) -> std::result::Result<Call, Problem> {
        let dead = || problem::TOKEN_DEAD.problem();
        let engine = &self.rest.engine;
        let claims = engine
            .claims(header::bearer(&self.headers)?)
            .ok_or_else(dead)?;
        if claims.expires <= engine.source().now().div_euclid(1_000_000) {
            return Err(dead());
        }
        let entity = header::entity(&self.headers)?;
        Ok(Call {
            by: By::Token {
                company: claims.company,
                hash: claims.hash.clone(),
                entity,
            },
            ..call
        })
    }

    /// Looks at the caller's right before a body larger than usual is taken.
    async fn let_in(
        &self,
        call: &Call,
        definition: &Definition,
        operation: Operation,
        limit: Limit,
    ) -> Result<()> {
        if !limit.is_large() {
            return Ok(());
        }
        let index = definition.index;
        let looked = self.rest.engine.read(call.clone(), move |work| {
            let definition = work.registry().at(index);
            // Only a refusal counts here: what is let in is authorised again with its body.
            if work.may(definition, operation) {
                return Ok(());
            }
            work.authorise(definition, operation)
        });
        looked.await
    }

    /// A write on its way, and the bytes of its body.
    async fn write(&self, call: Call, body: Body, limit: Limit) -> Result<(Write<'_>, Vec<u8>)> {
        let key = header::idempotency_key(&self.headers)?;
        let body = self.bytes(body, limit).await?;
        let ticket = key.map(|key| Ticket::new(&self.asked.method, self.path, &key, &body));
        let write = Write {
            engine: &self.rest.engine,
            call,
            asked: self.asked,
            ticket,
        };
        Ok((write, body))
    }

    /// The bytes of a body that has to be JSON.
    async fn bytes(&self, body: Body, limit: Limit) -> std::result::Result<Vec<u8>, Problem> {
        header::is_json(&self.headers)?;
        body::read(body, limit).await
    }

    /// The JSON body that the method needs.
    fn parsed(&self, bytes: &[u8]) -> std::result::Result<Node, Problem> {
        if bytes.trim_ascii().is_empty() {
            return Err(problem::PAYLOAD_MISSING.with("OPERATION", &self.asked.method));
        }
        json::parse(bytes)
    }
}

/// What a sort of path offers.
type Offer = &'static [(Method, Operation)];

const COLLECTION: Offer = &[
    (Method::GET, Operation::List),
    (Method::POST, Operation::Create),
    (Method::PATCH, Operation::Update),
];
const ITEM: Offer = &[
    (Method::GET, Operation::Get),
    (Method::PATCH, Operation::Update),
    (Method::DELETE, Operation::Delete),
];
const ITEMS: Offer = &[
    (Method::GET, Operation::Get),
    (Method::DELETE, Operation::Delete),
];

/// What a path of one object offers, as far as the object documents it.
struct Offered {
    operations: Vec<&'static (Method, Operation)>,
}

impl Offered {
    fn by(definition: &Definition, offer: Offer) -> Self {
        let operations = offer
            .iter()
            .filter(|(_, operation)| definition.answers(*operation))
            .collect();
        Self { operations }
    }

    /// The methods for `Allow`.
    fn methods(&self) -> String {
        let mut methods = Vec::new();
        for (method, _) in &self.operations {
            methods.push(method.as_str());
            if *method == Method::GET {
                methods.push(Method::HEAD.as_str());
            }
        }
        methods.push(Method::OPTIONS.as_str());
        methods.join(", ")
    }
}
