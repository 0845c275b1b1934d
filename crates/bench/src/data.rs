//! The database that is loaded: the stand-in's company with many users, written through the engine.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sidegate::demo_data::{self, COMPANY, Credentials};
use sidegate_engine::key_file::KeyFile;
use sidegate_engine::{Call, Door, Engine, Location, Settings, Source};
use sidegate_model::{Draft, Failure, ObjectIndex, Operation, RecordKey, Registry};
use sidegate_store::Connection;
use sidegate_store::backend::Access;
use sidegate_store::migrate::{MIGRATIONS, migrate};
use sidegate_web::rest::draft::draft;
use sidegate_web::rest::json::parse;

use crate::{Outcome, say, stop};

/// At most so many records are written in one closure.
const BATCH: u32 = 100;
/// So many users are asked for by key, spread over all of them.
const ASKED: u32 = 1000;

/// A filled database with what is needed to serve and to ask it.
pub(crate) struct Data {
    pub(crate) folder: PathBuf,
    pub(crate) credentials: Credentials,
    pub(crate) company: RecordKey,
    pub(crate) users: u32,
    /// Keys of users to ask for.
    pub(crate) keys: Vec<RecordKey>,
}

impl Data {
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.join("sidegate.sqlite")
    }

    pub(crate) fn key_file(&self) -> PathBuf {
        self.folder.join("sidegate.key")
    }
}

/// Opens the database of a folder; makes and fills it where that has not been done.
pub(crate) fn ensure(folder: &Path, users: u32) -> Outcome<Data> {
    fs::create_dir_all(folder).map_err(|e| format!("{} cannot be made: {e}", folder.display()))?;
    let source = Source::system();
    let credentials = credentials(&folder.join("credentials.json"), &source)?;
    let keys = KeyFile::open_or_create(&folder.join("sidegate.key"), &source).map_err(stop)?;
    let location = Location::Sqlite(folder.join("sidegate.sqlite"));
    let mut connection = Connection::open(&location, Access::Write).map_err(stop)?;
    migrate(&mut connection, MIGRATIONS, source.now()).map_err(stop)?;
    drop(connection);
    let registry = Registry::shipped().map_err(|broken| format!("{broken:?}"))?;
    let settings = Settings::usual(location.dialect());
    let engine =
        Engine::start(Arc::new(registry), location, keys, source, settings).map_err(stop)?;
    let text = demo_data::data_of(demo_data::COMPANY).expect("the stand-in's own company");
    let company =
        demo_data::ensure_from(&engine, &credentials, demo_data::COMPANY, text).map_err(told)?;
    fill(&engine, company, users)?;
    let keys = asked(&engine, company, users)?;
    // The last connection to close writes the log back into the file.
    engine.stop();
    Ok(Data {
        folder: folder.to_owned(),
        credentials,
        company,
        users,
        keys,
    })
}

fn credentials(path: &Path, source: &Source) -> Outcome<Credentials> {
    if let Ok(text) = fs::read_to_string(path) {
        return serde_json::from_str(&text)
            .map_err(|e| format!("{} is damaged: {e}; delete its folder", path.display()));
    }
    let credentials = Credentials::generate(source);
    let text = serde_json::to_string(&credentials).map_err(stop)?;
    fs::write(path, text).map_err(|e| format!("{} cannot be written: {e}", path.display()))?;
    Ok(credentials)
}

/// Writes what is missing, batch by batch; a batch is there whole or not at all.
fn fill(engine: &Engine, company: RecordKey, users: u32) -> Outcome<()> {
    let call = || Call::system(Some(company), Door::Command);
    if find(engine, company, users)?.is_some() {
        return Ok(());
    }
    say(&format!(
        "filling {COMPANY} with {users} users; this is done once"
    ));
    for first in (1..=users).step_by(BATCH as usize) {
        let last = (first + BATCH - 1).min(users);
        if find(engine, company, last)?.is_some() {
            continue;
        }
        let drafts = (first..=last)
            .map(|number| user(engine.registry(), number))
            .collect::<Outcome<Vec<_>>>()?;
        engine
            .write(call(), move |work| {
                for (object, draft) in &drafts {
                    work.create(work.registry().at(*object), draft)?;
                }
                Ok(())
            })
            .wait()
            .map_err(told)?;
    }
    Ok(())
}

fn asked(engine: &Engine, company: RecordKey, users: u32) -> Outcome<Vec<RecordKey>> {
    let stride = (users / ASKED).max(1);
    let mut keys = Vec::new();
    for number in (1..=users).step_by(stride as usize) {
        keys.extend(find(engine, company, number)?);
    }
    Ok(keys)
}

fn find(engine: &Engine, company: RecordKey, number: u32) -> Outcome<Option<RecordKey>> {
    let call = Call::system(Some(company), Door::Command);
    let found = engine.read(call, move |work| {
        work.find(work.object("company-config/user"), &id(number))
    });
    found.wait().map_err(told)
}

/// What people call the user of a number.
pub(crate) fn id(number: u32) -> String {
    format!("bench-{number:06}")
}

/// A user with a contact of its own: nine of ten active, every other one for Web Services only,
/// every third with a role, every fifth with a department.
fn user(registry: &Registry, number: u32) -> Outcome<(ObjectIndex, Draft)> {
    const NAMES: &[(&str, &str)] = &[
        ("Ada", "Ferrier"),
        ("Zoë", "Lindqvist"),
        ("Ravi", "Menon"),
        ("Jordan", "O'Neill \\\"Jo\\\""),
    ];
    let id = id(number);
    let (first, last) = NAMES[number as usize % NAMES.len()];
    let status = if number.is_multiple_of(10) {
        "lockedOut"
    } else {
        "active"
    };
    let restricted = number.is_multiple_of(2);
    let mut body = format!(
        r#"{{"id": "{id}", "userName": "{first} {last}", "accountEmail": "{id}@harbor.example", "status": "{status}",
            "userType": "business", "adminPrivileges": "off", "webServices": {{"isRestricted": {restricted}}},
            "contact": {{"id": "{id}", "printAs": "{first} {last} {number}", "firstName": "{first}", "lastName": "{last}",
                "email1": "{id}@harbor.example", "phone1": "+1 415 555 {:04}",
                "mailingAddress": {{"addressLine1": "{number} Ferry Plaza", "city": "San Francisco", "state": "CA",
                    "postCode": "94111", "isoCountryCode": "US"}}}}"#,
        number % 10_000
    );
    if number.is_multiple_of(3) {
        let _ = write!(body, r#", "roles": [{{"id": "Integration read"}}]"#);
    }
    if number.is_multiple_of(5) {
        let _ = write!(
            body,
            r#", "departments": [{{"id": "FIN"}}, {{"id": "OPS"}}]"#
        );
    }
    body.push('}');
    let definition = registry
        .named("company-config/user")
        .ok_or("there are no users")?;
    let node = parse(body.as_bytes()).map_err(|p| p.message())?;
    let draft = draft(registry, definition, Operation::Create, &node)
        .map_err(|problems| told(Failure::Refused(problems)))?;
    Ok((definition.index, draft))
}

fn told(failure: Failure) -> String {
    match failure {
        Failure::Broken(error) => error.to_string(),
        Failure::Refused(problems) => problems.iter().map(|p| p.message() + " ").collect(),
    }
}
