//! What one setting alone cannot tell: settings that must fit together.

mod codes;

use crate::config::hash::{NoCost, is_weak};
use crate::config::load::Setting;
use crate::config::oidc::is_acr;
use crate::config::policy::InputForm;
use crate::config::{ClientAuth, Config, StoreKind, Tls};

/// Seconds. Beyond an hour a clock is not off but wrong, and what was seen must be remembered ever longer.
const LONGEST_SKEW_S: u32 = 3600;

/// What does not fit together, each in a sentence with the origins of the settings it is about.
pub(super) fn problems(config: &Config, settings: &[Setting]) -> Vec<String> {
    let mut found = Found { settings, problems: Vec::new() };
    tls(&mut found, "server.tls", &config.server.tls);
    tls(&mut found, "server.admin_tls", &config.server.admin_tls);
    let key = config.master_key().err().map(|error| error.to_string());
    found.say_if(key.is_some(), &["keys.master_key"], key.as_deref().unwrap_or_default());
    server(&mut found, config);
    store(&mut found, config);
    hash(&mut found, config);
    policy(&mut found, config);
    hawk(&mut found, "dialects.tour.hawk_skew_s", config.dialects.tour.hawk_skew_s);
    hawk(&mut found, "dialects.flowmeter.hawk_skew_s", config.dialects.flowmeter.hawk_skew_s);
    codes::sender(&mut found, config);
    codes::spend(&mut found, config);
    oidc(&mut found, config);
    found.problems
}

struct Found<'a> {
    settings: &'a [Setting],
    problems: Vec<String>,
}

impl Found<'_> {
    fn say(&mut self, paths: &[&str], words: &str) {
        let named: Vec<String> = paths.iter().map(|path| self.named(path)).collect();
        self.problems.push(format!("{}: {words}", named.join(" and ")));
    }

    fn say_if(&mut self, wrong: bool, paths: &[&str], words: &str) {
        if wrong {
            self.say(paths, words);
        }
    }

    fn named(&self, path: &str) -> String {
        match self.settings.iter().find(|setting| setting.path == path) {
            Some(Setting { value: Some(value), origin, .. }) => format!("{path} = {value} ({origin})"),
            Some(Setting { value: None, .. }) | None => format!("{path} (not set)"),
        }
    }
}

fn tls(found: &mut Found<'_>, section: &str, tls: &Tls) {
    let path = |name: &str| format!("{section}.{name}");
    let (cert, key, ca) = (path("cert"), path("key"), path("client_ca"));
    let auth = path("client_auth");
    found.say_if(tls.cert.is_some() != tls.key.is_some(), &[&cert, &key], "TLS needs both files, or neither");
    let asked = tls.client_auth != ClientAuth::None;
    found.say_if(
        asked && tls.client_ca.is_none(),
        &[&auth, &ca],
        "to check client certificates, say who signs them",
    );
    found.say_if(
        !asked && tls.client_ca.is_some(),
        &[&ca, &auth],
        "set client_auth to optional or required, else nobody is asked",
    );
    found.say_if(asked && tls.cert.is_none(), &[&auth, &cert], "client certificates need TLS");
}

fn server(found: &mut Found<'_>, config: &Config) {
    let server = &config.server;
    found.say_if(
        server.body_budget_bytes < server.max_body_bytes.saturating_mul(2),
        &["server.body_budget_bytes", "server.max_body_bytes"],
        "the budget must be at least twice the longest body: a part is kept for small ones, and the longest must fit beside it",
    );
    found.say_if(
        config.policy.guesses.in_flight_s <= server.request_timeout_s,
        &["policy.guesses.in_flight_s", "server.request_timeout_s"],
        "a guess must stay in flight for longer than its request may take; else it counts as wrong while its comparison may still run, and a right answer comes too late to be right",
    );
}

fn store(found: &mut Found<'_>, config: &Config) {
    let postgres = &config.store.postgres;
    let [url, ca] = ["store.postgres.url", "store.postgres.ca"];
    let [cert, key] = ["store.postgres.client_cert", "store.postgres.client_key"];
    let is_kind = config.store.kind == StoreKind::Postgres;
    found.say_if(is_kind && postgres.url.is_none(), &["store.kind", url], "say where the database is");
    let both = postgres.client_cert.is_some() == postgres.client_key.is_some();
    found.say_if(!both, &[cert, key], "a client certificate needs both files, or neither");
    found.say_if(
        postgres.client_cert.is_some() && postgres.ca.is_none(),
        &[cert, ca],
        "a certificate is shown over TLS only; name those who sign the servers'",
    );
    let ssl = postgres.address().and_then(|address| address.ssl).filter(|mode| mode != "disable");
    found.say_if(
        ssl.is_some() && postgres.ca.is_none(),
        &[url, ca],
        "sslmode in the URL is not heeded: TLS is spoken where ca is set, and then always verified",
    );
    let longest = u64::from(postgres.patience_ms) + u64::from(postgres.statement_timeout_ms);
    found.say_if(
        is_kind && longest >= u64::from(config.server.request_timeout_s) * 1000,
        &["store.postgres.patience_ms", "store.postgres.statement_timeout_ms", "server.request_timeout_s"],
        "a request must be told that the database is not there before it is given up",
    );
}

fn hash(found: &mut Found<'_>, config: &Config) {
    let numbers = config.hash.numbers();
    let with_preset = |set: bool| {
        let numbers = numbers.into_iter().filter(|(_, number)| number.is_some() == set);
        ["hash.preset"].into_iter().chain(numbers.map(|(path, _)| path)).collect::<Vec<_>>()
    };
    match config.hash.params() {
        Err(error @ NoCost::Missing) => found.say(&with_preset(false), &error.to_string()),
        Err(error @ NoCost::Idle) => found.say(&with_preset(true), &error.to_string()),
        Err(error @ NoCost::Invalid(_)) => found.say(&["hash.memory_kib", "hash.lanes"], &error.to_string()),
        Ok(params) => found.say_if(
            is_weak(&params) && !config.hash.allow_weak,
            &["hash.memory_kib", "hash.passes"],
            "this is below the OWASP minimum and makes a stolen database cheap to search; raise it, or set hash.allow_weak in a test",
        ),
    }
}

fn policy(found: &mut Found<'_>, config: &Config) {
    let (guesses, sessions) = (config.policy.guesses.to_domain(), &config.policy.sessions);
    found.say_if(
        guesses.lock_first > guesses.lock_max,
        &["policy.guesses.lock_first_s", "policy.guesses.lock_max_s"],
        "the first lock cannot be longer than the longest",
    );
    found.say_if(
        sessions.life_s > sessions.life_max_s,
        &["policy.sessions.life_s", "policy.sessions.life_max_s"],
        "a session cannot live longer than the most a caller may ask for",
    );
    found.say_if(
        config.policy.context_words().is_none(),
        &["policy.context_words"],
        "a word of fewer than four characters would refuse good secrets that contain it by chance",
    );
    let payments = config.policy.payments.to_domain();
    let why = payments.as_ref().err().map(ToString::to_string);
    found.say_if(
        why.is_some(),
        &["policy.payments.limits", "policy.payments.tokens"],
        why.as_deref().unwrap_or_default(),
    );
    found.say_if(
        payments.is_ok_and(|payments| payments.intents.life > payments.intents.life_max),
        &["policy.payments.intent_life_s", "policy.payments.intent_life_max_s"],
        "an intent cannot wait longer than the most a platform may ask for",
    );
    found.say_if(
        config.policy.input == InputForm::Plain && config.dialects.any_digest(),
        &["policy.input", "dialects.tour.enabled", "dialects.flowmeter.enabled"],
        "these dialects deliver only an MD5, which a plain verifier cannot be compared with; turn them off, or keep legacy_digest",
    );
}

fn hawk(found: &mut Found<'_>, path: &str, skew_s: u32) {
    let words = "must be from 1 to 3600: every proof is remembered for that long";
    found.say_if(!(1..=LONGEST_SKEW_S).contains(&skew_s), &[path], words);
}

fn oidc(found: &mut Found<'_>, config: &Config) {
    for (paths, words) in config.oidc.problems() {
        found.say(paths, words);
    }
    let native = &config.dialects.native;
    for (path, acr) in [
        ("dialects.native.acr_secret", &native.acr_secret),
        ("dialects.native.acr_secret_and_code", &native.acr_secret_and_code),
    ] {
        found.say_if(!is_acr(acr), &[path], "it is one word of visible ASCII characters");
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Sources;

    fn problem(variables: &[(&str, &str)]) -> Option<String> {
        let environment = variables.iter().copied().collect();
        Sources { environment, ..Sources::default() }.load().err().map(|error| error.to_string())
    }

    #[test]
    fn a_guess_stays_in_flight_for_longer_than_its_request_may_take() {
        let with = |in_flight, request| {
            problem(&[
                ("COUNTERSIGN_POLICY__GUESSES__IN_FLIGHT_S", in_flight),
                ("COUNTERSIGN_SERVER__REQUEST_TIMEOUT_S", request),
            ])
        };
        assert_eq!(problem(&[]), None, "the defaults fit");
        assert_eq!(with("31", "30"), None);
        for in_flight in ["30", "5"] {
            let words = with(in_flight, "30").expect("it does not fit");
            assert!(words.contains("policy.guesses.in_flight_s") && words.contains("still run"), "{words}");
        }
    }

    #[test]
    fn what_is_said_of_postgresql_fits_together() {
        let with = |more: &[(&'static str, &'static str)]| {
            let url = ("COUNTERSIGN_STORE__POSTGRES__URL", "postgresql://u:hidden@db/x");
            problem(&[&[("COUNTERSIGN_STORE__KIND", "postgres"), url], more].concat())
        };
        assert_eq!(with(&[]), None);
        let words = problem(&[("COUNTERSIGN_STORE__KIND", "postgres")]).expect("it has no address");
        assert!(words.contains("store.postgres.url (not set)"), "{words}");
        for (name, value, part) in [
            ("COUNTERSIGN_STORE__POSTGRES__CLIENT_KEY", "key.pem", "both files"),
            ("COUNTERSIGN_STORE__POSTGRES__PATIENCE_MS", "28000", "before it is given up"),
            ("COUNTERSIGN_STORE__POSTGRES__WRITERS", "5", "from 1 to 4"),
            ("COUNTERSIGN_STORE__POSTGRES__SYNCHRONOUS_COMMIT", "yes", "remote_apply"),
        ] {
            let words = with(&[(name, value)]).expect("it does not fit");
            assert!(words.contains(part) && !words.contains("hidden"), "{words}");
        }
        let ssl = [
            ("COUNTERSIGN_STORE__POSTGRES__URL", "postgresql://u:hidden@db/x?sslmode=require"),
            ("COUNTERSIGN_STORE__KIND", "postgres"),
        ];
        let words = problem(&ssl).expect("it would not be encrypted");
        assert!(words.contains("store.postgres.ca (not set)") && !words.contains("hidden"), "{words}");
        assert_eq!(problem(&[&ssl[..], &[("COUNTERSIGN_STORE__POSTGRES__CA", "ca.pem")]].concat()), None);
    }

    #[test]
    fn the_longest_body_fits_beside_the_part_kept_for_small_ones() {
        let with = |budget, body| {
            problem(&[
                ("COUNTERSIGN_SERVER__BODY_BUDGET_BYTES", budget),
                ("COUNTERSIGN_SERVER__MAX_BODY_BYTES", body),
            ])
        };
        assert_eq!(with("134217728", "67108864"), None, "the longest there may be fits the default");
        assert_eq!(with("2097152", "1048576"), None);
        let words = with("2097151", "1048576").expect("it does not fit");
        assert!(words.contains("server.body_budget_bytes"), "{words}");
    }
}
