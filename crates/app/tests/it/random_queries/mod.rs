//! Random queries, answered twice: by Sidegate, and by a naive reading of the rules that shares no
//! code with it.
//!
//! `SIDEGATE_QUERIES` says how many there are and `SIDEGATE_QUERIES_SEED` which; what fails is asked
//! again in smaller forms, and the smallest one that still fails is shown.

mod ask;
mod asking;
mod calendar;
mod dice;
mod evaluate;
mod filter;
mod limits;
mod picture;
mod words;
mod world;

use std::thread;

use serde_json::{Value as Json, json};
use sidegate_model::{Registry, Rule};

use self::ask::Ask;
use self::asking::Asking;
use self::calendar::{DAY, read_moment};
pub(crate) use self::dice::Dice;
use self::evaluate::{Wanted, answer};
use self::limits::Limits;
use self::picture::{Kind, Picture, Stamps};
use self::world::{COMPANIES, Ground, MAKERS, RESTRICTED, change, is_tried, send, token, world};
use crate::harness::{Answer, Hand, NOON, World};

const SEED: u64 = 20_261_122;
const COUNT: u64 = 20_000;
/// How many Sidegates are asked side by side; what each is asked does not depend on the machine.
const STRANDS: u64 = 4;
/// When the clock of each strand begins: macros without a day speak from then.
const DAWNS: [&str; 4] = [
    "2026-11-22T12:00:00Z",
    "2026-12-31T23:55:00Z",
    "2027-03-31T23:55:00Z",
    "2028-02-29T08:00:00Z",
];

#[expect(
    clippy::disallowed_methods,
    reason = "a developer who looks for mistakes asks more or other queries so"
)]
fn setting(name: &str, usual: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(usual, |text| text.parse().expect("a whole number"))
}

#[test]
fn random_queries_are_answered_as_the_rules_are_written() {
    let seed = setting("SIDEGATE_QUERIES_SEED", SEED);
    let count = setting("SIDEGATE_QUERIES", COUNT);
    let began = std::time::Instant::now();
    let ground = Ground::made(&mut Dice::of(&[seed]));
    let filled = began.elapsed();
    let tallies: Vec<Result<Tally, String>> = thread::scope(|scope| {
        let strands: Vec<_> = (0..STRANDS)
            .map(|number| {
                let ground = &ground;
                scope.spawn(move || Strand::new(ground, number).run(seed, count / STRANDS))
            })
            .collect();
        let joined = strands.into_iter().map(thread::ScopedJoinHandle::join);
        joined.map(|done| done.expect("a strand ends")).collect()
    });
    let failed: Vec<&String> = tallies.iter().filter_map(|t| t.as_ref().err()).collect();
    if let Some(first) = failed.first() {
        panic!(
            "SIDEGATE_QUERIES_SEED={seed}, {} of {STRANDS} strands failed\n{first}",
            failed.len()
        );
    }
    let mut all = Tally::default();
    for tally in tallies.into_iter().flatten() {
        all.asked += tally.asked;
        all.refused += tally.refused;
        all.empty += tally.empty;
        all.written += tally.written;
    }
    println!(
        "{all:?}, filled in {filled:?}, all in {:?}",
        began.elapsed()
    );
    // The queries are of use only if they find something.
    assert!(all.asked >= count / STRANDS * STRANDS, "{all:?}");
    assert!(
        all.refused < all.asked / 10 && all.empty < all.asked / 2,
        "{all:?}"
    );
}

/// What was asked.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    asked: u64,
    refused: u64,
    empty: u64,
    written: u64,
}

/// A Sidegate with both companies, and what is known of them.
struct Strand<'a> {
    ground: &'a Ground,
    world: World,
    hand: Hand,
    /// The tokens of those who ask, and what is in the company.
    companies: [(Vec<String>, Picture); 2],
    tally: Tally,
    registry: Registry,
    number: u64,
}

impl<'a> Strand<'a> {
    fn new(ground: &'a Ground, number: u64) -> Self {
        let world = world();
        let dawn = DAWNS[number as usize % DAWNS.len()];
        world
            .source
            .advance(read_moment(dawn).expect("a moment") - NOON);
        let hand = world.hand();
        let company = |at: usize| {
            let users = std::iter::once(sidegate::demo_data::USER).chain(RESTRICTED);
            let tokens = users.map(|user| token(&hand, user, COMPANIES[at]));
            (tokens.collect(), ground.pictures[at].clone())
        };
        let companies = [company(0), company(1)];
        Self {
            ground,
            world,
            hand,
            companies,
            tally: Tally::default(),
            registry: Registry::shipped().expect("whole declarations"),
            number,
        }
    }

    fn run(mut self, seed: u64, count: u64) -> Result<Tally, String> {
        for at in 0..count {
            let mut dice = Dice::of(&[seed, self.number, at]);
            self.one(&mut dice)
                .map_err(|shown| format!("query {at} of strand {}: {shown}", self.number))?;
        }
        Ok(self.tally)
    }

    /// One query, perhaps once more: as it is, another page, after a write, in the other company.
    fn one(&mut self, dice: &mut Dice) -> Result<(), String> {
        let at = usize::from(dice.chance(30));
        let mut ask = self.asking(at, dice).random();
        self.check(at, &ask)?;
        match dice.below(40) {
            0..=2 => self.check(at, &ask),
            3..=5 => {
                self.asking(at, dice).turn(&mut ask);
                self.check(at, &ask)
            }
            6..=8 => self.check(1 - at, &ask),
            9 | 12 => {
                // Too small a page to show all, so that its total is remembered.
                ask.size = Some(1 + dice.below(2) as u64);
                ask.start = None;
                self.check(at, &ask)?;
                self.write(at, &ask.object, dice);
                self.check(at, &ask)?;
                self.check(1 - at, &ask)
            }
            10..=11 => self.walk(at, ask, dice),
            _ => Ok(()),
        }
    }

    /// A page after the other, as clients walk, with writes in between that move rows over their ends.
    fn walk(&mut self, at: usize, mut ask: Ask, dice: &mut Dice) -> Result<(), String> {
        ask.size = Some(2 + dice.below(11) as u64);
        if dice.chance(60) {
            self.asking(at, dice).rise(&mut ask);
        }
        let writes = if dice.chance(30) { 2 } else { 0 };
        for _ in 0..5 {
            self.check(at, &ask)?;
            for _ in 0..writes {
                self.write(at, &ask.object, dice);
            }
            ask.start = Some(ask.start.unwrap_or(1) + ask.size.unwrap_or(100));
        }
        Ok(())
    }

    fn asking<'d>(&'d self, at: usize, dice: &'d mut Dice) -> Asking<'d> {
        Asking {
            schema: &self.ground.schema,
            picture: &self.companies[at].1,
            bounds: &self.ground.bounds,
            dice,
        }
    }

    /// Asks, and compares; tells the smallest query that is answered otherwise than it should.
    fn check(&mut self, at: usize, ask: &Ask) -> Result<(), String> {
        self.tally.asked += 1;
        let Err(first) = self.compare(at, ask) else {
            match self.wanted(at, ask) {
                Wanted::Refused => self.tally.refused += 1,
                Wanted::Page { rows: 0, .. } => self.tally.empty += 1,
                Wanted::Page { .. } => {}
            }
            return Ok(());
        };
        let (mut ask, mut shown) = (ask.clone(), first);
        'smaller: for _ in 0..100 {
            for candidate in ask.smaller() {
                if let Err(still) = self.compare(at, &candidate) {
                    (ask, shown) = (candidate, still);
                    continue 'smaller;
                }
            }
            break;
        }
        Err(shown)
    }

    fn wanted(&self, at: usize, ask: &Ask) -> Wanted {
        let today = self.world.source.now().div_euclid(DAY);
        let (schema, picture) = (&self.ground.schema, &self.companies[at].1);
        let bounds = ask.actor.checked_sub(1).map(|at| &self.ground.bounds[at]);
        let limits = bounds.map(|bounds| Limits::of(bounds, schema, picture));
        answer(schema, picture, limits.as_ref(), today, ask)
    }

    fn compare(&self, at: usize, ask: &Ask) -> Result<(), String> {
        let (tokens, picture) = &self.companies[at];
        let token = &tokens[ask.actor];
        let wanted = self.wanted(at, ask);
        let body = ask.body();
        // The same key has another id in the other company.
        let entity = ask.entity.map(|key| picture.id(&self.ground.schema, key));
        let query = ("POST", "/services/core/query");
        let got = send(&self.hand, query, token, entity, Some(&body));
        if agree(&wanted, &got) {
            return Ok(());
        }
        let wanted = match wanted {
            Wanted::Refused => "400".to_owned(),
            Wanted::Page { body, .. } => body,
        };
        Err(format!(
            "{} in {entity:?} as {}, {:?}, on {}\nasked:  {body}\nwanted: {}\ngot:    {} {}",
            COMPANIES[at],
            ask.actor,
            ask.actor.checked_sub(1).map(|at| &self.ground.bounds[at]),
            calendar::moment_text(self.world.source.now()),
            clipped(&wanted),
            got.status,
            clipped(&String::from_utf8_lossy(&got.body)),
        ))
    }

    /// Changes, makes or deletes a record, rather one of this object, and looks at what became of it.
    fn write(&mut self, at: usize, rather: &str, dice: &mut Dice) {
        self.tally.written += 1;
        // The whole seconds of answers tell whether a record was saved now.
        self.world.source.advance(1_000_001);
        let weights = MAKERS.each_ref().map(|maker| {
            let often = if rather == maker.object { 20 } else { 1 };
            maker.changes * often
        });
        let maker = &MAKERS[dice.weighted(&weights)];
        let object = self.ground.schema.number(maker.object);
        let is_contact = maker.object.ends_with("/contact");
        let (tokens, picture) = &self.companies[at];
        let token = &tokens[0];
        let path = format!("/objects/{}", maker.object);
        if is_contact && dice.chance(30) {
            let id = format!("New-{}", self.tally.written);
            let body = json!({"id": id, "printAs": *dice.pick(&words::WORDS)}).to_string();
            let made = send(&self.hand, ("POST", &path), token, None, Some(&body)).json();
            let key = made["ia::result"]["key"].as_str().expect("a key");
            let key = key.parse().expect("a number");
            return self.look(at, object, key);
        }
        let key = dice.pick(&picture.rows[object]).key;
        let path = format!("{path}/{key}");
        if is_contact && dice.chance(20) {
            // One that others refer to stays.
            let answer = send(&self.hand, ("DELETE", &path), token, None, None);
            assert!([204, 422].contains(&answer.status.as_u16()), "{answer:?}");
        } else {
            let definition = self.registry.named(maker.object).expect("declared");
            let moved = if dice.chance(40) {
                self.moved(at, object, dice)
            } else {
                None
            };
            let body = moved.or_else(|| change(definition, dice));
            let body = body.expect("some field changes").to_string();
            let answer = send(&self.hand, ("PATCH", &path), token, None, Some(&body));
            // The contact of a user keeps its names, trees have no circles, ...
            assert!(is_tried(&answer), "{path} {body} {}", answer.json());
        }
        self.look(at, object, key);
        // An entity is a location too.
        if maker.object.ends_with("/entity") {
            self.look(
                at,
                self.ground.schema.number("company-config/location"),
                key,
            );
        }
    }

    /// A PATCH that lets a record refer to another one than before, if it refers to any.
    fn moved(&self, at: usize, object: usize, dice: &mut Dice) -> Option<Json> {
        let schema = &self.ground.schema;
        let definition = self.registry.named(&schema.objects[object].name)?;
        let fields = schema.objects[object].fields.iter().filter_map(|field| {
            let declared = definition.named(&field.name)?;
            let free = world::is_written(declared) && !declared.is(Rule::Fixed);
            match field.kind {
                Kind::Reference(target) if free && !field.name.contains('.') => {
                    Some((field.name.as_str(), target, declared.is(Rule::Nullable)))
                }
                _ => None,
            }
        });
        let fields: Vec<_> = fields.collect();
        if fields.is_empty() {
            return None;
        }
        let (name, target, nullable) = *dice.pick(&fields);
        let rows = &self.companies[at].1.rows[target];
        if nullable && dice.chance(20) {
            return Some(json!({name: null}));
        }
        (!rows.is_empty()).then(|| json!({name: {"key": dice.pick(rows).key.to_string()}}))
    }

    /// Takes a record as GET shows it now.
    fn look(&mut self, at: usize, object: usize, key: i128) {
        let (tokens, picture) = &mut self.companies[at];
        let token = &tokens[0];
        let shape = &self.ground.schema.objects[object];
        let path = format!("/objects/{}/{key}", shape.name);
        let answer = send(&self.hand, ("GET", &path), token, None, None);
        if answer.status == 404 {
            return picture.remove(object, key);
        }
        let record = &answer.json()["ia::result"];
        let now = self.world.source.now();
        let before = picture.row(object, key);
        let stamp = |name: &str| {
            let shown = record["audit"][name].as_str().map(str::to_owned);
            if shown.is_none_or(|shown| shown == calendar::moment_text(now)) {
                return now;
            }
            let field = format!("audit.{name}");
            let place = shape.fields.iter().position(|f| f.name == field);
            match before.map(|row| &row.values[place.expect("a field")]) {
                Some(picture::Value::Number(moment)) => i64::try_from(*moment).expect("a moment"),
                other => panic!("{field} was {other:?}"),
            }
        };
        let stamps = Stamps {
            made: stamp("createdDateTime"),
            saved: stamp("modifiedDateTime"),
        };
        let row = shape.read(record, stamps);
        picture.put(object, row);
    }
}

/// Whether an answer is the one that is wanted.
fn agree(wanted: &Wanted, got: &Answer) -> bool {
    match wanted {
        Wanted::Refused => got.status == 400 && got.json()["ia::result"]["ia::error"].is_object(),
        Wanted::Page { body, .. } => {
            // Members in another order, or blanks, would be no mistake.
            let same =
                || serde_json::from_str::<Json>(body).is_ok_and(|wanted| wanted == got.json());
            got.status == 200 && (got.body == body.as_bytes() || same())
        }
    }
}

fn clipped(text: &str) -> String {
    let mut shown: String = text.chars().take(2_500).collect();
    if shown.len() < text.len() {
        shown.push_str(" ...");
    }
    shown
}
