//! A folder with a master key, the configurations of all stores, and the program that copies between them.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use countersign_bench::program::{children_cpu, installed, told};
use serde_json::Value;
use tempfile::TempDir;

use crate::Outcome;

/// The stores.
pub(crate) struct Place {
    folder: TempDir,
    binary: PathBuf,
}

/// What a copy told, and what it took.
pub(crate) struct Copied {
    pub(crate) rows: u64,
    pub(crate) found: u64,
    /// Each table's name, rows and checksum.
    pub(crate) sums: Vec<(String, u64, String)>,
    /// Seconds from the start of the process to its end, and those that it spent on a core.
    pub(crate) seconds: f64,
    pub(crate) cpu: f64,
}

impl Place {
    pub(crate) fn new() -> Outcome<Self> {
        let binary = installed()?;
        let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        let place = Self { folder, binary };
        place.run(&["keygen", "--out", "master.key"])?;
        for (name, path) in [("embedded.toml", "data"), ("back.toml", "back"), ("back-killed.toml", "killed")]
        {
            place.configure(name, &format!("path = \"{path}\""))?;
        }
        place.run(&["migrate", "--config", "embedded.toml"])?;
        Ok(place)
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn of_postgres(&self, name: &str, url: &str) -> Outcome<()> {
        self.configure(name, &format!("kind = \"postgres\"\n[store.postgres]\nurl = \"{url}\""))
    }

    fn configure(&self, name: &str, store: &str) -> Outcome<()> {
        let text = format!("[keys]\nmaster_key_file = \"master.key\"\n[store]\n{store}\n");
        std::fs::write(self.path().join(name), text).map_err(|error| format!("{name}: {error}"))
    }

    /// Copies in one go, or goes on.
    pub(crate) fn copy(&self, from: &str, to: &str) -> Outcome<Copied> {
        let before = children_cpu()?;
        let (seconds, told) = self.timed(&["copy", "--config", from, "--to", to, "--output", "json"])?;
        let cpu = children_cpu()? - before;
        let told: Value = serde_json::from_str(&told).map_err(|error| error.to_string())?;
        let number = |value: &Value| value.as_u64().ok_or_else(|| format!("no number: {told}"));
        let text =
            |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| format!("no text: {told}"));
        let tables = told["tables"].as_array().ok_or("no tables were told of")?;
        let sums =
            tables.iter().map(|it| Ok((text(&it["table"])?, number(&it["rows"])?, text(&it["checksum"])?)));
        let sums = sums.collect::<Outcome<_>>()?;
        Ok(Copied { rows: number(&told["rows"])?, found: number(&told["found"])?, sums, seconds, cpu })
    }

    /// Begins to copy, and kills that with `kill -9` when it tells that it has done a quarter.
    pub(crate) fn kill(&self, from: &str, to: &str) -> Outcome<()> {
        let mut command = self.command(&["copy", "--config", from, "--to", to]);
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let mut child = child.map_err(|error| error.to_string())?;
        let errors = child.stderr.take().ok_or("no standard error")?;
        let told = BufReader::new(errors).lines().map_while(Result::ok);
        let reached = told.filter_map(|line| done_of(&line)).any(|(done, of)| done * 4 >= of);
        // It has ended already where nothing was reached.
        let _ = child.kill();
        let status = child.wait().map_err(|error| error.to_string())?;
        if reached && status.code().is_none() {
            Ok(())
        } else {
            Err(format!("the copy ended before it was killed: {status}"))
        }
    }

    pub(crate) fn run(&self, words: &[&str]) -> Outcome<String> {
        self.timed(words).map(|(_, told)| told)
    }

    /// Runs the program; seconds from its start to its end, and what it told.
    #[allow(clippy::disallowed_methods, reason = "this is what is measured")]
    pub(crate) fn timed(&self, words: &[&str]) -> Outcome<(f64, String)> {
        let begun = Instant::now();
        let told = told(&mut self.command(words), words)?;
        Ok((begun.elapsed().as_secs_f64(), told))
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(words).current_dir(self.path()).env("COUNTERSIGN_LOG", "warn").stdin(Stdio::null());
        command
    }
}

/// How many rows of how many a line of progress tells of: `copying names: 800000 of 8000000 rows read, …`.
fn done_of(line: &str) -> Option<(u64, u64)> {
    let (_, numbers) = line.split_once(": ")?;
    let mut words = numbers.split(' ');
    let done = words.next()?.parse().ok()?;
    Some((done, words.nth(1)?.parse().ok()?))
}
