//! Who may do what: `expected-rights.csv` against the REST door, on real rows of the stand-in's company.
//!
//! The table is made from what is published of the vendor's objects, and from decisions that are
//! written down; not from our declarations. A line says what an operation needs: all of its rights,
//! one of its user types (any, where none is named), at least its admin privileges, and the module
//! that the company subscribes to, where it is not one that every company has.
//! `source` is `published` where an independent source names the need, `ours` where we decided.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sidegate_model::{Definition, Operation};

use crate::harness::Answer;
use crate::walk::{Walk, changed_body};

const TABLE: &str = include_str!("expected-rights.csv");
/// What admin privileges give by themselves: such a right cannot be taken from an administrator.
const ADMIN_RIGHTS: &str = include_str!("../../../../catalogue/admin-rights.csv");
/// What our declarations call the operations beyond those of every object.
const NEXT_VALUE: &str = "generate-next-value";
const TYPES: [&str; 11] = [
    "business",
    "employee",
    "viewOnly",
    "dashboard",
    "projectManager",
    "paymentApprover",
    "client",
    "platform",
    "crm",
    "warehouse",
    "constructionManager",
];

/// A line of the table.
pub(crate) struct Line {
    pub(crate) object: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) rights: Vec<&'static str>,
    types: Vec<&'static str>,
    pub(crate) admin: &'static str,
    module: &'static str,
    published: bool,
}

pub(crate) fn table() -> Vec<Line> {
    let line = |line: &'static str| {
        let cells: Vec<&str> = line.split(',').collect();
        let [object, operation, rights, types, admin, module, source, _] = cells[..] else {
            panic!("{line}");
        };
        Line {
            object,
            operation,
            rights: rights.split_whitespace().collect(),
            types: types.split_whitespace().collect(),
            admin,
            module,
            published: source == "published",
        }
    };
    TABLE.lines().skip(1).map(line).collect()
}

impl Line {
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.operation, self.object)
    }

    /// User types that can hold the rights.
    pub(crate) fn holders(&self) -> Vec<&'static str> {
        if self.types.is_empty() {
            vec!["business"]
        } else {
            self.types.clone()
        }
    }

    /// User types that the operation is not for: all others, where the table names some; otherwise
    /// one whose ceiling is below its rights.
    fn others(&self) -> Vec<&'static str> {
        if self.types.is_empty() {
            let reads = |right: &&str| right.ends_with(".list") || right.ends_with(".view");
            return match self.rights.iter().all(reads) {
                true => vec!["dashboard"],
                false => vec!["viewOnly"],
            };
        }
        let named = |kind: &&&str| !self.types.contains(kind);
        TYPES.iter().filter(named).copied().collect()
    }
}

/// The rights that admin privileges give by themselves.
pub(crate) fn carried() -> BTreeSet<String> {
    let lines = ADMIN_RIGHTS.lines().skip(1);
    let carried = lines.filter_map(|line| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[3] == "yes").then(|| cells[..3].join("."))
    });
    carried.collect()
}

/// The company with somebody whose rights change from line to line.
pub(crate) struct Trial {
    pub(crate) walk: Walk,
    user: String,
    token: String,
    /// The key of each permission, by `module.permission`.
    permissions: BTreeMap<String, String>,
    /// A role for each right.
    roles: BTreeMap<String, String>,
    made: usize,
}

impl Trial {
    pub(crate) fn new() -> Self {
        let walk = Walk::new();
        walk.make_contact();
        let body = json!({"object": "company-config/permission", "fields": ["key", "module", "name"], "size": 4000});
        let query = ("POST", "/services/core/query");
        let rows = walk
            .world
            .call(query.0, query.1, Some(&walk.token), Some(&body));
        let rows = rows.json()["ia::result"].clone();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let permissions = rows
            .as_array()
            .expect("rows")
            .iter()
            .map(|row| {
                let name = format!("{}.{}", text(&row["module"]), text(&row["name"]));
                (name, text(&row["key"]))
            })
            .collect();
        // Paired with the client of the tests, so that she can sign in.
        let body = json!({"object": "company-config/user", "fields": ["key"], "filters": [{"$eq": {"id": "ws_read"}}]});
        let found = walk
            .world
            .call(query.0, query.1, Some(&walk.token), Some(&body));
        let user = text(&found.json()["ia::result"][0]["key"]);
        let token = walk.world.token("ws_read@HARBOR");
        Self {
            walk,
            user,
            token,
            permissions,
            roles: BTreeMap::new(),
            made: 0,
        }
    }

    /// A role that holds this right; none where only admin privileges give it.
    fn role(&mut self, right: &str) -> Option<String> {
        if let Some(key) = self.roles.get(right) {
            return Some(key.clone());
        }
        let (permission, word) = right.rsplit_once('.').expect("module.permission.right");
        let permission = self.permissions.get(permission)?;
        let body = json!({"id": format!("Holds {right}"), "rolePermissionAssignments": [
            {"permission": {"key": permission}, "accessRights": [word]}
        ]});
        let made = self
            .walk
            .expect(201, "POST", "company-config/role", Some(&body));
        let key = made["ia::result"]["key"]
            .as_str()
            .expect("a key")
            .to_owned();
        self.roles.insert(right.to_owned(), key.clone());
        Some(key)
    }

    /// Gives her this type, these admin privileges and these rights, and nothing else.
    pub(crate) fn stand(&mut self, kind: &str, admin: &str, rights: &[&str]) {
        let keys: Vec<String> = rights.iter().filter_map(|right| self.role(right)).collect();
        let roles: Vec<Value> = keys.iter().map(|key| json!({"key": key})).collect();
        let body = json!({"userType": kind, "adminPrivileges": admin, "roles": roles});
        let path = format!("company-config/user/{}", self.user);
        self.walk.expect(200, "PATCH", &path, Some(&body));
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.walk.world.call(method, path, Some(&self.token), body)
    }

    /// A body for a new record that is like no other.
    pub(crate) fn body(&mut self, definition: &Definition) -> Value {
        self.made += 1;
        let mut body = match definition.name.as_str() {
            // Nobody acts on what is stronger than herself, so these hold nothing.
            "company-config/role" => json!({"id": "walked-2"}),
            "company-config/user" => json!({
                "id": "walked-2", "accountEmail": "walked@harbor.example", "contact": {"id": "walked"}
            }),
            _ => self.walk.new_body(definition),
        };
        for name in ["id", "name"] {
            if body.get(name) == Some(&json!("walked-2")) {
                body[name] = json!(format!("walked-{}", self.made + 2));
            }
        }
        body
    }

    /// What she has to be given for the line to be tried: the path of a record.
    pub(crate) fn target(&mut self, line: &Line) -> String {
        let name = line.object;
        let registry = self.walk.world.engine.registry().clone();
        let definition = registry.named(name).expect("a published object");
        let makes =
            matches!(line.operation, "update" | "delete") && definition.answers(Operation::Create);
        if makes {
            let body = self.body(definition);
            let made = self.walk.expect(201, "POST", name, Some(&body));
            return format!(
                "{name}/{}",
                made["ia::result"]["key"].as_str().expect("a key")
            );
        }
        if (name, line.operation) == ("company-config/role-permission-assignment", "update") {
            // One that gives no more than what is tried.
            let role = self
                .role("administration.users.permission")
                .expect("granted");
            let path = format!("company-config/role/{role}");
            let role = self.walk.expect(200, "GET", &path, None);
            let assignment = &role["ia::result"]["rolePermissionAssignments"][0]["key"];
            return format!("{name}/{}", assignment.as_str().expect("a key"));
        }
        match (&definition.singleton, line.operation) {
            (Some(word), _) => format!("{name}/{word}"),
            (None, "list" | "create") => name.to_owned(),
            (None, _) => {
                let key = self.walk.first(name)["key"].clone();
                format!("{name}/{}", key.as_str().expect("a key"))
            }
        }
    }

    /// She tries it: the answers of all ways in which it can be asked.
    fn tries(&mut self, line: &Line, target: &str) -> Vec<Answer> {
        let registry = self.walk.world.engine.registry().clone();
        let definition = registry.named(line.object).expect("a published object");
        let path = format!("/objects/{target}");
        match line.operation {
            "list" => {
                let query = json!({"object": line.object, "fields": ["key"], "size": 1});
                vec![
                    self.ask("GET", &path, None),
                    self.ask("POST", "/services/core/query", Some(&query)),
                ]
            }
            "get" => vec![self.ask("GET", &path, None)],
            "create" => {
                let body = self.body(definition);
                vec![self.ask("POST", &path, Some(&body))]
            }
            "update" => {
                let body = match line.object {
                    "company-config/role-permission-assignment" => {
                        json!({"accessRights": ["permission"]})
                    }
                    _ => changed_body(definition),
                };
                vec![self.ask("PATCH", &path, Some(&body))]
            }
            "delete" => vec![self.ask("DELETE", &path, None)],
            NEXT_VALUE => {
                let key = target.rsplit('/').next();
                let path = "/services/company-config/document-sequence/generate-next-value";
                vec![self.ask("POST", path, Some(&json!({"key": key})))]
            }
            other => panic!("{other}"),
        }
    }

    /// Takes away what was made to be changed, so that the same can be made again.
    pub(crate) fn clear(&self, line: &Line, target: &str) {
        let registry = self.walk.world.engine.registry();
        let definition = registry.named(line.object).expect("a published object");
        let made = line.operation == "update" && definition.answers(Operation::Create);
        if made && definition.answers(Operation::Delete) {
            self.walk.expect(204, "DELETE", target, None);
        }
    }

    fn succeeds(&mut self, line: &Line, target: &str, told: &str) {
        let registry = self.walk.world.engine.registry().clone();
        let definition = registry.named(line.object).expect("a published object");
        for answer in self.tries(line, target) {
            let shown = String::from_utf8_lossy(&answer.body);
            assert!(
                answer.status.is_success(),
                "{told}: {} {shown}",
                answer.status
            );
            if line.operation == "create" && definition.answers(Operation::Delete) {
                let made = answer.json()["ia::result"]["key"].clone();
                let made = format!("{}/{}", line.object, made.as_str().expect("a key"));
                self.walk.expect(204, "DELETE", &made, None);
            }
        }
    }

    /// The call of a line, of which nothing is left but to send it.
    fn call(&mut self, line: &Line) -> Call {
        let registry = self.walk.world.engine.registry().clone();
        let definition = registry.named(line.object).expect("a published object");
        let one = format!("/objects/{}/1", line.object);
        match line.operation {
            "list" => ("GET", format!("/objects/{}", line.object), None),
            "get" => ("GET", one, None),
            "create" => {
                let body = self.body(definition);
                ("POST", format!("/objects/{}", line.object), Some(body))
            }
            "update" => ("PATCH", one, Some(changed_body(definition))),
            _ => ("DELETE", one, None),
        }
    }

    fn is_refused(&mut self, line: &Line, target: &str, told: &str) {
        for answer in self.tries(line, target) {
            is_no_right(&answer, told);
        }
    }
}

/// Method, path and body.
type Call = (&'static str, String, Option<Value>);

fn is_no_right(answer: &Answer, told: &str) {
    let shown = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.status, 403, "{told}: {shown}");
    let error = &answer.json()["ia::result"]["ia::error"];
    assert_eq!(error["errorId"], "SG-0301", "{told}: {shown}");
}
/// What was tried.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    lines: usize,
    successes: usize,
    rights: usize,
    types: usize,
    admin: usize,
    subscription: usize,
    /// Rights that admin privileges carry, so that they cannot be taken away.
    carried: usize,
}

#[test]
fn operations_need_what_the_table_says_and_nothing_less() {
    let carried = carried();
    let mut trial = Trial::new();
    let mut tallies = [Tally::default(); 2];
    let lines = table();
    for line in &lines {
        let tally = &mut tallies[usize::from(!line.published)];
        tally.lines += 1;
        let name = line.name();
        let mut target = trial.target(line);
        let (first, admin) = (line.holders()[0], line.admin);
        for right in &line.rights {
            if admin != "off" && carried.contains(*right) {
                tally.carried += 1;
                continue;
            }
            let rest: Vec<&str> = line
                .rights
                .iter()
                .filter(|r| *r != right)
                .copied()
                .collect();
            trial.stand(first, admin, &rest);
            trial.is_refused(line, &target, &format!("{name} without {right}"));
            tally.rights += 1;
        }
        if admin == "off" {
            for kind in line.others() {
                trial.stand(kind, "off", &line.rights);
                trial.is_refused(line, &target, &format!("{name} as {kind}"));
                tally.types += 1;
            }
        } else {
            // Admin privileges are for business users only, so both are taken away together.
            trial.stand(first, "off", &line.rights);
            trial.is_refused(line, &target, &format!("{name} without admin privileges"));
            tally.admin += 1;
        }
        for (at, kind) in line.holders().into_iter().enumerate() {
            if at > 0 && line.operation == "delete" {
                target = trial.target(line);
            }
            trial.stand(kind, admin, &line.rights);
            trial.succeeds(line, &target, &format!("{name} as {kind}"));
            tally.successes += 1;
        }
        trial.clear(line, &target);
    }
    let of_modules: Vec<&Line> = lines
        .iter()
        .filter(|line| !line.module.is_empty())
        .collect();
    let modules: BTreeSet<&str> = of_modules.iter().map(|line| line.module).collect();
    for module in modules {
        let of_module = || of_modules.iter().filter(|line| line.module == module);
        // While it is subscribed to: what is wrong with a body is said before who may send it.
        let calls: Vec<Call> = of_module().map(|line| trial.call(line)).collect();
        unsubscribe(&trial, module);
        for (line, (method, path, body)) in of_module().zip(&calls) {
            trial.stand(line.holders()[0], line.admin, &line.rights);
            let told = format!("{} without {module}", line.name());
            is_no_right(&trial.ask(method, path, body.as_ref()), &told);
            tallies[usize::from(!line.published)].subscription += 1;
        }
    }
    println!("published: {:?}\nours:      {:?}", tallies[0], tallies[1]);
    assert_eq!(tallies[0].lines + tallies[1].lines, 140);
}

fn unsubscribe(trial: &Trial, module: &str) {
    let walk = &trial.walk;
    let body = json!({"object": "sidegate/subscription", "fields": ["key"], "filters": [{"$eq": {"id": module}}]});
    let call = |method: &str, path: &str, body: Option<&Value>| {
        let mut request = axum::http::Request::builder()
            .method(method)
            .uri(format!("/sidegate/v1{path}"))
            .header("authorization", format!("Bearer {}", walk.token));
        if body.is_some() {
            request = request.header("content-type", "application/json");
        }
        let body = body.map_or(axum::body::Body::empty(), |b| b.to_string().into());
        walk.world.send(request.body(body).expect("a request"))
    };
    let found = call("POST", "/services/core/query", Some(&body));
    let key = found.json()["ia::result"][0]["key"].clone();
    let path = format!(
        "/objects/sidegate/subscription/{}",
        key.as_str().expect("subscribed")
    );
    assert_eq!(call("DELETE", &path, None).status, 204);
}

/// The table has every operation of every object whose contract is published, each once.
#[test]
fn the_table_of_expected_rights_is_whole() {
    let registry = sidegate_model::Registry::shipped().expect("whole declarations");
    let mut named = BTreeSet::new();
    for line in table() {
        assert!(named.insert(line.name()), "{} stands twice", line.name());
    }
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../model/tests/contract");
    let files = std::fs::read_dir(folder).expect("the contract");
    for file in files {
        let file = file
            .expect("a file")
            .file_name()
            .into_string()
            .expect("text");
        let object = file
            .strip_suffix(".tsv")
            .unwrap_or_default()
            .replacen('.', "/", 1);
        let Some(definition) = registry.named(&object) else {
            continue;
        };
        for operation in &definition.operations {
            let name = format!("{} {object}", operation.word());
            assert!(named.remove(&name), "{name} is missing");
        }
    }
    assert_eq!(
        named.into_iter().collect::<Vec<_>>(),
        ["generate-next-value company-config/document-sequence"]
    );
}
