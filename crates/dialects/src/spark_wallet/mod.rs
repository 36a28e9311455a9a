//! The dialect `spark_wallet` (document 003): a blockchain platform's wallets with a query and a payment secret.
//!
//! Seven calls under `/v1/wallet/` and `/v1/app/access`, each by GET and POST. The platform proves itself by the
//! parameter `accessToken`, which `access` issues for `appid` and `appsecret`; a token reaches only the wallets of
//! its own app. Parameters come from the query and from an urlencoded form. One that stands twice in one of them, or
//! in both with different values, is refused; an empty one counts as absent. A body of another media type is not
//! read.
//!
//! **HTTP is always 200**; the outcome is in `code`, `success`, `message`, `data`, in that order for a reader:
//!
//! | case | `code` | `message` |
//! |---|---|---|
//! | done | 200 | (empty) |
//! | token missing, unknown, expired | 5001 (a setting) | 3007 |
//! | parameter or method, and a reset of a wallet that is not there | 400 | 1001 |
//! | wrong secret, none set, no such wallet | 400 | 32038 |
//! | `appid` or `appsecret` wrong | 400 | 31001 |
//! | locked, `data.retryAfter` in seconds, 0 where time does not help | 400 | 32050 |
//! | already set; against the policy | 400 | 32051; 32052 |
//! | our fault; overloaded, with `data.retryAfter` | 505 | 系统异常 |
//!
//! `setPayPassword` sets the first payment secret (`payPassword`) by the query secret (`password`). Lengths are 6 to
//! 64 characters.

mod envelope;
mod openapi;
mod settings;
mod translate;
mod wire;

use countersign_domain::caller::{Caller, Claim, Resolution, Unproven};
use countersign_domain::time::Timestamp;
use http::Method;

pub use settings::{Settings, TokenErrorCode};

use self::wire::Call;
use crate::device::DeviceToken;
use crate::raw::{RawRequest, RawResponse};
use crate::rejection::Rejection;
use crate::{Answer, Dialect, Endpoint, Opened};

/// GET and POST of each call, in the order of [`Call::ALL`].
static ENDPOINTS: [Endpoint; 16] = [
    endpoint(Method::GET, "/v1/wallet/modifyPassword"),
    endpoint(Method::POST, "/v1/wallet/modifyPassword"),
    endpoint(Method::GET, "/v1/wallet/resetPassword"),
    endpoint(Method::POST, "/v1/wallet/resetPassword"),
    endpoint(Method::GET, "/v1/wallet/validPassword"),
    endpoint(Method::POST, "/v1/wallet/validPassword"),
    endpoint(Method::GET, "/v1/wallet/updatePayPassword"),
    endpoint(Method::POST, "/v1/wallet/updatePayPassword"),
    endpoint(Method::GET, "/v1/wallet/resetPayPassword"),
    endpoint(Method::POST, "/v1/wallet/resetPayPassword"),
    endpoint(Method::GET, "/v1/wallet/validPayPassword"),
    endpoint(Method::POST, "/v1/wallet/validPayPassword"),
    endpoint(Method::GET, "/v1/wallet/setPayPassword"),
    endpoint(Method::POST, "/v1/wallet/setPayPassword"),
    endpoint(Method::GET, "/v1/app/access"),
    endpoint(Method::POST, "/v1/app/access"),
];

/// The dialect of document 003.
pub struct SparkWallet {
    settings: Settings,
}

impl SparkWallet {
    /// Speaks as the settings say.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }
}

impl Dialect for SparkWallet {
    fn name(&self) -> &'static str {
        "spark_wallet"
    }

    fn endpoints(&self) -> &[Endpoint] {
        &ENDPOINTS
    }

    fn identify(&self, raw: &RawRequest) -> Result<Claim, Rejection> {
        if raw.method == Method::GET && !self.settings.allow_get {
            return Err(Rejection::MethodNotAllowed(vec![Method::POST.to_string()]));
        }
        let mut members = envelope::parameters(raw)?;
        match Call::at(raw.endpoint).ok_or(Rejection::NotFound)? {
            Call::Access => Ok(Claim::Nobody),
            Call::ModifyPassword
            | Call::ResetPassword
            | Call::ValidPassword
            | Call::UpdatePayPassword
            | Call::ResetPayPassword
            | Call::ValidPayPassword
            | Call::SetPayPassword => {
                members.take("accessToken")?.map(Claim::AppToken).ok_or(Rejection::NoCredential)
            }
        }
    }

    fn open(&self, raw: &RawRequest, caller: &Resolution, _now: Timestamp) -> Result<Opened, Rejection> {
        let call = Call::at(raw.endpoint).ok_or(Rejection::NotFound)?;
        let members = envelope::parameters(raw)?;
        let command = match caller {
            _ if call == Call::Access => translate::access_command(members),
            Ok(Caller::App(app)) => translate::wallet_command(call, app.app, members, &self.settings),
            Ok(Caller::Nobody | Caller::Session(_) | Caller::Sessions(_) | Caller::HawkApp { .. }) => {
                Err(Rejection::Unproven(Unproven::Unknown))
            }
            Err(unproven) => Err(Rejection::Unproven(*unproven)),
        };
        command.map(Opened::new)
    }

    fn seal(
        &self,
        raw: &RawRequest,
        _caller: Option<&Resolution>,
        answer: Answer<'_>,
        now: Timestamp,
    ) -> RawResponse {
        let Some(call) = Call::at(raw.endpoint) else { return translate::fault() };
        match answer {
            Answer::Done(done) => translate::done(done, &self.settings, now),
            Answer::Refused(refusal) => translate::refused(call, refusal, now),
            Answer::Rejected(rejection) => translate::rejected(rejection, &self.settings),
            Answer::Fault => translate::fault(),
        }
    }

    fn device_token(&self) -> DeviceToken {
        self.settings.device_token
    }

    fn openapi(&self) -> utoipa::openapi::OpenApi {
        openapi::document(&self.settings)
    }
}

const fn endpoint(method: Method, path: &'static str) -> Endpoint {
    Endpoint { method, path, any_case: false }
}
