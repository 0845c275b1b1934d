//! IDs that are easily taken for one another: told to those who run the server or administer a company,
//! never to a caller, who would learn which ones exist.

use sidegate_model::text::fold;
use sidegate_model::{RecordKey, Result};

use crate::actor::{Call, Door};
use crate::authorizing::Party;
use crate::engine::Engine;
use crate::work::Work;

/// So many are looked at.
const MOST_LOOKED_AT: u32 = 100_000;
/// So many are told.
const MOST_TOLD: usize = 3;
/// Shorter ids are all alike.
const LEAST: usize = 3;

/// Whether two different ids differ by case, or besides by one character: another one, one more or less.
fn is_near(one: &str, other: &str) -> bool {
    if one == other {
        return false;
    }
    let (one, other) = (fold(one), fold(other));
    let (mut long, mut short): (Vec<char>, Vec<char>) =
        (one.chars().collect(), other.chars().collect());
    if long.len() < short.len() {
        std::mem::swap(&mut long, &mut short);
    }
    if short.len() < LEAST || long.len() - short.len() > 1 {
        return long == short;
    }
    let same = long.iter().zip(&short).take_while(|(a, b)| a == b).count();
    let rest = if long.len() == short.len() {
        short.get(same + 1..).unwrap_or_default()
    } else {
        &short[same..]
    };
    long.get(same + 1..).unwrap_or_default() == rest
}

impl Work<'_> {
    /// The ids of client applications or senders that this one may have been meant to be.
    pub(crate) fn near(&mut self, party: Party, id: &str) -> Result<Vec<String>> {
        let rows = self.all(party.object(), &["id"], &[], MOST_LOOKED_AT)?;
        let ids = rows.iter().filter_map(|row| row[0].as_text());
        let near = ids.filter(|known| is_near(known, id));
        Ok(near.take(MOST_TOLD).map(str::to_owned).collect())
    }
}

impl Engine {
    /// The ids of client applications or senders of the server that differ from this one by case or by
    /// one character, a few of them.
    ///
    /// # Errors
    /// What the database says.
    pub fn near(&self, party: Party, id: &str) -> Result<Vec<String>> {
        let id = id.to_owned();
        let server: Option<RecordKey> = None;
        let found = self.read(Call::system(server, Door::Command), move |work| {
            work.near(party, &id)
        });
        found.wait()
    }
}

#[cfg(test)]
mod tests {
    use super::is_near;

    #[test]
    fn ids_are_near_by_case_or_by_one_character() {
        for (one, other) in [
            ("acme-sync", "Acme-Sync"),
            ("acme-sync", "acme-synk"),
            ("acme-sync", "bcme-sync"),
            ("acme-sync", "acme-syncs"),
            ("acme-sync", "acme-snc"),
            ("acme-sync", "xacme-sync"),
            ("acme-sync", "ACME-SYN"),
            ("Größe", "GRÖSSe"),
            ("ab", "AB"),
        ] {
            let wanted = one != "Größe";
            assert_eq!(is_near(one, other), wanted, "{one} {other}");
            assert_eq!(is_near(other, one), wanted, "{other} {one}");
        }
    }

    #[test]
    fn other_ids_are_not_near() {
        for (one, other) in [
            ("acme-sync", "acme-sync"),
            ("acme-sync", "acme-snyc"),
            ("acme-sync", "acme-sy"),
            ("acme-sync", "beta"),
            ("ab", "ac"),
            ("a", ""),
            ("", ""),
        ] {
            assert!(!is_near(one, other), "{one} {other}");
            assert!(!is_near(other, one), "{other} {one}");
        }
    }
}
