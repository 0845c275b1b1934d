//! `sidegate serve --check`: everything that serving rests on, looked at from outside.
//!
//! Opens what it looks at for reading only. All that is wrong is told, not only the first.

use std::process::ExitCode;
use std::sync::Arc;

use sidegate_engine::Source;
use sidegate_engine::key_file::KeyFile;
use sidegate_engine::mail::{CredentialMail, Delivery};
use sidegate_engine::sign_in::{Fit, fit};
use sidegate_model::Registry;
use sidegate_store::backend::Access;
use sidegate_store::migrate::{MIGRATIONS, Standing, standing};
use sidegate_store::sql::difference::drift;
use sidegate_store::sql::introspect;
use sidegate_store::sql::schema::Schema;
use sidegate_store::{Connection, Location, StoreError};
use sidegate_web::gate::Name;

use super::{Stop, print, registry, say, there};
use crate::door_settings::{DoorArguments, DoorSettings};
use crate::doors::tls::{self, Files, Pair};
use crate::mail_settings::{MailArguments, MailFile};
use crate::settings::{DatabaseArguments, Settings};

/// What was found so far.
#[derive(Default)]
struct Findings {
    wrong: usize,
}

impl Findings {
    /// Tells of a thing that is as it should be, or not.
    fn tell(&mut self, thing: &str, found: Result<String, Stop>) {
        match found {
            Ok(text) => print(&format!("fine   {thing}: {text}")),
            Err(stop) => {
                self.wrong += 1;
                print(&format!("wrong  {thing}: {stop}"));
            }
        }
    }

    fn end(&self) -> ExitCode {
        match self.wrong {
            0 => say("nothing is wrong"),
            1 => say("1 thing is wrong"),
            n => say(&format!("{n} things are wrong")),
        }
        ExitCode::from(u8::from(self.wrong > 0))
    }
}

pub(super) fn run(
    database: DatabaseArguments,
    mail: MailArguments,
    door: DoorArguments,
) -> ExitCode {
    let mut findings = Findings::default();
    match database.settle() {
        Ok(settings) => {
            let url = mail.public_url(&settings.mail);
            look(&mut findings, &settings, door, url);
            look_at_mail(&mut findings, mail, settings.mail);
        }
        Err(stop) => findings.tell("settings", Err(stop)),
    }
    findings.end()
}

/// The settings of mail, and whether the mail server answers. Nothing is sent.
fn look_at_mail(findings: &mut Findings, mail: MailArguments, file: MailFile) {
    let mail = match mail.settle(file, CredentialMail::RevealLink) {
        Ok(mail) => mail,
        Err(stop) => return findings.tell("mail", Err(stop)),
    };
    let server = match &mail.delivery {
        Delivery::Smtp(server) => match server.probe() {
            Ok(()) => Ok(format!("{} answers", server.place())),
            Err(reason) => Err(Stop::Failed(format!(
                "{} cannot be used: {reason}",
                server.place()
            ))),
        },
        Delivery::Nothing | Delivery::Mailbox(_) => {
            Ok("no mail server is named (smtp.host), so mails wait in the outbox".to_owned())
        }
    };
    findings.tell("mail", server);
    let text = match (mail.credentials, &mail.public_url) {
        (CredentialMail::Password, _) => {
            "the mail has the password in it; reveal-link sends a link that shows it once"
                .to_owned()
        }
        (CredentialMail::RevealLink, Some(url)) => format!("a link that begins with {url}"),
        (CredentialMail::RevealLink, None) => {
            "a link that works on this machine only, because public_url is not set".to_owned()
        }
    };
    findings.tell("new passwords", Ok(text));
}

fn look(
    findings: &mut Findings,
    settings: &Settings,
    door: DoorArguments,
    public_url: Option<String>,
) {
    let shown = match &settings.location {
        Location::Sqlite(path) => format!("the SQLite file {}", path.display()),
        // A connection text may hold a password.
        Location::Postgres(_) => "a PostgreSQL database".to_owned(),
    };
    let key_file = settings.key_file.display();
    findings.tell(
        "settings",
        Ok(format!("{shown}, with the key file {key_file}")),
    );
    match door.settle(settings.door.clone(), public_url) {
        Ok(door) => look_at_door(findings, &door),
        Err(stop) => findings.tell("address", Err(stop)),
    }
    let keys = if settings.key_file.exists() {
        KeyFile::open(&settings.key_file).map(Some)
    } else {
        Ok(None)
    };
    let known = match keys {
        Ok(keys) => {
            // Where there is none it depends on the database whether that is wrong.
            if let Some(keys) = &keys {
                findings.tell("key file", Ok(described(keys)));
            }
            Some(keys)
        }
        Err(error) => {
            findings.tell("key file", Err(error.into()));
            None
        }
    };
    match connect(&settings.location) {
        Ok(mut connection) => {
            findings.tell("database", Ok("it can be read".to_owned()));
            look_inside(findings, settings, &mut connection, known.as_ref());
        }
        Err(stop) => findings.tell("database", Err(stop)),
    }
}

/// The address, the certificate and the names.
fn look_at_door(findings: &mut Findings, door: &DoorSettings) {
    findings.tell("address", door.reach());
    if !door.proxies.is_empty() {
        let text = format!(
            "{} are believed when they tell of clients (X-Forwarded-For, X-Forwarded-Proto)",
            door.proxies
        );
        findings.tell("proxies", Ok(text));
    }
    let files = door.tls.as_ref();
    let pair = files.and_then(|files| look_at_certificate(findings, files));
    let plain = |url: &&String| url.starts_with("http:") && files.is_some();
    if let Some(url) = door.public_url.as_ref().filter(plain) {
        let text = format!(
            "{url} begins with http://, but the server speaks TLS; let it begin with https://"
        );
        findings.tell("public_url", Err(Stop::Failed(text)));
    }
    findings.tell("names", answered(door, pair.as_ref()));
}

fn look_at_certificate(findings: &mut Findings, files: &Files) -> Option<Pair> {
    match files.read() {
        Ok(pair) => {
            let cert = files.cert.display();
            let standing = pair.standing(tls::now(&Source::system()));
            let told = standing.map(|text| format!("{cert} fits its key and is {text}"));
            findings.tell("certificate", told);
            Some(pair)
        }
        Err(stop) => {
            findings.tell("certificate", Err(stop));
            None
        }
    }
}

/// The names that requests may ask for, and whether the certificate has those that we know of.
fn answered(door: &DoorSettings, pair: Option<&Pair>) -> Result<String, Stop> {
    let is_missing = |name: &&Name| pair.is_some_and(|pair| !pair.names(name));
    let missing: Vec<&str> = door
        .names
        .iter()
        .filter(is_missing)
        .map(Name::as_str)
        .collect();
    if !missing.is_empty() {
        return Err(Stop::Failed(format!(
            "the certificate does not name {}; clients that ask for it refuse the certificate",
            missing.join(", ")
        )));
    }
    let all: Vec<&str> = door.names.iter().map(Name::as_str).collect();
    if door.is_bounded && !all.is_empty() {
        return Ok(format!(
            "requests may ask for {}, for this machine's own name and for addresses",
            all.join(", ")
        ));
    }
    Ok("requests may ask for any name (public_names)".to_owned())
}

fn described(keys: &KeyFile) -> String {
    let numbers: Vec<String> = keys.numbers().map(|(n, _)| n.to_string()).collect();
    format!(
        "it holds {} and is this account's alone",
        match numbers.as_slice() {
            [one] => format!("key {one}"),
            all => format!("the keys {}", all.join(", ")),
        }
    )
}

fn connect(location: &Location) -> Result<Connection, Stop> {
    there(location)?;
    Ok(Connection::open(location, Access::Look)?)
}

/// The schema, and whether the key file belongs to the data.
fn look_inside(
    findings: &mut Findings,
    settings: &Settings,
    connection: &mut Connection,
    keys: Option<&Option<KeyFile>>,
) {
    let steps = current(connection);
    let is_current = steps.is_ok();
    findings.tell("schema", steps);
    if !is_current {
        return;
    }
    let registry = match registry() {
        Ok(registry) => registry,
        Err(stop) => return findings.tell("declarations", Err(stop)),
    };
    findings.tell("drift", without_drift(&registry, connection));
    if let Some(keys) = keys {
        let fits = fitting(&registry, connection, keys.as_ref(), settings);
        findings.tell("keys", fits);
    }
}

/// Refuses where a new key file would not do: the database is not ready, or something is sealed in it
/// that only another key file opens.
pub(super) fn takes_new_keys(registry: &Arc<Registry>, settings: &Settings) -> Result<(), Stop> {
    let mut connection = connect(&settings.location)?;
    current(&mut connection)?;
    fitting(registry, &mut connection, None, settings).map(drop)
}

fn current(connection: &mut Connection) -> Result<String, Stop> {
    match standing(connection, MIGRATIONS)? {
        Standing::Current => Ok(format!(
            "it is at step {}, and every step is the one this program knows",
            MIGRATIONS.len()
        )),
        Standing::Behind(steps) => Err(Stop::Failed(format!(
            "{steps} of {} steps are missing; run: sidegate migrate",
            MIGRATIONS.len()
        ))),
    }
}

fn without_drift(registry: &Registry, connection: &mut Connection) -> Result<String, Stop> {
    let found = introspect::schema(connection)?;
    let dialect = connection.dialect();
    // Old columns may wait for their contract step.
    let steps = drift(&Schema::derived(registry, dialect), &found, dialect);
    match steps.len() {
        0 => Ok("the tables are what the declarations derive".to_owned()),
        n => Err(Stop::Failed(format!(
            "the tables differ from what the declarations derive in {n} places, so somebody changed them; sidegate schema diff shows how to bring them back"
        ))),
    }
}

fn fitting(
    registry: &Arc<Registry>,
    connection: &mut Connection,
    keys: Option<&KeyFile>,
    settings: &Settings,
) -> Result<String, Stop> {
    let path = settings.key_file.display();
    let found: Result<Fit, StoreError> = fit(registry, connection, keys);
    match (found?, keys) {
        (Fit::Nothing, Some(_)) => {
            Ok("the database has sealed nothing yet; serve makes a signing key".to_owned())
        }
        (Fit::Nothing, None) => Ok(format!(
            "there is no key file {path}, and the database has sealed nothing yet; serve makes both"
        )),
        (Fit::All(_), _) => Ok("the key file opens what the database has sealed".to_owned()),
        (Fit::Not, Some(_)) => Err(Stop::Failed(format!(
            "the key file {path} does not open what the database has sealed; restore the one that belongs to it"
        ))),
        (Fit::Not, None) => Err(Stop::Failed(format!(
            "there is no key file {path}, and the database has sealed something with one; restore it"
        ))),
    }
}
