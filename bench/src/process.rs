//! A process of ours: started, looked at, and ended by its id.

use core::time::Duration;
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::Outcome;

/// Clock ticks a second in `/proc`, which is 100 on every Linux there is (`USER_HZ`).
const TICKS: f64 = 100.0;

/// How long and how often to look whether a process is calm.
const CALM_LOOK: Duration = Duration::from_millis(250);
const CALM_LOOKS: u32 = 120;
/// The part of a core that a process at rest may use.
const CALM_SHARE: f64 = 0.1;

/// A running process. It is killed when this is dropped.
pub(crate) struct Process(Child);

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

    /// Waits until it does nothing any more: what one run left behind is not to be measured in the next.
    #[allow(
        clippy::disallowed_methods,
        reason = "a benchmark looks at processes of others, which tell nobody"
    )]
    pub(crate) fn calm(&self) {
        for _ in 0..CALM_LOOKS {
            let before = self.seconds();
            std::thread::sleep(CALM_LOOK);
            if self.seconds() - before < CALM_LOOK.as_secs_f64() * CALM_SHARE {
                return;
            }
        }
        eprintln!("  it is still busy; going on all the same");
    }

    /// The most memory that was ever resident, in kibibytes, from `/proc`.
    pub(crate) fn most_memory(&self) -> Outcome<u64> {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.0.id())).map_err(|e| e.to_string())?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.ok_or_else(|| "this system does not tell how much memory a process has".to_owned())
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

/// Puts this thread, and those that it starts, before others: whoever asks is elsewhere in life, and is not slowed
/// down by a busy server. Only an administrator may; for others it changes nothing.
pub(crate) fn first_in_line() {
    let _ = rustix::process::setpriority_process(None, -10);
}
