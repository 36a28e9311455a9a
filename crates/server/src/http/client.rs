//! The sockets' connections: how many there may be, which are told of in the log, and what is known of each.

use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum_server::{AddrListener, Address};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep};

use super::guard::Guarded;
use super::seldom::Seldom;

/// Pause after a failure to accept. The usual reason is that there is no file descriptor left, and trying again at
/// once would only burn the processor.
const PAUSE: Duration = Duration::from_millis(50);

/// Who is at the other end of a connection, and what the connection is doing.
#[derive(Clone)]
pub(super) struct Client {
    /// Its address, as the socket tells it.
    pub(super) address: SocketAddr,
    /// Whether a request is under way.
    pub(super) activity: Arc<Activity>,
}

/// Whether a connection has a request under way, and since when it has none.
pub(super) struct Activity(Mutex<State>);

struct State {
    requests: usize,
    rests_since: Instant,
}

impl Activity {
    /// Of a connection that is new.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { requests: 0, rests_since: Instant::now() })))
    }

    /// Since when no request is under way; `None` while one is.
    pub(super) fn rests_since(&self) -> Option<Instant> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (state.requests == 0).then_some(state.rests_since)
    }

    /// A request is under way until this is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> UnderWay {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).requests += 1;
        UnderWay(Arc::clone(self))
    }
}

/// A request under way.
pub(super) struct UnderWay(Arc<Activity>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut state = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.requests -= 1;
        state.rests_since = Instant::now();
    }
}

/// A socket that admits connections up to a number, and gives each one a limit on being idle.
pub(super) struct Incoming {
    socket: TcpListener,
    places: Arc<Semaphore>,
    idle: Duration,
    failed: Seldom,
    full: Seldom,
}

impl Incoming {
    /// For so many connections at once, each without a request for at most `idle`.
    pub(super) fn new(socket: TcpListener, connections: usize, idle: Duration) -> Self {
        let places = Arc::new(Semaphore::new(connections.min(Semaphore::MAX_PERMITS)));
        Self { socket, places, idle, failed: Seldom::default(), full: Seldom::default() }
    }

    /// Gives a connection its place. One too many is closed at once, which tells a load balancer to look elsewhere.
    fn admit(&self, stream: TcpStream, address: SocketAddr) -> Option<(Guarded<TcpStream>, Client)> {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            if let Some(times) = self.full.due() {
                tracing::warn!(
                    times,
                    "connections are closed at once: as many as server.max_connections or the limit of open files allow are open"
                );
            }
            return None;
        };
        // Answers are small and written whole; holding them back for more only adds latency. It fails only on a
        // connection that is gone.
        stream.set_nodelay(true).ok()?;
        let activity = Activity::new();
        let stream = Guarded::new(stream, self.idle, Arc::clone(&activity), Some(place));
        Some((stream, Client { address, activity }))
    }

    /// Says what is wrong, and waits a little.
    async fn failed(&self, error: io::Error) {
        // The connection was gone before it was taken: nobody is missing anything.
        if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset) {
            return;
        }
        if let Some(times) = self.failed.due() {
            tracing::error!(%error, times, "connections cannot be accepted; it is tried again");
        }
        sleep(PAUSE).await;
    }
}

impl AddrListener<Guarded<TcpStream>, Client> for Incoming {
    /// Never asked for: the socket was bound before.
    async fn bind_to(_: Client) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    async fn accept_stream(&self) -> io::Result<(Guarded<TcpStream>, Client)> {
        loop {
            match self.socket.accept().await {
                Ok((stream, address)) => {
                    if let Some(admitted) = self.admit(stream, address) {
                        return Ok(admitted);
                    }
                }
                Err(error) => self.failed(error).await,
            }
        }
    }

    fn get_local_addr(&self) -> io::Result<Client> {
        self.socket.local_addr().map(|address| Client { address, activity: Activity::new() })
    }
}

impl Address for Client {
    type Stream = Guarded<TcpStream>;
    type Listener = Incoming;
}
