//! What is said about the cost of codes.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{Variables, run};

fn economics(args: &[&str], variables: Variables<'_>) -> String {
    let directory = TempDir::new().expect("a directory");
    let ran = run(directory.path(), &[&["codes", "economics"], args].concat(), variables, "");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
    ran.out
}

fn json_of(variables: Variables<'_>) -> Value {
    serde_json::from_str(&economics(&["--output", "json"], variables)).expect("JSON")
}

#[test]
fn the_worst_day_is_told_for_each_prefix_and_for_all() {
    let variables = [
        ("COUNTERSIGN_POLICY__SPEND__CURRENCY", "CNY"),
        ("COUNTERSIGN_POLICY__SPEND__PRICES", "+86 0.045, +1876 2"),
        ("COUNTERSIGN_POLICY__SPEND__PREFIX_CAPS", "+86 40 300"),
        ("COUNTERSIGN_POLICY__SPEND__DAY_CAP", "400"),
    ];
    let told = json_of(&variables);
    assert_eq!((&told["currency"], &told["worst_day"]), (&json!("CNY"), &json!("400.00")));
    let row = |place: usize| &told["prefixes"][place];
    assert_eq!(row(0)["prefix"], "+1876");
    // One code an hour short of the cap, then one a minute: more than the cap of the day.
    assert_eq!((&row(0)["worst_day"], &row(0)["worst_day_unverified"]), (&json!("250.00"), &json!("250.00")));
    // 40 in the first hour, 50 codes before they are judged, 1,440 of the trickle at 0.045.
    assert_eq!((&row(1)["worst_day"], &row(1)["worst_day_unverified"]), (&json!("300.00"), &json!("107.05")));
    assert_eq!((&row(2)["prefix"], &row(2)["price"]), (&Value::Null, &json!("0.10")));
    let table = economics(&[], &variables);
    assert!(table.contains("more than 400.00 in 24 hours") && table.contains("+979"), "{table}");
    for line in table.lines() {
        assert!(line.chars().count() <= 100 && line.trim_end() == line, "{line:?}");
    }
}

#[test]
fn no_cap_is_told_as_none() {
    let variables = [
        ("COUNTERSIGN_POLICY__SPEND__DAY_CAP", "0"),
        ("COUNTERSIGN_POLICY__SPEND__HOUR_CAP", "0"),
        ("COUNTERSIGN_POLICY__SPEND__PREFIX_DAY_CAP", "0"),
        ("COUNTERSIGN_POLICY__SPEND__PREFIX_HOUR_CAP", "0"),
        ("COUNTERSIGN_POLICY__SPEND__BREAKER_PERCENT", "0"),
    ];
    assert_eq!(json_of(&variables)["worst_day"], Value::Null);
    let table = economics(&[], &variables);
    assert!(table.contains("no limit") && table.contains("No breaker is set"), "{table}");
}

#[test]
fn what_cannot_be_read_is_refused_by_its_place() {
    let directory = TempDir::new().expect("a directory");
    for (name, value, part) in [
        ("PRICES", "86 0.045", "`86` is no prefix"),
        ("PRICES", "+86", "`+86` is not a prefix and what belongs to it"),
        ("PRICE_ELSEWHERE", "a lot", "`a lot` is no amount"),
        ("PREFIX_CAPS", "+86 10", "`+86 10` is not a prefix"),
        ("HOME", "86", "`86` is no prefix"),
        ("PREFIXES_ALLOWED", "+86 +1", "`+86 +1` is no prefix"),
    ] {
        let name = format!("COUNTERSIGN_POLICY__SPEND__{name}");
        let ran = run(directory.path(), &["config", "check"], &[(&name, value)], "");
        assert!(ran.code == 2 && ran.err.contains(part), "{name}: {}", ran.err);
    }
    for (name, value, part) in [
        ("CODES__ROUTES", "+86 carrier-pigeon", "codes.routes"),
        ("CODES__SENDERS", "aliyun, twilio", "codes.sender.twilio.account_sid (not set)"),
        ("CODES__SENDERS", "webhook, pigeon", "codes.senders"),
    ] {
        let name = format!("COUNTERSIGN_{name}");
        let ran = run(directory.path(), &["config", "check"], &[(&name, value)], "");
        assert!(ran.code == 2 && ran.err.contains(part), "{name}: {}", ran.err);
    }
    let slow = [
        ("COUNTERSIGN_CODES__SENDER__KIND", "webhook"),
        ("COUNTERSIGN_CODES__SENDER__WEBHOOK__TIMEOUT_S", "20"),
    ];
    let ran = run(directory.path(), &["config", "check"], &slow, "");
    assert!(ran.code == 2 && ran.err.contains("than all of them have together"), "{}", ran.err);
}

/// The blocks of settings on the page about codes.
fn shown() -> (String, Vec<String>) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/codes.md");
    let page = std::fs::read_to_string(path).expect("the page");
    let blocks = page.split("```toml\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap_or_default().to_owned()).collect();
    (page, blocks)
}

#[test]
fn the_pages_settings_are_valid_and_its_figures_are_those_of_the_defaults() {
    let (page, blocks) = shown();
    assert_eq!(blocks.len(), 2);
    let directory = TempDir::new().expect("a directory");
    std::fs::write(directory.path().join("key"), "a-secret-of-somebody").expect("a file");
    for block in blocks {
        let lines = block.lines().map(|line| match line.split_once("_file = ") {
            Some((name, _)) => format!("{name}_file = \"key\"\n"),
            None => format!("{line}\n"),
        });
        let settings = lines.collect::<Vec<_>>().concat().replace("AC…", "ACexample");
        std::fs::write(directory.path().join("c.toml"), settings).expect("a file");
        let ran = run(directory.path(), &["config", "check", "--config", "c.toml"], &[], "");
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    let told = json_of(&[("COUNTERSIGN_POLICY__SPEND__PRICES", "+1 0.0079")]);
    let elsewhere = &told["prefixes"][1];
    let whole = |amount: &Value| amount.as_str().and_then(|text| text.strip_suffix(".00")).map(str::to_owned);
    let [hour, day, worst, unverified] =
        ["hour_cap", "day_cap", "worst_day", "worst_day_unverified"].map(|name| whole(&elsewhere[name]));
    assert_eq!(day, worst);
    for (what, hour, day) in [
        ("one prefix, caps alone", &hour, &day),
        ("one prefix, while nobody verifies any code", &hour, &unverified),
        ("all prefixes together", &whole(&told["hour_cap"]), &whole(&told["day_cap"])),
    ] {
        let (hour, day) = (hour.as_deref().expect("a number"), day.as_deref().expect("a number"));
        assert!(page.contains(&format!("| {what} | {hour} | {day} |")), "{what}: {hour}, {day}");
    }
}
