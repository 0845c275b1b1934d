//! Where time and randomness come from: the system, or a test's fixed ones.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use ring::rand::{SecureRandom as _, SystemRandom};

/// The clock and the random numbers of one engine.
#[derive(Clone)]
pub struct Source {
    inner: Arc<Inner>,
}

enum Inner {
    System(SystemRandom),
    Fixed { now: AtomicI64, next: AtomicU64 },
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self.inner {
            Inner::System(_) => "Source(system)",
            Inner::Fixed { .. } => "Source(fixed)",
        })
    }
}

impl Source {
    /// The machine's clock and the operating system's random numbers.
    #[must_use]
    pub fn system() -> Self {
        Self {
            inner: Arc::new(Inner::System(SystemRandom::new())),
        }
    }

    /// A clock that stands at `now` (microseconds since the epoch) until it is moved, and numbers
    /// that are the same in every run. For tests: its secrets are no secrets.
    #[must_use]
    pub fn fixed(now: i64) -> Self {
        Self {
            inner: Arc::new(Inner::Fixed {
                now: AtomicI64::new(now),
                next: AtomicU64::new(1),
            }),
        }
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the wall clock"
    )]
    pub fn now(&self) -> i64 {
        match &*self.inner {
            Inner::System(_) => jiff::Timestamp::now().as_microsecond(),
            Inner::Fixed { now, .. } => now.load(Ordering::Relaxed),
        }
    }

    /// Moves a fixed clock on; does nothing to the system's.
    pub fn advance(&self, microseconds: i64) {
        if let Inner::Fixed { now, .. } = &*self.inner {
            now.fetch_add(microseconds, Ordering::Relaxed);
        }
    }

    /// Fills a buffer with random bytes.
    ///
    /// # Panics
    /// When the operating system has no random numbers: nothing can be done safely then.
    pub fn fill(&self, buffer: &mut [u8]) {
        match &*self.inner {
            Inner::System(random) => random
                .fill(buffer)
                .expect("the operating system gives random numbers"),
            Inner::Fixed { next, .. } => {
                for chunk in buffer.chunks_mut(8) {
                    let mut number = next
                        .fetch_add(1, Ordering::Relaxed)
                        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
                    number ^= number >> 29;
                    chunk.copy_from_slice(&number.to_le_bytes()[..chunk.len()]);
                }
            }
        }
    }

    /// A random number from 1 to 2^53 - 1.
    #[must_use]
    pub fn number(&self) -> i64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        i64::from_le_bytes(bytes).rem_euclid((1 << 53) - 1) + 1
    }
}
