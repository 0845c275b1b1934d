//! `sidegate policy`: the transport policies of the server, by which asynchronous XML requests are
//! answered.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use sidegate_engine::offline::policy::NewPolicy;
use sidegate_engine::{Door, Engine};
use sidegate_model::field_type::moment_text;

use super::{Stop, engine_on, print, say};
use crate::settings::DatabaseArguments;

/// Policies listed in one run.
const MOST: u32 = 1_000_000;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a transport policy: where the answers of requests go that name it
    ///
    /// A server may run on the database meanwhile.
    /// Answers are posted to servers of the public network over HTTPS; only the stand-in also posts to
    /// its own machine, over HTTP as well.
    Create(Create),
    /// Let requests name a policy no more, and give up what waits for it
    Disable(Named),
    /// Let requests name a policy again
    Enable(Named),
    /// List the transport policies: id, status, response URL, and HTTP user ID
    ///
    /// Prints one line a policy, with tabs between the columns.
    List {
        #[command(flatten)]
        database: DatabaseArguments,
    },
    /// Tell what became of asynchronous requests, the newest first
    ///
    /// Prints one line a request, with tabs between the columns: when it came, its support id, policy,
    /// sender ID, control ID, how far it came, how often its answer was posted, and what went wrong last.
    /// What is over goes after 30 days.
    Log {
        #[command(flatten)]
        database: DatabaseArguments,
        /// So many of the last requests
        #[arg(long, value_name = "NUMBER", default_value_t = 100)]
        last: u32,
    },
}

#[derive(Args)]
struct Create {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The policy ID; requests write it in the same case, and it never changes
    id: String,
    /// Where answers are posted to, https://...
    #[arg(long, value_name = "URL")]
    url: String,
    /// The user ID that the receiver asks for, in a Basic header
    #[arg(long, value_name = "ID", requires = "password_file")]
    user: Option<String>,
    /// The file with the password that the receiver asks for, in its first line
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
}

#[derive(Args)]
struct Named {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The policy ID
    id: String,
}

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode, Stop> {
    match arguments.command {
        Command::Create(create) => make(create)?,
        Command::Disable(named) => set(named, false)?,
        Command::Enable(named) => set(named, true)?,
        Command::List { database } => {
            let policies = on(database, |engine| Ok(engine.policies(MOST)?))?;
            say("id\tstatus\tresponse URL\tuser");
            for one in policies {
                print(&row(&[&one.id, &one.status, &one.url, &one.user]));
            }
        }
        Command::Log { database, last } => {
            let logged = on(database, |engine| Ok(engine.policy_log(last)?))?;
            say("at\trequest\tpolicy\tsender\tcontrol ID\tstatus\tattempts\tlast error");
            for one in logged {
                print(&row(&[
                    &moment_text(one.at),
                    &one.request,
                    &one.policy,
                    &one.sender,
                    &one.control_id,
                    &one.status,
                    &one.attempts.to_string(),
                    &one.last_error,
                ]));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn make(create: Create) -> Result<(), Stop> {
    let password = create.password_file.as_deref().map(|path| {
        let text = fs::read_to_string(path)
            .map_err(|e| Stop::Failed(format!("{} cannot be read: {e}", path.display())))?;
        Ok::<_, Stop>(text.lines().next().unwrap_or_default().to_owned())
    });
    let password = password.transpose()?;
    let new = NewPolicy {
        id: &create.id,
        url: &create.url,
        account: create.user.as_deref().zip(password.as_deref()),
    };
    on(create.database, |engine| {
        Ok(engine.create_policy(new, Door::Command)?)
    })?;
    say(&format!("the transport policy {} was made", create.id));
    Ok(())
}

fn set(named: Named, active: bool) -> Result<(), Stop> {
    let id = named.id;
    on(named.database, |engine| {
        Ok(engine.set_policy_active(&id, active, Door::Command)?)
    })?;
    let word = if active { "active" } else { "inactive" };
    say(&format!("the transport policy {id} is {word}"));
    Ok(())
}

fn on<T>(
    database: DatabaseArguments,
    act: impl FnOnce(&Engine) -> Result<T, Stop>,
) -> Result<T, Stop> {
    let engine = engine_on(database)?;
    let done = act(&engine);
    engine.stop();
    done
}

/// A line of columns; what would break it stands as blanks.
fn row(columns: &[&str]) -> String {
    let clean = |text: &&str| text.replace(|c: char| c.is_control(), " ");
    columns.iter().map(clean).collect::<Vec<_>>().join("\t")
}
