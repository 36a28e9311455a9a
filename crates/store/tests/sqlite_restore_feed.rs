//! The feed and the webhooks after a restore: no place is given again to another event, and nobody is told anything twice.

mod restoring;

use countersign_domain::event::What;
use countersign_domain::feed::FeedPlace;
use countersign_domain::id::WebhookId;
use countersign_domain::identifier::TenantId;
use countersign_domain::secret::Sealed;
use countersign_domain::webhook::{Progress, Scheme, Signing, Webhook, WebhookState};
use countersign_store::contract::sample::{self, account, at, id};
use countersign_store::door::{Feed, Store};
use countersign_store::sqlite::SqliteStore;
use countersign_store::sqlite::restore::RestoreError;
use restoring::{Folder, LATER};

async fn note(store: &SqliteStore, seconds: i64) {
    let noted = store.update(id(1), move |draft| {
        sample::with_scene(seconds, |scene| draft.account.record(scene, What::ComparedWithLogin));
    });
    assert_eq!(noted.await.expect("updates"), Some(()));
}

fn webhook(n: u32) -> Webhook {
    Webhook {
        id: WebhookId::from_bytes(sample::bytes(n)),
        tenant: TenantId::default_tenant(),
        url: "https://shop.example/".into(),
        types: Vec::new(),
        description: String::new(),
        created_at: at(0),
        signing: Signing {
            scheme: Scheme::V1,
            current: Sealed(Vec::new()),
            version: 1,
            public: None,
            previous: Vec::new(),
        },
        state: WebhookState::Enabled,
        progress: Progress::default(),
    }
}

/// An account, some events, a webhook, a backup, and more of each since.
async fn scene(folder: &Folder) -> FeedPlace {
    let store = folder.open();
    store.create(account(1), Vec::new(), None).await.expect("creates");
    for n in 1..=2 {
        store.create_webhook(webhook(n), None).await.expect("creates");
    }
    note(&store, 1).await;
    folder.back_up();
    note(&store, 2).await;
    note(&store, 3).await;
    let end = store.feed_end().await.expect("reads");
    let told = move |draft: &mut countersign_store::door::WebhookDraft| draft.webhook.progress.cursor = end;
    store.update_webhook(webhook(1).id, told).await.expect("updates").expect("is there");
    assert!(store.delete_webhook(webhook(2).id).await.expect("deletes"));
    end
}

#[tokio::test]
async fn with_the_present_the_feed_goes_on_where_it_was() {
    let folder = Folder::new();
    let end = scene(&folder).await;
    folder.restore(false).expect("restores");
    let store = folder.open();
    let fed = store.feed(FeedPlace::START, 100).await.expect("reads");
    let old = fed.entries.iter().filter(|entry| entry.place <= end).count();
    assert_eq!((old, fed.missed), (4, false), "what was told has the place that it had");
    let new = &fed.entries[old..];
    assert!(!new.is_empty() && new.iter().all(|entry| entry.event.what == What::Restored { merged: true }));
    let webhooks = store.webhooks(TenantId::default_tenant()).await.expect("lists");
    assert_eq!(webhooks.len(), 1, "one that was deleted stays deleted");
    assert_eq!(webhooks[0].progress.cursor, end, "and nobody is told again");
}

#[tokio::test]
async fn without_it_places_go_on_beyond_all_that_may_have_been_seen_and_that_is_told() {
    let folder = Folder::new();
    let end = scene(&folder).await;
    folder.lose_database();
    folder.restore(true).expect("restores");
    let store = folder.open();
    let fed = store.feed(end, 100).await.expect("reads");
    assert!(fed.missed, "who was ahead of the backup is told");
    assert!(fed.entries.iter().all(|entry| entry.place > FeedPlace::at(at(LATER))));
    let words: Vec<_> = fed.entries.iter().map(|entry| &entry.event.what).collect();
    let expected = |what: &&What| matches!(what, What::Restored { merged: false } | What::HoldBegun { .. });
    assert!(words.len() == 2 && words.iter().all(expected), "{words:?}");
    note(&store, LATER + 1).await;
    let later = store.feed(fed.last, 100).await.expect("reads");
    assert_eq!((later.entries.len(), later.missed), (1, false));
    assert!(later.entries[0].place > fed.last);
}

#[tokio::test]
async fn without_it_no_place_that_was_given_since_the_backup_is_given_again_though_the_clock_was_set_back() {
    let folder = Folder::new();
    scene(&folder).await;
    folder.lose_database();
    folder.restore(true).expect("restores");
    let store = folder.open();
    note(&store, LATER).await;
    drop(store);
    folder.back_up_again();
    let store = folder.open();
    for _ in 0..10 {
        note(&store, LATER).await;
    }
    let given = store.feed_end().await.expect("reads");
    drop(store);
    folder.lose_database();
    // Nothing in the backup is newer, but what was given of late is beyond this instant.
    folder.restore_at(LATER, true, false).expect("restores");
    let store = folder.open();
    note(&store, LATER).await;
    let fed = store.feed(FeedPlace::at(at(LATER)), 100).await.expect("reads");
    let new: Vec<_> = fed.entries.iter().rev().take(2).map(|entry| entry.place).collect();
    assert!(new.iter().all(|place| *place > given), "{new:?} after {given}");
    assert!(store.feed(given, 100).await.expect("reads").missed, "and whoever saw those is told");
}

/// Of the same backup, at the same instant: neither knows of the other.
#[tokio::test]
async fn of_two_restores_that_know_nothing_neither_gives_a_place_or_an_id_that_the_other_gave() {
    let folder = Folder::new();
    scene(&folder).await;
    let mut given = Vec::new();
    for drawn in [0x1234_5678_9abc_def0, 0x8765_4321_0fed_cba9] {
        folder.lose_database();
        folder.restore_drawn(drawn).expect("restores");
        let store = folder.open();
        note(&store, LATER).await;
        let fed = store.feed(FeedPlace::at(at(LATER)), 100).await.expect("reads");
        assert_eq!(fed.entries.len(), 3);
        for entry in fed.entries {
            assert!(
                !given.contains(&(Some(entry.place), None)) && !given.contains(&(None, Some(entry.event.id)))
            );
            given.extend([(Some(entry.place), None), (None, Some(entry.event.id))]);
        }
    }
}

#[tokio::test]
async fn a_clock_that_is_behind_the_backup_is_a_fault_unless_somebody_says_otherwise() {
    for lost in [false, true] {
        let folder = Folder::new();
        scene(&folder).await;
        if lost {
            folder.lose_database();
        }
        let before = folder.names();
        let refused = folder.restore_at(-1, lost, false);
        assert!(matches!(refused, Err(RestoreError::ClockBehind { .. })), "{refused:?}");
        assert_eq!(folder.names(), before, "nothing was changed");
        let restored = folder.restore_at(-1, lost, true).expect("restores");
        assert_eq!(restored.behind, Some(at(1)), "and it is told");
        assert_eq!(folder.open().feed(FeedPlace::START, 1).await.expect("reads").missed, lost);
    }
}
