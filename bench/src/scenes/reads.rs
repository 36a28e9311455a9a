//! Reads of an account's state, while nothing else happens and while every core hashes.

use core::time::Duration;
use std::thread;

use super::{Answered, CONNECTIONS, Effort, run};
use crate::Outcome;
use crate::load::{Arrivals, Load, Pace};
use crate::server::Server;

/// Reads a second, independent of each other.
pub(crate) const RATE: f64 = 200.0;
/// Enough that none waits for a connection.
const READERS: usize = 32;

/// What came of it.
pub(crate) struct Reads {
    pub(crate) quiet: Answered,
    pub(crate) saturated: Answered,
    /// What was verified meanwhile.
    pub(crate) verified: Answered,
}

pub(crate) fn measure(server: &Server, effort: Effort) -> Outcome<Reads> {
    let mut reads = Reads {
        quiet: Answered::of("reads, nothing else"),
        saturated: Answered::of("reads, every core hashing"),
        verified: Answered::of("verify meanwhile"),
    };
    let process = &server.system.process;
    let load = |connections, seconds| Load {
        at: server.system.at,
        requests: &server.reads,
        connections,
        pace: Pace::Open { rate: RATE, arrivals: Arrivals::Independent },
        time: Duration::from_secs(seconds),
    };
    for round in 1..=effort.rounds {
        eprintln!(" round {round} of {}", effort.rounds);
        reads.quiet.add(&run("reads, nothing else", &load(READERS, effort.seconds), process)?);
        // A second longer, so that no read meets a server at rest.
        let verify = server.system.verify(CONNECTIONS, Pace::Closed, effort.seconds + 1);
        thread::scope(|scope| -> Outcome<()> {
            let verified = scope.spawn(|| run("verify meanwhile", &verify, process));
            reads.saturated.add(&run("reads, every core hashing", &load(READERS, effort.seconds), process)?);
            reads.verified.add(&verified.join().map_err(|_| "the load panicked".to_owned())??);
            Ok(())
        })?;
        process.calm();
    }
    Ok(reads)
}
