//! Ten times as much as each system can do, over 512 connections: does it bend or break?

use core::time::Duration;

use super::{Answered, Effort, run};
use crate::Outcome;
use crate::figures::Figures;
use crate::load::{Arrivals, Latencies, Pace, Told};
use crate::server::Server;
use crate::system::System;

/// Connections of the overload.
pub(crate) const CONNECTIONS: usize = 512;
/// How many times the peak is asked for.
pub(crate) const TIMES: f64 = 10.0;
/// Within this an answer is of use to a person.
pub(crate) const TARGET: Duration = Duration::from_secs(1);

/// What came of it.
pub(crate) struct Overload {
    /// Each system, the server first.
    pub(crate) systems: Vec<Overloaded>,
    /// Guesses that the server charged beyond those that it answered as compared, over all rounds.
    pub(crate) charged_unanswered: i64,
    /// Comparisons beyond those.
    pub(crate) compared_unanswered: i64,
}

/// One system under it.
#[derive(Default)]
pub(crate) struct Overloaded {
    pub(crate) answered: Answered,
    /// Share of what was served that was served within the target.
    pub(crate) within: Figures,
    /// Refused a second, and their p99 in milliseconds.
    pub(crate) refused: Figures,
    pub(crate) refused_p99: Figures,
    /// Requests that no connection was free for, of all that were due, from 0 to 1.
    pub(crate) unsent: Figures,
    /// The most resident memory after this, in kibibytes.
    pub(crate) memory: u64,
    /// All that was served, over all rounds.
    pub(crate) served: Latencies,
    /// All that was refused.
    pub(crate) refusals: Latencies,
}

pub(crate) fn measure(
    server: &Server,
    systems: &[&System],
    peaks: &[f64],
    effort: Effort,
) -> Outcome<Overload> {
    let named =
        |system: &&System| Overloaded { answered: Answered::of(system.name), ..Overloaded::default() };
    let mut overload = Overload {
        systems: systems.iter().map(named).collect(),
        charged_unanswered: 0,
        compared_unanswered: 0,
    };
    for round in 1..=effort.rounds {
        eprintln!(" round {round} of {}", effort.rounds);
        for (place, (system, peak)) in systems.iter().zip(peaks).enumerate() {
            let before = server.counts()?;
            let pace = Pace::Open { rate: peak * TIMES, arrivals: Arrivals::Independent };
            let load = system.verify(CONNECTIONS, pace, effort.seconds);
            let run = run(system.name, &load, &system.process)?;
            system.process.calm();
            overload.systems[place].add(&run);
            if place == 0 {
                let (after, compared) = (server.counts()?, compared(&run.told));
                overload.charged_unanswered += difference(after.charged - before.charged, compared);
                overload.compared_unanswered += difference(after.compared - before.compared, compared);
            }
        }
    }
    for (system, overloaded) in systems.iter().zip(&mut overload.systems) {
        overloaded.memory = system.process.most_memory()?;
    }
    Ok(overload)
}

impl Overloaded {
    fn add(&mut self, run: &super::Run) {
        let Told { served, refused, failed, unsent, seconds, .. } = &run.told;
        self.answered.add(run);
        self.within.push(served.latencies.share_within(TARGET));
        self.refused.push(crate::load::exact(refused.in_time) / seconds);
        self.refused_p99.push(refused.latencies.quantile(0.99));
        let sent = served.latencies.count() + refused.latencies.count() + failed.latencies.count();
        self.unsent.push(crate::load::exact(*unsent) / crate::load::exact(unsent + sent));
        self.served.add(&served.latencies);
        self.refusals.add(&refused.latencies);
    }
}

/// Answers that a comparison was made for: the right ones, since every guess here is right. What failed without an
/// answer may have been compared, and is left to show as a difference.
fn compared(told: &Told) -> u64 {
    told.served.latencies.count()
}

fn difference(counted: u64, answered: u64) -> i64 {
    i64::try_from(counted).unwrap_or(i64::MAX) - i64::try_from(answered).unwrap_or(i64::MAX)
}
