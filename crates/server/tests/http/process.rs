//! The real program under `serve`: signals, reload from its own file, and a log that tells nothing.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Stdio};

use countersign_crypto::entropy::SeededEntropy;
use countersign_crypto::seal::MasterKey;
use tempfile::TempDir;

use crate::wire::request;

/// The running program and what it has logged so far.
struct Process {
    child: Child,
    lines: BufReader<ChildStderr>,
    log: String,
    directory: TempDir,
}

impl Process {
    fn start() -> Self {
        Self::start_by("", "")
    }

    /// Starts it from a shell, after these words, with more settings of section `server`.
    fn start_by(words: &str, settings: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        write_server_config(&directory, settings, "");
        let master = MasterKey::generate(&SeededEntropy::new(3)).expose_text();
        let mut child = Command::new("sh")
            .args(["-c", &format!("{words}\nexec \"$0\" serve --config \"$1\"")])
            .arg(env!("CARGO_BIN_EXE_countersign"))
            .arg(config_file(&directory))
            .env("COUNTERSIGN_KEYS__MASTER_KEY", master.expose())
            .env("COUNTERSIGN_LOG", "trace")
            .stdin(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let lines = BufReader::new(child.stderr.take().expect("piped"));
        Self { child, lines, log: String::new(), directory }
    }

    /// Reads the log up to the line with these words.
    fn wait_for(&mut self, words: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line).expect("text");
            assert!(read > 0, "the log ended before {words:?}:\n{}", self.log);
            self.log.push_str(&line);
            if line.contains(words) {
                return line;
            }
        }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "{name} was sent");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn config_file(directory: &TempDir) -> PathBuf {
    directory.path().join("countersign.toml")
}

fn write_config(directory: &TempDir, more: &str) {
    write_server_config(directory, "", more);
}

fn write_server_config(directory: &TempDir, settings: &str, more: &str) {
    let data = directory.path().join("data");
    let text = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\nadmin_listen = \"127.0.0.1:0\"\n{settings}[store]\npath = \"{}\"\n{more}",
        data.display()
    );
    fs::write(config_file(directory), text).expect("written");
}

/// The address after `name=` in a line of the log.
fn address(line: &str, name: &str) -> SocketAddr {
    let after = line.split(&format!("{name}=")).nth(1).unwrap_or_else(|| panic!("no {name} in {line}"));
    after.split_whitespace().next().and_then(|text| text.parse().ok()).expect("an address")
}

#[tokio::test(flavor = "multi_thread")]
async fn privacy_p_signals_reload_and_end_it_and_its_log_tells_nothing() {
    let mut process = Process::start();
    let line = process.wait_for("serving");
    let (public, admin) = (address(&line, "public"), address(&line, "admin"));
    assert_eq!(request(admin, "GET /readyz", "", "").await.status, 200);

    let path = "/oascchapi/usr/withdrawPassword";
    let headers = "token: CANARY-token\r\nAuthorization: Bearer CANARY-bearer\r\nCookie: a=CANARY-cookie\r\n";
    let body = r#"{"withdrawPassword":"CANARY-body"}"#;
    for line in [format!("POST {path}?x=CANARY-query"), "POST /CANARY-path".to_owned()] {
        let reply = request(public, &line, headers, body).await;
        assert!(matches!(reply.status, 404 | 408), "{}", reply.status);
    }
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    request(public, "POST /v1/wallet/validPassword", form, "accessToken=CANARY-form&password=CANARY-form")
        .await;

    write_config(&process.directory, "[dialects.oas]\nenabled = false\n");
    process.signal("HUP");
    process.wait_for("settings reloaded");
    assert_eq!(request(public, &format!("POST {path}"), "", "").await.status, 404, "the dialect is off");

    write_config(&process.directory, "[dialects.oas]\nenabld = true\n");
    process.signal("HUP");
    process.wait_for("not reloaded");
    assert_eq!(
        request(public, &format!("POST {path}"), "", "").await.status,
        404,
        "the settings in force stay"
    );

    process.signal("TERM");
    process.wait_for("drained");
    assert_eq!(process.child.wait().expect("it ends").code(), Some(0));
    assert!(process.log.contains("answered"), "requests are logged at this level");
    assert!(!process.log.contains("CANARY"), "{}", process.log);
}

/// Opens this many connections to one place at once.
fn many(at: SocketAddr, number: usize) -> Vec<TcpStream> {
    (0..number).map(|_| TcpStream::connect(at).expect("the kernel takes it")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_soft_limit_of_open_files_is_raised() {
    let mut process = Process::start_by("ulimit -Sn 128", "max_connections = 300\n");
    let line = process.wait_for("serving");
    assert!(!process.log.contains("open files"), "{}", process.log);
    let (public, admin) = (address(&line, "public"), address(&line, "admin"));
    let open = many(public, 299);
    assert_eq!(request(public, "POST /nowhere", "", "").await.status, 404);
    assert_eq!(request(admin, "GET /readyz", "", "").await.status, 200);
    drop(open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_enough_open_files_says_so_and_stays_ready() {
    let mut process = Process::start_by("ulimit -n 256", "");
    let warning = process.wait_for("open files");
    assert!(warning.contains("LimitNOFILE") && warning.contains("connections=128"), "{warning}");
    let line = process.wait_for("serving");
    let (public, admin) = (address(&line, "public"), address(&line, "admin"));
    let open = many(public, 300);
    process.wait_for("connections are closed at once");
    assert_eq!(request(admin, "GET /readyz", "", "").await.status, 200);
    drop(open);
}
