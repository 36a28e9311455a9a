//! What the server counts, as `GET /metrics` of the admin listener shows it.
//!
//! Every label has a small fixed set of values: endpoints are shown as their templates, outcomes as the words of
//! [`outcome`]. Nothing a caller sends ever becomes a label.

mod day;
mod latency;
pub mod outcome;
pub mod past;
mod requests;
mod senders;
mod spend;
mod text;

use core::time::Duration;

use countersign_crypto::engine::{Class, HashObserver, HashPool, Reason, Work};
use countersign_domain::calling::Prefix;
use countersign_domain::code::Purpose;
use countersign_domain::event::Counted;
use countersign_domain::secret::Kind;
use countersign_domain::spend::{Money, Turned};
use countersign_domain::spray::Tripped;
use countersign_domain::time::Timestamp;
use countersign_domain::webhook::{Disabled, Next};
use countersign_service::{CodeStop, Observer, Remade, Watched};
use countersign_store::door::WriterCounts;
use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use day::Day;
use past::Past;
use requests::{Requests, Series};

const METADATA: Metadata<'static> = Metadata::new("countersign", Level::INFO, None);

/// Upper bounds in seconds: from a cached read to a request that waited in a full queue.
const REQUEST_SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Upper bounds in seconds: memory-hard functions take from a millisecond (tests) to a second (ceiling).
const HASH_SECONDS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.5, 1.0];

/// The server's counters. One for each server, so that several can live in one process.
pub struct Metrics {
    recorder: PrometheusRecorder,
    handle: PrometheusHandle,
    comparisons: [[Counter; 2]; 3],
    hash_seconds: [Histogram; 3],
    hash_wait_seconds: [Histogram; 2],
    queue_depth: Gauge,
    places: Gauge,
    places_taken: Gauge,
    refused_overloaded: [Counter; 3],
    remakes: [Counter; 5],
    remakes_waiting: Gauge,
    hash_faults: Counter,
    guesses: [Counter; 3],
    locks: [Counter; 3],
    refused_locked: [Counter; 3],
    common: [[Counter; 2]; 3],
    codes: [[Counter; 2]; 5],
    store_commits: Counter,
    store_transactions: Counter,
    store_queued: Gauge,
    webhook_attempts: [Counter; 3],
    webhooks_disabled: [Counter; 3],
    webhooks: [Gauge; 2],
    webhook_lag_seconds: Gauge,
    requests: Requests,
    day: Day,
}

impl Metrics {
    /// All counters at 0; `started` is shown as the process's start.
    ///
    /// # Panics
    /// Never: the bounds above are not empty.
    #[must_use]
    pub fn new(started: Timestamp) -> Self {
        let request_seconds = Matcher::Full("countersign_request_seconds".to_owned());
        let hash_seconds = Matcher::Full("countersign_hash_seconds".to_owned());
        let codes_seconds = Matcher::Full("countersign_codes_sent_seconds".to_owned());
        let hash_wait_seconds = Matcher::Full("countersign_hash_wait_seconds".to_owned());
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(request_seconds, &REQUEST_SECONDS)
            .and_then(|builder| builder.set_buckets_for_metric(hash_seconds, &HASH_SECONDS))
            .and_then(|builder| builder.set_buckets_for_metric(hash_wait_seconds, &REQUEST_SECONDS))
            .and_then(|builder| builder.set_buckets_for_metric(codes_seconds, &REQUEST_SECONDS))
            .expect("the bounds are not empty")
            .build_recorder();
        text::describe(&recorder);
        gauge(&recorder, "process_start_time_seconds", &[]).set(seconds(started));
        gauge(&recorder, "countersign_build_info", &[("version", env!("CARGO_PKG_VERSION"))]).set(1.0);
        let by_kind =
            |name: &'static str| Kind::ALL.map(|kind| counter(&recorder, name, &[("kind", kind.as_str())]));
        Self {
            comparisons: Kind::ALL.map(|kind| {
                TRUTH.map(|decoy| {
                    let labels = [("kind", kind.as_str()), ("decoy", decoy)];
                    counter(&recorder, "countersign_comparisons_total", &labels)
                })
            }),
            hash_seconds: ["compare", "decoy", "hash"]
                .map(|work| histogram(&recorder, "countersign_hash_seconds", &[("work", work)])),
            queue_depth: gauge(&recorder, "countersign_hash_queue_depth", &[]),
            hash_wait_seconds: Class::ALL.map(|class| {
                histogram(&recorder, "countersign_hash_wait_seconds", &[("class", class.as_str())])
            }),
            places: gauge(&recorder, "countersign_hash_places", &[]),
            places_taken: gauge(&recorder, "countersign_hash_places_taken", &[]),
            refused_overloaded: Reason::ALL.map(|reason| {
                counter(&recorder, "countersign_refused_overloaded_total", &[("reason", reason.as_str())])
            }),
            remakes: Remade::ALL.map(|step| {
                counter(&recorder, "countersign_verifiers_remade_total", &[("step", step.as_str())])
            }),
            remakes_waiting: gauge(&recorder, "countersign_verifiers_stale_waiting", &[]),
            hash_faults: counter(&recorder, "countersign_hash_faults_total", &[]),
            guesses: by_kind("countersign_guesses_charged_total"),
            locks: by_kind("countersign_locks_total"),
            refused_locked: by_kind("countersign_refused_locked_total"),
            common: Kind::ALL.map(|kind| {
                TRUTH.map(|refused| {
                    let labels = [("kind", kind.as_str()), ("refused", refused)];
                    counter(&recorder, "countersign_common_secrets_total", &labels)
                })
            }),
            codes: Purpose::ALL.map(|purpose| {
                TRUTH.map(|delivered| {
                    let labels = [("purpose", purpose.as_str()), ("delivered", delivered)];
                    counter(&recorder, "countersign_codes_total", &labels)
                })
            }),
            store_commits: counter(&recorder, "countersign_store_commits_total", &[]),
            store_transactions: counter(&recorder, "countersign_store_transactions_total", &[]),
            store_queued: gauge(&recorder, "countersign_store_queued", &[]),
            webhook_attempts: ["delivered", "retry", "failed"].map(|outcome| {
                counter(&recorder, "countersign_webhook_attempts_total", &[("outcome", outcome)])
            }),
            webhooks_disabled: Disabled::ALL.map(|why| {
                counter(&recorder, "countersign_webhooks_disabled_total", &[("why", why.as_str())])
            }),
            webhooks: ["enabled", "disabled"]
                .map(|state| gauge(&recorder, "countersign_webhooks", &[("state", state)])),
            webhook_lag_seconds: gauge(&recorder, "countersign_webhook_lag_seconds", &[]),
            requests: Requests::default(),
            day: Day::default(),
            handle: recorder.handle(),
            recorder,
        }
    }

    /// A request was answered, after so long. `endpoint` is a template, never a path as sent.
    pub fn request(
        &self,
        dialect: &'static str,
        endpoint: &'static str,
        outcome: &'static str,
        took: Duration,
    ) {
        self.requests.answered([dialect, endpoint, outcome], took, || {
            let labels = [("dialect", dialect), ("endpoint", endpoint), ("outcome", outcome)];
            let total = counter(&self.recorder, "countersign_requests_total", &labels);
            let labels = [("dialect", dialect)];
            Series { total, seconds: histogram(&self.recorder, "countersign_request_seconds", &labels) }
        });
    }

    /// A webhook was told something, or not.
    pub fn webhook_attempt(&self, next: Next) {
        let place = match next {
            Next::Delivered => 0,
            Next::At(_) => 1,
            Next::GivenUp => 2,
        };
        self.webhook_attempts[place].increment(1);
    }

    /// A webhook is told nothing from now on.
    pub fn webhook_disabled(&self, why: Disabled) {
        self.webhooks_disabled[why as usize].increment(1);
    }

    /// So many webhooks are told of events, and so many are not.
    pub fn webhooks(&self, enabled: usize, disabled: usize) {
        self.webhooks[0].set(exact(enabled as u64));
        self.webhooks[1].set(exact(disabled as u64));
    }

    /// The oldest event that a webhook of this server was not told yet is so old.
    pub fn webhook_lag(&self, lag: Duration) {
        self.webhook_lag_seconds.set(lag.as_secs_f64());
        self.day.lags(lag);
    }

    /// Everything in the Prometheus text format, version 0.0.4. What the pool and the store count themselves is
    /// read now, so it is exact.
    #[must_use]
    pub fn render(&self, pool: &HashPool, store: &WriterCounts) -> String {
        let counts = pool.counts();
        for (kind, [real, decoy]) in Kind::ALL.into_iter().zip(&self.comparisons) {
            real.absolute(counts.real(kind));
            decoy.absolute(counts.decoy(kind));
        }
        self.hash_faults.absolute(counts.faults());
        self.queue_depth.set(exact(counts.waiting() as u64));
        self.places.set(exact(counts.capacity() as u64));
        self.places_taken.set(exact(counts.taken() as u64));
        for (reason, refused) in Reason::ALL.into_iter().zip(&self.refused_overloaded) {
            refused.absolute(counts.refused(reason));
        }
        self.store_commits.absolute(store.commits);
        self.store_transactions.absolute(store.transactions);
        self.store_queued.set(exact(store.queued));
        let mut page = self.handle.render();
        text::batch_sizes(&mut page, store);
        page
    }

    /// Takes a sample of the counters for [`Self::past`]; to be called every [`past::EVERY`].
    pub fn sample(&self, now: Timestamp, pool: &HashPool) {
        self.day.sample(now, pool.counts().waiting());
    }

    /// The last day of this server.
    #[must_use]
    pub const fn past(&self) -> &Past {
        self.day.past()
    }

    /// Folds waiting samples into their histograms; to be called every few seconds, or they pile up in memory.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

impl Observer for Metrics {
    fn guess_charged(&self, kind: Kind) {
        self.guesses[kind as usize].increment(1);
    }

    fn counted(&self, what: Counted) {
        if let Counted::Locked(kind) = what {
            self.locks[kind as usize].increment(1);
        }
        self.day.counted(what);
    }

    fn refused_locked(&self, kind: Kind) {
        self.refused_locked[kind as usize].increment(1);
    }

    fn spray_tripped(&self, watch: Watched, tripped: Tripped) {
        let step = match tripped {
            Tripped::Slowed => "slowed",
            Tripped::Refused => "refused",
        };
        tracing::warn!(watch = watch.as_str(), step, "guesses miss on so many accounts that it is an attack");
        let labels = [("watch", watch.as_str()), ("step", step)];
        counter(&self.recorder, "countersign_spray_tripped_total", &labels).increment(1);
    }

    fn spray_refused(&self, watch: Watched) {
        let labels = [("watch", watch.as_str())];
        counter(&self.recorder, "countersign_spray_refused_total", &labels).increment(1);
    }

    fn common_secret(&self, kind: Kind, refused: bool) {
        self.common[kind as usize][usize::from(refused)].increment(1);
    }

    fn code_sent(&self, purpose: Purpose, delivered: bool) {
        self.codes[purpose as usize][usize::from(delivered)].increment(1);
    }

    fn code_stopped(&self, prefix: &Prefix, why: CodeStop) {
        spend::stopped(&self.recorder, prefix, why);
    }

    fn code_spent(&self, prefix: &Prefix, cost: Money) {
        spend::spent(&self.recorder, prefix, cost);
        self.day.spent(cost.millionths());
    }

    fn breaker_seen(&self, prefix: &Prefix, tripped: bool, turned: Option<Turned>) {
        spend::breaker(&self.recorder, prefix, tripped, turned);
    }

    fn spending_lost(&self, prefix: &Prefix) {
        tracing::warn!(%prefix, "what became of a code could not be counted: the store failed");
    }

    fn verifier_remade(&self, what: Remade) {
        self.remakes[what as usize].increment(1);
        match what {
            Remade::Queued => self.remakes_waiting.increment(1.0),
            Remade::Dropped => {}
            Remade::Done | Remade::Superseded | Remade::Failed => self.remakes_waiting.decrement(1.0),
        }
    }
}

impl HashObserver for Metrics {
    fn observed(&self, what: Work, took: Duration) {
        let place = match what {
            Work::Compare(_) => 0,
            Work::Decoy(_) => 1,
            Work::Hash => 2,
        };
        self.hash_seconds[place].record(took.as_secs_f64());
        self.day.hashed(took);
    }

    fn waited(&self, class: Class, waited: Duration) {
        self.hash_wait_seconds[class as usize].record(waited.as_secs_f64());
    }
}

/// Label values of a yes or no, in the order of `usize::from(bool)`.
const TRUTH: [&str; 2] = ["false", "true"];

fn key(name: &'static str, labels: &[(&'static str, &'static str)]) -> Key {
    Key::from_parts(name, labels.iter().map(|&(name, value)| Label::new(name, value)).collect::<Vec<_>>())
}

/// The counter of that name and labels, at 0 if it is new: a series that is missing looks like one that is broken.
fn counter(
    recorder: &PrometheusRecorder,
    name: &'static str,
    labels: &[(&'static str, &'static str)],
) -> Counter {
    recorder.register_counter(&key(name, labels), &METADATA)
}

fn gauge(
    recorder: &PrometheusRecorder,
    name: &'static str,
    labels: &[(&'static str, &'static str)],
) -> Gauge {
    recorder.register_gauge(&key(name, labels), &METADATA)
}

fn histogram(
    recorder: &PrometheusRecorder,
    name: &'static str,
    labels: &[(&'static str, &'static str)],
) -> Histogram {
    recorder.register_histogram(&key(name, labels), &METADATA)
}

/// As a float; exact below 2^53.
#[allow(clippy::cast_precision_loss, reason = "gauges are floats; these are queue lengths")]
fn exact(count: u64) -> f64 {
    count as f64
}

#[allow(
    clippy::cast_precision_loss,
    reason = "milliseconds since 1970 fit a float's 53 bits for 285,000 years"
)]
fn seconds(at: Timestamp) -> f64 {
    at.millis() as f64 / 1000.0
}
