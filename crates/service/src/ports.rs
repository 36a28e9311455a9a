//! What the service needs of the world, each behind a small trait.

use core::future::Future;
use core::pin::Pin;

use countersign_domain::calling::{Dialled, Prefix};
use countersign_domain::code::Purpose;
use countersign_domain::event::Counted;
use countersign_domain::id::{AccountId, CodeId};
use countersign_domain::identifier::Mobile;
use countersign_domain::secret::{Kind, SecretText};
use countersign_domain::spend::{Money, Turned};
use countersign_domain::spray::Tripped;
use countersign_domain::time::Timestamp;

/// Tells the time. The only clock that any rule ever sees.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;

    /// Moves this clock forward for good and tells the new time; `None` where that is not allowed.
    fn advance(&self, seconds: u32) -> Option<Timestamp>;
}

/// Sends verification codes to people.
pub trait CodeSender: Send + Sync {
    /// Hands the message over; done when the next station has taken it.
    fn send<'a>(
        &'a self,
        message: &'a Message,
    ) -> Pin<Box<dyn Future<Output = Result<Handed, SendFault>> + Send + 'a>>;

    /// What was sent so far, newest last, where the sender is the fake one of `dev`; `None` elsewhere.
    fn outbox(&self) -> Option<Vec<Message>>;
}

/// One verification code on its way to a person. Has no `Debug`: the code is secret.
#[derive(Clone)]
pub struct Message {
    /// The code's name.
    pub id: CodeId,
    /// Whose account it is about.
    pub account: AccountId,
    /// Where it goes.
    pub to: Mobile,
    /// How that is dialled from anywhere.
    pub dialled: Dialled,
    /// The digits.
    pub code: SecretText,
    /// What it is for.
    pub purpose: Purpose,
    /// What the person reads; contains the digits.
    pub text: SecretText,
    /// The payment that it approves, if it approves one.
    pub payment: Option<PaymentTold>,
    /// When it was made.
    pub sent_at: Timestamp,
}

/// What a code approves, as its message must say. Has no `Debug`: whom somebody pays belongs into no log.
#[derive(Clone)]
pub struct PaymentTold {
    /// How much, as a decimal.
    pub amount: String,
    /// Of which currency.
    pub currency: String,
    /// To whom, as the person reads it.
    pub payee: String,
}

/// A message that was handed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Handed {
    /// How often it may have been, and cost: more than once where one station did not answer and another took it.
    pub hand_overs: u32,
}

impl Handed {
    /// To one station, which took it.
    pub const ONCE: Self = Self { hand_overs: 1 };
}

/// Why a message could not be handed over. Holds nothing of the message.
#[derive(Debug, thiserror::Error)]
#[error("the code could not be handed over: {why}")]
pub struct SendFault {
    /// In words for the log.
    pub why: String,
    /// How often it may have been handed over, and cost, all the same: a station that did not answer may have taken it.
    pub hand_overs: u32,
    /// What is to be done about it.
    pub cure: SendCure,
}

/// What is to be done about a message that could not be handed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SendCure {
    /// Try another station, or the same one later.
    Another,
    /// Nothing: no station takes this number.
    None,
    /// Look at the settings; another station may do meanwhile.
    Settings,
}

impl SendFault {
    /// It was surely not handed over, and may be elsewhere.
    #[must_use]
    pub const fn refused(why: String) -> Self {
        Self { why, hand_overs: 0, cure: SendCure::Another }
    }

    /// Nobody knows whether it was.
    #[must_use]
    pub const fn in_doubt(why: String) -> Self {
        Self { why, hand_overs: 1, cure: SendCure::Another }
    }

    /// The number takes no message.
    #[must_use]
    pub const fn of_number(why: String) -> Self {
        Self { why, hand_overs: 0, cure: SendCure::None }
    }

    /// The station does not take it from us as we are set up.
    #[must_use]
    pub const fn of_settings(why: String) -> Self {
        Self { why, hand_overs: 0, cure: SendCure::Settings }
    }
}

/// Is told what happened, for metrics. Must return at once.
pub trait Observer: Send + Sync {
    /// A guess was charged.
    fn guess_charged(&self, kind: Kind);
    /// An event of an account is durable.
    fn counted(&self, what: Counted);
    /// A request was refused because a gate was closed or others were in flight.
    fn refused_locked(&self, kind: Kind);
    /// A new secret is one that everybody tries first, and was accepted or refused.
    fn common_secret(&self, kind: Kind, refused: bool);
    /// Guesses from one network, or with one secret, missed on so many accounts that they are slowed or refused.
    fn spray_tripped(&self, watch: Watched, tripped: Tripped);
    /// A guess was refused because of that. Nothing was charged.
    fn spray_refused(&self, watch: Watched);
    /// A code was handed to the sender, or could not be.
    fn code_sent(&self, purpose: Purpose, delivered: bool);
    /// A code was not sent because of what codes to that prefix, or all of them, cost.
    fn code_stopped(&self, _prefix: &Prefix, _why: CodeStop) {}
    /// Codes to that prefix have cost so much more.
    fn code_spent(&self, _prefix: &Prefix, _cost: Money) {}
    /// What became of a code to that prefix could not be counted, because the store failed.
    fn spending_lost(&self, _prefix: &Prefix) {}
    /// A prefix's breaker was asked: whether it has tripped, and what it did just then.
    fn breaker_seen(&self, _prefix: &Prefix, _tripped: bool, _turned: Option<Turned>) {}
    /// Something happened to a verifier that is stale.
    fn verifier_remade(&self, _what: Remade) {}
}

/// Why a code was not sent, though its account and its number may get one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CodeStop {
    /// None goes to that prefix.
    NotAllowed,
    /// It would cost more than the prefix may.
    PrefixCap,
    /// It would cost more than the tenant may.
    TenantCap,
    /// Too few codes to that prefix were verified.
    Breaker,
}

impl CodeStop {
    /// The word for it in metrics and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotAllowed => "not_allowed",
            Self::PrefixCap => "prefix_cap",
            Self::TenantCap => "tenant_cap",
            Self::Breaker => "breaker",
        }
    }
}

/// What becomes of a verifier whose parameters or form are stale, after a success.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Remade {
    /// It waits to be remade.
    Queued,
    /// It does not, because as many wait as may, or because it does already.
    Dropped,
    /// It was remade.
    Done,
    /// It had waited, and was another one by then.
    Superseded,
    /// It had waited, and a fault of ours came in between.
    Failed,
}

impl Remade {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Dropped, Self::Done, Self::Superseded, Self::Failed];

    /// The word for it in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Dropped => "dropped",
            Self::Done => "done",
            Self::Superseded => "superseded",
            Self::Failed => "failed",
        }
    }
}

/// What is watched over many accounts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Watched {
    /// Guesses from one network.
    Network,
    /// Guesses with one secret.
    Secret,
}

impl Watched {
    /// The word for it in metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Network => "network",
            Self::Secret => "secret",
        }
    }
}
