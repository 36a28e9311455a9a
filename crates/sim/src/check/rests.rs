//! When payments of one account rest or need no secret, as the specification has it: locks, holds, windows and what was
//! spent in a day. Where it cannot be known for certain, whoever is judged has the benefit.

use countersign_domain::ask::AskFrequency;
use countersign_domain::event::What;
use countersign_domain::hold::HoldCause;
use countersign_domain::policy::PaymentPolicy;
use countersign_domain::secret::Kind;
use countersign_domain::time::{Span, Timestamp};

use super::budget::DAY;
use crate::record::{Ask, Record};
use crate::template::{BEGINNING, first_secret};
use crate::told::Fed;

/// The least by which a choice that is made again may prolong the one before without being told.
const REPEATED: i64 = 60_000;

const HOUR: i64 = 3_600_000;

/// An account's payments, as far as they depend on more than one intent.
pub(super) struct Rests<'a> {
    record: &'a Record,
    policy: &'a PaymentPolicy,
    account: usize,
    /// The end of the lock; at the end of all time if only an operator or a reset ends it.
    lock: Option<i64>,
    /// The end of each hold, by its cause.
    holds: Vec<(HoldCause, i64)>,
    /// Who proposed to end the holds, and when.
    proposed: Option<(u8, i64)>,
    /// Until when the person is asked less often, and whether somebody chose it.
    eased: Option<(i64, bool)>,
    windows: Vec<Window>,
    temporary: bool,
    set: bool,
    /// Whether the payee, of which there is one, was ever paid with the secret.
    payee_known: bool,
    /// What was consumed, when, in the smallest units, and whether without a secret.
    spent: Vec<(i64, u128, bool)>,
}

/// An app's window.
struct Window {
    app: u8,
    opened: i64,
    until: i64,
    /// Whether it was opened under a frequency that somebody chose.
    chosen: bool,
}

impl<'a> Rests<'a> {
    pub(super) fn new(record: &'a Record, policy: &'a PaymentPolicy, account: usize) -> Self {
        let set = first_secret(account, Kind::Payment) != 0;
        Self {
            record,
            policy,
            account,
            lock: None,
            holds: Vec::new(),
            proposed: None,
            eased: set.then_some((BEGINNING + HOUR, false)),
            windows: Vec::new(),
            temporary: false,
            set,
            payee_known: false,
            spent: Vec::new(),
        }
    }

    /// Lets time pass: what was over once does not begin again when the clock is set back.
    pub(super) fn pass(&mut self, now: i64) {
        self.holds.retain(|(_, until)| now < *until);
        self.lock = self.lock.filter(|until| now < *until);
        self.spent.retain(|(at, ..)| now < at + DAY);
    }

    /// What an event does. Why it should not have happened, if so.
    pub(super) fn take(&mut self, fed: &Fed) -> Option<String> {
        let op = fed.op.map(|op| &self.record.ops[op]);
        match &fed.what {
            What::Locked { kind: Kind::Payment, until } => {
                self.lock = Some(until.map_or(i64::MAX, Timestamp::millis));
                self.windows.clear();
            }
            What::DeviceLocked { kind: Kind::Payment, .. } => self.windows.clear(),
            What::Unlocked { kind: kind @ (Kind::Payment | Kind::Login), .. } => {
                if *kind == Kind::Payment {
                    self.lock = None;
                }
                self.hold(HoldCause::Unlock, fed.at, self.policy.holds.unlock);
            }
            What::SecretSet(Kind::Payment) => {
                (self.set, self.temporary) = (true, false);
                self.eased = Some((fed.at + HOUR, false));
            }
            What::SecretChanged(Kind::Payment) => {
                self.temporary = false;
                self.windows.clear();
            }
            What::SecretReset(kind) | What::SecretMadeTemporary(kind) => {
                self.replaced(*kind, matches!(fed.what, What::SecretReset(_)), fed.at);
            }
            What::SecretVerified(Kind::Payment) => {
                if let Some(Ask::Verify(_)) = op.map(|op| op.ask) {
                    self.open(0, fed.at);
                }
            }
            What::AskFrequencyChosen(choice) => self.choose(*choice, fed.at),
            What::Restored { merged } => self.restored(*merged, fed.at),
            What::HoldReleaseProposed { .. } => {
                if let Some(Ask::Release(app)) = op.map(|op| op.ask) {
                    self.proposed = Some((app, fed.at));
                }
            }
            What::HoldReleased { .. } => return self.released(op.map(|op| op.ask), fed.at),
            _ => {}
        }
        None
    }

    /// Why nothing may be approved or consumed at that time that makes the day's sum so much, if so.
    pub(super) fn forbids(&self, now: i64, open: u128) -> Option<String> {
        if self.lock.is_some_and(|until| now < until) {
            return Some("while the secret is locked".to_owned());
        }
        let hold = self.holds.iter().find(|(_, until)| now < *until)?;
        let sum = open + self.spent.iter().map(|(_, units, _)| units).sum::<u128>();
        let most = self.policy.ask.others.on_hold_day;
        (sum > most).then(|| format!("under a hold ({:?}), {sum} of {most} in a day", hold.0))
    }

    /// Why that app must present the secret for so much, if so.
    pub(super) fn asks(&self, app: u8, now: i64, units: u128, open: u128) -> Option<&'static str> {
        let Some(longest) = self.policy.ask.windows.span() else { return Some("and it is asked every time") };
        if self.holds.iter().any(|(_, until)| now < *until) {
            return Some("under a hold");
        }
        let Some(window) = self.windows.iter().find(|window| window.app == app) else {
            return Some("outside of any window");
        };
        let rules = &self.policy.ask.others;
        let day = open + self.spent.iter().map(|(_, units, _)| units).sum::<u128>();
        if now >= window.until + self.choices() * REPEATED {
            Some("in a window that is over")
        } else if !window.chosen {
            Some("in a window that nobody chose")
        } else if self.policy.ask.ask_new_payee && !self.payee_known {
            Some("and the payee is new")
        } else if now - window.opened >= longest.millis() {
            Some("in a window that is too old")
        } else if rules.in_window.is_some_and(|most| units > most)
            || rules.in_window_day.is_some_and(|most| day > most)
        {
            Some("and it is too much for a window")
        } else {
            None
        }
    }

    /// A right secret was presented for that app.
    pub(super) fn open(&mut self, app: u8, now: i64) {
        let slack = self.choices() * REPEATED;
        let eased = self.eased.filter(|(until, _)| now < until + slack && !self.temporary);
        let Some((until, chosen)) = eased else { return };
        self.windows.retain(|window| window.app != app);
        self.windows.push(Window { app, opened: now, until, chosen });
    }

    /// Why so much is no small amount, if so.
    pub(super) fn too_much_unasked(&self, now: i64, units: u128, open: u128) -> Option<&'static str> {
        let rules = &self.policy.ask.others;
        let before: u128 =
            self.spent.iter().filter(|(.., unasked)| *unasked).map(|(_, units, _)| units).sum();
        if self.holds.iter().any(|(_, until)| now < *until) {
            Some("under a hold")
        } else if self.policy.ask.ask_new_payee && !self.payee_known {
            Some("and the payee is new")
        } else if rules.unasked.is_none_or(|most| units > most) {
            Some("and is none")
        } else if rules.unasked_day.is_none_or(|most| open + before + units > most) {
            Some("and it is too much in a day")
        } else {
            None
        }
    }

    /// So much was consumed.
    pub(super) fn spend(&mut self, now: i64, units: u128, unasked: bool) {
        self.payee_known |= !unasked;
        self.spent.push((now, units, unasked));
    }

    fn replaced(&mut self, kind: Kind, chosen: bool, now: i64) {
        if matches!(kind, Kind::Payment | Kind::Login) {
            self.hold(HoldCause::Reset, now, self.policy.holds.reset);
        }
        if kind == Kind::Payment {
            self.lock = None;
            self.windows.clear();
            self.temporary = !chosen;
            if chosen && !self.set {
                self.eased = Some((now + HOUR, false));
            }
            self.set = true;
        }
    }

    fn hold(&mut self, cause: HoldCause, now: i64, span: Span) {
        if span == Span::ZERO {
            return;
        }
        let until = now + span.millis();
        let longest = self.holds.iter().filter(|(of, _)| *of == cause).map(|(_, until)| *until).max();
        self.holds.retain(|(of, _)| *of != cause);
        self.holds.push((cause, longest.map_or(until, |longest| longest.max(until))));
        self.proposed = None;
    }

    fn choose(&mut self, choice: AskFrequency, now: i64) {
        self.eased = choice.span().map(|span| (now + span.millis(), true));
        match self.eased {
            None => self.windows.clear(),
            Some((end, _)) => {
                self.windows.iter_mut().for_each(|window| window.until = window.until.min(end));
            }
        }
    }

    fn restored(&mut self, merged: bool, now: i64) {
        self.windows.clear();
        (self.lock, self.proposed) = (None, None);
        // The secret is that of the backup, which may have been set or not, and by whomever.
        (self.temporary, self.set) = (false, false);
        if !merged {
            // Only what the backup knew of is still there.
            self.holds.clear();
            self.spent.clear();
            self.eased = None;
            self.hold(HoldCause::Restore, now, self.policy.holds.restore);
        }
    }

    fn released(&mut self, ask: Option<Ask>, now: i64) -> Option<String> {
        let wait = self.policy.holds.release_wait.millis();
        let proposed = self.proposed.take();
        self.holds.clear();
        let Some(Ask::Release(second)) = ask else { return Some("holds end by themselves".to_owned()) };
        let agreed = proposed.is_some_and(|(first, at)| first != second && now < at + wait);
        (!agreed).then(|| format!("app {second} ends the holds alone: {proposed:?}"))
    }

    /// How often somebody chose: each time the end may have moved a little and nobody was told.
    fn choices(&self) -> i64 {
        let chose = self.record.ops.iter().filter(|op| op.account == self.account);
        i64::try_from(chose.filter(|op| matches!(op.ask, Ask::Choose(_))).count()).unwrap_or(0)
    }
}
