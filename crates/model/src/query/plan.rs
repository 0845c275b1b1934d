//! From a query to a plan: every name meets its declaration, the caller's sight is applied, and all
//! problems are found at once.
//!
//! A plan splits into its shape, which decides the statement's text, and its values, which are only
//! ever bound. Equal shapes share one text and one prepared statement.

use std::sync::Arc;

use super::expression::combine;
use super::planner::Planner;
use super::shape::{Bind, ColumnAt, Condition, OWNER, Output, Shape, Show, Test, Window};
use super::{Direction, MOST_ENTRIES, MOST_OWNED, MOST_SIZE, MOST_START, Query};
use crate::access::Sight;
use crate::definition::{Definition, FieldIndex};
use crate::path::{resolve, resolve_internal};
use crate::problem::{self, Problem};
use crate::registry::Registry;
use crate::value::{RecordKey, Value};

/// A query that can only fail for reasons of ours.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Decides the text.
    pub shape: Arc<Shape>,
    /// Bound to it, in the order of their numbers.
    pub values: Vec<Bind>,
    /// The member name of each output; outputs beyond the names are the system's own.
    pub names: Arc<[String]>,
    /// The rows wanted.
    pub window: Window,
    /// Which value is the record's key, in a plan of one record.
    pub(super) key_at: usize,
    /// Which outputs hold what the rows are sorted by, where a page can go on after a row.
    pub(super) sorted_at: Option<Arc<[usize]>>,
}

/// Which of the records that a record's lists name a caller sees.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// For each list, what a record must satisfy, as [`super::OWNER`], to be shown in it.
    pub seen: Arc<[Option<Condition>]>,
    /// The values of these conditions.
    pub values: Vec<Bind>,
}

impl Listed {
    /// What a caller sees of the lists of an object's records.
    #[must_use]
    pub fn of(registry: &Registry, definition: &Definition, sight: &Sight) -> Self {
        if !sight.restricts() {
            return Self::default();
        }
        let mut planner = Planner::new(registry, definition, sight.clone(), resolve_internal);
        let seen = definition.lists().map(|(field, _)| {
            let target = registry.target_of(field)?;
            planner.seen(target.index, OWNER)
        });
        Self {
            seen: seen.collect(),
            values: planner.values,
        }
    }
}

impl Query {
    /// Plans what was asked for a caller who sees so much.
    ///
    /// # Errors
    /// Every mistake, with its place.
    pub fn plan(&self, registry: &Registry, sight: Sight) -> Result<Plan, Vec<Problem>> {
        let found = registry.called(&self.object, self.ours);
        let Some(definition) = found else {
            return Err(vec![
                problem::QUERY_OBJECT
                    .with("OBJECT", &self.object)
                    .at("/object"),
            ]);
        };
        let planner = Planner::new(registry, definition, sight, resolve);
        self.planned(planner, false)
    }

    /// The same where all names are ones that declarations give the XML gateway, and no caller's own: any
    /// object may be asked then, published or not, and fields that REST does not know; lists of words are
    /// shown in rows.
    ///
    /// # Errors
    /// Every mistake, with its place.
    pub fn plan_on(
        &self,
        registry: &Registry,
        definition: &Definition,
        sight: Sight,
    ) -> Result<Plan, Vec<Problem>> {
        let planner = Planner::new(registry, definition, sight, resolve_internal);
        self.planned(planner, true)
    }

    fn planned(&self, mut planner: Planner<'_>, shows_lists: bool) -> Result<Plan, Vec<Problem>> {
        planner.ignore_case = self.ignore_case;
        planner.shows_lists = shows_lists;
        planner.names_lists = shows_lists;
        planner.goes_on = true;
        planner.today = self.as_of.unwrap_or_default();
        if self.fields.is_empty() {
            planner.problems.push(
                problem::REQUIRED_MISSING
                    .with("FIELD", "/fields")
                    .at("/fields"),
            );
        }
        for (list, name) in [
            (self.fields.len(), "/fields"),
            (self.filters.len(), "/filters"),
            (self.order.len(), "/orderBy"),
        ] {
            if list > MOST_ENTRIES {
                let many = problem::QUERY_MANY
                    .with("FIELD", name)
                    .with("MOST", MOST_ENTRIES.to_string());
                return Err(vec![many.at(name)]);
            }
        }
        for (at, name) in self.fields.iter().enumerate() {
            planner.output(name, &format!("/fields/{at}"));
        }
        if self.hierarchy && !planner.is_grouped() {
            planner.hierarchy();
        }
        let tests: Vec<Condition> = self
            .filters
            .iter()
            .map(|filter| planner.filter(filter))
            .collect();
        let condition = combine(self.expression.as_deref(), tests).unwrap_or_else(|reason| {
            planner.problems.push(
                problem::QUERY_EXPRESSION
                    .with("REASON", reason)
                    .at("/filterExpression"),
            );
            Condition::All(Vec::new())
        });
        for (at, (name, direction)) in self.order.iter().enumerate() {
            planner.order(name, *direction, &format!("/orderBy/{at}"));
        }
        for (number, name, most) in [
            (self.start, "/start", MOST_START),
            (self.size, "/size", MOST_SIZE),
        ] {
            if number == 0 || number > most {
                planner.problems.push(
                    problem::QUERY_PAGE
                        .with("FIELD", name)
                        .with("LEAST", "1")
                        .with("MOST", most.to_string())
                        .at(name),
                );
            }
        }
        planner.finish(
            condition,
            Window {
                start: self.start,
                size: self.size,
            },
        )
    }
}

impl Plan {
    /// References to all records of an object, by key.
    #[must_use]
    pub fn list(
        registry: &Registry,
        definition: &Definition,
        sight: Sight,
        window: Window,
    ) -> Self {
        let mut planner = Planner::new(registry, definition, sight, resolve);
        planner.goes_on = true;
        planner.output("key", "");
        planner.id();
        planner.output("href", "");
        planner
            .finish(Condition::All(Vec::new()), window)
            .expect("declared names only")
    }

    /// One record whole, by key: everything that doors show, references with their members.
    #[must_use]
    pub fn record(
        registry: &Registry,
        definition: &Definition,
        sight: Sight,
        key: RecordKey,
    ) -> Self {
        let mut planner = Planner::new(registry, definition, sight, resolve);
        planner.whole(None);
        planner.by_key(key)
    }

    /// All records of an owned object that belong to one record, which `above` leads to: the fields
    /// of one owner after another. Each row ends with the key of its direct owner.
    #[must_use]
    pub fn owned(
        registry: &Registry,
        definition: &Definition,
        sight: Sight,
        by: FieldIndex,
        above: &str,
        key: RecordKey,
    ) -> Self {
        let mut planner = Planner::new(registry, definition, sight, resolve_internal);
        planner.whole(Some(by));
        let owner = format!("{}.key", definition.field(by).name);
        let (at, _) = planner.column(&owner).expect("owners are declared");
        planner.outputs.push(Output {
            at,
            show: Show::Value,
        });
        let (at, _) = planner.column(above).expect("owners are declared");
        let number = planner.bind(Bind::One(Value::Key(key)));
        let plan = planner.finish(
            Condition::Test(at, Test::Equals(number)),
            Window {
                start: 1,
                size: MOST_OWNED,
            },
        );
        Plan {
            key_at: usize::from(number) - 1,
            ..plan.expect("declared names only")
        }
    }

    /// The key of the record whose field has a value, of those that a caller sees.
    ///
    /// # Panics
    /// When the object has no such field: names come from declarations.
    #[must_use]
    pub fn named(
        registry: &Registry,
        definition: &Definition,
        sight: Sight,
        field: &str,
        value: Value,
    ) -> Self {
        let mut planner = Planner::new(registry, definition, sight, resolve_internal);
        planner.output("key", "");
        let (at, _) = planner.column(field).expect("a declared name");
        let number = planner.bind(Bind::One(value));
        let window = Window { start: 1, size: 1 };
        let plan = planner.finish(Condition::Test(at, Test::Equals(number)), window);
        plan.expect("declared names only")
    }

    /// Which outputs of a row say where the next page begins, if that can be said at all: where all
    /// that sorts the rows is the object's own and smallest first. Rows without a value come first then,
    /// so none of them follows one that has it.
    #[must_use]
    pub fn sorted_at(&self) -> Option<&[usize]> {
        self.sorted_at.as_deref()
    }

    /// The page that begins after the row that has these values where [`Plan::sorted_at`] says.
    ///
    /// # Panics
    /// Never: entries and values of a query are bounded.
    #[must_use]
    pub fn after(&self, row: &[Value]) -> Self {
        let mut plan = self.clone();
        let columns = self.shape.order.iter().zip(row).map(|(order, value)| {
            plan.values.push(Bind::One(value.clone()));
            let number = u16::try_from(plan.values.len()).expect("entries and values are bounded");
            (order.at, number)
        });
        let after = Condition::After(columns.collect());
        let mut shape = Shape::clone(&self.shape);
        // SQLite begins in an index at the first bound that it meets, and a filter on what is sorted by
        // is a bound as well, but one far before.
        shape.condition = match shape.condition {
            Condition::All(mut parts) => {
                parts.insert(0, after);
                Condition::All(parts)
            }
            other => Condition::All(vec![after, other]),
        };
        plan.shape = Arc::new(shape);
        plan.window.start = 1;
        plan
    }

    /// The same plan for another record.
    #[must_use]
    pub fn for_key(&self, key: RecordKey) -> Self {
        let mut plan = self.clone();
        plan.values[plan.key_at] = Bind::One(Value::Key(key));
        plan
    }

    /// Chosen fields, the system's own among them, of the rows whose fields equal values.
    /// A system's plan sees everything in the company.
    ///
    /// # Panics
    /// When a name is not declared: names come from code, and every caller has a test.
    #[must_use]
    pub fn internal(
        registry: &Registry,
        object: &str,
        fields: &[&str],
        equal: &[(&str, Value)],
        size: u32,
    ) -> Self {
        let definition = registry
            .named(object)
            .unwrap_or_else(|| panic!("{object} is declared"));
        let mut planner = Planner::new(registry, definition, Sight::ALL, resolve_internal);
        for name in fields {
            planner.output(name, "");
        }
        let mut parts = Vec::new();
        for (name, value) in equal {
            let Some((at, _)) = planner.column(name) else {
                continue;
            };
            parts.push(Condition::Test(
                at,
                if value.is_null() {
                    Test::IsNull
                } else {
                    Test::Equals(planner.bind(Bind::One(value.clone())))
                },
            ));
        }
        let window = Window { start: 1, size };
        match planner.finish(Condition::all(parts), window) {
            Ok(plan) if plan.names.len() == fields.len() => plan,
            _ => panic!("{object} declares {fields:?} and the fields of {equal:?}"),
        }
    }

    /// The same for rows whose moment is not later than another, the earliest first.
    ///
    /// # Panics
    /// When a name is not declared: names come from code, and every caller has a test.
    #[must_use]
    pub fn due(
        registry: &Registry,
        object: &str,
        fields: &[&str],
        equal: &[(&str, Value)],
        until: (&str, i64),
        size: u32,
    ) -> Self {
        let definition = registry
            .named(object)
            .unwrap_or_else(|| panic!("{object} is declared"));
        let mut planner = Planner::new(registry, definition, Sight::ALL, resolve_internal);
        for name in fields {
            planner.output(name, "");
        }
        let mut parts = Vec::new();
        for (name, value) in equal {
            if let Some((at, _)) = planner.column(name) {
                let number = planner.bind(Bind::One(value.clone()));
                parts.push(Condition::Test(at, Test::Equals(number)));
            }
        }
        if let Some((at, _)) = planner.column(until.0) {
            let number = planner.bind(Bind::One(Value::Moment(until.1)));
            parts.push(Condition::Test(at, Test::LessOrEquals(number)));
        }
        planner.order(until.0, Direction::Ascending, "");
        let known = parts.len() == equal.len() + 1;
        match planner.finish(Condition::all(parts), Window { start: 1, size }) {
            Ok(plan) if known && plan.names.len() == fields.len() => plan,
            _ => panic!("{object} declares {fields:?}, {until:?} and the fields of {equal:?}"),
        }
    }

    /// Key and id of the records whose field has a value, as a caller who sees so much finds them.
    #[must_use]
    pub fn find(
        registry: &Registry,
        definition: &Definition,
        sight: Sight,
        field: FieldIndex,
        value: Value,
    ) -> Self {
        let mut planner = Planner::new(registry, definition, sight, resolve_internal);
        planner.output("key", "");
        planner.id();
        let number = planner.bind(Bind::One(value));
        let condition = Condition::Test(ColumnAt::plain(0, field), Test::Equals(number));
        planner
            .finish(condition, Window { start: 1, size: 1 })
            .expect("declared fields only")
    }

    /// All columns of one record of its own, as the pipeline needs it before a change.
    #[must_use]
    pub fn stored(
        registry: &Registry,
        definition: &Definition,
        sight: Sight,
        key: RecordKey,
    ) -> Self {
        let mut planner = Planner::new(registry, definition, sight, resolve_internal);
        for field in definition.stored() {
            planner.names.push(field.name.clone());
            planner.outputs.push(Output {
                at: ColumnAt::plain(0, field.index),
                show: Show::Value,
            });
        }
        planner.by_key(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::{Filter, Operand, Operator};
    use crate::value::Scalar;

    fn problems(query: &Query) -> Vec<String> {
        let registry = Registry::shipped().expect("whole declarations");
        let found = query.plan(&registry, Sight::ALL).err().unwrap_or_default();
        let told = |p: &Problem| format!("{}: {}", p.place.as_deref().unwrap_or(""), p.message());
        found.iter().map(told).collect()
    }

    fn users(fields: Vec<String>) -> Query {
        Query {
            object: "company-config/user".to_owned(),
            fields,
            start: 1,
            size: 100,
            ..Query::default()
        }
    }

    #[test]
    fn all_mistakes_are_found_at_once() {
        let mut query = users(vec![
            "id".into(),
            "roles".into(),
            "contact".into(),
            "activatedAt".into(),
        ]);
        query.order = vec![("contact.colour".into(), Direction::Ascending)];
        query.size = 4001;
        query.filters = vec![Filter {
            operator: Operator::Greater,
            field: "webServices.isRestricted".into(),
            operand: Operand::One(Scalar::Boolean(true)),
            place: "/filters/0/$gt/webServices.isRestricted".into(),
        }];
        assert_eq!(
            problems(&query),
            [
                "/fields/1: field roles does not exist in company-config/user objects in version 1",
                "/fields/2: field contact does not exist in company-config/user objects in version 1",
                "/fields/3: field activatedAt does not exist in company-config/user objects in version 1",
                "/filters/0/$gt/webServices.isRestricted: $gt on webServices.isRestricted: a boolean has no order; use $eq",
                "/orderBy/0: field contact.colour does not exist in company-config/user objects in version 1",
                "/size: /size must be a whole number from 1 to 4000",
            ]
        );
    }

    #[test]
    fn a_query_follows_at_most_forty_references() {
        let hops = [
            "audit.createdByUser",
            "audit.modifiedByUser",
            "contact.entity",
            "entity",
        ];
        let mut fields = Vec::new();
        for one in &hops[..2] {
            for two in &hops[..2] {
                for three in &hops[..2] {
                    for four in &hops[..2] {
                        for last in hops {
                            fields.push(format!("{one}.{two}.{three}.{four}.{last}.id"));
                        }
                    }
                }
            }
        }
        assert_eq!(
            problems(&users(fields)),
            [
                "/fields: The query follows more than 40 references; ask for fewer dotted fields, or in several queries"
            ]
        );
    }

    #[test]
    fn a_reference_that_may_be_hidden_is_read_from_the_other_record() {
        let registry = Registry::shipped().expect("whole declarations");
        let query = users(vec!["contact.key".into()]);
        let entity = RecordKey::new(7);
        let open = query.plan(&registry, Sight::ALL).expect("a plan");
        let narrow = query
            .plan(
                &registry,
                Sight {
                    entity,
                    ..Sight::ALL
                },
            )
            .expect("a plan");
        assert_eq!(open.shape.joins.len(), 0);
        assert_eq!(narrow.shape.joins.len(), 1);
        assert!(narrow.shape.joins[0].seen.is_some());
    }
}
