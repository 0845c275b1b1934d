//! `sidegate init`: everything that `serve` needs, in a place where there is nothing yet.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use sidegate_engine::credential::{SecretKind, generate};
use sidegate_engine::key_file::{KeyFile, KeyFileError};
use sidegate_engine::{Door, Engine, Settings as EngineSettings, Source};
use sidegate_store::backend::Access;
use sidegate_store::migrate::{MIGRATIONS, Standing, migrate, standing};
use sidegate_store::{Connection, Location};

use super::company::{Named, PermissionType, made};
use super::secret::SecretArguments;
use super::{Stop, make_private, registry, say};
use crate::settings::{DatabaseArguments, Settings};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// Also make a first company of this id, with a full administrator
    #[arg(long, value_name = "ID", requires_all = ["name", "admin", "email"])]
    company: Option<String>,
    /// The company's name
    #[arg(long, requires = "company")]
    name: Option<String>,
    /// How its users get permissions
    #[arg(
        long,
        value_name = "TYPE",
        default_value = "role-based",
        requires = "company"
    )]
    permission_type: PermissionType,
    /// The administrator's user id, also the name of her contact
    #[arg(long, value_name = "USER", requires = "company")]
    admin: Option<String>,
    /// The administrator's e-mail address
    #[arg(long, value_name = "ADDRESS", requires = "company")]
    email: Option<String>,
    /// The administrator's first name [default: the user id]
    #[arg(long, value_name = "NAME", requires = "company")]
    first_name: Option<String>,
    /// The administrator's last name [default: Administrator]
    #[arg(long, value_name = "NAME", requires = "company")]
    last_name: Option<String>,
    #[command(flatten)]
    secret: SecretArguments,
}

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode, Stop> {
    let settings = arguments.database.settle()?;
    let source = Source::system();
    nothing_is_there(&settings)?;
    // Required with a company, which clap sees to.
    let (Some(id), Some(name), Some(admin), Some(email)) = (
        &arguments.company,
        &arguments.name,
        &arguments.admin,
        &arguments.email,
    ) else {
        if arguments.secret.names_a_file() {
            return Err(Stop::Usage(
                "--secret-file needs --company, whose administrator the secret is for".to_owned(),
            ));
        }
        prepare(&settings, &source)?;
        ready(&settings);
        return Ok(ExitCode::SUCCESS);
    };
    let named = Named {
        id,
        name,
        permission_type: arguments.permission_type,
        admin,
        email,
        first_name: arguments.first_name.as_deref(),
        last_name: arguments.last_name.as_deref(),
    };
    let registry = registry()?;
    // Looked at before anything is made.
    let founding = named.founding(&registry)?;
    // The secret's file may go to the same folder.
    folder_of(&settings.key_file)?;
    let secret = generate(&source, SecretKind::User);
    arguments.secret.hand_over(&secret, || {
        let keys = prepare(&settings, &source)?;
        let location = settings.location.clone();
        let usual = EngineSettings::usual(location.dialect());
        let engine = Engine::start(registry, location, keys, source.clone(), usual)?;
        let done = engine.found_company(founding, &secret, Door::Command);
        engine.stop();
        match done.map_err(Stop::from) {
            Ok(_) => Ok(()),
            Err(stop) => Err(Stop::Failed(format!(
                "{stop}; key file and database are made, only the company is not: make it with sidegate company create"
            ))),
        }
    })?;
    made(id, admin, &arguments.secret);
    ready(&settings);
    Ok(ExitCode::SUCCESS)
}

/// Refuses a place that holds something: what is there is never overwritten.
fn nothing_is_there(settings: &Settings) -> Result<(), Stop> {
    if settings.key_file.exists() {
        let path = settings.key_file.display().to_string();
        return Err(KeyFileError::Exists { path }.into());
    }
    match &settings.location {
        Location::Sqlite(path) if path.exists() => Err(Stop::Failed(format!(
            "there is a database {} already, and it is left as it is; name another place, or serve it with the key file that belongs to it",
            path.display()
        ))),
        Location::Sqlite(_) => Ok(()),
        Location::Postgres(_) => {
            let mut connection = Connection::open(&settings.location, Access::Read)?;
            match standing(&mut connection, MIGRATIONS)? {
                Standing::Behind(steps) if steps == MIGRATIONS.len() => Ok(()),
                _ => Err(Stop::Failed(
                    "the database holds a Sidegate already, and it is left as it is; name an empty one, or serve it with the key file that belongs to it".to_owned(),
                )),
            }
        }
    }
}

/// Makes the key file and the database; neither stays without the other.
fn prepare(settings: &Settings, source: &Source) -> Result<KeyFile, Stop> {
    folder_of(&settings.key_file)?;
    let keys = KeyFile::create(&settings.key_file, source)?;
    let done = make_database(&settings.location, source);
    if done.is_err() {
        let _ = fs::remove_file(&settings.key_file);
    }
    done.map(|()| keys)
}

fn make_database(location: &Location, source: &Source) -> Result<(), Stop> {
    if let Location::Sqlite(path) = location {
        folder_of(path)?;
        make_private(path)?;
    }
    let migrated = Connection::open(location, Access::Write)
        .and_then(|mut connection| migrate(&mut connection, MIGRATIONS, source.now()));
    if let (Err(_), Location::Sqlite(path)) = (&migrated, location) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = fs::remove_file(PathBuf::from(format!("{}{suffix}", path.display())));
        }
    }
    migrated?;
    Ok(())
}

/// Makes the folder that a file goes to, for this account only, unless it is there.
fn folder_of(file: &Path) -> Result<(), Stop> {
    let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty()) else {
        return Ok(());
    };
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|e| {
        Stop::Failed(format!(
            "the folder {} cannot be made: {e}",
            folder.display()
        ))
    })
}

fn ready(settings: &Settings) {
    let database = match &settings.location {
        Location::Sqlite(path) => format!("sqlite:{}", path.display()),
        // A connection text may hold a password.
        Location::Postgres(_) => "postgres://...".to_owned(),
    };
    say(&format!(
        "ready; keep a copy of the key file apart, and go on with: sidegate serve --database {database} --key-file {}",
        settings.key_file.display()
    ));
}
