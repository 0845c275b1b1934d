//! What a change of a role would do, before it is made: who gains and who loses which rights.
//!
//! Nothing is written. Each user is judged twice by the one decision, once as she is and once with the
//! role as it would be.

use std::collections::BTreeMap;

use sidegate_model::access::{
    Grant, Modules, Origin, PermissionIndex, Reach, Right, Rights, Sight, UserType,
};
use sidegate_model::query::{Filter, MOST_SIZE, Operand, Operator, Query};
use sidegate_model::{Failure, Operation, Problem, RecordKey, Result, Scalar, Value, problem};

use crate::actor::Named;
use crate::advice::Suggested;
use crate::explain::{Whom, may_not_know};
use crate::integration::Holder;
use crate::rules::is_user_based;
use crate::work::{Work, refuse_all};

const ROLE: &str = "company-config/role";
const USER: &str = "company-config/user";
const OF_USERS: &str = "company-config/role-user-map";
const OF_GROUPS: &str = "company-config/role-user-group-map";
const MEMBER: &str = "company-config/user-group-member";
/// So many users of a role are judged.
const MOST_JUDGED: usize = 1000;
/// So many of those for whom something changes are told.
const MOST_TOLD: usize = 100;
/// Rows of a list that is looked at whole.
const ALL: u32 = u32::MAX;

/// Rights of one permission, as a role would have them.
#[derive(Clone, Debug)]
pub struct Assigned {
    /// The permission's key.
    pub permission: RecordKey,
    /// The words of the rights.
    pub rights: Vec<String>,
    /// Where they stand in what was sent.
    pub place: String,
}

/// What a change would do.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The role, or the user whose own permissions they are.
    pub role: Named,
    /// For whom something changes, by id, at most a hundred.
    pub users: Vec<Changed>,
    /// How many gain something.
    pub gaining: usize,
    /// How many lose something.
    pub losing: usize,
    /// How many have the role and neither gain nor lose.
    pub unchanged: usize,
    /// How many have the role beyond those that were judged.
    pub not_judged: usize,
    /// Rights of the role that do nothing without others, which it would not have.
    pub incomplete: Vec<Incomplete>,
}

/// What bounds the effect of permissions.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// What the company subscribes to.
    pub subscribed: Modules,
    /// The types of those who have the permissions, whether they enter through API calls only, and
    /// who they are, by id.
    pub types: Vec<((UserType, bool), Vec<String>)>,
}

/// A user for whom something changes.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The user.
    pub user: Named,
    /// How she comes by the role.
    pub through: Vec<Origin>,
    /// What she could do that she cannot now.
    pub gains: Vec<Suggested>,
    /// What she could do no longer.
    pub loses: Vec<Suggested>,
}

/// A right that requires others.
#[derive(Clone, Debug)]
pub struct Incomplete {
    /// The permission and the right.
    pub right: Suggested,
    /// What is missing.
    pub requires: Vec<Suggested>,
}

impl Work<'_> {
    /// Says who would gain and lose what if a role had these permissions and no others.
    ///
    /// # Errors
    /// When there is no such role, permission or right, or the actor may not change roles or not know
    /// what others may do.
    pub fn preview_role(&mut self, role: &Whom, assigned: &[Assigned]) -> Result<Preview> {
        if !self.knows_everybody() {
            return Err(may_not_know());
        }
        self.authorise(self.object(ROLE), Operation::Update)?;
        let role = self.role_named(role)?;
        let wanted = self.wanted(assigned)?;
        let mut holders = self.holders(&role)?;
        let judged = MOST_JUDGED.min(holders.len());
        let not_judged = holders.split_off(judged).len();
        let mut preview = Preview {
            incomplete: self.incomplete(&wanted),
            role,
            users: Vec::new(),
            gaining: 0,
            losing: 0,
            unchanged: 0,
            not_judged,
        };
        for (user, through) in holders {
            let Some(changed) = self.changed(user, through, &wanted)? else {
                continue;
            };
            let (gains, loses) = (!changed.gains.is_empty(), !changed.loses.is_empty());
            preview.gaining += usize::from(gains);
            preview.losing += usize::from(loses);
            if !gains && !loses {
                preview.unchanged += 1;
            } else if preview.users.len() < MOST_TOLD {
                preview.users.push(changed);
            }
        }
        Ok(preview)
    }

    /// Says what a user would gain and lose if she had these permissions of her own and no others.
    ///
    /// # Errors
    /// When there is no such user, permission or right, or the actor may not change users or not know
    /// what others may do.
    pub fn preview_user(&mut self, user: &Whom, assigned: &[Assigned]) -> Result<Preview> {
        let key = self.fully_known(user)?;
        self.authorise(self.object(USER), Operation::Update)?;
        let person = self.known_person(key, user)?;
        let wanted = self.wanted(assigned)?;
        let named = Named { key, id: person.id };
        let changed = self.changed(named.clone(), vec![Origin::Own], &wanted)?;
        let changed = changed.filter(|one| !one.gains.is_empty() || !one.loses.is_empty());
        let counts = |of: fn(&Changed) -> bool| usize::from(changed.as_ref().is_some_and(of));
        Ok(Preview {
            incomplete: self.incomplete(&wanted),
            role: named,
            gaining: counts(|one| !one.gains.is_empty()),
            losing: counts(|one| !one.loses.is_empty()),
            unchanged: usize::from(changed.is_none()),
            not_judged: 0,
            users: changed.into_iter().collect(),
        })
    }

    /// The user types of those whom permissions of a user or role reach, and what the company
    /// subscribes to.
    ///
    /// # Errors
    /// When there is no such user or role, or the actor may not know.
    pub fn bounds(&mut self, holder: &Holder) -> Result<Bounds> {
        let users = match holder {
            Holder::User(whom) => {
                let key = self.fully_known(whom)?;
                let id = self.known_person(key, whom)?.id;
                vec![Named { key, id }]
            }
            Holder::Role(whom) => {
                if !self.knows_everybody() {
                    return Err(may_not_know());
                }
                let role = self.role_named(whom)?;
                let mut holders = self.holders(&role)?;
                holders.truncate(MOST_JUDGED);
                holders.into_iter().map(|(user, _)| user).collect()
            }
        };
        let mut types: BTreeMap<(UserType, bool), Vec<String>> = BTreeMap::new();
        if users.is_empty() {
            return Ok(Bounds {
                subscribed: self.modules()?,
                types: Vec::new(),
            });
        }
        // One statement for all of them: a role may have a thousand holders.
        let keys = users.iter().map(|user| user.key.to_string());
        let query = Query {
            fields: ["id", "userType", "webServices.isRestricted"]
                .map(str::to_owned)
                .to_vec(),
            filters: vec![Filter {
                operator: Operator::In,
                field: "key".to_owned(),
                operand: Operand::Many(keys.map(Scalar::Text).collect()),
                place: String::new(),
            }],
            start: 1,
            size: MOST_SIZE,
            ..Query::default()
        };
        let people = self.object(USER);
        let plan = query
            .plan_on(self.registry(), people, Sight::ALL)
            .map_err(Failure::Refused)?;
        let mut found = Vec::new();
        self.visit(&plan, &mut |row| {
            let text = |at: usize| row.text(at).unwrap_or_default().to_owned();
            found.push((text(0), text(1), row.boolean(2).unwrap_or_default()));
        })?;
        let catalogue = self.inner().policy.catalogue();
        for (id, word, restricted) in found {
            if let Some(kind) = catalogue.user_type(&word) {
                types.entry((kind, restricted)).or_default().push(id);
            }
        }
        Ok(Bounds {
            subscribed: self.modules()?,
            types: types.into_iter().collect(),
        })
    }

    /// What was sent, in the words of the catalogue; all that is wrong with it is found at once.
    fn wanted(&self, assigned: &[Assigned]) -> Result<Vec<(PermissionIndex, Rights)>> {
        let catalogue = self.inner().policy.catalogue();
        let mut wanted = BTreeMap::new();
        let mut problems: Vec<Problem> = Vec::new();
        for Assigned {
            permission,
            rights,
            place,
        } in assigned
        {
            let at = format!("{place}/permission");
            let Some(index) = catalogue.keyed(*permission) else {
                problems.push(
                    problem::REFERENCE_UNKNOWN
                        .with("FIELD", &at)
                        .with("OBJECT", "permission")
                        .with("MEMBER", "key")
                        .with("VALUE", permission.to_string())
                        .at(at),
                );
                continue;
            };
            let known = catalogue.at(index);
            let mut sum = Rights::default();
            for word in rights {
                let right = catalogue.right(word);
                match right.filter(|right| known.rights.has(*right)) {
                    Some(right) => sum = sum.with(right),
                    None => {
                        let rights: Vec<&str> = catalogue.words(known.rights).collect();
                        let at = format!("{place}/accessRights");
                        problems.push(
                            problem::RIGHT_UNKNOWN
                                .with("FIELD", &at)
                                .with("PERMISSION", &known.name)
                                .with("RIGHT", word)
                                .with("RIGHTS", rights.join(", "))
                                .at(at),
                        );
                    }
                }
            }
            if wanted.insert(index, sum).is_some() {
                problems.push(
                    problem::PERMISSION_TWICE
                        .with("FIELD", &at)
                        .with("PERMISSION", &known.name)
                        .at(at),
                );
            }
        }
        refuse_all(problems)?;
        Ok(wanted.into_iter().collect())
    }

    /// Who has a role and how, by id; nobody where it does not count.
    fn holders(&mut self, role: &Named) -> Result<Vec<(Named, Vec<Origin>)>> {
        let mut found: BTreeMap<(String, RecordKey), Vec<Origin>> = BTreeMap::new();
        if is_user_based(self)? || !self.counts_here(role.key)? {
            return Ok(Vec::new());
        }
        let of_role = [("role.key", Value::Key(role.key))];
        let mut add = |row: &[Value], origin: Origin| {
            if let (Some(key), Some(id)) = (row[0].as_key(), row[1].as_text()) {
                found.entry((id.to_owned(), key)).or_default().push(origin);
            }
        };
        for row in self.all(OF_USERS, &["user.key", "user.id"], &of_role, ALL)? {
            add(&row, Origin::Role(role.id.clone()));
        }
        let groups = ["userGroup.key", "userGroup.id"];
        for group in self.all(OF_GROUPS, &groups, &of_role, ALL)? {
            let id = group[1].as_text().unwrap_or_default();
            let of_group = [("userGroup.key", group[0].clone())];
            for row in self.all(MEMBER, &["user.key", "user.id"], &of_group, ALL)? {
                add(&row, Origin::Group(role.id.clone(), id.to_owned()));
            }
        }
        let named = found.into_iter();
        Ok(named
            .map(|((id, key), through)| (Named { key, id }, through))
            .collect())
    }

    /// What changes for a user if each way by which she has the role gave this instead.
    fn changed(
        &mut self,
        user: Named,
        through: Vec<Origin>,
        wanted: &[(PermissionIndex, Rights)],
    ) -> Result<Option<Changed>> {
        let Some(person) = self.person(user.key)? else {
            return Ok(None);
        };
        let policy = &self.inner().policy;
        let mut standing = person.standing;
        let before = policy.compile(&standing);
        standing
            .grants
            .retain(|grant| !through.contains(&grant.origin));
        for origin in &through {
            standing
                .grants
                .extend(wanted.iter().map(|(permission, rights)| Grant {
                    permission: *permission,
                    rights: *rights,
                    origin: origin.clone(),
                }));
        }
        let after = policy.compile(&standing);
        Ok(Some(Changed {
            user,
            through,
            gains: self.only_in(&after, &before),
            loses: self.only_in(&before, &after),
        }))
    }

    /// The rights that one reach has and another has not.
    fn only_in(&self, one: &Reach, other: &Reach) -> Vec<Suggested> {
        let policy = &self.inner().policy;
        let catalogue = policy.catalogue();
        let mut found = Vec::new();
        for (index, permission) in catalogue.all() {
            let only = |right: &Right| {
                policy.holds(one, index, *right) && !policy.holds(other, index, *right)
            };
            let rights = catalogue.each(permission.rights).filter(only);
            let rights = rights.fold(Rights::default(), Rights::with);
            if !rights.is_empty() {
                found.extend(self.suggested(index, rights));
            }
        }
        found
    }

    /// The rights that do nothing without others that are not among them.
    fn incomplete(&self, wanted: &[(PermissionIndex, Rights)]) -> Vec<Incomplete> {
        let catalogue = self.inner().policy.catalogue();
        let given: BTreeMap<PermissionIndex, Rights> = wanted.iter().copied().collect();
        let mut found = Vec::new();
        for (index, rights) in wanted {
            for right in catalogue.each(*rights) {
                let mut missing: BTreeMap<PermissionIndex, Rights> = BTreeMap::new();
                for (other, needed) in catalogue.requires(*index, right) {
                    if !given.get(other).is_some_and(|rights| rights.has(*needed)) {
                        let sum = missing.entry(*other).or_default();
                        *sum = sum.with(*needed);
                    }
                }
                let requires: Vec<Suggested> = missing
                    .into_iter()
                    .filter_map(|(other, rights)| self.suggested(other, rights))
                    .collect();
                let right = self.suggested(*index, Rights::default().with(right));
                if let (Some(right), false) = (right, requires.is_empty()) {
                    found.push(Incomplete { right, requires });
                }
            }
        }
        found
    }

    /// Rights of a permission that can be granted, in words.
    pub(crate) fn suggested(&self, index: PermissionIndex, rights: Rights) -> Option<Suggested> {
        let catalogue = self.inner().policy.catalogue();
        let permission = catalogue.at(index);
        Some(Suggested {
            key: permission.key?,
            module: permission.module.clone(),
            name: permission.name.clone(),
            rights: catalogue.words(rights).map(str::to_owned).collect(),
        })
    }
}
