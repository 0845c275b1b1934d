//! A company keeps an active user with full admin privileges, whatever happens at once.

use std::collections::BTreeMap;
use std::sync::Barrier;
use std::thread;

use serde_json::json;
use sidegate_engine::Engine;
use sidegate_model::{Operation, RecordKey, Result};

use crate::harness::{Hand, World};
use crate::support::{codes, company, drafted, key_of, set, system};

const USER: &str = "company-config/user";
const ROUNDS: usize = 1000;

/// The ways to lose an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Loss {
    Demoted,
    Locked,
    Inactive,
    Deleted,
}

const LOSSES: [Loss; 4] = [Loss::Demoted, Loss::Locked, Loss::Inactive, Loss::Deleted];

fn lose(engine: &Engine, company: RecordKey, user: RecordKey, loss: Loss) -> Result<()> {
    let fields = match loss {
        Loss::Demoted => ("adminPrivileges", "off"),
        Loss::Locked => ("status", "lockedOut"),
        Loss::Inactive => ("status", "inactive"),
        Loss::Deleted => {
            let done = engine.write(system(Some(company)), move |work| {
                work.delete(work.object(USER), user, None)
            });
            return done.wait();
        }
    };
    set(engine, Some(company), USER, user, &[fields]).map(drop)
}

fn chief(engine: &Engine, company: RecordKey, id: &str, contact: &str) -> RecordKey {
    let body = json!({
        "id": id, "accountEmail": "chief@harbor.example", "adminPrivileges": "full", "userType": "business",
        "contact": {"id": contact},
    });
    let draft = drafted(engine, USER, Operation::Create, &body);
    let made = engine.write(system(Some(company)), move |work| {
        work.create(work.object(USER), &draft)
    });
    made.wait().expect("a user").key
}

fn contact(engine: &Engine, company: RecordKey, id: &str) {
    let object = "company-config/contact";
    let body = json!({"id": id, "printAs": id, "firstName": id, "lastName": id});
    let draft = drafted(engine, object, Operation::Create, &body);
    let made = engine.write(system(Some(company)), move |work| {
        work.create(work.object(object), &draft)
    });
    made.wait().expect("a contact");
}

/// The users who are full administrators now.
fn administrators(engine: &Engine, company: RecordKey) -> Vec<RecordKey> {
    let found = engine.read(system(Some(company)), |work| {
        let equal = [
            ("adminPrivileges", "full".into()),
            ("status", "active".into()),
        ];
        let plan =
            sidegate_model::query::Plan::internal(work.registry(), USER, &["key"], &equal, 100);
        let mut keys = Vec::new();
        work.visit(&plan, &mut |row| {
            keys.extend(row.number(0).and_then(RecordKey::new));
        })?;
        Ok(keys)
    });
    found.wait().expect("an answer")
}

#[test]
fn of_two_writes_at_once_that_would_end_the_last_two_administrators_one_is_refused() {
    let world = World::harbor();
    let engine = &world.engine;
    let harbor = company(engine, "HARBOR");
    let mut chiefs = Vec::new();
    for id in ["chief1", "chief2"] {
        contact(engine, harbor, id);
        chiefs.push(chief(engine, harbor, id, id));
    }
    for id in ["admin", "ws_sync", "ws_bare"] {
        let key = key_of(engine, Some(harbor), USER, id);
        set(
            engine,
            Some(harbor),
            USER,
            key,
            &[("adminPrivileges", "off")],
        )
        .expect("two are left");
    }
    assert_eq!(administrators(engine, harbor), chiefs);
    let mut first_wins = BTreeMap::<usize, usize>::new();
    for round in 0..ROUNDS {
        let losses = [LOSSES[round % 4], LOSSES[round / 4 % 4]];
        let start = Barrier::new(2);
        let ended: Vec<Result<()>> = thread::scope(|scope| {
            let both: Vec<_> = (0..2)
                .map(|at| {
                    let (engine, start, user, loss) =
                        (engine.clone(), &start, chiefs[at], losses[at]);
                    scope.spawn(move || {
                        start.wait();
                        lose(&engine, harbor, user, loss)
                    })
                })
                .collect();
            both.into_iter()
                .map(|one| one.join().expect("no panic"))
                .collect()
        });
        let lost = ended
            .iter()
            .position(Result::is_ok)
            .expect("one goes through");
        let kept = 1 - lost;
        let refused = ended[kept].as_ref().expect_err("one is refused");
        assert_eq!(codes(refused), ["SG-2105"], "round {round}, {losses:?}");
        assert_eq!(
            administrators(engine, harbor),
            [chiefs[kept]],
            "round {round}, {losses:?}"
        );
        *first_wins.entry(lost).or_default() += 1;
        if losses[lost] == Loss::Deleted {
            let id = format!("chief{}", lost + 1);
            chiefs[lost] = chief(engine, harbor, &id, &id);
        } else {
            let back = [("adminPrivileges", "full"), ("status", "active")];
            set(engine, Some(harbor), USER, chiefs[lost], &back).expect("a second one");
        }
        assert_eq!(administrators(engine, harbor).len(), 2);
    }
    // Both orders were met, or the two never ran side by side.
    assert_eq!(first_wins.len(), 2, "{first_wins:?}");
}

#[test]
fn of_two_administrators_who_demote_each_other_at_once_one_stays() {
    let world = World::harbor();
    let engine = &world.engine;
    let harbor = company(engine, "HARBOR");
    let admin = key_of(engine, Some(harbor), USER, "admin");
    set(
        engine,
        Some(harbor),
        USER,
        admin,
        &[("adminPrivileges", "off")],
    )
    .expect("two are left");
    let names = ["ws_sync", "ws_bare"];
    let keys = names.map(|name| key_of(engine, Some(harbor), USER, name));
    let hands: Vec<Hand> = (0..2).map(|_| world.hand()).collect();
    let bodies = [
        json!({"adminPrivileges": "off"}),
        json!({"status": "lockedOut"}),
        json!({"status": "inactive"}),
    ];
    for round in 0..200 {
        let tokens = names.map(|name| world.token(&format!("{name}@HARBOR")));
        let start = Barrier::new(2);
        let statuses: Vec<u16> = thread::scope(|scope| {
            let both: Vec<_> = hands
                .iter()
                .enumerate()
                .map(|(at, hand)| {
                    let (start, token, other) = (&start, &tokens[at], keys[1 - at]);
                    let body = &bodies[(round + at) % 3];
                    let path = format!("/objects/company-config/user/{other}");
                    let patch = move |hand: &Hand| {
                        start.wait();
                        hand.call("PATCH", &path, Some(token), Some(body))
                            .status
                            .as_u16()
                    };
                    scope.spawn(move || patch(hand))
                })
                .collect();
            both.into_iter()
                .map(|one| one.join().expect("no panic"))
                .collect()
        });
        // The second is refused because she is no administrator any more, or may not come in at all.
        let won = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!(won, 1, "round {round}: {statuses:?}");
        assert!(
            statuses
                .iter()
                .all(|status| [200, 401, 403].contains(status)),
            "round {round}: {statuses:?}"
        );
        let left = administrators(engine, harbor);
        assert_eq!(left.len(), 1, "round {round}");
        for key in keys {
            let back = [("adminPrivileges", "full"), ("status", "active")];
            set(engine, Some(harbor), USER, key, &back).expect("two again");
        }
    }
}
