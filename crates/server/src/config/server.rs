//! Section `server`: the two listeners and their limits.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::Cidr;

/// The two listeners and their limits.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port of the public listener: dialects, native API, PIN pad. Port 0 takes a free one.
    #[schemars(with = "String")]
    pub listen: SocketAddr,
    /// Address and port of the admin listener: metrics, health, API documents. Keep it off the internet.
    #[schemars(with = "String")]
    pub admin_listen: SocketAddr,
    /// Longest request body in bytes; a longer one is answered 413.
    #[schemars(range(min = 1024, max = 67_108_864))]
    pub max_body_bytes: usize,
    /// Bytes that all request bodies being read or worked on may take together; beyond it requests are answered as
    /// overloaded. A quarter is kept for bodies up to 16,384 bytes, so that long ones cannot shut them out.
    #[schemars(range(min = 1_048_576, max = 1_099_511_627_776_u64))]
    pub body_budget_bytes: usize,
    /// Longest request head in bytes: request line and headers together.
    #[schemars(range(min = 8192, max = 1_048_576))]
    pub max_header_bytes: usize,
    /// Seconds a client may take to send the head of a request.
    #[schemars(range(min = 1, max = 300))]
    pub header_read_timeout_s: u32,
    /// Seconds a client may take to send the body of a request.
    #[schemars(range(min = 1, max = 300))]
    pub body_read_timeout_s: u32,
    /// Seconds until a request is answered as failed. What it has begun is finished all the same.
    #[schemars(range(min = 1, max = 300))]
    pub request_timeout_s: u32,
    /// Seconds that a connection is kept open without a request under way.
    #[schemars(range(min = 1, max = 3600))]
    pub idle_timeout_s: u32,
    /// Connections that are open at once on the public listener, as far as the limit of open files allows; the admin
    /// listener takes at most 64 beside them.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_connections: usize,
    /// Requests carried out at once, also those whose clients have hung up; beyond it they are answered as
    /// overloaded.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_requests: usize,
    /// Seconds that requests in flight may take to finish after SIGTERM.
    #[schemars(range(min = 0, max = 3600))]
    pub drain_s: u32,
    /// Address ranges of reverse proxies whose `X-Forwarded-Host`, `-Proto` and `-Port` are believed. These
    /// headers decide which host and port HAWK signatures are checked for.
    pub trusted_proxies: Vec<Cidr>,
    /// Which address names the network that a person guesses from: `forwarded`, only one that a trusted proxy or a
    /// platform's server names, or `peer`, also the other end of the connection, where persons' own devices connect.
    pub caller_network: CallerNetwork,
    /// TLS of the public listener; without a certificate it speaks plain HTTP.
    pub tls: Tls,
    /// TLS of the admin listener; without a certificate it speaks plain HTTP.
    pub admin_tls: Tls,
}

/// TLS of one listener.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tls {
    /// File with the certificate chain, PEM, the server's own certificate first.
    pub cert: Option<PathBuf>,
    /// File with the certificate's private key, PEM.
    pub key: Option<PathBuf>,
    /// File with the certificates, PEM, of those who sign client certificates.
    pub client_ca: Option<PathBuf>,
    /// Whether clients show a certificate.
    pub client_auth: ClientAuth,
}

/// Whether clients show a certificate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuth {
    /// They are not asked.
    #[default]
    None,
    /// They are asked; one that is shown must be valid.
    Optional,
    /// Nobody without one gets in.
    Required,
}

/// The files of a listener that speaks TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TlsFiles<'a> {
    /// The certificate chain.
    pub cert: &'a Path,
    /// The private key.
    pub key: &'a Path,
    /// Who signs client certificates, and whether one is required; `None`: clients are not asked.
    pub clients: Option<(&'a Path, ClientAuth)>,
}

impl Tls {
    /// The files, if this listener speaks TLS.
    #[must_use]
    pub fn files(&self) -> Option<TlsFiles<'_>> {
        let (cert, key) = (self.cert.as_deref()?, self.key.as_deref()?);
        let clients = match self.client_auth {
            ClientAuth::None => None,
            asked @ (ClientAuth::Optional | ClientAuth::Required) => {
                self.client_ca.as_deref().map(|ca| (ca, asked))
            }
        };
        Some(TlsFiles { cert, key, clients })
    }
}

impl Server {
    /// Longest time until a request's head has arrived.
    #[must_use]
    pub const fn header_read_timeout(&self) -> Duration {
        seconds(self.header_read_timeout_s)
    }

    /// Longest time until a request's body has arrived.
    #[must_use]
    pub const fn body_read_timeout(&self) -> Duration {
        seconds(self.body_read_timeout_s)
    }

    /// Longest time until a request is answered.
    #[must_use]
    pub const fn request_timeout(&self) -> Duration {
        seconds(self.request_timeout_s)
    }

    /// Longest time that a connection stays idle.
    #[must_use]
    pub const fn idle_timeout(&self) -> Duration {
        seconds(self.idle_timeout_s)
    }

    /// Longest time that requests in flight take to finish at the end.
    #[must_use]
    pub const fn drain(&self) -> Duration {
        seconds(self.drain_s)
    }
}

/// Which address names the network that a person guesses from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallerNetwork {
    /// Only one that a trusted proxy or a platform's server names.
    #[default]
    Forwarded,
    /// Also the other end of the connection.
    Peer,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8082)),
            admin_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8083)),
            max_body_bytes: 1024 * 1024,
            body_budget_bytes: 128 * 1024 * 1024,
            max_header_bytes: 16 * 1024,
            header_read_timeout_s: 10,
            body_read_timeout_s: 20,
            request_timeout_s: 30,
            idle_timeout_s: 75,
            max_connections: 10_000,
            // Far more than hash workers and the store have in hand at once; beyond it waiting only makes all late.
            max_requests: 1024,
            // Below the half minute that orchestrators commonly wait before they kill.
            drain_s: 25,
            trusted_proxies: Vec::new(),
            caller_network: CallerNetwork::default(),
            tls: Tls::default(),
            admin_tls: Tls::default(),
        }
    }
}

const fn seconds(number: u32) -> Duration {
    Duration::from_secs(number as u64)
}
