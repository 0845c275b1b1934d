//! Where each name of a query becomes a column, a reference followed, or a problem with its place.

use std::sync::Arc;

use super::aggregate::{Function, split};
use super::plan::Plan;
use super::shape::{
    Bind, ColumnAt, Condition, Join, MOST_OWNERS, OWNER, Order, Output, Shape, Show, Test, Window,
};
use super::{Direction, MOST_JOINS};
use crate::access::{Limits, Sight};
use crate::definition::{Definition, Field, FieldIndex, ObjectIndex, Source};
use crate::field_type::FieldType;
use crate::path::{End, Path, resolve_internal};
use crate::problem::{self, Problem};
use crate::registry::Registry;
use crate::value::{RecordKey, Value};

pub(super) type Resolve = fn(&Registry, &Definition, &str) -> Option<Path>;

/// A plan in the making.
pub(super) struct Planner<'a> {
    pub(super) registry: &'a Registry,
    /// The object asked.
    pub(super) asked: &'a Definition,
    /// The object whose rows are read: the one asked, or a view's base.
    pub(super) definition: &'a Definition,
    pub(super) sight: Sight,
    pub(super) resolve: Resolve,
    pub(super) joins: Vec<Join>,
    pub(super) outputs: Vec<Output>,
    pub(super) names: Vec<String>,
    pub(super) order: Vec<Order>,
    pub(super) values: Vec<Bind>,
    pub(super) problems: Vec<Problem>,
    /// Whether a page may go on after the one before.
    pub(super) goes_on: bool,
    /// Whether lists of words and files may be shown: in whole records, not in a query's rows.
    pub(super) shows_lists: bool,
    /// Whether filters compare text without regard to case.
    pub(super) ignore_case: bool,
    /// The day that date macros speak from.
    pub(super) today: i32,
    /// Which children of a row the caller sees, where it is asked whether there are any.
    pub(super) children: Option<Condition>,
    /// The lists shown, each with which of its records the caller sees.
    pub(super) lists: Vec<(FieldIndex, Option<Condition>)>,
    /// Whether members of lists may be named.
    pub(super) names_lists: bool,
    /// Lists that the caller is restricted to, each with its number among the values.
    limits: Vec<(*const RecordKey, u16)>,
}

/// Whether an alias is that of a record that a row belongs to.
fn is_owner(alias: u16) -> bool {
    alias > OWNER - MOST_OWNERS
}

/// The alias of the record that a row of this alias belongs to.
fn above(alias: u16) -> u16 {
    if is_owner(alias) { alias - 1 } else { OWNER }
}

/// A column that names one of these, or nothing, which all see; a record's own key always names it.
fn named_or_shared(at: ColumnAt, test: Test) -> Condition {
    let named = Condition::Test(at, test);
    if at.field == FieldIndex::KEY {
        return named;
    }
    Condition::Any(vec![Condition::Test(at, Test::IsNull), named])
}

impl<'a> Planner<'a> {
    pub(super) fn new(
        registry: &'a Registry,
        definition: &'a Definition,
        sight: Sight,
        resolve: Resolve,
    ) -> Self {
        Self {
            registry,
            asked: definition,
            definition: registry.at(definition.base),
            sight,
            resolve,
            joins: Vec::new(),
            outputs: Vec::new(),
            names: Vec::new(),
            order: Vec::new(),
            values: Vec::new(),
            problems: Vec::new(),
            goes_on: false,
            shows_lists: true,
            ignore_case: false,
            today: 0,
            children: None,
            lists: Vec::new(),
            names_lists: false,
            limits: Vec::new(),
        }
    }

    pub(super) fn bind(&mut self, value: Bind) -> u16 {
        self.values.push(value);
        u16::try_from(self.values.len()).expect("entries and values are bounded")
    }

    /// Rows of `alias` that the caller sees; none when she sees all.
    pub(super) fn seen(&mut self, object: ObjectIndex, alias: u16) -> Option<Condition> {
        let mut parts = Vec::new();
        parts.extend(match self.registry.at(object).restriction.entity {
            Some(field) => self.in_entity(object, ColumnAt::plain(alias, field)),
            None => None,
        });
        parts.extend(self.within_limits(object, alias));
        parts.extend(self.belongs(object, alias));
        let others = (!parts.is_empty()).then(|| Condition::all(parts));
        self.of_one_user(object, alias, others)
    }

    /// Rows of the user who looks, and those of others that are shown to her, as far as she sees them.
    fn of_one_user(
        &mut self,
        object: ObjectIndex,
        alias: u16,
        others: Option<Condition>,
    ) -> Option<Condition> {
        let restriction = &self.registry.at(object).restriction;
        let (Some(own), Some(user)) = (restriction.own, self.sight.user) else {
            return others;
        };
        let number = self.bind(Bind::One(Value::Key(user)));
        let own = Condition::Test(ColumnAt::plain(alias, own), Test::Equals(number));
        let shown = match restriction.public {
            // Administrators see no more of what is private, and change what is public.
            Some(_) if self.sight.changes && !self.sight.administers => return Some(own),
            Some(public) => {
                let number = self.bind(Bind::One(Value::Boolean(true)));
                let public = Condition::Test(ColumnAt::plain(alias, public), Test::Equals(number));
                Condition::all(others.into_iter().chain([public]).collect())
            }
            None if self.sight.administers => others?,
            None => return Some(own),
        };
        Some(Condition::Any(vec![own, shown]))
    }

    /// Rows of the entity of the call, or of one that the caller is restricted to; and the shared ones.
    fn in_entity(&mut self, object: ObjectIndex, at: ColumnAt) -> Option<Condition> {
        let test = match self.sight.entity {
            Some(entity) => Test::Equals(self.bind(Bind::One(Value::Key(entity)))),
            None => match self.limit(|limits| limits.entities.as_deref()) {
                Some(number) => Test::In(number),
                None => return self.is_open(object, at),
            },
        };
        let named = named_or_shared(at, test);
        Some(match self.is_open(object, at) {
            Some(open) => Condition::All(vec![named, open]),
            None => named,
        })
    }

    /// Rows of the locations, departments and territories that the caller is restricted to.
    fn within_limits(&mut self, object: ObjectIndex, alias: u16) -> Vec<Condition> {
        let Some(limits) = self.sight.limits.clone() else {
            return Vec::new();
        };
        let restriction = &self.registry.at(object).restriction;
        let mut parts = Vec::new();
        if let Some(field) = restriction.location
            && let Some(number) = self.limit(|limits| Some(&limits.locations.as_ref()?.keys))
        {
            let at = ColumnAt::plain(alias, field);
            let home = restriction
                .entity
                .map(|entity| ColumnAt::plain(alias, entity));
            parts.push(self.in_location(at, home, number));
        }
        if (!restriction.transactions || limits.hides_departments || self.sight.changes)
            && let Some(number) = self.limit(|limits| limits.departments.as_deref())
        {
            let own = restriction
                .department
                .map(|field| ColumnAt::plain(alias, field));
            parts.extend(own.map(|at| named_or_shared(at, Test::In(number))));
            parts.extend(self.in_department_of(object, alias, number));
        }
        if let Some(field) = restriction.territory
            && let Some(number) = self.limit(|limits| limits.territories.as_deref())
        {
            parts.push(named_or_shared(
                ColumnAt::plain(alias, field),
                Test::In(number),
            ));
        }
        parts
    }

    /// Rows that name a record of a department among those of a number.
    fn in_department_of(&self, object: ObjectIndex, alias: u16, number: u16) -> Option<Condition> {
        let definition = self.registry.at(object);
        let through = definition.restriction.department_of?;
        let target = self.registry.target_of(definition.field(through))?;
        let department = target.restriction.department?;
        let at = ColumnAt::plain(alias, through);
        let inner = ColumnAt::plain(above(alias), department);
        let inner = named_or_shared(inner, Test::In(number));
        Some(Condition::Any(vec![
            Condition::Test(at, Test::IsNull),
            Condition::Belongs(at, target.index, Box::new(inner)),
        ]))
    }

    /// Rows of a location among those of a number; a row without one counts under every location of its
    /// entity, and without an entity under all.
    fn in_location(&mut self, at: ColumnAt, home: Option<ColumnAt>, number: u16) -> Condition {
        let test = Test::In(number);
        let Some(home) = home.filter(|_| at.field != FieldIndex::KEY) else {
            return named_or_shared(at, test);
        };
        let entities = self.limit(|limits| Some(&limits.locations.as_ref()?.entities));
        let entities = Test::In(entities.expect("locations come with their entities"));
        Condition::Any(vec![
            Condition::Test(at, test),
            Condition::All(vec![
                Condition::Test(at, Test::IsNull),
                named_or_shared(home, entities),
            ]),
        ])
    }

    /// The number of a list that the caller is restricted to, bound once for the whole statement.
    fn limit(
        &mut self,
        list: impl for<'l> Fn(&'l Limits) -> Option<&'l [RecordKey]>,
    ) -> Option<u16> {
        let limits = self.sight.limits.clone()?;
        let list = list(&limits)?;
        let place = list.as_ptr();
        if let Some((_, number)) = self.limits.iter().find(|(known, _)| *known == place) {
            return Some(*number);
        }
        let keys = list.iter().map(|key| Value::Key(*key)).collect();
        let number = self.bind(Bind::Many(keys));
        self.limits.push((place, number));
        Some(number)
    }

    /// Rows that belong to a record are seen where that record is.
    fn belongs(&mut self, object: ObjectIndex, alias: u16) -> Option<Condition> {
        let definition = self.registry.at(object);
        let through = definition.restriction.through?;
        if alias != 0 && !is_owner(alias) && !self.sight.restricts() {
            return None;
        }
        let owner = self.registry.target_of(definition.field(through))?;
        let seen = self.seen(owner.index, above(alias))?;
        let at = ColumnAt::plain(alias, through);
        Some(Condition::any(vec![
            Condition::Test(at, Test::IsNull),
            Condition::Belongs(at, owner.index, Box::new(seen)),
        ]))
    }

    /// At the top level, rows of private entities stay out of pages; what other rows refer to is shown.
    fn is_open(&self, object: ObjectIndex, at: ColumnAt) -> Option<Condition> {
        if !self.sight.hides_private
            || !(at.alias == 0 || is_owner(at.alias))
            || at.field == FieldIndex::KEY
        {
            return None;
        }
        let field = self.registry.at(object).field(at.field);
        let entities = self.registry.target_of(field)?;
        let private = entities.private?;
        Some(Condition::NamesNone(at, entities.index, private))
    }

    /// What tells where a row stands in its tree: its parent, and whether others name it as theirs.
    pub(super) fn hierarchy(&mut self) {
        let asked = self.asked;
        let own = |field: &&Field| field.kind.target() == Some(&asked.name);
        let Some(parent) = asked.named("parent").filter(own) else {
            return;
        };
        // A parent that is not seen reads as null, and a child that is not seen is none.
        let above = self.place(&[parent.index], asked.index, FieldIndex::KEY);
        // Children are asked for in whole, private entities or not, as references are.
        let hides_private = std::mem::take(&mut self.sight.hides_private);
        self.children = self.seen(asked.index, OWNER);
        self.sight.hides_private = hides_private;
        let below = ColumnAt::plain(0, parent.index);
        for (name, at, show) in [
            ("hierarchy.parent.key", above, Show::Value),
            ("hierarchy.hasChildren", below, Show::Named),
        ] {
            self.names.push(name.to_owned());
            self.outputs.push(Output { at, show });
        }
    }

    /// The alias of the object that references lead to, joining what is not joined yet.
    pub(super) fn follow(&mut self, hops: &[FieldIndex]) -> u16 {
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
    pub(super) fn too_many_joins(&mut self) {
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
        let path = (self.resolve)(self.registry, self.asked, name)?;
        let End::Field(field) = path.end else {
            return None;
        };
        Some((
            self.place(&path.hops, path.object, field),
            &self.registry.at(path.object).field(field).kind,
        ))
    }

    pub(super) fn place(
        &mut self,
        hops: &[FieldIndex],
        object: ObjectIndex,
        field: FieldIndex,
    ) -> ColumnAt {
        // An id that shows the key is the key.
        let field = match self.registry.at(object).field(field).column.as_str() {
            "key" => FieldIndex::KEY,
            _ => field,
        };
        // The key of a reference stands in the referring row, unless sight may hide the other one.
        if let (FieldIndex::KEY, [rest @ .., last]) = (field, hops) {
            let target = self.registry.at(object);
            let hides = self.sight.restricts() && target.restriction.is_any();
            if !hides {
                return ColumnAt::plain(self.follow(rest), *last);
            }
        }
        ColumnAt::plain(self.follow(hops), field)
    }

    pub(super) fn output(&mut self, name: &str, place: &str) {
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

    /// A list of the object asked, what it names, and the member of that which a dotted name means, such
    /// as `locations.name`.
    pub(super) fn listed(&self, name: &str) -> Option<(&'a Field, &'a Definition, &'a Field)> {
        let lists = self.asked.fields.iter();
        let mut lists = lists.filter(|field| self.names_lists && field.is_list());
        let (list, member) = lists.find_map(|field| {
            let member = name.strip_prefix(&field.name)?.strip_prefix('.')?;
            Some((self.definition.named(field.in_base())?, member))
        })?;
        let target = self.registry.target_of(list)?;
        let member = match target.named(member) {
            None if member == "id" => target.field(target.id?),
            found => found?,
        };
        let is_plain = member.is_visible() && member.kind.is_textual() && member.from.is_none();
        (is_plain && target.source != Source::View).then_some((list, target, member))
    }

    fn show_list(&mut self, list: &Field, target: &Definition, member: &Field) -> (ColumnAt, Show) {
        if self.lists.iter().all(|(known, _)| *known != list.index) {
            let seen = self.seen(target.index, OWNER);
            self.lists.push((list.index, seen));
        }
        (ColumnAt::plain(0, list.index), Show::Listed(member.index))
    }

    pub(super) fn plain(&mut self, name: &str, place: &str) -> Option<(ColumnAt, Show)> {
        if let Some((list, target, member)) = self.listed(name) {
            return Some(self.show_list(list, target, member));
        }
        let Some(path) = (self.resolve)(self.registry, self.asked, name) else {
            self.unknown(name, place);
            return None;
        };
        let (field, show) = match path.end {
            End::Field(field) => {
                let kind = &self.registry.at(path.object).field(field).kind;
                if !self.shows_lists && !kind.is_flat() {
                    self.unknown(name, place);
                    return None;
                }
                (field, Show::Value)
            }
            End::Href => (FieldIndex::KEY, Show::Href(path.object)),
        };
        Some((self.place(&path.hops, path.object, field), show))
    }

    pub(super) fn aggregate(
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

    pub(super) fn order(&mut self, name: &str, direction: Direction, place: &str) {
        let found = match split(name) {
            Some((function, field)) => self
                .aggregate(name, function, field, place)
                .map(|(at, function)| (at, Some(function))),
            None => {
                let column = self.column(name).filter(|(_, kind)| kind.is_flat());
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

    pub(super) fn is_grouped(&self) -> bool {
        self.outputs
            .iter()
            .any(|output| matches!(output.show, Show::Aggregate(_)))
    }

    pub(super) fn unknown(&mut self, name: &str, place: &str) {
        let unknown = problem::QUERY_FIELD
            .with("FIELD", name)
            .with("OBJECT", &self.asked.name);
        self.problems.push(unknown.at(place));
    }

    /// What people call each record, under the name `id`.
    pub(super) fn id(&mut self) {
        let asked = self.asked;
        let id = asked.id.unwrap_or(FieldIndex::KEY);
        if let Some((at, show)) = self.plain(&asked.field(id).name, "") {
            self.names.push("id".to_owned());
            self.outputs.push(Output { at, show });
        }
    }

    /// Everything that doors show of a record, references with their members, but for one field.
    /// Last and without a name: the version that an answer's `ETag` tells.
    pub(super) fn whole(&mut self, but: Option<FieldIndex>) {
        let (registry, asked) = (self.registry, self.asked);
        for field in &asked.fields {
            let apart = field.is_list() || field.is_owned() || Some(field.index) == but;
            if !field.is_visible() || apart {
                continue;
            }
            if registry.target_of(field).is_none() {
                self.output(&field.name, "");
                continue;
            }
            let members = ["key", "id"]
                .into_iter()
                .chain(field.shows.iter().map(String::as_str));
            let inline = field.inline.iter().map(String::as_str).chain(["href"]);
            for member in members.chain(inline) {
                self.output(&format!("{}.{member}", field.name), "");
            }
        }
        self.output("href", "");
        let version = resolve_internal(registry, asked, "version");
        if let Some(Path {
            hops,
            object,
            end: End::Field(field),
        }) = version
        {
            let at = self.place(&hops, object, field);
            self.outputs.push(Output {
                at,
                show: Show::Value,
            });
        }
    }

    pub(super) fn by_key(mut self, key: RecordKey) -> Plan {
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

    /// Where outputs hold what sorts the rows, adding those that lack; nothing where a page cannot go
    /// on after a row.
    fn sorted_at(&mut self) -> Option<Arc<[usize]>> {
        let own = |order: &Order| {
            order.at.alias == 0
                && order.function.is_none()
                && order.direction == Direction::Ascending
        };
        if !self.order.iter().all(own) {
            return None;
        }
        let mut places = Vec::with_capacity(self.order.len());
        for order in &self.order {
            let output = Output {
                at: order.at,
                show: Show::Value,
            };
            let known = self.outputs.iter().position(|other| *other == output);
            places.push(known.unwrap_or(self.outputs.len()));
            if known.is_none() {
                self.outputs.push(output);
            }
        }
        Some(places.into())
    }

    pub(super) fn finish(
        mut self,
        condition: Condition,
        window: Window,
    ) -> Result<Plan, Vec<Problem>> {
        if self.is_grouped() {
            // A list groups nothing.
            let listed = |output: &Output| matches!(output.show, Show::Listed(_));
            if let Some(at) = self.outputs.iter().position(listed) {
                let name = self.names[at].clone();
                self.unknown(&name, "/fields");
            }
        }
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
        for (field, values) in &self.asked.only {
            let number = self.bind(Bind::Many(values.clone()));
            parts.push(Condition::Test(
                ColumnAt::plain(0, *field),
                Test::In(number),
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
        let sorted_at = if self.goes_on && !grouped {
            self.sorted_at()
        } else {
            None
        };
        Ok(Plan {
            sorted_at,
            shape: Arc::new(Shape {
                object: self.definition.index,
                joins: self.joins,
                outputs: self.outputs,
                condition: Condition::all(parts),
                order: self.order,
                grouped,
                children: self.children,
                lists: self.lists,
            }),
            values: self.values,
            names: self.names.into(),
            window,
            key_at: 0,
        })
    }
}
