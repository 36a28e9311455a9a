//! What goes over the wire.

use countersign_domain::secret::SecretText;
use serde::Serialize;
use utoipa::ToSchema;

/// The calls, in the order of the endpoints.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Call {
    Bind,
    Change,
    Verify,
    Status,
    Choose,
    VerifyByStatus,
}

impl Call {
    /// Every call, in the order of the endpoints. `settings/status` stands before `settings/{rate}` and so wins.
    pub(super) const ALL: [Self; 6] =
        [Self::Bind, Self::Change, Self::Verify, Self::Status, Self::Choose, Self::VerifyByStatus];
}

/// The body of bind and verify.
pub(super) struct Pass {
    /// `pass`.
    pub(super) pass: SecretText,
}

/// The body of change.
pub(super) struct ChangePass {
    /// `oldPass`.
    pub(super) old: SecretText,
    /// `newPass`.
    pub(super) new: SecretText,
}

/// The answer of `settings/status`: a number and a string, as in document 002's example.
#[derive(Serialize, ToSchema)]
#[schema(as = currency_pass::Status)]
pub(super) struct Status {
    /// Seconds until the state falls back to 1, rounded up; -1 for state 1, which does not end.
    #[serde(rename = "rateExpire")]
    #[schema(minimum = -1, example = 3002)]
    pub(super) rate_expire: i64,
    /// `1` every time, `2` once an hour, `3` once in twenty-four hours.
    #[serde(rename = "currencyRateStatus")]
    #[schema(pattern = "^[123]$", example = "2")]
    pub(super) currency_rate_status: &'static str,
}

/// An error: exactly these five members.
#[derive(Serialize, ToSchema)]
#[schema(as = currency_pass::Problem)]
pub(super) struct Problem<'a> {
    /// Always `about:blank`: the status says what kind of problem it is (RFC 7807, section 4.2).
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    /// The status in words, in English.
    pub(super) title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub(super) status: u16,
    /// The path that was called.
    pub(super) path: &'a str,
    /// For people, in the language of `Accept-Language`.
    pub(super) message: String,
}
