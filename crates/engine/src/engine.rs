//! The engine as its callers see it: closures in, answers out.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use sidegate_model::access::{Catalogue, Integrations, Policy};
use sidegate_model::{Failure, Registry, Result, problem};
use sidegate_store::backend::Access;
use sidegate_store::migrate::{self, MIGRATIONS, Standing};
use sidegate_store::{Connection, Dialect, Location, StoreError, Texts};

use crate::actor::{Actors, Call};
use crate::credential;
use crate::evidence::Evidence;
use crate::key_file::KeyFile;
use crate::last_use::LastUses;
use crate::mail::postman::{self, Postbox};
use crate::mail::{LinkBase, MailSettings};
use crate::offline::{self, Offline, Shift};
use crate::outbound::{Outbound, Reach};
use crate::read::Totals;
use crate::rules::Rules;
use crate::sign_in::{Askings, Proofs, Signer, Turns};
use crate::source::Source;
use crate::task::{Hashing, Kind, Message, Pending, hash_task, serve_hashes, submit, task};
use crate::threads::{Held, Slot, watch};
use crate::usage::Usage;
use crate::work::Work;

/// How much an engine takes on at once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Threads that read; for PostgreSQL the connections, which write too.
    pub readers: usize,
    /// Threads that hash passwords, 19 MiB each.
    pub hashers: usize,
    /// Jobs that may wait in each queue.
    pub queue: usize,
    /// Passwords that may wait to be hashed, 20 ms and more each.
    pub hash_queue: usize,
    /// How long a job may wait before it is refused.
    pub longest_wait: Duration,
    /// How long a read may run.
    pub read_deadline: Duration,
    /// How often what users did is written.
    pub usage_interval: Duration,
    /// How often refusals and reads of personal data are written.
    pub evidence_interval: Duration,
    /// What becomes of mail.
    pub mail: MailSettings,
    /// How far answers to asynchronous requests are sent.
    pub reach: Reach,
}

impl Settings {
    /// What suits a database of this sort on this machine.
    #[must_use]
    pub fn usual(dialect: Dialect) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            readers: match dialect {
                Dialect::Sqlite => cores + 1,
                Dialect::Postgres => 16,
            },
            hashers: cores.div_ceil(2),
            queue: 1024,
            hash_queue: 100,
            longest_wait: Duration::from_secs(5),
            read_deadline: Duration::from_secs(30),
            usage_interval: Duration::from_secs(5),
            evidence_interval: Duration::from_millis(500),
            mail: MailSettings::default(),
            reach: Reach::default(),
        }
    }
}

/// What an engine counted since its start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Statement texts made.
    pub texts: u64,
    /// Statements prepared, by connection.
    pub prepared: Vec<u64>,
    /// Argon2 computations.
    pub argon2: u64,
    /// Keyed hashes of presented secrets.
    pub keyed_hashes: u64,
    /// Writes that were asked for.
    pub writes: u64,
}

/// A running engine. Cheap to clone; stops when told to.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Engine({:?})", self.inner.location.dialect())
    }
}

pub(crate) struct Inner {
    pub(crate) registry: Arc<Registry>,
    pub(crate) texts: Texts,
    pub(crate) location: Location,
    pub(crate) settings: Settings,
    pub(crate) keys: KeyFile,
    pub(crate) source: Source,
    pub(crate) actors: Actors,
    pub(crate) totals: Totals,
    pub(crate) rules: Rules,
    pub(crate) policy: Policy,
    pub(crate) integrations: Integrations,
    pub(crate) usage: Usage,
    pub(crate) evidence: Evidence,
    pub(crate) signer: Signer,
    pub(crate) keyed_hashes: AtomicU64,
    pub(crate) postbox: Postbox,
    pub(crate) offline: Offline,
    pub(crate) outbound: Outbound,
    pub(crate) links: LinkBase,
    pub(crate) last_uses: LastUses,
    pub(crate) proofs: Proofs,
    pub(crate) turns: Turns,
    pub(crate) askings: Askings,
    argon2: AtomicU64,
    asked_writes: AtomicU64,
    reads: Sender<Message>,
    writes: Sender<Message>,
    hashes: Sender<Hashing>,
    prepared: Vec<Arc<AtomicU64>>,
    stopping: AtomicBool,
    threads: Mutex<Vec<JoinHandle<()>>>,
    watchdog: Mutex<Option<Sender<()>>>,
    counting: Mutex<Option<Sender<()>>>,
    background: Mutex<Vec<JoinHandle<()>>>,
}

impl Inner {
    /// Tells the writer again to stop, after it met the word while gathering a group.
    pub(crate) fn stop_writer(&self) {
        // The queue has room: its last message was just taken.
        let _ = self.writes.try_send(Message::Stop);
    }
}

impl Engine {
    /// Starts an engine on a database whose schema is current.
    ///
    /// # Errors
    /// One line that says what is wrong and what to do.
    pub fn start(
        registry: Arc<Registry>,
        location: Location,
        keys: KeyFile,
        source: Source,
        settings: Settings,
    ) -> std::result::Result<Self, StoreError> {
        let rules = Rules::new(&registry).map_err(StoreError::Unusable)?;
        let policy = Catalogue::shipped()
            .and_then(|catalogue| Policy::new(&registry, catalogue))
            .map_err(StoreError::Unusable)?;
        let integrations =
            Integrations::shipped(policy.catalogue()).map_err(StoreError::Unusable)?;
        let mut first = Connection::open(&location, Access::Write)?;
        match migrate::standing(&mut first, MIGRATIONS)? {
            Standing::Current => {}
            Standing::Behind(steps) => {
                return Err(StoreError::Unusable(format!(
                    "the database's schema is {steps} steps behind this program; run: sidegate migrate"
                )));
            }
        }
        drop(first);
        let dialect = location.dialect();
        let (reads, read_queue) = bounded(settings.queue);
        let (writes, write_queue) = bounded(settings.queue);
        let (hashes, hash_queue) = bounded(settings.hash_queue);
        let workers = settings.readers + usize::from(dialect == Dialect::Sqlite);
        let proofs = Proofs::new(&source);
        let inner = Arc::new(Inner {
            texts: Texts::new(Arc::clone(&registry), dialect),
            registry,
            location,
            keys,
            source,
            actors: Actors::new(),
            totals: Totals::new(),
            rules,
            policy,
            integrations,
            usage: Usage::default(),
            evidence: Evidence::default(),
            signer: Signer::default(),
            keyed_hashes: AtomicU64::new(0),
            postbox: Postbox::default(),
            offline: Offline::default(),
            outbound: Outbound::new(settings.reach),
            links: LinkBase::default(),
            last_uses: LastUses::default(),
            proofs,
            turns: Turns::default(),
            askings: Askings::default(),
            argon2: AtomicU64::new(0),
            asked_writes: AtomicU64::new(0),
            reads: reads.clone(),
            // PostgreSQL has one queue, for every connection both reads and writes.
            writes: if dialect == Dialect::Postgres {
                reads
            } else {
                writes
            },
            hashes,
            prepared: (0..workers).map(|_| Arc::default()).collect(),
            stopping: AtomicBool::new(false),
            threads: Mutex::default(),
            watchdog: Mutex::default(),
            counting: Mutex::default(),
            background: Mutex::default(),
            settings,
        });
        let engine = Self { inner };
        engine.start_threads(&read_queue, &write_queue, &hash_queue);
        let prepared = engine
            .prepare_signing()
            .and_then(|()| engine.prepare_catalogue());
        if let Err(failure) = prepared {
            engine.stop();
            return Err(match failure {
                Failure::Broken(error) => StoreError::Unusable(error.to_string()),
                // Nobody else uses this engine yet, so only another process can be in the way.
                Failure::Refused(_) => StoreError::Unusable(
                    "the database is locked by another process; stop that process first".to_owned(),
                ),
            });
        }
        Ok(engine)
    }

    fn start_threads(
        &self,
        reads: &Receiver<Message>,
        writes: &Receiver<Message>,
        hashes: &Receiver<Hashing>,
    ) {
        let inner = &self.inner;
        let sqlite = inner.location.dialect() == Dialect::Sqlite;
        let mut threads = Vec::new();
        let mut slots = Vec::new();
        let mut spawn = |name: String, run: Box<dyn FnOnce() + Send>| {
            let thread = std::thread::Builder::new().name(name).spawn(run);
            threads.push(thread.expect("the system has threads at the start"));
        };
        for (at, prepared) in inner.prepared.iter().enumerate() {
            let slot = Arc::new(Slot::default());
            slots.push(Arc::clone(&slot));
            let writer = sqlite && at + 1 == inner.prepared.len();
            let access = if sqlite && !writer {
                Access::Read
            } else {
                Access::Write
            };
            let held = Held::new(Arc::clone(inner), access, slot, Arc::clone(prepared));
            let (name, queue) = if writer {
                ("writer".to_owned(), writes.clone())
            } else {
                (format!("reader {at}"), reads.clone())
            };
            spawn(name, Box::new(move || held.serve(&queue)));
        }
        for at in 0..inner.settings.hashers {
            let queue = hashes.clone();
            spawn(
                format!("hasher {at}"),
                Box::new(move || serve_hashes(&queue)),
            );
        }
        let (stop, told) = bounded(1);
        spawn(
            "watchdog".to_owned(),
            Box::new(move || watch(&slots, &told)),
        );
        *inner
            .watchdog
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(stop);
    }

    /// The declarations.
    #[must_use]
    pub fn registry(&self) -> &Arc<Registry> {
        &self.inner.registry
    }

    /// The permissions that exist.
    #[must_use]
    pub fn catalogue(&self) -> &Catalogue {
        self.inner.policy.catalogue()
    }

    /// Time and randomness.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.inner.source
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }

    /// What was counted since the start.
    #[must_use]
    pub fn counters(&self) -> Counters {
        Counters {
            texts: self.inner.texts.made(),
            prepared: self
                .inner
                .prepared
                .iter()
                .map(|n| n.load(Ordering::Relaxed))
                .collect(),
            argon2: self.inner.argon2.load(Ordering::Relaxed),
            keyed_hashes: self.inner.keyed_hashes.load(Ordering::Relaxed),
            writes: self.inner.asked_writes.load(Ordering::Relaxed),
        }
    }

    /// Reads in one snapshot. The closure may run again, so it touches the world only through `work`.
    pub fn read<T: Send + 'static>(
        &self,
        call: Call,
        closure: impl FnMut(&mut Work<'_>) -> Result<T> + Send + 'static,
    ) -> Pending<T> {
        self.send_read(call, Kind::Any, closure)
    }

    /// The same for a closure that most often needs one page and nothing else: PostgreSQL then spends
    /// one round trip on it.
    pub fn read_page<T: Send + 'static>(
        &self,
        call: Call,
        closure: impl FnMut(&mut Work<'_>) -> Result<T> + Send + 'static,
    ) -> Pending<T> {
        self.send_read(call, Kind::OnePage, closure)
    }

    fn send_read<T: Send + 'static>(
        &self,
        call: Call,
        kind: Kind,
        closure: impl FnMut(&mut Work<'_>) -> Result<T> + Send + 'static,
    ) -> Pending<T> {
        if self.inner.stopping.load(Ordering::Relaxed) {
            return Pending::refused(problem::SERVER_STOPPING.problem().into());
        }
        let (job, pending) = task(call, kind, closure);
        submit(&self.inner.reads, Message::Read(job), pending)
    }

    /// Writes in one transaction: `Ok` commits, `Err` undoes. The closure may run again, so it
    /// touches the world only through `work`.
    pub fn write<T: Send + 'static>(
        &self,
        call: Call,
        closure: impl FnMut(&mut Work<'_>) -> Result<T> + Send + 'static,
    ) -> Pending<T> {
        if self.inner.stopping.load(Ordering::Relaxed) {
            return Pending::refused(problem::SERVER_STOPPING.problem().into());
        }
        self.inner.asked_writes.fetch_add(1, Ordering::Relaxed);
        let (job, pending) = task(call, Kind::Any, closure);
        submit(&self.inner.writes, Message::Write(job), pending)
    }

    /// Whether a chosen password has this hash, on a hasher thread; without a hash the same work is
    /// done and the answer is no.
    pub(crate) fn verify_password(&self, password: String, phc: Option<String>) -> Pending<bool> {
        self.hash(move || credential::verify_password(&password, phc.as_deref()))
    }

    /// The hash of a chosen password, on a hasher thread.
    pub fn hash_password(&self, password: String) -> Pending<String> {
        let source = self.inner.source.clone();
        self.hash(move || credential::hash_password(&source, &password))
    }

    fn hash<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Pending<T> {
        let (job, pending) = hash_task(work);
        match self.inner.hashes.try_send(job) {
            Ok(()) => {
                self.inner.argon2.fetch_add(1, Ordering::Relaxed);
                pending
            }
            Err(_) => Pending::refused(problem::SERVER_BUSY.with("SECONDS", "1").into()),
        }
    }

    /// Does by itself, on threads of its own, what nobody asks for or waits for: sends mails, ends what
    /// has expired, writes down what was used, carries asynchronous requests out and posts their
    /// answers. Does nothing the second time.
    pub fn work_in_background(&self) {
        let mut background = self
            .inner
            .background
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !background.is_empty() {
            return;
        }
        let (stop, told) = bounded::<()>(1);
        *self
            .inner
            .counting
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(stop);
        let engine = self.clone();
        let count = move || {
            let settings = &engine.inner.settings;
            let every = settings.evidence_interval.min(settings.usage_interval);
            let mut counted = Instant::now();
            while told.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                engine.flush_evidence();
                if counted.elapsed() >= settings.usage_interval {
                    counted = Instant::now();
                    engine.flush_usage();
                }
            }
        };
        let engine = self.clone();
        let send = move || postman::serve(&engine);
        let named = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let shift = |shift| {
            let engine = self.clone();
            move || offline::serve(&engine, shift)
        };
        for thread in [
            named("usage").spawn(count),
            named("background").spawn(send),
            named("offline").spawn(shift(Shift::CarriesOut)),
            named("answers").spawn(shift(Shift::Posts)),
        ] {
            background.push(thread.expect("the system has threads at the start"));
        }
    }

    /// Takes nothing new, finishes what was accepted, and ends all threads.
    pub fn stop(&self) {
        // While writes are still taken: a mail that is being sent is noted as sent, and what was
        // counted is written.
        self.inner.postbox.stop();
        self.inner.offline.stop();
        let counting = &self.inner.counting;
        let told = counting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        drop(told);
        let background = std::mem::take(
            &mut *self
                .inner
                .background
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        for thread in background {
            let _ = thread.join();
        }
        if !self.inner.stopping.load(Ordering::SeqCst) {
            self.flush_usage();
            self.flush_last_evidence();
        }
        if self.inner.stopping.swap(true, Ordering::SeqCst) {
            return;
        }
        let sqlite = self.inner.location.dialect() == Dialect::Sqlite;
        for _ in 0..self.inner.settings.readers {
            // Blocks while the queue is full of accepted work, which is finished first.
            let _ = self.inner.reads.send(Message::Stop);
        }
        if sqlite {
            let _ = self.inner.writes.send(Message::Stop);
        }
        for _ in 0..self.inner.settings.hashers {
            let _ = self.inner.hashes.send(Hashing::Stop);
        }
        self.inner
            .watchdog
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let threads = std::mem::take(
            &mut *self
                .inner
                .threads
                .lock()
                .unwrap_or_else(PoisonError::into_inner),
        );
        for thread in threads {
            // A thread that panicked outside of a job has nothing left to finish.
            let _ = thread.join();
        }
    }
}
