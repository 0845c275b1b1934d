//! The filter expression: `and`, `or`, or numbers of filters combined, such as `(1 and 2) or 3`.
//!
//! `and` binds tighter than `or`, keywords stand in any case.
//! Every filter has to be named and every number has to exist.
//! Reads in one pass with an explicit stack, so that nesting costs memory and never stack depth.

use super::shape::Condition;

/// The most times that an expression names filters; each naming is a condition of its own.
const MOST_OPERANDS: usize = 200;
/// Expressions nest at most so deep and are at most so long.
const MOST_DEPTH: usize = 50;
const MOST_LENGTH: usize = 10_000;

/// One open parenthesis: finished alternatives, and the conjunction being read.
#[derive(Default)]
struct Open {
    alternatives: Vec<Vec<Condition>>,
    conjunction: Vec<Condition>,
}

impl Open {
    fn close(mut self) -> Condition {
        self.alternatives.push(self.conjunction);
        Condition::any(self.alternatives.into_iter().map(Condition::all).collect())
    }
}

/// The condition that an expression makes of the tests, the first of which has number 1.
///
/// # Errors
/// A sentence that says what is wrong and where.
pub(super) fn combine(
    expression: Option<&str>,
    tests: Vec<Condition>,
) -> Result<Condition, String> {
    let text = expression.map_or("and", str::trim);
    if text.is_empty() || text.eq_ignore_ascii_case("and") {
        return Ok(Condition::all(tests));
    }
    if text.eq_ignore_ascii_case("or") {
        // No filters at all exclude nothing, also by "or".
        return Ok(if tests.is_empty() {
            Condition::all(tests)
        } else {
            Condition::any(tests)
        });
    }
    if text.len() > MOST_LENGTH {
        return Err(format!("it is longer than {MOST_LENGTH} characters"));
    }
    let mut named = vec![false; tests.len()];
    let mut stack = vec![Open::default()];
    let mut wants_operand = true;
    let mut operands = 0;
    for (at, token) in tokens(text) {
        let here = at + 1;
        let open = stack
            .last_mut()
            .expect("the outermost level is never popped");
        match token {
            "(" if wants_operand => {
                if stack.len() > MOST_DEPTH {
                    return Err(format!(
                        "parentheses nest deeper than {MOST_DEPTH} at character {here}"
                    ));
                }
                stack.push(Open::default());
            }
            ")" if !wants_operand => {
                if stack.len() == 1 {
                    return Err(format!(
                        "the parenthesis closed at character {here} was never opened"
                    ));
                }
                let closed = stack.pop().expect("more than one level").close();
                stack
                    .last_mut()
                    .expect("one level is left")
                    .conjunction
                    .push(closed);
            }
            word if !wants_operand && word.eq_ignore_ascii_case("and") => wants_operand = true,
            word if !wants_operand && word.eq_ignore_ascii_case("or") => {
                let done = std::mem::take(&mut open.conjunction);
                open.alternatives.push(done);
                wants_operand = true;
            }
            word if wants_operand && word.bytes().all(|b| b.is_ascii_digit()) => {
                operands += 1;
                if operands > MOST_OPERANDS {
                    return Err(format!("it names filters more than {MOST_OPERANDS} times"));
                }
                let number: usize = word.parse().unwrap_or(usize::MAX);
                let Some(test) = number.checked_sub(1).and_then(|n| tests.get(n)) else {
                    return Err(format!(
                        "it names filter {word}, but there are filters 1 to {}",
                        tests.len()
                    ));
                };
                named[number - 1] = true;
                open.conjunction.push(test.clone());
                wants_operand = false;
            }
            other if wants_operand => {
                return Err(format!(
                    "a filter number or an opening parenthesis is needed at character {here}, not {other}"
                ));
            }
            other => {
                return Err(format!(
                    "and, or or a closing parenthesis is needed at character {here}, not {other}"
                ));
            }
        }
    }
    if wants_operand {
        return Err("it ends where a filter number is needed".to_owned());
    }
    if stack.len() > 1 {
        return Err("a parenthesis is opened and never closed".to_owned());
    }
    if let Some(missing) = named.iter().position(|named| !named) {
        return Err(format!(
            "it does not name filter {}; name every filter or leave it out",
            missing + 1
        ));
    }
    Ok(stack.pop().expect("the outermost level").close())
}

/// Parentheses and runs of other characters, each with its place.
fn tokens(text: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let mut start = None;
    let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')');
    for (at, c) in text.char_indices() {
        if ends(c) {
            if let Some(from) = start.take() {
                out.push((from, &text[from..at]));
            }
            if !c.is_whitespace() {
                out.push((at, &text[at..at + c.len_utf8()]));
            }
        } else if start.is_none() {
            start = Some(at);
        }
    }
    if let Some(from) = start {
        out.push((from, &text[from..]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::FieldIndex;
    use crate::query::{ColumnAt, Test};

    fn read(expression: &str, filters: usize) -> String {
        let tests = (0..filters)
            .map(|n| {
                Condition::Test(
                    ColumnAt::plain(0, FieldIndex(0)),
                    Test::Equals(n as u16 + 1),
                )
            })
            .collect();
        match combine(Some(expression), tests) {
            Ok(condition) => show(&condition),
            Err(reason) => reason,
        }
    }

    fn show(condition: &Condition) -> String {
        let join = |parts: &[Condition], word: &str| {
            let parts: Vec<String> = parts.iter().map(show).collect();
            format!("({})", parts.join(word))
        };
        match condition {
            Condition::All(parts) => join(parts, "&"),
            Condition::Any(parts) => join(parts, "|"),
            Condition::Test(_, Test::Equals(n)) => n.to_string(),
            Condition::Test(..)
            | Condition::Unless(..)
            | Condition::Belongs(..)
            | Condition::NamesNone(..)
            | Condition::Lists(..)
            | Condition::ListsNone(..)
            | Condition::After(_) => "?".to_owned(),
        }
    }

    #[test]
    fn and_binds_tighter_than_or() {
        assert_eq!(read("1 and 2 or 3", 3), "((1&2)|3)");
        assert_eq!(read("1 AND (2 Or 3)", 3), "(1&(2|3))");
        assert_eq!(read("((1))", 1), "1");
        assert_eq!(read("or", 2), "(1|2)");
        assert_eq!(read("", 2), "(1&2)");
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (expression, wanted) in [
            ("1 and", "it ends where a filter number is needed"),
            ("(1 and 2", "a parenthesis is opened and never closed"),
            (
                "1) and 2",
                "the parenthesis closed at character 2 was never opened",
            ),
            ("1 and 7", "it names filter 7, but there are filters 1 to 2"),
            ("0 and 1", "it names filter 0, but there are filters 1 to 2"),
            (
                "1 or 1",
                "it does not name filter 2; name every filter or leave it out",
            ),
            (
                "1 2",
                "and, or or a closing parenthesis is needed at character 3, not 2",
            ),
            (
                "1 and not 2",
                "a filter number or an opening parenthesis is needed at character 7, not not",
            ),
            (
                "()",
                "a filter number or an opening parenthesis is needed at character 2, not )",
            ),
            (
                "99999999999999999999 and 1",
                "it names filter 99999999999999999999, but there are filters 1 to 2",
            ),
        ] {
            assert_eq!(read(expression, 2), wanted, "{expression}");
        }
    }

    #[test]
    fn deep_nesting_is_refused_without_recursion() {
        let deep = format!("{}1{}", "(".repeat(4000), ")".repeat(4000));
        assert!(read(&deep, 1).starts_with("parentheses nest deeper than 50"));
    }
}
