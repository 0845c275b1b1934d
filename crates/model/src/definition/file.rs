//! The image of a declaration on disk, before anything is checked.

use serde::Deserialize;
use toml::Spanned;

/// One file under `objects/`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ObjectFile {
    pub(super) name: Spanned<String>,
    pub(super) label: LabelFile,
    pub(super) help: Option<String>,
    #[serde(default)]
    pub(super) permission: String,
    #[serde(default)]
    pub(super) needs: std::collections::BTreeMap<String, Spanned<NeedFile>>,
    pub(super) operations: Option<Spanned<Vec<String>>>,
    pub(super) audit: Option<Spanned<String>>,
    pub(super) audited: Option<bool>,
    pub(super) id: Option<Spanned<String>>,
    pub(super) table: Option<String>,
    pub(super) shares: Option<Spanned<String>>,
    pub(super) guards_access: Option<Spanned<String>>,
    pub(super) published: Option<bool>,
    pub(super) source: Option<Spanned<String>>,
    pub(super) base: Option<Spanned<String>>,
    #[serde(default, rename = "where")]
    pub(super) only: toml::Table,
    pub(super) owner: Option<Spanned<String>>,
    pub(super) private: Option<Spanned<String>>,
    pub(super) singleton: Option<String>,
    #[serde(default)]
    pub(super) personal: bool,
    pub(super) copied: Option<bool>,
    #[serde(default)]
    pub(super) stands_for: Vec<String>,
    #[serde(default)]
    pub(super) acts: bool,
    pub(super) scope: Option<Spanned<ScopeFile>>,
    #[serde(default)]
    pub(super) fixed: toml::Table,
    #[serde(default)]
    pub(super) xml: Vec<XmlFile>,
    #[serde(default)]
    pub(super) screen: Vec<Spanned<ScreenFile>>,
    #[serde(default)]
    pub(super) field: Vec<Spanned<FieldFile>>,
    #[serde(default)]
    pub(super) part: Vec<Spanned<PartFile>>,
}

/// One of the objects whose rows are put together.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartFile {
    pub(super) of: String,
    /// Another object whose rows stand beside those that name the same in the field `by`.
    pub(super) with: Option<String>,
    pub(super) by: Option<String>,
    /// Fields of the whole that the objects call otherwise.
    #[serde(default)]
    pub(super) fields: std::collections::BTreeMap<String, String>,
    /// Fields of the whole that have one word in all rows.
    #[serde(default)]
    pub(super) words: std::collections::BTreeMap<String, String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LabelFile {
    pub(super) one: String,
    pub(super) many: String,
}

/// What an operation or an action needs.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NeedFile {
    /// Rights of the object's own permission, or of another as `module.permission.right`.
    pub(super) rights: Vec<String>,
    pub(super) admin: Option<String>,
    #[serde(default)]
    pub(super) types: Vec<String>,
}

/// `scope = "server"`, or the fields by which rows are restricted.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum ScopeFile {
    Realm(String),
    Rows(RowsFile),
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowsFile {
    pub(super) entity: Option<String>,
    pub(super) location: Option<String>,
    pub(super) department: Option<String>,
    pub(super) territory: Option<String>,
    /// The user whose row it is.
    pub(super) own: Option<String>,
    /// Whether all see the row.
    pub(super) public: Option<String>,
    #[serde(default)]
    pub(super) transactions: bool,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct XmlFile {
    pub(super) name: String,
    /// Which of the object's writing operations this face has; all of them if nothing is said.
    pub(super) writes: Option<Vec<String>>,
    /// Names beyond those of the fields, each with the dotted name that it stands for.
    #[serde(default)]
    pub(super) fields: toml::Table,
    /// Names that clients ask for and that never have a value here.
    #[serde(default)]
    pub(super) empty: Vec<String>,
    /// Names that have the same value in every record.
    #[serde(default)]
    pub(super) always: toml::Table,
    /// Names of related objects, each with the reference that leads there.
    #[serde(default)]
    pub(super) relations: toml::Table,
    /// Names that are read from another field than the one that they write.
    #[serde(default)]
    pub(super) reads: toml::Table,
    /// Elements that lists stand in, such as `LOCATIONS.LOCATION`, each with the field that is the list.
    #[serde(default)]
    pub(super) lists: toml::Table,
    /// Other faces that may be asked for beside this one, each with its relation that leads back.
    #[serde(default)]
    pub(super) pairs: toml::Table,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScreenFile {
    pub(super) menu: String,
    pub(super) group: Option<String>,
    pub(super) name: Option<String>,
    pub(super) title: Option<String>,
    pub(super) one: Option<String>,
    pub(super) list: Vec<String>,
    #[serde(default, rename = "where")]
    pub(super) only: toml::Table,
    #[serde(default)]
    pub(super) codes: Vec<String>,
    #[serde(default)]
    pub(super) links: Vec<LinkFile>,
    #[serde(default)]
    pub(super) done: Option<String>,
    #[serde(default)]
    pub(super) verifies: bool,
    #[serde(default)]
    pub(super) section: Vec<SectionFile>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinkFile {
    pub(super) label: String,
    pub(super) to: String,
    pub(super) company: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SectionFile {
    pub(super) label: String,
    pub(super) fields: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldFile {
    pub(super) name: String,
    pub(super) column: Option<String>,
    pub(super) was: Option<String>,
    pub(super) xml: Option<String>,
    pub(super) label: String,
    pub(super) help: Option<String>,
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) choices: Vec<ChoiceFile>,
    pub(super) choices_from: Option<String>,
    /// Whether the XML gateway knows shared words by their labels, each word of them with a capital.
    #[serde(default)]
    pub(super) titles: bool,
    pub(super) from: Option<String>,
    pub(super) through: Option<String>,
    pub(super) by: Option<String>,
    pub(super) most: Option<usize>,
    pub(super) range: Option<(i64, i64)>,
    pub(super) default: Option<toml::Value>,
    #[serde(default)]
    pub(super) rules: Vec<String>,
    #[serde(default)]
    pub(super) shows: Vec<String>,
    #[serde(default)]
    pub(super) inline: Vec<String>,
    #[serde(default)]
    pub(super) accepts: Vec<String>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChoiceFile {
    pub(super) value: String,
    pub(super) xml: Option<String>,
    pub(super) code: Option<String>,
    pub(super) label: String,
}
