//! Idempotency keys: a request is carried out once, and what it came to is told again.

use countersign_domain::id::AccountId;
use countersign_domain::time::Span;

use super::races::{at_once, winners};
use super::sample::{self, account, at, id, index};
use crate::door::{Claim, Claimed, Created, Draft, HeldClaim, Index, KeptAnswer, Lookup, Store, StoreFault};

/// For its claimer alone; for others it runs until there is an answer.
pub async fn a_claim_is_fresh_once<S: Store>(store: S) {
    assert_eq!(claim(&store, 1, 0).await, Claimed::Fresh);
    assert_eq!(claim(&store, 1, 1).await, Claimed::Running);
    store.answer(kept(index(1), b"sealed".to_vec(), None)).await.expect("answers");
    assert_eq!(claim(&store, 1, 2).await, Claimed::Answered(b"sealed".to_vec()));
    assert_eq!(claim(&store, 2, 2).await, Claimed::Fresh);
}

/// While it runs and after it was answered.
pub async fn another_request_under_the_same_key_is_a_mismatch<S: Store>(store: S) {
    let other = Claim { fingerprint: [2; 32], now: at(1), ..sample::claim(1) };
    assert_eq!(claim(&store, 1, 0).await, Claimed::Fresh);
    assert_eq!(store.claim(other).await.expect("claims"), Claimed::Mismatch);
    store.answer(kept(index(1), Vec::new(), None)).await.expect("answers");
    assert_eq!(store.claim(other).await.expect("claims"), Claimed::Mismatch);
    assert_eq!(claim(&store, 1, 2).await, Claimed::Answered(Vec::new()));
}

/// A second answer does not replace it, and an answer to no claim is stored nowhere.
pub async fn the_first_answer_stays<S: Store>(store: S) {
    assert_eq!(claim(&store, 1, 0).await, Claimed::Fresh);
    store.answer(kept(index(1), b"first".to_vec(), None)).await.expect("answers");
    store.answer(kept(index(1), b"second".to_vec(), None)).await.expect("answers");
    store.release(held(index(1), 100)).await.expect("releases");
    assert_eq!(claim(&store, 1, 1).await, Claimed::Answered(b"first".to_vec()));
    store.answer(kept(index(2), b"nobody's".to_vec(), None)).await.expect("answers");
    assert_eq!(claim(&store, 2, 1).await, Claimed::Fresh);
}

/// An answer that tells of an account goes with it; its key stays claimed, so that the request does not run again.
pub async fn an_erased_accounts_answer_is_forgotten<S: Store>(store: S) {
    store.create(account(1), Vec::new(), None).await.expect("creates");
    assert_eq!(claim(&store, 1, 0).await, Claimed::Fresh);
    store.answer(kept(index(1), b"whose it was".to_vec(), Some(id(1)))).await.expect("answers");
    assert!(store.erase(id(1), |_| ()).await.expect("erases"));
    assert_eq!(claim_for(&store, 1, 10, 0).await, Claimed::Running);
    assert_eq!(claim_for(&store, 1, 10, 99).await, Claimed::Running);
}

/// Whoever had it is dead by then; the same request carries on, and gets the whole time again.
pub async fn a_claim_whose_lease_is_over_is_carried_on<S: Store>(store: S) {
    assert_eq!(claim_for(&store, 1, 10, 0).await, Claimed::Fresh);
    assert_eq!(claim_for(&store, 1, 10, 9).await, Claimed::Running);
    assert_eq!(claim_for(&store, 1, 10, 10).await, Claimed::Fresh);
    assert_eq!(claim_for(&store, 1, 10, 19).await, Claimed::Running);
    let answer =
        |end, sealed: &[u8]| KeptAnswer { claim: held(index(1), end), sealed: sealed.to_vec(), about: None };
    store.answer(answer(10, b"of the one before")).await.expect("answers");
    assert_eq!(claim_for(&store, 1, 10, 19).await, Claimed::Running);
    store.answer(answer(20, b"late")).await.expect("answers");
    assert_eq!(claim_for(&store, 1, 10, 20).await, Claimed::Answered(b"late".to_vec()));
}

/// Whoever was away for longer than the lease decides nothing any more: another may have carried the request out.
pub async fn nothing_is_decided_under_a_claim_that_was_taken_over<S: Store>(store: S) {
    store.create(account(1), Vec::new(), None).await.expect("creates");
    assert_eq!(claim_for(&store, 1, 10, 0).await, Claimed::Fresh);
    assert_eq!(claim_for(&store, 1, 10, 10).await, Claimed::Fresh);
    let decide = |end, answered: bool| {
        store.update(id(1), move |draft| {
            let claim = held(index(1), end);
            draft.account.events_made += 1;
            draft.claim = Some(claim);
            draft.answer = answered.then(|| KeptAnswer { claim, sealed: b"done".to_vec(), about: None });
        })
    };
    for answered in [false, true] {
        assert!(matches!(decide(10, answered).await, Err(StoreFault::Superseded)));
    }
    decide(20, false).await.expect("is held");
    decide(20, true).await.expect("is held");
    assert!(matches!(decide(20, true).await, Err(StoreFault::Superseded)), "it is answered");
    let saved = store.read(id(1)).await.expect("reads").expect("is there");
    assert_eq!(saved.events_made, account(1).events_made + 2);
    let late = KeptAnswer { claim: held(index(1), 10), sealed: Vec::new(), about: None };
    assert!(matches!(store.create(account(2), Vec::new(), Some(late)).await, Err(StoreFault::Superseded)));
    assert!(store.read(id(2)).await.expect("reads").is_none());
}

/// By its own end it is known: whoever had it before cannot give up what another has taken over.
pub async fn only_ones_own_claim_is_given_up<S: Store>(store: S) {
    assert_eq!(claim_for(&store, 1, 10, 0).await, Claimed::Fresh);
    assert_eq!(claim_for(&store, 1, 10, 10).await, Claimed::Fresh);
    store.release(held(index(1), 10)).await.expect("answers");
    assert_eq!(claim_for(&store, 1, 10, 11).await, Claimed::Running);
    store.release(held(index(1), 20)).await.expect("releases");
    assert_eq!(claim_for(&store, 1, 10, 12).await, Claimed::Fresh);
}

/// What was done and what was answered are one transaction.
pub async fn an_answer_is_saved_with_its_decision_or_not_at_all<S: Store>(store: S) {
    for n in [1, 2] {
        assert_eq!(claim(&store, n, 0).await, Claimed::Fresh);
    }
    let made = store.create(account(1), Vec::new(), Some(kept(index(1), b"made".to_vec(), None))).await;
    assert_eq!(made.expect("creates"), Created::Created);
    assert_eq!(claim(&store, 1, 1).await, Claimed::Answered(b"made".to_vec()));
    store.create(account(2), vec![Lookup::Name(index(2))], None).await.expect("creates");
    let taken = |draft: &mut Draft| {
        draft.lookups.push(Lookup::Name(index(2)));
        draft.answer = Some(kept(index(2), b"never".to_vec(), None));
    };
    assert!(store.update(id(1), taken).await.is_err());
    assert_eq!(claim(&store, 2, 1).await, Claimed::Running);
    let done = |draft: &mut Draft| draft.answer = Some(kept(index(2), b"done".to_vec(), Some(id(1))));
    store.update(id(1), done).await.expect("saves");
    assert_eq!(claim(&store, 2, 1).await, Claimed::Answered(b"done".to_vec()));
}

/// Because its request changed nothing.
pub async fn a_released_claim_may_be_taken_again<S: Store>(store: S) {
    assert_eq!(claim(&store, 1, 0).await, Claimed::Fresh);
    store.release(held(index(1), 100)).await.expect("releases");
    assert_eq!(claim(&store, 1, 1).await, Claimed::Fresh);
    assert_eq!(claim(&store, 1, 2).await, Claimed::Running);
}

/// Whether or not it was answered or swept; its old answer is gone.
pub async fn an_expired_claim_is_fresh_again<S: Store>(store: S) {
    for n in [1, 2] {
        assert_eq!(claim(&store, n, 0).await, Claimed::Fresh);
    }
    store.answer(kept(index(1), b"old".to_vec(), None)).await.expect("answers");
    assert_eq!(claim(&store, 1, 99).await, Claimed::Answered(b"old".to_vec()));
    assert_eq!(claim(&store, 2, 99).await, Claimed::Running);
    for n in [1, 2] {
        assert_eq!(claim(&store, n, 100).await, Claimed::Fresh);
        assert_eq!(claim(&store, n, 101).await, Claimed::Running);
    }
}

/// Its answer is nobody's by then.
pub async fn whose_claim_another_request_has_taken_answers_nothing<S: Store>(store: S) {
    assert_eq!(claim(&store, 1, 0).await, Claimed::Fresh);
    let span = Span::from_secs(100);
    let other = Claim { index: index(1), fingerprint: [2; 32], now: at(100), lease: span, keep: span };
    assert_eq!(store.claim(other).await.expect("claims"), Claimed::Fresh);
    store.answer(kept(index(1), b"of another request".to_vec(), None)).await.expect("answers");
    assert_eq!(store.claim(other).await.expect("claims"), Claimed::Running);
}

/// One of 16; the others are told that it runs.
pub async fn of_many_who_claim_one_carries_it_out<S: Store>(store: S) {
    let fresh = at_once(16, |_| {
        let store = store.clone();
        async move { claim(&store, 1, 0).await == Claimed::Fresh }
    })
    .await;
    assert_eq!(winners(&fresh), 1);
}

async fn claim<S: Store>(store: &S, n: u32, now: i64) -> Claimed {
    claim_for(store, n, 100, now).await
}

async fn claim_for<S: Store>(store: &S, n: u32, lease_s: u32, now: i64) -> Claimed {
    let claim = Claim { now: at(now), lease: Span::from_secs(lease_s), ..sample::claim(n) };
    store.claim(claim).await.expect("claims")
}

/// An answer under a claim whose lease is that of [`claim`], taken at 0.
fn kept(index: Index, sealed: Vec<u8>, about: Option<AccountId>) -> KeptAnswer {
    KeptAnswer { claim: held(index, 100), sealed, about }
}

const fn held(index: Index, end: i64) -> HeldClaim {
    HeldClaim { index, leased_until: at(end) }
}
