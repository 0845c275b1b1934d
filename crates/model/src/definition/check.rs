//! From files to definitions: everything that can be wrong with a declaration is found here.

use std::collections::BTreeMap;
use std::fmt;

use toml::Spanned;

use super::across::{check_across, check_former, share_tables};
use super::field::{field, implied, scalar};
use super::file::{ObjectFile, RowsFile, ScopeFile, ScreenFile};
use super::link::link;
use super::{
    Audit, Definition, Field, FieldIndex, Guards, NeedWords, ObjectIndex, Operation, Realm,
    Restriction, Rule, Screen, ScreenLink, Source as Rows,
};
use crate::access::AdminLevel;
use crate::field_type::FieldType;

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
    pub(super) file: &'a str,
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
            Some("union") => Rows::Union,
            Some(other) => {
                broken.push(self.broken(
                    span_of(image.source.as_ref()),
                    None,
                    format!("source is stored, catalogue, view or union, not {other}"),
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
            Rows::Stored | Rows::View | Rows::Union => realm,
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
            parts: Vec::new(),
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
                .map(|screen| self.screen(screen.get_ref(), &fields))
                .collect(),
            fields,
            id,
            names,
            name,
        }
    }

    /// A page of the console. A form without declared parts has one with all that can be written.
    fn screen(&self, said: &ScreenFile, fields: &[Field]) -> Screen {
        let (one, many) = (&self.image.label.one, &self.image.label.many);
        let many = said.title.as_ref().unwrap_or(many);
        let writable = |field: &&Field| {
            let apart = field.is(Rule::ReadOnly) || field.from.is_some() || field.is_owned();
            field.index != FieldIndex::KEY && field.is_visible() && !field.is_stamp() && !apart
        };
        let mut sections: Vec<(String, Vec<String>)> = said
            .section
            .iter()
            .map(|section| (section.label.clone(), section.fields.clone()))
            .collect();
        if sections.is_empty() {
            let names = fields.iter().filter(writable).map(|f| f.name.clone());
            sections.push((one.clone(), names.collect()));
        }
        Screen {
            menu: said.menu.clone(),
            group: said.group.clone(),
            name: said
                .name
                .clone()
                .unwrap_or_else(|| many.to_lowercase().replace(' ', "-")),
            label: (
                said.one.clone().unwrap_or_else(|| one.clone()),
                many.clone(),
            ),
            list: said.list.clone(),
            only: said
                .only
                .iter()
                .filter_map(|(field, value)| Some((field.clone(), scalar(value).ok()?)))
                .collect(),
            codes: said.codes.clone(),
            links: said
                .links
                .iter()
                .map(|link| ScreenLink {
                    label: link.label.clone(),
                    to: link.to.clone(),
                    company: link.company.clone(),
                })
                .collect(),
            done: said.done.clone().unwrap_or_else(|| "overview".to_owned()),
            verifies: said.verifies,
            sections,
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
            if said.rights.is_empty() && !self.is_of_one_user() {
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

    /// Whether each row is of one user, so that everybody may do something with her own.
    fn is_of_one_user(&self) -> bool {
        let scope = self.image.scope.as_ref().map(Spanned::get_ref);
        matches!(scope, Some(ScopeFile::Rows(rows)) if rows.own.is_some())
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
            own: find("own", &rows.own),
            public: find("public", &rows.public),
            transactions: rows.transactions,
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
    use crate::definition::Was;

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
                &format!("{head}[needs]\nget = {{ rights = [] }}\n"),
                "a/thing.toml:4: field get: needs no right, and everybody could do it",
            ),
            (
                &format!(
                    "{head}[needs]\nget = {{ rights = [] }}\n[scope]\nown = \"who\"\n[[field]]\nname = \"who\"\nlabel = \"W\"\ntype = \"ref a/person\"\n[[field]]\nname = \"other\"\nlabel = \"O\"\ntype = \"ref a/thing\"\n"
                ),
                "a/thing.toml:11: field other: refers to a/thing, whose rows one user sees alone",
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
    fn rows_are_put_together_of_what_companies_store() {
        let head =
            "name = \"a/thing\"\nlabel = { one = \"T\", many = \"T\" }\nsource = \"union\"\n";
        let person = "[[part]]\nof = \"a/person\"\n";
        let kind = "[[field]]\nname = \"kind\"\nlabel = \"K\"\ntype = \"choice\"\nchoices = [{ value = \"one\", label = \"One\" }]\n";
        let cases = [
            (
                person.to_owned(),
                "rows of two parts or more are put together",
            ),
            (
                format!("{person}[[part]]\nof = \"a/nobody\"\n"),
                "a/nobody is no object that a company stores",
            ),
            (
                format!("{person}with = \"a/person\"\n{person}"),
                "with and by are said together",
            ),
            (
                format!("{person}with = \"a/person\"\nby = \"age\"\n{person}"),
                "age is no field of both objects",
            ),
            (
                format!("{person}words = {{ kind = \"two\" }}\n{person}{kind}"),
                "two is no choice of kind",
            ),
            (
                format!("{person}fields = {{ kind = \"age\" }}\n{person}{kind}"),
                "there is no field age for kind",
            ),
        ];
        for (text, wanted) in cases {
            let found = reasons(&format!("{head}{text}"));
            assert!(
                found.iter().any(|reason| reason.ends_with(wanted)),
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
}
