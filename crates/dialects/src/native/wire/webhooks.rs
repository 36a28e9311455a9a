//! Webhooks and the stream of events: bodies and queries in, answers out.

use countersign_crypto::webhook::public_text;
use countersign_domain::feed::FeedPlace;
use countersign_domain::id::{AccountId, AppId};
use countersign_domain::identifier::TenantId;
use countersign_domain::secret::SecretText;
use countersign_domain::time::Timestamp;
use countersign_domain::webhook::asked::{Follow, Moment, NewWebhook};
use countersign_domain::webhook::guard::URL_MAX;
use countersign_domain::webhook::{Attempt, Delivery, Next, Scheme, Webhook, WebhookState};
use serde::Serialize;
use utoipa::ToSchema;

use super::events::TYPES;
use super::values::{id, prose, secret, word};
use super::{rfc3339, schemas};
use crate::native::json::Json;
use crate::native::members::{Bad, Members, Read};
use crate::native::texts::fault;
use crate::rejection::{Fault, Invalid, Rejection};

/// A webhook's description, in characters.
pub(in crate::native) const DESCRIPTION_MAX: usize = 200;

/// The header in which a client that reconnects says what it has seen last.
pub(in crate::native) const LAST_EVENT_ID: &str = "Last-Event-ID";

/// A new webhook.
#[derive(ToSchema)]
#[schema(as = native::NewWebhook)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "its schema is what it is for; it is read member by member")]
pub(in crate::native) struct NewWebhookBody {
    /// Where messages go: `https://…`, to a public address. Nobody is followed elsewhere.
    #[schema(schema_with = schemas::webhook_url)]
    pub(in crate::native) url: String,
    /// Only events of these types; if absent or empty, of all, also of those that are added later.
    #[schema(schema_with = schemas::event_types)]
    pub(in crate::native) types: Option<Vec<String>>,
    /// How messages are signed: `v1` (HMAC-SHA256, the usual) or `v1a` (Ed25519).
    #[schema(schema_with = schemas::optional_scheme)]
    pub(in crate::native) signature: Option<String>,
    /// In its owner's words.
    #[schema(schema_with = schemas::description)]
    pub(in crate::native) description: Option<String>,
}

/// Reads a new webhook.
pub(in crate::native) fn new_webhook(mut body: Members) -> Result<NewWebhook, Rejection> {
    let url = body.required("url", url);
    let types = body.list("types", TYPES.len(), type_word).unwrap_or_default();
    let scheme = body.optional("signature", word(Scheme::parse, fault::SCHEMES)).unwrap_or(Scheme::V1);
    let description = body.optional("description", prose(DESCRIPTION_MAX)).unwrap_or_default();
    body.close(url.map(|url| NewWebhook { url, types, scheme, description }))
}

/// A part of the feed.
#[derive(ToSchema)]
#[schema(as = native::Replay)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "its schema is what it is for; it is read member by member")]
pub(in crate::native) struct ReplayBody {
    /// The first to be told again: a place in the feed, as the stream's `id` gives it, or a time.
    #[schema(schema_with = schemas::moment)]
    pub(in crate::native) from: String,
    /// The last; to the end if absent.
    #[schema(schema_with = schemas::optional_moment)]
    pub(in crate::native) to: Option<String>,
}

/// Reads which part of the feed is to be told again.
pub(in crate::native) fn replay(mut body: Members) -> Result<(Moment, Option<Moment>), Rejection> {
    let from = body.required("from", word(moment, fault::NO_MOMENT));
    let to = body.optional("to", word(moment, fault::NO_MOMENT));
    body.close(from.map(|from| (from, to)))
}

/// Reads what a stream of events is asked for. `last` is what the client has seen last, which goes before `after`: a client
/// that reconnects repeats its query.
pub(in crate::native) fn follow(
    mut query: Members,
    app: AppId,
    last: Option<&str>,
) -> Result<Follow, Rejection> {
    let account = query.optional("account_id", id(AccountId::parse));
    let types = query.optional("types", types).unwrap_or_default();
    let after = query.optional("after", word(FeedPlace::parse, fault::NO_PLACE));
    let (after, types) = query.close(Some((after, types)))?;
    let last = last.map(|text| FeedPlace::parse(text).ok_or_else(no_place)).transpose()?;
    Ok(Follow { app, tenant: TenantId::default_tenant(), account, types, after: last.or(after) })
}

fn no_place() -> Rejection {
    let fault = Fault::NotAllowed(fault::NO_PLACE);
    Rejection::Invalid(vec![Invalid { member: LAST_EVENT_ID.to_owned(), fault }])
}

fn url(json: Json) -> Read<String> {
    let text = secret(json)?;
    match text.chars() {
        0 => Err(Bad::Value(Fault::Required)),
        1..=URL_MAX => Ok(text.expose().to_owned()),
        _ => Err(Bad::Value(Fault::TooLong(URL_MAX))),
    }
}

fn type_word(json: Json) -> Read<String> {
    let known = |text: &str| TYPES.contains(&text).then(|| text.to_owned());
    word(known, fault::NO_TYPE)(json)
}

/// Words with commas in between.
fn types(json: Json) -> Read<Vec<String>> {
    let text = secret(json)?;
    let words = text.expose().split(',').map(|word| TYPES.contains(&word).then(|| word.to_owned()));
    words.collect::<Option<Vec<_>>>().ok_or(Bad::Value(Fault::NotAllowed(fault::NO_TYPE)))
}

fn moment(text: &str) -> Option<Moment> {
    let time = || text.parse::<jiff::Timestamp>().ok().map(|at| Timestamp::from_millis(at.as_millisecond()));
    FeedPlace::parse(text).map(Moment::Place).or_else(|| time().map(Moment::Time))
}

/// A webhook, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Webhook)]
pub(in crate::native) struct ShownWebhook<'a> {
    #[schema(schema_with = schemas::webhook_id)]
    id: String,
    url: &'a str,
    /// Empty: all of them.
    #[schema(schema_with = schemas::event_types_given)]
    types: &'a [String],
    #[schema(schema_with = schemas::scheme)]
    signature: &'static str,
    /// What verifies `v1a`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    public_key: Option<String>,
    description: &'a str,
    #[schema(schema_with = schemas::time)]
    created_at: String,
    #[schema(schema_with = schemas::webhook_state)]
    state: &'static str,
    /// Since when it is told nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::time)]
    disabled_at: Option<String>,
    /// Why: its owner asked for it, it answered 410, or it took nothing for five days.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::disabled)]
    disabled_reason: Option<&'static str>,
    /// Until when messages are also signed with the secret before this one. Older ones that are still young enough sign too.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::time)]
    previous_secret_until: Option<String>,
    /// Everything up to this place in the feed was delivered, or waits to be tried again.
    #[schema(schema_with = schemas::place)]
    delivered_up_to: String,
    /// Whether a part of the feed is being told again.
    replaying: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::time)]
    last_success_at: Option<String>,
    /// When the first attempt failed since the last success.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::time)]
    failing_since: Option<String>,
}

impl<'a> From<&'a Webhook> for ShownWebhook<'a> {
    fn from(webhook: &'a Webhook) -> Self {
        let Webhook { signing, progress, .. } = webhook;
        let (state, since) = match webhook.state {
            WebhookState::Enabled => ("enabled", None),
            WebhookState::Disabled { at, why } => ("disabled", Some((at, why))),
        };
        Self {
            id: webhook.id.to_string(),
            url: &webhook.url,
            types: &webhook.types,
            signature: signing.scheme.as_str(),
            public_key: signing.public.as_ref().map(public_text),
            description: &webhook.description,
            created_at: rfc3339(webhook.created_at),
            state,
            disabled_at: since.map(|(at, _)| rfc3339(at)),
            disabled_reason: since.map(|(_, why)| why.as_str()),
            previous_secret_until: signing.previous.first().map(|(_, until)| rfc3339(*until)),
            delivered_up_to: progress.cursor.to_string(),
            replaying: progress.replay.is_some(),
            last_success_at: progress.succeeded_at.map(rfc3339),
            failing_since: progress.failing_since.map(rfc3339),
        }
    }
}

/// A webhook that was created, or that has another secret. The secret is shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = native::CreatedWebhook)]
pub(in crate::native) struct CreatedWebhook<'a> {
    #[serde(flatten)]
    webhook: ShownWebhook<'a>,
    /// What verifies `v1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    secret: Option<&'a str>,
}

impl<'a> CreatedWebhook<'a> {
    pub(in crate::native) fn new(webhook: &'a Webhook, secret: Option<&'a SecretText>) -> Self {
        Self { webhook: webhook.into(), secret: secret.map(SecretText::expose) }
    }
}

/// Every webhook.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Webhooks)]
pub(in crate::native) struct ShownWebhooks<'a> {
    data: Vec<ShownWebhook<'a>>,
    /// Always false: there are few enough for one answer.
    has_more: bool,
    /// Always null.
    #[schema(schema_with = schemas::no_cursor, required = true)]
    next_cursor: Option<String>,
}

impl<'a> From<&'a [Webhook]> for ShownWebhooks<'a> {
    fn from(webhooks: &'a [Webhook]) -> Self {
        let data = webhooks.iter().map(ShownWebhook::from).collect();
        Self { data, has_more: false, next_cursor: None }
    }
}

/// What was attempted lately, and what waits.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Deliveries)]
pub(in crate::native) struct ShownDeliveries {
    /// The last attempts, newest first.
    recent: Vec<ShownAttempt>,
    /// What was not taken yet, the longest due first, and at the end what was given up.
    waiting: Vec<ShownWaiting>,
}

/// An attempt.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Attempt)]
struct ShownAttempt {
    #[schema(schema_with = schemas::event_id)]
    event_id: String,
    #[schema(schema_with = schemas::time)]
    at: String,
    #[schema(schema_with = schemas::attempt_outcome)]
    outcome: &'static str,
    /// The status that was answered; absent where there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u16, required = false)]
    status: Option<u16>,
    /// How long it took.
    took_ms: u32,
    /// When it is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::time)]
    next_attempt_at: Option<String>,
}

/// A message that was not taken yet.
#[derive(Serialize, ToSchema)]
#[schema(as = native::WaitingMessage)]
struct ShownWaiting {
    #[schema(schema_with = schemas::event_id)]
    event_id: String,
    #[schema(schema_with = schemas::waiting_state)]
    state: &'static str,
    /// How many were made.
    attempts: u32,
    /// The status that the last was answered with; absent where there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u16, required = false)]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::time)]
    next_attempt_at: Option<String>,
}

impl ShownDeliveries {
    pub(in crate::native) fn new(recent: &[Attempt], waiting: &[Delivery]) -> Self {
        let attempt = |attempt: &Attempt| {
            let (outcome, next) = match attempt.next {
                Next::Delivered => ("delivered", None),
                Next::At(due) => ("retry", Some(rfc3339(due))),
                Next::GivenUp => ("failed", None),
            };
            ShownAttempt {
                event_id: attempt.event.to_string(),
                at: rfc3339(attempt.at),
                outcome,
                status: attempt.status,
                took_ms: attempt.took_ms,
                next_attempt_at: next,
            }
        };
        let message = |delivery: &Delivery| ShownWaiting {
            event_id: delivery.event.to_string(),
            state: if delivery.due.is_some() { "retry" } else { "failed" },
            attempts: delivery.attempts,
            status: delivery.status,
            next_attempt_at: delivery.due.map(rfc3339),
        };
        Self { recent: recent.iter().map(attempt).collect(), waiting: waiting.iter().map(message).collect() }
    }
}
