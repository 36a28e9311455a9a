//! Every entry that compares goes through the budget: the places where the hash engine is asked are these and no others.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src");

/// Lines of code, comments left out, that hold this text: how many of each file.
fn places(text: &str) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let mut folders = vec![Path::new(SOURCE).to_path_buf()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of the source") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            files += 1;
            let code = fs::read_to_string(&path).expect("a source file");
            let holds = |line: &&str| !line.trim_start().starts_with("//") && line.contains(text);
            let count = code.lines().filter(holds).count();
            if count > 0 {
                let name = path.strip_prefix(SOURCE).expect("within").to_string_lossy().into_owned();
                found.insert(name, count);
            }
        }
    }
    assert!(files > 20, "the source is looked at");
    found
}

fn at(files: &[(&str, usize)]) -> BTreeMap<String, usize> {
    files.iter().map(|&(file, count)| (file.to_owned(), count)).collect()
}

#[test]
fn the_engine_compares_in_one_place_and_spends_on_nobody_in_one() {
    assert_eq!(places("slot.compare("), at(&[("guess.rs", 1)]), "the comparison itself");
    assert_eq!(places("slot.decoy("), at(&[("nobody.rs", 1)]), "and the one that compares with nothing");
}

#[test]
fn whoever_compares_has_charged_for_it() {
    // `Case::guess_by` after `attempt::begin`, which is given to it; `differs_from_login` after
    // `attempt::begin_same_as_login`.
    assert_eq!(places("self.compare("), at(&[("guess.rs", 1), ("new_secret.rs", 1)]));
    assert_eq!(places("attempt::begin("), at(&[("guess.rs", 2), ("intents.rs", 1)]));
    assert_eq!(places("attempt::begin_same_as_login("), at(&[("new_secret.rs", 1)]));
    assert_eq!(places("attempt::begin_at_nobody("), at(&[("nobody.rs", 1)]));
    let instead = at(&[("guess.rs", 1), ("nobody.rs", 2)]);
    assert_eq!(
        places("self.decoy("),
        instead,
        "a verifier above the ceiling, an id that is not there, a name"
    );
}

#[test]
fn a_code_is_compared_where_its_attempts_are_counted() {
    let presented = at(&[("reset.rs", 3), ("intents.rs", 2)]);
    assert_eq!(places("code::present("), presented, "foreseen on a copy, looked at, redeemed");
    assert_eq!(
        places("ct_eq("),
        at(&[("resolve.rs", 1), ("token.rs", 1), ("apps.rs", 1)]),
        "keys, tokens, apps"
    );
}

#[test]
fn these_use_cases_guess() {
    let guess = at(&[("verify.rs", 1), ("sessions.rs", 1), ("enrol.rs", 1), ("intents.rs", 1)]);
    assert_eq!(places("self.guess("), guess);
    assert_eq!(places("self.guess_if("), at(&[("change.rs", 1)]));
    let charging = at(&[("guess.rs", 2), ("intents.rs", 1)]);
    assert_eq!(
        places("self.guess_by("),
        charging,
        "whatever secret, one under a condition, one beside a code"
    );
    let at_nobody =
        at(&[("verify.rs", 1), ("sessions.rs", 1), ("enrol.rs", 1), ("change.rs", 1), ("guess.rs", 1)]);
    assert_eq!(
        places("self.guess_at_nobody("),
        at_nobody,
        "for a name that is not there, or a secret that is not set"
    );
}
