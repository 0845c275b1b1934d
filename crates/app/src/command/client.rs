//! `sidegate client`: the client applications of the server, which vouch for REST requests.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use sidegate_engine::authorizing::Party;

use super::party::{NewParty, list};
use super::secret::SecretArguments;
use super::{Stop, say};
use crate::settings::DatabaseArguments;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a client application of the server, with a generated secret
    ///
    /// Prints the secret, once, or writes it to --secret-file.
    /// Both are made or neither; a server may run on the database meanwhile.
    /// It gets tokens once a company authorises it: sidegate company authorize.
    Create(Create),
    /// List the client applications: id, status, number of companies, name, last use and whence
    ///
    /// Prints one line a client application, with tabs between the columns.
    /// Companies count in which a row for it is active.
    /// The last use of a secret is at most some seconds behind; unused ones have none.
    List {
        #[command(flatten)]
        database: DatabaseArguments,
    },
}

#[derive(Args)]
struct Create {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The client ID; requests write it in the same case, and it never changes
    id: String,
    /// The client application's name
    #[arg(long)]
    name: String,
    #[command(flatten)]
    secret: SecretArguments,
}

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode, Stop> {
    match arguments.command {
        Command::Create(create) => {
            let new = NewParty {
                party: Party::Client,
                id: &create.id,
                words: Some(&create.name),
            };
            new.make(create.database, &create.secret)?;
            say(&format!(
                "the client application {} was made; its secret is {}; no company authorises it yet: sidegate company authorize does",
                create.id,
                create.secret.place()
            ));
            Ok(ExitCode::SUCCESS)
        }
        Command::List { database } => list(database, Party::Client, "name"),
    }
}
