//! Links that make a secret and show it once.
//!
//! A link is known by its keyed hash only, in the credential that waits for it. Until it is used, the
//! credentials of before go on as they are.

use sidegate_model::{RecordKey, Result, Value, problem};

use super::grant::in_company;
use crate::actor::Call;
use crate::credential::{self, SecretKind, generate};
use crate::engine::Engine;
use crate::pipeline::Leave;
use crate::rules::credential::{CREDENTIAL, end_others};
use crate::sign_in::draft_of;
use crate::work::Work;

/// What a link shows, this once.
#[derive(Clone)]
pub struct Revealed {
    /// The id of the company.
    pub company: String,
    /// The id of the user.
    pub user: String,
    /// The secret.
    pub secret: String,
}

/// A credential that waits for its link.
pub(super) struct Waiting {
    pub(super) credential: RecordKey,
    pub(super) user: RecordKey,
    pub(super) user_id: String,
    others_end: Option<i64>,
}

/// Where to look for a link.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) company: RecordKey,
    hashes: Vec<Vec<u8>>,
}

fn void() -> sidegate_model::Failure {
    problem::REVEAL_VOID.problem().into()
}

impl Engine {
    /// Whether a link still makes a secret. Changes nothing.
    ///
    /// # Errors
    /// When it does not, whatever the reason.
    pub async fn look_at_link(&self, link: &str, call: Call) -> Result<()> {
        let link = self.link(SecretKind::Reveal, link, &call).await?;
        let link = link.ok_or_else(void)?;
        self.read(in_company(&call, link.company), move |work| {
            waiting(work, &link)?.map(drop).ok_or_else(void)
        })
        .await
    }

    /// Makes the secret of a link: from now on it works, the link does not, and the credentials of
    /// before end as the reset said.
    ///
    /// # Errors
    /// When the link is void, whatever the reason.
    pub async fn use_link(&self, link: &str, call: Call) -> Result<Revealed> {
        let link = self.link(SecretKind::Reveal, link, &call).await?;
        let link = link.ok_or_else(void)?;
        self.write(in_company(&call, link.company), move |work| {
            let found = waiting(work, &link)?.ok_or_else(void)?;
            let secret = generate(work.source(), SecretKind::User);
            let hash = work.inner().keys.hash(SecretKind::User.purpose(), &secret);
            let values = [
                ("status", Value::from("active")),
                ("keyNumber", Value::Integer(hash.number)),
                ("hash", Value::Bytes(hash.hash)),
                ("expiresAt", Value::Null),
            ];
            let draft = draft_of(work, CREDENTIAL, &values);
            let definition = work.object(CREDENTIAL);
            work.update_with(definition, found.credential, &draft, None, Leave::System)?;
            end_others(work, found.user, found.credential, found.others_end)?;
            let (company, _) = work.company_called()?;
            Ok(Revealed {
                company,
                user: found.user_id,
                secret,
            })
        })
        .await
    }

    /// Where to look for a link, if an active company gave it.
    pub(super) async fn link(
        &self,
        kind: SecretKind,
        link: &str,
        call: &Call,
    ) -> Result<Option<Link>> {
        let Some(company) = credential::company_in(link, kind) else {
            return Ok(None);
        };
        let hashes = self.keyed_hashes(kind, link);
        let active = self
            .active_company("key", Value::Key(company), call)
            .await?;
        Ok(active.map(|_| Link {
            company,
            hashes: hashes.into_iter().map(|(_, hash)| hash).collect(),
        }))
    }
}

/// The credential that waits for a link, unless its time is over.
pub(super) fn waiting(work: &mut Work<'_>, link: &Link) -> Result<Option<Waiting>> {
    let fields = ["key", "expiresAt", "user.key", "user.id", "othersEndAt"];
    for hash in &link.hashes {
        let equal = [
            ("hash", Value::Bytes(hash.clone())),
            ("status", Value::from("pending")),
        ];
        let Some(row) = work.first(CREDENTIAL, &fields, &equal)? else {
            continue;
        };
        let lives = row[1].as_number().is_some_and(|ends| ends > work.now());
        if let (Some(credential), Some(user), true) = (row[0].as_key(), row[2].as_key(), lives) {
            return Ok(Some(Waiting {
                credential,
                user,
                user_id: row[3].as_text().unwrap_or_default().to_owned(),
                others_end: row[4].as_number(),
            }));
        }
    }
    Ok(None)
}
