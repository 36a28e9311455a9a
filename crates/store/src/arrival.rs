//! Many accounts at once, and what became of them.

use core::mem;

use countersign_domain::account::Account;
use countersign_domain::id::{AccountId, EventId};
use countersign_domain::identifier::TenantId;

use crate::door::{Lookup, StoreFault, Stored};
use crate::record;

/// An account to be stored together with many others, as the bytes that are stored: the writer has enough to do.
pub struct Arrival {
    pub(crate) id: AccountId,
    pub(crate) tenant: TenantId,
    pub(crate) record: Vec<u8>,
    /// Its fresh events.
    pub(crate) events: Vec<(EventId, Vec<u8>)>,
    pub(crate) lookups: Vec<Lookup>,
}

impl Arrival {
    /// With its names and mobile numbers. Without a name it cannot be known again, and is stored however often it comes.
    ///
    /// # Errors
    /// It cannot be written as a record, or is found by a session: what arrives has none.
    pub fn new(mut account: Account, lookups: Vec<Lookup>) -> Stored<Self> {
        if lookups.iter().any(|lookup| matches!(lookup, Lookup::Session(..))) {
            return Err(StoreFault::Backend("an account arrives with a session".into()));
        }
        let events = mem::take(&mut account.fresh_events);
        let events = events.iter().map(|event| Ok((event.id, record::encode_event(event)?)));
        let (events, record) = (events.collect::<Stored<Vec<_>>>()?, record::encode_account(&account)?);
        Ok(Self { id: account.id, tenant: account.tenant, record, events, lookups })
    }
}

/// What became of many accounts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportedBatch {
    /// One for each, in the order in which they were given.
    pub outcomes: Vec<Imported>,
    /// Changes from one call to the next if another process has written in between.
    pub changes: i64,
}

/// What became of one account among many.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Imported {
    /// It was stored.
    Created,
    /// This account has every one of its names already; nothing was stored.
    There(AccountId),
    /// Another account has the name at this place of the list, but not all of them; nothing was stored.
    Taken(usize),
}

impl Imported {
    /// What an arrival meets whose names, each with its place in the list, have these owners; `None` if nobody has any.
    #[must_use]
    pub fn met(owners: &[(usize, Option<AccountId>)]) -> Option<Self> {
        let (place, first) = owners.iter().find_map(|(place, owner)| Some((*place, (*owner)?)))?;
        let same = owners.iter().all(|(_, owner)| *owner == Some(first));
        Some(if same { Self::There(first) } else { Self::Taken(place) })
    }
}
