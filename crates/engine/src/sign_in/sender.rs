//! Senders, who vouch for the requests of the XML gateway: proved first, before anything of a company
//! is looked at.

use sidegate_model::{RecordKey, Result, Value};

use super::presented::STORED;
use crate::actor::{By, Call, Named};
use crate::authorizing::Party;
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
        let address = call.address.clone();
        let call = Call {
            by: By::System(None),
            ..call.clone()
        };
        let rows = self
            .read(call, move |work| {
                let [number, hash, phc, expires] = STORED;
                let [sender, status] = ["sender.key", "sender.status"];
                let fields = [sender, status, number, hash, phc, expires, "key"];
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
        if let Some(credential) = proved.as_ref().and_then(|row| row[6].as_key()) {
            let (now, last_uses) = (self.source().now(), &self.inner().last_uses);
            last_uses.note_server(credential, now, &address);
        }
        Ok(proved.and_then(|row| row[0].as_key()).map(|key| Named {
            key,
            id: id.to_owned(),
        }))
    }
}

impl Engine {
    /// Counts that somebody did not prove to be the sender that she named, in the company that she asked
    /// for, where there is one.
    ///
    /// # Errors
    /// What the database says.
    pub async fn note_unproved_sender(&self, company: &str, id: &str, call: &Call) -> Result<()> {
        let found = self
            .active_company("id", Value::from(company), call)
            .await?;
        if let Some(company) = found {
            let (presented, now) = ((Party::Sender, id), self.source().now());
            let evidence = &self.inner().evidence;
            evidence.unproved(company.key, presented, call, now);
        }
        Ok(())
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
