//! What the writer did, for metrics.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::door::WriterCounts;

/// Written by the writer alone, read by anybody. The figures are not of one instant.
#[derive(Default)]
pub(crate) struct Tally {
    commits: AtomicU64,
    transactions: AtomicU64,
    batch_sizes: [AtomicU64; 11],
}

impl Tally {
    /// One more commit, of `size` transactions, at least 1.
    pub(crate) fn add(&self, size: usize) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.transactions.fetch_add(size as u64, Ordering::Relaxed);
        let class = size.next_power_of_two().trailing_zeros() as usize;
        self.batch_sizes[class.min(self.batch_sizes.len() - 1)].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn counts(&self, queued: u64) -> WriterCounts {
        WriterCounts {
            commits: self.commits.load(Ordering::Relaxed),
            transactions: self.transactions.load(Ordering::Relaxed),
            batch_sizes: array::from_fn(|class| self.batch_sizes[class].load(Ordering::Relaxed)),
            queued,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commits_are_told_apart_by_size() {
        let tally = Tally::default();
        for size in [1, 2, 3, 4, 5, 1024, 5000] {
            tally.add(size);
        }
        let counts = tally.counts(7);
        assert_eq!((counts.commits, counts.transactions, counts.queued), (7, 6039, 7));
        assert_eq!(counts.batch_sizes, [1, 1, 2, 1, 0, 0, 0, 0, 0, 0, 2]);
    }
}
