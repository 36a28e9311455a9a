//! The audit trail: what was decided, when, for whom and at whose word. It holds no secret and no personal data.

mod counted;

use crate::ask::AskFrequency;
use crate::asking::{Basis, Shortage};
use crate::code::Purpose;
use crate::hold::HoldCause;
use crate::id::{AccountId, AppId, CodeId, EventId, IntentId, SessionId};
use crate::identifier::TenantId;
use crate::intent::{Digest, Factors, Grounds, VoidCause};
use crate::secret::Kind;
use crate::time::Timestamp;
pub use counted::Counted;

/// One entry of the audit trail. Written in the transaction of the decision that it tells of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// Sorts by time, and within one account by order.
    pub id: EventId,
    /// Whose account it is about.
    pub account: AccountId,
    /// The platform.
    pub tenant: TenantId,
    /// When it was decided.
    pub at: Timestamp,
    /// At whose word.
    pub origin: Origin,
    /// What was decided.
    pub what: What,
}

/// Where a request came from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Origin {
    /// The dialect it was spoken in, or the name of the server's own task.
    pub dialect: String,
    /// Who proved to be calling.
    pub actor: Actor,
    /// The request's id, as in its answer and in the log.
    pub request_id: String,
}

/// Who proved to be calling.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Actor {
    /// Nobody yet: what the request carries is itself the proof.
    Nobody,
    /// The person, by a login session.
    Session(SessionId),
    /// The platform, by one of its apps.
    App(AppId),
    /// The server itself, or its operator on the command line.
    Server,
}

/// What can be decided about an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum What {
    /// The record was created.
    AccountCreated,
    /// The record was carried over from another system, with these secrets.
    AccountImported(Vec<Kind>),
    /// Everything but this trail was deleted.
    AccountErased,
    /// A first secret was set.
    SecretSet(Kind),
    /// A secret was replaced by someone who knew it.
    SecretChanged(Kind),
    /// A secret was replaced after a verified reset.
    SecretReset(Kind),
    /// The server made up a temporary secret.
    SecretMadeTemporary(Kind),
    /// The right secret was presented.
    SecretVerified(Kind),
    /// A wrong one was.
    SecretMissed(Kind),
    /// The right one was presented, but what it was for did not happen.
    SecretKept(Kind),
    /// The budget was used up; without `until`, time does not end it.
    Locked {
        /// Which secret.
        kind: Kind,
        /// When guesses are taken again.
        until: Option<Timestamp>,
    },
    /// One more miss blocks the secret until a verified reset: the moment to warn its owner.
    LastGuessLeft(Kind),
    /// The budget of a known device was used up; without `until`, the device is unknown from now on.
    DeviceLocked {
        /// At which secret it guessed.
        kind: Kind,
        /// When its guesses are taken again.
        until: Option<Timestamp>,
    },
    /// The right secret was presented on a device that asked to be known.
    DeviceRemembered(Kind),
    /// The record was taken from a backup.
    Restored {
        /// Whether what had happened since the backup was known, and went into it.
        merged: bool,
    },
    /// An operator ended a lock.
    Unlocked {
        /// Which secret.
        kind: Kind,
        /// In the operator's words.
        reason: String,
    },
    /// A new secret was compared with the login secret.
    ComparedWithLogin,
    /// A code was sent.
    CodeIssued {
        /// Which code.
        code: CodeId,
        /// What for.
        purpose: Purpose,
    },
    /// A wrong code was presented.
    CodeMissed(Purpose),
    /// A code was used.
    CodeRedeemed(Purpose),
    /// A session was opened.
    SessionOpened(SessionId),
    /// A session was ended before its time.
    SessionEnded(SessionId),
    /// The person chose how often to be asked.
    AskFrequencyChosen(AskFrequency),
    /// The secret need not be asked again until then.
    WindowOpened {
        /// When it must be asked again.
        until: Timestamp,
    },
    /// A transaction is to be approved.
    IntentCreated {
        /// Which intent.
        intent: IntentId,
        /// What was digested.
        digest: Digest,
    },
    /// It was approved.
    IntentApproved {
        /// Which intent.
        intent: IntentId,
        /// By what.
        grounds: Grounds,
        /// The facts that this was decided on.
        basis: Basis,
    },
    /// It was consumed.
    IntentConsumed {
        /// Which intent.
        intent: IntentId,
        /// What was digested.
        digest: Digest,
    },
    /// The platform took it back.
    IntentCancelled(IntentId),
    /// What it rested on has changed.
    IntentVoided {
        /// Which intent.
        intent: IntentId,
        /// Why.
        cause: VoidCause,
    },
    /// Payments rest until then.
    HoldBegun {
        /// After what.
        cause: HoldCause,
        /// When they go on.
        until: Timestamp,
    },
    /// An operator wishes to end all holds; another one has to agree.
    HoldReleaseProposed {
        /// In the operator's words.
        reason: String,
    },
    /// Another operator agreed.
    HoldReleased {
        /// In the operator's words.
        reason: String,
    },
    /// The carrier said that a mobile number of the account has a new SIM.
    SimChanged {
        /// Since when.
        changed_at: Timestamp,
    },
    /// Other mobile numbers were put in place of those that codes went to.
    MobilesChanged,
    /// A secret is known to be compromised: only a verified reset brings it back.
    SecretDisabled {
        /// Which secret.
        kind: Kind,
        /// In the operator's words.
        reason: String,
    },
    /// What was presented for an intent is not enough by the policy, or payments rest. Told once for each reason.
    IntentRefused {
        /// Which intent.
        intent: IntentId,
        /// What came with the request, whether or not it was right; nothing was compared.
        presented: Option<Factors>,
        /// Why that is not enough.
        shortage: Shortage,
        /// The facts that this was decided on.
        basis: Basis,
    },
}

impl What {
    /// The intent that it is about, if it is about one.
    #[must_use]
    pub const fn intent(&self) -> Option<IntentId> {
        match self {
            Self::IntentCreated { intent, .. }
            | Self::IntentApproved { intent, .. }
            | Self::IntentConsumed { intent, .. }
            | Self::IntentCancelled(intent)
            | Self::IntentVoided { intent, .. }
            | Self::IntentRefused { intent, .. } => Some(*intent),
            _ => None,
        }
    }
}
