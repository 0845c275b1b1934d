//! The path of every write, from any door.
//!
//! authorise, key, default, home entity, normalise, before-rules and declared rules, write, owned
//! items, settle-rules, after-rules, audit, change number and access versions.
//! A rule exists once because REST, the XML gateway, the console and the command line all come
//! through here. Only what passed these steps is stored.

use sidegate_model::access::Sight;
use sidegate_model::query::Plan;
use sidegate_model::{
    Definition, Draft, Entry, Failure, Field, FieldIndex, FieldType, Given, Guards, Item,
    Operation, Pointed, Problem, Realm, Record, RecordKey, Result, Rule, Scalar, Value, problem,
};

use crate::audit;
use crate::authorizing::Party;
use crate::read::absent;
use crate::work::{Work, refuse_all};

/// What a write left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The record's key.
    pub key: RecordKey,
    /// The record's id, or its key as text.
    pub id: String,
    /// The version it is now at.
    pub version: i64,
}

/// One write on its way.
pub(crate) struct Change<'c> {
    /// The object.
    pub(crate) definition: &'c Definition,
    /// Create, update or delete.
    pub(crate) operation: Operation,
    /// What was sent.
    pub(crate) draft: &'c Draft,
    /// The record before; none for a new one.
    pub(crate) before: Option<Record>,
    /// The record after; for a delete what it was last.
    pub(crate) after: Record,
    /// Who lets it pass.
    pub(crate) leave: Leave<'c>,
}

/// Who lets a write pass.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leave<'p> {
    /// The actor's own rights.
    Own,
    /// The rights to the record through which this one is written, at this place of the request.
    Brought(&'p str),
    /// Sidegate's own decision, which follows from a write that had its leave; whatever the actor
    /// sees, and whatever rules keep from callers.
    System,
}

impl<'p> Leave<'p> {
    /// Where the record's members stand in the request.
    fn base(self) -> &'p str {
        match self {
            Self::Own | Self::System => "",
            Self::Brought(place) => place,
        }
    }
}

impl Change<'_> {
    /// A declared field of the object.
    pub(crate) fn field(&self, name: &str) -> &Field {
        self.definition
            .named(name)
            .expect("rules name declared fields, which is checked at the start")
    }

    /// The new value of a field.
    pub(crate) fn value(&self, name: &str) -> &Value {
        self.after.get(self.field(name).index)
    }

    /// The new text of a field; empty when it has none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.value(name).as_text().unwrap_or_default()
    }

    /// The new answer of a yes-or-no field; no when it has none.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.value(name).as_boolean().unwrap_or_default()
    }

    /// The old value of a field; null for a new record.
    pub(crate) fn old(&self, name: &str) -> &Value {
        let index = self.field(name).index;
        self.before
            .as_ref()
            .map_or(&Value::Null, |before| before.get(index))
    }

    /// Whether the field was sent.
    pub(crate) fn was_sent(&self, name: &str) -> bool {
        self.draft.get(self.field(name).index).is_some()
    }

    /// Whether the field was sent as a yes or a no.
    pub(crate) fn sent(&self, name: &str) -> Option<bool> {
        match &self.draft.get(self.field(name).index)?.given {
            Given::Value(value) => value.as_boolean(),
            Given::Reference(_) | Given::References(_) | Given::Owned(_) => None,
        }
    }

    /// The items that were sent for an owned list.
    pub(crate) fn items(&self, name: &str) -> &[Item] {
        match self.draft.get(self.field(name).index).map(|e| &e.given) {
            Some(Given::Owned(items)) => items,
            Some(Given::Value(_) | Given::Reference(_) | Given::References(_)) | None => &[],
        }
    }

    /// Puts a value into a field.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        let index = self.field(name).index;
        self.after.set(index, value);
    }

    /// Whether the field or list has another value than before.
    pub(crate) fn changes(&self, name: &str) -> bool {
        let field = self.field(name);
        differs(field, self.before.as_ref(), &self.after)
    }

    /// Where the field stood in the request, or would have stood.
    pub(crate) fn place(&self, name: &str) -> String {
        self.place_of(self.field(name))
    }

    fn place_of(&self, field: &Field) -> String {
        let entry = self.draft.get(field.index);
        entry.map_or_else(
            || format!("{}{}", self.leave.base(), field.place()),
            |entry| entry.place.clone(),
        )
    }

    /// The record's key, taken before any rule runs.
    pub(crate) fn key(&self) -> RecordKey {
        self.after.key().expect("a record on its way has its key")
    }
}

impl Work<'_> {
    /// Makes a new record.
    ///
    /// # Errors
    /// All that is wrong with it, or the missing right.
    pub fn create(&mut self, definition: &Definition, draft: &Draft) -> Result<Saved> {
        self.create_with(definition, draft, Leave::Own)
    }

    pub(crate) fn create_with(
        &mut self,
        definition: &Definition,
        draft: &Draft,
        leave: Leave<'_>,
    ) -> Result<Saved> {
        if leave == Leave::Own {
            self.authorise(definition, Operation::Create)?;
        }
        let mut change = Change {
            definition,
            operation: Operation::Create,
            draft,
            before: None,
            after: Record::empty(definition),
            leave,
        };
        self.take_key(&mut change)?;
        default_values(&mut change);
        self.home_entity(&mut change)?;
        self.normalise(&mut change)?;
        self.judge(&mut change)?;
        self.stamp(&mut change);
        let done = self.session().insert(definition, &change.after);
        self.stored_change(done, &change)?;
        self.write_owned(&change)?;
        self.has_room(&change)?;
        self.settle(&mut change, true)?;
        self.finish(&change)
    }

    /// Changes a record; members that were not sent stay as they are.
    ///
    /// # Errors
    /// All that is wrong with the change, a stale version, or the missing right or record.
    pub fn update(
        &mut self,
        definition: &Definition,
        key: RecordKey,
        draft: &Draft,
        version: Option<i64>,
    ) -> Result<Saved> {
        self.update_with(definition, key, draft, version, Leave::Own)
    }

    /// Runs a record through its rules again, because what they look at has changed.
    pub(crate) fn touch(&mut self, definition: &Definition, key: RecordKey) -> Result<()> {
        let nothing = Draft::default();
        self.update_with(definition, key, &nothing, None, Leave::Brought(""))
            .map(drop)
    }

    pub(crate) fn update_with(
        &mut self,
        definition: &Definition,
        key: RecordKey,
        draft: &Draft,
        version: Option<i64>,
        leave: Leave<'_>,
    ) -> Result<Saved> {
        if leave == Leave::Own {
            self.note_record(key);
            self.authorise(definition, Operation::Update)?;
        }
        let before = self.current(definition, key, version, leave)?;
        let mut change = Change {
            definition,
            operation: Operation::Update,
            draft,
            after: before.clone(),
            before: Some(before),
            leave,
        };
        self.home_entity(&mut change)?;
        self.normalise(&mut change)?;
        self.judge(&mut change)?;
        let sends_items = |entry: &Entry| matches!(entry.given, Given::Owned(_));
        let stored =
            change.before.as_ref() != Some(&change.after) || draft.entries.iter().any(sends_items);
        if stored {
            self.store_again(&mut change)?;
            self.write_owned(&change)?;
        }
        if self.settle(&mut change, stored)? || stored {
            self.finish(&change)
        } else {
            Ok(saved(&change))
        }
    }

    /// Stamps a changed record and stores it.
    fn store_again(&mut self, change: &mut Change<'_>) -> Result<()> {
        self.stamp(change);
        let definition = change.definition;
        let lists: Vec<FieldIndex> = definition
            .lists()
            .filter(|(field, _)| differs(field, change.before.as_ref(), &change.after))
            .map(|(field, _)| field.index)
            .collect();
        let done = self.session().update(definition, &change.after, &lists);
        self.stored_change(done, change)
    }

    /// Lets the rules that look at the record's own items change it once these are stored, and says
    /// whether they did.
    fn settle(&mut self, change: &mut Change<'_>, stored: bool) -> Result<bool> {
        let before = change.after.clone();
        for rule in self.inner().rules.of(change.definition).settle {
            rule(self, change)?;
        }
        if change.after == before {
            return Ok(false);
        }
        if !stored {
            self.stamp(change);
        }
        let done = self.session().update(change.definition, &change.after, &[]);
        self.stored_change(done, change)?;
        Ok(true)
    }

    /// Deletes a record.
    ///
    /// # Errors
    /// What keeps it, a stale version, or the missing right or record.
    pub fn delete(
        &mut self,
        definition: &Definition,
        key: RecordKey,
        version: Option<i64>,
    ) -> Result<()> {
        self.delete_with(definition, key, version, Leave::Own)
    }

    pub(crate) fn delete_with(
        &mut self,
        definition: &Definition,
        key: RecordKey,
        version: Option<i64>,
        leave: Leave<'_>,
    ) -> Result<()> {
        if leave == Leave::Own {
            self.note_record(key);
            self.authorise(definition, Operation::Delete)?;
        }
        let before = self.current(definition, key, version, leave)?;
        let draft = Draft::default();
        let mut change = Change {
            definition,
            operation: Operation::Delete,
            draft: &draft,
            after: before.clone(),
            before: Some(before),
            leave,
        };
        self.run_rules(&mut change)?;
        self.refuse_if_used(&change)?;
        self.delete_owned(&change)?;
        let done = self.session().delete(definition, key);
        self.stored(done)?;
        self.finish(&change).map(drop)
    }

    /// After-rules, audit entry, change number and access versions: what follows every write.
    fn finish(&mut self, change: &Change<'_>) -> Result<Saved> {
        let rules = self.inner().rules.of(change.definition);
        for rule in rules.after {
            rule(self, change)?;
        }
        if change.definition.audited && change.definition.realm == Realm::Company {
            audit::note_change(self, change)?;
        }
        let done = self.session().raise_change(change.definition);
        self.stored(done)?;
        self.raise_versions(change)?;
        Ok(saved(change))
    }

    /// The object's own rules, which may fill what was not sent, and the declared ones; all that
    /// either finds is told at once.
    fn judge(&mut self, change: &mut Change<'_>) -> Result<()> {
        match (self.run_rules(change), check(change)) {
            (Err(Failure::Refused(mut rules)), Err(Failure::Refused(declared))) => {
                rules.extend(declared);
                Err(Failure::Refused(rules))
            }
            (rules, declared) => rules.and(declared),
        }
    }

    fn run_rules(&mut self, change: &mut Change<'_>) -> Result<()> {
        let rules = self.inner().rules.of(change.definition);
        let mut problems = Vec::new();
        for rule in rules.before {
            match rule(self, change) {
                Ok(()) => {}
                Err(Failure::Refused(found)) => problems.extend(found),
                Err(broken) => return Err(broken),
            }
        }
        refuse_all(problems)
    }

    fn take_key(&mut self, change: &mut Change<'_>) -> Result<()> {
        let key = if change.definition.realm == Realm::Server {
            self.lock_server()?;
            if self.inner().rules.of(change.definition).random_key {
                RecordKey::new(self.source().number())
                    .ok_or_else(|| Failure::broken("a random key out of range"))
            } else {
                let key = self.session().next_key(change.definition);
                self.stored(key)
            }
        } else {
            let key = self.session().next_key(change.definition);
            self.stored(key)
        }?;
        change.after.set(FieldIndex::KEY, Value::Key(key));
        Ok(())
    }

    /// The record as it is, at the version that the caller believes.
    pub(crate) fn current(
        &mut self,
        definition: &Definition,
        key: RecordKey,
        version: Option<i64>,
        leave: Leave<'_>,
    ) -> Result<Record> {
        let sight = match leave {
            Leave::Own | Leave::Brought(_) => self.actor().sight_for_changes(),
            Leave::System => Sight::ALL,
        };
        let Some(record) = self.record_within(definition, key, sight)? else {
            // What she sees is there, but not hers to change.
            return Err(match self.record(definition, key)? {
                Some(_) => problem::NOT_HERS_TO_CHANGE
                    .with("OBJECT", definition.label.0.to_lowercase())
                    .into(),
                None => absent(definition, key),
            });
        };
        let now = version_of(definition, &record);
        match version {
            Some(believed) if believed != now => Err(problem::VERSION_STALE
                .with("VERSION", now.to_string())
                .into()),
            _ => Ok(record),
        }
    }

    /// A record belongs to the entity of the call; at top level to the one it names, if it names one.
    fn home_entity(&mut self, change: &mut Change<'_>) -> Result<()> {
        let Some(index) = change
            .definition
            .restriction
            .entity
            .filter(|index| *index != FieldIndex::KEY)
        else {
            return Ok(());
        };
        let Some(entity) = self.actor().entity.clone() else {
            return Ok(());
        };
        if change.before.is_none() {
            change.after.set(index, Value::Key(entity.key));
        }
        let Some(Entry { given, place, .. }) = change.draft.get(index) else {
            return Ok(());
        };
        let now = change.after.get(index);
        let same = match given {
            Given::Reference(pointed) => {
                pointed.key.is_none_or(|key| key == entity.key)
                    && pointed.id.as_ref().is_none_or(|id| *id == entity.id)
                    && *now == Value::Key(entity.key)
            }
            // Null would share it with all entities.
            Given::Value(value) => value == now,
            Given::References(_) | Given::Owned(_) => true,
        };
        if same {
            return Ok(());
        }
        Err(problem::ENTITY_OF_CALL
            .with("FIELD", place)
            .with("ENTITY", entity.id)
            .at(place)
            .into())
    }

    /// What was sent, as values of the record: text trimmed, references found.
    pub(super) fn normalise(&mut self, change: &mut Change<'_>) -> Result<()> {
        let mut problems = Vec::new();
        let draft = change.draft;
        for entry in &draft.entries {
            let result = self.normalise_entry(change, entry);
            match result {
                Ok(()) => {}
                Err(Failure::Refused(found)) => problems.extend(found),
                Err(broken) => return Err(broken),
            }
        }
        refuse_all(problems)
    }

    fn normalise_entry(&mut self, change: &mut Change<'_>, entry: &Entry) -> Result<()> {
        let definition = change.definition;
        let field = definition.field(entry.field);
        match &entry.given {
            Given::Value(Value::Null) if field.kind.target().is_some() => {
                self.keep_unseen(change, entry, field)?;
                change.after.set(entry.field, Value::Null);
            }
            Given::Value(value) => change.after.set(entry.field, tidy(field, value)),
            // Items are records of their own; they follow when this one is stored.
            Given::Owned(_) => {}
            Given::Reference(pointed) => {
                let target = self
                    .registry()
                    .target_of(field)
                    .expect("references have targets");
                let current = change.after.get(entry.field).as_key();
                let key = self.point(target, pointed, current)?;
                change.after.set(entry.field, Value::from(key));
            }
            Given::References(list) => {
                let target = self
                    .registry()
                    .target_of(field)
                    .expect("lists have targets");
                let mut keys = Vec::with_capacity(list.len());
                let mut problems = Vec::new();
                for pointed in list {
                    match self.point(target, pointed, None) {
                        Ok(Some(key)) if keys.contains(&key) => {
                            problems.push(
                                problem::LISTED_TWICE
                                    .with("FIELD", &pointed.place)
                                    .at(&pointed.place),
                            );
                        }
                        Ok(key) => keys.extend(key),
                        Err(Failure::Refused(found)) => problems.extend(found),
                        Err(broken) => return Err(broken),
                    }
                }
                // What she does not see she does not take away.
                let before = change.after.list(entry.field).to_vec();
                for key in before {
                    let seen = self
                        .find_by(target, FieldIndex::KEY, Value::Key(key))?
                        .is_some();
                    if !seen && !keys.contains(&key) {
                        keys.push(key);
                    }
                }
                change.after.set_list(entry.field, keys);
                refuse_all(problems)?;
            }
        }
        Ok(())
    }

    /// A reference to a record that the actor does not see reads as null, and is not cleared by it.
    fn keep_unseen(&mut self, change: &Change<'_>, entry: &Entry, field: &Field) -> Result<()> {
        let Some(current) = change.after.get(entry.field).as_key() else {
            return Ok(());
        };
        let target = self
            .registry()
            .target_of(field)
            .expect("references have targets");
        let found = self.find_by(target, FieldIndex::KEY, Value::Key(current))?;
        if found.is_some() {
            return Ok(());
        }
        Err(problem::REFERENCE_UNSEEN
            .with("FIELD", &entry.place)
            .at(&entry.place)
            .into())
    }

    /// The key of the record that a reference names, which is made or changed first where members of
    /// it were sent along.
    fn point(
        &mut self,
        target: &Definition,
        pointed: &Pointed,
        current: Option<RecordKey>,
    ) -> Result<Option<RecordKey>> {
        let found = self.pointed_at(target, pointed)?;
        if pointed.inline.entries.is_empty() {
            return match (found, &pointed.id) {
                (Some(key), _) => Ok(Some(key)),
                (None, Some(id)) if target.outside => {
                    self.note_outside(target, pointed, id).map(Some)
                }
                (None, Some(id)) => {
                    if let Some(party) = Party::of(target) {
                        self.note_unknown(party, id);
                    }
                    Err(unknown(target, pointed, "id", id))
                }
                (None, None) => Ok(None),
            };
        }
        match found.or(if pointed.id.is_none() { current } else { None }) {
            // Members of the record that was referred to already change it.
            Some(key) if Some(key) == current => {
                self.update_with(
                    target,
                    key,
                    &pointed.inline,
                    None,
                    Leave::Brought(&pointed.place),
                )?;
                Ok(Some(key))
            }
            Some(key) => self.same_inline(target, key, pointed).map(|()| Some(key)),
            None => {
                let mut draft = pointed.inline.clone();
                if let (Some(id), Some(index)) = (&pointed.id, target.id) {
                    draft.set(
                        index,
                        format!("{}/id", pointed.place),
                        Given::Value(Value::from(id.as_str())),
                    );
                }
                // What else is wrong is looked for too, which PostgreSQL refuses once a constraint
                // was violated outside of a step.
                let leave = Leave::Brought(&pointed.place);
                let made = self.step(|work| work.create_with(target, &draft, leave))?;
                made.map(|saved| Some(saved.key)).map_err(Failure::Refused)
            }
        }
    }

    /// Notes a record of an object that Sidegate does not hold, the first time it is named.
    fn note_outside(
        &mut self,
        target: &Definition,
        pointed: &Pointed,
        id: &str,
    ) -> Result<RecordKey> {
        let mut draft = Draft::default();
        if let Some(index) = target.id {
            let place = format!("{}/id", pointed.place);
            draft.set(index, place, Given::Value(Value::from(id)));
        }
        self.create_with(target, &draft, Leave::Brought(&pointed.place))
            .map(|saved| saved.key)
    }

    /// Members sent along for another existing record must be what it has.
    fn same_inline(
        &mut self,
        target: &Definition,
        key: RecordKey,
        pointed: &Pointed,
    ) -> Result<()> {
        let record = self
            .record(target, key)?
            .ok_or_else(|| absent(target, key))?;
        let differing = pointed
            .inline
            .entries
            .iter()
            .find(|entry| match &entry.given {
                Given::Value(value) => {
                    *record.get(entry.field) != tidy(target.field(entry.field), value)
                }
                Given::Reference(_) | Given::References(_) | Given::Owned(_) => true,
            });
        match differing {
            None => Ok(()),
            Some(entry) => Err(problem::INLINE_DIFFERS
                .with("FIELD", &entry.place)
                .with("OBJECT", target.label.0.to_lowercase())
                .with("ID", id_of(target, &record))
                .at(&entry.place)
                .into()),
        }
    }

    /// The record that a reference names by key, by id or by both.
    pub(crate) fn pointed_at(
        &mut self,
        target: &Definition,
        pointed: &Pointed,
    ) -> Result<Option<RecordKey>> {
        let by_key = match pointed.key {
            None => None,
            Some(key) => {
                let found = self.find_by(target, FieldIndex::KEY, Value::Key(key))?;
                Some(found.ok_or_else(|| unknown(target, pointed, "key", &key.to_string()))?)
            }
        };
        let by_id = match (&pointed.id, target.id) {
            (Some(id), Some(field)) => {
                let field = target.field(field);
                // Where the id shows the key, only digits can be one.
                match field.kind.accept(&Scalar::Text(id.clone())) {
                    Ok(value) => self.find_by(target, field.index, tidy(field, &value))?,
                    Err(_) => None,
                }
            }
            _ => None,
        };
        match (by_key, by_id) {
            (Some(key), _) if pointed.id.is_some() && by_id != Some(key) => {
                Err(problem::REFERENCE_CONTRADICTS
                    .with("FIELD", &pointed.place)
                    .at(&pointed.place)
                    .into())
            }
            (Some(key), _) => Ok(Some(key)),
            (None, by_id) => Ok(by_id),
        }
    }

    /// The key of the record whose field has a value, if the actor sees one.
    pub(crate) fn find_by(
        &mut self,
        target: &Definition,
        field: FieldIndex,
        value: Value,
    ) -> Result<Option<RecordKey>> {
        let sight = self.actor().sight();
        let plan = Plan::find(self.registry(), target, sight, field, value);
        let mut found = None;
        self.visit(&plan, &mut |row| {
            found = row.number(0).and_then(RecordKey::new);
        })?;
        Ok(found)
    }

    /// Version and stamps of the record that is about to be stored.
    fn stamp(&mut self, change: &mut Change<'_>) {
        let by = Value::from(self.actor().user.as_ref().map(|user| user.key));
        let now = Value::Moment(self.now());
        let definition = change.definition;
        let next = change
            .before
            .as_ref()
            .map_or(1, |before| version_of(definition, before) + 1);
        let mut set = |column: &str, value: &Value| {
            for field in definition
                .fields
                .iter()
                .filter(|field| field.column == column)
            {
                change.after.set(field.index, value.clone());
            }
        };
        set("version", &Value::Integer(next));
        set("modified_at", &now);
        set("modified_by", &by);
        if change.before.is_none() {
            set("created_at", &now);
            set("created_by", &by);
        }
    }

    /// Refuses to delete what other records refer to, and names one of them.
    fn refuse_if_used(&mut self, change: &Change<'_>) -> Result<()> {
        let key = change.key();
        for (other, field) in self.registry().referring_to(change.definition) {
            let user = if field.is_list() {
                let owner = self.session().list_owner(other, field, key);
                self.stored(owner)?
            } else if other.realm == Realm::Company || change.definition.realm == Realm::Server {
                let plan = Plan::find(
                    self.registry(),
                    other,
                    Sight::ALL,
                    field.index,
                    Value::Key(key),
                );
                let mut found = None;
                self.visit(&plan, &mut |row| {
                    found = row.number(0).and_then(RecordKey::new);
                })?;
                found
            } else {
                None
            };
            let Some(user) =
                user.filter(|user| other.table != change.definition.table || *user != key)
            else {
                continue;
            };
            let told = self.record(other, user)?.map_or_else(
                || "a record that you do not see".to_owned(),
                |record| format!("{} {}", other.label.0.to_lowercase(), id_of(other, &record)),
            );
            return Err(problem::RECORD_IN_USE
                .with("OBJECT", change.definition.label.0.to_lowercase())
                .with("OTHER", told)
                .with("FIELD", &field.label)
                .into());
        }
        Ok(())
    }

    /// Raises the access versions that a write outdates, so that cached actors are loaded anew.
    fn raise_versions(&mut self, change: &Change<'_>) -> Result<()> {
        if only_used(change) {
            return Ok(());
        }
        let definition = change.definition;
        let acting = definition.index == self.registry().acting().index;
        let done = match definition.guards {
            Guards::User if acting && change.operation == Operation::Delete => {
                self.session().drop_access(change.key())
            }
            Guards::User if acting => self.session().raise_access(Some(change.key())),
            Guards::User => {
                let user = change.value("user").as_key();
                self.session().raise_access(user)
            }
            Guards::Everyone if definition.realm == Realm::Server => self.session().raise_server(),
            Guards::Everyone => self.session().raise_access(None),
            Guards::Nothing => Ok(()),
        };
        self.stored(done)
    }

    /// A refused unique constraint, told with the value that was sent.
    fn stored_change(
        &mut self,
        done: sidegate_store::Result<()>,
        change: &Change<'_>,
    ) -> Result<()> {
        self.stored(done).map_err(|failure| match failure {
            Failure::Refused(problems) => Failure::Refused(
                problems
                    .into_iter()
                    .map(|p| tell_value(p, change))
                    .collect(),
            ),
            broken @ Failure::Broken(_) => broken,
        })
    }
}

fn tell_value(problem: Problem, change: &Change<'_>) -> Problem {
    let field = change
        .definition
        .fields
        .iter()
        .find(|field| problem.place.as_deref() == Some(&field.place()));
    let Some(field) = field else { return problem };
    let place = change.place_of(field);
    problem::NOT_UNIQUE
        .with("FIELD", &place)
        .with("OBJECT", change.definition.label.0.to_lowercase())
        .with("VALUE", audit::shown(field, change.after.get(field.index)))
        .at(place)
}

pub(super) fn default_values(change: &mut Change<'_>) {
    let definition = change.definition;
    for field in definition
        .fields
        .iter()
        .filter(|field| !field.default.is_null())
    {
        change.after.set(field.index, field.default.clone());
    }
    for (field, value) in &definition.fixed {
        change.after.set(*field, value.clone());
    }
}

/// Text without blanks around it where it names something; empty text is no value.
fn tidy(field: &Field, value: &Value) -> Value {
    match value {
        Value::Text(text) if field.is(Rule::Unique) || field.kind == FieldType::Email => {
            let trimmed = text.trim();
            if trimmed.is_empty() {
                Value::Null
            } else {
                Value::from(trimmed)
            }
        }
        Value::Text(text) if text.is_empty() => Value::Null,
        other => other.clone(),
    }
}

/// The declared rules: required and fixed. Unique is the database's.
fn check(change: &Change<'_>) -> Result<()> {
    let mut problems = Vec::new();
    for field in &change.definition.fields {
        let entry = change.draft.get(field.index);
        let place = || change.place_of(field);
        if field.is_owned() {
            problems.extend(short_list(change, field));
            continue;
        }
        let lacking = match entry {
            None => change.operation == Operation::Create && field.must_be_sent(),
            // Some members must be sent and may be null.
            Some(_) => field.is(Rule::Required) && !field.is(Rule::Nullable),
        };
        if lacking && change.after.get(field.index).is_null() {
            problems.push(problem::REQUIRED_MISSING.with("FIELD", place()).at(place()));
        }
        if let (true, Some(before), Some(_)) = (field.is(Rule::Fixed), &change.before, entry)
            && before.get(field.index) != change.after.get(field.index)
        {
            let value = audit::shown(field, before.get(field.index));
            problems.push(
                problem::FIELD_IS_FIXED
                    .with("FIELD", place())
                    .with("VALUE", value)
                    .at(place()),
            );
        }
    }
    refuse_all(problems)
}

/// A new record lacks the items that it needs.
fn short_list(change: &Change<'_>, field: &Field) -> Option<Problem> {
    let given = change.draft.get(field.index).map(|entry| &entry.given);
    let none = match given {
        None => change.operation == Operation::Create,
        Some(Given::Owned(items)) => {
            let emptied = change.operation == Operation::Create || field.is(Rule::Replaced);
            emptied && items.is_empty()
        }
        Some(Given::Value(_) | Given::Reference(_) | Given::References(_)) => false,
    };
    let place = change.place_of(field);
    (field.is(Rule::Required) && none)
        .then(|| problem::REQUIRED_MISSING.with("FIELD", &place).at(place))
}

/// Whether a field or list has another value after than before.
pub(crate) fn differs(field: &Field, before: Option<&Record>, after: &Record) -> bool {
    match before {
        None => !after.get(field.index).is_null() || !after.list(field.index).is_empty(),
        Some(before) => {
            before.get(field.index) != after.get(field.index)
                || before.list(field.index) != after.list(field.index)
        }
    }
}

/// Whether nothing changed but when and whence something was last used, which is nobody's access.
fn only_used(change: &Change<'_>) -> bool {
    let changed =
        |field: &&Field| !field.is_stamp() && differs(field, change.before.as_ref(), &change.after);
    let mut fields = change.definition.fields.iter().filter(changed).peekable();
    change.operation == Operation::Update
        && fields.peek().is_some()
        && fields.all(|field| matches!(field.name.as_str(), "lastUsedAt" | "lastUsedFrom"))
}

fn unknown(target: &Definition, pointed: &Pointed, member: &str, value: &str) -> Failure {
    let place = format!("{}/{member}", pointed.place);
    problem::REFERENCE_UNKNOWN
        .with("FIELD", &place)
        .with("OBJECT", target.label.0.to_lowercase())
        .with("MEMBER", member)
        .with("VALUE", value)
        .at(place)
        .into()
}

fn version_of(definition: &Definition, record: &Record) -> i64 {
    let field = definition
        .named("version")
        .expect("every stored object has a version");
    record.get(field.index).as_number().unwrap_or_default()
}

/// What people call a record: its id, or its key.
pub(crate) fn id_of(definition: &Definition, record: &Record) -> String {
    let id = definition
        .id
        .and_then(|field| record.get(field).as_text().map(str::to_owned));
    id.or_else(|| record.key().map(|key| key.to_string()))
        .unwrap_or_default()
}

fn saved(change: &Change<'_>) -> Saved {
    Saved {
        key: change.key(),
        id: id_of(change.definition, &change.after),
        version: version_of(change.definition, &change.after),
    }
}
