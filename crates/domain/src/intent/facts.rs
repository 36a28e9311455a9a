//! On what it is decided whether a payment goes on, and what was presented is enough.

use super::standing::find_mut;
use super::{Factors, Grounds, Intent};
use crate::account::{Account, Scene};
use crate::answer::{IntentRefusal, Refusal};
use crate::asking::{self, Basis, Need, Shortage};
use crate::attempt;
use crate::event::What;
use crate::id::IntentId;
use crate::ledger::Gate;
use crate::payments;
use crate::secret::Kind;
use crate::time::Span;

/// The facts on which it is decided whether the person must be asked. `window` is how long ago the secret was presented in
/// a window that counts.
pub(super) fn basis(
    account: &Account,
    intent: &Intent,
    window: Option<Span>,
    device_known: bool,
    scene: &Scene<'_>,
) -> Basis {
    let currency = intent.transaction.currency.code;
    Basis {
        currency,
        units: intent.transaction.amount.units(),
        payee_known: payments::knows(&account.payments, intent.payee, scene.now),
        device_known,
        window,
        day: payments::day(account, currency, intent.id, scene.now),
        hold_until: account.holds.until(scene.now),
    }
}

/// What an approval rests on where so much is presented, if that is enough.
pub(super) fn grounds(
    basis: &Basis,
    presented: Option<Factors>,
    scene: &Scene<'_>,
) -> Result<Grounds, Shortage> {
    match (asking::need(basis, &scene.policy.payments.ask), presented) {
        (Need::Nothing(_) | Need::Secret(_), Some(factors))
        | (Need::TwoFactors(_), Some(factors @ Factors::SecretAndCode)) => Ok(Grounds::Factors(factors)),
        (Need::Nothing(why), None) => {
            Ok(Grounds::Exempt { why, secret_at: basis.window.map(|age| scene.now - age) })
        }
        (Need::Secret(why), None) => Err(Shortage::Secret(why)),
        (Need::TwoFactors(why), None | Some(Factors::Secret)) => Err(Shortage::Code(why)),
        (Need::Never(why), _) => Err(Shortage::Limit(why)),
        (Need::OnHold(until), _) => Err(Shortage::OnHold(until)),
    }
}

/// As [`grounds`], for an approval: why it is refused is written down, once for each reason, so that nobody fills the trail.
pub(super) fn judge(
    account: &mut Account,
    id: IntentId,
    basis: Basis,
    presented: Option<Factors>,
    scene: &Scene<'_>,
) -> Result<Grounds, Refusal> {
    let shortage = match grounds(&basis, presented, scene) {
        Ok(grounds) => return Ok(grounds),
        Err(shortage) => shortage,
    };
    if let Some(intent) = find_mut(account, id)
        && !intent.refused.iter().any(|told| told.same(&shortage))
    {
        intent.refused.push(shortage);
        account.record(scene, What::IntentRefused { intent: id, presented, shortage, basis });
    }
    Err(refusal(shortage))
}

/// What is told of a shortage.
pub(super) const fn refusal(shortage: Shortage) -> Refusal {
    match shortage {
        Shortage::Secret(why) => Refusal::Intent(IntentRefusal::SecretRequired(why)),
        Shortage::Code(why) => Refusal::Intent(IntentRefusal::CodeRequired(why)),
        Shortage::Limit(why) => Refusal::Intent(IntentRefusal::OverLimit(why)),
        Shortage::OnHold(until) => Refusal::OnHold { until },
    }
}

/// Whether the payment secret is not locked. A known device may still guess at one that is; what it approved could not be
/// consumed.
pub(super) fn still_unlocked(account: &Account, scene: &Scene<'_>) -> Result<(), Refusal> {
    let until = match attempt::gate(account, Kind::Payment, scene) {
        Gate::Open => return Ok(()),
        Gate::Locked { until } => Some(until),
        Gate::Blocked | Gate::Disabled => None,
    };
    Err(Refusal::Locked { until, misses: account.credential(Kind::Payment).ledger.misses() })
}
