//! No statement leaves its company: every text that the compiler makes is parsed and judged.

use std::collections::BTreeSet;

use sidegate_model::access::{Limits, Locations, Sight};
use sidegate_model::path::resolve_internal;
use sidegate_model::query::{
    Filter, Listed, OPERATORS, Operand, Operator, Plan, Query, Shape, Window,
};
use sidegate_model::{Definition, Field, Registry, Scalar, Value};

use super::ask::{key, names, random};
use super::bounded::{misnumbered, violations};
use crate::Param;
use crate::sql::dialect::Dialect;
use crate::sql::{self, Text, system};
use crate::testing::{TestDatabase, dialect};

const DIALECTS: [Dialect; 2] = [Dialect::Sqlite, Dialect::Postgres];

/// How many random queries take part, each with every sight and dialect.
const RANDOM: usize = 400;

pub(super) fn sights() -> [Sight; 5] {
    let limits = Limits {
        entities: Some(vec![key(1)]),
        locations: Some(Locations {
            keys: vec![key(1), key(2)],
            entities: vec![key(1)],
        }),
        departments: Some(vec![key(3)]),
        territories: Some(Vec::new()),
        hides_departments: false,
    };
    let limited = Sight {
        limits: Some(std::sync::Arc::new(limits)),
        hides_private: true,
        ..Sight::ALL
    };
    [
        Sight {
            entity: Some(key(1)),
            hides_private: false,
            changes: true,
            ..limited.clone()
        },
        limited,
        Sight::ALL,
        Sight {
            entity: Some(key(1)),
            ..Sight::ALL
        },
        Sight {
            hides_private: true,
            ..Sight::ALL
        },
    ]
}

/// The texts that read rows of a shape.
fn readings(registry: &Registry, shape: &Shape, dialect: Dialect) -> [Text; 4] {
    [
        sql::page(registry, shape, dialect, false),
        sql::page(registry, shape, dialect, true),
        sql::count(registry, shape, dialect),
        system::versions(dialect, &sql::tables(registry, shape)),
    ]
}

/// The texts that write an object, and those that read its lists.
fn writings(registry: &Registry, definition: &Definition, dialect: Dialect) -> Vec<Text> {
    let mut texts = vec![
        sql::insert(definition, dialect),
        sql::insert_rows(definition, dialect, 2),
        sql::update(definition, dialect),
        sql::delete(definition, dialect),
    ];
    for sight in sights() {
        let seen = Listed::of(registry, definition, &sight).seen;
        let sorts = [false, true].into_iter();
        texts.extend(
            sorts.filter_map(|owned| sql::lists(registry, definition, dialect, &seen, owned)),
        );
    }
    for (_, list) in definition.lists() {
        if list.through.is_none() {
            texts.push(sql::list_insert(list, dialect));
        }
        texts.push(sql::list_delete(list, dialect));
        texts.push(sql::list_owner(list, dialect));
    }
    texts
}

/// The plans that code makes for an object, without a query.
pub(super) fn plans(registry: &Registry, definition: &Definition, sight: &Sight) -> Vec<Plan> {
    let window = Window {
        start: 1,
        size: 100,
    };
    let fields: Vec<&Field> = definition
        .fields
        .iter()
        .filter(|field| !field.is_list() && !field.is_owned() && field.kind.target().is_none())
        .collect();
    let own: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
    let equal = [
        ("key", Value::Key(key(1))),
        (own[own.len() - 1], Value::Null),
    ];
    let mut plans = vec![
        Plan::list(registry, definition, sight.clone(), window),
        Plan::internal(registry, &definition.name, &own, &equal, 10),
    ];
    if definition.source.has_table() {
        plans.push(Plan::stored(registry, definition, sight.clone(), key(1)));
    }
    // No door shows a record whole that refers to something without an id.
    let nameless = |field: &Field| {
        field.is_visible()
            && field.kind.target().is_some()
            && registry
                .target_of(field)
                .is_some_and(|target| target.id.is_none())
    };
    if !definition.fields.iter().any(nameless) {
        plans.push(Plan::record(registry, definition, sight.clone(), key(1)));
    }
    plans.extend(definition.owned().filter_map(|field| {
        let items = registry.target_of(field)?;
        let by = field.by?;
        let above = format!("{}.key", items.field(by).name);
        Some(Plan::owned(
            registry,
            items,
            sight.clone(),
            by,
            &above,
            key(1),
        ))
    }));
    plans.extend(definition.xml.iter().map(|face| {
        let paths = face.fields.iter().map(|field| field.path.clone());
        let in_list = |path: &String| {
            let mut lists = definition.lists().map(|(field, _)| &field.name);
            lists.any(|list| path.strip_prefix(list).is_some_and(|m| m.starts_with('.')))
        };
        let known = |path: &String| resolve_internal(registry, definition, path).is_some();
        let fields: Vec<String> = paths.filter(|path| known(path) || in_list(path)).collect();
        let listed = fields.iter().filter(|path| in_list(path));
        let tests = listed.flat_map(|path| {
            [Operator::Equal, Operator::NotEqual].map(|operator| Filter {
                operator,
                field: path.clone(),
                operand: Operand::One(Scalar::Text("A".to_owned())),
                place: path.clone(),
            })
        });
        let query = Query {
            object: definition.name.clone(),
            filters: tests.collect(),
            fields,
            start: 1,
            size: 100,
            ..Query::default()
        };
        let plan = query.plan_on(registry, definition, sight.clone());
        plan.expect("a face is read by one query")
    }));
    plans
}

/// The texts over everything that a company has.
fn whole_companies(registry: &Registry, dialect: Dialect) -> Vec<Text> {
    [
        sql::copy::copies(registry, dialect),
        sql::copy::restores(registry, dialect),
        sql::copy::removals(registry, dialect),
    ]
    .concat()
}

fn all(registry: &Registry, dialect: Dialect, queries: usize) -> Vec<Text> {
    let mut texts: Vec<Text> = system::all(dialect)
        .into_iter()
        .map(|(_, text)| text)
        .collect();
    texts.extend(whole_companies(registry, dialect));
    for definition in registry.all() {
        if definition.source.has_table() {
            texts.extend(writings(registry, definition, dialect));
        }
        for plan in sights()
            .into_iter()
            .flat_map(|sight| plans(registry, definition, &sight))
        {
            texts.extend(readings(registry, &plan.shape, dialect));
        }
    }
    for query in random(registry, queries) {
        for sight in sights() {
            texts.extend(readings(
                registry,
                &query.plan(registry, sight).shape,
                dialect,
            ));
        }
    }
    texts
}

#[test]
fn every_statement_is_bounded_to_the_company() {
    let registry = Registry::shipped().expect("whole declarations");
    for dialect in DIALECTS {
        for text in all(&registry, dialect, RANDOM) {
            let found = violations(&registry, dialect, &text);
            assert!(found.is_empty(), "{}\n{}", text.sql, found.join("\n"));
        }
    }
}

#[test]
fn every_parameter_has_its_slot() {
    let registry = Registry::shipped().expect("whole declarations");
    for dialect in DIALECTS {
        for text in all(&registry, dialect, RANDOM) {
            let found = misnumbered(dialect, &text);
            assert!(found.is_empty(), "{}\n{}", text.sql, found.join("\n"));
        }
    }
}

#[test]
fn the_database_understands_every_statement() {
    let registry = Registry::shipped().expect("whole declarations");
    let database = TestDatabase::migrated();
    let mut connection = database.open();
    for text in all(&registry, dialect(), 20) {
        let params: Vec<Param<'_>> = text.slots.iter().map(|_| Param::Null).collect();
        let explain = Text {
            sql: format!("explain {}", text.sql).into(),
            slots: Vec::new(),
        };
        connection
            .visit(&explain, &params, &mut |_| Ok(()))
            .expect("a statement");
    }
}

#[test]
fn random_queries_reach_every_operator_and_two_references() {
    let registry = Registry::shipped().expect("whole declarations");
    let queries = random(&registry, RANDOM);
    let operators: BTreeSet<&str> = queries
        .iter()
        .flat_map(|query| &query.0.filters)
        .map(|filter| filter.operator.name())
        .collect();
    assert_eq!(operators.len(), OPERATORS.len(), "{operators:?}");
    let users = registry
        .named("company-config/user")
        .expect("users are declared");
    let known: BTreeSet<String> = names(&registry, users)
        .into_iter()
        .map(|named| named.name)
        .collect();
    for name in [
        "id",
        "contact.id",
        "entity.contacts.primary.mailingAddress.city",
        "audit.createdByUser.contact.key",
    ] {
        assert!(known.contains(name), "{name} is not among {known:?}");
    }
    let shapes: BTreeSet<usize> = queries
        .iter()
        .map(|query| query.plan(&registry, Sight::ALL).shape.joins.len())
        .collect();
    assert!(shapes.len() > 4, "{shapes:?}");
}
