//! Pages with exact totals, and records whole.

use std::sync::Arc;

use sidegate_model::access::{AdminLevel, Need};
use sidegate_model::query::{Bind, Listed, Plan, Shape};
use sidegate_model::{
    Definition, Failure, FieldIndex, Operation, RecordKey, Result, Value, problem,
};
use sidegate_store::{RowRef, Seen, StoreError};

use crate::work::{Mode, Signal, Stopped, Work, kinds};

/// Remembered totals: valid while the change number they were counted at still stands.
pub(crate) struct Totals {
    known: moka::sync::Cache<TotalKey, (i64, i64)>,
    /// Where pages begin that were not read yet: the row before, at the change number it was read at.
    begins: moka::sync::Cache<(TotalKey, u32), Begin>,
}

/// The change number a row was read at, and the row.
type Begin = (i64, Arc<[Value]>);

#[derive(PartialEq, Eq, Hash)]
struct TotalKey {
    company: Option<RecordKey>,
    shape: Arc<Shape>,
    values: Vec<Bind>,
}

impl TotalKey {
    /// Whether it is small enough to be kept with thousands of others.
    fn is_small(&self) -> bool {
        let bytes: usize = self
            .values
            .iter()
            .map(|bind| match bind {
                Bind::One(value) => size_of(value),
                Bind::Many(values) => values.iter().map(size_of).sum(),
            })
            .sum();
        bytes <= 2048
    }
}

/// How much memory a value takes, about.
fn size_of(value: &Value) -> usize {
    match value {
        Value::Text(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        _ => 8,
    }
}

impl Totals {
    pub(crate) fn new() -> Self {
        Self {
            known: moka::sync::Cache::new(10_000),
            begins: moka::sync::Cache::new(10_000),
        }
    }
}

/// What is known of a page after its rows were shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paged {
    /// Rows shown.
    pub rows: u32,
    /// Rows in all.
    pub total: i64,
}

impl Work<'_> {
    /// Refuses unless the actor may do this to the object. It is counted as use.
    ///
    /// # Errors
    /// The missing right.
    pub fn authorise(&self, definition: &Definition, operation: Operation) -> Result<()> {
        let need = self.inner().policy.need(definition, operation);
        self.allow(definition, operation.word(), operation.right(), need)
    }

    /// Refuses unless the actor may do this beyond the operations that every object has.
    ///
    /// # Errors
    /// The missing right.
    pub fn authorise_action(&self, definition: &Definition, action: &str) -> Result<()> {
        let need = self.inner().policy.action(definition, action);
        self.allow(definition, action, action, need)
    }

    /// Whether the actor may do this to the object; nothing is counted.
    #[must_use]
    pub fn may(&self, definition: &Definition, operation: Operation) -> bool {
        let need = self.inner().policy.need(definition, operation);
        self.allows(need)
    }

    /// Whether the actor administers the company.
    #[must_use]
    pub fn administers(&self) -> bool {
        let reach = self.actor().reach.as_ref();
        reach.is_none_or(|reach| reach.admin() != AdminLevel::Off)
    }

    fn allows(&self, need: Option<&Need>) -> bool {
        let Some(reach) = &self.actor().reach else {
            return true;
        };
        need.is_some_and(|need| self.inner().policy.may(reach, need))
    }

    fn allow(
        &self,
        definition: &Definition,
        what: &str,
        word: &str,
        need: Option<&Need>,
    ) -> Result<()> {
        let allowed = self.allows(need);
        self.note_use(definition, what, allowed);
        if allowed {
            return Ok(());
        }
        let missing = need
            .zip(self.actor().reach.as_ref())
            .and_then(|(need, reach)| self.inner().policy.missing(reach, need));
        Err(problem::NO_RIGHT
            .with("OPERATION", word)
            .with("OBJECT", definition.label.1.to_lowercase())
            .needing(missing)
            .into())
    }

    /// The rights that an operation or action of an object needs, as `module.permission.right`.
    pub(crate) fn rights_of(&self, definition: &Definition, what: &str) -> Vec<String> {
        let policy = &self.inner().policy;
        let need = match Operation::named(what) {
            Some(operation) => policy.need(definition, operation),
            None => policy.action(definition, what),
        };
        let rights = need.into_iter().flat_map(|need| &need.rights);
        rights
            .map(|(permission, right)| policy.catalogue().right_name(*permission, *right))
            .collect()
    }

    /// Shows the rows of a page and says how many there are in all.
    ///
    /// # Errors
    /// What the database or the visitor says.
    pub fn page(
        &mut self,
        plan: &Plan,
        visitor: &mut dyn FnMut(&RowRef<'_>) -> Result<()>,
    ) -> Result<Paged> {
        let size = plan.window.size;
        let begin = self.begin_of(plan);
        let kinds = plan.sorted_at().map(|_| kinds(self.registry(), plan));
        let mut last_row: Option<Arc<[Value]>> = None;
        let mut count = 0;
        let mut show = |row: RowRef<'_>| {
            count += 1;
            if count > size {
                return Ok(());
            }
            if let (true, Some(places), Some(kinds)) = (count == size, plan.sorted_at(), &kinds) {
                let values = places.iter().map(|at| row.value(*at, &kinds[*at]));
                last_row = Some(values.collect());
            }
            visitor(&row).map_err(|failure| StoreError::Visitor(Box::new(Stopped(failure))))
        };
        let seen = if self.mode() == Mode::OnePage {
            match &begin {
                Some((changes, row)) => {
                    self.page_alone(&plan.after(row), Some(*changes), &mut show)?
                }
                None => self.page_alone(plan, None, &mut show)?,
            }
        } else {
            let seen = self.verify(Some(plan))?;
            let begin = begin.filter(|(changes, _)| *changes == seen.changes);
            let done = match begin {
                Some((_, row)) => self.session().page(&plan.after(&row), 1, &mut show),
                None => self.session().page(plan, 1, &mut show),
            };
            self.stored(done)?;
            seen
        };
        if let (true, Some(row)) = (count > size, last_row) {
            self.remember_begin(plan, seen, row);
        }
        let rows = count.min(size);
        let start = i64::from(plan.window.start);
        let last = count <= size && (count > 0 || start == 1);
        let total = if last {
            start - 1 + i64::from(rows)
        } else {
            self.total(plan, seen)?
        };
        self.note_personal(plan, None, rows);
        Ok(Paged { rows, total })
    }

    /// Notes rows with personal data that were shown: of the object itself, and of others that more is
    /// shown of than what they are called.
    fn note_personal(&self, plan: &Plan, record: Option<RecordKey>, rows: u32) {
        let (registry, shape) = (self.registry(), &plan.shape);
        if registry.at(shape.object).personal {
            self.note_shown(shape.object, record, rows);
        }
        let mut noted = Vec::new();
        for output in shape.outputs.iter().filter(|output| output.at.alias > 0) {
            let target = registry.at(shape.joins[usize::from(output.at.alias) - 1].target);
            let field = output.at.field;
            let called = field == FieldIndex::KEY || Some(field) == target.id;
            if target.personal && !called && !noted.contains(&target.index) {
                noted.push(target.index);
                self.note_shown(target.index, None, rows);
            }
        }
    }

    /// The page in one statement that carries the versions.
    /// Where rows before it were remembered, only if nothing changed since.
    fn page_alone(
        &mut self,
        plan: &Plan,
        unchanged_since: Option<i64>,
        show: &mut dyn FnMut(RowRef<'_>) -> sidegate_store::Result<()>,
    ) -> Result<Seen> {
        let actor = Arc::new(self.actor().clone());
        let mut seen = Seen::default();
        let mut moved = false;
        let mut stale = false;
        let done = self.session().page_carried(
            plan,
            1,
            &mut |now| {
                seen = now;
                moved = !actor.stands_at(now);
                stale = unchanged_since.is_some_and(|changes| changes != now.changes);
                if moved || stale {
                    Err(StoreError::Interrupted)
                } else {
                    Ok(())
                }
            },
            show,
        );
        if moved {
            return Err(self.halt(Signal::Moved));
        }
        if stale {
            // Another look, in a snapshot, counts the rows before anew.
            return Err(self.halt(Signal::Many));
        }
        self.stored(done)?;
        Ok(seen)
    }

    fn page_key(&self, plan: &Plan) -> TotalKey {
        TotalKey {
            company: self.actor().company,
            shape: Arc::clone(&plan.shape),
            values: plan.values.clone(),
        }
    }

    /// The row that a page begins after, if the page before it was read.
    fn begin_of(&self, plan: &Plan) -> Option<(i64, Arc<[Value]>)> {
        if plan.window.start <= 1 || plan.sorted_at().is_none() {
            return None;
        }
        let key = (self.page_key(plan), plan.window.start);
        self.inner().totals.begins.get(&key)
    }

    fn remember_begin(&self, plan: &Plan, seen: Seen, row: Arc<[Value]>) {
        let small = row.iter().map(size_of).sum::<usize>() <= 1024;
        // A write's own snapshot is not everybody's yet; what has no value does not say where it is.
        if self.mode() == Mode::Write || !small || row.iter().any(Value::is_null) {
            return;
        }
        let key = self.page_key(plan);
        let next = plan.window.start.checked_add(plan.window.size);
        if let (true, Some(next)) = (key.is_small(), next) {
            self.inner()
                .totals
                .begins
                .insert((key, next), (seen.changes, row));
        }
    }

    fn total(&mut self, plan: &Plan, seen: Seen) -> Result<i64> {
        let key = self.page_key(plan);
        if let Some((changes, total)) = self.inner().totals.known.get(&key)
            && changes == seen.changes
        {
            return Ok(total);
        }
        if self.mode() == Mode::OnePage {
            // The count must see what the page saw, so both run again in one snapshot.
            return Err(self.halt(Signal::Many));
        }
        let total = self.session().count(plan);
        let total = self.stored(total)?;
        // A write's own snapshot is not everybody's yet, and long lists of values are not worth keeping.
        if self.mode() == Mode::Snapshot && key.is_small() {
            self.inner().totals.known.insert(key, (seen.changes, total));
        }
        Ok(total)
    }

    /// Shows each item of a record's lists (field, key and id), then the one row of its plan, and gives
    /// the owned lists that may hold anything; the others are empty.
    /// The same statements run whether or not there is such a record.
    ///
    /// # Errors
    /// When the actor sees no such record, or what the database says.
    pub fn whole(
        &mut self,
        definition: &Definition,
        key: RecordKey,
        plan: &Plan,
        row: &mut dyn FnMut(&RowRef<'_>),
        item: &mut dyn FnMut(FieldIndex, RecordKey, &str),
    ) -> Result<Vec<FieldIndex>> {
        let fields: Vec<FieldIndex> = definition.lists().map(|(field, _)| field.index).collect();
        let mut filled = Vec::new();
        if !fields.is_empty() || definition.owned().next().is_some() {
            self.verify(None)?;
            let listed = Listed::of(self.registry(), definition, &self.actor().sight());
            let done = self.session().lists_with_owned(
                definition,
                key,
                &listed,
                &mut |list, target, id| item(fields[list], target, id),
            );
            filled = self.stored(done)?;
        }
        let mut found = false;
        self.visit(plan, &mut |r| {
            found = true;
            row(r);
        })?;
        if found {
            self.note_personal(plan, Some(key), 1);
            Ok(filled)
        } else {
            Err(absent(definition, key))
        }
    }
}

/// There is no such record, or none that the caller sees.
pub(crate) fn absent(definition: &Definition, key: RecordKey) -> Failure {
    problem::RECORD_ABSENT
        .with("OBJECT", &definition.name)
        .with("KEY", key.to_string())
        .into()
}
