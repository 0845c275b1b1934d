//! The way into a server: TLS, proxies, names, and bounds on connections.

mod certificate;
mod connections;
mod names;
mod proxies;
mod tls;
mod trust;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use sidegate_engine::Location;
use sidegate_store::testing::TestDatabase;

use crate::process::{Server, empty, key_file};

/// The data of a stand-in that ended, ready to be served; its credentials are in the folder.
pub(super) struct Data {
    folder: tempfile::TempDir,
    _database: TestDatabase,
    pub(super) location: Location,
}

impl Data {
    pub(super) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (database, location) = empty(folder.path());
        Server::demo(folder.path(), Some(&location), &[]).stop();
        Self {
            folder,
            _database: database,
            location,
        }
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    /// A server on the data, with more words on the command line.
    pub(super) fn serve(&self, more: &[&str]) -> Server {
        Server::serve_with(&self.location, &key_file(self.folder()), more)
    }
}

/// Writes a file that only this account reads.
pub(super) fn write_private(path: &Path, text: &str) {
    fs::write(path, text).expect("a file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("mine");
}
