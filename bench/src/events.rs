//! `cargo xtask bench events`: verify while nobody is told of it, and while a webhook and a stream are, side by side in one run.
//!
//! The endpoint and the reader of the stream are in this process. They take their part of the same cores, which elsewhere they
//! would not; so the server's own processor time is what is compared, and what was told is counted.

use core::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::Outcome;
use crate::load::Pace;
use crate::report::Machine;
use crate::scenes::{Answered, Effort, run};
use crate::server::Server;

/// The word on the command line.
pub(crate) const WORD: &str = "events";

/// Connections that ask: so few that nobody is refused, because a refusal costs too.
const CONNECTIONS: usize = 4;

/// Each round of the usual length is cut into so many: what slows the machine for a while slows both.
const PARTS: u64 = 3;

/// The most that a verify may cost more when it is told.
const MORE: f64 = 1.03;

/// What came to whoever was told.
#[derive(Clone, Default)]
struct Counted {
    messages: Arc<AtomicU64>,
    streamed: Arc<AtomicU64>,
}

/// Measures both and writes `events.md` into a folder.
///
/// # Errors
/// A server cannot be started, or the folder cannot be written to.
pub(crate) fn measure(out: &Path, effort: Effort) -> Outcome<()> {
    let machine = Machine::now()?;
    let counted = Counted::default();
    let servers = [("nobody is told", Server::start()?), ("a webhook and a stream", Server::start()?)];
    follow(&servers[1].1, &counted)?;
    let mut verifies: Vec<Answered> = servers.iter().map(|(name, _)| Answered::of(name)).collect();
    for (_, server) in &servers {
        server.system.verify(CONNECTIONS, Pace::Closed, 1).run()?;
        server.system.process.calm();
    }
    let effort = Effort { rounds: effort.rounds * PARTS, seconds: effort.seconds.div_ceil(PARTS), ..effort };
    for round in 1..=effort.rounds {
        eprintln!(" round {round} of {}", effort.rounds);
        for ((name, server), answered) in servers.iter().zip(&mut verifies) {
            let load = server.system.verify(CONNECTIONS, Pace::Closed, effort.seconds);
            answered.add(&run(name, &load, &server.system.process)?);
            // What is still to be told is not to be measured in the next.
            server.system.process.calm();
        }
    }
    let page = page(&machine, effort, &verifies, &counted);
    let path = out.join("events.md");
    std::fs::create_dir_all(out)
        .and_then(|()| std::fs::write(&path, &page))
        .map_err(|error| format!("{}: {error}", path.display()))?;
    print!("{page}");
    Ok(())
}

/// Has a server tell an endpoint and a stream of this process, until it ends.
fn follow(server: &Server, counted: &Counted) -> Outcome<()> {
    let failed = |error: std::io::Error| format!("nobody can be told: {error}");
    let endpoint = TcpListener::bind("127.0.0.1:0").map_err(failed)?;
    server.webhook(&format!("http://{}/", endpoint.local_addr().map_err(failed)?))?;
    let messages = Arc::clone(&counted.messages);
    thread::spawn(move || {
        for stream in endpoint.incoming().flatten() {
            let messages = Arc::clone(&messages);
            thread::spawn(move || take(&stream, &messages));
        }
    });
    let mut stream = TcpStream::connect(server.system.at).map_err(failed)?;
    let (at, key) = (server.system.at, &server.key);
    let asked = format!(
        "GET /v1/events HTTP/1.1\r\nHost: {at}\r\nAuthorization: Bearer {key}\r\nAccept: text/event-stream\r\n\r\n"
    );
    stream.write_all(asked.as_bytes()).map_err(failed)?;
    let streamed = Arc::clone(&counted.streamed);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            streamed.fetch_add(u64::from(line.starts_with("event:")), Ordering::Relaxed);
        }
    });
    Ok(())
}

/// Answers whatever comes over a connection with 204, until it is closed.
fn take(stream: &TcpStream, messages: &AtomicU64) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(given) = line.strip_prefix("content-length:") {
                length = given.trim().parse().ok()?;
            }
            if line.is_empty() {
                break;
            }
        }
        reader.read_exact(&mut vec![0; length]).ok()?;
        messages.fetch_add(1, Ordering::Relaxed);
        writer.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").ok()?;
    }
}

fn page(machine: &Machine, effort: Effort, verifies: &[Answered], counted: &Counted) -> String {
    let mut page = format!(
        "# Verify while it is told\n\n\
         `cargo xtask bench events`, {}: {} rounds in turns, on {} × {}. Medians, with the least and the greatest in brackets; a \
         ratio is taken within each round. {CONNECTIONS} connections that never pause, right PINs, the embedded store. Each verify \
         is an event. It goes to an endpoint and a stream of the process that also puts the load on, which takes its part of the \
         same cores: so the server's own processor time is what counts.\n\n\
         | | verified a second | p99, ms | processor time of the server for each, ms |\n|---|---|---|---|\n",
        machine.date, effort.rounds, machine.cores, machine.processor
    );
    for answered in verifies {
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            page,
            "| {} | {} | {} | {} |",
            answered.name,
            answered.rate.told(1),
            answered.p99.told(0),
            answered.cost.told(2)
        );
    }
    if let [alone, told] = verifies {
        let cost = told.cost.over(&alone.cost);
        let word = if cost.median() <= MORE { "kept" } else { "**not kept**" };
        let _ = writeln!(
            page,
            "\nProcessor time when told over alone: **{}**; at most {MORE} asked for, {word}. Rate: {}.\n\
             Messages taken: {}; events streamed: {}.",
            cost.told(3),
            told.rate.over(&alone.rate).told(3),
            counted.messages.load(Ordering::Relaxed),
            counted.streamed.load(Ordering::Relaxed)
        );
    }
    page
}
