//! Runs the built program as a shell would: arguments, variables and standard input in; text and exit code out.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Stdio};

/// Environment variables.
pub(crate) type Variables<'a> = &'a [(&'a str, &'a str)];

/// What the program came to.
pub(crate) struct Ran {
    /// Exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
}

/// Runs the program in a directory, with these variables and no others.
pub(crate) fn run(directory: &Path, args: &[&str], variables: Variables<'_>, input: &str) -> Ran {
    let mut child = command(directory, args, variables).stdin(Stdio::piped()).spawn().expect("it starts");
    // A program that reads nothing may be gone already.
    let _ = child.stdin.take().expect("standard input").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    Ran {
        code: output.status.code().expect("it is not killed"),
        out: String::from_utf8(output.stdout).expect("standard output is text"),
        err: String::from_utf8(output.stderr).expect("standard error is text"),
    }
}

fn command(directory: &Path, args: &[&str], variables: Variables<'_>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_countersign"));
    command.args(args).current_dir(directory).env_clear().envs(variables.iter().copied());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A server that runs until it is stopped, or until the test ends in whatever way.
pub(crate) struct Server {
    child: Child,
    log: BufReader<ChildStderr>,
    /// Where the public listener is.
    pub(crate) public: SocketAddr,
    /// Where the admin listener is.
    pub(crate) admin: SocketAddr,
}

impl Server {
    /// Starts `serve` on free ports and waits until it says that it serves.
    pub(crate) fn start(directory: &Path, args: &[&str], variables: Variables<'_>) -> Self {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
        all.extend(args);
        let mut variables = variables.to_vec();
        variables.push(("COUNTERSIGN_LOG__FORMAT", "json"));
        let mut child = command(directory, &all, &variables).stdin(Stdio::null()).spawn().expect("it starts");
        let mut log = BufReader::new(child.stderr.take().expect("standard error"));
        let line = wait_for(&mut log, "serving");
        let line: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
        let address =
            |name: &str| line[name].as_str().and_then(|text| text.parse().ok()).expect("an address");
        Self { child, log, public: address("public"), admin: address("admin") }
    }

    /// Sends a signal: `TERM`, `HUP`.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill -{name} works");
    }

    /// Waits for a line of the log that contains `words`, and gives it.
    pub(crate) fn wait_for(&mut self, words: &str) -> String {
        wait_for(&mut self.log, words)
    }

    /// The log until it ends.
    pub(crate) fn rest_of_log(&mut self) -> String {
        let mut rest = String::new();
        self.log.read_to_string(&mut rest).expect("the log can be read");
        rest
    }

    /// Waits until it ends; its exit code.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        self.child.wait().ok().and_then(|status| status.code())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait_for(log: &mut BufReader<ChildStderr>, words: &str) -> String {
    let mut all = String::new();
    loop {
        let mut line = String::new();
        let read = log.read_line(&mut line).expect("the log can be read");
        assert!(read > 0, "the log ended without {words:?}:\n{all}");
        if line.contains(words) {
            return line;
        }
        all.push_str(&line);
    }
}
