//! Section `policy`: the tenant's numbers. The types of the domain have no bounds; this is where they are checked.

use countersign_domain::common::ContextWords;
use countersign_domain::policy::{CodePolicy, Policy as DomainPolicy, SessionPolicy};
use countersign_domain::secret::Input;
use countersign_domain::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::guesses::{Devices, Guesses, Spray, seconds};
use super::payments::Payments;
use super::spend::Spend;

/// The rules for secrets, codes and sessions.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// How many guesses an account has at one secret. Every guess counts towards all three horizons. A number that is not
    /// set is the preset's; `countersign policy explain` shows them all, and what they are worth against an attacker
    /// ([policy.md](policy.md)).
    pub guesses: Guesses,
    /// How many guesses there are from a device on which the right secret was presented before. They are counted beside
    /// the account's, so that a stranger who uses up the account's does not lock the owner out. A device is known by a
    /// token that it was given (setting `device_token` of each dialect; the legacy dialects have it off until it is
    /// set); the length of its locks is the account's.
    pub devices: Devices,
    /// When so many accounts fail together that it is an attack: one guess at each of many accounts meets no account's
    /// own limit. Guesses for which nothing vouches (a known device, or a session without a wrong guess) are then slowed,
    /// and later refused, until the span is over. Nothing is charged for a refused one. 0 switches a step off.
    pub spray: Spray,
    /// How verification codes live.
    pub codes: CodeLimits,
    /// What verification codes cost, and what is the most that they may ([codes.md](codes.md)).
    pub spend: Spend,
    /// How login sessions live.
    pub sessions: Sessions,
    /// When a payment needs the secret, and when payments rest ([payments.md](payments.md)). A number that is not set is the
    /// preset's.
    pub payments: Payments,
    /// Seconds that a secret which the server made up (`spark_wallet`'s reset) may be used.
    #[schemars(range(min = 60, max = 2_592_000))]
    pub temporary_life_s: u32,
    /// Wrong guesses at such a secret, all in all; then only another reset helps.
    #[schemars(range(min = 1, max = 20))]
    pub temporary_guesses: u32,
    /// Days that guesses at a name which nobody has are remembered after the last one. Such a name locks as others do.
    #[schemars(range(min = 1, max = 365))]
    pub unknown_name_life_days: u32,
    /// Words of at least four characters that no new secret may contain, whatever their case: your platform's name, for
    /// example. A dialect that delivers digests is refused each word alone. They count as secrets that everybody tries first
    /// (setting `common_secrets` of each dialect).
    pub context_words: Vec<String>,
    /// What new verifiers are made over. `plain` is only possible while `tour` and `flowmeter` are off, because
    /// they deliver nothing but an MD5.
    pub input: InputForm,
    /// Seconds that an access token of `spark_wallet` lives.
    #[schemars(range(min = 60, max = 86_400))]
    pub app_token_life_s: u32,
    /// Seconds that the answer to an idempotency key is kept.
    #[schemars(range(min = 60, max = 604_800))]
    pub idempotency_life_s: u32,
}

/// Limits of one-time verification codes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CodeLimits {
    /// Seconds that a code may be used.
    #[schemars(range(min = 30, max = 3600))]
    pub life_s: u32,
    /// Wrong codes before none is accepted, counted across re-sends.
    #[schemars(range(min = 1, max = 20))]
    pub attempts: u32,
    /// Wrong codes in any 24 hours, over all purposes.
    #[schemars(range(min = 1, max = 200))]
    pub attempts_day: u32,
    /// Seconds between two sends for one purpose.
    #[schemars(range(min = 0, max = 3600))]
    pub resend_after_s: u32,
    /// Codes that an account may be sent in 24 hours.
    #[schemars(range(min = 1, max = 1000))]
    pub per_account_day: u32,
    /// Codes that a mobile number may be sent in 24 hours, over all accounts.
    #[schemars(range(min = 1, max = 1000))]
    pub per_mobile_day: u32,
    /// Seconds for which no code goes to a number whose SIM was changed, as a platform hears from its carrier
    /// ([codes.md](codes.md)).
    #[schemars(range(min = 0, max = 2_592_000))]
    pub sim_change_wait_s: u32,
}

/// Limits of login sessions.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Sessions {
    /// Seconds that a session lives if its caller names no time.
    #[schemars(range(min = 60, max = 31_536_000))]
    pub life_s: u32,
    /// The most seconds a caller may ask for.
    #[schemars(range(min = 60, max = 31_536_000))]
    pub life_max_s: u32,
    /// Live sessions of one account; the oldest ends when one more opens.
    #[schemars(range(min = 1, max = 1000))]
    pub per_account: usize,
    /// Whether a new login secret ends the sessions that the old one opened.
    pub end_on_login_change: bool,
}

/// What the key derivation of a new verifier runs over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InputForm {
    /// `UPPER_MD5` of the secret: every dialect can verify it.
    #[default]
    LegacyDigest,
    /// The secret itself.
    Plain,
}

impl Policy {
    /// The words that no secret may contain; `None` if one is too short.
    #[must_use]
    pub fn context_words(&self) -> Option<ContextWords> {
        ContextWords::new(self.context_words.iter().map(String::as_str))
    }

    /// The rules as the domain takes them.
    #[must_use]
    pub fn to_domain(&self) -> DomainPolicy {
        let Self { guesses, codes, sessions, .. } = self;
        DomainPolicy {
            guesses: guesses.to_domain(),
            devices: self.devices.to_domain(guesses.preset),
            spray: self.spray.to_domain(),
            codes: CodePolicy {
                life: Span::from_secs(codes.life_s),
                attempts: codes.attempts,
                attempts_day: codes.attempts_day,
                resend_after: Span::from_secs(codes.resend_after_s),
                per_account_day: codes.per_account_day,
                per_mobile_day: codes.per_mobile_day,
                sim_change_wait: Span::from_secs(codes.sim_change_wait_s),
            },
            // What cannot be read was said when the settings were checked.
            spend: self.spend.to_domain(Span::from_secs(codes.life_s)).unwrap_or_default(),
            sessions: SessionPolicy {
                life: Span::from_secs(sessions.life_s),
                life_max: Span::from_secs(sessions.life_max_s),
                per_account: sessions.per_account,
                end_on_login_change: sessions.end_on_login_change,
            },
            payments: self.payments.to_domain().unwrap_or_default(),
            temporary_life: Span::from_secs(self.temporary_life_s),
            temporary_guesses: self.temporary_guesses,
            unknown_name_life: Span::from_hours(self.unknown_name_life_days * 24),
            // What is too short was said when the settings were checked.
            context_words: self.context_words().unwrap_or_default(),
            input: match self.input {
                InputForm::LegacyDigest => Input::LegacyDigest,
                InputForm::Plain => Input::Plain,
            },
        }
    }
}

/// The defaults are the domain's own, so that the two can never differ.
impl Default for Policy {
    fn default() -> Self {
        let domain = DomainPolicy::default();
        Self {
            guesses: Guesses::default(),
            devices: Devices::default(),
            spray: Spray::default(),
            codes: CodeLimits::default(),
            spend: Spend::default(),
            sessions: Sessions::default(),
            payments: Payments::default(),
            temporary_life_s: seconds(domain.temporary_life),
            temporary_guesses: domain.temporary_guesses,
            unknown_name_life_days: seconds(domain.unknown_name_life) / 86_400,
            context_words: Vec::new(),
            input: match domain.input {
                Input::LegacyDigest => InputForm::LegacyDigest,
                Input::Plain => InputForm::Plain,
            },
            app_token_life_s: 7200,
            idempotency_life_s: 86_400,
        }
    }
}

impl Default for CodeLimits {
    fn default() -> Self {
        let domain = CodePolicy::default();
        Self {
            life_s: seconds(domain.life),
            attempts: domain.attempts,
            attempts_day: domain.attempts_day,
            resend_after_s: seconds(domain.resend_after),
            per_account_day: domain.per_account_day,
            per_mobile_day: domain.per_mobile_day,
            sim_change_wait_s: seconds(domain.sim_change_wait),
        }
    }
}

impl Default for Sessions {
    fn default() -> Self {
        let domain = SessionPolicy::default();
        Self {
            life_s: seconds(domain.life),
            life_max_s: seconds(domain.life_max),
            per_account: domain.per_account,
            end_on_login_change: domain.end_on_login_change,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_the_domains_own() {
        assert_eq!(Policy::default().to_domain(), DomainPolicy::default());
    }
}
