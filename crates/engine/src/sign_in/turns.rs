//! One chosen password of a user is compared at a time on each node.
//!
//! Attempts count before they are compared. Without turns, programs that sign in at once with the
//! right password would count against each other until one of them is done.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sidegate_model::{RecordKey, Result};
use tokio::sync::OwnedMutexGuard;

use super::enter::Entrance;
use crate::task::busy;

/// So many may wait for one user.
const MOST_WAITING: usize = 64;

/// Whose turn it is: the company and the id that was sent, whether or not there is such a user. Doors
/// have turns of their own, so that nobody at one that anybody may try holds up who comes by another.
type Whose = (RecordKey, String, Entrance);
type Held = HashMap<Whose, Arc<tokio::sync::Mutex<()>>>;

#[derive(Default)]
pub(crate) struct Turns {
    held: Mutex<Held>,
}

/// A turn; the next one begins when it is dropped.
pub(crate) struct Turn<'t> {
    turns: &'t Turns,
    whose: Whose,
    guard: Option<OwnedMutexGuard<()>>,
}

impl Turns {
    /// Waits for the turn.
    ///
    /// # Errors
    /// When too many wait already.
    pub(crate) async fn take(
        &self,
        company: RecordKey,
        user: &str,
        entrance: Entrance,
    ) -> Result<Turn<'_>> {
        let whose = (company, user.to_owned(), entrance);
        let mutex = {
            let mut held = self.lock();
            let mutex = held.entry(whose.clone()).or_default();
            if Arc::strong_count(mutex) > MOST_WAITING {
                return Err(busy());
            }
            Arc::clone(mutex)
        };
        // Made before waiting, so that whoever goes away meanwhile leaves nothing behind.
        let mut turn = Turn {
            turns: self,
            whose,
            guard: None,
        };
        turn.guard = Some(mutex.lock_owned().await);
        Ok(turn)
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.guard.take();
        let mut held = self.turns.lock();
        // Whoever waits holds it too.
        let last = held
            .get(&self.whose)
            .is_some_and(|mutex| Arc::strong_count(mutex) == 1);
        if last {
            held.remove(&self.whose);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turns_are_taken_one_after_the_other_and_leave_nothing_behind() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let turns = Turns::default();
            let company = RecordKey::new(1).expect("a key");
            let take = |user| turns.take(company, user, Entrance::Gateway);
            let first = take("ada").await.expect("a turn");
            let other = take("eve").await.expect("another user's");
            let elsewhere = turns.take(company, "ada", Entrance::Console).await;
            drop(elsewhere.expect("at another door"));
            {
                let mut second = std::pin::pin!(take("ada"));
                let waits = std::future::poll_fn(|context| {
                    std::task::Poll::Ready(second.as_mut().poll(context).is_pending())
                });
                assert!(waits.await);
                drop(first);
                drop(second.await.expect("now"));
            }
            drop(other);
            assert!(turns.lock().is_empty());
        });
    }
}
