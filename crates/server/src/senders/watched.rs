//! How senders do, for whoever counts it.

use core::time::Duration;
use std::sync::Arc;

use countersign_service::{Handed, SendCure, SendFault};
use tokio::time::Instant;

/// Is told how senders do.
pub trait SenderObserver: Send + Sync + 'static {
    /// A sender was asked to send a code, and took so long.
    fn asked(&self, sender: &str, outcome: SenderOutcome, took: Duration);

    /// A sender took a code that another one, asked before it, had not.
    fn fell_back(&self, sender: &str);
}

/// Nobody counts.
impl SenderObserver for () {
    fn asked(&self, _: &str, _: SenderOutcome, _: Duration) {}

    fn fell_back(&self, _: &str) {}
}

/// What a sender made of a code.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SenderOutcome {
    /// It took it.
    Taken,
    /// It did not.
    Refused,
    /// It may have: it did not answer in time.
    InDoubt,
    /// It takes none for this number.
    Number,
    /// It refuses codes as it is set up.
    Settings,
}

impl SenderOutcome {
    /// The word for it in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Taken => "taken",
            Self::Refused => "refused",
            Self::InDoubt => "in_doubt",
            Self::Number => "number",
            Self::Settings => "settings",
        }
    }

    fn of(sent: &Result<Handed, SendFault>) -> Self {
        match sent {
            Ok(_) => Self::Taken,
            Err(SendFault { cure: SendCure::None, .. }) => Self::Number,
            Err(SendFault { cure: SendCure::Settings, .. }) => Self::Settings,
            Err(SendFault { cure: SendCure::Another, hand_overs: 0, .. }) => Self::Refused,
            Err(SendFault { cure: SendCure::Another, .. }) => Self::InDoubt,
        }
    }
}

/// A sender that is being asked. One that nobody waits for any more is in doubt.
pub(super) struct Asking<'a> {
    observer: &'a Arc<dyn SenderObserver>,
    sender: &'a str,
    begun: Instant,
    outcome: SenderOutcome,
}

impl<'a> Asking<'a> {
    pub(super) fn begin(observer: &'a Arc<dyn SenderObserver>, sender: &'a str) -> Self {
        Self { observer, sender, begun: Instant::now(), outcome: SenderOutcome::InDoubt }
    }

    /// It answered. `first` says that no other was asked before it.
    pub(super) fn end(mut self, sent: &Result<Handed, SendFault>, first: bool) {
        self.outcome = SenderOutcome::of(sent);
        if sent.is_ok() && !first {
            self.observer.fell_back(self.sender);
        }
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.observer.asked(self.sender, self.outcome, self.begun.elapsed());
    }
}
