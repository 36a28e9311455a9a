//! What a request brings besides its command.

use std::sync::Arc;

use countersign_domain::account::Account;
use countersign_domain::caller::{Network, Resolution};
use countersign_domain::device::DevicePresented;
use countersign_domain::event::Origin;
use countersign_domain::id::AccountId;
use countersign_domain::outside::Token;
use countersign_domain::time::Timestamp;

use crate::idempotency::KeyClaim;

/// Who a claim turned out to be.
pub struct Resolved {
    /// The caller, or why nothing is proven.
    pub caller: Resolution,
    /// What was read to find that out: give it to [`crate::Service::execute`] with the request's command.
    pub seen: Seen,
}

/// The caller's own record, as it was read when the request began. What only tells of that record need not read it again;
/// what decides about it reads its own, in its transaction.
///
/// It belongs to one request and ends with it. Nothing read for one request ever answers another one, so whatever was
/// changed and acknowledged before a request began is what that request sees.
#[derive(Default)]
pub struct Seen {
    account: Option<Arc<Account>>,
    /// What was presented, where the caller's session is in no record.
    token: Option<Token>,
}

/// What is known of a request besides its command.
pub struct Context {
    /// Who asks, for the audit trail.
    pub origin: Origin,
    /// The network that the person is in, where it is known.
    pub network: Option<Network>,
    /// What the request says of the person's device.
    pub device: DevicePresented,
    /// The request's idempotency key, if it has one.
    pub key: Option<KeyClaim>,
    /// When its caller stops waiting for the answer: what cannot be served before is refused before anything is charged.
    pub deadline: Option<Timestamp>,
    /// What was read of the caller when the request was resolved.
    pub seen: Seen,
}

impl Seen {
    /// This record was read.
    pub(crate) const fn this(account: Arc<Account>) -> Self {
        Self { account: Some(account), token: None }
    }

    /// This record was read for a token of a session that somebody else opened.
    pub(crate) const fn by_token(account: Arc<Account>, token: Token) -> Self {
        Self { account: Some(account), token: Some(token) }
    }

    /// What was presented, if the caller's session is in no record.
    pub(crate) const fn token(&self) -> Option<Token> {
        self.token
    }

    /// The record, if it is that account's.
    pub(crate) fn of(&self, id: AccountId) -> Option<Arc<Account>> {
        self.account.clone().filter(|account| account.id == id)
    }
}

impl From<Resolution> for Resolved {
    /// No record was read, or none that can be told of yet.
    fn from(caller: Resolution) -> Self {
        Self { caller, seen: Seen::default() }
    }
}

impl Context {
    /// A request of which nothing more is known than who asks.
    #[must_use]
    pub const fn of(origin: Origin) -> Self {
        let (device, seen) = (DevicePresented::Nothing, Seen { account: None, token: None });
        Self { origin, network: None, device, key: None, deadline: None, seen }
    }
}
