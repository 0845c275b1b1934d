//! Every published object answers every operation that it documents, on rows of the stand-in's company,
//! and no other.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sidegate::demo_data::{COMPANY, data_of};
use sidegate_model::{Definition, FieldType, Operation, Rule};

use crate::harness::{Answer, World};

/// Names of the 34 objects whose contract is published.
fn published(world: &World) -> Vec<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../model/tests/contract");
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("the contract")
        .filter_map(|file| {
            let name = file.expect("a file").file_name().into_string().ok()?;
            let name = name.strip_suffix(".tsv")?.replacen('.', "/", 1);
            world.engine.registry().named(&name).map(|d| d.name.clone())
        })
        .collect();
    names.sort();
    names
}

pub(crate) struct Walk {
    pub(crate) world: World,
    pub(crate) token: String,
    /// The first body of each object in the company's data.
    bodies: BTreeMap<String, Value>,
}

impl Walk {
    pub(crate) fn new() -> Self {
        let world = World::demo();
        let token = world.token("ws_sync@HARBOR");
        let data: Value = serde_json::from_str(data_of(COMPANY).expect("data")).expect("JSON");
        let mut bodies = BTreeMap::new();
        for record in data["records"].as_array().expect("records") {
            let name = record["object"].as_str().expect("a name").to_owned();
            bodies.entry(name).or_insert_with(|| record["body"].clone());
        }
        Self {
            world,
            token,
            bodies,
        }
    }

    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let path = format!("/objects/{path}");
        self.world.call(method, &path, Some(&self.token), body)
    }

    pub(crate) fn expect(
        &self,
        status: u16,
        method: &str,
        path: &str,
        body: Option<&Value>,
    ) -> Value {
        let answer = self.call(method, path, body);
        let shown = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{method} {path} {body:?}: {shown}"
        );
        if answer.body.is_empty() {
            Value::Null
        } else {
            answer.json()
        }
    }

    /// A contact that new users and employees can have.
    pub(crate) fn make_contact(&self) {
        let body = json!({"id": "walked", "printAs": "Wanda Walked", "firstName": "Wanda", "lastName": "Walked"});
        self.expect(201, "POST", "company-config/contact", Some(&body));
    }

    /// A body for a new record: the first one of the data with other names.
    pub(crate) fn new_body(&self, definition: &Definition) -> Value {
        let mut body = match definition.name.as_str() {
            // Named by lists in the data, so there is no body of its own.
            "company-config/exchange-rate-line" => {
                let rate = &self.first("company-config/exchange-rate")["key"];
                return json!({"exchangeRate": {"key": rate}, "effectiveStartDate": "2031-02-03", "rate": 1.25});
            }
            "time/timesheet-line" => {
                let sheet = self.draft_sheet();
                return json!({"timesheet": {"key": sheet["key"]}, "entryDate": sheet["beginDate"], "quantity": 1.5});
            }
            name => self.bodies.get(name).cloned().unwrap_or_else(|| json!({})),
        };
        match definition.name.as_str() {
            "company-config/txn-currency" => body["id"] = json!("SEK"),
            "company-config/exchange-rate" => {
                body["fromCurrency"] = json!("GBP");
                body["toCurrency"] = json!("SEK");
            }
            "time/timesheet" => {
                body["beginDate"] = json!("2031-02-03");
                body["state"] = json!("draft");
                body.as_object_mut().expect("an object").remove("lines");
            }
            "company-config/user-group-member" => body["user"] = json!({"id": "twriter"}),
            "company-config/user" => body["contact"] = json!({"id": "walked"}),
            "company-config/employee" => body["primaryContact"] = json!({"id": "walked"}),
            _ => {}
        }
        for name in ["id", "name"] {
            if body.get(name).is_some() && definition.name != "company-config/txn-currency" {
                body[name] = json!("walked-2");
            }
        }
        if let Some(files) = body.get_mut("files").and_then(Value::as_array_mut) {
            files.truncate(1);
        }
        body
    }

    /// A timesheet that may still be changed.
    fn draft_sheet(&self) -> Value {
        let query = json!({"object": "time/timesheet", "fields": ["key", "beginDate"],
                           "filters": [{"$eq": {"state": "draft"}}], "size": 1});
        let answer = self.world.call(
            "POST",
            "/services/core/query",
            Some(&self.token),
            Some(&query),
        );
        answer.json()["ia::result"][0].clone()
    }

    pub(crate) fn first(&self, object: &str) -> Value {
        self.expect(200, "GET", object, None)["ia::result"][0].clone()
    }
}

/// A body that changes a record of an object without harm.
pub(crate) fn changed_body(definition: &Definition) -> Value {
    match definition.name.as_str() {
        "company-config/exchange-rate-type" => json!({"name": "Walked by"}),
        "company-config/exchange-rate-line" => json!({"rate": 2}),
        // All else of an ISO currency is the system's.
        "company-config/txn-currency" => json!({"currencyFormat": "swedish"}),
        "company-config/role-permission-assignment" => json!({"accessRights": ["list"]}),
        "time/time-type" | "tax/contact-tax-group" | "company-config/exchange-rate" => json!({}),
        name => harmless(definition).unwrap_or_else(|| panic!("{name} has a text")),
    }
}

/// A member that an update may send, and a value for it.
fn harmless(definition: &Definition) -> Option<Value> {
    let writable = |rule: &&sidegate_model::definition::Field| {
        [Rule::ReadOnly, Rule::Fixed, Rule::Unique, Rule::Internal]
            .iter()
            .all(|no| !rule.is(*no))
    };
    let text = definition.fields.iter().filter(writable).find(|field| {
        !field.name.contains('.') && matches!(field.kind, FieldType::Text { max } if max >= 20)
    });
    text.map(|field| json!({ field.name.as_str(): "Walked by" }))
}

#[test]
fn every_object_answers_what_it_documents_on_real_rows() {
    let walk = Walk::new();
    let registry = walk.world.engine.registry().clone();
    walk.make_contact();
    let names = published(&walk.world);
    assert_eq!(names.len(), 34, "{names:?}");
    for name in &names {
        let definition = registry.named(name).expect("a published object");
        let key = match &definition.singleton {
            Some(word) => word.clone(),
            None => walk.first(name)["key"].as_str().expect("a key").to_owned(),
        };
        let at = format!("{name}/{key}");
        if definition.answers(Operation::List) {
            let list = walk.expect(200, "GET", name, None);
            assert!(
                list["ia::meta"]["totalCount"].as_i64() > Some(0),
                "{name}: {list}"
            );
        }
        let whole = walk.expect(200, "GET", &at, None);
        assert_eq!(whole["ia::result"]["key"], key, "{name}");
        let query = json!({"object": name, "fields": ["key", "id", "href"], "size": 1});
        let answer = walk.world.call(
            "POST",
            "/services/core/query",
            Some(&walk.token),
            Some(&query),
        );
        assert_eq!(answer.status, 200, "{name}: {}", answer.json());
        let made = if definition.answers(Operation::Create) {
            let body = walk.new_body(definition);
            let made = walk.expect(201, "POST", name, Some(&body));
            let key = made["ia::result"]["key"]
                .as_str()
                .expect("a key")
                .to_owned();
            format!("{name}/{key}")
        } else {
            at.clone()
        };
        if definition.answers(Operation::Update) {
            let body = changed_body(definition);
            walk.expect(200, "PATCH", &made, Some(&body));
            let after = walk.expect(200, "GET", &made, None);
            for (member, value) in body.as_object().expect("an object") {
                assert_eq!(&after["ia::result"][member], value, "{name}");
            }
        }
        if definition.answers(Operation::Delete) {
            walk.expect(204, "DELETE", &made, None);
            walk.expect(404, "GET", &made, None);
        }
    }
}

#[test]
fn what_an_object_does_not_document_it_does_not_take() {
    let walk = Walk::new();
    let registry = walk.world.engine.registry().clone();
    for definition in registry.all().filter(|d| d.published && !d.is_ours()) {
        let name = &definition.name;
        let calls = [
            (Operation::List, "GET", name.clone()),
            (Operation::Create, "POST", name.clone()),
            (Operation::Get, "GET", format!("{name}/1")),
            (Operation::Update, "PATCH", format!("{name}/1")),
            (Operation::Delete, "DELETE", format!("{name}/1")),
        ];
        for (operation, method, path) in calls {
            if definition.answers(operation) {
                continue;
            }
            let answer = walk.call(method, &path, Some(&json!({})));
            assert_eq!(answer.status, 405, "{method} {path}");
            let allowed = answer
                .headers
                .get("allow")
                .expect("Allow")
                .to_str()
                .expect("text");
            assert!(
                !allowed.split(", ").any(|word| word == method),
                "{path}: {allowed}"
            );
        }
        for path in [name.clone(), format!("{name}/1")] {
            assert_eq!(
                walk.call("PUT", &path, Some(&json!({}))).status,
                405,
                "PUT {path}"
            );
        }
    }
}
