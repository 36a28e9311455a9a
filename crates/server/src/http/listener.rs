//! A socket that serves its one handler, with or without TLS, until it is drained.

use core::net::SocketAddr;
use core::time::Duration;
use std::io;

use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;
use tokio::net::{TcpListener, TcpSocket};
use tokio::task::JoinHandle;

use super::client::{Client, Incoming};
use super::serving::{Connections, Handler};
use super::tls::{TlsError, server_config};
use crate::config::{self, TlsFiles};

/// The least buffer for a request's head: one that is somewhat too long still gets an answer in our own words.
const LEAST_HEAD_BUFFER: usize = 32 * 1024;

/// HTTP/2 requests in flight on one connection. A platform's servers need few; every one may hold a body.
const MOST_STREAMS: u32 = 32;

/// Bytes that an HTTP/2 stream, and all streams of a connection, may send before they are read. They wait where no
/// budget of ours counts them, and nearly every request fits into the first.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// How often an HTTP/2 peer must prove to be alive.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// What bounds a connection.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Longest head of a request in bytes.
    pub header_bytes: usize,
    /// How long a head may take to arrive, and a TLS handshake to be done.
    pub header_read: Duration,
    /// How long a connection may be open without a request under way.
    pub idle: Duration,
    /// Connections at once.
    pub connections: usize,
}

impl Bounds {
    /// As configured, for so many connections.
    #[must_use]
    pub const fn of(server: &config::Server, connections: usize) -> Self {
        Self {
            header_bytes: server.max_header_bytes,
            header_read: server.header_read_timeout(),
            idle: server.idle_timeout(),
            connections,
        }
    }
}

/// Connections that may wait to be accepted. The usual 128 overflow when a thousand callers come back at once, and the
/// kernel then drops or resets some of them. The kernel caps it at `net.core.somaxconn`, which is 4096 since Linux 5.4.
const BACKLOG: u32 = 4096;

/// A bound socket: connections queue up from now on, and are served once [`Listener::serve`] is called.
pub struct Listener {
    socket: std::net::TcpListener,
    address: SocketAddr,
    tls: Option<RustlsConfig>,
    bounds: Bounds,
}

impl Listener {
    /// Binds; port 0 takes a free one.
    ///
    /// # Errors
    /// The address cannot be had, or the TLS files cannot be used.
    ///
    /// # Panics
    /// Outside a runtime.
    pub fn bind(address: SocketAddr, tls: Option<TlsFiles<'_>>, bounds: Bounds) -> Result<Self, BindError> {
        let tls = tls.map(server_config).transpose()?.map(RustlsConfig::from_config);
        let refused = |source| BindError::Address { address, source };
        let socket = listen(address).map_err(refused)?;
        let address = socket.local_addr().map_err(refused)?;
        let socket = socket.into_std().map_err(refused)?;
        Ok(Self { socket, address, tls, bounds })
    }

    /// Where it listens, with the port that was taken.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it speaks TLS.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.tls.is_some()
    }

    /// Serves this handler from now on.
    ///
    /// # Errors
    /// The socket cannot be handed to the runtime.
    pub fn serve<H: Handler>(self, handler: H) -> io::Result<Serving> {
        let handle = Handle::new();
        let socket = TcpListener::from_std(self.socket)?;
        let incoming = Incoming::new(socket, self.bounds.connections, self.bounds.idle);
        let mut server = Server::from_listener(incoming).handle(handle.clone());
        bound(&mut server, &self.bounds);
        let service = Connections(handler);
        let task = match self.tls.clone() {
            None => tokio::spawn(server.serve(service)),
            Some(tls) => {
                let acceptor = RustlsAcceptor::new(tls).handshake_timeout(self.bounds.header_read);
                tokio::spawn(server.acceptor(acceptor).serve(service))
            }
        };
        Ok(Serving { task, handle, tls: self.tls })
    }
}

/// A listener at work.
pub struct Serving {
    task: JoinHandle<io::Result<()>>,
    handle: Handle<Client>,
    tls: Option<RustlsConfig>,
}

impl Serving {
    /// Takes other TLS files for connections that come from now on. Whether there is TLS at all cannot be changed.
    ///
    /// # Errors
    /// The files cannot be used; the old ones stay in force.
    pub fn reload_tls(&self, files: Option<TlsFiles<'_>>) -> Result<(), TlsError> {
        if let (Some(tls), Some(files)) = (&self.tls, files) {
            tls.reload_from_config(server_config(files)?);
        }
        Ok(())
    }

    /// Takes no more connections, and lets those that are there finish their requests.
    pub fn stop_accepting(&self, within: Duration) {
        self.handle.graceful_shutdown(Some(within));
    }

    /// Waits for the end: after [`Self::stop_accepting`], or because the socket failed.
    ///
    /// # Errors
    /// The socket failed.
    pub async fn ended(&mut self) -> io::Result<()> {
        (&mut self.task).await.unwrap_or_else(|error| Err(io::Error::other(error)))
    }
}

/// Why a listener cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// The address cannot be had.
    #[error("cannot listen on {address}: {source}; choose another address or end what uses it")]
    Address {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// The TLS files cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// As `TcpListener::bind`, but with a longer queue.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // A restart need not wait until the connections of the last run are forgotten.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

fn bound<A>(server: &mut Server<Client, A>, bounds: &Bounds) {
    let http = server.http_builder();
    http.http1()
        .timer(TokioTimer::new())
        .header_read_timeout(bounds.header_read)
        .max_buf_size(bounds.header_bytes.max(LEAST_HEAD_BUFFER));
    http.http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE)
        .max_concurrent_streams(MOST_STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(u32::try_from(bounds.header_bytes.max(LEAST_HEAD_BUFFER)).unwrap_or(u32::MAX));
}
