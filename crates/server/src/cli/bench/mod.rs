//! `countersign bench`: what this machine can do.

mod choice;
mod process;
mod report;
mod turns;

use core::num::NonZeroUsize;
use core::time::Duration;

use clap::{Args, Subcommand};
use countersign_crypto::engine::Params;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::bench::turns::{Case, Measured, Name};
use crate::cli::output::{self, OutputFormat};
use crate::cli::{Done, Failure};
use crate::config::CostPreset;
use crate::run;

/// Every case is measured so often, in turns with all others: what else the machine does then falls on all alike.
const TURNS: u32 = 4;
/// Seconds for all cases together, unless it is said how many for each.
const ALL: f64 = 20.0;
/// Seconds for a case, unless it is said.
const EACH: f64 = 2.0;

/// Measure this machine.
#[derive(Args)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    command: BenchCommand,
}

#[derive(Subcommand)]
enum BenchCommand {
    /// Measure what a hash costs here, with each preset of `hash.preset`, and say which suits a target.
    Hash(HashArgs),
}

#[derive(Args)]
struct HashArgs {
    /// Measure a cost of these three numbers too: memory in kibibytes (`m`).
    #[arg(long, value_name = "N", requires_all = ["passes", "lanes"])]
    memory_kib: Option<u32>,
    /// Passes over the memory (`t`).
    #[arg(long, value_name = "N", requires_all = ["memory_kib", "lanes"])]
    passes: Option<u32>,
    /// Lanes (`p`).
    #[arg(long, value_name = "N", requires_all = ["memory_kib", "passes"])]
    lanes: Option<u32>,
    /// How long one verify may take, in milliseconds, while every core computes one.
    #[arg(long, value_name = "MS", default_value_t = 250, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    target_ms: u32,
    /// How long each case is measured, all turns together [default: 20 for all, at most 2 for each].
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    seconds: Option<f64>,
    /// Form of the output.
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
}

pub(crate) fn run(args: &BenchArgs) -> Done {
    match &args.command {
        BenchCommand::Hash(args) => hash(args),
    }
}

fn hash(args: &HashArgs) -> Done {
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let cases = cases(args, cores)?;
    let count = u32::try_from(cases.len().max(1)).unwrap_or(u32::MAX);
    let seconds = args.seconds.unwrap_or_else(|| EACH.min(ALL / f64::from(count)));
    let turn = Duration::from_secs_f64(seconds / f64::from(TURNS));
    let progress = Progress::new(u64::from(TURNS) * u64::from(count));
    let mut measured: Vec<Measured> = cases.into_iter().map(Measured::new).collect();
    for number in 1..=TURNS {
        progress.turn(number);
        for measured in &mut measured {
            progress.case(&measured.case);
            measured.take_turn(turn).map_err(|error| Failure::failed(&error))?;
        }
    }
    progress.end();
    let choice = choice::of(&measured, f64::from(args.target_ms));
    let page = report::Page { cores, seconds, target_ms: args.target_ms, measured: &measured, choice };
    output::data(&match args.output {
        OutputFormat::Table => page.table(),
        OutputFormat::Json => format!("{:#}", page.json()),
    })
}

/// Each cost on 1, 2, 4, … threads and on as many as there are cores; without those that would not fit the memory.
fn cases(args: &HashArgs, cores: usize) -> Result<Vec<Case>, Failure> {
    let presets =
        CostPreset::NAMED.into_iter().filter_map(|preset| Some((Name::Preset(preset), preset.params()?)));
    let mut costs: Vec<(Name, Params)> = presets.collect();
    if let (Some(memory_kib), Some(passes), Some(lanes)) = (args.memory_kib, args.passes, args.lanes) {
        let params =
            Params::new(memory_kib, passes, lanes).map_err(|error| Failure::Usage(error.to_string()))?;
        if !Params::CEILING.admits(&params) {
            return Err(Failure::Usage(
                "the server takes at most 262144 KiB, 16 passes and 4 lanes".to_owned(),
            ));
        }
        costs.push((Name::Custom, params));
    }
    let limit_kib = run::memory_limit_kib().unwrap_or(u64::MAX);
    let powers = (0..usize::BITS).map(|power| 1_usize << power).take_while(|&threads| threads < cores);
    let threads: Vec<usize> = powers.chain([cores]).collect();
    let mut cases = Vec::new();
    for (name, params) in costs {
        for &threads in &threads {
            let case = Case { name, params, threads };
            if case.arenas_kib() > limit_kib {
                output::tell(&format!("{case} does not fit the memory limit of {limit_kib} KiB: left out"));
            } else {
                cases.push(case);
            }
        }
    }
    if cases.is_empty() {
        Err(Failure::Failed("not a single arena fits the memory".to_owned()))
    } else {
        Ok(cases)
    }
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds".to_owned())?;
    if (0.01..=600.0).contains(&seconds) { Ok(seconds) } else { Err("from 0.01 to 600".to_owned()) }
}

/// How far it is: a bar for a person, a line a turn for everyone else.
struct Progress(Option<ProgressBar>);

impl Progress {
    fn new(steps: u64) -> Self {
        Self(output::tells_a_person().then(|| {
            let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{msg:<28} {wide_bar} {pos}/{len} {eta}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        }))
    }

    fn turn(&self, number: u32) {
        if self.0.is_none() {
            output::tell(&format!("turn {number} of {TURNS}"));
        }
    }

    fn case(&self, case: &Case) {
        if let Some(bar) = &self.0 {
            bar.inc(1);
            bar.set_message(case.to_string());
        }
    }

    fn end(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
