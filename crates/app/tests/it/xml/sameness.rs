//! One engine behind two doors: the same user finds the same records over REST, by `query` and by
//! `readByQuery`, whatever is asked.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant;

use serde_json::{Value as Json, json};
use sidegate_engine::Door;
use sidegate_engine::authorizing::Wanted;
use sidegate_model::path::{End, resolve};
use sidegate_model::{FieldType, Registry};

use super::element::escaped;
use super::gateway::{Asker, Gateway};
use crate::harness::{World, credentials};
use crate::random_queries::Dice;

const QUERIES: usize = 2_400;
const SEED: u64 = 20_261_124;
/// Objects that are asked for, by both of their names.
const OBJECTS: [(&str, &str); 10] = [
    ("USERINFO", "company-config/user"),
    ("CONTACT", "company-config/contact"),
    ("LOCATION", "company-config/location"),
    ("LOCATIONENTITY", "company-config/entity"),
    ("DEPARTMENT", "company-config/department"),
    ("TERRITORY", "accounts-receivable/territory"),
    ("CLASS", "company-config/class"),
    ("EMPLOYEE", "company-config/employee"),
    ("TIMESHEET", "time/timesheet"),
    ("TIMESHEETENTRY", "time/timesheet-line"),
];

/// A field by both of its names, and the values that some records have.
struct Column {
    name: String,
    path: String,
    kind: FieldType,
    values: Vec<Json>,
}

struct Object {
    name: &'static str,
    rest: &'static str,
    columns: Vec<Column>,
}

/// Somebody who asks at both doors.
struct Person {
    asker: Asker,
    token: String,
}

/// A test of one field, before any door's words.
#[derive(Clone, Debug)]
struct Test {
    column: usize,
    sign: Sign,
    values: Vec<Json>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
    Between,
    Begins,
    Holds,
    HoldsNot,
    Null,
    NotNull,
}

#[derive(Clone, Debug)]
enum Filter {
    One(Test),
    All(Vec<Filter>),
    Any(Vec<Filter>),
}

/// By name in REST, as an element of `query`, as a sign of the older grammar.
fn words(sign: Sign) -> (&'static str, &'static str, &'static str) {
    match sign {
        Sign::Equal => ("$eq", "equalto", "="),
        Sign::NotEqual => ("$ne", "notequalto", "<>"),
        Sign::Less => ("$lt", "lessthan", "<"),
        Sign::LessOrEqual => ("$lte", "lessthanorequalto", "<="),
        Sign::Greater => ("$gt", "greaterthan", ">"),
        Sign::GreaterOrEqual => ("$gte", "greaterthanorequalto", ">="),
        Sign::In => ("$in", "in", "in"),
        Sign::NotIn => ("$notIn", "notin", "not in"),
        Sign::Between => ("$between", "between", ""),
        Sign::Begins => ("$startsWith", "like", "like"),
        Sign::Holds => ("$contains", "like", "like"),
        Sign::HoldsNot => ("$notContains", "notlike", "not like"),
        Sign::Null => ("$eq", "isnull", "is null"),
        Sign::NotNull => ("$ne", "isnotnull", "is not null"),
    }
}

/// `2026-01-31` as `01/31/2026`, and what stands behind it.
fn american(text: &str) -> String {
    let (day, time) = match text.split_once('T') {
        Some((day, time)) => (day, format!(" {}", time.trim_end_matches('Z'))),
        None => (text, String::new()),
    };
    let (year, rest) = day.split_once('-').expect("a day");
    let (month, day) = rest.split_once('-').expect("a day");
    format!("{month}/{day}/{year}{time}")
}

impl Column {
    /// A value in the words of the gateway: labels, or what the older grammar takes for the
    /// database's.
    fn text(&self, value: &Json, is_older: bool) -> String {
        match (&self.kind, value) {
            (FieldType::Choice(choices), Json::String(word)) => {
                let choice = choices.iter().find(|choice| choice.value == *word);
                let choice = choice.expect("one of its words");
                let label = choice.xml.as_ref().unwrap_or(&choice.value);
                let code = choice.code.as_ref().filter(|_| is_older);
                code.unwrap_or(label).clone()
            }
            (FieldType::Boolean, Json::Bool(yes)) if is_older => {
                if *yes { "T" } else { "F" }.to_owned()
            }
            (FieldType::Date | FieldType::Moment, Json::String(text)) => american(text),
            (_, Json::String(text)) => text.clone(),
            (_, other) => other.to_string(),
        }
    }

    fn is_text(&self) -> bool {
        matches!(self.kind, FieldType::Text { .. } | FieldType::Email)
    }

    fn is_ordered(&self) -> bool {
        !matches!(self.kind, FieldType::Boolean | FieldType::Choice(_))
    }
}

/// The same filter for three ways to ask.
struct Asked {
    rest: Vec<Json>,
    expression: String,
    element: String,
    older: String,
}

impl Asked {
    fn of(columns: &[Column], filter: &Filter) -> Self {
        let mut asked = Self {
            rest: Vec::new(),
            expression: String::new(),
            element: String::new(),
            older: String::new(),
        };
        asked.add(columns, filter);
        asked
    }

    fn add(&mut self, columns: &[Column], filter: &Filter) {
        let (parts, word) = match filter {
            Filter::One(test) => return self.test(columns, test),
            Filter::All(parts) => (parts, "and"),
            Filter::Any(parts) => (parts, "or"),
        };
        self.expression.push('(');
        self.older.push('(');
        let _ = write!(self.element, "<{word}>");
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                let _ = write!(self.expression, " {word} ");
                let _ = write!(self.older, " {word} ");
            }
            self.add(columns, part);
        }
        self.expression.push(')');
        self.older.push(')');
        let _ = write!(self.element, "</{word}>");
    }

    fn test(&mut self, columns: &[Column], test: &Test) {
        let column = &columns[test.column];
        let (rest, element, older) = words(test.sign);
        let sent = match test.sign {
            Sign::Null | Sign::NotNull => Json::Null,
            Sign::In | Sign::NotIn | Sign::Between => json!(test.values),
            _ => test.values[0].clone(),
        };
        self.rest
            .push(json!({ rest: { column.path.as_str(): sent } }));
        let _ = write!(self.expression, "{}", self.rest.len());
        let name = &column.name;
        let texts = |is_older: bool| -> Vec<String> {
            let texts = test.values.iter().map(|value| {
                let text = column.text(value, is_older);
                match test.sign {
                    Sign::Begins => format!("{text}%"),
                    Sign::Holds | Sign::HoldsNot => format!("%{text}%"),
                    _ => text,
                }
            });
            texts.collect()
        };
        let _ = write!(self.element, "<{element}><field>{name}</field>");
        for text in texts(false) {
            let _ = write!(self.element, "<value>{}</value>", escaped(&text));
        }
        let _ = write!(self.element, "</{element}>");
        let literals: Vec<String> = texts(true)
            .iter()
            .map(|text| format!("'{}'", text.replace('\'', "\\'")))
            .collect();
        let told = match test.sign {
            Sign::Null | Sign::NotNull => format!("{name} {older}"),
            Sign::In | Sign::NotIn => format!("{name} {older} ({})", literals.join(", ")),
            Sign::Between => {
                let [low, high] = [&literals[0], &literals[1]];
                format!("({name} >= {low} AND {name} <= {high})")
            }
            // What is satisfied by no value at all is said in another way now and then.
            Sign::NotEqual if self.rest.len().is_multiple_of(2) => {
                format!("NOT {name} = {}", literals[0])
            }
            _ => format!("{name} {older} {}", literals[0]),
        };
        self.older.push_str(&told);
    }
}

struct Asking<'w> {
    gateway: Gateway<'w>,
    objects: Vec<Object>,
    people: Vec<Person>,
}

impl<'w> Asking<'w> {
    fn new(world: &'w World) -> Self {
        let gateway = Gateway { world };
        let all = json!([{"id": "All access"}]);
        let at_top = json!({"allowTopLevelAccess": true});
        let restricted = [
            (
                "ws_x_entity",
                json!({"entities": [{"id": "E100"}], "entityAccess": at_top}),
            ),
            (
                "ws_x_entities",
                json!({"entities": [{"id": "E200"}, {"id": "E300"}], "entityAccess": at_top}),
            ),
            (
                "ws_x_location",
                json!({"locations": [{"id": "SFO"}, {"id": "ROT"}]}),
            ),
            ("ws_x_department", json!({"departments": [{"id": "FIN"}]})),
            (
                "ws_x_hidden",
                json!({"departments": [{"id": "AP"}], "hideOtherDepartmentTransactions": true}),
            ),
            ("ws_x_territory", json!({"territories": [{"id": "EMEA"}]})),
            (
                "ws_x_shared",
                json!({"entityAccess": {"allowUnrestrictedAccess": false, "allowTopLevelAccess": true}}),
            ),
        ];
        let open = |asker: Asker| Asker::session(&gateway.open(&asker));
        let mut people = vec![Person {
            asker: open(Asker::admin()),
            token: world.token("ws_sync@HARBOR"),
        }];
        for entity in ["E100", "E300"] {
            let secret = &credentials().user_password;
            let login = Asker::login_to("HARBOR", "ws_sync", secret, Some(entity));
            people.push(Person {
                asker: open(login),
                token: world.token(&format!("ws_sync@HARBOR|{entity}")),
            });
        }
        for (id, mut more) in restricted {
            more["roles"] = all.clone();
            // Users are listed by administrators only.
            more["adminPrivileges"] = json!("limited");
            let login = gateway.new_user(id, &more);
            let wanted = Wanted {
                company: "HARBOR",
                client: Some((&credentials().client_id, id)),
                ..Wanted::default()
            };
            world
                .engine
                .authorize(wanted, Door::System)
                .expect("a pairing");
            people.push(Person {
                asker: open(login),
                token: world.token(&format!("{id}@HARBOR")),
            });
        }
        let registry = Registry::shipped().expect("whole declarations");
        let token = &people[0].token;
        let objects = OBJECTS.map(|(name, rest)| Object {
            name,
            rest,
            columns: columns(world, &registry, token, name, rest),
        });
        Self {
            gateway,
            objects: objects.into(),
            people,
        }
    }

    fn test(&self, object: &Object, dice: &mut Dice) -> Test {
        let at = dice.below(object.columns.len());
        let column = &object.columns[at];
        let mut signs = vec![
            Sign::Equal,
            Sign::NotEqual,
            Sign::In,
            Sign::NotIn,
            Sign::Null,
            Sign::NotNull,
        ];
        if column.is_ordered() {
            signs.extend([
                Sign::Less,
                Sign::LessOrEqual,
                Sign::Greater,
                Sign::GreaterOrEqual,
                Sign::Between,
            ]);
        }
        if column.is_text() {
            signs.extend([Sign::Begins, Sign::Holds, Sign::HoldsNot]);
        }
        let sign = *dice.pick(&signs);
        let mut value = || dice.pick(&column.values).clone();
        let values = match sign {
            Sign::Null | Sign::NotNull => Vec::new(),
            Sign::In | Sign::NotIn => (0..3).map(|_| value()).collect(),
            Sign::Between => {
                let mut two = vec![value(), value()];
                two.sort_by(order);
                two
            }
            Sign::Begins | Sign::Holds | Sign::HoldsNot => {
                let text = value();
                let letters: Vec<char> = text.as_str().expect("text").chars().collect();
                let from = match sign {
                    Sign::Begins => 0,
                    _ => dice.below(letters.len()),
                };
                let length = 1 + dice.below((letters.len() - from).min(3));
                let part: String = letters[from..from + length].iter().collect();
                // These are any letters to the gateway, and themselves to REST.
                vec![json!(part.replace(['%', '_'], "-"))]
            }
            _ => vec![value()],
        };
        Test {
            column: at,
            sign,
            values,
        }
    }

    fn filter(&self, object: &Object, depth: usize, dice: &mut Dice) -> Filter {
        if depth == 0 || dice.chance(50) {
            return Filter::One(self.test(object, dice));
        }
        let parts = (0..2 + dice.below(2))
            .map(|_| self.filter(object, depth - 1, dice))
            .collect();
        if dice.chance(50) {
            Filter::All(parts)
        } else {
            Filter::Any(parts)
        }
    }

    /// Asks one random query in three ways; how many records each way found.
    fn one(&self, dice: &mut Dice) -> usize {
        let object = dice.pick(&self.objects);
        let person = dice.pick(&self.people);
        let filter = self.filter(object, 3, dice);
        let asked = Asked::of(&object.columns, &filter);
        // The older grammar tells letters apart, always.
        let ignores_case = dice.chance(25);
        let body = json!({
            "object": object.rest, "fields": ["key"], "filters": asked.rest,
            "filterExpression": asked.expression, "size": 2000,
            "orderBy": [{"key": "asc"}],
            "filterParameters": {"caseSensitiveComparison": !ignores_case},
        });
        let path = "/services/core/query";
        let world = self.gateway.world;
        let answer = world.call("POST", path, Some(&person.token), Some(&body));
        let told = || format!("{} {body} {}", object.name, person.asker.authentication);
        assert_eq!(answer.status, 200, "{}: {}", told(), answer.json());
        let rows = answer.json()["ia::result"].clone();
        let keys: Vec<String> = rows
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| row["key"].as_str().expect("a key").to_owned())
            .collect();
        let query = format!(
            "<query><object>{}</object><select><field>RECORDNO</field></select><filter>{}</filter><orderby><order><field>RECORDNO</field></order></orderby><options><caseinsensitive>{ignores_case}</caseinsensitive></options><pagesize>2000</pagesize></query>",
            object.name, asked.element
        );
        let older = format!(
            "<readByQuery><object>{}</object><query>{}</query><fields>RECORDNO</fields><pagesize>1000</pagesize></readByQuery>",
            object.name,
            escaped(&asked.older)
        );
        let mut functions = vec![query.as_str()];
        if !ignores_case {
            functions.push(&older);
        }
        let outcomes = self.gateway.ask(&person.asker, &functions).outcomes();
        for (outcome, function) in outcomes.iter().zip(functions) {
            assert!(outcome.is_done(), "{}\n{function}\n{outcome:?}", told());
            assert_eq!(outcome.column("RECORDNO"), keys, "{}\n{function}", told());
            let total = &answer.json()["ia::meta"]["totalCount"];
            assert_eq!(outcome.told("totalcount"), total.to_string());
        }
        keys.len()
    }
}

fn order(one: &Json, other: &Json) -> std::cmp::Ordering {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        _ => {
            let text = |value: &Json| value.as_str().map(str::to_owned);
            let number = |text: Option<String>| text.and_then(|text| text.parse::<f64>().ok());
            match (number(text(one)), number(text(other))) {
                (Some(one), Some(other)) => one.total_cmp(&other),
                _ => text(one).cmp(&text(other)),
            }
        }
    }
}

/// The fields of an object that both doors can filter by, with values of its records.
fn columns(world: &World, registry: &Registry, token: &str, name: &str, rest: &str) -> Vec<Column> {
    let (definition, face) = registry.face(name).expect("a face");
    assert_eq!(definition.name, rest);
    let mut columns: Vec<Column> = Vec::new();
    // What is read from elsewhere than it is written, REST does not show under that name.
    for field in face.fields.iter().filter(|field| field.read.is_none()) {
        let found = resolve(registry, definition, &field.path);
        let is_field = found.is_some_and(|path| matches!(path.end, End::Field(_)));
        let Some(shown) = registry.shown(definition, &field.path) else {
            continue;
        };
        let is_plain = !matches!(
            shown.kind,
            FieldType::Reference(_)
                | FieldType::References(_)
                | FieldType::Owned(_)
                | FieldType::Words(_)
                | FieldType::Bytes
                | FieldType::File
        );
        if is_field && is_plain {
            columns.push(Column {
                name: field.name.clone(),
                path: field.path.clone(),
                kind: shown.kind.clone(),
                values: Vec::new(),
            });
        }
    }
    let paths: Vec<&str> = columns.iter().map(|column| column.path.as_str()).collect();
    let body = json!({"object": rest, "fields": paths, "size": 2000});
    let answer = world.call("POST", "/services/core/query", Some(token), Some(&body));
    assert_eq!(answer.status, 200, "{name}: {}", answer.json());
    let rows = answer.json()["ia::result"].clone();
    let rows = rows.as_array().expect("rows");
    assert!(!rows.is_empty(), "{name}");
    for column in &mut columns {
        let values = rows.iter().map(|row| row[&column.path].clone());
        let mut values: Vec<Json> = values
            .filter(|value| !value.is_null() && value.as_str() != Some(""))
            .collect();
        values.dedup();
        column.values = values;
    }
    columns.retain(|column| !column.values.is_empty());
    columns
}

#[test]
fn all_ways_to_ask_find_the_same_records() {
    let world = World::demo();
    let asking = Asking::new(&world);
    let fields: usize = asking.objects.iter().map(|o| o.columns.len()).sum();
    let began = Instant::now();
    let mut dice = Dice::of(&[SEED]);
    let mut found: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..QUERIES {
        let what = match asking.one(&mut dice) {
            0 => "nothing",
            1..=5 => "a few",
            _ => "many",
        };
        *found.entry(what).or_default() += 1;
    }
    println!(
        "{QUERIES} queries on {fields} fields of {} objects by {} people in {:?}: {found:?}",
        asking.objects.len(),
        asking.people.len(),
        began.elapsed()
    );
    assert!(found["nothing"] < QUERIES / 2, "{found:?}");
}
