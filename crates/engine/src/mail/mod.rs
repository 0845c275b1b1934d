//! Mail: rows written with what causes them, and sent afterwards.
//!
//! Inside of a caller's transaction only rows are written. A mail server that is away delays mails
//! and nothing else.

pub(crate) mod letter;
mod mailbox;
pub(crate) mod outbox;
pub(crate) mod postman;
mod smtp;

use std::sync::OnceLock;

pub use mailbox::{Kept, MOST_KEPT, Mailbox};
pub use outbox::SECRET_SHOWN;
pub use smtp::{Smtp, SmtpServer, Tls};

use crate::engine::Engine;

/// Where links lead when nobody said so.
const USUAL_URL: &str = "http://127.0.0.1:8080";

/// How a generated secret reaches its user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CredentialMail {
    /// The mail has the secret in it.
    Password,
    /// The mail has a link that makes the secret and shows it once.
    #[default]
    RevealLink,
}

/// What takes the mails.
#[derive(Clone, Debug, Default)]
pub enum Delivery {
    /// Nothing: they wait.
    #[default]
    Nothing,
    /// The stand-in's own mailbox.
    Mailbox(Mailbox),
    /// A mail server.
    Smtp(Box<SmtpServer>),
}

/// How an engine handles mail.
#[derive(Clone, Debug, Default)]
pub struct MailSettings {
    /// How a generated secret reaches its user.
    pub credentials: CredentialMail,
    /// What links begin with, without a slash at the end; where the engine serves, if not said.
    pub public_url: Option<String>,
    /// What takes the mails.
    pub delivery: Delivery,
}

impl Delivery {
    /// The sender that mails name.
    fn from(&self) -> &str {
        match self {
            Self::Nothing | Self::Mailbox(_) => "Sidegate <sidegate@localhost>",
            Self::Smtp(server) => server.from(),
        }
    }
}

/// Why a mail did not go out this time.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    /// For the log and for administrators.
    reason: String,
    /// The status of the server's answer, or a word for what happened.
    status: String,
    /// Whether another try is of no use.
    for_good: bool,
    /// Whether the server did not take part at all, so that other mails would fare no better.
    away: bool,
}

/// Where links of this engine lead, once it is known.
#[derive(Debug, Default)]
pub(crate) struct LinkBase {
    served: OnceLock<String>,
}

impl Engine {
    /// Says where this engine is reached, for links in mails. Settings that say so come first.
    pub fn serves_at(&self, url: &str) {
        let _ = self.inner().links.served.set(url.to_owned());
    }

    /// The stand-in's mailbox, where mails go to one.
    #[must_use]
    pub fn mailbox(&self) -> Option<Mailbox> {
        match &self.inner().settings.mail.delivery {
            Delivery::Mailbox(mailbox) => Some(mailbox.clone()),
            Delivery::Nothing | Delivery::Smtp(_) => None,
        }
    }

    /// What links in mails begin with.
    #[must_use]
    pub fn public_url(&self) -> &str {
        self.inner().public_url()
    }
}

impl crate::engine::Inner {
    pub(crate) fn public_url(&self) -> &str {
        let said = self.settings.mail.public_url.as_deref();
        said.or(self.links.served.get().map(String::as_str))
            .unwrap_or(USUAL_URL)
    }
}
