//! A store into which nothing can be written while an operator says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

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
    Lookup, Retirement, Store, StoreFault, Stored, StoredSigningKey, Waiting, WebhookDraft, WrappedKey,
    WriterCounts,
};

/// A store before which stands a gate: while it is closed nothing is written, and reads go on. A clone has the same gate.
#[derive(Clone)]
pub struct Gate<S> {
    store: S,
    closed: Arc<AtomicBool>,
}

impl<S> Gate<S> {
    /// A gate before that store; an open one unless `closed`.
    pub fn new(store: S, closed: bool) -> Self {
        Self { store, closed: Arc::new(AtomicBool::new(closed)) }
    }

    /// Closes or opens the gate for every call that comes from now on. Writes that were let in before are finished.
    pub fn close(&self, closed: bool) {
        self.closed.store(closed, Ordering::SeqCst);
    }

    /// Whether nothing is written.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// The store behind the gate.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    fn open(&self) -> Stored<()> {
        if self.is_closed() { Err(StoreFault::ReadOnly) } else { Ok(()) }
    }
}

impl<S: Store> Store for Gate<S> {
    async fn create(
        &self,
        account: Account,
        lookups: Vec<Lookup>,
        answer: Option<KeptAnswer>,
    ) -> Stored<Created> {
        self.open()?;
        self.store.create(account, lookups, answer).await
    }

    async fn import(&self, arrivals: Vec<Arrival>) -> Stored<ImportedBatch> {
        self.open()?;
        self.store.import(arrivals).await
    }

    async fn read(&self, id: AccountId) -> Stored<Option<Account>> {
        self.store.read(id).await
    }

    async fn update<R, F>(&self, id: AccountId, decide: F) -> Stored<Option<R>>
    where
        R: Send + 'static,
        F: FnOnce(&mut Draft) -> R + Send + 'static,
    {
        self.open()?;
        self.store.update(id, decide).await
    }

    async fn erase<F>(&self, id: AccountId, last: F) -> Stored<bool>
    where
        F: FnOnce(&mut Account) + Send + 'static,
    {
        self.open()?;
        self.store.erase(id, last).await
    }

    async fn find_name(&self, index: Index) -> Stored<Option<AccountId>> {
        self.store.find_name(index).await
    }

    async fn find_mobile(&self, index: Index, limit: u32) -> Stored<Vec<AccountId>> {
        self.store.find_mobile(index, limit).await
    }

    async fn find_session(&self, index: Index) -> Stored<Option<AccountId>> {
        self.store.find_session(index).await
    }

    async fn accounts(&self, tenant: TenantId, page: Page<AccountId>) -> Stored<Vec<Account>> {
        self.store.accounts(tenant, page).await
    }

    async fn create_app(&self, app: App, answer: Option<KeptAnswer>) -> Stored<()> {
        self.open()?;
        self.store.create_app(app, answer).await
    }

    async fn update_app<F>(&self, id: AppId, decide: F) -> Stored<bool>
    where
        F: FnOnce(&mut App) + Send + 'static,
    {
        self.open()?;
        self.store.update_app(id, decide).await
    }

    async fn app(&self, id: AppId) -> Stored<Option<App>> {
        self.store.app(id).await
    }

    async fn apps(&self, tenant: TenantId, page: Page<AppId>) -> Stored<Vec<App>> {
        self.store.apps(tenant, page).await
    }

    async fn delete_app(&self, id: AppId) -> Stored<bool> {
        self.open()?;
        self.store.delete_app(id).await
    }

    async fn events(
        &self,
        tenant: TenantId,
        account: Option<AccountId>,
        page: Page<EventId>,
    ) -> Stored<Vec<Event>> {
        self.store.events(tenant, account, page).await
    }

    async fn once(&self, index: Index, until: Timestamp, now: Timestamp) -> Stored<bool> {
        self.open()?;
        self.store.once(index, until, now).await
    }

    async fn count(
        &self,
        index: Index,
        limit: u32,
        span: Span,
        now: Timestamp,
    ) -> Stored<Result<(), Timestamp>> {
        self.open()?;
        self.store.count(index, limit, span, now).await
    }

    async fn at_nobody<R, F>(&self, index: Index, until: Timestamp, now: Timestamp, decide: F) -> Stored<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Ledger) -> R + Send + 'static,
    {
        self.open()?;
        self.store.at_nobody(index, until, now, decide).await
    }

    async fn watch<R, F>(&self, index: Index, until: Timestamp, now: Timestamp, decide: F) -> Stored<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Watch) -> R + Send + 'static,
    {
        self.open()?;
        self.store.watch(index, until, now, decide).await
    }

    async fn spending<R, F>(&self, index: Index, until: Timestamp, now: Timestamp, decide: F) -> Stored<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Spending) -> R + Send + 'static,
    {
        self.open()?;
        self.store.spending(index, until, now, decide).await
    }

    async fn read_watch(&self, index: Index) -> Stored<Option<Watch>> {
        self.store.read_watch(index).await
    }

    async fn claim(&self, claim: Claim) -> Stored<Claimed> {
        self.open()?;
        self.store.claim(claim).await
    }

    async fn answer(&self, answer: KeptAnswer) -> Stored<()> {
        self.open()?;
        self.store.answer(answer).await
    }

    async fn release(&self, claim: HeldClaim) -> Stored<()> {
        self.open()?;
        self.store.release(claim).await
    }

    async fn keys(&self) -> Stored<Vec<WrappedKey>> {
        self.store.keys().await
    }

    async fn add_keys(&self, keys: Vec<WrappedKey>) -> Stored<bool> {
        self.open()?;
        self.store.add_keys(keys).await
    }

    async fn signing_keys(&self) -> Stored<Vec<StoredSigningKey>> {
        self.store.signing_keys().await
    }

    async fn add_signing_key(&self, key: StoredSigningKey, retires: Retirement) -> Stored<()> {
        self.open()?;
        self.store.add_signing_key(key, retires).await
    }

    async fn reseal_signing_key(&self, id: [u8; 32], old: Sealed, new: Sealed) -> Stored<bool> {
        self.open()?;
        self.store.reseal_signing_key(id, old, new).await
    }

    async fn sweep(&self, now: Timestamp, limit: u32) -> Stored<u32> {
        // What has expired is forgotten later.
        if self.is_closed() { Ok(0) } else { self.store.sweep(now, limit).await }
    }

    async fn check(&self) -> Stored<()> {
        // A check writes; where nothing is to be written, it is enough that reads work.
        if self.is_closed() { self.store.keys().await.map(drop) } else { self.store.check().await }
    }

    fn is_read_only(&self) -> bool {
        self.is_closed()
    }

    fn at_work(&self) -> AtWork {
        self.store.at_work()
    }

    fn counts(&self) -> WriterCounts {
        self.store.counts()
    }
}

impl<S: Feed> Feed for Gate<S> {
    async fn feed(&self, after: FeedPlace, limit: u32) -> Stored<Fed> {
        self.store.feed(after, limit).await
    }

    async fn feed_end(&self) -> Stored<FeedPlace> {
        self.store.feed_end().await
    }

    async fn feed_at(&self, time: Timestamp) -> Stored<FeedPlace> {
        self.store.feed_at(time).await
    }

    async fn arrange(&self, now: Timestamp, limit: u32) -> Stored<u32> {
        // What has no place yet gets it later.
        if self.is_closed() { Ok(0) } else { self.store.arrange(now, limit).await }
    }

    async fn forget_feed(&self, before: Timestamp, limit: u32) -> Stored<u32> {
        if self.is_closed() { Ok(0) } else { self.store.forget_feed(before, limit).await }
    }

    async fn create_webhook(&self, webhook: Webhook, answer: Option<KeptAnswer>) -> Stored<()> {
        self.open()?;
        self.store.create_webhook(webhook, answer).await
    }

    async fn webhook(&self, id: WebhookId) -> Stored<Option<Webhook>> {
        self.store.webhook(id).await
    }

    async fn webhooks(&self, tenant: TenantId) -> Stored<Vec<Webhook>> {
        self.store.webhooks(tenant).await
    }

    async fn update_webhook<R, F>(&self, id: WebhookId, decide: F) -> Stored<Option<R>>
    where
        R: Send + 'static,
        F: FnOnce(&mut WebhookDraft) -> R + Send + 'static,
    {
        self.open()?;
        self.store.update_webhook(id, decide).await
    }

    async fn delete_webhook(&self, id: WebhookId) -> Stored<bool> {
        self.open()?;
        self.store.delete_webhook(id).await
    }

    async fn deliveries(&self, id: WebhookId, due: Option<Timestamp>, limit: u32) -> Stored<Vec<Waiting>> {
        self.store.deliveries(id, due, limit).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::{Options, SqliteStore};

    #[tokio::test]
    async fn a_closed_gate_lets_reads_through_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = SqliteStore::open(folder.path().join("a.db"), Options::default()).expect("a store");
        let gate = Gate::new(store, false);
        let other = gate.clone();
        let (index, now) = ([7; 32], Timestamp::from_secs(1_000));
        assert!(gate.once(index, now + Span::from_hours(1), now).await.expect("written"));
        gate.close(true);
        let refused = [
            other.once([8; 32], now + Span::from_hours(1), now).await.map(drop),
            other.update(AccountId::from_bytes([1; 16]), |_| ()).await.map(drop),
            other.at_nobody(index, now, now, |_| ()).await,
            other.watch(index, now, now, |_| ()).await,
            other.spending(index, now, now, |_| ()).await,
            other.count(index, 1, Span::from_hours(1), now).await.map(drop),
            other.add_keys(Vec::new()).await.map(drop),
            other.reseal_signing_key([1; 32], Sealed(vec![]), Sealed(vec![])).await.map(drop),
        ];
        assert!(refused.iter().all(|refused| matches!(refused, Err(StoreFault::ReadOnly))), "{refused:?}");
        let later = now + Span::from_hours(2);
        assert_eq!(other.sweep(later, 10).await.expect("nothing to do"), 0, "what has expired stays");
        assert_eq!(other.read(AccountId::from_bytes([1; 16])).await.expect("read"), None);
        other.check().await.expect("reads work");
        gate.close(false);
        assert_eq!(other.sweep(later, 10).await.expect("swept"), 1);
        assert!(!gate.is_closed() && other.check().await.is_ok());
    }
}
