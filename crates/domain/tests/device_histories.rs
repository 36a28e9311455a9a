//! Invariant G with known devices: no history compares more than the account's budget and its devices' together.

mod support;

use countersign_domain::account::Account;
use countersign_domain::attempt::{self, Begun, Guess, Purpose, Ticket};
use countersign_domain::credential;
use countersign_domain::device::{Device, DeviceClaim};
use countersign_domain::id::DeviceId;
use countersign_domain::ledger::DAY;
use countersign_domain::secret::Kind;
use countersign_domain::time::{Span, Timestamp};
use proptest::prelude::*;
use support::{World, verifier};

/// One step of a random history.
#[derive(Clone, Debug)]
enum Op {
    /// Somebody guesses: 0 without a device, else with that device's token.
    Begin(u8),
    /// A guess in flight turns out wrong.
    Miss(usize),
    /// A guess in flight turns out right.
    Succeed(usize),
    /// The right secret is not what was asked, so the guess is taken back.
    Keep(usize),
    Pass(u32),
    Reset,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        12 => (0..5_u8).prop_map(Op::Begin),
        10 => any::<prop::sample::Index>().prop_map(|at| Op::Miss(at.index(64))),
        1 => any::<prop::sample::Index>().prop_map(|at| Op::Succeed(at.index(64))),
        1 => any::<prop::sample::Index>().prop_map(|at| Op::Keep(at.index(64))),
        4 => (0..40 * 3600_u32).prop_map(Op::Pass),
        1 => Just(Op::Reset),
    ]
}

/// A guess whose comparison is running.
struct Flying {
    begun: Timestamp,
    /// Whether it is charged to a known device.
    known: bool,
    /// Whether it brought no token.
    stranger: bool,
    ticket: Ticket,
}

/// A history, and what was compared in it, counted without asking any ledger.
struct History {
    world: World,
    account: Account,
    flying: Vec<Flying>,
    /// When guesses were begun that were told to be wrong since the last success or reset, whoever made them.
    since_refill: Vec<Timestamp>,
    /// The same of guesses without a token, since the last success that was charged to the account, or reset.
    by_strangers: Vec<Timestamp>,
}

impl History {
    fn new() -> Self {
        let mut world = World::new();
        world.policy.devices.per_account = 2;
        let account = world.enrolled();
        Self { world, account, flying: Vec::new(), since_refill: Vec::new(), by_strangers: Vec::new() }
    }

    fn step(&mut self, op: &Op) {
        match *op {
            Op::Begin(who) => self.begin(who),
            Op::Pass(seconds) => self.world.pass(Span::from_secs(seconds)),
            Op::Reset => {
                let next = self.account.payment.version + 1;
                let reset =
                    credential::reset(&mut self.account, Kind::Payment, verifier(next), &self.world.scene());
                reset.expect("the next version");
                self.since_refill.clear();
                self.by_strangers.clear();
            }
            Op::Miss(_) | Op::Succeed(_) | Op::Keep(_) if self.flying.is_empty() => {}
            Op::Miss(at) => {
                let flying = self.flying.remove(at % self.flying.len());
                self.told_wrong(&flying);
                attempt::miss(&mut self.account, flying.ticket, &self.world.scene());
            }
            Op::Succeed(at) => {
                let flying = self.flying.remove(at % self.flying.len());
                self.succeed(flying);
            }
            Op::Keep(at) => {
                let flying = self.flying.remove(at % self.flying.len());
                let _ = attempt::keep(&mut self.account, flying.ticket, &self.world.scene());
            }
        }
    }

    fn begin(&mut self, who: u8) {
        let id = DeviceId::from_bytes([who; 16]);
        let device = if who == 0 { DeviceClaim::Absent } else { DeviceClaim::Named(id) };
        let guess = Guess { device, ..Guess::at(Kind::Payment) };
        if let Begun::Compare(ticket, _) = attempt::begin(&mut self.account, guess, &self.world.scene()) {
            let life = self.world.policy.devices.life;
            let fresh = |device: &&Device| device.id == id && self.world.now < device.seen_at + life;
            let known = self.account.payment.devices.iter().any(|device| fresh(&device));
            self.flying.push(Flying { begun: self.world.now, known, stranger: who == 0, ticket });
        }
    }

    fn succeed(&mut self, flying: Flying) {
        let (begun, known, stranger) = (flying.begun, flying.known, flying.stranger);
        let told =
            attempt::succeed(&mut self.account, flying.ticket, Purpose::Verify(None), &self.world.scene());
        if told.is_ok() {
            // What is still in flight stays charged, and is told after this.
            self.since_refill.clear();
            if !known {
                self.by_strangers.clear();
            }
        } else {
            self.since_refill.push(begun);
            self.by_strangers.extend(stranger.then_some(begun));
        }
    }

    fn told_wrong(&mut self, flying: &Flying) {
        self.since_refill.push(flying.begun);
        self.by_strangers.extend(flying.stranger.then_some(flying.begun));
    }

    fn check(&self) {
        let (account, devices) = (self.world.policy.guesses, self.world.policy.devices);
        let many = u32::try_from(devices.per_account).expect("few");
        let all = (account.lifetime + many * devices.lifetime, account.day + many * devices.day);
        let bounds = [(&self.since_refill, all), (&self.by_strangers, (account.lifetime, account.day))];
        for (times, (lifetime, day)) in bounds {
            assert!(times.len() <= lifetime as usize, "{} in all, {lifetime} allowed", times.len());
            let last_day = times.iter().filter(|&&at| at + DAY > self.world.now).count();
            assert!(last_day <= day as usize, "{last_day} in a day, {day} allowed");
        }
    }
}

proptest! {
    #[test]
    fn no_history_compares_more_than_the_account_and_its_devices_allow(
        ops in prop::collection::vec(op(), 1..250)
    ) {
        let mut history = History::new();
        for op in &ops {
            history.step(op);
            history.check();
        }
    }
}
