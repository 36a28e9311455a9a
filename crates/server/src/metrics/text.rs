//! The words of the metrics page, and the one histogram whose buckets another part has already counted.

use core::fmt::Write as _;

use countersign_store::door::WriterCounts;
use metrics::{KeyName, Recorder};
use metrics_exporter_prometheus::PrometheusRecorder;

const COUNTERS: [(&str, &str); 18] = [
    ("countersign_requests_total", "Requests answered, by dialect, endpoint and outcome."),
    (
        "countersign_comparisons_total",
        "Comparisons of a presented secret, counted inside the hash engine; decoy: the account or secret is not there.",
    ),
    ("countersign_hash_faults_total", "Pieces of work that the hash engine could not do."),
    ("countersign_guesses_charged_total", "Guesses charged durably before their comparison."),
    ("countersign_locks_total", "Budgets used up."),
    (
        "countersign_refused_locked_total",
        "Requests refused without a comparison because the secret was locked.",
    ),
    (
        "countersign_refused_overloaded_total",
        "Requests refused before anything was charged: every place taken, or not to be served within the target or the deadline.",
    ),
    (
        "countersign_verifiers_remade_total",
        "Stale verifiers after a success: queued or dropped, and of the queued ones done, superseded or failed.",
    ),
    ("countersign_common_secrets_total", "New secrets that everybody tries first, accepted or refused."),
    ("countersign_codes_total", "Verification codes handed to the sender."),
    ("countersign_codes_sent_total", "Codes that a sender was asked to send, by what it made of them."),
    (
        "countersign_codes_fallbacks_total",
        "Codes that a sender took and one that was asked before it did not.",
    ),
    (
        "countersign_code_spend_total",
        "What codes have cost, by prefix, in millionths of policy.spend.currency.",
    ),
    ("countersign_code_stopped_total", "Codes not sent because of what codes cost, by prefix and why."),
    ("countersign_store_commits_total", "Durable commits of the store's writer."),
    ("countersign_store_transactions_total", "Transactions inside those commits."),
    (
        "countersign_webhook_attempts_total",
        "Messages sent to webhooks: delivered, to be tried again (retry), or given up (failed).",
    ),
    ("countersign_webhooks_disabled_total", "Webhooks that were disabled because they are gone or failing."),
];

const GAUGES: [(&str, &str); 10] = [
    ("countersign_hash_queue_depth", "Jobs that wait for a hash worker now."),
    ("countersign_hash_places", "The most requests that may have a place at the hash workers."),
    ("countersign_hash_places_taken", "Requests that have a place at the hash workers now."),
    ("countersign_verifiers_stale_waiting", "Stale verifiers that wait to be remade now."),
    ("countersign_webhooks", "Webhooks that are told of events, and that are not."),
    (
        "countersign_webhook_lag_seconds",
        "Age of the oldest event that a webhook which this server tells was not told yet.",
    ),
    ("countersign_store_queued", "Transactions that wait for the store's writer now."),
    (
        "countersign_code_breaker_tripped",
        "1 where hardly any code to a prefix is verified, so that only a trickle is sent; as this server last saw it.",
    ),
    ("countersign_build_info", "1, labelled with the version that runs."),
    ("process_start_time_seconds", "Start of the process in seconds since 1970."),
];

const HISTOGRAMS: [(&str, &str); 4] = [
    ("countersign_request_seconds", "Time from a request's headers to its answer."),
    ("countersign_codes_sent_seconds", "Time that a sender took to answer for one code."),
    ("countersign_hash_wait_seconds", "Time that a piece of work waited for a hash worker."),
    ("countersign_hash_seconds", "Time of one piece of work on a hash worker, without waiting in the queue."),
];

/// Gives each metric its help line.
pub(super) fn describe(recorder: &PrometheusRecorder) {
    for (name, help) in COUNTERS {
        recorder.describe_counter(KeyName::from_const_str(name), None, help.into());
    }
    for (name, help) in GAUGES {
        recorder.describe_gauge(KeyName::from_const_str(name), None, help.into());
    }
    for (name, help) in HISTOGRAMS {
        recorder.describe_histogram(KeyName::from_const_str(name), None, help.into());
    }
}

/// The store counts its commits by size itself; this writes them as a histogram.
pub(super) fn batch_sizes(page: &mut String, store: &WriterCounts) {
    let name = "countersign_store_batch_size";
    let mut below = 0;
    // Writing to a `String` cannot fail.
    let _ = writeln!(page, "# HELP {name} Transactions in one durable commit.\n# TYPE {name} histogram");
    for (power, count) in store.batch_sizes.iter().enumerate() {
        below += count;
        let _ = writeln!(page, "{name}_bucket{{le=\"{}\"}} {below}", 1_u64 << power);
    }
    let _ = writeln!(page, "{name}_bucket{{le=\"+Inf\"}} {}", store.commits.max(below));
    let _ = writeln!(page, "{name}_sum {}\n{name}_count {}", store.transactions, store.commits.max(below));
}
