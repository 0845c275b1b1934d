//! The key file: numbered 256-bit keys that hash and seal what the database holds.
//!
//! Every stored hash and sealed value names the number of its key, so that a new key can be added
//! while the old ones still open what they closed. A key is never taken out by the program. Without the file the database's secrets are
//! worthless, and so is the database to whoever stole it alone.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::{hkdf, hmac};

use crate::source::Source;

/// Numbered keys; the last one is used for what is new.
pub struct KeyFile {
    keys: Vec<NumberedKey>,
}

struct NumberedKey {
    number: i64,
    made: Option<i64>,
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
        "line {line} of the key file {path} is no key; a line is a number, a blank, 32 bytes in base64 and perhaps, after a blank, when it was made"
    )]
    Line {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
    },
    /// A line's number is not above the one before.
    #[error(
        "line {line} of the key file {path} has not a higher number than the key before it; the newest key comes last and no number comes twice"
    )]
    Order {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
    },
    /// One is to be made where there is one.
    #[error(
        "there is a key file {path} already; it is left as it is, for what it hashed and sealed cannot be opened without it"
    )]
    Exists {
        /// The file.
        path: String,
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
    fn new(number: i64, made: Option<i64>, secret: &[u8]) -> Self {
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
            made,
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
            let (number, rest) = line.split_once(' ').ok_or_else(wrong)?;
            let (secret, made) = match rest.split_once(' ') {
                Some((secret, made)) => (secret, Some(made)),
                None => (rest, None),
            };
            let number = number.parse().map_err(|_| wrong())?;
            let secret = STANDARD.decode(secret).map_err(|_| wrong())?;
            let made = made.map(str::parse::<Timestamp>).transpose();
            let made = made.map_err(|_| wrong())?.map(Timestamp::as_microsecond);
            if secret.len() != 32 {
                return Err(wrong());
            }
            if keys
                .last()
                .is_some_and(|last: &NumberedKey| last.number >= number)
            {
                return Err(KeyFileError::Order {
                    path: shown(),
                    line: at + 1,
                });
            }
            keys.push(NumberedKey::new(number, made, &secret));
        }
        if keys.is_empty() {
            return Err(KeyFileError::Empty { path: shown() });
        }
        Ok(Self { keys })
    }

    /// Makes a key file with a first key.
    ///
    /// # Errors
    /// When there is one already, or it cannot be written.
    pub fn create(path: &Path, source: &Source) -> Result<Self, KeyFileError> {
        let shown = path.display().to_string();
        let mut file = match create_private(path) {
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(KeyFileError::Exists { path: shown });
            }
            made => made.map_err(io_at(path))?,
        };
        let head = "# Keys of this Sidegate. Keep a copy apart from the database's backups.\n";
        let (secret, line) = new_line(1, source);
        let written = file
            .write_all(format!("{head}{line}").as_bytes())
            .and_then(|()| file.sync_all())
            .and_then(|()| sync_folder(path));
        if written.is_err() {
            // Half a key file would only be in the way.
            let _ = fs::remove_file(path);
        }
        written.map_err(io_at(path))?;
        Ok(Self {
            keys: vec![NumberedKey::new(1, Some(source.now()), &secret)],
        })
    }

    /// Adds a key, which is used for what is new from when the file is read the next time. The file
    /// is replaced at once and as a whole, and stays its owner's.
    ///
    /// # Errors
    /// What is wrong with the file, which then is as it was.
    pub fn rotate(path: &Path, source: &Source) -> Result<i64, KeyFileError> {
        // A link stays a link: the file that it leads to is replaced.
        let path = &fs::canonicalize(path).map_err(io_at(path))?;
        // Held until the end, so that of two rotations at once neither loses its key.
        let held = hold(path).map_err(io_at(path))?;
        let number = Self::open(path)?.newest().number + 1;
        let mut text = fs::read_to_string(path).map_err(io_at(path))?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&new_line(number, source).1);
        replace(path, &held, &text).map_err(io_at(path))?;
        Ok(number)
    }

    /// A key file that lives in memory only, for tests.
    #[must_use]
    pub fn in_memory() -> Self {
        Self {
            keys: vec![NumberedKey::new(1, None, &[7; 32])],
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

    /// The hash of a secret under one key; none when the file has not this key.
    #[must_use]
    pub fn hash_under(&self, number: i64, purpose: &str, secret: &str) -> Option<KeyedHash> {
        let key = self.keys.iter().find(|key| key.number == number)?;
        Some(self.hash_with(key, purpose, secret))
    }

    /// The number of each key, the newest last, and when it was made (microseconds since the epoch)
    /// where the file says so.
    pub fn numbers(&self) -> impl Iterator<Item = (i64, Option<i64>)> + '_ {
        self.keys.iter().map(|key| (key.number, key.made))
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

fn io_at(path: &Path) -> impl Fn(std::io::Error) -> KeyFileError + '_ {
    move |error| KeyFileError::Io {
        path: path.display().to_string(),
        error,
    }
}

/// A new key: its bytes, and its line in the file.
fn new_line(number: i64, source: &Source) -> ([u8; 32], String) {
    let mut secret = [0; 32];
    source.fill(&mut secret);
    let made = Timestamp::from_microsecond(source.now()).unwrap_or_default();
    let line = format!("{number} {} {made:.0}\n", STANDARD.encode(secret));
    (secret, line)
}

/// A file that was not there and that only this account reads.
fn create_private(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// The locked file of a path. Whoever waited for a lock while the file was replaced asks again.
fn hold(path: &Path) -> std::io::Result<File> {
    loop {
        let file = File::open(path)?;
        file.lock()?;
        let (held, there) = (file.metadata()?, fs::metadata(path)?);
        if (held.dev(), held.ino()) == (there.dev(), there.ino()) {
            return Ok(file);
        }
    }
}

/// Puts a text in the place of a file: after a crash there is the old one or the new one.
fn replace(path: &Path, old: &File, text: &str) -> std::io::Result<()> {
    let beside = PathBuf::from(format!("{}.new", path.display()));
    // Left over from a rotation that did not come to its end.
    match fs::remove_file(&beside) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let done = (|| {
        let mut file = create_private(&beside)?;
        let (owner, made) = (old.metadata()?, file.metadata()?);
        if (owner.uid(), owner.gid()) != (made.uid(), made.gid()) {
            fchown(&file, Some(owner.uid()), Some(owner.gid()))?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    if done.is_err() {
        let _ = fs::remove_file(&beside);
    }
    done.and_then(|()| sync_folder(path))
}

/// Makes a new name in a folder last.
fn sync_folder(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
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
    fn a_rotated_file_has_a_new_key_and_keeps_the_old_ones() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sidegate.key");
        let source = Source::fixed(1_795_348_800_000_000);
        let first = KeyFile::create(&path, &source).expect("a new file");
        let old = first.hash("user", "secret");
        let (_, sealed) = first.seal(&source, "key", b"private");
        source.advance(1_000_000);
        // What an interrupted rotation left is no hindrance, and whoever may read it reads no key.
        fs::write(folder.path().join("sidegate.key.new"), "half").expect("a file");
        assert_eq!(KeyFile::rotate(&path, &source).expect("a new key"), 2);
        let both = KeyFile::open(&path).expect("the file");
        assert_eq!(both.hash("user", "secret").number, 2);
        assert_ne!(both.hash("user", "secret").hash, old.hash);
        assert_eq!(both.hashes("user", "secret")[1], old);
        assert_eq!(both.hash_under(1, "user", "secret"), Some(old));
        assert_eq!(both.hash_under(3, "user", "secret"), None);
        assert_eq!(
            both.unseal(1, "key", &sealed).as_deref(),
            Some(&b"private"[..])
        );
        let made = 1_795_348_800_000_000;
        let numbers: Vec<_> = both.numbers().collect();
        assert_eq!(numbers, [(1, Some(made)), (2, Some(made + 1_000_000))]);
        assert_eq!(fs::metadata(&path).expect("there").mode() & 0o777, 0o600);
        let left = fs::read_dir(folder.path()).expect("the folder").count();
        assert_eq!(left, 1);
        KeyFile::create(&path, &source).expect_err("there is one");
    }

    #[test]
    fn rotations_at_once_lose_no_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sidegate.key");
        let link = folder.path().join("link.key");
        let source = Source::system();
        KeyFile::create(&path, &source).expect("a new file");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..5 {
                        KeyFile::rotate(&link, &source).expect("a new key");
                    }
                });
            }
        });
        let numbers: Vec<i64> = KeyFile::open(&path)
            .expect("the file")
            .numbers()
            .map(|(number, _)| number)
            .collect();
        assert_eq!(numbers, (1..=21).collect::<Vec<i64>>());
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
    }

    #[test]
    fn lines_that_are_no_keys_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("sidegate.key");
        let key = STANDARD.encode([7; 32]);
        let refused = |text: &str| {
            let _ = fs::remove_file(&path);
            let mut file = create_private(&path).expect("a new file");
            file.write_all(text.as_bytes()).expect("a text");
            KeyFile::open(&path).map(drop).map_err(|e| e.to_string())
        };
        // A file of before keys said when they were made.
        refused(&format!("# Keys\n1 {key}\n")).expect("one key");
        for (text, wanted) in [
            (format!("1 {key} yesterday\n"), "line 1"),
            (format!("# Keys\n1 {key}\n1 {key}\n"), "line 3"),
            (format!("2 {key}\n1 {key}\n"), "higher number"),
            ("# Keys\n".to_owned(), "holds no key"),
        ] {
            let told = refused(&text).expect_err("no keys");
            assert!(told.contains(wanted), "{told}");
        }
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
