//! What is allowed and yet hardly meant: limits that take no effect, or that leave an attacker a real chance.
//!
//! None of this is refused. Of limits that contradict each other the strictest holds, so that nothing is less safe than
//! any one of them says; and who needs a weak limit knows why.

use countersign_domain::odds::{self, YEAR};
use countersign_domain::policy::{DevicePolicy, GuessPolicy, PaymentPreset, Preset};
use countersign_domain::spray::Threshold;

use crate::config::{Loaded, Setting, is_weak};

/// Failures in a row that NIST SP 800-63B, section 3.2.2 of revision 4 (5.2.2 of revision 3), allows at most.
pub const NIST_IN_A_ROW: u32 = 100;

/// Failures in a row that Commission Delegated Regulation (EU) 2018/389, article 4(3)(b), allows at most.
const PSD2_IN_A_ROW: u32 = 5;

/// The chance in a year above which a stranger's guessing is worth a warning.
const CHANCE: f64 = 0.01;

/// One warning.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Advice {
    /// The word for programs. It never changes.
    pub code: &'static str,
    /// One sentence.
    pub words: String,
}

/// Everything that is worth a warning about what these settings say of guesses.
#[must_use]
pub fn of(loaded: &Loaded) -> Vec<Advice> {
    let policy = loaded.config.policy();
    let named = |path: &str| named(&loaded.settings, path);
    let guesses = |name: &str| named(&format!("policy.guesses.{name}"));
    let mut all = of_limits(loaded.config.policy.guesses.preset.to_domain(), &policy.guesses, guesses);
    all.extend(of_devices(&policy.devices, &policy.guesses, named));
    let spray = policy.spray;
    all.extend(of_threshold(spray.network, "network", named));
    all.extend(of_threshold(spray.secret, "secret", named));
    let payments = loaded.config.policy.payments.preset.to_domain();
    all.extend(of_payments(payments, &policy.guesses, named));
    all
}

/// Payments that are authenticated as PSD2 asks bear as few failures as it asks.
fn of_payments(
    preset: PaymentPreset,
    guesses: &GuessPolicy,
    named: impl Fn(&str) -> String,
) -> Option<Advice> {
    let words = || {
        let [payments, guesses] = ["policy.payments.preset", "policy.guesses.preset"].map(&named);
        format!(
            "{payments} goes with {guesses}: set that to psd2 too, else more than {PSD2_IN_A_ROW} failures in a row are possible"
        )
    };
    let more = guesses.burst.max(guesses.lifetime) > PSD2_IN_A_ROW;
    (preset == PaymentPreset::Psd2 && more).then(|| Advice { code: "psd2_in_a_row", words: words() })
}

/// Everything that is worth a warning about what these settings say of hashes.
#[must_use]
pub fn of_hash(loaded: &Loaded) -> Vec<Advice> {
    let named = |path: &str| named(&loaded.settings, path);
    let hash = &loaded.config.hash;
    let Ok(params) = hash.params() else { return Vec::new() };
    let mut all = Vec::new();
    if is_weak(&params) {
        let words = format!(
            "{} allows a hash below the OWASP minimum: whoever steals the database and its key searches it cheaply",
            named("hash.allow_weak")
        );
        all.push(Advice { code: "weak_hash", words });
    }
    let (target_ms, timeout_s) = (loaded.config.admission.target_ms, loaded.config.server.request_timeout_s);
    if u64::from(target_ms) > u64::from(timeout_s) * 1000 {
        let words = format!(
            "{} is never reached: a request is given up after {}; lower the one or raise the other",
            named("admission.target_ms"),
            named("server.request_timeout_s")
        );
        all.push(Advice { code: "without_effect", words });
    }
    // What is borrowed is always more than an arena.
    if hash.allowance_kib.is_some_and(|kib| kib > 0 && kib <= u64::from(params.memory_kib())) {
        let words = format!(
            "{} is never lent: whatever needs no more than {} KiB fits the arena that each thread has",
            named("hash.allowance_kib"),
            params.memory_kib()
        );
        all.push(Advice { code: "without_effect", words });
    }
    all
}

/// What is worth a warning about limits that came of a preset; `named` gives a number its place and origin.
#[must_use]
pub fn of_limits(preset: Preset, limits: &GuessPolicy, named: impl Fn(&str) -> String) -> Vec<Advice> {
    let GuessPolicy { burst, day, lifetime, .. } = *limits;
    let mut all = Vec::new();
    if burst > day.min(lifetime) {
        let stricter = if day <= lifetime { "day" } else { "lifetime" };
        all.push(idle(&named("burst"), &named(stricter)));
    }
    if day > lifetime {
        all.push(idle(&named("day"), &named("lifetime")));
    }
    let in_a_row = |code, limit: &str, most: u32, source: &str| Advice {
        code,
        words: format!("{} is more than the {most} in a row that {source}", named(limit)),
    };
    if lifetime > NIST_IN_A_ROW {
        all.push(in_a_row("above_nist", "lifetime", NIST_IN_A_ROW, "NIST SP 800-63B allows"));
    }
    if preset == Preset::Psd2 {
        let regulation = "Delegated Regulation (EU) 2018/389, article 4(3)(b), allows";
        for (limit, number) in [("burst", burst), ("lifetime", lifetime)] {
            if number > PSD2_IN_A_ROW {
                all.push(in_a_row("above_psd2", limit, PSD2_IN_A_ROW, regulation));
            }
        }
    }
    all
}

/// A warning where a stranger's chance in a year, at secrets of so many random digits, is above 1 %.
#[must_use]
pub fn of_chance(limits: &GuessPolicy, digits: u32, successes_a_day: u32) -> Option<Advice> {
    let guesses = odds::most_guesses(limits, YEAR, successes_a_day);
    let chance = odds::chance(guesses, 10_u64.saturating_pow(digits));
    let owner = match successes_a_day {
        0 => "whose owner is away".to_owned(),
        times => format!("whose owner succeeds {times} times a day on unknown devices"),
    };
    let words = format!(
        "a stranger gets {guesses} guesses a year at an account {owner}: more than 1 % of all secrets of {digits} \
         digits; let devices be known, lower the limits, or ask for longer secrets"
    );
    (chance > CHANCE).then_some(Advice { code: "above_one_percent", words })
}

fn of_devices(devices: &DevicePolicy, guesses: &GuessPolicy, named: impl Fn(&str) -> String) -> Vec<Advice> {
    let DevicePolicy { per_account, burst, day, lifetime, .. } = *devices;
    if per_account == 0 {
        return Vec::new();
    }
    let place = |name: &str| named(&format!("policy.devices.{name}"));
    let mut all = Vec::new();
    if burst > day.min(lifetime) {
        let stricter = if day <= lifetime { "day" } else { "lifetime" };
        all.push(idle(&place("burst"), &place(stricter)));
    }
    if day > lifetime {
        all.push(idle(&place("day"), &place("lifetime")));
    }
    if lifetime > guesses.lifetime {
        let words = format!(
            "{} lets a known device guess more often than {} lets strangers",
            place("lifetime"),
            named("policy.guesses.lifetime")
        );
        all.push(Advice { code: "device_above_account", words });
    }
    all
}

fn of_threshold(threshold: Threshold, what: &str, named: impl Fn(&str) -> String) -> Option<Advice> {
    let Threshold { slow, refuse } = threshold;
    let place = |step: &str| named(&format!("policy.spray.{what}_{step}"));
    (slow > 0 && refuse > 0 && slow >= refuse).then(|| idle(&place("slow"), &place("refuse")))
}

/// Two limits of which the first is never reached.
fn idle(limit: &str, stricter: &str) -> Advice {
    Advice { code: "without_effect", words: format!("{limit} is never reached: {stricter} comes first") }
}

pub(super) fn named(settings: &[Setting], path: &str) -> String {
    match settings.iter().find(|setting| setting.path == path) {
        Some(Setting { value: Some(value), origin, .. }) => format!("{path} = {value} ({origin})"),
        Some(Setting { value: None, .. }) | None => path.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    type Variables<'a> = &'a [(&'a str, &'a str)];

    fn codes(variables: Variables<'_>) -> Vec<&'static str> {
        let environment = variables.iter().copied().collect();
        let loaded = Sources { environment, ..Sources::default() }.load();
        let loaded = loaded.unwrap_or_else(|error| panic!("{variables:?}: {error}"));
        of(&loaded).into_iter().map(|advice| advice.code).collect()
    }

    #[test]
    fn no_preset_needs_a_warning() {
        for preset in Preset::ALL {
            assert!(codes(&[("COUNTERSIGN_POLICY__GUESSES__PRESET", preset.as_str())]).iter().all(
                // Five in all for strangers is less than the ten of a known device, and meant to be.
                |code| preset == Preset::Psd2 && *code == "device_above_account"
            ));
        }
    }

    #[test]
    fn each_warning_comes_one_above_what_is_sound() {
        const PRESET: (&str, &str) = ("COUNTERSIGN_POLICY__GUESSES__PRESET", "psd2");
        const BURST: &str = "COUNTERSIGN_POLICY__GUESSES__BURST";
        const DAY: &str = "COUNTERSIGN_POLICY__GUESSES__DAY";
        const LIFETIME: &str = "COUNTERSIGN_POLICY__GUESSES__LIFETIME";
        const DEVICE_LIFETIME: &str = "COUNTERSIGN_POLICY__DEVICES__LIFETIME";
        const DEVICE_DAY: &str = "COUNTERSIGN_POLICY__DEVICES__DAY";
        const DEVICES: &str = "COUNTERSIGN_POLICY__DEVICES__PER_ACCOUNT";
        const SLOW: &str = "COUNTERSIGN_POLICY__SPRAY__NETWORK_SLOW";
        let none: &[&str] = &[];
        let cases: [(Variables<'_>, &[&str]); 14] = [
            (&[(BURST, "10")], none),
            (&[(BURST, "11")], &["without_effect"]),
            (&[(DAY, "20")], none),
            (&[(DAY, "21")], &["without_effect"]),
            (&[(LIFETIME, "100")], none),
            (&[(LIFETIME, "101")], &["above_nist"]),
            (&[PRESET, (DEVICES, "0")], none),
            (&[PRESET, (DEVICES, "0"), (LIFETIME, "6")], &["above_psd2"]),
            (
                &[PRESET, (DEVICES, "0"), (LIFETIME, "6"), (DAY, "6"), (BURST, "6")],
                &["above_psd2", "above_psd2"],
            ),
            (&[(DEVICE_LIFETIME, "20")], none),
            (&[(DEVICE_LIFETIME, "21")], &["device_above_account"]),
            (&[(DEVICE_DAY, "11")], &["without_effect"]),
            (&[(SLOW, "99")], none),
            (&[(SLOW, "100")], &["without_effect"]),
        ];
        for (variables, expected) in cases {
            assert_eq!(codes(variables), expected, "{variables:?}");
        }
    }

    #[test]
    fn a_weak_hash_and_an_allowance_that_is_never_lent_are_told() {
        const WEAK: [(&str, &str); 5] = [
            ("COUNTERSIGN_HASH__PRESET", "custom"),
            ("COUNTERSIGN_HASH__MEMORY_KIB", "7168"),
            ("COUNTERSIGN_HASH__PASSES", "4"),
            ("COUNTERSIGN_HASH__LANES", "1"),
            ("COUNTERSIGN_HASH__ALLOW_WEAK", "true"),
        ];
        const TARGET: &str = "COUNTERSIGN_ADMISSION__TARGET_MS";
        const ALLOWANCE: &str = "COUNTERSIGN_HASH__ALLOWANCE_KIB";
        let codes = |variables: Variables<'_>| {
            let environment = variables.iter().copied().collect();
            let loaded = Sources { environment, ..Sources::default() }.load();
            let loaded = loaded.unwrap_or_else(|error| panic!("{variables:?}: {error}"));
            of_hash(&loaded).into_iter().map(|advice| advice.code).collect::<Vec<_>>()
        };
        assert_eq!(codes(&[]), [""; 0]);
        assert_eq!(codes(&WEAK[4..]), [""; 0], "what is allowed is not used");
        assert_eq!(codes(&WEAK), ["weak_hash"]);
        let timeout = ("COUNTERSIGN_SERVER__REQUEST_TIMEOUT_S", "5");
        assert_eq!(codes(&[(TARGET, "5000"), timeout]), [""; 0]);
        assert_eq!(codes(&[(TARGET, "5001"), timeout]), ["without_effect"]);
        for (kib, expected) in [("0", &[][..]), ("19456", &["without_effect"]), ("19457", &[])] {
            assert_eq!(codes(&[(ALLOWANCE, kib)]), expected, "{kib}");
        }
    }

    #[test]
    fn the_stricter_of_two_limits_is_named_with_its_origin() {
        let environment = [("COUNTERSIGN_POLICY__GUESSES__DAY", "21")].into_iter().collect();
        let loaded = Sources { environment, ..Sources::default() }.load().unwrap_or_else(|e| panic!("{e}"));
        let words = &of(&loaded)[0].words;
        assert!(
            words.contains("day = 21 (environment") && words.contains("lifetime = 20 (preset default)"),
            "{words}"
        );
    }

    #[test]
    fn a_chance_of_more_than_one_percent_is_told() {
        let limits = GuessPolicy { lifetime: 100, ..GuessPolicy::default() };
        assert_eq!(of_chance(&limits, 4, 0), None);
        let above = GuessPolicy { lifetime: 101, ..limits };
        assert_eq!(of_chance(&above, 4, 0).map(|advice| advice.code), Some("above_one_percent"));
        assert_eq!(of_chance(&GuessPolicy::default(), 6, 1), None);
        assert!(of_chance(&GuessPolicy::default(), 6, 24).is_some());
    }

    #[test]
    fn psd2_for_payments_goes_with_psd2_for_guesses() {
        let codes = |presets: &[(&str, &str)]| -> Vec<&str> {
            let environment = presets.iter().copied().collect();
            let loaded = Sources { environment, ..Sources::default() }.load().expect("settings");
            super::of(&loaded).into_iter().map(|advice| advice.code).collect()
        };
        let payments = ("COUNTERSIGN_POLICY__PAYMENTS__PRESET", "psd2");
        assert_eq!(codes(&[payments]), ["psd2_in_a_row"]);
        assert_eq!(codes(&[payments, ("COUNTERSIGN_POLICY__GUESSES__PRESET", "psd2")]), [""; 0]);
    }
}
