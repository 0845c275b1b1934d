//! Whether a presented secret is a user's.
//!
//! Any live credential of hers will do. Says nothing about her status, lock or company, which whoever
//! lets her in looks at.

use sidegate_model::{RecordKey, Result, Value};
use subtle::ConstantTimeEq as _;

use super::grant::in_company;
use crate::actor::Call;
use crate::credential::{self, SecretKind};
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
        let fields = ["user.key", "key", "keyNumber", "hash", "phc", "expiresAt"];
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
        let now = self.source().now();
        let live: Vec<&Vec<Value>> = rows
            .iter()
            .filter(|row| row[5].as_number().is_none_or(|ends| ends > now))
            .collect();
        let proved = if credential::kind_of(secret).is_some() {
            let presented = self.keyed_hashes(SecretKind::User, secret);
            live.iter().find(|row| {
                presented
                    .iter()
                    .any(|(number, hash)| match (&row[2], &row[3]) {
                        (Value::Integer(stored), Value::Bytes(bytes)) => {
                            stored == number && bool::from(bytes.ct_eq(hash))
                        }
                        _ => false,
                    })
            })
        } else {
            let chosen = live.iter().find(|row| row[4].as_text().is_some());
            let phc = chosen.and_then(|row| row[4].as_text().map(str::to_owned));
            let fits = self.verify_password(secret.to_owned(), phc).await?;
            chosen.filter(|_| fits)
        };
        let proved = proved.and_then(|row| {
            Some(ProvedUser {
                key: row[0].as_key()?,
                credential: row[1].as_key()?,
            })
        });
        if let Some(proved) = &proved {
            self.inner()
                .last_uses
                .note(company, proved.credential, now, &call.address);
        }
        Ok(proved)
    }
}
