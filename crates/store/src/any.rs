//! One engine or the other, chosen when a program starts.

use countersign_domain::account::Account;
use countersign_domain::app::App;
use countersign_domain::command::Page;
use countersign_domain::event::Event;
use countersign_domain::feed::{Fed, FeedPlace};
use countersign_domain::id::{AccountId, AppId, EventId, WebhookId};
use countersign_domain::identifier::TenantId;
use countersign_domain::ledger::Ledger;
use countersign_domain::secret::Sealed;
use countersign_domain::spend::Spending;
use countersign_domain::spray::Watch;
use countersign_domain::time::{Span, Timestamp};
use countersign_domain::webhook::Webhook;

use crate::door::{
    Arrival, AtWork, Claim, Claimed, Created, Draft, Feed, HeldClaim, ImportedBatch, Index, KeptAnswer,
    Lookup, Retirement, Store, Stored, StoredSigningKey, Waiting, WebhookDraft, WrappedKey, WriterCounts,
};
use crate::postgres::PostgresStore;
use crate::sqlite::SqliteStore;

/// A store of either engine.
#[derive(Clone)]
pub enum AnyStore {
    /// The embedded one.
    Sqlite(SqliteStore),
    /// That of many servers.
    Postgres(PostgresStore),
}

/// Asks whichever it is.
macro_rules! ask {
    ($store:expr, $method:ident($($value:expr),*)) => {
        match $store {
            AnyStore::Sqlite(store) => store.$method($($value),*).await,
            // In a box: it is larger, and costs a way to another machine anyway.
            AnyStore::Postgres(store) => Box::pin(store.$method($($value),*)).await,
        }
    };
}

impl Store for AnyStore {
    async fn create(
        &self,
        account: Account,
        lookups: Vec<Lookup>,
        answer: Option<KeptAnswer>,
    ) -> Stored<Created> {
        ask!(self, create(account, lookups, answer))
    }

    async fn import(&self, arrivals: Vec<Arrival>) -> Stored<ImportedBatch> {
        ask!(self, import(arrivals))
    }

    async fn read(&self, id: AccountId) -> Stored<Option<Account>> {
        ask!(self, read(id))
    }

    async fn update<R, F>(&self, id: AccountId, decide: F) -> Stored<Option<R>>
    where
        R: Send + 'static,
        F: FnOnce(&mut Draft) -> R + Send + 'static,
    {
        ask!(self, update(id, decide))
    }

    async fn erase<F>(&self, id: AccountId, last: F) -> Stored<bool>
    where
        F: FnOnce(&mut Account) + Send + 'static,
    {
        ask!(self, erase(id, last))
    }

    async fn find_name(&self, index: Index) -> Stored<Option<AccountId>> {
        ask!(self, find_name(index))
    }

    async fn find_mobile(&self, index: Index, limit: u32) -> Stored<Vec<AccountId>> {
        ask!(self, find_mobile(index, limit))
    }

    async fn find_session(&self, index: Index) -> Stored<Option<AccountId>> {
        ask!(self, find_session(index))
    }

    async fn accounts(&self, tenant: TenantId, page: Page<AccountId>) -> Stored<Vec<Account>> {
        ask!(self, accounts(tenant, page))
    }

    async fn create_app(&self, app: App, answer: Option<KeptAnswer>) -> Stored<()> {
        ask!(self, create_app(app, answer))
    }

    async fn update_app<F>(&self, id: AppId, decide: F) -> Stored<bool>
    where
        F: FnOnce(&mut App) + Send + 'static,
    {
        ask!(self, update_app(id, decide))
    }

    async fn app(&self, id: AppId) -> Stored<Option<App>> {
        ask!(self, app(id))
    }

    async fn apps(&self, tenant: TenantId, page: Page<AppId>) -> Stored<Vec<App>> {
        ask!(self, apps(tenant, page))
    }

    async fn delete_app(&self, id: AppId) -> Stored<bool> {
        ask!(self, delete_app(id))
    }

    async fn events(
        &self,
        tenant: TenantId,
        account: Option<AccountId>,
        page: Page<EventId>,
    ) -> Stored<Vec<Event>> {
        ask!(self, events(tenant, account, page))
    }

    async fn once(&self, index: Index, until: Timestamp, now: Timestamp) -> Stored<bool> {
        ask!(self, once(index, until, now))
    }

    async fn count(
        &self,
        index: Index,
        limit: u32,
        span: Span,
        now: Timestamp,
    ) -> Stored<Result<(), Timestamp>> {
        ask!(self, count(index, limit, span, now))
    }

    async fn at_nobody<R, F>(&self, index: Index, until: Timestamp, now: Timestamp, decide: F) -> Stored<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Ledger) -> R + Send + 'static,
    {
        ask!(self, at_nobody(index, until, now, decide))
    }

    async fn watch<R, F>(&self, index: Index, until: Timestamp, now: Timestamp, decide: F) -> Stored<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Watch) -> R + Send + 'static,
    {
        ask!(self, watch(index, until, now, decide))
    }

    async fn spending<R, F>(&self, index: Index, until: Timestamp, now: Timestamp, decide: F) -> Stored<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Spending) -> R + Send + 'static,
    {
        ask!(self, spending(index, until, now, decide))
    }

    async fn read_watch(&self, index: Index) -> Stored<Option<Watch>> {
        ask!(self, read_watch(index))
    }

    async fn claim(&self, claim: Claim) -> Stored<Claimed> {
        ask!(self, claim(claim))
    }

    async fn answer(&self, answer: KeptAnswer) -> Stored<()> {
        ask!(self, answer(answer))
    }

    async fn release(&self, claim: HeldClaim) -> Stored<()> {
        ask!(self, release(claim))
    }

    async fn keys(&self) -> Stored<Vec<WrappedKey>> {
        ask!(self, keys())
    }

    async fn add_keys(&self, keys: Vec<WrappedKey>) -> Stored<bool> {
        ask!(self, add_keys(keys))
    }

    async fn signing_keys(&self) -> Stored<Vec<StoredSigningKey>> {
        ask!(self, signing_keys())
    }

    async fn add_signing_key(&self, key: StoredSigningKey, retires: Retirement) -> Stored<()> {
        ask!(self, add_signing_key(key, retires))
    }

    async fn reseal_signing_key(&self, id: [u8; 32], old: Sealed, new: Sealed) -> Stored<bool> {
        ask!(self, reseal_signing_key(id, old, new))
    }

    async fn sweep(&self, now: Timestamp, limit: u32) -> Stored<u32> {
        ask!(self, sweep(now, limit))
    }

    async fn check(&self) -> Stored<()> {
        ask!(self, check())
    }

    fn at_work(&self) -> AtWork {
        match self {
            Self::Sqlite(store) => store.at_work(),
            Self::Postgres(store) => store.at_work(),
        }
    }

    fn counts(&self) -> WriterCounts {
        match self {
            Self::Sqlite(store) => store.counts(),
            Self::Postgres(store) => store.counts(),
        }
    }
}

impl Feed for AnyStore {
    async fn feed(&self, after: FeedPlace, limit: u32) -> Stored<Fed> {
        ask!(self, feed(after, limit))
    }

    async fn feed_end(&self) -> Stored<FeedPlace> {
        ask!(self, feed_end())
    }

    async fn feed_at(&self, time: Timestamp) -> Stored<FeedPlace> {
        ask!(self, feed_at(time))
    }

    async fn arrange(&self, now: Timestamp, limit: u32) -> Stored<u32> {
        ask!(self, arrange(now, limit))
    }

    async fn forget_feed(&self, before: Timestamp, limit: u32) -> Stored<u32> {
        ask!(self, forget_feed(before, limit))
    }

    async fn create_webhook(&self, webhook: Webhook, answer: Option<KeptAnswer>) -> Stored<()> {
        ask!(self, create_webhook(webhook, answer))
    }

    async fn webhook(&self, id: WebhookId) -> Stored<Option<Webhook>> {
        ask!(self, webhook(id))
    }

    async fn webhooks(&self, tenant: TenantId) -> Stored<Vec<Webhook>> {
        ask!(self, webhooks(tenant))
    }

    async fn update_webhook<R, F>(&self, id: WebhookId, decide: F) -> Stored<Option<R>>
    where
        R: Send + 'static,
        F: FnOnce(&mut WebhookDraft) -> R + Send + 'static,
    {
        ask!(self, update_webhook(id, decide))
    }

    async fn delete_webhook(&self, id: WebhookId) -> Stored<bool> {
        ask!(self, delete_webhook(id))
    }

    async fn deliveries(&self, id: WebhookId, due: Option<Timestamp>, limit: u32) -> Stored<Vec<Waiting>> {
        ask!(self, deliveries(id, due, limit))
    }
}
