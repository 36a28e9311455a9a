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
    const LIFE: &str = "COUNTERSIGN_POLICY__CODES__LIFE_S";
    const SENDER: &str = "COUNTERSIGN_CODES__SENDER__KIND";
    let none: &[&str] = &[];
    let mail = [
        (SENDER, "smtp"),
        ("COUNTERSIGN_CODES__SENDER__SMTP__HOST", "mail.example"),
        ("COUNTERSIGN_CODES__SENDER__SMTP__FROM", "codes@mail.example"),
        ("COUNTERSIGN_CODES__SENDER__SMTP__TO_TEMPLATE", "{mobile}@sms.example"),
    ];
    let cases: [(Variables<'_>, &[&str]); 23] = [
        (&[(BURST, "10")], none),
        (&[(BURST, "11")], &["without_effect"]),
        (&[(DAY, "20")], none),
        (&[(DAY, "21")], &["without_effect"]),
        (&[(LIFETIME, "50")], none),
        (&[(LIFETIME, "51")], &["devices_above_nist"]),
        (&[(LIFETIME, "100"), (DEVICES, "0")], none),
        (&[(LIFETIME, "101")], &["above_nist"]),
        (&[PRESET, (DEVICES, "0")], none),
        (&[PRESET, (DEVICES, "0"), (LIFETIME, "6")], &["above_psd2"]),
        (&[PRESET, (DEVICES, "0"), (LIFETIME, "6"), (DAY, "6"), (BURST, "6")], &["above_psd2", "above_psd2"]),
        (&[(DEVICE_LIFETIME, "16")], none),
        (&[(DEVICE_LIFETIME, "17")], &["devices_above_nist"]),
        (&[(DEVICE_LIFETIME, "20"), (DEVICES, "1")], none),
        (&[(DEVICE_LIFETIME, "21"), (DEVICES, "1")], &["device_above_account"]),
        (&[(DEVICE_DAY, "11")], &["without_effect"]),
        (&[(DEVICES, "8")], none),
        (&[(DEVICES, "9")], &["devices_above_nist"]),
        (&[(LIFE, "600")], none),
        (&[(LIFE, "601")], &["code_outlives_nist"]),
        (&mail, &["codes_by_mail"]),
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
fn limits_that_replace_a_number_of_the_preset_are_told() {
    const PRESET: (&str, &str) = ("COUNTERSIGN_POLICY__PAYMENTS__PRESET", "cn-payments");
    const LIMITS: &str = "COUNTERSIGN_POLICY__PAYMENTS__LIMITS";
    let none: &[&str] = &[];
    let cases: [(Variables<'_>, &[&str]); 5] = [
        (&[PRESET], none),
        (&[PRESET, (LIMITS, "EUR in_window=5")], none),
        (&[PRESET, (LIMITS, "CNY one_factor_day=1000 two_factors_day=5000")], none),
        (&[PRESET, (LIMITS, "CNY in_window=200")], &["limits_replace_preset"]),
        (&[(LIMITS, "CNY in_window=200")], none),
    ];
    for (variables, expected) in cases {
        assert_eq!(codes(variables), expected, "{variables:?}");
    }
}

#[test]
fn psd2_for_payments_goes_with_psd2_for_guesses() {
    let codes = |presets: &[(&str, &str)]| -> Vec<&str> {
        let environment = presets.iter().copied().collect();
        let loaded = Sources { environment, ..Sources::default() }.load().expect("settings");
        of(&loaded).into_iter().map(|advice| advice.code).collect()
    };
    let payments = ("COUNTERSIGN_POLICY__PAYMENTS__PRESET", "psd2");
    assert_eq!(codes(&[payments]), ["psd2_in_a_row"]);
    assert_eq!(codes(&[payments, ("COUNTERSIGN_POLICY__GUESSES__PRESET", "psd2")]), [""; 0]);
}

#[test]
fn a_payments_code_that_cannot_say_what_it_approves_is_told() {
    const PRESET: &str = "COUNTERSIGN_POLICY__PAYMENTS__PRESET";
    const LIMITS: &str = "COUNTERSIGN_POLICY__PAYMENTS__LIMITS";
    const SENDERS: &str = "COUNTERSIGN_CODES__SENDERS";
    const ALIYUN: &str = "COUNTERSIGN_CODES__SENDER__ALIYUN__PARAMS";
    const TENCENT: &str = "COUNTERSIGN_CODES__SENDER__TENCENT__PARAMS";
    let (both, china) = ((SENDERS, "aliyun,tencent"), (PRESET, "cn-payments"));
    let (named, nameless) =
        ((ALIYUN, "c={code},a={currency} {amount},p={payee}"), (TENCENT, "{code},{amount}"));
    let needed = [
        ("COUNTERSIGN_CODES__SENDER__ALIYUN__ACCESS_KEY_ID", "id"),
        ("COUNTERSIGN_CODES__SENDER__ALIYUN__ACCESS_KEY_SECRET", "a-key"),
        ("COUNTERSIGN_CODES__SENDER__ALIYUN__SIGN_NAME", "shop"),
        ("COUNTERSIGN_CODES__SENDER__TENCENT__SECRET_ID", "id"),
        ("COUNTERSIGN_CODES__SENDER__TENCENT__SECRET_KEY", "a-key"),
        ("COUNTERSIGN_CODES__SENDER__TENCENT__APP_ID", "1"),
    ];
    let once = &["payment_code_unnamed"][..];
    let cases: [(Variables<'_>, &[&str]); 7] = [
        (&[both], &[]),
        (&[both, china], &["payment_code_unnamed", "payment_code_unnamed"]),
        (&[both, china, named], once),
        (&[both, china, named, nameless], once),
        (&[both, china, named, (TENCENT, "{code},{amount},{payee}")], &[]),
        (&[(SENDERS, "tencent"), (LIMITS, "CNY one_factor=100")], once),
        (&[(SENDERS, "tencent"), (LIMITS, "CNY two_factors_day=100")], &[]),
    ];
    for (variables, expected) in cases {
        assert_eq!(codes(&[variables, &needed].concat()), expected, "{variables:?}");
    }
}
