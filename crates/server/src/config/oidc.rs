//! Section `oidc`: an OpenID provider whose access tokens stand for sessions.

use std::path::PathBuf;

use axum::http::uri::{Scheme, Uri};
use countersign_crypto::access_token::{TokenRules, TokenType};
use countersign_crypto::jws::Algorithm;
use countersign_dialects::native::LoginDemand;
use countersign_domain::time::Span;
use countersign_service::{AccountBy, Provider};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An OpenID provider whose access tokens stand for sessions, so that nobody needs our login ([oidc.md](oidc.md)). All of it
/// changes only with a restart.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Oidc {
    /// Who signs the tokens: exactly their `iss`. Without it nobody's tokens are taken but our own.
    #[schemars(length(min = 1, max = 500))]
    pub issuer: Option<String>,
    /// For whom the tokens must be made: what must be their `aud`, or among it.
    #[schemars(length(min = 1, max = 500))]
    pub audience: Option<String>,
    /// Where the provider's keys are (a JWK Set). Where it is not set, that is read at `/.well-known/openid-configuration` under
    /// the issuer. `https`; to this machine also `http`.
    #[schemars(length(min = 1, max = 500))]
    pub jwks_url: Option<String>,
    /// A file with the provider's keys instead. It is read again every `refresh_s`.
    pub jwks_file: Option<PathBuf>,
    /// File with the only certificate authorities to trust there, PEM; Mozilla's list where it is not set.
    pub ca_file: Option<PathBuf>,
    /// With what tokens may be signed.
    pub algorithms: Vec<TokenAlgorithm>,
    /// Which type a token must have (`typ`).
    pub typ: TokenTyp,
    /// Clients that tokens may be made for (`azp`, else `client_id`); any where the list is empty.
    pub clients: Vec<String>,
    /// The claim that names the account.
    #[schemars(length(min = 1, max = 200))]
    pub account_claim: String,
    /// What of an account that claim names.
    pub account_by: AccountName,
    /// The claim that names the session at the provider. Where a token does not have it, its `jti` is taken, else the token
    /// itself: each token is a session of its own then.
    #[schemars(length(min = 1, max = 200))]
    pub session_claim: String,
    /// How far the provider's clock may be from ours.
    #[schemars(range(min = 0, max = 600))]
    pub clock_skew_s: u32,
    /// How long ago the person may have logged in (`auth_time`). A token that says otherwise, or does not say, proves nothing.
    #[schemars(range(min = 1, max = 31_536_000))]
    pub max_age_s: Option<u32>,
    /// How the person must have logged in: one of these as `acr`. Anyhow where the list is empty.
    #[schemars(inner(length(min = 1, max = 200)))]
    pub acr: Vec<String>,
    /// How often the provider's keys are fetched. They are fetched at once when a token names one that is not known, but no
    /// more often than every ten seconds.
    #[schemars(range(min = 10, max = 86_400))]
    pub refresh_s: u32,
    /// How long keys are good that cannot be fetched again.
    #[schemars(range(min = 60, max = 2_592_000))]
    pub keep_s: u32,
}

impl Default for Oidc {
    fn default() -> Self {
        Self {
            issuer: None,
            audience: None,
            jwks_url: None,
            jwks_file: None,
            ca_file: None,
            algorithms: TokenAlgorithm::ALL.into(),
            typ: TokenTyp::AccessToken,
            clients: Vec::new(),
            account_claim: "sub".to_owned(),
            account_by: AccountName::UserId,
            session_claim: "sid".to_owned(),
            clock_skew_s: 60,
            max_age_s: None,
            acr: Vec::new(),
            refresh_s: 300,
            keep_s: 86_400,
        }
    }
}

/// With what a token may be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum TokenAlgorithm {
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// ECDSA over P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSA PKCS#1 v1.5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSA PSS with SHA-256.
    #[serde(rename = "PS256")]
    Ps256,
}

impl TokenAlgorithm {
    const ALL: [Self; 4] = [Self::EdDsa, Self::Es256, Self::Rs256, Self::Ps256];

    const fn to_crypto(self) -> Algorithm {
        match self {
            Self::EdDsa => Algorithm::EdDsa,
            Self::Es256 => Algorithm::Es256,
            Self::Rs256 => Algorithm::Rs256,
            Self::Ps256 => Algorithm::Ps256,
        }
    }
}

/// Which types of token are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum TokenTyp {
    /// What RFC 9068 asks of access tokens.
    #[serde(rename = "at+jwt")]
    AccessToken,
    /// Also `JWT` and none, for providers that do not follow it. Make sure that nothing else they sign has this audience.
    #[serde(rename = "any")]
    Any,
}

/// What names an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccountName {
    /// The platform's own user id.
    UserId,
    /// The login name.
    Username,
}

impl Oidc {
    /// The provider as the service takes it; `None` if there is none. A token is good for at most `life_max`.
    #[must_use]
    pub fn provider(&self, life_max: Span) -> Option<Provider> {
        let (issuer, audience) = self.issuer.clone().zip(self.audience.clone())?;
        let rules = TokenRules {
            issuer,
            audience,
            algorithms: self.algorithms.iter().map(|algorithm| algorithm.to_crypto()).collect(),
            typ: match self.typ {
                TokenTyp::AccessToken => TokenType::AccessToken,
                TokenTyp::Any => TokenType::Any,
            },
            clients: self.clients.clone(),
            account_claim: self.account_claim.clone(),
            session_claim: self.session_claim.clone(),
            skew: Span::from_secs(self.clock_skew_s),
            life_max,
            max_age: self.max_age_s.map(Span::from_secs),
            acr: self.acr.clone(),
        };
        let account_by = match self.account_by {
            AccountName::UserId => AccountBy::UserId,
            AccountName::Username => AccountBy::Username,
        };
        Some(Provider { rules, account_by })
    }

    /// What persons are told who did not log in as is asked for.
    #[must_use]
    pub fn login_demand(&self) -> LoginDemand {
        LoginDemand { max_age_s: self.max_age_s, acr: self.acr.clone() }
    }

    /// What does not fit together: the settings it is about, and why.
    pub(super) fn problems(&self) -> Vec<(&'static [&'static str], &'static str)> {
        let mut found: Vec<(&'static [&'static str], &'static str)> = Vec::new();
        let mut say_if = |wrong: bool, paths: &'static [&'static str], words: &'static str| {
            if wrong {
                found.push((paths, words));
            }
        };
        say_if(
            self.issuer.is_some() != self.audience.is_some(),
            &["oidc.issuer", "oidc.audience"],
            "set both, or neither: a token that is not made for us must not be taken",
        );
        say_if(
            self.jwks_url.is_some() && self.jwks_file.is_some(),
            &["oidc.jwks_url", "oidc.jwks_file"],
            "the keys come from one place",
        );
        let fetched =
            "is not a URL that may be asked: use https, or http to this machine (127.0.0.1, ::1, localhost)";
        let url = self.jwks_url.as_deref();
        say_if(url.is_some_and(|url| address(url).is_none()), &["oidc.jwks_url"], fetched);
        let discovered = self.jwks_url.is_none() && self.jwks_file.is_none();
        let issuer = self.issuer.as_deref().filter(|_| discovered);
        say_if(issuer.is_some_and(|url| address(url).is_none()), &["oidc.issuer"], fetched);
        say_if(self.algorithms.is_empty(), &["oidc.algorithms"], "without any, no token could be good");
        say_if(
            !self.acr.iter().all(|acr| is_acr(acr)),
            &["oidc.acr"],
            "each is one word of visible ASCII characters",
        );
        found
    }
}

/// Where keys may be fetched: whoever could change them on the way could be anybody.
pub(crate) fn address(url: &str) -> Option<Uri> {
    let uri: Uri = url.parse().ok()?;
    let host = uri.host()?;
    let loopback = host == "localhost"
        || host.trim_matches(['[', ']']).parse::<core::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let scheme = uri.scheme()?;
    (*scheme == Scheme::HTTPS || (*scheme == Scheme::HTTP && loopback)).then_some(uri)
}

/// Whether it can be one of `acr_values`, which are parted by spaces.
pub(super) fn is_acr(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use crate::config::Sources;

    fn problem(variables: &[(&str, &str)]) -> Option<String> {
        let environment = variables.iter().copied().collect();
        Sources { environment, ..Sources::default() }.load().err().map(|error| error.to_string())
    }

    #[test]
    fn a_provider_is_named_wholly_and_asked_safely() {
        let (issuer, audience) = ("COUNTERSIGN_OIDC__ISSUER", "COUNTERSIGN_OIDC__AUDIENCE");
        let url = "COUNTERSIGN_OIDC__JWKS_URL";
        let good = [
            &[(issuer, "https://login.example"), (audience, "pay")][..],
            &[(issuer, "http://127.0.0.1:9/x"), (audience, "pay")],
            &[(issuer, "our login"), (audience, "pay"), ("COUNTERSIGN_OIDC__JWKS_FILE", "keys.json")],
            &[(issuer, "our login"), (audience, "pay"), (url, "https://login.example/keys")],
        ];
        for variables in good {
            assert_eq!(problem(variables), None, "{variables:?}");
        }
        for (variables, part) in [
            (&[(issuer, "https://login.example")][..], "set both"),
            (&[(audience, "pay")], "set both"),
            (&[(issuer, "http://login.example"), (audience, "pay")], "use https"),
            (&[(issuer, "our login"), (audience, "pay"), (url, "http://10.0.0.1/")], "use https"),
            (&[("COUNTERSIGN_OIDC__ALGORITHMS", "HS256")], "oidc.algorithms"),
            (&[("COUNTERSIGN_OIDC__ALGORITHMS", "")], "without any"),
            (&[("COUNTERSIGN_OIDC__ACR", "two words")], "visible ASCII"),
            (&[("COUNTERSIGN_DIALECTS__NATIVE__ACR_SECRET", "two words")], "visible ASCII"),
        ] {
            let words = problem(variables).expect("it does not fit");
            assert!(words.contains(part), "{words}");
        }
    }
}
