//! Settings of a server: flags before environment before file before defaults.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;
use sidegate_engine::Location;

use crate::command::Stop;
use crate::door_settings::{DoorFile, TlsTable};
use crate::mail_settings::{MailFile, SmtpTable, Way};

/// What every command that touches a database needs to know.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct DatabaseArguments {
    /// A file with settings, TOML
    #[arg(
        long,
        env = "SIDEGATE_CONFIG",
        hide_env_values = true,
        value_name = "FILE"
    )]
    config: Option<PathBuf>,
    /// sqlite:FILE, or postgres:// with a connection address
    #[arg(
        long,
        env = "SIDEGATE_DATABASE",
        hide_env_values = true,
        value_name = "PLACE"
    )]
    database: Option<String>,
    /// The file with the keys that hash and seal what the database holds
    #[arg(
        long,
        env = "SIDEGATE_KEY_FILE",
        hide_env_values = true,
        value_name = "FILE"
    )]
    key_file: Option<PathBuf>,
}

/// The file.
#[derive(Deserialize, Debug, Default)]
#[serde(deny_unknown_fields)]
struct File {
    database: Option<String>,
    key_file: Option<PathBuf>,
    listen: Option<SocketAddr>,
    public_url: Option<String>,
    credential_mail: Option<Way>,
    smtp: Option<SmtpTable>,
    public_names: Option<Vec<String>>,
    tls: Option<TlsTable>,
    trusted_proxies: Option<Vec<String>>,
    max_connections: Option<u32>,
}

/// Settings, settled.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) location: Location,
    pub(crate) key_file: PathBuf,
    /// What the file says of mail.
    pub(crate) mail: MailFile,
    /// What the file says of the way in.
    pub(crate) door: DoorFile,
}

impl DatabaseArguments {
    pub(crate) fn settle(self) -> Result<Settings, Stop> {
        let file = self.file()?;
        let database = self.database.or(file.database).ok_or_else(|| {
            Stop::Usage("no database is named; give --database sqlite:FILE or postgres://..., or set SIDEGATE_DATABASE".to_owned())
        })?;
        let location = location(&database)?;
        let beside = || match &location {
            Location::Sqlite(path) => path.with_file_name("sidegate.key"),
            Location::Postgres(_) => PathBuf::from("sidegate.key"),
        };
        let key_file = self.key_file.or(file.key_file).unwrap_or_else(beside);
        Ok(Settings {
            location,
            key_file,
            mail: MailFile {
                public_url: file.public_url,
                credential_mail: file.credential_mail,
                smtp: file.smtp.unwrap_or_default(),
            },
            door: DoorFile {
                listen: file.listen,
                public_names: file.public_names,
                tls: file.tls.unwrap_or_default(),
                trusted_proxies: file.trusted_proxies,
                max_connections: file.max_connections,
            },
        })
    }
}

impl DatabaseArguments {
    /// The key file alone; the database need not be named where the key file is.
    pub(crate) fn key_file(self) -> Result<PathBuf, Stop> {
        let named = match self.key_file.clone() {
            Some(path) => Some(path),
            None => self.file()?.key_file,
        };
        match named {
            Some(path) => Ok(path),
            None => Ok(self.settle()?.key_file),
        }
    }

    fn file(&self) -> Result<File, Stop> {
        let read = self.config.as_deref().map(read).transpose()?;
        Ok(read.unwrap_or_default())
    }
}

fn read(path: &Path) -> Result<File, Stop> {
    let shown = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|e| Stop::Usage(format!("the settings file {shown} cannot be read: {e}")))?;
    toml::from_str(&text).map_err(|e| {
        let line = e
            .span()
            .map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        Stop::Usage(format!("{shown}:{line}: {}", e.message()))
    })
}

fn location(text: &str) -> Result<Location, Stop> {
    if let Some(path) = text.strip_prefix("sqlite:") {
        return Ok(Location::Sqlite(PathBuf::from(path)));
    }
    let postgres = ["postgres://", "postgresql://", "host="]
        .iter()
        .any(|prefix| text.starts_with(prefix));
    if postgres {
        return Ok(Location::Postgres(text.to_owned()));
    }
    Err(Stop::Usage(
        "the database must be sqlite:FILE, postgres://... or host=... keywords".to_owned(),
    ))
}
