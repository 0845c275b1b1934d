//! Settings of mail: flags before environment before file before defaults.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Deserialize;
use sidegate_engine::mail::{CredentialMail, Delivery, MailSettings, Smtp, Tls};

use crate::command::Stop;

/// What every command that sends mail needs to know.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct MailArguments {
    /// What links in mails begin with, such as https://sidegate.example.org
    #[arg(
        long,
        env = "SIDEGATE_PUBLIC_URL",
        hide_env_values = true,
        value_name = "URL"
    )]
    public_url: Option<String>,
    /// How a generated password reaches its user
    #[arg(
        long,
        env = "SIDEGATE_CREDENTIAL_MAIL",
        hide_env_values = true,
        value_name = "WAY"
    )]
    credential_mail: Option<Way>,
    /// The mail server that takes outgoing mail
    #[arg(
        long,
        env = "SIDEGATE_SMTP_HOST",
        hide_env_values = true,
        value_name = "HOST"
    )]
    smtp_host: Option<String>,
    /// Its port [default: 587, with tls 465, with none 25]
    #[arg(
        long,
        env = "SIDEGATE_SMTP_PORT",
        hide_env_values = true,
        value_name = "PORT"
    )]
    smtp_port: Option<u16>,
    /// The account there, if it wants one; its password goes to SIDEGATE_SMTP_PASSWORD or the file
    #[arg(
        long,
        env = "SIDEGATE_SMTP_USER",
        hide_env_values = true,
        value_name = "NAME"
    )]
    smtp_user: Option<String>,
    #[arg(
        long,
        env = "SIDEGATE_SMTP_PASSWORD",
        hide = true,
        hide_env_values = true,
        value_name = "PASSWORD"
    )]
    smtp_password: Option<String>,
    /// How the connection there is protected [default: starttls]
    #[arg(
        long,
        env = "SIDEGATE_SMTP_TLS",
        hide_env_values = true,
        value_name = "MODE"
    )]
    smtp_tls: Option<Mode>,
    /// The sender of mails, such as "Sidegate <sidegate@example.org>"
    #[arg(
        long,
        env = "SIDEGATE_SMTP_FROM",
        hide_env_values = true,
        value_name = "ADDRESS"
    )]
    smtp_from: Option<String>,
    /// Certificates to trust besides the public ones, PEM
    #[arg(
        long,
        env = "SIDEGATE_SMTP_CA_FILE",
        hide_env_values = true,
        value_name = "FILE"
    )]
    smtp_ca_file: Option<PathBuf>,
}

/// How a generated password reaches its user.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Way {
    /// The mail has the password in it
    Password,
    /// The mail has a link that makes the password and shows it once
    RevealLink,
}

/// How a connection to the mail server is protected.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// Protected before anything is said
    Starttls,
    /// Protected from the first byte
    Tls,
    /// Not at all
    None,
}

/// The file's table `smtp`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SmtpTable {
    host: Option<String>,
    port: Option<u16>,
    user: Option<String>,
    password: Option<String>,
    tls: Option<Mode>,
    from: Option<String>,
    ca_file: Option<PathBuf>,
}

/// What the file says of mail.
#[derive(Clone, Debug, Default)]
pub(crate) struct MailFile {
    pub(crate) public_url: Option<String>,
    pub(crate) credential_mail: Option<Way>,
    pub(crate) smtp: SmtpTable,
}

impl MailArguments {
    /// What links in mails begin with, before anything is looked at.
    pub(crate) fn public_url(&self, file: &MailFile) -> Option<String> {
        self.public_url.clone().or_else(|| file.public_url.clone())
    }

    /// The settings; what takes the mails is nothing where no mail server is named.
    pub(crate) fn settle(
        self,
        file: MailFile,
        usual: CredentialMail,
    ) -> Result<MailSettings, Stop> {
        let public_url = self.public_url.or(file.public_url);
        let way = self.credential_mail.or(file.credential_mail);
        let table = file.smtp;
        let from = self.smtp_from.or(table.from);
        let host = self.smtp_host.or(table.host);
        let port = self.smtp_port.or(table.port);
        let user = self.smtp_user.or(table.user);
        let ca_file = self.smtp_ca_file.or(table.ca_file);
        let tls = self.smtp_tls.or(table.tls);
        let more = [
            ("port", port.is_some()),
            ("user", user.is_some()),
            ("tls", tls.is_some()),
            ("from", from.is_some()),
            ("ca_file", ca_file.is_some()),
        ];
        let delivery = match host {
            Some(host) => {
                let from = from.ok_or_else(|| {
                    Stop::Usage(
                        "smtp.host needs smtp.from, the address that mails come from".to_owned(),
                    )
                })?;
                let smtp = Smtp {
                    host,
                    port,
                    user,
                    password: self.smtp_password.or(table.password),
                    tls: match tls {
                        None | Some(Mode::Starttls) => Tls::StartTls,
                        Some(Mode::Tls) => Tls::Implicit,
                        Some(Mode::None) => Tls::None,
                    },
                    from,
                    trusted: ca_file.as_deref().map(read).transpose()?,
                };
                Delivery::Smtp(Box::new(smtp.server().map_err(Stop::Usage)?))
            }
            None => {
                if let Some((name, _)) = more.iter().find(|(_, said)| *said) {
                    return Err(Stop::Usage(format!(
                        "smtp.{name} needs smtp.host, the mail server that takes outgoing mail"
                    )));
                }
                Delivery::Nothing
            }
        };
        Ok(MailSettings {
            credentials: match way {
                None => usual,
                Some(Way::Password) => CredentialMail::Password,
                Some(Way::RevealLink) => CredentialMail::RevealLink,
            },
            public_url: public_url.as_deref().map(checked_url).transpose()?,
            delivery,
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Stop> {
    fs::read(path).map_err(|e| {
        Stop::Usage(format!(
            "the certificates {} cannot be read: {e}",
            path.display()
        ))
    })
}

/// An address that links can begin with, without a slash at the end. A link is as good as a secret,
/// so it goes over TLS unless it stays on this machine.
fn checked_url(text: &str) -> Result<String, Stop> {
    let unfit = |reason: &str| Stop::Usage(format!("public_url {text:?} {reason}"));
    let form = "must be an address such as https://sidegate.example.org";
    let url = text.trim_end_matches('/');
    let (scheme, rest) = url.split_once("://").ok_or_else(|| unfit(form))?;
    let host = rest.split('/').next().unwrap_or_default();
    let plain = url
        .chars()
        .all(|c| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '@' | '"' | '<' | '>' | '\\'));
    if host.is_empty() || !plain {
        return Err(unfit(form));
    }
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let local = name == "localhost"
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    match scheme {
        "https" => Ok(url.to_owned()),
        "http" if local => Ok(url.to_owned()),
        "http" => Err(unfit(
            "must begin with https://, because links to passwords begin with it; only for this machine http:// will do",
        )),
        _ => Err(unfit(form)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_begin_with_https_or_stay_on_this_machine() {
        for (text, wanted) in [
            (
                "https://sidegate.example.org",
                Some("https://sidegate.example.org"),
            ),
            (
                "https://example.org/gate/",
                Some("https://example.org/gate"),
            ),
            ("http://localhost:8080", Some("http://localhost:8080")),
            ("http://[::1]:8080/", Some("http://[::1]:8080")),
            ("http://sidegate.example.org", None),
            ("sidegate.example.org", None),
            ("https://", None),
            ("https://example.org?x=1", None),
            ("https://ann@example.org", None),
            ("https://example.org\r\nBcc: eve@example.org", None),
            ("ftp://example.org", None),
        ] {
            assert_eq!(checked_url(text).ok().as_deref(), wanted, "{text}");
        }
    }
}
