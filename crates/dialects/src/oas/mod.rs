//! The dialect `oas` (document 000): a casino and exchange back office's 资金密码, set and changed by one call.
//!
//! `POST /oascchapi/usr/withdrawPassword`, also under `/cch2oas`. The person proves herself by a session's access
//! token in the header `token`. `lang` decides the language of messages (`zh_CN` where it is absent or unknown).
//! `role` is read by nobody: `MOBILE`, `APP`, `Portal`, another and none are served alike, because a role that the
//! caller writes proves nothing.
//!
//! The body is JSON or an urlencoded form with `withdrawPassword` and, where a secret is set already,
//! `withdrawPasswordOrg`, both in Base64. An empty or null `withdrawPasswordOrg` counts as absent; one that is sent
//! although none is set is ignored, but must be Base64 all the same, because that is decided before any record is
//! read. Lengths are 6 to 64 characters.
//!
//! | case | HTTP | `exceptionCode` |
//! |---|---|---|
//! | set or changed | 200 | 0 |
//! | no token | 401 | 90004 |
//! | token expired; unknown, revoked or its account gone | 408 | 90003; 90005 |
//! | old secret wrong or missing, policy, unreadable, empty, not Base64 | 411 | 0 |
//! | locked | 411, `Retry-After` if time helps | 10102 |
//! | method, size, media type | 405, 413, 415 | 0 |
//! | our fault; overloaded | 500; 503, `Retry-After` | 0 |

mod envelope;
mod openapi;
mod settings;
mod texts;
mod translate;
mod wire;

use countersign_domain::caller::{Caller, Claim, Resolution, Unproven};
use countersign_domain::lang::Lang;
use countersign_domain::secret::SecretText;
use countersign_domain::time::Timestamp;
use http::Method;

pub use settings::Settings;

use crate::device::DeviceToken;
use crate::raw::{RawRequest, RawResponse};
use crate::rejection::Rejection;
use crate::{Answer, Dialect, Endpoint, Opened};

static ENDPOINTS: [Endpoint; 2] = [
    Endpoint { method: Method::POST, path: "/oascchapi/usr/withdrawPassword", any_case: false },
    Endpoint { method: Method::POST, path: "/cch2oas/usr/withdrawPassword", any_case: false },
];

/// The dialect of document 000.
pub struct Oas {
    settings: Settings,
}

impl Oas {
    /// Speaks as the settings say.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }
}

impl Dialect for Oas {
    fn name(&self) -> &'static str {
        "oas"
    }

    fn endpoints(&self) -> &[Endpoint] {
        &ENDPOINTS
    }

    fn identify(&self, raw: &RawRequest) -> Result<Claim, Rejection> {
        let token = raw.headers.get("token").filter(|value| !value.is_empty());
        let token = token.ok_or(Rejection::NoCredential)?;
        // A token of ours is visible ASCII; another is there, but nobody's.
        let token = token.to_str().map_err(|_| Rejection::Unproven(Unproven::Unknown))?;
        Ok(Claim::AccessToken(SecretText::new(token.trim().to_owned())))
    }

    fn open(&self, raw: &RawRequest, caller: &Resolution, _now: Timestamp) -> Result<Opened, Rejection> {
        let person = match caller {
            Ok(Caller::Session(person)) => person,
            Ok(Caller::Nobody | Caller::Sessions(_) | Caller::App(_) | Caller::HawkApp { .. }) => {
                return Err(Rejection::Unproven(Unproven::Unknown));
            }
            Err(unproven) => return Err(Rejection::Unproven(*unproven)),
        };
        let wire = envelope::unwrap(raw)?;
        Ok(Opened::new(translate::command(person, wire, &self.settings)))
    }

    fn seal(
        &self,
        raw: &RawRequest,
        _caller: Option<&Resolution>,
        answer: Answer<'_>,
        now: Timestamp,
    ) -> RawResponse {
        let lang = raw.header("lang").and_then(Lang::parse_tag).unwrap_or(Lang::ZhCn);
        match answer {
            Answer::Done(done) => translate::done(done, lang),
            Answer::Refused(refusal) => translate::refused(refusal, lang, now),
            Answer::Rejected(rejection) => translate::rejected(rejection, lang),
            Answer::Fault => translate::fault(lang),
        }
    }

    fn device_token(&self) -> DeviceToken {
        self.settings.device_token
    }

    fn openapi(&self) -> utoipa::openapi::OpenApi {
        openapi::document()
    }
}
