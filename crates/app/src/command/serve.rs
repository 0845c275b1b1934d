//! `sidegate serve`: production. None of the stand-in's controls exist here.

use std::process::ExitCode;

use clap::Args;
use sidegate_engine::key_file::KeyFile;
use sidegate_engine::mail::{CredentialMail, Delivery, MailSettings};
use sidegate_engine::{Engine, Settings as EngineSettings, Source};
use sidegate_web::gate::{self, Gate, Names};

use super::{Stop, check, print, registry, there};
use crate::door_settings::DoorArguments;
use crate::doors::tls::{Certificate, Files};
use crate::doors::{self, Door};
use crate::mail_settings::MailArguments;
use crate::settings::DatabaseArguments;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,
    #[command(flatten)]
    mail: MailArguments,
    #[command(flatten)]
    door: DoorArguments,
    /// Write the log as JSON
    #[arg(long, env = "SIDEGATE_LOG_JSON", hide_env_values = true)]
    log_json: bool,
    /// Look whether it could serve, and end: 0 when nothing is wrong, otherwise 1
    ///
    /// Prints what it finds of settings, address, certificate, names, key file, database and schema,
    /// and what to do about what is wrong.
    /// Starts nothing and changes nothing.
    #[arg(long)]
    check: bool,
}

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode, Stop> {
    if arguments.check {
        return Ok(check::run(
            arguments.database,
            arguments.mail,
            arguments.door,
        ));
    }
    let settings = arguments.database.settle()?;
    let url = arguments.mail.public_url(&settings.mail);
    let door = arguments.door.settle(settings.door.clone(), url)?;
    door.reach()?;
    let mail = arguments
        .mail
        .settle(settings.mail.clone(), CredentialMail::RevealLink)?;
    // What is wrong with the files is told before there is a log.
    door.tls.as_ref().map(Files::read).transpose()?;
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
    let gate = Gate {
        proxies: door.proxies.clone(),
        names: door.names(),
        aliases: Names::default(),
        speaks_tls: door.tls.is_some(),
    };
    let certificate = door
        .tls
        .map(|files| Certificate::watch(files, engine.source().clone()))
        .transpose()?;
    let scheme = if gate.speaks_tls { "https" } else { "http" };
    let router = gate::behind(gate, engine.clone(), sidegate_web::router(engine.clone()));
    let door = Door {
        listen: door.listen,
        flag: "--listen",
        tls: certificate,
        proxies: door.proxies,
        connections: door.connections,
    };
    doors::serve(
        &engine,
        vec![door],
        |_| vec![router],
        |addresses| {
            for address in addresses {
                print(&format!("Sidegate serves on {scheme}://{address}"));
            }
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
