//! What `docs/compliance` says of a rule is shown by a test that exists, or it is said why not.

use std::fs;

use crate::{read, root};

/// Each page, with the rules that its document numbers, so that none is left out.
const PAGES: [(&str, &str); 4] = [
    ("owasp-transaction-authorization.md", "1.1 1.2 1.3 1.4 1.5 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9 2.10"),
    (
        "psd2-rts.md",
        "4(1) 4(2)(a) 4(2)(b) 4(2)(c) 4(3)(a) 4(3)(b) 4(3)(c) 4(3)(d) 4(4) 5(1)(a) 5(1)(b) 5(1)(c) 5(1)(d) \
         5(2)(a) 5(2)(b) 5(3)(a) 5(3)(b)",
    ),
    ("nist-800-63b-4.md", "3.1.1.1 3.1.1.2 3.1.3.1 3.1.3.2 3.1.3.3 3.2.2 3.2.10 3.2.12"),
    (
        "owasp-asvs-5.md",
        "6.1.1 6.1.2 6.1.3 6.2.1 6.2.2 6.2.3 6.2.4 6.2.5 6.2.6 6.2.7 6.2.8 6.2.9 6.2.10 6.2.11 6.2.12 6.3.1 6.3.2 \
         6.3.3 6.3.4 6.3.5 6.3.6 6.3.7 6.3.8 6.4.1 6.4.2 6.4.3 6.4.4 6.4.5 6.4.6 6.5.1 6.5.2 6.5.3 6.5.4 6.5.5 6.5.6 \
         6.5.7 6.5.8 6.6.1 6.6.2 6.6.3 6.6.4 6.7.1 6.7.2 6.8.1 6.8.2 6.8.3 6.8.4 2.3.1 2.3.2 2.3.3 2.3.4 2.3.5",
    ),
];

/// What a row may say in place of a test, or beside one that shows a part.
const REASONS: [&str; 3] =
    ["does not hold because ", "the platform's part, because ", "not applicable because "];

#[test]
fn every_rule_names_a_test_that_exists_or_says_why_not() {
    let list = read("docs/compliance/README.md");
    for (page, rules) in PAGES {
        assert!(list.contains(page), "docs/compliance/README.md does not list {page}");
        let text = read(&format!("docs/compliance/{page}"));
        let wrong: Vec<String> = missing(&text, rules).chain(text.lines().filter_map(fault)).collect();
        assert!(wrong.is_empty(), "{page}:\n{}", wrong.join("\n"));
    }
}

#[test]
fn a_rule_that_is_left_out_and_a_test_that_is_gone_are_told() {
    let here = "xtask/tests/house/compliance.rs";
    let shown =
        format!("| 1.1 | asked | done | `{here}::every_rule_names_a_test_that_exists_or_says_why_not` |");
    assert_eq!(fault(&shown), None);
    assert_eq!(fault("| 1.1 | asked | done | the platform's part, because it draws the page |"), None);
    for (row, told) in [
        ("| 1.1 | asked | done | |".to_owned(), "shown by nothing"),
        ("| 1.1 | asked | done | of course |".to_owned(), "shown by nothing"),
        (shown.replace("every_rule", "no_rule"), "there is no test"),
        (format!("| 1.1 | asked | done | `{here}::missing` |"), "there is no test"),
        (shown.replace("xtask/", "nowhere/"), "there is no test"),
    ] {
        assert!(fault(&row).is_some_and(|fault| fault.contains(told)), "{row}");
    }
    assert_eq!(missing(&shown, "1.1 1.10").collect::<Vec<_>>(), ["there is no row for 1.10"]);
}

/// The numbers of which a page has no row.
fn missing<'a>(text: &'a str, rules: &'a str) -> impl Iterator<Item = String> + 'a {
    let there = |rule: &str| text.lines().filter_map(cells).any(|(first, _)| first == rule);
    rules
        .split_whitespace()
        .filter(move |rule| !there(rule))
        .map(|rule| format!("there is no row for {rule}"))
}

/// What is wrong with a line of a page; nothing with one that is no row of a rule.
fn fault(line: &str) -> Option<String> {
    let (rule, shown) = cells(line)?;
    let mut tests = shown.split('`').skip(1).step_by(2).filter_map(|span| span.split_once("::")).peekable();
    if tests.peek().is_none() && !REASONS.iter().any(|reason| shown.contains(reason)) {
        return Some(format!("{rule} is shown by nothing"));
    }
    let gone = tests.find(|(path, name)| !is_test(path, name))?;
    Some(format!("{rule}: there is no test {}::{}", gone.0, gone.1))
}

/// First and last cell of a row whose first cell is a number.
fn cells(line: &str) -> Option<(&str, &str)> {
    let row = line.strip_prefix("| ")?.trim_end().strip_suffix('|')?;
    let (rule, rest) = row.split_once(" | ")?;
    let (_, shown) = rest.rsplit_once("| ")?;
    rule.starts_with(|c: char| c.is_ascii_digit()).then(|| (rule.trim(), shown.trim()))
}

/// Whether that file has a test of that name.
fn is_test(path: &str, name: &str) -> bool {
    let Ok(text) = fs::read_to_string(root().join(path)) else { return false };
    let lines: Vec<&str> = text.lines().map(str::trim_start).collect();
    let begins = |line: &&str| line.trim_start_matches("async ").starts_with(&format!("fn {name}("));
    let Some(at) = lines.iter().position(begins) else { return false };
    let above = lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("///"));
    above.into_iter().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
}
