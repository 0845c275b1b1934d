//! Queries for tests: a small builder, and random ones over everything that a name can reach.

use sidegate_model::access::Sight;
use sidegate_model::path::resolve;
use sidegate_model::query::{
    Direction, FUNCTIONS, Filter, OPERATORS, Operand, Operator, Plan, Query, Takes,
};
use sidegate_model::{Definition, Field, FieldType, RecordKey, Registry, Scalar};

/// A query that grows filter by filter.
pub(super) struct Ask(pub(super) Query);

/// Some fields of an object, the first hundred rows.
pub(super) fn ask(object: &str, fields: &[&str]) -> Ask {
    Ask(Query {
        object: object.to_owned(),
        ours: object.starts_with("sidegate/"),
        fields: fields.iter().map(|&name| name.to_owned()).collect(),
        start: 1,
        size: 100,
        ..Query::default()
    })
}

/// A text as a door reads it.
pub(super) fn text(text: &str) -> Scalar {
    Scalar::Text(text.to_owned())
}

/// A key for tests.
pub(super) fn key(number: i64) -> RecordKey {
    RecordKey::new(number).expect("a key")
}

impl Ask {
    pub(super) fn filter(self, operator: &str, field: &str, operand: Scalar) -> Self {
        self.with(operator, field, Operand::One(operand))
    }

    pub(super) fn among(self, field: &str, operands: &[&str]) -> Self {
        let operands = operands.iter().map(|&operand| text(operand)).collect();
        self.with("$in", field, Operand::Many(operands))
    }

    pub(super) fn by(mut self, expression: &str) -> Self {
        self.0.expression = Some(expression.to_owned());
        self
    }

    pub(super) fn up(mut self, field: &str) -> Self {
        self.0.order.push((field.to_owned(), Direction::Ascending));
        self
    }

    pub(super) fn down(mut self, field: &str) -> Self {
        self.0.order.push((field.to_owned(), Direction::Descending));
        self
    }

    pub(super) fn window(mut self, start: u32, size: u32) -> Self {
        (self.0.start, self.0.size) = (start, size);
        self
    }

    pub(super) fn plan(&self, registry: &Registry, sight: Sight) -> Plan {
        self.0
            .plan(registry, sight)
            .expect("a query without mistakes")
    }

    fn with(mut self, operator: &str, field: &str, operand: Operand) -> Self {
        let operator = Operator::named(operator).expect("a known operator");
        let place = format!("/filters/{}", self.0.filters.len());
        self.0.filters.push(Filter {
            operator,
            field: field.to_owned(),
            operand,
            place,
        });
        self
    }
}

/// So many random queries, the same ones in every run.
pub(super) fn random(registry: &Registry, count: usize) -> Vec<Ask> {
    let mut dice = Dice(0x51de_6a7e);
    let published: Vec<&Definition> = registry.all().filter(|d| d.published).collect();
    let named: Vec<Vec<Named<'_>>> = published.iter().map(|d| names(registry, d)).collect();
    (0..count)
        .map(|_| {
            let at = dice.below(published.len());
            one(&mut dice, published[at], &named[at])
        })
        .collect()
}

/// Every dotted name of an object that doors may read and that ends in a field, at most two
/// references away, with that field's type.
pub(super) fn names<'a>(registry: &'a Registry, from: &Definition) -> Vec<Named<'a>> {
    let mut found = Vec::new();
    let mut ways: Vec<(String, &Definition)> = vec![(String::new(), registry.at(from.index))];
    for hops in 0..=2 {
        let mut further = Vec::new();
        for (way, at) in ways {
            let ends = at.fields.iter().map(|field| (field.name.as_str(), field));
            let id = at.id.map(|id| ("id", at.field(id)));
            for (end, field) in ends.chain(id) {
                let name = format!("{way}{end}");
                if resolve(registry, from, &name).is_some() {
                    found.push(Named {
                        name,
                        kind: &field.kind,
                    });
                }
            }
            let follows = |field: &&Field| field.kind.target().is_some() && field.is_visible();
            for field in at.fields.iter().filter(follows).filter(|_| hops < 2) {
                let target = registry.target_of(field).expect("checked at load");
                further.push((format!("{way}{}.", field.name), target));
            }
        }
        ways = further;
    }
    found
}

/// A dotted name and what it holds.
pub(super) struct Named<'a> {
    pub(super) name: String,
    pub(super) kind: &'a FieldType,
}

fn one(dice: &mut Dice, definition: &Definition, names: &[Named<'_>]) -> Ask {
    let mut query = ask(&definition.name, &[]);
    // Lists of words and files stand in no row of a query.
    let shown: Vec<&Named<'_>> = names.iter().filter(|named| named.kind.is_flat()).collect();
    for _ in 0..=dice.below(4) {
        query.0.fields.push(dice.pick(&shown).name.clone());
    }
    while query.0.filters.len() < 4 && dice.below(3) > 0 {
        let (named, (word, operator, takes)) = (dice.pick(names), *dice.pick(OPERATORS));
        let (word, operator, takes) = match named.kind {
            FieldType::Words(_) => ("$has", Operator::Has, Takes::Piece),
            _ => (word, operator, takes),
        };
        if operator.refuses(named.kind).is_some() {
            continue;
        }
        let operand = match takes {
            Takes::OneOrNull if dice.below(4) == 0 => Operand::One(Scalar::Null),
            Takes::OneOrNull | Takes::One => Operand::One(fitting(dice, named.kind)),
            Takes::Many => Operand::Many(
                (0..dice.below(4))
                    .map(|_| fitting(dice, named.kind))
                    .collect(),
            ),
            Takes::Two => Operand::Many(vec![fitting(dice, named.kind), fitting(dice, named.kind)]),
            Takes::Piece => Operand::One(dice.word(&["a", "%", "_", "\\", "1"])),
        };
        query = query.with(word, &named.name, operand);
    }
    query.0.ignore_case = dice.below(3) == 0;
    query.0.expression = match query.0.filters.len() {
        3 => Some("1 and (2 or 3)".to_owned()),
        4 => Some("(1 or 2) and (3 or 4)".to_owned()),
        _ => dice
            .pick(&[None, Some("or"), Some("and")])
            .map(str::to_owned),
    };
    if dice.below(5) == 0 {
        // Groups are sorted by what they show, so these ask for no order of their own.
        let (named, (word, function)) = (dice.pick(names), *dice.pick(FUNCTIONS));
        if function.refuses(named.kind).is_none() {
            query.0.fields.push(format!("{word}:{}", named.name));
        }
        return query;
    }
    for _ in 0..dice.below(3) {
        let name = dice.pick(&shown).name.as_str();
        query = if dice.below(2) == 0 {
            query.up(name)
        } else {
            query.down(name)
        };
    }
    query
}

fn fitting(dice: &mut Dice, kind: &FieldType) -> Scalar {
    match kind {
        FieldType::Text { .. } | FieldType::Email => {
            dice.word(&["", "a", "one 2", "Two", "50%", "é"])
        }
        FieldType::Words(_) => dice.word(&["list", "view", "a b"]),
        FieldType::Choice(choices) => text(&dice.pick(choices).value),
        FieldType::Boolean => Scalar::Boolean(dice.below(2) == 0),
        FieldType::Decimal { .. } => dice.word(&["0", "12.50", "-1"]),
        FieldType::Date => dice.word(&["2026-01-31", "1999-12-31", "priorMonth"]),
        FieldType::Moment => dice.word(&["2026-01-31T08:15:00Z", "1970-01-01", "today"]),
        FieldType::Integer
        | FieldType::Key
        | FieldType::Reference(_)
        | FieldType::References(_)
        | FieldType::Owned(_)
        | FieldType::File
        | FieldType::Json { .. }
        | FieldType::Bytes => dice.word(&["1", "2", "3", "9007199254740991"]),
    }
}

/// Chance that comes out the same each time (SplitMix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).expect("31 bits") % most
    }

    fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }

    fn word(&mut self, among: &[&str]) -> Scalar {
        text(among[self.below(among.len())])
    }
}
