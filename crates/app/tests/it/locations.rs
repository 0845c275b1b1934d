//! Trees of locations that are deeper than any stack.

use serde_json::json;
use sidegate_engine::Work;
use sidegate_model::{Draft, Given, Operation, RecordKey, Result, Value};

use crate::harness::World;
use crate::support::{company, drafted, key_of, number, system};

const LOCATION: &str = "company-config/location";
const LEVELS: usize = 1000;

/// Puts a location below another one.
fn put(work: &mut Work<'_>, location: RecordKey, parent: RecordKey) -> Result<()> {
    let definition = work.object(LOCATION);
    let field = definition.named("parent").expect("declared").index;
    let mut draft = Draft::default();
    draft.set(field, "/parent", Given::Value(Value::Key(parent)));
    work.update(definition, location, &draft, None).map(drop)
}

#[test]
fn a_deep_tree_moves_to_another_entity_as_a_whole() {
    let world = World::harbor();
    let (engine, harbor) = (&world.engine, company(&world.engine, "HARBOR"));
    let drafts: Vec<Draft> = (0..LEVELS)
        .map(|level| {
            let body = json!({"id": format!("LEVEL-{level}"), "name": "A level"});
            drafted(engine, LOCATION, Operation::Create, &body)
        })
        .collect();
    let entity = key_of(engine, Some(harbor), LOCATION, "E100");
    let made = engine.write(system(Some(harbor)), move |work| {
        // From below, so that each is put under one that has nothing above it yet.
        let mut below: Option<RecordKey> = None;
        for draft in &drafts {
            let key = work.create(work.object(LOCATION), draft)?.key;
            if let Some(below) = below.replace(key) {
                put(work, below, key)?;
            }
        }
        let top = below.expect("some levels");
        put(work, top, entity)
    });
    made.wait().expect("a deep tree");
    let moved = format!(
        "select cast(count(*) as text) from \"location\" where \"company\" = {} and \"id\" like 'LEVEL-%' and \"entity\" = {}",
        harbor.number(),
        entity.number()
    );
    assert_eq!(number(&mut world.database.open(), &moved), LEVELS as i64);
}
