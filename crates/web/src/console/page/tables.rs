//! A page of tables about one record, with one thing to do on each row.

use askama::Template;
use sidegate_engine::Work;
use sidegate_model::query::{Direction, Filter, Operand, Operator, Query};
use sidegate_model::{Failure, Operation, Result, Scalar};

use crate::console::control::Control;
use crate::console::frame::{Frame, anchor};
use crate::console::shown::{self, Taste};
use crate::console::view::Lead;

/// The most rows of one table.
const MOST: u32 = 500;

/// The page.
#[derive(Template)]
#[template(path = "console/tables.html")]
pub(in crate::console) struct Tables {
    pub(in crate::console) frame: Frame,
    pub(in crate::console) lines: Vec<String>,
    pub(in crate::console) action: String,
    pub(in crate::console) tables: Vec<Table>,
    /// What adds a row, and the word of its button.
    pub(in crate::console) fields: Vec<Control>,
    pub(in crate::console) button: &'static str,
    pub(in crate::console) leads: Vec<Lead>,
    pub(in crate::console) done: String,
}

/// One table.
#[derive(Clone, Debug, Default)]
pub(in crate::console) struct Table {
    pub(in crate::console) label: &'static str,
    pub(in crate::console) columns: Vec<&'static str>,
    pub(in crate::console) rows: Vec<Row>,
    pub(in crate::console) empty: &'static str,
}

impl Table {
    pub(in crate::console) fn at(&self) -> String {
        anchor(&self.label.to_lowercase().replace(' ', "-"))
    }

    pub(in crate::console) fn column(&self, number: &usize) -> &'static str {
        self.columns.get(*number).copied().unwrap_or_default()
    }

    pub(in crate::console) fn acts(&self) -> bool {
        self.rows.iter().any(|row| row.act.is_some())
    }
}

/// One row.
#[derive(Clone, Debug, Default)]
pub(in crate::console) struct Row {
    pub(in crate::console) cells: Vec<Cell>,
    pub(in crate::console) act: Option<Act>,
}

impl Row {
    pub(in crate::console) fn name(&self) -> &str {
        let mut texts = self.cells.iter().map(|cell| cell.text.as_str());
        texts.find(|text| !text.is_empty()).unwrap_or_default()
    }
}

/// What can be done with a row: the word of its button, and what it says.
#[derive(Clone, Debug)]
pub(in crate::console) struct Act {
    pub(in crate::console) label: &'static str,
    pub(in crate::console) go: String,
}

/// One cell.
#[derive(Clone, Debug, Default)]
pub(in crate::console) struct Cell {
    pub(in crate::console) text: String,
    /// The word of a status.
    pub(in crate::console) state: String,
    pub(in crate::console) href: Option<String>,
}

impl Cell {
    pub(in crate::console) fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

/// A row of the database: its key, its cells, and the numbers behind them.
#[derive(Debug)]
pub(in crate::console) struct Listed {
    pub(in crate::console) key: i64,
    pub(in crate::console) cells: Vec<Cell>,
    pub(in crate::console) numbers: Vec<Option<i64>>,
}

/// Rows of an object that she may list, with these values, the newest first.
///
/// # Errors
/// What the database says, or the missing right.
pub(in crate::console) fn listed(
    work: &mut Work<'_>,
    object: &str,
    fields: &[&str],
    equal: &[(&str, String)],
    taste: &Taste,
) -> Result<Vec<Listed>> {
    let registry = work.registry();
    let definition = work.object(object);
    work.authorise(definition, Operation::List)?;
    let mut asked = vec!["key".to_owned()];
    asked.extend(fields.iter().map(|field| (*field).to_owned()));
    let filter = |(field, value): &(&str, String)| Filter {
        operator: Operator::Equal,
        field: (*field).to_owned(),
        operand: Operand::One(Scalar::Text(value.clone())),
        place: String::new(),
    };
    let query = Query {
        object: definition.name.clone(),
        ours: definition.is_ours(),
        fields: asked,
        filters: equal.iter().map(filter).collect(),
        order: vec![("key".to_owned(), Direction::Descending)],
        start: 1,
        size: MOST,
        private: true,
        ignore_case: true,
        ..Query::default()
    };
    let sight = work.actor().page_sight(true);
    let plan = query
        .plan_on(registry, definition, sight)
        .map_err(Failure::Refused)?;
    let mut rows = Vec::new();
    work.page(&plan, &mut |row| {
        let cells = fields.iter().enumerate().map(|(number, name)| {
            let cell = registry
                .shown(definition, name)
                .map(|field| shown::cell(row, number + 1, field, false, taste));
            cell.map_or_else(Cell::default, |cell| Cell {
                text: cell.text,
                state: cell.state,
                href: None,
            })
        });
        rows.push(Listed {
            key: row.number(0).unwrap_or_default(),
            cells: cells.collect(),
            numbers: (1..=fields.len()).map(|at| row.number(at)).collect(),
        });
        Ok(())
    })?;
    Ok(rows)
}
