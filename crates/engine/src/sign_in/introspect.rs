//! What a token is worth at this moment, told to whoever holds it and to the client it was given to.
//!
//! Changes nothing. Whatever makes a token worth nothing, the answer is one after the same work: the
//! presented text decides what is looked up.

use sidegate_model::{RecordKey, Result, Value};

use super::grant::{OF_TOKEN, REFRESH_SECONDS, holder, in_company, nobody};
use super::{ACCESS, AT_CLIENT, AT_ENTITY, AT_KEY, AT_USER, FIELDS, TOKEN, is_live};
use crate::actor::{Call, Named};
use crate::credential::{self, SecretKind};
use crate::engine::Engine;
use crate::work::Work;

/// Which sort of token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// An access token.
    Access,
    /// A refresh token.
    Refresh,
}

/// A live token: whom it stands for, and how long.
#[derive(Clone, Debug)]
pub struct Introspected {
    /// Which sort it is.
    pub kind: TokenKind,
    /// The client application that it was given to, by its id.
    pub client: String,
    /// The company.
    pub company: Named,
    /// The user.
    pub user: Named,
    /// The entity that it is bound to; none at the top level.
    pub entity: Option<Named>,
    /// When it was given, in seconds since the epoch.
    pub issued: i64,
    /// When it ends, in seconds since the epoch.
    pub expires: i64,
}

/// Where the row of a presented text stands, if it is a token at all.
pub(super) struct Presented {
    kind: TokenKind,
    pub(super) company: RecordKey,
    /// The hashes it may be stored under.
    pub(super) hashes: Vec<Vec<u8>>,
    /// When it was given, where the text itself says so.
    issued: Option<i64>,
}

impl Engine {
    /// What a token of either sort is worth; none when it is not live. A client that asks must prove
    /// itself, and is told of its own tokens only; without one the caller has shown that she holds
    /// the token.
    ///
    /// # Errors
    /// When the client does not prove itself.
    pub async fn introspect(
        &self,
        client: Option<(&str, &str)>,
        token: &str,
        call: Call,
    ) -> Result<Option<Introspected>> {
        let asking = match client {
            Some((id, secret)) => match self.prove_client(id, secret, &call).await? {
                Some(client) => Some(client),
                None => {
                    let company = self.presented(token).map(|presented| presented.company);
                    return Err(self.unproved(company, id, &call).await?.into());
                }
            },
            None => None,
        };
        // What is no token is looked up all the same, where there is none.
        let presented = self.presented(token).unwrap_or_else(|| Presented {
            kind: TokenKind::Access,
            company: nobody(),
            hashes: vec![self.inner().keys.hash(ACCESS, token).hash],
            issued: None,
        });
        let company = self
            .active_company("key", Value::Key(presented.company), &call)
            .await?;
        let call = in_company(&call, presented.company);
        let (kind, issued) = (presented.kind, presented.issued);
        let found = self
            .read(call, move |work| live(work, kind, &presented.hashes))
            .await?;
        Ok(company.zip(found).and_then(|(company, found)| {
            let own = asking.is_none_or(|asking| found.client.key == asking.key);
            own.then(|| Introspected {
                kind,
                client: found.client.id,
                company,
                user: found.user,
                entity: found.entity,
                issued: issued.unwrap_or(found.expires - REFRESH_SECONDS),
                expires: found.expires,
            })
        }))
    }

    /// Where to look for a text; none when it has not the form of a token of ours.
    pub(super) fn presented(&self, token: &str) -> Option<Presented> {
        if let Some(company) = credential::company_of(token) {
            let hashes = self.keyed_hashes(SecretKind::Refresh, token);
            return Some(Presented {
                kind: TokenKind::Refresh,
                company,
                hashes: hashes.into_iter().map(|(_, hash)| hash).collect(),
                issued: None,
            });
        }
        let claims = self.claims(token)?;
        Some(Presented {
            kind: TokenKind::Access,
            company: claims.company,
            hashes: vec![claims.hash.clone()],
            issued: Some(claims.issued),
        })
    }
}

/// A live token as its row says it.
struct Live {
    client: Named,
    user: Named,
    entity: Option<Named>,
    expires: i64,
}

/// The token with one of these hashes, if a request with it would pass.
fn live(work: &mut Work<'_>, kind: TokenKind, hashes: &[Vec<u8>]) -> Result<Option<Live>> {
    let mut found = None;
    for hash in hashes {
        found = found.or(work.first(TOKEN, FIELDS, &[("hash", Value::Bytes(hash.clone()))])?);
    }
    let named = |row: &[Value], at: usize| {
        Some(Named {
            key: row[at].as_key()?,
            id: row[at + 1].as_text()?.to_owned(),
        })
    };
    let live = match kind {
        TokenKind::Access => found
            .as_ref()
            .is_some_and(|row| is_live(row, "access", work.now())),
        // A refresh also asks whether its user could get a token now.
        TokenKind::Refresh => {
            let row = found.as_deref();
            let key = row.map_or_else(|| Value::Key(nobody()), |row| row[AT_KEY].clone());
            let held = work.first(TOKEN, OF_TOKEN, &[("key", key)])?;
            let entity = row.and_then(|row| row[AT_ENTITY + 1].as_text());
            let stands = match held {
                Some(held) => holder(work, &held, entity)?.is_some(),
                None => false,
            };
            stands && row.is_some_and(|row| is_live(row, "refresh", work.now()))
        }
    };
    Ok(found.filter(|_| live).and_then(|row| {
        Some(Live {
            client: named(&row, AT_CLIENT)?,
            user: named(&row, AT_USER)?,
            entity: named(&row, AT_ENTITY),
            expires: row[2].as_number()?.div_euclid(1_000_000),
        })
    }))
}
