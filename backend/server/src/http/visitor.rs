use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::{HeaderMap, HeaderName, header, request::Parts};
use inkstream_core::{Error, Result};
use inkstream_wire::ErrorCode;

use super::{Service, failure::Failure};
use crate::settings::TrustedProxies;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where a request comes from, counted against its address' limit.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visitor {
    /// The client's address, as far as a trusted proxy tells it.
    pub(super) address: Option<IpAddr>,
    /// Whether the client came by https, as far as a trusted proxy tells it.
    pub(super) secure: bool,
}

impl Visitor {
    fn of(parts: &Parts, proxies: &TrustedProxies) -> Self {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.ip().to_canonical());
        let Some(peer) = peer.filter(|&peer| proxies.trusts(peer)) else {
            return Self { address: peer, secure: false };
        };
        let secure = last(&parts.headers, &FORWARDED_PROTO).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https"));
        // Each proxy appends whom it heard from: the first from the right that is no proxy of ours is the client. What
        // stands left of it, anyone may have written.
        let mut heard = parts
            .headers
            .get_all(FORWARDED_FOR)
            .iter()
            .rev()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.rsplit(','))
            .map_while(|text| text.trim().parse::<IpAddr>().ok())
            .map(|address| address.to_canonical());
        let mut address = peer;
        while proxies.trusts(address) {
            match heard.next() {
                Some(before) => address = before,
                None => break,
            }
        }
        Self { address: Some(address), secure }
    }
}

impl FromRequestParts<Arc<Service>> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, service: &Arc<Service>) -> Result<Self, Failure> {
        let visitor = Self::of(parts, &service.proxies);
        service.rates.of_address(parts, visitor.address)?;
        Ok(visitor)
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

    fn visitor(peer: &str, proxies: &str, headers: &[(&str, &str)]) -> Visitor {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        Visitor::of(&parts, &proxies.parse().unwrap())
    }

    fn address(peer: &str, proxies: &str, forwarded: &[&str]) -> String {
        let headers: Vec<_> = forwarded.iter().map(|value| ("x-forwarded-for", *value)).collect();
        visitor(peer, proxies, &headers).address.unwrap().to_string()
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
        assert_eq!(address("10.0.0.2", "10.0.0.0/8", &["198.51.100.1, nonsense"]), "10.0.0.2");
        assert_eq!(address("10.0.0.2", "10.0.0.0/8", &[]), "10.0.0.2");
    }

    #[test]
    fn https_is_believed_from_trusted_proxies_alone() {
        let https = [("x-forwarded-proto", "https")];
        assert!(visitor("10.0.0.2", "10.0.0.2", &https).secure);
        assert!(!visitor("10.0.0.9", "10.0.0.2", &https).secure);
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
