//! The statements over Sidegate's own bookkeeping: versions, key counters, change numbers.

use super::dialect::Dialect;
use super::{Slot, Text, Writer};

pub(super) fn carried_columns(out: &mut Writer, tables: &[&str]) {
    out.push("s.\"version\" as server_version, c.\"version\" as company_version, u.\"version\" as user_version, ");
    if tables.is_empty() {
        out.push("cast(0 as bigint)");
    } else {
        out.push("(select cast(coalesce(sum(n.\"number\"), 0) as bigint) from \"change_number\" n where ");
        out.company("n").push(" and n.\"object\" in (");
        for (at, table) in tables.iter().enumerate() {
            if at > 0 {
                out.push(", ");
            }
            // Table names come from declarations, which check their form.
            out.push("'").push(&table.replace('\'', "''")).push("'");
        }
        out.push("))");
    }
    out.push(" as change_number");
}

pub(super) fn carried_from(out: &mut Writer) {
    out.push("\"server_version\" s left join \"access_version\" c on ");
    out.company("c")
        .push(" and c.\"subject\" = 0 left join \"access_version\" u on ");
    out.company("u")
        .push(" and u.\"subject\" = ")
        .bind(Slot::User);
}

/// Reads server, company and user version, and the change number of some tables together.
#[must_use]
pub fn versions(dialect: Dialect, tables: &[&str]) -> Text {
    let mut out = Writer::new(dialect);
    out.push("select ");
    carried_columns(&mut out, tables);
    out.push(" from ");
    carried_from(&mut out);
    out.finish()
}

/// Locks the company for writing; there is one row when the company exists.
#[must_use]
pub fn lock_company(dialect: Dialect) -> Text {
    let mut out = Writer::new(dialect);
    out.push("select v.\"version\" from \"access_version\" v where ");
    out.company("v").push(" and v.\"subject\" = 0");
    if dialect == Dialect::Postgres {
        out.push(" for update");
    }
    out.finish()
}

/// Locks the company against writers, but not against others who only read it.
#[must_use]
pub fn hold_company(dialect: Dialect) -> Text {
    let mut out = Writer::new(dialect);
    out.push("select v.\"version\" from \"access_version\" v where ");
    out.company("v").push(" and v.\"subject\" = 0");
    if dialect == Dialect::Postgres {
        out.push(" for share");
    }
    out.finish()
}

/// Locks the server scope for writing.
#[must_use]
pub fn lock_server(dialect: Dialect) -> Text {
    let mut out = Writer::new(dialect);
    out.push("select v.\"version\" from \"server_version\" v");
    if dialect == Dialect::Postgres {
        out.push(" for update");
    }
    out.finish()
}

/// Raises the version of the company (subject 0) or of one user; value 1 is the subject.
#[must_use]
pub fn raise_access(dialect: Dialect) -> Text {
    let mut out = Writer::new(dialect);
    out.push("insert into \"access_version\" (\"company\", \"subject\", \"version\") values (");
    out.bind(Slot::Company).push(", ").bind(Slot::Value(1));
    out.push(", 1) on conflict (\"company\", \"subject\") do update set \"version\" = \"access_version\".\"version\" + 1");
    out.finish()
}

/// Raises the server version.
#[must_use]
pub fn raise_server(dialect: Dialect) -> Text {
    let mut out = Writer::new(dialect);
    out.push("update \"server_version\" set \"version\" = \"version\" + 1");
    out.finish()
}

/// Forgets the version of a deleted user; value 1 is the subject.
#[must_use]
pub fn drop_access(dialect: Dialect) -> Text {
    let mut out = Writer::new(dialect);
    out.push("delete from \"access_version\" as v where ");
    out.company("v")
        .push(" and v.\"subject\" = ")
        .bind(Slot::Value(1));
    out.finish()
}

/// Takes the next key of an object in the company; value 1 is the object.
#[must_use]
pub fn next_key(dialect: Dialect) -> Text {
    let mut out = Writer::new(dialect);
    out.push("insert into \"company_key\" (\"company\", \"object\", \"next\") values (");
    out.bind(Slot::Company).push(", ").bind(Slot::Value(1));
    out.push(", 2) on conflict (\"company\", \"object\") do update set \"next\" = \"company_key\".\"next\" + 1 returning \"next\" - 1");
    out.finish()
}

/// Takes several keys of an object in the company at once and gives the first; value 1 is the object,
/// value 2 how many.
#[must_use]
pub fn next_keys(dialect: Dialect) -> Text {
    let mut out = Writer::new(dialect);
    out.push("insert into \"company_key\" (\"company\", \"object\", \"next\") values (");
    out.bind(Slot::Company).push(", ").bind(Slot::Value(1));
    out.push(", 1 + cast(").bind(Slot::Value(2));
    out.push(" as bigint)) on conflict (\"company\", \"object\") do update set \"next\" = \"company_key\".\"next\" + cast(");
    out.bind(Slot::Value(2))
        .push(" as bigint) returning \"next\" - cast(");
    out.bind(Slot::Value(2)).push(" as bigint)");
    out.finish()
}

/// The last key that an object in the company was given; value 1 is the object.
#[must_use]
pub fn last_key(dialect: Dialect) -> Text {
    let mut out = Writer::new(dialect);
    out.push("select k.\"next\" - 1 from \"company_key\" k where ");
    out.company("k")
        .push(" and k.\"object\" = ")
        .bind(Slot::Value(1));
    out.finish()
}

/// Takes the next key of a server-scope object; value 1 is the object.
#[must_use]
pub fn next_server_key(dialect: Dialect) -> Text {
    let mut out = Writer::new(dialect);
    out.push("insert into \"server_key\" (\"object\", \"next\") values (")
        .bind(Slot::Value(1));
    out.push(", 2) on conflict (\"object\") do update set \"next\" = \"server_key\".\"next\" + 1 returning \"next\" - 1");
    out.finish()
}

/// Raises the change number of an object in the company; value 1 is the object.
#[must_use]
pub fn raise_change(dialect: Dialect) -> Text {
    let mut out = Writer::new(dialect);
    out.push("insert into \"change_number\" (\"company\", \"object\", \"number\") values (");
    out.bind(Slot::Company).push(", ").bind(Slot::Value(1));
    out.push(", 1) on conflict (\"company\", \"object\") do update set \"number\" = \"change_number\".\"number\" + 1");
    out.finish()
}

/// All statements of this file by name, for the test that reads every statement.
#[must_use]
pub fn all(dialect: Dialect) -> Vec<(&'static str, Text)> {
    vec![
        ("versions", versions(dialect, &["user", "contact"])),
        ("lock_company", lock_company(dialect)),
        ("hold_company", hold_company(dialect)),
        ("lock_server", lock_server(dialect)),
        ("raise_access", raise_access(dialect)),
        ("raise_server", raise_server(dialect)),
        ("drop_access", drop_access(dialect)),
        ("next_key", next_key(dialect)),
        ("next_keys", next_keys(dialect)),
        ("last_key", last_key(dialect)),
        ("next_server_key", next_server_key(dialect)),
        ("raise_change", raise_change(dialect)),
    ]
}
