//! A folder with a master key, a database, and an app that may verify.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use countersign_bench::program::{children_cpu, installed, told};
use serde_json::Value;
use tempfile::TempDir;

use crate::Outcome;

/// Everything that a server of one size needs.
pub(crate) struct Place {
    folder: TempDir,
    binary: PathBuf,
    pub(crate) api_key: String,
}

impl Place {
    pub(crate) fn new() -> Outcome<Self> {
        let binary = installed()?;
        let folder = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        let mut place = Self { folder, binary, api_key: String::new() };
        place.run(&["keygen", "--out", "master.key"])?;
        place.run(&["migrate"])?;
        let app = place.run(&["apps", "create", "--name", "scale", "--output", "json"])?;
        let app: Value = serde_json::from_str(&app).map_err(|error| error.to_string())?;
        app["api_key"].as_str().ok_or("an app without its key")?.clone_into(&mut place.api_key);
        Ok(place)
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The database.
    pub(crate) fn database(&self) -> PathBuf {
        self.path().join("data/countersign.db")
    }

    /// Imports a file; seconds from the start of the process to its end, and those that it spent on a core.
    #[allow(clippy::disallowed_methods, reason = "this is what is measured")]
    pub(crate) fn import(&self, lines: &Path, accounts: u64) -> Outcome<(f64, f64)> {
        let lines = lines.to_string_lossy();
        let (begun, before) = (Instant::now(), children_cpu()?);
        let told = self.run(&["import", &lines, "--output", "json"])?;
        let seconds = (begun.elapsed().as_secs_f64(), children_cpu()? - before);
        let told: Value = serde_json::from_str(&told).map_err(|error| error.to_string())?;
        if told["created"].as_u64() == Some(accounts) {
            Ok(seconds)
        } else {
            Err(format!("not every account was imported: {told}"))
        }
    }

    /// The program in this folder, with its settings: a hash costs next to nothing.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(words).current_dir(self.path()).envs([
            ("COUNTERSIGN_KEYS__MASTER_KEY_FILE", "master.key"),
            ("COUNTERSIGN_STORE__PATH", "data"),
            ("COUNTERSIGN_HASH__PRESET", "custom"),
            ("COUNTERSIGN_HASH__MEMORY_KIB", "8"),
            ("COUNTERSIGN_HASH__PASSES", "1"),
            ("COUNTERSIGN_HASH__LANES", "1"),
            ("COUNTERSIGN_HASH__ALLOW_WEAK", "true"),
            ("COUNTERSIGN_LOG", "warn"),
        ]);
        command
    }

    fn run(&self, words: &[&str]) -> Outcome<String> {
        told(&mut self.command(words), words)
    }
}
