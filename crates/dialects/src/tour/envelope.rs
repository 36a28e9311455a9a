//! Who made the request: by HAWK, or by the ciphertext alone.

use countersign_crypto::hawk::HawkError;
use countersign_crypto::legacy::{Profile, decrypt, tour_hawk_key, tour_message};
use countersign_domain::caller::{Caller, Claim, Resolution, SessionKeys, Unproven};
use countersign_domain::identifier::Name;
use countersign_domain::secret::{LegacyDigest, SecretText};
use countersign_domain::time::Timestamp;

use super::settings::{HawkKey, Settings};
use super::wire::Parm;
use crate::Once;
use crate::aspnet::settings::CipherProfile;
use crate::aspnet::{cipher, hawk};
use crate::raw::{RawRequest, RawResponse};
use crate::rejection::Rejection;

/// Nobody's live session made this request. The same for a username that does not exist, one whose sessions are
/// over, and one that is not the HAWK session's own; HAWK's own failures are [`Rejection::Hawk`].
const NO_LIVE_SESSION: Rejection = Rejection::Unproven(Unproven::Unknown);

/// A request that a live session made.
pub(super) struct Proven<'a> {
    pub(super) parm: Parm,
    pub(super) session: &'a SessionKeys,
    /// `UPPER_MD5` of the new secret.
    pub(super) new: LegacyDigest,
    /// There for HAWK only. A ciphertext can be sent again; the code in the request cannot be used again.
    pub(super) once: Option<Once>,
}

/// The session that a HAWK header names, or the username in the body.
pub(super) fn claim(raw: &RawRequest, settings: &Settings) -> Result<Claim, Rejection> {
    if let Some(header) = hawk::presented(raw).map_err(Rejection::Hawk)? {
        return Ok(Claim::HawkSession(header.id));
    }
    if settings.require_hawk {
        return Err(Rejection::Hawk(HawkError::Missing));
    }
    let parm = Parm::read(raw)?;
    // What no account can be called is nobody's username, which is told as for any other nobody.
    Name::parse(parm.username.expose()).map(Claim::SessionsOf).ok_or(NO_LIVE_SESSION)
}

/// Finds the session that made the request, and takes the new secret's digest out.
pub(super) fn prove<'a>(
    raw: &RawRequest,
    caller: &'a Resolution,
    settings: &Settings,
    now: Timestamp,
) -> Result<Proven<'a>, Rejection> {
    let proof = hawk(raw, caller, settings, now)?;
    let parm = Parm::read(raw)?;
    let (candidates, once) = match proof {
        Some((session, once)) => {
            if session.username.as_ref().is_none_or(|own| own.as_str() != parm.username.expose()) {
                return Err(NO_LIVE_SESSION);
            }
            (core::slice::from_ref(session), Some(once))
        }
        None if sessions(Some(caller)).is_empty() => return Err(NO_LIVE_SESSION),
        None => (sessions(Some(caller)), None),
    };
    let profiles = CipherProfile::profiles(&settings.cipher_profiles);
    let (session, new) = open(&profiles, candidates, &parm).ok_or(Rejection::Undecryptable)?;
    Ok(Proven { parm, session, new, once })
}

/// The session that signed the request, and what must not have been seen before; `None` without a HAWK header, where
/// none is required.
pub(super) fn hawk<'a>(
    raw: &RawRequest,
    caller: &'a Resolution,
    settings: &Settings,
    now: Timestamp,
) -> Result<Option<(&'a SessionKeys, Once)>, Rejection> {
    let header = match hawk::presented(raw).map_err(Rejection::Hawk)? {
        Some(header) => header,
        None if settings.require_hawk => return Err(Rejection::Hawk(HawkError::Missing)),
        None => return Ok(None),
    };
    // An id that nobody has fails as a wrong key does, so ids cannot be tried out.
    let mut outcome = Err(HawkError::BadMac);
    for session in sessions(Some(caller)) {
        outcome = hawk::prove(raw, &header, &hawk_key(session, settings), &settings.hawk(), now)
            .map(|once| Some((session, once)));
        if !matches!(outcome, Err(HawkError::BadMac)) {
            break;
        }
    }
    outcome.map_err(Rejection::Hawk)
}

/// Signs the answer if the request has a good MAC.
pub(super) fn sign(
    raw: &RawRequest,
    caller: Option<&Resolution>,
    settings: &Settings,
    response: RawResponse,
) -> RawResponse {
    let keys: Vec<_> = sessions(caller).iter().map(|session| hawk_key(session, settings)).collect();
    hawk::sign(raw, &keys, &settings.hawk(), response)
}

/// The sessions that may have made the request; no other kind of caller can have.
fn sessions(caller: Option<&Resolution>) -> &[SessionKeys] {
    match caller {
        Some(Ok(Caller::Sessions(sessions))) => sessions,
        Some(Ok(Caller::Nobody | Caller::Session(_) | Caller::App(_) | Caller::HawkApp { .. }) | Err(_))
        | None => &[],
    }
}

/// The first session whose key opens the ciphertext.
fn open<'a>(
    profiles: &[Profile],
    sessions: &'a [SessionKeys],
    parm: &Parm,
) -> Option<(&'a SessionKeys, LegacyDigest)> {
    let ciphertext = cipher::from_base64(&parm.newpassword)?;
    sessions.iter().find_map(|session| {
        let message = tour_message(&session.session_key, &session.login_digest);
        let (digest, _) = decrypt(profiles, message.expose(), &ciphertext).ok()?;
        Some((session, digest))
    })
}

fn hawk_key(session: &SessionKeys, settings: &Settings) -> SecretText {
    match settings.hawk_key {
        HawkKey::SessionKeyAndLoginDigest => tour_hawk_key(&session.session_key, &session.login_digest),
        HawkKey::SessionKey => session.session_key.clone(),
    }
}
