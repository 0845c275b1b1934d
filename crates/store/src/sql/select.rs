//! A plan's shape to the text of its page and of its count.

use sidegate_model::definition::{Part, PartColumn};
use sidegate_model::query::{
    AVERAGE_PLACES, ColumnAt, Condition, Direction, Function, MOST_OWNERS, OWNER, Shape, Show, Test,
};
use sidegate_model::{
    Definition, Field, FieldIndex, FieldType, ObjectIndex, Realm, Registry, Rule,
};

use super::dialect::Dialect;
use super::{Slot, Text, Writer, system};

/// The statement that reads one page of a shape.
///
/// With `carry`, each row is preceded by the access versions and the change number of the objects
/// touched, and there is one row with nothing else when the page is empty: one statement, one
/// snapshot, one round trip. The page is a subquery beside a single row, so a nested loop is the
/// only way to run it and its order stays.
#[must_use]
pub fn page(registry: &Registry, shape: &Shape, dialect: Dialect, carry: bool) -> Text {
    let mut out = Writer::new(dialect);
    if carry {
        out.push("select ");
        system::carried_columns(&mut out, &tables(registry, shape));
        out.push(", p.here");
        for at in 0..shape.outputs.len() {
            out.push(&format!(", p.c{at}"));
        }
        out.push(" from ");
        system::carried_from(&mut out);
        out.push(" left join (");
    }
    let select = Select {
        registry,
        shape,
        owners: [None; MOST_OWNERS as usize],
        depth: 0,
    };
    out.push("select ");
    if carry {
        out.push("cast(1 as bigint) as here");
    }
    for (at, output) in shape.outputs.iter().enumerate() {
        if carry || at > 0 {
            out.push(", ");
        }
        select.output(&mut out, output.at, output.show);
        if carry {
            out.push(&format!(" as c{at}"));
        }
    }
    select.body(&mut out, |_| true);
    select.group(&mut out);
    if !shape.order.is_empty() {
        out.push(" order by ");
    }
    for (at, order) in shape.order.iter().enumerate() {
        if at > 0 {
            out.push(", ");
        }
        select.shown(&mut out, order.at, order.function);
        out.push(dialect.nulls(
            order.direction == Direction::Ascending,
            order.function.is_some() || select.may_be_null(order.at),
        ));
    }
    out.push(" limit ")
        .bind(Slot::Limit)
        .push(" offset ")
        .bind(Slot::Offset);
    if carry {
        out.push(") p on true");
    }
    out.finish()
}

/// The statement that counts all rows of a shape. Follows only references that the condition needs.
#[must_use]
pub fn count(registry: &Registry, shape: &Shape, dialect: Dialect) -> Text {
    let mut needed = vec![false; shape.joins.len() + 1];
    mark(&shape.condition, &mut needed);
    if shape.grouped {
        for at in shape.groups() {
            needed[usize::from(at.alias)] = true;
        }
    }
    for at in (1..=shape.joins.len()).rev() {
        if needed[at] {
            needed[usize::from(shape.joins[at - 1].from)] = true;
        }
    }
    let mut out = Writer::new(dialect);
    let select = Select {
        registry,
        shape,
        owners: [None; MOST_OWNERS as usize],
        depth: 0,
    };
    if shape.grouped {
        out.push("select count(*) from (select count(*)");
        select.body(&mut out, |alias| needed[alias]);
        select.group(&mut out);
        out.push(") g");
    } else {
        out.push("select count(*)");
        select.body(&mut out, |alias| needed[alias]);
    }
    out.finish()
}

/// A condition on a record that stands in a statement as [`OWNER`].
pub(super) fn condition_on(
    registry: &Registry,
    definition: &Definition,
    out: &mut Writer,
    condition: &Condition,
) {
    let shape = Shape {
        object: definition.index,
        joins: Vec::new(),
        outputs: Vec::new(),
        condition: Condition::All(Vec::new()),
        order: Vec::new(),
        grouped: false,
        children: None,
        lists: Vec::new(),
    };
    let mut owners = [None; MOST_OWNERS as usize];
    owners[0] = Some(definition);
    let select = Select {
        registry,
        shape: &shape,
        owners,
        depth: 1,
    };
    select.condition(out, condition);
}

/// The tables that a shape reads, each once, in order.
#[must_use]
pub fn tables<'a>(registry: &'a Registry, shape: &Shape) -> Vec<&'a str> {
    let base = registry.at(shape.object);
    let mut tables = Vec::new();
    for part in &base.parts {
        tables.push(registry.at(part.of).table.as_str());
        tables.extend(
            part.with
                .map(|(beside, ..)| registry.at(beside).table.as_str()),
        );
    }
    if base.parts.is_empty() {
        tables.push(base.table.as_str());
    }
    tables.extend(
        shape
            .joins
            .iter()
            .map(|join| registry.at(join.target).table.as_str()),
    );
    let mut found = |object| tables.push(registry.at(object).table.as_str());
    looked_up(&shape.condition, &mut found);
    if let Some(children) = &shape.children {
        looked_up(children, &mut found);
    }
    for seen in shape.joins.iter().filter_map(|join| join.seen.as_ref()) {
        looked_up(seen, &mut found);
    }
    for (list, seen) in &shape.lists {
        let field = registry.at(shape.object).field(*list);
        let through = field.list.as_ref().and_then(|list| list.through);
        through
            .into_iter()
            .for_each(|through| found(through.object));
        if let Some(target) = registry.target_of(field) {
            found(target.index);
        }
        if let Some(seen) = seen {
            looked_up(seen, &mut found);
        }
    }
    tables.sort_unstable();
    tables.dedup();
    tables
}

/// The objects that a condition looks into beside the rows it is about.
fn looked_up(condition: &Condition, found: &mut dyn FnMut(ObjectIndex)) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            for part in parts {
                looked_up(part, found);
            }
        }
        Condition::NamesNone(_, object, _) => found(*object),
        Condition::Belongs(_, object, inner)
        | Condition::Lists(_, object, inner)
        | Condition::ListsNone(_, object, inner) => {
            found(*object);
            looked_up(inner, found);
        }
        Condition::After(_) | Condition::Test(..) | Condition::Unless(..) => {}
    }
}

fn mark(condition: &Condition, needed: &mut [bool]) {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => {
            for part in parts {
                mark(part, needed);
            }
        }
        Condition::Test(at, _)
        | Condition::Unless(at, _)
        | Condition::Belongs(at, ..)
        | Condition::NamesNone(at, ..) => {
            needed[usize::from(at.alias)] = true;
        }
        Condition::After(columns) => {
            for (at, _) in columns {
                needed[usize::from(at.alias)] = true;
            }
        }
        // A list is the object's own.
        Condition::Lists(..) | Condition::ListsNone(..) => {}
    }
}

#[derive(Clone, Copy)]
struct Select<'a> {
    registry: &'a Registry,
    shape: &'a Shape,
    /// The objects of the records that a row belongs to, where they are looked at: the nearest first.
    owners: [Option<&'a Definition>; MOST_OWNERS as usize],
    /// How many of them there are.
    depth: u16,
}

impl<'a> Select<'a> {
    fn definition(&self, alias: u16) -> &'a Definition {
        match alias {
            0 => self.registry.at(self.shape.object),
            n if n > OWNER - MOST_OWNERS => self.owners[usize::from(OWNER - n)]
                .expect("an owner's column stands where one is looked at"),
            n => self
                .registry
                .at(self.shape.joins[usize::from(n) - 1].target),
        }
    }

    fn kind(&self, at: ColumnAt) -> &'a FieldType {
        &self.definition(at.alias).field(at.field).kind
    }

    /// Whether a column can read as null: where its reference leads nowhere, or when nothing requires it.
    fn may_be_null(&self, at: ColumnAt) -> bool {
        let field = self.definition(at.alias).field(at.field);
        let required = field.is(Rule::Required) && !field.is(Rule::Nullable);
        at.alias != 0 || !(required || at.field == FieldIndex::KEY)
    }

    fn column(&self, out: &mut Writer, at: ColumnAt) {
        let column = &self.definition(at.alias).field(at.field).column;
        out.push(&alias(at.alias)).push(".").name(column);
    }

    fn body(&self, out: &mut Writer, with: impl Fn(usize) -> bool) {
        let base = self.definition(0);
        out.push(" from ");
        if base.parts.is_empty() {
            out.name(&base.table);
        } else {
            self.parts(out, base);
        }
        out.push(" t");
        for (at, join) in self.shape.joins.iter().enumerate() {
            if !with(at + 1) {
                continue;
            }
            let target = self.registry.at(join.target);
            let this = alias(u16::try_from(at + 1).expect("bounded joins"));
            out.push(" left join ")
                .name(&target.table)
                .push(" ")
                .push(&this)
                .push(" on ");
            if target.realm == Realm::Company {
                out.company(&this).push(" and ");
            }
            out.push(&this).push(".").name("key").push(" = ");
            self.column(out, ColumnAt::plain(join.from, join.through));
            if let Some(seen) = &join.seen {
                out.push(" and ");
                self.condition(out, seen);
            }
        }
        out.push(" where ");
        match base.realm {
            Realm::Company => out.company("t"),
            Realm::Server => out.push("true"),
        };
        if self.shape.condition != Condition::All(Vec::new()) {
            out.push(" and ");
            self.condition(out, &self.shape.condition);
        }
    }

    /// The rows of several objects, put together. Keys of a first part stay what they are, and those of
    /// others are beyond what any counter reaches: each key of a further part shifted by its number, and
    /// of rows that stand beside each other the two keys that they name.
    fn parts(&self, out: &mut Writer, whole: &Definition) {
        out.push("(");
        for (number, part) in whole.parts.iter().enumerate() {
            let of = self.registry.at(part.of);
            if number > 0 {
                out.push(" union ");
            }
            out.push("select p.\"company\" as \"company\", ");
            let beside = part.with.map(|(object, ..)| self.registry.at(object));
            match (beside, named_by(part, of, beside)) {
                (Some(beside), Some((one, other))) => {
                    out.push("p.").name(&of.field(one).column);
                    out.push(&format!(" * {APART} + m."));
                    out.name(&beside.field(other).column)
                }
                _ if number == 0 => out.push("p.\"key\""),
                _ => out.push(&format!("p.\"key\" + {number} * {APART}")),
            };
            out.push(" as \"key\"");
            for field in columns(whole) {
                out.push(", ");
                self.part_column(out, part, field.index);
                out.push(" as ").name(&field.column);
            }
            out.push(" from ").name(&of.table).push(" p");
            if let (Some(beside), Some((_, one, other))) = (beside, part.with) {
                out.push(" join ").name(&beside.table).push(" m on ");
                out.company("m").push(" and m.");
                out.name(&beside.field(other).column).push(" = p.");
                out.name(&of.field(one).column);
            }
            out.push(" where ");
            out.company("p");
            if number > 0 {
                self.unless_first(out, whole, part);
            }
        }
        out.push(")");
    }

    fn part_column(&self, out: &mut Writer, part: &Part, field: FieldIndex) {
        match &part.columns[usize::from(field.0)] {
            PartColumn::Of(own) => {
                out.push("p.")
                    .name(&self.registry.at(part.of).field(*own).column);
            }
            PartColumn::With(own) => {
                let beside = part.with.expect("checked at load").0;
                out.push("m.")
                    .name(&self.registry.at(beside).field(*own).column);
            }
            PartColumn::Word(word) => {
                let (before, after) = out.dialect.literal();
                out.push(before).push(&word.replace('\'', "''")).push(after);
            }
            PartColumn::Nothing => {
                out.push("null");
            }
        }
    }

    /// That the first part has no row that says the same.
    fn unless_first(&self, out: &mut Writer, whole: &Definition, part: &Part) {
        let first = &whole.parts[0];
        let of = self.registry.at(first.of);
        let at = |part: &Part, field: &Field| part.columns[usize::from(field.index.0)].clone();
        let told: Vec<&Field> = columns(whole).filter(|field| !field.is_stamp()).collect();
        let apart = told.iter().any(|field| {
            let word = |column| matches!(column, PartColumn::Word(_));
            at(first, field) != at(part, field) && word(at(first, field)) && word(at(part, field))
        });
        if apart {
            return;
        }
        out.push(" and not exists (select 1 from ").name(&of.table);
        out.push(" d where ");
        out.company("d");
        for field in told {
            if let PartColumn::Of(own) = at(first, field) {
                out.push(" and d.").name(&of.field(own).column).push(" = ");
                self.part_column(out, part, field.index);
            }
        }
        out.push(")");
    }

    /// What groups rows, where aggregates are asked for.
    fn group(&self, out: &mut Writer) {
        if !self.shape.grouped {
            return;
        }
        for (number, at) in self.shape.groups().enumerate() {
            out.push(if number == 0 { " group by " } else { ", " });
            self.column(out, at);
        }
    }

    /// A column, or what a function makes of it. Averages are cut off, equally on both databases.
    fn shown(&self, out: &mut Writer, at: ColumnAt, function: Option<Function>) {
        let (before, after) = match function {
            None => ("", String::new()),
            Some(Function::Count) => ("count(", ")".to_owned()),
            Some(Function::Sum) => ("cast(sum(", ") as bigint)".to_owned()),
            Some(Function::Least) => ("min(", ")".to_owned()),
            Some(Function::Greatest) => ("max(", ")".to_owned()),
            Some(Function::Average) => {
                let units = 10_i64.pow(u32::from(AVERAGE_PLACES));
                for (number, piece) in out.dialect.average(units).iter().enumerate() {
                    if number > 0 {
                        self.column(out, at);
                    }
                    out.push(piece);
                }
                return;
            }
        };
        out.push(before);
        self.column(out, at);
        out.push(&after);
    }

    fn condition(&self, out: &mut Writer, condition: &Condition) {
        let (parts, word, nothing) = match condition {
            Condition::All(parts) => (parts, " and ", "true"),
            Condition::Any(parts) => (parts, " or ", "false"),
            Condition::Test(at, test) => return self.test(out, *at, *test),
            Condition::After(columns) => return self.after(out, columns),
            Condition::Belongs(at, object, inner) => {
                return self.belongs(out, *at, self.registry.at(*object), inner);
            }
            Condition::Lists(list, object, inner) => {
                out.push("exists (select 1");
                self.listed(out, *list, self.registry.at(*object), Some(inner));
                out.push(")");
                return;
            }
            Condition::ListsNone(list, object, inner) => {
                out.push("not exists (select 1");
                self.listed(out, *list, self.registry.at(*object), Some(inner));
                out.push(")");
                return;
            }
            Condition::NamesNone(at, object, field) => {
                return self.names_none(out, *at, self.registry.at(*object), *field);
            }
            Condition::Unless(at, test) => {
                out.push("(");
                self.column(out, *at);
                out.push(" is null or not (");
                self.test(out, *at, *test);
                out.push("))");
                return;
            }
        };
        if parts.is_empty() {
            out.push(nothing);
            return;
        }
        out.push("(");
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                out.push(word);
            }
            self.condition(out, part);
        }
        out.push(")");
    }

    fn after(&self, out: &mut Writer, columns: &[(ColumnAt, u16)]) {
        out.push("(");
        for (number, (at, _)) in columns.iter().enumerate() {
            if number > 0 {
                out.push(", ");
            }
            self.column(out, *at);
        }
        out.push(") > (");
        for (number, (_, value)) in columns.iter().enumerate() {
            if number > 0 {
                out.push(", ");
            }
            out.bind(Slot::Value(*value));
        }
        out.push(")");
    }

    /// The same statement within a look at a record that a row belongs to.
    fn inside(&self, owner: &'a Definition) -> Self {
        let mut inside = *self;
        inside.owners[usize::from(self.depth)] = Some(owner);
        inside.depth += 1;
        inside
    }

    fn belongs(&self, out: &mut Writer, at: ColumnAt, owner: &'a Definition, inner: &Condition) {
        let this = alias(OWNER - self.depth);
        out.push("exists (select 1 from ")
            .name(&owner.table)
            .push(" ")
            .push(&this)
            .push(" where ");
        if owner.realm == Realm::Company {
            out.company(&this).push(" and ");
        }
        out.push(&this).push(".\"key\" = ");
        self.column(out, at);
        out.push(" and ");
        self.inside(owner).condition(out, inner);
        out.push(")");
    }

    /// The records that a list of the row names, of those that satisfy a condition.
    fn listed(
        &self,
        out: &mut Writer,
        list: FieldIndex,
        target: &'a Definition,
        inner: Option<&Condition>,
    ) {
        let kept = self.definition(0).field(list).list.as_ref();
        let kept = kept.expect("lists are kept somewhere");
        let this = alias(OWNER - self.depth);
        out.push(" from ").name(&kept.table).push(" l join ");
        out.name(&target.table).push(" ").push(&this).push(" on ");
        if target.realm == Realm::Company {
            out.company(&this).push(" and ");
        }
        out.push(&this).push(".\"key\" = l.").name(&kept.target);
        out.push(" where ");
        out.company("l").push(" and l.").name(&kept.owner);
        out.push(" = t.\"key\"");
        if let Some(inner) = inner {
            out.push(" and ");
            self.inside(target).condition(out, inner);
        }
    }

    /// What a list of the row names, in its order, as one text.
    fn list(&self, out: &mut Writer, list: FieldIndex, member: FieldIndex) {
        let field = self.definition(0).field(list);
        let target = self.registry.target_of(field);
        let target = target.expect("a list names a declared object");
        let kept = field.list.as_ref().expect("lists are kept somewhere");
        let shown = self.shape.lists.iter().find(|(known, _)| *known == list);
        let (before, between) = out.dialect.joined();
        out.push("(select ").push(before).push("coalesce(o.");
        out.name(&target.field(member).column).push(", '')");
        out.push(between).push(" order by l.").name(&kept.place);
        out.push(")");
        self.listed(out, list, target, shown.and_then(|(_, seen)| seen.as_ref()));
        out.push(")");
    }

    fn names_none(&self, out: &mut Writer, at: ColumnAt, object: &Definition, field: FieldIndex) {
        out.push("(");
        self.column(out, at);
        out.push(" is null or ");
        self.column(out, at);
        out.push(" not in (select n.\"key\" from ")
            .name(&object.table)
            .push(" n where ");
        out.company("n")
            .push(" and n.")
            .name(&object.field(field).column);
        out.push("))");
    }

    /// A selected column, or what it says about the row.
    fn output(&self, out: &mut Writer, at: ColumnAt, show: Show) {
        if let Show::Listed(member) = show {
            return self.list(out, at.field, member);
        }
        if show != Show::Named {
            return self.shown(out, at, function_of(show));
        }
        let object = self.definition(at.alias);
        out.push("exists (select 1 from ")
            .name(&object.table)
            .push(" o where ");
        out.company("o")
            .push(" and o.")
            .name(&object.field(at.field).column);
        out.push(" = t.\"key\"");
        if let Some(seen) = &self.shape.children {
            out.push(" and ");
            self.inside(object).condition(out, seen);
        }
        out.push(")");
    }

    fn test(&self, out: &mut Writer, at: ColumnAt, test: Test) {
        match test {
            Test::Contains(value) => {
                out.push(out.dialect.position()).push("(");
                self.text(out, at);
                out.push(", ").bind(Slot::Value(value)).push(") > 0");
            }
            Test::StartsWith(value) => {
                out.push("substr(");
                self.text(out, at);
                out.push(", 1, length(").bind(Slot::Value(value));
                out.push(")) = ").bind(Slot::Value(value));
            }
            Test::EndsWith(value) => {
                let (before, sign) = out.dialect.ending();
                out.push(before).push("(");
                self.text(out, at);
                out.push(", ")
                    .push(sign)
                    .push("length(")
                    .bind(Slot::Value(value));
                out.push(")) = ").bind(Slot::Value(value));
            }
            Test::Like(value) => {
                let (before, between, after) = out.dialect.like();
                out.push(before);
                self.text(out, at);
                out.push(between).bind(Slot::Value(value)).push(after);
            }
            Test::Differs(value) => {
                out.push("(");
                self.value(out, at);
                out.push(" <> ").bind(Slot::Value(value)).push(" or ");
                self.column(out, at);
                out.push(" is null)");
            }
            Test::In(value) => {
                let (before, after) = out.dialect.among();
                self.value(out, at);
                out.push(before).bind(Slot::Value(value)).push(after);
            }
            Test::Equals(value) => self.compare(out, at, " = ", value),
            Test::Less(value) => self.compare(out, at, " < ", value),
            Test::LessOrEquals(value) => self.compare(out, at, " <= ", value),
            Test::Greater(value) => self.compare(out, at, " > ", value),
            Test::GreaterOrEquals(value) => self.compare(out, at, " >= ", value),
            Test::IsNull => {
                self.column(out, at);
                out.push(" is null");
            }
            Test::NotNull => {
                self.column(out, at);
                out.push(" is not null");
            }
        }
    }

    fn compare(&self, out: &mut Writer, at: ColumnAt, sign: &str, value: u16) {
        self.value(out, at);
        out.push(sign).bind(Slot::Value(value));
    }

    /// What a test compares: the column, or its text without regard to case.
    fn value(&self, out: &mut Writer, at: ColumnAt) {
        if !at.fold {
            return self.column(out, at);
        }
        match self.definition(at.alias).field(at.field).fold_column() {
            Some(folded) => {
                out.push(&alias(at.alias)).push(".").name(&folded);
            }
            None => {
                let (before, after) = out.dialect.folded();
                out.push(before);
                self.column(out, at);
                out.push(after);
            }
        }
    }

    /// The text of a column, of any type, as doors show it.
    fn text(&self, out: &mut Writer, at: ColumnAt) {
        match self.kind(at) {
            kind if kind.is_textual() || matches!(kind, FieldType::Words(_)) => self.value(out, at),
            FieldType::Decimal { scale, bare } if *scale > 0 => {
                // A bare number has no zeros at its end, nor a point there.
                let (before, after) = if *bare {
                    ("rtrim(rtrim(", ", '0'), '.')")
                } else {
                    ("", "")
                };
                out.push(before);
                let unit = 10_i64.pow(u32::from(*scale)).to_string();
                let mut part = |before: &str, after: &str| {
                    out.push(before);
                    self.column(out, at);
                    out.push(after);
                };
                part("(case when ", " < 0 then '-' else '' end || cast(");
                part(
                    "abs(",
                    &format!(") / {unit} as text) || '.' || substr(cast("),
                );
                part("abs(", &format!(") % {unit} + {unit} as text), 2))"));
                out.push(after);
            }
            _ => {
                out.push("cast(");
                self.column(out, at);
                out.push(" as text)");
            }
        }
    }
}

/// What keys of further parts are apart; no counter of a company comes so far.
const APART: i64 = 1 << 32;

/// The columns of rows that are put together, but for the key.
fn columns(whole: &Definition) -> impl Iterator<Item = &Field> {
    whole
        .stored()
        .filter(|field| field.index != FieldIndex::KEY)
}

/// The two references that tell rows that stand beside each other: one of each object.
fn named_by(
    part: &Part,
    of: &Definition,
    beside: Option<&Definition>,
) -> Option<(FieldIndex, FieldIndex)> {
    let one = part.columns.iter().find_map(|column| match column {
        PartColumn::Of(own) => of.field(*own).kind.target().map(|_| *own),
        _ => None,
    });
    let other = part.columns.iter().find_map(|column| match column {
        PartColumn::With(own) => beside?.field(*own).kind.target().map(|_| *own),
        _ => None,
    });
    one.zip(other)
}

fn function_of(show: Show) -> Option<Function> {
    match show {
        Show::Aggregate(function) => Some(function),
        Show::Value | Show::Href(_) | Show::Named | Show::Listed(_) => None,
    }
}

fn alias(number: u16) -> String {
    match number {
        0 => "t".to_owned(),
        OWNER => "o".to_owned(),
        n if n > OWNER - MOST_OWNERS => format!("o{}", OWNER - n),
        _ => format!("r{number}"),
    }
}
