//! Owned lists: items are records of another object that are written, replaced and deleted with the
//! record they belong to, in its transaction.

use sidegate_model::definition::Source;
use sidegate_model::query::{MOST_OWNED, Plan};
use sidegate_model::{
    Definition, Draft, Entry, Failure, Field, FieldIndex, Given, Item, Operation, Record,
    RecordKey, Result, Rule, Value, problem,
};

use crate::pipeline::{Change, Leave, default_values};
use crate::work::{Work, refuse_all};

/// An owned list of a record.
struct List<'l> {
    /// The record.
    owner: RecordKey,
    /// The field that has the list.
    field: &'l Field,
    /// What its items are.
    items: &'l Definition,
    /// The field of an item that names the record.
    by: FieldIndex,
}

impl Work<'_> {
    /// Writes the items that were sent.
    pub(crate) fn write_owned(&mut self, change: &Change<'_>) -> Result<()> {
        let mut problems = Vec::new();
        for entry in &change.draft.entries {
            let Given::Owned(items) = &entry.given else {
                continue;
            };
            let list = self.list(change, entry);
            let done = if list.field.is(Rule::Replaced) {
                self.replace(&list, items)
            } else {
                self.merge(&list, items)
            };
            match done.and_then(|()| self.bounded(&list, &entry.place)) {
                Ok(()) => {}
                Err(Failure::Refused(found)) => problems.extend(found),
                Err(broken) => return Err(broken),
            }
        }
        refuse_all(problems)
    }

    /// An item that is written on its own path finds room in the list of the record it belongs to.
    pub(crate) fn has_room(&mut self, change: &Change<'_>) -> Result<()> {
        let Some(by) = change
            .definition
            .owner
            .filter(|_| change.leave == Leave::Own)
        else {
            return Ok(());
        };
        let by = change.definition.field(by);
        let registry = self.registry();
        let is_of_these = |field: &&Field| {
            let items = registry.target_of(field);
            items.is_some_and(|items| items.table == change.definition.table)
        };
        let owner = registry.target_of(by);
        let field = owner.and_then(|owner| owner.owned().find(is_of_these));
        let (Some(field), Some(owner)) = (field, change.after.get(by.index).as_key()) else {
            return Ok(());
        };
        let list = List {
            owner,
            field,
            items: change.definition,
            by: by.index,
        };
        self.bounded(&list, &change.place(&by.name))
    }

    fn list<'l>(&self, change: &Change<'l>, entry: &Entry) -> List<'l>
    where
        Self: 'l,
    {
        let field = change.definition.field(entry.field);
        let registry: &'l sidegate_model::Registry = self.registry();
        List {
            owner: change.key(),
            field,
            items: registry.target_of(field).expect("owned lists have objects"),
            by: field.by.expect("owned lists are linked at load"),
        }
    }

    /// The keys of the items that there are.
    fn items_of(
        &mut self,
        items: &Definition,
        by: FieldIndex,
        owner: RecordKey,
    ) -> Result<Vec<RecordKey>> {
        let name = format!("{}.key", items.field(by).name);
        let rows = self.all(
            &items.name,
            &["key"],
            &[(&name, Value::Key(owner))],
            // One more, so that too many show.
            MOST_OWNED + 1,
        )?;
        Ok(rows.iter().filter_map(|row| row[0].as_key()).collect())
    }

    /// Items without a key are new, with a key they change or go; those not named stay.
    fn merge(&mut self, list: &List<'_>, items: &[Item]) -> Result<()> {
        let known = self.items_of(list.items, list.by, list.owner)?;
        let mut problems = Vec::new();
        // What goes makes room for what comes.
        let (gone, kept): (Vec<&Item>, Vec<&Item>) = items.iter().partition(|item| item.goes);
        for item in gone.into_iter().chain(kept) {
            let leave = Leave::Brought(&item.place);
            let done = match item.key {
                None => self
                    .create_with(list.items, &owned_by(list, item), leave)
                    .map(drop),
                // One that she does not see is told like one that there is not.
                Some(key) if !known.contains(&key) || self.is_out_of_sight(list.items, key)? => {
                    Err(problem::ITEM_UNKNOWN
                        .with("FIELD", format!("{}/key", item.place))
                        .with("KEY", key.to_string())
                        .with("OBJECT", list.items.label.0.to_lowercase())
                        .at(format!("{}/key", item.place))
                        .into())
                }
                Some(key) if item.goes => self.delete_with(list.items, key, None, leave),
                Some(key) => self
                    .update_with(list.items, key, &item.draft, None, leave)
                    .map(drop),
            };
            match done {
                Ok(()) => {}
                Err(Failure::Refused(found)) => problems.extend(found),
                Err(broken) => return Err(broken),
            }
        }
        refuse_all(problems)
    }

    /// The list sent is the list: what is the same stays, the rest goes, what is new comes.
    fn replace(&mut self, list: &List<'_>, items: &[Item]) -> Result<()> {
        let mut known = Vec::new();
        for key in self.items_of(list.items, list.by, list.owner)? {
            // What she does not see she does not take away.
            if let Some(record) = self.record(list.items, key)? {
                known.push((key, record));
            }
        }
        let mut wanted = Vec::new();
        let mut problems = Vec::new();
        for item in items {
            let draft = owned_by(list, item);
            match self.alike(list, item, &draft, &known) {
                Ok(Some(at)) => {
                    known.remove(at);
                }
                Ok(None) => wanted.push((item, draft)),
                Err(Failure::Refused(found)) => problems.extend(found),
                Err(broken) => return Err(broken),
            }
        }
        for (key, _) in known {
            self.delete_with(list.items, key, None, Leave::Brought(""))?;
        }
        for (item, draft) in wanted {
            match self.create_with(list.items, &draft, Leave::Brought(&item.place)) {
                Ok(_) => {}
                Err(Failure::Refused(found)) => problems.extend(found),
                Err(broken) => return Err(broken),
            }
        }
        refuse_all(problems)
    }

    /// The item that there is already and says the same.
    fn alike(
        &mut self,
        list: &List<'_>,
        item: &Item,
        draft: &Draft,
        known: &[(RecordKey, Record)],
    ) -> Result<Option<usize>> {
        let nested = |entry: &Entry| matches!(entry.given, Given::Owned(_));
        let mut change = Change {
            definition: list.items,
            operation: Operation::Create,
            draft,
            before: None,
            after: Record::empty(list.items),
            leave: Leave::Brought(&item.place),
        };
        default_values(&mut change);
        self.normalise(&mut change)?;
        if draft.entries.iter().any(nested) {
            return Ok(None);
        }
        let same = |record: &Record| {
            list.items
                .stored()
                .filter(|field| field.column != "key" && !field.is_stamp())
                .all(|field| record.get(field.index) == change.after.get(field.index))
        };
        Ok(known.iter().position(|(_, record)| same(record)))
    }

    fn bounded(&mut self, list: &List<'_>, place: &str) -> Result<()> {
        let most = list.field.most.unwrap_or(MOST_OWNED as usize);
        let name = format!("{}.key", list.items.field(list.by).name);
        let own = [(name.as_str(), Value::Key(list.owner))];
        let plan = Plan::internal(self.registry(), &list.items.name, &["key"], &own, 1);
        let count = self.session().count(&plan);
        if self.stored(count)? <= most as i64 {
            return Ok(());
        }
        Err(problem::TOO_MANY_ITEMS
            .with("FIELD", place)
            .with("MOST", most.to_string())
            .at(place)
            .into())
    }

    /// Whether the actor sees no such record, looked at only where she may not see all.
    fn is_out_of_sight(&mut self, definition: &Definition, key: RecordKey) -> Result<bool> {
        Ok(self.actor().sight().restricts() && self.record(definition, key)?.is_none())
    }

    /// Deletes what belongs to a record that goes.
    pub(crate) fn delete_owned(&mut self, change: &Change<'_>) -> Result<()> {
        let registry = self.registry();
        for other in registry.all() {
            let Some(by) = other.owner.map(|owner| other.field(owner)) else {
                continue;
            };
            let belongs = registry
                .target_of(by)
                .is_some_and(|target| target.table == change.definition.table);
            // The rows of a kept list go with the row they belong to.
            if !belongs || other.source != Source::Stored || other.keeps_list {
                continue;
            }
            let leave = match change.leave {
                Leave::System => Leave::System,
                Leave::Own | Leave::Brought(_) => Leave::Brought(""),
            };
            for key in self.items_of(other, by.index, change.key())? {
                // A part that she does not see keeps the whole.
                if leave != Leave::System && self.is_out_of_sight(other, key)? {
                    return Err(problem::RECORD_IN_USE
                        .with("OBJECT", change.definition.label.0.to_lowercase())
                        .with("OTHER", "a record that you do not see")
                        .with("FIELD", &by.label)
                        .into());
                }
                self.delete_with(other, key, None, leave)?;
            }
        }
        Ok(())
    }
}

/// What was sent for an item, with the record it belongs to.
fn owned_by(list: &List<'_>, item: &Item) -> Draft {
    let mut draft = item.draft.clone();
    draft.set(
        list.by,
        item.place.clone(),
        Given::Value(Value::Key(list.owner)),
    );
    draft
}
