//! Reads of a row by its key, many of them in one go.
//!
//! A task has a connection of its own. While one group of reads is on its way, those that come meanwhile form the next, so
//! nobody waits for company, and under load a way there and back serves many. A read begins after it was asked for, so it sees
//! everything that was acknowledged before.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures_util::FutureExt;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::sync::oneshot;

use super::connection::Connection;
use super::line::{Lent, Line};
use super::trouble::Trouble;
use crate::door::StoreFault;

/// What is read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The record of an account, by its id.
    Account,
    /// The record of an app, by its id.
    App,
    /// Whose a name is, by as much of its hash as is kept.
    Name,
    /// Whose a session is, by its hash.
    Session,
    /// What is watched, by its hash.
    Watch,
}

/// A key and a value each, in the order of [`Kind`].
const STATEMENTS: [&str; 5] = [
    "SELECT id, record FROM accounts WHERE id = ANY($1)",
    "SELECT id, record FROM apps WHERE id = ANY($1)",
    "SELECT hash, account_id FROM names WHERE hash = ANY($1)",
    "SELECT hash, account_id FROM sessions WHERE hash = ANY($1)",
    "SELECT hash, watch FROM watches WHERE hash = ANY($1)",
];

/// The most reads in one go.
const TOGETHER: usize = 256;

/// The way to the task. When this is dropped, it ends.
pub(super) struct Glances(Sender<Ask>);

struct Ask {
    kind: Kind,
    key: Vec<u8>,
    answer: oneshot::Sender<Result<Option<Vec<u8>>, Trouble>>,
}

impl Glances {
    /// Starts the task on the runtime of the caller.
    pub(super) fn start(line: &Arc<Line>) -> Self {
        let (sender, asks) = channel(TOGETHER * 4);
        tokio::spawn(answer_all(asks, Arc::clone(line)));
        Self(sender)
    }

    /// The value under a key, if there is one.
    pub(super) async fn look(&self, kind: Kind, key: &[u8]) -> Result<Option<Vec<u8>>, Trouble> {
        let (answer, told) = oneshot::channel();
        let closed = |_| Trouble::from(StoreFault::Closed);
        self.0.send(Ask { kind, key: key.to_vec(), answer }).await.map_err(|_| StoreFault::Closed)?;
        told.await.map_err(closed)?
    }
}

async fn answer_all(mut asks: Receiver<Ask>, line: Arc<Line>) {
    let (mut kept, mut group) = (None::<Lent>, Vec::new());
    while asks.recv_many(&mut group, TOGETHER).await > 0 {
        // Nobody waits for those who have hung up.
        group.retain(|ask| !ask.answer.is_closed());
        let connection = match kept.take().filter(|lent| lent.is_fit()) {
            Some(connection) => Ok(connection),
            None => line.lend().await,
        };
        let found = match connection {
            // A panic of ours costs this group, and not all who come after it.
            Ok(connection) => AssertUnwindSafe(read(kept.insert(connection), &group))
                .catch_unwind()
                .await
                .unwrap_or_else(|_| Err(StoreFault::Backend("a read panicked".into()).into())),
            Err(trouble) => Err(trouble),
        };
        for Ask { kind, key, answer } in group.drain(..) {
            let told = match &found {
                Ok(found) => Ok(found.get(&(kind as usize, key)).cloned()),
                Err(trouble) => Err(trouble.again()),
            };
            answer.send(told).ok();
        }
    }
}

/// Values by what they are and their keys.
type Found = HashMap<(usize, Vec<u8>), Vec<u8>>;

async fn read(connection: &Connection, group: &[Ask]) -> Result<Found, Trouble> {
    let mut keys: [Vec<&[u8]>; STATEMENTS.len()] = Default::default();
    for ask in group {
        keys[ask.kind as usize].push(&ask.key);
    }
    let asked: Vec<usize> = (0..STATEMENTS.len()).filter(|kind| !keys[*kind].is_empty()).collect();
    let values: Vec<[&(dyn tokio_postgres::types::ToSql + Sync); 1]> =
        asked.iter().map(|kind| [&keys[*kind] as _]).collect();
    let work: Vec<_> =
        asked.iter().zip(&values).map(|(kind, values)| (STATEMENTS[*kind], &values[..])).collect();
    let mut found = Found::with_capacity(group.len());
    for (kind, rows) in asked.iter().zip(connection.rows_of_each(&work).await?) {
        for row in rows {
            found.insert((*kind, row.get(0)), row.get(1));
        }
    }
    Ok(found)
}
