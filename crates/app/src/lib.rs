//! The process: settings and commands. No logic lives here.

pub mod command;
pub mod demo_data;
mod door_settings;
mod doors;
mod mail_settings;
mod settings;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Web Services users, their senders, roles and restrictions, self-hosted.
#[derive(Parser)]
#[command(name = "sidegate", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check the audit trail
    Audit(command::audit::Arguments),
    /// Make and list the client applications that vouch for REST requests
    Client(command::client::Arguments),
    /// Make and list companies, and say who may reach them
    Company(command::company::Arguments),
    /// Serve a ready company for development, on this machine only
    Demo(command::demo::Arguments),
    /// Make key file and database ready for serve, perhaps with a first company
    Init(command::init::Arguments),
    /// Look after the keys that hash and seal what a database holds
    Key(command::key::Arguments),
    /// Bring a database to this version's schema
    Migrate(command::migrate::Arguments),
    /// Make and list the transport policies by which asynchronous XML requests are answered
    Policy(command::policy::Arguments),
    /// Write the reference pages
    #[command(hide = true)]
    Reference(command::reference::Arguments),
    /// Look at the database's schema
    Schema(command::schema::Arguments),
    /// Make and list the sender IDs that vouch for XML requests
    Sender(command::sender::Arguments),
    /// Serve a database
    Serve(command::serve::Arguments),
    /// Make a certificate for the stand-in, and tell how one client comes to trust it
    Trust(command::trust::Arguments),
}

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Audit(arguments) => command::audit::run(arguments),
        Command::Client(arguments) => command::client::run(arguments),
        Command::Company(arguments) => command::company::run(arguments),
        Command::Demo(arguments) => command::demo::run(&arguments),
        Command::Init(arguments) => command::init::run(arguments),
        Command::Key(arguments) => command::key::run(arguments),
        Command::Migrate(arguments) => command::migrate::run(arguments),
        Command::Policy(arguments) => command::policy::run(arguments),
        Command::Reference(arguments) => command::reference::run(&arguments),
        Command::Schema(arguments) => command::schema::run(arguments),
        Command::Sender(arguments) => command::sender::run(arguments),
        Command::Serve(arguments) => command::serve::run(arguments),
        Command::Trust(arguments) => command::trust::run(&arguments),
    };
    match done {
        Ok(code) => code,
        Err(stop) => {
            command::say(&format!("sidegate: {stop}"));
            ExitCode::from(stop.code())
        }
    }
}
