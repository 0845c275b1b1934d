//! `sidegate migrate`: brings a database to this version's schema.

use std::process::ExitCode;

use clap::Args;
use sidegate_engine::Source;
use sidegate_store::backend::Access;
use sidegate_store::migrate::{MIGRATIONS, migrate};
use sidegate_store::{Connection, Location};

use super::{Stop, make_private, print};
use crate::settings::DatabaseArguments;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,
}

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode, Stop> {
    let settings = arguments.database.settle()?;
    if let Location::Sqlite(path) = &settings.location
        && !path.exists()
    {
        make_private(path)?;
    }
    let mut connection = Connection::open(&settings.location, Access::Write)?;
    let steps = migrate(&mut connection, MIGRATIONS, Source::system().now())?;
    print(&match steps {
        0 => "the schema is current; nothing was to do".to_owned(),
        1 => "1 step was applied; the schema is current".to_owned(),
        n => format!("{n} steps were applied; the schema is current"),
    });
    Ok(ExitCode::SUCCESS)
}
