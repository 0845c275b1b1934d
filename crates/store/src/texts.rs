//! Statement texts, made once for each shape and kept.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, RwLock};

use sidegate_model::query::{Condition, Shape};
use sidegate_model::{FieldIndex, ObjectIndex, Registry};

use crate::sql::dialect::Dialect;
use crate::sql::{self, Text};

/// At most so many shapes are kept; beyond it the cache starts anew.
const MOST_SHAPES: usize = 4096;

/// What a text is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Purpose {
    Page {
        shape: Arc<Shape>,
        carry: bool,
    },
    Count {
        shape: Arc<Shape>,
    },
    Versions {
        tables: Vec<String>,
    },
    /// So many records at once.
    Insert(ObjectIndex, u16),
    Update(ObjectIndex),
    Delete(ObjectIndex),
    Lists {
        object: ObjectIndex,
        seen: Arc<[Option<Condition>]>,
        owned: bool,
    },
    ListInsert(ObjectIndex, FieldIndex),
    ListDelete(ObjectIndex, FieldIndex),
    ListOwner(ObjectIndex, FieldIndex),
    System(System),
}

/// A statement of Sidegate's own bookkeeping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum System {
    LockCompany,
    HoldCompany,
    LockServer,
    RaiseAccess,
    RaiseServer,
    DropAccess,
    NextKey,
    NextKeys,
    LastKey,
    NextServerKey,
    RaiseChange,
}

/// The texts of one running system; shared by all connections.
#[derive(Debug)]
pub struct Texts {
    registry: Arc<Registry>,
    dialect: Dialect,
    known: RwLock<HashMap<Purpose, Option<Arc<Text>>>>,
    copying: OnceLock<Copying>,
    made: AtomicU64,
}

/// What copies a company, brings a copy back, and removes a company.
#[derive(Debug)]
pub(crate) struct Copying {
    pub(crate) copies: Vec<Text>,
    pub(crate) restores: Vec<Text>,
    pub(crate) removals: Vec<Text>,
}

impl Texts {
    /// No texts yet.
    #[must_use]
    pub fn new(registry: Arc<Registry>, dialect: Dialect) -> Self {
        Self {
            registry,
            dialect,
            known: RwLock::default(),
            copying: OnceLock::new(),
            made: AtomicU64::new(0),
        }
    }

    /// How many texts were made since the start.
    pub fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// The declarations the texts are made from.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The SQL that is written.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub(crate) fn get(&self, purpose: &Purpose) -> Option<Arc<Text>> {
        if let Some(text) = self
            .known
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .get(purpose)
        {
            return text.clone();
        }
        let text = self.make(purpose).map(Arc::new);
        let mut known = self
            .known
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if known.len() >= MOST_SHAPES {
            known.clear();
        }
        // Another thread may have been first; its text is the same, and counted once.
        if let Some(text) = known.get(purpose) {
            return text.clone();
        }
        self.made.fetch_add(1, Ordering::Relaxed);
        known.insert(purpose.clone(), text.clone());
        text
    }

    /// The statements over whole companies, of which there are several for each table.
    pub(crate) fn copying(&self) -> &Copying {
        self.copying.get_or_init(|| {
            let (registry, dialect) = (&*self.registry, self.dialect);
            let made = Copying {
                copies: sql::copy::copies(registry, dialect),
                restores: sql::copy::restores(registry, dialect),
                removals: sql::copy::removals(registry, dialect),
            };
            let all = made.copies.len() + made.restores.len() + made.removals.len();
            self.made.fetch_add(all as u64, Ordering::Relaxed);
            made
        })
    }

    fn make(&self, purpose: &Purpose) -> Option<Text> {
        let (registry, dialect) = (&*self.registry, self.dialect);
        Some(match purpose {
            Purpose::Page { shape, carry } => sql::page(registry, shape, dialect, *carry),
            Purpose::Count { shape } => sql::count(registry, shape, dialect),
            Purpose::Versions { tables } => {
                let tables: Vec<&str> = tables.iter().map(String::as_str).collect();
                sql::system::versions(dialect, &tables)
            }
            Purpose::Insert(object, rows) => sql::insert_rows(registry.at(*object), dialect, *rows),
            Purpose::Update(object) => sql::update(registry.at(*object), dialect),
            Purpose::Delete(object) => sql::delete(registry.at(*object), dialect),
            Purpose::Lists {
                object,
                seen,
                owned,
            } => {
                let definition = registry.at(*object);
                return sql::lists(registry, definition, dialect, seen, *owned);
            }
            Purpose::ListInsert(object, field) => {
                sql::list_insert(registry.at(*object).field(*field).list.as_ref()?, dialect)
            }
            Purpose::ListDelete(object, field) => {
                sql::list_delete(registry.at(*object).field(*field).list.as_ref()?, dialect)
            }
            Purpose::ListOwner(object, field) => {
                sql::list_owner(registry.at(*object).field(*field).list.as_ref()?, dialect)
            }
            Purpose::System(System::LockCompany) => sql::system::lock_company(dialect),
            Purpose::System(System::HoldCompany) => sql::system::hold_company(dialect),
            Purpose::System(System::LockServer) => sql::system::lock_server(dialect),
            Purpose::System(System::RaiseAccess) => sql::system::raise_access(dialect),
            Purpose::System(System::RaiseServer) => sql::system::raise_server(dialect),
            Purpose::System(System::DropAccess) => sql::system::drop_access(dialect),
            Purpose::System(System::NextKey) => sql::system::next_key(dialect),
            Purpose::System(System::NextKeys) => sql::system::next_keys(dialect),
            Purpose::System(System::LastKey) => sql::system::last_key(dialect),
            Purpose::System(System::NextServerKey) => sql::system::next_server_key(dialect),
            Purpose::System(System::RaiseChange) => sql::system::raise_change(dialect),
        })
    }
}
