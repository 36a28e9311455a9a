//! The bare route: what the same web framework does when nothing is asked of it.

use std::process::Command;

use axum::Router;
use axum::routing::get;

use crate::Outcome;
use crate::process::Process;

/// The argument that makes this program the bare server.
pub(crate) const WORD: &str = "bare-route";

/// A process of its own, so that both servers have the machine in the same way.
pub(crate) struct Bare {
    pub(crate) process: Process,
    pub(crate) url: String,
}

impl Bare {
    pub(crate) fn start() -> Outcome<Self> {
        let own = std::env::current_exe().map_err(|error| error.to_string())?;
        let (process, line) = Process::start(Command::new(own).arg(WORD))?;
        Ok(Self { process, url: line.trim().to_owned() })
    }
}

/// Serves until it is killed. The runtime is as the server's own.
pub(crate) fn serve() -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let served = runtime.map_err(|error| error.to_string())?.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("http://{}", listener.local_addr()?);
        let path = "/auth/user/bind/currency-pass/verify-by-status";
        let answer = || async { ([("content-type", "application/json")], "true") };
        axum::serve(listener, Router::new().route(path, get(answer))).await
    });
    served.map_err(|error: std::io::Error| error.to_string())
}
