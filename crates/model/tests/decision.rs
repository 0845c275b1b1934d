//! The access decision against a second one: slow and obvious, written from the rules alone.
//!
//! It reads the files of `catalogue/` by itself and shares nothing with [`Policy`] but their names.
//! The rules are those of the vendor's help (a type is a ceiling, permissions decide below it, an
//! unsubscribed module opens nothing) and of the decisions in `docs/quirks.md`.

use std::collections::{BTreeMap, BTreeSet};

use sidegate_model::access::{
    AdminLevel, Catalogue, Factor, Grant, Origin, PermissionIndex, Policy, Standing,
};
use sidegate_model::{Operation, Registry};

const PERMISSIONS: &str = include_str!("../../../catalogue/permissions.csv");
const ADMIN_RIGHTS: &str = include_str!("../../../catalogue/admin-rights.csv");
const BOUNDS: &str = include_str!("../../../catalogue/access.toml");

/// How many random people are looked at, each for some rights.
const STANDINGS: u64 = 25_000;
const RIGHTS_EACH: usize = 4;

/// The one word of a right that has two.
fn one_word(right: &str) -> String {
    match right {
        "readonly" => "view".to_owned(),
        "modify" => "edit".to_owned(),
        other => other.to_owned(),
    }
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(one_word).collect()
}

/// The lines of a table below its head; no value of ours holds a comma.
fn lines(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).map(|line| line.split(',').collect())
}

/// What the files say, word for word.
#[derive(Default)]
struct Books {
    /// The rights of each `module.permission`.
    rights: BTreeMap<String, BTreeSet<String>>,
    /// `module.permission.right` that limited and full admin privileges give.
    admin: [BTreeSet<String>; 2],
    always: Vec<String>,
    web_services_only: Vec<String>,
    means: BTreeMap<String, String>,
    types: BTreeMap<String, Vec<(String, String)>>,
}

impl Books {
    fn read() -> Self {
        let mut books = Self::default();
        for line in lines(PERMISSIONS) {
            if !line[1].is_empty() {
                let name = format!("{}.{}", line[1], line[2]);
                books.rights.insert(name, words(line[4]));
            }
        }
        let granted: BTreeSet<String> = books.rights.keys().cloned().collect();
        for line in lines(ADMIN_RIGHTS) {
            let name = format!("{}.{}", line[0], line[1]);
            let right = one_word(line[2]);
            for (level, said) in [line[3], line[4]].into_iter().enumerate() {
                if said == "yes" {
                    books.admin[level].insert(format!("{name}.{right}"));
                }
            }
            // What nobody can be granted is known by these lines alone.
            if !granted.contains(&name) {
                books.rights.entry(name).or_default().insert(right);
            }
        }
        books.read_bounds();
        books
    }

    fn read_bounds(&mut self) {
        let mut section = String::new();
        let plain = |text: &str| text.trim().trim_matches('"').to_owned();
        for line in BOUNDS.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(name) = line.strip_prefix('[') {
                section = name.trim_end_matches(']').to_owned();
                continue;
            }
            let (name, value) = line.split_once(" = ").expect("name = value");
            let name = plain(name);
            let list = || {
                let inner = value.trim_matches(['[', ']']);
                inner.split(',').map(plain).collect::<Vec<String>>()
            };
            match section.as_str() {
                "" if name == "always" => self.always = list(),
                "" => self.web_services_only = list(),
                "means" => drop(self.means.insert(name, plain(value))),
                // What is offered beside a right decides nothing.
                "requires" => {}
                kind => {
                    let kind = kind.strip_prefix("types.").expect("a user type");
                    let said = self.types.entry(kind.to_owned()).or_default();
                    said.push((name, plain(value)));
                }
            }
        }
    }

    /// Whether users of a type can hold a right.
    fn is_below_ceiling(&self, kind: &str, permission: &str, right: &str) -> bool {
        self.types[kind].iter().any(|(what, rights)| {
            if what == "like" {
                return self.is_below_ceiling(rights, permission, right);
            }
            let speaks = match what.strip_suffix(".*") {
                Some(module) => permission.split('.').next() == Some(module),
                None => what == "*" || what == permission,
            };
            speaks && (rights == "*" || words(rights).contains(right))
        })
    }

    /// What refuses a right to somebody, by the rules.
    fn refused(&self, person: &Person, permission: &str, right: &str) -> BTreeSet<&'static str> {
        let mut refused = BTreeSet::new();
        let (module, _) = permission.split_once('.').expect("module.permission");
        let subscribes = |list: &[String]| list.iter().any(|known| known == module);
        if !subscribes(&self.always) && !subscribes(&person.modules) {
            refused.insert("subscription");
        }
        let for_machines = self.web_services_only.iter().any(|only| only == right);
        if !self.is_below_ceiling(&person.kind, permission, right)
            || (for_machines && !person.web_services)
        {
            refused.insert("userType");
        }
        let by_grant = person.grants.iter().any(|(granted, rights)| {
            let speaks =
                granted == permission || self.means.get(granted).is_some_and(|m| m == permission);
            speaks && rights.iter().any(|known| one_word(known) == right)
        });
        let name = format!("{permission}.{right}");
        let by_office = match person.admin {
            AdminLevel::Off => false,
            AdminLevel::Limited => self.admin[0].contains(&name),
            AdminLevel::Full => self.admin[1].contains(&name),
        };
        if !by_grant && !by_office {
            refused.insert("permission");
        }
        refused
    }
}

/// Somebody in words.
#[derive(Debug)]
struct Person {
    kind: String,
    admin: AdminLevel,
    web_services: bool,
    modules: Vec<String>,
    /// Permissions with rights, each in one spelling or the other.
    grants: Vec<(String, Vec<String>)>,
}

/// The same numbers at every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, many: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % many as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }

    fn rights(&mut self, all: &[String]) -> Vec<String> {
        let mut rights = Vec::new();
        for right in all {
            if self.chance(60) {
                let other = match right.as_str() {
                    "view" if self.chance(50) => "readonly",
                    "edit" if self.chance(50) => "modify",
                    right => right,
                };
                rights.push(other.to_owned());
            }
        }
        rights
    }

    /// Somebody who was granted something of `about`, perhaps.
    fn person(&mut self, books: &Books, names: &Names, about: &[&String]) -> Person {
        let mut grants = Vec::new();
        for name in about {
            if self.chance(60) {
                let all: Vec<String> = books.rights[*name].iter().cloned().collect();
                grants.push(((*name).clone(), self.rights(&all)));
            }
        }
        for _ in 0..self.below(4) {
            let name = self.pick(&names.permissions).clone();
            // Also rights that the permission does not have, as they may be stored.
            let from = if self.chance(80) {
                books.rights[&name].iter().cloned().collect()
            } else {
                names.rights.clone()
            };
            let rights = self.rights(&from);
            grants.push((name, rights));
        }
        let most = if self.chance(50) { 90 } else { 40 };
        Person {
            kind: if self.chance(30) {
                "business".to_owned()
            } else {
                self.pick(&names.types).clone()
            },
            admin: *self.pick(&[AdminLevel::Off, AdminLevel::Limited, AdminLevel::Full]),
            web_services: self.chance(50),
            modules: names
                .modules
                .iter()
                .filter(|_| self.chance(most))
                .cloned()
                .collect(),
            grants,
        }
    }
}

/// What random people are made of.
struct Names {
    permissions: Vec<String>,
    rights: Vec<String>,
    types: Vec<String>,
    modules: Vec<String>,
}

impl Names {
    fn of(books: &Books) -> Self {
        let permissions: Vec<String> = books.rights.keys().cloned().collect();
        let rights: BTreeSet<String> = books.rights.values().flatten().cloned().collect();
        let module = |name: &String| name.split('.').next().expect("a module").to_owned();
        let modules: BTreeSet<String> = permissions.iter().map(module).collect();
        Self {
            permissions,
            rights: rights.into_iter().collect(),
            types: books.types.keys().cloned().collect(),
            modules: modules.into_iter().collect(),
        }
    }
}

fn policy(registry: &Registry) -> Policy {
    let catalogue = Catalogue::shipped().expect("a whole catalogue");
    Policy::new(registry, catalogue).expect("whole declarations")
}

fn standing(catalogue: &Catalogue, person: &Person) -> Standing {
    let grant = |(name, rights): &(String, Vec<String>)| Grant {
        permission: catalogue.named(name).expect("declared"),
        rights: catalogue.rights(rights.iter().map(String::as_str)),
        origin: Origin::Own,
    };
    Standing {
        user_type: catalogue.user_type(&person.kind).expect("declared"),
        admin: person.admin,
        web_services: person.web_services,
        modules: catalogue.modules(person.modules.iter().map(String::as_str)),
        grants: person.grants.iter().map(grant).collect(),
    }
}

#[test]
fn random_decisions_are_those_of_the_rules() {
    let registry = Registry::shipped().expect("whole declarations");
    let policy = policy(&registry);
    let catalogue = policy.catalogue();
    let books = Books::read();
    let names = Names::of(&books);
    let office: Vec<&String> = books.admin[1].iter().collect();
    let pairs: Vec<&String> = books
        .means
        .iter()
        .flat_map(|(one, two)| [one, two])
        .collect();
    let mut tally: BTreeMap<String, u64> = BTreeMap::new();
    for number in 0..STANDINGS {
        let mut dice = Dice(number);
        // Half of the time about what admin privileges or another name of the permission may give.
        let about: Vec<&String> = (0..RIGHTS_EACH)
            .map(|_| match dice.below(4) {
                0 => {
                    let (name, _) = dice.pick(&office).rsplit_once('.').expect("a right");
                    let at = names.permissions.iter().position(|known| known == name);
                    &names.permissions[at.expect("declared")]
                }
                1 => *dice.pick(&pairs),
                _ => dice.pick(&names.permissions),
            })
            .collect();
        let person = dice.person(&books, &names, &about);
        let standing = standing(catalogue, &person);
        let reach = policy.compile(&standing);
        for name in about {
            let rights: Vec<&String> = books.rights[name].iter().collect();
            if rights.is_empty() {
                continue;
            }
            let word = (*dice.pick(&rights)).clone();
            let index: PermissionIndex = catalogue.named(name).expect("declared");
            let right = catalogue.right(&word).expect("declared");
            let wanted = books.refused(&person, name, &word);
            let judged = policy.judge(&standing, index, right);
            let got: BTreeSet<&str> = judged.refused.iter().map(|f| f.word()).collect();
            let told = format!("{number}: {name}.{word} for {person:?}");
            assert_eq!(got, wanted, "{told}");
            assert_eq!(
                policy.holds(&reach, index, right),
                wanted.is_empty(),
                "{told}"
            );
            // Whoever gives it is told whether or not something else refuses.
            assert_eq!(
                judged.origins.is_empty(),
                wanted.contains("permission"),
                "{told}"
            );
            *tally.entry(format!("{wanted:?}")).or_default() += 1;
        }
    }
    println!("{tally:#?}");
    // All outcomes come, and none is rare.
    assert_eq!(tally.len(), 8, "{tally:?}");
    assert!(tally.values().all(|many| *many > 500), "{tally:?}");
}

#[test]
fn a_right_that_a_permission_does_not_have_is_held_by_nobody() {
    let registry = Registry::shipped().expect("whole declarations");
    let policy = policy(&registry);
    let catalogue = policy.catalogue();
    let books = Books::read();
    let names = Names::of(&books);
    let everything = Person {
        kind: "business".to_owned(),
        admin: AdminLevel::Full,
        web_services: true,
        modules: names.modules.clone(),
        grants: names
            .permissions
            .iter()
            .map(|name| (name.clone(), names.rights.clone()))
            .collect(),
    };
    let standing = standing(catalogue, &everything);
    let reach = policy.compile(&standing);
    for (index, permission) in catalogue.all() {
        let own = books.rights.get(&permission.full_name());
        for word in &names.rights {
            let right = catalogue.right(word).expect("declared");
            let has = own.is_some_and(|own| own.contains(word));
            let name = format!("{}.{word}", permission.full_name());
            assert_eq!(policy.holds(&reach, index, right), has, "{name}");
            let judged = policy.judge(&standing, index, right);
            assert_eq!(judged.refused.is_empty(), has, "{name}");
        }
    }
}

#[test]
fn what_an_operation_needs_is_enforced_as_it_is_explained() {
    let registry = Registry::shipped().expect("whole declarations");
    let policy = policy(&registry);
    let catalogue = policy.catalogue();
    let books = Books::read();
    let names = Names::of(&books);
    let operations = [
        Operation::List,
        Operation::Get,
        Operation::Create,
        Operation::Update,
        Operation::Delete,
    ];
    let mut outcomes = [0; 2];
    for number in 0..2000 {
        let mut dice = Dice(number);
        let definitions: Vec<_> = registry.all().filter(|d| d.published).collect();
        let definition = dice.pick(&definitions);
        let Some(need) = policy.need(definition, *dice.pick(&operations)) else {
            continue;
        };
        let full = |(permission, _): &(PermissionIndex, _)| catalogue.at(*permission).full_name();
        let about: Vec<String> = need.rights.iter().map(full).collect();
        let person = dice.person(&books, &names, &about.iter().collect::<Vec<_>>());
        let standing = standing(catalogue, &person);
        let reach = policy.compile(&standing);
        let wanted = person.admin >= need.admin
            && need.types.has(standing.user_type)
            && need.rights.iter().all(|(permission, right)| {
                let name = catalogue.right_name(*permission, *right);
                let (permission, right) = name.rsplit_once('.').expect("a right");
                books.refused(&person, permission, right).is_empty()
            });
        let decision = policy.decide(&standing, need);
        assert_eq!(policy.may(&reach, need), wanted, "{need:?} {person:?}");
        assert_eq!(decision.allowed(), wanted, "{need:?} {person:?}");
        assert_eq!(policy.missing(&reach, need).is_none(), wanted);
        let lacks_admin = decision.refused.contains(&Factor::AdminPrivileges);
        assert_eq!(lacks_admin, person.admin < need.admin);
        outcomes[usize::from(wanted)] += 1;
    }
    assert!(outcomes.iter().all(|many| *many > 200), "{outcomes:?}");
}
