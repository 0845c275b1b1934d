//! What integrations of known vendors need: a file for each under `catalogue/integrations/`, in the
//! words of the vendor's guide beside those of the catalogue.
//!
//! What a guide says that the catalogue has no word for stays in the file and is told as such; nothing
//! is guessed.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::AdminLevel;
use super::catalogue::{Catalogue, Permission, PermissionIndex, Right, Rights, UserType};

/// Name and text of each file.
const SHIPPED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/integrations.rs"));

/// Every module of the catalogue.
const EVERY_MODULE: &str = "*";
/// The rights of whoever only reads.
const READ_ONLY: &str = "list view";

/// An integration, and what its vendor says it needs.
#[derive(Clone, Debug)]
pub struct Integration {
    /// What it is asked for by: the name of its file.
    pub id: String,
    /// What its vendor calls it.
    pub name: String,
    /// Its sender ID, where the vendor publishes one.
    pub sender: Option<String>,
    /// The user type it asks for.
    pub user_type: Option<UserType>,
    /// The admin privileges it asks for.
    pub admin: Option<AdminLevel>,
    /// Where it is published, if it is at an address.
    pub source: Option<String>,
    /// The rights it needs, in the order of the catalogue, each once.
    pub needs: Vec<Needed>,
    /// What it needs besides, which the catalogue has no word for.
    pub unmapped: Vec<Unmapped>,
}

/// One right that an integration needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    /// The permission.
    pub permission: PermissionIndex,
    /// The right.
    pub right: Right,
    /// How the vendor names the module.
    pub under: String,
    /// How the vendor names the permission, or what it is part of.
    pub label: String,
    /// The feature that needs it, where not every customer has it.
    pub only_for: Option<String>,
    /// Whether the vendor does not name it, and a right that the vendor names requires it.
    pub is_required: bool,
}

/// Something that a vendor asks for and the catalogue has no word for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unmapped {
    /// How the vendor names the module.
    pub under: String,
    /// How the vendor names the permission.
    pub label: String,
    /// The rights, in the vendor's words, where they are said.
    pub rights: Option<String>,
    /// What is not known.
    pub why: Unknown,
}

/// What is not known of something that a vendor asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unknown {
    /// The catalogue has nothing of the module.
    Module,
    /// The catalogue has no such permission.
    Permission,
    /// The permission has no such right in the catalogue.
    Right,
    /// The vendor does not say which rights.
    Rights,
    /// The vendor's list is not published, or not known as a whole.
    List,
}

impl Unknown {
    /// Its word in answers.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Module => "module",
            Self::Permission => "permission",
            Self::Right => "right",
            Self::Rights => "rights",
            Self::List => "list",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: String,
    name: String,
    sender: Option<String>,
    user_type: Option<String>,
    admin: Option<String>,
    source: Option<String>,
    #[serde(default)]
    needs: Vec<Row>,
    #[serde(default)]
    unmapped: Vec<Unmapped>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    module: String,
    permission: Option<String>,
    /// Words of rights, or `*` for every one.
    rights: Option<String>,
    whole: Option<Whole>,
    #[serde(default)]
    except: Vec<String>,
    only_for: Option<String>,
    under: String,
    label: String,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Whole {
    All,
    Read,
}

/// All integrations, by id.
#[derive(Debug)]
pub struct Integrations {
    all: BTreeMap<String, Integration>,
}

impl Integrations {
    /// Those that come with Sidegate.
    ///
    /// # Errors
    /// What is wrong with a file.
    pub fn shipped(catalogue: &Catalogue) -> Result<Self, String> {
        Self::from_files(catalogue, SHIPPED)
    }

    fn from_files(catalogue: &Catalogue, files: &[(&str, &str)]) -> Result<Self, String> {
        let mut all = BTreeMap::new();
        for (name, text) in files {
            let integration =
                read(catalogue, name, text).map_err(|reason| format!("{name}: {reason}"))?;
            all.insert(integration.id.clone(), integration);
        }
        Ok(Self { all })
    }

    /// The integration of an id.
    #[must_use]
    pub fn named(&self, id: &str) -> Option<&Integration> {
        self.all.get(id)
    }

    /// All of them, by id.
    pub fn all(&self) -> impl Iterator<Item = &Integration> {
        self.all.values()
    }
}

fn read(catalogue: &Catalogue, name: &str, text: &str) -> Result<Integration, String> {
    let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
    if name != format!("{}.toml", file.id) {
        return Err(format!("is named after the id {}", file.id));
    }
    let nameless = |text: &str| text.trim() != text || text.is_empty();
    if nameless(&file.name) || file.sender.as_deref().is_some_and(nameless) {
        return Err("a name or a sender is empty or has blanks around it".to_owned());
    }
    if let Some(source) = &file.source
        && !source.starts_with("https://")
    {
        return Err(format!("{source} is no address"));
    }
    let user_type = file.user_type.as_deref().map(|word| {
        let known = catalogue.user_type(word);
        known.ok_or_else(|| format!("there is no user type {word}"))
    });
    let admin = file.admin.as_deref().map(|word| {
        let level = AdminLevel::of(word);
        let known = level.word() == word;
        known
            .then_some(level)
            .ok_or_else(|| format!("there are no admin privileges {word}"))
    });
    let mut named = Vec::new();
    for row in &file.needs {
        let said = format!("{} {}", row.under, row.label);
        let found = rights_of(catalogue, row).map_err(|reason| format!("{said}: {reason}"))?;
        if found.is_empty() {
            return Err(format!("{said}: names no right"));
        }
        named.extend(found.into_iter().map(|(permission, right)| Needed {
            permission,
            right,
            under: row.under.clone(),
            label: row.label.clone(),
            only_for: row.only_for.clone(),
            is_required: false,
        }));
    }
    Ok(Integration {
        user_type: user_type.transpose()?,
        admin: admin.transpose()?,
        id: file.id,
        name: file.name,
        sender: file.sender,
        source: file.source,
        needs: with_required(catalogue, named),
        unmapped: file.unmapped,
    })
}

/// The rights that a row names.
fn rights_of(catalogue: &Catalogue, row: &Row) -> Result<Vec<(PermissionIndex, Right)>, String> {
    let mut found = Vec::new();
    match (&row.permission, &row.rights, row.whole) {
        (Some(name), Some(words), None) if row.except.is_empty() => {
            let name = format!("{}.{name}", row.module);
            let index = catalogue.named(&name);
            let index = index.ok_or_else(|| format!("there is no permission {name}"))?;
            let permission = catalogue.at(index);
            for word in words.split_whitespace() {
                if word == "*" {
                    found.extend(
                        catalogue
                            .each(permission.rights)
                            .map(|right| (index, right)),
                    );
                    continue;
                }
                let right = catalogue.right(word);
                let right = right.filter(|right| permission.rights.has(*right));
                found.push((
                    index,
                    right.ok_or_else(|| format!("{name} has no right {word}"))?,
                ));
            }
        }
        (None, None, Some(whole)) => {
            let mut excepted = 0;
            for (index, permission) in catalogue.all() {
                // What admin privileges alone give is nothing that a vendor's module has.
                if permission.key.is_none() || !in_module(permission, &row.module) {
                    continue;
                }
                if row.except.contains(&permission.name) {
                    excepted += 1;
                    continue;
                }
                let rights = match whole {
                    // To read a report and to do all with it is the same: to run it.
                    Whole::Read if !permission.is_report => {
                        let read = catalogue.rights(READ_ONLY.split(' '));
                        permission.rights.within(read)
                    }
                    Whole::All | Whole::Read => permission.rights,
                };
                found.extend(catalogue.each(rights).map(|right| (index, right)));
            }
            if excepted != row.except.len() {
                return Err(format!("{} excepts what is not there", row.module));
            }
        }
        _ => return Err("is one permission with rights, or a whole module".to_owned()),
    }
    Ok(found)
}

fn in_module(permission: &Permission, module: &str) -> bool {
    match module {
        EVERY_MODULE => !permission.module.is_empty(),
        module => permission.module == module,
    }
}

/// The named rights, each once, and what they require.
fn with_required(catalogue: &Catalogue, named: Vec<Needed>) -> Vec<Needed> {
    let required: Vec<Needed> = named
        .iter()
        .flat_map(|need| {
            let required = catalogue.requires(need.permission, need.right).iter();
            required.map(|(permission, right)| Needed {
                permission: *permission,
                right: *right,
                is_required: true,
                ..need.clone()
            })
        })
        .collect();
    let mut all: BTreeMap<(PermissionIndex, Right), Needed> = BTreeMap::new();
    for need in named.into_iter().chain(required) {
        let at = (need.permission, need.right);
        let Some(known) = all.get_mut(&at) else {
            all.insert(at, need);
            continue;
        };
        // What somebody needs without a condition is needed.
        if known.only_for != need.only_for {
            known.only_for = None;
        }
        // A later row says more than the module that it is in.
        if !need.is_required {
            known.under = need.under;
            known.label = need.label;
        }
    }
    all.into_values().collect()
}

impl Integration {
    /// The rights that it needs, one permission after the other.
    pub fn permissions(&self) -> impl Iterator<Item = (PermissionIndex, Rights)> {
        let mut sums: BTreeMap<PermissionIndex, Rights> = BTreeMap::new();
        for need in &self.needs {
            let sum = sums.entry(need.permission).or_default();
            *sum = sum.with(need.right);
        }
        sums.into_iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogue() -> Catalogue {
        Catalogue::shipped().expect("a whole catalogue")
    }

    /// What an integration needs of permissions that start so.
    fn needs(catalogue: &Catalogue, integration: &Integration, start: &str) -> Vec<String> {
        let of = integration.needs.iter().map(|need| {
            let name = catalogue.right_name(need.permission, need.right);
            let required = if need.is_required { " (required)" } else { "" };
            let only = need.only_for.as_deref().unwrap_or_default();
            format!("{name}{required} {} {only}", need.label)
                .trim()
                .to_owned()
        });
        of.filter(|line| line.starts_with(start)).collect()
    }

    #[test]
    fn the_shipped_integrations_read() {
        let catalogue = catalogue();
        let integrations = Integrations::shipped(&catalogue).expect("whole files");
        let with_needs = integrations.all().filter(|known| !known.needs.is_empty());
        assert_eq!((integrations.all().count(), with_needs.count()), (37, 21));
        let granular = integrations.named("codat-granular").expect("a file");
        assert_eq!(granular.needs.len(), 26);
        assert_eq!(granular.admin, Some(AdminLevel::Full));
        assert_eq!(
            needs(&catalogue, granular, "company.territories"),
            [
                "company.territories.list Territory",
                "company.territories.view Territory"
            ]
        );
        let assignar = integrations.named("assignar").expect("a file");
        assert_eq!(assignar.unmapped[0].why, Unknown::List);
    }

    #[test]
    fn what_a_named_right_requires_is_needed_too() {
        let catalogue = catalogue();
        let integrations = Integrations::shipped(&catalogue).expect("whole files");
        let beanworks = integrations.named("beanworks").expect("a file");
        assert_eq!(
            needs(&catalogue, beanworks, "company.class"),
            [
                "company.class.list (required) Class",
                "company.class.view Class"
            ]
        );
    }

    #[test]
    fn a_whole_module_has_exceptions_and_conditions() {
        let catalogue = catalogue();
        let integrations = Integrations::shipped(&catalogue).expect("whole files");
        let unipay = integrations.named("unipay").expect("a file");
        // The module but for journal entries, which have a line of their own without delete.
        let journal = needs(&catalogue, unipay, "generalLedger.journalEntries");
        assert_eq!(journal.len(), 4, "{journal:?}");
        // Read only of a module, and its reports.
        let read = needs(&catalogue, unipay, "cashManagement.checkRegister");
        assert_eq!(read, ["cashManagement.checkRegister.run whole module"]);
        let read = needs(&catalogue, unipay, "cashManagement.fundsTransfers");
        assert_eq!(read.len(), 2, "{read:?}");
        let expensify = integrations.named("expensify").expect("a file");
        assert_eq!(
            needs(&catalogue, expensify, "accountsPayable.apTerms.list"),
            ["accountsPayable.apTerms.list whole module vendor bills"]
        );
    }

    #[test]
    fn what_is_wrong_with_a_file_is_told() {
        let catalogue = catalogue();
        let row = |row: &str| format!("id = \"x\"\nname = \"X\"\nneeds = [{{ {row} }}]");
        let said = |text: &str| {
            let read = Integrations::from_files(&catalogue, &[("x.toml", text)]);
            read.map(drop).unwrap_err()
        };
        let labels = "under = \"U\", label = \"L\"";
        for (text, reason) in [
            (
                "id = \"y\"\nname = \"Y\"".to_owned(),
                "named after the id y",
            ),
            (
                "id = \"x\"\nname = \" X\"".to_owned(),
                "has blanks around it",
            ),
            (
                "id = \"x\"\nname = \"X\"\nsource = \"a book\"".to_owned(),
                "a book is no address",
            ),
            (
                "id = \"x\"\nname = \"X\"\nadmin = \"much\"".to_owned(),
                "no admin privileges much",
            ),
            (
                "id = \"x\"\nname = \"X\"\nuser_type = \"robot\"".to_owned(),
                "no user type robot",
            ),
            (
                row(&format!(
                    "module = \"company\", permission = \"chairs\", rights = \"list\", {labels}"
                )),
                "no permission company.chairs",
            ),
            (
                row(&format!(
                    "module = \"company\", permission = \"class\", rights = \"void\", {labels}"
                )),
                "company.class has no right void",
            ),
            (
                row(&format!(
                    "module = \"company\", permission = \"class\", rights = \"\", {labels}"
                )),
                "names no right",
            ),
            (
                row(&format!(
                    "module = \"company\", permission = \"class\", whole = \"all\", {labels}"
                )),
                "one permission with rights, or a whole module",
            ),
            (
                row(&format!("module = \"moon\", whole = \"all\", {labels}")),
                "names no right",
            ),
            (
                row(&format!(
                    "module = \"company\", whole = \"all\", except = [\"chairs\"], {labels}"
                )),
                "excepts what is not there",
            ),
        ] {
            let said = said(&text);
            assert!(said.contains(reason), "{said:?} does not say {reason:?}");
        }
    }
}
