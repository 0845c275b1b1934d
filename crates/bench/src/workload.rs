//! What is asked: sorts of requests, and whether both servers give the same answers.

use std::net::SocketAddr;
use std::path::Path;

use rusqlite::{Connection, OpenFlags};
use sidegate_engine::filling::filled_id;

use crate::data::Data;
use crate::exchange::{Request, exchange};
use crate::load::NEW;
use crate::{Outcome, stop};

/// From so many places in the list of users a page is asked for.
const PARTS: u32 = 50;
/// Long pages begin in the first so many of them, so that they are full.
const LONG_PARTS: u32 = 40;

/// One sort of request.
pub(crate) struct Workload {
    pub(crate) title: &'static str,
    /// The share of the limit's requests that is aimed at.
    pub(crate) aim: f64,
    pub(crate) requests: Vec<Request>,
}

/// Requests that change nothing. Keys and values change from request to request, so that nothing can
/// answer from the request before.
pub(crate) fn reads(data: &Data, token: &str) -> Vec<Workload> {
    let get = |key| Request {
        method: "GET",
        path: format!("/ia/api/v1/objects/company-config/user/{key}"),
        headers: headers(token),
        body: String::new(),
    };
    let page = |part, size| {
        let fields = r#""key","id","userName","accountEmail","userType","adminPrivileges","status","webServices.isRestricted","contact.id","contact.email1","href""#;
        let after = filled_id(data.users / PARTS * part);
        let filters = format!(
            r#"{{"$eq":{{"status":"active"}}}},{{"$eq":{{"webServices.isRestricted":true}}}},{{"$gt":{{"id":"{after}"}}}}"#
        );
        query(token, fields, &filters, 1, size)
    };
    vec![
        Workload {
            title: "A user by key",
            aim: 0.5,
            requests: data.keys.iter().map(get).collect(),
        },
        Workload {
            title: "A filtered page of 100",
            aim: 0.5,
            requests: (0..PARTS).map(|part| page(part, 100)).collect(),
        },
        Workload {
            title: "A filtered page of 4000",
            aim: 1.0 / 3.0,
            requests: (0..LONG_PARTS).map(|part| page(part, 4000)).collect(),
        },
    ]
}

/// A page of users in the order of their ids.
pub(crate) fn query(token: &str, fields: &str, filters: &str, start: u32, size: u32) -> Request {
    Request {
        method: "POST",
        path: "/ia/api/v1/services/core/query".to_owned(),
        headers: sending(token),
        body: format!(
            r#"{{"object":"company-config/user","fields":[{fields}],"filters":[{filters}],"orderBy":[{{"id":"asc"}}],"start":{start},"size":{size}}}"#
        ),
    }
}

/// New contacts, each with an id of its own.
pub(crate) fn creates(token: &str) -> Workload {
    let body = format!(
        r#"{{"id":"{NEW}","printAs":"Ada Ferrier {NEW}","firstName":"Ada","lastName":"Ferrier","email1":"{NEW}@bench.example","phone1":"+1 415 555 0100","mailingAddress":{{"addressLine1":"1 Ferry Plaza","city":"San Francisco","state":"CA","postCode":"94111","isoCountryCode":"US"}}}}"#
    );
    Workload {
        title: "A new contact",
        aim: 0.5,
        requests: vec![Request {
            method: "POST",
            path: "/ia/api/v1/objects/company-config/contact".to_owned(),
            headers: sending(token),
            body,
        }],
    }
}

fn headers(token: &str) -> Vec<(&'static str, String)> {
    vec![("authorization", format!("Bearer {token}"))]
}

fn sending(token: &str) -> Vec<(&'static str, String)> {
    let mut headers = headers(token);
    headers.push(("content-type", "application/json".to_owned()));
    headers
}

/// Every request of a workload must be answered with the same bytes by both.
pub(crate) fn compare(workload: &Workload, sidegate: SocketAddr, limit: SocketAddr) -> Outcome<()> {
    for request in &workload.requests {
        let (ours, theirs) = (exchange(sidegate, request)?, exchange(limit, request)?);
        if ours != theirs {
            let at = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count();
            let shown = |bytes: &[u8]| {
                String::from_utf8_lossy(&bytes[at.saturating_sub(80)..bytes.len().min(at + 80)])
                    .into_owned()
            };
            return Err(format!(
                "the answers differ at byte {at} of {} {} {}\n  sidegate: {}\n  limit:    {}",
                request.method,
                request.path,
                request.body,
                shown(&ours),
                shown(&theirs)
            ));
        }
    }
    Ok(())
}

/// The tables that a new contact is written to, with what tells how much was written.
const WRITTEN: &[(&str, &str)] = &[
    ("contact", "count(*)"),
    ("audit_entry", "count(*)"),
    ("audit_line", "count(*)"),
    ("company_key", "sum(next)"),
    ("change_number", "sum(number)"),
];

/// One server that writes, with its database.
pub(crate) type Writing<'w> = (SocketAddr, &'w Path);

/// A create must be answered with the same bytes but for the key, and add as much to each table.
pub(crate) fn compare_creates(
    workload: &Workload,
    company: i64,
    sidegate: Writing<'_>,
    limit: Writing<'_>,
) -> Outcome<()> {
    let made = |(server, database): Writing<'_>| {
        let before = written(database, company)?;
        let mut request = workload.requests[0].clone();
        request.body = request.body.replace(NEW, "compared");
        let answer = exchange(server, &request)?;
        let after = written(database, company)?;
        let added: Vec<i64> = after.iter().zip(&before).map(|(a, b)| a - b).collect();
        let text = String::from_utf8_lossy(&answer).into_owned();
        let answer: serde_json::Value = serde_json::from_str(&text).map_err(stop)?;
        let key = answer["ia::result"]["key"].as_str().unwrap_or("no key");
        Ok::<_, String>((text.replace(key, "KEY"), added))
    };
    let (ours, theirs) = (made(sidegate)?, made(limit)?);
    if ours == theirs {
        Ok(())
    } else {
        Err(format!(
            "a create differs\n  sidegate: {ours:?}\n  limit:    {theirs:?}\n  of {WRITTEN:?}"
        ))
    }
}

fn written(database: &Path, company: i64) -> Outcome<Vec<i64>> {
    let connection =
        Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(stop)?;
    let of = |(table, what): &(&str, &str)| {
        let sql = format!("select {what} from {table} where company = ?1");
        connection
            .query_row(&sql, [company], |row| row.get(0))
            .map_err(stop)
    };
    WRITTEN.iter().map(of).collect()
}
