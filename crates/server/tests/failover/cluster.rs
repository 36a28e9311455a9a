//! The cluster of `examples/cluster`, started for the campaign and removed after it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::clock::{now, pause, until};

const DATABASES: [&str; 3] = ["db1", "db2", "db3"];
const SERVERS: [&str; 2] = ["app1", "app2"];

/// Beside one that somebody tries out.
const PLACE: [(&str, &str); 3] =
    [("CLUSTER_NAME", "csfail"), ("CLUSTER_NET", "10.78.0"), ("CLUSTER_DIR", "/var/tmp/csfail-cluster")];

/// For so long all must be well before the next fault: two at once are more than it is built to survive.
const CALM: Duration = Duration::from_secs(6);

/// A running cluster. Removed when dropped.
pub(crate) struct Cluster {
    agent: ureq::Agent,
    /// Where `HAProxy` listens.
    pub(crate) url: String,
    /// What callers prove themselves by.
    pub(crate) api_key: String,
}

impl Cluster {
    pub(crate) fn up(settings: &[(&str, &str)]) -> Self {
        let there = Path::new(PLACE[2].1).exists();
        if there {
            script(&["down"], &[]);
        }
        // Also what has only half begun is removed.
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(2)))
            .build();
        let mut cluster = Self {
            agent: ureq::Agent::new_with_config(config),
            url: format!("http://{}:8080", address("proxy")),
            api_key: String::new(),
        };
        script(&["up"], settings);
        cluster.api_key = read("secrets/api_key");
        cluster
    }

    /// The database that holds the lease and takes writes, by its own word and `PostgreSQL`'s.
    pub(crate) fn leader(&self, but: &str) -> Option<&'static str> {
        DATABASES.into_iter().find(|name| *name != but && self.leads(name))
    }

    fn leads(&self, name: &str) -> bool {
        let url = format!("http://{}:8008/leader", address(name));
        let Ok(mut answer) = self.agent.get(&url).call() else { return false };
        let body = answer.body_mut().read_to_string().unwrap_or_default();
        // The role is taken from `pg_is_in_recovery`; the status, from the lease.
        answer.status() == 200 && (body.contains("\"master\"") || body.contains("\"primary\""))
    }

    /// When another than `old` led, as soon as that can be seen. Each is asked by a thread of its own: one that is cut off
    /// answers nobody.
    pub(crate) fn next_leader(&self, old: &str) -> (&'static str, Instant) {
        let found = Mutex::new(None);
        std::thread::scope(|scope| {
            for name in DATABASES.into_iter().filter(|name| *name != old) {
                scope.spawn({
                    let found = &found;
                    move || {
                        until(Duration::from_secs(120), "a new leader", || {
                            let led = self.leads(name).then(|| (name, now()));
                            let mut found = found.lock().expect("not poisoned");
                            *found = found.or(led);
                            found.is_some().then_some(())
                        });
                    }
                });
            }
        });
        found.into_inner().expect("not poisoned").expect("one of them leads")
    }

    /// Waits until one leads, two stand by in step and both servers are ready, and all that for a while.
    pub(crate) fn settle(&self) {
        let mut since = now();
        until(Duration::from_secs(180), "all is well again", || {
            if !self.is_well() {
                since = now();
            }
            (since.elapsed() >= CALM).then_some(())
        });
        pause(Duration::from_millis(100));
    }

    fn is_well(&self) -> bool {
        let count = |path: &str| DATABASES.iter().filter(|name| self.is_200(name, 8008, path)).count();
        count("/leader") == 1
            && count("/synchronous") == 2
            && SERVERS.iter().all(|name| self.is_200(name, 8083, "/readyz"))
    }

    fn is_200(&self, name: &str, port: u16, path: &str) -> bool {
        let url = format!("http://{}:{port}{path}", address(name));
        self.agent.get(&url).call().is_ok_and(|answer| answer.status() == 200)
    }

    /// Comparisons of real secrets of a kind, counted inside the hash engines of both servers since they began.
    pub(crate) fn comparisons(&self, kind: &str) -> u64 {
        SERVERS.iter().map(|name| self.comparisons_of(name, kind)).sum()
    }

    fn comparisons_of(&self, name: &str, kind: &str) -> u64 {
        let url = format!("http://{}:8083/metrics", address(name));
        let mut answer = self.agent.get(&url).call().expect("metrics");
        let page = answer.body_mut().read_to_string().expect("text");
        let labels = [format!("kind=\"{kind}\""), "decoy=\"false\"".to_owned()];
        let fits = |line: &&str| {
            line.starts_with("countersign_comparisons_total{")
                && labels.iter().all(|label| line.contains(label))
        };
        let line = page.lines().find(fits).expect("the metric");
        line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            keep_logs();
        }
        script(&["down"], &[]);
    }
}

/// Does something to the cluster.
pub(crate) fn run(words: &[&str]) {
    script(words, &[]);
}

/// The process of each Countersign, which must be alive.
pub(crate) fn servers() -> Vec<String> {
    let pid = |server: &&str| read(&format!("{server}/countersign.pid"));
    let all: Vec<String> = SERVERS.iter().map(pid).collect();
    assert!(all.iter().all(|pid| Path::new("/proc").join(pid).exists()), "all servers run");
    all
}

/// Writes a file of the workspace.
pub(crate) fn write(path: &str, text: &str) {
    fs::write(root().join(path), text).expect("it can be written");
}

/// What a program prints, in one line.
pub(crate) fn says(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.unwrap_or_default()
}

/// What has failed is found in them.
fn keep_logs() {
    let logs = root().join("target/failover-logs");
    let _ = fs::remove_dir_all(&logs);
    for machine in DATABASES.iter().chain(&SERVERS).chain(&["proxy"]) {
        let from = Path::new(PLACE[2].1).join(machine);
        let _ = fs::create_dir_all(logs.join(machine));
        for entry in fs::read_dir(from).into_iter().flatten().flatten() {
            if entry.path().extension().is_some_and(|end| end == "log") {
                let _ = fs::copy(entry.path(), logs.join(machine).join(entry.file_name()));
            }
        }
    }
    eprintln!("the logs are in {}", logs.display());
}

fn script(words: &[&str], settings: &[(&str, &str)]) {
    let status = Command::new(root().join("examples/cluster/cluster"))
        .args(words)
        .envs(PLACE)
        .env("COUNTERSIGN", env!("CARGO_BIN_EXE_countersign"))
        .envs(settings.iter().copied())
        .status();
    // A destructor may be under way, in which a second panic would end everything.
    let done = status.is_ok_and(|status| status.success());
    assert!(done || std::thread::panicking(), "cluster {}: see above", words.join(" "));
}

fn address(machine: &str) -> String {
    let last = match machine {
        "proxy" => 5,
        "db1" => 11,
        "db2" => 12,
        "db3" => 13,
        "app1" => 21,
        _ => 22,
    };
    format!("{}.{last}", PLACE[1].1)
}

fn read(name: &str) -> String {
    let text = fs::read_to_string(Path::new(PLACE[2].1).join(name))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    text.trim().to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}
