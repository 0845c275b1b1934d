//! Numbered, frozen steps that bring a database to the schema of this version.

use sha2::{Digest as _, Sha256};

use crate::backend::Connection;
use crate::sql::dialect::Dialect;
use crate::sql::introspect;
use crate::{Result, StoreError};

/// One step, in both dialects.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// From 1, without gaps.
    pub number: i64,
    /// What it is about.
    pub name: &'static str,
    /// For SQLite.
    pub sqlite: &'static str,
    /// For PostgreSQL.
    pub postgres: &'static str,
}

/// The steps of this version, oldest first.
pub const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    name: "base",
    sqlite: include_str!("../migrations/sqlite/0001-base.sql"),
    postgres: include_str!("../migrations/postgres/0001-base.sql"),
}];

/// Where a database stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// All steps are applied.
    Current,
    /// So many steps are missing.
    Behind(usize),
}

/// Where the connected database stands with these steps.
///
/// # Errors
/// When it is of a newer version, was changed by other hands, or is no database of Sidegate's.
pub fn standing(connection: &mut Connection, steps: &[Migration]) -> Result<Standing> {
    let applied = if introspect::has_migrations(connection)? {
        introspect::applied(connection)?
    } else if introspect::count_tables(connection)? > 0 {
        return Err(StoreError::Unusable(
            "the database holds tables that are not Sidegate's; name an empty one".to_owned(),
        ));
    } else {
        Vec::new()
    };
    let dialect = connection.dialect();
    for (number, checksum) in &applied {
        let Some(step) = steps.iter().find(|step| step.number == *number) else {
            return Err(StoreError::Unusable(format!(
                "the database is of a newer version (its schema is at step {number}, this program knows {}); use the newer program",
                steps.len()
            )));
        };
        if *checksum != sum(step, dialect) {
            return Err(StoreError::Unusable(format!(
                "step {number} of the database's schema is not the one this program knows; use the program that made it"
            )));
        }
    }
    match steps.len() - applied.len() {
        0 => Ok(Standing::Current),
        missing => Ok(Standing::Behind(missing)),
    }
}

/// Applies the steps that are missing, each in its own transaction, and counts them.
///
/// # Errors
/// As [`standing`], or what the database says of a step, which then is not applied.
pub fn migrate(connection: &mut Connection, steps: &[Migration], now: i64) -> Result<usize> {
    let mut count = 0;
    loop {
        connection.begin_write()?;
        let done = next(connection, steps, now);
        match done {
            Ok(true) => connection.commit()?,
            Ok(false) => {
                connection.rollback()?;
                return Ok(count);
            }
            Err(error) => {
                // The first error is the one to tell.
                let _ = connection.rollback();
                return Err(error);
            }
        }
        count += 1;
    }
}

fn next(connection: &mut Connection, steps: &[Migration], now: i64) -> Result<bool> {
    introspect::lock_migrations(connection)?;
    let Standing::Behind(missing) = standing(connection, steps)? else { return Ok(false) };
    let step = &steps[steps.len() - missing];
    let dialect = connection.dialect();
    connection.batch(text(step, dialect))?;
    introspect::note_applied(connection, step.number, step.name, &sum(step, dialect), now)?;
    Ok(true)
}

fn text(step: &Migration, dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => step.sqlite,
        Dialect::Postgres => step.postgres,
    }
}

fn sum(step: &Migration, dialect: Dialect) -> String {
    Sha256::digest(text(step, dialect)).iter().map(|byte| format!("{byte:02x}")).collect()
}
