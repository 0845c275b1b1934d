//! One row as the database hands it out: borrowed columns, read by position.

use sidegate_model::{FieldType, RecordKey, Value};

/// A row while it is visited.
pub struct RowRef<'a> {
    inner: Inner<'a>,
    /// Columns before the plan's own: carried versions.
    skip: usize,
}

enum Inner<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a postgres::Row),
}

impl<'a> RowRef<'a> {
    pub(crate) fn sqlite(row: &'a rusqlite::Row<'a>) -> Self {
        Self {
            inner: Inner::Sqlite(row),
            skip: 0,
        }
    }

    pub(crate) fn postgres(row: &'a postgres::Row) -> Self {
        Self {
            inner: Inner::Postgres(row),
            skip: 0,
        }
    }

    pub(crate) fn skipping(mut self, columns: usize) -> Self {
        self.skip = columns;
        self
    }

    /// The text of a column, if it has one.
    #[must_use]
    pub fn text(&self, at: usize) -> Option<&str> {
        let at = at + self.skip;
        match self.inner {
            Inner::Sqlite(row) => row.get_ref(at).ok()?.as_str_or_null().ok()?,
            Inner::Postgres(row) => row.try_get(at).ok()?,
        }
    }

    /// The number of a column: integer, key, date, moment, scaled decimal.
    #[must_use]
    pub fn number(&self, at: usize) -> Option<i64> {
        let at = at + self.skip;
        match self.inner {
            Inner::Sqlite(row) => row.get_ref(at).ok()?.as_i64_or_null().ok()?,
            Inner::Postgres(row) => row.try_get(at).ok()?,
        }
    }

    /// The boolean of a column.
    #[must_use]
    pub fn boolean(&self, at: usize) -> Option<bool> {
        match self.inner {
            Inner::Sqlite(_) => self.number(at).map(|n| n != 0),
            Inner::Postgres(row) => row.try_get(at + self.skip).ok()?,
        }
    }

    /// The bytes of a column.
    #[must_use]
    pub fn bytes(&self, at: usize) -> Option<&[u8]> {
        let at = at + self.skip;
        match self.inner {
            Inner::Sqlite(row) => row.get_ref(at).ok()?.as_blob_or_null().ok()?,
            Inner::Postgres(row) => row.try_get(at).ok()?,
        }
    }

    /// The value of a column whose field has this type.
    #[must_use]
    pub fn value(&self, at: usize, kind: &FieldType) -> Value {
        let number = |make: fn(i64) -> Value| self.number(at).map_or(Value::Null, make);
        match kind {
            FieldType::Text { .. }
            | FieldType::Email
            | FieldType::Choice(_)
            | FieldType::Words(_)
            | FieldType::Json { .. } => self.text(at).map_or(Value::Null, Value::from),
            FieldType::Boolean => self.boolean(at).map_or(Value::Null, Value::Boolean),
            FieldType::Integer => number(Value::Integer),
            FieldType::Decimal { .. } => number(Value::Decimal),
            FieldType::Date => number(|days| i32::try_from(days).map_or(Value::Null, Value::Date)),
            FieldType::Moment => number(Value::Moment),
            FieldType::Owned(_) => Value::Null,
            FieldType::Bytes | FieldType::File => self
                .bytes(at)
                .map_or(Value::Null, |bytes| Value::Bytes(bytes.to_vec())),
            FieldType::Key | FieldType::Reference(_) | FieldType::References(_) => {
                number(|key| RecordKey::new(key).map_or(Value::Null, Value::Key))
            }
        }
    }
}
