//! Reads: short ones on the caller's own thread, the others on threads that read. Each of those has a connection of its
//! own; they take turns at one queue.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};
use tokio::task::coop::consume_budget;

use super::connection::{Role, Source};
use super::shelf::Shelf;
use super::slot::Slot;
use crate::door::{StoreFault, Stored};

/// Reads that may wait; a caller beyond that waits before it is in the queue.
const QUEUE: usize = 1024;

pub(super) type Look = Box<dyn FnOnce(&mut Slot) + Send>;
type Queue = Arc<Mutex<mpsc::Receiver<Look>>>;

/// The way to whoever reads.
pub(super) struct Readers {
    shelf: Shelf,
    queue: Option<mpsc::Sender<Look>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    /// Starts `count` threads; each opens its connection when it is first needed.
    pub(super) fn start(source: &Source, count: NonZeroUsize) -> std::io::Result<Self> {
        let (mut readers, receiver) = Self::prepare();
        readers.shelf = Shelf::stocked(source);
        let queue = Arc::new(Mutex::new(receiver));
        let start = |n: usize| {
            let (queue, slot) = (Arc::clone(&queue), Slot::empty(source.clone(), Role::Reader));
            thread::Builder::new().name(format!("store-reader-{n}")).spawn(move || serve(&queue, slot))
        };
        readers.threads = (1..=count.get()).map(start).collect::<Result<_, _>>()?;
        Ok(readers)
    }

    /// A handle, and the queue that somebody has still to serve: every read goes through it.
    pub(super) fn prepare() -> (Self, mpsc::Receiver<Look>) {
        let (sender, receiver) = mpsc::channel(QUEUE);
        (Self { shelf: Shelf::empty(), queue: Some(sender), threads: Vec::new() }, receiver)
    }

    /// As [`Self::run`], for `work` that reads a row or two: where a connection is at hand, it is done when this is
    /// first polled.
    pub(super) async fn run_short<R, W>(&self, work: W) -> Stored<R>
    where
        R: Send + 'static,
        W: FnOnce(&Connection) -> Stored<R> + Send + 'static,
    {
        // Whoever makes many short reads, one after the other, must let others have the thread now and then.
        consume_budget().await;
        let Some(mut slot) = self.shelf.take() else { return self.run(work).await };
        let outcome = attempt(&mut slot, work);
        self.shelf.put_back(slot);
        outcome
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

#[cfg(test)]
mod tests {
    use core::pin::pin;
    use core::task::{Context, Poll, Waker};
    use std::time::Duration;

    use super::*;
    use crate::sqlite::connection::create_private;

    fn readers(folder: &tempfile::TempDir) -> Readers {
        let path = folder.path().join("reader.db");
        create_private(&path).expect("makes the file");
        let source = Source::new(path, Duration::from_secs(5));
        source.open(Role::Writer).expect("opens").execute_batch("CREATE TABLE t (x)").expect("makes a table");
        Readers::start(&source, NonZeroUsize::MIN).expect("starts")
    }

    fn count(connection: &Connection) -> Stored<i64> {
        Ok(connection.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?)
    }

    /// What a short read comes to when it is polled once, by nobody who could be woken.
    fn at_once<R: Send + 'static>(
        readers: &Readers,
        work: fn(&Connection) -> Stored<R>,
    ) -> Option<Stored<R>> {
        match pin!(readers.run_short(work)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => Some(outcome),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_short_read_waits_for_no_other_thread() {
        let folder = tempfile::tempdir().expect("makes a folder");
        let readers = readers(&folder);
        for _ in 0..3 {
            assert_eq!(at_once(&readers, count).expect("at once").expect("reads"), 0);
        }
    }

    #[tokio::test]
    async fn a_short_read_that_finds_no_connection_goes_the_longer_way() {
        let folder = tempfile::tempdir().expect("makes a folder");
        let readers = readers(&folder);
        let taken: Vec<Slot> = std::iter::from_fn(|| readers.shelf.take()).collect();
        assert!(!taken.is_empty());
        assert!(at_once(&readers, count).is_none());
        assert_eq!(readers.run_short(count).await.expect("reads"), 0);
        for slot in taken {
            readers.shelf.put_back(slot);
        }
        assert_eq!(at_once(&readers, count).expect("at once again").expect("reads"), 0);
    }

    #[test]
    fn a_short_read_that_goes_wrong_leaves_a_connection_to_the_next() {
        let folder = tempfile::tempdir().expect("makes a folder");
        let readers = readers(&folder);
        for _ in 0..20 {
            let panics = at_once(&readers, |_: &Connection| -> Stored<()> { panic!("on purpose") });
            assert!(matches!(panics, Some(Err(StoreFault::Backend(_)))));
            let fails = at_once(&readers, |c| Ok(c.execute("SELECT nothing FROM nowhere", [])?));
            assert!(matches!(fails, Some(Err(StoreFault::Backend(_)))));
            assert_eq!(at_once(&readers, count).expect("at once").expect("reads"), 0);
        }
    }
}
