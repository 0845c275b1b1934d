//! `sidegate key`: the numbered keys of the key file.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use sidegate_engine::Source;
use sidegate_engine::key_file::KeyFile;
use sidegate_model::field_type::moment_text;

use super::{MOST_COMPANIES, Stop, engine_on, print, say};
use crate::settings::DatabaseArguments;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show each key: number, when it was made, and how many stored hashes and sealed values name it
    ///
    /// Prints one line a key, with tabs between the columns, the newest last.
    /// Ends with 1 when the database names keys that are not in the file.
    List {
        #[command(flatten)]
        database: DatabaseArguments,
    },
    /// Add a key to the key file, for all that is hashed and sealed from now on
    ///
    /// Prints the new key's number.
    /// What older keys hashed and sealed stays good, so keep them in the file.
    /// A running server takes the new key up when it is started again; several nodes need the same file.
    Rotate {
        #[command(flatten)]
        database: DatabaseArguments,
    },
}

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode, Stop> {
    match arguments.command {
        Command::List { database } => list(database),
        Command::Rotate { database } => rotate(database),
    }
}

fn list(database: DatabaseArguments) -> Result<ExitCode, Stop> {
    let engine = engine_on(database)?;
    let used = engine.keys_in_use(MOST_COMPANIES);
    engine.stop();
    let used = used?;
    say("number\tmade\thashes\tsealed");
    for key in used.keys {
        let made = key.made.map_or_else(|| "unknown".to_owned(), moment_text);
        let (number, hashes, sealed) = (key.number, key.hashes, key.sealed);
        print(&format!("{number}\t{made}\t{hashes}\t{sealed}"));
    }
    if used.unknown == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    Err(Stop::Failed(format!(
        "{} stored values name keys that are not in the key file; restore the file that has them",
        used.unknown
    )))
}

fn rotate(database: DatabaseArguments) -> Result<ExitCode, Stop> {
    let path = database.key_file()?;
    let number = KeyFile::rotate(&path, &Source::system())?;
    print(&number.to_string());
    say(&format!(
        "the key file {} has a new key {number}; keep a copy of the file, and restart what serves with it",
        path.display()
    ));
    Ok(ExitCode::SUCCESS)
}
