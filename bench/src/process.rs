//! A process of ours: started, looked at, and ended by its id.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::Outcome;

/// Clock ticks a second in `/proc`, which is 100 on every Linux there is (`USER_HZ`).
const TICKS: f64 = 100.0;

/// A running process. It is killed when this is dropped.
pub(crate) struct Process(Child);

/// Memory of a process in kibibytes.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    /// Resident now.
    pub(crate) rss: u64,
    /// Resident at most until now.
    pub(crate) peak: u64,
}

impl Process {
    /// Starts it and waits for the first line that it prints.
    pub(crate) fn start(command: &mut Command) -> Outcome<(Self, String)> {
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let mut process = Self(child.map_err(|error| format!("{program} cannot be started: {error}"))?);
        let mut line = String::new();
        if let Some(output) = process.0.stdout.take() {
            let read = BufReader::new(output).read_line(&mut line);
            read.map_err(|error| format!("{program} says nothing: {error}"))?;
        }
        if line.is_empty() { Err(format!("{program} ended without a word")) } else { Ok((process, line)) }
    }

    /// Its memory, from `/proc`.
    pub(crate) fn memory(&self) -> Outcome<Memory> {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.0.id())).map_err(|e| e.to_string())?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse().ok()
        };
        match (field("VmRSS:"), field("VmHWM:")) {
            (Some(rss), Some(peak)) => Ok(Memory { rss, peak }),
            _ => Err("this system does not tell how much memory a process has".to_owned()),
        }
    }

    /// Processor seconds that it has used.
    pub(crate) fn seconds(&self) -> f64 {
        processor_seconds(&self.0.id().to_string())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Processor seconds of this process.
pub(crate) fn own_seconds() -> f64 {
    processor_seconds("self")
}

/// User and system time, all threads; 0 where `/proc` does not tell.
fn processor_seconds(process: &str) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name in parentheses may hold spaces. After it, user and system time are the 12th and 13th.
    let fields = stat.rsplit(')').next().unwrap_or_default();
    let ticks = fields.split_whitespace().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS
}
