//! Which network the person behind a request is in.

use core::net::IpAddr;

use axum::http::{HeaderMap, HeaderName};
use countersign_domain::caller::Network;

use super::authority::Peer;
use crate::config::CallerNetwork;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The person's network, where it is known: a platform's server calls for many persons, and its own address names none
/// of them.
pub(super) fn of(headers: &HeaderMap, peer: Peer<'_>, known_by: CallerNetwork) -> Option<Network> {
    let trusted = |address: &IpAddr| peer.trusted.iter().any(|range| range.contains(*address));
    if trusted(&peer.address) {
        return forwarded(headers, trusted).map(Network::of);
    }
    match known_by {
        CallerNetwork::Forwarded => None,
        CallerNetwork::Peer => Some(Network::of(peer.address)),
    }
}

/// The last address that no trusted proxy has: whatever stands before it was written by the caller.
fn forwarded(headers: &HeaderMap, trusted: impl Fn(&IpAddr) -> bool) -> Option<IpAddr> {
    let lines = headers.get_all(FORWARDED_FOR).into_iter().filter_map(|line| line.to_str().ok());
    let addresses: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
    for address in addresses.into_iter().rev() {
        // What is not an address was not written by a proxy that can be trusted.
        let address = address.parse().ok()?;
        if !trusted(&address) {
            return Some(address);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;
    use crate::config::Cidr;

    fn seen(peer: &str, forwarded: &[&'static str], known_by: CallerNetwork) -> Option<Network> {
        let mut headers = HeaderMap::new();
        for line in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(line));
        }
        let trusted: &[Cidr] = &["10.0.0.0/8".parse().expect("a range")];
        of(&headers, Peer { address: peer.parse().expect("an address"), tls: false, trusted }, known_by)
    }

    fn network(address: &str) -> Network {
        Network::of(address.parse().expect("an address"))
    }

    #[test]
    fn a_proxy_names_the_last_address_that_is_not_a_proxys() {
        use CallerNetwork::Forwarded;
        assert_eq!(seen("10.0.0.9", &["203.0.113.7"], Forwarded), Some(network("203.0.113.200")));
        assert_eq!(
            seen("10.0.0.9", &["8.8.8.8, 203.0.113.7, 10.1.1.1"], Forwarded),
            Some(network("203.0.113.7"))
        );
        assert_eq!(
            seen("10.0.0.9", &["8.8.8.8", "2001:db8:1::7"], Forwarded),
            Some(network("2001:db8:1:ffff::1"))
        );
        assert_eq!(seen("10.0.0.9", &["nonsense"], Forwarded), None);
        assert_eq!(seen("10.0.0.9", &["203.0.113.7, nonsense"], Forwarded), None);
        assert_eq!(seen("10.0.0.9", &[], Forwarded), None);
    }

    #[test]
    fn nobody_else_names_anything_and_a_peer_counts_only_where_it_is_the_person() {
        assert_eq!(seen("198.51.100.3", &["203.0.113.7"], CallerNetwork::Forwarded), None);
        assert_eq!(
            seen("198.51.100.3", &["203.0.113.7"], CallerNetwork::Peer),
            Some(network("198.51.100.9"))
        );
        assert_eq!(seen("::ffff:198.51.100.3", &[], CallerNetwork::Peer), Some(network("198.51.100.9")));
        assert_ne!(network("198.51.100.3"), network("198.51.101.3"));
    }
}
