//! File descriptors: every connection takes one, and so does everything else.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The most connections of the admin listener: probes, a scraper, a few people.
const ADMIN: usize = 64;

/// Descriptors for everything that is no client's connection: the database and its log, the runtime, the sockets
/// themselves, TLS files that are read again, messages that are being sent.
const REST: usize = 128;

/// How many connections each listener may have open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Shares {
    /// The public listener.
    pub(super) public: usize,
    /// The admin listener, whose connections the public one can never take.
    pub(super) admin: usize,
}

/// Raises the process's limit as far as it may go, and shares it out. Says in the log if that is less than was
/// asked for.
pub(super) fn shares(connections: usize) -> Shares {
    let limit = raised();
    let shares = shared(limit, connections);
    if shares.public < connections {
        tracing::warn!(
            open_files = limit,
            connections = shares.public,
            max_connections = connections,
            "the limit of open files is too low for server.max_connections, so fewer are taken; raise it to \
             max_connections + {} (LimitNOFILE= in systemd, --ulimit nofile= in Docker, ulimit -Hn in a shell), \
             or lower server.max_connections",
            ADMIN + REST
        );
    }
    shares
}

/// How many connections of clients may really be open, if that is fewer than these.
pub(crate) fn fewer_than(connections: usize) -> Option<usize> {
    let possible = shared(raised(), connections).public;
    (possible < connections).then_some(possible)
}

/// The soft limit after raising it to the hard one; the largest number if there is none.
fn raised() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    // A system may refuse what it calls its own maximum; then it stays as it is.
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    let limit = if raised.is_ok() { maximum } else { current };
    limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX))
}

/// Even a very low limit leaves each listener something.
fn shared(limit: usize, connections: usize) -> Shares {
    let admin = ADMIN.min(limit / 8).clamp(1, connections.max(1));
    let public = limit.saturating_sub(ADMIN + REST).max(limit / 2).clamp(1, connections.max(1));
    Shares { public, admin }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_listener_leaves_the_rest_enough() {
        let shares = |limit, connections| {
            let Shares { public, admin } = shared(limit, connections);
            (public, admin)
        };
        assert_eq!(shares(usize::MAX, 10_000), (10_000, 64));
        assert_eq!(shares(20_000, 10_000), (10_000, 64));
        assert_eq!(shares(10_192, 10_000), (10_000, 64));
        assert_eq!(shares(10_191, 10_000), (9_999, 64));
        assert_eq!(shares(1024, 10_000), (832, 64));
        assert_eq!(shares(256, 10_000), (128, 32));
        assert_eq!(shares(1024, 1), (1, 1));
        assert_eq!(shares(0, 5), (1, 1));
    }

    #[test]
    fn the_limit_is_the_hard_one_afterwards() {
        raised();
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        assert_eq!(current, maximum);
    }
}
