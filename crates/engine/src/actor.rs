//! Who asks: the caller of a piece of work, known by a token or the system itself.

use std::sync::Arc;

use sidegate_model::access::{AdminLevel, Limits, Reach, Sight};
use sidegate_model::{Problem, RecordKey, problem};
use sidegate_store::{Seen, Who};

/// Through which door work came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Door {
    /// The REST API.
    Rest,
    /// The XML gateway.
    Xml,
    /// The console, where people work in a browser.
    Console,
    /// The command line.
    Command,
    /// Sidegate itself.
    System,
}

impl Door {
    /// Its word in the audit trail.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Rest => "rest",
            Self::Xml => "xml",
            Self::Console => "console",
            Self::Command => "command",
            Self::System => "system",
        }
    }

    /// Its word in the published audit history.
    #[must_use]
    pub fn source(self) -> &'static str {
        match self {
            Self::Rest | Self::Xml => "api",
            Self::Console => "userInterface",
            Self::Command | Self::System => "system",
        }
    }
}

/// On whose account work is done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum By {
    /// An access token.
    Token {
        /// The company the token names; the data statement of that company decides what it is worth.
        company: RecordKey,
        /// The keyed hash of its identifier.
        hash: Vec<u8>,
        /// The entity that the call names beside the token.
        entity: Option<String>,
    },
    /// A session of the XML gateway.
    Session {
        /// The company that the session's id names.
        company: RecordKey,
        /// The keyed hash of its id.
        hash: Vec<u8>,
        /// The company's word for the sender that vouches for this request.
        authorization: RecordKey,
    },
    /// A session of the console; where she works stands in the session itself.
    Console {
        /// The company that the session's cookie names.
        company: RecordKey,
        /// The keyed hash of what the cookie holds.
        hash: Vec<u8>,
    },
    /// A user who proved herself in this very request.
    Login {
        /// The company.
        company: RecordKey,
        /// The user.
        user: RecordKey,
        /// What she proved herself with.
        credential: RecordKey,
        /// The company's word for the sender that vouches for her.
        authorization: RecordKey,
        /// Where she works; at the top level if nothing is said.
        entity: Option<RecordKey>,
    },
    /// Sidegate itself, in a company or on the server.
    System(Option<RecordKey>),
}

/// One call of the engine.
#[derive(Clone, Debug)]
pub struct Call {
    /// On whose account.
    pub by: By,
    /// Through which door.
    pub door: Door,
    /// The request's id, in answers, log and audit.
    pub request: String,
    /// Where it came from.
    pub address: String,
}

impl Call {
    /// A call of Sidegate itself.
    #[must_use]
    pub fn system(company: Option<RecordKey>, door: Door) -> Self {
        Self {
            by: By::System(company),
            door,
            request: String::new(),
            address: String::new(),
        }
    }
}

/// A caller, loaded: valid as long as the versions it was loaded at still stand.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The company; none only for the system's work on the server.
    pub company: Option<RecordKey>,
    /// The user; none for the system.
    pub user: Option<Named>,
    /// The client application that vouches.
    pub client: Option<Named>,
    /// The sender that vouches, in the XML gateway.
    pub sender: Option<Named>,
    /// The entity of the call.
    pub entity: Option<Named>,
    /// The role that she tries; she then may what it gives and changes nothing.
    pub trial: Option<Named>,
    /// What she may do; none for the system, which may everything.
    pub reach: Option<Arc<Reach>>,
    /// What restricts the rows that she sees, if anything does.
    pub limits: Option<Arc<Limits>>,
    /// Whether the company has private entities, whose rows stay out of pages at the top level.
    pub has_private: bool,
    /// When the token ends, in microseconds since the epoch.
    pub ends: i64,
    /// The versions it was loaded at.
    pub(crate) seen: Seen,
}

/// A record by key and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The key.
    pub key: RecordKey,
    /// The id.
    pub id: String,
}

impl Actor {
    /// Sidegate itself: may everything, in one company or on the server.
    #[must_use]
    pub fn system(company: Option<RecordKey>) -> Self {
        Self {
            company,
            user: None,
            client: None,
            sender: None,
            entity: None,
            trial: None,
            reach: None,
            limits: None,
            has_private: false,
            ends: i64::MAX,
            seen: Seen::default(),
        }
    }

    /// Whether this is Sidegate itself.
    #[must_use]
    pub fn is_system(&self) -> bool {
        self.user.is_none()
    }

    /// Which rows she sees.
    #[must_use]
    pub fn sight(&self) -> Sight {
        Sight {
            entity: self.entity.as_ref().map(|entity| entity.key),
            limits: self.limits.clone(),
            user: self.user.as_ref().map(|user| user.key),
            administers: self
                .reach
                .as_ref()
                .is_some_and(|reach| reach.admin() > AdminLevel::Off),
            ..Sight::ALL
        }
    }

    /// Which rows she changes, of those that she sees.
    #[must_use]
    pub fn sight_for_changes(&self) -> Sight {
        Sight {
            changes: true,
            ..self.sight()
        }
    }

    /// Which rows her pages show; those of private entities at the top level only if she asks.
    #[must_use]
    pub fn page_sight(&self, private: bool) -> Sight {
        Sight {
            hides_private: self.has_private && self.entity.is_none() && !private,
            ..self.sight()
        }
    }

    pub(crate) fn who(&self) -> Who {
        Who {
            company: self.company,
            user: self.user.as_ref().map(|user| user.key),
        }
    }

    /// Whether the versions she was loaded at still stand.
    pub(crate) fn stands_at(&self, now: Seen) -> bool {
        self.is_system()
            || (self.seen.server == now.server
                && self.seen.company == now.company
                && self.seen.user == now.user)
    }
}

/// Loaded actors by what they came with. Bounded; nothing rests on an entry staying or going.
pub(crate) struct Actors {
    known: moka::sync::Cache<By, Arc<Actor>>,
}

impl Actors {
    pub(crate) fn new() -> Self {
        Self {
            known: moka::sync::Cache::new(10_000),
        }
    }

    pub(crate) fn get(&self, by: &By) -> Option<Arc<Actor>> {
        match by {
            By::System(company) => Some(Arc::new(Actor::system(*company))),
            By::Token { .. } | By::Session { .. } | By::Console { .. } | By::Login { .. } => {
                self.known.get(by)
            }
        }
    }

    pub(crate) fn keep(&self, by: &By, actor: &Arc<Actor>) {
        self.known.insert(by.clone(), Arc::clone(actor));
    }

    pub(crate) fn forget_all(&self) {
        self.known.invalidate_all();
    }

    pub(crate) fn forget(&self, by: &By) {
        self.known.invalidate(by);
    }
}

/// The one answer to a token that is worth nothing, for whatever reason.
pub(crate) fn dead_token() -> Problem {
    problem::TOKEN_DEAD.problem()
}
