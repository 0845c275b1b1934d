//! No value of a document sequence is given twice, whoever asks at once.

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::thread;

use serde_json::json;

use crate::harness::{Hand, World};

const CALLERS: usize = 4;
const VALUES: usize = 50;

#[test]
fn callers_at_once_never_get_the_same_value() {
    let world = World::harbor();
    let token = world.token("ws_sync@HARBOR");
    let body = json!({
        "id": "Tickets", "printTitle": "Tickets", "startingNumber": 1, "nextNumber": 1,
        "fixedLength": "4", "rollover": {"isEnabled": true, "fiscalYearAffixPosition": "prefix"},
    });
    let path = "/objects/company-config/document-sequence";
    let made = world.call("POST", path, Some(&token), Some(&body));
    assert_eq!(made.status, 201, "{}", made.json());
    // The row of the year is made by whoever comes first.
    let asked = json!({"id": "Tickets", "fiscalYear": 2027});
    let hands: Vec<Hand> = (0..CALLERS).map(|_| world.hand()).collect();
    let start = Barrier::new(CALLERS);
    let taken: Vec<String> = thread::scope(|scope| {
        let callers: Vec<_> = hands
            .into_iter()
            .map(|hand| {
                let (start, token, asked) = (&start, &token, &asked);
                scope.spawn(move || {
                    start.wait();
                    let take = |_| {
                        let path = "/services/company-config/document-sequence/generate-next-value";
                        let answer = hand.call("POST", path, Some(token), Some(asked));
                        assert_eq!(answer.status, 200, "{}", answer.json());
                        let value = &answer.json()["ia::result"]["nextValue"];
                        value.as_str().expect("a value").to_owned()
                    };
                    (0..VALUES).map(take).collect::<Vec<String>>()
                })
            })
            .collect();
        let joined = callers.into_iter().map(thread::ScopedJoinHandle::join);
        joined.flat_map(|taken| taken.expect("no panic")).collect()
    });
    let different: BTreeSet<&str> = taken.iter().map(String::as_str).collect();
    assert_eq!(different.len(), CALLERS * VALUES);
    // None is left out either.
    assert_eq!(different.first(), Some(&"20270001"));
    assert_eq!(different.last(), Some(&"20270200"));
}
