//! The hosts of a URL, each with a limit of its own: one whose machine takes a connection while its process stands still
//! would otherwise be waited for, and those after it never asked.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::timeout;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};

use super::OpenError;
use super::trouble::Trouble;

/// One server that may take writes.
pub(super) struct Place<'a> {
    name: Option<&'a Host>,
    address: Option<IpAddr>,
    port: u16,
}

/// Whether there is a host, and a port for each.
pub(super) fn check(config: &Config) -> Result<(), OpenError> {
    let (hosts, addresses) = (config.get_hosts().len(), config.get_hostaddrs().len());
    let ports = config.get_ports().len();
    let wrong = if hosts == 0 && addresses == 0 {
        "it names no host"
    } else if hosts > 0 && addresses > 0 && hosts != addresses {
        "it has not as many hosts as addresses"
    } else if ports > 1 && ports != hosts.max(addresses) {
        "it has not as many ports as hosts"
    } else {
        return Ok(());
    };
    Err(OpenError::Url(wrong.to_owned()))
}

/// Each of them, in the order of the URL.
pub(super) fn places(config: &Config) -> impl Iterator<Item = Place<'_>> {
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    (0..hosts.len().max(addresses.len())).map(move |place| Place {
        name: hosts.get(place),
        address: addresses.get(place).copied(),
        port: ports.get(place).or_else(|| ports.first()).copied().unwrap_or(5432),
    })
}

impl Place<'_> {
    /// How to reach each of its addresses, which are looked up within that time.
    pub(super) async fn ways(&self, all: &Config, limit: Duration) -> Result<Vec<Config>, Trouble> {
        let addresses = timeout(limit, self.addresses()).await;
        let addresses =
            addresses.map_err(|_| Trouble::Lost("a host's address was not found in time".into()))?;
        let addresses =
            addresses.map_err(|error| Trouble::Lost(format!("a host's address cannot be found: {error}")))?;
        Ok(addresses.into_iter().map(|address| self.config(all, address)).collect())
    }

    /// Where it is; `None` for a socket in a folder.
    async fn addresses(&self) -> io::Result<Vec<Option<IpAddr>>> {
        match (self.address, self.name) {
            (Some(address), _) => Ok(vec![Some(address)]),
            (None, Some(Host::Tcp(name))) => {
                let found = lookup_host((&name[..], self.port)).await?;
                Ok(found.map(|address| Some(address.ip())).collect())
            }
            (None, _) => Ok(vec![None]),
        }
    }

    /// How to reach it alone.
    fn config(&self, all: &Config, address: Option<IpAddr>) -> Config {
        let mut one = Config::new();
        all.get_user().map(|user| one.user(user));
        all.get_password().map(|password| one.password(password));
        all.get_dbname().map(|name| one.dbname(name));
        all.get_options().map(|options| one.options(options));
        match self.name {
            Some(Host::Tcp(name)) => Some(one.host(name)),
            Some(Host::Unix(folder)) => Some(one.host_path(folder)),
            None => None,
        };
        address.map(|address| one.hostaddr(address));
        all.get_connect_timeout().map(|limit| one.connect_timeout(*limit));
        all.get_tcp_user_timeout().map(|limit| one.tcp_user_timeout(*limit));
        one.port(self.port)
            .application_name("countersign")
            .ssl_mode(if all.get_ssl_mode() == SslMode::Disable {
                SslMode::Disable
            } else {
                SslMode::Require
            })
            .ssl_negotiation(all.get_ssl_negotiation())
            .channel_binding(all.get_channel_binding())
            .keepalives_idle(Duration::from_secs(5))
            .keepalives_interval(Duration::from_secs(1))
            .keepalives_retries(3)
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        one
    }
}
