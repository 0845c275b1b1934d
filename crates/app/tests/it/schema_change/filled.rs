//! Four companies with the same keys and some thousand records each.

use std::sync::OnceLock;

use serde_json::{Value, json};
use sidegate::demo_data;
use sidegate_engine::{Location, Source};
use sidegate_model::Registry;
use sidegate_store::backend::Access;
use sidegate_store::sql::quoted;
use sidegate_store::sql::schema::Schema;
use sidegate_store::testing::{Template, TestDatabase};
use sidegate_store::{Connection, Dialect};

use crate::harness::{NOON, SMALL, credentials, engine_on};

static FILLED: OnceLock<Template> = OnceLock::new();

/// So many contacts and users are made after the pattern of one.
const CONTACTS: usize = 800;
const USERS: usize = 200;

/// A database of the current schema, filled.
pub(super) fn filled() -> TestDatabase {
    TestDatabase::filled(&FILLED, |location| {
        found(location);
        let mut connection = Connection::open(location, Access::Write).expect("the database");
        connection.begin_write().expect("a transaction");
        // The order of tables is not that of references.
        let late = match connection.dialect() {
            Dialect::Sqlite => "pragma defer_foreign_keys = on;",
            Dialect::Postgres => "set constraints all deferred;",
        };
        connection.batch(late).expect("a setting");
        multiply(&mut connection);
        connection.commit().expect("all references hold");
    })
}

/// HARBOR as the engine makes it, with two tax groups and longer lists of one user.
fn found(location: &Location) {
    let mut small: Value = serde_json::from_str(SMALL).expect("JSON");
    let records = small["records"].as_array_mut().expect("records");
    for id in ["EU", "Overseas"] {
        let group = json!({"object": "tax/contact-tax-group", "body": {"id": id, "name": id}});
        records.insert(0, group);
    }
    let user = records
        .iter_mut()
        .find(|r| r["body"]["id"] == "mkhan" && r["body"]["roles"].is_array());
    let body = &mut user.expect("a user with lists")["body"];
    body["locations"] = json!([{"id": "LON"}, {"id": "ROT"}, {"id": "NYC"}]);
    body["departments"] = json!([{"id": "FIN"}, {"id": "OPS"}]);
    body["roles"] = json!([{"id": "Project manager"}, {"id": "Integration read"}]);
    let engine = engine_on(location, &Source::fixed(NOON));
    demo_data::ensure_from(
        &engine,
        credentials(),
        demo_data::COMPANY,
        &small.to_string(),
    )
    .expect("a small company");
    engine.stop();
}

/// Makes more rows after the pattern of those that are there.
struct Press<'a> {
    connection: &'a mut Connection,
    schema: Schema,
}

impl Press<'_> {
    /// Rows `t` that fit `only`, once for each `n.i` from 1: each column stays but those that are named.
    fn more(&mut self, table: &str, only: &str, new: &[(&str, &str)]) {
        let mut columns = Vec::new();
        let mut values = Vec::new();
        for column in &self.schema.tables[table].columns {
            let value = new.iter().find(|(name, _)| *name == column.name);
            columns.push(quoted(&column.name));
            values.push(value.map_or_else(
                || format!("t.{}", quoted(&column.name)),
                |(_, value)| (*value).to_owned(),
            ));
        }
        let sql = format!(
            "with recursive n(i) as (select cast(1 as bigint) union all select i + 1 from n where i < {CONTACTS}) \
             insert into {} ({}) select {} from {} t, n where {only};",
            quoted(table),
            columns.join(", "),
            values.join(", "),
            quoted(table)
        );
        self.connection
            .batch(&sql)
            .unwrap_or_else(|e| panic!("{e}"));
    }
}

fn multiply(connection: &mut Connection) {
    let registry = Registry::shipped().expect("whole declarations");
    let schema = Schema::derived(&registry, connection.dialect());
    let mut press = Press { connection, schema };
    contacts(&mut press);
    users(&mut press);
    // The counters go on behind these keys.
    let counters = "update \"company_key\" set \"next\" = 100000 where \"object\" in ('contact', 'user', 'role_user_map');";
    press.connection.batch(counters).expect("counters");
    companies(&mut press);
}

fn contacts(press: &mut Press<'_>) {
    let contact = [
        ("key", "1000 + n.i"),
        ("id", "'Kontakt ' || n.i"),
        ("id_fold", "'kontakt ' || n.i"),
        ("created_at", "t.\"created_at\" + n.i"),
        ("modified_at", "t.\"modified_at\" + 2 * n.i"),
        ("version", "1 + n.i % 4"),
        ("last_name", "'O''Größe ' || n.i"),
        ("last_name_fold", "'o''größe ' || n.i"),
        (
            "company_name",
            "case when n.i % 4 > 0 then 'Ærø & Söhne \"' || n.i || '\"' end",
        ),
        (
            "company_name_fold",
            "case when n.i % 4 > 0 then 'ærø & söhne \"' || n.i || '\"' end",
        ),
        ("print_as", "'Ravi Menon, No. ' || n.i"),
        ("print_as_fold", "'ravi menon, no. ' || n.i"),
        ("discount", "case when n.i % 7 = 0 then n.i end"),
        (
            "entity",
            "case when n.i % 2 = 0 then (select e.\"key\" from \"location\" e where e.\"id\" = 'E100') end",
        ),
        (
            "mailing_address_city",
            "case when n.i % 3 > 0 then 'Rotterdam' else '' end",
        ),
        (
            "tax_is_taxable",
            "case when n.i % 5 > 0 then n.i % 2 = 0 end",
        ),
        ("tax_tax_id", "case when n.i % 3 > 0 then 'NL' || n.i end"),
        ("tax_group", "case when n.i % 5 > 1 then 1 + n.i % 2 end"),
    ];
    press.more("contact", "t.\"id\" = 'freight-partner'", &contact);
}

/// Users, and the lists of each.
fn users(press: &mut Press<'_>) {
    let few = format!("n.i <= {USERS}");
    let users = [
        ("key", "1000 + n.i"),
        ("id", "'U' || n.i"),
        ("id_fold", "'u' || n.i"),
        ("account_email", "'u' || n.i || '@harbor.example'"),
        ("account_email_fold", "'u' || n.i || '@harbor.example'"),
        ("contact", "1000 + n.i"),
    ];
    press.more("user", &format!("t.\"id\" = 'mkhan' and {few}"), &users);
    let pattern = "(select u.\"key\" from \"user\" u where u.\"id\" = 'mkhan')";
    for list in ["user_departments", "user_entities", "user_locations"] {
        let only = format!("t.\"owner\" = {pattern} and {few}");
        press.more(list, &only, &[("owner", "1000 + n.i")]);
    }
    let roles = [("key", "1000 * t.\"key\" + n.i"), ("user", "1000 + n.i")];
    let only = format!("t.\"user\" = {pattern} and {few}");
    press.more("role_user_map", &only, &roles);
}

/// The same once more for three companies beside the first.
fn companies(press: &mut Press<'_>) {
    let company = [
        ("key", "t.\"key\" + n.i"),
        ("id", "t.\"id\" || n.i"),
        ("id_fold", "t.\"id_fold\" || n.i"),
    ];
    press.more("company", "n.i <= 3", &company);
    let tables = press.schema.tables.iter();
    let theirs = tables.filter(|(_, table)| table.key[0] == "company");
    let theirs: Vec<String> = theirs.map(|(name, _)| name.clone()).collect();
    for table in theirs {
        let only = "n.i <= 3 and t.\"company\" = (select min(c.\"key\") from \"company\" c)";
        press.more(&table, only, &[("company", "t.\"company\" + n.i")]);
    }
}
