//! Tokens: given for client credentials, refreshed, revoked.
//!
//! Whatever is wrong, the caller gets one answer after the same work: the presented text decides
//! what is computed, never the record it belongs to.

use std::sync::atomic::Ordering;

use sidegate_model::{Draft, Failure, Given, Problem, RecordKey, Result, Value, problem};

use super::jwt::{Content, issuer};
use super::presented::STORED;
use super::session::holder_of;
use super::{ACCESS, COMPANY, TOKEN, USER, enter, proves, stands};
use crate::actor::{Actor, By, Call, Named};
use crate::audit;
use crate::authorizing::Party;
use crate::credential::{self, SecretKind};
use crate::engine::Engine;
use crate::pipeline::Leave;
use crate::work::Work;

const CREDENTIAL: &str = "sidegate/server-credential";
const AUTHORIZATION: &str = "sidegate/client-authorization";

/// How long an access token lives.
pub const ACCESS_SECONDS: i64 = 12 * 3600;
/// How long a refresh token lives.
pub(super) const REFRESH_SECONDS: i64 = 30 * 24 * 3600;
/// A grant clears away at most so many expired tokens of its user.
const MOST_CLEARED: u32 = 20;
/// A revocation looks for so many live tokens at a time.
const AT_ONCE: u32 = 500;

/// For whom a client asks for tokens.
#[derive(Clone, Copy, Debug)]
pub enum Whom<'a> {
    /// A user of a company, perhaps in an entity.
    User {
        /// The user's id.
        user: &'a str,
        /// The company's id.
        company: &'a str,
        /// The entity's id.
        entity: Option<&'a str>,
    },
    /// Whoever a session of the XML gateway belongs to, where the session works.
    Session(&'a str),
}

/// The same, as it is looked for in the company.
#[derive(Clone)]
enum Sought {
    User(String, Option<String>),
    /// By the hashes that its session may be stored under.
    Session(Vec<Vec<u8>>),
}

/// What a token request gets.
#[derive(Clone, Debug)]
pub struct Granted {
    /// The access token.
    pub access_token: String,
    /// The refresh token that replaces the one before.
    pub refresh_token: String,
    /// Seconds until the access token ends.
    pub expires_in: i64,
}

/// A client application that proved itself.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) key: RecordKey,
    id: String,
}

impl Client {
    fn named(&self) -> Named {
        Named {
            key: self.key,
            id: self.id.clone(),
        }
    }
}

/// For whom tokens are made, as found in the database.
#[derive(Clone, Debug)]
pub(super) struct Holder {
    user: Named,
    authorization: RecordKey,
    entity: Option<Named>,
    /// What she proved herself with, where it was she who did.
    credential: Option<RecordKey>,
    activated: bool,
}

/// The secrets of freshly stored tokens.
#[derive(Clone, Debug)]
struct Issued {
    holder: Holder,
    jti: String,
    /// The number of the key that the identifier is hashed under.
    jti_key: i64,
    refresh: String,
    now: i64,
}

/// How a refresh ended.
enum Refreshed {
    New(Issued),
    /// The token was used before: its whole family has ended.
    Reused,
}

/// A key that no record has: the counter ends below it.
pub(super) fn nobody() -> RecordKey {
    RecordKey::new(RecordKey::LIMIT - 1).expect("below the limit")
}

pub(super) fn refused() -> Problem {
    problem::GRANT_REFUSED.problem()
}

impl Engine {
    /// Tokens for a client that acts for a user, named or known by her session of the XML gateway.
    ///
    /// # Errors
    /// One refusal, whatever is wrong.
    pub async fn grant(
        &self,
        client_id: &str,
        secret: &str,
        whom: Whom<'_>,
        call: Call,
    ) -> Result<Granted> {
        let proved = self.prove_client(client_id, secret, &call).await?;
        let (field, company, sought) = match whom {
            Whom::User {
                user,
                company,
                entity,
            } => {
                let sought = Sought::User(user.to_owned(), entity.map(str::to_owned));
                ("id", Value::from(company), sought)
            }
            Whom::Session(session) => {
                let hashes = self.keyed_hashes(SecretKind::Session, session);
                let hashes = hashes.into_iter().map(|(_, hash)| hash).collect();
                let company = credential::company_in(session, SecretKind::Session);
                let company = Value::Key(company.unwrap_or_else(nobody));
                ("key", company, Sought::Session(hashes))
            }
        };
        // The same work for a company that is not there, on one that cannot be.
        let company = self.active_company(field, company, &call).await?;
        if let (None, Some(company)) = (&proved, &company) {
            self.note_unproved(company.key, client_id, &call);
        }
        let company = company.unwrap_or_else(|| Named {
            key: nobody(),
            id: String::new(),
        });
        // Whoever did not prove herself is looked up all the same: the work tells nothing.
        let client = proved.clone().unwrap_or_else(|| Client {
            key: nobody(),
            id: client_id.to_owned(),
        });
        let call = in_company(&call, company.key);
        let (looked_for, asking) = (sought.clone(), client.clone());
        // Looked at in a read first, so that refused requests never wait for the writer.
        let looked = self
            .read(call.clone(), move |work| {
                pairing(work, &asking, &looked_for).map(drop)
            })
            .await;
        if let (Err(Failure::Refused(_)), Some(client), true) =
            (&looked, &proved, company.key != nobody())
        {
            let (user, entity) = match whom {
                Whom::User { user, entity, .. } => (Some(user), entity),
                Whom::Session(_) => (None, None),
            };
            self.note_refused(company.key, client, user, entity, &call);
        }
        looked?;
        let client = proved.ok_or_else(refused)?;
        let asking = client.clone();
        let issued = self
            .write(call, move |work| {
                let holder = pairing(work, &asking, &sought)?;
                let family = work.source().number();
                issue(work, &asking, holder, family, "signIn")
            })
            .await?;
        self.tokens(&client, &company.id, company.key, &issued)
    }

    /// New tokens for a refresh token, which ends with this.
    ///
    /// # Errors
    /// One refusal for whatever is wrong with the client, another for whatever is wrong with the token.
    pub async fn refresh(
        &self,
        client_id: &str,
        secret: &str,
        refresh_token: &str,
        entity: Option<&str>,
        call: Call,
    ) -> Result<Granted> {
        let Some(client) = self.prove_client(client_id, secret, &call).await? else {
            let company = credential::company_of(refresh_token);
            return Err(self.unproved(company, client_id, &call).await?.into());
        };
        let dead = || problem::REFRESH_DEAD.problem();
        let company = credential::company_of(refresh_token).ok_or_else(dead)?;
        let found = self
            .active_company("key", Value::Key(company), &call)
            .await?;
        let company_id = found.ok_or_else(dead)?.id;
        let hashes: Vec<Vec<u8>> = self
            .keyed_hashes(SecretKind::Refresh, refresh_token)
            .into_iter()
            .map(|(_, hash)| hash)
            .collect();
        let (asking, entity) = (client.clone(), entity.map(str::to_owned));
        let refreshed = self
            .write(in_company(&call, company), move |work| {
                use_refresh(work, &asking, &hashes, entity.as_deref())
            })
            .await;
        if let Err(Failure::Refused(_)) | Ok(Refreshed::Reused) = &refreshed {
            self.note_refused(company, &client, None, None, &call);
        }
        match refreshed? {
            Refreshed::New(issued) => self.tokens(&client, &company_id, company, &issued),
            Refreshed::Reused => Err(dead().into()),
        }
    }

    /// Ends all tokens of the company, user and client that a token of either sort belongs to.
    /// A token that is none, or not the client's, changes nothing and is no error.
    ///
    /// # Errors
    /// When the client does not prove itself.
    pub async fn revoke(
        &self,
        client_id: &str,
        secret: &str,
        token: &str,
        call: Call,
    ) -> Result<()> {
        let Some(client) = self.prove_client(client_id, secret, &call).await? else {
            let company = self.presented(token).map(|presented| presented.company);
            return Err(self.unproved(company, client_id, &call).await?.into());
        };
        let Some(presented) = self.presented(token) else {
            return Ok(());
        };
        self.write(in_company(&call, presented.company), move |work| {
            let fields = ["user.key", "authorization.clientApplication.key", "user.id"];
            for hash in &presented.hashes {
                let Some(row) =
                    work.first(TOKEN, &fields, &[("hash", Value::Bytes(hash.clone()))])?
                else {
                    continue;
                };
                if row[1] == Value::Key(client.key) {
                    let ended = end_tokens(
                        work,
                        &[
                            ("user.key", row[0].clone()),
                            ("authorization.clientApplication.key", row[1].clone()),
                        ],
                    )?;
                    if ended > 0 {
                        let user = row[0].as_key().map(|key| Named {
                            key,
                            id: row[2].as_text().unwrap_or_default().to_owned(),
                        });
                        let trail = trail_actor(work, user, &client, None);
                        note_sign_in(work, &trail, "revoke")?;
                    }
                }
            }
            Ok(())
        })
        .await
    }

    /// The client, if id and secret are right; the same work whether or not it exists.
    pub(super) async fn prove_client(
        &self,
        id: &str,
        secret: &str,
        call: &Call,
    ) -> Result<Option<Client>> {
        let asked = id.to_owned();
        let rows = self
            .read(
                Call {
                    by: By::System(None),
                    ..call.clone()
                },
                move |work| {
                    let [number, hash, phc, expires] = STORED;
                    let client = "clientApplication.key";
                    let status = "clientApplication.status";
                    let fields = [client, status, number, hash, phc, expires, "key"];
                    let live = [
                        ("clientApplication.id", Value::from(asked.as_str())),
                        ("status", Value::from("active")),
                    ];
                    work.all(CREDENTIAL, &fields, &live, 20)
                },
            )
            .await?;
        let active = rows
            .into_iter()
            .filter(|row| row[1].as_text() == Some("active"))
            .collect();
        let proved = self.fitting(SecretKind::Client, secret, active).await?;
        if let Some(credential) = proved.as_ref().and_then(|row| row[6].as_key()) {
            let (now, last_uses) = (self.source().now(), &self.inner().last_uses);
            last_uses.note_server(credential, now, &call.address);
        }
        Ok(proved.and_then(|row| row[0].as_key()).map(|key| Client {
            key,
            id: id.to_owned(),
        }))
    }

    /// The refusal of a client that did not prove itself, after it was counted in the company that it
    /// asked for, if there is one.
    pub(super) async fn unproved(
        &self,
        company: Option<RecordKey>,
        client_id: &str,
        call: &Call,
    ) -> Result<Problem> {
        let key = company.unwrap_or_else(nobody);
        let found = self.active_company("key", Value::Key(key), call).await?;
        if let Some(company) = found {
            self.note_unproved(company.key, client_id, call);
        }
        Ok(refused())
    }

    fn note_unproved(&self, company: RecordKey, client_id: &str, call: &Call) {
        let (presented, now) = ((Party::Client, client_id), self.source().now());
        self.inner()
            .evidence
            .unproved(company, presented, call, now);
    }

    fn note_refused(
        &self,
        company: RecordKey,
        client: &Client,
        user: Option<&str>,
        entity: Option<&str>,
        call: &Call,
    ) {
        let (client, now) = (client.named(), self.source().now());
        self.inner()
            .evidence
            .sign_in(company, &client, user, entity, call, now);
    }

    pub(super) fn keyed_hashes(&self, kind: SecretKind, secret: &str) -> Vec<(i64, Vec<u8>)> {
        self.inner().keyed_hashes.fetch_add(1, Ordering::Relaxed);
        let hashes = self.inner().keys.hashes(kind.purpose(), secret);
        hashes
            .into_iter()
            .map(|hash| (hash.number, hash.hash))
            .collect()
    }

    /// The active company whose field has a value.
    pub(super) async fn active_company(
        &self,
        field: &'static str,
        value: Value,
        call: &Call,
    ) -> Result<Option<Named>> {
        let call = Call {
            by: By::System(None),
            ..call.clone()
        };
        let equal = [(field, value), ("status", Value::from("active"))];
        let row = self
            .read(call, move |work| {
                work.first(COMPANY, &["key", "id"], &equal)
            })
            .await?;
        Ok(row.and_then(|row| {
            Some(Named {
                key: row[0].as_key()?,
                id: row[1].as_text()?.to_owned(),
            })
        }))
    }

    fn tokens(
        &self,
        client: &Client,
        company_id: &str,
        company: RecordKey,
        issued: &Issued,
    ) -> Result<Granted> {
        let holder = &issued.holder;
        let seconds = issued.now.div_euclid(1_000_000);
        let access_token = self.sign(&Content {
            iss: issuer(),
            aud: issuer(),
            sub: format!("{}@{company_id}", holder.user.id),
            iat: seconds,
            exp: seconds + ACCESS_SECONDS,
            jti: issued.jti.clone(),
            jti_key: issued.jti_key,
            client_id: client.id.clone(),
            company_id: company_id.to_owned(),
            company_key: company.to_string(),
            user_id: holder.user.id.clone(),
            user_key: holder.user.key.to_string(),
            entity_id: holder.entity.as_ref().map(|entity| entity.id.clone()),
        })?;
        Ok(Granted {
            access_token,
            refresh_token: issued.refresh.clone(),
            expires_in: ACCESS_SECONDS,
        })
    }
}

pub(super) fn in_company(call: &Call, company: RecordKey) -> Call {
    Call {
        by: By::System(Some(company)),
        ..call.clone()
    }
}

/// For whom the company lets the client act, and the entity she may enter.
fn pairing(work: &mut Work<'_>, client: &Client, sought: &Sought) -> Result<Holder> {
    let mut proved = None;
    let (row, entity) = match sought {
        Sought::User(user, entity) => {
            let equal = [
                ("clientApplication.key", Value::Key(client.key)),
                ("user.id", Value::from(user.as_str())),
                ("status", Value::from("active")),
            ];
            (work.first(AUTHORIZATION, OF_ROW, &equal)?, entity.clone())
        }
        Sought::Session(hashes) => match holder_of(work, hashes)? {
            Some(held) => {
                proved = held.credential;
                let row = row_for(work, client, held.user.key)?;
                (row, held.entity.map(|entity| entity.id))
            }
            None => (None, None),
        },
    };
    let row = row.ok_or_else(refused)?;
    // A new sign-in needs more than what goes on: an automatic lock stops it.
    if row[3].as_text() != Some("active") {
        return Err(refused().into());
    }
    let holder = holder(work, &row, entity.as_deref())?.ok_or_else(refused)?;
    Ok(Holder {
        credential: proved,
        ..holder
    })
}

/// What [`holder`] needs of a user who proved herself in the gateway, so that any row for the client
/// will do; her own comes first.
fn row_for(work: &mut Work<'_>, client: &Client, user: RecordKey) -> Result<Option<Vec<Value>>> {
    let mut equal = vec![
        ("clientApplication.key", Value::Key(client.key)),
        ("status", Value::from("active")),
    ];
    let fields = ["key", "allowStandardUsers", "user.key"];
    let any = work.first(AUTHORIZATION, &fields, &equal)?;
    equal.push(("user.key", Value::Key(user)));
    let own = work.first(AUTHORIZATION, &fields, &equal)?;
    let asked = work.first(USER, OF_USER, &[("key", Value::Key(user))])?;
    let Some((row, asked)) = own.or(any).zip(asked) else {
        return Ok(None);
    };
    Ok(Some([&row[..1], &asked, &row[1..]].concat()))
}

/// What is read for [`holder`] of a company's row for a client, in this order.
const OF_ROW: &[&str] = &[
    "key",
    "user.key",
    "user.id",
    "user.status",
    "user.webServices.isRestricted",
    "user.entityAccess.allowUnrestrictedAccess",
    "user.entityAccess.allowTopLevelAccess",
    "user.activatedAt",
    "user.automaticLockAt",
    "allowStandardUsers",
];

/// The same of a token, and the user on the row, who need not be the token's.
pub(super) const OF_TOKEN: &[&str] = &[
    "authorization.key",
    "user.key",
    "user.id",
    "user.status",
    "user.webServices.isRestricted",
    "user.entityAccess.allowUnrestrictedAccess",
    "user.entityAccess.allowTopLevelAccess",
    "user.activatedAt",
    "user.automaticLockAt",
    "authorization.allowStandardUsers",
    "authorization.user.key",
    "credential.key",
    "credential.status",
    "credential.expiresAt",
];

/// The part of it that is the user's.
const OF_USER: &[&str] = &[
    "key",
    "id",
    "status",
    "webServices.isRestricted",
    "entityAccess.allowUnrestrictedAccess",
    "entityAccess.allowTopLevelAccess",
    "activatedAt",
    "automaticLockAt",
];

/// Who a token is for; nobody when its user has nothing open there any more.
pub(super) fn holder(
    work: &mut Work<'_>,
    row: &[Value],
    entity: Option<&str>,
) -> Result<Option<Holder>> {
    let yes = |at: usize| row[at] == Value::Boolean(true);
    let (Some(authorization), Some(user)) = (row[0].as_key(), row[1].as_key()) else {
        return Ok(None);
    };
    // That the console is open to her, too, is a word about the user on the row alone.
    let own = row.get(10).is_none_or(|on_row| *on_row == row[1]);
    let suits = yes(4) || (yes(9) && own);
    let credential = row.get(11..).unwrap_or_default();
    let proved = credential.is_empty() || proves(credential, work.now());
    if !stands(&row[3], &row[8]) || !suits || !proved {
        return Ok(None);
    }
    let entity = match entity {
        None if yes(5) || yes(6) => None,
        None => match work.person(user)? {
            Some(person) if person.at_top => None,
            _ => return Ok(None),
        },
        Some(id) => {
            let Some(person) = work.person(user)? else {
                return Ok(None);
            };
            match enter(work, &person.limits, id)? {
                None => return Ok(None),
                entity => entity,
            }
        }
    };
    let user = Named {
        key: user,
        id: row[2].as_text().unwrap_or_default().to_owned(),
    };
    Ok(Some(Holder {
        user,
        authorization,
        entity,
        credential: credential.first().and_then(Value::as_key),
        activated: !row[7].is_null(),
    }))
}

/// Stores an access and a refresh token, notes the sign-in, and activates the user at her first one.
fn issue(
    work: &mut Work<'_>,
    client: &Client,
    holder: Holder,
    family: i64,
    event: &str,
) -> Result<Issued> {
    clear_expired(work, holder.user.key)?;
    let company = work.actor().company.ok_or_else(refused)?;
    let jti = credential::random(work.source());
    let refresh = credential::generate_refresh(work.source(), company);
    let now = work.now();
    let keys = &work.inner().keys;
    let (access_hash, refresh_hash) = (
        keys.hash(ACCESS, &jti),
        keys.hash(SecretKind::Refresh.purpose(), &refresh),
    );
    let jti_key = access_hash.number;
    for (kind, hash, seconds) in [
        ("access", access_hash, ACCESS_SECONDS),
        ("refresh", refresh_hash, REFRESH_SECONDS),
    ] {
        let values = [
            ("kind", Value::from(kind)),
            ("keyNumber", Value::Integer(hash.number)),
            ("hash", Value::Bytes(hash.hash)),
            ("family", Value::Integer(family)),
            ("user", Value::Key(holder.user.key)),
            ("authorization", Value::Key(holder.authorization)),
            ("credential", Value::from(holder.credential)),
            (
                "entity",
                Value::from(holder.entity.as_ref().map(|entity| entity.key)),
            ),
            ("expiresAt", Value::Moment(now + seconds * 1_000_000)),
        ];
        let definition = work.object(TOKEN);
        work.create(definition, &draft_of(work, TOKEN, &values))?;
    }
    if !holder.activated {
        let definition = work.object(USER);
        let draft = draft_of(work, USER, &[("activatedAt", Value::Moment(now))]);
        work.update(definition, holder.user.key, &draft, None)?;
    }
    let user = Some(holder.user.clone());
    let trail = trail_actor(work, user, client, holder.entity.clone());
    note_sign_in(work, &trail, event)?;
    Ok(Issued {
        holder,
        jti,
        jti_key,
        refresh,
        now,
    })
}

fn use_refresh(
    work: &mut Work<'_>,
    client: &Client,
    hashes: &[Vec<u8>],
    entity: Option<&str>,
) -> Result<Refreshed> {
    let dead = || Failure::from(problem::REFRESH_DEAD.problem());
    let fields = [
        "key",
        "kind",
        "status",
        "expiresAt",
        "family",
        "authorization.status",
        "authorization.clientApplication.key",
        "authorization.clientApplication.status",
        "entity.id",
    ];
    let mut found = None;
    for hash in hashes {
        found = found.or(work.first(TOKEN, &fields, &[("hash", Value::Bytes(hash.clone()))])?);
    }
    let row = found.ok_or_else(dead)?;
    let active = |at: usize| row[at].as_text() == Some("active");
    let (Some(key), Some(family)) = (row[0].as_key(), row[4].as_number()) else {
        return Err(dead());
    };
    if row[1].as_text() != Some("refresh") || row[6] != Value::Key(client.key) {
        return Err(dead());
    }
    if !active(2) {
        end_tokens(work, &[("family", Value::Integer(family))])?;
        return Ok(Refreshed::Reused);
    }
    let bound = row[8].as_text().map(str::to_owned);
    let elsewhere = entity.is_some_and(|asked| bound.as_deref() != Some(asked));
    if row[3].as_number().is_none_or(|ends| ends <= work.now())
        || !active(5)
        || !active(7)
        || elsewhere
    {
        return Err(dead());
    }
    let held = work
        .first(TOKEN, OF_TOKEN, &[("key", Value::Key(key))])?
        .ok_or_else(dead)?;
    let holder = holder(work, &held, bound.as_deref())?.ok_or_else(dead)?;
    let definition = work.object(TOKEN);
    let draft = draft_of(work, TOKEN, &[("status", Value::from("used"))]);
    work.update(definition, key, &draft, None)?;
    issue(work, client, holder, family, "refresh").map(Refreshed::New)
}

/// Revokes all live tokens with these values and counts them.
pub(crate) fn end_tokens(work: &mut Work<'_>, equal: &[(&str, Value)]) -> Result<usize> {
    let mut equal = equal.to_vec();
    equal.push(("status", Value::from("active")));
    let definition = work.object(TOKEN);
    let draft = draft_of(work, TOKEN, &[("status", Value::from("revoked"))]);
    let mut ended = 0;
    // What was ended is live no more, so each look finds the next ones.
    loop {
        let rows = work.all(TOKEN, &["key"], &equal, AT_ONCE)?;
        if rows.is_empty() {
            return Ok(ended);
        }
        ended += rows.len();
        for key in rows.iter().filter_map(|row| row[0].as_key()) {
            work.update_with(definition, key, &draft, None, Leave::System)?;
        }
    }
}

/// Deletes tokens of a user that ended a while ago, so that they do not pile up.
fn clear_expired(work: &mut Work<'_>, user: RecordKey) -> Result<()> {
    let rows = work.all(
        TOKEN,
        &["key", "expiresAt"],
        &[("user.key", Value::Key(user))],
        MOST_CLEARED,
    )?;
    let now = work.now();
    let definition = work.object(TOKEN);
    for row in rows {
        if let (Some(key), Some(ends)) = (row[0].as_key(), row[1].as_number())
            && ends <= now
        {
            work.delete(definition, key, None)?;
        }
    }
    Ok(())
}

/// Values of the system's own as a draft.
pub(crate) fn draft_of(work: &Work<'_>, object: &str, values: &[(&str, Value)]) -> Draft {
    let definition = work.object(object);
    let mut draft = Draft::default();
    for (name, value) in values {
        let field = definition
            .named(name)
            .expect("the system writes declared fields");
        draft.set(field.index, format!("/{name}"), Given::Value(value.clone()));
    }
    draft
}

/// Notes what a user did with her tokens, or that she signed in.
pub(super) fn note_sign_in(work: &mut Work<'_>, trail: &Actor, event: &str) -> Result<()> {
    let (record, id) = trail
        .user
        .as_ref()
        .map_or((None, ""), |user| (Some(user.key), user.id.as_str()));
    let happening = audit::Happening {
        event,
        object: USER,
        record,
        id,
        personal: false,
        entity: None,
    };
    audit::note_as(work, trail, &happening, &[])
}

/// In whose name the trail notes what a token request did.
fn trail_actor(
    work: &Work<'_>,
    user: Option<Named>,
    client: &Client,
    entity: Option<Named>,
) -> Actor {
    let mut actor = work.actor().clone();
    actor.user = user;
    actor.client = Some(client.named());
    actor.entity = entity;
    actor
}
