//! Intents: a transaction that waits for its person's approval, is approved, and is consumed once.
//!
//! Open intents live in their account's record, so whatever ends them (a new secret, a lock) and whatever they need (the
//! lock, the verifier's version, the hold) is one decision with them. Expiry is a matter of the clock: nothing has to run at
//! that moment. What is told of it is written down, so that it stays true when the clock is set back.

mod consume;
mod decide;
mod display;
mod facts;
mod joiner;
mod line;
mod standing;
mod transaction;
mod tries;
mod view;

pub use consume::consume;
pub(crate) use decide::{approve, may_approve};
pub use decide::{approve_in_window, cancel, create, may_send_code};
pub use display::display;
pub use line::Line;
pub use standing::{settle, unsettled};
pub(crate) use standing::{void_all, void_whatever_waits};
pub use transaction::{Details, Transaction};
pub(crate) use tries::{charge_try, give_back_try, missed};
pub use view::{IntentView, Stage, StageName, find, list, view};

use crate::asking::{Exemption, Shortage};
use crate::id::IntentId;
use crate::time::Timestamp;

/// SHA-256 over the canonical form (RFC 8785) of everything that is bound to the approval.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Digest(pub [u8; 32]);

/// A keyed hash of a payee, by which it is known again. Too short to be sure, long enough among one person's payees.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PayeeMark(pub [u8; 8]);

/// A transaction waiting for approval, and what became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Intent {
    /// Its identity, which also says whose it is.
    pub id: IntentId,
    /// What it is about. Never changes: another transaction is another intent.
    pub transaction: Transaction,
    /// What was digested.
    pub digest: Digest,
    /// By what its payee is known again.
    pub payee: PayeeMark,
    /// When it was created.
    pub created_at: Timestamp,
    /// From this instant it can be neither approved nor consumed.
    pub expires_at: Timestamp,
    /// What became of it.
    pub state: IntentState,
    /// Why it was not approved so far, each reason once: those that the trail has been told.
    pub refused: Vec<Shortage>,
}

/// What became of an intent, as written down. An open one that has run out is expired, whatever is stored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum IntentState {
    /// It waits for approval.
    Pending {
        /// Guesses that were charged for it, whether or not they were settled.
        tries: u32,
    },
    /// It may be consumed.
    Approved(Approval),
    /// It was consumed. It never is again.
    Consumed {
        /// How it had been approved.
        approval: Approval,
        /// When it was consumed.
        at: Timestamp,
    },
    /// The platform took it back.
    Cancelled {
        /// When.
        at: Timestamp,
    },
    /// What it rested on has changed.
    Voided {
        /// When.
        at: Timestamp,
        /// Why.
        cause: VoidCause,
    },
    /// Its time ran out before it was consumed, and somebody was told so.
    Expired {
        /// When that was written down.
        at: Timestamp,
    },
}

/// How an intent was approved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Approval {
    /// When.
    pub at: Timestamp,
    /// Version of the payment secret that it rests on. Under another one it is worth nothing.
    pub version: u64,
    /// By what.
    pub grounds: Grounds,
}

/// What an approval rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grounds {
    /// The person presented these now.
    Factors(Factors),
    /// The person was not asked.
    Exempt {
        /// Why not.
        why: Exemption,
        /// When the secret was last presented, in the window that was open.
        secret_at: Option<Timestamp>,
    },
}

/// What the person presented.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Factors {
    /// The secret.
    Secret,
    /// The secret, and a code that was sent for this very intent.
    SecretAndCode,
}

impl Factors {
    /// How many independent ones.
    #[must_use]
    pub const fn count(self) -> u8 {
        match self {
            Self::Secret => 1,
            Self::SecretAndCode => 2,
        }
    }
}

impl Grounds {
    /// How many factors were presented for this approval.
    #[must_use]
    pub const fn count(self) -> u8 {
        match self {
            Self::Factors(factors) => factors.count(),
            Self::Exempt { .. } => 0,
        }
    }
}

/// Why an intent is void.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VoidCause {
    /// The payment secret was replaced by someone who knew it.
    SecretChanged,
    /// The payment secret was reset.
    SecretReset,
    /// The payment secret was locked.
    Locked,
    /// Too many wrong secrets were presented for it.
    Guesses,
    /// It was to be consumed as something else.
    DigestMismatch,
    /// The account was taken from a backup.
    Restored,
}

impl VoidCause {
    /// Every cause.
    pub const ALL: [Self; 6] = [
        Self::SecretChanged,
        Self::SecretReset,
        Self::Locked,
        Self::Guesses,
        Self::DigestMismatch,
        Self::Restored,
    ];

    /// The word for it in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SecretChanged => "secret_changed",
            Self::SecretReset => "secret_reset",
            Self::Locked => "locked",
            Self::Guesses => "guesses",
            Self::DigestMismatch => "digest_mismatch",
            Self::Restored => "restored",
        }
    }
}
