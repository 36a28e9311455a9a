//! Replaying what is checked in, running a target for a while, and keeping what failed.

use core::time::Duration;
use std::collections::HashSet;
use std::fs;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::mutation::{Dice, mutated};
use crate::{Outcome, Target};

/// An input that takes longer is as bad as one that panics; far above what a busy machine explains.
const STUCK: Duration = Duration::from_secs(20);
/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(10);
/// Tries at making a failing input smaller.
const SHRINKING: usize = 2000;

/// What a campaign against one target came to.
pub struct Report {
    /// Inputs that were run.
    pub runs: u64,
    /// Different outcomes that were seen.
    pub outcomes: usize,
    /// Where the input is that failed, and with what words.
    pub failure: Option<(PathBuf, String)>,
}

/// The inputs that failed once, checked in so that they never fail again: every file in `regressions/<target>/`.
///
/// # Errors
/// A file cannot be read.
pub fn regressions(target: &Target) -> io::Result<Vec<Vec<u8>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("regressions").join(target.name);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    files.sort();
    files.iter().map(fs::read).collect()
}

/// Runs regressions, seeds, and then mutations of what was worth keeping until the time is over or one fails.
///
/// # Errors
/// The artifact of a failure cannot be written, or a regression not be read.
#[allow(clippy::disallowed_methods, reason = "a campaign lasts as long as a person says")]
pub fn run(target: &Target, time: Duration, seed: u64) -> io::Result<Report> {
    let begun = Instant::now();
    let mut told = begun;
    let mut dice = Dice::new(seed);
    let mut kept = Kept::default();
    let mut runs = 0;
    let known = regressions(target)?.into_iter().chain((target.seeds)());
    let mut known = known.collect::<Vec<_>>().into_iter();
    loop {
        // Whatever is known is run, however short the time.
        let input = match known.next() {
            Some(input) => input,
            None if begun.elapsed() >= time => break,
            None => kept.changed(&mut dice),
        };
        runs += 1;
        match watched(target, &input) {
            Ok(outcome) => kept.consider(outcome, input),
            Err(words) => {
                let smaller = shrunk(target, input, &mut dice);
                let failure = Some((write(target, &smaller)?, words));
                return Ok(Report { runs, outcomes: kept.outcomes.len(), failure });
            }
        }
        if runs % 64 == 0 && told.elapsed() >= PROGRESS {
            told = Instant::now();
            progress(target, begun.elapsed(), runs, &kept);
        }
    }
    progress(target, begun.elapsed(), runs, &kept);
    Ok(Report { runs, outcomes: kept.outcomes.len(), failure: None })
}

/// Runs one input; the error is what a panic said.
///
/// # Errors
/// The words of the panic.
pub fn once(target: &Target, input: &[u8]) -> Result<Outcome, String> {
    catch_unwind(AssertUnwindSafe(|| (target.run)(input)))
        .map_err(|_| LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default())
}

static LAST_PANIC: Mutex<Option<String>> = Mutex::new(None);
/// The input that runs, for the watchman; and how many have run.
static RUNNING: Mutex<Option<(&'static str, Vec<u8>)>> = Mutex::new(None);
static RUN: AtomicU64 = AtomicU64::new(0);

/// Keeps what panics say instead of printing it, and starts the watchman who ends the process when one input takes
/// too long.
pub fn prepare() {
    std::panic::set_hook(Box::new(|panic| {
        *LAST_PANIC.lock().unwrap_or_else(PoisonError::into_inner) = Some(panic.to_string());
    }));
    std::thread::spawn(watch);
}

#[allow(clippy::disallowed_methods, reason = "the watchman waits for something that does not come")]
fn watch() {
    loop {
        let before = RUN.load(Ordering::Relaxed);
        std::thread::sleep(STUCK);
        if RUN.load(Ordering::Relaxed) != before {
            continue;
        }
        let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((name, input)) = running {
            let place = crate::target(name).map(|target| write(target, &input));
            eprintln!("{name}: one input takes longer than {} s: {place:?}", STUCK.as_secs());
            std::process::exit(1);
        }
    }
}

fn watched(target: &Target, input: &[u8]) -> Result<Outcome, String> {
    *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = Some((target.name, input.to_vec()));
    RUN.fetch_add(1, Ordering::Relaxed);
    once(target, input)
}

/// Inputs worth changing.
#[derive(Default)]
struct Kept {
    inputs: Vec<Vec<u8>>,
    outcomes: HashSet<Outcome>,
}

impl Kept {
    /// Keeps the first input of each outcome.
    fn consider(&mut self, outcome: Outcome, input: Vec<u8>) {
        if self.outcomes.insert(outcome) {
            self.inputs.push(input);
        }
    }

    fn changed(&self, dice: &mut Dice) -> Vec<u8> {
        let one = self.inputs.get(dice.below(self.inputs.len())).map_or(&[][..], Vec::as_slice);
        let two = self.inputs.get(dice.below(self.inputs.len())).map_or(&[][..], Vec::as_slice);
        mutated(dice, one, two)
    }
}

/// A shorter input that fails too, as far as some tries find one.
fn shrunk(target: &Target, mut input: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    for _ in 0..SHRINKING {
        let start = dice.below(input.len());
        let most = [1, 8, input.len()][dice.below(3)];
        let length = 1 + dice.below(most);
        let mut shorter = input.clone();
        shorter.drain(start..(start + length).min(input.len()));
        if shorter.len() < input.len() && once(target, &shorter).is_err() {
            input = shorter;
        }
    }
    input
}

fn write(target: &Target, input: &[u8]) -> io::Result<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("artifacts");
    fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{}-{:016x}", target.name, Outcome::of(input).0));
    fs::write(&path, input)?;
    Ok(path)
}

fn progress(target: &Target, took: Duration, runs: u64, kept: &Kept) {
    let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
    let rate = runs.saturating_mul(1000) / millis;
    let (name, seconds, outcomes) = (target.name, took.as_secs(), kept.outcomes.len());
    eprintln!("{name:>14}  {seconds:>4} s  {runs:>9} runs  {rate:>7}/s  {outcomes:>5} outcomes");
}
