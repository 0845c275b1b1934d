//! Who may act on whom: `takeover.csv` against the REST door.
//!
//! The table is written from what the product promises, not from the engine: a line for each act and each
//! strength of whom it is done to, a column for each strength of who does it. A cell is `yes` or why not:
//! `right` (the act needs a right or admin privileges that she lacks), `stronger` (the other is stronger
//! than she is), `gives` and `level` (more would be given than she has: rights, admin privileges),
//! `own` (nobody does this to herself).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sidegate_engine::Door;

use crate::harness::{Answer, World, credentials};

const TABLE: &str = include_str!("takeover.csv");
const OTHER: &str = "other-client";
/// The columns.
const ACTORS: [Strength; 5] = [
    Strength::Full,
    Strength::LimitedGranting,
    Strength::Limited,
    Strength::Many,
    Strength::Few,
];
/// What every actor holds, beside what admin privileges carry: all that administration can be given by
/// a role.
const FEW: &[(&str, &[&str])] = &[(
    "60",
    &[
        "list",
        "view",
        "add",
        "edit",
        "delete",
        "group",
        "permission",
    ],
)];
/// What only some hold beside that.
const MORE: &[(&str, &[&str])] = &[("101", &["list", "view", "add", "edit", "delete"])];
const GRANTING: &[(&str, &[&str])] = &[("56", &["authorize"])];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Strength {
    Full,
    LimitedGranting,
    Limited,
    Many,
    Few,
}

impl Strength {
    fn named(word: &str) -> Self {
        match word {
            "full" => Self::Full,
            "limited+grant" => Self::LimitedGranting,
            "limited" => Self::Limited,
            "many" => Self::Many,
            "few" => Self::Few,
            other => panic!("{other}"),
        }
    }

    fn admin(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::LimitedGranting | Self::Limited => "limited",
            Self::Many | Self::Few => "off",
        }
    }

    fn permissions(self) -> Vec<(&'static str, &'static [&'static str])> {
        let more = match self {
            Self::LimitedGranting => GRANTING,
            Self::Many => MORE,
            Self::Full | Self::Limited | Self::Few => &[],
        };
        FEW.iter().chain(more).copied().collect()
    }
}

/// The body of a list of permissions.
fn assignments(permissions: &[(&str, &[&str])]) -> Value {
    let one = |(permission, rights): &(&str, &[&str])| json!({"permission": {"id": permission}, "accessRights": rights});
    Value::Array(permissions.iter().map(one).collect())
}

/// A line of the table.
struct Line {
    act: &'static str,
    on: &'static str,
    cells: Vec<&'static str>,
}

fn table() -> Vec<Line> {
    let line = |line: &'static str| {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells.len(), 7, "{line}");
        Line {
            act: cells[0],
            on: cells[1],
            cells: cells[2..].to_vec(),
        }
    };
    TABLE.lines().skip(1).map(line).collect()
}

const USER: &str = "/objects/company-config/user";
const ROLE: &str = "/objects/company-config/role";
const GROUP: &str = "/objects/company-config/user-group";
const MEMBER: &str = "/objects/company-config/user-group-member";
const ASSIGNMENT: &str = "/objects/company-config/role-permission-assignment";
const CREDENTIAL: &str = "/sidegate/v1/objects/sidegate/credential";
const PAIRING: &str = "/sidegate/v1/objects/sidegate/client-authorization";

/// A company with somebody in charge who makes whatever is needed.
struct Trial {
    world: World,
    company: &'static str,
    user_based: bool,
    chief: String,
    /// The role of each set of permissions, where roles give them.
    roles: BTreeMap<Strength, String>,
    /// The key and token of the user of each strength who acts.
    actors: BTreeMap<Strength, (String, String)>,
    made: usize,
}

impl Trial {
    fn new(user_based: bool) -> Self {
        let world = World::demo();
        world
            .engine
            .ensure_client(
                OTHER,
                "Another one",
                "a secret that is long enough",
                Door::Command,
            )
            .expect("a client application");
        let (company, chief) = if user_based {
            ("QUAY", "ws_quay@QUAY")
        } else {
            ("HARBOR", "ws_sync@HARBOR")
        };
        let mut trial = Self {
            chief: world.token(chief),
            world,
            company,
            user_based,
            roles: BTreeMap::new(),
            actors: BTreeMap::new(),
            made: 0,
        };
        for strength in ACTORS {
            let actor = trial.acting(strength);
            trial.actors.insert(strength, actor);
        }
        trial
    }

    fn made(&self, path: &str, body: &Value) -> String {
        let made = self.world.call("POST", path, Some(&self.chief), Some(body));
        assert_eq!(made.status, 201, "{path} {body}: {}", made.json());
        text(&made.json()["ia::result"]["key"])
    }

    fn next(&mut self, what: &str) -> String {
        self.made += 1;
        format!("{what}{}", self.made)
    }

    fn new_role(&mut self, permissions: &[(&str, &[&str])]) -> String {
        let id = self.next("role");
        self.made(
            ROLE,
            &json!({"id": id, "rolePermissionAssignments": assignments(permissions)}),
        )
    }

    /// What gives a user the permissions of a strength.
    fn granted(&mut self, strength: Strength) -> (&'static str, Value) {
        let permissions = strength.permissions();
        if self.user_based {
            return ("permissionAssignments", assignments(&permissions));
        }
        if !self.roles.contains_key(&strength) {
            let role = self.new_role(&permissions);
            self.roles.insert(strength, role);
        }
        ("roles", json!([{"key": self.roles[&strength]}]))
    }

    /// The body of a user of a strength.
    fn user_body(&mut self, strength: Strength) -> Value {
        let id = self.next("user");
        let (member, granted) = self.granted(strength);
        let mut body = json!({
            "id": id, "accountEmail": "who@harbor.example", "adminPrivileges": strength.admin(),
            "webServices": {"isRestricted": true},
            "contact": {"id": id, "printAs": id, "firstName": "First", "lastName": "Last"},
        });
        body[member] = granted;
        body
    }

    fn user(&mut self, strength: Strength) -> (String, String) {
        let body = self.user_body(strength);
        (self.made(USER, &body), text(&body["id"]))
    }

    fn pair(&self, user: &str, client: &str) -> String {
        self.made(
            PAIRING,
            &json!({"clientApplication": {"id": client}, "user": {"key": user}}),
        )
    }

    /// Somebody of a strength who has come in: her key and token.
    fn acting(&mut self, strength: Strength) -> (String, String) {
        let (key, id) = self.user(strength);
        self.pair(&key, &credentials().client_id);
        let token = self.world.token(&format!("{id}@{}", self.company));
        (key, token)
    }

    /// A group with a user in it, and her membership.
    fn group_of(&mut self, user: &str) -> (String, String) {
        let id = self.next("group");
        let group = self.made(GROUP, &json!({"id": id, "description": "Some"}));
        let body = json!({"userGroup": {"key": group}, "user": {"key": user}});
        let member = self.made(MEMBER, &body);
        (group, member)
    }

    fn new_group(&mut self) -> String {
        let id = self.next("group");
        self.made(GROUP, &json!({"id": id, "description": "Some"}))
    }

    /// A credential of a user.
    fn credential(&self, user: &str) -> String {
        let query = json!({"object": "sidegate/credential", "fields": ["key"], "filters": [{"$eq": {"user.key": user}}]});
        let path = "/sidegate/v1/services/core/query";
        let found = self
            .world
            .call("POST", path, Some(&self.chief), Some(&query));
        text(&found.json()["ia::result"][0]["key"])
    }

    fn ask(&self, actor: &str, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.world.call(method, path, Some(actor), body)
    }

    fn see(&self, path: &str) -> Vec<u8> {
        let seen = self.ask(&self.chief, "GET", path, None);
        assert_eq!(seen.status, 200, "{path}");
        seen.body
    }

    /// Does an act to a user.
    fn on_user(&mut self, act: &str, actor: &str, user: &str) -> Answer {
        let path = format!("{USER}/{user}");
        let patch = |trial: &Self, body: Value| trial.ask(actor, "PATCH", &path, Some(&body));
        match act {
            "edit" => patch(self, json!({"userName": "Changed"})),
            "account e-mail" => patch(self, json!({"accountEmail": "taken@over.example"})),
            "reset password" => patch(self, json!({"password": {"requiresReset": true}})),
            "lock" => patch(self, json!({"status": "lockedOut"})),
            "make inactive" => patch(self, json!({"status": "inactive"})),
            "restrict" => patch(self, json!({"departments": [{"key": "1"}]})),
            "take privileges" => patch(self, json!({"adminPrivileges": "off"})),
            "give limited privileges" => patch(self, json!({"adminPrivileges": "limited"})),
            "give full privileges" => patch(self, json!({"adminPrivileges": "full"})),
            "take permissions" => {
                let member = self.granted(Strength::Few).0;
                let mut body = json!({});
                body[member] = json!([]);
                patch(self, body)
            }
            "give permissions" => {
                // Beside what every strength holds, so that it changes each of them.
                let extra: &[(&str, &[&str])] = &[("207", &["list"])];
                let body = if self.user_based {
                    let all: Vec<_> = FEW.iter().chain(extra).copied().collect();
                    json!({"permissionAssignments": assignments(&all)})
                } else {
                    let role = self.new_role(extra);
                    json!({"roles": [{"key": role}]})
                };
                patch(self, body)
            }
            "delete" => self.ask(actor, "DELETE", &path, None),
            "put into a group" => {
                let group = self.new_group();
                let body = json!({"userGroup": {"key": group}, "user": {"key": user}});
                self.ask(actor, "POST", MEMBER, Some(&body))
            }
            "take out of a group" => {
                let (_, member) = self.group_of(user);
                self.ask(actor, "DELETE", &format!("{MEMBER}/{member}"), None)
            }
            "roles of her group" => {
                let (group, _) = self.group_of(user);
                let role = self.new_role(&[("207", &["list"])]);
                let body = json!({"roles": [{"key": role}]});
                self.ask(actor, "PATCH", &format!("{GROUP}/{group}"), Some(&body))
            }
            "delete her group" => {
                let (group, _) = self.group_of(user);
                self.ask(actor, "DELETE", &format!("{GROUP}/{group}"), None)
            }
            "pair with a client" => {
                let body = json!({"clientApplication": {"id": OTHER}, "user": {"key": user}});
                self.ask(actor, "POST", PAIRING, Some(&body))
            }
            "end sessions and tokens" => {
                let pairing = self.pair(user, OTHER);
                let body = json!({"status": "inactive"});
                self.ask(actor, "PATCH", &format!("{PAIRING}/{pairing}"), Some(&body))
            }
            "end pairing" => {
                let pairing = self.pair(user, OTHER);
                self.ask(actor, "DELETE", &format!("{PAIRING}/{pairing}"), None)
            }
            "new credential" => {
                let body = json!({"user": {"key": user}});
                self.ask(actor, "POST", CREDENTIAL, Some(&body))
            }
            "name credential" | "end credential" => {
                let path = format!("{CREDENTIAL}/{}", self.credential(user));
                let body = match act {
                    "end credential" => json!({"status": "ended"}),
                    _ => json!({"name": "Named"}),
                };
                self.ask(actor, "PATCH", &path, Some(&body))
            }
            other => panic!("{other}"),
        }
    }

    /// Does an act to a role, whose path it is.
    fn on_role(&mut self, act: &str, actor: &str, path: &str) -> Answer {
        let item = |permission: &[(&str, &[&str])]| json!({"rolePermissionAssignments": assignments(permission)});
        match act {
            "edit role" => self.ask(actor, "PATCH", path, Some(&json!({"description": "New"}))),
            "delete role" => self.ask(actor, "DELETE", path, None),
            "raise role" => self.ask(actor, "PATCH", path, Some(&item(MORE))),
            "change role's permissions" => {
                let role: Value = serde_json::from_slice(&self.see(path)).expect("JSON");
                let first = &role["ia::result"]["rolePermissionAssignments"][0]["key"];
                let path = format!("{ASSIGNMENT}/{}", text(first));
                let rights = json!({"accessRights": ["list"]});
                self.ask(actor, "PATCH", &path, Some(&rights))
            }
            other => panic!("{other}"),
        }
    }

    /// Tries one cell. Whoever is refused changes nothing.
    fn tries(&mut self, line: &Line, by: Strength) -> Answer {
        let actor = self.actors[&by].1.clone();
        if line.act == "make user" {
            let body = self.user_body(Strength::named(line.on));
            return self.ask(&actor, "POST", USER, Some(&body));
        }
        let (of_role, on) = match line.on.strip_prefix("role ") {
            Some(on) => (true, on),
            None => (false, line.on),
        };
        if of_role {
            let mut permissions = Strength::named(on).permissions();
            if line.act == "change role's permissions" {
                // The one that is looked at stands first.
                permissions.sort_unstable_by_key(|(key, _)| *key != "60");
            } else if line.act == "raise role" {
                permissions.retain(|(key, _)| *key != MORE[0].0);
            }
            let role = self.new_role(&permissions);
            let path = format!("{ROLE}/{role}");
            let before = self.see(&path);
            let answer = self.on_role(line.act, &actor, &path);
            if !answer.status.is_success() {
                assert_eq!(self.see(&path), before, "{} {}", line.act, line.on);
            }
            return answer;
        }
        let (user, actor) = if on == "self" {
            self.acting(by)
        } else {
            (self.user(Strength::named(on)).0, actor)
        };
        let path = format!("{USER}/{user}");
        let before = self.see(&path);
        let answer = self.on_user(line.act, &actor, &user);
        if !answer.status.is_success() {
            assert_eq!(self.see(&path), before, "{} {}", line.act, line.on);
        }
        answer
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The word of the table for an answer.
fn outcome(answer: &Answer) -> String {
    if answer.status.is_success() {
        return "yes".to_owned();
    }
    let error = &answer.json()["ia::result"]["ia::error"];
    let details = error["details"].as_array().into_iter().flatten();
    let codes: Vec<String> = std::iter::once(error)
        .chain(details)
        .map(|error| text(&error["errorId"]))
        .collect();
    let words = [
        ("right", 403, "SG-0301"),
        ("stronger", 403, "SG-0304"),
        ("gives", 403, "SG-0305"),
        ("level", 403, "SG-0306"),
        ("own", 422, "SG-2109"),
        ("own", 422, "SG-2110"),
    ];
    let found = words.iter().find(|(_, status, code)| {
        answer.status == *status && codes.iter().any(|known| known == code)
    });
    found.map_or_else(
        || {
            format!(
                "{} {}",
                answer.status,
                String::from_utf8_lossy(&answer.body)
            )
        },
        |(word, ..)| (*word).to_owned(),
    )
}

/// Acts that only a company whose roles give permissions knows.
fn needs_roles(line: &Line) -> bool {
    line.on.starts_with("role ") || line.act == "roles of her group"
}

fn compare(user_based: bool) -> BTreeMap<String, usize> {
    let mut trial = Trial::new(user_based);
    let mut counts = BTreeMap::new();
    let mut wrong = Vec::new();
    for line in table() {
        if user_based && needs_roles(&line) {
            continue;
        }
        for (by, expected) in ACTORS.into_iter().zip(&line.cells) {
            let got = outcome(&trial.tries(&line, by));
            if got != *expected {
                wrong.push(format!(
                    "{} {} by {by:?}: {got}, not {expected}",
                    line.act, line.on
                ));
            }
            *counts.entry((*expected).to_owned()).or_default() += 1;
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    counts
}

#[test]
fn nobody_takes_over_who_is_stronger_where_roles_give_permissions() {
    let counts = compare(false);
    println!("{counts:?}");
    assert_eq!(counts.values().sum::<usize>(), 745);
}

#[test]
fn nobody_takes_over_who_is_stronger_where_users_hold_permissions() {
    let counts = compare(true);
    println!("{counts:?}");
    assert_eq!(counts.values().sum::<usize>(), 655);
}

/// Each act stands once for each strength and for the actor herself.
#[test]
fn the_table_of_takeovers_is_whole() {
    let lines = table();
    let mut seen = BTreeSet::new();
    for line in &lines {
        assert!(
            seen.insert((line.act, line.on)),
            "{} {} twice",
            line.act,
            line.on
        );
    }
    let acts: BTreeSet<&str> = lines.iter().map(|line| line.act).collect();
    for act in acts {
        let on: Vec<&str> = lines
            .iter()
            .filter(|line| line.act == act)
            .map(|line| line.on)
            .collect();
        let roles = ["role limited+grant", "role many", "role few"];
        let users = ["full", "limited+grant", "limited", "many", "few"];
        let wanted: Vec<&str> = match on[0] {
            first if first.starts_with("role ") => roles.to_vec(),
            _ if act == "make user" => users.to_vec(),
            _ => users.into_iter().chain(["self"]).collect(),
        };
        assert_eq!(on, wanted, "{act}");
    }
}
