//! Half of what each system can do: how long does a person wait when there is room?

use core::time::Duration;

use super::{Answered, CONNECTIONS, Effort, run};
use crate::Outcome;
use crate::load::{Arrivals, Latencies, Pace, due_times};
use crate::system::System;

/// What came of it.
pub(crate) struct Half {
    /// Each system under requests that come independently of each other, the server first.
    pub(crate) independent: Vec<Answered>,
    /// The server alone, under requests that come evenly.
    pub(crate) even: Answered,
    /// The p99 in milliseconds of a server that does nothing but hash, and that the independent requests come to at the
    /// same times: they wait for each other there as well.
    pub(crate) floor_ms: f64,
}

/// `peaks` are served a second, in the order of the systems; a hash takes `hash_ms` while nothing else happens.
pub(crate) fn measure(
    systems: &[&System],
    peaks: &[f64],
    (cores, hash_ms): (usize, f64),
    effort: Effort,
) -> Outcome<Half> {
    let rate = peaks.first().map_or(0.0, |peak| peak / 2.0);
    let mut half = Half {
        floor_ms: floor_ms(rate, cores, hash_ms, effort),
        independent: systems.iter().map(|system| Answered::of(system.name)).collect(),
        even: Answered::of(systems.first().map_or("", |system| system.name)),
    };
    for round in 1..=effort.rounds {
        eprintln!(" round {round} of {}", effort.rounds);
        for ((system, peak), answered) in systems.iter().zip(peaks).zip(&mut half.independent) {
            answered.add(&at_half(system, *peak, Arrivals::Independent, effort)?);
        }
        if let (Some(own), Some(peak)) = (systems.first(), peaks.first()) {
            half.even.add(&at_half(own, *peak, Arrivals::Even, effort)?);
        }
    }
    Ok(half)
}

fn at_half(system: &System, peak: f64, arrivals: Arrivals, effort: Effort) -> Outcome<super::Run> {
    let pace = Pace::Open { rate: peak / 2.0, arrivals };
    let load = system.verify(CONNECTIONS, pace, effort.seconds);
    let run = run(format_args!("{}, {arrivals:?}", system.name), &load, &system.process)?;
    system.process.calm();
    Ok(run)
}

/// First come, first served by so many cores, each of which takes as long as a hash.
fn floor_ms(rate: f64, cores: usize, hash_ms: f64, effort: Effort) -> f64 {
    let hash = Duration::from_secs_f64(hash_ms / 1000.0);
    let mut free_at = vec![Duration::ZERO; cores];
    let mut took = Latencies::default();
    for due in due_times(rate, Arrivals::Independent, Duration::from_secs(effort.seconds)) {
        let Some(core) = free_at.iter_mut().min() else { break };
        *core = due.max(*core) + hash;
        took.record(core.saturating_sub(due));
    }
    took.quantile(0.99)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_only_hashes_is_waited_for_when_requests_come_together() {
        let effort = Effort { seconds: 600, ..Effort::QUICK };
        let near = |rate: f64, cores| floor_ms(rate, cores, 10.0, effort);
        assert!((near(1.0, 2) - 10.0).abs() < 0.5, "nearly alone: {}", near(1.0, 2));
        // Erlang's formula for one core at half of what it can do (M/D/1): a hundredth waits longer than 3.33 services.
        assert!((42.0..47.0).contains(&near(50.0, 1)), "{}", near(50.0, 1));
        assert!((25.0..28.0).contains(&near(100.0, 2)), "{}", near(100.0, 2));
        assert!(near(100.0, 8) < 11.0, "room for all: {}", near(100.0, 8));
    }
}
