//! Section `store.postgres`: how the database of many servers is reached, and what it must promise.

use std::path::PathBuf;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Secret;

/// PostgreSQL, where `store.kind` is `postgres`: how it is reached, and what it must promise. See `docs/postgresql.md`.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Postgres {
    /// `postgresql://user@host1:5432,host2:5432,host3:5432/database`. Name every server that can become the one that takes
    /// writes: the first that does is used. It is a secret, because it may hold the password.
    pub url: Option<Secret>,
    /// The password, where it is not part of the URL.
    pub password: Option<Secret>,
    /// File with the certificates, PEM, of those who sign the servers' certificates. With it TLS is spoken, and a server
    /// whose certificate is not for its host name in the URL is refused; without it the connection is not encrypted.
    pub ca: Option<PathBuf>,
    /// File with the certificate chain, PEM, that the servers are shown.
    pub client_cert: Option<PathBuf>,
    /// File with that certificate's private key, PEM.
    pub client_key: Option<PathBuf>,
    /// The least that `synchronous_commit` must promise on the server's side. A server that promises less is refused, at the
    /// start and at every connection.
    pub synchronous_commit: SynchronousCommit,
    /// Whether a server that waits for no standby (`synchronous_standby_names` is empty) is refused.
    pub require_standby: bool,
    /// Milliseconds that one statement may take. A connection on which one takes longer is given up.
    #[schemars(range(min = 100, max = 60_000))]
    pub statement_timeout_ms: u32,
    /// Milliseconds that one server may take to accept a connection.
    #[schemars(range(min = 100, max = 60_000))]
    pub connect_timeout_ms: u32,
    /// Milliseconds that requests wait after the last server that takes writes was lost. Then they are answered 503 with
    /// `Retry-After`, at once, until there is one again.
    #[schemars(range(max = 60_000))]
    pub patience_ms: u32,
    /// Connections on which guesses are charged and settled, many in one transaction. An account always belongs to the same
    /// one of a server.
    #[schemars(range(min = 1, max = 4))]
    pub writers: usize,
    /// Connections for everything else.
    #[schemars(range(min = 1, max = 1000))]
    pub connections: usize,
    /// The most accounts that one transaction writes. 1 where rows are spread over many servers, as by Citus.
    #[schemars(range(min = 1, max = 1024))]
    pub batch: usize,
}

/// What a commit has reached when it is acknowledged, from weak to strong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SynchronousCommit {
    /// The memory of one server; a crash loses what was acknowledged.
    Off,
    /// The disk of one server; a failover loses what was acknowledged.
    Local,
    /// And the memory of a standby.
    RemoteWrite,
    /// And the disk of a standby, where one is waited for.
    #[default]
    On,
    /// And what a standby shows to its readers.
    RemoteApply,
}

impl Postgres {
    /// Longest time of one statement.
    #[must_use]
    pub fn statement_timeout(&self) -> Duration {
        Duration::from_millis(self.statement_timeout_ms.into())
    }

    /// Longest time until one server has accepted a connection.
    #[must_use]
    pub fn connect_timeout(&self) -> Duration {
        Duration::from_millis(self.connect_timeout_ms.into())
    }

    /// Longest time that a request waits for a server that takes writes.
    #[must_use]
    pub fn patience(&self) -> Duration {
        Duration::from_millis(self.patience_ms.into())
    }

    /// What the URL says, as far as advice and checks ask.
    pub(super) fn address(&self) -> Option<Address> {
        self.url.as_ref().map(|url| Address::of(url.text().expose()))
    }
}

/// What a URL, or a row of `name=value`, says of the way to the database.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// The host names; a socket's folder begins with `/`.
    pub(super) hosts: Vec<String>,
    /// `sslmode`.
    pub(super) ssl: Option<String>,
}

impl Address {
    fn of(text: &str) -> Self {
        let Some((_, rest)) = text.split_once("://") else {
            let named = |name| text.split_whitespace().find_map(|part| value(part, name));
            return Self {
                hosts: split(named("host").unwrap_or_default()),
                ssl: named("sslmode").map(Into::into),
            };
        };
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let named = |name| query.split('&').find_map(|part| value(part, name));
        let authority = place.split('/').next().unwrap_or_default();
        let hosts = authority.rsplit('@').next().unwrap_or_default();
        let hosts = if hosts.is_empty() { named("host").unwrap_or_default() } else { hosts };
        Self { hosts: split(hosts), ssl: named("sslmode").map(Into::into) }
    }

    /// Whether what is sent there leaves this machine.
    pub(super) fn leaves_the_machine(&self) -> bool {
        let here = |host: &String| {
            let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
            host.starts_with('/')
                || host.starts_with("%2F")
                || host == "localhost"
                || address.is_ok_and(|it| it.is_loopback())
        };
        !self.hosts.iter().all(here)
    }
}

fn value<'a>(part: &'a str, name: &str) -> Option<&'a str> {
    part.split_once('=').filter(|(found, _)| *found == name).map(|(_, value)| value.trim_matches('\''))
}

/// Hosts without their ports.
fn split(hosts: &str) -> Vec<String> {
    let without_port = |host: &str| match host.strip_prefix('[').and_then(|inner| inner.split_once(']')) {
        Some((address, _)) => address.to_owned(),
        None => host.split(':').next().unwrap_or_default().to_owned(),
    };
    hosts.split(',').filter(|host| !host.is_empty()).map(without_port).collect()
}

impl Default for Postgres {
    fn default() -> Self {
        Self {
            url: None,
            password: None,
            ca: None,
            client_cert: None,
            client_key: None,
            synchronous_commit: SynchronousCommit::default(),
            require_standby: false,
            statement_timeout_ms: 2000,
            connect_timeout_ms: 1000,
            patience_ms: 5000,
            writers: 1,
            connections: 16,
            batch: 128,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_sslmode_are_read_of_either_form() {
        let cases: [(&str, &[&str], Option<&str>, bool); 7] = [
            ("postgresql://u:p%40@a:5432,b:5433/db?target_session_attrs=read-write", &["a", "b"], None, true),
            ("postgresql://u@127.0.0.1:1/db?sslmode=require", &["127.0.0.1"], Some("require"), false),
            ("postgres://[::1]:5432/db", &["::1"], None, false),
            ("postgresql:///db?host=/run/postgresql", &["/run/postgresql"], None, false),
            ("postgresql://%2Frun%2Fpostgresql/db", &["%2Frun%2Fpostgresql"], None, false),
            (
                "host=localhost,10.0.0.2 user=u sslmode=prefer",
                &["localhost", "10.0.0.2"],
                Some("prefer"),
                true,
            ),
            ("postgresql://localhost", &["localhost"], None, false),
        ];
        for (text, hosts, ssl, leaves) in cases {
            let address = Address::of(text);
            assert_eq!(
                (&address.hosts[..], address.ssl.as_deref()),
                (&hosts.iter().map(ToString::to_string).collect::<Vec<_>>()[..], ssl),
                "{text}"
            );
            assert_eq!(address.leaves_the_machine(), leaves, "{text}");
        }
    }
}
