//! *The limit*: the least that any server in this language on this database has to do for three requests.
//!
//! A bare axum handler over the same file with the same driver. Each thread of the runtime has one
//! connection and its statements, prepared once, and answers on the spot: no queue, no other thread.
//! The SQL and the places in the answer are written out by hand for these requests.
//! It reads what a correct server must: all statements of a request in one snapshot, and a total that
//! is exact. It remembers totals under the change number of the users, read in the same snapshot.
//! Creates go to one thread, which writes what waits in one commit.
//! It does nothing else: no sign-in, no rights, no company from the caller, no planning, no checks of
//! the request, no deadline, no log.

mod create;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{OnceLock, RwLock};

use axum::Router;
use axum::body::Body;
use axum::extract::Path as Segment;
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::response::Response;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row, Statement, params};

use crate::{Outcome, stop};

/// The database and the company of this process.
static PLACE: OnceLock<(PathBuf, i64)> = OnceLock::new();

/// Totals by the id that a page begins after, with the change number they were counted at.
static TOTALS: RwLock<BTreeMap<String, (i64, i64)>> = RwLock::new(BTreeMap::new());

/// Serves the three requests until killed.
pub(crate) fn serve(database: &Path, company: i64) -> Outcome<()> {
    let _ = PLACE.set((database.to_owned(), company));
    listen(
        Router::new()
            .route(
                "/ia/api/v1/objects/company-config/user/{key}",
                get(async |Segment(key): Segment<i64>| answer(|desk| desk.user(key))),
            )
            .route(
                "/ia/api/v1/services/core/query",
                post(async |body: axum::body::Bytes| answer(|desk| desk.page(&body))),
            )
            .route(
                "/ia/api/v1/objects/company-config/contact",
                post(create::contact),
            ),
    )
}

/// Serves nothing at every path until killed: what axum, the kernel and wrk cost.
pub(crate) fn serve_nothing() -> Outcome<()> {
    listen(Router::new().fallback(async || "{}"))
}

fn listen(router: Router) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(stop)?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .await
            .map_err(stop)?;
        let address = listener.local_addr().map_err(stop)?;
        let mut out = std::io::stdout();
        writeln!(out, "http://{address}")
            .and_then(|()| out.flush())
            .map_err(stop)?;
        let listener = listener.tap_io(|stream| {
            // Without it the figures are worse, and only for this server.
            let _ = stream.set_nodelay(true);
        });
        axum::serve(listener, router).await.map_err(stop)
    })
}

thread_local! {
    static DESK: RefCell<Option<Desk>> = const { RefCell::new(None) };
}

/// A connection to the database of this process, for as long as the process lives.
fn connection(flags: OpenFlags) -> Outcome<(&'static Connection, i64)> {
    let (database, company) = PLACE.get().ok_or("serve names the place")?;
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(database, flags).map_err(stop)?;
    connection.execute_batch("pragma foreign_keys = on; pragma cache_size = -65536; pragma mmap_size = 268435456; pragma temp_store = memory;").map_err(stop)?;
    // As in the store: without it each new limit prepares the statement again.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(stop)?;
    Ok((Box::leak(Box::new(connection)), *company))
}

fn refusal(text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
    response
}

fn answer(ask: impl FnOnce(&mut Desk) -> Outcome<Response>) -> Response {
    let answered = DESK.with_borrow_mut(|desk| {
        if desk.is_none() {
            *desk = Some(Desk::open()?);
        }
        ask(desk.as_mut().ok_or("opened above")?)
    });
    answered.unwrap_or_else(refusal)
}

/// One thread's connection with its statements.
struct Desk {
    company: i64,
    begin: Statement<'static>,
    end: Statement<'static>,
    user: Statement<'static>,
    lists: Statement<'static>,
    changes: Statement<'static>,
    page: Statement<'static>,
    count: Statement<'static>,
}

/// How a column is written.
#[derive(Clone, Copy)]
enum As {
    Text,
    Flag,
    Key,
    Moment,
    /// The key after an address, in quotes.
    Address(&'static str),
    /// One of the lists, which is no column.
    List(usize),
}

/// A piece of an answer: the bytes before it, what it reads, how that is written.
type Piece = (&'static str, &'static str, As);

const USER_FROM: &str = r#" from "user" t
    left join "user" a on a."company" = ?1 and a."key" = t."created_by"
    left join "user" b on b."company" = ?1 and b."key" = t."modified_by"
    left join "contact" c on c."company" = ?1 and c."key" = t."contact"
    left join "location" e on e."company" = ?1 and e."key" = t."entity"
    where t."company" = ?1 and t."key" = ?2"#;

/// What an address of a user begins with.
const USERS: &str = "/objects/company-config/user/";

const USER: &[Piece] = &[
    (r#"{"ia::result":{"key":"#, "t.key", As::Key),
    (r#","id":"#, "t.id", As::Text),
    (r#","userName":"#, "t.user_name", As::Text),
    (r#","accountEmail":"#, "t.account_email", As::Text),
    (r#","userType":"#, "t.user_type", As::Text),
    (r#","adminPrivileges":"#, "t.admin_privileges", As::Text),
    (r#","status":"#, "t.status", As::Text),
    (
        r#","webServices":{"isEnabled":"#,
        "t.web_services_is_enabled",
        As::Flag,
    ),
    (
        r#","isRestricted":"#,
        "t.web_services_is_restricted",
        As::Flag,
    ),
    (
        r#"},"password":{"neverExpires":"#,
        "t.password_never_expires",
        As::Flag,
    ),
    (
        r#","requiresReset":"#,
        "t.password_requires_reset",
        As::Flag,
    ),
    (
        r#","disablePassword":"#,
        "t.password_disable_password",
        As::Flag,
    ),
    (
        r#"},"sso":{"isSSOEnabled":"#,
        "t.sso_is_sso_enabled",
        As::Flag,
    ),
    (r#","federatedSSOId":"#, "t.sso_federated_sso_id", As::Text),
    (
        r#"},"entityAccess":{"allowUnrestrictedAccess":"#,
        "t.entity_access_allow_unrestricted_access",
        As::Flag,
    ),
    (
        r#","allowTopLevelAccess":"#,
        "t.entity_access_allow_top_level_access",
        As::Flag,
    ),
    (r#"},"contact":{"key":"#, "t.contact", As::Key),
    (r#","id":"#, "c.id", As::Text),
    (r#","lastName":"#, "c.last_name", As::Text),
    (r#","firstName":"#, "c.first_name", As::Text),
    (r#","middleName":"#, "c.middle_name", As::Text),
    (r#","prefix":"#, "c.prefix", As::Text),
    (r#","printAs":"#, "c.print_as", As::Text),
    (r#","email1":"#, "c.email1", As::Text),
    (r#","email2":"#, "c.email2", As::Text),
    (r#","phone1":"#, "c.phone1", As::Text),
    (r#","phone2":"#, "c.phone2", As::Text),
    (r#","mobile":"#, "c.mobile", As::Text),
    (r#","pager":"#, "c.pager", As::Text),
    (r#","fax":"#, "c.fax", As::Text),
    (r#","URL1":"#, "c.url1", As::Text),
    (r#","URL2":"#, "c.url2", As::Text),
    (r#","companyName":"#, "c.company_name", As::Text),
    (
        r#","mailingAddress":{"addressLine1":"#,
        "c.mailing_address_address_line1",
        As::Text,
    ),
    (
        r#","addressLine2":"#,
        "c.mailing_address_address_line2",
        As::Text,
    ),
    (
        r#","addressLine3":"#,
        "c.mailing_address_address_line3",
        As::Text,
    ),
    (r#","city":"#, "c.mailing_address_city", As::Text),
    (r#","state":"#, "c.mailing_address_state", As::Text),
    (r#","postCode":"#, "c.mailing_address_post_code", As::Text),
    (r#","country":"#, "c.mailing_address_country", As::Text),
    (
        r#","isoCountryCode":"#,
        "c.mailing_address_iso_country_code",
        As::Text,
    ),
    (
        r#"},"href":"#,
        "t.contact",
        As::Address("/objects/company-config/contact/"),
    ),
    (r#"},"trustedDevices":"#, "t.trusted_devices", As::Text),
    (
        r#","isChatterDisabled":"#,
        "t.is_chatter_disabled",
        As::Flag,
    ),
    (
        r#","hideOtherDepartmentTransactions":"#,
        "t.hide_other_department_transactions",
        As::Flag,
    ),
    (r#","locations":["#, "", As::List(0)),
    (r#"],"entities":["#, "", As::List(1)),
    (r#"],"departments":["#, "", As::List(2)),
    (r#"],"territories":["#, "", As::List(3)),
    (r#"],"roles":["#, "", As::List(4)),
    (r#"],"permissionAssignments":["#, "", As::List(5)),
    (r#"],"customPermissionAssignments":["#, "", As::List(6)),
    (r#"],"agentPermissionAssignments":["#, "", As::List(7)),
    (r#"],"entity":{"key":"#, "t.entity", As::Key),
    (r#","id":"#, "e.id", As::Text),
    (r#","name":"#, "e.name", As::Text),
    (
        r#","href":"#,
        "t.entity",
        As::Address("/objects/company-config/entity/"),
    ),
    (
        r#"},"audit":{"createdDateTime":"#,
        "t.created_at",
        As::Moment,
    ),
    (r#","modifiedDateTime":"#, "t.modified_at", As::Moment),
    (r#","createdBy":"#, "t.created_by", As::Key),
    (r#","modifiedBy":"#, "t.modified_by", As::Key),
    (r#","createdByUser":{"key":"#, "t.created_by", As::Key),
    (r#","id":"#, "a.id", As::Text),
    (r#","href":"#, "t.created_by", As::Address(USERS)),
    (r#"},"modifiedByUser":{"key":"#, "t.modified_by", As::Key),
    (r#","id":"#, "b.id", As::Text),
    (r#","href":"#, "t.modified_by", As::Address(USERS)),
    (r#"}},"href":"#, "t.key", As::Address(USERS)),
];
const USER_END: &str = r#"},"ia::meta":{"totalCount":1,"totalSuccess":1,"totalError":0}}"#;

/// The lists of a user: table, its columns of user, target and place, target's table, what an address
/// begins with.
const LISTS: [[&str; 6]; 5] = [
    [
        "user_locations",
        "owner",
        "target",
        "place",
        "location",
        "/objects/company-config/location/",
    ],
    [
        "user_entities",
        "owner",
        "target",
        "place",
        "location",
        "/objects/company-config/entity/",
    ],
    [
        "user_departments",
        "owner",
        "target",
        "place",
        "department",
        "/objects/company-config/department/",
    ],
    [
        "user_territories",
        "owner",
        "target",
        "place",
        "territory",
        "/objects/accounts-receivable/territory/",
    ],
    [
        "role_user_map",
        "user",
        "role",
        "key",
        "role",
        "/objects/company-config/role/",
    ],
];
/// The lists that a user owns. They are looked at, and nobody here has one.
const OWNED: [&str; 3] = [
    "user_permission_assignment",
    "user_custom_permission_assignment",
    "user_agent_permission_assignment",
];

const PAGE_FROM: &str = r#" from "user" t left join "contact" c on c."company" = ?1 and c."key" = t."contact"
    where t."company" = ?1 and t."status" = ?2 and t."web_services_is_restricted" = ?3 and t."id" > ?4
    order by t."id", t."key" limit ?5 offset ?6"#;
const COUNT: &str = r#"select count(*) from "user" t
    where t."company" = ?1 and t."status" = ?2 and t."web_services_is_restricted" = ?3 and t."id" > ?4"#;

const PAGE: &[Piece] = &[
    (r#"{"key":"#, "t.key", As::Key),
    (r#","id":"#, "t.id", As::Text),
    (r#","userName":"#, "t.user_name", As::Text),
    (r#","accountEmail":"#, "t.account_email", As::Text),
    (r#","userType":"#, "t.user_type", As::Text),
    (r#","adminPrivileges":"#, "t.admin_privileges", As::Text),
    (r#","status":"#, "t.status", As::Text),
    (
        r#","webServices.isRestricted":"#,
        "t.web_services_is_restricted",
        As::Flag,
    ),
    (r#","contact.id":"#, "c.id", As::Text),
    (r#","contact.email1":"#, "c.email1", As::Text),
    (r#","href":"#, "t.key", As::Address(USERS)),
];

impl Desk {
    fn open() -> Outcome<Self> {
        let (connection, company) = connection(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let prepared = |sql: &str| connection.prepare(sql).map_err(stop);
        let of_record = LISTS.iter().enumerate().map(|(number, list)| {
            let [table, owner, target, place, named, _] = list;
            format!(
                r#"select {number} as list, l."{place}" as place, r.key, r.id from {table} l join {named} r on r.company = ?1 and r.key = l."{target}" where l.company = ?1 and l."{owner}" = ?2"#
            )
        });
        let owned = (LISTS.len()..).zip(OWNED).map(|(number, table)| {
            format!(
                r#"select {number}, o.key, o.key, '' from {table} o where o.company = ?1 and o."user" = ?2"#
            )
        });
        let lists: Vec<String> = of_record.chain(owned).collect();
        Ok(Self {
            company,
            begin: prepared("begin")?,
            end: prepared("commit")?,
            user: prepared(&(selected(USER, ", t.version") + USER_FROM))?,
            lists: prepared(&(lists.join(" union all ") + " order by list, place"))?,
            changes: prepared(
                "select number from change_number where company = ?1 and object = 'user'",
            )?,
            page: prepared(&(selected(PAGE, "") + PAGE_FROM))?,
            count: prepared(COUNT)?,
        })
    }

    fn user(&mut self, key: i64) -> Outcome<Response> {
        self.begin.execute([]).map_err(stop)?;
        let mut lists: [Vec<u8>; LISTS.len() + OWNED.len()] = Default::default();
        let mut found = self.lists.query(params![self.company, key]).map_err(stop)?;
        while let Some(row) = found.next().map_err(stop)? {
            let list = usize::try_from(number(row, 0).unwrap_or_default()).unwrap_or_default();
            let Some([.., address]) = LISTS.get(list) else {
                return Err("the limit knows no items that a user owns".to_owned());
            };
            let out = &mut lists[list];
            out.extend_from_slice(if out.is_empty() {
                b"{\"key\":"
            } else {
                b",{\"key\":"
            });
            write(out, row, 2, As::Key);
            out.extend_from_slice(b",\"id\":");
            write(out, row, 3, As::Text);
            out.extend_from_slice(b",\"href\":");
            write(out, row, 2, As::Address(address));
            out.push(b'}');
        }
        drop(found);
        let mut body = Vec::with_capacity(2048);
        let mut version = 0;
        let mut found = self.user.query(params![self.company, key]).map_err(stop)?;
        while let Some(row) = found.next().map_err(stop)? {
            let mut at = 0;
            for (before, _, kind) in USER {
                body.extend_from_slice(before.as_bytes());
                if let As::List(list) = kind {
                    body.extend_from_slice(&lists[*list]);
                } else {
                    write(&mut body, row, at, *kind);
                    at += 1;
                }
            }
            version = number(row, at).unwrap_or_default();
        }
        drop(found);
        body.extend_from_slice(USER_END.as_bytes());
        self.end.execute([]).map_err(stop)?;
        let reply = Response::builder()
            .header(CONTENT_TYPE, "application/json")
            .header(ETAG, format!("\"{version}\""));
        reply.body(Body::from(body)).map_err(stop)
    }

    fn page(&mut self, asked: &[u8]) -> Outcome<Response> {
        let asked: serde_json::Value = serde_json::from_slice(asked).map_err(stop)?;
        let filters = &asked["filters"];
        let status = filters[0]["$eq"]["status"].as_str().ok_or("no status")?;
        let restricted = filters[1]["$eq"]["webServices.isRestricted"]
            .as_bool()
            .ok_or("no flag")?;
        let after = filters[2]["$gt"]["id"].as_str().ok_or("no id")?;
        let start = asked["start"].as_i64().ok_or("no start")?;
        let size = asked["size"].as_i64().ok_or("no size")?;

        self.begin.execute([]).map_err(stop)?;
        let changes: i64 = self
            .changes
            .query_row([self.company], |row| row.get(0))
            .map_err(stop)?;
        let mut body = Vec::with_capacity(usize::try_from(size).map_err(stop)? * 384);
        body.extend_from_slice(b"{\"ia::result\":[");
        let mut rows = 0;
        let mut found = self
            .page
            .query(params![
                self.company,
                status,
                restricted,
                after,
                size,
                start - 1
            ])
            .map_err(stop)?;
        while let Some(row) = found.next().map_err(stop)? {
            if rows > 0 {
                body.push(b',');
            }
            rows += 1;
            for (at, (before, _, kind)) in PAGE.iter().enumerate() {
                body.extend_from_slice(before.as_bytes());
                write(&mut body, row, at, *kind);
            }
            body.push(b'}');
        }
        drop(found);
        let known = TOTALS.read().map_err(stop)?.get(after).copied();
        let total = match known {
            Some((at, total)) if at == changes => total,
            _ => {
                let total = self
                    .count
                    .query_row(params![self.company, status, restricted, after], |row| {
                        row.get(0)
                    })
                    .map_err(stop)?;
                TOTALS
                    .write()
                    .map_err(stop)?
                    .insert(after.to_owned(), (changes, total));
                total
            }
        };
        self.end.execute([]).map_err(stop)?;
        body.extend_from_slice(b"],\"ia::meta\":{\"totalCount\":");
        digits(&mut body, total);
        body.extend_from_slice(b",\"start\":");
        digits(&mut body, start);
        body.extend_from_slice(b",\"pageSize\":");
        digits(&mut body, size);
        for (name, page) in [
            (
                ",\"next\":",
                (start + size <= total).then_some(start + size),
            ),
            (
                ",\"previous\":",
                (start > 1).then_some((start - size).max(1)),
            ),
        ] {
            body.extend_from_slice(name.as_bytes());
            match page {
                Some(page) => digits(&mut body, page),
                None => body.extend_from_slice(b"null"),
            }
        }
        body.extend_from_slice(b"}}");
        let reply = Response::builder().header(CONTENT_TYPE, "application/json");
        reply.body(Body::from(body)).map_err(stop)
    }
}

/// `select` with the columns of the pieces.
fn selected(pieces: &[Piece], more: &str) -> String {
    let columns: Vec<&str> = pieces
        .iter()
        .map(|(_, column, _)| *column)
        .filter(|column| !column.is_empty())
        .collect();
    format!("select {}{more}", columns.join(", "))
}

fn number(row: &Row<'_>, at: usize) -> Option<i64> {
    match row.get_ref(at) {
        Ok(ValueRef::Integer(number)) => Some(number),
        _ => None,
    }
}

fn digits(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

fn write(out: &mut Vec<u8>, row: &Row<'_>, at: usize, kind: As) {
    match (kind, row.get_ref(at)) {
        (As::Text, Ok(ValueRef::Text(text))) => {
            // The database holds UTF-8 only, and writing to memory does not fail.
            let _ = serde_json::to_writer(out, std::str::from_utf8(text).unwrap_or_default());
        }
        (As::Flag, Ok(ValueRef::Integer(flag))) => {
            out.extend_from_slice(if flag == 0 { b"false" } else { b"true" });
        }
        (As::Key, Ok(ValueRef::Integer(key))) => {
            out.push(b'"');
            digits(out, key);
            out.push(b'"');
        }
        (As::Address(before), Ok(ValueRef::Integer(key))) => {
            out.push(b'"');
            out.extend_from_slice(before.as_bytes());
            digits(out, key);
            out.push(b'"');
        }
        (As::Moment, Ok(ValueRef::Integer(moment))) => self::moment(out, moment),
        _ => out.extend_from_slice(b"null"),
    }
}

/// `"2026-01-31T08:15:00Z"` of microseconds since 1970.
/// The days are taken apart as in <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
fn moment(out: &mut Vec<u8>, moment: i64) {
    let seconds = moment.div_euclid(1_000_000);
    let (days, of_day) = (
        seconds.div_euclid(86_400) + 719_468,
        seconds.rem_euclid(86_400),
    );
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    let mut text = *b"\"0000-00-00T00:00:00Z\"";
    let parts = [
        (1, year / 100),
        (3, year % 100),
        (6, month),
        (9, day),
        (12, of_day / 3600),
        (15, of_day / 60 % 60),
        (18, of_day % 60),
    ];
    for (at, part) in parts {
        // Two digits each.
        let part = part.rem_euclid(100) as u8;
        text[at] += part / 10;
        text[at + 1] += part % 10;
    }
    out.extend_from_slice(&text);
}
