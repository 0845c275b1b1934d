//! Numbered, frozen steps that bring a database to the schema of this version.

use ring::digest::{SHA256, digest};

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
/// On SQLite a step may change a table by a copy: references are not followed while it runs, and all
/// are checked at its end.
///
/// # Errors
/// As [`standing`], or what the database says of a step, which then is not applied.
pub fn migrate(connection: &mut Connection, steps: &[Migration], now: i64) -> Result<usize> {
    introspect::follow_references(connection, false)?;
    let done = apply(connection, steps, now);
    let follows = introspect::follow_references(connection, true);
    let count = done?;
    follows?;
    Ok(count)
}

fn apply(connection: &mut Connection, steps: &[Migration], now: i64) -> Result<usize> {
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
    let Standing::Behind(missing) = standing(connection, steps)? else {
        return Ok(false);
    };
    let step = &steps[steps.len() - missing];
    let dialect = connection.dialect();
    connection.batch(text(step, dialect))?;
    let broken = introspect::broken_references(connection)?;
    if !broken.is_empty() {
        return Err(StoreError::Unusable(format!(
            "step {} of the schema was not applied: it leaves references to records that are not there, in {}",
            step.number,
            broken.join(", ")
        )));
    }
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
    digest(&SHA256, text(step, dialect).as_bytes())
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use sidegate_model::{Definition, Registry};

    use super::*;
    use crate::sql::difference::{difference, drift};
    use crate::sql::schema::Schema;
    use crate::testing::{TestDatabase, dialect};

    #[test]
    fn migrations_and_declarations_agree() {
        let registry = Registry::shipped().expect("whole declarations");
        let database = TestDatabase::migrated();
        let found = introspect::schema(&mut database.open()).expect("a readable schema");
        // Old columns may wait for their contract step.
        let steps = drift(&Schema::derived(&registry, dialect()), &found, dialect());
        assert!(
            steps.is_empty(),
            "the database differs from the declarations; needed:\n{}",
            steps.join("\n")
        );
    }

    /// References by id look for one, however many records of the object there are.
    #[test]
    fn every_id_that_references_may_name_has_an_index() {
        let registry = Registry::shipped().expect("whole declarations");
        let database = TestDatabase::migrated();
        let found = introspect::schema(&mut database.open()).expect("a readable schema");
        let named = |object: &Definition| {
            let mut fields = registry.all().flat_map(|other| &other.fields);
            fields.any(|field| {
                let target = registry.target_of(field);
                !field.is_owned() && target.is_some_and(|target| target.index == object.index)
            })
        };
        for object in registry.all().filter(|object| named(object)) {
            let Some(id) = object.id.map(|id| object.field(id)) else {
                continue;
            };
            let table = &found.tables[&object.table];
            let mut indexes = table.indexes.values().chain(table.uniques.values());
            let first = |columns: &Vec<String>| {
                columns.iter().find(|column| *column != "company") == Some(&id.column)
            };
            assert!(id.column == "key" || indexes.any(first), "{}", object.name);
        }
    }

    #[test]
    fn a_changed_declaration_shows_as_drift() {
        let mut files = Registry::shipped_files().to_vec();
        let changed = files
            .iter_mut()
            .find(|(name, _)| name.ends_with("department.toml"))
            .expect("departments are declared");
        let text = format!(
            "{}\n[[field]]\nname = \"colour\"\nlabel = \"Colour\"\ntype = \"text(20)\"\n",
            changed.1
        );
        changed.1 = &text;
        let registry = Registry::from_files(&files).expect("whole declarations");
        let database = TestDatabase::migrated();
        let found = introspect::schema(&mut database.open()).expect("a readable schema");
        let steps = difference(&Schema::derived(&registry, dialect()), &found, dialect());
        let wanted = match dialect() {
            Dialect::Sqlite => r#"alter table "department" add column "colour" TEXT;"#,
            Dialect::Postgres => {
                r#"alter table "department" add column "colour" text COLLATE "C";"#
            }
        };
        assert_eq!(steps, [wanted]);
    }

    #[test]
    fn steps_say_whether_they_expand_or_contract() {
        let word = |text: &str| {
            let line = text.lines().next().unwrap_or_default();
            let word = line.strip_prefix("-- ")?.split_once(": ")?.0;
            ["expand", "contract"]
                .contains(&word)
                .then(|| word.to_owned())
        };
        for step in MIGRATIONS {
            assert!(
                word(step.sqlite).is_some(),
                "{} begins otherwise",
                step.name
            );
            assert_eq!(word(step.sqlite), word(step.postgres), "{}", step.name);
        }
    }

    #[test]
    fn a_newer_database_is_left_alone() {
        let database = TestDatabase::migrated();
        let mut connection = database.open();
        introspect::note_applied(&mut connection, 99, "future", "", 0).expect("a row");
        let error = migrate(&mut connection, MIGRATIONS, 0).expect_err("a newer schema is refused");
        assert!(error.to_string().contains("newer version"), "{error}");
    }

    #[test]
    fn a_step_that_fails_leaves_nothing() {
        let database = TestDatabase::migrated();
        let mut connection = database.open();
        let broken = Migration {
            number: 2,
            name: "broken",
            sqlite: "create table a (b integer); create tabel c;",
            postgres: "create table a (b bigint); create tabel c;",
        };
        let steps = [MIGRATIONS[0], broken];
        let before = introspect::schema(&mut connection).expect("a schema");
        migrate(&mut connection, &steps, 0).expect_err("a syntax error");
        assert_eq!(
            introspect::schema(&mut connection).expect("a schema"),
            before
        );
        assert_eq!(
            standing(&mut connection, &steps).expect("readable"),
            Standing::Behind(1)
        );
    }
}
