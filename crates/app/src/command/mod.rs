//! One file a command.

pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod client;
pub(crate) mod company;
pub(crate) mod demo;
pub(crate) mod init;
pub(crate) mod key;
pub(crate) mod migrate;
mod party;
pub(crate) mod policy;
pub mod reference;
pub(crate) mod schema;
pub(crate) mod secret;
pub(crate) mod sender;
pub(crate) mod serve;
pub(crate) mod trust;

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;
use std::sync::Arc;

use sidegate_engine::key_file::{KeyFile, KeyFileError};
use sidegate_engine::{Engine, Settings as EngineSettings, Source};
use sidegate_model::{Failure, Registry};
use sidegate_store::{Location, StoreError};

use crate::settings::DatabaseArguments;

/// Companies looked at in one run.
pub(crate) const MOST_COMPANIES: u32 = 1_000_000;

/// Why a command ended; each is one line that says what to do.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// The arguments or settings cannot be used: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// Something that the command needs is not as it should be: exit code 1.
    #[error("{0}")]
    Failed(String),
}

impl Stop {
    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Failed(_) => 1,
        }
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(match error {
            StoreError::Again(text) => format!(
                "the database is locked by another process; stop that process first ({text})"
            ),
            other => other.to_string(),
        })
    }
}

impl From<KeyFileError> for Stop {
    fn from(error: KeyFileError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(match failure {
            Failure::Broken(error) => error.to_string(),
            Failure::Refused(problems) => {
                let texts: Vec<String> = problems
                    .iter()
                    .map(sidegate_model::Problem::message)
                    .collect();
                texts.join("; ")
            }
        })
    }
}

/// The shipped declarations; a broken one stops the start with file, line, field and reason.
pub(crate) fn registry() -> Result<Arc<Registry>, Stop> {
    Registry::shipped().map(Arc::new).map_err(|broken| {
        let lines: Vec<String> = broken.iter().map(ToString::to_string).collect();
        Stop::Failed(format!(
            "the declarations are broken:\n{}",
            lines.join("\n")
        ))
    })
}

/// An engine on a database and a key file that are there already.
pub(crate) fn engine_on(database: DatabaseArguments) -> Result<Engine, Stop> {
    let settings = database.settle()?;
    there(&settings.location)?;
    let keys = KeyFile::open(&settings.key_file)?;
    let usual = EngineSettings::usual(settings.location.dialect());
    Ok(Engine::start(
        registry()?,
        settings.location,
        keys,
        Source::system(),
        usual,
    )?)
}

/// Refuses a database that is not there, before anything is made in its place.
pub(crate) fn there(location: &Location) -> Result<(), Stop> {
    match location {
        Location::Sqlite(path) if !path.exists() => {
            let shown = path.display();
            Err(Stop::Failed(format!(
                "there is no database {shown}; make one with: sidegate migrate --database sqlite:{shown}"
            )))
        }
        _ => Ok(()),
    }
}

/// Makes the file of a SQLite database. Only this account reads it; SQLite gives the files beside it
/// the same mode.
pub(crate) fn make_private(path: &Path) -> Result<(), Stop> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    made.map(drop).map_err(|e| {
        Stop::Failed(format!(
            "the database {} cannot be made: {e}",
            path.display()
        ))
    })
}

/// Writes a file that only this account reads.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), Stop> {
    let written = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| {
            file.set_permissions(fs::Permissions::from_mode(0o600))?;
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
    written.map_err(|e| Stop::Failed(format!("{} cannot be written: {e}", path.display())))
}

/// A line of data on stdout. A reader that went away is no error.
pub(crate) fn print(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A line for people on stderr.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
