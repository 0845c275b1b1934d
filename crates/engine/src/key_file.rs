//! The key file: numbered 256-bit keys that hash and seal what the database holds.
//!
//! Every stored hash and sealed value names the number of its key, so that a new key can be added
//! while the old ones still open what they closed. Without the file the database's secrets are
//! worthless, and so is the database to whoever stole it alone.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::{hkdf, hmac};

use crate::source::Source;

/// Numbered keys; the last one is used for what is new.
pub struct KeyFile {
    keys: Vec<NumberedKey>,
}

struct NumberedKey {
    number: i64,
    hash: hmac::Key,
    seal: LessSafeKey,
}

/// What is wrong with a key file.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or written.
    #[error("the key file {path} cannot be used: {error}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
    /// Other accounts may read it.
    #[error("the key file {path} can be read by other accounts; run: chmod 600 {path}")]
    Open {
        /// The file.
        path: String,
    },
    /// A line is no key.
    #[error(
        "line {line} of the key file {path} is no key; a line is a number, a blank and 32 bytes in base64"
    )]
    Line {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
    },
    /// There is no key in it.
    #[error("the key file {path} holds no key; restore it from where you keep it")]
    Empty {
        /// The file.
        path: String,
    },
}

/// A keyed hash with the number of its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedHash {
    /// The key.
    pub number: i64,
    /// HMAC-SHA-256.
    pub hash: Vec<u8>,
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyFile({} keys)", self.keys.len())
    }
}

struct Bytes32;

impl hkdf::KeyType for Bytes32 {
    fn len(&self) -> usize {
        32
    }
}

impl NumberedKey {
    fn new(number: i64, secret: &[u8]) -> Self {
        let master = hkdf::Salt::new(hkdf::HKDF_SHA256, b"sidegate key file").extract(secret);
        let derive = |purpose: &[u8]| {
            let mut key = [0; 32];
            let info = [purpose];
            let okm = master
                .expand(&info, Bytes32)
                .expect("32 bytes can be derived");
            okm.fill(&mut key).expect("the length asked for");
            key
        };
        let seal = UnboundKey::new(&AES_256_GCM, &derive(b"seal")).expect("32 bytes");
        Self {
            number,
            hash: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"hash")),
            seal: LessSafeKey::new(seal),
        }
    }
}

impl KeyFile {
    /// Reads a key file, or makes one with a first key where there is none.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn open_or_create(path: &Path, source: &Source) -> Result<Self, KeyFileError> {
        if path.exists() {
            Self::open(path)
        } else {
            Self::create(path, source)
        }
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn open(path: &Path) -> Result<Self, KeyFileError> {
        let shown = || path.display().to_string();
        let io = |error| KeyFileError::Io {
            path: shown(),
            error,
        };
        let mode = fs::metadata(path).map_err(io)?.mode();
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Open { path: shown() });
        }
        let text = fs::read_to_string(path).map_err(io)?;
        let mut keys = Vec::new();
        for (at, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.starts_with('#') && !line.is_empty())
        {
            let wrong = || KeyFileError::Line {
                path: shown(),
                line: at + 1,
            };
            let (number, secret) = line.split_once(' ').ok_or_else(wrong)?;
            let secret = STANDARD.decode(secret).map_err(|_| wrong())?;
            if secret.len() != 32 {
                return Err(wrong());
            }
            keys.push(NumberedKey::new(
                number.parse().map_err(|_| wrong())?,
                &secret,
            ));
        }
        if keys.is_empty() {
            return Err(KeyFileError::Empty { path: shown() });
        }
        Ok(Self { keys })
    }

    fn create(path: &Path, source: &Source) -> Result<Self, KeyFileError> {
        let io = |error| KeyFileError::Io {
            path: path.display().to_string(),
            error,
        };
        let mut secret = [0; 32];
        source.fill(&mut secret);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .map_err(io)?;
        writeln!(
            file,
            "# Keys of this Sidegate. Keep a copy apart from the database's backups."
        )
        .map_err(io)?;
        writeln!(file, "1 {}", STANDARD.encode(secret)).map_err(io)?;
        file.sync_all().map_err(io)?;
        Ok(Self {
            keys: vec![NumberedKey::new(1, &secret)],
        })
    }

    /// A key file that lives in memory only, for tests.
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            keys: vec![NumberedKey::new(1, &[7; 32])],
        }
    }

    fn newest(&self) -> &NumberedKey {
        self.keys.last().expect("a key file has at least one key")
    }

    /// The hash of a secret under the newest key; `purpose` keeps hashes of different uses apart.
    #[must_use]
    pub fn hash(&self, purpose: &str, secret: &str) -> KeyedHash {
        self.hash_with(self.newest(), purpose, secret)
    }

    /// The hashes of a secret under all keys, the newest first.
    #[must_use]
    pub fn hashes(&self, purpose: &str, secret: &str) -> Vec<KeyedHash> {
        self.keys
            .iter()
            .rev()
            .map(|key| self.hash_with(key, purpose, secret))
            .collect()
    }

    fn hash_with(&self, key: &NumberedKey, purpose: &str, secret: &str) -> KeyedHash {
        let mut context = hmac::Context::with_key(&key.hash);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(secret.as_bytes());
        KeyedHash {
            number: key.number,
            hash: context.sign().as_ref().to_vec(),
        }
    }

    /// Seals bytes under the newest key; `identity` says whose they are and must be given to open them.
    #[must_use]
    pub fn seal(&self, source: &Source, identity: &str, plain: &[u8]) -> (i64, Vec<u8>) {
        let key = self.newest();
        let mut nonce = [0; NONCE_LEN];
        source.fill(&mut nonce);
        let mut sealed = plain.to_vec();
        key.seal
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(identity.as_bytes()),
                &mut sealed,
            )
            .expect("short enough to seal");
        (key.number, [nonce.as_slice(), &sealed].concat())
    }

    /// Opens sealed bytes; none when the key, the identity or the bytes are not the ones that sealed.
    #[must_use]
    pub fn unseal(&self, number: i64, identity: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let key = self.keys.iter().find(|key| key.number == number)?;
        let (nonce, rest) = sealed.split_at_checked(NONCE_LEN)?;
        let mut bytes = rest.to_vec();
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let plain = key
            .seal
            .open_in_place(nonce, Aad::from(identity.as_bytes()), &mut bytes)
            .ok()?;
        Some(plain.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_made_once_and_kept_private() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sidegate.key");
        let source = Source::system();
        let first = KeyFile::open_or_create(&path, &source).expect("a new file");
        let again = KeyFile::open_or_create(&path, &source).expect("the same file");
        assert_eq!(
            first.hash("client", "secret"),
            again.hash("client", "secret")
        );
        assert_ne!(first.hash("client", "secret"), first.hash("user", "secret"));
        assert_eq!(fs::metadata(&path).expect("there").mode() & 0o777, 0o600);
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .expect("mine");
        let refused = KeyFile::open(&path).expect_err("others may read it");
        assert!(refused.to_string().contains("chmod 600"), "{refused}");
    }

    #[test]
    fn sealed_bytes_open_only_for_their_owner() {
        let keys = KeyFile::in_memory();
        let source = Source::system();
        let (number, sealed) = keys.seal(&source, "signing-key:1", b"private");
        assert_eq!(
            keys.unseal(number, "signing-key:1", &sealed).as_deref(),
            Some(b"private".as_slice())
        );
        assert_eq!(keys.unseal(number, "signing-key:2", &sealed), None);
        assert_eq!(keys.unseal(number + 1, "signing-key:1", &sealed), None);
        assert_eq!(keys.unseal(number, "signing-key:1", &sealed[..5]), None);
    }
}
