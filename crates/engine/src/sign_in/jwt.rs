//! Access tokens: JWTs signed ES256, whose `jti` leads to the row that can end them.

use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};
use serde::{Deserialize, Serialize};
use sidegate_model::query::Plan;
use sidegate_model::{Draft, Failure, Given, RecordKey, Registry, Result, Value};
use sidegate_store::{Connection, Session, Texts, Who};

use crate::actor::{Call, Door};
use crate::engine::Engine;
use crate::key_file::KeyFile;
use crate::work::{Work, kinds};

const SIGNING_KEY: &str = "sidegate/signing-key";
/// What is read of a signing key, in this order.
const FIELDS: &[&str] = &["id", "keyNumber", "sealed"];
/// Live signing keys at once.
const MOST_KEYS: u32 = 100;
const ISSUER: &str = "sidegate";
/// Longer texts are no tokens of ours.
const MOST_LENGTH: usize = 4096;

/// What a token says, after its signature was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The company it is for.
    pub company: RecordKey,
    /// The keyed hash of its identifier, by which its row is found.
    pub hash: Vec<u8>,
    /// When it was given, in seconds since the epoch.
    pub issued: i64,
    /// When it ends, in seconds since the epoch.
    pub expires: i64,
}

/// The content of a token, with the claim names that the vendor publishes.
#[derive(Serialize, Deserialize)]
pub(super) struct Content {
    pub(super) iss: String,
    pub(super) aud: String,
    pub(super) sub: String,
    pub(super) iat: i64,
    pub(super) exp: i64,
    pub(super) jti: String,
    /// The number of the key that the identifier is hashed under.
    #[serde(rename = "jtiKey")]
    pub(super) jti_key: i64,
    #[serde(rename = "clientId")]
    pub(super) client_id: String,
    #[serde(rename = "cnyId")]
    pub(super) company_id: String,
    #[serde(rename = "cnyKey")]
    pub(super) company_key: String,
    #[serde(rename = "userId")]
    pub(super) user_id: String,
    #[serde(rename = "userKey")]
    pub(super) user_key: String,
    #[serde(rename = "entityId")]
    pub(super) entity_id: Option<String>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: String,
}

/// The signing keys of this process, and the tokens whose signatures it verified lately.
pub(crate) struct Signer {
    keys: RwLock<Vec<SigningKey>>,
    verified: moka::sync::Cache<String, Arc<Claims>>,
}

impl Default for Signer {
    fn default() -> Self {
        Self {
            keys: RwLock::default(),
            verified: moka::sync::Cache::new(10_000),
        }
    }
}

struct SigningKey {
    id: String,
    pair: EcdsaKeyPair,
}

impl Engine {
    /// Loads the signing keys; makes the first one where there is none.
    pub(crate) fn prepare_signing(&self) -> Result<()> {
        let found = self
            .write(Call::system(None, Door::System), load_or_make)
            .wait()?;
        let mut keys = Vec::new();
        for (id, number, sealed) in found {
            let plain = self.inner().keys.unseal(number, &identity(&id), &sealed).ok_or_else(|| {
                Failure::broken("the key file does not fit the database: a signing key cannot be opened; restore the file that belongs to it")
            })?;
            let pair = EcdsaKeyPair::from_pkcs8(
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                &plain,
                &SystemRandom::new(),
            )
            .map_err(|e| Failure::broken(format!("the signing key {id} is damaged: {e}")))?;
            keys.push(SigningKey { id, pair });
        }
        *self
            .inner()
            .signer
            .keys
            .write()
            .unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// What an access token says, if one of our keys signed it. Whether it still counts is for the
    /// statement that uses it.
    #[must_use]
    pub fn claims(&self, token: &str) -> Option<Arc<Claims>> {
        if token.len() > MOST_LENGTH {
            return None;
        }
        let signer = &self.inner().signer;
        if let Some(claims) = signer.verified.get(token) {
            return Some(claims);
        }
        let content = signer.open(token)?;
        let keys = &self.inner().keys;
        let hash = keys.hash_under(content.jti_key, super::ACCESS, &content.jti)?;
        let claims = Arc::new(Claims {
            company: RecordKey::parse(&content.company_key)?,
            hash: hash.hash,
            issued: content.iat,
            expires: content.exp,
        });
        signer
            .verified
            .insert(token.to_owned(), Arc::clone(&claims));
        Some(claims)
    }

    /// Signs a token's content with the newest key.
    pub(super) fn sign(&self, content: &Content) -> Result<String> {
        let keys = self
            .inner()
            .signer
            .keys
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let key = keys
            .last()
            .ok_or_else(|| Failure::broken("there is no signing key"))?;
        let header = serde_json::json!({"alg": "ES256", "kid": key.id, "typ": "JWT"}).to_string();
        let content = serde_json::to_string(content).map_err(|e| Failure::Broken(Box::new(e)))?;
        let mut token = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(content)
        );
        let signature = key
            .pair
            .sign(&SystemRandom::new(), token.as_bytes())
            .map_err(|_| Failure::broken("the system has no random numbers to sign with"))?;
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signature));
        Ok(token)
    }
}

impl Signer {
    fn open(&self, token: &str) -> Option<Content> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, content) = signed.split_once('.')?;
        let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        let key = keys
            .iter()
            .find(|key| key.id == header.kid && header.alg == "ES256")?;
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key.pair.public_key().as_ref())
            .verify(signed.as_bytes(), &signature)
            .ok()?;
        let content: Content =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(content).ok()?).ok()?;
        (content.iss == ISSUER).then_some(content)
    }
}

/// Whether a key file opens the signing keys that a database holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// There is none yet; a server makes the first one.
    Nothing,
    /// All can be opened.
    All(usize),
    /// At least one cannot.
    Not,
}

/// Tries a key file, or none, on a database whose schema is current. Changes nothing.
///
/// # Errors
/// What the database says.
pub fn fit(
    registry: &Arc<Registry>,
    connection: &mut Connection,
    keys: Option<&KeyFile>,
) -> sidegate_store::Result<Fit> {
    let texts = Texts::new(Arc::clone(registry), connection.dialect());
    let active = [("status", Value::from("active"))];
    let plan = Plan::internal(registry, SIGNING_KEY, FIELDS, &active, MOST_KEYS);
    let kinds = kinds(registry, &plan);
    let (mut all, mut opened) = (0, 0);
    Session::new(&texts, connection, Who::default()).page(&plan, 0, &mut |row| {
        let value = |at: usize| row.value(at, &kinds[at]);
        all += 1;
        if let (Value::Text(id), Value::Integer(number), Value::Bytes(sealed)) =
            (value(0), value(1), value(2))
        {
            let plain = keys.and_then(|keys| keys.unseal(number, &identity(&id), &sealed));
            opened += usize::from(plain.is_some());
        }
        Ok(())
    })?;
    Ok(match all {
        0 => Fit::Nothing,
        all if all == opened => Fit::All(all),
        _ => Fit::Not,
    })
}

pub(super) fn issuer() -> String {
    ISSUER.to_owned()
}

fn identity(id: &str) -> String {
    format!("signing-key:{id}")
}

/// All live keys, the oldest first: id, number of the sealing key, sealed bytes.
fn load_or_make(work: &mut Work<'_>) -> Result<Vec<(String, i64, Vec<u8>)>> {
    let active = [("status", Value::from("active"))];
    let mut rows = work.all(SIGNING_KEY, FIELDS, &active, MOST_KEYS)?;
    if rows.is_empty() {
        make(work)?;
        rows = work.all(SIGNING_KEY, FIELDS, &active, MOST_KEYS)?;
    }
    let mut keys = Vec::new();
    for row in rows {
        if let [
            Value::Text(id),
            Value::Integer(number),
            Value::Bytes(sealed),
        ] = &row[..]
        {
            keys.push((id.clone(), *number, sealed.clone()));
        }
    }
    Ok(keys)
}

fn make(work: &mut Work<'_>) -> Result<()> {
    let pair = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())
        .map_err(|_| Failure::broken("the system has no random numbers to make a key of"))?;
    let id = crate::credential::random(work.source());
    let (number, sealed) = work
        .inner()
        .keys
        .seal(work.source(), &identity(&id), pair.as_ref());
    let definition = work.object(SIGNING_KEY);
    let mut draft = Draft::default();
    let values = [
        ("id", Value::Text(id)),
        ("keyNumber", Value::Integer(number)),
        ("sealed", Value::Bytes(sealed)),
    ];
    for (name, value) in values {
        let field = definition.named(name).expect("declared with its object");
        draft.set(field.index, format!("/{name}"), Given::Value(value));
    }
    work.create(definition, &draft).map(drop)
}
