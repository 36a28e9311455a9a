//! What is said about limits of guesses: explained, documented, warned of, and bounded.

use std::fs;
use std::path::Path;

use countersign_server::cli::policy::reference;
use countersign_server::config::{Sources, schema};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ran, Variables, run};

fn explain(args: &[&str], variables: Variables<'_>) -> Ran {
    let directory = TempDir::new().expect("a directory");
    run(directory.path(), &[&["policy", "explain"], args].concat(), variables, "")
}

fn json(args: &[&str], variables: Variables<'_>) -> Value {
    let ran = explain(&[args, &["--output", "json"]].concat(), variables);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
    serde_json::from_str(&ran.out).expect("JSON")
}

#[test]
fn the_page_is_the_printed_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/policy.md");
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert!(page == reference::page(), "run: countersign policy reference > docs/policy.md");
    assert!(!page.contains("{{"), "every place of the page is filled");
}

#[test]
fn each_number_is_told_with_where_it_came_from() {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("countersign.toml");
    fs::write(&file, "[policy.guesses]\npreset = \"pin\"\nday = 4\n").expect("a file");
    let file = file.to_string_lossy();
    let variables = [("COUNTERSIGN_POLICY__GUESSES__LIFETIME", "8")];
    let told = json(&["--config", &file], &variables);
    let of = |name: &str| {
        let limit = &told["limits"][name];
        (limit["value"].as_u64(), limit["origin"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(told["preset"], "pin");
    assert_eq!(of("burst"), (Some(3), "preset pin".to_owned()));
    assert_eq!(of("lock_first_s"), (Some(900), "preset pin".to_owned()));
    assert!(of("day").0 == Some(4) && of("day").1.ends_with("line 3"), "{:?}", of("day"));
    let variable = "environment COUNTERSIGN_POLICY__GUESSES__LIFETIME";
    assert_eq!(of("lifetime"), (Some(8), variable.to_owned()));
    assert_eq!(told["in_a_year"][0]["guesses"], 8, "the owner is away");
    let named = json(&["--config", &file, "--preset", "exchange"], &variables);
    assert_eq!(named["limits"]["lifetime"], serde_json::json!({ "value": 12, "origin": "preset exchange" }));
    let table = explain(&["--config", &file], &variables);
    let row = |name: &str| table.out.lines().find(|line| line.contains(name)).unwrap_or_default();
    assert!(row("(burst)").ends_with(" 3  preset pin"), "{}", table.out);
    assert!(row("(day)").contains(" 4  file ") && row("(lifetime)").ends_with(variable), "{}", table.out);
    let device = &told["known_device_limits"]["lifetime"];
    assert_eq!(*device, serde_json::json!({ "value": 10, "origin": "default" }));
}

#[test]
fn the_odds_are_those_of_the_question() {
    let usual = json(&[], &[]);
    let row = |told: &Value, place: usize| {
        let odds = &told["in_a_year"][place];
        (odds["owner_successes_a_day"].as_u64(), odds["guesses"].as_u64())
    };
    let rows: Vec<_> = (0..4).map(|place| row(&usual, place)).collect();
    let expected = [(0, 20), (1, 5106), (4, 13_141), (24, 78_841)];
    assert_eq!(rows, expected.map(|(times, guesses)| (Some(times), Some(guesses))));
    assert_eq!(usual["in_a_year"][0]["chance_by_digits"]["6"], 0.000_02);
    let compared: Vec<_> =
        usual["compared"].as_array().expect("a list").iter().map(|one| &one["guesses"]).collect();
    assert_eq!(compared, [175_200, 100]);
    assert_eq!(usual["known_device"]["guesses"], 10);
    assert_eq!(usual["warnings"], serde_json::json!([]));
    let one = json(&["--successes-per-day", "24", "--digits", "5"], &[]);
    assert_eq!((row(&one, 1), &one["in_a_year"][2]), ((Some(24), Some(78_841)), &Value::Null));
    assert_eq!(one["in_a_year"][1]["chance_by_digits"], serde_json::json!({ "5": 0.78841 }));
    assert_eq!(one["warnings"][0]["code"], "above_one_percent");
    let all = json(&["--all"], &[]);
    let names: Vec<_> = all["presets"].as_array().expect("a list").iter().map(|one| &one["preset"]).collect();
    assert_eq!(names, ["default", "psd2", "pin", "exchange"]);
    let nobody_known = json(&[], &[("COUNTERSIGN_POLICY__DEVICES__PER_ACCOUNT", "0")]);
    assert_eq!(nobody_known["known_device"], Value::Null);
}

#[test]
fn the_tables_are_for_a_terminal() {
    for args in [&[][..], &["--all"], &["--preset", "psd2", "--digits", "18", "--successes-per-day", "1440"]]
    {
        let ran = explain(args, &[]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{args:?}");
        for line in ran.out.lines() {
            assert!(
                line.chars().count() <= 100 && line.trim_end() == line && !line.contains('\u{1b}'),
                "{line:?}"
            );
        }
        assert!(ran.out.contains("the owner is away"), "{}", ran.out);
    }
    for args in
        [&["--preset", "usual"][..], &["--digits", "0"], &["--digits", "19"], &["--all", "--preset", "pin"]]
    {
        assert_eq!(explain(args, &[]).code, 2, "{args:?}");
    }
}

#[test]
fn a_check_warns_and_passes() {
    let directory = TempDir::new().expect("a directory");
    let check = |variables: Variables<'_>| run(directory.path(), &["config", "check"], variables, "");
    let sound = check(&[]);
    assert!(sound.code == 0 && !sound.err.contains("warning"), "{}", sound.err);
    let idle = check(&[("COUNTERSIGN_POLICY__GUESSES__DAY", "21")]);
    assert_eq!((idle.code, idle.out.as_str()), (0, ""));
    assert!(
        idle.err.contains("warning: policy.guesses.day = 21") && idle.err.contains("is valid"),
        "{}",
        idle.err
    );
    let locks = check(&[("COUNTERSIGN_POLICY__GUESSES__LOCK_MAX_S", "899")]);
    assert_eq!(locks.code, 2);
    assert!(locks.err.contains("lock_first_s = 900 (preset default)"), "{}", locks.err);
}

/// Each number of `policy` at both ends of its bounds, and one step beyond them.
#[test]
fn every_bound_holds_at_both_ends() {
    let mut bounds = Vec::new();
    collect(&schema()["properties"]["policy"], "policy", &mut bounds);
    assert!(bounds.len() > 25, "{bounds:?}");
    for (path, least, most) in bounds {
        let outside = |number: i64| {
            let variable = format!("COUNTERSIGN_{}", path.replace('.', "__").to_uppercase());
            let number = number.to_string();
            let environment = [(variable.as_str(), number.as_str())].into_iter().collect();
            let problems = Sources { environment, ..Sources::default() }.load().err();
            let problems = problems.map(|error| error.problems().to_vec()).unwrap_or_default();
            // Some ends do not fit the other settings' defaults; that is said in other words.
            problems.iter().any(|problem| problem.contains(&format!("from {least} to {most}")))
        };
        assert!(!outside(least) && !outside(most), "{path}: {least} and {most} are within");
        assert!(
            outside(least - 1) && outside(most + 1),
            "{path}: what is beyond {least} and {most} is refused"
        );
    }
}

fn collect(schema: &Value, path: &str, bounds: &mut Vec<(String, i64, i64)>) {
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        if let (Some(least), Some(most)) = (member["minimum"].as_i64(), member["maximum"].as_i64()) {
            bounds.push((path, least, most));
        } else {
            collect(member, &path, bounds);
        }
    }
}
