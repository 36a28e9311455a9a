//! Calls about apps, the audit trail and webhooks.

use countersign_domain::app::Scope;
use http::Method;

use super::{Call, Entry, Proof, entry};

pub(super) const ROWS: [Entry; 13] = [
    entry(
        Call::CreateApp,
        Method::POST,
        "/v1/apps",
        Proof::Key(Scope::AppsWrite),
        "create_app",
        "Create an app; its credential is shown this once",
    ),
    entry(
        Call::ListApps,
        Method::GET,
        "/v1/apps",
        Proof::Key(Scope::AppsWrite),
        "list_apps",
        "List apps, without their credentials",
    ),
    entry(
        Call::DeleteApp,
        Method::DELETE,
        "/v1/apps/{id}",
        Proof::Key(Scope::AppsWrite),
        "delete_app",
        "Delete an app; its keys and tokens are worth nothing from then on",
    ),
    entry(
        Call::ReadEvents,
        Method::GET,
        "/v1/events",
        Proof::Key(Scope::EventsRead),
        "read_events",
        "Read the audit trail, newest first; or follow events as they come, as `text/event-stream`",
    ),
    entry(
        Call::CreateWebhook,
        Method::POST,
        "/v1/webhooks",
        Proof::Key(Scope::WebhooksWrite),
        "create_webhook",
        "Have an endpoint told of events; its secret is shown this once",
    ),
    entry(
        Call::ListWebhooks,
        Method::GET,
        "/v1/webhooks",
        Proof::Key(Scope::WebhooksWrite),
        "list_webhooks",
        "List webhooks, without their secrets",
    ),
    entry(
        Call::ReadWebhook,
        Method::GET,
        "/v1/webhooks/{id}",
        Proof::Key(Scope::WebhooksWrite),
        "read_webhook",
        "Read a webhook as it stands",
    ),
    entry(
        Call::DeleteWebhook,
        Method::DELETE,
        "/v1/webhooks/{id}",
        Proof::Key(Scope::WebhooksWrite),
        "delete_webhook",
        "Delete a webhook, and what waits for it",
    ),
    entry(
        Call::EnableWebhook,
        Method::POST,
        "/v1/webhooks/{id}/enable",
        Proof::Key(Scope::WebhooksWrite),
        "enable_webhook",
        "Tell a webhook of events from now on",
    ),
    entry(
        Call::DisableWebhook,
        Method::POST,
        "/v1/webhooks/{id}/disable",
        Proof::Key(Scope::WebhooksWrite),
        "disable_webhook",
        "Tell a webhook nothing",
    ),
    entry(
        Call::RotateWebhookSecret,
        Method::POST,
        "/v1/webhooks/{id}/rotate-secret",
        Proof::Key(Scope::WebhooksWrite),
        "rotate_webhook_secret",
        "Give a webhook another secret; the old one signs too for a day",
    ),
    entry(
        Call::ReplayWebhook,
        Method::POST,
        "/v1/webhooks/{id}/replay",
        Proof::Key(Scope::WebhooksWrite),
        "replay_webhook",
        "Tell a webhook a part of the feed again, under the same ids",
    ),
    entry(
        Call::ReadDeliveries,
        Method::GET,
        "/v1/webhooks/{id}/deliveries",
        Proof::Key(Scope::WebhooksWrite),
        "read_deliveries",
        "Read what was attempted lately, and what waits",
    ),
];
