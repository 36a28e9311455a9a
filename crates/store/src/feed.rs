//! The part of the door that leads outside: the feed of events, and the webhooks that are told of them.

use core::future::Future;

use countersign_domain::feed::{Fed, FeedPlace};
use countersign_domain::id::WebhookId;
use countersign_domain::identifier::TenantId;
use countersign_domain::time::Timestamp;
use countersign_domain::webhook::{Delivery, Webhook};

use crate::door::{KeptAnswer, Stored};

/// Where events get their places, and where it is kept who was told of which.
///
/// An event is in the feed as surely as it is in the trail: what leads there is written in its own transaction. Its place is
/// given then, or soon after by [`Self::arrange`].
pub trait Feed: Clone + Send + Sync + 'static {
    /// What comes after a place, at most `limit` of it, in order. Who has seen a place need never look before it again.
    fn feed(&self, after: FeedPlace, limit: u32) -> impl Future<Output = Stored<Fed>> + Send;

    /// The last place that was given.
    fn feed_end(&self) -> impl Future<Output = Stored<FeedPlace>> + Send;

    /// A place after which everything lies that was committed at that time or later, as far as the clocks of those who
    /// decide agree; what lies there may also be older.
    fn feed_at(&self, time: Timestamp) -> impl Future<Output = Stored<FeedPlace>> + Send;

    /// Gives places to events that have none yet, at most about `limit`; says to how many. Where places are given at once
    /// there is nothing to do, and where another server is at it nothing is done.
    fn arrange(&self, now: Timestamp, limit: u32) -> impl Future<Output = Stored<u32>> + Send;

    /// Forgets places of events that were decided before that time, at most `limit`; says how many. The last place stays.
    fn forget_feed(&self, before: Timestamp, limit: u32) -> impl Future<Output = Stored<u32>> + Send;

    /// Stores a new webhook, and the answer to its request's key. Durable when it returns.
    fn create_webhook(
        &self,
        webhook: Webhook,
        answer: Option<KeptAnswer>,
    ) -> impl Future<Output = Stored<()>> + Send;

    /// The webhook of that id.
    fn webhook(&self, id: WebhookId) -> impl Future<Output = Stored<Option<Webhook>>> + Send;

    /// A tenant's webhooks, by id.
    fn webhooks(&self, tenant: TenantId) -> impl Future<Output = Stored<Vec<Webhook>>> + Send;

    /// Loads a webhook, runs `decide`, saves it with what waits to be tried again: one durable transaction, while no other
    /// such decision runs anywhere. `decide` runs exactly once. `None` if it is not there.
    fn update_webhook<R, F>(
        &self,
        id: WebhookId,
        decide: F,
    ) -> impl Future<Output = Stored<Option<R>>> + Send
    where
        R: Send + 'static,
        F: FnOnce(&mut WebhookDraft) -> R + Send + 'static;

    /// Deletes a webhook and what waits for it. `false` if there was none.
    fn delete_webhook(&self, id: WebhookId) -> impl Future<Output = Stored<bool>> + Send;

    /// What of a webhook's waits, the longest due first, at most `limit`: all of it, what was given up last, or what is due
    /// by `due`.
    fn deliveries(
        &self,
        id: WebhookId,
        due: Option<Timestamp>,
        limit: u32,
    ) -> impl Future<Output = Stored<Vec<Waiting>>> + Send;
}

/// A webhook being decided about.
pub struct WebhookDraft {
    /// The record.
    pub webhook: Webhook,
    /// What waits to be tried again from now on, in place of what waits under the same place.
    pub put: Vec<Delivery>,
    /// What does not wait any more.
    pub done: Vec<FeedPlace>,
    /// Everything that was given up is forgotten up to this place.
    pub forget: Option<FeedPlace>,
}

impl WebhookDraft {
    pub(crate) const fn of(webhook: Webhook) -> Self {
        Self { webhook, put: Vec::new(), done: Vec::new(), forget: None }
    }
}

/// What waits to be delivered, and the event, if the trail has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// What waits.
    pub delivery: Delivery,
    /// The event.
    pub event: Option<countersign_domain::event::Event>,
}

/// What stands for a delivery that is never due.
pub(crate) const NEVER: i64 = i64::MAX;

/// What is in the column of when it is due.
pub(crate) fn due_column(due: Option<Timestamp>) -> i64 {
    due.map_or(NEVER, Timestamp::millis)
}

/// How far back a search by time begins: clocks of several servers differ, and a decision may wait for its commit.
pub(crate) const SLACK_MS: i64 = 60_000;

/// Looks for the greatest place whose event, and all before it, are older than a time: half by half, because places are
/// given in about the order of time.
pub(crate) struct Search {
    low: i64,
    high: i64,
}

impl Search {
    /// Between the first and the last place.
    pub(crate) const fn new(first: i64, last: i64) -> Self {
        Self { low: first.saturating_sub(1), high: last }
    }

    /// The place to ask about next: the first one from there on. `None` at the end.
    pub(crate) const fn ask(&self) -> Option<i64> {
        if self.low < self.high { Some(self.low + (self.high - self.low) / 2 + 1) } else { None }
    }

    /// What was found from `asked` on: a place, and whether it is older.
    pub(crate) fn tell(&mut self, asked: i64, found: i64, older: bool) {
        if older {
            self.low = found.max(asked);
        } else {
            self.high = asked - 1;
        }
    }

    /// Everything after it is to be read.
    pub(crate) const fn found(&self) -> i64 {
        self.low
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_finds_the_last_that_is_older() {
        // Places with gaps, and their times.
        let feed = [(3, 10), (4, 20), (1000, 30), (1001, 40), (5000, 50)];
        for (time, expected) in [(5, 2), (10, 2), (11, 3), (25, 4), (31, 1000), (41, 1001), (51, 5000)] {
            let mut search = Search::new(3, 5000);
            while let Some(asked) = search.ask() {
                let found =
                    feed.iter().find(|(place, _)| *place >= asked).expect("the last is asked about at most");
                search.tell(asked, found.0, found.1 < time);
            }
            let after: Vec<_> = feed.iter().filter(|(place, _)| *place > search.found()).collect();
            let expected: Vec<_> = feed.iter().filter(|(place, _)| *place > expected).collect();
            assert_eq!(after, expected, "at {time}");
        }
    }
}
