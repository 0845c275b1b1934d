//! The engine's own threads: readers, the writer, hashers and the watchdog.
//!
//! SQLite has one reader a core and one writer, which runs waiting jobs in one transaction, each in
//! its savepoint, and answers after the commit. PostgreSQL has a thread a connection, each of which
//! reads and writes. Queues are bounded; what waits too long is refused.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;
use sidegate_model::{Failure, Result, problem};
use sidegate_store::backend::Access;
use sidegate_store::{Connection, Dialect, Interrupt, StoreError};

use crate::actor::Actor;
use crate::engine::Inner;
use crate::sign_in::load_actor;
use crate::task::{Job, Kind, Message, busy};
use crate::work::{Halted, Mode, Signal, Work};

/// At most so many jobs share one commit.
const MOST_IN_GROUP: usize = 256;
/// How often work is begun anew when access versions moved or transactions collided.
const MOST_ATTEMPTS: usize = 4;
/// How often the watchdog looks.
const WATCH: Duration = Duration::from_millis(20);

/// What the watchdog sees of a thread that reads.
#[derive(Default)]
pub(crate) struct Slot {
    running: Mutex<Option<Running>>,
}

struct Running {
    ends: Instant,
    gone: Arc<AtomicBool>,
    interrupt: Arc<Interrupt>,
}

impl Slot {
    fn set(&self, running: Option<Running>) {
        *self.running.lock().unwrap_or_else(PoisonError::into_inner) = running;
    }

    /// Interrupts the read when its time is over or nobody waits for it.
    fn check(&self, now: Instant) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        // Held while interrupting, so that the thread cannot go on to its next job meanwhile.
        if let Some(running) = running
            .as_ref()
            .filter(|r| now >= r.ends || r.gone.load(Ordering::Relaxed))
        {
            running.interrupt.interrupt();
        }
    }
}

/// Looks after all slots until told to stop.
pub(crate) fn watch(slots: &[Arc<Slot>], stop: &Receiver<()>) {
    while let Err(crossbeam_channel::RecvTimeoutError::Timeout) = stop.recv_timeout(WATCH) {
        let now = Instant::now();
        for slot in slots {
            slot.check(now);
        }
    }
}

/// A connection that is opened when it is needed and thrown away when it is lost.
pub(crate) struct Held {
    inner: Arc<Inner>,
    access: Access,
    connection: Option<Connection>,
    interrupt: Option<Arc<Interrupt>>,
    slot: Arc<Slot>,
    prepared: Arc<AtomicU64>,
}

impl Held {
    pub(crate) fn new(
        inner: Arc<Inner>,
        access: Access,
        slot: Arc<Slot>,
        prepared: Arc<AtomicU64>,
    ) -> Self {
        Self {
            inner,
            access,
            connection: None,
            interrupt: None,
            slot,
            prepared,
        }
    }

    fn connection(&mut self) -> Result<&mut Connection> {
        if self.connection.is_none() {
            let opened = Connection::open(&self.inner.location, self.access).map_err(|error| {
                tracing::error!(%error, "the database cannot be reached");
                Failure::from(problem::DATABASE_AWAY.with("SECONDS", "5"))
            })?;
            self.interrupt = Some(Arc::new(opened.interrupt()));
            self.connection = Some(opened);
        }
        Ok(self.connection.as_mut().expect("opened above"))
    }

    fn discard(&mut self) {
        self.note();
        self.connection = None;
        self.interrupt = None;
    }

    /// Publishes how many statements this thread has prepared.
    fn note(&self) {
        if let Some(connection) = &self.connection {
            self.prepared
                .store(connection.prepared(), Ordering::Relaxed);
        }
    }

    /// Serves jobs until told to stop.
    pub(crate) fn serve(mut self, queue: &Receiver<Message>) {
        while let Ok(message) = queue.recv() {
            match message {
                Message::Read(job) => self.read(job),
                Message::Write(job) => self.write_group(job, queue),
                Message::Stop => break,
            }
            self.note();
        }
    }

    fn too_late(&self, job: &mut dyn Job) -> bool {
        if job.waited() <= self.inner.settings.longest_wait {
            return false;
        }
        job.fail(busy());
        true
    }

    fn read(&mut self, mut job: Box<dyn Job>) {
        if job.gone().load(Ordering::Relaxed) {
            return;
        }
        if !self.too_late(&mut *job) {
            self.read_now(&mut *job);
        }
        job.answer();
    }

    fn read_now(&mut self, job: &mut dyn Job) {
        let ends = Instant::now() + self.inner.settings.read_deadline;
        let mut many = job.kind() != Kind::OnePage;
        for _ in 0..MOST_ATTEMPTS {
            let signal = match self.read_once(job, many, ends) {
                Ok(signal) => signal,
                Err(failure) => return job.fail(failure),
            };
            match signal {
                None => return,
                Some(Signal::Moved) => self.inner.actors.forget(&job.call().by),
                Some(Signal::Many) => many = true,
                Some(Signal::Lost) => self.discard(),
                Some(Signal::Again) => {}
                Some(Signal::Interrupted) => {
                    if Instant::now() >= ends || job.gone().load(Ordering::Relaxed) {
                        let seconds = self.inner.settings.read_deadline.as_secs().to_string();
                        return job.fail(problem::READ_TOO_SLOW.with("SECONDS", seconds).into());
                    }
                    // A cancel meant for the job before this one arrived late.
                }
            }
        }
        job.fail(busy());
    }

    fn read_once(
        &mut self,
        job: &mut dyn Job,
        many: bool,
        ends: Instant,
    ) -> Result<Option<Signal>> {
        let inner = Arc::clone(&self.inner);
        let slot = Arc::clone(&self.slot);
        self.connection()?;
        let interrupt = Arc::clone(self.interrupt.as_ref().expect("there with its connection"));
        let connection = self.connection.as_mut().expect("opened above");
        slot.set(Some(Running {
            ends,
            gone: Arc::clone(job.gone()),
            interrupt,
        }));
        let done = catch_unwind(AssertUnwindSafe(|| {
            let actor = match actor_of(&inner, connection, job)? {
                Ok(actor) => actor,
                Err(signal) => return Ok(Some(signal)),
            };
            let in_transaction = many || connection.dialect() == Dialect::Sqlite;
            if in_transaction && let Err(error) = connection.begin_read() {
                return Signal::of(error).map(Some);
            }
            let mode = if in_transaction {
                Mode::Snapshot
            } else {
                Mode::OnePage
            };
            let mut work = Work::new(&inner, connection, actor, job.call().clone(), mode);
            job.attempt(&mut work);
            let signal = work.signal();
            // Nothing was written: how a reading transaction ends does not matter, only that it does.
            if in_transaction && connection.rollback().is_err() {
                return Ok(Some(Signal::Lost));
            }
            Ok(signal)
        }));
        slot.set(None);
        done.unwrap_or_else(|_| {
            self.discard();
            Err(Failure::broken("a read panicked; see the log"))
        })
    }

    /// Writes: on SQLite together with what waits, on PostgreSQL alone.
    fn write_group(&mut self, first: Box<dyn Job>, queue: &Receiver<Message>) {
        if self.inner.location.dialect() == Dialect::Postgres {
            return self.write_alone(first);
        }
        let mut group = vec![first];
        let mut stop = false;
        let mut done = 0;
        // Jobs of a group that has to be undone because one of them panicked run again without it.
        loop {
            let result = self.try_group(&mut group, &mut done, queue, &mut stop);
            if result.is_err() {
                self.discard();
                // Actors were loaded with what earlier jobs of the group wrote and is now undone.
                self.inner.actors.forget_all();
            }
            match result {
                Ok(()) => break,
                Err(Fall::Panicked(at)) => {
                    let mut job = group.remove(at);
                    job.fail(Failure::broken("a write panicked; see the log"));
                    job.answer();
                    done = 0;
                    if group.is_empty() {
                        break;
                    }
                }
                Err(Fall::Locked) => {
                    for job in &mut group {
                        job.fail(busy());
                    }
                    break;
                }
                Err(Fall::Whole(text)) => {
                    for job in &mut group {
                        job.fail(Failure::broken(text.clone()));
                    }
                    break;
                }
            }
        }
        for job in &mut group {
            job.answer();
        }
        if stop {
            // Put back for the loop that serves; the queue is ours alone.
            self.inner.stop_writer();
        }
    }

    fn try_group(
        &mut self,
        group: &mut Vec<Box<dyn Job>>,
        done: &mut usize,
        queue: &Receiver<Message>,
        stop: &mut bool,
    ) -> std::result::Result<(), Fall> {
        let inner = Arc::clone(&self.inner);
        let longest = inner.settings.longest_wait;
        let connection = self
            .connection()
            .map_err(|failure| Fall::Whole(told(&failure)))?;
        connection.begin_write().map_err(|error| match error {
            StoreError::Again(_) => Fall::Locked,
            other => Fall::Whole(other.to_string()),
        })?;
        loop {
            while *done < group.len() {
                let job = &mut group[*done];
                if job.waited() > longest {
                    job.fail(busy());
                } else {
                    let at = *done;
                    catch_unwind(AssertUnwindSafe(|| {
                        write_in_savepoint(&inner, connection, &mut **job)
                    }))
                    .map_err(|_| Fall::Panicked(at))?
                    .map_err(Fall::Whole)?;
                }
                *done += 1;
            }
            if *stop || group.len() >= MOST_IN_GROUP {
                break;
            }
            // What writes whole companies took its time, and has references looked at when all ends:
            // nobody joins after it, to wait no longer and to find mistakes in the statement as ever.
            if connection.defers_references() {
                break;
            }
            match queue.try_recv() {
                Ok(Message::Write(job) | Message::Read(job)) => group.push(job),
                Ok(Message::Stop) => *stop = true,
                Err(_) => break,
            }
        }
        connection.commit().map_err(|e| Fall::Whole(e.to_string()))
    }

    fn write_alone(&mut self, mut job: Box<dyn Job>) {
        if !self.too_late(&mut *job) {
            self.write_alone_now(&mut *job);
        }
        job.answer();
    }

    fn write_alone_now(&mut self, job: &mut dyn Job) {
        for _ in 0..MOST_ATTEMPTS {
            let inner = Arc::clone(&self.inner);
            let connection = match self.connection() {
                Ok(connection) => connection,
                Err(failure) => return job.fail(failure),
            };
            let done = catch_unwind(AssertUnwindSafe(|| {
                write_transaction(&inner, connection, job)
            }));
            match done {
                Ok(Ok(None)) => return,
                // Undone by the database, so it may run again.
                Ok(Ok(Some(Signal::Lost))) => self.discard(),
                Ok(Ok(Some(_))) => {}
                Ok(Err(failure)) => {
                    self.discard();
                    return job.fail(failure);
                }
                Err(_) => {
                    self.discard();
                    return job.fail(Failure::broken("a write panicked; see the log"));
                }
            }
        }
        job.fail(busy());
    }
}

/// Why a group of writes was undone.
enum Fall {
    /// This job panicked.
    Panicked(usize),
    /// Another process holds the database.
    Locked,
    /// The transaction cannot be committed.
    Whole(String),
}

fn told(failure: &Failure) -> String {
    match failure {
        Failure::Broken(error) => error.to_string(),
        Failure::Refused(problems) => problems
            .iter()
            .map(sidegate_model::Problem::message)
            .collect(),
    }
}

/// The caller of a job, or what came in the way of loading her.
fn actor_of(
    inner: &Inner,
    connection: &mut Connection,
    job: &dyn Job,
) -> Result<std::result::Result<Arc<Actor>, Signal>> {
    let call = job.call();
    if let Some(actor) = inner.actors.get(&call.by) {
        return Ok(Ok(actor));
    }
    match load_actor(inner, connection, call) {
        Ok(actor) => {
            let actor = Arc::new(actor);
            inner.actors.keep(&call.by, &actor);
            Ok(Ok(actor))
        }
        Err(Failure::Broken(error)) => match error.downcast::<Halted>() {
            Ok(halted) => Ok(Err(halted.0)),
            Err(error) => Err(Failure::Broken(error)),
        },
        Err(refused) => {
            if let Failure::Refused(problems) = &refused
                && let Some(problem) = problems.first()
            {
                let now = inner.source.now();
                inner.evidence.dead_token(call, problem.code.kind, now);
            }
            Err(refused)
        }
    }
}

/// One job of a group: its savepoint is released or undone. The error means the whole group is lost.
fn write_in_savepoint(
    inner: &Inner,
    connection: &mut Connection,
    job: &mut dyn Job,
) -> std::result::Result<(), String> {
    for _ in 0..MOST_ATTEMPTS {
        connection
            .batch("savepoint job")
            .map_err(|e| e.to_string())?;
        let (kept, signal) = match actor_of(inner, connection, job) {
            Ok(Err(signal)) => (false, Some(signal)),
            Err(failure) => {
                job.fail(failure);
                (false, None)
            }
            Ok(Ok(actor)) => {
                let mut work = Work::new(inner, connection, actor, job.call().clone(), Mode::Write);
                let kept = work.open_write(job);
                (kept, work.signal())
            }
        };
        if kept && signal.is_none() {
            return connection.batch("release job").map_err(|e| e.to_string());
        }
        connection
            .batch("rollback to job; release job")
            .map_err(|e| e.to_string())?;
        match signal {
            None => return Ok(()),
            Some(Signal::Moved) => inner.actors.forget(&job.call().by),
            Some(Signal::Again | Signal::Many) => {}
            Some(Signal::Lost | Signal::Interrupted) => {
                return Err("the connection to the database was lost".to_owned());
            }
        }
    }
    job.fail(busy());
    Ok(())
}

/// One job in a transaction of its own, under the lock of its company.
fn write_transaction(
    inner: &Inner,
    connection: &mut Connection,
    job: &mut dyn Job,
) -> Result<Option<Signal>> {
    if let Err(error) = connection.begin_write() {
        return Signal::of(error).map(Some);
    }
    let mut kept = false;
    let signal = match actor_of(inner, connection, job) {
        Ok(Err(signal)) => Some(signal),
        Err(failure) => {
            job.fail(failure);
            None
        }
        Ok(Ok(actor)) => {
            let mut work = Work::new(inner, connection, actor, job.call().clone(), Mode::Write);
            kept = work.open_write(job);
            work.signal()
        }
    };
    if signal == Some(Signal::Moved) {
        inner.actors.forget(&job.call().by);
    }
    if kept && signal.is_none() {
        return match connection.commit() {
            Ok(()) => Ok(None),
            // Whether the commit arrived is not known, so the work must not run again.
            Err(StoreError::Lost(_)) => Err(Failure::broken(
                "the connection to the database was lost during a commit",
            )),
            Err(error) => Signal::of(error).map(Some),
        };
    }
    if connection.rollback().is_err() {
        return Ok(Some(Signal::Lost));
    }
    Ok(signal)
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;
    use std::sync::mpsc::channel;

    use sidegate_model::Registry;
    use sidegate_store::testing::{Template, TestDatabase};

    use crate::actor::{Call, Door};
    use crate::engine::{Engine, Settings};
    use crate::key_file::KeyFile;
    use crate::server::COMPANY;
    use crate::sign_in::draft_of;
    use crate::source::Source;

    use super::*;

    fn companies(connection: &mut Connection) -> i64 {
        let text = sidegate_store::sql::Text {
            sql: "select count(*) from \"company\"".into(),
            slots: Vec::new(),
        };
        let mut count = 0;
        connection
            .visit(&text, &[], &mut |row| {
                count = row.number(0).unwrap_or_default();
                Ok(())
            })
            .expect("a count");
        count
    }

    #[test]
    fn no_write_follows_one_that_defers_references_in_its_transaction() {
        static EMPTY: OnceLock<Template> = OnceLock::new();
        let database = TestDatabase::filled(&EMPTY, |_| ());
        let engine = Engine::start(
            Arc::new(Registry::shipped().expect("whole declarations")),
            database.location.clone(),
            KeyFile::in_memory(),
            Source::fixed(1_795_348_800_000_000),
            Settings::usual(database.location.dialect()),
        )
        .expect("an engine");
        let call = || Call::system(None, Door::System);
        let make = |work: &mut Work<'_>, id: &str| {
            let draft = draft_of(work, COMPANY, &[("id", id.into()), ("name", id.into())]);
            work.create(work.object(COMPANY), &draft).map(drop)
        };
        let (release, released) = channel::<()>();
        let (started, starts) = channel();
        let first = engine.write(call(), move |work| {
            let _ = started.send(());
            let _ = released.recv();
            make(work, "FIRST")
        });
        starts.recv().expect("the first write begins");
        let last = engine.write(call(), move |work| {
            let done = work.session().connection().defer_references();
            work.stored(done)?;
            make(work, "LAST")
        });
        let location = database.location.clone();
        let next = engine.write(call(), move |_| {
            Ok(companies(
                &mut Connection::open(&location, Access::Read).expect("the database"),
            ))
        });
        drop(release);
        first.wait().expect("a company");
        last.wait().expect("a company");
        let committed = next.wait().expect("a count");
        if database.location.dialect() == Dialect::Sqlite {
            assert_eq!(committed, 2);
        }
        engine.stop();
    }
}
