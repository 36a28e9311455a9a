//! The one thread that writes: it drains its queue into one durable commit.
//!
//! A sync of the disk costs as much for a thousand transactions as for one, so whoever asks while a commit runs
//! shares the next one, and others that are about to come are waited for (`queue`). Each job decides first and writes then; what it writes is all kept or all taken back, so one
//! job's failure is its own. Nobody is answered before COMMIT has returned, and if it fails nobody is told of success.
//!
//! After a failure of the batch itself the connection is given up and opened anew for the next one: it is not known
//! what it still holds. A commit whose sync failed may still be found by a later start, as with every database; its
//! callers were told of a fault and must take it as unknown. For guesses that is the safe side: charged, not compared.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::log::{self, LogKeeper};
use super::queue::Queue;
use super::slot::Slot;
use super::{Options, migration};
use crate::at_work::{AtWork, Crew};
use crate::door::{StoreFault, Stored, WriterCounts};
use crate::gathering::Gathering;
use crate::tally::Tally;

/// Handle of the writer's thread.
pub(super) struct Writer {
    queue: Arc<Queue>,
    crew: Crew,
    thread: Option<JoinHandle<()>>,
    tally: Arc<Tally>,
}

impl Writer {
    /// Starts the thread, and the one that folds the log.
    pub(super) fn start(slot: Slot, options: Options) -> std::io::Result<Self> {
        let log = LogKeeper::start(slot.source())?;
        let (mut writer, worker) = Self::prepare(slot, options);
        let run = || worker.run(log);
        writer.thread = Some(thread::Builder::new().name("store-writer".into()).spawn(run)?);
        Ok(writer)
    }

    /// A handle, and the worker that somebody has still to drive.
    pub(super) fn prepare(slot: Slot, options: Options) -> (Self, Worker) {
        let crew = Crew::default();
        let queue = Arc::new(Queue::new(options.queue, crew.clone()));
        let tally = Arc::new(Tally::default());
        let writer = Self { queue: Arc::clone(&queue), crew, thread: None, tally: Arc::clone(&tally) };
        let (batch, gathering) = (options.batch.get(), options.gathering);
        (writer, Worker { slot, queue, batch, gathering, tally })
    }

    /// Runs `work` in a transaction of its own and answers when it is durable. Once it is in the queue it runs, even
    /// if the caller no longer waits. `in_haste` it does not wait for others to share its commit.
    pub(super) async fn run<R, W>(&self, work: W, in_haste: bool) -> Stored<R>
    where
        R: Send + 'static,
        W: FnOnce(&Connection) -> Stored<R> + Send + 'static,
    {
        let (answer, outcome) = oneshot::channel();
        let job = Pending { work: Some(work), outcome: Err(StoreFault::Closed), answer };
        self.queue.push(Box::new(job), in_haste).await?;
        outcome.await.unwrap_or(Err(StoreFault::Closed))
    }

    /// Says that somebody is at work who is going to write.
    pub(super) fn at_work(&self) -> AtWork {
        self.crew.join()
    }

    pub(super) fn counts(&self) -> WriterCounts {
        self.tally.counts(self.queue.len() as u64)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.close();
        // A decision may own the last handle of its own store; the writer cannot wait for itself.
        if let Some(thread) =
            self.thread.take().filter(|thread| thread.thread().id() != thread::current().id())
        {
            let _ = thread.join();
        }
    }
}

/// Something to be done in the batch's transaction, and its caller.
pub(super) trait Job: Send {
    /// Does it, and gives its fault if it has come to one. Never panics and never leaves half of itself behind.
    fn run(&mut self, connection: &Connection) -> Option<&StoreFault>;
    /// Answers the caller, with a fault if the batch came to one.
    fn answer(self: Box<Self>, fault: Option<&str>);
}

struct Pending<R, W> {
    work: Option<W>,
    outcome: Stored<R>,
    answer: oneshot::Sender<Stored<R>>,
}

impl<R, W> Job for Pending<R, W>
where
    R: Send,
    W: FnOnce(&Connection) -> Stored<R> + Send,
{
    fn run(&mut self, connection: &Connection) -> Option<&StoreFault> {
        let work = self.work.take()?;
        // Of a panic only the fact is told on: its message may hold what must never be in a log.
        self.outcome = catch_unwind(AssertUnwindSafe(|| work(connection)))
            .unwrap_or_else(|_| Err(StoreFault::Backend("a decision panicked".into())));
        self.outcome.as_ref().err()
    }

    fn answer(self: Box<Self>, fault: Option<&str>) {
        let outcome = match fault {
            None => self.outcome,
            Some(fault) => Err(StoreFault::Backend(fault.to_owned())),
        };
        // Whoever stopped waiting is not told; what was done stays done.
        let _ = self.answer.send(outcome);
    }
}

/// Does the writing, whoever drives it. When it ends, those who still wait are told so.
pub(super) struct Worker {
    pub(super) slot: Slot,
    pub(super) queue: Arc<Queue>,
    batch: usize,
    gathering: Gathering,
    tally: Arc<Tally>,
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.queue.abandon();
    }
}

impl Worker {
    /// Works until every handle is gone and the queue is empty, then folds the log into the file.
    fn run(mut self, log: LogKeeper) {
        let mut jobs = Vec::new();
        while self.queue.take(&mut jobs, self.batch, self.gathering) {
            self.turn(&mut jobs);
            log.after_commit(&mut self.slot);
        }
        drop(log);
        self.fold_all();
    }

    /// Makes one durable commit of these jobs and answers each; whether it went well.
    pub(super) fn turn(&mut self, jobs: &mut Vec<Box<dyn Job>>) -> bool {
        let size = jobs.len();
        let result = self.slot.connection().and_then(|connection| commit(connection, jobs));
        let fault = result.err().map(|fault| fault.to_string());
        if let Some(fault) = &fault {
            tracing::error!(jobs = size, fault, "a batch of transactions failed");
            self.slot.discard();
        } else {
            self.tally.add(size);
        }
        for job in jobs.drain(..) {
            job.answer(fault.as_deref());
        }
        fault.is_none()
    }

    /// Folds the whole log into the file, unless only the log can be relied on: then it stays when the file is closed.
    pub(super) fn fold_all(&mut self) {
        match log::fold_all(&mut self.slot) {
            Ok(true) => {}
            Ok(false) => tracing::warn!("the write-ahead log could not be cut: a reader holds it"),
            Err(fault) => tracing::warn!(%fault, "the write-ahead log could not be cut"),
        }
    }
}

/// One durable transaction of all `jobs`.
fn commit(connection: &Connection, jobs: &mut [Box<dyn Job>]) -> Stored<()> {
    // IMMEDIATE: a decision must be made on what it will replace, so no other process may write after its read.
    connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
    migration::still_known(connection)?;
    for job in jobs {
        let fault = job.run(connection);
        // On some failures of the disk SQLite rolls the whole transaction back by itself.
        if connection.is_autocommit() {
            let why = fault.map(ToString::to_string).unwrap_or_default();
            return Err(StoreFault::Backend(format!("a failed write took its batch with it: {why}")));
        }
    }
    connection.prepare_cached("COMMIT")?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::connection::{self, Role, Source};
    use std::time::Duration;

    fn start(folder: &tempfile::TempDir, tables: &str) -> Writer {
        let path = folder.path().join("writer.db");
        connection::create_private(&path).expect("makes the file");
        let source = Source::new(path, Duration::from_secs(5));
        let connection = source.open(Role::Writer).expect("opens");
        connection.execute_batch(tables).expect("makes the tables");
        connection.pragma_update(None, "user_version", migration::known()).expect("sets the version");
        Writer::start(Slot::filled(source, Role::Writer, connection), Options::default()).expect("starts")
    }

    async fn total(writer: &Writer) -> i64 {
        let total = |c: &Connection| Ok(c.query_row("SELECT count(*) FROM t", [], |row| row.get(0))?);
        writer.run(total, false).await.expect("counts")
    }

    /// A reference that is checked only by COMMIT makes it fail, as a disk would, after every job went well.
    #[tokio::test(flavor = "multi_thread")]
    async fn when_the_commit_fails_nobody_is_told_of_success() {
        let folder = tempfile::tempdir().expect("makes a folder");
        let tables = "CREATE TABLE parent (id INTEGER PRIMARY KEY);
            CREATE TABLE t (x INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)";
        let writer = Arc::new(start(&folder, tables));
        let insert = |sql: &'static str| {
            let writer = Arc::clone(&writer);
            tokio::spawn(async move { writer.run(move |c| Ok(c.execute(sql, [])?), false).await })
        };
        // This one holds the writer, so that the next two share a commit.
        let ((started, start), (go, gate)) = (oneshot::channel(), std::sync::mpsc::channel::<()>());
        let holding = tokio::spawn({
            let writer = Arc::clone(&writer);
            async move {
                let hold = move |_: &Connection| {
                    let _ = started.send(());
                    gate.recv().map_err(|_| StoreFault::Closed)
                };
                writer.run(hold, false).await
            }
        });
        start.await.expect("holds the writer");
        let good = insert("INSERT INTO t VALUES (NULL)");
        let bad = insert("INSERT INTO t VALUES (1)");
        while writer.counts().queued < 2 {
            tokio::task::yield_now().await;
        }
        go.send(()).expect("is waiting");
        holding.await.expect("joins").expect("its commit went well");
        for task in [good, bad] {
            assert!(matches!(task.await.expect("joins"), Err(StoreFault::Backend(_))));
        }
        assert_eq!(total(&writer).await, 0);
        assert_eq!(insert("INSERT INTO t VALUES (NULL)").await.expect("joins").expect("works again"), 1);
        assert_eq!(total(&writer).await, 1);
    }

    #[tokio::test]
    async fn a_full_disk_is_a_fault_until_there_is_room() {
        let folder = tempfile::tempdir().expect("makes a folder");
        let writer = start(&folder, "CREATE TABLE t (x BLOB)");
        let room = |pages: i64| move |c: &Connection| Ok(c.pragma_update(None, "max_page_count", pages)?);
        let insert = |c: &Connection| Ok(c.execute("INSERT INTO t VALUES (zeroblob(50000))", [])?);
        for _ in 0..3 {
            // A limit of the connection, and a full disk may cost the connection: so it is set each time.
            writer.run(room(1), false).await.expect("fills it");
            assert!(matches!(writer.run(insert, false).await, Err(StoreFault::Backend(_))));
            assert_eq!(total(&writer).await, 0);
        }
        writer.run(room(1000), false).await.expect("makes room");
        assert_eq!(writer.run(insert, false).await.expect("works again"), 1);
        assert_eq!(total(&writer).await, 1);
    }
}
