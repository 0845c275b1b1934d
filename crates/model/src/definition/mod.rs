//! A business object as declared: the one place that every door, the planner and the store ask.

mod across;
mod check;
mod field;
mod file;
mod link;
mod xml;

use std::collections::BTreeMap;

use crate::access::AdminLevel;
use crate::field_type::{FieldType, Unfit};
use crate::text::has_control;
use crate::value::{RecordKey, Scalar, Value};

pub use check::{Broken, Shared, load};

/// The place of an object in its registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectIndex(pub u16);

/// The place of a field in its definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldIndex(pub u16);

impl FieldIndex {
    /// The key field stands first in every definition.
    pub const KEY: Self = Self(0);
}

/// The application that Sidegate's own objects belong to.
pub const OUR_APPLICATION: &str = "sidegate";

/// What can be done to an object as a whole; each object answers exactly its documented ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operation {
    /// References to all records.
    List,
    /// One record whole.
    Get,
    /// A new record.
    Create,
    /// A changed record.
    Update,
    /// A record gone.
    Delete,
}

impl Operation {
    /// All of them, with their words in declarations and the rights that they need where nothing else
    /// is declared.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::List, "list", "list"),
        (Self::Get, "get", "view"),
        (Self::Create, "create", "add"),
        (Self::Update, "update", "edit"),
        (Self::Delete, "delete", "delete"),
    ];

    /// The operation of a word.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        let found = Self::ALL.into_iter().find(|(_, known, _)| *known == word);
        found.map(|(operation, ..)| operation)
    }

    /// Its word in declarations.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    /// The right that it needs where nothing else is declared.
    #[must_use]
    pub fn right(self) -> &'static str {
        Self::ALL[self as usize].2
    }
}

/// What an operation or action of an object needs, where it is not the right of its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedWords {
    /// The operation's or the action's word.
    pub what: String,
    /// All of these, as `module.permission.right`.
    pub rights: Vec<String>,
    /// At least these admin privileges.
    pub admin: AdminLevel,
    /// One of these user types; any where there are none.
    pub types: Vec<String>,
}

/// Where records live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Realm {
    /// In a company; its key leads every key, index and statement.
    Company,
    /// Beside all companies.
    Server,
}

/// Where the rows of an object come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A table of its own, or one that it shares.
    Stored,
    /// The catalogue that comes with Sidegate, the same for all companies; read-only.
    Catalogue,
    /// Rows of another object, some of them and differently named; read-only.
    View,
    /// Rows of several objects put together; read-only.
    Union,
}

impl Source {
    /// Whether the declarations derive a table for it.
    #[must_use]
    pub fn has_table(self) -> bool {
        matches!(self, Self::Stored | Self::Catalogue)
    }
}

/// One of the objects whose rows are put together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The object.
    pub of: ObjectIndex,
    /// Another object whose rows stand beside those that name the same record: it, the field of the
    /// first, and its own.
    pub with: Option<(ObjectIndex, FieldIndex, FieldIndex)>,
    /// Where each field of the whole comes from.
    pub columns: Vec<PartColumn>,
}

/// Where a field of rows that are put together comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartColumn {
    /// A field of the part's object.
    Of(FieldIndex),
    /// A field of the one beside it.
    With(FieldIndex),
    /// The same in all rows of the part.
    Word(String),
    /// No value.
    Nothing,
}

/// How the audit group of an object is published. All stored objects keep the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audit {
    /// With the deprecated strings `createdBy` and `modifiedBy` beside the references.
    Full,
    /// References only.
    References,
    /// Not at all.
    Hidden,
}

/// Whose access version a write raises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guards {
    /// Nobody's.
    Nothing,
    /// The user's that the record is or names in its field `user`.
    User,
    /// Everybody's in the company, or on the server for server-scope objects.
    Everyone,
}

/// A declared rule of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Rule {
    /// Must have a value.
    Required,
    /// No two records of a company share it; with `Fold` without regard to case.
    Unique,
    /// Cannot change after the record is saved.
    Fixed,
    /// Written by the system only.
    ReadOnly,
    /// An explicit null may be sent.
    Nullable,
    /// Also stored without regard to case.
    Fold,
    /// Published for old clients; new ones should use something else.
    Deprecated,
    /// Can be written, never selected, filtered, sorted, exported or audited by value.
    Secret,
    /// Stored, and known to no door.
    Internal,
    /// Looked up often: gets an index.
    Indexed,
    /// An owned list whose items are sent without keys: the list sent replaces the one before.
    Replaced,
}

/// One field of an object.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its place in the definition.
    pub index: FieldIndex,
    /// Dotted name, for example `webServices.isRestricted`.
    pub name: String,
    /// The column that stores it; several fields may show one column.
    pub column: String,
    /// Where an older version kept it; tells the schema's diff where its values are.
    pub was: Option<Was>,
    /// What it holds.
    pub kind: FieldType,
    /// Its declared rules.
    pub rules: Vec<Rule>,
    /// The value of a new record that was not given one.
    pub default: Value,
    /// What people read beside it.
    pub label: String,
    /// A sentence where a rule is not obvious.
    pub help: Option<String>,
    /// Its name in the XML gateway.
    pub xml: Option<String>,
    /// For references: members of the target that are shown beside `key`, `id` and `href`.
    pub shows: Vec<String>,
    /// For references: members of the target that are shown and can be written through this field.
    pub inline: Vec<String>,
    /// Other spellings accepted on input.
    pub accepts: Vec<String>,
    /// Where it is read from instead of a column of its own: in a view the dotted name in its base, in
    /// a stored object a dotted name through a reference.
    pub from: Option<String>,
    /// For whole numbers: the least and the greatest.
    pub range: Option<(i64, i64)>,
    /// For lists of references: where they are kept.
    pub list: Option<ListTable>,
    /// For owned lists: the field of the other object that names this record.
    pub by: Option<FieldIndex>,
    /// For owned lists: the most items.
    pub most: Option<usize>,
}

/// The column that held a field before it got the one it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Was {
    /// The table, if it is another one.
    pub table: Option<String>,
    /// The column.
    pub column: String,
}

/// Where a list of references is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListTable {
    /// The table.
    pub table: String,
    /// The column that names the record whose list it is.
    pub owner: String,
    /// The column that orders it.
    pub place: String,
    /// The column that names what is listed.
    pub target: String,
    /// The object that the rows are records of, where they are.
    pub through: Option<Through>,
}

/// The object that keeps a list, and its two references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Through {
    /// The object.
    pub object: ObjectIndex,
    /// Names the record whose list it is.
    pub owner: FieldIndex,
    /// Names what is listed.
    pub target: FieldIndex,
}

impl Field {
    /// Whether the field has a rule.
    #[must_use]
    pub fn is(&self, rule: Rule) -> bool {
        self.rules.contains(&rule)
    }

    /// Whether doors may show it.
    #[must_use]
    pub fn is_visible(&self) -> bool {
        !self.is(Rule::Secret) && !self.is(Rule::Internal)
    }

    /// The value that a scalar means when it is written. What names a record stands on one line.
    ///
    /// # Errors
    /// Says what would fit.
    pub fn accept(&self, given: &Scalar) -> Result<Value, Unfit> {
        let value = self.kind.accept(given)?;
        if let (Some((least, most)), Value::Integer(number)) = (self.range, &value)
            && !(least..=most).contains(number)
        {
            return Err(Unfit::Range { least, most });
        }
        let broken = |text: &str| self.is(Rule::Unique) && has_control(text.trim(), false);
        if value.as_text().is_some_and(broken) {
            return Err(Unfit::Control);
        }
        Ok(value)
    }

    /// Whether a new record needs it in the request: it is required and no default fills it.
    #[must_use]
    pub fn must_be_sent(&self) -> bool {
        self.is(Rule::Required) && self.default.is_null()
    }

    /// Where it stands in a request, by its name: `/webServices/isRestricted`.
    #[must_use]
    pub fn place(&self) -> String {
        format!("/{}", self.name.replace('.', "/"))
    }

    /// Whether the system writes it with every change: the version, when, and by whom.
    #[must_use]
    pub fn is_stamp(&self) -> bool {
        self.name == "version" || self.name.starts_with("audit.")
    }

    /// Whether it is a list of references, stored in a table of its own.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self.kind, FieldType::References(_))
    }

    /// In a view: the dotted name in its base.
    #[must_use]
    pub fn in_base(&self) -> &str {
        self.from.as_deref().unwrap_or(&self.name)
    }

    /// Whether it is an owned list, whose items are records of another object.
    #[must_use]
    pub fn is_owned(&self) -> bool {
        matches!(self.kind, FieldType::Owned(_))
    }

    /// The column of the same text without regard to case, if there is one.
    #[must_use]
    pub fn fold_column(&self) -> Option<String> {
        self.is(Rule::Fold).then(|| format!("{}_fold", self.column))
    }
}

/// An object as the XML gateway shows it.
#[derive(Clone, Debug)]
pub struct XmlFace {
    /// For example `USERINFO`.
    pub name: String,
    /// Its fields, the record's number first.
    pub fields: Vec<XmlField>,
    /// Names that clients ask for and that never have a value here.
    pub empty: Vec<String>,
    /// Names that have the same value in every record, with that value.
    pub always: Vec<(String, String)>,
    /// Names of related objects, each with the dotted name of the reference that leads there.
    pub relations: Vec<(String, String)>,
    /// The elements that lists stand in where they are not one text, the outer and the one around each
    /// item joined by a dot, each with the field that is the list.
    pub lists: Vec<(String, String)>,
    /// Names of other faces whose records name one of this object each: a query may ask for them beside
    /// it, with one row for each. With each the relation of the other face that leads back.
    pub pairs: Vec<(String, String)>,
    /// The writing operations that it has.
    pub writes: Vec<Operation>,
}

/// A field as the XML gateway shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlField {
    /// For example `CONTACTINFO.CONTACTNAME`.
    pub name: String,
    /// The dotted name that it stands for, perhaps of a field that no other door knows. A reference
    /// stands for what people type; a list of references for what each of them is.
    pub path: String,
    /// The dotted name that it is read from, where that is another one.
    pub read: Option<String>,
}

impl XmlFace {
    /// The field of a name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&XmlField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// All names that a record has, those that begin alike together.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let fields = self.fields.iter().map(|field| field.name.as_str());
        let always = self.always.iter().map(|(name, _)| name.as_str());
        let empty = self.empty.iter().map(String::as_str);
        grouped(fields.chain(always).chain(empty).collect(), |name| name)
    }
}

/// What is named, in order, but what stands in one group of names (`MAILADDRESS.CITY`) together.
fn grouped<T>(mut named: Vec<T>, name: impl Fn(&T) -> &str) -> Vec<T> {
    let mut groups: Vec<String> = Vec::new();
    for item in &named {
        for (at, _) in name(item).match_indices('.') {
            let group = &name(item)[..at];
            if groups.iter().all(|known| known != group) {
                groups.push(group.to_owned());
            }
        }
    }
    for group in &groups {
        let inside = |item: &T| {
            let rest = name(item).strip_prefix(group.as_str());
            rest.is_some_and(|rest| rest.starts_with('.'))
        };
        let Some(first) = named.iter().position(inside) else {
            continue;
        };
        let (together, mut rest): (Vec<T>, Vec<T>) = named.into_iter().partition(inside);
        let after = rest.split_off(first);
        rest.extend(together);
        rest.extend(after);
        named = rest;
    }
    named
}

/// A page of the console over an object.
#[derive(Clone, Debug)]
pub struct Screen {
    /// Where the menu has it, for example `company/admin`.
    pub menu: String,
    /// The heading that it stands under in the menu, if it does.
    pub group: Option<String>,
    /// Its word in addresses, for example `web-services-users`; no two screens share one.
    pub name: String,
    /// What people call its records, one and many.
    pub label: (String, String),
    /// The columns of its list.
    pub list: Vec<String>,
    /// What all of its records have, and what a new one gets: fields with their values.
    pub only: Vec<(String, Scalar)>,
    /// Columns of choices that show the word of the XML gateway and not the label.
    pub codes: Vec<String>,
    /// Columns that lead to further pages of a record.
    pub links: Vec<ScreenLink>,
    /// The page that *Done* leads to.
    pub done: String,
    /// Whether whoever changes a record proves herself with her own password.
    pub verifies: bool,
    /// The parts of its form, each with a heading and its fields.
    pub sections: Vec<(String, Vec<String>)>,
}

/// A column of a list that leads to a further page of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenLink {
    /// What the column is called.
    pub label: String,
    /// The page's word in addresses.
    pub to: String,
    /// The permission type of the companies that have it; all where there is none.
    pub company: Option<String>,
}

/// By which of its own fields the rows of an object are restricted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Restriction {
    /// Rows of one entity; an empty field is shared by all.
    pub entity: Option<FieldIndex>,
    /// Rows that belong where the record belongs that this field names.
    pub through: Option<FieldIndex>,
    /// Rows of one location.
    pub location: Option<FieldIndex>,
    /// Rows of one department.
    pub department: Option<FieldIndex>,
    /// Rows of the department of the record that this field names.
    pub department_of: Option<FieldIndex>,
    /// Rows of one territory.
    pub territory: Option<FieldIndex>,
    /// Rows of one user, which she sees and changes whatever else is restricted. Administrators do the
    /// same with those of others, unless the object has public rows.
    pub own: Option<FieldIndex>,
    /// The field that says whether all see a row of one user; administrators change such rows too.
    pub public: Option<FieldIndex>,
    /// Whether rows of other departments are hidden only from those for whom they are to be hidden;
    /// others see them, but do not change them.
    pub transactions: bool,
}

impl Restriction {
    /// Whether rows can be out of sight at all.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.through.is_some() || self.is_by_itself()
    }

    /// Whether rows can be out of sight for what they hold themselves.
    #[must_use]
    pub fn is_by_itself(&self) -> bool {
        let fields = [
            self.entity,
            self.location,
            self.department,
            self.department_of,
            self.territory,
        ];
        fields.iter().any(Option::is_some)
    }
}

/// One business object.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its place in the registry.
    pub index: ObjectIndex,
    /// `application/object`, as in REST paths and queries.
    pub name: String,
    /// What people call one and many.
    pub label: (String, String),
    /// A sentence about it.
    pub help: Option<String>,
    /// Where its records live.
    pub realm: Realm,
    /// Where its rows come from.
    pub source: Source,
    /// The object whose rows a view shows; itself for others.
    pub base: ObjectIndex,
    /// Where rows are put together: of what. What a later part has in common with the first is left out.
    pub parts: Vec<Part>,
    /// In a view: fields of the base, each with the values that its rows have one of.
    pub only: Vec<(FieldIndex, Vec<Value>)>,
    /// For an owned object: the field that names its owner.
    pub owner: Option<FieldIndex>,
    /// Whether it keeps a list of references of another object.
    pub keeps_list: bool,
    /// For entities: the field that says whether one is private.
    pub private: Option<FieldIndex>,
    /// The word that addresses its one record, if it has only one.
    pub singleton: Option<String>,
    /// Whether its records are of persons, so that changes show in the advanced audit history.
    pub personal: bool,
    /// Whether a copy of a company takes its records along.
    pub copied: bool,
    /// Whether it stands for an object that Sidegate does not hold: naming a record makes it.
    pub outside: bool,
    /// The table that stores it, and the name of its key counter and change number.
    pub table: String,
    /// The object whose table this one shares; itself for most.
    pub home: ObjectIndex,
    /// Fields whose value tells this object's rows from others in a shared table.
    pub fixed: Vec<(FieldIndex, Value)>,
    /// By which fields rows are restricted.
    pub restriction: Restriction,
    /// The permission that guards it, as `module.name`.
    pub permission: String,
    /// What its operations and actions need, where it is not the right of their name.
    pub needs: Vec<NeedWords>,
    /// The operations it answers.
    pub operations: Vec<Operation>,
    /// How its audit group is published.
    pub audit: Audit,
    /// Whose access a write may change.
    pub guards: Guards,
    /// Whether writes leave entries in the audit trail.
    pub audited: bool,
    /// Whether any door publishes it.
    pub published: bool,
    /// Its names in the XML gateway.
    pub xml: Vec<XmlFace>,
    /// Its pages in the console.
    pub screens: Vec<Screen>,
    /// All fields, the key first.
    pub fields: Vec<Field>,
    /// The field that people type to name a record.
    pub id: Option<FieldIndex>,
    names: BTreeMap<String, FieldIndex>,
}

impl Definition {
    /// The field at a place.
    #[must_use]
    pub fn field(&self, index: FieldIndex) -> &Field {
        &self.fields[usize::from(index.0)]
    }

    /// The field of a dotted name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Field> {
        self.names.get(name).map(|index| self.field(*index))
    }

    /// The field that an input calls so: its name or another accepted spelling.
    #[must_use]
    pub fn input_named(&self, name: &str) -> Option<&Field> {
        self.named(name).or_else(|| {
            self.fields
                .iter()
                .find(|field| field.accepts.iter().any(|other| other == name))
        })
    }

    /// Whether some field's name begins with this group.
    #[must_use]
    pub fn has_group(&self, group: &str) -> bool {
        let inside = |name: &String| {
            name.strip_prefix(group)
                .is_some_and(|rest| rest.starts_with('.'))
        };
        self.fields
            .iter()
            .filter(|field| !field.is(Rule::Internal))
            .any(|field| inside(&field.name) || field.accepts.iter().any(inside))
    }

    /// The last segment of the name.
    #[must_use]
    pub fn segment(&self) -> &str {
        self.name.rsplit('/').next().unwrap_or(&self.name)
    }

    /// Whether it is Sidegate's own and not one of the vendor's: published apart from those.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.name
            .strip_prefix(OUR_APPLICATION)
            .is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether an operation is documented for it.
    #[must_use]
    pub fn answers(&self, operation: Operation) -> bool {
        self.operations.contains(&operation)
    }

    /// The key of the record that a path names so.
    #[must_use]
    pub fn key_of(&self, text: &str) -> Option<RecordKey> {
        match &self.singleton {
            Some(word) => RecordKey::new(1).filter(|_| word == text),
            None => RecordKey::parse(text),
        }
    }

    /// How a path names a record.
    #[must_use]
    pub fn key_text(&self, key: RecordKey) -> String {
        self.singleton.clone().unwrap_or_else(|| key.to_string())
    }

    /// Where one record is found, without host or version.
    #[must_use]
    pub fn href(&self) -> String {
        format!("/objects/{}/", self.name)
    }

    /// The fields stored in columns of this object's own, each column once.
    pub fn stored(&self) -> impl Iterator<Item = &Field> {
        self.fields
            .iter()
            .enumerate()
            .filter_map(move |(at, field)| {
                let first = self.fields[..at]
                    .iter()
                    .all(|other| other.column != field.column);
                let apart = field.is_list() || field.is_owned() || field.from.is_some();
                (first && !apart).then_some(field)
            })
    }

    /// The lists of references, each with where it is kept.
    pub fn lists(&self) -> impl Iterator<Item = (&Field, &ListTable)> {
        self.fields
            .iter()
            .filter_map(|field| Some((field, field.list.as_ref()?)))
    }

    /// The owned lists.
    pub fn owned(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| field.is_owned())
    }
}

/// What people read for a word such as `accountsPayable` or `price-list`: "Accounts payable".
#[must_use]
pub fn label_of(word: &str) -> String {
    let mut label = String::new();
    let mut previous = ' ';
    for c in word.chars() {
        let begins = c.is_ascii_uppercase() && previous.is_ascii_lowercase();
        if c == '-' || begins {
            label.push(' ');
        }
        if label.is_empty() {
            label.push(c.to_ascii_uppercase());
        } else if begins {
            label.push(c.to_ascii_lowercase());
        } else if c != '-' {
            label.push(c);
        }
        previous = c;
    }
    label
}

/// What the XML gateway calls a word such as `accountsPayable`: "Accounts Payable".
#[must_use]
pub fn title_of(word: &str) -> String {
    let mut title = String::new();
    let mut begins = true;
    for c in label_of(word).chars() {
        if begins {
            title.extend(c.to_uppercase());
        } else {
            title.push(c);
        }
        begins = c == ' ';
    }
    title
}
