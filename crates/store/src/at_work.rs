//! How many requests are at work that are going to write, so that a commit knows whether others are about to come.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A request that has begun and will write before it ends. It counts until this is dropped.
#[must_use = "it counts only as long as it is held"]
#[derive(Default, Debug)]
pub struct AtWork(Option<Arc<AtomicUsize>>);

/// Counts them.
#[derive(Clone, Default)]
pub(crate) struct Crew(Arc<AtomicUsize>);

impl Crew {
    /// One more.
    pub(crate) fn join(&self) -> AtWork {
        self.0.fetch_add(1, Ordering::Relaxed);
        AtWork(Some(Arc::clone(&self.0)))
    }

    /// How many there are now. It may be another number by the time that it is used.
    pub(crate) fn size(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Drop for AtWork {
    fn drop(&mut self) {
        if let Some(count) = &self.0 {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_counts_until_it_ends() {
        let crew = Crew::default();
        let first = crew.join();
        let second = crew.clone().join();
        assert_eq!(crew.size(), 2);
        drop(first);
        assert_eq!(crew.size(), 1);
        drop((second, AtWork::default()));
        assert_eq!(crew.size(), 0);
    }
}
