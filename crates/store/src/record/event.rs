//! An audit event, as stored.

use countersign_domain::event::{Actor, Event, Origin, What};
use countersign_domain::id::{AccountId, AppId, CodeId, EventId, SessionId};
use countersign_domain::secret::Kind;
use countersign_domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::word::{AskFrequencyV1, KindV1, PurposeV1};
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
enum ActorV1 {
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
    SimChanged { changed_at: i64 },
    MobilesChanged,
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
    pub(super) fn restore(self, key: &EventKey) -> Event {
        Event {
            id: key.id,
            account: key.account,
            tenant: key.tenant.clone(),
            at: Timestamp::from_millis(self.at),
            origin: Origin { dialect: self.dialect, actor: self.actor.into(), request_id: self.request_id },
            what: self.what.into(),
        }
    }
}

impl EventV1 {
    /// The event that was stored under that key; an error if it names another.
    pub(super) fn restore(self, key: &EventKey) -> Stored<Event> {
        let named = (AccountId::from_bytes(self.account), EventId::from_bytes(self.id));
        if named != (key.account, key.id) || self.tenant != key.tenant.as_str() {
            return Err(damaged("it is under another event's key"));
        }
        Ok(self.rest.restore(key))
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
            What::SimChanged { changed_at } => Self::SimChanged { changed_at: changed_at.millis() },
            What::MobilesChanged => Self::MobilesChanged,
        }
    }
}

impl From<WhatV1> for What {
    fn from(stored: WhatV1) -> Self {
        match stored {
            WhatV1::AccountCreated => Self::AccountCreated,
            WhatV1::AccountImported(kinds) => {
                Self::AccountImported(kinds.into_iter().map(Kind::from).collect())
            }
            WhatV1::AccountErased => Self::AccountErased,
            WhatV1::SecretSet(kind) => Self::SecretSet(kind.into()),
            WhatV1::SecretChanged(kind) => Self::SecretChanged(kind.into()),
            WhatV1::SecretReset(kind) => Self::SecretReset(kind.into()),
            WhatV1::SecretMadeTemporary(kind) => Self::SecretMadeTemporary(kind.into()),
            WhatV1::SecretVerified(kind) => Self::SecretVerified(kind.into()),
            WhatV1::SecretMissed(kind) => Self::SecretMissed(kind.into()),
            WhatV1::SecretKept(kind) => Self::SecretKept(kind.into()),
            WhatV1::Locked { kind, until } => {
                Self::Locked { kind: kind.into(), until: until.map(Timestamp::from_millis) }
            }
            WhatV1::Unlocked { kind, reason } => Self::Unlocked { kind: kind.into(), reason },
            WhatV1::ComparedWithLogin => Self::ComparedWithLogin,
            WhatV1::CodeIssued { code, purpose } => {
                Self::CodeIssued { code: CodeId::from_bytes(code), purpose: purpose.into() }
            }
            WhatV1::CodeMissed(purpose) => Self::CodeMissed(purpose.into()),
            WhatV1::CodeRedeemed(purpose) => Self::CodeRedeemed(purpose.into()),
            WhatV1::SessionOpened(id) => Self::SessionOpened(SessionId::from_bytes(id)),
            WhatV1::SessionEnded(id) => Self::SessionEnded(SessionId::from_bytes(id)),
            WhatV1::AskFrequencyChosen(choice) => Self::AskFrequencyChosen(choice.into()),
            WhatV1::WindowOpened { until } => Self::WindowOpened { until: Timestamp::from_millis(until) },
            WhatV1::LastGuessLeft(kind) => Self::LastGuessLeft(kind.into()),
            WhatV1::DeviceLocked { kind, until } => {
                Self::DeviceLocked { kind: kind.into(), until: until.map(Timestamp::from_millis) }
            }
            WhatV1::DeviceRemembered(kind) => Self::DeviceRemembered(kind.into()),
            WhatV1::Restored { merged } => Self::Restored { merged },
            WhatV1::SimChanged { changed_at } => {
                Self::SimChanged { changed_at: Timestamp::from_millis(changed_at) }
            }
            WhatV1::MobilesChanged => Self::MobilesChanged,
        }
    }
}
