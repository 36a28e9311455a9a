//! What every domain test stands on: an account, a policy and a moment.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]

pub mod play;
pub mod till;

use countersign_domain::account::{Account, Profile, Scene};
use countersign_domain::attempt::{self, Begun, Guess, Purpose, Ticket};
use countersign_domain::credential;
use countersign_domain::device::DeviceClaim;
use countersign_domain::event::{Actor, Origin};
use countersign_domain::id::AccountId;
use countersign_domain::identifier::TenantId;
use countersign_domain::policy::Policy;
use countersign_domain::secret::{Input, Kind, Sealed, Verifier};
use countersign_domain::time::{Span, Timestamp};

pub struct World {
    pub policy: Policy,
    pub origin: Origin,
    pub now: Timestamp,
}

impl World {
    pub fn new() -> Self {
        let origin = Origin { dialect: "test".into(), actor: Actor::Nobody, request_id: "r1".into() };
        Self { policy: Policy::default(), origin, now: Timestamp::from_secs(1_800_000_000) }
    }

    pub fn scene(&self) -> Scene<'_> {
        Scene { now: self.now, policy: &self.policy, origin: &self.origin }
    }

    pub fn pass(&mut self, span: Span) {
        self.now = self.now + span;
    }

    pub fn account(&self) -> Account {
        let id = AccountId::from_bytes([7; 16]);
        Account::new(id, TenantId::default_tenant(), Profile::default(), &self.scene())
    }

    /// An account with a payment secret set.
    pub fn enrolled(&self) -> Account {
        let mut account = self.account();
        credential::set(&mut account, Kind::Payment, verifier(1), None, &self.scene())
            .expect("nothing was set");
        account
    }

    pub fn begin(&self, account: &mut Account) -> Begun {
        self.begin_on(account, DeviceClaim::Absent)
    }

    pub fn begin_on(&self, account: &mut Account, device: DeviceClaim) -> Begun {
        attempt::begin(account, Guess { device, ..Guess::at(Kind::Payment) }, &self.scene())
    }

    /// Misses until no guess is taken; gives how many were.
    pub fn exhaust(&self, account: &mut Account, device: DeviceClaim) -> u32 {
        let mut made = 0;
        while let Begun::Compare(ticket, _) = self.begin_on(account, device) {
            attempt::miss(account, ticket, &self.scene());
            made += 1;
        }
        made
    }

    pub fn ticket(&self, account: &mut Account) -> Ticket {
        match self.begin(account) {
            Begun::Compare(ticket, _) => ticket,
            other => panic!("expected a charged guess, got {other:?}"),
        }
    }

    /// Charges and misses one guess.
    pub fn miss(&self, account: &mut Account) {
        let ticket = self.ticket(account);
        attempt::miss(account, ticket, &self.scene());
    }

    pub fn verify(&self, account: &mut Account) {
        let ticket = self.ticket(account);
        attempt::succeed(account, ticket, Purpose::Verify(None), &self.scene()).expect("the right secret");
    }
}

pub fn verifier(version: u64) -> Verifier {
    Verifier {
        version,
        input: Input::LegacyDigest,
        sealed: Sealed(vec![u8::try_from(version).unwrap_or(0); 4]),
    }
}
