//! A mail server, spoken to over SMTP.

use std::fmt;
use std::time::{Duration, SystemTime};

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls as LettreTls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, SmtpTransport};
use lettre::{Address, Message, Transport as _};
use sidegate_model::text::has_control;

use super::Failed;

/// A server that says nothing for so long is away.
const TIMEOUT: Duration = Duration::from_secs(20);

/// How the connection to the server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Begun in the clear and protected before anything is said; the usual port is 587.
    #[default]
    StartTls,
    /// Protected from the first byte; the usual port is 465.
    Implicit,
    /// Not at all; the usual port is 25.
    None,
}

/// Where a mail server is and how it is spoken to, as settings say it.
#[derive(Clone, Default)]
pub struct Smtp {
    /// Its name.
    pub host: String,
    /// Its port; the usual one of the protection if not said.
    pub port: Option<u16>,
    /// The account, if it wants one.
    pub user: Option<String>,
    /// The account's password.
    pub password: Option<String>,
    /// How the connection is protected.
    pub tls: Tls,
    /// The sender: an address, perhaps with a name before it.
    pub from: String,
    /// Certificates to trust besides the public ones, PEM.
    pub trusted: Option<Vec<u8>>,
}

/// A mail server, ready to be spoken to.
#[derive(Clone)]
pub struct SmtpServer {
    transport: SmtpTransport,
    from: Mailbox,
    shown_from: String,
    place: String,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Smtp({})", self.host)
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SmtpServer({})", self.place)
    }
}

impl Smtp {
    /// The server that these settings name; it is not spoken to yet.
    ///
    /// # Errors
    /// The setting that cannot be, and why.
    pub fn server(&self) -> Result<SmtpServer, String> {
        if has_control(&self.from, false) {
            return Err("smtp.from must stand on one line".to_owned());
        }
        let from: Mailbox = self.from.parse().map_err(|_| {
            format!(
                "smtp.from {:?} is no address; write it as sidegate@example.org or Sidegate <sidegate@example.org>",
                self.from
            )
        })?;
        let host = &self.host;
        if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c == '/' || c == '@') {
            return Err(format!(
                "smtp.host {host:?} is no name of a host; the port goes to smtp.port"
            ));
        }
        let local = matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1");
        let port = self.port.unwrap_or(match self.tls {
            Tls::StartTls => 587,
            Tls::Implicit => 465,
            Tls::None => 25,
        });
        let tls = match self.tls {
            Tls::None => LettreTls::None,
            Tls::StartTls => LettreTls::Required(self.parameters()?),
            Tls::Implicit => LettreTls::Wrapper(self.parameters()?),
        };
        let domain = from.email.domain().to_owned();
        let mut builder = SmtpTransport::builder_dangerous(host)
            .port(port)
            .tls(tls)
            .hello_name(ClientId::Domain(domain))
            .timeout(Some(TIMEOUT));
        match (&self.user, &self.password) {
            (Some(_), Some(_)) if self.tls == Tls::None && !local => {
                return Err(
                    "smtp.tls none would send the account's password in the clear; use starttls or tls"
                        .to_owned(),
                );
            }
            (Some(user), Some(password)) => {
                builder = builder.credentials(Credentials::new(user.clone(), password.clone()));
            }
            (None, None) => {}
            (Some(_), None) => {
                return Err("smtp.user needs smtp.password, or SIDEGATE_SMTP_PASSWORD".to_owned());
            }
            (None, Some(_)) => return Err("smtp.password needs smtp.user".to_owned()),
        }
        Ok(SmtpServer {
            transport: builder.build(),
            shown_from: from.to_string(),
            from,
            place: format!("{host}:{port}"),
        })
    }

    fn parameters(&self) -> Result<TlsParameters, String> {
        let mut builder = TlsParameters::builder(self.host.clone());
        if let Some(pem) = &self.trusted {
            let certificate = Certificate::from_pem(pem)
                .map_err(|e| format!("smtp.ca_file holds no certificate in PEM: {e}"))?;
            builder = builder.add_root_certificate(certificate);
        }
        builder
            .build()
            .map_err(|e| format!("smtp.host {:?} cannot be used with TLS: {e}", self.host))
    }
}

/// Marks mails that no person wrote, so that nobody's absence answers them (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// What is sent.
pub(super) struct Parcel<'p> {
    pub(super) id: &'p str,
    pub(super) at: i64,
    pub(super) to: &'p str,
    pub(super) subject: &'p str,
    pub(super) body: &'p str,
}

impl SmtpServer {
    /// The sender that mails name.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.shown_from
    }

    /// Host and port.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// The message id of a mail that is called so.
    pub(super) fn message_id(&self, id: &str) -> String {
        format!("<{id}@{}>", self.from.email.domain())
    }

    /// Connects, signs in and leaves.
    ///
    /// # Errors
    /// Why that does not work.
    pub fn probe(&self) -> Result<(), String> {
        match self.transport.test_connection() {
            Ok(true) => Ok(()),
            Ok(false) => Err("it does not answer as a mail server".to_owned()),
            Err(error) => Err(told(&error)),
        }
    }

    /// Sends a mail and gives the server's answer.
    pub(super) fn send(&self, parcel: &Parcel<'_>) -> Result<String, Failed> {
        let message = self.message(parcel).map_err(|reason| Failed {
            reason,
            status: "unfit".to_owned(),
            for_good: true,
            away: false,
        })?;
        match self.transport.send(&message) {
            Ok(answer) => Ok(answer.message().collect::<Vec<_>>().join(" ")),
            Err(error) => Err(failed(&error)),
        }
    }

    fn message(&self, parcel: &Parcel<'_>) -> Result<Message, String> {
        let to: Address = parcel
            .to
            .parse()
            .map_err(|e| format!("{} is no address that mail goes to: {e}", parcel.to))?;
        let micros = u64::try_from(parcel.at).unwrap_or_default();
        Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(parcel.subject)
            .message_id(Some(format!(
                "<{}@{}>",
                parcel.id,
                self.from.email.domain()
            )))
            .date(SystemTime::UNIX_EPOCH + Duration::from_micros(micros))
            .header(AutoSubmitted)
            .singlepart(SinglePart::plain(parcel.body.to_owned()))
            .map_err(|e| format!("the mail cannot be written: {e}"))
    }
}

fn failed(error: &Error) -> Failed {
    let code = error.status().map(|code| code.to_string());
    // 53x is about our account with the server, which somebody may mend.
    let account = code.as_deref().is_some_and(|code| code.starts_with("53"));
    Failed {
        reason: told(error),
        status: code.clone().unwrap_or_else(|| {
            let word = if error.is_tls() { "tls" } else { "connection" };
            word.to_owned()
        }),
        for_good: error.is_permanent() && !account,
        away: code.is_none() || account,
    }
}

/// An error with what is behind it, on one line.
fn told(error: &Error) -> String {
    let mut text = error.to_string();
    let mut behind = std::error::Error::source(error);
    while let Some(cause) = behind {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        behind = cause.source();
    }
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(1000)
        .collect()
}
