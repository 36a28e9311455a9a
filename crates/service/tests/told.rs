//! What is reported of a webhook that was told: it counts for what was asked for when it was told, and for nothing else.

mod support;

use countersign_domain::answer::Reply;
use countersign_domain::command::{Command, Subject};
use countersign_domain::feed::FeedPlace;
use countersign_domain::id::{EventId, WebhookId};
use countersign_domain::secret::Kind;
use countersign_domain::time::Span;
use countersign_domain::webhook::asked::{Moment, NewWebhook, WebhookCommand, WebhookReply};
use countersign_domain::webhook::{Answered, Attempt, Next, Scheme, Webhook};
use countersign_service::{Clock, Noted, Told};
use support::World;

const NODE: [u8; 8] = [7; 8];
const HOLD: Span = Span::from_secs(30);

async fn asked(world: &World, command: WebhookCommand) -> Webhook {
    match world.run(Command::Webhook(command)).await {
        Ok(Reply::Webhook(
            WebhookReply::Created(webhook, _)
            | WebhookReply::Webhook(webhook)
            | WebhookReply::Replaying(webhook),
        )) => *webhook,
        other => panic!("no webhook: {:?}", other.err()),
    }
}

/// A webhook that this server holds, and a feed of some length.
async fn held(world: &World) -> WebhookId {
    let new = NewWebhook {
        url: "https://shop.example/hooks".to_owned(),
        types: Vec::new(),
        scheme: Scheme::V1,
        description: String::new(),
    };
    let account = world.account("ann", &[(Kind::Login, "login-1")]).await;
    let webhook = asked(world, WebhookCommand::Create(new)).await.id;
    for _ in 0..4 {
        let unlock = Command::Unlock {
            subject: Subject::Account(account),
            kind: Kind::Login,
            holder: support::APP,
            reason: "for a test".to_owned(),
        };
        assert!(world.run(unlock).await.is_ok());
    }
    assert!(world.service.hold_webhook(webhook, NODE, HOLD).await.expect("asks").is_some());
    webhook
}

async fn replay(world: &World, id: WebhookId) -> Webhook {
    asked(world, WebhookCommand::Replay { id, from: Moment::Place(FeedPlace::START), to: None }).await
}

fn report(cursor: Option<FeedPlace>, replayed: Option<(u32, FeedPlace)>) -> Told {
    Told { cursor, replayed, attempts: Vec::new(), put: Vec::new(), done: Vec::new(), hold: HOLD }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_told_of_one_replay_says_nothing_of_the_one_that_took_its_place() {
    let world = World::new().await;
    let id = held(&world).await;
    let first = replay(&world, id).await.progress.replay.expect("there is something to tell");
    let second = replay(&world, id).await.progress.replay.expect("there is something to tell");
    let told = report(None, Some((first.number, first.to)));
    let Noted::Kept(progress) = world.service.note_told(id, NODE, told).await.expect("notes") else {
        panic!("it is told from here")
    };
    assert_eq!(progress.replay, Some(second), "all of it is still to be told");
    let told = report(None, Some((second.number, second.after.next())));
    let Noted::Kept(progress) = world.service.note_told(id, NODE, told).await.expect("notes") else {
        panic!("it is told from here")
    };
    assert_eq!(progress.replay.map(|replay| replay.after), Some(second.after.next()));
    let told = report(None, Some((second.number, second.to)));
    let Noted::Kept(progress) = world.service.note_told(id, NODE, told).await.expect("notes") else {
        panic!("it is told from here")
    };
    assert_eq!(progress.replay, None, "it was told whole");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_webhook_that_was_disabled_or_deleted_meanwhile_nothing_is_written_down() {
    let world = World::new().await;
    let id = held(&world).await;
    let before = asked(&world, WebhookCommand::Disable(id)).await;
    let at = world.clock.now();
    let answered = Answered { status: Some(204), retry_after: None };
    let attempt = Attempt {
        event: EventId::from_bytes([1; 16]),
        at,
        status: Some(204),
        took_ms: 1,
        next: Next::Delivered,
    };
    let end = world.service.feed_end().await.expect("reads");
    let told = || Told { attempts: vec![(attempt, answered)], ..report(Some(end), None) };
    assert_eq!(world.service.note_told(id, NODE, told()).await.expect("asks"), Noted::Lost);
    assert_eq!(asked(&world, WebhookCommand::Read(id)).await, before, "it is as it was");
    assert!(matches!(world.run(Command::Webhook(WebhookCommand::Delete(id))).await, Ok(Reply::Gone)));
    assert_eq!(world.service.note_told(id, NODE, told()).await.expect("asks"), Noted::Lost);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_reports_learns_from_where_on_it_is_told_now() {
    let world = World::new().await;
    let id = held(&world).await;
    asked(&world, WebhookCommand::Disable(id)).await;
    let enabled = asked(&world, WebhookCommand::Enable(id)).await;
    let told = report(Some(FeedPlace::START), None);
    let Noted::Kept(progress) = world.service.note_told(id, NODE, told).await.expect("notes") else {
        panic!("it is told from here")
    };
    assert_eq!(progress.cursor, enabled.progress.cursor, "not what happened while it was disabled");
    assert!(progress.cursor > FeedPlace::START);
}
