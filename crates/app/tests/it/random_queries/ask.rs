//! Queries: how one is sent, and how one that fails is made smaller.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use super::dice::Dice;

/// A query.
#[derive(Clone, Debug, Default)]
pub(super) struct Ask {
    /// Who asks: the first sees all, the others are restricted.
    pub(super) actor: usize,
    /// The key of the entity that the caller works in, if not at the top level.
    pub(super) entity: Option<i128>,
    pub(super) object: String,
    pub(super) fields: Vec<String>,
    pub(super) filters: Vec<Filter>,
    pub(super) combine: Combine,
    /// Names, each with whether the smallest comes first.
    pub(super) order: Vec<(String, bool)>,
    pub(super) start: Option<u64>,
    pub(super) size: Option<u64>,
    pub(super) case_sensitive: Option<bool>,
    pub(super) as_of: Option<String>,
    pub(super) hierarchy: Option<bool>,
    pub(super) private: Option<bool>,
    /// The object is named without its application, members that say nothing are sent as null.
    pub(super) is_terse: bool,
}

/// One filter.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) operator: &'static str,
    pub(super) field: String,
    pub(super) operand: Operand,
}

/// What a field is compared with.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    One(Scalar),
    Many(Vec<Scalar>),
}

/// One value as JSON has it; a number by its text.
#[derive(Clone, Debug)]
pub(super) enum Scalar {
    Null,
    Boolean(bool),
    Number(String),
    Text(String),
}

/// How filters are combined.
#[derive(Clone, Debug, Default)]
pub(super) enum Combine {
    #[default]
    Absent,
    /// A word for all of them, or for any.
    Word(&'static str, bool),
    Tree {
        tree: Tree,
        dice: Dice,
    },
    /// An expression that cannot be read.
    Broken(String),
}

/// Filters by their numbers from 0.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    Filter(usize),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

impl Ask {
    /// The body that asks it, in which numbers stand as they are written here.
    pub(super) fn body(&self) -> String {
        let text = |text: &str| Json::from(text).to_string();
        let object = match self.object.rsplit_once('/') {
            Some((_, name)) if self.is_terse => name,
            _ => &self.object,
        };
        let mut body = format!("{{\"object\": {}, \"fields\": ", text(object));
        let _ = write!(body, "{}", json!(self.fields));
        if !self.filters.is_empty() {
            let filters: Vec<String> = self
                .filters
                .iter()
                .map(|filter| {
                    let operand = match &filter.operand {
                        Operand::One(one) => one.json(),
                        Operand::Many(many) => {
                            let items: Vec<String> = many.iter().map(Scalar::json).collect();
                            format!("[{}]", items.join(", "))
                        }
                    };
                    format!(
                        "{{\"{}\": {{{}: {operand}}}}}",
                        filter.operator,
                        text(&filter.field)
                    )
                })
                .collect();
            let _ = write!(body, ", \"filters\": [{}]", filters.join(", "));
        }
        let expression = match &self.combine {
            Combine::Absent => None,
            Combine::Word(word, _) => Some((*word).to_owned()),
            Combine::Tree { tree, dice } => Some(tree.spelled(&mut dice.clone())),
            Combine::Broken(text) => Some(text.clone()),
        };
        if let Some(expression) = expression {
            let _ = write!(body, ", \"filterExpression\": {}", text(&expression));
        } else if self.is_terse {
            body.push_str(", \"filterExpression\": null");
        }
        let mut parameters = Vec::new();
        if let Some(day) = &self.as_of {
            parameters.push(format!("\"asOfDate\": \"{day}\""));
        }
        if let Some(yes) = self.case_sensitive {
            parameters.push(format!("\"caseSensitiveComparison\": {yes}"));
        }
        let others = [
            ("includeHierarchyFields", self.hierarchy),
            ("includePrivate", self.private),
        ];
        for (name, yes) in others {
            parameters.extend(yes.map(|yes| format!("\"{name}\": {yes}")));
        }
        if !parameters.is_empty() || self.is_terse {
            let _ = write!(
                body,
                ", \"filterParameters\": {{{}}}",
                parameters.join(", ")
            );
        }
        if !self.order.is_empty() || self.is_terse {
            let keys: Vec<String> = self
                .order
                .iter()
                .map(|(name, ascending)| {
                    let word = if *ascending { "asc" } else { "desc" };
                    format!("{{{}: \"{word}\"}}", text(name))
                })
                .collect();
            let _ = write!(body, ", \"orderBy\": [{}]", keys.join(", "));
        }
        for (name, number) in [("start", self.start), ("size", self.size)] {
            if let Some(number) = number {
                let _ = write!(body, ", \"{name}\": {number}");
            }
        }
        body.push('}');
        body
    }

    /// The same query with one thing less, in every way.
    pub(super) fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let mut without = |change: &dyn Fn(&mut Self) -> bool| {
            let mut ask = self.clone();
            if change(&mut ask) {
                all.push(ask);
            }
        };
        for at in (0..self.filters.len()).rev() {
            without(&|ask| {
                ask.filters.remove(at);
                let combine = std::mem::take(&mut ask.combine);
                ask.combine = match combine {
                    Combine::Tree { tree, dice } => match tree.without(at) {
                        Some(tree) => Combine::Tree { tree, dice },
                        None => Combine::Absent,
                    },
                    other => other,
                };
                true
            });
        }
        for at in (0..self.order.len()).rev() {
            without(&|ask| {
                ask.order.remove(at);
                true
            });
        }
        if self.fields.len() > 1 {
            for at in (0..self.fields.len()).rev() {
                without(&|ask| {
                    ask.fields.remove(at);
                    true
                });
            }
        }
        for (at, filter) in self.filters.iter().enumerate() {
            let Operand::Many(many) = &filter.operand else {
                continue;
            };
            for item in (0..many.len()).rev() {
                without(&|ask| {
                    if let Operand::Many(many) = &mut ask.filters[at].operand {
                        many.remove(item);
                    }
                    true
                });
            }
        }
        without(&|ask| ask.entity.take().is_some());
        without(&|ask| std::mem::take(&mut ask.actor) != 0);
        without(&|ask| ask.start.take().is_some());
        without(&|ask| ask.case_sensitive.take().is_some());
        without(&|ask| ask.as_of.take().is_some());
        without(&|ask| ask.hierarchy.take().is_some());
        without(&|ask| ask.private.take().is_some());
        without(&|ask| std::mem::take(&mut ask.is_terse));
        without(&|ask| !matches!(std::mem::take(&mut ask.combine), Combine::Absent));
        let size = self.size.unwrap_or(100);
        if size > 1 {
            without(&|ask| {
                ask.size = Some(size / 2);
                true
            });
        }
        all
    }
}

impl Scalar {
    fn json(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Boolean(yes) => yes.to_string(),
            Self::Number(text) => text.clone(),
            Self::Text(text) => Json::from(text.as_str()).to_string(),
        }
    }
}

impl Tree {
    /// A tree that names every filter, now and then one of them twice.
    pub(super) fn random(dice: &mut Dice, filters: usize) -> Self {
        let mut leaves: Vec<Tree> = (0..filters).map(Tree::Filter).collect();
        if dice.chance(15) {
            leaves.push(Tree::Filter(dice.below(filters)));
        }
        while leaves.len() > 1 {
            let many = 2 + dice.below(leaves.len().min(3) - 1);
            let parts = (0..many)
                .map(|_| leaves.swap_remove(dice.below(leaves.len())))
                .collect();
            leaves.push(if dice.chance(50) {
                Tree::All(parts)
            } else {
                Tree::Any(parts)
            });
        }
        leaves.remove(0)
    }

    /// The tree without a filter; those after it move up.
    fn without(&self, filter: usize) -> Option<Self> {
        let rest = |parts: &[Self]| -> Vec<Self> {
            parts
                .iter()
                .filter_map(|part| part.without(filter))
                .collect()
        };
        match self {
            Self::Filter(at) if *at == filter => None,
            Self::Filter(at) => Some(Self::Filter(at - usize::from(*at > filter))),
            Self::All(parts) => Some(Self::All(rest(parts))),
            Self::Any(parts) => Some(Self::Any(rest(parts))),
        }
        .filter(|tree| !matches!(tree, Self::All(parts) | Self::Any(parts) if parts.is_empty()))
    }

    /// The tree as an expression, with as many parentheses as it needs or more.
    fn spelled(&self, dice: &mut Dice) -> String {
        let blank =
            |dice: &mut Dice| ["", " ", "  ", "\t", "\n "][dice.weighted(&[60, 25, 5, 5, 5])];
        let (parts, words) = match self {
            Self::Filter(at) => {
                let number = (at + 1).to_string();
                if dice.chance(90) {
                    return number;
                }
                return format!("({}{number}{})", blank(dice), blank(dice));
            }
            Self::All(parts) => (parts, ["and", "AND", "And", "aNd"]),
            Self::Any(parts) => (parts, ["or", "OR", "Or", "oR"]),
        };
        let mut text = String::new();
        for (at, part) in parts.iter().enumerate() {
            // "and" binds tighter than "or".
            let needed = matches!((self, part), (Self::All(_), Self::Any(_)));
            let inner = part.spelled(dice);
            let inner = if needed || dice.chance(20) {
                format!("({}{inner}{})", blank(dice), blank(dice))
            } else {
                inner
            };
            if at > 0 {
                let word = words[dice.weighted(&[70, 20, 5, 5])];
                let space = |touches: bool, dice: &mut Dice| match blank(dice) {
                    "" if !touches => " ",
                    other => other,
                };
                // Blanks are needed only where no parenthesis stands.
                let before = space(text.ends_with(')'), dice);
                text.push_str(before);
                text.push_str(word);
                text.push_str(space(inner.starts_with('('), dice));
            }
            text.push_str(&inner);
        }
        text
    }
}
