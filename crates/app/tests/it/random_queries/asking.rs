//! How random queries are made: mostly of what the data has, so that they find something.

use super::ask::{Ask, Combine, Filter, Operand, Scalar, Tree};
use super::calendar::{self, DAY, day_text, moment_text};
use super::dice::Dice;
use super::evaluate::{Sight, shown};
use super::limits::Bounds;
use super::picture::{Kind, Picture, Schema, Value};
use super::words;

const OPERATORS: [&str; 17] = [
    "$eq",
    "$ne",
    "$lt",
    "$lte",
    "$gt",
    "$gte",
    "$in",
    "$notIn",
    "$between",
    "$notBetween",
    "$contains",
    "$notContains",
    "$startsWith",
    "$notStartsWith",
    "$endsWith",
    "$notEndsWith",
    "$has",
];

/// Whether rows show a sort.
fn shows(kind: &Kind) -> bool {
    !matches!(kind, Kind::Words)
}

/// Makes random queries about a company.
pub(super) struct Asking<'a> {
    pub(super) schema: &'a Schema,
    pub(super) picture: &'a Picture,
    /// What each restricted actor is restricted to.
    pub(super) bounds: &'a [Bounds],
    pub(super) dice: &'a mut Dice,
}

impl Asking<'_> {
    /// A query; few of them cannot be answered.
    pub(super) fn random(&mut self) -> Ask {
        let object = self.object();
        let actor = if self.dice.chance(50) {
            1 + self.dice.below(self.bounds.len())
        } else {
            0
        };
        let mut ask = Ask {
            actor,
            object: self.schema.objects[object].name.clone(),
            entity: if self.dice.chance(30) {
                self.entity(actor)
            } else {
                None
            },
            case_sensitive: [None, Some(true), Some(false)][self.dice.weighted(&[45, 10, 45])],
            as_of: self.dice.chance(40).then(|| self.day()),
            hierarchy: self.dice.chance(8).then(|| self.dice.chance(80)),
            private: self.dice.chance(25).then(|| self.dice.chance(80)),
            is_terse: self.dice.chance(10),
            size: self.size(),
            ..Ask::default()
        };
        self.start(&mut ask);
        let grouped = self.dice.chance(22);
        if grouped {
            self.groups(&mut ask, object);
        } else {
            self.fields(&mut ask, object);
        }
        for _ in 0..self.dice.weighted(&[20, 25, 25, 15, 10, 5]) {
            let filter = self.filter(object);
            ask.filters.push(filter);
        }
        ask.combine = self.combine(ask.filters.len());
        for _ in 0..self.dice.weighted(&[25, 40, 25, 10]) {
            let name = if grouped {
                self.dice.pick(&ask.fields).clone()
            } else {
                self.name(object, &shows)
            };
            if !name.ends_with("href") {
                ask.order.push((name, self.dice.chance(50)));
            }
        }
        if self.dice.chance(3) {
            self.spoil(&mut ask, object);
        }
        ask
    }

    /// Another page of the same rows.
    pub(super) fn turn(&mut self, ask: &mut Ask) {
        ask.size = self.size();
        self.start(ask);
    }

    /// All rows, by a field of their own, the smallest first.
    pub(super) fn rise(&mut self, ask: &mut Ask) {
        let fields = &self.schema.objects[self.schema.number(&ask.object)].fields;
        let sorts = |kind: &Kind| !matches!(kind, Kind::Reference(_) | Kind::Words);
        let fields: Vec<_> = fields.iter().filter(|field| sorts(&field.kind)).collect();
        ask.fields = vec!["key".to_owned()];
        ask.filters.clear();
        ask.combine = Combine::Absent;
        ask.order = vec![(self.dice.pick(&fields).name.clone(), true)];
        ask.start = None;
    }

    fn object(&mut self) -> usize {
        let weights: Vec<usize> = self
            .picture
            .rows
            .iter()
            .map(|rows| rows.len().min(100))
            .collect();
        self.dice.weighted(&weights)
    }

    /// An entity that an actor may enter.
    fn entity(&mut self, actor: usize) -> Option<i128> {
        match actor.checked_sub(1).map(|at| &self.bounds[at]) {
            Some(bounds) if bounds.shared_only => return None,
            Some(bounds) if !bounds.entities.is_empty() => {
                return Some(*self.dice.pick(&bounds.entities));
            }
            _ => {}
        }
        let entities = &self.picture.rows[self.schema.entities()];
        // The first ones have most rows.
        Some(entities[self.dice.below(entities.len().min(8))].key)
    }

    fn sight(&self) -> Sight<'_> {
        Sight {
            schema: self.schema,
            picture: self.picture,
            entity: None,
            private: true,
            limits: None,
        }
    }

    fn size(&mut self) -> Option<u64> {
        let sizes = [
            None,
            Some(1),
            Some(2),
            Some(3),
            Some(7),
            Some(20),
            Some(100),
            Some(4000),
        ];
        sizes[self.dice.weighted(&[5, 12, 15, 15, 20, 25, 6, 2])]
    }

    fn start(&mut self, ask: &mut Ask) {
        ask.start = match self.dice.weighted(&[55, 5, 25, 12, 3]) {
            0 => None,
            1 => Some(1),
            2 => Some(2 + self.dice.below(12) as u64),
            3 => Some(1 + self.dice.below(400) as u64),
            _ => Some(2_000_000_000),
        };
    }

    fn fields(&mut self, ask: &mut Ask, object: usize) {
        for _ in 0..1 + self.dice.weighted(&[15, 25, 25, 15, 10, 10]) {
            let name = if self.dice.chance(25) {
                let often = ["id", "key", "href"][self.dice.weighted(&[45, 40, 15])];
                let known = self.schema.path(object, often).is_ok();
                (if known { often } else { "key" }).to_owned()
            } else {
                self.name(object, &shows)
            };
            ask.fields.push(name);
        }
    }

    fn groups(&mut self, ask: &mut Ask, object: usize) {
        for _ in 0..self.dice.weighted(&[30, 45, 20, 5]) {
            // Groups of one row each say little.
            let name = if self.dice.chance(65) {
                self.name(object, &|kind| {
                    matches!(kind, Kind::Boolean | Kind::Choice(_))
                })
            } else {
                self.name(object, &shows)
            };
            ask.fields.push(name);
        }
        for _ in 0..1 + self.dice.weighted(&[60, 30, 10]) {
            let function = *self.dice.pick(&["count", "sum", "avg", "min", "max"]);
            let fits: &dyn Fn(&Kind) -> bool = match function {
                "sum" | "avg" => &|kind| matches!(kind, Kind::Integer | Kind::Decimal { .. }),
                "count" => &|kind| !matches!(kind, Kind::Words),
                _ => &|kind| !matches!(kind, Kind::Boolean | Kind::Words),
            };
            let (name, kind) = self.named(object, fits);
            if matches!(kind, Kind::Href(_)) {
                continue;
            }
            // Not every object has numbers.
            let function = if fits(&kind) { function } else { "count" };
            let name = format!("{function}:{name}");
            let at = self.dice.below(ask.fields.len() + 1);
            ask.fields.insert(at, name);
        }
        if ask.fields.is_empty() {
            ask.fields.push("count:key".to_owned());
        }
    }

    /// The dotted name of a field of a sort, or of any other where there is none.
    fn name(&mut self, object: usize, wanted: &dyn Fn(&Kind) -> bool) -> String {
        self.named(object, wanted).0
    }

    fn named(&mut self, object: usize, wanted: &dyn Fn(&Kind) -> bool) -> (String, Kind) {
        let mut found = self.walk(object, 0);
        for _ in 0..8 {
            if wanted(&found.1) {
                break;
            }
            found = self.walk(object, 0);
        }
        found
    }

    fn walk(&mut self, object: usize, depth: usize) -> (String, Kind) {
        let schema = self.schema;
        let fields = &schema.objects[object].fields;
        let references: Vec<_> = fields
            .iter()
            .filter(|field| matches!(field.kind, Kind::Reference(_)))
            .collect();
        if !references.is_empty() && self.dice.chance([42, 35, 30, 25, 0][depth]) {
            let through = *self.dice.pick(&references);
            if let Kind::Reference(target) = through.kind {
                let (rest, kind) = self.walk(target, depth + 1);
                return (format!("{}.{rest}", through.name), kind);
            }
        }
        if self.dice.chance(4) {
            return ("href".to_owned(), Kind::Href(object));
        }
        // Names at the end of a reference are mostly its id, its key or a name.
        let often = ["id", "key", "name"];
        let known: Vec<_> = fields
            .iter()
            .filter(|field| !matches!(field.kind, Kind::Reference(_)))
            .filter(|field| depth == 0 || often.contains(&field.name.as_str()))
            .collect();
        let field = if depth > 0 && !known.is_empty() && self.dice.chance(50) {
            *self.dice.pick(&known)
        } else {
            let plain = fields
                .iter()
                .filter(|f| !matches!(f.kind, Kind::Reference(_)));
            // Numbers, dates and moments are few among the texts.
            let plain: Vec<_> = plain
                .flat_map(|field| {
                    let times = match field.kind {
                        Kind::Text => 1,
                        Kind::Choice(_) | Kind::Boolean | Kind::Key => 2,
                        _ => 4,
                    };
                    std::iter::repeat_n(field, times)
                })
                .collect();
            *self.dice.pick(&plain)
        };
        (field.name.clone(), field.kind.clone())
    }

    fn filter(&mut self, object: usize) -> Filter {
        let (field, kind) = loop {
            let (name, kind) = self.walk(object, 0);
            if !matches!(kind, Kind::Href(_)) {
                break (name, kind);
            }
        };
        let operators = match kind {
            Kind::Words => &OPERATORS[16..],
            Kind::Boolean => &OPERATORS[..2],
            Kind::Date | Kind::Moment => &OPERATORS[..10],
            _ => &OPERATORS[..16],
        };
        let mut operator = *self.dice.pick(operators);
        if matches!(kind, Kind::Boolean) && self.dice.chance(20) {
            operator = *self.dice.pick(&["$in", "$notIn"]);
        }
        let operand = self.operand(object, &field, &kind, operator);
        Filter {
            operator,
            field,
            operand,
        }
    }

    fn operand(&mut self, object: usize, field: &str, kind: &Kind, operator: &str) -> Operand {
        match operator {
            "$eq" | "$ne" if self.dice.chance(15) => Operand::One(Scalar::Null),
            "$in" | "$notIn" => {
                let many = self.dice.weighted(&[5, 15, 25, 25, 20, 10]);
                Operand::Many((0..many).map(|_| self.point(object, field, kind)).collect())
            }
            "$between" | "$notBetween" => {
                Operand::Many((0..2).map(|_| self.point(object, field, kind)).collect())
            }
            "$eq" | "$ne" | "$lt" | "$lte" | "$gt" | "$gte" => {
                Operand::One(self.point(object, field, kind))
            }
            _ => Operand::One(self.piece(object, field, kind)),
        }
    }

    /// A value that some row has at the end of a path, as answers show it.
    fn sample(&mut self, object: usize, field: &str) -> Option<(Value, String)> {
        let rows = &self.picture.rows[object];
        let path = self.schema.path(object, field).ok()?;
        for _ in 0..4 {
            let row = &rows[self.dice.below(rows.len())];
            let value = self.sight().value(row, &path).clone();
            if let Some(text) = shown(self.schema, &path.kind, &value) {
                return Some((value, text));
            }
        }
        None
    }

    /// A value to compare a field with.
    fn point(&mut self, object: usize, field: &str, kind: &Kind) -> Scalar {
        let sample = self.sample(object, field);
        match kind {
            Kind::Boolean => Scalar::Boolean(self.dice.chance(50)),
            Kind::Choice(words) => {
                let word = self.dice.pick(words).clone();
                Scalar::Text(word)
            }
            Kind::Date | Kind::Moment => {
                if self.dice.chance(35) {
                    return Scalar::Text((*self.dice.pick(&calendar::WORDS)).to_owned());
                }
                let Some((Value::Number(number), text)) = sample else {
                    return Scalar::Text(self.day());
                };
                let number = i64::try_from(number).expect("a day or a moment");
                let is_day = matches!(kind, Kind::Date);
                Scalar::Text(match self.dice.below(5) {
                    0 => self.day(),
                    1 | 2 => text,
                    _ if is_day => day_text(number + self.dice.below(3) as i64 - 1),
                    3 => day_text(number.div_euclid(DAY)),
                    _ => {
                        let exact = number + self.dice.below(3) as i64 - 1;
                        self.moment(exact)
                    }
                })
            }
            Kind::Key | Kind::Integer | Kind::Decimal { .. } => {
                let text = match sample {
                    Some((Value::Number(_), text)) if self.dice.chance(75) => text,
                    _ => (1 + self.dice.below(100)).to_string(),
                };
                let text = match (kind, self.dice.below(6)) {
                    (Kind::Decimal { .. }, 0) => text.trim_end_matches('0').to_owned(),
                    (Kind::Decimal { .. }, 1) if text.contains('.') => format!("{text}0"),
                    _ => text,
                };
                // A number ends with a digit in JSON.
                if self.dice.chance(50) && !text.ends_with('.') {
                    Scalar::Number(text)
                } else {
                    Scalar::Text(text)
                }
            }
            _ => {
                let text = match sample {
                    Some((_, text)) if self.dice.chance(85) => self.varied(&text),
                    _ => (*self.dice.pick(&words::WORDS)).to_owned(),
                };
                let plain = !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit());
                if plain && !text.is_empty() && self.dice.chance(50) {
                    Scalar::Number(text)
                } else {
                    Scalar::Text(text)
                }
            }
        }
    }

    /// A moment with its fraction, at some clock of the world.
    fn moment(&mut self, exact: i64) -> String {
        let fraction = exact.rem_euclid(1_000_000);
        let hours = [0, 0, 2, -5][self.dice.below(4)];
        let text = moment_text(exact + hours * 3_600_000_000);
        let text = text.trim_end_matches('Z');
        let zone = match hours {
            0 => "Z",
            2 => "+02:00",
            _ => "-05:00",
        };
        if fraction == 0 {
            format!("{text}{zone}")
        } else {
            format!("{text}.{fraction:06}{zone}")
        }
    }

    /// A piece of text to search for.
    fn piece(&mut self, object: usize, field: &str, kind: &Kind) -> Scalar {
        let sample = self.sample(object, field);
        if let Some((Value::Words(words), _)) = &sample {
            let word = self.dice.pick(words).clone();
            return Scalar::Text(self.varied(&word));
        }
        let Some((_, text)) = sample.filter(|_| self.dice.chance(90)) else {
            let any = [
                "a", "%", "_", "\\", "'", "\"", "ß", "\u{301}", ".", "1", "S", "σ", "-", "😀",
            ];
            return Scalar::Text((*self.dice.pick(&any)).to_owned());
        };
        let chars: Vec<char> = text.chars().collect();
        let from = if self.dice.chance(35) {
            0
        } else {
            self.dice.below(chars.len())
        };
        let most = chars.len() - from;
        let many = if self.dice.chance(35) {
            most
        } else {
            1 + self.dice.below(most)
        };
        let piece: String = chars[from..from + many].iter().collect();
        let digits = piece.bytes().all(|b| b.is_ascii_digit()) && !piece.starts_with('0');
        if digits && self.dice.chance(50) {
            return Scalar::Number(piece);
        }
        Scalar::Text(if kind.is_text() {
            self.varied(&piece)
        } else {
            piece
        })
    }

    /// Text as it is, or in other letters.
    fn varied(&mut self, text: &str) -> String {
        match self.dice.below(8) {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            _ => text.to_owned(),
        }
    }

    fn day(&mut self) -> String {
        (*self.dice.pick(&words::DAYS)).to_owned()
    }

    fn combine(&mut self, filters: usize) -> Combine {
        match self.dice.below(10) {
            0 | 1 => Combine::Absent,
            2 => Combine::Word(self.dice.pick::<&str>(&["and", "AND", " and ", ""]), true),
            3 => Combine::Word(self.dice.pick::<&str>(&["or", "Or", "\tOR "]), false),
            _ if filters == 0 => Combine::Absent,
            _ => Combine::Tree {
                tree: Tree::random(self.dice, filters),
                dice: self.dice.clone(),
            },
        }
    }

    /// Puts something into a query that cannot be asked, or at least looks so.
    fn spoil(&mut self, ask: &mut Ask, object: usize) {
        let name = [
            "colour", "entity", "href.id", "contact", "parent", "", "ia::x", "key.id",
        ];
        let name = || name[ask.fields.len() % 8].to_owned();
        match self.dice.below(9) {
            0 => ask.fields.push(name()),
            1 => ask.order.push((name(), true)),
            2 => ask.size = Some([0, 4001][self.dice.below(2)]),
            3 => ask.start = Some([0, 2_000_000_001][self.dice.below(2)]),
            4 => {
                let many = ask.filters.len();
                let texts = [
                    format!("{} and 1", many + 1),
                    "(1".to_owned(),
                    "1)".to_owned(),
                    "1 and".to_owned(),
                    "0".to_owned(),
                    "not 1".to_owned(),
                    "()".to_owned(),
                ];
                ask.combine = Combine::Broken(self.dice.pick(&texts).clone());
            }
            5 => {
                let function = *self.dice.pick(&["sum", "max", "median", "count"]);
                ask.fields
                    .push(format!("{function}:{}", self.name(object, &shows)));
            }
            6 => {
                let name = format!("count:{}", self.name(object, &shows));
                ask.order.push((name, false));
            }
            _ => {
                let odd = [
                    Operand::One(Scalar::Null),
                    Operand::One(Scalar::Boolean(true)),
                    Operand::One(Scalar::Number("-1.005".to_owned())),
                    Operand::One(Scalar::Text(String::new())),
                    Operand::One(Scalar::Text("a\u{7}b".to_owned())),
                    Operand::One(Scalar::Text("2026-02-30".to_owned())),
                    Operand::One(Scalar::Text("99999999999999999999".to_owned())),
                    Operand::Many(Vec::new()),
                    Operand::Many(vec![Scalar::Text("a".to_owned())]),
                    Operand::Many(vec![Scalar::Null, Scalar::Number("1".to_owned())]),
                    Operand::Many(vec![Scalar::Text("1".to_owned()); 3]),
                ];
                let operator = *self.dice.pick(&OPERATORS);
                let (field, _) = self.walk(object, 0);
                ask.filters.push(Filter {
                    operator,
                    field,
                    operand: self.dice.pick(&odd).clone(),
                });
                // Every filter has to be named.
                ask.combine = Combine::Absent;
            }
        }
    }
}
