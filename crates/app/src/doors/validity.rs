//! From when until when a certificate is valid.
//!
//! The TLS library looks at other people's certificates only, so this reads the one field of our own
//! (RFC 5280, 4.1.2.5). Nothing is verified here; that is for the clients to do.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// From when until when, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) from: Timestamp,
    pub(super) until: Timestamp,
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The version, which old certificates leave out.
const VERSION: u8 = 0xa0;

impl Validity {
    /// As a certificate says, in DER.
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        let mut whole = Reader(certificate);
        let mut signed = Reader(Reader(whole.expect(SEQUENCE)?).expect(SEQUENCE)?);
        let (mut tag, _) = signed.next()?;
        if tag == VERSION {
            (tag, _) = signed.next()?;
        }
        // Serial number, algorithm, issuer.
        if tag != INTEGER {
            return None;
        }
        signed.expect(SEQUENCE)?;
        signed.expect(SEQUENCE)?;
        let mut validity = Reader(signed.expect(SEQUENCE)?);
        Some(Self {
            from: validity.time()?,
            until: validity.time()?,
        })
    }
}

/// What is left of some DER.
struct Reader<'d>(&'d [u8]);

impl<'d> Reader<'d> {
    /// The next value with its tag.
    fn next(&mut self) -> Option<(u8, &'d [u8])> {
        let (&tag, rest) = self.0.split_first()?;
        let (&first, rest) = rest.split_first()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            // Certificates are shorter than what three bytes count.
            0x81..=0x83 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
                let length = bytes
                    .iter()
                    .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
                (length, rest)
            }
            _ => return None,
        };
        let (value, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some((tag, value))
    }

    fn expect(&mut self, tag: u8) -> Option<&'d [u8]> {
        self.next()
            .and_then(|(found, value)| (found == tag).then_some(value))
    }

    /// `YYMMDDHHMMSSZ` of the years 1950 to 2049, or `YYYYMMDDHHMMSSZ`.
    fn time(&mut self) -> Option<Timestamp> {
        let (tag, text) = self.next()?;
        let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
        if !text.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let (year, rest) = match (tag, text.len()) {
            (UTC_TIME, 12) => {
                let year: i16 = text[..2].parse().ok()?;
                (year + if year < 50 { 2000 } else { 1900 }, &text[2..])
            }
            (GENERALIZED_TIME, 14) => (text[..4].parse().ok()?, &text[4..]),
            _ => return None,
        };
        let part = |at: usize| rest[at..at + 2].parse().ok();
        let time = DateTime::new(year, part(0)?, part(2)?, part(4)?, part(6)?, part(8)?, 0);
        let zoned = time.ok()?.to_zoned(TimeZone::UTC).ok()?;
        Some(zoned.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    #[test]
    fn both_ways_to_write_a_time_are_read() {
        for (from, until, wanted) in [
            (
                (2024, 2, 29),
                (2049, 12, 31),
                "2024-02-29T00:00:00Z 2049-12-31T00:00:00Z",
            ),
            (
                (1950, 1, 1),
                (2050, 1, 1),
                "1950-01-01T00:00:00Z 2050-01-01T00:00:00Z",
            ),
        ] {
            let key = KeyPair::generate().expect("a key");
            let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("names");
            params.not_before = date_time_ymd(from.0, from.1, from.2);
            params.not_after = date_time_ymd(until.0, until.1, until.2);
            let certificate = params.self_signed(&key).expect("a certificate");
            let found = Validity::of(certificate.der()).expect("a validity");
            assert_eq!(format!("{} {}", found.from, found.until), wanted);
            // A part of it is no certificate, wherever it ends.
            for length in 0..certificate.der().len() {
                assert_eq!(Validity::of(&certificate.der()[..length]), None);
            }
        }
    }
}
