//! The hash engine alone: as many threads as cores, each with an engine of its own, verifying without a pause.

use core::time::Duration;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

use countersign_crypto::engine::{Engine, EngineChoice, Params, Phc};

use crate::Outcome;
use crate::process::own_seconds;
use crate::system::PIN;

/// Engines that were made, and what they verify.
pub(crate) struct Engines {
    engines: Vec<Box<dyn Engine>>,
    phc: Phc,
}

/// How fast they were.
#[derive(Clone, Copy)]
pub(crate) struct Pure {
    /// Verified a second, all threads together.
    pub(crate) rate: f64,
    /// Cores that they had.
    pub(crate) cores: f64,
}

impl Engines {
    pub(crate) fn new(threads: usize) -> Outcome<Self> {
        let build = |_| EngineChoice::default().build(&Params::OWASP_19M, &Params::CEILING);
        let engines = (0..threads.max(1)).map(build).collect::<Result<Vec<_>, _>>();
        let mut engines = engines.map_err(|error| error.to_string())?;
        let phc = engines[0].hash(PIN.as_bytes(), &[7; 16], &Params::OWASP_19M).map_err(|e| e.to_string())?;
        Ok(Self { engines, phc })
    }

    /// The hash that they verify, in the PHC string format.
    pub(crate) fn phc(&self) -> String {
        self.phc.expose().to_owned()
    }

    /// Verifies for so long on so many threads; every comparison is of the right secret, as in the server.
    #[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
    pub(crate) fn run(&mut self, threads: usize, time: Duration) -> Outcome<Pure> {
        let over = AtomicBool::new(false);
        let (begun, used) = (Instant::now(), own_seconds());
        let phc = &self.phc;
        let count = |engine: &mut Box<dyn Engine>| {
            let mut verified = 0_u32;
            while !over.load(Ordering::Relaxed) {
                match engine.verify(phc, PIN.as_bytes()) {
                    Ok(true) => verified += 1,
                    other => return Err(format!("the engine does not verify: {other:?}")),
                }
            }
            Ok(verified)
        };
        let counted: Outcome<Vec<u32>> = thread::scope(|scope| {
            let threads: Vec<_> =
                self.engines.iter_mut().take(threads).map(|engine| scope.spawn(|| count(engine))).collect();
            thread::sleep(time);
            over.store(true, Ordering::Relaxed);
            let join =
                |thread: thread::ScopedJoinHandle<'_, _>| thread.join().map_err(|_| "it panicked".to_owned());
            threads.into_iter().map(|thread| join(thread)?).collect()
        });
        let took = begun.elapsed().as_secs_f64();
        let rate = counted?.into_iter().map(f64::from).sum::<f64>() / took;
        Ok(Pure { rate, cores: (own_seconds() - used) / took })
    }
}
