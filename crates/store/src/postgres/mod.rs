//! The engine of many servers: `PostgreSQL`, or a database that speaks its protocol.
//!
//! Servers share nothing but the database. An account is decided about under a lock on its row, so nothing that decides
//! lives in one server's memory, and nothing that was read here before is trusted later.
//!
//! | module | what it is |
//! |---|---|
//! | `host` | the hosts of a URL, asked one after the other |
//! | `source` | how a connection is made, and what a server must promise |
//! | `connection` | how statements are run, and when what was done is known |
//! | `line` | connections that are lent, whether there is a server at all, and how often something is tried |
//! | `trouble` | what can go wrong, by what may be done about it |
//! | [`migration`] | how the schema came to be, and who may run beside whom |
//! | `writer` | the tasks that take decisions, many in one transaction |
//! | `decision` | decisions that wait, are taken, and whose outcomes are told |
//! | `write` | what a decision came to, and how it is written once, whatever happens |
//! | `glance` | reads of a row by its key, many in one go |
//! | `seen` | how a row that was read is known again |
//! | `shard` | what keys have in common |
//! | `outward` | the part of the door that leads outside |
//! | `import` | many accounts in one transaction |
//! | `rows`, `bulk` | whole tables, for a copy |
//! | `account`, `lookup`, `trail`, `app`, `wrapped_key`, `signing_key`, `limit`, `claim`, `watch`, `feed`, `webhook`, `sweep` | one table's statements each |
//!
//! What was rolled back because of others is tried again; what was decided is never decided twice ([ADR 17]).
//!
//! [ADR 17]: ../../../../docs/adr/0017-a-decision-is-taken-once.md

mod account;
mod app;
mod bulk;
mod claim;
mod connection;
mod decision;
mod door;
mod feed;
mod glance;
mod host;
mod import;
mod limit;
mod line;
mod lookup;
pub mod migration;
mod outward;
pub(crate) mod rows;
mod seen;
mod shard;
mod signing_key;
mod source;
mod sweep;
mod trail;
mod trouble;
mod watch;
mod webhook;
mod wrapped_key;
mod write;
mod writer;

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use countersign_domain::secret::SecretText;
use rustls::ClientConfig;

use crate::door::StoreFault;
use crate::gathering::Gathering;
use glance::Glances;
use line::Line;
use seen::Tag;
use source::Source;
use writer::Writer;

/// How to reach the database, and how to use it.
#[derive(Clone)]
pub struct Options {
    /// `postgresql://user@host:port,host:port/database`: every server that can become the one that takes writes.
    pub url: SecretText,
    /// The password, if it is not in the URL.
    pub password: Option<SecretText>,
    /// How TLS is spoken; without it none is. With it, a server that speaks none is refused.
    pub tls: Option<Arc<ClientConfig>>,
    /// What a commit must have reached at least when it is acknowledged. A server that promises less is refused.
    pub durability: Durability,
    /// Whether a server that waits for no standby is refused.
    pub require_standby: bool,
    /// Connections that take decisions, 1 to 4; an account always belongs to the same one of a server.
    pub writers: NonZeroUsize,
    /// Connections for everything else.
    pub connections: NonZeroUsize,
    /// The most decisions in one transaction. 1, where rows are spread over many servers: each transaction then touches one
    /// account.
    pub batch: NonZeroUsize,
    /// Decisions that may wait at each writer; a caller beyond that waits before it is in the queue.
    pub queue: NonZeroUsize,
    /// When a commit waits for others that are about to come.
    pub gathering: Gathering,
    /// The longest that one statement may take. Then its connection is given up, and what it was in the middle of is found out.
    pub statement_timeout: Duration,
    /// The longest that one server may take to accept a connection.
    pub connect_timeout: Duration,
    /// How long a caller waits at most while no server takes writes, and while something is tried again.
    pub patience: Duration,
    /// What to do about a database of an older version.
    pub older: Older,
    /// Chosen at random for each process: its writes are known by it.
    pub node: [u8; 6],
}

impl Options {
    /// The usual ones for that URL.
    #[must_use]
    pub fn new(url: SecretText, node: [u8; 6]) -> Self {
        const fn some(n: usize) -> NonZeroUsize {
            NonZeroUsize::MIN.saturating_add(n - 1)
        }
        Self {
            url,
            password: None,
            tls: None,
            durability: Durability::On,
            require_standby: false,
            writers: NonZeroUsize::MIN,
            connections: some(16),
            batch: some(128),
            queue: some(4096),
            gathering: Gathering::default(),
            statement_timeout: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(1),
            patience: Duration::from_secs(5),
            older: Older::default(),
            node,
        }
    }
}

impl Options {
    /// Whether the URL can be read; nothing is connected to.
    ///
    /// # Errors
    /// [`OpenError::Url`], without the URL.
    pub fn check(&self) -> Result<(), OpenError> {
        Source::new(self).map(drop)
    }
}

/// What a commit has reached when it is acknowledged: `PostgreSQL`'s `synchronous_commit`, from weak to strong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Durability {
    /// Nothing but memory.
    Off,
    /// The disk of the server itself.
    Local,
    /// And the memory of a standby, where there is one that is waited for.
    RemoteWrite,
    /// And the disk of a standby, where there is one that is waited for.
    #[default]
    On,
    /// And what a standby shows to its readers.
    RemoteApply,
}

impl Durability {
    /// By the database's own word.
    fn of(word: &str) -> Option<Self> {
        [Self::Off, Self::Local, Self::RemoteWrite, Self::On, Self::RemoteApply]
            .into_iter()
            .find(|durability| durability.word() == word)
    }

    /// The database's own word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Local => "local",
            Self::RemoteWrite => "remote_write",
            Self::On => "on",
            Self::RemoteApply => "remote_apply",
        }
    }
}

/// What to do about a database that an older version of the server made, or that is empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Older {
    /// Take the steps that servers of the version before can live with.
    #[default]
    Expand,
    /// Leave it alone, and say so.
    Refuse,
}

/// Why a database was not opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL cannot be read.
    #[error("the URL of the database cannot be read: {0}")]
    Url(String),
    /// A newer version of the server wrote it, and has taken a step that this one cannot live with.
    #[error(
        "the database has schema version {found}, which servers from version {oldest} on know; this one knows {known}: use a newer server"
    )]
    Newer {
        /// The database's version.
        found: i64,
        /// The least version of a server that it can be used by.
        oldest: i64,
        /// The newest version that is known here.
        known: i64,
    },
    /// An older version of the server made it, or it is empty. Nothing was changed.
    #[error(
        "the database has schema version {found}, and this program needs version {known}: run `countersign migrate up`"
    )]
    Older {
        /// The database's version; 0 for an empty one.
        found: i64,
        /// The version that is needed.
        known: i64,
    },
    /// A copy into it is not finished.
    #[error(
        "a copy into this database is not finished: run the same `countersign copy` again, which goes on where it was; or \
         drop the database and create it anew"
    )]
    Unfinished,
    /// It cannot be reached, or refuses.
    #[error("the database cannot be opened: {0}")]
    Store(#[from] StoreFault),
}

/// Records in a database of its own. A clone is another handle of the same store.
///
/// When the last handle is dropped, what waits is still written by the runtime on which it was opened.
#[derive(Clone)]
pub struct PostgresStore(Arc<Engine>);

struct Engine {
    line: Arc<Line>,
    writer: Writer,
    glances: Glances,
    node: [u8; 6],
    tags: AtomicU64,
}

impl PostgresStore {
    /// Opens the database, making its schema in an empty one.
    ///
    /// # Errors
    /// [`OpenError`] if it cannot be reached, promises less than it should, or is of a version that does not fit.
    pub async fn open(options: Options) -> Result<Self, OpenError> {
        let source = Source::new(&options)?;
        let connection = source.connect().await.map_err(trouble::Trouble::into_fault)?;
        migration::open(&connection, &options, options.older).await?;
        if migration::copies(&connection).await.map_err(trouble::Trouble::into_fault)? > 0 {
            return Err(OpenError::Unfinished);
        }
        let lent = options.connections.get() + options.writers.get() + 1;
        let line = Line::new(source, lent, options.patience)?;
        let (writer, glances) = (Writer::start(&line, &options), Glances::start(&line));
        Ok(Self(Arc::new(Engine { line, writer, glances, node: options.node, tags: AtomicU64::new(0) })))
    }

    /// A tag for a write beside the writers'.
    fn tag(&self) -> Tag {
        let number = self.0.tags.fetch_add(1, Ordering::Relaxed);
        let mut tag = [0xff; 16];
        tag[..6].copy_from_slice(&self.0.node);
        tag[8..].copy_from_slice(&number.to_be_bytes());
        tag
    }
}
