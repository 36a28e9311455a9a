//! The ledgers of names that nobody has: a table of fixed size, in every engine.

use crate::door::Index;

/// Slots for names that nobody has. A flood of made-up names fills about 150 megabytes and no more. Whoever wants to
/// push out one name must on average guess at a million others, each at the price of a password hash.
const SLOTS: u32 = 1 << 20;

/// Where the ledger lies, if there is one, that a name without one begins with. No name has this slot.
pub(crate) const BEGINNING: i64 = -1;

/// A keyed hash is as good as random, so any part of it chooses a slot evenly.
pub(crate) fn slot(hash: &Index) -> u32 {
    let [a, b, c, d, ..] = *hash;
    u32::from_be_bytes([a, b, c, d]) % SLOTS
}
