//! What `sidegate client` and `sidegate sender` do in the same way.

use std::process::ExitCode;

use sidegate_engine::authorizing::Party;
use sidegate_engine::credential::generate;
use sidegate_engine::{Door, Engine};
use sidegate_model::field_type::moment_text;

use super::secret::SecretArguments;
use super::{MOST_COMPANIES, Stop, engine_on, print, say};
use crate::settings::DatabaseArguments;

/// Client applications or senders listed in one run.
const MOST: u32 = 1_000_000;

/// A client application or sender to be made.
pub(super) struct NewParty<'a> {
    pub(super) party: Party,
    pub(super) id: &'a str,
    pub(super) words: Option<&'a str>,
}

impl NewParty<'_> {
    /// Makes it and hands its secret over.
    pub(super) fn make(
        &self,
        database: DatabaseArguments,
        place: &SecretArguments,
    ) -> Result<(), Stop> {
        let engine = engine_on(database)?;
        let secret = generate(engine.source(), self.party.secret_kind());
        let done = place.hand_over(&secret, || {
            engine.create_party(self.party, self.id, self.words, &secret, Door::Command)?;
            Ok(())
        });
        if done.is_ok() {
            say_near(&engine, self.party, self.id);
        }
        engine.stop();
        done
    }
}

/// Says which others are easily taken for this one.
pub(super) fn say_near(engine: &Engine, party: Party, id: &str) {
    // A hint that cannot be had is none.
    let near = engine.near(party, id).unwrap_or_default();
    if !near.is_empty() {
        let (what, near) = (party.called(), near.join(", "));
        say(&format!(
            "note: there is the {what} {near}, which differs from {id} by case or one character"
        ));
    }
}

/// Prints one line each, with what the last column is called on stderr.
pub(super) fn list(
    database: DatabaseArguments,
    party: Party,
    words: &str,
) -> Result<ExitCode, Stop> {
    let engine = engine_on(database)?;
    let listed = engine.parties(party, MOST, MOST_COMPANIES);
    engine.stop();
    let listed = listed?;
    say(&format!("id\tstatus\tcompanies\t{words}\tlast used\tfrom"));
    for one in listed {
        let (id, status, companies, words) = (one.id, one.status, one.companies, one.words);
        let (used, from) = one
            .last_used
            .map_or_else(Default::default, |(at, from)| (moment_text(at), from));
        print(&format!(
            "{id}\t{status}\t{companies}\t{words}\t{used}\t{from}"
        ));
    }
    Ok(ExitCode::SUCCESS)
}
