//! The door that every store stands behind: what the service may ask, and what each call promises.
//!
//! A store holds no rule. It loads a record, runs the decision it is given inside one durable transaction, and saves.
//! One transaction touches one account, and the account's id leads every key, so that the records can be spread.

use core::future::Future;

use countersign_domain::account::Account;
use countersign_domain::app::App;
use countersign_domain::command::Page;
use countersign_domain::event::Event;
use countersign_domain::id::{AccountId, AppId, EventId};
use countersign_domain::identifier::TenantId;
use countersign_domain::ledger::Ledger;
use countersign_domain::secret::Sealed;
use countersign_domain::spend::Spending;
use countersign_domain::spray::Watch;
use countersign_domain::time::{Span, Timestamp};

pub use crate::arrival::{Arrival, Imported, ImportedBatch};
pub use crate::at_work::AtWork;
pub use crate::feed::{Feed, Waiting, WebhookDraft};
pub use crate::signing_key::{Retirement, StoredSigningKey};

/// A keyed hash under which something is looked up; the value itself is not stored in the look-up tables.
pub type Index = [u8; 32];

/// Where records live.
pub trait Store: Feed {
    /// Stores a new account with everything it is found by, its fresh events, and the answer to its request's key.
    /// Durable when it returns.
    fn create(
        &self,
        account: Account,
        lookups: Vec<Lookup>,
        answer: Option<KeptAnswer>,
    ) -> impl Future<Output = Stored<Created>> + Send;

    /// Stores many new accounts, each with everything it is found by and its fresh events: one durable transaction.
    /// One whose names are taken is left out, whole, and the others are stored.
    fn import(&self, arrivals: Vec<Arrival>) -> impl Future<Output = Stored<ImportedBatch>> + Send;

    /// The record as last saved; `None` if there is none.
    fn read(&self, id: AccountId) -> impl Future<Output = Stored<Option<Account>>> + Send;

    /// Loads the record, runs `decide`, saves the record and its fresh events: one durable transaction.
    ///
    /// `decide` runs exactly once, while no other decision about this account runs anywhere. Its outcome is given
    /// only once the transaction is durable; on an error nothing of it was saved. `None`: there is no such account,
    /// and `decide` did not run. A record that `decide` left as it was costs no write.
    fn update<R, F>(&self, id: AccountId, decide: F) -> impl Future<Output = Stored<Option<R>>> + Send
    where
        R: Send + 'static,
        F: FnOnce(&mut Draft) -> R + Send + 'static;

    /// Deletes the record and everything it is found by, in one durable transaction, after saving `last` as the
    /// final event(s) of its trail. The trail stays. `false` if there was no such account.
    fn erase<F>(&self, id: AccountId, last: F) -> impl Future<Output = Stored<bool>> + Send
    where
        F: FnOnce(&mut Account) + Send + 'static;

    /// The account of that unique name.
    fn find_name(&self, index: Index) -> impl Future<Output = Stored<Option<AccountId>>> + Send;

    /// Accounts with that mobile number, by id, at most `limit`.
    fn find_mobile(&self, index: Index, limit: u32) -> impl Future<Output = Stored<Vec<AccountId>>> + Send;

    /// The account whose session has that index. Found until the session expires, whether or not it still lives.
    fn find_session(&self, index: Index) -> impl Future<Output = Stored<Option<AccountId>>> + Send;

    /// A tenant's accounts by id.
    fn accounts(
        &self,
        tenant: TenantId,
        page: Page<AccountId>,
    ) -> impl Future<Output = Stored<Vec<Account>>> + Send;

    /// Stores a new app, and the answer to its request's key; one that is there stays as it is. Durable when it returns.
    fn create_app(&self, app: App, answer: Option<KeptAnswer>) -> impl Future<Output = Stored<()>> + Send;

    /// Loads an app, runs `decide`, saves it: one durable transaction. `false` if it is not there (any more).
    fn update_app<F>(&self, id: AppId, decide: F) -> impl Future<Output = Stored<bool>> + Send
    where
        F: FnOnce(&mut App) + Send + 'static;

    /// The app of that id.
    fn app(&self, id: AppId) -> impl Future<Output = Stored<Option<App>>> + Send;

    /// A tenant's apps by id.
    fn apps(&self, tenant: TenantId, page: Page<AppId>) -> impl Future<Output = Stored<Vec<App>>> + Send;

    /// Deletes an app. `false` if there was none.
    fn delete_app(&self, id: AppId) -> impl Future<Output = Stored<bool>> + Send;

    /// Audit events, newest first; of one account or of the whole tenant; `after` is the last one already seen.
    fn events(
        &self,
        tenant: TenantId,
        account: Option<AccountId>,
        page: Page<EventId>,
    ) -> impl Future<Output = Stored<Vec<Event>>> + Send;

    /// Remembers `index` until `until`. `true` exactly for the first caller that asks while it is not remembered.
    fn once(
        &self,
        index: Index,
        until: Timestamp,
        now: Timestamp,
    ) -> impl Future<Output = Stored<bool>> + Send;

    /// Counts one more under `index` if fewer than `limit` were counted in the last `span`; else says when there is
    /// room again. Durable when it returns.
    fn count(
        &self,
        index: Index,
        limit: u32,
        span: Span,
        now: Timestamp,
    ) -> impl Future<Output = Stored<Result<(), Timestamp>>> + Send;

    /// Loads the ledger of a name that nobody has, runs `decide`, saves it: one durable transaction. It is forgotten at
    /// `until`, and earlier where there are more such names than a fixed number of them. A ledger that `decide` left as it
    /// was costs no write and lives no longer.
    fn at_nobody<R, F>(
        &self,
        index: Index,
        until: Timestamp,
        now: Timestamp,
        decide: F,
    ) -> impl Future<Output = Stored<R>> + Send
    where
        R: Send + 'static,
        F: FnOnce(&mut Ledger) -> R + Send + 'static;

    /// Loads what is watched under `index`, runs `decide`, saves it until `until`: one durable transaction. A watch that
    /// `decide` left as it was costs no write.
    fn watch<R, F>(
        &self,
        index: Index,
        until: Timestamp,
        now: Timestamp,
        decide: F,
    ) -> impl Future<Output = Stored<R>> + Send
    where
        R: Send + 'static,
        F: FnOnce(&mut Watch) -> R + Send + 'static;

    /// As [`Self::watch`], for what codes cost. An index is of one or of the other.
    fn spending<R, F>(
        &self,
        index: Index,
        until: Timestamp,
        now: Timestamp,
        decide: F,
    ) -> impl Future<Output = Stored<R>> + Send
    where
        R: Send + 'static,
        F: FnOnce(&mut Spending) -> R + Send + 'static;

    /// What is watched under `index`, as last saved.
    fn read_watch(&self, index: Index) -> impl Future<Output = Stored<Option<Watch>>> + Send;

    /// Claims an idempotency key, or tells what became of it. Durable when it returns.
    fn claim(&self, claim: Claim) -> impl Future<Output = Stored<Claimed>> + Send;

    /// Stores the answer of a claimed key that was not stored together with what the request did, if it is still held.
    fn answer(&self, answer: KeptAnswer) -> impl Future<Output = Stored<()>> + Send;

    /// Gives up a claim whose request changed nothing, so that it may be tried again. One that was
    /// taken over since is not given up.
    fn release(&self, claim: HeldClaim) -> impl Future<Output = Stored<()>> + Send;

    /// The wrapped keys, as stored; empty for a new database.
    fn keys(&self) -> impl Future<Output = Stored<Vec<WrappedKey>>> + Send;

    /// Adds wrapped keys, all of them in one durable transaction; `false`, and nothing is added, if one of these ids
    /// is taken. A key is never replaced: what was sealed under it would be lost.
    fn add_keys(&self, keys: Vec<WrappedKey>) -> impl Future<Output = Stored<bool>> + Send;

    /// The keys that sign receipts, in no order; those that were replaced too.
    fn signing_keys(&self) -> impl Future<Output = Stored<Vec<StoredSigningKey>>> + Send;

    /// Adds a key that signs receipts and retires others, in one durable transaction. A key is never replaced and never
    /// removed: receipts that it signed would verify no more.
    fn add_signing_key(
        &self,
        key: StoredSigningKey,
        retires: Retirement,
    ) -> impl Future<Output = Stored<()>> + Send;

    /// Puts another seal of the same private key in the place of that one; `false` if it is not there any more.
    fn reseal_signing_key(
        &self,
        id: [u8; 32],
        old: Sealed,
        new: Sealed,
    ) -> impl Future<Output = Stored<bool>> + Send;

    /// Forgets what has expired by `now`: names of ended sessions, nonces, counters, idempotent answers. At most
    /// `limit` rows; the number of rows forgotten tells whether there may be more.
    fn sweep(&self, now: Timestamp, limit: u32) -> impl Future<Output = Stored<u32>> + Send;

    /// Whether a read and a durable write work now.
    fn check(&self) -> impl Future<Output = Stored<()>> + Send;

    /// Whether an operator lets nothing be written for a while.
    fn is_read_only(&self) -> bool {
        false
    }

    /// Says that a request is at work that is going to write, until what is given is dropped: a commit may then be worth
    /// waiting for. What a store does not need to know it need not count.
    fn at_work(&self) -> AtWork {
        AtWork::default()
    }

    /// What the writer did so far.
    fn counts(&self) -> WriterCounts;
}

/// A store's result. A fault is ours: opaque to callers, whole in the log.
pub type Stored<T> = Result<T, StoreFault>;

/// Why a store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreFault {
    /// The database, its file or its disk refused.
    #[error("the store failed: {0}")]
    Backend(String),
    /// A stored record could not be read back.
    #[error("a stored record is damaged: {0}")]
    Damaged(String),
    /// The request's claim was taken over or answered by another who carries it out. Nothing was saved.
    #[error("the same request is carried out by another")]
    Superseded,
    /// The database cannot be reached, or takes no writes, or was lost in the middle of something that was then not finished
    /// in time. It is tried again with the next request.
    #[error("the database cannot be used right now: {0}")]
    Unavailable(String),
    /// An operator lets nothing be written for a while. Nothing was saved.
    #[error("the store is read-only: store.read_only is set")]
    ReadOnly,
    /// The store is closing.
    #[error("the store is closing")]
    Closed,
}

/// A record being decided about.
pub struct Draft {
    /// The record.
    pub account: Account,
    /// What it shall be found by from now on, besides what it already is.
    pub lookups: Vec<Lookup>,
    /// Mobile numbers by which it shall be found no longer. One that is also in `lookups` is found by again.
    pub forgotten: Vec<Index>,
    /// The claim under which this is decided. If it is no longer held, nothing is saved: [`StoreFault::Superseded`].
    pub claim: Option<HeldClaim>,
    /// The answer to the request's idempotency key, so that what was done and what was answered are one.
    pub answer: Option<KeptAnswer>,
}

impl Draft {
    /// A record about which nothing was decided yet.
    pub(crate) const fn of(account: Account) -> Self {
        Self { account, lookups: Vec::new(), forgotten: Vec::new(), claim: None, answer: None }
    }
}

/// A claim of an idempotency key, as its holder knows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct HeldClaim {
    /// Which key.
    pub index: Index,
    /// When its lease ends; one that was taken over since has another end.
    pub leased_until: Timestamp,
}

/// The answer of a claimed key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptAnswer {
    /// Under which claim.
    pub claim: HeldClaim,
    /// The answer, sealed by the caller.
    pub sealed: Vec<u8>,
    /// The account it tells of; the answer goes when that is erased.
    pub about: Option<AccountId>,
}

/// What an account is found by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lookup {
    /// A unique name: no two accounts have the same.
    Name(Index),
    /// A mobile number: several accounts may share one.
    Mobile(Index),
    /// A session, until it expires.
    Session(Index, Timestamp),
}

/// Whether an account was created.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Created {
    /// It was.
    Created,
    /// Another account has the name at this place of the list; nothing was stored.
    Taken(usize),
}

/// A claim of an idempotency key.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// Keyed hash of tenant, app and key.
    pub index: Index,
    /// Keyed hash of method, path and body.
    pub fingerprint: [u8; 32],
    /// When the claim is made.
    pub now: Timestamp,
    /// How long its maker may be at work; after that, without an answer, the same request may carry on in its place.
    pub lease: Span,
    /// How long the answer is kept.
    pub keep: Span,
}

/// What a claim came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Claimed {
    /// The key is the caller's: carry the request out, then store its answer.
    Fresh,
    /// Another request with this key runs, or ran a moment ago when the server died.
    Running,
    /// The key was used for another request.
    Mismatch,
    /// The first answer, sealed.
    Answered(Vec<u8>),
}

/// A key as it lies in the database: useless without the master key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrappedKey {
    /// 0 for the root key of blind indexes; data keys from 1.
    pub id: u32,
    /// The key, wrapped.
    pub wrapped: Vec<u8>,
}

/// What the writer did since it started.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct WriterCounts {
    /// Durable commits.
    pub commits: u64,
    /// Transactions inside them.
    pub transactions: u64,
    /// Commits by size: up to 1, 2, 4, 8, … 1024 transactions.
    pub batch_sizes: [u64; 11],
    /// Transactions waiting now.
    pub queued: u64,
}
