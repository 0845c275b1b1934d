//! Filters of a list as its address holds them: `f=status~eq~active`, one for each, and `any=1` where
//! one that holds is enough.

use sidegate_model::query::{Filter, Operand, Operator, Takes};
use sidegate_model::{Definition, Field, FieldType, Registry, Scalar};

use super::asked::label;
use super::pairs::Pairs;
use super::shown::Taste;

/// One test that people can choose.
pub(super) struct Test {
    /// Its word in addresses.
    pub(super) word: &'static str,
    operator: Operator,
    /// The words before the value.
    pub(super) text: &'static str,
    /// The sorts of fields that it fits.
    pub(super) sorts: &'static str,
}

const fn test(
    word: &'static str,
    operator: Operator,
    text: &'static str,
    sorts: &'static str,
) -> Test {
    Test {
        word,
        operator,
        text,
        sorts,
    }
}

/// The tests that people can choose.
pub(super) const TESTS: &[Test] = &[
    test(
        "eq",
        Operator::Equal,
        "is",
        "text choice boolean number date",
    ),
    test(
        "ne",
        Operator::NotEqual,
        "is not",
        "text choice boolean number date",
    ),
    test("contains", Operator::Contains, "contains", "text"),
    test(
        "notContains",
        Operator::NotContains,
        "does not contain",
        "text",
    ),
    test("startsWith", Operator::StartsWith, "begins with", "text"),
    test(
        "notStartsWith",
        Operator::NotStartsWith,
        "does not begin with",
        "text",
    ),
    test("endsWith", Operator::EndsWith, "ends with", "text"),
    test(
        "notEndsWith",
        Operator::NotEndsWith,
        "does not end with",
        "text",
    ),
    test("in", Operator::In, "is one of", "text choice number date"),
    test(
        "notIn",
        Operator::NotIn,
        "is none of",
        "text choice number date",
    ),
    test("lt", Operator::Less, "is less than", "number date"),
    test("lte", Operator::LessOrEqual, "is at most", "number date"),
    test("gt", Operator::Greater, "is more than", "number date"),
    test(
        "gte",
        Operator::GreaterOrEqual,
        "is at least",
        "number date",
    ),
    test("between", Operator::Between, "is between", "number date"),
    test(
        "notBetween",
        Operator::NotBetween,
        "is not between",
        "number date",
    ),
];

fn test_of(word: &str) -> Option<&'static Test> {
    TESTS.iter().find(|test| test.word == word)
}

/// One filter of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) field: String,
    pub(super) test: String,
    pub(super) value: String,
}

impl Chosen {
    pub(super) fn new(field: &str, test: &str, value: &str) -> Self {
        Self {
            field: field.to_owned(),
            test: test.to_owned(),
            value: value.to_owned(),
        }
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        let (field, rest) = text.split_once('~')?;
        let (test, value) = rest.split_once('~')?;
        Some(Self::new(field, test, value))
    }

    pub(super) fn text(&self) -> String {
        format!("{}~{}~{}", self.field, self.test, self.value)
    }

    /// What a query asks, in the words of an address. A test that people cannot choose keeps its name,
    /// by which the list tells that it does not know it.
    pub(super) fn of(filter: &Filter) -> Self {
        let test = TESTS.iter().find(|test| test.operator == filter.operator);
        let test = test.map_or(filter.operator.name(), |test| test.word);
        let word = |scalar: &Scalar| match scalar {
            Scalar::Null => String::new(),
            Scalar::Boolean(yes) => yes.to_string(),
            Scalar::Number(text) | Scalar::Text(text) => text.clone(),
        };
        let value = match &filter.operand {
            Operand::One(scalar) => word(scalar),
            Operand::Many(scalars) => scalars.iter().map(word).collect::<Vec<_>>().join(","),
        };
        Self::new(&filter.field, test, &value)
    }

    /// The same with what was typed as programs write it: days as `2026-01-31`, choices by their words.
    fn read(mut self, registry: &Registry, definition: &Definition, taste: &Taste) -> Self {
        let Some(field) = registry.shown(definition, &self.field) else {
            return self;
        };
        let one = |said: &str| -> String {
            let said = said.trim();
            match &field.kind {
                FieldType::Date | FieldType::Moment => {
                    taste.read_day(said).unwrap_or_else(|| said.to_owned())
                }
                FieldType::Choice(choices) => {
                    let same = |text: &str| text.eq_ignore_ascii_case(said);
                    let found = choices.iter().find(|c| same(&c.value) || same(&c.label));
                    found.map_or_else(|| said.to_owned(), |choice| choice.value.clone())
                }
                FieldType::Boolean => match said.to_ascii_lowercase().as_str() {
                    "yes" => "true".to_owned(),
                    "no" => "false".to_owned(),
                    word => word.to_owned(),
                },
                _ => said.to_owned(),
            }
        };
        let takes = test_of(&self.test).map(|test| test.operator.takes());
        self.value = match takes {
            Some(Takes::Many | Takes::Two) => {
                self.value.split(',').map(one).collect::<Vec<_>>().join(",")
            }
            _ => one(&self.value),
        };
        self
    }

    /// As people read it: "Status is Active".
    pub(super) fn sentence(
        &self,
        registry: &Registry,
        definition: &Definition,
        taste: &Taste,
    ) -> String {
        let label = label(registry, definition, &self.field);
        let test = test_of(&self.test).map_or(self.test.as_str(), |test| test.text);
        if test.is_empty() {
            return label;
        }
        if self.value.is_empty() {
            return format!("{label} {test} empty");
        }
        let kind = registry.shown(definition, &self.field).map(|f| &f.kind);
        let one = |word: &str| match kind {
            Some(FieldType::Choice(choices)) => {
                let found = choices.iter().find(|choice| choice.value == word.trim());
                found.map_or_else(|| word.trim().to_owned(), |choice| choice.label.clone())
            }
            Some(FieldType::Boolean) if word == "true" => "Yes".to_owned(),
            Some(FieldType::Boolean) if word == "false" => "No".to_owned(),
            Some(FieldType::Date | FieldType::Moment) if word.len() == 10 => taste.iso_day(word),
            _ => word.to_owned(),
        };
        let takes = test_of(&self.test).map(|test| test.operator.takes());
        let value = match takes {
            Some(Takes::Two) => self
                .value
                .split(',')
                .map(one)
                .collect::<Vec<_>>()
                .join(" and "),
            Some(Takes::Many) => self
                .value
                .split(',')
                .map(one)
                .collect::<Vec<_>>()
                .join(", "),
            _ => one(&self.value),
        };
        format!("{label} {test} {value}")
    }

    /// As the planner takes it.
    pub(super) fn filter(&self, registry: &Registry, definition: &Definition) -> Option<Filter> {
        let operator = test_of(&self.test)?.operator;
        let kind = registry
            .shown(definition, &self.field)
            .map(|field| &field.kind);
        let scalar = |text: &str| match (kind, text.trim()) {
            (Some(FieldType::Boolean), "true") => Scalar::Boolean(true),
            (Some(FieldType::Boolean), "false") => Scalar::Boolean(false),
            (_, text) => Scalar::Text(text.to_owned()),
        };
        let operand = match operator.takes() {
            Takes::OneOrNull if self.value.is_empty() => Operand::One(Scalar::Null),
            Takes::OneOrNull | Takes::One => Operand::One(scalar(&self.value)),
            Takes::Piece => Operand::One(Scalar::Text(self.value.clone())),
            Takes::Many | Takes::Two => Operand::Many(self.value.split(',').map(scalar).collect()),
        };
        Some(Filter {
            operator,
            field: self.field.clone(),
            operand,
            place: format!("The filter on {}", label(registry, definition, &self.field)),
        })
    }
}

/// The filters of an address, if it says anything of them; `f=` alone says that there are none on
/// purpose.
pub(super) fn said(
    asked: &Pairs,
    registry: &Registry,
    definition: &Definition,
    taste: &Taste,
) -> Option<Vec<Chosen>> {
    let said = asked.all("f").filter(|text| !text.is_empty());
    let read = |text: &str| Chosen::parse(text).unwrap_or_else(|| Chosen::new(text, "", ""));
    let mut all: Vec<Chosen> = said.map(read).collect();
    let (field, test) = (asked.get("ff"), asked.get("fo"));
    if !field.is_empty() && !test.is_empty() {
        let typed = Chosen::new(field, test, asked.get("fv").trim());
        let typed = typed.read(registry, definition, taste);
        if !all.contains(&typed) {
            all.push(typed);
        }
        return Some(all);
    }
    asked.has("f").then_some(all)
}

/// The filter that leaves out what is not active, where records of an object can be.
pub(super) fn active(definition: &Definition) -> Option<Chosen> {
    has_active(definition).then(|| Chosen::new("status", "eq", "active"))
}

/// Whether records of an object can be active.
pub(super) fn has_active(definition: &Definition) -> bool {
    definition.named("status").is_some_and(|field| {
        matches!(&field.kind, FieldType::Choice(words) if words.iter().any(|w| w.value == "active"))
    })
}

/// Something that a list can be filtered by.
#[derive(Clone, Debug)]
pub(super) struct Filterable {
    pub(super) name: String,
    pub(super) label: String,
    /// Which tests fit it: `text`, `choice`, `boolean`, `number` or `date`.
    pub(super) sort: &'static str,
    /// The words of a choice with what people read, as lines `word=label`.
    pub(super) choices: String,
}

/// What a list can be filtered by: each field of the object, and what its columns can lead to.
pub(super) fn fields(
    registry: &Registry,
    definition: &Definition,
    columns: &[(String, String)],
) -> Vec<Filterable> {
    let mut all: Vec<Filterable> = columns
        .iter()
        .filter_map(|(name, label)| {
            let field = registry.shown(definition, name)?;
            Some(Filterable {
                name: name.clone(),
                label: label.clone(),
                sort: sort(field),
                choices: choices(field),
            })
        })
        .collect();
    all.sort_by(|a, b| a.label.cmp(&b.label));
    all
}

fn sort(field: &Field) -> &'static str {
    match &field.kind {
        FieldType::Choice(_) => "choice",
        FieldType::Boolean => "boolean",
        FieldType::Integer | FieldType::Decimal { .. } | FieldType::Key => "number",
        FieldType::Date | FieldType::Moment => "date",
        _ => "text",
    }
}

fn choices(field: &Field) -> String {
    match &field.kind {
        FieldType::Choice(choices) => choices
            .iter()
            .map(|choice| format!("{}={}", choice.value, choice.label))
            .collect::<Vec<_>>()
            .join("\n"),
        FieldType::Boolean => "true=Yes\nfalse=No".to_owned(),
        _ => String::new(),
    }
}
