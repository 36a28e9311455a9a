//! The services that the server is compared with, each as one would write it in an afternoon.
//!
//! All have the same records: accounts with the hash of a PIN, at the server's parameters, in an `SQLite` database that
//! commits durably; and the same job: compare, and lock after five wrong guesses in a row.

mod install;

use core::fmt;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::Outcome;
use crate::engine::Engines;
use crate::process::Process;
use crate::system::{ACCOUNTS, PIN, System};

/// The account that is locked at the start, to see that it can be.
const PROBED: &str = "probe";

/// Which one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Peer {
    /// axum, `RustCrypto`'s `argon2`, `spawn_blocking`.
    Plain,
    /// The same, counting first, with as many permits as cores.
    Careful,
    /// fastify and npm's `argon2`.
    Node,
    /// `FastAPI` and `argon2-cffi` under uvicorn.
    Python,
}

impl Peer {
    pub(crate) const ALL: [Self; 4] = [Self::Plain, Self::Careful, Self::Node, Self::Python];

    /// Its name in the report.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Plain => "axum, argon2, plain",
            Self::Careful => "axum, argon2, careful",
            Self::Node => "Node: fastify, argon2",
            Self::Python => "Python: FastAPI, argon2-cffi",
        }
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Where the peers' sources are.
fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

/// Installs what is missing and starts all but those left out.
///
/// # Errors
/// A program is missing, named with what to do; or a peer does not start.
pub(crate) fn start(without: &BTreeSet<Peer>, engines: &mut Engines) -> Outcome<Vec<(Peer, System)>> {
    let wanted: Vec<Peer> = Peer::ALL.into_iter().filter(|peer| !without.contains(peer)).collect();
    let commands: Vec<(Peer, Command)> =
        wanted.into_iter().map(|peer| Ok((peer, install::command(peer)?))).collect::<Outcome<_>>()?;
    let hash = engines.phc();
    commands.into_iter().map(|(peer, command)| Ok((peer, started(peer, command, &hash)?))).collect()
}

fn started(peer: Peer, mut command: Command, hash: &str) -> Outcome<System> {
    let data = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
    let path = data.path().join("accounts.db");
    records(&path, hash).map_err(|error| format!("{}: {error}", path.display()))?;
    let (process, line) = Process::start(command.arg(&path))?;
    let at = crate::system::address(&line)?;
    does_the_job(&format!("http://{at}/verify")).map_err(|why| format!("{peer}: {why}"))?;
    let requests = (0..ACCOUNTS).map(|n| request(&at.to_string(), n)).collect();
    Ok(System { name: peer.name(), process, at, requests, _data: data })
}

/// The same PIN everywhere, so one hash will do: what a comparison costs does not depend on it.
fn records(path: &Path, hash: &str) -> rusqlite::Result<()> {
    let mut database = Connection::open(path)?;
    database.pragma_update(None, "journal_mode", "WAL")?;
    database.execute_batch(
        "CREATE TABLE accounts (name TEXT PRIMARY KEY, hash TEXT NOT NULL, failed INTEGER NOT NULL DEFAULT 0)",
    )?;
    let transaction = database.transaction()?;
    let names = (0..ACCOUNTS).map(|n| format!("user-{n}")).chain([PROBED.to_owned()]);
    for name in names {
        transaction.execute("INSERT INTO accounts (name, hash) VALUES (?1, ?2)", (name, hash))?;
    }
    transaction.commit()
}

/// Whether it compares, forgets wrong guesses after a right one, and locks after five: else it does less than it is
/// compared for.
fn does_the_job(url: &str) -> Outcome<()> {
    let config = ureq::Agent::config_builder().http_status_as_error(false).build();
    let agent = ureq::Agent::new_with_config(config);
    let wrong = [("000111", 401); 5];
    let story = [(PIN, 200), ("000111", 401), (PIN, 200)].into_iter().chain(wrong).chain([(PIN, 423)]);
    for (pin, expected) in story {
        let body = format!(r#"{{"account":"{PROBED}","pin":"{pin}"}}"#);
        let answer = agent.post(url).header("content-type", "application/json").send(body);
        let status = answer.map_err(|error| error.to_string())?.status().as_u16();
        if status != expected {
            return Err(format!("it answers {status} instead of {expected}"));
        }
    }
    Ok(())
}

fn request(host: &str, n: usize) -> Vec<u8> {
    let body = format!(r#"{{"account":"user-{n}","pin":"{PIN}"}}"#);
    crate::system::request("POST /verify", host, "", &body)
}

/// Keeps a folder for as long as something runs in it.
pub(crate) type Data = TempDir;
