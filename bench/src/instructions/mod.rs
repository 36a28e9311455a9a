//! Instructions of the cheap paths, counted by callgrind: the same on every machine and on every day, where seconds are
//! not.
//!
//! A child of this program answers one request over and over, without sockets: dialect, service, store. What a request
//! costs is the difference of two runs, so what happens once is not in it.

mod paths;

use std::process::{Command, Stdio};

pub(crate) use paths::{PATHS, answer};

use crate::Outcome;
use crate::figures::Figures;

/// The argument that makes this program the child: `instructions PATH TIMES`.
pub(crate) const WORD: &str = "instructions";

/// What a request of a path costs.
pub(crate) struct Counted {
    /// What is asked, and how it is answered.
    pub(crate) what: &'static str,
    /// Instructions of one request, from each pair of runs.
    pub(crate) instructions: Figures,
}

/// Says what to do when valgrind is missing.
pub(crate) fn present() -> Outcome<()> {
    let asked =
        Command::new("valgrind").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let there = asked.is_ok_and(|status| status.success());
    let advice =
        "valgrind is missing; on Debian: apt-get install valgrind, or leave it out: --without callgrind";
    if there { Ok(()) } else { Err(advice.to_owned()) }
}

/// Counts each path over runs of `step`, twice and three times as many requests.
pub(crate) fn measure(step: u32) -> Outcome<Vec<Counted>> {
    PATHS
        .iter()
        .map(|(name, what)| {
            let runs = [1, 2, 3].map(|times| collected(name, step * times));
            let [first, second, third] = runs;
            let (first, second, third) = (first?, second?, third?);
            let each = [second - first, third - second].map(|more| more / f64::from(step));
            let instructions: Figures = each.into_iter().collect();
            eprintln!("  {what}: {} instructions", instructions.told(0));
            Ok(Counted { what, instructions })
        })
        .collect()
}

/// Instructions of a whole run.
fn collected(path: &str, times: u32) -> Outcome<f64> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(own);
    let output = valgrind.args([WORD, path, &times.to_string()]).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("valgrind: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        return Err(format!("callgrind of {path} fails:\n{said}"));
    }
    total(&said).ok_or_else(|| format!("callgrind of {path} tells no total:\n{said}"))
}

/// The number after `Collected :`.
fn total(said: &str) -> Option<f64> {
    let line = said.lines().find_map(|line| line.split_once("Collected : ").map(|(_, after)| after))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_read_from_what_callgrind_says() {
        let said = "==42== \n==42== Events    : Ir\n==42== Collected : 123456789\n==42== I   refs: 1,234\n";
        assert_eq!(total(said).map(|total| total.to_string()).as_deref(), Some("123456789"));
        assert_eq!(total("==42== Process terminated"), None);
    }

    #[test]
    fn every_path_is_answered_as_it_says() {
        for (name, _) in PATHS {
            answer(name, 3).unwrap_or_else(|why| panic!("{name}: {why}"));
        }
    }
}
