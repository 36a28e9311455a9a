//! The server's half: is a request authentic, and the proof that an answer is ours.

use countersign_domain::secret::SecretText;
use countersign_domain::time::{Span, Timestamp};
use subtle::ConstantTimeEq;

use crate::hawk::header::ServerHeader;
use crate::hawk::mac::{Direction, normalized, normalized_ts};
use crate::hawk::{Algorithm, Ext, HawkError, HawkHeader};

/// The parts of an HTTP request that HAWK covers.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The method, in any case.
    pub method: &'a str,
    /// Path and query exactly as sent, not decoded.
    pub resource: &'a str,
    /// The host as the caller named it, without port. Behind a proxy this is a setting.
    pub host: &'a str,
    /// The port as the caller named it; 80 or 443 if it named none.
    pub port: u16,
    /// The `Content-Type` header.
    pub content_type: Option<&'a str>,
    /// The body as sent.
    pub body: &'a [u8],
}

/// Checks a request against the key of the credential its header names.
///
/// The MAC comes first, because until it is good nothing about the request is anybody's word; then the body;
/// then the clock, so that `tsm`, which is made with the key, goes only to someone who has the key. The
/// caller still has to refuse replays.
///
/// # Errors
///
/// [`HawkError::BadMac`], [`HawkError::MissingPayloadHash`] (a body without a hash),
/// [`HawkError::BadPayloadHash`], [`HawkError::StaleTimestamp`] (further than `skew` from `now`).
pub fn authenticate(
    request: &Request<'_>,
    header: &HawkHeader,
    key: &SecretText,
    algorithm: Algorithm,
    now: Timestamp,
    skew: Span,
) -> Result<Authentic, HawkError> {
    let authentic = prove_mac(request, header, key, algorithm).ok_or(HawkError::BadMac)?;
    match &header.hash {
        Some(hash) => {
            if !equal(&algorithm.payload_hash(request.content_type, request.body), hash) {
                return Err(HawkError::BadPayloadHash);
            }
        }
        None if request.body.is_empty() => {}
        None => return Err(HawkError::MissingPayloadHash),
    }
    let sent = Timestamp::from_secs(header.ts);
    if sent.until(now).max(now.until(sent)) > skew {
        let ts = now.secs();
        return Err(HawkError::StaleTimestamp { ts, tsm: algorithm.mac(key, &normalized_ts(ts)) });
    }
    Ok(authentic)
}

/// Proof that a request was authentic, and what is needed to sign its answer.
#[derive(Clone, Debug)]
pub struct Authentic {
    header: HawkHeader,
    algorithm: Algorithm,
    method: String,
    resource: String,
    host: String,
    port: u16,
}

impl Authentic {
    /// The header that proved it.
    #[must_use]
    pub const fn header(&self) -> &HawkHeader {
        &self.header
    }

    /// Id, nonce and timestamp (seconds): what must not be seen twice while the timestamp is accepted.
    #[must_use]
    pub fn replay_identity(&self) -> (&str, &str, i64) {
        (&self.header.id, &self.header.nonce, self.header.ts)
    }

    fn request(&self) -> Request<'_> {
        Request {
            method: &self.method,
            resource: &self.resource,
            host: &self.host,
            port: self.port,
            content_type: None,
            body: &[],
        }
    }
}

/// The value of `Server-Authorization` for an answer: it proves to the caller that the answer is by someone
/// with the key, is to this very request, and arrived whole.
#[must_use]
pub fn server_authorization(
    authentic: &Authentic,
    key: &SecretText,
    content_type: Option<&str>,
    body: &[u8],
    ext: Option<&Ext>,
) -> String {
    let hash = authentic.algorithm.payload_hash(content_type, body);
    let ext = ext.map(|ext| ext.as_str().to_owned());
    let text =
        normalized(Direction::Response, &authentic.request(), &authentic.header, Some(&hash), ext.as_deref());
    ServerHeader { mac: authentic.algorithm.mac(key, &text), hash: Some(hash), ext }.build()
}

/// [`server_authorization`] for an answer to any request with a good MAC, also one that [`authenticate`] then
/// refuses for its body or its timestamp: whoever made the MAC has the key, and may know that the refusal is ours.
/// `None` if the MAC is not good; nothing is signed for a stranger.
#[must_use]
pub fn answer_authorization(
    request: &Request<'_>,
    header: &HawkHeader,
    key: &SecretText,
    algorithm: Algorithm,
    content_type: Option<&str>,
    body: &[u8],
) -> Option<String> {
    let authentic = prove_mac(request, header, key, algorithm)?;
    Some(server_authorization(&authentic, key, content_type, body, None))
}

/// Says only that the MAC is good; body and timestamp are still anybody's. Never leaves this file on its own.
fn prove_mac(
    request: &Request<'_>,
    header: &HawkHeader,
    key: &SecretText,
    algorithm: Algorithm,
) -> Option<Authentic> {
    let text = normalized(Direction::Header, request, header, header.hash.as_deref(), header.ext.as_deref());
    equal(&algorithm.mac(key, &text), &header.mac).then(|| Authentic {
        header: header.clone(),
        algorithm,
        method: request.method.to_owned(),
        resource: request.resource.to_owned(),
        host: request.host.to_owned(),
        port: request.port,
    })
}

/// In constant time for texts of one length; that of a MAC is no secret.
pub(super) fn equal(ours: &str, theirs: &str) -> bool {
    ours.as_bytes().ct_eq(theirs.as_bytes()).into()
}
