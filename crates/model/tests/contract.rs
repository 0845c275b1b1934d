//! Compares the declarations with the published contract, field by field.
//!
//! `contract/<application>.<object>.tsv` has what the contract says of an object, a row for each path;
//! `contract/differences.tsv` has every place where a declaration says something else, and why.
//! A difference that is not listed there fails the test, and so does a listed one that is gone.
//!
//! Some things the contract says in more than one place, or differently of the same thing.
//! They are compared once:
//! - whether a reference is read-only, required or fixed: at the reference, not at its key and id;
//! - whether it may be null: at its key;
//! - what a reference shows of its target is read-only; the target itself says the rest;
//! - what can be written through a reference is deprecated, for every such member;
//! - of a text that is a number, the contract does not always say how many places it has;
//! - a field that is required in some cases only is a rule, not a declaration.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use sidegate_model::field_type::Choice;
use sidegate_model::{Audit, Definition, Field, FieldType, Operation, Registry, Rule, Value};

/// One path, as the contract or a declaration has it.
#[derive(Clone, Debug, Default)]
struct Row {
    kind: String,
    format: String,
    words: BTreeSet<String>,
    default: String,
    flags: BTreeSet<String>,
    max: String,
    refers: String,
    /// What of it is compared.
    sort: Sort,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sort {
    #[default]
    Plain,
    /// The key, id or href of a reference.
    Name,
    /// A member of a reference that can only be read.
    Shown,
    /// A member of a reference that can be written too.
    Inline,
    /// Fields that share the beginning of their names.
    Group,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Difference {
    object: String,
    path: String,
    what: String,
    contract: String,
    ours: String,
}

impl Difference {
    fn line(&self) -> String {
        let cells = [
            &self.object,
            &self.path,
            &self.what,
            &self.contract,
            &self.ours,
        ];
        cells.map(String::as_str).join("\t")
    }
}

type Rows = BTreeMap<String, Row>;

#[test]
fn the_declarations_agree_with_the_contract() {
    let registry = Registry::shipped().unwrap_or_else(|broken| {
        let lines: Vec<String> = broken.iter().map(ToString::to_string).collect();
        panic!("{}", lines.join("\n"));
    });
    let shared = shared_words();
    let mut found = BTreeSet::new();
    let mut objects = 0;
    for file in contract_files() {
        let text = std::fs::read_to_string(&file).expect("a readable file");
        let stem = file.file_stem().expect("a file").to_string_lossy();
        let name = stem.replacen('.', "/", 1);
        let definition = registry
            .named(&name)
            .filter(|definition| definition.published)
            .unwrap_or_else(|| panic!("{name} is in the contract and not published"));
        let (operations, contract) = read_contract(&text, &shared);
        compare_operations(definition, &operations, &mut found);
        let mut ours = Rows::new();
        object_rows(&registry, definition, "", &mut ours);
        compare(&name, &contract, &ours, &mut found);
        objects += 1;
    }
    assert_eq!(objects, 34, "objects of the contract");
    let listed = listed_differences();
    let mut report = String::new();
    for (difference, reason) in &listed {
        println!("{}\n    {reason}", difference.line());
        if !found.contains(difference) {
            writeln!(report, "gone: {}", difference.line()).expect("a String takes everything");
        }
    }
    for difference in &found {
        if !listed.contains_key(difference) {
            writeln!(report, "new: {}", difference.line()).expect("a String takes everything");
        }
    }
    assert!(
        report.is_empty(),
        "differences from the contract and contract/differences.tsv do not agree\n\
         (object, path, what, the contract, we):\n{report}"
    );
}

// --- What the contract says ---------------------------------------------------------------------

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract"))
}

fn contract_files() -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder())
        .expect("the folder of the contract")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| !path.ends_with("differences.tsv"))
        .collect();
    files.sort();
    files
}

fn shared_words() -> BTreeMap<String, Vec<String>> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../catalogue/choices.toml");
    let text = std::fs::read_to_string(path).expect("the shared lists of words");
    toml::from_str(&text).expect("lists of words")
}

fn cells<const N: usize>(line: &str) -> [String; N] {
    let mut cells = line.split('\t').map(str::to_owned);
    let row = std::array::from_fn(|_| cells.next().unwrap_or_default());
    assert_eq!(cells.next(), None, "too many columns: {line}");
    row
}

fn read_contract(
    text: &str,
    shared: &BTreeMap<String, Vec<String>>,
) -> (BTreeSet<String>, Vec<(String, Row)>) {
    let mut operations = BTreeSet::new();
    let mut rows = Vec::new();
    for line in text.lines() {
        if let Some(words) = line.strip_prefix("# operations:") {
            operations = words.split_whitespace().map(str::to_owned).collect();
        }
        if line.starts_with('#') {
            continue;
        }
        let [path, kind, format, words, default, flags, max, refers] = cells(line);
        let words = match words.strip_prefix('@') {
            Some(name) => shared[name].iter().cloned().collect(),
            None => split(&words, ','),
        };
        rows.push((
            path,
            Row {
                kind,
                format,
                words,
                default,
                flags: split(&flags, ' '),
                max,
                refers,
                sort: Sort::Plain,
            },
        ));
    }
    (operations, rows)
}

fn split(text: &str, at: char) -> BTreeSet<String> {
    let words = text.split(at).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

fn listed_differences() -> BTreeMap<Difference, String> {
    let path = folder().join("differences.tsv");
    let text = std::fs::read_to_string(path).expect("the list of differences");
    let mut listed = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let [object, path, what, contract, ours, reason] = cells(line);
        assert!(!reason.is_empty(), "no reason: {line}");
        let difference = Difference {
            object,
            path,
            what,
            contract,
            ours,
        };
        assert!(
            listed.insert(difference, reason).is_none(),
            "listed twice: {line}"
        );
    }
    listed
}

// --- What the declarations say ------------------------------------------------------------------

/// The rows of an object whose names begin with `before`.
fn object_rows(registry: &Registry, definition: &Definition, before: &str, rows: &mut Rows) {
    let item = !before.is_empty();
    for field in &definition.fields {
        if field.is(Rule::Internal) {
            continue;
        }
        // Inside its owner, an item does not name it.
        if item && definition.owner == Some(field.index) {
            continue;
        }
        field_rows(registry, field, &format!("{before}{}", field.name), rows);
    }
    if definition.published || item {
        rows.insert(format!("{before}href"), plain("string", &["ro"]));
    }
    if definition.audit != Audit::Hidden {
        rows.insert(format!("{before}audit"), group(&["ro"]));
    }
}

fn field_rows(registry: &Registry, field: &Field, path: &str, rows: &mut Rows) {
    for (at, _) in path.match_indices('.') {
        let within = &path[..at];
        // A list says for itself what it is.
        if !within.ends_with("[]") {
            rows.entry(within.to_owned()).or_insert_with(|| group(&[]));
        }
    }
    match &field.kind {
        FieldType::Reference(target) => {
            let mut row = value_row(field);
            // Nobody's name stands where the system itself acted.
            let nullable = row.flags.remove("nullable") || field.name.starts_with("audit.");
            row.refers.clone_from(target);
            rows.insert(path.to_owned(), row);
            let flags: &[&str] = if nullable { &["nullable"] } else { &[] };
            names(path, flags, rows);
            let target = registry.target_of(field).expect("a loaded registry");
            for (members, sort) in [(&field.shows, Sort::Shown), (&field.inline, Sort::Inline)] {
                for member in members {
                    let shown = target.named(member).expect("a loaded registry");
                    let row = member_row(shown, sort);
                    rows.insert(format!("{path}.{member}"), row);
                }
            }
        }
        FieldType::References(target) => {
            let mut row = value_row(field);
            row.refers.clone_from(target);
            rows.insert(format!("{path}[]"), row);
            names(&format!("{path}[]"), &[], rows);
        }
        FieldType::Owned(_) => {
            let child = registry.target_of(field).expect("a loaded registry");
            let mut row = value_row(field);
            row.refers.clone_from(&child.name);
            rows.insert(format!("{path}[]"), row);
            let before = format!("{path}[].");
            object_rows(registry, child, &before, rows);
            if field.is(Rule::Replaced) {
                for name in ["key", "id", "href"] {
                    rows.remove(&format!("{before}{name}"));
                }
            }
        }
        FieldType::Words(_) => {
            rows.insert(format!("{path}[]"), value_row(field));
        }
        _ => {
            rows.insert(path.to_owned(), value_row(field));
        }
    }
}

fn names(path: &str, flags: &[&str], rows: &mut Rows) {
    for name in ["key", "id", "href"] {
        let flags = if name == "href" { &[] } else { flags };
        let mut row = plain("string", flags);
        row.sort = Sort::Name;
        rows.insert(format!("{path}.{name}"), row);
    }
}

fn plain(kind: &str, flags: &[&str]) -> Row {
    Row {
        kind: kind.to_owned(),
        flags: flags.iter().map(|&flag| flag.to_owned()).collect(),
        ..Row::default()
    }
}

fn group(flags: &[&str]) -> Row {
    Row {
        sort: Sort::Group,
        ..plain("object", flags)
    }
}

fn member_row(field: &Field, sort: Sort) -> Row {
    let mut row = value_row(field);
    row.sort = sort;
    row.max.clear();
    if sort == Sort::Shown {
        row.flags = BTreeSet::from(["ro".to_owned()]);
        row.default.clear();
    } else {
        row.flags.retain(|flag| flag == "nullable");
        row.flags.insert("deprecated".to_owned());
    }
    row
}

fn value_row(field: &Field) -> Row {
    let words = |choices: &[Choice]| choices.iter().map(|c| c.value.clone()).collect();
    let mut row = Row::default();
    let kind = match &field.kind {
        FieldType::Text { max } => {
            row.max = max.to_string();
            "string"
        }
        FieldType::Email | FieldType::Key | FieldType::Bytes => "string",
        FieldType::Boolean => "boolean",
        FieldType::Integer => "integer",
        FieldType::Decimal { bare: true, .. } => "number",
        FieldType::Decimal { scale, bare: false } => {
            row.format = format!("decimal-precision-{scale}");
            "string"
        }
        FieldType::Date => {
            row.format = "date".to_owned();
            "string"
        }
        FieldType::Moment => {
            row.format = "date-time".to_owned();
            "string"
        }
        FieldType::Json { .. } => "object",
        FieldType::File => {
            row.format = "base64zip".to_owned();
            "string"
        }
        FieldType::Choice(choices) | FieldType::Words(choices) => {
            row.words = words(choices);
            "string"
        }
        FieldType::Reference(_) => "object",
        FieldType::References(_) | FieldType::Owned(_) => "array",
    };
    row.kind = kind.to_owned();
    let flags = [
        (Rule::ReadOnly, "ro"),
        (Rule::Fixed, "fixed"),
        (Rule::Required, "required"),
        (Rule::Nullable, "nullable"),
        (Rule::Deprecated, "deprecated"),
    ];
    row.flags = flags
        .iter()
        .filter(|(rule, _)| field.is(*rule))
        .map(|&(_, flag)| flag.to_owned())
        .collect();
    row.default = match &field.default {
        Value::Null => String::new(),
        Value::Boolean(yes) => yes.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Text(text) => text.clone(),
        other => format!("{other:?}"),
    };
    row
}

// --- Side by side -------------------------------------------------------------------------------

fn compare_operations(
    definition: &Definition,
    contract: &BTreeSet<String>,
    found: &mut BTreeSet<Difference>,
) {
    let ours: BTreeSet<String> = definition
        .operations
        .iter()
        .map(|operation| match operation {
            Operation::List => "list",
            Operation::Get => "get",
            Operation::Create => "create",
            Operation::Update => "update",
            Operation::Delete => "delete",
        })
        .map(str::to_owned)
        .collect();
    if ours != *contract {
        found.insert(Difference {
            object: definition.name.clone(),
            path: "-".to_owned(),
            what: "operations".to_owned(),
            contract: list(contract),
            ours: list(&ours),
        });
    }
}

fn compare(
    object: &str,
    contract: &[(String, Row)],
    ours: &Rows,
    found: &mut BTreeSet<Difference>,
) {
    let mut add = |path: &str, what: &str, contract: String, ours: String| {
        found.insert(Difference {
            object: object.to_owned(),
            path: path.to_owned(),
            what: what.to_owned(),
            contract,
            ours,
        });
    };
    let theirs: Rows = contract.iter().cloned().collect();
    for (path, row) in &theirs {
        let Some(own) = ours.get(path) else {
            add(path, "field", row.kind.clone(), String::new());
            continue;
        };
        let mut said = row.clone();
        if own.kind == "object" {
            // A reference is required where its key or id is.
            let id = [format!("{path}.key"), format!("{path}.id")];
            let named = id.iter().flat_map(|name| theirs.get(name));
            if named.into_iter().any(|row| row.flags.contains("required")) {
                said.flags.insert("required".to_owned());
            }
        }
        for (what, contract, ours) in cells_that_differ(&said, own) {
            add(path, what, contract, ours);
        }
    }
    for (path, row) in ours {
        if !theirs.contains_key(path) && is_told(path, ours, &theirs) {
            add(path, "field", String::new(), row.kind.clone());
        }
    }
}

/// Whether the contract would have the path if there were such a field, and nothing above it says so.
fn is_told(path: &str, ours: &Rows, theirs: &Rows) -> bool {
    let inside = |before: &str| {
        let mut from = theirs.range(before.to_owned()..);
        from.next()
            .is_some_and(|(path, _)| path.starts_with(before))
    };
    let members = |name: &str| inside(&format!("{name}."));
    // Groups are told by their members.
    if ours[path].kind == "object" && members(path) {
        return false;
    }
    if let Some(at) = path.rfind('.') {
        let within = &path[..at];
        let above = theirs.get(within);
        // What is below something that only we have is told once, there.
        if above.is_none() && ours.contains_key(within) && !members(within) {
            return false;
        }
        // Of some lists and references the contract names the object and no member.
        if above.is_some() && !members(within) {
            return false;
        }
    }
    // Nor does it say of items when they were changed.
    let audit = path.rfind("[].audit").map(|at| &path[..at + 8]);
    audit.is_none_or(inside)
}

fn cells_that_differ(contract: &Row, ours: &Row) -> Vec<(&'static str, String, String)> {
    let mut differ = Vec::new();
    let mut cell = |what: &'static str, contract: &str, ours: &str| {
        if contract != ours {
            differ.push((what, contract.to_owned(), ours.to_owned()));
        }
    };
    cell("type", &contract.kind, &ours.kind);
    let numeric = ours.format.starts_with("decimal-precision-");
    if !(contract.format.is_empty() && numeric) {
        cell("format", &contract.format, &ours.format);
    }
    cell("enum", &list(&contract.words), &list(&ours.words));
    if ours.sort != Sort::Shown {
        cell("default", &contract.default, &ours.default);
    }
    if !contract.max.is_empty() {
        cell("max", &contract.max, &ours.max);
    }
    if !contract.refers.is_empty() && matches!(ours.kind.as_str(), "object" | "array") {
        cell("ref", &contract.refers, &ours.refers);
    }
    let compared: &[&str] = match ours.sort {
        Sort::Plain if ours.kind == "object" => &["ro", "fixed", "required", "deprecated"],
        Sort::Plain => &["ro", "fixed", "required", "nullable", "deprecated"],
        Sort::Inline => &["ro", "fixed", "required", "nullable", "deprecated"],
        Sort::Name => &["nullable"],
        Sort::Shown => &["ro"],
        Sort::Group => &[],
    };
    let flags = |row: &Row| {
        let flags = row.flags.iter().filter(|f| compared.contains(&f.as_str()));
        list(&flags.cloned().collect())
    };
    cell("rules", &flags(contract), &flags(ours));
    differ
}

fn list(words: &BTreeSet<String>) -> String {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.join(" ")
}
