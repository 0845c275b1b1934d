//! `sidegate audit verify`: walks the chain of every company.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use sidegate_engine::audit::{Verdict, verify_stride};
use sidegate_engine::{Call, Door, Engine};
use sidegate_model::RecordKey;

use super::{MOST_COMPANIES, Stop, engine_on, print};
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

pub(crate) fn run(arguments: Arguments) -> Result<ExitCode, Stop> {
    let Command::Verify { database, company } = arguments.command;
    let engine = engine_on(database)?;
    let companies = engine.companies(MOST_COMPANIES)?;
    let mut whole = true;
    let mut seen = 0;
    for sidegate_engine::server::Company { key, id, .. } in companies
        .iter()
        .filter(|known| company.as_ref().is_none_or(|only| *only == known.id))
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
