//! `sidegate audit verify`: walks the chain of every company.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use sidegate_engine::audit::{Verdict, verify_stride};
use sidegate_engine::key_file::KeyFile;
use sidegate_engine::{Call, Door, Engine, Settings as EngineSettings, Source};
use sidegate_model::RecordKey;

use super::{Stop, print, registry, there};
use crate::settings::DatabaseArguments;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Check that no entry was changed, added or taken away
    Verify {
        #[command(flatten)]
        database: DatabaseArguments,
        /// Only this company
        #[arg(long, value_name = "ID")]
        company: Option<String>,
    },
}

/// Companies looked at in one run.
const MOST_COMPANIES: u32 = 1_000_000;

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode, Stop> {
    let Command::Verify { database, company } = arguments.command;
    let settings = database.settle()?;
    there(&settings.location)?;
    let keys = KeyFile::open(&settings.key_file)?;
    let usual = EngineSettings::usual(settings.location.dialect());
    let engine = Engine::start(
        registry()?,
        settings.location,
        keys,
        Source::system(),
        usual,
    )?;
    let companies = engine.companies(MOST_COMPANIES)?;
    let mut whole = true;
    let mut seen = 0;
    for (key, id) in companies
        .iter()
        .filter(|(_, id)| company.as_ref().is_none_or(|only| only == id))
    {
        seen += 1;
        match verify(&engine, *key)? {
            Verdict::Whole { entries } => {
                print(&format!("{id}: {entries} entries, the chain is whole"));
            }
            Verdict::Broken { entry, reason } => {
                whole = false;
                print(&format!(
                    "{id}: the chain breaks at entry {entry}: {reason}"
                ));
            }
        }
    }
    engine.stop();
    match (company, seen) {
        (Some(id), 0) => Err(Stop::Failed(format!("there is no company {id}"))),
        _ => Ok(ExitCode::from(u8::from(!whole))),
    }
}

fn verify(engine: &Engine, company: RecordKey) -> Result<Verdict, Stop> {
    let mut last = (0, Vec::new());
    loop {
        let (number, hash) = last.clone();
        let call = Call::system(Some(company), Door::Command);
        match engine
            .read(call, move |work| verify_stride(work, number, &hash))
            .wait()?
        {
            Ok(next) => last = next,
            Err(verdict) => return Ok(verdict),
        }
    }
}
