//! Arbitrary intents, holds and payments, and events of them.

use countersign_domain::asking::{Basis, Day, Exemption, Shortage, Why};
use countersign_domain::event::{Actor, What};
use countersign_domain::hold::{Hold, HoldCause, Holds};
use countersign_domain::id::{AccountId, AppId, IntentId, SessionId};
use countersign_domain::intent::{
    Approval, Details, Digest, Factors, Grounds, Intent, IntentState, Line, PayeeMark, Transaction, VoidCause,
};
use countersign_domain::money::{Amount, Currency, CurrencyCode};
use countersign_domain::outside::{Mark, Remembered};
use countersign_domain::payments::{Payee, Payments, Sum};
use countersign_domain::time::Span;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::at;

pub(super) fn of_account(
    id: AccountId,
) -> impl Strategy<Value = (Vec<Intent>, Holds, Payments, Vec<Remembered>)> {
    (vec(intent(id), 0..3), holds(), payments(), vec(remembered(), 0..3))
}

fn remembered() -> impl Strategy<Value = Remembered> {
    let what = prop_oneof![any::<u32>().prop_map(Mark::Missed), Just(Mark::Ended)];
    let session = any::<[u8; 16]>().prop_map(SessionId::from_bytes);
    (session, at(), what).prop_map(|(session, until, what)| Remembered { session, until, what })
}

/// Events of an intent or a hold of that account.
pub(super) fn what(account: AccountId) -> impl Strategy<Value = What> {
    let intent = any::<[u8; 10]>().prop_map(move |own| IntentId::new(account, own));
    let digest = any::<[u8; 32]>().prop_map(Digest);
    prop_oneof![
        (intent.clone(), digest.clone()).prop_map(|(intent, digest)| What::IntentCreated { intent, digest }),
        (intent.clone(), grounds(), basis()).prop_map(|(intent, grounds, basis)| What::IntentApproved {
            intent,
            grounds,
            basis
        }),
        (intent.clone(), digest).prop_map(|(intent, digest)| What::IntentConsumed { intent, digest }),
        intent.clone().prop_map(What::IntentCancelled),
        (intent.clone(), void_cause()).prop_map(|(intent, cause)| What::IntentVoided { intent, cause }),
        (intent, of(factors()), shortage(), basis()).prop_map(|(intent, presented, shortage, basis)| {
            What::IntentRefused { intent, presented, shortage, basis }
        }),
        (hold_cause(), at()).prop_map(|(cause, until)| What::HoldBegun { cause, until }),
        ".*".prop_map(|reason| What::HoldReleaseProposed { reason }),
        ".*".prop_map(|reason| What::HoldReleased { reason }),
    ]
}

fn intent(account: AccountId) -> impl Strategy<Value = Intent> {
    let bytes = any::<([u8; 10], [u8; 32], [u8; 8])>();
    (bytes, transaction(), at(), at(), state(), vec(shortage(), 0..3)).prop_map(
        move |((own, digest, mark), transaction, created_at, expires_at, state, refused)| Intent {
            id: IntentId::new(account, own),
            transaction,
            digest: Digest(digest),
            payee: PayeeMark(mark),
            created_at,
            expires_at,
            state,
            refused,
        },
    )
}

fn transaction() -> impl Strategy<Value = Transaction> {
    let money = (code(), 0..=Currency::MAX_DIGITS, 1..u64::MAX / 100).prop_map(|(code, digits, whole)| {
        let currency = Currency { code, digits };
        (currency, Amount::parse(&whole.to_string(), currency).expect("an amount"))
    });
    let details = ".{0,40}".prop_map(|text| Details::of_canonical(text).expect("short"));
    (money, line(), of(line()), of(line()), of(line()), of(details)).prop_map(
        |((currency, amount), payee, payee_id, reference, memo, details)| Transaction {
            amount,
            currency,
            payee,
            payee_id,
            reference,
            memo,
            details,
        },
    )
}

fn state() -> impl Strategy<Value = IntentState> {
    let approval =
        (at(), any::<u64>(), grounds()).prop_map(|(at, version, grounds)| Approval { at, version, grounds });
    prop_oneof![
        any::<u32>().prop_map(|tries| IntentState::Pending { tries }),
        approval.clone().prop_map(IntentState::Approved),
        (approval, at()).prop_map(|(approval, at)| IntentState::Consumed { approval, at }),
        at().prop_map(|at| IntentState::Cancelled { at }),
        (at(), void_cause()).prop_map(|(at, cause)| IntentState::Voided { at, cause }),
        at().prop_map(|at| IntentState::Expired { at }),
    ]
}

fn factors() -> impl Strategy<Value = Factors> + Clone {
    select(vec![Factors::Secret, Factors::SecretAndCode])
}

fn shortage() -> impl Strategy<Value = Shortage> {
    let why = || select(Why::ALL.to_vec());
    prop_oneof![
        why().prop_map(Shortage::Secret),
        why().prop_map(Shortage::Code),
        why().prop_map(Shortage::Limit),
        at().prop_map(Shortage::OnHold),
    ]
}

fn grounds() -> impl Strategy<Value = Grounds> + Clone {
    let why = select(vec![Exemption::Window, Exemption::SmallAmount]);
    prop_oneof![
        factors().prop_map(Grounds::Factors),
        (why, of(at())).prop_map(|(why, secret_at)| Grounds::Exempt { why, secret_at }),
    ]
}

fn basis() -> impl Strategy<Value = Basis> {
    let span = any::<u32>().prop_map(Span::from_millis);
    let day = any::<(u128, u128, u128)>().prop_map(|(unasked, by_one, all)| Day { unasked, by_one, all });
    (code(), any::<(u128, bool, bool)>(), of(span), day, of(at())).prop_map(
        |(currency, (units, payee_known, device_known), window, day, hold_until)| Basis {
            currency,
            units,
            payee_known,
            device_known,
            window,
            day,
            hold_until,
        },
    )
}

fn holds() -> impl Strategy<Value = Holds> {
    let hold = (hold_cause(), at(), at()).prop_map(|(cause, since, until)| Hold { cause, since, until });
    let who = any::<[u8; 16]>().prop_map(|id| Actor::App(AppId::from_bytes(id)));
    (vec(hold, 0..3), of((who, at()))).prop_map(|(running, release)| Holds { running, release })
}

fn payments() -> impl Strategy<Value = Payments> {
    let payee = (any::<[u8; 8]>(), at()).prop_map(|(mark, paid_at)| Payee { mark: PayeeMark(mark), paid_at });
    let sum = (any::<(i64, u8, u128)>(), code()).prop_map(|((hour, factors, units), currency)| Sum {
        hour,
        currency,
        factors,
        units,
    });
    (vec(payee, 0..3), vec(sum, 0..3)).prop_map(|(payees, sums)| Payments { payees, sums })
}

fn line() -> impl Strategy<Value = Line> {
    "([a-z0-9张三李四] ?){0,10}[a-z]".prop_map(|text| Line::parse(&text).expect("a line"))
}

fn code() -> impl Strategy<Value = CurrencyCode> + Clone {
    "[A-Z][A-Z0-9]{1,11}".prop_map(|text| CurrencyCode::parse(&text).expect("a code"))
}

fn void_cause() -> impl Strategy<Value = VoidCause> {
    select(vec![
        VoidCause::SecretChanged,
        VoidCause::SecretReset,
        VoidCause::Locked,
        VoidCause::Guesses,
        VoidCause::DigestMismatch,
        VoidCause::Restored,
    ])
}

fn hold_cause() -> impl Strategy<Value = HoldCause> {
    select(HoldCause::ALL.to_vec())
}
