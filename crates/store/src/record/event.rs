//! An audit event, as stored.

use countersign_domain::event::{Actor, Event, Origin, What};
use countersign_domain::id::{AccountId, AppId, CodeId, EventId, IntentId, SessionId};
use countersign_domain::intent::Digest;
use countersign_domain::secret::Kind;
use countersign_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::approvals::GroundsV1;
use super::basis::BasisV1;
use super::word::{AskFrequencyV1, FactorsV1, HoldCauseV1, KindV1, PurposeV1, ShortageV1, VoidCauseV1};
use super::{EventKey, damaged};
use crate::door::Stored;

/// What identifies an event is the key of its row, and not written again.
#[derive(Serialize, Deserialize)]
pub(super) struct EventV2 {
    at: i64,
    dialect: String,
    actor: ActorV1,
    request_id: String,
    what: WhatV1,
}

/// As format 1 wrote it, with its whole key. Only read.
#[derive(Deserialize)]
pub(super) struct EventV1 {
    id: [u8; 16],
    account: [u8; 16],
    tenant: String,
    rest: EventV2,
}

#[derive(Serialize, Deserialize)]
pub(super) enum ActorV1 {
    Nobody,
    Session([u8; 16]),
    App([u8; 16]),
    Server,
}

#[derive(Serialize, Deserialize)]
enum WhatV1 {
    AccountCreated,
    AccountErased,
    SecretSet(KindV1),
    SecretChanged(KindV1),
    SecretReset(KindV1),
    SecretMadeTemporary(KindV1),
    SecretVerified(KindV1),
    SecretMissed(KindV1),
    SecretKept(KindV1),
    Locked { kind: KindV1, until: Option<i64> },
    Unlocked { kind: KindV1, reason: String },
    ComparedWithLogin,
    CodeIssued { code: [u8; 16], purpose: PurposeV1 },
    CodeMissed(PurposeV1),
    CodeRedeemed(PurposeV1),
    SessionOpened([u8; 16]),
    SessionEnded([u8; 16]),
    AskFrequencyChosen(AskFrequencyV1),
    WindowOpened { until: i64 },
    LastGuessLeft(KindV1),
    DeviceLocked { kind: KindV1, until: Option<i64> },
    DeviceRemembered(KindV1),
    Restored { merged: bool },
    AccountImported(Vec<KindV1>),
    IntentCreated { own: [u8; 10], digest: [u8; 32] },
    IntentApproved { own: [u8; 10], grounds: GroundsV1, basis: BasisV1 },
    IntentConsumed { own: [u8; 10], digest: [u8; 32] },
    IntentCancelled([u8; 10]),
    IntentVoided { own: [u8; 10], cause: VoidCauseV1 },
    HoldBegun { cause: HoldCauseV1, until: i64 },
    HoldReleaseProposed { reason: String },
    HoldReleased { reason: String },
    SimChanged { changed_at: i64 },
    MobilesChanged,
    SecretDisabled { kind: KindV1, reason: String },
    IntentRefused { own: [u8; 10], presented: Option<FactorsV1>, shortage: ShortageV1, basis: BasisV1 },
}

impl From<&Event> for EventV2 {
    fn from(event: &Event) -> Self {
        let Event { id: _, account: _, tenant: _, at, origin: Origin { dialect, actor, request_id }, what } =
            event;
        Self {
            at: at.millis(),
            dialect: dialect.clone(),
            actor: (*actor).into(),
            request_id: request_id.clone(),
            what: what.into(),
        }
    }
}

impl EventV2 {
    /// The event that was stored under that key.
    pub(super) fn restore(self, key: &EventKey) -> Stored<Event> {
        Ok(Event {
            id: key.id,
            account: key.account,
            tenant: key.tenant.clone(),
            at: Timestamp::from_millis(self.at),
            origin: Origin { dialect: self.dialect, actor: self.actor.into(), request_id: self.request_id },
            what: self.what.restore(key.account)?,
        })
    }
}

impl EventV1 {
    /// The event that was stored under that key; an error if it names another.
    pub(super) fn restore(self, key: &EventKey) -> Stored<Event> {
        let named = (AccountId::from_bytes(self.account), EventId::from_bytes(self.id));
        if named != (key.account, key.id) || self.tenant != key.tenant.as_str() {
            return Err(damaged("it is under another event's key"));
        }
        self.rest.restore(key)
    }
}

impl From<Actor> for ActorV1 {
    fn from(actor: Actor) -> Self {
        match actor {
            Actor::Nobody => Self::Nobody,
            Actor::Session(id) => Self::Session(*id.as_bytes()),
            Actor::App(id) => Self::App(*id.as_bytes()),
            Actor::Server => Self::Server,
        }
    }
}

impl From<ActorV1> for Actor {
    fn from(stored: ActorV1) -> Self {
        match stored {
            ActorV1::Nobody => Self::Nobody,
            ActorV1::Session(id) => Self::Session(SessionId::from_bytes(id)),
            ActorV1::App(id) => Self::App(AppId::from_bytes(id)),
            ActorV1::Server => Self::Server,
        }
    }
}

impl From<&What> for WhatV1 {
    fn from(what: &What) -> Self {
        match what {
            What::AccountCreated => Self::AccountCreated,
            What::AccountImported(kinds) => {
                Self::AccountImported(kinds.iter().map(|kind| (*kind).into()).collect())
            }
            What::AccountErased => Self::AccountErased,
            What::SecretSet(kind) => Self::SecretSet((*kind).into()),
            What::SecretChanged(kind) => Self::SecretChanged((*kind).into()),
            What::SecretReset(kind) => Self::SecretReset((*kind).into()),
            What::SecretMadeTemporary(kind) => Self::SecretMadeTemporary((*kind).into()),
            What::SecretVerified(kind) => Self::SecretVerified((*kind).into()),
            What::SecretMissed(kind) => Self::SecretMissed((*kind).into()),
            What::SecretKept(kind) => Self::SecretKept((*kind).into()),
            What::Locked { kind, until } => {
                Self::Locked { kind: (*kind).into(), until: until.map(Timestamp::millis) }
            }
            What::Unlocked { kind, reason } => {
                Self::Unlocked { kind: (*kind).into(), reason: reason.clone() }
            }
            What::ComparedWithLogin => Self::ComparedWithLogin,
            What::CodeIssued { code, purpose } => {
                Self::CodeIssued { code: *code.as_bytes(), purpose: (*purpose).into() }
            }
            What::CodeMissed(purpose) => Self::CodeMissed((*purpose).into()),
            What::CodeRedeemed(purpose) => Self::CodeRedeemed((*purpose).into()),
            What::SessionOpened(id) => Self::SessionOpened(*id.as_bytes()),
            What::SessionEnded(id) => Self::SessionEnded(*id.as_bytes()),
            What::AskFrequencyChosen(choice) => Self::AskFrequencyChosen((*choice).into()),
            What::WindowOpened { until } => Self::WindowOpened { until: until.millis() },
            What::LastGuessLeft(kind) => Self::LastGuessLeft((*kind).into()),
            What::DeviceLocked { kind, until } => {
                Self::DeviceLocked { kind: (*kind).into(), until: until.map(Timestamp::millis) }
            }
            What::DeviceRemembered(kind) => Self::DeviceRemembered((*kind).into()),
            What::Restored { merged } => Self::Restored { merged: *merged },
            What::IntentCreated { intent, digest } => {
                Self::IntentCreated { own: *intent.own(), digest: digest.0 }
            }
            What::IntentApproved { intent, grounds, basis } => {
                Self::IntentApproved { own: *intent.own(), grounds: (*grounds).into(), basis: basis.into() }
            }
            What::IntentRefused { intent, presented, shortage, basis } => Self::IntentRefused {
                own: *intent.own(),
                presented: presented.map(Into::into),
                shortage: (*shortage).into(),
                basis: basis.into(),
            },
            What::IntentConsumed { intent, digest } => {
                Self::IntentConsumed { own: *intent.own(), digest: digest.0 }
            }
            What::IntentCancelled(intent) => Self::IntentCancelled(*intent.own()),
            What::IntentVoided { intent, cause } => {
                Self::IntentVoided { own: *intent.own(), cause: (*cause).into() }
            }
            What::HoldBegun { cause, until } => {
                Self::HoldBegun { cause: (*cause).into(), until: until.millis() }
            }
            What::HoldReleaseProposed { reason } => Self::HoldReleaseProposed { reason: reason.clone() },
            What::HoldReleased { reason } => Self::HoldReleased { reason: reason.clone() },
            What::SimChanged { changed_at } => Self::SimChanged { changed_at: changed_at.millis() },
            What::MobilesChanged => Self::MobilesChanged,
            What::SecretDisabled { kind, reason } => {
                Self::SecretDisabled { kind: (*kind).into(), reason: reason.clone() }
            }
        }
    }
}

impl WhatV1 {
    /// What was stored about that account.
    fn restore(self, account: AccountId) -> Stored<What> {
        let intent = |own| IntentId::new(account, own);
        Ok(match self {
            Self::AccountCreated => What::AccountCreated,
            Self::AccountImported(kinds) => {
                What::AccountImported(kinds.into_iter().map(Kind::from).collect())
            }
            Self::AccountErased => What::AccountErased,
            Self::SecretSet(kind) => What::SecretSet(kind.into()),
            Self::SecretChanged(kind) => What::SecretChanged(kind.into()),
            Self::SecretReset(kind) => What::SecretReset(kind.into()),
            Self::SecretMadeTemporary(kind) => What::SecretMadeTemporary(kind.into()),
            Self::SecretVerified(kind) => What::SecretVerified(kind.into()),
            Self::SecretMissed(kind) => What::SecretMissed(kind.into()),
            Self::SecretKept(kind) => What::SecretKept(kind.into()),
            Self::Locked { kind, until } => {
                What::Locked { kind: kind.into(), until: until.map(Timestamp::from_millis) }
            }
            Self::Unlocked { kind, reason } => What::Unlocked { kind: kind.into(), reason },
            Self::ComparedWithLogin => What::ComparedWithLogin,
            Self::CodeIssued { code, purpose } => {
                What::CodeIssued { code: CodeId::from_bytes(code), purpose: purpose.into() }
            }
            Self::CodeMissed(purpose) => What::CodeMissed(purpose.into()),
            Self::CodeRedeemed(purpose) => What::CodeRedeemed(purpose.into()),
            Self::SessionOpened(id) => What::SessionOpened(SessionId::from_bytes(id)),
            Self::SessionEnded(id) => What::SessionEnded(SessionId::from_bytes(id)),
            Self::AskFrequencyChosen(choice) => What::AskFrequencyChosen(choice.into()),
            Self::WindowOpened { until } => What::WindowOpened { until: Timestamp::from_millis(until) },
            Self::LastGuessLeft(kind) => What::LastGuessLeft(kind.into()),
            Self::DeviceLocked { kind, until } => {
                What::DeviceLocked { kind: kind.into(), until: until.map(Timestamp::from_millis) }
            }
            Self::DeviceRemembered(kind) => What::DeviceRemembered(kind.into()),
            Self::Restored { merged } => What::Restored { merged },
            Self::IntentCreated { own, digest } => {
                What::IntentCreated { intent: intent(own), digest: Digest(digest) }
            }
            Self::IntentApproved { own, grounds, basis } => {
                What::IntentApproved { intent: intent(own), grounds: grounds.into(), basis: basis.restore()? }
            }
            Self::IntentRefused { own, presented, shortage, basis } => What::IntentRefused {
                intent: intent(own),
                presented: presented.map(Into::into),
                shortage: shortage.into(),
                basis: basis.restore()?,
            },
            Self::IntentConsumed { own, digest } => {
                What::IntentConsumed { intent: intent(own), digest: Digest(digest) }
            }
            Self::IntentCancelled(own) => What::IntentCancelled(intent(own)),
            Self::IntentVoided { own, cause } => {
                What::IntentVoided { intent: intent(own), cause: cause.into() }
            }
            Self::HoldBegun { cause, until } => {
                What::HoldBegun { cause: cause.into(), until: Timestamp::from_millis(until) }
            }
            Self::HoldReleaseProposed { reason } => What::HoldReleaseProposed { reason },
            Self::HoldReleased { reason } => What::HoldReleased { reason },
            Self::SimChanged { changed_at } => {
                What::SimChanged { changed_at: Timestamp::from_millis(changed_at) }
            }
            Self::MobilesChanged => What::MobilesChanged,
            Self::SecretDisabled { kind, reason } => What::SecretDisabled { kind: kind.into(), reason },
        })
    }
}
