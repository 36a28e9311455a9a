//! What keys have in common: one of sixteen shards by the first bits of a key, and ids in columns.

use crate::door::{StoreFault, Stored};

/// How many there are. What is walked in the order of time is walked in each of them.
pub(super) const SHARDS: i16 = 16;

/// The shard of what a key leads. Keys are keyed hashes or random ids, so any bits of one choose evenly.
pub(super) fn of(key: &[u8]) -> i16 {
    key.first().map_or(0, |first| i16::from(first >> 4))
}

/// Sixteen bytes of an id.
pub(super) fn sixteen(column: &[u8]) -> Stored<[u8; 16]> {
    column.try_into().map_err(|_| StoreFault::Damaged("an id in the database is not 16 bytes long".into()))
}
