//! wrk, for the one comparison that must be made over a generator of somebody else's.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::NamedTempFile;

use crate::Outcome;
use crate::process::Process;

/// Connections that are open at once.
pub(crate) const CONNECTIONS: u32 = 64;
/// wrk's own threads; two keep up with any server on the same machine.
pub(crate) const THREADS: u32 = 2;

/// What wrk is to do, and for whom.
pub(crate) struct Load<'a> {
    pub(crate) url: &'a str,
    /// The access token that is presented.
    pub(crate) token: &'a str,
    /// Whose processor time is told.
    pub(crate) server: &'a Process,
}

/// What one run came to.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    /// Good answers a second.
    pub(crate) rate: f64,
    /// In milliseconds.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Cores that the process had.
    pub(crate) cores: f64,
}

/// Says what to do when wrk is missing.
pub(crate) fn present() -> Outcome<()> {
    // It prints its version and then fails.
    let asked = Command::new("wrk").arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
    asked.map(drop).map_err(|_| "wrk is missing; on Debian: apt-get install wrk".to_owned())
}

impl Load<'_> {
    /// Runs it for so many seconds.
    pub(crate) fn run(&self, seconds: u64) -> Outcome<Run> {
        let mut script = NamedTempFile::new().map_err(|error| format!("no temporary file: {error}"))?;
        script.write_all(include_bytes!("status.lua")).map_err(|error| error.to_string())?;
        let mut wrk = Command::new("wrk");
        wrk.args(["--latency", "--timeout", "10s"]);
        wrk.arg(format!("-t{THREADS}")).arg(format!("-c{CONNECTIONS}")).arg(format!("-d{seconds}s"));
        wrk.arg("-s").arg(script.path()).arg(self.url).env("BENCH_TOKEN", self.token);
        let before = self.server.seconds();
        let output = wrk.stdin(Stdio::null()).output().map_err(|error| format!("wrk: {error}"))?;
        let used = self.server.seconds() - before;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let last = said.lines().rfind(|line| line.starts_with('{'));
        let last =
            last.ok_or_else(|| format!("wrk fails: {said}{}", String::from_utf8_lossy(&output.stderr)))?;
        let told: Value =
            serde_json::from_str(last).map_err(|error| format!("wrk prints {last}: {error}"))?;
        let number = |name: &str| told[name].as_f64().ok_or_else(|| format!("wrk does not tell {name}"));
        let took = number("us")? / 1e6;
        if number("bad")? > 0.0 {
            eprintln!("  of these requests {} were not answered well", number("bad")?);
        }
        Ok(Run {
            rate: number("good")? / took,
            p50: number("p50_us")? / 1000.0,
            p99: number("p99_us")? / 1000.0,
            cores: used / took,
        })
    }
}
