//! Keys that sign receipts.

use countersign_domain::secret::Sealed;

use super::sample::at;
use crate::door::{Retirement, Store, StoredSigningKey};

fn key(n: u8) -> StoredSigningKey {
    StoredSigningKey {
        id: [n; 32],
        algorithm: "EdDSA".to_owned(),
        public: format!("{{\"n\":{n}}}"),
        sealed: Sealed(vec![n; 90]),
        created_at: at(n.into()),
        retired_at: None,
    }
}

fn retires(ids: &[u8], at_s: i64) -> Retirement {
    Retirement { ids: ids.iter().map(|n| [*n; 32]).collect(), at: at(at_s) }
}

async fn all<S: Store>(store: &S) -> Vec<StoredSigningKey> {
    let mut keys = store.signing_keys().await.expect("reads");
    keys.sort_by_key(|key| key.id);
    keys
}

/// Nobody's key takes another's place, nothing is lost by asking twice, and an end that was set stays.
pub async fn a_signing_key_stays_and_is_retired_once<S: Store>(store: S) {
    assert_eq!(all(&store).await, []);
    store.add_signing_key(key(1), retires(&[], 0)).await.expect("adds");
    store.add_signing_key(key(2), retires(&[1], 20)).await.expect("adds");
    store.add_signing_key(key(3), retires(&[2, 1, 9], 30)).await.expect("adds");
    let other = StoredSigningKey { sealed: Sealed(vec![9; 90]), ..key(3) };
    store.add_signing_key(other, retires(&[], 0)).await.expect("leaves the one that is there");
    let retired = |n, end| StoredSigningKey { retired_at: Some(at(end)), ..key(n) };
    assert_eq!(all(&store).await, [retired(1, 20), retired(2, 30), key(3)]);
}

/// Only in the place of the seal that was read: a later one is never undone.
pub async fn a_signing_key_is_sealed_anew_where_it_is<S: Store>(store: S) {
    store.add_signing_key(key(1), retires(&[], 0)).await.expect("adds");
    let (old, new) = (key(1).sealed, Sealed(vec![7; 91]));
    assert!(store.reseal_signing_key([1; 32], old.clone(), new.clone()).await.expect("writes"));
    assert!(!store.reseal_signing_key([1; 32], old.clone(), Sealed(vec![8])).await.expect("answers"));
    assert!(!store.reseal_signing_key([2; 32], old, new.clone()).await.expect("answers"));
    assert_eq!(all(&store).await, [StoredSigningKey { sealed: new, ..key(1) }]);
}
