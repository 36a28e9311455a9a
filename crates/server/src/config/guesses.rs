//! Sections `policy.guesses`, `policy.devices` and `policy.spray`: what a guess costs, and whom.

use countersign_domain::policy::{DevicePolicy, GuessPolicy, Preset};
use countersign_domain::spray::{SprayPolicy, Threshold};
use countersign_domain::time::Span;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Limits of guesses at one secret of one account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Guesses {
    /// The set of limits to begin with: `default`, `psd2`, `pin` or `exchange`.
    pub preset: GuessPreset,
    /// Wrong guesses in a row before the first lock.
    #[schemars(range(min = 1, max = 100))]
    pub burst: Option<u32>,
    /// Seconds of the first lock; each further one is twice as long.
    #[schemars(range(min = 1, max = 86_400))]
    pub lock_first_s: Option<u32>,
    /// Seconds of the longest lock.
    #[schemars(range(min = 1, max = 2_592_000))]
    pub lock_max_s: Option<u32>,
    /// Wrong guesses in any 24 hours.
    #[schemars(range(min = 1, max = 1000))]
    pub day: Option<u32>,
    /// Wrong guesses since the last right one; after them only a verified reset helps.
    #[schemars(range(min = 1, max = 10_000))]
    pub lifetime: Option<u32>,
    /// Times a day that an account's new payment secret is compared with its login secret. Each answer, yes or no,
    /// is a guess at the login secret; beyond it the request is refused as locked.
    #[schemars(range(min = 1, max = 100))]
    pub same_as_login_day: u32,
    /// Seconds after which a guess whose outcome was never recorded counts as wrong.
    #[schemars(range(min = 5, max = 600))]
    pub in_flight_s: u32,
}

/// A named set of limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GuessPreset {
    /// Five in a row, ten a day, twenty in all; locks from 15 minutes on.
    #[default]
    Default,
    /// Five in all, with a warning before the last, as PSD2's technical standards ask.
    Psd2,
    /// Three in a row, five a day, ten in all; locks from 15 minutes on.
    Pin,
    /// Three in a row, six a day, twelve in all; locks from an hour on.
    Exchange,
}

/// Limits of guesses from a device on which the right secret was presented before.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Devices {
    /// Devices that an account may have for each kind of secret; the one not seen for longest makes way. With 0 none is
    /// known. Unset: five; none under the preset `psd2`, whose five failures in a row are all there may be.
    #[schemars(range(min = 0, max = 50))]
    pub per_account: Option<usize>,
    /// Days after which a device that was not seen is unknown again.
    #[schemars(range(min = 1, max = 3650))]
    pub life_days: u32,
    /// Wrong guesses in a row before the first lock.
    #[schemars(range(min = 1, max = 20))]
    pub burst: u32,
    /// Wrong guesses in any 24 hours.
    #[schemars(range(min = 1, max = 100))]
    pub day: u32,
    /// Wrong guesses since the last right one; after them the device is unknown again.
    #[schemars(range(min = 1, max = 100))]
    pub lifetime: u32,
}

/// When so many accounts fail together that it is an attack.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Spray {
    /// Seconds over which failures are counted.
    #[schemars(range(min = 60, max = 86_400))]
    pub span_s: u32,
    /// Accounts on which guesses from one network missed, before its guesses are slowed.
    #[schemars(range(min = 0, max = 100_000))]
    pub network_slow: u32,
    /// Accounts on which guesses from one network missed, before its guesses are refused.
    #[schemars(range(min = 0, max = 100_000))]
    pub network_refuse: u32,
    /// Accounts on which guesses with one secret missed, before guesses with it are slowed.
    #[schemars(range(min = 0, max = 100_000))]
    pub secret_slow: u32,
    /// Accounts on which guesses with one secret missed, before guesses with it are refused.
    #[schemars(range(min = 0, max = 100_000))]
    pub secret_refuse: u32,
    /// Seconds between two guesses that are let through while slowed.
    #[schemars(range(min = 1, max = 3600))]
    pub pace_s: u32,
}

impl GuessPreset {
    /// The preset as the domain knows it.
    #[must_use]
    pub const fn to_domain(self) -> Preset {
        match self {
            Self::Default => Preset::Default,
            Self::Psd2 => Preset::Psd2,
            Self::Pin => Preset::Pin,
            Self::Exchange => Preset::Exchange,
        }
    }
}

impl Guesses {
    /// The names of the numbers that a preset gives, in the order in which they are told.
    pub const OF_PRESET: [&str; 5] = ["burst", "lock_first_s", "lock_max_s", "day", "lifetime"];

    /// What a preset gives for the setting of that name.
    #[must_use]
    pub fn of_preset(preset: Preset, name: &str) -> Option<u32> {
        let limits = preset.limits();
        Some(match name {
            "burst" => limits.burst,
            "lock_first_s" => seconds(limits.lock_first),
            "lock_max_s" => seconds(limits.lock_max),
            "day" => limits.day,
            "lifetime" => limits.lifetime,
            _ => return None,
        })
    }

    /// The limits as the domain takes them.
    #[must_use]
    pub fn to_domain(&self) -> GuessPolicy {
        let preset = self.preset.to_domain().limits();
        let span = |seconds: Option<u32>, preset| seconds.map_or(preset, Span::from_secs);
        GuessPolicy {
            burst: self.burst.unwrap_or(preset.burst),
            lock_first: span(self.lock_first_s, preset.lock_first),
            lock_max: span(self.lock_max_s, preset.lock_max),
            day: self.day.unwrap_or(preset.day),
            lifetime: self.lifetime.unwrap_or(preset.lifetime),
            same_as_login_day: self.same_as_login_day,
            in_flight: Span::from_secs(self.in_flight_s),
        }
    }
}

impl Devices {
    /// The limits as the domain takes them.
    #[must_use]
    pub fn to_domain(&self, preset: GuessPreset) -> DevicePolicy {
        let Self { per_account, life_days, burst, day, lifetime } = *self;
        let usual = if preset == GuessPreset::Psd2 { 0 } else { DevicePolicy::default().per_account };
        let per_account = per_account.unwrap_or(usual);
        DevicePolicy { per_account, life: Span::from_hours(life_days * 24), burst, day, lifetime }
    }
}

impl Spray {
    /// The limits as the domain takes them.
    #[must_use]
    pub fn to_domain(&self) -> SprayPolicy {
        SprayPolicy {
            span: Span::from_secs(self.span_s),
            network: Threshold { slow: self.network_slow, refuse: self.network_refuse },
            secret: Threshold { slow: self.secret_slow, refuse: self.secret_refuse },
            pace: Span::from_secs(self.pace_s),
        }
    }
}

impl Default for Guesses {
    fn default() -> Self {
        let domain = GuessPolicy::default();
        Self {
            preset: GuessPreset::default(),
            burst: None,
            lock_first_s: None,
            lock_max_s: None,
            day: None,
            lifetime: None,
            same_as_login_day: domain.same_as_login_day,
            in_flight_s: seconds(domain.in_flight),
        }
    }
}

impl Default for Devices {
    fn default() -> Self {
        let DevicePolicy { per_account: _, life, burst, day, lifetime } = DevicePolicy::default();
        Self { per_account: None, life_days: seconds(life) / 86_400, burst, day, lifetime }
    }
}

impl Default for Spray {
    fn default() -> Self {
        let SprayPolicy { span, network, secret, pace } = SprayPolicy::default();
        Self {
            span_s: seconds(span),
            network_slow: network.slow,
            network_refuse: network.refuse,
            secret_slow: secret.slow,
            secret_refuse: secret.refuse,
            pace_s: seconds(pace),
        }
    }
}

/// Whole seconds of a span, as settings have them.
pub(super) fn seconds(span: Span) -> u32 {
    u32::try_from(span.secs_ceil()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_its_own_replaces_the_presets_and_no_other() {
        let guesses = Guesses { preset: GuessPreset::Pin, day: Some(4), ..Guesses::default() };
        let pin = Preset::Pin.limits();
        assert_eq!(guesses.to_domain(), GuessPolicy { day: 4, ..pin });
        let all = [GuessPreset::Default, GuessPreset::Psd2, GuessPreset::Pin, GuessPreset::Exchange];
        for (setting, preset) in all.into_iter().zip(Preset::ALL) {
            let guesses = Guesses { preset: setting, ..Guesses::default() };
            assert_eq!(guesses.to_domain(), preset.limits(), "{}", preset.as_str());
        }
    }
}
