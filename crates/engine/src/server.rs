//! The server scope: companies, senders, client applications and their secrets.
//!
//! The only way to objects that live beside all companies.

use std::sync::Arc;

use sidegate_model::{Definition, Draft, Record, RecordKey, Result, Value};

use crate::actor::{Actor, By, Call, Door};
use crate::credential::{self, SecretKind};
use crate::engine::Engine;
use crate::pipeline::Leave;
use crate::sign_in::draft_of;
use crate::work::{Mode, Work};

pub(crate) const COMPANY: &str = "sidegate/company";

/// Whose secret is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// A sender's.
    Sender(RecordKey),
    /// A client application's.
    Client(RecordKey),
    /// A user's.
    User(RecordKey),
}

impl Owner {
    /// The object that holds its secrets, the field that names it, and its key.
    fn place(&self) -> (&'static str, &'static str, RecordKey) {
        match self {
            Self::Sender(key) => ("sidegate/server-credential", "sender", *key),
            Self::Client(key) => ("sidegate/server-credential", "clientApplication", *key),
            Self::User(key) => ("sidegate/credential", "user", *key),
        }
    }
}

/// A secret as it is stored.
#[derive(Clone, Debug)]
pub enum Stored {
    /// A generated one, by its keyed hash.
    Generated {
        /// The number of the key.
        number: i64,
        /// The hash.
        hash: Vec<u8>,
    },
    /// A chosen password, by its PHC text.
    Chosen(String),
}

impl Work<'_> {
    /// What the actor's company is called; nothing on the server.
    ///
    /// # Errors
    /// What the database says.
    pub fn company_name(&mut self) -> Result<String> {
        let Some(key) = self.actor().company else {
            return Ok(String::new());
        };
        let found = self.first(COMPANY, &["name"], &[("key", Value::Key(key))])?;
        let name = found.and_then(|mut values| values.pop());
        Ok(name
            .as_ref()
            .and_then(Value::as_text)
            .unwrap_or_default()
            .to_owned())
    }
}

/// A company, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Company {
    /// The key.
    pub key: RecordKey,
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// How its users get permissions: `roleBased` or `userBased`.
    pub permission_type: String,
    /// The status.
    pub status: String,
}

impl Engine {
    /// Makes a company.
    ///
    /// # Errors
    /// When its id is taken.
    pub fn create_company(
        &self,
        id: &str,
        name: &str,
        permission_type: &str,
        door: Door,
    ) -> Result<RecordKey> {
        let values = [
            ("id", Value::from(id)),
            ("name", Value::from(name)),
            ("permissionType", Value::from(permission_type)),
        ];
        self.write(Call::system(None, door), move |work| {
            let draft = draft_of(work, COMPANY, &values);
            new_company(work, &draft)
        })
        .wait()
    }

    /// Makes a sender with its password, unless there is one of the id.
    ///
    /// # Errors
    /// What the engine says.
    pub fn ensure_sender(
        &self,
        id: &str,
        description: &str,
        password: &str,
        door: Door,
    ) -> Result<RecordKey> {
        let values = [
            ("id", Value::from(id)),
            ("description", Value::from(description)),
        ];
        self.ensure_on_server("sidegate/sender", &values, Owner::Sender, password, door)
    }

    /// Makes a client application with its secret, unless there is one of the id.
    ///
    /// # Errors
    /// What the engine says.
    pub fn ensure_client(
        &self,
        id: &str,
        name: &str,
        secret: &str,
        door: Door,
    ) -> Result<RecordKey> {
        let values = [("id", Value::from(id)), ("name", Value::from(name))];
        self.ensure_on_server(
            "sidegate/client-application",
            &values,
            Owner::Client,
            secret,
            door,
        )
    }

    /// The company of an id, if there is one.
    ///
    /// # Errors
    /// What the database says.
    pub fn company(&self, id: &str) -> Result<Option<RecordKey>> {
        let id = id.to_owned();
        let call = Call::system(None, Door::System);
        let row = self
            .read(call, move |work| {
                work.first(COMPANY, &["key"], &[("id", Value::from(id.as_str()))])
            })
            .wait()?;
        Ok(row.and_then(|row| row[0].as_key()))
    }

    /// All companies, at most so many.
    ///
    /// # Errors
    /// What the database says.
    pub fn companies(&self, most: u32) -> Result<Vec<Company>> {
        let call = Call::system(None, Door::System);
        let fields = ["key", "id", "name", "permissionType", "status"];
        let rows = self
            .read(call, move |work| work.all(COMPANY, &fields, &[], most))
            .wait()?;
        let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
        Ok(rows
            .iter()
            .filter_map(|row| {
                Some(Company {
                    key: row[0].as_key()?,
                    id: text(&row[1]),
                    name: text(&row[2]),
                    permission_type: text(&row[3]),
                    status: text(&row[4]),
                })
            })
            .collect())
    }

    /// A secret in the form in which it is stored: hashed slowly when a person chose it.
    ///
    /// # Errors
    /// When the hashers are overloaded.
    pub fn stored_secret(&self, owner: &Owner, secret: &str) -> Result<Stored> {
        if credential::kind_of(secret).is_none() {
            return self
                .hash_password(secret.to_owned())
                .wait()
                .map(Stored::Chosen);
        }
        let kind = match owner {
            Owner::Sender(_) => SecretKind::Sender,
            Owner::Client(_) => SecretKind::Client,
            Owner::User(_) => SecretKind::User,
        };
        let hash = self.inner().keys.hash(kind.purpose(), secret);
        Ok(Stored::Generated {
            number: hash.number,
            hash: hash.hash,
        })
    }

    /// Record and secret in one write, so that no crash leaves one without the other.
    fn ensure_on_server(
        &self,
        object: &'static str,
        values: &[(&'static str, Value)],
        owner: fn(RecordKey) -> Owner,
        secret: &str,
        door: Door,
    ) -> Result<RecordKey> {
        let anybody = RecordKey::new(1).expect("1 is a key");
        let stored = self.stored_secret(&owner(anybody), secret)?;
        let values = values.to_vec();
        self.write(Call::system(None, door), move |work| {
            let definition = work.object(object);
            let id = values[0].1.as_text().unwrap_or_default();
            if let Some(key) = work.find(definition, id)? {
                return Ok(key);
            }
            let draft = draft_of(work, object, &values);
            work.create_with_secret(object, &draft, owner, &stored)
        })
        .wait()
    }
}

/// The company's record, and what every company has from the start.
pub(crate) fn new_company(work: &mut Work<'_>, draft: &Draft) -> Result<RecordKey> {
    let definition = work.object(COMPANY);
    let key = work.create(definition, draft)?.key;
    work.open_company(key)?;
    work.as_system_of(key, subscribe)?;
    Ok(key)
}

/// A new company subscribes to everything that gives permissions, and to Web Services.
fn subscribe(work: &mut Work<'_>) -> Result<()> {
    let definition = work.object("sidegate/subscription");
    for module in work.inner().policy.catalogue().to_subscribe() {
        let draft = draft_of(
            work,
            "sidegate/subscription",
            &[("id", Value::from(module))],
        );
        work.create(definition, &draft)?;
    }
    Ok(())
}

impl Work<'_> {
    /// Does something as the system in a company that this work made, in the same transaction.
    pub(crate) fn as_system_of<T>(
        &mut self,
        company: RecordKey,
        closure: impl FnOnce(&mut Work<'_>) -> Result<T>,
    ) -> Result<T> {
        let (inner, mut call) = (self.inner(), self.call().clone());
        call.by = By::System(Some(company));
        let actor = Arc::new(Actor::system(Some(company)));
        let mut session = self.session_of(company);
        let mut inside = Work::new(inner, session.connection(), actor, call, Mode::Write);
        let done = closure(&mut inside);
        match inside.signal() {
            Some(signal) => Err(self.halt(signal)),
            None => done,
        }
    }

    /// Notes in the company's record how its users get permissions from now on.
    pub(crate) fn note_permission_type(&mut self, word: &str) -> Result<()> {
        let Some(company) = self.actor().company else {
            return Ok(());
        };
        self.lock_server()?;
        let draft = draft_of(self, COMPANY, &[("permissionType", Value::from(word))]);
        let definition = self.object(COMPANY);
        self.update_with(definition, company, &draft, None, Leave::System)
            .map(drop)
    }

    /// Gives a user of the company another secret, which was hashed before.
    ///
    /// # Errors
    /// When there is no such user.
    pub fn add_user_secret(&mut self, user: RecordKey, secret: &Stored) -> Result<()> {
        self.add_credential("sidegate/credential", "user", user, secret)
    }

    /// Makes a record of the server with its secret, which was hashed before.
    pub(crate) fn create_with_secret(
        &mut self,
        object: &str,
        draft: &Draft,
        owner: fn(RecordKey) -> Owner,
        secret: &Stored,
    ) -> Result<RecordKey> {
        let definition = self.object(object);
        let made = self.create(definition, draft)?.key;
        let (credential, field, key) = owner(made).place();
        self.add_credential(credential, field, key, secret)?;
        Ok(made)
    }

    fn add_credential(
        &mut self,
        object: &str,
        owner: &str,
        key: RecordKey,
        secret: &Stored,
    ) -> Result<()> {
        let mut values = vec![(owner, Value::Key(key))];
        match secret {
            Stored::Generated { number, hash } => values.extend([
                ("kind", Value::from("secret")),
                ("keyNumber", Value::Integer(*number)),
                ("hash", Value::Bytes(hash.clone())),
            ]),
            Stored::Chosen(phc) => values.extend([
                ("kind", Value::from("password")),
                ("phc", Value::from(phc.as_str())),
            ]),
        }
        let definition = self.object(object);
        self.create(definition, &draft_of(self, object, &values))
            .map(drop)
    }

    /// The key of the record that people call so, if the actor sees one.
    ///
    /// # Errors
    /// What the database says.
    pub fn find(&mut self, definition: &Definition, id: &str) -> Result<Option<RecordKey>> {
        match definition.id {
            Some(field) => self.find_by(definition, field, Value::from(id)),
            None => Ok(None),
        }
    }

    /// Gives a new company its first access version, and the records that every company has one of.
    fn open_company(&mut self, company: RecordKey) -> Result<()> {
        let done = self.session_of(company).raise_access(None);
        self.stored(done)?;
        let names = ["id", "name", "permissionType"];
        let values = self
            .first(COMPANY, &names, &[("key", Value::Key(company))])?
            .unwrap_or_default();
        for definition in self.registry().all().filter(|d| d.singleton.is_some()) {
            let key = self.session_of(company).next_key(definition);
            let key = self.stored(key)?;
            let mut record = Record::empty(definition);
            for field in &definition.fields {
                let value = match field.column.as_str() {
                    "key" => Value::Key(key),
                    "version" => Value::Integer(1),
                    "created_at" | "modified_at" => Value::Moment(self.now()),
                    _ => {
                        let told = names.iter().position(|name| *name == field.name);
                        told.map_or_else(|| field.default.clone(), |at| values[at].clone())
                    }
                };
                record.set(field.index, value);
            }
            let done = self.session_of(company).insert(definition, &record);
            self.stored(done)?;
        }
        Ok(())
    }
}
