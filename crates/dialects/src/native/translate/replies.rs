//! From what a command came to, to its answer.

use countersign_domain::answer::Reply;
use countersign_domain::hold::Release;
use countersign_domain::secret::Kind;
use countersign_domain::view::AccountView;
use countersign_domain::webhook::asked::WebhookReply;
use http::{StatusCode, header};

use super::commands::kind;
use super::problems::{fault, lang};
use crate::native::envelope::{json, with_header};
use crate::native::wire::accounts::{Account, AskAnswer};
use crate::native::wire::answers::{
    Clock, CreatedApp, IssuedCode, List, ListedApp, NewSession, Outbox, SecretInPlace, SimChange, Verified,
};
use crate::native::wire::events::ShownEvent;
use crate::native::wire::holds::HoldRelease;
use crate::native::wire::intents::{Intent, Intents};
use crate::native::wire::rfc3339;
use crate::native::wire::webhooks::{CreatedWebhook, ShownDeliveries, ShownWebhook, ShownWebhooks};
use crate::raw::{RawRequest, RawResponse, STREAM};

/// RFC 7517, section 8.5.2.
pub(in crate::native) const KEY_SET_JSON: &str = "application/jwk-set+json";

/// The answer to a command that was carried out.
pub(in crate::native) fn reply(raw: &RawRequest, reply: &Reply) -> RawResponse {
    match reply {
        Reply::Verified { fresh_until, hold_until } => {
            let (fresh_until, hold_until) = (fresh_until.map(rfc3339), hold_until.map(rfc3339));
            json(StatusCode::OK, &Verified { verified: true, fresh_until, hold_until })
        }
        Reply::SecretSet => in_place(raw, StatusCode::CREATED),
        Reply::SecretChanged | Reply::SecretReset => in_place(raw, StatusCode::OK),
        Reply::Ask(view) => json(StatusCode::OK, &AskAnswer::from(view)),
        Reply::CodeIssued { id, expires_at, mobile_masked } => {
            let (id, expires_at) = (id.to_string(), rfc3339(*expires_at));
            json(StatusCode::ACCEPTED, &IssuedCode { id, expires_at, mobile_masked: mobile_masked.clone() })
        }
        Reply::SessionOpened(session) => json(StatusCode::CREATED, &NewSession::from(session.as_ref())),
        Reply::Gone => RawResponse::empty(StatusCode::NO_CONTENT),
        Reply::AccountCreated(view) => {
            let place = format!("/v1/accounts/{}", view.id);
            with_header(account(StatusCode::CREATED, view), header::LOCATION, &place)
        }
        Reply::Unlocked(view) | Reply::Account(view) => account(StatusCode::OK, view),
        Reply::Accounts(listed) => {
            json(StatusCode::OK, &List::<Account>::new(listed, |view| view.id.to_string()))
        }
        Reply::AppCreated(app, secret) => json(StatusCode::CREATED, &CreatedApp::new(app, secret)),
        Reply::Apps(listed) => {
            json(StatusCode::OK, &List::<ListedApp>::new(listed, |app| app.id.to_string()))
        }
        Reply::Events(listed) => {
            json(StatusCode::OK, &List::<ShownEvent>::new(listed, |event| event.id.to_string()))
        }
        Reply::Event(event) => json(StatusCode::OK, &ShownEvent::from(event.as_ref())),
        Reply::Clock(now) => json(StatusCode::OK, &Clock { now: rfc3339(*now) }),
        // What follows is sent by the server, event by event.
        Reply::Following(_) => RawResponse::new(StatusCode::OK, STREAM, Vec::new()),
        Reply::Webhook(reply) => webhook(reply),
        Reply::Outbox(messages) => json(StatusCode::OK, &Outbox::from(messages.as_slice())),
        Reply::IntentCreated(view) => {
            let place = format!("/v1/intents/{}", view.id);
            let created = json(StatusCode::CREATED, &Intent::new(view, None, lang(raw)));
            with_header(created, header::LOCATION, &place)
        }
        Reply::Intent(view, receipt) => json(StatusCode::OK, &Intent::new(view, receipt.as_ref(), lang(raw))),
        Reply::Intents(views) => json(StatusCode::OK, &Intents::new(views, lang(raw))),
        Reply::Release(release) => json(release_status(*release), &HoldRelease::from(*release)),
        Reply::SimChangeNoted { mobile_masked, changed_at, codes_from } => json(
            StatusCode::OK,
            &SimChange {
                mobile_masked: mobile_masked.clone(),
                changed_at: rfc3339(*changed_at),
                codes_from: codes_from.map(rfc3339),
            },
        ),
        Reply::KeySet(text) => key_set(text),
        // No call of this API asks for these.
        Reply::SecretMadeTemporary(_) | Reply::AppToken { .. } => fault(raw),
    }
}

/// A proposal is taken, but not carried out yet.
const fn release_status(release: Release) -> StatusCode {
    match release {
        Release::Proposed { .. } => StatusCode::ACCEPTED,
        Release::Released => StatusCode::OK,
    }
}

/// Kept by whoever verifies receipts for five minutes; a new key is published for longer than that before it signs.
fn key_set(text: &str) -> RawResponse {
    let answer = RawResponse::new(StatusCode::OK, KEY_SET_JSON, text.as_bytes().to_vec());
    with_header(answer, header::CACHE_CONTROL, "public, max-age=300")
}

fn webhook(reply: &WebhookReply) -> RawResponse {
    match reply {
        WebhookReply::Created(webhook, secret) => {
            let place = format!("/v1/webhooks/{}", webhook.id);
            let body = CreatedWebhook::new(webhook, secret.as_ref());
            with_header(json(StatusCode::CREATED, &body), header::LOCATION, &place)
        }
        WebhookReply::Rotated(webhook, secret) => {
            json(StatusCode::OK, &CreatedWebhook::new(webhook, secret.as_ref()))
        }
        WebhookReply::Webhook(webhook) => json(StatusCode::OK, &ShownWebhook::from(webhook.as_ref())),
        WebhookReply::Replaying(webhook) => json(StatusCode::ACCEPTED, &ShownWebhook::from(webhook.as_ref())),
        WebhookReply::Webhooks(webhooks) => json(StatusCode::OK, &ShownWebhooks::from(webhooks.as_slice())),
        WebhookReply::Deliveries { recent, waiting } => {
            json(StatusCode::OK, &ShownDeliveries::new(recent, waiting))
        }
    }
}

fn account(status: StatusCode, view: &AccountView) -> RawResponse {
    json(status, &Account::from(view))
}

fn in_place(raw: &RawRequest, status: StatusCode) -> RawResponse {
    kind(raw).map_or_else(|| fault(raw), |kind: Kind| json(status, &SecretInPlace::active(kind)))
}
