//! The shell process that is the server's parent and outlives the test process just long enough to clean up.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::debian::Postgres;

const SCRIPT: &str = include_str!("guard.sh");

/// How long a command may take; a server that needs longer hangs.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many lines of the server's log are kept.
const LOG: usize = 20_000;

/// How many of them a failure tells.
const TOLD: usize = 50;

/// The guard of one server. It works in a process group of its own, so that what ends the tests does not end it.
#[derive(Debug)]
pub(crate) struct Guard {
    process: Child,
    line: Mutex<Line>,
    heard: Arc<Mutex<Heard>>,
}

/// The commands' way there, and the events' way back. One command at a time.
#[derive(Debug)]
struct Line {
    /// Its end is what the guard waits for.
    commands: Option<ChildStdin>,
    events: Receiver<Event>,
}

#[derive(Debug, Default)]
struct Heard {
    log: VecDeque<String>,
    pid: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// Somebody else has this folder.
    Taken,
    Made,
    Ready,
    /// The postmaster and all its children.
    Ended,
    Frozen,
    Thawed,
}

impl Guard {
    /// A guard whose folder holds a new server that is not started yet; `None` if the folder is taken.
    ///
    /// # Errors
    /// The server's folder could not be made; in words.
    pub(crate) fn make(
        postgres: &Postgres,
        folder: &Path,
        superuser: &str,
        options: &[String],
    ) -> Result<Option<Self>, String> {
        let mut command = shell(postgres);
        command
            .args(["-c", SCRIPT, "guard"])
            .arg(folder)
            .arg(&postgres.programs)
            .arg(superuser)
            .args(options);
        // What PostgreSQL reads from the environment would be the caller's, and the caller's folder may be closed to it.
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").env("LC_ALL", "C").current_dir("/");
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().map_err(|error| format!("PostgreSQL's guard: {error}"))?;
        let heard = Arc::new(Mutex::new(Heard::default()));
        let (sender, events) = mpsc::channel();
        if let Some(output) = process.stdout.take() {
            let heard = Arc::clone(&heard);
            thread::spawn(move || listen(output, &sender, &heard));
        }
        let line = Mutex::new(Line { commands: process.stdin.take(), events });
        let guard = Self { process, line, heard };
        let first = guard.wait(&lock(&guard.line))?;
        match first {
            Event::Made => Ok(Some(guard)),
            Event::Taken => Ok(None),
            _ => Err(guard.failed("initdb failed")),
        }
    }

    /// Starts the server and waits until it accepts connections.
    pub(crate) fn start(&self) -> Result<(), String> {
        self.order("start", Event::Ready)
    }

    pub(crate) fn stop(&self) -> Result<(), String> {
        self.order("stop", Event::Ended)
    }

    pub(crate) fn kill(&self) -> Result<(), String> {
        self.order("kill", Event::Ended)
    }

    pub(crate) fn freeze(&self) -> Result<(), String> {
        self.order("freeze", Event::Frozen)
    }

    pub(crate) fn thaw(&self) -> Result<(), String> {
        self.order("thaw", Event::Thawed)
    }

    /// The server's last lines.
    pub(crate) fn log(&self) -> String {
        Vec::from(lock(&self.heard).log.clone()).join("\n")
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        lock(&self.heard).pid
    }

    fn order(&self, command: &str, expected: Event) -> Result<(), String> {
        let mut line = lock(&self.line);
        // Such as that the server came up again by itself after one of its children had been killed.
        while line.events.try_recv().is_ok() {}
        let told = line.commands.as_mut().map(|commands| writeln!(commands, "{command}"));
        if !matches!(told, Some(Ok(()))) {
            return Err(self.failed("its guard is gone"));
        }
        match self.wait(&line)? {
            event if event == expected => Ok(()),
            event => Err(self.failed(&format!("{command}: {event:?}"))),
        }
    }

    fn wait(&self, line: &Line) -> Result<Event, String> {
        line.events.recv_timeout(PATIENCE).map_err(|_| self.failed("no answer"))
    }

    fn failed(&self, why: &str) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        format!("the throwaway PostgreSQL: {why}\n{}", lines[lines.len().saturating_sub(TOLD)..].join("\n"))
    }
}

impl Drop for Guard {
    /// Returns when the server and its folder are gone.
    fn drop(&mut self) {
        lock(&self.line).commands = None;
        // Nothing can be done about a guard that somebody else has ended.
        let _ = self.process.wait();
    }
}

fn shell(postgres: &Postgres) -> Command {
    if !postgres.as_root {
        return Command::new("sh");
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "--", "sh"]);
    command
}

/// Keeps the log and passes on what happened, until the guard ends.
fn listen(output: ChildStdout, events: &Sender<Event>, heard: &Mutex<Heard>) {
    for line in BufReader::new(output).lines().map_while(Result::ok) {
        let event = match line.strip_prefix("guard: ") {
            Some("taken") => Some(Event::Taken),
            Some("made") => Some(Event::Made),
            Some("ended") => Some(Event::Ended),
            Some("frozen") => Some(Event::Frozen),
            Some("thawed") => Some(Event::Thawed),
            Some(other) => {
                lock(heard).pid = other.strip_prefix("pid ").and_then(|pid| pid.parse().ok());
                None
            }
            None => line.ends_with("database system is ready to accept connections").then_some(Event::Ready),
        };
        let mut heard = lock(heard);
        if heard.log.len() == LOG {
            heard.log.pop_front();
        }
        heard.log.push_back(line);
        drop(heard);
        if event.is_some_and(|event| events.send(event).is_err()) {
            break;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
