//! The work of an import: chunks of lines are read in order, prepared on every core, and stored in order, several chunks
//! in one transaction.

use std::collections::VecDeque;
use std::sync::Arc;

use countersign_dialects::native::carried;
use countersign_service::Store;
use countersign_service::import::{Importer, Outcome, Prepared};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

use super::lines::{LONGEST, Line, Lines};
use super::manners::{MANY, Manners};
use super::progress::Progress;
use crate::cli::Failure;

/// Lines that are prepared by one thread at a time: no more than the smallest transaction has.
const CHUNK: usize = 1000;

/// Chunks that are read, and prepared or about to be, while others are stored.
const AHEAD: usize = 2 * MANY / CHUNK;

/// An import.
pub(super) struct Work<S> {
    pub(super) importer: Importer<S>,
    pub(super) mode: Mode,
    pub(super) stop_at_conflict: bool,
    pub(super) refuse_common: bool,
    /// A permit for each chunk that may be prepared at the same time.
    pub(super) permits: Arc<Semaphore>,
}

/// What becomes of what was read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Store,
    Check,
}

/// What an import came to.
#[derive(Default)]
pub(super) struct Tally {
    /// Lines that were not blank.
    pub(super) lines: u64,
    /// Accounts that are new, or would be.
    pub(super) created: u64,
    /// Accounts that were there.
    pub(super) there: u64,
    /// Accounts of which another has a name.
    pub(super) taken: u64,
    /// Lines that are no account.
    pub(super) refused: u64,
}

/// Lines that were read and judged, in order.
#[derive(Default)]
struct Chunk {
    last: u64,
    lines: u64,
    refused: Vec<(u64, String)>,
    accounts: Vec<(u64, Judged)>,
    /// Secrets were hashed, so that it took long.
    hashed: bool,
}

/// An account to be stored, or what would become of it.
enum Judged {
    Ready(Box<Prepared>),
    Known(Outcome),
}

type Pending = VecDeque<JoinHandle<Result<Chunk, Failure>>>;

impl<S: Store> Work<S> {
    /// Carries it out.
    ///
    /// # Errors
    /// The lines cannot be read, the store fails, or a name is taken and that is where to stop.
    pub(super) async fn run(
        &self,
        mut lines: Lines,
        mut manners: Manners,
        progress: &Progress,
    ) -> Result<Tally, Failure> {
        let (mut tally, mut pending) = (Tally::default(), Pending::new());
        let done = async {
            loop {
                self.fill(&mut pending, &mut lines)?;
                let Some(chunk) = gather(&mut pending, manners.most()).await? else { return Ok(()) };
                let reached = chunk.last;
                let storing = self.store(chunk, &mut manners, &mut tally, progress);
                // What comes next is read and prepared while this is stored.
                let (stored, filled) = tokio::join!(storing, async { self.fill(&mut pending, &mut lines) });
                stored.and(filled)?;
                progress.reached(reached);
            }
        }
        .await;
        // Whatever was begun ahead is not stored, and a secret that is being hashed must not hold the end up.
        pending.iter().for_each(JoinHandle::abort);
        progress.end();
        let so_far = |why: String| {
            Failure::Failed(format!("{why}. {} accounts were imported before, and stay so", tally.created))
        };
        match done {
            Ok(()) => Ok(tally),
            Err(Failure::Failed(why)) if self.mode == Mode::Store => Err(so_far(why)),
            Err(failure) => Err(failure),
        }
    }

    fn fill(&self, pending: &mut Pending, lines: &mut Lines) -> Result<(), Failure> {
        while pending.len() < AHEAD {
            let some = lines.next(CHUNK)?;
            if some.is_empty() {
                return Ok(());
            }
            let (importer, mode, refuse_common) = (self.importer.clone(), self.mode, self.refuse_common);
            let permits = Arc::clone(&self.permits);
            pending.push_back(tokio::spawn(async move {
                let _permit = permits.acquire().await.map_err(|error| Failure::failed(&error))?;
                judge(importer, mode, refuse_common, some).await
            }));
        }
        Ok(())
    }

    async fn store(
        &self,
        chunk: Chunk,
        manners: &mut Manners,
        tally: &mut Tally,
        progress: &Progress,
    ) -> Result<(), Failure> {
        tally.lines += chunk.lines;
        tally.refused += u64::try_from(chunk.refused.len()).unwrap_or(u64::MAX);
        for (line, why) in &chunk.refused {
            progress.tell(*line, why);
        }
        let (mut known, mut ready) = (Vec::new(), (Vec::new(), Vec::new()));
        for (line, judged) in chunk.accounts {
            match judged {
                Judged::Known(outcome) => known.push((line, outcome)),
                Judged::Ready(prepared) => {
                    ready.0.push(line);
                    ready.1.push(*prepared);
                }
            }
        }
        let accounts = ready.1.len();
        if accounts > 0 {
            let batch = self.importer.store(ready.1).await.map_err(|fault| Failure::failed(&fault))?;
            known.extend(ready.0.into_iter().zip(batch.outcomes));
            if let Some(pause) = manners.pause(accounts, batch.changes) {
                tokio::time::sleep(pause).await;
            }
        }
        self.count(&known, tally, progress)
    }

    fn count(&self, known: &[(u64, Outcome)], tally: &mut Tally, progress: &Progress) -> Result<(), Failure> {
        let mut conflict = None;
        for (line, outcome) in known {
            match outcome {
                Outcome::Created => tally.created += 1,
                Outcome::There => tally.there += 1,
                Outcome::Taken(name) => {
                    tally.taken += 1;
                    progress.tell(*line, &format!("{name} is taken by another account"));
                    conflict.get_or_insert(*line);
                }
            }
        }
        match conflict {
            Some(line) if self.stop_at_conflict && self.mode == Mode::Store => Err(Failure::Failed(format!(
                "stopped after line {line}, because another account has its name; --on-conflict skip goes on"
            ))),
            _ => Ok(()),
        }
    }
}

/// What is stored in one transaction: the next chunks, as far as they have no more lines than `most`, or the one that
/// took long. None at the end.
async fn gather(pending: &mut Pending, most: usize) -> Result<Option<Chunk>, Failure> {
    let mut whole: Option<Chunk> = None;
    while let Some(next) = pending.pop_front() {
        let chunk = next.await.map_err(|error| Failure::failed(&error))??;
        let hashed = chunk.hashed;
        let gathered = match &mut whole {
            None => whole.insert(chunk),
            Some(whole) => {
                whole.extend(chunk);
                whole
            }
        };
        if hashed || gathered.accounts.len() + CHUNK > most {
            break;
        }
    }
    Ok(whole)
}

impl Chunk {
    /// Adds the one that comes after it.
    fn extend(&mut self, next: Self) {
        self.last = next.last;
        self.lines += next.lines;
        self.refused.extend(next.refused);
        self.accounts.extend(next.accounts);
    }
}

async fn judge<S: Store>(
    importer: Importer<S>,
    mode: Mode,
    refuse_common: bool,
    lines: Vec<Line>,
) -> Result<Chunk, Failure> {
    let last = lines.last().map_or(0, |line| line.number);
    let count = u64::try_from(lines.len()).unwrap_or(u64::MAX);
    let mut chunk = Chunk { last, lines: count, ..Chunk::default() };
    for line in lines {
        match judge_one(&importer, mode, refuse_common, &line, &mut chunk.hashed).await? {
            Ok(judged) => chunk.accounts.push((line.number, judged)),
            Err(why) => chunk.refused.push((line.number, why)),
        }
    }
    Ok(chunk)
}

async fn judge_one<S: Store>(
    importer: &Importer<S>,
    mode: Mode,
    refuse_common: bool,
    line: &Line,
    hashed: &mut bool,
) -> Result<Result<Judged, String>, Failure> {
    let Some(text) = &line.text else { return Ok(Err(format!("it is longer than {LONGEST} bytes"))) };
    let carried = match carried::read(text, refuse_common) {
        Ok(carried) => carried,
        Err(why) => return Ok(Err(why)),
    };
    if mode == Mode::Check {
        if let Err(why) = importer.allow(&carried) {
            return Ok(Err(why.to_string()));
        }
        let outcome = importer.look_up(&carried).await.map_err(|fault| Failure::failed(&fault))?;
        return Ok(Ok(Judged::Known(outcome)));
    }
    *hashed |= !carried.account.secrets.is_empty();
    let prepared =
        importer.prepare(line.number - 1, carried).await.map_err(|fault| Failure::failed(&fault))?;
    Ok(prepared.map(|ready| Judged::Ready(Box::new(ready))).map_err(|why| why.to_string()))
}
