//! How an account and its ask frequency are shown. Each struct is also its own schema in the OpenAPI document.

use countersign_domain::ask::AskView;
use countersign_domain::identifier::{Name, Wallet};
use countersign_domain::view::{AccountView, SecretStanding, SecretView};
use serde::Serialize;
use utoipa::ToSchema;

use super::holds::ShownHold;
use super::{rfc3339, schemas};

/// An account as it stands.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Account)]
pub(in crate::native) struct Account {
    #[schema(schema_with = schemas::account_id)]
    id: String,
    #[schema(schema_with = schemas::time)]
    created_at: String,
    /// When it was last taken from a backup; null if it never was. Guesses since that backup may have been lost from it,
    /// so fewer are left than its secrets' history would tell.
    #[schema(schema_with = schemas::optional_time, required = true)]
    restored_at: Option<String>,
    /// The login name.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    username: Option<String>,
    /// The platform's own user id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    user_id: Option<String>,
    /// The operator company's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false)]
    agentid: Option<i64>,
    /// The user's number inside that company.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = i64, required = false)]
    usercode: Option<i64>,
    /// Mobile 1 and mobile 2, masked.
    mobiles: Vec<String>,
    /// The wallet.
    #[serde(skip_serializing_if = "Option::is_none")]
    spark: Option<SparkWallet>,
    secrets: Secrets,
    /// How often the payment secret is asked: the person's choice, which runs out by itself.
    #[schema(schema_with = schemas::ask_frequency)]
    ask_frequency: &'static str,
    /// Until when payments rest; null if they do not.
    #[schema(schema_with = schemas::optional_time, required = true)]
    hold_until: Option<String>,
    /// Why they do; empty if they do not.
    holds: Vec<ShownHold>,
}

/// A wallet.
#[derive(Serialize, ToSchema)]
#[schema(as = native::SparkWallet)]
struct SparkWallet {
    /// The app that it belongs to.
    #[schema(schema_with = schemas::app_id)]
    appid: String,
    wallet_addr: String,
    user_id: String,
}

/// Each kind of secret.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Secrets)]
struct Secrets {
    login: Secret,
    payment: Secret,
    query: Secret,
}

/// A secret as it stands.
#[derive(Serialize, ToSchema)]
#[schema(as = native::Secret)]
struct Secret {
    #[schema(schema_with = schemas::secret_state)]
    state: &'static str,
    /// Guesses that could be charged now; null while there is no secret.
    #[schema(schema_with = schemas::optional_count, required = true)]
    remaining_attempts: Option<u32>,
    /// When a lock ends; null while there is none, or when time does not end it.
    #[schema(schema_with = schemas::optional_time, required = true)]
    locked_until: Option<String>,
    /// When a temporary secret stops matching; null for every other.
    #[schema(schema_with = schemas::optional_time, required = true)]
    expires_at: Option<String>,
}

impl From<&AccountView> for Account {
    fn from(view: &AccountView) -> Self {
        let text = |name: &Option<Name>| name.as_ref().map(|name| name.as_str().to_owned());
        let [login, payment, query] = view.secrets.map(Secret::from);
        Self {
            id: view.id.to_string(),
            created_at: rfc3339(view.created_at),
            restored_at: view.restored_at.map(rfc3339),
            username: text(&view.username),
            user_id: text(&view.user_id),
            agentid: view.agent.map(|agent| agent.agentid),
            usercode: view.agent.map(|agent| agent.usercode),
            mobiles: view.mobiles_masked.clone(),
            spark: view.wallet.as_ref().map(SparkWallet::from),
            secrets: Secrets { login, payment, query },
            ask_frequency: view.ask.frequency.as_str(),
            hold_until: view.holds.iter().map(|hold| hold.until).max().map(rfc3339),
            holds: view.holds.iter().map(ShownHold::from).collect(),
        }
    }
}

impl From<&Wallet> for SparkWallet {
    fn from(wallet: &Wallet) -> Self {
        Self {
            appid: wallet.app.to_string(),
            wallet_addr: wallet.addr.as_str().to_owned(),
            user_id: wallet.user_id.as_str().to_owned(),
        }
    }
}

impl From<SecretView> for Secret {
    fn from(view: SecretView) -> Self {
        let (locked_until, expires_at) = match view.state {
            SecretStanding::Unset | SecretStanding::Active => (None, None),
            SecretStanding::Temporary(until) => (None, Some(until)),
            SecretStanding::Locked(until) => (until, None),
        };
        Self {
            state: view.state.as_str(),
            remaining_attempts: (view.state != SecretStanding::Unset).then_some(view.remaining),
            locked_until: locked_until.map(rfc3339),
            expires_at: expires_at.map(rfc3339),
        }
    }
}

/// How often the payment secret is asked, and whether this app need ask it now.
#[derive(Serialize, ToSchema)]
#[schema(as = native::AskFrequency)]
pub(in crate::native) struct AskAnswer {
    #[schema(schema_with = schemas::ask_frequency)]
    ask_frequency: &'static str,
    /// When it falls back to `every`; null while it is that.
    #[schema(schema_with = schemas::optional_time, required = true)]
    expires_at: Option<String>,
    /// The same in seconds from now, rounded up.
    #[schema(schema_with = schemas::optional_count, required = true)]
    remaining_s: Option<i64>,
    /// Whether this app need not ask the person now.
    window_open: bool,
}

impl From<&AskView> for AskAnswer {
    fn from(view: &AskView) -> Self {
        Self {
            ask_frequency: view.frequency.as_str(),
            expires_at: view.expires_at.map(rfc3339),
            remaining_s: view.expires_at.map(|end| view.now.until(end).secs_ceil()),
            window_open: view.window_until.is_some_and(|until| view.now < until),
        }
    }
}
