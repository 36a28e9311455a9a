//! What is asked about webhooks and streams of events, and answered, by the words of a vector.

use countersign_domain::feed::FeedPlace;
use countersign_domain::id::{EventId, WebhookId};
use countersign_domain::identifier::TenantId;
use countersign_domain::secret::{Sealed, SecretText};
use countersign_domain::time::{Span, Timestamp};
use countersign_domain::webhook::asked::{Follow, Moment, WebhookCommand, WebhookReply};
use countersign_domain::webhook::guard::Denied;
use countersign_domain::webhook::{
    Attempt, Delivery, Disabled, Next, Progress, Replay, Scheme, Signing, Webhook, WebhookState,
};
use serde_json::{Value, json};

use super::callers::{ACCOUNT, APP};
use super::commands::named;

/// What a command about webhooks says of itself.
pub(crate) fn describe(command: &WebhookCommand) -> Value {
    let of = |name: &str, id: &WebhookId| named(name, &[("webhook", json!(id.to_string()))]);
    match command {
        WebhookCommand::Create(new) => named(
            "CreateWebhook",
            &[
                ("url", json!(new.url)),
                ("types", json!(new.types)),
                ("signature", json!(new.scheme.as_str())),
                ("description", json!(new.description)),
            ],
        ),
        WebhookCommand::List => named("ListWebhooks", &[]),
        WebhookCommand::Read(id) => of("ReadWebhook", id),
        WebhookCommand::Delete(id) => of("DeleteWebhook", id),
        WebhookCommand::Enable(id) => of("EnableWebhook", id),
        WebhookCommand::Disable(id) => of("DisableWebhook", id),
        WebhookCommand::Rotate(id) => of("RotateWebhookSecret", id),
        WebhookCommand::Replay { id, from, to } => named(
            "ReplayWebhook",
            &[
                ("webhook", json!(id.to_string())),
                ("from", moment_of(*from)),
                ("to", json!(to.map(moment_of))),
            ],
        ),
        WebhookCommand::Deliveries(id) => of("ReadDeliveries", id),
    }
}

/// What following the feed says of itself.
pub(crate) fn describe_follow(follow: &Follow) -> Value {
    named(
        "FollowEvents",
        &[
            ("app", json!(follow.app.to_string())),
            ("account", json!(follow.account.map(|id| id.to_string()))),
            ("types", json!(follow.types)),
            ("after", json!(follow.after.map(|place| place.to_string()))),
        ],
    )
}

fn moment_of(moment: Moment) -> Value {
    match moment {
        Moment::Place(place) => json!({ "place": place.to_string() }),
        Moment::Time(time) => json!({ "time": time.millis() }),
    }
}

/// A reply of that name, with fixed content; `None` if there is none.
pub(crate) fn reply(name: &str, args: &[&str], now: Timestamp) -> Option<WebhookReply> {
    let secret = || SecretText::new("whsec_of-the-webhook".to_owned());
    Some(match name {
        "WebhookCreated" if args.first() == Some(&"v1a") => {
            WebhookReply::Created(Box::new(paired(now)), None)
        }
        "WebhookCreated" => WebhookReply::Created(Box::new(webhook(now)), Some(secret())),
        "WebhookRotated" => WebhookReply::Rotated(Box::new(rotated(now)), Some(secret())),
        "Webhook" => WebhookReply::Webhook(Box::new(webhook(now))),
        "WebhookDisabled" => WebhookReply::Webhook(Box::new(disabled(now))),
        "WebhookReplaying" => WebhookReply::Replaying(Box::new(replaying(now))),
        "Webhooks" => WebhookReply::Webhooks(vec![webhook(now), disabled(now)]),
        "Deliveries" => deliveries(now),
        _ => return None,
    })
}

/// Why a URL is not allowed, by its word.
pub(crate) fn denied(word: Option<&&str>) -> Denied {
    match word {
        Some(&"url") => Denied::NotAUrl,
        Some(&"plain") => Denied::NotEncrypted,
        Some(&"port") => Denied::Port,
        _ => Denied::Address("private"),
    }
}

fn webhook(now: Timestamp) -> Webhook {
    Webhook {
        id: WebhookId::from_bytes([0x3A; 16]),
        tenant: TenantId::default_tenant(),
        url: "https://shop.example/hooks".to_owned(),
        types: vec!["secret_locked".to_owned()],
        description: "the shop".to_owned(),
        created_at: now,
        signing: Signing {
            scheme: Scheme::V1,
            current: Sealed::default(),
            version: 1,
            public: None,
            previous: Vec::new(),
        },
        state: WebhookState::Enabled,
        progress: Progress { cursor: FeedPlace::of(41), succeeded_at: Some(now), ..Progress::default() },
    }
}

fn paired(now: Timestamp) -> Webhook {
    let webhook = webhook(now);
    let signing = Signing { scheme: Scheme::V1a, public: Some([7; 32]), ..webhook.signing };
    Webhook { types: Vec::new(), description: String::new(), signing, ..webhook }
}

fn rotated(now: Timestamp) -> Webhook {
    let webhook = webhook(now);
    let previous = vec![(Sealed::default(), now + Span::from_hours(24))];
    Webhook { signing: Signing { previous, version: 2, ..webhook.signing }, ..webhook }
}

fn disabled(now: Timestamp) -> Webhook {
    let webhook = webhook(now);
    let progress = Progress { failing_since: Some(now), ..webhook.progress };
    Webhook { state: WebhookState::Disabled { at: now, why: Disabled::Failing }, progress, ..webhook }
}

fn replaying(now: Timestamp) -> Webhook {
    let webhook = webhook(now);
    let replay =
        Replay { number: 1, after: FeedPlace::of(7), to: FeedPlace::of(41), since: None, until: None };
    Webhook { progress: Progress { replay: Some(replay), ..webhook.progress }, ..webhook }
}

fn deliveries(now: Timestamp) -> WebhookReply {
    let (event, due) = (EventId::from_bytes([0xE0; 16]), now + Span::from_secs(5));
    let attempt = |status, next| Attempt { event, at: now, status, took_ms: 12, next };
    let waiting = |attempts, status, due| Delivery {
        place: FeedPlace::of(40),
        account: ACCOUNT,
        event,
        attempts,
        status,
        due,
    };
    WebhookReply::Deliveries {
        recent: vec![
            attempt(Some(204), Next::Delivered),
            attempt(None, Next::At(due)),
            attempt(Some(500), Next::GivenUp),
        ],
        waiting: vec![waiting(1, None, Some(due)), waiting(10, Some(500), None)],
    }
}

/// Somebody who follows.
pub(crate) fn follow() -> Follow {
    let (tenant, after) = (TenantId::default_tenant(), Some(FeedPlace::of(41)));
    Follow { app: APP, tenant, account: None, types: Vec::new(), after }
}
