//! What a request brings besides its command.

use countersign_domain::caller::Network;
use countersign_domain::device::DevicePresented;
use countersign_domain::event::Origin;
use countersign_domain::time::Timestamp;

use crate::idempotency::KeyClaim;

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
}

impl Context {
    /// A request of which nothing more is known than who asks.
    #[must_use]
    pub const fn of(origin: Origin) -> Self {
        Self { origin, network: None, device: DevicePresented::Nothing, key: None, deadline: None }
    }
}
