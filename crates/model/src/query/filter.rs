//! One filter of a query to a condition: the operator's meaning for the field's type.
//!
//! Negated operators are satisfied by null, which is what a person expects.
//! A date macro is a period: equal means inside, smaller means before its first day, greater means
//! after its last.

use super::date_macro::period;
use super::operator::{Operator, Takes};
use super::planner::Planner;
use super::shape::{Bind, ColumnAt, Condition, OWNER, Test};
use super::{Filter, MOST_VALUES, Operand};
use crate::definition::{Definition, Field};
use crate::field_type::FieldType;
use crate::problem;
use crate::text::{fold, has_control};
use crate::value::{Scalar, Value};
use crate::words;

/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// A test that compares with the value of a number.
type Testing = fn(u16) -> Test;

/// What a field is compared with, after its type read it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Point {
    Value(Value),
    /// From the first moment up to, but not including, the next period's.
    Period(Value, Value),
}

impl Planner<'_> {
    /// The condition that a filter means; a mistake is noted and means nothing.
    pub(super) fn filter(&mut self, filter: &Filter) -> Condition {
        let nothing = Condition::All(Vec::new());
        if let Some((list, target, member)) = self.listed(&filter.field) {
            return self
                .in_list(filter, list, target, member)
                .unwrap_or(nothing);
        }
        let Some((mut at, kind)) = self.column(&filter.field) else {
            self.unknown(&filter.field, &filter.place);
            return nothing;
        };
        if let Some(reason) = filter.operator.refuses(kind) {
            self.refuse(filter, reason);
            return nothing;
        }
        at.fold = self.ignore_case && (kind.is_textual() || matches!(kind, FieldType::Words(_)));
        self.compared(filter, at, kind).unwrap_or(nothing)
    }

    fn compared(&mut self, filter: &Filter, at: ColumnAt, kind: &FieldType) -> Option<Condition> {
        match filter.operator.takes() {
            Takes::OneOrNull | Takes::One => self.one(filter, at, kind),
            Takes::Many => self.many(filter, at, kind),
            Takes::Two => self.two(filter, at, kind),
            Takes::Piece => self.piece(filter, at),
        }
    }

    /// Lists satisfy what one of their records does, and a negated operator where none of them satisfies
    /// the operator itself. Null is a list that names nothing.
    fn in_list(
        &mut self,
        filter: &Filter,
        list: &Field,
        target: &Definition,
        member: &Field,
    ) -> Option<Condition> {
        use Operator::{
            Contains, EndsWith, Equal, In, Like, NotContains, NotEndsWith, NotEqual, NotIn,
            NotLike, NotStartsWith, StartsWith,
        };
        let (operator, mut some) = match filter.operator {
            Equal | In | Like | Contains | StartsWith | EndsWith => (filter.operator, true),
            NotEqual => (Equal, false),
            NotIn => (In, false),
            NotLike => (Like, false),
            NotContains => (Contains, false),
            NotStartsWith => (StartsWith, false),
            NotEndsWith => (EndsWith, false),
            _ => {
                self.refuse(filter, "a list has no order; ask for what it names");
                return None;
            }
        };
        let mut parts = Vec::new();
        parts.extend(self.seen(target.index, OWNER));
        if matches!(filter.operand, Operand::One(Scalar::Null)) && operator == Equal {
            some = !some;
        } else {
            let mut at = ColumnAt::plain(OWNER, member.index);
            at.fold = self.ignore_case;
            let positive = Filter {
                operator,
                ..filter.clone()
            };
            parts.push(self.compared(&positive, at, &member.kind)?);
        }
        let inner = Box::new(Condition::all(parts));
        Some(if some {
            Condition::Lists(list.index, target.index, inner)
        } else {
            Condition::ListsNone(list.index, target.index, inner)
        })
    }

    fn one(&mut self, filter: &Filter, at: ColumnAt, kind: &FieldType) -> Option<Condition> {
        let scalar = self.single(filter)?;
        if *scalar == Scalar::Null {
            let negated = filter.operator == Operator::NotEqual;
            return Some(Condition::Test(
                at,
                if negated { Test::NotNull } else { Test::IsNull },
            ));
        }
        let point = self.point(filter, kind, scalar)?;
        Some(self.compare(filter.operator, at, point))
    }

    fn compare(&mut self, operator: Operator, at: ColumnAt, point: Point) -> Condition {
        let (first, next) = match point {
            Point::Value(value) => {
                let test = match operator {
                    Operator::NotEqual => Test::Differs,
                    Operator::Less => Test::Less,
                    Operator::LessOrEqual => Test::LessOrEquals,
                    Operator::Greater => Test::Greater,
                    Operator::GreaterOrEqual => Test::GreaterOrEquals,
                    _ => Test::Equals,
                };
                return Condition::Test(at, test(self.bind(Bind::One(value))));
            }
            Point::Period(first, next) => (first, next),
        };
        match operator {
            Operator::NotEqual => self.outside(at, first, Test::GreaterOrEquals, next),
            Operator::Less => self.test(at, Test::Less, first),
            Operator::LessOrEqual => self.test(at, Test::Less, next),
            Operator::Greater => self.test(at, Test::GreaterOrEquals, next),
            Operator::GreaterOrEqual => self.test(at, Test::GreaterOrEquals, first),
            _ => self.inside(at, first, next),
        }
    }

    fn test(&mut self, at: ColumnAt, test: Testing, value: Value) -> Condition {
        Condition::Test(at, test(self.bind(Bind::One(value))))
    }

    fn inside(&mut self, at: ColumnAt, first: Value, next: Value) -> Condition {
        Condition::All(vec![
            self.test(at, Test::GreaterOrEquals, first),
            self.test(at, Test::Less, next),
        ])
    }

    /// Null, before the first, or beyond the end.
    fn outside(&mut self, at: ColumnAt, first: Value, beyond: Testing, end: Value) -> Condition {
        Condition::Any(vec![
            Condition::Test(at, Test::IsNull),
            self.test(at, Test::Less, first),
            self.test(at, beyond, end),
        ])
    }

    fn many(&mut self, filter: &Filter, at: ColumnAt, kind: &FieldType) -> Option<Condition> {
        let points = self.points(filter, kind)?;
        let negated = filter.operator == Operator::NotIn;
        let mut values = Vec::new();
        let mut parts = Vec::new();
        let mut periods = Vec::new();
        for point in points {
            if let Point::Period(..) = point {
                // There are ten macros, so this stays short.
                if periods.contains(&point) {
                    continue;
                }
                periods.push(point.clone());
            }
            match point {
                Point::Value(value) => values.push(value),
                Point::Period(first, next) if negated => {
                    parts.push(self.outside(at, first, Test::GreaterOrEquals, next));
                }
                Point::Period(first, next) => parts.push(self.inside(at, first, next)),
            }
        }
        let number = self.bind(Bind::Many(values));
        Some(if negated {
            parts.push(Condition::Unless(at, Test::In(number)));
            Condition::all(parts)
        } else {
            parts.push(Condition::Test(at, Test::In(number)));
            Condition::any(parts)
        })
    }

    fn two(&mut self, filter: &Filter, at: ColumnAt, kind: &FieldType) -> Option<Condition> {
        let points = self.points(filter, kind)?;
        let Ok([low, high]) = <[Point; 2]>::try_from(points) else {
            self.refuse(filter, "it needs a list of exactly two values, from and to");
            return None;
        };
        let first = match low {
            Point::Value(value) | Point::Period(value, _) => value,
        };
        let (end, [upto, beyond]): (Value, [Testing; 2]) = match high {
            Point::Value(value) => (value, [Test::LessOrEquals, Test::Greater]),
            Point::Period(_, next) => (next, [Test::Less, Test::GreaterOrEquals]),
        };
        Some(if filter.operator == Operator::NotBetween {
            self.outside(at, first, beyond, end)
        } else {
            Condition::All(vec![
                self.test(at, Test::GreaterOrEquals, first),
                self.test(at, upto, end),
            ])
        })
    }

    fn piece(&mut self, filter: &Filter, at: ColumnAt) -> Option<Condition> {
        let text = match self.single(filter)? {
            Scalar::Text(text) | Scalar::Number(text) => text,
            Scalar::Null => {
                self.refuse(filter, "it cannot compare with null; use $eq or $ne");
                return None;
            }
            Scalar::Boolean(_) => {
                self.refuse(filter, "it needs a piece of text, not a boolean");
                return None;
            }
        };
        if text.is_empty() {
            self.refuse(filter, "it needs at least one character");
            return None;
        }
        if has_control(text, filter.operator != Operator::Has) {
            self.refuse(filter, "the value must not contain control characters");
            return None;
        }
        let text = match filter.operator {
            Operator::Has if at.fold => words::needle(&fold(text)),
            Operator::Has => words::needle(text),
            _ if at.fold => fold(text),
            _ => text.clone(),
        };
        let number = self.bind(Bind::One(Value::Text(text)));
        Some(match filter.operator {
            Operator::NotContains => Condition::Unless(at, Test::Contains(number)),
            Operator::StartsWith => Condition::Test(at, Test::StartsWith(number)),
            Operator::NotStartsWith => Condition::Unless(at, Test::StartsWith(number)),
            Operator::EndsWith => Condition::Test(at, Test::EndsWith(number)),
            Operator::NotEndsWith => Condition::Unless(at, Test::EndsWith(number)),
            Operator::Like => Condition::Test(at, Test::Like(number)),
            Operator::NotLike => Condition::Unless(at, Test::Like(number)),
            _ => Condition::Test(at, Test::Contains(number)),
        })
    }

    fn single<'f>(&mut self, filter: &'f Filter) -> Option<&'f Scalar> {
        match &filter.operand {
            Operand::One(Scalar::Null) if filter.operator.takes() == Takes::One => {
                self.refuse(filter, "it cannot compare with null; use $eq or $ne");
                None
            }
            Operand::One(scalar) => Some(scalar),
            Operand::Many(_) => {
                self.refuse(filter, "it needs one value, not a list");
                None
            }
        }
    }

    fn points(&mut self, filter: &Filter, kind: &FieldType) -> Option<Vec<Point>> {
        let Operand::Many(scalars) = &filter.operand else {
            self.refuse(filter, "it needs a list of values");
            return None;
        };
        if scalars.len() > MOST_VALUES {
            self.refuse(filter, "it takes at most 4000 values");
            return None;
        }
        let mut points = Vec::with_capacity(scalars.len());
        for scalar in scalars {
            if *scalar == Scalar::Null {
                self.refuse(filter, "a list cannot hold null; use $eq with null");
                return None;
            }
            points.push(self.point(filter, kind, scalar)?);
        }
        Some(points)
    }

    fn point(&mut self, filter: &Filter, kind: &FieldType, scalar: &Scalar) -> Option<Point> {
        if let (FieldType::Date | FieldType::Moment, Scalar::Text(word)) = (kind, scalar)
            && let Some(period) = period(word, self.today)
        {
            let value = |day: i32| match kind {
                FieldType::Moment => Value::Moment(i64::from(day) * DAY),
                _ => Value::Date(day),
            };
            return Some(Point::Period(value(period.first), value(period.next)));
        }
        self.value(filter, kind, scalar).map(Point::Value)
    }

    fn value(&mut self, filter: &Filter, kind: &FieldType, scalar: &Scalar) -> Option<Value> {
        let ignore_case = self.ignore_case;
        let text = match scalar {
            // Ids that look like numbers are sent as numbers by some clients.
            Scalar::Number(text) | Scalar::Text(text) if kind.is_textual() => text,
            other => {
                return match kind.accept(other) {
                    Ok(value) => Some(value),
                    Err(unfit) => {
                        self.refuse(filter, &format!("the value {}", unfit.sentence()));
                        None
                    }
                };
            }
        };
        let word = match kind {
            FieldType::Choice(choices) if ignore_case => choices
                .iter()
                .find(|choice| fold(&choice.value) == fold(text))
                .map_or(text, |choice| &choice.value),
            _ => text,
        };
        // Any text may be asked for; text that no field takes simply finds nothing.
        let wide = FieldType::Text { max: usize::MAX };
        let kind = if matches!(kind, FieldType::Choice(_)) {
            kind
        } else {
            &wide
        };
        match kind.accept(&Scalar::Text(word.clone())) {
            Ok(Value::Text(text)) if ignore_case => Some(Value::Text(fold(&text))),
            Ok(value) => Some(value),
            Err(unfit) => {
                self.refuse(filter, &format!("the value {}", unfit.sentence()));
                None
            }
        }
    }

    fn refuse(&mut self, filter: &Filter, reason: &str) {
        self.problems.push(
            problem::QUERY_OPERAND
                .with("OPERATOR", filter.operator.name())
                .with("FIELD", &filter.field)
                .with("REASON", reason)
                .at(&filter.place),
        );
    }
}
