//! What texts mean on a real database: order, comparison, windows, companies. The same on both.

use std::sync::Arc;

use sidegate_model::access::Sight;
use sidegate_model::query::Plan;
use sidegate_model::{Realm, Registry, Scalar, Value};

use super::ask::{Ask, ask, key, names, random, text};
use super::company::{plans, sights};
use super::world::{ONE, TWO, World, values};
use crate::sql::dialect::Dialect;
use crate::sql::{self, Text};
use crate::testing::dialect;
use crate::{Param, Seen, Session, StoreError, Who};

const CONTACT: &str = "company-config/contact";
const RANDOM: usize = 200;

/// Contacts in company one by their company names; ids are made up.
fn with_names(names: &[Option<&str>]) -> World {
    let mut world = World::new();
    for (at, name) in names.iter().enumerate() {
        world
            .contact(ONE, &format!("contact {at}"), *name)
            .expect("a contact");
    }
    world
}

fn company_names() -> Ask {
    ask(CONTACT, &["companyName"])
}

#[test]
fn text_sorts_by_code_point() {
    let mut sorted = [
        "alpha",
        "Zeta",
        "éclair",
        "Alpha",
        "ß",
        "zeta",
        "Éclair",
        "😀",
        "_",
        "2",
        "10",
        "ﬀ",
        "alpha beta",
        "alpha-b",
    ];
    let mut world = with_names(&sorted.map(Some));
    // Rust compares bytes of UTF-8, which is the order of code points.
    sorted.sort_unstable();
    assert_eq!(
        world.texts_of(ONE, &company_names().up("companyName")),
        sorted
    );
    sorted.reverse();
    assert_eq!(
        world.texts_of(ONE, &company_names().down("companyName")),
        sorted
    );
}

#[test]
fn text_compares_by_code_point() {
    let mut world = with_names(&["alpha", "Zeta", "éclair", "😀"].map(Some));
    assert_eq!(
        world.texts_of(
            ONE,
            &company_names().filter("$gt", "companyName", text("z"))
        ),
        ["éclair", "😀"]
    );
    assert_eq!(
        world.texts_of(
            ONE,
            &company_names().filter("$lt", "companyName", text("a"))
        ),
        ["Zeta"]
    );
}

#[test]
fn equal_text_is_the_same_letters_in_the_same_case() {
    let mut world = with_names(&["Sales", "sales", "Sales "].map(Some));
    assert_eq!(
        world.texts_of(
            ONE,
            &company_names().filter("$eq", "companyName", text("Sales"))
        ),
        ["Sales"]
    );
    assert_eq!(
        world.texts_of(
            ONE,
            &company_names().among("companyName", &["sales", "SALES"])
        ),
        ["sales"]
    );
}

#[test]
fn contains_knows_no_wildcards() {
    let mut world = with_names(&["50% off", "50 off", "a_b", "acb", r"c\d", "cd", r"\%"].map(Some));
    let mut found = |piece: &str| {
        world.texts_of(
            ONE,
            &company_names().filter("$contains", "companyName", text(piece)),
        )
    };
    assert_eq!(found("0%"), ["50% off"]);
    assert_eq!(found("_"), ["a_b"]);
    assert_eq!(found("a_b"), ["a_b"]);
    assert_eq!(found(r"\"), [r"c\d", r"\%"]);
    assert_eq!(found(r"\%"), [r"\%"]);
    assert_eq!(found("*"), [""; 0]);
}

#[test]
fn contains_minds_case_and_counts_letters_not_bytes() {
    let mut world = with_names(&["Éclair", "éclair", "x😀y"].map(Some));
    let mut found = |piece: &str| {
        world.texts_of(
            ONE,
            &company_names().filter("$contains", "companyName", text(piece)),
        )
    };
    assert_eq!(found("É"), ["Éclair"]);
    assert_eq!(found("clair"), ["Éclair", "éclair"]);
    assert_eq!(found("CLAIR"), [""; 0]);
    assert_eq!(found("😀y"), ["x😀y"]);
}

#[test]
fn nothing_sorts_before_everything() {
    let mut world = with_names(&[Some("b"), None, Some(""), Some("a")]);
    assert_eq!(
        world.texts_of(ONE, &company_names().up("companyName")),
        ["null", "", "a", "b"]
    );
    assert_eq!(
        world.texts_of(ONE, &company_names().down("companyName")),
        ["b", "a", "", "null"]
    );
}

#[test]
fn nothing_is_another_value() {
    let mut world = with_names(&[Some("a"), None, Some("b")]);
    assert_eq!(
        world.texts_of(
            ONE,
            &company_names().filter("$ne", "companyName", text("a"))
        ),
        ["null", "b"]
    );
    assert_eq!(
        world.texts_of(
            ONE,
            &company_names().filter("$ne", "companyName", Scalar::Null)
        ),
        ["a", "b"]
    );
    assert_eq!(
        world.texts_of(
            ONE,
            &company_names().filter("$eq", "companyName", Scalar::Null)
        ),
        ["null"]
    );
    let through = company_names().filter("$ne", "entity.name", text("a"));
    assert_eq!(world.texts_of(ONE, &through).len(), 3);
}

#[test]
fn a_list_of_no_values_finds_nothing() {
    let mut world = with_names(&[Some("a"), None]);
    assert_eq!(
        world.texts_of(ONE, &company_names().among("companyName", &[])),
        [""; 0]
    );
}

#[test]
fn equal_rows_keep_the_order_of_their_keys() {
    let mut world = with_names(&["same"; 5].map(Some));
    let rows = world.rows(ONE, &ask(CONTACT, &["key"]).down("companyName"));
    assert_eq!(
        rows,
        [1, 2, 3, 4, 5].map(|number| vec![Value::Key(key(number))])
    );
}

/// How the database would run a page, as it tells it.
fn explained(world: &mut World, plan: &Plan) -> String {
    let page = sql::page(&world.registry, &plan.shape, dialect(), true);
    let (column, sql) = match dialect() {
        Dialect::Sqlite => (3, format!("explain query plan {}", page.sql)),
        Dialect::Postgres => (0, format!("explain {}", page.sql)),
    };
    if dialect() == Dialect::Postgres {
        // Tables of tests are too small for an index to be worth it.
        world
            .connection
            .batch("set enable_seqscan = off; set enable_sort = off")
            .expect("settings");
    }
    let params: Vec<Param<'_>> = page.slots.iter().map(|_| Param::Integer(1)).collect();
    let mut lines = Vec::new();
    let text = Text {
        sql: sql.into(),
        slots: page.slots,
    };
    world
        .connection
        .visit(&text, &params, &mut |row| {
            lines.push(row.text(column).unwrap_or_default().to_owned());
            Ok(())
        })
        .expect("an explanation");
    lines.join("\n")
}

#[test]
fn a_page_by_key_or_id_is_read_in_the_order_of_an_index() {
    let mut world = World::new();
    let sorts = |told: &str| told.contains("Sort") || told.contains("TEMP B-TREE");
    for query in [
        company_names(),
        company_names().down("key"),
        company_names().up("id"),
        company_names().down("id").down("key"),
    ] {
        let plan = world.plan(&query);
        let told = explained(&mut world, &plan);
        assert!(!sorts(&told), "{told}");
    }
    let plan = world.plan(&company_names().up("companyName"));
    let told = explained(&mut world, &plan);
    assert!(sorts(&told), "{told}");
}

#[test]
fn a_page_that_goes_on_begins_in_the_index_where_the_one_before_ended() {
    if dialect() == Dialect::Postgres {
        // It takes the nearest of several bounds.
        return;
    }
    let mut world = World::new();
    let query = company_names().up("id").filter("$gt", "id", text("a"));
    let before = [Value::from("m"), Value::Key(key(1))];
    let plan = world.plan(&query).after(&before);
    let told = explained(&mut world, &plan);
    assert!(told.contains("(id,key)>(?,?)"), "{told}");
}

#[test]
fn windows_tile_the_whole() {
    let mut world = with_names(&["a", "b", "c", "d", "e"].map(Some));
    let mut window = |start, size| {
        world
            .texts_of(ONE, &company_names().window(start, size))
            .concat()
    };
    assert_eq!(window(1, 2), "ab");
    assert_eq!(window(3, 2), "cd");
    assert_eq!(window(5, 2), "e");
    assert_eq!(window(6, 2), "");
    assert_eq!(window(2_000_000_000, 4000), "");
}

#[test]
fn rows_beyond_the_window_are_shown_on_demand() {
    let mut world = with_names(&["a", "b", "c"].map(Some));
    let plan = world.plan(&company_names().window(1, 2));
    let mut rows = 0;
    world
        .session(ONE)
        .page(&plan, 1, &mut |_| {
            rows += 1;
            Ok(())
        })
        .expect("a page");
    assert_eq!(rows, 3);
}

/// What a carried page shows: the versions, and its rows.
fn carried(world: &mut World, who: Who, query: &Ask) -> (Option<Seen>, Vec<Vec<Value>>) {
    let plan = world.plan(query);
    let registry = Arc::clone(&world.registry);
    let (mut seen, mut rows) = (None, Vec::new());
    Session::new(&world.texts, &mut world.connection, who)
        .page_carried(
            &plan,
            0,
            &mut |now| {
                assert!(seen.replace(now).is_none(), "versions are shown once");
                Ok(())
            },
            &mut |row| {
                rows.push(values(&registry, &plan, &row));
                Ok(())
            },
        )
        .expect("a carried page");
    (seen, rows)
}

fn who(company: i64) -> Who {
    Who {
        company: Some(key(company)),
        user: Some(key(1)),
    }
}

#[test]
fn a_carried_page_has_versions_also_when_it_is_empty() {
    let mut world = World::new();
    let (seen, rows) = carried(&mut world, who(ONE), &company_names());
    assert_eq!(
        seen,
        Some(Seen {
            server: 1,
            company: Some(1),
            user: None,
            changes: 0
        })
    );
    assert!(rows.is_empty());
}

#[test]
fn a_carried_page_has_the_rows_of_a_plain_one_in_order() {
    let mut world = with_names(&[Some("b"), None, Some("a"), Some("c")]);
    let query = ask(CONTACT, &["companyName", "key", "entity.name"]).down("companyName");
    let (seen, rows) = carried(&mut world, who(ONE), &query);
    assert!(seen.is_some());
    assert_eq!(rows, world.rows(ONE, &query));
    assert_eq!(rows.len(), 4);
}

#[test]
fn a_company_that_is_not_there_has_no_version() {
    let mut world = with_names(&[Some("a")]);
    let (seen, rows) = carried(&mut world, who(99), &company_names());
    assert_eq!(
        seen,
        Some(Seen {
            server: 1,
            ..Seen::default()
        })
    );
    assert!(rows.is_empty());
    let (seen, rows) = carried(&mut world, Who::default(), &company_names());
    assert_eq!(seen.expect("versions").company, None);
    assert!(rows.is_empty());
}

#[test]
fn a_failed_check_shows_no_row() {
    let mut world = with_names(&[Some("a")]);
    let plan = world.plan(&company_names());
    let mut rows = 0;
    let stopped = world.session(ONE).page_carried(
        &plan,
        0,
        &mut |_| Err(StoreError::Visitor("moved".into())),
        &mut |_| {
            rows += 1;
            Ok(())
        },
    );
    assert!(matches!(stopped, Err(StoreError::Visitor(_))));
    assert_eq!(rows, 0);
}

#[test]
fn a_database_without_versions_answers_nothing() {
    let mut world = World::new();
    world
        .connection
        .batch("delete from server_version")
        .expect("no version");
    let plan = world.plan(&company_names());
    let page = world
        .session(ONE)
        .page_carried(&plan, 0, &mut |_| Ok(()), &mut |_| Ok(()));
    assert!(matches!(page, Err(StoreError::Unusable(_))), "{page:?}");
    let versions = world.session(ONE).versions(None);
    assert!(
        matches!(versions, Err(StoreError::Unusable(_))),
        "{versions:?}"
    );
}

#[test]
fn a_visitor_who_stops_leaves_the_connection_usable() {
    let mut world = with_names(&["a"; 50].map(Some));
    let plan = world.plan(&company_names());
    let mut rows = 0;
    let stopped = world.session(ONE).page(&plan, 0, &mut |_| {
        rows += 1;
        Err(StoreError::Visitor("enough".into()))
    });
    assert!(matches!(stopped, Err(StoreError::Visitor(_))));
    assert_eq!(rows, 1);
    assert_eq!(world.session(ONE).count(&plan).expect("a count"), 50);
}

/// The same contacts, users and entities in a company, with the same keys; every text says whose it is.
fn fill(world: &mut World, company: i64, whose: &str) {
    let say = |what: &str| Value::Text(format!("{whose} {what}"));
    for number in 1..=6 {
        let name = if number % 3 == 0 {
            Value::Null
        } else {
            say(&format!("Two {number}"))
        };
        let contact = [
            ("id", say(&format!("contact {number}"))),
            ("printAs", say("50%")),
            ("companyName", name),
            ("mailingAddress.city", say("a_b")),
            ("showInContactList", Value::Boolean(number % 2 == 0)),
            ("discount", Value::Decimal(number * 625)),
        ];
        world.insert(company, CONTACT, &contact).expect("a contact");
    }
    for number in 1..=3 {
        let entity = [
            ("id", say(&format!("entity {number}"))),
            ("name", say("entity")),
            ("federalId", say("federal")),
            ("locationType", "entity".into()),
            ("startDate", Value::Date(20_484)),
            ("contacts.primary", Value::Key(key(number))),
        ];
        world
            .insert(company, "company-config/entity", &entity)
            .expect("an entity");
        let department = [
            ("id", say(&format!("department {number}"))),
            ("name", say("one 2")),
            (
                "parent",
                if number > 1 {
                    Value::Key(key(number - 1))
                } else {
                    Value::Null
                },
            ),
        ];
        world
            .insert(company, "company-config/department", &department)
            .expect("a department");
    }
    for number in 1..=4 {
        let user = [
            ("id", say(&format!("user {number}"))),
            ("accountEmail", say("mail")),
            ("contact", Value::Key(key(number))),
            (
                "entity",
                if number > 2 {
                    Value::Key(key(number - 2))
                } else {
                    Value::Null
                },
            ),
            ("audit.createdBy", Value::Key(key(1))),
        ];
        world
            .insert(company, "company-config/user", &user)
            .expect("a user");
    }
}

/// Random queries, everything that each object's names reach, and the plans that code makes.
fn all_plans(registry: &Registry) -> Vec<Plan> {
    let mut queries = random(registry, RANDOM);
    for definition in registry.all().filter(|definition| definition.published) {
        let shown: Vec<_> = names(registry, definition)
            .into_iter()
            .filter(|named| named.kind.is_flat())
            .collect();
        for some in shown.chunks(50) {
            let fields: Vec<&str> = some.iter().map(|named| named.name.as_str()).collect();
            queries.push(ask(&definition.name, &fields));
        }
    }
    let asked = queries.iter().map(|query| query.plan(registry, Sight::ALL));
    let made = registry
        .all()
        .flat_map(|definition| plans(registry, definition, &Sight::ALL));
    asked.chain(made).collect()
}

#[test]
fn a_company_reads_nothing_of_another_one_with_the_same_keys() {
    let mut world = World::new();
    fill(&mut world, ONE, "one");
    fill(&mut world, TWO, "two");
    let registry = Arc::clone(&world.registry);
    let mut read = 0;
    for plan in all_plans(&registry) {
        for (company, whose) in [(ONE, "one "), (TWO, "two ")] {
            for value in world.rows_of(company, &plan).concat() {
                // What was filled in says whose it is and has a blank; words of choices have none.
                let Some(text) = value.as_text().filter(|text| text.contains(' ')) else {
                    continue;
                };
                assert!(
                    text.starts_with(whose),
                    "company {company} reads {text} by {plan:?}"
                );
                read += 1;
            }
        }
        let none = world.rows_of(99, &plan);
        assert!(
            none.is_empty() || registry.at(plan.shape.object).realm == Realm::Server,
            "{plan:?}"
        );
    }
    assert!(read > 300, "only {read} texts were read");
}

#[test]
fn a_count_is_the_number_of_rows() {
    let mut world = World::new();
    fill(&mut world, ONE, "one");
    fill(&mut world, TWO, "two");
    let registry = Arc::clone(&world.registry);
    let mut some = 0;
    for query in random(&registry, RANDOM) {
        for sight in sights() {
            let plan = query.plan(&registry, sight);
            let rows = world.rows_of(ONE, &plan).len();
            let count = world.session(ONE).count(&plan).expect("a count");
            assert_eq!(count, i64::try_from(rows).expect("few rows"), "{plan:?}");
            some += usize::from(rows > 0 && plan.shape.joins.len() > 1);
        }
    }
    assert!(some > 20, "only {some} joined pages had rows");
}

#[test]
fn an_entity_sees_shared_rows_and_its_own() {
    let mut world = World::new();
    fill(&mut world, ONE, "one");
    let registry = Arc::clone(&world.registry);
    let query = ask("company-config/user", &["id", "entity.key", "entity.name"]);
    let mut ids = |entity: Option<i64>| {
        let plan = query.plan(
            &registry,
            Sight {
                entity: entity.map(key),
                ..Sight::ALL
            },
        );
        let rows = world.rows_of(ONE, &plan);
        rows.iter()
            .filter_map(|row| row[0].as_text())
            .map(|id| id[id.len() - 1..].to_owned())
            .collect::<String>()
    };
    assert_eq!(ids(None), "1234");
    assert_eq!(ids(Some(1)), "123");
    assert_eq!(ids(Some(2)), "124");
    assert_eq!(ids(Some(3)), "12");
}

#[test]
fn a_reference_to_an_unseen_record_reads_as_nothing() {
    let mut world = World::new();
    fill(&mut world, ONE, "one");
    let registry = Arc::clone(&world.registry);
    let contact = [
        ("id", Value::from("own")),
        ("printAs", "own".into()),
        ("entity", Value::Key(key(1))),
    ];
    let own = world
        .insert(ONE, CONTACT, &contact)
        .expect("a contact of entity 1");
    let user = [
        ("id", Value::from("u")),
        ("accountEmail", "u@example.org".into()),
        ("contact", Value::Key(own)),
    ];
    let user = world
        .insert(ONE, "company-config/user", &user)
        .expect("a shared user");
    let query = ask("company-config/user", &["contact.key", "contact.id"]).filter(
        "$eq",
        "key",
        text(&user.to_string()),
    );
    let mut row = |entity: i64| {
        world.rows_of(
            ONE,
            &query.plan(
                &registry,
                Sight {
                    entity: Some(key(entity)),
                    ..Sight::ALL
                },
            ),
        )
    };
    assert_eq!(row(1), [vec![Value::Key(own), "own".into()]]);
    assert_eq!(row(2), [vec![Value::Null, Value::Null]]);
}
