//! Which declared constraint refused a write.

/// A constraint by what it protects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Another row of the table has the value of this column.
    Unique {
        /// The table.
        table: String,
        /// The last column of the index, without the suffix of its folded twin.
        column: String,
    },
    /// A row that others refer to, or that refers to nothing.
    Reference,
    /// A column without a value, or another check.
    Other(String),
}

/// From SQLite's message: `UNIQUE constraint failed: user.company, user.id_fold`.
pub(crate) fn from_sqlite(message: &str) -> Violation {
    if let Some(columns) = message.strip_prefix("UNIQUE constraint failed: ") {
        let last = columns.rsplit(", ").next().unwrap_or(columns);
        if let Some((table, column)) = last.split_once('.') {
            return unique(table, column);
        }
    }
    if message.starts_with("FOREIGN KEY") {
        return Violation::Reference;
    }
    Violation::Other(message.to_owned())
}

/// From PostgreSQL's table and constraint name: `user_id_unique`, or `user_roles_unique` for a list.
pub(crate) fn from_postgres(state: &str, table: &str, name: &str) -> Violation {
    match state {
        "23505" => {
            let column = match name
                .strip_prefix(table)
                .and_then(|rest| rest.strip_prefix('_'))
            {
                Some("unique") => "target",
                Some(rest) => rest.strip_suffix("_unique").unwrap_or("key"),
                None => "key",
            };
            unique(table, column)
        }
        "23503" => Violation::Reference,
        _ => Violation::Other(format!("{state} {table} {name}")),
    }
}

fn unique(table: &str, column: &str) -> Violation {
    Violation::Unique {
        table: table.to_owned(),
        column: column.strip_suffix("_fold").unwrap_or(column).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_name_the_same_constraint() {
        let sqlite = from_sqlite("UNIQUE constraint failed: user.company, user.id_fold");
        let postgres = from_postgres("23505", "user", "user_id_unique");
        assert_eq!(sqlite, postgres);
        assert_eq!(
            sqlite,
            Violation::Unique {
                table: "user".into(),
                column: "id".into()
            }
        );
        let sqlite = from_sqlite(
            "UNIQUE constraint failed: user_roles.company, user_roles.owner, user_roles.target",
        );
        assert_eq!(
            sqlite,
            from_postgres("23505", "user_roles", "user_roles_unique")
        );
        let sqlite = from_sqlite("UNIQUE constraint failed: user.company, user.key");
        assert_eq!(sqlite, from_postgres("23505", "user", "user_pkey"));
    }
}
