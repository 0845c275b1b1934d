//! The table of expected rights, tried through the gateway: every line whose object has a face there
//! and whose operation the gateway has.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use sidegate_model::definition::{XmlFace, XmlField};
use sidegate_model::{Definition, FieldType, Operation, Registry};

use super::answer::Outcome;
use super::element::escaped;
use super::gateway::{Asker, Gateway};
use crate::expected_rights::{Line, Trial, carried, table};
use crate::walk::changed_body;

/// Operations, and what the gateway calls them when it refuses.
const OPERATIONS: [(&str, &str); 5] = [
    ("list", "QUERY"),
    ("get", "READ"),
    ("create", "CREATE"),
    ("update", "UPDATE"),
    ("delete", "DELETE"),
];

/// Lines whose record cannot be made through its face alone: it has no name for a record that it
/// belongs to, or for lines of its own that it needs.
const NAMELESS: [&str; 3] = [
    "create company-config/exchange-rate as EXCHANGERATE",
    "create company-config/exchange-rate-line as EXCHANGERATEENTRY",
    "create general-ledger/txn-allocation-template as ALLOCATION",
];

/// A body of REST as the elements of a face. What the face does not name is left out.
fn elements(registry: &Registry, definition: &Definition, face: &XmlFace, body: &Json) -> String {
    let mut sent: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let members = body.as_object().expect("members").iter();
    let mut left: Vec<(String, &Json)> =
        members.map(|(name, value)| (name.clone(), value)).collect();
    while let Some((path, value)) = left.pop() {
        if let Json::Object(members) = value {
            let inner = members.iter();
            left.extend(inner.map(|(name, value)| (format!("{path}.{name}"), value)));
            continue;
        }
        // A list names records by what people type, as one reference does; for records that have
        // nothing of the sort that is the key.
        let plain = path.strip_suffix(".id").unwrap_or(&path);
        let by_id = path.strip_suffix(".key").map(|plain| format!("{plain}.id"));
        let named = |field: &&XmlField| {
            let is = &field.path;
            *is == path || is == plain || Some(is) == by_id.as_ref()
        };
        let Some(field) = face.fields.iter().find(named) else {
            continue;
        };
        let Some(shown) = registry.shown(definition, &field.path) else {
            continue;
        };
        let texts: Vec<String> = match value {
            Json::Array(items) => {
                let ids = items.iter().filter_map(|item| item["id"].as_str());
                ids.map(str::to_owned).collect()
            }
            one => vec![text(&shown.kind, one)],
        };
        sent.insert(field.name.clone(), texts);
    }
    let mut out = String::new();
    for (name, texts) in &sent {
        let parts: Vec<&str> = name.split('.').collect();
        for text in texts {
            for part in &parts {
                out.push_str(&format!("<{part}>"));
            }
            out.push_str(&escaped(text));
            for part in parts.iter().rev() {
                out.push_str(&format!("</{part}>"));
            }
        }
    }
    out
}

/// A value in the words of the gateway.
fn text(kind: &FieldType, value: &Json) -> String {
    match (kind, value) {
        (FieldType::Choice(choices), Json::String(word)) => {
            let choice = choices.iter().find(|choice| choice.value == *word);
            let label = choice.and_then(|choice| choice.xml.clone());
            label.unwrap_or_else(|| word.clone())
        }
        (FieldType::Date, Json::String(day)) => {
            let parts: Vec<&str> = day.split('-').collect();
            format!("{}/{}/{}", parts[1], parts[2], parts[0])
        }
        (_, Json::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

/// The function by which a line is tried on a record.
fn function(trial: &mut Trial, line: &Line, face: &XmlFace, target: &str) -> String {
    let registry = Registry::shipped().expect("whole declarations");
    let definition = registry.named(line.object).expect("a published object");
    let name = &face.name;
    let key = target.rsplit('/').next().expect("a key");
    match line.operation {
        "list" => format!(
            "<query><object>{name}</object><select><field>RECORDNO</field></select><pagesize>1</pagesize></query>"
        ),
        "get" => format!("<read><object>{name}</object><keys>{key}</keys></read>"),
        "create" => {
            let body = trial.body(definition);
            let inner = elements(&registry, definition, face, &body);
            format!("<create><{name}>{inner}</{name}></create>")
        }
        "update" => {
            let inner = elements(&registry, definition, face, &changed_body(definition));
            format!("<update><{name}><RECORDNO>{key}</RECORDNO>{inner}</{name}></update>")
        }
        "delete" => format!("<delete><object>{name}</object><keys>{key}</keys></delete>"),
        other => panic!("{other}"),
    }
}

fn is_refused(outcome: &Outcome, word: &str, face: &XmlFace, told: &str) {
    assert!(!outcome.is_done(), "{told} is done");
    let (number, said) = outcome.refusal();
    assert_eq!(number, "PL04000005", "{told}: {said}");
    let object = face.name.to_lowercase();
    let wanted =
        format!("You do not have permission for API operation {word} on objects of type {object}");
    assert!(
        said.starts_with(&format!("{wanted} [Support ID: ")),
        "{told}: {said}"
    );
}

#[test]
fn functions_need_what_the_table_says_and_nothing_less() {
    let registry = Registry::shipped().expect("whole declarations");
    let carried = carried();
    let mut trial = Trial::new();
    let asker = {
        let gateway = Gateway {
            world: &trial.walk.world,
        };
        let secret = gateway.give_secret("ws_read");
        let login = Asker::login("ws_read", &secret);
        Asker::session(&gateway.open(&login))
    };
    let (mut refused, mut done, mut lines, mut nameless) = (0, 0, 0, 0);
    let mut objects: BTreeMap<String, usize> = BTreeMap::new();
    for line in &table() {
        let definition = registry.named(line.object).expect("a published object");
        let Some((_, word)) = OPERATIONS.iter().find(|(name, _)| *name == line.operation) else {
            continue;
        };
        let Some(face) = definition.xml.first() else {
            continue;
        };
        let needed = Operation::named(line.operation).expect("an operation");
        let reads = ["list", "get"].contains(&line.operation);
        if !(reads || face.writes.contains(&needed)) {
            continue;
        }
        lines += 1;
        *objects.entry(face.name.clone()).or_default() += 1;
        let target = trial.target(line);
        let asked = function(&mut trial, line, face, &target);
        let told = format!("{} as {}", line.name(), face.name);
        for right in &line.rights {
            if line.admin != "off" && carried.contains(*right) {
                continue;
            }
            let rest = line.rights.iter().filter(|other| *other != right);
            let rest: Vec<&str> = rest.copied().collect();
            trial.stand(line.holders()[0], line.admin, &rest);
            let gateway = Gateway {
                world: &trial.walk.world,
            };
            let outcome = gateway.one(&asker, &asked);
            is_refused(&outcome, word, face, &format!("{told} without {right}"));
            refused += 1;
        }
        trial.stand(line.holders()[0], line.admin, &line.rights);
        let gateway = Gateway {
            world: &trial.walk.world,
        };
        let outcome = gateway.one(&asker, &asked);
        if NAMELESS.contains(&told.as_str()) {
            let (number, said) = outcome.refusal();
            assert_eq!(number, "BL03000018", "{told}: {said}");
            nameless += 1;
            continue;
        }
        assert!(outcome.is_done(), "{told}\n{asked}\n{outcome:?}");
        done += 1;
        if line.operation == "create" && definition.answers(Operation::Delete) {
            let key = outcome.data().children[0].text_at("RECORDNO").to_owned();
            let path = format!("{}/{key}", line.object);
            trial.walk.expect(204, "DELETE", &path, None);
        }
        trial.clear(line, &target);
    }
    println!(
        "{lines} lines on {} objects: {refused} refused, {done} done, {nameless} not by a face alone",
        objects.len()
    );
    assert_eq!(nameless, NAMELESS.len());
    assert!(lines > 60, "{lines} lines: {objects:?}");
}
