//! Senders, who vouch for the requests of the XML gateway: proved first, before anything of a company
//! is looked at.

use sidegate_model::{RecordKey, Result, Value};

use super::presented::STORED;
use crate::actor::{By, Call, Named};
use crate::credential::SecretKind;
use crate::engine::Engine;
use crate::work::Work;

const CREDENTIAL: &str = "sidegate/server-credential";
const AUTHORIZATION: &str = "sidegate/sender-authorization";
/// More live secrets than one sender has.
const MOST_SECRETS: u32 = 20;

impl Engine {
    /// The sender, if id and password are right and it is active; the same work whether or not there
    /// is one. Ids are told apart by case.
    ///
    /// # Errors
    /// What the database or an overloaded hasher says.
    pub async fn prove_sender(
        &self,
        id: &str,
        password: &str,
        call: &Call,
    ) -> Result<Option<Named>> {
        let asked = id.to_owned();
        let call = Call {
            by: By::System(None),
            ..call.clone()
        };
        let rows = self
            .read(call, move |work| {
                let [number, hash, phc, expires] = STORED;
                let fields = ["sender.key", "sender.status", number, hash, phc, expires];
                let live = [
                    ("sender.id", Value::from(asked.as_str())),
                    ("status", Value::from("active")),
                ];
                work.all(CREDENTIAL, &fields, &live, MOST_SECRETS)
            })
            .await?;
        let active = rows
            .into_iter()
            .filter(|row| row[1].as_text() == Some("active"))
            .collect();
        let proved = self.fitting(SecretKind::Sender, password, active).await?;
        Ok(proved.and_then(|row| row[0].as_key()).map(|key| Named {
            key,
            id: id.to_owned(),
        }))
    }
}

/// The company's active word for a sender, if it has one.
pub(super) fn authorization(work: &mut Work<'_>, sender: RecordKey) -> Result<Option<RecordKey>> {
    let equal = [
        ("sender.key", Value::Key(sender)),
        ("status", Value::from("active")),
    ];
    let row = work.first(AUTHORIZATION, &["key"], &equal)?;
    Ok(row.and_then(|row| row[0].as_key()))
}
