//! The least role for what a user really did, and what she holds beyond it.

use std::collections::{BTreeMap, BTreeSet};

use sidegate_model::access::{AdminLevel, Origin, PermissionIndex, Right, Rights, UserTypes};
use sidegate_model::{Operation, RecordKey, Result, Value};

use crate::actor::Named;
use crate::explain::{ExplainedRight, Whom};
use crate::usage::USAGE;
use crate::work::Work;

/// More rows of usage than one user has.
const ALL: u32 = u32::MAX;

/// What a user needs, by what she did.
#[derive(Clone, Debug)]
pub struct Advice {
    /// The user.
    pub user: Named,
    /// How many calls it rests on.
    pub calls: i64,
    /// How many calls were refused meanwhile, for which nothing is suggested.
    pub refused: i64,
    /// The permissions of the role, each with its key and rights.
    pub permissions: Vec<Suggested>,
    /// The least admin privileges.
    pub admin: AdminLevel,
    /// The user types that may do all of it; none where all may.
    pub user_types: Vec<String>,
    /// What roles, groups or own assignments grant and nothing used.
    pub unused: Vec<ExplainedRight>,
}

/// One permission of a suggested role.
#[derive(Clone, Debug)]
pub struct Suggested {
    /// The permission's key.
    pub key: RecordKey,
    /// The module.
    pub module: String,
    /// The name.
    pub name: String,
    /// The rights.
    pub rights: Vec<String>,
}

impl Work<'_> {
    /// Suggests the least role for what a user did since a moment.
    ///
    /// # Errors
    /// When there is no such user, or the actor may not know.
    pub fn suggest(&mut self, whom: &Whom, since: Option<i64>) -> Result<Advice> {
        let user = self.fully_known(whom)?;
        let person = self.known_person(user, whom)?;
        let fields = ["object", "operation", "allowed", "refused", "lastUsedAt"];
        let of_user = [("user.key", Value::Key(user))];
        let rows = self.all(USAGE, &fields, &of_user, ALL)?;
        let (mut calls, mut refused) = (0, 0);
        let mut used: BTreeSet<(PermissionIndex, Right)> = BTreeSet::new();
        let mut admin = AdminLevel::Off;
        let mut types = UserTypes::ALL;
        let policy = &self.inner().policy;
        for row in &rows {
            let at = row[4].as_number().unwrap_or_default();
            if since.is_some_and(|since| at < since) {
                continue;
            }
            calls += row[2].as_number().unwrap_or_default();
            refused += row[3].as_number().unwrap_or_default();
            let text = |at: usize| row[at].as_text().unwrap_or_default();
            let Some(definition) = self.registry().named(text(0)) else {
                continue;
            };
            let need = match Operation::named(text(1)) {
                Some(operation) => policy.need(definition, operation),
                None => policy.action(definition, text(1)),
            };
            let allowed = row[2].as_number().is_some_and(|calls| calls > 0);
            let Some(need) = need.filter(|_| allowed) else {
                continue;
            };
            used.extend(need.rights.iter().copied());
            admin = admin.max(need.admin);
            types = types.both(need.types);
        }
        let catalogue = policy.catalogue();
        let mut permissions: BTreeMap<PermissionIndex, Rights> = BTreeMap::new();
        for (permission, right) in &used {
            // What admin privileges give, no role has to give again.
            if !catalogue
                .admin_rights(*permission, person.standing.admin)
                .has(*right)
            {
                let sum = permissions.entry(*permission).or_default();
                *sum = sum.with(*right);
            }
        }
        let permissions = permissions
            .into_iter()
            .filter_map(|(index, rights)| self.suggested(index, rights))
            .collect();
        let user_types = catalogue.words_of_types(types);
        let granted = self.granted_rights(&person.standing);
        let unused = granted
            .into_iter()
            .filter(|right| !used.contains(right))
            .map(|(permission, right)| {
                self.inner()
                    .policy
                    .judge(&person.standing, permission, right)
            })
            .filter(|judged| judged.origins.iter().any(|origin| *origin != Origin::Admin))
            .map(|judged| self.named(judged))
            .collect();
        Ok(Advice {
            user: Named {
                key: user,
                id: person.id,
            },
            calls,
            refused,
            permissions,
            admin,
            user_types,
            unused,
        })
    }
}
