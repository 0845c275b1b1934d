//! A statement is written and prepared once for its shape, whatever its values.

use sidegate_model::access::Sight;

use super::ask::{Ask, ask, text};
use super::world::{ONE, World};

const CONTACT: &str = "company-config/contact";

/// Ten shapes; the number changes nothing but values.
fn shaped(number: usize) -> Ask {
    let value = format!("value {number}");
    let start = u32::try_from(number).expect("a small number") + 1;
    let query = ask(CONTACT, &["id", "companyName"]);
    match number % 10 {
        0 => query.window(start, 10),
        1 => query.filter("$eq", "id", text(&value)),
        2 => query.filter("$ne", "id", text(&value)),
        3 => query.filter("$contains", "companyName", text(&value)),
        4 => query
            .filter("$gt", "lastName", text(&value))
            .window(1, start),
        5 => query.filter("$lt", "key", text(&start.to_string())),
        6 => query.among("status", &["active", "inactive"][..number % 3]),
        7 => query.filter("$eq", "entity.id", text(&value)),
        8 => query
            .filter("$eq", "entity.id", text(&value))
            .down("lastName"),
        _ => query
            .filter("$eq", "entity.contacts.primary.id", text(&value))
            .up("id"),
    }
}

#[test]
fn a_thousand_queries_of_ten_shapes_are_prepared_ten_times() {
    let mut world = World::new();
    let (made, prepared) = (world.texts.made(), world.connection.prepared());
    for number in 0..1000 {
        let plan = world.plan(&shaped(number));
        world
            .session(ONE)
            .page(&plan, 1, &mut |_| Ok(()))
            .expect("a page");
    }
    assert_eq!(world.texts.made() - made, 10);
    assert_eq!(world.connection.prepared() - prepared, 10);
}

#[test]
fn another_company_and_another_connection_share_the_texts() {
    let mut world = World::new();
    let plans: Vec<_> = (0..10).map(|number| world.plan(&shaped(number))).collect();
    for plan in &plans {
        world.rows_of(ONE, plan);
    }
    let made = world.texts.made();
    let mut other = world.database.open();
    for plan in &plans {
        let who = crate::Who {
            company: None,
            user: None,
        };
        crate::Session::new(&world.texts, &mut other, who)
            .page(plan, 0, &mut |_| Ok(()))
            .expect("a page");
    }
    assert_eq!(world.texts.made(), made);
    assert_eq!(other.prepared(), 10);
}

#[test]
fn a_page_and_its_count_and_its_carried_page_are_texts_of_their_own() {
    let mut world = World::new();
    let plan = ask(CONTACT, &["id"]).plan(&world.registry, Sight::ALL);
    let made = world.texts.made();
    for _ in 0..2 {
        let mut session = world.session(ONE);
        session.page(&plan, 0, &mut |_| Ok(())).expect("a page");
        session
            .page_carried(&plan, 0, &mut |_| Ok(()), &mut |_| Ok(()))
            .expect("a page");
        session.count(&plan).expect("a count");
    }
    assert_eq!(world.texts.made() - made, 3);
}
