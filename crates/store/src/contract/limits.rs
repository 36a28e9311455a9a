//! What may happen once, and what may happen so often in a span of time.

use countersign_domain::time::Span;

use super::races::{at_once, winners};
use super::sample::{at, index};
use crate::door::Store;

/// Remembered until then, and not from then on.
pub async fn something_remembered_happens_once<S: Store>(store: S) {
    let ask = |n, now| store.once(index(n), at(now + 60), at(now));
    assert!(ask(1, 0).await.expect("answers"));
    assert!(!ask(1, 0).await.expect("answers"));
    assert!(!ask(1, 59).await.expect("answers"));
    assert!(ask(2, 59).await.expect("answers"));
    // Asking in vain did not lengthen it.
    assert!(ask(1, 60).await.expect("answers"));
    assert!(!ask(1, 119).await.expect("answers"));
}

/// One of 16.
pub async fn of_many_at_once_one_is_first<S: Store>(store: S) {
    for round in 0..4 {
        let first = at_once(16, |_| {
            let store = store.clone();
            async move { store.once(index(round), at(60), at(0)).await.expect("answers") }
        })
        .await;
        assert_eq!(winners(&first), 1);
    }
}

/// Any span counts, not a calendar one; a refusal says when there is room and costs nothing.
pub async fn a_count_rolls<S: Store>(store: S) {
    let span = Span::from_secs(100);
    let count = |now| store.count(index(1), 3, span, at(now));
    for now in [0, 10, 20] {
        assert_eq!(count(now).await.expect("counts"), Ok(()));
    }
    for now in [20, 50, 99] {
        assert_eq!(count(now).await.expect("counts"), Err(at(100)));
    }
    assert_eq!(count(100).await.expect("counts"), Ok(()));
    assert_eq!(count(100).await.expect("counts"), Err(at(110)));
    assert_eq!(count(115).await.expect("counts"), Ok(()));
    // A lower limit waits until enough of them are old.
    let lower = store.count(index(1), 1, span, at(116)).await;
    assert_eq!(lower.expect("counts"), Err(at(215)));
    assert_eq!(store.count(index(2), 1, span, at(116)).await.expect("counts"), Ok(()));
}

/// An index may be asked about with several spans; the shorter does not make the longer forget.
pub async fn a_longer_span_still_sees_what_a_shorter_one_counted<S: Store>(store: S) {
    let (short, long) = (Span::from_secs(10), Span::from_secs(1000));
    assert_eq!(store.count(index(1), 9, long, at(0)).await.expect("counts"), Ok(()));
    assert_eq!(store.count(index(1), 1, short, at(100)).await.expect("counts"), Ok(()));
    assert_eq!(store.count(index(1), 1, short, at(200)).await.expect("counts"), Ok(()));
    assert_eq!(store.sweep(at(999), 10).await.expect("sweeps"), 0);
    assert_eq!(store.count(index(1), 3, long, at(300)).await.expect("counts"), Err(at(1000)));
}

/// It is refused, and the instant it names is not in the past.
pub async fn a_limit_of_none_never_has_room<S: Store>(store: S) {
    for now in [0, 1] {
        let counted = store.count(index(1), 0, Span::from_secs(10), at(now)).await.expect("counts");
        assert!(counted.is_err_and(|retry_at| retry_at > at(now)));
    }
}

/// Times that now lie in the future count.
pub async fn a_clock_that_went_back_makes_no_room<S: Store>(store: S) {
    let span = Span::from_secs(10);
    assert_eq!(store.count(index(1), 1, span, at(1000)).await.expect("counts"), Ok(()));
    assert_eq!(store.count(index(1), 1, span, at(0)).await.expect("counts"), Err(at(1010)));
}

/// As many as the limit, of 16.
pub async fn of_many_counted_at_once_only_so_many_fit<S: Store>(store: S) {
    let counted = at_once(16, |_| {
        let store = store.clone();
        async move { store.count(index(1), 5, Span::from_secs(60), at(0)).await.expect("counts").is_ok() }
    })
    .await;
    assert_eq!(winners(&counted), 5);
}
