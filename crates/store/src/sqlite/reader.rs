//! The threads that read. Each has a connection of its own; they take turns at one queue.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::connection::{Role, Slot, Source};
use crate::door::{StoreFault, Stored};

/// Reads that may wait; a caller beyond that waits before it is in the queue.
const QUEUE: usize = 1024;

pub(super) type Look = Box<dyn FnOnce(&mut Slot) + Send>;
type Queue = Arc<Mutex<mpsc::Receiver<Look>>>;

/// Handle of the readers' threads.
pub(super) struct Readers {
    queue: Option<mpsc::Sender<Look>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Starts `count` threads; each opens its connection when it is first needed.
    pub(super) fn start(source: &Source, count: NonZeroUsize) -> std::io::Result<Self> {
        let (mut readers, receiver) = Self::prepare();
        let queue = Arc::new(Mutex::new(receiver));
        let start = |n: usize| {
            let (queue, slot) = (Arc::clone(&queue), Slot::empty(source.clone(), Role::Reader));
            thread::Builder::new().name(format!("store-reader-{n}")).spawn(move || serve(&queue, slot))
        };
        readers.threads = (1..=count.get()).map(start).collect::<Result<_, _>>()?;
        Ok(readers)
    }

    /// A handle, and the queue that somebody has still to serve.
    pub(super) fn prepare() -> (Self, mpsc::Receiver<Look>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Self { queue: Some(sender), threads: Vec::new() }, receiver)
    }

    /// Runs `work` on a connection that sees everything committed before.
    pub(super) async fn run<R, W>(&self, work: W) -> Stored<R>
    where
        R: Send + 'static,
        W: FnOnce(&Connection) -> Stored<R> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        let look: Look = Box::new(move |slot| {
            // Nobody waits any more: a read that is not seen need not be made.
            if !answer.is_closed() {
                let _ = answer.send(attempt(slot, work));
            }
        });
        let queue = self.queue.as_ref().ok_or(StoreFault::Closed)?;
        queue.send(look).await.map_err(|_| StoreFault::Closed)?;
        outcome.await.unwrap_or(Err(StoreFault::Closed))
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..).filter(|t| t.thread().id() != thread::current().id()) {
            let _ = thread.join();
        }
    }
}

fn serve(queue: &Queue, mut slot: Slot) {
    loop {
        // One thread waits in the queue and the others for the lock; it is free again before the read begins.
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(look) = next else { return };
        look(&mut slot);
    }
}

fn attempt<R>(slot: &mut Slot, work: impl FnOnce(&Connection) -> Stored<R>) -> Stored<R> {
    let read = AssertUnwindSafe(|| slot.connection().and_then(work));
    let outcome = catch_unwind(read).unwrap_or_else(|_| Err(StoreFault::Backend("a read panicked".into())));
    // After a failure of the disk the connection's view of the file cannot be relied on.
    if matches!(outcome, Err(StoreFault::Backend(_))) {
        slot.discard();
    }
    outcome
}
