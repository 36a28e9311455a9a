//! The machine, as far as figures depend on it.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;
use std::time::SystemTime;

use crate::Outcome;

/// What is told of it.
pub(crate) struct Machine {
    pub(crate) date: String,
    pub(crate) cores: usize,
    pub(crate) processor: String,
    pub(crate) memory_mib: u64,
    pub(crate) kernel: String,
    /// The load average at the start.
    pub(crate) load: String,
    ticks: Ticks,
}

/// Processor time of the whole machine since it was started, in clock ticks.
#[derive(Clone, Copy, Default)]
struct Ticks {
    all: f64,
    /// What a virtual machine would have used, and its host gave to others.
    stolen: f64,
}

impl Machine {
    #[allow(clippy::disallowed_methods, reason = "a report says when it was made")]
    pub(crate) fn now() -> Outcome<Self> {
        let now = jiff::Timestamp::try_from(SystemTime::now()).map_err(|error| error.to_string())?;
        let memory = field("/proc/meminfo", "MemTotal:").split_whitespace().next().map(str::to_owned);
        Ok(Self {
            date: now.strftime("%Y-%m-%d %H:%M UTC").to_string(),
            cores: available_parallelism().map_or(1, usize::from),
            processor: field("/proc/cpuinfo", "model name").trim_start_matches([':', ' ', '\t']).to_owned(),
            memory_mib: memory.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024,
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned(),
            load: load(),
            ticks: Ticks::now(),
        })
    }

    /// The part of all processor time since then that the machine's host gave to others, from 0 to 1; 0 where there is
    /// no host.
    pub(crate) fn stolen(&self) -> f64 {
        let Ticks { all, stolen } = Ticks::now();
        (stolen - self.ticks.stolen) / (all - self.ticks.all).max(1.0)
    }
}

impl Ticks {
    /// The eighth of the sums in `/proc/stat` is stolen; the two after it are counted in others.
    fn now() -> Self {
        let sums = field("/proc/stat", "cpu ");
        let sums: Vec<f64> = sums.split_whitespace().take(8).filter_map(|sum| sum.parse().ok()).collect();
        Self { all: sums.iter().sum(), stolen: sums.get(7).copied().unwrap_or_default() }
    }
}

/// The load averages of the last 1, 5 and 15 minutes.
pub(crate) fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

/// What a program says of its version, in one line.
pub(crate) fn version(program: &str) -> String {
    let said = Command::new(program).arg("--version").output();
    said.map_or_else(|_| "missing".to_owned(), |said| String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

fn field(file: &str, name: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_default().trim().to_owned()
}
