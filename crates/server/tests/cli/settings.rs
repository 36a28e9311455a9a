//! Settings: who wins, what is refused, and what is said about it.

use std::fs;
use std::path::{Path, PathBuf};

use countersign_crypto::entropy::SeededEntropy;
use countersign_crypto::seal::MasterKey;
use countersign_server::config::{Environment, InputForm, Loaded, Origin, Sources, reference, schema, show};
use tempfile::TempDir;

use crate::support::Variables;

/// A file's text, variables and flags of one case.
struct Given<'a> {
    file: &'a str,
    variables: Variables<'a>,
    flags: &'a [(&'static str, &'static str, &'a str)],
}

const NOTHING: Given<'_> = Given { file: "", variables: &[], flags: &[] };

fn load(given: &Given<'_>) -> Result<Loaded, Vec<String>> {
    let directory = TempDir::new().expect("a directory");
    let file = directory.path().join("countersign.toml");
    fs::write(&file, given.file).expect("a file");
    load_file(&file, given)
}

fn load_file(file: &Path, given: &Given<'_>) -> Result<Loaded, Vec<String>> {
    let environment: Environment = given.variables.iter().copied().collect();
    let flags = given.flags.iter().map(|&(path, flag, text)| (path, flag, text.to_owned())).collect();
    let sources = Sources { file: Some(file.to_owned()), environment, flags, ..Sources::default() };
    sources.load().map_err(|error| error.problems().to_vec())
}

fn problem(given: &Given<'_>) -> String {
    match load(given) {
        Ok(_) => panic!("it is valid: {} {:?}", given.file, given.variables),
        Err(problems) => {
            assert_eq!(problems.len(), 1, "{problems:?}");
            problems.concat()
        }
    }
}

fn origin(loaded: &Loaded, path: &str) -> String {
    loaded
        .settings
        .iter()
        .find(|setting| setting.path == path)
        .map(|s| s.origin.to_string())
        .unwrap_or_default()
}

#[test]
fn a_flag_goes_before_the_environment_before_the_file_before_the_default() {
    let file = "[server]\nlisten = \"127.0.0.1:1\"\n";
    let variables = [("COUNTERSIGN_SERVER__LISTEN", "127.0.0.1:2")];
    let flags = [("server.listen", "--listen", "127.0.0.1:3")];
    let cases = [
        (Given { ..NOTHING }, 8082, "default"),
        (Given { file, ..NOTHING }, 1, "line 2"),
        (Given { file, variables: &variables, ..NOTHING }, 2, "environment COUNTERSIGN_SERVER__LISTEN"),
        (Given { file, variables: &variables, flags: &flags }, 3, "flag --listen"),
    ];
    for (given, port, from) in cases {
        let loaded = load(&given).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert_eq!(loaded.config.server.listen.port(), port);
        assert!(origin(&loaded, "server.listen").ends_with(from), "{}", origin(&loaded, "server.listen"));
    }
}

#[test]
fn the_environment_speaks_the_kind_of_every_setting() {
    let variables = [
        ("COUNTERSIGN_DIALECTS__CURRENCY_PASS__WINDOW_OPENS", "on_setting"),
        ("COUNTERSIGN_DIALECTS__CURRENCY_PASS__LOCKED", "false"),
        ("COUNTERSIGN_DIALECTS__CURRENCY_PASS__NOT_LOGGED_IN_STATUS", "401"),
        ("COUNTERSIGN_DIALECTS__SPARK_WALLET__ALLOW_GET", "false"),
        ("COUNTERSIGN_DIALECTS__TOUR__CIPHER_PROFILES", "sha256+ecb, sha256+cbc_zero_iv"),
        ("COUNTERSIGN_SERVER__TRUSTED_PROXIES", "[\"10.0.0.0/8\", \"fd00::/8\"]"),
        ("COUNTERSIGN_POLICY__GUESSES__BURST", "3"),
        ("COUNTERSIGN_LOG", "trace"),
        ("COUNTERSIGN_PRESET", "strict"),
    ];
    let loaded =
        load(&Given { variables: &variables, ..NOTHING }).unwrap_or_else(|problems| panic!("{problems:?}"));
    let shown = show::to_json(&loaded.settings);
    let value = |path: &str| shown[path]["value"].to_string();
    assert_eq!(value("dialects.currency_pass.window_opens"), "\"on_setting\"");
    assert_eq!(value("dialects.currency_pass.locked"), "\"false\"");
    assert_eq!(value("dialects.currency_pass.not_logged_in_status"), "\"401\"");
    assert_eq!(value("dialects.spark_wallet.allow_get"), "false");
    assert_eq!(value("dialects.tour.cipher_profiles"), "[\"sha256+ecb\",\"sha256+cbc_zero_iv\"]");
    assert_eq!(loaded.config.server.trusted_proxies.len(), 2);
    assert_eq!(loaded.config.policy().guesses.burst, 3);
    assert_eq!(loaded.config.log.filter, "trace");
    assert_eq!(loaded.config.dialects.tour.cipher_profiles.len(), 2);
    assert_eq!(value("dialects.oas.common_secrets"), "\"refuse\"");
    assert_eq!(origin(&loaded, "dialects.oas.common_secrets"), "preset strict");
}

#[test]
fn what_is_set_goes_before_the_preset() {
    let file = "preset = \"strict\"\n[dialects.oas]\ncommon_secrets = \"allow\"\n";
    let loaded = load(&Given { file, ..NOTHING }).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert!(!loaded.config.dialects.oas.common_secrets.refused());
    assert!(loaded.config.dialects.currency_pass.common_secrets.refused());
}

#[test]
fn a_secret_comes_from_a_file_and_is_never_shown() {
    let directory = TempDir::new().expect("a directory");
    let key = MasterKey::generate(&SeededEntropy::new(7)).expose_text();
    let secret = directory.path().join("master.key");
    fs::write(&secret, format!("{}\r\n", key.expose())).expect("a file");
    let named = secret.to_string_lossy().into_owned();
    let file = directory.path().join("countersign.toml");
    fs::write(&file, format!("[keys]\nmaster_key_file = \"{named}\"\n")).expect("a file");
    let in_environment = [("COUNTERSIGN_KEYS__MASTER_KEY_FILE", named.as_str())];
    let direct = [("COUNTERSIGN_KEYS__MASTER_KEY", key.expose())];
    let empty = PathBuf::from("/dev/null");
    for (file, variables) in [(&file, &[][..]), (&empty, &in_environment[..]), (&empty, &direct[..])] {
        let given = Given { variables, ..NOTHING };
        let loaded = load_file(file, &given).unwrap_or_else(|problems| panic!("{problems:?}"));
        assert!(matches!(loaded.config.master_key(), Ok(Some(_))));
        let shown = format!("{}{}", show::to_toml(&loaded.settings, true), show::to_json(&loaded.settings));
        assert!(shown.contains("master_key = \"***\"  # ") && !shown.contains(key.expose()), "{shown}");
        assert_ne!(origin(&loaded, "keys.master_key"), Origin::Default.to_string());
    }
}

#[test]
fn a_value_and_a_file_for_it_are_an_error() {
    let variables = [("COUNTERSIGN_CODES__BRAND", "Wallet"), ("COUNTERSIGN_CODES__BRAND_FILE", "/dev/null")];
    let words = problem(&Given { variables: &variables[1..], ..NOTHING });
    assert!(words.contains("codes.brand") && words.contains("1 to 64 characters"), "{words}");
    let directory = TempDir::new().expect("a directory");
    let brand = directory.path().join("brand");
    fs::write(&brand, "Wallet\n").expect("a file");
    let brand = brand.to_string_lossy();
    let both = [("COUNTERSIGN_CODES__BRAND", "Wallet"), ("COUNTERSIGN_CODES__BRAND_FILE", &*brand)];
    let words = problem(&Given { variables: &both, ..NOTHING });
    assert!(words.contains("set twice") && words.contains("COUNTERSIGN_CODES__BRAND_FILE"), "{words}");
    let loaded = load(&Given { variables: &both[1..], ..NOTHING }).unwrap_or_else(|p| panic!("{p:?}"));
    assert_eq!(loaded.config.codes.brand, "Wallet");
    let gone = [("COUNTERSIGN_CODES__BRAND_FILE", "/nowhere/brand")];
    let words = problem(&Given { variables: &gone, ..NOTHING });
    assert!(words.contains("/nowhere/brand") && words.contains("cannot be read"), "{words}");
}

#[test]
fn what_is_wrong_is_named_with_its_place_and_what_is_allowed() {
    let cases: [(&str, Variables<'_>, &[&str]); 19] = [
        ("[server]\nlistn = 1", &[], &["server.listn", "line 2", "closest is server.listen"]),
        ("[servr]\nlisten = 1", &[], &["servr", "line 1", "no such setting"]),
        ("server = 1", &[], &["server", "write [server]"]),
        ("[server", &[], &["line 1", "not TOML"]),
        ("[policy.guesses]\nburst = 0", &[], &["policy.guesses.burst = 0", "line 2", "from 1 to 100"]),
        ("[policy.guesses]\nburst = \"5\"", &[], &["policy.guesses.burst", "whole number from 1 to 100"]),
        ("[store]\nkind = \"oracle\"", &[], &["store.kind = \"oracle\"", "\"sqlite\""]),
        ("[server]\nlisten = \"localhost\"", &[], &["server.listen", "line 2", "socket address"]),
        (
            "[server]\ntrusted_proxies = [\"10.0.0.0/33\"]",
            &[],
            &["server.trusted_proxies", "line 2", "10.0.0.0/8"],
        ),
        ("[server.tls]\ncert = \"a.pem\"", &[], &["server.tls.cert", "server.tls.key (not set)", "both"]),
        (
            "[codes.sender]\nkind = \"smtp\"\n[codes.sender.smtp]\nhost = \"a\"\nfrom = \"a@b\"",
            &[],
            &["to_template"],
        ),
        (
            "[hash]\npreset = \"custom\"\nmemory_kib = 8\npasses = 1\nlanes = 1",
            &[],
            &["hash.memory_kib = 8", "OWASP", "hash.allow_weak"],
        ),
        ("[hash]\nmemory_kib = 8", &[], &["hash.preset", "hash.memory_kib = 8", "custom"]),
        ("[hash]\npreset = \"custom\"\npasses = 4", &[], &["hash.memory_kib (not set)", "all three"]),
        ("[hash]\npreset = \"owasp\"", &[], &["hash.preset = \"owasp\"", "\"owasp-19m\""]),
        ("[policy]\ninput = \"plain\"", &[], &["policy.input", "dialects.tour.enabled"]),
        (
            "",
            &[("COUNTERSIGN_SERVER__LISTN", "x")],
            &["COUNTERSIGN_SERVER__LISTN", "closest is server.listen"],
        ),
        ("", &[("COUNTERSIGN_SERVER_LISTEN", "x")], &["write COUNTERSIGN_SERVER__LISTEN"]),
        (
            "",
            &[("COUNTERSIGN_DIALECTS__TOUR__HAWK_SKEW_S", "0")],
            &["dialects.tour.hawk_skew_s", "1 to 3600"],
        ),
    ];
    for (file, variables, words) in cases {
        let said = problem(&Given { file, variables, ..NOTHING });
        for word in words {
            assert!(said.contains(word), "{file} {variables:?}: {said} lacks {word}");
        }
    }
}

#[test]
fn no_problem_repeats_a_secret() {
    let canary = "canary-4711";
    let in_list = format!("[keys]\nmaster_key = [\"{canary}\"]");
    let broken = format!("[keys]\nmaster_key = \"{canary}");
    let wrong = format!("[keys]\nmaster_key = \"{canary}\"");
    for file in [&in_list, &broken, &wrong] {
        let words = problem(&Given { file, ..NOTHING });
        assert!(!words.contains(canary), "{words}");
    }
    let words = problem(&Given { variables: &[("COUNTERSIGN_KEYS__MASTER_KEY", canary)], ..NOTHING });
    assert!(words.contains("COUNTERSIGN_KEYS__MASTER_KEY") && !words.contains(canary), "{words}");
}

#[test]
fn every_problem_is_told_at_once() {
    let file = "[server]\nlistn = 1\ndrain_s = -1\n[codes]\nlanguage = \"fr\"\n";
    let problems = load(&Given { file, ..NOTHING }).err().unwrap_or_default();
    assert_eq!(problems.len(), 3, "{problems:?}");
}

#[test]
fn variables_of_others_are_left_alone() {
    let variables = [
        ("COUNTERSIGN_SERVICE_HOST", "10.1.2.3"),
        ("COUNTERSIGN_PORT", "tcp://10.1.2.3:80"),
        ("COUNTERSIGN_PORT_8082_TCP_ADDR", "10.1.2.3"),
        ("COUNTERSIGN_HAWK_KEY", "x"),
        ("COUNTERSIGN_URL", "x"),
    ];
    assert!(load(&Given { variables: &variables, ..NOTHING }).is_ok());
}

#[test]
fn what_the_conversions_give_is_what_was_set() {
    let file = "[policy]\ninput = \"plain\"\n[policy.sessions]\nlife_s = 600\n[hash]\npreset = \"owasp-7m\"\n\
                workers = 3\nengine = \"reference\"\n[dialects.tour]\nenabled = false\n[dialects.flowmeter]\nenabled = false\n";
    let loaded = load(&Given { file, ..NOTHING }).unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(loaded.config.policy.input, InputForm::Plain);
    assert_eq!(loaded.config.policy().sessions.life.millis(), 600_000);
    let pool = loaded.config.pool().expect("it was checked");
    assert_eq!((pool.params.memory_kib(), pool.params.passes(), pool.workers.get()), (7168, 5, 3));
    assert_eq!(pool.choice.as_str(), "reference");
}

#[test]
fn what_is_shown_reads_back() {
    let loaded = load(&NOTHING).unwrap_or_else(|problems| panic!("{problems:?}"));
    let shown = show::to_toml(&loaded.settings, true);
    let again =
        load(&Given { file: &shown, ..NOTHING }).unwrap_or_else(|problems| panic!("{problems:?}\n{shown}"));
    let values = |loaded: &Loaded| loaded.settings.iter().map(|s| s.value.clone()).collect::<Vec<_>>();
    assert_eq!(values(&again), values(&loaded));
}

#[test]
fn the_schema_marks_secrets_and_bounds() {
    let schema = schema();
    let smtp = &schema["properties"]["codes"]["properties"]["sender"]["properties"]["smtp"]["properties"];
    assert!(smtp["password"].to_string().contains("\"writeOnly\":true"), "{smtp}");
    assert_eq!(
        schema["properties"]["policy"]["properties"]["guesses"]["properties"]["burst"]["maximum"],
        100
    );
}

#[test]
fn the_reference_page_is_the_printed_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
    let page = fs::read_to_string(&path).unwrap_or_default();
    assert!(page == reference::page(), "run: countersign config reference > docs/configuration.md");
}
