//! Accounts: one row each, loaded under a lock and saved whole.

use countersign_domain::account::Account;
use countersign_domain::command::Page;
use countersign_domain::id::AccountId;
use countersign_domain::identifier::TenantId;

use super::connection::Connection;
use super::lookup::{self, Met};
use super::seen::{Seen, Tag};
use super::trail::{self, Entries};
use super::trouble::{Trouble, caught};
use super::{claim, shard};
use crate::door::{Created, KeptAnswer, Lookup, StoreFault, Stored};
use crate::mark::marks;
use crate::{record, tenant};

/// A new account as it is written.
pub(super) struct New {
    id: AccountId,
    tenant: String,
    record: Vec<u8>,
    entries: Entries,
    lookups: Vec<Lookup>,
    answer: Option<KeptAnswer>,
    tag: Tag,
}

impl New {
    pub(super) fn of(
        mut account: Account,
        lookups: Vec<Lookup>,
        answer: Option<KeptAnswer>,
        tag: Tag,
    ) -> Stored<Self> {
        let events = core::mem::take(&mut account.fresh_events);
        Ok(Self {
            id: account.id,
            tenant: tenant::column(&account.tenant).to_owned(),
            record: record::encode_account(&account)?,
            entries: Entries::of(&events)?,
            lookups,
            answer,
            tag,
        })
    }
}

/// Writes a new account and what it is found by. An earlier try whose answer was lost is known by its tag.
pub(super) async fn create(connection: &Connection, new: &New) -> Result<Created, Trouble> {
    let written = "INSERT INTO accounts (id, tenant, found_by, record, version, writer)
                   VALUES ($1, $2, $3, $4, 1, $5) ON CONFLICT (id) DO NOTHING RETURNING id";
    let (id, found_by) = (&new.id.as_bytes()[..], marks(&new.lookups));
    let begun = connection.begin(written, &[&id, &new.tenant, &found_by, &new.record, &&new.tag[..]]).await;
    let made = match begun {
        Ok(rows) if rows.is_empty() => known_again(connection, new).await,
        Ok(_) => rest(connection, new).await,
        Err(trouble) => Err(trouble),
    };
    if !matches!(made, Ok(Created::Created)) {
        connection.undo().await;
    }
    made
}

async fn rest(connection: &Connection, new: &New) -> Result<Created, Trouble> {
    if let Err(met) = lookup::add(connection, new.id, &new.lookups).await? {
        return match met {
            Met::Name(place) => Ok(Created::Taken(place)),
            Met::Session => Err(crate::mark::another().into()),
        };
    }
    trail::insert(connection, &new.entries).await?;
    if let Some(answer) = &new.answer {
        claim::answer_held(connection, answer).await?;
    }
    connection.commit().await?;
    Ok(Created::Created)
}

/// The id is there: written by an earlier try of this, or somebody else's.
async fn known_again(connection: &Connection, new: &New) -> Result<Created, Trouble> {
    let row = connection
        .row("SELECT writer FROM accounts WHERE id = $1 AND version = 1", &[&&new.id.as_bytes()[..]])
        .await?;
    if row.is_some_and(|row| row.get::<_, &[u8]>(0) == new.tag) {
        confirm(connection, new.id).await?;
        return Ok(Created::Created);
    }
    Err(StoreFault::Backend("an account with this id is there".into()).into())
}

/// Makes sure that what is seen of a row is as durable as a commit makes it, by a commit after it.
pub(super) async fn confirm(connection: &Connection, id: AccountId) -> Result<(), Trouble> {
    connection.execute("UPDATE accounts SET writer = writer WHERE id = $1", &[&&id.as_bytes()[..]]).await?;
    connection.commit().await
}

/// The account of a record that was read; `None` if there was none.
pub(super) fn of_record(id: AccountId, record: Option<Vec<u8>>) -> Stored<Option<Account>> {
    let Some(record) = record else {
        // What is not there takes as long as what is.
        core::hint::black_box(record::decode_account(NOBODY)).ok();
        return Ok(None);
    };
    restore(id, &record).map(Some)
}

/// What is taken apart in place of the record of an account that is not there.
const NOBODY: &[u8] = &[0; 512];

pub(super) async fn list(
    connection: &Connection,
    tenant: &TenantId,
    page: Page<AccountId>,
) -> Result<Vec<Account>, Trouble> {
    // Nothing sorts before the empty key.
    let after = page.after.as_ref().map_or(&[][..], |id| id.as_bytes());
    let rows = connection
        .rows(
            "SELECT id, record FROM accounts WHERE id > $1 AND tenant = $2 ORDER BY id LIMIT $3",
            &[&after, &tenant::column(tenant), &i64::from(page.limit)],
        )
        .await?;
    let accounts = rows.iter().map(|row| restore(id_of(row.get(0))?, row.get(1)));
    Ok(accounts.collect::<Stored<_>>()?)
}

/// An account that is about to be erased: the writing in which it was read, and the last of its trail.
pub(super) struct Erasing {
    seen: Seen,
    entries: Entries,
}

/// What became of an erasure.
pub(super) enum Erased {
    /// It is gone.
    Done,
    /// There was no such account.
    Nobody,
}

/// Erases an account. `last` runs once: `erasing` remembers what it made of the record from try to try.
pub(super) async fn erase<F>(
    connection: &Connection,
    id: AccountId,
    last: &mut Option<F>,
    erasing: &mut Option<Erasing>,
) -> Result<Erased, Trouble>
where
    F: FnOnce(&mut Account),
{
    let erased = erase_within(connection, id, last, erasing).await;
    if !matches!(erased, Ok(Erased::Done)) {
        connection.undo().await;
    }
    erased
}

async fn erase_within<F>(
    connection: &Connection,
    id: AccountId,
    last: &mut Option<F>,
    erasing: &mut Option<Erasing>,
) -> Result<Erased, Trouble>
where
    F: FnOnce(&mut Account),
{
    let locked = "SELECT record, version, writer, found_by FROM accounts WHERE id = $1 FOR UPDATE";
    let rows = connection.begin(locked, &[&&id.as_bytes()[..]]).await?;
    let Some(row) = rows.first() else { return Ok(Erased::Nobody) };
    let seen = Seen::of(row.get(1), row.get(2));
    if let Some(last) = last.take() {
        let mut account = restore(id, row.get(0))?;
        caught(|| last(&mut account))?;
        *erasing = Some(Erasing { seen: seen.clone(), entries: Entries::of(&account.fresh_events)? });
    }
    let Some(erasing) = erasing.as_ref().filter(|erasing| erasing.seen == seen) else {
        return Err(StoreFault::Unavailable("the account was changed while it was erased".into()).into());
    };
    trail::insert(connection, &erasing.entries).await?;
    lookup::forget(connection, id, row.get(3)).await?;
    connection.execute("DELETE FROM accounts WHERE id = $1", &[&&id.as_bytes()[..]]).await?;
    connection.commit().await?;
    Ok(Erased::Done)
}

/// A record under another account's key would lend it that one's secrets.
pub(super) fn restore(id: AccountId, record: &[u8]) -> Stored<Account> {
    let account = record::decode_account(record)?;
    if account.id == id {
        Ok(account)
    } else {
        Err(StoreFault::Damaged("it is under another account's key".into()))
    }
}

/// The id in a column.
pub(super) fn id_of(column: &[u8]) -> Stored<AccountId> {
    shard::sixteen(column).map(AccountId::from_bytes)
}
