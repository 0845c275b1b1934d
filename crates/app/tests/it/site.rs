//! A place where nothing was set up yet.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use sidegate_engine::key_file::KeyFile;
use sidegate_engine::{Engine, Location, Settings, Source};
use sidegate_model::Registry;
use sidegate_store::backend::Access;
use sidegate_store::testing::{TestDatabase, dialect};
use sidegate_store::{Connection, Dialect};

use crate::process::{empty, place, refusal, run};
use crate::support::rows;

/// The words that make ACME and its administrator ada.
pub(crate) const INIT: &[&str] = &[
    "init",
    "--company",
    "ACME",
    "--name",
    "Acme Ltd",
    "--admin",
    "ada",
    "--email",
    "ada@acme.example",
];

/// An empty place for data and its key file.
pub(crate) struct Site {
    folder: tempfile::TempDir,
    _database: TestDatabase,
    pub(crate) location: Location,
    pub(crate) key_file: PathBuf,
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        let (database, location) = empty(&data);
        Self {
            key_file: data.join("sidegate.key"),
            folder,
            _database: database,
            location,
        }
    }

    fn arguments<'a>(&self, words: &[&'a str]) -> Vec<std::borrow::Cow<'a, str>> {
        let mut all: Vec<std::borrow::Cow<'a, str>> = words.iter().map(|w| (*w).into()).collect();
        all.push("--database".into());
        all.push(place(&self.location).into());
        all.push("--key-file".into());
        all.push(self.key_file.display().to_string().into());
        all
    }

    pub(crate) fn run(&self, words: &[&str]) -> Output {
        let all = self.arguments(words);
        run(&all.iter().map(AsRef::as_ref).collect::<Vec<_>>())
    }

    /// What it prints when it does what it should.
    pub(crate) fn prints(&self, words: &[&str]) -> String {
        let output = self.run(words);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {errors}");
        String::from_utf8(output.stdout).expect("text")
    }

    pub(crate) fn refuses(&self, words: &[&str]) -> (i32, String) {
        let all = self.arguments(words);
        refusal(&all.iter().map(AsRef::as_ref).collect::<Vec<_>>())
    }

    pub(crate) fn file(&self, name: &str) -> (PathBuf, String) {
        let path = self.folder.path().join(name);
        let shown = path.display().to_string();
        (path, shown)
    }

    pub(crate) fn engine(&self) -> Engine {
        Engine::start(
            Registry::shipped().expect("whole declarations").into(),
            self.location.clone(),
            KeyFile::open(&self.key_file).expect("the key file"),
            Source::system(),
            Settings::usual(dialect()),
        )
        .expect("an engine")
    }

    /// Number and hash of the key of each stored secret.
    pub(crate) fn hashes(&self) -> Vec<Vec<String>> {
        let mut connection = Connection::open(&self.location, Access::Read).expect("the database");
        let hex = match dialect() {
            Dialect::Sqlite => "lower(hex(\"hash\"))",
            Dialect::Postgres => "encode(\"hash\", 'hex')",
        };
        let sql = format!("select cast(\"key_number\" as text), {hex} from \"credential\"");
        rows(&mut connection, 2, &sql)
    }
}

pub(crate) fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("there").mode() & 0o777
}
