//! What was measured, as a page in Markdown with pictures beside it.

mod aims;
mod machine;
mod pictures;
mod tables;

use core::fmt::Write as _;
use std::fs;
use std::path::Path;

pub(crate) use machine::{Machine, load};

use crate::Outcome;
use crate::instructions::Counted;
use crate::scenes::Effort;
use crate::scenes::half::Half;
use crate::scenes::overload::Overload;
use crate::scenes::peak::Peak;
use crate::scenes::reads::Reads;
use crate::scenes::window::Window;

/// With less of its cores than this the loop that never waits shared the machine with somebody.
const QUIET: f64 = 0.97;

/// Everything that was measured.
pub(crate) struct Measured {
    pub(crate) machine: Machine,
    pub(crate) effort: Effort,
    pub(crate) peak: Peak,
    pub(crate) half: Half,
    pub(crate) overload: Overload,
    pub(crate) reads: Reads,
    pub(crate) window: Window,
    /// Empty where valgrind was left out.
    pub(crate) instructions: Vec<Counted>,
    /// What was left out, by name.
    pub(crate) left_out: Vec<&'static str>,
    /// The part of the machine's processor time that its host took, from 0 to 1.
    pub(crate) stolen: f64,
    /// Seconds that all of it took.
    pub(crate) took_s: u64,
}

impl Measured {
    /// Whether nobody else used the machine much while the engine was alone on it.
    fn is_quiet(&self) -> bool {
        self.share() >= QUIET
    }

    /// The part of all cores that the engine alone had, from 0 to 1.
    fn share(&self) -> f64 {
        self.peak.engine_cores.median() / exact(self.machine.cores)
    }
}

/// Writes `report.md` and its pictures into a folder, and gives the page.
///
/// # Errors
/// The folder cannot be written to.
pub(crate) fn write(folder: &Path, measured: &Measured) -> Outcome<String> {
    let plots = folder.join("plots");
    fs::create_dir_all(&plots).map_err(|error| format!("{}: {error}", plots.display()))?;
    let pictures = pictures::all(measured);
    let page = page(measured, &pictures);
    let mut files: Vec<_> = pictures.iter().map(|(name, _, text)| (plots.join(name), text)).collect();
    files.push((folder.join("report.md"), &page));
    for (path, text) in files {
        fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    Ok(page)
}

fn page(measured: &Measured, pictures: &[pictures::Named]) -> String {
    let mut page = head(measured);
    page.push_str("\n## What is to be reached\n\n");
    page.push_str(&aims::table(measured));
    page.push('\n');
    for (name, words, _) in pictures {
        // Writing to a `String` cannot fail.
        let _ = writeln!(page, "![{words}](plots/{name})");
    }
    page.push_str(&tables::all(measured));
    page
}

fn head(measured: &Measured) -> String {
    let Measured { machine, effort, left_out, took_s, .. } = measured;
    let noise = if measured.is_quiet() {
        "The machine was quiet then; what came later cannot be told from it."
    } else {
        "**The machine was not quiet: others used its cores, and the figures are to be taken with care.**"
    };
    let left_out = match left_out.as_slice() {
        [] => String::new(),
        names => format!(" Left out: {}.", names.join(", ")),
    };
    format!(
        "# Benchmark\n\n\
         `cargo xtask bench`, {}, in {} minutes: {} rounds of {} s for each run, in turns. Every figure is the median \
         of its rounds, with the least and the greatest in brackets; a ratio is taken within each round. Absolute \
         figures are this machine's; the ratios are what to compare.{left_out}\n\n\
         {} × {}, {} MiB of memory, Linux {}, Node.js {}, {}. Load average at the start {}, at the end {}. The loop of the \
         engine alone, which never waits, had {:.0} % of the cores. {noise} Of all processor time of the run {:.1} % \
         was taken by the machine's host.\n\n\
         Everything runs on this one machine, over loopback: the load as well. Its thread goes first where the kernel \
         allows that, because real callers are elsewhere. Every hash is Argon2id at m=19456 KiB, t=2, p=1, every \
         PIN is right and has six digits.\n",
        machine.date,
        took_s.div_ceil(60),
        effort.rounds,
        effort.seconds,
        machine.cores,
        machine.processor,
        machine.memory_mib,
        machine.kernel,
        machine::version("node"),
        machine::version("python3"),
        machine.load,
        load(),
        measured.share() * 100.0,
        measured.stolen * 100.0,
    )
}

/// As a float; exact below 2^53.
fn exact(number: usize) -> f64 {
    crate::load::exact(number as u64)
}

fn mebibytes(kibibytes: u64) -> f64 {
    crate::load::exact(kibibytes) / 1024.0
}
