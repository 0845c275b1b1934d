//! `sidegate demo`: the stand-in, a ready company on this machine only.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use clap::Args;
use sidegate_engine::key_file::KeyFile;
use sidegate_engine::mail::{CredentialMail, Delivery, Mailbox};
use sidegate_engine::outbound::Reach;
use sidegate_engine::test_company::TestCompany;
use sidegate_engine::{Engine, Location, Settings as EngineSettings, Source};
use sidegate_store::Connection;
use sidegate_store::backend::Access;
use sidegate_store::migrate::{MIGRATIONS, migrate};
use sidegate_web::gate::{self, Gate};

use super::trust::{self, Place};
use super::{Stop, print, registry, write_private};
use crate::demo_data::{self, ADMIN, BARE_USER, COMPANY, Credentials, SECOND, SECOND_USER, USER};
use crate::doors::tls::Certificate;
use crate::doors::{self, Door};
use crate::mail_settings::{MailArguments, MailFile};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Where to listen; only addresses of this machine
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Serve HTTPS too, with the certificate that `sidegate trust` made
    #[arg(long)]
    tls: bool,
    /// Where to serve HTTPS; only addresses of this machine
    #[arg(
        long,
        default_value = "127.0.0.1:8443",
        value_name = "ADDRESS",
        requires = "tls"
    )]
    tls_listen: SocketAddr,
    /// The folder that keeps the data
    #[arg(long, default_value = "sidegate-demo", value_name = "DIR")]
    data: PathBuf,
    /// Also write addresses and credentials here, as NAME=value lines
    #[arg(long, value_name = "FILE")]
    env_file: Option<PathBuf>,
    /// Make the data anew; the credentials stay
    #[arg(long)]
    reset: bool,
    /// Keep the data in this PostgreSQL database instead of a file in the folder
    #[arg(long, value_name = "PLACE", hide = true)]
    postgres: Option<String>,
    #[command(flatten)]
    mail: MailArguments,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Stop> {
    only_loopback(arguments.listen)?;
    only_loopback(arguments.tls_listen)?;
    let place = arguments.tls.then(|| Place::of(&arguments.data));
    if let Some(place) = &place {
        place.ready(&Source::system())?;
    }
    let mut mail = arguments
        .mail
        .clone()
        .settle(MailFile::default(), CredentialMail::Password)?;
    if matches!(mail.delivery, Delivery::Nothing) {
        mail.delivery = Delivery::Mailbox(Mailbox::default());
    }
    doors::log(false);
    let folder = &arguments.data;
    let shown = folder.display();
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|e| {
            Stop::Failed(format!(
                "the folder {shown} cannot be made: {e}; name another with --data"
            ))
        })?;
    let file = folder.join("sidegate.sqlite");
    if arguments.reset {
        remove_data(&file)?;
    }
    let source = Source::system();
    let credentials = credentials(&folder.join("demo-credentials.json"), &source)?;
    let keys = KeyFile::open_or_create(&folder.join("sidegate.key"), &source)?;
    let location = match &arguments.postgres {
        Some(text) => Location::Postgres(text.clone()),
        None => Location::Sqlite(file),
    };
    let mut connection = Connection::open(&location, Access::Write)?;
    migrate(&mut connection, MIGRATIONS, source.now())?;
    drop(connection);
    let settings = EngineSettings {
        mail,
        reach: Reach::ThisMachineToo,
        ..EngineSettings::usual(location.dialect())
    };
    let engine = Engine::start(registry()?, location, keys, source, settings)?;
    demo_data::ensure(&engine, &credentials)?;
    let mut doors = vec![Door::of_this_machine(arguments.listen)];
    if let Some(place) = &place {
        let source = engine.source().clone();
        doors.push(Door {
            flag: "--tls-listen",
            tls: Some(Certificate::watch(place.files(), source)?),
            ..Door::of_this_machine(arguments.tls_listen)
        });
    }
    let routers = |addresses: &[SocketAddr]| stand_in_routers(&engine, addresses, &credentials);
    doors::serve(&engine, doors, routers, |addresses| {
        let (address, secure) = (addresses[0], addresses.get(1).copied());
        if let Some(path) = &arguments.env_file {
            write_private(path, &environment(address, secure, &credentials))?;
        }
        welcome(address, secure, &credentials, engine.mailbox().is_some());
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Refuses to be reached from other machines: whoever reaches the stand-in may do everything there.
fn only_loopback(listen: SocketAddr) -> Result<(), Stop> {
    if listen.ip().is_loopback() {
        return Ok(());
    }
    Err(Stop::Usage(format!(
        "demo listens on this machine only, and {listen} can be reached from others; use an address such as 127.0.0.1:{}",
        listen.port()
    )))
}

fn remove_data(file: &Path) -> Result<(), Stop> {
    for suffix in ["", "-wal", "-shm"] {
        let path = PathBuf::from(format!("{}{suffix}", file.display()));
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => {
                return Err(Stop::Failed(format!(
                    "{} cannot be removed: {e}",
                    path.display()
                )));
            }
        }
    }
    Ok(())
}

/// The kept credentials, or new ones that are kept from now on.
fn credentials(path: &Path, source: &Source) -> Result<Credentials, Stop> {
    let shown = path.display();
    if path.exists() {
        let text = fs::read_to_string(path)
            .map_err(|e| Stop::Failed(format!("{shown} cannot be read: {e}")))?;
        let mut credentials: Credentials = serde_json::from_str(&text).map_err(|e| {
            Stop::Failed(format!(
                "{shown} is damaged: {e}; delete it and start with --reset"
            ))
        })?;
        // A newer stand-in has more users; those who were there keep their secrets.
        if credentials.complete(source) {
            keep(path, &credentials)?;
        }
        return Ok(credentials);
    }
    let credentials = Credentials::generate(source);
    keep(path, &credentials)?;
    Ok(credentials)
}

fn keep(path: &Path, credentials: &Credentials) -> Result<(), Stop> {
    let text =
        serde_json::to_string_pretty(credentials).map_err(|e| Stop::Failed(e.to_string()))?;
    write_private(path, &(text + "\n"))
}

/// Names under which the vendor's own clients reach the stand-in, on this machine only: they take no
/// others.
const ALIASES: &[&str] = &["local.intacct.com", "api.intacct.com", "ws.intacct.com"];

/// All doors, and the paths that control the stand-in: over HTTP at the first address, over HTTPS at the second.
fn stand_in_routers(
    engine: &Engine,
    addresses: &[SocketAddr],
    credentials: &Credentials,
) -> Vec<Router> {
    let address = addresses[0];
    let credentials = credentials.clone();
    let values = move |company: &TestCompany| of_test_company(address, &credentials, company);
    let doors = sidegate_web::stand_in_router(engine.clone(), Arc::new(values));
    let gate = |speaks_tls| Gate {
        aliases: ALIASES
            .iter()
            .filter_map(|name| name.parse().ok())
            .collect(),
        speaks_tls,
        ..Gate::default()
    };
    let behind = |number| gate::behind(gate(number > 0), engine.clone(), doors.clone());
    (0..addresses.len()).map(behind).collect()
}

/// `NAME=value` lines, and the same under the names that the vendor's SDKs know; then the same for the
/// second company, with its id before each name.
fn environment(
    address: SocketAddr,
    secure: Option<SocketAddr>,
    credentials: &Credentials,
) -> String {
    let mut text = String::new();
    if let Some(secure) = secure {
        text.push_str(&format!("TLS_URL={}\n", trust::url(secure.port())));
    }
    for (prefix, company, user) in [("", COMPANY, USER), ("QUAY_", SECOND, SECOND_USER)] {
        let of = |user: &str| credentials.of(company, user).unwrap_or_default();
        let user = (user, of(user));
        for (name, value) in values(address, credentials, company, user, Some(of(ADMIN))) {
            text.push_str(&format!("{prefix}{name}={value}\n"));
        }
    }
    text
}

/// The same values for a company that was copied for a test; its user is the one that the company it
/// came from is entered by, or the first one with a secret.
fn of_test_company(
    address: SocketAddr,
    credentials: &Credentials,
    company: &TestCompany,
) -> Vec<(String, String)> {
    let secret = |wanted: &str| {
        let found = company.secrets.iter().find(|(user, _)| user == wanted);
        found.map(|(user, secret)| (user.as_str(), secret.as_str()))
    };
    let others = || company.secrets.iter().find(|(user, _)| user != ADMIN);
    let user = secret(USER)
        .or_else(|| secret(SECOND_USER))
        .or_else(|| others().map(|(user, secret)| (user.as_str(), secret.as_str())))
        .or_else(|| secret(ADMIN))
        .unwrap_or_default();
    let admin = secret(ADMIN).map(|(_, secret)| secret);
    values(address, credentials, &company.id, user, admin)
}

/// What a client needs to reach a company, by name; what the vendor's SDKs know another name for, twice.
fn values(
    address: SocketAddr,
    credentials: &Credentials,
    company: &str,
    (user, password): (&str, &str),
    admin: Option<&str>,
) -> Vec<(String, String)> {
    let base = format!("http://{address}");
    let mut all = vec![
        ("BASE_URL", base.as_str(), false),
        ("COMPANY_ID", company, true),
        ("SENDER_ID", &credentials.sender_id, true),
        ("SENDER_PASSWORD", &credentials.sender_password, true),
        ("USER_ID", user, true),
        ("USER_PASSWORD", password, true),
        ("CLIENT_ID", &credentials.client_id, true),
        ("CLIENT_SECRET", &credentials.client_secret, true),
    ];
    if let Some(admin) = admin {
        all.push(("ADMIN_ID", ADMIN, false));
        all.push(("ADMIN_PASSWORD", admin, false));
    }
    let twice = |(name, value, vendor): (&str, &str, bool)| {
        let plain = (name.to_owned(), value.to_owned());
        let theirs = vendor.then(|| (format!("INTACCT_{name}"), value.to_owned()));
        [Some(plain), theirs].into_iter().flatten()
    };
    all.into_iter().flat_map(twice).collect()
}

fn welcome(
    address: SocketAddr,
    secure: Option<SocketAddr>,
    credentials: &Credentials,
    keeps_mails: bool,
) {
    let base = format!("http://{address}/ia/api/v1");
    let row = |name: &str, value: &str| print(&format!("  {name:<18} {value}"));
    print("Sidegate stand-in: a company for development on this machine. Not for real data.");
    print("");
    print("Doors");
    row("Console", &format!("http://{address}/"));
    row("REST API", &base);
    row("Token", &format!("{base}/oauth2/token"));
    if let Some(secure) = secure {
        let (url, port) = (trust::url(secure.port()), secure.port());
        row(
            "Over TLS",
            &format!("{url}   see: sidegate trust --print CLIENT --port {port}"),
        );
    }
    if keeps_mails {
        row("Mails", &format!("http://{address}/sidegate/v1/demo/mails"));
    }
    print("");
    print("Credentials");
    row("Company ID", COMPANY);
    row("Client ID", &credentials.client_id);
    row("Client secret", &credentials.client_secret);
    row("Sender ID", &credentials.sender_id);
    row("Sender password", &credentials.sender_password);
    row(
        "User",
        &format!("{USER}   Web Services user, full admin privileges, role All access"),
    );
    row("User password", &credentials.user_password);
    row(
        "User",
        &format!("{BARE_USER}   Web Services user, full admin privileges, no role"),
    );
    row("User password", &credentials.bare_user_password);
    row(
        "Administrator",
        &format!("{ADMIN}   standard user, full admin privileges, role All access"),
    );
    row("Password", &credentials.admin_password);
    print("");
    print("A second company, whose users have permissions of their own (same sender and client)");
    row("Company ID", SECOND);
    row(
        "User",
        &format!("{SECOND_USER}   Web Services user, full admin privileges, all permissions"),
    );
    let second = |user: &str| credentials.of(SECOND, user).unwrap_or_default();
    row("User password", second(SECOND_USER));
    row(
        "Administrator",
        &format!("{ADMIN}   standard user, full admin privileges"),
    );
    row("Password", second(ADMIN));
    print("");
    print(
        "Narrower Web Services users of both companies, with their passwords: demo-credentials.json",
    );
    print("");
    print("Try it: this line lists the company's users.");
    print("");
    print(&format!(
        "curl -s {base}/objects/company-config/user -H \"Authorization: Bearer $(curl -s {base}/oauth2/token \
         -d grant_type=client_credentials -d client_id={} -d client_secret={} -d username={USER}@{COMPANY} \
         | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\"",
        credentials.client_id, credentials.client_secret
    ));
    print("");
    print("Ctrl-C stops it. The data stays; --reset makes it anew.");
}
