//! Proving requests and signing answers by HAWK.

use countersign_crypto::hawk::{
    Algorithm, HawkError, HawkHeader, HeaderFault, Request, answer_authorization, authenticate,
};
use countersign_domain::secret::SecretText;
use countersign_domain::time::{Span, Timestamp};
use http::{HeaderName, HeaderValue, header};

use crate::dialect::Once;
use crate::raw::{RawRequest, RawResponse};

const SERVER_AUTHORIZATION: HeaderName = HeaderName::from_static("server-authorization");

/// What the settings say about HAWK.
pub(crate) struct Rules<'a> {
    /// Whether a MAC by SHA-1 is as good.
    pub(crate) sha1: bool,
    /// How far a caller's clock may be off.
    pub(crate) skew: Span,
    /// The host that callers sign, if it is not the one that they address.
    pub(crate) host: Option<&'a str>,
    /// The port that callers sign, if it is not the one that they address.
    pub(crate) port: Option<u16>,
}

/// The request's HAWK header; `None` if it has no `Authorization` of this scheme.
///
/// # Errors
/// [`HawkError::Malformed`]. Also where a second `Authorization` stands beside one of this scheme: which of them
/// counts must not depend on who reads.
pub(crate) fn presented(raw: &RawRequest) -> Result<Option<HawkHeader>, HawkError> {
    let values: Vec<_> = raw.headers.get_all(header::AUTHORIZATION).iter().collect();
    if !values.iter().any(|value| is_hawk(value)) {
        return Ok(None);
    }
    match values.as_slice() {
        [one] => {
            let text = one.to_str().map_err(|_| HeaderFault::BadAttribute)?;
            HawkHeader::parse(text).map(Some)
        }
        _ => Err(HeaderFault::Syntax.into()),
    }
}

/// Proves the request against a key. What comes back must not have been seen before.
///
/// # Errors
/// As [`authenticate`].
pub(crate) fn prove(
    raw: &RawRequest,
    header: &HawkHeader,
    key: &SecretText,
    rules: &Rules<'_>,
    now: Timestamp,
) -> Result<Once, HawkError> {
    let mut outcome = Err(HawkError::BadMac);
    for &algorithm in rules.algorithms() {
        outcome =
            rules.covered(raw, |request| authenticate(request, header, key, algorithm, now, rules.skew));
        if !matches!(outcome, Err(HawkError::BadMac)) {
            break;
        }
    }
    let authentic = outcome?;
    let (id, nonce, ts) = authentic.replay_identity();
    Ok(Once {
        credential: id.to_owned(),
        nonce: nonce.to_owned(),
        ts: Timestamp::from_secs(ts),
        skew: rules.skew,
    })
}

/// Signs the answer if the request has a MAC that is good under one of the keys, whatever else was wrong with it.
pub(crate) fn sign<'a>(
    raw: &RawRequest,
    keys: impl IntoIterator<Item = &'a SecretText>,
    rules: &Rules<'_>,
    mut response: RawResponse,
) -> RawResponse {
    let Ok(Some(header)) = presented(raw) else { return response };
    let value = keys.into_iter().find_map(|key| rules.signature(raw, &header, key, &response));
    if let Some(value) = value.and_then(|value| HeaderValue::from_str(&value).ok()) {
        response.headers.insert(SERVER_AUTHORIZATION, value);
    }
    response
}

impl Rules<'_> {
    /// The stronger one first, so that a setting for old callers changes nothing for the others.
    const fn algorithms(&self) -> &'static [Algorithm] {
        if self.sha1 { &[Algorithm::Sha256, Algorithm::Sha1] } else { &[Algorithm::Sha256] }
    }

    fn signature(
        &self,
        raw: &RawRequest,
        header: &HawkHeader,
        key: &SecretText,
        response: &RawResponse,
    ) -> Option<String> {
        let media = response.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        self.algorithms().iter().find_map(|&algorithm| {
            self.covered(raw, |request| {
                answer_authorization(request, header, key, algorithm, media, &response.body)
            })
        })
    }

    /// Hands over what HAWK covers of the request.
    fn covered<T>(&self, raw: &RawRequest, with: impl FnOnce(&Request<'_>) -> T) -> T {
        with(&Request {
            method: raw.method.as_str(),
            resource: &raw.resource(),
            host: self.host.unwrap_or(&raw.authority.host),
            port: self.port.unwrap_or(raw.authority.port),
            content_type: raw.header(header::CONTENT_TYPE.as_str()),
            body: &raw.body,
        })
    }
}

fn is_hawk(value: &HeaderValue) -> bool {
    let scheme = value.as_bytes().split(|c| matches!(c, b' ' | b'\t')).next().unwrap_or_default();
    scheme.eq_ignore_ascii_case(b"hawk")
}
