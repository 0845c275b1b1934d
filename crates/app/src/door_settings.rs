//! Settings of the way in: flags before environment before file before defaults.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use serde::Deserialize;
use sidegate_web::gate::{Name, Names, Network, Networks};

use crate::command::Stop;
use crate::doors::USUAL_CONNECTIONS;
use crate::doors::tls::Files;

/// Who may come in, where and how.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct DoorArguments {
    /// Where to listen [default: 127.0.0.1:8080]
    #[arg(
        long,
        env = "SIDEGATE_LISTEN",
        hide_env_values = true,
        value_name = "ADDRESS"
    )]
    listen: Option<SocketAddr>,
    /// The certificate to speak TLS with, and those of its issuers, PEM
    #[arg(
        long,
        env = "SIDEGATE_TLS_CERT",
        hide_env_values = true,
        value_name = "FILE"
    )]
    tls_cert: Option<PathBuf>,
    /// The private key of the certificate, PEM; only this account may read it
    #[arg(
        long,
        env = "SIDEGATE_TLS_KEY",
        hide_env_values = true,
        value_name = "FILE"
    )]
    tls_key: Option<PathBuf>,
    /// Proxies that are believed when they tell of their clients, such as 10.0.0.7,10.1.0.0/16
    #[arg(
        long,
        env = "SIDEGATE_TRUSTED_PROXIES",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "NETWORKS"
    )]
    trusted_proxies: Option<Vec<String>>,
    /// Names that requests may ask for besides that of the public URL and addresses, with commas
    /// between them [default: any]
    #[arg(
        long,
        env = "SIDEGATE_PUBLIC_NAMES",
        hide_env_values = true,
        value_delimiter = ',',
        value_name = "NAMES"
    )]
    public_names: Option<Vec<String>>,
    /// How many connections may be open at once; more wait [default: 512]
    #[arg(
        long,
        env = "SIDEGATE_MAX_CONNECTIONS",
        hide_env_values = true,
        value_name = "NUMBER"
    )]
    max_connections: Option<u32>,
}

/// The file's table `tls`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TlsTable {
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
}

/// What the file says of the way in.
#[derive(Clone, Debug, Default)]
pub(crate) struct DoorFile {
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) public_names: Option<Vec<String>>,
    pub(crate) tls: TlsTable,
    pub(crate) trusted_proxies: Option<Vec<String>>,
    pub(crate) max_connections: Option<u32>,
}

/// The way in, settled.
#[derive(Clone, Debug)]
pub(crate) struct DoorSettings {
    pub(crate) listen: SocketAddr,
    pub(crate) tls: Option<Files>,
    pub(crate) proxies: Networks,
    pub(crate) public_url: Option<String>,
    /// Of the public URL first, then the others.
    pub(crate) names: Vec<Name>,
    /// Whether requests may ask for these names only.
    pub(crate) is_bounded: bool,
    pub(crate) connections: u32,
}

impl DoorArguments {
    /// The settings, beside what links in mails begin with.
    pub(crate) fn settle(
        self,
        file: DoorFile,
        public_url: Option<String>,
    ) -> Result<DoorSettings, Stop> {
        let tls = match (
            self.tls_cert.or(file.tls.cert),
            self.tls_key.or(file.tls.key),
        ) {
            (Some(cert), Some(key)) => Some(Files { cert, key }),
            (None, None) => None,
            (Some(_), None) => {
                return Err(Stop::Usage(
                    "tls.cert needs tls.key, the private key of the certificate".to_owned(),
                ));
            }
            (None, Some(_)) => {
                return Err(Stop::Usage(
                    "tls.key needs tls.cert, the certificate of the key".to_owned(),
                ));
            }
        };
        let proxies = self.trusted_proxies.or(file.trusted_proxies);
        let proxies: Vec<Network> = each("trusted_proxies", proxies.as_deref())?;
        if let Some(all) = proxies.iter().find(|network| network.is_all()) {
            return Err(Stop::Usage(format!(
                "trusted_proxies: {all} is everybody, whose word on clients is worth nothing; name the proxies or their network"
            )));
        }
        let own = public_url.as_deref().map(Name::of_url).transpose();
        let own = own.map_err(|e| Stop::Usage(format!("public_url {e}")))?;
        let further = self.public_names.or(file.public_names);
        let is_bounded = further.is_some();
        let further: Vec<Name> = each("public_names", further.as_deref())?;
        let connections = self.max_connections.or(file.max_connections);
        let connections = connections.unwrap_or(USUAL_CONNECTIONS);
        if !(1..=MOST_CONNECTIONS).contains(&connections) {
            return Err(Stop::Usage(format!(
                "max_connections must be from 1 to {MOST_CONNECTIONS}, not {connections}"
            )));
        }
        Ok(DoorSettings {
            listen: self
                .listen
                .or(file.listen)
                .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            tls,
            proxies: proxies.into_iter().collect(),
            public_url,
            names: own.into_iter().chain(further).collect(),
            is_bounded,
            connections,
        })
    }
}

/// More than any one machine holds open.
const MOST_CONNECTIONS: u32 = 1_000_000;

/// Each text of a setting, parsed. Nothing between two commas, or at all, is nothing.
fn each<T>(setting: &str, texts: Option<&[String]>) -> Result<Vec<T>, Stop>
where
    T: FromStr<Err = String>,
{
    let texts = texts.unwrap_or_default().iter().map(|text| text.trim());
    texts
        .filter(|text| !text.is_empty())
        .map(|text| {
            text.parse()
                .map_err(|e| Stop::Usage(format!("{setting}: {e}")))
        })
        .collect()
}

impl DoorSettings {
    /// The names that requests may ask for; all of them unless `public_names` is set.
    pub(crate) fn names(&self) -> Names {
        let names = self.names.iter().filter(|_| self.is_bounded);
        names.cloned().collect()
    }

    /// Who reaches the address. Refuses where passwords would cross the network for all to read.
    pub(crate) fn reach(&self) -> Result<String, Stop> {
        let listen = self.listen;
        let speaks = match self.tls {
            Some(_) => "over TLS",
            None => "without TLS",
        };
        if listen.ip().is_loopback() {
            return Ok(format!(
                "{listen}, reached from this machine only, {speaks}"
            ));
        }
        match (&self.tls, self.proxies.is_empty()) {
            (Some(_), _) => Ok(format!("{listen}, reached from other machines over TLS")),
            (None, false) => Ok(format!(
                "{listen}, reached without TLS from this machine and from {}; others are hung up on",
                self.proxies
            )),
            (None, true) => Err(Stop::Usage(format!(
                "{listen} can be reached from other machines, which needs TLS; name a certificate and its key (--tls-cert, --tls-key), or the proxy that speaks TLS (--trusted-proxies), or use an address such as 127.0.0.1:{}",
                listen.port()
            ))),
        }
    }
}
