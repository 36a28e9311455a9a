//! Several senders in an order: where one does not take a message, the next one is asked.

use core::time::Duration;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use countersign_domain::calling::Prefix;
use countersign_domain::time::{Span, Timestamp};
use countersign_service::{CodeSender, Handed, Message, SendCure, SendFault};

use super::Sending;
use super::watched::{Asking, SenderObserver};

/// Failures in a row after which a sender is passed over.
const TOO_MANY: u32 = 5;

/// For how long it is.
const PASSED_OVER: Span = Span::from_minutes(1);

/// Asks one sender after another. All of it is bounded in time.
///
/// A sender that did not answer in time may have taken the message, so the next one may deliver it again: the same code,
/// of which any copy is good once.
pub struct Chain {
    stations: Vec<Station>,
    /// Which of them, in which order, by prefix; the longest that leads the number counts.
    routes: Vec<(Prefix, Vec<usize>)>,
    /// In which order all others are sent.
    order: Vec<usize>,
    patience: Duration,
    observer: Arc<dyn SenderObserver>,
}

struct Station {
    name: String,
    sender: Arc<dyn CodeSender>,
    health: Mutex<Health>,
}

#[derive(Clone, Copy, Default)]
struct Health {
    failed_in_a_row: u32,
    passed_over_until: Option<Timestamp>,
}

impl Chain {
    /// Puts senders in their order. `routes` and `order` are places in `senders`.
    #[must_use]
    pub fn new(
        senders: Vec<(String, Arc<dyn CodeSender>)>,
        routes: Vec<(Prefix, Vec<usize>)>,
        order: Vec<usize>,
        patience: Duration,
        observer: Arc<dyn SenderObserver>,
    ) -> Self {
        let station = |(name, sender)| Station { name, sender, health: Mutex::default() };
        Self { stations: senders.into_iter().map(station).collect(), routes, order, patience, observer }
    }

    /// The senders for a message: those that work first, then those that lately did not, because a code that may not
    /// arrive is better than one that surely does not.
    fn route(&self, message: &Message) -> Vec<&Station> {
        let leading = self.routes.iter().filter(|(prefix, _)| prefix.leads(&message.dialled));
        let route = leading.max_by_key(|(prefix, _)| prefix.len()).map_or(&self.order, |(_, route)| route);
        let mut stations: Vec<&Station> =
            route.iter().filter_map(|&place| self.stations.get(place)).collect();
        stations.sort_by_key(|station| station.is_passed_over(message.sent_at));
        stations
    }

    async fn hand_over(&self, message: &Message, doubts: &AtomicU32) -> Result<(), SendFault> {
        let mut last = SendFault::of_settings("no sender is configured for this number".to_owned());
        for (place, station) in self.route(message).into_iter().enumerate() {
            // Should time run out in the middle, this one may have taken it.
            let before = doubts.fetch_add(1, Ordering::Relaxed);
            let asking = Asking::begin(&self.observer, &station.name);
            let sent = station.sender.send(message).await;
            asking.end(&sent, place == 0);
            station.learn(&sent, message.sent_at);
            match sent {
                Ok(handed) => {
                    doubts.store(before + handed.hand_overs.max(1), Ordering::Relaxed);
                    return Ok(());
                }
                Err(fault) => {
                    doubts.store(before + fault.hand_overs, Ordering::Relaxed);
                    let ends = fault.cure == SendCure::None;
                    last = fault;
                    if ends {
                        break;
                    }
                }
            }
        }
        Err(last)
    }
}

impl CodeSender for Chain {
    fn send<'a>(&'a self, message: &'a Message) -> Sending<'a> {
        Box::pin(async move {
            let doubts = AtomicU32::new(0);
            let handed = tokio::time::timeout(self.patience, self.hand_over(message, &doubts)).await;
            let hand_overs = doubts.load(Ordering::Relaxed);
            match handed {
                Ok(Ok(())) => Ok(Handed { hand_overs }),
                Ok(Err(fault)) => Err(SendFault { hand_overs, ..fault }),
                Err(_) => {
                    let why = format!("no sender has taken it within {:?}", self.patience);
                    Err(SendFault { hand_overs, ..SendFault::in_doubt(why) })
                }
            }
        })
    }

    fn outbox(&self) -> Option<Vec<Message>> {
        None
    }
}

impl Station {
    fn is_passed_over(&self, now: Timestamp) -> bool {
        let health = *self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.passed_over_until.is_some_and(|until| now < until && until <= now + PASSED_OVER)
    }

    /// Tells the operator, and remembers how it does.
    fn learn(&self, sent: &Result<Handed, SendFault>, now: Timestamp) {
        let sender = self.name.as_str();
        let failed = match sent {
            // That a number takes no message says nothing about the sender.
            Ok(_) | Err(SendFault { cure: SendCure::None, .. }) => false,
            Err(fault @ SendFault { cure: SendCure::Settings, .. }) => {
                tracing::error!(sender, why = fault.why, "a sender refuses codes as it is set up");
                true
            }
            Err(fault @ SendFault { cure: SendCure::Another, .. }) => {
                tracing::warn!(sender, why = fault.why, "a sender did not take a code");
                true
            }
        };
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        if !failed {
            *health = Health::default();
            return;
        }
        health.failed_in_a_row = health.failed_in_a_row.saturating_add(1);
        if health.failed_in_a_row >= TOO_MANY {
            health.passed_over_until = Some(now + PASSED_OVER);
        }
    }
}

#[cfg(test)]
mod tests {
    use countersign_domain::calling::Dialled;
    use countersign_domain::code::Purpose;
    use countersign_domain::id::{AccountId, CodeId};
    use countersign_domain::identifier::Mobile;
    use countersign_domain::secret::SecretText;

    use super::super::watched::SenderOutcome;
    use super::*;

    /// Does as its name says, and counts how often it was asked.
    #[derive(Clone, Copy)]
    enum Does {
        Take,
        Refuse,
        Doubt,
        RefuseNumber,
        Hang,
    }

    struct Station(Does, AtomicU32);

    impl CodeSender for Station {
        fn send<'a>(&'a self, _: &'a Message) -> Sending<'a> {
            self.1.fetch_add(1, Ordering::Relaxed);
            Box::pin(async move {
                match self.0 {
                    Does::Take => Ok(Handed::ONCE),
                    Does::Refuse => Err(SendFault::refused("no".to_owned())),
                    Does::Doubt => Err(SendFault::in_doubt("silence".to_owned())),
                    Does::RefuseNumber => Err(SendFault::of_number("no such number".to_owned())),
                    Does::Hang => core::future::pending().await,
                }
            })
        }

        fn outbox(&self) -> Option<Vec<Message>> {
            None
        }
    }

    fn message(mobile: &str, secs: i64) -> Message {
        let to = Mobile::parse(mobile).expect("a number");
        Message {
            id: CodeId::from_bytes([1; 16]),
            account: AccountId::from_bytes([2; 16]),
            dialled: Dialled::of(&to, &prefix("+86")),
            to,
            code: SecretText::new("493817".to_owned()),
            purpose: Purpose::PaymentReset,
            text: SecretText::new("a text".to_owned()),
            payment: None,
            sent_at: Timestamp::from_secs(1_800_000_000 + secs),
        }
    }

    fn prefix(text: &str) -> Prefix {
        Prefix::parse(text).expect("a prefix")
    }

    /// Writes down what it is told.
    #[derive(Default)]
    struct Told(Mutex<Vec<String>>);

    impl SenderObserver for Told {
        fn asked(&self, sender: &str, outcome: SenderOutcome, took: Duration) {
            let told = format!("{sender} {} {}", outcome.as_str(), took.as_secs());
            self.0.lock().expect("not poisoned").push(told);
        }

        fn fell_back(&self, sender: &str) {
            self.0.lock().expect("not poisoned").push(format!("fell back on {sender}"));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_each_sender_made_of_a_code_is_told_also_of_one_that_hangs() {
        for (stations, expected) in [
            (&[Does::Take, Does::Take][..], &["0 taken 0"][..]),
            (
                &[Does::Refuse, Does::Doubt, Does::Take],
                &["0 refused 0", "1 in_doubt 0", "fell back on 2", "2 taken 0"],
            ),
            (&[Does::RefuseNumber, Does::Take], &["0 number 0"]),
            (&[Does::Refuse, Does::Hang, Does::Take], &["0 refused 0", "1 in_doubt 10"]),
        ] {
            let told = Arc::new(Told::default());
            let (mut chain, _) = chain(stations);
            chain.observer = Arc::clone(&told) as _;
            let _ = chain.send(&message("13812345678", 0)).await;
            assert_eq!(*told.0.lock().expect("not poisoned"), expected);
        }
    }

    /// A chain of these, in their order, with a route for `+1` to the last one alone.
    fn chain(stations: &[Does]) -> (Chain, Vec<Arc<Station>>) {
        let stations: Vec<_> =
            stations.iter().map(|does| Arc::new(Station(*does, AtomicU32::new(0)))).collect();
        let named = stations.iter().enumerate();
        let senders = named.map(|(n, station)| (n.to_string(), Arc::clone(station) as _)).collect();
        let routes = vec![(prefix("+1"), vec![stations.len() - 1])];
        let order = (0..stations.len()).collect();
        (Chain::new(senders, routes, order, Duration::from_secs(10), Arc::new(())), stations)
    }

    fn asked(stations: &[Arc<Station>]) -> Vec<u32> {
        stations.iter().map(|station| station.1.load(Ordering::Relaxed)).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn every_hand_over_that_may_have_been_one_is_told_of() {
        for (stations, expected) in [
            (&[Does::Take, Does::Take][..], Ok(1)),
            (&[Does::Refuse, Does::Take], Ok(1)),
            (&[Does::Doubt, Does::Doubt, Does::Take], Ok(3)),
            (&[Does::Refuse, Does::Refuse], Err(0)),
            (&[Does::Doubt, Does::Refuse], Err(1)),
            (&[Does::Refuse, Does::RefuseNumber, Does::Take], Err(0)),
            // Whoever hangs until nobody waits any more may have taken it.
            (&[Does::Refuse, Does::Hang, Does::Take], Err(1)),
            (&[Does::Doubt, Does::Hang], Err(2)),
        ] {
            let (chain, _) = chain(stations);
            let sent = chain.send(&message("13812345678", 0)).await;
            let told = sent.map(|handed| handed.hand_overs).map_err(|fault| fault.hand_overs);
            assert_eq!(told, expected);
        }
    }

    #[tokio::test]
    async fn a_number_that_takes_no_message_ends_it_and_a_route_replaces_the_order() {
        let (chain, stations) = chain(&[Does::RefuseNumber, Does::Take]);
        assert!(chain.send(&message("13812345678", 0)).await.is_err());
        assert_eq!(asked(&stations), [1, 0]);
        assert!(chain.send(&message("+1 415 555 0100", 0)).await.is_ok());
        assert_eq!(asked(&stations), [1, 1]);
    }

    #[tokio::test]
    async fn one_that_fails_five_times_in_a_row_is_asked_last_for_a_minute() {
        let (chain, stations) = chain(&[Does::Refuse, Does::Take]);
        for second in 0..5 {
            assert!(chain.send(&message("13812345678", second)).await.is_ok());
        }
        assert_eq!(asked(&stations), [5, 5]);
        assert!(chain.send(&message("13812345678", 63)).await.is_ok());
        assert_eq!(asked(&stations), [5, 6], "passed over");
        assert!(chain.send(&message("13812345678", 64)).await.is_ok());
        assert_eq!(asked(&stations), [6, 7], "tried again");
        let (alone, stations) = self::chain(&[Does::Refuse]);
        for second in 0..8 {
            assert!(alone.send(&message("13812345678", second)).await.is_err());
        }
        assert_eq!(asked(&stations), [8], "where there is no other, it is asked all the same");
    }
}
