//! An authority for tests, its certificates, and a client that trusts it.

use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyPair, SerialNumber, date_time_ymd,
};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};

use super::write_private;
use crate::process::connected;

/// Somebody who issues certificates.
pub(super) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its key, PEM.
pub(super) struct Issued {
    pub(super) cert: String,
    pub(super) key: String,
}

/// A connection over TLS.
pub(super) type Secured = StreamOwned<ClientConnection, TcpStream>;

impl Authority {
    pub(super) fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params
            .distinguished_name
            .push(DnType::CommonName, "Authority for tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self {
            issuer: CertifiedIssuer::self_signed(params, key).expect("a certificate"),
        }
    }

    /// A certificate with this number, for these names.
    pub(super) fn issue(&self, number: u64, names: &[&str]) -> Issued {
        self.issue_until(number, names, 2100)
    }

    /// The same, good until a year begins.
    pub(super) fn issue_until(&self, number: u64, names: &[&str], year: i32) -> Issued {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        params.distinguished_name.push(DnType::CommonName, "Server");
        params.serial_number = Some(SerialNumber::from(number));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let cert = params.signed_by(&key, &self.issuer).expect("a certificate");
        Issued {
            cert: cert.pem(),
            key: key.serialize_pem(),
        }
    }

    /// The authority's own certificate, PEM.
    pub(super) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A connection to a server whose certificate names `localhost`, with one version of TLS.
    pub(super) fn connect(
        &self,
        address: &str,
        version: &'static SupportedProtocolVersion,
    ) -> Result<Secured, std::io::Error> {
        connect(&self.pem(), address, version)
    }
}

/// The same for an authority of which there is only the certificate, PEM.
pub(super) fn connect(
    authority: &str,
    address: &str,
    version: &'static SupportedProtocolVersion,
) -> Result<Secured, std::io::Error> {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(authority.as_bytes()).expect("a certificate");
    roots.add(root).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[version])
        .expect("a version")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let mut connection = ClientConnection::new(Arc::new(config), name).expect("a client");
    let mut stream = connected(address);
    while connection.is_handshaking() {
        connection.complete_io(&mut stream)?;
    }
    Ok(StreamOwned::new(connection, stream))
}

impl Issued {
    /// Puts both where the server looks for them.
    pub(super) fn write(&self, cert: &Path, key: &Path) {
        write_private(key, &self.key);
        write_private(cert, &self.cert);
    }

    /// Whether this is what a server showed.
    pub(super) fn is_shown_on(&self, stream: &Secured) -> bool {
        let own = CertificateDer::from_pem_slice(self.cert.as_bytes()).expect("a certificate");
        let shown = stream.conn.peer_certificates().expect("a certificate");
        shown.first() == Some(&own)
    }
}
