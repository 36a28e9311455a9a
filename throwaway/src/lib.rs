//! A PostgreSQL server for tests: made in a temporary folder, on loopback only, gone when the test process is gone.
//!
//! Nothing has to be started before, and nothing is left: a small shell process ([`guard`]) is the server's parent, and
//! cleans up when the pipe to the test process closes, be that by a drop, a panic, an exit or `kill -9`.

#![forbid(unsafe_code)]

mod debian;
mod guard;
mod server;
mod session;

pub use server::Server;
pub use session::Session;
