//! The company of the stand-in: data from `catalogue/demo`, through the same path as any write.

use serde::{Deserialize, Serialize};
use sidegate_engine::credential::{SecretKind, generate};
use sidegate_engine::server::Owner;
use sidegate_engine::{Call, Door, Engine, Source};
use sidegate_model::{Draft, Failure, Given, ObjectIndex, Operation, RecordKey, Result, Value};
use sidegate_web::rest::draft::{draft, system_draft};
use sidegate_web::rest::json::{Node, parse};

/// The company of the stand-in.
pub const COMPANY: &str = "HARBOR";
const HARBOR: &str = include_str!("../../../catalogue/demo/harbor.json");

/// A standard user with full admin privileges and the role for everything.
pub const ADMIN: &str = "admin";
/// A Web Services user with the same, paired with the client.
pub const USER: &str = "ws_sync";
/// A Web Services user with full admin privileges and no role.
pub const BARE_USER: &str = "ws_bare";

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
}

impl Credentials {
    /// New ones.
    #[must_use]
    pub fn generate(source: &Source) -> Self {
        Self {
            sender_id: "demo-sender".to_owned(),
            sender_password: generate(source, SecretKind::Sender),
            client_id: "demo-client".to_owned(),
            client_secret: generate(source, SecretKind::Client),
            user_password: generate(source, SecretKind::User),
            bare_user_password: generate(source, SecretKind::User),
            admin_password: generate(source, SecretKind::User),
        }
    }
}

/// Makes the company with everything in it, if it is not there yet.
///
/// # Errors
/// What the engine says.
pub fn ensure(engine: &Engine, credentials: &Credentials) -> Result<RecordKey> {
    ensure_from(engine, credentials, COMPANY, HARBOR)
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
    let secrets = [
        (ADMIN, &credentials.admin_password),
        (USER, &credentials.user_password),
        (BARE_USER, &credentials.bare_user_password),
    ];
    // Hashed before the transaction: nothing slow happens inside it.
    let mut stored = Vec::new();
    for (user, secret) in secrets {
        let any = Owner::User(company);
        stored.push((user, engine.stored_secret(&any, secret)?));
    }
    engine
        .write(call(), move |work| {
            for (object, draft) in &records {
                let definition = work.registry().at(*object);
                // What every company has one of is there already.
                match definition
                    .singleton
                    .as_deref()
                    .and_then(|word| definition.key_of(word))
                {
                    Some(key) => work.update(definition, key, draft, None)?,
                    None => work.create(definition, draft)?,
                };
            }
            let pairing = |values: &[(&str, RecordKey)],
                           object: &str,
                           work: &mut sidegate_engine::Work<'_>| {
                let definition = work.object(object);
                let mut draft = Draft::default();
                for (name, key) in values {
                    let field = definition.named(name).expect("declared with its object");
                    draft.set(
                        field.index,
                        format!("/{name}"),
                        Given::Value(Value::Key(*key)),
                    );
                }
                work.create(definition, &draft).map(drop)
            };
            pairing(&[("sender", sender)], "sidegate/sender-authorization", work)?;
            for (user, secret) in &stored {
                let users = work.object("company-config/user");
                let key = work
                    .find(users, user)?
                    .ok_or_else(|| Failure::broken("the demo's users were just made"))?;
                work.add_user_secret(key, secret)?;
                if *user != ADMIN {
                    pairing(
                        &[("clientApplication", client), ("user", key)],
                        "sidegate/client-authorization",
                        work,
                    )?;
                }
            }
            Ok(())
        })
        .wait()?;
    Ok(company)
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
        let name = text(member(item, "object")?)?;
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
        name: text(member(company, "name")?)?,
        permission_type: match member(company, "permissionType") {
            Ok(word) => text(word)?,
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

fn text(node: &Node) -> Result<String> {
    match node {
        Node::Text(text) => Ok(text.clone()),
        _ => Err(wrong("a text")),
    }
}

fn wrong(what: &str) -> Failure {
    Failure::broken(format!("catalogue/demo is broken at {what}"))
}
