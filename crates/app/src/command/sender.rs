//! `sidegate sender`: the sender IDs of the server, which vouch for XML requests.

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
    /// Make a sender ID of the server, with a generated password
    ///
    /// Prints the password, once, or writes it to --secret-file.
    /// Both are made or neither; a server may run on the database meanwhile.
    /// It reaches the companies that authorise it: sidegate company authorize.
    Create(Create),
    /// List the sender IDs: id, status, number of companies, description, last use and whence
    ///
    /// Prints one line a sender ID, with tabs between the columns.
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
    /// The sender ID; requests write it in the same case, and it never changes
    id: String,
    /// Words about it
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    #[command(flatten)]
    secret: SecretArguments,
}

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode, Stop> {
    match arguments.command {
        Command::Create(create) => {
            let new = NewParty {
                party: Party::Sender,
                id: &create.id,
                words: create.description.as_deref(),
            };
            new.make(create.database, &create.secret)?;
            say(&format!(
                "the sender {} was made; its password is {}; no company authorises it yet: sidegate company authorize does",
                create.id,
                create.secret.place()
            ));
            Ok(ExitCode::SUCCESS)
        }
        Command::List { database } => list(database, Party::Sender, "description"),
    }
}
