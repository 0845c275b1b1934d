//! `sidegate trust`: a certificate for the stand-in, and what makes one client's process trust it.
//!
//! Nothing is ever added to what a system or a browser trusts.

mod issue;
mod paste;

use std::fs;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use sidegate_engine::Source;
use sidegate_web::gate::Name;

use super::{Stop, print, say, write_private};
use crate::doors::tls::{Files, now};

/// The name that clients of the vendor's SDKs accept and that means nobody else.
const OWN_NAME: &str = "local.intacct.com";
/// The vendor's own name.
const VENDOR_NAME: &str = "api.intacct.com";

/// What clients reach the stand-in by, with this port.
pub(crate) fn url(port: u16) -> String {
    format!("https://{OWN_NAME}:{port}")
}

#[derive(Args)]
pub(crate) struct Arguments {
    /// The folder that keeps the stand-in's data
    #[arg(long, default_value = "sidegate-demo", value_name = "DIR")]
    data: PathBuf,
    /// Let the certificate name api.intacct.com too, for clients that ask for nothing else
    #[arg(long)]
    vendor_name: bool,
    /// Print what one process of a client needs, to be pasted or kept in a file
    #[arg(
        long,
        value_enum,
        value_name = "CLIENT",
        conflicts_with = "vendor_name"
    )]
    print: Option<Client>,
    /// The port of `demo --tls`, for what is printed
    #[arg(long, default_value_t = 8443, value_name = "PORT", requires = "print")]
    port: u16,
    /// Remove authority, certificate and key
    #[arg(long, conflicts_with_all = ["vendor_name", "print"])]
    remove: bool,
}

/// Whose process is to trust the stand-in.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Client {
    /// Lines for a shell, which many clients understand
    Env,
    /// A module for node --require
    Node,
    /// A file sitecustomize.py
    Python,
    /// The command line of php
    Php,
    /// Lines for a shell, for .NET on Linux
    Dotnet,
    /// The line of /etc/hosts for clients whose names are resolved by the system alone
    Hosts,
}

/// Where authority, certificate and key of a stand-in are.
pub(crate) struct Place(PathBuf);

impl Place {
    /// In the folder of its data.
    pub(crate) fn of(data: &Path) -> Self {
        Self(data.join("tls"))
    }

    fn authority(&self) -> PathBuf {
        self.0.join("authority.pem")
    }

    /// Certificate and key of the server.
    pub(crate) fn files(&self) -> Files {
        Files {
            cert: self.0.join("server.pem"),
            key: self.0.join("server-key.pem"),
        }
    }

    fn all(&self) -> [PathBuf; 3] {
        let Files { cert, key } = self.files();
        [key, cert, self.authority()]
    }

    /// Whether the certificate is there and good now; what to do otherwise.
    pub(crate) fn ready(&self, source: &Source) -> Result<(), Stop> {
        self.pair(source).map(drop)
    }

    /// The names that clients may ask for.
    fn names(&self, source: &Source) -> Result<Vec<&'static str>, Stop> {
        let pair = self.pair(source)?;
        let is_named = |name: &&str| name.parse::<Name>().is_ok_and(|name| pair.names(&name));
        Ok([OWN_NAME, VENDOR_NAME]
            .into_iter()
            .filter(is_named)
            .collect())
    }

    fn pair(&self, source: &Source) -> Result<crate::doors::tls::Pair, Stop> {
        let data = self.0.parent().unwrap_or(&self.0).display();
        let again = format!("make one with: sidegate trust --data {data}");
        let files = self.files();
        if !files.cert.exists() {
            return Err(Stop::Failed(format!(
                "there is no certificate in {data}; {again}"
            )));
        }
        let pair = files.read()?;
        pair.standing(now(source))
            .map_err(|stop| Stop::Failed(format!("{stop}; {again}")))?;
        Ok(pair)
    }
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    let place = Place::of(&arguments.data);
    let source = Source::system();
    if arguments.remove {
        remove(&place)?;
    } else if let Some(client) = arguments.print {
        let names = place.names(&source)?;
        let authority = place.authority();
        let authority = authority
            .canonicalize()
            .map_err(|e| failed(&authority, "read", &e))?;
        print(paste::text(client, &authority, &names, arguments.port)?.trim_end());
    } else {
        make(&place, arguments.vendor_name, &source)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn failed(path: &Path, done: &str, error: &io::Error) -> Stop {
    Stop::Failed(format!("{} cannot be {done}: {error}", path.display()))
}

fn make(place: &Place, vendor_name: bool, source: &Source) -> Result<(), Stop> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&place.0)
        .map_err(|e| failed(&place.0, "made", &e))?;
    let mut names = vec![OWN_NAME];
    names.extend(vendor_name.then_some(VENDOR_NAME));
    let issued = issue::issue(&names, now(source))
        .map_err(|e| Stop::Failed(format!("no certificate can be made: {e}")))?;
    let Files { cert, key } = place.files();
    let authority = place.authority();
    write_private(&key, &issued.key)?;
    write_private(&cert, &issued.cert)?;
    write_private(&authority, &issued.authority)?;
    print(&authority.display().to_string());
    say(&format!(
        "This authority vouched for one certificate, for {} and this machine, until {}; its own key is gone.",
        names.join(" and "),
        issued.until,
    ));
    say("Clients that trusted an authority of before read this file again.");
    say(
        "Serve with: sidegate demo --tls. See what a client needs with: sidegate trust --print CLIENT",
    );
    if vendor_name {
        say(&format!(
            "WARNING: a process that trusts this authority takes this machine for {VENDOR_NAME}, and hands it \
             real passwords if it has any. Whoever reads {} can do the same to that process elsewhere. \
             Trust it in processes that talk to the stand-in only, and end it with: sidegate trust --remove",
            key.display()
        ));
    }
    Ok(())
}

fn remove(place: &Place) -> Result<(), Stop> {
    let mut removed = 0;
    for path in place.all() {
        match fs::remove_file(&path) {
            Ok(()) => {
                print(&path.display().to_string());
                removed += 1;
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(failed(&path, "removed", &e)),
        }
    }
    // Stays where somebody keeps something else in it.
    let _ = fs::remove_dir(&place.0);
    say(match removed {
        0 => "There was nothing to remove.",
        _ => {
            "Removed. Take out what clients were given as well: environment, preloaded files, a line in /etc/hosts."
        }
    });
    Ok(())
}
