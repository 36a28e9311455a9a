//! Plays on an account at random, and restores it.

use countersign_domain::account::Account;
use countersign_domain::attempt::{self, Begun, Purpose, Ticket};
use countersign_domain::credential;
use countersign_domain::ledger::Ledger;
use countersign_domain::restore::restored;
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;
use proptest::prelude::*;

use super::{World, verifier};

/// One thing that can happen to an account.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Begin,
    Miss(u8),
    Succeed(u8),
    Change(u8),
    Abandon(u8),
    Reset,
    Unlock,
    Wait(u32),
}

pub fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => Just(Step::Begin),
        5 => any::<u8>().prop_map(Step::Miss),
        1 => any::<u8>().prop_map(Step::Succeed),
        1 => any::<u8>().prop_map(Step::Change),
        1 => any::<u8>().prop_map(Step::Abandon),
        1 => prop_oneof![3 => Just(None), 1 => Just(Some(Step::Reset)), 1 => Just(Some(Step::Unlock))]
            .prop_map(|step| step.unwrap_or(Step::Begin)),
        4 => prop_oneof![0..120_u32, 0..8000_u32, 0..100_000_u32].prop_map(Step::Wait),
    ]
}

/// Plays on an account; what nobody settles stays in flight.
pub struct Play {
    pub world: World,
    pub account: Account,
    pub tickets: Vec<Ticket>,
}

impl Play {
    pub fn new() -> Self {
        let world = World::new();
        let account = world.enrolled();
        Self { world, account, tickets: Vec::new() }
    }

    pub fn steps(&mut self, steps: &[Step]) {
        for &step in steps {
            self.step(step);
        }
    }

    pub fn step(&mut self, step: Step) {
        let next = verifier(self.account.payment.version + 1);
        match step {
            Step::Begin => {
                if let Begun::Compare(ticket, _) = self.world.begin(&mut self.account) {
                    self.tickets.push(ticket);
                }
            }
            Step::Miss(which) => {
                if let Some(ticket) = self.take(which) {
                    attempt::miss(&mut self.account, ticket, &self.world.scene());
                }
            }
            Step::Succeed(which) => self.succeed(which, Purpose::Verify(None)),
            Step::Change(which) => self.succeed(which, Purpose::Change(next)),
            Step::Abandon(which) => drop(self.take(which)),
            Step::Reset => {
                credential::reset(&mut self.account, Kind::Payment, next, &self.world.scene())
                    .expect("reset");
            }
            Step::Unlock => {
                let reason = "asked by phone".to_owned();
                credential::unlock(&mut self.account, Kind::Payment, reason, &self.world.scene())
                    .expect("unlocked");
            }
            Step::Wait(seconds) => self.world.pass(Span::from_secs(seconds)),
        }
    }

    fn succeed(&mut self, which: u8, purpose: Purpose) {
        if let Some(ticket) = self.take(which) {
            // Refused where it comes too late; that is a miss like any other here.
            let _ = attempt::succeed(&mut self.account, ticket, purpose, &self.world.scene());
        }
    }

    fn take(&mut self, which: u8) -> Option<Ticket> {
        (!self.tickets.is_empty()).then(|| self.tickets.swap_remove(usize::from(which) % self.tickets.len()))
    }

    /// The account, made whole from `backup`; `known` says whether the present could be read.
    pub fn restored(&self, backup: &Account, known: bool) -> Account {
        restored(backup.clone(), known.then_some(&self.account), &self.world.scene())
    }
}

pub fn remaining(ledger: &Ledger, world: &World) -> u32 {
    ledger.remaining(&world.policy.guesses, world.now)
}
