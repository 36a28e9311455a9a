//! Many histories on every core, with a word about how far they are.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use countersign_sim::tally::Tally;

/// Begins a line about histories that were run.
pub(crate) const DONE: &str = "done";

/// Begins a line about a seed that broke a rule.
pub(crate) const BROKEN: &str = "broken";

/// How many broken seeds are shown; the others are counted.
const SHOWN: u64 = 10;

/// Runs so many histories, one for each seed from `first` on; whether every rule held.
pub(crate) fn run(histories: u64, first: u64) -> Result<bool, String> {
    let processes = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let (sender, lines) = mpsc::channel();
    let mut children = Vec::new();
    for n in 0..processes {
        let (from, to) = (histories * n / processes, histories * (n + 1) / processes);
        children.push(start(first + from, to - from, sender.clone())?);
    }
    drop(sender);
    let mut report = Report::new(histories);
    for line in lines {
        report.read(&line);
    }
    for mut child in children {
        let status = child.wait().map_err(|error| error.to_string())?;
        if !status.success() {
            return Err(format!("a process of the simulation ended with {status}"));
        }
    }
    report.end(first);
    if report.done == histories { Ok(report.broken == 0) } else { Err("histories are missing".to_owned()) }
}

fn start(first: u64, histories: u64, lines: mpsc::Sender<String>) -> Result<Child, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let arguments = ["--slice".to_owned(), first.to_string(), histories.to_string()];
    let spawned = Command::new(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| error.to_string())?;
    let output = child.stdout.take().ok_or("a process without an output")?;
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    Ok(child)
}

struct Report {
    histories: u64,
    done: u64,
    broken: u64,
    tally: Tally,
    begun: Instant,
    told: Instant,
}

#[allow(clippy::disallowed_methods, reason = "a person wants to know how fast it goes")]
impl Report {
    fn new(histories: u64) -> Self {
        let now = Instant::now();
        Self { histories, done: 0, broken: 0, tally: Tally::default(), begun: now, told: now }
    }

    fn read(&mut self, line: &str) {
        let mut words = line.splitn(3, ' ');
        match (words.next(), words.next().map(str::parse::<u64>), words.next()) {
            (Some(DONE), Some(Ok(done)), Some(counts)) => {
                self.done += done;
                self.tally += Tally::parse(counts).unwrap_or_default();
            }
            (Some(BROKEN), Some(Ok(seed)), Some(why)) => {
                self.broken += 1;
                if self.broken <= SHOWN {
                    println!("seed {seed}: {why}");
                }
            }
            _ => println!("{line}"),
        }
        if self.told.elapsed() > Duration::from_secs(10) {
            self.told = Instant::now();
            println!(
                "{:>10} of {}, {} a second, {} broken",
                self.done,
                self.histories,
                self.rate(),
                self.broken
            );
        }
    }

    fn rate(&self) -> u64 {
        let millis = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        self.done.saturating_mul(1000) / millis
    }

    fn end(&self, first: u64) {
        let (last, seconds) = (first + self.done.saturating_sub(1), self.begun.elapsed().as_secs());
        println!(
            "{} histories, seeds {first} to {last}, in {seconds} s: {} a second",
            self.done,
            self.rate()
        );
        print!("{}", self.tally);
        println!("{} broken", self.broken);
        if self.broken > 0 {
            println!("tell one line by line with: countersign-sim --seed SEED");
        }
    }
}
