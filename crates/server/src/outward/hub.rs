//! The feed as this server sees it: looked at once for all who follow, and only while somebody does.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use countersign_domain::feed::{FeedEntry, FeedPlace};
use countersign_service::{Fault, Service, Store};
use tokio::sync::{Notify, watch};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Events that are kept in memory: whoever is not further behind need not read them again.
const KEPT: usize = 2048;

/// Events that are read, or given their places, at once.
const BATCH: u32 = 512;

/// Between two looks while nobody follows: events get their places all the same.
const IDLE: Duration = Duration::from_secs(1);

/// After a fault.
const PAUSE: Duration = Duration::from_secs(1);

/// The feed as this server sees it.
pub struct Hub<S> {
    service: Service<S>,
    poll: Duration,
    recent: Mutex<Recent>,
    end: watch::Sender<FeedPlace>,
    listeners: AtomicUsize,
    came: Notify,
}

#[derive(Default)]
struct Recent {
    /// Every event after this place, and up to `last`, is here.
    after: FeedPlace,
    last: FeedPlace,
    entries: VecDeque<Arc<FeedEntry>>,
    /// Nobody followed, so nothing is known.
    cold: bool,
}

/// A part of the feed.
pub(super) struct Part {
    pub(super) entries: Vec<Arc<FeedEntry>>,
    pub(super) last: FeedPlace,
    pub(super) missed: bool,
}

impl<S: Store> Hub<S> {
    /// A hub that looks for new events so often.
    #[must_use]
    pub fn new(service: Service<S>, poll: Duration) -> Arc<Self> {
        let recent = Mutex::new(Recent { cold: true, ..Recent::default() });
        let (end, listeners, came) =
            (watch::Sender::new(FeedPlace::START), AtomicUsize::new(0), Notify::new());
        Arc::new(Self { service, poll, recent, end, listeners, came })
    }

    /// Works until it is told to stop.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut failing = false;
        loop {
            let pause = match self.turn().await {
                Ok(true) => Duration::ZERO,
                Ok(false) if self.listeners.load(Ordering::SeqCst) > 0 => self.poll,
                Ok(false) => IDLE.max(self.poll),
                Err(fault) => {
                    if !failing {
                        tracing::warn!(%fault, "the feed of events cannot be read for a while; it is tried again");
                    }
                    failing = true;
                    PAUSE
                }
            };
            failing &= pause == PAUSE;
            let waited = async {
                tokio::select! {
                    () = sleep(pause) => {}
                    () = self.came.notified() => {}
                }
            };
            if stop.run_until_cancelled(waited).await.is_none() {
                return;
            }
        }
    }

    /// Gives places, and looks for new events if somebody follows; whether there may be more.
    async fn turn(&self) -> Result<bool, Fault> {
        let arranged = self.service.arrange(BATCH).await?;
        if self.listeners.load(Ordering::SeqCst) == 0 {
            self.recent().cold = true;
            return Ok(arranged > 0);
        }
        let last = self.warm().await?;
        let fed = self.service.feed(last, BATCH).await?;
        let more = fed.entries.len() >= BATCH as usize;
        let mut recent = self.recent();
        recent.last = fed.last;
        recent.entries.extend(fed.entries.into_iter().map(Arc::new));
        while recent.entries.len() > KEPT {
            if let Some(entry) = recent.entries.pop_front() {
                recent.after = entry.place;
            }
        }
        drop(recent);
        self.end.send_if_modified(|end| {
            let moved = *end != fed.last;
            *end = fed.last;
            moved
        });
        Ok(more || arranged > 0)
    }

    /// Where to go on looking: at the end, if nobody followed until now.
    async fn warm(&self) -> Result<FeedPlace, Fault> {
        let known = {
            let recent = self.recent();
            (!recent.cold).then_some(recent.last)
        };
        if let Some(last) = known {
            return Ok(last);
        }
        let end = self.service.feed_end().await?;
        *self.recent() = Recent { after: end, last: end, entries: VecDeque::new(), cold: false };
        Ok(end)
    }

    fn recent(&self) -> std::sync::MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Somebody follows until what is given is dropped.
    pub(super) fn listen(self: &Arc<Self>) -> Listening<S> {
        if self.listeners.fetch_add(1, Ordering::SeqCst) == 0 {
            self.came.notify_one();
        }
        Listening { hub: Arc::clone(self), end: self.end.subscribe() }
    }
}

/// Somebody who follows.
pub(super) struct Listening<S: Store> {
    hub: Arc<Hub<S>>,
    end: watch::Receiver<FeedPlace>,
}

impl<S: Store> Listening<S> {
    /// What comes after a place, at most `limit` of it: from memory where it is there.
    pub(super) async fn after(&mut self, after: FeedPlace, limit: u32) -> Result<Part, Fault> {
        // What comes from now on wakes.
        self.end.mark_unchanged();
        if let Some(part) = self.hub.recent().part(after, limit as usize) {
            return Ok(part);
        }
        let fed = self.hub.service.feed(after, limit).await?;
        let entries = fed.entries.into_iter().map(Arc::new).collect();
        Ok(Part { entries, last: fed.last, missed: fed.missed })
    }

    /// Waits until there is more.
    pub(super) async fn more(&mut self) {
        // The hub lives as long as this does.
        let _ = self.end.changed().await;
    }
}

impl<S: Store> Drop for Listening<S> {
    fn drop(&mut self) {
        self.hub.listeners.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Recent {
    /// What comes after a place, if that is known here.
    fn part(&self, after: FeedPlace, limit: usize) -> Option<Part> {
        if self.cold || after < self.after || after > self.last {
            return None;
        }
        let begin = self.entries.partition_point(|entry| entry.place <= after);
        let entries: Vec<_> = self.entries.iter().skip(begin).take(limit).cloned().collect();
        let whole = begin + entries.len() == self.entries.len();
        let last = if whole { self.last } else { entries.last().map_or(after, |entry| entry.place) };
        Some(Part { entries, last, missed: false })
    }
}
