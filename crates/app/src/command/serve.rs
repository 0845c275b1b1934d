//! `sidegate serve`: production. None of the stand-in's controls exist here.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;
use sidegate_engine::key_file::KeyFile;
use sidegate_engine::{Engine, Settings as EngineSettings, Source};

use super::{Stop, print, registry, there};
use crate::doors;
use crate::settings::{DatabaseArguments, only_loopback};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: DatabaseArguments,
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
}

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode, Stop> {
    let settings = arguments.database.settle()?;
    let listen = arguments
        .listen
        .or(settings.listen)
        .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080)));
    only_loopback(listen, "serve")?;
    there(&settings.location)?;
    doors::log(arguments.log_json);
    let source = Source::system();
    let keys = KeyFile::open_or_create(&settings.key_file, &source)?;
    let usual = EngineSettings::usual(settings.location.dialect());
    let engine = Engine::start(registry()?, settings.location, keys, source, usual)?;
    doors::serve(&engine, listen, |address| {
        print(&format!("Sidegate serves on http://{address}"));
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}
