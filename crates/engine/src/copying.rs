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
        self.write(Call::system(None, door), move |work| {
            let original = Original::named(work, &from)?
                .ok_or_else(|| problem::COMPANY_ABSENT.with("COMPANY", &from))?;
            let copy = copy(work, &original, &id, name.as_deref())?;
            let secrets = new_secrets(work, copy.company, &copy.holders, |work, _| {
                Ok(generate(work.source(), SecretKind::User))
            })?;
            Ok(Copied {
                company: copy.company,
                rows: copy.rows,
                secrets,
            })
        })
        .wait()
    }
}

/// The company that is copied.
pub(crate) struct Original {
    pub(crate) key: RecordKey,
    name: Value,
    permission_type: Value,
}

impl Original {
    /// The company of this id, if there is one.
    pub(crate) fn named(work: &mut Work<'_>, id: &str) -> Result<Option<Self>> {
        let fields = ["key", "name", "permissionType"];
        let row = work.first(COMPANY, &fields, &[("id", Value::from(id))])?;
        Ok(row.and_then(|row| {
            Some(Self {
                key: row[0].as_key()?,
                name: row[1].clone(),
                permission_type: row[2].clone(),
            })
        }))
    }
}

/// A copy whose users have no secrets yet.
pub(crate) struct Copy {
    pub(crate) company: RecordKey,
    pub(crate) rows: u64,
    pub(crate) holders: Vec<Holder>,
}

/// A user who has a live secret in the original.
pub(crate) struct Holder {
    pub(crate) user: RecordKey,
    pub(crate) id: String,
}

/// Copies a company to a new one of this id; without a name it keeps the original's.
pub(crate) fn copy(
    work: &mut Work<'_>,
    original: &Original,
    id: &str,
    name: Option<&str>,
) -> Result<Copy> {
    let name = name.map_or_else(|| original.name.clone(), Value::from);
    let values = [
        ("id", Value::from(id)),
        ("name", name),
        ("permissionType", original.permission_type.clone()),
    ];
    let draft = draft_of(work, COMPANY, &values);
    let company = work.create(work.object(COMPANY), &draft)?.key;
    hold(work, original.key)?;
    let rows = work.session_of(company).copy_company(original.key);
    let rows = work.stored(rows)?;
    let holders = holders(work, original.key)?;
    work.as_system_of(company, |work| rename(work, &values[..2]))?;
    Ok(Copy {
        company,
        rows,
        holders,
    })
}

/// Nobody writes the original meanwhile, so that all tables are of one moment.
pub(crate) fn hold(work: &mut Work<'_>, original: RecordKey) -> Result<()> {
    let held = work.session_of(original).hold_company();
    if !work.stored(held)? {
        return Err(Failure::broken("a company without an access version"));
    }
    Ok(())
}

/// The users who have a live secret, by key and id.
pub(crate) fn holders(work: &mut Work<'_>, company: RecordKey) -> Result<Vec<Holder>> {
    work.as_system_of(company, |work| {
        let live = [("status", Value::from("active"))];
        let rows = work.all(CREDENTIAL, &["user.key", "user.id"], &live, MOST_HOLDERS)?;
        let mut holders: Vec<Holder> = rows
            .iter()
            .filter_map(|row| {
                Some(Holder {
                    user: row[0].as_key()?,
                    id: row[1].as_text()?.to_owned(),
                })
            })
            .collect();
        holders.sort_by_key(|holder| holder.user);
        holders.dedup_by_key(|holder| holder.user);
        Ok(holders)
    })
}

/// What a company has one of tells its id and name too.
pub(crate) fn rename(work: &mut Work<'_>, values: &[(&'static str, Value)]) -> Result<()> {
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

/// Gives each holder a secret in the copy; ids and secrets.
pub(crate) fn new_secrets(
    work: &mut Work<'_>,
    company: RecordKey,
    holders: &[Holder],
    secret: impl Fn(&Work<'_>, &Holder) -> Result<String>,
) -> Result<Vec<(String, String)>> {
    work.as_system_of(company, |work| {
        let mut secrets = Vec::with_capacity(holders.len());
        for holder in holders {
            let secret = secret(work, holder)?;
            let hash = work.inner().keys.hash(SecretKind::User.purpose(), &secret);
            let stored = Stored::Generated {
                number: hash.number,
                hash: hash.hash,
            };
            work.add_user_secret(holder.user, &stored)?;
            secrets.push((holder.id.clone(), secret));
        }
        Ok(secrets)
    })
}
