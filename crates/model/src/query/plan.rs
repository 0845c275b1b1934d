//! From a query to a plan: every name meets its declaration, the caller's sight is applied, and all
//! problems are found at once.
//!
//! A plan splits into its shape, which decides the statement's text, and its values, which are only
//! ever bound. Equal shapes share one text and one prepared statement.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::aggregate::{Function, split};
use super::expression::combine;
use super::{Direction, MOST_ENTRIES, MOST_JOINS, MOST_SIZE, MOST_START, Query};
use crate::access::Sight;
use crate::definition::{Definition, FieldIndex, ObjectIndex};
use crate::field_type::FieldType;
use crate::path::{End, Path, resolve, resolve_internal};
use crate::problem::{self, Problem};
use crate::registry::Registry;
use crate::value::{RecordKey, Value};

/// A column of the object itself (alias 0) or of a joined one (alias n is join n).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ColumnAt {
    /// Whose column.
    pub alias: u16,
    /// Which field of that object.
    pub field: FieldIndex,
    /// Whether its text is taken without regard to case.
    pub fold: bool,
}

impl ColumnAt {
    /// A column as it is stored.
    #[must_use]
    pub fn plain(alias: u16, field: FieldIndex) -> Self {
        Self {
            alias,
            field,
            fold: false,
        }
    }
}

/// A reference followed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Join {
    /// Whose reference.
    pub from: u16,
    /// Which field.
    pub through: FieldIndex,
    /// The object reached.
    pub target: ObjectIndex,
    /// What must hold for the row to be seen at all; an unseen one reads as null.
    pub seen: Option<Condition>,
}

/// How a selected column is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Show {
    /// As its field's type says.
    Value,
    /// As the address of the record whose key it is.
    Href(ObjectIndex),
    /// As what a function makes of its group's values.
    Aggregate(Function),
}

/// One selected column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Output {
    /// Where from.
    pub at: ColumnAt,
    /// How it is shown.
    pub show: Show,
}

/// In one number: a text is looked up by its shape for each statement, and a shape is mostly outputs.
impl Hash for Output {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let show = match self.show {
            Show::Value => 0,
            Show::Href(object) => 1 + u64::from(object.0),
            Show::Aggregate(function) => 0x1_0000 + function as u64,
        };
        let at = u64::from(self.at.alias) << 16 | u64::from(self.at.field.0);
        state.write_u64(at << 32 | show);
    }
}

/// What rows must satisfy. Values are numbered from 1 in the plan's list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// All parts hold; true when there are none.
    All(Vec<Condition>),
    /// Some part holds; false when there are none.
    Any(Vec<Condition>),
    /// One test of one column.
    Test(ColumnAt, Test),
    /// One test of one column that must not hold; null is fine.
    Unless(ColumnAt, Test),
}

/// One test of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Test {
    /// Equal to a value.
    Equals(u16),
    /// Not equal to a value, or null.
    Differs(u16),
    /// Smaller than a value.
    Less(u16),
    /// Smaller than a value, or equal.
    LessOrEquals(u16),
    /// Greater than a value.
    Greater(u16),
    /// Greater than a value, or equal.
    GreaterOrEquals(u16),
    /// Among a list of values.
    In(u16),
    /// Text with a value in it.
    Contains(u16),
    /// Text that begins with a value.
    StartsWith(u16),
    /// Text that ends with a value.
    EndsWith(u16),
    /// Null.
    IsNull,
    /// Not null.
    NotNull,
}

impl Condition {
    /// All of these.
    #[must_use]
    pub fn all(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 {
            parts.remove(0)
        } else {
            Self::All(parts)
        }
    }

    /// Any of these.
    #[must_use]
    pub fn any(mut parts: Vec<Self>) -> Self {
        if parts.len() == 1 {
            parts.remove(0)
        } else {
            Self::Any(parts)
        }
    }
}

/// A sort key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Order {
    /// What is compared.
    pub at: ColumnAt,
    /// What is made of it first, in groups.
    pub function: Option<Function>,
    /// Which way.
    pub direction: Direction,
}

/// All that decides a statement's text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape {
    /// The object asked.
    pub object: ObjectIndex,
    /// References followed; the first has alias 1.
    pub joins: Vec<Join>,
    /// What is selected.
    pub outputs: Vec<Output>,
    /// What rows must satisfy.
    pub condition: Condition,
    /// How they are sorted; ends with the key, or in groups with all that groups them.
    pub order: Vec<Order>,
    /// Whether rows are groups: one for each combination of the outputs that are no aggregates.
    pub grouped: bool,
}

impl Shape {
    /// What groups rows, if they are grouped.
    pub fn groups(&self) -> impl Iterator<Item = ColumnAt> {
        let plain = |output: &&Output| !matches!(output.show, Show::Aggregate(_));
        self.outputs.iter().filter(plain).map(|output| output.at)
    }
}

/// A bound value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bind {
    /// One value.
    One(Value),
    /// A list, bound as one.
    Many(Vec<Value>),
}

/// Which part of the result is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Window {
    /// The first row, from 1.
    pub start: u32,
    /// The most rows.
    pub size: u32,
}

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
    key_at: usize,
}

impl Query {
    /// Plans what was asked for a caller who sees so much.
    ///
    /// # Errors
    /// Every mistake, with its place.
    pub fn plan(&self, registry: &Registry, sight: Sight) -> Result<Plan, Vec<Problem>> {
        let found = registry.called(&self.object);
        let Some(definition) = found else {
            return Err(vec![
                problem::QUERY_OBJECT
                    .with("OBJECT", &self.object)
                    .at("/object"),
            ]);
        };
        let mut planner = Planner::new(registry, definition, sight, resolve);
        planner.ignore_case = self.ignore_case;
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
        planner.output("key", "");
        let id = definition.id.unwrap_or(FieldIndex::KEY);
        planner.names.push("id".to_owned());
        planner.outputs.push(Output {
            at: ColumnAt::plain(0, id),
            show: Show::Value,
        });
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
        for field in &definition.fields {
            if !field.is_visible() || field.is_list() {
                continue;
            }
            if registry.target_of(field).is_none() {
                planner.output(&field.name, "");
                continue;
            }
            let members = ["key", "id"]
                .into_iter()
                .chain(field.shows.iter().map(String::as_str));
            let inline = field.inline.iter().map(String::as_str).chain(["href"]);
            for member in members.chain(inline) {
                planner.output(&format!("{}.{member}", field.name), "");
            }
        }
        planner.output("href", "");
        // Last and without a name: the version that an answer's ETag tells.
        if let Some(version) = definition.named("version") {
            planner.outputs.push(Output {
                at: ColumnAt::plain(0, version.index),
                show: Show::Value,
            });
        }
        planner.by_key(key)
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
        for index in [FieldIndex::KEY, definition.id.unwrap_or(FieldIndex::KEY)] {
            planner.names.push(definition.field(index).name.clone());
            planner.outputs.push(Output {
                at: ColumnAt::plain(0, index),
                show: Show::Value,
            });
        }
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

type Resolve = fn(&Registry, &Definition, &str) -> Option<Path>;

pub(super) struct Planner<'a> {
    registry: &'a Registry,
    definition: &'a Definition,
    sight: Sight,
    resolve: Resolve,
    joins: Vec<Join>,
    outputs: Vec<Output>,
    names: Vec<String>,
    order: Vec<Order>,
    values: Vec<Bind>,
    pub(super) problems: Vec<Problem>,
    /// Whether filters compare text without regard to case.
    pub(super) ignore_case: bool,
    /// The day that date macros speak from.
    pub(super) today: i32,
}

impl<'a> Planner<'a> {
    fn new(
        registry: &'a Registry,
        definition: &'a Definition,
        sight: Sight,
        resolve: Resolve,
    ) -> Self {
        Self {
            registry,
            definition,
            sight,
            resolve,
            joins: Vec::new(),
            outputs: Vec::new(),
            names: Vec::new(),
            order: Vec::new(),
            values: Vec::new(),
            problems: Vec::new(),
            ignore_case: false,
            today: 0,
        }
    }

    pub(super) fn bind(&mut self, value: Bind) -> u16 {
        self.values.push(value);
        u16::try_from(self.values.len()).expect("entries and values are bounded")
    }

    /// Rows of `alias` that the caller sees; none when she sees all.
    fn seen(&mut self, object: ObjectIndex, alias: u16) -> Option<Condition> {
        let entity = self.sight.entity?;
        let field = self.registry.at(object).restriction.entity?;
        let at = ColumnAt::plain(alias, field);
        let same = Condition::Test(at, Test::Equals(self.bind(Bind::One(Value::Key(entity)))));
        if field == FieldIndex::KEY {
            return Some(same);
        }
        Some(Condition::any(vec![
            Condition::Test(at, Test::IsNull),
            same,
        ]))
    }

    /// The alias of the object that references lead to, joining what is not joined yet.
    fn follow(&mut self, hops: &[FieldIndex]) -> u16 {
        let mut alias = 0;
        let mut at = self.definition;
        for through in hops {
            let target = self
                .registry
                .target_of(at.field(*through))
                .expect("checked at load");
            let known = self
                .joins
                .iter()
                .position(|j| j.from == alias && j.through == *through);
            alias = match known {
                Some(place) => place as u16 + 1,
                None if self.joins.len() == MOST_JOINS => {
                    self.too_many_joins();
                    return 0;
                }
                None => {
                    let next =
                        u16::try_from(self.joins.len() + 1).expect("bounded by entries and hops");
                    let seen = self.seen(target.index, next);
                    self.joins.push(Join {
                        from: alias,
                        through: *through,
                        target: target.index,
                        seen,
                    });
                    next
                }
            };
            at = target;
        }
        alias
    }

    /// Notes once that the query follows more references than one statement joins.
    fn too_many_joins(&mut self) {
        let place = "/fields";
        if !self
            .problems
            .iter()
            .any(|p| p.code == &problem::QUERY_JOINS)
        {
            let most = MOST_JOINS.to_string();
            self.problems
                .push(problem::QUERY_JOINS.with("MOST", most).at(place));
        }
    }

    /// The column and type of a dotted name.
    pub(super) fn column(&mut self, name: &str) -> Option<(ColumnAt, &'a FieldType)> {
        let path = (self.resolve)(self.registry, self.definition, name)?;
        let End::Field(field) = path.end else {
            return None;
        };
        Some((
            self.place(&path.hops, path.object, field),
            &self.registry.at(path.object).field(field).kind,
        ))
    }

    fn place(&mut self, hops: &[FieldIndex], object: ObjectIndex, field: FieldIndex) -> ColumnAt {
        // The key of a reference stands in the referring row, unless sight may hide the other one.
        if let (FieldIndex::KEY, [rest @ .., last]) = (field, hops) {
            let target = self.registry.at(object);
            let hides = self.sight.entity.is_some() && target.restriction.entity.is_some();
            if !hides {
                return ColumnAt::plain(self.follow(rest), *last);
            }
        }
        ColumnAt::plain(self.follow(hops), field)
    }

    fn output(&mut self, name: &str, place: &str) {
        // A name asked twice is answered once: a row has each member once.
        if self.names.iter().any(|known| known == name) {
            return;
        }
        let found = match split(name) {
            Some((function, field)) => self
                .aggregate(name, function, field, place)
                .map(|(at, function)| (at, Show::Aggregate(function))),
            None => self.plain(name, place),
        };
        if let Some((at, show)) = found {
            self.names.push(name.to_owned());
            self.outputs.push(Output { at, show });
        }
    }

    fn plain(&mut self, name: &str, place: &str) -> Option<(ColumnAt, Show)> {
        let Some(path) = (self.resolve)(self.registry, self.definition, name) else {
            self.unknown(name, place);
            return None;
        };
        let (field, show) = match path.end {
            End::Field(field) => (field, Show::Value),
            End::Href => (FieldIndex::KEY, Show::Href(path.object)),
        };
        Some((self.place(&path.hops, path.object, field), show))
    }

    fn aggregate(
        &mut self,
        name: &str,
        function: &str,
        field: &str,
        place: &str,
    ) -> Option<(ColumnAt, Function)> {
        let (Some(function), Some((at, kind))) = (Function::named(function), self.column(field))
        else {
            self.unknown(name, place);
            return None;
        };
        if let Some(reason) = function.refuses(kind) {
            let operand = problem::QUERY_OPERAND
                .with("OPERATOR", name)
                .with("FIELD", field);
            self.problems.push(operand.with("REASON", reason).at(place));
            return None;
        }
        Some((at, function))
    }

    fn order(&mut self, name: &str, direction: Direction, place: &str) {
        let found = match split(name) {
            Some((function, field)) => self
                .aggregate(name, function, field, place)
                .map(|(at, function)| (at, Some(function))),
            None => {
                let column = self.column(name);
                if column.is_none() {
                    self.unknown(name, place);
                }
                column.map(|(at, _)| (at, None))
            }
        };
        let Some((at, function)) = found else { return };
        self.order.push(Order {
            at,
            function,
            direction,
        });
        let shown = |output: &Output| match (output.show, function) {
            (Show::Aggregate(known), Some(function)) => known == function && output.at == at,
            (Show::Aggregate(_), None) => false,
            (_, function) => function.is_none() && output.at == at,
        };
        let grouped = self.is_grouped() || function.is_some();
        if grouped && !self.outputs.iter().any(shown) {
            self.problems
                .push(problem::QUERY_GROUP_ORDER.with("FIELD", name).at(place));
        }
    }

    fn is_grouped(&self) -> bool {
        self.outputs
            .iter()
            .any(|output| matches!(output.show, Show::Aggregate(_)))
    }

    pub(super) fn unknown(&mut self, name: &str, place: &str) {
        let unknown = problem::QUERY_FIELD
            .with("FIELD", name)
            .with("OBJECT", &self.definition.name);
        self.problems.push(unknown.at(place));
    }

    fn by_key(mut self, key: RecordKey) -> Plan {
        let number = self.bind(Bind::One(Value::Key(key)));
        let at = ColumnAt::plain(0, FieldIndex::KEY);
        let plan = self.finish(
            Condition::Test(at, Test::Equals(number)),
            Window { start: 1, size: 1 },
        );
        Plan {
            key_at: usize::from(number) - 1,
            ..plan.expect("declared names only")
        }
    }

    fn finish(mut self, condition: Condition, window: Window) -> Result<Plan, Vec<Problem>> {
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let mut parts = Vec::new();
        for (field, value) in &self.definition.fixed {
            let number = self.bind(Bind::One(value.clone()));
            parts.push(Condition::Test(
                ColumnAt::plain(0, *field),
                Test::Equals(number),
            ));
        }
        parts.extend(self.seen(self.definition.index, 0));
        if condition != Condition::All(Vec::new()) {
            parts.push(condition);
        }
        let grouped = self.is_grouped();
        let last: Vec<ColumnAt> = if grouped {
            let plain = |output: &&Output| !matches!(output.show, Show::Aggregate(_));
            self.outputs
                .iter()
                .filter(plain)
                .map(|output| output.at)
                .collect()
        } else {
            vec![ColumnAt::plain(0, FieldIndex::KEY)]
        };
        for at in last {
            if self
                .order
                .iter()
                .all(|order| order.at != at || order.function.is_some())
            {
                self.order.push(Order {
                    at,
                    function: None,
                    direction: Direction::Ascending,
                });
            }
        }
        Ok(Plan {
            shape: Arc::new(Shape {
                object: self.definition.index,
                joins: self.joins,
                outputs: self.outputs,
                condition: Condition::all(parts),
                order: self.order,
                grouped,
            }),
            values: self.values,
            names: self.names.into(),
            window,
            key_at: 0,
        })
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
        let narrow = query.plan(&registry, Sight { entity }).expect("a plan");
        assert_eq!(open.shape.joins.len(), 0);
        assert_eq!(narrow.shape.joins.len(), 1);
        assert!(narrow.shape.joins[0].seen.is_some());
    }
}
