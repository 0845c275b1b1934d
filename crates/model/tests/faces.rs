//! Compares the faces of the XML gateway with what a live company told of its objects.
//!
//! `xml-objects.tsv` has a row for each field and each relation; `xml-differences.tsv` has every place
//! where a face says something else, and why. A difference that is not listed there fails the test, and
//! so does a listed one that is gone.
//!
//! Not compared:
//! - anything but the name of what never has a value here;
//! - whether a field can only be read, where the face writes nothing, and where what is shown is
//!   another record's, which can only be read here;
//! - words of booleans, and of lists of countries.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use sidegate_model::definition::XmlFace;
use sidegate_model::face::{Sort, Told, told};
use sidegate_model::{Definition, Registry};

const RECORDED: &str = include_str!("xml-objects.tsv");
const LISTED: &str = include_str!("xml-differences.tsv");

/// Object, name, what, what was recorded, what we say.
type Difference = [String; 5];

#[test]
fn faces_agree_with_what_a_live_company_told() {
    let registry = Registry::shipped().expect("whole declarations");
    let mut found = BTreeSet::new();
    let (mut fields, mut relations) = (0, 0);
    let mut objects = BTreeSet::new();
    for line in RECORDED.lines().filter(|line| !line.starts_with('#')) {
        let [kind, object, name, what, second, third, words] = cells(line);
        let (definition, face) = registry
            .face(&object)
            .unwrap_or_else(|| panic!("nothing is called {object}"));
        objects.insert(object.clone());
        let mut add = |what: &str, theirs: &str, ours: &str| {
            let row = [&object, &name, what, theirs, ours];
            found.insert(row.map(str::to_owned));
        };
        if kind == "rel" {
            relations += 1;
            if let Some(ours) = leads_elsewhere(&registry, definition, face, &name, &what) {
                add("relation", &what, &ours);
            }
            continue;
        }
        fields += 1;
        if face.empty.contains(&name) {
            continue;
        }
        let all = told(&registry, definition, face);
        let Some(ours) = all.iter().find(|told| told.name == name) else {
            add("field", &what, "");
            continue;
        };
        if sort(&what) != ours.sort {
            add("type", &what, &format!("{:?}", ours.sort));
        }
        if second != ours.required.to_string() {
            add("required", &second, &ours.required.to_string());
        }
        let elsewhere = face
            .field(&name)
            .is_some_and(|f| !is_own(definition, &f.path));
        if !face.writes.is_empty() && !elsewhere && third != ours.read_only.to_string() {
            add("read-only", &third, &ours.read_only.to_string());
        }
        if let Some((theirs, ours)) = other_words(&words, ours) {
            add("words", &theirs, &ours);
        }
    }
    assert_eq!(
        (objects.len(), fields, relations),
        (20, 653, 62),
        "of the recording"
    );
    let listed = listed();
    let mut report = String::new();
    for (difference, reason) in &listed {
        println!("{}\n    {reason}", difference.join("\t"));
        if !found.contains(difference) {
            writeln!(report, "gone: {}", difference.join("\t")).expect("a String takes everything");
        }
    }
    for difference in &found {
        if !listed.contains_key(difference) {
            writeln!(report, "new: {}", difference.join("\t")).expect("a String takes everything");
        }
    }
    println!(
        "{} objects, {fields} fields and {relations} relations; {} differences",
        objects.len(),
        listed.len()
    );
    assert!(
        report.is_empty(),
        "differences from xml-objects.tsv and xml-differences.tsv do not agree\n\
         (object, name, what, recorded, we):\n{report}"
    );
}

fn cells<const N: usize>(line: &str) -> [String; N] {
    let mut cells = line.split('\t').map(str::to_owned);
    let row = std::array::from_fn(|_| cells.next().unwrap_or_default());
    assert_eq!(cells.next(), None, "too many columns: {line}");
    row
}

fn listed() -> BTreeMap<Difference, String> {
    let mut listed = BTreeMap::new();
    for line in LISTED.lines().filter(|line| !line.starts_with('#')) {
        let [object, name, what, theirs, ours, reason] = cells(line);
        assert!(!reason.is_empty(), "no reason: {line}");
        let earlier = listed.insert([object, name, what, theirs, ours], reason);
        assert!(earlier.is_none(), "listed twice: {line}");
    }
    listed
}

fn sort(word: &str) -> Sort {
    match word {
        "TEXT" | "ENUM" => Sort::Text,
        "INTEGER" => Sort::Integer,
        "DECIMAL" | "CURRENCY" | "PERCENT" => Sort::Decimal,
        "BOOLEAN" => Sort::Boolean,
        "DATE" => Sort::Date,
        "TIMESTAMP" => Sort::Timestamp,
        other => panic!("there is no type {other}"),
    }
}

/// Whether a path stands for a field of the object, for the record that one refers to, or for what
/// is written with that record.
fn is_own(definition: &Definition, path: &str) -> bool {
    let through = definition.fields.iter().any(|field| {
        let member = path
            .strip_prefix(&field.name)
            .and_then(|m| m.strip_prefix('.'));
        let own = |member: &str| {
            matches!(member, "id" | "key") || field.inline.iter().any(|other| other == member)
        };
        member.is_some_and(own)
    });
    through || definition.named(path).is_some()
}

fn other_words(recorded: &str, ours: &Told<'_>) -> Option<(String, String)> {
    if recorded == "COUNTRY-LIST" || ours.sort == Sort::Boolean {
        return None;
    }
    let theirs: BTreeSet<&str> = recorded
        .split('|')
        .filter(|word| !word.is_empty())
        .collect();
    let words: BTreeSet<&str> = ours.words.iter().copied().collect();
    let text = |words: &BTreeSet<&str>| words.iter().copied().collect::<Vec<_>>().join("|");
    (theirs != words).then(|| (text(&theirs), text(&words)))
}

/// Where a relation leads, if not to the object that is called so or to one that is kept with it.
fn leads_elsewhere(
    registry: &Registry,
    definition: &Definition,
    face: &XmlFace,
    name: &str,
    to: &str,
) -> Option<String> {
    let found = face.relations.iter().find(|(known, _)| known == name);
    let Some(target) = found.and_then(|(_, path)| registry.related(definition, path)) else {
        return Some(String::new());
    };
    let wanted = registry.face(to).map(|(wanted, _)| wanted);
    let fits =
        wanted.is_some_and(|wanted| wanted.index == target.index || wanted.home == target.home);
    (!fits).then(|| target.name.clone())
}
