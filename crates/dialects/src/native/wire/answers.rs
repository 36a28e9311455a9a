//! Answers, but for accounts. Each struct is also its own schema in the OpenAPI document.

use countersign_domain::answer::{Listed, OpenedSession, OutboxMessage};
use countersign_domain::app::{App, AppKind};
use countersign_domain::secret::{Kind, SecretText};
use countersign_domain::view::SecretStanding;
use serde::Serialize;
use utoipa::ToSchema;

use super::{rfc3339, schemas};

/// A part of a list.
#[derive(Serialize)]
pub(in crate::native) struct List<T> {
    data: Vec<T>,
    has_more: bool,
    next_cursor: Option<String>,
}

impl<T> List<T> {
    /// `cursor` names an item; the last one's name is where the next part begins.
    pub(in crate::native) fn new<I>(listed: &Listed<I>, cursor: fn(&I) -> String) -> Self
    where
        T: for<'a> From<&'a I>,
    {
        let last = listed.items.last().filter(|_| listed.has_more);
        Self {
            data: listed.items.iter().map(T::from).collect(),
            has_more: last.is_some(),
            next_cursor: last.map(cursor),
        }
    }
}

/// A secret that was put in place.
#[derive(Serialize, ToSchema)]
#[schema(as = native::SecretInPlace)]
pub(in crate::native) struct SecretInPlace {
    #[schema(schema_with = schemas::kind)]
    pub(in crate::native) kind: &'static str,
    #[schema(schema_with = schemas::secret_state)]
    pub(in crate::native) state: &'static str,
}

impl SecretInPlace {
    pub(in crate::native) fn active(kind: Kind) -> Self {
        Self { kind: kind.as_str(), state: SecretStanding::Active.as_str() }
    }
}

/// The right secret was presented.
#[allow(clippy::struct_field_names, reason = "`verified` is the contract's word")]
#[derive(Serialize, ToSchema)]
#[schema(as = native::Verified)]
pub(in crate::native) struct Verified {
    /// Always true; a wrong secret is an error.
    pub(in crate::native) verified: bool,
    /// Until when this app need not ask the person again; null where no window was opened.
    #[schema(schema_with = schemas::optional_time, required = true)]
    pub(in crate::native) fresh_until: Option<String>,
    /// Until when payments rest although the secret is right; null if they do not.
    #[schema(schema_with = schemas::optional_time, required = true)]
    pub(in crate::native) hold_until: Option<String>,
}

/// A code that is on its way.
#[derive(Serialize, ToSchema)]
#[schema(as = native::IssuedCode)]
pub(in crate::native) struct IssuedCode {
    #[schema(schema_with = schemas::code_id)]
    pub(in crate::native) id: String,
    #[schema(schema_with = schemas::time)]
    pub(in crate::native) expires_at: String,
    /// Where it went.
    pub(in crate::native) mobile_masked: String,
}

/// A change of SIM that is known.
#[derive(Serialize, ToSchema)]
#[schema(as = native::NotedSimChange)]
pub(in crate::native) struct SimChange {
    /// Of which number.
    pub(in crate::native) mobile_masked: String,
    /// Since when; never in the future.
    #[schema(schema_with = schemas::time)]
    pub(in crate::native) changed_at: String,
    /// From when on codes go to that number; null where they do now.
    #[schema(schema_with = schemas::optional_time, required = true)]
    pub(in crate::native) codes_from: Option<String>,
}

/// A session, shown this once.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Session)]
pub(in crate::native) struct NewSession<'a> {
    #[schema(schema_with = schemas::session_id)]
    id: String,
    /// For the dialects that take a token, and for `DELETE /v1/sessions/current`.
    access_token: &'a str,
    /// The session key that HAWK callers derive their key from.
    session_key: &'a str,
    /// The session's HAWK id; the same as `id`.
    #[schema(schema_with = schemas::session_id)]
    hawk_id: String,
    #[schema(schema_with = schemas::time)]
    expires_at: String,
    #[schema(schema_with = schemas::account_id)]
    account_id: String,
}

impl<'a> From<&'a OpenedSession> for NewSession<'a> {
    fn from(session: &'a OpenedSession) -> Self {
        Self {
            id: session.id.to_string(),
            access_token: session.access_token.expose(),
            session_key: session.session_key.expose(),
            hawk_id: session.id.to_string(),
            expires_at: rfc3339(session.expires_at),
            account_id: session.account.to_string(),
        }
    }
}

/// An app, without its credential.
#[derive(Serialize, ToSchema)]
#[schema(as = native::App)]
pub(in crate::native) struct ListedApp {
    #[schema(schema_with = schemas::app_id)]
    id: String,
    #[schema(schema_with = schemas::app_kind)]
    kind: &'static str,
    name: String,
    #[schema(schema_with = schemas::scopes)]
    scopes: Vec<&'static str>,
    #[schema(schema_with = schemas::time)]
    created_at: String,
    /// Its `appid`, for kind `spark`; the same as `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::app_id)]
    appid: Option<String>,
    /// Its HAWK id, for kind `hawk`; the same as `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = schemas::app_id)]
    hawk_id: Option<String>,
}

impl From<&App> for ListedApp {
    fn from(app: &App) -> Self {
        let kind = app.proof.kind();
        Self {
            id: app.id.to_string(),
            kind: kind.as_str(),
            name: app.name.clone(),
            scopes: app.scopes.iter().map(countersign_domain::app::Scope::as_str).collect(),
            created_at: rfc3339(app.created_at),
            appid: (kind == AppKind::Spark).then(|| app.id.to_string()),
            hawk_id: (kind == AppKind::Hawk).then(|| app.id.to_string()),
        }
    }
}

/// A new app with its credential, shown this once: `api_key`, `appsecret` or `hawk_key`.
#[derive(Serialize, ToSchema)]
#[schema(as = native::CreatedApp)]
pub(in crate::native) struct CreatedApp<'a> {
    #[serde(flatten)]
    app: ListedApp,
    /// For kind `api`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    api_key: Option<&'a str>,
    /// For kind `spark`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    appsecret: Option<&'a str>,
    /// For kind `hawk`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    hawk_key: Option<&'a str>,
}

impl<'a> CreatedApp<'a> {
    pub(in crate::native) fn new(app: &App, secret: &'a SecretText) -> Self {
        let shown = |kind| (app.proof.kind() == kind).then(|| secret.expose());
        Self {
            app: ListedApp::from(app),
            api_key: shown(AppKind::Api),
            appsecret: shown(AppKind::Spark),
            hawk_key: shown(AppKind::Hawk),
        }
    }
}

/// Where the server's clock stands.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Clock)]
pub(in crate::native) struct Clock {
    #[schema(schema_with = schemas::time)]
    pub(in crate::native) now: String,
}

/// The public keys that verify receipts (RFC 7517). The document is made where the keys are.
#[derive(ToSchema)]
#[schema(as = native::KeySet)]
#[allow(dead_code, reason = "tells readers of the OpenAPI document what is in the set")]
pub(in crate::native) struct KeySet {
    keys: Vec<PublicKey>,
}

/// One key: Ed25519 (RFC 8037), or P-256 with both coordinates (RFC 7518).
#[derive(ToSchema)]
#[schema(as = native::PublicKey)]
#[allow(dead_code, reason = "tells readers of the OpenAPI document what is in the set")]
struct PublicKey {
    /// `OKP` or `EC`.
    kty: String,
    /// `Ed25519` or `P-256`.
    crv: String,
    x: String,
    y: Option<String>,
    /// The name in the header of a receipt: the key's thumbprint (RFC 7638).
    kid: String,
    /// `EdDSA` or `ES256`.
    alg: String,
    /// `sig`.
    r#use: String,
}

/// What the fake sender was given.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Outbox)]
pub(in crate::native) struct Outbox<'a> {
    messages: Vec<Message<'a>>,
}

/// One message.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Message)]
struct Message<'a> {
    /// The whole mobile number.
    to: &'a str,
    code: &'a str,
    #[schema(schema_with = schemas::purpose)]
    purpose: &'static str,
    /// What the person reads.
    text: &'a str,
    #[schema(schema_with = schemas::time)]
    sent_at: String,
    #[schema(schema_with = schemas::account_id)]
    account_id: String,
}

impl<'a> From<&'a [OutboxMessage]> for Outbox<'a> {
    fn from(messages: &'a [OutboxMessage]) -> Self {
        let message = |message: &'a OutboxMessage| Message {
            to: &message.to,
            code: message.code.expose(),
            purpose: message.purpose.as_str(),
            text: message.text.expose(),
            sent_at: rfc3339(message.sent_at),
            account_id: message.account.to_string(),
        };
        Self { messages: messages.iter().map(message).collect() }
    }
}
