use std::{
    net::{IpAddr, SocketAddr},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::{HeaderMap, HeaderName, header, request::Parts};
use inkstream_core::{Error, Result, metrics};
use inkstream_wire::ErrorCode;

use super::{
    Service,
    failure::Failure,
    forwarded::{self, Node},
};
use crate::settings::TrustedProxies;

const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where a request comes from. Extracting it counts the request against the rate limit of its address.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestOrigin {
    /// The client's address, or that of the nearest proxy that does not name one.
    pub(super) address: Option<IpAddr>,
    /// Whether the client used https, according to a trusted proxy.
    pub(super) secure: bool,
}

/// The trusted proxies, and whether a header of theirs that cannot be understood was logged already.
#[derive(Debug, Default)]
pub struct Proxies {
    trusted: TrustedProxies,
    malformed_logged: AtomicBool,
    hidden_logged: AtomicBool,
}

impl Proxies {
    /// Trusts these proxies.
    pub fn new(trusted: TrustedProxies) -> Self {
        Self { trusted, ..Self::default() }
    }

    /// Counts a header that does not name the client, and logs the first of its kind, because all such clients count as one. The
    /// header's text is not logged: it holds people's addresses.
    fn record_unnamed(&self, proxy: IpAddr, header: &'static str, node: Node) {
        let (reason, logged) = match node {
            Node::Address(_) => return,
            Node::Hidden => ("hidden", &self.hidden_logged),
            Node::Malformed => ("malformed", &self.malformed_logged),
        };
        metrics::forwarded_not_understood(header, reason);
        if !logged.swap(true, Relaxed) {
            tracing::warn!(
                %proxy,
                header,
                reason,
                "a trusted proxy does not say who its caller is, so all such callers count as one, with the proxy's \
                 address; this is logged once"
            );
        }
    }
}

impl RequestOrigin {
    /// Returns the client that the headers name if the peer is a trusted proxy, else the peer.
    pub(super) fn from_parts(parts: &Parts, proxies: &Proxies) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.ip().to_canonical());
        let Some(peer) = peer.filter(|&peer| proxies.trusted.trusts(peer)) else {
            return Self { address: peer, secure: false };
        };
        // Each proxy appends the address of its peer. The first address from the right that is not a trusted proxy is the
        // client; anyone may have written what is to the left of it.
        let mut address = peer;
        let mut hops = 0;
        if let Some((header, nodes)) = forwarded::nodes(&parts.headers) {
            for (hop, node) in nodes.into_iter().enumerate() {
                hops = hop;
                match node {
                    Node::Address(before) => address = before,
                    Node::Hidden | Node::Malformed => {
                        proxies.record_unnamed(address, header, node);
                        break;
                    }
                }
                if !proxies.trusted.trusts(address) {
                    break;
                }
            }
        }
        Self { address: Some(address), secure: forwarded::is_https(&parts.headers, hops) }
    }
}

impl FromRequestParts<Arc<Service>> for RequestOrigin {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Failure> {
        let request_origin = Self::from_parts(parts, &service.proxies);
        service.rates.count_address(parts, request_origin.address)?;
        Ok(request_origin)
    }
}

/// Refuses requests from other sites' pages (CSRF): a cookie proves whose browser it is, not what its user wants. Browsers send
/// `Sec-Fetch-Site` or `Origin`. A client that sends neither is not a browser and needs no cookie, so it is refused, too.
pub(super) fn require_same_origin(headers: &HeaderMap) -> Result<()> {
    let same = match last(headers, &FETCH_SITE) {
        Some(site) => site == "same-origin",
        None => last(headers, &header::ORIGIN).is_some_and(|origin| {
            let host = last(headers, &header::HOST).unwrap_or_default();
            origin.split_once("://").is_some_and(|(_, name)| !host.is_empty() && name.eq_ignore_ascii_case(host))
        }),
    };
    if same {
        return Ok(());
    }
    Err(Error::new(ErrorCode::Forbidden, "With a cookie, this route is for the server's own page alone."))
}

fn last<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get_all(name).iter().next_back()?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn request_origin(peer: &str, proxies: &str, headers: &[(&str, &str)]) -> RequestOrigin {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        RequestOrigin::from_parts(&parts, &Proxies::new(proxies.parse().unwrap()))
    }

    fn address(peer: &str, proxies: &str, forwarded: &[&str]) -> String {
        let headers: Vec<_> = forwarded.iter().map(|value| ("x-forwarded-for", *value)).collect();
        request_origin(peer, proxies, &headers).address.unwrap().to_string()
    }

    #[test]
    fn forwarded_addresses_are_taken_only_from_trusted_proxies() {
        assert_eq!(address("203.0.113.9", "", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(address("203.0.113.9", "10.0.0.0/8", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(address("10.0.0.2", "10.0.0.0/8", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(address("::ffff:10.0.0.2", "10.0.0.0/8", &["198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn what_a_client_writes_before_the_proxies_is_ignored() {
        assert_eq!(address("10.0.0.2", "10.0.0.0/8", &["1.2.3.4, 198.51.100.1, 10.0.0.3"]), "198.51.100.1");
        assert_eq!(address("10.0.0.2", "10.0.0.0/8", &["1.2.3.4", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(address("10.0.0.2", "10.0.0.0/8", &["nonsense, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(address("10.0.0.2", "10.0.0.0/8", &[]), "10.0.0.2");
    }

    #[test]
    fn ports_lines_and_empty_items_do_not_hide_the_client() {
        for lines in [
            &["198.51.100.1:50123"][..],
            &["1.2.3.4:1, [::ffff:198.51.100.1]:2, 10.0.0.3:3"],
            &["é", "198.51.100.1,", " , 10.0.0.4"],
        ] {
            assert_eq!(address("10.0.0.2", "10.0.0.0/8", lines), "198.51.100.1", "{lines:?}");
        }
        assert_eq!(address("10.0.0.2", "10.0.0.0/8", &["[2001:db8::7]:50123"]), "2001:db8::7");
    }

    #[test]
    fn an_unnamed_client_counts_as_the_last_named_proxy() {
        for hidden in ["nonsense", "unknown", "198.51.100.1, _hidden", "1.2.3.4, junk:x"] {
            assert_eq!(address("10.0.0.2", "10.0.0.0/8", &[hidden]), "10.0.0.2", "{hidden}");
            assert_eq!(address("10.0.0.2", "10.0.0.0/8", &[hidden, "10.0.0.3"]), "10.0.0.3", "{hidden}");
        }
    }

    #[test]
    fn forwarded_and_x_real_ip_count_if_there_is_no_x_forwarded_for() {
        let caller =
            |headers: &[(&str, &str)]| request_origin("10.0.0.2", "10.0.0.0/8", headers).address.unwrap().to_string();
        let forwarded = ("forwarded", "for=1.2.3.4, for=\"[2001:db8::7]:80\";proto=https, for=10.0.0.3");
        assert_eq!(caller(&[forwarded]), "2001:db8::7");
        assert!(request_origin("10.0.0.2", "10.0.0.0/8", &[forwarded]).secure);
        assert_eq!(caller(&[("x-forwarded-for", "198.51.100.1"), forwarded]), "198.51.100.1");
        assert_eq!(caller(&[("x-real-ip", "198.51.100.1")]), "198.51.100.1");
        let untrusted = request_origin("203.0.113.9", "10.0.0.0/8", &[forwarded]);
        assert!(untrusted.address == "203.0.113.9".parse().ok() && !untrusted.secure);
    }

    #[test]
    fn https_is_taken_only_from_trusted_proxies() {
        let https = [("x-forwarded-proto", "https")];
        assert!(request_origin("10.0.0.2", "10.0.0.2", &https).secure);
        assert!(!request_origin("10.0.0.9", "10.0.0.2", &https).secure);
    }

    #[test]
    fn requests_of_other_sites_or_without_an_origin_are_refused() {
        let accepts = |headers: &[(&str, &str)]| {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
            }
            require_same_origin(&map).is_ok()
        };
        assert!(accepts(&[("sec-fetch-site", "same-origin")]));
        assert!(accepts(&[("origin", "http://ink.example:8000"), ("host", "ink.example:8000")]));
        assert!(!accepts(&[]));
        assert!(!accepts(&[("host", "ink.example")]));
        assert!(!accepts(&[("sec-fetch-site", "same-site"), ("origin", "http://a"), ("host", "a")]));
        assert!(!accepts(&[("sec-fetch-site", "cross-site")]));
        assert!(!accepts(&[("origin", "https://evil.example"), ("host", "ink.example")]));
        assert!(!accepts(&[("origin", "null"), ("host", "ink.example")]));
    }
}
