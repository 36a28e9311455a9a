//! Records to try a store with. Nothing in them is random: what fails once fails again.

use countersign_domain::account::{Account, Profile, Scene, SecretState};
use countersign_domain::event::{Actor, Origin};
use countersign_domain::id::AccountId;
use countersign_domain::identifier::TenantId;
use countersign_domain::policy::Policy;
use countersign_domain::secret::{Input, Sealed, Verifier};
use countersign_domain::time::{Span, Timestamp};

use crate::door::{Claim, Index};

/// When the samples' time begins.
pub const START: Timestamp = Timestamp::from_secs(1_700_000_000);

/// The account id with that number; a larger number sorts later.
#[must_use]
pub fn id(n: u32) -> AccountId {
    AccountId::from_bytes(bytes(n))
}

/// A keyed hash that stands for the value with that number.
#[must_use]
pub fn index(n: u32) -> Index {
    let mut index = [0xab; 32];
    index[..4].copy_from_slice(&n.to_be_bytes());
    index
}

/// A claim of the key with that number, made at [`START`].
#[must_use]
pub fn claim(n: u32) -> Claim {
    let (lease, keep) = (Span::from_secs(30), Span::from_secs(100));
    Claim { index: index(n), fingerprint: [1; 32], now: START, lease, keep }
}

/// The tenant of that name.
///
/// # Panics
/// If it is no tenant's name.
#[must_use]
pub fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).expect("a tenant's name")
}

/// An account of the default tenant with a payment secret and one event.
#[must_use]
pub fn account(n: u32) -> Account {
    account_of(n, TenantId::default_tenant())
}

/// An account of that tenant with a payment secret and one event.
#[must_use]
pub fn account_of(n: u32, tenant: TenantId) -> Account {
    let mut account = with_scene(0, |scene| Account::new(id(n), tenant, Profile::default(), scene));
    let sealed = Sealed(vec![0x5e; 160]);
    account.payment.version = 1;
    account.payment.state = SecretState::Active(Verifier { version: 1, input: Input::Plain, sealed });
    account
}

/// Calls `f` with a scene so many seconds after [`START`], under the default policy.
pub fn with_scene<R>(seconds: i64, f: impl FnOnce(&Scene<'_>) -> R) -> R {
    with_scene_under(&Policy::default(), seconds, f)
}

/// Calls `f` with a scene so many seconds after [`START`].
pub fn with_scene_under<R>(policy: &Policy, seconds: i64, f: impl FnOnce(&Scene<'_>) -> R) -> R {
    let origin = Origin { dialect: "native".into(), actor: Actor::Server, request_id: "req_sample".into() };
    f(&Scene { now: at(seconds), policy, origin: &origin })
}

/// So many seconds after [`START`].
#[must_use]
pub const fn at(seconds: i64) -> Timestamp {
    Timestamp::from_secs(START.secs() + seconds)
}

/// Bytes of an id with that number. The tail differs too, because an event's id takes it from its account's.
#[must_use]
pub fn bytes(n: u32) -> [u8; 16] {
    let mut bytes = [0x11; 16];
    bytes[..4].copy_from_slice(&n.to_be_bytes());
    bytes[12..].copy_from_slice(&n.to_be_bytes());
    bytes
}
