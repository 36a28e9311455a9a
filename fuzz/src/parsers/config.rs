//! Settings: a TOML file, then after a line `---` environment variables, one a line.

use std::cell::LazyCell;
use std::fs;

use countersign_server::config::{Environment, Sources};
use tempfile::TempDir;

use super::texts;
use crate::dialects::{blurred, contains};
use crate::{CANARY, Outcome};

/// Settings whose values are secrets. Values of others are told in problems, so the canary must be nowhere else.
const SECRETS: [&str; 6] =
    ["master_key", "secret", "password", "COUNTERSIGN_KEYS__MASTER_KEY", "keys.master_key", "\"master_key\""];

thread_local! {
    static FOLDER: LazyCell<TempDir> = LazyCell::new(|| tempfile::tempdir().expect("a temporary folder"));
}

pub(crate) fn run(input: &[u8]) -> Outcome {
    // A setting may name a file, and a fuzzer must not read what it was not given.
    if contains(&input.to_ascii_lowercase(), "_file") && contains(input, "/") {
        return Outcome::of(());
    }
    let text = String::from_utf8_lossy(input);
    let (toml, environment) = text.split_once("\n---\n").unwrap_or((&text, ""));
    let path = FOLDER.with(|folder| folder.path().join("countersign.toml"));
    fs::write(&path, toml).expect("a temporary file");
    let variables = environment.lines().filter_map(|line| line.split_once('='));
    let environment: Environment = variables.filter(|(name, _)| name.starts_with("COUNTERSIGN_")).collect();
    let sources = Sources { file: Some(path), environment, command: "fuzz", ..Sources::default() };
    match sources.load() {
        Ok(loaded) => {
            // What was loaded is what the rest of the program relies on without asking again.
            loaded.config.pool().expect("a pool that can be set up");
            let _ = loaded.config.service_settings(false);
            let shown = format!("{:?}", loaded.settings);
            assert!(!secret_only(&text) || !shown.contains(CANARY), "a secret is shown: {shown}");
            Outcome::of(loaded.settings.iter().map(|it| it.origin.to_string().len()).collect::<Vec<_>>())
        }
        Err(error) => {
            let told = error.to_string();
            assert!(!secret_only(&text) || !told.contains(CANARY), "a secret is told: {told}");
            // The words of the first few problems, without the values that they tell of.
            let words =
                told.lines().take(3).map(|line| blurred(line.rsplit("): ").next().unwrap_or_default()));
            Outcome::of(words.collect::<Vec<_>>())
        }
    }
}

/// Whether the canary stands only as the value of a secret.
fn secret_only(text: &str) -> bool {
    text.lines().filter(|line| line.contains(CANARY)).all(|line| {
        let name = line.split('=').next().unwrap_or_default().trim();
        line.matches(CANARY).count() == 1 && SECRETS.contains(&name)
    })
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    texts(&[
        "preset = \"strict\"\n[server]\nlisten = \"127.0.0.1:0\"\ntrusted_proxies = [\"10.0.0.0/8\"]\n\
         [keys]\nmaster_key = \"canaryCANARY0123456789\"\n[policy.guesses]\nburst = 5\n---\nCOUNTERSIGN_LOG=warn\n",
        "[hash]\npreset = \"custom\"\nlanes = 4\nmemory_kib = 32\npasses = 1\nallow_weak = true\nworkers = 2\nqueue = 0\n",
        "[codes]\nbrand = \"x\"\nlanguage = \"zh-TW\"\n[codes.sender]\nkind = \"smtp\"\n[codes.sender.smtp]\n\
         host = \"localhost\"\nfrom = \"a@b.c\"\nto_template = \"{mobile}@sms.example\"\nusername = \"u\"\n\
         password = \"canaryCANARY0123456789\"\ntls = \"none\"\n",
        "[dialects.tour]\nrequire_hawk = true\ncipher_profiles = [\"sha256+ecb\"]\nhawk_port = 8080\n\
         [dialects.currency_pass]\nwindow_opens = \"on_setting\"\ncookie = \"t\"\n",
        "---\n\n---\nCOUNTERSIGN_POLICY__GUESSES__BURST=3\nCOUNTERSIGN_DIALECTS__TOUR__CIPHER_PROFILES=sha256+ecb,x\n\
         COUNTERSIGN_KEYS__MASTER_KEY=canaryCANARY0123456789\nCOUNTERSIGN_KEYS__MASTER_KEY_FILE=none\n",
        "[keys]\nmaster_key = canaryCANARY0123456789\nmaster_key_file = \"missing\"\n[keys]\n",
        "[policy.sessions]\nlife_s = -1\n[log]\nformat = \"json\"\nfilter = \"info,countersign=trace\"\n",
    ])
}
