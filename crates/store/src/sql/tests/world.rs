//! Two companies in a real database, and short ways to fill and to read them.

use std::sync::Arc;

use sidegate_model::access::Sight;
use sidegate_model::query::Plan;
use sidegate_model::{Definition, Record, RecordKey, Registry, Value};

use super::ask::{Ask, key};
use crate::testing::{TestDatabase, dialect};
use crate::{Connection, Result, Session, Texts, Who};

/// The companies that exist from the start.
pub(super) const ONE: i64 = 1;
pub(super) const TWO: i64 = 2;

pub(super) struct World {
    pub(super) registry: Arc<Registry>,
    pub(super) texts: Texts,
    pub(super) connection: Connection,
    // Dropped last: the connection goes before its database.
    pub(super) database: TestDatabase,
}

impl World {
    pub(super) fn new() -> Self {
        let registry = Arc::new(Registry::shipped().expect("whole declarations"));
        let database = TestDatabase::migrated();
        let texts = Texts::new(Arc::clone(&registry), dialect());
        let mut world = Self {
            registry: Arc::clone(&registry),
            texts,
            connection: database.open(),
            database,
        };
        let definition = registry
            .named("sidegate/company")
            .expect("companies are declared");
        for company in [ONE, TWO] {
            let values = [
                ("id", Value::Text(format!("company-{company}"))),
                ("name", "Company".into()),
            ];
            Session::new(&world.texts, &mut world.connection, Who::default())
                .insert(definition, &record(&registry, definition, company, &values))
                .expect("a company");
            world
                .session(company)
                .raise_access(None)
                .expect("an access version");
        }
        world
    }

    pub(super) fn definition(&self, object: &str) -> &Definition {
        self.registry.named(object).expect("a declared object")
    }

    pub(super) fn session(&mut self, company: i64) -> Session<'_> {
        let who = Who {
            company: Some(key(company)),
            user: Some(key(1)),
        };
        Session::new(&self.texts, &mut self.connection, who)
    }

    /// Inserts a record under the next key of its object.
    pub(super) fn insert(
        &mut self,
        company: i64,
        object: &str,
        values: &[(&str, Value)],
    ) -> Result<RecordKey> {
        let registry = Arc::clone(&self.registry);
        let definition = registry.named(object).expect("a declared object");
        let mut session = self.session(company);
        let key = session.next_key(definition)?;
        session.insert(
            definition,
            &record(&registry, definition, key.number(), values),
        )?;
        Ok(key)
    }

    /// A contact with this id and perhaps a company name.
    pub(super) fn contact(
        &mut self,
        company: i64,
        id: &str,
        company_name: Option<&str>,
    ) -> Result<RecordKey> {
        let name = company_name.map_or(Value::Null, Value::from);
        self.insert(
            company,
            "company-config/contact",
            &[
                ("id", id.into()),
                ("printAs", id.into()),
                ("companyName", name),
            ],
        )
    }

    pub(super) fn plan(&self, query: &Ask) -> Plan {
        query.plan(&self.registry, Sight::ALL)
    }

    /// The rows of a query, all columns.
    pub(super) fn rows(&mut self, company: i64, query: &Ask) -> Vec<Vec<Value>> {
        let plan = self.plan(query);
        self.rows_of(company, &plan)
    }

    pub(super) fn rows_of(&mut self, company: i64, plan: &Plan) -> Vec<Vec<Value>> {
        let registry = Arc::clone(&self.registry);
        let mut rows = Vec::new();
        self.session(company)
            .page(plan, 0, &mut |row| {
                // What was asked for; the system's own columns stand behind.
                let mut asked = values(&registry, plan, &row);
                asked.truncate(plan.names.len());
                rows.push(asked);
                Ok(())
            })
            .expect("a page");
        rows
    }

    /// The first column of a query's rows, as text.
    pub(super) fn texts_of(&mut self, company: i64, query: &Ask) -> Vec<String> {
        self.rows(company, query)
            .into_iter()
            .map(|row| row[0].as_text().unwrap_or("null").to_owned())
            .collect()
    }
}

/// All columns of a row by the types of their fields.
pub(super) fn values(registry: &Registry, plan: &Plan, row: &crate::RowRef<'_>) -> Vec<Value> {
    let shape = &plan.shape;
    let kind = |at: usize| {
        let column = shape.outputs[at].at;
        let object = match column.alias {
            0 => shape.object,
            alias => shape.joins[usize::from(alias) - 1].target,
        };
        &registry.at(object).field(column.field).kind
    };
    (0..shape.outputs.len())
        .map(|at| row.value(at, kind(at)))
        .collect()
}

/// A record with what every table requires.
pub(super) fn record(
    registry: &Registry,
    definition: &Definition,
    key: i64,
    values: &[(&str, Value)],
) -> Record {
    let mut record = Record::empty(registry.at(definition.index));
    let given = [
        ("key", Value::Key(self::key(key))),
        ("version", Value::Integer(1)),
    ];
    let moments =
        ["audit.createdDateTime", "audit.modifiedDateTime"].map(|name| (name, Value::Moment(0)));
    for (name, value) in given.iter().chain(&moments).chain(values) {
        let field = definition
            .named(name)
            .unwrap_or_else(|| panic!("{} declares {name}", definition.name));
        record.set(field.index, value.clone());
    }
    record
}
