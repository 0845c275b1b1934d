//! `sidegate serve`: production. None of the stand-in's controls exist here.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;
use sidegate_engine::key_file::KeyFile;
use sidegate_engine::mail::{CredentialMail, Delivery, MailSettings};
use sidegate_engine::{Engine, Settings as EngineSettings, Source};

use super::{Stop, check, print, registry, there};
use crate::doors;
use crate::mail_settings::MailArguments;
use crate::settings::{DatabaseArguments, Settings, only_loopback};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    mail: MailArguments,
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(
        long,
        env = "SIDEGATE_LISTEN",
        hide_env_values = true,
        value_name = "ADDRESS"
    )]
    listen: Option<SocketAddr>,
    /// Write the log as JSON
    #[arg(long, env = "SIDEGATE_LOG_JSON", hide_env_values = true)]
    log_json: bool,
    /// Look whether it could serve, and end: 0 when nothing is wrong, otherwise 1
    ///
    /// Prints what it finds of settings, address, key file, database and schema, and what to do
    /// about what is wrong.
    /// Starts nothing and changes nothing.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode, Stop> {
    if arguments.check {
        return Ok(check::run(
            arguments.database,
            arguments.mail,
            arguments.listen,
        ));
    }
    let settings = arguments.database.settle()?;
    let listen = address(arguments.listen, &settings);
    only_loopback(listen, "serve")?;
    let mail = arguments
        .mail
        .settle(settings.mail.clone(), CredentialMail::RevealLink)?;
    there(&settings.location)?;
    doors::log(arguments.log_json);
    let source = Source::system();
    let registry = registry()?;
    if !settings.key_file.exists() {
        check::takes_new_keys(&registry, &settings)?;
    }
    let keys = KeyFile::open_or_create(&settings.key_file, &source)?;
    let usual = EngineSettings {
        mail: mail.clone(),
        ..EngineSettings::usual(settings.location.dialect())
    };
    let engine = Engine::start(registry, settings.location, keys, source, usual)?;
    // Only now: who cannot serve at all hears of that alone.
    warn(&mail);
    let router = sidegate_web::router(engine.clone());
    doors::serve(
        &engine,
        listen,
        |_| router,
        |address| {
            print(&format!("Sidegate serves on http://{address}"));
            Ok(())
        },
    )?;
    Ok(ExitCode::SUCCESS)
}

/// Says in the log what an operator should know of her settings of mail.
fn warn(mail: &MailSettings) {
    if mail.credentials == CredentialMail::Password {
        tracing::warn!(
            "credential_mail is password: whoever reads a user's mail reads her password; reveal-link sends a link that shows it once"
        );
    }
    if matches!(mail.delivery, Delivery::Nothing) {
        tracing::warn!(
            "no mail server is named (smtp.host), so mails wait in the outbox; new users and reset passwords need one"
        );
    }
}

/// Where to listen: as the command line or the environment says, or the file, or the usual place.
pub(super) fn address(given: Option<SocketAddr>, settings: &Settings) -> SocketAddr {
    given
        .or(settings.listen)
        .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)))
}
