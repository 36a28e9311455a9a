//! A `countersign dev` of one's own: started, asked, stopped or killed.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;

use crate::client::{Answer, Client};

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

/// A running server. Killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// What it printed with `--json`.
    pub(crate) info: Value,
    /// Where its data are; outlives it for as long as somebody holds it.
    pub(crate) folder: Arc<TempDir>,
    /// Speaks to its public listener.
    pub(crate) http: Client,
    /// Speaks to its admin listener.
    pub(crate) admin: Client,
}

impl Server {
    /// Starts one on new data.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// Starts one on new data with these settings in its environment.
    pub(crate) fn start_with(environment: &[(&str, &str)]) -> Self {
        Self::start_on(Arc::new(tempfile::tempdir().expect("a temporary folder")), environment)
    }

    /// Starts one on data that are there. Its log goes to `log` in the folder above its data.
    pub(crate) fn start_on(folder: Arc<TempDir>, environment: &[(&str, &str)]) -> Self {
        Self::try_start_on(folder, environment)
            .unwrap_or_else(|log| panic!("no line of JSON; the log says: {log}"))
    }

    /// As [`Self::start_on`], where it may refuse to start; the error is everything in the log.
    pub(crate) fn try_start_on(folder: Arc<TempDir>, environment: &[(&str, &str)]) -> Result<Self, String> {
        let log = File::options().create(true).append(true).open(folder.path().join("log")).expect("a log");
        let mut child = Command::new(PROGRAM)
            .args(["dev", "--json", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--data"])
            .arg(folder.path().join("data"))
            // Many servers share this machine: who waits is served. Overload is tried where it is meant.
            .env("COUNTERSIGN_ADMISSION__TARGET_MS", "30000")
            .envs(crate::engine::settings(folder.path()))
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
        let Ok(info) = serde_json::from_str::<Value>(&line) else {
            let _ = child.kill();
            child.wait().expect("it has ended");
            return Err(read_log(folder.path()));
        };
        let (http, admin) = (Client::new(text(&info, "url")), Client::new(text(&info, "admin_url")));
        Ok(Self { child, info, folder, http, admin })
    }

    /// Ends it as a power cut would end a process, and gives its data.
    pub(crate) fn kill(mut self) -> Arc<TempDir> {
        self.child.kill().expect("it was running");
        self.child.wait().expect("it has ended");
        Arc::clone(&self.folder)
    }

    /// Has an operator make an app on the command line, beside the running server, and gives its API key.
    pub(crate) fn operators_key(&self, name: &str, scopes: &str) -> String {
        let data = self.folder.path().join("data");
        let made = Command::new(PROGRAM)
            .args(["apps", "create", "--output", "json", "--name", name, "--scopes", scopes])
            .envs(crate::engine::settings(self.folder.path()))
            .env("COUNTERSIGN_STORE__PATH", &data)
            .env("COUNTERSIGN_KEYS__MASTER_KEY_FILE", data.join("master.key"))
            .output()
            .expect("the program starts");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        text(&serde_json::from_slice(&made.stdout).expect("JSON"), "api_key")
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Asks it to end, waits, and gives whether it ended well.
    pub(crate) fn stop(self) -> bool {
        self.signal("TERM");
        self.wait()
    }

    /// Waits until it has ended by itself, and gives whether it ended well.
    pub(crate) fn wait(mut self) -> bool {
        self.child.wait().expect("it has ended").success()
    }

    /// A member of what it printed, by JSON pointer.
    pub(crate) fn says(&self, pointer: &str) -> &str {
        self.info.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer}"))
    }

    /// Everything it has logged.
    pub(crate) fn log(&self) -> String {
        read_log(self.folder.path())
    }

    /// A native call with the API key.
    pub(crate) fn native(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let bearer = format!("Bearer {}", self.says("/api_key"));
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        let body = body.map(Value::to_string);
        self.http.send(method, path, &headers, body.as_deref().unwrap_or_default().as_bytes())
    }

    /// The value of a metric with exactly these labels, in any order.
    pub(crate) fn metric(&self, name: &str, labels: &[(&str, &str)]) -> u64 {
        let page = self.admin.send("GET", "/metrics", &[], b"").text();
        let fits = |line: &&str| {
            line.starts_with(&format!("{name}{{"))
                && labels.iter().all(|(label, value)| line.contains(&format!("{label}=\"{value}\"")))
        };
        let line = page.lines().find(fits).unwrap_or_else(|| panic!("no metric {name}{labels:?}"));
        line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number")
    }

    /// Comparisons of real secrets of a kind, counted inside the hash engine.
    pub(crate) fn comparisons(&self, kind: &str) -> u64 {
        self.metric("countersign_comparisons_total", &[("kind", kind), ("decoy", "false")])
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn text(info: &Value, member: &str) -> String {
    info[member].as_str().unwrap_or_else(|| panic!("no {member}")).to_owned()
}

fn read_log(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("log")).unwrap_or_default()
}
