//! Checks the host that a request names, against DNS rebinding: the page of any site may point its own name at 127.0.0.1 and then
//! read what a local server answers without sign-in. Such requests still name that site as their host.

use std::{net::IpAddr, str::FromStr as _, sync::Arc};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, Uri, header, uri::Authority};
use inkstream_core::{Error, Result};
use inkstream_wire::{ErrorCode, routes};
use url::Host;

use super::{Service, failure::Failure};

/// The hosts whose requests are answered.
#[derive(Debug, Default)]
pub struct Hosts(Option<Vec<Host>>);

impl Hosts {
    /// Allows every host.
    pub fn any() -> Self {
        Self(None)
    }

    /// Allows this machine's own names, the bound address, and `more`.
    pub fn local_and(bound: IpAddr, more: &[Host]) -> Self {
        let own = [Host::Domain("localhost".to_owned()), host_of(bound)];
        Self(Some(own.into_iter().chain(more.iter().cloned()).collect()))
    }

    fn allows(&self, host: &Host) -> bool {
        let is_loopback = match *host {
            Host::Ipv4(address) => address.is_loopback(),
            Host::Ipv6(address) => address.to_canonical().is_loopback(),
            Host::Domain(_) => false,
        };
        is_loopback || self.0.as_ref().is_none_or(|allowed| allowed.contains(host))
    }

    fn check(&self, uri: &Uri, headers: &HeaderMap) -> Result<()> {
        let malformed = |detail: &str| Error::new(ErrorCode::BadRequest, detail);
        let mut named = headers.get_all(header::HOST).iter();
        let host = named.next();
        if named.next().is_some() {
            return Err(malformed("A request has one Host header (RFC 9112, section 3.2)."));
        }
        // Probes may name any host: they learn nothing but that the server is up.
        if self.0.is_none() || matches!(uri.path(), routes::LIVEZ | routes::READYZ) {
            return Ok(());
        }
        // A request without a Host does not come from a browser. Check the authority of an absolute request target as well as the
        // header; a browser sends the same in both.
        let host = host.map(|value| value.to_str().unwrap_or("?").trim()).filter(|host| !host.is_empty());
        for authority in uri.authority().map(Authority::as_str).into_iter().chain(host) {
            let host = parse(authority).ok_or_else(|| malformed("The request's host cannot be understood."))?;
            if !self.allows(&host) {
                let detail = "This server does not answer to this host: only to localhost and to the names in the setting \
                              ALLOWED_HOSTS.";
                return Err(Error::new(ErrorCode::Forbidden, detail));
            }
        }
        Ok(())
    }
}

/// Refuses requests for other hosts before anything else is done for them.
pub(super) async fn check_host(State(service): State<Arc<Service>>, request: Request, next: Next) -> Response {
    match service.hosts.check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(error) => Failure::from(error).into_response(),
    }
}

/// Parses `host`, `host:port` or `[v6]:port`. The port is ignored, because tunnels have their own.
fn parse(authority: &str) -> Option<Host> {
    let authority = Authority::from_str(authority).ok().filter(|authority| !authority.as_str().contains('@'))?;
    let port = authority.as_str().strip_prefix(authority.host())?;
    if !port.is_empty() && !port.strip_prefix(':')?.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match Host::parse(authority.host()).ok()? {
        Host::Domain(name) => Some(Host::Domain(name.strip_suffix('.').unwrap_or(&name).to_owned())),
        Host::Ipv6(address) => Some(host_of(address.into())),
        host @ Host::Ipv4(_) => Some(host),
    }
}

/// Maps an IPv4-mapped IPv6 address to IPv4.
fn host_of(address: IpAddr) -> Host {
    match address.to_canonical() {
        IpAddr::V4(address) => Host::Ipv4(address),
        IpAddr::V6(address) => Host::Ipv6(address),
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn answer(hosts: &Hosts, uri: &str, named: &[&str]) -> u16 {
        let mut headers = HeaderMap::new();
        for host in named {
            headers.append(header::HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap());
        }
        hosts.check(&uri.parse().unwrap(), &headers).map_or_else(|error| error.code.status(), |()| 200)
    }

    fn local() -> Hosts {
        let more = ["ocr.example", "192.0.2.7"].map(|name| Host::parse(name).unwrap());
        Hosts::local_and("127.0.0.1".parse().unwrap(), &more)
    }

    #[test]
    fn this_machine_is_allowed_by_all_its_names() {
        for own in [
            "localhost",
            "LOCALHOST:9000",
            "localhost.",
            "localhost.:80",
            "127.0.0.1",
            "127.0.0.1:9000",
            "127.0.0.53",
            "[::1]",
            "[::1]:9000",
            "[::ffff:127.0.0.1]:80",
            "ocr.example:443",
            "OCR.Example.",
            "192.0.2.7",
            "[::ffff:192.0.2.7]",
            "",
        ] {
            assert_eq!(answer(&local(), "/", &[own]), 200, "{own}");
        }
        assert_eq!(answer(&local(), "/", &[]), 200, "a request without a Host is not a browser's");
        let bound = Hosts::local_and("::1".parse().unwrap(), &[]);
        assert_eq!((answer(&bound, "/", &["[::1]:80"]), answer(&bound, "/", &["localhost"])), (200, 200));
    }

    #[test]
    fn another_host_is_refused_in_every_form() {
        for other in [
            "evil.example",
            "evil.example:8000",
            "localhost.evil.example",
            "evil.localhost",
            "127.0.0.1.evil.example",
            "sub.ocr.example",
            "0.0.0.0:8000",
            "192.168.1.5",
            "[2001:db8::1]",
        ] {
            assert_eq!(answer(&local(), "/", &[other]), 403, "{other}");
            assert_eq!(answer(&Hosts::any(), "/", &[other]), 200, "{other}");
        }
        for malformed in
            ["127.0.0.1:9000/?", "localhost@evil.example", "localhost:x", "a b", "é", "[::1", "localhost, evil"]
        {
            assert_eq!(answer(&local(), "/", &[malformed]), 400, "{malformed}");
        }
    }

    #[test]
    fn the_authority_of_an_absolute_target_is_checked_like_the_header() {
        assert_eq!(answer(&local(), "http://evil.example/", &["localhost"]), 403);
        assert_eq!(answer(&local(), "http://localhost/", &["evil.example"]), 403);
        assert_eq!(answer(&local(), "http://user@localhost/", &["localhost"]), 400);
        assert_eq!(answer(&local(), "http://localhost:8000/x", &["localhost:8000"]), 200);
        assert_eq!(answer(&local(), "http://localhost/", &[]), 200);
    }

    #[test]
    fn two_hosts_are_refused_and_probes_may_name_any_host() {
        assert_eq!(answer(&local(), "/", &["localhost", "localhost"]), 400);
        assert_eq!(answer(&Hosts::any(), "/", &["a.example", "b.example"]), 400);
        assert_eq!(answer(&local(), "/readyz", &["pod-7.cluster"]), 200);
        for path in ["/health", "/metrics", "/openapi.json", "/livez/"] {
            assert_eq!(answer(&local(), path, &["pod-7.cluster"]), 403, "{path}");
        }
    }
}
