//! Two companies full of awkward rows: the same keys in both, other values.
//!
//! Rows are made from the declarations, through the REST door; `MAKERS` says how many of which object
//! and what a random record of it needs beside.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use axum::body::Body;
use axum::http::Request;
use serde_json::{Map, Value as Json, json};
use sidegate::demo_data::{self, BARE_USER, USER};
use sidegate_engine::{Engine, Location, Source};
use sidegate_model::{Definition, Draft, Field, FieldType, Given, Registry, Rule, Value};
use sidegate_store::Dialect;
use sidegate_store::testing::{Template, TestDatabase, dialect};

use super::calendar::{DAY, day_text, read_day};
use super::dice::Dice;
use super::limits::Bounds;
use super::picture::{Picture, Schema, Stamps};
use super::words::{DAYS, WORDS, random, short};
use crate::harness::{Answer, Hand, NOON, SMALL, World, credentials, engine_on};
use crate::support::{company, key_of, system};

static FILLED: OnceLock<Template> = OnceLock::new();

pub(super) const COMPANIES: [&str; 2] = ["HARBOR", "QUAY"];
/// A Web Services user that belongs to an entity, unlike the others.
const ENTITY_USER: &str = "ws_pier";
const ACTORS: [&str; 3] = [USER, BARE_USER, ENTITY_USER];
/// Web Services users who are restricted to some of the rows.
pub(super) const RESTRICTED: [&str; 9] = [
    "ws_entities",
    "ws_locations",
    "ws_departments",
    "ws_hidden_departments",
    "ws_territories",
    "ws_everything",
    "ws_shared",
    "ws_two",
    "ws_one_entity_location",
];

const SHEET: &str = "time/timesheet";

/// How rows of an object are made.
pub(super) struct Maker {
    pub(super) object: &'static str,
    rows: usize,
    /// Turns a random body into one that the object's rules let pass.
    settle: fn(&mut Members, &mut Dice),
    /// Whether its rows can be made in an entity.
    in_entity: bool,
    /// How often one of its rows is changed while queries are asked.
    pub(super) changes: usize,
}

/// One row for each object that is filled, those that others refer to first.
pub(super) const MAKERS: [Maker; 15] = [
    Maker {
        object: "company-config/entity",
        rows: 24,
        settle: |_, _| {},
        in_entity: false,
        changes: 1,
    },
    Maker {
        object: "company-config/contact",
        rows: 140,
        settle: |_, _| {},
        in_entity: true,
        changes: 6,
    },
    Maker {
        object: "company-config/location",
        rows: 90,
        settle: |_, _| {},
        in_entity: true,
        changes: 0,
    },
    Maker {
        object: "company-config/department",
        rows: 80,
        settle: |_, _| {},
        in_entity: false,
        changes: 4,
    },
    Maker {
        object: "company-config/role",
        rows: 40,
        settle: |_, _| {},
        in_entity: false,
        changes: 2,
    },
    Maker {
        object: "company-config/class",
        rows: 50,
        settle: |_, _| {},
        in_entity: true,
        changes: 2,
    },
    Maker {
        object: "company-config/employee",
        rows: 70,
        settle: |_, _| {},
        in_entity: true,
        changes: 3,
    },
    Maker {
        object: "accounts-receivable/territory",
        rows: 40,
        settle: |_, _| {},
        in_entity: false,
        changes: 1,
    },
    Maker {
        object: "company-config/exchange-rate-type",
        rows: 8,
        settle: |body, _| drop(body.remove("isDefault")),
        in_entity: false,
        changes: 0,
    },
    Maker {
        object: "company-config/exchange-rate",
        rows: 20,
        settle: |_, _| {},
        in_entity: false,
        changes: 1,
    },
    Maker {
        object: "company-config/exchange-rate-line",
        rows: 60,
        settle: |_, _| {},
        in_entity: false,
        changes: 1,
    },
    Maker {
        object: "time/time-type",
        rows: 25,
        settle: |_, _| {},
        in_entity: true,
        changes: 1,
    },
    Maker {
        object: "time/timesheet",
        rows: 40,
        settle: |body, _| drop(body.insert("state".to_owned(), json!("draft"))),
        in_entity: true,
        changes: 0,
    },
    Maker {
        object: "company-config/user-group",
        rows: 15,
        settle: |_, _| {},
        in_entity: false,
        changes: 1,
    },
    Maker {
        object: "company-config/user",
        rows: 70,
        settle: settle_user,
        in_entity: true,
        changes: 0,
    },
];

/// The members of a body by their dotted names.
type Members = BTreeMap<String, Json>;

fn settle_user(body: &mut Members, dice: &mut Dice) {
    for name in ["entity", "password.requiresReset"] {
        body.remove(name);
    }
    body.retain(|name, _| !name.starts_with("entityAccess."));
    if body
        .get("adminPrivileges")
        .is_some_and(|level| level != "off")
    {
        body.remove("userType");
    }
    if body
        .get("status")
        .is_some_and(|status| status == "inactive")
    {
        body.insert("status".to_owned(), json!("lockedOut"));
    }
    if body.get("webServices.isRestricted") == Some(&json!(true)) {
        body.remove("sso.isSSOEnabled");
        body.remove("password.neverExpires");
    }
    // A contact of its own, with the names that a user's contact needs.
    body.insert(
        "contact".to_owned(),
        json!({"id": format!("of {}", body["id"].as_str().expect("an id").trim()),
               "printAs": *dice.pick(&WORDS), "firstName": *dice.pick(&WORDS), "lastName": *dice.pick(&WORDS)}),
    );
}

/// A company while it is filled.
struct Company {
    tokens: BTreeMap<&'static str, String>,
    made: BTreeMap<&'static str, Vec<Made>>,
    stamps: BTreeMap<(usize, String), Stamps>,
}

/// A record that others can refer to.
struct Made {
    key: String,
    id: Option<String>,
    /// The entity that it belongs to, by id.
    entity: Option<String>,
    /// The contact made with it.
    contact: Option<String>,
}

/// The companies as they are when queries begin.
pub(super) struct Ground {
    pub(super) schema: Schema,
    pub(super) pictures: [Picture; 2],
    /// What each of [`RESTRICTED`] is restricted to, by keys that are the same in both.
    pub(super) bounds: Vec<Bounds>,
}

impl Ground {
    /// Fills the database that every [`world`] copies.
    pub(super) fn made(dice: &mut Dice) -> Self {
        let mut ground = None;
        drop(TestDatabase::filled(&FILLED, |location| {
            let source = Source::fixed(NOON);
            let engine = engine_on(&planning_once(location), &source);
            for id in COMPANIES {
                demo_data::ensure_from(&engine, credentials(), id, SMALL).expect("a company");
            }
            ground = Some(Filling::new(&engine, &source).fill(dice));
            engine.stop();
        }));
        ground.expect("filled once in a process")
    }
}

/// A Sidegate of one's own on a copy of the filled database.
pub(super) fn world() -> World {
    let mut database = TestDatabase::filled(&FILLED, |_| unreachable!("filled before"));
    database.location = planning_once(&database.location);
    if dialect() == Dialect::Postgres {
        // Until it has looked at new tables PostgreSQL takes a company for one row of each, and joins
        // of many tables can take minutes.
        let done = database.open().batch("analyze");
        done.expect("statistics");
    }
    World::on(database)
}

/// The same database, where PostgreSQL plans each prepared statement once: a record of timesheets has
/// more than thirty references, which take up to a second to plan
/// and next to nothing to read.
fn planning_once(location: &Location) -> Location {
    match location {
        Location::Postgres(text) => {
            let options = "options='-c plan_cache_mode=force_generic_plan'";
            Location::Postgres(format!("{text} {options}"))
        }
        Location::Sqlite(path) => Location::Sqlite(path.clone()),
    }
}

struct Filling<'a> {
    engine: &'a Engine,
    source: &'a Source,
    registry: Registry,
    schema: Schema,
    hand: Hand,
    companies: Vec<Company>,
    granted: i64,
}

impl<'a> Filling<'a> {
    fn new(engine: &'a Engine, source: &'a Source) -> Self {
        let registry = Registry::shipped().expect("whole declarations");
        let company = |_| Company {
            tokens: BTreeMap::new(),
            made: BTreeMap::new(),
            stamps: BTreeMap::new(),
        };
        Self {
            engine,
            source,
            schema: Schema::declared(&registry),
            registry,
            hand: Hand::on(engine),
            companies: COMPANIES.map(company).into(),
            granted: 0,
        }
    }

    fn fill(mut self, dice: &mut Dice) -> Ground {
        self.sign_in(&ACTORS[..2]);
        for at in 0..2 {
            for maker in &MAKERS {
                self.note_demo_rows(at, maker);
            }
            self.pair_user(at, ENTITY_USER, Some("E100"));
            for user in RESTRICTED {
                self.pair_user(at, user, None);
            }
        }
        let rows: usize = MAKERS.iter().map(|maker| maker.rows).sum();
        let mut instants = instants(rows, dice).into_iter();
        // Entities and locations share their ids.
        let mut number = 0;
        for maker in &MAKERS {
            for _ in 0..maker.rows {
                number += 1;
                let instant = instants.next().expect("one for each row");
                self.source.advance(instant - self.source.now());
                if self.source.now() - self.granted > DAY / 4 {
                    self.sign_in(&ACTORS);
                }
                // What decides the keys is the same in both companies, values are not.
                for at in 0..2 {
                    self.make(at, maker, number, dice);
                }
            }
        }
        let bounds = self.restrict(dice);
        let pictures = [0, 1].map(|at| self.picture(at));
        Ground {
            schema: self.schema,
            pictures,
            bounds,
        }
    }

    fn sign_in(&mut self, actors: &[&'static str]) {
        for (at, company) in COMPANIES.iter().enumerate() {
            for actor in actors {
                let token = token(&self.hand, actor, company);
                self.companies[at].tokens.insert(actor, token);
            }
        }
        self.granted = self.source.now();
    }

    fn send(
        &self,
        at: usize,
        actor: &str,
        asked: (&str, &str),
        entity: Option<&str>,
        body: Option<&Json>,
    ) -> Json {
        let body = body.map(Json::to_string);
        let token = &self.companies[at].tokens[actor];
        let answer = send(&self.hand, asked, token, entity, body.as_deref());
        assert!(
            answer.status.is_success(),
            "{asked:?} in {entity:?}: {body:?}\n{}",
            answer.json()
        );
        answer.json()["ia::result"].clone()
    }

    fn note_demo_rows(&mut self, at: usize, maker: &'static Maker) {
        let list = self.send(
            at,
            USER,
            ("GET", &format!("/objects/{}?size=4000", maker.object)),
            None,
            None,
        );
        for item in list.as_array().expect("a list") {
            let key = item["key"].as_str().expect("a key").to_owned();
            self.note(at, maker, key);
        }
    }

    /// Notes that a record can be referred to.
    fn note(&mut self, at: usize, maker: &Maker, key: String) {
        let record = self.send(
            at,
            USER,
            ("GET", &format!("/objects/{}/{key}", maker.object)),
            None,
            None,
        );
        let of = if maker.object.ends_with("/entity") {
            &record["id"]
        } else {
            &record["entity"]["id"]
        };
        let made = Made {
            key,
            id: record["id"].as_str().map(str::to_owned),
            entity: of.as_str().map(str::to_owned),
            contact: record["contact"]["key"].as_str().map(str::to_owned),
        };
        let known = self.companies[at]
            .made
            .entry(object_name(maker))
            .or_default();
        known.push(made);
    }

    /// A user made in an entity or at the top level, who signs in as the others do.
    fn pair_user(&mut self, at: usize, name: &'static str, entity: Option<&str>) {
        let body = json!({
            "id": name, "accountEmail": "pier@harbor.example", "adminPrivileges": "full",
            "roles": [{"id": "All access"}],
            "webServices": {"isRestricted": true},
            "contact": {"id": format!("of {name}"), "printAs": "Pier", "firstName": "Pia", "lastName": "Er"},
        });
        let path = ("POST", "/objects/company-config/user");
        self.send(at, USER, path, entity, Some(&body));
        let id = company(self.engine, COMPANIES[at]);
        let user = key_of(self.engine, Some(id), "company-config/user", name);
        let client = key_of(
            self.engine,
            None,
            "sidegate/client-application",
            &credentials().client_id,
        );
        let paired = self.engine.write(system(Some(id)), move |work| {
            let definition = work.object("sidegate/client-authorization");
            let mut draft = Draft::default();
            for (name, key) in [("clientApplication", client), ("user", user)] {
                let field = definition.named(name).expect("declared").index;
                draft.set(field, format!("/{name}"), Given::Value(Value::Key(key)));
            }
            work.create(definition, &draft).map(drop)
        });
        paired.wait().expect("a pairing");
        let token = token(&self.hand, name, COMPANIES[at]);
        self.companies[at].tokens.insert(name, token);
    }

    /// Restricts some users to a few rows each, the same keys in both companies.
    fn restrict(&mut self, dice: &mut Dice) -> Vec<Bounds> {
        let bounds: Vec<Bounds> = (0..RESTRICTED.len())
            .map(|at| self.bounds(at, dice))
            .collect();
        self.sign_in(&[USER]);
        for (at, name) in COMPANIES.into_iter().enumerate() {
            for (user, bounds) in RESTRICTED.into_iter().zip(&bounds) {
                let id = company(self.engine, name);
                let key = key_of(self.engine, Some(id), "company-config/user", user).to_string();
                let list = |keys: &[i128]| -> Vec<Json> {
                    keys.iter()
                        .map(|key| json!({"key": key.to_string()}))
                        .collect()
                };
                let mut body = json!({
                    "entities": list(&bounds.entities),
                    "locations": list(&bounds.locations),
                    "departments": list(&bounds.departments),
                    "territories": list(&bounds.territories),
                    "hideOtherDepartmentTransactions": bounds.hides_departments,
                    "entityAccess": {"allowTopLevelAccess": true},
                });
                if bounds.shared_only {
                    body["entityAccess"]["allowUnrestrictedAccess"] = json!(false);
                }
                let path = format!("/objects/company-config/user/{key}");
                self.send(at, USER, ("PATCH", &path), None, Some(&body));
                let stamps = Stamps {
                    made: NOON,
                    saved: self.source.now(),
                };
                let place = (self.schema.number("company-config/user"), key);
                self.companies[at].stamps.insert(place, stamps);
            }
        }
        bounds
    }

    /// What the restricted user of a number is restricted to.
    fn bounds(&self, at: usize, dice: &mut Dice) -> Bounds {
        let mut some = |object: &str, many: usize| -> Vec<i128> {
            let made = &self.companies[0].made[object];
            let keys: BTreeSet<i128> = (0..many)
                // Half of them are of the first, which have most below them.
                .map(|_| {
                    if dice.chance(50) {
                        dice.below(made.len().min(8))
                    } else {
                        dice.below(made.len())
                    }
                })
                .map(|at| made[at].key.parse().expect("a number"))
                .collect();
            keys.into_iter().collect()
        };
        let mut bounds = Bounds::default();
        if [0, 5, 7].contains(&at) {
            bounds.entities = some("company-config/entity", 4);
        }
        if [1, 5].contains(&at) {
            bounds.locations = some("company-config/location", 6);
        }
        if [2, 3, 5, 7].contains(&at) {
            bounds.departments = some("company-config/department", 4);
        }
        if [4, 5].contains(&at) {
            bounds.territories = some("accounts-receivable/territory", 4);
        }
        // An entity is a location too.
        if at == 8 {
            bounds.locations = some("company-config/entity", 2);
        }
        bounds.hides_departments = [3, 7].contains(&at);
        bounds.shared_only = at == 6;
        bounds
    }

    /// Makes a record. A rule may refuse a random one, which then leaves no trace; others pass.
    fn make(&mut self, at: usize, maker: &'static Maker, number: usize, dice: &mut Dice) {
        let tries = (0..100).find_map(|_| self.try_to_make(at, maker, number, dice));
        let key = tries.unwrap_or_else(|| panic!("no random {} passes its rules", maker.object));
        let now = self.source.now();
        let stamps = Stamps {
            made: now,
            saved: now,
        };
        let place = (self.schema.number(maker.object), key.clone());
        self.companies[at].stamps.insert(place, stamps);
        if maker.object == SHEET {
            self.note_lines(at, &key, stamps);
        }
        self.note(at, maker, key);
        self.change_an_older_one(at, maker, dice);
    }

    /// Notes when the lines of a new timesheet were made.
    fn note_lines(&mut self, at: usize, sheet: &str, stamps: Stamps) {
        let path = format!("/objects/{SHEET}/{sheet}");
        let record = self.send(at, USER, ("GET", &path), None, None);
        let object = self.schema.number("time/timesheet-line");
        for line in record["lines"].as_array().expect("lines") {
            let key = line["key"].as_str().expect("a key").to_owned();
            self.companies[at].stamps.insert((object, key), stamps);
        }
    }

    /// Lines of a timesheet that begins on a day.
    fn lines(&self, at: usize, begin: &str, entity: Option<&str>, dice: &mut Dice) -> Json {
        let begin = read_day(begin).expect("a day");
        let many = 1 + dice.below(2);
        let line = |_| {
            let day = day_text(begin + dice.below(7) as i64);
            let mut line = json!({"entryDate": day, "quantity": dice.below(9), "dimensions": {}});
            for (name, object) in [
                ("location", "company-config/location"),
                ("department", "company-config/department"),
            ] {
                if dice.chance(60)
                    && let Some(one) = self.reference(at, object, entity, dice)
                {
                    line["dimensions"][name] = one;
                }
            }
            line
        };
        (0..many).map(line).collect()
    }

    fn try_to_make(
        &self,
        at: usize,
        maker: &Maker,
        number: usize,
        dice: &mut Dice,
    ) -> Option<String> {
        let definition = self.registry.named(maker.object).expect("declared");
        let entity = (maker.in_entity && dice.chance(50)).then(|| {
            let entities = &self.companies[at].made["company-config/entity"];
            let entity = &entities[dice.below(entities.len().min(6))];
            entity.id.clone().expect("entities have ids")
        });
        let mut body = Members::new();
        for field in definition.fields.iter().filter(|field| is_written(field)) {
            let needed = field.must_be_sent();
            let value = if field.is(Rule::Unique) {
                Some(json!(format!("{}-{number}", short(dice))))
            } else if !needed && dice.chance(45) {
                None
            } else if needed && field.is(Rule::Nullable) && dice.chance(30) {
                Some(Json::Null)
            } else if let Some(target) = field.kind.target() {
                self.reference(at, target, entity.as_deref(), dice)
            } else {
                Some(random(definition, field, dice))
            };
            if let Some(value) = value {
                body.insert(field.name.clone(), value);
            }
        }
        (maker.settle)(&mut body, dice);
        if maker.object == SHEET
            && let Some(Json::String(begin)) = body.get("beginDate").cloned()
        {
            let lines = self.lines(at, &begin, entity.as_deref(), dice);
            body.insert("lines".to_owned(), lines);
        }
        let token = &self.companies[at].tokens[ACTORS[dice.weighted(&[50, 25, 25])]];
        let path = format!("/objects/{}", maker.object);
        let body = nested(&body).to_string();
        let asked = ("POST", path.as_str());
        let made = send(&self.hand, asked, token, entity.as_deref(), Some(&body));
        assert!(
            is_tried(&made),
            "{path} in {entity:?}: {body}\n{}",
            made.json()
        );
        let key = made.json()["ia::result"]["key"].as_str().map(str::to_owned);
        key.filter(|_| made.status == 201)
    }

    /// Saves an older row again, so that it was made and saved at different times, by different users.
    fn change_an_older_one(&mut self, at: usize, maker: &Maker, dice: &mut Dice) {
        if !dice.chance(20) {
            return;
        }
        let made = &self.companies[at].made[maker.object];
        let key = made[dice.below(made.len())].key.clone();
        let object = self.schema.number(maker.object);
        let Some(stamps) = self.companies[at]
            .stamps
            .get(&(object, key.clone()))
            .copied()
        else {
            return;
        };
        let definition = self.registry.named(maker.object).expect("declared");
        let Some(body) = change(definition, dice) else {
            return;
        };
        let path = format!("/objects/{}/{key}", maker.object);
        let actor = ACTORS[dice.below(3)];
        let version = |filling: &Self| {
            let token = &filling.companies[at].tokens[USER];
            let answer = send(&filling.hand, ("GET", &path), token, None, None);
            answer.headers["etag"].clone()
        };
        let before = version(self);
        let token = &self.companies[at].tokens[actor];
        let done = send(
            &self.hand,
            ("PATCH", &path),
            token,
            None,
            Some(&body.to_string()),
        );
        assert!(is_tried(&done), "{path} {body}\n{}", done.json());
        // A change that changes nothing, or is refused, is not saved.
        if version(self) != before {
            let saved = Stamps {
                saved: self.source.now(),
                ..stamps
            };
            self.companies[at].stamps.insert((object, key), saved);
        }
    }

    /// A reference to a record that is seen from an entity, by key or by id.
    fn reference(
        &self,
        at: usize,
        target: &str,
        entity: Option<&str>,
        dice: &mut Dice,
    ) -> Option<Json> {
        let made = self.companies[at].made.get(target)?;
        let seen = |made: &&Made| {
            entity.is_none() || made.entity.is_none() || made.entity.as_deref() == entity
        };
        let seen: Vec<&Made> = made.iter().filter(seen).collect();
        if seen.is_empty() {
            return None;
        }
        // Half of them name one of a few, so that trees grow deep and ties are many.
        let from = if dice.chance(50) {
            seen.len().saturating_sub(4)
        } else {
            0
        };
        let one = seen[from + dice.below(seen.len() - from)];
        Some(match &one.id {
            Some(id) if dice.chance(50) => json!({"id": id}),
            _ => json!({"key": one.key}),
        })
    }

    /// The keys of an object's records: those of its list, and those of private entities, which the
    /// list leaves out.
    fn keys(&self, at: usize, object: usize) -> BTreeSet<String> {
        let name = self.schema.objects[object].name.as_str();
        let path = format!("/objects/{name}?size=4000");
        let list = self.send(at, USER, ("GET", &path), None, None);
        let listed = list.as_array().expect("a list").iter();
        let mut keys: BTreeSet<String> = listed
            .map(|item| item["key"].as_str().expect("a key").to_owned())
            .collect();
        let known = |object: &str| self.companies[at].made.get(object).into_iter().flatten();
        keys.extend(known(name).map(|made| made.key.clone()));
        if name == "company-config/location" {
            keys.extend(known("company-config/entity").map(|made| made.key.clone()));
        }
        if name == "time/timesheet-line" {
            let noted = self.companies[at].stamps.keys();
            keys.extend(
                noted
                    .filter(|(n, _)| *n == object)
                    .map(|(_, key)| key.clone()),
            );
        }
        if name == "company-config/contact" {
            let contacts = known("company-config/user").filter_map(|made| made.contact.clone());
            keys.extend(contacts);
        }
        keys
    }

    /// Every record as GET shows it.
    fn picture(&self, at: usize) -> Picture {
        let usual = Stamps {
            made: NOON,
            saved: NOON,
        };
        let entities = self.schema.entities();
        let mut picture = Picture::default();
        for (number, object) in self.schema.objects.iter().enumerate() {
            let keys = self.keys(at, number);
            let rows = keys.iter().map(|key| {
                let record = self.send(
                    at,
                    USER,
                    ("GET", &format!("/objects/{}/{key}", object.name)),
                    None,
                    None,
                );
                // An entity is a location too.
                let stamps =
                    [number, entities].map(|n| self.companies[at].stamps.get(&(n, key.to_owned())));
                let is_entity = record["locationType"] == "entity";
                let stamps = stamps[0].or(stamps[1].filter(|_| is_entity));
                object.read(&record, *stamps.unwrap_or(&usual))
            });
            let mut rows: Vec<_> = rows.collect();
            rows.sort_by_key(|row| row.key);
            picture.rows.push(rows);
        }
        picture
    }
}

fn object_name(maker: &Maker) -> &'static str {
    maker.object
}

/// Whether a random write was carried out, or refused by some rule about what was sent.
pub(super) fn is_tried(answer: &Answer) -> bool {
    [200, 201, 400, 409, 422].contains(&answer.status.as_u16())
}

/// A token of a user for the client of the tests.
pub(super) fn token(hand: &Hand, user: &str, company: &str) -> String {
    let body = json!({
        "grant_type": "client_credentials",
        "client_id": credentials().client_id,
        "client_secret": credentials().client_secret,
        "username": format!("{user}@{company}"),
    });
    let answer = hand.call("POST", "/oauth2/token", None, Some(&body));
    let token = answer.json()["access_token"].as_str().map(str::to_owned);
    token.unwrap_or_else(|| panic!("{}", answer.json()))
}

/// Sends a request: method and path, whose token, in which entity, with which body.
pub(super) fn send(
    hand: &Hand,
    asked: (&str, &str),
    token: &str,
    entity: Option<&str>,
    body: Option<&str>,
) -> Answer {
    let mut request = Request::builder()
        .method(asked.0)
        .uri(format!("/ia/api/v1{}", asked.1))
        .header("authorization", format!("Bearer {token}"));
    if let Some(entity) = entity {
        let header = axum::http::HeaderValue::from_bytes(entity.as_bytes()).expect("an id");
        request = request.header("X-IA-API-Param-Entity", header);
    }
    if body.is_some() {
        request = request.header("content-type", "application/json");
    }
    let body = body.map_or(Body::empty(), |body| Body::from(body.to_owned()));
    hand.send(request.body(body).expect("a request"))
}

/// A PATCH of one field that can always be changed, if there is one.
pub(super) fn change(definition: &Definition, dice: &mut Dice) -> Option<Json> {
    let ruled = [
        "company-config/role",
        "company-config/user",
        "company-config/exchange-rate-type",
        SHEET,
    ];
    let free = |field: &&Field| {
        is_written(field)
            && field.kind.target().is_none()
            && !field.is(Rule::Fixed)
            && !field.is(Rule::Unique)
            // These end tokens or what the askers may do, or change other records too.
            && (!ruled.contains(&definition.name.as_str())
                || !matches!(field.kind, FieldType::Choice(_) | FieldType::Boolean))
    };
    let fields: Vec<&Field> = definition.fields.iter().filter(free).collect();
    if fields.is_empty() {
        return None;
    }
    let field = *dice.pick(&fields);
    let value = if field.is(Rule::Nullable) && dice.chance(25) {
        Json::Null
    } else {
        random(definition, field, dice)
    };
    Some(nested(&Members::from([(field.name.clone(), value)])))
}

pub(super) fn is_written(field: &Field) -> bool {
    field.is_visible()
        && !field.is(Rule::ReadOnly)
        && !field.is_list()
        && !field.is_owned()
        && field.from.is_none()
        && field.name != "key"
        && !field.name.starts_with("audit.")
}

/// Dotted names as groups.
fn nested(body: &Members) -> Json {
    fn put(at: &mut Map<String, Json>, name: &str, value: &Json) {
        match name.split_once('.') {
            None => drop(at.insert(name.to_owned(), value.clone())),
            Some((group, rest)) => {
                let inner = at.entry(group).or_insert_with(|| json!({}));
                put(inner.as_object_mut().expect("a group"), rest, value);
            }
        }
    }
    let mut out = Map::new();
    for (name, value) in body {
        put(&mut out, name, value);
    }
    Json::Object(out)
}

/// Moments in order, most of them at the ends of days that end something, some of them twice.
fn instants(many: usize, dice: &mut Dice) -> Vec<i64> {
    let mut all = Vec::new();
    while all.len() < many {
        let day = read_day(DAYS[dice.below(DAYS.len() - 2)]).expect("a day") * DAY;
        let beside = [
            -1_000_000,
            -1,
            0,
            0,
            1,
            400_000,
            999_999,
            1_000_000,
            DAY / 2,
        ][dice.below(9)];
        let moment = day + beside;
        if moment > NOON {
            all.push(moment);
            if dice.chance(30) {
                all.push(moment);
            }
        }
    }
    all.truncate(many);
    all.sort_unstable();
    all
}
