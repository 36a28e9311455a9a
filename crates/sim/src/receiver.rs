//! An endpoint that webhooks are told at. It keeps what comes, whatever happens to the server, and fails now and then.

use std::sync::{Mutex, MutexGuard, PoisonError};

use countersign_domain::event::Event;
use countersign_domain::feed::FeedPlace;
use countersign_domain::id::{AccountId, EventId};
use countersign_domain::time::Span;
use countersign_domain::webhook::Answered;

use crate::dice::Dice;

/// A message that came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Message {
    /// With which batch it was sent.
    pub(crate) batch: u32,
    /// The event's place, as who told it knew.
    pub(crate) place: FeedPlace,
    /// Whose event.
    pub(crate) account: AccountId,
    /// Which.
    pub(crate) event: EventId,
    /// Whether it was taken.
    pub(crate) taken: bool,
}

/// An endpoint.
pub(crate) struct Receiver(Mutex<State>);

struct State {
    dice: Dice,
    /// It fails once in so many times; never if 0.
    fails: usize,
    batches: u32,
    came: Vec<Message>,
}

impl Receiver {
    /// One that fails once in so many times, by dice of its own.
    #[must_use]
    pub(crate) const fn new(seed: u64, fails: usize) -> Self {
        Self(Mutex::new(State { dice: Dice::new(seed), fails, batches: 0, came: Vec::new() }))
    }

    /// It takes everything from now on.
    pub(crate) fn calm(&self) {
        self.state().fails = 0;
    }

    /// What came since this was asked last.
    #[must_use]
    pub(crate) fn take(&self) -> Vec<Message> {
        core::mem::take(&mut self.state().came)
    }

    /// A batch begins: its number, and how many of its messages there is time for.
    pub(crate) fn begins(&self, messages: usize) -> (u32, usize) {
        let mut state = self.state();
        state.batches += 1;
        let most =
            if messages > 1 && state.dice.once_in(3) { 1 + state.dice.below(messages) } else { messages };
        (state.batches, most)
    }

    /// A message comes.
    pub(crate) fn told(&self, batch: u32, place: FeedPlace, event: &Event) -> Answered {
        let mut state = self.state();
        let fails = state.fails > 0 && {
            let fails = state.fails;
            state.dice.once_in(fails)
        };
        let answered = match (fails, state.dice.below(3)) {
            (false, _) => Answered { status: Some(204), retry_after: None },
            (true, 0) => Answered { status: None, retry_after: None },
            (true, 1) => Answered { status: Some(503), retry_after: Some(Span::from_secs(60)) },
            (true, _) => Answered { status: Some(500), retry_after: None },
        };
        state.came.push(Message { batch, place, account: event.account, event: event.id, taken: !fails });
        answered
    }

    /// A number for whatever is spread at random.
    pub(crate) fn roll(&self) -> u32 {
        u32::try_from(self.state().dice.below(1 << 31)).unwrap_or(0)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
