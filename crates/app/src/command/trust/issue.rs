//! An authority that vouches for one certificate and can never vouch again.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CidrSubnet, DnType, Error,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyPair, KeyUsagePurpose, NameConstraints,
    SanType, date_time_ymd,
};

/// How long authority and certificate are good.
const DAYS: i64 = 90;

const LOCALHOST: &str = "localhost";
const LOOPBACK: [IpAddr; 2] = [
    IpAddr::V4(Ipv4Addr::LOCALHOST),
    IpAddr::V6(Ipv6Addr::LOCALHOST),
];

/// All of it as PEM. The authority's key is dropped where it was made.
pub(super) struct Issued {
    pub(super) authority: String,
    pub(super) cert: String,
    pub(super) key: String,
    /// The last day on which it is good all day.
    pub(super) until: String,
}

/// A certificate for these names and this machine.
pub(super) fn issue(names: &[&str], now: Timestamp) -> Result<Issued, Error> {
    let authority = authority(names, now)?;
    let mut wanted = Vec::new();
    for name in names.iter().chain(&[LOCALHOST]) {
        wanted.push(SanType::DnsName((*name).try_into()?));
    }
    wanted.extend(LOOPBACK.map(SanType::IpAddress));
    let key = KeyPair::generate()?;
    let cert = server(wanted, now).signed_by(&key, &authority)?;
    Ok(Issued {
        authority: authority.pem(),
        cert: cert.pem(),
        key: key.serialize_pem(),
        until: day(now, DAYS - 1).to_string(),
    })
}

/// Nobody who checks a certificate takes this authority's word for any other name.
fn authority(names: &[&str], now: Timestamp) -> Result<CertifiedIssuer<'static, KeyPair>, Error> {
    let mut params = valid(now);
    params
        .distinguished_name
        .push(DnType::CommonName, "Sidegate stand-in, authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let names = names.iter().chain(&[LOCALHOST]);
    let names = names.map(|name| GeneralSubtree::DnsName((*name).to_owned()));
    // A network is written without bits behind its mask; some refuse it otherwise.
    let v4 = CidrSubnet::from_addr_prefix(Ipv4Addr::new(127, 0, 0, 0).into(), 8);
    let v6 = CidrSubnet::from_addr_prefix(LOOPBACK[1], 128);
    let addresses = [v4, v6].map(GeneralSubtree::IpAddress);
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: names.chain(addresses).collect(),
        excluded_subtrees: Vec::new(),
    });
    CertifiedIssuer::self_signed(params, KeyPair::generate()?)
}

fn server(names: Vec<SanType>, now: Timestamp) -> CertificateParams {
    let mut params = valid(now);
    params
        .distinguished_name
        .push(DnType::CommonName, "Sidegate stand-in");
    params.subject_alt_names = names;
    params.is_ca = IsCa::ExplicitNoCa;
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

/// Good from the day before, for clocks that are behind.
fn valid(now: Timestamp) -> CertificateParams {
    let at = |days| {
        let day = day(now, days);
        // A month and a day of a date fit.
        date_time_ymd(
            day.year().into(),
            day.month().unsigned_abs(),
            day.day().unsigned_abs(),
        )
    };
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = at(-1);
    params.not_after = at(DAYS);
    params
}

fn day(now: Timestamp, days: i64) -> jiff::civil::Date {
    now.to_zoned(TimeZone::UTC)
        .date()
        .saturating_add(Span::new().days(days))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    fn now() -> Timestamp {
        crate::doors::tls::now(&sidegate_engine::Source::system())
    }

    /// What `openssl verify` says of a certificate of this authority.
    fn verified(authority: &str, cert: &str, more: &[&str]) -> (bool, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let (root, leaf) = (
            folder.path().join("root.pem"),
            folder.path().join("leaf.pem"),
        );
        std::fs::write(&root, authority).expect("a file");
        std::fs::write(&leaf, cert).expect("a file");
        let output = Command::new("openssl")
            .args([
                "verify",
                "-x509_strict",
                "-purpose",
                "sslserver",
                "-no-CApath",
                "-no-CAstore",
                "-CAfile",
            ])
            .arg(&root)
            .args(more)
            .arg(&leaf)
            .output()
            .expect("openssl");
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&said).into_owned(),
        )
    }

    #[test]
    fn strict_verification_takes_each_name_and_no_other() {
        let issued = issue(&["local.intacct.com"], now()).expect("a certificate");
        for (option, name, wanted) in [
            ("-verify_hostname", "local.intacct.com", true),
            ("-verify_hostname", "localhost", true),
            ("-verify_ip", "127.0.0.1", true),
            ("-verify_ip", "::1", true),
            ("-verify_hostname", "api.intacct.com", false),
            ("-verify_ip", "10.0.0.1", false),
        ] {
            let (fine, said) = verified(&issued.authority, &issued.cert, &[option, name]);
            assert_eq!(fine, wanted, "{name}: {said}");
        }
        let named = issue(&["local.intacct.com", "api.intacct.com"], now()).expect("a certificate");
        let (fine, said) = verified(
            &named.authority,
            &named.cert,
            &["-verify_hostname", "api.intacct.com"],
        );
        assert!(fine, "{said}");
    }

    #[test]
    fn the_authority_is_believed_for_nothing_else_even_with_its_key() {
        let authority = authority(&["local.intacct.com"], now()).expect("an authority");
        let sign = |name: SanType| {
            let key = KeyPair::generate().expect("a key");
            server(vec![name], now())
                .signed_by(&key, &authority)
                .expect("a certificate")
                .pem()
        };
        let dns = |name: &str| SanType::DnsName(name.try_into().expect("a name"));
        let refused = [
            dns("api.intacct.com"),
            dns("example.com"),
            SanType::IpAddress([10, 0, 0, 1].into()),
        ];
        for name in refused {
            let (fine, said) = verified(&authority.pem(), &sign(name.clone()), &[]);
            assert!(
                !fine && said.contains("permitted subtree violation"),
                "{name:?}: {said}"
            );
        }
        let (fine, said) = verified(&authority.pem(), &sign(dns("local.intacct.com")), &[]);
        assert!(fine, "{said}");
    }

    #[test]
    fn both_are_good_for_ninety_days() {
        let now: Timestamp = "2026-11-24T15:00:00Z".parse().expect("a time");
        let issued = issue(&["local.intacct.com"], now).expect("a certificate");
        assert_eq!(issued.until, "2027-02-21");
        let at = |time: &str| {
            let time: Timestamp = time.parse().expect("a time");
            let seconds = time.as_second().to_string();
            verified(&issued.authority, &issued.cert, &["-attime", &seconds]).0
        };
        assert!(at("2026-11-24T15:00:00Z") && at("2027-02-21T23:59:59Z"));
        assert!(!at("2026-11-22T23:59:59Z") && !at("2027-02-22T00:00:01Z"));
    }

    #[test]
    fn no_key_but_the_servers_is_in_what_is_kept() {
        let issued = issue(&["local.intacct.com"], now()).expect("a certificate");
        assert_eq!(issued.key.matches("PRIVATE KEY").count(), 2);
        assert!(!issued.authority.contains("KEY") && !issued.cert.contains("KEY"));
        assert_eq!(issued.authority.matches("BEGIN CERTIFICATE").count(), 1);
    }
}
