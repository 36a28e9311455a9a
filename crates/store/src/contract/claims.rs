//! Idempotency keys: a request is carried out once, and what it came to is told again.

use countersign_domain::id::AccountId;
use countersign_domain::time::Span;

use super::races::{at_once, winners};
use super::sample::{account, at, id, index};
use crate::door::{Claim, Claimed, Created, Draft, Index, KeptAnswer, Lookup, Store};

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
    let other = Claim {
        index: index(1),
        fingerprint: [2; 32],
        now: at(1),
        lease: Span::from_secs(30),
        keep: Span::from_secs(100),
    };
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
    store.release(index(1), at(100)).await.expect("releases");
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
    store.answer(kept(index(1), b"late".to_vec(), None)).await.expect("answers");
    assert_eq!(claim_for(&store, 1, 10, 20).await, Claimed::Answered(b"late".to_vec()));
}

/// By its own end it is known: whoever had it before cannot give up what another has taken over.
pub async fn only_ones_own_claim_is_given_up<S: Store>(store: S) {
    assert_eq!(claim_for(&store, 1, 10, 0).await, Claimed::Fresh);
    assert_eq!(claim_for(&store, 1, 10, 10).await, Claimed::Fresh);
    store.release(index(1), at(10)).await.expect("answers");
    assert_eq!(claim_for(&store, 1, 10, 11).await, Claimed::Running);
    store.release(index(1), at(20)).await.expect("releases");
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
    store.release(index(1), at(100)).await.expect("releases");
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
    let (lease, keep) = (Span::from_secs(lease_s), Span::from_secs(100));
    let claim = Claim { index: index(n), fingerprint: [1; 32], now: at(now), lease, keep };
    store.claim(claim).await.expect("claims")
}

fn kept(index: Index, sealed: Vec<u8>, about: Option<AccountId>) -> KeptAnswer {
    KeptAnswer { index, sealed, about }
}
