//! Client applications and senders of the server, and the companies that let them in.
//!
//! What companies let in is changed over REST as well; client applications and senders are only made
//! here, because they belong to no company.

use std::collections::{BTreeMap, BTreeSet};

use sidegate_model::{
    Definition, Draft, Given, Problem, RecordKey, Registry, Result, Value, problem,
};

use crate::actor::{Call, Door};
use crate::credential::SecretKind;
use crate::engine::Engine;
use crate::founding::typed;
use crate::server::Owner;
use crate::work::{Work, refuse_all};

const USER: &str = "company-config/user";
/// So many authorisations of one company are looked at.
const MOST_ROWS: u32 = 100_000;

/// Which of the two vouches for requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// A client application, for REST.
    Client,
    /// A sender, for XML.
    Sender,
}

impl Party {
    /// What its secret is called.
    #[must_use]
    pub fn secret_kind(self) -> SecretKind {
        match self {
            Self::Client => SecretKind::Client,
            Self::Sender => SecretKind::Sender,
        }
    }

    /// What people call it.
    #[must_use]
    pub fn called(self) -> &'static str {
        match self {
            Self::Client => "client application",
            Self::Sender => "sender",
        }
    }

    /// Which of the two an object's records are, if they are.
    pub(crate) fn of(definition: &Definition) -> Option<Self> {
        let both = [Self::Client, Self::Sender];
        both.into_iter()
            .find(|party| party.object() == definition.name)
    }

    pub(crate) fn object(self) -> &'static str {
        match self {
            Self::Client => "sidegate/client-application",
            Self::Sender => "sidegate/sender",
        }
    }

    /// The field with words about it.
    fn words(self) -> &'static str {
        match self {
            Self::Client => "name",
            Self::Sender => "description",
        }
    }

    /// The object by which a company lets it in, and the field there that names it.
    pub(crate) fn authorization(self) -> (&'static str, &'static str) {
        match self {
            Self::Client => ("sidegate/client-authorization", "clientApplication"),
            Self::Sender => ("sidegate/sender-authorization", "sender"),
        }
    }

    fn owner(self) -> fn(RecordKey) -> Owner {
        match self {
            Self::Client => Owner::Client,
            Self::Sender => Owner::Sender,
        }
    }
}

/// A client application or sender, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The id.
    pub id: String,
    /// The name of a client application, the description of a sender; perhaps empty.
    pub words: String,
    /// The status.
    pub status: String,
    /// In how many companies an active row lets it in.
    pub companies: u32,
    /// When and whence a secret of it was last used, at most some seconds behind.
    pub last_used: Option<(i64, String)>,
}

/// Whom a company is to let in, as people typed it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// The company's id.
    pub company: &'a str,
    /// The id of a client application, and of the user it acts as.
    pub client: Option<(&'a str, &'a str)>,
    /// The id of a sender.
    pub sender: Option<&'a str>,
    /// The description of the rows that are made.
    pub description: Option<&'a str>,
    /// Whether the client's row may name a user who is no Web Services user.
    pub allows_standard_user: bool,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// There was none; it was made.
    Made,
    /// It was there and did not let in; it was changed.
    Changed,
    /// It was there and lets in; nothing was to do.
    Left,
}

/// What became of the rows that were wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authorized {
    /// The client application's row, if one was wanted.
    pub client: Option<Row>,
    /// The sender's row, if one was wanted.
    pub sender: Option<Row>,
}

impl Engine {
    /// Makes a client application or a sender with its secret: both or neither.
    ///
    /// # Errors
    /// When the id is taken, in whatever case, or a value does not fit.
    pub fn create_party(
        &self,
        party: Party,
        id: &str,
        words: Option<&str>,
        secret: &str,
        door: Door,
    ) -> Result<RecordKey> {
        let mut values = vec![("id", id)];
        values.extend(words.map(|words| (party.words(), words)));
        let mut problems = Vec::new();
        let draft = typed(self.registry(), party.object(), &values, &mut problems);
        refuse_all(problems)?;
        let anybody = RecordKey::new(1).expect("1 is a key");
        let stored = self.stored_secret(&party.owner()(anybody), secret)?;
        self.write(Call::system(None, door), move |work| {
            work.create_with_secret(party.object(), &draft, party.owner(), &stored)
        })
        .wait()
    }

    /// The client applications or the senders by id, at most so many, and how many of at most so many
    /// companies let each in.
    ///
    /// # Errors
    /// What the database says.
    pub fn parties(&self, party: Party, most: u32, most_companies: u32) -> Result<Vec<Listed>> {
        let fields = ["key", "id", party.words(), "status"];
        let (rows, mut last_used) = self
            .read(Call::system(None, Door::Command), move |work| {
                let rows = work.all(party.object(), &fields, &[], most)?;
                Ok((rows, last_used(work, party)?))
            })
            .wait()?;
        let mut counts: BTreeMap<RecordKey, u32> = BTreeMap::new();
        for company in self.companies(most_companies)? {
            let call = Call::system(Some(company.key), Door::Command);
            let let_in = self.read(call, move |work| let_in(work, party)).wait()?;
            for key in let_in {
                *counts.entry(key).or_default() += 1;
            }
        }
        let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
        let mut listed: Vec<Listed> = rows
            .iter()
            .map(|row| Listed {
                id: text(&row[1]),
                words: text(&row[2]),
                status: text(&row[3]),
                companies: row[0]
                    .as_key()
                    .map_or(0, |key| counts.get(&key).copied().unwrap_or_default()),
                last_used: row[0].as_key().and_then(|key| last_used.remove(&key)),
            })
            .collect();
        listed.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(listed)
    }

    /// Lets a client application act for a user of a company, a sender reach it, or both: all of it or
    /// nothing. A row that is there already is left as it is, but made active, and allowed a standard
    /// user where that is wanted.
    ///
    /// # Errors
    /// When company, client application, user or sender are not there, or a rule refuses a row.
    pub fn authorize(&self, wanted: Wanted<'_>, door: Door) -> Result<Authorized> {
        let company = self
            .company(wanted.company)?
            .ok_or_else(|| problem::COMPANY_ABSENT.with("COMPANY", wanted.company))?;
        let mut problems = Vec::new();
        let client = wanted.client.map(|(client, user)| {
            let mut asked = Asked::new(
                Party::Client,
                client,
                &wanted,
                self.registry(),
                &mut problems,
            );
            asked.user = Some(user.to_owned());
            asked
        });
        let sender = wanted.sender.map(|sender| {
            Asked::new(
                Party::Sender,
                sender,
                &wanted,
                self.registry(),
                &mut problems,
            )
        });
        // One description goes into both rows.
        problems.dedup();
        refuse_all(problems)?;
        self.write(Call::system(Some(company), door), move |work| {
            // All that is not there is told at once, before anything is written.
            let mut problems = Vec::new();
            let mut look = |asked: &Option<Asked>| {
                let found = asked.as_ref().map(|asked| asked.look(work, &mut problems));
                found.transpose().map(Option::unwrap_or_default)
            };
            let (client_keys, sender_keys) = (look(&client)?, look(&sender)?);
            refuse_all(problems)?;
            let mut settle = |asked: &Option<Asked>, named: &[(&str, RecordKey)]| {
                let settled = asked.as_ref().map(|asked| asked.settle(work, named));
                settled.transpose()
            };
            Ok(Authorized {
                client: settle(&client, &client_keys)?,
                sender: settle(&sender, &sender_keys)?,
            })
        })
        .wait()
    }
}

/// When and whence secrets were last used, by whose they are.
fn last_used(work: &mut Work<'_>, party: Party) -> Result<BTreeMap<RecordKey, (i64, String)>> {
    let (_, field) = party.authorization();
    let owner = format!("{field}.key");
    let fields = [owner.as_str(), "lastUsedAt", "lastUsedFrom"];
    let mut newest: BTreeMap<RecordKey, (i64, String)> = BTreeMap::new();
    for row in work.all("sidegate/server-credential", &fields, &[], u32::MAX)? {
        let (Some(key), Some(at)) = (row[0].as_key(), row[1].as_number()) else {
            continue;
        };
        let from = row[2].as_text().unwrap_or_default().to_owned();
        let known = newest.entry(key).or_default();
        *known = std::mem::take(known).max((at, from));
    }
    Ok(newest)
}

/// Whom the active rows of the company let in.
fn let_in(work: &mut Work<'_>, party: Party) -> Result<BTreeSet<RecordKey>> {
    let (object, field) = party.authorization();
    let key = format!("{field}.key");
    let active = [("status", Value::from("active"))];
    let rows = work.all(object, &[key.as_str()], &active, MOST_ROWS)?;
    Ok(rows.iter().filter_map(|row| row[0].as_key()).collect())
}

/// One row that is wanted.
struct Asked {
    party: Party,
    id: String,
    user: Option<String>,
    /// What was typed for a new row, references apart.
    typed: Draft,
    allows_standard_user: bool,
}

impl Asked {
    fn new(
        party: Party,
        id: &str,
        wanted: &Wanted<'_>,
        registry: &Registry,
        problems: &mut Vec<Problem>,
    ) -> Self {
        let (object, _) = party.authorization();
        let description = wanted.description.map(|text| ("description", text));
        let description: Vec<(&str, &str)> = description.into_iter().collect();
        Self {
            party,
            id: id.to_owned(),
            user: None,
            typed: typed(registry, object, &description, problems),
            allows_standard_user: party == Party::Client && wanted.allows_standard_user,
        }
    }

    /// The fields of the row that say whom it is about, with what they name; what is not there
    /// becomes a problem.
    fn look(
        &self,
        work: &mut Work<'_>,
        problems: &mut Vec<Problem>,
    ) -> Result<Vec<(&'static str, RecordKey)>> {
        let (_, field) = self.party.authorization();
        let named = [
            Some((field, self.party.object(), self.id.as_str())),
            self.user.as_deref().map(|user| ("user", USER, user)),
        ];
        let mut found = Vec::new();
        for (field, object, id) in named.into_iter().flatten() {
            let target = work.object(object);
            match work.find(target, id)? {
                Some(key) => found.push((field, key)),
                None => problems.push(unknown(target, id)),
            }
        }
        Ok(found)
    }

    /// Makes the row about these records, or sees to it that the one that is there lets in.
    fn settle(&self, work: &mut Work<'_>, named: &[(&str, RecordKey)]) -> Result<Row> {
        let (object, _) = self.party.authorization();
        let definition = work.object(object);
        let set = |draft: &mut Draft, name: &str, value: Value| {
            let field = definition.named(name).expect("declared with its object");
            draft.set(field.index, field.place(), Given::Value(value));
        };
        let keys: Vec<(String, Value)> = named
            .iter()
            .map(|(field, key)| (format!("{field}.key"), Value::Key(*key)))
            .collect();
        let equal: Vec<(&str, Value)> = keys
            .iter()
            .map(|(path, value)| (path.as_str(), value.clone()))
            .collect();
        let rows = work.all(object, &["key", "version", "status"], &equal, MOST_ROWS)?;
        // Several rows may name the same two; a grant looks at the first active one.
        let active = |row: &&Vec<Value>| row[2].as_text() == Some("active");
        let there = rows.iter().find(active).or(rows.first());
        let mut draft = match there {
            Some(_) => Draft::default(),
            None => self.typed.clone(),
        };
        set(&mut draft, "status", Value::from("active"));
        if self.allows_standard_user {
            set(&mut draft, "allowStandardUsers", Value::Boolean(true));
        }
        let Some(row) = there else {
            for (field, key) in named {
                set(&mut draft, field, Value::Key(*key));
            }
            return work.create(definition, &draft).map(|_| Row::Made);
        };
        let key = row[0].as_key().expect("a row has its key");
        let saved = work.update(definition, key, &draft, None)?;
        let changed = row[1].as_number() != Some(saved.version);
        Ok(if changed { Row::Changed } else { Row::Left })
    }
}

fn unknown(target: &Definition, id: &str) -> Problem {
    problem::REFERENCE_UNKNOWN
        .with("FIELD", "The authorization")
        .with("OBJECT", target.label.0.to_lowercase())
        .with("MEMBER", "id")
        .with("VALUE", id)
}
