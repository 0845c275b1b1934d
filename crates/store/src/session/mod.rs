//! Work on one connection for one caller: typed calls that pick the text and bind the values.
//!
//! The caller decides about transactions; a session only runs statements inside them.

mod write;

use std::sync::Arc;

use sidegate_model::query::{Bind, Listed, Plan};
use sidegate_model::{Definition, Field, FieldIndex, Realm, RecordKey, Value};

use crate::backend::{Connection, Param};
use crate::row::RowRef;
use crate::sql::{self, Slot, Text};
use crate::texts::{Purpose, System, Texts};
use crate::{Result, StoreError};

/// For whom statements run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// The company; none only for server-scope work.
    pub company: Option<RecordKey>,
    /// The acting user, whose access version is carried.
    pub user: Option<RecordKey>,
}

/// Access versions and the change number of some tables, as of one snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Version of the server scope.
    pub server: i64,
    /// Version of the company; none when there is no such company.
    pub company: Option<i64>,
    /// Version of the user; none when there is no such user.
    pub user: Option<i64>,
    /// Grows with every change to the tables asked about.
    pub changes: Changes,
}

/// A number that grows with every change to some tables.
pub type Changes = i64;

/// How many columns are carried before a plan's own: four numbers and the mark of a row.
const CARRIED: usize = 5;

/// One connection, put to work for one caller.
pub struct Session<'a> {
    texts: &'a Texts,
    connection: &'a mut Connection,
    who: Who,
}

/// What one call binds beside company and user.
#[derive(Default)]
struct Values<'a> {
    plan: &'a [Bind],
    limit: i64,
    offset: i64,
    columns: Vec<Param<'a>>,
    key: Option<RecordKey>,
    original: Option<RecordKey>,
}

impl<'a> Session<'a> {
    /// Work for a caller.
    pub fn new(texts: &'a Texts, connection: &'a mut Connection, who: Who) -> Self {
        Self {
            texts,
            connection,
            who,
        }
    }

    /// The connection, for transactions.
    pub fn connection(&mut self) -> &mut Connection {
        self.connection
    }

    /// The versions now, and the change number of all tables that a plan reads.
    ///
    /// # Errors
    /// What the database says.
    pub fn versions(&mut self, plan: Option<&Plan>) -> Result<Seen> {
        let tables = plan.map_or_else(Vec::new, |plan| {
            let tables = sql::tables(self.texts.registry(), &plan.shape);
            tables.into_iter().map(str::to_owned).collect()
        });
        let text = self.text(&Purpose::Versions { tables })?;
        let mut seen = None;
        self.visit(&text, &Values::default(), &mut |row| {
            seen = Some(seen_in(&row));
            Ok(())
        })?;
        seen.ok_or_else(no_schema)
    }

    /// Shows the rows of a plan's window, and `more` rows beyond it.
    ///
    /// # Errors
    /// What the database or the visitor says.
    pub fn page(
        &mut self,
        plan: &Plan,
        more: u32,
        visitor: &mut dyn FnMut(RowRef<'_>) -> Result<()>,
    ) -> Result<()> {
        let text = self.text(&Purpose::Page {
            shape: plan.shape.clone(),
            carry: false,
        })?;
        self.visit(&text, &window(plan, more), visitor)
    }

    /// The same in one statement with the versions, which are shown first.
    ///
    /// # Errors
    /// What the database, the check or the visitor says.
    pub fn page_carried(
        &mut self,
        plan: &Plan,
        more: u32,
        check: &mut dyn FnMut(Seen) -> Result<()>,
        visitor: &mut dyn FnMut(RowRef<'_>) -> Result<()>,
    ) -> Result<()> {
        let text = self.text(&Purpose::Page {
            shape: plan.shape.clone(),
            carry: true,
        })?;
        let mut first = true;
        self.visit(&text, &window(plan, more), &mut |row| {
            if std::mem::take(&mut first) {
                check(seen_in(&row))?;
            }
            if row.number(CARRIED - 1).is_some() {
                visitor(row.skipping(CARRIED))
            } else {
                Ok(())
            }
        })?;
        // Without the server's version nothing was checked.
        if first { Err(no_schema()) } else { Ok(()) }
    }

    /// How many rows a plan has in all.
    ///
    /// # Errors
    /// What the database says.
    pub fn count(&mut self, plan: &Plan) -> Result<i64> {
        let text = self.text(&Purpose::Count {
            shape: plan.shape.clone(),
        })?;
        self.number(&text, &window(plan, 0))
            .map(Option::unwrap_or_default)
    }

    /// Shows each item of each list of a record: the list's number, the target's key and id.
    ///
    /// # Errors
    /// What the database or the visitor says.
    pub fn lists(
        &mut self,
        definition: &Definition,
        key: RecordKey,
        listed: &Listed,
        visitor: &mut dyn FnMut(usize, RecordKey, &str),
    ) -> Result<()> {
        self.lists_and_looks(definition, key, listed, false, visitor)
    }

    /// The same, and gives the owned lists that may hold anything; the others are empty.
    ///
    /// # Errors
    /// What the database or the visitor says.
    pub fn lists_with_owned(
        &mut self,
        definition: &Definition,
        key: RecordKey,
        listed: &Listed,
        visitor: &mut dyn FnMut(usize, RecordKey, &str),
    ) -> Result<Vec<FieldIndex>> {
        let lists = definition.lists().count();
        let registry = std::sync::Arc::clone(self.texts.registry());
        let looked_into: Vec<FieldIndex> = sql::looked_into(&registry, definition)
            .map(|(field, ..)| field.index)
            .collect();
        let mut filled: Vec<FieldIndex> = definition
            .owned()
            .map(|field| field.index)
            .filter(|index| !looked_into.contains(index))
            .collect();
        self.lists_and_looks(
            definition,
            key,
            listed,
            true,
            &mut |list, target, id| match list.checked_sub(lists) {
                None => visitor(list, target, id),
                Some(owned) => filled.extend(looked_into.get(owned)),
            },
        )?;
        Ok(filled)
    }

    fn lists_and_looks(
        &mut self,
        definition: &Definition,
        key: RecordKey,
        listed: &Listed,
        owned: bool,
        visitor: &mut dyn FnMut(usize, RecordKey, &str),
    ) -> Result<()> {
        let purpose = Purpose::Lists {
            object: definition.index,
            seen: Arc::clone(&listed.seen),
            owned,
        };
        let Some(text) = self.texts.get(&purpose) else {
            return Ok(());
        };
        let values = Values {
            plan: &listed.values,
            key: Some(key),
            ..Values::default()
        };
        self.visit(&text, &values, &mut |row| {
            if let (Some(list), Some(target)) =
                (row.number(0), row.number(2).and_then(RecordKey::new))
            {
                visitor(
                    usize::try_from(list).unwrap_or_default(),
                    target,
                    row.text(3).unwrap_or_default(),
                );
            }
            Ok(())
        })
    }

    /// The key of one record whose list holds a target, if there is one.
    ///
    /// # Errors
    /// What the database says.
    pub fn list_owner(
        &mut self,
        definition: &Definition,
        field: &Field,
        target: RecordKey,
    ) -> Result<Option<RecordKey>> {
        let text = self.text(&Purpose::ListOwner(definition.index, field.index))?;
        let owner = self.number(
            &text,
            &Values {
                key: Some(target),
                ..Values::default()
            },
        )?;
        Ok(owner.and_then(RecordKey::new))
    }

    /// Locks the company against other writers until the transaction ends; false when it does not exist.
    ///
    /// # Errors
    /// What the database says.
    pub fn lock_company(&mut self) -> Result<bool> {
        let text = self.system(System::LockCompany)?;
        self.number(&text, &Values::default())
            .map(|version| version.is_some())
    }

    /// Locks the server scope against other writers until the transaction ends.
    ///
    /// # Errors
    /// What the database says.
    pub fn lock_server(&mut self) -> Result<()> {
        let text = self.system(System::LockServer)?;
        self.number(&text, &Values::default()).map(drop)
    }

    /// Takes the next key of an object; it is given back when the transaction is undone.
    ///
    /// # Errors
    /// What the database says.
    pub fn next_key(&mut self, definition: &Definition) -> Result<RecordKey> {
        let text = self.system(match definition.realm {
            Realm::Company => System::NextKey,
            Realm::Server => System::NextServerKey,
        })?;
        let plan = [Bind::One(Value::from(definition.table.as_str()))];
        let number = self.number(
            &text,
            &Values {
                plan: &plan,
                ..Values::default()
            },
        )?;
        number
            .and_then(RecordKey::new)
            .ok_or_else(|| used_up(definition))
    }

    /// Takes so many keys of an object of the company at once, at least one, and gives the first.
    ///
    /// A counter that is raised for each row of a long transaction costs PostgreSQL more each time,
    /// because it walks over all the versions that the transaction left behind.
    ///
    /// # Errors
    /// What the database says.
    pub fn next_keys(&mut self, definition: &Definition, count: usize) -> Result<RecordKey> {
        let text = self.system(System::NextKeys)?;
        let plan = [
            Bind::One(Value::from(definition.table.as_str())),
            Bind::One(Value::Integer(count as i64)),
        ];
        let values = Values {
            plan: &plan,
            ..Values::default()
        };
        let number = self.number(&text, &values)?;
        number
            .and_then(RecordKey::new)
            .ok_or_else(|| used_up(definition))
    }

    /// The last key that an object of the company was given; 0 when it never had one.
    ///
    /// # Errors
    /// What the database says.
    pub fn last_key(&mut self, definition: &Definition) -> Result<i64> {
        let text = self.system(System::LastKey)?;
        let plan = [Bind::One(Value::from(definition.table.as_str()))];
        let values = Values {
            plan: &plan,
            ..Values::default()
        };
        self.number(&text, &values).map(Option::unwrap_or_default)
    }

    /// Notes that an object changed, so that remembered totals are forgotten.
    ///
    /// # Errors
    /// What the database says.
    pub fn raise_change(&mut self, definition: &Definition) -> Result<()> {
        if definition.realm == Realm::Server {
            return Ok(());
        }
        let plan = [Bind::One(Value::from(definition.table.as_str()))];
        self.run_system(System::RaiseChange, &plan)
    }

    /// Raises the access version of the company, or of one user.
    ///
    /// # Errors
    /// What the database says.
    pub fn raise_access(&mut self, user: Option<RecordKey>) -> Result<()> {
        let plan = [Bind::One(Value::Integer(user.map_or(0, RecordKey::number)))];
        self.run_system(System::RaiseAccess, &plan)
    }

    /// Raises the access version of the server scope.
    ///
    /// # Errors
    /// What the database says.
    pub fn raise_server(&mut self) -> Result<()> {
        self.run_system(System::RaiseServer, &[])
    }

    /// Forgets the access version of a user who is gone.
    ///
    /// # Errors
    /// What the database says.
    pub fn drop_access(&mut self, user: RecordKey) -> Result<()> {
        self.run_system(
            System::DropAccess,
            &[Bind::One(Value::Integer(user.number()))],
        )
    }

    /// Locks the company for reading: others may do the same, but nobody writes it until the
    /// transaction ends. False when it does not exist.
    ///
    /// # Errors
    /// What the database says.
    pub fn hold_company(&mut self) -> Result<bool> {
        let text = self.system(System::HoldCompany)?;
        self.number(&text, &Values::default())
            .map(|version| version.is_some())
    }

    fn run_system(&mut self, system: System, plan: &[Bind]) -> Result<()> {
        let text = self.system(system)?;
        self.execute(
            &text,
            &Values {
                plan,
                ..Values::default()
            },
        )
        .map(drop)
    }

    fn system(&self, system: System) -> Result<std::sync::Arc<Text>> {
        self.text(&Purpose::System(system))
    }

    fn text(&self, purpose: &Purpose) -> Result<std::sync::Arc<Text>> {
        self.texts
            .get(purpose)
            .ok_or_else(|| StoreError::Unusable(format!("there is no statement for {purpose:?}")))
    }

    fn number(&mut self, text: &Text, values: &Values<'_>) -> Result<Option<i64>> {
        let mut number = None;
        self.visit(text, values, &mut |row| {
            number = row.number(0);
            Ok(())
        })?;
        Ok(number)
    }

    fn execute(&mut self, text: &Text, values: &Values<'_>) -> Result<u64> {
        let params = params(text, self.who, values)?;
        self.connection.execute(text, &params)
    }

    fn visit(
        &mut self,
        text: &Text,
        values: &Values<'_>,
        visitor: &mut dyn FnMut(RowRef<'_>) -> Result<()>,
    ) -> Result<()> {
        let params = params(text, self.who, values)?;
        self.connection.visit(text, &params, visitor)
    }
}

fn window(plan: &Plan, more: u32) -> Values<'_> {
    Values {
        plan: &plan.values,
        limit: i64::from(plan.window.size) + i64::from(more),
        offset: i64::from(plan.window.start) - 1,
        ..Values::default()
    }
}

fn params<'a>(text: &Text, who: Who, values: &'a Values<'_>) -> Result<Vec<Param<'a>>> {
    text.slots
        .iter()
        .map(|slot| {
            Ok(match slot {
                // Company 0 does not exist, so work without a company finds nothing of any.
                Slot::Company => Param::Integer(who.company.map_or(0, RecordKey::number)),
                Slot::Original => Param::Integer(values.original.map_or(0, RecordKey::number)),
                // Subject 0 is the company itself, so nobody's version is that of no user.
                Slot::User => Param::Integer(who.user.map_or(-1, RecordKey::number)),
                Slot::Limit => Param::Integer(values.limit),
                Slot::Offset => Param::Integer(values.offset),
                Slot::Key => Param::Integer(values.key.map_or(0, RecordKey::number)),
                Slot::Column(at) => values
                    .columns
                    .get(usize::from(*at))
                    .cloned()
                    .ok_or_else(|| unbound(text))?,
                Slot::Value(number) => match values.plan.get(usize::from(*number) - 1) {
                    Some(Bind::One(value)) => Param::from(value),
                    Some(Bind::Many(list)) => Param::Many(list),
                    None => return Err(unbound(text)),
                },
            })
        })
        .collect()
}

fn used_up(definition: &Definition) -> StoreError {
    StoreError::Unusable(format!("the keys of {} are used up", definition.name))
}

fn no_schema() -> StoreError {
    StoreError::Unusable("the database has no schema; run sidegate migrate".to_owned())
}

fn unbound(text: &Text) -> StoreError {
    StoreError::Statement {
        error: "a parameter has no value".to_owned(),
        statement: text.sql.to_string(),
    }
}

fn seen_in(row: &RowRef<'_>) -> Seen {
    Seen {
        server: row.number(0).unwrap_or_default(),
        company: row.number(1),
        user: row.number(2),
        changes: row.number(3).unwrap_or_default(),
    }
}
