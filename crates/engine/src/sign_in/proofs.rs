//! Chosen passwords that were proved a while ago, so that programs which send one with every request
//! do not cost an Argon2 each time.
//!
//! Kept in memory only: an HMAC under a key that this process alone has. The hash of the password is
//! part of it, so a changed password was never proved. A proof says that the text is right, and
//! nothing about status, lock, expiry or policy.

use ring::hmac;
use sidegate_model::RecordKey;

use crate::source::Source;

const MOST: u64 = 10_000;
const LIVES: i64 = 600_000_000;

/// What a password is known by here, before it is known whose it is.
#[derive(Clone, Copy)]
pub(crate) struct Typed([u8; 32]);

/// What one proof is known by.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Proof([u8; 32]);

/// Proofs of the last ten minutes.
pub(crate) struct Proofs {
    key: hmac::Key,
    until: moka::sync::Cache<Proof, i64>,
}

impl Proofs {
    pub(crate) fn new(source: &Source) -> Self {
        let mut key = [0; 32];
        source.fill(&mut key);
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, &key),
            until: moka::sync::Cache::new(MOST),
        }
    }

    pub(crate) fn typed(&self, password: &str) -> Typed {
        Typed(self.sum(&[b"typed", password.as_bytes()]))
    }

    /// The proof that a typed text is the password with this hash of a user's credential.
    pub(crate) fn proof(
        &self,
        typed: Typed,
        company: RecordKey,
        user: RecordKey,
        credential: RecordKey,
        phc: &str,
    ) -> Proof {
        let keys = [company, user, credential].map(|key| key.number().to_be_bytes());
        let [company, user, credential] = &keys;
        let parts: [&[u8]; 6] = [
            b"proof",
            company,
            user,
            credential,
            phc.as_bytes(),
            &typed.0,
        ];
        Proof(self.sum(&parts))
    }

    pub(crate) fn knows(&self, proof: Proof, now: i64) -> bool {
        self.until.get(&proof).is_some_and(|until| until > now)
    }

    pub(crate) fn note(&self, proof: Proof, now: i64) {
        self.until.insert(proof, now + LIVES);
    }

    fn sum(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        let tag = context.sign();
        tag.as_ref().try_into().expect("SHA-256 has 32 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proof_is_of_one_user_one_hash_and_ten_minutes() {
        let proofs = Proofs::new(&Source::system());
        let key = |n| RecordKey::new(n).expect("a key");
        let of = |user, phc: &str, text| {
            proofs.proof(proofs.typed(text), key(1), key(user), key(3), phc)
        };
        proofs.note(of(2, "hash", "open sesame"), 0);
        assert!(proofs.knows(of(2, "hash", "open sesame"), LIVES - 1));
        assert!(!proofs.knows(of(2, "hash", "open sesame"), LIVES));
        assert!(!proofs.knows(of(2, "hash", "open sesam"), 0));
        assert!(!proofs.knows(of(2, "other", "open sesame"), 0));
        assert!(!proofs.knows(of(4, "hash", "open sesame"), 0));
    }
}
