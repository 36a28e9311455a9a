//! Rows on their way: one form for every engine, which is also what is summed.

use sha2::{Digest, Sha256};

use super::table::Table;
use crate::door::{StoreFault, Stored};

/// The most rows of one batch.
pub(crate) const ROWS: usize = 8192;
/// A batch ends with the row that makes it longer than this, in bytes.
const BYTES: usize = 4 << 20;
/// In place of a length: there is no value.
const NOTHING: u32 = u32::MAX;

/// Some rows of one table, in the order of its key. Each column is its length, 4 bytes, and its bytes; a number has 8. That
/// is how `PostgreSQL` sends and takes columns too (Frontend/Backend Protocol, `DataRow`; `COPY`, Binary Format).
#[derive(Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    /// Where each row ends.
    ends: Vec<usize>,
}

impl Batch {
    /// Adds a column to the row that is being made.
    pub(crate) fn push(&mut self, value: Option<&[u8]>) -> Stored<()> {
        let length = value.map_or(Ok(NOTHING), |value| {
            let short = u32::try_from(value.len()).ok().filter(|length| *length <= i32::MAX.unsigned_abs());
            short.ok_or_else(|| StoreFault::Damaged("a column is longer than any may be".into()))
        })?;
        self.bytes.extend_from_slice(&length.to_be_bytes());
        self.bytes.extend_from_slice(value.unwrap_or_default());
        Ok(())
    }

    /// Ends the row that is being made.
    pub(crate) fn end_row(&mut self) {
        self.ends.push(self.bytes.len());
    }

    /// Whether it has as many rows as it should.
    pub(crate) fn is_full(&self) -> bool {
        self.ends.len() >= ROWS || self.bytes.len() >= BYTES
    }

    /// How many rows it has.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it has no row.
    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Its rows.
    pub(crate) fn rows(&self) -> impl DoubleEndedIterator<Item = &[u8]> + ExactSizeIterator {
        (0..self.ends.len()).map(|n| {
            let start = n.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.bytes[start..self.ends[n]]
        })
    }

    /// Without its rows up to the one with this key; `None` if it has none with it.
    pub(crate) fn after(&self, table: &Table, key: &[u8]) -> Option<Self> {
        let place = self.rows().position(|row| key_of(row, table) == key)?;
        let mut rest = Self::default();
        for row in self.rows().skip(place + 1) {
            rest.bytes.extend_from_slice(row);
            rest.end_row();
        }
        Some(rest)
    }
}

/// The columns of a row.
pub(crate) fn columns(row: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    let mut rest = row;
    core::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length);
        if length == NOTHING {
            rest = after;
            return Some(None);
        }
        let (value, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
        rest = after;
        Some(Some(value))
    })
}

/// The first columns of a row, which are its key.
pub(crate) fn key_of<'a>(row: &'a [u8], table: &Table) -> &'a [u8] {
    let long: usize = columns(row).take(table.key).map(|column| 4 + column.map_or(0, <[u8]>::len)).sum();
    row.get(..long).unwrap_or(row)
}

/// The checksum of a table: SHA-256 over its name, the names of its columns, and every column of every row in the order
/// of the key. Rows have a fixed number of columns and each says how long it is, so no two tables that differ are summed from
/// the same bytes.
pub(super) struct Sum {
    digest: Sha256,
    rows: u64,
}

impl Sum {
    pub(super) fn of(table: &Table) -> Self {
        let digest = Sha256::new().chain_update(format!("{} ({})\n", table.name, table.columns()));
        Self { digest, rows: 0 }
    }

    pub(super) fn add(&mut self, batch: &Batch) {
        self.digest.update(&batch.bytes);
        self.rows += u64::try_from(batch.len()).unwrap_or(u64::MAX);
    }

    /// How many rows it is of, and the checksum.
    pub(super) fn end(self) -> (u64, [u8; 32]) {
        (self.rows, self.digest.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::TABLES;
    use super::*;

    fn batch(rows: &[&[Option<&[u8]>]]) -> Batch {
        let mut batch = Batch::default();
        for row in rows {
            for column in *row {
                batch.push(*column).expect("is short enough");
            }
            batch.end_row();
        }
        batch
    }

    fn sum(table: &Table, batch: &Batch) -> [u8; 32] {
        let mut sum = Sum::of(table);
        sum.add(batch);
        sum.end().1
    }

    #[test]
    fn rows_come_back_as_they_were_put_in() {
        let made = batch(&[&[Some(b"a"), None, Some(b"")], &[Some(b""), Some(b"bc"), None]]);
        let rows: Vec<Vec<Option<&[u8]>>> = made.rows().map(|row| columns(row).collect()).collect();
        assert_eq!(rows, [[Some(&b"a"[..]), None, Some(b"")], [Some(b""), Some(b"bc"), None]]);
        assert!(made.len() == 2 && !made.is_empty() && !made.is_full() && Batch::default().is_empty());
    }

    #[test]
    fn what_comes_after_a_key_is_found_by_the_whole_key() {
        let mobiles = TABLES.iter().find(|table| table.name == "mobiles").expect("is copied");
        let made = batch(&[&[Some(b"h"), Some(b"1")], &[Some(b"h"), Some(b"2")], &[Some(b"i"), Some(b"1")]]);
        let keys: Vec<&[u8]> = made.rows().map(|row| key_of(row, mobiles)).collect();
        let rest = made.after(mobiles, keys[1]).expect("is there");
        assert_eq!(rest.rows().collect::<Vec<_>>(), [keys[2]]);
        assert!(made.after(mobiles, b"no such key").is_none());
    }

    #[test]
    fn tables_that_differ_have_other_sums() {
        let [names, mobiles] = ["names", "mobiles"]
            .map(|name| TABLES.iter().find(|table| table.name == name).expect("is copied"));
        let one = batch(&[&[Some(b"ab"), Some(b"c")]]);
        let others = [
            batch(&[&[Some(b"a"), Some(b"bc")]]),
            batch(&[&[Some(b"ab"), None]]),
            batch(&[&[Some(b"ab"), Some(b"c")], &[Some(b"ab"), Some(b"d")]]),
            batch(&[]),
        ];
        assert_eq!(sum(names, &one), sum(names, &batch(&[&[Some(b"ab"), Some(b"c")]])));
        assert_ne!(sum(names, &one), sum(mobiles, &one), "the table is part of it");
        for other in &others {
            assert_ne!(sum(names, &one), sum(names, other));
        }
    }
}
