//! The door's calls. Decisions about accounts go to the writer; everything else is a transaction of its own.

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

use super::account::{Erased, New};
use super::glance::Kind;
use super::watch::{Decision, Kept};
use super::{
    PostgresStore, account, app, claim, import, limit, lookup, migration, signing_key, sweep, trail, watch,
    wrapped_key,
};
use crate::door::{
    Arrival, AtWork, Claim, Claimed, Created, Draft, HeldClaim, ImportedBatch, Index, KeptAnswer, Lookup,
    Retirement, Store, Stored, StoredSigningKey, WrappedKey, WriterCounts,
};
use crate::mark::short;
use crate::record::{self, Watched as _};

/// Lends a connection for some work, and again for another try as long as the named method of `Tries` allows one.
macro_rules! try_to {
    ($store:expr, $again:ident, |$connection:ident| $work:expr) => {{
        let mut tries = $store.0.line.tries();
        loop {
            let done = match $store.0.line.lend().await {
                Ok($connection) => $work.await,
                Err(trouble) => Err(trouble),
            };
            match done {
                Ok(done) => break Ok(done),
                Err(trouble) => {
                    if let Err(fault) = tries.$again(trouble).await {
                        break Err(fault);
                    }
                }
            }
        }
    }};
}

/// As [`try_to`], and counts it among what was written.
macro_rules! try_to_write {
    ($store:expr, $again:ident, |$connection:ident| $work:expr) => {{
        let written = $crate::postgres::door::try_to!($store, $again, |$connection| $work);
        if written.is_ok() {
            $store.0.writer.add_one();
        }
        written
    }};
}

pub(super) use {try_to, try_to_write};

impl PostgresStore {
    /// The value under a key, as last saved.
    async fn look(&self, kind: Kind, key: &[u8]) -> Stored<Option<Vec<u8>>> {
        let mut tries = self.0.line.tries();
        loop {
            match self.0.glances.look(kind, key).await {
                Ok(found) => return Ok(found),
                Err(trouble) => tries.again(trouble).await?,
            }
        }
    }

    async fn owner(&self, kind: Kind, key: &[u8]) -> Stored<Option<AccountId>> {
        self.look(kind, key).await?.map(|owner| account::id_of(&owner)).transpose()
    }
}

impl Store for PostgresStore {
    async fn create(
        &self,
        account: Account,
        lookups: Vec<Lookup>,
        answer: Option<KeptAnswer>,
    ) -> Stored<Created> {
        let new = New::of(account, lookups, answer, self.tag())?;
        try_to_write!(self, again, |connection| account::create(&connection, &new))
    }

    async fn import(&self, arrivals: Vec<Arrival>) -> Stored<ImportedBatch> {
        let tag = self.tag();
        let outcomes = try_to_write!(self, again, |connection| import::import(&connection, &arrivals, &tag))?;
        // Other servers may always write: nobody need be told.
        Ok(ImportedBatch { outcomes, changes: 0 })
    }

    async fn read(&self, id: AccountId) -> Stored<Option<Account>> {
        account::of_record(id, self.look(Kind::Account, id.as_bytes()).await?)
    }

    async fn update<R, F>(&self, id: AccountId, decide: F) -> Stored<Option<R>>
    where
        R: Send + 'static,
        F: FnOnce(&mut Draft) -> R + Send + 'static,
    {
        self.0.writer.update(id, decide).await
    }

    async fn erase<F>(&self, id: AccountId, last: F) -> Stored<bool>
    where
        F: FnOnce(&mut Account) + Send + 'static,
    {
        let (mut last, mut erasing) = (Some(last), None);
        let mut tries = self.0.line.tries();
        loop {
            let erased = match self.0.line.lend().await {
                Ok(connection) => account::erase(&connection, id, &mut last, &mut erasing).await,
                Err(trouble) => Err(trouble),
            };
            match erased {
                Ok(Erased::Done) => {
                    self.0.writer.add_one();
                    return Ok(true);
                }
                // Gone, after a try of which it was not known whether it was made.
                Ok(Erased::Nobody) if erasing.is_some() && tries.in_doubt() => {
                    // That it is gone may be seen before a standby knows it; a commit after it waits for that.
                    return self.check().await.map(|()| true);
                }
                Ok(Erased::Nobody) => return Ok(false),
                Err(trouble) => tries.again(trouble).await?,
            }
        }
    }

    async fn find_name(&self, index: Index) -> Stored<Option<AccountId>> {
        self.owner(Kind::Name, short(&index)).await
    }

    async fn find_mobile(&self, index: Index, limit: u32) -> Stored<Vec<AccountId>> {
        try_to!(self, again, |connection| lookup::mobile(&connection, &index, limit))
    }

    async fn find_session(&self, index: Index) -> Stored<Option<AccountId>> {
        self.owner(Kind::Session, &index).await
    }

    async fn accounts(&self, tenant: TenantId, page: Page<AccountId>) -> Stored<Vec<Account>> {
        try_to!(self, again, |connection| account::list(&connection, &tenant, page))
    }

    async fn create_app(&self, app: App, answer: Option<KeptAnswer>) -> Stored<()> {
        try_to_write!(self, once_more, |connection| app::create(&connection, &app, answer.as_ref()))
    }

    async fn update_app<F>(&self, id: AppId, decide: F) -> Stored<bool>
    where
        F: FnOnce(&mut App) + Send + 'static,
    {
        let (mut decide, mut change) = (Some(decide), None);
        try_to_write!(self, again, |connection| app::update(&connection, id, &mut decide, &mut change))
    }

    async fn app(&self, id: AppId) -> Stored<Option<App>> {
        let record = self.look(Kind::App, id.as_bytes()).await?;
        record.map(|record| record::decode_app(&record)).transpose()
    }

    async fn apps(&self, tenant: TenantId, page: Page<AppId>) -> Stored<Vec<App>> {
        try_to!(self, again, |connection| app::list(&connection, &tenant, page))
    }

    async fn delete_app(&self, id: AppId) -> Stored<bool> {
        try_to_write!(self, once_more, |connection| app::delete(&connection, id))
    }

    async fn events(
        &self,
        tenant: TenantId,
        account: Option<AccountId>,
        page: Page<EventId>,
    ) -> Stored<Vec<Event>> {
        try_to!(self, again, |connection| trail::list(&connection, &tenant, account, page))
    }

    async fn once(&self, index: Index, until: Timestamp, now: Timestamp) -> Stored<bool> {
        try_to_write!(self, once_more, |connection| limit::once(&connection, &index, until, now))
    }

    async fn count(
        &self,
        index: Index,
        limit: u32,
        span: Span,
        now: Timestamp,
    ) -> Stored<Result<(), Timestamp>> {
        try_to_write!(self, once_more, |connection| limit::count(&connection, &index, limit, span, now))
    }

    async fn at_nobody<R, F>(&self, index: Index, until: Timestamp, now: Timestamp, decide: F) -> Stored<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Ledger) -> R + Send + 'static,
    {
        let (mut decision, kept) = (Decision::Open(decide), Kept { hash: &index, until, now });
        try_to_write!(self, once_more, |connection| watch::at_nobody(&connection, kept, &mut decision))
    }

    async fn watch<R, F>(&self, index: Index, until: Timestamp, now: Timestamp, decide: F) -> Stored<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Watch) -> R + Send + 'static,
    {
        let (mut decision, kept) = (Decision::Open(decide), Kept { hash: &index, until, now });
        try_to_write!(self, once_more, |connection| watch::watch(&connection, kept, &mut decision))
    }

    async fn spending<R, F>(&self, index: Index, until: Timestamp, now: Timestamp, decide: F) -> Stored<R>
    where
        R: Send + 'static,
        F: FnOnce(&mut Spending) -> R + Send + 'static,
    {
        let (mut decision, kept) = (Decision::Open(decide), Kept { hash: &index, until, now });
        try_to_write!(self, once_more, |connection| watch::watch(&connection, kept, &mut decision))
    }

    async fn read_watch(&self, index: Index) -> Stored<Option<Watch>> {
        let watch = self.look(Kind::Watch, &index).await?;
        watch.map(|watch| Watch::decode(&watch)).transpose()
    }

    async fn claim(&self, claim: Claim) -> Stored<Claimed> {
        try_to_write!(self, once_more, |connection| claim::claim(&connection, &claim))
    }

    async fn answer(&self, answer: KeptAnswer) -> Stored<()> {
        try_to_write!(self, again, |connection| claim::answer(&connection, &answer))
    }

    async fn release(&self, claim: HeldClaim) -> Stored<()> {
        try_to_write!(self, again, |connection| claim::release(&connection, &claim))
    }

    async fn keys(&self) -> Stored<Vec<WrappedKey>> {
        try_to!(self, again, |connection| wrapped_key::list(&connection))
    }

    async fn add_keys(&self, keys: Vec<WrappedKey>) -> Stored<bool> {
        try_to_write!(self, again, |connection| wrapped_key::add(&connection, &keys))
    }

    async fn signing_keys(&self) -> Stored<Vec<StoredSigningKey>> {
        try_to!(self, again, |connection| signing_key::list(&connection))
    }

    async fn add_signing_key(&self, key: StoredSigningKey, retires: Retirement) -> Stored<()> {
        try_to_write!(self, again, |connection| signing_key::add(&connection, &key, &retires))
    }

    async fn reseal_signing_key(&self, id: [u8; 32], old: Sealed, new: Sealed) -> Stored<bool> {
        try_to_write!(self, again, |connection| signing_key::reseal(&connection, id, &old, &new))
    }

    async fn sweep(&self, now: Timestamp, limit: u32) -> Stored<u32> {
        let leased =
            try_to!(self, again, |connection| sweep::lease(&connection, "sweep", &self.0.node, now))?;
        if !leased {
            return Ok(0);
        }
        try_to!(self, again, |connection| migration::months(&connection, now))?;
        try_to_write!(self, again, |connection| sweep::sweep(&connection, now, limit))
    }

    async fn check(&self) -> Stored<()> {
        try_to_write!(self, again, |connection| sweep::beat(&connection))
    }

    fn at_work(&self) -> AtWork {
        self.0.writer.at_work()
    }

    fn counts(&self) -> WriterCounts {
        self.0.writer.counts()
    }
}
