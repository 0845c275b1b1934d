//! A generated secret on its way to the one who asked for it: shown once, or kept in a private file.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::Stop;

#[derive(Args, Debug)]
pub(crate) struct SecretArguments {
    /// Write the secret to this new file, which only this account reads, instead of stdout
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
}

impl SecretArguments {
    /// Hands a secret over around what stores its hash. A file is written first, so that nothing is
    /// stored whose secret is lost, and goes when nothing was stored.
    pub(crate) fn hand_over(
        &self,
        secret: &str,
        store: impl FnOnce() -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let Some(path) = &self.secret_file else {
            store()?;
            let mut out = std::io::stdout();
            return writeln!(out, "{secret}").and_then(|()| out.flush()).map_err(|e| {
                Stop::Failed(format!(
                    "everything was stored, but the secret could not be written to stdout and is lost: {e}"
                ))
            });
        };
        write_new(path, secret)?;
        let stored = store();
        if stored.is_err() {
            let _ = fs::remove_file(path);
        }
        stored
    }

    /// Whether a secret can be handed over at all, for those that are only known once they are stored.
    pub(crate) fn is_ready(&self) -> Result<(), Stop> {
        match &self.secret_file {
            Some(path) if path.exists() => Err(taken(path)),
            _ => Ok(()),
        }
    }

    /// Whether a file was named.
    pub(crate) fn names_a_file(&self) -> bool {
        self.secret_file.is_some()
    }

    /// Where the secret is, for a sentence that says so.
    pub(crate) fn place(&self) -> String {
        match &self.secret_file {
            Some(path) => format!("in {}", path.display()),
            None => "on stdout, this once".to_owned(),
        }
    }
}

fn taken(path: &Path) -> Stop {
    Stop::Failed(format!(
        "there is a file {} already, and it is left as it is; name another one for the secret",
        path.display()
    ))
}

fn write_new(path: &Path, secret: &str) -> Result<(), Stop> {
    let shown = path.display();
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| match e.kind() {
            std::io::ErrorKind::AlreadyExists => taken(path),
            _ => Stop::Failed(format!("{shown} cannot be written: {e}")),
        })?;
    let written = writeln!(file, "{secret}").and_then(|()| file.sync_all());
    written.map_err(|e| {
        let _ = fs::remove_file(path);
        Stop::Failed(format!("{shown} cannot be written: {e}"))
    })
}
