//! The few questions on which the databases differ.

/// Which SQL is spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// SQLite, embedded.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

/// How a column stores its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ColumnType {
    /// 64-bit integer: keys, dates, moments, decimals.
    Integer,
    /// Text by code point.
    Text,
    /// Yes or no.
    Boolean,
    /// Bytes.
    Bytes,
}

impl Dialect {
    /// What begins a parameter.
    #[must_use]
    pub fn mark(self) -> char {
        match self {
            Self::Sqlite => '?',
            Self::Postgres => '$',
        }
    }

    /// The name of a column type in DDL.
    #[must_use]
    pub fn column_type(self, column: ColumnType) -> &'static str {
        match (self, column) {
            (Self::Sqlite, ColumnType::Integer | ColumnType::Boolean) => "INTEGER",
            (Self::Sqlite, ColumnType::Text) => "TEXT",
            (Self::Sqlite, ColumnType::Bytes) => "BLOB",
            (Self::Postgres, ColumnType::Integer) => "bigint",
            (Self::Postgres, ColumnType::Text) => "text COLLATE \"C\"",
            (Self::Postgres, ColumnType::Boolean) => "boolean",
            (Self::Postgres, ColumnType::Bytes) => "bytea",
        }
    }

    /// The function that finds a piece in a text.
    pub(super) fn position(self) -> &'static str {
        match self {
            Self::Sqlite => "instr",
            Self::Postgres => "strpos",
        }
    }

    /// The function that cuts off the end of a text, and the sign of its length.
    pub(super) fn ending(self) -> (&'static str, &'static str) {
        match self {
            Self::Sqlite => ("substr", "-"),
            Self::Postgres => ("right", ""),
        }
    }

    /// What stands around a column, which comes between each two pieces, to take the mean of its
    /// values in so many parts of a unit, cut off. Multiplied before it is divided, the sum would leave
    /// the whole numbers of SQLite early; PostgreSQL sums without bounds.
    pub(super) fn average(self, units: i64) -> Vec<String> {
        match self {
            Self::Sqlite => vec![
                "(sum(".to_owned(),
                ") / count(".to_owned(),
                format!(") * {units} + sum("),
                ") % count(".to_owned(),
                format!(") * {units} / count("),
                "))".to_owned(),
            ],
            Self::Postgres => vec![
                "cast(div(sum(".to_owned(),
                format!(") * {units}, count("),
                ")) as bigint)".to_owned(),
            ],
        }
    }

    /// What stands before a text, between it and a pattern, and after both, where nothing escapes the
    /// pattern's signs.
    pub(super) fn like(self) -> (&'static str, &'static str, &'static str) {
        match self {
            // Its own operator takes some letters for others, and a bound word for an escape.
            Self::Sqlite => ("is_like(", ", ", ")"),
            Self::Postgres => ("", " like ", " escape ''"),
        }
    }

    /// What stands around a column to take its text without regard to case, compared by code point.
    pub(super) fn folded(self) -> (&'static str, &'static str) {
        match self {
            Self::Sqlite => ("fold(", ")"),
            // Alone, so that it does not become a final sigma at the end of a word.
            Self::Postgres => (
                "(lower(translate(",
                ", 'Σ', 'σ') collate \"und-x-icu\") collate \"C\")",
            ),
        }
    }

    /// What stands around a word of a declaration that rows have as a text.
    pub(super) fn literal(self) -> (&'static str, &'static str) {
        match self {
            Self::Sqlite => ("'", "'"),
            Self::Postgres => ("cast('", "' as text) collate \"C\""),
        }
    }

    /// What stands before a text of each row, and after it, to join them; an order may follow, and what
    /// closes it.
    pub(super) fn joined(self) -> (&'static str, &'static str) {
        match self {
            Self::Sqlite => ("group_concat(", ", char(31)"),
            Self::Postgres => ("string_agg(", ", chr(31)"),
        }
    }

    /// What follows a column to test membership of a bound list: before and after the parameter.
    pub(super) fn among(self) -> (&'static str, &'static str) {
        match self {
            Self::Sqlite => (" in (select value from json_each(", "))"),
            Self::Postgres => (" = any(", ")"),
        }
    }

    /// What sorts nulls as the smallest values.
    pub(super) fn nulls(self, ascending: bool, nullable: bool) -> &'static str {
        match (self, ascending, nullable) {
            // SQLite sorts them so by itself. PostgreSQL finds its indexes only when nothing is said,
            // also where a column has no nulls.
            (Self::Sqlite, true, _) | (Self::Postgres, true, false) => " asc",
            (Self::Sqlite, false, _) | (Self::Postgres, false, false) => " desc",
            (Self::Postgres, true, true) => " asc nulls first",
            (Self::Postgres, false, true) => " desc nulls last",
        }
    }
}
