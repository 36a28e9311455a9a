//! What happens at a time, kept in the order of time.

use core::cmp::Ordering;
use std::collections::BinaryHeap;

/// Something at a time, in seconds. The earliest is the greatest, so that a heap gives it first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Due<T> {
    pub(crate) at: f64,
    pub(crate) what: T,
}

impl<T> PartialEq for Due<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Due<T> {}

impl<T> PartialOrd for Due<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Due<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        other.at.total_cmp(&self.at)
    }
}

/// What is still to happen.
#[derive(Clone, Debug)]
pub(crate) struct Agenda<T>(BinaryHeap<Due<T>>);

impl<T> Agenda<T> {
    pub(crate) const fn new() -> Self {
        Self(BinaryHeap::new())
    }

    pub(crate) fn put(&mut self, at: f64, what: T) {
        self.0.push(Due { at, what });
    }

    /// When the next thing happens; never, if there is none.
    pub(crate) fn next_at(&self) -> f64 {
        self.0.peek().map_or(f64::INFINITY, |due| due.at)
    }

    pub(crate) fn next(&mut self) -> Option<Due<T>> {
        self.0.pop()
    }

    /// The next thing, if it happens by then.
    pub(crate) fn next_by(&mut self, at: f64) -> Option<Due<T>> {
        if self.next_at() <= at { self.next() } else { None }
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// All of it, in no order.
    pub(crate) fn take_all(&mut self) -> Vec<Due<T>> {
        core::mem::take(&mut self.0).into_vec()
    }
}

/// Times that were seen, in seconds.
#[derive(Clone, Default, Debug)]
pub(crate) struct Times(Vec<f64>);

impl Times {
    pub(crate) fn put(&mut self, seconds: f64) {
        self.0.push(seconds);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// `NaN` if none was seen.
    pub(crate) fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / count(self.0.len())
    }

    /// The time within which each of these shares of all was; `NaN` if none was seen.
    pub(crate) fn within<const N: usize>(&self, shares: [f64; N]) -> [f64; N] {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        shares.map(|share| {
            let place = whole(share * count(sorted.len())).min(sorted.len().saturating_sub(1));
            sorted.get(place).copied().unwrap_or(f64::NAN)
        })
    }
}

/// As a float; exact, since nobody simulates 2^52 of anything.
#[allow(clippy::cast_precision_loss, reason = "what is counted here stays far below 2^52")]
pub(crate) const fn count(number: usize) -> f64 {
    number as f64
}

/// The whole part of what is not below zero.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast saturates, and no place is below zero"
)]
pub(crate) const fn whole(number: f64) -> usize {
    number as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agenda_is_in_the_order_of_time() {
        let mut agenda = Agenda::new();
        for at in [3.0, 1.0, 2.0] {
            agenda.put(at, at);
        }
        assert_eq!(agenda.next_by(0.5).map(|due| due.at), None);
        let order: Vec<f64> = core::iter::from_fn(|| agenda.next()).map(|due| due.what).collect();
        assert!(order.is_sorted() && order.len() == 3);
        assert!(agenda.len() == 0 && agenda.next_at().is_infinite());
    }

    #[test]
    fn shares_of_times_are_found() {
        let mut times = Times::default();
        (1..=1000).rev().for_each(|n| times.put(f64::from(n)));
        assert_eq!(times.within([0.0, 0.5, 0.99, 1.0]).map(whole), [1, 501, 991, 1000]);
        assert!((times.mean() - 500.5).abs() < 1e-9);
        assert!(Times::default().within([0.5])[0].is_nan());
    }
}
