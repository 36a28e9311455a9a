//! The door's calls, each handed to the writer or to a reader.

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

use super::{
    SqliteStore, account, app, claim, import, limit, lookup, signing_key, sweep, trail, watch, wrapped_key,
};
use crate::door::{
    Arrival, AtWork, Claim, Claimed, Created, Draft, HeldClaim, ImportedBatch, Index, KeptAnswer, Lookup,
    Retirement, Store, Stored, StoredSigningKey, WrappedKey, WriterCounts,
};

impl Store for SqliteStore {
    async fn create(
        &self,
        account: Account,
        lookups: Vec<Lookup>,
        answer: Option<KeptAnswer>,
    ) -> Stored<Created> {
        self.write(move |connection| account::create(connection, account, &lookups, answer.as_ref())).await
    }

    async fn import(&self, arrivals: Vec<Arrival>) -> Stored<ImportedBatch> {
        let ready = import::ready(arrivals);
        self.write_in_haste(move |connection| import::import(connection, &ready)).await
    }

    async fn read(&self, id: AccountId) -> Stored<Option<Account>> {
        self.glance(move |connection| account::read(connection, id)).await
    }

    async fn update<R, F>(&self, id: AccountId, decide: F) -> Stored<Option<R>>
    where
        R: Send + 'static,
        F: FnOnce(&mut Draft) -> R + Send + 'static,
    {
        self.write(move |connection| account::update(connection, id, decide)).await
    }

    async fn erase<F>(&self, id: AccountId, last: F) -> Stored<bool>
    where
        F: FnOnce(&mut Account) + Send + 'static,
    {
        self.write_in_haste(move |connection| account::erase(connection, id, last)).await
    }

    async fn find_name(&self, index: Index) -> Stored<Option<AccountId>> {
        self.glance(move |connection| lookup::name(connection, index)).await
    }

    async fn find_mobile(&self, index: Index, limit: u32) -> Stored<Vec<AccountId>> {
        self.look(move |connection| lookup::mobile(connection, index, limit)).await
    }

    async fn find_session(&self, index: Index) -> Stored<Option<AccountId>> {
        self.glance(move |connection| lookup::session(connection, index)).await
    }

    async fn accounts(&self, tenant: TenantId, page: Page<AccountId>) -> Stored<Vec<Account>> {
        self.look(move |connection| account::list(connection, &tenant, page)).await
    }

    async fn create_app(&self, app: App, answer: Option<KeptAnswer>) -> Stored<()> {
        self.write_in_haste(move |connection| app::create(connection, &app, answer.as_ref())).await
    }

    async fn update_app<F>(&self, id: AppId, decide: F) -> Stored<bool>
    where
        F: FnOnce(&mut App) + Send + 'static,
    {
        self.write_in_haste(move |connection| app::update(connection, id, decide)).await
    }

    async fn app(&self, id: AppId) -> Stored<Option<App>> {
        self.glance(move |connection| app::read(connection, id)).await
    }

    async fn apps(&self, tenant: TenantId, page: Page<AppId>) -> Stored<Vec<App>> {
        self.look(move |connection| app::list(connection, &tenant, page)).await
    }

    async fn delete_app(&self, id: AppId) -> Stored<bool> {
        self.write_in_haste(move |connection| app::delete(connection, id)).await
    }

    async fn events(
        &self,
        tenant: TenantId,
        account: Option<AccountId>,
        page: Page<EventId>,
    ) -> Stored<Vec<Event>> {
        self.look(move |connection| trail::list(connection, &tenant, account, page)).await
    }

    async fn once(&self, index: Index, until: Timestamp, now: Timestamp) -> Stored<bool> {
        self.write_in_haste(move |connection| limit::once(connection, index, until, now)).await
    }

    async fn count(
        &self,
        index: Index,
        limit: u32,
        span: Span,
        now: Timestamp,
    ) -> Stored<Result<(), Timestamp>> {
        self.write_in_haste(move |connection| limit::count(connection, index, limit, span, now)).await
    }

    async fn at_nobody<R, F>(&self, index: Index, until: Timestamp, now: Timestamp, decide: F) -> Stored<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Ledger) -> R + Send + 'static,
    {
        self.write(move |connection| watch::at_nobody(connection, index, until, now, decide)).await
    }

    async fn watch<R, F>(&self, index: Index, until: Timestamp, now: Timestamp, decide: F) -> Stored<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Watch) -> R + Send + 'static,
    {
        self.write(move |connection| watch::watch(connection, index, until, now, decide)).await
    }

    async fn spending<R, F>(&self, index: Index, until: Timestamp, now: Timestamp, decide: F) -> Stored<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Spending) -> R + Send + 'static,
    {
        self.write(move |connection| watch::watch(connection, index, until, now, decide)).await
    }

    async fn read_watch(&self, index: Index) -> Stored<Option<Watch>> {
        self.glance(move |connection| watch::read(connection, index)).await
    }

    async fn claim(&self, claim: Claim) -> Stored<Claimed> {
        self.write(move |connection| claim::claim(connection, claim)).await
    }

    async fn answer(&self, answer: KeptAnswer) -> Stored<()> {
        self.write(move |connection| claim::answer(connection, &answer).map(drop)).await
    }

    async fn release(&self, claim: HeldClaim) -> Stored<()> {
        self.write(move |connection| claim::release(connection, &claim)).await
    }

    async fn keys(&self) -> Stored<Vec<WrappedKey>> {
        self.look(wrapped_key::list).await
    }

    async fn add_keys(&self, keys: Vec<WrappedKey>) -> Stored<bool> {
        self.write_in_haste(move |connection| wrapped_key::add(connection, &keys)).await
    }

    async fn signing_keys(&self) -> Stored<Vec<StoredSigningKey>> {
        self.look(signing_key::list).await
    }

    async fn add_signing_key(&self, key: StoredSigningKey, retires: Retirement) -> Stored<()> {
        self.write_in_haste(move |connection| signing_key::add(connection, &key, &retires)).await
    }

    async fn reseal_signing_key(&self, id: [u8; 32], old: Sealed, new: Sealed) -> Stored<bool> {
        self.write_in_haste(move |connection| signing_key::reseal(connection, id, &old, &new)).await
    }

    async fn sweep(&self, now: Timestamp, limit: u32) -> Stored<u32> {
        self.write_in_haste(move |connection| sweep::sweep(connection, now, limit)).await
    }

    async fn check(&self) -> Stored<()> {
        self.write_in_haste(sweep::beat).await?;
        self.glance(sweep::feel).await
    }

    fn at_work(&self) -> AtWork {
        self.0.writer.at_work()
    }

    fn counts(&self) -> WriterCounts {
        self.0.writer.counts()
    }
}
