//! What decisions about an account came to, and how that is written: beside others in one transaction, or alone.
//!
//! A decision runs once, whatever becomes of its transaction. What it made is kept until it is known to be written: after
//! a rollback it is written again if the row still has the version that was decided about, and after a lost answer the
//! row's tag tells whether it was.

use std::collections::BTreeMap;

use countersign_domain::account::Account;
use countersign_domain::id::AccountId;
use countersign_domain::identifier::TenantId;
use tokio_postgres::types::ToSql;

use super::account::{self, confirm};
use super::connection::{Connection, Values};
use super::seen::{Seen, Tag};
use super::trail::{self, Entries, slices};
use super::trouble::Trouble;
use super::{claim, feed, lookup, shard};
use crate::door::{Draft, HeldClaim, Index, KeptAnswer, Lookup, StoreFault, Stored};
use crate::mark::another;
use crate::record;

/// What is to be written of one account.
pub(super) enum Write {
    /// Its new record, and what goes with it.
    Account(Change),
    /// It is not there: something as long, which nobody reads, so that this takes as long.
    Nothing(AccountId),
}

/// A changed account: what one or several decisions in a row came to.
pub(super) struct Change {
    id: AccountId,
    /// What the first was about.
    seen: Seen,
    /// In order. Only the last may meet something of others.
    steps: Vec<Step>,
    tag: Tag,
}

/// What one decision came to.
pub(super) struct Step {
    record: Option<Vec<u8>>,
    entries: Entries,
    lookups: Vec<Lookup>,
    forgotten: Vec<Index>,
    claim: Option<HeldClaim>,
    answer: Option<KeptAnswer>,
}

/// Accounts' rows as they are locked.
pub(super) const LOCK: &str =
    "SELECT id, version, writer, record FROM accounts WHERE id = ANY($1) ORDER BY id FOR UPDATE";

/// A row that was read and locked.
pub(super) struct Locked {
    pub(super) seen: Seen,
    pub(super) record: Vec<u8>,
}

/// Rows by their ids.
pub(super) type Rows = BTreeMap<AccountId, Locked>;

/// Begins a transaction and locks the rows of these accounts, in the order of their ids.
pub(super) async fn lock(connection: &Connection, ids: &[AccountId]) -> Result<Rows, Trouble> {
    let ids: Vec<&[u8]> = ids.iter().map(|id| &id.as_bytes()[..]).collect();
    let mut rows = Rows::new();
    for row in connection.begin(LOCK, &[&ids]).await? {
        let locked = Locked { seen: Seen::of(row.get(1), row.get(2)), record: row.get(3) };
        rows.insert(account::id_of(row.get(0))?, locked);
    }
    Ok(rows)
}

impl Step {
    /// What was decided about a record, and the account for the next decision.
    pub(super) fn of(about: &Before<'_>, draft: Draft) -> Stored<(Self, Account)> {
        let Draft { mut account, lookups, forgotten, claim, answer } = draft;
        if account.id != about.id || account.tenant != *about.tenant {
            return Err(StoreFault::Backend("a decision changed whose record it is".into()));
        }
        let events = core::mem::take(&mut account.fresh_events);
        let after = record::encode_account(&account)?;
        let record = (after != about.record).then_some(after);
        Ok((Self { record, entries: Entries::of(&events)?, lookups, forgotten, claim, answer }, account))
    }

    /// The record that it left, if it changed it.
    pub(super) fn record(&self) -> Option<&[u8]> {
        self.record.as_deref()
    }

    /// Whether it may meet something of others: a claim that was taken over, a name that is taken.
    pub(super) fn may_meet_others(&self) -> bool {
        self.claim.is_some()
            || self.answer.is_some()
            || !self.lookups.is_empty()
            || !self.forgotten.is_empty()
    }

    fn is_written(&self) -> bool {
        self.record.is_some()
            || !self.entries.is_empty()
            || !self.lookups.is_empty()
            || !self.forgotten.is_empty()
            || self.answer.is_some()
    }
}

/// What a decision is about.
pub(super) struct Before<'a> {
    pub(super) id: AccountId,
    pub(super) tenant: &'a TenantId,
    pub(super) record: &'a [u8],
}

impl Change {
    /// Of a row as it was seen.
    pub(super) const fn of(id: AccountId, seen: Seen, steps: Vec<Step>, tag: Tag) -> Self {
        Self { id, seen, steps, tag }
    }

    /// Leaves the last decision out, because it met something of others; `false` if there is nothing left then.
    pub(super) fn leave_last_out(&mut self) -> bool {
        self.steps.pop();
        !self.steps.is_empty()
    }

    /// Whether the row is written at all.
    fn is_written(&self) -> bool {
        self.steps.iter().any(Step::is_written)
    }

    /// The record that is left at the end, if it is another.
    fn record(&self) -> Option<&[u8]> {
        self.steps.iter().rev().find_map(Step::record)
    }
}

/// Writes all of them and commits. Their rows are locked. An error takes everything back, but for one in doubt.
pub(super) async fn save(connection: &Connection, writes: &[Write]) -> Result<(), Trouble> {
    let saved = save_within(connection, writes).await;
    if saved.is_err() && !matches!(saved, Err(Trouble::Doubt(_) | Trouble::Lost(_))) {
        connection.undo().await;
    }
    saved
}

async fn save_within(connection: &Connection, writes: &[Write]) -> Result<(), Trouble> {
    let mut columns = Columns::default();
    for write in writes {
        match write {
            Write::Account(change) => {
                let marks = prepare(connection, change).await?;
                if change.is_written() {
                    columns.add(change, marks);
                }
            }
            Write::Nothing(id) => columns.add_blank(*id),
        }
    }
    columns.commit(connection).await
}

/// Writes what may meet something of others, and gives the marks of what the account is newly found by.
async fn prepare(connection: &Connection, change: &Change) -> Result<Vec<u8>, Trouble> {
    let mut marks = Vec::new();
    for step in &change.steps {
        if let Some(answer) = &step.answer {
            claim::answer_held(connection, answer).await?;
        } else if let Some(claim) = &step.claim {
            claim::held(connection, claim).await?;
        }
        if !step.forgotten.is_empty() {
            lookup::forget_mobiles(connection, change.id, &step.forgotten).await?;
        }
        if !step.lookups.is_empty() {
            let added = lookup::add(connection, change.id, &step.lookups).await?;
            marks.append(&mut added.map_err(|_| another())?);
        }
    }
    Ok(marks)
}

/// Writes one alone, in a transaction of its own: again, or after a try whose answer was lost.
pub(super) async fn save_again(connection: &Connection, write: &Write) -> Result<(), Trouble> {
    let Write::Account(change) = write else {
        connection.begin("SELECT id FROM pulse WHERE id = 1", &[]).await?;
        return save(connection, core::slice::from_ref(write)).await;
    };
    let again = relock(connection, change).await;
    match again {
        Ok(true) => save(connection, core::slice::from_ref(write)).await,
        Ok(false) => Ok(()),
        Err(trouble) => {
            connection.undo().await;
            Err(trouble)
        }
    }
}

/// Locks the row; whether it is still to be written. Where it was written, that is made sure of.
async fn relock(connection: &Connection, change: &Change) -> Result<bool, Trouble> {
    let locked = "SELECT version, writer FROM accounts WHERE id = $1 FOR UPDATE";
    let rows = connection.begin(locked, &[&&change.id.as_bytes()[..]]).await?;
    let Some(row) = rows.first() else {
        return Err(
            StoreFault::Unavailable("the account was erased while it was decided about".into()).into()
        );
    };
    let found = Seen::of(row.get(0), row.get(1));
    if found == change.seen {
        return Ok(true);
    }
    if found.is_next(&change.seen, &change.tag) {
        confirm(connection, change.id).await?;
        return Ok(false);
    }
    Err(StoreFault::Unavailable("others have changed the account while it was decided about".into()).into())
}

/// What is written in one go, as the columns of its statements.
#[derive(Default)]
struct Columns {
    ids: Vec<[u8; 16]>,
    records: Vec<Option<Vec<u8>>>,
    marks: Vec<Vec<u8>>,
    tags: Vec<Tag>,
    entries: Entries,
    blanks: BTreeMap<i32, AccountId>,
}

const ACCOUNTS: &str = "UPDATE accounts SET record = coalesce(w.record, accounts.record),
    found_by = accounts.found_by || w.marks, version = accounts.version + 1, writer = w.writer
    FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[]) AS w (id, record, marks, writer)
    WHERE accounts.id = w.id";

const BLANKS: &str = "INSERT INTO blanks (slot, record) SELECT b.slot, b.record
    FROM unnest($1::int4[], $2::bytea[]) AS b (slot, record)
    ON CONFLICT (slot) DO UPDATE SET record = EXCLUDED.record";

/// In place of an event, one that the next sweep takes away.
const GONE: &str = "INSERT INTO once (hash, expires_at, shard) SELECT o.hash, 0, o.shard
    FROM unnest($1::bytea[], $2::smallint[]) AS o (hash, shard)
    ON CONFLICT (hash) DO UPDATE SET expires_at = EXCLUDED.expires_at";

/// How many rows are written over and over where there is nothing to update: so many of each length.
const SLOTS: u16 = 1024;

/// About as long as what leads an event to the feed.
const SENT: usize = 40;

/// About as long as a record.
const BLANK: [u8; 448] = [0; 448];

impl Columns {
    fn add(&mut self, change: &Change, marks: Vec<u8>) {
        self.ids.push(*change.id.as_bytes());
        self.records.push(change.record().map(<[u8]>::to_vec));
        self.marks.push(marks);
        self.tags.push(change.tag);
        for step in &change.steps {
            self.entries.extend(&step.entries);
        }
    }

    fn add_blank(&mut self, id: AccountId) {
        let [a, b, ..] = *id.as_bytes();
        self.blanks.insert(i32::from(u16::from_be_bytes([a, b]) % SLOTS), id);
    }

    async fn commit(&self, connection: &Connection) -> Result<(), Trouble> {
        let (ids, tags) = (slices(&self.ids), slices(&self.tags));
        let accounts: [&(dyn ToSql + Sync); 4] = [&ids, &self.records, &self.marks, &tags];
        let (owners, events) = (slices(&self.entries.accounts), slices(&self.entries.ids));
        let shards = self.entries.shards();
        let entries: [&(dyn ToSql + Sync); 5] =
            [&owners, &events, &self.entries.tenants, &self.entries.records, &shards];
        let places: [&(dyn ToSql + Sync); 4] = [&shards, &events, &owners, &self.entries.tenants];
        let slots: Vec<i32> = self.blanks.keys().copied().collect();
        let records = vec![&BLANK[..]; slots.len()];
        let blanks: [&(dyn ToSql + Sync); 2] = [&slots, &records];
        let shorter: Vec<i32> = slots.iter().map(|slot| slot + i32::from(SLOTS)).collect();
        let sent = vec![&BLANK[..SENT]; slots.len()];
        let unsent: [&(dyn ToSql + Sync); 2] = [&shorter, &sent];
        let gone: Vec<Vec<u8>> =
            self.blanks.values().map(|id| [&id.as_bytes()[..], &[0; 16]].concat()).collect();
        let of_gone: Vec<i16> = gone.iter().map(|hash| shard::of(hash)).collect();
        let once: [&(dyn ToSql + Sync); 2] = [&gone, &of_gone];
        let mut work: Vec<(&'static str, Values<'_>)> = Vec::new();
        if !self.ids.is_empty() {
            work.push((ACCOUNTS, &accounts));
        }
        if !self.entries.is_empty() {
            work.extend([(trail::INSERT, &entries[..]), (feed::SEND, &places[..])]);
        }
        if !slots.is_empty() {
            work.extend([(BLANKS, &blanks[..]), (GONE, &once[..]), (BLANKS, &unsent[..])]);
        }
        if work.is_empty() {
            // Nothing to make durable.
            connection.undo().await;
            return Ok(());
        }
        connection.commit_with(&work).await
    }
}
