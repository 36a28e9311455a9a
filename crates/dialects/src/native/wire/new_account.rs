//! The body that creates an account. Each struct is also its own schema in the OpenAPI document.

use countersign_domain::id::AppId;
use countersign_domain::identifier::{Agent, Mobile, Name};
use countersign_domain::secret::SecretText;
use utoipa::ToSchema;

use super::schemas;
use super::values::{id, integral, mobile, name, secret};
use crate::native::members::Members;
use crate::rejection::{Fault, Rejection};

/// A new account. Everything may be absent; the account is then found by its id alone.
#[derive(ToSchema)]
#[schema(as = native::NewAccount)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct NewAccount {
    /// The login name.
    #[schema(schema_with = schemas::optional_name)]
    pub(in crate::native) username: Option<Name>,
    /// The platform's own user id.
    #[schema(schema_with = schemas::optional_name)]
    pub(in crate::native) user_id: Option<Name>,
    /// The operator company's id; only together with `usercode`.
    #[schema(schema_with = schemas::optional_integral)]
    pub(in crate::native) agentid: Option<i64>,
    /// The user's number inside that company; only together with `agentid`.
    #[schema(schema_with = schemas::optional_integral)]
    pub(in crate::native) usercode: Option<i64>,
    /// Mobile 1 and mobile 2.
    #[schema(schema_with = schemas::mobiles, required = false)]
    pub(in crate::native) mobiles: Vec<Mobile>,
    /// A wallet under an app of kind `spark`.
    pub(in crate::native) spark: Option<NewWallet>,
    /// First secrets.
    pub(in crate::native) secrets: Option<FirstSecrets>,
}

/// A wallet under an app of kind `spark`.
#[derive(ToSchema)]
#[schema(as = native::NewWallet)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct NewWallet {
    /// The app.
    #[schema(schema_with = schemas::app_id)]
    pub(in crate::native) appid: AppId,
    /// The wallet's address.
    #[schema(schema_with = schemas::name)]
    pub(in crate::native) wallet_addr: Name,
    /// The wallet's user id, unique inside the app.
    #[schema(schema_with = schemas::name)]
    pub(in crate::native) user_id: Name,
}

/// First secrets, at most one of each kind.
#[derive(ToSchema)]
#[schema(as = native::FirstSecrets)]
#[serde(deny_unknown_fields)]
pub(in crate::native) struct FirstSecrets {
    /// Opens a session.
    #[schema(schema_with = schemas::optional_new_secret)]
    pub(in crate::native) login: Option<SecretText>,
    /// Asked for just before money moves.
    #[schema(schema_with = schemas::optional_new_secret)]
    pub(in crate::native) payment: Option<SecretText>,
    /// Allows a look at a wallet.
    #[schema(schema_with = schemas::optional_new_secret)]
    pub(in crate::native) query: Option<SecretText>,
}

impl NewAccount {
    pub(in crate::native) fn read(mut body: Members) -> Result<Self, Rejection> {
        if body.has("agentid") != body.has("usercode") {
            let missing = if body.has("agentid") { "usercode" } else { "agentid" };
            body.refuse(missing, Fault::Required);
        }
        let account = Self {
            username: body.optional("username", name),
            user_id: body.optional("user_id", name),
            agentid: body.optional("agentid", integral),
            usercode: body.optional("usercode", integral),
            mobiles: body.list("mobiles", 2, mobile).unwrap_or_default(),
            spark: body.nested("spark", |spark| {
                let appid = spark.required("appid", id(AppId::parse));
                let wallet_addr = spark.required("wallet_addr", name);
                let user_id = spark.required("user_id", name);
                Some(NewWallet { appid: appid?, wallet_addr: wallet_addr?, user_id: user_id? })
            }),
            secrets: body.nested("secrets", |secrets| {
                Some(FirstSecrets {
                    login: secrets.optional("login", secret),
                    payment: secrets.optional("payment", secret),
                    query: secrets.optional("query", secret),
                })
            }),
        };
        body.close(Some(account))
    }

    /// `agentid` and `usercode`, which are there together or not at all.
    pub(in crate::native) fn agent(&self) -> Option<Agent> {
        Some(Agent { agentid: self.agentid?, usercode: self.usercode? })
    }
}
