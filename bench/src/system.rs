//! Something that verifies: a process, its address, and what to ask it.

use core::net::SocketAddr;

use crate::Outcome;
use crate::load::{Load, Pace};
use crate::peers::Data;
use crate::process::Process;

/// Accounts of each system: as many as the most connections, so that no two guesses meet at one account.
pub(crate) const ACCOUNTS: usize = 512;
/// The six digits of every account. Right every time: wrong ones would lock them.
pub(crate) const PIN: &str = "731946";

/// A running system with its accounts.
pub(crate) struct System {
    pub(crate) name: &'static str,
    pub(crate) process: Process,
    pub(crate) at: SocketAddr,
    /// A request to verify the right PIN of each account.
    pub(crate) requests: Vec<Vec<u8>>,
    pub(crate) _data: Data,
}

impl System {
    /// Verifies over so many connections.
    pub(crate) fn verify(&self, connections: usize, pace: Pace, seconds: u64) -> Load<'_> {
        Load {
            at: self.at,
            requests: &self.requests,
            connections,
            pace,
            time: core::time::Duration::from_secs(seconds),
        }
    }
}

/// The address in what a server prints: `http://…`.
pub(crate) fn address(line: &str) -> Outcome<SocketAddr> {
    let text = line.trim().strip_prefix("http://").map(|rest| rest.trim_end_matches('/'));
    text.and_then(|text| text.parse().ok()).ok_or_else(|| format!("no address: {line}"))
}

/// A whole request. `line` is method and path, `headers` whole lines.
pub(crate) fn request(line: &str, host: &str, headers: &str, body: &str) -> Vec<u8> {
    let content = match body {
        "" => String::new(),
        body => format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()),
    };
    format!("{line} HTTP/1.1\r\nHost: {host}\r\n{headers}{content}\r\n{body}").into_bytes()
}
