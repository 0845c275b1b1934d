//! Whether a presented secret is one of those that are stored.
//!
//! The presented text decides the work, never what it belongs to: a secret of the generated form is
//! hashed under each key, anything else costs one Argon2, also where there is nothing to compare.

use sidegate_model::{Result, Value};
use subtle::ConstantTimeEq as _;

use crate::credential::{self, SecretKind};
use crate::engine::Engine;

/// What is read of each credential, after two fields that say whose it is.
pub(super) const STORED: [&str; 4] = ["keyNumber", "hash", "phc", "expiresAt"];

impl Engine {
    /// The first of these rows, each two values and then those of [`STORED`], that has not expired and
    /// that the secret fits.
    pub(super) async fn fitting(
        &self,
        kind: SecretKind,
        secret: &str,
        rows: Vec<Vec<Value>>,
    ) -> Result<Option<Vec<Value>>> {
        let now = self.source().now();
        let mut live = rows
            .into_iter()
            .filter(|row| row[5].as_number().is_none_or(|ends| ends > now));
        if credential::kind_of(secret).is_some() {
            let presented = self.keyed_hashes(kind, secret);
            return Ok(live.find(|row| {
                presented
                    .iter()
                    .any(|(number, hash)| match (&row[2], &row[3]) {
                        (Value::Integer(stored), Value::Bytes(bytes)) => {
                            stored == number && bool::from(bytes.ct_eq(hash))
                        }
                        _ => false,
                    })
            }));
        }
        let chosen = live.find(|row| row[4].as_text().is_some());
        let phc = chosen
            .as_ref()
            .and_then(|row| row[4].as_text().map(str::to_owned));
        let fits = self.verify_password(secret.to_owned(), phc).await?;
        Ok(chosen.filter(|_| fits))
    }
}
