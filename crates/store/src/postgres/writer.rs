//! Decisions about accounts, many of them in one transaction.
//!
//! Each of a few tasks has a connection and a queue of its own; an account always goes to the same one, so that decisions
//! about it are taken in the order in which they were asked for. What waits is taken together: the rows are locked and read,
//! every decision runs, and all that came of them is committed, in two ways there and back however many they are. Accounts
//! have nothing in common, so each can be taken out and written alone where another one fails.

use std::collections::{BTreeSet, VecDeque};
use std::num::NonZeroUsize;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use countersign_domain::id::AccountId;
use futures_util::FutureExt;
use futures_util::future::join_all;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::Options;
use super::decision::{Decided, Found, Job, Reply, again, by_account, decide, tell};
use super::line::{Lent, Line};
use super::seen::Tag;
use super::trouble::Trouble;
use super::write::{self, Rows, Write};
use crate::at_work::{AtWork, Crew};
use crate::door::{Draft, StoreFault, Stored, WriterCounts};
use crate::gathering::{ENOUGH, Gathering};
use crate::tally::Tally;

/// The tasks that write. When this is dropped, they finish what is queued, and end.
pub(super) struct Writer {
    lanes: Vec<Sender<Job>>,
    tally: Arc<Tally>,
    queued: Arc<AtomicU64>,
    crew: Crew,
}

impl Writer {
    /// Starts them on the runtime of the caller.
    pub(super) fn start(line: &Arc<Line>, options: &Options) -> Self {
        let (tally, queued, crew) = (Arc::default(), Arc::default(), Crew::default());
        let start_one = |number: usize| {
            let (sender, jobs) = channel(options.queue.get());
            let task = Lane {
                jobs,
                left: VecDeque::new(),
                line: Arc::clone(line),
                connection: None,
                batch: options.batch,
                gathering: options.gathering,
                lanes: options.writers.get(),
                node: options.node,
                number: u64::try_from(number).unwrap_or(u64::MAX),
                written: 0,
                tally: Arc::clone(&tally),
                queued: Arc::clone(&queued),
                crew: crew.clone(),
            };
            tokio::spawn(task.run());
            sender
        };
        let lanes = (0..options.writers.get()).map(start_one).collect();
        Self { lanes, tally, queued, crew }
    }

    /// Has `decide` decide about an account; `None` if there is none.
    pub(super) async fn update<R, F>(&self, id: AccountId, decide: F) -> Stored<Option<R>>
    where
        R: Send + 'static,
        F: FnOnce(&mut Draft) -> R + Send + 'static,
    {
        let (told, answer) = oneshot::channel::<Stored<Option<R>>>();
        let decide = move |found: Found<'_>| -> Option<Reply> {
            let outcome = match found {
                Found::Draft(draft) => Some(decide(draft)),
                Found::Nobody => None,
                Found::Not(fault) => {
                    // Whoever hung up does not hear it.
                    told.send(Err(fault)).ok();
                    return None;
                }
            };
            Some(Box::new(move |done: Stored<()>| {
                told.send(done.map(|()| outcome)).ok();
            }))
        };
        let lane = &self.lanes[usize::from(id.as_bytes()[15]) % self.lanes.len()];
        self.queued.fetch_add(1, Ordering::Relaxed);
        if lane.send(Job { id, decide: Box::new(decide) }).await.is_err() {
            self.queued.fetch_sub(1, Ordering::Relaxed);
            return Err(StoreFault::Closed);
        }
        answer.await.unwrap_or_else(|_| Err(StoreFault::Backend("a decision panicked".into())))
    }

    pub(super) fn at_work(&self) -> AtWork {
        self.crew.join()
    }

    /// One more transaction that was made beside the tasks.
    pub(super) fn add_one(&self) {
        self.tally.add(1);
    }

    pub(super) fn counts(&self) -> WriterCounts {
        self.tally.counts(self.queued.load(Ordering::Relaxed))
    }
}

/// One of the tasks.
struct Lane {
    jobs: Receiver<Job>,
    /// Taken out of the queue, and not decided yet.
    left: VecDeque<Job>,
    line: Arc<Line>,
    connection: Option<Lent>,
    batch: NonZeroUsize,
    gathering: Gathering,
    lanes: usize,
    node: [u8; 6],
    number: u64,
    written: u64,
    tally: Arc<Tally>,
    queued: Arc<AtomicU64>,
    crew: Crew,
}

impl Lane {
    async fn run(mut self) {
        while let Some(jobs) = self.take().await {
            self.queued.fetch_sub(jobs.len() as u64, Ordering::Relaxed);
            // A panic of ours costs those who share the transaction, and not all who come after them.
            if AssertUnwindSafe(self.carry_out(jobs)).catch_unwind().await.is_err() {
                tracing::error!("a writer panicked; it goes on");
                self.connection = None;
            }
        }
    }

    /// Waits for jobs, and takes as many as there are; `None` when there will be no more.
    async fn take(&mut self) -> Option<Vec<Job>> {
        if self.left.is_empty() {
            let first = self.jobs.recv().await?;
            self.left.push_back(first);
        }
        self.drain();
        self.gather().await;
        let taken = self.left.len().min(self.batch.get());
        Some(self.left.drain(..taken).collect())
    }

    fn drain(&mut self) {
        while self.left.len() < self.batch.get() {
            let Ok(job) = self.jobs.try_recv() else { return };
            self.left.push_back(job);
        }
    }

    /// Waits a moment for those who are about to come, if that is worth it.
    async fn gather(&mut self) {
        let expected = (self.crew.size() / self.lanes).min(self.batch.get()).min(ENOUGH as usize);
        if self.gathering.delay.is_zero() || self.left.len() + self.gathering.siblings.max(1) > expected {
            return;
        }
        let more = async {
            while self.left.len() < expected {
                let Some(job) = self.jobs.recv().await else { return };
                self.left.push_back(job);
            }
        };
        timeout(self.gathering.patience(expected), more).await.ok();
    }

    async fn carry_out(&mut self, jobs: Vec<Job>) {
        let (connection, rows) = match self
            .lock(jobs.iter().map(|job| job.id).collect::<BTreeSet<_>>().into_iter().collect())
            .await
        {
            Ok(locked) => locked,
            Err(fault) => {
                for job in jobs {
                    (job.decide)(Found::Not(again(&fault)));
                }
                return;
            }
        };
        let tag = self.tag();
        let (mut writes, mut replies) = (Vec::new(), Vec::new());
        for (id, jobs) in by_account(jobs) {
            let Some(Decided { write, told, left }) = decide(id, jobs, rows.get(&id), tag) else { continue };
            writes.push(write);
            replies.push(told);
            // They come before whatever else waits.
            left.into_iter().rev().for_each(|job| self.left.push_front(job));
        }
        let saved = write::save(&connection, &writes).await;
        self.keep(connection);
        match saved {
            Ok(()) => {
                self.tally.add(replies.iter().map(Vec::len).sum::<usize>().max(1));
                for told in replies {
                    tell(told, &Ok(()));
                }
            }
            Err(trouble) => {
                if matches!(trouble, Trouble::Lost(_) | Trouble::Doubt(_)) {
                    self.line.lost();
                }
                let (line, tally) = (Arc::clone(&self.line), Arc::clone(&self.tally));
                one_by_one(&line, &tally, writes, replies).await;
            }
        }
    }

    /// Locks the rows, again until it succeeds or takes too long. Nothing was decided yet.
    async fn lock(&mut self, ids: Vec<AccountId>) -> Stored<(Lent, Rows)> {
        let mut tries = self.line.tries();
        loop {
            let connection = match self.connection.take().filter(|lent| lent.is_fit()) {
                Some(connection) => Ok(connection),
                None => self.line.lend().await,
            };
            let trouble = match connection {
                Ok(connection) => match write::lock(&connection, &ids).await {
                    Ok(rows) => return Ok((connection, rows)),
                    Err(trouble) => {
                        connection.undo().await;
                        trouble
                    }
                },
                Err(trouble) => trouble,
            };
            tries.again(trouble).await?;
        }
    }

    fn keep(&mut self, connection: Lent) {
        self.connection = connection.is_fit().then_some(connection);
    }

    fn tag(&mut self) -> Tag {
        self.written += 1;
        let mut tag = [0; 16];
        tag[..6].copy_from_slice(&self.node);
        tag[6..8].copy_from_slice(&self.number.to_be_bytes()[6..]);
        tag[8..].copy_from_slice(&self.written.to_be_bytes());
        tag
    }
}

/// Writes each account alone, all at once, so that one that cannot be written costs the others nothing.
async fn one_by_one(line: &Arc<Line>, tally: &Tally, writes: Vec<Write>, replies: Vec<Vec<Reply>>) {
    let each = writes.into_iter().zip(replies).map(async |(mut write, mut told)| {
        let mut written = alone(line, &write).await;
        if let (Err(fault @ (StoreFault::Superseded | StoreFault::Backend(_))), Write::Account(change)) =
            (&written, &mut write)
        {
            let last = told.split_off(told.len().saturating_sub(1));
            tell(last, &Err(again(fault)));
            if change.leave_last_out() {
                written = alone(line, &write).await;
            }
        }
        if written.is_ok() && !told.is_empty() {
            tally.add(told.len());
        }
        tell(told, &written);
    });
    join_all(each).await;
}

async fn alone(line: &Arc<Line>, write: &Write) -> Stored<()> {
    let mut tries = line.tries();
    loop {
        let written = match line.lend().await {
            Ok(connection) => write::save_again(&connection, write).await,
            Err(trouble) => Err(trouble),
        };
        match written {
            Ok(()) => return Ok(()),
            Err(trouble) => tries.again(trouble).await?,
        }
    }
}
