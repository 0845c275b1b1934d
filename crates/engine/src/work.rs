//! What a closure works with: the one handle to the world while a transaction is open.

use std::cell::RefCell;
use std::sync::Arc;

use sidegate_model::access::Sight;
use sidegate_model::query::{Listed, Plan};
use sidegate_model::{
    Definition, Failure, FieldIndex, ObjectIndex, Problem, Realm, Record, RecordKey, Registry,
    Result, Value, problem,
};
use sidegate_store::{Connection, RowRef, Seen, Session, StoreError, Violation};

use crate::actor::{Actor, Call, dead_token};
use crate::authorizing::Party;
use crate::engine::Inner;
use crate::evidence::Noted;
use crate::source::Source;
use crate::task::Job;
use crate::usage::Asked;

/// Microseconds of a day.
pub(crate) const DAY: i64 = 86_400_000_000;

/// What may be done in the open transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// One page statement, which carries the versions itself; there is no transaction.
    OnePage,
    /// Any reads, all of one snapshot.
    Snapshot,
    /// Reads and writes under the company's lock.
    Write,
}

/// Why the work has to begin anew, or cannot go on with this connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// The access versions moved since the actor was loaded.
    Moved,
    /// More than one page is needed, so a snapshot has to be opened.
    Many,
    /// Another transaction was in the way.
    Again,
    /// The statement was interrupted.
    Interrupted,
    /// The connection is lost.
    Lost,
}

impl Signal {
    /// What a database error means to the thread; other errors are failures of ours.
    pub(crate) fn of(error: StoreError) -> Result<Self> {
        match error {
            StoreError::Again(_) => Ok(Self::Again),
            StoreError::Interrupted => Ok(Self::Interrupted),
            StoreError::Lost(_) => Ok(Self::Lost),
            other => Err(Failure::Broken(Box::new(other))),
        }
    }
}

/// What a closure that a signal stopped fails with.
#[derive(Debug, thiserror::Error)]
#[error("stopped: {0:?}")]
pub(crate) struct Halted(pub(crate) Signal);

impl From<Halted> for Failure {
    fn from(halted: Halted) -> Self {
        Self::Broken(Box::new(halted))
    }
}

/// An open piece of work: whose it is, what it may touch, and the time it happens at.
pub struct Work<'a> {
    inner: &'a Inner,
    connection: &'a mut Connection,
    actor: Arc<Actor>,
    call: Call,
    mode: Mode,
    now: i64,
    signal: Option<Signal>,
    seen: Option<Seen>,
    locked_server: bool,
    /// What was asked for, each once.
    used: RefCell<Vec<Asked>>,
    evidence: RefCell<Noted>,
    workflow: Option<&'static str>,
}

impl<'a> Work<'a> {
    pub(crate) fn new(
        inner: &'a Inner,
        connection: &'a mut Connection,
        actor: Arc<Actor>,
        call: Call,
        mode: Mode,
    ) -> Self {
        let now = inner.source.now();
        Self {
            inner,
            connection,
            actor,
            call,
            mode,
            now,
            signal: None,
            seen: None,
            locked_server: false,
            used: RefCell::default(),
            evidence: RefCell::default(),
            workflow: None,
        }
    }

    /// The declarations.
    #[must_use]
    pub fn registry(&self) -> &'a Registry {
        &self.inner.registry
    }

    /// An object by name.
    ///
    /// # Panics
    /// When it is not declared: such names come from code.
    #[must_use]
    pub fn object(&self, name: &str) -> &'a Definition {
        self.inner
            .registry
            .named(name)
            .unwrap_or_else(|| panic!("{name} is declared"))
    }

    /// Whose work it is.
    #[must_use]
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// The call it belongs to.
    #[must_use]
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// When it happens, in microseconds since the epoch: one moment for the whole request.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.now
    }

    /// The day on which it happens, in days since the epoch.
    pub(crate) fn today(&self) -> i32 {
        i32::try_from(self.now.div_euclid(DAY))
            .expect("all microseconds of an i64 are fewer days than an i32 has")
    }

    pub(crate) fn note_use(&self, definition: &Definition, what: &str, allowed: bool) {
        // What she asks for on trial is no sign of what she needs.
        if self.actor.is_system() || self.actor.trial.is_some() {
            return;
        }
        self.evidence.borrow_mut().asks(definition.index, what);
        let asked = Asked {
            object: definition.index,
            what: what.to_owned(),
            allowed,
        };
        let mut used = self.used.borrow_mut();
        if !used.contains(&asked) {
            used.push(asked);
        }
    }

    /// Counts what a finished call asked for. Work that has to begin anew is not finished.
    pub(crate) fn count_use(&self) {
        let used = self.used.take();
        let noted = self.evidence.take();
        if self.signal.is_some() {
            return;
        }
        if !used.is_empty() {
            self.inner.usage.add(self, used);
        }
        self.inner.evidence.add(self, noted);
    }

    /// Notes which record is about to be changed, for the case that it is refused.
    pub(crate) fn note_record(&self, key: RecordKey) {
        self.evidence.borrow_mut().is_about(key);
    }

    /// Notes what was refused for want of a right.
    pub(crate) fn note_refused(&self, problems: &[Problem]) {
        if !self.actor.is_system() && self.actor.trial.is_none() {
            self.evidence.borrow_mut().refuses(problems);
        }
    }

    /// Notes a client application or sender that was named and does not exist.
    pub(crate) fn note_unknown(&self, party: Party, id: &str) {
        if !self.actor.is_system() {
            self.evidence.borrow_mut().misses(party, id);
        }
    }

    /// Notes rows of a person's data that were shown.
    pub(crate) fn note_shown(&self, object: ObjectIndex, record: Option<RecordKey>, rows: u32) {
        if rows > 0 && !self.actor.is_system() {
            self.evidence.borrow_mut().shows(object, record, rows);
        }
    }

    /// Notes that a list of an object goes out as a file, which the extension names.
    pub fn note_export(&self, definition: &Definition, rows: u32, file: &'static str) {
        if !self.actor.is_system() {
            self.evidence
                .borrow_mut()
                .exports(definition.index, file, rows);
        }
    }

    /// Sees to it that the actor still stands, where nothing has looked yet.
    pub(crate) fn check_actor(&mut self) {
        if self.signal.is_none() && !self.actor.is_system() {
            let _ = self.verify(None);
        }
    }

    pub(crate) fn inner(&self) -> &'a Inner {
        self.inner
    }

    pub(crate) fn source(&self) -> &'a Source {
        &self.inner.source
    }

    pub(crate) fn signal(&self) -> Option<Signal> {
        self.signal
    }

    pub(crate) fn mode(&self) -> Mode {
        self.mode
    }

    /// Takes the company's lock, checks the actor under it, and runs the job.
    pub(crate) fn open_write(&mut self, job: &mut dyn Job) -> bool {
        let opened = self.lock();
        match opened {
            Ok(()) => job.attempt(self),
            Err(failure) => {
                job.fail(failure);
                false
            }
        }
    }

    fn lock(&mut self) -> Result<()> {
        if self.actor.company.is_some() {
            let found = self.session().lock_company();
            // The system also looks for what may not exist; it then finds nothing.
            if !self.stored(found)? && !self.actor.is_system() {
                return Err(dead_token().into());
            }
        } else {
            self.lock_server()?;
        }
        self.verify(None)?;
        match &self.actor.trial {
            Some(role) => Err(problem::TRYING_ROLE.with("ROLE", &role.id).into()),
            None => Ok(()),
        }
    }

    /// Takes the lock of the server scope; needed before its objects are written.
    pub(crate) fn lock_server(&mut self) -> Result<()> {
        if !self.locked_server {
            let done = self.session().lock_server();
            self.stored(done)?;
            self.locked_server = true;
        }
        Ok(())
    }

    /// Checks that the actor still stands, in the snapshot of what follows, and gives the versions;
    /// with a plan also the change number of what it reads.
    pub(crate) fn verify(&mut self, plan: Option<&Plan>) -> Result<Seen> {
        if let (Some(seen), None) = (self.seen, plan) {
            return Ok(seen);
        }
        if self.mode == Mode::OnePage {
            return Err(self.halt(Signal::Many));
        }
        let seen = self.session().versions(plan);
        let seen = self.stored(seen)?;
        if !self.actor.stands_at(seen) {
            return Err(self.halt(Signal::Moved));
        }
        self.seen = Some(seen);
        Ok(seen)
    }

    /// Stops the closure for the thread to act on.
    pub(crate) fn halt(&mut self, signal: Signal) -> Failure {
        self.signal = Some(signal);
        Halted(signal).into()
    }

    /// Runs a step in a savepoint of its own. A refusal undoes this step and is told inside, so that
    /// the work goes on; what is broken ends the whole work.
    ///
    /// # Errors
    /// What is ours to fix.
    pub fn step<T>(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<std::result::Result<T, Vec<Problem>>> {
        let locked_server = self.locked_server;
        let begun = self.connection.begin_step();
        self.stored(begun)?;
        match run(self) {
            Ok(done) => {
                let kept = self.connection.keep_step();
                self.stored(kept).map(|()| Ok(done))
            }
            Err(Failure::Refused(problems)) => {
                self.note_refused(&problems);
                let undone = self.connection.undo_step();
                self.stored(undone)?;
                // PostgreSQL gives back the locks that the step took.
                self.locked_server = locked_server;
                Ok(Err(problems))
            }
            Err(broken) => Err(broken),
        }
    }

    /// Runs a step in Sidegate's own name, for rows that are nobody's records.
    pub(crate) fn as_system<T>(&mut self, run: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        let system = Arc::new(Actor::system(self.actor.company));
        let actor = std::mem::replace(&mut self.actor, system);
        let done = run(self);
        self.actor = actor;
        done
    }

    /// Runs a step as the action of a workflow, which the audit entries of its writes then name.
    pub(crate) fn as_workflow<T>(
        &mut self,
        action: &'static str,
        run: impl FnOnce(&mut Self) -> Result<T>,
    ) -> Result<T> {
        self.workflow = Some(action);
        let done = run(self);
        self.workflow = None;
        done
    }

    /// The action of the workflow that is under way.
    pub(crate) fn workflow(&self) -> Option<&'static str> {
        self.workflow
    }

    /// A session of the actor's own company.
    pub(crate) fn session(&mut self) -> Session<'_> {
        Session::new(&self.inner.texts, self.connection, self.actor.who())
    }

    /// A session of another company, for the server scope only.
    pub(crate) fn session_of(&mut self, company: RecordKey) -> Session<'_> {
        let who = sidegate_store::Who {
            company: Some(company),
            user: None,
        };
        Session::new(&self.inner.texts, self.connection, who)
    }

    /// What a database call means to the caller.
    pub(crate) fn stored<T>(&mut self, result: sidegate_store::Result<T>) -> Result<T> {
        result.map_err(|error| match error {
            StoreError::Visitor(inner) => match inner.downcast::<Stopped>() {
                Ok(stopped) => stopped.0,
                Err(other) => Failure::Broken(other),
            },
            StoreError::Constraint(violation) => self.violated(&violation),
            other => match Signal::of(other) {
                Ok(signal) => self.halt(signal),
                Err(failure) => failure,
            },
        })
    }

    /// A refused constraint as the caller's problem. Rules look first and say more; this is the
    /// last line, for what they do not look at.
    fn violated(&self, violation: &Violation) -> Failure {
        let Violation::Unique { table, column } = violation else {
            return Failure::broken(format!(
                "a constraint that rules should have kept: {violation:?}"
            ));
        };
        let named = self
            .registry()
            .all()
            .filter(|d| d.table == *table)
            .find_map(|d| {
                d.fields
                    .iter()
                    .find(|f| f.column == *column)
                    .map(|f| (d, f))
            });
        match named {
            Some((definition, field)) => {
                let place = format!("/{}", field.name.replace('.', "/"));
                problem::NOT_UNIQUE
                    .with("FIELD", &place)
                    .with("OBJECT", &definition.label.0)
                    .with("VALUE", "given")
                    .at(place)
                    .into()
            }
            None => Failure::broken(format!("a constraint of no declaration: {violation:?}")),
        }
    }

    /// Shows the rows of a plan of the system's own, at most as many as it asks for.
    ///
    /// # Errors
    /// What the database says.
    pub fn visit(&mut self, plan: &Plan, visitor: &mut dyn FnMut(&RowRef<'_>)) -> Result<()> {
        self.verify(None)?;
        let done = self.session().page(plan, 0, &mut |row| {
            visitor(&row);
            Ok(())
        });
        self.stored(done)
    }

    /// The first row of a plan of the system's own, as values of these fields.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) fn first(
        &mut self,
        object: &str,
        fields: &[&str],
        equal: &[(&str, Value)],
    ) -> Result<Option<Vec<Value>>> {
        Ok(self.all(object, fields, equal, 1)?.pop())
    }

    /// The first rows of a plan of the system's own, as values of these fields.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) fn all(
        &mut self,
        object: &str,
        fields: &[&str],
        equal: &[(&str, Value)],
        size: u32,
    ) -> Result<Vec<Vec<Value>>> {
        let plan = Plan::internal(self.registry(), object, fields, equal, size);
        self.rows(&plan)
    }

    /// How many rows a plan of the system's own has.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) fn count(&mut self, object: &str, equal: &[(&str, Value)]) -> Result<i64> {
        let plan = Plan::internal(self.registry(), object, &["key"], equal, 1);
        self.verify(None)?;
        let counted = self.session().count(&plan);
        self.stored(counted)
    }

    /// The same for rows whose moment is not later than another, the earliest first.
    ///
    /// # Errors
    /// What the database says.
    pub(crate) fn due(
        &mut self,
        object: &str,
        fields: &[&str],
        equal: &[(&str, Value)],
        until: (&str, i64),
        size: u32,
    ) -> Result<Vec<Vec<Value>>> {
        let plan = Plan::due(self.registry(), object, fields, equal, until, size);
        self.rows(&plan)
    }

    fn rows(&mut self, plan: &Plan) -> Result<Vec<Vec<Value>>> {
        let kinds = kinds(self.registry(), plan);
        let mut rows = Vec::new();
        self.visit(plan, &mut |row| {
            rows.push(
                kinds
                    .iter()
                    .enumerate()
                    .map(|(at, kind)| row.value(at, kind))
                    .collect(),
            );
        })?;
        Ok(rows)
    }

    /// One record with all its columns and lists, if the actor sees it.
    ///
    /// # Errors
    /// What the database says.
    pub fn record(&mut self, definition: &Definition, key: RecordKey) -> Result<Option<Record>> {
        let sight = self.actor.sight();
        self.record_within(definition, key, sight)
    }

    /// One record with all its columns and lists, if it is in sight.
    pub(crate) fn record_within(
        &mut self,
        definition: &Definition,
        key: RecordKey,
        sight: Sight,
    ) -> Result<Option<Record>> {
        let plan = Plan::stored(self.registry(), definition, sight, key);
        let fields: Vec<FieldIndex> = definition.stored().map(|field| field.index).collect();
        let mut found = None;
        self.visit(&plan, &mut |row| {
            let mut record = Record::empty(definition);
            for (at, field) in fields.iter().enumerate() {
                record.set(*field, row.value(at, &definition.field(*field).kind));
            }
            found = Some(record);
        })?;
        let Some(mut record) = found else {
            return Ok(None);
        };
        // Fields that show another field's column take its value along.
        for field in definition.fields.iter().filter(|f| !f.is_list()) {
            let first = definition.stored().find(|s| s.column == field.column);
            if let Some(first) = first.filter(|first| first.index != field.index) {
                let value = record.get(first.index).clone();
                record.set(field.index, value);
            }
        }
        if definition.realm == Realm::Company && definition.lists().next().is_some() {
            let fields: Vec<FieldIndex> =
                definition.lists().map(|(field, _)| field.index).collect();
            let mut lists = vec![Vec::new(); fields.len()];
            // Written back whole, so read whole whatever the actor sees.
            let done = self.session().lists(
                definition,
                key,
                &Listed::default(),
                &mut |list, target, _| {
                    lists[list].push(target);
                },
            );
            self.stored(done)?;
            for (field, keys) in fields.into_iter().zip(lists) {
                record.set_list(field, keys);
            }
        }
        Ok(Some(record))
    }
}

/// The types of a plan's outputs.
pub(crate) fn kinds(registry: &Registry, plan: &Plan) -> Vec<sidegate_model::FieldType> {
    let shape = &plan.shape;
    shape
        .outputs
        .iter()
        .map(|output| {
            let object = match output.at.alias {
                0 => shape.object,
                alias => shape.joins[usize::from(alias) - 1].target,
            };
            registry.at(object).field(output.at.field).kind.clone()
        })
        .collect()
}

/// Carries a failure through a visitor of rows.
#[derive(Debug)]
pub(crate) struct Stopped(pub(crate) Failure);

impl std::fmt::Display for Stopped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("stopped by the visitor")
    }
}

impl std::error::Error for Stopped {}

/// The problems of several steps in one failure.
pub(crate) fn refuse_all(problems: Vec<Problem>) -> Result<()> {
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Failure::Refused(problems))
    }
}
