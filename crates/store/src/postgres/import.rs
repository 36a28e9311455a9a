//! Many accounts in one transaction.

use std::collections::HashMap;

use countersign_domain::id::AccountId;

use super::account;
use super::connection::Connection;
use super::lookup::{self, columns};
use super::seen::Tag;
use super::trail::{self, Entries};
use super::trouble::Trouble;
use crate::door::{Arrival, Imported, Lookup, StoreFault};
use crate::mark::{marks, short};
use crate::tenant;

/// Writes those that are not there yet, all of them or none. Where an earlier try was in doubt, its rows are known by `tag`.
pub(super) async fn import(
    connection: &Connection,
    arrivals: &[Arrival],
    tag: &Tag,
) -> Result<Vec<Imported>, Trouble> {
    if arrivals.is_empty() {
        return Ok(Vec::new());
    }
    let imported = import_within(connection, arrivals, tag).await;
    if imported.is_err() {
        connection.undo().await;
    }
    imported
}

async fn import_within(
    connection: &Connection,
    arrivals: &[Arrival],
    tag: &Tag,
) -> Result<Vec<Imported>, Trouble> {
    let ids: Vec<&[u8]> = arrivals.iter().map(|arrival| &arrival.id.as_bytes()[..]).collect();
    let there = connection.begin("SELECT id, writer FROM accounts WHERE id = ANY($1)", &[&ids]).await?;
    if there.iter().any(|row| row.get::<_, &[u8]>(1) != tag) {
        return Err(StoreFault::Backend("an account with this id is there".into()).into());
    }
    let mut owners = owners(connection, arrivals).await?;
    if let Some(row) = there.first() {
        // An earlier try was made after all: whatever was new then has its own names now.
        account::confirm(connection, account::id_of(row.get(0))?).await?;
        return Ok(arrivals.iter().map(|arrival| made(arrival, &owners)).collect());
    }
    let outcomes: Vec<Imported> = arrivals.iter().map(|arrival| claim(arrival, &mut owners)).collect();
    write(connection, arrivals, &outcomes, tag).await?;
    connection.commit().await?;
    Ok(outcomes)
}

type Owners = HashMap<Vec<u8>, AccountId>;

/// Who has the names of these already.
async fn owners(connection: &Connection, arrivals: &[Arrival]) -> Result<Owners, Trouble> {
    let mut names: Vec<&[u8]> = arrivals.iter().flat_map(names_of).collect();
    names.sort_unstable();
    let rows = connection.rows(lookup::OWNERS, &[&names]).await?;
    let mut owners = Owners::with_capacity(names.len());
    for row in &rows {
        owners.insert(row.get(0), account::id_of(row.get(1))?);
    }
    Ok(owners)
}

fn names_of(arrival: &Arrival) -> impl Iterator<Item = &[u8]> {
    arrival.lookups.iter().filter_map(|lookup| match lookup {
        Lookup::Name(hash) => Some(short(hash)),
        Lookup::Mobile(_) | Lookup::Session(..) => None,
    })
}

fn found(arrival: &Arrival, owners: &Owners) -> Option<Imported> {
    let mut found = Vec::new();
    for (place, lookup) in arrival.lookups.iter().enumerate() {
        if let Lookup::Name(hash) = lookup {
            found.push((place, owners.get(short(hash)).copied()));
        }
    }
    Imported::met(&found)
}

/// What becomes of one; those after it meet its names.
fn claim(arrival: &Arrival, owners: &mut Owners) -> Imported {
    if let Some(met) = found(arrival, owners) {
        return met;
    }
    owners.extend(names_of(arrival).map(|name| (name.to_vec(), arrival.id)));
    Imported::Created
}

fn made(arrival: &Arrival, owners: &Owners) -> Imported {
    match found(arrival, owners) {
        Some(Imported::There(id)) if id == arrival.id => Imported::Created,
        Some(met) => met,
        None => Imported::Created,
    }
}

async fn write(
    connection: &Connection,
    arrivals: &[Arrival],
    outcomes: &[Imported],
    tag: &Tag,
) -> Result<(), Trouble> {
    let created: Vec<&Arrival> = arrivals
        .iter()
        .zip(outcomes)
        .filter_map(|(arrival, outcome)| (*outcome == Imported::Created).then_some(arrival))
        .collect();
    let (mut names, mut mobiles) = (Vec::new(), Vec::new());
    let mut entries = Entries::default();
    for arrival in &created {
        for lookup in &arrival.lookups {
            let (list, hash) = match lookup {
                Lookup::Name(hash) => (&mut names, hash),
                Lookup::Mobile(hash) => (&mut mobiles, hash),
                Lookup::Session(..) => continue,
            };
            let mut kept = [0; 16];
            kept.copy_from_slice(short(hash));
            list.push((kept, arrival.id));
        }
        for (id, record) in &arrival.events {
            entries.push(arrival.id, *id, &arrival.tenant, record.clone());
        }
    }
    for list in [&mut names, &mut mobiles] {
        list.sort_unstable();
        list.dedup();
    }
    let (hashes, ids) = columns(&names);
    let given = connection.rows(lookup::INSERT_NAMES, &[&hashes, &ids]).await?;
    if given.len() < names.len() {
        return Err(Trouble::Conflict("another takes one of these names at the same time".into()));
    }
    let (hashes, ids) = columns(&mobiles);
    connection.rows(lookup::INSERT_MOBILES, &[&hashes, &ids]).await?;
    write_accounts(connection, &created, tag).await?;
    trail::insert(connection, &entries).await
}

async fn write_accounts(connection: &Connection, created: &[&Arrival], tag: &Tag) -> Result<(), Trouble> {
    let ids: Vec<&[u8]> = created.iter().map(|arrival| &arrival.id.as_bytes()[..]).collect();
    let tenants: Vec<&str> = created.iter().map(|arrival| tenant::column(&arrival.tenant)).collect();
    let found_by: Vec<Vec<u8>> = created.iter().map(|arrival| marks(&arrival.lookups)).collect();
    let records: Vec<&[u8]> = created.iter().map(|arrival| &arrival.record[..]).collect();
    connection
        .execute(
            "INSERT INTO accounts (id, tenant, found_by, record, version, writer)
             SELECT a.id, a.tenant, a.found_by, a.record, 1, $5
             FROM unnest($1::bytea[], $2::text[], $3::bytea[], $4::bytea[]) AS a (id, tenant, found_by, record)",
            &[&ids, &tenants, &found_by, &records, &&tag[..]],
        )
        .await?;
    Ok(())
}
