//! What of a keyed hash is kept, and the marks by which an account's row knows what it is found by.
//!
//! So that an erased account's look-ups are found, its own row has a mark for each: a byte for the table and the first four
//! of the hash. Among all rows that begin so, which are one or two, the account's id tells which it is. A session's rows
//! come and go, so these are found by an index.

use crate::door::{Index, Lookup, StoreFault, Stored};

/// Bytes of a hash that are kept: 128 bits.
const KEPT: usize = 16;

/// Bytes of a mark.
const MARK: usize = 5;

/// First byte of a mark, `n`: it is of the table `names`.
const NAME: u8 = 0x6e;
/// First byte of a mark, `m`: it is of the table `mobiles`.
const MOBILE: u8 = 0x6d;

/// As much of a hash as is kept.
pub(crate) fn short(hash: &Index) -> &[u8] {
    &hash[..KEPT]
}

/// The table of a look-up that has a mark.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Marked {
    /// Unique names.
    Names,
    /// Mobile numbers.
    Mobiles,
}

/// Notes one look-up of an account; a session has no mark.
pub(crate) fn mark(marks: &mut Vec<u8>, lookup: &Lookup) {
    let (table, hash) = match lookup {
        Lookup::Name(hash) => (NAME, hash),
        Lookup::Mobile(hash) => (MOBILE, hash),
        Lookup::Session(..) => return,
    };
    marks.push(table);
    marks.extend_from_slice(&hash[..MARK - 1]);
}

/// The marks of a new account that is found by these.
pub(crate) fn marks(lookups: &[Lookup]) -> Vec<u8> {
    let mut marks = Vec::with_capacity(lookups.len() * MARK);
    for (place, lookup) in lookups.iter().enumerate() {
        // One that is named twice has one row.
        if !lookups[..place].contains(lookup) {
            mark(&mut marks, lookup);
        }
    }
    marks
}

/// The marks that are left when the account is found by these mobile numbers no longer.
pub(crate) fn without_mobiles(marks: &[u8], forgotten: &[Index]) -> Vec<u8> {
    let mut left = marks.to_vec();
    for hash in forgotten {
        let mut gone = Vec::with_capacity(MARK);
        mark(&mut gone, &Lookup::Mobile(*hash));
        // One mark for each number: another number that begins the same has one of its own.
        if let Some(place) = left.chunks(MARK).position(|mark| mark == gone) {
            left.drain(place * MARK..(place + 1) * MARK);
        }
    }
    left
}

/// Hashes of a table, from the first to the last.
pub(crate) type Range = (Marked, [u8; KEPT], [u8; KEPT]);

/// For each mark the table, and the first and the last hash that it can be of.
pub(crate) fn ranges(marks: &[u8]) -> Stored<Vec<Range>> {
    let range = |mark: &[u8]| {
        let (table, beginning) = match mark {
            [NAME, beginning @ ..] => (Marked::Names, beginning),
            [MOBILE, beginning @ ..] => (Marked::Mobiles, beginning),
            _ => return Err(StoreFault::Damaged("what an account is found by is not readable".into())),
        };
        let (mut first, mut last) = ([0x00; KEPT], [0xff; KEPT]);
        first[..beginning.len()].copy_from_slice(beginning);
        last[..beginning.len()].copy_from_slice(beginning);
        Ok((table, first, last))
    };
    marks.chunks(MARK).map(range).collect()
}

/// Two accounts cannot be found by the same name or session.
pub(crate) fn another() -> StoreFault {
    StoreFault::Backend("another account is found by that name or session".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_leads_to_the_hash_that_it_is_of() {
        let (name, mobile) = (Lookup::Name([0x77; 32]), Lookup::Mobile([0x88; 32]));
        let marks = marks(&[
            name,
            mobile,
            name,
            Lookup::Session([1; 32], countersign_domain::time::Timestamp::from_secs(1)),
        ]);
        let ranges = ranges(&marks).expect("reads");
        assert_eq!(ranges.iter().map(|range| range.0).collect::<Vec<_>>(), [Marked::Names, Marked::Mobiles]);
        let left = without_mobiles(&marks, &[[0x88; 32], [0x77; 32]]);
        assert_eq!(super::ranges(&left).expect("reads").len(), 1, "a name is no mobile");
        for ((_, first, last), hash) in ranges.iter().zip([[0x77; 16], [0x88; 16]]) {
            assert!(*first <= hash && hash <= *last);
        }
        assert!(matches!(super::ranges(b"x1234"), Err(StoreFault::Damaged(_))));
    }
}
