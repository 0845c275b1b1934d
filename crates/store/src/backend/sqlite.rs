//! SQLite: one file, WAL, full durability, statements cached on each connection.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{
    CachedStatement, ErrorCode, InterruptHandle, OpenFlags, StatementStatus, ToSql, ffi,
};
use sidegate_model::Value;

use super::{Access, Param};
use crate::constraint::from_sqlite;
use crate::row::RowRef;
use crate::sql::Text;
use crate::{Result, StoreError};

/// At most so many statements stay prepared on a connection; beyond it the longest unused one goes.
pub(super) const MOST_PREPARED: usize = 1024;

/// A writer waits so long for a lock that another process holds.
const BUSY: Duration = Duration::from_secs(5);

/// One connection to a SQLite file.
pub struct SqliteConnection {
    inner: rusqlite::Connection,
    pub(super) prepared: u64,
    /// Whether the open transaction looks at foreign keys when it ends.
    pub(super) deferring: bool,
}

impl SqliteConnection {
    pub(super) fn open(path: &Path, access: Access) -> Result<Self> {
        Self::open_waiting(path, access, BUSY)
    }

    fn open_waiting(path: &Path, access: Access, busy: Duration) -> Result<Self> {
        let flags = match access {
            Access::Read => OpenFlags::SQLITE_OPEN_READ_ONLY,
            Access::Look => OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI,
            Access::Write => OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        } | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let unusable = |e: rusqlite::Error| {
            let path = path.display();
            let hint = match e.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                    "another process holds it; stop that process first"
                }
                Some(ErrorCode::NotADatabase) => "it is not a SQLite database; name another file",
                _ => "check that the folder exists and that this account may write to it",
            };
            StoreError::Unusable(format!(
                "the database {path} cannot be opened: {hint} ({e})"
            ))
        };
        let still = match access {
            Access::Look => still(path),
            Access::Read | Access::Write => None,
        };
        let opened = match &still {
            Some(address) => rusqlite::Connection::open_with_flags(address, flags),
            None => rusqlite::Connection::open_with_flags(
                path,
                flags.difference(OpenFlags::SQLITE_OPEN_URI),
            ),
        };
        let inner = opened.map_err(unusable)?;
        inner.set_prepared_statement_cache_capacity(MOST_PREPARED);
        inner.busy_timeout(busy).map_err(unusable)?;
        let mut pragmas = String::from(
            "pragma foreign_keys = on; pragma cache_size = -65536; pragma mmap_size = 268435456; pragma temp_store = memory;",
        );
        if access == Access::Write {
            pragmas.insert_str(0, "pragma journal_mode = wal; pragma synchronous = full;");
        }
        inner.execute_batch(&pragmas).map_err(unusable)?;
        // Otherwise the planner looks at bound limits, and each binding prepares the statement anew.
        inner
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(unusable)?;
        inner
            .create_scalar_function(
                "fold",
                1,
                FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC,
                |context| {
                    Ok(context
                        .get_raw(0)
                        .as_str_or_null()?
                        .map(sidegate_model::text::fold))
                },
            )
            .map_err(unusable)?;
        inner
            .create_scalar_function(
                "is_like",
                2,
                FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC,
                |context| {
                    let text = context.get_raw(0).as_str_or_null()?;
                    let pattern = context.get_raw(1).as_str_or_null()?;
                    let both = text.zip(pattern);
                    Ok(both.map(|(text, pattern)| sidegate_model::text::is_like(text, pattern)))
                },
            )
            .map_err(unusable)?;
        Ok(Self {
            inner,
            prepared: 0,
            deferring: false,
        })
    }

    /// What SQLite says of a pragma, for tests and checks.
    ///
    /// # Errors
    /// What the database says.
    pub fn pragma(&self, name: &str) -> Result<String> {
        self.inner
            .query_row(&format!("pragma {name}"), [], |row| {
                row.get_ref(0).map(shown)
            })
            .map_err(|e| error(&e, name))
    }

    pub(super) fn interrupt(&self) -> InterruptHandle {
        self.inner.get_interrupt_handle()
    }

    pub(super) fn batch(&mut self, sql: &str) -> Result<()> {
        // The few words of a transaction are statements like any other and are prepared once.
        if sql.contains(';') {
            return self.inner.execute_batch(sql).map_err(|e| error(&e, sql));
        }
        self.inner
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute([]))
            .map(drop)
            .map_err(|e| error(&e, sql))
    }

    pub(super) fn defer_references(&mut self) -> Result<()> {
        self.batch("pragma defer_foreign_keys = on")?;
        self.deferring = true;
        Ok(())
    }

    pub(super) fn execute(&mut self, text: &Text, params: &[Param<'_>]) -> Result<u64> {
        let mut statement = prepared(&self.inner, text, &mut self.prepared)?;
        bind(&mut statement, params).map_err(|e| error(&e, &text.sql))?;
        let changed = statement.raw_execute().map_err(|e| error(&e, &text.sql))?;
        Ok(changed as u64)
    }

    pub(super) fn visit(
        &mut self,
        text: &Text,
        params: &[Param<'_>],
        visitor: &mut dyn FnMut(RowRef<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut statement = prepared(&self.inner, text, &mut self.prepared)?;
        bind(&mut statement, params).map_err(|e| error(&e, &text.sql))?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(|e| error(&e, &text.sql))? {
            visitor(RowRef::sqlite(row))?;
        }
        Ok(())
    }
}

/// The address of a file that nobody has open and that therefore stands still: SQLite need not make
/// the files by which readers and writers agree.
fn still(path: &Path) -> Option<String> {
    let text = path.to_str()?;
    // Two strokes at the beginning would name a machine.
    if text.starts_with("//") || Path::new(&format!("{text}-wal")).exists() {
        return None;
    }
    let escaped = text
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    Some(format!("file:{escaped}?immutable=1"))
}

/// The statement of a text, counted when it had to be prepared.
fn prepared<'c>(
    connection: &'c rusqlite::Connection,
    text: &Text,
    count: &mut u64,
) -> Result<CachedStatement<'c>> {
    let statement = connection
        .prepare_cached(&text.sql)
        .map_err(|e| error(&e, &text.sql))?;
    if statement.get_status(StatementStatus::Run) == 0 {
        *count += 1;
    }
    // SQLite prepares by itself, too, when the schema changed. Counted at the next use.
    let anew = statement.reset_status(StatementStatus::RePrepare);
    *count += u64::from(anew.unsigned_abs());
    Ok(statement)
}

fn bind(statement: &mut CachedStatement<'_>, params: &[Param<'_>]) -> rusqlite::Result<()> {
    for (at, param) in params.iter().enumerate() {
        statement.raw_bind_parameter(at + 1, param)?;
    }
    Ok(())
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Integer(n) => ToSqlOutput::Borrowed(ValueRef::Integer(*n)),
            Self::Boolean(yes) => ToSqlOutput::Borrowed(ValueRef::Integer(i64::from(*yes))),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Owned(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Self::Many(values) => {
                ToSqlOutput::Owned(rusqlite::types::Value::Text(json_list(values)))
            }
        })
    }
}

/// A list as the JSON array that `json_each` reads.
fn json_list(values: &[Value]) -> String {
    let items: Vec<serde_json::Value> = values
        .iter()
        .map(|value| match value {
            Value::Text(text) => serde_json::Value::from(text.as_str()),
            Value::Boolean(yes) => serde_json::Value::from(i64::from(*yes)),
            other => other
                .as_number()
                .map_or(serde_json::Value::Null, serde_json::Value::from),
        })
        .collect();
    serde_json::Value::from(items).to_string()
}

fn shown(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(n) => n.to_string(),
        ValueRef::Real(n) => n.to_string(),
        ValueRef::Text(text) | ValueRef::Blob(text) => String::from_utf8_lossy(text).into_owned(),
    }
}

fn error(e: &rusqlite::Error, statement: &str) -> StoreError {
    let message = match e {
        rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    };
    match e.sqlite_error() {
        Some(ffi::Error {
            code: ErrorCode::ConstraintViolation,
            ..
        }) => StoreError::Constraint(from_sqlite(&message)),
        Some(ffi::Error {
            code: ErrorCode::OperationInterrupted,
            ..
        }) => StoreError::Interrupted,
        Some(ffi::Error {
            code: ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked,
            ..
        }) => StoreError::Again(message),
        Some(ffi::Error {
            code: ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt,
            ..
        }) => StoreError::Unusable(format!(
            "the database file is damaged or no database: {message}; restore it from a backup"
        )),
        _ => StoreError::Statement {
            error: message,
            statement: statement.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary folder")
    }

    /// The one line that a failed opening says.
    fn refused(path: &Path, access: Access) -> String {
        let line = match SqliteConnection::open_waiting(path, access, Duration::ZERO) {
            Err(StoreError::Unusable(line)) => line,
            Err(other) => panic!("another error: {other}"),
            Ok(_) => panic!("{} was opened", path.display()),
        };
        assert!(!line.contains('\n'), "{line}");
        line.replace(&path.display().to_string(), "[path]")
    }

    #[test]
    fn a_writer_commits_to_the_disk_and_checks_references() {
        let folder = folder();
        let path = folder.path().join("a.sqlite");
        let connection = SqliteConnection::open(&path, Access::Write).expect("a new database");
        let pragma = |name: &str| connection.pragma(name).expect("a pragma");
        assert_eq!(pragma("journal_mode"), "wal");
        assert_eq!(pragma("synchronous"), "2");
        assert_eq!(pragma("foreign_keys"), "1");
        assert_eq!(pragma("busy_timeout"), "5000");
    }

    #[test]
    fn a_reader_cannot_write() {
        let folder = folder();
        let path = folder.path().join("a.sqlite");
        let mut writer = SqliteConnection::open(&path, Access::Write).expect("a new database");
        writer.batch("create table a (b)").expect("a table");
        let mut reader = SqliteConnection::open(&path, Access::Read).expect("the database");
        let error = reader
            .batch("insert into a values (1)")
            .expect_err("a reader");
        assert!(error.to_string().contains("readonly"), "{error}");
    }

    #[test]
    fn a_look_leaves_nothing_and_sees_what_a_writer_wrote() {
        let folder = folder();
        let path = folder.path().join("a ?#%41.sqlite");
        let mut writer = SqliteConnection::open(&path, Access::Write).expect("a new database");
        writer
            .batch("create table a (b); insert into a values (1);")
            .expect("a table");
        let text = Text {
            sql: "select b from a".into(),
            slots: Vec::new(),
        };
        let look = || {
            let mut look = SqliteConnection::open(&path, Access::Look).expect("the database");
            look.batch("insert into a values (2)")
                .expect_err("a look changes nothing");
            let mut rows = 0;
            look.visit(&text, &[], &mut |_| {
                rows += 1;
                Ok(())
            })
            .expect("an answer");
            rows
        };
        assert_eq!(
            look(),
            1,
            "beside the writer, who has not written it to the file yet"
        );
        drop(writer);
        assert_eq!(look(), 1);
        let files = std::fs::read_dir(folder.path())
            .expect("the folder")
            .count();
        assert_eq!(files, 1);
    }

    #[test]
    fn a_file_that_is_no_database_is_named() {
        let folder = folder();
        let path = folder.path().join("notes.txt");
        std::fs::write(&path, "Only some notes. ".repeat(100)).expect("a file");
        for access in [Access::Read, Access::Look, Access::Write] {
            insta::allow_duplicates! {
                insta::assert_snapshot!(refused(&path, access), @"the database [path] cannot be opened: it is not a SQLite database; name another file (file is not a database)");
            }
        }
        let kept = std::fs::read_to_string(&path).expect("the file");
        assert!(
            kept.starts_with("Only some notes."),
            "the file is left as it was"
        );
    }

    #[test]
    fn a_folder_that_does_not_exist_is_named() {
        let folder = folder();
        insta::assert_snapshot!(refused(&folder.path().join("none").join("a.sqlite"), Access::Write), @"the database [path] cannot be opened: check that the folder exists and that this account may write to it (unable to open database file: [path])");
    }

    #[test]
    fn a_folder_instead_of_a_file_is_named() {
        insta::assert_snapshot!(refused(folder().path(), Access::Write), @"the database [path] cannot be opened: check that the folder exists and that this account may write to it (unable to open database file: [path])");
    }

    #[test]
    fn a_reader_makes_no_database() {
        let folder = folder();
        let path = folder.path().join("a.sqlite");
        insta::assert_snapshot!(refused(&path, Access::Read), @"the database [path] cannot be opened: check that the folder exists and that this account may write to it (unable to open database file: [path])");
        assert!(!path.exists());
    }

    #[test]
    fn a_database_that_another_process_holds_is_named() {
        let folder = folder();
        let path = folder.path().join("a.sqlite");
        let holder = rusqlite::Connection::open(&path).expect("a new database");
        holder
            .execute_batch("create table a (b); begin exclusive")
            .expect("a lock");
        for access in [Access::Read, Access::Write] {
            insta::allow_duplicates! {
                insta::assert_snapshot!(refused(&path, access), @"the database [path] cannot be opened: another process holds it; stop that process first (database is locked)");
            }
        }
    }

    #[test]
    fn a_bound_limit_does_not_prepare_again() {
        let folder = folder();
        let path = folder.path().join("a.sqlite");
        let mut connection = SqliteConnection::open(&path, Access::Write).expect("a new database");
        connection.batch("create table a (b)").expect("a table");
        let text = Text {
            sql: "select b from a order by b limit ?1".into(),
            slots: Vec::new(),
        };
        for limit in 1..=3 {
            connection
                .visit(&text, &[Param::Integer(limit)], &mut |_| Ok(()))
                .expect("an answer");
        }
        assert_eq!(connection.prepared, 1);
    }

    #[test]
    fn a_second_writer_is_told_to_try_again() {
        let folder = folder();
        let path = folder.path().join("a.sqlite");
        let open = || {
            SqliteConnection::open_waiting(&path, Access::Write, Duration::ZERO)
                .expect("the database")
        };
        let (mut first, mut second) = (open(), open());
        first.batch("begin immediate").expect("the lock");
        let error = second
            .batch("begin immediate")
            .expect_err("the lock is taken");
        assert!(matches!(error, StoreError::Again(_)), "{error}");
        first.batch("rollback").expect("undone");
        second.batch("begin immediate").expect("the lock");
    }

    #[test]
    fn a_file_that_breaks_later_is_named_too() {
        let error = error(
            &rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), None),
            "select 1",
        );
        assert!(matches!(error, StoreError::Unusable(_)), "{error}");
    }
}
