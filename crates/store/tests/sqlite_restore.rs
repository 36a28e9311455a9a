//! Backups are whole, and what comes back from them rewinds nothing.

mod restoring;

use std::fs;
use std::mem;
use std::os::unix::fs::PermissionsExt;

use countersign_domain::attempt;
use countersign_domain::command::Page;
use countersign_domain::event::What;
use countersign_domain::hold::HoldCause;
use countersign_domain::identifier::TenantId;
use countersign_domain::policy::Policy;
use countersign_domain::secret::{Kind, Sealed};
use countersign_domain::time::Span;
use countersign_store::contract::sample::{self, account, at, id, index};
use countersign_store::door::{
    Claim, Claimed, HeldClaim, KeptAnswer, Lookup, Retirement, Store, StoredSigningKey, WrappedKey,
};
use countersign_store::sqlite::backup::{self, BackupError};
use countersign_store::sqlite::restore::{RestoreError, Restored};
use countersign_store::sqlite::{OpenError, Options, SqliteStore};
use restoring::{Folder, LATER, key, left, miss, miss_at};

#[tokio::test]
async fn a_backup_is_private_whole_and_of_one_instant() {
    let folder = Folder::new();
    let store = folder.open();
    for n in 0..3 {
        store.create(account(n), vec![Lookup::Name(index(n))], None).await.expect("creates");
    }
    let made = folder.back_up();
    // The store is still open: what comes later is not in it.
    store.create(account(3), Vec::new(), None).await.expect("creates");
    let told = backup::verify(&folder.backup, &mut |_| ()).expect("is whole");
    assert_eq!((told.accounts, told.events), (3, 3));
    assert_eq!(made, told);
    assert_eq!(told.newest, Some(at(0)));
    let file = fs::metadata(&folder.backup).expect("the file");
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    assert_eq!(
        folder.names(),
        ["backup", "store.db", "store.db-shm", "store.db-wal"],
        "nothing else is left"
    );
}

#[tokio::test]
async fn a_backup_replaces_nothing() {
    let folder = Folder::new();
    drop(folder.open());
    fs::write(&folder.backup, "precious").expect("writes");
    let refused = backup::create(&folder.database, &folder.backup, &mut |_| ());
    assert!(matches!(refused, Err(BackupError::Taken(_))));
    assert_eq!(fs::read_to_string(&folder.backup).expect("reads"), "precious");
}

#[tokio::test]
async fn what_is_no_whole_backup_is_found_out() {
    let folder = Folder::new();
    let store = folder.open();
    store.create(account(1), Vec::new(), None).await.expect("creates");
    let in_use = backup::verify(&folder.database, &mut |_| ());
    assert!(matches!(in_use, Err(BackupError::InUse(_))), "{in_use:?}");
    drop(store);
    folder.back_up();
    let whole = fs::read(&folder.backup).expect("reads");
    let reason = |bytes: &[u8]| {
        fs::write(&folder.backup, bytes).expect("writes");
        backup::verify(&folder.backup, &mut |_| ()).expect_err("is found out").to_string()
    };
    assert!(reason(b"").contains("no records"));
    assert!(reason(b"not at all a database").contains("damaged"));
    assert!(reason(&whole[..whole.len() / 2]).contains("damaged"));
    folder.change_backup(&whole, "UPDATE accounts SET record = x'02ff'");
    let reason = backup::verify(&folder.backup, &mut |_| ()).expect_err("is found out").to_string();
    assert!(reason.contains("in accounts"), "{reason}");
    folder.change_backup(&whole, "PRAGMA user_version = 99");
    let newer = backup::verify(&folder.backup, &mut |_| ());
    assert!(matches!(newer, Err(BackupError::Newer { found: 99, .. })));
}

#[tokio::test]
async fn a_restore_takes_the_stricter_of_both_and_loses_no_event() {
    let folder = Folder::new();
    let store = folder.open();
    store.create(account(1), vec![Lookup::Name(index(1))], None).await.expect("creates");
    miss(&store, 1, 2).await;
    folder.back_up();
    miss(&store, 1, 2).await;
    store.create(account(2), Vec::new(), None).await.expect("creates");
    drop(store);
    let restored = folder.restore(false).expect("restores");
    assert_eq!(restored, Restored { merged: 1, left_out: 1, ..Restored::default() });
    let store = folder.open();
    assert_eq!(left(&store, 1).await, 1);
    assert_eq!(store.find_name(index(1)).await.expect("finds"), Some(id(1)));
    let saved = store.read(id(1)).await.expect("reads").expect("is there");
    assert_eq!(saved.restored_at, Some(at(LATER)));
    let page = Page { after: None, limit: 100 };
    let trail = store.events(TenantId::default_tenant(), Some(id(1)), page).await.expect("reads");
    assert_eq!(trail.len(), saved.events_made as usize);
    assert_eq!(trail[0].what, What::Restored { merged: true });
    assert_eq!(trail.iter().filter(|event| event.what == What::SecretMissed(Kind::Payment)).count(), 4);
    assert!(store.read(id(2)).await.expect("reads").is_none());
    let trail = store.events(TenantId::default_tenant(), Some(id(2)), page).await.expect("reads");
    assert_eq!(trail.len(), 1, "the trail of an account that is newer than the backup stays");
    assert_eq!(folder.names(), ["backup", "store.db", "store.db-shm", "store.db-wal"]);
}

/// The hold of a restore that knew of nothing else.
fn rests() -> What {
    let until = at(LATER) + Policy::default().payments.holds.restore;
    What::HoldBegun { cause: HoldCause::Restore, until }
}

/// The trail of a history that was given up for an older backup's is told once, however often its backup comes back.
#[tokio::test]
async fn an_event_whose_name_was_given_twice_is_kept_once() {
    let mut folder = Folder::new();
    let store = folder.open();
    store.create(account(1), Vec::new(), None).await.expect("creates");
    folder.back_up();
    let early = folder.backup.clone();
    // At the very instant, and with the number, of the first event that the restore will make.
    let skipped = store.update(id(1), |draft| draft.account.events_made += 1 << 20);
    skipped.await.expect("updates").expect("is there");
    miss_at(&store, 1, 1, LATER).await;
    drop(store);
    folder.backup.set_extension("late");
    folder.back_up();
    let late = mem::replace(&mut folder.backup, early);
    folder.lose_database();
    folder.restore(true).expect("restores the early one");
    folder.backup = late;
    for time in 1..=3 {
        folder.restore(false).expect("restores the late one");
        let page = Page { after: None, limit: 100 };
        let store = folder.open();
        let trail = store.events(TenantId::default_tenant(), Some(id(1)), page).await.expect("reads");
        let told = |what: &What| trail.iter().filter(|event| event.what == *what).count();
        assert_eq!(told(&What::SecretMissed(Kind::Payment)), 1);
        assert_eq!(told(&What::Restored { merged: false }), 1);
        assert_eq!(told(&rests()), 1);
        assert_eq!(told(&What::Restored { merged: true }), time);
    }
}

#[tokio::test]
async fn what_a_killed_server_left_in_its_log_counts() {
    let folder = Folder::new();
    let store = folder.open();
    store.create(account(1), Vec::new(), None).await.expect("creates");
    folder.back_up();
    miss(&store, 1, 3).await;
    let killed = Folder::new();
    for name in ["backup", "store.db", "store.db-wal"] {
        fs::copy(folder.database.with_file_name(name), killed.database.with_file_name(name)).expect("copies");
    }
    assert_eq!(killed.restore(false).expect("restores").merged, 1);
    assert_eq!(killed.names(), ["backup", "store.db"], "no log is left to the new database");
    assert_eq!(left(&killed.open(), 1).await, 2);
}

#[tokio::test]
async fn who_was_erased_since_is_not_revived() {
    let folder = Folder::new();
    let store = folder.open();
    let lookups = vec![Lookup::Name(index(1)), Lookup::Mobile(index(2)), Lookup::Session(index(3), at(9999))];
    store.create(account(1), lookups, None).await.expect("creates");
    folder.back_up();
    let last = |account: &mut countersign_domain::account::Account| {
        sample::with_scene(1, |scene| account.record(scene, What::AccountErased));
    };
    assert!(store.erase(id(1), last).await.expect("erases"));
    drop(store);
    assert_eq!(folder.restore(false).expect("restores").erased, 1);
    let store = folder.open();
    assert!(store.read(id(1)).await.expect("reads").is_none());
    assert_eq!(store.find_name(index(1)).await.expect("finds"), None);
    assert!(store.find_mobile(index(2), 9).await.expect("finds").is_empty());
    assert_eq!(store.find_session(index(3)).await.expect("finds"), None);
}

#[tokio::test]
async fn what_may_happen_once_or_so_often_is_remembered_from_both() {
    let folder = Folder::new();
    let store = folder.open();
    let (now, day) = (at(0), Span::from_hours(24));
    assert!(store.once(index(1), at(10), now).await.expect("remembers"));
    store.count(index(2), 3, day, now).await.expect("counts").expect("has room");
    let claim = |n: u32| Claim { lease: day, keep: day, ..sample::claim(n) };
    assert_eq!(store.claim(claim(5)).await.expect("claims"), Claimed::Fresh);
    folder.back_up();
    assert!(store.once(index(1), at(9000), at(10)).await.expect("remembers"));
    assert!(store.once(index(3), at(9000), now).await.expect("remembers"));
    for _ in 0..2 {
        store.count(index(2), 3, day, now).await.expect("counts").expect("has room");
    }
    let held = |n: u32| HeldClaim { index: index(n), leased_until: now + day };
    let answer = |n: u32, about| KeptAnswer { claim: held(n), sealed: vec![7], about };
    store.answer(answer(5, None)).await.expect("answers");
    assert_eq!(store.claim(claim(6)).await.expect("claims"), Claimed::Fresh);
    store.create(account(8), Vec::new(), Some(answer(6, Some(id(8))))).await.expect("creates");
    drop(store);
    folder.restore(false).expect("restores");
    let store = folder.open();
    for n in [1, 3] {
        assert!(!store.once(index(n), at(9999), at(100)).await.expect("looks"), "nonce {n}");
    }
    assert!(store.count(index(2), 3, day, at(1)).await.expect("counts").is_err(), "three in one millisecond");
    assert_eq!(store.claim(claim(5)).await.expect("claims"), Claimed::Answered(vec![7]));
    // The account that it tells of is not there, but its request must not run again either.
    assert_eq!(store.claim(claim(6)).await.expect("claims"), Claimed::Running);
}

#[tokio::test]
async fn names_that_nobody_has_keep_their_guesses_too() {
    for known in [true, false] {
        let folder = Folder::new();
        let store = folder.open();
        folder.back_up();
        let guess = |store: SqliteStore, n: u32| async move {
            let decide = move |ledger: &mut _| {
                sample::with_scene(LATER, |scene| {
                    let number = attempt::begin_at_nobody(ledger, None, scene).ok()?;
                    Some(attempt::miss_at_nobody(ledger, number, scene))
                })
            };
            store.at_nobody(index(n), at(LATER + 9999), at(LATER), decide).await.expect("decides").is_some()
        };
        for _ in 0..4 {
            assert!(guess(store.clone(), 1).await);
        }
        drop(store);
        if !known {
            folder.lose_database();
        }
        folder.restore(!known).expect("restores");
        let store = folder.open();
        let name = if known { 1 } else { 2 };
        assert!(guess(store.clone(), name).await);
        assert!(!guess(store, name).await, "known: {known}");
    }
}

#[tokio::test]
async fn keys_of_both_are_kept_and_different_ones_refused() {
    let folder = Folder::new();
    let store = folder.open();
    assert!(store.add_keys(vec![key(0, 0), key(1, 1)]).await.expect("adds"));
    folder.back_up();
    assert!(store.add_keys(vec![key(2, 2)]).await.expect("adds"));
    drop(store);
    folder.restore(false).expect("restores");
    let store = folder.open();
    let ids: Vec<u32> = store.keys().await.expect("reads").iter().map(|key: &WrappedKey| key.id).collect();
    assert_eq!(ids, [0, 1, 2]);
    drop(store);
    folder.lose_database();
    let other = folder.open();
    assert!(other.add_keys(vec![key(0, 9)]).await.expect("adds"));
    drop(other);
    let before = folder.dump();
    let refused = folder.restore(false);
    assert!(matches!(refused, Err(RestoreError::Keys(0))), "{refused:?}");
    assert_eq!(folder.dump(), before);
    let keys_fail = folder.restore_with(true, &|_| Err("the wrong master key".into()));
    assert!(matches!(keys_fail, Err(RestoreError::Readable(_))), "{keys_fail:?}");
}

#[tokio::test]
async fn what_any_key_has_signed_still_verifies_and_one_that_was_retired_stays_so() {
    let key = |n: u8| StoredSigningKey {
        id: [n; 32],
        algorithm: "EdDSA".to_owned(),
        public: "{}".to_owned(),
        sealed: Sealed(vec![n; 90]),
        created_at: at(n.into()),
        retired_at: None,
    };
    let folder = Folder::new();
    let store = folder.open();
    store.add_signing_key(key(1), Retirement { ids: Vec::new(), at: at(0) }).await.expect("adds");
    folder.back_up();
    store.add_signing_key(key(2), Retirement { ids: vec![[1; 32]], at: at(9) }).await.expect("adds");
    drop(store);
    folder.restore(false).expect("restores");
    let mut keys = folder.open().signing_keys().await.expect("reads");
    keys.sort_by_key(|key| key.id);
    assert_eq!(keys, [StoredSigningKey { retired_at: Some(at(9)), ..key(1) }, key(2)]);
}

#[tokio::test]
async fn a_database_in_use_is_not_replaced() {
    let folder = Folder::new();
    let store = folder.open();
    store.create(account(1), Vec::new(), None).await.expect("creates");
    folder.back_up();
    let refused = folder.restore(false);
    assert!(matches!(refused, Err(RestoreError::InUse(_))), "{refused:?}");
    miss(&store, 1, 1).await;
    drop(store);
    folder.restore(false).expect("restores");
    assert_eq!(left(&folder.open(), 1).await, 4);
}

#[tokio::test]
async fn without_a_present_a_single_guess_is_left_and_only_if_asked_for() {
    let folder = Folder::new();
    let store = folder.open();
    store.create(account(1), Vec::new(), None).await.expect("creates");
    drop(store);
    folder.back_up();
    assert!(matches!(folder.restore(true), Err(RestoreError::Readable(_))));
    let whole = fs::read(&folder.database).expect("reads");
    fs::write(&folder.database, &whole[..whole.len() / 2]).expect("damages it");
    let refused = folder.restore(false);
    assert!(matches!(refused, Err(RestoreError::Unreadable(..))), "{refused:?}");
    assert_eq!(folder.restore(true).expect("restores").doubted, 1);
    assert!(folder.names().contains(&"store.db.unreadable".to_owned()), "it may yet be looked into");
    assert_eq!(left(&folder.open(), 1).await, 1);
    folder.lose_database();
    assert!(matches!(folder.restore(false), Err(RestoreError::NoPresent(_))));
    assert!(!folder.database.exists());
    folder.restore(true).expect("restores");
    assert_eq!(left(&folder.open(), 1).await, 1);
}

#[tokio::test]
async fn a_log_beside_an_unreadable_database_is_never_left_to_the_new_one() {
    let folder = Folder::new();
    let store = folder.open();
    store.create(account(1), Vec::new(), None).await.expect("creates");
    folder.back_up();
    drop(store);
    fs::write(&folder.database, "not at all a database").expect("damages it");
    fs::write(folder.database.with_extension("db-wal"), "some frames").expect("writes");
    let refused = folder.restore(true);
    assert!(matches!(refused, Err(RestoreError::LogBeside(_))), "{refused:?}");
}

#[tokio::test]
async fn the_master_key_is_tried_before_anything_is_replaced() {
    let folder = Folder::new();
    let store = folder.open();
    store.create(account(1), Vec::new(), None).await.expect("creates");
    drop(store);
    folder.back_up();
    let before = folder.dump();
    let refused = folder.restore_with(false, &|_| Err("the wrong master key".into()));
    assert!(matches!(refused, Err(RestoreError::MasterKey(_))), "{refused:?}");
    assert_eq!((folder.dump(), folder.names()), (before, vec!["backup".into(), "store.db".into()]));
}

#[tokio::test]
async fn a_server_that_starts_while_a_restore_ends_does_not_write_into_the_replaced_file() {
    let folder = Folder::new();
    let store = folder.open();
    store.create(account(1), Vec::new(), None).await.expect("creates");
    drop(store);
    folder.back_up();
    let mut starting = None;
    let outcome = folder.restore_watched(&mut |progress| {
        if progress.stage == backup::Stage::Placing && progress.done == 1 && starting.is_none() {
            let path = folder.database.clone();
            let (opened, seen) = std::sync::mpsc::channel();
            let server = std::thread::spawn(move || {
                let _ = opened.send(());
                SqliteStore::open(path, Options::default()).map(drop)
            });
            seen.recv().expect("starts");
            starting = Some(server);
        }
    });
    outcome.expect("restores");
    let opened = starting.expect("was started").join().expect("joins");
    // Whichever came first: it has the new database, or is told to start again.
    assert!(matches!(opened, Ok(()) | Err(OpenError::Replaced)), "{opened:?}");
    assert_eq!(left(&folder.open(), 1).await, 5);
}
