//! The one decision: subscription of the company × ceiling of the user type × what admin privileges,
//! roles or own assignments give × the permission's rights.
//!
//! [`Policy::effective`] is the rule. It is compiled into a [`Reach`] for enforcement and told by
//! factors in a [`Decision`] for explanations and reports, so that these cannot disagree.

use super::AdminLevel;
use super::catalogue::{Catalogue, Modules, PermissionIndex, Right, Rights, UserType, UserTypes};
use crate::definition::{Definition, Operation};
use crate::registry::Registry;

/// What the decision needs to know of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Her type.
    pub user_type: UserType,
    /// Her admin privileges.
    pub admin: AdminLevel,
    /// Whether she enters through API calls only.
    pub web_services: bool,
    /// What her company subscribes to.
    pub modules: Modules,
    /// What was granted to her.
    pub grants: Vec<Grant>,
}

/// Rights of one permission, granted somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The permission.
    pub permission: PermissionIndex,
    /// The rights of it.
    pub rights: Rights,
    /// Where from.
    pub origin: Origin,
}

/// Where a right comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Admin privileges.
    Admin,
    /// A role of the user, by id.
    Role(String),
    /// A role of a group that the user is in: the role and the group, by id.
    Group(String, String),
    /// An assignment of her own.
    Own,
}

/// What an operation needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// All of these rights.
    pub rights: Vec<(PermissionIndex, Right)>,
    /// At least these admin privileges.
    pub admin: AdminLevel,
    /// One of these user types.
    pub types: UserTypes,
}

/// What a user can do, compiled: a bit for each right of each permission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    bits: Box<[u64]>,
    admin: AdminLevel,
    user_type: UserType,
}

impl Reach {
    /// The admin privileges.
    #[must_use]
    pub fn admin(&self) -> AdminLevel {
        self.admin
    }
}

/// What refuses an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Factor {
    /// The company does not subscribe to the permission's module.
    Subscription,
    /// The user's type does not reach so far.
    UserType,
    /// More admin privileges are needed.
    AdminPrivileges,
    /// Nothing grants the right.
    Permission,
}

impl Factor {
    /// Its word in explanations.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Subscription => "subscription",
            Self::UserType => "userType",
            Self::AdminPrivileges => "adminPrivileges",
            Self::Permission => "permission",
        }
    }
}

/// One right that was needed, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The permission.
    pub permission: PermissionIndex,
    /// The right.
    pub right: Right,
    /// Who grants it.
    pub origins: Vec<Origin>,
    /// What refuses it, if anything does.
    pub refused: Vec<Factor>,
}

/// What became of an operation, factor by factor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Each right that was needed.
    pub rights: Vec<Judged>,
    /// What refuses besides: the user type or admin privileges that the operation itself asks for.
    pub refused: Vec<Factor>,
}

impl Decision {
    /// Whether the operation is allowed.
    #[must_use]
    pub fn allowed(&self) -> bool {
        self.refused.is_empty() && self.rights.iter().all(|right| right.refused.is_empty())
    }
}

/// The catalogue, and what each operation of each object needs of it.
#[derive(Debug)]
pub struct Policy {
    catalogue: Catalogue,
    needs: Vec<Needs>,
}

#[derive(Debug, Default)]
struct Needs {
    operations: Vec<(Operation, Need)>,
    actions: Vec<(String, Need)>,
}

impl Policy {
    /// Lays the catalogue beside the declarations.
    ///
    /// # Errors
    /// What declarations need and the catalogue does not have.
    pub fn new(registry: &Registry, catalogue: Catalogue) -> Result<Self, String> {
        let mut needs = Vec::new();
        for definition in registry.all() {
            needs.push(
                needs_of(&catalogue, definition)
                    .map_err(|reason| format!("{}: {reason}", definition.name))?,
            );
        }
        Ok(Self { catalogue, needs })
    }

    /// The catalogue.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// What an operation needs; none where it is not published, which nobody may.
    #[must_use]
    pub fn need(&self, definition: &Definition, operation: Operation) -> Option<&Need> {
        let needs = &self.needs[usize::from(definition.index.0)].operations;
        let found = needs.iter().find(|(known, _)| *known == operation);
        found.map(|(_, need)| need)
    }

    /// What an action of an object needs.
    #[must_use]
    pub fn action(&self, definition: &Definition, action: &str) -> Option<&Need> {
        let needs = &self.needs[usize::from(definition.index.0)].actions;
        let found = needs.iter().find(|(known, _)| known == action);
        found.map(|(_, need)| need)
    }

    /// The rule: which of these rights, granted somewhere, a user has.
    fn effective(
        &self,
        standing: &Standing,
        permission: PermissionIndex,
        granted: Rights,
    ) -> Rights {
        if !self.subscribed(standing, permission) {
            return Rights::default();
        }
        let catalogue = &self.catalogue;
        let ceiling = catalogue.ceiling(permission, standing.user_type, standing.web_services);
        granted
            .and(catalogue.admin_rights(permission, standing.admin))
            .within(ceiling)
    }

    fn subscribed(&self, standing: &Standing, permission: PermissionIndex) -> bool {
        self.catalogue.is_in(permission, standing.modules)
    }

    /// Which permissions a grant speaks of: the one it names, and the one that it means as well.
    fn spoken(&self, grant: &Grant) -> impl Iterator<Item = PermissionIndex> {
        let means = self.catalogue.at(grant.permission).means;
        std::iter::once(grant.permission).chain(means)
    }

    /// What a user can do.
    #[must_use]
    pub fn compile(&self, standing: &Standing) -> Reach {
        let mut granted = vec![Rights::default(); self.catalogue.permissions.len()];
        for grant in &standing.grants {
            for permission in self.spoken(grant) {
                let sum = &mut granted[usize::from(permission.0)];
                *sum = sum.and(grant.rights);
            }
        }
        let mut reach = Reach {
            bits: vec![0; usize::from(self.catalogue.bits).div_ceil(64)].into(),
            admin: standing.admin,
            user_type: standing.user_type,
        };
        for ((index, permission), granted) in self.catalogue.all().zip(granted) {
            let has = self.effective(standing, index, granted);
            let mut left = has;
            while !left.is_empty() {
                let right = Right(left.0.trailing_zeros() as u8);
                left = Rights(left.0 & (left.0 - 1));
                let bit = bit(permission.first, permission.rights, right);
                reach.bits[bit / 64] |= 1 << (bit % 64);
            }
        }
        reach
    }

    /// Whether somebody who can do so much has a right.
    #[must_use]
    pub fn holds(&self, reach: &Reach, permission: PermissionIndex, right: Right) -> bool {
        let permission = self.catalogue.at(permission);
        if !permission.rights.has(right) {
            return false;
        }
        let bit = bit(permission.first, permission.rights, right);
        reach.bits[bit / 64] & 1 << (bit % 64) != 0
    }

    /// Whether somebody who can do so much may do this.
    #[must_use]
    pub fn may(&self, reach: &Reach, need: &Need) -> bool {
        reach.admin >= need.admin
            && need.types.has(reach.user_type)
            && need
                .rights
                .iter()
                .all(|(permission, right)| self.holds(reach, *permission, *right))
    }

    /// What keeps somebody from an operation, in a word: a right as `module.permission.right`, or the
    /// user type or admin privileges.
    #[must_use]
    pub fn missing(&self, reach: &Reach, need: &Need) -> Option<String> {
        let lacks = |(permission, right): &&(_, _)| !self.holds(reach, *permission, *right);
        if let Some((permission, right)) = need.rights.iter().find(lacks) {
            return Some(self.catalogue.right_name(*permission, *right));
        }
        if !need.types.has(reach.user_type) {
            return Some(Factor::UserType.word().to_owned());
        }
        (reach.admin < need.admin).then(|| Factor::AdminPrivileges.word().to_owned())
    }

    /// What becomes of an operation, factor by factor.
    #[must_use]
    pub fn decide(&self, standing: &Standing, need: &Need) -> Decision {
        let mut refused = Vec::new();
        if !need.types.has(standing.user_type) {
            refused.push(Factor::UserType);
        }
        if standing.admin < need.admin {
            refused.push(Factor::AdminPrivileges);
        }
        let rights = need.rights.iter();
        Decision {
            rights: rights
                .map(|(permission, right)| self.judge(standing, *permission, *right))
                .collect(),
            refused,
        }
    }

    /// What becomes of one right.
    #[must_use]
    pub fn judge(&self, standing: &Standing, permission: PermissionIndex, right: Right) -> Judged {
        let catalogue = &self.catalogue;
        let mut origins = Vec::new();
        if catalogue
            .admin_rights(permission, standing.admin)
            .has(right)
        {
            origins.push(Origin::Admin);
        }
        let gives = |grant: &&Grant| {
            grant.rights.has(right) && self.spoken(grant).any(|spoken| spoken == permission)
        };
        origins.extend(
            standing
                .grants
                .iter()
                .filter(gives)
                .map(|grant| grant.origin.clone()),
        );
        let granted = match origins.is_empty() {
            true => Rights::default(),
            false => Rights::default().with(right),
        };
        let mut refused = Vec::new();
        if !self.effective(standing, permission, granted).has(right) {
            if !self.subscribed(standing, permission) {
                refused.push(Factor::Subscription);
            }
            if !catalogue
                .ceiling(permission, standing.user_type, standing.web_services)
                .has(right)
            {
                refused.push(Factor::UserType);
            }
            if origins.is_empty() {
                refused.push(Factor::Permission);
            }
        }
        Judged {
            permission,
            right,
            origins,
            refused,
        }
    }
}

/// The place of a right in a reach.
fn bit(first: u16, rights: Rights, right: Right) -> usize {
    let below = rights.0 & ((1 << right.0) - 1);
    usize::from(first) + below.count_ones() as usize
}

fn needs_of(catalogue: &Catalogue, definition: &Definition) -> Result<Needs, String> {
    let mut needs = Needs::default();
    // What no door shows, nobody may do; REST and the XML gateway publish apart.
    if !definition.published && definition.xml.is_empty() {
        return Ok(needs);
    }
    let resolve = |said: Option<&crate::definition::NeedWords>, right: &str| {
        let own = [format!("{}.{right}", definition.permission)];
        let words = said.map_or(&own[..], |said| &said.rights);
        let mut rights = Vec::new();
        for word in words {
            let (permission, right) = word
                .rsplit_once('.')
                .ok_or_else(|| format!("{word} is no module.permission.right"))?;
            let index = catalogue
                .named(permission)
                .ok_or_else(|| format!("there is no permission {permission}"))?;
            let right = catalogue
                .right(right)
                .filter(|right| catalogue.at(index).rights.has(*right))
                .ok_or_else(|| format!("{permission} has no right {right}"))?;
            rights.push((index, right));
        }
        let types = said.map_or(&[][..], |said| &said.types);
        let mut mask = 0;
        for word in types {
            let kind = catalogue
                .user_type(word)
                .ok_or_else(|| format!("there is no user type {word}"))?;
            mask |= 1 << kind.0;
        }
        Ok::<_, String>(Need {
            rights,
            admin: said.map_or(AdminLevel::Off, |said| said.admin),
            types: if types.is_empty() {
                UserTypes::ALL
            } else {
                UserTypes(mask)
            },
        })
    };
    let said = |name: &str| definition.needs.iter().find(|need| need.what == name);
    for operation in &definition.operations {
        let need = resolve(said(operation.word()), operation.right())?;
        needs.operations.push((*operation, need));
    }
    // A query lists; an object that only shows single records is queried by who may see these.
    let lists = definition.answers(Operation::List);
    if let (false, Some((_, get))) = (
        lists,
        needs
            .operations
            .iter()
            .find(|(of, _)| *of == Operation::Get),
    ) {
        let get = get.clone();
        needs.operations.push((Operation::List, get));
    }
    for need in &definition.needs {
        if Operation::named(&need.what).is_none() {
            needs
                .actions
                .push((need.what.clone(), resolve(Some(need), "")?));
        }
    }
    Ok(needs)
}
