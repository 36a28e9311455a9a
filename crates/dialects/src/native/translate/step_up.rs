//! What a caller is asked for who must show more: as a problem of our own, or as RFC 9470 says it, for callers whose client
//! library already knows what to do with that.

use core::fmt::Write as _;

use countersign_domain::answer::{IntentRefusal, Refusal};
use http::{HeaderName, HeaderValue, header};

use super::problems::Told;
use crate::native::envelope::with_header;
use crate::native::settings::{LoginDemand, Settings, StepUp};
use crate::native::wire::problem::ProblemCode;
use crate::raw::{RawRequest, RawResponse};

/// The preference by which a request asks for it (RFC 7240), and its value.
const PREFERENCE: (&str, &str) = ("step-up", "rfc9470");

/// What a developer reads who looks at the challenge; the body says it to people.
const SECRET: &str = "The payment secret is needed for this payment";
const SECRET_AND_CODE: &str = "The payment secret and a verification code are needed for this payment";

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The answer by RFC 9470 to an approval that needs more than was shown; `None` where it is told as a problem of our own, or
/// is about something else.
pub(in crate::native) fn refused(
    raw: &RawRequest,
    refusal: &Refusal,
    settings: &Settings,
) -> Option<RawResponse> {
    let Refusal::Intent(refusal) = refusal else { return None };
    let (why, words, description, acr) = if let IntentRefusal::SecretRequired(why) = refusal {
        (why, ProblemCode::SecretRequired, SECRET, &settings.acr_secret)
    } else if let IntentRefusal::CodeRequired(why) = refusal {
        (why, ProblemCode::CodeRequired, SECRET_AND_CODE, &settings.acr_secret_and_code)
    } else {
        return None;
    };
    let preferred = prefers(raw);
    if settings.step_up == StepUp::Problem && !preferred {
        return None;
    }
    let challenge = challenge(description, &[acr], Some(0));
    let told = Told::new(raw).reason(why.as_str());
    let answer = told.worded_as(words, ProblemCode::InsufficientUserAuthentication);
    let mut answer = with_header(answer, header::WWW_AUTHENTICATE, &challenge);
    answer.headers.append(header::VARY, HeaderValue::from_static("Prefer"));
    if preferred {
        let applied = format!("{}={}", PREFERENCE.0, PREFERENCE.1);
        answer = with_header(answer, PREFERENCE_APPLIED, &applied);
    }
    Some(answer)
}

/// The answer to who logged in too long ago, or not as is asked for.
pub(in crate::native) fn weak_login(raw: &RawRequest, demand: &LoginDemand) -> RawResponse {
    let acr: Vec<&str> = demand.acr.iter().map(String::as_str).collect();
    let challenge = challenge("The person must log in anew", &acr, demand.max_age_s);
    let answer = Told::new(raw).answer(ProblemCode::InsufficientUserAuthentication);
    with_header(answer, header::WWW_AUTHENTICATE, &challenge)
}

/// What RFC 9470, section 3, puts into `WWW-Authenticate`; each value as a quoted string (RFC 9110, 5.6.4).
fn challenge(description: &str, acr: &[&str], max_age_s: Option<u32>) -> String {
    let mut challenge = "Bearer error=\"insufficient_user_authentication\"".to_owned();
    let acr = acr.join(" ");
    let max_age = max_age_s.map(|seconds| seconds.to_string()).unwrap_or_default();
    for (name, value) in [("error_description", description), ("acr_values", &acr), ("max_age", &max_age)] {
        if !value.is_empty() {
            let _ = write!(challenge, ", {name}=\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
        }
    }
    challenge
}

/// Whether the request asks for it. Of a preference that is named twice the first counts (RFC 7240, section 2).
fn prefers(raw: &RawRequest) -> bool {
    let lists = raw.headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    let preferences = lists.flat_map(|list| list.split(','));
    let mut named = preferences.filter_map(|preference| {
        let (name, value) = preference.split(';').next()?.split_once('=')?;
        name.trim().eq_ignore_ascii_case(PREFERENCE.0).then(|| value.trim().trim_matches('"'))
    });
    named.next().is_some_and(|value| value.eq_ignore_ascii_case(PREFERENCE.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_is_in_quotes() {
        assert_eq!(
            challenge("a \"b\" \\ c", &["urn:x", "urn:y"], Some(5)),
            r#"Bearer error="insufficient_user_authentication", error_description="a \"b\" \\ c", acr_values="urn:x urn:y", max_age="5""#
        );
        assert_eq!(
            challenge("d", &[], None),
            r#"Bearer error="insufficient_user_authentication", error_description="d""#
        );
    }
}
