//! As fast as it goes: 64 connections that never pause, and the engine alone.

use core::time::Duration;

use super::{Answered, CONNECTIONS, Effort, run};
use crate::Outcome;
use crate::engine::Engines;
use crate::figures::Figures;
use crate::load::Pace;
use crate::system::System;

/// Long enough for connections to open and caches to fill.
const WARM_UP_S: u64 = 1;

/// What came of it.
pub(crate) struct Peak {
    /// The engine alone on all cores, a second.
    pub(crate) engine: Figures,
    /// Cores that it had: all of them on a machine that nobody else uses.
    pub(crate) engine_cores: Figures,
    /// One hash on one thread while the other cores rest, in milliseconds.
    pub(crate) hash_ms: Figures,
    /// Each system, the server first.
    pub(crate) systems: Vec<Answered>,
    /// The most resident memory of each after this, in kibibytes.
    pub(crate) memory: Vec<u64>,
}

pub(crate) fn measure(
    systems: &[&System],
    engines: &mut Engines,
    cores: usize,
    effort: Effort,
) -> Outcome<Peak> {
    for system in systems {
        system.verify(CONNECTIONS, Pace::Closed, WARM_UP_S).run()?;
        system.process.calm();
    }
    let mut peak = Peak {
        engine: Figures::default(),
        engine_cores: Figures::default(),
        hash_ms: Figures::default(),
        systems: systems.iter().map(|system| Answered::of(system.name)).collect(),
        memory: Vec::new(),
    };
    for round in 1..=effort.rounds {
        eprintln!(" round {round} of {}", effort.rounds);
        let alone = engines.run(cores, Duration::from_secs(effort.seconds))?;
        eprintln!("  the engine alone: {:.0}/s on {:.2} cores", alone.rate, alone.cores);
        peak.engine.push(alone.rate);
        peak.engine_cores.push(alone.cores);
        peak.hash_ms.push(1000.0 / engines.run(1, Duration::from_secs(1))?.rate);
        for (system, answered) in systems.iter().zip(&mut peak.systems) {
            let load = system.verify(CONNECTIONS, Pace::Closed, effort.seconds);
            answered.add(&run(system.name, &load, &system.process)?);
            system.process.calm();
        }
    }
    peak.memory = systems.iter().map(|system| system.process.most_memory()).collect::<Outcome<_>>()?;
    Ok(peak)
}
