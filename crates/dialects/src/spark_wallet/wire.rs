//! What goes over the wire.

use serde::{Serialize, Serializer};
use utoipa::ToSchema;
use zeroize::Zeroizing;

/// The calls; each has two endpoints, GET and POST.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Call {
    ModifyPassword,
    ResetPassword,
    ValidPassword,
    UpdatePayPassword,
    ResetPayPassword,
    ValidPayPassword,
    SetPayPassword,
    Access,
}

impl Call {
    /// Every call, in the order of the endpoints.
    pub(super) const ALL: [Self; 8] = [
        Self::ModifyPassword,
        Self::ResetPassword,
        Self::ValidPassword,
        Self::UpdatePayPassword,
        Self::ResetPayPassword,
        Self::ValidPayPassword,
        Self::SetPayPassword,
        Self::Access,
    ];

    /// The call of the endpoint at that place.
    pub(super) fn at(endpoint: usize) -> Option<Self> {
        Self::ALL.get(endpoint / 2).copied()
    }

    /// Whether the request carries a secret of the wallet, so that "no such wallet" must read like a wrong one.
    pub(super) const fn presents_secret(self) -> bool {
        match self {
            Self::ModifyPassword
            | Self::ValidPassword
            | Self::UpdatePayPassword
            | Self::ValidPayPassword
            | Self::SetPayPassword => true,
            Self::ResetPassword | Self::ResetPayPassword | Self::Access => false,
        }
    }
}

/// Every answer; members in the document's order.
#[derive(Serialize)]
pub(super) struct Envelope<D> {
    pub(super) code: &'static str,
    pub(super) data: Option<D>,
    pub(super) message: &'static str,
    pub(super) success: bool,
}

/// Whose secret it was.
#[derive(Serialize, ToSchema)]
#[schema(as = spark_wallet::Wallet)]
pub(super) struct WalletData<'a> {
    /// Wallet address (钱包地址).
    #[serde(rename = "walletAddr")]
    pub(super) wallet_addr: &'a str,
    /// The temporary secret, after a reset only: 19 digits.
    #[serde(rename = "newPwd", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, nullable = false, pattern = "^[1-9][0-9]{18}$")]
    pub(super) new_pwd: Option<ShownOnce>,
    /// User id (用户Id).
    #[serde(rename = "userId")]
    pub(super) user_id: &'a str,
}

/// A new access token.
#[derive(Serialize, ToSchema)]
#[schema(as = spark_wallet::Access)]
pub(super) struct AccessData {
    /// The token.
    #[serde(rename = "accessToken")]
    #[schema(value_type = String)]
    pub(super) access_token: ShownOnce,
    /// Seconds until it proves nothing.
    #[serde(rename = "expiresIn")]
    #[schema(minimum = 0)]
    pub(super) expires_in: i64,
}

/// How long to wait.
#[derive(Serialize, ToSchema)]
#[schema(as = spark_wallet::Wait)]
pub(super) struct WaitData {
    /// Seconds; 0 where waiting does not help.
    #[serde(rename = "retryAfter")]
    #[schema(minimum = 0)]
    pub(super) retry_after: i64,
}

/// A secret that the caller is shown now and never again.
pub(super) struct ShownOnce(pub(super) Zeroizing<String>);

impl Serialize for ShownOnce {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}
