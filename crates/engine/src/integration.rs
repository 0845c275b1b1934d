//! What an integration of a known vendor needs, laid beside what a user or a role has.

use std::collections::BTreeSet;

use sidegate_model::access::integration::{Needed, Unmapped};
use sidegate_model::access::{AdminLevel, Integration, Origin, PermissionIndex, Right, Standing};
use sidegate_model::{Operation, Result, Value};

use crate::actor::Named;
use crate::advice::Suggested;
use crate::explain::{ExplainedRight, Whom, absent, may_not_know};
use crate::work::Work;

const ROLE: &str = "company-config/role";
/// The user type of people who are given a role, unless the integration asks for another.
const USUAL_TYPE: &str = "business";

/// What is laid beside an integration.
#[derive(Clone, Debug)]
pub enum Holder {
    /// A user, with all that something grants her.
    User(Whom),
    /// A role, as if it were all that somebody has who is otherwise what the integration asks for.
    Role(Whom),
}

/// An integration that is known.
#[derive(Clone, Debug)]
pub struct Known {
    /// What it is asked for by.
    pub id: String,
    /// What its vendor calls it.
    pub name: String,
    /// Its sender ID, where the vendor publishes one.
    pub sender: Option<String>,
    /// The user type it asks for.
    pub user_type: Option<String>,
    /// The admin privileges it asks for.
    pub admin: Option<AdminLevel>,
    /// Where it is published.
    pub source: Option<String>,
    /// How many rights it needs.
    pub rights: usize,
    /// What it needs besides, which the catalogue has no word for.
    pub unmapped: Vec<Unmapped>,
}

/// What a user or role has of what an integration needs.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The integration.
    pub integration: Known,
    /// The user or role.
    pub holder: Named,
    /// Her user type; none for a role.
    pub user_type: Option<String>,
    /// Her admin privileges; none for a role.
    pub admin: Option<AdminLevel>,
    /// Whether her type is the one that is asked for; none where nothing is asked, or for a role.
    pub user_type_ok: Option<bool>,
    /// Whether her admin privileges reach so far; none where nothing is asked, or for a role.
    pub admin_ok: Option<bool>,
    /// What is there and needed.
    pub has_and_needs: Vec<Compared>,
    /// What is needed and not there, with what refuses it.
    pub needs_and_lacks: Vec<Compared>,
    /// What roles, groups or own assignments grant and the integration does not need.
    pub has_and_does_not_need: Vec<ExplainedRight>,
}

/// One right that an integration needs, and what became of it.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The right.
    pub right: ExplainedRight,
    /// How and by whom it is asked for.
    pub need: Needed,
}

/// The least role for an integration.
#[derive(Clone, Debug)]
pub struct LeastRole {
    /// The integration.
    pub integration: Known,
    /// Its permissions, each with its key and rights; without what the admin privileges give that the
    /// integration asks for.
    pub permissions: Vec<Suggested>,
}

impl Work<'_> {
    /// The integrations that are known, by id.
    ///
    /// # Errors
    /// When the actor may not know what others need.
    pub fn integrations(&self) -> Result<Vec<Known>> {
        self.may_compare()?;
        let all = self.inner().integrations.all();
        Ok(all.map(|known| self.known(known)).collect())
    }

    /// Lays an integration beside a user or role.
    ///
    /// # Errors
    /// When there is no such user, role or integration, or the actor may not know.
    pub fn compare(&mut self, holder: &Holder, integration: &str) -> Result<Comparison> {
        self.may_compare()?;
        let integration = self.integration(integration)?;
        let (named, standing, is_user) = match holder {
            Holder::User(whom) => {
                let key = self.fully_known(whom)?;
                let person = self.known_person(key, whom)?;
                (Named { key, id: person.id }, person.standing, true)
            }
            Holder::Role(whom) => {
                let role = self.role_named(whom)?;
                let standing = self.with_role_alone(&role, integration)?;
                (role, standing, false)
            }
        };
        let policy = &self.inner().policy;
        let catalogue = policy.catalogue();
        let (mut has, mut lacks) = (Vec::new(), Vec::new());
        let mut needed: BTreeSet<(PermissionIndex, Right)> = BTreeSet::new();
        for need in &integration.needs {
            needed.insert((need.permission, need.right));
            let means = catalogue.means(need.permission);
            needed.extend(means.map(|other| (other, need.right)));
            let judged = policy.judge(&standing, need.permission, need.right);
            let list = match judged.refused.is_empty() {
                true => &mut has,
                false => &mut lacks,
            };
            list.push(Compared {
                right: self.named(judged),
                need: need.clone(),
            });
        }
        let unneeded = self
            .granted_rights(&standing)
            .into_iter()
            .filter(|right| !needed.contains(right))
            .map(|(permission, right)| policy.judge(&standing, permission, right))
            .filter(|judged| judged.origins.iter().any(|origin| *origin != Origin::Admin))
            .map(|judged| self.named(judged))
            .collect();
        let of_user = |ok: Option<bool>| ok.filter(|_| is_user);
        Ok(Comparison {
            integration: self.known(integration),
            holder: named,
            user_type: is_user.then(|| catalogue.type_word(standing.user_type).to_owned()),
            admin: is_user.then_some(standing.admin),
            user_type_ok: of_user(
                integration
                    .user_type
                    .map(|asked| asked == standing.user_type),
            ),
            admin_ok: of_user(integration.admin.map(|asked| asked <= standing.admin)),
            has_and_needs: has,
            needs_and_lacks: lacks,
            has_and_does_not_need: unneeded,
        })
    }

    /// The least role for an integration.
    ///
    /// # Errors
    /// When there is no such integration, or the actor may not know what others need.
    pub fn least_role(&self, integration: &str) -> Result<LeastRole> {
        self.may_compare()?;
        let integration = self.integration(integration)?;
        let catalogue = self.inner().policy.catalogue();
        let admin = integration.admin.unwrap_or_default();
        let permissions = integration.permissions().filter_map(|(index, rights)| {
            let rights = rights.without(catalogue.admin_rights(index, admin));
            let some = (!rights.is_empty()).then_some(rights)?;
            self.suggested(index, some)
        });
        Ok(LeastRole {
            integration: self.known(integration),
            permissions: permissions.collect(),
        })
    }

    /// Who may see the rights of others may lay them beside something.
    fn may_compare(&self) -> Result<()> {
        if self.knows_everybody() {
            Ok(())
        } else {
            Err(may_not_know())
        }
    }

    fn known(&self, integration: &Integration) -> Known {
        let catalogue = self.inner().policy.catalogue();
        let user_type = integration.user_type;
        Known {
            id: integration.id.clone(),
            name: integration.name.clone(),
            sender: integration.sender.clone(),
            user_type: user_type.map(|kind| catalogue.type_word(kind).to_owned()),
            admin: integration.admin,
            source: integration.source.clone(),
            rights: integration.needs.len(),
            unmapped: integration.unmapped.clone(),
        }
    }

    pub(crate) fn role_named(&mut self, whom: &Whom) -> Result<Named> {
        let definition = self.object(ROLE);
        self.authorise(definition, Operation::Get)?;
        let key = match whom {
            Whom::Key(key) => Some(*key),
            Whom::Id(id) => self.find(definition, id)?,
        };
        let row = match key {
            Some(key) => self.first(ROLE, &["id"], &[("key", Value::Key(key))])?,
            None => None,
        };
        match (key, row.as_ref().and_then(|row| row[0].as_text())) {
            (Some(key), Some(id)) => Ok(Named {
                key,
                id: id.to_owned(),
            }),
            _ => Err(absent("role", whom)),
        }
    }

    /// Somebody who is what an integration asks for and has a role, and nothing else.
    fn with_role_alone(&mut self, role: &Named, integration: &Integration) -> Result<Standing> {
        let grants = self.role_grants(role.key, &Origin::Role(role.id.clone()))?;
        let modules = self.modules()?;
        let usual = || {
            let catalogue = self.inner().policy.catalogue();
            catalogue
                .user_type(USUAL_TYPE)
                .expect("is in the catalogue")
        };
        Ok(Standing {
            user_type: integration.user_type.unwrap_or_else(usual),
            admin: integration.admin.unwrap_or_default(),
            web_services: true,
            modules,
            grants,
        })
    }
}

impl<'a> Work<'a> {
    fn integration(&self, id: &str) -> Result<&'a Integration> {
        let found = self.inner().integrations.named(id);
        found.ok_or_else(|| absent("integration", &Whom::Id(id.to_owned())))
    }
}
