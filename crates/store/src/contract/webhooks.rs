//! Webhooks, and what waits to be tried again.

use countersign_domain::event::What;
use countersign_domain::feed::FeedPlace;
use countersign_domain::id::{AccountId, EventId, WebhookId};
use countersign_domain::identifier::TenantId;
use countersign_domain::secret::Sealed;
use countersign_domain::time::Timestamp;
use countersign_domain::webhook::{Delivery, Progress, Scheme, Signing, Webhook, WebhookState};

use super::feed::arrange_all;
use super::sample::{self, account, at, id};
use crate::door::Store;

/// Stored, listed by id within their tenant, changed, and gone when deleted.
pub async fn webhooks_are_stored_listed_and_deleted<S: Store>(store: S) {
    assert!(store.webhook(webhook(1).id).await.expect("reads").is_none());
    for n in [3, 1, 2] {
        store.create_webhook(webhook(n), None).await.expect("stores");
    }
    store
        .create_webhook(Webhook { tenant: sample::tenant("other"), ..webhook(4) }, None)
        .await
        .expect("stores");
    let renamed = store.update_webhook(webhook(2).id, |draft| draft.webhook.description = "ours".into());
    assert_eq!(renamed.await.expect("updates"), Some(()));
    let ours = Webhook { description: "ours".into(), ..webhook(2) };
    assert_eq!(store.webhook(webhook(2).id).await.expect("reads"), Some(ours.clone()));
    let list = store.webhooks(TenantId::default_tenant()).await.expect("lists");
    assert_eq!(list, [webhook(1), ours, webhook(3)]);
    assert!(store.delete_webhook(webhook(1).id).await.expect("deletes"));
    assert!(!store.delete_webhook(webhook(1).id).await.expect("answers"));
    assert_eq!(store.update_webhook(webhook(1).id, |_| ()).await.expect("answers"), None, "it stays deleted");
}

/// What waits comes with its event, the longest due first; what was given up is never due.
pub async fn what_waits_is_found_when_it_is_due<S: Store>(store: S) {
    store.create(account(1), Vec::new(), None).await.expect("creates");
    let noted = store.update(id(1), |draft| {
        sample::with_scene(5, |scene| draft.account.record(scene, What::ComparedWithLogin));
    });
    assert_eq!(noted.await.expect("updates"), Some(()));
    arrange_all(&store).await;
    let entry = store.feed(FeedPlace::START, 10).await.expect("reads").entries.pop().expect("is there");
    store.create_webhook(webhook(1), None).await.expect("stores");
    let own = (entry.event.account, entry.event.id);
    let none = (id(7), EventId::from_bytes([9; 16]));
    let put = vec![
        delivery(1, own, Some(at(30))),
        delivery(2, none, Some(at(10))),
        delivery(3, own, None),
        delivery(4, own, Some(at(20))),
    ];
    let whose = webhook(1).id;
    store.update_webhook(whose, move |draft| draft.put = put).await.expect("updates").expect("is there");
    let due = |by: Option<Timestamp>, limit| {
        let store = store.clone();
        async move {
            let found = store.deliveries(whose, by, limit).await.expect("reads");
            found
                .into_iter()
                .map(|waiting| (waiting.delivery.place.number(), waiting.event))
                .collect::<Vec<_>>()
        }
    };
    let event = Some(entry.event.clone());
    assert_eq!(due(Some(at(20)), 10).await, [(2, None), (4, event.clone())]);
    assert_eq!(due(Some(at(99)), 2).await.len(), 2);
    assert_eq!(due(None, 10).await.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [2, 4, 1, 3]);
    store
        .update_webhook(whose, move |draft| {
            draft.put = vec![delivery(4, own, Some(at(40)))];
            draft.done = vec![FeedPlace::of(2)];
            draft.forget = Some(FeedPlace::of(3));
        })
        .await
        .expect("updates")
        .expect("is there");
    assert_eq!(due(None, 10).await, [(1, event.clone()), (4, event)], "3 was given up and is forgotten");
    assert!(store.delete_webhook(whose).await.expect("deletes"));
    assert_eq!(due(None, 10).await, []);
}

/// A decision that panics changes nothing, and of many at once each is about what the one before left.
pub async fn decisions_about_a_webhook_run_one_after_another<S: Store>(store: S) {
    store.create_webhook(webhook(1), None).await.expect("stores");
    let whose = webhook(1).id;
    let failed = store
        .update_webhook(whose, |draft| {
            draft.webhook.progress.cursor = FeedPlace::of(77);
            panic!("on purpose");
        })
        .await;
    assert!(matches!(failed, Err(_) | Ok(None::<()>)));
    let tasks: Vec<_> = (0..20)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let next = |draft: &mut crate::door::WebhookDraft| {
                    draft.webhook.progress.cursor = draft.webhook.progress.cursor.next();
                };
                store.update_webhook(whose, next).await
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("joins").expect("updates").expect("is there");
    }
    let there = store.webhook(whose).await.expect("reads").expect("is there");
    assert_eq!(there.progress.cursor, FeedPlace::of(20));
}

fn delivery(place: i64, (account, event): (AccountId, EventId), due: Option<Timestamp>) -> Delivery {
    Delivery { place: FeedPlace::of(place), account, event, attempts: 1, status: Some(500), due }
}

fn webhook(n: u32) -> Webhook {
    Webhook {
        id: WebhookId::from_bytes(sample::bytes(n)),
        tenant: TenantId::default_tenant(),
        url: "https://shop.example/hooks".into(),
        types: vec!["secret_verified".into()],
        description: String::new(),
        created_at: at(0),
        signing: Signing {
            scheme: Scheme::V1,
            current: Sealed(vec![1, 2, 3]),
            version: 1,
            public: None,
            previous: Vec::new(),
        },
        state: WebhookState::Enabled,
        progress: Progress::default(),
    }
}
