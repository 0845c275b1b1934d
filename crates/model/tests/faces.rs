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

use sidegate_model::access::Sight;
use sidegate_model::definition::XmlFace;
use sidegate_model::face::{Sort, Told, told};
use sidegate_model::path::resolve_internal;
use sidegate_model::query::Query;
use sidegate_model::{Definition, FieldType, Registry, Source};

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

#[test]
fn the_audit_history_calls_objects_as_the_gateway_does() {
    let registry = Registry::shipped().expect("whole declarations");
    let (history, face) = registry.face("AUDITHISTORY").expect("a face");
    let kind = face.field("OBJECTTYPE").map(|field| {
        let shown = registry.shown(history, &field.path).expect("a field");
        shown.kind.clone()
    });
    let Some(FieldType::Choice(choices)) = kind else {
        panic!("objects are chosen from a list, not {kind:?}");
    };
    let told: BTreeSet<(String, String)> = choices
        .into_iter()
        .map(|choice| (choice.value, choice.xml.expect("a word")))
        .collect();
    let stored = registry.all().filter(|d| d.source == Source::Stored);
    let faces = stored.flat_map(|d| d.xml.iter().map(|face| (d.name.clone(), &face.name)));
    let faces: BTreeSet<_> = faces
        .map(|(object, name)| (object, name.to_lowercase()))
        .collect();
    assert_eq!(told, faces);
}

#[test]
fn every_face_is_read_by_one_query() {
    let registry = Registry::shipped().expect("whole declarations");
    let mut read = 0;
    for definition in registry.all() {
        for face in &definition.xml {
            let paths = face.fields.iter().map(|field| field.path.clone());
            let read_only = |path: &String| resolve_internal(&registry, definition, path).is_some();
            let query = Query {
                object: definition.name.clone(),
                fields: paths.filter(read_only).collect(),
                start: 1,
                size: 1,
                ..Query::default()
            };
            let plan = query.plan_on(&registry, definition, Sight::ALL);
            let problems = plan.err().unwrap_or_default();
            let told: Vec<String> = problems
                .iter()
                .map(sidegate_model::Problem::message)
                .collect();
            assert!(told.is_empty(), "{}: {told:?}", face.name);
            read += 1;
        }
    }
    assert!(read > 30, "faces are declared, not {read}");
}

#[test]
fn only_declared_names_reach_what_rest_does_not_show() {
    let registry = Registry::shipped().expect("whole declarations");
    let refused = |object: &str, field: &str, declared: bool| {
        let query = Query {
            object: object.to_owned(),
            fields: vec![field.to_owned()],
            start: 1,
            size: 1,
            ..Query::default()
        };
        let definition = registry.named(object).expect("an object");
        let plan = if declared {
            query.plan_on(&registry, definition, Sight::ALL)
        } else {
            query.plan(&registry, Sight::ALL)
        };
        plan.is_err()
    };
    for (object, field) in [
        ("company-config/contact", "audit.modifiedDateTime"),
        ("company-config/entity", "locationType"),
        ("sidegate/role-user", "user.id"),
    ] {
        assert!(refused(object, field, false), "{object} {field}");
        assert!(!refused(object, field, true), "{object} {field}");
    }
}

#[test]
fn names_that_stand_for_nothing_are_refused() {
    let changed = |from: &str, to: &str| -> Vec<String> {
        let texts: Vec<(&str, String)> = Registry::shipped_files()
            .iter()
            .map(|(file, text)| match *file {
                "objects/company-config/user.toml" => (*file, text.replacen(from, to, 1)),
                _ => (*file, (*text).to_owned()),
            })
            .collect();
        let files: Vec<(&str, &str)> = texts.iter().map(|(f, t)| (*f, t.as_str())).collect();
        let broken = Registry::from_files(&files).err().unwrap_or_default();
        broken.iter().map(ToString::to_string).collect()
    };
    let key = "CONTACTKEY = \"contact.key\"";
    for (from, to, reason) in [
        (
            key,
            "CONTACTKEY = \"contact.colour\"",
            "CONTACTKEY: stands for contact.colour, which is no field",
        ),
        (key, "CONTACTKEY = 3", "CONTACTKEY: needs a text"),
        (
            "\"OLD_EMAIL\"",
            "\"EMAIL\"",
            "EMAIL: is the name of a field too",
        ),
        (
            "CONTACT = \"contact\"",
            "CONTACT = \"userName\"",
            "CONTACT: is reached by userName, which is no reference",
        ),
        (
            "name = \"USERINFO\"",
            "name = \"CONTACT\"",
            "CONTACT: is what company-config/contact is called too",
        ),
        (
            "name = \"USERINFO\"",
            "name = \"USERINFO\"\nwrites = [\"list\"]",
            "list does not write; create, update and delete do",
        ),
        (
            "rules = [\"required\", \"fold\"]",
            "rules = [\"required\", \"fold\", \"secret\"]",
            "EMAIL: stands for accountEmail, which is secret",
        ),
    ] {
        let found = changed(from, to);
        assert!(
            found.iter().any(|told| told.ends_with(reason)),
            "{reason}: {found:?}"
        );
    }
    assert_eq!(changed("", ""), Vec::<String>::new());
}

#[test]
fn names_that_begin_alike_stand_together() {
    let registry = Registry::shipped().expect("whole declarations");
    for face in registry.all().flat_map(|definition| &definition.xml) {
        let mut closed: BTreeSet<&str> = BTreeSet::new();
        let mut open: Vec<&str> = Vec::new();
        for name in face.names() {
            let groups: Vec<&str> = name.match_indices('.').map(|(at, _)| &name[..at]).collect();
            for group in &groups {
                assert!(!closed.contains(group), "{} opens {group} twice", face.name);
            }
            closed.extend(open.iter().filter(|group| !groups.contains(group)));
            open = groups;
        }
    }
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
    let text = |words: &BTreeSet<&str>| match words.len() {
        0..=12 => words.iter().copied().collect::<Vec<_>>().join("|"),
        many => format!("{many} words"),
    };
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
