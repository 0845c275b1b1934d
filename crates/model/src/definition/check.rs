//! From files to definitions: everything that can be wrong with a declaration is found here.

use std::collections::BTreeMap;
use std::fmt;

use toml::Spanned;

use super::file::{ChoiceFile, FieldFile, ObjectFile, RowsFile, ScopeFile};
use super::link::link;
use super::{
    Audit, Definition, Field, FieldIndex, Guards, NeedWords, ObjectIndex, Operation, Realm,
    Restriction, Rule, Screen, Source as Rows, Was,
};
use crate::access::AdminLevel;
use crate::field_type::{Choice, FieldType};
use crate::value::{Scalar, Value};

/// What is wrong with a declaration, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The file as it was named to the loader.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The field or member it is about, if it is about one.
    pub field: Option<String>,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: ", self.file, self.line)?;
        if let Some(field) = &self.field {
            write!(f, "field {field}: ")?;
        }
        f.write_str(&self.reason)
    }
}

/// Lists of words that several fields share, by name.
pub type Shared = BTreeMap<String, Vec<String>>;

/// Definitions from declaration files, each `(file name, text)`.
///
/// # Errors
/// All that is wrong with all files.
pub fn load(files: &[(&str, &str)], shared: &Shared) -> Result<Vec<Definition>, Vec<Broken>> {
    let mut sources = Vec::new();
    let mut broken = Vec::new();
    for &(file, text) in files {
        match toml::from_str::<ObjectFile>(text) {
            Ok(image) => {
                let source = Source {
                    file,
                    text,
                    image,
                    stands: false,
                };
                let stands_for = source.stands_for();
                sources.push(source);
                sources.extend(stands_for);
            }
            Err(error) => broken.push(Broken {
                file: file.to_owned(),
                line: line_at(text, error.span().map_or(0, |span| span.start)),
                field: None,
                reason: error.message().to_owned(),
            }),
        }
    }
    if !broken.is_empty() {
        return Err(broken);
    }
    let acting: Vec<&Source<'_>> = sources.iter().filter(|s| s.image.acts).collect();
    let acting = match acting.as_slice() {
        [one] => one.image.name.get_ref().clone(),
        _ => {
            let source = acting.first().copied().or(sources.first());
            return Err(source.map_or_else(Vec::new, |s| {
                vec![
                    s.broken(
                        0,
                        None,
                        "exactly one object must say acts = true: the one whose records sign in"
                            .to_owned(),
                    ),
                ]
            }));
        }
    };
    let mut definitions = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        let index = ObjectIndex(u16::try_from(at).expect("fewer objects than 65536"));
        definitions.push(source.definition(index, &acting, shared, &mut broken));
    }
    share_tables(&sources, &mut definitions, &mut broken);
    link(&sources, &mut definitions, &mut broken);
    check_across(&sources, &definitions, &mut broken);
    check_former(&sources, &definitions, &mut broken);
    if broken.is_empty() {
        Ok(definitions)
    } else {
        Err(broken)
    }
}

/// A file on its way to a definition.
pub(super) struct Source<'a> {
    file: &'a str,
    text: &'a str,
    pub(super) image: ObjectFile,
    /// Whether the object has no file of its own.
    stands: bool,
}

impl<'a> Source<'a> {
    /// The objects that this file stands for: the same declaration under other names, in one table
    /// whose field `object` tells them.
    fn stands_for(&self) -> Vec<Source<'a>> {
        let other = |name: &String| {
            let mut image = self.image.clone();
            image.stands_for = Vec::new();
            image.shares = Some(self.image.name.clone());
            image.fixed =
                toml::Table::from_iter([("object".to_owned(), toml::Value::String(name.clone()))]);
            let span = self.image.name.span();
            image.name = Spanned::new(span, name.clone());
            image.label.one = super::label_of(name.rsplit('/').next().unwrap_or(name));
            Source {
                file: self.file,
                text: self.text,
                image,
                stands: true,
            }
        };
        self.image.stands_for.iter().map(other).collect()
    }
}

impl Source<'_> {
    pub(super) fn broken(&self, at: usize, field: Option<&str>, reason: String) -> Broken {
        Broken {
            file: self.file.to_owned(),
            line: line_at(self.text, at),
            field: field.map(str::to_owned),
            reason,
        }
    }

    fn definition(
        &self,
        index: ObjectIndex,
        acting: &str,
        shared: &Shared,
        broken: &mut Vec<Broken>,
    ) -> Definition {
        let image = &self.image;
        let name = image.name.get_ref().clone();
        let segment = name.rsplit('/').next().unwrap_or(&name).to_owned();
        let named_so = self.stands || self.file.ends_with(&format!("{name}.toml"));
        if name.split('/').count() != 2 || !named_so {
            broken.push(self.broken(
                image.name.span().start,
                None,
                format!("the name {name} must be application/object and match the file's path"),
            ));
        }
        let rows_from = match image.source.as_ref().map(|s| s.get_ref().as_str()) {
            None | Some("stored") => Rows::Stored,
            Some("catalogue") => Rows::Catalogue,
            Some("view") => Rows::View,
            Some(other) => {
                broken.push(self.broken(
                    span_of(image.source.as_ref()),
                    None,
                    format!("source is stored, catalogue or view, not {other}"),
                ));
                Rows::Stored
            }
        };
        let published = image.published.unwrap_or(true) && !self.stands;
        let (realm, rows) = match image.scope.as_ref().map(Spanned::get_ref) {
            None => (Realm::Company, None),
            Some(ScopeFile::Rows(rows)) => (Realm::Company, Some(rows)),
            Some(ScopeFile::Realm(word)) if word == "company" => (Realm::Company, None),
            Some(ScopeFile::Realm(word)) => {
                if word != "server" {
                    broken.push(self.broken(
                        self.scope_at(),
                        None,
                        format!("scope is company, server or a table of fields, not {word}"),
                    ));
                }
                (Realm::Server, None)
            }
        };
        let audit = match image.audit.as_ref().map(|a| a.get_ref().as_str()) {
            None | Some("full") => Audit::Full,
            Some("refs") => Audit::References,
            Some("none") => Audit::Hidden,
            Some(other) => {
                broken.push(self.broken(
                    span_of(image.audit.as_ref()),
                    None,
                    format!("audit is full, refs or none, not {other}"),
                ));
                Audit::Full
            }
        };
        let guards = match image.guards_access.as_ref().map(|a| a.get_ref().as_str()) {
            None => Guards::Nothing,
            Some("user") => Guards::User,
            Some("company" | "server") => Guards::Everyone,
            Some(other) => {
                broken.push(self.broken(
                    span_of(image.guards_access.as_ref()),
                    None,
                    format!("guards_access is user, company or server, not {other}"),
                ));
                Guards::Nothing
            }
        };
        let operations = image
            .operations
            .iter()
            .flat_map(Spanned::get_ref)
            .filter_map(|word| {
                let operation = Operation::named(word);
                if operation.is_none() {
                    broken.push(self.broken(span_of(image.operations.as_ref()), None, format!("there is no operation {word}; there are list, get, create, update, delete")));
                }
                operation
            })
            .collect();
        let needs = self.needs(broken);
        // The catalogue is the same for all companies, so it lives beside them.
        let realm = match rows_from {
            Rows::Catalogue => Realm::Server,
            Rows::Stored | Rows::View => realm,
        };
        let shows_key_as_id = (published || image.owner.is_some())
            && image.id.is_none()
            && image.field.iter().all(|field| field.get_ref().name != "id");
        let mut fields = implied(realm, audit, acting, shows_key_as_id);
        // Where a base calls it otherwise, a view's id still is the key.
        if let (Rows::View, Some(id)) = (rows_from, fields.iter_mut().find(|f| f.name == "id")) {
            id.from = Some("key".to_owned());
        }
        for spanned in &image.field {
            let at = FieldIndex(u16::try_from(fields.len()).expect("fewer fields than 65536"));
            match field(at, spanned.get_ref(), shared) {
                Ok(field) => {
                    if fields.iter().any(|other| other.name == field.name) {
                        broken.push(self.broken(
                            spanned.span().start,
                            Some(&field.name),
                            "is declared twice".to_owned(),
                        ));
                    }
                    fields.push(field);
                }
                Err(reason) => broken.push(self.broken(
                    spanned.span().start,
                    Some(&spanned.get_ref().name),
                    reason,
                )),
            }
        }
        let names: BTreeMap<String, FieldIndex> = fields
            .iter()
            .map(|field| (field.name.clone(), field.index))
            .collect();
        let id = match &image.id {
            None => names.get("id").copied(),
            Some(word) => {
                let id = names.get(word.get_ref()).copied();
                if id.is_none() {
                    broken.push(self.broken(
                        word.span().start,
                        None,
                        format!(
                            "id names the field {}, which is not declared",
                            word.get_ref()
                        ),
                    ));
                }
                id
            }
        };
        let restriction = rows.map_or_else(Restriction::default, |rows| {
            self.restriction(rows, &names, broken)
        });
        let private = image.private.as_ref().and_then(|word| {
            let private = names.get(word.get_ref()).copied();
            let says = private.map(|at| &fields[usize::from(at.0)].kind);
            if says != Some(&FieldType::Boolean) {
                broken.push(self.broken(
                    word.span().start,
                    Some(word.get_ref()),
                    "private names a boolean, and this is none".to_owned(),
                ));
            }
            private
        });
        let owner = image.owner.as_ref().and_then(|word| {
            let owner = names.get(word.get_ref()).copied();
            let refers = owner.is_some_and(|at| fields[usize::from(at.0)].kind.target().is_some());
            if !refers {
                broken.push(self.broken(
                    word.span().start,
                    Some(word.get_ref()),
                    "owner names a reference, and this is none".to_owned(),
                ));
            }
            owner
        });
        Definition {
            index,
            source: rows_from,
            base: index,
            only: Vec::new(),
            owner,
            keeps_list: false,
            private,
            singleton: image.singleton.clone(),
            personal: image.personal,
            copied: image.copied.unwrap_or(true),
            outside: self.stands,
            label: (image.label.one.clone(), image.label.many.clone()),
            help: image.help.clone(),
            realm,
            table: image
                .table
                .clone()
                .unwrap_or_else(|| segment.replace('-', "_")),
            home: index,
            fixed: Vec::new(),
            restriction,
            permission: image.permission.clone(),
            needs,
            operations,
            audit,
            guards,
            audited: image.audited.unwrap_or(true),
            published,
            xml: super::xml::faces(self, &fields, broken),
            screens: image
                .screen
                .iter()
                .map(|screen| Screen {
                    menu: screen.get_ref().menu.clone(),
                    list: screen.get_ref().list.clone(),
                })
                .collect(),
            fields,
            id,
            names,
            name,
        }
    }

    /// What operations and actions need; that the rights exist is looked at beside the catalogue.
    fn needs(&self, broken: &mut Vec<Broken>) -> Vec<NeedWords> {
        let own = &self.image.permission;
        let mut needs = Vec::new();
        for (what, spanned) in &self.image.needs {
            let said = spanned.get_ref();
            let admin = match said.admin.as_deref() {
                None => AdminLevel::Off,
                Some("limited") => AdminLevel::Limited,
                Some("full") => AdminLevel::Full,
                Some(other) => {
                    broken.push(self.broken(
                        spanned.span().start,
                        Some(what),
                        format!("admin is limited or full, not {other}"),
                    ));
                    AdminLevel::Full
                }
            };
            if said.rights.is_empty() {
                broken.push(self.broken(
                    spanned.span().start,
                    Some(what),
                    "needs no right, and everybody could do it".to_owned(),
                ));
            }
            let rights = said.rights.iter().map(|right| {
                if right.contains('.') {
                    right.clone()
                } else {
                    format!("{own}.{right}")
                }
            });
            needs.push(NeedWords {
                what: what.clone(),
                rights: rights.collect(),
                admin,
                types: said.types.clone(),
            });
        }
        needs
    }

    fn scope_at(&self) -> usize {
        span_of(self.image.scope.as_ref())
    }

    fn restriction(
        &self,
        rows: &RowsFile,
        names: &BTreeMap<String, FieldIndex>,
        broken: &mut Vec<Broken>,
    ) -> Restriction {
        let mut find = |what: &str, name: &Option<String>| {
            // A name with a dot leads to another record, which is looked at when all are known.
            let name = name
                .as_ref()
                .filter(|name| names.contains_key(*name) || !name.contains('.'))?;
            let index = names.get(name).copied();
            if index.is_none() {
                broken.push(self.broken(
                    self.scope_at(),
                    Some(name),
                    format!("scope.{what} names a field that is not declared"),
                ));
            }
            index
        };
        Restriction {
            entity: find("entity", &rows.entity),
            through: None,
            location: find("location", &rows.location),
            department: find("department", &rows.department),
            department_of: None,
            territory: find("territory", &rows.territory),
            transactions: rows.transactions,
        }
    }
}

fn share_tables(sources: &[Source<'_>], definitions: &mut [Definition], broken: &mut Vec<Broken>) {
    for (at, source) in sources.iter().enumerate() {
        for (name, value) in &source.image.fixed {
            let scalar = match value {
                toml::Value::String(text) => Scalar::Text(text.clone()),
                toml::Value::Boolean(yes) => Scalar::Boolean(*yes),
                other => Scalar::Text(other.to_string()),
            };
            let found = definitions[at]
                .named(name)
                .map(|field| (field.index, field.kind.accept(&scalar)));
            match found {
                Some((index, Ok(value))) => definitions[at].fixed.push((index, value)),
                Some((_, Err(unfit))) => broken.push(source.broken(
                    0,
                    Some(name),
                    format!("fixed: {}", unfit.sentence()),
                )),
                None => broken.push(source.broken(
                    0,
                    Some(name),
                    "fixed names a field that is not declared".to_owned(),
                )),
            }
        }
        let Some(home) = &source.image.shares else {
            continue;
        };
        let found = definitions
            .iter()
            .find(|other| other.name == *home.get_ref());
        match found.map(|other| (other.index, other.table.clone())) {
            Some((index, table)) => {
                definitions[at].home = index;
                definitions[at].table = table;
                if definitions[at].fixed.is_empty() {
                    broken.push(
                        source.broken(
                            home.span().start,
                            None,
                            "an object that shares a table needs [fixed], which tells its rows"
                                .to_owned(),
                        ),
                    );
                }
            }
            None => broken.push(source.broken(
                home.span().start,
                None,
                format!(
                    "shares the table of {}, which is not declared",
                    home.get_ref()
                ),
            )),
        }
    }
}

fn check_across(sources: &[Source<'_>], definitions: &[Definition], broken: &mut Vec<Broken>) {
    let mut columns: BTreeMap<(&str, &str), (&Field, &str)> = BTreeMap::new();
    for (source, definition) in sources.iter().zip(definitions) {
        if definition.source == Rows::View {
            continue;
        }
        let twice = definitions
            .iter()
            .filter(|d| d.table == definition.table && d.home == d.index && d.source != Rows::View)
            .count();
        if definition.home == definition.index && twice > 1 {
            broken.push(source.broken(
                0,
                None,
                format!(
                    "the table {} is used by another object too; say table or shares",
                    definition.table
                ),
            ));
        }
        for field in &definition.fields {
            let at = source.field_at(&field.name);
            let known = columns
                .entry((&definition.table, &field.column))
                .or_insert((field, source.file));
            if !same_storage(&known.0.kind, &field.kind) {
                broken.push(source.broken(
                    at,
                    Some(&field.name),
                    format!(
                        "its column {} is declared with another type in {}",
                        field.column, known.1
                    ),
                ));
            }
            let (FieldType::Reference(target)
            | FieldType::References(target)
            | FieldType::Owned(target)) = &field.kind
            else {
                continue;
            };
            let Some(target) = definitions.iter().find(|other| other.name == *target) else {
                broken.push(source.broken(
                    at,
                    Some(&field.name),
                    format!("refers to {target}, which is not declared"),
                ));
                continue;
            };
            for member in field.shows.iter().chain(&field.inline) {
                if target.named(member).is_none_or(|f| !f.is_visible()) {
                    broken.push(source.broken(
                        at,
                        Some(&field.name),
                        format!("shows {member}, which {} does not have", target.name),
                    ));
                }
            }
        }
        for (screen, spanned) in definition.screens.iter().zip(&source.image.screen) {
            for column in &screen.list {
                let head = column.split('.').next().unwrap_or(column);
                let known = definition
                    .named(column)
                    .or_else(|| definition.named(head))
                    .is_some()
                    || definition.has_group(head);
                if !known {
                    broken.push(source.broken(
                        spanned.span().start,
                        Some(column),
                        "is in a screen's list but not declared".to_owned(),
                    ));
                }
            }
        }
    }
}

/// Values move only out of a column that nobody declares any more.
fn check_former(sources: &[Source<'_>], definitions: &[Definition], broken: &mut Vec<Broken>) {
    for (source, definition) in sources.iter().zip(definitions) {
        for field in &definition.fields {
            let Some(was) = &field.was else {
                continue;
            };
            let table = was.table.as_ref().unwrap_or(&definition.table);
            let holder = definitions
                .iter()
                .filter(|d| d.source != Rows::View && d.table == *table)
                .find_map(|d| {
                    let holds = |f: &&Field| {
                        f.column == was.column || f.fold_column().as_ref() == Some(&was.column)
                    };
                    d.stored().find(holds).map(|f| (d, f))
                });
            let reason = if definition.source == Rows::View {
                "a view has no columns, so none was another".to_owned()
            } else if let Some((d, f)) = holder {
                format!(
                    "was {table}.{}, which still is the column of {} in {}",
                    was.column, f.name, d.name
                )
            } else {
                continue;
            };
            broken.push(source.broken(source.field_at(&field.name), Some(&field.name), reason));
        }
    }
}

impl Source<'_> {
    pub(super) fn field_at(&self, name: &str) -> usize {
        self.image
            .field
            .iter()
            .find(|field| field.get_ref().name == name)
            .map_or(0, |field| field.span().start)
    }
}

fn same_storage(one: &FieldType, other: &FieldType) -> bool {
    let sort = |kind: &FieldType| match kind {
        FieldType::Text { .. } | FieldType::Email | FieldType::Choice(_) => 0,
        FieldType::Boolean => 1,
        FieldType::Integer | FieldType::Date | FieldType::Moment => 2,
        FieldType::Decimal { scale, .. } => 100 + i32::from(*scale),
        FieldType::Bytes | FieldType::File => 3,
        FieldType::Key | FieldType::Reference(_) => 4,
        FieldType::References(_) => 5,
        FieldType::Words(_) => 6,
        FieldType::Owned(_) => 7,
    };
    sort(one) == sort(other)
}

/// The fields that every stored object has, in the order of the published contract's first and last ones.
fn implied(realm: Realm, audit: Audit, acting: &str, shows_key_as_id: bool) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut add = |name: &str, column: &str, label: &str, kind: FieldType, rules: &[Rule]| {
        let mut all = vec![Rule::ReadOnly];
        all.extend_from_slice(rules);
        fields.push(Field {
            index: FieldIndex(u16::try_from(fields.len()).expect("a handful")),
            name: name.to_owned(),
            column: column.to_owned(),
            was: None,
            kind,
            rules: all,
            default: Value::Null,
            label: label.to_owned(),
            help: None,
            xml: None,
            shows: Vec::new(),
            inline: Vec::new(),
            accepts: Vec::new(),
            from: None,
            list: None,
            by: None,
            most: None,
            range: None,
        });
    };
    let hidden: &[Rule] = if audit == Audit::Hidden {
        &[Rule::Internal]
    } else {
        &[]
    };
    let strings: &[Rule] = if audit == Audit::Full {
        &[Rule::Nullable, Rule::Deprecated]
    } else {
        &[Rule::Internal]
    };
    add("key", "key", "Record number", FieldType::Key, &[]);
    if shows_key_as_id {
        add("id", "key", "ID", FieldType::Key, &[]);
    }
    add(
        "version",
        "version",
        "Version",
        FieldType::Integer,
        &[Rule::Internal],
    );
    add(
        "audit.createdDateTime",
        "created_at",
        "Created",
        FieldType::Moment,
        hidden,
    );
    add(
        "audit.modifiedDateTime",
        "modified_at",
        "Modified",
        FieldType::Moment,
        hidden,
    );
    if realm == Realm::Company {
        let user = || FieldType::Reference(acting.to_owned());
        add(
            "audit.createdBy",
            "created_by",
            "Created by (key)",
            FieldType::Key,
            strings,
        );
        add(
            "audit.modifiedBy",
            "modified_by",
            "Modified by (key)",
            FieldType::Key,
            strings,
        );
        add(
            "audit.createdByUser",
            "created_by",
            "Created by",
            user(),
            hidden,
        );
        add(
            "audit.modifiedByUser",
            "modified_by",
            "Modified by",
            user(),
            hidden,
        );
    }
    fields
}

fn field(index: FieldIndex, image: &FieldFile, shared: &Shared) -> Result<Field, String> {
    let kind = field_type(image, shared)?;
    let rules = image
        .rules
        .iter()
        .map(|word| rule(word))
        .collect::<Result<Vec<_>, _>>()?;
    if image.name.is_empty() || !image.name.split('.').all(is_name) {
        return Err("a name is letters and digits, with dots between groups".to_owned());
    }
    let default = match &image.default {
        None => Value::Null,
        Some(toml::Value::Array(list)) => {
            let scalars = list.iter().map(scalar).collect::<Result<Vec<_>, _>>()?;
            kind.accept_words(&scalars)
                .map_err(|unfit| format!("its default {}", unfit.sentence()))?
        }
        Some(value) => kind
            .accept(&scalar(value)?)
            .map_err(|unfit| format!("its default {}", unfit.sentence()))?,
    };
    let references = matches!(kind, FieldType::Reference(_) | FieldType::References(_));
    let shows_members = !image.shows.is_empty() || !image.inline.is_empty();
    if shows_members && !references {
        return Err("only references can show members of a target".to_owned());
    }
    if rules.contains(&Rule::Fold) && !kind.is_textual() {
        return Err("only text can be folded".to_owned());
    }
    let owned = matches!(kind, FieldType::Owned(_));
    if !owned && (image.by.is_some() || image.most.is_some() || rules.contains(&Rule::Replaced)) {
        return Err("by, most and replaced are for owned lists".to_owned());
    }
    if image.range.is_some() && kind != FieldType::Integer {
        return Err("only whole numbers have a range".to_owned());
    }
    if image.through.is_some() && !matches!(kind, FieldType::References(_)) {
        return Err("only a list of references is kept through another object".to_owned());
    }
    let column = image.column.clone().unwrap_or_else(|| snake(&image.name));
    let was = match &image.was {
        None => None,
        Some(_) if image.from.is_some() || owned || matches!(kind, FieldType::References(_)) => {
            return Err("only a field with a column of its own was another column".to_owned());
        }
        Some(text) => Some(was(text, &column)?),
    };
    Ok(Field {
        index,
        column,
        was,
        name: image.name.clone(),
        kind,
        rules,
        default,
        label: image.label.clone(),
        help: image.help.clone(),
        xml: image.xml.clone(),
        shows: image.shows.clone(),
        inline: image.inline.clone(),
        accepts: image.accepts.clone(),
        from: image.from.clone(),
        list: None,
        by: None,
        most: image.most,
        range: image.range,
    })
}

/// `old_column`, or `old_table.old_column`.
fn was(text: &str, column: &str) -> Result<Was, String> {
    let (table, old) = match text.split_once('.') {
        Some((table, old)) => (Some(table), old),
        None => (None, text),
    };
    let named = |part: &str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if !named(old) || !table.is_none_or(named) {
        return Err(format!(
            "was is column or table.column, as the database calls them, not {text}"
        ));
    }
    if table.is_none() && old == column {
        return Err(format!("was {old}, which still is its column"));
    }
    Ok(Was {
        table: table.map(str::to_owned),
        column: old.to_owned(),
    })
}

fn scalar(value: &toml::Value) -> Result<Scalar, String> {
    Ok(match value {
        toml::Value::String(text) => Scalar::Text(text.clone()),
        toml::Value::Boolean(yes) => Scalar::Boolean(*yes),
        toml::Value::Integer(number) => Scalar::Number(number.to_string()),
        other => return Err(format!("a value cannot be {other}")),
    })
}

/// The choices that a field writes out or takes from the shared lists.
fn choices(image: &FieldFile, shared: &Shared) -> Result<Vec<Choice>, String> {
    if image.titles && image.choices_from.is_none() {
        return Err("titles are of shared words".to_owned());
    }
    if let Some(name) = &image.choices_from {
        let words = shared
            .get(name)
            .ok_or_else(|| format!("there is no shared list of words {name}"))?;
        let choice = |word: &String| Choice {
            value: word.clone(),
            xml: image.titles.then(|| super::title_of(word)),
            code: None,
            label: super::label_of(word),
        };
        return Ok(words.iter().map(choice).collect());
    }
    let choice = |choice: &ChoiceFile| Choice {
        value: choice.value.clone(),
        xml: choice.xml.clone(),
        code: choice.code.clone(),
        label: choice.label.clone(),
    };
    Ok(image.choices.iter().map(choice).collect())
}

fn field_type(image: &FieldFile, shared: &Shared) -> Result<FieldType, String> {
    let (word, argument) = match image.kind.split_once([' ', '(']) {
        Some((word, rest)) => (word, Some(rest.trim_end_matches(')'))),
        None => (image.kind.as_str(), None),
    };
    let choices = choices(image, shared)?;
    if !matches!(word, "choice" | "words") && !choices.is_empty() {
        return Err("only a choice has choices".to_owned());
    }
    let number = |what: &str| {
        argument
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| format!("{word} needs {what} in parentheses"))
    };
    let target = || {
        argument
            .map(str::to_owned)
            .ok_or_else(|| format!("{word} needs the name of an object"))
    };
    Ok(match word {
        "text" => FieldType::Text {
            max: number("its most characters")?,
        },
        "email" => FieldType::Email,
        "boolean" => FieldType::Boolean,
        "integer" => FieldType::Integer,
        "decimal" | "number" => FieldType::Decimal {
            scale: u8::try_from(number("its places")?).map_err(|_| "too many places".to_owned())?,
            bare: word == "number",
        },
        "date" => FieldType::Date,
        "moment" => FieldType::Moment,
        "bytes" => FieldType::Bytes,
        "file" => FieldType::File,
        "key" => FieldType::Key,
        "ref" => FieldType::Reference(target()?),
        "refs" => FieldType::References(target()?),
        "owned" => FieldType::Owned(target()?),
        "words" => FieldType::Words(choices),
        "choice" if choices.is_empty() => return Err("a choice needs choices".to_owned()),
        "choice" => FieldType::Choice(choices),
        other => return Err(format!("there is no type {other}")),
    })
}

fn rule(word: &str) -> Result<Rule, String> {
    Ok(match word {
        "required" => Rule::Required,
        "unique" => Rule::Unique,
        "fixed" => Rule::Fixed,
        "read-only" => Rule::ReadOnly,
        "nullable" => Rule::Nullable,
        "fold" => Rule::Fold,
        "deprecated" => Rule::Deprecated,
        "secret" => Rule::Secret,
        "internal" => Rule::Internal,
        "indexed" => Rule::Indexed,
        "replaced" => Rule::Replaced,
        other => return Err(format!("there is no rule {other}")),
    })
}

fn is_name(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_alphabetic())
        && part.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// `webServices.isRestricted` as `web_services_is_restricted`, `URL1` as `url1`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut previous = '.';
    for c in name.chars() {
        if c == '.' {
            out.push('_');
        } else if c.is_ascii_uppercase() {
            if previous.is_ascii_lowercase() || previous.is_ascii_digit() {
                out.push('_');
            }
            out.push(c.to_ascii_lowercase());
        } else {
            out.push(c);
        }
        previous = c;
    }
    out
}

pub(super) fn span_of<T>(spanned: Option<&Spanned<T>>) -> usize {
    spanned.map_or(0, |s| s.span().start)
}

fn line_at(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())]
        .iter()
        .filter(|b| **b == b'\n')
        .count()
        + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERSON: &str = r#"
name = "a/person"
acts = true
label = { one = "Person", many = "People" }
[[field]]
name = "id"
label = "ID"
type = "text(20)"
rules = ["required", "unique", "fixed", "fold"]
"#;

    fn reasons(text: &str) -> Vec<String> {
        match load(
            &[("a/person.toml", PERSON), ("a/thing.toml", text)],
            &Shared::new(),
        ) {
            Ok(_) => Vec::new(),
            Err(broken) => broken.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn a_broken_declaration_names_file_line_field_and_reason() {
        let head = "name = \"a/thing\"\nlabel = { one = \"Thing\", many = \"Things\" }\n";
        let cases = [
            ("label = 3", "a/thing.toml:1: "),
            (
                &format!("{head}colour = 1\n"),
                "a/thing.toml:3: unknown field `colour`",
            ),
            (
                &format!("{head}[[field]]\nname = \"x\"\nlabel = \"X\"\ntype = \"texte\"\n"),
                "a/thing.toml:3: field x: there is no type texte",
            ),
            (
                &format!("{head}[[field]]\nname = \"x\"\nlabel = \"X\"\ntype = \"ref a/nobody\"\n"),
                "a/thing.toml:3: field x: refers to a/nobody, which is not declared",
            ),
            (
                &format!(
                    "{head}[[field]]\nname = \"p\"\nlabel = \"P\"\ntype = \"ref a/person\"\nshows = [\"age\"]\n"
                ),
                "a/thing.toml:3: field p: shows age, which a/person does not have",
            ),
            (
                &format!(
                    "{head}[[field]]\nname = \"x\"\nlabel = \"X\"\ntype = \"boolean\"\ndefault = \"yes\"\n"
                ),
                "a/thing.toml:3: field x: its default must be true or false, not text",
            ),
            (
                &format!(
                    "{head}[[field]]\nname = \"x\"\nlabel = \"X\"\ntype = \"boolean\"\nrules = [\"unik\"]\n"
                ),
                "a/thing.toml:3: field x: there is no rule unik",
            ),
            (
                &format!(
                    "{head}[[field]]\nname = \"x\"\nlabel = \"X\"\ntype = \"boolean\"\nwas = \"anOld.y\"\n"
                ),
                "a/thing.toml:3: field x: was is column or table.column, as the database calls them, not anOld.y",
            ),
            (
                &format!(
                    "{head}[[field]]\nname = \"x\"\nlabel = \"X\"\ntype = \"boolean\"\nwas = \"x\"\n"
                ),
                "a/thing.toml:3: field x: was x, which still is its column",
            ),
            (
                &format!(
                    "{head}[[field]]\nname = \"x\"\nlabel = \"X\"\ntype = \"text(20)\"\nwas = \"person.id_fold\"\n"
                ),
                "a/thing.toml:3: field x: was person.id_fold, which still is the column of id in a/person",
            ),
            (
                &format!(
                    "{head}[[field]]\nname = \"x\"\nlabel = \"X\"\ntype = \"refs a/person\"\nwas = \"y\"\n"
                ),
                "a/thing.toml:3: field x: only a field with a column of its own was another column",
            ),
            (
                &format!("{head}[scope]\nentity = \"entity\"\n"),
                "a/thing.toml:3: field entity: scope.entity names a field that is not declared",
            ),
            (
                &format!("{head}operations = [\"list\", \"fly\"]\n"),
                "a/thing.toml:3: there is no operation fly",
            ),
            (
                &format!("{head}[[screen]]\nmenu = \"m\"\nlist = [\"nope\"]\n"),
                "a/thing.toml:3: field nope: is in a screen's list but not declared",
            ),
        ];
        for (text, wanted) in cases {
            let found = reasons(text);
            assert!(
                found.iter().any(|reason| reason.starts_with(wanted)),
                "wanted {wanted}, found {found:?}"
            );
        }
    }

    #[test]
    fn a_field_says_what_its_column_was() {
        let text = "name = \"a/thing\"\nlabel = { one = \"T\", many = \"T\" }\n[[field]]\nname = \"x\"\nlabel = \"X\"\ntype = \"boolean\"\nwas = \"y\"\n[[field]]\nname = \"z\"\nlabel = \"Z\"\ntype = \"boolean\"\nwas = \"person.z\"\n";
        let files = [("a/person.toml", PERSON), ("a/thing.toml", text)];
        let definitions = load(&files, &Shared::new()).expect("whole declarations");
        let was = |name| definitions[1].named(name).and_then(|f| f.was.clone());
        let former = |table: Option<&str>, column: &str| {
            Some(Was {
                table: table.map(str::to_owned),
                column: column.to_owned(),
            })
        };
        assert_eq!(was("x"), former(None, "y"));
        assert_eq!(was("z"), former(Some("person"), "z"));
        assert_eq!(was("key"), None);
    }

    #[test]
    fn one_table_has_one_type_for_a_column() {
        let text = "name = \"a/thing\"\nlabel = { one = \"T\", many = \"T\" }\nshares = \"a/person\"\n[fixed]\nid = \"x\"\n[[field]]\nname = \"id\"\nlabel = \"ID\"\ntype = \"boolean\"\n";
        assert!(
            reasons(text)
                .iter()
                .any(|r| r.contains("declared with another type in a/person.toml"))
        );
    }

    #[test]
    fn columns_are_snake_case() {
        assert_eq!(
            snake("webServices.isRestricted"),
            "web_services_is_restricted"
        );
        assert_eq!(snake("URL1"), "url1");
        assert_eq!(snake("sso.isSSOEnabled"), "sso_is_ssoenabled");
    }
}
