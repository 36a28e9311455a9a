//! Several senders in an order: where one does not take a message, the next one is asked.

use core::time::Duration;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use countersign_domain::calling::Prefix;
use countersign_domain::time::{Span, Timestamp};
use countersign_service::{CodeSender, Handed, Message, SendCure, SendFault};

use super::Sending;

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
    ) -> Self {
        let station = |(name, sender)| Station { name, sender, health: Mutex::default() };
        Self { stations: senders.into_iter().map(station).collect(), routes, order, patience }
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
        for station in self.route(message) {
            // Should time run out in the middle, this one may have taken it.
            let before = doubts.fetch_add(1, Ordering::Relaxed);
            let sent = station.sender.send(message).await;
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
