//! The server that is measured: the release binary, `dev`, on a temporary folder.

use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::Outcome;
use crate::process::Process;

/// A running server, and what it said at its start.
pub(crate) struct Server {
    pub(crate) process: Process,
    pub(crate) url: String,
    pub(crate) api_key: String,
    _data: TempDir,
}

impl Server {
    pub(crate) fn start() -> Outcome<Self> {
        let own = std::env::current_exe().map_err(|error| error.to_string())?;
        let binary = own.with_file_name("countersign");
        if !binary.is_file() {
            return Err("the server is missing; run: cargo build --release --package countersign".to_owned());
        }
        let data = tempfile::tempdir().map_err(|error| format!("no temporary folder: {error}"))?;
        let mut command = Command::new(binary);
        command.args(["dev", "--json", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data"]);
        command.arg(data.path()).env("COUNTERSIGN_LOG", "warn");
        let (process, line) = Process::start(&mut command)?;
        let said: Value =
            serde_json::from_str(&line).map_err(|error| format!("not what dev prints: {error}"))?;
        let text = |name: &str| {
            let text = said[name].as_str().map(str::to_owned);
            text.ok_or_else(|| format!("dev does not print {name}"))
        };
        Ok(Self { process, url: text("url")?, api_key: text("api_key")?, _data: data })
    }
}
