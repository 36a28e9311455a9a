//! Many accounts in one transaction.

use std::mem;

use countersign_domain::account::Account;
use countersign_domain::id::AccountId;
use rusqlite::Connection;

use super::savepoint::atomically;
use super::{account, lookup, trail};
use crate::door::{Arrival, Imported, ImportedBatch, Lookup, Stored};
use crate::record;

/// An account that is ready to be written.
pub(super) struct Ready {
    account: Account,
    record: Vec<u8>,
    lookups: Vec<Lookup>,
}

/// Makes the records, which needs no database: the writer has enough to do.
pub(super) fn ready(arrivals: Vec<Arrival>) -> Stored<Vec<Ready>> {
    let one = |Arrival { account, lookups }| {
        let record = record::encode_account(&account)?;
        Ok(Ready { account, record, lookups })
    };
    arrivals.into_iter().map(one).collect()
}

/// Writes those that are not there yet, all of them or none.
pub(super) fn import(connection: &Connection, arrivals: Vec<Ready>) -> Stored<ImportedBatch> {
    let changes =
        connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get::<_, i64>(0))?;
    let outcomes = atomically(connection, || {
        arrivals.into_iter().map(|arrival| import_one(connection, arrival)).collect::<Stored<Vec<_>>>()
    })?;
    Ok(ImportedBatch { outcomes, changes })
}

fn import_one(connection: &Connection, arrival: Ready) -> Stored<Imported> {
    let Ready { mut account, record, lookups } = arrival;
    if let Some(there) = found(connection, &lookups)? {
        return Ok(there);
    }
    let events = mem::take(&mut account.fresh_events);
    account::insert(connection, &account, &record, &lookups)?;
    trail::insert(connection, &events)?;
    Ok(Imported::Created)
}

/// What the names find: nobody, one account by all of them, or somebody by some.
fn found(connection: &Connection, lookups: &[Lookup]) -> Stored<Option<Imported>> {
    let mut owners: Vec<(usize, Option<AccountId>)> = Vec::new();
    for (place, lookup) in lookups.iter().enumerate() {
        if let Lookup::Name(hash) = lookup {
            owners.push((place, lookup::name(connection, *hash)?));
        }
    }
    let Some((place, first)) = owners.iter().find_map(|(place, owner)| Some((*place, (*owner)?))) else {
        return Ok(None);
    };
    let same = owners.iter().all(|(_, owner)| *owner == Some(first));
    Ok(Some(if same { Imported::There(first) } else { Imported::Taken(place) }))
}
