//! Companies for tests: copied by the stand-in, brought back to their original in little time, deleted.
//!
//! A reset makes the company what its original is by then. The users' secrets do not lie anywhere: they
//! are made from the key file, the company and the user, and so are the same again after each reset.
//! Nothing here is reached in `serve`, and no other company can be reset or deleted.

use sidegate_model::{Failure, RecordKey, Result, Value, problem};

use crate::actor::{By, Call};
use crate::copying::{Holder, Original, copy, hold, holders, new_secrets, rename};
use crate::credential::{SecretKind, derived};
use crate::engine::Engine;
use crate::server::COMPANY;
use crate::sign_in::draft_of;
use crate::work::Work;

/// So many companies for tests there are at most: each takes about as much room as its original.
pub const MOST_TEST_COMPANIES: u32 = 500;

const TEST_COMPANY: &str = "sidegate/test-company";
const FIELDS: &[&str] = &[
    "key",
    "copy.key",
    "copy.id",
    "copy.name",
    "original.key",
    "original.id",
    "keyNumber",
    "audit.createdDateTime",
];
/// What keeps the hashes that secrets are made from apart from all others.
const PURPOSE: &str = "secret of a test company";
/// In front of the random end of an id stand at most so many characters of the original's.
const STEM: usize = 40;
const RANDOM: usize = 8;

/// A company for a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestCompany {
    /// Its id.
    pub id: String,
    /// The id of the company it was copied from.
    pub from: String,
    /// When it was made, in microseconds since the epoch.
    pub made: i64,
    /// The secrets of its users, by the order of their keys: ids and secrets. Lists leave them out.
    pub secrets: Vec<(String, String)>,
}

/// A row about a company for a test.
struct Row {
    key: RecordKey,
    company: RecordKey,
    id: String,
    name: Value,
    original: RecordKey,
    original_id: String,
    key_number: i64,
    made: i64,
}

impl Row {
    fn of(values: &[Value]) -> Option<Self> {
        let text = |at: usize| values[at].as_text().map(str::to_owned);
        Some(Self {
            key: values[0].as_key()?,
            company: values[1].as_key()?,
            id: text(2)?,
            name: values[3].clone(),
            original: values[4].as_key()?,
            original_id: text(5)?,
            key_number: values[6].as_number()?,
            made: values[7].as_number()?,
        })
    }

    fn told(self, secrets: Vec<(String, String)>) -> TestCompany {
        TestCompany {
            id: self.id,
            from: self.original_id,
            made: self.made,
            secrets,
        }
    }
}

impl Engine {
    /// Copies a company for a test, under an id of its own.
    ///
    /// # Errors
    /// When there is no such company, or there are too many of these already.
    pub async fn make_test_company(&self, from: &str, call: Call) -> Result<TestCompany> {
        let from = from.to_owned();
        self.write(call, move |work| {
            let original = Original::named(work, &from)?.ok_or_else(|| {
                problem::REFERENCE_UNKNOWN
                    .with("FIELD", "/from")
                    .with("OBJECT", "company")
                    .with("MEMBER", "id")
                    .with("VALUE", &from)
                    .at("/from")
            })?;
            work.lock_server()?;
            let most = MOST_TEST_COMPANIES;
            let known = work.all(TEST_COMPANY, &["key"], &[], most)?;
            if known.len() >= most as usize {
                return Err(problem::TEST_COMPANIES_FULL
                    .with("MOST", most.to_string())
                    .into());
            }
            let id = fresh_id(work, &from);
            let copy = copy(work, &original, &id, None)?;
            let newest = work.inner().keys.hash(PURPOSE, "").number;
            let values = [
                ("copy", Value::Key(copy.company)),
                ("original", Value::Key(original.key)),
                ("keyNumber", Value::Integer(newest)),
            ];
            let draft = draft_of(work, TEST_COMPANY, &values);
            work.create(work.object(TEST_COMPANY), &draft)?;
            let secrets = give_secrets(work, copy.company, newest, &copy.holders)?;
            Ok(TestCompany {
                id,
                from: from.clone(),
                made: work.now(),
                secrets,
            })
        })
        .await
    }

    /// Brings a company for a test back to what its original is now. Its credentials stay good, and its
    /// tokens end.
    ///
    /// # Errors
    /// When there is no such company, or it was not made for a test.
    pub async fn reset_test_company(&self, id: &str, call: Call) -> Result<TestCompany> {
        let company = self.key_of_test_company(id, call.clone()).await?;
        let call = Call {
            by: By::System(Some(company)),
            ..call
        };
        let id = id.to_owned();
        self.write(call, move |work| {
            // Under the company's lock: it may have been deleted meanwhile.
            let row = row(work, &id)?;
            hold(work, row.original)?;
            let done = work.session().restore_company(row.original);
            work.stored(done)?;
            let told = [
                ("id", Value::from(row.id.as_str())),
                ("name", row.name.clone()),
            ];
            rename(work, &told)?;
            let holders = holders(work, row.original)?;
            let secrets = give_secrets(work, row.company, row.key_number, &holders)?;
            Ok(row.told(secrets))
        })
        .await
    }

    /// Deletes a company for a test with everything in it.
    ///
    /// # Errors
    /// When there is no such company, it was not made for a test, or others were copied from it.
    pub async fn delete_test_company(&self, id: &str, call: Call) -> Result<()> {
        let id = id.to_owned();
        self.write(call, move |work| {
            work.lock_server()?;
            let row = row(work, &id)?;
            let copied = [("original.key", Value::Key(row.company))];
            if let Some(other) = work.first(TEST_COMPANY, &["copy.id"], &copied)? {
                return Err(problem::TEST_COMPANY_COPIED
                    .with("COMPANY", &row.id)
                    .with("OTHER", other[0].as_text().unwrap_or_default())
                    .into());
            }
            let locked = work.session_of(row.company).lock_company();
            work.stored(locked)?;
            let removed = work.session_of(row.company).remove_company();
            work.stored(removed)?;
            work.delete(work.object(TEST_COMPANY), row.key, None)?;
            work.delete(work.object(COMPANY), row.company, None)
        })
        .await
    }

    /// A company for a test, with the secrets of its users.
    ///
    /// # Errors
    /// When there is no such company, or it was not made for a test.
    pub async fn test_company(&self, id: &str, call: Call) -> Result<TestCompany> {
        let id = id.to_owned();
        self.read(call, move |work| {
            let row = row(work, &id)?;
            let holders = holders(work, row.company)?;
            let secrets = holders.iter().map(|holder| {
                let secret = secret_of(work, row.company, row.key_number, holder)?;
                Ok((holder.id.clone(), secret))
            });
            let secrets = secrets.collect::<Result<_>>()?;
            Ok(row.told(secrets))
        })
        .await
    }

    /// All companies for tests, the oldest first, without secrets.
    ///
    /// # Errors
    /// What the database says.
    pub async fn test_companies(&self, call: Call) -> Result<Vec<TestCompany>> {
        self.read(call, |work| {
            let rows = work.all(TEST_COMPANY, FIELDS, &[], MOST_TEST_COMPANIES)?;
            let rows = rows.iter().filter_map(|row| Row::of(row));
            Ok(rows.map(|row| row.told(Vec::new())).collect())
        })
        .await
    }

    async fn key_of_test_company(&self, id: &str, call: Call) -> Result<RecordKey> {
        let id = id.to_owned();
        self.read(call, move |work| row(work, &id).map(|row| row.company))
            .await
    }
}

/// The row about a company for a test.
fn row(work: &mut Work<'_>, id: &str) -> Result<Row> {
    let found = work.first(TEST_COMPANY, FIELDS, &[("copy.id", Value::from(id))])?;
    if let Some(row) = found.and_then(|row| Row::of(&row)) {
        return Ok(row);
    }
    let missing = match Original::named(work, id)? {
        Some(_) => &problem::NOT_A_TEST_COMPANY,
        None => &problem::COMPANY_ABSENT,
    };
    Err(missing.with("COMPANY", id).into())
}

/// An id that no company has: the beginning of the original's and something random. It needs no escape
/// in paths, user names or files.
fn fresh_id(work: &Work<'_>, from: &str) -> String {
    const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || *c == '-';
    let mut id: String = from.chars().filter(plain).take(STEM).collect();
    id.push('-');
    let mut bytes = [0; RANDOM];
    work.source().fill(&mut bytes);
    id.extend(
        bytes
            .iter()
            .map(|byte| char::from(ALPHABET[usize::from(byte % 32)])),
    );
    id
}

fn give_secrets(
    work: &mut Work<'_>,
    company: RecordKey,
    key_number: i64,
    holders: &[Holder],
) -> Result<Vec<(String, String)>> {
    new_secrets(work, company, holders, |work, holder| {
        secret_of(work, company, key_number, holder)
    })
}

/// The secret of a user, the same each time.
fn secret_of(
    work: &Work<'_>,
    company: RecordKey,
    key_number: i64,
    holder: &Holder,
) -> Result<String> {
    let whose = format!("{company}/{}/{}", holder.user, holder.id);
    let hash = work.inner().keys.hash_under(key_number, PURPOSE, &whose);
    let bytes: Option<[u8; 32]> = hash.and_then(|hash| hash.hash.try_into().ok());
    let bytes = bytes
        .ok_or_else(|| Failure::broken(format!("the key file has not the key {key_number}")))?;
    Ok(derived(SecretKind::User, &bytes))
}
