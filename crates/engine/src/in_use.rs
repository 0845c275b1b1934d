//! What used a user lately, for whoever is about to reset her password or lock her out.

use std::collections::BTreeMap;

use sidegate_model::{RecordKey, Result, Value};

use crate::actor::{Door, Named};
use crate::explain::Whom;
use crate::rules::credential::CREDENTIAL;
use crate::usage::USAGE;
use crate::work::Work;

/// More rows of usage than one user has.
const ALL: u32 = u32::MAX;
/// So many credentials of a user are told, the newest.
const MOST_CREDENTIALS: u32 = 1000;

/// What used a user.
#[derive(Clone, Debug)]
pub struct InUse {
    /// The user.
    pub user: Named,
    /// Who vouched for her calls, the last used first.
    pub callers: Vec<Caller>,
    /// Her secrets and passwords that still work and were used, the last used first.
    pub credentials: Vec<UsedCredential>,
}

/// A sender or client application that called for a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Through which door; none where nobody vouched.
    pub door: Option<Door>,
    /// The id of the sender or client application.
    pub id: Option<String>,
    /// How many calls there were, refused ones too.
    pub calls: i64,
    /// When the last one was, in microseconds since the epoch.
    pub last_used: i64,
}

/// A credential that was used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsedCredential {
    /// Its key.
    pub key: RecordKey,
    /// What people call it.
    pub name: Option<String>,
    /// Whether it is a password that somebody chose, and no generated secret.
    pub is_chosen: bool,
    /// When it was last used, in microseconds since the epoch.
    pub last_used: i64,
    /// The address that it was last used from.
    pub from: Option<String>,
}

impl Work<'_> {
    /// What used a user on the last days, today among them.
    ///
    /// # Errors
    /// When there is no such user, or the actor may not know.
    pub fn who_uses(&mut self, whom: &Whom, days: u16) -> Result<InUse> {
        let user = self.fully_known(whom)?;
        let person = self.known_person(user, whom)?;
        let of_user = [("user.key", Value::Key(user))];
        let since = self.today() + 1 - i32::from(days);
        let fields = [
            "day",
            "clientApplication.id",
            "sender.id",
            "allowed",
            "refused",
            "lastUsedAt",
        ];
        let mut callers: BTreeMap<(Option<Door>, Option<String>), (i64, i64)> = BTreeMap::new();
        for row in self.all(USAGE, &fields, &of_user, ALL)? {
            if !matches!(row[0], Value::Date(day) if day >= since) {
                continue;
            }
            let (door, id) = match (row[1].as_text(), row[2].as_text()) {
                (Some(client), _) => (Some(Door::Rest), Some(client)),
                (None, Some(sender)) => (Some(Door::Xml), Some(sender)),
                (None, None) => (None, None),
            };
            let number = |at: usize| row[at].as_number().unwrap_or_default();
            let (calls, last) = callers.entry((door, id.map(str::to_owned))).or_default();
            *calls += number(3) + number(4);
            *last = (*last).max(number(5));
        }
        let mut callers: Vec<Caller> = callers
            .into_iter()
            .map(|((door, id), (calls, last_used))| Caller {
                door,
                id,
                calls,
                last_used,
            })
            .collect();
        callers.sort_by_key(|caller| std::cmp::Reverse(caller.last_used));
        Ok(InUse {
            credentials: self.used_credentials(user, since)?,
            user: Named {
                key: user,
                id: person.id,
            },
            callers,
        })
    }

    fn used_credentials(&mut self, user: RecordKey, since: i32) -> Result<Vec<UsedCredential>> {
        let active = [
            ("user.key", Value::Key(user)),
            ("status", Value::from("active")),
        ];
        let fields = ["key", "name", "kind", "lastUsedAt", "lastUsedFrom"];
        let begin = i64::from(since) * crate::work::DAY;
        let rows = self.all(CREDENTIAL, &fields, &active, MOST_CREDENTIALS)?;
        let used = rows.iter().filter_map(|row| {
            let text = |at: usize| row[at].as_text().map(str::to_owned);
            Some(UsedCredential {
                key: row[0].as_key()?,
                name: text(1),
                is_chosen: row[2].as_text() == Some("password"),
                last_used: row[3].as_number().filter(|last| *last >= begin)?,
                from: text(4),
            })
        });
        let mut used: Vec<UsedCredential> = used.collect();
        used.sort_by_key(|credential| std::cmp::Reverse(credential.last_used));
        Ok(used)
    }
}
