//! The permissions that exist, their rights, and what bounds them: the ceilings of the user types and
//! what admin privileges give by themselves.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::AdminLevel;
use crate::value::RecordKey;

/// The permission catalogue as it comes with Sidegate: a line for each permission, below names of
/// fields.
pub const PERMISSIONS: &str = include_str!("../../../../catalogue/permissions.csv");
const ADMIN_RIGHTS: &str = include_str!("../../../../catalogue/admin-rights.csv");
const BOUNDS: &str = include_str!("../../../../catalogue/access.toml");

/// The module that lets API calls in; no permission belongs to it.
pub const WEB_SERVICES: &str = "webServices";

/// The group of permissions that are reports.
const REPORTS: &str = "reports";

/// Two spellings of one right: the first is taken for the second.
const SPELLINGS: [(&str, &str); 2] = [("readonly", "view"), ("modify", "edit")];

/// The one spelling of a right that is kept.
#[must_use]
pub fn canonical(right: &str) -> &str {
    let known = SPELLINGS.iter().find(|(other, _)| *other == right);
    known.map_or(right, |(_, kept)| kept)
}

/// A set of rights, by their place in the catalogue's list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rights(pub(super) u128);

impl Rights {
    /// Both sets together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What both sets have.
    #[must_use]
    pub fn within(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What this set has and the other has not.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the set has a right.
    #[must_use]
    pub fn has(self, right: Right) -> bool {
        self.0 & (1 << right.0) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The set with one right more.
    #[must_use]
    pub fn with(self, right: Right) -> Self {
        Self(self.0 | 1 << right.0)
    }
}

/// A right, by its place in the catalogue's list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Right(pub(super) u8);

/// A permission, by its place in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PermissionIndex(pub(super) u16);

/// A user type, by its place in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserType(pub(super) u8);

/// A set of user types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserTypes(pub(super) u32);

impl UserTypes {
    /// The types that are in both.
    #[must_use]
    pub fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Every user type.
    pub const ALL: Self = Self(u32::MAX);

    /// Whether a type is among them.
    #[must_use]
    pub fn has(self, kind: UserType) -> bool {
        self.0 & (1 << kind.0) != 0
    }
}

/// A set of modules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Modules(pub(super) u128);

/// One permission.
#[derive(Clone, Debug)]
pub struct Permission {
    /// Its key in the published catalogue; none for what only admin privileges give.
    pub key: Option<RecordKey>,
    /// The module it belongs to.
    pub module: String,
    /// Its name, without the module.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// The rights that may be granted.
    pub rights: Rights,
    /// Whether it stands among the reports of its module.
    pub is_report: bool,
    pub(super) module_bit: u8,
    /// What limited and full admin privileges give.
    pub(super) admin: [Rights; 2],
    /// The ceiling of each user type.
    pub(super) ceilings: Vec<Rights>,
    /// The permission that it stands for as well.
    pub(super) means: Option<PermissionIndex>,
    /// The place of its first right in a [`super::Reach`].
    pub(super) first: u16,
}

impl Permission {
    /// `module.name`.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{}.{}", self.module, self.name)
    }
}

/// All permissions.
#[derive(Debug)]
pub struct Catalogue {
    pub(super) permissions: Vec<Permission>,
    by_name: BTreeMap<String, PermissionIndex>,
    by_key: BTreeMap<RecordKey, PermissionIndex>,
    modules: Vec<String>,
    rights: Vec<String>,
    types: Vec<String>,
    pub(super) always: Modules,
    pub(super) web_services_only: Rights,
    pub(super) bits: u16,
    requires: BTreeMap<(PermissionIndex, Right), Vec<(PermissionIndex, Right)>>,
}

#[derive(Deserialize)]
struct PermissionRow {
    key: i64,
    module: String,
    name: String,
    #[serde(rename = "permissionGroup")]
    group: String,
    #[serde(rename = "allowedAccessRights")]
    rights: String,
    label: String,
}

#[derive(Deserialize)]
struct AdminRow {
    module: String,
    name: String,
    right: String,
    limited: String,
    full: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    always: Vec<String>,
    web_services_only: Vec<String>,
    means: BTreeMap<String, String>,
    requires: BTreeMap<String, String>,
    types: BTreeMap<String, BTreeMap<String, String>>,
}

impl Catalogue {
    /// The catalogue that comes with Sidegate.
    ///
    /// # Errors
    /// What is wrong with its files.
    pub fn shipped() -> Result<Self, String> {
        Self::from_texts(PERMISSIONS, ADMIN_RIGHTS, BOUNDS)
    }

    fn from_texts(permissions: &str, admin: &str, bounds: &str) -> Result<Self, String> {
        let bounds: Bounds = toml::from_str(bounds).map_err(|e| e.to_string())?;
        let mut catalogue = Self {
            permissions: Vec::new(),
            by_name: BTreeMap::new(),
            by_key: BTreeMap::new(),
            modules: Vec::new(),
            rights: Vec::new(),
            types: bounds.types.keys().cloned().collect(),
            always: Modules::default(),
            web_services_only: Rights::default(),
            bits: 0,
            requires: BTreeMap::new(),
        };
        let mut reader = csv::Reader::from_reader(permissions.as_bytes());
        for row in reader.deserialize::<PermissionRow>() {
            let row = row.map_err(|e| e.to_string())?;
            let key = RecordKey::new(row.key).ok_or_else(|| format!("{} is no key", row.key))?;
            let rights = catalogue.rights_of(&row.rights)?;
            let index = catalogue.add(Some(key), &row.module, &row.name, row.label, rights)?;
            catalogue.permissions[usize::from(index.0)].is_report = row.group == REPORTS;
        }
        catalogue.take_admin_rights(admin)?;
        for word in &bounds.web_services_only {
            let right = catalogue.right_or_new(word)?;
            catalogue.web_services_only = catalogue.web_services_only.with(right);
        }
        for module in &bounds.always {
            catalogue.always.0 |= 1 << catalogue.module_bit(module)?;
        }
        for (from, to) in &bounds.means {
            let to = catalogue.index_or_err(to)?;
            let from = catalogue.index_or_err(from)?;
            catalogue.permissions[usize::from(from.0)].means = Some(to);
        }
        for name in bounds.types.keys() {
            catalogue.take_ceiling(name, &bounds.types)?;
        }
        for permission in &mut catalogue.permissions {
            permission.first = catalogue.bits;
            catalogue.bits += u16::try_from(permission.rights.0.count_ones()).unwrap_or_default();
        }
        for (what, words) in &bounds.requires {
            catalogue.take_requirement(what, words)?;
        }
        catalogue.follow_requirements();
        Ok(catalogue)
    }

    fn add(
        &mut self,
        key: Option<RecordKey>,
        module: &str,
        name: &str,
        label: String,
        rights: Rights,
    ) -> Result<PermissionIndex, String> {
        let at = u16::try_from(self.permissions.len()).map_err(|e| e.to_string())?;
        let index = PermissionIndex(at);
        let module_bit = self.module_bit(module)?;
        let permission = Permission {
            key,
            module: module.to_owned(),
            name: name.to_owned(),
            label,
            rights,
            is_report: false,
            module_bit,
            admin: [Rights::default(); 2],
            ceilings: Vec::new(),
            means: None,
            first: 0,
        };
        // Names whose module nobody published are served, but nothing can be granted by them.
        if !module.is_empty()
            && let Some(twice) = self.by_name.insert(permission.full_name(), index)
        {
            let twice = &self.permissions[usize::from(twice.0)];
            return Err(format!("{} stands twice", twice.full_name()));
        }
        if let Some(key) = key {
            self.by_key.insert(key, index);
        }
        self.permissions.push(permission);
        Ok(index)
    }

    /// What admin privileges give; rights that nobody can be granted are known by them alone.
    fn take_admin_rights(&mut self, text: &str) -> Result<(), String> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        for row in reader.deserialize::<AdminRow>() {
            let row = row.map_err(|e| e.to_string())?;
            let right = self.right_or_new(&row.right)?;
            let name = format!("{}.{}", row.module, row.name);
            let index = match self.by_name.get(&name) {
                Some(index) => *index,
                None => self.add(
                    None,
                    &row.module,
                    &row.name,
                    row.name.clone(),
                    Rights::default(),
                )?,
            };
            let permission = &mut self.permissions[usize::from(index.0)];
            if permission.key.is_none() {
                permission.rights = permission.rights.with(right);
            } else if !permission.rights.has(right) {
                return Err(format!("{name} has no right {}", row.right));
            }
            for (level, word) in [&row.limited, &row.full].into_iter().enumerate() {
                if word == "yes" {
                    permission.admin[level] = permission.admin[level].with(right);
                }
            }
        }
        Ok(())
    }

    fn take_ceiling(
        &mut self,
        name: &str,
        types: &BTreeMap<String, BTreeMap<String, String>>,
    ) -> Result<(), String> {
        let mut lines = Vec::new();
        let mut next = Some(name);
        while let Some(name) = next {
            let said = types
                .get(name)
                .ok_or_else(|| format!("there is no user type {name}"))?;
            if lines.len() > 1000 {
                return Err(format!("{name} is like itself"));
            }
            lines.extend(said.iter().filter(|(what, _)| *what != "like"));
            next = said.get("like").map(String::as_str);
        }
        let mut parsed = Vec::new();
        for (what, words) in lines {
            let rights = match words.as_str() {
                "*" => Rights(u128::MAX),
                words => self.rights_of(words)?,
            };
            if !what.ends_with('*') {
                self.index_or_err(what)?;
            }
            parsed.push((what.as_str(), rights));
        }
        for permission in &mut self.permissions {
            let full = permission.full_name();
            let covers = |what: &str| {
                what.strip_suffix('*')
                    .map_or(what == full, |start| full.starts_with(start))
            };
            let of = parsed.iter().filter(|(what, _)| covers(what));
            let ceiling = of.fold(Rights::default(), |sum, (_, rights)| sum.and(*rights));
            permission.ceilings.push(ceiling);
        }
        Ok(())
    }

    /// What a right requires beside itself: `*` speaks of every right, `*.right` of that right wherever
    /// it is, anything else of one right. Words without a dot are rights of the same permission.
    fn take_requirement(&mut self, what: &str, words: &str) -> Result<(), String> {
        let everywhere = what == "*" || what.starts_with("*.");
        let mut of = Vec::new();
        if everywhere {
            let right = what.strip_prefix("*.").map(|word| self.known_right(word));
            let right = right.transpose()?;
            for (index, permission) in self.all() {
                let meant = self.each(permission.rights);
                let meant = meant.filter(|known| right.is_none_or(|right| right == *known));
                of.extend(meant.map(|right| (index, right)));
            }
        } else {
            of.push(self.right_named(what)?);
        }
        for (index, right) in of {
            for word in words.split_whitespace() {
                let needed = if word.contains('.') {
                    self.right_named(word)?
                } else {
                    (index, self.known_right(word)?)
                };
                let exists = self.at(needed.0).rights.has(needed.1);
                if !exists && !everywhere {
                    return Err(format!("{what} requires {word}, which does not exist"));
                }
                let list = self.requires.entry((index, right)).or_default();
                if exists && needed != (index, right) && !list.contains(&needed) {
                    list.push(needed);
                }
            }
        }
        Ok(())
    }

    /// Adds what the required rights require themselves.
    fn follow_requirements(&mut self) {
        let direct = self.requires.clone();
        for (of, list) in &mut self.requires {
            let mut at = 0;
            while let Some(next) = list.get(at) {
                let further = direct.get(next).into_iter().flatten();
                let further: Vec<_> = further
                    .filter(|needed| *needed != of && !list.contains(needed))
                    .copied()
                    .collect();
                list.extend(further);
                at += 1;
            }
            list.sort_unstable();
        }
    }

    fn known_right(&self, word: &str) -> Result<Right, String> {
        self.right(word)
            .ok_or_else(|| format!("there is no right {word}"))
    }

    /// The right of a `module.permission.right`.
    fn right_named(&self, name: &str) -> Result<(PermissionIndex, Right), String> {
        let (permission, right) = name
            .rsplit_once('.')
            .ok_or_else(|| format!("{name} is no module.permission.right"))?;
        let index = self.index_or_err(permission)?;
        let right = self.known_right(right)?;
        if self.at(index).rights.has(right) {
            Ok((index, right))
        } else {
            Err(format!("there is no right {name}"))
        }
    }

    /// The rights that a right does nothing useful without, those that these require among them; in
    /// the order of the catalogue.
    #[must_use]
    pub fn requires(
        &self,
        permission: PermissionIndex,
        right: Right,
    ) -> &[(PermissionIndex, Right)] {
        let found = self.requires.get(&(permission, right));
        found.map_or(&[], Vec::as_slice)
    }

    fn index_or_err(&self, name: &str) -> Result<PermissionIndex, String> {
        self.named(name)
            .ok_or_else(|| format!("there is no permission {name}"))
    }

    fn module_bit(&mut self, module: &str) -> Result<u8, String> {
        place(&mut self.modules, module, 128)
    }

    fn right_or_new(&mut self, word: &str) -> Result<Right, String> {
        place(&mut self.rights, canonical(word), 128).map(Right)
    }

    fn rights_of(&mut self, words: &str) -> Result<Rights, String> {
        words
            .split_whitespace()
            .try_fold(Rights::default(), |sum, word| {
                Ok(sum.with(self.right_or_new(word)?))
            })
    }

    /// The permission of a `module.name`.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<PermissionIndex> {
        self.by_name.get(name).copied()
    }

    /// The permission of a key.
    #[must_use]
    pub fn keyed(&self, key: RecordKey) -> Option<PermissionIndex> {
        self.by_key.get(&key).copied()
    }

    /// A permission.
    #[must_use]
    pub fn at(&self, index: PermissionIndex) -> &Permission {
        &self.permissions[usize::from(index.0)]
    }

    /// The permission that one stands for as well.
    #[must_use]
    pub fn means(&self, index: PermissionIndex) -> Option<PermissionIndex> {
        self.at(index).means
    }

    /// All permissions with their places.
    pub fn all(&self) -> impl Iterator<Item = (PermissionIndex, &Permission)> {
        (0..).map(PermissionIndex).zip(&self.permissions)
    }

    /// The right of a word, in either spelling.
    #[must_use]
    pub fn right(&self, word: &str) -> Option<Right> {
        let word = canonical(word);
        let at = self.rights.iter().position(|known| known == word)?;
        u8::try_from(at).ok().map(Right)
    }

    /// The rights of words; words that no permission has are left out.
    #[must_use]
    pub fn rights<'w>(&self, words: impl Iterator<Item = &'w str>) -> Rights {
        let rights = words.filter_map(|word| self.right(word));
        rights.fold(Rights::default(), Rights::with)
    }

    /// The words of rights, in the order of the catalogue.
    pub fn words(&self, rights: Rights) -> impl Iterator<Item = &str> {
        (0..)
            .zip(&self.rights)
            .filter(move |(at, _)| rights.has(Right(*at)))
            .map(|(_, word)| word.as_str())
    }

    /// Each of some rights.
    pub fn each(&self, rights: Rights) -> impl Iterator<Item = Right> {
        let all = (0..).zip(&self.rights).map(|(at, _)| Right(at));
        all.filter(move |right| rights.has(*right))
    }

    /// `module.permission.right`.
    #[must_use]
    pub fn right_name(&self, permission: PermissionIndex, right: Right) -> String {
        format!(
            "{}.{}",
            self.at(permission).full_name(),
            self.right_word(right)
        )
    }

    /// The word of a right.
    #[must_use]
    pub fn right_word(&self, right: Right) -> &str {
        &self.rights[usize::from(right.0)]
    }

    /// The user type of a word.
    #[must_use]
    pub fn user_type(&self, word: &str) -> Option<UserType> {
        let at = self.types.iter().position(|known| known == word)?;
        u8::try_from(at).ok().map(UserType)
    }

    /// The word of a user type.
    #[must_use]
    pub fn type_word(&self, kind: UserType) -> &str {
        &self.types[usize::from(kind.0)]
    }

    /// The words of some user types; none for all of them.
    #[must_use]
    pub fn words_of_types(&self, types: UserTypes) -> Vec<String> {
        if types == UserTypes::ALL {
            return Vec::new();
        }
        let some = self.user_types().filter(|(kind, _)| types.has(*kind));
        some.map(|(_, word)| word.to_owned()).collect()
    }

    /// All user types.
    pub fn user_types(&self) -> impl Iterator<Item = (UserType, &str)> {
        (0..)
            .map(UserType)
            .zip(self.types.iter().map(String::as_str))
    }

    /// The modules of these names; names that no permission has are left out.
    #[must_use]
    pub fn modules<'w>(&self, names: impl Iterator<Item = &'w str>) -> Modules {
        let mut modules = self.always;
        for name in names {
            if let Some(at) = self.modules.iter().position(|known| known == name) {
                modules.0 |= 1 << at;
            }
        }
        modules
    }

    /// Whether the module of a permission is among some.
    #[must_use]
    pub fn is_in(&self, permission: PermissionIndex, modules: Modules) -> bool {
        modules.0 & 1 << self.at(permission).module_bit != 0
    }

    /// The modules that a company can subscribe to and has something of.
    pub fn to_subscribe(&self) -> impl Iterator<Item = &str> {
        let optional = (0..)
            .zip(&self.modules)
            .filter(|(at, name)| self.always.0 & 1 << *at == 0 && !name.is_empty());
        optional
            .map(|(_, name)| name.as_str())
            .chain(std::iter::once(WEB_SERVICES))
    }

    /// The rights that admin privileges give by themselves.
    #[must_use]
    pub fn admin_rights(&self, permission: PermissionIndex, level: AdminLevel) -> Rights {
        match level {
            AdminLevel::Off => Rights::default(),
            AdminLevel::Limited => self.at(permission).admin[0],
            AdminLevel::Full => self.at(permission).admin[1],
        }
    }

    /// What users of a type can hold of a permission at most; `web_services` says whether they enter
    /// through API calls only.
    #[must_use]
    pub fn ceiling(
        &self,
        permission: PermissionIndex,
        kind: UserType,
        web_services: bool,
    ) -> Rights {
        let permission = self.at(permission);
        let ceiling = permission.ceilings[usize::from(kind.0)].within(permission.rights);
        if web_services {
            ceiling
        } else {
            ceiling.without(self.web_services_only)
        }
    }
}

/// The place of a word in a list, where it is put if it is new.
fn place(list: &mut Vec<String>, word: &str, most: usize) -> Result<u8, String> {
    let at = match list.iter().position(|known| known == word) {
        Some(at) => at,
        None => {
            list.push(word.to_owned());
            list.len() - 1
        }
    };
    u8::try_from(at)
        .ok()
        .filter(|_| at < most)
        .ok_or_else(|| format!("{word} is one word too many"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_catalogue_reads() {
        let catalogue = Catalogue::shipped().expect("a whole catalogue");
        let users = catalogue.named("administration.users").expect("declared");
        let group = catalogue.right("group").expect("a right");
        let business = catalogue.user_type("business").expect("a type");
        let employee = catalogue.user_type("employee").expect("a type");
        assert!(catalogue.ceiling(users, business, false).has(group));
        assert!(!catalogue.ceiling(users, employee, false).has(group));
        assert!(
            catalogue
                .admin_rights(users, AdminLevel::Limited)
                .has(group)
        );
        assert!(catalogue.admin_rights(users, AdminLevel::Off).is_empty());
    }

    #[test]
    fn api_proxy_is_for_web_services_users() {
        let catalogue = Catalogue::shipped().expect("a whole catalogue");
        let approve = catalogue.named("time.approveTimesheets").expect("declared");
        let proxy = catalogue.right("apiProxy").expect("a right");
        let business = catalogue.user_type("business").expect("a type");
        assert!(catalogue.ceiling(approve, business, true).has(proxy));
        assert!(!catalogue.ceiling(approve, business, false).has(proxy));
    }

    #[test]
    fn a_right_requires_list_and_what_that_requires() {
        let catalogue = Catalogue::shipped().expect("a whole catalogue");
        let required = |name: &str| {
            let (permission, right) = catalogue.right_named(name).expect("a right");
            let required = catalogue.requires(permission, right).iter();
            let names = required.map(|(permission, right)| {
                let name = catalogue.right_name(*permission, *right);
                name.replacen("administration.", "", 1)
            });
            names.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(required("company.departments.list"), "");
        assert_eq!(
            required("company.departments.edit"),
            "company.departments.list"
        );
        // A report has no List.
        assert_eq!(required("generalLedger.trialBalance.run"), "");
        assert_eq!(
            required("administration.grantAdminRights.authorize"),
            "users.list users.add users.edit"
        );
        assert_eq!(
            required("contracts.contract.cancel"),
            "contracts.contract.list contracts.contract.edit"
        );
        assert_eq!(
            required("administration.applicationSubscriptions.subscribe"),
            "applicationSubscriptions.list applicationSubscriptions.config"
        );
    }

    #[test]
    fn a_requirement_of_nothing_that_exists_is_told() {
        let admin = "module,name,right,limited,full\n";
        let permissions = "key,module,name,permissionGroup,allowedAccessRights,label\n\
                           1,company,desks,activitiesAndLists,list view,Desks\n";
        let read = |requires: &str| {
            let bounds = format!(
                "always = []\nweb_services_only = []\n[means]\n[requires]\n{requires}\n[types.business]\n\"*\" = \"*\""
            );
            Catalogue::from_texts(permissions, admin, &bounds).map(drop)
        };
        assert_eq!(read("\"*\" = \"list\""), Ok(()));
        for (requires, said) in [
            ("\"company.desks.view\" = \"fly\"", "there is no right fly"),
            (
                "\"company.chairs.view\" = \"list\"",
                "there is no permission company.chairs",
            ),
            ("\"view\" = \"list\"", "view is no module.permission.right"),
        ] {
            assert_eq!(read(requires), Err(said.to_owned()));
        }
    }

    #[test]
    fn both_spellings_are_one_right() {
        let catalogue = Catalogue::shipped().expect("a whole catalogue");
        assert_eq!(catalogue.right("readonly"), catalogue.right("view"));
        assert_eq!(catalogue.right("modify"), catalogue.right("edit"));
    }
}
