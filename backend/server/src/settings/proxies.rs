use std::{net::IpAddr, str::FromStr};

use ipnet::{IpNet, Ipv4Net};

/// The proxies whose forwarding headers are trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a peer with this address is one of them.
    pub fn trusts(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        self.0.iter().any(|network| network.contains(&ip))
    }
}

impl FromStr for TrustedProxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(network).collect::<Result<_, _>>().map(Self)
    }
}

fn network(text: &str) -> Result<IpNet, String> {
    let wrong =
        || "addresses such as 10.0.0.7 or networks such as 10.0.0.0/8, separated by commas, were expected".to_owned();
    let network = match text.parse::<IpAddr>() {
        Ok(address) => IpNet::from(address),
        Err(_) => text.parse().map_err(|_| wrong())?,
    };
    // Compare IPv4-mapped IPv6 addresses (RFC 4291, section 2.5.5.2) as IPv4.
    match (network.addr().to_canonical(), network.prefix_len().checked_sub(96)) {
        (IpAddr::V4(address), Some(length)) if matches!(network, IpNet::V6(_)) => {
            Ipv4Net::new(address, length).map(IpNet::V4).map_err(|_| wrong())
        }
        _ => Ok(network),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusts(proxies: &str, ip: &str) -> bool {
        proxies.parse::<TrustedProxies>().unwrap().trusts(ip.parse().unwrap())
    }

    #[test]
    fn only_the_named_addresses_and_networks_are_trusted() {
        let proxies = "192.0.2.7, 10.0.0.0/8,2001:db8::/32,";
        for ip in ["192.0.2.7", "10.255.0.1", "2001:db8:1::2", "::ffff:10.1.2.3"] {
            assert!(trusts(proxies, ip), "{ip}");
        }
        for ip in ["192.0.2.8", "11.0.0.1", "2001:db9::1", "::a00:1"] {
            assert!(!trusts(proxies, ip), "{ip}");
        }
        assert!(!trusts("", "127.0.0.1"), "nobody is trusted unless named");
    }

    #[test]
    fn a_proxy_written_as_ipv4_mapped_ipv6_is_the_same() {
        assert!(trusts("::ffff:192.0.2.7", "192.0.2.7"));
        assert!(trusts("::ffff:10.0.0.0/104", "10.1.2.3") && !trusts("::ffff:10.0.0.0/104", "11.1.2.3"));
    }

    #[test]
    fn values_that_are_not_networks_are_refused() {
        for text in ["proxy.example", "10.0.0.0/33", "10.0.0", "10.0.0.1:80", "*", "10.0.0.0/8 10.1.0.0/16"] {
            assert!(text.parse::<TrustedProxies>().is_err(), "{text}");
        }
    }
}
