//! `sidegate schema`: what the declarations ask of the database, and what it has.

use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use sidegate_store::backend::Access;
use sidegate_store::sql::difference::difference;
use sidegate_store::sql::introspect;
use sidegate_store::sql::schema::Schema;
use sidegate_store::{Connection, Dialect};

use super::{Stop, print, registry, there};
use crate::settings::DatabaseArguments;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Propose the statements that bring a database to what the declarations derive
    Diff {
        #[command(flatten)]
        database: DatabaseArguments,
    },
    /// Print what the declarations derive, for an empty database
    Derive {
        /// Which SQL
        #[arg(long)]
        dialect: Speech,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Speech {
    Sqlite,
    Postgres,
}

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode, Stop> {
    let registry = registry()?;
    match arguments.command {
        Command::Derive { dialect } => {
            let dialect = match dialect {
                Speech::Sqlite => Dialect::Sqlite,
                Speech::Postgres => Dialect::Postgres,
            };
            print(&Schema::derived(&registry, dialect).ddl(dialect));
            Ok(ExitCode::SUCCESS)
        }
        Command::Diff { database } => {
            let settings = database.settle()?;
            there(&settings.location)?;
            let mut connection = Connection::open(&settings.location, Access::Write)?;
            let found = introspect::schema(&mut connection)?;
            let dialect = connection.dialect();
            let steps = difference(&Schema::derived(&registry, dialect), &found, dialect);
            for step in &steps {
                print(step);
            }
            // Like diff(1): 1 when there is a difference.
            Ok(ExitCode::from(u8::from(!steps.is_empty())))
        }
    }
}
