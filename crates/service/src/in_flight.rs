//! Guesses in flight, as far as this process makes them. Where they alone stand in another's way, it waits until one of
//! them is settled and asks again, so that a platform which asks about one secret several times at once is not told to
//! come back for that alone.
//!
//! It waits before anything is charged, and the ledger decides anew each time: waiting buys no guess. It waits for guesses
//! of this process, all of which have places of their own at the hash engine and so come to an end; and it keeps its own
//! place, which it was promised. A name that nobody has is waited for just like one that somebody has.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use countersign_domain::id::AccountId;
use countersign_domain::secret::Kind;
use countersign_store::door::Index;
use tokio::sync::oneshot;

/// The most that wait for one secret. More at once is no person, and hardly a platform that means well.
const MOST_WAITING: usize = 16;

/// How often one asks again. Each time costs a transaction.
const MOST_TRIES: u32 = 8;

/// What is guessed at.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum GuessedAt {
    /// An account's secret.
    Secret(AccountId, Kind),
    /// The secret of a name that nobody has, or one that is not set.
    Nobodys(Index),
}

/// Every guess that this process has in flight.
#[derive(Clone, Default)]
pub(crate) struct Flights(Arc<Mutex<HashMap<GuessedAt, Together>>>);

/// The guesses at one secret.
#[derive(Default)]
struct Together {
    in_flight: usize,
    /// How many that were charged have ended.
    settled: u64,
    waiting: VecDeque<oneshot::Sender<InFlight>>,
}

/// A guess that is about to be charged, or is charged and not yet settled. Hold it until it is.
pub(crate) struct InFlight {
    flights: Flights,
    at: GuessedAt,
    /// How many others were settled when this began to ask.
    seen: u64,
    tries: u32,
    charged: bool,
    /// Whether it stands aside, and counts no more.
    aside: bool,
}

impl Flights {
    /// A guess begins.
    pub(crate) fn begin(&self, at: GuessedAt) -> InFlight {
        let mut all = self.lock();
        let together = all.entry(at).or_default();
        together.in_flight += 1;
        self.one_at(at, together.settled)
    }

    fn one_at(&self, at: GuessedAt, seen: u64) -> InFlight {
        InFlight { flights: self.clone(), at, seen, tries: 0, charged: false, aside: false }
    }

    /// A guess is not in flight any more. One that was charged makes room for one who waits; after the last one nobody
    /// would come, so all who wait go on.
    fn end(&self, at: GuessedAt, charged: bool) {
        let mut all = self.lock();
        let Some(together) = all.get_mut(&at) else { return };
        together.in_flight = together.in_flight.saturating_sub(1);
        together.settled += u64::from(charged);
        let turns = match (together.in_flight, charged) {
            (0, _) => together.waiting.len(),
            (_, true) => 1,
            (_, false) => 0,
        };
        for _ in 0..turns {
            let turn = self.one_at(at, together.settled);
            if let Err(mut unused) = hand_over(&mut together.waiting, turn) {
                // It never counted, and its end must not take this lock again.
                unused.aside = true;
                break;
            }
            together.in_flight += 1;
        }
        if together.in_flight == 0 {
            all.remove(&at);
        }
    }

    /// Nothing panics while it holds this lock.
    fn lock(&self) -> MutexGuard<'_, HashMap<GuessedAt, Together>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// To the first who still waits; back if nobody does.
fn hand_over(waiting: &mut VecDeque<oneshot::Sender<InFlight>>, mut turn: InFlight) -> Result<(), InFlight> {
    while let Some(next) = waiting.pop_front() {
        match next.send(turn) {
            Ok(()) => return Ok(()),
            Err(back) => turn = back,
        }
    }
    Err(turn)
}

impl InFlight {
    /// It is charged now.
    pub(crate) fn charged(mut self) -> Self {
        self.charged = true;
        self
    }

    /// It found no room, because of others in flight. Gives it back when one of them was settled, to be tried again;
    /// `None` if there is none to wait for, or if it has been tried or others wait too often.
    pub(crate) async fn stand_aside(mut self) -> Option<Self> {
        self.tries += 1;
        let tries = self.tries;
        if tries > MOST_TRIES {
            return None;
        }
        let woken = {
            let flights = self.flights.clone();
            let mut all = flights.lock();
            let together = all.get_mut(&self.at)?;
            if together.settled != self.seen {
                self.seen = together.settled;
                return Some(self);
            }
            if together.in_flight <= 1 || together.waiting.len() >= MOST_WAITING {
                return None;
            }
            let (wake, woken) = oneshot::channel();
            together.waiting.push_back(wake);
            together.in_flight -= 1;
            self.aside = true;
            woken
        };
        drop(self);
        let again = woken.await.ok()?;
        Some(again.tried(tries))
    }

    const fn tried(mut self, tries: u32) -> Self {
        self.tries = tries;
        self
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        if !self.aside {
            self.flights.end(self.at, self.charged);
        }
    }
}

#[cfg(test)]
mod tests {
    use core::pin::{Pin, pin};
    use core::task::{Context, Poll, Waker};

    use super::*;

    const AT: GuessedAt = GuessedAt::Nobodys([7; 32]);

    fn poll<T>(future: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn one_that_settles_lets_one_go_on_in_the_order_in_which_they_came() {
        let flights = Flights::default();
        let (first, second) = (flights.begin(AT).charged(), flights.begin(AT).charged());
        let mut early = pin!(flights.begin(AT).stand_aside());
        let mut late = pin!(flights.begin(AT).stand_aside());
        assert!(poll(early.as_mut()).is_pending() && poll(late.as_mut()).is_pending());
        drop(first);
        let Poll::Ready(Some(gone_on)) = poll(early.as_mut()) else { panic!("its turn") };
        assert!(poll(late.as_mut()).is_pending());
        drop(second);
        assert!(matches!(poll(late.as_mut()), Poll::Ready(Some(_))));
        drop(gone_on);
    }

    #[test]
    fn nobody_waits_where_nobody_would_come() {
        let flights = Flights::default();
        assert!(matches!(poll(pin!(flights.begin(AT).stand_aside())), Poll::Ready(None)));
        let last = flights.begin(AT);
        let (mut a, mut b) = (pin!(flights.begin(AT).stand_aside()), pin!(flights.begin(AT).stand_aside()));
        assert!(poll(a.as_mut()).is_pending() && poll(b.as_mut()).is_pending());
        // It was refused for another reason, and nobody else is in flight.
        drop(last);
        assert!(matches!(poll(a.as_mut()), Poll::Ready(Some(_))));
        assert!(matches!(poll(b.as_mut()), Poll::Ready(Some(_))));
    }

    #[test]
    fn one_that_was_settled_while_it_was_refused_is_not_missed() {
        let flights = Flights::default();
        let (other, charged) = (flights.begin(AT), flights.begin(AT).charged());
        let refused = flights.begin(AT);
        drop(charged);
        let Poll::Ready(Some(again)) = poll(pin!(refused.stand_aside())) else { panic!("at once") };
        assert!(poll(pin!(again.stand_aside())).is_pending());
        drop(other);
    }

    #[test]
    fn whoever_stops_waiting_leaves_its_turn_to_the_next() {
        let flights = Flights::default();
        let (first, second) = (flights.begin(AT).charged(), flights.begin(AT).charged());
        let mut gone = Box::pin(flights.begin(AT).stand_aside());
        let mut next = pin!(flights.begin(AT).stand_aside());
        assert!(poll(gone.as_mut()).is_pending() && poll(next.as_mut()).is_pending());
        drop(gone);
        drop(first);
        drop(second);
        assert!(matches!(poll(next.as_mut()), Poll::Ready(Some(_))));
        assert!(flights.lock().is_empty(), "nothing is left behind");
    }

    #[test]
    fn the_turn_of_one_who_has_stopped_waiting_is_not_lost_while_others_are_in_flight() {
        let flights = Flights::default();
        let (first, second) = (flights.begin(AT).charged(), flights.begin(AT).charged());
        let mut gone = Box::pin(flights.begin(AT).stand_aside());
        let mut next = pin!(flights.begin(AT).stand_aside());
        assert!(poll(gone.as_mut()).is_pending() && poll(next.as_mut()).is_pending());
        drop(gone);
        drop(first);
        assert!(matches!(poll(next.as_mut()), Poll::Ready(Some(_))));
        drop(second);
        assert!(flights.lock().is_empty(), "nothing is left behind");
    }

    #[test]
    fn as_many_wait_as_may_and_nobody_for_ever() {
        let flights = Flights::default();
        let charged = flights.begin(AT).charged();
        let mut waiting: Vec<_> =
            (0..MOST_WAITING).map(|_| Box::pin(flights.begin(AT).stand_aside())).collect();
        assert!(waiting.iter_mut().all(|one| poll(one.as_mut()).is_pending()));
        assert!(matches!(poll(pin!(flights.begin(AT).stand_aside())), Poll::Ready(None)));
        drop(waiting);
        let mut one = flights.begin(AT);
        for _ in 0..MOST_TRIES {
            drop(flights.begin(AT).charged());
            let Poll::Ready(Some(again)) = poll(pin!(one.stand_aside())) else { panic!("again") };
            one = again;
        }
        drop(flights.begin(AT).charged());
        assert!(matches!(poll(pin!(one.stand_aside())), Poll::Ready(None)));
        drop(charged);
    }
}
