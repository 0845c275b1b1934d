//! Databases for tests: real ones, empty or migrated, gone afterwards.
//!
//! `SIDEGATE_TEST_DB` says `sqlite` (the default) or `postgres`; the latter needs
//! `SIDEGATE_TEST_POSTGRES` with a connection text whose account may create databases.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::backend::{Access, Connection, Location};
use crate::migrate::{MIGRATIONS, migrate};
use crate::sql::dialect::Dialect;

/// A database that lives as long as this value.
#[derive(Debug)]
pub struct TestDatabase {
    /// Where it is.
    pub location: Location,
    _folder: Option<tempfile::TempDir>,
    name: Option<String>,
}

/// A filled database that tests copy.
#[derive(Debug)]
pub struct Template {
    file: Option<PathBuf>,
    name: Option<String>,
    _folder: Option<tempfile::TempDir>,
}

static NEXT: AtomicU64 = AtomicU64::new(1);
static TEMPLATE: OnceLock<String> = OnceLock::new();

/// The SQL that the tests of this run speak.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the check script chooses the database by these variables"
)]
pub fn dialect() -> Dialect {
    match std::env::var("SIDEGATE_TEST_DB").as_deref() {
        Ok("postgres") => Dialect::Postgres,
        _ => Dialect::Sqlite,
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the check script chooses the database by these variables"
)]
fn server() -> String {
    std::env::var("SIDEGATE_TEST_POSTGRES").expect("SIDEGATE_TEST_POSTGRES holds a connection text")
}

fn admin(sql: &str) {
    let location = Location::Postgres(server());
    let mut connection =
        Connection::open(&location, Access::Write).expect("the test server answers");
    connection
        .batch(sql)
        .expect("the test account may create databases");
}

fn new_name() -> String {
    format!(
        "sidegate_{}_{}",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

fn with_name(name: &str) -> Location {
    let server = server();
    let kept: Vec<&str> = server
        .split_whitespace()
        .filter(|part| !part.starts_with("dbname="))
        .collect();
    Location::Postgres(format!("{} dbname={name}", kept.join(" ")))
}

impl TestDatabase {
    /// A database without any table.
    #[must_use]
    pub fn empty() -> Self {
        match dialect() {
            Dialect::Sqlite => {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let location = Location::Sqlite(folder.path().join("test.sqlite"));
                Self {
                    location,
                    _folder: Some(folder),
                    name: None,
                }
            }
            Dialect::Postgres => {
                let name = new_name();
                admin(&format!("create database {name}"));
                Self {
                    location: with_name(&name),
                    _folder: None,
                    name: Some(name),
                }
            }
        }
    }

    /// A database with the schema of this version.
    #[must_use]
    pub fn migrated() -> Self {
        match dialect() {
            Dialect::Sqlite => {
                let database = Self::empty();
                database.migrate();
                database
            }
            Dialect::Postgres => {
                let template = TEMPLATE.get_or_init(|| {
                    let mut template = Self::empty();
                    template.migrate();
                    // Stays until the test server goes.
                    template
                        .name
                        .take()
                        .expect("a PostgreSQL database has a name")
                });
                let name = new_name();
                admin(&format!("create database {name} template {template}"));
                Self {
                    location: with_name(&name),
                    _folder: None,
                    name: Some(name),
                }
            }
        }
    }

    /// A database like the one that `fill` made of a migrated one; `fill` runs once in a process.
    ///
    /// # Panics
    /// When the template cannot be made or copied.
    #[must_use]
    pub fn filled(template: &'static OnceLock<Template>, fill: impl FnOnce(&Location)) -> Self {
        let template = template.get_or_init(|| {
            let mut made = Self::migrated();
            fill(&made.location);
            if dialect() == Dialect::Sqlite {
                // The file alone is copied; a reader that closed last left a log beside it.
                let done = made.open().batch("pragma wal_checkpoint(truncate);");
                done.expect("nobody uses the template any more");
            }
            Template {
                file: made.file(),
                name: made.name.take(),
                _folder: made._folder.take(),
            }
        });
        match (&template.file, &template.name) {
            (Some(file), _) => {
                let copy = Self::empty();
                std::fs::copy(file, copy.file().expect("a SQLite file"))
                    .expect("the template can be copied");
                copy
            }
            (None, Some(name)) => Self::copy_of(name),
            (None, None) => unreachable!("a template is a file or a database"),
        }
    }

    fn copy_of(template: &str) -> Self {
        let name = new_name();
        admin(&format!("create database {name} template {template}"));
        Self {
            location: with_name(&name),
            _folder: None,
            name: Some(name),
        }
    }

    fn migrate(&self) {
        let mut connection = self.open();
        migrate(&mut connection, MIGRATIONS, 0).expect("the migrations apply");
    }

    /// A connection to it that may write.
    #[must_use]
    pub fn open(&self) -> Connection {
        Connection::open(&self.location, Access::Write).expect("the test database opens")
    }

    /// The file of a SQLite database.
    #[must_use]
    pub fn file(&self) -> Option<PathBuf> {
        match &self.location {
            Location::Sqlite(path) => Some(path.clone()),
            Location::Postgres(_) => None,
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some(name) = &self.name {
            admin(&format!("drop database if exists {name} with (force)"));
        }
    }
}
