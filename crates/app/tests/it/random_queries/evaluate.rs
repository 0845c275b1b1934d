//! What the rules say that a query answers, read as plainly as they stand: every row is looked at,
//! every value compared, everything sorted.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::ask::{Ask, Combine};
use super::calendar::{day_text, moment_text, read_day};
use super::filter::{Reader, Test, combined};
use super::limits::Limits;
use super::picture::{Belongs, Kind, Picture, Row, Schema, Value};

/// What has to be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// 400.
    Refused,
    /// 200 with this body.
    Page {
        body: String,
        /// How many rows it shows.
        rows: usize,
    },
}

/// Something that a query cannot ask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wrong;

pub(super) type Read<T> = Result<T, Wrong>;

/// A name that was understood: the references to follow, then the field.
#[derive(Clone, Debug)]
pub(super) struct Path {
    hops: Vec<(usize, usize)>,
    field: usize,
    pub(super) kind: Kind,
}

/// A company as somebody sees it.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    pub(super) schema: &'a Schema,
    pub(super) picture: &'a Picture,
    /// The entity that the caller works in.
    pub(super) entity: Option<i128>,
    /// Whether rows of private entities are shown at the top level too.
    pub(super) private: bool,
    /// What restricts the caller.
    pub(super) limits: Option<&'a Limits>,
}

impl Schema {
    /// What a dotted name means. The address of a record stands for its key.
    pub(super) fn path(&self, object: usize, name: &str) -> Read<Path> {
        if name == "href" {
            return Ok(Path {
                hops: Vec::new(),
                field: 0,
                kind: Kind::Href(object),
            });
        }
        for (at, field) in self.objects[object].fields.iter().enumerate() {
            let Kind::Reference(target) = field.kind else {
                if field.name == name {
                    return Ok(Path {
                        hops: Vec::new(),
                        // What people call by its key has that for its id.
                        field: match (name, &field.kind) {
                            ("id", Kind::Key) => 0,
                            _ => at,
                        },
                        kind: field.kind.clone(),
                    });
                }
                continue;
            };
            let rest = name
                .strip_prefix(&field.name)
                .and_then(|r| r.strip_prefix('.'));
            let inner = rest.map(|rest| match (rest, self.objects[target].id) {
                // The id of a reference is whatever people type.
                ("id", Some(id)) => Ok(Path {
                    hops: Vec::new(),
                    field: match self.objects[target].fields[id].kind {
                        Kind::Key => 0,
                        _ => id,
                    },
                    kind: self.objects[target].fields[id].kind.clone(),
                }),
                _ => self.path(target, rest),
            });
            if let Some(Ok(mut path)) = inner {
                path.hops.insert(0, (at, target));
                return Ok(path);
            }
        }
        Err(Wrong)
    }
}

impl<'a> Sight<'a> {
    /// Whether a row belongs to all, or to an entity of the caller's and to what she is restricted to.
    fn sees(&self, object: usize, row: &Row) -> bool {
        let shape = &self.schema.objects[object];
        let of_entity = match (self.entity, self.limits.and_then(|l| l.entities.as_ref())) {
            (Some(entity), _) => shape.is_of(row, &|key| key == entity),
            (None, Some(entities)) => shape.is_of(row, &|key| entities.contains(&key)),
            (None, None) => true,
        };
        let within = self
            .limits
            .is_none_or(|limits| limits.let_see(self.schema, self.picture, object, row));
        of_entity
            && within
            && self
                .owner(object, row)
                .is_none_or(|(object, owner)| self.sees(object, owner))
    }

    /// The record that a row belongs to.
    fn owner(&self, object: usize, row: &Row) -> Option<(usize, &'a Row)> {
        let (field, target) = self.schema.objects[object].owner?;
        match row.values[field] {
            Value::Number(key) => Some((target, self.picture.row(target, key)?)),
            _ => None,
        }
    }

    /// The entities whose rows stay out of pages.
    fn hidden(&self) -> BTreeSet<i128> {
        if self.entity.is_some() || self.private {
            return BTreeSet::new();
        }
        let entities = self.schema.entities();
        let flag = self.schema.path(entities, "isLimitedEntity");
        let flag = flag.expect("declared");
        let rows = self.picture.rows[entities].iter();
        rows.filter(|row| *self.value(row, &flag) == Value::Boolean(true))
            .map(|row| row.key)
            .collect()
    }

    /// Whether a row is on the pages of an object.
    fn lists(&self, object: usize, row: &Row, hidden: &BTreeSet<i128>) -> bool {
        !self.is_hidden(object, row, hidden) && self.sees(object, row)
    }

    /// Whether a row is one of these entities', or belongs to a record that is.
    fn is_hidden(&self, object: usize, row: &Row, hidden: &BTreeSet<i128>) -> bool {
        let own = match self.schema.objects[object].belongs {
            Belongs::By(field) => match row.values[field] {
                Value::Number(key) => hidden.contains(&key),
                _ => false,
            },
            _ => false,
        };
        own || self
            .owner(object, row)
            .is_some_and(|(object, owner)| self.is_hidden(object, owner, hidden))
    }

    /// The value at the end of a path. A reference to a row that is not seen reads as null.
    pub(super) fn value(&self, row: &'a Row, path: &Path) -> &'a Value {
        let mut at = row;
        for (field, target) in &path.hops {
            let Value::Number(key) = at.values[*field] else {
                return &Value::Null;
            };
            let seen = self.picture.row(*target, key);
            match seen.filter(|row| self.sees(*target, row)) {
                Some(row) => at = row,
                None => return &Value::Null,
            }
        }
        &at.values[path.field]
    }
}

/// Text without regard to case: Unicode lower case, character by character.
pub(super) fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// The text that an answer shows of a value, if it shows one.
pub(super) fn shown(schema: &Schema, kind: &Kind, value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Boolean(yes) => yes.to_string(),
        Value::Text(text) => text.clone(),
        Value::Words(words) => words.join(", "),
        Value::Number(number) => match kind {
            Kind::Decimal { places, bare } => {
                let text = decimal(*number, *places);
                let short = text.trim_end_matches('0').trim_end_matches('.');
                // A number of JSON has no zeros at its end.
                if *bare && *places > 0 {
                    short.to_owned()
                } else {
                    text
                }
            }
            Kind::Date => day_text(whole(*number)),
            Kind::Moment => moment_text(whole(*number)),
            Kind::Href(object) => format!("/objects/{}/{number}", schema.objects[*object].name),
            _ => number.to_string(),
        },
    })
}

fn whole(number: i128) -> i64 {
    i64::try_from(number).expect("days and moments are no larger")
}

fn decimal(units: i128, places: usize) -> String {
    let unit = 10_i128.pow(u32::try_from(places).expect("few places"));
    let sign = if units < 0 { "-" } else { "" };
    let units = units.abs();
    if places == 0 {
        return format!("{sign}{units}");
    }
    format!("{sign}{}.{:0places$}", units / unit, units % unit)
}

/// One member of the rows: a field, or what a function makes of a group's values.
struct Member<'a> {
    name: &'a str,
    function: Option<&'a str>,
    path: Path,
    /// The sort of what is shown.
    kind: Kind,
}

/// How many places an average has beyond its field's.
const AVERAGE_PLACES: usize = 4;

fn member<'a>(schema: &Schema, object: usize, name: &'a str) -> Read<Member<'a>> {
    let Some((function, field)) = name.split_once(':') else {
        let path = schema.path(object, name)?;
        if matches!(path.kind, Kind::Words) {
            return Err(Wrong);
        }
        return Ok(Member {
            name,
            function: None,
            kind: path.kind.clone(),
            path,
        });
    };
    let path = schema.path(object, field)?;
    let kind = match (function, &path.kind) {
        (_, Kind::Href(_) | Kind::Words) => return Err(Wrong),
        ("count", _) => Kind::Integer,
        ("sum", Kind::Integer | Kind::Decimal { .. }) => path.kind.clone(),
        ("avg", Kind::Integer) => Kind::Decimal {
            places: AVERAGE_PLACES,
            bare: false,
        },
        ("avg", Kind::Decimal { places, bare }) => Kind::Decimal {
            places: places + AVERAGE_PLACES,
            bare: *bare,
        },
        ("min" | "max", Kind::Boolean) => return Err(Wrong),
        ("min" | "max", kind) => kind.clone(),
        _ => return Err(Wrong),
    };
    Ok(Member {
        name,
        function: Some(function),
        path,
        kind,
    })
}

fn aggregate(function: &str, values: Vec<&Value>) -> Value {
    let values: Vec<&Value> = values.into_iter().filter(|v| **v != Value::Null).collect();
    let count = values.len() as i128;
    let sum = || -> i128 {
        let number = |value: &&Value| match value {
            Value::Number(number) => *number,
            other => panic!("{other:?} is no number"),
        };
        values.iter().map(number).sum()
    };
    match function {
        "count" => Value::Number(count),
        _ if values.is_empty() => Value::Null,
        "sum" => Value::Number(sum()),
        "avg" => Value::Number(sum() * 10_i128.pow(4) / count),
        "min" => values.into_iter().min().expect("not empty").clone(),
        _ => values.into_iter().max().expect("not empty").clone(),
    }
}

/// What a query answers in a company on a day.
pub(super) fn answer(
    schema: &Schema,
    picture: &Picture,
    limits: Option<&Limits>,
    today: i64,
    ask: &Ask,
) -> Wanted {
    let page = read(schema, picture, limits, today, ask);
    page.map_or(Wanted::Refused, |(body, rows)| Wanted::Page { body, rows })
}

fn read(
    schema: &Schema,
    picture: &Picture,
    limits: Option<&Limits>,
    today: i64,
    ask: &Ask,
) -> Read<(String, usize)> {
    let object = schema.number(&ask.object);
    let today = match &ask.as_of {
        Some(day) => read_day(day).ok_or(Wrong)?,
        None => today,
    };
    let mut members: Vec<Member<'_>> = Vec::new();
    for name in &ask.fields {
        let member = member(schema, object, name)?;
        // A name asked twice is answered once.
        if members.iter().all(|known| known.name != name) {
            members.push(member);
        }
    }
    let grouped = members.iter().any(|member| member.function.is_some());
    let reader = Reader {
        schema,
        object,
        ignore_case: ask.case_sensitive == Some(false),
        today,
    };
    let tests = ask
        .filters
        .iter()
        .map(|filter| reader.test(filter))
        .collect::<Read<Vec<Test>>>()?;
    if members.is_empty() || matches!(ask.combine, Combine::Broken(_)) {
        return Err(Wrong);
    }
    let mut order = Vec::new();
    for (name, ascending) in &ask.order {
        let key = member(schema, object, name)?;
        if key.function.is_none() && matches!(key.kind, Kind::Href(_)) {
            return Err(Wrong);
        }
        // Rows with aggregates are sorted only by what they show; an address shows a key.
        let same = |known: &&Member<'_>| {
            known.function == key.function
                && known.path.hops == key.path.hops
                && known.path.field == key.path.field
        };
        if (grouped || key.function.is_some()) && !members.iter().any(|m| same(&m)) {
            return Err(Wrong);
        }
        order.push((key, *ascending));
    }
    let (start, size) = (ask.start.unwrap_or(1), ask.size.unwrap_or(100));
    if !(1..=2_000_000_000).contains(&start) || !(1..=4000).contains(&size) {
        return Err(Wrong);
    }
    let sight = Sight {
        schema,
        picture,
        entity: ask.entity,
        private: ask.private == Some(true),
        limits,
    };
    let hidden = sight.hidden();
    let found: Vec<&Row> = picture.rows[object]
        .iter()
        .filter(|row| {
            sight.lists(object, row, &hidden) && combined(&ask.combine, &tests, &sight, row)
        })
        .collect();

    // Each row, or each group of rows, with the values that sort it.
    let groups = if grouped {
        let plain = || members.iter().filter(|member| member.function.is_none());
        let mut groups: BTreeMap<Vec<Value>, Vec<&Row>> = BTreeMap::new();
        if plain().next().is_none() {
            groups.insert(Vec::new(), Vec::new());
        }
        for row in found {
            let key = plain().map(|member| sight.value(row, &member.path).clone());
            groups.entry(key.collect()).or_default().push(row);
        }
        groups.into_iter().collect()
    } else {
        let key = |row: &Row| vec![Value::Number(row.key)];
        let rows = found.into_iter().map(|row| (key(row), vec![row]));
        rows.collect::<Vec<_>>()
    };
    let value = |member: &Member<'_>, rows: &[&Row]| match member.function {
        Some(function) => {
            let values = rows.iter().map(|row| sight.value(row, &member.path));
            aggregate(function, values.collect())
        }
        None => sight.value(rows[0], &member.path).clone(),
    };
    let mut sorted: Vec<(Vec<Value>, Vec<Value>, Vec<&Row>)> = groups
        .into_iter()
        .map(|(last, rows)| {
            let first = order.iter().map(|(key, _)| value(key, &rows)).collect();
            (first, last, rows)
        })
        .collect();
    sorted.sort_by(|one, other| {
        let pairs = one.0.iter().zip(&other.0).zip(&order);
        let by_order = pairs.map(
            |((a, b), (_, ascending))| {
                if *ascending { a.cmp(b) } else { b.cmp(a) }
            },
        );
        by_order
            .fold(Ordering::Equal, Ordering::then)
            .then_with(|| one.1.cmp(&other.1))
    });

    let total = sorted.len() as u64;
    let shown_rows = sorted
        .iter()
        .skip(usize::try_from(start - 1).expect("a page"))
        .take(usize::try_from(size).expect("a page"));
    let mut body = String::from("{\"ia::result\":[");
    let mut count = 0;
    for (_, _, rows) in shown_rows {
        body.push_str(if count == 0 { "{" } else { ",{" });
        for (at, member) in members.iter().enumerate() {
            body.push_str(if at == 0 { "" } else { "," });
            let value = value(member, rows);
            write(&mut body, schema, member, &value);
        }
        if ask.hierarchy == Some(true) && !grouped {
            body.push_str(&place_in_tree(&sight, object, rows[0]));
        }
        body.push('}');
        count += 1;
    }
    let or_null = |number: Option<u64>| number.map_or("null".to_owned(), |n| n.to_string());
    let next = or_null((start + size <= total).then_some(start + size));
    let previous = or_null((start > 1).then(|| start.saturating_sub(size).max(1)));
    let _ = write!(
        body,
        "],\"ia::meta\":{{\"totalCount\":{total},\"start\":{start},\"pageSize\":{size},\
         \"next\":{next},\"previous\":{previous}}}}}"
    );
    Ok((body, count))
}

/// Which row stands above one, and whether any stands below, as far as they are seen.
fn place_in_tree(sight: &Sight<'_>, object: usize, row: &Row) -> String {
    let Some(parent) = sight.schema.objects[object].parent else {
        return String::new();
    };
    let key = sight
        .schema
        .path(object, "parent.key")
        .map(|path| sight.value(row, &path).clone());
    let above = match key {
        Ok(Value::Number(key)) => format!("\"{key}\""),
        _ => "null".to_owned(),
    };
    let below = sight.picture.rows[object]
        .iter()
        .any(|other| other.values[parent] == Value::Number(row.key) && sight.sees(object, other));
    format!(",\"hierarchy.parent.key\":{above},\"hierarchy.hasChildren\":{below}")
}

/// `"name":value`.
fn write(body: &mut String, schema: &Schema, member: &Member<'_>, value: &Value) {
    let quoted = |text: &str| serde_json::to_string(text).expect("text");
    body.push_str(&quoted(member.name));
    body.push(':');
    let bare = matches!(
        member.kind,
        Kind::Integer | Kind::Boolean | Kind::Decimal { bare: true, .. }
    );
    match shown(schema, &member.kind, value) {
        None => body.push_str("null"),
        Some(text) if bare => body.push_str(&text),
        Some(text) => body.push_str(&quoted(&text)),
    }
}
