//! The way to the database: connections that are lent and given back, and whether there is one at all.
//!
//! While no server that takes writes can be reached, nobody tries to connect but one task, several times a second. All
//! others wait for it, for as long as a caller's patience lasts, and are then told so; in a longer outage at once.

use std::sync::{Arc, Weak};
use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{Manager, Metrics, Object, Pool, PoolError, RecycleError, RecycleResult, Timeouts};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout_at};

use super::OpenError;
use super::connection::Connection;
use super::source::Source;
use super::trouble::Trouble;
use crate::door::{StoreFault, Stored};

/// How long to wait before the next try to connect.
const PAUSE: Duration = Duration::from_millis(200);

/// How long to wait before what was rolled back is tried again; longer each time.
const STEP: Duration = Duration::from_millis(3);

/// The connections, and whether the last one that was tried for was made.
pub(super) struct Line {
    source: Source,
    pool: Pool<Lender>,
    /// Since when nobody could connect.
    down: watch::Sender<Option<Instant>>,
    patience: Duration,
}

/// A connection that is lent. One in the middle of something does not go back.
pub(super) struct Lent(Option<Object<Lender>>);

impl Line {
    pub(super) fn new(
        source: Source,
        connections: usize,
        patience: Duration,
    ) -> Result<Arc<Self>, OpenError> {
        let pool = Pool::builder(Lender(source.clone()))
            .max_size(connections)
            .timeouts(Timeouts { wait: Some(patience), create: None, recycle: None })
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| OpenError::Store(StoreFault::Backend(error.to_string())))?;
        Ok(Arc::new(Self { source, pool, down: watch::Sender::new(None), patience }))
    }

    /// Lends a connection, as soon as there is one.
    pub(super) async fn lend(self: &Arc<Self>) -> Result<Lent, Trouble> {
        self.up().await?;
        match self.pool.get().await {
            Ok(object) => Ok(Lent(Some(object))),
            // The server is there. Those that it has lent already come back.
            Err(PoolError::Backend(trouble @ Trouble::Conflict(_))) => Err(trouble),
            Err(PoolError::Backend(trouble)) => {
                self.lost();
                // Whatever is wrong with the way there, it may be mended while this runs.
                Err(match trouble {
                    Trouble::Fault(StoreFault::Backend(why)) => Trouble::Lost(why),
                    trouble => trouble,
                })
            }
            Err(PoolError::Closed) => Err(StoreFault::Closed.into()),
            Err(_) => Err(Trouble::Conflict("all connections are in use".into())),
        }
    }

    /// Waits until a server is there. Once none has been for longer than anybody is patient, nobody waits any more.
    async fn up(&self) -> Result<(), Trouble> {
        let Some(since) = *self.down.borrow() else { return Ok(()) };
        let mut down = self.down.subscribe();
        let waited = timeout_at(since + self.patience, down.wait_for(Option::is_none)).await;
        match waited {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(StoreFault::Closed.into()),
            Err(_) => {
                Err(StoreFault::Unavailable("no server that takes writes can be reached".into()).into())
            }
        }
    }

    /// Somebody has lost a connection: the others lead to the same place. Looks for the way again, until it is found.
    pub(super) fn lost(self: &Arc<Self>) {
        let first = self.down.send_if_modified(|down| {
            let first = down.is_none();
            down.get_or_insert_with(Instant::now);
            first
        });
        if !first {
            return;
        }
        self.pool.retain(|_, _| false);
        tokio::spawn(look_for(Arc::downgrade(self)));
    }

    /// How often to try something.
    pub(super) fn tries(self: &Arc<Self>) -> Tries {
        Tries { line: Arc::clone(self), until: Instant::now() + self.patience, made: 0, in_doubt: false }
    }
}

async fn look_for(line: Weak<Line>) {
    let mut told = false;
    loop {
        let Some(source) = line.upgrade().map(|line| line.source.clone()) else { return };
        let found = Box::pin(source.connect()).await;
        let Some(line) = line.upgrade() else { return };
        // What came back meanwhile leads to the place that was lost, and may be what keeps the next try out.
        line.pool.retain(|_, _| false);
        match found {
            Ok(_) => {
                if told {
                    tracing::warn!("PostgreSQL can be reached again");
                }
                line.down.send_replace(None);
                return;
            }
            Err(trouble) => {
                if !told {
                    let why = trouble.into_fault();
                    tracing::error!(%why, "no PostgreSQL that takes writes can be reached; it is tried until one is");
                }
                told = true;
            }
        }
        drop(line);
        sleep(PAUSE).await;
    }
}

impl core::ops::Deref for Lent {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0.as_deref().unwrap_or_else(|| unreachable!("it is lent until it is dropped"))
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if let Some(object) = self.0.take()
            && !object.is_fit()
        {
            drop(Object::take(object));
        }
    }
}

/// Makes connections for the pool.
pub(super) struct Lender(Source);

impl Manager for Lender {
    type Type = Connection;
    type Error = Trouble;

    async fn create(&self) -> Result<Connection, Trouble> {
        // In a box: it is seldom made, and would make every use of a connection as large.
        Box::pin(self.0.connect()).await
    }

    async fn recycle(&self, connection: &mut Connection, _: &Metrics) -> RecycleResult<Trouble> {
        if connection.is_fit() { Ok(()) } else { Err(RecycleError::message("it is closed")) }
    }
}

/// Something that is tried until it succeeds, fails for good, or has taken too long.
pub(super) struct Tries {
    line: Arc<Line>,
    until: Instant,
    made: u32,
    /// A try was in doubt: it may have succeeded.
    in_doubt: bool,
}

impl Tries {
    /// After a try that may safely be made again, also where it may have succeeded.
    pub(super) async fn again(&mut self, trouble: Trouble) -> Stored<()> {
        self.in_doubt |= matches!(trouble, Trouble::Doubt(_));
        self.made += 1;
        match &trouble {
            Trouble::Fault(_) => return Err(trouble.into_fault()),
            Trouble::Lost(_) | Trouble::Doubt(_) => self.line.lost(),
            Trouble::Conflict(_) => {}
        }
        if Instant::now() >= self.until {
            let trouble = if self.in_doubt { trouble_in_doubt(trouble) } else { trouble };
            return Err(trouble.into_fault());
        }
        sleep(STEP * (1 << self.made.min(6))).await;
        Ok(())
    }

    /// As [`Self::again`], for what must not be made twice: a try in doubt is the last.
    pub(super) async fn once_more(&mut self, trouble: Trouble) -> Stored<()> {
        if matches!(trouble, Trouble::Doubt(_)) {
            self.line.lost();
            return Err(trouble.into_fault());
        }
        self.again(trouble).await
    }

    /// Whether an earlier try may have succeeded.
    pub(super) const fn in_doubt(&self) -> bool {
        self.in_doubt
    }
}

fn trouble_in_doubt(trouble: Trouble) -> Trouble {
    match trouble {
        Trouble::Conflict(why) | Trouble::Lost(why) => Trouble::Doubt(why),
        other => other,
    }
}
