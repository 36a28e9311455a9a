//! The claims of an access token (RFC 7519, 4.1; RFC 9068, 2.2).

use countersign_domain::time::{Span, Timestamp};
use serde_json::{Map, Value};

use super::{NotProof, Proof, SessionName, TokenRules};
use crate::strict_json;

/// Claims of a person may be objects with lists in them: an address, roles.
const DEPTH: usize = 12;

/// The longest text of a claim that names something.
const LONGEST: usize = 1024;

/// The last second of the year 9999: what is later is no date but a mistake.
const LAST_SECOND: f64 = 253_402_300_799.0;

/// Reads claims whose signature is right. `digest` is of what was signed.
pub(super) fn read(
    rules: &TokenRules,
    text: &str,
    digest: [u8; 32],
    now: Timestamp,
) -> Result<Proof, NotProof> {
    let Ok(Value::Object(claims)) = strict_json::read(text, DEPTH) else { return Err(NotProof::Claims) };
    let claims = Claims(&claims);
    if claims.text("iss")? != Some(&rules.issuer) {
        return Err(NotProof::Issuer);
    }
    let several = claims.is_for(&rules.audience)?;
    claims.made_for_one_of(&rules.clients, several)?;
    // A logout token (OpenID Connect Back-Channel Logout 1.0, 2.4) is signed by the same keys and ends what it names.
    if claims.0.contains_key("events") {
        return Err(NotProof::Claims);
    }
    let subject = claims.text("sub")?.ok_or(NotProof::Claims)?;
    let account = claims.text(&rules.account_claim)?.ok_or(NotProof::Claims)?;
    let session = match (claims.text(&rules.session_claim)?, claims.text("jti")?) {
        (Some(session), _) => SessionName::Claim(session.clone()),
        (None, Some(token)) => SessionName::Token(token.clone()),
        (None, None) => SessionName::Digest(digest),
    };
    let issued_at = claims.instant("iat")?.ok_or(NotProof::Claims)?;
    let expires = claims.instant("exp")?.ok_or(NotProof::Claims)?;
    let login_suffices = claims.login_suffices(rules, now)?;
    let begins = claims.instant("nbf")?.unwrap_or(issued_at).max(issued_at);
    if now + rules.skew < begins {
        return Err(NotProof::NotYet);
    }
    let expires_at = expires.min(issued_at + rules.life_max) + rules.skew;
    if now >= expires_at {
        return Err(NotProof::Expired);
    }
    let (account, subject) = (account.clone(), subject.clone());
    Ok(Proof { account, subject, session, issued_at, expires_at, login_suffices })
}

struct Claims<'a>(&'a Map<String, Value>);

impl Claims<'_> {
    /// A text that names something; one that is there must be one. `null` is not there.
    fn text(&self, name: &str) -> Result<Option<&String>, NotProof> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if (1..=LONGEST).contains(&text.len()) => Ok(Some(text)),
            Some(_) => Err(NotProof::Claims),
        }
    }

    /// Whether others are meant too; an error if we are not.
    fn is_for(&self, audience: &str) -> Result<bool, NotProof> {
        match self.0.get("aud") {
            Some(Value::String(one)) if one == audience => Ok(false),
            Some(Value::Array(all)) if all.iter().all(Value::is_string) => {
                if all.iter().any(|one| one == audience) {
                    Ok(all.len() > 1)
                } else {
                    Err(NotProof::Audience)
                }
            }
            Some(Value::String(_)) => Err(NotProof::Audience),
            Some(_) | None => Err(NotProof::Claims),
        }
    }

    /// Whoever it was made for could be one of the other audiences, so with several it must be said.
    fn made_for_one_of(&self, clients: &[String], several: bool) -> Result<(), NotProof> {
        let made_for = match self.text("azp")? {
            Some(party) => Some(party),
            None => self.text("client_id")?,
        };
        match made_for {
            None if several || !clients.is_empty() => Err(NotProof::Client),
            Some(client) if !clients.is_empty() && !clients.contains(client) => Err(NotProof::Client),
            None | Some(_) => Ok(()),
        }
    }

    /// Seconds since 1970, whole or not (RFC 7519, 2), rounded down to milliseconds.
    fn instant(&self, name: &str) -> Result<Option<Timestamp>, NotProof> {
        let Some(value) = self.0.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        let seconds = value.as_f64().filter(|seconds| (0.0..=LAST_SECOND).contains(seconds));
        let seconds = seconds.ok_or(NotProof::Claims)?;
        #[allow(clippy::cast_possible_truncation, reason = "below 2^48, as the filter says")]
        let millis = (seconds * 1000.0).floor() as i64;
        Ok(Some(Timestamp::from_millis(millis)))
    }

    /// Whether the person logged in lately enough, and well enough. What is not said is not so.
    fn login_suffices(&self, rules: &TokenRules, now: Timestamp) -> Result<bool, NotProof> {
        let age = |at: Timestamp| at.until(now);
        let at = self.instant("auth_time")?;
        let fresh = |most: Span| at.is_some_and(|at| age(at) <= most + rules.skew);
        let how = self.text("acr")?;
        let good = rules.acr.is_empty() || how.is_some_and(|how| rules.acr.contains(how));
        Ok(good && rules.max_age.is_none_or(fresh))
    }
}
