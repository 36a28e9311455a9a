//! The dialect `currency_pass` (document 002): an exchange's 资金密码 with a choice of how often it is asked.
//!
//! Six calls under `/auth/user/bind/currency-pass`. The person proves herself by a session's access token in
//! `Authorization: Bearer`, or in a cookie if the settings name one. JSON in; bare `true` or `false` out, except that
//! `settings/{rate}` answers bare text and `settings/status` an object.
//!
//! | call | asks for | `false` |
//! |---|---|---|
//! | `POST` | the first secret, 6 to 16 characters | one is set already |
//! | `PUT /change` | another secret by the old one | wrong old secret, none set, or new like old |
//! | `POST /verify` | is this the secret? | wrong, or none set |
//! | `GET /settings/{rate}` | choose 1, 2 or 3 | |
//! | `GET /settings/status` | state and seconds left | |
//! | `GET /verify-by-status` | need it be presented? | yes: no open window |
//!
//! Errors are `application/problem+json` with exactly `type`, `title`, `status`, `path`, `message`; `message` is for
//! people, by `Accept-Language`, else in simplified Chinese. Not logged in is 500 (a setting: 401), the policy and
//! unreadable requests 400, locked 423 (a setting: `false`), and a verify whose account is gone 404.
//!
//! A token in a cookie is sent by browsers on anybody's behalf. So such a request must not be marked as cross-site,
//! and its body must be declared as JSON, which a foreign page cannot do without being asked first.

mod envelope;
mod openapi;
mod settings;
mod texts;
mod translate;
mod wire;

use countersign_domain::caller::{Caller, Claim, Resolution, Unproven};
use countersign_domain::time::Timestamp;
use http::Method;

pub use settings::{Locked, NotLoggedIn, Settings, WindowOpens};

use self::wire::Call;
use crate::device::DeviceToken;
use crate::raw::{RawRequest, RawResponse};
use crate::rejection::Rejection;
use crate::{Answer, Dialect, Endpoint, Opened};

/// In the order of [`Call::ALL`].
static ENDPOINTS: [Endpoint; 6] = [
    endpoint(Method::POST, "/auth/user/bind/currency-pass"),
    endpoint(Method::PUT, "/auth/user/bind/currency-pass/change"),
    endpoint(Method::POST, "/auth/user/bind/currency-pass/verify"),
    endpoint(Method::GET, "/auth/user/bind/currency-pass/settings/status"),
    endpoint(Method::GET, "/auth/user/bind/currency-pass/settings/{rate}"),
    endpoint(Method::GET, "/auth/user/bind/currency-pass/verify-by-status"),
];

/// The dialect of document 002.
pub struct CurrencyPass {
    settings: Settings,
}

impl CurrencyPass {
    /// Speaks as the settings say.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }
}

impl Dialect for CurrencyPass {
    fn name(&self) -> &'static str {
        "currency_pass"
    }

    fn endpoints(&self) -> &[Endpoint] {
        &ENDPOINTS
    }

    fn identify(&self, raw: &RawRequest) -> Result<Claim, Rejection> {
        envelope::token(raw, &self.settings).map(Claim::AccessToken).ok_or(Rejection::NoCredential)
    }

    fn open(&self, raw: &RawRequest, caller: &Resolution, _now: Timestamp) -> Result<Opened, Rejection> {
        let person = match caller {
            Ok(Caller::Session(person)) => person,
            Ok(Caller::Nobody | Caller::Sessions(_) | Caller::App(_) | Caller::HawkApp { .. }) => {
                return Err(Rejection::Unproven(Unproven::Unknown));
            }
            Err(unproven) => return Err(Rejection::Unproven(*unproven)),
        };
        let call = Call::ALL.get(raw.endpoint).ok_or(Rejection::NotFound)?;
        translate::command(*call, raw, person, &self.settings).map(Opened::new)
    }

    fn seal(
        &self,
        raw: &RawRequest,
        _caller: Option<&Resolution>,
        answer: Answer<'_>,
        now: Timestamp,
    ) -> RawResponse {
        let Some(&call) = Call::ALL.get(raw.endpoint) else { return translate::fault(raw) };
        match answer {
            Answer::Done(done) => translate::done(call, raw, done, &self.settings, now),
            Answer::Refused(refusal) => translate::refused(call, raw, refusal, &self.settings, now),
            Answer::Rejected(rejection) => translate::rejected(call, raw, rejection, &self.settings),
            Answer::Fault => translate::fault(raw),
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
