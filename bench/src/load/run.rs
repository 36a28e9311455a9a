//! One run of a load: a thread, and a task for each connection.

use core::cell::{Cell, RefCell};
use core::net::SocketAddr;
use core::time::Duration;
use std::rc::Rc;
use std::time::Instant;

use tokio::sync::Mutex;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::LocalSet;
use tokio::time::timeout;

use super::http::Connection;
use super::metronome::beat;
use super::{Load, Pace, Told};
use crate::Outcome;
use crate::process::first_in_line;

/// After this a request has no answer. Longer than any server here keeps one waiting.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the tasks share.
struct Shared {
    at: SocketAddr,
    requests: Vec<Rc<[u8]>>,
    next: Cell<usize>,
    end: Instant,
    /// Due times; a closed loop has none.
    due: Option<Mutex<UnboundedReceiver<Instant>>>,
    told: RefCell<Told>,
}

pub(super) fn run(load: &Load<'_>) -> Outcome<Told> {
    first_in_line();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(LocalSet::new().run_until(all(load)))
}

#[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
async fn all(load: &Load<'_>) -> Outcome<Told> {
    let mut connections = Vec::new();
    for _ in 0..load.connections {
        let opened = Connection::open(load.at).await;
        connections.push(opened.map_err(|error| format!("{} cannot be reached: {error}", load.at))?);
    }
    let (start, time) = (Instant::now(), load.time);
    let (due, beats) = unbounded_channel();
    let metronome = match load.pace {
        Pace::Closed => None,
        Pace::Open { rate, arrivals } => {
            Some(std::thread::spawn(move || beat(rate, arrivals, start, time, &due)))
        }
    };
    let shared = Rc::new(Shared {
        at: load.at,
        requests: load.requests.iter().map(|request| Rc::from(request.as_slice())).collect(),
        next: Cell::new(0),
        end: start + time,
        due: metronome.is_some().then(|| Mutex::new(beats)),
        told: RefCell::new(Told { seconds: time.as_secs_f64(), ..Told::default() }),
    });
    let callers: Vec<_> = connections
        .into_iter()
        .map(|connection| tokio::task::spawn_local(call(Rc::clone(&shared), connection)))
        .collect();
    for caller in callers {
        caller.await.map_err(|_| "a caller panicked".to_owned())?;
    }
    if let Some(metronome) = metronome {
        metronome.join().map_err(|_| "the metronome panicked".to_owned())?;
    }
    Ok(shared.told.take())
}

/// Asks over one connection until the time is over; a broken connection is replaced.
#[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
async fn call(shared: Rc<Shared>, connection: Connection) {
    let mut connection = Some(connection);
    while let Some(begun) = shared.begin().await {
        let request = shared.request();
        let answer = timeout(PATIENCE, ask(&mut connection, shared.at, &request)).await;
        if !matches!(answer, Ok(Some(_))) {
            connection = None;
        }
        let now = Instant::now();
        shared.tell(answer.ok().flatten().unwrap_or(0), now - begun, now);
    }
}

/// The status of the answer, over a new connection where there is none.
async fn ask(connection: &mut Option<Connection>, at: SocketAddr, request: &[u8]) -> Option<u16> {
    let mut open = match connection.take() {
        Some(open) => open,
        None => Connection::open(at).await.ok()?,
    };
    let (status, goes_on) = open.ask(request).await.ok()?;
    *connection = goes_on.then_some(open);
    Some(status)
}

impl Shared {
    /// When the next request was to begin; `None` when the time is over. What is due by then and was never begun is
    /// counted here.
    #[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
    async fn begin(&self) -> Option<Instant> {
        let Some(due) = &self.due else {
            let now = Instant::now();
            return (now < self.end).then_some(now);
        };
        loop {
            let at = due.lock().await.recv().await?;
            if Instant::now() < self.end {
                return Some(at);
            }
            self.told.borrow_mut().unsent += 1;
        }
    }

    fn request(&self) -> Rc<[u8]> {
        let next = self.next.get();
        self.next.set(next.wrapping_add(1));
        Rc::clone(&self.requests[next % self.requests.len()])
    }

    fn tell(&self, status: u16, took: Duration, now: Instant) {
        let told = &mut *self.told.borrow_mut();
        let answers = match status {
            200 => &mut told.served,
            503 => &mut told.refused,
            other => {
                *told.failures.entry(other).or_default() += 1;
                &mut told.failed
            }
        };
        answers.latencies.record(took);
        answers.in_time += u64::from(now < self.end);
    }
}
