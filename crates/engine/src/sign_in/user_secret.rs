//! Whether a presented secret is a user's.
//!
//! Any live credential of hers will do. Says nothing about her status, lock or company, which whoever
//! lets her in looks at.

use sidegate_model::{RecordKey, Result, Value};

use super::grant::in_company;
use super::presented::STORED;
use crate::actor::Call;
use crate::credential::SecretKind;
use crate::engine::Engine;
use crate::rules::credential::{CREDENTIAL, MOST_LIVE};

/// A user who proved herself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedUser {
    /// Her key.
    pub key: RecordKey,
    /// With which credential.
    pub credential: RecordKey,
}

impl Engine {
    /// The user of an id, if a live credential of hers is this secret; the presented text decides the
    /// work, whether or not there is such a user. The credential's last use is noted.
    ///
    /// # Errors
    /// What the database or an overloaded hasher says.
    pub async fn prove_user(
        &self,
        company: RecordKey,
        id: &str,
        secret: &str,
        call: &Call,
    ) -> Result<Option<ProvedUser>> {
        let asked = id.to_owned();
        let [number, hash, phc, expires] = STORED;
        let fields = ["user.key", "key", number, hash, phc, expires];
        let rows = self
            .read(in_company(call, company), move |work| {
                let live = [
                    ("user.id", Value::from(asked.as_str())),
                    ("status", Value::from("active")),
                ];
                // Some may have expired since they were last looked at.
                work.all(CREDENTIAL, &fields, &live, 10 * MOST_LIVE)
            })
            .await?;
        let proved = self.fitting(SecretKind::User, secret, rows).await?;
        let proved = proved.and_then(|row| {
            Some(ProvedUser {
                key: row[0].as_key()?,
                credential: row[1].as_key()?,
            })
        });
        if let Some(proved) = &proved {
            let now = self.source().now();
            self.inner()
                .last_uses
                .note(company, proved.credential, now, &call.address);
        }
        Ok(proved)
    }
}
