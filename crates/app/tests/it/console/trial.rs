//! Trying a role: what it shows, that nothing changes, and that nothing is left of it.

use serde_json::json;
use sidegate_engine::Call;
use sidegate_engine::explain::{Question, Whom};
use sidegate_engine::server::Owner;
use sidegate_model::access::Catalogue;
use sidegate_model::query::Plan;
use sidegate_model::{Operation, RecordKey, Result};

use super::{CHOSEN, USER, as_guest, call, cookie, done, guest, harbor, key, knock, open, patch};
use crate::harness::World;
use crate::support::{choose, codes, company, drafted_values, key_of, system};

const CONTACT: &str = "company-config/contact";
const ROLE: &str = "company-config/role";

fn try_role(world: &World, session: &str, role: Option<&str>) -> Result<()> {
    let role = role.map(str::to_owned);
    done(world.engine.try_role(session, role, &call()))
}

/// A role of HARBOR that lists and views contacts, users and roles, made over REST.
fn reader(world: &World) -> RecordKey {
    let token = world.token("ws_bare@HARBOR");
    let catalogue = Catalogue::shipped().expect("a catalogue");
    let mut granted = Vec::new();
    for name in ["company.contacts", "administration.users"] {
        let index = catalogue.named(name).expect("a permission");
        let id = catalogue.at(index).key.expect("a key").to_string();
        granted.push(json!({"permission": {"id": id}, "accessRights": ["list", "view"]}));
    }
    let body = json!({"id": "Reader", "rolePermissionAssignments": granted});
    let path = format!("/objects/{ROLE}");
    let answer = world.call("POST", &path, Some(&token), Some(&body));
    assert_eq!(answer.status, 201, "{}", answer.json());
    key(world, ROLE, "Reader")
}

fn may(world: &World, call: &Call, object: &'static str, operation: Operation) -> bool {
    let asked = world.engine.read(call.clone(), move |work| {
        // Whatever was loaded before is looked at again.
        work.find(work.object(USER), "nobody")?;
        Ok(work.may(work.object(object), operation))
    });
    asked.wait().expect("an answer")
}

/// Tries to give the contact jlee another name.
fn rename(world: &World, call: &Call, name: &'static str) -> Result<()> {
    let contact = key(world, CONTACT, "jlee");
    let changed = world.engine.write(call.clone(), move |work| {
        let contacts = work.object(CONTACT);
        let draft = drafted_values(contacts, &[("firstName", name)]);
        work.update(contacts, contact, &draft, None).map(drop)
    });
    changed.wait()
}

/// How many sessions of HARBOR are on trial, and how often its users were counted to do something.
fn left(world: &World) -> (i32, i32) {
    let harbor = company(&world.engine, "HARBOR");
    let found = world.engine.read(system(Some(harbor)), |work| {
        let mut counts = [0, 0];
        let looks = [
            ("sidegate/console-session", "trialRole.key"),
            ("sidegate/usage", "key"),
        ];
        for (count, (object, field)) in counts.iter_mut().zip(looks) {
            let plan = Plan::internal(work.registry(), object, &[field], &[], 100);
            work.visit(&plan, &mut |row| {
                *count += i32::from(row.number(0).is_some());
            })?;
        }
        Ok((counts[0], counts[1]))
    });
    found.wait().expect("two numbers")
}

#[test]
fn a_trial_shows_what_the_role_gives_and_changes_nothing() {
    let world = harbor(&["admin"]);
    reader(&world);
    let session = cookie(open(&world, knock("admin", CHOSEN)));
    let other = cookie(open(&world, knock("admin", CHOSEN)));
    let her = as_guest(&guest(&world, &session).expect("a guest"));
    let can = |object, operation| may(&world, &her, object, operation);
    assert!(can(USER, Operation::List) && can(CONTACT, Operation::Create));
    try_role(&world, &session, Some("Reader")).expect("a trial");
    let trial = guest(&world, &session).expect("a guest").trial;
    assert_eq!(trial.expect("on trial").id, "Reader");
    let elsewhere = guest(&world, &other).expect("a guest");
    assert!(elsewhere.trial.is_none(), "elsewhere she is herself");
    for (object, operation, wanted) in [
        (CONTACT, Operation::List, true),
        (CONTACT, Operation::Get, true),
        (CONTACT, Operation::Create, false),
        // The role gives the rights to these, but they ask for admin privileges as well.
        (ROLE, Operation::List, false),
        (USER, Operation::List, false),
        ("company-config/company-preference", Operation::Get, false),
        ("sidegate/second-factor", Operation::List, false),
    ] {
        assert_eq!(can(object, operation), wanted, "{object} {operation:?}");
    }
    let listed = world.engine.read(her.clone(), |work| {
        let users = work.object(USER);
        work.find(users, "jlee")?;
        work.authorise(users, Operation::List)
    });
    assert_eq!(codes(&listed.wait().expect_err("no right")), ["SG-0301"]);
    // Her own report tells the same.
    let explained = |whom: &'static str| {
        let told = world.engine.read(her.clone(), move |work| {
            let question = Question::Operation {
                object: USER.to_owned(),
                operation: "list".to_owned(),
            };
            work.explain(&Whom::Id(whom.to_owned()), &question)
        });
        told.wait()
    };
    assert!(!explained("admin").expect("her own").allowed);
    explained("jlee").expect_err("others are not hers to know");
    let refused = rename(&world, &her, "Jo").expect_err("refused");
    assert_eq!(codes(&refused), ["SG-0418"]);
    rename(&world, &as_guest(&elsewhere), "Jo").expect("elsewhere she changes what she likes");
    // She moves between entities, tries another role, and goes back.
    let switch = |entity: Option<&str>| {
        let entity = entity.map(str::to_owned);
        done(world.engine.switch_entity(&session, entity, &call())).expect("moved");
    };
    switch(Some("E100"));
    try_role(&world, &session, Some("Integration read")).expect("another role");
    assert!(!can(CONTACT, Operation::List), "this one gives nothing");
    switch(None);
    try_role(&world, &session, None).expect("herself");
    assert!(guest(&world, &session).expect("a guest").trial.is_none());
    assert!(can(USER, Operation::List) && explained("jlee").is_ok());
    rename(&world, &her, "Joe").expect("she changes things again");
    // The end of a session is the end of its trial: a new one has none.
    try_role(&world, &session, Some("Reader")).expect("a trial");
    assert_eq!(left(&world).0, 1);
    done(world.engine.leave_console(&session, &call())).expect("left");
    assert_eq!(left(&world).0, 0);
    let next = cookie(open(&world, knock("admin", CHOSEN)));
    assert!(guest(&world, &next).expect("a guest").trial.is_none());
}

#[test]
fn what_is_asked_for_on_trial_is_not_counted() {
    let world = harbor(&["admin"]);
    let session = cookie(open(&world, knock("admin", CHOSEN)));
    let her = as_guest(&guest(&world, &session).expect("a guest"));
    let ask = || {
        let asked = world.engine.read(her.clone(), |work| {
            work.find(work.object(CONTACT), "jlee")?;
            work.authorise(work.object(CONTACT), Operation::List)
        });
        asked.wait().is_ok()
    };
    try_role(&world, &session, Some("Integration read")).expect("a trial");
    assert!(!ask());
    world.engine.flush_usage();
    let before = left(&world).1;
    try_role(&world, &session, None).expect("herself");
    assert!(ask());
    world.engine.flush_usage();
    assert_eq!(left(&world).1, before + 1);
}

#[test]
fn only_full_administrators_of_role_based_companies_try_roles_that_there_are() {
    let world = harbor(&["admin", "jlee"]);
    let admin = cookie(open(&world, knock("admin", CHOSEN)));
    let refused = |session: &str, role: &str| {
        let failure = try_role(&world, session, Some(role)).expect_err("refused");
        codes(&failure)
    };
    assert_eq!(refused(&admin, "No such role"), ["SG-0417"]);
    let jlee = cookie(open(&world, knock("jlee", CHOSEN)));
    assert_eq!(refused(&jlee, "Accountant"), ["SG-0415"]);
    try_role(&world, &jlee, None).expect("she tries none anyway");
    assert_eq!(refused("sg1_k", "Accountant"), ["REST-2102"]);
    let demo = World::demo();
    let quay = company(&demo.engine, "QUAY");
    let user = key_of(&demo.engine, Some(quay), USER, "admin");
    let stored = demo.engine.stored_secret(&Owner::User(user), CHOSEN);
    let stored = stored.expect("a hash");
    let added = demo.engine.write(system(Some(quay)), move |work| {
        work.add_user_secret(user, &stored)
    });
    added.wait().expect("a password");
    let mut at_quay = knock("admin", CHOSEN);
    at_quay.company = "QUAY".to_owned();
    let admin = cookie(open(&demo, at_quay));
    let failure = try_role(&demo, &admin, Some("Reader")).expect_err("user-based");
    assert_eq!(codes(&failure), ["SG-0416"]);
}

#[test]
fn a_trial_ends_with_the_role_and_with_the_privileges_of_who_tries() {
    let world = harbor(&["admin"]);
    let role = reader(&world);
    patch(&world, USER, "jlee", &json!({"adminPrivileges": "full"}));
    choose(&world.engine, "jlee", CHOSEN);
    let session = cookie(open(&world, knock("jlee", CHOSEN)));
    try_role(&world, &session, Some("Reader")).expect("a trial");
    let token = world.token("ws_bare@HARBOR");
    let path = format!("/objects/{ROLE}/{role}");
    let gone = world.call("DELETE", &path, Some(&token), None);
    assert_eq!(gone.status, 204, "{}", String::from_utf8_lossy(&gone.body));
    assert!(
        guest(&world, &session)
            .expect("herself again")
            .trial
            .is_none()
    );
    try_role(&world, &session, Some("All access")).expect("a trial");
    patch(&world, USER, "jlee", &json!({"adminPrivileges": "limited"}));
    let nobody = guest(&world, &session);
    assert!(nobody.is_none(), "a trial gives nobody what she has not");
    let session = cookie(open(&world, knock("jlee", CHOSEN)));
    assert!(guest(&world, &session).expect("a guest").trial.is_none());
}
