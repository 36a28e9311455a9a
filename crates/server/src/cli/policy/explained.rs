//! Limits and what they are worth, as numbers, before they are put into a table, a page or JSON.

use countersign_domain::odds::{self, YEAR, chance, most_guesses};
use countersign_domain::policy::{DevicePolicy, GuessPolicy, Policy, Preset};
use countersign_domain::time::Span;

use crate::config::Loaded;
use crate::config::advice::{self, Advice, NIST_IN_A_ROW};

/// What is asked about limits.
pub struct Question {
    /// Times a day that the owner succeeds on a device that is not known.
    pub successes: Vec<u32>,
    /// Random digits of a secret.
    pub digits: Vec<u32>,
}

/// Limits, and the answers.
pub struct Explained {
    /// The preset that they came of.
    pub preset: Preset,
    /// Each number with its place in the settings, and where it came from.
    pub limits: Vec<Limit>,
    /// What a stranger gets in a year: first with the owner away.
    pub strangers: Vec<Odds>,
    /// What whoever holds a known device's token gets in a year beside that, the owner away.
    pub device: Option<Odds>,
    /// Devices that an account may have known at once.
    pub devices: usize,
    /// The numbers of one known device.
    pub device_limits: Vec<Limit>,
    /// The rules that others have, to compare with.
    pub compared: Vec<Odds>,
    /// What is worth a warning.
    pub warnings: Vec<Advice>,
}

/// One number.
pub struct Limit {
    /// Its name: `burst`.
    pub name: &'static str,
    /// The number.
    pub value: u32,
    /// A setting or a preset.
    pub origin: String,
}

/// Guesses that somebody gets, and their chance.
pub struct Odds {
    /// Whose they are.
    pub whose: Whose,
    /// How many in a year.
    pub guesses: u64,
    /// For each number of random digits, the chance that one of them is right.
    pub chances: Vec<(u32, f64)>,
}

/// Whose guesses are told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Whose {
    /// A stranger's, while the owner succeeds so many times a day.
    Stranger(u32),
    /// Whoever holds the token of a known device.
    Device,
    /// A stranger's under the rule that most servers have.
    Common,
    /// A stranger's, where just as many in a row are taken as NIST allows.
    Nist,
}

impl Default for Question {
    fn default() -> Self {
        Self { successes: vec![1, 4, 24], digits: vec![4, 6, 8] }
    }
}

impl Explained {
    /// A preset as it is, with these known devices.
    #[must_use]
    pub fn of_preset(preset: Preset, devices: DevicePolicy, question: &Question) -> Self {
        let policy = Policy { guesses: preset.limits(), devices, ..Policy::default() };
        let origin = |path: &str| match path.strip_prefix("policy.guesses.") {
            Some(_) => format!("preset {}", preset.as_str()),
            None => "as configured".to_owned(),
        };
        let warnings = advice::of_limits(preset, &policy.guesses, str::to_owned);
        Self::of(preset, &policy, origin, warnings, question)
    }

    /// What is configured.
    #[must_use]
    pub fn of_settings(loaded: &Loaded, question: &Question) -> Self {
        let origin = |path: &str| {
            let setting = loaded.settings.iter().find(|setting| setting.path == path);
            setting.map_or_else(String::new, |setting| setting.origin.to_string())
        };
        let preset = loaded.config.policy.guesses.preset.to_domain();
        Self::of(preset, &loaded.config.policy(), origin, advice::of(loaded), question)
    }

    fn of(
        preset: Preset,
        policy: &Policy,
        origin: impl Fn(&str) -> String,
        mut warnings: Vec<Advice>,
        question: &Question,
    ) -> Self {
        let guesses = &policy.guesses;
        let in_a_year = |whose, limits: &GuessPolicy, successes| {
            Odds::new(whose, most_guesses(limits, YEAR, successes), &question.digits)
        };
        let owners: Vec<u32> = [0].into_iter().chain(question.successes.iter().copied()).collect();
        // Six digits are the usual length of a PIN here; and an owner is met once a day before being met every hour.
        let digits =
            if question.digits.contains(&6) { 6 } else { question.digits.first().copied().unwrap_or(6) };
        let seldom = owners.iter().take(2).filter_map(|&times| advice::of_chance(guesses, digits, times));
        warnings.extend(seldom);
        let device = policy.devices.per_account > 0;
        Self {
            preset,
            limits: limits(guesses, &origin),
            strangers: owners
                .iter()
                .map(|&times| in_a_year(Whose::Stranger(times), guesses, times))
                .collect(),
            device: device.then(|| in_a_year(Whose::Device, &policy.device_guesses(), 0)),
            devices: policy.devices.per_account,
            device_limits: device_limits(&policy.devices, &origin),
            compared: vec![
                in_a_year(Whose::Common, &odds::common_rule(), 0),
                Odds::new(Whose::Nist, u64::from(NIST_IN_A_ROW), &question.digits),
            ],
            warnings,
        }
    }
}

impl Odds {
    fn new(whose: Whose, guesses: u64, digits: &[u32]) -> Self {
        let chances = digits.iter().map(|&digits| (digits, chance(guesses, 10_u64.saturating_pow(digits))));
        Self { whose, guesses, chances: chances.collect() }
    }
}

fn limits(guesses: &GuessPolicy, origin: impl Fn(&str) -> String) -> Vec<Limit> {
    let seconds = |span: Span| u32::try_from(span.secs_ceil()).unwrap_or(u32::MAX);
    let numbers = [
        ("burst", guesses.burst),
        ("lock_first_s", seconds(guesses.lock_first)),
        ("lock_max_s", seconds(guesses.lock_max)),
        ("day", guesses.day),
        ("lifetime", guesses.lifetime),
        ("in_flight_s", seconds(guesses.in_flight)),
        ("same_as_login_day", guesses.same_as_login_day),
    ];
    numbers
        .map(|(name, value)| Limit { name, value, origin: origin(&format!("policy.guesses.{name}")) })
        .into()
}

fn device_limits(devices: &DevicePolicy, origin: impl Fn(&str) -> String) -> Vec<Limit> {
    let numbers = [("burst", devices.burst), ("day", devices.day), ("lifetime", devices.lifetime)];
    numbers
        .map(|(name, value)| Limit { name, value, origin: origin(&format!("policy.devices.{name}")) })
        .into()
}
