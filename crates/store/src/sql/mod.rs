//! Plan or record to statement text; pure, the same text for the same shape.

pub mod copy;
pub mod dialect;
pub mod difference;
pub mod introspect;
pub mod schema;
mod select;
pub mod system;
mod write;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use select::{count, page, tables};
pub use write::{
    delete, insert, insert_rows, list_delete, list_insert, list_owner, lists, looked_into, update,
};

use dialect::Dialect;

/// A statement's text and what is bound to its parameters, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// The SQL.
    pub sql: Arc<str>,
    /// What each parameter stands for.
    pub slots: Vec<Slot>,
}

/// What is bound to one parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// The company of the actor; in every company-scope statement.
    Company,
    /// The company that this one was copied from; only copies read it, and nothing writes it.
    Original,
    /// The acting user, whose access version is carried.
    User,
    /// A value of the plan, from 1.
    Value(u16),
    /// The most rows.
    Limit,
    /// Rows to skip.
    Offset,
    /// A column of the record that is written.
    Column(u16),
    /// The key of the record that is written.
    Key,
}

/// Writes a statement: text grows, and each slot gets its number when it is first used.
struct Writer {
    dialect: Dialect,
    sql: String,
    slots: Vec<Slot>,
}

impl Writer {
    fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            sql: String::with_capacity(512),
            slots: Vec::new(),
        }
    }

    fn push(&mut self, text: &str) -> &mut Self {
        self.sql.push_str(text);
        self
    }

    /// An identifier of a declaration, quoted.
    fn name(&mut self, name: &str) -> &mut Self {
        self.sql.push_str(&quoted(name));
        self
    }

    /// A parameter for a slot.
    fn bind(&mut self, slot: Slot) -> &mut Self {
        let number = match self.slots.iter().position(|known| *known == slot) {
            Some(at) => at + 1,
            None => {
                self.slots.push(slot);
                self.slots.len()
            }
        };
        self.sql.push(self.dialect.mark());
        self.sql.push_str(&number.to_string());
        self
    }

    /// `alias.company = ?`: the one place that bounds a statement to the company.
    fn company(&mut self, alias: &str) -> &mut Self {
        self.push(alias)
            .push(".")
            .name("company")
            .push(" = ")
            .bind(Slot::Company)
    }

    fn finish(self) -> Text {
        Text {
            sql: self.sql.into(),
            slots: self.slots,
        }
    }
}

/// An identifier in quotes; the one place that quotes.
#[must_use]
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The columns that writes of an object bind, in order: the field, and whether its folded twin.
pub(crate) fn write_columns(
    definition: &sidegate_model::Definition,
) -> impl Iterator<Item = (sidegate_model::FieldIndex, bool)> {
    write::columns(definition)
        .into_iter()
        .map(|column| (sidegate_model::FieldIndex(column.field), column.folded))
}
