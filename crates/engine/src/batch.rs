//! Many records in one call, each in a savepoint of its own.
//!
//! Knows nothing of what is done with a record: the caller's closure creates, changes or deletes it
//! through the pipeline, so that every rule, audit entry and change number is that of a single write.

use sidegate_model::{Failure, Problem, Result, problem};

use crate::work::Work;

/// A call works on at most so many records.
pub const MOST_RECORDS: usize = 500;

/// What became of one record: what its work gave, or all that was wrong with it.
pub type Outcome<T> = std::result::Result<T, Vec<Problem>>;

impl Work<'_> {
    /// Works through records in the order given. A refused one leaves nothing behind and the others
    /// stay; each sees what those before it did.
    ///
    /// # Errors
    /// What is ours to fix; then nothing of the call is kept.
    pub fn each<I, T>(
        &mut self,
        records: &[I],
        mut act: impl FnMut(&mut Self, &I) -> Result<T>,
    ) -> Result<Vec<Outcome<T>>> {
        records
            .iter()
            .map(|record| self.step(|work| act(work, record)))
            .collect()
    }

    /// The same, all or nothing: after one refusal nothing stays, and the records that had nothing
    /// wrong with them say so. All are looked at, so that all mistakes are told at once.
    ///
    /// # Errors
    /// What is ours to fix; then nothing of the call is kept.
    pub fn all_or_none<I, T>(
        &mut self,
        records: &[I],
        act: impl FnMut(&mut Self, &I) -> Result<T>,
    ) -> Result<Vec<Outcome<T>>> {
        let mut outcomes = Vec::new();
        let kept = self.step(|work| {
            outcomes = work.each(records, act)?;
            if outcomes.iter().all(Outcome::is_ok) {
                Ok(())
            } else {
                Err(Failure::from(problem::BATCH_UNDONE.problem()))
            }
        })?;
        if let Err(undone) = kept {
            for outcome in &mut outcomes {
                if outcome.is_ok() {
                    *outcome = Err(undone.clone());
                }
            }
        }
        Ok(outcomes)
    }
}
