//! The load: requests over HTTP/1.1 connections that stay open, closed loop or open.
//!
//! In a closed loop each connection asks again as soon as it has its answer: the pace is the server's. In an open one
//! requests begin when they are due, whatever became of those before, and a request's time counts from when it was
//! due: one that waits for a free connection waits at the server's cost, as a person would. (Otherwise a server that
//! stands still is asked less while it does, and looks fast: coordinated omission.)

mod http;
mod latencies;
mod metronome;
mod run;

use core::net::SocketAddr;
use core::time::Duration;
use std::collections::BTreeMap;

pub(crate) use latencies::Latencies;
pub(crate) use metronome::{Arrivals, due_times};

use crate::Outcome;

/// What to ask, whom, and how fast.
#[derive(Clone)]
pub(crate) struct Load<'a> {
    pub(crate) at: SocketAddr,
    /// Whole requests, taken in turn.
    pub(crate) requests: &'a [Vec<u8>],
    pub(crate) connections: usize,
    pub(crate) pace: Pace,
    /// How long requests are begun; those under way then are waited for.
    pub(crate) time: Duration,
}

/// When the next request begins.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// When the one before it on the same connection is answered.
    Closed,
    /// So many a second, however they are answered.
    Open { rate: f64, arrivals: Arrivals },
}

/// How requests were answered.
#[derive(Default)]
pub(crate) struct Told {
    /// Status 200.
    pub(crate) served: Answers,
    /// Status 503: come back later.
    pub(crate) refused: Answers,
    /// Any other status, a connection that broke, or no answer in time.
    pub(crate) failed: Answers,
    /// What the failed ones were answered with; 0 stands for no answer.
    pub(crate) failures: BTreeMap<u16, u64>,
    /// Requests that were due, and were never sent because no connection was free.
    pub(crate) unsent: u64,
    /// How long requests were begun, in seconds.
    pub(crate) seconds: f64,
}

/// Answers of one sort.
#[derive(Default)]
pub(crate) struct Answers {
    /// All of them, also those that came after the end.
    pub(crate) latencies: Latencies,
    /// Those that came before the end.
    pub(crate) in_time: u64,
}

impl Load<'_> {
    /// Puts it on, and blocks until the last answer.
    ///
    /// # Errors
    /// No connection can be made.
    pub(crate) fn run(&self) -> Outcome<Told> {
        std::thread::scope(|scope| {
            // A thread of its own, because its priority is raised and stays so.
            let thread = scope.spawn(|| run::run(self));
            thread.join().map_err(|_| "the load generator panicked".to_owned())?
        })
    }
}

impl Told {
    /// Good answers a second.
    pub(crate) fn rate(&self) -> f64 {
        exact(self.served.in_time) / self.seconds
    }

    /// Words for whatever was answered badly.
    pub(crate) fn complaint(&self) -> Option<String> {
        let parts: Vec<String> = self
            .failures
            .iter()
            .map(|(status, count)| match status {
                0 => format!("{count} without an answer"),
                status => format!("{count} with status {status}"),
            })
            .collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

/// As a float; exact below 2^53.
#[allow(clippy::cast_precision_loss, reason = "counts of requests stay far below 2^53")]
pub(crate) fn exact(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests;
