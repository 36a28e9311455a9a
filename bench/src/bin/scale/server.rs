//! A server on one of the databases.

use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::place::Place;

/// How often a server is started; each start is measured.
pub(crate) const STARTS: usize = 3;
/// The longest that a start may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running server. It is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) url: String,
    pub(crate) api_key: String,
}

impl Server {
    /// Starts it; milliseconds from the start of the process until it says that it is ready.
    #[allow(clippy::disallowed_methods, reason = "this is what is measured")]
    pub(crate) fn start(place: &Place) -> Outcome<(Self, f64)> {
        let (listen, admin) = (free_address()?, free_address()?);
        let begun = Instant::now();
        let mut command = place.command(&["serve", "--listen", &listen, "--admin-listen", &admin]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn();
        let child = child.map_err(|error| format!("the server cannot be started: {error}"))?;
        let mut server = Self { child, url: format!("http://{listen}"), api_key: place.api_key.clone() };
        let ready = format!("http://{admin}/readyz");
        while ureq::get(&ready).call().is_err() {
            if begun.elapsed() > PATIENCE || server.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return Err("the server does not become ready".to_owned());
            }
            std::thread::yield_now();
        }
        Ok((server, begun.elapsed().as_secs_f64() * 1000.0))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> Outcome<String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    listener.local_addr().map(|address| address.to_string()).map_err(|error| error.to_string())
}
