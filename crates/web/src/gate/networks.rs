//! Addresses and networks, as settings name them.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// One address, or all that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    base: IpAddr,
    bits: u8,
}

/// Some networks; none is usual.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Networks(Vec<Network>);

impl Network {
    /// Whether every address of its kind is in it.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.bits == 0
    }

    fn has(&self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let rest = 32 - u32::from(self.bits);
                (base.to_bits() ^ address.to_bits())
                    .checked_shr(rest)
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let rest = 128 - u32::from(self.bits);
                (base.to_bits() ^ address.to_bits())
                    .checked_shr(rest)
                    .unwrap_or(0)
                    == 0
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unfit = |reason: &str| format!("{text:?} {reason}");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let base: IpAddr = address.parse().map_err(|_| {
            unfit("is no address such as 10.0.0.7 and no network such as 10.0.0.0/24")
        })?;
        let most = if base.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => most,
            Some(bits) => bits
                .parse()
                .ok()
                .filter(|bits| *bits <= most)
                .ok_or_else(|| unfit(&format!("must end in a number from 0 to {most}")))?,
        };
        let network = Self { base, bits };
        // A network named by one of its hosts is most often a slip.
        let lowest = match base {
            IpAddr::V4(base) => {
                let mask = u32::MAX.checked_shl(u32::from(most - bits)).unwrap_or(0);
                IpAddr::V4((base.to_bits() & mask).into())
            }
            IpAddr::V6(base) => {
                let mask = u128::MAX.checked_shl(u32::from(most - bits)).unwrap_or(0);
                IpAddr::V6((base.to_bits() & mask).into())
            }
        };
        if lowest != base {
            return Err(unfit(&format!(
                "is no network; did you mean {lowest}/{bits}?"
            )));
        }
        Ok(network)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let most = if self.base.is_ipv4() { 32 } else { 128 };
        match self.bits {
            bits if bits == most => write!(f, "{}", self.base),
            bits => write!(f, "{}/{bits}", self.base),
        }
    }
}

impl Networks {
    /// Whether an address is in one of them; an IPv4 address in IPv6 form counts as itself.
    #[must_use]
    pub fn have(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.has(address))
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Network> for Networks {
    fn from_iter<I: IntoIterator<Item = Network>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}

impl FromStr for Networks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',').map(|one| one.trim().parse()).collect()
    }
}

impl fmt::Display for Networks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let texts: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&texts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_have_their_addresses_and_no_others() {
        let networks: Networks = "10.1.0.0/16, 192.0.2.7,2001:db8::/33 , ::1, 198.51.100.0/25"
            .parse()
            .expect("networks");
        for (address, wanted) in [
            ("10.1.255.255", true),
            ("10.2.0.0", false),
            ("192.0.2.7", true),
            ("192.0.2.6", false),
            ("::ffff:192.0.2.7", true),
            ("2001:db8:7fff::1", true),
            ("2001:db8:8000::1", false),
            ("::1", true),
            ("127.0.0.1", false),
            ("198.51.100.127", true),
            ("198.51.100.128", false),
        ] {
            let address = address.parse().expect("an address");
            assert_eq!(networks.have(address), wanted, "{address}");
        }
        let all: Networks = "0.0.0.0/0".parse().expect("a network");
        assert!(all.have("203.0.113.9".parse().expect("an address")));
        assert!(!all.have("::1".parse().expect("an address")));
        assert_eq!(
            networks.to_string(),
            "10.1.0.0/16, 192.0.2.7, 2001:db8::/33, ::1, 198.51.100.0/25"
        );
    }

    #[test]
    fn what_is_no_network_is_told() {
        for (text, wanted) in [
            ("", "no address"),
            ("proxy.example", "no address"),
            ("10.0.0.0/33", "0 to 32"),
            ("10.0.0.0/x", "0 to 32"),
            ("10.0.0.7/24", "did you mean 10.0.0.0/24?"),
            ("2001:db8::1/64", "did you mean 2001:db8::/64?"),
        ] {
            let error = text.parse::<Network>().expect_err(text);
            assert!(error.contains(wanted), "{error}");
        }
    }
}
