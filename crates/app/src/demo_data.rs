//! The companies of the stand-in: data from `catalogue/demo`, through the same path as any write.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sidegate_engine::credential::{SecretKind, generate};
use sidegate_engine::server::Owner;
use sidegate_engine::{Call, Door, Engine, Source, Work};
use sidegate_model::{Draft, Failure, Given, ObjectIndex, Operation, RecordKey, Result, Value};
use sidegate_web::rest::draft::{draft, system_draft};
use sidegate_web::rest::json::{Node, parse};

/// The first company of the stand-in: role-based, with several entities.
pub const COMPANY: &str = "HARBOR";
/// The second one: a single entity, and users with permissions of their own.
pub const SECOND: &str = "QUAY";

/// The companies of the stand-in, each with its data.
const COMPANIES: &[(&str, &str)] = &[
    (COMPANY, include_str!("../../../catalogue/demo/harbor.json")),
    (SECOND, include_str!("../../../catalogue/demo/quay.json")),
];

/// A standard user with full admin privileges and the role for everything.
pub const ADMIN: &str = "admin";
/// A Web Services user with the same, paired with the client.
pub const USER: &str = "ws_sync";
/// A Web Services user with full admin privileges and no role.
pub const BARE_USER: &str = "ws_bare";
/// The Web Services user of the second company who holds every permission herself.
pub const SECOND_USER: &str = "ws_quay";

/// What a client needs to come in; the same at every start.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct Credentials {
    /// The sender's id.
    pub sender_id: String,
    /// The sender's password.
    pub sender_password: String,
    /// The client application's id.
    pub client_id: String,
    /// The client application's secret.
    pub client_secret: String,
    /// The password of [`USER`].
    pub user_password: String,
    /// The password of [`BARE_USER`].
    pub bare_user_password: String,
    /// The password of [`ADMIN`].
    pub admin_password: String,
    /// The passwords of all others who come in, by `company/user`.
    #[serde(default)]
    pub others: BTreeMap<String, String>,
}

impl Credentials {
    /// New ones.
    #[must_use]
    pub fn generate(source: &Source) -> Self {
        let mut credentials = Self {
            sender_id: "demo-sender".to_owned(),
            sender_password: generate(source, SecretKind::Sender),
            client_id: "demo-client".to_owned(),
            client_secret: generate(source, SecretKind::Client),
            user_password: generate(source, SecretKind::User),
            bare_user_password: generate(source, SecretKind::User),
            admin_password: generate(source, SecretKind::User),
            others: BTreeMap::new(),
        };
        credentials.complete(source);
        credentials
    }

    /// Adds what is lacking for the companies as they are now, and says whether anything was.
    pub fn complete(&mut self, source: &Source) -> bool {
        let before = self.others.len();
        for (company, text) in COMPANIES {
            for user in entering(text).unwrap_or_default() {
                if self.of(company, &user).is_none() {
                    let name = format!("{company}/{user}");
                    self.others.insert(name, generate(source, SecretKind::User));
                }
            }
        }
        self.others.len() > before
    }

    /// The password of a user of a company, if she has one.
    #[must_use]
    pub fn of(&self, company: &str, user: &str) -> Option<&str> {
        if let Some(password) = self.others.get(&format!("{company}/{user}")) {
            return Some(password);
        }
        match user {
            ADMIN if company != SECOND => Some(&self.admin_password),
            USER => Some(&self.user_password),
            BARE_USER => Some(&self.bare_user_password),
            _ => None,
        }
    }
}

/// Makes the companies with everything in them, if they are not there yet.
///
/// # Errors
/// What the engine says.
pub fn ensure(engine: &Engine, credentials: &Credentials) -> Result<()> {
    for (id, text) in COMPANIES {
        ensure_from(engine, credentials, id, text)?;
    }
    Ok(())
}

/// The data of one company of the stand-in.
#[must_use]
pub fn data_of(company: &str) -> Option<&'static str> {
    let found = COMPANIES.iter().find(|(id, _)| *id == company);
    found.map(|(_, text)| *text)
}

/// Makes a company of this id with the data of a text in the form of the catalogue's, if it is not
/// there yet; the sender and the client application are the same for all.
///
/// # Errors
/// What the engine says.
pub fn ensure_from(
    engine: &Engine,
    credentials: &Credentials,
    id: &str,
    text: &str,
) -> Result<RecordKey> {
    let (told, records) = catalogue(engine, text)?;
    let company = match engine.company(id)? {
        Some(company) => company,
        None => engine.create_company(id, &told.name, &told.permission_type, Door::System)?,
    };
    let call = || Call::system(Some(company), Door::System);
    let filled = engine.read(call(), |work| {
        let users = work.object("company-config/user");
        work.find(users, ADMIN)
    });
    if filled.wait()?.is_some() {
        return Ok(company);
    }
    let sender = engine.ensure_sender(
        &credentials.sender_id,
        "The stand-in's sender",
        &credentials.sender_password,
        Door::System,
    )?;
    let client = engine.ensure_client(
        &credentials.client_id,
        "The stand-in's client application",
        &credentials.client_secret,
        Door::System,
    )?;
    // Hashed before the transaction: nothing slow happens inside it.
    let mut stored = Vec::new();
    for user in entering(text)? {
        if let Some(secret) = credentials.of(id, &user) {
            let any = Owner::User(company);
            stored.push((user, engine.stored_secret(&any, secret)?));
        }
    }
    engine
        .write(call(), move |work| {
            for (object, draft) in &records {
                let definition = work.registry().at(*object);
                // What every company has one of is there already.
                let only = definition.singleton.as_deref();
                match only.and_then(|word| definition.key_of(word)) {
                    Some(key) => work.update(definition, key, draft, None)?,
                    None => work.create(definition, draft)?,
                };
            }
            pair(work, "sidegate/sender-authorization", &[("sender", sender)])?;
            for (user, secret) in &stored {
                let users = work.object("company-config/user");
                let key = work
                    .find(users, user)?
                    .ok_or_else(|| Failure::broken("the demo's users were just made"))?;
                work.add_user_secret(key, secret)?;
                if user != ADMIN {
                    let row = [("clientApplication", client), ("user", key)];
                    pair(work, "sidegate/client-authorization", &row)?;
                }
            }
            Ok(())
        })
        .wait()?;
    Ok(company)
}

fn pair(work: &mut Work<'_>, object: &str, values: &[(&str, RecordKey)]) -> Result<()> {
    let definition = work.object(object);
    let mut draft = Draft::default();
    for (name, key) in values {
        let field = definition.named(name).expect("declared with its object");
        let place = format!("/{name}");
        draft.set(field.index, place, Given::Value(Value::Key(*key)));
    }
    work.create(definition, &draft).map(drop)
}

/// Who comes in: the Web Services users and the administrator.
fn entering(text: &str) -> Result<Vec<String>> {
    let root = parse(text.as_bytes())?;
    let Node::Array(items) = member(&root, "records")? else {
        return Err(wrong("records"));
    };
    let mut users = Vec::new();
    for item in items {
        if member(item, "object")? != &Node::Text("company-config/user".to_owned()) {
            continue;
        }
        let body = member(item, "body")?;
        let id = text_of(member(body, "id")?)?;
        let restricted = member(body, "webServices")
            .and_then(|group| member(group, "isRestricted"))
            .is_ok_and(|yes| *yes == Node::Boolean(true));
        if restricted || id == ADMIN {
            users.push(id);
        }
    }
    Ok(users)
}

type Records = Vec<(ObjectIndex, Draft)>;

/// What the data says of its company.
struct Told {
    name: String,
    permission_type: String,
}

fn catalogue(engine: &Engine, source: &str) -> Result<(Told, Records)> {
    let root = parse(source.as_bytes())?;
    let company = member(&root, "company")?;
    let mut records = Vec::new();
    let Node::Array(items) = member(&root, "records")? else {
        return Err(wrong("records"));
    };
    for item in items {
        let name = text_of(member(item, "object")?)?;
        let definition = engine.registry().named(&name).ok_or_else(|| wrong(&name))?;
        let body = member(item, "body")?;
        // Some records only the system writes.
        let draft = match member(item, "system") {
            Ok(Node::Boolean(true)) => system_draft(engine.registry(), definition, body),
            _ => draft(engine.registry(), definition, Operation::Create, body),
        };
        let draft = draft.map_err(Failure::Refused)?;
        records.push((definition.index, draft));
    }
    let told = Told {
        name: text_of(member(company, "name")?)?,
        permission_type: match member(company, "permissionType") {
            Ok(word) => text_of(word)?,
            Err(_) => "roleBased".to_owned(),
        },
    };
    Ok((told, records))
}

fn member<'n>(node: &'n Node, name: &str) -> Result<&'n Node> {
    match node {
        Node::Object(members) => members
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, node)| node)
            .ok_or_else(|| wrong(name)),
        _ => Err(wrong(name)),
    }
}

fn text_of(node: &Node) -> Result<String> {
    match node {
        Node::Text(text) => Ok(text.clone()),
        _ => Err(wrong("a text")),
    }
}

fn wrong(what: &str) -> Failure {
    Failure::broken(format!("catalogue/demo is broken at {what}"))
}
