//! The write-ahead log, and the thread that folds it into the file, so that no caller's commit has to.
//!
//! SQLite begins its log anew, over the old one, at the first commit that finds all of it folded; a commit that comes
//! while it is being folded makes it longer. So it is folded in passes beside the commits, each shorter than the one
//! before, until so little is left that the writer can fold the rest between two commits. That is all that commits ever
//! wait for, and it bounds the log under constant load. A read that takes long, such as a backup, keeps the log from
//! beginning anew: it grows until the read ends, and nobody waits.
//!
//! A pass that stops short of the log's end is synced at once, because that takes long and is better done beside the
//! commits, and because otherwise a failed sync could cost what was committed (`pass`). If that sync fails, doubt begins:
//! this process neither folds the log again, nor when it ends, nor reads or writes anything any more, since what it would read
//! from the file may be old. The log has everything, and once every process has closed the database, the next one to open
//! it folds all of it.

mod pass;

use std::fs;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::connection::{Role, Source};
use super::slot::Slot;
use crate::door::{StoreFault, Stored};
use pass::cut;
pub(super) use pass::{Turns, fold};

/// Pages after which the log is folded (48 megabytes). A page that many commits touched is then copied once, so fewer
/// and larger turns are cheaper: with 200,000 scattered accounts and 256 callers this was 1.4 and 2.9 times as fast as
/// a third of it, in two runs on a busy machine. More would lengthen the start after a crash and the life of what was
/// erased.
pub(super) const FOLD_PAGES: u32 = 12288;

/// Pages that the writer may have to fold between two commits (1 megabyte).
const REST_PAGES: u32 = 256;

/// Passes beside the commits. Should the log grow as fast as it is folded, the writer folds what is left then.
const PASSES: u32 = 6;

/// So many pages are to come before it is tried again, when folding was in vain.
const AGAIN_PAGES: u32 = 2048;

/// A log file of more bytes is cut to nothing once no commit has come for a while.
const LONG: u64 = 96 << 20;

/// That while.
const IDLE: Duration = Duration::from_secs(10);

/// What the writer and the thread tell each other.
struct Log {
    /// The thread is called when there are so many.
    call_at: AtomicU32,
    /// The writer shall fold what is left.
    rest: AtomicBool,
    call: Mutex<Call>,
    called: Condvar,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Call {
    None,
    Fold,
    End,
}

/// Handle of the thread.
pub(super) struct LogKeeper {
    log: Arc<Log>,
    thread: Option<JoinHandle<()>>,
}

impl LogKeeper {
    /// Starts the thread, unless commits fold.
    pub(super) fn start(source: &Source) -> io::Result<Self> {
        let log = Arc::new(Log::new());
        if source.folds_in_commits() {
            return Ok(Self { log, thread: None });
        }
        let keeper = Keeper { slot: Slot::empty(source.clone(), Role::Folder), log: Arc::clone(&log) };
        let thread = thread::Builder::new().name("store-log".into()).spawn(move || keeper.run())?;
        Ok(Self { log, thread: Some(thread) })
    }

    /// To be called after every commit, by the writer: calls the thread if the log has grown long, and folds what it has
    /// left to be folded.
    pub(super) fn after_commit(&self, writer: &mut Slot) {
        let pages = writer.source().log_pages();
        if pages < AGAIN_PAGES {
            // The log began anew.
            self.log.call_at.store(FOLD_PAGES, Ordering::Relaxed);
        }
        if pages >= self.log.call_at.load(Ordering::Relaxed) {
            // Nobody is called twice: the thread sets it again when it is done.
            self.log.call_at.store(u32::MAX, Ordering::Relaxed);
            self.log.ring(Call::Fold);
        }
        if self.log.rest.swap(false, Ordering::Acquire) {
            let source = writer.source().clone();
            if let Err(fault) = writer.connection().and_then(|writer| fold(&source, writer)) {
                tracing::warn!(%fault, "the rest of the write-ahead log could not be folded");
            }
            self.log.call_at.store(pages.saturating_add(AGAIN_PAGES), Ordering::Relaxed);
        }
    }
}

/// Ends the thread; a pass that has begun is finished.
impl Drop for LogKeeper {
    fn drop(&mut self) {
        self.log.ring(Call::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Log {
    fn new() -> Self {
        Self {
            call_at: AtomicU32::new(FOLD_PAGES),
            rest: AtomicBool::new(false),
            call: Mutex::new(Call::None),
            called: Condvar::new(),
        }
    }

    fn ring(&self, call: Call) {
        let mut waiting = self.call.lock().unwrap_or_else(PoisonError::into_inner);
        if *waiting != Call::End {
            *waiting = call;
        }
        drop(waiting);
        self.called.notify_one();
    }

    /// The next call; none if there was none for `most`.
    fn wait(&self, most: Option<Duration>) -> Call {
        let waiting = self.call.lock().unwrap_or_else(PoisonError::into_inner);
        let nobody = |call: &mut Call| *call == Call::None;
        let mut waiting = match most {
            None => self.called.wait_while(waiting, nobody).unwrap_or_else(PoisonError::into_inner),
            Some(most) => {
                let waited = self.called.wait_timeout_while(waiting, most, nobody);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        let call = *waiting;
        if call == Call::Fold {
            *waiting = Call::None;
        }
        call
    }
}

/// What the thread works with.
struct Keeper {
    slot: Slot,
    log: Arc<Log>,
}

impl Keeper {
    fn run(mut self) {
        let mut seen = 0;
        loop {
            let long = fs::metadata(self.slot.source().log()).is_ok_and(|log| log.len() > LONG);
            match self.log.wait(long.then_some(IDLE)) {
                Call::End => return,
                Call::Fold => self.fold_most(),
                Call::None if self.slot.source().log_pages() == seen => self.cut(),
                Call::None => {}
            }
            seen = self.slot.source().log_pages();
        }
    }

    /// Folds until little is left; the writer does the rest.
    fn fold_most(&mut self) {
        let source = self.slot.source().clone();
        let mut before = 0;
        for pass in 1..=PASSES {
            if source.in_doubt() {
                return;
            }
            let folded = match self.slot.connection().and_then(|folder| fold(&source, folder)) {
                Ok(folded) => folded.pages,
                Err(fault) => return self.give_up(&fault),
            };
            let left = source.log_pages().saturating_sub(folded);
            // All of it, or no more than before, because a reader or another process holds it.
            if left == 0 || folded <= before {
                return self.again_later();
            }
            if left <= REST_PAGES || pass == PASSES {
                return self.log.rest.store(true, Ordering::Release);
            }
            before = folded;
        }
    }

    /// No harm is done, the log has everything: a disk that is full now may have room later.
    fn give_up(&mut self, fault: &StoreFault) {
        tracing::warn!(%fault, "the write-ahead log could not be folded");
        self.slot.discard();
        self.again_later();
    }

    fn again_later(&self) {
        let pages = self.slot.source().log_pages();
        self.log.call_at.store(pages.saturating_add(AGAIN_PAGES), Ordering::Relaxed);
    }

    fn cut(&mut self) {
        let source = self.slot.source().clone();
        if source.in_doubt() {
            return;
        }
        match self.slot.connection().and_then(|folder| cut(&source, folder)) {
            Ok(true) => {}
            Ok(false) => {
                tracing::debug!("the write-ahead log could not be cut: somebody reads what is in it");
            }
            Err(fault) => self.give_up(&fault),
        }
    }
}

/// Folds all of it for good, before the last connection is closed; whether readers let it. A log that alone can be relied
/// on outlives that connection instead.
pub(super) fn fold_all(writer: &mut Slot) -> Stored<bool> {
    let source = writer.source().clone();
    if source.in_doubt() {
        return Ok(true);
    }
    let connection = writer.connection()?;
    connection.busy_timeout(Duration::ZERO)?;
    cut(&source, connection)
}

#[cfg(test)]
mod tests;
