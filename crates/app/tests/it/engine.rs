//! The engine's promises about its threads: groups, retries, limits, interruptions, the end.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use sidegate_engine::audit::Verdict;
use sidegate_engine::{Engine, Pending, Saved, Work};
use sidegate_model::{Definition, Draft, Failure, Given, RecordKey, Result, Value};
use sidegate_store::Dialect;
use sidegate_store::testing::dialect;

use crate::harness::World;
use crate::support::{codes, company, number, rows, system, verified};

const DEPARTMENT: &str = "company-config/department";

/// How long a test waits for what must come at once, before it gives up.
const AT_LAST: Duration = Duration::from_secs(60);

fn named(definition: &Definition, id: &str) -> Draft {
    let mut draft = Draft::default();
    for name in ["id", "name"] {
        let field = definition.named(name).expect("declared").index;
        draft.set(field, format!("/{name}"), Given::Value(Value::from(id)));
    }
    draft
}

fn create(work: &mut Work<'_>, id: &str) -> Result<Saved> {
    let definition = work.object(DEPARTMENT);
    work.create(definition, &named(definition, id))
}

/// A write that makes a department, then does what the test wants; counts how often it ran.
fn making(
    engine: &Engine,
    company: RecordKey,
    id: &str,
    ran: &Arc<AtomicU32>,
    mut then: impl FnMut(&mut Work<'_>) -> Result<()> + Send + 'static,
) -> Pending<Saved> {
    let (id, ran) = (id.to_owned(), Arc::clone(ran));
    engine.write(system(Some(company)), move |work| {
        ran.fetch_add(1, Ordering::SeqCst);
        let saved = create(work, &id)?;
        then(work)?;
        Ok(saved)
    })
}

/// A write that holds its thread until the sender it gives is dropped.
fn blocker(engine: &Engine, company: RecordKey) -> (Pending<()>, Sender<()>) {
    let (release, released) = channel::<()>();
    let (started, starts) = channel();
    let pending = engine.write(system(Some(company)), move |_| {
        // Nobody may be there any more when it runs a second time.
        let _ = started.send(());
        let _ = released.recv();
        Ok(())
    });
    starts.recv().expect("the write begins");
    (pending, release)
}

/// How many departments of this id the company has, and how many audit entries tell of their making.
fn made(world: &World, company: RecordKey, id: &str) -> (i64, i64) {
    let mut connection = world.database.open();
    let company = company.number();
    let records = format!(
        "select cast(count(*) as text) from \"department\" where \"company\" = {company} and \"id\" = '{id}'"
    );
    let entries = format!(
        "select cast(count(*) as text) from \"audit_entry\" e join \"audit_line\" l on l.\"company\" = e.\"company\" and l.\"entry\" = e.\"key\" \
         where e.\"company\" = {company} and e.\"event\" = 'create' and l.\"field\" = 'id' and l.\"after\" = '{id}'"
    );
    (
        number(&mut connection, &records),
        number(&mut connection, &entries),
    )
}

fn runs(ran: &Arc<AtomicU32>) -> u32 {
    ran.load(Ordering::SeqCst)
}

fn whole(world: &World, company: RecordKey) {
    let verdict = verified(&world.engine, company);
    assert!(matches!(verdict, Verdict::Whole { .. }), "{verdict:?}");
}

#[test]
fn an_error_undoes_only_its_own_write_of_a_group() {
    let world = World::harbor();
    let (engine, harbor) = (&world.engine, company(&world.engine, "HARBOR"));
    let (blocked, release) = blocker(engine, harbor);
    let ran = Arc::new(AtomicU32::new(0));
    let fine = |id| making(engine, harbor, id, &ran, |_| Ok(()));
    let failing = |id| {
        making(engine, harbor, id, &ran, |_| {
            Err(Failure::broken("changed its mind"))
        })
    };
    let all = [
        fine("G1"),
        failing("G2"),
        fine("G3"),
        failing("G4"),
        fine("G5"),
    ];
    drop(release);
    blocked.wait().expect("the first write");
    let ends: Vec<bool> = all
        .into_iter()
        .map(|pending| pending.wait().is_ok())
        .collect();
    assert_eq!(ends, [true, false, true, false, true]);
    assert_eq!(runs(&ran), 5);
    for (id, times) in [("G1", 1), ("G2", 0), ("G3", 1), ("G4", 0), ("G5", 1)] {
        assert_eq!(made(&world, harbor, id), (times, times), "{id}");
    }
    whole(&world, harbor);
}

#[test]
fn writes_that_wait_share_one_transaction_on_sqlite_and_have_their_own_on_postgres() {
    let world = World::harbor();
    let (engine, harbor) = (&world.engine, company(&world.engine, "HARBOR"));
    let (blocked, release) = blocker(engine, harbor);
    let ran = Arc::new(AtomicU32::new(0));
    let first = making(engine, harbor, "FIRST", &ran, |_| Ok(()));
    let location = world.database.location.clone();
    let (seen, sees) = channel();
    let second = making(engine, harbor, "SECOND", &ran, move |_| {
        let mut other =
            sidegate_store::Connection::open(&location, sidegate_store::backend::Access::Read)
                .expect("the database");
        let count = number(
            &mut other,
            "select cast(count(*) as text) from \"department\" where \"id\" = 'FIRST'",
        );
        seen.send(count).expect("the test waits");
        Ok(())
    });
    drop(release);
    blocked.wait().expect("the first write");
    first.wait().expect("a department");
    second.wait().expect("a department");
    let committed_before = sees.recv().expect("a count");
    if dialect() == Dialect::Sqlite {
        assert_eq!(committed_before, 0);
    }
    assert_eq!(made(&world, harbor, "FIRST"), (1, 1));
    assert_eq!(made(&world, harbor, "SECOND"), (1, 1));
}

#[test]
fn a_panic_fails_its_own_write_and_the_others_are_there_once() {
    let world = World::harbor();
    let (engine, harbor) = (&world.engine, company(&world.engine, "HARBOR"));
    let (blocked, release) = blocker(engine, harbor);
    let ran = Arc::new(AtomicU32::new(0));
    let fine = |id| making(engine, harbor, id, &ran, |_| Ok(()));
    let panicking = |id| making(engine, harbor, id, &ran, |_| panic!("on purpose"));
    let all = [
        fine("P1"),
        panicking("P2"),
        fine("P3"),
        panicking("P4"),
        fine("P5"),
    ];
    drop(release);
    blocked.wait().expect("the first write");
    let ends: Vec<bool> = all
        .into_iter()
        .map(|pending| pending.wait().is_ok())
        .collect();
    assert_eq!(ends, [true, false, true, false, true]);
    for (id, times) in [("P1", 1), ("P2", 0), ("P3", 1), ("P4", 0), ("P5", 1)] {
        assert_eq!(made(&world, harbor, id), (times, times), "{id}");
    }
    whole(&world, harbor);
    // The thread goes on.
    making(engine, harbor, "AFTER", &ran, |_| Ok(()))
        .wait()
        .expect("a department");
}

#[test]
fn a_panic_in_a_read_fails_that_read_only() {
    let world = World::harbor();
    let harbor = company(&world.engine, "HARBOR");
    for _ in 0..6 {
        let panicked: Pending<()> = world
            .engine
            .read(system(Some(harbor)), |_| panic!("on purpose"));
        assert!(panicked.wait().is_err());
    }
    let token = world.token("ws_sync@HARBOR");
    assert_eq!(
        world
            .call("GET", "/objects/company-config/user", Some(&token), None)
            .status,
        200
    );
}

#[test]
fn a_refused_write_leaves_no_entry_and_no_gap() {
    let world = World::harbor();
    let harbor = company(&world.engine, "HARBOR");
    let token = world.token("ws_sync@HARBOR");
    let trail = || {
        let sql = format!(
            "select cast(count(*) as text), cast(max(\"key\") as text) from \"audit_entry\" where \"company\" = {}",
            harbor.number()
        );
        rows(&mut world.database.open(), 2, &sql).remove(0)
    };
    let before = trail();
    assert_eq!(before[0], before[1], "numbers without a gap");
    let user = |id: &str| {
        json!({
            "id": id, "accountEmail": "a@harbor.example", "userType": "business", "adminPrivileges": "off", "status": "inactive",
            "contact": {"id": "half-made", "printAs": "Half", "firstName": "Half", "lastName": "Made"},
        })
    };
    let post = |body: &serde_json::Value| {
        world.call(
            "POST",
            "/objects/company-config/user",
            Some(&token),
            Some(body),
        )
    };
    // Refused by a rule after its contact was made, by a constraint, and by a version.
    assert_eq!(post(&user("half")).status, 422);
    let mut taken = user("ADMIN");
    taken["status"] = json!("active");
    assert_eq!(post(&taken).status, 409);
    let stale = axum::http::Request::patch("/ia/api/v1/objects/company-config/department/1")
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .header("if-match", "\"99\"");
    let stale = stale
        .body(axum::body::Body::from(json!({"name": "Stale"}).to_string()))
        .expect("a request");
    assert_eq!(world.send(stale).status, 412);
    assert_eq!(trail(), before);
    let mut fine = user("whole");
    fine["status"] = json!("active");
    let answer = post(&fine);
    assert_eq!(answer.status, 201, "{}", answer.json());
    // Keys that a refused write took were given back: 6 users and 9 contacts came with the company.
    assert_eq!(answer.json()["ia::result"]["key"], "7");
    let contact = number(
        &mut world.database.open(),
        "select cast(\"key\" as text) from \"contact\" where \"id\" = 'half-made'",
    );
    assert_eq!(contact, 10);
    let after = trail();
    assert_eq!(after[0], after[1], "numbers without a gap");
    assert!(
        after[0].parse::<i64>().expect("a number") > before[0].parse::<i64>().expect("a number")
    );
    whole(&world, harbor);
}

/// Makes the next inserts of departments fail with this state, `times` of them.
fn trip(world: &World, state: &str, times: u32) {
    let sql = format!(
        "create sequence trips; create function trip() returns trigger language plpgsql as $$ begin \
         if nextval('trips') <= {times} then raise exception 'in the way' using errcode = '{state}'; end if; return new; end $$; \
         create trigger trip before insert on department for each row execute function trip()"
    );
    world.database.open().batch(&sql).expect("a trigger");
}

#[test]
fn a_write_that_lost_against_another_runs_again_and_applies_once() {
    if dialect() == Dialect::Sqlite {
        // One writer has nobody to lose against.
        return;
    }
    for state in ["40001", "40P01", "57014"] {
        let world = World::harbor();
        let harbor = company(&world.engine, "HARBOR");
        trip(&world, state, 2);
        let ran = Arc::new(AtomicU32::new(0));
        making(&world.engine, harbor, "AGAIN", &ran, |_| Ok(()))
            .wait()
            .expect("the third time");
        assert_eq!(runs(&ran), 3, "{state}");
        assert_eq!(made(&world, harbor, "AGAIN"), (1, 1), "{state}");
        whole(&world, harbor);
    }
}

#[test]
fn a_write_that_always_loses_is_refused_as_busy_and_leaves_nothing() {
    if dialect() == Dialect::Sqlite {
        return;
    }
    let world = World::harbor();
    let harbor = company(&world.engine, "HARBOR");
    trip(&world, "40001", 1000);
    let ran = Arc::new(AtomicU32::new(0));
    let refused = making(&world.engine, harbor, "NEVER", &ran, |_| Ok(())).wait();
    assert_eq!(codes(&refused.expect_err("refused")), ["SG-5031"]);
    assert_eq!(runs(&ran), 4);
    assert_eq!(made(&world, harbor, "NEVER"), (0, 0));
}

#[test]
fn of_two_transactions_in_each_others_way_the_write_runs_again() {
    if dialect() == Dialect::Sqlite {
        return;
    }
    let world = World::harbor();
    let harbor = company(&world.engine, "HARBOR");
    let ran = Arc::new(AtomicU32::new(0));
    for round in 0..5 {
        let mut other = world.database.open();
        // The engine's connection looks for the deadlock after a second, this one long after it.
        other
            .batch("set deadlock_timeout = '20s'")
            .expect("a setting");
        other.begin_write().expect("a transaction");
        other
            .batch("update server_version set version = version")
            .expect("the server's lock");
        // Takes the company's lock, then wants the server's.
        let id = format!("D{round}");
        let sender = id.clone();
        let pending = making(&world.engine, harbor, &id, &ran, move |work| {
            let definition = work.object("sidegate/sender");
            let mut draft = Draft::default();
            for name in ["id", "description"] {
                let field = definition.named(name).expect("declared").index;
                draft.set(
                    field,
                    format!("/{name}"),
                    Given::Value(Value::from(sender.as_str())),
                );
            }
            work.create(definition, &draft).map(drop)
        });
        let waiting = "select cast(count(*) as text) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        until(|| number(&mut world.database.open(), waiting) > 0);
        let company = format!(
            "select 1 from access_version where company = {} and subject = 0 for update",
            harbor.number()
        );
        let won = other.batch(&company).is_ok();
        let _ = other.rollback();
        pending.wait().expect("a department and a sender");
        assert_eq!(made(&world, harbor, &id), (1, 1));
        let senders = format!("select cast(count(*) as text) from sender where id = '{id}'");
        assert_eq!(number(&mut world.database.open(), &senders), 1);
        if won {
            assert!(runs(&ran) > round + 1, "{} runs", runs(&ran));
            return;
        }
    }
    panic!("the other transaction was always the one to give way");
}

fn until(mut condition: impl FnMut() -> bool) {
    let end = Instant::now() + AT_LAST;
    while !condition() {
        assert!(Instant::now() < end, "what had to come did not come");
        thread::yield_now();
    }
}

#[test]
fn a_connection_that_the_database_ended_is_replaced_and_nobody_notices() {
    if dialect() == Dialect::Sqlite {
        return;
    }
    let world = World::harbor();
    let harbor = company(&world.engine, "HARBOR");
    let end = || {
        let sql = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
        world
            .database
            .open()
            .batch(sql)
            .expect("no other connections");
    };
    let list = |token: &str| {
        world
            .call("GET", "/objects/company-config/user", Some(token), None)
            .status
    };
    let known = world.token("ws_sync@HARBOR");
    // Every thread has a connection and the caller is known to the engine.
    for _ in 0..12 {
        assert_eq!(list(&known), 200);
    }
    end();
    for _ in 0..12 {
        assert_eq!(list(&known), 200);
    }
    // A caller who has to be loaded on a connection that is gone.
    let new = world.token("ws_bare@HARBOR");
    end();
    for _ in 0..12 {
        assert_eq!(list(&new), 200);
    }
    end();
    let new = world.token("ws_bare@HARBOR");
    let body = json!({"reportTitle": "After"});
    end();
    for _ in 0..12 {
        assert_eq!(
            world
                .call(
                    "PATCH",
                    "/objects/company-config/department/1",
                    Some(&new),
                    Some(&body)
                )
                .status,
            200
        );
    }
    // In the middle of a write: nothing was committed, so it runs again.
    let ran = Arc::new(AtomicU32::new(0));
    let pid = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and state = 'idle in transaction'";
    let location = world.database.location.clone();
    let mut first = true;
    let saved = making(&world.engine, harbor, "TWICE", &ran, move |work| {
        if std::mem::take(&mut first) {
            let mut other =
                sidegate_store::Connection::open(&location, sidegate_store::backend::Access::Write)
                    .expect("the database");
            other.batch(pid).expect("one connection less");
        }
        create(work, "TWICE-TOO").map(drop)
    });
    saved.wait().expect("two departments");
    assert_eq!(runs(&ran), 2);
    assert_eq!(made(&world, harbor, "TWICE"), (1, 1));
    whole(&world, harbor);
}

/// A read that holds its thread until the sender is dropped.
fn reading(engine: &Engine) -> (Pending<()>, Receiver<()>, Sender<()>) {
    let (release, released) = channel::<()>();
    let (started, starts) = channel();
    let pending = engine.read(system(None), move |_| {
        let _ = started.send(());
        let _ = released.recv();
        Ok(())
    });
    (pending, starts, release)
}

#[test]
fn a_full_queue_answers_busy_and_when_to_come_back() {
    let world = World::harbor().restarted(|settings| {
        settings.readers = 1;
        settings.queue = 1;
    });
    let token = world.token("ws_sync@HARBOR");
    let (running, starts, release) = reading(&world.engine);
    starts.recv().expect("the read begins");
    let (waiting, ..) = reading(&world.engine);
    for (method, path, body) in [
        ("GET", "/objects/company-config/user", None),
        ("GET", "/objects/company-config/user/1", None),
        (
            "POST",
            "/oauth2/token",
            Some(
                json!({"grant_type": "client_credentials", "client_id": "a", "client_secret": "b", "username": "c@d"}),
            ),
        ),
    ] {
        let answer = world.call(method, path, Some(&token), body.as_ref());
        assert_eq!(answer.status, 503, "{path}");
        assert_eq!(answer.headers["retry-after"], "1", "{path}");
        assert!(
            String::from_utf8_lossy(&answer.body).contains("SG-5031"),
            "{path}"
        );
    }
    drop(release);
    running.wait().expect("the read");
    waiting.wait().expect("the read that waited");
    assert_eq!(
        world
            .call("GET", "/objects/company-config/user", Some(&token), None)
            .status,
        200
    );
    if dialect() == Dialect::Sqlite {
        let harbor = company(&world.engine, "HARBOR");
        let (blocked, release) = blocker(&world.engine, harbor);
        let ran = Arc::new(AtomicU32::new(0));
        let waiting = making(&world.engine, harbor, "WAITED", &ran, |_| Ok(()));
        let body = json!({"name": "Busy"});
        let answer = world.call(
            "PATCH",
            "/objects/company-config/department/1",
            Some(&token),
            Some(&body),
        );
        assert_eq!(answer.status, 503);
        assert_eq!(answer.headers["retry-after"], "1");
        drop(release);
        blocked.wait().expect("the write");
        waiting.wait().expect("the write that waited");
    }
}

/// Makes every question about departments one that does not end.
fn endless_departments(world: &World) {
    let many = match dialect() {
        Dialect::Sqlite => {
            "(with recursive n(i) as (select 1 union all select i + 1 from n) select i from n)"
        }
        Dialect::Postgres => "pg_class a, pg_class b, pg_class c, pg_class d, pg_class e",
    };
    let sql = format!(
        "alter table \"department\" rename to \"kept\"; create view \"department\" as select k.* from \"kept\" k, {many};"
    );
    world.database.open().batch(&sql).expect("a view");
}

#[test]
fn a_read_past_its_deadline_is_stopped_and_its_thread_goes_on() {
    let world = World::harbor().restarted(|settings| {
        settings.readers = 1;
        settings.read_deadline = Duration::from_secs(1);
    });
    let token = world.token("ws_sync@HARBOR");
    endless_departments(&world);
    let query = json!({"object": "company-config/department", "fields": ["id"], "filters": [{"$contains": {"id": "A"}}]});
    for (method, path, body) in [
        ("GET", "/objects/company-config/department", None),
        ("POST", "/services/core/query", Some(query)),
    ] {
        let answer = world.call(method, path, Some(&token), body.as_ref());
        assert_eq!(answer.status, 503, "{path}");
        assert!(answer.headers.contains_key("retry-after"), "{path}");
        assert!(
            String::from_utf8_lossy(&answer.body).contains("SG-5032"),
            "{}",
            answer.json()
        );
        assert_eq!(
            world
                .call("GET", "/objects/company-config/user", Some(&token), None)
                .status,
            200
        );
    }
}

#[test]
fn a_read_that_nobody_waits_for_is_stopped() {
    let world = World::harbor().restarted(|settings| {
        settings.readers = 1;
        settings.read_deadline = Duration::from_secs(3600);
    });
    let token = world.token("ws_sync@HARBOR");
    endless_departments(&world);
    for _ in 0..3 {
        let (started, starts) = channel();
        let harbor = company(&world.engine, "HARBOR");
        let endless = world.engine.read(system(Some(harbor)), move |work| {
            let _ = started.send(());
            work.find(work.object("company-config/department"), "nobody")
        });
        starts.recv().expect("the read begins");
        drop(endless);
        // The only thread that reads is free again, an hour before the deadline.
        assert_eq!(
            world
                .call("GET", "/objects/company-config/user", Some(&token), None)
                .status,
            200
        );
    }
}

#[test]
fn stopping_finishes_accepted_writes_and_refuses_new_calls() {
    let world = World::harbor();
    let (engine, harbor) = (&world.engine, company(&world.engine, "HARBOR"));
    let token = world.token("ws_sync@HARBOR");
    let (blocked, release) = blocker(engine, harbor);
    let ran = Arc::new(AtomicU32::new(0));
    let accepted: Vec<_> = (0..20)
        .map(|n| making(engine, harbor, &format!("S{n}"), &ran, |_| Ok(())))
        .collect();
    let stopping = {
        let engine = engine.clone();
        thread::spawn(move || engine.stop())
    };
    until(|| {
        // On PostgreSQL every thread is held, so that a read from before the word to stop has to wait.
        let mut asked = engine.read(system(None), |_| Ok(()));
        let mut context = Context::from_waker(Waker::noop());
        match Pin::new(&mut asked).poll(&mut context) {
            Poll::Ready(Err(failure)) => codes(&failure) == ["SG-5033"],
            Poll::Ready(Ok(())) | Poll::Pending => false,
        }
    });
    let refused = making(engine, harbor, "LATE", &ran, |_| Ok(())).wait();
    assert_eq!(codes(&refused.expect_err("refused")), ["SG-5033"]);
    for (method, body) in [("GET", None), ("PATCH", Some(json!({"name": "Late"})))] {
        let answer = world.call(
            method,
            "/objects/company-config/department/1",
            Some(&token),
            body.as_ref(),
        );
        assert_eq!(answer.status, 503);
        assert!(answer.headers.contains_key("retry-after"));
        assert!(
            String::from_utf8_lossy(&answer.body).contains("SG-5033"),
            "{}",
            answer.json()
        );
    }
    drop(release);
    blocked.wait().expect("the first write");
    for (n, pending) in accepted.into_iter().enumerate() {
        pending.wait().unwrap_or_else(|e| panic!("S{n}: {e:?}"));
    }
    stopping.join().expect("the end");
    for n in 0..20 {
        assert_eq!(made(&world, harbor, &format!("S{n}")), (1, 1));
    }
    assert_eq!(made(&world, harbor, "LATE"), (0, 0));
}
