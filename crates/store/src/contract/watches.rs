//! Guesses at what no account holds, and over many accounts.

use countersign_domain::ledger::Ledger;
use countersign_domain::policy::Policy;
use countersign_domain::spend::{Caps, Money, Spending};
use countersign_domain::spray::SprayPolicy;
use countersign_domain::time::Span;

use super::races::{at_once, winners};
use super::sample::{at, index};
use crate::door::Store;

/// As an account's would, across calls, until it is forgotten.
pub async fn a_name_that_nobody_has_keeps_its_ledger<S: Store>(store: S) {
    let charge = |n, now: i64| {
        let limits = Policy::default().guesses;
        store.at_nobody(index(n), at(now + 60), at(now), move |ledger: &mut Ledger| {
            let _ = ledger.refresh(&limits, at(now));
            ledger.charge(&limits, None, at(now)).ok()
        })
    };
    for number in 1..=5 {
        assert_eq!(charge(1, 0).await.expect("charges"), Some(number));
    }
    assert_eq!(charge(1, 0).await.expect("refuses"), None);
    assert_eq!(charge(2, 0).await.expect("charges"), Some(1));
    // Those that were refused did not lengthen its life.
    assert_eq!(charge(1, 59).await.expect("refuses"), None);
    assert_eq!(charge(1, 60).await.expect("charges"), Some(1));
}

/// Of many at once no more are charged than there is room for.
pub async fn of_many_who_guess_at_nobody_only_so_many_are_charged<S: Store>(store: S) {
    let charged = at_once(16, |_| {
        let store = store.clone();
        async move {
            let limits = Policy::default().guesses;
            let charge = move |ledger: &mut Ledger| ledger.charge(&limits, None, at(0)).is_ok();
            store.at_nobody(index(1), at(60), at(0), charge).await.expect("decides")
        }
    })
    .await;
    assert_eq!(winners(&charged), 5);
}

/// Of many at once none is lost, and what is read is what was last saved.
pub async fn a_watch_forgets_no_miss<S: Store>(store: S) {
    let policy = SprayPolicy::default();
    assert_eq!(store.read_watch(index(1)).await.expect("reads"), None);
    at_once(16, |n| {
        let store = store.clone();
        async move {
            let miss = move |watch: &mut countersign_domain::spray::Watch| {
                let _ = watch.miss(n, policy.secret, &policy, at(0));
            };
            store.watch(index(1), at(60), at(0), miss).await.expect("decides");
        }
    })
    .await;
    let watch = store.read_watch(index(1)).await.expect("reads").expect("is watched");
    assert_eq!(watch.accounts, (0..16).collect::<Vec<u32>>());
    assert_eq!(store.read_watch(index(2)).await.expect("reads"), None);
}

/// Of many codes at once only so many are charged as the cap has room for, and what is given back has room again.
pub async fn of_many_codes_at_once_only_so_many_fit_under_a_cap<S: Store>(store: S) {
    let one = Money::from_millionths(10_000);
    let caps = Caps { hour: Some(one.times(5)), day: None };
    let charge = |store: S| async move {
        let charge = move |spending: &mut Spending| spending.charge(one, caps, None, at(0)).1.is_ok();
        store.spending(index(1), at(60), at(0), charge).await.expect("decides")
    };
    let charged = at_once(16, |_| charge(store.clone())).await;
    assert_eq!(winners(&charged), 5);
    let back = |spending: &mut Spending| spending.give_back(Money::from_millionths(10_000), at(0));
    store.spending(index(1), at(60), at(0), back).await.expect("decides");
    let charged = at_once(16, |_| charge(store.clone())).await;
    assert_eq!(winners(&charged), 1);
    let spent = |spending: &mut Spending| spending.spent(Span::from_hours(1), at(0));
    assert_eq!(store.spending(index(1), at(60), at(0), spent).await.expect("decides"), one.times(5));
    assert_eq!(store.spending(index(2), at(60), at(0), spent).await.expect("decides"), Money::ZERO);
}
