//! Evidence that is no change: refusals, and reads of personal data.
//!
//! It is noted in memory, which costs a request next to nothing, and written into the audit trail within
//! a second. What repeats is written again a minute later at the earliest, with how often; so a flood is
//! counted, not stored row by row. Of callers who came without a valid client or sender nothing is kept
//! but how many there were, by company, source, reason and minute.
//!
//! Memory is bounded: what finds no room is counted together.

mod noted;
mod write;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sidegate_model::{Kind, ObjectIndex, RecordKey};

use crate::actor::{Actor, By, Call, Door, Named};
use crate::authorizing::Party;
use crate::credential::kind_of;
use crate::work::Work;

pub(crate) use noted::Noted;
use noted::{Parts, Refused};

const MINUTE: i64 = 60_000_000;
/// So many different things are held of one company.
const MOST_OF_COMPANY: usize = 500;
/// So many are held in all.
const MOST: usize = 20_000;
/// No id is longer.
const LONGEST_ID: usize = 200;

/// Who it was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Who {
    /// Key and id of the user.
    user: Option<(RecordKey, String)>,
    /// The id of the client application.
    client: Option<String>,
    /// The id of the sender.
    sender: Option<String>,
    entity: Option<RecordKey>,
    address: String,
    door: Door,
}

impl Who {
    fn of(actor: &Actor, call: &Call) -> Self {
        let user = actor.user.as_ref();
        Self {
            user: user.map(|user| (user.key, user.id.clone())),
            client: actor.client.as_ref().map(|client| client.id.clone()),
            sender: actor.sender.as_ref().map(|sender| sender.id.clone()),
            entity: actor.entity.as_ref().map(|entity| entity.key),
            ..Self::nobody(call)
        }
    }

    fn nobody(call: &Call) -> Self {
        Self {
            user: None,
            client: None,
            sender: None,
            entity: None,
            address: call.address.clone(),
            door: call.door,
        }
    }
}

/// What it was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// A user lacked a right.
    Refused(Refused),
    /// A client application proved itself and got no token.
    SignIn {
        /// The client application.
        client: RecordKey,
        /// Whom it asked for; none where it is not known.
        user: Option<String>,
        /// The entity it asked for.
        entity: Option<String>,
    },
    /// A user did not come in with a secret of her own.
    Secret {
        /// Who was meant; none where there is no such user.
        user: Option<(RecordKey, String)>,
        /// The cause in one word.
        cause: &'static str,
    },
    /// Somebody came without a valid client, sender or token.
    Stranger { why: &'static str, minute: i64 },
    /// An authorisation named a client application or sender that does not exist.
    Unknown { is_sender: bool, id: String },
    /// A user was shown personal data of an object.
    Read(ObjectIndex),
    /// A user got a list of an object as a file of this sort.
    Exported(ObjectIndex, &'static str),
    /// What there was no room for.
    Rest(&'static str),
}

impl What {
    /// The word of the audit entry for it.
    fn event(&self) -> &'static str {
        match self {
            Self::Refused(_) | Self::Unknown { .. } => "refuse",
            Self::SignIn { .. } | Self::Secret { .. } | Self::Stranger { .. } => "refuseSignIn",
            Self::Read(_) => "read",
            Self::Exported(..) => "export",
            Self::Rest(event) => event,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    who: Who,
    what: What,
}

/// How often it was, since it was last written.
#[derive(Clone, Debug, Default)]
struct Held {
    count: i64,
    rows: i64,
    first: i64,
    /// The id of the first request.
    request: String,
    /// The only record that was shown.
    record: Option<RecordKey>,
    /// What the first caller said that she is.
    presented: Option<(Party, String)>,
    /// When it was last written.
    written: Option<i64>,
}

impl Held {
    fn is_due(&self, what: &What, now: i64) -> bool {
        match what {
            What::Stranger { minute, .. } => now.div_euclid(MINUTE) != *minute,
            _ => self
                .written
                .is_none_or(|written| (now - written).abs() >= MINUTE),
        }
    }
}

type Portion = Vec<(Key, Held)>;

/// What was noted and is not written yet.
#[derive(Debug, Default)]
pub(crate) struct Evidence {
    holding: Mutex<Holding>,
}

#[derive(Debug, Default)]
struct Holding {
    by_company: BTreeMap<RecordKey, BTreeMap<Key, Held>>,
    /// How many in all companies.
    all: usize,
}

impl Holding {
    fn count_all(&mut self) {
        self.all = self.by_company.values().map(BTreeMap::len).sum();
    }
}

/// Once more of something.
struct More {
    at: i64,
    rows: i64,
    request: String,
    record: Option<RecordKey>,
    presented: Option<(Party, String)>,
}

impl More {
    fn of(call: &Call, at: i64) -> Self {
        Self {
            at,
            rows: 0,
            request: call.request.clone(),
            record: None,
            presented: None,
        }
    }
}

impl Evidence {
    /// Adds what a finished call was refused and shown.
    pub(crate) fn add(&self, work: &Work<'_>, noted: Noted) {
        let Some(company) = work.actor().company.filter(|_| !noted.is_empty()) else {
            return;
        };
        let Parts {
            refused,
            shown,
            unknown,
            exported,
        } = noted.into_parts();
        let (who, now) = (Who::of(work.actor(), work.call()), work.now());
        for refused in refused {
            let what = What::Refused(refused);
            self.count(company, who.clone(), what, More::of(work.call(), now));
        }
        for (party, id) in unknown {
            let (is_sender, id) = (party == Party::Sender, sayable(&id));
            let what = What::Unknown { is_sender, id };
            self.count(company, who.clone(), what, More::of(work.call(), now));
        }
        for (object, record, rows) in shown {
            let more = More {
                rows: rows.into(),
                record,
                ..More::of(work.call(), now)
            };
            self.count(company, who.clone(), What::Read(object), more);
        }
        for (object, file, rows) in exported {
            let more = More {
                rows: rows.into(),
                ..More::of(work.call(), now)
            };
            self.count(company, who.clone(), What::Exported(object, file), more);
        }
    }

    /// A token that is good named an entity that its user may not enter.
    pub(crate) fn closed_entity(&self, call: &Call, actor: &Actor, code: &'static str, at: i64) {
        if let Some(company) = actor.company {
            let what = What::Refused(Refused::entering(code));
            self.count(company, Who::of(actor, call), what, More::of(call, at));
        }
    }

    /// A token of a company is worth nothing any more.
    pub(crate) fn dead_token(&self, call: &Call, refused: Kind, at: i64) {
        if let (By::Token { company, .. }, Kind::Credential) = (&call.by, refused) {
            let what = stranger("the token is not valid", at);
            self.count(*company, Who::nobody(call), what, More::of(call, at));
        }
    }

    /// Somebody did not prove to be the client application or sender that she named; the company is the
    /// one that she asked for.
    pub(crate) fn unproved(
        &self,
        company: RecordKey,
        presented: (Party, &str),
        call: &Call,
        at: i64,
    ) {
        let (party, id) = presented;
        let why = match party {
            Party::Client => "the client application did not prove itself",
            Party::Sender => "the sender did not prove itself",
        };
        let more = More {
            presented: Some((party, sayable(id))),
            ..More::of(call, at)
        };
        self.count(company, Who::nobody(call), stranger(why, at), more);
    }

    /// A client application proved itself, and got no token for a user.
    pub(crate) fn sign_in(
        &self,
        company: RecordKey,
        client: &Named,
        user: Option<&str>,
        entity: Option<&str>,
        call: &Call,
        at: i64,
    ) {
        let who = Who {
            client: Some(client.id.clone()),
            ..Who::nobody(call)
        };
        let what = What::SignIn {
            client: client.key,
            user: user.map(sayable),
            entity: entity.map(sayable),
        };
        self.count(company, who, what, More::of(call, at));
    }

    /// A user did not come in with a secret of her own, behind a sender that proved itself or at a door
    /// for people.
    pub(crate) fn secret(
        &self,
        company: RecordKey,
        user: Option<&Named>,
        sender: Option<&Named>,
        cause: &'static str,
        call: &Call,
        at: i64,
    ) {
        let who = Who {
            sender: sender.map(|sender| sender.id.clone()),
            ..Who::nobody(call)
        };
        let user = user.map(|user| (user.key, user.id.clone()));
        let what = What::Secret { user, cause };
        self.count(company, who, what, More::of(call, at));
    }

    fn count(&self, company: RecordKey, who: Who, what: What, more: More) {
        let mut holding = self.lock();
        let full = holding.all >= MOST;
        let known = holding.by_company.contains_key(&company);
        if holding.by_company.len() >= MOST && !known {
            return;
        }
        // What is counted together has room in each company, so that nobody fills up another's.
        let of_company = holding.by_company.entry(company).or_default();
        let mut key = Key { who, what };
        let no_room = full || of_company.len() >= MOST_OF_COMPANY;
        if no_room && !of_company.contains_key(&key) {
            let mut who = key.who;
            (who.user, who.client, who.sender, who.entity) = (None, None, None, None);
            who.address.clear();
            let what = What::Rest(key.what.event());
            key = Key { who, what };
        }
        let before = of_company.len();
        let one = of_company.entry(key).or_default();
        if one.count == 0 {
            (one.first, one.request) = (more.at, more.request);
            (one.record, one.presented) = (more.record, more.presented);
        } else if one.record != more.record {
            one.record = None;
        }
        one.count += 1;
        one.rows += more.rows;
        let added = of_company.len() - before;
        holding.all += added;
    }

    fn lock(&self) -> MutexGuard<'_, Holding> {
        self.holding.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be written now, and what it leaves: that it was written.
    fn due(&self, now: i64, last: bool) -> BTreeMap<RecordKey, Portion> {
        let mut holding = self.lock();
        let mut due = BTreeMap::new();
        for (company, of_company) in &mut holding.by_company {
            let mut portion = Vec::new();
            for (key, one) in of_company.iter_mut() {
                if one.count > 0 && (last || one.is_due(&key.what, now)) {
                    let written = Some(now);
                    let left = Held {
                        written,
                        ..Held::default()
                    };
                    portion.push((key.clone(), std::mem::replace(one, left)));
                }
            }
            // What was written longer ago is forgotten, and so is a minute that is over.
            of_company.retain(|key, one| one.count > 0 || !one.is_due(&key.what, now));
            if !portion.is_empty() {
                due.insert(*company, portion);
            }
        }
        holding
            .by_company
            .retain(|_, of_company| !of_company.is_empty());
        holding.count_all();
        due
    }

    /// Puts back what could not be written.
    fn put_back(&self, company: RecordKey, portion: Portion) {
        let mut holding = self.lock();
        let of_company = holding.by_company.entry(company).or_default();
        for (key, missed) in portion {
            match of_company.get_mut(&key) {
                Some(one) => {
                    let (count, rows) = (one.count, one.rows);
                    *one = missed;
                    one.count += count;
                    one.rows += rows;
                }
                None => {
                    of_company.insert(key, missed);
                }
            }
        }
        holding.count_all();
    }
}

fn stranger(why: &'static str, at: i64) -> What {
    let minute = at.div_euclid(MINUTE);
    What::Stranger { why, minute }
}

/// What somebody said that she is, as far as it may be kept: a secret in the wrong place is not.
fn sayable(text: &str) -> String {
    if kind_of(text).is_some() || text.len() > LONGEST_ID {
        return String::new();
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn company(number: i64) -> RecordKey {
        RecordKey::new(number).expect("a key")
    }

    fn call(address: &str) -> Call {
        let mut call = Call::system(None, Door::Rest);
        call.address = address.to_owned();
        call
    }

    fn total(portion: &Portion) -> i64 {
        portion.iter().map(|(_, held)| held.count).sum()
    }

    #[test]
    fn a_flood_is_counted_and_takes_bounded_room() {
        let evidence = Evidence::default();
        for at in 0..50_000 {
            let from = call(&format!("192.0.2.{at}"));
            evidence.unproved(company(1), (Party::Client, "x"), &from, 0);
        }
        // Of another company there is room as ever.
        evidence.unproved(company(2), (Party::Client, "x"), &call("192.0.2.1"), 0);
        let due = evidence.due(MINUTE, false);
        assert_eq!(due[&company(1)].len(), MOST_OF_COMPANY + 1);
        assert_eq!(total(&due[&company(1)]), 50_000);
        assert_eq!(due[&company(2)].len(), 1);
        assert!(!matches!(due[&company(2)][0].0.what, What::Rest(_)));
        assert!(evidence.due(2 * MINUTE, false).is_empty());
        assert_eq!(evidence.lock().all, 0);
        assert!(evidence.lock().by_company.is_empty());
    }

    #[test]
    fn companies_together_take_bounded_room_and_each_still_counts() {
        let evidence = Evidence::default();
        for number in 1..=100 {
            for at in 0..300 {
                let from = call(&format!("192.0.2.{at}"));
                evidence.unproved(company(number), (Party::Client, "x"), &from, 0);
            }
        }
        assert!(evidence.lock().all <= MOST + 100);
        let due = evidence.due(MINUTE, false);
        assert_eq!(due.len(), 100);
        assert!(due.values().all(|portion| total(portion) == 300));
    }

    #[test]
    fn strangers_are_told_when_their_minute_is_over() {
        let evidence = Evidence::default();
        let asks = |at| evidence.unproved(company(1), (Party::Sender, "x"), &call("192.0.2.1"), at);
        [5, 6, MINUTE - 1].into_iter().for_each(asks);
        assert!(evidence.due(MINUTE - 1, false).is_empty());
        asks(MINUTE);
        assert_eq!(total(&evidence.due(MINUTE, false)[&company(1)]), 3);
        assert_eq!(total(&evidence.due(MINUTE, true)[&company(1)]), 1);
    }

    #[test]
    fn what_repeats_is_told_at_once_and_then_each_minute() {
        let evidence = Evidence::default();
        let client = Named {
            key: company(7),
            id: "client".to_owned(),
        };
        let fails = |at| evidence.sign_in(company(1), &client, Some("u"), None, &call(""), at);
        fails(0);
        assert_eq!(total(&evidence.due(1, false)[&company(1)]), 1);
        for at in 2..10 {
            fails(at);
            assert!(evidence.due(at, false).is_empty());
        }
        let due = evidence.due(1 + MINUTE, false);
        assert_eq!(total(&due[&company(1)]), 8);
        assert_eq!(due[&company(1)][0].1.first, 2);
        // What could not be written is told the next time, with what came meanwhile.
        let (of, portion) = due.into_iter().next().expect("one");
        fails(2 * MINUTE);
        evidence.put_back(of, portion);
        assert_eq!(total(&evidence.due(2 * MINUTE, false)[&company(1)]), 9);
    }

    #[test]
    fn a_secret_in_the_place_of_an_id_is_not_kept() {
        let source = crate::source::Source::system();
        let secret = crate::credential::generate(&source, crate::credential::SecretKind::Client);
        assert_eq!(sayable(&secret), "");
        assert_eq!(sayable("demo-client"), "demo-client");
        assert_eq!(sayable(&"x".repeat(LONGEST_ID + 1)), "");
    }
}
