use std::str::FromStr;

use url::Host;

/// The hosts that requests may name, besides this machine's own names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedHosts {
    /// Not set: it depends on the address that the server listens on.
    Unset,
    /// Any host.
    Any,
    /// These hosts.
    List(Vec<Host>),
}

impl FromStr for AllowedHosts {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let names: Vec<&str> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        match names.as_slice() {
            [] => Ok(Self::Unset),
            ["*"] => Ok(Self::Any),
            names => names.iter().map(|name| host(name)).collect::<Result<_, _>>().map(Self::List),
        }
    }
}

fn host(text: &str) -> Result<Host, String> {
    let wrong = || "names such as ocr.example.org, without scheme and port, separated by commas, or * were expected";
    match Host::parse(text.strip_suffix('.').unwrap_or(text)) {
        Ok(host) if !text.contains(['*', '_']) => Ok(host),
        // An IPv6 address needs no brackets here.
        _ => text.parse().map(Host::Ipv6).map_err(|_| wrong().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<String> {
        match text.parse().unwrap() {
            AllowedHosts::List(hosts) => hosts.iter().map(ToString::to_string).collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_and_addresses_are_normalized_as_browsers_do() {
        assert_eq!("".parse(), Ok(AllowedHosts::Unset));
        assert_eq!(" * ".parse(), Ok(AllowedHosts::Any));
        let hosts = list("OCR.Example., bücher.example ,192.0.2.7,[2001:db8::7],2001:db8::8,");
        assert_eq!(hosts, ["ocr.example", "xn--bcher-kva.example", "192.0.2.7", "[2001:db8::7]", "[2001:db8::8]"]);
    }

    #[test]
    fn values_that_no_host_header_has_are_refused() {
        for wrong in
            ["https://a.example", "a.example:443", "a.example/x", "*.example", "a.example,*", "a b", "u@a.example"]
        {
            assert!(wrong.parse::<AllowedHosts>().is_err(), "{wrong}");
        }
    }
}
