//! The older grammar of queries, which looks like a condition of SQL.
//!
//! ```text
//! either  := both (OR both)*
//! both    := factor (AND factor)*
//! factor  := NOT factor | '(' either ')' | test
//! test    := FIELD sign literal | FIELD [NOT] LIKE literal | FIELD [NOT] IN '(' literal, ... ')'
//!          | FIELD IS [NOT] NULL
//! ```
//! Words in any case; literals in single quotes, in which a backslash stands before a quote, or bare
//! numbers. Values are those of the database: `'T'`, `'B'`.

use sidegate_model::query::{MOST_ENTRIES, MOST_VALUES, Operator};

use super::filter::{Condition, Test};

/// The most characters of a query.
pub const MOST_LENGTH: usize = 50_000;
/// Parentheses and negations stand in each other at most so deep.
const MOST_DEPTH: usize = 32;

/// The condition that a text is; none for blanks alone, which every record satisfies.
///
/// # Errors
/// What is wrong, and at which character.
pub fn parse(text: &str) -> Result<Option<Condition>, String> {
    if text.chars().count() > MOST_LENGTH {
        return Err(format!("a query has at most {MOST_LENGTH} characters"));
    }
    let tokens = tokens(text)?;
    if tokens.is_empty() {
        return Ok(None);
    }
    let mut reader = Reader {
        tokens: &tokens,
        at: 0,
        tests: 0,
        end: text.chars().count() + 1,
    };
    let condition = reader.either(MOST_DEPTH)?;
    match reader.peek() {
        None => Ok(Some(condition)),
        Some(token) if token.is_word("order") => Err(format!(
            "character {}: this grammar has no ORDER BY; use the function query",
            token.place
        )),
        Some(token) => Err(format!(
            "character {}: {} where AND, OR or the end was expected",
            token.place,
            token.told()
        )),
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    /// A field or a word of the grammar.
    Word(String),
    /// Text in quotes.
    Text(String),
    Number(String),
    Sign(&'static str),
}

#[derive(Clone, Debug)]
struct Token {
    kind: Kind,
    /// The number of its first character.
    place: usize,
}

impl Token {
    fn is_word(&self, word: &str) -> bool {
        matches!(&self.kind, Kind::Word(found) if found.eq_ignore_ascii_case(word))
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(&self.kind, Kind::Sign(found) if *found == sign)
    }

    /// What it is, for a sentence.
    fn told(&self) -> String {
        match &self.kind {
            Kind::Word(word) => format!("{word:.40}"),
            Kind::Text(_) => "a text in quotes".to_owned(),
            Kind::Number(number) => format!("the number {number:.40}"),
            Kind::Sign(sign) => format!("'{sign}'"),
        }
    }
}

/// Longer signs first, so that none is taken for the begin of another.
const SIGNS: &[&str] = &["<=", ">=", "<>", "!=", "<", ">", "=", "(", ")", ","];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let letters: Vec<char> = text.chars().collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        let c = letters[at];
        let place = at + 1;
        if c.is_whitespace() {
            at += 1;
            continue;
        }
        let kind = if c == '\'' {
            let (literal, next) = quoted(&letters, at)
                .ok_or_else(|| format!("character {place}: a text begins here and has no end"))?;
            at = next;
            Kind::Text(literal)
        } else if let Some(sign) = SIGNS.iter().find(|sign| {
            let mut here = letters[at..].iter();
            sign.chars().all(|c| here.next() == Some(&c))
        }) {
            at += sign.len();
            Kind::Sign(sign)
        } else if c.is_ascii_digit() || c == '-' || c == '+' {
            let begin = at;
            at += 1;
            while at < letters.len() && (letters[at].is_ascii_digit() || letters[at] == '.') {
                at += 1;
            }
            Kind::Number(letters[begin..at].iter().collect())
        } else if c.is_alphabetic() || c == '_' {
            let begin = at;
            let part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '#');
            while at < letters.len() && part(letters[at]) {
                at += 1;
            }
            Kind::Word(letters[begin..at].iter().collect())
        } else {
            return Err(format!("character {place}: {c:?} has no meaning here"));
        };
        out.push(Token { kind, place });
    }
    Ok(out)
}

/// The text in quotes that begins at a place, and where what follows begins.
fn quoted(letters: &[char], begin: usize) -> Option<(String, usize)> {
    let mut text = String::new();
    let mut at = begin + 1;
    loop {
        match letters.get(at)? {
            '\\' if letters.get(at + 1) == Some(&'\'') => {
                text.push('\'');
                at += 2;
            }
            '\'' => return Some((text, at + 1)),
            c => {
                text.push(*c);
                at += 1;
            }
        }
    }
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
    tests: usize,
    /// The place behind the last character.
    end: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    /// Whether the next token is this word, which is then taken.
    fn word(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_word(word));
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.is_sign(sign));
        self.at += usize::from(found);
        found
    }

    fn expected(&self, wanted: &str) -> String {
        match self.peek() {
            Some(token) => format!(
                "character {}: {} where {wanted} was expected",
                token.place,
                token.told()
            ),
            None => format!(
                "character {}: the query ends where {wanted} was expected",
                self.end
            ),
        }
    }

    fn either(&mut self, depth: usize) -> Result<Condition, String> {
        let mut parts = vec![self.both(depth)?];
        while self.word("or") {
            parts.push(self.both(depth)?);
        }
        Ok(one_or(parts, Condition::Any))
    }

    fn both(&mut self, depth: usize) -> Result<Condition, String> {
        let mut parts = vec![self.factor(depth)?];
        while self.word("and") {
            parts.push(self.factor(depth)?);
        }
        Ok(one_or(parts, Condition::All))
    }

    fn factor(&mut self, depth: usize) -> Result<Condition, String> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(format!(
                "a query is nested at most {MOST_DEPTH} levels deep"
            ));
        };
        if self.word("not") {
            return Ok(Condition::Not(Box::new(self.factor(depth)?)));
        }
        if self.sign("(") {
            let inner = self.either(depth)?;
            return if self.sign(")") {
                Ok(inner)
            } else {
                Err(self.expected("AND, OR or ')'"))
            };
        }
        self.test()
    }

    fn test(&mut self) -> Result<Condition, String> {
        self.tests += 1;
        if self.tests > MOST_ENTRIES {
            return Err(format!("a query has at most {MOST_ENTRIES} tests"));
        }
        let field = match self.peek().map(|token| &token.kind) {
            Some(Kind::Word(field)) => field.clone(),
            _ => return Err(self.expected("a field, NOT or '('")),
        };
        self.at += 1;
        let (operator, values) = self.compared()?;
        Ok(Condition::Test(Test {
            field,
            operator,
            values,
        }))
    }

    fn compared(&mut self) -> Result<(Operator, Vec<String>), String> {
        if self.word("is") {
            let negated = self.word("not");
            if !self.word("null") {
                return Err(self.expected("NULL"));
            }
            let operator = if negated {
                Operator::NotEqual
            } else {
                Operator::Equal
            };
            return Ok((operator, Vec::new()));
        }
        let negated = self.word("not");
        if self.word("like") {
            let operator = if negated {
                Operator::NotLike
            } else {
                Operator::Like
            };
            return Ok((operator, vec![self.literal()?]));
        }
        if self.word("in") {
            let operator = if negated {
                Operator::NotIn
            } else {
                Operator::In
            };
            return Ok((operator, self.list()?));
        }
        if negated {
            return Err(self.expected("LIKE or IN"));
        }
        let signs = [
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("<>", Operator::NotEqual),
            ("!=", Operator::NotEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
            ("=", Operator::Equal),
        ];
        for (sign, operator) in signs {
            if self.sign(sign) {
                return Ok((operator, vec![self.literal()?]));
            }
        }
        Err(self.expected("=, <, >, <=, >=, LIKE, IN or IS"))
    }

    fn list(&mut self) -> Result<Vec<String>, String> {
        if !self.sign("(") {
            return Err(self.expected("'('"));
        }
        let mut values = vec![self.literal()?];
        while self.sign(",") {
            if values.len() >= MOST_VALUES {
                return Err(format!("a list has at most {MOST_VALUES} values"));
            }
            values.push(self.literal()?);
        }
        if self.sign(")") {
            Ok(values)
        } else {
            Err(self.expected("',' or ')'"))
        }
    }

    fn literal(&mut self) -> Result<String, String> {
        let value = match self.peek().map(|token| &token.kind) {
            Some(Kind::Text(text) | Kind::Number(text)) => text.clone(),
            _ => return Err(self.expected("a text in single quotes or a number")),
        };
        self.at += 1;
        Ok(value)
    }
}

fn one_or(mut parts: Vec<Condition>, many: fn(Vec<Condition>) -> Condition) -> Condition {
    if parts.len() == 1 {
        parts.remove(0)
    } else {
        many(parts)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(condition: &Condition) -> String {
        let many = |parts: &[Condition], word: &str| {
            let parts: Vec<String> = parts.iter().map(shown).collect();
            format!("({})", parts.join(word))
        };
        match condition {
            Condition::All(parts) => many(parts, " and "),
            Condition::Any(parts) => many(parts, " or "),
            Condition::Not(inner) => format!("not {}", shown(inner)),
            Condition::Test(test) => {
                format!("{} {:?} {:?}", test.field, test.operator, test.values)
            }
        }
    }

    fn read(text: &str) -> String {
        match parse(text) {
            Ok(Some(condition)) => shown(&condition),
            Ok(None) => "everything".to_owned(),
            Err(reason) => format!("! {reason}"),
        }
    }

    #[test]
    fn the_grammar_is_understood() {
        let texts = [
            "",
            "  ",
            "LOGINID = 'ws-sync'",
            "STATUS='T' and USERTYPE in ('B','E') or RECORDNO > 5",
            "NOT (A = 1 OR B is not null) AND C Is Null",
            "NAME like 'O\\'Neil%' and NAME not like '_x' AND d NOT IN (1, 2)",
            "WHENMODIFIED >= '11/01/2026 00:00:00'",
            "CONTACTINFO.CONTACTNAME <> 'a\\b'",
            "A <= -1.5 and LINES# != 3",
            // What is wrong.
            "A",
            "A = ",
            "A == 1",
            "A = 'x",
            "A = b",
            "(A = 1",
            "A = 1)",
            "A in ()",
            "A in (1",
            "A not 1",
            "A = 1 ORDER BY A",
            "A = 1; drop",
            "and A = 1",
        ];
        let lines: Vec<String> = texts
            .iter()
            .map(|text| format!("{text:?}: {}", read(text)))
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let deep = |levels: usize| format!("{}A = 1{}", "(".repeat(levels), ")".repeat(levels));
        assert_eq!(read(&deep(31)), "A Equal [\"1\"]");
        assert!(read(&deep(32)).contains("at most 32 levels"));
        assert!(read(&"not ".repeat(40_000)).contains("at most"));
        assert!(read(&"x".repeat(60_000)).contains("50000 characters"));
        let many: Vec<String> = (0..201).map(|n| format!("A = {n}")).collect();
        assert!(read(&many.join(" or ")).contains("at most 200 tests"));
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_reader(text in "(\\PC|[A-Z]{1,3}| and | or |not |'|\\(|\\)|=|in|null|is ){0,40}") {
            let _ = parse(&text);
        }
    }
}
