//! PostgreSQL through its synchronous client: binary protocol, statements prepared once on each
//! connection.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::Arc;

use postgres::fallible_iterator::FallibleIterator as _;
use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use postgres::{CancelToken, Client, NoTls, Statement};
use sidegate_model::Value;

use super::{Access, Param};
use crate::constraint::from_postgres;
use crate::row::RowRef;
use crate::sql::Text;
use crate::{Result, StoreError};

/// One connection to a PostgreSQL database.
pub struct PostgresConnection {
    client: Client,
    statements: HashMap<Arc<str>, Statement>,
    pub(super) prepared: u64,
}

impl PostgresConnection {
    pub(super) fn open(text: &str, access: Access) -> Result<Self> {
        let unusable = |e: postgres::Error| {
            StoreError::Unusable(format!(
                "the PostgreSQL database cannot be reached: {}; check that it runs and that the connection text is right",
                told(&e)
            ))
        };
        let mut client = Client::connect(text, NoTls).map_err(unusable)?;
        client
            .batch_execute(
                // What was acknowledged survives a crash, whatever the database was told otherwise.
                "set jit = off; set timezone = 'UTC'; select set_config('synchronous_commit', 'on', false) \
                 where current_setting('synchronous_commit') = 'off'",
            )
            .map_err(unusable)?;
        if access != Access::Write {
            client
                .batch_execute("set default_transaction_read_only = on")
                .map_err(unusable)?;
        }
        Ok(Self {
            client,
            statements: HashMap::new(),
            prepared: 0,
        })
    }

    pub(super) fn cancel(&self) -> CancelToken {
        self.client.cancel_token()
    }

    pub(super) fn batch(&mut self, sql: &str) -> Result<()> {
        self.client.batch_execute(sql).map_err(|e| error(&e, sql))
    }

    pub(super) fn execute(&mut self, text: &Text, params: &[Param<'_>]) -> Result<u64> {
        let statement = self.statement(text)?;
        let params: Vec<&(dyn ToSql + Sync)> = params.iter().map(|param| param as _).collect();
        self.client
            .execute(&statement, &params)
            .map_err(|e| error(&e, &text.sql))
    }

    pub(super) fn visit(
        &mut self,
        text: &Text,
        params: &[Param<'_>],
        visitor: &mut dyn FnMut(RowRef<'_>) -> Result<()>,
    ) -> Result<()> {
        let statement = self.statement(text)?;
        let mut rows = self
            .client
            .query_raw(&statement, params.iter())
            .map_err(|e| error(&e, &text.sql))?;
        while let Some(row) = rows.next().map_err(|e| error(&e, &text.sql))? {
            visitor(RowRef::postgres(&row))?;
        }
        Ok(())
    }

    fn statement(&mut self, text: &Text) -> Result<Statement> {
        if let Some(statement) = self.statements.get(&text.sql) {
            return Ok(statement.clone());
        }
        let statement = self
            .client
            .prepare(&text.sql)
            .map_err(|e| error(&e, &text.sql))?;
        if self.statements.len() >= super::sqlite::MOST_PREPARED {
            self.statements.clear();
        }
        self.prepared += 1;
        self.statements
            .insert(Arc::clone(&text.sql), statement.clone());
        Ok(statement)
    }
}

impl ToSql for Param<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(n) => n.to_sql(kind, out),
            Self::Boolean(yes) => yes.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Owned(text) => text.to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
            Self::Many(values) => many(values, kind, out),
        }
    }

    // The parameter's sort was decided by the same declaration that made the column.
    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

fn many(
    values: &[Value],
    kind: &Type,
    out: &mut BytesMut,
) -> std::result::Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
    if *kind == Type::TEXT_ARRAY {
        let texts: Vec<&str> = values.iter().filter_map(Value::as_text).collect();
        texts.to_sql(kind, out)
    } else if *kind == Type::BOOL_ARRAY {
        let booleans: Vec<bool> = values.iter().filter_map(Value::as_boolean).collect();
        booleans.to_sql(kind, out)
    } else {
        let numbers: Vec<i64> = values.iter().filter_map(Value::as_number).collect();
        numbers.to_sql(kind, out)
    }
}

/// The message with its cause; the client's own text says only "db error".
fn told(e: &postgres::Error) -> String {
    match (e.as_db_error(), e.source()) {
        (Some(db), _) => db.message().to_owned(),
        (None, Some(cause)) => format!("{e}: {cause}"),
        (None, None) => e.to_string(),
    }
}

fn error(e: &postgres::Error, statement: &str) -> StoreError {
    let Some(db) = e.as_db_error() else {
        return if e.is_closed()
            || e.source()
                .is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
        {
            StoreError::Lost(told(e))
        } else {
            StoreError::Statement {
                error: told(e),
                statement: statement.to_owned(),
            }
        };
    };
    match db.code().code() {
        state if state.starts_with("23") => StoreError::Constraint(from_postgres(
            state,
            db.table().unwrap_or_default(),
            db.constraint().unwrap_or_default(),
        )),
        "40001" | "40P01" => StoreError::Again(db.message().to_owned()),
        "57014" => StoreError::Interrupted,
        "57P01" | "57P02" | "57P03" => StoreError::Lost(db.message().to_owned()),
        _ => StoreError::Statement {
            error: db.message().to_owned(),
            statement: statement.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_does_not_answer_is_told_in_one_line() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for text in [
            format!("host={} user=nobody", folder.path().display()),
            "no such thing".to_owned(),
        ] {
            let Err(StoreError::Unusable(line)) = PostgresConnection::open(&text, Access::Write)
            else {
                panic!("{text} was opened");
            };
            assert!(
                line.starts_with("the PostgreSQL database cannot be reached: "),
                "{line}"
            );
            assert!(
                line.ends_with("check that it runs and that the connection text is right"),
                "{line}"
            );
            assert!(!line.contains('\n'), "{line}");
        }
    }

    #[test]
    fn a_password_is_not_told() {
        let text = "host=/nonexistent user=nobody password=hunter2";
        let Err(error) = PostgresConnection::open(text, Access::Write) else {
            panic!("it was opened")
        };
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
