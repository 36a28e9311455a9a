//! What an account has paid: to whom, and how much in the last day.

use crate::account::Account;
use crate::asking::Day;
use crate::id::IntentId;
use crate::intent::{Grounds, Intent, IntentState, PayeeMark};
use crate::money::CurrencyCode;
use crate::time::{Span, Timestamp};

/// Payees that are remembered, the one not paid for longest first.
const PAYEES: usize = 32;

/// A payee that was not paid for so long is new again.
const PAYEE_LIFE: Span = Span::from_hours(24 * 180);

/// Hours that count as the last day, besides the one that has begun.
const HOURS: i64 = 24;

/// Hours that a sum is kept longer than it counts: one reading of a clock far ahead must not forget what was paid.
const KEPT_HOURS: i64 = 48;

/// What an account has paid.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Payments {
    /// Payees that were paid with the secret, the one not paid for longest first.
    pub payees: Vec<Payee>,
    /// Sums of consumed intents.
    pub sums: Vec<Sum>,
}

/// A payee that was paid with the secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Payee {
    /// By what it is known again.
    pub mark: PayeeMark,
    /// When it was last paid.
    pub paid_at: Timestamp,
}

/// What was paid in one hour, in one currency, by so many factors.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sum {
    /// Hours since 1970.
    pub hour: i64,
    /// Of which currency.
    pub currency: CurrencyCode,
    /// How many factors were presented.
    pub factors: u8,
    /// How much, in its smallest units.
    pub units: u128,
}

/// Whether that payee was paid with the secret before.
#[must_use]
pub(crate) fn knows(payments: &Payments, mark: PayeeMark, now: Timestamp) -> bool {
    payments.payees.iter().any(|payee| payee.mark == mark && now < payee.paid_at + PAYEE_LIFE)
}

/// What was approved in the last day in that currency: what was consumed, and what still may be, `but` for one intent.
#[must_use]
pub(crate) fn day(account: &Account, currency: CurrencyCode, but: IntentId, now: Timestamp) -> Day {
    let first = hour(now) - HOURS;
    let consumed = account.payments.sums.iter();
    let consumed = consumed.filter(|sum| sum.hour >= first && sum.currency == currency);
    let consumed = consumed.map(|sum| (sum.factors, sum.units));
    let open = account.intents.iter().filter(|intent| intent.id != but);
    let open = open.filter(|intent| intent.transaction.currency.code == currency);
    let open = open.filter_map(|intent| match &intent.state {
        IntentState::Approved(approval) if now < intent.expires_at => {
            Some((approval.grounds.count(), intent.transaction.amount.units()))
        }
        IntentState::Approved(_)
        | IntentState::Pending { .. }
        | IntentState::Consumed { .. }
        | IntentState::Cancelled { .. }
        | IntentState::Voided { .. }
        | IntentState::Expired { .. } => None,
    });
    consumed.chain(open).fold(Day::default(), |mut day, (factors, units)| {
        let add = |sum: &mut u128| *sum = sum.saturating_add(units);
        add(&mut day.all);
        if factors <= 1 {
            add(&mut day.by_one);
        }
        if factors == 0 {
            add(&mut day.unasked);
        }
        day
    })
}

/// Counts a consumed intent. A payee is remembered only if the secret was presented for it.
pub(crate) fn count(payments: &mut Payments, intent: &Intent, grounds: Grounds, now: Timestamp) {
    let (this, currency, factors) = (hour(now), intent.transaction.currency.code, grounds.count());
    let units = intent.transaction.amount.units();
    payments.sums.retain(|sum| sum.hour >= this - HOURS - KEPT_HOURS);
    let same = |sum: &&mut Sum| (sum.hour, sum.currency, sum.factors) == (this, currency, factors);
    match payments.sums.iter_mut().find(same) {
        Some(sum) => sum.units = sum.units.saturating_add(units),
        None => payments.sums.push(Sum { hour: this, currency, factors, units }),
    }
    if let Grounds::Factors(_) = grounds {
        payments.payees.retain(|payee| payee.mark != intent.payee && now < payee.paid_at + PAYEE_LIFE);
        payments.payees.push(Payee { mark: intent.payee, paid_at: now });
        let over = payments.payees.len().saturating_sub(PAYEES);
        payments.payees.drain(..over);
    }
}

const fn hour(at: Timestamp) -> i64 {
    at.secs().div_euclid(3600)
}
