//! Filters as they stand in a query: read as the rules say, and looked at for one row after the other.

use std::cmp::Ordering;

use super::ask::{Combine, Filter, Operand, Scalar, Tree};
use super::calendar::{DAY, period, read_day, read_moment};
use super::evaluate::{Path, Read, Sight, Wrong, lower, shown};
use super::picture::{Kind, Row, Schema, Value};

/// One value or the days of a word.
#[derive(Debug)]
enum Point {
    Value(Value),
    /// From the first day up to, but not including, the second.
    Period(Value, Value),
}

impl Point {
    fn holds(&self, value: &Value) -> bool {
        self.compared(value) == Ordering::Equal
    }

    /// Whether a value stands before it, in it or after it.
    fn compared(&self, value: &Value) -> Ordering {
        match self {
            Self::Value(point) => value.cmp(point),
            Self::Period(first, _) if value < first => Ordering::Less,
            Self::Period(_, next) if value < next => Ordering::Equal,
            Self::Period(..) => Ordering::Greater,
        }
    }
}

#[derive(Debug)]
enum Compared {
    Null,
    One(Point),
    Many(Vec<Point>),
    Piece(String),
    Word(String),
}

/// A filter that was understood.
#[derive(Debug)]
pub(super) struct Test {
    path: Path,
    /// The operator, without its negation.
    operator: &'static str,
    negated: bool,
    with: Compared,
    ignore_case: bool,
}

/// How operators are negated: each is satisfied by whatever does not satisfy the other.
const NEGATED: [(&str, &str); 6] = [
    ("$ne", "$eq"),
    ("$notIn", "$in"),
    ("$notBetween", "$between"),
    ("$notContains", "$contains"),
    ("$notStartsWith", "$startsWith"),
    ("$notEndsWith", "$endsWith"),
];

pub(super) struct Reader<'a> {
    pub(super) schema: &'a Schema,
    pub(super) object: usize,
    pub(super) ignore_case: bool,
    pub(super) today: i64,
}

impl Reader<'_> {
    pub(super) fn test(&self, filter: &Filter) -> Read<Test> {
        let path = self.schema.path(self.object, &filter.field)?;
        let pair = NEGATED.iter().find(|(name, _)| *name == filter.operator);
        let operator = pair.map_or(filter.operator, |(_, positive)| positive);
        let kind = &path.kind;
        let with = match (operator, kind, &filter.operand) {
            // An address is only shown.
            (_, Kind::Href(_), _) => return Err(Wrong),
            ("$has", Kind::Words, Operand::One(Scalar::Text(text) | Scalar::Number(text)))
                if !text.is_empty() && !text.chars().any(char::is_control) =>
            {
                Compared::Word(if self.ignore_case {
                    lower(text)
                } else {
                    text.clone()
                })
            }
            ("$has", _, _) | (_, Kind::Words, _) => return Err(Wrong),
            ("$eq", _, Operand::One(Scalar::Null)) => Compared::Null,
            ("$eq", _, Operand::One(one)) => Compared::One(self.point(kind, one)?),
            ("$in", _, Operand::Many(many)) => Compared::Many(self.points(kind, many)?),
            (_, Kind::Boolean, _) => return Err(Wrong),
            ("$lt" | "$lte" | "$gt" | "$gte", _, Operand::One(one)) => {
                Compared::One(self.point(kind, one)?)
            }
            ("$between", _, Operand::Many(two)) if two.len() == 2 => {
                Compared::Many(self.points(kind, two)?)
            }
            (_, Kind::Date | Kind::Moment, _) => return Err(Wrong),
            ("$contains" | "$startsWith" | "$endsWith", _, Operand::One(one)) => match one {
                Scalar::Text(text) | Scalar::Number(text) if fits(text) && !text.is_empty() => {
                    Compared::Piece(self.text(kind, text))
                }
                _ => return Err(Wrong),
            },
            _ => return Err(Wrong),
        };
        Ok(Test {
            ignore_case: self.ignore_case && (kind.is_text() || operator == "$has"),
            path,
            operator,
            negated: pair.is_some(),
            with,
        })
    }

    fn points(&self, kind: &Kind, many: &[Scalar]) -> Read<Vec<Point>> {
        many.iter().map(|one| self.point(kind, one)).collect()
    }

    /// Text as it is compared.
    fn text(&self, kind: &Kind, text: &str) -> String {
        if self.ignore_case && kind.is_text() {
            lower(text)
        } else {
            text.to_owned()
        }
    }

    fn point(&self, kind: &Kind, one: &Scalar) -> Read<Point> {
        let (Scalar::Text(text) | Scalar::Number(text)) = one else {
            let Scalar::Boolean(yes) = one else {
                return Err(Wrong);
            };
            let fits = matches!(kind, Kind::Boolean);
            return fits
                .then_some(Point::Value(Value::Boolean(*yes)))
                .ok_or(Wrong);
        };
        let is_text = matches!(one, Scalar::Text(_));
        let number = match kind {
            Kind::Text if fits(text) => {
                return Ok(Point::Value(Value::Text(self.text(kind, text))));
            }
            Kind::Choice(words) => {
                let word = words
                    .iter()
                    .any(|word| self.text(kind, word) == self.text(kind, text));
                let value = Value::Text(self.text(kind, text));
                return word.then_some(Point::Value(value)).ok_or(Wrong);
            }
            Kind::Text | Kind::Boolean | Kind::Words | Kind::Reference(_) | Kind::Href(_) => None,
            Kind::Integer => read_decimal(text, 0).filter(|_| !text.contains('.')),
            Kind::Decimal { places, .. } => read_decimal(text, *places),
            Kind::Key => text
                .parse()
                .ok()
                .filter(|key| {
                    (1..1 << 53).contains(key) && text.bytes().all(|b| b.is_ascii_digit())
                })
                .filter(|_| !text.starts_with('0')),
            Kind::Date | Kind::Moment if !is_text => None,
            Kind::Date | Kind::Moment => {
                let unit = if matches!(kind, Kind::Date) { 1 } else { DAY };
                if let Some((first, next)) = period(text, self.today) {
                    let at = |day: i64| Value::Number(i128::from(day * unit));
                    return Ok(Point::Period(at(first), at(next)));
                }
                let read = if unit == 1 { read_day } else { read_moment };
                read(text).map(i128::from)
            }
        };
        number.map(|n| Point::Value(Value::Number(n))).ok_or(Wrong)
    }
}

/// Whether text has no control character but tab and line breaks.
fn fits(text: &str) -> bool {
    !text
        .chars()
        .any(|c| c.is_control() && !['\t', '\n', '\r'].contains(&c))
}

/// A number with at most so many places that are not zero, as units of the last one.
fn read_decimal(text: &str, places: usize) -> Option<i128> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let fine = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !fine(whole) || !fine(part) {
        return None;
    }
    let part = part.trim_end_matches('0');
    if part.len() > places {
        return None;
    }
    let units: i128 = format!("{whole}{part:0<places$}").parse().ok()?;
    let signed = if text.starts_with('-') { -units } else { units };
    i64::try_from(signed).ok().map(i128::from)
}

impl Test {
    fn passes(&self, sight: &Sight<'_>, row: &Row) -> bool {
        self.satisfies(sight, sight.value(row, &self.path)) != self.negated
    }

    fn satisfies(&self, sight: &Sight<'_>, value: &Value) -> bool {
        if *value == Value::Null {
            return matches!(self.with, Compared::Null);
        }
        let folded;
        let value = match value {
            Value::Text(text) if self.ignore_case => {
                folded = Value::Text(lower(text));
                &folded
            }
            other => other,
        };
        match (&self.with, self.operator) {
            (Compared::Null, _) => false,
            (Compared::Word(word), _) => {
                let Value::Words(words) = value else {
                    panic!("{value:?} is no list of words");
                };
                let same = |known: &String| match self.ignore_case {
                    true => lower(known) == *word,
                    false => known == word,
                };
                words.iter().any(same)
            }
            (Compared::One(point), operator) => {
                let side = point.compared(value);
                match operator {
                    "$eq" => side.is_eq(),
                    "$lt" => side.is_lt(),
                    "$lte" => side.is_le(),
                    "$gt" => side.is_gt(),
                    _ => side.is_ge(),
                }
            }
            (Compared::Many(points), "$in") => points.iter().any(|point| point.holds(value)),
            (Compared::Many(points), _) => {
                points[0].compared(value).is_ge() && points[1].compared(value).is_le()
            }
            (Compared::Piece(piece), operator) => {
                let text = shown(sight.schema, &self.path.kind, value).unwrap_or_default();
                match operator {
                    "$contains" => text.contains(piece.as_str()),
                    "$startsWith" => text.starts_with(piece.as_str()),
                    _ => text.ends_with(piece.as_str()),
                }
            }
        }
    }
}

/// Whether a row satisfies the filters as they are combined.
pub(super) fn combined(combine: &Combine, tests: &[Test], sight: &Sight<'_>, row: &Row) -> bool {
    let passes = |test: &Test| test.passes(sight, row);
    match combine {
        Combine::Absent | Combine::Word(_, true) => tests.iter().all(passes),
        Combine::Word(_, false) => tests.is_empty() || tests.iter().any(passes),
        Combine::Tree { tree, .. } => stands(tree, &|at| passes(&tests[at])),
        Combine::Broken(_) => unreachable!("refused before"),
    }
}

fn stands(tree: &Tree, passes: &dyn Fn(usize) -> bool) -> bool {
    match tree {
        Tree::Filter(at) => passes(*at),
        Tree::All(parts) => parts.iter().all(|part| stands(part, passes)),
        Tree::Any(parts) => parts.iter().any(|part| stands(part, passes)),
    }
}
