//! Which devices are known to a secret, and the budget of each, as the specification has it.

use std::collections::BTreeMap;

use countersign_domain::policy::{DevicePolicy, GuessPolicy, Policy};
use countersign_domain::secret::Kind;

use super::budget::{Budget, Guess, Place};
use crate::client::is_temporary;
use crate::record::{Answer, Ask, Device, Op, Record};

/// Whose budget a guess was charged to.
pub(super) enum Charged {
    /// Everybody's.
    Account,
    /// A known device's; with why it should not have been taken, if so.
    Device(Option<String>),
}

/// The devices that are known, the one not seen for longest first.
pub(super) struct Known<'a> {
    record: &'a Record,
    policy: DevicePolicy,
    limits: GuessPolicy,
    account: usize,
    kind: Kind,
    devices: Vec<KnownDevice<'a>>,
    /// Those of each backup, and when they had been seen.
    kept: BTreeMap<u32, Vec<(Option<u32>, i64)>>,
    /// The device that each guess was charged to.
    charged: BTreeMap<usize, u32>,
}

struct KnownDevice<'a> {
    /// Absent if nobody learned of it.
    token: Option<u32>,
    /// By the server's clock.
    seen_at: i64,
    budget: Budget<'a>,
}

impl<'a> Known<'a> {
    pub(super) fn new(record: &'a Record, policy: &Policy, account: usize, kind: Kind) -> Self {
        let DevicePolicy { burst, day, lifetime, .. } = policy.devices;
        Self {
            record,
            policy: policy.devices,
            limits: GuessPolicy { burst, day, lifetime, ..policy.guesses },
            account,
            kind,
            devices: Vec::new(),
            kept: BTreeMap::new(),
            charged: BTreeMap::new(),
        }
    }

    pub(super) fn charge(&mut self, guess: Guess) -> Charged {
        let Device::Token(token) = self.record.ops[guess.op].device else { return Charged::Account };
        let life = self.policy.life.millis();
        let place = self.devices.iter().position(|device| device.token == Some(token));
        let Some(place) = place.filter(|&place| guess.clock < self.devices[place].seen_at + life) else {
            return Charged::Account;
        };
        if self.devices[place].budget.is_spent() {
            self.devices.remove(place);
            return Charged::Account;
        }
        let why = self.devices[place].budget.charge(guess);
        // Guesses that were charged and never compared count for the server, so it may have forgotten the device earlier;
        // then this one was everybody's.
        if why.is_some() && self.record.spent.contains(&(self.account, self.kind)) {
            self.devices.remove(place);
            return Charged::Account;
        }
        self.charged.insert(guess.op, token);
        Charged::Device(why)
    }

    /// Refills the device's budget that this guess was charged to. `false` if it was charged to the account's.
    pub(super) fn refill(&mut self, place: Place, guess: Guess) -> bool {
        let charged = self.charged.contains_key(&guess.op);
        if let Some(device) = self.of(guess) {
            device.budget.refill(place, Some(guess));
        }
        charged
    }

    pub(super) fn take_back(&mut self, guess: Guess) {
        if let Some(device) = self.of(guess) {
            device.budget.take_back(guess);
        }
    }

    /// The right secret was presented on a device that asked to be known.
    pub(super) fn remember(&mut self, place: Place, guess: Guess) {
        let op = &self.record.ops[guess.op];
        let token = match op.device {
            Device::Nothing => return,
            Device::New | Device::Others(_) => op.issued,
            Device::Token(token) => Some(token),
        };
        let Some(settled) = op.writes.last().filter(|_| self.policy.per_account > 0 && lasting(op)) else {
            return;
        };
        let (now, life) = (settled.clock, self.policy.life.millis());
        let itself = |device: &KnownDevice<'_>| token.is_some() && device.token == token;
        self.devices.retain(|device| {
            itself(device) || (now < device.seen_at + life && !device.budget.is_missed_away(place))
        });
        if let Some(device) = self.devices.iter_mut().find(|device| itself(device)) {
            device.seen_at = now;
            return;
        }
        self.devices.push(KnownDevice { token, seen_at: now, budget: Budget::new(self.record, self.limits) });
        self.devices.sort_by_key(|device| device.seen_at);
        let over = self.devices.len().saturating_sub(self.policy.per_account);
        self.devices.drain(..over);
    }

    pub(super) fn forget_all(&mut self) {
        self.devices.clear();
    }

    pub(super) fn unlock(&mut self, place: Place) {
        for device in &mut self.devices {
            device.budget.unlock(place);
        }
    }

    /// A backup is taken in that step.
    pub(super) fn keep(&mut self, step: u32) {
        let seen = self.devices.iter().map(|device| (device.token, device.seen_at)).collect();
        self.kept.insert(step, seen);
    }

    /// The backup of that step came back: a device is known that was known then and still is.
    pub(super) fn restore(&mut self, taken: u32) {
        let kept = self.kept.get(&taken).cloned().unwrap_or_default();
        let mut devices = core::mem::take(&mut self.devices);
        for (token, seen_at) in kept {
            // One that nobody learned of cannot be told from another such, and nobody presents it.
            if let Some(place) = devices.iter().position(|device| device.token == token) {
                let mut device = devices.remove(place);
                device.seen_at = device.seen_at.min(seen_at);
                device.budget.restore();
                self.devices.push(device);
            }
        }
    }

    fn of(&mut self, guess: Guess) -> Option<&mut KnownDevice<'a>> {
        let token = *self.charged.get(&guess.op)?;
        self.devices.iter_mut().find(|device| device.token == Some(token))
    }
}

/// Whether a success makes the device known: not by a secret that the server made up.
fn lasting(op: &Op) -> bool {
    match op.ask {
        Ask::Verify(secret) | Ask::Login(secret) | Ask::Change(secret, _) => !is_temporary(secret),
        _ => op.answer() == Some(Answer::Written),
    }
}
