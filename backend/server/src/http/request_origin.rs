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

/// Where a request comes from, counted against its address' limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestOrigin {
    /// The client's address, as far as a trusted proxy tells it.
    pub(super) address: Option<IpAddr>,
    /// Whether the client came by https, as far as a trusted proxy tells it.
    pub(super) secure: bool,
}

/// The proxies that are believed, and whether the operator has been told of one that is not understood.
#[derive(Debug, Default)]
pub struct Proxies {
    trusted: TrustedProxies,
    malformed_logged: AtomicBool,
    hidden_logged: AtomicBool,
}

impl Proxies {
    /// These.
    pub fn new(trusted: TrustedProxies) -> Self {
        Self { trusted, ..Self::default() }
    }

    /// Counts a header that does not say who the caller is, and logs the first of its kind: all such callers are one to the
    /// server. The header's text is not logged, for it holds people's addresses.
    fn not_understood(&self, proxy: IpAddr, header: &'static str, node: Node) {
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
    /// Whom the headers name where the peer is a trusted proxy, else the peer.
    pub(super) fn of(parts: &Parts, proxies: &Proxies) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.ip().to_canonical());
        let Some(peer) = peer.filter(|&peer| proxies.trusted.trusts(peer)) else {
            return Self { address: peer, secure: false };
        };
        // Each proxy appends whom it heard from: the first from the right that is no proxy of ours is the client. What
        // stands left of it, anyone may have written.
        let mut address = peer;
        let mut hops = 0;
        if let Some((header, nodes)) = forwarded::nodes(&parts.headers) {
            for (hop, node) in nodes.into_iter().enumerate() {
                hops = hop;
                match node {
                    Node::Address(before) => address = before,
                    Node::Hidden | Node::Malformed => {
                        proxies.not_understood(address, header, node);
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
        let request_origin = Self::of(parts, &service.proxies);
        service.rates.of_address(parts, request_origin.address)?;
        Ok(request_origin)
    }
}

/// Refuses what another site's page sends: the cookie proves who the browser belongs to, not what its user wants. Browsers
/// say where a request comes from; who says nothing is no browser, and has no business with cookies.
pub(super) fn demand_same_origin(headers: &HeaderMap) -> Result<()> {
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
        RequestOrigin::of(&parts, &Proxies::new(proxies.parse().unwrap()))
    }

    fn address(peer: &str, proxies: &str, forwarded: &[&str]) -> String {
        let headers: Vec<_> = forwarded.iter().map(|value| ("x-forwarded-for", *value)).collect();
        request_origin(peer, proxies, &headers).address.unwrap().to_string()
    }

    #[test]
    fn forwarded_addresses_are_believed_from_trusted_proxies_alone() {
        assert_eq!(address("203.0.113.9", "", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(address("203.0.113.9", "10.0.0.0/8", &["198.51.100.1"]), "203.0.113.9");
        assert_eq!(address("10.0.0.2", "10.0.0.0/8", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(address("::ffff:10.0.0.2", "10.0.0.0/8", &["198.51.100.1"]), "198.51.100.1");
    }

    #[test]
    fn what_a_client_writes_before_the_proxies_counts_for_nothing() {
        assert_eq!(address("10.0.0.2", "10.0.0.0/8", &["1.2.3.4, 198.51.100.1, 10.0.0.3"]), "198.51.100.1");
        assert_eq!(address("10.0.0.2", "10.0.0.0/8", &["1.2.3.4", "198.51.100.1"]), "198.51.100.1");
        assert_eq!(address("10.0.0.2", "10.0.0.0/8", &["nonsense, 198.51.100.1"]), "198.51.100.1");
        assert_eq!(address("10.0.0.2", "10.0.0.0/8", &[]), "10.0.0.2");
    }

    #[test]
    fn ports_lines_and_empty_items_hide_no_caller() {
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
    fn who_is_not_named_counts_as_the_nearest_proxy_that_is() {
        for hidden in ["nonsense", "unknown", "198.51.100.1, _hidden", "1.2.3.4, junk:x"] {
            assert_eq!(address("10.0.0.2", "10.0.0.0/8", &[hidden]), "10.0.0.2", "{hidden}");
            assert_eq!(address("10.0.0.2", "10.0.0.0/8", &[hidden, "10.0.0.3"]), "10.0.0.3", "{hidden}");
        }
    }

    #[test]
    fn forwarded_and_x_real_ip_count_where_x_forwarded_for_is_not() {
        let caller =
            |headers: &[(&str, &str)]| request_origin("10.0.0.2", "10.0.0.0/8", headers).address.unwrap().to_string();
        let forwarded = ("forwarded", "for=1.2.3.4, for=\"[2001:db8::7]:80\";proto=https, for=10.0.0.3");
        assert_eq!(caller(&[forwarded]), "2001:db8::7");
        assert!(request_origin("10.0.0.2", "10.0.0.0/8", &[forwarded]).secure);
        assert_eq!(caller(&[("x-forwarded-for", "198.51.100.1"), forwarded]), "198.51.100.1");
        assert_eq!(caller(&[("x-real-ip", "198.51.100.1")]), "198.51.100.1");
        let stranger = request_origin("203.0.113.9", "10.0.0.0/8", &[forwarded]);
        assert!(stranger.address == "203.0.113.9".parse().ok() && !stranger.secure);
    }

    #[test]
    fn https_is_believed_from_trusted_proxies_alone() {
        let https = [("x-forwarded-proto", "https")];
        assert!(request_origin("10.0.0.2", "10.0.0.2", &https).secure);
        assert!(!request_origin("10.0.0.9", "10.0.0.2", &https).secure);
    }

    #[test]
    fn another_sites_page_and_who_does_not_say_are_refused() {
        let judge = |headers: &[(&str, &str)]| {
            let mut map = HeaderMap::new();
            for (name, value) in headers {
                map.append(HeaderName::try_from(*name).unwrap(), value.parse().unwrap());
            }
            demand_same_origin(&map).is_ok()
        };
        assert!(judge(&[("sec-fetch-site", "same-origin")]));
        assert!(judge(&[("origin", "http://ink.example:8000"), ("host", "ink.example:8000")]));
        assert!(!judge(&[]));
        assert!(!judge(&[("host", "ink.example")]));
        assert!(!judge(&[("sec-fetch-site", "same-site"), ("origin", "http://a"), ("host", "a")]));
        assert!(!judge(&[("sec-fetch-site", "cross-site")]));
        assert!(!judge(&[("origin", "https://evil.example"), ("host", "ink.example")]));
        assert!(!judge(&[("origin", "null"), ("host", "ink.example")]));
    }
}
