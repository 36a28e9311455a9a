//! Measuring: a few threads that verify without a pause, each in an arena of its own, as the server's do.

use core::fmt;
use core::time::Duration;
use std::thread;
use std::time::Instant;

use countersign_crypto::engine::{Engine, EngineChoice, EngineError, Params, Phc};

use super::process::{huge_pages_kib, processor_seconds};
use crate::config::{CostPreset, is_weak};

const INPUT: &[u8] = b"493817";

/// What a cost is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Name {
    /// A preset with numbers of its own.
    Preset(CostPreset),
    /// Three numbers.
    Custom,
}

/// A cost, and on how many threads it is computed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Case {
    pub(super) name: Name,
    pub(super) params: Params,
    pub(super) threads: usize,
}

/// All turns of a case.
pub(super) struct Measured {
    pub(super) case: Case,
    /// Hashes a second, a turn each.
    rates: Vec<f64>,
    /// Milliseconds of each single hash.
    hashes_ms: Vec<f64>,
    /// Processor seconds that this process used, and the seconds that it used them in; none where the system does
    /// not tell.
    used: (f64, f64),
    /// Of the arenas, in the last turn.
    pub(super) huge_pages_kib: Option<u64>,
}

impl Name {
    /// The value of `hash.preset`.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Preset(preset) => preset.as_str(),
            Self::Custom => CostPreset::Custom.as_str(),
        }
    }
}

impl Case {
    /// Memory of all arenas.
    pub(super) fn arenas_kib(&self) -> u64 {
        u64::from(self.params.memory_kib()).saturating_mul(u64::try_from(self.threads).unwrap_or(u64::MAX))
    }

    /// Whether it is below what the server takes.
    pub(super) fn is_weak(&self) -> bool {
        is_weak(&self.params)
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, {} {}",
            self.name.as_str(),
            self.threads,
            if self.threads == 1 { "thread" } else { "threads" }
        )
    }
}

impl Measured {
    pub(super) const fn new(case: Case) -> Self {
        Self { case, rates: Vec::new(), hashes_ms: Vec::new(), used: (0.0, 0.0), huge_pages_kib: None }
    }

    /// Measures for so long, and at least one hash on each thread.
    #[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
    pub(super) fn take_turn(&mut self, time: Duration) -> Result<(), EngineError> {
        let Case { params, threads, .. } = self.case;
        let before_kib = huge_pages_kib();
        let build = |_| EngineChoice::default().build(&params, &params);
        let mut engines = (0..threads).map(build).collect::<Result<Vec<_>, _>>()?;
        let first = engines.first_mut().ok_or(EngineError::OutOfMemory)?;
        let phc = first.hash(INPUT, b"countersign salt", &params)?;
        // Once without looking at the clock: the kernel gives memory when it is first written to.
        on_all(&mut engines, |engine| verify(engine, &phc))?;
        let pages = huge_pages_kib().zip(before_kib);
        self.huge_pages_kib = pages.map(|(now, before)| now.saturating_sub(before));
        let (begun, used) = (Instant::now(), processor_seconds());
        let turns = on_all(&mut engines, |engine| without_pause(engine, &phc, time))?;
        if let Some((now, before)) = processor_seconds().zip(used) {
            self.used.0 += now - before;
            self.used.1 += begun.elapsed().as_secs_f64();
        }
        self.rates.push(turns.iter().map(|turn| turn.rate).sum());
        self.hashes_ms.extend(turns.into_iter().flat_map(|turn| turn.hashes_ms));
        Ok(())
    }

    /// Hashes a second on all threads together: the median turn.
    pub(super) fn rate(&self) -> f64 {
        median(&self.rates)
    }

    /// Those of the slowest turn and of the fastest.
    pub(super) fn rates(&self) -> (f64, f64) {
        let both = (f64::INFINITY, f64::NEG_INFINITY);
        self.rates.iter().fold(both, |(least, most), &rate| (least.min(rate), most.max(rate)))
    }

    /// Milliseconds of one hash: the median of all.
    pub(super) fn hash_ms(&self) -> f64 {
        median(&self.hashes_ms)
    }

    /// How many hashes were measured.
    pub(super) fn hashes(&self) -> usize {
        self.hashes_ms.len()
    }

    /// How many cores this process had on average; less than threads where others want them too.
    pub(super) fn cores(&self) -> Option<f64> {
        (self.used.1 > 0.0).then(|| self.used.0 / self.used.1)
    }
}

/// What one thread did in a turn.
struct Turn {
    rate: f64,
    hashes_ms: Vec<f64>,
}

#[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn without_pause(engine: &mut dyn Engine, phc: &Phc, time: Duration) -> Result<Turn, EngineError> {
    let mut hashes_ms = Vec::new();
    let begun = Instant::now();
    let mut last = begun;
    // The hash that is under way when the time is over still counts, as does the time until its end: else a turn
    // of few hashes would be off by a large part of one.
    while last - begun < time {
        verify(engine, phc)?;
        let now = Instant::now();
        hashes_ms.push((now - last).as_secs_f64() * 1000.0);
        last = now;
    }
    let count = u32::try_from(hashes_ms.len()).unwrap_or(u32::MAX);
    Ok(Turn { rate: f64::from(count) / (last - begun).as_secs_f64(), hashes_ms })
}

fn verify(engine: &mut dyn Engine, phc: &Phc) -> Result<(), EngineError> {
    if engine.verify(phc, INPUT)? {
        Ok(())
    } else {
        Err(EngineError::Failed("a right input was called wrong".to_owned()))
    }
}

/// Does the same with every engine at once, a thread each.
fn on_all<T: Send>(
    engines: &mut [Box<dyn Engine>],
    work: impl Fn(&mut dyn Engine) -> Result<T, EngineError> + Sync,
) -> Result<Vec<T>, EngineError> {
    let failed = |what: String| EngineError::Failed(what);
    let work = &work;
    thread::scope(|scope| {
        let mut threads = Vec::new();
        for engine in engines.iter_mut() {
            let started = thread::Builder::new().spawn_scoped(scope, move || work(engine.as_mut()));
            threads.push(started.map_err(|error| failed(format!("no thread: {error}")))?);
        }
        let joined = threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(failed("a thread panicked".to_owned()))));
        joined.collect()
    })
}

/// The middle value; of two middle ones the mean; of none, none that compares.
fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
impl Measured {
    /// As if a hash had taken so long on each thread.
    pub(super) fn of(name: Name, params: Params, threads: u32, hash_ms: f64) -> Self {
        let case = Case { name, params, threads: usize::try_from(threads).expect("a few threads") };
        let mut measured = Self::new(case);
        measured.rates.push(f64::from(threads) * 1000.0 / hash_ms);
        measured.hashes_ms.push(hash_ms);
        measured
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_counts_every_hash_and_all_threads() {
        let case = Case { name: Name::Custom, params: Params::CHEAP, threads: 3 };
        let mut measured = Measured::new(case);
        for _ in 0..2 {
            assert_eq!(measured.take_turn(Duration::ZERO), Ok(()), "no time is enough for no hash");
        }
        assert_eq!(measured.hashes(), 0);
        assert_eq!(measured.take_turn(Duration::from_nanos(1)), Ok(()));
        assert_eq!(measured.hashes(), 3);
        assert!(measured.hash_ms() > 0.0);
        assert_eq!(
            (case.arenas_kib(), case.is_weak(), case.to_string().as_str()),
            (24, true, "custom, 3 threads")
        );
    }

    #[test]
    fn the_middle_is_told_beside_both_ends() {
        let mut measured = Measured::of(Name::Custom, Params::CHEAP, 1, 10.0);
        measured.rates = vec![5.0, 1.0, 3.0, 2.0];
        assert!((measured.rate() - 2.5).abs() < f64::EPSILON);
        let (least, most) = measured.rates();
        assert!((least - 1.0).abs() < f64::EPSILON && (most - 5.0).abs() < f64::EPSILON);
    }
}
