//! From the JSON of a create or update to a draft: every member meets its field here, once.
//!
//! Finds all that is wrong, each with its place, also what a new record needs and nobody sent. Says
//! nothing about what only a look at the company can tell: whether a reference names something, and
//! what is unique or fixed.

mod owned;
mod reference;

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sidegate_model::access::Sight;
use sidegate_model::field_type::{MOST_FILE, Unfit};
use sidegate_model::problem::{self, Problem};
use sidegate_model::{
    Definition, Draft, Entry, Field, FieldIndex, FieldType, Given, Operation, Registry, Rule,
    Scalar, Value,
};

use super::json::{Node, pointer, unfit};
use super::problem::Found;
use super::query;

/// How the names of Sidegate's own objects begin.
const OURS: &str = "sidegate/";

/// A list of references has at most so many items.
pub const MOST_ITEMS: usize = 1000;

/// What a body says about one record.
///
/// A `key` at the top is refused like all that the system writes; on an update the path has it.
///
/// # Errors
/// Every member that is unknown, read-only, does not fit or is missing, with its place.
pub fn draft(
    registry: &Registry,
    definition: &Definition,
    operation: Operation,
    body: &Node,
) -> Result<Draft, Vec<Problem>> {
    Reader::of(registry, false).record(definition, operation, body)
}

/// What a body says about a new record that only the system writes: its own members may be sent too.
///
/// # Errors
/// As [`draft`].
pub fn system_draft(
    registry: &Registry,
    definition: &Definition,
    body: &Node,
) -> Result<Draft, Vec<Problem>> {
    Reader::of(registry, true).record(definition, Operation::Create, body)
}

struct Reader<'a> {
    registry: &'a Registry,
    found: Found,
    /// Fields of the record, or of the item being read, that were sent and do not fit.
    unfit: HashSet<FieldIndex>,
    /// Whether the system itself sends.
    system: bool,
    /// Whether an item that exists is being read: clients send back what the system wrote.
    was_read: bool,
}

/// Where the reading is: the dotted name in the object (empty for none), and the place in the request.
#[derive(Default)]
struct Spot {
    name: String,
    place: String,
}

impl Spot {
    fn inner(&self, member: &str) -> Self {
        let name = match (member.contains('.'), self.name.is_empty()) {
            // A dot in a member is no way around the nesting: it would name a field a second time.
            (true, _) => String::new(),
            (false, true) => member.to_owned(),
            (false, false) => format!("{}.{member}", self.name),
        };
        Self {
            name,
            place: pointer(&self.place, member),
        }
    }
}

impl<'a> Reader<'a> {
    fn of(registry: &'a Registry, system: bool) -> Self {
        Self {
            registry,
            found: Found::default(),
            unfit: HashSet::new(),
            system,
            was_read: false,
        }
    }

    fn record(
        mut self,
        definition: &Definition,
        operation: Operation,
        body: &Node,
    ) -> Result<Draft, Vec<Problem>> {
        let Node::Object(members) = body else {
            return Err(vec![body.misshapen("", "an object")]);
        };
        let mut draft = Draft::default();
        self.group(definition, members, &Spot::default(), &mut draft);
        if operation == Operation::Create {
            self.need(definition, &draft, None, "");
        }
        self.found.or(draft)
    }

    fn group(
        &mut self,
        definition: &Definition,
        members: &[(String, Node)],
        at: &Spot,
        draft: &mut Draft,
    ) {
        for (member, node) in members {
            let at = at.inner(member);
            self.member(definition, node, &at, draft);
        }
    }

    /// One member of a record.
    fn member(&mut self, definition: &Definition, node: &Node, at: &Spot, draft: &mut Draft) {
        let field = definition
            .input_named(&at.name)
            .filter(|field| !field.is(Rule::Internal) || self.system);
        if self.was_read && field.is_some_and(|field| field.is(Rule::ReadOnly)) {
            // Clients send back what they read.
        } else if let Some(field) = field {
            self.field(field, node, &at.place, draft);
            if draft.get(field.index).is_none() {
                self.unfit.insert(field.index);
            }
        } else if at.name == "href" {
            self.found.add(read_only(&at.place));
        } else if definition.has_group(&at.name) {
            match node {
                Node::Object(members) => self.group(definition, members, at, draft),
                other => self.found.add(other.misshapen(&at.place, "an object")),
            }
        } else {
            self.found.add(unknown(&at.place));
        }
    }

    /// Names what a new record needs and nobody sent, so that one answer says it with the rest.
    /// An item is not told its owner.
    fn need(
        &mut self,
        definition: &Definition,
        draft: &Draft,
        owner: Option<FieldIndex>,
        place: &str,
    ) {
        for field in definition
            .fields
            .iter()
            .filter(|field| field.must_be_sent() && Some(field.index) != owner)
        {
            if draft.get(field.index).is_none() && !self.unfit.contains(&field.index) {
                let place = format!("{place}{}", field.place());
                self.found
                    .add(problem::REQUIRED_MISSING.with("FIELD", &place).at(place));
            }
        }
    }

    fn field(&mut self, field: &Field, node: &Node, place: &str, draft: &mut Draft) {
        if field.is(Rule::ReadOnly) && !self.system {
            return self.found.add(read_only(place));
        }
        if draft.get(field.index).is_some() {
            return self.found.add(unfit(
                place,
                "is sent in another spelling too; send it once",
            ));
        }
        let given = match &field.kind {
            FieldType::Reference(_) => self.reference(field, node, place),
            FieldType::References(_) => self.references(field, node, place),
            FieldType::Owned(_) => self.owned(field, node, place),
            FieldType::Words(_) => self.words(field, node, place).map(Given::Value),
            FieldType::File => self.file(field, node, place).map(Given::Value),
            FieldType::Json { max, query } => self
                .document(field, node, place, *max, *query)
                .map(Given::Value),
            FieldType::Text { .. }
            | FieldType::Email
            | FieldType::Boolean
            | FieldType::Integer
            | FieldType::Decimal { .. }
            | FieldType::Date
            | FieldType::Moment
            | FieldType::Choice(_)
            | FieldType::Bytes
            | FieldType::Key => self.value(field, node, place).map(Given::Value),
        };
        if let Some(given) = given {
            draft.entries.push(Entry {
                field: field.index,
                place: place.to_owned(),
                given,
            });
        }
    }

    fn value(&mut self, field: &Field, node: &Node, place: &str) -> Option<Value> {
        if *node == Node::Null && !field.is(Rule::Nullable) {
            self.found.add(unfit(place, "must not be null"));
            return None;
        }
        self.accept(field, node, place)
    }

    /// What a scalar means to a field.
    fn accept(&mut self, field: &Field, node: &Node, place: &str) -> Option<Value> {
        let Some(scalar) = node.scalar() else {
            self.found.add(node.misshapen(place, "a single value"));
            return None;
        };
        field
            .accept(&scalar)
            .map_err(|reason| {
                self.found.add(match (&field.kind, reason) {
                    (FieldType::Email, Unfit::Control) => {
                        problem::MAIL_LINE_BREAK.with("FIELD", place).at(place)
                    }
                    (_, reason) => unfit(place, &reason.sentence()),
                });
            })
            .ok()
    }

    /// A list of words; null is the empty one.
    fn words(&mut self, field: &Field, node: &Node, place: &str) -> Option<Value> {
        let items = self.array(node, place, "an array of words", MOST_ITEMS)?;
        let mut scalars = Vec::with_capacity(items.len());
        for (number, item) in items.iter().enumerate() {
            let place = format!("{place}/{number}");
            let word = item.scalar().filter(|word| *word != Scalar::Null);
            let Some(word) = word else {
                self.found.add(item.misshapen(&place, "a word"));
                return None;
            };
            if let Err(reason) = field.kind.accept_words(std::slice::from_ref(&word)) {
                self.found.add(unfit(&place, &reason.sentence()));
                return None;
            }
            scalars.push(word);
        }
        field.kind.accept_words(&scalars).ok()
    }

    /// The content of a file, from base64.
    fn file(&mut self, field: &Field, node: &Node, place: &str) -> Option<Value> {
        let text = match node {
            Node::Null if field.is(Rule::Nullable) => return Some(Value::Null),
            Node::Text(text) => text,
            other => {
                self.found.add(other.misshapen(place, "text in base64"));
                return None;
            }
        };
        // Too long a text is not worth reading; how many bytes the last four characters are is seen
        // only then.
        let long = text.len().div_ceil(4) * 3 > MOST_FILE + 2;
        let reason = match STANDARD.decode(if long { "" } else { text }) {
            Ok(bytes) if !long && bytes.len() <= MOST_FILE => return Some(Value::Bytes(bytes)),
            Ok(_) => format!("must have at most {MOST_FILE} bytes"),
            Err(_) => "must be base64".to_owned(),
        };
        self.found.add(unfit(place, &reason));
        None
    }

    /// An object, kept as text without blanks; the body of a query has to be one that can be asked.
    fn document(
        &mut self,
        field: &Field,
        node: &Node,
        place: &str,
        max: usize,
        query: bool,
    ) -> Option<Value> {
        if *node == Node::Null && field.is(Rule::Nullable) {
            return Some(Value::Null);
        }
        if !matches!(node, Node::Object(_)) {
            self.found.add(node.misshapen(place, "an object"));
            return None;
        }
        let text = node.to_text();
        if text.len() > max {
            let reason = format!("must have at most {max} bytes without blanks");
            self.found.add(unfit(place, &reason));
            return None;
        }
        if query && let Err(problems) = askable(self.registry, node) {
            for problem in problems {
                self.found.add(problem.below(place));
            }
            return None;
        }
        Some(Value::Text(text))
    }

    /// The items of a list, of which there are at most so many; null is the empty list.
    fn array<'n>(
        &mut self,
        node: &'n Node,
        place: &str,
        wanted: &'static str,
        most: usize,
    ) -> Option<&'n [Node]> {
        let items = match node {
            Node::Null => &[],
            Node::Array(items) => items.as_slice(),
            other => {
                self.found.add(other.misshapen(place, wanted));
                return None;
            }
        };
        if items.len() <= most {
            return Some(items);
        }
        let many = problem::TOO_MANY_ITEMS.with("FIELD", place);
        self.found
            .add(many.with("MOST", most.to_string()).at(place));
        None
    }
}

/// Whether the declarations know all that a query names.
fn askable(registry: &Registry, body: &Node) -> Result<(), Vec<Problem>> {
    let mut query = query::parse(body)?;
    query.ours = query.object.starts_with(OURS);
    query.plan(registry, Sight::ALL).map(drop)
}

fn unknown(place: &str) -> Problem {
    problem::UNKNOWN_FIELD.with("FIELD", place).at(place)
}

fn read_only(place: &str) -> Problem {
    problem::READ_ONLY_FIELD.with("FIELD", place).at(place)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;
    use sidegate_model::{Pointed, RecordKey};

    use super::super::json::parse;
    use super::*;

    static REGISTRY: LazyLock<Registry> = LazyLock::new(|| Registry::shipped().unwrap());

    pub(super) fn read(object: &str, body: &str) -> String {
        let registry = &*REGISTRY;
        let definition = registry.named(object).unwrap();
        let sent = parse(body.as_bytes()).unwrap();
        match draft(registry, definition, Operation::Update, &sent) {
            Ok(draft) => shown(registry, definition, &draft, ""),
            Err(problems) => problems
                .iter()
                .map(|problem| {
                    format!(
                        "! {}: {}\n",
                        problem.place.as_deref().unwrap_or("-"),
                        problem.message()
                    )
                })
                .collect(),
        }
    }

    fn shown(registry: &Registry, definition: &Definition, draft: &Draft, indent: &str) -> String {
        let mut out = String::new();
        for entry in &draft.entries {
            let field = definition.field(entry.field);
            let head = format!("{indent}{} at {}", field.name, entry.place);
            match &entry.given {
                Given::Value(value) => out += &format!("{head} = {value:?}\n"),
                Given::Reference(pointed) => {
                    out += &format!("{head}\n{}", pointed_at(registry, field, pointed, indent));
                }
                Given::Owned(items) => out += &format!("{head}, {} items\n", items.len()),
                Given::References(list) => {
                    out += &format!("{head}, {} items\n", list.len());
                    list.iter()
                        .for_each(|pointed| out += &pointed_at(registry, field, pointed, indent));
                }
            }
        }
        out
    }

    fn pointed_at(registry: &Registry, field: &Field, pointed: &Pointed, indent: &str) -> String {
        let target = registry.target_of(field).unwrap();
        let key = pointed.key.map(RecordKey::number);
        let inner = shown(registry, target, &pointed.inline, &format!("{indent}    "));
        format!(
            "{indent}  -> {} key {key:?} id {:?}\n{inner}",
            pointed.place, pointed.id
        )
    }

    #[test]
    fn a_body_becomes_entries_in_the_order_sent() {
        insta::assert_snapshot!(read("company-config/user", r#"{
            "id": "ws-sync", "webServices": {"isRestricted": true}, "accountEmail": "ops@example.org",
            "contact": {"id": " C 1", "key": "12", "href": "/objects/company-config/contact/12",
                        "printAs": "Sync", "email2": null, "mailingAddress": {"city": "Ulm", "state": null}},
            "entityAccess": {"allowToplevelAccess": true},
            "entities": [{"key": "3", "href": "/x"}, {"id": "E1"}], "roles": null,
            "entity": {"key": 54, "id": null, "name": "Central", "href": "/x"}
        }"#), @r#"
        id at /id = Text("ws-sync")
        webServices.isRestricted at /webServices/isRestricted = Boolean(true)
        accountEmail at /accountEmail = Text("ops@example.org")
        contact at /contact
          -> /contact key Some(12) id Some(" C 1")
            printAs at /contact/printAs = Text("Sync")
            email2 at /contact/email2 = Null
            mailingAddress.city at /contact/mailingAddress/city = Text("Ulm")
            mailingAddress.state at /contact/mailingAddress/state = Null
        entityAccess.allowTopLevelAccess at /entityAccess/allowToplevelAccess = Boolean(true)
        entities at /entities, 2 items
          -> /entities/0 key Some(3) id None
          -> /entities/1 key None id Some("E1")
        roles at /roles, 0 items
        entity at /entity
          -> /entity key Some(54) id None
        "#);
    }

    #[test]
    fn the_printed_sample_is_refused_with_both_places() {
        let sample = r#"{"id": "Admin", "userName": "Admin", "userType": "business", "adminPrivileges": "full",
            "contact": {"id": "jsmith", "permissionAssignments": [{"permission": {"key": "404"}, "accessRights": ["list"]}]}}"#;
        let definition = REGISTRY.named("company-config/user").unwrap();
        let sent = parse(sample.as_bytes()).unwrap();
        let problems = draft(&REGISTRY, definition, Operation::Create, &sent).unwrap_err();
        let messages: Vec<_> = problems.iter().map(Problem::message).collect();
        assert_eq!(
            messages,
            [
                "/contact/permissionAssignments is not a valid field",
                "/accountEmail is required and must not be empty"
            ]
        );
    }

    #[test]
    fn a_member_that_does_not_fit_is_not_missing_too() {
        let definition = REGISTRY.named("company-config/user").unwrap();
        let sent = parse(br#"{"id": 5, "accountEmail": null, "contact": {}}"#).unwrap();
        let problems = draft(&REGISTRY, definition, Operation::Create, &sent).unwrap_err();
        let places: Vec<_> = problems.iter().filter_map(|p| p.place.as_deref()).collect();
        assert_eq!(places, ["/id", "/accountEmail", "/contact"]);
    }

    #[test]
    fn everything_wrong_is_found_with_its_place() {
        insta::assert_snapshot!(read("company-config/user", r#"{
            "key": "1", "href": "/x", "version": 3, "activatedAt": null, "colour": 1, "a/b": 1, "": 1,
            "audit": {"createdBy": "1", "createdByUser": {"key": "1"}, "mood": 1},
            "webServices.isRestricted": true, "webServices": {"isEnabled": true, "isRestricted": "yes"},
            "password": null, "sso": [], "status": null, "userName": 5, "id": {"x": 1}, "trustedDevices": "maybe",
            "accountEmail": "nobody",
            "entityAccess": {"allowTopLevelAccess": true, "allowToplevelAccess": true}
        }"#), @r#"
        ! /key: /key is a read-only field
        ! /href: /href is a read-only field
        ! /version: /version is not a valid field
        ! /activatedAt: /activatedAt is not a valid field
        ! /colour: /colour is not a valid field
        ! /a~1b: /a~1b is not a valid field
        ! /: / is not a valid field
        ! /audit/createdBy: /audit/createdBy is a read-only field
        ! /audit/createdByUser: /audit/createdByUser is a read-only field
        ! /audit/mood: /audit/mood is not a valid field
        ! /webServices.isRestricted: /webServices.isRestricted is not a valid field
        ! /webServices/isEnabled: /webServices/isEnabled is a read-only field
        ! /webServices/isRestricted: /webServices/isRestricted must be true or false, not text
        ! /password: /password must be an object, not null
        ! /sso: /sso must be an object, not an array
        ! /status: /status must not be null
        ! /userName: /userName must be text, not a number
        ! /id: /id must be a single value, not an object
        ! /trustedDevices: /trustedDevices must be one of: companyDefault, always, never
        ! /accountEmail: /accountEmail must be an e-mail address such as ann@example.org
        ! /entityAccess/allowToplevelAccess: /entityAccess/allowToplevelAccess is sent in another spelling too; send it once
        "#);
    }

    #[test]
    fn null_is_for_nullable_fields() {
        assert_eq!(
            read("company-config/entity", r#"{"federalId": null}"#),
            "federalId at /federalId = Null\n"
        );
        assert_eq!(
            read("company-config/entity", r#"{"name": null}"#),
            "! /name: /name must not be null\n"
        );
    }

    #[test]
    fn secrets_can_be_written_and_what_is_internal_is_unknown() {
        let files = [(
            "a/thing.toml",
            "name = \"a/thing\"\nacts = true\nlabel = { one = \"T\", many = \"T\" }\n\
             [[field]]\nname = \"pin\"\nlabel = \"PIN\"\ntype = \"text(4)\"\nrules = [\"secret\"]\n\
             [[field]]\nname = \"hash\"\nlabel = \"Hash\"\ntype = \"bytes\"\nrules = [\"internal\"]\n",
        )];
        let registry = Registry::from_files(&files).unwrap();
        let read = |body: &str| {
            draft(
                &registry,
                registry.named("a/thing").unwrap(),
                Operation::Update,
                &parse(body.as_bytes()).unwrap(),
            )
        };
        assert_eq!(read(r#"{"pin": "1234"}"#).unwrap().entries.len(), 1);
        let problems = read(r#"{"pin": "12345", "hash": "00"}"#).unwrap_err();
        let messages: Vec<_> = problems.iter().map(Problem::message).collect();
        assert_eq!(
            messages,
            [
                "/pin must have at most 4 characters",
                "/hash is not a valid field"
            ]
        );
    }

    #[test]
    fn an_object_is_kept_as_text_without_blanks_and_reads_the_same() {
        let files = [(
            "a/thing.toml",
            "name = \"a/thing\"\nacts = true\nlabel = { one = \"T\", many = \"T\" }\n\
             [[field]]\nname = \"kept\"\nlabel = \"Kept\"\ntype = \"json(60)\"\n",
        )];
        let registry = Registry::from_files(&files).unwrap();
        let read = |body: &str| {
            let sent = parse(body.as_bytes()).unwrap();
            let thing = registry.named("a/thing").unwrap();
            draft(&registry, thing, Operation::Update, &sent)
        };
        let text = r#"{"b":[1,-0.5,true,null,{}],"a\"\n":"é\u0001"}"#;
        let kept = read(&format!("{{\"kept\": {} }}", text.replace(',', " , "))).unwrap();
        let Given::Value(Value::Text(kept)) = &kept.entries[0].given else {
            panic!("text");
        };
        assert_eq!(kept, text);
        assert_eq!(parse(kept.as_bytes()).unwrap().to_text(), text);
        let long = format!(r#"{{"kept": {{"a": "{}"}}}}"#, "x".repeat(53));
        for (body, told) in [
            (
                long.as_str(),
                "/kept must have at most 60 bytes without blanks",
            ),
            (r#"{"kept": null}"#, "/kept must be an object, not null"),
            (r#"{"kept": [1]}"#, "/kept must be an object, not an array"),
        ] {
            assert_eq!(read(body).unwrap_err()[0].message(), told);
        }
    }

    #[test]
    fn a_body_is_one_object() {
        for (body, got) in [
            ("[]", "an array"),
            ("\"x\"", "text"),
            ("null", "null"),
            ("1", "a number"),
        ] {
            assert_eq!(
                read("company-config/user", body),
                format!("! -: The body must be an object, not {got}\n")
            );
        }
    }

    #[test]
    fn lists_and_problems_are_bounded() {
        let list = vec![r#"{"id": "R"}"#; 1001].join(",");
        assert_eq!(
            read("company-config/user", &format!(r#"{{"roles": [{list}]}}"#)),
            "! /roles: /roles has more than 1000 items; send fewer\n"
        );
        let members: Vec<_> = (0..5000).map(|n| format!(r#""x{n}": 1"#)).collect();
        assert_eq!(
            read("company-config/user", &format!("{{{}}}", members.join(",")))
                .lines()
                .count(),
            100
        );
    }

    proptest! {
        #[test]
        fn no_body_can_break_the_reader(
            names in prop::collection::btree_map(
                "contact|roles|entity|sso|audit|key|id|href|status|mailingAddress|city|\\PC{0,3}", "null|\\[\\]|\\[\\{\\}\\]|\\{\\}|1|\"x\"|\\{\"key\":null\\}|\\{\"id\":\\[1\\]\\}", 0..6)
        ) {
            let quoted = |name: &String| serde_json::to_string(name).unwrap();
            let members: Vec<_> = names.iter().map(|(name, value)| format!("{}:{value}", quoted(name))).collect();
            read("company-config/user", &format!("{{{}}}", members.join(",")));
            read("company-config/user", &format!("{{\"contact\":{{{}}}}}", members.join(",")));
        }
    }
}
