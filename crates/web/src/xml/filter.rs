//! Conditions of both query functions, as a tree of tests that becomes the filters of a query.

use sidegate_model::query::{Filter, MOST_ENTRIES, Operand, Operator, Query};
use sidegate_model::{FieldType, Problem, Scalar};

use super::face::{Known, Meaning};
use super::value::{self, Words};
use crate::xml::failure::bad_query;

/// A condition, before its names meet the declarations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// All parts hold.
    All(Vec<Condition>),
    /// Some part holds.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// One test of one field.
    Test(Test),
}

/// A test of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// The field, as it was called.
    pub field: String,
    /// What is tested.
    pub operator: Operator,
    /// What it is compared with; nothing for tests of whether there is a value.
    pub values: Vec<String>,
}

/// Adds a condition to a query. Negation is carried down to the tests, whose opposites are satisfied
/// by fields without a value.
///
/// # Errors
/// Names that are none, values that do not fit.
pub(super) fn add(
    query: &mut Query,
    known: Known<'_>,
    condition: &Condition,
    words: Words,
) -> Result<(), Problem> {
    let mut adding = Adding {
        query,
        known,
        words,
    };
    let expression = adding.expression(condition, false)?;
    let earlier = query.expression.take();
    query.expression = Some(match earlier {
        Some(earlier) => format!("({earlier}) and {expression}"),
        None => expression,
    });
    Ok(())
}

struct Adding<'q, 'r> {
    query: &'q mut Query,
    known: Known<'r>,
    words: Words,
}

impl Adding<'_, '_> {
    // As deep as the reader of either grammar goes.
    fn expression(&mut self, condition: &Condition, negated: bool) -> Result<String, Problem> {
        let (parts, word) = match (condition, negated) {
            (Condition::All(parts), false) | (Condition::Any(parts), true) => (parts, " and "),
            (Condition::Any(parts), false) | (Condition::All(parts), true) => (parts, " or "),
            (Condition::Not(inner), negated) => return self.expression(inner, !negated),
            (Condition::Test(test), negated) => return self.test(test, negated),
        };
        let mut out = Vec::with_capacity(parts.len());
        for part in parts {
            out.push(self.expression(part, negated)?);
        }
        Ok(format!("({})", out.join(word)))
    }

    fn test(&mut self, test: &Test, negated: bool) -> Result<String, Problem> {
        if self.query.filters.len() >= MOST_ENTRIES {
            return Err(bad_query(format!(
                "a query takes at most {MOST_ENTRIES} tests"
            )));
        }
        let name = test.field.trim();
        let unknown = || {
            bad_query(format!(
                "there is no field {name} in {}",
                self.known.face.name
            ))
        };
        let (path, kind) = match self.known.meaning(name).ok_or_else(unknown)? {
            Meaning::Path(path, kind) | Meaning::Listed(path, kind) => (path, kind),
            // No record has a value: a test for none holds for all of them, any other for none.
            Meaning::Empty => ("key".to_owned(), FieldType::Key),
            Meaning::Always(value) => {
                return Err(bad_query(format!(
                    "{name} is {value} in every record; leave the test out"
                )));
            }
        };
        let empty = matches!(self.known.meaning(name), Some(Meaning::Empty));
        let operator = if negated {
            opposite(test.operator)
        } else {
            test.operator
        };
        let (operator, operand) = if empty {
            let is_null = test.values.iter().all(String::is_empty);
            let holds = is_negated(operator) != is_null;
            let nothing = Operand::Many(Vec::new());
            (if holds { Operator::NotIn } else { Operator::In }, nothing)
        } else {
            self.operand(name, operator, &test.values, &kind)?
        };
        self.query.filters.push(Filter {
            operator,
            field: path,
            operand,
            place: name.to_owned(),
        });
        Ok(self.query.filters.len().to_string())
    }

    fn operand(
        &self,
        name: &str,
        operator: Operator,
        values: &[String],
        kind: &FieldType,
    ) -> Result<(Operator, Operand), Problem> {
        let scalar = |text: &String| {
            value::scalar(kind, text, self.words)
                .map_err(|reason| bad_query(format!("the value of {name} {reason}")))
        };
        Ok(match operator {
            Operator::In | Operator::NotIn | Operator::Between | Operator::NotBetween => {
                let mut many = Vec::with_capacity(values.len());
                for text in values {
                    many.push(scalar(text)?);
                }
                (operator, Operand::Many(many))
            }
            Operator::Like | Operator::NotLike => {
                let pattern = values.first().map_or("", String::as_str);
                like(operator, pattern, kind, self.query.ignore_case, self.words)
            }
            _ => {
                let one = values.first().map_or(Ok(Scalar::Null), scalar)?;
                (operator, Operand::One(one))
            }
        })
    }
}

/// A pattern is of the words that people see, so choices are looked through here.
fn like(
    operator: Operator,
    pattern: &str,
    kind: &FieldType,
    ignore_case: bool,
    words: Words,
) -> (Operator, Operand) {
    let FieldType::Choice(choices) = kind else {
        return (operator, Operand::One(Scalar::Text(pattern.to_owned())));
    };
    let fits = |word: &str| {
        if ignore_case {
            let fold = sidegate_model::text::fold;
            sidegate_model::text::is_like(&fold(word), &fold(pattern))
        } else {
            sidegate_model::text::is_like(word, pattern)
        }
    };
    let named = choices.iter().filter(|choice| match (words, &choice.code) {
        (Words::Codes, Some(code)) => fits(code),
        _ => fits(value::label(choice)),
    });
    let values = named.map(|choice| Scalar::Text(choice.value.clone()));
    let listed = match operator {
        Operator::NotLike => Operator::NotIn,
        _ => Operator::In,
    };
    (listed, Operand::Many(values.collect()))
}

fn opposite(operator: Operator) -> Operator {
    use Operator::{
        Between, Contains, EndsWith, Equal, Greater, GreaterOrEqual, Has, In, Less, LessOrEqual,
        Like, NotBetween, NotContains, NotEndsWith, NotEqual, NotIn, NotLike, NotStartsWith,
        StartsWith,
    };
    match operator {
        Equal => NotEqual,
        NotEqual => Equal,
        Less => GreaterOrEqual,
        GreaterOrEqual => Less,
        Greater => LessOrEqual,
        LessOrEqual => Greater,
        In => NotIn,
        NotIn => In,
        Between => NotBetween,
        NotBetween => Between,
        Contains => NotContains,
        NotContains => Contains,
        StartsWith => NotStartsWith,
        NotStartsWith => StartsWith,
        EndsWith => NotEndsWith,
        NotEndsWith => EndsWith,
        Like => NotLike,
        NotLike => Like,
        Has => Has,
    }
}

fn is_negated(operator: Operator) -> bool {
    use Operator::{NotBetween, NotContains, NotEndsWith, NotEqual, NotIn, NotLike, NotStartsWith};
    matches!(
        operator,
        NotBetween | NotContains | NotEndsWith | NotEqual | NotIn | NotLike | NotStartsWith
    )
}
