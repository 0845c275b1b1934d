//! The rows that a new contact of the bench is: the contact and the audit entry with its lines, the key
//! counters and the change numbers. One thread writes them, as many contacts in a commit as wait.

use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_TYPE, ETAG};
use axum::response::Response;
use ring::digest::{Context, SHA256};
use rusqlite::{OpenFlags, Statement, params};
use sidegate::demo_data::USER;
use sidegate_engine::Source;
use tokio::sync::oneshot;

use super::{connection, refusal};
use crate::{Outcome, stop};

/// At most so many contacts share a commit, as in the engine.
const MOST_IN_GROUP: usize = 256;
/// So many may wait.
const QUEUE: usize = 1024;

struct Job {
    body: Bytes,
    reply: oneshot::Sender<Outcome<(i64, String)>>,
}

/// `POST /objects/company-config/contact`
pub(super) async fn contact(body: Bytes) -> Response {
    static QUEUED: OnceLock<SyncSender<Job>> = OnceLock::new();
    let queue = QUEUED.get_or_init(|| {
        let (sender, receiver) = sync_channel(QUEUE);
        std::thread::spawn(move || serve(&receiver));
        sender
    });
    let (reply, done) = oneshot::channel();
    if queue.try_send(Job { body, reply }).is_err() {
        return refusal("too many wait".to_owned());
    }
    let (key, id) = match done.await {
        Ok(Ok(made)) => made,
        Ok(Err(text)) => return refusal(text),
        Err(_) => return refusal("the writer ended".to_owned()),
    };
    let body = format!(
        r#"{{"ia::result":{{"key":"{key}","id":"{id}","href":"/objects/company-config/contact/{key}"}},"ia::meta":{{"totalCount":1,"totalSuccess":1,"totalError":0}}}}"#
    );
    let reply = Response::builder()
        .status(StatusCode::CREATED)
        .header(CONTENT_TYPE, "application/json")
        .header(ETAG, "\"1\"");
    reply
        .body(Body::from(body))
        .unwrap_or_else(|e| refusal(stop(e)))
}

fn serve(queue: &Receiver<Job>) {
    let mut clerk = match Clerk::open() {
        Ok(clerk) => clerk,
        Err(text) => {
            while let Ok(job) = queue.recv() {
                let _ = job.reply.send(Err(text.clone()));
            }
            return;
        }
    };
    while let Ok(first) = queue.recv() {
        let mut group = Vec::new();
        let done = clerk.group(first, queue, &mut group);
        for (job, made) in group {
            let told = done.clone().and(made);
            // Whoever asked may have gone.
            let _ = job.reply.send(told);
        }
    }
}

/// Columns of a contact that the bench sends, each with the field that the trail names and the pointer
/// to it in the body, in the order of the object's fields; and what every contact has.
const CONTACT: [(&str, &str, Holds); 15] = [
    ("id", "id", Holds::Folded("/id")),
    ("last_name", "lastName", Holds::Folded("/lastName")),
    ("first_name", "firstName", Holds::Folded("/firstName")),
    ("email1", "email1", Holds::Folded("/email1")),
    ("phone1", "phone1", Holds::Text("/phone1")),
    ("print_as", "printAs", Holds::Folded("/printAs")),
    ("show_in_contact_list", "showInContactList", Holds::True),
    ("status", "status", Holds::Always("active")),
    (
        "mailing_address_address_line1",
        "mailingAddress.addressLine1",
        Holds::Text("/mailingAddress/addressLine1"),
    ),
    (
        "mailing_address_city",
        "mailingAddress.city",
        Holds::Text("/mailingAddress/city"),
    ),
    (
        "mailing_address_state",
        "mailingAddress.state",
        Holds::Text("/mailingAddress/state"),
    ),
    (
        "mailing_address_post_code",
        "mailingAddress.postCode",
        Holds::Text("/mailingAddress/postCode"),
    ),
    (
        "mailing_address_country",
        "mailingAddress.country",
        Holds::Always("United States"),
    ),
    (
        "mailing_address_iso_country_code",
        "mailingAddress.isoCountryCode",
        Holds::Text("/mailingAddress/isoCountryCode"),
    ),
    ("tax_is_taxable", "tax.isTaxable", Holds::True),
];

#[derive(Clone, Copy)]
enum Holds {
    /// Text of the body.
    Text(&'static str),
    /// The same, stored a second time without case.
    Folded(&'static str),
    /// A text that was not sent.
    Always(&'static str),
    True,
}

/// What the caller of the bench is in the trail: her id, her client's id, the door.
const CALLER: [&str; 3] = [USER, "demo-client", "rest"];

/// The writer's connection with its statements.
struct Clerk {
    company: i64,
    user: i64,
    requests: u64,
    clock: Source,
    begin: Statement<'static>,
    commit: Statement<'static>,
    undo: Statement<'static>,
    lock: Statement<'static>,
    key: Statement<'static>,
    change: Statement<'static>,
    contact: Statement<'static>,
    last_hash: Statement<'static>,
    entry: Statement<'static>,
    line: Statement<'static>,
}

impl Clerk {
    fn open() -> Outcome<Self> {
        let (connection, company) = connection(OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        connection
            .execute_batch("pragma journal_mode = wal; pragma synchronous = full;")
            .map_err(stop)?;
        let prepared = |sql: &str| connection.prepare(sql).map_err(stop);
        let mut columns =
            String::from("company, key, version, created_at, modified_at, created_by, modified_by");
        let mut values = String::from("?1, ?2, 1, ?3, ?3, ?4, ?4");
        for (number, (column, _, holds)) in (5..).zip(CONTACT) {
            columns += &format!(", {column}");
            values += &format!(", ?{number}");
            if let Holds::Folded(_) = holds {
                // The bench sends ASCII, so folding is as cheap here as it can be.
                columns += &format!(", {column}_fold");
                values += &format!(", lower(?{number})");
            }
        }
        let user = connection
            .query_row(
                r#"select key from "user" where company = ?1 and id_fold = ?2"#,
                params![company, USER],
                |row| row.get(0),
            )
            .map_err(stop)?;
        Ok(Self {
            company,
            user,
            requests: 0,
            clock: Source::system(),
            begin: prepared("begin immediate")?,
            commit: prepared("commit")?,
            undo: prepared("rollback")?,
            lock: prepared(
                "select version from access_version where company = ?1 and subject = 0",
            )?,
            key: prepared(
                "insert into company_key (company, object, next) values (?1, ?2, 1 + ?3) on conflict (company, object) do update set next = company_key.next + ?3 returning next - ?3",
            )?,
            change: prepared(
                "insert into change_number (company, object, number) values (?1, ?2, 1) on conflict (company, object) do update set number = change_number.number + 1",
            )?,
            contact: prepared(&format!(
                "insert into contact ({columns}) values ({values})"
            ))?,
            last_hash: prepared("select hash from audit_entry where company = ?1 and key = ?2")?,
            entry: prepared(
                "insert into audit_entry (company, key, version, created_at, modified_at, at, event, object, record, actor, client, address, door, request, source, action, object_id, completed_by, advanced, hash) values (?1, ?2, 1, ?3, ?3, ?3, 'create', 'company-config/contact', ?4, ?5, ?6, '127.0.0.1', ?7, ?8, 'api', 'create', ?9, ?10, 'dataChange', ?11)",
            )?,
            line: prepared(
                "insert into audit_line (company, key, version, created_at, modified_at, entry, label, field, after) values (?1, ?2, 1, ?3, ?3, ?4, ?5, ?6, ?7)",
            )?,
        })
    }

    /// Writes the first job and what waits in one transaction.
    fn group(
        &mut self,
        first: Job,
        queue: &Receiver<Job>,
        group: &mut Vec<(Job, Outcome<(i64, String)>)>,
    ) -> Outcome<()> {
        let mut next = Some(first);
        if let Err(e) = self.begin.execute([]) {
            group.extend(next.map(|job| (job, Err(stop(&e)))));
            return Err(stop(e));
        }
        while let Some(job) = next {
            let made = self.create(&job.body);
            let broken = made.is_err();
            group.push((job, made));
            if broken {
                // The bench ends with the first error, so the others need not be saved.
                return self
                    .undo
                    .execute([])
                    .map_err(stop)
                    .and(Err("undone".to_owned()));
            }
            next = (group.len() < MOST_IN_GROUP)
                .then(|| queue.try_recv().ok())
                .flatten();
        }
        self.commit.execute([]).map(drop).map_err(stop)
    }

    fn next_key(&mut self, object: &str, count: usize) -> Outcome<i64> {
        self.key
            .query_row(params![self.company, object, count as i64], |row| {
                row.get(0)
            })
            .map_err(stop)
    }

    fn create(&mut self, body: &[u8]) -> Outcome<(i64, String)> {
        let sent: serde_json::Value = serde_json::from_slice(body).map_err(stop)?;
        let mut held = Vec::with_capacity(CONTACT.len());
        for (_, _, holds) in CONTACT {
            held.push(match holds {
                Holds::Text(pointer) | Holds::Folded(pointer) => sent
                    .pointer(pointer)
                    .and_then(serde_json::Value::as_str)
                    .ok_or("a member is missing")?,
                Holds::Always(text) => text,
                Holds::True => "true",
            });
        }
        let now = self.clock.now();
        let (company, user) = (self.company, self.user);
        self.lock
            .query_row([company], |row| row.get::<_, i64>(0))
            .map_err(stop)?;
        let key = self.next_key("contact", 1)?;
        self.contact.raw_bind_parameter(1, company).map_err(stop)?;
        self.contact.raw_bind_parameter(2, key).map_err(stop)?;
        self.contact.raw_bind_parameter(3, now).map_err(stop)?;
        self.contact.raw_bind_parameter(4, user).map_err(stop)?;
        for (at, (value, (_, _, holds))) in (5..).zip(held.iter().zip(CONTACT)) {
            let bound = match holds {
                Holds::True => self.contact.raw_bind_parameter(at, true),
                Holds::Text(_) | Holds::Folded(_) | Holds::Always(_) => {
                    self.contact.raw_bind_parameter(at, value)
                }
            };
            bound.map_err(stop)?;
        }
        self.contact.raw_execute().map_err(stop)?;
        self.note(key, now, &held)?;
        for object in ["audit_entry", "audit_line", "contact"] {
            self.change
                .execute(params![company, object])
                .map_err(stop)?;
        }
        Ok((key, held[0].to_owned()))
    }

    /// The audit entry with its place in the chain, and its lines.
    fn note(&mut self, record: i64, now: i64, held: &[&str]) -> Outcome<()> {
        let (company, user) = (self.company, self.user);
        let [name, client, door] = CALLER;
        let entry = self.next_key("audit_entry", 1)?;
        let previous: Vec<u8> = self
            .last_hash
            .query_row([company, entry - 1], |row| row.get(0))
            .map_err(stop)?;
        self.requests += 1;
        let request = format!("{:020}", self.requests);
        let mut context = Context::new(&SHA256);
        context.update(&previous);
        let mut part = |bytes: Option<&[u8]>| match bytes {
            None => context.update(&[0]),
            Some(bytes) => {
                context.update(&[1]);
                context.update(&(bytes.len() as u64).to_be_bytes());
                context.update(bytes);
            }
        };
        part(Some(&entry.to_be_bytes()));
        part(Some(&now.to_be_bytes()));
        part(Some(b"create"));
        part(Some(b"company-config/contact"));
        part(Some(&record.to_be_bytes()));
        part(Some(&user.to_be_bytes()));
        part(Some(client.as_bytes()));
        part(None);
        for text in [
            "127.0.0.1",
            door,
            &request,
            "api",
            "create",
            held[0],
            name,
            "dataChange",
        ] {
            part(Some(text.as_bytes()));
        }
        // Entity, action of a workflow, sender of an XML request, notes, location, department and territory;
        // a contact that REST makes has none.
        for _ in 0..7 {
            part(None);
        }
        for ((_, field, _), after) in CONTACT.iter().zip(held) {
            part(Some(field.as_bytes()));
            part(None);
            part(Some(after.as_bytes()));
        }
        let hash = context.finish();
        self.entry
            .execute(params![
                company,
                entry,
                now,
                record,
                user,
                client,
                door,
                request,
                held[0],
                name,
                hash.as_ref()
            ])
            .map_err(stop)?;
        let first = self.next_key("audit_line", held.len())?;
        for (at, ((_, field, _), after)) in (0..).zip(CONTACT.iter().zip(held)) {
            let label = format!("{entry}:{}", at + 1);
            self.line
                .execute(params![
                    company,
                    first + at,
                    now,
                    entry,
                    label,
                    field,
                    after
                ])
                .map_err(stop)?;
        }
        Ok(())
    }
}
