//! The copy of a company: everything in it, in one write, with secrets of its own.
//!
//! Tokens, idempotency keys and mails stay behind, and whoever had a secret gets a new one. What the
//! company authorises goes along: a client application that acts for a user of the original acts for the
//! same user of the copy, with the secret that it has on this server. Audit entries go along: their hashes leave
//! the company out, so the copied chain is whole and goes on.

use sidegate_model::{Failure, RecordKey, Result, Value, problem};

use crate::actor::{Call, Door};
use crate::credential::{SecretKind, generate};
use crate::engine::Engine;
use crate::server::{COMPANY, Stored};
use crate::sign_in::draft_of;
use crate::work::Work;

const CREDENTIAL: &str = "sidegate/credential";
/// So many users of one company have secrets at most.
const MOST_HOLDERS: u32 = 1_000_000;

/// What a copy is.
#[derive(Clone, Debug)]
pub struct Copied {
    /// The new company's key.
    pub company: RecordKey,
    /// How many rows were copied.
    pub rows: u64,
    /// The new secrets, each with the id of its user.
    pub secrets: Vec<(String, String)>,
}

impl Engine {
    /// Copies a company to a new one of this id; without a name it keeps the original's.
    ///
    /// # Errors
    /// When there is no such company, or the new id is taken.
    pub fn copy_company(
        &self,
        from: &str,
        id: &str,
        name: Option<&str>,
        door: Door,
    ) -> Result<Copied> {
        let (from, id) = (from.to_owned(), id.to_owned());
        let name = name.map(str::to_owned);
        // Rows come before what they refer to, so references are checked at the end of the transaction.
        self.write_last(Call::system(None, door), move |work| {
            let fields = ["key", "name", "permissionType"];
            let original = work.first(COMPANY, &fields, &[("id", Value::from(from.as_str()))])?;
            let (key, row) = original
                .and_then(|row| Some((row[0].as_key()?, row)))
                .ok_or_else(|| problem::COMPANY_ABSENT.with("COMPANY", &from))?;
            let name = name.as_deref().map_or_else(|| row[1].clone(), Value::from);
            let values = [
                ("id", Value::from(id.as_str())),
                ("name", name.clone()),
                ("permissionType", row[2].clone()),
            ];
            let draft = draft_of(work, COMPANY, &values);
            let company = work.create(work.object(COMPANY), &draft)?.key;
            let rows = copy_rows(work, key, company)?;
            let holders = holders(work, key)?;
            let secrets = work.as_system_of(company, |work| {
                rename(work, &values[..2])?;
                new_secrets(work, &holders)
            })?;
            Ok(Copied {
                company,
                rows,
                secrets,
            })
        })
        .wait()
    }
}

/// Under the original's lock, so that all tables are of one moment.
fn copy_rows(work: &mut Work<'_>, from: RecordKey, to: RecordKey) -> Result<u64> {
    let locked = work.session_of(from).lock_company();
    if !work.stored(locked)? {
        return Err(Failure::broken("a company without an access version"));
    }
    let rows = work.session_of(from).copy_company(to);
    work.stored(rows)
}

/// The users who have a live secret, by key and id.
fn holders(work: &mut Work<'_>, company: RecordKey) -> Result<Vec<(RecordKey, String)>> {
    work.as_system_of(company, |work| {
        let live = [("status", Value::from("active"))];
        let rows = work.all(CREDENTIAL, &["user.key", "user.id"], &live, MOST_HOLDERS)?;
        let mut holders: Vec<(RecordKey, String)> = rows
            .iter()
            .filter_map(|row| Some((row[0].as_key()?, row[1].as_text()?.to_owned())))
            .collect();
        holders.sort();
        holders.dedup();
        Ok(holders)
    })
}

/// What a company has one of tells its id and name too.
fn rename(work: &mut Work<'_>, values: &[(&'static str, Value)]) -> Result<()> {
    let registry = work.registry();
    for definition in registry.all() {
        let only = definition.singleton.as_deref();
        let Some(key) = only.and_then(|word| definition.key_of(word)) else {
            continue;
        };
        let told: Vec<(&'static str, Value)> = values
            .iter()
            .filter(|(name, _)| definition.named(name).is_some())
            .cloned()
            .collect();
        let draft = draft_of(work, &definition.name, &told);
        work.update(definition, key, &draft, None)?;
    }
    Ok(())
}

fn new_secrets(
    work: &mut Work<'_>,
    holders: &[(RecordKey, String)],
) -> Result<Vec<(String, String)>> {
    let mut secrets = Vec::with_capacity(holders.len());
    for (user, id) in holders {
        let secret = generate(work.source(), SecretKind::User);
        let hash = work.inner().keys.hash(SecretKind::User.purpose(), &secret);
        let stored = Stored::Generated {
            number: hash.number,
            hash: hash.hash,
        };
        work.add_user_secret(*user, &stored)?;
        secrets.push((id.clone(), secret));
    }
    Ok(secrets)
}
