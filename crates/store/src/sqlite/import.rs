//! Many accounts in one transaction.
//!
//! What an account is found by is a keyed hash, so the rows of a batch fall anywhere into their tables. They are written
//! table by table and each in the order of its key: a page is then looked for, changed and copied once, however many rows
//! of the batch it gets. No savepoint is set, because it would keep a copy of every page; whatever fails takes the whole
//! transaction with it.

use std::collections::BTreeSet;

use countersign_domain::id::AccountId;
use rusqlite::{Connection, params};

use super::savepoint::whole;
use super::{account, feed, lookup, trail};
use crate::door::{Arrival, Imported, ImportedBatch, Index, Lookup, Stored};
use crate::mark::{marks, short};
use crate::tenant;

/// Arrivals in the orders in which they are written.
pub(super) struct Ready {
    arrivals: Vec<Arrival>,
    /// Every name, by its hash, and whose it is.
    names: Vec<(Index, usize)>,
    /// Every mobile number, by its hash and the account, each once.
    mobiles: Vec<(Index, AccountId, usize)>,
    /// The places of the arrivals, by their ids.
    by_id: Vec<usize>,
    /// Two of them have the same name, so that what becomes of one depends on the other.
    meet: bool,
}

/// Puts them in order, which needs no database.
pub(super) fn ready(arrivals: Vec<Arrival>) -> Ready {
    let (mut names, mut mobiles) = (Vec::with_capacity(arrivals.len()), Vec::with_capacity(arrivals.len()));
    for (place, arrival) in arrivals.iter().enumerate() {
        for lookup in &arrival.lookups {
            match lookup {
                Lookup::Name(hash) => names.push((*hash, place)),
                Lookup::Mobile(hash) => mobiles.push((*hash, arrival.id, place)),
                Lookup::Session(..) => {}
            }
        }
    }
    names.sort_unstable();
    mobiles.sort_unstable();
    mobiles.dedup();
    let mut by_id: Vec<usize> = (0..arrivals.len()).collect();
    by_id.sort_unstable_by_key(|&place| arrivals[place].id);
    let meet = names.windows(2).any(|pair| short(&pair[0].0) == short(&pair[1].0));
    Ready { arrivals, names, mobiles, by_id, meet }
}

/// Writes those that are not there yet, all of them or none. Whatever fails rolls the open transaction back, with what
/// was in it before.
pub(super) fn import(connection: &Connection, ready: &Ready) -> Stored<ImportedBatch> {
    let changes =
        connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get::<_, i64>(0))?;
    let outcomes = whole(connection, || {
        let outcomes =
            if ready.meet { claim_in_turn(connection, ready)? } else { claim_at_once(connection, ready)? };
        write_mobiles(connection, ready, &outcomes)?;
        write_accounts(connection, ready, &outcomes)?;
        write_events(connection, ready, &outcomes)?;
        Ok(outcomes)
    })?;
    Ok(ImportedBatch { outcomes, changes })
}

impl Ready {
    /// Those that are to be stored, by their ids.
    fn created(&self, outcomes: &[Imported]) -> impl Iterator<Item = &Arrival> {
        let places = self.by_id.iter().filter(|&&place| outcomes[place] == Imported::Created);
        places.map(|&place| &self.arrivals[place])
    }
}

/// Writes the names one arrival after the other, of all who are new. Those who come later meet them.
fn claim_in_turn(connection: &Connection, ready: &Ready) -> Stored<Vec<Imported>> {
    let claim = |arrival: &Arrival| {
        if let Some(there) = found(connection, &arrival.lookups)? {
            return Ok(there);
        }
        for lookup in &arrival.lookups {
            if let Lookup::Name(hash) = lookup {
                lookup::claim(connection, hash, arrival.id)?;
            }
        }
        Ok(Imported::Created)
    };
    ready.arrivals.iter().map(claim).collect()
}

/// Writes all names that nobody has. Where one was taken, those that were written beside it are taken back. Only for
/// arrivals that do not meet each other.
fn claim_at_once(connection: &Connection, ready: &Ready) -> Stored<Vec<Imported>> {
    let mut outcomes = vec![Imported::Created; ready.arrivals.len()];
    let mut met = BTreeSet::new();
    for (hash, place) in &ready.names {
        if !lookup::claim(connection, hash, ready.arrivals[*place].id)? {
            met.insert(*place);
        }
    }
    for place in met {
        let arrival = &ready.arrivals[place];
        for lookup in &arrival.lookups {
            if let Lookup::Name(hash) = lookup {
                lookup::unclaim(connection, hash, arrival.id)?;
            }
        }
        // Somebody is found: the name that was met is not one of those that were taken back.
        outcomes[place] = found(connection, &arrival.lookups)?.unwrap_or(Imported::Taken(0));
    }
    Ok(outcomes)
}

fn write_mobiles(connection: &Connection, ready: &Ready, outcomes: &[Imported]) -> Stored<()> {
    let mut insert = connection.prepare_cached(lookup::INSERT_MOBILE)?;
    for (hash, id, place) in &ready.mobiles {
        if outcomes[*place] == Imported::Created {
            insert.execute(params![short(hash), id.as_bytes()])?;
        }
    }
    Ok(())
}

fn write_accounts(connection: &Connection, ready: &Ready, outcomes: &[Imported]) -> Stored<()> {
    let mut insert = connection.prepare_cached(account::INSERT)?;
    for arrival in ready.created(outcomes) {
        let found_by = marks(&arrival.lookups);
        let tenant = tenant::column(&arrival.tenant);
        insert.execute(params![arrival.id.as_bytes(), tenant, found_by, arrival.record])?;
    }
    Ok(())
}

fn write_events(connection: &Connection, ready: &Ready, outcomes: &[Imported]) -> Stored<()> {
    let mut insert = connection.prepare_cached(trail::INSERT)?;
    let mut append = connection.prepare_cached(feed::APPEND)?;
    for arrival in ready.created(outcomes) {
        let tenant = tenant::column(&arrival.tenant);
        for (id, record) in &arrival.events {
            insert.execute(params![arrival.id.as_bytes(), id.as_bytes(), tenant, record])?;
            append.execute(params![arrival.id.as_bytes(), id.as_bytes(), tenant])?;
        }
    }
    Ok(())
}

/// What the names find: nobody, one account by all of them, or somebody by some.
fn found(connection: &Connection, lookups: &[Lookup]) -> Stored<Option<Imported>> {
    let mut owners: Vec<(usize, Option<AccountId>)> = Vec::new();
    for (place, lookup) in lookups.iter().enumerate() {
        if let Lookup::Name(hash) = lookup {
            owners.push((place, lookup::name(connection, *hash)?));
        }
    }
    Ok(Imported::met(&owners))
}
