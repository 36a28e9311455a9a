//! What is counted of events: enough to see how the day goes, and nothing about anybody.

use super::What;
use crate::secret::Kind;

/// What an event is counted as.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Counted {
    /// The right secret was presented.
    Verified(Kind),
    /// A wrong one was.
    Missed(Kind),
    /// The budget of a secret was used up.
    Locked(Kind),
    /// An operator ended a lock.
    Unlocked(Kind),
    /// A secret was replaced after a verified reset, or by a temporary one.
    Reset(Kind),
    /// A code was sent.
    CodeIssued,
    /// A code was used.
    CodeRedeemed,
    /// A transaction is to be approved.
    IntentCreated,
    /// It was approved.
    IntentApproved,
    /// It was consumed.
    IntentConsumed,
    /// It was taken back or is void.
    IntentEnded,
    /// Payments rest.
    HoldBegun,
}

impl What {
    /// What this is counted as, if it is counted.
    #[must_use]
    pub const fn counted(&self) -> Option<Counted> {
        Some(match self {
            Self::SecretVerified(kind) => Counted::Verified(*kind),
            Self::SecretMissed(kind) => Counted::Missed(*kind),
            Self::Locked { kind, .. } => Counted::Locked(*kind),
            Self::Unlocked { kind, .. } => Counted::Unlocked(*kind),
            Self::SecretReset(kind) | Self::SecretMadeTemporary(kind) => Counted::Reset(*kind),
            Self::CodeIssued { .. } => Counted::CodeIssued,
            Self::CodeRedeemed(_) => Counted::CodeRedeemed,
            Self::IntentCreated { .. } => Counted::IntentCreated,
            Self::IntentApproved { .. } => Counted::IntentApproved,
            Self::IntentConsumed { .. } => Counted::IntentConsumed,
            Self::IntentCancelled(_) | Self::IntentVoided { .. } => Counted::IntentEnded,
            Self::HoldBegun { .. } => Counted::HoldBegun,
            _ => return None,
        })
    }
}
