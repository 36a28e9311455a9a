//! What goes over the wire.

use countersign_domain::secret::SecretText;
use serde::Serialize;
use utoipa::ToSchema;

/// The members of a request, decoded from Base64.
pub(super) struct WithdrawPassword {
    /// `withdrawPassword`: the secret to be.
    pub(super) new: SecretText,
    /// `withdrawPasswordOrg`: the secret as it is, if the caller thinks there is one.
    pub(super) old: Option<SecretText>,
}

/// The envelope of every answer but "our fault".
#[derive(Serialize, ToSchema)]
#[schema(as = oas::Envelope)]
pub(super) struct Envelope {
    /// For people, in the language of the header `lang`.
    pub(super) message: String,
    /// Null, except while the secret is locked.
    #[schema(required = true)]
    pub(super) data: Option<WrongPasswords>,
    /// 0, 10102, 90003, 90004 or 90005.
    #[serde(rename = "exceptionCode")]
    pub(super) exception_code: u32,
}

/// What is told while the secret is locked.
#[derive(Serialize, ToSchema)]
#[schema(as = oas::WrongPasswords)]
pub(super) struct WrongPasswords {
    /// Wrong guesses since the last right one.
    #[serde(rename = "usrWrongPasswordTimes")]
    pub(super) times: u32,
}

/// The envelope of "our fault", with the member that only this one has.
#[derive(Serialize, ToSchema)]
#[schema(as = oas::FaultEnvelope)]
pub(super) struct FaultEnvelope {
    /// For people, in the language of the header `lang`.
    pub(super) message: String,
    /// Always null.
    #[schema(value_type = Option<String>, required = true)]
    pub(super) token: (),
    /// Always null.
    #[schema(value_type = Option<String>, required = true)]
    pub(super) data: (),
    /// Always 0.
    #[serde(rename = "exceptionCode")]
    pub(super) exception_code: u32,
}
