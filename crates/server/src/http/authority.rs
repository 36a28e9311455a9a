//! How the caller addressed us: host and port, which HAWK signs.

use core::net::IpAddr;

use axum::http::uri::Authority as UriAuthority;
use axum::http::{HeaderMap, HeaderName, Uri, header};
use countersign_dialects::raw::Authority;

use crate::config::Cidr;

const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const FORWARDED_PORT: HeaderName = HeaderName::from_static("x-forwarded-port");

/// Where a request came from and over what.
#[derive(Clone, Copy)]
pub(super) struct Peer<'a> {
    /// The other end of the connection.
    pub(super) address: IpAddr,
    /// Whether this listener speaks TLS.
    pub(super) tls: bool,
    /// Whose `X-Forwarded-*` headers are believed.
    pub(super) trusted: &'a [Cidr],
}

/// Host and port as the caller addressed us.
///
/// From the request's own target or `Host`; behind a trusted proxy from `X-Forwarded-Host`, `-Port` and `-Proto`,
/// of each the first value, which is the one nearest to the caller. Anyone else's `X-Forwarded-*` is ignored.
pub(super) fn of(uri: &Uri, headers: &HeaderMap, peer: Peer<'_>) -> Authority {
    let proxied = peer.trusted.iter().any(|range| range.contains(peer.address));
    // Nearly every request names us in this way alone, and then nothing has to be taken apart and put together again.
    if let (false, None, Some((host, port))) =
        (proxied, uri.authority(), first(headers, &header::HOST).and_then(plain))
    {
        return Authority { host: host.to_owned(), port: port.unwrap_or(if peer.tls { 443 } else { 80 }) };
    }
    let forwarded = |name| if proxied { first(headers, &name) } else { None };
    let host = forwarded(FORWARDED_HOST).and_then(parse);
    let named =
        host.or_else(|| uri.authority().cloned()).or_else(|| first(headers, &header::HOST).and_then(parse));
    let tls = forwarded(FORWARDED_PROTO).map_or(peer.tls, |proto| proto.eq_ignore_ascii_case("https"));
    let port = forwarded(FORWARDED_PORT)
        .and_then(|port| port.parse().ok())
        .or_else(|| named.as_ref().and_then(UriAuthority::port_u16))
        .unwrap_or(if tls { 443 } else { 80 });
    Authority { host: named.map(|named| named.host().to_owned()).unwrap_or_default(), port }
}

fn first<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()?.split(',').next().map(str::trim)
}

/// Host and port of letters, digits, dots and hyphens; whatever else there may be in an authority is for [`parse`].
fn plain(text: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match text.split_once(':') {
        None => (text, None),
        // Not everything that reads as a number is a port: it has no sign.
        Some((host, port)) if port.bytes().all(|c| c.is_ascii_digit()) => (host, Some(port.parse().ok()?)),
        Some(_) => return None,
    };
    let fits =
        !host.is_empty() && host.bytes().all(|c| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-'));
    fits.then_some((host, port))
}

fn parse(text: &str) -> Option<UriAuthority> {
    // User information has no place in `Host`, and what looks like it would hide the real host.
    text.parse().ok().filter(|_| !text.contains('@'))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn authority(pairs: &[(HeaderName, &'static str)], trusted: bool, tls: bool) -> (String, u16) {
        let headers =
            pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect();
        let trusted: &[Cidr] = if trusted { &["10.0.0.0/8".parse().expect("a range")] } else { &[] };
        let peer = Peer { address: IpAddr::from([10, 0, 0, 9]), tls, trusted };
        let Authority { host, port } = of(&Uri::from_static("/x"), &headers, peer);
        (host, port)
    }

    #[test]
    fn the_host_header_names_us() {
        assert_eq!(
            authority(&[(header::HOST, "pay.example:8443")], false, false),
            ("pay.example".into(), 8443)
        );
        assert_eq!(authority(&[(header::HOST, "pay.example")], false, true), ("pay.example".into(), 443));
        assert_eq!(authority(&[(header::HOST, "[::1]:81")], false, false), ("[::1]".into(), 81));
        assert_eq!(authority(&[(header::HOST, "a@b")], false, false), (String::new(), 80));
        assert_eq!(authority(&[], false, false), (String::new(), 80));
    }

    #[test]
    fn a_plain_host_reads_as_the_same_one_taken_apart() {
        for text in ["pay.example", "pay.example:8443", "127.0.0.1:80", "A-b.c", "x:65535", "x:007"] {
            let taken_apart = parse(text).map(|it| (it.host().to_owned(), it.port_u16()));
            assert_eq!(plain(text).map(|(host, port)| (host.to_owned(), port)), taken_apart, "{text}");
        }
        for text in
            ["", ":80", "a@b", "[::1]:81", "x:65536", "x:+80", "x:", "x:1:2", "a b", "a/b", "a%20b", "é"]
        {
            assert!(plain(text).is_none(), "{text}");
        }
    }

    #[test]
    fn forwarded_headers_count_only_from_a_trusted_proxy() {
        let pairs = [
            (header::HOST, "inner:8082"),
            (FORWARDED_HOST, "pay.example, inner"),
            (FORWARDED_PROTO, "https"),
        ];
        assert_eq!(authority(&pairs, true, false), ("pay.example".into(), 443));
        assert_eq!(authority(&pairs, false, false), ("inner".into(), 8082));
        let with_port = [(FORWARDED_HOST, "pay.example"), (FORWARDED_PORT, "8443")];
        assert_eq!(authority(&with_port, true, false), ("pay.example".into(), 8443));
    }
}
