//! What can be picked in a form: key and name of records, whatever else of them is open.
//!
//! Whoever fills a form sees the ids and names of what it refers to, as far as she sees those records at
//! all; that opens nothing else of them.

use sidegate_engine::Work;
use sidegate_model::query::{Direction, Filter, Operand, Operator, Query};
use sidegate_model::{Definition, Failure, FieldType, RecordKey, Result, Scalar};

/// The most records that one pick offers.
const MOST: u32 = 500;

/// One thing to pick.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    pub(super) value: String,
    pub(super) label: String,
    pub(super) selected: bool,
}

impl Choice {
    pub(super) fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            label: label.into(),
            selected: false,
        }
    }
}

/// The records that a reference to an object can name, by key; those that are not active only where one
/// of `also` names them.
///
/// # Errors
/// What the database says.
pub(super) fn of(work: &mut Work<'_>, target: &Definition, also: &[String]) -> Result<Vec<Choice>> {
    let mut choices = read(work, target, true)?;
    let missing = |key: &&String| !key.is_empty() && choices.iter().all(|c| c.value != **key);
    if also.iter().any(|key| missing(&key)) {
        let all = read(work, target, false)?;
        let lacking: Vec<Choice> = all
            .into_iter()
            .filter(|choice| also.contains(&choice.value))
            .filter(|choice| choices.iter().all(|known| known.value != choice.value))
            .map(|choice| Choice::new(choice.value, format!("{} (not active)", choice.label)))
            .collect();
        choices.extend(lacking);
    }
    Ok(choices)
}

fn read(work: &mut Work<'_>, target: &Definition, active: bool) -> Result<Vec<Choice>> {
    let id = target.id.map_or("key", |id| &target.field(id).name);
    let name = target
        .named("name")
        .filter(|field| matches!(field.kind, FieldType::Text { .. }) && field.name != id);
    let mut fields = vec!["key".to_owned(), id.to_owned()];
    fields.extend(name.map(|field| field.name.clone()));
    let has_status = target.named("status").is_some_and(|field| {
        matches!(&field.kind, FieldType::Choice(words) if words.iter().any(|w| w.value == "active"))
    });
    let mut filters = Vec::new();
    if active && has_status {
        filters.push(Filter {
            operator: Operator::Equal,
            field: "status".to_owned(),
            operand: Operand::One(Scalar::Text("active".to_owned())),
            place: String::new(),
        });
    }
    let query = Query {
        object: target.name.clone(),
        fields,
        filters,
        order: vec![(id.to_owned(), Direction::Ascending)],
        start: 1,
        size: MOST,
        private: true,
        ..Query::default()
    };
    let sight = work.actor().page_sight(true);
    let plan = query
        .plan_on(work.registry(), target, sight)
        .map_err(Failure::Refused)?;
    let mut choices = Vec::new();
    work.page(&plan, &mut |row| {
        let key = row.number(0).unwrap_or_default().to_string();
        let id = row.text(1).unwrap_or_default();
        let label = match row.text(2).filter(|name| name != &id) {
            Some(name) => format!("{id}: {name}"),
            None => id.to_owned(),
        };
        choices.push(Choice::new(key, label));
        Ok(())
    })?;
    Ok(choices)
}

/// The entities that she may work in, by id; nothing where there are none or she works in one only.
///
/// # Errors
/// What the database says.
pub(super) fn places(work: &mut Work<'_>) -> Result<Vec<Choice>> {
    let places = work.places_to_enter()?;
    Ok(places
        .into_iter()
        .map(|(id, name)| {
            let label = if name == id {
                id.clone()
            } else {
                format!("{id}: {name}")
            };
            Choice::new(id, label)
        })
        .collect())
}

/// Some texts of one record that a form names; nothing when she does not see the record.
///
/// # Errors
/// What the database says.
pub(super) fn texts(
    work: &mut Work<'_>,
    target: &Definition,
    key: RecordKey,
    names: &[&str],
) -> Result<Option<Vec<String>>> {
    let mut fields = vec!["key".to_owned()];
    fields.extend(names.iter().map(|name| (*name).to_owned()));
    let query = Query {
        object: target.name.clone(),
        fields,
        filters: vec![Filter {
            operator: Operator::Equal,
            field: "key".to_owned(),
            operand: Operand::One(Scalar::Text(key.to_string())),
            place: String::new(),
        }],
        start: 1,
        size: 1,
        private: true,
        ..Query::default()
    };
    let sight = work.actor().page_sight(true);
    let plan = query
        .plan_on(work.registry(), target, sight)
        .map_err(Failure::Refused)?;
    let mut found = None;
    work.page(&plan, &mut |row| {
        let text = |at: usize| row.text(at + 1).unwrap_or_default().to_owned();
        found = Some((0..names.len()).map(text).collect());
        Ok(())
    })?;
    Ok(found)
}
