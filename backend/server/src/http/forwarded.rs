//! Parses `X-Forwarded-For`, `Forwarded` (RFC 7239) and `X-Real-IP` from the right, where the nearest proxy appends.
//!
//! No crate fits (rfc7239, forwarded-header-value, client-ip, axum-client-ip, trusted-proxies, parse-net): each rejects the whole
//! header for a part that the caller wrote, falls back to another header, or does not understand ports, zones, IPv6 without
//! brackets or obfuscated nodes. A caller could then choose to count as the proxy, or as anyone.

use std::net::{IpAddr, Ipv6Addr};

use http::{HeaderMap, HeaderName, header};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
/// Nodes that are parsed. No chain of proxies is longer, and a caller may send any number.
const MAX_NODES: usize = 32;
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The client that one proxy names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Address(IpAddr),
    /// `unknown` or an obfuscated identifier (RFC 7239, sections 6.2 and 6.3).
    Hidden,
    Malformed,
}

/// Returns the name of the header that names the client, and its nodes from the right. A proxy writes one of the three headers;
/// the others may come from the caller. So only the first of them that is present counts: `X-Forwarded-For`, which most proxies
/// write, then `Forwarded`, then `X-Real-IP`.
pub(super) fn nodes(headers: &HeaderMap) -> Option<(&'static str, Vec<Node>)> {
    let lines = |name: &HeaderName| -> Vec<&[u8]> {
        headers.get_all(name).iter().rev().map(http::HeaderValue::as_bytes).collect()
    };
    if headers.contains_key(FORWARDED_FOR) {
        let items = lines(&FORWARDED_FOR).into_iter().flat_map(items_from_right);
        return Some(("x-forwarded-for", items.take(MAX_NODES).map(plain_node).collect()));
    }
    if headers.contains_key(header::FORWARDED) {
        let items = lines(&header::FORWARDED).into_iter().flat_map(items_from_right);
        return Some(("forwarded", items.take(MAX_NODES).map(|item| Element::parse(item).node).collect()));
    }
    let real = lines(&REAL_IP);
    // It names one client and no chain. If there are several, the last is the nearest proxy's.
    real.first().map(|line| ("x-real-ip", vec![plain_node(line.trim_ascii())]))
}

/// Whether the client used https, according to the proxy `hops` to the left of the nearest one: the one that the client connected
/// to.
pub(super) fn is_https(headers: &HeaderMap, hops: usize) -> bool {
    let at = |name: &HeaderName| {
        let lines = headers.get_all(name).iter().rev().map(http::HeaderValue::as_bytes);
        let items: Vec<&[u8]> = lines.flat_map(items_from_right).collect();
        // Many proxies pass on the first one's value unchanged. Then there are fewer values than hops.
        items.get(hops).or(items.last()).copied()
    };
    match at(&FORWARDED_PROTO) {
        Some(scheme) => scheme.eq_ignore_ascii_case(b"https"),
        None => at(&header::FORWARDED).is_some_and(|item| Element::parse(item).https),
    }
}

/// Splits a list from the right and drops empty items (RFC 9110, section 5.6.1). A comma within quotes does not separate. Parsing
/// from the right keeps a quote that the caller left open from hiding what a proxy appended.
fn items_from_right(line: &[u8]) -> Vec<&[u8]> {
    split_from_right(line, b',').into_iter().map(<[u8]>::trim_ascii).filter(|item| !item.is_empty()).collect()
}

fn split_from_right(text: &[u8], separator: u8) -> Vec<&[u8]> {
    let mut items = Vec::new();
    let (mut end, mut quoted) = (text.len(), false);
    for at in (0..text.len()).rev() {
        if text[at] == b'"' {
            let escapes = text[..at].iter().rev().take_while(|&&byte| byte == b'\\').count();
            quoted ^= escapes % 2 == 0;
        } else if text[at] == separator && !quoted {
            items.push(&text[at + 1..end]);
            end = at;
        }
    }
    items.push(&text[..end]);
    items
}

/// An element of `Forwarded`, which one proxy wrote.
struct Element {
    node: Node,
    https: bool,
}

impl Element {
    fn parse(item: &[u8]) -> Self {
        let (mut node, mut https) = (None, false);
        for pair in split_from_right(item, b';').into_iter().map(<[u8]>::trim_ascii).filter(|pair| !pair.is_empty()) {
            let Some(equals) = pair.iter().position(|&byte| byte == b'=') else {
                return Self { node: Node::Malformed, https: false };
            };
            let (name, value) = (pair[..equals].trim_ascii(), unquoted(&pair[equals + 1..]));
            if name.eq_ignore_ascii_case(b"proto") {
                https = value.eq_ignore_ascii_case(b"https");
            } else if name.eq_ignore_ascii_case(b"for") {
                // RFC 7239, section 4: a parameter occurs at most once per element.
                node = Some(if node.is_none() { parse_node(&value) } else { Node::Malformed });
            }
        }
        Self { node: node.unwrap_or(Node::Hidden), https }
    }
}

/// Parses a node of `X-Forwarded-For`. Some proxies quote it as in `Forwarded`.
fn plain_node(item: &[u8]) -> Node {
    parse_node(&unquoted(item))
}

/// Unquotes a token or a quoted string (RFC 9110, section 5.6.4).
fn unquoted(text: &[u8]) -> Vec<u8> {
    let text = text.trim_ascii();
    let Some(inner) = text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")) else {
        return text.to_vec();
    };
    let mut escaped = false;
    let keep = |byte: &u8| {
        escaped = *byte == b'\\' && !escaped;
        !escaped
    };
    inner.iter().copied().filter(keep).collect()
}

/// Parses a node identifier (RFC 7239, section 6). Beyond the RFC, an IPv6 address may have no brackets.
fn parse_node(text: &[u8]) -> Node {
    let Ok(text) = std::str::from_utf8(text) else { return Node::Malformed };
    let text = text.trim();
    if let Some(address) = parse_address(text) {
        return Node::Address(address);
    }
    let name = match text.rsplit_once(':') {
        Some((name, port)) if is_port(port) => name,
        _ => text,
    };
    let hidden = |name: &str| {
        let label = name.strip_prefix('_').unwrap_or_default();
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    if name.eq_ignore_ascii_case("unknown") || hidden(name) {
        return Node::Hidden;
    }
    parse_address(name).map_or(Node::Malformed, Node::Address)
}

/// Parses IPv4, or IPv6 with or without brackets. A zone (RFC 4007) has no meaning on this machine and is dropped.
fn parse_address(text: &str) -> Option<IpAddr> {
    let bracketed = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let v6 = |text: &str| text.split('%').next().unwrap_or_default().parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let address = match bracketed {
        Some(inner) => v6(inner)?,
        None => text.parse().ok().or_else(|| v6(text))?,
    };
    Some(address.to_canonical())
}

fn is_port(text: &str) -> bool {
    let hidden = text.strip_prefix('_').is_some_and(|label| !label.is_empty());
    hidden || ((1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn parse_nodes(lines: &[(&'static str, &str)]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let nodes = nodes(&headers).map(|(_, nodes)| nodes).unwrap_or_default();
        nodes
            .into_iter()
            .map(|node| match node {
                Node::Address(address) => address.to_string(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn addresses_are_parsed_in_every_form_that_proxies_write() {
        for (written, expected) in [
            ("198.51.100.1", "198.51.100.1"),
            ("198.51.100.1:50123", "198.51.100.1"),
            ("198.51.100.1:_port", "198.51.100.1"),
            ("\"198.51.100.1:50123\"", "198.51.100.1"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("[2001:db8::7]:443", "2001:db8::7"),
            ("\"[2001:db8::7]:443\"", "2001:db8::7"),
            ("2001:db8:1:2:3:4:5:6:50123", "2001:db8:1:2:3:4:5:6"),
            ("fe80::1%eth0", "fe80::1"),
            ("[fe80::1%25eth0]:80", "fe80::1"),
            ("::ffff:198.51.100.1", "198.51.100.1"),
            ("[::ffff:198.51.100.1]:80", "198.51.100.1"),
            ("unknown", "Hidden"),
            ("Unknown:80", "Hidden"),
            ("_a-hidden.node", "Hidden"),
            ("_", "Malformed"),
            ("198.51.100.1:", "Malformed"),
            ("198.51.100.1:http", "Malformed"),
            ("198.51.100.256", "Malformed"),
            ("198.51.100.1 198.51.100.2", "Malformed"),
            ("[198.51.100.1]", "Malformed"),
            ("[2001:db8::7", "Malformed"),
            ("client.example", "Malformed"),
            ("é", "Malformed"),
        ] {
            assert_eq!(parse_nodes(&[("x-forwarded-for", written)]), [expected], "{written}");
            assert_eq!(parse_nodes(&[("x-real-ip", written)]), [expected], "{written}");
            if !written.starts_with('"') {
                assert_eq!(parse_nodes(&[("forwarded", &format!("for=\"{written}\""))]), [expected], "{written}");
            }
        }
    }

    #[test]
    fn a_chain_is_parsed_from_the_right_across_lines_and_empty_items() {
        let lines = [("x-forwarded-for", "1.1.1.1, ,2.2.2.2,"), ("x-forwarded-for", "é, 3.3.3.3:80 , ")];
        assert_eq!(parse_nodes(&lines), ["3.3.3.3", "Malformed", "2.2.2.2", "1.1.1.1"]);
        let lines = [
            ("forwarded", "for=1.1.1.1;proto=http, For = \"[2001:db8::2]:80\" ; by=_x;host=\"a,b;for=9.9.9.9\""),
            ("forwarded", "proto=https;by=10.0.0.1, for=3.3.3.3; ext=\"\\\",\""),
        ];
        assert_eq!(parse_nodes(&lines), ["3.3.3.3", "Hidden", "2001:db8::2", "1.1.1.1"]);
        assert_eq!(parse_nodes(&[("forwarded", "for=1.1.1.1;for=2.2.2.2, nonsense, for=\\\"")]).len(), 3);
        assert_eq!(parse_nodes(&[("forwarded", "for=1.1.1.1;for=2.2.2.2")]), ["Malformed"]);
    }

    #[test]
    fn a_quote_that_a_caller_leaves_open_hides_nothing_that_a_proxy_wrote() {
        assert_eq!(parse_nodes(&[("forwarded", "for=\"_x, for=198.51.100.1")])[0], "198.51.100.1");
        assert_eq!(parse_nodes(&[("x-forwarded-for", "\", 198.51.100.1")])[0], "198.51.100.1");
    }

    #[test]
    fn one_header_counts_and_the_others_are_ignored() {
        let all = [("x-real-ip", "3.3.3.3"), ("forwarded", "for=2.2.2.2"), ("x-forwarded-for", "1.1.1.1")];
        assert_eq!(parse_nodes(&all), ["1.1.1.1"]);
        assert_eq!(parse_nodes(&all[..2]), ["2.2.2.2"]);
        assert_eq!(parse_nodes(&all[..1]), ["3.3.3.3"]);
        assert_eq!(parse_nodes(&[("x-real-ip", "3.3.3.3"), ("x-real-ip", "4.4.4.4")]), ["4.4.4.4"]);
        assert!(parse_nodes(&[]).is_empty());
    }

    #[test]
    fn https_is_decided_by_the_proxy_that_the_client_connected_to() {
        let https = |hops, lines: &[(&'static str, &'static str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in lines {
                headers.append(*name, HeaderValue::from_static(value));
            }
            is_https(&headers, hops)
        };
        assert!(https(0, &[("x-forwarded-proto", "HTTPS")]) && https(1, &[("x-forwarded-proto", "https")]));
        assert!(https(1, &[("x-forwarded-proto", "http, https, http")]));
        assert!(!https(0, &[("x-forwarded-proto", "https, http")]));
        assert!(https(0, &[("forwarded", "for=_x;proto=http, for=1.1.1.1; Proto=\"https\"")]));
        assert!(!https(0, &[("forwarded", "proto=https"), ("x-forwarded-proto", "http")]));
        assert!(!https(0, &[]));
    }
}
