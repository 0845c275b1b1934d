//! Filters of a list as its address holds them: `f=status~eq~active`, one for each, and `any=1` where
//! one that holds is enough.

use sidegate_model::query::{Filter, Operand, Operator, Takes};
use sidegate_model::{Definition, Field, FieldType, Registry, Scalar};

use super::pairs::Pairs;
use super::pick::Choice;

/// The tests that people can choose: word in addresses, test, and words before the value.
pub(super) const TESTS: &[(&str, Operator, &str)] = &[
    ("eq", Operator::Equal, "is"),
    ("ne", Operator::NotEqual, "is not"),
    ("contains", Operator::Contains, "contains"),
    ("notContains", Operator::NotContains, "does not contain"),
    ("startsWith", Operator::StartsWith, "begins with"),
    (
        "notStartsWith",
        Operator::NotStartsWith,
        "does not begin with",
    ),
    ("endsWith", Operator::EndsWith, "ends with"),
    ("notEndsWith", Operator::NotEndsWith, "does not end with"),
    ("in", Operator::In, "is one of"),
    ("notIn", Operator::NotIn, "is none of"),
    ("lt", Operator::Less, "is less than"),
    ("lte", Operator::LessOrEqual, "is at most"),
    ("gt", Operator::Greater, "is more than"),
    ("gte", Operator::GreaterOrEqual, "is at least"),
    ("between", Operator::Between, "is between"),
    ("notBetween", Operator::NotBetween, "is not between"),
];

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

    /// As people read it: "Status is Active".
    pub(super) fn sentence(&self, registry: &Registry, definition: &Definition) -> String {
        let field = registry.shown(definition, &self.field);
        let label = field.map_or(self.field.as_str(), |field| &field.label);
        let test = TESTS.iter().find(|(word, ..)| *word == self.test);
        let test = test.map_or(self.test.as_str(), |(_, _, text)| text);
        let value = match field.map(|field| &field.kind) {
            Some(FieldType::Choice(choices)) => {
                let one = |word: &str| {
                    let found = choices.iter().find(|choice| choice.value == word.trim());
                    found.map_or_else(|| word.trim().to_owned(), |choice| choice.label.clone())
                };
                self.value
                    .split(',')
                    .map(one)
                    .collect::<Vec<_>>()
                    .join(", ")
            }
            Some(_) | None => self.value.clone(),
        };
        if value.is_empty() {
            return format!("{label} {test} empty");
        }
        format!("{label} {test} {value}")
    }

    /// As the planner takes it.
    pub(super) fn filter(&self, registry: &Registry, definition: &Definition) -> Option<Filter> {
        let (_, operator, _) = TESTS.iter().find(|(word, ..)| *word == self.test)?;
        let kind = registry
            .shown(definition, &self.field)
            .map(|field| &field.kind);
        let scalar = |text: &str| match (kind, text.trim()) {
            (Some(FieldType::Boolean), "true" | "yes" | "Yes") => Scalar::Boolean(true),
            (Some(FieldType::Boolean), "false" | "no" | "No") => Scalar::Boolean(false),
            (_, text) => Scalar::Text(text.to_owned()),
        };
        let operand = match operator.takes() {
            Takes::OneOrNull if self.value.is_empty() => Operand::One(Scalar::Null),
            Takes::OneOrNull | Takes::One => Operand::One(scalar(&self.value)),
            Takes::Piece => Operand::One(Scalar::Text(self.value.clone())),
            Takes::Many | Takes::Two => Operand::Many(self.value.split(',').map(scalar).collect()),
        };
        Some(Filter {
            operator: *operator,
            field: self.field.clone(),
            operand,
            place: format!("The filter on {}", self.field),
        })
    }
}

/// The filters of an address. Where it names none, records that are not active are left out; `f=` alone
/// says that there are none on purpose.
pub(super) fn chosen(asked: &Pairs, definition: &Definition) -> Vec<Chosen> {
    let mut all: Vec<Chosen> = asked.all("f").filter_map(Chosen::parse).collect();
    let (field, test) = (asked.get("ff"), asked.get("fo"));
    if !field.is_empty() && !test.is_empty() {
        all.push(Chosen::new(field, test, asked.get("fv").trim()));
    }
    if all.is_empty() && !asked.has("f") && has_active(definition) {
        all.push(Chosen::new("status", "eq", "active"));
    }
    all
}

/// Whether records of an object can be active.
pub(super) fn has_active(definition: &Definition) -> bool {
    definition.named("status").is_some_and(|field| {
        matches!(&field.kind, FieldType::Choice(words) if words.iter().any(|w| w.value == "active"))
    })
}

/// What a list can be filtered by: each field of the object, and the columns that lead further.
pub(super) fn fields(
    registry: &Registry,
    definition: &Definition,
    columns: &[String],
) -> Vec<Choice> {
    let plain = |field: &&Field| {
        field.is_visible()
            && !field.is_list()
            && !field.is_owned()
            && !matches!(field.kind, FieldType::Reference(_) | FieldType::File)
    };
    let mut all: Vec<Choice> = definition
        .fields
        .iter()
        .filter(plain)
        .map(|field| Choice::new(&*field.name, &*field.label))
        .collect();
    for column in columns.iter().filter(|column| column.contains('.')) {
        if all.iter().all(|choice| choice.value != **column)
            && let Some(field) = registry.shown(definition, column)
        {
            all.push(Choice::new(&**column, &*field.label));
        }
    }
    all.sort_by(|a, b| a.label.cmp(&b.label));
    all
}
