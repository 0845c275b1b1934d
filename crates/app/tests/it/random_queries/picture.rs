//! What the test knows of a company: the sorts of its fields, and its rows as they were sent and as
//! GET shows each of them.

use serde_json::Value as Json;
use sidegate_model::{Definition, FieldType, Operation, Realm, Registry};

use sidegate_model::definition::Source;

use super::calendar::{moment_text, read_day, read_moment};

/// The sort of a field.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Text,
    Choice(Vec<String>),
    Boolean,
    Integer,
    Decimal {
        places: usize,
        /// Whether JSON has it as a number.
        bare: bool,
    },
    Date,
    Moment,
    Key,
    /// Several words, which only a filter names.
    Words,
    /// One record of the object of this number; a query never names it alone.
    Reference(usize),
    /// The address of a record of that object.
    Href(usize),
}

impl Kind {
    /// Whether text is compared, which has upper and lower case.
    pub(super) fn is_text(&self) -> bool {
        matches!(self, Self::Text | Self::Choice(_))
    }
}

/// A field that queries name.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// Which entities see a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Belongs {
    ToAll,
    /// The row is an entity.
    ToItself,
    /// To the entity that this field names, or to all where it names none.
    By(usize),
}

/// What tells the location, department or territory of a row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// The row is one.
    Itself,
    /// This field names it.
    Field(usize),
    /// It is that of the employee whom this field names.
    OfEmployee(usize),
}

/// Rows that are seen only where the record is that they belong to: object and field.
const OWNED: [(&str, &str); 4] = [
    ("company-config/file", "attachment"),
    ("company-config/role-user-map", "user"),
    ("time/timesheet-approval-record", "timesheet"),
    ("time/timesheet-line", "timesheet"),
];

/// Rows of other departments that are seen but not changed, unless they are to be hidden.
const TRANSACTIONS: [&str; 2] = ["time/timesheet", "time/timesheet-line"];

/// A published object.
#[derive(Debug)]
pub(super) struct Object {
    pub(super) name: String,
    pub(super) fields: Vec<Field>,
    pub(super) belongs: Belongs,
    pub(super) location: Option<Place>,
    pub(super) department: Option<Place>,
    pub(super) territory: Option<Place>,
    /// The field that names the record it belongs to, with that record's object.
    pub(super) owner: Option<(usize, usize)>,
    /// Whether rows of other departments are seen.
    pub(super) is_transaction: bool,
    /// The field that people type to name a record.
    pub(super) id: Option<usize>,
    /// The field that names the record above, where they form a tree.
    pub(super) parent: Option<usize>,
}

/// The objects that are asked.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) objects: Vec<Object>,
}

/// Whether an object has records of its own that are listed and read one by one.
fn is_asked(definition: &Definition) -> bool {
    definition.published
        && !definition.is_ours()
        // Mails are written along with users, which the picture does not follow.
        && definition.name != "company-config/email-delivery-record"
        && definition.realm == Realm::Company
        && definition.source == Source::Stored
        && definition.singleton.is_none()
        // The picture does not follow whose rows they are.
        && definition.restriction.own.is_none()
        && [Operation::List, Operation::Get]
            .into_iter()
            .all(|o| definition.answers(o))
}

const ENTITY: &str = "company-config/entity";

impl Schema {
    /// The names and sorts that are declared.
    pub(super) fn declared(registry: &Registry) -> Self {
        let published: Vec<_> = registry.all().filter(|d| is_asked(d)).collect();
        let number = |name: &str| published.iter().position(|d| d.name == name);
        let objects = published
            .iter()
            .map(|definition| {
                let fields: Vec<Field> = definition
                    .fields
                    .iter()
                    .filter(|field| field.is_visible() && field.from.is_none())
                    .filter_map(|field| {
                        Some(Field {
                            name: field.name.clone(),
                            kind: match &field.kind {
                                FieldType::Text { .. } | FieldType::Email => Kind::Text,
                                FieldType::Boolean => Kind::Boolean,
                                FieldType::Integer => Kind::Integer,
                                FieldType::Decimal { scale, bare } => Kind::Decimal {
                                    places: usize::from(*scale),
                                    bare: *bare,
                                },
                                FieldType::Words(_) => Kind::Words,
                                FieldType::Date => Kind::Date,
                                FieldType::Moment => Kind::Moment,
                                FieldType::Choice(choices) => {
                                    Kind::Choice(choices.iter().map(|c| c.value.clone()).collect())
                                }
                                FieldType::Key => Kind::Key,
                                FieldType::Reference(target) => Kind::Reference(number(target)?),
                                FieldType::Bytes
                                | FieldType::File
                                | FieldType::Owned(_)
                                | FieldType::References(_)
                                | FieldType::Json { .. } => return None,
                            },
                        })
                    })
                    .collect();
                let entity = number(ENTITY).expect("entities are published");
                let names_entity = fields.iter().position(|field| {
                    field.name == "entity"
                        && matches!(field.kind, Kind::Reference(target) if target == entity)
                });
                let own = number(&definition.name);
                let parent = fields.iter().position(|field| {
                    field.name == "parent"
                        && matches!(field.kind, Kind::Reference(target) if Some(target) == own)
                });
                let names = |name: &str| {
                    fields.iter().position(|field| field.name == name)
                };
                let place = |object: &str, name: &str| {
                    if definition.name == object {
                        return Some(Place::Itself);
                    }
                    let target = number(object)?;
                    let is_it = |at: &usize| {
                        matches!(fields[*at].kind, Kind::Reference(other) if other == target)
                    };
                    let found = names(name).or_else(|| names(&format!("dimensions.{name}")));
                    found.filter(is_it).map(Place::Field)
                };
                let department = match definition.name.as_str() {
                    "time/timesheet" => names("employee").map(Place::OfEmployee),
                    _ => place("company-config/department", "department"),
                };
                let owner = OWNED.iter().find(|(object, _)| *object == definition.name);
                let owner = owner.and_then(|(_, name)| {
                    let at = names(name)?;
                    match fields[at].kind {
                        Kind::Reference(target) => Some((at, target)),
                        _ => None,
                    }
                });
                let id = definition.id.map(|id| &definition.field(id).name);
                Object {
                    name: definition.name.clone(),
                    id: fields.iter().position(|field| Some(&field.name) == id),
                    parent,
                    location: place("company-config/location", "location"),
                    department,
                    territory: place("accounts-receivable/territory", "territory"),
                    owner,
                    is_transaction: TRANSACTIONS.contains(&definition.name.as_str()),
                    belongs: match names_entity {
                        _ if definition.name == ENTITY => Belongs::ToItself,
                        Some(field) => Belongs::By(field),
                        None => Belongs::ToAll,
                    },
                    fields,
                }
            })
            .collect();
        Self { objects }
    }

    /// The number of an object.
    pub(super) fn number(&self, name: &str) -> usize {
        let found = self.objects.iter().position(|object| object.name == name);
        found.unwrap_or_else(|| panic!("{name} is not published"))
    }

    /// The number of the object whose rows are entities.
    pub(super) fn entities(&self) -> usize {
        self.number(ENTITY)
    }
}

/// One value. Keys, dates (days), moments (microseconds) and decimals (units of their last place)
/// are numbers. The smallest comes first: null, then false, then text by code point.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    Number(i128),
    Text(String),
    Words(Vec<String>),
}

/// One record.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) key: i128,
    /// By the numbers of the object's fields.
    pub(super) values: Vec<Value>,
}

/// When a record was made and saved last, in microseconds; answers show whole seconds only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamps {
    pub(super) made: i64,
    pub(super) saved: i64,
}

/// All records of a company, by object, in the order of their keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Picture {
    pub(super) rows: Vec<Vec<Row>>,
}

impl Picture {
    /// The record of a key.
    pub(super) fn row(&self, object: usize, key: i128) -> Option<&Row> {
        let rows = &self.rows[object];
        let at = rows.binary_search_by_key(&key, |row| row.key).ok()?;
        Some(&rows[at])
    }

    /// The id of an entity.
    pub(super) fn id(&self, schema: &Schema, entity: i128) -> &str {
        let fields = &schema.objects[schema.entities()].fields;
        let id = fields.iter().position(|field| field.name == "id");
        let row = self.row(schema.entities(), entity).expect("entities stay");
        match &row.values[id.expect("entities have ids")] {
            Value::Text(id) => id,
            other => panic!("{other:?} is no id"),
        }
    }

    /// Takes a record as it is now.
    pub(super) fn put(&mut self, object: usize, row: Row) {
        let rows = &mut self.rows[object];
        match rows.binary_search_by_key(&row.key, |row| row.key) {
            Ok(at) => rows[at] = row,
            Err(at) => rows.insert(at, row),
        }
    }

    pub(super) fn remove(&mut self, object: usize, key: i128) {
        self.rows[object].retain(|row| row.key != key);
    }
}

impl Object {
    /// The record that GET shows so.
    pub(super) fn read(&self, record: &Json, stamps: Stamps) -> Row {
        let values: Vec<Value> = self
            .fields
            .iter()
            .map(|field| {
                let shown = field.name.split('.').fold(record, |at, name| {
                    at.get(name)
                        .unwrap_or_else(|| panic!("GET shows no {} in {record}", field.name))
                });
                self.value(field, shown, stamps)
            })
            .collect();
        let Value::Number(key) = values[0] else {
            panic!("{record} has no key");
        };
        Row { key, values }
    }

    fn value(&self, field: &Field, shown: &Json, stamps: Stamps) -> Value {
        let shown = match &field.kind {
            Kind::Reference(_) => &shown["key"],
            _ => shown,
        };
        let text = match shown {
            Json::Null => return Value::Null,
            Json::Array(words) if words.is_empty() => return Value::Null,
            Json::Bool(yes) => return Value::Boolean(*yes),
            // Written out, never as 1e-10.
            Json::Number(number) => match number.as_i64() {
                Some(whole) => whole.to_string(),
                None => number.as_f64().expect("a number").to_string(),
            },
            Json::String(text) => text.clone(),
            Json::Array(words) => {
                let text = |word: &Json| word.as_str().expect("a word").to_owned();
                return Value::Words(words.iter().map(text).collect());
            }
            other => panic!("{} of {} is {other}", field.name, self.name),
        };
        let number = match &field.kind {
            Kind::Text | Kind::Choice(_) => return Value::Text(text),
            Kind::Decimal { places, bare } => {
                let (whole, part) = text.split_once('.').unwrap_or((&text, ""));
                let same = *bare || part.len() == *places;
                assert!(same, "{} shows {text}", field.name);
                // The reader of JSON drops zeros at the end of a number.
                format!("{whole}{part:0<places$}").parse().ok()
            }
            Kind::Date => read_day(&text).map(i128::from),
            Kind::Moment => {
                let moment = match field.name.as_str() {
                    "audit.createdDateTime" => stamps.made,
                    "audit.modifiedDateTime" => stamps.saved,
                    _ => read_moment(&text).expect("a moment"),
                };
                let name = (&self.name, &field.name);
                assert_eq!(moment_text(moment), text, "{name:?} at {stamps:?}");
                Some(i128::from(moment))
            }
            _ => text.parse().ok(),
        };
        Value::Number(number.unwrap_or_else(|| panic!("{} shows {text}", field.name)))
    }
}
