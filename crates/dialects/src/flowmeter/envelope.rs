//! Proving the platform's server by HAWK, and opening the new secret.

use countersign_crypto::hawk::{HawkError, HawkHeader};
use countersign_crypto::legacy::{decrypt, flowmeter_message};
use countersign_domain::caller::{Caller, Resolution};
use countersign_domain::secret::{LegacyDigest, SecretText};
use countersign_domain::time::Timestamp;

use super::settings::Settings;
use super::wire::Parm;
use crate::Once;
use crate::aspnet::settings::CipherProfile;
use crate::aspnet::{cipher, hawk};
use crate::raw::{RawRequest, RawResponse};
use crate::rejection::Rejection;

/// The HAWK header, which is always needed.
pub(super) fn header(raw: &RawRequest) -> Result<HawkHeader, Rejection> {
    hawk::presented(raw).and_then(|header| header.ok_or(HawkError::Missing)).map_err(Rejection::Hawk)
}

/// Proves the request. What comes back must not have been seen before.
pub(super) fn prove(
    raw: &RawRequest,
    caller: &Resolution,
    settings: &Settings,
    now: Timestamp,
) -> Result<Once, Rejection> {
    let header = header(raw)?;
    // An id that nobody has fails as a wrong key does, so ids cannot be tried out.
    let key = key(Some(caller)).ok_or(Rejection::Hawk(HawkError::BadMac))?;
    hawk::prove(raw, &header, key, &settings.hawk(), now).map_err(Rejection::Hawk)
}

/// Takes the new secret's digest out.
pub(super) fn unwrap(parm: &Parm, settings: &Settings) -> Result<LegacyDigest, Rejection> {
    let ciphertext = cipher::from_hex_or_base64(&parm.newpwd).ok_or(Rejection::Undecryptable)?;
    let message = flowmeter_message(&parm.verifycode);
    let profiles = CipherProfile::profiles(&settings.cipher_profiles);
    match decrypt(&profiles, message.expose(), &ciphertext) {
        Ok((digest, _profile)) => Ok(digest),
        Err(_) => Err(Rejection::Undecryptable),
    }
}

/// Signs the answer if the request has a good MAC.
pub(super) fn sign(
    raw: &RawRequest,
    caller: Option<&Resolution>,
    settings: &Settings,
    response: RawResponse,
) -> RawResponse {
    hawk::sign(raw, key(caller), &settings.hawk(), response)
}

/// The app's HAWK key; no other kind of caller has one.
fn key(caller: Option<&Resolution>) -> Option<&SecretText> {
    match caller {
        Some(Ok(Caller::HawkApp { key, .. })) => Some(key),
        Some(Ok(Caller::Nobody | Caller::Session(_) | Caller::Sessions(_) | Caller::App(_)) | Err(_))
        | None => None,
    }
}
