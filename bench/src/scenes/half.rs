//! Half of what each system can do: how long does a person wait when there is room?

use super::{Answered, CONNECTIONS, Effort, run};
use crate::Outcome;
use crate::load::{Arrivals, Pace};
use crate::system::System;

/// What came of it.
pub(crate) struct Half {
    /// Each system under requests that come independently of each other, the server first.
    pub(crate) independent: Vec<Answered>,
    /// The server alone, under requests that come evenly.
    pub(crate) even: Answered,
}

/// `peaks` are served a second, in the order of the systems.
pub(crate) fn measure(systems: &[&System], peaks: &[f64], effort: Effort) -> Outcome<Half> {
    let mut half = Half {
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
