//! The two databases behind one thin type: run a statement, visit its rows, begin and end.

pub mod postgres;
pub mod sqlite;

use std::path::PathBuf;

use sidegate_model::Value;

use crate::row::RowRef;
use crate::sql::Text;
use crate::sql::dialect::Dialect;
use crate::{Result, StoreError};

/// Where the data is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A SQLite file.
    Sqlite(PathBuf),
    /// A PostgreSQL database, by its connection text.
    Postgres(String),
}

impl Location {
    /// Its dialect.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }
}

/// What a connection is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Reading only; writes are refused by the database.
    Read,
    /// A look from outside: reading only, and no file is made beside one that nobody has open.
    Look,
    /// Reading and writing.
    Write,
}

/// One value bound to a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Param<'a> {
    /// Nothing.
    Null,
    /// A number.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
    /// Text.
    Text(&'a str),
    /// Text made for the call.
    Owned(String),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A list of values, bound as one.
    Many(&'a [Value]),
}

impl<'a> From<&'a Value> for Param<'a> {
    fn from(value: &'a Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Boolean(yes) => Self::Boolean(*yes),
            Value::Text(text) => Self::Text(text),
            Value::Bytes(bytes) => Self::Bytes(bytes),
            Value::Integer(n) | Value::Decimal(n) | Value::Moment(n) => Self::Integer(*n),
            Value::Date(days) => Self::Integer(i64::from(*days)),
            Value::Key(key) => Self::Integer(key.number()),
        }
    }
}

/// One connection to either database.
pub enum Connection {
    /// SQLite.
    Sqlite(sqlite::SqliteConnection),
    /// PostgreSQL.
    Postgres(Box<postgres::PostgresConnection>),
}

/// Stops the statement that a connection is running, from another thread.
pub enum Interrupt {
    /// SQLite.
    Sqlite(rusqlite::InterruptHandle),
    /// PostgreSQL.
    Postgres(::postgres::CancelToken),
}

impl Interrupt {
    /// Stops what is running now; does nothing when nothing is. May take a network round trip.
    pub fn interrupt(&self) {
        match self {
            Self::Sqlite(handle) => handle.interrupt(),
            Self::Postgres(token) => {
                // A cancel that does not arrive only means that the statement runs to its end.
                let _ = token.cancel_query(::postgres::NoTls);
            }
        }
    }
}

impl Connection {
    /// Opens a connection.
    ///
    /// # Errors
    /// When the database cannot be opened; the text says what to do.
    pub fn open(location: &Location, access: Access) -> Result<Self> {
        Ok(match location {
            Location::Sqlite(path) => Self::Sqlite(sqlite::SqliteConnection::open(path, access)?),
            Location::Postgres(text) => {
                Self::Postgres(Box::new(postgres::PostgresConnection::open(text, access)?))
            }
        })
    }

    /// Its SQL.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// What can stop it from another thread.
    #[must_use]
    pub fn interrupt(&self) -> Interrupt {
        match self {
            Self::Sqlite(connection) => Interrupt::Sqlite(connection.interrupt()),
            Self::Postgres(connection) => Interrupt::Postgres(connection.cancel()),
        }
    }

    /// How many statements were prepared on it.
    #[must_use]
    pub fn prepared(&self) -> u64 {
        match self {
            Self::Sqlite(connection) => connection.prepared,
            Self::Postgres(connection) => connection.prepared,
        }
    }

    /// Runs statements that bind nothing: transactions, migrations, pragmas.
    ///
    /// # Errors
    /// What the database says.
    pub fn batch(&mut self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(connection) => connection.batch(sql),
            Self::Postgres(connection) => connection.batch(sql),
        }
    }

    /// Runs a statement and counts the rows it changed.
    ///
    /// # Errors
    /// What the database says.
    pub fn execute(&mut self, text: &Text, params: &[Param<'_>]) -> Result<u64> {
        match self {
            Self::Sqlite(connection) => connection.execute(text, params),
            Self::Postgres(connection) => connection.execute(text, params),
        }
    }

    /// Runs a statement and shows each row to a visitor.
    ///
    /// # Errors
    /// What the database or the visitor says.
    pub fn visit(
        &mut self,
        text: &Text,
        params: &[Param<'_>],
        visitor: &mut dyn FnMut(RowRef<'_>) -> Result<()>,
    ) -> Result<()> {
        match self {
            Self::Sqlite(connection) => connection.visit(text, params, visitor),
            Self::Postgres(connection) => connection.visit(text, params, visitor),
        }
    }

    /// Begins a transaction in which all reads see one snapshot.
    ///
    /// # Errors
    /// What the database says.
    pub fn begin_read(&mut self) -> Result<()> {
        self.batch(match self {
            Self::Sqlite(_) => "begin deferred",
            Self::Postgres(_) => "begin isolation level repeatable read read only",
        })
    }

    /// Begins a transaction that writes.
    ///
    /// # Errors
    /// What the database says.
    pub fn begin_write(&mut self) -> Result<()> {
        if let Self::Sqlite(connection) = self {
            connection.deferring = false;
        }
        self.batch(match self {
            Self::Sqlite(_) => "begin immediate",
            Self::Postgres(_) => "begin isolation level read committed",
        })
    }

    /// Has foreign keys looked at later in the open transaction, not with each statement.
    pub fn defer_references(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => connection.defer_references(),
            Self::Postgres(connection) => connection.batch("set constraints all deferred"),
        }
    }

    /// Has the deferred ones looked at now, where the database can; SQLite forgets what it did not look
    /// at when that is switched off, so there it ends with the transaction, by itself.
    pub(crate) fn look_at_references(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(connection) => connection.batch("set constraints all immediate"),
        }
    }

    /// Whether foreign keys are only looked at when the open transaction ends.
    #[must_use]
    pub fn defers_references(&self) -> bool {
        match self {
            Self::Sqlite(connection) => connection.deferring,
            Self::Postgres(_) => false,
        }
    }

    /// Ends a transaction for good.
    ///
    /// # Errors
    /// When it could not be committed; then nothing of it is there.
    pub fn commit(&mut self) -> Result<()> {
        self.batch("commit")
    }

    /// Undoes a transaction.
    ///
    /// # Errors
    /// When the connection is lost; the database undoes it then.
    pub fn rollback(&mut self) -> Result<()> {
        self.batch("rollback")
    }

    /// Begins a step of a transaction that can be undone alone; steps nest.
    ///
    /// # Errors
    /// What the database says.
    pub fn begin_step(&mut self) -> Result<()> {
        self.batch("savepoint step")
    }

    /// Ends the last step and keeps what it did.
    ///
    /// # Errors
    /// What the database says.
    pub fn keep_step(&mut self) -> Result<()> {
        self.batch("release step")
    }

    /// Undoes the last step, also after a statement that failed.
    ///
    /// # Errors
    /// What the database says.
    pub fn undo_step(&mut self) -> Result<()> {
        self.batch("rollback to step; release step")
    }

    /// Whether the connection can be used again after this error.
    #[must_use]
    pub fn survives(error: &StoreError) -> bool {
        !matches!(error, StoreError::Lost(_))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::sync::mpsc::channel;
    use std::thread;

    use super::*;
    use crate::testing::{TestDatabase, dialect};

    fn text(sql: &str) -> Text {
        Text {
            sql: sql.into(),
            slots: Vec::new(),
        }
    }

    /// Rows without end, on both databases.
    const ENDLESS: &str = "with recursive n(i) as (select cast(1 as bigint) union all select i + 1 from n) select i from n";

    #[test]
    fn a_statement_stops_when_another_thread_says_so() {
        let database = TestDatabase::empty();
        let mut connection = database.open();
        let interrupt = connection.interrupt();
        let (started, runs) = channel();
        let other = thread::spawn(move || {
            runs.recv().expect("a row was seen");
            interrupt.interrupt();
        });
        let mut rows = 0_u64;
        let stopped = connection.visit(&text(ENDLESS), &[], &mut |_| {
            rows += 1;
            if rows == 1 {
                started.send(()).expect("the other thread waits");
            }
            Ok(())
        });
        other.join().expect("the other thread ends");
        assert!(
            matches!(stopped, Err(StoreError::Interrupted)),
            "{stopped:?}"
        );
        let mut answer = None;
        let one = text("select cast(7 as bigint)");
        connection
            .visit(&one, &[], &mut |row| {
                answer = row.number(0);
                Ok(())
            })
            .expect("a usable connection");
        assert_eq!(answer, Some(7));
    }

    #[test]
    fn a_statement_that_shows_no_row_stops_too() {
        let database = TestDatabase::empty();
        let mut connection = database.open();
        let interrupt = connection.interrupt();
        let done = AtomicBool::new(false);
        let silent = match dialect() {
            Dialect::Sqlite => {
                "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n".to_owned()
            }
            Dialect::Postgres => "select cast(pg_sleep(3600) as text)".to_owned(),
        };
        let stopped = thread::scope(|scope| {
            // Nothing tells when the statement began, so it is stopped until it ended.
            scope.spawn(|| {
                while !done.load(Ordering::Acquire) {
                    interrupt.interrupt();
                    thread::yield_now();
                }
            });
            let stopped = connection.visit(&text(&silent), &[], &mut |_| Ok(()));
            done.store(true, Ordering::Release);
            stopped
        });
        assert!(
            matches!(stopped, Err(StoreError::Interrupted)),
            "{stopped:?}"
        );
    }

    #[test]
    fn an_interrupt_of_nothing_does_nothing() {
        let database = TestDatabase::empty();
        let mut connection = database.open();
        connection.interrupt().interrupt();
        connection
            .visit(&text("select cast(1 as bigint)"), &[], &mut |_| Ok(()))
            .expect("an answer");
    }

    #[test]
    fn a_reading_connection_refuses_writes() {
        let database = TestDatabase::migrated();
        let mut connection =
            Connection::open(&database.location, Access::Read).expect("the database");
        let write = text("update server_version set version = version + 1");
        connection
            .execute(&write, &[])
            .expect_err("a write outside a transaction");
        connection.begin_read().expect("a transaction");
        connection
            .execute(&write, &[])
            .expect_err("a write in a transaction");
        connection.rollback().expect("undone");
        connection
            .visit(
                &text("select version from server_version"),
                &[],
                &mut |_| Ok(()),
            )
            .expect("an answer");
    }

    #[test]
    fn a_reading_transaction_sees_one_snapshot() {
        let database = TestDatabase::migrated();
        let mut reader = Connection::open(&database.location, Access::Read).expect("the database");
        let mut writer = database.open();
        let version = |reader: &mut Connection| {
            let mut version = None;
            let read = text("select version from server_version");
            reader
                .visit(&read, &[], &mut |row| {
                    version = row.number(0);
                    Ok(())
                })
                .expect("an answer");
            version
        };
        reader.begin_read().expect("a transaction");
        assert_eq!(version(&mut reader), Some(1));
        writer
            .execute(&text("update server_version set version = 2"), &[])
            .expect("a write");
        assert_eq!(version(&mut reader), Some(1));
        reader.commit().expect("the end");
        assert_eq!(version(&mut reader), Some(2));
    }

    #[test]
    fn a_mistake_in_a_statement_is_told_with_the_statement() {
        let database = TestDatabase::empty();
        let error = database
            .open()
            .execute(&text("selec 1"), &[])
            .expect_err("a mistake");
        assert!(Connection::survives(&error));
        assert!(
            matches!(&error, StoreError::Statement { statement, .. } if statement == "selec 1"),
            "{error}"
        );
    }
}
