//! The filling of a company with many users, each with a contact of its own, for benches and load tests.
//!
//! The first user of each kind goes through the pipeline, so that every rule looks at it. The others are
//! copies of that checked record, which differ from it in nothing but ids, names and keys and are
//! inserted as they are. A stretch of them shares one audit entry, which says how many were made.
//! Nothing else writes so.

use std::collections::{BTreeMap, BTreeSet};

use sidegate_model::access::Sight;
use sidegate_model::query::{Filter, Operand, Operator, Query};
use sidegate_model::text::fold;
use sidegate_model::{
    Definition, Failure, FieldIndex, Given, Pointed, Record, RecordKey, Result, Scalar, Value,
};

use crate::actor::{Call, Door};
use crate::audit::{self, Line};
use crate::engine::Engine;
use crate::rules::is_user_based;
use crate::sign_in::draft_of;
use crate::work::Work;

const CONTACT: &str = "company-config/contact";
const USER: &str = "company-config/user";
const ROLE: &str = "company-config/role";
const DEPARTMENT: &str = "company-config/department";

/// So many users are looked at in one closure, and share an audit entry.
const STRETCH: u32 = 1000;
/// So many digits a number has in an id, and so many users there are at most.
const DIGITS: usize = 7;
/// The most users that a company is filled with.
pub const MOST_FILLED: u32 = 9_999_999;

const NAMES: &[(&str, &str)] = &[
    ("Ada", "Ferrier"),
    ("Zoë", "Lindqvist"),
    ("Ravi", "Menon"),
    ("Jordan", "O'Neill \"Jo\""),
];

/// What a filling did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    /// Users that were made, each with a contact.
    pub made: u32,
    /// Numbers that were passed over, because a user or a contact of that id is there.
    pub there: u32,
}

/// What people call the user of a number, and her contact.
#[must_use]
pub fn filled_id(number: u32) -> String {
    format!("bench-{number:0DIGITS$}")
}

/// What rules decide by. Users of one kind differ in ids, names and keys only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    is_locked_out: bool,
    is_restricted: bool,
    has_role: bool,
    has_departments: bool,
}

impl Kind {
    fn of(number: u32) -> Self {
        Self {
            is_locked_out: number.is_multiple_of(10),
            is_restricted: number.is_multiple_of(2),
            has_role: number.is_multiple_of(3),
            has_departments: number.is_multiple_of(5),
        }
    }
}

/// What the company has for its users.
#[derive(Clone, Default, PartialEq, Eq)]
struct Ground {
    roles: Vec<RecordKey>,
    departments: Vec<RecordKey>,
}

/// A checked contact and user of each kind, and the company's state when they were checked.
#[derive(Clone, Default)]
struct Models {
    ground: Ground,
    known: BTreeMap<Kind, (Record, Record)>,
}

impl Engine {
    /// Makes the users 1 to `users` that a company lacks, and tells after each stretch how far it is.
    ///
    /// # Errors
    /// What a rule says of the first of a kind, or the database of any.
    pub fn fill_company(
        &self,
        company: RecordKey,
        users: u32,
        door: Door,
        tell: &mut dyn FnMut(u32),
    ) -> Result<Filled> {
        let mut models = Models::default();
        let mut filled = Filled::default();
        let users = users.min(MOST_FILLED);
        for first in (1..=users).step_by(STRETCH as usize) {
            let last = (first + STRETCH - 1).min(users);
            let known = models.clone();
            let call = Call::system(Some(company), door);
            let stretch = move |work: &mut Work<'_>| fill(work, first, last, known.clone());
            let (made, now) = self.write(call, stretch).wait()?;
            models = now;
            filled.made += made;
            filled.there += last - first + 1 - made;
            tell(last);
        }
        Ok(filled)
    }
}

/// Makes what is missing of a stretch, and gives how many that were.
fn fill(work: &mut Work<'_>, first: u32, last: u32, known: Models) -> Result<(u32, Models)> {
    let ground = ground(work)?;
    // What was checked against another state of the company was not checked.
    let mut models = if known.ground == ground {
        known
    } else {
        Models {
            ground,
            known: BTreeMap::new(),
        }
    };
    let mut there = ids_there(work, USER, first, last)?;
    there.append(&mut ids_there(work, CONTACT, first, last)?);
    let mut alike = Vec::new();
    let mut made = 0;
    for number in (first..=last).filter(|number| !there.contains(&filled_id(*number))) {
        made += 1;
        let kind = Kind::of(number);
        if models.known.contains_key(&kind) {
            alike.push(number);
        } else {
            let model = checked(work, &models.ground, number)?;
            models.known.insert(kind, model);
        }
    }
    copy(work, &models, &alike)?;
    Ok((made, models))
}

fn ground(work: &mut Work<'_>) -> Result<Ground> {
    let mut keys = |object: &str, count: u32| -> Result<Vec<RecordKey>> {
        let rows = work.all(object, &["key"], &[], count)?;
        Ok(rows.iter().filter_map(|row| row[0].as_key()).collect())
    };
    let (role, departments) = (keys(ROLE, 1)?, keys(DEPARTMENT, 2)?);
    let roles = if is_user_based(work)? {
        Vec::new()
    } else {
        role
    };
    Ok(Ground { roles, departments })
}

/// The ids of a stretch that records of an object have.
fn ids_there(work: &mut Work<'_>, object: &str, first: u32, last: u32) -> Result<BTreeSet<String>> {
    let ids = (first..=last).map(|number| Scalar::Text(filled_id(number)));
    let query = Query {
        object: object.to_owned(),
        fields: vec!["id".to_owned()],
        filters: vec![Filter {
            operator: Operator::In,
            field: "id".to_owned(),
            operand: Operand::Many(ids.collect()),
            place: String::new(),
        }],
        start: 1,
        size: STRETCH,
        ignore_case: true,
        ..Query::default()
    };
    let plan = query
        .plan(work.registry(), Sight::ALL)
        .map_err(Failure::Refused)?;
    let mut there = BTreeSet::new();
    work.visit(&plan, &mut |row| {
        there.extend(row.text(0).map(fold));
    })?;
    Ok(there)
}

/// Makes a contact and a user through the pipeline, and gives both as they are stored.
fn checked(work: &mut Work<'_>, ground: &Ground, number: u32) -> Result<(Record, Record)> {
    let (contacts, users) = (work.object(CONTACT), work.object(USER));
    let contact = draft_of(work, CONTACT, &contact_values(number));
    let contact = work.create(contacts, &contact)?.key;
    let mut user = draft_of(work, USER, &user_values(number, contact));
    let kind = Kind::of(number);
    for (name, has, keys) in [
        ("roles", kind.has_role, &ground.roles),
        ("departments", kind.has_departments, &ground.departments),
    ] {
        let place = format!("/{name}");
        let pointed = keys.iter().map(|key| Pointed {
            place: place.clone(),
            key: Some(*key),
            ..Pointed::default()
        });
        if has && !keys.is_empty() {
            let given = Given::References(pointed.collect());
            user.set(field(users, name), place.clone(), given);
        }
    }
    let user = work.create(users, &user)?.key;
    let stored = |record: Option<Record>| {
        record.ok_or_else(|| Failure::broken("what was just made is not there"))
    };
    let contact = stored(work.record(contacts, contact)?)?;
    let user = stored(work.record(users, user)?)?;
    Ok((contact, user))
}

/// Stores a copy of its kind's model for each number.
fn copy(work: &mut Work<'_>, models: &Models, numbers: &[u32]) -> Result<()> {
    let (Some(first), Some(last)) = (numbers.first(), numbers.last()) else {
        return Ok(());
    };
    let (contacts, users) = (work.object(CONTACT), work.object(USER));
    let contact_keys = keys(work, contacts, numbers.len())?;
    let user_keys = keys(work, users, numbers.len())?;
    let now = Value::Moment(work.now());
    let mut copies = (Vec::new(), Vec::new());
    for (number, (contact_key, user_key)) in numbers.iter().zip(contact_keys.iter().zip(&user_keys))
    {
        let Some((contact, user)) = models.known.get(&Kind::of(*number)) else {
            return Err(Failure::broken("a kind of user without its model"));
        };
        let values = contact_values(*number);
        copies
            .0
            .push(like(contact, contacts, *contact_key, &now, &values));
        let values = user_values(*number, *contact_key);
        copies.1.push(like(user, users, *user_key, &now, &values));
    }
    for (definition, records) in [(contacts, &copies.0), (users, &copies.1)] {
        let done = work.session().insert_all(definition, records);
        work.stored(done)?;
        let done = work.session().raise_change(definition);
        work.stored(done)?;
    }
    for key in user_keys {
        // A user without a version of its own could not be told from one who is gone.
        let done = work.session().raise_access(Some(key));
        work.stored(done)?;
    }
    let made = |field: &str| Line {
        field: field.to_owned(),
        before: None,
        after: Some(numbers.len().to_string()),
    };
    let happening = audit::Happening {
        event: "fill",
        object: USER,
        record: None,
        id: &format!("{} to {}", filled_id(*first), filled_id(*last)),
        personal: contacts.personal || users.personal,
        entity: None,
    };
    let actor = work.actor().clone();
    audit::note_as(work, &actor, &happening, &[made("users"), made("contacts")])
}

/// So many keys of an object.
fn keys(work: &mut Work<'_>, definition: &Definition, count: usize) -> Result<Vec<RecordKey>> {
    let first = work.session().next_keys(definition, count);
    let first = work.stored(first)?.number();
    let keys = (first..).map_while(RecordKey::new);
    Ok(keys.take(count).collect())
}

/// A copy of a model with a key, stamps and values of its own.
fn like(
    model: &Record,
    definition: &Definition,
    key: RecordKey,
    now: &Value,
    values: &[(&str, Value)],
) -> Record {
    let mut copy = model.clone();
    copy.set(FieldIndex::KEY, Value::Key(key));
    let stamps = ["created_at", "modified_at"];
    for stamp in definition
        .stored()
        .filter(|field| stamps.contains(&field.column.as_str()))
    {
        copy.set(stamp.index, now.clone());
    }
    for (name, value) in values {
        copy.set(field(definition, name), value.clone());
    }
    copy
}

fn field(definition: &Definition, name: &str) -> FieldIndex {
    definition.named(name).expect("declared").index
}

fn names(number: u32) -> (&'static str, &'static str) {
    NAMES[number as usize % NAMES.len()]
}

fn contact_values(number: u32) -> Vec<(&'static str, Value)> {
    let (first, last) = names(number);
    let id = filled_id(number);
    vec![
        ("printAs", Value::Text(format!("{first} {last} {number}"))),
        ("firstName", Value::from(first)),
        ("lastName", Value::from(last)),
        ("email1", Value::Text(format!("{id}@bench.example"))),
        (
            "phone1",
            Value::Text(format!("+1 415 555 {:04}", number % 10_000)),
        ),
        (
            "mailingAddress.addressLine1",
            Value::Text(format!("{number} Ferry Plaza")),
        ),
        ("mailingAddress.city", Value::from("San Francisco")),
        ("mailingAddress.state", Value::from("CA")),
        ("mailingAddress.postCode", Value::from("94111")),
        ("id", Value::Text(id)),
    ]
}

fn user_values(number: u32, contact: RecordKey) -> Vec<(&'static str, Value)> {
    let (first, last) = names(number);
    let id = filled_id(number);
    let kind = Kind::of(number);
    let status = if kind.is_locked_out {
        "lockedOut"
    } else {
        "active"
    };
    vec![
        ("userName", Value::Text(format!("{first} {last}"))),
        ("accountEmail", Value::Text(format!("{id}@bench.example"))),
        ("status", Value::from(status)),
        (
            "webServices.isRestricted",
            Value::Boolean(kind.is_restricted),
        ),
        ("contact", Value::Key(contact)),
        ("id", Value::Text(id)),
    ]
}
