//! What a webhook is told in one go, and what is reported of it. What was told is written down batch by batch: whatever ends
//! the server in between, it is told again under the same ids.

use countersign_domain::event::Event;
use countersign_domain::feed::{FeedEntry, FeedPlace};
use countersign_domain::time::Span;
use countersign_domain::webhook::{Answered, Attempt, Delivery, Next, Webhook};
use countersign_store::door::Waiting;

use crate::outward::Told;

/// A message of a batch.
pub struct Item {
    /// Where the event is in the feed.
    pub place: FeedPlace,
    /// The event.
    pub event: Event,
    /// Attempts that were made before.
    pub attempts: u32,
}

/// What is told in one go.
pub struct Batch {
    /// The messages, in the order in which they are begun.
    pub items: Vec<Item>,
    /// Up to where the feed was read for it, if it was.
    read: Option<FeedPlace>,
    source: Source,
}

/// Where messages come from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// They failed before, and are due.
    Due,
    /// They are new in the feed.
    New,
    /// The replay of that number.
    Again(u32),
}

impl Source {
    /// What of the feed is to be told again, and after which place; nothing if nothing is.
    #[must_use]
    pub fn again(webhook: &Webhook) -> Option<(Self, FeedPlace)> {
        let replay = webhook.progress.replay.filter(|replay| replay.after < replay.to)?;
        Some((Self::Again(replay.number), replay.after))
    }
}

impl Batch {
    /// What waits and is due; nothing if none of it has an event.
    #[must_use]
    pub fn due(waiting: Vec<Waiting>) -> Option<Self> {
        let items = waiting.into_iter().filter_map(|waiting| {
            let delivery = waiting.delivery;
            Some(Item { place: delivery.place, event: waiting.event?, attempts: delivery.attempts })
        });
        let items: Vec<Item> = items.collect();
        (!items.is_empty()).then_some(Self { items, read: None, source: Source::Due })
    }

    /// What the webhook wants of a part of the feed that was read up to `last`. `word` says of which type an event is.
    pub fn fed<'a>(
        webhook: &Webhook,
        source: Source,
        entries: impl IntoIterator<Item = &'a FeedEntry>,
        last: FeedPlace,
        word: impl Fn(&Event) -> &'static str,
    ) -> Self {
        let replay = webhook.progress.replay.filter(|replay| source == Source::Again(replay.number));
        let wanted = |entry: &&FeedEntry| {
            let FeedEntry { place, event } = entry;
            let asked = replay.is_none_or(|replay| {
                *place <= replay.to
                    && replay.since.is_none_or(|since| event.at >= since)
                    && replay.until.is_none_or(|until| event.at <= until)
            });
            asked && event.tenant == webhook.tenant && webhook.wants(word(event))
        };
        let item = |entry: &FeedEntry| Item { place: entry.place, event: entry.event.clone(), attempts: 0 };
        let items = entries.into_iter().filter(wanted).map(item).collect();
        Self { items, read: Some(last), source }
    }

    /// What is reported: `sent` says of which messages, by their places in the batch, attempts were made, in order and from
    /// the first on. The webhook is held for so long from then on.
    #[must_use]
    pub fn told(&self, sent: Vec<(usize, Attempt, Answered)>, hold: Span) -> Told {
        let whole = sent.len() == self.items.len();
        let reached = sent.last().map(|(place, ..)| self.items[*place].place);
        let last = if whole { self.read } else { reached.filter(|_| self.read.is_some()) };
        let mut told = Told {
            cursor: last.filter(|_| self.source == Source::New),
            replayed: last.and_then(|last| match self.source {
                Source::Again(number) => Some((number, last)),
                Source::Due | Source::New => None,
            }),
            attempts: Vec::with_capacity(sent.len()),
            put: Vec::new(),
            done: Vec::new(),
            hold,
        };
        for (place, attempt, answered) in sent {
            self.items[place].account_for(attempt, answered, &mut told);
        }
        told
    }
}

impl Item {
    fn account_for(&self, attempt: Attempt, answered: Answered, told: &mut Told) {
        let due = match attempt.next {
            Next::Delivered => None,
            Next::At(due) => Some(Some(due)),
            Next::GivenUp => Some(None),
        };
        match due {
            Some(due) => told.put.push(Delivery {
                place: self.place,
                account: self.event.account,
                event: self.event.id,
                attempts: self.attempts + 1,
                status: answered.status,
                due,
            }),
            // Also what had failed before it was asked for again.
            None => told.done.push(self.place),
        }
        told.attempts.push((attempt, answered));
    }
}
