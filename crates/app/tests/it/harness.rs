//! A Sidegate for one test: its own database with the company HARBOR, a fixed clock, the REST door.

use std::sync::{Arc, OnceLock};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::{Value, json};
use sidegate::demo_data::{self, Credentials};
use sidegate_engine::key_file::KeyFile;
use sidegate_engine::mail::{CredentialMail, Delivery, Kept, Mailbox};
use sidegate_engine::test_company::TestCompany;
use sidegate_engine::{Engine, Location, Settings, Source};
use sidegate_model::Registry;
use sidegate_store::testing::{Template, TestDatabase};
use tower::ServiceExt as _;

/// 2026-11-22T12:00:00Z: where every test's clock begins.
pub(crate) const NOON: i64 = 1_795_348_800_000_000;

/// A company small enough to know by heart; the stand-in's own has more of everything.
pub(crate) const SMALL: &str = include_str!("data/harbor.json");

static HARBOR: OnceLock<Template> = OnceLock::new();
static DEMO: OnceLock<Template> = OnceLock::new();
static CREDENTIALS: OnceLock<Credentials> = OnceLock::new();

/// One Sidegate.
pub(crate) struct World {
    pub(crate) engine: Engine,
    pub(crate) source: Source,
    pub(crate) database: Arc<TestDatabase>,
    hand: Hand,
}

/// Somebody who sends requests to a Sidegate, from a thread of her own if need be.
pub(crate) struct Hand {
    router: Router,
    runtime: tokio::runtime::Runtime,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }
}

pub(crate) fn credentials() -> &'static Credentials {
    CREDENTIALS.get_or_init(|| Credentials::generate(&Source::system()))
}

/// An engine on a database of this schema; keys are the same in every test.
pub(crate) fn engine_on(location: &Location, source: &Source) -> Engine {
    engine_with(location, source, settings(location))
}

/// Few threads, and mails that wait until a test has them delivered to a mailbox.
fn settings(location: &Location) -> Settings {
    let mut settings = Settings::usual(location.dialect());
    settings.readers = 3;
    settings.mail.credentials = CredentialMail::Password;
    settings.mail.delivery = Delivery::Mailbox(Mailbox::default());
    settings
}

/// The same with settings of the test's own.
pub(crate) fn engine_with(location: &Location, source: &Source, settings: Settings) -> Engine {
    engine_keyed(location, source, settings, KeyFile::in_memory())
}

fn engine_keyed(location: &Location, source: &Source, settings: Settings, keys: KeyFile) -> Engine {
    let registry = Arc::new(Registry::shipped().expect("whole declarations"));
    Engine::start(registry, location.clone(), keys, source.clone(), settings)
        .expect("an engine starts")
}

impl World {
    /// HARBOR with the data of [`SMALL`] and the credentials of [`credentials`].
    pub(crate) fn harbor() -> Self {
        let database = TestDatabase::filled(&HARBOR, |location| {
            let engine = engine_on(location, &Source::fixed(NOON));
            demo_data::ensure_from(&engine, credentials(), demo_data::COMPANY, SMALL)
                .expect("a small company");
            engine.stop();
        });
        Self::on(database)
    }

    /// The companies of the stand-in as it makes them, with the credentials of [`credentials`].
    pub(crate) fn demo() -> Self {
        let database = TestDatabase::filled(&DEMO, |location| {
            let engine = engine_on(location, &Source::fixed(NOON));
            demo_data::ensure(&engine, credentials()).expect("the companies of the stand-in");
            engine.stop();
        });
        Self::on(database)
    }

    /// A Sidegate on this database.
    pub(crate) fn on(database: TestDatabase) -> Self {
        let source = Source::fixed(NOON);
        // Other worlds on the same template must not repeat its random numbers.
        for _ in 0..10_000 {
            let _ = source.number();
        }
        let engine = engine_on(&database.location, &source);
        Self::of(engine, source, Arc::new(database))
    }

    fn of(engine: Engine, source: Source, database: Arc<TestDatabase>) -> Self {
        let hand = Hand::on(&engine);
        Self {
            engine,
            source,
            database,
            hand,
        }
    }

    /// Another Sidegate on the same database.
    pub(crate) fn second(&self) -> Self {
        let engine = engine_on(&self.database.location, &self.source);
        Self::of(engine, self.source.clone(), Arc::clone(&self.database))
    }

    /// Another engine on the same database, with keys and a clock of its own and without any door.
    pub(crate) fn engine_alone(&self, keys: KeyFile, source: &Source) -> Engine {
        let location = &self.database.location;
        engine_keyed(location, source, settings(location), keys)
    }

    /// Another Sidegate on the same database, with settings of the test's own.
    pub(crate) fn another(&self, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = settings(&self.database.location);
        change(&mut settings);
        let engine = engine_with(&self.database.location, &self.source, settings);
        Self::of(engine, self.source.clone(), Arc::clone(&self.database))
    }

    /// The same database under an engine with settings of the test's own, instead of this one.
    pub(crate) fn restarted(self, change: impl FnOnce(&mut Settings)) -> Self {
        self.engine.stop();
        let mut settings = settings(&self.database.location);
        change(&mut settings);
        let engine = engine_with(&self.database.location, &self.source, settings);
        Self::of(engine, self.source.clone(), Arc::clone(&self.database))
    }

    /// Delivers what is due, and gives what is in the mailbox now, the oldest first.
    pub(crate) fn mails(&self) -> Vec<Kept> {
        self.engine.deliver_due().expect("mails are looked after");
        let mailbox = self.engine.mailbox().expect("a mailbox");
        let (mut mails, _) = mailbox.newest(0, usize::MAX);
        mails.reverse();
        mails
    }

    /// Somebody who sends requests from a thread of her own.
    pub(crate) fn hand(&self) -> Hand {
        Hand::on(&self.engine)
    }

    /// Sends a request.
    pub(crate) fn send(&self, request: Request<Body>) -> Answer {
        self.hand.send(request)
    }

    /// A request with a JSON body, or without one, on the account of a token.
    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        self.hand.call(method, path, token, body)
    }

    /// The answer to a token request for a user name such as `ws_sync@HARBOR`.
    pub(crate) fn grant(&self, username: &str) -> Answer {
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": credentials().client_id,
            "client_secret": credentials().client_secret,
            "username": username,
        });
        self.call("POST", "/oauth2/token", None, Some(&body))
    }

    /// The answer to a request for new tokens with a refresh token.
    pub(crate) fn refresh(&self, token: &Value) -> Answer {
        let body = json!({
            "grant_type": "refresh_token",
            "client_id": credentials().client_id,
            "client_secret": credentials().client_secret,
            "refresh_token": token,
        });
        self.call("POST", "/oauth2/token", None, Some(&body))
    }

    /// An access token for a user name.
    pub(crate) fn token(&self, username: &str) -> String {
        let answer = self.grant(username);
        assert_eq!(answer.status, 200, "{}", answer.json());
        answer.json()["access_token"]
            .as_str()
            .expect("a token")
            .to_owned()
    }
}

impl Hand {
    /// Somebody who asks this engine as a stand-in.
    pub(crate) fn on(engine: &Engine) -> Self {
        let nothing = Arc::new(|_: &TestCompany| Vec::new());
        Self::at(sidegate_web::stand_in_router(engine.clone(), nothing))
    }

    /// Somebody who asks this engine as a server.
    pub(crate) fn at_server(engine: &Engine) -> Self {
        Self::at(sidegate_web::router(engine.clone()))
    }

    /// Somebody who asks at these doors.
    pub(crate) fn at(router: Router) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        Self { router, runtime }
    }

    /// Sends a request.
    pub(crate) fn send(&self, request: Request<Body>) -> Answer {
        self.runtime.block_on(async {
            let reply = self
                .router
                .clone()
                .oneshot(request)
                .await
                .expect("a router never fails");
            let (parts, body) = reply.into_parts();
            let body = to_bytes(body, usize::MAX)
                .await
                .expect("a whole body")
                .to_vec();
            Answer {
                status: parts.status,
                headers: parts.headers,
                body,
            }
        })
    }

    /// A request with a JSON body, or without one, on the account of a token.
    pub(crate) fn call(
        &self,
        method: &str,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        // Sidegate's own paths are given whole.
        let uri = if path.starts_with("/sidegate/") {
            path.to_owned()
        } else {
            format!("/ia/api/v1{path}")
        };
        let mut request = Request::builder().method(method).uri(uri);
        if let Some(token) = token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).expect("a request"))
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.engine.stop();
    }
}
