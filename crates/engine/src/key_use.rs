//! Which keys of the key file the database still needs.
//!
//! Any object with a field `keyNumber` names the key of what it holds; none is named here.

use sidegate_model::query::Plan;
use sidegate_model::{Definition, Realm, RecordKey, Registry, Result, Value};

use crate::actor::{Call, Door};
use crate::engine::Engine;
use crate::work::Work;

const NUMBER: &str = "keyNumber";
const SEALED: &str = "sealed";

/// One key of the key file, and what names it in the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyUse {
    /// Its number.
    pub number: i64,
    /// When it was made, in microseconds since the epoch, where the file says so.
    pub made: Option<i64>,
    /// Stored hashes: secrets, tokens.
    pub hashes: i64,
    /// Sealed values.
    pub sealed: i64,
}

/// What names keys in the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeysInUse {
    /// The keys of the file, the newest last.
    pub keys: Vec<KeyUse>,
    /// Hashes and sealed values that name keys which are not in the file.
    pub unknown: i64,
}

impl Engine {
    /// Counts what names each key of the key file, in at most so many companies.
    ///
    /// # Errors
    /// What the database says.
    pub fn keys_in_use(&self, most_companies: u32) -> Result<KeysInUse> {
        let mut used = KeysInUse {
            keys: self
                .inner()
                .keys
                .numbers()
                .map(|(number, made)| KeyUse {
                    number,
                    made,
                    ..KeyUse::default()
                })
                .collect(),
            unknown: 0,
        };
        let companies = self.companies(most_companies)?;
        let places = companies.iter().map(|company| Some(company.key));
        for company in std::iter::once(None).chain(places) {
            let before = used;
            let call = Call::system(company, Door::Command);
            used = self
                .read(call, move |work| count(work, company, before.clone()))
                .wait()?;
        }
        Ok(used)
    }
}

/// Adds what one company or the server scope holds.
fn count(
    work: &mut Work<'_>,
    company: Option<RecordKey>,
    mut used: KeysInUse,
) -> Result<KeysInUse> {
    work.verify(None)?;
    let realm = match company {
        Some(_) => Realm::Company,
        None => Realm::Server,
    };
    for definition in naming_keys(work.registry(), realm) {
        let mut known = rows(work, definition, Some(Value::Null))?;
        for key in &mut used.keys {
            let found = rows(work, definition, Some(Value::Integer(key.number)))?;
            known += found;
            match definition.named(SEALED) {
                Some(_) => key.sealed += found,
                None => key.hashes += found,
            }
        }
        used.unknown += rows(work, definition, None)? - known;
    }
    Ok(used)
}

fn naming_keys(registry: &Registry, realm: Realm) -> impl Iterator<Item = &Definition> {
    registry
        .all()
        .filter(move |d| d.realm == realm && d.named(NUMBER).is_some())
}

fn rows(work: &mut Work<'_>, definition: &Definition, number: Option<Value>) -> Result<i64> {
    let equal: Vec<(&str, Value)> = number.into_iter().map(|value| (NUMBER, value)).collect();
    let plan = Plan::internal(work.registry(), &definition.name, &["key"], &equal, 1);
    let count = work.session().count(&plan);
    work.stored(count)
}
