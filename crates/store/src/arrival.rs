//! Many accounts at once, and what became of them.

use countersign_domain::account::Account;
use countersign_domain::id::AccountId;

use crate::door::Lookup;

/// An account to be stored together with many others.
pub struct Arrival {
    /// The record.
    pub account: Account,
    /// What it is found by. Without a name it cannot be known again, and is stored however often it comes.
    pub lookups: Vec<Lookup>,
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
