//! What is allowed and yet hardly meant: limits that take no effect, or that leave an attacker a real chance.
//!
//! None of this is refused. Of limits that contradict each other the strictest holds, so that nothing is less safe than
//! any one of them says; and who needs a weak limit knows why.

use countersign_domain::money::CurrencyCode;
use countersign_domain::odds::{self, YEAR};
use countersign_domain::policy::{
    AskPolicy, CurrencyRules, DevicePolicy, GuessPolicy, PaymentPreset, Preset,
};
use countersign_domain::spray::Threshold;

use crate::config::{Config, Loaded, SenderKind, Setting, is_weak};

/// Failures in a row that NIST SP 800-63B, section 3.2.2 of revision 4 (5.2.2 of revision 3), allows at most.
pub const NIST_IN_A_ROW: u32 = 100;

/// Seconds that NIST SP 800-63B-4, section 3.1.3.2, allows a code to live at most.
const NIST_CODE_LIFE_S: u32 = 600;

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
    all.extend(of_replaced(payments, &policy.payments.ask, named));
    all.extend(of_codes(&loaded.config, named));
    all.extend(of_payment_codes(&loaded.config, &policy.payments.ask, named));
    all
}

/// A code that approves a payment must name what it approves, also where a provider knows only a template.
fn of_payment_codes(config: &Config, ask: &AskPolicy, named: impl Fn(&str) -> String) -> Vec<Advice> {
    let two = |rules: &CurrencyRules| rules.one_factor.is_some() || rules.one_factor_day.is_some();
    if !ask.currencies.values().chain([&ask.others]).any(two) {
        return Vec::new();
    }
    let sender = &config.codes.sender;
    let unnamed = |kind: &SenderKind| {
        let params = match kind {
            SenderKind::Aliyun => &sender.aliyun.params,
            SenderKind::Tencent => &sender.tencent.params,
            SenderKind::None | SenderKind::Webhook | SenderKind::Smtp | SenderKind::Twilio => return None,
        };
        let lacks = |word: &&str| !params.iter().any(|param| param.contains(word));
        let lacking: Vec<&str> = ["{amount}", "{payee}"].into_iter().filter(lacks).collect();
        let path = format!("codes.sender.{}.params", kind.as_str());
        let words = format!(
            "{} has no {}: a code that approves a payment does not say which one (PSD2 RTS, article 5(1)(a)), so a thief who \
             changed it on the way gets it approved",
            named(&path),
            lacking.join(" and no ")
        );
        (!lacking.is_empty()).then_some(Advice { code: "payment_code_unnamed", words })
    };
    config.codes.kinds().iter().filter_map(unnamed).collect()
}

/// Codes that NIST SP 800-63B-4, section 3.1.3, would not count: they live too long, or go by mail.
fn of_codes(config: &Config, named: impl Fn(&str) -> String) -> Vec<Advice> {
    let long = config.policy.codes.life_s > NIST_CODE_LIFE_S;
    let long = long.then(|| Advice {
        code: "code_outlives_nist",
        words: format!(
            "{} is longer than the {NIST_CODE_LIFE_S} that NIST SP 800-63B-4, section 3.1.3.2, allows a code",
            named("policy.codes.life_s")
        ),
    });
    let mail = config.codes.kinds().contains(&SenderKind::Smtp);
    let mail = mail.then(|| Advice {
        code: "codes_by_mail",
        words: format!(
            "{} hands codes over as mail: sound only towards a gateway that sends them on to a phone, because a mailbox is no \
             second factor (NIST SP 800-63B-4, section 3.1.3.1)",
            named(if config.codes.senders.is_empty() { "codes.sender.kind" } else { "codes.senders" })
        ),
    });
    long.into_iter().chain(mail).collect()
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

/// A currency that is named has only the rules beside its name, so that a number of the preset may be gone unnoticed.
fn of_replaced(
    preset: PaymentPreset,
    ask: &AskPolicy,
    named: impl Fn(&str) -> String,
) -> impl Iterator<Item = Advice> {
    let other = move |(code, rules): &(CurrencyCode, CurrencyRules)| ask.rules(*code) != rules;
    preset.ask().currencies.into_iter().filter(other).map(move |(code, _)| Advice {
        code: "limits_replace_preset",
        words: format!(
            "policy.payments.limits names {code}, and so nothing is left of what {} says of it: repeat the numbers that are to stay",
            named("policy.payments.preset")
        ),
    })
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
    let most = u64::from(lifetime).saturating_mul(per_account as u64).saturating_add(guesses.lifetime.into());
    if most > NIST_IN_A_ROW.into() && guesses.lifetime <= NIST_IN_A_ROW {
        let words = format!(
            "{} with {} lets strangers and known devices fail {most} times together: more than the {NIST_IN_A_ROW} in a row \
             that NIST SP 800-63B allows",
            place("per_account"),
            place("lifetime")
        );
        all.push(Advice { code: "devices_above_nist", words });
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
mod tests;
