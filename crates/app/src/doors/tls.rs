//! The certificate that the server shows, and its key.
//!
//! Both are looked at every second: new files take the place of the old ones for new connections, broken
//! ones are told in the log and change nothing.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rustls::client::verify_server_name;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};
use sidegate_engine::Source;
use sidegate_web::gate::Name;
use tokio_rustls::TlsAcceptor;

use super::validity::Validity;
use crate::command::Stop;

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// How long before its end a certificate is told to be renewed.
const SOON_DAYS: i64 = 14;
/// How often the log is told how long it is valid.
const REMINDER: Duration = Duration::from_secs(86_400);
/// The largest file that can be meant.
const MOST_BYTES: u64 = 1024 * 1024;

/// Where certificate and key are.
#[derive(Clone, Debug)]
pub(crate) struct Files {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

/// A certificate that fits its key.
pub(crate) struct Pair {
    key: Arc<CertifiedKey>,
    validity: Validity,
}

/// What the server shows now. Its files are looked at until this is dropped.
pub(crate) struct Certificate {
    shown: Arc<Shown>,
    _watch: mpsc::Sender<()>,
}

#[derive(Debug)]
struct Shown(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&shown))
    }
}

impl Files {
    /// Reads both, and looks whether they fit each other.
    pub(crate) fn read(&self) -> Result<Pair, Stop> {
        let cert = self.cert.display();
        let key = self.key.display();
        let failed = |text: String| Stop::Failed(text);
        let pem = contents(&self.cert)
            .map_err(|e| failed(format!("the certificate {cert} cannot be read: {e}")))?;
        let chain: Result<Vec<CertificateDer<'static>>, _> =
            CertificateDer::pem_slice_iter(&pem).collect();
        let chain = chain.map_err(|e| failed(format!("the certificate {cert} is no PEM: {e}")))?;
        let Some(first) = chain.first() else {
            return Err(failed(format!(
                "there is no certificate in {cert}; it must begin with -----BEGIN CERTIFICATE-----"
            )));
        };
        let validity = Validity::of(first)
            .ok_or_else(|| failed(format!("the first certificate in {cert} cannot be read")))?;
        let pem = private_contents(&self.key)?;
        let secret = PrivateKeyDer::from_pem_slice(&pem)
            .map_err(|e| failed(format!("there is no private key in {key}: {e}")))?;
        let pair = CertifiedKey::from_der(chain, secret, &provider()).map_err(|e| match e {
            rustls::Error::InconsistentKeys(_) => failed(format!(
                "the key {key} does not belong to the first certificate in {cert}; that one must be the server's own, and those of its issuers follow"
            )),
            other => failed(format!(
                "the certificate {cert} with the key {key} cannot be used: {other}"
            )),
        })?;
        Ok(Pair {
            key: Arc::new(pair),
            validity,
        })
    }

    /// How both are now.
    fn stamps(&self) -> [Option<Stamp>; 2] {
        [&self.cert, &self.key].map(|path| Stamp::of(path))
    }
}

/// What tells one state of a file from the next, a change of its permissions too.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Stamp {
    device: u64,
    inode: u64,
    changed: (i64, i64),
    length: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        Some(Self {
            device: found.dev(),
            inode: found.ino(),
            changed: (found.ctime(), found.ctime_nsec()),
            length: found.len(),
        })
    }
}

impl Validity {
    fn days_left(&self, now: Timestamp) -> i64 {
        (self.until.as_second() - now.as_second()).div_euclid(86_400)
    }

    /// Until when it is good; wrong where it is not good now.
    fn standing(&self, now: Timestamp) -> Result<String, Stop> {
        let Self { from, until } = *self;
        if now < from {
            return Err(Stop::Failed(format!(
                "the certificate is valid only from {from}; wait, or look at the clock of this machine"
            )));
        }
        if now > until {
            return Err(Stop::Failed(format!(
                "the certificate expired at {until}; renew it"
            )));
        }
        Ok(match self.days_left(now) {
            days @ ..SOON_DAYS => format!("valid until {until}, {days} days more; renew it soon"),
            _ => format!("valid until {until}"),
        })
    }
}

impl Pair {
    /// Until when it is good; wrong where it is not good now.
    pub(crate) fn standing(&self, now: Timestamp) -> Result<String, Stop> {
        self.validity.standing(now)
    }

    /// Whether clients that ask for a name will be content.
    pub(crate) fn names(&self, name: &Name) -> bool {
        let Some(first) = self.key.cert.first() else {
            return false;
        };
        let (Ok(certificate), Ok(name)) = (
            ParsedCertificate::try_from(first),
            ServerName::try_from(name.as_str().trim_matches(['[', ']'])),
        ) else {
            return false;
        };
        verify_server_name(&certificate, &name).is_ok()
    }
}

impl Certificate {
    /// Shows what the files hold, and what they come to hold.
    pub(crate) fn watch(files: Files, source: Source) -> Result<Self, Stop> {
        let stamps = files.stamps();
        let pair = files.read()?;
        tell(pair.validity, &source);
        let shown = Arc::new(Shown(RwLock::new(Arc::clone(&pair.key))));
        let (watch, end) = mpsc::channel();
        let watcher = Watcher {
            files,
            source,
            shown: Arc::clone(&shown),
            validity: pair.validity,
            told: Instant::now(),
            known: stamps,
            seen: stamps,
        };
        thread::Builder::new()
            .name("certificate".to_owned())
            .spawn(move || watcher.run(&end))
            .map_err(|e| Stop::Failed(format!("the system gives no threads: {e}")))?;
        Ok(Self {
            shown,
            _watch: watch,
        })
    }

    /// Agrees with clients on TLS 1.3 or 1.2, and on HTTP/2 or HTTP/1.1.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let shown: Arc<Shown> = Arc::clone(&self.shown);
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])
            .expect("ring has suites for both versions")
            .with_no_client_auth()
            .with_cert_resolver(shown);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

/// Looks at the files from time to time.
struct Watcher {
    files: Files,
    source: Source,
    shown: Arc<Shown>,
    validity: Validity,
    /// When the log was told of it last.
    told: Instant,
    /// What was read last, whether it could be used or not.
    known: [Option<Stamp>; 2],
    seen: [Option<Stamp>; 2],
}

impl Watcher {
    fn run(mut self, end: &mpsc::Receiver<()>) {
        while end.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            self.look();
            if self.told.elapsed() > REMINDER {
                self.tell();
            }
        }
    }

    /// Files are read when they have stood still for a while, because certificate and key are two and
    /// cannot change at once.
    fn look(&mut self) {
        let now = self.files.stamps();
        let stands_still = now == self.seen;
        self.seen = now;
        if !stands_still || self.seen == self.known {
            return;
        }
        self.known = now;
        match self.files.read() {
            Ok(pair) => {
                let mut shown = self.shown.0.write().unwrap_or_else(PoisonError::into_inner);
                *shown = Arc::clone(&pair.key);
                drop(shown);
                self.validity = pair.validity;
                self.tell();
            }
            Err(stop) => {
                tracing::error!("the certificate of before stays in use: {stop}");
            }
        }
    }

    fn tell(&mut self) {
        tell(self.validity, &self.source);
        self.told = Instant::now();
    }
}

/// Tells the log what is shown.
fn tell(validity: Validity, source: &Source) {
    let now = now(source);
    match validity.standing(now) {
        Ok(text) if validity.days_left(now) < SOON_DAYS => {
            tracing::warn!("the certificate in use is {text}");
        }
        Ok(text) => tracing::info!("the certificate in use is {text}"),
        Err(stop) => tracing::error!("clients refuse the certificate in use: {stop}"),
    }
}

/// The time now.
pub(crate) fn now(source: &Source) -> Timestamp {
    Timestamp::from_microsecond(source.now()).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(default_provider())
}

fn contents(path: &Path) -> std::io::Result<Vec<u8>> {
    read(&File::open(path)?)
}

/// A key that other accounts could read is nobody's secret.
fn private_contents(path: &Path) -> Result<Vec<u8>, Stop> {
    let shown = path.display();
    let failed = |e: std::io::Error| Stop::Failed(format!("the key {shown} cannot be read: {e}"));
    let file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.mode() & 0o077 != 0 {
        return Err(Stop::Failed(format!(
            "the key {shown} can be read by other accounts; run: chmod 600 {shown}"
        )));
    }
    read(&file).map_err(failed)
}

fn read(file: &File) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}
