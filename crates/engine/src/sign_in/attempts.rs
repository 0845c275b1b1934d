//! Failed sign-ins of a user: counted by source, delayed, and the automatic lock at the end of it.
//!
//! Rows of the company, written under its lock, so that all nodes count together and no number of
//! attempts at once gets more than the company's maximum.

use std::net::IpAddr;

use sidegate_model::{RecordKey, Result, Value};

use super::USER;
use crate::pipeline::Leave;
use crate::sign_in::draft_of;
use crate::work::Work;

pub(crate) const ATTEMPT: &str = "sidegate/sign-in-attempt";

const SECOND: i64 = 1_000_000;
/// After so long a failure counts no more.
const COUNTED_FOR: i64 = 24 * 3600 * SECOND;
/// From this failure on the next attempt has to wait.
const FIRST_DELAYED: i64 = 3;
/// The longest delay.
const LONGEST_DELAY: i64 = 900 * SECOND;
/// Attempts of one user are counted by so many sources at most; beyond them the oldest goes.
const MOST_SOURCES: usize = 100;
const ALL: u32 = 1000;
/// So long after the last attempt none of them is still being compared.
const COMPARED_WITHIN: i64 = 60 * SECOND;

/// What counts against a user just now.
pub(super) struct Attempts {
    user: RecordKey,
    /// How many failures lock; none means that nothing does.
    most: Option<i64>,
    sources: Vec<Counted>,
}

struct Counted {
    key: RecordKey,
    source: String,
    failures: i64,
    last: i64,
    delayed_until: Option<i64>,
}

/// What is counted together: an address; of IPv6, where everybody has many, the network.
pub(super) fn source_of(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(v6)) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.to_string(),
            None => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        },
        Ok(IpAddr::V4(v4)) => v4.to_string(),
        Err(_) => address.chars().take(100).collect(),
    }
}

/// How long nothing is compared after so many failures: a second after the third, then always twice
/// as long.
fn delay_after(failures: i64) -> i64 {
    let doubled = match u32::try_from(failures - FIRST_DELAYED) {
        Ok(times) => SECOND << times.min(30),
        Err(_) => 0,
    };
    doubled.min(LONGEST_DELAY)
}

impl Attempts {
    /// What was counted for a user within a day, under the company's maximum.
    pub(super) fn of(work: &mut Work<'_>, user: RecordKey, most: Option<i64>) -> Result<Self> {
        let fields = ["key", "source", "failures", "lastAt", "delayedUntil"];
        let rows = work.all(ATTEMPT, &fields, &[("user.key", Value::Key(user))], ALL)?;
        let since = work.now() - COUNTED_FOR;
        let mut sources = Vec::new();
        for row in rows {
            let Some(key) = row[0].as_key() else {
                continue;
            };
            let last = row[3].as_number().unwrap_or_default();
            if last <= since {
                // Kept, they would pile up for who is attacked for long.
                work.delete_with(work.object(ATTEMPT), key, None, Leave::System)?;
                continue;
            }
            sources.push(Counted {
                key,
                source: row[1].as_text().unwrap_or_default().to_owned(),
                failures: row[2].as_number().unwrap_or_default(),
                last,
                delayed_until: row[4].as_number(),
            });
        }
        Ok(Self {
            user,
            most,
            sources,
        })
    }

    fn total(&self) -> i64 {
        self.sources.iter().map(|counted| counted.failures).sum()
    }

    fn from(&self, source: &str) -> Option<&Counted> {
        self.sources.iter().find(|counted| counted.source == source)
    }

    fn is_full(&self) -> bool {
        self.most.is_some_and(|most| self.total() >= most)
    }

    /// Whether an attempt from a source has to wait. Who is not locked at the maximum, because the
    /// company would have no full administrator then, waits wherever the attempts come from.
    pub(super) fn delays(&self, work: &mut Work<'_>, source: &str) -> Result<bool> {
        let now = work.now();
        let late = |counted: &Counted| counted.delayed_until.is_some_and(|until| until > now);
        if self.from(source).is_some_and(late) {
            return Ok(true);
        }
        if !self.is_full() {
            return Ok(false);
        }
        if self.sources.iter().any(late) {
            return Ok(true);
        }
        if is_last_administrator(work, self.user)? {
            return Ok(false);
        }
        // Others are being compared right now, and with them the maximum is reached. Whoever went away
        // in the middle of it, and never heard the outcome, failed as well.
        let last = self.sources.iter().map(|counted| counted.last).max();
        if last.is_some_and(|last| last + COMPARED_WITHIN <= now) {
            self.lock(work)?;
        }
        Ok(true)
    }

    /// Counts an attempt whose outcome is not known yet.
    pub(super) fn count(&mut self, work: &mut Work<'_>, source: &str) -> Result<()> {
        let above = self.is_full();
        let failures = self.from(source).map_or(0, |counted| counted.failures) + 1;
        let until = above.then(|| work.now() + delay_after(self.total() + 1));
        self.write(work, source, failures, until)
    }

    /// The attempt was counted and failed: the next one from there waits, and at the maximum the user
    /// is locked out.
    pub(super) fn fail(&mut self, work: &mut Work<'_>, source: &str) -> Result<()> {
        // A good sign-in meanwhile has begun anew: this failure is the first after it.
        let failures = self.from(source).map_or(1, |counted| counted.failures);
        self.write(work, source, failures, None)?;
        let full = self.is_full();
        if full && self.lock(work)? {
            return Ok(());
        }
        let counted = if full { self.total() } else { failures };
        let delay = delay_after(counted);
        if delay > 0 {
            let until = Some(work.now() + delay);
            self.write(work, source, failures, until)?;
        }
        Ok(())
    }

    /// The attempt was counted and is none after all: nothing was compared, or the secret was right.
    pub(super) fn take_back(&mut self, work: &mut Work<'_>, source: &str) -> Result<()> {
        match self.from(source).map(|counted| counted.failures) {
            Some(failures) if failures > 1 => self.write(work, source, failures - 1, None),
            Some(_) => {
                let at = self
                    .sources
                    .iter()
                    .position(|counted| counted.source == source);
                let counted = self.sources.remove(at.expect("found above"));
                work.delete_with(work.object(ATTEMPT), counted.key, None, Leave::System)
            }
            None => Ok(()),
        }
    }

    /// Locks the user out, unless the company would have no full administrator then.
    fn lock(&self, work: &mut Work<'_>) -> Result<bool> {
        if is_last_administrator(work, self.user)? {
            return Ok(false);
        }
        let values = [
            ("status", Value::from("lockedOut")),
            ("automaticLockAt", Value::Moment(work.now())),
        ];
        let draft = draft_of(work, USER, &values);
        work.update_with(work.object(USER), self.user, &draft, None, Leave::System)?;
        Ok(true)
    }

    fn write(
        &mut self,
        work: &mut Work<'_>,
        source: &str,
        failures: i64,
        delayed_until: Option<i64>,
    ) -> Result<()> {
        let now = work.now();
        let definition = work.object(ATTEMPT);
        let mut values = vec![
            ("failures", Value::Integer(failures)),
            ("lastAt", Value::Moment(now)),
            (
                "delayedUntil",
                delayed_until.map_or(Value::Null, Value::Moment),
            ),
        ];
        let known = self.sources.iter_mut().find(|one| one.source == source);
        if let Some(counted) = known {
            counted.failures = failures;
            counted.last = now;
            counted.delayed_until = delayed_until;
            let draft = draft_of(work, ATTEMPT, &values);
            return work
                .update_with(definition, counted.key, &draft, None, Leave::System)
                .map(drop);
        }
        if self.sources.len() >= MOST_SOURCES {
            let oldest = (0..self.sources.len()).min_by_key(|at| self.sources[*at].last);
            let oldest = self.sources.remove(oldest.expect("there are many"));
            work.delete_with(definition, oldest.key, None, Leave::System)?;
        }
        values.extend([
            ("user", Value::Key(self.user)),
            ("source", Value::from(source)),
        ]);
        let draft = draft_of(work, ATTEMPT, &values);
        let key = work.create_with(definition, &draft, Leave::System)?.key;
        self.sources.push(Counted {
            key,
            source: source.to_owned(),
            failures,
            last: now,
            delayed_until,
        });
        Ok(())
    }
}

impl Work<'_> {
    /// Forgets the failed sign-ins of a user: the next one is the first.
    pub(crate) fn forget_attempts(&mut self, user: RecordKey) -> Result<()> {
        self.as_system(|work| {
            let rows = work.all(ATTEMPT, &["key"], &[("user.key", Value::Key(user))], ALL)?;
            let definition = work.object(ATTEMPT);
            for key in rows.iter().filter_map(|row| row[0].as_key()) {
                work.delete_with(definition, key, None, Leave::System)?;
            }
            Ok(())
        })
    }
}

/// Whether a company would have no active full administrator without this user.
fn is_last_administrator(work: &mut Work<'_>, user: RecordKey) -> Result<bool> {
    let full = [
        ("adminPrivileges", Value::from("full")),
        ("status", Value::from("active")),
    ];
    let rows = work.all(USER, &["key"], &full, 2)?;
    Ok(rows.len() == 1 && rows[0][0] == Value::Key(user))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_begin_at_the_third_failure_and_double() {
        let seconds: Vec<i64> = (0..8).map(|n| delay_after(n) / SECOND).collect();
        assert_eq!(seconds, [0, 0, 0, 1, 2, 4, 8, 16]);
        assert_eq!(delay_after(1_000_000), LONGEST_DELAY);
    }

    #[test]
    fn a_source_is_an_address_or_a_network() {
        assert_eq!(source_of("192.0.2.7"), "192.0.2.7");
        assert_eq!(source_of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(source_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
        assert_eq!(source_of("2001:db8:1:2::9"), "2001:db8:1:2::/64");
        assert_eq!(source_of(""), "");
    }
}
