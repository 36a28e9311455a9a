//! What kind of history a seed makes: the numbers of the policy, and how often things go wrong.

use countersign_domain::ask::AskFrequency;
use countersign_domain::policy::{DevicePolicy, GuessPolicy, PaymentPolicy, Policy};
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;

use crate::dice::Dice;
use crate::template::ACCOUNTS;

/// The shape of one history.
#[derive(Clone)]
pub(crate) struct Plan {
    /// The tenant's numbers.
    pub(crate) policy: Policy,
    /// Requests before the calm at the end.
    pub(crate) requests: usize,
    /// Requests that may run at the same time.
    pub(crate) parallel: usize,
    /// Places at the hash engine beyond the first.
    pub(crate) places: usize,
    /// Accounts that are asked about.
    pub(crate) accounts: usize,
    /// The kind that most requests are about.
    pub(crate) focus: Kind,
    /// A right secret is presented once in so many times, other things being equal.
    pub(crate) right_once_in: usize,
    /// Whether hardly anybody but an attacker is there, who waits out every lock.
    pub(crate) patient: bool,
    /// Whether devices ask to be known.
    pub(crate) devices: bool,
    /// Whether most of what is asked is about payments.
    pub(crate) payments: bool,
    /// If somebody is told of events by a webhook, its endpoint fails once in so many times; never if 0.
    pub(crate) webhook: Option<usize>,
    /// Weights of what may happen beside requests: the clock is set, a task stalls, the process dies, the power goes,
    /// the server dies inside a commit, a disk fails, the log is folded, a backup is taken, one is restored.
    pub(crate) events: [u32; 9],
}

impl Plan {
    /// The plan of a seed.
    #[must_use]
    pub(crate) fn draw(dice: &mut Dice) -> Self {
        let patient = dice.once_in(4);
        let rate = |dice: &mut Dice, most: usize| u32::try_from(dice.below(most)).unwrap_or(0);
        let quiet = dice.once_in(4);
        let mut events = [
            rate(dice, 8),
            rate(dice, 4),
            rate(dice, 4),
            rate(dice, 4),
            rate(dice, 4),
            0,
            rate(dice, 3),
            0,
            0,
        ];
        if quiet {
            events = [2, 0, 0, 0, 0, 0, 0, 0, 0];
        } else if dice.once_in(5) {
            events[5] = 1 + rate(dice, 4);
        }
        if dice.once_in(4) {
            (events[7], events[8]) = (2 + rate(dice, 4), 1 + rate(dice, 6));
        }
        if patient {
            events[0] = 8 + rate(dice, 24);
        }
        let requests = if patient { 16 + dice.below(24) } else { 4 + dice.below(20) };
        let mut policy = policy(dice);
        // It is counted after a code was used, and the checker takes a request's last write for what it did.
        policy.spend.breaker.percent = 0;
        let payments = !patient && dice.once_in(3);
        if payments {
            // Whoever pays takes several steps one after the other, so less comes between them.
            events = events.map(|weight| weight.div_ceil(3).min(1 + rate(dice, 2)));
        }
        Self {
            policy: Policy { payments: if payments { rules(dice) } else { policy.payments }, ..policy },
            requests: if payments { requests + 20 + dice.below(20) } else { requests },
            payments,
            webhook: if dice.once_in(3) { Some(*dice.pick(&[0, 2, 3, 6])) } else { None },
            parallel: 1 + dice.below(10),
            places: if dice.once_in(4) { dice.below(4) } else { 64 },
            accounts: if dice.once_in(2) || patient || payments { 1 } else { 1 + dice.below(ACCOUNTS) },
            focus: *dice.pick(&[Kind::Payment, Kind::Payment, Kind::Login, Kind::Query]),
            right_once_in: if patient { 40 } else { 1 + dice.below(if payments { 2 } else { 4 }) },
            patient,
            devices: dice.once_in(2),
            events,
        }
    }
}

fn policy(dice: &mut Dice) -> Policy {
    if dice.once_in(4) {
        return Policy::default();
    }
    let burst = dice.at_least(1, 4);
    let day = dice.at_least(burst, 5);
    let lifetime = dice.at_least(day, 6);
    let lock_first = Span::from_minutes(dice.at_least(1, 30));
    let lock_max = if dice.once_in(3) { lock_first + lock_first } else { Span::from_hours(24) };
    let same_as_login_day = dice.at_least(1, 6);
    let guesses = GuessPolicy {
        burst,
        lock_first,
        lock_max,
        day,
        lifetime,
        same_as_login_day,
        ..GuessPolicy::default()
    };
    Policy { guesses, devices: devices(dice), ..Policy::default() }
}

fn devices(dice: &mut Dice) -> DevicePolicy {
    if dice.once_in(3) {
        return DevicePolicy::default();
    }
    let burst = dice.at_least(1, 3);
    let day = dice.at_least(burst, 3);
    let lifetime = dice.at_least(day, 4);
    let life =
        if dice.once_in(4) { Span::from_minutes(dice.at_least(10, 600)) } else { Span::from_hours(2160) };
    DevicePolicy { per_account: dice.below(4), life, burst, day, lifetime }
}

/// Rules for payments: short lives and holds, so that histories see their ends.
fn rules(dice: &mut Dice) -> PaymentPolicy {
    let mut payments = PaymentPolicy::default();
    payments.intents.tries = dice.at_least(1, 4);
    payments.intents.life = Span::from_minutes(dice.at_least(5, 180));
    payments.ask.windows =
        *dice.pick(&[AskFrequency::Every, AskFrequency::Hour, AskFrequency::Day, AskFrequency::Day]);
    payments.ask.ask_new_payee = dice.once_in(3);
    if dice.once_in(2) {
        payments.holds.reset = Span::from_minutes(dice.at_least(1, 60));
        payments.holds.unlock = Span::from_minutes(dice.at_least(0, 60));
        payments.holds.release_wait = Span::from_minutes(dice.at_least(1, 60));
    }
    if dice.once_in(3) {
        payments.ask.others.on_hold_day = u128::from(dice.at_least(1, 500));
    }
    if dice.once_in(2) {
        payments.holds.restore = Span::from_minutes(dice.at_least(0, 60));
    }
    if dice.once_in(3) {
        payments.ask.others.unasked = Some(u128::from(dice.at_least(50, 150)));
        payments.ask.others.unasked_day = Some(u128::from(dice.at_least(50, 400)));
    }
    if dice.once_in(3) {
        payments.ask.others.one_factor = Some(u128::from(dice.at_least(100, 200)));
    }
    if dice.once_in(3) {
        payments.ask.others.in_window = Some(u128::from(dice.at_least(1, 300)));
    }
    payments
}
