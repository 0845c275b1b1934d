//! Generated secrets on their way to the one who asked for them: shown once, or kept in a private file.

use std::fs::{self, File, OpenOptions};
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
            return show(&format!("{secret}\n")).map_err(|e| {
                Stop::Failed(format!(
                    "everything was stored, but the secret could not be written to stdout and is lost: {e}"
                ))
            });
        };
        let mut file = make(path)?;
        if let Err(error) = write(&mut file, &format!("{secret}\n")) {
            let _ = fs::remove_file(path);
            return Err(unwritable(path, &error));
        }
        let stored = store();
        if stored.is_err() {
            let _ = fs::remove_file(path);
        }
        stored
    }

    /// Hands over what is only known once it is stored: `made`, the beginning of a sentence, says what
    /// storing it makes. A file is made first, so that nothing is stored for which there is no place,
    /// and goes when nothing was stored.
    pub(crate) fn hand_over_after<T>(
        &self,
        made: &str,
        store: impl FnOnce() -> Result<(T, Vec<String>), Stop>,
    ) -> Result<T, Stop> {
        let file = match &self.secret_file {
            Some(path) => Some((path, make(path)?)),
            None => None,
        };
        let stored = store();
        if let (Err(_), Some((path, _))) = (&stored, &file) {
            let _ = fs::remove_file(path);
        }
        let (stored, lines) = stored?;
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let (written, place) = match file {
            Some((path, mut file)) => (write(&mut file, &text), path.display().to_string()),
            None => (show(&text), "stdout".to_owned()),
        };
        written.map_err(|e| {
            Stop::Failed(format!(
                "{made}, but its secrets could not be written to {place} and are lost: {e}"
            ))
        })?;
        Ok(stored)
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

fn show(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes()).and_then(|()| out.flush())
}

/// A new file that only this account reads.
fn make(path: &Path) -> Result<File, Stop> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|e| match e.kind() {
            std::io::ErrorKind::AlreadyExists => Stop::Failed(format!(
                "there is a file {} already, and it is left as it is; name another one for the secret",
                path.display()
            )),
            _ => unwritable(path, &e),
        })
}

fn write(file: &mut File, text: &str) -> std::io::Result<()> {
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
}

fn unwritable(path: &Path, error: &std::io::Error) -> Stop {
    Stop::Failed(format!("{} cannot be written: {error}", path.display()))
}
