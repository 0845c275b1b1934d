//! The database that is loaded: the stand-in's company with many users, written through the engine.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use sidegate::demo_data::{self, Credentials};
use sidegate_engine::filling::filled_id;
use sidegate_engine::key_file::KeyFile;
use sidegate_engine::{Call, Door, Engine, Location, Settings, Source};
use sidegate_model::{Failure, RecordKey, Registry};
use sidegate_store::Connection;
use sidegate_store::backend::Access;
use sidegate_store::migrate::{MIGRATIONS, migrate};

use crate::{Outcome, say, stop};

/// The file that keeps how many seconds the filling took.
const FILLED: &str = "filled";
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

    /// A copy of the database in a folder of its own, for a server that writes.
    pub(crate) fn copied(&self, name: &str) -> Outcome<PathBuf> {
        let folder = self.folder.join(name);
        let _ = fs::remove_dir_all(&folder);
        // What a server wrote last may still lie beside the file.
        let location = Location::Sqlite(self.database());
        Connection::open(&location, Access::Write)
            .and_then(|mut connection| connection.batch("pragma wal_checkpoint(truncate);"))
            .map_err(stop)?;
        let copied = fs::create_dir_all(&folder)
            .and_then(|()| fs::copy(self.database(), folder.join("sidegate.sqlite")));
        copied.map_err(|e| format!("{}: {e}", folder.display()))?;
        Ok(folder.join("sidegate.sqlite"))
    }

    /// Throws such a copy away.
    pub(crate) fn drop_copy(database: &Path) {
        if let Some(folder) = database.parent() {
            // What stays is thrown away by the next run.
            let _ = fs::remove_dir_all(folder);
        }
    }

    /// The command that serves a database of this company.
    pub(crate) fn serve(&self, program: &Path, database: &Path) -> Command {
        let mut command = self.command(program, database);
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        command
    }

    /// A command of Sidegate on a database of this company; its words are to be added.
    pub(crate) fn command(&self, program: &Path, database: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env(
                "SIDEGATE_DATABASE",
                format!("sqlite:{}", database.display()),
            )
            .env("SIDEGATE_KEY_FILE", self.folder.join("sidegate.key"))
            .current_dir(&self.folder);
        command
    }

    /// How many seconds the filling took, if one run did it.
    pub(crate) fn filled_in(&self) -> Option<f64> {
        fs::read_to_string(self.folder.join(FILLED))
            .ok()?
            .parse()
            .ok()
    }

    /// How many bytes the database has.
    pub(crate) fn bytes(&self) -> u64 {
        fs::metadata(self.database()).map_or(0, |file| file.len())
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
    fill(&engine, company, users, &folder.join(FILLED))?;
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

/// Makes the users that are missing; how long all of them took is kept beside the database.
fn fill(engine: &Engine, company: RecordKey, users: u32, kept: &Path) -> Outcome<()> {
    // The last one there means that all are.
    if find(engine, company, users)?.is_some() {
        return Ok(());
    }
    let began = Instant::now();
    let done = engine.fill_company(company, users, Door::Command, &mut |at| {
        if at.is_multiple_of(100_000) {
            say(&format!("{at} of {users} users"));
        }
    });
    if done.map_err(told)?.made == users {
        let seconds = format!("{:.1}", began.elapsed().as_secs_f64());
        fs::write(kept, seconds).map_err(|e| format!("{}: {e}", kept.display()))?;
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
        work.find(work.object("company-config/user"), &filled_id(number))
    });
    found.wait().map_err(told)
}

fn told(failure: Failure) -> String {
    match failure {
        Failure::Broken(error) => error.to_string(),
        Failure::Refused(problems) => problems.iter().map(|p| p.message() + " ").collect(),
    }
}
