//! What is known of a user's access: what she was granted and what restricts her.

use std::collections::{BTreeMap, BTreeSet};

use sidegate_model::access::{
    AdminLevel, Grant, Limits, Locations, Modules, Origin, Rights, Standing,
};
use sidegate_model::query::Listed;
use sidegate_model::words::split;
use sidegate_model::{RecordKey, Result, Value};

use super::USER;
use crate::actor::Named;
use crate::rules::is_user_based;
use crate::work::Work;

pub(super) const ROLE: &str = "company-config/role";
const ROLE_PERMISSION: &str = "company-config/role-permission-assignment";
const USER_PERMISSION: &str = "company-config/user-permission-assignment";
const MEMBER: &str = "company-config/user-group-member";
const GROUP: &str = "company-config/user-group";
const SUBSCRIPTION: &str = "sidegate/subscription";
const LOCATION: &str = "company-config/location";
const DEPARTMENT: &str = "company-config/department";
const TERRITORY: &str = "accounts-receivable/territory";
/// Roles by this way of entering are for other companies' people, who do not sign in here.
pub(super) const ELSEWHERE: &str = "slideInOnly";
/// More than a company has of anything that is looked at whole.
const ALL: u32 = u32::MAX;

/// A user, as the access decision sees her.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Her id.
    pub(crate) id: String,
    /// What she was granted.
    pub(crate) standing: Standing,
    /// What restricts her.
    pub(crate) limits: Limits,
    /// Whether she may work at the top level.
    pub(crate) at_top: bool,
}

impl Work<'_> {
    /// A user of the company as the access decision sees her, as the database has her now.
    /// The work must be the system's: whoever asks need not see what it is made of.
    pub(crate) fn person(&mut self, user: RecordKey) -> Result<Option<Person>> {
        let fields = [
            "id",
            "userType",
            "adminPrivileges",
            "webServices.isRestricted",
            "entityAccess.allowUnrestrictedAccess",
            "entityAccess.allowTopLevelAccess",
            "hideOtherDepartmentTransactions",
        ];
        let Some(row) = self.first(USER, &fields, &[("key", Value::Key(user))])? else {
            return Ok(None);
        };
        let word = |at: usize| row[at].as_text().unwrap_or_default();
        let yes = |at: usize| row[at] == Value::Boolean(true);
        let lists = self.listed(USER, user)?;
        let catalogue = self.inner().policy.catalogue();
        // Every type that can be stored is in the catalogue, which a test sees to.
        let user_type = catalogue.user_type(word(1)).ok_or_else(|| {
            sidegate_model::Failure::broken(format!("the user type {} has no ceiling", word(1)))
        })?;
        let grants = self.grants(user, lists.get("roles"))?;
        let standing = Standing {
            user_type,
            admin: AdminLevel::of(word(2)),
            web_services: yes(3),
            modules: self.modules()?,
            grants,
        };
        // Whoever is restricted to one entity works in it; to several, also above them.
        let several = lists.get("entities").is_some_and(|list| list.len() > 1);
        let mut limits = self.limits(&lists, yes(4))?;
        limits.hides_departments = yes(6);
        Ok(Some(Person {
            id: word(0).to_owned(),
            standing,
            limits,
            at_top: yes(4) || yes(5) || several,
        }))
    }

    /// The same while she tries a role: of her own type, with what the role gives and nothing else.
    /// None as well where she may not try one any more.
    pub(crate) fn person_now(
        &mut self,
        user: RecordKey,
        trial: Option<&Named>,
    ) -> Result<Option<Person>> {
        let Some(mut person) = self.person(user)? else {
            return Ok(None);
        };
        let Some(role) = trial else {
            return Ok(Some(person));
        };
        if person.standing.admin != AdminLevel::Full {
            return Ok(None);
        }
        person.standing.admin = AdminLevel::Off;
        person.standing.grants = self.role_grants(role.key, &Origin::Role(role.id.clone()))?;
        Ok(Some(person))
    }

    /// The keys in each list of a record, by the list's name.
    fn listed(
        &mut self,
        object: &str,
        key: RecordKey,
    ) -> Result<BTreeMap<String, Vec<(RecordKey, String)>>> {
        let definition = self.object(object);
        let names: Vec<&str> = definition
            .lists()
            .map(|(field, _)| field.name.as_str())
            .collect();
        let mut lists: BTreeMap<String, Vec<_>> = BTreeMap::new();
        let done = self.session().lists(
            definition,
            key,
            &Listed::default(),
            &mut |list, target, id| {
                let list = lists.entry(names[list].to_owned()).or_default();
                list.push((target, id.to_owned()));
            },
        );
        self.stored(done)?;
        Ok(lists)
    }

    /// What the company subscribes to.
    pub(crate) fn modules(&mut self) -> Result<Modules> {
        let rows = self.all(SUBSCRIPTION, &["id"], &[], ALL)?;
        let names = rows.iter().filter_map(|row| row[0].as_text());
        Ok(self.inner().policy.catalogue().modules(names))
    }

    /// What roles, groups or own assignments grant a user.
    fn grants(
        &mut self,
        user: RecordKey,
        roles: Option<&Vec<(RecordKey, String)>>,
    ) -> Result<Vec<Grant>> {
        let of_user = ("user.key", Value::Key(user));
        if is_user_based(self)? {
            return self.granted(USER_PERMISSION, &of_user, &Origin::Own);
        }
        let mut grants = Vec::new();
        for (key, id) in roles.into_iter().flatten() {
            grants.extend(self.role_grants(*key, &Origin::Role(id.clone()))?);
        }
        let fields = ["userGroup.key", "userGroup.id"];
        for row in self.all(MEMBER, &fields, &[of_user], ALL)? {
            let Some(group) = row[0].as_key() else {
                continue;
            };
            let group_id = row[1].as_text().unwrap_or_default();
            let lists = self.listed(GROUP, group)?;
            for (key, id) in lists.get("roles").into_iter().flatten() {
                let origin = Origin::Group(id.clone(), group_id.to_owned());
                grants.extend(self.role_grants(*key, &origin)?);
            }
        }
        Ok(grants)
    }

    /// What a role grants, for people who sign in.
    pub(crate) fn role_grants(&mut self, role: RecordKey, origin: &Origin) -> Result<Vec<Grant>> {
        if !self.counts_here(role)? {
            return Ok(Vec::new());
        }
        self.granted(ROLE_PERMISSION, &("role.key", Value::Key(role)), origin)
    }

    /// Whether a role counts for people who sign in.
    pub(crate) fn counts_here(&mut self, role: RecordKey) -> Result<bool> {
        let of_role = ("key", Value::Key(role));
        let row = self.first(ROLE, &["applyTo"], &[of_role])?;
        Ok(row.is_none_or(|row| row[0].as_text() != Some(ELSEWHERE)))
    }

    fn granted(&mut self, object: &str, of: &(&str, Value), origin: &Origin) -> Result<Vec<Grant>> {
        let of = [(of.0, of.1.clone())];
        let rows = self.all(object, &["permission.key", "accessRights"], &of, ALL)?;
        let catalogue = self.inner().policy.catalogue();
        let grants = rows.iter().filter_map(|row| {
            let permission = catalogue.keyed(row[0].as_key()?)?;
            let rights: Rights = catalogue.rights(split(row[1].as_text()?));
            Some(Grant {
                permission,
                rights,
                origin: origin.clone(),
            })
        });
        Ok(grants.collect())
    }

    /// What restricts a user with these lists, each list with all that stands below.
    fn limits(
        &mut self,
        lists: &BTreeMap<String, Vec<(RecordKey, String)>>,
        unrestricted: bool,
    ) -> Result<Limits> {
        let keys = |name: &str| -> Vec<RecordKey> {
            let list = lists.get(name).into_iter().flatten();
            list.map(|(key, _)| *key).collect()
        };
        let mut limits = Limits::default();
        let (entities, locations) = (keys("entities"), keys("locations"));
        if !unrestricted || !entities.is_empty() {
            limits.entities = Some(self.with_those_below(LOCATION, entities)?);
        }
        if !locations.is_empty() {
            let keys = self.with_those_below(LOCATION, locations)?;
            let entities = self.entities_of(&keys)?;
            limits.locations = Some(Locations { keys, entities });
        }
        for (name, object, into) in [
            ("departments", DEPARTMENT, &mut limits.departments),
            ("territories", TERRITORY, &mut limits.territories),
        ] {
            let keys = keys(name);
            if !keys.is_empty() {
                *into = Some(self.with_those_below(object, keys)?);
            }
        }
        Ok(limits)
    }

    /// These records of a tree and all below them.
    fn with_those_below(&mut self, object: &str, keys: Vec<RecordKey>) -> Result<Vec<RecordKey>> {
        if keys.is_empty() {
            return Ok(keys);
        }
        let mut below: BTreeMap<RecordKey, Vec<RecordKey>> = BTreeMap::new();
        for row in self.all(object, &["key", "parent.key"], &[], ALL)? {
            if let (Some(key), Some(parent)) = (row[0].as_key(), row[1].as_key()) {
                below.entry(parent).or_default().push(key);
            }
        }
        let mut found: BTreeSet<RecordKey> = BTreeSet::new();
        let mut left = keys;
        while let Some(key) = left.pop() {
            if found.insert(key) {
                left.extend(below.get(&key).into_iter().flatten());
            }
        }
        Ok(found.into_iter().collect())
    }

    /// The entities that locations belong to.
    fn entities_of(&mut self, locations: &[RecordKey]) -> Result<Vec<RecordKey>> {
        let wanted: BTreeSet<&RecordKey> = locations.iter().collect();
        let rows = self.all(LOCATION, &["key", "entity.key"], &[], ALL)?;
        let found: BTreeSet<RecordKey> = rows
            .iter()
            .filter(|row| row[0].as_key().is_some_and(|key| wanted.contains(&key)))
            .filter_map(|row| row[1].as_key())
            .collect();
        Ok(found.into_iter().collect())
    }
}
