//! From the JSON of a create or update to a draft: every member meets its field here, once.
//!
//! Finds all that is wrong, each with its place, also what a new record needs and nobody sent. Says
//! nothing about what only a look at the company can tell: whether a reference names something, and
//! what is unique or fixed.

use std::collections::HashSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sidegate_model::field_type::{MOST_FILE, Unfit};
use sidegate_model::problem::{self, Problem};
use sidegate_model::{
    Definition, Draft, Entry, Field, FieldIndex, FieldType, Given, Item, Operation, Pointed,
    RecordKey, Registry, Rule, Scalar, Value,
};

use super::json::{Node, pointer, unfit};
use super::problem::Found;

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
    let Node::Object(members) = body else {
        return Err(vec![body.misshapen("", "an object")]);
    };
    let mut reader = Reader {
        registry,
        found: Found::default(),
        unfit: HashSet::new(),
        system: false,
        was_read: false,
    };
    let mut draft = Draft::default();
    reader.group(definition, members, &Spot::default(), &mut draft);
    if operation == Operation::Create {
        reader.need(definition, &draft, None, "");
    }
    reader.found.or(draft)
}

/// Whether the system's own members may be sent too, for records that only the system writes.
///
/// # Errors
/// As [`draft`].
pub fn system_draft(
    registry: &Registry,
    definition: &Definition,
    body: &Node,
) -> Result<Draft, Vec<Problem>> {
    let Node::Object(members) = body else {
        return Err(vec![body.misshapen("", "an object")]);
    };
    let mut reader = Reader {
        registry,
        found: Found::default(),
        unfit: HashSet::new(),
        system: true,
        was_read: false,
    };
    let mut draft = Draft::default();
    reader.group(definition, members, &Spot::default(), &mut draft);
    reader.need(definition, &draft, None, "");
    reader.found.or(draft)
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

/// A reference whose members are being read.
struct Through<'a> {
    field: &'a Field,
    target: &'a Definition,
    /// All it has of key and id is null: nulls among its members then say nothing more.
    cleared: bool,
}

impl Reader<'_> {
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

    /// Items of an owned list: without a key they are new, with a key they change, with the
    /// operation delete they go. Where the list sent replaces the one before, none has a key.
    fn owned(&mut self, field: &Field, node: &Node, place: &str) -> Option<Given> {
        let most = field.most.unwrap_or(MOST_ITEMS);
        let nodes = self.array(node, place, "an array of objects", most)?;
        let before = self.found.count();
        let outer = std::mem::take(&mut self.unfit);
        let mut items = Vec::with_capacity(nodes.len());
        let mut keys = HashSet::new();
        for (number, node) in nodes.iter().enumerate() {
            let place = format!("{place}/{number}");
            self.unfit.clear();
            let Some(item) = self.owned_item(field, node, place) else {
                continue;
            };
            if item.key.is_some_and(|key| !keys.insert(key)) {
                let again = problem::LISTED_TWICE.with("FIELD", &item.place);
                self.found.add(again.at(&item.place));
            }
            items.push(item);
        }
        self.unfit = outer;
        (self.found.count() == before).then_some(Given::Owned(items))
    }

    fn owned_item(&mut self, field: &Field, node: &Node, place: String) -> Option<Item> {
        let Node::Object(members) = node else {
            self.found.add(node.misshapen(&place, "an object"));
            return None;
        };
        let target = self
            .registry
            .target_of(field)
            .expect("a list of nothing stops the start");
        let mut item = Item {
            place,
            ..Item::default()
        };
        let replaced = field.is(Rule::Replaced);
        let here = Spot {
            name: String::new(),
            place: item.place.clone(),
        };
        let mut own = Vec::with_capacity(members.len());
        for (member, node) in members {
            let at = here.inner(member);
            match member.as_str() {
                "key" if !replaced => item.key = self.key(target, node, &at.place),
                "ia::operation" if !replaced => item.goes = self.goes(node, &at.place),
                // Clients send back what they read.
                "href" | "audit" => {}
                "id" if !replaced && target.named("id").is_some_and(|id| id.column == "key") => {}
                _ => own.push((member, node)),
            }
        }
        let outer = std::mem::replace(&mut self.was_read, item.key.is_some());
        for (member, node) in own {
            self.member(target, node, &here.inner(member), &mut item.draft);
        }
        self.was_read = outer;
        if item.goes && item.key.is_none() {
            let needs = unfit(
                &item.place,
                "needs the key of the item that is to be deleted",
            );
            self.found.add(needs);
        }
        if item.key.is_none() {
            self.need(target, &item.draft, field.by, &item.place);
        }
        Some(item)
    }

    /// What an item is to do: without a word, or by `patch`, it changes.
    fn goes(&mut self, node: &Node, place: &str) -> bool {
        match node {
            Node::Text(word) if word == "delete" => return true,
            Node::Text(word) if word == "patch" || word == "post" => {}
            _ => self.found.add(unfit(place, "must be delete or patch")),
        }
        false
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

    fn reference(&mut self, field: &Field, node: &Node, place: &str) -> Option<Given> {
        let members = match node {
            Node::Null => return Some(Given::Value(Value::Null)),
            Node::Object(members) => members,
            other => {
                self.found
                    .add(other.misshapen(place, "an object with key or id"));
                return None;
            }
        };
        let mut names = members
            .iter()
            .filter(|(name, _)| matches!(name.as_str(), "key" | "id"))
            .peekable();
        let cleared = names.peek().is_some() && names.all(|(_, node)| *node == Node::Null);
        let pointed = self.pointed(field, members, place, cleared)?;
        let reason = match (
            names_one(&pointed),
            cleared,
            pointed.inline.entries.is_empty(),
        ) {
            (true, ..) | (false, false, false) => return Some(Given::Reference(pointed)),
            (false, true, true) => return Some(Given::Value(Value::Null)),
            (false, false, true) => "needs key or id",
            (false, true, false) => {
                "is cleared by a null key or id but has other members; send one or the other"
            }
        };
        self.found.add(unfit(place, reason));
        None
    }

    fn references(&mut self, field: &Field, node: &Node, place: &str) -> Option<Given> {
        let wanted = "an array of objects with key or id";
        let items = self.array(node, place, wanted, MOST_ITEMS)?;
        let list: Vec<Pointed> = items
            .iter()
            .enumerate()
            .filter_map(|(number, item)| self.item(field, item, &format!("{place}/{number}")))
            .collect();
        let (mut keys, mut ids) = (HashSet::new(), HashSet::new());
        for item in &list {
            let key_again = item.key.is_some_and(|key| !keys.insert(key));
            let id_again = item.id.as_deref().is_some_and(|id| !ids.insert(id));
            if key_again || id_again {
                self.found.add(
                    problem::LISTED_TWICE
                        .with("FIELD", &item.place)
                        .at(&item.place),
                );
            }
        }
        Some(Given::References(list))
    }

    fn item(&mut self, field: &Field, node: &Node, place: &str) -> Option<Pointed> {
        let Node::Object(members) = node else {
            self.found
                .add(node.misshapen(place, "an object with key or id"));
            return None;
        };
        let pointed = self.pointed(field, members, place, false)?;
        if !names_one(&pointed) {
            self.found.add(unfit(place, "needs key or id"));
            return None;
        }
        Some(pointed)
    }

    /// What the members of a reference say; nothing if one of them is wrong.
    fn pointed(
        &mut self,
        field: &Field,
        members: &[(String, Node)],
        place: &str,
        cleared: bool,
    ) -> Option<Pointed> {
        let before = self.found.count();
        let target = self
            .registry
            .target_of(field)
            .expect("a reference to nothing stops the start");
        let mut pointed = Pointed {
            place: place.to_owned(),
            ..Pointed::default()
        };
        let through = Through {
            field,
            target,
            cleared,
        };
        let here = Spot {
            name: String::new(),
            place: place.to_owned(),
        };
        for (member, node) in members {
            let at = here.inner(member);
            match member.as_str() {
                "key" => pointed.key = self.key(target, node, &at.place),
                "id" => pointed.id = self.id(target, node, &at.place),
                // Clients send back what they read.
                "href" => {}
                _ => self.inline(&through, node, &at, &mut pointed.inline),
            }
        }
        (self.found.count() == before).then_some(pointed)
    }

    fn key(&mut self, target: &Definition, node: &Node, place: &str) -> Option<RecordKey> {
        self.accept(target.field(FieldIndex::KEY), node, place)?
            .as_key()
    }

    fn id(&mut self, target: &Definition, node: &Node, place: &str) -> Option<String> {
        let Some(id) = target.id else {
            self.found.add(unknown(place));
            return None;
        };
        if *node == Node::Text(String::new()) {
            self.found
                .add(unfit(place, "must not be empty text; leave the member out"));
            return None;
        }
        let value = self.accept(target.field(id), node, place)?;
        let key = value.as_key().map(|key| key.to_string());
        value.as_text().map(str::to_owned).or(key)
    }

    /// A member of a reference's target: written if it can be, ignored if it is only shown.
    fn inline(&mut self, through: &Through<'_>, node: &Node, at: &Spot, draft: &mut Draft) {
        let Through {
            field,
            target,
            cleared,
        } = *through;
        let written = target
            .input_named(&at.name)
            .filter(|found| field.inline.contains(&found.name));
        let group = format!("{}.", at.name);
        if let Some(written) = written {
            if !(cleared && *node == Node::Null) {
                self.field(written, node, &at.place, draft);
            }
        } else if field.shows.contains(&at.name) {
            // Clients send back what they read.
        } else if !at.name.is_empty()
            && field
                .inline
                .iter()
                .chain(&field.shows)
                .any(|name| name.starts_with(&group))
        {
            match node {
                Node::Object(members) => {
                    for (member, node) in members {
                        self.inline(through, node, &at.inner(member), draft);
                    }
                }
                Node::Null if cleared => {}
                other => self.found.add(other.misshapen(&at.place, "an object")),
            }
        } else {
            self.found.add(unknown(&at.place));
        }
    }
}

fn names_one(pointed: &Pointed) -> bool {
    pointed.key.is_some() || pointed.id.is_some()
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

    use super::super::json::parse;
    use super::*;

    static REGISTRY: LazyLock<Registry> = LazyLock::new(|| Registry::shipped().unwrap());

    fn read(object: &str, body: &str) -> String {
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
    fn references_say_where_they_are_wrong() {
        let cases = [
            (
                r#"{"contact": "C1"}"#,
                "/contact: /contact must be an object with key or id, not text",
            ),
            (
                r#"{"contact": 12}"#,
                "/contact: /contact must be an object with key or id, not a number",
            ),
            (
                r#"{"contact": [{"id": "C1"}]}"#,
                "/contact: /contact must be an object with key or id, not an array",
            ),
            (r#"{"contact": {}}"#, "/contact: /contact needs key or id"),
            (
                r#"{"contact": {"href": "/x"}}"#,
                "/contact: /contact needs key or id",
            ),
            (
                r#"{"contact": {"id": ""}}"#,
                "/contact/id: /contact/id must not be empty text; leave the member out",
            ),
            (
                r#"{"contact": {"id": 7}}"#,
                "/contact/id: /contact/id must be text, not a number",
            ),
            (
                r#"{"contact": {"id": "a\u0000"}}"#,
                "/contact/id: /contact/id must not contain control characters",
            ),
            (
                r#"{"contact": {"key": "012"}}"#,
                "/contact/key: /contact/key must be a key: the digits that the system assigned",
            ),
            (
                r#"{"contact": {"key": "9007199254740992"}}"#,
                "/contact/key: /contact/key must be a key: the digits that the system assigned",
            ),
            (
                r#"{"contact": {"key": {}}}"#,
                "/contact/key: /contact/key must be a single value, not an object",
            ),
            (
                r#"{"contact": {"id": "C1", "status": "active"}}"#,
                "/contact/status: /contact/status is not a valid field",
            ),
            (
                r#"{"contact": {"id": "C1", "printAs": null}}"#,
                "/contact/printAs: /contact/printAs must not be null",
            ),
            (
                r#"{"contact": {"id": "C1", "mailingAddress": "Ulm"}}"#,
                "/contact/mailingAddress: /contact/mailingAddress must be an object, not text",
            ),
            (
                r#"{"contact": {"id": "C1", "mailingAddress": {"town": "Ulm"}}}"#,
                "/contact/mailingAddress/town: /contact/mailingAddress/town is not a valid field",
            ),
            (
                r#"{"contact": {"id": "C1", "mailingAddress.city": "Ulm"}}"#,
                "/contact/mailingAddress.city: /contact/mailingAddress.city is not a valid field",
            ),
            (
                r#"{"contact": {"key": null, "printAs": "x"}}"#,
                "/contact: /contact is cleared by a null key or id but has other members; send one or the other",
            ),
            (
                r#"{"roles": {"id": "R"}}"#,
                "/roles: /roles must be an array of objects with key or id, not an object",
            ),
            (
                r#"{"roles": ["R"]}"#,
                "/roles/0: /roles/0 must be an object with key or id, not text",
            ),
            (
                r#"{"roles": [{"id": "R"}, {"key": null}]}"#,
                "/roles/1: /roles/1 needs key or id",
            ),
            (
                r#"{"roles": [{"id": "R", "applyTo": "x"}]}"#,
                "/roles/0/applyTo: /roles/0/applyTo is not a valid field",
            ),
            (
                r#"{"roles": [{"id": "R"}, {"key": "1"}, {"id": "R", "key": "2"}]}"#,
                "/roles/2: /roles/2 names the same record as an earlier item; name each once",
            ),
            (
                r#"{"roles": [{"key": 1}, {"key": "1"}]}"#,
                "/roles/1: /roles/1 names the same record as an earlier item; name each once",
            ),
        ];
        for (body, wanted) in cases {
            assert_eq!(
                read("company-config/user", body),
                format!("! {wanted}\n"),
                "{body}"
            );
        }
    }

    #[test]
    fn a_reference_is_cleared_by_null_and_by_what_an_empty_one_reads_as() {
        for body in [
            r#"{"contacts": {"primary": null}}"#,
            r#"{"contacts": {"primary": {"key": null}}}"#,
            r#"{"contacts": {"primary": {"id": null}}}"#,
            r#"{"contacts": {"primary": {"key": null, "id": null, "href": null, "printAs": null, "mailingAddress": {"city": null}}}}"#,
            r#"{"contacts": {"primary": {"key": null, "id": null, "mailingAddress": null}}}"#,
        ] {
            assert_eq!(
                read("company-config/location", body),
                "contacts.primary at /contacts/primary = Null\n",
                "{body}"
            );
        }
    }

    #[test]
    fn a_null_member_beside_a_named_record_is_written() {
        let sent = read(
            "company-config/user",
            r#"{"contact": {"key": null, "id": "C1", "email1": null}}"#,
        );
        assert!(sent.contains("email1 at /contact/email1 = Null"), "{sent}");
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
