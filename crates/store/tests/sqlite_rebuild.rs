//! A restore on a file system of one's own comes to what a restore on the system's own does.

mod restoring;

use std::fs;

use countersign_store::contract::sample::{self, account};
use countersign_store::door::Store;
use countersign_store::sqlite::rebuild;
use restoring::{Folder, LATER, left, miss};

#[tokio::test]
async fn a_rebuilt_copy_is_what_a_restore_puts_in_place() {
    for known in [true, false] {
        let folder = Folder::new();
        let store = folder.open();
        for n in 0..3 {
            store.create(account(n), Vec::new(), None).await.expect("creates");
        }
        folder.back_up();
        miss(&store, 1, 3).await;
        drop(store);
        let new = folder.database.with_file_name("new");
        fs::copy(&folder.backup, &new).expect("copies");
        let present = known.then_some(folder.database.as_path());
        let rebuilt =
            sample::with_scene(LATER, |scene| rebuild(&new, present, "unix", scene, 0)).expect("rebuilds");
        if !known {
            folder.lose_database();
        }
        let restored = folder.restore(!known).expect("restores");
        assert_eq!(rebuilt, restored);
        let by_restore = folder.dump();
        fs::rename(&new, &folder.database).expect("puts it in place");
        assert_eq!(folder.dump(), by_restore, "known: {known}");
        assert_eq!(left(&folder.open(), 1).await, if known { 2 } else { 1 });
    }
}
