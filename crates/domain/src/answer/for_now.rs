//! Which refusals are of this moment only, so that the same request may be sent again under the same idempotency key.

use super::{IntentRefusal, Refusal};

impl Refusal {
    /// Whether nothing was charged or changed, and the very same request may be granted once its reason is gone: somebody has
    /// approved, a hold is over, there is room again.
    ///
    /// A lock is not among them: a guess that met it may have been charged before it closed. Nor is what is wrong with the
    /// request itself, or what is over for good.
    #[must_use]
    pub const fn is_for_now(&self) -> bool {
        match self {
            Self::Busy
            | Self::Overloaded { .. }
            | Self::Unavailable { .. }
            | Self::ReadOnly { .. }
            | Self::RateLimited { .. }
            | Self::OnHold { .. }
            | Self::TooManyWebhooks(_) => true,
            Self::Intent(refusal) => refusal.is_for_now(),
            Self::UnknownAccount
            | Self::NotFound
            | Self::UnknownApp
            | Self::NotSet
            | Self::AlreadySet
            | Self::Incorrect { .. }
            | Self::Locked { .. }
            | Self::TooShort(_)
            | Self::TooLong(_)
            | Self::TooCommon
            | Self::SameAsLogin
            | Self::Unchanged
            | Self::DigestNotAccepted
            | Self::CodeIncorrect { .. }
            | Self::CodeExpired
            | Self::NoMobile
            | Self::IdentifierTaken(_)
            | Self::WalletConflict
            | Self::AppSecretIncorrect
            | Self::NoLiveSession
            | Self::DevOnly
            // Whoever wished to end holds did not mean one that begins later.
            | Self::NotOnHold
            | Self::KeyTooYoung
            | Self::UrlNotAllowed(_)
            | Self::Disabled => false,
        }
    }
}

impl IntentRefusal {
    /// As [`Refusal::is_for_now`].
    const fn is_for_now(self) -> bool {
        match self {
            Self::NotApproved | Self::SecretRequired(_) | Self::CodeRequired(_) | Self::OverLimit(_) => true,
            Self::Consumed
            | Self::Voided(_)
            | Self::Approved
            | Self::Cancelled
            | Self::Expired
            | Self::DigestMismatch
            | Self::FactorsIncorrect { .. }
            | Self::UnknownCurrency
            | Self::NotAnAmount(_) => false,
        }
    }
}
