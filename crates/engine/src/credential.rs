//! Secrets: how generated ones look, and the work that checking a chosen password costs.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use sidegate_model::RecordKey;

use crate::source::Source;

/// Whose a generated secret is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretKind {
    /// A user's password.
    User,
    /// A sender's password.
    Sender,
    /// A client application's secret.
    Client,
    /// A refresh token; carries its company.
    Refresh,
    /// A session of the XML gateway; carries its company.
    Session,
    /// A session of the console; carries its company.
    Console,
    /// A device that somebody trusts at the console; carries its company.
    Device,
    /// What a link is known by that shows a new secret once; carries its company.
    Reveal,
    /// What a link is known by that lets a forgotten password be replaced; carries its company.
    Forgotten,
}

const KINDS: &[(SecretKind, char)] = &[
    (SecretKind::User, 'u'),
    (SecretKind::Sender, 's'),
    (SecretKind::Client, 'c'),
    (SecretKind::Refresh, 'r'),
    (SecretKind::Reveal, 'l'),
    (SecretKind::Session, 'x'),
    (SecretKind::Console, 'k'),
    (SecretKind::Device, 'd'),
    (SecretKind::Forgotten, 'f'),
];
const PREFIX: &str = "sg1_";
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// 26 characters of 62 hold 154 bits.
const RANDOM: usize = 26;
const CHECK: usize = 6;
/// A key below 2^53 needs ten characters of 62.
const COMPANY: usize = 10;

impl SecretKind {
    /// The word that keeps hashes of different kinds apart.
    #[must_use]
    pub fn purpose(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Sender => "sender",
            Self::Client => "client",
            Self::Refresh => "refresh",
            Self::Reveal => "reveal",
            Self::Session => "session",
            Self::Console => "console",
            Self::Device => "device",
            Self::Forgotten => "forgotten",
        }
    }

    /// Whether it is looked up without anything else that names its company.
    fn names_company(self) -> bool {
        matches!(
            self,
            Self::Refresh
                | Self::Reveal
                | Self::Session
                | Self::Console
                | Self::Device
                | Self::Forgotten
        )
    }

    fn letter(self) -> char {
        KINDS
            .iter()
            .find(|(kind, _)| *kind == self)
            .expect("every kind has a letter")
            .1
    }
}

/// A new secret: `sg1_`, the kind's letter, random letters and digits, a checksum.
#[must_use]
pub fn generate(source: &Source, kind: SecretKind) -> String {
    assemble(kind, &random(source))
}

/// A new refresh token, which names its company so that it can be looked up there.
#[must_use]
pub fn generate_refresh(source: &Source, company: RecordKey) -> String {
    generate_in(source, SecretKind::Refresh, company)
}

/// What a new link is known by, which names its company so that it can be looked up there.
#[must_use]
pub fn generate_reveal(source: &Source, company: RecordKey) -> String {
    generate_in(source, SecretKind::Reveal, company)
}

/// The id of a new session, which names its company so that it can be looked up there.
#[must_use]
pub fn generate_session(source: &Source, company: RecordKey) -> String {
    generate_in(source, SecretKind::Session, company)
}

/// What the cookie of a new console session holds, which names its company so that it can be looked
/// up there.
#[must_use]
pub(crate) fn generate_console(source: &Source, company: RecordKey) -> String {
    generate_in(source, SecretKind::Console, company)
}

/// The same of a device that is trusted.
#[must_use]
pub(crate) fn generate_device(source: &Source, company: RecordKey) -> String {
    generate_in(source, SecretKind::Device, company)
}

/// The same of a link to replace a forgotten password.
#[must_use]
pub(crate) fn generate_forgotten(source: &Source, company: RecordKey) -> String {
    generate_in(source, SecretKind::Forgotten, company)
}

fn generate_in(source: &Source, kind: SecretKind, company: RecordKey) -> String {
    let mut body = String::new();
    let mut rest = company.number() as u64;
    for _ in 0..COMPANY {
        body.push(char::from(ALPHABET[(rest % 62) as usize]));
        rest /= 62;
    }
    assemble(kind, &(body + &random(source)))
}

/// A random piece of text that nobody can guess, for identifiers inside tokens.
#[must_use]
pub fn random(source: &Source) -> String {
    let mut out = String::new();
    while out.len() < RANDOM {
        let mut bytes = [0; 32];
        source.fill(&mut bytes);
        // Bytes above the last whole multiple of 62 would make some characters likelier.
        out.extend(
            bytes
                .iter()
                .filter(|b| **b < 248)
                .map(|b| char::from(ALPHABET[usize::from(b % 62)])),
        );
    }
    out.truncate(RANDOM);
    out
}

/// The secret that these bytes make, the same each time: who knows neither them nor it finds it no
/// easier than a random one.
#[must_use]
pub(crate) fn derived(kind: SecretKind, bytes: &[u8; 32]) -> String {
    // The bytes as one large number, written in the alphabet: 256 bits leave no digit likelier.
    let mut rest = *bytes;
    let body: String = (0..RANDOM)
        .map(|_| {
            let mut digit = 0_usize;
            for byte in &mut rest {
                let value = digit * 256 + usize::from(*byte);
                *byte = u8::try_from(value / 62).expect("a remainder is below 62");
                digit = value % 62;
            }
            char::from(ALPHABET[digit])
        })
        .collect();
    assemble(kind, &body)
}

fn assemble(kind: SecretKind, body: &str) -> String {
    let text = format!("{PREFIX}{}{body}", kind.letter());
    let check = checksum(&text);
    text + &check
}

/// The kind of a text of the generated form; none for anything else, such as a chosen password.
#[must_use]
pub fn kind_of(text: &str) -> Option<SecretKind> {
    let rest = text.strip_prefix(PREFIX)?;
    let letter = rest.chars().next()?;
    let kind = KINDS.iter().find(|(_, known)| *known == letter)?.0;
    let body = if kind.names_company() {
        COMPANY + RANDOM
    } else {
        RANDOM
    };
    let whole = text.len() == PREFIX.len() + 1 + body + CHECK && text.is_ascii();
    (whole && checksum(&text[..text.len() - CHECK]) == text[text.len() - CHECK..]).then_some(kind)
}

/// The company that a refresh token names.
#[must_use]
pub fn company_of(text: &str) -> Option<RecordKey> {
    company_in(text, SecretKind::Refresh)
}

/// The company that a text of a kind names, where texts of this kind name one.
#[must_use]
pub fn company_in(text: &str, kind: SecretKind) -> Option<RecordKey> {
    if kind_of(text) != Some(kind) || !kind.names_company() {
        return None;
    }
    let digits = &text.as_bytes()[PREFIX.len() + 1..PREFIX.len() + 1 + COMPANY];
    let number = digits.iter().rev().try_fold(0u64, |sum, digit| {
        let place = ALPHABET.iter().position(|known| known == digit)?;
        sum.checked_mul(62)?.checked_add(place as u64)
    })?;
    RecordKey::new(i64::try_from(number).ok()?)
}

/// Tells typing errors from wrong secrets: six characters of an FNV-1a sum. No security rests on it.
fn checksum(text: &str) -> String {
    let mut sum = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mut out = String::with_capacity(CHECK);
    for _ in 0..CHECK {
        out.push(char::from(ALPHABET[(sum % 62) as usize]));
        sum /= 62;
    }
    out
}

/// Argon2id as every chosen password is hashed: 19 MiB, two passes.
fn argon() -> Argon2<'static> {
    let params = Params::new(19 * 1024, 2, 1, None).expect("valid constants");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The hash of a chosen password in PHC form. Slow on purpose; runs on the hasher threads.
///
/// # Panics
/// Never for passwords of sane length, which the doors see to.
#[must_use]
pub(crate) fn hash_password(source: &Source, password: &str) -> String {
    let mut salt = [0; 16];
    source.fill(&mut salt);
    argon()
        .hash_password_with_salt(password.as_bytes(), &salt)
        .expect("a password of sane length")
        .to_string()
}

/// Whether a password has this hash. Without a hash the same work is done for nothing.
#[must_use]
pub(crate) fn verify_password(password: &str, phc: Option<&str>) -> bool {
    // The hash of nothing anybody can type: a control character stands in it.
    const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2lkZWdhdGUtbm9ib2R5$KDRj9zLBUJKfGBYnX5wY2/xYkYCWzAJhGnLlGmMGMJk";
    let stored = phc.and_then(|phc| PasswordHash::new(phc).ok());
    let known = stored.is_some();
    let nobody = PasswordHash::new(NOBODY).expect("a constant");
    let fits = argon()
        .verify_password(password.as_bytes(), stored.as_ref().unwrap_or(&nobody))
        .is_ok();
    fits && known
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_secrets_have_their_fixed_form() {
        let source = Source::system();
        for (kind, _) in KINDS {
            let text = if kind.names_company() {
                generate_in(&source, *kind, RecordKey::new(42).expect("a key"))
            } else {
                generate(&source, *kind)
            };
            assert_eq!(kind_of(&text), Some(*kind), "{text}");
            let broken = text.replace(&text[8..9], if &text[8..9] == "x" { "y" } else { "x" });
            assert_eq!(kind_of(&broken), None, "{broken}");
        }
        assert_eq!(kind_of("correct horse battery staple"), None);
        assert_eq!(kind_of("sg1_"), None);
        assert_eq!(kind_of("sg1_é"), None);
    }

    #[test]
    fn a_refresh_token_names_its_company() {
        let source = Source::system();
        for number in [1, 62, (1 << 53) - 1] {
            let company = RecordKey::new(number).expect("a key");
            assert_eq!(
                company_of(&generate_refresh(&source, company)),
                Some(company)
            );
            let link = generate_reveal(&source, company);
            assert_eq!(company_in(&link, SecretKind::Reveal), Some(company));
            assert_eq!(company_in(&link, SecretKind::Forgotten), None);
            assert_eq!(company_of(&link), None);
        }
    }

    #[test]
    fn passwords_verify_only_against_their_hash() {
        let source = Source::system();
        let phc = hash_password(&source, "open sesame");
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(verify_password("open sesame", Some(&phc)));
        assert!(!verify_password("open sesam", Some(&phc)));
        assert!(!verify_password("open sesame", None));
        assert!(!verify_password("open sesame", Some("no hash")));
    }
}
