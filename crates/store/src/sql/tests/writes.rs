//! Writes on a real database: what comes back, what is refused, and the bookkeeping beside it.

use std::sync::Arc;

use sidegate_model::access::Sight;
use sidegate_model::query::{Listed, Plan};
use sidegate_model::{FieldIndex, RecordKey, Registry, Value};

use super::ask::{ask, key};
use super::world::{ONE, TWO, World, record};
use crate::{Result, StoreError, Violation};

const CONTACT: &str = "company-config/contact";
const CREDENTIAL: &str = "sidegate/credential";
const DEPARTMENT: &str = "company-config/department";
const USER: &str = "company-config/user";

fn unique<T>(table: &str, column: &str, done: Result<T>) {
    match done {
        Err(StoreError::Constraint(Violation::Unique {
            table: t,
            column: c,
        })) => {
            assert_eq!((t.as_str(), c.as_str()), (table, column));
        }
        Err(other) => panic!("another refusal: {other}"),
        Ok(_) => panic!("nothing was refused"),
    }
}

fn reference<T>(done: Result<T>) {
    match done {
        Err(StoreError::Constraint(Violation::Reference)) => {}
        Err(other) => panic!("another refusal: {other}"),
        Ok(_) => panic!("nothing was refused"),
    }
}

fn user(world: &mut World, company: i64, id: &str, contact: RecordKey) -> Result<RecordKey> {
    let values = [
        ("id", id.into()),
        ("accountEmail", "a@example.org".into()),
        ("contact", Value::Key(contact)),
    ];
    world.insert(company, USER, &values)
}

#[test]
fn an_id_is_taken_in_any_case() {
    let mut world = World::new();
    world.contact(ONE, "Été Ops", None).expect("a contact");
    for id in ["Été Ops", "été ops", "ÉTÉ OPS"] {
        unique("contact", "id", world.contact(ONE, id, None));
    }
    world
        .contact(ONE, "Ete Ops", None)
        .expect("another letter is another id");
    world
        .contact(TWO, "Été Ops", None)
        .expect("another company has its own ids");
}

#[test]
fn an_id_of_a_company_is_taken_on_the_whole_server() {
    let mut world = World::new();
    let definition = world.definition("sidegate/company");
    let record = record(
        &world.registry,
        definition,
        3,
        &[("id", "COMPANY-1".into()), ("name", "Third".into())],
    );
    let registry = Arc::clone(&world.registry);
    unique(
        "company",
        "id",
        world.session(ONE).insert(
            registry.named("sidegate/company").expect("declared"),
            &record,
        ),
    );
}

#[test]
fn a_unique_column_without_a_folded_twin_is_named() {
    let mut world = World::new();
    let contact = world.contact(ONE, "c", None).expect("a contact");
    let user = user(&mut world, ONE, "u", contact).expect("a user");
    let client = [("id", "client".into()), ("name", "Client".into())];
    let client = world
        .insert(ONE, "sidegate/client-application", &client)
        .expect("a client");
    let word = [
        ("clientApplication", Value::Key(client)),
        ("user", Value::Key(user)),
    ];
    let word = world
        .insert(ONE, "sidegate/client-authorization", &word)
        .expect("an authorization");
    let token = [
        ("kind", "access".into()),
        ("hash", Value::Bytes(vec![7; 32])),
        ("user", Value::Key(user)),
        ("authorization", Value::Key(word)),
        ("expiresAt", Value::Moment(1)),
    ];
    world
        .insert(ONE, "sidegate/token", &token)
        .expect("a token");
    unique("token", "hash", world.insert(ONE, "sidegate/token", &token));
}

#[test]
fn a_key_is_taken_once() {
    let mut world = World::new();
    world.contact(ONE, "a", None).expect("a contact");
    let registry = Arc::clone(&world.registry);
    let definition = registry.named(CONTACT).expect("declared");
    let again = record(
        &registry,
        definition,
        1,
        &[("id", "b".into()), ("printAs", "b".into())],
    );
    unique(
        "contact",
        "key",
        world.session(ONE).insert(definition, &again),
    );
}

#[test]
fn a_required_column_without_a_value_is_refused() {
    let mut world = World::new();
    let refused = world.insert(ONE, DEPARTMENT, &[("id", "d".into())]);
    assert!(
        matches!(refused, Err(StoreError::Constraint(Violation::Other(_)))),
        "{refused:?}"
    );
}

#[test]
fn a_reference_to_nothing_is_refused() {
    let mut world = World::new();
    reference(user(&mut world, ONE, "u", key(77)));
    world.contact(TWO, "c", None).expect("a contact");
    reference(user(&mut world, ONE, "u", key(1)));
}

#[test]
fn a_record_that_others_refer_to_stays() {
    let mut world = World::new();
    let contact = world.contact(ONE, "c", None).expect("a contact");
    user(&mut world, ONE, "u", contact).expect("a user");
    let registry = Arc::clone(&world.registry);
    reference(
        world
            .session(ONE)
            .delete(registry.named(CONTACT).expect("declared"), contact),
    );
    assert_eq!(world.rows(ONE, &ask(CONTACT, &["id"])).len(), 1);
}

/// What is stored of one record, by the names of its fields.
fn stored(world: &mut World, company: i64, object: &str, key: RecordKey) -> Vec<(String, Value)> {
    let plan = Plan::stored(&world.registry, world.definition(object), Sight::ALL, key);
    let row = world
        .rows_of(company, &plan)
        .into_iter()
        .next()
        .expect("the record");
    plan.names.iter().cloned().zip(row).collect()
}

fn comes_back(world: &mut World, object: &str, values: &[(&str, Value)]) {
    let key = world.insert(ONE, object, values).expect("a record");
    let found = stored(world, ONE, object, key);
    for (name, value) in values {
        let back = found
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value);
        assert_eq!(back, Some(value), "{name}");
    }
    let given = |name: &String| values.iter().any(|(known, _)| known == name);
    let implied = [
        "key",
        "version",
        "audit.createdDateTime",
        "audit.modifiedDateTime",
    ];
    for (name, value) in found
        .iter()
        .filter(|(name, _)| !given(name) && !implied.contains(&name.as_str()))
    {
        assert_eq!(value, &Value::Null, "{name} was not given");
    }
}

#[test]
fn values_come_back_as_they_were_stored() {
    let mut world = World::new();
    for (number, (yes, discount)) in [(true, 1250), (false, -1), (true, 0)]
        .into_iter()
        .enumerate()
    {
        let contact = [
            ("id", Value::Text(format!("contact {number}"))),
            (
                "printAs",
                "O'Neil \"Q\" \\ % _ ?1 $1 \t\n 😀 é e\u{301}".into(),
            ),
            ("companyName", "".into()),
            ("showInContactList", Value::Boolean(yes)),
            ("discount", Value::Decimal(discount)),
        ];
        comes_back(&mut world, CONTACT, &contact);
    }
    for (number, days) in [-719_162, -1, 0, 20_484, 2_932_896].into_iter().enumerate() {
        let entity = [
            ("id", Value::Text(format!("entity {number}"))),
            ("name", "Entity".into()),
            ("federalId", "1".into()),
            ("locationType", "entity".into()),
            ("startDate", Value::Date(days)),
            (
                "contacts.registeredCapital",
                Value::Integer(if number == 0 { i64::MIN } else { i64::MAX }),
            ),
        ];
        comes_back(&mut world, "company-config/entity", &entity);
    }
}

#[test]
fn bytes_and_moments_come_back_as_they_were_stored() {
    let mut world = World::new();
    let contact = world.contact(ONE, "c", None).expect("a contact");
    let user = user(&mut world, ONE, "u", contact).expect("a user");
    let all: Vec<u8> = (0..=u8::MAX).collect();
    for (bytes, moment) in [(all, 1_781_000_000_123_456), (Vec::new(), -1), (vec![0], 0)] {
        let credential = [
            ("user", Value::Key(user)),
            ("kind", "secret".into()),
            ("hash", Value::Bytes(bytes)),
            ("expiresAt", Value::Moment(moment)),
        ];
        comes_back(&mut world, CREDENTIAL, &credential);
    }
}

#[test]
fn bytes_are_found_by_their_value() {
    let mut world = World::new();
    let contact = world.contact(ONE, "c", None).expect("a contact");
    let user = user(&mut world, ONE, "u", contact).expect("a user");
    for byte in [1, 2] {
        let credential = [
            ("user", Value::Key(user)),
            ("kind", "secret".into()),
            ("hash", Value::Bytes(vec![0, byte])),
        ];
        world
            .insert(ONE, CREDENTIAL, &credential)
            .expect("a credential");
    }
    let equal = [
        ("hash", Value::Bytes(vec![0, 2])),
        ("lastUsedAt", Value::Null),
    ];
    let plan = Plan::internal(&world.registry, CREDENTIAL, &["key"], &equal, 5);
    assert_eq!(world.rows_of(ONE, &plan), [vec![Value::Key(key(2))]]);
    assert!(world.rows_of(TWO, &plan).is_empty());
}

#[test]
fn an_update_replaces_one_record_and_its_folded_id() {
    let mut world = World::new();
    let registry = Arc::clone(&world.registry);
    let definition = registry.named(DEPARTMENT).expect("declared");
    for company in [ONE, TWO] {
        for id in ["A", "B"] {
            world
                .insert(
                    company,
                    DEPARTMENT,
                    &[("id", id.into()), ("name", id.into())],
                )
                .expect("a department");
        }
    }
    let changed = record(
        &registry,
        definition,
        1,
        &[("id", "New".into()), ("name", "Renamed".into())],
    );
    world
        .session(ONE)
        .update(definition, &changed, &[])
        .expect("an update");
    let names = ask(DEPARTMENT, &["name"]);
    assert_eq!(world.texts_of(ONE, &names), ["Renamed", "B"]);
    assert_eq!(world.texts_of(TWO, &names), ["A", "B"]);
    world
        .insert(ONE, DEPARTMENT, &[("id", "a".into()), ("name", "a".into())])
        .expect("the old id is free");
    unique(
        "department",
        "id",
        world.insert(
            ONE,
            DEPARTMENT,
            &[("id", "NEW".into()), ("name", "n".into())],
        ),
    );
}

#[test]
fn a_delete_takes_one_record_of_one_company() {
    let mut world = World::new();
    for company in [ONE, TWO] {
        for id in ["a", "b"] {
            world.contact(company, id, None).expect("a contact");
        }
    }
    let registry = Arc::clone(&world.registry);
    world
        .session(ONE)
        .delete(registry.named(CONTACT).expect("declared"), key(1))
        .expect("a delete");
    let ids = ask(CONTACT, &["id"]);
    assert_eq!(world.texts_of(ONE, &ids), ["b"]);
    assert_eq!(world.texts_of(TWO, &ids), ["a", "b"]);
}

/// A user in each company, and departments and entities to list.
fn with_lists() -> World {
    let mut world = World::new();
    for company in [ONE, TWO] {
        let contact = world.contact(company, "c", None).expect("a contact");
        user(&mut world, company, "u", contact).expect("a user");
        for id in ["a", "b", "c"] {
            world
                .insert(
                    company,
                    DEPARTMENT,
                    &[("id", id.into()), ("name", id.into())],
                )
                .expect("a department");
            let location = [
                ("id", id.into()),
                ("name", id.into()),
                ("locationType", Value::from("entity")),
            ];
            world
                .insert(company, "company-config/location", &location)
                .expect("a location");
        }
    }
    world
}

fn list_field(registry: &Registry, name: &str) -> FieldIndex {
    registry
        .named(USER)
        .and_then(|user| user.named(name))
        .expect("a list of users")
        .index
}

fn set_list(world: &mut World, company: i64, name: &str, keys: &[i64]) -> Result<()> {
    let registry = Arc::clone(&world.registry);
    let definition = registry.named(USER).expect("declared");
    let values = [
        ("id", "u".into()),
        ("accountEmail", "a@example.org".into()),
        ("contact", Value::Key(key(1))),
    ];
    let mut changed = record(&registry, definition, 1, &values);
    let field = list_field(&registry, name);
    changed.set_list(field, keys.iter().map(|&number| key(number)).collect());
    world
        .session(company)
        .update(definition, &changed, &[field])
}

/// Every item of the user's lists: list, key, id.
fn lists(world: &mut World, company: i64, entity: Option<i64>) -> Vec<(usize, i64, String)> {
    let registry = Arc::clone(&world.registry);
    let mut items = Vec::new();
    let user = registry.named(USER).expect("declared");
    let sight = Sight {
        entity: entity.map(key),
        ..Sight::ALL
    };
    world
        .session(company)
        .lists(
            user,
            key(1),
            &Listed::of(&registry, user, &sight),
            &mut |list, target, id| {
                items.push((list, target.number(), id.to_owned()));
            },
        )
        .expect("lists");
    items
}

#[test]
fn a_list_keeps_its_order_and_its_company() {
    let mut world = with_lists();
    set_list(&mut world, ONE, "departments", &[3, 1]).expect("a list");
    set_list(&mut world, TWO, "departments", &[2]).expect("a list");
    set_list(&mut world, ONE, "locations", &[2]).expect("a list");
    let departments = 2;
    let (c, a, b) = (
        (departments, 3, "c".to_owned()),
        (departments, 1, "a".to_owned()),
        (departments, 2, "b".to_owned()),
    );
    assert_eq!(lists(&mut world, ONE, None), [(0, 2, "b".to_owned()), c, a]);
    assert_eq!(lists(&mut world, TWO, None), [b]);
    set_list(&mut world, ONE, "departments", &[]).expect("an empty list");
    assert_eq!(lists(&mut world, ONE, None).len(), 1);
    assert_eq!(lists(&mut world, TWO, None).len(), 1);
}

#[test]
fn a_list_shows_an_entity_only_what_it_sees() {
    let mut world = with_lists();
    set_list(&mut world, ONE, "entities", &[1, 2]).expect("a list");
    set_list(&mut world, ONE, "departments", &[3]).expect("a list");
    let keys: Vec<i64> = lists(&mut world, ONE, Some(2))
        .into_iter()
        .map(|(_, target, _)| target)
        .collect();
    assert_eq!(keys, [2, 3]);
}

#[test]
fn a_list_takes_a_record_once_and_only_one_that_exists() {
    let mut world = with_lists();
    unique(
        "user_departments",
        "target",
        set_list(&mut world, ONE, "departments", &[1, 1]),
    );
    reference(set_list(&mut world, ONE, "departments", &[9]));
}

#[test]
fn a_list_goes_with_its_record() {
    let mut world = with_lists();
    for company in [ONE, TWO] {
        set_list(&mut world, company, "departments", &[1]).expect("a list");
    }
    let registry = Arc::clone(&world.registry);
    reference(
        world
            .session(ONE)
            .delete(registry.named(DEPARTMENT).expect("declared"), key(1)),
    );
    world
        .session(ONE)
        .delete(registry.named(USER).expect("declared"), key(1))
        .expect("a delete");
    assert!(lists(&mut world, ONE, None).is_empty());
    assert_eq!(lists(&mut world, TWO, None).len(), 1);
}

#[test]
fn keys_have_no_gaps_and_come_back_when_undone() {
    let mut world = World::new();
    let registry = Arc::clone(&world.registry);
    let definition = registry.named(CONTACT).expect("declared");
    let next = |world: &mut World, company| {
        world
            .session(company)
            .next_key(definition)
            .expect("a key")
            .number()
    };
    assert_eq!(
        [
            next(&mut world, ONE),
            next(&mut world, ONE),
            next(&mut world, TWO)
        ],
        [1, 2, 1]
    );
    world.connection.begin_write().expect("a transaction");
    assert_eq!([next(&mut world, ONE), next(&mut world, ONE)], [3, 4]);
    world.connection.rollback().expect("undone");
    assert_eq!(next(&mut world, ONE), 3);
    world.connection.begin_write().expect("a transaction");
    assert_eq!(next(&mut world, ONE), 4);
    world.connection.commit().expect("done");
    assert_eq!(next(&mut world, ONE), 5);
    let several = |world: &mut World, company, count| {
        let first = world.session(company).next_keys(definition, count);
        first.expect("keys").number()
    };
    let three = 3;
    assert_eq!(
        [
            several(&mut world, ONE, 4),
            several(&mut world, ONE, 1),
            several(&mut world, three, 2)
        ],
        [6, 10, 1]
    );
    assert_eq!([next(&mut world, ONE), next(&mut world, three)], [11, 3]);
    let sender = registry.named("sidegate/sender").expect("declared");
    let server = [ONE, TWO].map(|company| {
        world
            .session(company)
            .next_key(sender)
            .expect("a key")
            .number()
    });
    assert_eq!(server, [1, 2]);
}

#[test]
fn objects_in_one_table_share_their_keys() {
    let mut world = World::new();
    let registry = Arc::clone(&world.registry);
    let keys = ["company-config/location", "company-config/entity"].map(|object| {
        world
            .session(ONE)
            .next_key(registry.named(object).expect("declared"))
            .expect("a key")
            .number()
    });
    assert_eq!(keys, [1, 2]);
}

#[test]
fn a_change_shows_to_those_who_read_the_object_and_to_nobody_else() {
    let mut world = World::new();
    let registry = Arc::clone(&world.registry);
    let department = registry.named(DEPARTMENT).expect("declared");
    world
        .session(ONE)
        .raise_change(department)
        .expect("a change");
    world
        .session(ONE)
        .raise_change(department)
        .expect("a change");
    let mut changes = |company, object, field| {
        let plan = world.plan(&ask(object, &[field]));
        world
            .session(company)
            .versions(Some(&plan))
            .expect("versions")
            .changes
    };
    assert_eq!(changes(ONE, DEPARTMENT, "id"), 2);
    assert_eq!(changes(TWO, DEPARTMENT, "id"), 0);
    assert_eq!(changes(ONE, CONTACT, "id"), 0);
}

#[test]
fn a_raised_version_shows_to_whom_it_concerns() {
    let mut world = World::new();
    world
        .session(ONE)
        .raise_access(Some(key(1)))
        .expect("a version");
    world
        .session(ONE)
        .raise_access(Some(key(2)))
        .expect("a version");
    world.session(ONE).raise_access(None).expect("a version");
    world.session(ONE).raise_server().expect("a version");
    let one = world.session(ONE).versions(None).expect("versions");
    assert_eq!((one.server, one.company, one.user), (2, Some(2), Some(1)));
    let two = world.session(TWO).versions(None).expect("versions");
    assert_eq!((two.server, two.company, two.user), (2, Some(1), None));
    world
        .session(TWO)
        .drop_access(key(1))
        .expect("nothing to forget");
    world.session(ONE).drop_access(key(1)).expect("forgotten");
    assert_eq!(
        world.session(ONE).versions(None).expect("versions").user,
        None
    );
    assert_eq!(
        world.session(ONE).versions(None).expect("versions").company,
        Some(2)
    );
}

#[test]
fn only_a_company_that_exists_can_be_locked() {
    let mut world = World::new();
    world.connection.begin_write().expect("a transaction");
    assert!(world.session(ONE).lock_company().expect("a lock"));
    assert!(!world.session(99).lock_company().expect("no lock"));
    world.session(ONE).lock_server().expect("a lock");
    world.connection.rollback().expect("undone");
}
