//! Transport policies: made and ended on the command line, named by requests.

use sidegate_model::{Given, RecordKey, Result, Value, problem};

use super::queue::{Logged, logged};
use crate::actor::{By, Call, Door};
use crate::engine::Engine;
use crate::founding::typed;
use crate::outbound::{Reach, barred};
use crate::sign_in::draft_of;
use crate::work::refuse_all;

pub(crate) const POLICY: &str = "sidegate/transport-policy";

/// A policy to be made, as people typed it.
#[derive(Clone, Copy)]
pub struct NewPolicy<'a> {
    /// Its id.
    pub id: &'a str,
    /// Where answers go.
    pub url: &'a str,
    /// User and password that the receiver asks for.
    pub account: Option<(&'a str, &'a str)>,
}

/// A policy, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The id.
    pub id: String,
    /// The status.
    pub status: String,
    /// Where answers go.
    pub url: String,
    /// The user that the receiver asks for; perhaps empty.
    pub user: String,
}

/// Whose password a sealed one is.
pub(crate) fn identity(policy: RecordKey) -> String {
    format!("transport-policy:{policy}")
}

impl Engine {
    /// Makes a transport policy.
    ///
    /// # Errors
    /// When the id is taken, in whatever case, or a value does not fit.
    pub fn create_policy(&self, new: NewPolicy<'_>, door: Door) -> Result<()> {
        let mut values = vec![("id", new.id), ("url", new.url)];
        values.extend(new.account.map(|(user, _)| ("user", user)));
        let mut problems = Vec::new();
        let mut draft = typed(self.registry(), POLICY, &values, &mut problems);
        // Only a stand-in goes to this machine, but its database may be made ready before it runs.
        let here = ["http://localhost", "http://127.0.0.1", "http://[::1]"];
        let end = |rest: &str| rest.is_empty() || rest.starts_with([':', '/', '?']);
        let local = here
            .iter()
            .any(|here| new.url.strip_prefix(here).is_some_and(end));
        let reach = if local {
            Reach::ThisMachineToo
        } else {
            Reach::Public
        };
        if let Err(reason) = barred(new.url, reach) {
            let told = problem::POLICY_URL.with("URL", new.url);
            problems.push(told.with("REASON", reason));
        }
        if let Some((user, password)) = new.account {
            if user.is_empty() || user.contains(':') || password.is_empty() {
                problems.push(problem::POLICY_ACCOUNT.problem());
            }
            let definition = self.registry().named(POLICY).expect("declared");
            let field = definition.named("sealed").expect("declared with it");
            // Sealed by the row's own rule, which knows its key.
            let plain = Value::Bytes(password.as_bytes().to_vec());
            draft.set(field.index, field.place(), Given::Value(plain));
        }
        refuse_all(problems)?;
        self.write(Call::system(None, door), move |work| {
            work.create(work.object(POLICY), &draft).map(drop)
        })
        .wait()
    }

    /// Lets requests name a policy again, or never more; what waits for one that is inactive is given
    /// up.
    ///
    /// # Errors
    /// When there is no such policy.
    pub fn set_policy_active(&self, id: &str, active: bool, door: Door) -> Result<()> {
        let id = id.to_owned();
        self.write(Call::system(None, door), move |work| {
            let definition = work.object(POLICY);
            let key = work
                .find(definition, &id)?
                .ok_or_else(|| problem::POLICY_ABSENT.with("ID", &id))?;
            let status = if active { "active" } else { "inactive" };
            let draft = draft_of(work, POLICY, &[("status", Value::from(status))]);
            work.update(definition, key, &draft, None).map(drop)
        })
        .wait()
    }

    /// The policies by id, at most so many.
    ///
    /// # Errors
    /// What the database says.
    pub fn policies(&self, most: u32) -> Result<Vec<Policy>> {
        let fields = ["id", "status", "url", "user"];
        let rows = self
            .read(Call::system(None, Door::Command), move |work| {
                work.all(POLICY, &fields, &[], most)
            })
            .wait()?;
        let text = |value: &Value| value.as_text().unwrap_or_default().to_owned();
        let mut policies: Vec<Policy> = rows
            .iter()
            .map(|row| Policy {
                id: text(&row[0]),
                status: text(&row[1]),
                url: text(&row[2]),
                user: text(&row[3]),
            })
            .collect();
        policies.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(policies)
    }

    /// What became of asynchronous requests, the newest first, of the last so many.
    ///
    /// # Errors
    /// What the database says.
    pub fn policy_log(&self, most: u32) -> Result<Vec<Logged>> {
        self.read(Call::system(None, Door::Command), move |work| {
            logged(work, most)
        })
        .wait()
    }

    /// The active policy of an id, which is told apart by case.
    ///
    /// # Errors
    /// What the database says.
    pub async fn active_policy(&self, id: &str, call: &Call) -> Result<Option<RecordKey>> {
        let id = if id.contains('\0') { "" } else { id };
        let equal = [("id", Value::from(id)), ("status", Value::from("active"))];
        let call = Call {
            by: By::System(None),
            ..call.clone()
        };
        let row = self
            .read(call, move |work| work.first(POLICY, &["key"], &equal))
            .await?;
        Ok(row.and_then(|row| row[0].as_key()))
    }
}
