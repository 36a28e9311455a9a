//! The whole server but its sockets: requests of every dialect through a real service on a real store.
//!
//! An input is up to eight requests in the form of `request.rs`, parted by lines `===`, so that one may build on
//! another. Their first line says how many seconds pass before; `$api`, `$acct` and so on stand for what only this
//! server has. A server is used for some hundred inputs and then thrown away: what one input leaves behind is met by
//! the next, as in life, and a failure that needs more than its own input says so by not failing alone.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use countersign_crypto::entropy::SeededEntropy;
use countersign_crypto::seal::MasterKey;
use countersign_dialects::raw::{RawRequest, RawResponse};
use countersign_dialects::{Answer, Registry, Route};
use countersign_domain::caller::{Caller, Resolution};
use countersign_domain::event::{Actor, Origin};
use countersign_domain::secret::SecretText;
use countersign_domain::time::{Span, Timestamp};
use countersign_server::config::{Environment, Sources};
use countersign_server::metrics::Metrics;
use countersign_server::run::{Means, assemble};
use countersign_server::senders::FakeSender;
use countersign_service::demo::{Demo, LOGIN};
use countersign_service::{Clock, CodeSender, Context, Resolved, Service};
use countersign_store::sqlite::{Options, SqliteStore};
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::dialects::{Key, sign_with};
use crate::request::{Parts, SIGNERS, word};
use crate::{Outcome, answer};

/// Inputs that one server sees.
const INPUTS: u32 = 256;
/// Requests of one input.
const REQUESTS: usize = 8;
/// Seconds that may pass before a request.
const PAUSES: &[&str] = &["0", "1", "60", "900", "3600", "86400"];

thread_local! {
    static SITE: RefCell<Option<Site>> = const { RefCell::new(None) };
}

struct Site {
    inputs: u32,
    runtime: Runtime,
    service: Service<SqliteStore>,
    registry: Registry,
    clock: Arc<Hand>,
    sender: Arc<FakeSender>,
    keys: BTreeMap<&'static str, Key>,
    words: Vec<(&'static str, String)>,
    _folder: TempDir,
}

/// A clock that is moved by hand.
struct Hand(AtomicI64);

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn advance(&self, seconds: u32) -> Option<Timestamp> {
        let millis = i64::from(seconds) * 1000;
        Some(Timestamp::from_millis(self.0.fetch_add(millis, Ordering::SeqCst) + millis))
    }
}

pub(crate) fn run(input: &[u8]) -> Outcome {
    SITE.with_borrow_mut(|kept| {
        let mut site = kept.take().filter(Site::is_fresh).unwrap_or_else(Site::new);
        site.inputs += 1;
        let outcome = site.play(input);
        // After a panic it is gone: what it left behind must not spoil the search for a smaller input.
        *kept = Some(site);
        outcome
    })
}

impl Site {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = SqliteStore::open(folder.path().join("fuzz.db"), Options::default()).expect("a store");
        let entropy = Arc::new(SeededEntropy::new(1));
        let cheap = [
            ("PRESET", "custom"),
            ("MEMORY_KIB", "8"),
            ("PASSES", "1"),
            ("LANES", "1"),
            ("ALLOW_WEAK", "true"),
            ("WORKERS", "1"),
        ];
        let cheap = cheap.map(|(name, value)| (format!("COUNTERSIGN_HASH__{name}"), value));
        let sources =
            Sources { environment: cheap.into_iter().collect::<Environment>(), ..Sources::default() };
        let config = sources.load().expect("settings").config;
        let clock = Arc::new(Hand(AtomicI64::new(crate::dialects::NOW.millis())));
        let sender = Arc::new(FakeSender::default());
        let means = Means {
            metrics: Arc::new(Metrics::new(clock.now())),
            clock: Arc::clone(&clock) as _,
            master: MasterKey::generate(entropy.as_ref()),
            entropy,
            sender: Arc::clone(&sender) as _,
            dev: true,
            reload: None,
        };
        let site = runtime.block_on(assemble(&config, store, means)).expect("a server");
        let demo = runtime.block_on(site.service.seed_demo()).expect("a demo");
        let (keys, words) = known(&demo);
        let (service, registry) = (site.service, site.registry);
        Self { inputs: 0, runtime, service, registry, clock, sender, keys, words, _folder: folder }
    }

    fn is_fresh(&self) -> bool {
        self.inputs < INPUTS && self.clock.now() < crate::dialects::NOW + Span::from_secs(20 * 86_400)
    }

    fn play(&mut self, input: &[u8]) -> Outcome {
        let mut outcomes = Vec::new();
        for request in split(input).into_iter().take(REQUESTS) {
            let request = self.filled(request);
            let parts = Parts::of(&request);
            let pause = word(parts.settings, PAUSES).parse().unwrap_or_default();
            let _ = self.clock.advance(pause);
            let mut raw = parts.raw();
            if let Some(key) = self.keys.get(word(parts.signer, SIGNERS)) {
                sign_with(&mut raw, key, self.clock.now());
            }
            outcomes.push(self.answer(raw));
        }
        Outcome::of(outcomes)
    }

    /// As the server's own exchange, without idempotency keys: a fault of ours is a failure here.
    fn answer(&self, mut raw: RawRequest) -> Outcome {
        let Route::Found { dialect, endpoint, params } = self.registry.route(&raw.method, &raw.path) else {
            return Outcome::of(());
        };
        (raw.endpoint, raw.params) = (endpoint, params);
        let rejected = |caller: Option<&Resolution>, rejection| {
            dialect.seal(&raw, caller, Answer::Rejected(&rejection), self.service.now())
        };
        let response = match dialect.identify(&raw) {
            Err(rejection) => rejected(None, rejection),
            Ok(claim) => {
                let resolved = self.runtime.block_on(self.service.resolve(claim)).expect("no fault of ours");
                let Resolved { caller, seen } = resolved;
                match dialect.open(&raw, &caller, self.service.now()) {
                    Err(rejection) => rejected(Some(&caller), rejection),
                    Ok(opened) => {
                        let origin = Origin {
                            dialect: dialect.name().to_owned(),
                            actor: caller.as_ref().map_or(Actor::Nobody, Caller::actor),
                            request_id: raw.request_id.clone(),
                        };
                        if let Some(once) = &opened.once {
                            let (credential, nonce) = (&once.credential, &once.nonce);
                            let skew = Span::from_minutes(5);
                            let fresh = self.service.admit_once(credential, nonce, once.ts, skew);
                            self.runtime.block_on(fresh).expect("no fault of ours");
                        }
                        let done = self.runtime.block_on(
                            self.service.execute(opened.command, Context { seen, ..Context::of(origin) }),
                        );
                        match done.expect("no fault of ours") {
                            Ok(done) => {
                                dialect.seal(&raw, Some(&caller), Answer::Done(&done), self.service.now())
                            }
                            Err(refusal) => dialect.seal(
                                &raw,
                                Some(&caller),
                                Answer::Refused(&refusal),
                                self.service.now(),
                            ),
                        }
                    }
                }
            }
        };
        checked(&raw, &response);
        Outcome::of((dialect.name(), endpoint, response.status.as_u16(), code_of(&response)))
    }

    /// The text with what stands for this server's own words filled in.
    fn filled(&self, text: &[u8]) -> Vec<u8> {
        let outbox = self.sender.outbox().unwrap_or_default();
        let code =
            outbox.last().map_or_else(|| "000000".to_owned(), |message| message.code.expose().to_owned());
        let code = [("$code", code)];
        let words = self.words.iter().chain(&code);
        words.fold(text.to_vec(), |text, (name, value)| replaced(&text, name, value))
    }
}

fn known(demo: &Demo) -> (BTreeMap<&'static str, Key>, Vec<(&'static str, String)>) {
    let of = |name: &str| {
        let found = demo.dialects.iter().find(|(dialect, ..)| *dialect == name);
        found.map(|(_, account, session)| (account, session)).expect("an account for every dialect")
    };
    let ((oas, oas_session), (_, exchange)) = (of("oas"), of("currency_pass"));
    let (tour, tour_session) = of("tour");
    let words = vec![
        ("$api", demo.api_key.expose().to_owned()),
        ("$appid", demo.spark.0.to_string()),
        ("$appsecret", demo.spark.1.expose().to_owned()),
        ("$acct", demo.account.id.to_string()),
        ("$oas_acct", oas.id.to_string()),
        ("$oas_token", oas_session.access_token.expose().to_owned()),
        ("$token", exchange.access_token.expose().to_owned()),
        ("$tour_acct", tour.id.to_string()),
        ("$session", tour_session.id.to_string()),
    ];
    // The longer name first: one begins like another.
    let mut words = words;
    words.sort_by_key(|(name, _)| core::cmp::Reverse(name.len()));
    let login = countersign_crypto::legacy::upper_md5(LOGIN.as_bytes());
    let tour_key = countersign_crypto::legacy::tour_hawk_key(&tour_session.session_key, &login);
    let hawk = Key { id: demo.hawk.0.to_string(), key: SecretText::new(demo.hawk.1.expose().to_owned()) };
    let tour = Key { id: tour_session.id.to_string(), key: tour_key };
    (BTreeMap::from([("app", hawk), ("login", tour)]), words)
}

/// An answer that can be sent, and that has nothing in it that nobody may see. A refused media type is told back.
fn checked(request: &RawRequest, response: &RawResponse) {
    answer::check(response);
    let says = |text: &str| {
        let mut media = request.headers.get_all(http::header::CONTENT_TYPE).iter();
        let sent = media.any(|media| crate::dialects::contains(media.as_bytes(), text));
        !sent && crate::dialects::contains(&response.body, text)
    };
    assert!(!says(LOGIN) && !says("$argon2"), "a secret: {}", String::from_utf8_lossy(&response.body));
}

/// The word by which programs tell answers apart, where there is one.
fn code_of(response: &RawResponse) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(&response.body).ok()?;
    ["code", "errcode", "status"].iter().find_map(|name| body.get(name)).map(ToString::to_string)
}

fn split(input: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut rest = input;
    while let Some(end) = rest.windows(5).position(|window| window == b"\n===\n") {
        parts.push(&rest[..end]);
        rest = &rest[end + 5..];
    }
    parts.push(rest);
    parts
}

fn replaced(text: &[u8], name: &str, value: &str) -> Vec<u8> {
    let mut written = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.windows(name.len()).position(|window| window == name.as_bytes()) {
        written.extend_from_slice(&rest[..place]);
        written.extend_from_slice(value.as_bytes());
        rest = &rest[place + name.len()..];
    }
    written.extend_from_slice(rest);
    written
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let text = include_str!("site_seeds.txt");
    let mut stories: Vec<Vec<u8>> =
        text.split("\n######\n").map(|story| story.trim_end_matches('\n').as_bytes().to_vec()).collect();
    // What the vectors say, by callers that this server does not know, and by one that it does.
    for name in crate::words::dialects::NAMES {
        for seed in crate::seeds::of(name).iter().step_by(2) {
            let known = replaced(seed, "acct_51m6gt38d1m6gt38d1m6gt38d1", "$oas_acct");
            stories.push(replaced(&known, "authorization: Bearer ", "authorization: Bearer $api\nx-was: "));
        }
    }
    stories
}
