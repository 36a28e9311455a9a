//! Payments after a restore.

mod restoring;

use countersign_domain::time::Span;
use countersign_store::contract::sample::{account, at, id};
use countersign_store::door::Store;
use restoring::{Folder, LATER};

/// A hold that began since the backup, and what was paid since, are lost with the present.
#[tokio::test]
async fn payments_rest_where_it_is_not_known_what_happened_since() {
    let folder = Folder::new();
    let store = folder.open();
    store.create(account(1), Vec::new(), None).await.expect("creates");
    folder.back_up();
    drop(store);
    for (lost, hours) in [(false, None), (true, Some(24)), (false, Some(24))] {
        if lost {
            folder.lose_database();
        }
        folder.restore(lost).expect("restores");
        let held = folder.open().read(id(1)).await.expect("reads").expect("is there").holds;
        let until = hours.map(|hours| at(LATER) + Span::from_hours(hours));
        assert_eq!(held.until(at(LATER)), until, "one that runs is not ended by another restore");
    }
}
